//! The small statements of the clouds: what a source holds, as rows.

use crate::error::{Error, Result};
use crate::execute::Engine;
use crate::source::line_items::{LineItemFiles, Partition};
use crate::source::path::{Month, line_items};
use crate::spool::Spool;
use crate::store::Store;
use aggregator_core::cloud::{self, Provider};
use aggregator_core::run::{SourceUuid, chunks};
use aggregator_core::table::cloud::{AWS_PAYERS, GCP_INVOICE, GCP_TOPOLOGY};
use aggregator_core::table::{ColumnDef, Kind, Table};
use chrono::{DateTime, Datelike, Days, NaiveDate};
use polars::prelude::*;

/// Days that koku asks Trino for at a time (`TRINO_DATE_STEP`).
const DAYS_AT_A_TIME: u64 = 5;

/// Days that an invoice month may reach into its neighbours.
const DAYS_BEYOND: u64 = 3;

/// Of which source and days a list is made.
#[derive(Clone, Copy, Debug)]
pub struct ListRequest<'a> {
    /// The store with the line items.
    pub store: &'a Store,
    /// The tenant schema.
    pub schema: &'a str,
    /// The source.
    pub source: SourceUuid,
    /// First day.
    pub start: NaiveDate,
    /// Last day, included.
    pub end: NaiveDate,
    /// How plans run.
    pub engine: Engine,
}

impl ListRequest<'_> {
    /// The files of `table` in the partitions of `months`.
    pub(crate) async fn open(
        &self,
        table: &'static Table,
        months: impl IntoIterator<Item = Month>,
        spool: &Spool,
    ) -> Result<LineItemFiles> {
        let mut found = LineItemFiles::none(table);
        let mut seen = std::collections::BTreeSet::new();
        for month in months {
            if seen.insert(month) {
                let partition = Partition { store: self.store, schema: self.schema, source: self.source, month };
                found = found.and(LineItemFiles::open(&partition, table, spool.path(), self.engine).await?);
            }
        }
        Ok(found)
    }
}

/// The first and last time of an invoice month of GCP: one row of
/// [`GCP_INVOICE_MONTH_DATES`](aggregator_core::table::cloud_summary::GCP_INVOICE_MONTH_DATES), with nulls if there is none.
///
/// # Errors
/// A store that refuses, or a file that cannot be read.
pub async fn invoice_month_dates(request: &ListRequest<'_>, invoice_month: &str) -> Result<DataFrame> {
    let spool = Spool::new()?;
    let (first, last) = (Month::of(request.start), Month::of(request.end));
    let files = request.open(&GCP_INVOICE, [first.before(), first, last, last.after()], &spool).await?;
    // The transform widens the days itself; the files of all of them are needed.
    let (start, end) = (before(request.start), after(request.end));
    let plan = cloud::gcp_invoice_month_dates(files.scan_days(start, end)?, invoice_month, request.start, request.end);
    files.collect_days(plan, start, end, request.engine).await
}

/// The days of an invoice month that are summarised, in koku's chunks: those asked for, widened to those that its line items have.
///
/// # Errors
/// As [`invoice_month_dates`].
pub async fn invoice_chunks(request: &ListRequest<'_>, invoice_month: &str) -> Result<Vec<(NaiveDate, NaiveDate)>> {
    let dates = invoice_month_dates(request, invoice_month).await?;
    let day = |column: usize| {
        let times = dates.select_at_idx(column)?.datetime().ok()?;
        Some(DateTime::from_timestamp_millis(times.physical().get(0)?)?.date_naive())
    };
    let (start, end) = day(0).zip(day(1)).unwrap_or((request.start, request.end));
    Ok(chunks(start, end, DAYS_AT_A_TIME))
}

fn before(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(DAYS_BEYOND)).unwrap_or(day)
}

fn after(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(DAYS_BEYOND)).unwrap_or(day)
}

/// The accounts that pay for the month of the first day: one column, as in koku's table of line items.
///
/// # Errors
/// A store that refuses, or a file that cannot be read.
pub async fn payer_accounts(request: &ListRequest<'_>) -> Result<DataFrame> {
    let spool = Spool::new()?;
    let files = request.open(&AWS_PAYERS, [Month::of(request.start)], &spool).await?;
    files.collect_whole(cloud::aws_payer_accounts(files.scan_whole()?), request.engine).await
}

/// Accounts, projects, services and regions of the days, which lie in the partition of the first day's month:
/// [`GCP_TOPOLOGY_LIST`](aggregator_core::table::cloud_extract::GCP_TOPOLOGY_LIST).
///
/// # Errors
/// A store that refuses, or a file that cannot be read.
pub async fn topology(request: &ListRequest<'_>) -> Result<DataFrame> {
    let spool = Spool::new()?;
    let files = request.open(&GCP_TOPOLOGY, [Month::of(request.start)], &spool).await?;
    let plan = cloud::gcp_topology(files.scan_days(request.start, request.end)?, request.source);
    files.collect_days(plan, request.start, request.end, request.engine).await
}

/// The sums of a measure of the line items by day, by time: [`VALIDATION_SUMS`](aggregator_core::table::cloud_extract::VALIDATION_SUMS).
/// Without a name, the measure is the cost that koku validates.
///
/// # Errors
/// * [`Error::Measure`]: the line items have no such measure.
/// * A store that refuses, or a file that cannot be read.
pub async fn sums(request: &ListRequest<'_>, provider: Provider, metric: Option<&str>) -> Result<DataFrame> {
    let cloud = provider.cloud();
    let metric = match metric {
        None => cloud.cost(),
        Some(name) => {
            let known = cloud.numeric().iter().find(|known| **known == name);
            let known = known.ok_or_else(|| Error::Measure { name: name.to_owned(), known: cloud.numeric().join(", ") })?;
            ColumnDef::new(known, Kind::Double)
        }
    };
    let spool = Spool::new()?;
    // The rows lie in the partition of the first day's month, which koku reads with and without a leading zero.
    let month = Month::of(request.start);
    let table = cloud.resources();
    let partition = Partition { store: request.store, schema: request.schema, source: request.source, month };
    let folder = line_items(request.schema, table);
    let unpadded = format!("{folder}/source={}/year={:04}/month={}", request.source, request.start.year(), request.start.month());
    let mut files = LineItemFiles::open(&partition, table, spool.path(), request.engine).await?;
    if unpadded != files.prefix() {
        files = files.and(LineItemFiles::open_at(&partition, unpadded, table, spool.path(), request.engine).await?);
    }
    let time = cloud.time();
    let rows = files.scan_columns(&[(metric.name, metric.kind), (time.name, time.kind)])?;
    files.collect_whole(cloud::validation_sums(rows, &metric, &time, request.start, request.end), request.engine).await
}
