//! A frame as plain rows: what reports carry, and what JSON shows of them.

use polars::prelude::{AnyValue, Column, DataFrame};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// Rows of a small frame. As JSON they are an array of objects, keyed by column; text, numbers and null stay what they are, and
/// whatever else there is (a day, a time) is text.
#[derive(Clone, Debug, Default)]
pub struct Rows(pub DataFrame);

impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals_missing(&other.0)
    }
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.0.height()))?;
        for row in 0..self.0.height() {
            rows.serialize_element(&Row { columns: self.0.columns(), row })?;
        }
        rows.end()
    }
}

struct Row<'a> {
    columns: &'a [Column],
    row: usize,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut cells = serializer.serialize_map(Some(self.columns.len()))?;
        for column in self.columns {
            cells.serialize_entry(column.name().as_str(), &json(&column.get(self.row).unwrap_or(AnyValue::Null)))?;
        }
        cells.end()
    }
}

fn json(value: &AnyValue<'_>) -> serde_json::Value {
    match value {
        AnyValue::Null => serde_json::Value::Null,
        AnyValue::String(text) => (*text).into(),
        AnyValue::StringOwned(text) => text.as_str().into(),
        AnyValue::Float64(number) => (*number).into(),
        AnyValue::Int32(number) => (*number).into(),
        AnyValue::Int64(number) => (*number).into(),
        AnyValue::UInt32(number) => (*number).into(),
        AnyValue::UInt64(number) => (*number).into(),
        AnyValue::Boolean(value) => (*value).into(),
        AnyValue::List(values) => values.iter().map(|value| json(&value)).collect(),
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;
    use polars::prelude::{DataType, NamedFrom, Series, df};

    #[test]
    fn rows_are_objects_with_their_types() {
        let mut frame = df!("name" => [Some("a\"b"), None], "hours" => [Some(0.5), None], "cores" => [Some(2), None]).expect("columns");
        let day = Series::new("day".into(), [20_454]).cast(&DataType::Date).expect("days");
        frame.with_column(day.into()).expect("a column of the same length");
        let expected = serde_json::json!([
            {"name": "a\"b", "hours": 0.5, "cores": 2, "day": "2026-01-01"},
            {"name": null, "hours": null, "cores": null, "day": "2026-01-01"},
        ]);
        assert_eq!(serde_json::to_value(Rows(frame)).expect("JSON"), expected);
    }

    #[test]
    fn nothing_is_an_empty_array_and_null_equals_null() {
        assert_eq!(serde_json::to_value(Rows::default()).expect("JSON"), serde_json::json!([]));
        let rows = || Rows(df!("hours" => [None::<f64>]).expect("a column"));
        assert_eq!(rows(), rows());
    }
}
