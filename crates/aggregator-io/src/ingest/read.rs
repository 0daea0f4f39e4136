//! Reads the CSV files of a payload on a thread of its own, and stages their rows as they come.

use super::report::{FileReport, Problem};
use super::stage::{FileStage, ROWS_AT_A_TIME, Staged};
use super::{Ingest, Progress};
use crate::error::{Error, Result};
use crate::payload::csv::{Batch, ReportReader};
use crate::payload::{Payload, ReadError};
use aggregator_core::ingest::ReportType;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Batches of rows that wait to be computed.
const BATCHES_WAITING: usize = 2;

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
pub(super) async fn stage_all(
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
            Event::Skipped(outcome) => all.push(Staged::nothing(outcome)),
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
                    all.push(Staged::nothing(outcome));
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
pub(super) struct Hashing<'a, R> {
    pub text: R,
    pub digest: Option<&'a Mutex<Sha256>>,
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
