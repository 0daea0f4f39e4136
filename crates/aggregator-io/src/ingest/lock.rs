//! One ingest at a time changes a source and month.
//!
//! A directory has file locks, which go with the process. A bucket gets a small object beside the journal, which its holder renews;
//! one that was not renewed for [`STALE`] belongs to a process that died. Buckets write it on condition that there is none; with a
//! server that ignores conditions, two runs that start within a fraction of a second could both go on, so each looks once more
//! whether the object is still its own.

use crate::error::{Error, Result};
use crate::source::path::Month;
use crate::store::Store;
use aggregator_core::run::SourceUuid;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A lock object that is older belongs to nobody.
const STALE: Duration = Duration::from_mins(2);

/// How often a holder renews its lock object.
const RENEWAL: Duration = Duration::from_secs(20);

/// How long a write may take to be seen by all, on a server that ignores conditions.
const SETTLED: Duration = Duration::from_millis(150);

/// How long one waits for another ingest, before giving up.
const WAIT: Duration = Duration::from_mins(5);

/// How often one looks whether the lock is free.
const LOOK: Duration = Duration::from_millis(100);

/// The lock; it is free again when this is dropped, or released.
#[derive(Debug)]
pub(crate) struct Lock {
    held: Held,
}

#[derive(Debug)]
enum Held {
    /// The lock goes with the open file.
    File {
        _file: File,
    },
    Object(Box<HeldObject>),
}

/// A lock object of ours.
#[derive(Debug)]
struct HeldObject {
    store: Store,
    path: String,
    renewal: tokio::task::JoinHandle<()>,
}

/// What a lock object holds.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    id: uuid::Uuid,
    renewed: DateTime<Utc>,
}

impl Holder {
    fn new(id: uuid::Uuid) -> Self {
        Self { id, renewed: Utc::now() }
    }

    fn content(&self) -> Bytes {
        // A uuid and a time are always JSON.
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    fn is_stale(&self) -> bool {
        (Utc::now() - self.renewed).to_std().is_ok_and(|age| age > STALE)
    }
}

impl Lock {
    /// Waits until no other ingest holds the month whose journal is at `journal`.
    ///
    /// # Errors
    /// [`Error::Locked`]: another one held it for minutes. A store that refuses.
    pub(crate) async fn take(store: &Store, journal: &str, source: SourceUuid, month: Month) -> Result<Self> {
        let path = format!("{journal}.lock");
        let started = Instant::now();
        loop {
            let taken = match store.local_root() {
                Some(root) => take_file(root.join(&path)).await?,
                None => take_object(store, &path).await?,
            };
            match taken {
                Some(held) => return Ok(Self { held }),
                None if started.elapsed() > WAIT => {
                    return Err(Error::Locked { source_uuid: source.to_string(), month: month.first() });
                }
                None => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// Frees the lock.
    ///
    /// # Errors
    /// A store that refuses; the lock is then free once it is stale.
    pub(crate) async fn release(self) -> Result<()> {
        match &self.held {
            Held::File { .. } => Ok(()),
            Held::Object(held) => {
                held.renewal.abort();
                held.store.delete(&held.path).await
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Held::Object(held) = &self.held {
            held.renewal.abort();
        }
    }
}

async fn take_file(path: PathBuf) -> Result<Option<Held>> {
    let failed = |source| Error::File { action: "lock", path: path.display().to_string(), source };
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(failed)?;
    }
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Held::File { _file: file })),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

async fn take_object(store: &Store, path: &str) -> Result<Option<Held>> {
    match holder(store, path).await? {
        Some(holder) if !holder.is_stale() => return Ok(None),
        Some(_) => {
            tracing::warn!(path, "removing the lock of an ingest that died");
            store.delete(path).await?;
        }
        None => {}
    }
    let own = Holder::new(uuid::Uuid::new_v4());
    if !store.create(path, own.content()).await? {
        return Ok(None);
    }
    tokio::time::sleep(SETTLED).await;
    if holder(store, path).await?.is_none_or(|found| found.id != own.id) {
        return Ok(None);
    }
    let renewal = tokio::spawn({
        let (store, path, id) = (store.clone(), path.to_owned(), own.id);
        async move {
            loop {
                tokio::time::sleep(RENEWAL).await;
                if let Err(error) = store.write(&path, Holder::new(id).content()).await {
                    tracing::warn!(path, error = %error, "could not renew the lock");
                }
            }
        }
    });
    Ok(Some(Held::Object(Box::new(HeldObject { store: store.clone(), path: path.to_owned(), renewal }))))
}

/// Who holds the lock object; an unreadable one counts as stale.
async fn holder(store: &Store, path: &str) -> Result<Option<Holder>> {
    let Some(content) = store.read_if_any(path).await? else { return Ok(None) };
    let unreadable = || Holder { id: uuid::Uuid::nil(), renewed: DateTime::UNIX_EPOCH };
    Ok(Some(serde_json::from_slice(&content).unwrap_or_else(|_| unreadable())))
}
