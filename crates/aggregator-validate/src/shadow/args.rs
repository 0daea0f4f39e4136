//! The command line of the parallel run, and what it prints.

use super::history::{History, Line};
use super::known::KnownDifferences;
use super::{Outcome, Shadow, shadow};
use crate::args::Location;
use crate::diff::tolerance::Tolerance;
use crate::error::{Error, Result};
use crate::read::Side;
use crate::report::text;
use aggregator_core::run::{ClusterId, SourceUuid, Window};
use aggregator_io::config::StoreConfig;
use aggregator_io::database::{Database, DatabaseConfig};
use aggregator_io::store::Store;
use chrono::{NaiveDate, Utc};
use clap::{Args, Subcommand};
use std::fmt::Write;
use std::path::PathBuf;

/// The options of `shadow`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ShadowArgs {
    /// Show the history instead.
    #[command(subcommand)]
    pub command: Option<ShadowCommand>,

    /// Directory or bucket with the line items: `/path`, `s3://bucket/prefix`; keys and endpoint from the environment, as for
    /// `aggregator`
    #[arg(long, env = "AGGREGATOR_STORE", value_name = "URL", required = true)]
    pub store: Option<String>,

    /// Tenant schema
    #[arg(long, env = "AGGREGATOR_SCHEMA", value_name = "NAME", required = true)]
    pub schema: Option<String>,

    /// UUID of the source
    #[arg(long, env = "AGGREGATOR_SOURCE", value_name = "UUID", required = true)]
    pub source: Option<SourceUuid>,

    /// Id of the cluster, as the operator reports it
    #[arg(long, env = "AGGREGATOR_CLUSTER_ID", value_name = "ID", required = true)]
    pub cluster_id: Option<String>,

    /// Name of the cluster, as koku knows it
    #[arg(long, env = "AGGREGATOR_CLUSTER_ALIAS", value_name = "NAME")]
    pub cluster_alias: Option<String>,

    /// First day (YYYY-MM-DD)
    #[arg(long, env = "AGGREGATOR_START", value_name = "DATE", required = true)]
    pub start: Option<NaiveDate>,

    /// Last day (YYYY-MM-DD); months are compared one by one
    #[arg(long, env = "AGGREGATOR_END", value_name = "DATE", required = true)]
    pub end: Option<NaiveDate>,

    /// koku's PostgreSQL, which is only read: reference data, and the rows to compare with
    #[arg(long, env = "AGGREGATOR_DATABASE", hide_env_values = true, value_name = "URL")]
    pub database: Option<String>,

    /// The Trino to ask for the managed table, `trino://user@host:8080/hive/schema/table`; without it the table's files in the store
    /// are read
    #[arg(long, env = "AGGREGATOR_TRINO", value_name = "URL")]
    pub trino: Option<String>,

    /// JSON file with the reference data of the tenant, instead of the database's
    #[arg(long, env = "AGGREGATOR_REFERENCE", value_name = "FILE")]
    pub reference: Option<PathBuf>,

    /// The history: a folder, or postgres://… for a table of its own there (`aggregator_shadow.runs`)
    #[arg(long, env = "AGGREGATOR_SHADOW_HISTORY", hide_env_values = true, value_name = "PLACE", default_value = "shadow-history")]
    pub history: Location,

    /// TOML file of differences that are known and accepted for a while
    #[arg(long, env = "AGGREGATOR_KNOWN_DIFFERENCES", value_name = "FILE")]
    pub known: Option<PathBuf>,

    /// For people or for machines
    #[arg(long, default_value = "text")]
    pub format: ShadowFormat,

    /// How many differing rows to show
    #[arg(long, value_name = "ROWS", default_value_t = 10)]
    pub limit: usize,
}

/// What else `shadow` does.
#[derive(Debug, Subcommand)]
pub enum ShadowCommand {
    /// Show what earlier runs found.
    History(HistoryArgs),
}

/// The options of `shadow history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The history: a folder, or postgres://… for a table of its own there (`aggregator_shadow.runs`)
    #[arg(long, env = "AGGREGATOR_SHADOW_HISTORY", hide_env_values = true, value_name = "PLACE", default_value = "shadow-history")]
    pub history: Location,

    /// Only runs of this source
    #[arg(long, value_name = "UUID")]
    pub source: Option<SourceUuid>,

    /// For people or for machines
    #[arg(long, default_value = "text")]
    pub format: ShadowFormat,
}

/// How the parallel run prints what it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ShadowFormat {
    /// For people
    Text,
    /// For machines
    Json,
}

/// What is printed, and whether nothing unexplained differs.
///
/// # Errors
/// See [`shadow`] and [`History`].
pub async fn run(args: &ShadowArgs) -> Result<(String, bool)> {
    if let Some(ShadowCommand::History(args)) = &args.command {
        let mut lines = History::at(&args.history)?.read().await?;
        lines.retain(|line| args.source.is_none_or(|source| source.to_string() == line.source));
        return Ok((shown(&lines, args.format)?, true));
    }
    let history = History::at(&args.history)?;
    let known = match &args.known {
        Some(file) => KnownDifferences::from_file(file)?,
        None => KnownDifferences::default(),
    };
    let missing = |what| move || Error::Missing { what };
    let (start, end) = (args.start.ok_or_else(missing("--start"))?, args.end.ok_or_else(missing("--end"))?);
    let windows = Window::by_month(start, end).map_err(|_| Error::Window { start, end })?;
    #[expect(clippy::disallowed_methods, reason = "keys and endpoint of a bucket, at the edge")]
    let config = StoreConfig::from_environment(args.store.as_deref().ok_or_else(missing("--store"))?, |name| std::env::var(name).ok());
    let store = Store::open(&config).map_err(|error| Error::Job(Box::new(error)))?;
    let database = match &args.database {
        Some(url) => Some(Database::connect(&DatabaseConfig::from_url(url)?).await?),
        None => None,
    };
    let side = |url: &Option<String>| url.as_deref().map(str::parse::<Side>).transpose();
    let (postgres, trino) = (side(&args.database)?, side(&args.trino)?);
    let now = Utc::now();
    let request = Shadow {
        store: &store,
        schema: args.schema.as_deref().ok_or_else(missing("--schema"))?,
        source: args.source.ok_or_else(missing("--source"))?,
        cluster_id: &ClusterId(args.cluster_id.clone().ok_or_else(missing("--cluster-id"))?),
        cluster_alias: args.cluster_alias.as_deref(),
        windows: &windows,
        database: database.as_ref(),
        postgres: postgres.as_ref(),
        trino: trino.as_ref(),
        reference: args.reference.as_deref(),
        known: &known,
        tolerance: Tolerance::default(),
        now,
    };
    // A history that cannot be kept is told before the work, not after it.
    history.add(&[]).await?;
    let outcomes = shadow(&request).await?;
    let lines: Vec<_> = outcomes.iter().map(|outcome| outcome.line.clone()).collect();
    history.add(&lines).await?;
    let mut printed = shown(&lines, args.format)?;
    if args.format == ShadowFormat::Text {
        // Writing into a `String` cannot fail.
        for known in known.expired(now.date_naive()) {
            let _ = writeln!(printed, "no longer accepted since {}: `{}` ({})", known.until, known.column, known.reason);
        }
        for outcome in &outcomes {
            printed.push_str(&differences(outcome, args.limit));
        }
    }
    Ok((printed, lines.iter().all(|line| line.unexplained() == 0)))
}

fn differences(outcome: &Outcome, limit: usize) -> String {
    if outcome.line.differing_rows == 0 {
        return String::new();
    }
    let mut report = outcome.report.clone();
    report.first.truncate(limit);
    format!("\n{} ({} to {})\n{}", outcome.line.side, outcome.line.start, outcome.line.end, text(&report))
}

fn shown(lines: &[Line], format: ShadowFormat) -> Result<String> {
    match format {
        ShadowFormat::Json => Ok(format!("{}\n", serde_json::to_string_pretty(lines)?)),
        ShadowFormat::Text => Ok(table(lines)),
    }
}

fn table(lines: &[Line]) -> String {
    if lines.is_empty() {
        return "no parallel run yet\n".to_owned();
    }
    let mut text = String::new();
    // Writing into a `String` cannot fail.
    let _ = writeln!(
        text,
        "{:<16}  {:<36}  {:<23}  {:<8}  {:>10}  {:>10}  {:>9}  {:>9}  {:>20}  {:>7}  {:>7}",
        "run", "source", "days", "side", "theirs", "ours", "differing", "explained", "largest", "ours s", "read s"
    );
    for line in lines {
        let largest = match (line.largest_relative, &line.largest_column) {
            (Some(relative), Some(column)) => format!("{relative:.1e} {column}"),
            (None, Some(column)) => column.clone(),
            _ => "–".to_owned(),
        };
        let _ = writeln!(
            text,
            "{:<16}  {:<36}  {} {}  {:<8}  {:>10}  {:>10}  {:>9}  {:>9}  {:>20}  {:>7.2}  {:>7.2}",
            line.run_at.format("%Y-%m-%d %H:%M").to_string(),
            line.source,
            line.start,
            line.end,
            line.side,
            line.rows_theirs,
            line.rows_ours,
            line.differing_rows,
            line.explained_rows,
            largest,
            line.seconds_ours,
            line.seconds_theirs
        );
    }
    text
}
