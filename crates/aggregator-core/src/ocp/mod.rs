//! The OpenShift daily summary, section by section, and the lists that feed it.
//!
//! [`daily_summary`] composes the sections in the order of the SQL. A caller that writes as it goes runs the two halves one after
//! the other, as the SQL does: [`pod_and_storage`], then [`unallocated()`] over its rows, and [`finish()`] over both.

mod capacity;
mod cost_categories;
mod finish;
mod inputs;
mod label_rows;
mod lists;
mod namespace_totals;
mod pod;
mod storage;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod unallocated;
mod volume_nodes;

pub use capacity::{cluster_capacity, node_capacity};
pub use cost_categories::cost_categories;
pub use finish::finish;
pub use inputs::{Inputs, LabelColumnError, LineItems, in_window, with_usage_start};
pub use label_rows::{namespace_labels, node_labels};
pub use lists::{nodes, projects, time_range, volumes};
pub use namespace_totals::namespace_totals;
pub use pod::pod;
pub use storage::storage;
pub use unallocated::unallocated;
pub use volume_nodes::{nodes_per_volume, volume_nodes};

use crate::run::Run;
use polars::prelude::{LazyFrame, UnionArgs, concat};

/// All rows of the daily summary of `run`, lazily.
///
/// # SQL
/// `trino_sql/openshift/reporting_ocpusagelineitem_daily_summary.sql`, the three INSERTs.
/// # Inputs
/// See [`Inputs`].
/// # Output
/// [`OCP_DAILY_SUMMARY`](crate::table::summary::OCP_DAILY_SUMMARY) and
/// [`ALL_LABELS`](crate::table::summary::ALL_LABELS).
/// # Nulls
/// As each section says.
/// # Differences from the SQL
/// The SQL's second and third INSERT read the managed table, and with it whatever an earlier run left there; here they read the
/// rows of this run only.
pub fn daily_summary(inputs: &Inputs, run: &Run) -> LazyFrame {
    let pod = pod(inputs);
    let unallocated = unallocated(pod.clone(), inputs.nodes.clone(), inputs.cost_categories.clone());
    let storage = inputs.storage_usage_daily.as_ref().map(|storage_usage| storage(inputs, storage_usage.clone(), run));
    finish(union([Some(pod), storage, Some(unallocated)]), &inputs.labels, run)
}

/// The rows of the first INSERT: pods, then storage where the tenant has a storage table.
///
/// # Output
/// [`SUMMARY_ROWS`](crate::table::steps::SUMMARY_ROWS).
pub fn pod_and_storage(inputs: &Inputs, run: &Run) -> LazyFrame {
    let storage = inputs.storage_usage_daily.as_ref().map(|storage_usage| storage(inputs, storage_usage.clone(), run));
    union([Some(pod(inputs)), storage])
}

/// The SQL's UNION is distinct, but its branches differ in `data_source` and are unique by themselves: the rows one after another.
fn union<const N: usize>(frames: [Option<LazyFrame>; N]) -> LazyFrame {
    let frames: Vec<_> = frames.into_iter().flatten().collect();
    // Only an empty list is refused, and there is always the first frame.
    concat(frames, UnionArgs { rechunk: false, ..UnionArgs::default() }).unwrap_or_default()
}
