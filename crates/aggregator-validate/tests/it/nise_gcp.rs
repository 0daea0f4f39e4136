//! Real output of nise for GCP, through ingest and summary, beside what the YAML says: equal, and not equal after any change.

use aggregator_core::cloud::Provider;

use crate::cloud_scenarios::{Summarized, another_file, find_every_change, find_rows_too_few_or_too_many, hold_every_scenario, sum};

/// Of these, some column cannot be known.
const WITH_RANDOM_PARTS: [&str; 1] = ["08-random"];

/// What no file of nise tells.
const NOT_GIVEN: &str = "cost_entry_bill_id";

fn summarized(name: &str) -> Summarized {
    Summarized::of(Provider::Gcp, name)
}

#[test]
fn every_scenario_is_as_its_yaml_says() {
    hold_every_scenario(Provider::Gcp, 9, &WITH_RANDOM_PARTS, &[NOT_GIVEN]);
}

#[test]
fn the_hand_calculation_holds_on_both_sides() {
    let summarized = summarized("01-compute-engine");
    let rows = summarized.rows();
    // 1800 seconds of each of 24 hours are 12 hours, for 0.5 each, and 12.5 % of that. The last hour of a day is a row of its own.
    assert_eq!(rows.height(), 4);
    for (column, expected) in [("usage_amount", 12.0), ("unblended_cost", 6.0), ("markup_cost", 0.75), ("credit_amount", 0.0)] {
        for day in ["2026-03-01", "2026-03-02"] {
            assert!((sum(&rows, column, day) - expected).abs() < 1e-9, "{column} of {day}");
        }
    }
    let totals = summarized.store.path().join("totals.csv");
    let lines = "period,account_id,project_id,service_alias,region,instance_type,invoice_month,unit,tag,column,value,absolute\n\
                 2026-03-01,01AAAA-111111,shop,Compute Engine,us-east1,n1-standard-4,202603,hour,app=shop,unblended_cost,6,1e-9\n\
                 2026-03,,,,,,,,tier=web,usage_amount,24,\n\
                 2026-03,,other,,,,,,,unblended_cost,0,\n";
    std::fs::write(&totals, lines).unwrap();
    let outcome = summarized.validate(&summarized.table, &["--expected", &totals.display().to_string()]);
    assert_eq!(outcome.exit.code(), 0, "{outcome:?}");
    assert!(outcome.stdout.contains("3 totals checked, 0 differ"), "{}", outcome.stdout);
}

/// 30 GiB are 30/672 GiB-months an hour in February and 30/744 in March, both kept to eight digits.
#[test]
fn disks_and_credits_are_as_by_hand() {
    let disks = summarized("03-disks").rows();
    // Of 28 February, also twelve hours of 100 GiB: 100/672.
    for (day, expected) in [("2026-02-27", 24.0 * 0.044_642_86), ("2026-02-28", 24.0 * 0.044_642_86 + 12.0 * 0.148_809_52)] {
        assert!((sum(&disks, "usage_amount", day) - expected).abs() < 3e-9, "{day}");
    }
    // On 1 March: 30 and 10 GiB of the whole day, and three hours of 100 GiB.
    let expected = 24.0 * 0.040_322_58 + 24.0 * 0.013_440_86 + 3.0 * 0.134_408_60;
    assert!((sum(&disks, "usage_amount", "2026-03-01") - expected).abs() < 3e-9);
    let expected = 24.0 * 0.040_322_58 * 0.04 + 24.0 * 0.5 + 3.0 * 0.134_408_60 * 0.08;
    assert!((sum(&disks, "unblended_cost", "2026-03-01") - expected).abs() < 6e-9);
    // Of a list of credits the first counts; of one alone, nine digits of each hour.
    let credits = summarized("06-credits").rows();
    assert!((sum(&credits, "credit_amount", "2026-03-10") - 24.0 * (-0.25 - 0.012_345_679)).abs() < 1e-9);
}

/// The first of March goes to February's invoice and the last of February to March's, instead or besides.
#[test]
fn invoices_cross_over_as_by_hand() {
    let rows = summarized("07-cross-over").rows();
    let column = |name: &str| rows.column(name).unwrap().cast(&polars::prelude::DataType::String).unwrap();
    let (days, months, tags) = (column("usage_start"), column("invoice_month"), column("tags"));
    let mut found: Vec<(String, String)> = (0..rows.height())
        .filter(|row| tags.str().unwrap().get(*row).unwrap().contains("instead"))
        .map(|row| (days.str().unwrap().get(row).unwrap().to_owned(), months.str().unwrap().get(row).unwrap().to_owned()))
        .collect();
    found.sort();
    found.dedup();
    let expected =
        [("2026-02-27", "202602"), ("2026-02-28", "202603"), ("2026-03-01", "202602"), ("2026-03-02", "202603"), ("2026-03-03", "202603")];
    assert_eq!(found, expected.map(|(day, month)| (day.to_owned(), month.to_owned())));
}

#[test]
fn a_change_of_any_determined_cell_is_found() {
    find_every_change(Provider::Gcp, 4, 450);
}

#[test]
fn a_row_too_few_or_too_many_is_found() {
    find_rows_too_few_or_too_many(Provider::Gcp, &["02-pricing-units", "07-cross-over", "09-partial-days"]);
}

/// The same rows, held against a file with one other value: the file is what counts.
#[test]
fn another_value_in_the_file_is_found() {
    let summarized = summarized("01-compute-engine");
    for (from, to) in [
        ("price: 0.5", "price: 0.500001"),
        ("usage.amount: 1800", "usage.amount: 1801"),
        ("us-east1", "us-east2"),
        ("01AAAA-111111", "01AAAA-111112"),
        ("project.id: shop", "project.id: shops"),
        ("The shop", "A shop"),
        ("tier: web", "tier: db"),
        ("2026-03-03", "2026-03-02"),
        ("n1-standard-4", "e2-medium"),
        ("CF4E-A0C7-E3BF", "8C61-80B1-C43A"),
        ("price: 0.5", "price: 0.5\n      credit_amount: -0.1"),
        ("price: 0.5", "price: 0.5\n      currency: EUR"),
        ("price: 0.5", "price: 0.5\n      cross_over: {days: [2]}"),
        ("ComputeEngineGenerator", "HCSGenerator"),
    ] {
        let outcome = another_file(&summarized, from, to);
        assert_eq!(outcome.exit.code(), 1, "{from} {to}: {outcome:?}");
    }
}

#[test]
fn a_file_that_nise_or_koku_refuses_is_refused() {
    let summarized = summarized("01-compute-engine");
    for (from, to, reason) in [
        ("ComputeEngineGenerator", "JSONLComputeEngineGenerator", "`JSONLComputeEngineGenerator` is no generator that is known"),
        ("usage.amount: 1800", "usage.amount: many", "`usage.amount` is no number"),
        ("labels: [{app: shop}, {tier: web}]", "labels: {app: shop}", "`labels` is no list"),
        ("{tier: web}", "{key: tier}", "only one of `key` and `value`"),
        ("price: 0.5", "usage_start_time: 2026-01-01", "`usage_start_time` takes the place"),
        ("price: 0.5", "cross_over: {days: [first]}", "something that is no number"),
        ("price: 0.5", "credits: [{name: it's, amount: 1}]", "which koku does not read"),
        ("price: 0.5", "sku: [a]", "`sku_id` names one"),
        ("projects:", "project:", "no list `projects`"),
    ] {
        let outcome = another_file(&summarized, from, to);
        assert!(outcome.exit.code() == 2 && outcome.stderr.contains(reason), "{from}: {outcome:?}");
    }
}
