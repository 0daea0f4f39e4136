use super::*;
use crate::cloud::testing::{Cells, NONE, fitted, frame, number, refusals, rows_of, run, text};
use crate::ocp::testing::csv_of_all;
use crate::table::cloud::{
    AWS_EC2, LINEITEM_BLENDEDCOST, LINEITEM_CURRENCYCODE, LINEITEM_LINEITEMTYPE, LINEITEM_UNBLENDEDCOST, LINEITEM_USAGEAMOUNT,
    SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST,
};
use crate::table::cloud_reference::{ACCOUNT_ID, AWS_ACCOUNT_ALIASES, AWS_ORGANIZATIONAL_UNITS, ID};
use crate::table::cloud_summary::{ACCOUNT_ALIAS_ID, BLENDED_COST, CALCULATED_AMORTIZED_COST, UNBLENDED_COST, USAGE_AMOUNT};

/// Two hours of an instance for 0.5 on 3 February.
fn usual() -> Cells {
    vec![
        (LINEITEM_USAGESTARTDATE, text("2026-02-03T00:00:00")),
        (LINEITEM_RESOURCEID, text("i-1")),
        (LINEITEM_PRODUCTCODE, text("AmazonEC2")),
        (PRODUCT_PRODUCTFAMILY, text("Compute Instance (bare metal)")),
        (LINEITEM_USAGEACCOUNTID, text("123456789012")),
        (PRODUCT_INSTANCETYPE, text("m5.large")),
        (RESOURCETAGS, text(r#"{"app": "web", "Name": "first"}"#)),
        (PRODUCT_MEMORY, text("8 GiB")),
        (PRODUCT_VCPU, text("2")),
        (PRODUCT_OPERATINGSYSTEM, text("Linux")),
        (LINEITEM_LINEITEMTYPE, text("Usage")),
        (LINEITEM_USAGEAMOUNT, number(2.0)),
        (LINEITEM_CURRENCYCODE, text("USD")),
        (LINEITEM_UNBLENDEDCOST, number(0.5)),
        (LINEITEM_BLENDEDCOST, number(0.25)),
        (SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST, number(0.125)),
    ]
}

fn reference() -> AwsReference {
    let alias = [vec![(ID, AnyValue::Int32(7)), (ACCOUNT_ID, text("123456789012"))]];
    AwsReference {
        enabled_tag_keys: ["app"].into(),
        account_aliases: frame(&AWS_ACCOUNT_ALIASES, &[], &alias),
        organizational_units: frame(&AWS_ORGANIZATIONAL_UNITS, &[], &[]),
    }
}

fn summary(rows: &[Cells]) -> LazyFrame {
    aws_ec2_summary(frame(&AWS_EC2, &usual(), rows), &reference(), &run())
}

fn check(rows: &[Cells], columns: &[ColumnDef], expected: &[&str]) {
    assert_eq!(rows_of(&summary(rows), &AWS_EC2_SUMMARY, columns), expected);
}

fn on(time: &'static str) -> Cells {
    vec![(LINEITEM_USAGESTARTDATE, text(time))]
}

#[test]
fn a_month_has_the_description_of_its_latest_day() {
    let first = vec![(RESOURCETAGS, text("{}")), (PRODUCT_VCPU, text("1")), (PRODUCT_REGION, text(""))];
    let second = [on("2026-02-20T00:00:00"), vec![(PRODUCT_REGION, text("eu-west-1"))]].concat();
    insta::assert_snapshot!(csv_of_all(&fitted(&summary(&[first, second]), &AWS_EC2_SUMMARY), &AWS_EC2_SUMMARY));
}

#[test]
fn several_descriptions_of_the_latest_day_each_cost_the_whole_month() {
    let other = vec![(RESOURCETAGS, text(r#"{"app": "web", "Name": 7}"#))];
    let rows = [vec![], other, [on("2026-02-01T00:00:00"), vec![(PRODUCT_MEMORY, text(""))]].concat()];
    check(&rows, &[INSTANCE_NAME, UNBLENDED_COST], &["7, 1.500000000", "first, 1.500000000"]);
}

#[test]
fn the_latest_day_is_that_of_all_lines_of_the_resource() {
    let disk = [on("2026-02-20T00:00:00"), vec![(PRODUCT_PRODUCTFAMILY, text("Storage"))]].concat();
    let other_product = [on("2026-02-20T00:00:00"), vec![(LINEITEM_PRODUCTCODE, NONE)]].concat();
    for line in [disk, other_product] {
        check(&[vec![], line.clone()], &[RESOURCE_ID], &[]);
        check(&[vec![], [line, vec![(LINEITEM_RESOURCEID, text("i-2"))]].concat()], &[RESOURCE_ID], &["i-1"]);
    }
}

#[test]
fn only_midnight_of_the_latest_day_describes() {
    check(&[vec![], on("2026-02-04T05:00:00")], &[RESOURCE_ID], &[]);
    check(&[vec![], on("2026-02-03T05:00:00")], &[USAGE_AMOUNT], &["4.000000000"]);
    check(
        &[vec![], vec![(LINEITEM_USAGESTARTDATE, NONE)]],
        &[USAGE_AMOUNT, USAGE_START, USAGE_END],
        &["4.000000000, 2026-02-03, 2026-02-03"],
    );
}

#[test]
fn resources_without_an_id_and_other_products_are_left_out() {
    let rows = [
        vec![(LINEITEM_RESOURCEID, NONE)],
        vec![(LINEITEM_RESOURCEID, text(""))],
        vec![(PRODUCT_PRODUCTFAMILY, NONE)],
        vec![(PRODUCT_PRODUCTFAMILY, text("compute instance"))],
        vec![(LINEITEM_PRODUCTCODE, text("AmazonS3"))],
    ];
    check(&rows, &[RESOURCE_ID], &[]);
}

#[test]
fn covered_usage_costs_nothing_but_is_amortised() {
    let rows = [vec![], vec![(LINEITEM_LINEITEMTYPE, text("SavingsPlanCoveredUsage")), (LINEITEM_UNBLENDEDCOST, NONE)]];
    let columns = [UNBLENDED_COST, BLENDED_COST, CALCULATED_AMORTIZED_COST, USAGE_AMOUNT];
    check(&rows, &columns, &["0.500000000, 0.250000000, 0.625000000, 4.000000000"]);
    check(&rows[1..], &columns, &["0.000000000, 0.000000000, 0.125000000, 2.000000000"]);
}

#[test]
fn an_empty_account_is_the_greatest_only_alone() {
    check(&[vec![(LINEITEM_USAGEACCOUNTID, text(""))]], &[USAGE_ACCOUNT_ID, ACCOUNT_ALIAS_ID], &[", null"]);
    check(&[vec![(LINEITEM_USAGEACCOUNTID, text(""))], vec![]], &[USAGE_ACCOUNT_ID, ACCOUNT_ALIAS_ID], &["123456789012, 7"]);
}

#[test]
fn processors_are_integers_or_refused() {
    let rows = [" 8", "+4", "", "2.0", "016"];
    for (vcpu, expected) in rows.into_iter().zip(["8", "4", "null", "null", "16"]) {
        check(&[vec![(PRODUCT_VCPU, text(vcpu))]], &[VCPU], &[expected]);
    }
    let rows: Vec<Cells> = rows.iter().map(|vcpu| vec![(PRODUCT_VCPU, text(vcpu))]).collect();
    assert_eq!(refusals(&aws_ec2_refusals(frame(&AWS_EC2, &usual(), &rows))), ["product_vcpu, 2.0, is no integer, 1"]);
    let other = vec![(PRODUCT_PRODUCTFAMILY, text("Storage")), (PRODUCT_VCPU, text("x")), (RESOURCETAGS, text(""))];
    assert!(refusals(&aws_ec2_refusals(frame(&AWS_EC2, &usual(), &[other]))).is_empty());
}
