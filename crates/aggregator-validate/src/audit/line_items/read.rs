//! The line items of a store, day by day.

use std::path::{Path, PathBuf};

use aggregator_core::run::{SourceUuid, Window};
use aggregator_core::table::{Table, ocp};
use aggregator_io::config::StoreConfig;
use aggregator_io::execute::Engine;
use aggregator_io::ocp::StorageTable;
use aggregator_io::source::line_items::{LineItemFiles, Partition};
use aggregator_io::source::path::Month;
use aggregator_io::store::Store;

use polars::prelude::DataFrame;

use super::{Day, LineItems};
use crate::error::{Error, Result};

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
            let partition = Partition { store, schema, source: uuid, month: Month::of(window.start()) };
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
        // A day at a time: the line items of a month need not fit the memory.
        for date in window.days() {
            let only = window.part(date, date);
            let rows = |files: &LineItemFiles| {
                let files = files.clone();
                async move { files.read(&only, Engine::default()).await.map_err(failed) }
            };
            let day = Day {
                date: date.to_epoch_days(),
                pods: rows(&pods).await?,
                hours: rows(&hours).await?,
                storage: match &storage {
                    Some(storage) => rows(storage).await?,
                    None => DataFrame::empty_with_schema(&ocp::STORAGE_USAGE_DAILY.schema()),
                },
                node_labels: rows(&node_labels).await?,
                namespace_labels: rows(&namespace_labels).await?,
            };
            line_items.add(source, &day)?;
        }
    }
    Ok(())
}

/// A directory without `..` in its path, which a store does not understand; anything else as it is.
fn plain(url: &str) -> String {
    let path = if url.contains("://") { None } else { std::fs::canonicalize(url).ok() };
    path.and_then(|path| path.into_os_string().into_string().ok()).unwrap_or_else(|| url.to_owned())
}

/// A folder for copies of a bucket's objects, which goes when it is dropped.
struct Spool(PathBuf);

impl Spool {
    fn new() -> Result<Self> {
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

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own sweep.
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}
