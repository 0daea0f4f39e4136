//! A report as JSON.

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use super::{CellDifference, Change, ColumnReport, DayReport, NotCompared, Report, RowCounts, RowDifference, SideReport};
use crate::rows::Cell;

/// The report as one JSON object over several lines.
///
/// # Errors
/// The report cannot be written as JSON.
pub fn json(report: &Report) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&Document::new(report))?;
    text.push('\n');
    Ok(text)
}

#[derive(Serialize)]
struct Document<'a> {
    table: &'static str,
    equal: bool,
    left: &'a SideReport,
    right: &'a SideReport,
    tolerance: Tolerance,
    rows: RowCounts,
    columns: Vec<Distances>,
    not_compared: &'a [NotCompared],
    days: Vec<Day>,
    first: Vec<Row<'a>>,
}

impl<'a> Document<'a> {
    fn new(report: &'a Report) -> Self {
        Self {
            table: report.table,
            equal: report.is_equal(),
            left: &report.left,
            right: &report.right,
            tolerance: Tolerance {
                relative: report.tolerance.relative,
                decimal_units: report.tolerance.decimal_units,
                decimal_relative: report.tolerance.decimal_relative,
            },
            rows: report.rows,
            columns: report.columns.iter().map(Distances::new).collect(),
            not_compared: &report.not_compared,
            days: report.days.iter().map(Day::new).collect(),
            first: report.first.iter().map(Row::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct Tolerance {
    relative: f64,
    decimal_units: u128,
    decimal_relative: f64,
}

#[derive(Serialize)]
struct Distances {
    column: &'static str,
    unit: &'static str,
    differing_rows: usize,
    largest_absolute: Option<Distance>,
    largest_relative: Option<Distance>,
}

impl Distances {
    fn new(column: &ColumnReport) -> Self {
        Self {
            column: column.column,
            unit: column.unit,
            differing_rows: column.differing_rows,
            largest_absolute: column.largest_absolute.map(Distance),
            largest_relative: column.largest_relative.map(Distance),
        }
    }
}

#[derive(Serialize)]
struct Day {
    #[serde(rename = "day")]
    date: Option<NaiveDate>,
    changed: usize,
    missing: usize,
    extra: usize,
}

impl Day {
    fn new(day: &DayReport) -> Self {
        let RowCounts { changed, missing, extra, .. } = day.rows;
        Self { date: day.day, changed, missing, extra }
    }
}

#[derive(Serialize)]
struct Row<'a> {
    change: Change,
    key: Key<'a>,
    cells: Vec<Difference<'a>>,
}

impl<'a> Row<'a> {
    fn new(row: &'a RowDifference) -> Self {
        Self { change: row.change, key: Key(&row.key), cells: row.cells.iter().map(Difference::new).collect() }
    }
}

#[derive(Serialize)]
struct Difference<'a> {
    column: &'static str,
    left: &'a Cell,
    right: &'a Cell,
    absolute: Option<Distance>,
    relative: Option<Distance>,
}

impl<'a> Difference<'a> {
    fn new(cell: &'a CellDifference) -> Self {
        Self {
            column: cell.column,
            left: &cell.left,
            right: &cell.right,
            absolute: cell.absolute.map(Distance),
            relative: cell.relative.map(Distance),
        }
    }
}

/// An object with the columns of the key in their order.
struct Key<'a>(&'a [(&'static str, Cell)]);

impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(column, cell)| (column, cell)))
    }
}

/// A distance; two doubles can lie further apart than a double can say, and JSON has no infinity.
struct Distance(f64);

impl Serialize for Distance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { serializer.serialize_f64(self.0) } else { serializer.serialize_str("Infinity") }
    }
}
