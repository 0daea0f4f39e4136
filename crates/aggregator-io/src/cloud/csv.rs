//! CSV files of koku's extracts, byte for byte as pandas writes them (`DataFrame(rows).to_csv(header=…, index=False)`, pandas 2.3.3).
//!
//! # Cells
//! * A text is as it is; null is empty, and so is an empty text. Quotes stand around a cell with a comma, a quote or a line feed, and
//!   around the empty cell of a table of one column. A carriage return alone is not quoted (`CPython` 3.11).
//! * A double is Python's `repr`. A whole number is one, or a double (`1.0`) where the file has a null in its column.
//! * A boolean is `True` or `False`; a day `2026-02-01`; a list Python's text of it.
//! * A time: see [`Client`].
//!
//! # Source
//! `subs/subs_data_extractor.py`, `hcs/csv_file_handler.py`; pandas `io/formats/csvs.py`, `core/indexes/base.py`.

use super::python_text::{datetime, list};
use crate::error::{Error, Result};
use aggregator_core::ingest::python_repr;
use chrono::DateTime;
use polars::prelude::*;
use std::borrow::Cow;
use std::io::Write;

/// How koku's client of Trino gives values to pandas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// As Python's types (SUBS). A time is `2026-02-01 05:00:00`, with three digits of a second if any time of the same
    /// [block](CELLS_AT_A_TIME) has them, and a bare day if all times of the block are midnights; with a time that nanoseconds since
    /// 1970 do not reach, every time of the file is Python's own text. NaN is empty, an infinity `inf`.
    PythonTypes,
    /// As Trino's JSON has them (HCS, `legacy_primitive_types`): a time is `2026-02-01 05:00:00.000`, NaN `NaN`, an infinity `Infinity`.
    PrimitiveTypes,
}

/// Cells that pandas writes at a time, in whole rows; it chooses the form of times for each of these blocks.
pub const CELLS_AT_A_TIME: usize = 100_000;

/// Milliseconds since 1970 that fit as nanoseconds.
const NANOSECONDS_REACH: i64 = i64::MAX / 1_000_000;

const MILLISECONDS_PER_SECOND: i64 = 1000;
const MILLISECONDS_PER_DAY: i64 = 24 * 60 * 60 * MILLISECONDS_PER_SECOND;

/// Writes `frame` with a header.
///
/// # Errors
/// * [`Error::Plan`]: a column is of a type that no extract has.
/// * [`Error::File`]: `writer` failed; `path` names it.
pub fn write_csv(frame: &DataFrame, client: Client, path: &str, writer: impl Write) -> Result<()> {
    let failed = |source| Error::File { action: "write", path: path.to_owned(), source };
    let mut columns = frame.columns().iter().map(|column| Cells::of(column, client)).collect::<PolarsResult<Vec<_>>>().map_err(unknown)?;
    let mut writer = std::io::BufWriter::with_capacity(1 << 20, writer);
    let alone = columns.len() == 1;
    let header = frame.columns().iter().map(|column| Cow::Borrowed(column.name().as_str()));
    line(&mut writer, header, alone).map_err(failed)?;
    let block = (CELLS_AT_A_TIME / columns.len().max(1)).max(1);
    for first in (0..frame.height()).step_by(block) {
        let rows = first..frame.height().min(first + block);
        for column in &mut columns {
            column.choose_form(rows.clone());
        }
        for row in rows {
            line(&mut writer, columns.iter().map(|column| column.text(row)), alone).map_err(failed)?;
        }
    }
    writer.flush().map_err(failed)
}

fn unknown(source: PolarsError) -> Error {
    Error::Plan { what: "the CSV of an extract", source }
}

fn line<'a>(writer: &mut impl Write, cells: impl Iterator<Item = Cow<'a, str>>, alone: bool) -> std::io::Result<()> {
    for (number, cell) in cells.enumerate() {
        if number > 0 {
            writer.write_all(b",")?;
        }
        if cell.contains([',', '"', '\n']) || alone && cell.is_empty() {
            write!(writer, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            writer.write_all(cell.as_bytes())?;
        }
    }
    writer.write_all(b"\n")
}

/// The cells of a column.
enum Cells {
    Text(StringChunked),
    Double(Float64Chunked, Client),
    Whole(Int64Chunked),
    Boolean(BooleanChunked),
    /// Milliseconds since 1970.
    Time(Int64Chunked, TimeForm),
    Texts(ListChunked),
}

/// How times are written.
#[derive(Clone, Copy)]
enum TimeForm {
    /// Whichever the block needs: days, seconds or milliseconds.
    Block(&'static str),
    /// Python's own.
    Python,
    Pattern(&'static str),
}

const DAY: &str = "%Y-%m-%d";
const SECONDS: &str = "%Y-%m-%d %H:%M:%S";
const MILLISECONDS: &str = "%Y-%m-%d %H:%M:%S%.3f";

impl Cells {
    fn of(column: &Column, client: Client) -> PolarsResult<Self> {
        let column = column.as_materialized_series().rechunk();
        Ok(match column.dtype() {
            DataType::String => Self::Text(column.str()?.clone()),
            DataType::Null => Self::Text(StringChunked::full_null(column.name().clone(), column.len())),
            DataType::Boolean => Self::Boolean(column.bool()?.clone()),
            DataType::Float64 => Self::Double(column.f64()?.clone(), client),
            DataType::Int32 | DataType::Int64 | DataType::UInt32 if column.null_count() == 0 => {
                Self::Whole(column.cast(&DataType::Int64)?.i64()?.clone())
            }
            DataType::Int32 | DataType::Int64 | DataType::UInt32 => Self::Double(column.cast(&DataType::Float64)?.f64()?.clone(), client),
            DataType::Date => {
                let times = column.cast(&DataType::Datetime(TimeUnit::Milliseconds, None))?;
                Self::Time(times.cast(&DataType::Int64)?.i64()?.clone(), TimeForm::Pattern(DAY))
            }
            DataType::Datetime(..) => {
                let times = column.cast(&DataType::Datetime(TimeUnit::Milliseconds, None))?.cast(&DataType::Int64)?.i64()?.clone();
                let reaches = |time: Option<i64>| time.is_none_or(|time| (-NANOSECONDS_REACH..=NANOSECONDS_REACH).contains(&time));
                let form = match client {
                    Client::PrimitiveTypes => TimeForm::Pattern(MILLISECONDS),
                    Client::PythonTypes if times.iter().all(reaches) => TimeForm::Block(SECONDS),
                    Client::PythonTypes => TimeForm::Python,
                };
                Self::Time(times, form)
            }
            DataType::List(inner) if **inner == DataType::String => Self::Texts(column.list()?.clone()),
            other => polars_bail!(InvalidOperation: "column `{}` is {other}", column.name()),
        })
    }

    /// Chooses how the times of these rows are written.
    fn choose_form(&mut self, rows: std::ops::Range<usize>) {
        let Self::Time(times, TimeForm::Block(form)) = self else { return };
        let all = |unit: i64| rows.clone().filter_map(|row| times.get(row)).all(|time| time % unit == 0);
        *form = if all(MILLISECONDS_PER_DAY) {
            DAY
        } else if all(MILLISECONDS_PER_SECOND) {
            SECONDS
        } else {
            MILLISECONDS
        };
    }

    /// The text of a row's cell, without quotes.
    fn text(&self, row: usize) -> Cow<'_, str> {
        let text = match self {
            Self::Text(values) => return Cow::Borrowed(values.get(row).unwrap_or_default()),
            Self::Double(values, client) => values.get(row).map(|value| double(value, *client)),
            Self::Whole(values) => values.get(row).map(|value| value.to_string()),
            Self::Boolean(values) => values.get(row).map(|value| if value { "True" } else { "False" }.to_owned()),
            Self::Time(times, form) => times.get(row).and_then(DateTime::from_timestamp_millis).map(|time| match form {
                TimeForm::Python => datetime(time),
                TimeForm::Block(pattern) | TimeForm::Pattern(pattern) => time.format(pattern).to_string(),
            }),
            Self::Texts(values) => values.get_as_series(row).and_then(|texts| texts.str().ok().map(|texts| list(texts.iter()))),
        };
        Cow::Owned(text.unwrap_or_default())
    }
}

fn double(value: f64, client: Client) -> String {
    match client {
        Client::PythonTypes if value.is_nan() => String::new(),
        Client::PrimitiveTypes if value.is_nan() => "NaN".to_owned(),
        Client::PrimitiveTypes if value.is_infinite() => if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        _ => python_repr(value),
    }
}

#[cfg(test)]
mod tests;
