//! Totals of rows that are there, beside those that are expected.

use std::collections::BTreeMap;

use aggregator_core::table::{ColumnDef, cloud_summary, summary};
use chrono::NaiveDate;

use super::{Total, Words};
use crate::diff::tolerance::unallocated;
use crate::nise::report::{TotalMismatch, TotalsReport};
use crate::rows::{Cell, Number, Rows};

/// How the cells of a column become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Added.
    Sum,
    /// Of each node or cluster and day once; days are added.
    Once(&'static [ColumnDef]),
    /// Of each thing and day once, things are added; of the days the greatest.
    Greatest(&'static [ColumnDef]),
    /// The greatest of all.
    Max,
}

const NODES: &[ColumnDef] = &[summary::NODE];
const CLAIMS: &[ColumnDef] = &[summary::NAMESPACE, summary::PERSISTENTVOLUMECLAIM, summary::PERSISTENTVOLUME];

const RATES: &[ColumnDef] = &[
    cloud_summary::UNBLENDED_RATE,
    cloud_summary::BLENDED_RATE,
    cloud_summary::PUBLIC_ON_DEMAND_RATE,
    cloud_summary::NORMALIZATION_FACTOR,
];

impl Kind {
    fn of(column: &ColumnDef) -> Self {
        let is = |names: &[ColumnDef]| names.iter().any(|known| known.name == column.name);
        if is(&[summary::NODE_CAPACITY_CPU_CORE_HOURS, summary::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS]) {
            Self::Once(NODES)
        } else if is(&[summary::CLUSTER_CAPACITY_CPU_CORE_HOURS, summary::CLUSTER_CAPACITY_MEMORY_GIGABYTE_HOURS]) {
            Self::Once(&[])
        } else if is(&[summary::NODE_CAPACITY_CPU_CORES, summary::NODE_CAPACITY_MEMORY_GIGABYTES]) {
            Self::Greatest(NODES)
        } else if is(&[summary::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE]) {
            Self::Greatest(CLAIMS)
        } else if is(RATES) {
            Self::Max
        } else {
            Self::Sum
        }
    }
}

/// Checks `totals` of the file `name` in these words; `tolerance` is for those that have none.
pub(crate) fn check(name: &str, totals: &[Total], rows: &Rows, words: &Words, tolerance: f64) -> TotalsReport {
    let unallocated = unallocated(rows);
    let mismatches = totals.iter().filter_map(|total| {
        let actual = actual(total, rows, words, &unallocated);
        let allowed = (total.value.abs() * total.relative.unwrap_or(tolerance)).max(total.absolute);
        // Nothing at all is as good as zero.
        let is_equal = (actual.unwrap_or_default() - total.value).abs() <= allowed;
        (!is_equal).then(|| TotalMismatch { of: described(total), column: total.column.name, expected: total.value, actual, allowed })
    });
    TotalsReport { file: name.to_owned(), checked: totals.len(), mismatches: mismatches.collect() }
}

fn described(total: &Total) -> String {
    let selected = total.selected.iter().map(|(column, value)| format!("{}={value:?}", column.name));
    let tag = total.tag.iter().map(|(key, value)| format!("label {key}={value:?}"));
    std::iter::once(total.period.text()).chain(selected).chain(tag).collect::<Vec<_>>().join(" ")
}

fn actual(total: &Total, rows: &Rows, words: &Words, unallocated: &[bool]) -> Option<f64> {
    let kind = Kind::of(&total.column);
    let by_namespace = total.selected.iter().any(|(column, _)| column.name == summary::NAMESPACE.name);
    let mut found: Vec<(NaiveDate, Vec<String>, f64)> = Vec::new();
    for at in 0..rows.len() {
        let Cell::Date(day) = rows.cell(summary::USAGE_START.name, at) else { continue };
        // What nobody used is no usage, unless it is asked for by its namespace.
        let left_out = kind == Kind::Sum && !by_namespace && unallocated.get(at).copied().unwrap_or_default();
        if left_out || !total.period.has(day) || !is_selected(total, rows, words, at) {
            continue;
        }
        let Cell::Number(number) = rows.cell(total.column.name, at) else { continue };
        let things = match kind {
            Kind::Sum | Kind::Max => Vec::new(),
            Kind::Once(columns) | Kind::Greatest(columns) => columns.iter().map(|column| rows.cell(column.name, at).to_string()).collect(),
        };
        found.push((day, things, as_double(number)));
    }
    if found.is_empty() {
        return None;
    }
    if kind == Kind::Sum {
        return Some(found.iter().map(|(_, _, number)| number).sum());
    }
    if kind == Kind::Max {
        return found.into_iter().map(|(_, _, number)| number).reduce(f64::max);
    }
    let mut things: BTreeMap<(NaiveDate, Vec<String>), f64> = BTreeMap::new();
    for (day, thing, number) in found {
        things.entry((day, thing)).and_modify(|known| *known = known.max(number)).or_insert(number);
    }
    let mut days: BTreeMap<NaiveDate, f64> = BTreeMap::new();
    for ((day, _), number) in things {
        *days.entry(day).or_default() += number;
    }
    match kind {
        Kind::Greatest(_) => days.into_values().reduce(f64::max),
        Kind::Sum | Kind::Max | Kind::Once(_) => Some(days.into_values().sum()),
    }
}

fn is_selected(total: &Total, rows: &Rows, words: &Words, at: usize) -> bool {
    let selected = total.selected.iter().all(|(column, value)| rows.cell(column.name, at) == Cell::Text(value.clone()));
    let Some((key, value)) = &total.tag else { return selected };
    let has = |column: &ColumnDef| {
        let Cell::Text(labels) = rows.cell(column.name, at) else { return false };
        let labels: Option<serde_json::Value> = serde_json::from_str(&labels).ok();
        labels.as_ref().and_then(|labels| labels.get(key)).and_then(serde_json::Value::as_str) == Some(value)
    };
    selected && words.tags.iter().any(has)
}

fn as_double(number: Number) -> f64 {
    match number {
        Number::Double(double) => double,
        // The nearest double of its text.
        Number::Decimal(decimal) => decimal.to_string().parse().unwrap_or(f64::NAN),
    }
}
