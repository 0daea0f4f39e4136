//! What was typed for the ingest of AWS, Azure and GCP.

use super::{EngineArg, Format};
use aggregator_core::run::SourceUuid;
use chrono::NaiveDate;
use clap::Args;
use clap::builder::BoolishValueParser;
use serde::Deserialize;

/// Turn cost exports into koku's line items, hourly and rolled up by day.
///
/// An export is a manifest, a folder, or a CSV file, compressed or not; in a bucket too. One of AWS or Azure replaces its month; a file of
/// GCP replaces what a file of the same name brought. A file with something that koku cannot take is refused with line and column: then an
/// export of AWS or Azure changes nothing, and GCP's other files go on. Days after today are left out. Running twice equals running once.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[command(after_long_help = "\
Examples:
  A folder with a manifest and its parts into a directory:
    aggregator aws ingest ./20260401-20260501/ --store ./bucket --schema org1234567 \\
      --source 5e8d6c1a-0000-4000-8000-000000000002

  Files of GCP into koku's bucket and its tag keys into koku's database:
    export S3_ENDPOINT=http://minio:9000 S3_ACCESS_KEY=… S3_SECRET=…
    export AGGREGATOR_DATABASE=postgres://koku:…@db/postgres
    aggregator gcp ingest s3://exports/2026-04/ --store s3://koku-bucket \\
      --schema org1234567 --source 5e8d6c1a-0000-4000-8000-000000000004

  Only look what would be written and replaced:
    aggregator azure ingest … --dry-run

Exit codes: 0 done, 2 failed, or an export or a file was refused.")]
pub(crate) struct CloudIngestArgs {
    /// Manifests, folders and CSV files: paths, or URLs such as `s3://bucket/exports/2026-04/`.
    #[arg(required = true, value_name = "EXPORT")]
    #[serde(skip)]
    pub exports: Vec<String>,
    /// Directory or bucket where line items go: `/path`, `file:///path`, `s3://bucket/prefix`; `s3://` alone is S3_BUCKET_NAME. Without
    /// --database, `./aggregator-data` if left out.
    #[arg(long, env = "AGGREGATOR_STORE", value_name = "URL")]
    pub store: Option<String>,
    /// Tenant schema, such as `org1234567`. Without --database, `org0000001` if left out.
    #[arg(long, env = "AGGREGATOR_SCHEMA", value_name = "NAME")]
    pub schema: Option<String>,
    /// UUID of the source (provider). Without --database, one that is made of the cloud's name if left out.
    #[arg(long, env = "AGGREGATOR_SOURCE", value_name = "UUID")]
    pub source: Option<SourceUuid>,
    /// AWS and Azure: the bill's month, such as 2026-04; otherwise the manifest's, or that of the first row's billing period.
    #[arg(long, env = "AGGREGATOR_MONTH", value_name = "MONTH")]
    pub month: Option<String>,
    /// AWS and Azure: take only the last days of a month that is not over: from three days before the newest that is there. Earlier days
    /// stay as they are.
    #[arg(long, env = "AGGREGATOR_INCREMENTAL", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub incremental: Option<bool>,
    /// The export was filtered by the customer: refuse a file without the columns that koku demands then. GCP: replace whole partition
    /// dates, whatever files brought them.
    #[arg(long, env = "AGGREGATOR_INGRESS", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub ingress: Option<bool>,
    /// Keep what koku loses: tags, cost categories, sellers, descriptions and instance types of AWS reports in snake case, and all credits
    /// of a row of GCP instead of the first.
    #[arg(long, env = "AGGREGATOR_KEEP_WHAT_KOKU_LOSES", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub keep_what_koku_loses: Option<bool>,
    /// Write again what is there already.
    #[arg(long, env = "AGGREGATOR_REPLACE", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub replace: Option<bool>,
    /// Refuse an export with anything odd, such as a cell of a cost that is no number, which otherwise counts as zero.
    #[arg(long, env = "AGGREGATOR_STRICT", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub strict: Option<bool>,
    /// koku's PostgreSQL, where new keys of tags and cost categories go: `postgres://user@host:5432/database?sslmode=require`. The password
    /// is best left to PGPASSWORD or this variable, which other users of the machine cannot read.
    #[arg(long, env = "AGGREGATOR_DATABASE", hide_env_values = true, value_name = "URL")]
    pub database: Option<String>,
    /// With --database: how many tag keys of a tenant may be enabled; 0 is any number. [default: 200]
    #[arg(long, env = "AGGREGATOR_TAG_ENABLED_LIMIT", value_name = "N")]
    pub tag_enabled_limit: Option<u32>,
    /// koku's number of the manifest, in names and metadata of files; otherwise one is made of the manifest's id, or of the files.
    #[arg(long, env = "AGGREGATOR_MANIFEST_ID", value_name = "N")]
    pub manifest_id: Option<i64>,
    /// Today, for tests.
    #[arg(long, env = "AGGREGATOR_TODAY", value_name = "DATE", hide = true)]
    #[serde(skip)]
    pub today: Option<NaiveDate>,
    /// How plans run: `auto` streams line items and computes the rest in memory.
    #[arg(long, env = "AGGREGATOR_ENGINE", value_name = "ENGINE")]
    pub engine: Option<EngineArg>,
    /// Read and decide everything, write nothing.
    #[arg(long, env = "AGGREGATOR_DRY_RUN", value_parser = BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub dry_run: Option<bool>,
    /// Format of the result on standard output, and of an error.
    #[arg(long, env = "AGGREGATOR_FORMAT", value_name = "FORMAT")]
    pub format: Option<Format>,
}
