//! What becomes of each column of an export.

use super::day_format::{DayFormat, Shape};
use super::{Losses, json_texts};
use crate::cloud::Provider;
use crate::table::cloud_ingest::ExportColumn;
use crate::table::{ColumnDef, Kind};
use polars::prelude::*;
use std::sync::Arc;

/// Why nothing can be made of a file with this header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// A column is not there.
    #[error("it has no column `{column}`")]
    Missing {
        /// The column.
        column: String,
    },
    /// Two columns would be one.
    #[error("its columns `{first}` and `{second}` both become `{column}`")]
    Twice {
        /// The column of the line items.
        column: String,
        /// The first column of the header.
        first: String,
        /// The second one.
        second: String,
    },
    /// It is the header of something else.
    #[error("{0}")]
    Unknown(&'static str),
}

/// How the cells of a column are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As they are.
    Text,
    /// A number; zero where it is none.
    Number,
    /// A timestamp; the row is refused where it is none.
    Stamp,
    /// A day of Azure's: a timestamp or `MM/DD/YYYY`; null where it is empty.
    BillingDay,
    /// The day of Azure's usage, in the format of the first one.
    UsageDay(Option<DayFormat>),
    /// JSON by one of [`json_texts`]; the row is refused where koku fails.
    Json(JsonText),
}

/// Which JSON a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonText {
    AzureTags,
    AzureInfo,
    GcpLabels,
    GcpCredits(Losses),
}

impl Reading {
    /// By the type of the column.
    pub(super) fn of(column: &ColumnDef) -> Self {
        match column.kind {
            Kind::Double => Self::Number,
            Kind::Timestamp => Self::Stamp,
            _ => Self::Text,
        }
    }
}

impl JsonText {
    pub(super) fn read(self, text: &str) -> Option<String> {
        match self {
            Self::AzureTags => json_texts::azure_tags(text),
            Self::AzureInfo => json_texts::azure_info(text),
            Self::GcpLabels => json_texts::gcp_labels(text),
            Self::GcpCredits(losses) => json_texts::gcp_credits(text, losses).map(|credits| credits.text),
        }
    }
}

/// Where the cells of a column of the line items come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// From the column of the header at this place.
    Cells(usize, Reading),
    /// From the columns at these places: those of them that are not empty, as a JSON object by these keys.
    Map(Vec<(usize, String)>),
    /// From nowhere.
    Constant(Constant),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Constant {
    Null,
    EmptyText,
    EmptyObject,
    Zero,
}

impl Constant {
    /// What koku puts into a column that it needs.
    pub(super) fn of(column: &ColumnDef) -> Self {
        match column.kind {
            Kind::Timestamp => Self::Null,
            Kind::Double => Self::Zero,
            _ => Self::EmptyText,
        }
    }
}

/// A column of the line items.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub name: PlSmallStr,
    pub data_type: DataType,
    pub source: Source,
}

impl Output {
    pub(super) fn new(column: &ColumnDef, source: Source) -> Self {
        Self { name: column.name.into(), data_type: column.kind.data_type(), source }
    }

    /// A column that only some exports have.
    pub(super) fn extra(name: &str, place: usize) -> Self {
        Self { name: name.into(), data_type: DataType::String, source: Source::Cells(place, Reading::Text) }
    }
}

/// Where the name of a row's file comes from: places in the header.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// The day before the `T` of this interval.
    Interval(usize),
    /// The day of this column.
    UsageDay(usize, Option<DayFormat>),
    /// Invoice month and partition date; the stamp's shape is that of the first.
    Invoice { month: usize, partition: usize, stamp: usize, shape: Option<Shape> },
}

/// What becomes of the columns of a file.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(super) cloud: Provider,
    pub(super) header: Arc<[PlSmallStr]>,
    pub(super) outputs: Vec<Output>,
    pub(super) part: Part,
    /// The place of the stamp that the roll-up goes by.
    pub(super) stamp: Option<usize>,
    /// The place of GCP's credits.
    pub(super) credits: Option<(usize, Losses)>,
    /// Columns whose cells are cut off or null only in the daily rows.
    pub(super) resources: bool,
}

impl Layout {
    /// The columns of the header that are needed, by place.
    pub fn needed(&self) -> Vec<usize> {
        let mut needed: Vec<usize> = self.outputs.iter().flat_map(|output| places(&output.source)).collect();
        match &self.part {
            Part::Interval(place) | Part::UsageDay(place, _) => needed.push(*place),
            Part::Invoice { month, partition, stamp, .. } => needed.extend([*month, *partition, *stamp]),
        }
        needed.extend(self.stamp);
        needed.extend(self.credits.map(|(place, _)| place));
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    /// The column whose first cell says how all cells of it are written, if one does; see [`Layout::with_first`].
    pub fn first(&self) -> Option<usize> {
        match &self.part {
            Part::Interval(_) => None,
            Part::UsageDay(place, _) => Some(*place),
            Part::Invoice { stamp, .. } => Some(*stamp),
        }
    }

    /// The layout once the first cell of [`Layout::first`] is known. pandas guesses one format from it, and takes no other.
    #[must_use]
    pub fn with_first(mut self, cell: &str) -> Self {
        match &mut self.part {
            Part::Interval(_) => {}
            Part::UsageDay(place, format) => {
                *format = DayFormat::guess(cell);
                for output in &mut self.outputs {
                    if let Source::Cells(at, Reading::UsageDay(of)) = &mut output.source
                        && at == place
                    {
                        of.clone_from(format);
                    }
                }
            }
            Part::Invoice { shape, .. } => *shape = Shape::of_stamp(cell),
        }
        self
    }

    /// The column of the header at `place`.
    pub fn column(&self, place: usize) -> &str {
        self.header.get(place).map_or("", PlSmallStr::as_str)
    }

    /// The place of the column of the header that becomes `column`.
    pub fn place_of(&self, column: &ColumnDef) -> Option<usize> {
        self.outputs.iter().find(|output| output.name == column.name).and_then(|output| match output.source {
            Source::Cells(place, _) => Some(place),
            Source::Map(_) | Source::Constant(_) => None,
        })
    }

    pub(super) fn cells(&self, place: usize) -> Expr {
        Expr::Column(self.column(place).into())
    }
}

fn places(source: &Source) -> Vec<usize> {
    match source {
        Source::Cells(place, _) => vec![*place],
        Source::Map(entries) => entries.iter().map(|(place, _)| *place).collect(),
        Source::Constant(_) => Vec::new(),
    }
}

/// koku's name of a column: everything that is no letter, digit or `_` is one `_`, in lower case.
pub(super) fn column_name(header: &str) -> String {
    let mut name = String::with_capacity(header.len());
    let mut between = false;
    for character in header.chars() {
        let kept = character.is_alphanumeric() || character == '_';
        if kept {
            name.extend(character.to_lowercase());
        } else if !between {
            name.push('_');
        }
        between = !kept;
    }
    name
}

/// The place of a column in the header.
pub(super) fn place(header: &[PlSmallStr], name: &str) -> Option<usize> {
    header.iter().position(|column| column == name)
}

/// The place of a column that must be there.
pub(super) fn required(header: &[PlSmallStr], name: &str) -> Result<usize, HeaderError> {
    place(header, name).ok_or_else(|| HeaderError::Missing { column: name.to_owned() })
}

/// All columns of a header by koku's names, `renamed` as koku renames them; an error where two become one.
pub(super) fn by_name(header: &[PlSmallStr], renamed: &[ExportColumn]) -> Result<Vec<(String, usize)>, HeaderError> {
    let mut known: PlHashMap<String, usize> = PlHashMap::default();
    let mut names = Vec::with_capacity(header.len());
    for (place, column) in header.iter().enumerate() {
        let name = column_name(column);
        let name = renamed.iter().find(|other| other.export == name).map_or(name, |other| other.column.name.to_owned());
        if let Some(first) = known.insert(name.clone(), place) {
            let first = header.get(first).map_or("", PlSmallStr::as_str).to_owned();
            return Err(HeaderError::Twice { column: name, first, second: column.to_string() });
        }
        names.push((name, place));
    }
    Ok(names)
}
