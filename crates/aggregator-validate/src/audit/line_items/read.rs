//! The line items of a store, day by day.

use std::path::{Path, PathBuf};

use aggregator_core::run::{SourceUuid, Window};
use aggregator_core::table::{Table, ocp};
use aggregator_io::config::StoreConfig;
use aggregator_io::execute::Engine;
use aggregator_io::ocp::StorageTable;
use aggregator_io::source::line_items::{LineItemFiles, Partition};
use aggregator_io::store::Store;

use chrono::NaiveDate;
use polars::prelude::{BooleanChunked, DataFrame, PolarsError};

use super::{Day, LineItems};
use crate::error::{Error, Result};

/// Days are read together until they hold about this many rows of all tables.
const ROWS_AT_A_TIME: u64 = 500_000;

pub(crate) const MILLISECONDS_PER_DAY: i64 = 86_400_000;

/// Where the line items of a tenant are.
#[derive(Clone, Copy, Debug)]
pub struct InputStore<'a> {
    /// The store: a directory or a bucket.
    pub url: &'a str,
    /// The tenant's schema.
    pub schema: &'a str,
    /// Whether line items of storage count.
    pub storage: StorageTable,
}

/// Reads the days of `windows` of one `source`, and adds them to `line_items`.
///
/// # Errors
/// * A source that is no UUID.
/// * A store that refuses, or a file that cannot be read as the line items it should hold.
pub async fn read(line_items: &mut LineItems, inputs: &InputStore<'_>, source: &str, windows: &[Window]) -> Result<()> {
    let InputStore { url, schema, storage: storage_table } = *inputs;
    let failed = |source| Error::LineItems { source: Box::new(source) };
    let uuid: SourceUuid = source.parse().map_err(|_| Error::SourceUuid { text: source.to_owned() })?;
    let store = Store::open(&StoreConfig { url: plain(url), ..StoreConfig::default() }).map_err(failed)?;
    for window in windows {
        let spool = Spool::new()?;
        let open = |table: &'static Table| {
            let (store, spool) = (&store, spool.path());
            let partition = Partition { store, schema, source: uuid, month: aggregator_io::source::path::Month::of(window.start()) };
            async move { LineItemFiles::open(&partition, table, spool, Engine::default()).await.map_err(failed) }
        };
        let pods = open(&ocp::POD_USAGE_DAILY).await?;
        let hours = open(&ocp::POD_USAGE_HOURLY).await?;
        let storage = match storage_table {
            StorageTable::AsFound => Some(open(&ocp::STORAGE_USAGE_DAILY).await?),
            StorageTable::Absent => None,
        };
        let node_labels = open(&ocp::NODE_LABELS_DAILY).await?;
        let namespace_labels = open(&ocp::NAMESPACE_LABELS_DAILY).await?;
        // Some days at a time: the line items of a month need not fit the memory, and a plan takes a while however few rows it reads.
        let all = [Some(&pods), Some(&hours), storage.as_ref(), Some(&node_labels), Some(&namespace_labels)];
        let days: Vec<NaiveDate> = window.days().collect();
        for part in days.chunks(days_at_a_time(all.into_iter().flatten().map(|files| files.rows).sum(), days.len())) {
            let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
            let part_of_window = window.part(*first, *last);
            let rows = |files: &LineItemFiles| {
                let files = files.clone();
                async move { ByDay::new(files.table(), files.read(&part_of_window, Engine::default()).await.map_err(failed)?) }
            };
            let (pods, hours) = (rows(&pods).await?, rows(&hours).await?);
            let storage = match &storage {
                Some(storage) => Some(rows(storage).await?),
                None => None,
            };
            let (node_labels, namespace_labels) = (rows(&node_labels).await?, rows(&namespace_labels).await?);
            for date in part {
                let date = date.to_epoch_days();
                let day = Day {
                    date,
                    pods: pods.of(date)?,
                    hours: hours.of(date)?,
                    storage: match &storage {
                        Some(storage) => storage.of(date)?,
                        None => DataFrame::empty_with_schema(&ocp::STORAGE_USAGE_DAILY.schema()),
                    },
                    node_labels: node_labels.of(date)?,
                    namespace_labels: namespace_labels.of(date)?,
                };
                line_items.add(source, &day)?;
            }
        }
    }
    Ok(())
}

/// How many days to read at a time of a month that has so many `rows` and `days`.
pub(crate) fn days_at_a_time(rows: u64, days: usize) -> usize {
    let fitting = ROWS_AT_A_TIME.saturating_mul(u64::try_from(days).unwrap_or(u64::MAX)) / rows.max(1);
    usize::try_from(fitting).unwrap_or(usize::MAX).clamp(1, days.max(1))
}

/// The rows of some days, to be taken day by day.
struct ByDay {
    table: &'static Table,
    frame: DataFrame,
    /// The day of each row, as days since 1970-01-01.
    days: Vec<Option<i64>>,
}

impl ByDay {
    fn new(table: &'static Table, frame: DataFrame) -> Result<Self> {
        let days = frame.column(ocp::INTERVAL_START.name).and_then(|times| {
            let times = times.datetime()?;
            Ok(times.physical().iter().map(|time| time.map(|time| time.div_euclid(MILLISECONDS_PER_DAY))).collect())
        });
        Ok(Self { days: days.map_err(no_day(table))?, table, frame })
    }

    fn of(&self, day: i32) -> Result<DataFrame> {
        let is_wanted: BooleanChunked = self.days.iter().map(|of_row| *of_row == Some(day.into())).collect();
        self.frame.filter(&is_wanted).map_err(no_day(self.table))
    }
}

fn no_day(table: &'static Table) -> impl Fn(PolarsError) -> Error {
    move |error| Error::Column { place: table.name.to_owned(), column: ocp::INTERVAL_START.name, reason: error.to_string() }
}

/// A directory without `..` in its path, which a store does not understand; anything else as it is.
pub(crate) fn plain(url: &str) -> String {
    let path = if url.contains("://") { None } else { std::fs::canonicalize(url).ok() };
    path.and_then(|path| path.into_os_string().into_string().ok()).unwrap_or_else(|| url.to_owned())
}

/// A folder for copies of a bucket's objects, which goes when it is dropped.
pub(crate) struct Spool(PathBuf);

impl Spool {
    pub(crate) fn new() -> Result<Self> {
        let folder = std::env::temp_dir();
        let failed = |source| Error::File { action: "create", path: folder.display().to_string(), source };
        let mut number: u32 = 0;
        loop {
            let path = folder.join(format!("aggregator-validate-{}-{number}", std::process::id()));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(failed(error)),
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own sweep.
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_are_read_at_once_and_many_day_by_day() {
        assert_eq!(days_at_a_time(0, 28), 28);
        assert_eq!(days_at_a_time(ROWS_AT_A_TIME, 31), 31);
        assert_eq!(days_at_a_time(ROWS_AT_A_TIME * 4, 30), 7);
        assert_eq!(days_at_a_time(u64::MAX, 31), 1);
    }
}
