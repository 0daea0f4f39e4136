//! What each namespace used: the daily summary added up over its days, nodes and labels.
//!
//! # Nulls
//! As in [`trino::sum`](crate::trino::sum): a measure that no row of the namespace has is null. A null namespace is a row: the
//! unallocated capacity of nodes whose role is not known.

use crate::table::summary::{NAMESPACE, NAMESPACE_TOTALS, POD_EFFECTIVE_USAGE_CPU_CORE_HOURS};
use crate::trino;
use polars::prelude::*;

/// The sums of each namespace, those with the most effective CPU first.
///
/// A sum of sums is a sum: totals of parts are merged by giving them, one after the other, to this function again.
///
/// # Inputs
/// * `rows`: anything with the columns of [`NAMESPACE_TOTALS`], such as rows of
///   [`OCP_DAILY_SUMMARY`](crate::table::summary::OCP_DAILY_SUMMARY) or earlier totals. A row that stands in the summary twice,
///   because two cost categories fit its namespace, counts twice.
/// # Output
/// [`NAMESPACE_TOTALS`]: core-hours, GiB-hours, GiB-months.
pub fn namespace_totals(rows: LazyFrame) -> LazyFrame {
    let measures = NAMESPACE_TOTALS.columns.iter().filter(|column| **column != NAMESPACE);
    let sums: Vec<_> = measures.map(|measure| trino::sum(&measure.expr()).alias(measure.name)).collect();
    let order = SortMultipleOptions::default().with_order_descending_multi([true, false]).with_nulls_last_multi([true, true]);
    rows.group_by([NAMESPACE.expr()]).agg(sums).sort([POD_EFFECTIVE_USAGE_CPU_CORE_HOURS.name, NAMESPACE.name], order)
}

#[cfg(test)]
mod tests;
