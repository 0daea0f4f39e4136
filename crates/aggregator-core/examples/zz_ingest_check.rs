//! scratch
#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs
)]
use aggregator_core::ingest::{self, ReportType};
use polars::prelude::*;
use serde_json::{Value, json};
use std::io::BufRead;
fn dump(frame: &DataFrame) -> Value {
    let names: Vec<String> = frame.get_column_names().iter().map(|n| n.to_string()).collect();
    let rows: Vec<Vec<Value>> = (0..frame.height())
        .map(|r| {
            frame
                .columns()
                .iter()
                .map(|c| match c.get(r).unwrap() {
                    AnyValue::Null => Value::Null,
                    AnyValue::String(t) => json!(t),
                    AnyValue::StringOwned(t) => json!(t.to_string()),
                    AnyValue::Float64(f) => json!(["f", f.to_bits().to_string()]),
                    AnyValue::Datetime(t, ..) => json!(["t", t]),
                    AnyValue::DatetimeOwned(t, ..) => json!(["t", t]),
                    AnyValue::Date(d) => json!(["d", d]),
                    AnyValue::UInt64(d) => json!(["u", d]),
                    AnyValue::UInt32(d) => json!(["u", d]),
                    other => json!(["?", other.to_string()]),
                })
                .collect()
        })
        .collect();
    json!({"names": names, "rows": rows})
}
fn main() {
    std::thread::Builder::new().stack_size(256 << 20).spawn(work).unwrap().join().unwrap();
}
fn work() {
    for line in std::io::stdin().lock().lines() {
        let v: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let header: Vec<PlSmallStr> = v["header"].as_array().unwrap().iter().map(|h| h.as_str().unwrap().into()).collect();
        let Some(report) = ReportType::detect(header.iter().map(|h| h.as_str())) else {
            println!("{}", json!({"id": v["id"], "report": null}));
            continue;
        };
        let rows = v["rows"].as_array().unwrap();
        let mut columns: Vec<Column> = header
            .iter()
            .enumerate()
            .map(|(i, h)| StringChunked::from_iter_values(h.clone(), rows.iter().map(|r| r[i].as_str().unwrap())).into_column())
            .collect();
        columns.push(UInt64Chunked::from_vec(ingest::LINE.into(), (0..rows.len() as u64).collect()).into_column());
        let raw = DataFrame::new(rows.len(), columns).unwrap();
        let typed = ingest::typed(report, &header, raw.clone().lazy()).collect().unwrap();
        let items = ingest::line_items(&header, typed.clone().lazy()).collect().unwrap();
        let refused = ingest::refused(&header, typed.clone().lazy()).collect().unwrap();
        let daily = ingest::daily(report, items.clone().lazy()).collect().unwrap();
        let keys = ingest::tag_keys(&header, items.clone().lazy()).collect().unwrap();
        let bad = ingest::unparsed_numbers(&header, raw.lazy()).collect().unwrap();
        println!(
            "{}",
            json!({"id": v["id"], "report": report.name(), "hourly": dump(&items), "refused": dump(&refused), "daily": dump(&daily), "keys": dump(&keys), "bad": dump(&bad)})
        );
    }
}
