//! The history of parallel runs: a folder with one small Parquet file a run, so that a run never rewrites what others said, or a
//! table of our own in a PostgreSQL.

mod folder;
mod postgres;

use crate::args::Location;
use crate::error::{Error, Result};
use crate::read::Side;
use aggregator_io::database::{Database, DatabaseConfig};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::path::PathBuf;

/// What one comparison found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// When the run started.
    pub run_at: DateTime<Utc>,
    /// The tenant schema.
    pub schema: String,
    /// The source.
    pub source: String,
    /// What ours was compared with: `managed` or `postgres`.
    pub side: String,
    /// First day.
    pub start: NaiveDate,
    /// Last day.
    pub end: NaiveDate,
    /// Rows that Trino wrote.
    pub rows_theirs: u64,
    /// Rows that we computed.
    pub rows_ours: u64,
    /// Rows that differ, or that one side lacks.
    pub differing_rows: u64,
    /// Those of them that are known.
    pub explained_rows: u64,
    /// The largest distance of two numbers in a column that differs, as a part of the greater.
    pub largest_relative: Option<f64>,
    /// That column.
    pub largest_column: Option<String>,
    /// Seconds to compute ours.
    pub seconds_ours: f64,
    /// Seconds to read theirs; how long Trino computed is koku's to know.
    pub seconds_theirs: f64,
}

impl Line {
    /// Rows that differ and are not known.
    pub fn unexplained(&self) -> u64 {
        self.differing_rows.saturating_sub(self.explained_rows)
    }
}

/// Where a history is kept.
#[derive(Clone, Debug)]
pub enum History {
    /// A folder of Parquet files.
    Folder(PathBuf),
    /// The table `aggregator_shadow.runs` of a database.
    Postgres(Box<DatabaseConfig>),
}

impl History {
    /// The history at a path or a `postgres://…`.
    ///
    /// # Errors
    /// [`Error::HistoryUrl`]: it is anything else; those of the URL of a database.
    pub fn at(place: &Location) -> Result<Self> {
        match place.side()? {
            Side::Path(folder) => Ok(Self::Folder(folder)),
            Side::Postgres(config) => Ok(Self::Postgres(config)),
            Side::Trino(_) => Err(Error::HistoryUrl),
        }
    }

    /// Adds the lines of a run, all or none; the table of a database is made where it is missing, also for no lines.
    ///
    /// # Errors
    /// * [`Error::File`] or [`Error::Parquet`]: the file cannot be written.
    /// * [`Error::Connect`] or [`Error::Database`]: the database cannot be reached, or does not let us make or fill the table.
    pub async fn add(&self, lines: &[Line]) -> Result<()> {
        match self {
            Self::Folder(folder) => folder::add(folder, lines),
            Self::Postgres(config) => postgres::add(&Database::connect(config).await?, lines).await,
        }
    }

    /// All lines, oldest first; none where there is no history yet.
    ///
    /// # Errors
    /// As [`Self::add`], for reading.
    pub async fn read(&self) -> Result<Vec<Line>> {
        let mut lines = match self {
            Self::Folder(folder) => folder::read(folder)?,
            Self::Postgres(config) => postgres::read(&Database::connect(config).await?).await?,
        };
        lines.sort_by(|one, other| {
            (one.run_at, &one.source, one.start, &one.side).cmp(&(other.run_at, &other.source, other.start, &other.side))
        });
        Ok(lines)
    }
}
