//! Single numbers: their sign, their size, and effective usage.

use std::collections::BTreeSet;

use aggregator_core::table::{ColumnDef, Kind, summary};

use crate::audit::Audit;
use crate::audit::law::{Finding, Findings, Law};
use crate::audit::line_items::{Greatest, PodKey};
use crate::audit::names::Name;
use crate::audit::summary::{CAPACITIES, POD_MEASURES, RowKind, STORAGE_MEASURES, View};
use crate::audit::total::{Total, allowed, double};
use crate::rows::Number;

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "non-negative",
        says: "No measure and no capacity is negative, except what unallocated capacity leaves.",
        why: "They are sums and maxima of line items, which count something. Unallocated capacity is a difference: it is negative \
              where more was requested or used than there is.",
        exceptions: "Line items that are negative themselves, which no operator reports; with `--inputs`, days of a source with such are \
                     passed over.",
        needs: &[],
        check: non_negative,
    },
    Law {
        name: "effective-usage",
        says: "Effective usage is at least usage and at least request, where all three are there.",
        why: "It is the greater of both, hour by hour, and a sum of greater numbers is not less than the greater of the sums.",
        exceptions: "Line items whose own effective usage is less, and line items with usage but without request or the other way round, \
                     whose effective usage is null and does not count. koku's ingest writes neither; with `--inputs`, groups of them \
                     are passed over.",
        needs: &[],
        check: effective_usage,
    },
    Law {
        name: "numbers-fit",
        says: "Numbers fit numeric(33,15): finite, and below 10^18.",
        why: "PostgreSQL's columns hold no others: the copy fails.",
        exceptions: "None for a run that succeeded. What a failed run left in the managed table breaks the law.",
        needs: &[],
        check: numbers_fit,
    },
];

/// The least magnitude that does not fit.
const LIMIT: f64 = 1e18;

/// The same in units of 10^-15.
const LIMIT_UNITS: u128 = 10_u128.pow(33);

/// Usage, request and effective usage.
const EFFECTIVE: [[ColumnDef; 3]; 2] = [
    [summary::POD_USAGE_CPU_CORE_HOURS, summary::POD_REQUEST_CPU_CORE_HOURS, summary::POD_EFFECTIVE_USAGE_CPU_CORE_HOURS],
    [
        summary::POD_USAGE_MEMORY_GIGABYTE_HOURS,
        summary::POD_REQUEST_MEMORY_GIGABYTE_HOURS,
        summary::POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS,
    ],
];

fn non_negative(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let views = |columns: &mut dyn Iterator<Item = &ColumnDef>| columns.map(|column| (*column, summary.view(*column))).collect::<Vec<_>>();
    let all = views(&mut POD_MEASURES.iter().chain(&CAPACITIES).chain(&STORAGE_MEASURES));
    let capacities = views(&mut CAPACITIES.iter());
    let negative = negative_days(audit);
    let (source, day) = (summary.view(summary::SOURCE_UUID), summary.view(summary::USAGE_START));
    let is_excused = |row| {
        let source = audit.line_items.and_then(|line_items| line_items.names.known(source.text(row)));
        source.zip(day.integer(row)).is_some_and(|day| negative.contains(&day))
    };
    for row in 0..summary.len() {
        let views = if summary.kind(row) == RowKind::Unallocated { &capacities } else { &all };
        let wrong = views.iter().find(|(_, view)| view.number(row).map(double).is_some_and(|value| value < 0.0));
        if wrong.is_some() && is_excused(row) {
            findings.except("line items that are negative");
            continue;
        }
        findings.check(wrong.is_none(), || {
            let finding = Finding::new(summary.key(row), "negative");
            match wrong {
                Some((column, _)) => finding.of(*column).with("found", summary.cell(*column, row)),
                None => finding,
            }
        });
    }
}

/// The days of a source on which a line item is negative.
fn negative_days(audit: &Audit<'_>) -> BTreeSet<(Name, i32)> {
    let Some(line_items) = audit.line_items else { return BTreeSet::new() };
    let is_negative = |totals: &[Total], maxima: &[Greatest]| {
        totals.iter().any(|total| total.is_negative) || maxima.iter().any(|greatest| greatest.get().is_some_and(|value| value < 0.0))
    };
    let pods = line_items.pods.iter().filter(|(_, pods)| is_negative(&pods.seconds, &[pods.cores, pods.bytes]));
    let claims = line_items.storage.iter().filter(|(_, claims)| is_negative(&claims.seconds, &[claims.bytes]));
    let nodes = line_items.nodes.iter().filter(|(_, capacity)| is_negative(&capacity.0, &[]));
    pods.map(|(key, _)| (key.source, key.day))
        .chain(claims.map(|(key, _)| (key.source, key.day)))
        .chain(nodes.map(|(key, _)| (key.source, key.day)))
        .collect()
}

fn effective_usage(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    for (at, columns) in EFFECTIVE.into_iter().enumerate() {
        let [usage, request, effective] = columns.map(|column| summary.view(column));
        for row in summary.of(RowKind::Pod) {
            let value = |view: View<'_>| view.number(row).map(double);
            let (Some(usage), Some(request), Some(effective)) = (value(usage), value(request), value(effective)) else { continue };
            // NaN is greater and less than nothing.
            let least = usage.max(request);
            let [_, _, column] = columns;
            let is_less = effective < least - allowed(least.abs(), 2);
            if !is_less {
                findings.check(true, || Finding::new(Vec::new(), ""));
            } else if odd_effective(audit, row, at) {
                findings.except("line items whose effective usage is null or less than usage or request");
            } else {
                let [usage, request, _] = columns;
                findings.check(false, || {
                    Finding::new(summary.key(row), "less than usage or request")
                        .of(column)
                        .with("found", summary.cell(column, row))
                        .with("usage", summary.cell(usage, row))
                        .with("request", summary.cell(request, row))
                });
            }
        }
    }
}

/// Whether the line items of a row's group have an effective usage that koku's ingest does not write.
fn odd_effective(audit: &Audit<'_>, row: usize, at: usize) -> bool {
    let Some(line_items) = audit.line_items else { return false };
    let name = |column| line_items.names.known(audit.summary.view(column).text(row));
    let key = || {
        Some(PodKey {
            source: name(summary::SOURCE_UUID)?,
            day: audit.summary.view(summary::USAGE_START).integer(row)?,
            namespace: name(summary::NAMESPACE)?,
            node: name(summary::NODE)?,
        })
    };
    let odd = key().and_then(|key| line_items.pods.get(&key)).and_then(|pods| pods.odd_effective.get(at));
    odd.is_some_and(|odd| *odd > 0)
}

fn numbers_fit(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let columns: Vec<ColumnDef> = summary.columns().filter(|column| column.kind == Kind::Double).collect();
    for column in columns {
        let view = summary.view(column);
        for row in 0..summary.len() {
            let fits = match view.number(row) {
                None => continue,
                Some(Number::Double(double)) => double.abs() < LIMIT,
                Some(Number::Decimal(decimal)) => decimal.units().unsigned_abs() < LIMIT_UNITS,
            };
            findings.check(fits, || {
                Finding::new(summary.key(row), "does not fit numeric(33,15)").of(column).with("found", summary.cell(column, row))
            });
        }
    }
}
