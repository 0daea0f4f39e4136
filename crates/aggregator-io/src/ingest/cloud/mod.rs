//! Ingest of AWS, Azure and GCP: cost exports in, line items in koku's layout out.
//!
//! Each file of an export is read once, a portion of rows at a time, and staged as Parquet in a temporary folder; then the files of each
//! month are exchanged in the store in one step. Memory does not grow with the export.
//!
//! # Refused files
//! Where koku fails a file, the file is refused, and nothing of it is written. A refused file refuses an export of AWS or Azure, since
//! the month would be replaced by a part of it; files of GCP are taken one by one.
//!
//! # Replacement
//! * An export of AWS or Azure replaces its month, whatever other exports brought; see [`Span`] for parts of a month. Files of one manifest
//!   belong together, however many calls bring them.
//! * A file of GCP replaces what a file of the same name brought for the same invoice month and partition date, and nothing else.
//! * With [`Ingress::Yes`](aggregator_core::ingest::cloud::Ingress), a file of GCP replaces all of these months and dates.
//!
//! # Source
//! koku's `masu/external/downloader/` and `masu/processor/parquet/`; what differs is listed in `docs/parity.md`.

mod keys;
mod names;
mod publish;
mod report;
mod row_uuid;
mod stage;

pub use keys::EnabledKeys;
pub use report::{CloudAction, CloudFileReport, CloudIngestReport, DayFiles, ExportReport};

use super::{BadInput, Progress, Replace, Write, number_of};
use crate::database::Database;
use crate::error::{Error, Result};
use crate::execute::Engine;
use crate::payload::OpenError;
use crate::payload::export::Export;
use crate::source::path::Month;
use crate::store::Store;
use aggregator_core::cloud::Provider;
use aggregator_core::ingest::cloud::{Ingress, Losses};
use aggregator_core::run::SourceUuid;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use stage::{Days, StagedFile};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// koku's limit of enabled tag keys of a tenant.
pub const TAG_ENABLED_LIMIT: u32 = 200;

/// Rows that koku converts at a time; its daily rows are of so many.
pub const ROWS_AT_A_TIME: usize = 200_000;

/// Which days of an export of AWS or Azure are taken. Days after today are never taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    /// The whole month; everything that is there is replaced.
    #[default]
    Month,
    /// From three days before the newest day that is there, or the month's first if that is among its first three days; other days stay.
    /// It is koku's rule for the current month. A month that is over is taken whole: an AWS one with an invoice, and any of Azure.
    SinceLast,
}

/// What is ingested, and where it goes.
#[derive(Clone, Copy, Debug)]
pub struct CloudIngest<'a> {
    /// Whose exports they are.
    pub cloud: Provider,
    /// The store of the line items.
    pub store: &'a Store,
    /// The tenant schema.
    pub schema: &'a str,
    /// The source.
    pub source: SourceUuid,
    /// Manifests, folders and CSV files: paths, or URLs of the store's kind.
    pub exports: &'a [String],
    /// The bill's month; otherwise the manifest's, or that of the first row's billing period.
    pub month: Option<Month>,
    /// Today.
    pub today: NaiveDate,
    /// Which days are taken.
    pub span: Span,
    /// Whether a customer filtered the export.
    pub ingress: Ingress,
    /// What becomes of what koku loses.
    pub losses: Losses,
    /// koku's number of the manifest; otherwise one is made of the manifest's id or of the files.
    pub manifest_id: Option<i64>,
    /// When files that are there already are written again.
    pub replace: Replace,
    /// Whether anything is written.
    pub write: Write,
    /// What becomes of bad input.
    pub bad_input: BadInput,
    /// Rows that are converted at a time, [`ROWS_AT_A_TIME`] outside of tests.
    pub rows_at_a_time: usize,
    /// How plans run.
    pub engine: Engine,
    /// koku's database: new tag keys go there.
    pub database: Option<&'a Database>,
    /// How many tag keys of a tenant may be enabled; any number if 0.
    pub tag_enabled_limit: u32,
}

/// Ingests `request.exports`, one after the other.
///
/// An export that cannot be taken is reported as refused, and the others go on.
///
/// # Errors
/// See [`Error`]: the store, the database or this machine failed. Months that were exchanged before stay.
pub async fn ingest(request: &CloudIngest<'_>, progress: impl Fn(Progress)) -> Result<CloudIngestReport> {
    let started = Instant::now();
    let mut report = CloudIngestReport::default();
    let (mut tag_keys, mut category_keys) = (BTreeSet::new(), BTreeSet::new());
    for place in request.exports {
        let mut export = ExportReport { export: place.clone(), ..ExportReport::default() };
        match take(request, place, &mut export, &progress).await {
            Ok(keys) => {
                tag_keys.extend(keys.tags);
                category_keys.extend(keys.categories);
            }
            Err(Refusal::Export(reason)) => {
                tracing::info!(export = place, reason, "refused an export");
                export.refused = Some(reason);
            }
            Err(Refusal::Failed(error)) => return Err(error),
        }
        report.exports.push(export);
    }
    if let (Some(database), Write::Yes) = (request.database, request.write) {
        report.keys = Some(keys::add(database, request, &tag_keys, &category_keys).await?);
    }
    report.tag_keys = tag_keys.into_iter().collect();
    report.category_keys = category_keys.into_iter().collect();
    report.seconds = started.elapsed().as_secs_f64();
    progress(Progress::Done);
    Ok(report)
}

/// Why an export was not taken.
enum Refusal {
    /// It is its fault.
    Export(String),
    /// It is not.
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// What rows bring besides themselves.
#[derive(Debug, Default)]
struct Keys {
    tags: BTreeSet<String>,
    categories: BTreeSet<String>,
}

async fn take(request: &CloudIngest<'_>, place: &str, report: &mut ExportReport, progress: &impl Fn(Progress)) -> Result<Keys, Refusal> {
    let export = Export::open(place, request.cloud, request.store).await.map_err(|error| match error {
        OpenError::Payload(reason) => Refusal::Export(reason),
        OpenError::Failed(error) => Refusal::Failed(error),
    })?;
    report.warnings.clone_from(&export.warnings);
    report.manifest.clone_from(&export.id);
    progress(Progress::Payload { name: place.to_owned(), bytes: export.bytes });
    let failed = |source| Error::File { action: "create", path: std::env::temp_dir().display().to_string(), source };
    let staging = tempfile::tempdir().map_err(failed)?;
    let mut days = Days::new(request, export.month.map(Month::of));
    let mut staged = Vec::with_capacity(export.files.len());
    for (number, file) in export.files.iter().enumerate() {
        progress(Progress::File { name: file.name.clone() });
        let folder = staging.path().join(number.to_string());
        let failed = |source| Error::File { action: "create", path: folder.display().to_string(), source };
        tokio::fs::create_dir(&folder).await.map_err(failed)?;
        staged.push(stage::stage(request, file, &folder, &mut days, progress).await?);
    }
    let manifest_id = request.manifest_id.unwrap_or_else(|| match &export.id {
        Some(id) => number_of(Sha256::digest(id).as_slice()),
        None => number_of_files(&staged),
    });
    report.manifest_id = Some(manifest_id);
    report.files = staged.iter().map(|file| file.outcome.clone()).collect();
    let refused = staged.iter().find(|file| file.is_refused());
    let bad = staged.iter().find(|file| !file.outcome.problems.is_empty()).filter(|_| request.bad_input == BadInput::Refuse);
    if let Some(file) = bad.or(refused.filter(|_| request.cloud != Provider::Gcp)) {
        let problem = file.outcome.problems.first().map(ToString::to_string).unwrap_or_default();
        return Err(Refusal::Export(format!("`{}`: {problem}", file.outcome.file)));
    }
    staged.retain(|file| !file.is_refused());
    let months: BTreeSet<Month> = staged.iter().flat_map(|file| file.parts.keys().map(|(month, _)| *month)).collect();
    progress(Progress::Writing { days: staged.iter().map(|file| file.parts.len() as u64).sum() });
    for month in months {
        let done = publish::publish(request, manifest_id, month, days.from(month), &staged).await?;
        for day in &done {
            tracing::info!(month = %day.month, part = day.part, action = ?day.action, rows = day.rows, "ingested");
        }
        report.days.extend(done);
    }
    let mut keys = Keys::default();
    for file in staged.into_iter().filter(|file| !file.parts.is_empty()) {
        keys.tags.extend(file.tag_keys);
        keys.categories.extend(file.category_keys);
    }
    Ok(keys)
}

/// A number for files without a manifest, whatever their order.
fn number_of_files(files: &[StagedFile]) -> i64 {
    let digests: BTreeMap<&str, &[u8]> = files.iter().map(|file| (file.base.as_str(), file.content.as_slice())).collect();
    let mut all = Sha256::new();
    for digest in digests.values() {
        all.update(digest);
    }
    number_of(all.finalize().as_slice())
}
