//! From the rows of an export's file to Parquet files in a temporary folder, by koku's portions of rows and files; memory stays flat.

use super::report::CloudFileReport;
use super::{CloudIngest, Span, publish, row_uuid};
use crate::error::{Error, Result};
use crate::execute;
use crate::ingest::read::Hashing;
use crate::ingest::stage::{ROWS_AT_A_TIME, no_numbers, note, refused_rows, row_problem, stacked, texts, write};
use crate::ingest::{Problem, Progress};
use crate::payload::csv::{Batch, LongRows, ReportReader};
use crate::payload::export::ExportFile;
use crate::source::path::Month;
use aggregator_core::cloud::Provider;
use aggregator_core::ingest::LINE;
use aggregator_core::ingest::cloud::{DATE, Layout, PART, export};
use aggregator_core::table::Kind;
use aggregator_core::table::cloud_ingest::BILL_INVOICEID;
use chrono::NaiveDate;
use polars::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Batches of rows that wait to be computed.
const BATCHES_WAITING: usize = 2;

/// A file of an export, staged.
#[derive(Debug)]
pub(super) struct StagedFile {
    /// Its name in koku's names.
    pub base: String,
    /// What it holds, by month and part.
    pub parts: BTreeMap<(Month, String), StagedPart>,
    pub tag_keys: BTreeSet<String>,
    pub category_keys: BTreeSet<String>,
    /// The digest of its text.
    pub content: Vec<u8>,
    /// What is said about it.
    pub outcome: CloudFileReport,
}

impl StagedFile {
    pub(super) fn is_refused(&self) -> bool {
        self.outcome.refused
    }
}

/// What a file holds of a day, or of an invoice month and partition date.
#[derive(Debug, Default)]
pub(super) struct StagedPart {
    pub pieces: Vec<Piece>,
    pub rows: u64,
    pub daily_rows: u64,
    pub bytes: u64,
    /// Days of its rows, in UTC.
    pub holds: BTreeSet<NaiveDate>,
}

/// What a portion of a file holds of a part.
#[derive(Debug)]
pub(super) struct Piece {
    /// The portion, from 0.
    pub batch: u32,
    pub raw: PathBuf,
    pub daily: Option<PathBuf>,
}

/// The month of an export's rows, and the days that are taken.
pub(super) struct Days<'a> {
    request: &'a CloudIngest<'a>,
    month: Option<Month>,
    from: BTreeMap<Month, NaiveDate>,
}

impl<'a> Days<'a> {
    pub(super) fn new(request: &'a CloudIngest<'a>, manifest: Option<Month>) -> Self {
        Self { request, month: request.month.or(manifest), from: BTreeMap::new() }
    }

    /// The first day that is taken of a month.
    pub(super) fn from(&self, month: Month) -> NaiveDate {
        self.from.get(&month).copied().unwrap_or(month.first())
    }

    /// The month of a file with these first rows and the days that are taken of it; `None` if nothing says its month.
    async fn of(&mut self, layout: &Layout, raw: &DataFrame, typed: &DataFrame) -> Result<Option<(Month, RangeInclusive<NaiveDate>)>> {
        let cloud = self.request.cloud;
        let today = self.request.today;
        if cloud == Provider::Gcp {
            return Ok(Some((Month::of(today), NaiveDate::MIN..=today)));
        }
        let first = || {
            let named = export(cloud).period_start().and_then(|column| typed.column(column.name).ok().cloned());
            let period = named.and_then(|column| date(&column));
            period.or_else(|| date(typed.column(DATE).ok()?))
        };
        let Some(month) = self.month.or_else(|| first().map(Month::of)) else { return Ok(None) };
        if !self.from.contains_key(&month) {
            let is_over = match cloud {
                Provider::Aws => has_invoice(layout, raw) && month != Month::of(today),
                Provider::Azure | Provider::Gcp => month < Month::of(today),
            };
            let from = match self.request.span {
                Span::SinceLast if !is_over => publish::since_last(self.request, month).await?,
                Span::SinceLast | Span::Month => month.first(),
            };
            self.from.insert(month, from);
        }
        Ok(Some((month, self.from(month)..=today)))
    }
}

/// The day of the first row.
fn date(column: &Column) -> Option<NaiveDate> {
    let days = column.head(Some(1)).cast(&Kind::Date.data_type()).ok()?;
    days.date().ok()?.physical().get(0).and_then(NaiveDate::from_epoch_days)
}

fn has_invoice(layout: &Layout, raw: &DataFrame) -> bool {
    let cell = || raw.column(layout.column(layout.place_of(&BILL_INVOICEID)?)).ok()?.str().ok()?.get(0).map(str::to_owned);
    cell().is_some_and(|invoice| !invoice.is_empty())
}

/// What the reading thread says.
enum Event {
    Header(Vec<String>),
    Rows {
        batch: Batch,
        bytes: u64,
    },
    /// As many rows were read as koku converts at a time.
    Portion,
    Wrong(String),
    End {
        bytes: u64,
    },
}

/// Reads a file and stages its rows.
pub(super) async fn stage(
    request: &CloudIngest<'_>,
    file: &ExportFile,
    folder: &Path,
    days: &mut Days<'_>,
    progress: &impl Fn(Progress),
) -> Result<StagedFile> {
    let (send, mut receive) = tokio::sync::mpsc::channel(BATCHES_WAITING);
    let reader = tokio::task::spawn_blocking({
        let (file, portion) = (file.clone(), request.rows_at_a_time.max(1));
        let long_rows = if request.cloud == Provider::Aws { LongRows::Cut } else { LongRows::Refused };
        move || {
            let digest = Mutex::new(Sha256::new());
            // Nobody listens any more if staging failed, which then says why.
            let say = |event| send.blocking_send(event).is_ok();
            match file.open() {
                Ok(text) => read(Hashing { text, digest: Some(&digest) }, long_rows, portion, &say),
                Err(error) => {
                    say(Event::Wrong(format!("it could not be read: {error}")));
                }
            }
            digest.into_inner().unwrap_or_else(PoisonError::into_inner).finalize().to_vec()
        }
    });
    let mut stage = Stage::new(request, file, folder, days);
    let mut position = 0;
    while let Some(event) = receive.recv().await {
        match event {
            Event::Header(header) => stage.open(&header),
            Event::Rows { batch, bytes } => {
                progress(Progress::Read { bytes: bytes.saturating_sub(position), rows: batch.lines.len() as u64 });
                position = bytes;
                stage.take(batch).await?;
            }
            Event::Portion => stage.write().await?,
            Event::Wrong(reason) => stage.refuse(Problem { reason, ..Problem::default() }),
            Event::End { bytes } => {
                stage.write().await?;
                stage.staged.outcome.bytes = bytes;
            }
        }
    }
    let failed = |error: tokio::task::JoinError| Error::File { action: "read", path: file.name.clone(), source: error.into() };
    stage.staged.content = reader.await.map_err(failed)?;
    Ok(stage.finish())
}

fn read(text: impl Read, long_rows: LongRows, portion: usize, say: &dyn Fn(Event) -> bool) {
    let mut reader = match ReportReader::open(text) {
        Ok(Some(reader)) => reader.with_long_rows(long_rows),
        Ok(None) => {
            say(Event::Wrong("it is empty".to_owned()));
            return;
        }
        Err(error) => {
            say(Event::Wrong(error.to_string()));
            return;
        }
    };
    if !say(Event::Header(reader.header().to_vec())) {
        return;
    }
    let mut left = portion;
    loop {
        match reader.next_batch(left.min(ROWS_AT_A_TIME)) {
            Ok(Some(batch)) => {
                left = left.saturating_sub(batch.rows().max(1));
                if !say(Event::Rows { batch, bytes: reader.bytes_read() }) || (left == 0 && !say(Event::Portion)) {
                    return;
                }
                left = if left == 0 { portion } else { left };
            }
            Ok(None) => break,
            Err(error) => {
                say(Event::Wrong(error.to_string()));
                return;
            }
        }
    }
    say(Event::End { bytes: reader.bytes_read() });
}

/// A file on its way.
struct Stage<'a, 'b> {
    request: &'a CloudIngest<'a>,
    days: &'a mut Days<'b>,
    folder: &'a Path,
    layout: Option<Layout>,
    /// The month and days of the file, once its first row is known.
    taken: Option<(Month, RangeInclusive<NaiveDate>)>,
    /// Line items of the portion.
    rows: Vec<DataFrame>,
    batch: u32,
    files: u32,
    staged: StagedFile,
}

impl<'a, 'b> Stage<'a, 'b> {
    fn new(request: &'a CloudIngest<'a>, file: &ExportFile, folder: &'a Path, days: &'a mut Days<'b>) -> Self {
        let staged = StagedFile {
            base: file.base.clone(),
            parts: BTreeMap::new(),
            tag_keys: BTreeSet::new(),
            category_keys: BTreeSet::new(),
            content: Vec::new(),
            outcome: CloudFileReport { file: file.name.clone(), ..CloudFileReport::default() },
        };
        Self { request, days, folder, layout: None, taken: None, rows: Vec::new(), batch: 0, files: 0, staged }
    }

    fn refuse(&mut self, problem: Problem) {
        self.staged.outcome.refused = true;
        note(&mut self.staged.outcome.problems, problem);
    }

    fn open(&mut self, header: &[String]) {
        let header: Vec<PlSmallStr> = header.iter().map(PlSmallStr::from).collect();
        match export(self.request.cloud).layout(&header, self.request.losses, self.request.ingress) {
            Ok(layout) => self.layout = Some(layout),
            Err(error) => self.refuse(Problem { line: Some(1), reason: error.to_string(), ..Problem::default() }),
        }
    }

    async fn take(&mut self, batch: Batch) -> Result<()> {
        self.staged.outcome.rows += (batch.lines.len() + batch.problems.len()) as u64;
        for problem in &batch.problems {
            self.refuse(row_problem(problem));
        }
        let Some(layout) = &self.layout else { return Ok(()) };
        if batch.lines.is_empty() {
            return Ok(());
        }
        let raw = frame(layout, batch).map_err(plan_failed)?;
        let layout = match (layout.first(), &self.taken) {
            (Some(place), None) => {
                let cell = raw.column(layout.column(place)).and_then(|column| Ok(column.str()?.get(0).unwrap_or_default().to_owned()));
                self.layout.insert(layout.clone().with_first(&cell.map_err(plan_failed)?))
            }
            _ => layout,
        };
        let run = |plan| execute::transform(plan, self.request.engine, "the line items");
        let typed = run(layout.typed(raw.clone().lazy())).await?;
        if self.taken.is_none() {
            self.taken = self.days.of(layout, &raw, &typed).await?;
        }
        let days = self.taken.as_ref().map_or_else(|| NaiveDate::MAX..=NaiveDate::MIN, |(_, days)| days.clone());
        let refused = run(layout.refused(typed.clone().lazy(), &days)).await?;
        let unparsed = run(layout.unparsed_numbers(raw.clone().lazy())).await?;
        let rows = run(layout.line_items(typed.lazy(), &days)).await?;
        let tags = run(layout.tag_keys(raw.clone().lazy(), rows.clone().lazy())).await?;
        let categories = run(layout.category_keys(raw.clone().lazy())).await?;
        self.staged.tag_keys.extend(texts(&tags).map_err(plan_failed)?);
        self.staged.category_keys.extend(texts(&categories).map_err(plan_failed)?);
        for problem in no_numbers(&unparsed).map_err(plan_failed)? {
            note(&mut self.staged.outcome.problems, problem);
        }
        let problems = refused_rows(&raw, &refused).map_err(plan_failed)?;
        if self.taken.is_none() && problems.is_empty() {
            let reason = "nothing says which month's bill it is of: give the month".to_owned();
            self.refuse(Problem { reason, ..Problem::default() });
        }
        for problem in problems {
            self.refuse(problem);
        }
        self.staged.outcome.left_out += (raw.height() - refused.height().min(raw.height()) - rows.height().min(raw.height())) as u64;
        if !self.staged.is_refused() {
            self.rows.push(rows);
        }
        Ok(())
    }

    /// Rolls up and writes a portion of the file.
    async fn write(&mut self) -> Result<()> {
        let batch = self.batch;
        self.batch += 1;
        let rows = stacked(std::mem::take(&mut self.rows))?;
        let (Some(rows), Some(layout), Some((month, _)), false) = (rows, &self.layout, &self.taken, self.staged.is_refused()) else {
            return Ok(());
        };
        let (layout, month) = (layout.clone(), *month);
        let mixed = execute::transform(layout.mixed(rows.clone().lazy()), self.request.engine, "the line items").await?;
        if mixed.height() > 0 {
            let lines = mixed.column(LINE).and_then(|lines| Ok(lines.u64()?.get(0))).map_err(plan_failed)?;
            let [column, reason] = [1, 2].map(|at| mixed.columns().get(at).and_then(|column| column.str().ok()?.get(0)).map(str::to_owned));
            self.refuse(Problem { line: lines, column, value: None, reason: reason.unwrap_or_default(), rows: 1 });
            return Ok(());
        }
        for part in rows.partition_by_stable([PART], true).map_err(plan_failed)? {
            let name = part.column(PART).and_then(|name| Ok(name.str()?.get(0).unwrap_or_default().to_owned())).map_err(plan_failed)?;
            let month =
                if self.request.cloud == Provider::Gcp { part.column(DATE).ok().and_then(date).map_or(month, Month::of) } else { month };
            self.write_part(&layout, month, &name, batch, part).await?;
        }
        Ok(())
    }

    async fn write_part(&mut self, layout: &Layout, month: Month, name: &str, batch: u32, rows: DataFrame) -> Result<()> {
        let provider = export(self.request.cloud);
        let origin = |table: &str| format!("{}/{table}/{month}/{name}/{}/{batch}", self.request.source, self.staged.base);
        let run = |plan| execute::transform(plan, self.request.engine, "the daily line items");
        let daily = match (layout.daily(rows.clone().lazy()), provider.daily()) {
            (Some(daily), Some(table)) => Some(row_uuid::with_ids(run(daily).await?, &origin(table.name)).map_err(plan_failed)?),
            _ => None,
        };
        let times = rows.column(provider.time().name).and_then(|times| times.cast(&Kind::Date.data_type())).map_err(plan_failed)?;
        let holds: Vec<NaiveDate> =
            times.date().map_err(plan_failed)?.physical().iter().flatten().filter_map(NaiveDate::from_epoch_days).collect();
        let mut raw = rows.select(layout.columns()).map_err(plan_failed)?;
        if daily.is_none() {
            raw = row_uuid::with_ids(raw, &origin(provider.line_items().name)).map_err(plan_failed)?;
        }
        let mut next = || {
            self.files += 1;
            self.folder.join(format!("{}.parquet", self.files))
        };
        let (raw_path, daily_path) = (next(), daily.is_some().then(&mut next));
        let mut bytes = write(&raw, &raw_path)?;
        if let (Some(daily), Some(path)) = (&daily, &daily_path) {
            bytes += write(daily, path)?;
        }
        self.staged.outcome.written += raw.height() as u64;
        let part = self.staged.parts.entry((month, name.to_owned())).or_default();
        part.rows += raw.height() as u64;
        part.daily_rows += daily.map_or(0, |daily| daily.height() as u64);
        part.bytes += bytes;
        part.holds.extend(holds);
        part.pieces.push(Piece { batch, raw: raw_path, daily: daily_path });
        Ok(())
    }

    fn finish(mut self) -> StagedFile {
        let StagedFile { parts, outcome, .. } = &self.staged;
        if self.request.cloud == Provider::Gcp && !outcome.refused && outcome.rows > 0 && parts.is_empty() {
            let reason = "no row has both an invoice month and a partition date".to_owned();
            self.refuse(Problem { reason, ..Problem::default() });
        }
        let outcome = &mut self.staged.outcome;
        if outcome.refused {
            outcome.written = 0;
            self.staged.parts.clear();
        } else if outcome.skipped.is_none() && outcome.rows == 0 {
            outcome.skipped = Some("it has no rows");
        } else if outcome.skipped.is_none() && outcome.written == 0 {
            outcome.skipped = Some("none of its rows is of the days to ingest");
        }
        self.staged
    }
}

fn plan_failed(source: PolarsError) -> Error {
    Error::Plan { what: "the line items", source }
}

/// The text cells of the needed columns, with the line of each row.
fn frame(layout: &Layout, batch: Batch) -> PolarsResult<DataFrame> {
    let height = batch.lines.len();
    let needed = layout.needed();
    let mut columns = Vec::with_capacity(needed.len() + 1);
    for place in needed {
        if let Some(cells) = batch.columns.get(place) {
            columns.push(StringChunked::from_iter_values(layout.column(place).into(), cells.iter()).into_column());
        }
    }
    columns.push(UInt64Chunked::from_vec(LINE.into(), batch.lines).into_column());
    DataFrame::new(height, columns)
}
