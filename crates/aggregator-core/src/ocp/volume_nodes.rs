//! Which nodes a claim was mounted on, and how many nodes share a volume.
//!
//! # SQL
//! `trino_sql/openshift/reporting_ocpusagelineitem_daily_summary.sql`, the CTEs of volume nodes and of nodes per volume.
//! # Nulls
//! A null namespace or pod finds no node. An empty node is a node, a null one does not count.

use crate::table::ocp::{NAMESPACE, NODE, PERSISTENTVOLUME, PERSISTENTVOLUMECLAIM, POD, RESOURCE_ID};
use crate::table::steps::{NODE_COUNT, USAGE_START, VOLUME_NODES};
use polars::prelude::*;

/// The nodes that ran the pod of a claim that day; a pod on two nodes gives two rows.
///
/// # Inputs
/// * `storage_usage_daily`, `pod_usage_daily` ([`Inputs`](super::Inputs)): pods without a node too.
/// # Output
/// [`VOLUME_NODES`].
pub fn volume_nodes(storage_usage_daily: LazyFrame, pod_usage_daily: LazyFrame) -> LazyFrame {
    let distinct = UniqueKeepStrategy::Any;
    let keys = [USAGE_START.expr(), NAMESPACE.expr(), POD.expr()];
    let claims = storage_usage_daily
        .select([USAGE_START.expr(), NAMESPACE.expr(), POD.expr(), PERSISTENTVOLUMECLAIM.expr(), PERSISTENTVOLUME.expr()])
        .unique(None, distinct);
    let pods =
        pod_usage_daily.select([USAGE_START.expr(), NAMESPACE.expr(), POD.expr(), NODE.expr(), RESOURCE_ID.expr()]).unique(None, distinct);
    // Both sides are distinct, so their join is.
    VOLUME_NODES.select(claims.join(pods, keys.clone(), keys, JoinArgs::new(JoinType::Inner)))
}

/// How many distinct nodes a volume was mounted on that day, over all namespaces and claims.
///
/// # Inputs
/// * `volume_nodes` ([`VOLUME_NODES`]).
/// # Output
/// [`NODES_PER_VOLUME`](crate::table::steps::NODES_PER_VOLUME); 0 where every node is null.
pub fn nodes_per_volume(volume_nodes: LazyFrame) -> LazyFrame {
    volume_nodes.group_by([USAGE_START.expr(), PERSISTENTVOLUME.expr()]).agg([NODE
        .expr()
        .drop_nulls()
        .n_unique()
        .cast(NODE_COUNT.kind.data_type())
        .alias(NODE_COUNT.name)])
}

#[cfg(test)]
mod tests;
