//! `aggregator aws|azure|gcp ingest`.

use crate::ExitStatus;
use crate::args::Format;
use crate::args::cloud_ingest::CloudIngestArgs;
use crate::output;
use crate::progress::PayloadBar;
use crate::settings::ConfigFile;
use crate::settings::cloud_ingest::CloudIngest;
use aggregator_core::cloud::Provider;
use aggregator_io::ingest::Write as Writing;
use aggregator_io::ingest::cloud::{self, CloudAction, CloudIngestReport, DayFiles, ExportReport};
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;
use std::fmt::Write;
use std::io::Write as _;

/// The closing summary.
#[derive(Debug, Serialize)]
struct Summary {
    schema: String,
    source: String,
    dry_run: bool,
    #[serde(flatten)]
    report: CloudIngestReport,
    peak_memory_bytes: Option<u64>,
}

pub(crate) async fn run(cloud: Provider, args: CloudIngestArgs, file: ConfigFile) -> anyhow::Result<ExitStatus> {
    let settings = CloudIngest::resolve(cloud, args, file)?;
    let database = settings.connect().await?;
    let bar = PayloadBar::new();
    let report = cloud::ingest(&settings.request(database.as_ref()), |step| bar.step(step)).await;
    bar.finish();
    let report = report?;
    let status = of_refused(&report);
    let dry_run = settings.write == Writing::DryRun;
    let (schema, source) = (settings.schema, settings.source.to_string());
    let summary = Summary { schema, source, dry_run, report, peak_memory_bytes: output::peak_memory() };
    match settings.format {
        Format::Json => output::print(&serde_json::to_string_pretty(&summary)?)?,
        Format::Text => {
            let told = text(&summary.schema, &summary.source, summary.dry_run, &summary.report);
            output::print(&format!("{told}{}", output::cost(summary.report.seconds, summary.peak_memory_bytes)))?;
        }
    }
    Ok(status)
}

/// Names the exports and files that were refused on standard error; the closing summary has them too. The others are done.
pub(super) fn of_refused(report: &CloudIngestReport) -> ExitStatus {
    let mut errors = std::io::stderr().lock();
    for export in &report.exports {
        if let Some(reason) = &export.refused {
            let _ = writeln!(errors, "error: refused `{}`: {reason}", export.export);
            continue;
        }
        for file in export.files.iter().filter(|file| file.refused) {
            let reason = file.problems.first().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(errors, "error: refused `{}` of `{}`: {reason}", file.file, export.export);
        }
    }
    if report.has_refused() { ExitStatus::Failed } else { ExitStatus::Done }
}

/// What was taken, written and refused, for people.
pub(super) fn text(schema: &str, source: &str, dry_run: bool, report: &CloudIngestReport) -> String {
    let dry_run = if dry_run { " (dry run: nothing was written)" } else { "" };
    let mut text = format!("source {source} of {schema}{dry_run}\n");
    for export in &report.exports {
        // Writing to a string cannot fail.
        let _ = write!(text, "{}", export.export);
        if let Some(manifest) = &export.manifest {
            let _ = write!(text, ", manifest {manifest}");
        }
        match &export.refused {
            Some(reason) => {
                let _ = writeln!(text, ": refused: {reason}");
            }
            None if export.days.is_empty() => text.push_str(": no rows\n"),
            None => {
                let header = ["file", "day", "", "rows", "daily rows", "Parquet"].map(str::to_owned);
                let _ = writeln!(text, "\n{}", output::grid(header.into(), export.days.iter().map(day), Some(3)));
            }
        }
    }
    let warnings: Vec<_> = report.exports.iter().flat_map(warnings).collect();
    text.push_str(&output::warnings(&warnings));
    if let Some(keys) = report.keys.filter(|keys| keys.tags + keys.categories > 0) {
        let _ = writeln!(text, "{} new tag keys, {} of them enabled; {} new cost categories", keys.tags, keys.enabled, keys.categories);
    }
    text
}

fn day(day: &DayFiles) -> Vec<String> {
    let action = match day.action {
        CloudAction::Written => "written",
        CloudAction::Replaced => "replaced",
        CloudAction::AlreadyThere => "already there",
    };
    vec![
        day.file.clone(),
        day.part.clone(),
        action.to_owned(),
        HumanCount(day.rows).to_string(),
        HumanCount(day.daily_rows).to_string(),
        HumanBytes(day.bytes).to_string(),
    ]
}

/// What is odd about an export, a line each.
fn warnings(export: &ExportReport) -> Vec<String> {
    let mut all: Vec<String> = export.warnings.iter().map(|warning| format!("{}: {warning}", export.export)).collect();
    for file in &export.files {
        let place = format!("{}: {}", export.export, file.file);
        if let Some(reason) = file.skipped {
            all.push(format!("{place}: {reason}"));
        }
        if file.left_out > 0 {
            all.push(format!("{place}: {} rows left out: they are not of the days to ingest", HumanCount(file.left_out)));
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
