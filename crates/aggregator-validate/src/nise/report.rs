//! What a comparison with expected values found, for people and for machines.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::json;

use super::expected::Expected;
use super::known::Why;
use crate::report::{CellDifference, Change};
use crate::rows::{Cell, Number, Rows};

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// The file of the cluster.
    pub(crate) cluster: Option<String>,
    /// The side that was checked.
    pub(crate) result: String,
    pub(crate) result_rows: usize,
    pub(crate) tolerance: f64,
    pub(crate) rows: Option<RowReport>,
    pub(crate) totals: Vec<TotalsReport>,
}

/// What was found in rows.
#[derive(Clone, Debug)]
pub(crate) struct RowReport {
    /// What is expected and counted: rows, or groups of them.
    pub(crate) of: &'static str,
    pub(crate) expected: usize,
    pub(crate) equal: usize,
    /// Cells that were compared.
    pub(crate) cells: usize,
    pub(crate) mismatches: Vec<Mismatch>,
    pub(crate) not_determined: Vec<NotDetermined>,
    pub(crate) not_in_result: Vec<&'static str>,
}

impl Default for RowReport {
    fn default() -> Self {
        Self { of: "rows", expected: 0, equal: 0, cells: 0, mismatches: Vec::new(), not_determined: Vec::new(), not_in_result: Vec::new() }
    }
}

/// A row that is not as expected; the left cells are expected, the right ones there.
#[derive(Clone, Debug)]
pub(crate) struct Mismatch {
    pub(crate) change: Change,
    pub(crate) key: Vec<(&'static str, Cell)>,
    pub(crate) cells: Vec<CellDifference>,
}

/// A cell, or without a column a whole row, that the YAML says nothing about.
#[derive(Clone, Debug)]
pub(crate) struct NotDetermined {
    pub(crate) column: Option<&'static str>,
    pub(crate) why: Why,
    pub(crate) key: Vec<(&'static str, Cell)>,
    pub(crate) actual: Cell,
}

impl NotDetermined {
    pub(crate) fn cell(column: &'static str, why: Why, rows: &Rows, key: &[aggregator_core::table::ColumnDef], at: usize) -> Self {
        let key = key.iter().map(|column| (column.name, rows.cell(column.name, at))).collect();
        Self { column: Some(column), why, key, actual: rows.cell(column, at) }
    }
}

/// A file of expected totals.
#[derive(Clone, Debug)]
pub(crate) struct TotalsReport {
    pub(crate) file: String,
    pub(crate) checked: usize,
    pub(crate) mismatches: Vec<TotalMismatch>,
}

/// A total that is not as expected.
#[derive(Clone, Debug)]
pub(crate) struct TotalMismatch {
    /// Of which rows, in words.
    pub(crate) of: String,
    pub(crate) column: &'static str,
    pub(crate) expected: f64,
    /// None if there is no row.
    pub(crate) actual: Option<f64>,
    /// How far apart they may lie.
    pub(crate) allowed: f64,
}

impl Report {
    /// Whether everything that is known is as expected.
    pub(crate) fn is_equal(&self) -> bool {
        self.rows.as_ref().is_none_or(|rows| rows.mismatches.is_empty()) && self.totals.iter().all(|totals| totals.mismatches.is_empty())
    }
}

/// What is expected, as a cell.
pub(crate) fn shown(expected: &Expected) -> Cell {
    match expected {
        Expected::Null => Cell::Null,
        Expected::Text(text) => Cell::Text(text.clone()),
        Expected::Integer(integer) => Cell::Integer(*integer),
        Expected::Date(date) => Cell::Date(*date),
        Expected::Number(number) => Cell::Number(Number::Double(*number)),
        Expected::Open(_) => Cell::Text("(not determined)".to_owned()),
    }
}

/// The report for people.
pub(crate) fn text(report: &Report, limit: usize) -> String {
    let mut out = String::new();
    // Writing into a `String` cannot fail.
    write_report(report, limit, &mut out).unwrap_or_default();
    out
}

fn write_report(report: &Report, limit: usize, out: &mut String) -> fmt::Result {
    let verdict = if report.is_equal() { "as expected" } else { "not as expected" };
    writeln!(out, "nise: {verdict}")?;
    if let Some(file) = &report.cluster {
        writeln!(out, "  expected  {file}")?;
    }
    for totals in &report.totals {
        writeln!(out, "  expected  {}", totals.file)?;
    }
    writeln!(out, "  result    {} ({} rows)", report.result, report.result_rows)?;
    writeln!(out, "  sums within {:e} (relative)", report.tolerance)?;
    if let Some(rows) = &report.rows {
        write_rows(rows, limit, out)?;
    }
    report.totals.iter().try_for_each(|totals| write_totals(totals, limit, out))
}

fn write_rows(rows: &RowReport, limit: usize, out: &mut String) -> fmt::Result {
    let count = |change| rows.mismatches.iter().filter(|mismatch| mismatch.change == change).count();
    writeln!(
        out,
        "  {}: {} expected; {} equal, {} changed, {} missing, {} not expected; {} cells compared",
        rows.of,
        rows.expected,
        rows.equal,
        count(Change::Changed),
        count(Change::Missing),
        count(Change::Extra),
        rows.cells
    )?;
    if !rows.not_in_result.is_empty() {
        writeln!(out, "  not in the result: {}", rows.not_in_result.join(", "))?;
    }
    for (index, mismatch) in rows.mismatches.iter().take(limit).enumerate() {
        let change = match mismatch.change {
            Change::Changed => "changed",
            Change::Missing => "missing",
            Change::Extra => "not expected",
        };
        writeln!(out, "{}. {change}: {}", index + 1, key_text(&mismatch.key))?;
        for CellDifference { column, left, right, absolute, relative } in &mismatch.cells {
            write!(out, "     {column}: expected {left}, found {right}")?;
            if let (Some(absolute), Some(relative)) = (absolute, relative) {
                write!(out, ", difference {absolute:e} (relative {relative:.3e})")?;
            }
            writeln!(out)?;
        }
    }
    write_more(rows.mismatches.len(), limit, rows.of, out)?;
    write_not_determined(rows, limit, out)
}

fn write_not_determined(rows: &RowReport, limit: usize, out: &mut String) -> fmt::Result {
    if rows.not_determined.is_empty() {
        return Ok(());
    }
    writeln!(out, "not determined by the YAML, and so not compared:")?;
    for ((column, why), found) in grouped(&rows.not_determined) {
        writeln!(out, "  {}: {} ({} times)", column.unwrap_or("whole rows"), why.text(), found.len())?;
        // What no file of nise can tell is not worth a list.
        let listed = if why == Why::NotGiven { 0 } else { limit };
        for one in found.iter().take(listed) {
            let key: Vec<_> = one.key.iter().filter(|(_, cell)| *cell != Cell::Null).cloned().collect();
            writeln!(out, "     {}{}", key_text(&key), column.map(|_| format!(": found {}", one.actual)).unwrap_or_default())?;
        }
        if listed > 0 {
            write_more(found.len(), listed, "of them", out)?;
        }
    }
    Ok(())
}

fn grouped(all: &[NotDetermined]) -> BTreeMap<(Option<&'static str>, Why), Vec<&NotDetermined>> {
    let mut groups: BTreeMap<(Option<&'static str>, Why), Vec<&NotDetermined>> = BTreeMap::new();
    for one in all {
        groups.entry((one.column, one.why)).or_default().push(one);
    }
    groups
}

fn write_totals(totals: &TotalsReport, limit: usize, out: &mut String) -> fmt::Result {
    writeln!(out, "{}: {} totals checked, {} differ", totals.file, totals.checked, totals.mismatches.len())?;
    for (index, mismatch) in totals.mismatches.iter().take(limit).enumerate() {
        write!(out, "{}. {}\n     {}: expected {:?}, found ", index + 1, mismatch.of, mismatch.column, mismatch.expected)?;
        match mismatch.actual {
            Some(actual) => {
                let difference = (actual - mismatch.expected).abs();
                writeln!(out, "{actual:?}, difference {difference:e}, allowed {:e}", mismatch.allowed)?;
            }
            None => writeln!(out, "no row")?,
        }
    }
    write_more(totals.mismatches.len(), limit, "totals", out)
}

fn write_more(all: usize, limit: usize, what: &str, out: &mut String) -> fmt::Result {
    if all > limit { writeln!(out, "     … and {} more {what}", all - limit) } else { Ok(()) }
}

fn key_text(key: &[(&'static str, Cell)]) -> String {
    key.iter().map(|(column, cell)| format!("{column}={cell}")).collect::<Vec<_>>().join(" ")
}

struct Key<'a>(&'a [(&'static str, Cell)]);

impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(column, cell)| (column, cell)))
    }
}

/// The report for machines: all of it.
pub(crate) fn json(report: &Report) -> Result<String, serde_json::Error> {
    let rows = report.rows.as_ref().map(|rows| {
        let mismatches: Vec<_> = rows.mismatches.iter().map(mismatch_json).collect();
        let not_determined: Vec<_> = rows
            .not_determined
            .iter()
            .map(|one| json!({"column": one.column, "reason": one.why.text(), "key": Key(&one.key), "actual": one.actual}))
            .collect();
        json!({
            "expected": rows.expected, "equal": rows.equal, "cells": rows.cells, "mismatches": mismatches,
            "not_determined": not_determined, "not_in_result": rows.not_in_result,
        })
    });
    let totals: Vec<_> = report
        .totals
        .iter()
        .map(|totals| {
            let mismatches: Vec<_> = totals.mismatches.iter().map(total_json).collect();
            json!({"file": totals.file, "checked": totals.checked, "mismatches": mismatches})
        })
        .collect();
    let all = json!({
        "equal": report.is_equal(), "expected": report.cluster, "result": report.result, "result_rows": report.result_rows,
        "tolerance": report.tolerance, "rows": rows, "totals": totals,
    });
    let mut text = serde_json::to_string_pretty(&all)?;
    text.push('\n');
    Ok(text)
}

fn mismatch_json(mismatch: &Mismatch) -> serde_json::Value {
    let cells: Vec<_> = mismatch
        .cells
        .iter()
        .map(|cell| {
            json!({
                "column": cell.column, "expected": cell.left, "actual": cell.right, "absolute": cell.absolute, "relative": cell.relative,
            })
        })
        .collect();
    json!({"change": mismatch.change, "key": Key(&mismatch.key), "cells": cells})
}

fn total_json(mismatch: &TotalMismatch) -> serde_json::Value {
    json!({
        "of": mismatch.of, "column": mismatch.column, "expected": mismatch.expected, "actual": mismatch.actual,
        "absolute": mismatch.actual.map(|actual| (actual - mismatch.expected).abs()), "allowed": mismatch.allowed,
    })
}
