//! The groups of the result beside those of the line items: pods by namespace and node, claims by everything that names them.
//!
//! A line item counts once for every combination of label texts of its node and namespace and of cost categories that fit its
//! namespace: the same number of times in every measure of a group. That number is found here, not known.

use std::collections::{BTreeMap, BTreeSet};

use aggregator_core::table::{ColumnDef, summary};
use aggregator_core::units::GIBIBYTES_PER_BYTE;
use chrono::NaiveDate;

use super::line_items::{Claims, Greatest, LineItems, PodKey, Pods, StorageKey, days_of_month};
use super::names::{Name, Names};
use super::summary::{POD_MEASURES, RowKind, STORAGE_MEASURES, Summary, View};
use super::total::{Comparison, Total, allowed, compare as compare_totals, double};
use crate::rows::{Cell, Number};

/// Below this part of a number, its uncertainty leaves no doubt about a small factor.
const CERTAIN: f64 = 0.1;

/// How many cost categories fit a namespace at most, where their patterns are not known.
const MOST_CATEGORIES: u64 = 64;

/// The greatest factor that is believed.
const MOST: f64 = 1e6;

/// A group of the result beside that of the line items.
#[derive(Clone, Debug)]
pub(crate) struct Compared {
    /// What names the group.
    pub(crate) key: Vec<(&'static str, Cell)>,
    /// Pods or storage.
    pub(crate) kind: RowKind,
    pub(crate) source: Name,
    pub(crate) day: i32,
    pub(crate) namespace: Name,
    /// Whether the result has it.
    pub(crate) in_result: bool,
    /// Whether the line items have it.
    pub(crate) in_line_items: bool,
    /// The sums.
    pub(crate) measures: Vec<Measure>,
    /// The maxima: what the result has, and what the line items say.
    pub(crate) maxima: Vec<(ColumnDef, Total, Total)>,
    /// How often a line item counts; none where all sums are too small to tell.
    pub(crate) factor: Option<u64>,
    /// How often it can count by the labels that there are.
    pub(crate) most_by_labels: u64,
    /// How often it counts by the cost categories that fit, if the patterns are known.
    pub(crate) by_categories: Option<u64>,
    /// Whether its rows have a cost category.
    pub(crate) has_category: bool,
}

impl Compared {
    /// How often a line item can count, as far as that is known.
    pub(crate) fn most(&self) -> u64 {
        let categories = self.by_categories.unwrap_or(if self.has_category { MOST_CATEGORIES } else { 1 });
        self.most_by_labels.max(1).saturating_mul(categories)
    }
}

/// A sum of a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    pub(crate) column: ColumnDef,
    pub(crate) found: Total,
    /// What the line items add up to, each once.
    pub(crate) once: Total,
}

impl Measure {
    /// Whether the result has `factor` times what the line items have.
    pub(crate) fn judge(&self, factor: u64) -> Comparison {
        compare_totals(&self.found, &self.expected(factor))
    }

    /// What the line items make, each counted `factor` times.
    pub(crate) fn expected(&self, factor: u64) -> Total {
        #[expect(clippy::cast_precision_loss, reason = "a factor that is believed is small")]
        self.once.times(factor as f64)
    }

    /// The factor that this measure alone tells.
    fn factor(&self) -> Option<u64> {
        let (found, once) = (self.found.value(), self.once.value());
        let uncertain = allowed(self.found.magnitude + self.once.magnitude, self.found.rounded);
        let ratio = (found / once).round();
        // NaN and infinities fail these comparisons.
        if uncertain < CERTAIN * once.abs() && (1.0..MOST).contains(&ratio) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number between 1 and a million")]
            return Some(ratio as u64);
        }
        None
    }
}

/// The factor of which most measures tell, the smallest of several.
fn factor(measures: &[Measure]) -> Option<u64> {
    let candidates: BTreeSet<u64> = measures.iter().filter_map(Measure::factor).collect();
    let broken = |factor: u64| measures.iter().filter(|measure| measure.judge(factor) == Comparison::Different).count();
    candidates.into_iter().map(|factor| (broken(factor), factor)).min().map(|(_, factor)| factor)
}

/// What the result has of a group.
#[derive(Clone, Debug, Default)]
struct Found {
    is_there: bool,
    sums: Vec<Total>,
    maxima: Vec<Greatest>,
    rounded: u64,
    has_category: bool,
}

/// Every group of the result and of the line items, on the days of which the line items were read.
pub(crate) fn compare(summary: &Summary<'_>, line_items: &LineItems) -> Vec<Compared> {
    let mut reader = Reader { summary, line_items, names: line_items.names.clone() };
    let mut compared = reader.pods();
    compared.extend(reader.storage());
    compared
}

struct Reader<'a> {
    summary: &'a Summary<'a>,
    line_items: &'a LineItems,
    names: Names,
}

impl Reader<'_> {
    fn pods(&mut self) -> Vec<Compared> {
        const MAXIMA: [ColumnDef; 2] = [summary::NODE_CAPACITY_CPU_CORES, summary::NODE_CAPACITY_MEMORY_GIGABYTES];
        let [namespaces, nodes] = [summary::NAMESPACE, summary::NODE].map(|column| self.summary.view(column));
        let data_source = self.summary.view(summary::DATA_SOURCE);
        let views = Views::new(self.summary, &POD_MEASURES, &MAXIMA);
        let mut found: BTreeMap<PodKey, Found> = BTreeMap::new();
        for row in 0..self.summary.len() {
            let Some((source, day)) = self.read_day(&views, row) else { continue };
            let kind = self.summary.kind(row);
            if kind != RowKind::Pod && !(kind == RowKind::Other && data_source.text(row) == Some("Pod")) {
                continue;
            }
            let (namespace, node) = (self.names.name(namespaces.text(row)), self.names.name(nodes.text(row)));
            let key = PodKey { source, day, namespace, node };
            match kind {
                RowKind::Pod => views.add(row, found.entry(key).or_default()),
                // A row without any measure may be of a cost model, or of line items without any.
                _ if self.line_items.pods.contains_key(&key) => found.entry(key).or_default().is_there = true,
                _ => {}
            }
        }
        let nothing = Found::default();
        let keys: BTreeSet<&PodKey> = found.keys().chain(self.line_items.pods.keys()).collect();
        keys.into_iter()
            .map(|key| {
                let PodKey { source, day, namespace, node } = *key;
                let items = self.line_items.pods.get(key);
                let pods = items.copied().unwrap_or_default();
                let expected = [pods.cores.get(), pods.bytes.get().map(|bytes| bytes * GIBIBYTES_PER_BYTE)];
                let group = Group {
                    kind: RowKind::Pod,
                    source,
                    day,
                    namespace,
                    node,
                    key: self.key(source, day, &[(summary::NAMESPACE, namespace), (summary::NODE, node)]),
                };
                let columns = Columns { sums: &POD_MEASURES, maxima: &MAXIMA };
                let expected = Expected { in_line_items: items.is_some(), sums: &Pods::hours(&pods), maxima: &expected };
                self.compared(group, &columns, found.get(key).unwrap_or(&nothing), &expected)
            })
            .collect()
    }

    fn storage(&mut self) -> Vec<Compared> {
        let [largest, sums @ ..] = STORAGE_MEASURES;
        let maxima = [largest];
        let has_handle = self.summary.has(summary::CSI_VOLUME_HANDLE);
        let texts = [
            summary::NAMESPACE,
            summary::NODE,
            summary::RESOURCE_ID,
            summary::PERSISTENTVOLUMECLAIM,
            summary::PERSISTENTVOLUME,
            summary::STORAGECLASS,
            summary::CSI_VOLUME_HANDLE,
        ]
        .map(|column| self.summary.view(column));
        let views = Views::new(self.summary, &sums, &maxima);
        let mut found: BTreeMap<StorageKey, Found> = BTreeMap::new();
        for row in self.summary.of(RowKind::Storage) {
            let Some((source, day)) = self.read_day(&views, row) else { continue };
            let [namespace, node, resource_id, claim, volume, storageclass, csi_volume_handle] =
                texts.map(|view| self.names.name(view.text(row)));
            let key = StorageKey { source, day, namespace, node, resource_id, claim, volume, storageclass, csi_volume_handle };
            views.add(row, found.entry(key).or_default());
        }
        let mut items: BTreeMap<StorageKey, Sums> = BTreeMap::new();
        for (key, claims) in &self.line_items.storage {
            // koku's PostgreSQL table lacks the handle: its rows add up what has the rest of the key.
            let handle = if has_handle { key.csi_volume_handle } else { Name::NULL };
            items.entry(StorageKey { csi_volume_handle: handle, ..*key }).or_default().add(claims, key.day);
        }
        let nothing = Found::default();
        let keys: BTreeSet<&StorageKey> = found.keys().chain(items.keys()).collect();
        keys.into_iter()
            .map(|key| {
                let StorageKey { source, day, namespace, node, .. } = *key;
                let claims = items.get(key).copied();
                let of_key = claims.unwrap_or_default();
                let named = [
                    (summary::NAMESPACE, namespace),
                    (summary::NODE, node),
                    (summary::RESOURCE_ID, key.resource_id),
                    (summary::PERSISTENTVOLUMECLAIM, key.claim),
                    (summary::PERSISTENTVOLUME, key.volume),
                    (summary::STORAGECLASS, key.storageclass),
                    (summary::CSI_VOLUME_HANDLE, key.csi_volume_handle),
                ];
                let group = Group { kind: RowKind::Storage, source, day, namespace, node, key: self.key(source, day, &named) };
                let columns = Columns { sums: &sums, maxima: &maxima };
                let largest = [of_key.bytes.get().map(|bytes| bytes * GIBIBYTES_PER_BYTE)];
                let expected = Expected { in_line_items: claims.is_some(), sums: &of_key.months, maxima: &largest };
                self.compared(group, &columns, found.get(key).unwrap_or(&nothing), &expected)
            })
            .collect()
    }

    fn compared(&self, group: Group, columns: &Columns<'_>, found: &Found, expected: &Expected<'_>) -> Compared {
        let Group { kind, source, day, namespace, node, key } = group;
        let sum = |at: usize| found.sums.get(at).copied().unwrap_or_default();
        let greatest = |at: usize| found.maxima.get(at).copied().unwrap_or_default().get();
        let measures: Vec<Measure> = columns
            .sums
            .iter()
            .zip(expected.sums)
            .enumerate()
            .filter(|(_, (column, _))| self.summary.has(**column))
            .map(|(at, (column, once))| Measure { column: *column, found: sum(at), once: *once })
            .collect();
        let maxima = columns
            .maxima
            .iter()
            .zip(expected.maxima)
            .enumerate()
            .filter(|(_, (column, _))| self.summary.has(**column))
            .map(|(at, (column, expected))| (*column, one(greatest(at), found.rounded.min(1)), one(*expected, 0)))
            .collect();
        Compared {
            factor: factor(&measures),
            key,
            kind,
            source,
            day,
            namespace,
            in_result: found.is_there,
            in_line_items: expected.in_line_items,
            measures,
            maxima,
            most_by_labels: self.line_items.most_by_labels(source, day, namespace, node),
            by_categories: self.line_items.by_categories(namespace),
            has_category: found.has_category,
        }
    }

    /// Source and day of a row, if the line items of that day were read.
    fn read_day(&self, views: &Views<'_>, row: usize) -> Option<(Name, i32)> {
        let source = self.line_items.names.known(views.source.text(row))?;
        let day = views.day.integer(row)?;
        self.line_items.read.get(&source)?.contains(&day).then_some((source, day))
    }

    fn key(&self, source: Name, day: i32, named: &[(ColumnDef, Name)]) -> Vec<(&'static str, Cell)> {
        let text = |name| self.names.text(name).map_or(Cell::Null, |text| Cell::Text(text.to_owned()));
        let day = NaiveDate::from_epoch_days(day).map_or(Cell::Null, Cell::Date);
        let first = [(summary::SOURCE_UUID.name, text(source)), (summary::USAGE_START.name, day)];
        first.into_iter().chain(named.iter().map(|(column, name)| (column.name, text(*name)))).collect()
    }
}

struct Group {
    kind: RowKind,
    source: Name,
    day: i32,
    namespace: Name,
    node: Name,
    key: Vec<(&'static str, Cell)>,
}

struct Columns<'a> {
    sums: &'a [ColumnDef],
    maxima: &'a [ColumnDef],
}

struct Expected<'a> {
    in_line_items: bool,
    sums: &'a [Total],
    maxima: &'a [Option<f64>],
}

/// One number as a total.
fn one(value: Option<f64>, rounded: u64) -> Total {
    let mut total = Total::default();
    if let Some(value) = value {
        total.add_double(value);
        total.rounded = rounded;
    }
    total
}

/// The claims of line items that one row of the result can hold.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    months: [Total; 3],
    bytes: Greatest,
}

impl Sums {
    fn add(&mut self, claims: &Claims, day: i32) {
        for (total, more) in self.months.iter_mut().zip(claims.months(days_of_month(day))) {
            *total = total.plus(&more);
        }
        self.bytes.add(claims.bytes.get());
    }
}

/// The columns of the result that are compared.
struct Views<'a> {
    source: View<'a>,
    day: View<'a>,
    category: View<'a>,
    sums: Vec<View<'a>>,
    maxima: Vec<View<'a>>,
}

impl<'a> Views<'a> {
    fn new(summary: &Summary<'a>, sums: &[ColumnDef], maxima: &[ColumnDef]) -> Self {
        let views = |columns: &[ColumnDef]| columns.iter().map(|column| summary.view(*column)).collect();
        Self {
            source: summary.view(summary::SOURCE_UUID),
            day: summary.view(summary::USAGE_START),
            category: summary.view(summary::COST_CATEGORY_ID),
            sums: views(sums),
            maxima: views(maxima),
        }
    }

    fn add(&self, row: usize, found: &mut Found) {
        found.is_there = true;
        found.has_category |= !self.category.is_null(row);
        found.sums.resize(self.sums.len(), Total::default());
        found.maxima.resize(self.maxima.len(), Greatest::default());
        for (total, view) in found.sums.iter_mut().zip(&self.sums) {
            total.add(view.number(row));
        }
        for (greatest, view) in found.maxima.iter_mut().zip(&self.maxima) {
            let number = view.number(row);
            greatest.add(number.map(double));
            found.rounded += u64::from(matches!(number, Some(Number::Decimal(_))));
        }
    }
}
