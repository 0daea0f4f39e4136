//! The cost categories of namespaces.
//!
//! # SQL
//! `trino_sql/openshift/reporting_ocpusagelineitem_daily_summary.sql`, every join on the cost category namespaces:
//! `namespace LIKE pattern`, where the pattern is the table's column.

use crate::table::ocp::NAMESPACE;
use crate::table::reference::{COST_CATEGORY_ID, NAMESPACE_PATTERN};
use crate::table::steps::NAMESPACE_CATEGORIES;
use crate::trino;
use polars::prelude::*;

/// The categories of each distinct namespace of `rows`: one row per pattern that it fits, none where it fits none.
///
/// A join on the result multiplies as the SQL's join does.
///
/// # Inputs
/// * `rows`: anything with a `namespace`.
/// * `cost_categories` ([`COST_CATEGORIES`](crate::table::reference::COST_CATEGORIES)).
/// # Output
/// [`NAMESPACE_CATEGORIES`].
/// # Nulls
/// A null namespace fits no pattern. The category of a pattern may be null.
pub fn cost_categories(rows: LazyFrame, cost_categories: LazyFrame) -> LazyFrame {
    let namespaces = rows.select([NAMESPACE.expr()]).unique(None, UniqueKeepStrategy::Any);
    let pairs = namespaces.cross_join(cost_categories, None);
    NAMESPACE_CATEGORIES.select(pairs.filter(trino::like(NAMESPACE.expr(), NAMESPACE_PATTERN.expr())))
}

/// LEFT JOIN of `rows` to the categories of their namespaces; adds `cost_category_id`.
pub(super) fn join_cost_categories(rows: LazyFrame, of_namespaces: LazyFrame, categories: LazyFrame) -> LazyFrame {
    let categories = cost_categories(of_namespaces, categories).select([NAMESPACE.expr(), COST_CATEGORY_ID.expr()]);
    rows.join(categories, [NAMESPACE.expr()], [NAMESPACE.expr()], JoinArgs::new(JoinType::Left))
}

#[cfg(test)]
mod tests;
