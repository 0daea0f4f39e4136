//! What can go wrong while the two sides are read; a comparison itself cannot fail.

use chrono::NaiveDate;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A side that cannot be read, or a question that makes no sense. [`Error::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A side that is neither a path nor a database.
    #[error("could not use a side that starts with `{scheme}://`")]
    Scheme {
        /// What stands before `://`.
        scheme: String,
    },
    /// A window that ends before it starts.
    #[error("could not use the window from {start} to {end}: it ends before it starts")]
    Window {
        /// First day.
        start: NaiveDate,
        /// Last day.
        end: NaiveDate,
    },
    /// A side without a single file.
    #[error("found no file of `{path}`")]
    NoFile {
        /// The file or directory.
        path: String,
    },
    /// The file system refused or failed.
    #[error("could not {action} `{path}`")]
    File {
        /// What was being done.
        action: &'static str,
        /// The file or directory.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A file that is not Parquet, or is damaged.
    #[error("could not read `{path}` as Parquet")]
    Parquet {
        /// The file.
        path: String,
        /// The reader's answer.
        source: polars::prelude::PolarsError,
    },
    /// A value or a type that cannot be read as the table declares it.
    #[error("could not read column `{column}` of `{place}`: {reason}")]
    Column {
        /// The file or table.
        place: String,
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A column without which rows cannot be matched or filtered.
    #[error("found no column `{column}` in `{place}`")]
    NoColumn {
        /// The file or table.
        place: String,
        /// The column.
        column: &'static str,
    },
    /// A database side without the schema to read from.
    #[error("could not read a database without the name of a schema")]
    NoSchema,
    /// The database URL is not understood.
    #[error("could not use the database URL: {reason}")]
    DatabaseUrl {
        /// What is wrong with it, without the URL: it can hold a password.
        reason: String,
    },
    /// The database refused or failed.
    #[error("could not {action}")]
    Database {
        /// What was being done, with the place.
        action: String,
        /// The database's answer.
        source: sqlx::Error,
    },
    /// The database's URL or its server is not usable.
    #[error(transparent)]
    Connect(Box<aggregator_io::Error>),
    /// The line items beside a result cannot be read.
    #[error("could not read the line items")]
    LineItems {
        /// What the store or its files answered.
        source: Box<aggregator_io::Error>,
    },
    /// A source that line items cannot be of.
    #[error("could not read the line items of source `{text}`: it is no UUID")]
    SourceUuid {
        /// The source of the rows.
        text: String,
    },
    /// The summary beside which Trino's is held could not be computed.
    #[error("could not compute ours")]
    Job(#[source] Box<aggregator_io::Error>),
    /// Nothing says what the tenant enabled.
    #[error("could not compute ours without reference data")]
    NoReference,
    /// The file of known differences is not understood.
    #[error("could not use the known differences of `{path}`: {reason}")]
    Known {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An option that is needed.
    #[error("`{what}` is missing")]
    Missing {
        /// The option.
        what: &'static str,
    },
    /// A table that the schema should have.
    #[error("found no table `{table}` in schema `{schema}`")]
    NoTable {
        /// The table.
        table: &'static str,
        /// The tenant schema.
        schema: String,
    },
    /// A file that says what is expected, and cannot be used.
    #[error(transparent)]
    Nise(#[from] crate::nise::error::NiseError),
    /// The program could not start its runtime.
    #[error("could not start")]
    Start(#[source] std::io::Error),
    /// The report could not be written as JSON.
    #[error("could not write the report as JSON")]
    Json(#[from] serde_json::Error),
}

const DATABASE_URL_HINT: &str =
    "`postgres://user@host:5432/database`; special characters of a password are percent-encoded, or it stands in PGPASSWORD";

impl From<aggregator_io::Error> for Error {
    fn from(error: aggregator_io::Error) -> Self {
        Self::Connect(Box::new(error))
    }
}

impl Error {
    /// Whether the same call can succeed later: a database that was busy or away.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect(source) | Self::LineItems { source } | Self::Job(source) => source.is_retryable(),
            Self::Database { source, .. } => matches!(source, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed),
            _ => false,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Scheme { .. } => {
                "a side is a Parquet file, a directory, or `postgres://user@host/database`; copy other stores into a directory first"
            }
            Self::Window { .. } => "`--start` and `--end` are the first and the last day, both included",
            Self::NoFile { .. } => "files that are empty or whose name starts with `.` or `_` do not count; check the path",
            Self::Parquet { .. } => "every file of a directory side must be Parquet; point at the table's own directory",
            Self::Column { .. } | Self::NoColumn { .. } => {
                "is this the table that `--table` names? a directory side must hold only its files"
            }
            Self::NoSchema => "add `--schema NAME`, the tenant's schema",
            Self::DatabaseUrl { .. } => DATABASE_URL_HINT,
            Self::Connect(source) if matches!(**source, aggregator_io::Error::DatabaseUrl { .. }) => DATABASE_URL_HINT,
            Self::Database { .. } | Self::Connect(_) => "check host, port, user and database; the password may stand in PGPASSWORD",
            Self::NoTable { .. } => "check `--schema` and the database; the user needs the right to read the table",
            Self::Nise(source) => return source.hint(),
            Self::LineItems { .. } => "check `--inputs`, `--schema` and `--source`; a directory, or `s3://bucket/prefix`",
            Self::SourceUuid { .. } => "is this a daily summary? `--source UUID` chooses one of its sources",
            Self::NoReference => "add `--database URL`, or `--reference FILE` with the tenant's reference data",
            Self::Known { .. } => "each `[[known]]` has `column`, `reason` and `until`, and may have `source`",
            Self::Job(_) | Self::Missing { .. } | Self::File { .. } | Self::Start(_) | Self::Json(_) => return None,
        })
    }
}
