//! A folder with one small Parquet file a run.

use super::Line;
use crate::error::{Error, Result};
use chrono::{DateTime, NaiveDate};
use polars::prelude::*;
use std::fs::File;
use std::path::Path;

/// Adds the lines of a run.
///
/// # Errors
/// [`Error::File`] or [`Error::Parquet`]: the file cannot be written.
pub(super) fn add(folder: &Path, lines: &[Line]) -> Result<()> {
    let Some(first) = lines.first() else { return Ok(()) };
    let failed = |action: &'static str, path: &Path| {
        let path = path.display().to_string();
        move |source| Error::File { action, path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed("create", folder))?;
    let name = format!("{}-{}.parquet", first.run_at.format("%Y%m%dT%H%M%S%.3fZ"), first.source);
    // Renamed when it is whole: a reader never meets a part of a file.
    let (path, unfinished) = (folder.join(&name), folder.join(format!(".{name}")));
    let mut file = File::create(&unfinished).map_err(failed("write", &unfinished))?;
    let written = frame(lines).and_then(|mut frame| ParquetWriter::new(&mut file).finish(&mut frame));
    written.map_err(|source| Error::Parquet { path: path.display().to_string(), source })?;
    std::fs::rename(&unfinished, &path).map_err(failed("write", &path))
}

/// All lines, in any order; none where there is no history yet.
///
/// # Errors
/// [`Error::File`] or [`Error::Parquet`]: a file cannot be read.
pub(super) fn read(folder: &Path) -> Result<Vec<Line>> {
    let failed = |source| Error::File { action: "read", path: folder.display().to_string(), source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut lines = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || !name.ends_with(".parquet") {
            continue;
        }
        let damaged = |source| Error::Parquet { path: path.display().to_string(), source };
        let frame = ParquetReader::new(File::open(&path).map_err(failed)?).finish().map_err(damaged)?;
        lines.extend(lines_of(&frame).map_err(damaged)?);
    }
    Ok(lines)
}

fn days(date: NaiveDate) -> i32 {
    i32::try_from((date - NaiveDate::default()).num_days()).unwrap_or_default()
}

fn frame(lines: &[Line]) -> PolarsResult<DataFrame> {
    let text =
        |name: &str, of: fn(&Line) -> Option<&str>| StringChunked::from_iter_options(name.into(), lines.iter().map(of)).into_column();
    let count = |name: &str, of: fn(&Line) -> u64| UInt64Chunked::from_vec(name.into(), lines.iter().map(of).collect()).into_column();
    let number =
        |name: &str, of: fn(&Line) -> Option<f64>| Float64Chunked::from_iter_options(name.into(), lines.iter().map(of)).into_column();
    let date = |name: &str, of: fn(&Line) -> NaiveDate| {
        Int32Chunked::from_vec(name.into(), lines.iter().map(|line| days(of(line))).collect()).into_date().into_column()
    };
    let run_at = Int64Chunked::from_vec("run_at".into(), lines.iter().map(|line| line.run_at.timestamp_millis()).collect());
    DataFrame::new(
        lines.len(),
        vec![
            run_at.into_datetime(TimeUnit::Milliseconds, None).into_column(),
            text("schema", |line| Some(&line.schema)),
            text("source", |line| Some(&line.source)),
            text("side", |line| Some(&line.side)),
            date("start", |line| line.start),
            date("end", |line| line.end),
            count("rows_theirs", |line| line.rows_theirs),
            count("rows_ours", |line| line.rows_ours),
            count("differing_rows", |line| line.differing_rows),
            count("explained_rows", |line| line.explained_rows),
            number("largest_relative", |line| line.largest_relative),
            text("largest_column", |line| line.largest_column.as_deref()),
            number("seconds_ours", |line| Some(line.seconds_ours)),
            number("seconds_theirs", |line| Some(line.seconds_theirs)),
        ],
    )
}

fn lines_of(frame: &DataFrame) -> PolarsResult<Vec<Line>> {
    let missing = || PolarsError::ComputeError("it is no history of parallel runs".into());
    let text = |name: &str, row: usize| PolarsResult::Ok(frame.column(name)?.str()?.get(row).map(str::to_owned));
    let count = |name: &str, row: usize| frame.column(name)?.u64()?.get(row).ok_or_else(missing);
    let number = |name: &str, row: usize| PolarsResult::Ok(frame.column(name)?.f64()?.get(row));
    let date =
        |name: &str, row: usize| frame.column(name)?.date()?.physical().get(row).and_then(NaiveDate::from_epoch_days).ok_or_else(missing);
    let line = |row: usize| {
        let run_at = frame.column("run_at")?.datetime()?.physical().get(row).and_then(DateTime::from_timestamp_millis);
        Ok(Line {
            run_at: run_at.ok_or_else(missing)?,
            schema: text("schema", row)?.ok_or_else(missing)?,
            source: text("source", row)?.ok_or_else(missing)?,
            side: text("side", row)?.ok_or_else(missing)?,
            start: date("start", row)?,
            end: date("end", row)?,
            rows_theirs: count("rows_theirs", row)?,
            rows_ours: count("rows_ours", row)?,
            differing_rows: count("differing_rows", row)?,
            explained_rows: count("explained_rows", row)?,
            largest_relative: number("largest_relative", row)?,
            largest_column: text("largest_column", row)?,
            seconds_ours: number("seconds_ours", row)?.ok_or_else(missing)?,
            seconds_theirs: number("seconds_theirs", row)?.ok_or_else(missing)?,
        })
    };
    (0..frame.height()).map(line).collect()
}
