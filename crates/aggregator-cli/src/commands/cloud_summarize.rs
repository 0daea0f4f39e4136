//! `aggregator aws|azure|gcp summarize` and `aggregator aws ec2`.

use crate::args::Format;
use crate::args::cloud::CloudSummarizeArgs;
use crate::output;
use crate::progress::Bar;
use crate::settings::cloud::Summarize;
use crate::settings::{ConfigFile, EnableTags, Reference};
use aggregator_core::cloud::{CloudRun, Markup, Provider};
use aggregator_core::labels::EnabledTagKeys;
use aggregator_core::run::Window;
use aggregator_io::cloud::{self, Report, Statement};
use aggregator_io::database::Database;
use aggregator_io::ocp::ManagedCopy;
use aggregator_io::source::cloud_reference::{CloudReference, bill_id, markup_percent};
use aggregator_io::source::reference::tag_keys_from_file;
use anyhow::Context;
use chrono::NaiveDate;
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Instant;

/// Which summary of which cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Summary {
    AwsDaily,
    AwsEc2,
    AzureDaily,
    GcpDaily,
}

impl Summary {
    fn provider(self) -> Provider {
        match self {
            Self::AwsDaily | Self::AwsEc2 => Provider::Aws,
            Self::AzureDaily => Provider::Azure,
            Self::GcpDaily => Provider::Gcp,
        }
    }
}

/// The closing summary.
#[derive(Debug, Serialize)]
struct Closing {
    schema: String,
    source: String,
    dry_run: bool,
    windows: Vec<Report>,
    seconds: f64,
    peak_memory_bytes: Option<u64>,
}

pub(crate) async fn run(summary: Summary, args: CloudSummarizeArgs, file: ConfigFile) -> anyhow::Result<()> {
    let started = Instant::now();
    let settings = Summarize::resolve(args, file)?;
    let database = settings.input.connect().await?;
    let windows = reports(summary, std::slice::from_ref(&settings), database.as_ref()).await?;
    let closing = Closing {
        schema: settings.input.schema.clone(),
        source: settings.source.to_string(),
        dry_run: settings.dry_run,
        windows,
        seconds: started.elapsed().as_secs_f64(),
        peak_memory_bytes: output::peak_memory(),
    };
    match settings.input.format {
        Format::Text => output::print(text(&closing).trim_end()),
        Format::Json => output::print(&serde_json::to_string_pretty(&closing)?),
    }
}

/// Runs the statements that all settings ask for, one after the other. They differ in days only, so reference data is read once.
pub(super) async fn reports(summary: Summary, all: &[Summarize], database: Option<&Database>) -> anyhow::Result<Vec<Report>> {
    let mut windows = Vec::new();
    let Some(first) = all.first() else { return Ok(windows) };
    let reference = reference(summary, first, database).await?;
    let markup = markup(first, database).await?;
    for settings in all {
        report(summary, settings, database, &reference, markup, &mut windows).await?;
    }
    Ok(windows)
}

async fn report(
    summary: Summary,
    settings: &Summarize,
    database: Option<&Database>,
    reference: &CloudReference,
    markup: Markup,
    windows: &mut Vec<Report>,
) -> anyhow::Result<()> {
    for Step { statement, bill_month, days: (start, end), chunks } in steps(summary, settings).await? {
        let bill = match (database, settings.bill_id) {
            (Some(database), None) => {
                Some(bill_id(database, &settings.input.schema, summary.provider(), settings.source, bill_month).await?)
            }
            (_, given) => given,
        };
        let run = CloudRun { source: settings.source, bill_id: bill, start, end, markup, values: settings.values };
        let request = cloud::Summarize {
            store: &settings.input.store,
            schema: &settings.input.schema,
            statement: &statement,
            run: &run,
            bill_month,
            chunks: &chunks,
            reference,
            database: database.filter(|_| !settings.dry_run),
            output: match settings.output.as_ref().filter(|_| !settings.dry_run) {
                Some(store) => ManagedCopy::To(store),
                None => ManagedCopy::None,
            },
            engine: settings.input.engine,
            memory_limit: settings.memory_limit,
        };
        let bar = Bar::new(&format!("{start} to {end}"));
        let report = cloud::summarize(&request, |step| bar.step(step)).await;
        bar.finish();
        windows.push(report?);
    }
    Ok(())
}

/// A statement, the month whose bill it is of, the days that are replaced, and the chunks in which they are asked for.
struct Step {
    statement: Statement,
    bill_month: NaiveDate,
    days: (NaiveDate, NaiveDate),
    chunks: Vec<(NaiveDate, NaiveDate)>,
}

impl Step {
    fn new(statement: Statement, bill_month: NaiveDate, days: (NaiveDate, NaiveDate)) -> Self {
        Self { statement, bill_month, days, chunks: vec![days] }
    }

    /// The days of an invoice month in koku's chunks, which reach beyond the days asked for. These are replaced even where the invoice
    /// has no line items any more.
    fn chunked(statement: Statement, window: Window, chunks: Vec<(NaiveDate, NaiveDate)>) -> Self {
        let first = chunks.iter().map(|(first, _)| *first).fold(window.start(), NaiveDate::min);
        let last = chunks.iter().map(|(_, last)| *last).fold(window.end(), NaiveDate::max);
        Self { statement, bill_month: window.start(), days: (first, last), chunks }
    }
}

async fn steps(summary: Summary, settings: &Summarize) -> anyhow::Result<Vec<Step>> {
    let input = &settings.input;
    let month_by_month = |statement: Statement| {
        if let Some((_, first)) = &settings.bill_month {
            return vec![Step::new(statement, *first, (input.start, input.end))];
        }
        let windows = settings.windows.iter();
        windows.map(|window| Step::new(statement.clone(), window.start(), (window.start(), window.end()))).collect()
    };
    Ok(match (summary, &settings.bill_month) {
        (Summary::AwsDaily, _) => month_by_month(Statement::AwsDaily),
        (Summary::AzureDaily, _) => month_by_month(Statement::AzureDaily),
        (Summary::AwsEc2, _) => {
            let months = settings.windows.iter().map(Window::whole_month);
            months.map(|month| Step::new(Statement::AwsEc2, month.start(), (month.start(), month.end()))).collect()
        }
        (Summary::GcpDaily, Some((invoice_month, first))) => {
            vec![Step::new(Statement::GcpDaily { invoice_month: invoice_month.clone() }, *first, (input.start, input.end))]
        }
        (Summary::GcpDaily, None) => {
            let mut steps = Vec::new();
            for window in &settings.windows {
                let invoice_month = window.start().format("%Y%m").to_string();
                let request = cloud::ListRequest {
                    store: &input.store,
                    schema: &input.schema,
                    source: settings.source,
                    start: window.start(),
                    end: window.end(),
                    engine: input.engine,
                };
                let chunks = cloud::invoice_chunks(&request, &invoice_month).await?;
                steps.push(Step::chunked(Statement::GcpDaily { invoice_month }, *window, chunks));
            }
            steps
        }
    })
}

async fn reference(summary: Summary, settings: &Summarize, database: Option<&Database>) -> anyhow::Result<CloudReference> {
    let provider_type = summary.provider().cloud().name();
    Ok(match (&settings.reference, database) {
        (Reference::File(file), _) => CloudReference::from_json_file(file, provider_type).await?,
        (Reference::Database, Some(database)) => CloudReference::from_postgres(database, &settings.input.schema, provider_type).await?,
        (Reference::Embedded(EnableTags::None), _) => CloudReference::embedded(EnabledTagKeys::Only(BTreeSet::new())),
        (Reference::Embedded(EnableTags::File(file)), _) => CloudReference::embedded(tag_keys_from_file(file).await?),
        (Reference::Embedded(EnableTags::All) | Reference::Database, _) => CloudReference::embedded(EnabledTagKeys::All),
    })
}

async fn markup(settings: &Summarize, database: Option<&Database>) -> anyhow::Result<Markup> {
    match (settings.markup, database) {
        (Some(markup), _) => Ok(markup),
        (None, None) => Ok(Markup::NONE),
        (None, Some(database)) => match markup_percent(database, &settings.input.schema, settings.source).await? {
            Some(percent) => percent.parse().context("could not use the markup of koku's cost model"),
            None => Ok(Markup::NONE),
        },
    }
}

fn text(closing: &Closing) -> String {
    let dry_run = if closing.dry_run { " (dry run: nothing was written)" } else { "" };
    let mut text = format!("source {} of {}{dry_run}\n", closing.source, closing.schema);
    text.push_str(&windows_text(&closing.windows));
    text.push_str(&output::cost(closing.seconds, closing.peak_memory_bytes));
    text
}

/// What was read and written, and what was repaired, for people.
pub(super) fn windows_text(windows: &[Report]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for report in windows {
        let _ = writeln!(text, "{} to {}, {:.2} s", report.start, report.end, report.seconds);
        for table in &report.rows_in {
            let (rows, bytes) = (HumanCount(table.rows).to_string(), HumanBytes(table.files_bytes).to_string());
            let _ = writeln!(text, "  in   {:<56} {rows:>12} rows {bytes:>12}", table.table);
        }
        let _ = writeln!(text, "  out  {:<56} {:>12} rows", report.table, HumanCount(report.rows).to_string());
        if let (Some(deleted), Some(inserted)) = (report.deleted_rows, report.inserted_rows) {
            let _ = writeln!(text, "  koku's table: {} rows replaced by {}", HumanCount(deleted), HumanCount(inserted));
        }
        let warnings = report.repaired.iter().map(|value| {
            format!("repaired {:?} in `{}` of {} line items: {}", value.value, value.column, HumanCount(value.rows), value.reason)
        });
        text.push_str(&output::warnings(&warnings.collect::<Vec<_>>()));
    }
    text
}
