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
    /// A value at which Trino fails the whole statement, and the caller wanted to fail, too.
    #[error("could not take {value:?} as `{column}` of `{table}`: {reason}")]
    RefusedValue {
        /// The table.
        table: &'static str,
        /// The column.
        column: String,
        /// The value, as text.
        value: String,
        /// Why Trino refuses it.
        reason: String,
    },
    /// A measure that the line items do not have.
    #[error("found no measure `{name}`; known are {known}")]
    Measure {
        /// The name.
        name: String,
        /// Names of the measures.
        known: String,
    },
    /// Days that are no range.
    #[error("could not use the days")]
    Window {
        /// What is wrong with them.
        source: aggregator_core::run::WindowError,
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
    /// The journal of a month of line items is damaged.
    #[error("could not read the journal `{path}`")]
    Journal {
        /// The journal.
        path: String,
        /// What is wrong with it.
        source: serde_json::Error,
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
    /// A value that the database's format cannot hold.
    #[error("could not write column `{column}` of `{table}`: {reason}")]
    Encode {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What is wrong with the value.
        reason: String,
    },
    /// A commit after a write that failed.
    #[error("could not commit `{table}`: an earlier write failed")]
    Aborted {
        /// The table.
        table: &'static str,
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
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store { source, .. } => crate::retry::store_error_is_transient(source),
            Self::Database { source, .. } => crate::retry::database_error_is_transient(source),
            Self::Locked { .. } => true,
            _ => false,
        }
    }

    /// What to do about it, where there is something to do; a sentence for the person who started the run.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::StoreUrl { .. } => "give a directory, `file:///…` or `s3://bucket/prefix`".to_owned(),
            Self::Store { source, .. } => store_hint(source).to_owned(),
            Self::File { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => "check the path".to_owned(),
                std::io::ErrorKind::PermissionDenied => "check the permissions of the path and of the folders above it".to_owned(),
                std::io::ErrorKind::StorageFull => "free some space on the device, then run again".to_owned(),
                _ => return None,
            },
            Self::NoLineItems { .. } => {
                "check --store, --schema and --source, and that koku's ingest has written the month of --start".to_owned()
            }
            Self::Parquet { .. } => "let koku process the report again to replace the file; it is never skipped, since its rows would be missing".to_owned(),
            Self::Column { .. } => "let koku process the report again; no type was guessed, since sums could be wrong".to_owned(),
            Self::Labels { .. } => "Trino refuses this text too: correct the labels at their source and let koku process the report again".to_owned(),
            Self::RefusedValue { .. } => {
                "Trino fails here, and so does --strict-trino; without it the value is repaired as docs/parity.md says, and listed".to_owned()
            }
            Self::Measure { .. } => return None,
            Self::Window { .. } => "let the last day not lie before the first".to_owned(),
            Self::Schema(_) => "this is a fault of aggregator, not of the data; please report it".to_owned(),
            Self::Value(_) => "Trino fails on this value too: correct the line items of that day; nothing was written".to_owned(),
            Self::Plan { .. } => "if memory ran out, give a shorter range or more memory; otherwise please report it".to_owned(),
            Self::Journal { .. } => "restore it, or delete it if no ingest of that month was cut short: then all files of the month count".to_owned(),
            Self::Reference { .. } => {
                "the file needs `enabled_keys`, `cost_categories` (`namespace`, `cost_category_id`) and `nodes` (`node`, `resource_id`, `node_role`)"
                    .to_owned()
            }
            Self::NoReferenceRow { .. } => {
                "check --source, --cluster-id and the month: koku writes this row when it processes the first report of the month".to_owned()
            }
            Self::DatabaseUrl { .. } => {
                "write it as `postgres://user@host:5432/database?sslmode=require`, with `%` escapes, and the password in PGPASSWORD".to_owned()
            }
            Self::Database { source, .. } => return database_hint(source).map(str::to_owned),
            Self::DatabaseSchema { .. } => "check --schema, and that koku's migrations have run in this database; nothing was written".to_owned(),
            Self::NoPartition { schema, table, month } => {
                let (next, name) = (month.checked_add_months(chrono::Months::new(1)).unwrap_or(*month), month.format("%Y_%m"));
                format!(
                    "create it, then run again: CREATE TABLE \"{schema}\".\"{table}_{name}\" PARTITION OF \"{schema}\".\"{table}\" \
                     FOR VALUES FROM ('{month}') TO ('{next}'); nothing was written"
                )
            }
            Self::Encode { .. } => "correct the value at its source; nothing was written".to_owned(),
            Self::Aborted { .. } => "see the error of that write; nothing was written".to_owned(),
            Self::Locked { .. } => "wait for the other run to end, then run again".to_owned(),
        };
        Some(hint)
    }

    /// A failure of the database while it should `action`, for `map_err`.
    pub(crate) fn database(action: impl Into<String>) -> impl FnOnce(sqlx::Error) -> Self {
        let action = action.into();
        move |source| Self::Database { action, source }
    }
}

const CREDENTIALS_HINT: &str =
    "check the access key, the secret and the bucket's policy (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or S3_ACCESS_KEY, S3_SECRET)";

fn store_hint(error: &object_store::Error) -> &'static str {
    use object_store::Error as Store;
    let status = match error {
        Store::Generic { .. } => crate::retry::http_status(error),
        _ => None,
    };
    match error {
        Store::Generic { .. } if status == Some(404) => "check the path, the bucket and the region",
        Store::Generic { .. } if matches!(status, Some(401 | 403)) => CREDENTIALS_HINT,
        Store::NotFound { .. } => "check the path, the bucket and the region",
        Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => CREDENTIALS_HINT,
        _ => "check the endpoint, the region and the network, then run again",
    }
}

fn database_hint(error: &sqlx::Error) -> Option<&'static str> {
    use sqlx::Error as Sql;
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap_or_default();
    let hint = match error {
        Sql::Io(_) | Sql::PoolTimedOut => "check the host, the port and the network, then run again; an unfinished run left the old rows",
        Sql::Tls(_) => "check `sslmode` and `sslrootcert` in the database URL",
        Sql::Database(_) => match code.get(..2).unwrap_or_default() {
            "28" => "check the user, the password (PGPASSWORD) and the server's pg_hba.conf",
            "3D" => "check the name of the database in the URL",
            "08" | "57" => "the connection was ended; run again: the old rows are still there",
            "40" | "55" => "another session was in the way; run again",
            "53" => "the server is short of connections, memory or disk; run again later",
            _ if code == "42501" => {
                "use koku's own user, or grant this one SELECT, INSERT, UPDATE and DELETE on the tables of the tenant's schema"
            }
            _ if code == "23514" => "the target has no partition for one of the days, or a constraint that refuses a row",
            _ => return None,
        },
        _ => return None,
    };
    Some(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_of_a_missing_partition_is_the_statement_that_makes_it() {
        let month = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap_or_default();
        let error = Error::NoPartition { schema: "org1".into(), table: "t".into(), month };
        let hint = error.hint().unwrap_or_default();
        assert!(
            hint.contains(r#"CREATE TABLE "org1"."t_2026_12" PARTITION OF "org1"."t" FOR VALUES FROM ('2026-12-01') TO ('2027-01-01')"#),
            "{hint}"
        );
    }

    #[test]
    fn a_lock_can_pass_and_a_wrong_url_cannot() {
        let locked = Error::Locked { source_uuid: String::new(), month: NaiveDate::default() };
        assert!(locked.is_retryable());
        assert!(!Error::DatabaseUrl { reason: String::new() }.is_retryable());
        assert!(Error::database("read")(sqlx::Error::PoolTimedOut).is_retryable());
        assert!(!Error::database("read")(sqlx::Error::RowNotFound).is_retryable());
    }
}
