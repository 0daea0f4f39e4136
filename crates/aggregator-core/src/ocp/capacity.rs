//! The capacity of nodes and of the cluster, day by day.
//!
//! # SQL
//! `trino_sql/openshift/reporting_ocpusagelineitem_daily_summary.sql`, the CTEs of node capacity and of cluster capacity.
//! # Nulls
//! Pods without a node (empty or null) have a capacity too, and count for the cluster. A capacity that is null in every hour is
//! null.

use super::with_usage_start;
use crate::table::ocp::{INTERVAL_START, NODE, NODE_CAPACITY_CPU_CORE_SECONDS, NODE_CAPACITY_MEMORY_BYTE_SECONDS};
use crate::table::steps::{CLUSTER_CAPACITY_CPU_CORE_SECONDS, CLUSTER_CAPACITY_MEMORY_BYTE_SECONDS, USAGE_START};
use crate::trino;
use polars::prelude::LazyFrame;

/// The capacity of each node over each day: the greatest of each interval, summed.
///
/// # Inputs
/// * `pod_usage_hourly` ([`POD_USAGE_HOURLY`](crate::table::ocp::POD_USAGE_HOURLY)): rows of the window.
/// # Output
/// [`NODE_CAPACITY`](crate::table::steps::NODE_CAPACITY); core-seconds, byte-seconds.
pub fn node_capacity(pod_usage_hourly: LazyFrame) -> LazyFrame {
    let capacities = [NODE_CAPACITY_CPU_CORE_SECONDS, NODE_CAPACITY_MEMORY_BYTE_SECONDS];
    let by_interval = pod_usage_hourly.group_by([INTERVAL_START.expr(), NODE.expr()]).agg(capacities.map(|capacity| capacity.expr().max()));
    with_usage_start(by_interval)
        .group_by([USAGE_START.expr(), NODE.expr()])
        .agg(capacities.map(|capacity| trino::sum(&capacity.expr()).alias(capacity.name)))
}

/// The capacity of the cluster over each day: the sum over its nodes.
///
/// # Inputs
/// * `node_capacity` ([`NODE_CAPACITY`](crate::table::steps::NODE_CAPACITY)).
/// # Output
/// [`CLUSTER_CAPACITY`](crate::table::steps::CLUSTER_CAPACITY); core-seconds, byte-seconds.
pub fn cluster_capacity(node_capacity: LazyFrame) -> LazyFrame {
    node_capacity.group_by([USAGE_START.expr()]).agg([
        trino::sum(&NODE_CAPACITY_CPU_CORE_SECONDS.expr()).alias(CLUSTER_CAPACITY_CPU_CORE_SECONDS.name),
        trino::sum(&NODE_CAPACITY_MEMORY_BYTE_SECONDS.expr()).alias(CLUSTER_CAPACITY_MEMORY_BYTE_SECONDS.name),
    ])
}

#[cfg(test)]
mod tests;
