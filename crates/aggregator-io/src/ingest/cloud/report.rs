//! What an ingest of a cloud did, for people and programs.

use super::keys::EnabledKeys;
use crate::ingest::Problem;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeSet;

/// What [`ingest`](super::ingest) did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CloudIngestReport {
    /// Each export, in the order given.
    pub exports: Vec<ExportReport>,
    /// Tag keys of the rows that were taken.
    pub tag_keys: Vec<String>,
    /// Keys of AWS cost categories of the rows that were taken.
    pub category_keys: Vec<String>,
    /// Those of them that koku's database did not have; `None` without a database.
    pub keys: Option<EnabledKeys>,
    /// Seconds from start to end.
    pub seconds: f64,
}

impl CloudIngestReport {
    /// Days whose summary can have changed: those of the rows that were taken, and those of rows that were there.
    pub fn days_to_summarize(&self) -> BTreeSet<NaiveDate> {
        self.exports.iter().flat_map(|export| &export.days).flat_map(|day| day.holds.iter().copied()).collect()
    }

    /// Whether an export or a file was refused.
    pub fn has_refused(&self) -> bool {
        self.exports.iter().any(|export| export.refused.is_some() || export.files.iter().any(|file| file.refused))
    }
}

/// What became of an export.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ExportReport {
    /// Its name, as given.
    pub export: String,
    /// Id in its manifest, if it has one.
    pub manifest: Option<String>,
    /// koku's number of the manifest: in file names and metadata.
    pub manifest_id: Option<i64>,
    /// Its files.
    pub files: Vec<CloudFileReport>,
    /// What was done with each of koku's files that its rows go into.
    pub days: Vec<DayFiles>,
    /// What is odd about it.
    pub warnings: Vec<String>,
    /// Why nothing of it was taken.
    pub refused: Option<String>,
}

/// What became of a file of an export.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CloudFileReport {
    /// Its name.
    pub file: String,
    /// Bytes of text.
    pub bytes: u64,
    /// Rows below the header.
    pub rows: u64,
    /// Rows taken.
    pub written: u64,
    /// Rows of other days, or without an invoice month or partition date.
    pub left_out: u64,
    /// Whether nothing of it was taken because something is wrong.
    pub refused: bool,
    /// Why it holds no rows to take, where nothing is wrong with it.
    pub skipped: Option<&'static str>,
    /// What is wrong, and where.
    pub problems: Vec<Problem>,
}

/// What was done with the rows of a file that have one day, or one invoice month and partition date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DayFiles {
    /// The first day of the partition's month.
    pub month: NaiveDate,
    /// The day, or invoice month and partition date: `202604_2026-04-02`.
    pub part: String,
    /// The file of the export.
    pub file: String,
    /// What was done.
    pub action: CloudAction,
    /// Rows.
    pub rows: u64,
    /// Rows rolled up by day.
    pub daily_rows: u64,
    /// Bytes of Parquet.
    pub bytes: u64,
    /// Days of its rows, in UTC.
    #[serde(skip)]
    pub holds: BTreeSet<NaiveDate>,
}

/// What is done with the rows of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloudAction {
    /// There was nothing in the month that they replace.
    Written,
    /// They replaced what was there.
    Replaced,
    /// These very rows are there already.
    AlreadyThere,
}
