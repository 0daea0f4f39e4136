//! What was typed. What it means is in [`crate::settings`].

use aggregator_core::run::SourceUuid;
use aggregator_io::execute::Engine;
use chrono::NaiveDate;
use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use std::path::PathBuf;

/// Computes what koku's Trino SQL computes, in one process.
///
/// Reads koku's Parquet line items from a directory or a bucket, and writes the daily summary to koku's PostgreSQL, to Parquet, or
/// both. Every flag of a command has an environment variable and a place in a TOML file (--config); flags win over the environment, the
/// environment over the file.
#[derive(Debug, Parser)]
#[command(name = "aggregator", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 done, 2 failed.")]
pub(crate) struct Cli {
    /// TOML file with settings, keyed by the names of the flags.
    #[arg(long, global = true, env = "AGGREGATOR_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How logs are written to standard error; `auto` is text on a terminal and JSON elsewhere.
    #[arg(long, global = true, env = "AGGREGATOR_LOG_FORMAT", value_name = "FORMAT", default_value = "auto")]
    pub log_format: LogFormat,
    /// What is logged: `error`, `warn`, `info`, `debug`, or a filter such as `aggregator_io=debug`. By default `warn` on a terminal
    /// and `info` elsewhere.
    #[arg(long, global = true, env = "AGGREGATOR_LOG", value_name = "LEVEL")]
    pub log_level: Option<String>,
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The format of the result, which decides how a failure is printed too.
    pub(crate) fn format(&self) -> Option<Format> {
        let Command::Ocp(ocp) = &self.command;
        match &ocp.command {
            OcpCommand::Summarize(args) => args.format,
            OcpCommand::Nodes(args) | OcpCommand::Volumes(args) | OcpCommand::Projects(args) | OcpCommand::TimeRange(args) => args.format,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// OpenShift: the daily summary, and the lists of nodes, volumes and projects.
    Ocp(Ocp),
}

#[derive(Debug, Args)]
pub(crate) struct Ocp {
    #[command(subcommand)]
    pub command: OcpCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OcpCommand {
    // The help is that of the arguments; a line here would hide it.
    Summarize(SummarizeArgs),
    /// List the nodes of a source, with role and architecture; with --database, add them to koku's `reporting_ocp_nodes`.
    Nodes(ListArgs),
    /// List the volumes and claims of a source; with --database, add them to koku's `reporting_ocp_pvcs`.
    Volumes(ListArgs),
    /// List the namespaces of a source; with --database, add them to koku's `reporting_ocp_projects`.
    Projects(ListArgs),
    /// Show the first and last time of the daily line items of a source.
    TimeRange(ListArgs),
}

/// Where the line items are, and of what and when.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct InputArgs {
    /// Directory or bucket with koku's line items: `/path`, `file:///path`, `s3://bucket/prefix`; `s3://` alone is S3_BUCKET_NAME.
    #[arg(long, env = "AGGREGATOR_STORE", value_name = "URL")]
    pub store: Option<String>,
    /// Tenant schema, such as `org1234567`.
    #[arg(long, env = "AGGREGATOR_SCHEMA", value_name = "NAME")]
    pub schema: Option<String>,
    /// UUID of the source (provider).
    #[arg(long, env = "AGGREGATOR_SOURCE", value_name = "UUID")]
    pub source: Option<SourceUuid>,
    /// First day, such as 2026-02-01.
    #[arg(long, env = "AGGREGATOR_START", value_name = "DATE")]
    pub start: Option<NaiveDate>,
    /// Last day, included. A range across months runs month by month.
    #[arg(long, env = "AGGREGATOR_END", value_name = "DATE")]
    pub end: Option<NaiveDate>,
    /// Id of the cluster, as the operator reports it.
    #[arg(long, env = "AGGREGATOR_CLUSTER_ID", value_name = "ID")]
    pub cluster_id: Option<String>,
    /// Name of the cluster.
    #[arg(long, env = "AGGREGATOR_CLUSTER_ALIAS", value_name = "NAME")]
    pub cluster_alias: Option<String>,
    /// koku's PostgreSQL: `postgres://user@host:5432/database?sslmode=require`. The password is best left to PGPASSWORD or this
    /// variable, which other users of the machine cannot read.
    #[arg(long, env = "AGGREGATOR_DATABASE", hide_env_values = true, value_name = "URL")]
    pub database: Option<String>,
    /// How plans run: `auto` streams line items and computes the rest in memory.
    #[arg(long, env = "AGGREGATOR_ENGINE", value_name = "ENGINE")]
    pub engine: Option<EngineArg>,
}

/// Compute the daily summary of a source, and replace what was there for those days.
///
/// With --database, reference data (enabled tag keys, cost categories, nodes, report period) comes from koku's database and the rows
/// go there, in one transaction; a copy in koku's managed layout goes to the store. Without it, reference data comes from --reference
/// and the rows go to --output, as Parquet in the same layout. Running twice equals running once.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[command(after_long_help = "\
Examples:
  From a directory into a directory:
    aggregator ocp summarize --store ./bucket --schema org1234567 \\
      --source 5e8d6c1a-0000-4000-8000-000000000001 --cluster-id my-cluster \\
      --start 2026-02-01 --end 2026-02-28 \\
      --reference reference.json --output ./result

  From a bucket into koku's database, with a managed copy in the bucket:
    export S3_ENDPOINT=http://minio:9000 S3_ACCESS_KEY=… S3_SECRET=…
    export AGGREGATOR_DATABASE=postgres://koku:…@db/postgres
    aggregator ocp summarize --store s3://koku-bucket --schema org1234567 \\
      --source 5e8d6c1a-0000-4000-8000-000000000001 --cluster-id my-cluster \\
      --start 2026-02-01 --end 2026-02-28

  Only look whether it would work:
    aggregator ocp summarize … --dry-run --format json

Exit codes: 0 done, 2 failed: nothing was changed, or, of a range of months, only the months before.")]
pub(crate) struct SummarizeArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub input: InputArgs,
    /// Key of koku's report period, written into each row; with --database it is looked up.
    #[arg(long, env = "AGGREGATOR_REPORT_PERIOD_ID", value_name = "N")]
    pub report_period_id: Option<i32>,
    /// JSON file with the reference data of the tenant: `enabled_keys`, `cost_categories`, `nodes`.
    #[arg(long, env = "AGGREGATOR_REFERENCE", value_name = "FILE")]
    pub reference: Option<PathBuf>,
    /// Where the Parquet result goes, in koku's managed layout; with --database, the store if left out.
    #[arg(long, env = "AGGREGATOR_OUTPUT", value_name = "URL")]
    pub output: Option<String>,
    /// With --database: write no Parquet copy.
    #[arg(long, env = "AGGREGATOR_NO_MANAGED_COPY", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub no_managed_copy: Option<bool>,
    /// The tenant has no storage table, whatever lies in the store (koku's `storage_exists` is false).
    #[arg(long, env = "AGGREGATOR_NO_STORAGE", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub no_storage: Option<bool>,
    /// Memory to stay within, such as `512MiB`: days are summarised in smaller portions. A target, not a hard limit: a single day, and
    /// the process itself (about 100 MiB), can exceed it.
    #[arg(long, env = "AGGREGATOR_MEMORY_LIMIT", value_name = "SIZE")]
    pub memory_limit: Option<String>,
    /// Read, compute and check everything, and write nothing.
    #[arg(long, env = "AGGREGATOR_DRY_RUN", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub dry_run: Option<bool>,
    /// Format of the closing summary on standard output, and of an error.
    #[arg(long, env = "AGGREGATOR_FORMAT", value_name = "FORMAT")]
    pub format: Option<Format>,
}

#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[command(after_long_help = "\
Example:
  aggregator ocp nodes --store ./bucket --schema org1234567 \\
    --source 5e8d6c1a-0000-4000-8000-000000000001 \\
    --start 2026-02-01 --end 2026-02-28 --format json")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub input: InputArgs,
    /// With --database: show the list, and write nothing.
    #[arg(long, env = "AGGREGATOR_DRY_RUN", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub dry_run: Option<bool>,
    /// Format of the list on standard output, and of an error.
    #[arg(long, env = "AGGREGATOR_FORMAT", value_name = "FORMAT")]
    pub format: Option<Format>,
}

/// For people or for programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    #[default]
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    #[default]
    Auto,
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EngineArg {
    #[default]
    Auto,
    Streaming,
    InMemory,
}

impl From<EngineArg> for Engine {
    fn from(engine: EngineArg) -> Self {
        match engine {
            EngineArg::Auto => Self::Auto,
            EngineArg::Streaming => Self::Streaming,
            EngineArg::InMemory => Self::InMemory,
        }
    }
}
