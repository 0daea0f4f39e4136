//! Volumes, by day, namespace, node, claim, volume, storage class and labels.
//!
//! # SQL
//! `trino_sql/openshift/reporting_ocpusagelineitem_daily_summary.sql`, first INSERT, the half with data source “Storage”.
//! # Nulls
//! A claim whose pod had no line item that day has no node. A volume that was mounted nowhere has null request and usage, but a
//! capacity. Null labels of the volume or claim make the merged labels null; those of the node or namespace count as none.
//! # Differences from the SQL
//! None. Capacity is not shared by the nodes of a volume, request and usage are, as in the SQL.

use super::cost_categories::join_cost_categories;
use super::{Inputs, namespace_labels, node_labels, nodes_per_volume, volume_nodes};
use crate::labels::LabelSets;
use crate::run::{Run, last_of_month};
use crate::table::ocp::{
    CSI_VOLUME_HANDLE, NAMESPACE, NODE, PERSISTENTVOLUME, PERSISTENTVOLUMECLAIM, PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS,
    PERSISTENTVOLUMECLAIM_CAPACITY_BYTES, PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS, POD, RESOURCE_ID, STORAGECLASS,
    VOLUME_REQUEST_STORAGE_BYTE_SECONDS,
};
use crate::table::reference::COST_CATEGORY_ID;
use crate::table::steps::{
    NAMESPACE_LABEL_SET, NODE_COUNT, NODE_LABEL_SET, PERSISTENTVOLUME_LABEL_SET, PERSISTENTVOLUMECLAIM_LABEL_SET, SUMMARY_ROWS,
    USAGE_START, VOLUME_LABEL_SET,
};
use crate::table::{ColumnDef, summary};
use crate::trino;
use crate::units::{gibibyte_months, gibibytes};
use chrono::Datelike;
use polars::prelude::*;

/// Byte-seconds that are summed.
const SUMMED: [ColumnDef; 3] =
    [PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS, VOLUME_REQUEST_STORAGE_BYTE_SECONDS, PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS];

/// The storage rows of the daily summary.
///
/// # Inputs
/// `storage_usage_daily` and the `pod_usage_daily`, `node_labels_daily`, `namespace_labels_daily`, `cost_categories` of [`Inputs`].
/// # Output
/// [`SUMMARY_ROWS`]: one row per (day, namespace, node, resource_id, claim, volume, storage class, csi handle, merged label set);
/// GiB, GiB-months of the run's month.
pub fn storage(inputs: &Inputs, storage_usage_daily: LazyFrame, run: &Run) -> LazyFrame {
    let nodes = volume_nodes(storage_usage_daily.clone(), inputs.pod_usage_daily.clone());
    let per_volume = nodes_per_volume(nodes.clone());
    let line_items = by_own_labels(storage_usage_daily);
    let namespaces = line_items.clone();

    // Not joined on the volume: a claim seen with two volumes on one day fans out.
    let by_claim = [USAGE_START.expr(), PERSISTENTVOLUMECLAIM.expr(), POD.expr(), NAMESPACE.expr()];
    let nodes = nodes.drop(by_name([PERSISTENTVOLUME.name], true, false));
    let by_volume = [USAGE_START.expr(), PERSISTENTVOLUME.expr()];
    let by_node = [NODE.expr(), USAGE_START.expr()];
    let by_namespace = [NAMESPACE.expr(), USAGE_START.expr()];
    let left = || JoinArgs::new(JoinType::Left);
    let joined = line_items
        .join(nodes, by_claim.clone(), by_claim, left())
        .join(per_volume, by_volume.clone(), by_volume, left())
        .join(node_labels(inputs.node_labels_daily.clone()), by_node.clone(), by_node, left())
        .join(namespace_labels(inputs.namespace_labels_daily.clone()), by_namespace.clone(), by_namespace, left());
    let joined = join_cost_categories(joined, namespaces, inputs.cost_categories.clone());

    let labels = &inputs.labels;
    let of_node = LabelSets::or_empty(NODE_LABEL_SET.expr());
    let of_namespace = LabelSets::or_empty(NAMESPACE_LABEL_SET.expr());
    let merged = labels.overlay(labels.overlay(of_node, of_namespace), PERSISTENTVOLUME_LABEL_SET.expr());
    let merged = labels.overlay(merged, PERSISTENTVOLUMECLAIM_LABEL_SET.expr());
    let keys = [
        USAGE_START,
        NAMESPACE,
        NODE,
        RESOURCE_ID,
        PERSISTENTVOLUMECLAIM,
        PERSISTENTVOLUME,
        STORAGECLASS,
        CSI_VOLUME_HANDLE,
        VOLUME_LABEL_SET,
    ];
    let greatest = [COST_CATEGORY_ID, PERSISTENTVOLUMECLAIM_CAPACITY_BYTES, NODE_COUNT].map(|column| column.expr().max());
    let grouped = joined
        .with_column(merged.alias(VOLUME_LABEL_SET.name))
        .group_by(keys.map(|key| key.expr()))
        .agg(SUMMED.map(|seconds| trino::sum(&seconds.expr()).alias(seconds.name)).into_iter().chain(greatest).collect::<Vec<_>>());
    SUMMARY_ROWS.select(in_months(grouped, last_of_month(run.window.start()).day()))
}

/// Line items summed by everything but what the summary adds up: several files or chunks of a day become one row.
fn by_own_labels(storage_usage_daily: LazyFrame) -> LazyFrame {
    let keys = [
        USAGE_START,
        NAMESPACE,
        POD,
        PERSISTENTVOLUMECLAIM,
        PERSISTENTVOLUME,
        STORAGECLASS,
        CSI_VOLUME_HANDLE,
        PERSISTENTVOLUME_LABEL_SET,
        PERSISTENTVOLUMECLAIM_LABEL_SET,
    ];
    let sums = SUMMED.map(|seconds| trino::sum(&seconds.expr()).alias(seconds.name));
    let greatest = [PERSISTENTVOLUMECLAIM_CAPACITY_BYTES.expr().max()];
    storage_usage_daily.group_by(keys.map(|key| key.expr())).agg(sums.into_iter().chain(greatest).collect::<Vec<_>>())
}

/// The measures in the units of the summary, and the columns that storage does not have as nulls.
fn in_months(grouped: LazyFrame, days: u32) -> LazyFrame {
    let shared = |byte_seconds: ColumnDef| gibibyte_months(byte_seconds.expr() / NODE_COUNT.expr(), days);
    super::finish::with_absent_columns_null(
        grouped.with_columns([
            gibibytes(PERSISTENTVOLUMECLAIM_CAPACITY_BYTES.expr()).alias(summary::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE.name),
            gibibyte_months(PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS.expr(), days)
                .alias(summary::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE_MONTHS.name),
            shared(VOLUME_REQUEST_STORAGE_BYTE_SECONDS).alias(summary::VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS.name),
            shared(PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS).alias(summary::PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS.name),
            lit("Storage").alias(summary::DATA_SOURCE.name),
            lit(super::finish::NO_COST).alias(summary::INFRASTRUCTURE_USAGE_COST.name),
        ]),
    )
}

#[cfg(test)]
mod tests;
