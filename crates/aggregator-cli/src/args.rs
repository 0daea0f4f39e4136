//! What was typed. What it means is in [`crate::settings`].

use aggregator_core::run::SourceUuid;
use aggregator_io::execute::Engine;
use chrono::NaiveDate;
use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use std::path::PathBuf;

pub(crate) mod cloud;
pub(crate) mod cloud_ingest;

/// Computes what koku's Trino SQL computes, in one process.
///
/// Reads payloads of the OpenShift operator, cost exports of AWS, Azure and GCP, or koku's Parquet line items, from a directory or a
/// bucket, and writes line items, and the daily summaries to koku's PostgreSQL, to Parquet, or both. Flags of a command have environment
/// variables and places in a TOML file (--config); flags win over the environment, the environment over the file.
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
        let ocp = match &self.command {
            Command::Ocp(ocp) => ocp,
            Command::Aws(aws) => return aws.format(),
            Command::Azure(azure) => return azure.format(),
            Command::Gcp(gcp) => return gcp.format(),
            Command::InfraMap(args) => return args.input.format,
        };
        match &ocp.command {
            OcpCommand::Run(args) => args.payloads.format,
            OcpCommand::Ingest(args) => args.payloads.format,
            OcpCommand::Summarize(args) => args.format,
            OcpCommand::Nodes(args) | OcpCommand::Volumes(args) | OcpCommand::Projects(args) | OcpCommand::TimeRange(args) => args.format,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// OpenShift: payloads to line items, the daily summary, and the lists of nodes, volumes and projects.
    Ocp(Ocp),
    /// AWS: exports to line items, the daily summary, EC2 instances, and the small statements around them.
    Aws(cloud::Aws),
    /// Azure: exports to line items, the daily summary, and the small statements around it.
    Azure(cloud::Azure),
    /// GCP: exports to line items, the daily summary, and the small statements around it.
    Gcp(cloud::Gcp),
    InfraMap(cloud::InfraMapArgs),
}

#[derive(Debug, Args)]
pub(crate) struct Ocp {
    #[command(subcommand)]
    pub command: OcpCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OcpCommand {
    // The help is that of the arguments; a line here would hide it.
    Run(RunArgs),
    Ingest(IngestArgs),
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

/// Which payloads, and where their line items go.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct PayloadArgs {
    /// The operator's archive (`.tar.gz`), a folder with its manifest, a folder of CSV files, or one CSV file; here, or in a bucket
    /// (`s3://bucket/path`).
    #[arg(required = true, value_name = "PAYLOAD")]
    #[serde(skip)]
    pub payloads: Vec<String>,
    /// Directory or bucket for the line items, in koku's layout: `/path`, `file:///path`, `s3://bucket/prefix`; `s3://` alone is
    /// S3_BUCKET_NAME. Without --database, `./aggregator-data` if left out.
    #[arg(long, env = "AGGREGATOR_STORE", value_name = "URL")]
    pub store: Option<String>,
    /// Tenant schema, such as `org1234567`. Without --database, `org0000001` if left out.
    #[arg(long, env = "AGGREGATOR_SCHEMA", value_name = "NAME")]
    pub schema: Option<String>,
    /// UUID of the source (provider). Without --database, one that is made of the cluster's id if left out.
    #[arg(long, env = "AGGREGATOR_SOURCE", value_name = "UUID")]
    pub source: Option<SourceUuid>,
    /// Id of the cluster, as the operator reports it; a payload whose manifest names another one is refused. If left out, it is the one
    /// that the first manifest names.
    #[arg(long, env = "AGGREGATOR_CLUSTER_ID", value_name = "ID")]
    pub cluster_id: Option<String>,
    /// Replace every day of the payloads. Without it, a day is replaced by a payload that claims more hours of it, and is kept
    /// otherwise.
    #[arg(long, env = "AGGREGATOR_REPLACE", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub replace: Option<bool>,
    /// Refuse a payload with a row, a cell or a file that cannot be taken. Without it, these are left out and listed.
    #[arg(long, env = "AGGREGATOR_STRICT", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub strict: Option<bool>,
    /// koku's PostgreSQL: `postgres://user@host:5432/database?sslmode=require`; new tag keys go there. The password is best left to
    /// PGPASSWORD or this variable, which other users of the machine cannot read.
    #[arg(long, env = "AGGREGATOR_DATABASE", hide_env_values = true, value_name = "URL")]
    pub database: Option<String>,
    /// koku's key of the payloads' manifest: it goes into file names and, with --database, the manifest's files are marked as done.
    #[arg(long, env = "AGGREGATOR_MANIFEST_ID", value_name = "N")]
    pub manifest_id: Option<i64>,
    /// With --database: find or add koku's row of each payload's manifest, and mark its files as done.
    #[arg(long, env = "AGGREGATOR_TRACK", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub track: Option<bool>,
    /// How plans run: `auto` streams line items and computes the rest in memory.
    #[arg(long, env = "AGGREGATOR_ENGINE", value_name = "ENGINE")]
    pub engine: Option<EngineArg>,
    /// Read and check everything, say what would be done, and write nothing.
    #[arg(long, env = "AGGREGATOR_DRY_RUN", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub dry_run: Option<bool>,
    /// Format of the closing summary on standard output, and of an error.
    #[arg(long, env = "AGGREGATOR_FORMAT", value_name = "FORMAT")]
    pub format: Option<Format>,
}

/// Turn OpenShift payloads into line items: Parquet in koku's layout, by day.
///
/// Takes what the operator uploads, and CSV files as nise writes them. A day that is there is replaced by a payload that claims more
/// hours of it, in one step; running twice equals running once. A row that cannot be taken is left out and listed with its place; a
/// payload that cannot be taken is refused, and the others go on.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[command(after_long_help = "\
Examples:
  An archive of the operator into a directory:
    aggregator ocp ingest payload.tar.gz --store ./bucket --schema org1234567 \\
      --source 5e8d6c1a-0000-4000-8000-000000000001

  Several into koku's bucket, with koku's own records of them:
    export S3_ENDPOINT=http://minio:9000 S3_ACCESS_KEY=… S3_SECRET=…
    export AGGREGATOR_DATABASE=postgres://koku:…@db/postgres
    aggregator ocp ingest s3://uploads/a.tar.gz s3://uploads/b.tar.gz --track \\
      --store s3://koku-bucket --schema org1234567 \\
      --source 5e8d6c1a-0000-4000-8000-000000000001

  Only look what would be written, replaced and kept:
    aggregator ocp ingest … --dry-run

Exit codes: 0 done, 2 failed, or a payload was refused.")]
pub(crate) struct IngestArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub payloads: PayloadArgs,
}

/// Do the whole OpenShift path: payloads to line items, then the daily summary of the days that changed.
///
/// Runs `ingest`, then the lists of nodes, volumes and projects, then `summarize`. With --database, reference data comes from koku's
/// database, and lists and rows go there. Without --database and --reference it still works: tag keys as --enable-tags says, the cost
/// category “Platform” of a new koku tenant, and the roles of the nodes that the payloads have.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[command(after_long_help = "\
Examples:
  A first look, into ./aggregator-data:
    aggregator ocp run payload.tar.gz

  CSV files of nise, without a manifest:
    aggregator ocp run ./csv-folder --cluster-id my-cluster

  Into koku's bucket and database:
    export S3_ENDPOINT=http://minio:9000 S3_ACCESS_KEY=… S3_SECRET=…
    export AGGREGATOR_DATABASE=postgres://koku:…@db/postgres
    aggregator ocp run payload.tar.gz --store s3://koku-bucket --schema org1234567 \\
      --source 5e8d6c1a-0000-4000-8000-000000000001 --cluster-id my-cluster

Exit codes: 0 done, 2 failed, or a payload was refused; what the other payloads changed is summarised.")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub payloads: PayloadArgs,
    /// Name of the cluster.
    #[arg(long, env = "AGGREGATOR_CLUSTER_ALIAS", value_name = "NAME")]
    pub cluster_alias: Option<String>,
    /// Key of koku's report period, written into each row; with --database it is looked up, and added for a new month.
    #[arg(long, env = "AGGREGATOR_REPORT_PERIOD_ID", value_name = "N")]
    pub report_period_id: Option<i32>,
    /// JSON file with the reference data of the tenant: `enabled_keys`, `cost_categories`, `nodes`.
    #[arg(long, env = "AGGREGATOR_REFERENCE", value_name = "FILE")]
    pub reference: Option<PathBuf>,
    /// Without --reference and --database: which labels are kept, `all`, `none`, or those whose keys are in a text file, one a line;
    /// `all` if left out.
    #[arg(long, env = "AGGREGATOR_ENABLE_TAGS", value_name = "all|none|FILE")]
    pub enable_tags: Option<String>,
    /// Where the Parquet of the summary goes, in koku's managed layout; the store if left out.
    #[arg(long, env = "AGGREGATOR_OUTPUT", value_name = "URL")]
    pub output: Option<String>,
    /// With --database: write no Parquet copy of the summary.
    #[arg(long, env = "AGGREGATOR_NO_MANAGED_COPY", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub no_managed_copy: Option<bool>,
    /// Memory to stay within while the summary is computed, such as `512MiB`; a target, not a hard limit.
    #[arg(long, env = "AGGREGATOR_MEMORY_LIMIT", value_name = "SIZE")]
    pub memory_limit: Option<String>,
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
