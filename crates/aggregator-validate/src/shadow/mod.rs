//! The parallel run: what Trino wrote for a window, beside what aggregator computes from the same line items, night after night.
//!
//! Ours is computed into a temporary folder; koku's tables are read and never written. Each run adds a file to a history, and what is
//! known to differ can be accepted for a while, with a reason ([`known`]).
//!
//! # Snapshot
//! koku's rows in PostgreSQL are read by one statement, so they are of one moment; the managed table is read by another, a little
//! earlier, since no snapshot spans two systems. Run it when koku's own summary of the window has ended.

pub mod args;
pub mod history;
pub mod known;

use crate::diff::diff;
use crate::diff::tolerance::Tolerance;
use crate::error::{Error, Result};
use crate::read::{self, Side};
use crate::report::{Change, Report};
use crate::rows::{Filter, Rows, RowsBuilder};
use crate::subject::{OCP_DAILY_SUMMARY, Subject};
use aggregator_core::run::{ClusterId, Run, SourceUuid, Window};
use aggregator_core::table::summary;
use aggregator_io::database::Database;
use aggregator_io::execute::Engine;
use aggregator_io::ocp::{ManagedCopy, StorageTable, Summarize, summarize};
use aggregator_io::source::path::managed_day;
use aggregator_io::source::reference::{ReferenceData, report_period_id};
use aggregator_io::store::Store;
use chrono::{DateTime, NaiveDate, Utc};
use history::Line;
use known::KnownDifferences;
use std::path::Path;
use std::time::Instant;

/// What is run beside what.
#[derive(Debug)]
pub struct Shadow<'a> {
    /// The store with the line items, and with the managed table unless Trino is asked for it.
    pub store: &'a Store,
    /// The tenant schema.
    pub schema: &'a str,
    /// The source.
    pub source: SourceUuid,
    /// The cluster.
    pub cluster_id: &'a ClusterId,
    /// Its name.
    pub cluster_alias: Option<&'a str>,
    /// The windows, each within a month.
    pub windows: &'a [Window],
    /// koku's database: reference data, and the rows that koku's API serves.
    pub database: Option<&'a Database>,
    /// koku's rows in that database.
    pub postgres: Option<&'a Side>,
    /// A live Trino that is asked for the managed table.
    pub trino: Option<&'a Side>,
    /// Reference data from a file, instead of the database's.
    pub reference: Option<&'a Path>,
    /// What is known to differ.
    pub known: &'a KnownDifferences,
    /// How close is close enough.
    pub tolerance: Tolerance,
    /// When the run started.
    pub now: DateTime<Utc>,
}

/// One comparison of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Its line of the history.
    pub line: Line,
    /// All of its differences.
    pub report: Report,
}

/// Computes ours, reads theirs, and compares: for each window the managed table, and koku's rows in PostgreSQL if there is a database.
///
/// # Errors
/// * [`Error::Job`]: ours could not be computed.
/// * [`Error::NoReference`]: neither a database nor a file says what the tenant enabled.
/// * Those of [`read::read`].
pub async fn shadow(request: &Shadow<'_>) -> Result<Vec<Outcome>> {
    let reference = match (request.reference, request.database) {
        (Some(file), _) => ReferenceData::from_json_file(file).await.map_err(job)?,
        (None, Some(database)) => ReferenceData::from_postgres(database, request.schema).await.map_err(job)?,
        (None, None) => return Err(Error::NoReference),
    };
    let mut outcomes = Vec::new();
    for window in request.windows {
        let folder = tempfile::tempdir().map_err(|source| temporary("create", source))?;
        let ours_store = Store::directory(folder.path().join("ours")).map_err(job)?;
        let report_period_id = match request.database {
            Some(database) => {
                let found = report_period_id(database, request.schema, request.source, request.cluster_id, window.start()).await;
                Some(found.map_err(job)?)
            }
            None => None,
        };
        let run = Run {
            source: request.source,
            cluster_id: request.cluster_id.clone(),
            cluster_alias: request.cluster_alias.map(str::to_owned),
            report_period_id,
            window: *window,
        };
        let summary = Summarize {
            store: request.store,
            schema: request.schema,
            run: &run,
            reference: &reference,
            storage_table: StorageTable::AsFound,
            database: None,
            managed_copy: ManagedCopy::To(&ours_store),
            engine: Engine::Auto,
            memory_limit: None,
        };
        let computed = summarize(&summary, |_| {}).await.map_err(job)?;
        let filter = Filter { source: Some(request.source.to_string()), start: Some(window.start()), end: Some(window.end()) };
        let ours = read_tree(&ours_store, request, *window, &folder.path().join("copy"), &filter).await?;

        let started = Instant::now();
        let managed = match request.trino {
            Some(trino) => read::read(trino, &OCP_DAILY_SUMMARY, &filter, Some(request.schema)).await?,
            None => read_tree(request.store, request, *window, &folder.path().join("theirs"), &filter).await?,
        };
        let seconds = [computed.seconds, started.elapsed().as_secs_f64()];
        outcomes.push(compare(request, "managed", *window, &managed, &ours, seconds));
        if let Some(postgres) = request.postgres {
            let started = Instant::now();
            let rows = read::read(postgres, &OCP_DAILY_SUMMARY, &filter, Some(request.schema)).await?;
            let seconds = [computed.seconds, started.elapsed().as_secs_f64()];
            outcomes.push(compare(request, "postgres", *window, &rows, &ours, seconds));
        }
    }
    Ok(outcomes)
}

/// The rows of a managed table in a store; none if nothing was written for the window.
async fn read_tree(store: &Store, request: &Shadow<'_>, window: Window, copy: &Path, filter: &Filter) -> Result<Rows> {
    let subject: &Subject = &OCP_DAILY_SUMMARY;
    let mut found = false;
    for day in window.days() {
        let folder = managed_day(request.schema, &summary::OCP_DAILY_SUMMARY, request.source, day);
        for object in store.list(&folder).await.map_err(job)? {
            let path = object.path.as_ref();
            let file = copy.join(path);
            if let Some(parent) = file.parent() {
                std::fs::create_dir_all(parent).map_err(|source| temporary("create", source))?;
            }
            store.copy_to_file(path, &file).await.map_err(job)?;
            found |= object.size > 0;
        }
    }
    if found {
        return read::read(&Side::Path(copy.to_owned()), subject, filter, None).await;
    }
    Ok(RowsBuilder::new(store.display(request.schema), subject, filter.clone()).finish())
}

fn job(source: aggregator_io::Error) -> Error {
    Error::Job(Box::new(source))
}

fn temporary(action: &'static str, source: std::io::Error) -> Error {
    Error::File { action, path: std::env::temp_dir().display().to_string(), source }
}

fn compare(request: &Shadow<'_>, side: &'static str, window: Window, theirs: &Rows, ours: &Rows, seconds: [f64; 2]) -> Outcome {
    let report = diff(&OCP_DAILY_SUMMARY, theirs, ours, &request.tolerance, usize::MAX);
    let today: NaiveDate = request.now.date_naive();
    let explains = |column: &str| request.known.explains(column, request.source, today);
    let explained = report.first.iter().filter(|row| match row.change {
        Change::Changed => row.cells.iter().all(|cell| explains(cell.column)),
        Change::Missing | Change::Extra => explains(known::WHOLE_ROWS),
    });
    let explained = explained.count();
    let largest = report.columns.iter().filter(|column| column.differing_rows > 0);
    let largest =
        largest.max_by(|one, other| one.largest_relative.unwrap_or_default().total_cmp(&other.largest_relative.unwrap_or_default()));
    let [seconds_ours, seconds_theirs] = seconds;
    let line = Line {
        run_at: request.now,
        schema: request.schema.to_owned(),
        source: request.source.to_string(),
        side: side.to_owned(),
        start: window.start(),
        end: window.end(),
        rows_theirs: report.left.rows as u64,
        rows_ours: report.right.rows as u64,
        differing_rows: report.rows.differing() as u64,
        explained_rows: explained as u64,
        largest_relative: largest.and_then(|column| column.largest_relative),
        largest_column: largest.map(|column| column.column.to_owned()),
        seconds_ours,
        seconds_theirs,
    };
    Outcome { line, report }
}

#[cfg(test)]
mod tests;
