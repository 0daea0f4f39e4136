//! Unused node capacity of each day, as rows of the daily summary.
//!
//! # SQL
//! `trino_sql/openshift/reporting_ocpusagelineitem_daily_summary.sql`, second INSERT.
//! # Nulls
//! A node without a role (none known, null, empty, or another than master, infra, worker) gets a null namespace. Pods with a null
//! namespace do not count. The difference is null where the capacity or the whole usage is; it may be negative. Limits, labels and
//! storage columns are null.
//! # Differences from the SQL
//! None.

use super::cost_categories::join_cost_categories;
use crate::table::ColumnDef;
use crate::table::ocp::{NAMESPACE, NODE, RESOURCE_ID};
use crate::table::reference::NODE_ROLE;
use crate::table::steps::{SUMMARY_ROWS, USAGE_START};
use crate::table::summary::{
    CLUSTER_CAPACITY_CPU_CORE_HOURS, CLUSTER_CAPACITY_MEMORY_GIGABYTE_HOURS, DATA_SOURCE, NODE_CAPACITY_CPU_CORE_HOURS,
    NODE_CAPACITY_CPU_CORES, NODE_CAPACITY_MEMORY_GIGABYTE_HOURS, NODE_CAPACITY_MEMORY_GIGABYTES, POD_EFFECTIVE_USAGE_CPU_CORE_HOURS,
    POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS, POD_REQUEST_CPU_CORE_HOURS, POD_REQUEST_MEMORY_GIGABYTE_HOURS, POD_USAGE_CPU_CORE_HOURS,
    POD_USAGE_MEMORY_GIGABYTE_HOURS,
};
use crate::trino;
use polars::prelude::*;

const PLATFORM_UNALLOCATED: &str = "Platform unallocated";
const WORKER_UNALLOCATED: &str = "Worker unallocated";

/// Namespaces that koku makes up; their rows are no usage.
const NOT_USAGE: [&str; 4] = [PLATFORM_UNALLOCATED, WORKER_UNALLOCATED, "Network unattributed", "Storage unattributed"];

/// Capacities, kept by their maximum.
const CAPACITY: [ColumnDef; 6] = [
    NODE_CAPACITY_CPU_CORES,
    NODE_CAPACITY_CPU_CORE_HOURS,
    NODE_CAPACITY_MEMORY_GIGABYTES,
    NODE_CAPACITY_MEMORY_GIGABYTE_HOURS,
    CLUSTER_CAPACITY_CPU_CORE_HOURS,
    CLUSTER_CAPACITY_MEMORY_GIGABYTE_HOURS,
];

/// Measures, and the capacity that they leave unused.
const USED: [(ColumnDef, ColumnDef); 6] = [
    (POD_USAGE_CPU_CORE_HOURS, NODE_CAPACITY_CPU_CORE_HOURS),
    (POD_REQUEST_CPU_CORE_HOURS, NODE_CAPACITY_CPU_CORE_HOURS),
    (POD_EFFECTIVE_USAGE_CPU_CORE_HOURS, NODE_CAPACITY_CPU_CORE_HOURS),
    (POD_USAGE_MEMORY_GIGABYTE_HOURS, NODE_CAPACITY_MEMORY_GIGABYTE_HOURS),
    (POD_REQUEST_MEMORY_GIGABYTE_HOURS, NODE_CAPACITY_MEMORY_GIGABYTE_HOURS),
    (POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS, NODE_CAPACITY_MEMORY_GIGABYTE_HOURS),
];

/// The unallocated rows of the daily summary.
///
/// # Inputs
/// * `summary_rows` ([`SUMMARY_ROWS`]): the result of [`super::pod()`]; rows of storage are passed over.
/// * `nodes` ([`NODES`](crate::table::reference::NODES)): of all clusters of the tenant.
/// * `cost_categories` ([`COST_CATEGORIES`](crate::table::reference::COST_CATEGORIES)).
/// # Output
/// [`SUMMARY_ROWS`]: one row per (node, day), namespace “Platform unallocated”, “Worker unallocated” or null; two where two
/// patterns fit the namespace. Core-hours, GiB, GiB-hours.
pub fn unallocated(summary_rows: LazyFrame, nodes: LazyFrame, cost_categories: LazyFrame) -> LazyFrame {
    // koku keeps several records of a node; the greatest role in byte order wins, so worker before master before infra.
    let roles = nodes.group_by([NODE.expr(), RESOURCE_ID.expr()]).agg([NODE_ROLE.expr().max()]);
    let by_node = [NODE.expr(), RESOURCE_ID.expr()];
    let is_usage = NOT_USAGE.iter().fold(NODE.expr().is_not_null(), |all, name| all.and(NAMESPACE.expr().neq(lit(*name))));
    let role = |name: &'static str| NODE_ROLE.expr().eq(lit(name));
    let namespace = when(role("master").or(role("infra")))
        .then(lit(PLATFORM_UNALLOCATED))
        .when(role("worker"))
        .then(lit(WORKER_UNALLOCATED))
        .otherwise(NAMESPACE.null());

    let greatest = CAPACITY.iter().chain(&[RESOURCE_ID, NODE_ROLE]).map(|column| column.expr().max());
    let used = USED.iter().map(|(measure, _)| trino::sum(&measure.expr()).alias(measure.name));
    let rows = summary_rows
        .filter(DATA_SOURCE.expr().eq(lit("Pod")).and(is_usage))
        .join(roles, by_node.clone(), by_node, JoinArgs::new(JoinType::Left))
        .group_by([NODE.expr(), USAGE_START.expr()])
        .agg(greatest.chain(used).collect::<Vec<_>>())
        .with_columns(USED.map(|(measure, capacity)| (capacity.expr() - measure.expr()).alias(measure.name)))
        .with_columns([namespace.alias(NAMESPACE.name), lit("Pod").alias(DATA_SOURCE.name)]);
    let rows = join_cost_categories(rows.clone(), rows, cost_categories);
    SUMMARY_ROWS.select(super::finish::with_absent_columns_null(rows))
}

#[cfg(test)]
mod tests;
