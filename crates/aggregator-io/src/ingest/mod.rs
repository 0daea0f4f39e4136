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

pub(crate) mod journal;
mod lock;
mod publish;
mod stage;
mod standing;
pub mod track;

use crate::database::Database;
use crate::error::{Error, Result};
use crate::execute::Engine;
use crate::payload::csv::{Batch, ReportReader};
use crate::payload::manifest::Manifest;
use crate::payload::{Payload, ReadError};
use crate::source::path::Month;
use crate::store::Store;
use aggregator_core::ingest::ReportType;
use aggregator_core::run::{ClusterId, SourceUuid};
use chrono::NaiveDate;
use serde::Serialize;
use sha2::{Digest, Sha256};
use stage::{FileStage, ROWS_AT_A_TIME, Staged, StagedDay};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Batches of rows that wait to be computed.
const BATCHES_WAITING: usize = 2;

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

/// What [`ingest`] did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct IngestReport {
    /// Each payload, in the order given.
    pub payloads: Vec<PayloadReport>,
    /// Tag keys of the labels that were read.
    pub tag_keys: Vec<String>,
    /// Those of them that koku's database did not have; `None` without a database.
    pub new_tag_keys: Option<u64>,
    /// Seconds from start to end.
    pub seconds: f64,
}

impl IngestReport {
    /// Days whose summary can have changed: those that were written, or that an earlier run of the same payload wrote.
    pub fn days_to_summarize(&self) -> BTreeSet<NaiveDate> {
        let days = self.payloads.iter().flat_map(|payload| &payload.days);
        days.filter(|day| day.action != Action::Kept).map(|day| day.day).collect()
    }
}

/// What became of a payload.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PayloadReport {
    /// Its name, as given.
    pub payload: String,
    /// UUID of its manifest, if it has one.
    pub manifest: Option<String>,
    /// Cluster that the manifest names.
    pub cluster_id: Option<String>,
    /// koku's number of the manifest: in file names and metadata.
    pub manifest_id: Option<i64>,
    /// Its CSV files.
    pub files: Vec<FileReport>,
    /// Its days, by report type.
    pub days: Vec<DayReport>,
    /// What is odd about it.
    pub warnings: Vec<String>,
    /// Why nothing of it was taken.
    pub refused: Option<String>,
}

/// What became of a CSV file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FileReport {
    /// Its name.
    pub file: String,
    /// Its report type, if its columns are those of one.
    pub report_type: Option<&'static str>,
    /// Bytes of text.
    pub bytes: u64,
    /// Rows below the header, taken or not.
    pub rows: u64,
    /// Hourly rows made of them.
    pub written: u64,
    /// Rows dropped because a value is beyond all reason, as in koku: above 10^18.
    pub anomalies: u64,
    /// Rows that could not be taken.
    pub refused_rows: u64,
    /// Why it holds no rows to take, where nothing is wrong with it.
    pub skipped: Option<&'static str>,
    /// What is wrong, and where.
    pub problems: Vec<Problem>,
}

/// Something wrong with a file, a row or a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Line of the file, the header being in line 1.
    pub line: Option<u64>,
    /// Column.
    pub column: Option<String>,
    /// Text of the cell.
    pub value: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// Rows that it concerns.
    pub rows: u64,
}

/// What became of a day of a report type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DayReport {
    /// The report type.
    pub report_type: &'static str,
    /// The day.
    pub day: NaiveDate,
    /// Hours that the payload claims.
    pub hours: u32,
    /// What was done.
    pub action: Action,
    /// Hours that were there.
    pub previous_hours: Option<u32>,
    /// Hourly rows of the payload.
    pub hourly_rows: u64,
    /// Daily rows of the payload.
    pub daily_rows: u64,
    /// Bytes of Parquet.
    pub bytes: u64,
}

/// What is done with a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// There was nothing.
    Written,
    /// It was added to files of the same manifest, or to an operator's that does not send whole days.
    Added,
    /// It replaced what was there.
    Replaced,
    /// What is there has as many hours, or more, and stays.
    Kept,
    /// These very files are there already.
    AlreadyThere,
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
                tracing::error!(payload = place, reason, "refused a payload");
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
        crate::payload::OpenError::Payload(reason) => Refusal::Payload(reason),
        crate::payload::OpenError::Failed(error) => Refusal::Failed(error),
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
    let (staged, content) = stage_all(request, &payload, staging.path(), progress).await?;
    let mut by_day = ByDay::new(payload.manifest.as_ref());
    for file in staged {
        by_day.add(file.days, &file.outcome);
        report.files.push(file.outcome);
    }
    let bad = report.files.iter().find_map(|file| Some((file, file.problems.first()?)));
    if let (BadInput::Refuse, Some((file, problem))) = (request.bad_input, bad) {
        return Err(Refusal::Payload(format!("`{}`: {problem}", file.file)));
    }
    let days = by_day.days();

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

/// What the reading thread says.
enum Event {
    File { name: String },
    Skipped(FileReport),
    Header { name: String, report: ReportType, header: Vec<String> },
    Rows { batch: Batch, bytes: u64 },
    Lost { reason: String },
    End { bytes: u64 },
}

/// Reads all CSV files of a payload and stages their rows; and the digest of what was read.
async fn stage_all(
    request: &Ingest<'_>,
    payload: &Arc<Payload>,
    folder: &Path,
    progress: &impl Fn(Progress),
) -> Result<(Vec<Staged>, Vec<u8>)> {
    let (send, mut receive) = tokio::sync::mpsc::channel(BATCHES_WAITING);
    let reader = tokio::task::spawn_blocking({
        let payload = Arc::clone(payload);
        move || {
            let digest = Mutex::new(Sha256::new());
            let read = payload.for_each(&mut |name, text| {
                let text = Hashing { text, digest: payload.manifest.is_none().then_some(&digest) };
                // Nobody listens any more if staging failed, which then says why.
                read_report(name, text, &|event| send.blocking_send(event).is_ok());
            });
            (read, digest.into_inner().unwrap_or_else(PoisonError::into_inner).finalize().to_vec())
        }
    });
    let mut all = Vec::new();
    let mut current: Option<FileStage> = None;
    let mut position = 0;
    let mut files = 0;
    while let Some(event) = receive.recv().await {
        match event {
            Event::File { name } => {
                position = 0;
                progress(Progress::File { name });
            }
            Event::Skipped(outcome) => all.push(Staged { days: BTreeMap::new(), outcome }),
            Event::Header { name, report, header } => {
                files += 1;
                let folder = folder.join(files.to_string());
                let failed = |source| Error::File { action: "create", path: folder.display().to_string(), source };
                tokio::fs::create_dir(&folder).await.map_err(failed)?;
                current = Some(FileStage::new(&name, report, &header, &folder, request.engine));
            }
            Event::Rows { batch, bytes } => {
                progress(Progress::Read { bytes: bytes.saturating_sub(position), rows: batch.lines.len() as u64 });
                position = bytes;
                if let Some(stage) = &mut current {
                    stage.take(batch).await?;
                }
            }
            Event::Lost { reason } => {
                if let Some(stage) = current.take() {
                    let mut outcome = stage.outcome;
                    outcome.refused_rows = outcome.rows;
                    let rows = outcome.rows;
                    outcome.problems.push(Problem { reason: format!("nothing of it was taken: {reason}"), rows, ..Problem::default() });
                    all.push(Staged { days: BTreeMap::new(), outcome });
                }
            }
            Event::End { bytes } => {
                if let Some(mut stage) = current.take() {
                    stage.outcome.bytes = bytes;
                    all.push(stage.finish().await?);
                }
            }
        }
    }
    let (read, digest) = reader.await.map_err(|error| Error::File { action: "read", path: payload.name.clone(), source: error.into() })?;
    match read {
        Ok(()) => Ok((all, digest)),
        Err(ReadError { file, source }) => Err(Error::File { action: "read", path: file, source }),
    }
}

/// Reads one CSV file and says what it holds, as long as `say` wants more.
fn read_report(name: &str, text: impl Read, say: &dyn Fn(Event) -> bool) {
    let empty = |skipped| Event::Skipped(FileReport { file: name.to_owned(), skipped: Some(skipped), ..FileReport::default() });
    let wrong = |reason: &str| {
        let problem = Problem { reason: reason.to_owned(), ..Problem::default() };
        Event::Skipped(FileReport { file: name.to_owned(), problems: vec![problem], ..FileReport::default() })
    };
    if !say(Event::File { name: name.to_owned() }) {
        return;
    }
    let mut reader = match ReportReader::open(text) {
        Ok(Some(reader)) => reader,
        Ok(None) => {
            say(empty("it is empty"));
            return;
        }
        Err(error) => {
            say(wrong(&error.to_string()));
            return;
        }
    };
    let Some(report) = ReportType::detect(reader.header().iter().map(String::as_str)) else {
        let optimization = ReportType::is_optimization(reader.header().iter().map(String::as_str));
        say(if optimization {
            empty("it is for resource optimization")
        } else {
            wrong("its columns are those of no report that is known")
        });
        return;
    };
    if !say(Event::Header { name: name.to_owned(), report, header: reader.header().to_vec() }) {
        return;
    }
    loop {
        match reader.next_batch(ROWS_AT_A_TIME) {
            Ok(Some(batch)) => {
                if !say(Event::Rows { batch, bytes: reader.bytes_read() }) {
                    return;
                }
            }
            Ok(None) => break,
            Err(error) => {
                say(Event::Lost { reason: error.to_string() });
                return;
            }
        }
    }
    say(Event::End { bytes: reader.bytes_read() });
}

/// Passes text on, and remembers what it was.
struct Hashing<'a, R> {
    text: R,
    digest: Option<&'a Mutex<Sha256>>,
}

impl<R: Read> Read for Hashing<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.text.read(buffer)?;
        if let (Some(digest), Some(bytes)) = (self.digest, buffer.get(..read)) {
            digest.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
        }
        Ok(read)
    }
}

/// The days of a payload, put together of its files.
struct ByDay<'a> {
    manifest: Option<&'a Manifest>,
    days: BTreeMap<(ReportType, NaiveDate, Option<String>), (StagedDay, BTreeSet<String>)>,
}

impl<'a> ByDay<'a> {
    fn new(manifest: Option<&'a Manifest>) -> Self {
        Self { manifest, days: BTreeMap::new() }
    }

    fn add(&mut self, days: BTreeMap<NaiveDate, (stage::StagedFile, BTreeSet<String>)>, outcome: &FileReport) {
        let Some(report) = ReportType::ALL.into_iter().find(|report| Some(report.name()) == outcome.report_type) else { return };
        // Without daily reports the files of an operator are kept as they are: whatever days they hold, in the manifest's month.
        let additive = self.manifest.filter(|manifest| !manifest.is_daily()).map(|manifest| {
            let stem = outcome.file.rsplit('/').next().unwrap_or(&outcome.file);
            (manifest.date, stem.strip_suffix(".csv").unwrap_or(stem).to_owned())
        });
        for (day, (file, intervals)) in days {
            let (of, stem) = match &additive {
                Some((date, stem)) => (date.map_or(day, |date| date.date_naive()), Some(stem.clone())),
                None => (day, None),
            };
            let new = || (StagedDay { report, day: of, hours: 0, additive: stem.clone(), files: Vec::new() }, BTreeSet::new());
            let (staged, texts) = self.days.entry((report, of, stem.clone())).or_insert_with(new);
            match staged.files.iter_mut().find(|other| other.name == file.name) {
                Some(other) => {
                    other.hourly.extend(file.hourly);
                    other.daily.extend(file.daily);
                    other.hourly_rows += file.hourly_rows;
                    other.daily_rows += file.daily_rows;
                    other.bytes += file.bytes;
                    other.tag_keys.extend(file.tag_keys);
                }
                None => staged.files.push(file),
            }
            texts.extend(intervals);
        }
    }

    /// The days by month, with the hours that they claim: the manifest's, or else the different starts of intervals.
    fn days(self) -> BTreeMap<Month, Vec<StagedDay>> {
        let claimed = self.manifest.map(|manifest| manifest.hours_per_day().clone()).unwrap_or_default();
        let mut months: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (mut day, intervals) in self.days.into_values() {
            let found = u32::try_from(intervals.len()).unwrap_or(u32::MAX);
            day.hours = claimed.get(&day.day).copied().filter(|hours| *hours > 0).unwrap_or(found);
            months.entry(Month::of(day.day)).or_default().push(day);
        }
        months
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(line) = self.line {
            write!(formatter, "line {line}")?;
            if let Some(column) = &self.column {
                write!(formatter, ", column `{column}`")?;
            }
            write!(formatter, ": ")?;
        }
        if let Some(value) = &self.value {
            write!(formatter, "`{}`: ", value.chars().take(60).collect::<String>())?;
        }
        write!(formatter, "{}", self.reason)
    }
}
