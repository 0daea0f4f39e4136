//! The differing rows of a report as CSV: one line a differing cell, and one for a row that one side lacks.
//!
//! RFC 4180, but lines end with a line feed. Text is quoted and null is an empty field, so that an empty text differs from null.

use std::fmt::Write;

use super::{CellDifference, Change, Report, RowDifference};
use crate::rows::{Cell, Number};

/// The differing rows that the report has, below a header.
pub fn csv(report: &Report) -> String {
    let mut out = String::new();
    let key: Vec<&str> = report.first.first().map(|row| row.key.iter().map(|(column, _)| *column).collect()).unwrap_or_default();
    let header = ["change"].into_iter().chain(key).chain(["column", "left", "right", "absolute", "relative"]);
    write_line(&mut out, header.map(plain));
    for row in &report.first {
        if row.cells.is_empty() {
            write_difference(&mut out, row, None);
        }
        for cell in &row.cells {
            write_difference(&mut out, row, Some(cell));
        }
    }
    out
}

fn write_difference(out: &mut String, row: &RowDifference, difference: Option<&CellDifference>) {
    let change = match row.change {
        Change::Changed => "changed",
        Change::Missing => "missing",
        Change::Extra => "extra",
    };
    let distance = |distance: Option<f64>| distance.map(|distance| format!("{distance:e}")).unwrap_or_default();
    let of_cell = match difference {
        Some(CellDifference { column, left, right, absolute, relative }) => {
            [plain(column), cell(left), cell(right), distance(*absolute), distance(*relative)]
        }
        None => Default::default(),
    };
    let key = row.key.iter().map(|(_, value)| cell(value));
    write_line(out, std::iter::once(change.to_owned()).chain(key).chain(of_cell));
}

fn write_line(out: &mut String, fields: impl Iterator<Item = String>) {
    let mut separator = "";
    for field in fields {
        out.push_str(separator);
        out.push_str(&field);
        separator = ",";
    }
    out.push('\n');
}

/// A name, quoted where it must be: a discovered column may have any.
fn plain(name: &str) -> String {
    if name.contains(['"', ',', '\n', '\r']) { quoted(name) } else { name.to_owned() }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn cell(cell: &Cell) -> String {
    let mut text = String::new();
    // Writing into a `String` cannot fail.
    match cell {
        Cell::Null => Ok(()),
        Cell::Text(content) => write!(text, "{}", quoted(content)),
        Cell::Number(Number::Double(double)) => write!(text, "{double:?}"),
        _ => write!(text, "{cell}"),
    }
    .unwrap_or_default();
    text
}
