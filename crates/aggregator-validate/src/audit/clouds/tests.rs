//! Each law holds on a small correct result, and a mutation breaks it and no other.

use std::collections::BTreeMap;

use aggregator_core::table::cloud_summary as cloud;

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
    let mut rows = RowsBuilder::new("result", subject, Filter::default());
    subject.tables[0].columns.iter().for_each(|column| rows.has(column));
    let columns = rows.columns();
    for row in result {
        rows.push(|index| Ok(row.get(columns[index].name).copied().unwrap_or(Value::Null))).unwrap();
    }
    let day = chrono::NaiveDate::from_epoch_days(DAY);
    audit(subject, &rows.finish(), None, Days { start: day, end: day }, Some("7".parse().unwrap()), 5)
}

fn broken(subject: &Subject, result: &[Row]) -> Vec<&'static str> {
    report(subject, result).broken().map(|law| law.law.name).collect()
}

#[test]
fn a_correct_result_keeps_every_law() {
    for subject in CLOUDS {
        let report = report(subject, &correct(subject));
        assert!(report.holds(), "{}: {}", subject.name, crate::audit::report::text(&report));
        assert!(report.laws.iter().all(|law| matches!(law.verdict, Verdict::Checked(_))));
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

#[test]
fn a_mutation_breaks_its_law_and_no_other() {
    for (law, subjects, mutate) in MUTATIONS {
        for subject in *subjects {
            let mut result = correct(subject);
            mutate(&mut result);
            assert_eq!(broken(subject, &result), [*law], "{}", subject.name);
        }
    }
    assert!(all().all(|law| MUTATIONS.iter().any(|(name, ..)| *name == law.name)), "every law has a mutation");
}

#[test]
fn what_was_not_said_is_not_checked() {
    let rows = RowsBuilder::new("result", &AWS_DAILY, Filter::default()).finish();
    let report = audit(&AWS_DAILY, &rows, None, Days::default(), None, 5);
    let unchecked: Vec<_> =
        report.laws.iter().filter(|law| matches!(law.verdict, Verdict::NotChecked(_))).map(|law| law.law.name).collect();
    assert_eq!(unchecked, ["window", "markup"]);
}
