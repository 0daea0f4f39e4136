//! The rows of one side as typed cells, column by column.
//!
//! Text is held once and cells hold its number, labels in one canonical text: two cells of a text column are equal when
//! their texts are, whatever blanks and key order the labels came with.

mod builder;
mod cells;
mod decimal;
mod hash;
mod instant;
mod texts;

use std::cmp::Ordering;
use std::collections::BTreeSet;

use aggregator_core::table::{ColumnDef, Kind};
use chrono::NaiveDate;
use serde::{Serialize, Serializer};

pub use builder::{Filter, RowsBuilder, Unreadable};
pub(crate) use builder::{Keep, Kept};
pub use decimal::{Decimal, NotADecimal};

pub(crate) use cells::Cells;
pub(crate) use hash::{Hashes, How, Plan};
pub(crate) use texts::Texts;

/// Whether cells of a column of `kind` are numbers, which may be near enough without being equal.
pub(crate) fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Double | Kind::DoublePrecision | Kind::Numeric { .. })
}

/// A value as a reader finds it; the column that takes it decides what it means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// Text: also a number, a date or labels where the column holds those.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// A day, as days since 1970-01-01.
    Date(i32),
    /// A double.
    Double(f64),
    /// An exact decimal.
    Decimal(Decimal),
    /// A time, as nanoseconds since 1970-01-01 UTC.
    Time(i128),
    /// Yes or no.
    Boolean(bool),
}

/// A number as its side holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A double.
    Double(f64),
    /// An exact decimal.
    Decimal(Decimal),
}

/// A cell as a report shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// Text, or labels in their canonical text.
    Text(String),
    /// A whole number.
    Integer(i32),
    /// A day.
    Date(NaiveDate),
    /// A number.
    Number(Number),
}

impl Cell {
    /// The order of two cells of a key: nulls first, then by value.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Self::Null) => Ordering::Greater,
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::Integer(one), Self::Integer(other)) => one.cmp(other),
            (Self::Date(one), Self::Date(other)) => one.cmp(other),
            // A key has no numbers, and a column has cells of one kind.
            _ => Ordering::Equal,
        }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Text(text) => write!(formatter, "{text:?}"),
            Self::Integer(integer) => integer.fmt(formatter),
            Self::Date(date) => date.fmt(formatter),
            Self::Number(Number::Double(double)) => write!(formatter, "{double:?}"),
            Self::Number(Number::Decimal(decimal)) => decimal.fmt(formatter),
        }
    }
}

impl Serialize for Cell {
    /// Finite doubles and whole numbers as JSON numbers, decimals as text (a JSON number would lose digits), NaN as `"NaN"`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(integer) => serializer.serialize_i32(*integer),
            Self::Number(Number::Double(double)) if double.is_finite() => serializer.serialize_f64(*double),
            Self::Date(_) | Self::Number(_) => serializer.collect_str(self),
        }
    }
}

/// A column of a side.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) definition: ColumnDef,
    pub(crate) cells: Cells,
}

/// The rows of one side.
#[derive(Clone, Debug)]
pub struct Rows {
    name: String,
    length: usize,
    columns: Vec<Column>,
    unknown: BTreeSet<String>,
    texts: Texts,
}

impl Rows {
    /// Where the rows came from, without secrets.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The columns of the table that this side has.
    pub fn columns(&self) -> impl Iterator<Item = &ColumnDef> {
        self.columns.iter().map(|column| &column.definition)
    }

    /// The columns of this side that the table does not know.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().map(String::as_str)
    }

    /// A cell as a report shows it; null where there is none.
    pub fn cell(&self, column: &str, row: usize) -> Cell {
        match self.column(column).map(|column| &column.cells) {
            Some(Cells::Text(ids)) => {
                ids.get(row).and_then(|id| self.texts.text(*id)).map_or(Cell::Null, |text| Cell::Text(text.to_owned()))
            }
            Some(Cells::Integer(integers)) => integers.get(row).copied().flatten().map_or(Cell::Null, Cell::Integer),
            Some(Cells::Date(days)) => days.get(row).copied().flatten().and_then(NaiveDate::from_epoch_days).map_or(Cell::Null, Cell::Date),
            Some(Cells::Number(numbers)) => numbers.get(row).and_then(|packed| packed.number()).map_or(Cell::Null, Cell::Number),
            None => Cell::Null,
        }
    }

    /// The day of a row, from a column of days or times.
    pub(crate) fn day(&self, column: &str, row: usize) -> Option<NaiveDate> {
        match self.cell(column, row) {
            Cell::Date(day) => Some(day),
            Cell::Text(text) => text.get(.."0000-00-00".len())?.parse().ok(),
            _ => None,
        }
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.definition.name == name)
    }

    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }
}

#[cfg(test)]
mod tests;
