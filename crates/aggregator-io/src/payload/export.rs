//! Exports of a cloud: a manifest beside its files, a folder, an archive of one, or one CSV file, compressed or not; here or in a bucket.
//!
//! Files lie anywhere below a folder. AWS names them in `…-Manifest.json`, Azure's newer exports in `manifest.json`; a file that is not
//! named is left out, and one that is named and is not there refuses the export. Without a manifest, every `.csv` and `.csv.gz` counts.

use super::OpenError;
use super::archive::Limits;
use super::export_archive::{is_archive, take_out};
use crate::error::Error;
use crate::store::Store;
use aggregator_core::cloud::Provider;
use chrono::NaiveDate;
use flate2::read::{GzDecoder, MultiGzDecoder};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// The largest manifest.
const MANIFEST_BYTES: u64 = 10 << 20;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// How deep files lie below a folder, at most.
const DEPTH: usize = 8;

/// An export, opened: its manifest is read, its rows are not.
#[derive(Debug)]
pub struct Export {
    /// As it was given.
    pub name: String,
    /// Id of the export in its manifest.
    pub id: Option<String>,
    /// A day of its month, by its manifest.
    pub month: Option<NaiveDate>,
    /// What is odd about it.
    pub warnings: Vec<String>,
    /// Bytes, compressed where they are.
    pub bytes: u64,
    /// Its files, in the order of their names.
    pub files: Vec<ExportFile>,
    /// Copies of what lies in a bucket or an archive go with the export.
    _copies: Vec<tempfile::TempDir>,
}

/// A file of an export.
#[derive(Clone, Debug)]
pub struct ExportFile {
    /// Its name below the export's folder.
    pub name: String,
    /// Its name without folder and endings; no other file of the export has the same.
    pub base: String,
    path: PathBuf,
    stored: Stored,
}

/// How a file lies on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    AsGiven,
    /// Taken out of an archive, and compressed once more than it was there.
    Packed,
}

impl ExportFile {
    /// The text of the file.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(&self) -> std::io::Result<Box<dyn Read>> {
        let file = File::open(&self.path)?;
        if self.stored == Stored::Packed {
            let (is_gzip, text) = starts_as_gzip(GzDecoder::new(file))?;
            return Ok(if is_gzip { Box::new(MultiGzDecoder::new(text)) } else { Box::new(text) });
        }
        let (is_gzip, file) = starts_as_gzip(file)?;
        let file = BufReader::with_capacity(1 << 20, file);
        Ok(if is_gzip { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
    }
}

/// Whether these bytes begin as gzip does, and all of them.
fn starts_as_gzip<R: Read>(mut bytes: R) -> std::io::Result<(bool, impl Read + use<R>)> {
    let mut start = Vec::with_capacity(GZIP_MAGIC.len());
    bytes.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut start)?;
    Ok((start == GZIP_MAGIC, Cursor::new(start).chain(bytes)))
}

/// What a manifest says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Facts {
    id: Option<String>,
    month: Option<NaiveDate>,
    files: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AwsManifest {
    assembly_id: Option<String>,
    billing_period: Option<AwsPeriod>,
    report_keys: Vec<String>,
}

#[derive(Deserialize)]
struct AwsPeriod {
    start: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AzureManifest {
    run_info: Option<AzureRun>,
    blobs: Vec<AzureBlob>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AzureRun {
    run_id: Option<String>,
    start_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AzureBlob {
    blob_name: String,
}

impl Facts {
    fn read(cloud: Provider, content: &[u8]) -> Result<Self, serde_json::Error> {
        Ok(match cloud {
            Provider::Aws => {
                let manifest: AwsManifest = serde_json::from_slice(content)?;
                let day = |period: &AwsPeriod| NaiveDate::parse_from_str(period.start.get(..8)?, "%Y%m%d").ok();
                let month = manifest.billing_period.as_ref().and_then(day);
                Self { id: manifest.assembly_id, month, files: manifest.report_keys }
            }
            Provider::Azure | Provider::Gcp => {
                let manifest: AzureManifest = serde_json::from_slice(content)?;
                let files = manifest.blobs.into_iter().map(|blob| blob.blob_name).collect();
                let run = manifest.run_info;
                let start = run.as_ref().and_then(|run| run.start_date.as_deref());
                let month = start.and_then(|start| start.get(..10)?.parse().ok());
                Self { id: run.and_then(|run| run.run_id), month, files }
            }
        })
    }
}

/// Whether a file of this name is the cloud's manifest.
fn is_manifest(cloud: Provider, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    match cloud {
        Provider::Aws => name.ends_with("-manifest.json") || name == "manifest.json",
        Provider::Azure => name.ends_with("_manifest.json") || name == "manifest.json",
        Provider::Gcp => false,
    }
}

fn is_csv(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    Path::new(name.strip_suffix(".gz").unwrap_or(&name)).extension().is_some_and(|extension| extension == "csv")
}

/// The last part of a path with slashes.
fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

impl Export {
    /// Opens the export at `place`: a path, or a URL whose bucket is reached as `store` is.
    ///
    /// # Errors
    /// * [`OpenError::Payload`]: there is nothing, or nothing that can be taken.
    /// * [`OpenError::Failed`]: the store or this machine failed.
    pub async fn open(place: &str, cloud: Provider, store: &Store) -> Result<Self, OpenError> {
        let mut copies = Vec::new();
        let path = if place.starts_with("s3://") || place.starts_with("s3a://") {
            let copy = temporary()?;
            let path = copy_here(place, cloud, store, copy.path()).await?;
            copies.push(copy);
            path
        } else {
            PathBuf::from(place.strip_prefix("file://").unwrap_or(place))
        };
        let name = place.to_owned();
        let opened = tokio::task::spawn_blocking(move || Self::open_here(&name, cloud, &path, copies));
        opened.await.unwrap_or_else(|_| Err(OpenError::Payload("it could not be read".to_owned())))
    }

    fn open_here(name: &str, cloud: Provider, path: &Path, mut copies: Vec<tempfile::TempDir>) -> Result<Self, OpenError> {
        let failed = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => OpenError::Payload("there is no such file or folder".to_owned()),
            _ => OpenError::Failed(Error::File { action: "read", path: path.display().to_string(), source }),
        };
        let found = std::fs::metadata(path).map_err(failed)?;
        let file_name = path.file_name().map_or_else(|| name.to_owned(), |file| file.to_string_lossy().into_owned());
        let mut files = BTreeMap::new();
        let mut warnings = Vec::new();
        let stored = if found.is_file() && is_archive(&file_name) { Stored::Packed } else { Stored::AsGiven };
        let manifest = if found.is_dir() {
            walk(path, "", DEPTH, &mut files, &mut warnings).map_err(failed)?;
            the_manifest(&files, cloud)?
        } else if stored == Stored::Packed {
            let copy = temporary()?;
            let is_wanted = |member: &str| is_csv(member) || is_manifest(cloud, last(member));
            files = take_out(path, Limits::default(), copy.path(), is_wanted, &mut warnings)?;
            copies.push(copy);
            the_manifest(&files, cloud)?
        } else if is_manifest(cloud, &file_name) {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            walk(folder, "", DEPTH, &mut files, &mut warnings).map_err(failed)?;
            Some(file_name)
        } else if is_csv(&file_name) {
            files.insert(file_name, path.to_owned());
            None
        } else {
            return Err(OpenError::Payload("it is no folder, no manifest, no .csv or .csv.gz file and no .tar.gz archive".to_owned()));
        };
        let facts = match manifest.and_then(|manifest| files.remove(&manifest)) {
            Some(manifest) => {
                let mut content = Vec::new();
                let manifest = ExportFile { name: String::new(), base: String::new(), path: manifest, stored };
                manifest.open().and_then(|file| file.take(MANIFEST_BYTES).read_to_end(&mut content)).map_err(failed)?;
                Some(Facts::read(cloud, &content).map_err(|error| OpenError::Payload(format!("its manifest cannot be read: {error}")))?)
            }
            None => None,
        };
        let wanted: Vec<(String, PathBuf)> = match &facts {
            Some(facts) => facts.files.iter().map(|wanted| named(&files, wanted)).collect::<Result<_, _>>()?,
            None => files.into_iter().filter(|(file, _)| is_csv(file)).collect(),
        };
        if wanted.is_empty() {
            return Err(OpenError::Payload("it holds no .csv or .csv.gz file".to_owned()));
        }
        let bytes = wanted.iter().filter_map(|(_, path)| Some(path.metadata().ok()?.len())).sum();
        let files = with_bases(wanted, cloud, stored);
        let Facts { id, month, .. } = facts.unwrap_or_default();
        Ok(Self { name: name.to_owned(), id, month, warnings, bytes, files, _copies: copies })
    }
}

/// A folder for copies.
fn temporary() -> Result<tempfile::TempDir, OpenError> {
    let failed = |source| OpenError::Failed(Error::File { action: "create", path: std::env::temp_dir().display().to_string(), source });
    tempfile::tempdir().map_err(failed)
}

/// The manifest among the files of a folder or archive, if there is one.
fn the_manifest(files: &BTreeMap<String, PathBuf>, cloud: Provider) -> Result<Option<String>, OpenError> {
    let mut manifests: Vec<_> = files.keys().filter(|file| is_manifest(cloud, last(file))).cloned().collect();
    if manifests.len() > 1 {
        return Err(OpenError::Payload(format!("it holds {} manifests: give them one by one", manifests.len())));
    }
    Ok(manifests.pop())
}

/// The file that a manifest names: at the end of its path, as much of it as is there.
fn named(files: &BTreeMap<String, PathBuf>, wanted: &str) -> Result<(String, PathBuf), OpenError> {
    let mut rest = wanted;
    loop {
        if let Some(path) = files.get(rest) {
            return Ok((rest.to_owned(), path.clone()));
        }
        let mut ends = files.iter().filter(|(file, _)| file.strip_suffix(rest).is_some_and(|folder| folder.ends_with('/')));
        if let (Some((file, path)), None) = (ends.next(), ends.next()) {
            return Ok((file.clone(), path.clone()));
        }
        let Some((_, shorter)) = rest.split_once('/') else {
            return Err(OpenError::Payload(format!("its manifest names `{wanted}`, which is not there")));
        };
        rest = shorter;
    }
}

fn with_bases(files: Vec<(String, PathBuf)>, cloud: Provider, stored: Stored) -> Vec<ExportFile> {
    let mut known: BTreeMap<String, u32> = BTreeMap::new();
    let mut named: Vec<ExportFile> = Vec::with_capacity(files.len());
    for (name, path) in files {
        let base = base(&name, cloud);
        let count = known.entry(base.clone()).or_default();
        *count += 1;
        let base = if *count == 1 { base } else { format!("{base}-{count}") };
        named.push(ExportFile { name, base, path, stored });
    }
    named.sort_by(|one, other| one.name.cmp(&other.name));
    named
}

/// koku takes the name up to its first point, but for GCP, where it cuts the ending off.
fn base(name: &str, cloud: Provider) -> String {
    let name = last(name);
    match cloud {
        Provider::Gcp => {
            let name = name.strip_suffix(".gz").unwrap_or(name);
            name.rsplit_once('.').map_or(name, |(base, _)| base).to_owned()
        }
        Provider::Aws | Provider::Azure => name.split('.').next().unwrap_or(name).to_owned(),
    }
}

/// All files below a folder, by their path below it.
fn walk(
    folder: &Path,
    prefix: &str,
    depth: usize,
    files: &mut BTreeMap<String, PathBuf>,
    warnings: &mut Vec<String>,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() && depth > 0 {
            walk(&entry.path(), &format!("{name}/"), depth - 1, files, warnings)?;
        } else if kind.is_file() {
            files.insert(name, entry.path());
        } else if is_csv(&name) {
            warnings.push(format!("`{name}` was left out: it is no regular file"));
        }
    }
    Ok(())
}

/// Copies an object, or those below a prefix, into `folder`; what no export has is left out.
async fn copy_here(place: &str, cloud: Provider, store: &Store, folder: &Path) -> Result<PathBuf, OpenError> {
    let (_, rest) = place.split_once("://").unwrap_or(("", place));
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    let bucket = store.beside(&format!("s3://{bucket}"))?;
    let key = key.trim_end_matches('/');
    let nothing = || OpenError::Payload("there is no such object or prefix".to_owned());
    // A manifest names the objects beside it.
    let (prefix, path) = if is_manifest(cloud, last(key)) {
        (key.rsplit_once('/').map_or("", |(prefix, _)| prefix), folder.join(last(key)))
    } else if is_csv(last(key)) || is_archive(last(key)) {
        let path = folder.join(last(key));
        return match bucket.copy_to_file(key, &path).await {
            Ok(()) => Ok(path),
            Err(Error::Store { source: object_store::Error::NotFound { .. }, .. }) => Err(nothing()),
            Err(error) => Err(error.into()),
        };
    } else {
        (key, folder.to_owned())
    };
    let objects = bucket.list(prefix).await?;
    if objects.is_empty() {
        return Err(nothing());
    }
    for object in objects {
        let object = object.path.as_ref();
        let below = object.strip_prefix(prefix).unwrap_or(object).trim_start_matches('/');
        if below.split('/').any(|part| part == "..") || !(is_csv(below) || is_manifest(cloud, last(below))) {
            continue;
        }
        let target = folder.join(below);
        if let Some(parent) = target.parent() {
            let failed = |source| Error::File { action: "create", path: parent.display().to_string(), source };
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        bucket.copy_to_file(object, &target).await?;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_say_id_month_and_files() {
        let aws =
            br#"{"assemblyId": "a-1", "billingPeriod": {"start": "20260401T000000.000Z", "end": "x"}, "reportKeys": ["p/k-1.csv.gz"]}"#;
        let azure =
            br#"{"manifestVersion": "2", "runInfo": {"runId": "r", "startDate": "2026-04-01T00:00:00"}, "blobs": [{"blobName": "b.csv"}]}"#;
        let month = NaiveDate::from_ymd_opt(2026, 4, 1);
        let facts = |id: &str, file: &str| Facts { id: Some(id.to_owned()), month, files: vec![file.to_owned()] };
        assert_eq!(Facts::read(Provider::Aws, aws).unwrap(), facts("a-1", "p/k-1.csv.gz"));
        assert_eq!(Facts::read(Provider::Azure, azure).unwrap(), facts("r", "b.csv"));
        assert!(Facts::read(Provider::Aws, azure).is_err());
    }

    #[test]
    fn bases_are_kokus() {
        assert_eq!(base("x/koku-1.csv.gz", Provider::Aws), "koku-1");
        assert_eq!(base("part.1.csv", Provider::Azure), "part");
        assert_eq!(base("202604_a.b.csv", Provider::Gcp), "202604_a.b");
        let files = ["a/p.csv", "b/p.csv"].map(|name| (name.to_owned(), PathBuf::new())).to_vec();
        let bases: Vec<_> = with_bases(files, Provider::Azure, Stored::AsGiven).into_iter().map(|file| file.base).collect();
        assert_eq!(bases, ["p", "p-2"]);
    }
}
