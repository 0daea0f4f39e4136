//! A table of our own, in a schema of our own: koku's are never written.

use super::Line;
use crate::error::{Error, Result};
use aggregator_io::database::Database;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row};

/// Where the history is.
const TABLE: &str = "aggregator_shadow.runs";

/// Makes the table; the first of several runs does it while the others wait, since `IF NOT EXISTS` alone lets two of them collide.
const CREATE: &str = r#"
    SELECT pg_advisory_xact_lock(hashtextextended('aggregator_shadow', 0));
    CREATE SCHEMA IF NOT EXISTS aggregator_shadow;
    CREATE TABLE IF NOT EXISTS aggregator_shadow.runs (
        run_at timestamptz NOT NULL, "schema" text NOT NULL, source text NOT NULL, side text NOT NULL,
        "start" date NOT NULL, "end" date NOT NULL, rows_theirs bigint NOT NULL, rows_ours bigint NOT NULL,
        differing_rows bigint NOT NULL, explained_rows bigint NOT NULL, largest_relative double precision, largest_column text,
        seconds_ours double precision NOT NULL, seconds_theirs double precision NOT NULL,
        PRIMARY KEY (run_at, "schema", source, side, "start")
    )"#;

/// The columns, in the order of [`insert`] and [`line`].
const COLUMNS: &str = r#"run_at, "schema", source, side, "start", "end", rows_theirs, rows_ours, differing_rows, explained_rows,
    largest_relative, largest_column, seconds_ours, seconds_theirs"#;

/// Adds the lines of a run.
///
/// # Errors
/// [`Error::Database`]: the table can be neither made nor filled.
pub(super) async fn add(database: &Database, lines: &[Line]) -> Result<()> {
    let failed = |source| Error::Database { action: format!("write `{TABLE}`"), source };
    let mut transaction = database.pool().begin().await.map_err(failed)?;
    // Who may fill the table need not be allowed to make one.
    if !exists(&mut transaction).await.map_err(failed)? {
        sqlx::raw_sql(CREATE).execute(&mut *transaction).await.map_err(failed)?;
    }
    for line in lines {
        insert(&mut transaction, line).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)?;
    database.pool().close().await;
    Ok(())
}

/// All lines, in any order; none where there is no history yet.
///
/// # Errors
/// [`Error::Database`]: the table cannot be read.
pub(super) async fn read(database: &Database) -> Result<Vec<Line>> {
    let failed = |source| Error::Database { action: format!("read `{TABLE}`"), source };
    let mut connection = database.pool().acquire().await.map_err(failed)?;
    let rows = if exists(&mut connection).await.map_err(failed)? {
        let select = AssertSqlSafe(format!("SELECT {COLUMNS} FROM {TABLE}"));
        sqlx::query(select).fetch_all(&mut *connection).await.map_err(failed)?
    } else {
        Vec::new()
    };
    drop(connection);
    database.pool().close().await;
    rows.iter().map(|row| line(row).map_err(failed)).collect()
}

async fn exists(connection: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(TABLE).fetch_one(connection).await
}

async fn insert(connection: &mut PgConnection, line: &Line) -> sqlx::Result<()> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let places: Vec<String> = (1..=14).map(|place| format!("${place}")).collect();
    let insert = AssertSqlSafe(format!("INSERT INTO {TABLE} ({COLUMNS}) VALUES ({})", places.join(", ")));
    let query = sqlx::query(insert).bind(line.run_at).bind(&line.schema).bind(&line.source).bind(&line.side);
    let query = query.bind(line.start).bind(line.end).bind(count(line.rows_theirs)).bind(count(line.rows_ours));
    let query = query.bind(count(line.differing_rows)).bind(count(line.explained_rows));
    let query = query.bind(line.largest_relative).bind(&line.largest_column).bind(line.seconds_ours).bind(line.seconds_theirs);
    query.execute(connection).await.map(|_| ())
}

fn line(row: &PgRow) -> sqlx::Result<Line> {
    let count = |name| row.try_get::<i64, _>(name).map(|count| u64::try_from(count).unwrap_or_default());
    Ok(Line {
        run_at: row.try_get::<DateTime<Utc>, _>("run_at")?,
        schema: row.try_get("schema")?,
        source: row.try_get("source")?,
        side: row.try_get("side")?,
        start: row.try_get::<NaiveDate, _>("start")?,
        end: row.try_get("end")?,
        rows_theirs: count("rows_theirs")?,
        rows_ours: count("rows_ours")?,
        differing_rows: count("differing_rows")?,
        explained_rows: count("explained_rows")?,
        largest_relative: row.try_get("largest_relative")?,
        largest_column: row.try_get("largest_column")?,
        seconds_ours: row.try_get("seconds_ours")?,
        seconds_theirs: row.try_get("seconds_theirs")?,
    })
}
