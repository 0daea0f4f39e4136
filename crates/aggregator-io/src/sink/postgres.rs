//! koku's summary tables in a tenant's PostgreSQL schema, partitioned or plain.
//!
//! One run replaces the rows of its window in one transaction: whoever reads sees the old rows or the new ones. A run that
//! fails, is dropped or is killed leaves the old ones. Two runs of the same source and month wait for each other.
//!
//! # What is deleted
//! Of a cloud: rows of this bill with `usage_start` in the window ([`Owner`]).
//!
//! Of OpenShift, as in koku: rows of this report period with `usage_start` in the window whose `infrastructure_raw_cost` is null or 0. Rows
//! that carry a cloud's cost stay. A run without a report period deletes the rows of its source by the same rule, whatever
//! their report period: it replaces them all the same, and would count them twice if it left them.
//!
//! # What is written
//! The columns of the table's declaration, such as [`OCP_DAILY_SUMMARY_POSTGRES`]; all others stay null, as after koku's own INSERT.

mod encode;
mod partition;

use aggregator_core::run::{Run, SourceUuid, Window};
use aggregator_core::table::cloud_summary::COST_ENTRY_BILL_ID;
use aggregator_core::table::summary::{OCP_DAILY_SUMMARY_POSTGRES, REPORT_PERIOD_ID, SOURCE_UUID, USAGE_START};
use aggregator_core::table::{ColumnDef, Table};
use chrono::{Datelike, NaiveDate};
use polars::prelude::DataFrame;
use sqlx::postgres::{PgCopyIn, PgDatabaseError};
use sqlx::{PgConnection, Postgres, Transaction};
use std::fmt::{self, Debug, Formatter};

use crate::database::{self, Database, NeededColumn, TableShape, has_state, qualified, quote_identifier, statement};
use crate::error::{Error, Result};

/// Decides with the window what a run replaces; the summary itself leaves it null.
const INFRASTRUCTURE_RAW_COST: NeededColumn = NeededColumn { name: "infrastructure_raw_cost", types: &["numeric"] };

/// Rows that are encoded at once; a few MiB at most.
const ROWS_PER_BATCH: usize = 4096;

/// `send` flushes, so small messages are slow.
const BYTES_PER_MESSAGE: usize = 1 << 20;

/// What a run changed in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows of an earlier run that are gone.
    pub deleted: u64,
    /// Rows that are new.
    pub inserted: u64,
}

/// Rows of a table that a run replaces.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// The table.
    pub table: &'static Table,
    /// The source.
    pub source: SourceUuid,
    /// The days.
    pub windows: Vec<Window>,
    /// Whose rows of these days.
    pub owner: Owner,
}

/// Whose rows a run replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Those of this report period without a cloud's cost; without a report period, those of the source.
    ReportPeriod(Option<i32>),
    /// Those of this bill.
    Bill(i32),
    /// Those of the source, and those of this bill whatever their days.
    SourceAndBill(i32),
}

impl Replaced {
    fn of(run: &Run) -> Self {
        let owner = Owner::ReportPeriod(run.report_period_id);
        Self { table: &OCP_DAILY_SUMMARY_POSTGRES, source: run.source, windows: vec![run.window], owner }
    }

    fn start(&self) -> NaiveDate {
        self.windows.first().map(Window::start).unwrap_or_default()
    }

    fn end(&self) -> NaiveDate {
        self.windows.last().map(Window::end).unwrap_or_default()
    }

    /// The month that is locked.
    fn month(&self) -> NaiveDate {
        self.start().with_day(1).unwrap_or_default()
    }
}

/// An open transaction that replaces the rows of a run.
///
/// Nothing is visible to others before [`PostgresSink::commit`]; dropping the sink leaves the table as it was.
pub struct PostgresSink {
    /// `None` after a write that failed: PostgreSQL would answer a commit by a rollback, without an error.
    transaction: Option<Transaction<'static, Postgres>>,
    table: &'static Table,
    copy: String,
    written: Written,
}

impl Debug for PostgresSink {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PostgresSink").field("copy", &self.copy).field("written", &self.written).finish_non_exhaustive()
    }
}

impl PostgresSink {
    /// Checks the target, makes the month's partition where it is missing, locks the source and month, and deletes what `run`
    /// replaces.
    ///
    /// # Errors
    /// * [`Error::DatabaseSchema`]: the table or a column is not there, or has a type that cannot take the values; all are named.
    /// * [`Error::NoPartition`]: no partition takes the days of the run, and none can be made.
    /// * [`Error::Locked`]: another run of the same source and month did not end in time.
    /// * [`Error::Database`]: the database failed.
    pub async fn begin(database: &Database, schema: &str, run: &Run) -> Result<Self> {
        Self::replace(database, schema, &Replaced::of(run)).await
    }

    /// As [`PostgresSink::begin`], for the rows that `replaced` names.
    ///
    /// # Errors
    /// As [`PostgresSink::begin`].
    pub async fn replace(database: &Database, schema: &str, replaced: &Replaced) -> Result<Self> {
        let table = replaced.table;
        let mut checking = database.snapshot().await?;
        let shape = TableShape::require(&mut checking, schema, table.name, &needed(replaced)).await?;
        drop(checking);
        if shape.partitioned {
            for window in &replaced.windows {
                partition::ensure(database, schema, table.name, *window).await?;
            }
        }
        let mut transaction = database.begin().await?;
        lock(&mut transaction, database, schema, replaced).await?;
        let deleted = delete(&mut transaction, &qualified(schema, table.name), replaced).await?;
        let names: Vec<_> = table.columns.iter().map(|column| quote_identifier(column.name)).collect();
        let copy = format!("COPY {} ({}) FROM STDIN (FORMAT binary)", qualified(schema, table.name), names.join(", "));
        Ok(Self { transaction: Some(transaction), table, copy, written: Written { deleted, inserted: 0 } })
    }

    /// Adds the rows of `frame`, which has the columns of the table.
    ///
    /// # Errors
    /// After any error nothing more can be written or committed.
    /// * [`Error::Schema`]: the frame is not the table.
    /// * [`Error::Encode`]: a value that the table cannot hold.
    /// * [`Error::Database`]: the database refused a row or failed.
    /// * [`Error::Aborted`]: an earlier write failed.
    pub async fn write(&mut self, frame: &DataFrame) -> Result<()> {
        // Put back only after success; whatever happens before ends the transaction.
        let mut transaction = self.transaction.take().ok_or(Error::Aborted { table: self.table.name })?;
        self.written.inserted += copy(&mut transaction, &self.copy, frame, self.table).await?;
        self.transaction = Some(transaction);
        Ok(())
    }

    /// Makes the new rows visible, and the old ones gone.
    ///
    /// # Errors
    /// * [`Error::Aborted`]: a write failed.
    /// * [`Error::Database`]: the database failed; the old rows are still there, unless the connection was lost after the
    ///   server had committed. Running again is right in both cases.
    pub async fn commit(self) -> Result<Written> {
        let table = self.table.name;
        let transaction = self.transaction.ok_or(Error::Aborted { table })?;
        transaction.commit().await.map_err(Error::database(format!("commit the rows of `{table}`")))?;
        Ok(self.written)
    }
}

/// The columns that the statements name.
fn needed(replaced: &Replaced) -> Vec<NeededColumn> {
    let columns = replaced.table.columns.iter();
    let written = columns.map(|column: &ColumnDef| NeededColumn { name: column.name, types: encode::target_types(column.kind) });
    let condition = matches!(replaced.owner, Owner::ReportPeriod(_)).then_some(INFRASTRUCTURE_RAW_COST);
    written.chain(condition).collect()
}

async fn lock(connection: &mut PgConnection, database: &Database, schema: &str, replaced: &Replaced) -> Result<()> {
    let month = replaced.month();
    let source = replaced.source.to_string();
    let key = [schema, &source, &month.format("%Y-%m").to_string()];
    match database::lock(connection, &key, database.lock_wait()).await {
        Ok(()) => Ok(()),
        Err(error) if has_state(&error, &["55P03"]) => Err(Error::Locked { source_uuid: source, month }),
        Err(error) => Err(Error::database(format!("lock source `{source}`, month {month}"))(error)),
    }
}

async fn delete(connection: &mut PgConnection, table: &str, replaced: &Replaced) -> Result<u64> {
    let (day, raw_cost, bill, source) = (USAGE_START.name, INFRASTRUCTURE_RAW_COST.name, COST_ENTRY_BILL_ID.name, SOURCE_UUID.name);
    let in_window = format!("{day} BETWEEN $1 AND $2");
    let without_cost = format!("({raw_cost} IS NULL OR {raw_cost} = 0)");
    let condition = match replaced.owner {
        Owner::ReportPeriod(Some(_)) => format!("{in_window} AND {} = $3 AND {without_cost}", REPORT_PERIOD_ID.name),
        Owner::ReportPeriod(None) => format!("{in_window} AND {source} = $3 AND {without_cost}"),
        Owner::Bill(_) => format!("{in_window} AND {bill} = $3"),
        Owner::SourceAndBill(_) => format!("({in_window} OR {bill} = $3) AND {source} = $4"),
    };
    let text = format!("DELETE FROM {table} WHERE {condition}");
    let query = sqlx::query(statement(text)).bind(replaced.start()).bind(replaced.end());
    let query = match replaced.owner {
        Owner::ReportPeriod(Some(id)) | Owner::Bill(id) => query.bind(id),
        Owner::ReportPeriod(None) => query.bind(replaced.source.0),
        Owner::SourceAndBill(id) => query.bind(id).bind(replaced.source.0),
    };
    let answer = query.execute(connection).await.map_err(Error::database(format!("delete the old rows of {table}")))?;
    Ok(answer.rows_affected())
}

/// Copies the rows of `frame` and returns their number; the transaction is of no use after an error.
async fn copy(connection: &mut PgConnection, copy: &str, frame: &DataFrame, table: &Table) -> Result<u64> {
    let mut stream = connection.copy_in_raw(copy).await.map_err(|error| copy_error(table, error))?;
    match send(&mut stream, frame, table).await {
        Ok(()) => stream.finish().await.map_err(|error| copy_error(table, error)),
        Err(error) => {
            // The first error is the one to tell.
            if let Err(second) = stream.abort("the rows could not be encoded").await {
                tracing::debug!(error = %second, "could not end a copy");
            }
            Err(error)
        }
    }
}

async fn send(stream: &mut PgCopyIn<&mut PgConnection>, frame: &DataFrame, table: &Table) -> Result<()> {
    let mut buffer = Vec::with_capacity(BYTES_PER_MESSAGE * 2);
    buffer.extend_from_slice(encode::HEADER);
    let mut offset = 0;
    while offset < frame.height() {
        encode::encode(&frame.slice(i64::try_from(offset).unwrap_or(i64::MAX), ROWS_PER_BATCH), table, &mut buffer)?;
        offset += ROWS_PER_BATCH;
        if buffer.len() >= BYTES_PER_MESSAGE {
            stream.send(buffer.as_slice()).await.map_err(|error| copy_error(table, error))?;
            buffer.clear();
        }
    }
    buffer.extend_from_slice(encode::TRAILER);
    stream.send(buffer.as_slice()).await.map_err(|error| copy_error(table, error))?;
    Ok(())
}

/// The server's context of a refused row (`COPY …, line 3, column namespace`) is not in its message.
fn copy_error(table: &Table, error: sqlx::Error) -> Error {
    let answer = error.as_database_error().and_then(|answer| answer.try_downcast_ref::<PgDatabaseError>());
    let context = answer.and_then(PgDatabaseError::r#where).and_then(|context| context.lines().next());
    let place = context.map(|context| format!(" ({context})")).unwrap_or_default();
    Error::Database { action: format!("write rows of `{}`{place}", table.name), source: error }
}
