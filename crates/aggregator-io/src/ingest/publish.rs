//! From staged files to the store: which days are written, replaced or kept. [`super::journal`] says in which order files are exchanged.

use super::journal::{Entry, Journal, Upload};
use super::lock::Lock;
use super::stage::StagedDay;
use super::standing::{Standing, hours};
use super::{Action, DayReport, Ingest, Replace, Write};
use crate::error::Result;
use crate::source::path::{Month, ocp_journal, ocp_line_items};
use aggregator_core::ingest::ReportType;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What happens to a staged day.
struct Decision<'a> {
    day: &'a StagedDay,
    report: DayReport,
    /// Staged files and the objects they become, by CSV file.
    files: BTreeMap<String, Vec<(PathBuf, String)>>,
    /// Objects that it replaces.
    replaced: BTreeSet<String>,
    /// The journal's entry once it is written.
    entry: Option<Entry>,
}

/// Brings the staged days of `month` into the store, all in one step.
///
/// # Errors
/// A store that refuses; the month is then as it was, or, if only the deletion of replaced files failed, as it should be.
pub(super) async fn publish(request: &Ingest<'_>, manifest_id: i64, month: Month, days: &[StagedDay]) -> Result<Vec<DayReport>> {
    let Ingest { store, schema, source, .. } = *request;
    if request.write == Write::DryRun {
        let journal = Journal::read(store, &ocp_journal(schema, source, month)).await?;
        let decisions = decide(request, manifest_id, month, days, &journal).await?;
        return Ok(decisions.into_iter().map(|decision| decision.report).collect());
    }
    let lock = Lock::take(store, &ocp_journal(schema, source, month), source, month).await?;
    let done = exchange(request, manifest_id, month, days).await;
    let released = lock.release().await;
    let done = done?;
    released?;
    Ok(done)
}

async fn exchange(request: &Ingest<'_>, manifest_id: i64, month: Month, days: &[StagedDay]) -> Result<Vec<DayReport>> {
    let Ingest { store, schema, source, .. } = *request;
    let path = ocp_journal(schema, source, month);
    // Only under the lock: nobody else writes into these folders, or this journal.
    store.delete_unfinished(&path)?;
    for report in ReportType::ALL {
        for table in [report.hourly(), report.daily()] {
            store.delete_unfinished(&format!("{}/", ocp_line_items(schema, table, source, month)))?;
        }
    }
    let mut journal = Journal::read(store, &path).await?;
    journal.clear(store, &path).await?;
    let decisions = decide(request, manifest_id, month, days, &journal).await?;
    let of_decision = |decision: &'_ Decision<'_>| metadata(decision.day, manifest_id);
    let mut uploads = Vec::new();
    for decision in &decisions {
        uploads.extend(decision.files.values().flatten().map(|(file, object)| Upload { file, object, metadata: of_decision(decision) }));
    }
    if !uploads.is_empty() {
        let replaced = decisions.iter().flat_map(|decision| decision.replaced.iter().cloned()).collect();
        let enter = |journal: &mut Journal| {
            let entries = decisions.iter().filter_map(|decision| Some((decision.day.key(), decision.entry.clone()?)));
            journal.entries.extend(entries);
        };
        journal.exchange(store, &path, uploads, replaced, enter).await?;
    }
    Ok(decisions.into_iter().map(|decision| decision.report).collect())
}

/// koku's metadata of a file.
fn metadata(day: &StagedDay, manifest_id: i64) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("ManifestId", manifest_id.to_string()),
        ("ReportDateStart", day.day.to_string()),
        ("ReportNumHours", if day.is_additive() { 0 } else { day.hours }.to_string()),
    ])
}

async fn decide<'a>(
    request: &Ingest<'_>,
    manifest_id: i64,
    month: Month,
    days: &'a [StagedDay],
    journal: &Journal,
) -> Result<Vec<Decision<'a>>> {
    let Ingest { store, schema, source, .. } = *request;
    let reports = days.iter().map(|day| day.report).collect();
    let standing = Standing::list(store, schema, source, month, &reports, journal).await?;
    let mut decisions = Vec::with_capacity(days.len());
    for day in days {
        decisions.push(decide_day(request, manifest_id, month, day, journal, &standing).await?);
    }
    Ok(decisions)
}

/// koku's rule: strictly more hours replace a day. Files of the same manifest belong together and are added.
async fn decide_day<'a>(
    request: &Ingest<'_>,
    manifest_id: i64,
    month: Month,
    day: &'a StagedDay,
    journal: &Journal,
    standing: &Standing,
) -> Result<Decision<'a>> {
    let store = request.store;
    let key = day.key();
    let mut others = BTreeSet::new();
    let mut previous_hours = None;
    if !day.is_additive() {
        for (manifest, group) in standing.others(&key, manifest_id) {
            let found = hours(store, &key, manifest, group, day.report.hourly(), journal).await?;
            previous_hours = previous_hours.max(Some(found));
            others.extend(group.objects().cloned());
        }
    }
    let own = journal.entries.get(&key).filter(|entry| entry.manifest_id == manifest_id && standing.has_all(entry.objects()));
    let known = |file: &str| own.is_some_and(|entry| entry.files.contains_key(file));
    let again = request.replace == Replace::Always;
    let new_files: Vec<_> = day.files.iter().filter(|file| again || !known(&file.name)).collect();

    let action = if new_files.is_empty() {
        Action::AlreadyThere
    } else if !others.is_empty() {
        if again || previous_hours.is_some_and(|hours| day.hours > hours) { Action::Replaced } else { Action::Kept }
    } else if new_files.iter().any(|file| known(&file.name)) {
        Action::Replaced
    } else if own.is_some() || day.is_additive() {
        Action::Added
    } else if let Some(group) = standing.of(&key, manifest_id) {
        // Files of this manifest that ingest did not write: koku did, or the journal was lost.
        let found = hours(store, &key, manifest_id, group, day.report.hourly(), journal).await?;
        previous_hours = Some(found);
        others.extend(group.objects().cloned());
        if again || day.hours > found { Action::Replaced } else { Action::Kept }
    } else {
        Action::Written
    };

    let report = DayReport {
        report_type: day.report.name(),
        day: day.day,
        hours: day.hours,
        action,
        previous_hours,
        hourly_rows: day.files.iter().map(|file| file.hourly_rows).sum(),
        daily_rows: day.files.iter().map(|file| file.daily_rows).sum(),
        bytes: day.files.iter().map(|file| file.bytes).sum(),
        holds: day.files.iter().flat_map(|file| file.holds.iter().copied()).collect(),
    };
    if matches!(action, Action::AlreadyThere | Action::Kept) {
        return Ok(Decision { day, report, files: BTreeMap::new(), replaced: BTreeSet::new(), entry: None });
    }
    let mut entry = match own {
        Some(entry) => entry.clone(),
        None => Entry { manifest_id, hours: day.hours, files: BTreeMap::new() },
    };
    let mut replaced = others;
    let mut files = BTreeMap::new();
    let mut names = Names::new(request, month, day, manifest_id, standing);
    for file in new_files {
        if let Some(old) = entry.files.remove(&file.name) {
            replaced.extend(old);
        }
        let objects = names.of(file);
        entry.files.insert(file.name.clone(), objects.iter().map(|(_, object)| object.clone()).collect());
        files.insert(file.name.clone(), objects);
    }
    entry.hours = entry.hours.max(day.hours);
    Ok(Decision { day, report, files, replaced, entry: Some(entry) })
}

/// Names of new objects, never one that is there.
struct Names<'a> {
    standing: &'a Standing,
    hourly: String,
    daily: String,
    stem: String,
    counter: u32,
}

impl<'a> Names<'a> {
    fn new(request: &Ingest<'_>, month: Month, day: &StagedDay, manifest_id: i64, standing: &'a Standing) -> Self {
        let folder = |table| ocp_line_items(request.schema, table, request.source, month);
        Self {
            standing,
            hourly: folder(day.report.hourly()),
            daily: folder(day.report.daily()),
            stem: match &day.additive {
                Some(stem) => stem.clone(),
                None => format!("{}.{manifest_id}", day.key()),
            },
            counter: 0,
        }
    }

    /// The staged files of a CSV and the objects that they become.
    fn of(&mut self, file: &super::stage::StagedFile) -> Vec<(PathBuf, String)> {
        loop {
            let stem = format!("{}.{}", self.stem, self.counter);
            self.counter += 1;
            let hourly =
                file.hourly.iter().enumerate().map(|(chunk, path)| (path.clone(), format!("{}/{stem}_{chunk}.parquet", self.hourly)));
            let daily =
                file.daily.iter().enumerate().map(|(chunk, path)| (path.clone(), format!("{}/{stem}_daily_{chunk}.parquet", self.daily)));
            let objects: Vec<_> = hourly.chain(daily).collect();
            if !objects.iter().any(|(_, object)| self.standing.has(object)) {
                return objects;
            }
        }
    }
}
