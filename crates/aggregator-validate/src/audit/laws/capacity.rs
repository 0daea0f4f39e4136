//! What nodes and the cluster could have given.

use std::collections::BTreeMap;

use aggregator_core::table::{ColumnDef, summary};

use crate::audit::Audit;
use crate::audit::law::{Finding, Findings, Law, Needs};
use crate::audit::line_items::{Capacity, LineItems, Place};
use crate::audit::summary::{RowKind, Summary};
use crate::audit::total::{Comparison, Total, compare, double};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "node-capacity",
        says: "All rows of a node and day have one capacity, in core-hours and in GiB-hours.",
        why: "It is a sum over the hours of the node, which every row of the node and day gets. Cores and GiB are maxima of the row's \
              own line items, and may differ.",
        exceptions: "None.",
        needs: &[Needs::Column(summary::SOURCE_UUID)],
        check: node_capacity,
    },
    Law {
        name: "cluster-capacity",
        says: "All rows of pods and unallocated capacity of a source and day have one capacity of the cluster.",
        why: "It is a sum over all nodes of the day, which every row of the day gets.",
        exceptions: "None.",
        needs: &[Needs::Column(summary::SOURCE_UUID)],
        check: cluster_capacity,
    },
    Law {
        name: "cluster-covers-nodes",
        says: "The capacity of the cluster is at least that of the nodes that the result names.",
        why: "It is the sum over all nodes, also over those without pods that day and over pods without a node.",
        exceptions: "Hours with a negative capacity, which no operator reports; with `--inputs`, such days are passed over.",
        needs: &[Needs::Column(summary::SOURCE_UUID)],
        check: cluster_covers_nodes,
    },
    Law {
        name: "capacity-conserved",
        says: "The capacity of a node is that of its hours, and that of the cluster the sum over all nodes.",
        why: "Of each hour the greatest capacity of the node's line items counts; hours are added up to the day.",
        exceptions: "Sums beyond the range of a double depend on their order, and are passed over.",
        needs: &[Needs::Column(summary::SOURCE_UUID), Needs::LineItems],
        check: capacity_conserved,
    },
];

const OF_NODE: [ColumnDef; 2] = [summary::NODE_CAPACITY_CPU_CORE_HOURS, summary::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS];
const OF_CLUSTER: [ColumnDef; 2] = [summary::CLUSTER_CAPACITY_CPU_CORE_HOURS, summary::CLUSTER_CAPACITY_MEMORY_GIGABYTE_HOURS];

const BY_NODE: [ColumnDef; 3] = [summary::SOURCE_UUID, summary::USAGE_START, summary::NODE];
const BY_DAY: [ColumnDef; 2] = [summary::SOURCE_UUID, summary::USAGE_START];

fn on_nodes<'a>(summary: &'a Summary<'_>) -> impl Iterator<Item = usize> + 'a {
    summary.of(RowKind::Pod).chain(summary.of(RowKind::Unallocated))
}

fn node_capacity(audit: &Audit<'_>, findings: &mut Findings) {
    one_capacity(&audit.summary, &BY_NODE, &OF_NODE, findings);
}

fn cluster_capacity(audit: &Audit<'_>, findings: &mut Findings) {
    one_capacity(&audit.summary, &BY_DAY, &OF_CLUSTER, findings);
}

/// Whether the rows of each group have one value in each of `columns`; null is a value.
fn one_capacity(summary: &Summary<'_>, group: &[ColumnDef], columns: &[ColumnDef], findings: &mut Findings) {
    for rows in summary.groups(group, on_nodes(summary)).into_values() {
        let first = rows.first().copied().unwrap_or_default();
        for column in columns.iter().filter(|column| summary.has(**column)) {
            let view = summary.view(*column);
            for row in &rows {
                let (found, known) = (view.number(*row), view.number(first));
                let are_nan = |left, right| double(left).is_nan() && double(right).is_nan();
                let equal = found == known || found.zip(known).is_some_and(|(found, known)| are_nan(found, known));
                findings.check(equal, || {
                    Finding::new(summary.key(*row), "another capacity than in the first row")
                        .of(*column)
                        .with("found", summary.cell(*column, *row))
                        .with("first", summary.cell(*column, first))
                });
            }
        }
    }
}

/// The sources and days with a negative capacity in an hour.
fn has_negative_hours(audit: &Audit<'_>, row: usize) -> bool {
    let Some((line_items, place)) = place(audit, row) else { return false };
    let of_day = |other: &Place| (other.source, other.day) == (place.source, place.day);
    line_items.nodes.iter().any(|(other, capacity)| of_day(other) && capacity.0.iter().any(|total| total.is_negative))
}

/// The node of a row, where the line items of its day were read.
fn place<'a>(audit: &Audit<'a>, row: usize) -> Option<(&'a LineItems, Place)> {
    let line_items = audit.line_items?;
    let name = |column| line_items.names.known(audit.summary.view(column).text(row));
    let (source, day) = (name(summary::SOURCE_UUID)?, audit.summary.view(summary::USAGE_START).integer(row)?);
    let is_read = line_items.read.get(&source).is_some_and(|days| days.contains(&day));
    is_read.then_some(())?;
    // A node that no line item has had no hour.
    Some((line_items, Place { source, day, name: name(summary::NODE).unwrap_or_default() }))
}

fn cluster_covers_nodes(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let node = summary.group(&BY_NODE);
    for rows in summary.groups(&BY_DAY, on_nodes(summary)).into_values() {
        let first = rows.first().copied().unwrap_or_default();
        let nodes: BTreeMap<_, _> = rows.iter().map(|row| (node(*row), *row)).collect();
        for (of_node, of_cluster) in OF_NODE.into_iter().zip(OF_CLUSTER) {
            let mut named = Total::default();
            for row in nodes.values() {
                named.add(summary.view(of_node).number(*row));
            }
            let mut cluster = Total::default();
            cluster.add(summary.view(of_cluster).number(first));
            if cluster.is_null() || cluster.is_special || named.is_special {
                continue;
            }
            let holds = cluster.value() >= named.value() || compare(&cluster, &named) != Comparison::Different;
            if !holds && has_negative_hours(audit, first) {
                findings.except("hours with a negative capacity");
                continue;
            }
            findings.check(holds, || {
                Finding::new(summary.key_of(&BY_DAY, first), "less than the nodes together")
                    .of(of_cluster)
                    .with("cluster", cluster.cell())
                    .with("nodes", named.cell())
            });
        }
    }
}

fn capacity_conserved(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let of_node = |line_items: &LineItems, place: Place| line_items.nodes.get(&place).copied().unwrap_or_default();
    let of_cluster = |line_items: &LineItems, place: Place| line_items.cluster(place.source, place.day);
    conserved(audit, &summary.groups(&BY_NODE, on_nodes(summary)), &BY_NODE, &OF_NODE, &of_node, findings);
    conserved(audit, &summary.groups(&BY_DAY, on_nodes(summary)), &BY_DAY, &OF_CLUSTER, &of_cluster, findings);
}

/// Whether the first row of each group has the capacity of the line items; the other rows have another law.
fn conserved(
    audit: &Audit<'_>,
    groups: &BTreeMap<Vec<i64>, Vec<usize>>,
    group: &[ColumnDef],
    columns: &[ColumnDef; 2],
    expected: &dyn Fn(&LineItems, Place) -> Capacity,
    findings: &mut Findings,
) {
    let summary = &audit.summary;
    for first in groups.values().filter_map(|rows| rows.first().copied()) {
        let Some((line_items, place)) = place(audit, first) else { continue };
        let expected = expected(line_items, place).hours();
        for (column, expected) in columns.iter().zip(expected).filter(|(column, _)| summary.has(**column)) {
            let mut found = Total::default();
            found.add(summary.view(*column).number(first));
            match compare(&found, &expected) {
                Comparison::OutOfRange => findings.except("sums beyond the range of a double"),
                comparison => findings.check(comparison == Comparison::Equal, || {
                    Finding::new(summary.key_of(group, first), "not the capacity of the line items")
                        .of(*column)
                        .with("found", found.cell())
                        .with("line items", expected.cell())
                }),
            }
        }
    }
}
