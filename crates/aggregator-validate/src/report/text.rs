//! A report as people read it.

use std::fmt::{self, Write};

use super::{CellDifference, Change, ColumnReport, NotCompared, Report, RowDifference};

/// The report as text: the verdict first, then what differs.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    // Writing into a `String` cannot fail.
    write_report(report, &mut out).unwrap_or_default();
    out
}

fn write_report(report: &Report, out: &mut String) -> fmt::Result {
    writeln!(out, "{}: {}", report.table, verdict(report))?;
    writeln!(out, "  left   {:>9} rows  {}", report.left.rows, report.left.name)?;
    writeln!(out, "  right  {:>9} rows  {}", report.right.rows, report.right.name)?;
    let rows = report.rows;
    writeln!(
        out,
        "  rows: {} equal, {} changed, {} missing (only left), {} extra (only right)",
        rows.equal, rows.changed, rows.missing, rows.extra
    )?;
    write_tolerance(report, out)?;
    write_not_compared(report, out)?;
    write_columns(report, out)?;
    write_rows(report, out)
}

pub(super) fn verdict(report: &Report) -> String {
    match (report.rows.differing(), report.left.rows) {
        (0, 0) => "equal, but there are 0 rows on both sides".to_owned(),
        (0, 1) => "equal (1 row)".to_owned(),
        (0, count) => format!("equal ({count} rows)"),
        (1, _) => "1 row differs".to_owned(),
        (count, _) => format!("{count} rows differ"),
    }
}

fn write_tolerance(report: &Report, out: &mut String) -> fmt::Result {
    let tolerance = report.tolerance;
    write!(out, "  sums within {:e} (relative), decimals ", tolerance.relative)?;
    match (tolerance.decimal_units, tolerance.decimal_relative > 0.0) {
        (0, false) => writeln!(out, "exactly"),
        (units, false) => writeln!(out, "within {units} units of 1e-15"),
        (0, true) => writeln!(out, "within {:e} (relative)", tolerance.decimal_relative),
        (units, true) => writeln!(out, "within {units} units of 1e-15 or {:e} (relative)", tolerance.decimal_relative),
    }
}

fn write_not_compared(report: &Report, out: &mut String) -> fmt::Result {
    write!(out, "  {} columns compared", report.columns.len())?;
    if report.not_compared.is_empty() {
        return writeln!(out, ", all there are");
    }
    writeln!(out, "; not compared:")?;
    let mut reasons: Vec<&str> = Vec::new();
    for NotCompared { reason, .. } in &report.not_compared {
        if !reasons.contains(reason) {
            reasons.push(reason);
        }
    }
    for reason in reasons {
        let columns: Vec<&str> =
            report.not_compared.iter().filter(|column| column.reason == reason).map(|column| column.column.as_str()).collect();
        writeln!(out, "    {reason}: {}", columns.join(", "))?;
    }
    Ok(())
}

fn write_columns(report: &Report, out: &mut String) -> fmt::Result {
    let told = |column: &&ColumnReport| column.differing_rows > 0 || column.largest_absolute.is_some_and(|largest| largest > 0.0);
    let columns: Vec<&ColumnReport> = report.columns.iter().filter(told).collect();
    let Some(width) = columns.iter().map(|column| column.column.len()).max() else { return Ok(()) };
    writeln!(out, "\n{:width$}  {:>14}  {:>16}  {:>16}", "column", "differing rows", "largest absolute", "largest relative")?;
    for column in columns {
        let [absolute, relative] = [column.largest_absolute, column.largest_relative].map(distance);
        let line = format!("{:width$}  {:>14}  {absolute:>16}  {relative:>16}  {}", column.column, column.differing_rows, column.unit);
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn write_rows(report: &Report, out: &mut String) -> fmt::Result {
    if report.first.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nthe first {} of {} differing rows:", report.first.len(), report.rows.differing())?;
    for (index, row) in report.first.iter().enumerate() {
        write_row(index + 1, row, out)?;
    }
    Ok(())
}

fn write_row(number: usize, row: &RowDifference, out: &mut String) -> fmt::Result {
    let change = match row.change {
        Change::Changed => "changed",
        Change::Missing => "missing (only left)",
        Change::Extra => "extra (only right)",
    };
    let key: Vec<String> = row.key.iter().map(|(column, cell)| format!("{column}={cell}")).collect();
    writeln!(out, "{number}. {change}: {}", key.join(" "))?;
    for CellDifference { column, left, right, absolute, relative } in &row.cells {
        write!(out, "     {column}: left {left}, right {right}")?;
        if absolute.is_some() {
            write!(out, ", difference {} (relative {})", distance(*absolute), distance(*relative))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

pub(super) fn distance(distance: Option<f64>) -> String {
    distance.map_or_else(|| "-".to_owned(), |distance| format!("{distance:.3e}"))
}
