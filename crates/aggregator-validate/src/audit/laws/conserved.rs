//! Nothing is lost and nothing made up between line items and result.

use std::collections::BTreeMap;

use aggregator_core::table::summary;

use crate::audit::Audit;
use crate::audit::compared::Compared;
use crate::audit::law::{Finding, Findings, Law, Needs};
use crate::audit::names::Name;
use crate::audit::summary::RowKind;
use crate::audit::total::{Comparison, compare};
use crate::rows::Cell;

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "groups-complete",
        says: "Every namespace on a node, and every claim, of the line items is in the result, and no other.",
        why: "Every line item of the window with a node is in a row of pods, and every line item of storage is in a row of storage.",
        exceptions: "Pods without a node are dropped. With `--no-storage`, as for `aggregator`, the tenant has no storage table, and its \
                     result no rows of storage.",
        needs: &[Needs::Column(summary::SOURCE_UUID), Needs::LineItems],
        check: groups_complete,
    },
    Law {
        name: "pods-conserved",
        says: "What the pods of a namespace on a node used, requested and were limited to is what their line items add up to, all \
               measures the same whole number of times.",
        why: "Rows are sums of line items. A line item counts once for each label text of its node and of its namespace and for each \
              cost category that fits: that is the same number for all measures of the group.",
        exceptions: "Sums beyond the range of a double depend on their order, and are passed over.",
        needs: &[Needs::Column(summary::SOURCE_UUID), Needs::LineItems],
        check: pods_conserved,
    },
    Law {
        name: "storage-conserved",
        says: "What a claim held, requested and used is what its line items add up to, all measures the same whole number of times, \
               request and usage shared by the nodes of the volume.",
        why: "As for pods. A claim counts on every node that its pod ran on, and once for every volume that it was seen with that day.",
        exceptions: "Request and usage are null where the volume was mounted on no node. Sums beyond the range of a double are passed \
                     over.",
        needs: &[Needs::Column(summary::SOURCE_UUID), Needs::LineItems],
        check: storage_conserved,
    },
    Law {
        name: "fan-out",
        says: "Line items count more than once only where labels or cost categories make them.",
        why: "The factor is the number of label sets of the node, times that of the namespace, times that of the cost categories that \
              fit the namespace. The number of different label texts of the day is the most that labels can do. With `--reference` the \
              patterns that fit are counted; without, a namespace without a category counts as fitted by none, and one with a category \
              must count alike on all nodes.",
        exceptions: "Patterns without a category, of which koku's settings know none: only `--reference` tells of them. Where all sums \
                     are too small to tell the factor, it is not known. Factors above one are correct where they are explained, and \
                     are reported.",
        needs: &[Needs::Column(summary::SOURCE_UUID), Needs::LineItems],
        check: fan_out,
    },
];

fn groups_complete(audit: &Audit<'_>, findings: &mut Findings) {
    for group in audit.compared() {
        findings.check(group.in_result == group.in_line_items, || {
            let problem = match (group.kind, group.in_result) {
                (RowKind::Storage, true) => "rows of storage, but no line items",
                (RowKind::Storage, false) => "line items of storage, but no rows",
                (_, true) => "rows of pods, but no line items",
                (_, false) => "line items of pods, but no rows",
            };
            Finding::new(group.key.clone(), problem)
        });
    }
}

fn pods_conserved(audit: &Audit<'_>, findings: &mut Findings) {
    conserved(audit.compared().iter().filter(|group| group.kind == RowKind::Pod), findings);
}

fn storage_conserved(audit: &Audit<'_>, findings: &mut Findings) {
    conserved(audit.compared().iter().filter(|group| group.kind == RowKind::Storage), findings);
}

fn conserved<'a>(groups: impl Iterator<Item = &'a Compared>, findings: &mut Findings) {
    // A group that one side lacks has its own law.
    for group in groups.filter(|group| group.in_result && group.in_line_items) {
        let factor = group.factor.unwrap_or(1);
        for measure in &group.measures {
            let comparison = match group.factor {
                Some(factor) => measure.judge(factor),
                // Too small to tell the factor: near enough to zero on both sides for any that labels could make.
                None => (1..=group.most())
                    .map(|factor| measure.judge(factor))
                    .find(|comparison| *comparison != Comparison::Different)
                    .unwrap_or(Comparison::Different),
            };
            match comparison {
                Comparison::OutOfRange => findings.except("sums beyond the range of a double"),
                comparison => findings.check(comparison == Comparison::Equal, || {
                    Finding::new(group.key.clone(), format!("not {factor} times the line items"))
                        .of(measure.column)
                        .with("found", measure.found.cell())
                        .with("line items", measure.once.cell())
                }),
            }
        }
        for (column, found, expected) in &group.maxima {
            findings.check(compare(found, expected) == Comparison::Equal, || {
                Finding::new(group.key.clone(), "not the greatest of the line items")
                    .of(*column)
                    .with("found", found.cell())
                    .with("line items", expected.cell())
            });
        }
    }
}

fn fan_out(audit: &Audit<'_>, findings: &mut Findings) {
    let known = || audit.compared().iter().filter_map(|group| Some((group, group.factor?)));
    let number = |number: u64| i32::try_from(number).map_or(Cell::Null, Cell::Integer);
    // What categories alone do to a namespace, where one text of labels does nothing.
    let mut by_category: BTreeMap<(Name, i32, Name), u64> = BTreeMap::new();
    for (group, factor) in known().filter(|(group, _)| group.has_category && group.most_by_labels == 1) {
        let place = (group.source, group.day, group.namespace);
        by_category.entry(place).and_modify(|least| *least = factor.min(*least)).or_insert(factor);
    }
    for (group, factor) in known() {
        let place = (group.source, group.day, group.namespace);
        let categories = group.by_categories.or(if group.has_category { by_category.get(&place).copied() } else { Some(1) });
        let most = categories.map(|categories| categories * group.most_by_labels);
        let finding = |problem: String| {
            Finding::new(group.key.clone(), problem).with("factor", number(factor)).with("label texts", number(group.most_by_labels))
        };
        findings.check(most.is_none_or(|most| factor <= most), || {
            finding(format!("line items count {factor} times, and labels and categories explain {}", most.unwrap_or_default()))
        });
        if factor > 1 && most.is_none_or(|most| factor <= most) {
            findings.note(|| finding(format!("line items count {factor} times")));
        }
    }
}
