//! The summaries of the clouds: arrays as sets, JSON by value, decimals to the last place.

use aggregator_core::table::cloud_summary as cloud;
use aggregator_core::table::{ColumnDef, Kind};
use proptest::prelude::*;
use proptest::sample::Index;

use super::super::tolerance::Rule;
use super::super::*;
use crate::rows::{Decimal, Filter, RowsBuilder, Value};
use crate::subject::{AWS_DAILY, AWS_EC2, AZURE_DAILY, CLOUDS, GCP_DAILY};

type CloudRow = Vec<Value<'static>>;

fn rows(subject: &Subject, rows: &[CloudRow]) -> Rows {
    let mut builder = RowsBuilder::new("test", subject, Filter::default());
    subject.columns().iter().for_each(|column| builder.has(column));
    for row in rows {
        builder.push(|column| Ok(row[column])).unwrap();
    }
    builder.finish()
}

fn compare(subject: &Subject, left: &[CloudRow], right: &[CloudRow]) -> Report {
    diff(subject, &rows(subject, left), &rows(subject, right), &Tolerance::default(), 10)
}

fn place(subject: &Subject, column: ColumnDef) -> usize {
    subject.columns().iter().position(|known| known.name == column.name).unwrap()
}

/// One row of nulls but for one cell.
fn cell(subject: &Subject, column: ColumnDef, value: Value<'static>) -> Vec<CloudRow> {
    let mut row = vec![Value::Null; subject.columns().len()];
    row[place(subject, column)] = value;
    vec![row]
}

fn equal(subject: &Subject, column: ColumnDef, left: Value<'static>, right: Value<'static>) -> bool {
    let [left, right] = [left, right].map(|value| cell(subject, column, value));
    let [one, other] = [compare(subject, &left, &right).is_equal(), compare(subject, &right, &left).is_equal()];
    assert_eq!(one, other, "{}", column.name);
    one
}

fn decimal(text: &str) -> Value<'static> {
    Value::Decimal(text.parse().unwrap())
}

#[test]
fn an_array_is_a_set_in_which_nulls_and_repetitions_count() {
    for (subject, column) in [(&AWS_DAILY, cloud::RESOURCE_IDS), (&AZURE_DAILY, cloud::INSTANCE_IDS)] {
        let same = |left, right| equal(subject, column, Value::Text(left), Value::Text(right));
        assert!(same(r#"["b","a",null]"#, r#"[null, "a", "b"]"#));
        assert!(!same(r#"["a"]"#, r#"["a","a"]"#));
        assert!(!same(r#"["a"]"#, r#"["a",null]"#));
        assert!(!same("[null]", r#"["null"]"#));
        assert!(!same("[]", "[null]"));
        assert!(!equal(subject, column, Value::Null, Value::Text("[]")));
        assert!(same("{a,b}", "{a,b}") && !same("{a,b}", "{b,a}"), "no JSON equals itself only");
    }
}

#[test]
fn json_is_compared_by_value() {
    let same = |left, right| equal(&AWS_DAILY, cloud::COST_CATEGORY, Value::Text(left), Value::Text(right));
    assert!(same(r#"{"b":1,"a":[1,2]}"#, r#"{"a": [1.0, 2], "b": 1}"#));
    assert!(!same("[1,2]", "[2,1]"), "a JSON array has an order");
    assert!(!same("1", r#""1""#));
    assert!(!equal(&AWS_DAILY, cloud::COST_CATEGORY, Value::Null, Value::Text("null")));
}

#[test]
fn the_last_place_of_a_sum_of_doubles_is_open_and_no_other() {
    let near = |subject, column| equal(subject, column, decimal("1.000000001"), decimal("1.000000002"));
    let far = |subject, column| equal(subject, column, decimal("1.000000001"), decimal("1.000000003"));
    for column in [cloud::UNBLENDED_COST, cloud::MARKUP_COST, cloud::USAGE_AMOUNT] {
        for subject in [&AWS_DAILY, &AWS_EC2, &GCP_DAILY] {
            assert!(near(subject, column) && !far(subject, column), "{} of {}", column.name, subject.name);
        }
    }
    for (subject, column) in [
        (&AWS_DAILY, cloud::UNBLENDED_RATE),
        (&AWS_EC2, cloud::PUBLIC_ON_DEMAND_RATE),
        (&GCP_DAILY, cloud::CREDIT_AMOUNT),
        (&AZURE_DAILY, cloud::MARKUP_COST),
        (&AZURE_DAILY, cloud::PRETAX_COST),
        (&AZURE_DAILY, cloud::USAGE_QUANTITY),
    ] {
        assert!(!near(subject, column), "{} of {}", column.name, subject.name);
    }
    // Of fifteen places, the fifteenth.
    let blended = |left, right| equal(&AWS_DAILY, cloud::MARKUP_COST_BLENDED, decimal(left), decimal(right));
    assert!(blended("0.000000000000001", "0.000000000000002") && !blended("0.000000000000001", "0.000000000000003"));
    // A double has sixteen digits: of a large sum, fewer places are exact.
    assert!(equal(&AWS_DAILY, cloud::UNBLENDED_COST, decimal("123456789.000000001"), decimal("123456789.000000101")));
}

#[test]
fn a_double_that_was_not_rounded_yet_equals_its_decimal() {
    for (subject, column) in [(&AWS_DAILY, cloud::UNBLENDED_RATE), (&AZURE_DAILY, cloud::PRETAX_COST), (&GCP_DAILY, cloud::UNBLENDED_COST)]
    {
        assert!(equal(subject, column, Value::Double(0.123_456_789_4), decimal("0.123456789")), "{}", column.name);
        assert!(!equal(subject, column, Value::Double(0.123_456_789_4), decimal("0.123456787")), "{}", column.name);
    }
}

#[test]
fn a_double_of_postgresql_keeps_its_digits_as_text() {
    let same = |column, left, right| equal(&AWS_DAILY, column, left, right);
    assert!(same(cloud::NORMALIZATION_FACTOR, Value::Text("0.12345678901234568"), Value::Double(0.123_456_789_012_345_68)));
    assert!(!same(cloud::NORMALIZATION_FACTOR, Value::Double(8.0), Value::Double(8.0 + 2e-15)), "the greatest factor is one of them");
    assert!(same(cloud::NORMALIZED_USAGE_AMOUNT, Value::Double(8.0), Value::Double(8.0 + 2e-15)), "a sum");
}

/// Every decimal that a cloud declares is known to be a sum or not: by name, so that a new one is thought about.
#[test]
fn every_decimal_has_a_rule() {
    for subject in CLOUDS {
        for column in subject.columns() {
            let rule = Rule::in_table(subject, &column);
            match column.kind {
                Kind::Numeric { .. }
                    if column.name.ends_with("_rate") || column.name == "credit_amount" || subject.name.starts_with("azure") =>
                {
                    assert!(matches!(rule, Rule::Rounded { .. }), "{} of {}", column.name, subject.name);
                }
                Kind::Numeric { .. } => assert!(matches!(rule, Rule::RoundedSum { .. }), "{} of {}", column.name, subject.name),
                Kind::DoublePrecision => assert!(matches!(rule, Rule::Sum { .. } | Rule::Maximum), "{}", column.name),
                _ => assert_eq!(rule, Rule::Exact, "{}", column.name),
            }
        }
    }
}

/// The values of a column, all of them different for the comparison.
fn domain(column: ColumnDef) -> Vec<Value<'static>> {
    let texts = |texts: &[&'static str]| texts.iter().map(|text| Value::Text(text)).collect::<Vec<_>>();
    let mut domain = match column.kind {
        Kind::Labels | Kind::Json => texts(&["{}", r#"{"a":"1"}"#, r#"{"a":null}"#, "null", "no json"]),
        Kind::TextArray => texts(&["[]", "[null]", r#"["a"]"#, r#"["a","a"]"#, r#"["a",null]"#]),
        Kind::Integer => [0, 1, -1, 7].map(Value::Integer).to_vec(),
        Kind::Date => [0, 1, 20_000].map(Value::Date).to_vec(),
        Kind::DoublePrecision => [0.0, 1.5, -2.25, f64::NAN, f64::INFINITY].map(Value::Double).to_vec(),
        Kind::Numeric { .. } => {
            [0, 2_000_000_000, -2_000_000_000, 10_i128.pow(15)].map(|units| Value::Decimal(Decimal::from_units(units).unwrap())).to_vec()
        }
        _ => texts(&["", "a", "b", "00000000-0000-0000-0000-000000000001"]),
    };
    domain.push(Value::Null);
    domain
}

/// One of the clouds, with rows that often share their keys.
fn any_rows() -> impl Strategy<Value = (Subject, Vec<CloudRow>)> {
    proptest::sample::select(CLOUDS).prop_flat_map(|subject| {
        let cell = |column: ColumnDef| {
            let is_key = subject.key.iter().any(|key| key.name == column.name);
            prop_oneof![(if is_key { 20 } else { 1 }) => Just(Value::Null), 1 => proptest::sample::select(domain(column))]
        };
        let rows = proptest::collection::vec(subject.columns().into_iter().map(cell).collect::<Vec<_>>(), 1..16);
        (Just(subject), rows)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn prop_a_summary_equals_itself_in_any_order(
        (subject, ordered, shuffled) in any_rows().prop_flat_map(|(subject, rows)| (Just(subject), Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        let report = compare(&subject, &ordered, &shuffled);
        prop_assert_eq!(report.rows, RowCounts { equal: ordered.len(), ..RowCounts::default() });
    }

    #[test]
    fn prop_any_mutation_of_any_column_is_found((subject, original) in any_rows(), row in any::<Index>(), to in any::<Index>()) {
        for column in subject.columns().into_iter().filter(|column| subject.ignored(column.name).is_none()) {
            let mut mutated = original.clone();
            let cell = &mut mutated[row.index(original.len())][place(&subject, column)];
            let others: Vec<_> = domain(column).into_iter().filter(|other| format!("{other:?}") != format!("{cell:?}")).collect();
            *cell = *to.get(&others);
            let report = compare(&subject, &original, &mutated);
            prop_assert!(!report.is_equal(), "{} of {}", column.name, subject.name);
            prop_assert_eq!(report.rows.equal, original.len() - 1);
        }
    }

    #[test]
    fn prop_one_row_more_or_less_is_found((subject, mut doubled) in any_rows(), row in any::<Index>()) {
        let original = doubled.clone();
        doubled.push(row.get(&original).clone());
        let equal = RowCounts { equal: original.len(), ..RowCounts::default() };
        prop_assert_eq!(compare(&subject, &original, &doubled).rows, RowCounts { extra: 1, ..equal });
        prop_assert_eq!(compare(&subject, &doubled, &original).rows, RowCounts { missing: 1, ..equal });
    }
}
