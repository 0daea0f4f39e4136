//! The groups of a result beside those of its line items.

use std::collections::BTreeMap;

use aggregator_core::table::{ColumnDef, Kind, cloud_summary as cloud};

use super::laws::MARKUPS;
use super::line_items::{CloudLineItems, Copy, Extreme, Group, KEYS, Key, Sum, Totals};
use super::{CloudAudit, CloudLaw};
use crate::audit::names::Name;
use crate::rows::Cell;

/// The result beside its line items.
#[derive(Debug)]
pub(super) struct Compared<'a> {
    /// What is added up.
    pub(super) measures: Vec<Measure>,
    /// What is the greatest, each with its place in the grain.
    pub(super) extremes: Vec<(usize, ColumnDef)>,
    /// Every group of the result or of the line items.
    pub(super) groups: BTreeMap<Key, Pair<'a>>,
    /// Rows that name what no line item names.
    pub(super) strangers: Vec<usize>,
}

/// A sum of the result, and what it is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    pub(super) column: ColumnDef,
    /// The place of what is added up in the grain's sums.
    from: usize,
    /// What the sum is multiplied with.
    factor: Option<f64>,
    /// How much a row's rounding can change it.
    pub(super) rounding: f64,
}

impl Measure {
    pub(super) fn is_usage(&self) -> bool {
        [cloud::USAGE_AMOUNT, cloud::NORMALIZED_USAGE_AMOUNT, cloud::USAGE_QUANTITY].contains(&self.column)
    }

    /// What the line items say.
    pub(super) fn of(&self, totals: &Totals) -> Option<Sum> {
        let sum = totals.sums.get(self.from)?;
        Some(self.factor.map_or(*sum, |factor| sum.times(factor)))
    }
}

/// A group of the result beside that of the line items.
#[derive(Debug, Default)]
pub(super) struct Pair<'a> {
    pub(super) line_items: Option<&'a Group>,
    /// The rows of each copy that the reference data makes.
    pub(super) found: BTreeMap<Copy, Found>,
}

/// Rows of a result together.
#[derive(Debug)]
pub(super) struct Found {
    /// In the order of the measures.
    pub(super) sums: Vec<Sum>,
    /// In the order of the extremes.
    pub(super) extremes: Vec<Extreme>,
}

/// What the rows of a copy must add up to.
#[derive(Debug)]
pub(super) enum Expected {
    Known(Totals),
    /// Accounts that are cut alike: which of them a copy is of is not known.
    CutAlike,
    /// The reference data makes no such copy.
    NoSuchCopy,
}

/// The result of `audit` beside `items`.
pub(super) fn compare<'a>(audit: &CloudAudit<'_>, items: &'a CloudLineItems) -> Compared<'a> {
    let measures = measures(audit, items);
    let extremes: Vec<(usize, ColumnDef)> =
        items.grain.extremes.iter().copied().enumerate().filter(|(_, column)| audit.has(*column)).collect();
    let mut groups: BTreeMap<Key, Pair<'a>> =
        items.groups.iter().map(|(key, group)| (*key, Pair { line_items: Some(group), ..Pair::default() })).collect();
    let mut strangers = Vec::new();
    for row in 0..audit.rows.len() {
        let Some(key) = key(audit, items, row) else {
            strangers.push(row);
            continue;
        };
        let found = &mut groups.entry(key).or_default().found;
        let copy = copy(audit, items, row, found);
        let together = found.entry(copy).or_insert_with(|| Found {
            sums: measures.iter().map(|measure| Sum::none(items.grain.is_exact(measure.column))).collect(),
            extremes: vec![Extreme(None); extremes.len()],
        });
        for (sum, measure) in together.sums.iter_mut().zip(&measures) {
            if let Cell::Number(number) = audit.cell(measure.column, row) {
                sum.add_number(number);
            }
        }
        for (extreme, (_, column)) in together.extremes.iter_mut().zip(&extremes) {
            extreme.add(*column, audit.cell(*column, row));
        }
    }
    Compared { measures, extremes, groups, strangers }
}

/// The sums that the result has, and that the line items tell.
fn measures(audit: &CloudAudit<'_>, items: &CloudLineItems) -> Vec<Measure> {
    let rounding = |column: ColumnDef| match column.kind {
        Kind::Numeric { scale, .. } => 0.5 * 10_f64.powi(-i32::try_from(scale).unwrap_or_default()),
        _ => 0.0,
    };
    let own = items.grain.sums.iter().enumerate();
    // Azure's markups are a sum of their own, if the markup is known.
    let own = own.filter(|(_, column)| audit.has(**column) && (**column != cloud::MARKUP_COST || audit.markup.is_some()));
    let mut measures: Vec<Measure> =
        own.map(|(from, column)| Measure { column: *column, from, factor: None, rounding: rounding(*column) }).collect();
    let Some(markup) = audit.markup else { return measures };
    for (cost, column) in MARKUPS {
        let from = items.grain.sums.iter().position(|sum| *sum == cost);
        let Some(from) = from.filter(|_| audit.has(column) && !items.grain.sums.contains(&column)) else { continue };
        measures.push(Measure { column, from, factor: Some(markup.factor()), rounding: rounding(column) });
    }
    measures
}

/// What names the group of a row; none where no line item has one of its texts.
fn key(audit: &CloudAudit<'_>, items: &CloudLineItems, row: usize) -> Option<Key> {
    let name = |column: ColumnDef| match audit.cell(column, row) {
        Cell::Text(text) => items.names.known(Some(&text)),
        _ => Some(Name::NULL),
    };
    let mut names = [Name::NULL; KEYS];
    for (known, column) in names.iter_mut().zip(items.grain.keys) {
        *known = name(*column)?;
    }
    let day = match audit.cell(cloud::USAGE_START, row) {
        Cell::Date(day) if items.grain.is_daily => Some(day.to_epoch_days()),
        _ => None,
    };
    Some(Key { source: name(cloud::SOURCE_UUID)?, day, names })
}

/// Which copy a row is; in a summary of a month, each of several equal ones is another.
fn copy(audit: &CloudAudit<'_>, items: &CloudLineItems, row: usize, found: &BTreeMap<Copy, Found>) -> Copy {
    let id = |column: ColumnDef| match audit.cell(column, row) {
        Cell::Integer(id) if items.grain.copies.contains(&column) => Some(id),
        _ => None,
    };
    let mut copy = Copy { alias: id(cloud::ACCOUNT_ALIAS_ID), unit: id(cloud::ORGANIZATIONAL_UNIT_ID), ordinal: 0 };
    if !items.grain.is_daily {
        copy.ordinal = found.keys().filter(|known| (known.alias, known.unit) == (copy.alias, copy.unit)).count();
    }
    copy
}

impl Pair<'_> {
    /// What `copy` of this group must add up to.
    pub(super) fn expected(&self, items: &CloudLineItems, key: &Key, copy: Copy) -> Expected {
        let Some(group) = self.line_items else { return Expected::NoSuchCopy };
        let mut totals = group.accounts.iter();
        let reference = items.accounts.as_ref().filter(|_| items.grain.is_daily && !items.grain.copies.is_empty());
        let Some(reference) = reference else {
            return match (totals.next(), totals.next()) {
                (Some((_, totals)), None) => Expected::Known(totals.clone()),
                _ => Expected::CutAlike,
            };
        };
        let mut expected: Option<Totals> = None;
        for (account, totals) in totals {
            let copies = reference.copies(items.names.text(*account), items.names.text(key.source), key.day);
            for _ in 0..copies.get(&copy).copied().unwrap_or_default() {
                expected = Some(expected.map_or_else(|| totals.clone(), |expected| expected.plus(items.grain, totals)));
            }
        }
        expected.map_or(Expected::NoSuchCopy, Expected::Known)
    }
}

/// What a law of the line items needs.
pub(super) fn lacks(audit: &CloudAudit<'_>, law: &CloudLaw) -> Option<String> {
    let Some(items) = audit.line_items else { return Some("no line items were given (`--inputs`)".to_owned()) };
    if law.needs == Some(super::Asked::Copies) && items.grain.copies.is_empty() {
        return Some("line items of this cloud count once".to_owned());
    }
    let missing = items.grain.needed().find(|column| !audit.has(*column));
    missing.map(|column| format!("the result has no column `{}`", column.name))
}
