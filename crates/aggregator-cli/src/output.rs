//! What is printed to standard output.

use aggregator_core::table::ColumnDef;
use aggregator_core::table::summary::{
    NAMESPACE, PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS, POD_EFFECTIVE_USAGE_CPU_CORE_HOURS, POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS,
    POD_REQUEST_CPU_CORE_HOURS, POD_REQUEST_MEMORY_GIGABYTE_HOURS, POD_USAGE_CPU_CORE_HOURS, POD_USAGE_MEMORY_GIGABYTE_HOURS,
    VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS,
};
use anyhow::Context;
use comfy_table::CellAlignment;
use indicatif::HumanBytes;
use polars::prelude::{AnyValue, DataFrame};
use std::io::Write;

/// The lines of warnings that people are shown; JSON has all.
const WARNINGS_SHOWN: usize = 20;

/// The costs that people are shown, the greatest first; JSON has all.
const TOTALS_SHOWN: usize = 30;

/// The columns of the totals of namespaces, as people call them.
const NAMESPACE_COLUMNS: [(ColumnDef, &str); 9] = [
    (NAMESPACE, "namespace"),
    (POD_USAGE_CPU_CORE_HOURS, "CPU\nused"),
    (POD_REQUEST_CPU_CORE_HOURS, "CPU\nrequested"),
    (POD_EFFECTIVE_USAGE_CPU_CORE_HOURS, "CPU\neffective"),
    (POD_USAGE_MEMORY_GIGABYTE_HOURS, "memory\nused"),
    (POD_REQUEST_MEMORY_GIGABYTE_HOURS, "memory\nrequested"),
    (POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS, "memory\neffective"),
    (PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS, "storage\nused"),
    (VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS, "storage\nrequested"),
];

/// Writes `text` and a line end to standard output.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("could not write to standard output")
}

/// A frame as a table for people; null is a dash.
pub(crate) fn table(frame: &DataFrame) -> String {
    let header: Vec<_> = frame.columns().iter().map(|column| column.name().to_string()).collect();
    let rows =
        (0..frame.height()).map(|row| frame.columns().iter().map(|column| cell(&column.get(row).unwrap_or(AnyValue::Null))).collect());
    grid(header, rows, None).to_string()
}

/// Totals of namespaces as a table for people, with their units; two digits of each number.
pub(crate) fn namespaces(totals: &DataFrame) -> String {
    let header = NAMESPACE_COLUMNS.iter().map(|(column, title)| format!("{title}\n{}", column.unit.label()));
    let rows = (0..totals.height()).map(|row| {
        let value = |column: &ColumnDef| totals.column(column.name).and_then(|values| values.get(row)).unwrap_or(AnyValue::Null);
        NAMESPACE_COLUMNS
            .iter()
            .map(|(column, _)| match value(column) {
                AnyValue::Float64(number) => format!("{number:.2}"),
                other => cell(&other),
            })
            .collect()
    });
    grid(header.collect(), rows, Some(1)).to_string()
}

/// Costs of accounts and services as a table for people; two digits of each amount.
pub(crate) fn cloud_totals(totals: &DataFrame) -> String {
    let header = totals.columns().iter().map(|column| column.name().replace('_', "\n")).collect();
    let amount = |text: String| text.parse::<f64>().map_or(text, |amount| format!("{amount:.2}"));
    let rows = (0..totals.height().min(TOTALS_SHOWN)).map(|row| {
        let cells = totals.columns().iter().map(|column| match column.get(row).unwrap_or(AnyValue::Null) {
            value @ AnyValue::Decimal(..) => amount(value.to_string()),
            other => cell(&other),
        });
        cells.collect()
    });
    let table = grid(header, rows, Some(3));
    match totals.height().saturating_sub(TOTALS_SHOWN) {
        0 => table.to_string(),
        more => format!("{table}\n… and {more} more (use --format json)"),
    }
}

/// A table whose columns from `numbers_from` on are numbers, if any are.
pub(crate) fn grid(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>, numbers_from: Option<usize>) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::UTF8_BORDERS_ONLY);
    table.set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(numbers_from.unwrap_or(usize::MAX)) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn cell(value: &AnyValue<'_>) -> String {
    if value.is_null() {
        return "–".to_owned();
    }
    // The text of a column of one value is owned.
    let Some(text) = value.get_str() else { return value.to_string() };
    let quoted = format!("{text:?}");
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

/// Warnings a line each, the first of them; the rest is counted.
pub(crate) fn warnings(all: &[String]) -> String {
    let mut shown = String::new();
    for warning in all.iter().take(WARNINGS_SHOWN) {
        shown.push_str("warning: ");
        shown.push_str(warning);
        shown.push('\n');
    }
    match all.iter().skip(WARNINGS_SHOWN).count() {
        0 => shown,
        more => format!("{shown}… and {more} more (use --format json)\n"),
    }
}

/// What it took, as the last line of a closing summary for people.
pub(crate) fn cost(seconds: f64, peak_memory_bytes: Option<u64>) -> String {
    let memory = peak_memory_bytes.map(|bytes| format!(", peak memory {}", HumanBytes(bytes)));
    format!("{seconds:.2} s{}", memory.unwrap_or_default())
}

/// The most memory that this process ever held, in bytes, where the system tells.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aggregator_core::table::summary::NAMESPACE_TOTALS;
    use polars::prelude::{Column, DataType, PlSmallStr, Scalar};

    #[test]
    fn namespaces_are_shown_with_units_and_two_digits() {
        let columns = NAMESPACE_TOTALS.columns.iter().zip(1_i32..).map(|(column, place)| match column.kind.data_type() {
            DataType::String => Column::new(column.name.into(), [Some("shop"), None]),
            _ => Column::new(column.name.into(), [Some(f64::from(place) / 8.0), None]),
        });
        let totals = DataFrame::new(2, columns.collect()).expect("columns of one height");
        insta::assert_snapshot!(namespaces(&totals));
    }

    #[test]
    fn a_text_is_shown_without_quotes_however_its_column_is_kept() {
        let frame = |column: Column| table(&column.into_frame());
        let text = "say \"x\"\n";
        let one_value = Column::new_scalar("text".into(), Scalar::from(PlSmallStr::from(text)), 1);
        assert_eq!(frame(one_value), frame(Column::new("text".into(), [text])));
        assert!(frame(Column::new("text".into(), [text])).contains("│ say \\\"x\\\"\\n │"));
    }

    #[test]
    fn twenty_warnings_are_shown_and_the_rest_is_counted() {
        let all: Vec<String> = (1..=23).map(|number| format!("number {number}")).collect();
        assert_eq!(warnings(&all).lines().count(), 21);
        assert!(warnings(&all).ends_with("warning: number 20\n… and 3 more (use --format json)\n"));
        assert_eq!(warnings(&all[..20]).lines().count(), 20);
        assert_eq!(warnings(&[]), "");
    }
}
