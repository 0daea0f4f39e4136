//! The cells of one column, and what a value may become in it.

use std::fmt::Write;

use aggregator_core::table::Kind;
use chrono::NaiveDate;

use super::texts::NULL;
use super::{Decimal, Number, Texts, Value, instant};
use crate::subject::Origin;

/// The cells of one column.
#[derive(Clone, Debug)]
pub(crate) enum Cells {
    /// Numbers of texts, [`NULL`] among them.
    Text(Vec<usize>),
    Integer(Vec<Option<i32>>),
    /// Days since 1970-01-01.
    Date(Vec<Option<i32>>),
    Number(Vec<Packed>),
}

impl Cells {
    pub(crate) fn new(kind: Kind) -> Self {
        match kind {
            Kind::Integer => Self::Integer(Vec::new()),
            Kind::Date => Self::Date(Vec::new()),
            number if super::is_number(number) => Self::Number(Vec::new()),
            _ => Self::Text(Vec::new()),
        }
    }

    /// One more cell.
    pub(crate) fn push(&mut self, value: Value<'_>, texts: &mut Texts) -> Result<(), String> {
        match self {
            Self::Text(_) => return self.push_text(value, |text| texts.id(text)),
            Self::Integer(cells) => cells.push(integer(value)?),
            Self::Date(cells) => cells.push(day(value)?),
            Self::Number(cells) => cells.push(Packed::new(number(value)?)),
        }
        Ok(())
    }

    /// One more cell of text, whose number `id` gives.
    pub(crate) fn push_text(&mut self, value: Value<'_>, id: impl FnOnce(&str) -> usize) -> Result<(), String> {
        let id = match value {
            Value::Null => NULL,
            Value::Text(text) => id(text),
            Value::Integer(integer) => id(&integer.to_string()),
            Value::Date(_) | Value::Double(_) | Value::Decimal(_) | Value::Time(_) | Value::Boolean(_) => {
                return Err(format!("{} is no text", described(value)));
            }
        };
        match self {
            Self::Text(cells) => cells.push(id),
            _ => return Err("the column holds no text".to_owned()),
        }
        Ok(())
    }

    /// A number that stands for the cell: equal cells have the same, nulls come first, and `texts` ranks the texts.
    /// Numbers have none: they are compared by value.
    pub(crate) fn rank(&self, row: usize, texts: &[u64]) -> u64 {
        match self {
            Self::Text(cells) => cells.get(row).and_then(|id| texts.get(*id)).copied().unwrap_or_default(),
            Self::Integer(cells) | Self::Date(cells) => cells.get(row).copied().flatten().map_or(0, rank_of_integer),
            Self::Number(_) => 0,
        }
    }

    /// The number of the cell's text; none for null.
    pub(crate) fn text(&self, row: usize) -> Option<usize> {
        match self {
            Self::Text(cells) => cells.get(row).copied().filter(|id| *id != NULL),
            _ => None,
        }
    }

    pub(crate) fn number(&self, row: usize) -> Option<Number> {
        match self {
            Self::Number(cells) => cells.get(row)?.number(),
            _ => None,
        }
    }
}

/// The place of `integer` among all 32-bit integers, from one on.
fn rank_of_integer(integer: i32) -> u64 {
    u64::from(integer.cast_unsigned().wrapping_add(1 << 31)) + 1
}

/// `value` as a column of `kind` of a discovered table can hold it: there, what one side has as a number may be text on the other.
/// A declared column takes what it is declared to take.
pub(super) fn adapted<'v>(origin: Origin, value: Value<'v>, kind: Kind, text: &'v mut String) -> Value<'v> {
    if origin == Origin::Declared {
        return match (kind, value) {
            // A double has more digits than a decimal can hold; a text that is none is refused as a number.
            (Kind::DoublePrecision, Value::Text(text)) => text.parse().map_or(value, Value::Double),
            _ => value,
        };
    }
    let written = match (kind, value) {
        (Kind::Double, Value::Integer(integer)) => {
            return Decimal::from_scaled(integer.into(), 0).map_or(value, Value::Decimal);
        }
        (Kind::Text | Kind::Uuid | Kind::Labels, value) => match value {
            Value::Null | Value::Text(_) | Value::Integer(_) => return value,
            Value::Boolean(boolean) => write!(text, "{boolean}"),
            Value::Double(double) => write!(text, "{double}"),
            Value::Decimal(decimal) => write!(text, "{}", decimal.shortest()),
            Value::Date(days) => match NaiveDate::from_epoch_days(days) {
                Some(day) => write!(text, "{day}"),
                None => return value,
            },
            Value::Time(nanoseconds) => write!(text, "{}", instant::text(nanoseconds)),
        },
        _ => return value,
    };
    match written {
        Ok(()) => Value::Text(text),
        Err(_) => value,
    }
}

/// The number of days since 1970-01-01 that `value` means.
pub(super) fn day(value: Value<'_>) -> Result<Option<i32>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Date(days) => Ok(Some(days)),
        Value::Text(text) => {
            let date: NaiveDate = text.parse().map_err(|_| format!("`{text}` is no date"))?;
            Ok(Some(date.to_epoch_days()))
        }
        Value::Time(nanoseconds) => match instant::midnight(nanoseconds) {
            Some(day) => Ok(Some(day)),
            None => Err(format!("{} is no date: it has a time of day", described(value))),
        },
        Value::Integer(_) | Value::Double(_) | Value::Decimal(_) | Value::Boolean(_) => Err(format!("{} is no date", described(value))),
    }
}

/// The day that `value` lies on, if it is one or a time.
pub(super) fn day_of(value: Value<'_>) -> Result<Option<i32>, String> {
    match value {
        Value::Time(nanoseconds) => Ok(instant::day(nanoseconds)),
        Value::Text(text) if text.len() > "0000-00-00".len() => {
            let nanoseconds = instant::parse(text).ok_or_else(|| format!("`{text}` is no time"))?;
            Ok(instant::day(nanoseconds))
        }
        _ => day(value),
    }
}

/// The time that `value` is, in nanoseconds since 1970-01-01 UTC; a date is its midnight.
pub(super) fn time(value: Value<'_>) -> Result<Option<i128>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Time(nanoseconds) => Ok(Some(nanoseconds)),
        Value::Date(days) => Ok(Some(instant::of_day(days))),
        Value::Text(text) => instant::parse(text).map(Some).ok_or_else(|| format!("`{text}` is no time of at most nine decimal places")),
        Value::Integer(_) | Value::Double(_) | Value::Decimal(_) | Value::Boolean(_) => Err(format!("{} is no time", described(value))),
    }
}

pub(super) fn integer(value: Value<'_>) -> Result<Option<i32>, String> {
    let unreadable = || format!("{} is no 32-bit integer", described(value));
    match value {
        Value::Null => Ok(None),
        Value::Integer(integer) => i32::try_from(integer).map(Some).map_err(|_| unreadable()),
        Value::Text(text) => text.parse().map(Some).map_err(|_| unreadable()),
        // pandas writes whole numbers with nulls among them as doubles.
        Value::Double(double) => format!("{double}").parse().map(Some).map_err(|_| unreadable()),
        Value::Date(_) | Value::Decimal(_) | Value::Time(_) | Value::Boolean(_) => Err(unreadable()),
    }
}

pub(super) fn number(value: Value<'_>) -> Result<Option<Number>, String> {
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::Double(double) => Number::Double(double),
        Value::Decimal(decimal) => Number::Decimal(decimal),
        #[expect(clippy::cast_precision_loss, reason = "the column is a double; a file that drifted to integers is read as such")]
        Value::Integer(integer) => Number::Double(integer as f64),
        Value::Text("NaN") => Number::Double(f64::NAN),
        Value::Text("Infinity") => Number::Double(f64::INFINITY),
        Value::Text("-Infinity") => Number::Double(f64::NEG_INFINITY),
        Value::Text(text) => Number::Decimal(text.parse().map_err(|_| format!("`{text}` is no decimal number of at most 15 places"))?),
        Value::Date(_) | Value::Time(_) | Value::Boolean(_) => return Err(format!("{} is no number", described(value))),
    }))
}

pub(super) fn described(value: Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Text(text) => format!("`{text}`"),
        Value::Integer(integer) => format!("the integer {integer}"),
        Value::Date(days) => format!("the date of day {days}"),
        Value::Double(double) => format!("the double {double:?}"),
        Value::Decimal(decimal) => format!("the decimal {decimal}"),
        Value::Time(nanoseconds) => format!("the time {}", instant::text(nanoseconds)),
        Value::Boolean(boolean) => format!("the boolean {boolean}"),
    }
}

/// A number or null in 16 bytes: decimals as their units, doubles as their bits above all decimals, null below them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed(i128);

const PACKED_NULL: i128 = i128::MIN;
/// No [`Decimal`] reaches 2^120 units.
const PACKED_DOUBLE: i128 = 1 << 126;

impl Packed {
    fn new(number: Option<Number>) -> Self {
        Self(match number {
            None => PACKED_NULL,
            Some(Number::Decimal(decimal)) => decimal.units(),
            Some(Number::Double(double)) => PACKED_DOUBLE + i128::from(double.to_bits()),
        })
    }

    pub(crate) fn number(self) -> Option<Number> {
        if self.0 >= PACKED_DOUBLE {
            return u64::try_from(self.0 - PACKED_DOUBLE).ok().map(|bits| Number::Double(f64::from_bits(bits)));
        }
        Decimal::from_units(self.0).map(Number::Decimal)
    }
}

const _: () = assert!(size_of::<Packed>() == 16);
