//! A Parquet file or a tree of them as rows, a portion of a file at a time.

mod cast;
mod files;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use aggregator_core::table::ColumnDef;
use polars::prelude::{DataFrame, ParquetReader, PolarsError, PolarsResult, SchemaRef, SerReader};

use super::{check_columns, unreadable};
use crate::error::{Error, Result};
use crate::rows::{Filter, RowsBuilder, Value};
use crate::subject::{FoundColumn, Subject};
use cast::Values;
use files::DataFile;

/// How many rows are in memory at a time.
const PORTION: usize = 1 << 17;

/// The wanted files of a path, and what they hold.
pub(crate) struct Tree {
    name: String,
    files: Vec<TreeFile>,
    /// Whether the files hold wanted rows, or only show the columns.
    has_rows: bool,
}

struct TreeFile {
    file: DataFile,
    schema: SchemaRef,
    /// The portions, each with its first row and its height.
    portions: Vec<(usize, usize)>,
}

impl Tree {
    /// The file or directory `path`; no file is opened that cannot hold a row that `filter` wants.
    pub(crate) fn open(path: &Path, filter: &Filter) -> Result<Self> {
        let files = files::list(path)?;
        let mut wanted: Vec<DataFile> = files.iter().filter(|file| file.is_wanted(filter)).cloned().collect();
        let has_rows = !wanted.is_empty();
        if !has_rows {
            // No partition is wanted: the side has no rows, but it has columns.
            wanted.extend(files.into_iter().next());
        }
        let files = wanted.into_iter().map(TreeFile::open).collect::<Result<_>>()?;
        Ok(Self { name: path.display().to_string(), files, has_rows })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The columns of all files and of their paths.
    pub(crate) fn columns(&self) -> Vec<FoundColumn> {
        let mut columns: Vec<FoundColumn> = Vec::new();
        for file in &self.files {
            for found in file.columns() {
                match columns.iter_mut().find(|column| column.name == found.name) {
                    Some(column) => column.found = column.found.and(found.found),
                    None => columns.push(found),
                }
            }
        }
        columns
    }

    /// Refuses a file that lacks a column of the key, or one by which rows are filtered.
    pub(crate) fn check(&self, subject: &Subject, filter: &Filter) -> Result<()> {
        for file in &self.files {
            let has = |name: &str| file.schema.contains(name) || file.file.partition(name, subject.partitions).is_some();
            check_columns(&file.place(), subject, filter, has)?;
        }
        Ok(())
    }

    /// Gives the rows of all files to `rows`.
    pub(crate) fn scan(&self, subject: &Subject, rows: &mut RowsBuilder) -> Result<()> {
        for file in self.files.iter().filter(|_| self.has_rows) {
            for portion in &file.portions {
                file.append(*portion, rows, subject)?;
            }
            // A file without a row still says whether its columns can be read.
            if file.portions.is_empty() {
                file.append((0, 0), rows, subject)?;
            }
        }
        Ok(())
    }
}

impl TreeFile {
    fn open(file: DataFile) -> Result<Self> {
        let (schema, portions) = file_of(&file.path, |file| {
            let mut reader = ParquetReader::new(file.try_clone()?);
            let metadata = reader.get_metadata()?.clone();
            let mut portions = Vec::new();
            let mut first = 0;
            for group in &metadata.row_groups {
                let end = first + group.num_rows();
                while first < end {
                    let height = PORTION.min(end - first);
                    portions.push((first, height));
                    first += height;
                }
            }
            let frame = reader.with_slice(Some((0, 0))).finish()?;
            Ok((frame.schema().clone(), portions))
        })?;
        Ok(Self { file, schema, portions })
    }

    fn place(&self) -> String {
        self.file.path.display().to_string()
    }

    /// The columns of the file, and those of its path that it lacks.
    fn columns(&self) -> Vec<FoundColumn> {
        let of_file =
            self.schema.iter().filter_map(|(name, data_type)| Some(FoundColumn { name: name.to_string(), found: cast::found(data_type)? }));
        let of_file: Vec<FoundColumn> = of_file.collect();
        let of_path = self.file.partitions().into_iter().filter(|column| !self.schema.contains(&column.name)).collect::<Vec<_>>();
        of_file.into_iter().chain(of_path).collect()
    }

    fn append(&self, portion: (usize, usize), rows: &mut RowsBuilder, subject: &Subject) -> Result<()> {
        let place = self.place();
        let columns = rows.columns();
        let in_file = |column: &ColumnDef| {
            self.schema.contains(column.name) && subject.ignored(column.name).is_none() && self.partition(column, subject).is_none()
        };
        let wanted: Vec<String> = columns.iter().filter(|column| in_file(column)).map(|column| column.name.to_owned()).collect();
        let frame = file_of(&self.file.path, |file| {
            ParquetReader::new(file.try_clone()?).with_columns(Some(wanted.clone())).with_slice(Some(portion)).finish()
        })?;
        let values: Vec<Values> = columns
            .iter()
            .map(|column| match self.partition(column, subject) {
                Some(values) => Ok(values),
                None => values(&frame, column, &place),
            })
            .collect::<Result<_>>()?;
        let (_, height) = portion;
        for row in 0..height {
            let value = |column: usize| values.get(column).map_or(Ok(Value::Null), |values| values.value(row));
            rows.push(value).map_err(unreadable(&place))?;
        }
        Ok(())
    }

    fn partition(&self, column: &ColumnDef, subject: &Subject) -> Option<Values> {
        // A discovered column is of the path only where the file lacks it; Hive's own is always of the path.
        let of_file = subject.origin == crate::subject::Origin::Discovered && self.schema.contains(column.name);
        self.file.partition(column.name, subject.partitions).filter(|_| !of_file)
    }
}

/// What `read` makes of the file at `path`.
fn file_of<T>(path: &Path, read: impl Fn(&std::fs::File) -> PolarsResult<T>) -> Result<T> {
    let file = std::fs::File::open(path).map_err(|source| files::failed("open", path, source))?;
    // Polars panics on some damaged files. Nothing that it touched is used afterwards.
    let answer = catch_unwind(AssertUnwindSafe(|| read(&file))).unwrap_or_else(|panic| Err(panicked(&*panic)));
    answer.map_err(|source| Error::Parquet { path: path.display().to_string(), source })
}

fn panicked(panic: &(dyn Any + Send)) -> PolarsError {
    let message = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    PolarsError::ComputeError(format!("the reader panicked: {}", message.unwrap_or("no message")).into())
}

fn values(frame: &DataFrame, column: &ColumnDef, place: &str) -> Result<Values> {
    let Ok(series) = frame.column(column.name) else { return Ok(Values::Absent) };
    Values::new(series.as_materialized_series()).map_err(|reason| Error::Column { place: place.to_owned(), column: column.name, reason })
}
