//! Payloads: the operator's archive, a folder with its manifest, a folder of CSV files, or one CSV file; here or in a bucket.
//!
//! Nothing is unpacked: an archive is read once for its names, sizes and manifest, and once more for its rows.

pub mod archive;
pub mod csv;
pub mod export;
mod export_archive;
pub mod manifest;

use crate::error::Error;
use crate::store::Store;
use archive::{Archive, Limits, MANIFEST};
use manifest::Manifest;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// A payload, opened: its manifest is read, its rows are not.
#[derive(Debug)]
pub struct Payload {
    /// As it was given.
    pub name: String,
    /// The operator's manifest; bare CSV files have none.
    pub manifest: Option<Manifest>,
    /// What is odd about it.
    pub warnings: Vec<String>,
    /// Bytes, compressed if it is.
    pub bytes: u64,
    content: Content,
    /// A copy of what lies in a bucket goes with the payload.
    copy: Option<tempfile::TempDir>,
}

#[derive(Debug)]
enum Content {
    /// An archive, and the members to read.
    Archive(Archive, Vec<String>),
    /// Files, with the names that they are called by.
    Files(Vec<(String, PathBuf)>),
}

/// Why a payload was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be taken.
    #[error("{0}")]
    Payload(String),
    /// The store or this machine failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// A file that could be opened, and then not be read to its end.
#[derive(Debug, thiserror::Error)]
#[error("could not read `{file}`")]
pub struct ReadError {
    /// The payload or file.
    pub file: String,
    /// Why not.
    pub source: std::io::Error,
}

impl Payload {
    /// Opens the payload at `place`: a path, or a URL whose bucket is reached as `store` is.
    ///
    /// # Errors
    /// * [`OpenError::Payload`]: there is nothing, or nothing that can be taken.
    /// * [`OpenError::Failed`]: the store or this machine failed.
    pub async fn open(place: &str, store: &Store) -> Result<Self, OpenError> {
        if place.starts_with("s3://") || place.starts_with("s3a://") {
            let copy = tempfile::tempdir().map_err(|source| Error::File {
                action: "create",
                path: std::env::temp_dir().display().to_string(),
                source,
            })?;
            let path = copy_here(place, store, copy.path()).await?;
            let mut payload = Self::open_here(place, &path)?;
            payload.copy = Some(copy);
            return Ok(payload);
        }
        let path = place.strip_prefix("file://").unwrap_or(place).to_owned();
        let name = place.to_owned();
        let opened = tokio::task::spawn_blocking(move || Self::open_here(&name, Path::new(&path)));
        opened.await.unwrap_or_else(|_| Err(OpenError::Payload("it could not be read".to_owned())))
    }

    fn open_here(name: &str, path: &Path) -> Result<Self, OpenError> {
        let failed = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => OpenError::Payload("there is no such file or folder".to_owned()),
            _ => OpenError::Failed(Error::File { action: "read", path: path.display().to_string(), source }),
        };
        let found = std::fs::metadata(path).map_err(failed)?;
        if found.is_dir() {
            return Self::folder(name, path);
        }
        let mut start = [0; 262];
        let read = read_start(path, &mut start).map_err(failed)?;
        let start = start.get(..read).unwrap_or_default();
        if start.starts_with(&[0x1f, 0x8b]) || start.get(257..).is_some_and(|magic| magic == b"ustar") {
            return Self::archive(name, path, found.len());
        }
        let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        if !is_csv {
            return Err(OpenError::Payload("it is no gzip archive, no folder and no .csv file".to_owned()));
        }
        let file = path.file_name().map_or_else(|| name.to_owned(), |file| file.to_string_lossy().into_owned());
        Ok(Self {
            name: name.to_owned(),
            manifest: None,
            warnings: Vec::new(),
            bytes: found.len(),
            content: Content::Files(vec![(file, path.to_owned())]),
            copy: None,
        })
    }

    fn archive(name: &str, path: &Path, bytes: u64) -> Result<Self, OpenError> {
        let refused = |reason: String| OpenError::Payload(reason);
        let (archive, manifest) = Archive::open(path, Limits::default()).map_err(|error| refused(error.to_string()))?;
        let Some(manifest) = manifest else { return Err(refused(format!("it holds no `{MANIFEST}`"))) };
        let (manifest, mut warnings) = Manifest::parse(&manifest).map_err(|error| refused(error.to_string()))?;
        let refusals = archive.members().iter().filter_map(|member| Some((&member.name, member.refused?)));
        warnings.extend(refusals.map(|(member, reason)| format!("`{member}` was left out: {reason}")));
        let usable = archive.members().iter().filter(|member| member.refused.is_none());
        let members: BTreeSet<_> = usable.map(|member| member.name.clone()).collect();
        let wanted = listed(&manifest, &mut warnings, |file| members.contains(file));
        Ok(Self {
            name: name.to_owned(),
            manifest: Some(manifest),
            warnings,
            bytes,
            content: Content::Archive(archive, wanted),
            copy: None,
        })
    }

    fn folder(name: &str, path: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Failed(Error::File { action: "read", path: path.display().to_string(), source });
        let mut warnings = Vec::new();
        let mut files = Vec::new();
        let mut bytes = 0;
        let mut has_manifest = false;
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let file = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(failed)?;
            let is_csv = entry.path().extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
            if !is_csv && file != MANIFEST {
                continue;
            }
            if !kind.is_file() {
                warnings.push(format!("`{file}` was left out: it is no regular file"));
                continue;
            }
            bytes += entry.metadata().map_err(failed)?.len();
            if file == MANIFEST {
                has_manifest = true;
            } else {
                files.push((file, entry.path()));
            }
        }
        files.sort();
        let manifest = if has_manifest {
            let too_long = || OpenError::Payload(format!("its `{MANIFEST}` is longer than {} MiB", Limits::default().manifest_bytes >> 20));
            let mut content = Vec::new();
            let limit = Limits::default().manifest_bytes;
            File::open(path.join(MANIFEST)).and_then(|file| file.take(limit + 1).read_to_end(&mut content)).map_err(failed)?;
            if content.len() as u64 > limit {
                return Err(too_long());
            }
            let (manifest, odd) = Manifest::parse(&content).map_err(|error| OpenError::Payload(error.to_string()))?;
            warnings.extend(odd);
            let there: BTreeSet<_> = files.iter().map(|(file, _)| file.clone()).collect();
            let wanted = listed(&manifest, &mut warnings, |file| there.contains(file));
            files.retain(|(file, _)| wanted.contains(file));
            Some(manifest)
        } else {
            if files.is_empty() {
                return Err(OpenError::Payload(format!("the folder holds neither `{MANIFEST}` nor a .csv file")));
            }
            None
        };
        Ok(Self { name: name.to_owned(), manifest, warnings, bytes, content: Content::Files(files), copy: None })
    }

    /// Reads the CSV files one after the other.
    ///
    /// # Errors
    /// [`ReadError`]: the payload changed or broke since it was opened.
    pub fn for_each(&self, visit: &mut dyn FnMut(&str, &mut dyn Read)) -> Result<(), ReadError> {
        match &self.content {
            Content::Archive(archive, wanted) => {
                let failed = |source: archive::ArchiveError| ReadError { file: self.name.clone(), source: std::io::Error::other(source) };
                let visit = &mut |name: &str, text: &mut dyn Read| {
                    visit(name, text);
                    Ok(())
                };
                archive.for_each(wanted, visit).map_err(failed)
            }
            Content::Files(files) => {
                for (name, path) in files {
                    let failed = |source| ReadError { file: path.display().to_string(), source };
                    let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(failed)?);
                    visit(name, &mut file);
                }
                Ok(())
            }
        }
    }
}

/// The files of the manifest that are there, each once. Those that are not come in other archives of the same manifest.
fn listed(manifest: &Manifest, warnings: &mut Vec<String>, there: impl Fn(&str) -> bool) -> Vec<String> {
    let (wanted, missing): (Vec<_>, Vec<_>) = manifest.files.iter().cloned().partition(|file| there(file));
    if !missing.is_empty() {
        let named: Vec<_> = missing.iter().take(3).map(|file| format!("`{file}`")).collect();
        let more = if missing.len() > named.len() { ", …" } else { "" };
        warnings.push(format!(
            "{} of the {} files that the manifest names are not in it ({}{more}): they should come in another archive of the same report",
            missing.len(),
            manifest.files.len(),
            named.join(", ")
        ));
    }
    wanted
}

fn read_start(path: &Path, start: &mut [u8]) -> std::io::Result<usize> {
    let mut file = File::open(path)?;
    let mut read = 0;
    while let Some(rest) = start.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}

/// Copies an object, or the objects right below a prefix, into `folder`.
async fn copy_here(place: &str, store: &Store, folder: &Path) -> Result<PathBuf, OpenError> {
    let (_, rest) = place.split_once("://").unwrap_or(("", place));
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    let bucket = store.beside(&format!("s3://{bucket}"))?;
    let key = key.trim_end_matches('/');
    let nothing = || OpenError::Payload("there is no such object or prefix".to_owned());
    let objects = bucket.list(key).await?;
    if objects.is_empty() {
        // A prefix lists what lies below it; an object is asked for by its name.
        let name = key.rsplit('/').next().filter(|name| !name.is_empty()).ok_or_else(nothing)?;
        let path = folder.join(name);
        return match bucket.copy_to_file(key, &path).await {
            Ok(()) => Ok(path),
            Err(Error::Store { source: object_store::Error::NotFound { .. }, .. }) => Err(nothing()),
            Err(error) => Err(error.into()),
        };
    }
    for object in objects {
        let path = object.path.as_ref();
        let below = path.strip_prefix(key).unwrap_or(path).trim_start_matches('/');
        // What lies deeper is another payload.
        if !below.is_empty() && !below.contains('/') {
            bucket.copy_to_file(path, &folder.join(below)).await?;
        }
    }
    Ok(folder.to_owned())
}
