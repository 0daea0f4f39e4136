//! A Parquet file or a tree of them as rows.

mod cast;
mod files;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use aggregator_core::table::ColumnDef;
use polars::prelude::{DataFrame, ParquetReader, PolarsError, SerReader};

use super::{builder, check_columns, unreadable};
use crate::error::{Error, Result};
use crate::rows::{Filter, Rows, RowsBuilder, Value};
use crate::subject::Subject;
use cast::Values;
use files::DataFile;

/// The wanted rows of the file or directory `path`.
pub(super) fn read(path: &Path, subject: &Subject, filter: &Filter) -> Result<Rows> {
    let files = files::list(path)?;
    let mut rows = builder(path.display(), subject, filter);
    let mut read_any = false;
    for file in files.iter().filter(|file| file.is_wanted(filter)) {
        append(file, Wanted::Rows, &mut rows, subject)?;
        read_any = true;
    }
    // No partition is wanted: the side has no rows, but it has columns.
    if let Some(file) = files.first().filter(|_| !read_any) {
        append(file, Wanted::Columns, &mut rows, subject)?;
    }
    Ok(rows.finish())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Rows,
    Columns,
}

fn append(file: &DataFile, wanted: Wanted, rows: &mut RowsBuilder, subject: &Subject) -> Result<()> {
    let place = file.path.display().to_string();
    let frame = frame(&file.path, rows, subject)?;
    let columns = rows.columns();
    let values: Vec<Values> = columns
        .iter()
        .map(|column| match file.partition(column.name, subject.partitions) {
            Some(values) => Ok(values),
            None => values(&frame, column, &place),
        })
        .collect::<Result<_>>()?;
    for (column, values) in columns.iter().zip(&values) {
        if !matches!(values, Values::Absent) {
            rows.has(column);
        }
    }
    let has = |name: &str| frame.schema().contains(name);
    check_columns(&place, subject, rows.filter(), has)?;
    let height = if wanted == Wanted::Rows { frame.height() } else { 0 };
    for row in 0..height {
        let value = |column: usize| values.get(column).map_or(Ok(Value::Null), |values| values.value(row));
        rows.push(value).map_err(unreadable(&place))?;
    }
    Ok(())
}

/// The columns of the file that the table knows; `rows` learns of the others.
fn frame(path: &Path, rows: &mut RowsBuilder, subject: &Subject) -> Result<DataFrame> {
    let file = std::fs::File::open(path).map_err(|source| files::failed("open", path, source))?;
    let known = subject.columns();
    let read = || {
        let mut reader = ParquetReader::new(file);
        let names = reader.schema()?.iter_names().map(ToString::to_string).collect::<Vec<_>>();
        let (wanted, unknown): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| known.iter().any(|column| column.name == name.as_str()));
        Ok((reader.with_columns(Some(wanted)).finish()?, unknown))
    };
    // Polars panics on some damaged files. Nothing that it touched is used afterwards.
    let answer = catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| Err(panicked(&*panic)));
    let (frame, unknown) = answer.map_err(|source| Error::Parquet { path: path.display().to_string(), source })?;
    for name in unknown {
        rows.has_unknown(name);
    }
    Ok(frame)
}

fn panicked(panic: &(dyn Any + Send)) -> PolarsError {
    let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    PolarsError::ComputeError(format!("the reader panicked: {}", message.unwrap_or("no message")).into())
}

fn values(frame: &DataFrame, column: &ColumnDef, place: &str) -> Result<Values> {
    let Ok(series) = frame.column(column.name) else { return Ok(Values::Absent) };
    Values::new(series.as_materialized_series()).map_err(|reason| Error::Column { place: place.to_owned(), column: column.name, reason })
}
