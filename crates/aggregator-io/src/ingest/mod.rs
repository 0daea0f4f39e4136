//! OpenShift ingest: operator payloads and CSV files in, line items in koku's layout out.
//!
//! Each payload is read once, a few ten thousand rows at a time, and staged as Parquet in a temporary folder; then the days of each
//! month are exchanged in the store in one step. Memory does not grow with the payload.
//!
//! # Replacement
//! A payload replaces a day of a report type if it claims strictly more hours than what is there; with as many or fewer the day is
//! kept, and its other days go on. Files of one manifest belong together, however many archives bring them. An operator without daily
//! reports adds. See [`Action`].
//!
//! # Source
//! koku's `masu/external/kafka_msg_handler.py` and `masu/processor/parquet/parquet_report_processor.py`; what differs is listed in
//! `docs/parity.md`.

mod by_day;
pub mod cloud;
pub(crate) mod journal;
mod lock;
mod publish;
mod read;
mod report;
mod stage;
mod standing;
pub mod track;

pub use report::{Action, DayReport, FileReport, IngestReport, PayloadReport, Problem};

use crate::database::Database;
use crate::error::{Error, Result};
use crate::execute::Engine;
use crate::payload::{OpenError, Payload};
use crate::store::Store;
use aggregator_core::run::{ClusterId, SourceUuid};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// When a day that is there already is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replace {
    /// By a payload that claims strictly more hours: koku's rule.
    #[default]
    WithMoreHours,
    /// Always.
    Always,
}

/// Whether the store and the database are changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Write {
    /// They are.
    #[default]
    Yes,
    /// Everything is read and decided, nothing is written.
    DryRun,
}

/// What becomes of a payload with rows or files that cannot be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BadInput {
    /// They are left out, and reported.
    #[default]
    Warn,
    /// The payload is refused, and nothing of it is written.
    Refuse,
}

/// koku's bookkeeping of payloads, in its database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tracking {
    /// None.
    #[default]
    Off,
    /// This manifest exists; its files are marked.
    Manifest(i64),
    /// A manifest is found or made for each payload, and its files are marked.
    Create,
}

/// What is ingested, and where it goes.
#[derive(Clone, Copy, Debug)]
pub struct Ingest<'a> {
    /// The store of the line items.
    pub store: &'a Store,
    /// The tenant schema.
    pub schema: &'a str,
    /// The source.
    pub source: SourceUuid,
    /// Archives, folders and CSV files: paths, or URLs of the store's kind.
    pub payloads: &'a [String],
    /// A payload whose manifest names another cluster is refused.
    pub cluster_id: Option<&'a ClusterId>,
    /// When days that are there are replaced.
    pub replace: Replace,
    /// Whether anything is written.
    pub write: Write,
    /// What becomes of bad input.
    pub bad_input: BadInput,
    /// How plans run.
    pub engine: Engine,
    /// koku's database: new tag keys go there.
    pub database: Option<&'a Database>,
    /// koku's bookkeeping.
    pub tracking: Tracking,
}

/// What [`ingest`] is doing, for a progress bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A payload was opened.
    Payload {
        /// Its name.
        name: String,
        /// Its size, compressed.
        bytes: u64,
    },
    /// A CSV file of it is read.
    File {
        /// Its name.
        name: String,
    },
    /// Some of the file was read.
    Read {
        /// Bytes of text.
        bytes: u64,
        /// Rows.
        rows: u64,
    },
    /// Days are brought into the store.
    Writing {
        /// How many.
        days: u64,
    },
    /// All payloads are done.
    Done,
}

/// Ingests `request.payloads`, one after the other.
///
/// A payload that cannot be taken is reported as refused, and the others go on.
///
/// # Errors
/// See [`Error`]: the store, the database or this machine failed. Months that were exchanged before stay.
pub async fn ingest(request: &Ingest<'_>, progress: impl Fn(Progress)) -> Result<IngestReport> {
    let started = Instant::now();
    let mut report = IngestReport::default();
    let mut tag_keys = BTreeSet::new();
    for place in request.payloads {
        let mut payload = PayloadReport { payload: place.clone(), ..PayloadReport::default() };
        match take(request, place, &mut payload, &mut tag_keys, &progress).await {
            Ok(()) => {}
            Err(Refusal::Payload(reason)) => {
                tracing::info!(payload = place, reason, "refused a payload");
                payload.refused = Some(reason);
            }
            Err(Refusal::Failed(error)) => return Err(error),
        }
        report.payloads.push(payload);
    }
    if let Some(database) = request.database
        && request.write == Write::Yes
    {
        report.new_tag_keys = Some(track::add_tag_keys(database, request.schema, &tag_keys).await?);
    }
    report.tag_keys = tag_keys.into_iter().collect();
    report.seconds = started.elapsed().as_secs_f64();
    progress(Progress::Done);
    Ok(report)
}

/// Why a payload was not taken.
enum Refusal {
    /// It is its fault.
    Payload(String),
    /// It is not.
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

async fn take(
    request: &Ingest<'_>,
    place: &str,
    report: &mut PayloadReport,
    tag_keys: &mut BTreeSet<String>,
    progress: &impl Fn(Progress),
) -> Result<(), Refusal> {
    let payload = Payload::open(place, request.store).await.map_err(|error| match error {
        OpenError::Payload(reason) => Refusal::Payload(reason),
        OpenError::Failed(error) => Refusal::Failed(error),
    })?;
    report.warnings.clone_from(&payload.warnings);
    if let Some(manifest) = &payload.manifest {
        report.manifest = Some(manifest.uuid.clone());
        report.cluster_id.clone_from(&manifest.cluster_id);
        if let (Some(expected), Some(found)) = (request.cluster_id, &manifest.cluster_id)
            && expected.0 != *found
        {
            return Err(Refusal::Payload(format!("it is of cluster `{found}`, not of `{}`", expected.0)));
        }
    }
    progress(Progress::Payload { name: place.to_owned(), bytes: payload.bytes });

    let failed = |source| Error::File { action: "create", path: std::env::temp_dir().display().to_string(), source };
    let staging = tempfile::tempdir().map_err(failed)?;
    let payload = Arc::new(payload);
    let (mut staged, content) = read::stage_all(request, &payload, staging.path(), progress).await?;
    report.files = staged.iter_mut().map(|file| std::mem::take(&mut file.outcome)).collect();
    let bad = report.files.iter().find_map(|file| Some((file, file.problems.first()?)));
    if let (BadInput::Refuse, Some((file, problem))) = (request.bad_input, bad) {
        return Err(Refusal::Payload(format!("`{}`: {problem}", file.file)));
    }
    let days = by_day::by_month(staged, payload.manifest.as_ref());

    let derived = match &payload.manifest {
        Some(manifest) => number_of(Sha256::digest(&manifest.uuid).as_slice()),
        None => number_of(&content),
    };
    let tracked = match (request.database, request.write) {
        (Some(database), Write::Yes) => track::Tracked::begin(database, request, payload.manifest.as_ref()).await?,
        _ => None,
    };
    let manifest_id = match (&tracked, request.tracking) {
        (Some(tracked), _) => tracked.manifest_id(),
        (None, Tracking::Manifest(id)) => id,
        (None, _) => derived,
    };
    report.manifest_id = Some(manifest_id);
    progress(Progress::Writing { days: days.values().map(|days| days.len() as u64).sum() });
    for (month, days) in days {
        let done = publish::publish(request, manifest_id, month, &days).await?;
        // As in koku, a day that is kept as it is brings no keys.
        let taken = days.iter().zip(&done).filter(|(_, done)| done.action != Action::Kept).map(|(day, _)| day);
        tag_keys.extend(taken.flat_map(|day| &day.files).flat_map(|file| file.tag_keys.iter().cloned()));
        if let (Some(tracked), Some(database)) = (&tracked, request.database) {
            let is_new = |day: &DayReport| matches!(day.action, Action::Written | Action::Added | Action::Replaced);
            let new = days.iter().zip(&done).filter(|(day, done)| !day.is_additive() && is_new(done));
            let new: Vec<_> = new.map(|(day, _)| (day.report.name(), day.day)).collect();
            track::record_days(database, tracked.manifest_id(), &new).await?;
        }
        report.days.extend(done);
    }
    report.days.sort_by_key(|day| (day.report_type, day.day));
    if let (Some(tracked), Some(database)) = (tracked, request.database) {
        tracked.finish(database, &report.files).await?;
    }
    for day in &report.days {
        tracing::info!(report_type = day.report_type, day = %day.day, hours = day.hours, action = ?day.action, rows = day.hourly_rows, "ingested a day");
    }
    Ok(())
}

/// A positive number that stands for a manifest where koku has none: stable, and exact as a JSON number.
fn number_of(digest: &[u8]) -> i64 {
    let number = digest.iter().take(8).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte));
    (number & ((1 << 53) - 1)).max(1)
}
