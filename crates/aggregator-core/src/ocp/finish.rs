//! The rows as koku's tables have them: constants of the run, labels as text, all labels.
//!
//! # SQL
//! `trino_sql/openshift/reporting_ocpusagelineitem_daily_summary.sql`, the constants of the first two INSERTs, and the third INSERT
//! (the copy into PostgreSQL), which adds `all_labels`.
//! # Nulls
//! `all_labels` is never null: null pod or volume labels count as none.
//! # Differences from the SQL
//! The `uuid` is the sink's: random, and null in the managed table.

use crate::labels::LabelSets;
use crate::run::Run;
use crate::table::steps::{POD_LABEL_SET, SUMMARY_ROWS, VOLUME_LABEL_SET};
use crate::table::summary::{
    ALL_LABELS, CLUSTER_ALIAS, CLUSTER_ID, DATA_SOURCE, NAMESPACE, NODE, OCP_DAILY_SUMMARY, PERSISTENTVOLUMECLAIM, POD_LABELS,
    REPORT_PERIOD_ID, SOURCE_UUID, USAGE_END, USAGE_START, UUID, VOLUME_LABELS,
};
use crate::table::{ColumnDef, Table};
use polars::prelude::*;

/// The text of `infrastructure_usage_cost` in the managed table.
pub(super) const NO_COST: &str = r#"{"cpu": 0.000000000, "memory": 0.000000000, "storage": 0.000000000}"#;

/// The rows of koku's tables.
///
/// # Inputs
/// * `summary_rows` ([`SUMMARY_ROWS`]): pods, storage, unallocated.
/// * `labels`: the sets that the ids of the rows name.
/// # Output
/// [`OCP_DAILY_SUMMARY`] and [`ALL_LABELS`], ordered by day, data source, namespace, node and claim.
pub fn finish(summary_rows: LazyFrame, labels: &LabelSets, run: &Run) -> LazyFrame {
    let text = |column: ColumnDef, value: Option<String>| match value {
        Some(value) => lit(value).alias(column.name),
        None => column.null(),
    };
    let source = run.source.to_string();
    let report_period_id = run.report_period_id.map_or_else(|| REPORT_PERIOD_ID.null(), |id| lit(id).alias(REPORT_PERIOD_ID.name));
    let all = labels.overlay(LabelSets::or_empty(POD_LABEL_SET.expr()), LabelSets::or_empty(VOLUME_LABEL_SET.expr()));
    let columns = OCP_DAILY_SUMMARY.columns.iter().chain([&ALL_LABELS]).map(ColumnDef::expr).collect::<Vec<_>>();
    // Sorted while the labels are ids: there is less to move.
    summary_rows
        .sort(
            [USAGE_START, DATA_SOURCE, NAMESPACE, NODE, PERSISTENTVOLUMECLAIM].map(|column| column.name),
            SortMultipleOptions::default().with_maintain_order(false),
        )
        .with_columns([
            UUID.null(),
            report_period_id,
            text(CLUSTER_ID, Some(run.cluster_id.0.clone())),
            text(CLUSTER_ALIAS, run.cluster_alias.clone()),
            text(SOURCE_UUID, Some(source)),
            USAGE_START.expr().alias(USAGE_END.name),
            labels.text(POD_LABEL_SET.expr()).alias(POD_LABELS.name),
            labels.text(VOLUME_LABEL_SET.expr()).alias(VOLUME_LABELS.name),
            labels.text(all).alias(ALL_LABELS.name),
        ])
        .select(columns)
}

/// `rows` with every column of [`SUMMARY_ROWS`] that they lack, as nulls.
pub(super) fn with_absent_columns_null(rows: LazyFrame) -> LazyFrame {
    let Table { columns, .. } = SUMMARY_ROWS;
    let mut rows = rows;
    let present = rows.collect_schema().map(|schema| schema.iter_names().cloned().collect::<PlHashSet<_>>()).unwrap_or_default();
    let absent = columns.iter().filter(|column| !present.contains(column.name)).map(ColumnDef::null).collect::<Vec<_>>();
    rows.with_columns(absent)
}

#[cfg(test)]
mod tests;
