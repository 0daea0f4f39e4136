//! A summary of one source and range of days, replaced whole.

use crate::database::Database;
use crate::error::{Error, Result};
use crate::execute::{self, Engine};
use crate::ocp::{ManagedCopy, TableRows};
use crate::rows::Rows;
use crate::sink::managed::{Layout, ManagedSink};
use crate::sink::postgres::{Owner, PostgresSink, Replaced};
use crate::source::cloud_reference::CloudReference;
use crate::source::line_items::{LineItemFiles, Partition, portions};
use crate::source::path::{Month, line_items};
use crate::spool::Spool;
use crate::store::Store;
use aggregator_core::cloud::{self, AwsReference, CloudRun, Values};
use aggregator_core::run::Window;
use aggregator_core::table::cloud::{AWS_DAILY, AWS_EC2, AZURE_DAILY, GCP_HOURLY, HAS_REFUSED};
use aggregator_core::table::cloud::{REFUSED_COLUMN, REFUSED_REASON, REFUSED_ROWS, REFUSED_VALUE};
use aggregator_core::table::cloud_summary::{AWS_DAILY_SUMMARY, AWS_EC2_SUMMARY, AZURE_DAILY_SUMMARY, CLOUD_TOTALS, GCP_DAILY_SUMMARY};
use aggregator_core::table::{ColumnDef, Table, fit};
use chrono::NaiveDate;
use polars::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Days are summarised together until they hold about this many line items.
const ROWS_AT_A_TIME: u64 = 250_000;

/// Bytes of memory that a line item takes while it is summarised, roughly.
const BYTES_PER_ROW: u64 = 512;

/// A summary statement of koku.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `aws/reporting_awscostentrylineitem_daily_summary.sql`.
    AwsDaily,
    /// `aws/reporting_awscostentrylineitem_summary_by_ec2_compute_p.sql`: the whole partition of the month of the first day.
    AwsEc2,
    /// `azure/reporting_azurecostentrylineitem_daily_summary.sql`.
    AzureDaily,
    /// `gcp/reporting_gcpcostentrylineitem_daily_summary.sql`, of this invoice month (`202602`).
    GcpDaily {
        /// The invoice month.
        invoice_month: String,
    },
}

/// What a summary is made of, and where it goes.
#[derive(Debug)]
pub struct Summarize<'a> {
    /// The store with the line items.
    pub store: &'a Store,
    /// The tenant schema.
    pub schema: &'a str,
    /// The statement.
    pub statement: &'a Statement,
    /// Source, days, bill, markup; [`CloudRun::values`] decides whether a value that Trino refuses is repaired or refused.
    pub run: &'a CloudRun,
    /// A day of the bill's month. AWS and Azure: its partition is read, whatever the days.
    pub bill_month: NaiveDate,
    /// The chunks of the days in which the statement is asked: those of [`chunks`](aggregator_core::run::chunks), or all days as one.
    /// For GCP they decide which partitions are read; everywhere else they change nothing.
    pub chunks: &'a [(NaiveDate, NaiveDate)],
    /// Reference data of the tenant.
    pub reference: &'a CloudReference,
    /// koku's database, if rows go there; then the run has a bill.
    pub database: Option<&'a Database>,
    /// Where the Parquet copy goes.
    pub output: ManagedCopy<'a>,
    /// How plans run.
    pub engine: Engine,
    /// Memory that the work should stay within, in bytes; days are summarised in smaller portions to fit it.
    pub memory_limit: Option<u64>,
}

/// What a run of [`summarize`] did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The table.
    pub table: &'static str,
    /// First day.
    pub start: NaiveDate,
    /// Last day.
    pub end: NaiveDate,
    /// Rows of the files that were read, by table.
    pub rows_in: Vec<TableRows>,
    /// Bytes of those files.
    pub bytes_in: u64,
    /// Rows of the summary.
    pub rows: u64,
    /// Rows in koku's table that were replaced; `None` without a database.
    pub deleted_rows: Option<u64>,
    /// Rows that were written to koku's table; `None` without a database.
    pub inserted_rows: Option<u64>,
    /// Values at which Trino would have failed, and that were repaired.
    pub repaired: Vec<Repaired>,
    /// What accounts spent on services: rows of [`CLOUD_TOTALS`](aggregator_core::table::cloud_summary::CLOUD_TOTALS).
    pub totals: Rows,
    /// Seconds from start to end.
    pub seconds: f64,
}

/// A value at which Trino fails.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Repaired {
    /// The column.
    pub column: String,
    /// The value, as text.
    pub value: String,
    /// Why Trino refuses it.
    pub reason: String,
    /// How many line items have it.
    pub rows: u64,
}

/// What [`summarize`] is doing, for a progress bar.
pub use crate::ocp::Progress;

impl Statement {
    /// The line items that it reads.
    pub fn line_items(&self) -> &'static Table {
        match self {
            Self::AwsDaily => &AWS_DAILY,
            Self::AwsEc2 => &AWS_EC2,
            Self::AzureDaily => &AZURE_DAILY,
            Self::GcpDaily { .. } => &GCP_HOURLY,
        }
    }

    /// The table that it fills.
    pub fn summary(&self) -> &'static Table {
        match self {
            Self::AwsDaily => &AWS_DAILY_SUMMARY,
            Self::AwsEc2 => &AWS_EC2_SUMMARY,
            Self::AzureDaily => &AZURE_DAILY_SUMMARY,
            Self::GcpDaily { .. } => &GCP_DAILY_SUMMARY,
        }
    }

    /// The months whose partitions the statement reads for a chunk from `start` to `end`.
    fn months(&self, bill_month: NaiveDate, start: NaiveDate, end: NaiveDate) -> BTreeSet<Month> {
        let first = Month::of(start);
        match self {
            Self::GcpDaily { .. } => [first.before(), first, Month::of(end)].into(),
            _ => [Month::of(bill_month)].into(),
        }
    }

    /// How the Parquet copy is laid out.
    fn layout(&self, windows: Vec<Window>) -> Layout {
        match (self, windows.first()) {
            (Self::AwsEc2, Some(first)) => Layout::WholeMonth(*first),
            (Self::GcpDaily { invoice_month }, _) => Layout::ByBillAndDay(invoice_month.clone(), windows),
            _ => Layout::ByDay(windows),
        }
    }

    fn owner(&self, bill: i32) -> Owner {
        match self {
            Self::AwsEc2 => Owner::SourceAndBill(bill),
            _ => Owner::Bill(bill),
        }
    }

    fn transform(&self, line_items: LazyFrame, reference: &CloudReference, run: &CloudRun) -> LazyFrame {
        let aws = || AwsReference {
            enabled_tag_keys: reference.enabled_tag_keys.clone(),
            account_aliases: reference.account_aliases.clone().lazy(),
            organizational_units: reference.organizational_units.clone().lazy(),
        };
        match self {
            Self::AwsDaily => cloud::aws_daily_summary(line_items, &aws(), run),
            Self::AwsEc2 => cloud::aws_ec2_summary(line_items, &aws(), run),
            Self::AzureDaily => cloud::azure_daily_summary(line_items, &reference.enabled_tag_keys, run),
            Self::GcpDaily { invoice_month } => cloud::gcp_daily_summary(line_items, &reference.enabled_tag_keys, invoice_month, run),
        }
    }

    fn refusals(&self, line_items: LazyFrame, run: &CloudRun) -> LazyFrame {
        match self {
            Self::AwsDaily => cloud::aws_daily_refusals(line_items),
            Self::AwsEc2 => cloud::aws_ec2_refusals(line_items),
            Self::AzureDaily => cloud::azure_daily_refusals(line_items, run),
            Self::GcpDaily { invoice_month } => cloud::gcp_daily_refusals(line_items, invoice_month),
        }
    }
}

/// Computes the summary of `request.run` and replaces what the sinks held for its days.
///
/// Rows go to the sinks as they come, a portion of days at a time; they become visible at the end, all or none in the database, day by
/// day in the Parquet copy. After an error nothing is changed.
///
/// # Errors
/// See [`Error`]:
/// * [`Error::NoLineItems`]: the source has no file at all in these months.
/// * [`Error::RefusedValue`]: a value at which Trino fails, with [`Values::AsTrino`].
/// * [`Error::Value`]: a row that koku's table cannot hold.
pub async fn summarize(request: &Summarize<'_>, progress: impl Fn(Progress)) -> Result<Report> {
    let started = Instant::now();
    let (run, statement) = (request.run, request.statement);
    let summary = statement.summary();
    let windows = Window::by_month(run.start, run.end).map_err(|source| Error::Window { source })?;
    let spool = Spool::new()?;
    let opened = Opened::open(request, &spool).await?;
    let days = windows.iter().flat_map(Window::days).count() as u64;
    let (bytes, rows) = opened.size();
    progress(Progress::Found { bytes, rows, days });

    let mut postgres = match (request.database, run.bill_id) {
        (Some(database), Some(bill)) => {
            let replaced = Replaced { table: summary, source: run.source, windows: windows.clone(), owner: statement.owner(bill) };
            Some(PostgresSink::replace(database, request.schema, &replaced).await?)
        }
        (Some(_), None) => return Err(Error::NoReferenceRow { what: "bill: a run into koku's database needs one".to_owned() }),
        (None, _) => None,
    };
    let mut managed = match request.output {
        ManagedCopy::To(store) => Some(ManagedSink::begin(store, request.schema, summary, run.source, statement.layout(windows)).await?),
        ManagedCopy::None => None,
    };
    let mut repaired = BTreeMap::new();
    let mut totals = Vec::new();
    let mut written = 0;
    for (start, end) in request.chunks {
        let files = opened.of(request, *start, *end);
        for portion in in_portions(request, &files, *start, *end) {
            let rows = statement.transform(scan(&files, portion)?, request.reference, run);
            let mut rows = collect(&files, rows, portion, request.engine).await?;
            if may_have_refused(&mut rows) {
                note_refused(request, &files, portion, &mut repaired).await?;
            }
            let rows = fit(rows, summary)?;
            if let Some(sink) = &mut managed {
                sink.write(&rows)?;
            }
            if let Some(sink) = &mut postgres {
                sink.write(&rows).await?;
            }
            totals.push(execute::transform(cloud::totals(rows.clone().lazy(), summary), request.engine, "the totals").await?);
            written += rows.height() as u64;
            let days = portion.map_or(days, |(first, last)| u64::try_from((last - first).num_days() + 1).unwrap_or_default());
            progress(Progress::Summarized { days, rows: rows.height() as u64 });
        }
    }
    let totals = merge_totals(totals, request.engine).await?;
    progress(Progress::Committing);
    // The copy first: the database's lock is held until its commit, so two runs never mix.
    if let Some(sink) = managed {
        sink.commit().await?;
    }
    let changed = match postgres {
        Some(sink) => Some(sink.commit().await?),
        None => None,
    };
    let seconds = started.elapsed().as_secs_f64();
    tracing::info!(table = summary.name, start = %run.start, end = %run.end, rows = written, seconds, "summarized");
    Ok(Report {
        table: summary.name,
        start: run.start,
        end: run.end,
        rows_in: vec![TableRows { table: statement.line_items().name, files_bytes: bytes, rows }],
        bytes_in: bytes,
        rows: written,
        deleted_rows: changed.map(|changed| changed.deleted),
        inserted_rows: changed.map(|changed| changed.inserted),
        repaired: repaired.into_iter().map(|((column, value, reason), rows)| Repaired { column, value, reason, rows }).collect(),
        totals: Rows(totals),
        seconds,
    })
}

/// What accounts spent on services, over all `parts`: rows of [`CLOUD_TOTALS`]. No part gives no row.
///
/// # Errors
/// [`Error::Plan`]: a part lacks a column, or memory ran out.
pub async fn merge_totals(parts: impl IntoIterator<Item = DataFrame>, engine: Engine) -> Result<DataFrame> {
    let what = "the totals";
    execute::transform(cloud::merge_totals(execute::union(&CLOUD_TOTALS, parts, what)?), engine, what).await
}

/// The files of the months that the statement looks at.
struct Opened(BTreeMap<Month, LineItemFiles>);

impl Opened {
    async fn open(request: &Summarize<'_>, spool: &Spool) -> Result<Self> {
        let (run, table) = (request.run, request.statement.line_items());
        let of_chunk = |(start, end): &(NaiveDate, NaiveDate)| request.statement.months(request.bill_month, *start, *end);
        let months: BTreeSet<_> = request.chunks.iter().flat_map(of_chunk).collect();
        let mut opened = BTreeMap::new();
        for month in months {
            let partition = Partition { store: request.store, schema: request.schema, source: run.source, month };
            opened.insert(month, LineItemFiles::open(&partition, table, spool.path(), request.engine).await?);
        }
        // A month without line items is empty; a source without any is a mistake, and would empty what it is taken for.
        if opened.values().all(LineItemFiles::is_absent) {
            let prefix = format!("{}/source={}", line_items(request.schema, table), run.source);
            if request.store.list(&prefix).await?.is_empty() {
                return Err(Error::NoLineItems { table: table.name, prefix: request.store.display(&prefix) });
            }
            tracing::warn!(table = table.name, start = %run.start, end = %run.end, "no line items in these months");
        }
        Ok(Self(opened))
    }

    /// Bytes and rows of all files.
    fn size(&self) -> (u64, u64) {
        (self.0.values().map(|files| files.bytes).sum(), self.0.values().map(|files| files.rows).sum())
    }

    /// The files that are read for a chunk.
    fn of(&self, request: &Summarize<'_>, start: NaiveDate, end: NaiveDate) -> LineItemFiles {
        let statement = request.statement;
        let months = statement.months(request.bill_month, start, end);
        let files = self.0.iter().filter(|(month, _)| months.contains(month)).map(|(_, files)| files.clone());
        files.reduce(LineItemFiles::and).unwrap_or_else(|| LineItemFiles::none(statement.line_items()))
    }
}

/// The days in portions; `None` is everything that there is, whatever its day.
fn in_portions(request: &Summarize<'_>, files: &LineItemFiles, start: NaiveDate, end: NaiveDate) -> Vec<Option<(NaiveDate, NaiveDate)>> {
    if *request.statement == Statement::AwsEc2 {
        return vec![None];
    }
    let at_a_time = request.memory_limit.map_or(ROWS_AT_A_TIME, |limit| (limit / BYTES_PER_ROW).clamp(1, ROWS_AT_A_TIME));
    portions(&[files], start, end, at_a_time).into_iter().map(Some).collect()
}

fn scan(files: &LineItemFiles, portion: Option<(NaiveDate, NaiveDate)>) -> Result<LazyFrame> {
    match portion {
        Some((first, last)) => files.scan_days(first, last),
        None => files.scan_whole(),
    }
}

async fn collect(files: &LineItemFiles, plan: LazyFrame, portion: Option<(NaiveDate, NaiveDate)>, engine: Engine) -> Result<DataFrame> {
    match portion {
        Some((first, last)) => files.collect_days(plan, first, last, engine).await,
        None => files.collect_whole(plan, engine).await,
    }
}

/// Whether `rows` may be of line items with refused values: what their column says, which is taken out; without one it is not known.
fn may_have_refused(rows: &mut DataFrame) -> bool {
    let Ok(refused) = rows.drop_in_place(HAS_REFUSED) else { return true };
    refused.bool().is_ok_and(BooleanChunked::any)
}

/// Adds the refused values of a portion to `repaired`; with [`Values::AsTrino`] the first is an error.
async fn note_refused(
    request: &Summarize<'_>,
    files: &LineItemFiles,
    portion: Option<(NaiveDate, NaiveDate)>,
    repaired: &mut BTreeMap<(String, String, String), u64>,
) -> Result<()> {
    let plan = request.statement.refusals(scan(files, portion)?, request.run);
    let refused = collect(files, plan, portion, request.engine).await?;
    if request.run.values == Values::AsTrino {
        refuse(&refused, files.table())?;
    }
    for (column, value, reason, rows) in refused_values(&refused).map_err(|source| Error::Plan { what: "the refused values", source })? {
        *repaired.entry((column, value, reason)).or_default() += rows;
    }
    Ok(())
}

/// Fails with the first of the refused values.
pub(super) fn refuse(refused: &DataFrame, table: &'static Table) -> Result<()> {
    let values = refused_values(refused).map_err(|source| Error::Plan { what: "the refused values", source })?;
    match values.into_iter().next() {
        Some((column, value, reason, _)) => Err(Error::RefusedValue { table: table.name, column, value, reason }),
        None => Ok(()),
    }
}

fn refused_values(frame: &DataFrame) -> PolarsResult<Vec<(String, String, String, u64)>> {
    let texts = |column: &ColumnDef| {
        frame
            .column(column.name)?
            .str()
            .map(StringChunked::iter)
            .map(|texts| texts.map(|text| text.unwrap_or_default().to_owned()).collect::<Vec<_>>())
    };
    let rows = frame.column(REFUSED_ROWS.name)?.u32()?;
    let values = texts(&REFUSED_COLUMN)?.into_iter().zip(texts(&REFUSED_VALUE)?).zip(texts(&REFUSED_REASON)?).zip(rows.iter());
    Ok(values.map(|(((column, value), reason), rows)| (column, value, reason, u64::from(rows.unwrap_or_default()))).collect())
}
