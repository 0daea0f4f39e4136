//! Real output of nise for Azure, through ingest and summary, beside what the YAML says: equal, and not equal after any change.

use aggregator_core::cloud::Provider;

use crate::cloud_scenarios::{Summarized, another_file, find_every_change, find_rows_too_few_or_too_many, hold_every_scenario, sum};

/// Of these, some column cannot be known.
const WITH_RANDOM_PARTS: [&str; 1] = ["07-random"];

/// What no file of nise tells.
const NOT_GIVEN: &str = "cost_entry_bill_id";

fn summarized(name: &str) -> Summarized {
    Summarized::of(Provider::Azure, name)
}

#[test]
fn every_scenario_is_as_its_yaml_says() {
    hold_every_scenario(Provider::Azure, 8, &WITH_RANDOM_PARTS, &[NOT_GIVEN]);
}

#[test]
fn the_hand_calculation_holds_on_both_sides() {
    let summarized = summarized("01-virtual-machine");
    let rows = summarized.rows();
    // 24 hours for 0.05 each, and 12.5 % of that; the file ends on the second day, and nise makes that too.
    assert_eq!(rows.height(), 2);
    for (column, expected) in [("usage_quantity", 24.0), ("pretax_cost", 1.2), ("markup_cost", 0.15)] {
        for day in ["2026-03-01", "2026-03-02"] {
            assert!((sum(&rows, column, day) - expected).abs() < 1e-9, "{column} of {day}");
        }
    }
    let totals = summarized.store.path().join("totals.csv");
    let lines = "period,subscription_guid,service_name,resource_location,instance_type,unit_of_measure,tag,column,value,absolute\n\
                 2026-03-01,sub-1,Virtual Machines,US East 2,Standard_B2s,Hrs,app=shop,pretax_cost,1.2,1e-9\n\
                 2026-03,,,,,,tier=web,usage_quantity,48,\n\
                 2026-03,,Storage,,,,,pretax_cost,0,\n";
    std::fs::write(&totals, lines).unwrap();
    let outcome = summarized.validate(&summarized.table, &["--expected", &totals.display().to_string()]);
    assert_eq!(outcome.exit.code(), 0, "{outcome:?}");
    assert!(outcome.stdout.contains("3 totals checked, 0 differ"), "{}", outcome.stdout);
}

/// Quantities in tens, hundreds and hundreds of hours, by hand.
#[test]
fn units_multiply_as_by_hand() {
    let summarized = summarized("03-units");
    let rows = summarized.rows();
    let tags = rows.column("tags").unwrap().str().unwrap();
    let units = rows.column("unit_of_measure").unwrap().str().unwrap();
    let usage = rows.column("usage_quantity").unwrap().cast(&polars::prelude::DataType::Float64).unwrap();
    let mut found: Vec<(String, String, f64)> = (0..rows.height())
        .map(|row| (tags.get(row).unwrap().to_owned(), units.get(row).unwrap().to_owned(), usage.f64().unwrap().get(row).unwrap()))
        .filter(|(tags, ..)| ["u3", "u5", "u6", "u8", "u9", "own"].iter().any(|unit| tags.contains(&format!("\"{unit}\""))))
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        ("own", "Hrs", 1.5),
        ("u3", "Hrs", 15.0),
        ("u5", "GB-Mo", 150.0),
        ("u6", "100000000", 1.5),
        ("u8", "GB", 15.0),
        ("u9", "5 GB", 7.5),
    ]
    .map(|(tag, unit, usage)| (format!(r#"{{"unit":"{tag}"}}"#), unit.to_owned(), usage));
    assert_eq!(found, expected);
}

#[test]
fn a_change_of_any_determined_cell_is_found() {
    find_every_change(Provider::Azure, 6, 500);
}

#[test]
fn a_row_too_few_or_too_many_is_found() {
    find_rows_too_few_or_too_many(Provider::Azure, &["02-generators", "05-months", "07-random"]);
}

/// The same rows, held against a file with one other value: the file is what counts.
#[test]
fn another_value_in_the_file_is_found() {
    let summarized = summarized("01-virtual-machine");
    for (from, to) in [
        ("resource_rate: 0.05", "resource_rate: 0.050001"),
        ("usage_quantity: 24", "usage_quantity: 25"),
        ("US East 2", "US West 2"),
        ("payer: sub-1", "payer: sub-2"),
        ("subscription_name: Shop", "subscription_name: Shops"),
        ("tier: web", "tier: db"),
        ("end_date: 2026-03-02", "end_date: 2026-03-03"),
        ("ServiceType: Standard_B2s", "ServiceType: Standard_A0"),
        ("B2s, 100 Hours", "B2s, 10 Hours"),
        ("virtualMachines/web-1", "virtualMachines/web-2"),
        ("VMGenerator", "CCSPGenerator"),
    ] {
        let outcome = another_file(&summarized, from, to);
        assert_eq!(outcome.exit.code(), 1, "{from}: {outcome:?}");
    }
}

#[test]
fn a_file_that_nise_or_koku_refuses_is_refused() {
    let summarized = summarized("01-virtual-machine");
    for (from, to, reason) in [
        ("VMGenerator", "NoGenerator", "`NoGenerator` is no generator that is known"),
        ("resource_location: US East 2", "resource_location: Atlantis", "no `resource_location` of nise's"),
        ("usage_quantity: 24", "usage_quantity: [24]", "`usage_quantity` is no number"),
        ("100 Hours]", "1.5 Hours]", "koku multiplies by integers"),
        ("BS Series, BS Series, B2s, 100 Hours", "100 Hours", "`meter_cache` has a meter"),
        ("resource_rate: 0.05", "service_name: Nothing", "has no service `Nothing`"),
        ("user: [sub-1]", "users: [sub-1]", "no list `user`"),
        ("tier: web", "tier: [web]", "neither text nor number"),
    ] {
        let outcome = another_file(&summarized, from, to);
        assert!(outcome.exit.code() == 2 && outcome.stderr.contains(reason), "{from}: {outcome:?}");
    }
}
