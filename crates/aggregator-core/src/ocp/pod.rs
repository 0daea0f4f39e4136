//! Pods, by day, namespace, node and labels.
//!
//! # SQL
//! `trino_sql/openshift/reporting_ocpusagelineitem_daily_summary.sql`, first INSERT, the half with data source “Pod”.
//! # Nulls
//! Pods on an empty or null node are dropped. Null pod labels make the merged labels null; null or absent labels of the node or
//! namespace count as none. A sum of nothing but nulls is null. Where the effective usage is null, it is the greater of usage and
//! request, and null if one of them is.
//! # Differences from the SQL
//! None. Rows are summed by their own labels first, and joined after: a sum of sums. The joins multiply as in the SQL: by label
//! sets that change within the day, and by patterns that overlap.

use super::cost_categories::join_cost_categories;
use super::{Inputs, cluster_capacity, namespace_labels, node_labels};
use crate::labels::LabelSets;
use crate::table::ocp::{
    NAMESPACE, NODE, NODE_CAPACITY_CPU_CORE_SECONDS, NODE_CAPACITY_CPU_CORES, NODE_CAPACITY_MEMORY_BYTE_SECONDS,
    NODE_CAPACITY_MEMORY_BYTES, POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS, POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS, POD_LIMIT_CPU_CORE_SECONDS,
    POD_LIMIT_MEMORY_BYTE_SECONDS, POD_REQUEST_CPU_CORE_SECONDS, POD_REQUEST_MEMORY_BYTE_SECONDS, POD_USAGE_CPU_CORE_SECONDS,
    POD_USAGE_MEMORY_BYTE_SECONDS, RESOURCE_ID,
};
use crate::table::reference::COST_CATEGORY_ID;
use crate::table::steps::{
    CLUSTER_CAPACITY_CPU_CORE_SECONDS, CLUSTER_CAPACITY_MEMORY_BYTE_SECONDS, NAMESPACE_LABEL_SET, NODE_LABEL_SET, POD_LABEL_SET,
    SUMMARY_ROWS, USAGE_START,
};
use crate::table::{ColumnDef, summary};
use crate::trino;
use crate::units::{gibibyte_hours, gibibytes, hours};
use polars::lazy::dsl::coalesce;
use polars::prelude::*;

/// Core-seconds that are summed, and the core-hours they become.
const CPU: [(ColumnDef, ColumnDef); 4] = [
    (POD_USAGE_CPU_CORE_SECONDS, summary::POD_USAGE_CPU_CORE_HOURS),
    (POD_REQUEST_CPU_CORE_SECONDS, summary::POD_REQUEST_CPU_CORE_HOURS),
    (POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS, summary::POD_EFFECTIVE_USAGE_CPU_CORE_HOURS),
    (POD_LIMIT_CPU_CORE_SECONDS, summary::POD_LIMIT_CPU_CORE_HOURS),
];

/// Byte-seconds that are summed, and the GiB-hours they become.
const MEMORY: [(ColumnDef, ColumnDef); 4] = [
    (POD_USAGE_MEMORY_BYTE_SECONDS, summary::POD_USAGE_MEMORY_GIGABYTE_HOURS),
    (POD_REQUEST_MEMORY_BYTE_SECONDS, summary::POD_REQUEST_MEMORY_GIGABYTE_HOURS),
    (POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS, summary::POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS),
    (POD_LIMIT_MEMORY_BYTE_SECONDS, summary::POD_LIMIT_MEMORY_GIGABYTE_HOURS),
];

/// The pod rows of the daily summary.
///
/// # Inputs
/// `pod_usage_daily`, `node_labels_daily`, `namespace_labels_daily`, `node_capacity`, `cost_categories` of [`Inputs`].
/// # Output
/// [`SUMMARY_ROWS`]: one row per (day, namespace, node, merged label set); core-hours, GiB, GiB-hours.
pub fn pod(inputs: &Inputs) -> LazyFrame {
    let line_items = by_own_labels(inputs.pod_usage_daily.clone());
    let namespaces = line_items.clone();
    let by_node = [NODE.expr(), USAGE_START.expr()];
    let by_namespace = [NAMESPACE.expr(), USAGE_START.expr()];
    let by_day = [USAGE_START.expr()];
    let left = || JoinArgs::new(JoinType::Left);
    let joined = line_items
        .join(node_labels(inputs.node_labels_daily.clone()), by_node.clone(), by_node.clone(), left())
        .join(namespace_labels(inputs.namespace_labels_daily.clone()), by_namespace.clone(), by_namespace, left())
        .join(inputs.node_capacity.clone(), by_node.clone(), by_node, left())
        .join(cluster_capacity(inputs.node_capacity.clone()), by_day.clone(), by_day, left());
    let joined = join_cost_categories(joined, namespaces, inputs.cost_categories.clone());

    let of_node = LabelSets::or_empty(NODE_LABEL_SET.expr());
    let of_namespace = LabelSets::or_empty(NAMESPACE_LABEL_SET.expr());
    let merged = inputs.labels.overlay(inputs.labels.overlay(of_node, of_namespace), POD_LABEL_SET.expr());
    let sums = CPU.iter().chain(&MEMORY).map(|(seconds, _)| trino::sum(&seconds.expr()).alias(seconds.name));
    let greatest = [
        RESOURCE_ID,
        COST_CATEGORY_ID,
        NODE_CAPACITY_CPU_CORES,
        NODE_CAPACITY_MEMORY_BYTES,
        NODE_CAPACITY_CPU_CORE_SECONDS,
        NODE_CAPACITY_MEMORY_BYTE_SECONDS,
        CLUSTER_CAPACITY_CPU_CORE_SECONDS,
        CLUSTER_CAPACITY_MEMORY_BYTE_SECONDS,
    ];
    let grouped = joined
        .with_column(merged.alias(POD_LABEL_SET.name))
        .group_by([USAGE_START.expr(), NAMESPACE.expr(), NODE.expr(), POD_LABEL_SET.expr()])
        .agg(sums.chain(greatest.iter().map(|column| column.expr().max())).collect::<Vec<_>>());
    SUMMARY_ROWS.select(in_hours(grouped))
}

/// Line items on a node, summed by day, namespace, node and the pods' own labels.
fn by_own_labels(pod_usage_daily: LazyFrame) -> LazyFrame {
    let effective = |effective: ColumnDef, usage: ColumnDef, request: ColumnDef| {
        coalesce(&[effective.expr(), trino::greatest(&usage.expr(), &request.expr())]).alias(effective.name)
    };
    let sums = CPU.iter().chain(&MEMORY).map(|(seconds, _)| trino::sum(&seconds.expr()).alias(seconds.name));
    let greatest = [RESOURCE_ID, NODE_CAPACITY_CPU_CORES, NODE_CAPACITY_MEMORY_BYTES];
    pod_usage_daily
        .filter(NODE.expr().neq(lit("")))
        .with_columns([
            effective(POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS, POD_USAGE_CPU_CORE_SECONDS, POD_REQUEST_CPU_CORE_SECONDS),
            effective(POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS, POD_USAGE_MEMORY_BYTE_SECONDS, POD_REQUEST_MEMORY_BYTE_SECONDS),
        ])
        .group_by([USAGE_START.expr(), NAMESPACE.expr(), NODE.expr(), POD_LABEL_SET.expr()])
        .agg(sums.chain(greatest.iter().map(|column| column.expr().max())).collect::<Vec<_>>())
}

/// The measures in the units of the summary, and the columns that pods do not have as nulls.
fn in_hours(grouped: LazyFrame) -> LazyFrame {
    let cpu = CPU.iter().map(|(seconds, in_hours)| hours(seconds.expr()).alias(in_hours.name));
    let memory = MEMORY.iter().map(|(seconds, in_hours)| gibibyte_hours(seconds.expr()).alias(in_hours.name));
    let capacity = [
        hours(NODE_CAPACITY_CPU_CORE_SECONDS.expr()).alias(summary::NODE_CAPACITY_CPU_CORE_HOURS.name),
        gibibytes(NODE_CAPACITY_MEMORY_BYTES.expr()).alias(summary::NODE_CAPACITY_MEMORY_GIGABYTES.name),
        gibibyte_hours(NODE_CAPACITY_MEMORY_BYTE_SECONDS.expr()).alias(summary::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS.name),
        hours(CLUSTER_CAPACITY_CPU_CORE_SECONDS.expr()).alias(summary::CLUSTER_CAPACITY_CPU_CORE_HOURS.name),
        gibibyte_hours(CLUSTER_CAPACITY_MEMORY_BYTE_SECONDS.expr()).alias(summary::CLUSTER_CAPACITY_MEMORY_GIGABYTE_HOURS.name),
        lit("Pod").alias(summary::DATA_SOURCE.name),
        lit(super::finish::NO_COST).alias(summary::INFRASTRUCTURE_USAGE_COST.name),
    ];
    let converted = cpu.chain(memory).chain(capacity).collect::<Vec<_>>();
    super::finish::with_absent_columns_null(grouped.with_columns(converted))
}

#[cfg(test)]
mod tests;
