//! From staged files to the store: which objects are written and which they replace. [`journal`](crate::ingest::journal) says in which
//! order files are exchanged.

use super::names::{self, FileName};
use super::report::{CloudAction, DayFiles};
use super::stage::{StagedFile, StagedPart};
use super::{CloudIngest, Span};
use crate::error::Result;
use crate::ingest::journal::{ExportEntry, Journal, Upload};
use crate::ingest::lock::Lock;
use crate::ingest::{Replace, Write};
use crate::source::parquet::is_data;
use crate::source::path::{self, Month};
use crate::store::Store;
use aggregator_core::cloud::Provider;
use aggregator_core::ingest::cloud::{Ingress, export};
use chrono::{Datelike, Days, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// koku's metadata: the number of the manifest that brought a file.
const MANIFEST_ID: &str = "manifestid";

/// How many days before the newest one are taken again.
const LOOK_BACK: u32 = 3;

/// The objects of a month: names by folder.
struct Standing {
    raw: BTreeSet<String>,
    daily: BTreeSet<String>,
    raw_folder: String,
    daily_folder: Option<String>,
}

impl Standing {
    async fn list(request: &CloudIngest<'_>, month: Month, ignored: &BTreeSet<String>) -> Result<Self> {
        let provider = export(request.cloud);
        let folder = |table| path::partition(request.schema, table, request.source, month);
        let (raw_folder, daily_folder) = (folder(provider.line_items()), provider.daily().map(folder));
        let raw = names_in(request.store, &raw_folder, ignored).await?;
        let daily = match &daily_folder {
            Some(folder) => names_in(request.store, folder, ignored).await?,
            None => BTreeSet::new(),
        };
        Ok(Self { raw, daily, raw_folder, daily_folder })
    }

    fn has(&self, object: &str) -> bool {
        let is_in = |folder: &str, names: &BTreeSet<String>| {
            object.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).is_some_and(|name| names.contains(name))
        };
        is_in(&self.raw_folder, &self.raw) || self.daily_folder.as_ref().is_some_and(|folder| is_in(folder, &self.daily))
    }

    /// Names and paths of all objects that are there.
    fn objects(&self) -> impl Iterator<Item = (&str, String)> {
        let raw = self.raw.iter().map(|name| (name.as_str(), format!("{}/{name}", self.raw_folder)));
        let folder = self.daily_folder.as_deref().unwrap_or_default();
        raw.chain(self.daily.iter().map(move |name| (name.as_str(), format!("{folder}/{name}"))))
    }
}

/// Names of the data files right in a folder.
async fn names_in(store: &Store, folder: &str, ignored: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    if store.local_root().is_some_and(|root| !root.is_dir()) {
        return Ok(BTreeSet::new());
    }
    let objects = store.list(folder).await?.into_iter();
    let names = objects.filter_map(|object| {
        let path = object.path.as_ref();
        let below = path.get(folder.len()..).filter(|below| is_data(below, object.size) && !ignored.contains(path))?;
        Some(below.trim_start_matches('/').to_owned())
    });
    Ok(names.collect())
}

/// koku's rule: the day three days before the newest one that is there and not in the future, or the first of the month.
pub(super) async fn since_last(request: &CloudIngest<'_>, month: Month) -> Result<NaiveDate> {
    let journal = Journal::read(request.store, &journal(request, month)).await?;
    let standing = Standing::list(request, month, &journal.ignored()).await?;
    let newest = standing.raw.iter().filter_map(|name| names::day(name)).max();
    Ok(match newest.map(|newest| newest.min(request.today)) {
        None => month.first(),
        Some(newest) if newest.day() > LOOK_BACK => newest.checked_sub_days(Days::new(LOOK_BACK.into())).unwrap_or(newest),
        Some(newest) => Month::of(newest).first(),
    })
}

fn journal(request: &CloudIngest<'_>, month: Month) -> String {
    path::journal(request.schema, export(request.cloud).line_items(), request.source, month)
}

/// What happens to the files of an export in a month.
#[derive(Default)]
struct Decision<'a> {
    /// Files of this machine, and the objects they become.
    uploads: Vec<(&'a Path, String)>,
    replaced: BTreeSet<String>,
    entries: BTreeMap<String, ExportEntry>,
    report: Vec<DayFiles>,
}

/// Brings the staged files of `month` into the store, all in one step.
///
/// # Errors
/// A store that refuses; the month is then as it was, or, if only the deletion of replaced files failed, as it should be.
pub(super) async fn publish(
    request: &CloudIngest<'_>,
    manifest_id: i64,
    month: Month,
    from: NaiveDate,
    files: &[StagedFile],
) -> Result<Vec<DayFiles>> {
    let journal_path = journal(request, month);
    if request.write == Write::DryRun {
        let journal = Journal::read(request.store, &journal_path).await?;
        return Ok(decide(request, manifest_id, month, from, files, &journal).await?.report);
    }
    let lock = Lock::take(request.store, &journal_path, request.source, month).await?;
    let done = exchange(request, manifest_id, month, from, files, &journal_path).await;
    let released = lock.release().await;
    let done = done?;
    released?;
    Ok(done)
}

async fn exchange(
    request: &CloudIngest<'_>,
    manifest_id: i64,
    month: Month,
    from: NaiveDate,
    files: &[StagedFile],
    journal_path: &str,
) -> Result<Vec<DayFiles>> {
    let store = request.store;
    let provider = export(request.cloud);
    // Only under the lock: nobody else writes into these folders, or this journal.
    store.delete_unfinished(journal_path)?;
    for table in [Some(provider.line_items()), provider.daily()].into_iter().flatten() {
        store.delete_unfinished(&format!("{}/", path::partition(request.schema, table, request.source, month)))?;
    }
    let mut journal = Journal::read(store, journal_path).await?;
    journal.clear(store, journal_path).await?;
    let decision = decide(request, manifest_id, month, from, files, &journal).await?;
    if !decision.uploads.is_empty() || !decision.replaced.is_empty() {
        let metadata = BTreeMap::from([("ManifestId", manifest_id.to_string())]);
        let uploads = decision.uploads.iter().map(|(file, object)| Upload { file, object, metadata: metadata.clone() }).collect();
        let Decision { replaced, entries, .. } = &decision;
        let enter = |journal: &mut Journal| {
            journal.exports.retain(|_, entry| entry.objects.iter().any(|object| !replaced.contains(object)));
            journal.exports.extend(entries.clone());
        };
        journal.exchange(store, journal_path, uploads, replaced.clone(), enter).await?;
    }
    Ok(decision.report)
}

async fn decide<'a>(
    request: &CloudIngest<'_>,
    manifest_id: i64,
    month: Month,
    from: NaiveDate,
    files: &'a [StagedFile],
    journal: &Journal,
) -> Result<Decision<'a>> {
    let standing = Standing::list(request, month, &journal.ignored()).await?;
    let mut decision = Decision::default();
    // Parts of the files, in the order of the files' names, whatever theirs was.
    let mut sorted: Vec<_> = files.iter().map(|file| (file, parts_of(file, month))).filter(|(_, parts)| !parts.is_empty()).collect();
    sorted.sort_by(|(one, _), (other, _)| one.base.cmp(&other.base));
    if sorted.is_empty() {
        return Ok(decision);
    }
    let is_ingress = request.cloud == Provider::Gcp && request.ingress == Ingress::Yes;
    let is_replaced_by_manifest = |name: &str| match request.cloud {
        Provider::Gcp => is_ingress && sorted.iter().flat_map(|(_, parts)| parts).any(|(part, _)| name.starts_with(*part)),
        Provider::Aws | Provider::Azure => is_in_span(request, from, name),
    };
    for (name, object) in standing.objects() {
        if is_replaced_by_manifest(name) && !is_of(request.store, name, &object, manifest_id).await? {
            decision.replaced.insert(object);
        }
    }
    let mut counters: BTreeMap<&str, u32> = BTreeMap::new();
    for (file, parts) in sorted {
        let key = if request.cloud == Provider::Gcp && !is_ingress { file.base.clone() } else { format!("{manifest_id}/{}", file.base) };
        let digest = digest(request, file, &parts);
        let known = journal.exports.get(&key).filter(|entry| entry.digest == digest);
        let is_there =
            known.is_some_and(|entry| entry.objects.iter().all(|object| standing.has(object) && !decision.replaced.contains(object)));
        if is_there && request.replace != Replace::Always {
            decision.report.extend(parts.iter().map(|(part, staged)| day_files(month, part, file, staged, CloudAction::AlreadyThere)));
            continue;
        }
        let mut objects = BTreeSet::new();
        let entry = journal.exports.get(&key);
        let own: BTreeSet<String> = if is_ingress {
            entry.into_iter().flat_map(|entry| entry.objects.iter().filter(|object| standing.has(object)).cloned()).collect()
        } else {
            own_objects(request, manifest_id, from, file, &parts, &standing)
        };
        decision.replaced.extend(own);
        if let Some(entry) = entry {
            // Days before the span stay.
            objects.extend(entry.objects.iter().filter(|object| standing.has(object) && !decision.replaced.contains(*object)).cloned());
        }
        let first = first_batch(request, manifest_id, file, &standing);
        for (part, staged) in &parts {
            for (chunk, piece) in (first_chunk(part, &file.base, &standing)..).zip(&staged.pieces) {
                let stem = match request.cloud {
                    Provider::Gcp if is_ingress => loop {
                        let date = part.split_once('_').map_or(*part, |(_, date)| date);
                        let counter = counters.entry(date).or_default();
                        let stem = format!("{part}_manifestid-{manifest_id}_{counter}");
                        *counter += 1;
                        if !standing.raw.contains(&format!("{stem}_0.parquet")) {
                            break stem;
                        }
                    },
                    Provider::Gcp => format!("{part}_{}", file.base),
                    Provider::Aws | Provider::Azure => {
                        format!("{part}_manifestid-{manifest_id}_basefile-{}_batch-{}", file.base, first + piece.batch)
                    }
                };
                let number = if request.cloud == Provider::Gcp && !is_ingress { chunk } else { 0 };
                let raw = format!("{}/{stem}_{number}.parquet", standing.raw_folder);
                objects.insert(raw.clone());
                decision.uploads.push((&piece.raw, raw));
                if let (Some(daily), Some(folder)) = (&piece.daily, &standing.daily_folder) {
                    let object = format!("{folder}/{stem}_daily_{number}.parquet");
                    objects.insert(object.clone());
                    decision.uploads.push((daily, object));
                }
            }
            decision.report.push(day_files(month, part, file, staged, CloudAction::Written));
        }
        decision.entries.insert(key, ExportEntry { digest, objects });
    }
    settle(&mut decision);
    Ok(decision)
}

/// Says which parts replaced something.
fn settle(decision: &mut Decision<'_>) {
    if decision.replaced.is_empty() {
        return;
    }
    let days = decision.replaced.iter().filter_map(|object| names::day(object.rsplit('/').next()?));
    let days: BTreeSet<NaiveDate> = days.collect();
    for day in decision.report.iter_mut().filter(|day| day.action == CloudAction::Written) {
        day.action = CloudAction::Replaced;
        // Of a day that is gone, there is nothing else to tell of.
        day.holds.extend(days.iter().copied());
    }
}

fn parts_of(file: &StagedFile, month: Month) -> Vec<(&str, &StagedPart)> {
    file.parts.iter().filter(|((of, _), _)| *of == month).map(|((_, part), staged)| (part.as_str(), staged)).collect()
}

fn day_files(month: Month, part: &str, file: &StagedFile, staged: &StagedPart, action: CloudAction) -> DayFiles {
    DayFiles {
        month: month.first(),
        part: part.to_owned(),
        file: file.outcome.file.clone(),
        action,
        rows: staged.rows,
        daily_rows: staged.daily_rows,
        bytes: staged.bytes,
        holds: staged.holds.clone(),
    }
}

/// What was read of a file and how, and how much of it is taken.
fn digest(request: &CloudIngest<'_>, file: &StagedFile, parts: &[(&str, &StagedPart)]) -> String {
    let content = file.content.iter().fold(String::new(), |mut content, byte| {
        // Writing to a string cannot fail.
        let _ = write!(content, "{byte:02x}");
        content
    });
    let rows: u64 = parts.iter().map(|(_, part)| part.rows).sum();
    format!("{content}/{:?}/{rows}", request.losses)
}

/// Whether an object of AWS's or Azure's is within the days that are taken.
fn is_in_span(request: &CloudIngest<'_>, from: NaiveDate, name: &str) -> bool {
    match request.span {
        Span::Month => true,
        // koku replaces a whole month by another rule, whatever the names.
        Span::SinceLast if from.day() == 1 => true,
        Span::SinceLast => names::day(name).is_some_and(|day| from <= day && day <= request.today),
    }
}

/// Whether a manifest brought an object.
async fn is_of(store: &Store, name: &str, object: &str, manifest_id: i64) -> Result<bool> {
    if let Some(name) = FileName::parse(name) {
        return Ok(name.manifest_id == manifest_id);
    }
    Ok(store.metadata(object).await?.get(MANIFEST_ID).is_some_and(|id| *id == manifest_id.to_string()))
}

/// What the same file brought before.
fn own_objects(
    request: &CloudIngest<'_>,
    manifest_id: i64,
    from: NaiveDate,
    file: &StagedFile,
    parts: &[(&str, &StagedPart)],
    standing: &Standing,
) -> BTreeSet<String> {
    let end = format!("_manifestid-{manifest_id}_basefile-{}_batch-", file.base);
    let is_own = |name: &str, object: &str| match request.cloud {
        Provider::Gcp => {
            let is_daily = standing.daily_folder.as_ref().is_some_and(|folder| object.starts_with(folder.as_str()));
            parts.iter().any(|(part, _)| names::counter(name, &format!("{part}_{}", file.base), is_daily).is_some())
        }
        Provider::Aws | Provider::Azure => name.contains(&end) && is_in_span(request, from, name),
    };
    standing.objects().filter(|(name, object)| is_own(name, object)).map(|(_, object)| object).collect()
}

/// The batch to begin with, so that no object of these names is there.
fn first_batch(request: &CloudIngest<'_>, manifest_id: i64, file: &StagedFile, standing: &Standing) -> u32 {
    if request.cloud == Provider::Gcp {
        return 0;
    }
    let end = format!("_manifestid-{manifest_id}_basefile-{}_batch-", file.base);
    let batches = standing.raw.iter().chain(&standing.daily).filter_map(|name| names::batch(name.split_once(end.as_str())?.1));
    batches.max().map_or(0, |batch| batch + 1)
}

/// The chunk of GCP's to begin with.
fn first_chunk(part: &str, base: &str, standing: &Standing) -> u32 {
    let stem = format!("{part}_{base}");
    let raw = standing.raw.iter().filter_map(|name| names::counter(name, &stem, false));
    let daily = standing.daily.iter().filter_map(|name| names::counter(name, &stem, true));
    raw.chain(daily).max().map_or(0, |chunk| chunk + 1)
}
