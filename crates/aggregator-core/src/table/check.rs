//! The checks at the edge: is this frame that table, and can koku's PostgreSQL hold these values?

use super::summary::{DATA_SOURCE, NAMESPACE, NODE, USAGE_START};
use super::{ColumnDef, Kind, Table};
use crate::trino::{decimal, double_text, fits, fits_precision};
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
    /// A number beyond the digits of its column.
    #[error("is {value}, which does not fit numeric({precision},{scale})")]
    Decimal {
        /// The value.
        value: String,
        /// All digits of the column.
        precision: usize,
        /// Digits after the point.
        scale: usize,
    },
    /// U+0000, which PostgreSQL refuses in text and jsonb.
    #[error("holds the character U+0000")]
    Nul,
    /// A null where koku's table declares NOT NULL.
    #[error("is null, which koku's table refuses")]
    Null,
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
            Kind::Text | Kind::Labels | Kind::Json | Kind::Uuid => first_text_that_does_not_fit(values, column),
            Kind::TextArray => first_nul_of_lists(values),
            Kind::Numeric { precision, scale } => first_decimal_that_does_not_fit(values, precision, scale),
            Kind::Timestamp | Kind::Integer | Kind::Date | Kind::DoublePrecision | Kind::LabelSet | Kind::Count => None,
        };
        let found = found.or_else(|| if column.required { first_null(values) } else { None });
        if let Some((row, problem)) = found {
            return Err(ValueError { column: column.name, row: describe(frame, table, row), problem });
        }
    }
    Ok(())
}

/// The rows of `frame` as `table` declares them: the doubles of `Numeric` columns cast as Trino casts them, blanks beyond the width of a
/// `varchar` cut.
///
/// # Errors
/// [`ValueError`]: the first value that koku's PostgreSQL cannot hold, by column.
pub fn fit(frame: DataFrame, table: &Table) -> Result<DataFrame, ValueError> {
    let mut fitted = frame;
    for column in table.columns {
        let (Ok(values), Kind::Numeric { precision, scale }) = (fitted.column(column.name), column.kind) else { continue };
        let Some(decimals) = as_decimal(values, precision, scale) else { continue };
        if decimals.null_count() > values.null_count() {
            // Some number became null because it does not fit. Only now is it worth a second look at all of them.
            check_values(&fitted, table)?;
        }
        // The column is there, and has as many rows.
        let _ = fitted.with_column(decimals);
    }
    check_values(&fitted, table)?;
    for column in table.columns {
        let (Ok(values), Kind::Text) = (fitted.column(column.name), column.kind) else { continue };
        if let Some(cut) = column.width.and_then(|width| without_blanks(values, width)) {
            let _ = fitted.with_column(cut);
        }
    }
    Ok(fitted)
}

/// Numbers as decimals with `scale` digits; `None` if they are already.
fn as_decimal(values: &Column, precision: usize, scale: usize) -> Option<Column> {
    if *values.dtype() == DataType::Decimal(precision, scale) {
        return None;
    }
    let units: Int128Chunked = match values.dtype() {
        DataType::Decimal(_, found) if *found == scale => values.decimal().ok()?.physical().clone(),
        _ => values.f64().ok()?.iter().map(|value| value.and_then(|value| decimal(value, precision, scale))).collect(),
    };
    Some(units.with_name(values.name().clone()).into_decimal_unchecked(precision, scale).into_column())
}

/// Texts cut at `width` code points; `None` if none is longer.
fn without_blanks(values: &Column, width: usize) -> Option<Column> {
    let texts = values.str().ok()?;
    if !texts.iter().flatten().any(|text| text.len() > width) {
        return None;
    }
    let cut = |text: &str| text.char_indices().nth(width).map_or(text.len(), |(end, _)| end);
    let cut = texts.iter().map(|text| text.map(|text| text.get(..cut(text)).unwrap_or(text)));
    Some(StringChunked::from_iter_options(values.name().clone(), cut).into_column())
}

fn first_decimal_that_does_not_fit(values: &Column, precision: usize, scale: usize) -> Option<(usize, ValueProblem)> {
    let problem = |row: usize, value: String| (row, ValueProblem::Decimal { value, precision, scale });
    if let Ok(numbers) = values.f64() {
        let fits = |value: f64| decimal(value, precision, scale).is_some();
        let mut numbers = numbers.iter().enumerate();
        return numbers.find_map(|(row, value)| value.filter(|value| !fits(*value)).map(|value| problem(row, double_text(value))));
    }
    let mut units = values.decimal().ok()?.physical().iter().enumerate();
    units.find_map(|(row, units)| {
        let units = units.filter(|units| !fits_precision(*units, precision))?;
        Some(problem(row, values.get(row).map_or_else(|_| units.to_string(), |value| value.to_string())))
    })
}

fn first_nul_of_lists(values: &Column) -> Option<(usize, ValueProblem)> {
    let mut lists = values.list().ok()?.amortized_iter().enumerate();
    lists.find_map(|(row, list)| {
        let holds_nul = list?.as_ref().str().is_ok_and(|texts| texts.iter().flatten().any(|text| text.contains('\0')));
        holds_nul.then_some((row, ValueProblem::Nul))
    })
}

fn first_null(values: &Column) -> Option<(usize, ValueProblem)> {
    if values.null_count() == 0 {
        return None;
    }
    values.is_null().iter().position(|is_null| is_null == Some(true)).map(|row| (row, ValueProblem::Null))
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
        let nul = text.contains('\0') || matches!(column.kind, Kind::Labels | Kind::Json) && text.contains('\\') && holds_escaped_nul(text);
        nul.then_some((row, ValueProblem::Nul))
    })
}

/// Whether JSON text holds `\u0000`, and not a backslash that is itself escaped.
fn holds_escaped_nul(text: &str) -> bool {
    text.match_indices("\\u0000")
        .any(|(at, _)| text.get(..at).is_some_and(|before| (before.len() - before.trim_end_matches('\\').len()).is_multiple_of(2)))
}

/// A row in words: the day, and what tells it from others.
fn describe(frame: &DataFrame, table: &Table, row: usize) -> String {
    let value = |column: &ColumnDef| {
        frame.column(column.name).and_then(|values| values.get(row).map(AnyValue::into_static)).unwrap_or(AnyValue::Null)
    };
    let text = |column: &ColumnDef| match value(column) {
        AnyValue::Null => "null".to_owned(),
        AnyValue::StringOwned(text) => format!("{:?}", text.as_str()),
        other => other.to_string(),
    };
    if table.column(DATA_SOURCE.name).is_some() {
        let (source, day) = (text(&DATA_SOURCE), text(&USAGE_START));
        return format!("the {} row of {day} (namespace {}, node {})", source.trim_matches('"'), text(&NAMESPACE), text(&NODE));
    }
    let known = table.columns.iter().filter(|column| column.required && column.kind == Kind::Text);
    let known: Vec<_> = known.map(|column| format!("{} {}", column.name, text(column))).collect();
    format!("the row of {} ({})", text(&USAGE_START), known.join(", "))
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
