//! Totals that people wrote down: of a day or a month, by cluster, node, namespace, claim or label. CSV or YAML.

mod csv;
mod read;
mod totals;

use aggregator_core::table::{ColumnDef, summary};
use chrono::{Datelike, NaiveDate};

pub(crate) use read::{from_csv, from_yaml};
pub(crate) use totals::check;

/// The columns by which rows can be chosen.
const SELECTORS: [ColumnDef; 5] =
    [summary::CLUSTER_ID, summary::NODE, summary::NAMESPACE, summary::PERSISTENTVOLUMECLAIM, summary::DATA_SOURCE];

/// A total that is expected.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Total {
    pub(crate) period: Period,
    /// Columns and what they hold.
    pub(crate) selected: Vec<(ColumnDef, String)>,
    /// A label's key and value.
    pub(crate) tag: Option<(String, String)>,
    pub(crate) column: ColumnDef,
    pub(crate) value: f64,
    /// How far off it may be: as a part of it, and in the unit of the column; the greater counts.
    pub(crate) relative: Option<f64>,
    pub(crate) absolute: f64,
}

/// Days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Period {
    /// All that there are.
    All,
    Day(NaiveDate),
    Month(i32, u32),
}

impl Period {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::All);
        }
        if let Ok(day) = text.parse() {
            return Ok(Self::Day(day));
        }
        let first: Option<NaiveDate> = format!("{text}-01").parse().ok();
        first
            .map(|first| Self::Month(first.year(), first.month()))
            .ok_or_else(|| format!("`{text}` is no day (2026-03-01) and no month (2026-03)"))
    }

    fn has(self, day: NaiveDate) -> bool {
        match self {
            Self::All => true,
            Self::Day(only) => only == day,
            Self::Month(year, month) => (day.year(), day.month()) == (year, month),
        }
    }

    fn text(self) -> String {
        match self {
            Self::All => "all days".to_owned(),
            Self::Day(day) => day.to_string(),
            Self::Month(year, month) => format!("{year}-{month:02}"),
        }
    }
}

/// A column that is a number.
fn measure(name: &str) -> Result<ColumnDef, String> {
    let columns = summary::OCP_DAILY_SUMMARY.columns;
    let measures = || columns.iter().filter(|column| column.kind == aggregator_core::table::Kind::Double);
    measures().find(|column| column.name == name).copied().ok_or_else(|| {
        let known: Vec<_> = measures().map(|column| column.name).collect();
        format!("`{name}` is no column with a total; there are {}", known.join(", "))
    })
}

fn selector(name: &str) -> Option<ColumnDef> {
    SELECTORS.into_iter().find(|column| column.name == name)
}

/// `key=value`.
fn tag(text: &str) -> Result<Option<(String, String)>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let (key, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is no label (`key=value`)"))?;
    Ok(Some((key.to_owned(), value.to_owned())))
}

/// A relative tolerance: `0.001` or `0.1%`.
fn relative(text: &str) -> Result<f64, String> {
    let (number, part) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim(), 0.01),
        None => (text, 1.0),
    };
    let tolerance = number.parse::<f64>().ok().map(|number| number * part).filter(|number| number.is_finite() && *number >= 0.0);
    tolerance.ok_or_else(|| format!("`{text}` is no tolerance (`0.001` or `0.1%`)"))
}

fn number(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| format!("`{text}` is no number"))
}

#[cfg(test)]
mod tests;
