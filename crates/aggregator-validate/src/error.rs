//! What can go wrong while the two sides are read; a comparison itself cannot fail.

use chrono::NaiveDate;

use crate::read::trino;

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
    /// A history that is neither a folder nor a PostgreSQL.
    #[error("could not keep a history in a Trino")]
    HistoryUrl,
    /// An option that is needed.
    #[error("`{what}` is missing")]
    Missing {
        /// The option.
        what: &'static str,
    },
    /// The URL of a Trino is not understood.
    #[error("could not use the URL of Trino: {reason}")]
    TrinoUrl {
        /// What is wrong with it, without the URL: somebody may have put a password there.
        reason: String,
    },
    /// A password or a token would cross the network in the open.
    #[error("could not send a password or token to `{host}` without TLS")]
    NoTls {
        /// The server.
        host: String,
    },
    /// Trino refused or failed.
    #[error("could not {action}")]
    Trino {
        /// What was being done, with the place.
        action: String,
        /// Trino's answer.
        source: trino::Failure,
    },
    /// A side that had other rows when it was read again.
    #[error("could not compare `{place}`: its rows changed while it was read")]
    Changed {
        /// The file or table.
        place: String,
    },
    /// A table that nothing is known of, and no key for it.
    #[error("could not compare the table `{table}` without a key")]
    NoKey {
        /// The table.
        table: String,
    },
    /// A column that was named, but is none of the table.
    #[error("found no column `{column}` in the table `{table}`")]
    NoSuchColumn {
        /// The column.
        column: String,
        /// The table.
        table: String,
    },
    /// A key that is a measure.
    #[error("could not use `{column}` as key: it is a measure, which two sides may have a little differently")]
    NumberInKey {
        /// The column.
        column: &'static str,
    },
    /// A key that is ignored.
    #[error("could not ignore `{column}`: it is part of the key")]
    IgnoredKey {
        /// The column.
        column: &'static str,
    },
    /// A filter that the table has no column for.
    #[error("could not choose rows of `{table}` by {by}: it has no such column")]
    NoFilter {
        /// The table.
        table: &'static str,
        /// `day` or `source`.
        by: &'static str,
    },
    /// Line items of several months beside a summary whose rows do not tell their month.
    #[error("could not audit `{table}` from {start} to {end} beside its line items: these are several months")]
    Months {
        /// The table.
        table: &'static str,
        /// First day.
        start: NaiveDate,
        /// Last day.
        end: NaiveDate,
    },
    /// A table that the schema should have.
    #[error("found no table `{table}` in schema `{schema}`")]
    NoTable {
        /// The table.
        table: String,
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
            Self::Trino { source, .. } => source.is_retryable(),
            Self::Changed { .. } => true,
            Self::Database { source, .. } => matches!(source, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed),
            _ => false,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Scheme { .. } => {
                "a side is a Parquet file, a directory, `postgres://user@host/database`, or `trino://user@host:port/catalog/schema/table`; \
                 copy other stores into a directory first"
            }
            Self::Window { .. } => "`--start` and `--end` are the first and the last day, both included",
            Self::NoFile { .. } => "files that are empty or whose name starts with `.` or `_` do not count; check the path",
            Self::Parquet { .. } => "every file of a directory side must be Parquet; point at the table's own directory",
            Self::Column { .. } | Self::NoColumn { .. } => {
                "is this the table that `--table` names? a directory side must hold only its files"
            }
            Self::TrinoUrl { .. } => {
                "`trino://user@host:8080/catalog/schema/table`, with TLS `trinos://…`; a password stands in TRINO_PASSWORD, a token in \
                 TRINO_TOKEN"
            }
            Self::NoTls { .. } => "use `trinos://`; or unset TRINO_PASSWORD and TRINO_TOKEN where Trino does not ask for them",
            Self::Trino { source, .. } => trino_hint(source),
            Self::Changed { .. } => "compare when nothing writes into it",
            Self::NoKey { .. } => "name a known table (`--help` lists them), or add `--key COLUMN,…`",
            Self::NoSuchColumn { .. } => "`--key` and `--ignore` take names of columns, separated by commas",
            Self::NumberInKey { .. } | Self::IgnoredKey { .. } => "choose another `--key`",
            Self::NoFilter { .. } => "leave `--start` and `--end`, or `--source`, away",
            Self::Months { .. } => "audit month by month: `--start` and `--end` name the first and the last day of one",
            Self::NoSchema => "add `--schema NAME`, the tenant's schema",
            Self::DatabaseUrl { .. } => DATABASE_URL_HINT,
            Self::Connect(source) if matches!(**source, aggregator_io::Error::DatabaseUrl { .. }) => DATABASE_URL_HINT,
            Self::Database { .. } | Self::Connect(_) => "check host, port, user and database; the password may stand in PGPASSWORD",
            Self::NoTable { .. } => "check `--schema` and the database; the user needs the right to read the table",
            Self::Nise(source) => return source.hint(),
            Self::LineItems { .. } => "check `--inputs`, `--schema` and `--source`; a directory, or `s3://bucket/prefix`",
            Self::SourceUuid { .. } => "is this a daily summary? `--source UUID` chooses one of its sources",
            Self::NoReference => "add `--database URL`, or `--reference FILE` with the tenant's reference data",
            Self::HistoryUrl => "`--history` is a folder, or `postgres://user@host/database`",
            Self::Known { .. } => "each `[[known]]` has `column`, `reason` and `until`, and may have `source`",
            Self::Job(_) | Self::Missing { .. } | Self::File { .. } | Self::Start(_) | Self::Json(_) => return None,
        })
    }
}

fn trino_hint(failure: &trino::Failure) -> &'static str {
    match failure {
        trino::Failure::Status { status: 401 | 403, .. } => {
            "the password stands in TRINO_PASSWORD, a token in TRINO_TOKEN, the user in the URL; they need `trinos://`"
        }
        trino::Failure::Query { .. } => "check catalog, schema and table, and what the user may read",
        trino::Failure::Redirect { .. } | trino::Failure::OtherServer { .. } => {
            "name the server itself, with `trinos://` where it wants TLS; behind a proxy, Trino must know the name that clients use \
             (`http-server.process-forwarded`)"
        }
        _ => "check host and port, and whether the server wants TLS (`trinos://`)",
    }
}
