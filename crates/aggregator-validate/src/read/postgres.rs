//! A table in PostgreSQL as rows: every value as the text that PostgreSQL prints, so that no digit is lost.

use aggregator_core::table::{ColumnDef, Kind};
use aggregator_io::database::{Database, DatabaseConfig, quote_identifier};
use futures::TryStreamExt;
use sqlx::postgres::{PgPool, PgRow, Postgres};
use sqlx::{AssertSqlSafe, Row, Transaction};

use super::unreadable;
use crate::error::{Error, Result};
use crate::rows::{RowsBuilder, Unreadable, Value};
use crate::subject::{Found, FoundColumn, Origin, Subject};

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

/// A table in one state of its database: all readings see the same rows, whatever is committed in between.
pub(crate) struct Snapshot {
    name: String,
    table: String,
    schema: String,
    pool: PgPool,
    transaction: Transaction<'static, Postgres>,
    types: Vec<(String, String)>,
}

impl Snapshot {
    /// The table called `table` in `schema`.
    pub(crate) async fn open(config: &DatabaseConfig, table: &str, schema: &str) -> Result<Self> {
        let name = format!("{config} {schema}.{table}");
        let failed = |source| Error::Database { action: format!("read `{name}`"), source };
        let pool = Database::connect(config).await?.pool().clone();
        let mut transaction = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(failed)?;
        let types: Vec<(String, String)> =
            sqlx::query_as(COLUMNS).bind(schema).bind(table).fetch_all(&mut *transaction).await.map_err(failed)?;
        if types.is_empty() {
            return Err(Error::NoTable { table: table.to_owned(), schema: schema.to_owned() });
        }
        Ok(Self { table: table.to_owned(), schema: schema.to_owned(), pool, transaction, types, name })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The columns of the table.
    pub(crate) fn columns(&self) -> Vec<FoundColumn> {
        self.types.iter().map(|(name, data_type)| FoundColumn { name: name.clone(), found: found(data_type) }).collect()
    }

    /// Gives the rows to `rows`, one after the other.
    pub(crate) async fn scan(&mut self, subject: &Subject, rows: &mut RowsBuilder) -> Result<()> {
        let known = rows.columns();
        let type_of = |name: &str| self.types.iter().find(|(column, _)| column == name).map(|(_, data_type)| data_type.as_str());
        let selected: Vec<Option<&str>> =
            known.iter().map(|column| type_of(column.name).filter(|_| subject.ignored(column.name).is_none())).collect();
        let sql = select(&known, &selected, subject, &self.schema, &self.table);
        let filter = rows.filter().clone();
        let mut fetched = sqlx::query(AssertSqlSafe(sql))
            .bind(filter.start)
            .bind(filter.end)
            .bind(filter.source.as_deref())
            .fetch(&mut *self.transaction);
        let failed = |source| Error::Database { action: format!("read `{}`", self.name), source };
        while let Some(row) = fetched.try_next().await.map_err(failed)? {
            push(rows, &row, &selected, subject.origin).map_err(unreadable(&self.name))?;
        }
        Ok(())
    }

    /// Ends the connection.
    pub(crate) async fn close(self) {
        // A transaction that has read only has nothing to lose.
        drop(self.transaction);
        self.pool.close().await;
    }
}

fn found(data_type: &str) -> Found {
    match data_type {
        "json" | "jsonb" => Found::Json,
        array if array.ends_with(ARRAY) => Found::Json,
        "boolean" => Found::Boolean,
        "smallint" | "integer" | "bigint" => Found::Integer,
        "double precision" | "real" => Found::Double,
        "numeric" => Found::Decimal,
        "date" => Found::Date,
        ZONELESS | ZONED => Found::Timestamp,
        _ => Found::Text,
    }
}

/// How the name of an array's type ends.
const ARRAY: &str = "[]";
const ZONELESS: &str = "timestamp without time zone";
const ZONED: &str = "timestamp with time zone";

/// One text a column, null for one that the table lacks.
fn select(columns: &[ColumnDef], types: &[Option<&str>], subject: &Subject, schema: &str, table: &str) -> String {
    let texts: Vec<String> = columns
        .iter()
        .zip(types)
        .map(|(column, found)| {
            let name = quote_identifier(column.name);
            match (found, column.kind) {
                (None, _) => "NULL::text".to_owned(),
                // The text of a date or a time depends on the server's DateStyle and TimeZone.
                (Some(_), Kind::Date) | (Some("date"), _) => format!("to_char({name}, 'YYYY-MM-DD')"),
                (Some(ZONELESS), _) => format!("to_char({name}, 'YYYY-MM-DD HH24:MI:SS.US')"),
                // The text of an array quotes by rules of its own.
                (Some(array), _) if array.ends_with(ARRAY) => format!("to_json({name})::text"),
                (Some(ZONED), _) => format!("to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"),
                (Some(_), _) => format!("{name}::text"),
            }
        })
        .collect();
    let mut conditions = Vec::new();
    // Every condition names its parameter, asked for or not: the statement binds all three.
    let type_of = |name: &str| columns.iter().zip(types).find(|(column, _)| column.name == name).and_then(|(_, found)| *found);
    let day = subject.day.map(|day| match (quote_identifier(day.name), type_of(day.name)) {
        (name, Some(ZONED)) => format!("({name} AT TIME ZONE 'UTC')"),
        (name, _) => name,
    });
    conditions.push(match day {
        Some(day) => format!("($1::date IS NULL OR {day} >= $1::date) AND ($2::date IS NULL OR {day} < $2::date + 1)"),
        None => "$1::date IS NULL AND $2::date IS NULL".to_owned(),
    });
    conditions.push(match subject.source.map(|source| quote_identifier(source.name)) {
        Some(source) => format!("($3::text IS NULL OR {source}::text = $3)"),
        None => "$3::text IS NULL".to_owned(),
    });
    format!("SELECT {} FROM {}.{} WHERE {}", texts.join(", "), quote_identifier(schema), quote_identifier(table), conditions.join(" AND "))
}

fn push(rows: &mut RowsBuilder, row: &PgRow, types: &[Option<&str>], origin: Origin) -> Result<(), Unreadable> {
    rows.push(|index| {
        let text: Option<&str> = row.try_get(index).map_err(|error| error.to_string())?;
        let Some(text) = text else { return Ok(Value::Null) };
        let no_double = |_| format!("`{text}` is no double");
        match types.get(index).copied().flatten() {
            Some("double precision") => text.parse().map(Value::Double).map_err(no_double),
            Some("real") => text.parse::<f32>().map(|real| Value::Double(real.into())).map_err(no_double),
            Some("numeric") if origin == Origin::Discovered => Ok(text.parse().map_or(Value::Text(text), Value::Decimal)),
            _ => Ok(Value::Text(text)),
        }
    })
}
