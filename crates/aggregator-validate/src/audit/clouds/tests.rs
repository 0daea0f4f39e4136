//! Each law holds on a small correct result, and a mutation breaks it and no other.

use std::collections::BTreeMap;

use aggregator_core::table::{Kind, cloud as line, cloud_summary as cloud};
use aggregator_io::source::cloud_reference::CloudReference;
use polars::prelude::{AnyValue, Column, DataFrame, DataType, IntoColumn, Scalar, Series};

use super::*;
use crate::rows::{Filter, RowsBuilder, Value};
use crate::subject::{AWS_DAILY, AWS_EC2, AZURE_DAILY, CLOUDS, GCP_DAILY};

type Row = BTreeMap<&'static str, Value<'static>>;
type Mutation = fn(&mut Vec<Row>);

/// 2026-03-04.
const DAY: i32 = 20_516;

fn decimal(text: &str) -> Value<'static> {
    Value::Decimal(text.parse().unwrap())
}

/// Two rows of a markup of 7 %.
fn correct(subject: &Subject) -> Vec<Row> {
    let mut row: Row = subject.columns().iter().filter(|column| column.required).map(|column| (column.name, Value::Text("a"))).collect();
    row.extend([
        (cloud::USAGE_START.name, Value::Date(DAY)),
        (cloud::USAGE_END.name, Value::Date(DAY)),
        (cloud::COST_ENTRY_BILL_ID.name, Value::Integer(7)),
        (cloud::SOURCE_UUID.name, Value::Text("00000000-0000-0000-0000-000000000001")),
        (cloud::TAGS.name, Value::Text(r#"{"app":"x"}"#)),
        (cloud::COST_CATEGORY.name, Value::Text("[1]")),
        (cloud::INVOICE_MONTH.name, Value::Text("202603")),
        (cloud::UNBLENDED_COST.name, decimal("10.000000001")),
        (cloud::PRETAX_COST.name, decimal("10.000000001")),
        (cloud::BLENDED_COST.name, decimal("-3.25")),
        (cloud::SAVINGSPLAN_EFFECTIVE_COST.name, decimal("4")),
        (cloud::CALCULATED_AMORTIZED_COST.name, decimal("6")),
        (cloud::MARKUP_COST.name, decimal("0.7")),
        (cloud::MARKUP_COST_BLENDED.name, decimal("-0.2275")),
        (cloud::MARKUP_COST_SAVINGSPLAN.name, decimal("0.28")),
        (cloud::MARKUP_COST_AMORTIZED.name, decimal("0.42")),
    ]);
    for (list, count) in [(cloud::RESOURCE_IDS, cloud::RESOURCE_COUNT), (cloud::INSTANCE_IDS, cloud::INSTANCE_COUNT)] {
        row.extend([(list.name, Value::Text(r#"["i-1",null,"i-2"]"#)), (count.name, Value::Integer(2))]);
    }
    vec![row.clone(), row]
}

fn report(subject: &Subject, result: &[Row]) -> Report {
    report_of(subject, result, None)
}

fn report_of(subject: &Subject, result: &[Row], line_items: Option<&CloudLineItems>) -> Report {
    let mut rows = RowsBuilder::new("result", subject, Filter::default());
    subject.tables[0].columns.iter().for_each(|column| rows.has(column));
    let columns = rows.columns();
    for row in result {
        rows.push(|index| Ok(row.get(columns[index].name).copied().unwrap_or(Value::Null))).unwrap();
    }
    let day = chrono::NaiveDate::from_epoch_days(DAY);
    audit(subject, &rows.finish(), line_items, Days { start: day, end: day }, Some("7".parse().unwrap()), 5)
}

fn broken(subject: &Subject, result: &[Row]) -> Vec<&'static str> {
    report(subject, result).broken().map(|law| law.law.name).collect()
}

#[test]
fn a_correct_result_keeps_every_law() {
    for subject in CLOUDS {
        let report = report(subject, &correct(subject));
        assert!(report.holds(), "{}: {}", subject.name, crate::audit::report::text(&report));
        let checked = report.laws.iter().filter(|law| matches!(law.verdict, Verdict::Checked(_)));
        assert_eq!(checked.count(), laws::LAWS.len());
    }
}

/// A law, the tables that it is tried on, and what breaks it.
const MUTATIONS: &[(&str, &[Subject], Mutation)] = &[
    ("days", &[AWS_DAILY, AZURE_DAILY, GCP_DAILY], |rows| set(rows, cloud::USAGE_END, Value::Date(DAY + 1))),
    ("days", &[AWS_EC2], |rows| set(rows, cloud::USAGE_END, Value::Date(DAY - 1))),
    ("days", CLOUDS, |rows| set(rows, cloud::USAGE_END, Value::Null)),
    ("window", &[AWS_DAILY, AZURE_DAILY, GCP_DAILY], |rows| {
        set(rows, cloud::USAGE_START, Value::Date(DAY + 1));
        set(rows, cloud::USAGE_END, Value::Date(DAY + 1));
    }),
    ("one-bill", CLOUDS, |rows| set(rows, cloud::COST_ENTRY_BILL_ID, Value::Integer(8))),
    ("required", &[AWS_DAILY, AWS_EC2], |rows| set(rows, cloud::USAGE_ACCOUNT_ID, Value::Null)),
    ("required", &[AZURE_DAILY], |rows| set(rows, cloud::SUBSCRIPTION_GUID, Value::Null)),
    ("required", &[GCP_DAILY], |rows| set(rows, cloud::GCP_CURRENCY, Value::Null)),
    ("resources", &[AWS_DAILY], |rows| set(rows, cloud::RESOURCE_COUNT, Value::Integer(3))),
    ("resources", &[AZURE_DAILY], |rows| set(rows, cloud::INSTANCE_IDS, Value::Text(r#"["i-1","i-1","i-2"]"#))),
    ("resources", &[AZURE_DAILY], |rows| set(rows, cloud::INSTANCE_IDS, Value::Null)),
    ("tags", CLOUDS, |rows| set(rows, cloud::TAGS, Value::Text(r#"{"app":{"x":"y"}}"#))),
    ("tags", CLOUDS, |rows| set(rows, cloud::TAGS, Value::Text("[]"))),
    ("tags", &[AWS_DAILY, AWS_EC2], |rows| set(rows, cloud::COST_CATEGORY, Value::Text("no json"))),
    ("texts-fit", &[AWS_DAILY, AWS_EC2, GCP_DAILY], |rows| {
        set(rows, cloud::REGION, Value::Text("a region whose name has more than fifty characters in all"));
    }),
    ("texts-fit", &[AZURE_DAILY], |rows| set(rows, cloud::SERVICE_NAME, Value::Text("a\0b"))),
    ("decimals-fit", &[AWS_DAILY, AWS_EC2, GCP_DAILY], |rows| set(rows, cloud::USAGE_AMOUNT, decimal("1000000000000000"))),
    ("decimals-fit", &[AZURE_DAILY], |rows| set(rows, cloud::USAGE_QUANTITY, decimal("0.0000000001"))),
    ("decimals-fit", &[GCP_DAILY], |rows| set(rows, cloud::CREDIT_AMOUNT, Value::Double(f64::NAN))),
    ("markup", &[AWS_DAILY, AWS_EC2, GCP_DAILY], |rows| set(rows, cloud::MARKUP_COST, decimal("0.700000003"))),
    ("markup", &[AZURE_DAILY], |rows| set(rows, cloud::MARKUP_COST, decimal("0.70002"))),
    ("markup", CLOUDS, |rows| set(rows, cloud::MARKUP_COST, Value::Null)),
    ("markup", &[AWS_DAILY, AWS_EC2], |rows| set(rows, cloud::MARKUP_COST_BLENDED, decimal("0.2275"))),
    ("amortised", &[AWS_DAILY, AWS_EC2], |rows| {
        for column in [cloud::UNBLENDED_COST, cloud::MARKUP_COST, cloud::SAVINGSPLAN_EFFECTIVE_COST, cloud::MARKUP_COST_SAVINGSPLAN] {
            set(rows, column, Value::Null);
        }
    }),
];

fn set(rows: &mut [Row], column: ColumnDef, value: Value<'static>) {
    rows[1].insert(column.name, value);
}

fn set_all(rows: &mut [Row], column: ColumnDef, value: Value<'static>) {
    for row in rows {
        row.insert(column.name, value);
    }
}

#[test]
fn a_mutation_breaks_its_law_and_no_other() {
    for (law, subjects, mutate) in MUTATIONS {
        for subject in *subjects {
            let mut result = correct(subject);
            mutate(&mut result);
            assert_eq!(broken(subject, &result), [*law], "{}", subject.name);
        }
    }
}

#[test]
fn what_was_not_said_is_not_checked() {
    let rows = RowsBuilder::new("result", &AWS_DAILY, Filter::default()).finish();
    let report = audit(&AWS_DAILY, &rows, None, Days::default(), None, 5);
    let unchecked: Vec<_> =
        report.laws.iter().filter(|law| matches!(law.verdict, Verdict::NotChecked(_))).map(|law| law.law.name).collect();
    let of_line_items = ["groups-complete", "cost-conserved", "usage-conserved", "greatest", "fan-out"];
    assert_eq!(unchecked, [&["window", "markup"][..], &of_line_items].concat());
}

/// A line item: what is not null.
type LineItem = BTreeMap<&'static str, AnyValue<'static>>;

/// The line items of [`correct`], twice two, in a frame of the table that the grain reads.
fn frame_of(subject: &Subject) -> DataFrame {
    let text = |column: ColumnDef, text: &'static str| (column.name, AnyValue::String(text));
    let number = |column: ColumnDef, number: f64| (column.name, AnyValue::Float64(number));
    let (grain, day) = (CloudLineItems::new("", subject, None).grain, i64::from(DAY) * 86_400_000);
    let time = (grain.line_items().time().unwrap().name, AnyValue::Int64(day));
    let aws = |tags: &'static str| -> [LineItem; 2] {
        let of_both = [
            time.clone(),
            text(line::LINEITEM_USAGEACCOUNTID, "a"),
            text(line::LINEITEM_CURRENCYCODE, "a"),
            text(line::LINEITEM_PRODUCTCODE, if subject.name == AWS_EC2.name { "AmazonEC2" } else { "a" }),
            text(line::PRODUCT_PRODUCTFAMILY, if subject.name == AWS_EC2.name { "Compute Instance" } else { "" }),
            text(line::LINEITEM_RESOURCEID, "a"),
            text(line::RESOURCETAGS, tags),
        ];
        let usual = [number(line::LINEITEM_UNBLENDEDCOST, 6.0), number(line::SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST, 4.0)];
        let of_plan = [
            text(line::LINEITEM_LINEITEMTYPE, "SavingsPlanUpfrontFee"),
            number(line::LINEITEM_UNBLENDEDCOST, 4.000_000_001),
            number(line::SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST, 0.0),
            number(line::LINEITEM_BLENDEDCOST, -3.25),
        ];
        [of_both.iter().cloned().chain(usual).collect(), of_both.into_iter().chain(of_plan).collect()]
    };
    let other = || {
        let texts = [
            (line::SUBSCRIPTIONGUID, "a"),
            (line::INVOICE_MONTH, "202603"),
            (line::BILLING_ACCOUNT_ID, "a"),
            (line::PROJECT_ID, "a"),
            (line::PROJECT_NAME, "a"),
            (line::CURRENCY, "a"),
        ];
        let mut item: LineItem = texts.into_iter().map(|(column, of)| text(column, of)).collect();
        item.extend([time.clone(), number(line::COSTINBILLINGCURRENCY, 10.000_000_001), number(line::COST, 10.000_000_001)]);
        [item]
    };
    let items: Vec<LineItem> = match subject.name {
        // Each description of an instance has the whole cost.
        name if name == AWS_EC2.name => {
            let [mut one, other] = aws("{}");
            one.insert(line::RESOURCETAGS.name, AnyValue::String(r#"{"app":"x"}"#));
            vec![one, other]
        }
        name if name == AWS_DAILY.name => [aws("{}"), aws("{}")].concat(),
        _ => [other(), other()].concat(),
    };
    let columns = grain.line_items().columns.iter().map(|column| {
        let values: Vec<AnyValue<'_>> = items.iter().map(|item| item.get(column.name).cloned().unwrap_or(AnyValue::Null)).collect();
        let plain = match column.kind {
            Kind::Double => DataType::Float64,
            Kind::Timestamp => DataType::Int64,
            _ => DataType::String,
        };
        let series = Series::from_any_values_and_dtype(column.name.into(), &values, &plain, true).unwrap();
        series.cast(&column.kind.data_type()).unwrap().into_column()
    });
    DataFrame::new(items.len(), columns.collect()).unwrap()
}

const SOURCE: &str = "00000000-0000-0000-0000-000000000001";

fn line_items(subject: &Subject) -> CloudLineItems {
    let mut items = CloudLineItems::new("line items", subject, Some("7".parse().unwrap()));
    items.add_frame(SOURCE, Some("202603"), &frame_of(subject)).unwrap();
    let reference = CloudReference::from_json(
        "reference",
        br#"{"enabled_tag_keys": [], "account_aliases": [{"id": 9, "account_id": "a"}],
             "organizational_units": [{"id": 5, "account_alias_id": 9, "provider_id": "00000000-0000-0000-0000-000000000001",
                                       "created_timestamp": "2026-03-04", "deleted_timestamp": "2026-03-05"},
                                      {"id": 6, "account_alias_id": 9, "provider_id": "00000000-0000-0000-0000-000000000001",
                                       "created_timestamp": "2026-03-01", "deleted_timestamp": "2026-03-04"}]}"#,
        "AWS",
    );
    items.with_accounts(&reference.unwrap()).unwrap()
}

/// [`correct`], with what only line items tell.
fn correct_of_line_items(subject: &Subject) -> Vec<Row> {
    let mut rows = correct(subject);
    for row in &mut rows {
        row.extend([
            (cloud::ACCOUNT_ALIAS_ID.name, Value::Integer(9)),
            (cloud::ORGANIZATIONAL_UNIT_ID.name, Value::Integer(5)),
            (cloud::SUBSCRIPTION_NAME.name, Value::Text("a")),
            (cloud::CREDIT_AMOUNT.name, decimal("0")),
        ]);
    }
    rows
}

fn broken_beside(subject: &Subject, result: &[Row]) -> Vec<&'static str> {
    let report = report_of(subject, result, Some(&line_items(subject)));
    report.broken().map(|law| law.law.name).collect()
}

/// As [`MUTATIONS`], beside line items and reference data.
const MUTATIONS_BESIDE: &[(&str, &[Subject], Mutation)] = &[
    ("groups-complete", CLOUDS, Vec::clear),
    ("groups-complete", &[AWS_DAILY, AZURE_DAILY, GCP_DAILY], |rows| rows.push(without_amounts(&rows[0], Value::Text("r")))),
    ("groups-complete", &[AWS_EC2], |rows| rows.push(without_amounts(&rows[0], Value::Null))),
    ("cost-conserved", &[AWS_DAILY, AWS_EC2], |rows| set(rows, cloud::PUBLIC_ON_DEMAND_COST, decimal("0.000000002"))),
    ("cost-conserved", &[AWS_DAILY, AWS_EC2], |rows| set(rows, cloud::CALCULATED_AMORTIZED_COST, decimal("6.000000003"))),
    ("cost-conserved", &[AZURE_DAILY], |rows| set(rows, cloud::PRETAX_COST, decimal("10.000000002"))),
    ("cost-conserved", &[AZURE_DAILY], |rows| set(rows, cloud::MARKUP_COST, decimal("0.700000001"))),
    ("cost-conserved", &[GCP_DAILY], |rows| set(rows, cloud::UNBLENDED_COST, decimal("10.000000003"))),
    ("cost-conserved", &[GCP_DAILY], |rows| set(rows, cloud::CREDIT_AMOUNT, decimal("-0.000000001"))),
    ("usage-conserved", &[AWS_DAILY, AWS_EC2, GCP_DAILY], |rows| set(rows, cloud::USAGE_AMOUNT, decimal("0"))),
    ("usage-conserved", &[AWS_DAILY, AWS_EC2], |rows| set(rows, cloud::NORMALIZED_USAGE_AMOUNT, Value::Double(1e-300))),
    ("usage-conserved", &[AZURE_DAILY], |rows| set(rows, cloud::USAGE_QUANTITY, decimal("0"))),
    ("greatest", &[AWS_DAILY, AWS_EC2], |rows| set(rows, cloud::CURRENCY_CODE, Value::Text("b"))),
    ("greatest", &[AWS_DAILY, AWS_EC2], |rows| set(rows, cloud::UNBLENDED_RATE, decimal("0"))),
    ("greatest", &[AWS_DAILY, AWS_EC2], |rows| set(rows, cloud::NORMALIZATION_FACTOR, Value::Double(0.0))),
    ("greatest", &[AWS_EC2], |rows| set(rows, cloud::USAGE_END, Value::Date(DAY + 1))),
    ("greatest", &[AZURE_DAILY], |rows| set(rows, cloud::UNIT_OF_MEASURE, Value::Text("Hrs"))),
    ("greatest", &[GCP_DAILY], |rows| set(rows, cloud::SKU_ALIAS, Value::Text("b"))),
    ("fan-out", &[AWS_DAILY, AWS_EC2], |rows| set_all(rows, cloud::ACCOUNT_ALIAS_ID, Value::Null)),
    ("fan-out", &[AWS_DAILY], |rows| set_all(rows, cloud::ORGANIZATIONAL_UNIT_ID, Value::Integer(6))),
    ("fan-out", &[AWS_EC2], |rows| rows.push(rows[0].clone())),
    ("fan-out", &[AWS_EC2], |rows| rows.truncate(1)),
];

/// A row of another region, or of another resource, that costs nothing.
fn without_amounts(row: &Row, region: Value<'static>) -> Row {
    let is_number = |value: &Value<'_>| matches!(value, Value::Decimal(_));
    let mut row: Row = row.iter().filter(|(_, value)| !is_number(value)).map(|(column, value)| (*column, *value)).collect();
    if region == Value::Null {
        row.insert(cloud::RESOURCE_ID.name, Value::Text("z"));
    }
    row.extend([(cloud::REGION.name, region), (cloud::RESOURCE_LOCATION.name, region)]);
    row
}

#[test]
fn a_correct_result_keeps_every_law_beside_its_line_items() {
    for subject in CLOUDS {
        let report = report_of(subject, &correct_of_line_items(subject), Some(&line_items(subject)));
        assert!(report.holds(), "{}: {}", subject.name, crate::audit::report::text(&report));
        let unchecked: Vec<_> = report.laws.iter().filter(|law| matches!(law.verdict, Verdict::NotChecked(_))).collect();
        assert_eq!(unchecked.len(), usize::from(!subject.name.starts_with("aws")), "{}", subject.name);
    }
}

#[test]
fn a_mutation_breaks_its_law_beside_the_line_items_and_no_other() {
    for (law, subjects, mutate) in MUTATIONS_BESIDE {
        for subject in *subjects {
            let mut result = correct_of_line_items(subject);
            mutate(&mut result);
            // The markup of a cost that was changed by a hair is still right; its sum is not.
            assert_eq!(broken_beside(subject, &result), [*law], "{}", subject.name);
        }
    }
    let has_mutation = |law: &Law| MUTATIONS.iter().chain(MUTATIONS_BESIDE).any(|(name, ..)| *name == law.name);
    assert!(all().all(has_mutation), "every law has a mutation");
}

#[test]
fn copies_that_not_every_group_of_an_account_has_are_found_without_reference_data() {
    let mut items = CloudLineItems::new("line items", &AWS_DAILY, None);
    let frame = frame_of(&AWS_DAILY);
    let mut elsewhere = frame.clone();
    let regions = vec!["r"; frame.height()];
    elsewhere.with_column(Column::new(line::PRODUCT_REGION.name.into(), regions)).unwrap();
    for frame in [&frame, &elsewhere] {
        items.add_frame(SOURCE, None, frame).unwrap();
    }
    let here = correct_of_line_items(&AWS_DAILY);
    let with = |column: ColumnDef, value: Value<'static>| {
        let mut rows = here.clone();
        set_all(&mut rows, column, value);
        rows
    };
    let there = with(cloud::REGION, Value::Text("r"));
    let second = |rows: &[Row]| {
        let mut rows = rows.to_vec();
        set_all(&mut rows, cloud::ORGANIZATIONAL_UNIT_ID, Value::Integer(7));
        rows
    };
    let twice = [here.clone(), there.clone(), second(&here), second(&there)].concat();
    let report = report_of(&AWS_DAILY, &twice, Some(&items));
    assert!(report.holds(), "{}", crate::audit::report::text(&report));
    let of_fan_out = report.laws.iter().find(|law| law.law.name == "fan-out").unwrap();
    let Verdict::Checked(findings) = &of_fan_out.verdict else { panic!("it is checked") };
    assert_eq!((findings.checked, findings.noted), (2, 1));
    let once_and_twice = [here.clone(), there, second(&here)].concat();
    let broken: Vec<_> = report_of(&AWS_DAILY, &once_and_twice, Some(&items)).broken().map(|law| law.law.name).collect();
    assert_eq!(broken, ["fan-out"]);
}

#[test]
fn numbers_that_trino_refuses_count_as_null_and_are_told() {
    let mut items = CloudLineItems::new("line items", &AWS_DAILY, None);
    let frame = frame_of(&AWS_DAILY);
    items.add_frame(SOURCE, None, &frame).unwrap();
    let mut refused = frame.head(Some(1));
    let null = Column::new_scalar("".into(), Scalar::null(DataType::Float64), 1);
    for column in [line::LINEITEM_UNBLENDEDCOST, line::SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST] {
        refused.with_column(null.clone().with_name(column.name.into())).unwrap();
    }
    refused.with_column(Column::new(line::LINEITEM_BLENDEDCOST.name.into(), [f64::INFINITY])).unwrap();
    items.add_frame(SOURCE, None, &refused).unwrap();
    let report = report_of(&AWS_DAILY, &correct_of_line_items(&AWS_DAILY), Some(&items));
    assert!(report.holds(), "{}", crate::audit::report::text(&report));
    let law = report.laws.iter().find(|law| law.law.name == "cost-conserved").unwrap();
    let Verdict::Checked(findings) = &law.verdict else { panic!("it is checked") };
    assert_eq!(findings.excepted.iter().map(|(_, count)| count).sum::<u64>(), 1);
}
