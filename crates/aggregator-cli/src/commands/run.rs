//! `aggregator ocp run`: payloads in, summary out.

use super::ingest::{cluster, days_and_warnings, heading, take};
use crate::ExitStatus;
use crate::args::{Format, RunArgs};
use crate::failure;
use crate::output;
use crate::progress::Bar;
use crate::settings::{ConfigFile, EnableTags, IngestAndSummarize, Reference};
use aggregator_core::labels::EnabledTagKeys;
use aggregator_core::run::{ClusterId, Run, SourceUuid, Window};
use aggregator_core::table::Table;
use aggregator_core::table::reference::{NODE_LIST, PROJECT_LIST};
use aggregator_core::table::summary::OCP_DAILY_SUMMARY;
use aggregator_io::Error;
use aggregator_io::database::Database;
use aggregator_io::ingest::{IngestReport, Write as Writing, track};
use aggregator_io::ocp::{self, ListRequest, ManagedCopy, Report, StorageTable};
use aggregator_io::rows::Rows;
use aggregator_io::sink::lists::{ClusterLists, UpsertedLists, upsert};
use aggregator_io::source::cluster::source_of;
use aggregator_io::source::path::managed_table;
use aggregator_io::source::reference::{ReferenceData, report_period_id, tag_keys_from_file};
use aggregator_io::store::Store;
use indicatif::HumanCount;
use polars::prelude::DataFrame;
use serde::Serialize;
use std::fmt::Write;
use std::time::Instant;

/// The closing summary.
#[derive(Debug, Serialize)]
struct Summary {
    schema: String,
    source: String,
    cluster_id: String,
    dry_run: bool,
    ingest: IngestReport,
    lists: Vec<Lists>,
    windows: Vec<Report>,
    namespaces: Rows,
    seconds: f64,
    peak_memory_bytes: Option<u64>,
}

/// The lists of a month.
#[derive(Debug, Serialize)]
struct Lists {
    month: String,
    nodes: Rows,
    volumes: Rows,
    projects: Rows,
    /// What is new in koku's tables; `None` without a database.
    written: Option<UpsertedLists>,
}

/// What is summarised, and with what.
struct Job<'a> {
    settings: &'a IngestAndSummarize,
    database: Option<&'a Database>,
    cluster_id: ClusterId,
    source: SourceUuid,
}

pub(crate) async fn run(args: RunArgs, file: ConfigFile) -> anyhow::Result<ExitStatus> {
    let started = Instant::now();
    let settings = IngestAndSummarize::resolve(args, file)?;
    let database = settings.ingest.connect().await?;
    let cluster_id = cluster(&settings.ingest).await?;
    let source = settings.ingest.source.unwrap_or_else(|| source_of(&cluster_id));
    let dry_run = settings.ingest.write == Writing::DryRun;
    let ingested = take(&settings.ingest, Some(&cluster_id), source, database.as_ref()).await?;
    let status = failure::of_refused(&ingested);

    let job = Job { settings: &settings, database: database.as_ref(), cluster_id, source };
    let changed = if dry_run { Vec::new() } else { Window::of_days(&ingested.days_to_summarize()) };
    let mut months: Vec<_> = changed.iter().map(Window::whole_month).collect();
    months.dedup();
    let mut lists = Vec::new();
    let mut windows = Vec::new();
    for month in months {
        let listed = job.lists(month).await?;
        let reference = job.reference(&listed.nodes.0).await?;
        for window in changed.iter().filter(|window| window.whole_month() == month) {
            windows.extend(job.summarize(*window, &reference).await?);
        }
        lists.push(listed);
    }
    let namespaces = ocp::namespace_totals(windows.iter().map(|report| report.namespaces.0.clone()), settings.ingest.engine).await?;
    let summary = Summary {
        schema: settings.ingest.schema.clone(),
        source: source.to_string(),
        cluster_id: job.cluster_id.0.clone(),
        dry_run,
        ingest: ingested,
        lists,
        windows,
        namespaces: Rows(namespaces),
        seconds: started.elapsed().as_secs_f64(),
        peak_memory_bytes: output::peak_memory(),
    };
    match settings.ingest.format {
        Format::Json => output::print(&serde_json::to_string_pretty(&summary)?)?,
        Format::Text => {
            let text = [
                heading(&settings.ingest, source),
                days_and_warnings(&summary.ingest),
                summarized(&summary, settings.managed_copy.then(|| job.output())),
                output::cost(summary.seconds, summary.peak_memory_bytes),
            ];
            output::print(&text.concat())?;
        }
    }
    Ok(status)
}

impl Job<'_> {
    /// Where the Parquet of the summary goes.
    fn output(&self) -> &Store {
        self.settings.output.as_ref().unwrap_or(&self.settings.ingest.store)
    }

    fn run(&self, window: Window, report_period_id: Option<i32>) -> Run {
        Run {
            source: self.source,
            cluster_id: self.cluster_id.clone(),
            cluster_alias: self.settings.cluster_alias.clone(),
            report_period_id,
            window,
        }
    }

    /// The lists of a whole month, since a few days may not show what a node is; with a database they are written there.
    async fn lists(&self, month: Window) -> anyhow::Result<Lists> {
        let ingest = &self.settings.ingest;
        let run = self.run(month, None);
        let request = ListRequest { store: &ingest.store, schema: &ingest.schema, run: &run, engine: ingest.engine };
        let nodes = or_none(ocp::nodes(&request).await, &NODE_LIST)?;
        let volumes = ocp::volumes(&request).await?;
        let projects = or_none(ocp::projects(&request).await, &PROJECT_LIST)?;
        let written = match self.database {
            Some(database) => {
                let lists = ClusterLists { nodes: Some(nodes.clone()), volumes: Some(volumes.clone()), projects: Some(projects.clone()) };
                Some(upsert(database, &ingest.schema, &run, &lists).await?)
            }
            None => None,
        };
        let month = format!("{}-{}", month.year(), month.month());
        Ok(Lists { month, nodes: Rows(nodes), volumes: Rows(volumes), projects: Rows(projects), written })
    }

    async fn reference(&self, nodes: &DataFrame) -> anyhow::Result<ReferenceData> {
        let keys = match (&self.settings.reference, self.database) {
            (Reference::File(file), _) => return Ok(ReferenceData::from_json_file(file).await?),
            (Reference::Database, Some(database)) => {
                return Ok(ReferenceData::from_postgres(database, &self.settings.ingest.schema).await?);
            }
            (Reference::Database, None) => unreachable!("it is taken from a database only if there is one"),
            (Reference::Embedded(EnableTags::All), _) => EnabledTagKeys::All,
            (Reference::Embedded(EnableTags::None), _) => EnabledTagKeys::from([""; 0]),
            (Reference::Embedded(EnableTags::File(file)), _) => tag_keys_from_file(file).await?,
        };
        Ok(ReferenceData::embedded(keys, nodes)?)
    }

    /// The summary of `window`; `None` if the payloads have reports that no summary reads.
    async fn summarize(&self, window: Window, reference: &ReferenceData) -> anyhow::Result<Option<Report>> {
        let ingest = &self.settings.ingest;
        let period = match (self.database, self.settings.report_period_id) {
            (Some(database), None) => {
                track::add_report_period(database, &ingest.schema, &self.run(window, None)).await?;
                Some(report_period_id(database, &ingest.schema, self.source, &self.cluster_id, window.start()).await?)
            }
            (_, given) => given,
        };
        let request = ocp::Summarize {
            store: &ingest.store,
            schema: &ingest.schema,
            run: &self.run(window, period),
            reference,
            storage_table: StorageTable::AsFound,
            database: self.database,
            managed_copy: if self.settings.managed_copy { ManagedCopy::To(self.output()) } else { ManagedCopy::None },
            engine: ingest.engine,
            memory_limit: self.settings.memory_limit,
        };
        let bar = Bar::new(&window.to_string());
        let report = ocp::summarize(&request, |step| bar.step(step)).await;
        bar.finish();
        match report {
            Err(Error::NoLineItems { .. }) => Ok(None),
            report => Ok(Some(report?)),
        }
    }
}

/// The list, or an empty one if the source has no line items to make it of.
fn or_none(list: Result<DataFrame, Error>, table: &Table) -> Result<DataFrame, Error> {
    match list {
        Err(Error::NoLineItems { .. }) => Ok(DataFrame::empty_with_schema(&table.schema())),
        list => list,
    }
}

/// What was summarised, and what the namespaces used.
fn summarized(summary: &Summary, output: Option<&Store>) -> String {
    if summary.dry_run {
        return String::new();
    }
    if summary.windows.is_empty() {
        return "nothing changed: no day was summarized\n".to_owned();
    }
    let mut text = String::new();
    for report in &summary.windows {
        if let (Some(start), Some(end)) = (report.start, report.end) {
            let [pods, storage, unallocated] = [report.pod_rows, report.storage_rows, report.unallocated_rows].map(HumanCount);
            // Writing to a string cannot fail.
            let _ = write!(text, "summarized {start} to {end}: rows of pods {pods}, storage {storage}, unallocated {unallocated}");
            if let (Some(deleted), Some(inserted)) = (report.deleted_rows, report.inserted_rows) {
                let _ = write!(text, "; in koku's table {} replaced by {}", HumanCount(deleted), HumanCount(inserted));
            }
            text.push('\n');
        }
    }
    let _ = writeln!(text, "{}", output::namespaces(&summary.namespaces.0));
    if let Some(output) = output {
        let _ = writeln!(text, "summary: {}", output.display(&managed_table(&summary.schema, &OCP_DAILY_SUMMARY)));
    }
    text
}
