//! The files that subscriptions are made from (SUBS): what koku leaves in its bucket for one source and month.
//!
//! For each account, the resources with metered usage are taken a hundred at a time, each from where the last extract ended; the line
//! items of a hundred are cut into pages, and each page is a file.
//!
//! # Source
//! `subs/subs_data_extractor.py`.
//!
//! # Differences from koku
//! * koku's pages have no order; these are in the order of resource and time, so that a second run gives the same files.
//! * koku asks for a page of nothing where Trino counts more rows than the extract has; nothing is written for it here as there.
//! * A resource without an id, at which koku fails when it remembers it, is not remembered.

use super::csv::Client;
use super::extract_files::{ExtractFile, part_of_name, write};
use super::extracts::MonthOfSubs;
use super::lists::ListRequest;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::sink::subscriptions::{Processed, add_accounts, remember};
use crate::source::path::Month;
use crate::source::subscriptions::Subscriptions;
use crate::store::Store;
use aggregator_core::cloud::subs::ResourceWindow;
use aggregator_core::cloud::{Provider, Values};
use aggregator_core::table::ColumnDef;
use aggregator_core::table::cloud_extract::{SUBS_ACCOUNT, SUBS_INSTANCE_KEY, SUBS_LATEST, SUBS_RESOURCE};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use polars::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Resources that koku asks for at a time.
const RESOURCES_AT_A_TIME: usize = 100;

/// Rows of a file (`PARQUET_PROCESSING_BATCH_SIZE`).
pub const ROWS_OF_A_PAGE: usize = 200_000;

/// What is extracted, and where it goes.
#[derive(Clone, Copy, Debug)]
pub struct SubsExtract<'a> {
    /// The source; the month of the first day counts.
    pub request: ListRequest<'a>,
    /// AWS or Azure.
    pub provider: Provider,
    /// What is known of this source and others.
    pub known: &'a Subscriptions,
    /// When the source was added to koku: earlier usage is not extracted.
    pub created: Option<DateTime<Utc>>,
    /// koku's database, which remembers accounts and times.
    pub database: Option<&'a Database>,
    /// Where the files go.
    pub output: &'a Store,
    /// What tells the files of this extract from those of others.
    pub tracing_id: &'a str,
    /// The day of the extract.
    pub today: NaiveDate,
    /// What becomes of values at which Trino fails.
    pub values: Values,
    /// Rows of a file, [`ROWS_OF_A_PAGE`] outside of tests.
    pub rows_of_a_page: usize,
}

/// A resource as koku's loop sees it.
#[derive(Debug)]
struct Resource {
    /// Its id; without one there are no line items.
    id: Option<String>,
    /// What it is remembered by.
    key: Option<String>,
    /// Its last time.
    end: Option<DateTime<Utc>>,
}

/// Writes the files of a source and month, account by account, in their order.
///
/// With a database, the accounts are mapped to the source before, and how far the resources of an account were extracted is remembered
/// after all of its files are there.
///
/// # Errors
/// * [`Error::RefusedValue`]: a value at which Trino fails, with [`Values::AsTrino`].
/// * [`Error::File`]: an account or the tracing id cannot be part of a file's name.
/// * A store that refuses, a file that cannot be read, or a database that fails. Files of earlier pages stay, as koku leaves them.
pub async fn extract_subs(extract: &SubsExtract<'_>) -> Result<Vec<ExtractFile>> {
    let tracing_id = part_of_name(extract.tracing_id)?;
    let lists = MonthOfSubs::lists(&extract.request, extract.provider).await?;
    let accounts = lists.accounts(extract.known).await?;
    let accounts: Vec<String> = texts(&accounts, &SUBS_ACCOUNT)?.into_iter().flatten().collect();
    for account in &accounts {
        part_of_name(account)?;
    }
    if let Some(database) = extract.database {
        add_accounts(database, extract.request.schema, extract.request.source, &accounts).await?;
    }
    let mut written = Vec::new();
    if accounts.is_empty() {
        return Ok(written);
    }
    let lines = MonthOfSubs::lines(&extract.request, extract.provider).await?;
    let source = extract.request.source;
    for account in accounts {
        let resources = lists.resources(extract.known, &account, extract.today).await?;
        let resources = resources_of(&resources)?;
        for (batch, resources) in resources.chunks(RESOURCES_AT_A_TIME).enumerate() {
            let rows = lines.rows(&account, &extract.windows(resources), extract.values).await?;
            let pages = (0..rows.height()).step_by(extract.rows_of_a_page.max(1));
            for (page, first) in pages.enumerate() {
                let path = format!("{}/subs_{tracing_id}_{source}_{account}_{batch}_{page}.csv", extract.folder());
                let rows = rows.slice(i64::try_from(first).unwrap_or(i64::MAX), extract.rows_of_a_page);
                written.push(write(extract.output, path, rows, Client::PythonTypes, &BTreeMap::new()).await?);
            }
        }
        if let Some(database) = extract.database {
            remember(database, &extract.request, &processed(&resources)).await?;
        }
    }
    Ok(written)
}

impl SubsExtract<'_> {
    /// koku's folder of the source and day.
    fn folder(&self) -> String {
        let ListRequest { schema, source, .. } = self.request;
        format!("{schema}/{}/source={source}/date={}", self.provider.cloud().name(), self.today)
    }

    /// From when to when the line items of these resources are wanted.
    fn windows(&self, resources: &[Resource]) -> Vec<ResourceWindow> {
        let first = Month::of(self.request.start).first().and_time(NaiveTime::MIN).and_utc();
        let last = self.last_processed();
        // Azure's days are whole after two.
        let days_before = if self.provider == Provider::Azure { 2 } else { 1 };
        let midnight = self.created.map(|created| created.date_naive().and_time(NaiveTime::MIN).and_utc());
        let created = midnight.and_then(|midnight| midnight.checked_sub_days(Days::new(days_before)));
        let windows = resources.iter().filter_map(|resource| {
            let (rid, end) = (resource.id.clone()?, resource.end?);
            let from = resource.key.as_ref().and_then(|key| last.get(key)).copied().unwrap_or(first);
            let start = created.map_or(from, |created| from.max(created));
            Some(ResourceWindow { rid, start: start.naive_utc(), end: end.naive_utc() })
        });
        windows.collect()
    }

    /// From when on a resource is new: a second after what was extracted.
    fn last_processed(&self) -> HashMap<String, DateTime<Utc>> {
        let own = self.request.source.to_string();
        let (year, month) = Month::of(self.request.start).texts();
        let rows = self.known.subs_last_processed.iter();
        let rows = rows.filter(|row| row.source_uuid == own && row.year == year && row.month == month);
        rows.filter_map(|row| Some((row.resource_id.clone()?, row.latest_processed_time?.checked_add_signed(TimeDelta::seconds(1))?)))
            .collect()
    }
}

/// How far each key was extracted; of several resources with one key, the latest.
fn processed(resources: &[Resource]) -> Processed {
    let mut latest: Processed = BTreeMap::new();
    for resource in resources {
        let (Some(key), Some(end)) = (&resource.key, resource.end) else { continue };
        let known = latest.entry(key.clone()).or_insert(end);
        *known = end.max(*known);
    }
    latest
}

fn resources_of(rows: &DataFrame) -> Result<Vec<Resource>> {
    let failed = |source| Error::Plan { what: "the resources of an account", source };
    let ends = rows.column(SUBS_LATEST.name).and_then(|ends| ends.cast(&DataType::Int64)).map_err(failed)?;
    let ends = ends.i64().map_err(failed)?.iter().map(|end| end.and_then(DateTime::from_timestamp_millis));
    let rows = texts(rows, &SUBS_RESOURCE)?.into_iter().zip(texts(rows, &SUBS_INSTANCE_KEY)?).zip(ends);
    Ok(rows.map(|((id, key), end)| Resource { id, key, end }).collect())
}

fn texts(rows: &DataFrame, column: &ColumnDef) -> Result<Vec<Option<String>>> {
    let found = rows.column(column.name).and_then(Column::str);
    let found = found.map_err(|source| Error::Plan { what: "a list of the extract", source })?;
    Ok(found.iter().map(|text| text.map(str::to_owned)).collect())
}
