//! The tenant's PostgreSQL database: its settings, a small pool, and what all statements share.
//!
//! # Secrets
//! A password comes in the URL, from `PGPASSWORD` or from the password file. It is in no `Debug`, `Display` or error of this
//! module; an error of the URL names a part of it, never its text.

use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Postgres, Transaction};
use std::collections::BTreeMap;
use std::fmt::{self, Debug, Display, Formatter};
use std::str::FromStr;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::retry::retry;

/// Enough for the writer, a lookup beside it and the partition of a month.
const CONNECTIONS: u32 = 4;

/// How long one try to reach the server lasts.
const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// How long a run waits for another one that writes the same source and month.
const LOCK_WAIT: Duration = Duration::from_mins(5);

/// The parameters of a URL that have a meaning.
const PARAMETERS: [&str; 13] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "sslkey",
    "host",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
];

/// Where the database is and who logs in.
///
/// ```
/// use aggregator_io::database::DatabaseConfig;
/// let config: DatabaseConfig = "postgres://koku:secret@db.example:5433/postgres?sslmode=require".parse()?;
/// assert_eq!(config.to_string(), "postgres://koku@db.example:5433/postgres");
/// assert!(!format!("{config:?}").contains("secret"));
/// # Ok::<(), aggregator_io::error::Error>(())
/// ```
#[derive(Clone)]
pub struct DatabaseConfig {
    options: PgConnectOptions,
    lock_wait: Duration,
}

impl DatabaseConfig {
    /// The settings that `url` names; what it leaves out comes from the usual `PG…` variables.
    ///
    /// # Errors
    /// [`Error::DatabaseUrl`]: no `postgres://` URL, or a parameter that is not known.
    pub fn from_url(url: &str) -> Result<Self> {
        let bad = |reason: String| Error::DatabaseUrl { reason };
        let parsed = url::Url::parse(url).map_err(|error| bad(error.to_string()))?;
        if !["postgres", "postgresql"].contains(&parsed.scheme()) {
            return Err(bad("it does not start with `postgres://`".into()));
        }
        for (name, _) in parsed.query_pairs() {
            // sqlx would log an unknown parameter with its value, which can be a misspelt password.
            if !PARAMETERS.contains(&name.as_ref()) {
                return Err(bad(format!("its parameter `{name}` is not known")));
            }
        }
        let options = PgConnectOptions::from_url(&parsed).map_err(|_| bad("one of its parameters has no valid value".into()))?;
        let options = if options.get_application_name().is_none() { options.application_name("aggregator") } else { options };
        // Our own log has the stages; sqlx would add every slow statement.
        Ok(Self { options: options.disable_statement_logging(), lock_wait: LOCK_WAIT })
    }

    /// The same, waiting at most `wait` for another run that writes the same source and month.
    #[must_use]
    pub fn with_lock_wait(self, wait: Duration) -> Self {
        Self { lock_wait: wait, ..self }
    }
}

impl FromStr for DatabaseConfig {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        Self::from_url(url)
    }
}

/// The URL without the password and the parameters.
impl Display for DatabaseConfig {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        write!(formatter, "postgres://{}@", options.get_username())?;
        match options.get_socket() {
            Some(socket) => write!(formatter, "{}", socket.display())?,
            None => write!(formatter, "{}", options.get_host())?,
        }
        write!(formatter, ":{}/{}", options.get_port(), options.get_database().unwrap_or(options.get_username()))
    }
}

impl Debug for DatabaseConfig {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DatabaseConfig").field("url", &self.to_string()).field("lock_wait", &self.lock_wait).finish_non_exhaustive()
    }
}

/// A connected database.
#[derive(Clone)]
pub struct Database {
    pool: PgPool,
    config: DatabaseConfig,
}

impl Debug for Database {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Database").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Database {
    /// Connects, with TLS as `sslmode` asks, and again after a fault that can pass.
    ///
    /// # Errors
    /// [`Error::Database`]: the server is not there, refuses the login, or has no such database.
    pub async fn connect(config: &DatabaseConfig) -> Result<Self> {
        let action = || format!("connect to `{config}`");
        // The pool alone would hide the cause of a failure behind its own timeout.
        let connection = retry(|| async {
            let answer = tokio::time::timeout(CONNECT_WAIT, config.options.connect()).await;
            let silence = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
            answer.map_err(silence).and_then(|connection| connection).map_err(Error::database(action()))
        })
        .await?;
        connection.close().await.map_err(Error::database(action()))?;
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect_lazy_with(config.options.clone());
        Ok(Self { pool, config: config.clone() })
    }

    /// The pool, for statements of other crates.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// How long a writer waits for another one.
    pub(crate) fn lock_wait(&self) -> Duration {
        self.config.lock_wait
    }

    /// A transaction in which each statement sees what was committed before it, so also what a lock was waited for.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>> {
        retry(|| async {
            self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await.map_err(Error::database("begin a transaction"))
        })
        .await
    }

    /// A transaction in which all statements see the same state, and that cannot write.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Postgres>> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        retry(|| async { self.pool.begin_with(begin).await.map_err(Error::database("begin a transaction")) }).await
    }
}

/// `name` as SQL, whatever is in it.
///
/// ```
/// use aggregator_io::database::quote_identifier;
/// assert_eq!(quote_identifier("org1234567"), r#""org1234567""#);
/// assert_eq!(quote_identifier(r#"a"; drop table b; --"#), r#""a""; drop table b; --""#);
/// ```
#[must_use]
pub fn quote_identifier(name: &str) -> String {
    // The protocol ends a statement at U+0000, which no name can hold.
    format!("\"{}\"", name.replace('\0', "").replace('"', "\"\""))
}

/// `schema.table` as SQL.
pub(crate) fn qualified(schema: &str, table: &str) -> String {
    format!("{}.{}", quote_identifier(schema), quote_identifier(table))
}

/// What the database says of a table.
#[derive(Debug)]
pub(crate) struct TableShape {
    /// Whether its rows lie in partitions.
    pub(crate) partitioned: bool,
    columns: BTreeMap<String, String>,
}

/// A column that a statement needs, with the types it may have; none listed means any.
pub(crate) struct NeededColumn {
    pub(crate) name: &'static str,
    pub(crate) types: &'static [&'static str],
}

impl NeededColumn {
    /// A column that may have any type.
    pub(crate) const fn any(name: &'static str) -> Self {
        Self { name, types: &[] }
    }
}

impl TableShape {
    /// The table, if there is one.
    ///
    /// # Errors
    /// [`Error::Database`]: the catalog could not be read.
    pub(crate) async fn read(connection: &mut PgConnection, schema: &str, table: &str) -> Result<Option<Self>> {
        let rows: Vec<(bool, Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT relation.relkind = 'p', attribute.attname::text, type.typname::text
             FROM pg_catalog.pg_class AS relation
             JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
             LEFT JOIN pg_catalog.pg_attribute AS attribute
                ON attribute.attrelid = relation.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
             LEFT JOIN pg_catalog.pg_type AS type ON type.oid = attribute.atttypid
             WHERE namespace.nspname = $1 AND relation.relname = $2 AND relation.relkind IN ('r', 'p', 'v', 'm', 'f')",
        )
        .bind(schema)
        .bind(table)
        .fetch_all(connection)
        .await
        .map_err(Error::database(format!("look up table `{schema}.{table}`")))?;
        let Some((partitioned, _, _)) = rows.first() else { return Ok(None) };
        let partitioned = *partitioned;
        let columns = rows.into_iter().filter_map(|(_, name, kind)| name.zip(kind)).collect();
        Ok(Some(Self { partitioned, columns }))
    }

    /// The table, which must have `needed`.
    ///
    /// # Errors
    /// * [`Error::DatabaseSchema`]: no such table, or it lacks columns, or has them with other types; all are named.
    /// * [`Error::Database`]: the catalog could not be read.
    pub(crate) async fn require(connection: &mut PgConnection, schema: &str, table: &str, needed: &[NeededColumn]) -> Result<Self> {
        let missing = |what: String| Error::DatabaseSchema { what, schema: schema.into() };
        let Some(shape) = Self::read(connection, schema, table).await? else {
            return Err(missing(format!("table `{table}`")));
        };
        let lacks: Vec<String> = needed.iter().filter_map(|column| shape.lacks(column)).collect();
        if lacks.is_empty() { Ok(shape) } else { Err(missing(format!("{} in table `{table}`", lacks.join(", ")))) }
    }

    /// Whether it has a column called `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    /// What is missing for `column`, in words.
    fn lacks(&self, column: &NeededColumn) -> Option<String> {
        let NeededColumn { name, types } = column;
        match self.columns.get(*name) {
            None => Some(format!("column `{name}`")),
            Some(kind) if types.is_empty() || types.contains(&kind.as_str()) => None,
            Some(kind) => Some(format!("column `{name}` of type `{}` (it is `{kind}`)", types.first().unwrap_or(&""))),
        }
    }
}

/// Takes the lock that `parts` name for the rest of the transaction; nobody else is told to keep off but other runs of ours.
///
/// # Errors
/// * [`Error::Database`] with SQLSTATE `55P03`: another run held it for longer than `wait`.
/// * [`Error::Database`]: the database failed.
pub(crate) async fn lock(connection: &mut PgConnection, parts: &[&str], wait: Duration) -> Result<(), sqlx::Error> {
    // A summary can compute for minutes between two statements; a server that ends idle transactions would end it.
    sqlx::query("SELECT set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', '0', true)")
        .bind(format!("{}ms", wait.as_millis().max(1)))
        .execute(&mut *connection)
        .await?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!("aggregator {}", parts.join(" ")))
        .execute(connection)
        .await?;
    Ok(())
}

/// A statement whose names were quoted by [`quote_identifier`] and whose values are parameters.
pub(crate) fn statement(text: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(text)
}

/// Whether `error` has one of these SQLSTATE codes.
pub(crate) fn has_state(error: &sqlx::Error, codes: &[&str]) -> bool {
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| codes.contains(&code.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(url: &str) -> String {
        match DatabaseConfig::from_url(url) {
            Err(Error::DatabaseUrl { reason }) => reason,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_url_that_cannot_be_used_is_explained_without_its_text() {
        for url in [
            "mysql://u:hunter2@h/d",
            "hunter2",
            "postgres://u:hunter2@h:port/d",
            "postgres://u@h/d?passwd=hunter2",
            "postgres://u:hunter2@h/d?sslmode=hunter2",
        ] {
            let reason = reason(url);
            assert!(!reason.is_empty() && !reason.contains("hunter2") && !reason.contains("DatabaseConfig"), "{url}: {reason}");
        }
        assert_eq!(reason("postgres://u@h/d?passwd=x"), "its parameter `passwd` is not known");
    }

    #[test]
    fn the_password_is_not_shown() {
        for url in ["postgres://u:hunter2@h/d", "postgres://u@h/d?password=hunter2", "postgres://%2Ftmp%2Fx/d?user=u&password=hunter2"] {
            let config = DatabaseConfig::from_url(url).map_err(|error| error.to_string()).expect(url);
            assert!(!format!("{config} {config:?} {config:#?}").contains("hunter2"), "{url}");
        }
    }
}
