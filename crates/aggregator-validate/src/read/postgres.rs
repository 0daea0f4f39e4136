//! koku's table in PostgreSQL as rows: every value as the text that PostgreSQL prints, so that no digit is lost.

use std::collections::BTreeMap;

use aggregator_core::table::{ColumnDef, Kind};
use aggregator_io::database::{Database, DatabaseConfig, quote_identifier};
use futures::TryStreamExt;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{AssertSqlSafe, Row};

use super::{builder, check_columns, unreadable};
use crate::error::{Error, Result};
use crate::rows::{Filter, Rows, RowsBuilder, Unreadable, Value};
use crate::subject::Subject;

/// The names and types of a table's columns; of a partitioned table too.
const COLUMNS: &str = "SELECT a.attname::text, a.atttypid::regtype::text \
    FROM pg_catalog.pg_attribute a \
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped \
    ORDER BY a.attnum";

/// What a URL means, with what the usual variables (PGPASSWORD and its like) add to it.
pub(super) fn config(url: &str) -> Result<DatabaseConfig> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    // A bare `/`, `?` or `#` in a password would end the host there, and the rest of the password would show as a name.
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if rest.get(host_end..).is_some_and(|rest| rest.contains('@')) {
        return Err(Error::DatabaseUrl { reason: "an `@` stands after the host".to_owned() });
    }
    Ok(url.parse::<DatabaseConfig>()?)
}

/// The wanted rows of the table of `subject` in `schema`.
pub(super) async fn read(config: &DatabaseConfig, subject: &Subject, filter: &Filter, schema: &str) -> Result<Rows> {
    let place = format!("{config} {schema}.{}", subject.table_name());
    let database = Database::connect(config).await?;
    let rows = read_table(database.pool(), &place, subject, filter, schema).await?;
    database.pool().close().await;
    Ok(rows)
}

async fn read_table(pool: &PgPool, place: &str, subject: &Subject, filter: &Filter, schema: &str) -> Result<Rows> {
    let failed = |source| Error::Database { action: format!("read `{place}`"), source };
    let mut rows = builder(place, subject, filter);
    let types = column_types(pool, subject, schema).await.map_err(failed)?;
    if types.is_empty() {
        return Err(Error::NoTable { table: subject.table_name(), schema: schema.to_owned() });
    }
    check_columns(place, subject, filter, |name| types.contains_key(name))?;
    let known = rows.columns();
    for name in types.keys().filter(|name| !known.iter().any(|column| column.name == name.as_str())) {
        rows.has_unknown(name);
    }
    let selected: Vec<Option<&String>> = known.iter().map(|column| types.get(column.name)).collect();
    for (column, _) in known.iter().zip(&selected).filter(|(_, found)| found.is_some()) {
        rows.has(column);
    }
    let sql = select(&known, &selected, subject, schema);
    let mut fetched = sqlx::query(AssertSqlSafe(sql)).bind(filter.start).bind(filter.end).bind(filter.source.as_deref()).fetch(pool);
    while let Some(row) = fetched.try_next().await.map_err(failed)? {
        push(&mut rows, &row, &selected).map_err(unreadable(place))?;
    }
    drop(fetched);
    Ok(rows.finish())
}

async fn column_types(pool: &PgPool, subject: &Subject, schema: &str) -> sqlx::Result<BTreeMap<String, String>> {
    let columns: Vec<(String, String)> = sqlx::query_as(COLUMNS).bind(schema).bind(subject.table_name()).fetch_all(pool).await?;
    Ok(columns.into_iter().collect())
}

/// One text a column, null for one that the table lacks.
fn select(columns: &[ColumnDef], types: &[Option<&String>], subject: &Subject, schema: &str) -> String {
    let texts: Vec<String> = columns
        .iter()
        .zip(types)
        .map(|(column, found)| match (found, column.kind) {
            (None, _) => "NULL::text".to_owned(),
            // The text of a date depends on the server's DateStyle.
            (Some(_), Kind::Date) => format!("to_char({}, 'YYYY-MM-DD')", quote_identifier(column.name)),
            (Some(_), _) => format!("{}::text", quote_identifier(column.name)),
        })
        .collect();
    let (day, source) = (quote_identifier(subject.day.name), quote_identifier(subject.source.name));
    format!(
        "SELECT {} FROM {}.{} WHERE ($1::date IS NULL OR {day} >= $1) AND ($2::date IS NULL OR {day} <= $2) \
         AND ($3::text IS NULL OR {source}::text = $3)",
        texts.join(", "),
        quote_identifier(schema),
        quote_identifier(subject.table_name()),
    )
}

fn push(rows: &mut RowsBuilder, row: &PgRow, types: &[Option<&String>]) -> Result<(), Unreadable> {
    rows.push(|index| {
        let text: Option<&str> = row.try_get(index).map_err(|error| error.to_string())?;
        let Some(text) = text else { return Ok(Value::Null) };
        match types.get(index).copied().flatten().map(String::as_str) {
            Some("double precision" | "real") => text.parse().map(Value::Double).map_err(|_| format!("`{text}` is no double")),
            _ => Ok(Value::Text(text)),
        }
    })
}
