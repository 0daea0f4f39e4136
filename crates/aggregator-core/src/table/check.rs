//! The checks at the edge: is this frame that table, and can koku's PostgreSQL hold these values?

use super::summary::{DATA_SOURCE, NAMESPACE, NODE, USAGE_START};
use super::{ColumnDef, Kind, Table};
use crate::trino::{double_text, fits};
use polars::prelude::*;

/// A frame that is not the table it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// A column of the table is not in the frame.
    #[error("column `{column}` of `{table}` is missing")]
    Missing {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A column has another type than declared.
    #[error("column `{column}` of `{table}` is {found}, not {expected}")]
    Type {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The declared type.
        expected: Box<DataType>,
        /// The frame's type.
        found: Box<DataType>,
    },
}

/// Whether a frame with `schema` has every column of `table` with its type; others are ignored.
///
/// # Errors
/// [`SchemaError`]: the first column that is missing or of another type.
pub fn check_schema(schema: &Schema, table: &Table) -> Result<(), SchemaError> {
    for column in table.columns {
        let expected = column.kind.data_type();
        match schema.get(column.name) {
            None => return Err(SchemaError::Missing { table: table.name, column: column.name }),
            Some(found) if *found != expected => {
                return Err(SchemaError::Type {
                    table: table.name,
                    column: column.name,
                    expected: Box::new(expected),
                    found: Box::new(found.clone()),
                });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// A value that koku's PostgreSQL table cannot hold; Trino fails there too, with half of its work written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{column} of {row} {problem}")]
#[non_exhaustive]
pub struct ValueError {
    /// The column.
    pub column: &'static str,
    /// The row, in words: day, data source, namespace, node.
    pub row: String,
    /// What is wrong with the value.
    pub problem: ValueProblem,
}

/// Why a value does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueProblem {
    /// NaN, an infinity, or 10^18 and more.
    #[error("is {value}, which does not fit numeric(33,15)")]
    Number {
        /// The value, as Trino writes it.
        value: String,
    },
    /// Text longer than the column, and not by blanks at its end.
    #[error("has {length} characters, more than varchar({width})")]
    TooLong {
        /// Code points of the text.
        length: usize,
        /// Code points of the column.
        width: usize,
    },
    /// U+0000, which PostgreSQL refuses in text and jsonb.
    #[error("holds the character U+0000")]
    Nul,
}

/// Whether koku's PostgreSQL table can hold every value of `frame`, rows of `table`.
///
/// # Errors
/// [`ValueError`]: the first value that does not fit, by column.
pub fn check_values(frame: &DataFrame, table: &Table) -> Result<(), ValueError> {
    for column in table.columns {
        let Ok(values) = frame.column(column.name) else { continue };
        let found = match column.kind {
            Kind::Double => first_number_that_does_not_fit(values),
            Kind::Text | Kind::Labels | Kind::Uuid => first_text_that_does_not_fit(values, column),
            Kind::Timestamp | Kind::Integer | Kind::Date | Kind::LabelSet => None,
        };
        if let Some((row, problem)) = found {
            return Err(ValueError { column: column.name, row: describe(frame, row), problem });
        }
    }
    Ok(())
}

fn first_number_that_does_not_fit(values: &Column) -> Option<(usize, ValueProblem)> {
    let values = values.f64().ok()?;
    let (row, value) = values.iter().enumerate().find_map(|(row, value)| value.filter(|value| !fits(*value)).map(|value| (row, value)))?;
    Some((row, ValueProblem::Number { value: double_text(value) }))
}

fn first_text_that_does_not_fit(values: &Column, column: &ColumnDef) -> Option<(usize, ValueProblem)> {
    values.str().ok()?.iter().enumerate().find_map(|(row, text)| {
        let text = text?;
        if let Some(width) = column.width.filter(|width| text.len() > *width) {
            let length = text.trim_end_matches(' ').chars().count();
            if length > width {
                return Some((row, ValueProblem::TooLong { length, width }));
            }
        }
        // In a label text the character is escaped.
        let nul = text.contains('\0') || column.kind == Kind::Labels && text.contains('\\') && holds_escaped_nul(text);
        nul.then_some((row, ValueProblem::Nul))
    })
}

/// Whether JSON text holds `\u0000`, and not a backslash that is itself escaped.
fn holds_escaped_nul(text: &str) -> bool {
    text.match_indices("\\u0000")
        .any(|(at, _)| text.get(..at).is_some_and(|before| (before.len() - before.trim_end_matches('\\').len()).is_multiple_of(2)))
}

fn describe(frame: &DataFrame, row: usize) -> String {
    let value = |column: &ColumnDef| {
        frame.column(column.name).and_then(|values| values.get(row).map(AnyValue::into_static)).unwrap_or(AnyValue::Null)
    };
    let text = |column: &ColumnDef| match value(column) {
        AnyValue::Null => "null".to_owned(),
        AnyValue::StringOwned(text) => format!("{:?}", text.as_str()),
        other => other.to_string(),
    };
    format!(
        "the {} row of {} (namespace {}, node {})",
        text(&DATA_SOURCE).trim_matches('"'),
        text(&USAGE_START),
        text(&NAMESPACE),
        text(&NODE)
    )
}

#[cfg(test)]
mod tests {
    use super::super::summary::{CLUSTER_ALIAS, OCP_DAILY_SUMMARY, POD_LABELS, POD_USAGE_CPU_CORE_HOURS};
    use super::*;

    fn problem(column: &ColumnDef, value: Column) -> Option<ValueProblem> {
        let names = [DATA_SOURCE, NAMESPACE, NODE].map(|column| Column::new(column.name.into(), ["x"]));
        let mut columns = names.to_vec();
        columns.push(value.with_name(column.name.into()));
        check_values(&DataFrame::new(1, columns).unwrap_or_default(), &OCP_DAILY_SUMMARY).err().map(|error| error.problem)
    }

    #[test]
    fn a_number_that_numeric_cannot_hold_is_found() {
        let check = |value: f64| problem(&POD_USAGE_CPU_CORE_HOURS, Column::new("".into(), [value]));
        assert_eq!(check(1e18), Some(ValueProblem::Number { value: "1.0E18".to_owned() }));
        assert_eq!(check(f64::NAN), Some(ValueProblem::Number { value: "NaN".to_owned() }));
        assert_eq!(check(-9.999_999_999_999_999e17), None);
    }

    #[test]
    fn a_text_too_long_is_found_but_blanks_at_its_end_are_not() {
        let check = |text: String| problem(&CLUSTER_ALIAS, Column::new("".into(), [text]));
        assert_eq!(check("x".repeat(257)), Some(ValueProblem::TooLong { length: 257, width: 256 }));
        assert_eq!(check("é".repeat(256)), None);
        assert_eq!(check("x".repeat(250) + &" ".repeat(20)), None);
    }

    #[test]
    fn a_nul_is_found_in_text_and_in_labels() {
        assert_eq!(problem(&CLUSTER_ALIAS, Column::new("".into(), ["a\0b"])), Some(ValueProblem::Nul));
        assert_eq!(problem(&POD_LABELS, Column::new("".into(), [r#"{"a":"\u0000"}"#])), Some(ValueProblem::Nul));
        assert_eq!(problem(&POD_LABELS, Column::new("".into(), [r#"{"a":"\\u0000"}"#])), None);
    }

    #[test]
    fn a_frame_without_a_column_is_not_the_table() {
        assert!(matches!(check_schema(&Schema::default(), &OCP_DAILY_SUMMARY), Err(SchemaError::Missing { column: "uuid", .. })));
        assert_eq!(check_schema(&OCP_DAILY_SUMMARY.schema(), &OCP_DAILY_SUMMARY), Ok(()));
    }
}
