use super::*;
use crate::cloud::testing::{Cells, NONE, collect, fitted, frame, number, refusals, rows_of, run, text};
use crate::ocp::testing::{csv, csv_of_all};
use crate::table::ColumnDef;
use crate::table::cloud::{GCP_HOURLY, GCP_INVOICE};
use crate::table::fit;
use proptest::prelude::*;

const MONTH: &str = "202602";

/// Two hours for 0.5 on 3 February, of which 0.125 are credited.
fn usual() -> Cells {
    vec![
        (INVOICE_MONTH, text(MONTH)),
        (BILLING_ACCOUNT_ID, text("01A2B3-C4D5E6-F70819")),
        (PROJECT_ID, text("project")),
        (PROJECT_NAME, text("Project")),
        (USAGE_START_TIME, text("2026-02-03T05:00:00")),
        (USAGE_END_TIME, text("2026-02-03T06:00:00")),
        (SERVICE_ID, text("6F81")),
        (SERVICE_DESCRIPTION, text("Compute Engine")),
        (SKU_ID, text("CF4E")),
        (SKU_DESCRIPTION, text("N1 core")),
        (SYSTEM_LABELS, text(r#"{"compute.googleapis.com/machine_spec": "n1-standard-4", "compute.googleapis.com/cores": "4"}"#)),
        (LABELS, text(r#"{"app": "web", "other": "x"}"#)),
        (COST_TYPE, text("regular")),
        (LOCATION_REGION, text("europe-west1")),
        (USAGE_PRICING_UNIT, text("hour")),
        (USAGE_AMOUNT_IN_PRICING_UNITS, number(2.0)),
        (CURRENCY, text("EUR")),
        (COST, number(0.5)),
        (CREDITS, text(r#"{"name": "c", "amount": -0.125}"#)),
    ]
}

fn lines(rows: &[Cells]) -> LazyFrame {
    frame(&GCP_HOURLY, &usual(), rows)
}

fn summary(rows: &[Cells], run: &CloudRun) -> LazyFrame {
    gcp_daily_summary(lines(rows), &["app"].into(), MONTH, run)
}

fn check(rows: &[Cells], columns: &[ColumnDef], expected: &[&str]) {
    assert_eq!(rows_of(&summary(rows, &run()), &GCP_DAILY_SUMMARY, columns), expected);
}

#[test]
fn line_items_are_added_up_by_day_labels_and_sku() {
    let rows = [
        vec![(LABELS, text(r#"{"app": "web"}"#)), (USAGE_START_TIME, text("2026-02-03T23:00:00")), (SKU_DESCRIPTION, text("N2 core"))],
        vec![(CREDITS, NONE), (USAGE_END_TIME, text("2026-02-03T23:59:59")), (CURRENCY, NONE)],
        vec![(USAGE_END_TIME, text("2026-02-04T00:00:00")), (SYSTEM_LABELS, NONE)],
        vec![(INVOICE_MONTH, text("202603"))],
    ];
    insta::assert_snapshot!(csv_of_all(&fitted(&summary(&rows, &run()), &GCP_DAILY_SUMMARY), &GCP_DAILY_SUMMARY));
}

#[test]
fn usage_that_ends_on_another_day_or_never_is_a_row_of_its_own() {
    let rows = [vec![], vec![(USAGE_END_TIME, text("2026-02-04T00:00:00"))], vec![(USAGE_END_TIME, NONE)], vec![]];
    let expected = ["2026-02-03, 2026-02-03, 0.500000000", "2026-02-03, 2026-02-03, 0.500000000", "2026-02-03, 2026-02-03, 1.000000000"];
    check(&rows, &[USAGE_START, USAGE_END, UNBLENDED_COST], &expected);
}

#[test]
fn empty_and_null_regions_are_two_groups_of_which_both_are_null() {
    let rows = [vec![(LOCATION_REGION, text(""))], vec![(LOCATION_REGION, NONE)]];
    check(&rows, &[REGION, UNBLENDED_COST], &["null, 0.500000000", "null, 0.500000000"]);
}

#[test]
fn lines_without_an_invoice_month_are_left_out() {
    check(&[vec![(INVOICE_MONTH, NONE)], vec![(INVOICE_MONTH, text(""))]], &[UNBLENDED_COST], &[]);
}

/// Answers of a live Trino 476.
#[test]
fn a_credit_is_the_amount_of_a_json_object() {
    for (credit, expected) in [
        (r#"{"amount": -0.0000000005}"#, "-0.000000001"),
        (r#"{"amount": "1.5"}"#, "1.500000000"),
        (r#"{"amount": 1e3}"#, "1000.000000000"),
        (r#"{"amount": null}"#, "0.000000000"),
        (r#"{"amount": {}}"#, "0.000000000"),
        ("{}", "0.000000000"),
        ("null", "0.000000000"),
        ("[1]", "0.000000000"),
        // Refused by Trino.
        ("", "0.000000000"),
        (r#"{"amount": "None"}"#, "0.000000000"),
        (r#"{"amount": true}"#, "0.000000000"),
        (r#"{"amount": " 1"}"#, "0.000000000"),
    ] {
        check(&[vec![(CREDITS, text(credit))]], &[CREDIT_AMOUNT], &[expected]);
    }
    check(&[vec![(CREDITS, NONE)]], &[CREDIT_AMOUNT], &["0.000000000"]);
}

#[test]
fn credits_are_rounded_one_by_one_and_added_exactly() {
    let rows = [r#"{"amount": 0.0000000004}"#, r#"{"amount": 0.0000000004}"#, r#"{"amount": 0.1}"#, r#"{"amount": 0.2}"#];
    check(&rows.map(|credit| vec![(CREDITS, text(credit))]), &[CREDIT_AMOUNT], &["0.300000000"]);
}

#[test]
fn a_number_that_is_none_is_null_or_fits_nothing() {
    let rows = [vec![(COST, number(f64::NAN))], vec![(USAGE_AMOUNT_IN_PRICING_UNITS, NONE)]];
    check(&rows, &[UNBLENDED_COST, MARKUP_COST, USAGE_AMOUNT], &["0.500000000, 0.050000000, 2.000000000"]);
    check(&rows[..1], &[UNBLENDED_COST, MARKUP_COST], &["null, null"]);
    let as_trino = CloudRun { values: crate::cloud::Values::AsTrino, ..run() };
    assert!(fit(summary(&rows, &as_trino).collect().expect("a result"), &GCP_DAILY_SUMMARY).is_err());
}

#[test]
fn refused_values_of_the_invoice_month_are_listed() {
    let rows = [
        vec![(LABELS, text(r#"[{"key": "app"}]"#)), (SYSTEM_LABELS, text("")), (CREDITS, text(""))],
        vec![(CREDITS, text(r#"{"amount": "None"}"#)), (COST, number(f64::INFINITY))],
        vec![(CREDITS, text(r#"{"amount": 1e15}"#)), (SYSTEM_LABELS, text(""))],
        vec![(INVOICE_MONTH, text("202601")), (LABELS, text("x"))],
    ];
    let expected = [
        "cost, Infinity, is no finite number, 1",
        "credits, , is not JSON (at byte 0), 1",
        r#"credits, {"amount": "None"}, has the amount "None", which is no decimal, 1"#,
        r#"credits, {"amount": 1e15}, has the amount 1.0E15, too large for decimal(24,9), 1"#,
        r#"labels, [{"key": "app"}], is not a JSON object, 1"#,
        "system_labels, , is not JSON (at byte 0), 2",
    ];
    assert_eq!(refusals(&gcp_daily_refusals(lines(&rows), MONTH)), expected);
}

fn dates(times: &[&'static str], start: &str, end: &str) -> String {
    let rows: Vec<Cells> = times.iter().map(|time| vec![(USAGE_START_TIME, text(time))]).collect();
    let day = |text: &str| text.parse().expect("a day");
    let lines = frame(&GCP_INVOICE, &[(INVOICE_MONTH, text(MONTH))], &rows);
    let found = collect(&gcp_invoice_month_dates(lines, MONTH, day(start), day(end)));
    csv(&found, GCP_INVOICE_MONTH_DATES.columns).lines().skip(1).collect()
}

#[test]
fn an_invoice_month_hangs_over_by_three_days_around_whole_months() {
    let times = ["2026-01-28T00:00:00", "2026-01-29T00:00:00", "2026-02-10T07:00:00", "2026-03-03T00:00:00", "2026-03-03T01:00:00"];
    assert_eq!(dates(&times, "2026-02-01", "2026-02-28"), "2026-01-29 00:00:00, 2026-03-03 00:00:00");
    assert_eq!(dates(&times, "2026-02-02", "2026-02-27"), "2026-02-10 07:00:00, 2026-02-10 07:00:00");
    assert_eq!(dates(&times, "2026-02-02", "2026-02-10"), "null, null");
    assert_eq!(dates(&[], "2026-02-01", "2026-02-28"), "null, null");
}

prop_compose! {
    fn a_line()(
        time in proptest::sample::select(vec!["2026-02-03T05:00:00", "2026-02-03T23:00:00", "2026-02-04T00:00:00"]),
        project in proptest::sample::select(vec!["a", "b"]), region in proptest::option::of(proptest::sample::select(vec!["", "a"])),
        labels in proptest::sample::select(vec!["{}", r#"{"app": "x"}"#, r#"{"zz": "x"}"#, "null"]),
        // Binary fractions: their sums are exact in any order.
        cost in proptest::option::weighted(0.9, (-100..100_i32).prop_map(|units| f64::from(units) / 64.0)),
    ) -> Cells {
        vec![
            (USAGE_START_TIME, text(time)), (PROJECT_ID, text(project)), (LOCATION_REGION, region.map_or(NONE, text)), (LABELS, text(labels)),
            (COST, cost.map_or(NONE, number)),
        ]
    }
}

fn total(frame: &DataFrame, column: &ColumnDef) -> i128 {
    frame.column(column.name).and_then(|values| Ok(values.decimal()?.physical().iter().flatten().sum())).expect("decimals")
}

/// A run whose markup of each line is a binary fraction too: GCP's markups are added, and other sums hang on the order.
fn exact_run() -> CloudRun {
    CloudRun { markup: "25".parse().expect("a markup"), ..run() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn prop_costs_and_credits_of_all_rows_are_those_of_all_lines(rows in proptest::collection::vec(a_line(), 1..12)) {
        let summary = fitted(&summary(&rows, &exact_run()), &GCP_DAILY_SUMMARY);
        let costs = rows.iter().flatten().filter(|(column, _)| column.name == COST.name);
        let expected: i128 = costs.filter_map(|(_, cost)| decimal(cost.extract::<f64>()?, 24, 9)).sum();
        prop_assert_eq!(total(&summary, &UNBLENDED_COST), expected);
        prop_assert_eq!(total(&summary, &CREDIT_AMOUNT), -125_000_000 * i128::try_from(rows.len()).unwrap_or_default());
    }

    #[test]
    fn prop_the_order_of_lines_is_of_no_account(rows in proptest::collection::vec(a_line(), 1..12)) {
        let mut reversed = rows.clone();
        reversed.reverse();
        let [left, right] = [rows, reversed].map(|rows| csv_of_all(&fitted(&summary(&rows, &exact_run()), &GCP_DAILY_SUMMARY), &GCP_DAILY_SUMMARY));
        prop_assert_eq!(left, right);
    }

    #[test]
    fn prop_a_whole_markup_is_a_multiple_of_the_cost(rows in proptest::collection::vec(a_line(), 1..12), factor in -3..4_i32) {
        let run = CloudRun { markup: format!("{factor}00").parse().expect("a markup"), ..run() };
        let summary = fitted(&summary(&rows, &run), &GCP_DAILY_SUMMARY);
        prop_assert_eq!(total(&summary, &MARKUP_COST), total(&summary, &UNBLENDED_COST) * i128::from(factor));
    }
}

proptest! {
    /// The amount of a credit is cast from its text, whichever way is taken.
    #[test]
    fn prop_an_amount_is_the_decimal_of_its_text(amount in prop_oneof![any::<f64>(), -1e15..1e15, (-1e12..1e12_f64).prop_map(|number| number.round() / 1e9)]) {
        let scalar = JsonScalar::Double(amount);
        prop_assert_eq!(amount_units(&scalar), decimal_from_text(&scalar.text(), 9).map(decimals::limited));
    }
}
