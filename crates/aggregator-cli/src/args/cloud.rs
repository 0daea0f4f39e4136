//! What was typed for AWS, Azure and GCP.

use super::cloud_ingest::CloudIngestArgs;
use super::{EngineArg, Format};
use aggregator_core::run::SourceUuid;
use chrono::NaiveDate;
use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use serde::Deserialize;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Aws {
    #[command(subcommand)]
    pub command: AwsCommand,
}

#[derive(Debug, Args)]
pub(crate) struct Azure {
    #[command(subcommand)]
    pub command: AzureCommand,
}

#[derive(Debug, Args)]
pub(crate) struct Gcp {
    #[command(subcommand)]
    pub command: GcpCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AwsCommand {
    // The help is that of the arguments; a line here would hide it.
    Run(CloudRunArgs),
    Ingest(CloudIngestArgs),
    /// Compute the daily summary of a source, and replace what was there for those days.
    Summarize(CloudSummarizeArgs),
    /// Compute the monthly summary of EC2 instances, and replace what was there for the month of --start.
    Ec2(CloudSummarizeArgs),
    /// List the accounts that pay for the month of --start.
    PayerAccounts(CloudListArgs),
    /// Show the sum of a measure by time, as koku's validation of data reads it.
    Sums(SumsArgs),
    /// Extract usage of Red Hat Enterprise Linux for subscriptions.
    Subs(Subs),
    Hcs(HcsArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AzureCommand {
    // The help is that of the arguments; a line here would hide it.
    Run(CloudRunArgs),
    Ingest(CloudIngestArgs),
    /// Compute the daily summary of a source, and replace what was there for those days.
    Summarize(CloudSummarizeArgs),
    /// Show the sum of a measure by time, as koku's validation of data reads it.
    Sums(SumsArgs),
    /// Extract usage of Red Hat Enterprise Linux for subscriptions.
    Subs(Subs),
    Hcs(HcsArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum GcpCommand {
    // The help is that of the arguments; a line here would hide it.
    Run(CloudRunArgs),
    Ingest(CloudIngestArgs),
    /// Compute the daily summary of a source, and replace what was there for those days and their invoice month.
    Summarize(CloudSummarizeArgs),
    /// Show the first and last time of an invoice month, which widen the days that are summarised.
    InvoiceDates(CloudListArgs),
    /// List accounts, projects, services and regions of the month of --start.
    Topology(CloudListArgs),
    /// Show the sum of a measure by time, as koku's validation of data reads it.
    Sums(SumsArgs),
    Hcs(HcsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct Subs {
    #[command(subcommand)]
    pub command: SubsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SubsCommand {
    /// List the accounts or subscriptions with such usage that no other source reports.
    Accounts(SubsArgs),
    /// List the resources of --usage-account, and until when they were used.
    Resources(SubsArgs),
    /// Count the line items of the --resources of --usage-account.
    Count(SubsArgs),
    /// Show the line items of the --resources of --usage-account, as subscriptions count them.
    Rows(SubsArgs),
    // The help is that of the arguments; a line here would hide it.
    Extract(SubsExtractArgs),
}

/// Where the line items are, and of what and when.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct CloudInputArgs {
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
    /// koku's PostgreSQL: `postgres://user@host:5432/database?sslmode=require`. The password is best left to PGPASSWORD or this
    /// variable, which other users of the machine cannot read.
    #[arg(long, env = "AGGREGATOR_DATABASE", hide_env_values = true, value_name = "URL")]
    pub database: Option<String>,
    /// JSON file with the reference data of the tenant, instead of koku's database; `docs/data-model.md` describes it.
    #[arg(long, env = "AGGREGATOR_REFERENCE", value_name = "FILE")]
    pub reference: Option<PathBuf>,
    /// How plans run: `auto` streams line items and computes the rest in memory.
    #[arg(long, env = "AGGREGATOR_ENGINE", value_name = "ENGINE")]
    pub engine: Option<EngineArg>,
    /// Format of the result on standard output, and of an error.
    #[arg(long, env = "AGGREGATOR_FORMAT", value_name = "FORMAT")]
    pub format: Option<Format>,
}

#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[command(after_long_help = "\
With --database, reference data, bill and markup come from koku's database and the rows go there, in one transaction; a copy as Parquet
goes to --output, if given. Without it, reference data comes from --reference (or every tag is kept) and the rows go to --output as
Parquet. Running twice equals running once.

Examples:
  From a directory into a directory, with a markup of 10 %:
    aggregator aws summarize --store ./bucket --schema org1234567 \\
      --source 5e8d6c1a-0000-4000-8000-000000000002 \\
      --start 2026-02-01 --end 2026-02-28 \\
      --markup 10 --reference reference.json --output ./result

  From a bucket into koku's database:
    export S3_ENDPOINT=http://minio:9000 S3_ACCESS_KEY=… S3_SECRET=…
    export AGGREGATOR_DATABASE=postgres://koku:…@db/postgres
    aggregator azure summarize --store s3://koku-bucket --schema org1234567 \\
      --source 5e8d6c1a-0000-4000-8000-000000000003 \\
      --start 2026-02-01 --end 2026-02-28

Exit codes: 0 done, 2 failed: nothing was changed, or, of a range of months, only the months before.")]
pub(crate) struct CloudSummarizeArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub input: CloudInputArgs,
    /// Key of koku's bill, written into each row; with --database it is looked up.
    #[arg(long, env = "AGGREGATOR_BILL_ID", value_name = "N")]
    pub bill_id: Option<i32>,
    /// Markup of the source's cost model, in percent; with --database it is looked up, otherwise none if left out.
    #[arg(long, env = "AGGREGATOR_MARKUP", value_name = "PERCENT", allow_negative_numbers = true)]
    pub markup: Option<String>,
    /// Without --reference and --database: which tags are kept, `all`, `none`, or those whose keys are in a text file, one a line; `all`
    /// if left out.
    #[arg(long, env = "AGGREGATOR_ENABLE_TAGS", value_name = "all|none|FILE")]
    pub enable_tags: Option<String>,
    /// Month of the bill (of GCP: the invoice month), such as 202602; the days are taken as they are given, also beyond that month.
    /// Without it, each month of the range is summarised as its own bill; of GCP, the days are widened to those of the invoice.
    #[arg(long, env = "AGGREGATOR_BILL_MONTH", value_name = "YYYYMM")]
    pub bill_month: Option<String>,
    /// Where the Parquet result goes; with --database, none is written if left out.
    #[arg(long, env = "AGGREGATOR_OUTPUT", value_name = "URL")]
    pub output: Option<String>,
    /// Fail where Trino fails on a value; without it such a value is repaired and listed (`docs/parity.md` says how).
    #[arg(long, env = "AGGREGATOR_STRICT_TRINO", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub strict_trino: Option<bool>,
    /// Memory to stay within, such as `512MiB`: days are summarised in smaller portions. A target, not a hard limit.
    #[arg(long, env = "AGGREGATOR_MEMORY_LIMIT", value_name = "SIZE")]
    pub memory_limit: Option<String>,
    /// Read, compute and check everything, and write nothing.
    #[arg(long, env = "AGGREGATOR_DRY_RUN", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub dry_run: Option<bool>,
}

/// Do the whole path of a cloud: exports to line items, then the daily summary of the days that changed.
///
/// Runs `ingest`, then `summarize` for each month that changed. With --database, reference data, bill and markup come from koku's database,
/// and the rows go there. Without --database and --reference it still works: tags as --enable-tags says, nothing known of accounts.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[command(after_long_help = "\
Examples:
  A first look, into ./aggregator-data:
    aggregator aws run ./20260401-20260501/

  Into koku's bucket and database:
    export S3_ENDPOINT=http://minio:9000 S3_ACCESS_KEY=… S3_SECRET=…
    export AGGREGATOR_DATABASE=postgres://koku:…@db/postgres
    aggregator azure run s3://exports/2026-04/ --store s3://koku-bucket --schema org1234567 \\
      --source 5e8d6c1a-0000-4000-8000-000000000003

Exit codes: 0 done, 2 failed, or an export or a file was refused; what the others changed is summarised.")]
pub(crate) struct CloudRunArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub ingest: CloudIngestArgs,
    /// Key of koku's bill, written into each row; with --database it is looked up.
    #[arg(long, env = "AGGREGATOR_BILL_ID", value_name = "N")]
    pub bill_id: Option<i32>,
    /// Markup of the source's cost model, in percent; with --database it is looked up, otherwise none if left out.
    #[arg(long, env = "AGGREGATOR_MARKUP", value_name = "PERCENT", allow_negative_numbers = true)]
    pub markup: Option<String>,
    /// JSON file with the reference data of the tenant, instead of koku's database; `docs/data-model.md` describes it.
    #[arg(long, env = "AGGREGATOR_REFERENCE", value_name = "FILE")]
    pub reference: Option<PathBuf>,
    /// Without --reference and --database: which tags are kept, `all`, `none`, or those whose keys are in a text file, one a line; `all`
    /// if left out.
    #[arg(long, env = "AGGREGATOR_ENABLE_TAGS", value_name = "all|none|FILE")]
    pub enable_tags: Option<String>,
    /// Where the Parquet of the summary goes; without --database, the store if left out.
    #[arg(long, env = "AGGREGATOR_OUTPUT", value_name = "URL")]
    pub output: Option<String>,
    /// Fail where Trino fails on a value; without it such a value is repaired and listed (`docs/parity.md` says how).
    #[arg(long, env = "AGGREGATOR_STRICT_TRINO", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub strict_trino: Option<bool>,
    /// Memory to stay within while the summary is computed, such as `512MiB`; a target, not a hard limit.
    #[arg(long, env = "AGGREGATOR_MEMORY_LIMIT", value_name = "SIZE")]
    pub memory_limit: Option<String>,
}

#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct CloudListArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub input: CloudInputArgs,
    /// GCP: the invoice month, such as 202602; that of --start if left out.
    #[arg(long, env = "AGGREGATOR_BILL_MONTH", value_name = "YYYYMM")]
    pub bill_month: Option<String>,
}

#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct SumsArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub input: CloudInputArgs,
    /// The column that is summed: the cost that koku validates if left out.
    #[arg(long, value_name = "COLUMN")]
    pub metric: Option<String>,
}

#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct SubsArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub input: CloudInputArgs,
    /// The account (AWS) or subscription (Azure).
    #[arg(long, value_name = "ID")]
    pub usage_account: Option<String>,
    /// JSON file with the resources and their times: `[{"rid": "i-1", "start": "2026-02-01T00:00:00", "end": "2026-02-07T23:00:00"}]`.
    #[arg(long, value_name = "FILE")]
    pub resources: Option<PathBuf>,
    /// Azure: the day on which the extract is made, which decides whether a resource's last day is whole; today, UTC, if left out.
    #[arg(long, value_name = "DATE")]
    pub today: Option<NaiveDate>,
    /// Fail where Trino fails on a value; without it such a value is repaired.
    #[arg(long, env = "AGGREGATOR_STRICT_TRINO", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub strict_trino: Option<bool>,
    /// Write the rows as CSV to this file instead of standard output, as koku's pandas writes them.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

/// Write the files of a month that subscriptions are made from, as koku leaves them in its bucket.
///
/// For each account that no other source reports: its resources a hundred at a time, each from a second after what was extracted last, or
/// from the first of the month or the eve of the source's creation if that is later; 200,000 rows a file. The month is that of --start;
/// --end lies in it.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[command(after_long_help = "\
With --database, what was extracted comes from reporting_subs_last_processed_time, the creation
from public.api_provider; the accounts go to reporting_subs_id_map before the files are written,
and the new times are remembered when all files of an account are there. Without it, both come
from --reference, and nothing is remembered: running twice gives the same files.

Example:
  aggregator aws subs extract --store s3://koku-bucket --output s3://koku-subs-bucket \\
    --schema org1234567 --source 5e8d6c1a-0000-4000-8000-000000000002 \\
    --start 2026-02-01 --end 2026-02-28 --tracing-id 3f1c…

Exit codes: 0 done, 2 failed: the files of earlier pages stay, and their account is extracted again.")]
pub(crate) struct SubsExtractArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub input: CloudInputArgs,
    /// Directory or bucket where the files go, below SCHEMA/CLOUD/source=…/date=….
    #[arg(long, value_name = "URL")]
    #[serde(skip)]
    pub output: Option<String>,
    /// Part of the files' names; made of source and month if left out.
    #[arg(long, value_name = "TEXT")]
    #[serde(skip)]
    pub tracing_id: Option<String>,
    /// The day of the extract, part of the files' folder; of Azure, it decides whether a resource's last day is whole. Today, UTC, if
    /// left out.
    #[arg(long, value_name = "DATE")]
    pub today: Option<NaiveDate>,
    /// Fail where Trino fails on a value; without it such a value is repaired.
    #[arg(long, env = "AGGREGATOR_STRICT_TRINO", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub strict_trino: Option<bool>,
}

/// Show the line items that Red Hat's committed spend counts, or write the files that koku leaves in its bucket.
///
/// Without --output, the rows of the days are shown, which lie in one month. With it, each day that has rows becomes a file, of any
/// months. Running twice gives the same files.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct HcsArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub input: CloudInputArgs,
    /// The account number, a column of the result; with --database that of koku's customer if left out.
    #[arg(long, value_name = "NUMBER")]
    pub ebs_account: Option<String>,
    /// The organisation's id, a column of the result; with --database that of koku's customer if left out.
    #[arg(long, value_name = "ID")]
    pub org_id: Option<String>,
    /// Directory or bucket where the files go, below hcs/csv/….
    #[arg(long, value_name = "URL")]
    #[serde(skip)]
    pub output: Option<String>,
    /// With --output to a bucket: whether the files are marked as final. Days before last month are, and from the 15th on those of last
    /// month, if left out.
    #[arg(long, value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub finalize: Option<bool>,
    /// Today, which decides what is final; the day in UTC if left out.
    #[arg(long, value_name = "DATE")]
    pub today: Option<NaiveDate>,
    /// Write the rows as CSV to this file instead of standard output, as koku's pandas writes them.
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    pub csv: Option<PathBuf>,
}

/// Find out which clusters run on which cloud account.
///
/// Compares the resources of the cloud sources with the nodes of the clusters over the days from --start to --end, which lie in one
/// month. With one of the four sources given, only what concerns it is looked at.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[command(after_long_help = "\
Example:
  aggregator infra-map --store ./bucket --schema org1234567 --start 2026-02-01 --end 2026-02-28 \\
    --ocp-source 5e8d6c1a-0000-4000-8000-000000000001 --reference reference.json --format json

AWS, Azure and GCP are looked at in this order, and the first with a result is the answer, as in koku; --cloud asks one of them alone.")]
pub(crate) struct InfraMapArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub input: CloudInputArgs,
    /// The cluster.
    #[arg(long, value_name = "UUID")]
    pub ocp_source: Option<SourceUuid>,
    /// The AWS source.
    #[arg(long, value_name = "UUID")]
    pub aws_source: Option<SourceUuid>,
    /// The Azure source.
    #[arg(long, value_name = "UUID")]
    pub azure_source: Option<SourceUuid>,
    /// The GCP source.
    #[arg(long, value_name = "UUID")]
    pub gcp_source: Option<SourceUuid>,
    /// Ask only this cloud.
    #[arg(long, value_name = "CLOUD")]
    pub cloud: Option<CloudArg>,
}

/// A cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CloudArg {
    Aws,
    Azure,
    Gcp,
}

impl Aws {
    /// The format of the result.
    pub(super) fn format(&self) -> Option<Format> {
        match &self.command {
            AwsCommand::Run(args) => args.ingest.format,
            AwsCommand::Ingest(args) => args.format,
            AwsCommand::Summarize(args) | AwsCommand::Ec2(args) => args.input.format,
            AwsCommand::PayerAccounts(args) => args.input.format,
            AwsCommand::Sums(args) => args.input.format,
            AwsCommand::Subs(subs) => subs.format(),
            AwsCommand::Hcs(args) => args.input.format,
        }
    }
}

impl Azure {
    /// The format of the result.
    pub(super) fn format(&self) -> Option<Format> {
        match &self.command {
            AzureCommand::Run(args) => args.ingest.format,
            AzureCommand::Ingest(args) => args.format,
            AzureCommand::Summarize(args) => args.input.format,
            AzureCommand::Sums(args) => args.input.format,
            AzureCommand::Subs(subs) => subs.format(),
            AzureCommand::Hcs(args) => args.input.format,
        }
    }
}

impl Gcp {
    /// The format of the result.
    pub(super) fn format(&self) -> Option<Format> {
        match &self.command {
            GcpCommand::Run(args) => args.ingest.format,
            GcpCommand::Ingest(args) => args.format,
            GcpCommand::Summarize(args) => args.input.format,
            GcpCommand::InvoiceDates(args) | GcpCommand::Topology(args) => args.input.format,
            GcpCommand::Sums(args) => args.input.format,
            GcpCommand::Hcs(args) => args.input.format,
        }
    }
}

impl Subs {
    fn format(&self) -> Option<Format> {
        match &self.command {
            SubsCommand::Accounts(args) | SubsCommand::Resources(args) | SubsCommand::Count(args) | SubsCommand::Rows(args) => {
                args.input.format
            }
            SubsCommand::Extract(args) => args.input.format,
        }
    }
}
