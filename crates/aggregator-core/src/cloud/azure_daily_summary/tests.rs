use super::*;
use crate::cloud::testing::{Cells, NONE, fitted, frame, number, refusals, rows_of, run, text};
use crate::ocp::testing::csv_of_all;
use crate::table::ColumnDef;
use crate::table::cloud::AZURE_DAILY;
use proptest::prelude::*;

/// Ten times 1.5 GB for 0.5 on 3 February.
fn usual() -> Cells {
    vec![
        (AZURE_DATE, text("2026-02-03T00:00:00")),
        (SUBSCRIPTIONID, text("s-1")),
        (SUBSCRIPTIONGUID, text("guid-1")),
        (SUBSCRIPTIONNAME, text("first")),
        (SERVICENAME, text("Storage")),
        (METERCATEGORY, text("Meter")),
        (RESOURCELOCATION, text("westeurope")),
        (ADDITIONALINFO, text(r#"{"ServiceType": "Standard_D2", "VCPUs": 2}"#)),
        (RESOURCEID, text("/a/vm")),
        (BILLINGCURRENCYCODE, text("EUR")),
        (BILLINGCURRENCY, text("USD")),
        (QUANTITY, number(1.5)),
        (COSTINBILLINGCURRENCY, number(0.5)),
        (UNITOFMEASURE, text("10 GB")),
        (TAGS, text(r#"{"app": "web", "other": "x"}"#)),
    ]
}

fn lines(rows: &[Cells]) -> LazyFrame {
    frame(&AZURE_DAILY, &usual(), rows)
}

fn summary(rows: &[Cells], run: &CloudRun) -> LazyFrame {
    azure_daily_summary(lines(rows), &["app"].into(), run)
}

fn check(rows: &[Cells], columns: &[ColumnDef], expected: &[&str]) {
    assert_eq!(rows_of(&summary(rows, &run()), &AZURE_DAILY_SUMMARY, columns), expected);
}

#[test]
fn line_items_are_added_up_by_day_kept_tags_and_service() {
    let rows = [
        vec![(TAGS, text(r#"{"other": "y", "app": "web"}"#)), (RESOURCEID, NONE), (UNITOFMEASURE, text("1 Hour"))],
        vec![(BILLINGCURRENCYCODE, text("")), (RESOURCEID, text("/b/vm"))],
        vec![(AZURE_DATE, text("2026-02-04T00:00:00")), (ADDITIONALINFO, NONE)],
    ];
    insta::assert_snapshot!(csv_of_all(&fitted(&summary(&rows, &run()), &AZURE_DAILY_SUMMARY), &AZURE_DAILY_SUMMARY));
}

#[test]
fn a_subscription_has_the_first_id_and_name_that_is_there() {
    let of = |id: AnyValue<'static>, name: AnyValue<'static>| vec![(SUBSCRIPTIONID, id), (SUBSCRIPTIONNAME, name)];
    let rows = [of(text("a"), text("A")), of(text("b"), text("")), of(text(""), NONE), of(NONE, text("D"))];
    check(&rows, &[SUBSCRIPTION_GUID, SUBSCRIPTION_NAME], &["a, A", "b, b", "guid-1, D", "guid-1, guid-1"]);
    check(&[vec![(SUBSCRIPTIONID, text("")), (SUBSCRIPTIONGUID, text(""))]], &[SUBSCRIPTION_GUID, SUBSCRIPTION_NAME], &[", first"]);
}

#[test]
fn an_empty_region_and_a_null_one_are_two_groups() {
    let rows = [vec![(RESOURCELOCATION, text(""))], vec![(RESOURCELOCATION, NONE)], vec![(RESOURCELOCATION, text(""))]];
    check(&rows, &[RESOURCE_LOCATION, PRETAX_COST], &[", 1.000000000", "null, 0.500000000"]);
}

#[test]
fn the_service_and_the_currency_may_be_in_another_column() {
    let rows = [vec![(SERVICENAME, text("")), (BILLINGCURRENCYCODE, NONE)], vec![(SERVICENAME, NONE), (METERCATEGORY, text(""))]];
    check(&rows, &[SERVICE_NAME, AZURE_CURRENCY], &[", EUR", "Meter, USD"]);
}

#[test]
fn usage_is_multiplied_by_the_number_of_its_unit() {
    let of = |unit: AnyValue<'static>, category: AnyValue<'static>| vec![(UNITOFMEASURE, unit), (METERCATEGORY, category)];
    let vm = || text("Virtual Machines");
    for (row, expected) in [
        (of(text("10 GB"), vm()), "15.000000000, 10 GB"),
        (of(text("10 GB "), vm()), "15.000000000, GB"),
        (of(text("100 Hours"), vm()), "1.500000000, Hrs"),
        (of(text("100 Hours"), NONE), "1.500000000, Hrs"),
        (of(text("100 Hours"), text("")), "150.000000000, Hrs"),
        (of(text("10"), vm()), "1.500000000, 10"),
        (of(NONE, vm()), "1.500000000, null"),
        // Refused by Trino.
        (of(text("1.5 GB"), vm()), "2.250000000, 1.5 GB"),
    ] {
        check(&[row], &[USAGE_QUANTITY, UNIT_OF_MEASURE], &[expected]);
    }
}

#[test]
fn each_line_is_rounded_before_it_is_added() {
    let of = |cost: f64| vec![(COSTINBILLINGCURRENCY, number(cost)), (QUANTITY, number(cost))];
    let rows = [of(5e-10), of(5e-10), of(4e-10)];
    // Markups of 1e-10 each are nothing; usage is multiplied after it is rounded.
    check(&rows, &[PRETAX_COST, MARKUP_COST, USAGE_QUANTITY], &["0.000000002, 0.000000000, 0.000000020"]);
    let rows = [of(5e-9), of(5e-9), of(-5e-9)];
    check(&rows, &[PRETAX_COST, MARKUP_COST], &["0.000000005, 0.000000001"]);
}

#[test]
fn a_sum_is_exact() {
    let rows: Vec<Cells> =
        [123_456_789_012_345.1, 0.1, 0.2, -123_456_789_012_345.1].map(|cost| vec![(COSTINBILLINGCURRENCY, number(cost))]).to_vec();
    check(&rows, &[PRETAX_COST], &["0.300000000"]);
}

/// Answers of a live Trino 476.
#[test]
fn a_markup_is_an_exact_product_or_one_of_doubles() {
    let of = |percent: &str, cost: f64| {
        let run = CloudRun { markup: percent.parse().expect("a markup"), ..run() };
        rows_of(&summary(&[vec![(COSTINBILLINGCURRENCY, number(cost))]], &run), &AZURE_DAILY_SUMMARY, &[MARKUP_COST]).join("")
    };
    assert_eq!(of("1.1", 600_000_000.0), "6600000.000000001");
    assert_eq!(of("0.001", 0.123_456_789), "0.000001235");
    assert_eq!(of("-5", 0.5), "-0.025000000");
    // A product of 39 digits, which Trino refuses.
    assert_eq!(of("1.1", 500_000_000_000_000.0), "5500000000000.000500000");
}

#[test]
fn a_number_that_is_none_is_null_or_fits_nothing() {
    let rows = [vec![(COSTINBILLINGCURRENCY, number(f64::NAN))], vec![(QUANTITY, NONE)]];
    check(&rows, &[PRETAX_COST, USAGE_QUANTITY, MARKUP_COST], &["0.500000000, 15.000000000, 0.050000000"]);
    check(&rows[..1], &[PRETAX_COST, MARKUP_COST], &["null, null"]);
    let as_trino = CloudRun { values: Values::AsTrino, ..run() };
    let result = summary(&rows, &as_trino).collect().expect("a result");
    assert!(crate::table::fit(result, &AZURE_DAILY_SUMMARY).is_err());
}

#[test]
fn refused_values_are_listed_once_with_their_rows() {
    let rows = [
        vec![(ADDITIONALINFO, text("")), (TAGS, text("[]")), (UNITOFMEASURE, text("2147483648 GB"))],
        vec![(ADDITIONALINFO, text("")), (TAGS, text(r#"{"zz": 1, "zz": 2}"#)), (UNITOFMEASURE, text("100 Hours"))],
        vec![(QUANTITY, number(1e15)), (COSTINBILLINGCURRENCY, number(f64::NEG_INFINITY))],
        vec![(QUANTITY, number(-999_999_999_999_999.0)), (COSTINBILLINGCURRENCY, number(500_000_000_000_000.0))],
        vec![(QUANTITY, NONE), (COSTINBILLINGCURRENCY, NONE), (TAGS, NONE), (ADDITIONALINFO, NONE), (UNITOFMEASURE, NONE)],
    ];
    let run = CloudRun { markup: "1.1".parse().expect("a markup"), ..run() };
    let expected = [
        "additionalinfo, , is not JSON (at byte 0), 2",
        "costinbillingcurrency, -Infinity, is no finite number, 1",
        "costinbillingcurrency, 5.0E14, has a markup of too many digits, 1",
        "quantity, 1.0E15, has more digits than decimal(24,9), 1",
        "tags, [], is not a JSON object, 1",
        "unitofmeasure, 2147483648 GB, begins with a number that is no integer, 1",
    ];
    assert_eq!(refusals(&azure_daily_refusals(lines(&rows), &run)), expected);
    assert!(refusals(&azure_daily_refusals(lines(&[vec![]]), &run)).is_empty());
}

prop_compose! {
    fn a_line()(
        day in proptest::sample::select(vec!["2026-02-03T00:00:00", "2026-02-04T00:00:00"]),
        subscription in proptest::sample::select(vec!["1", "2", ""]), region in proptest::option::of(proptest::sample::select(vec!["", "a"])),
        tags in proptest::sample::select(vec!["{}", r#"{"app": "x"}"#, r#"{"zz": "x"}"#, "null"]),
        unit in proptest::sample::select(vec!["1 GB", "10 GB", "100 Hours", "1.5 GB", "x"]),
        cost in proptest::option::weighted(0.9, -1e6..1e6_f64), quantity in proptest::option::weighted(0.9, -1e6..1e6_f64),
    ) -> Cells {
        vec![
            (AZURE_DATE, text(day)), (SUBSCRIPTIONID, text(subscription)), (RESOURCELOCATION, region.map_or(NONE, text)), (TAGS, text(tags)),
            (UNITOFMEASURE, text(unit)), (COSTINBILLINGCURRENCY, cost.map_or(NONE, number)), (QUANTITY, quantity.map_or(NONE, number)),
        ]
    }
}

fn total(frame: &DataFrame, column: &ColumnDef) -> i128 {
    frame.column(column.name).and_then(|values| Ok(values.decimal()?.physical().iter().flatten().sum())).expect("decimals")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn prop_the_cost_of_all_rows_is_that_of_all_lines(rows in proptest::collection::vec(a_line(), 1..12)) {
        let summary = fitted(&summary(&rows, &run()), &AZURE_DAILY_SUMMARY);
        let costs = rows.iter().flatten().filter(|(column, _)| column.name == COSTINBILLINGCURRENCY.name);
        let expected: i128 = costs.filter_map(|(_, cost)| decimal(cost.extract::<f64>()?, 24, 9)).sum();
        prop_assert_eq!(total(&summary, &PRETAX_COST), expected);
    }

    #[test]
    fn prop_the_order_of_lines_is_of_no_account(rows in proptest::collection::vec(a_line(), 1..12)) {
        let mut reversed = rows.clone();
        reversed.reverse();
        let [left, right] = [rows, reversed].map(|rows| csv_of_all(&fitted(&summary(&rows, &run()), &AZURE_DAILY_SUMMARY), &AZURE_DAILY_SUMMARY));
        prop_assert_eq!(left, right);
    }

    #[test]
    fn prop_a_whole_markup_is_a_multiple_of_the_cost(rows in proptest::collection::vec(a_line(), 1..12), factor in -3..4_i32) {
        let run = CloudRun { markup: format!("{factor}00").parse().expect("a markup"), ..run() };
        let summary = fitted(&summary(&rows, &run), &AZURE_DAILY_SUMMARY);
        prop_assert_eq!(total(&summary, &MARKUP_COST), total(&summary, &PRETAX_COST) * i128::from(factor));
    }
}
