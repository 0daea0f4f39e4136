//! The laws that hold a result against its line items.

use std::collections::{BTreeMap, BTreeSet};

use aggregator_core::table::cloud_summary as cloud;

use super::compared::{Compared, Expected, Found, Measure, Pair};
use super::laws::law;
use super::line_items::{CloudLineItems, Copy, Key, Totals};
use super::{Asked, CloudAudit, CloudLaw};
use crate::audit::law::{Finding, Findings};
use crate::audit::names::Name;
use crate::audit::total::Comparison;
use crate::rows::{Cell, Number};

/// Beside the line items.
pub(super) const LAWS: &[CloudLaw] = &[
    CloudLaw {
        needs: Some(Asked::Inputs),
        ..law(
            "groups-complete",
            "What the line items name by day, account, product or service, region and unit is in the result, and nothing else.",
            "Every line item of the window, and of GCP of the invoice month, is in one group of the summary; filters there are none but those of EC2.",
            "An instance of EC2 without a description at midnight of its latest day is dropped. Tags, labels, cost categories, resources and \
             types of instances of Azure and GCP are not looked at. Of GCP, an invoice month without any row is not missed, unless \
             `--invoice-month` names it; without that, three days on either side of the month count, as koku summarises them.",
            groups_complete,
        )
    },
    CloudLaw {
        needs: Some(Asked::Inputs),
        ..law(
            "cost-conserved",
            "The costs, credits and markups of a group are what its line items add up to, in every copy.",
            "A row is the sum of its line items: of AWS of doubles, rounded once; of Azure of decimals, rounded line by line, and so are credits \
             of GCP. The amortised cost of a line item of a savings plan is the effective one; usage that a plan covers costs nothing in the \
             summary of EC2.",
            "A number that Trino refuses counts as null, and a credit that is none as zero: how many groups have one is told. Sums beyond the range \
             of a double are passed over. Without `--markup`, markups are not looked at. A row without any amount is not missed where other \
             rows of its group are there.",
            cost_conserved,
        )
    },
    CloudLaw {
        needs: Some(Asked::Inputs),
        ..law(
            "usage-conserved",
            "The usage of a group is what its line items add up to, in every copy.",
            "A row is the sum of its line items. The negation of a savings plan uses nothing. Azure's quantities are rounded, and multiplied with \
             the number that their unit begins with.",
            "As for `cost-conserved`. Normalised usage is a double, where infinities and NaN come out as they come out of the additions.",
            usage_conserved,
        )
    },
    CloudLaw {
        needs: Some(Asked::Inputs),
        ..law(
            "greatest",
            "Rates, currency, unit and names of a group are the greatest of its line items; an instance begins on their first day and ends on \
             their last.",
            "The summary has the greatest of what it does not group by, and the greatest of its rows is that of all line items.",
            "As for `cost-conserved`. Of several rows of a group only the greatest is looked at.",
            greatest,
        )
    },
    CloudLaw {
        needs: Some(Asked::Copies),
        ..law(
            "fan-out",
            "Every group of an account and day stands once for each organisational unit of the account, and an instance once for each \
             description of its latest day.",
            "The SQL joins the alias of the account and the units that live on the day, and multiplies the rows. With `--reference`, these are \
             counted; without, all groups of an account and day must have the same.",
            "Accounts that are cut to the same 50 characters are passed over without `--reference`. More than one copy is correct, but counts cost more \
             than once: it is reported.",
            fan_out,
        )
    },
];

fn compared<'s, 'a>(audit: &'s CloudAudit<'a>) -> Option<(&'s CloudLineItems, &'s Compared<'a>)> {
    Some((audit.line_items?, audit.compared()?))
}

/// What names a copy of a group.
fn copy_key(items: &CloudLineItems, key: &Key, copy: Copy) -> Vec<(&'static str, Cell)> {
    let mut cells = items.cells(key);
    let id = |id: Option<i32>| id.map_or(Cell::Null, Cell::Integer);
    let ids = [(cloud::ACCOUNT_ALIAS_ID, copy.alias), (cloud::ORGANIZATIONAL_UNIT_ID, copy.unit)];
    cells.extend(ids.iter().filter(|(column, _)| items.grain.copies.contains(column)).map(|(column, of)| (column.name, id(*of))));
    cells
}

fn groups_complete(audit: &CloudAudit<'_>, findings: &mut Findings) {
    let Some((items, compared)) = compared(audit) else { return };
    for (key, pair) in &compared.groups {
        let rows = items.instances.get(key).map(super::line_items::Instance::rows);
        let problem = match (pair.line_items, pair.found.is_empty()) {
            (None, _) => Some("no line item has it"),
            (Some(_), true) if rows == Some(0) => {
                findings.except("instances without a description at midnight of their latest day");
                continue;
            }
            (Some(group), true) if begins_elsewhere(items, group.accounts.values()) => {
                findings.except("instances whose first day the database was not asked for");
                continue;
            }
            (Some(_), true) => Some("not in the result"),
            (Some(_), false) if rows == Some(0) => Some("it has no description at midnight of its latest day"),
            (Some(_), false) => None,
        };
        findings.check(problem.is_none(), || Finding::new(items.cells(key), problem.unwrap_or_default()));
    }
    for row in &compared.strangers {
        findings.check(false, || Finding::new(audit.key(*row), "no line item has it"));
    }
}

/// Whether a database that was asked for days leaves the instance out.
fn begins_elsewhere<'a>(items: &CloudLineItems, mut totals: impl Iterator<Item = &'a Totals>) -> bool {
    let Some(at) = items.grain.extremes.iter().position(|column| *column == cloud::USAGE_START) else { return false };
    let first = totals.next().and_then(|totals| totals.extremes.get(at)).and_then(|extreme| extreme.0.clone());
    matches!(first, Some(Cell::Date(day)) if !items.chosen.holds(day))
}

/// A copy of a group of the result beside what it must add up to.
struct Beside<'s> {
    items: &'s CloudLineItems,
    compared: &'s Compared<'s>,
    key: &'s Key,
    copy: Copy,
    found: &'s Found,
    expected: &'s Totals,
}

impl Beside<'_> {
    fn finding(&self, problem: &str) -> Finding {
        Finding::new(copy_key(self.items, self.key, self.copy), problem)
    }
}

/// Calls `each` with every copy of every group of the result.
fn each_copy(audit: &CloudAudit<'_>, findings: &mut Findings, each: impl Fn(&mut Findings, &Beside<'_>)) {
    let Some((items, compared)) = compared(audit) else { return };
    for (key, pair) in &compared.groups {
        for (copy, found) in &pair.found {
            match pair.expected(items, key, *copy) {
                Expected::Known(expected) => {
                    if expected.refused > 0 {
                        findings.except("groups with a number or credit that Trino refuses, which counts as none");
                    }
                    each(findings, &Beside { items, compared, key, copy: *copy, found, expected: &expected });
                }
                Expected::CutAlike => findings.except("accounts that are cut alike"),
                // Another law says so.
                Expected::NoSuchCopy => {}
            }
        }
    }
}

fn cost_conserved(audit: &CloudAudit<'_>, findings: &mut Findings) {
    conserved(audit, findings, |measure| !measure.is_usage());
}

fn usage_conserved(audit: &CloudAudit<'_>, findings: &mut Findings) {
    conserved(audit, findings, Measure::is_usage);
}

fn conserved(audit: &CloudAudit<'_>, findings: &mut Findings, wanted: fn(&Measure) -> bool) {
    each_copy(audit, findings, |findings, beside| {
        let measures = beside.compared.measures.iter().zip(&beside.found.sums);
        for (measure, found) in measures.filter(|(measure, _)| wanted(measure)) {
            let Some(expected) = measure.of(beside.expected) else { continue };
            let comparison = found.compare(&expected, measure.rounding);
            if comparison == Comparison::OutOfRange {
                findings.except("sums beyond the range of a double, or of a decimal");
                continue;
            }
            findings.check(comparison == Comparison::Equal, || {
                let finding = beside.finding("not what the line items add up to").of(measure.column);
                finding.with("found", found.cell()).with("expected", expected.cell())
            });
        }
    });
}

fn greatest(audit: &CloudAudit<'_>, findings: &mut Findings) {
    each_copy(audit, findings, |findings, beside| {
        for ((at, column), found) in beside.compared.extremes.iter().zip(&beside.found.extremes) {
            let Some(expected) = beside.expected.extremes.get(*at) else { continue };
            let (found, expected) = (found.0.clone().unwrap_or(Cell::Null), expected.cell(*column));
            let is_nan = |cell: &Cell| matches!(cell, Cell::Number(Number::Double(double)) if double.is_nan());
            findings.check(found == expected || is_nan(&found) && is_nan(&expected), || {
                beside.finding("not what the line items have").of(*column).with("found", found).with("expected", expected)
            });
        }
    });
}

/// A source, day and account, as it is cut.
type OfDay = (Name, Option<i32>, Name);

fn fan_out(audit: &CloudAudit<'_>, findings: &mut Findings) {
    let Some((items, compared)) = compared(audit) else { return };
    if !items.grain.is_daily {
        return instances(items, compared, findings);
    }
    let of_day = |key: &Key| -> OfDay { (key.source, key.day, key.names.first().copied().unwrap_or_default()) };
    // Without reference data, what one group of the account has, all must have.
    let mut accounts: BTreeMap<OfDay, (BTreeSet<Name>, BTreeSet<Copy>)> = BTreeMap::new();
    for (key, pair) in &compared.groups {
        let (names, copies) = accounts.entry(of_day(key)).or_default();
        names.extend(pair.line_items.iter().flat_map(|group| group.accounts.keys()));
        copies.extend(pair.found.keys());
    }
    let mut told = BTreeSet::new();
    for (key, pair) in compared.groups.iter().filter(|(_, pair)| pair.line_items.is_some() && !pair.found.is_empty()) {
        let Some((names, copies)) = accounts.get(&of_day(key)) else { continue };
        if items.accounts.is_none() && names.len() > 1 {
            findings.except("accounts that are cut alike");
            continue;
        }
        let expected = of_reference(items, key, pair).unwrap_or_else(|| copies.clone());
        let found: BTreeSet<Copy> = pair.found.keys().copied().collect();
        let other = found.symmetric_difference(&expected).next().copied();
        findings.check(other.is_none(), || {
            let copy = other.unwrap_or_default();
            let problem = if found.contains(&copy) { "a copy that the account does not have" } else { "the account has one more copy" };
            Finding::new(copy_key(items, key, copy), problem)
        });
        if expected.len() > 1 && told.insert(of_day(key)) {
            note(findings, Finding::new(account_key(items, key), "its line items count more than once"), expected.len());
        }
    }
}

/// What names an account and day.
fn account_key(items: &CloudLineItems, key: &Key) -> Vec<(&'static str, Cell)> {
    let columns = [cloud::SOURCE_UUID, cloud::USAGE_START, cloud::USAGE_ACCOUNT_ID].map(|column| column.name);
    items.cells(key).into_iter().filter(|(name, _)| columns.contains(name)).collect()
}

fn note(findings: &mut Findings, finding: Finding, times: usize) {
    findings.note(|| finding.with("times", i32::try_from(times).map_or(Cell::Null, Cell::Integer)));
}

/// The copies that the reference data makes of a group.
fn of_reference(items: &CloudLineItems, key: &Key, pair: &Pair<'_>) -> Option<BTreeSet<Copy>> {
    let accounts = items.accounts.as_ref()?;
    let names = pair.line_items?.accounts.keys();
    let copies = names.flat_map(|name| accounts.copies(items.names.text(*name), items.names.text(key.source), key.day).into_keys());
    Some(copies.collect())
}

/// An instance stands once for each description, times the aliases of its account.
fn instances(items: &CloudLineItems, compared: &Compared<'_>, findings: &mut Findings) {
    let account = items.grain.extremes.iter().position(|column| *column == cloud::USAGE_ACCOUNT_ID);
    for (key, pair) in compared.groups.iter().filter(|(_, pair)| !pair.found.is_empty()) {
        let Some((group, instance)) = pair.line_items.zip(items.instances.get(key)) else { continue };
        let mut found: BTreeMap<Option<i32>, usize> = BTreeMap::new();
        for copy in pair.found.keys() {
            *found.entry(copy.alias).or_default() += 1;
        }
        let account = account.and_then(|at| group.accounts.values().next()?.extremes.get(at)?.0.clone());
        let of_reference = items.accounts.as_ref().map(|accounts| {
            let text = if let Some(Cell::Text(text)) = &account { Some(text.as_str()) } else { None };
            accounts.copies(text, items.names.text(key.source), None).into_keys().map(|copy| copy.alias).collect()
        });
        let aliases: BTreeSet<Option<i32>> = of_reference.unwrap_or_else(|| found.keys().copied().collect());
        let expected: BTreeMap<Option<i32>, usize> = aliases.into_iter().map(|alias| (alias, instance.rows())).collect();
        let rows = |of: &BTreeMap<Option<i32>, usize>| i32::try_from(of.values().sum::<usize>()).map_or(Cell::Null, Cell::Integer);
        findings.check(found == expected, || {
            let finding = Finding::new(items.cells(key), "not once for each description and alias");
            finding.with("rows", rows(&found)).with("expected", rows(&expected))
        });
        let times: usize = expected.values().sum();
        if times > 1 {
            note(findings, Finding::new(items.cells(key), "its line items count more than once"), times);
        }
    }
}
