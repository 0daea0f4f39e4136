//! The line items that a result was made of, added up by day, namespace and node, and by claim.
//!
//! The sums are made here, in plain loops: nothing of aggregator-core's transforms takes part.

mod day;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use aggregator_core::table::{ColumnDef, ocp};
use aggregator_core::trino::Pattern;
use aggregator_core::units::{GIBIBYTES_PER_BYTE, SECONDS_PER_DAY, SECONDS_PER_HOUR};
use chrono::{Datelike, NaiveDate};

use super::names::{Name, Names};
use super::summary::{POD_MEASURES, STORAGE_MEASURES};
use super::total::Total;

pub use read::{InputStore, read};

pub(crate) use day::Day;
pub(crate) use read::{MILLISECONDS_PER_DAY, Spool, days_at_a_time, plain};

/// What of a pod is added up, in the order of [`POD_MEASURES`]: CPU, then memory.
pub(crate) const POD_SECONDS: [ColumnDef; 8] = [
    ocp::POD_USAGE_CPU_CORE_SECONDS,
    ocp::POD_REQUEST_CPU_CORE_SECONDS,
    ocp::POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS,
    ocp::POD_LIMIT_CPU_CORE_SECONDS,
    ocp::POD_USAGE_MEMORY_BYTE_SECONDS,
    ocp::POD_REQUEST_MEMORY_BYTE_SECONDS,
    ocp::POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS,
    ocp::POD_LIMIT_MEMORY_BYTE_SECONDS,
];

/// What of a claim is added up, in the order of [`STORAGE_MEASURES`], whose first is no sum.
pub(crate) const STORAGE_SECONDS: [ColumnDef; 3] = [
    ocp::PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS,
    ocp::VOLUME_REQUEST_STORAGE_BYTE_SECONDS,
    ocp::PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS,
];

const _: () = assert!(POD_SECONDS.len() == POD_MEASURES.len() && STORAGE_SECONDS.len() + 1 == STORAGE_MEASURES.len());

/// A node of a source on a day, or a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) source: Name,
    /// Days since 1970-01-01.
    pub(crate) day: i32,
    pub(crate) name: Name,
}

/// A namespace on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PodKey {
    pub(crate) source: Name,
    pub(crate) day: i32,
    pub(crate) namespace: Name,
    pub(crate) node: Name,
}

/// A claim on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StorageKey {
    pub(crate) source: Name,
    pub(crate) day: i32,
    pub(crate) namespace: Name,
    pub(crate) node: Name,
    pub(crate) resource_id: Name,
    pub(crate) claim: Name,
    pub(crate) volume: Name,
    pub(crate) storageclass: Name,
    pub(crate) csi_volume_handle: Name,
}

/// The pods of a namespace on a node.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pods {
    /// In the units of the line items, in the order of [`POD_SECONDS`].
    pub(crate) seconds: [Total; 8],
    /// The most cores and bytes that a line item gives its node.
    pub(crate) cores: Greatest,
    pub(crate) bytes: Greatest,
    /// Line items whose effective usage is not the greater of usage and request or more, as koku's ingest makes it; by CPU
    /// and memory.
    pub(crate) odd_effective: [u64; 2],
}

impl Pods {
    /// The sums in the units of the summary.
    pub(crate) fn hours(&self) -> [Total; 8] {
        let [u, r, e, l, mu, mr, me, ml] = self.seconds;
        let cpu = |total: Total| total.times(1.0 / SECONDS_PER_HOUR);
        let memory = |total: Total| total.times(GIBIBYTES_PER_BYTE / SECONDS_PER_HOUR);
        [cpu(u), cpu(r), cpu(e), cpu(l), memory(mu), memory(mr), memory(me), memory(ml)]
    }
}

/// The claims of a [`StorageKey`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Claims {
    /// In the units of the line items, in the order of [`STORAGE_SECONDS`].
    pub(crate) seconds: [Total; 3],
    /// The capacity of the largest.
    pub(crate) bytes: Greatest,
    /// By how many nodes request and usage are shared; none where the volume is mounted nowhere.
    pub(crate) nodes: Option<u32>,
}

impl Claims {
    /// The sums in the units of the summary, on a day of a month of `days` days.
    pub(crate) fn months(&self, days: f64) -> [Total; 3] {
        let [capacity, request, usage] = self.seconds;
        let months = |total: Total| total.times(GIBIBYTES_PER_BYTE / (SECONDS_PER_DAY * days));
        let shared = |total: Total| self.nodes.map_or_else(Total::default, |nodes| months(total).divided(f64::from(nodes)));
        [months(capacity), shared(request), shared(usage)]
    }
}

/// The greatest of numbers, as Trino takes it: NaN only if there is nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Greatest(Option<f64>);

impl Greatest {
    pub(crate) fn add(&mut self, value: Option<f64>) {
        self.0 = match (self.0, value) {
            (Some(greatest), Some(value)) => Some(greatest.max(value)),
            (greatest, value) => greatest.or(value),
        };
    }

    pub(crate) fn get(self) -> Option<f64> {
        self.0
    }
}

/// The capacity of a node or of the cluster over a day, in core-seconds and byte-seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Capacity(pub(crate) [Total; 2]);

impl Capacity {
    /// In core-hours and GiB-hours.
    pub(crate) fn hours(&self) -> [Total; 2] {
        let [cpu, memory] = self.0;
        [cpu.times(1.0 / SECONDS_PER_HOUR), memory.times(GIBIBYTES_PER_BYTE / SECONDS_PER_HOUR)]
    }
}

/// The line items of one or more sources, added up.
#[derive(Clone, Debug, Default)]
pub struct LineItems {
    name: String,
    pub(crate) names: Names,
    pub(crate) pods: BTreeMap<PodKey, Pods>,
    pub(crate) storage: BTreeMap<StorageKey, Claims>,
    /// Capacity by node, also of pods without one.
    pub(crate) nodes: BTreeMap<Place, Capacity>,
    /// How many texts of labels a node has on a day.
    pub(crate) node_labels: BTreeMap<Place, u64>,
    /// How many texts of labels a namespace has on a day.
    pub(crate) namespace_labels: BTreeMap<Place, u64>,
    /// The patterns of cost categories, if they are known.
    categories: Option<Vec<Pattern>>,
    /// The days that were read, by source.
    pub(crate) read: BTreeMap<Name, BTreeSet<i32>>,
}

impl LineItems {
    /// None yet, from the place called `name`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Where they came from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The patterns of the tenant's cost categories, with or without a category.
    #[must_use]
    pub fn with_categories<'a>(self, patterns: impl IntoIterator<Item = &'a str>) -> Self {
        Self { categories: Some(patterns.into_iter().map(Pattern::new).collect()), ..self }
    }

    /// How many times cost categories make the line items of a namespace count, if the patterns are known.
    pub(crate) fn by_categories(&self, namespace: Name) -> Option<u64> {
        let patterns = self.categories.as_ref()?;
        let fits = |pattern: &&Pattern| self.names.text(namespace).is_some_and(|text| pattern.matches(text));
        Some((patterns.iter().filter(fits).count() as u64).max(1))
    }

    /// The capacity of the cluster: of all its nodes, and of pods without one.
    pub(crate) fn cluster(&self, source: Name, day: i32) -> Capacity {
        let first = Place { source, day, name: Name::NULL };
        let of_day = self.nodes.range(first..).take_while(|(place, _)| (place.source, place.day) == (source, day));
        of_day.fold(Capacity::default(), |Capacity([cpu, memory]), (_, Capacity([more_cpu, more_memory]))| {
            Capacity([cpu.plus(more_cpu), memory.plus(more_memory)])
        })
    }

    /// How many times at most the labels of a namespace and a node make a line item count.
    pub(crate) fn most_by_labels(&self, source: Name, day: i32, namespace: Name, node: Name) -> u64 {
        let texts = |labels: &BTreeMap<Place, u64>, name: Name| labels.get(&Place { source, day, name }).copied().unwrap_or(1);
        let of_node = if node.is_null() { 1 } else { texts(&self.node_labels, node) };
        let of_namespace = if namespace.is_null() { 1 } else { texts(&self.namespace_labels, namespace) };
        of_node * of_namespace
    }
}

/// How many days the month of `day` has.
pub(crate) fn days_of_month(day: i32) -> f64 {
    let day = NaiveDate::from_epoch_days(day).unwrap_or_default();
    f64::from(day.num_days_in_month())
}
