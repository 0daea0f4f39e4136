//! `aggregator ocp nodes`, `volumes`, `projects` and `time-range`.

use crate::args::{Format, ListArgs};
use crate::output;
use crate::settings::{self, ConfigFile};
use aggregator_core::run::ClusterId;
use aggregator_io::ocp::{self, ListRequest};
use aggregator_io::rows::Rows;
use aggregator_io::sink::lists::{ClusterLists, Upserted, upsert};
use anyhow::bail;
use polars::prelude::{DataFrame, UniqueKeepStrategy};

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    Nodes,
    Volumes,
    Projects,
    TimeRange,
}

pub(crate) async fn run(list: List, args: ListArgs, file: ConfigFile) -> anyhow::Result<()> {
    let settings = settings::List::resolve(args, file)?;
    let input = &settings.input;
    let database = input.connect().await?;
    if database.is_some() && list == List::TimeRange {
        bail!("a time range is shown, not written: leave --database out");
    }
    let mut shown: Option<DataFrame> = None;
    let mut changed = Upserted::default();
    for window in &input.windows {
        // Without a database the cluster names nothing.
        let run = input.run(input.cluster_id.clone().unwrap_or(ClusterId(String::new())), None, *window);
        let request = ListRequest { store: &input.store, schema: &input.schema, run: &run, engine: input.engine };
        let rows = match list {
            List::Nodes => ocp::nodes(&request).await?,
            List::Volumes => ocp::volumes(&request).await?,
            List::Projects => ocp::projects(&request).await?,
            List::TimeRange => ocp::time_range(&request).await?,
        };
        if let Some(database) = &database {
            let one = |wanted: List| (list == wanted).then(|| rows.clone());
            let lists = ClusterLists { nodes: one(List::Nodes), volumes: one(List::Volumes), projects: one(List::Projects) };
            let upserted = upsert(database, &input.schema, &run, &lists).await?;
            for table in [upserted.nodes, upserted.volumes, upserted.projects] {
                changed.added += table.added;
                changed.updated += table.updated;
            }
        }
        shown = Some(match shown {
            None => rows,
            Some(earlier) => earlier.vstack(&rows)?.unique_stable(None, UniqueKeepStrategy::First, None)?,
        });
    }
    let rows = shown.unwrap_or_default();
    match (settings.format, database.is_some()) {
        (Format::Json, false) => output::print(&serde_json::to_string_pretty(&Rows(rows))?),
        (Format::Json, true) => {
            let summary = serde_json::json!({"rows": Rows(rows), "added": changed.added, "updated": changed.updated});
            output::print(&serde_json::to_string_pretty(&summary)?)
        }
        (Format::Text, false) => output::print(&output::table(&rows)),
        (Format::Text, true) => output::print(&format!("{}\n{} added, {} updated", output::table(&rows), changed.added, changed.updated)),
    }
}
