//! The journal of a source and month: what makes the exchange of files one step.
//!
//! An object store has no step that exchanges several files at once. The journal is one small object, written whole, that says which
//! files do not count: those of an ingest that has not ended (*pending*), and those that a newer payload replaced (*superseded*).
//! A reader who asks it sees a day before an exchange or after it; see [`ignored`]. A crash leaves files that do not count, and the
//! next ingest of the month deletes them.
//!
//! It also remembers the hours and the files of each day, since a directory keeps no metadata with a file. What it remembers counts
//! only as long as the files are there: koku may have replaced or deleted them.

use crate::error::{Error, Result};
use crate::source::path::{Month, ocp_journal};
use crate::store::Store;
use aggregator_core::run::SourceUuid;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The journal of one source and month. Paths are those of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Journal {
    /// Files of an ingest that is under way, or died.
    #[serde(default)]
    pub pending: BTreeSet<String>,
    /// Files that newer ones replaced and that are to be deleted.
    #[serde(default)]
    pub superseded: BTreeSet<String>,
    /// What was ingested, by report type and day (`pod_usage.2026-04-02`) or, of an operator without daily reports, by report type
    /// and file.
    #[serde(default)]
    pub entries: BTreeMap<String, Entry>,
}

/// What a payload brought for a report type and day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The payload's manifest.
    pub manifest_id: i64,
    /// Hours of the day that it claims.
    pub hours: u32,
    /// Its CSV files, and the objects made of each.
    pub files: BTreeMap<String, BTreeSet<String>>,
}

impl Entry {
    /// All objects of the entry.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &String> {
        self.files.values().flatten()
    }
}

impl Journal {
    /// The journal of `source` and `month`; an empty one if there is none.
    ///
    /// # Errors
    /// [`Error::Journal`]: it is not readable. A store that refuses.
    pub(crate) async fn read(store: &Store, schema: &str, source: SourceUuid, month: Month) -> Result<Self> {
        let path = ocp_journal(schema, source, month);
        let Some(content) = store.read_if_any(&path).await? else { return Ok(Self::default()) };
        serde_json::from_slice(&content).map_err(|source| Error::Journal { path: store.display(&path), source })
    }

    /// Writes the journal, in one step.
    ///
    /// # Errors
    /// A store that refuses.
    pub(crate) async fn write(&self, store: &Store, schema: &str, source: SourceUuid, month: Month) -> Result<()> {
        let path = ocp_journal(schema, source, month);
        let content = serde_json::to_vec_pretty(self).map_err(|source| Error::Journal { path: store.display(&path), source })?;
        store.write(&path, content.into()).await
    }

    /// Files that are there and do not count.
    pub(crate) fn ignored(&self) -> BTreeSet<String> {
        self.pending.union(&self.superseded).cloned().collect()
    }
}

/// The line item files of a source and month that a reader leaves out: they belong to an ingest that has not ended, or are replaced.
///
/// # Errors
/// As [`Journal::read`].
pub(crate) async fn ignored(store: &Store, schema: &str, source: SourceUuid, month: Month) -> Result<BTreeSet<String>> {
    Ok(Journal::read(store, schema, source, month).await?.ignored())
}
