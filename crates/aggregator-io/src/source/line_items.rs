//! The line items of one source and window: which files, which days they hold, and their rows.

use super::parquet::{ParquetFile, blame, is_data, scan_all};
use super::path::{Month, ocp_partition, ocp_table};
use crate::error::{Error, Result};
use crate::execute::{self, Engine};
use crate::ingest::journal;
use crate::store::{Object, Store};
use aggregator_core::ocp::in_window;
use aggregator_core::run::{SourceUuid, Window};
use aggregator_core::table::Table;
use aggregator_core::table::ocp::INTERVAL_START;
use chrono::{DateTime, NaiveDate};
use futures::{StreamExt, TryStreamExt};
use polars::prelude::*;
use std::path::PathBuf;

/// How many objects of a bucket are copied at a time.
const PARALLEL_COPIES: usize = 8;

/// The files of one table of one source and month.
#[derive(Clone, Debug)]
pub struct LineItemFiles {
    table: &'static Table,
    prefix: String,
    files: Vec<DatedFile>,
    /// Bytes of the files.
    pub bytes: u64,
    /// Rows of the files, in the window or not.
    pub rows: u64,
}

/// A file, and the days it may hold; `None` if it has no row with a time.
#[derive(Clone, Debug)]
struct DatedFile {
    file: ParquetFile,
    days: Option<(NaiveDate, NaiveDate)>,
    rows: u64,
}

/// Where the line items of a table are looked for.
#[derive(Clone, Debug)]
pub struct Partition<'a> {
    /// The store.
    pub store: &'a Store,
    /// The tenant schema.
    pub schema: &'a str,
    /// The source.
    pub source: SourceUuid,
    /// The window; its month is the partition.
    pub window: &'a Window,
}

/// How often one looks again because an ingest exchanged files meanwhile.
const LOOKS: u32 = 20;

impl Partition<'_> {
    /// The data files below `prefix` that count, and where they lie on this machine. Ingest may be exchanging files: what the journal
    /// says must hold before and after.
    async fn settled(&self, prefix: &str, spool: &std::path::Path) -> Result<(Vec<Object>, Vec<ParquetFile>)> {
        let month = Month::of(self.window.start());
        let ignored = || journal::ignored(self.store, self.schema, self.source, month);
        let mut before = ignored().await?;
        for _ in 0..LOOKS {
            let mut objects = self.store.list(prefix).await?;
            objects.retain(|object| {
                let path = object.path.as_ref();
                is_data(path.get(prefix.len()..).unwrap_or_default(), object.size) && !before.contains(path)
            });
            let files = local_files(self.store, &objects, spool).await;
            let after = ignored().await?;
            if before == after {
                return files.map(|files| (objects, files));
            }
            before = after;
        }
        Err(Error::Locked { source_uuid: self.source.to_string(), month: month.first() })
    }
}

impl LineItemFiles {
    /// Finds the files of `table`, copies them to this machine if the store is a bucket (into `spool`), and reads which days they
    /// hold.
    ///
    /// # Errors
    /// A store that refuses, or a file that is no Parquet or whose columns cannot be read as declared.
    pub async fn open(partition: &Partition<'_>, table: &'static Table, spool: &std::path::Path, engine: Engine) -> Result<Self> {
        let prefix = ocp_partition(partition.schema, table, partition.source, partition.window);
        let (objects, files) = partition.settled(&prefix, spool).await?;
        let bytes = objects.iter().map(|object| object.size).sum();
        let files = dated(files, table, engine).await?;
        let rows = files.iter().map(|file| file.rows).sum();
        Ok(Self { table, prefix, files, bytes, rows })
    }

    /// The prefix that was listed.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The table.
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// Whether the partition has no data file at all, not even one without rows.
    pub fn is_absent(&self) -> bool {
        self.bytes == 0
    }

    /// Rows of the files that may hold `day`, each file's shared evenly over its days.
    pub(crate) fn rows_of(&self, day: NaiveDate) -> u64 {
        let share = |file: &DatedFile| {
            let (first, last) = file.days.filter(|(first, last)| (*first..=*last).contains(&day))?;
            Some(file.rows / u64::try_from((last - first).num_days() + 1).unwrap_or(1))
        };
        self.files.iter().filter_map(share).sum()
    }

    /// Whether a file holds both `day` and the day after.
    pub(crate) fn spans(&self, day: NaiveDate) -> bool {
        self.files.iter().any(|file| file.days.is_some_and(|(first, last)| first <= day && day < last))
    }

    /// The rows of `window`, as the table declares them.
    ///
    /// # Errors
    /// As [`ParquetFile::scan`].
    pub fn scan(&self, window: &Window) -> Result<LazyFrame> {
        Ok(in_window(scan_all(&self.of(*window), self.table)?, window))
    }

    /// Runs `plan`, made from [`LineItemFiles::scan`] of `window`.
    ///
    /// # Errors
    /// [`Error::Parquet`], naming the damaged file.
    pub async fn collect(&self, plan: LazyFrame, window: &Window, engine: Engine) -> Result<DataFrame> {
        match execute::scan(plan, engine).await {
            Ok(frame) => Ok(frame),
            Err(error) => Err(blame(&self.of(*window), self.table, error)),
        }
    }

    /// The rows of `window`, read.
    ///
    /// # Errors
    /// As [`LineItemFiles::scan`] and [`LineItemFiles::collect`].
    pub async fn read(&self, window: &Window, engine: Engine) -> Result<DataFrame> {
        self.collect(self.scan(window)?, window, engine).await
    }

    fn of(&self, window: Window) -> Vec<ParquetFile> {
        let overlaps = |file: &&DatedFile| file.days.is_some_and(|(first, last)| first <= window.end() && window.start() <= last);
        self.files.iter().filter(overlaps).map(|file| file.file.clone()).collect()
    }
}

/// Whether a tenant has a table at all: any object in its folder, of any source and month.
///
/// # Errors
/// A store that refuses.
pub async fn table_exists(store: &Store, schema: &str, table: &Table) -> Result<bool> {
    Ok(!store.list(&ocp_table(schema, table)).await?.is_empty())
}

/// The objects as files of this machine: where they lie, or copies in `spool`.
async fn local_files(store: &Store, objects: &[Object], spool: &std::path::Path) -> Result<Vec<ParquetFile>> {
    let shown = |object: &Object| store.display(object.path.as_ref());
    if let Some(root) = store.local_root() {
        return Ok(objects.iter().map(|object| ParquetFile { path: root.join(object.path.as_ref()), shown: shown(object) }).collect());
    }
    let copies = objects.iter().map(|object| async move {
        let path: PathBuf = spool.join(format!("{}.parquet", uuid::Uuid::new_v4()));
        let content = store.read(object.path.as_ref()).await?;
        let failed = |source| Error::File { action: "write", path: path.display().to_string(), source };
        tokio::fs::write(&path, content).await.map_err(failed)?;
        Ok(ParquetFile { path: path.clone(), shown: shown(object) })
    });
    futures::stream::iter(copies).buffered(PARALLEL_COPIES).try_collect().await
}

/// The files with the days between their first and last time, and their rows; files without a row are dropped.
async fn dated(files: Vec<ParquetFile>, table: &Table, engine: Engine) -> Result<Vec<DatedFile>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let bounds = |plan: LazyFrame| {
        let millis = INTERVAL_START.expr().cast(DataType::Int64);
        plan.select([millis.clone().min().alias("first"), millis.max().alias("last"), len().cast(DataType::UInt64).alias("rows")])
    };
    // Only the time is looked at: Trino, too, does not mind the type of a column in a file without rows of the window.
    let times = &Table { name: table.name, grain: table.grain, columns: &[INTERVAL_START] };
    let plans = files.iter().map(|file| file.scan(times).map(bounds)).collect::<Result<Vec<_>>>()?;
    let plan = concat(plans, UnionArgs::default()).map_err(|source| Error::Plan { what: table.name, source })?;
    let found = execute::scan(plan, engine).await.map_err(|error| blame(&files, times, error))?;
    let failed = |source| Error::Plan { what: table.name, source };
    let (first, last) =
        (found.column("first").map_err(failed)?.i64().map_err(failed)?, found.column("last").map_err(failed)?.i64().map_err(failed)?);
    let rows = found.column("rows").map_err(failed)?.u64().map_err(failed)?;
    let day = |millis: Option<i64>| millis.and_then(DateTime::from_timestamp_millis).map(|time| time.date_naive());
    let dated = files.into_iter().zip(first.iter()).zip(last.iter()).zip(rows.iter());
    Ok(dated
        .map(|(((file, first), last), rows)| DatedFile { file, days: day(first).zip(day(last)), rows: rows.unwrap_or_default() })
        .filter(|file| file.rows > 0)
        .collect())
}
