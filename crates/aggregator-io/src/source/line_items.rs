//! The line items of one source and window: which files, which days they hold, and their rows.

use super::parquet::{ParquetFile, blame, columns_of, is_data, scan_all, scan_all_columns};
use super::path::{self, Month};
use crate::error::{Error, Result};
use crate::execute::{self, Engine};
use crate::ingest::journal;
use crate::store::{Object, Store};
use aggregator_core::days::in_days;
use aggregator_core::run::{SourceUuid, Window};
use aggregator_core::table::{ColumnDef, Kind, Table};
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
    /// The month.
    pub month: Month,
}

/// How often one looks again because an ingest exchanged files meanwhile.
const LOOKS: u32 = 20;

impl Partition<'_> {
    /// The data files below `prefix` that count, and where they lie on this machine. Ingest may be exchanging files: what the journal
    /// says must hold before and after.
    async fn settled(&self, table: &Table, prefix: &str, spool: &std::path::Path) -> Result<(Vec<Object>, Vec<ParquetFile>)> {
        let journal = path::journal(self.schema, table, self.source, self.month);
        let ignored = || journal::ignored(self.store, &journal);
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
        Err(Error::Locked { source_uuid: self.source.to_string(), month: self.month.first() })
    }
}

impl LineItemFiles {
    /// Finds the files of `table`, copies them to this machine if the store is a bucket (into `spool`), and reads which days they
    /// hold.
    ///
    /// # Errors
    /// A store that refuses, or a file that is no Parquet or whose columns cannot be read as declared.
    pub async fn open(partition: &Partition<'_>, table: &'static Table, spool: &std::path::Path, engine: Engine) -> Result<Self> {
        let prefix = path::partition(partition.schema, table, partition.source, partition.month);
        Self::open_at(partition, prefix, table, spool, engine).await
    }

    /// As [`LineItemFiles::open`], with the files below `prefix`.
    ///
    /// # Errors
    /// As [`LineItemFiles::open`].
    pub async fn open_at(
        partition: &Partition<'_>,
        prefix: String,
        table: &'static Table,
        spool: &std::path::Path,
        engine: Engine,
    ) -> Result<Self> {
        let (objects, files) = partition.settled(table, &prefix, spool).await?;
        let bytes = objects.iter().map(|object| object.size).sum();
        let files = dated(files, table, engine).await?;
        let rows = files.iter().map(|file| file.rows).sum();
        Ok(Self { table, prefix, files, bytes, rows })
    }

    /// No file at all.
    pub(crate) fn none(table: &'static Table) -> Self {
        Self { table, prefix: String::new(), files: Vec::new(), bytes: 0, rows: 0 }
    }

    /// The files of `others`, too.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.files.extend(others.files);
        self.bytes += others.bytes;
        self.rows += others.rows;
        self
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
        self.scan_days(window.start(), window.end())
    }

    /// Runs `plan`, made from [`LineItemFiles::scan`] of `window`.
    ///
    /// # Errors
    /// [`Error::Parquet`], naming the damaged file.
    pub async fn collect(&self, plan: LazyFrame, window: &Window, engine: Engine) -> Result<DataFrame> {
        self.collect_days(plan, window.start(), window.end(), engine).await
    }

    /// The rows of the days from `start` to `end`, as the table declares them.
    ///
    /// # Errors
    /// As [`ParquetFile::scan`].
    pub fn scan_days(&self, start: NaiveDate, end: NaiveDate) -> Result<LazyFrame> {
        let rows = scan_all(&self.of(start, end), self.table)?;
        Ok(match self.table.time() {
            Some(time) => in_days(rows, time, start, end),
            None => rows,
        })
    }

    /// Runs `plan`, made from [`LineItemFiles::scan_days`] of these days.
    ///
    /// # Errors
    /// [`Error::Parquet`], naming the damaged file.
    pub async fn collect_days(&self, plan: LazyFrame, start: NaiveDate, end: NaiveDate, engine: Engine) -> Result<DataFrame> {
        match execute::scan(plan, engine).await {
            Ok(frame) => Ok(frame),
            Err(error) => Err(blame(&self.of(start, end), &columns_of(self.table), self.table.name, error)),
        }
    }

    /// All rows of the files, whenever they are.
    ///
    /// # Errors
    /// As [`ParquetFile::scan`].
    pub fn scan_whole(&self) -> Result<LazyFrame> {
        scan_all(&self.all(), self.table)
    }

    /// Runs `plan`, made from [`LineItemFiles::scan_whole`].
    ///
    /// # Errors
    /// [`Error::Parquet`], naming the damaged file.
    pub async fn collect_whole(&self, plan: LazyFrame, engine: Engine) -> Result<DataFrame> {
        match execute::scan(plan, engine).await {
            Ok(frame) => Ok(frame),
            Err(error) => Err(blame(&self.all(), &columns_of(self.table), self.table.name, error)),
        }
    }

    /// All rows of the files with these columns, by name and kind.
    ///
    /// # Errors
    /// As [`ParquetFile::scan`].
    pub fn scan_columns(&self, columns: &[(&str, Kind)]) -> Result<LazyFrame> {
        scan_all_columns(&self.all(), columns, self.table.name)
    }

    /// All rows of the files with every column that any of them has, by name; `kind` says what a column is declared as. The columns of
    /// the table are there in any case.
    ///
    /// # Errors
    /// As [`ParquetFile::scan`].
    pub fn scan_every_column(&self, kind: impl Fn(&str) -> Kind) -> Result<LazyFrame> {
        let files = self.all();
        let mut names: Vec<String> = Vec::new();
        for file in &files {
            for name in file.columns()? {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let missing = self.table.columns.iter().map(|column| column.name.to_owned()).filter(|name| !names.contains(name));
        names.extend(missing.collect::<Vec<_>>());
        let columns: Vec<_> = names.iter().map(|name| (name.as_str(), kind(name))).collect();
        scan_all_columns(&files, &columns, self.table.name)
    }

    /// Every file that holds a row.
    pub(crate) fn all(&self) -> Vec<ParquetFile> {
        self.files.iter().map(|file| file.file.clone()).collect()
    }

    /// The rows of `window`, read.
    ///
    /// # Errors
    /// As [`LineItemFiles::scan`] and [`LineItemFiles::collect`].
    pub async fn read(&self, window: &Window, engine: Engine) -> Result<DataFrame> {
        self.collect(self.scan(window)?, window, engine).await
    }

    pub(crate) fn of(&self, start: NaiveDate, end: NaiveDate) -> Vec<ParquetFile> {
        let is_dated = self.table.time().is_some();
        let overlaps = |file: &&DatedFile| !is_dated || file.days.is_some_and(|(first, last)| first <= end && start <= last);
        self.files.iter().filter(overlaps).map(|file| file.file.clone()).collect()
    }
}

/// The days from `start` to `end` in portions: as many days as hold about `at_a_time` rows, cut where no file goes on.
pub(crate) fn portions(tables: &[&LineItemFiles], start: NaiveDate, end: NaiveDate, at_a_time: u64) -> Vec<(NaiveDate, NaiveDate)> {
    let mut portions = Vec::new();
    let (mut first, mut rows) = (start, 0);
    for day in start.iter_days().take_while(|day| *day <= end) {
        rows += tables.iter().map(|files| files.rows_of(day)).sum::<u64>();
        let cheap_cut = !tables.iter().any(|files| files.spans(day));
        let full = rows >= at_a_time && cheap_cut || rows >= at_a_time.saturating_mul(4);
        if full || day == end {
            portions.push((first, day));
            rows = 0;
            first = day.succ_opt().unwrap_or(day);
        }
    }
    portions
}

/// Whether a tenant has a table at all: any object in its folder, of any source and month.
///
/// # Errors
/// A store that refuses.
pub async fn table_exists(store: &Store, schema: &str, table: &Table) -> Result<bool> {
    Ok(!store.list(&path::line_items(schema, table)).await?.is_empty())
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

/// A column that no file has: a table without a time.
const NO_TIME: ColumnDef = ColumnDef::new("\0time", Kind::Timestamp);

/// The files with the days between their first and last time, and their rows; files without a row are dropped.
async fn dated(files: Vec<ParquetFile>, table: &Table, engine: Engine) -> Result<Vec<DatedFile>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let time = table.time().copied().unwrap_or(NO_TIME);
    let bounds = |plan: LazyFrame| {
        let millis = time.expr().cast(DataType::Int64);
        plan.select([millis.clone().min().alias("first"), millis.max().alias("last"), len().cast(DataType::UInt64).alias("rows")])
    };
    // Only the time is looked at: Trino, too, does not mind the type of a column in a file without rows of the window.
    let times = [(time.name, time.kind)];
    let plans = files.iter().map(|file| file.scan_columns(&times).map(bounds)).collect::<Result<Vec<_>>>()?;
    let plan = concat(plans, UnionArgs::default()).map_err(|source| Error::Plan { what: table.name, source })?;
    let found = execute::scan(plan, engine).await.map_err(|error| blame(&files, &times, table.name, error))?;
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
