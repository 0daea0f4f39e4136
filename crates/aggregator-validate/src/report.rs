//! What a comparison found, for people and for machines.

mod csv;
mod html;
mod json;
mod text;

use std::cmp::Ordering;

use aggregator_core::table::ColumnDef;
use chrono::NaiveDate;
use serde::Serialize;

use crate::diff::Show;
use crate::diff::tolerance::{Judgement, Tolerance};
use crate::rows::{Cell, Rows, is_number};

pub use csv::csv;
pub use html::html;
pub use json::json;
pub use text::text;

/// What a comparison found.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The table, as on the command line.
    pub table: &'static str,
    /// The expected side.
    pub left: SideReport,
    /// The side that was checked.
    pub right: SideReport,
    /// How close was close enough.
    pub tolerance: Tolerance,
    /// What became of the rows.
    pub rows: RowCounts,
    /// The columns that were compared.
    pub columns: Vec<ColumnReport>,
    /// The columns that were not.
    pub not_compared: Vec<NotCompared>,
    /// What became of the rows that differ, day by day; none for a table without days.
    pub days: Vec<DayReport>,
    /// The differing rows that were asked for: the first, in the order of their keys, or the biggest.
    pub first: Vec<RowDifference>,
}

impl Report {
    /// Whether nothing differs.
    pub fn is_equal(&self) -> bool {
        self.rows.differing() == 0
    }

    /// Adds what was found for other keys of the same sides.
    pub(crate) fn add(&mut self, other: Self, show: Show) {
        self.left.rows += other.left.rows;
        self.right.rows += other.right.rows;
        self.rows.add(other.rows);
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            column.add_all(other);
        }
        for other in other.days {
            match self.days.binary_search_by(|day| day.day.cmp(&other.day)) {
                Ok(place) => {
                    if let Some(day) = self.days.get_mut(place) {
                        day.rows.add(other.rows);
                    }
                }
                Err(place) => self.days.insert(place, other),
            }
        }
        self.first.extend(other.first);
        self.first.sort_by(RowDifference::order_of_keys);
        show.keep(&mut self.first);
    }
}

/// What became of the differing rows of a day; the equal ones are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayReport {
    /// The day; none for rows without one.
    pub day: Option<NaiveDate>,
    /// What became of its rows.
    pub rows: RowCounts,
}

/// A side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SideReport {
    /// Where the rows came from.
    pub name: String,
    /// How many there were.
    pub rows: usize,
}

impl SideReport {
    pub(crate) fn new(rows: &Rows) -> Self {
        Self { name: rows.name().to_owned(), rows: rows.len() }
    }
}

/// What became of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RowCounts {
    /// Left rows with an equal right row.
    pub equal: usize,
    /// Left rows with a right row of the same key, but other values.
    pub changed: usize,
    /// Left rows without a right row.
    pub missing: usize,
    /// Right rows without a left row.
    pub extra: usize,
}

impl RowCounts {
    /// How many rows differ in one way or another.
    pub fn differing(&self) -> usize {
        self.changed + self.missing + self.extra
    }

    fn add(&mut self, other: Self) {
        self.equal += other.equal;
        self.changed += other.changed;
        self.missing += other.missing;
        self.extra += other.extra;
    }
}

/// A column over all rows that were matched.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnReport {
    /// The column.
    pub column: &'static str,
    /// What its numbers count; empty where nothing is counted.
    pub unit: &'static str,
    /// Rows in which it differs by more than the tolerance.
    pub differing_rows: usize,
    /// The largest distance of two numbers, tolerated or not; none for a column without numbers.
    pub largest_absolute: Option<f64>,
    /// The largest distance as a part of the greater of the two numbers.
    pub largest_relative: Option<f64>,
}

impl ColumnReport {
    pub(crate) fn new(definition: &ColumnDef) -> Self {
        let none_yet = is_number(definition.kind).then_some(0.0);
        Self {
            column: definition.name,
            unit: definition.unit.label(),
            differing_rows: 0,
            largest_absolute: none_yet,
            largest_relative: none_yet,
        }
    }

    pub(crate) fn add(&mut self, judgement: Judgement) {
        self.differing_rows += usize::from(!judgement.equal);
        self.largest_absolute = larger(self.largest_absolute, judgement.absolute);
        self.largest_relative = larger(self.largest_relative, judgement.relative);
    }

    fn add_all(&mut self, other: &Self) {
        self.differing_rows += other.differing_rows;
        self.largest_absolute = larger(self.largest_absolute, other.largest_absolute);
        self.largest_relative = larger(self.largest_relative, other.largest_relative);
    }
}

fn larger(largest: Option<f64>, distance: Option<f64>) -> Option<f64> {
    largest.map(|largest| largest.max(distance.unwrap_or_default()))
}

/// A column that was not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotCompared {
    /// The column.
    pub column: String,
    /// Why.
    pub reason: &'static str,
}

/// How a row differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Both sides have the row, with other values.
    Changed,
    /// Only the left side has it.
    Missing,
    /// Only the right side has it.
    Extra,
}

/// A differing row.
#[derive(Clone, Debug, PartialEq)]
pub struct RowDifference {
    /// How it differs.
    pub change: Change,
    /// Its logical key.
    pub key: Vec<(&'static str, Cell)>,
    /// Its differing cells; none for a row that one side lacks.
    pub cells: Vec<CellDifference>,
}

impl RowDifference {
    /// How much the row differs: a row that one side lacks most of all, then the largest relative distance of a cell; cells
    /// without a distance are wholly different.
    pub fn size(&self) -> f64 {
        match self.change {
            Change::Missing | Change::Extra => f64::INFINITY,
            Change::Changed => self.cells.iter().map(|cell| cell.relative.unwrap_or(1.0)).fold(0.0, f64::max),
        }
    }

    /// The order of the keys, as a comparison goes through them.
    fn order_of_keys(&self, other: &Self) -> Ordering {
        let cells = self.key.iter().zip(&other.key).map(|((_, one), (_, other))| one.order(other));
        cells.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

/// Two cells that differ.
#[derive(Clone, Debug, PartialEq)]
pub struct CellDifference {
    /// The column.
    pub column: &'static str,
    /// The left cell.
    pub left: Cell,
    /// The right cell.
    pub right: Cell,
    /// How far apart two numbers lie; none where that is no number.
    pub absolute: Option<f64>,
    /// The same as a part of the greater of the two.
    pub relative: Option<f64>,
}

#[cfg(test)]
mod tests;
