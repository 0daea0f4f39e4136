//! The data files of a path, and the partition that each lies in.

use std::path::{Component, Path, PathBuf};

use aggregator_core::table::ColumnDef;
use chrono::{Months, NaiveDate};

use super::cast::Values;
use crate::error::{Error, Result};
use crate::rows::Filter;
use crate::subject::{Found, FoundColumn};

/// What Hive writes for a null in a path.
const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// A file that can hold rows.
#[derive(Clone, Debug)]
pub(super) struct DataFile {
    pub(super) path: PathBuf,
}

/// The files of `path`, in the order of their names. As for Hive, a file is no data if it is empty or its name or that of
/// a directory below `path` starts with `.` or `_`; a file named by the user is data whatever its name.
pub(super) fn list(path: &Path) -> Result<Vec<DataFile>> {
    let mut files = Vec::new();
    let mut waiting = vec![path.to_owned()];
    while let Some(place) = waiting.pop() {
        let metadata = std::fs::metadata(&place).map_err(|source| missing(path, &place, source))?;
        if metadata.is_dir() {
            waiting.extend(entries(&place)?);
        } else if metadata.len() > 0 {
            files.push(DataFile { path: place });
        }
    }
    if files.is_empty() {
        return Err(Error::NoFile { path: path.display().to_string() });
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

/// The error of a failed file operation.
pub(super) fn failed(action: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::File { action, path: path.display().to_string(), source }
}

fn missing(root: &Path, place: &Path, source: std::io::Error) -> Error {
    if place == root && source.kind() == std::io::ErrorKind::NotFound {
        return Error::NoFile { path: root.display().to_string() };
    }
    failed("read", place, source)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let list = |source| failed("list", directory, source);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(list)? {
        let entry = entry.map_err(list)?;
        let name = entry.file_name();
        if !name.as_encoded_bytes().starts_with(b".") && !name.as_encoded_bytes().starts_with(b"_") {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}

impl DataFile {
    /// The value of the partition column `name`, the same in all rows; none where the path does not tell.
    pub(super) fn partition(&self, name: &str, partitions: &[ColumnDef]) -> Option<Values> {
        partitions.iter().find(|column| column.name == name)?;
        let value = self.partition_text(name)?;
        Some(Values::Constant((value != NULL_PARTITION).then(|| value.to_owned())))
    }

    /// The columns that the path tells.
    pub(super) fn partitions(&self) -> Vec<FoundColumn> {
        let parts = self.path.components().filter_map(|component| match component {
            Component::Normal(part) => part.to_str()?.split_once('='),
            _ => None,
        });
        let named = parts.filter(|(name, _)| !name.is_empty() && self.partition_text(name).is_some());
        named.map(|(name, _)| FoundColumn { name: name.to_owned(), found: Found::Text }).collect()
    }

    /// Whether the file can hold rows that `filter` wants, as far as its path tells.
    pub(super) fn is_wanted(&self, filter: &Filter) -> bool {
        let source = self.partition_text("source").is_none_or(|source| filter.wants_source(source));
        source && self.days().is_none_or(|(first, last)| filter.wants_days(first, last))
    }

    /// The first and the last day of the partition.
    fn days(&self) -> Option<(NaiveDate, NaiveDate)> {
        let year = self.partition_text("year")?.parse().ok()?;
        let month = self.partition_text("month")?.parse().ok()?;
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        match self.partition_text("day") {
            Some(day) => {
                let day = NaiveDate::from_ymd_opt(year, month, day.parse().ok()?)?;
                Some((day, day))
            }
            None => Some((first, first.checked_add_months(Months::new(1))?.pred_opt()?)),
        }
    }

    fn partition_text(&self, name: &str) -> Option<&str> {
        self.path.components().rev().skip(1).find_map(|component| match component {
            Component::Normal(part) => part.to_str()?.strip_prefix(name)?.strip_prefix('='),
            _ => None,
        })
    }
}
