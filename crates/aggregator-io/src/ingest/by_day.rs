//! The days of a payload, put together of the days of its files.

use super::stage::{Staged, StagedDay, StagedFile};
use crate::payload::manifest::Manifest;
use crate::source::path::Month;
use aggregator_core::ingest::ReportType;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// The days of `files` by month, with the hours that they claim: the manifest's, or else the different starts of intervals.
pub(super) fn by_month(files: Vec<Staged>, manifest: Option<&Manifest>) -> BTreeMap<Month, Vec<StagedDay>> {
    // Without daily reports an operator's files are kept as they are: whatever days they hold, in the manifest's month.
    let undivided = manifest.filter(|manifest| !manifest.is_daily());
    let mut days: BTreeMap<Key, Vec<StagedFile>> = BTreeMap::new();
    for staged in files {
        let Some(report) = staged.report else { continue };
        for (day, file) in staged.days {
            let key = match undivided {
                Some(manifest) => {
                    let day = manifest.date.map_or(day, |date| date.date_naive());
                    Key { report, day, additive: Some(stem(&file.name).to_owned()) }
                }
                None => Key { report, day, additive: None },
            };
            let files = days.entry(key).or_default();
            match files.iter_mut().find(|other| other.name == file.name) {
                Some(other) => other.add(file),
                None => files.push(file),
            }
        }
    }
    let mut months: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (Key { report, day, additive }, files) in days {
        let claimed = manifest.and_then(|manifest| manifest.hours_per_day().get(&day).copied());
        let hours = claimed.unwrap_or_else(|| intervals(&files));
        months.entry(Month::of(day)).or_default().push(StagedDay { report, day, hours, additive, files });
    }
    months
}

/// What a staged day is known by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    report: ReportType,
    day: NaiveDate,
    additive: Option<String>,
}

/// The name of a CSV file without folder and extension.
fn stem(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.strip_suffix(".csv").unwrap_or(name)
}

/// Different texts of `interval_start`, as koku counts them.
fn intervals(files: &[StagedFile]) -> u32 {
    let texts: BTreeSet<_> = files.iter().flat_map(|file| &file.intervals).collect();
    u32::try_from(texts.len()).unwrap_or(u32::MAX)
}
