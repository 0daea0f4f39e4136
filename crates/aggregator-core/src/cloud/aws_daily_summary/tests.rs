use super::*;
use crate::cloud::testing::{Cells, NONE, fitted, frame, number, refusals, rows_of, run, text};
use crate::cloud::{Markup, Values};
use crate::ocp::testing::csv_of_all;
use crate::table::cloud::{
    AWS_DAILY, LINEITEM_BLENDEDCOST, LINEITEM_BLENDEDRATE, LINEITEM_CURRENCYCODE, LINEITEM_LINEITEMTYPE, LINEITEM_NORMALIZATIONFACTOR,
    LINEITEM_NORMALIZEDUSAGEAMOUNT, LINEITEM_UNBLENDEDCOST, LINEITEM_UNBLENDEDRATE, LINEITEM_USAGEAMOUNT, PRICING_PUBLICONDEMANDCOST,
    PRICING_PUBLICONDEMANDRATE, SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST,
};
use crate::table::cloud_reference::{AWS_ACCOUNT_ALIASES, AWS_ORGANIZATIONAL_UNITS};
use crate::table::cloud_summary::{
    BLENDED_COST, CALCULATED_AMORTIZED_COST, CURRENCY_CODE, MARKUP_COST, MARKUP_COST_AMORTIZED, NORMALIZATION_FACTOR, UNBLENDED_COST,
    UNBLENDED_RATE, USAGE_AMOUNT,
};
use crate::table::fit;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Two units of EC2 for 0.5 on 3 February.
fn usual() -> Cells {
    vec![
        (LINEITEM_USAGESTARTDATE, text("2026-02-03T00:00:00")),
        (LINEITEM_RESOURCEID, text("i-1")),
        (BILL_BILLINGENTITY, text("AWS")),
        (LINEITEM_PRODUCTCODE, text("AmazonEC2")),
        (PRODUCT_PRODUCTNAME, text("Elastic Compute Cloud")),
        (LINEITEM_USAGEACCOUNTID, text("123456789012")),
        (PRODUCT_REGION, text("eu-west-1")),
        (RESOURCETAGS, text(r#"{"app": "web", "other": "x"}"#)),
        (COSTCATEGORY, text(r#"{"Org": "a", "Env": 1.0}"#)),
        (LINEITEM_LINEITEMTYPE, text("Usage")),
        (LINEITEM_USAGEAMOUNT, number(2.0)),
        (LINEITEM_CURRENCYCODE, text("USD")),
        (LINEITEM_UNBLENDEDRATE, number(0.25)),
        (LINEITEM_UNBLENDEDCOST, number(0.5)),
        (LINEITEM_BLENDEDCOST, number(0.4)),
        (SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST, number(0.125)),
    ]
}

fn lines(rows: &[Cells]) -> LazyFrame {
    frame(&AWS_DAILY, &usual(), rows)
}

fn reference(aliases: &[Cells], units: &[Cells]) -> AwsReference {
    AwsReference {
        enabled_tag_keys: ["app"].into(),
        account_aliases: frame(&AWS_ACCOUNT_ALIASES, &[], aliases),
        organizational_units: frame(&AWS_ORGANIZATIONAL_UNITS, &[], units),
    }
}

fn check(rows: &[Cells], columns: &[ColumnDef], expected: &[&str]) {
    let plan = aws_daily_summary(lines(rows), &reference(&[], &[]), &run());
    assert_eq!(rows_of(&plan, &AWS_DAILY_SUMMARY, columns), expected);
}

#[test]
fn line_items_are_added_up_by_day_and_description() {
    let rows = [
        vec![(LINEITEM_NORMALIZATIONFACTOR, number(4.0)), (LINEITEM_NORMALIZEDUSAGEAMOUNT, number(8.0))],
        vec![
            (LINEITEM_RESOURCEID, text("i-2")),
            (LINEITEM_UNBLENDEDRATE, number(0.5)),
            (LINEITEM_BLENDEDRATE, number(0.75)),
            (PRICING_PUBLICONDEMANDCOST, number(3.0)),
            (PRICING_PUBLICONDEMANDRATE, number(1.5)),
            (LINEITEM_NORMALIZEDUSAGEAMOUNT, number(0.5)),
        ],
        vec![(LINEITEM_USAGESTARTDATE, text("2026-02-04T00:00:00")), (LINEITEM_AVAILABILITYZONE, text("eu-west-1a"))],
    ];
    let summary = aws_daily_summary(lines(&rows), &reference(&[], &[]), &run());
    insta::assert_snapshot!(csv_of_all(&fitted(&summary, &AWS_DAILY_SUMMARY), &AWS_DAILY_SUMMARY));
}

#[test]
fn empty_and_null_are_two_groups_of_which_both_are_null() {
    let rows = [vec![(PRODUCT_REGION, text(""))], vec![(PRODUCT_REGION, NONE)], vec![(PRODUCT_REGION, text(""))]];
    check(&rows, &[REGION, USAGE_AMOUNT], &["null, 2.000000000", "null, 4.000000000"]);
}

#[test]
fn tags_that_differ_in_a_disabled_key_alone_are_two_groups() {
    let rows = [vec![(RESOURCETAGS, text(r#"{"app": "web", "other": "y"}"#))], vec![], vec![(RESOURCETAGS, text("null"))]];
    check(&rows, &[TAGS, USAGE_AMOUNT], &["null, 2.000000000", r#"{"app":"web"}, 2.000000000"#, r#"{"app":"web"}, 2.000000000"#]);
}

#[test]
fn any_json_is_a_cost_category() {
    let rows = ["null", "[1, {}]", r#"{"b": 1.10, "a": "x", "b": 1e5}"#, ""].map(|json| vec![(COSTCATEGORY, text(json))]);
    let mut rows = rows.to_vec();
    rows.push(vec![(COSTCATEGORY, NONE)]);
    check(&rows, &[COST_CATEGORY], &["[1,{}]", "null", "null", "null", r#"{"a":"x","b":100000.0}"#]);
}

#[test]
fn the_marketplace_sells_by_name() {
    let of = |entity: &'static str, name: AnyValue<'static>, code: &'static str| {
        vec![(BILL_BILLINGENTITY, text(entity)), (PRODUCT_PRODUCTNAME, name), (LINEITEM_PRODUCTCODE, text(code))]
    };
    let rows = [
        of(MARKETPLACE, text("A name"), "1"),
        of(MARKETPLACE, text(""), "2"),
        of(MARKETPLACE, NONE, "3"),
        of("AWS", text("A name"), "4"),
        of("aws marketplace", text("A name"), "5"),
    ];
    check(&rows, &[PRODUCT_CODE], &["2", "3", "4", "5", "A name"]);
}

#[test]
fn a_savings_plan_pays_for_its_lines() {
    let of = |name: &'static str| vec![(LINEITEM_LINEITEMTYPE, text(name)), (PRICING_UNIT, text(name))];
    let rows = [
        of("SavingsPlanCoveredUsage"),
        [of("SavingsPlanNegation"), vec![(LINEITEM_USAGEAMOUNT, NONE)]].concat(),
        of("SavingsPlanUpfrontFee"),
        of("SavingsPlanRecurringFee"),
        of("Usage"),
        vec![(LINEITEM_LINEITEMTYPE, NONE)],
    ];
    check(
        &rows,
        &[UNIT, USAGE_AMOUNT, UNBLENDED_COST, CALCULATED_AMORTIZED_COST, MARKUP_COST_AMORTIZED],
        &[
            "SavingsPlanCoveredUsage, 2.000000000, 0.500000000, 0.125000000, 0.012500000",
            "SavingsPlanNegation, 0.000000000, 0.500000000, 0.125000000, 0.012500000",
            "SavingsPlanRecurringFee, 2.000000000, 0.500000000, 0.125000000, 0.012500000",
            "SavingsPlanUpfrontFee, 2.000000000, 0.500000000, 0.125000000, 0.012500000",
            "Usage, 2.000000000, 0.500000000, 0.500000000, 0.050000000",
            "null, 2.000000000, 0.500000000, 0.500000000, 0.050000000",
        ],
    );
}

#[test]
fn the_markup_is_one_of_the_sum_before_it_is_rounded() {
    let rows = [vec![(LINEITEM_UNBLENDEDCOST, number(4e-10))], vec![(LINEITEM_UNBLENDEDCOST, number(4.6e-9))]];
    // 0.1 of 5e-9; each line alone, or the sum of the rounded ones, would be less or more.
    check(&rows, &[UNBLENDED_COST, MARKUP_COST], &["0.000000005, 0.000000001"]);
}

#[test]
fn sums_of_nothing_are_null() {
    let rows = [vec![(LINEITEM_UNBLENDEDCOST, NONE), (LINEITEM_UNBLENDEDRATE, NONE)]];
    check(&rows, &[UNBLENDED_COST, MARKUP_COST, UNBLENDED_RATE, NORMALIZATION_FACTOR], &["null, null, null, null"]);
}

#[test]
fn null_is_a_resource_but_does_not_count() {
    let rows = [None, Some(""), Some("i-2"), Some("i-1"), None].map(|id| vec![(LINEITEM_RESOURCEID, id.map_or(NONE, text))]);
    check(&rows, &[RESOURCE_IDS, RESOURCE_COUNT], &["[ i-1 i-2 null], 3"]);
    check(&[vec![(LINEITEM_RESOURCEID, NONE)]], &[RESOURCE_IDS, RESOURCE_COUNT], &["[null], 0"]);
}

#[test]
fn long_accounts_zones_and_currencies_are_cut_and_the_alias_is_of_the_whole_account() {
    let long = "123456789-123456789-123456789-123456789-123456789-äöü";
    let row = vec![
        (LINEITEM_USAGEACCOUNTID, text(long)),
        (LINEITEM_AVAILABILITYZONE, text("é23456789-123456789-123456789-123456789-123456789-x")),
        (LINEITEM_CURRENCYCODE, text("USDOLLARSLONG")),
    ];
    let alias = |id: i32, account: &'static str| vec![(ID, AnyValue::Int32(id)), (ACCOUNT_ID, text(account))];
    let aliases = [alias(1, "123456789-123456789-123456789-123456789-123456789-"), alias(2, long)];
    let plan = aws_daily_summary(lines(&[row]), &reference(&aliases, &[]), &run());
    let found = rows_of(&plan, &AWS_DAILY_SUMMARY, &[USAGE_ACCOUNT_ID, ACCOUNT_ALIAS_ID, AVAILABILITY_ZONE, CURRENCY_CODE]);
    let cut = "123456789-123456789-123456789-123456789-123456789-";
    assert_eq!(found, [format!("{cut}, 2, é23456789-123456789-123456789-123456789-123456789-, USDOLLARSL")]);
}

#[test]
fn a_row_stands_once_for_each_unit_that_lives_on_its_day() {
    let alias = [vec![(ID, AnyValue::Int32(7)), (ACCOUNT_ID, text("123456789012"))]];
    let unit = |id: i32, created: &'static str, deleted: AnyValue<'static>| {
        vec![
            (ID, AnyValue::Int32(id)),
            (ACCOUNT_ALIAS_ID, AnyValue::Int32(7)),
            (PROVIDER_ID, text("00000000-0000-0000-0000-000000000000")),
            (CREATED_TIMESTAMP, text(created)),
            (DELETED_TIMESTAMP, deleted),
        ]
    };
    let other = [unit(6, "2026-01-01", NONE), vec![(PROVIDER_ID, text("11111111-0000-0000-0000-000000000000"))]].concat();
    let units = [
        unit(1, "2026-02-03", NONE),
        unit(2, "2026-01-01", text("2026-02-04")),
        unit(3, "2026-01-01", text("2026-02-03")),
        unit(4, "2026-02-04", NONE),
        unit(5, "2026-02-03", text("2026-02-03")),
        other,
    ];
    let days = ["2026-02-02", "2026-02-03"]
        .map(|day| vec![(LINEITEM_USAGESTARTDATE, text(if day == "2026-02-02" { "2026-02-02T00:00:00" } else { "2026-02-03T00:00:00" }))]);
    let plan = aws_daily_summary(lines(&days), &reference(&alias, &units), &run());
    let found = rows_of(&plan, &AWS_DAILY_SUMMARY, &[USAGE_START, ORGANIZATIONAL_UNIT_ID, UNBLENDED_COST]);
    let expected = ["2026-02-02, 2, 0.500000000", "2026-02-02, 3, 0.500000000", "2026-02-03, 1, 0.500000000", "2026-02-03, 2, 0.500000000"];
    assert_eq!(found, expected);
    let unknown = aws_daily_summary(lines(&days), &reference(&[], &units), &run());
    assert_eq!(rows_of(&unknown, &AWS_DAILY_SUMMARY, &[ORGANIZATIONAL_UNIT_ID]), ["null", "null"]);
}

#[test]
fn what_is_no_number_is_null_or_fits_nothing() {
    let rows = [
        vec![(LINEITEM_UNBLENDEDCOST, number(f64::NAN)), (LINEITEM_UNBLENDEDRATE, number(f64::INFINITY))],
        vec![(LINEITEM_NORMALIZATIONFACTOR, number(f64::INFINITY))],
    ];
    check(&rows, &[UNBLENDED_COST, UNBLENDED_RATE, BLENDED_COST, NORMALIZATION_FACTOR], &["0.500000000, 0.250000000, 0.800000000, inf"]);
    let as_trino = CloudRun { values: Values::AsTrino, ..run() };
    let summary = aws_daily_summary(lines(&rows), &reference(&[], &[]), &as_trino).collect().expect("a result");
    assert!(fit(summary, &AWS_DAILY_SUMMARY).is_err());
}

#[test]
fn refused_values_are_listed_once_with_their_rows() {
    let rows = [
        vec![(RESOURCETAGS, text("")), (COSTCATEGORY, text("{} x"))],
        vec![(RESOURCETAGS, text("")), (LINEITEM_UNBLENDEDCOST, number(f64::NAN))],
        vec![(RESOURCETAGS, text(r#"{"zz": [1]}"#)), (COSTCATEGORY, text(r#""\ud800""#))],
        vec![(RESOURCETAGS, NONE), (COSTCATEGORY, NONE), (LINEITEM_BLENDEDRATE, number(f64::NEG_INFINITY))],
        vec![(LINEITEM_USAGEAMOUNT, number(f64::INFINITY)), (LINEITEM_LINEITEMTYPE, text("SavingsPlanNegation"))],
        vec![(LINEITEM_BLENDEDRATE, number(f64::INFINITY)), (LINEITEM_NORMALIZATIONFACTOR, number(f64::NAN))],
    ];
    let expected = [
        r#"costcategory, "\ud800", holds half of a surrogate pair, 1"#,
        "costcategory, {} x, is not JSON (at byte 3), 1",
        "lineitem_blendedrate, Infinity, is no finite number, 1",
        "lineitem_unblendedcost, NaN, is no finite number, 1",
        "resourcetags, , is not JSON (at byte 0), 2",
        r#"resourcetags, {"zz": [1]}, holds an object or array under key "zz", 1"#,
    ];
    assert_eq!(refusals(&aws_daily_refusals(lines(&rows))), expected);
    assert!(refusals(&aws_daily_refusals(lines(&[vec![]]))).is_empty());
}

prop_compose! {
    fn a_line()(
        day in proptest::sample::select(vec!["2026-02-03T00:00:00", "2026-02-04T00:00:00"]),
        account in proptest::sample::select(vec!["1", "2"]), region in proptest::option::of(proptest::sample::select(vec!["", "a"])),
        tags in proptest::sample::select(vec!["{}", r#"{"app": "x"}"#, "null"]),
        // Binary fractions: their sums are exact in any order.
        cost in proptest::option::weighted(0.9, (-100..100_i32).prop_map(|units| f64::from(units) / 64.0)),
    ) -> Cells {
        vec![
            (LINEITEM_USAGESTARTDATE, text(day)), (LINEITEM_USAGEACCOUNTID, text(account)), (PRODUCT_REGION, region.map_or(NONE, text)),
            (RESOURCETAGS, text(tags)), (LINEITEM_UNBLENDEDCOST, cost.map_or(NONE, number)),
        ]
    }
}

fn summed(rows: &[Cells], markup: Markup) -> DataFrame {
    fitted(&aws_daily_summary(lines(rows), &reference(&[], &[]), &CloudRun { markup, ..run() }), &AWS_DAILY_SUMMARY)
}

fn units(frame: &DataFrame, column: &ColumnDef) -> Vec<Option<i128>> {
    frame.column(column.name).and_then(|values| Ok(values.decimal()?.physical().iter().collect())).expect("decimals")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn prop_the_cost_of_a_day_and_account_is_that_of_its_lines(rows in proptest::collection::vec(a_line(), 1..12)) {
        let summary = summed(&rows, Markup::NONE);
        let mut expected: BTreeMap<(String, String), f64> = BTreeMap::new();
        for row in &rows {
            let cell = |column: ColumnDef| row.iter().find(|(named, _)| named.name == column.name).map(|(_, cell)| cell.clone());
            let of = |column: ColumnDef| cell(column).and_then(|cell| cell.get_str().map(str::to_owned)).unwrap_or_default();
            let key = (of(LINEITEM_USAGESTARTDATE).chars().take(10).collect(), of(LINEITEM_USAGEACCOUNTID));
            *expected.entry(key).or_default() += cell(LINEITEM_UNBLENDEDCOST).and_then(|cell| cell.extract::<f64>()).unwrap_or_default();
        }
        let mut found: BTreeMap<(String, String), f64> = BTreeMap::new();
        for (row, cost) in units(&summary, &UNBLENDED_COST).into_iter().enumerate() {
            let of = |column: ColumnDef| summary.column(column.name).and_then(|values| values.get(row).map(|cell| cell.to_string().replace('"', ""))).expect("a cell");
            #[expect(clippy::cast_precision_loss, reason = "few digits")]
            let cost = cost.unwrap_or_default() as f64 / 1e9;
            *found.entry((of(USAGE_START), of(USAGE_ACCOUNT_ID))).or_default() += cost;
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn prop_the_order_of_lines_is_of_no_account(rows in proptest::collection::vec(a_line(), 1..12)) {
        let mut reversed = rows.clone();
        reversed.reverse();
        let [left, right] = [rows, reversed].map(|rows| csv_of_all(&summed(&rows, Markup::NONE), &AWS_DAILY_SUMMARY));
        prop_assert_eq!(left, right);
    }

    #[test]
    fn prop_the_markup_is_a_multiple_of_the_cost(rows in proptest::collection::vec(a_line(), 1..12), quarters in 0..8_i32) {
        let markup: Markup = format!("{}", f64::from(quarters) * 25.0).parse().expect("a markup");
        let summary = summed(&rows, markup);
        let costs = units(&summary, &UNBLENDED_COST).into_iter().map(|cost| cost.map(|cost| cost * i128::from(quarters) / 4));
        prop_assert_eq!(units(&summary, &MARKUP_COST), costs.collect::<Vec<_>>());
    }
}
