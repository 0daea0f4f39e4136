//! Differences that are known, accepted for a while, and explained.
//!
//! ```toml
//! [[known]]
//! column = "pod_labels"          # or "*": rows that one side lacks
//! reason = "koku COST-1234: labels of the first hour are lost"
//! until = 2027-01-31             # the last day on which it is accepted
//! source = "5e8d6c1a-0000-4000-8000-000000000001"   # left out: every source
//! ```

use crate::error::{Error, Result};
use aggregator_core::run::SourceUuid;
use chrono::NaiveDate;
use serde::Deserialize;
use std::path::Path;

/// The column of rows that one side lacks.
pub const WHOLE_ROWS: &str = "*";

/// The file of known differences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownDifferences {
    /// Each of them.
    #[serde(default)]
    pub known: Vec<KnownDifference>,
}

/// A difference that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownDifference {
    /// The column that differs, or [`WHOLE_ROWS`].
    pub column: String,
    /// Why, for who reads the history later.
    pub reason: String,
    /// The last day on which it is accepted.
    #[serde(deserialize_with = "date")]
    pub until: NaiveDate,
    /// The source that it concerns; every one if left out.
    pub source: Option<SourceUuid>,
}

impl KnownDifferences {
    /// Reads the file.
    ///
    /// # Errors
    /// * [`Error::File`]: it cannot be read.
    /// * [`Error::Known`]: it is no such file, or a reason is empty.
    pub fn from_file(path: &Path) -> Result<Self> {
        let shown = || path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| Error::File { action: "read", path: shown(), source })?;
        let known: Self = toml::from_str(&text).map_err(|error| Error::Known { path: shown(), reason: error.to_string() })?;
        match known.known.iter().find(|difference| difference.reason.trim().is_empty()) {
            Some(difference) => Err(Error::Known { path: shown(), reason: format!("the reason for `{}` is empty", difference.column) }),
            None => Ok(known),
        }
    }

    /// Whether a difference in `column` of `source` is accepted on `today`.
    pub fn explains(&self, column: &str, source: SourceUuid, today: NaiveDate) -> bool {
        let concerns = |known: &KnownDifference| known.column == column && known.source.is_none_or(|of| of == source);
        self.known.iter().any(|known| concerns(known) && today <= known.until)
    }

    /// Those that are no longer accepted on `today`.
    pub fn expired(&self, today: NaiveDate) -> impl Iterator<Item = &KnownDifference> {
        self.known.iter().filter(move |known| known.until < today)
    }
}

/// A date, as TOML's own or as text.
fn date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Date {
        Toml(toml::value::Datetime),
        Text(String),
    }
    let text = match Date::deserialize(deserializer)? {
        Date::Toml(date) => date.to_string(),
        Date::Text(text) => text,
    };
    text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is not a date such as 2027-01-31")))
}
