//! The daily summary of one day, from frames made in code: no file, no database.
//!
//! The README shows this program.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "an example shows its result, and who embeds the core runs the plan")]

use aggregator_core::labels::LabelSets;
use aggregator_core::ocp::{LineItems, daily_summary, node_capacity};
use aggregator_core::run::{ClusterId, Run, Window};
use aggregator_core::table::{ColumnDef, Table, ocp, reference};
use chrono::{NaiveDate, NaiveTime};
use polars::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let day: NaiveDate = "2026-02-01".parse()?;
    let run = Run {
        source: "5e8d6c1a-0000-4000-8000-000000000001".parse()?,
        cluster_id: ClusterId("my-cluster".into()),
        cluster_alias: None,
        report_period_id: None,
        window: Window::new(day, day)?,
    };

    // One pod on a node of four cores, seen for one hour: 1.5 cores used, 1 requested.
    let pods = df!(
        "namespace" => ["shop"], "node" => ["node-1"], "pod" => ["web-1"], "resource_id" => ["i-1"],
        "pod_labels" => [r#"{"app": "web", "team": "a"}"#],
        "pod_usage_cpu_core_seconds" => [5400.0], "pod_request_cpu_core_seconds" => [3600.0],
    )?;
    let hours = df!("node" => ["node-1"], "node_capacity_cpu_core_seconds" => [14400.0])?;
    let nodes = df!("node" => ["node-1"], "resource_id" => ["i-1"], "node_role" => ["worker"])?;

    let line_items = LineItems {
        pod_usage_daily: rows(&ocp::POD_USAGE_DAILY, day, pods)?,
        storage_usage_daily: None,
        node_labels_daily: rows(&ocp::NODE_LABELS_DAILY, day, DataFrame::default())?,
        namespace_labels_daily: rows(&ocp::NAMESPACE_LABELS_DAILY, day, DataFrame::default())?,
    };
    let capacity = node_capacity(rows(&ocp::POD_USAGE_HOURLY, day, hours)?.lazy());
    let cost_categories = DataFrame::empty_with_schema(&reference::COST_CATEGORIES.schema()).lazy();
    let labels = LabelSets::new(["app"]);

    let inputs = line_items.into_inputs(capacity, cost_categories, nodes.lazy(), &labels)?;
    let summary = daily_summary(&inputs, &run).collect()?;
    println!("{}", summary.select(["namespace", "pod_labels", "pod_usage_cpu_core_hours", "node_capacity_cpu_core_hours"])?);
    Ok(())
}

/// `given` as rows of `table` on `day`; columns that are not given are null.
fn rows(table: &Table, day: NaiveDate, given: DataFrame) -> PolarsResult<DataFrame> {
    if given.height() == 0 {
        return Ok(DataFrame::empty_with_schema(&table.schema()));
    }
    let midnight = lit(day.and_time(NaiveTime::MIN)).cast(ocp::INTERVAL_START.kind.data_type());
    let absent = |column: &&ColumnDef| given.schema().get(column.name).is_none();
    let nulls: Vec<_> = table.columns.iter().filter(absent).map(ColumnDef::null).collect();
    let given = given.lazy().with_columns(nulls).with_column(midnight.alias(ocp::INTERVAL_START.name));
    table.select(given).collect()
}
