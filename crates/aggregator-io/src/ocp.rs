//! The OpenShift jobs: line items in, daily summary out; and the lists of nodes, volumes and namespaces.

use crate::database::Database;
use crate::error::{Error, Result};
use crate::execute::{self, Engine};
use crate::rows::Rows;
use crate::sink::managed::{Layout, ManagedSink};
use crate::sink::postgres::PostgresSink;
use crate::source::line_items::{LineItemFiles, Partition, portions, table_exists};
use crate::source::path::{Month, STORAGE};
use crate::source::reference::ReferenceData;
use crate::spool::Spool;
use crate::store::Store;
use aggregator_core::labels::LabelSets;
use aggregator_core::ocp::{self, LabelColumnError, LineItems};
use aggregator_core::run::{Run, Window};
use aggregator_core::table::ocp as tables;
use aggregator_core::table::summary::{NAMESPACE_TOTALS, OCP_DAILY_SUMMARY};
use aggregator_core::table::{Table, check_values};
use chrono::NaiveDate;
use polars::prelude::*;
use serde::Serialize;
use std::time::Instant;

/// Days are summarised together until they hold about this many rows of the hourly and daily pods.
const ROWS_AT_A_TIME: u64 = 1_000_000;

/// Days whose node capacity is computed together hold about this many hourly rows. Polars' streaming group-by is fast for the 4,096
/// groups that it keeps at hand, and a day has 24 a node.
const HOURLY_ROWS_AT_A_TIME: u64 = 250_000;

/// Bytes of memory that a row takes while it is summarised, roughly; measured with the bench of the repository.
const BYTES_PER_ROW: u64 = 256;

/// Whether the tenant has a storage table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StorageTable {
    /// As found in the store: it has one if there is any object in its folder.
    #[default]
    AsFound,
    /// It has none (`storage_exists` is false): no storage rows, and no file of the table is read.
    Absent,
}

/// Where the managed copy goes.
#[derive(Clone, Copy, Debug)]
pub enum ManagedCopy<'a> {
    /// Into this store.
    To(&'a Store),
    /// Nowhere.
    None,
}

/// What a summary is made of, and where it goes.
#[derive(Debug)]
pub struct Summarize<'a> {
    /// The store with the line items.
    pub store: &'a Store,
    /// The tenant schema.
    pub schema: &'a str,
    /// Source, cluster, window.
    pub run: &'a Run,
    /// Reference data of the tenant.
    pub reference: &'a ReferenceData,
    /// Whether the tenant has a storage table.
    pub storage_table: StorageTable,
    /// koku's database, if rows go there.
    pub database: Option<&'a Database>,
    /// The managed copy.
    pub managed_copy: ManagedCopy<'a>,
    /// How plans run.
    pub engine: Engine,
    /// Memory that the work should stay within, in bytes; days are summarised in smaller portions to fit it.
    pub memory_limit: Option<u64>,
}

/// What a run of [`summarize`] did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// First day.
    pub start: Option<NaiveDate>,
    /// Last day.
    pub end: Option<NaiveDate>,
    /// Rows of the files that were read, by table.
    pub rows_in: Vec<TableRows>,
    /// Bytes of those files.
    pub bytes_in: u64,
    /// Rows of pods.
    pub pod_rows: u64,
    /// Rows of storage.
    pub storage_rows: u64,
    /// Rows of unallocated capacity.
    pub unallocated_rows: u64,
    /// Rows in koku's table that were replaced; `None` without a database.
    pub deleted_rows: Option<u64>,
    /// Rows that were written to koku's table; `None` without a database.
    pub inserted_rows: Option<u64>,
    /// What each namespace used: rows of [`NAMESPACE_TOTALS`].
    pub namespaces: Rows,
    /// Seconds from start to end.
    pub seconds: f64,
}

/// Rows read of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableRows {
    /// The table.
    pub table: &'static str,
    /// Files.
    pub files_bytes: u64,
    /// Rows of its files.
    pub rows: u64,
}

/// What [`summarize`] is doing, for a progress bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The files are known: bytes, rows, and the days to summarise.
    Found {
        /// Bytes of the files.
        bytes: u64,
        /// Rows of the files.
        rows: u64,
        /// Days of the window.
        days: u64,
    },
    /// A portion of days is summarised.
    Summarized {
        /// Days of the portion.
        days: u64,
        /// Rows that came out.
        rows: u64,
    },
    /// The rows become visible.
    Committing,
}

/// The tables of one source and window, opened.
struct Opened {
    pod_usage_hourly: LineItemFiles,
    pod_usage_daily: LineItemFiles,
    storage_usage_daily: Option<LineItemFiles>,
    node_labels_daily: LineItemFiles,
    namespace_labels_daily: LineItemFiles,
}

/// Computes the daily summary of `request.run` and replaces what the sinks held for its window.
///
/// Rows go to the sinks as they come, a portion of days at a time; they become visible at the end, all or none in the database,
/// day by day in the managed copy. After an error nothing is changed.
///
/// # Errors
/// See [`Error`]; [`Error::NoLineItems`] if the source has no file at all in the month.
pub async fn summarize(request: &Summarize<'_>, progress: impl Fn(Progress)) -> Result<Report> {
    let started = Instant::now();
    let window = request.run.window;
    let spool = Spool::new()?;
    let opened = open(request, spool.path()).await?;
    let mut report = Report { start: Some(window.start()), end: Some(window.end()), ..Report::default() };
    for files in opened.all() {
        report.rows_in.push(TableRows { table: files.table().name, files_bytes: files.bytes, rows: files.rows });
        report.bytes_in += files.bytes;
    }
    let rows = report.rows_in.iter().map(|table| table.rows).sum();
    progress(Progress::Found { bytes: report.bytes_in, rows, days: window.days().count() as u64 });
    tracing::info!(bytes = report.bytes_in, rows, window = %window, "found line items");

    let mut postgres = match request.database {
        Some(database) => Some(PostgresSink::begin(database, request.schema, request.run).await?),
        None => None,
    };
    let mut managed = match request.managed_copy {
        ManagedCopy::To(store) => {
            Some(ManagedSink::begin(store, request.schema, &OCP_DAILY_SUMMARY, request.run.source, Layout::ByDay(vec![window])).await?)
        }
        ManagedCopy::None => None,
    };
    let labels = LabelSets::new(request.reference.enabled_tag_keys.clone());
    let mut namespaces = Vec::new();
    let at_a_time = request.memory_limit.map_or(ROWS_AT_A_TIME, |limit| (limit / BYTES_PER_ROW).clamp(1, ROWS_AT_A_TIME));
    for (first, last) in portions(&opened.all().collect::<Vec<_>>(), window.start(), window.end(), at_a_time) {
        let portion = window.part(first, last);
        let rows = summarize_days(request, &opened, portion, &labels.forget(), &mut report).await?;
        check_values(&rows, &OCP_DAILY_SUMMARY)?;
        if let Some(sink) = &mut managed {
            sink.write(&rows)?;
        }
        if let Some(sink) = &mut postgres {
            sink.write(&rows).await?;
        }
        namespaces.push(namespace_totals([rows.clone()], request.engine).await?);
        progress(Progress::Summarized { days: portion.days().count() as u64, rows: rows.height() as u64 });
    }

    report.namespaces = Rows(namespace_totals(namespaces, request.engine).await?);

    progress(Progress::Committing);
    // The copy first: the database's lock is held until its commit, so two runs never mix.
    if let Some(sink) = managed {
        sink.commit().await?;
    }
    if let Some(sink) = postgres {
        let written = sink.commit().await?;
        report.deleted_rows = Some(written.deleted);
        report.inserted_rows = Some(written.inserted);
    }
    report.seconds = started.elapsed().as_secs_f64();
    tracing::info!(
        pod_rows = report.pod_rows,
        storage_rows = report.storage_rows,
        unallocated_rows = report.unallocated_rows,
        seconds = report.seconds,
        "summarized"
    );
    Ok(report)
}

/// What each namespace used, over all `parts`: rows of the daily summary, or totals of such rows
/// ([`NAMESPACE_TOTALS`]). No part gives no row.
///
/// # Errors
/// [`Error::Plan`]: a part lacks a column, or memory ran out.
pub async fn namespace_totals(parts: impl IntoIterator<Item = DataFrame>, engine: Engine) -> Result<DataFrame> {
    let what = "the totals of namespaces";
    execute::transform(ocp::namespace_totals(execute::union(&NAMESPACE_TOTALS, parts, what)?), engine, what).await
}

impl Opened {
    fn all(&self) -> impl Iterator<Item = &LineItemFiles> {
        let daily = [
            Some(&self.pod_usage_daily),
            self.storage_usage_daily.as_ref(),
            Some(&self.node_labels_daily),
            Some(&self.namespace_labels_daily),
        ];
        std::iter::once(&self.pod_usage_hourly).chain(daily.into_iter().flatten())
    }
}

async fn open(request: &Summarize<'_>, spool: &std::path::Path) -> Result<Opened> {
    let partition = Partition {
        store: request.store,
        schema: request.schema,
        source: request.run.source,
        month: Month::of(request.run.window.start()),
    };
    let open = |table: &'static Table| LineItemFiles::open(&partition, table, spool, request.engine);
    let has_storage = match request.storage_table {
        StorageTable::AsFound => table_exists(request.store, request.schema, STORAGE).await?,
        StorageTable::Absent => false,
    };
    let opened = Opened {
        pod_usage_hourly: open(&tables::POD_USAGE_HOURLY).await?,
        pod_usage_daily: open(&tables::POD_USAGE_DAILY).await?,
        storage_usage_daily: if has_storage { Some(open(STORAGE).await?) } else { None },
        node_labels_daily: open(&tables::NODE_LABELS_DAILY).await?,
        namespace_labels_daily: open(&tables::NAMESPACE_LABELS_DAILY).await?,
    };
    if opened.all().all(LineItemFiles::is_absent) {
        let pods = &opened.pod_usage_daily;
        return Err(Error::NoLineItems { table: pods.table().name, prefix: request.store.display(pods.prefix()) });
    }
    Ok(opened)
}

/// The capacity of nodes over the days of `portion`.
async fn node_capacity(hourly: &LineItemFiles, portion: Window, engine: Engine) -> Result<LazyFrame> {
    let mut parts = Vec::new();
    for (first, last) in portions(&[hourly], portion.start(), portion.end(), HOURLY_ROWS_AT_A_TIME) {
        let days = portion.part(first, last);
        let capacity = ocp::node_capacity(hourly.scan(&days)?);
        parts.push(hourly.collect(capacity, &days, engine).await?.lazy());
    }
    concat(parts, UnionArgs::default()).map_err(|source| Error::Plan { what: "the capacity of nodes", source })
}

/// The rows of the days of `portion`, for koku's tables.
async fn summarize_days(
    request: &Summarize<'_>,
    opened: &Opened,
    portion: Window,
    labels: &LabelSets,
    report: &mut Report,
) -> Result<DataFrame> {
    let engine = request.engine;
    let node_capacity = node_capacity(&opened.pod_usage_hourly, portion, engine).await?;
    let pod_usage_daily = opened.pod_usage_daily.read(&portion, engine).await?;
    let storage_usage_daily = match &opened.storage_usage_daily {
        Some(files) => Some(files.read(&portion, engine).await?),
        None => None,
    };
    let node_labels_daily = opened.node_labels_daily.read(&portion, engine).await?;
    let namespace_labels_daily = opened.namespace_labels_daily.read(&portion, engine).await?;

    let line_items = LineItems { pod_usage_daily, storage_usage_daily, node_labels_daily, namespace_labels_daily };
    let (categories, nodes) = (request.reference.cost_categories.clone(), request.reference.nodes.clone());
    let inputs = line_items.into_inputs(node_capacity, categories.clone().lazy(), nodes.clone().lazy(), labels).map_err(refused)?;
    let pod = execute::transform(ocp::pod(&inputs), engine, "the rows of pods").await?;
    let storage = match &inputs.storage_usage_daily {
        Some(storage) => {
            Some(execute::transform(ocp::storage(&inputs, storage.clone(), request.run), engine, "the rows of storage").await?)
        }
        None => None,
    };
    let unallocated = ocp::unallocated(pod.clone().lazy(), nodes.lazy(), categories.lazy());
    let unallocated = execute::transform(unallocated, engine, "the rows of unallocated capacity").await?;
    report.pod_rows += pod.height() as u64;
    report.storage_rows += storage.as_ref().map_or(0, |rows| rows.height() as u64);
    report.unallocated_rows += unallocated.height() as u64;
    let rows: Vec<_> = [Some(pod), storage, Some(unallocated)].into_iter().flatten().map(IntoLazy::lazy).collect();
    let rows = concat(rows, UnionArgs::default()).map_err(|source| Error::Plan { what: "the daily summary", source })?;
    execute::transform(ocp::finish(rows, labels, request.run), engine, "the daily summary").await
}

fn refused(error: LabelColumnError) -> Error {
    match error {
        LabelColumnError::Label { table, column, source } => Error::Labels { table, column, source },
        LabelColumnError::Schema(error) => Error::Schema(error),
        other => Error::Plan { what: "the labels", source: PolarsError::ComputeError(other.to_string().into()) },
    }
}

/// Which source and window a list is made of.
#[derive(Clone, Copy, Debug)]
pub struct ListRequest<'a> {
    /// The store with the line items.
    pub store: &'a Store,
    /// The tenant schema.
    pub schema: &'a str,
    /// Source, cluster, window.
    pub run: &'a Run,
    /// How plans run.
    pub engine: Engine,
}

/// The nodes of the window: [`NODE_LIST`](aggregator_core::table::reference::NODE_LIST).
///
/// # Errors
/// See [`Error`]; [`Error::NoLineItems`] if the source has no pods in the month.
pub async fn nodes(request: &ListRequest<'_>) -> Result<DataFrame> {
    let pods = request.read(&tables::POD_USAGE_DAILY_NODES).await?;
    let labels = request.read_or_none(&tables::NODE_LABELS_DAILY).await?;
    execute::transform(ocp::nodes(pods.lazy(), labels.lazy()), request.engine, "the list of nodes").await
}

/// The volumes of the window: [`VOLUME_LIST`](aggregator_core::table::reference::VOLUME_LIST); none if the tenant has no storage.
///
/// # Errors
/// See [`Error`].
pub async fn volumes(request: &ListRequest<'_>) -> Result<DataFrame> {
    let storage = request.read_or_none(&tables::STORAGE_USAGE_DAILY_VOLUMES).await?;
    execute::transform(ocp::volumes(storage.lazy()), request.engine, "the list of volumes").await
}

/// The namespaces of the window: [`PROJECT_LIST`](aggregator_core::table::reference::PROJECT_LIST).
///
/// # Errors
/// See [`Error`]; [`Error::NoLineItems`] if the source has no pods in the month.
pub async fn projects(request: &ListRequest<'_>) -> Result<DataFrame> {
    let pods = request.read(&tables::POD_USAGE_DAILY_NODES).await?;
    execute::transform(ocp::projects(pods.lazy()), request.engine, "the list of projects").await
}

/// The first and last `interval_start` of the pods of the window, as `first` and `last`.
///
/// # Errors
/// See [`Error`]; [`Error::NoLineItems`] if the source has no pods in the month.
pub async fn time_range(request: &ListRequest<'_>) -> Result<DataFrame> {
    let pods = request.read(&tables::POD_USAGE_DAILY_NODES).await?;
    execute::transform(ocp::time_range(pods.lazy()), request.engine, "the time range").await
}

impl ListRequest<'_> {
    /// The rows of `table` in the window; an error if there is no file.
    async fn read(&self, table: &'static Table) -> Result<DataFrame> {
        let spool = Spool::new()?;
        let files = self.open(table, &spool).await?;
        if files.is_absent() {
            return Err(Error::NoLineItems { table: table.name, prefix: self.store.display(files.prefix()) });
        }
        files.read(&self.run.window, self.engine).await
    }

    /// The rows of `table` in the window; none if there is no file.
    async fn read_or_none(&self, table: &'static Table) -> Result<DataFrame> {
        let spool = Spool::new()?;
        let files = self.open(table, &spool).await?;
        files.read(&self.run.window, self.engine).await
    }

    async fn open(&self, table: &'static Table, spool: &Spool) -> Result<LineItemFiles> {
        let partition =
            Partition { store: self.store, schema: self.schema, source: self.run.source, month: Month::of(self.run.window.start()) };
        LineItemFiles::open(&partition, table, spool.path(), self.engine).await
    }
}
