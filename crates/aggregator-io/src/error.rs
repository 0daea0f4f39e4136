//! What can go wrong, by what a caller can do about it.

use aggregator_core::table::{SchemaError, ValueError};
use chrono::NaiveDate;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a store, a file, the reference data, the database or a plan.
///
/// [`Error::is_retryable`] says whether the same call can succeed later; [`Error::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A store URL that is not understood.
    #[error("could not use `{url}` as a store: {reason}")]
    StoreUrl {
        /// The URL, without secrets.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The object store refused or failed.
    #[error("could not {action} `{path}`")]
    Store {
        /// What was being done: `list`, `read`, `write`, `delete`.
        action: &'static str,
        /// The object or prefix.
        path: String,
        /// The store's answer.
        source: object_store::Error,
    },
    /// A local file or directory.
    #[error("could not {action} `{path}`")]
    File {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// No line items where they were expected.
    #[error("found no line items of `{table}` under `{prefix}`")]
    NoLineItems {
        /// The table.
        table: &'static str,
        /// The prefix that was listed.
        prefix: String,
    },
    /// A file that is not Parquet, or is damaged.
    #[error("could not read `{path}` as Parquet")]
    Parquet {
        /// The file.
        path: String,
        /// The reader's answer.
        source: polars::prelude::PolarsError,
    },
    /// A column whose type in a file cannot be read as the declared type.
    #[error("could not read column `{column}` of `{path}`: {reason}")]
    Column {
        /// The file.
        path: String,
        /// The column.
        column: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A label text that Trino refuses.
    #[error("could not read `{column}` of `{table}` as labels")]
    Labels {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What is wrong with the text.
        source: aggregator_core::trino::LabelError,
    },
    /// A frame that is not the table it should be.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A result that koku's table cannot hold.
    #[error("could not write a row")]
    Value(#[from] ValueError),
    /// A plan failed while it ran.
    #[error("could not compute {what}")]
    Plan {
        /// What was computed.
        what: &'static str,
        /// Polars' answer.
        source: polars::prelude::PolarsError,
    },
    /// The reference file is missing or malformed.
    #[error("could not use the reference file `{path}`: {reason}")]
    Reference {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A row that must exist in the tenant's database does not.
    #[error("found no {what}")]
    NoReferenceRow {
        /// The row, in words.
        what: String,
    },
    /// The database URL is not understood.
    #[error("could not use the database URL: {reason}")]
    DatabaseUrl {
        /// What is wrong with it, without the URL: it can hold a password.
        reason: String,
    },
    /// The database refused or failed.
    #[error("could not {action}")]
    Database {
        /// What was being done, with the table.
        action: String,
        /// The database's answer.
        source: sqlx::Error,
    },
    /// A table or column that koku's schema should have.
    #[error("found no {what} in schema `{schema}`")]
    DatabaseSchema {
        /// The table or column, in words.
        what: String,
        /// The tenant schema.
        schema: String,
    },
    /// No partition of koku's table holds the month, and none can be made.
    #[error("found no partition of `{schema}.{table}` for {month}")]
    NoPartition {
        /// The tenant schema.
        schema: String,
        /// The partitioned table.
        table: String,
        /// First day of the month.
        month: NaiveDate,
    },
    /// Another run holds the lock of the same source and month.
    #[error("could not lock source `{source_uuid}`, month {month}: another run holds it")]
    Locked {
        /// The source.
        source_uuid: String,
        /// First day of the month.
        month: NaiveDate,
    },
}

impl Error {
    /// Whether the same call can succeed later: a network fault, a busy server, a lost connection, a lock.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store { source, .. } => crate::retry::store_error_is_transient(source),
            Self::Database { source, .. } => crate::retry::database_error_is_transient(source),
            Self::Locked { .. } => true,
            _ => false,
        }
    }
}
