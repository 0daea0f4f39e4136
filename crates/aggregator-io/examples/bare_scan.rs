//! Decodes the columns that a daily summary reads, and does nothing else: what the end-to-end benches measure the summaries against.
//!
//! ```text
//! bare_scan DIRECTORY          (made by `generate_line_items`)
//! bare_scan DIRECTORY aws      (or `azure`, `gcp`; made by `generate_cloud_line_items`)
//! ```
//! Polars' streaming engine reads each table with one query. Each column is reduced to one number that cannot be had without
//! decoding it: the sum of the numbers, the greatest time, the bytes of the texts. Neither is answered by the statistics of a file, and
//! none needs a hash table. Prints one JSON object: rows, seconds, CPU seconds (user and system), peak memory in bytes.
#![allow(clippy::disallowed_methods, reason = "what is measured is Polars alone, without the engine's settings")]

use aggregator_core::run::{SourceUuid, Window};
use aggregator_core::table::cloud::{AWS_DAILY, AZURE_DAILY, GCP_HOURLY};
use aggregator_core::table::ocp::{NAMESPACE_LABELS_DAILY, NODE_LABELS_DAILY, POD_USAGE_DAILY, POD_USAGE_HOURLY, STORAGE_USAGE_DAILY};
use aggregator_core::table::{ColumnDef, Kind, Table};
use aggregator_io::source::path::{Month, partition};
use chrono::NaiveDate;
use polars::prelude::*;
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const TABLES: [&Table; 5] = [&POD_USAGE_HOURLY, &POD_USAGE_DAILY, &STORAGE_USAGE_DAILY, &NODE_LABELS_DAILY, &NAMESPACE_LABELS_DAILY];

/// The source of the cloud line items.
const OF_CLOUD: &str = "c0000000-0000-4000-8000-000000000001";

fn main() -> Result<()> {
    let started = Instant::now();
    let data = std::env::args().nth(1).ok_or("which directory?")?;
    // What the generators write.
    let (tables, source): (&[&Table], _) = match std::env::args().nth(2).as_deref() {
        None => (&TABLES, "b0000000-0000-4000-8000-000000000001"),
        Some("aws") => (&[&AWS_DAILY], OF_CLOUD),
        Some("azure") => (&[&AZURE_DAILY], OF_CLOUD),
        Some("gcp") => (&[&GCP_HOURLY], OF_CLOUD),
        Some(other) => return Err(format!("`{other}` is no cloud").into()),
    };
    let source = SourceUuid(source.parse()?);
    let first = NaiveDate::from_ymd_opt(2026, 10, 1).ok_or("no such day")?;
    let window = Window::new(first, first)?;
    let mut rows = 0;
    for table in tables {
        rows += scan(&Path::new(&data).join(partition("org1234567", table, source, Month::of(window.start()))), table)?;
    }
    let seconds = started.elapsed().as_secs_f64();
    let result = serde_json::json!({
        "rows": rows, "seconds": seconds, "cpu_seconds": cpu_seconds(), "peak_memory_bytes": peak_memory(),
    });
    writeln!(std::io::stdout(), "{result}")?;
    Ok(())
}

/// How many rows the files in `folder` have, after decoding the columns of `table`.
fn scan(folder: &Path, table: &Table) -> Result<u64> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    let paths: Vec<_> = paths.iter().filter_map(|path| path.to_str()).map(PlRefPath::new).collect();
    let options = ScanArgsParquet { glob: false, cache: false, ..ScanArgsParquet::default() };
    let frame = LazyFrame::scan_parquet_files(paths.into(), options)?;
    let mut decoded: Vec<_> = table.columns.iter().map(decoded).collect();
    decoded.push(len().cast(DataType::UInt64).alias("rows"));
    let result = frame.select(decoded).collect_with_engine(Engine::Streaming)?.unwrap_single();
    Ok(result.column("rows")?.u64()?.get(0).unwrap_or_default())
}

fn decoded(column: &ColumnDef) -> Expr {
    match column.kind {
        Kind::Text | Kind::Labels | Kind::Json | Kind::Uuid => column.expr().str().len_bytes().cast(DataType::UInt64).sum(),
        Kind::Double => column.expr().sum(),
        _ => column.expr().max(),
    }
}

/// User and system time of this process, where the system tells.
fn cpu_seconds() -> Option<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program comes before, in parentheses.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS_PER_SECOND)
}

/// The most memory that this process ever held, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes << 10)
}
