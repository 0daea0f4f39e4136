//! What an ingest did, for people and programs.

use crate::source::path::Month;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeSet;

/// What [`ingest`](super::ingest) did.
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
        let changed = days.filter(|day| day.action != Action::Kept);
        // A reader finds only the rows of the partition's own month.
        changed.flat_map(|day| day.holds.iter().copied().filter(|held| Month::of(*held) == Month::of(day.day))).collect()
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
    /// Days of its rows, in UTC: the day itself but for odd times, and any day in a file that was not split by day.
    #[serde(skip)]
    pub holds: BTreeSet<NaiveDate>,
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
