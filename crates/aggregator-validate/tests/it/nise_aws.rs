//! Real output of nise for AWS, through ingest and summary, beside what the YAML says: equal, and not equal after any change.

use aggregator_core::cloud::Provider;

use crate::cloud_scenarios::{Summarized, another_file, find_every_change, find_rows_too_few_or_too_many, hold_every_scenario, sum};

/// Of these, some column cannot be known.
const WITH_RANDOM_PARTS: [&str; 2] = ["07-accounts-and-regions", "11-random"];

/// What no file of nise tells, without the accounts of a `reference.json`.
const NOT_GIVEN: [&str; 3] = ["account_alias_id", "cost_entry_bill_id", "organizational_unit_id"];

fn summarized(name: &str) -> Summarized {
    Summarized::of(Provider::Aws, name)
}

#[test]
fn every_scenario_is_as_its_yaml_says() {
    hold_every_scenario(Provider::Aws, 14, &WITH_RANDOM_PARTS, &NOT_GIVEN);
}

#[test]
fn the_hand_calculation_holds_on_both_sides() {
    let summarized = summarized("01-ec2-by-hand");
    let rows = summarized.rows();
    // 24 × 0.1, 24 × 2, and 12.5 % of 2.4.
    for (column, expected) in [("unblended_cost", 2.4), ("usage_amount", 48.0), ("markup_cost", 0.3), ("calculated_amortized_cost", 2.4)] {
        for day in ["2026-03-10", "2026-03-11"] {
            assert!((sum(&rows, column, day) - expected).abs() < 1e-9, "{column} of {day}");
        }
    }
    let totals = summarized.store.path().join("totals.csv");
    let lines = "period,usage_account_id,product_code,region,tag,column,value,absolute\n\
                 2026-03-10,222222222222,AmazonEC2,us-west-2,app=shop,unblended_cost,2.4,1e-9\n\
                 2026-03,,AmazonEC2,,,usage_amount,96,\n\
                 2026-03-11,,,,,markup_cost,0.3,1e-9\n\
                 ,,,,,unblended_rate,0.05,\n\
                 2026-03,,AmazonS3,,,unblended_cost,0,\n";
    std::fs::write(&totals, lines).unwrap();
    let expected = totals.display().to_string();
    let outcome = summarized.validate(&summarized.table, &["--expected", &expected]);
    assert_eq!(outcome.exit.code(), 0, "{outcome:?}");
    assert!(outcome.stdout.contains("5 totals checked, 0 differ"), "{}", outcome.stdout);
    // Another rate in the file of totals, and other data under it.
    std::fs::write(&totals, lines.replace(",2.4,", ",2.5,")).unwrap();
    let outcome = summarized.validate(&summarized.table, &["--expected", &expected]);
    assert_eq!(outcome.exit.code(), 1, "{outcome:?}");
    assert!(outcome.stdout.contains("unblended_cost: expected 2.5, found 2.4"), "{}", outcome.stdout);
}

#[test]
fn a_change_of_any_determined_cell_is_found() {
    find_every_change(Provider::Aws, 3, 900);
}

#[test]
fn a_row_too_few_or_too_many_is_found() {
    find_rows_too_few_or_too_many(Provider::Aws, &["03-plain-services", "07-accounts-and-regions", "08-tags", "13-organizational-units"]);
}

/// The same rows, held against a YAML with one other value: the file is what counts.
#[test]
fn another_price_in_the_file_is_found() {
    let summarized = summarized("01-ec2-by-hand");
    for (from, to) in [
        ("cost: 0.1", "cost: 0.1000001"),
        ("amount: 2", "amount: 3"),
        ("us-west-2a", "us-west-2b"),
        ("user: [\"2", "user: [\"3"),
        ("app: shop", "app: shops"),
        ("2026-03-12", "2026-03-11"),
        ("\"42\"", "\"43\""),
        ("vcpu", "saving: 0.01, vcpu"),
        ("resource_id: 1001", "resource_id: 1002"),
    ] {
        let outcome = another_file(&summarized, from, to);
        assert_eq!(outcome.exit.code(), 1, "{from}: {outcome:?}");
    }
}
