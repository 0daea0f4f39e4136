//! `aggregator ocp summarize`.

use crate::args::{Format, SummarizeArgs};
use crate::output;
use crate::progress::Bar;
use crate::settings::{ConfigFile, Summarize};
use aggregator_io::database::Database;
use aggregator_io::ocp::{self, ManagedCopy, Report, StorageTable};
use aggregator_io::source::reference::{ReferenceData, report_period_id};
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;
use std::fmt::Write;
use std::time::Instant;

/// The closing summary.
#[derive(Debug, Serialize)]
struct Summary {
    schema: String,
    source: String,
    dry_run: bool,
    windows: Vec<Report>,
    seconds: f64,
    peak_memory_bytes: Option<u64>,
}

pub(crate) async fn run(args: SummarizeArgs, file: ConfigFile) -> anyhow::Result<()> {
    let started = Instant::now();
    let settings = Summarize::resolve(args, file)?;
    let input = &settings.input;
    let database = input.connect().await?;
    let reference = reference(&settings, database.as_ref()).await?;
    let mut windows = Vec::new();
    for window in &input.windows {
        let cluster_id = input.cluster_id()?;
        let period = match (&database, settings.report_period_id) {
            (Some(database), None) => Some(report_period_id(database, &input.schema, input.source, &cluster_id, window.start()).await?),
            (_, given) => given,
        };
        let copy_to = settings.output.as_ref().or_else(|| database.is_some().then_some(&input.store));
        let request = ocp::Summarize {
            store: &input.store,
            schema: &input.schema,
            run: &input.run(cluster_id, period, *window),
            reference: &reference,
            storage_table: if settings.storage { StorageTable::AsFound } else { StorageTable::Absent },
            database: database.as_ref().filter(|_| !settings.dry_run),
            managed_copy: match copy_to.filter(|_| settings.managed_copy && !settings.dry_run) {
                Some(store) => ManagedCopy::To(store),
                None => ManagedCopy::None,
            },
            engine: input.engine,
            memory_limit: settings.memory_limit,
        };
        let bar = Bar::new(&window.to_string());
        let report = ocp::summarize(&request, |step| bar.step(step)).await;
        bar.finish();
        windows.push(report?);
    }
    let summary = Summary {
        schema: input.schema.clone(),
        source: input.source.to_string(),
        dry_run: settings.dry_run,
        windows,
        seconds: started.elapsed().as_secs_f64(),
        peak_memory_bytes: output::peak_memory(),
    };
    match settings.format {
        Format::Text => output::print(text(&summary).trim_end()),
        Format::Json => output::print(&serde_json::to_string_pretty(&summary)?),
    }
}

async fn reference(settings: &Summarize, database: Option<&Database>) -> anyhow::Result<ReferenceData> {
    match (&settings.reference, database) {
        (Some(file), _) => Ok(ReferenceData::from_json_file(file).await?),
        (None, Some(database)) => Ok(ReferenceData::from_postgres(database, &settings.input.schema).await?),
        (None, None) => unreachable!("settings ask for one of the two"),
    }
}

fn text(summary: &Summary) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "source {} of {}{}",
        summary.source,
        summary.schema,
        if summary.dry_run { " (dry run: nothing was written)" } else { "" }
    );
    for report in &summary.windows {
        if let (Some(start), Some(end)) = (report.start, report.end) {
            let _ = writeln!(text, "{start} to {end}, {:.2} s", report.seconds);
        }
        for table in &report.rows_in {
            let _ = writeln!(
                text,
                "  in   {:<48} {:>12} rows {:>12}",
                table.table,
                HumanCount(table.rows).to_string(),
                HumanBytes(table.files_bytes).to_string()
            );
        }
        for (section, rows) in [("Pod", report.pod_rows), ("Storage", report.storage_rows), ("unallocated", report.unallocated_rows)] {
            let _ = writeln!(text, "  out  {section:<48} {:>12} rows", HumanCount(rows).to_string());
        }
        if let (Some(deleted), Some(inserted)) = (report.deleted_rows, report.inserted_rows) {
            let _ = writeln!(text, "  koku's table: {} rows replaced by {}", HumanCount(deleted), HumanCount(inserted));
        }
    }
    text.push_str(&output::cost(summary.seconds, summary.peak_memory_bytes));
    text
}
