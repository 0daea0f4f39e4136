//! What is printed to standard output.

use anyhow::Context;
use polars::prelude::{AnyValue, DataFrame};
use std::io::Write;

/// Writes `text` and a line end to standard output.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("could not write to standard output")
}

/// A frame as a JSON array of objects.
pub(crate) fn json(frame: &DataFrame) -> serde_json::Value {
    let rows = (0..frame.height()).map(|row| {
        let cell = |column: &polars::prelude::Column| (column.name().to_string(), value(column.get(row).unwrap_or(AnyValue::Null)));
        serde_json::Value::Object(frame.columns().iter().map(cell).collect())
    });
    rows.collect()
}

fn value(value: AnyValue<'_>) -> serde_json::Value {
    match value {
        AnyValue::Null => serde_json::Value::Null,
        AnyValue::String(text) => text.into(),
        AnyValue::StringOwned(text) => text.as_str().into(),
        AnyValue::Float64(number) => number.into(),
        AnyValue::Int32(number) => number.into(),
        other => other.to_string().into(),
    }
}

/// A frame as a table for people; null is a dash.
pub(crate) fn table(frame: &DataFrame) -> String {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::UTF8_BORDERS_ONLY);
    table.set_header(frame.columns().iter().map(|column| column.name().as_str()));
    for row in 0..frame.height() {
        table.add_row(frame.columns().iter().map(|column| match column.get(row).unwrap_or(AnyValue::Null) {
            AnyValue::Null => "–".to_owned(),
            AnyValue::String(text) => format!("{text:?}").trim_matches('"').to_owned(),
            other => other.to_string(),
        }));
    }
    table.to_string()
}

/// The most memory that this process ever held, in bytes, where the system tells.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes << 10)
}
