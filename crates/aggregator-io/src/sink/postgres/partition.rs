//! The partition that holds the days of a run.
//!
//! koku keeps a row per partition in `partitioned_tables`; a trigger on it makes the partition. A row is inserted here as koku
//! inserts it, in a short transaction of its own: making a partition keeps every reader off the table until the commit, and
//! the transaction of a summary is long. What stays when the run fails later is an empty partition, which the next run needs.
//!
//! koku has a default partition as well, and moves its rows when it makes the month's partition. So when it holds rows of the
//! month, or when nobody makes partitions, it takes the rows.

use aggregator_core::run::Window;
use aggregator_core::table::summary::USAGE_START;
use chrono::{Datelike, Months, NaiveDate};
use sqlx::PgConnection;
use std::time::Duration;

use crate::database::{Database, NeededColumn, TableShape, has_state, qualified, statement};
use crate::error::{Error, Result};
use crate::retry::retry;

/// koku's list of partitions.
const TRACKING_TABLE: &str = "partitioned_tables";

const TRACKING_COLUMNS: [NeededColumn; 7] = [
    NeededColumn::any("schema_name"),
    NeededColumn::any("table_name"),
    NeededColumn::any("partition_of_table_name"),
    NeededColumn::any("partition_type"),
    NeededColumn::any("partition_col"),
    NeededColumn { name: "partition_parameters", types: &["jsonb"] },
    NeededColumn::any("active"),
];

/// Readers queue behind who waits for the table; so nobody waits long.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// Makes sure that the partitioned `table` takes rows of every day of `window`.
///
/// # Errors
/// * [`Error::NoPartition`]: it does not, and koku's list of partitions is not there or makes none.
/// * [`Error::Database`]: the database failed.
pub(super) async fn ensure(database: &Database, schema: &str, table: &str, window: Window) -> Result<()> {
    retry(|| try_ensure(database, schema, table, window)).await
}

async fn try_ensure(database: &Database, schema: &str, table: &str, window: Window) -> Result<()> {
    let mut transaction = database.begin().await?;
    let mut coverage = coverage(&mut transaction, schema, table, window).await?;
    if coverage != Coverage::Partition && TableShape::read(&mut transaction, schema, TRACKING_TABLE).await?.is_some() {
        TableShape::require(&mut transaction, schema, TRACKING_TABLE, &TRACKING_COLUMNS).await?;
        match create(&mut transaction, schema, table, window).await {
            Ok(()) => {
                coverage = self::coverage(&mut transaction, schema, table, window).await?;
                if coverage == Coverage::Partition {
                    let action = format!("create a partition of `{schema}.{table}`");
                    transaction.commit().await.map_err(Error::database(action))?;
                    return Ok(());
                }
            }
            // The default partition holds rows of the month.
            Err(Error::Database { source, .. }) if coverage == Coverage::Default && has_state(&source, &["23514"]) => {}
            Err(error) => return Err(error),
        }
    }
    let month = first_of_month(window);
    match coverage {
        Coverage::Partition => Ok(()),
        Coverage::Default => {
            tracing::warn!(schema, table, %month, "no partition for the month; its rows go to the default partition");
            Ok(())
        }
        Coverage::None => Err(Error::NoPartition { schema: schema.into(), table: table.into(), month }),
    }
}

/// What takes the rows of a window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coverage {
    /// Partitions of their own.
    Partition,
    /// For some day only the default partition.
    Default,
    /// For some day nothing.
    None,
}

async fn coverage(connection: &mut PgConnection, schema: &str, table: &str, window: Window) -> Result<Coverage> {
    let failed = || Error::database(format!("look up the partitions of `{schema}.{table}`"));
    let rows: Vec<(Option<String>, bool, Option<String>)> = sqlx::query_as(
        "SELECT pg_get_partkeydef(parent.oid),
                coalesce(pg_get_expr(child.relpartbound, child.oid) = 'DEFAULT', false),
                pg_get_partition_constraintdef(child.oid)
         FROM pg_catalog.pg_class AS parent
         JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = parent.relnamespace
         LEFT JOIN pg_catalog.pg_inherits AS link ON link.inhparent = parent.oid
         LEFT JOIN pg_catalog.pg_class AS child ON child.oid = link.inhrelid
         WHERE namespace.nspname = $1 AND parent.relname = $2",
    )
    .bind(schema)
    .bind(table)
    .fetch_all(&mut *connection)
    .await
    .map_err(failed())?;
    let day = USAGE_START.name;
    if rows.iter().any(|(key, _, _)| key.as_deref() != Some(format!("RANGE ({day})").as_str())) {
        // A key that koku does not use: the server will say where a row fits.
        return Ok(Coverage::Partition);
    }
    // The server itself says by these conditions what a partition takes; so any bounds will do.
    let rules: Vec<_> = rows.iter().filter(|(_, default, _)| !default).filter_map(|(_, _, rule)| rule.as_deref()).collect();
    let any = if rules.is_empty() { "false".to_owned() } else { rules.join(" OR ") };
    let covered: Option<bool> = sqlx::query_scalar(statement(format!(
        "SELECT bool_and(coalesce({any}, false)) FROM (
             SELECT moment::date AS {day} FROM generate_series($1::timestamp, $2::timestamp, interval '1 day') AS days (moment)
         ) AS days"
    )))
    .bind(window.start())
    .bind(window.end())
    .fetch_one(connection)
    .await
    .map_err(failed())?;
    Ok(match (covered, rows.iter().any(|(_, default, _)| *default)) {
        (Some(true), _) => Coverage::Partition,
        (_, true) => Coverage::Default,
        (_, false) => Coverage::None,
    })
}

/// Inserts the row of the month, unless it is there; the trigger on the table makes the partition.
async fn create(connection: &mut PgConnection, schema: &str, table: &str, window: Window) -> Result<()> {
    let failed = || Error::database(format!("create a partition of `{schema}.{table}`"));
    let month = first_of_month(window);
    let partition = format!("{table}_{}", month.format("%Y_%m"));
    let next = month.checked_add_months(Months::new(1)).unwrap_or(month);
    let tracking = qualified(schema, TRACKING_TABLE);
    sqlx::query("SELECT set_config('lock_timeout', $1, true)")
        .bind(format!("{}ms", LOCK_WAIT.as_millis()))
        .execute(&mut *connection)
        .await
        .map_err(failed())?;
    let inserted = sqlx::query(statement(format!(
        "INSERT INTO {tracking} AS tracking
             (schema_name, table_name, partition_of_table_name, partition_type, partition_col, partition_parameters, active)
         SELECT $1, $2, $3, 'range', $4, $5, true
         WHERE NOT EXISTS (SELECT FROM {tracking} AS known WHERE known.schema_name = $1 AND known.table_name = $2)
         ON CONFLICT DO NOTHING"
    )))
    .bind(schema)
    .bind(&partition)
    .bind(table)
    .bind(USAGE_START.name)
    .bind(serde_json::json!({ "default": false, "from": month.to_string(), "to": next.to_string() }))
    .execute(connection)
    .await
    .map_err(failed())?;
    if inserted.rows_affected() > 0 {
        tracing::info!(schema, table, partition, "created a partition");
    }
    Ok(())
}

fn first_of_month(window: Window) -> NaiveDate {
    window.start().with_day(1).unwrap_or(window.start())
}
