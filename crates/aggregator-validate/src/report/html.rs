//! A report as one HTML page that needs nothing else: no script, no style sheet, no picture, no font.

use std::fmt::{self, Display, Formatter, Write};

use super::text::{distance, verdict};
use super::{Change, ColumnReport, DayReport, Report, RowDifference};
use crate::rows::Cell;

/// The page. It shows the differing rows in the order in which the report has them.
pub fn html(report: &Report) -> String {
    let mut out = String::new();
    // Writing into a `String` cannot fail.
    write_page(report, &mut out).unwrap_or_default();
    out
}

/// The browser may load nothing and run nothing, whatever a label holds.
const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1a1a1a; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.verdict { padding: .6rem 1rem; border-left: .4rem solid; font-weight: 600; }
.equal { border-color: #3e8635; background: #f3faf2; } .different { border-color: #c9190b; background: #fdf3f2; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #d2d2d2; overflow-wrap: anywhere; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: 13px/1.4 ui-monospace, monospace; white-space: pre-wrap; }
.null { color: #6a6e73; font-style: italic; }
svg { max-width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: #1a1a1a; }
.changed { fill: #f0ab00; } .missing { fill: #c9190b; } .extra { fill: #0066cc; }
</style>
"#;

fn write_page(report: &Report, out: &mut String) -> fmt::Result {
    out.push_str(HEAD);
    let verdict = verdict(report);
    writeln!(out, "<title>{}: {}</title>\n</head>\n<body>", Escaped(report.table), Escaped(&verdict))?;
    writeln!(out, "<h1>Comparison of {}</h1>", Escaped(report.table))?;
    let class = if report.is_equal() { "equal" } else { "different" };
    writeln!(out, "<p class=\"verdict {class}\">{}</p>", Escaped(&verdict))?;
    write_sides(report, out)?;
    write_days(&report.days, out)?;
    write_columns(report, out)?;
    write_rows(report, out)?;
    write_not_compared(report, out)?;
    out.push_str("</body>\n</html>\n");
    Ok(())
}

fn write_sides(report: &Report, out: &mut String) -> fmt::Result {
    out.push_str("<table>\n<tr><th>side</th><th class=\"number\">rows</th><th>place</th></tr>\n");
    for (side, found) in [("left (expected)", &report.left), ("right (checked)", &report.right)] {
        writeln!(out, "<tr><td>{side}</td><td class=\"number\">{}</td><td><code>{}</code></td></tr>", found.rows, Escaped(&found.name))?;
    }
    out.push_str("</table>\n");
    let rows = report.rows;
    writeln!(
        out,
        "<p>{} rows equal, {} changed, {} missing (only left), {} extra (only right). Sums may differ by {:e} (relative), two decimals by \
         {} units of 1e-15{}; everything else is equal or different.</p>",
        rows.equal,
        rows.changed,
        rows.missing,
        rows.extra,
        report.tolerance.relative,
        report.tolerance.decimal_units,
        if report.tolerance.decimal_relative > 0.0 {
            format!(" or {:e} (relative)", report.tolerance.decimal_relative)
        } else {
            String::new()
        },
    )
}

const CHART_HEIGHT: f64 = 140.0;
const CHART_WIDTH: f64 = 960.0;
const WIDEST_BAR: f64 = 48.0;

/// A bar a day, of changed, missing and extra rows.
fn write_days(days: &[DayReport], out: &mut String) -> fmt::Result {
    let Some(most) = days.iter().map(|day| day.rows.differing()).max() else { return Ok(()) };
    writeln!(out, "<h2>Differing rows by day</h2>")?;
    let step = (CHART_WIDTH / number(days.len())).min(WIDEST_BAR);
    let (width, height) = (step * number(days.len()), CHART_HEIGHT);
    writeln!(
        out,
        "<svg role=\"img\" aria-label=\"Differing rows by day\" viewBox=\"0 0 {:.0} {:.0}\" width=\"{:.0}\">",
        width + 80.0,
        height + 60.0,
        width + 80.0
    )?;
    writeln!(
        out,
        "<text x=\"0\" y=\"12\">{most}</text><line x1=\"40\" y1=\"{0}\" x2=\"{1:.0}\" y2=\"{0}\" stroke=\"#6a6e73\"/>",
        height + 10.0,
        width + 40.0
    )?;
    // As many labels as fit without touching.
    let labelled = days.len().div_ceil(24).max(1);
    for (place, day) in days.iter().enumerate() {
        let left = 40.0 + step * number(place);
        let name = day.day.map_or_else(|| "no day".to_owned(), |day| day.to_string());
        let rows = day.rows;
        writeln!(out, "<g><title>{name}: {} changed, {} missing, {} extra</title>", rows.changed, rows.missing, rows.extra)?;
        let mut bottom = height + 10.0;
        for (class, count) in [("changed", rows.changed), ("missing", rows.missing), ("extra", rows.extra)] {
            if count > 0 {
                let bar = (height * number(count) / number(most)).max(1.0);
                bottom -= bar;
                writeln!(
                    out,
                    "<rect class=\"{class}\" x=\"{:.1}\" y=\"{bottom:.1}\" width=\"{:.1}\" height=\"{bar:.1}\"/>",
                    left + step * 0.1,
                    step * 0.8
                )?;
            }
        }
        if place % labelled == 0 {
            let (x, y) = (left + step / 2.0, height + 22.0);
            writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" transform=\"rotate(35 {x:.1} {y:.1})\">{name}</text>")?;
        }
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n<p>");
    for (class, name) in [("changed", "changed"), ("missing", "missing (only left)"), ("extra", "extra (only right)")] {
        write!(out, "<svg width=\"12\" height=\"12\"><rect class=\"{class}\" width=\"12\" height=\"12\"/></svg> {name} &nbsp; ")?;
    }
    out.push_str("</p>\n");
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "the size of something drawn")]
fn number(count: usize) -> f64 {
    count as f64
}

/// The columns that differ, those in most rows first, then those that are only near.
fn write_columns(report: &Report, out: &mut String) -> fmt::Result {
    let near = |column: &ColumnReport| column.largest_absolute.is_some_and(|largest| largest > 0.0);
    let mut columns: Vec<&ColumnReport> = report.columns.iter().filter(|column| column.differing_rows > 0 || near(column)).collect();
    writeln!(out, "<h2>Columns</h2>\n<p>{} columns were compared; {} differ beyond the tolerance.</p>", report.columns.len(), {
        columns.iter().filter(|column| column.differing_rows > 0).count()
    })?;
    if columns.is_empty() {
        return Ok(());
    }
    columns.sort_by(|one, other| {
        let relative = |column: &ColumnReport| column.largest_relative.unwrap_or_default();
        other.differing_rows.cmp(&one.differing_rows).then(relative(other).total_cmp(&relative(one)))
    });
    out.push_str("<table>\n<tr><th>column</th><th class=\"number\">differing rows</th><th class=\"number\">largest absolute</th>");
    out.push_str("<th class=\"number\">largest relative</th><th>unit</th></tr>\n");
    for column in columns {
        writeln!(
            out,
            "<tr><td><code>{}</code></td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td>{}</td></tr>",
            Escaped(column.column),
            column.differing_rows,
            distance(column.largest_absolute),
            distance(column.largest_relative),
            Escaped(column.unit),
        )?;
    }
    out.push_str("</table>\n");
    Ok(())
}

fn write_rows(report: &Report, out: &mut String) -> fmt::Result {
    if report.first.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>The biggest differences</h2>\n<p>{} of {} differing rows.</p>", report.first.len(), report.rows.differing())?;
    out.push_str("<table>\n<tr><th>row</th><th>column</th><th>left</th><th>right</th>");
    out.push_str("<th class=\"number\">difference</th><th class=\"number\">relative</th></tr>\n");
    for row in &report.first {
        write_row(row, out)?;
    }
    out.push_str("</table>\n");
    Ok(())
}

fn write_row(row: &RowDifference, out: &mut String) -> fmt::Result {
    let change = match row.change {
        Change::Changed => "changed",
        Change::Missing => "missing (only left)",
        Change::Extra => "extra (only right)",
    };
    write!(out, "<tr><td rowspan=\"{}\">{change}<br><code>", row.cells.len().max(1))?;
    for (place, (column, cell)) in row.key.iter().filter(|(_, cell)| *cell != Cell::Null).enumerate() {
        write!(out, "{}{}={}", if place > 0 { "\n" } else { "" }, Escaped(column), Escaped(&cell.to_string()))?;
    }
    out.push_str("</code></td>");
    if row.cells.is_empty() {
        out.push_str("<td colspan=\"5\"></td></tr>\n");
    }
    for (place, cell) in row.cells.iter().enumerate() {
        if place > 0 {
            out.push_str("<tr>");
        }
        write!(out, "<td><code>{}</code></td>", Escaped(cell.column))?;
        for side in [&cell.left, &cell.right] {
            match side {
                Cell::Null => out.push_str("<td class=\"null\">null</td>"),
                value => write!(out, "<td><code>{}</code></td>", Escaped(&value.to_string()))?,
            }
        }
        writeln!(out, "<td class=\"number\">{}</td><td class=\"number\">{}</td></tr>", distance(cell.absolute), distance(cell.relative))?;
    }
    Ok(())
}

fn write_not_compared(report: &Report, out: &mut String) -> fmt::Result {
    if report.not_compared.is_empty() {
        return Ok(());
    }
    out.push_str("<h2>Not compared</h2>\n<table>\n<tr><th>column</th><th>reason</th></tr>\n");
    for column in &report.not_compared {
        writeln!(out, "<tr><td><code>{}</code></td><td>{}</td></tr>", Escaped(&column.column), Escaped(column.reason))?;
    }
    out.push_str("</table>\n");
    Ok(())
}

/// Text that is neither markup nor the end of an attribute.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for sign in self.0.chars() {
            match sign {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                // HTML has no way to write them.
                '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f' => formatter.write_str("\u{fffd}")?,
                _ => formatter.write_char(sign)?,
            }
        }
        Ok(())
    }
}
