//! An export in a tar archive: its manifest and CSV files as compressed files of this machine.
//!
//! A member is compressed again while it is taken out, so that a small archive takes little space, whatever it expands to; the names of
//! members are never names of files. What [`Archive`] refuses (links, names that lead elsewhere, …) is left out with a warning.

use super::OpenError;
use super::archive::{Archive, ArchiveError, Limits, MANIFEST};
use crate::error::Error;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// How names of archives end.
const ENDINGS: [&str; 3] = [".tar.gz", ".tgz", ".tar"];

/// Whether a file of this name is an archive.
pub(super) fn is_archive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Takes the members that are `wanted` out of the archive at `path`, into files of `folder`; by their names.
///
/// # Errors
/// * [`OpenError::Payload`]: the archive cannot be read, or is too large.
/// * [`OpenError::Failed`]: a file cannot be written.
pub(super) fn take_out(
    path: &Path,
    limits: Limits,
    folder: &Path,
    wanted: impl Fn(&str) -> bool,
    warnings: &mut Vec<String>,
) -> Result<BTreeMap<String, PathBuf>, OpenError> {
    let (archive, manifest) = Archive::open(path, limits)?;
    let refused = archive.members().iter().filter_map(|member| Some((&member.name, member.refused?)));
    warnings.extend(refused.map(|(member, reason)| format!("`{member}` was left out: {reason}")));
    let usable = archive.members().iter().filter(|member| member.refused.is_none() && wanted(&member.name));
    let members: Vec<String> = usable.map(|member| member.name.clone()).collect();
    let mut files = BTreeMap::new();
    let mut keep = |name: &str, content: &mut dyn Read| {
        let file = folder.join(format!("{}.gz", files.len()));
        compress(content, &file)?;
        files.insert(name.to_owned(), file);
        Ok::<_, OpenError>(())
    };
    // The reader keeps the manifest of the root apart.
    if let Some(manifest) = manifest.filter(|_| wanted(MANIFEST)) {
        keep(MANIFEST, &mut manifest.as_slice())?;
    }
    archive.for_each(&members, &mut keep)?;
    Ok(files)
}

fn compress(content: &mut dyn Read, path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::Failed(Error::File { action: "write", path: path.display().to_string(), source });
    let mut writer = GzEncoder::new(BufWriter::new(File::create(path).map_err(failed)?), Compression::fast());
    std::io::copy(content, &mut writer).map_err(failed)?;
    writer.finish().and_then(|mut file| file.flush()).map_err(failed)
}

impl From<ArchiveError> for OpenError {
    fn from(error: ArchiveError) -> Self {
        Self::Payload(error.to_string())
    }
}

#[cfg(test)]
mod tests;
