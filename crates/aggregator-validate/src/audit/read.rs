//! The result to audit: of a partitioned directory the partitions that are asked for, with every row in them.

use std::path::{Path, PathBuf};

use aggregator_core::table::{ColumnDef, summary};
use chrono::{Months, NaiveDate};

use super::Days;
use crate::error::{Error, Result};
use crate::read::{Side, read};
use crate::rows::{Cell, Filter, Number, Rows, RowsBuilder, Unreadable, Value};
use crate::subject::Subject;

/// The rows of `side` of `source` and `days`, and the window that they must lie in: none where the side was asked for it.
///
/// # Errors
/// As [`read`].
pub(super) async fn result(side: &Side, subject: &Subject, source: Option<&str>, days: Days, schema: Option<&str>) -> Result<(Rows, Days)> {
    let asked = Filter { source: source.map(str::to_owned), start: days.start, end: days.end };
    let Side::Path(path) = side else {
        return Ok((read(side, subject, &asked, schema).await?, Days::default()));
    };
    if let (Some(start), Some(end)) = (days.start, days.end)
        && end < start
    {
        return Err(Error::Window { start, end });
    }
    let wanted = Wanted { source, days, partitions: subject.partitions };
    let mut parts = Vec::new();
    if list(path, &wanted, &mut parts)? && wanted.wants(path) {
        parts.push(path.clone());
    }
    // A row of another source in a partition of this one is a mistake that must be seen.
    let of_source =
        |part: &Path| Filter { source: asked.source.clone().filter(|_| partition(part, summary::SOURCE).is_none()), ..Filter::default() };
    if let [part] = parts.as_slice() {
        return Ok((read(&Side::Path(part.clone()), subject, &of_source(part), schema).await?, days));
    }
    // No partition is wanted: there are no rows, but columns.
    if parts.is_empty() {
        return Ok((read(side, subject, &asked, schema).await?, days));
    }
    let mut rows = RowsBuilder::new(side.to_string(), subject, Filter::default());
    for part in parts {
        let read = read(&Side::Path(part.clone()), subject, &of_source(&part), schema).await?;
        append(&read, &mut rows).map_err(|Unreadable { column, reason }| Error::Column {
            place: part.display().to_string(),
            column,
            reason,
        })?;
    }
    Ok((rows.finish(), days))
}

/// Which partitions are wanted.
struct Wanted<'a> {
    source: Option<&'a str>,
    days: Days,
    /// Columns that stand in paths.
    partitions: &'static [ColumnDef],
}

impl Wanted<'_> {
    /// Whether the partition `path` can hold wanted rows.
    fn wants(&self, path: &Path) -> bool {
        let is_source = partition(path, summary::SOURCE).zip(self.source).is_none_or(|(found, wanted)| found == wanted);
        is_source
            && days_of(path).is_none_or(|(first, last)| {
                self.days.end.is_none_or(|end| first <= end) && self.days.start.is_none_or(|start| start <= last)
            })
    }
}

/// Adds the wanted partitions below `path` to `parts`, the deepest folders with such a name; false if there are none, and `path`
/// is to be read as it is.
fn list(path: &Path, wanted: &Wanted<'_>, parts: &mut Vec<PathBuf>) -> Result<bool> {
    let failed = |source| Error::File { action: "list", path: path.display().to_string(), source };
    // What is not there, or no folder, is left to the reader.
    if !path.is_dir() {
        return Ok(true);
    }
    let mut entries = std::fs::read_dir(path)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    entries.retain(|entry| {
        entry.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b".") && !name.as_encoded_bytes().starts_with(b"_"))
    });
    entries.sort();
    let is_partition = |entry: &PathBuf| entry.is_dir() && wanted.partitions.iter().any(|column| value(entry, *column).is_some());
    if !entries.iter().any(is_partition) {
        return Ok(true);
    }
    for entry in entries {
        // Empty files are no data, and a folder of none has no rows.
        if !is_partition(&entry) {
            if holds_data(&entry) {
                parts.push(entry);
            }
        } else if wanted.wants(&entry) && list(&entry, wanted, parts)? && holds_data(&entry) {
            parts.push(entry);
        }
    }
    Ok(false)
}

/// Whether there is a file below `path` that a reader would read.
fn holds_data(path: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(path) else { return path.metadata().is_ok_and(|metadata| metadata.len() > 0) };
    let is_visible = |entry: &std::fs::DirEntry| {
        let name = entry.file_name();
        !name.as_encoded_bytes().starts_with(b".") && !name.as_encoded_bytes().starts_with(b"_")
    };
    entries.flatten().filter(is_visible).any(|entry| holds_data(&entry.path()))
}

/// The value of the partition `column` that the name of `path` gives.
fn value(path: &Path, column: ColumnDef) -> Option<&str> {
    path.file_name()?.to_str()?.strip_prefix(column.name)?.strip_prefix('=')
}

/// The value of the partition `column` that `path` gives, the nearest one.
fn partition(path: &Path, column: ColumnDef) -> Option<&str> {
    path.ancestors().find_map(|path| value(path, column))
}

/// The first and the last day of a partition, as far as its path tells.
fn days_of(path: &Path) -> Option<(NaiveDate, NaiveDate)> {
    let number = |column| partition(path, column)?.parse::<u32>().ok();
    let year: i32 = partition(path, summary::YEAR)?.parse().ok()?;
    let first = |month, day| NaiveDate::from_ymd_opt(year, month, day);
    match (number(summary::MONTH), number(summary::DAY)) {
        (Some(month), Some(day)) => first(month, day).map(|day| (day, day)),
        (Some(month), None) => Some((first(month, 1)?, first(month, 1)?.checked_add_months(Months::new(1))?.pred_opt()?)),
        (None, _) => Some((first(1, 1)?, first(12, 31)?)),
    }
}

/// Adds all of `part`.
fn append(part: &Rows, rows: &mut RowsBuilder) -> Result<(), Unreadable> {
    let columns = rows.columns();
    for column in part.columns() {
        rows.has(column);
    }
    for column in part.unknown() {
        rows.has_unknown(column);
    }
    for row in 0..part.len() {
        let cells: Vec<Cell> = columns.iter().map(|column| part.cell(column.name, row)).collect();
        rows.push(|index| Ok(cells.get(index).map_or(Value::Null, of_cell)))?;
    }
    Ok(())
}

fn of_cell(cell: &Cell) -> Value<'_> {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => Value::Text(text),
        Cell::Integer(integer) => Value::Integer((*integer).into()),
        Cell::Date(date) => Value::Date(date.to_epoch_days()),
        Cell::Number(Number::Double(double)) => Value::Double(*double),
        Cell::Number(Number::Decimal(decimal)) => Value::Decimal(*decimal),
    }
}
