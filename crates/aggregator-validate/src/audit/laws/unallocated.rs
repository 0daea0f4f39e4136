//! Capacity that nobody used.

use std::collections::BTreeMap;

use aggregator_core::table::{ColumnDef, summary};

use crate::audit::Audit;
use crate::audit::law::{Finding, Findings, Law, Needs};
use crate::audit::line_items::Greatest;
use crate::audit::summary::{CAPACITIES, MADE_UP, RowKind, Summary};
use crate::audit::total::{Comparison, Total, cell, compare, double};
use crate::rows::{Cell, Number};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "unallocated-rows",
        says: "Every node with pods of a named namespace has a row of unallocated capacity that day, and no other node has one.",
        why: "They are made of the rows of pods, by node and day.",
        exceptions: "Pods with a null namespace do not count, nor do pods in a namespace that koku makes up (`Platform unallocated`, \
                     `Worker unallocated`, `Network unattributed`, `Storage unattributed`). Where several cost categories fit `Platform unallocated` or `Worker unallocated`, each node has as many equal \
                     rows; a null namespace fits none and has one. In koku's table in \
                     PostgreSQL, the row of a node without any capacity looks like that of a cost model, and is not missed.",
        needs: &[Needs::Column(summary::SOURCE_UUID), Needs::Column(summary::INFRASTRUCTURE_USAGE_COST)],
        check: unallocated_rows,
    },
    Law {
        name: "unallocated-capacity",
        says: "A row of unallocated capacity has the greatest capacities and the greatest id of the node's rows of pods.",
        why: "It is made of their maxima.",
        exceptions: "None.",
        needs: &[Needs::Column(summary::SOURCE_UUID), Needs::Column(summary::INFRASTRUCTURE_USAGE_COST)],
        check: unallocated_capacity,
    },
    Law {
        name: "unallocated-balance",
        says: "What is used and what is unallocated make the capacity of a node and day: for usage, request and effective usage of \
               CPU and memory.",
        why: "Unallocated is the capacity less the sum over the node's rows of pods. Rows that count several times, because labels or \
              cost categories fan out, are subtracted as often, so the sum holds whatever the fan-out is.",
        exceptions: "It is null where the capacity or all that was used is null. Pods in a null namespace, or \
                     in one that koku makes up, are not subtracted. Sums beyond the range of a double depend on their order, and \
                     are passed over.",
        needs: &[Needs::Column(summary::SOURCE_UUID), Needs::Column(summary::INFRASTRUCTURE_USAGE_COST)],
        check: unallocated_balance,
    },
];

/// What is used, and the capacity that it leaves.
const USED: [(ColumnDef, ColumnDef); 6] = [
    (summary::POD_USAGE_CPU_CORE_HOURS, summary::NODE_CAPACITY_CPU_CORE_HOURS),
    (summary::POD_REQUEST_CPU_CORE_HOURS, summary::NODE_CAPACITY_CPU_CORE_HOURS),
    (summary::POD_EFFECTIVE_USAGE_CPU_CORE_HOURS, summary::NODE_CAPACITY_CPU_CORE_HOURS),
    (summary::POD_USAGE_MEMORY_GIGABYTE_HOURS, summary::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS),
    (summary::POD_REQUEST_MEMORY_GIGABYTE_HOURS, summary::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS),
    (summary::POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS, summary::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS),
];

const BY_NODE: [ColumnDef; 3] = [summary::SOURCE_UUID, summary::USAGE_START, summary::NODE];

/// A node and day: its rows of pods that count, and its rows of unallocated capacity.
#[derive(Debug, Default)]
struct Node {
    pods: Vec<usize>,
    unallocated: Vec<usize>,
}

impl Node {
    fn row(&self) -> usize {
        self.pods.first().or(self.unallocated.first()).copied().unwrap_or_default()
    }
}

fn nodes(summary: &Summary<'_>) -> BTreeMap<Vec<i64>, Node> {
    let namespace = summary.view(summary::NAMESPACE);
    let node = summary.group(&BY_NODE);
    let mut nodes: BTreeMap<Vec<i64>, Node> = BTreeMap::new();
    for row in summary.of(RowKind::Pod).filter(|row| namespace.text(*row).is_some_and(|namespace| !MADE_UP.contains(&namespace))) {
        nodes.entry(node(row)).or_default().pods.push(row);
    }
    for row in summary.of(RowKind::Unallocated) {
        nodes.entry(node(row)).or_default().unallocated.push(row);
    }
    nodes
}

fn unallocated_rows(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let namespaces = summary.view(summary::NAMESPACE);
    let by_day = summary.group(&[summary::SOURCE_UUID, summary::USAGE_START, summary::NAMESPACE]);
    let mut times: BTreeMap<Vec<i64>, (usize, usize)> = BTreeMap::new();
    for node in nodes(summary).values() {
        let finding = |problem: &str| Finding::new(summary.key_of(&BY_NODE, node.row()), problem);
        let Some(first) = node.unallocated.first().copied() else {
            if summary.is_shared() && is_blank(summary, node) {
                findings.except("nodes without any number, whose row looks like that of a cost model");
                continue;
            }
            findings.check(false, || finding("pods, but no row of unallocated capacity"));
            continue;
        };
        if node.pods.is_empty() {
            findings.check(false, || finding("a row of unallocated capacity, but no pods"));
            continue;
        }
        if node.unallocated.iter().any(|row| namespaces.id(*row) != namespaces.id(first)) {
            findings.check(false, || finding("rows of unallocated capacity of two namespaces"));
            continue;
        }
        // The same categories fit the same namespace on every node.
        let count = node.unallocated.len();
        let expected = match namespaces.id(first) {
            None => 1,
            Some(_) => times.entry(by_day(first)).or_insert((count, first)).0,
        };
        findings.check(count == expected, || finding(&format!("{count} rows of unallocated capacity, where other nodes have {expected}")));
    }
}

/// Whether the row of unallocated capacity of a node has no number.
fn is_blank(summary: &Summary<'_>, node: &Node) -> bool {
    let has_none = |column| maximum(summary, column, &node.pods).get().is_none();
    CAPACITIES.into_iter().all(has_none)
}

fn unallocated_capacity(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let resource = summary.view(summary::RESOURCE_ID);
    for node in nodes(summary).values().filter(|node| !node.pods.is_empty()) {
        let greatest = node.pods.iter().filter_map(|row| resource.text(*row)).max();
        for row in &node.unallocated {
            if summary.has(summary::RESOURCE_ID) {
                findings.check(resource.text(*row) == greatest, || {
                    Finding::new(summary.key(*row), "not the greatest of the node's pods")
                        .of(summary::RESOURCE_ID)
                        .with("found", summary.cell(summary::RESOURCE_ID, *row))
                        .with("expected", greatest.map_or(Cell::Null, |text| Cell::Text(text.to_owned())))
                });
            }
            for column in CAPACITIES.into_iter().filter(|column| summary.has(*column)) {
                let expected = maximum(summary, column, &node.pods).get();
                let found = summary.view(column).number(*row).map(double);
                let same = |left: f64, right: f64| left.total_cmp(&right).is_eq() || left.is_nan() && right.is_nan() || nearly(left, right);
                let holds = found.is_none() && expected.is_none() || found.zip(expected).is_some_and(|(left, right)| same(left, right));
                findings.check(holds, || {
                    Finding::new(summary.key(*row), "not the greatest of the node's pods")
                        .of(column)
                        .with("found", summary.cell(column, *row))
                        .with("expected", expected.map_or(Cell::Null, cell))
                });
            }
        }
    }
}

/// Zeros of both signs are one number.
#[expect(clippy::float_cmp, reason = "a maximum is one of the numbers, nothing was added")]
fn nearly(left: f64, right: f64) -> bool {
    left == right
}

fn maximum(summary: &Summary<'_>, column: ColumnDef, rows: &[usize]) -> Greatest {
    let view = summary.view(column);
    let mut greatest = Greatest::default();
    for row in rows {
        greatest.add(view.number(*row).map(double));
    }
    greatest
}

fn unallocated_balance(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    for node in nodes(summary).values().filter(|node| !node.pods.is_empty()) {
        for (measure, capacity) in USED.into_iter().filter(|(measure, capacity)| summary.has(*measure) && summary.has(*capacity)) {
            let view = summary.view(measure);
            let mut used = Total::default();
            for row in &node.pods {
                used.add(view.number(*row));
            }
            let capacity = maximum(summary, capacity, &node.pods).get();
            let expected = match capacity {
                Some(capacity) if !used.is_null() => {
                    let mut left = used.times(-1.0);
                    left.add_double(capacity);
                    left
                }
                _ => Total::default(),
            };
            for row in &node.unallocated {
                let mut found = Total::default();
                found.add(view.number(*row));
                // The capacity is rounded, too.
                found.rounded += found.rounded;
                match compare(&found, &expected) {
                    Comparison::OutOfRange => findings.except("sums beyond the range of a double"),
                    comparison => findings.check(comparison == Comparison::Equal, || {
                        Finding::new(summary.key(*row), "capacity less usage is something else")
                            .of(measure)
                            .with("found", view.number(*row).map_or(Cell::Null, |number: Number| Cell::Number(number)))
                            .with("expected", expected.cell())
                            .with("capacity", capacity.map_or(Cell::Null, cell))
                            .with("used", used.cell())
                    }),
                }
            }
        }
    }
}
