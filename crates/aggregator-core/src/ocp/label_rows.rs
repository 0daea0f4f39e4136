//! The labels of nodes and of namespaces, day by day.
//!
//! # SQL
//! `trino_sql/openshift/reporting_ocpusagelineitem_daily_summary.sql`, the CTEs of node labels and of namespace labels.
//! # Nulls
//! A null label text is a row with a null label set; beside a row with the empty set it is a second row, and fans out.

use crate::table::steps::{NAMESPACE_LABELS, NODE_LABELS};
use polars::prelude::{LazyFrame, UniqueKeepStrategy};

/// The label sets of each node on each day: several rows where they change within the day.
///
/// # Inputs
/// * `node_labels_daily` ([`Inputs::node_labels_daily`](super::Inputs)).
/// # Output
/// [`NODE_LABELS`].
pub fn node_labels(node_labels_daily: LazyFrame) -> LazyFrame {
    NODE_LABELS.select(node_labels_daily).unique(None, UniqueKeepStrategy::Any)
}

/// The label sets of each namespace on each day: several rows where they change within the day.
///
/// # Inputs
/// * `namespace_labels_daily` ([`Inputs::namespace_labels_daily`](super::Inputs)).
/// # Output
/// [`NAMESPACE_LABELS`].
pub fn namespace_labels(namespace_labels_daily: LazyFrame) -> LazyFrame {
    NAMESPACE_LABELS.select(namespace_labels_daily).unique(None, UniqueKeepStrategy::Any)
}

#[cfg(test)]
mod tests;
