//! The operator's `manifest.json`: what a payload holds, and how many hours of which days it claims.
//!
//! # Shape
//! One JSON object. Keys that nobody knows are ignored; of a key that is there twice, the last one counts.
//!
//! # Nulls
//! A null is as good as an absent key: no files, no start, not certified, not daily.
//!
//! # Hours
//! [`Manifest::hours_per_day`] counts as koku does: for each day from that of `start` to that of `end`, each as written in its own zone, the
//! hours of `start..end` within that day in UTC, the last one begun counting whole. So an end at midnight gives its day no hour, and a
//! day without hours is as one that is not claimed: the caller counts the hours it finds. Without an end, or with an end before the
//! start, nothing is claimed. koku later moves an end on the first of a month back; that is for summaries, not for hours.
//!
//! # Differences from koku
//! koku refuses the whole payload for one value that it does not like. Here the value is left out with a warning and the rest is
//! used: a `uuid` that is not of version 4, a `date` that is no date, `daily_reports` that is null or no boolean, a `cluster_id` that is
//! absent or no file name, a listed file whose name is no plain file name. A file that is listed twice is taken once; koku never
//! processes it. A start or end in the year 1, Go's zero time, is none; koku drops the payload as too old, unseen.
//! Hours below zero, which koku can claim for zones, are none.
//!
//! # Source
//! The operator's packaging writes it; koku reads it with the model `Manifest` of `masu/util/ocp/common.py`.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, TimeDelta, Utc};
use serde_json::{Map, Value};
use uuid::{Uuid, Version};

/// The longest time a manifest may claim; an operator's first upload has 90 days.
const MAX_DAYS: u64 = 3_660;
/// Python's times have microseconds.
const MICROSECOND_DIGITS: u16 = 6;
const SECONDS_PER_HOUR: i64 = 60 * 60;

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not JSON, or nested beyond reason.
    #[error("could not read the manifest as JSON")]
    NotJson {
        /// Where and why.
        source: serde_json::Error,
    },
    /// JSON, but not an object.
    #[error("the manifest is not a JSON object")]
    NotAnObject,
    /// A key without which the payload has no meaning.
    #[error("the manifest has no `{key}`")]
    Missing {
        /// The key.
        key: &'static str,
    },
    /// A list of files that is none.
    #[error("`{key}` of the manifest is not a list of file names")]
    NotFileNames {
        /// The key.
        key: &'static str,
    },
}

/// What a manifest says.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Manifest {
    /// The packaging run: a UUID in lower case, or the text that stands in its place.
    pub uuid: String,
    /// The cluster.
    pub cluster_id: Option<String>,
    /// The operator's commit, empty when not given.
    pub version: String,
    /// When the payload was packaged.
    pub date: Option<DateTime<Utc>>,
    /// The reports' files, each once.
    pub files: Vec<String>,
    /// Files for resource optimisation, each once.
    pub resource_optimization_files: Vec<String>,
    /// Listed names that cannot be used.
    pub refused_files: Vec<String>,
    /// Start of the first hour.
    pub start: Option<DateTime<Utc>>,
    /// End of the last hour.
    pub end: Option<DateTime<Utc>>,
    /// Whether a day's files are sent again and again until the day is whole.
    pub daily_reports: bool,
    /// Whether the operator is a certified one.
    pub certified: bool,
    /// What the operator says about itself, empty when not given.
    pub cr_status: Map<String, Value>,
    hours: BTreeMap<NaiveDate, u32>,
}

impl Manifest {
    /// Reads a manifest; also what is wrong with it and was left out, a sentence each.
    ///
    /// # Errors
    /// * [`ManifestError::NotJson`], [`ManifestError::NotAnObject`];
    /// * [`ManifestError::Missing`]: no text `uuid`, or no key `files`;
    /// * [`ManifestError::NotFileNames`]: a list of files that is no list, or has something else than texts.
    pub fn parse(bytes: &[u8]) -> Result<(Self, Vec<String>), ManifestError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let value: Value = serde_json::from_slice(bytes).map_err(|source| ManifestError::NotJson { source })?;
        let Value::Object(object) = value else { return Err(ManifestError::NotAnObject) };
        let mut keys = Keys { object, warnings: Vec::new() };
        let uuid = keys.uuid()?;
        if !keys.object.contains_key("files") {
            return Err(ManifestError::Missing { key: "files" });
        }
        let mut refused_files = Vec::new();
        let files = keys.file_names("files", &mut refused_files)?;
        let resource_optimization_files = keys.file_names("resource_optimization_files", &mut refused_files)?;
        let (start, end) = (keys.interval_time("start"), keys.interval_time("end"));
        let hours = match (start, end) {
            (Some(start), Some(end)) => keys.hours(start, end),
            _ => BTreeMap::new(),
        };
        let manifest = Self {
            uuid,
            cluster_id: keys.cluster_id(),
            version: keys.text("version").unwrap_or_default(),
            date: keys.date(),
            files,
            resource_optimization_files,
            refused_files,
            start: start.map(|time| time.to_utc()),
            end: end.map(|time| time.to_utc()),
            daily_reports: keys.boolean("daily_reports"),
            certified: keys.boolean("certified"),
            cr_status: keys.status(),
            hours,
        };
        Ok((manifest, keys.warnings))
    }

    /// The hours that the payload claims to have, for the days of which it claims any.
    pub fn hours_per_day(&self) -> &BTreeMap<NaiveDate, u32> {
        &self.hours
    }

    /// Whether files are cut by day and each day replaces what was sent before. Otherwise they are kept whole and add up.
    ///
    /// Only operators that give their version and do not send daily reports add up; koku treats ones without a version as daily.
    pub fn is_daily(&self) -> bool {
        self.daily_reports || self.version.is_empty()
    }

    /// What the operator says went wrong on its side: part of the status and message.
    pub fn operator_errors(&self) -> Vec<(&'static str, &str)> {
        const PLACES: [(&str, &str); 6] = [
            ("authentication", "error"),
            ("packaging", "error"),
            ("upload", "error"),
            ("prometheus", "error"),
            ("source", "error"),
            ("reports", "data_collection_message"),
        ];
        let message = |part: &str, key: &str| self.cr_status.get(part)?.get(key)?.as_str().filter(|text| !text.is_empty());
        PLACES.iter().filter_map(|&(part, key)| Some((part, message(part, key)?))).collect()
    }
}

/// The object, and what was wrong with it so far.
struct Keys {
    object: Map<String, Value>,
    warnings: Vec<String>,
}

impl Keys {
    fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }

    /// The value of a key that is there and not null.
    fn take(&mut self, key: &str) -> Option<Value> {
        self.object.remove(key).filter(|value| !value.is_null())
    }

    fn text(&mut self, key: &'static str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => {
                self.warn(format!("`{key}` of the manifest is not a text: {}", shown(&other.to_string())));
                None
            }
        }
    }

    fn boolean(&mut self, key: &'static str) -> bool {
        match self.object.remove(key) {
            None => false,
            Some(Value::Bool(value)) => value,
            Some(other) => {
                let text = other.to_string();
                let value = matches!(text.trim_matches('"').to_ascii_lowercase().as_str(), "true" | "1" | "1.0" | "t" | "yes" | "y" | "on");
                self.warn(format!("`{key}` of the manifest is not a boolean but {}, taken as {value}", shown(&text)));
                value
            }
        }
    }

    fn uuid(&mut self) -> Result<String, ManifestError> {
        let Some(Value::String(text)) = self.take("uuid").filter(|value| value.as_str() != Some("")) else {
            return Err(ManifestError::Missing { key: "uuid" });
        };
        match Uuid::parse_str(&text) {
            Ok(uuid) if uuid.get_version() == Some(Version::Random) => Ok(uuid.to_string()),
            Ok(uuid) => {
                self.warn(format!("`uuid` of the manifest is not of version 4: {uuid}"));
                Ok(uuid.to_string())
            }
            Err(_) => {
                self.warn(format!("`uuid` of the manifest is not a UUID: {}", shown(&text)));
                Ok(text)
            }
        }
    }

    fn cluster_id(&mut self) -> Option<String> {
        let text = self.text("cluster_id").filter(|text| !text.is_empty());
        match &text {
            None => self.warn("the manifest has no `cluster_id`"),
            Some(text) if !is_file_name(text) => {
                let shown = shown(text);
                self.warn(format!("`cluster_id` of the manifest cannot be part of a path: {shown}"));
            }
            Some(_) => {}
        }
        text
    }

    fn file_names(&mut self, key: &'static str, refused: &mut Vec<String>) -> Result<Vec<String>, ManifestError> {
        let listed = match self.take(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(listed)) => listed,
            Some(_) => return Err(ManifestError::NotFileNames { key }),
        };
        let mut names = Vec::new();
        let mut seen = HashSet::new();
        for value in listed {
            let Value::String(text) = value else { return Err(ManifestError::NotFileNames { key }) };
            let name = text.trim_start_matches("./");
            if !is_file_name(name) {
                self.warn(format!("a name in `{key}` of the manifest is not a plain file name: {}", shown(&text)));
                refused.push(text);
            } else if seen.insert(name.to_owned()) {
                names.push(name.to_owned());
            } else {
                self.warn(format!("a file is listed twice in `{key}` of the manifest: {}", shown(name)));
            }
        }
        Ok(names)
    }

    fn date(&mut self) -> Option<DateTime<Utc>> {
        let time = self.time("date");
        if time.is_none() && !self.warnings.iter().any(|warning| warning.starts_with("`date`")) {
            self.warn("`date` of the manifest is absent");
        }
        time.map(|time| time.to_utc())
    }

    /// A time with its zone.
    fn time(&mut self, key: &'static str) -> Option<DateTime<FixedOffset>> {
        let text = self.text(key)?;
        let time = parse_time(&text);
        if time.is_none() {
            self.warn(format!("`{key}` of the manifest is not a date and time: {}", shown(&text)));
        }
        time
    }

    /// A time that is not Go's zero time.
    fn interval_time(&mut self, key: &'static str) -> Option<DateTime<FixedOffset>> {
        let time = self.time(key)?;
        if time.year() > 1 {
            return Some(time);
        }
        self.warn(format!("`{key}` of the manifest is Go's zero time: the operator found no pods"));
        None
    }

    fn hours(&mut self, start: DateTime<FixedOffset>, end: DateTime<FixedOffset>) -> BTreeMap<NaiveDate, u32> {
        if end < start {
            self.warn(format!("`end` of the manifest is before `start`: {end} and {start}"));
            return BTreeMap::new();
        }
        let (first, last) = (start.date_naive(), end.date_naive());
        if first.checked_add_days(Days::new(MAX_DAYS)).is_none_or(|most| last > most) {
            self.warn(format!("the manifest claims more than {MAX_DAYS} days, from {start} to {end}; they are not counted"));
            return BTreeMap::new();
        }
        first
            .iter_days()
            .take_while(|day| *day <= last)
            .filter_map(|day| Some((day, hours_of(day, start.to_utc(), end.to_utc())?)))
            .collect()
    }

    fn status(&mut self) -> Map<String, Value> {
        match self.take("cr_status") {
            None => Map::new(),
            Some(Value::Object(status)) => status,
            Some(_) => {
                self.warn("`cr_status` of the manifest is not an object");
                Map::new()
            }
        }
    }
}

/// The hours of `start..end` within a day, the last one begun counting whole; none when there are none.
fn hours_of(day: NaiveDate, start: DateTime<Utc>, end: DateTime<Utc>) -> Option<u32> {
    let midnight = day.and_time(NaiveTime::MIN).and_utc();
    let time = end.min(midnight.checked_add_days(Days::new(1))?) - start.max(midnight);
    let whole = time.num_seconds() / SECONDS_PER_HOUR;
    let hours = whole + i64::from(time > TimeDelta::hours(whole));
    u32::try_from(hours).ok().filter(|&hours| hours > 0)
}

/// A date and time as ISO 8601 writes it; without a zone it is UTC, and what is finer than a microsecond is cut off.
fn parse_time(text: &str) -> Option<DateTime<FixedOffset>> {
    let text = text.trim().replacen(['t', '_', ' '], "T", 1);
    let zoned = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"];
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let time = DateTime::parse_from_rfc3339(&text)
        .ok()
        .or_else(|| zoned.iter().find_map(|format| DateTime::parse_from_str(&text, format).ok()))
        .or_else(|| local.iter().find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok()).map(|time| time.and_utc().into()))
        .or_else(|| text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN).and_utc().into()))?;
    Some(time.trunc_subsecs(MICROSECOND_DIGITS))
}

/// Whether a text can be one part of a path.
fn is_file_name(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && !text.contains(|character: char| matches!(character, '/' | '\\') || character.is_control())
}

/// A text for a warning: on one line, and not too long.
fn shown(text: &str) -> String {
    const LONGEST: usize = 100;
    let mut characters = text.chars();
    let shown: String = characters.by_ref().take(LONGEST).flat_map(char::escape_debug).collect();
    if characters.next().is_none() { format!("`{shown}`") } else { format!("`{shown}…`") }
}

#[cfg(test)]
#[path = "manifest/tests.rs"]
mod tests;
