//! Rows of a frame as PostgreSQL's binary COPY format.
//!
//! The [`Kind`] of a column decides its format, so the target's column must have a type of [`target_types`]: binary COPY
//! converts nothing. `varchar(n)` cuts blanks beyond its width and refuses other text there by itself, as Trino does.

use aggregator_core::table::summary::UUID;
use aggregator_core::table::{ColumnDef, Kind, Table, check_schema};
use aggregator_core::trino::Numeric;
use polars::prelude::{DataFrame, PolarsResult, Series};
use uuid::Uuid;

use crate::error::{Error, Result};

/// Signature, flags, and length of the header's extension.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// The end of the data: a row of -1 columns.
pub(super) const TRAILER: &[u8] = &(-1_i16).to_be_bytes();

/// The length of a null.
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// The only version of the binary format of jsonb.
const JSONB_VERSION: u8 = 1;

/// PostgreSQL counts days from 2000-01-01, Polars from 1970-01-01.
const DAYS_TO_2000: i32 = 10_957;
const MILLISECONDS_TO_2000: i64 = DAYS_TO_2000 as i64 * 24 * 60 * 60 * 1000;
const MICROSECONDS_PER_MILLISECOND: i64 = 1000;

/// The binary format of numeric has digits of base 10,000.
const NUMERIC_BASE: u64 = 10_000;
const NUMERIC_SCALE: i16 = 15;
/// 15 places are four digits of base 10,000 when a zero is added.
const FRACTION_DIGITS: usize = 4;
const FRACTION_UNITS: u128 = 10_u128.pow(16);
/// Places of a digit of base 10,000.
const PLACES: usize = 4;

/// The oid of `text`, the type of an array's elements.
const TEXT_OID: i32 = 25;
const NUMERIC_POSITIVE: i16 = 0x0000;
const NUMERIC_NEGATIVE: i16 = 0x4000;

/// The types that a target's column may have for `kind`, by PostgreSQL's names; the first is koku's.
pub(super) fn target_types(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Text => &["varchar", "text", "bpchar"],
        Kind::Labels | Kind::Json => &["jsonb"],
        Kind::TextArray => &["_text", "_varchar"],
        Kind::Timestamp => &["timestamp", "timestamptz"],
        Kind::Double | Kind::Numeric { .. } => &["numeric"],
        Kind::DoublePrecision => &["float8"],
        Kind::Integer | Kind::LabelSet | Kind::Count => &["int4"],
        Kind::Date => &["date"],
        Kind::Uuid => &["uuid"],
    }
}

/// Appends the rows of `frame`, with the columns of `table` in its order; each null `uuid` becomes a new random one.
///
/// # Errors
/// * [`Error::Schema`]: the frame is not the table.
/// * [`Error::Encode`]: a number beyond `numeric(33,15)`, a text that is no UUID, or one beyond 2 GiB.
pub(super) fn encode(frame: &DataFrame, table: &Table, buffer: &mut Vec<u8>) -> Result<()> {
    check_schema(frame.schema(), table)?;
    let bad = |column: &ColumnDef, reason: String| Error::Encode { table: table.name, column: column.name, reason };
    let mut columns = Vec::with_capacity(table.columns.len());
    for column in table.columns {
        let values = frame.column(column.name).and_then(|values| Values::of(values.as_materialized_series(), column));
        columns.push((column, values.map_err(|error| bad(column, error.to_string()))?));
    }
    let width = i16::try_from(columns.len()).unwrap_or(i16::MAX).to_be_bytes();
    for _ in 0..frame.height() {
        buffer.extend_from_slice(&width);
        for (column, values) in &mut columns {
            values.put_next(buffer).map_err(|reason| bad(column, reason))?;
        }
    }
    Ok(())
}

type Iter<'a, T> = Box<dyn Iterator<Item = Option<T>> + 'a>;

/// The values of one column that are not yet written.
enum Values<'a> {
    Text(Iter<'a, &'a str>),
    Labels(Iter<'a, &'a str>),
    Timestamp(Iter<'a, i64>),
    Double(Iter<'a, f64>),
    DoublePrecision(Iter<'a, f64>),
    Numeric(Iter<'a, i128>, usize),
    TextArray(Iter<'a, Series>),
    Integer(Iter<'a, i32>),
    Date(Iter<'a, i32>),
    Uuid(Iter<'a, &'a str>),
    RowId(Iter<'a, &'a str>),
    LabelSet,
}

impl<'a> Values<'a> {
    fn of(series: &'a Series, column: &ColumnDef) -> PolarsResult<Self> {
        Ok(match column.kind {
            Kind::Text => Self::Text(Box::new(series.str()?.iter())),
            Kind::Labels | Kind::Json => Self::Labels(Box::new(series.str()?.iter())),
            Kind::Timestamp => Self::Timestamp(Box::new(series.datetime()?.physical().iter())),
            Kind::Double => Self::Double(Box::new(series.f64()?.iter())),
            Kind::DoublePrecision => Self::DoublePrecision(Box::new(series.f64()?.iter())),
            Kind::Numeric { scale, .. } => Self::Numeric(Box::new(series.decimal()?.physical().iter()), scale),
            Kind::TextArray => Self::TextArray(Box::new(series.list()?.series_iter())),
            Kind::Integer => Self::Integer(Box::new(series.i32()?.iter())),
            Kind::Date => Self::Date(Box::new(series.date()?.physical().iter())),
            Kind::Uuid if *column == UUID => Self::RowId(Box::new(series.str()?.iter())),
            Kind::Uuid => Self::Uuid(Box::new(series.str()?.iter())),
            Kind::LabelSet | Kind::Count => Self::LabelSet,
        })
    }

    /// Writes the next value; `Err` says what is wrong with it.
    fn put_next(&mut self, buffer: &mut Vec<u8>) -> Result<(), String> {
        match self {
            Self::Text(values) => put_next(values, buffer, |text, buffer| put(&[], text.as_bytes(), buffer)),
            Self::Labels(values) => put_next(values, buffer, |text, buffer| put(&[JSONB_VERSION], text.as_bytes(), buffer)),
            Self::Timestamp(values) => put_next(values, buffer, |value, buffer| {
                let moment = value.checked_sub(MILLISECONDS_TO_2000).and_then(|value| value.checked_mul(MICROSECONDS_PER_MILLISECOND));
                put(&[], &moment.ok_or("the time is out of range")?.to_be_bytes(), buffer)
            }),
            Self::Double(values) => put_next(values, buffer, |value, buffer| {
                let value = Numeric::from_double(value).ok_or_else(|| format!("{value} does not fit numeric(33,15)"))?;
                put_numeric(value, buffer);
                Ok(())
            }),
            Self::DoublePrecision(values) => put_next(values, buffer, |value, buffer| put(&[], &value.to_be_bytes(), buffer)),
            Self::Numeric(values, scale) => {
                let scale = *scale;
                put_next(values, buffer, |value, buffer| put_decimal(value, scale, buffer))
            }
            Self::TextArray(values) => put_next(values, buffer, |value, buffer| put_texts(&value, buffer)),
            Self::Integer(values) => put_next(values, buffer, |value, buffer| put(&[], &value.to_be_bytes(), buffer)),
            Self::Date(values) => put_next(values, buffer, |value, buffer| {
                put(&[], &value.checked_sub(DAYS_TO_2000).ok_or("the date is out of range")?.to_be_bytes(), buffer)
            }),
            Self::Uuid(values) => put_next(values, buffer, put_uuid),
            Self::RowId(values) => match values.next().flatten() {
                Some(text) => put_uuid(text, buffer),
                None => put(&[], Uuid::new_v4().as_bytes(), buffer),
            },
            Self::LabelSet => Err("an id of a label set is no value of a table".to_owned()),
        }
    }
}

fn put_next<T>(
    values: &mut Iter<'_, T>,
    buffer: &mut Vec<u8>,
    put_value: impl FnOnce(T, &mut Vec<u8>) -> Result<(), String>,
) -> Result<(), String> {
    if let Some(value) = values.next().flatten() {
        return put_value(value, buffer);
    }
    buffer.extend_from_slice(&NULL);
    Ok(())
}

/// The length of a value, then the value, which starts with `head`.
fn put(head: &[u8], value: &[u8], buffer: &mut Vec<u8>) -> Result<(), String> {
    let length = i32::try_from(head.len() + value.len()).map_err(|_| "the text is longer than 2 GiB".to_owned())?;
    buffer.extend_from_slice(&length.to_be_bytes());
    buffer.extend_from_slice(head);
    buffer.extend_from_slice(value);
    Ok(())
}

fn put_uuid(text: &str, buffer: &mut Vec<u8>) -> Result<(), String> {
    let value = Uuid::try_parse(text).map_err(|_| format!("{text:?} is no UUID"))?;
    put(&[], value.as_bytes(), buffer)
}

/// Number of digits, weight of the first, sign, decimal places; then digits of base 10,000 without zeros at either end.
fn put_numeric(value: Numeric, buffer: &mut Vec<u8>) {
    let magnitude = value.units().unsigned_abs() * 10;
    let (mut whole, mut fraction) = (low_bits(magnitude / FRACTION_UNITS), low_bits(magnitude % FRACTION_UNITS));
    // From the last digit to the first; five before the decimal point hold what a Numeric can be.
    let mut digits = [0_i16; 5 + FRACTION_DIGITS];
    for (place, digit) in digits.iter_mut().enumerate() {
        let rest = if place < FRACTION_DIGITS { &mut fraction } else { &mut whole };
        *digit = short(*rest % NUMERIC_BASE);
        *rest /= NUMERIC_BASE;
    }
    let is_set = |digit: &i16| *digit != 0;
    let last = digits.iter().position(is_set).unwrap_or_default();
    let first = digits.iter().rposition(is_set).unwrap_or_default();
    let set: &[i16] = if value.units() == 0 { &[] } else { digits.get(last..=first).unwrap_or_default() };
    let weight = if value.units() == 0 { 0 } else { short(first as u64) - short(FRACTION_DIGITS as u64) };
    let sign = if value.units() < 0 { NUMERIC_NEGATIVE } else { NUMERIC_POSITIVE };
    let length = 2 * (4 + short(set.len() as u64));
    buffer.extend_from_slice(&i32::from(length).to_be_bytes());
    for field in [short(set.len() as u64), weight, sign, NUMERIC_SCALE] {
        buffer.extend_from_slice(&field.to_be_bytes());
    }
    for digit in set.iter().rev() {
        buffer.extend_from_slice(&digit.to_be_bytes());
    }
}

/// A decimal of `units` of 10^-`scale`, in the same format.
fn put_decimal(units: i128, scale: usize, buffer: &mut Vec<u8>) -> Result<(), String> {
    let padding = u32::try_from(scale.next_multiple_of(PLACES) - scale).unwrap_or_default();
    let mut rest = units.unsigned_abs().checked_mul(10_u128.pow(padding)).ok_or("a decimal has more digits than can be written")?;
    // From the last digit to the first, without zeros at the end.
    let mut digits = Vec::new();
    let mut weight = -1 - i16::try_from(scale.div_ceil(PLACES)).unwrap_or_default();
    while rest > 0 {
        let digit = short(low_bits(rest % u128::from(NUMERIC_BASE)));
        rest /= u128::from(NUMERIC_BASE);
        weight += 1;
        if digit != 0 || !digits.is_empty() {
            digits.push(digit);
        }
    }
    let weight = if digits.is_empty() { 0 } else { weight };
    let sign = if units < 0 { NUMERIC_NEGATIVE } else { NUMERIC_POSITIVE };
    let count = short(digits.len() as u64);
    buffer.extend_from_slice(&i32::from(2 * (4 + count)).to_be_bytes());
    for field in [count, weight, sign, short(scale as u64)] {
        buffer.extend_from_slice(&field.to_be_bytes());
    }
    for digit in digits.iter().rev() {
        buffer.extend_from_slice(&digit.to_be_bytes());
    }
    Ok(())
}

/// A one-dimensional array: dimensions, whether it holds nulls, type of the elements; length and lower bound; then the elements.
fn put_texts(texts: &Series, buffer: &mut Vec<u8>) -> Result<(), String> {
    let values = texts.str().map_err(|error| error.to_string())?;
    let mut array = Vec::new();
    let dimensions = i32::from(!values.is_empty());
    for field in [dimensions, i32::from(values.null_count() > 0), TEXT_OID] {
        array.extend_from_slice(&field.to_be_bytes());
    }
    if dimensions > 0 {
        let length = i32::try_from(values.len()).map_err(|_| "an array has more than 2^31 elements".to_owned())?;
        array.extend_from_slice(&length.to_be_bytes());
        array.extend_from_slice(&1_i32.to_be_bytes());
    }
    for value in values.iter() {
        match value {
            Some(text) => put(&[], text.as_bytes(), &mut array)?,
            None => array.extend_from_slice(&NULL),
        }
    }
    put(&[], &array, buffer)
}

/// Both parts of a Numeric, which is less than 10^18, fit 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "64-bit division is several times as fast, and the parts fit")]
fn low_bits(part: u128) -> u64 {
    part as u64
}

/// A digit of base 10,000, or a count of them.
#[expect(clippy::cast_possible_truncation, reason = "all are less than 10,000")]
fn short(value: u64) -> i16 {
    value as i16
}

#[cfg(test)]
mod tests;
