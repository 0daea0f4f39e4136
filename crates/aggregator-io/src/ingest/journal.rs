//! The journal of a source and month: what makes the exchange of files one step.
//!
//! An object store has no step that exchanges several files at once. The journal is one small object, written whole, that says which
//! files do not count: those of an ingest that has not ended (*pending*), and those that a newer payload replaced (*superseded*).
//! A reader who asks it sees a day before an exchange or after it; see [`ignored`]. A crash leaves files that do not count, and the
//! next ingest of the month deletes them before it looks at anything.
//!
//! # Order of writes
//! 1. The journal names the new files as pending: readers leave them out.
//! 2. The new files are written.
//! 3. The journal names the old files as superseded, and the new ones no longer as pending. This one write is the exchange.
//! 4. The old files are deleted, and the journal forgets them.
//!
//! It also remembers the hours and the files of each day, since a directory keeps no metadata with a file. What it remembers counts
//! only as long as the files are there: koku may have replaced or deleted them.

use crate::error::{Error, Result};
use crate::store::Store;
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Objects that are written or deleted at a time.
const AT_A_TIME: usize = 8;

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
    /// What was ingested of a cloud: by file, and by manifest where its name is in theirs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exports: BTreeMap<String, ExportEntry>,
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

/// What a file of an export brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExportEntry {
    /// What was read, and how: a digest.
    pub digest: String,
    /// The objects made of it.
    pub objects: BTreeSet<String>,
}

impl Entry {
    /// All objects of the entry.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &String> {
        self.files.values().flatten()
    }
}

impl Journal {
    /// The journal at `path`; an empty one if there is none.
    ///
    /// # Errors
    /// [`Error::Journal`]: it is not readable. A store that refuses.
    pub(crate) async fn read(store: &Store, path: &str) -> Result<Self> {
        let Some(content) = store.read_if_any(path).await? else { return Ok(Self::default()) };
        serde_json::from_slice(&content).map_err(|source| Error::Journal { path: store.display(path), source })
    }

    /// Writes the journal, in one step.
    ///
    /// # Errors
    /// A store that refuses.
    pub(crate) async fn write(&self, store: &Store, path: &str) -> Result<()> {
        let content = serde_json::to_vec_pretty(self).map_err(|source| Error::Journal { path: store.display(path), source })?;
        store.write(path, content.into()).await
    }

    /// Files that are there and do not count.
    pub(crate) fn ignored(&self) -> BTreeSet<String> {
        self.pending.union(&self.superseded).cloned().collect()
    }

    /// Deletes what an ingest that did not end left. Only under the lock.
    ///
    /// # Errors
    /// A store that refuses.
    pub(crate) async fn clear(&mut self, store: &Store, path: &str) -> Result<()> {
        if self.pending.is_empty() && self.superseded.is_empty() {
            return Ok(());
        }
        tracing::warn!(files = self.pending.len() + self.superseded.len(), "deleting the files of an ingest that did not end");
        delete(store, &self.ignored()).await?;
        self.pending.clear();
        self.superseded.clear();
        self.write(store, path).await
    }

    /// Exchanges files: writes `uploads`, files of this machine as objects with metadata, in place of `replaced`. In between, `entered`
    /// writes down what they are.
    ///
    /// # Errors
    /// A store that refuses; everything is then as it was, or, if only the deletion of replaced files failed, as it should be.
    pub(crate) async fn exchange(
        &mut self,
        store: &Store,
        path: &str,
        uploads: Vec<Upload<'_>>,
        replaced: BTreeSet<String>,
        entered: impl FnOnce(&mut Self),
    ) -> Result<()> {
        self.pending = uploads.iter().map(|upload| upload.object.to_owned()).collect();
        self.write(store, path).await?;
        let writes = uploads.iter().map(|upload| async move { store.write_file(upload.object, upload.file, &upload.metadata).await });
        futures::stream::iter(writes).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;

        self.pending.clear();
        self.superseded.extend(replaced);
        entered(self);
        self.write(store, path).await?;
        if !self.superseded.is_empty() {
            delete(store, &self.superseded).await?;
            self.superseded.clear();
            self.write(store, path).await?;
        }
        Ok(())
    }
}

/// A file that becomes an object.
pub(crate) struct Upload<'a> {
    /// The file on this machine.
    pub file: &'a Path,
    /// The object's path in the store.
    pub object: &'a str,
    /// koku's metadata.
    pub metadata: BTreeMap<&'static str, String>,
}

async fn delete(store: &Store, objects: &BTreeSet<String>) -> Result<()> {
    let deletions = objects.iter().map(|object| async move { store.delete(object).await });
    futures::stream::iter(deletions).buffer_unordered(AT_A_TIME).try_collect().await
}

/// The line item files that a reader leaves out, by the journal at `path`: they belong to an ingest that has not ended, or are replaced.
///
/// # Errors
/// As [`Journal::read`].
pub(crate) async fn ignored(store: &Store, path: &str) -> Result<BTreeSet<String>> {
    Ok(Journal::read(store, path).await?.ignored())
}
