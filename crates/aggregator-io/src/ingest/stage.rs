//! From the rows of CSV files to Parquet files in a temporary folder, by report type and day; memory stays flat.

use super::report::{FileReport, Problem};
use crate::error::{Error, Result};
use crate::execute::{self, Engine};
use crate::payload::csv::{Batch, RowProblem};
use aggregator_core::ingest::{self, DAY, LINE, ReportType};
use aggregator_core::table::ocp::INTERVAL_START;
use aggregator_core::table::ocp_ingest::{CELLS, COLUMN, LINE_NUMBER, REASON, REFUSED, TEXT};
use chrono::NaiveDate;
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Rows that are taken from a CSV at a time.
pub(super) const ROWS_AT_A_TIME: usize = 1 << 15;

/// A day's hourly rows are rolled up and written in portions of so many. koku does the same, and sums of doubles depend on it.
const ROWS_OF_A_FILE: usize = 200_000;

/// Hourly rows that are held of all days together, before some are written.
const HOURLY_ROWS_HELD: usize = ROWS_OF_A_FILE + ROWS_AT_A_TIME;

/// Daily rows that are held of all days together, before those of a day are merged.
const DAILY_ROWS_HELD: usize = 120_000;

/// Problems of a kind that are reported with their place; more are counted.
const PLACES: usize = 100;

/// What a payload holds of a report type and day.
#[derive(Debug)]
pub(super) struct StagedDay {
    pub report: ReportType,
    /// The day; of an operator without daily reports, the manifest's.
    pub day: NaiveDate,
    /// Hours of the day that the payload claims.
    pub hours: u32,
    /// The name of the file, of an operator without daily reports: its files add to each other.
    pub additive: Option<String>,
    pub files: Vec<StagedFile>,
}

impl StagedDay {
    /// The day in koku's words, `pod_usage.2026-04-02`, or the additive file.
    pub(super) fn key(&self) -> String {
        match &self.additive {
            Some(stem) => format!("{}/{stem}", self.report.name()),
            None => format!("{}.{}", self.report.name(), self.day),
        }
    }

    /// Whether its files add to what is there, and replace nothing.
    pub(super) fn is_additive(&self) -> bool {
        self.additive.is_some()
    }
}

/// What a CSV file holds of a day, as Parquet.
#[derive(Debug, Default)]
pub(super) struct StagedFile {
    /// Name of the CSV.
    pub name: String,
    pub hourly: Vec<PathBuf>,
    pub daily: Vec<PathBuf>,
    pub hourly_rows: u64,
    pub daily_rows: u64,
    pub bytes: u64,
    /// Tag keys of its labels.
    pub tag_keys: BTreeSet<String>,
    /// Different texts of `interval_start`: hours, where no manifest claims any.
    pub intervals: BTreeSet<String>,
    /// Days, in UTC, of the times of its hourly and daily rows. A time with an offset, or of 24 o'clock, is of another day than the file.
    pub holds: BTreeSet<NaiveDate>,
}

/// One CSV file on its way.
pub(super) struct FileStage {
    report: ReportType,
    header: Vec<PlSmallStr>,
    folder: PathBuf,
    engine: Engine,
    days: BTreeMap<NaiveDate, DayStage>,
    files: u32,
    /// What is said about the file.
    pub outcome: FileReport,
}

/// The rows of one day of a CSV file.
#[derive(Default)]
struct DayStage {
    hourly: Vec<DataFrame>,
    hourly_rows: usize,
    daily: Vec<DataFrame>,
    daily_rows: usize,
    staged: StagedFile,
}

/// The days of a CSV file, written.
#[derive(Debug)]
pub(super) struct Staged {
    /// Its report type, if it is known.
    pub report: Option<ReportType>,
    /// What it holds of each day.
    pub days: BTreeMap<NaiveDate, StagedFile>,
    /// What is said about it.
    pub outcome: FileReport,
}

impl Staged {
    /// A file of which nothing is taken.
    pub(super) fn nothing(outcome: FileReport) -> Self {
        Self { report: None, days: BTreeMap::new(), outcome }
    }
}

impl StagedFile {
    /// Adds what the same CSV holds of another day.
    pub(super) fn add(&mut self, other: Self) {
        self.hourly.extend(other.hourly);
        self.daily.extend(other.daily);
        self.hourly_rows += other.hourly_rows;
        self.daily_rows += other.daily_rows;
        self.bytes += other.bytes;
        self.tag_keys.extend(other.tag_keys);
        self.intervals.extend(other.intervals);
        self.holds.extend(other.holds);
    }
}

impl FileStage {
    pub(super) fn new(name: &str, report: ReportType, header: &[String], folder: &Path, engine: Engine) -> Self {
        Self {
            report,
            header: header.iter().map(PlSmallStr::from).collect(),
            folder: folder.to_owned(),
            engine,
            days: BTreeMap::new(),
            files: 0,
            outcome: FileReport { file: name.to_owned(), report_type: Some(report.name()), ..FileReport::default() },
        }
    }

    /// Takes the next rows of the file.
    ///
    /// # Errors
    /// [`Error::Plan`] or [`Error::File`]: the rows cannot be computed or kept.
    pub(super) async fn take(&mut self, batch: Batch) -> Result<()> {
        self.outcome.rows += (batch.lines.len() + batch.problems.len()) as u64;
        for problem in &batch.problems {
            self.outcome.refused_rows += 1;
            note(&mut self.outcome.problems, row_problem(problem));
        }
        if batch.lines.is_empty() {
            return Ok(());
        }
        let raw = frame(&self.header, batch).map_err(plan_failed)?;
        let (report, header) = (self.report, self.header.as_slice());
        let run = |plan| execute::transform(plan, self.engine, "the line items");
        let typed = run(ingest::typed(report, header, raw.clone().lazy())).await?;
        let refused = run(ingest::refused(header, typed.clone().lazy())).await?;
        let rows = run(ingest::line_items(header, typed.clone().lazy())).await?;
        let unparsed = run(ingest::unparsed_numbers(header, raw.clone().lazy())).await?;
        let intervals = run(intervals(&raw, &typed).map_err(plan_failed)?).await?;

        self.outcome.refused_rows += refused.height() as u64;
        self.outcome.anomalies += (typed.height() - refused.height() - rows.height()) as u64;
        for problem in refused_rows(&raw, &refused).map_err(plan_failed)? {
            note(&mut self.outcome.problems, problem);
        }
        for problem in no_numbers(&unparsed).map_err(plan_failed)? {
            note(&mut self.outcome.problems, problem);
        }
        for (day, text) in dated_texts(&intervals).map_err(plan_failed)? {
            self.days.entry(day).or_default().staged.intervals.insert(text);
        }
        for (day, rows) in by_day(rows).map_err(plan_failed)? {
            let keys = run(ingest::tag_keys(header, rows.clone().lazy())).await?;
            let stage = self.days.entry(day).or_default();
            stage.staged.tag_keys.extend(texts(&keys).map_err(plan_failed)?);
            stage.hourly_rows += rows.height();
            stage.hourly.push(rows);
        }
        self.write_some().await
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// As [`FileStage::take`].
    pub(super) async fn finish(mut self) -> Result<Staged> {
        let days: Vec<_> = self.days.keys().copied().collect();
        for day in days {
            self.write_hourly(day).await?;
            self.merge_daily(day).await?;
            self.write_daily(day)?;
        }
        let name = self.outcome.file.clone();
        let mut staged = BTreeMap::new();
        for (day, mut stage) in self.days {
            // A day all of whose rows were dropped is no day: it replaces nothing.
            if stage.staged.hourly_rows > 0 {
                self.outcome.written += stage.staged.hourly_rows;
                stage.staged.name.clone_from(&name);
                staged.insert(day, stage.staged);
            }
        }
        Ok(Staged { report: Some(self.report), days: staged, outcome: self.outcome })
    }

    async fn write_some(&mut self) -> Result<()> {
        while self.held(|day| day.hourly_rows) > HOURLY_ROWS_HELD || self.days.values().any(|day| day.hourly_rows >= ROWS_OF_A_FILE) {
            let Some(day) = self.longest(|day| day.hourly_rows) else { break };
            self.write_hourly(day).await?;
        }
        if self.held(|day| day.daily_rows) > DAILY_ROWS_HELD {
            let days: Vec<_> = self.days.keys().copied().collect();
            for day in days {
                self.merge_daily(day).await?;
            }
            // Where rolling up helped little, a day gets several files: the summaries add up its parts.
            while self.held(|day| day.daily_rows) > DAILY_ROWS_HELD * 2 / 3 {
                let Some(day) = self.longest(|day| day.daily_rows) else { break };
                self.write_daily(day)?;
            }
        }
        Ok(())
    }

    fn held(&self, rows: impl Fn(&DayStage) -> usize) -> usize {
        self.days.values().map(rows).sum()
    }

    fn longest(&self, rows: impl Fn(&DayStage) -> usize) -> Option<NaiveDate> {
        self.days.iter().max_by_key(|(_, day)| rows(day)).map(|(day, _)| *day)
    }

    async fn merge_daily(&mut self, day: NaiveDate) -> Result<()> {
        let Some(stage) = self.days.get_mut(&day).filter(|stage| stage.daily.len() > 1) else { return Ok(()) };
        let parts: Vec<_> = std::mem::take(&mut stage.daily).into_iter().map(IntoLazy::lazy).collect();
        let parts = concat(parts, UnionArgs::default()).map_err(plan_failed)?;
        let merged = execute::transform(ingest::merge_daily(self.report, parts), self.engine, "the daily line items").await?;
        stage.daily_rows = merged.height();
        stage.daily = vec![merged];
        Ok(())
    }

    /// Rolls up and writes the hourly rows of a day, at most those of a file.
    async fn write_hourly(&mut self, day: NaiveDate) -> Result<()> {
        let path = self.next_file();
        let Some(stage) = self.days.get_mut(&day) else { return Ok(()) };
        let Some(rows) = stacked(std::mem::take(&mut stage.hourly))? else { return Ok(()) };
        let rest = rows.tail(Some(rows.height().saturating_sub(ROWS_OF_A_FILE)));
        let rows = rows.head(Some(ROWS_OF_A_FILE));
        stage.hourly_rows = rest.height();
        if rest.height() > 0 {
            stage.hourly.push(rest);
        }
        let daily = execute::transform(ingest::daily(self.report, rows.clone().lazy()), self.engine, "the daily line items").await?;
        for rows in [&rows, &daily] {
            stage.staged.holds.extend(days_of(rows).map_err(plan_failed)?);
        }
        stage.daily_rows += daily.height();
        stage.daily.push(daily);
        stage.staged.hourly_rows += rows.height() as u64;
        stage.staged.bytes += write(&rows, &path)?;
        stage.staged.hourly.push(path);
        Ok(())
    }

    fn write_daily(&mut self, day: NaiveDate) -> Result<()> {
        let path = self.next_file();
        let Some(stage) = self.days.get_mut(&day) else { return Ok(()) };
        stage.daily_rows = 0;
        if let Some(rows) = stacked(std::mem::take(&mut stage.daily))? {
            stage.staged.daily_rows += rows.height() as u64;
            stage.staged.bytes += write(&rows, &path)?;
            stage.staged.daily.push(path);
        }
        Ok(())
    }

    fn next_file(&mut self) -> PathBuf {
        self.files += 1;
        self.folder.join(format!("{}.parquet", self.files))
    }
}

fn plan_failed(source: PolarsError) -> Error {
    Error::Plan { what: "the line items", source }
}

/// The rows of all frames; `None` for no row.
pub(super) fn stacked(frames: Vec<DataFrame>) -> Result<Option<DataFrame>> {
    let mut frames = frames.into_iter();
    let Some(mut rows) = frames.next() else { return Ok(None) };
    for frame in frames {
        rows.vstack_mut(&frame).map_err(plan_failed)?;
    }
    Ok((rows.height() > 0).then_some(rows))
}

/// Writes a Parquet file, without the columns that only ingest knows, and says its bytes.
pub(super) fn write(rows: &DataFrame, path: &Path) -> Result<u64> {
    let failed = |source| Error::File { action: "write", path: path.display().to_string(), source };
    let mut rows = rows.drop_many(ingest::INTERNAL.iter().copied());
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    let bytes = ParquetWriter::new(&mut file).with_compression(ParquetCompression::Snappy).finish(&mut rows).map_err(plan_failed)?;
    file.flush().map_err(failed)?;
    Ok(bytes)
}

/// The text cells of a batch as a frame, with the line of each row.
fn frame(header: &[PlSmallStr], batch: Batch) -> PolarsResult<DataFrame> {
    let height = batch.lines.len();
    let mut columns = Vec::with_capacity(header.len() + 1);
    for (name, cells) in header.iter().zip(batch.columns) {
        let cells = StringChunked::from_iter_values(name.clone(), cells.iter());
        columns.push(cells.into_column());
    }
    columns.push(UInt64Chunked::from_vec(LINE.into(), batch.lines).into_column());
    DataFrame::new(height, columns)
}

/// The different texts of `interval_start` by day, of the rows that are not refused.
fn intervals(raw: &DataFrame, typed: &DataFrame) -> PolarsResult<LazyFrame> {
    let rows = raw.hstack(&[typed.column(DAY)?.clone(), typed.column(REFUSED)?.clone()])?;
    let kept = rows.lazy().filter(col(REFUSED).is_null().and(col(DAY).is_not_null()));
    Ok(kept.select([col(DAY), INTERVAL_START.expr()]).unique(None, UniqueKeepStrategy::Any))
}

/// The rows of each day. The days of `DAY` are known for all rows that are kept.
fn by_day(frame: DataFrame) -> PolarsResult<Vec<(NaiveDate, DataFrame)>> {
    if frame.height() == 0 {
        return Ok(Vec::new());
    }
    let days = frame.column(DAY)?.date()?.clone();
    let first = days.physical().get(0);
    // Most batches hold one day.
    if days.physical().iter().all(|day| day == first) {
        return Ok(first.and_then(date).map(|day| vec![(day, frame)]).unwrap_or_default());
    }
    let parts = frame.partition_by_stable([DAY], true)?;
    let dated = parts.into_iter().map(|part| {
        let day = part.column(DAY)?.date()?.physical().get(0).and_then(date);
        Ok(day.map(|day| (day, part)))
    });
    dated.filter_map(Result::transpose).collect()
}

fn date(days: i32) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(days)
}

/// The days of the rows' times, in UTC.
fn days_of(rows: &DataFrame) -> PolarsResult<BTreeSet<NaiveDate>> {
    let days = rows.column(INTERVAL_START.name)?.cast(&DataType::Date)?;
    Ok(days.date()?.physical().iter().flatten().filter_map(date).collect())
}

pub(super) fn texts(frame: &DataFrame) -> PolarsResult<Vec<String>> {
    let Some(column) = frame.columns().first() else { return Ok(Vec::new()) };
    Ok(column.str()?.iter().flatten().map(str::to_owned).collect())
}

fn dated_texts(frame: &DataFrame) -> PolarsResult<Vec<(NaiveDate, String)>> {
    let days = frame.column(DAY)?.date()?.physical().clone();
    let texts = frame.column(INTERVAL_START.name)?.str()?;
    Ok(days.iter().zip(texts.iter()).filter_map(|(day, text)| Some((date(day?)?, text?.to_owned()))).collect())
}

/// Adds a problem to those of a file: by its place while there are few of its kind, and counted with the last one after that.
pub(super) fn note(problems: &mut Vec<Problem>, problem: Problem) {
    let same = |other: &&mut Problem| other.column == problem.column && other.reason == problem.reason;
    let of_kind = problems.iter().filter(|other| other.column == problem.column && other.reason == problem.reason).count();
    if of_kind < PLACES {
        problems.push(problem);
    } else if let Some(last) = problems.iter_mut().rev().find(same) {
        last.rows += problem.rows;
    }
}

pub(super) fn row_problem(problem: &RowProblem) -> Problem {
    Problem { line: Some(problem.line), column: None, value: None, reason: problem.kind.to_string(), rows: 1 }
}

/// The refused rows with the text of the cell that could not be taken.
pub(super) fn refused_rows(raw: &DataFrame, refused: &DataFrame) -> PolarsResult<Vec<Problem>> {
    if refused.height() == 0 {
        return Ok(Vec::new());
    }
    let lines = raw.column(LINE)?.u64()?;
    let rows: BTreeMap<_, _> = lines.iter().enumerate().filter_map(|(row, line)| Some((line?, row))).collect();
    let columns = refused.column(COLUMN.name)?.str()?;
    let reasons = refused.column(REASON.name)?.str()?;
    let found = refused.column(LINE)?.u64()?.iter().zip(columns.iter()).zip(reasons.iter());
    let problems = found.map(|((line, column), reason)| {
        let row = line.and_then(|line| rows.get(&line).copied());
        let value = match (row, column) {
            (Some(row), Some(column)) => raw.column(column)?.str()?.get(row).map(str::to_owned),
            _ => None,
        };
        let (column, reason) = (column.map(str::to_owned), reason.unwrap_or_default().to_owned());
        Ok(Problem { line, column, value, reason, rows: 1 })
    });
    problems.collect()
}

/// Cells that are no numbers: they count as zero, or as none where a column may be empty.
pub(super) fn no_numbers(unparsed: &DataFrame) -> PolarsResult<Vec<Problem>> {
    if unparsed.height() == 0 {
        return Ok(Vec::new());
    }
    let (columns, lines) = (unparsed.column(COLUMN.name)?.str()?, unparsed.column(LINE_NUMBER)?.u64()?);
    let (cells, values) = (unparsed.column(CELLS)?.u64()?, unparsed.column(TEXT.name)?.str()?);
    let found = columns.iter().zip(lines.iter()).zip(cells.iter()).zip(values.iter());
    let problems = found.map(|(((column, line), cells), value)| Problem {
        line,
        column: column.map(str::to_owned),
        value: value.map(str::to_owned),
        reason: "it is no number".to_owned(),
        rows: cells.unwrap_or_default(),
    });
    Ok(problems.collect())
}
