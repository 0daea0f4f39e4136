//! Totals that people wrote down: of a day or a month, by cluster, node, namespace, claim or label; of a cloud by account, service,
//! region or tag. CSV or YAML.

mod csv;
mod read;
mod totals;

use aggregator_core::table::{ColumnDef, Kind, cloud_summary, summary};
use chrono::{Datelike, NaiveDate};

pub(crate) use read::{from_csv, from_yaml};
pub(crate) use totals::check;

use crate::subject::{AWS_DAILY, AZURE_DAILY, GCP_DAILY, OCP_DAILY_SUMMARY, Subject};

/// The words of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    subject: &'static Subject,
    /// The columns by which rows can be chosen.
    selectors: &'static [ColumnDef],
    /// The columns of labels or tags.
    tags: &'static [ColumnDef],
}

const OCP: Words = Words {
    subject: &OCP_DAILY_SUMMARY,
    selectors: &[summary::CLUSTER_ID, summary::NODE, summary::NAMESPACE, summary::PERSISTENTVOLUMECLAIM, summary::DATA_SOURCE],
    tags: &[summary::POD_LABELS, summary::VOLUME_LABELS],
};

const AWS: Words = Words {
    subject: &AWS_DAILY,
    selectors: &[
        cloud_summary::USAGE_ACCOUNT_ID,
        cloud_summary::PRODUCT_CODE,
        cloud_summary::PRODUCT_FAMILY,
        cloud_summary::REGION,
        cloud_summary::AVAILABILITY_ZONE,
        cloud_summary::INSTANCE_TYPE,
        cloud_summary::UNIT,
        cloud_summary::CURRENCY_CODE,
    ],
    tags: &[cloud_summary::TAGS],
};

const AZURE: Words = Words {
    subject: &AZURE_DAILY,
    selectors: &[
        cloud_summary::SUBSCRIPTION_GUID,
        cloud_summary::SERVICE_NAME,
        cloud_summary::RESOURCE_LOCATION,
        cloud_summary::AZURE_INSTANCE_TYPE,
        cloud_summary::UNIT_OF_MEASURE,
        cloud_summary::AZURE_CURRENCY,
    ],
    tags: &[cloud_summary::TAGS],
};

const GCP: Words = Words {
    subject: &GCP_DAILY,
    selectors: &[
        cloud_summary::ACCOUNT_ID,
        cloud_summary::PROJECT_ID,
        cloud_summary::SERVICE_ID,
        cloud_summary::SERVICE_ALIAS,
        cloud_summary::SKU_ID,
        cloud_summary::SKU_ALIAS,
        cloud_summary::REGION,
        cloud_summary::INSTANCE_TYPE,
        cloud_summary::INVOICE_MONTH,
        cloud_summary::LINE_ITEM_TYPE,
        cloud_summary::UNIT,
        cloud_summary::GCP_CURRENCY,
    ],
    tags: &[cloud_summary::TAGS],
};

impl Words {
    /// Those of a table; OpenShift's for one without any.
    pub(crate) fn of(subject: &Subject) -> Self {
        [AWS, AZURE, GCP].into_iter().find(|words| words.subject.name == subject.name).unwrap_or(OCP)
    }

    fn selector(&self, name: &str) -> Option<ColumnDef> {
        self.selectors.iter().find(|column| column.name == name).copied()
    }

    fn names(&self) -> String {
        self.selectors.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }

    /// A column that is a number.
    fn measure(&self, name: &str) -> Result<ColumnDef, String> {
        let is_number = |column: &&ColumnDef| matches!(column.kind, Kind::Double | Kind::DoublePrecision | Kind::Numeric { .. });
        let columns = self.subject.tables.first().map_or(&[][..], |table| table.columns);
        columns.iter().filter(is_number).find(|column| column.name == name).copied().ok_or_else(|| {
            let known: Vec<_> = columns.iter().filter(is_number).map(|column| column.name).collect();
            format!("`{name}` is no column with a total; there are {}", known.join(", "))
        })
    }
}

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
