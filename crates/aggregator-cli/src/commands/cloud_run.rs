//! `aggregator aws|azure|gcp run`: exports in, daily summary out.

use super::cloud_ingest::{of_refused, text as ingest_text};
use super::cloud_summarize::{Summary, reports, windows_text};
use crate::ExitStatus;
use crate::args::Format;
use crate::args::cloud::{CloudInputArgs, CloudRunArgs, CloudSummarizeArgs};
use crate::output;
use crate::progress::PayloadBar;
use crate::settings::ConfigFile;
use crate::settings::cloud::{Summarize, fill_run};
use crate::settings::cloud_ingest::CloudIngest;
use aggregator_core::cloud::Provider;
use aggregator_core::run::Window;
use aggregator_io::cloud::{Report, merge_totals};
use aggregator_io::ingest::Write as Writing;
use aggregator_io::ingest::cloud::{self, CloudAction, CloudIngestReport};
use aggregator_io::rows::Rows;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;

/// The closing summary.
#[derive(Debug, Serialize)]
struct Closing {
    schema: String,
    source: String,
    dry_run: bool,
    ingest: CloudIngestReport,
    windows: Vec<Report>,
    totals: Rows,
    seconds: f64,
    peak_memory_bytes: Option<u64>,
}

pub(crate) async fn run(cloud: Provider, mut args: CloudRunArgs, file: ConfigFile) -> anyhow::Result<ExitStatus> {
    let started = Instant::now();
    fill_run(&mut args, file.clone())?;
    let settings = CloudIngest::resolve(cloud, args.ingest.clone(), file)?;
    let database = settings.connect().await?;
    let bar = PayloadBar::new();
    let report = cloud::ingest(&settings.request(database.as_ref()), |step| bar.step(step)).await;
    bar.finish();
    let ingest = report?;
    let status = of_refused(&ingest);
    let dry_run = settings.write == Writing::DryRun;
    // What a dry run would write is not there to be summarised.
    let months = if dry_run { BTreeMap::new() } else { changed(cloud, &ingest) };
    let summarize = months.into_iter().map(|(month, (first, last))| {
        Summarize::resolve(summarize_args(cloud, &args, &settings, month, first, last), ConfigFile::default())
    });
    let summary = match cloud {
        Provider::Aws => Summary::AwsDaily,
        Provider::Azure => Summary::AzureDaily,
        Provider::Gcp => Summary::GcpDaily,
    };
    let windows = reports(summary, &summarize.collect::<anyhow::Result<Vec<_>>>()?, database.as_ref()).await?;
    let totals = merge_totals(windows.iter().map(|window| window.totals.0.clone()), settings.engine).await?;
    let closing = Closing {
        schema: settings.schema.clone(),
        source: settings.source.to_string(),
        dry_run,
        ingest,
        windows,
        totals: Rows(totals),
        seconds: started.elapsed().as_secs_f64(),
        peak_memory_bytes: output::peak_memory(),
    };
    match settings.format {
        Format::Json => output::print(&serde_json::to_string_pretty(&closing)?)?,
        Format::Text => output::print(&text(&closing))?,
    }
    Ok(status)
}

/// The months whose line items changed, with the days to summarise. An invoice of GCP is summarised whole: its days are widened anyway.
fn changed(cloud: Provider, report: &CloudIngestReport) -> BTreeMap<NaiveDate, (NaiveDate, NaiveDate)> {
    let mut months: BTreeMap<NaiveDate, (NaiveDate, NaiveDate)> = BTreeMap::new();
    let days = report.exports.iter().flat_map(|export| &export.days).filter(|day| day.action != CloudAction::AlreadyThere);
    for day in days {
        let whole = Window::new(day.month, day.month).ok().map(|day| day.whole_month());
        let whole = whole.map(|month| (month.start(), month.end()));
        let held = day.holds.first().copied().zip(day.holds.last().copied());
        let Some((first, last)) = (if cloud == Provider::Gcp { whole } else { held }) else { continue };
        let known = months.entry(day.month).or_insert((first, last));
        *known = (known.0.min(first), known.1.max(last));
    }
    months
}

fn summarize_args(
    cloud: Provider,
    args: &CloudRunArgs,
    settings: &CloudIngest,
    month: NaiveDate,
    first: NaiveDate,
    last: NaiveDate,
) -> CloudSummarizeArgs {
    let store = settings.store_url.clone();
    let output = args.output.clone().or_else(|| args.ingest.database.is_none().then(|| store.clone()));
    CloudSummarizeArgs {
        input: CloudInputArgs {
            store: Some(store),
            schema: Some(settings.schema.clone()),
            source: Some(settings.source),
            start: Some(first),
            end: Some(last),
            database: args.ingest.database.clone(),
            reference: args.reference.clone(),
            engine: args.ingest.engine,
            format: None,
        },
        bill_id: args.bill_id,
        markup: args.markup.clone(),
        enable_tags: args.enable_tags.clone(),
        bill_month: (cloud != Provider::Gcp).then(|| month.format("%Y%m").to_string()),
        output,
        strict_trino: args.strict_trino,
        memory_limit: args.memory_limit.clone(),
        dry_run: None,
    }
}

fn text(closing: &Closing) -> String {
    let mut text = ingest_text(&closing.schema, &closing.source, closing.dry_run, &closing.ingest);
    text.push_str(&windows_text(&closing.windows));
    if closing.totals.0.height() > 0 {
        text.push_str(&output::cloud_totals(&closing.totals.0));
        text.push('\n');
    }
    text.push_str(&output::cost(closing.seconds, closing.peak_memory_bytes));
    text
}
