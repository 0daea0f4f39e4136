//! The subcommand `audit`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aggregator_core::cloud::Markup;
use aggregator_core::run::Window;
use aggregator_core::table::reference::NAMESPACE_PATTERN;
use aggregator_core::table::{cloud_summary, summary};
use aggregator_io::ocp::StorageTable;
use aggregator_io::source::cloud_reference::CloudReference;
use aggregator_io::source::reference::ReferenceData;
use chrono::NaiveDate;
use clap::Args;

use super::clouds::line_items::CloudLineItems;
use super::law::Law;
use super::line_items::{self, InputStore, LineItems};
use super::{Days, audit, clouds, laws, read, report};
use crate::args::{Format, Location};
use crate::command::{Exit, Outcome};
use crate::error::{Error, Result};
use crate::read::Side;
use crate::rows::{Cell, Rows};
use crate::subject::{AWS_DAILY, AWS_EC2, CLOUDS, GCP_DAILY, OCP_DAILY_SUMMARY, Subject};

pub(crate) const ABOUT: &str = "Check what holds on every correct daily summary, without a reference.

RESULT is a Parquet file, a directory (every Parquet file below it, also in Hive partitions such as source=/year=/month=/day=), or \
a PostgreSQL database (postgres://user@host/database).

Of a file, or a directory without partitions, every row must lie in the window. Of a directory with partitions, those of the window \
are read; a database is asked for it.

With --inputs, the line items are read, too: what a namespace used on a node must be what its line items add up to. Where labels \
or cost categories make line items count several times, the report says how often. Of a cloud, cost and usage must be what the line \
items add up to, by day, account, product or service, region and unit.";

pub(crate) const EXAMPLES: &str = "Examples:
  What aggregator wrote, beside what it was made of:
    aggregator-validate audit ours/data/org1234567.db/reporting_ocpusagelineitem_daily_summary \\
        --inputs s3://koku-bucket --schema org1234567 --source 3b2f6c9e-0c1d-4f9a-9d55-3b7b8f1f2a10 \\
        --start 2026-03-01 --end 2026-03-31

  koku's own table (the password stands in PGPASSWORD):
    aggregator-validate audit postgres://koku@localhost:15432/postgres --schema org1234567 --start 2026-03-01 --end 2026-03-31

  A summary of a cloud, with a markup of 10 %:
    aggregator-validate audit ours/data/org1234567.db/reporting_awscostentrylineitem_daily_summary \
        --table aws-daily-summary --markup 10 --start 2026-03-01 --end 2026-03-31

  The same, beside its line items:
    aggregator-validate audit ours/data/org1234567.db/reporting_awscostentrylineitem_daily_summary \
        --table aws-daily-summary --markup 10 --inputs s3://koku-bucket --schema org1234567

  The laws, and one of them in full:
    aggregator-validate audit --list
    aggregator-validate audit --explain unallocated-balance

Exit codes: 0 all laws hold, 1 a law is broken, 2 failed.";

/// The options of `audit`.
#[derive(Debug, Args)]
pub struct Options {
    /// What is checked: Parquet file, directory, or postgres://…
    #[arg(required_unless_present_any = ["list", "explain"])]
    pub result: Option<Location>,

    /// The table: ocp-daily-summary, or the summary of a cloud
    #[arg(long, value_name = "NAME", default_value = OCP_DAILY_SUMMARY.name, value_parser = table)]
    pub table: &'static str,

    /// The markup of a cloud's source, in percent: tells which markups are right
    #[arg(long, value_name = "PERCENT")]
    pub markup: Option<Markup>,

    /// The store with the line items: directory or s3://bucket/prefix
    #[arg(long, value_name = "STORE", requires = "schema")]
    pub inputs: Option<String>,

    /// The tenant's reference data as JSON, as for `aggregator`: tells which cost categories fit, or which units an account is in
    #[arg(long, value_name = "FILE", requires = "inputs")]
    pub reference: Option<PathBuf>,

    /// The tenant has no storage table, so that line items of storage do not count
    #[arg(long, requires = "inputs")]
    pub no_storage: bool,

    /// The invoice month of a result of GCP (202602); otherwise those that its rows name
    #[arg(long, value_name = "MONTH", requires = "inputs")]
    pub invoice_month: Option<String>,

    /// The tenant's schema, of a PostgreSQL database and of the line items
    #[arg(long, value_name = "NAME")]
    pub schema: Option<String>,

    /// Only rows of this source
    #[arg(long, value_name = "UUID")]
    pub source: Option<String>,

    /// The first day (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    pub start: Option<NaiveDate>,

    /// The last day (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    pub end: Option<NaiveDate>,

    /// For people or for machines
    #[arg(long, default_value = "text")]
    pub format: Format,

    /// Explain a law: what it says, why it holds, and its exceptions
    #[arg(long, value_name = "LAW", value_parser = law)]
    pub explain: Option<&'static Law>,

    /// List the laws
    #[arg(long, conflicts_with = "explain")]
    pub list: bool,

    /// How many violations of each law to show
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub limit: usize,
}

fn table(name: &str) -> Result<&'static str, String> {
    let known = std::iter::once(&OCP_DAILY_SUMMARY).chain(CLOUDS).find(|subject| subject.name == name || subject.table_name() == name);
    known
        .map(|subject| subject.name)
        .ok_or_else(|| "ocp-daily-summary, aws-daily-summary, aws-ec2-summary, azure-daily-summary or gcp-daily-summary".to_owned())
}

fn law(name: &str) -> Result<&'static Law, String> {
    laws::find(name)
        .or_else(|| clouds::all().find(|law| name.strip_prefix(OF_CLOUDS) == Some(law.name)))
        .ok_or_else(|| "no such law; `--list` lists them".to_owned())
}

/// Before the name of a law of the clouds.
const OF_CLOUDS: &str = "cloud:";

/// Runs the audit that `options` ask for.
///
/// # Errors
/// * A window that ends before it starts.
/// * A result or line items that cannot be read.
pub fn run(options: &Options) -> Result<Outcome> {
    let said = |stdout| Ok(Outcome { exit: Exit::Equal, stdout, stderr: String::new() });
    if let Some(law) = options.explain {
        return said(report::explanation(law));
    }
    let Some(result) = options.result.as_ref().filter(|_| !options.list) else {
        let of_clouds = options.table != OCP_DAILY_SUMMARY.name;
        return said(if of_clouds { report::list(clouds::all()) } else { report::list(laws::all()) });
    };
    let days = Days { start: options.start, end: options.end };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
    if let Some(subject) = CLOUDS.iter().find(|subject| subject.name == options.table) {
        return told(options.format, &runtime.block_on(of_cloud(options, subject, result, days))?);
    }
    let (rows, window, line_items) = runtime.block_on(async {
        let (rows, window) =
            read::result(&result.side()?, &OCP_DAILY_SUMMARY, options.source.as_deref(), days, options.schema.as_deref()).await?;
        let line_items = match options.inputs.as_deref().zip(options.schema.as_deref()) {
            Some((url, schema)) => Some(inputs(options, url, schema, &rows).await?),
            None => None,
        };
        let line_items = match (line_items, &options.reference) {
            (Some(line_items), Some(path)) => Some(with_categories(line_items, path).await?),
            (line_items, _) => line_items,
        };
        Ok::<_, Error>((rows, window, line_items))
    })?;
    let found = audit(&rows, line_items.as_ref(), window, options.limit);
    told(options.format, &found)
}

fn told(format: Format, found: &report::Report) -> Result<Outcome> {
    let stdout = match format {
        Format::Text => report::text(found),
        Format::Json => report::json(found)?,
    };
    let exit = if found.holds() { Exit::Equal } else { Exit::Different };
    Ok(Outcome { exit, stdout, stderr: String::new() })
}

/// The audit of a summary of a cloud.
async fn of_cloud(options: &Options, subject: &Subject, result: &Location, days: Days) -> Result<report::Report> {
    let side = result.side()?;
    let (rows, window) = read::result(&side, subject, options.source.as_deref(), days, options.schema.as_deref()).await?;
    let line_items = match options.inputs.as_deref().zip(options.schema.as_deref()) {
        Some((url, schema)) => Some(inputs_of_cloud(options, url, schema, subject, &rows).await?),
        None => None,
    };
    // Of a path, the partitions of the days are read whole.
    let chosen = if matches!(side, Side::Path(_)) { Days::default() } else { days };
    let line_items = line_items.map(|line_items| line_items.chosen_by(chosen));
    Ok(clouds::audit(subject, &rows, line_items.as_ref(), window, options.markup, options.limit))
}

/// The line items of every source of `rows` of a cloud.
async fn inputs_of_cloud(options: &Options, url: &str, schema: &str, subject: &Subject, rows: &Rows) -> Result<CloudLineItems> {
    let mut line_items = CloudLineItems::new(format!("{} {schema}", without_credentials(url)), subject, options.markup);
    if let Some(path) = options.reference.as_ref().filter(|_| [AWS_DAILY.name, AWS_EC2.name].contains(&subject.name)) {
        let reference =
            CloudReference::from_json_file(path, "AWS").await.map_err(|source| Error::LineItems { source: Box::new(source) })?;
        line_items = line_items.with_accounts(&reference)?;
    }
    let store = InputStore { url, schema, storage: StorageTable::Absent };
    for (source, (start, end)) in sources(options, rows) {
        let mut parts = Vec::new();
        if subject.name != GCP_DAILY.name {
            parts = clouds::line_items::parts(subject, start, end, None)?;
        } else if let Some(month) = options.invoice_month.as_deref() {
            parts = clouds::line_items::parts(subject, start, end, Some(month))?;
        } else {
            for month in invoice_months(rows, &source) {
                let Some((start, end)) = clouds::line_items::around(&month, start, end) else { continue };
                parts.extend(clouds::line_items::parts(subject, start, end, Some(&month))?);
            }
        }
        // A row of an instance does not tell its month where the month's partition holds days of others.
        if subject.name == AWS_EC2.name && parts.len() > 1 {
            return Err(Error::Months { table: subject.name, start, end });
        }
        clouds::line_items::read(&mut line_items, &store, &source, &parts).await?;
    }
    Ok(line_items)
}

/// The invoice months of the rows of `source`.
fn invoice_months(rows: &Rows, source: &str) -> Vec<String> {
    let text = |column: &str, row| if let Cell::Text(text) = rows.cell(column, row) { Some(text) } else { None };
    let of_source = (0..rows.len()).filter(|row| text(summary::SOURCE_UUID.name, *row).as_deref() == Some(source));
    let months: BTreeSet<String> = of_source.filter_map(|row| text(cloud_summary::INVOICE_MONTH.name, row)).collect();
    months.into_iter().collect()
}

/// The line items of every source of `rows`.
async fn inputs(options: &Options, url: &str, schema: &str, rows: &Rows) -> Result<LineItems> {
    let storage = if options.no_storage { StorageTable::Absent } else { StorageTable::AsFound };
    let mut line_items = LineItems::new(format!("{} {schema}", without_credentials(url)));
    let store = InputStore { url, schema, storage };
    for (source, (start, end)) in sources(options, rows) {
        let windows = Window::by_month(start, end).map_err(|_| Error::Window { start, end })?;
        line_items::read(&mut line_items, &store, &source, &windows).await?;
    }
    Ok(line_items)
}

/// The sources of `rows` in the window, each with its days: from its first to its last where the window is open.
fn sources(options: &Options, rows: &Rows) -> BTreeMap<String, (NaiveDate, NaiveDate)> {
    let (source, days) = (options.source.as_deref(), Days { start: options.start, end: options.end });
    let mut found: BTreeMap<String, (NaiveDate, NaiveDate)> = BTreeMap::new();
    if let (Some(source), Some(start), Some(end)) = (source, days.start, days.end) {
        found.insert(source.to_owned(), (start, end));
    }
    for row in 0..rows.len() {
        let (Cell::Text(of), Cell::Date(day)) = (rows.cell(summary::SOURCE_UUID.name, row), rows.cell(summary::USAGE_START.name, row))
        else {
            continue;
        };
        // A row where it does not belong must not make other files be read.
        if !days.holds(day) || source.is_some_and(|source| source != of) {
            continue;
        }
        let (start, end) = found.entry(of).or_insert((day, day));
        *start = days.start.unwrap_or(day.min(*start));
        *end = days.end.unwrap_or(day.max(*end));
    }
    found
}

/// The same line items, with the patterns of the cost categories of the reference data at `path`.
async fn with_categories(line_items: LineItems, path: &Path) -> Result<LineItems> {
    let reference = ReferenceData::from_json_file(path).await.map_err(|source| Error::LineItems { source: Box::new(source) })?;
    let patterns = reference.cost_categories.column(NAMESPACE_PATTERN.name).and_then(|patterns| patterns.str().cloned());
    let unreadable = |error: polars::prelude::PolarsError| Error::Column {
        place: path.display().to_string(),
        column: NAMESPACE_PATTERN.name,
        reason: error.to_string(),
    };
    Ok(line_items.with_categories(patterns.map_err(unreadable)?.iter().flatten()))
}

/// A URL without what stands before an `@`.
fn without_credentials(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
        Some((scheme, rest)) => format!("{scheme}://…@{rest}"),
        None => url.to_owned(),
    }
}
