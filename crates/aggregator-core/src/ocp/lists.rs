//! The lists that feed koku's reference tables: nodes, volumes, namespaces, and the time range of the line items.
//!
//! # SQL
//! `koku/reportdb_accessor_trino.py`: the queries for nodes, persistent volume claims, projects, and the first and last timestamp.

use crate::table::ocp::{
    CSI_VOLUME_HANDLE, INTERVAL_START, NAMESPACE, NODE, NODE_CAPACITY_CPU_CORES, NODE_LABELS, NODE_ROLE, PERSISTENTVOLUME,
    PERSISTENTVOLUMECLAIM, RESOURCE_ID,
};
use crate::table::reference::{ARCHITECTURE, NODE_LIST, PROJECT_LIST, VOLUME_LIST};
use polars::lazy::dsl::coalesce;
use polars::prelude::*;

/// Only on masters.
const MASTER_NAMESPACE: &str = "openshift-kube-apiserver";
/// koku looks for this text, blank included, and not for the label.
const INFRA_LABEL: &str = r#""node_role_kubernetes_io": "infra""#;
const ARCHITECTURE_LABEL: &str = "kubernetes_io_arch";

/// The nodes of a window, with role and architecture.
///
/// # Inputs
/// * `pod_usage_daily` ([`POD_USAGE_DAILY_NODES`](crate::table::ocp::POD_USAGE_DAILY_NODES)), rows of the window.
/// * `node_labels_daily` ([`NODE_LABELS_DAILY`](crate::table::ocp::NODE_LABELS_DAILY)), rows of the window.
/// # Output
/// [`NODE_LIST`]: cores; role `master`, `infra` or `worker` unless the line items name one.
/// # Nulls
/// A node without a row of labels is left out. An empty role in the line items is a role, and wins. The architecture is null when
/// the greatest label text does not name one.
pub fn nodes(pod_usage_daily: LazyFrame, node_labels_daily: LazyFrame) -> LazyFrame {
    let is_master = col("is_master");
    let is_infra = col("is_infra");
    // The SQL joins every pod to every label row of its node; only maxima are taken, so each side can be reduced first.
    let pods = pod_usage_daily.group_by([NODE.expr(), RESOURCE_ID.expr()]).agg([
        NODE_CAPACITY_CPU_CORES.expr().max(),
        NODE_ROLE.expr().max(),
        NAMESPACE.expr().eq(lit(MASTER_NAMESPACE)).any(true).alias("is_master"),
    ]);
    let labels = node_labels_daily
        .group_by([NODE.expr()])
        .agg([NODE_LABELS.expr().max(), NODE_LABELS.expr().str().contains_literal(lit(INFRA_LABEL)).any(true).alias("is_infra")]);
    let guessed = when(is_master).then(lit("master")).when(is_infra).then(lit("infra")).otherwise(lit("worker"));
    let rows = pods.join(labels, [NODE.expr()], [NODE.expr()], JoinArgs::new(JoinType::Inner)).with_columns([
        coalesce(&[NODE_ROLE.expr(), guessed]).alias(NODE_ROLE.name),
        architecture(NODE_LABELS.expr()).alias(ARCHITECTURE.name),
    ]);
    NODE_LIST.select(rows).sort([NODE.name, RESOURCE_ID.name], SortMultipleOptions::default())
}

/// The persistent volumes and claims of a window.
///
/// # Inputs
/// * `storage_usage_daily` ([`STORAGE_USAGE_DAILY_VOLUMES`](crate::table::ocp::STORAGE_USAGE_DAILY_VOLUMES)), rows of the window.
/// # Output
/// [`VOLUME_LIST`].
/// # Nulls
/// Kept; empty text too.
pub fn volumes(storage_usage_daily: LazyFrame) -> LazyFrame {
    VOLUME_LIST
        .select(storage_usage_daily)
        .unique(None, UniqueKeepStrategy::Any)
        .sort([PERSISTENTVOLUME, PERSISTENTVOLUMECLAIM, CSI_VOLUME_HANDLE].map(|column| column.name), SortMultipleOptions::default())
}

/// The namespaces of a window.
///
/// # Inputs
/// * `pod_usage_daily`: anything with a `namespace`, rows of the window, pods without a node too.
/// # Output
/// [`PROJECT_LIST`].
/// # Nulls
/// A null namespace is a row, and so is an empty one.
pub fn projects(pod_usage_daily: LazyFrame) -> LazyFrame {
    PROJECT_LIST.select(pod_usage_daily).unique(None, UniqueKeepStrategy::Any).sort([NAMESPACE.name], SortMultipleOptions::default())
}

/// The first and last `interval_start`, as `first` and `last`; null when there is no row.
///
/// # Inputs
/// * `pod_usage_daily`: anything with an `interval_start`.
pub fn time_range(pod_usage_daily: LazyFrame) -> LazyFrame {
    pod_usage_daily.select([INTERVAL_START.expr().min().alias("first"), INTERVAL_START.expr().max().alias("last")])
}

/// `lower(json_extract_scalar(labels, '$.kubernetes_io_arch'))`: null for text that is no object, and for a value that is no scalar.
fn architecture(labels: Expr) -> Expr {
    labels.map(
        |column| {
            let texts = column.str()?;
            let values = texts.iter().map(|text| {
                let object: serde_json::Value = serde_json::from_str(text?).ok()?;
                let value = match object.get(ARCHITECTURE_LABEL)? {
                    serde_json::Value::String(value) => value.clone(),
                    scalar @ (serde_json::Value::Bool(_) | serde_json::Value::Number(_)) => scalar.to_string(),
                    _ => return None,
                };
                Some(value.to_lowercase())
            });
            Ok(StringChunked::from_iter_options(texts.name().clone(), values).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::String)),
    )
}

#[cfg(test)]
mod tests;
