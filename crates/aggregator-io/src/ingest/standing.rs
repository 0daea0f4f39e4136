//! What lies in a month of line items already: which payload brought which day, and how many hours it claims.

use super::journal::Journal;
use crate::error::{Error, Result};
use crate::execute::{self, Engine};
use crate::source::parquet::{ParquetFile, is_data, scan_all};
use crate::source::path::{Month, ocp_line_items};
use crate::store::{Object, Store};
use aggregator_core::ingest::ReportType;
use aggregator_core::run::SourceUuid;
use aggregator_core::table::Table;
use aggregator_core::table::ocp::INTERVAL_START;
use chrono::NaiveDate;
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// koku's metadata: hours of a day that a file claims.
const REPORT_NUM_HOURS: &str = "reportnumhours";

/// The name of a line item file, as koku builds it for operators with daily reports:
/// `{report type}.{day}.{manifest id}.{counter}[_daily]_{chunk}.parquet`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileName {
    /// Report type and day: `pod_usage.2026-04-02`.
    pub key: String,
    /// koku's number of the manifest.
    pub manifest_id: i64,
    /// Counts the CSV files of a manifest that hold the day.
    pub counter: u32,
}

impl FileName {
    /// The parts of a name; `None` if it is not of this form, as those of older operators.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (stem, chunk) = name.strip_suffix(".parquet")?.rsplit_once('_')?;
        chunk.parse::<u32>().ok()?;
        let mut parts = stem.strip_suffix("_daily").unwrap_or(stem).split('.');
        let (report, day, manifest, counter) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || day.parse::<NaiveDate>().is_err() {
            return None;
        }
        Some(Self { key: format!("{report}.{day}"), manifest_id: manifest.parse().ok()?, counter: counter.parse().ok()? })
    }
}

/// The files of some report types of a source and month.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    objects: BTreeSet<String>,
    groups: BTreeMap<(String, i64), Group>,
}

/// The files that one manifest brought for a report type and day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    /// Hourly files.
    pub hourly: Vec<String>,
    /// Daily files.
    pub daily: Vec<String>,
    /// The greatest counter.
    pub counter: u32,
}

impl Group {
    /// All files.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &String> {
        self.hourly.iter().chain(&self.daily)
    }
}

impl Standing {
    /// Lists what lies there for `reports`, without what the journal says does not count.
    ///
    /// # Errors
    /// A store that refuses.
    pub(crate) async fn list(
        store: &Store,
        schema: &str,
        source: SourceUuid,
        month: Month,
        reports: &BTreeSet<ReportType>,
        journal: &Journal,
    ) -> Result<Self> {
        let mut standing = Self::default();
        if store.local_root().is_some_and(|root| !root.is_dir()) {
            return Ok(standing);
        }
        for report in reports {
            for (table, daily) in [(report.hourly(), false), (report.daily(), true)] {
                let prefix = ocp_line_items(schema, table, source, month);
                for Object { path, size } in store.list(&prefix).await? {
                    let path = path.to_string();
                    let counts = !journal.pending.contains(&path) && !journal.superseded.contains(&path);
                    if counts && is_data(path.get(prefix.len()..).unwrap_or_default(), size) {
                        standing.add(path, daily);
                    }
                }
            }
        }
        Ok(standing)
    }

    fn add(&mut self, path: String, daily: bool) {
        if let Some(name) = FileName::parse(path.rsplit('/').next().unwrap_or_default()) {
            let group = self.groups.entry((name.key, name.manifest_id)).or_default();
            group.counter = group.counter.max(name.counter);
            if daily { &mut group.daily } else { &mut group.hourly }.push(path.clone());
        }
        self.objects.insert(path);
    }

    /// Whether all of `objects` are there.
    pub(crate) fn has_all<'a>(&self, objects: impl IntoIterator<Item = &'a String>) -> bool {
        objects.into_iter().all(|object| self.objects.contains(object))
    }

    /// Whether there is such an object.
    pub(crate) fn has(&self, object: &str) -> bool {
        self.objects.contains(object)
    }

    /// What `manifest_id` brought for a report type and day.
    pub(crate) fn of(&self, key: &str, manifest_id: i64) -> Option<&Group> {
        self.groups.get(&(key.to_owned(), manifest_id))
    }

    /// What other manifests than `manifest_id` brought for a report type and day.
    pub(crate) fn others(&self, key: &str, manifest_id: i64) -> impl Iterator<Item = (i64, &Group)> {
        self.groups
            .iter()
            .filter(move |((of, manifest), _)| of == key && *manifest != manifest_id)
            .map(|((_, manifest), group)| (*manifest, group))
    }
}

/// Hours of the day that a group claims: as the journal or the object's metadata says, or else the different intervals of its rows.
///
/// # Errors
/// A store that refuses, or a file that is no Parquet.
pub(crate) async fn hours(
    store: &Store,
    key: &str,
    manifest_id: i64,
    group: &Group,
    table: &'static Table,
    journal: &Journal,
) -> Result<u32> {
    if let Some(entry) = journal.entries.get(key)
        && entry.manifest_id == manifest_id
    {
        return Ok(entry.hours);
    }
    if let Some(first) = group.objects().next() {
        let metadata = store.metadata(first).await?;
        if let Some(hours) = metadata.get(REPORT_NUM_HOURS).and_then(|hours| hours.parse().ok()) {
            return Ok(hours);
        }
    }
    intervals(store, &group.hourly, table).await
}

/// Different starts of intervals in hourly files.
async fn intervals(store: &Store, files: &[String], table: &'static Table) -> Result<u32> {
    let failed = |source| Error::File { action: "create", path: std::env::temp_dir().display().to_string(), source };
    let spool = tempfile::tempdir().map_err(failed)?;
    let mut local = Vec::with_capacity(files.len());
    for (number, file) in files.iter().enumerate() {
        let path = if let Some(root) = store.local_root() {
            root.join(file)
        } else {
            let copy = spool.path().join(format!("{number}.parquet"));
            store.copy_to_file(file, &copy).await?;
            copy
        };
        local.push(ParquetFile { path, shown: store.display(file) });
    }
    // A table of the one column that is counted.
    let times = Table { name: table.name, grain: table.grain, columns: &[INTERVAL_START] };
    let plan = scan_all(&local, &times)?.select([INTERVAL_START.expr().n_unique().cast(DataType::UInt32)]);
    let counted = execute::scan(plan, Engine::Auto).await;
    let counted = counted.and_then(|frame| Ok(frame.column(INTERVAL_START.name)?.u32()?.get(0)));
    counted.map(Option::unwrap_or_default).map_err(|source| Error::Plan { what: "the hours of a day", source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_report_type_day_manifest_and_counter() {
        let expected = Some(FileName { key: "pod_usage.2026-04-02".to_owned(), manifest_id: 17, counter: 3 });
        assert_eq!(FileName::parse("pod_usage.2026-04-02.17.3_0.parquet"), expected);
        assert_eq!(FileName::parse("pod_usage.2026-04-02.17.3_daily_12.parquet"), expected);
    }

    #[test]
    fn names_of_older_operators_say_nothing() {
        for name in
            ["abc_openshift_usage_report.0_0.parquet", "pod_usage.2026-04-02.17.3.csv", "pod_usage.2026-04-32.17.3_0.parquet", "x.parquet"]
        {
            assert_eq!(FileName::parse(name), None, "{name}");
        }
    }
}
