//! `aggregator ocp ingest`, and the part of `run` that is the same.

use crate::ExitStatus;
use crate::args::{Format, IngestArgs};
use crate::failure;
use crate::output;
use crate::progress::PayloadBar;
use crate::settings::{ConfigFile, Ingest, Missing};
use aggregator_core::run::{ClusterId, SourceUuid};
use aggregator_io::database::Database;
use aggregator_io::ingest::{self, Action, DayReport, IngestReport, PayloadReport, Write as Writing};
use aggregator_io::source::cluster::{NamedCluster, cluster_of, source_of};
use anyhow::bail;
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;
use std::fmt::Write;

/// The closing summary.
#[derive(Debug, Serialize)]
struct Summary {
    schema: String,
    source: String,
    cluster_id: Option<String>,
    dry_run: bool,
    #[serde(flatten)]
    report: IngestReport,
    peak_memory_bytes: Option<u64>,
}

pub(crate) async fn run(args: IngestArgs, file: ConfigFile) -> anyhow::Result<ExitStatus> {
    let settings = Ingest::resolve(args, file)?;
    let database = settings.connect().await?;
    let (cluster_id, source) = if let Some(source) = settings.source {
        (settings.cluster_id.clone(), source)
    } else {
        let cluster_id = cluster(&settings).await?;
        let source = source_of(&cluster_id);
        (Some(cluster_id), source)
    };
    let report = take(&settings, cluster_id.as_ref(), source, database.as_ref()).await?;
    let status = failure::of_refused(&report);
    let summary = Summary {
        schema: settings.schema.clone(),
        source: source.to_string(),
        cluster_id: cluster_id.map(|cluster_id| cluster_id.0),
        dry_run: settings.write == Writing::DryRun,
        report,
        peak_memory_bytes: output::peak_memory(),
    };
    match settings.format {
        Format::Json => output::print(&serde_json::to_string_pretty(&summary)?)?,
        Format::Text => {
            let mut text = heading(&settings, source);
            text.push_str(&days_and_warnings(&summary.report));
            text.push_str(&output::cost(summary.report.seconds, summary.peak_memory_bytes));
            output::print(&text)?;
        }
    }
    Ok(status)
}

/// The cluster of the payloads: the one that was typed, or the first that a manifest names.
pub(crate) async fn cluster(settings: &Ingest) -> anyhow::Result<ClusterId> {
    if let Some(cluster_id) = &settings.cluster_id {
        return Ok(cluster_id.clone());
    }
    match cluster_of(&settings.payloads, &settings.store).await? {
        NamedCluster::Named(cluster_id) => Ok(cluster_id),
        NamedCluster::Unnamed => bail!(Missing("--cluster-id ID: no payload has a manifest that names its cluster")),
        NamedCluster::Unreadable { payload, reason } => bail!("could not use `{payload}` as a payload: {reason}"),
    }
}

/// Ingests the payloads.
pub(crate) async fn take(
    settings: &Ingest,
    cluster_id: Option<&ClusterId>,
    source: SourceUuid,
    database: Option<&Database>,
) -> anyhow::Result<IngestReport> {
    let request = ingest::Ingest {
        store: &settings.store,
        schema: &settings.schema,
        source,
        payloads: &settings.payloads,
        cluster_id,
        replace: settings.replace,
        write: settings.write,
        bad_input: settings.bad_input,
        engine: settings.engine,
        database,
        tracking: settings.tracking,
    };
    let bar = PayloadBar::new();
    let report = ingest::ingest(&request, |step| bar.step(step)).await;
    bar.finish();
    Ok(report?)
}

/// Whose line items they are.
pub(crate) fn heading(settings: &Ingest, source: SourceUuid) -> String {
    let dry_run = if settings.write == Writing::DryRun { " (dry run: nothing was written)" } else { "" };
    format!("source {source} of {}{dry_run}\n", settings.schema)
}

/// What became of each day of each payload, and what is odd.
pub(crate) fn days_and_warnings(report: &IngestReport) -> String {
    let mut text = String::new();
    for payload in &report.payloads {
        // Writing to a string cannot fail.
        let _ = write!(text, "{}", payload.payload);
        if let Some(cluster_id) = &payload.cluster_id {
            let _ = write!(text, ", cluster {cluster_id}");
        }
        if let Some(manifest) = &payload.manifest {
            let _ = write!(text, ", manifest {manifest}");
        }
        match &payload.refused {
            Some(reason) => {
                let _ = writeln!(text, ": refused: {reason}");
            }
            None if payload.days.is_empty() => text.push_str(": no rows\n"),
            None => {
                let header = ["report", "day", "", "hours", "hourly rows", "daily rows", "Parquet"].map(str::to_owned);
                let _ = writeln!(text, "\n{}", output::grid(header.into(), payload.days.iter().map(day), Some(3)));
            }
        }
    }
    let warnings: Vec<_> = report.payloads.iter().flat_map(warnings).collect();
    text.push_str(&output::warnings(&warnings));
    if let Some(added @ 1..) = report.new_tag_keys {
        let _ = writeln!(text, "{added} new tag keys, disabled");
    }
    text
}

fn day(day: &DayReport) -> Vec<String> {
    vec![
        day.report_type.to_owned(),
        day.day.to_string(),
        action(day),
        day.hours.to_string(),
        HumanCount(day.hourly_rows).to_string(),
        HumanCount(day.daily_rows).to_string(),
        HumanBytes(day.bytes).to_string(),
    ]
}

fn action(day: &DayReport) -> String {
    match (day.action, day.previous_hours) {
        (Action::Written, _) => "written".to_owned(),
        (Action::Added, _) => "added".to_owned(),
        (Action::Replaced, Some(hours)) => format!("replaced {hours} hours"),
        (Action::Replaced, None) => "replaced".to_owned(),
        (Action::Kept, Some(hours)) => format!("kept: {hours} hours are there"),
        (Action::Kept, None) => "kept".to_owned(),
        (Action::AlreadyThere, _) => "already there".to_owned(),
    }
}

/// What is odd about a payload, a line each.
fn warnings(payload: &PayloadReport) -> Vec<String> {
    let mut all: Vec<String> = payload.warnings.iter().map(|warning| format!("{}: {warning}", payload.payload)).collect();
    for file in &payload.files {
        let place = format!("{}: {}", payload.payload, file.file);
        if file.anomalies > 0 {
            all.push(format!("{place}: {} rows left out: a value above 10^18, as koku leaves them out", HumanCount(file.anomalies)));
        }
        for problem in &file.problems {
            all.push(match problem.rows {
                0 | 1 => format!("{place}: {problem}"),
                rows => format!("{place}: {problem} ({} rows)", HumanCount(rows)),
            });
        }
    }
    all
}
