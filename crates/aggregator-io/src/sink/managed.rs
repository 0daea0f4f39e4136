//! The managed (“Hive”) copy: one Parquet file a day below `data/<schema>.db/<table>/source=/year=/month=/day=`, or one a month.
//!
//! A reader of a day sees the old rows or the new rows, never both and never none: the day's one file is replaced in one step (a
//! rename in a directory, a PUT in a bucket). Rows are kept aside until [`ManagedSink::commit`].
//!
//! Days that Trino wrote can hold several files. In a directory the whole day's folder is exchanged in one step. A bucket has no
//! such step: there the first file is overwritten with all new rows and the others are deleted after it, so that for a moment a
//! reader can see rows twice; this happens once a day of data, the first time aggregator writes it.

use crate::error::{Error, Result};
use crate::source::path::{day_folders, is_hidden, managed_table};
use crate::store::{Object, Store};
use aggregator_core::run::{SourceUuid, Window};
use aggregator_core::table::Table;
use aggregator_core::table::summary::USAGE_START;
use bytes::Bytes;
use chrono::NaiveDate;
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// The name of a day's file.
const FILE_NAME: &str = "aggregator.parquet";

/// How the names of files start that are not yet a day's file.
pub(crate) const UNFINISHED: &str = ".aggregator-";

/// How the rows of a source and range of days are laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A file for each day of these windows: `source=/year=/month=/day=`, month and day without leading zeros.
    ByDay(Vec<Window>),
    /// The same below a folder of the bill, `source=/bill=202602/…`: a day's rows can be of two bills.
    ByBillAndDay(String, Vec<Window>),
    /// One file for all rows of the month, whatever their days: `source=/year=/month=`.
    WholeMonth(Window),
}

impl Layout {
    /// The window whose month names the lock.
    fn first(&self) -> Option<&Window> {
        match self {
            Self::ByDay(windows) | Self::ByBillAndDay(_, windows) => windows.first(),
            Self::WholeMonth(window) => Some(window),
        }
    }

    /// The folders to be replaced, below the source, with the day whose rows they hold.
    fn folders(&self) -> Vec<(Option<NaiveDate>, String)> {
        match self {
            Self::ByDay(windows) => windows.iter().flat_map(Window::days).map(|day| (Some(day), day_folders(day))).collect(),
            Self::ByBillAndDay(bill, windows) => {
                windows.iter().flat_map(Window::days).map(|day| (Some(day), format!("bill={bill}/{}", day_folders(day)))).collect()
            }
            Self::WholeMonth(window) => {
                let day = day_folders(window.start());
                vec![(None, day.rsplit_once('/').map_or(day.clone(), |(month, _)| month.to_owned()))]
            }
        }
    }
}

/// One source and range of days of a managed table, to be replaced whole.
#[derive(Debug)]
pub struct ManagedSink {
    store: Store,
    table: &'static Table,
    /// The folder of the source.
    root: String,
    layout: Layout,
    staged: BTreeMap<String, PathBuf>,
    staging: tempfile::TempDir,
    /// Held until the sink is dropped: no other run writes this source and month of the directory.
    _lock: Option<File>,
}

impl ManagedSink {
    /// Nothing is written to the store yet.
    ///
    /// # Errors
    /// * [`Error::Locked`]: another run writes the same source and month into the same directory.
    /// * [`Error::File`]: the directory, or the one for temporary files, cannot be written.
    pub async fn begin(store: &Store, schema: &str, table: &'static Table, source: SourceUuid, layout: Layout) -> Result<Self> {
        let failed = |source| Error::File { action: "create", path: std::env::temp_dir().display().to_string(), source };
        let staging = tempfile::tempdir().map_err(failed)?;
        let folder = format!("{}/source={source}", managed_table(schema, table));
        let lock = match (store.local_root(), layout.first()) {
            (Some(root), Some(window)) => {
                let lock = lock(&root.join(managed_table(schema, table)), source, window).await?;
                // Only under the lock: what is unfinished then was left by a run that died.
                let places = layout.folders().into_iter().map(|(_, below)| root.join(&folder).join(below));
                let months: BTreeSet<_> = places.filter_map(|place| place.parent().map(Path::to_owned)).collect();
                months.iter().try_for_each(|month| remove_unfinished_folders(month))?;
                Some(lock)
            }
            _ => None,
        };
        Ok(Self { store: store.clone(), table, root: folder, layout, staged: BTreeMap::new(), staging, _lock: lock })
    }

    /// Keeps the rows of `frame` aside: whole days, each at most once; of a whole month everything at once.
    ///
    /// # Errors
    /// [`Error::Plan`] or [`Error::File`]: the rows cannot be kept.
    pub fn write(&mut self, frame: &DataFrame) -> Result<()> {
        let failed = |source| Error::Plan { what: "the managed table", source };
        let days = frame.column(USAGE_START.name).and_then(|days| Ok(days.date()?.physical().clone())).map_err(failed)?;
        for (day, folder) in self.layout.folders() {
            let number = day.map(|day| i32::try_from((day - NaiveDate::default()).num_days()).unwrap_or(i32::MAX));
            let of_day: BooleanChunked = days.iter().map(|value| number.is_none() || value == number).collect();
            if !of_day.any() {
                continue;
            }
            let columns: Vec<_> = self.table.columns.iter().map(|column| column.name).collect();
            let mut rows = frame.filter(&of_day).and_then(|rows| rows.select(columns)).map_err(failed)?;
            let path = self.staging.path().join(day.map_or_else(|| "month".to_owned(), |day| day.to_string()));
            let file_failed = |source| Error::File { action: "write", path: path.display().to_string(), source };
            // Parquet's footer is written byte by byte.
            let mut file = BufWriter::new(File::create(&path).map_err(file_failed)?);
            ParquetWriter::new(&mut file).with_compression(ParquetCompression::Snappy).finish(&mut rows).map_err(failed)?;
            file.flush().map_err(file_failed)?;
            self.staged.insert(folder, path);
        }
        Ok(())
    }

    /// Replaces every day; a day without rows is emptied.
    ///
    /// # Errors
    /// [`Error::Store`] or [`Error::File`]; the days before it are new, the others old, and a second run completes them.
    pub async fn commit(self) -> Result<()> {
        for (_, folder) in self.layout.folders() {
            let content = match self.staged.get(&folder) {
                None => None,
                Some(path) => {
                    let failed = |source| Error::File { action: "read", path: path.display().to_string(), source };
                    Some(Bytes::from(tokio::fs::read(path).await.map_err(failed)?))
                }
            };
            self.replace(&folder, content).await?;
        }
        Ok(())
    }

    async fn replace(&self, below: &str, content: Option<Bytes>) -> Result<()> {
        let folder = format!("{}/{below}", self.root);
        let objects = self.store.list(&folder).await?;
        let (leftovers, old): (Vec<_>, Vec<_>) = objects.iter().partition(|object| name(object).starts_with(UNFINISHED));
        let old: Vec<_> = old.into_iter().filter(|object| !is_hidden(name(object))).collect();
        match (content, old.as_slice()) {
            (None, old) => {
                for object in old {
                    self.store.delete(object.path.as_ref()).await?;
                }
            }
            (Some(content), []) => self.store.write(&format!("{folder}/{FILE_NAME}"), content).await?,
            (Some(content), [only]) => self.store.write(only.path.as_ref(), content).await?,
            (Some(content), [first, others @ ..]) => {
                if !self.exchange(&folder, &content).await? {
                    tracing::warn!(folder, files = old.len(), "replacing a day of several files, which is not one step in this store");
                    self.store.write(first.path.as_ref(), content).await?;
                    for object in others {
                        self.store.delete(object.path.as_ref()).await?;
                    }
                }
            }
        }
        for object in leftovers {
            self.store.delete(object.path.as_ref()).await?;
        }
        Ok(())
    }

    /// Exchanges the folder of a day for a new one; false where the store cannot.
    async fn exchange(&self, folder: &str, content: &Bytes) -> Result<bool> {
        let Some(root) = self.store.local_root() else { return Ok(false) };
        let day = root.join(folder);
        let Some(parent) = day.parent() else { return Ok(false) };
        let failed = |source| Error::File { action: "replace", path: day.display().to_string(), source };
        let fresh = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(parent).map_err(failed)?;
        tokio::fs::write(fresh.path().join(FILE_NAME), content).await.map_err(failed)?;
        // The old folder takes the temporary one's place, and goes with it.
        Ok(exchange_folders(fresh.path(), &day).is_ok())
    }
}

#[cfg(target_os = "linux")]
fn exchange_folders(left: &Path, right: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, left, CWD, right, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange_folders(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Folders that an exchange of a run that died left in `month`; there may be no such folder at all.
fn remove_unfinished_folders(month: &Path) -> Result<()> {
    let failed = |source| Error::File { action: "clean", path: month.display().to_string(), source };
    let entries = match std::fs::read_dir(month) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            std::fs::remove_dir_all(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

fn name(object: &Object) -> &str {
    object.path.filename().unwrap_or_default()
}

/// The lock of a source and month of a managed table in a directory; it goes with the process.
async fn lock(folder: &Path, source: SourceUuid, window: &Window) -> Result<File> {
    let path = folder.join(format!(".lock-{source}-{}-{}", window.year(), window.month()));
    let failed = |source| Error::File { action: "lock", path: path.display().to_string(), source };
    tokio::fs::create_dir_all(folder).await.map_err(failed)?;
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Locked { source_uuid: source.to_string(), month: window.start() }),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}
