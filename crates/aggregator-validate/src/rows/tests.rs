use aggregator_core::table::summary;
use proptest::prelude::*;

use super::*;
use crate::subject::OCP_DAILY_SUMMARY;

/// One row of nulls but for `column`, read back as a cell.
fn read_back(column: ColumnDef, value: Value<'_>) -> Result<Cell, String> {
    let mut builder = RowsBuilder::new("test", &OCP_DAILY_SUMMARY, Filter::default());
    builder.has(&column);
    let wanted = builder.columns().iter().position(|known| known.name == column.name).unwrap();
    builder.push(|index| Ok(if index == wanted { value } else { Value::Null })).map_err(|unreadable| unreadable.reason)?;
    Ok(builder.finish().cell(column.name, 0))
}

fn decimal(text: &str) -> Cell {
    Cell::Number(Number::Decimal(text.parse().unwrap()))
}

#[test]
fn every_kind_reads_back_what_it_was_given() {
    assert_eq!(read_back(summary::NODE, Value::Text("")), Ok(Cell::Text(String::new())));
    assert_eq!(read_back(summary::NODE, Value::Null), Ok(Cell::Null));
    assert_eq!(read_back(summary::MONTH, Value::Integer(3)), Ok(Cell::Text("3".to_owned())));
    assert_eq!(read_back(summary::COST_CATEGORY_ID, Value::Text("-7")), Ok(Cell::Integer(-7)));
    assert_eq!(read_back(summary::COST_CATEGORY_ID, Value::Double(7.0)), Ok(Cell::Integer(7)));
    let day = NaiveDate::from_ymd_opt(2026, 2, 28).unwrap();
    assert_eq!(read_back(summary::USAGE_START, Value::Text("2026-02-28")), Ok(Cell::Date(day)));
    assert_eq!(read_back(summary::USAGE_START, Value::Date(-1)), Ok(Cell::Date(NaiveDate::from_ymd_opt(1969, 12, 31).unwrap())));
    assert_eq!(read_back(summary::POD_USAGE_CPU_CORE_HOURS, Value::Text("0E-15")), Ok(decimal("0")));
    assert_eq!(read_back(summary::POD_USAGE_CPU_CORE_HOURS, Value::Integer(2)), Ok(Cell::Number(Number::Double(2.0))));
    assert_eq!(read_back(summary::POD_USAGE_CPU_CORE_HOURS, Value::Text("Infinity")), Ok(Cell::Number(Number::Double(f64::INFINITY))));
}

#[test]
fn what_a_column_cannot_hold_is_refused() {
    for (column, value) in [
        (summary::COST_CATEGORY_ID, Value::Double(1.5)),
        (summary::COST_CATEGORY_ID, Value::Integer(1 << 40)),
        (summary::COST_CATEGORY_ID, Value::Text("1x")),
        (summary::USAGE_START, Value::Text("yesterday")),
        (summary::USAGE_START, Value::Double(1.0)),
        (summary::NODE, Value::Double(1.0)),
        (summary::POD_USAGE_CPU_CORE_HOURS, Value::Text("1.0000000000000001")),
        (summary::POD_USAGE_CPU_CORE_HOURS, Value::Text("")),
        (summary::POD_USAGE_CPU_CORE_HOURS, Value::Text("1e400")),
        (summary::POD_USAGE_CPU_CORE_HOURS, Value::Date(1)),
    ] {
        assert!(read_back(column, value).is_err(), "{}: {value:?}", column.name);
    }
}

#[test]
fn labels_are_objects_and_not_texts() {
    let canonical = |text| read_back(summary::POD_LABELS, Value::Text(text)).unwrap().to_string();
    assert_eq!(canonical(r#"{"b": "2", "a": "\u00e9"}"#), canonical(r#"{"a":"é","b":"2"}"#));
    assert_eq!(canonical(r#"{"cpu": 0.000000000}"#), canonical(r#"{"cpu":0}"#));
    assert_eq!(canonical(r#"{"cpu": -0.0}"#), canonical(r#"{"cpu":0}"#));
    assert_ne!(canonical(r#"{"a":"1"}"#), canonical(r#"{"a":1}"#));
    assert_ne!(canonical(r#"{"a":null}"#), canonical("{}"));
    assert_ne!(canonical("null"), "null");
    assert_ne!(canonical(r#"{"n":9007199254740993}"#), canonical(r#"{"n":9007199254740992}"#));
    // No JSON: the text itself.
    assert_eq!(canonical("{broken"), "\"{broken\"");
}

#[test]
fn a_filter_keeps_its_days_and_its_source() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let filter = Filter { source: Some("a".to_owned()), start: Some(day("2026-01-02")), end: Some(day("2026-01-03")) };
    let mut builder = RowsBuilder::new("test", &OCP_DAILY_SUMMARY, filter);
    let columns = builder.columns();
    for (date, source) in [("2026-01-01", "a"), ("2026-01-02", "a"), ("2026-01-03", "a"), ("2026-01-03", "b"), ("2026-01-04", "a")] {
        builder
            .push(|index| {
                Ok(match columns.get(index).map(|column| column.name) {
                    Some("usage_start") => Value::Text(date),
                    Some("source_uuid") => Value::Text(source),
                    _ => Value::Null,
                })
            })
            .unwrap();
    }
    builder.push(|_| Ok(Value::Null)).unwrap();
    assert_eq!(builder.finish().len(), 2);
}

#[test]
fn a_decimal_keeps_every_digit() {
    for (text, shown) in [
        ("12345.678901234567", "12345.678901234567000"),
        ("-0.000000000000001", "-0.000000000000001"),
        ("1.5e3", "1500.000000000000000"),
        ("15e-1", "1.500000000000000"),
        ("0.10000000000000000000", "0.100000000000000"),
        ("+7", "7.000000000000000"),
    ] {
        assert_eq!(text.parse::<Decimal>().map(|decimal| decimal.to_string()).as_deref(), Ok(shown));
    }
    for text in ["", ".", "-", "1.2.3", "0x1", "NaN", "1e-16", "1e99999999999999999999"] {
        assert_eq!(text.parse::<Decimal>(), Err(NotADecimal), "{text}");
    }
    assert_eq!(Decimal::from_scaled(1_500, 18), None);
    assert_eq!(Decimal::from_scaled(15_000, 18).map(Decimal::units), Some(15));
}

proptest! {
    #[test]
    fn prop_a_packed_number_is_the_number(bits in any::<u64>(), units in -(1_i128 << 119)..(1_i128 << 119)) {
        let double = f64::from_bits(bits);
        let back = read_back(summary::POD_USAGE_CPU_CORE_HOURS, Value::Double(double)).unwrap();
        prop_assert!(matches!(back, Cell::Number(Number::Double(back)) if back.to_bits() == bits));
        let exact = Decimal::from_units(units).unwrap();
        let back = read_back(summary::POD_USAGE_CPU_CORE_HOURS, Value::Decimal(exact)).unwrap();
        prop_assert_eq!(back, Cell::Number(Number::Decimal(exact)));
        prop_assert_eq!(exact.to_string().parse::<Decimal>(), Ok(exact));
    }
}
