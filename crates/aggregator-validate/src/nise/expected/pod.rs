//! Rows of pods: by day, namespace, node and merged labels.

use std::collections::BTreeMap;

use aggregator_core::table::ColumnDef;
use aggregator_core::table::summary as columns;
use chrono::NaiveDate;

use super::{Context, ExpectedRow, gib, gib_hours, hours, merged};
use crate::nise::days::{Measures, PodDay, add, greater};
use crate::nise::known::{Known, Name, Why, both};
use crate::nise::text::{Labels, labels, without_machine};

/// The columns of [`Measures`].
pub(super) const MEASURES: [ColumnDef; 8] = [
    columns::POD_USAGE_CPU_CORE_HOURS,
    columns::POD_REQUEST_CPU_CORE_HOURS,
    columns::POD_EFFECTIVE_USAGE_CPU_CORE_HOURS,
    columns::POD_LIMIT_CPU_CORE_HOURS,
    columns::POD_USAGE_MEMORY_GIGABYTE_HOURS,
    columns::POD_REQUEST_MEMORY_GIGABYTE_HOURS,
    columns::POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS,
    columns::POD_LIMIT_MEMORY_GIGABYTE_HOURS,
];

/// Day, namespace, node, labels.
pub(super) type Key = (NaiveDate, String, Name, Labels);

/// The pods of a key.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) resource_id: Name,
    pub(super) measures: Measures,
    cores: Known<f64>,
    memory_bytes: Known<f64>,
    /// Whether a pod with a given name makes sure that the row is there.
    named: bool,
    /// Whether pods without a given name belong to it.
    unnamed: bool,
}

/// All pods on nodes that have a name.
pub(super) fn groups(context: &Context<'_>) -> BTreeMap<Key, Group> {
    let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
    for ((day, namespace, node, pod, text), found) in &context.days.pods {
        if node.text() == Ok("") {
            continue;
        }
        let times = context.reference.matched(namespace).times;
        for of_node in context.node_labels(*day, Some(node)) {
            for of_namespace in context.namespace_labels(*day, namespace) {
                let labels = match text {
                    Ok(text) => {
                        let own = context.reference.enabled.filter(labels(text));
                        Labels::Given(merged([&of_node, &of_namespace, &own]))
                    }
                    Err(_) if context.reference.enabled.keeps_nothing() => Labels::Given(merged([])),
                    Err(why) => Labels::Random(pod.clone(), *why, without_machine(merged([&of_node, &of_namespace]))),
                };
                let new = Group::new(found, times);
                groups.entry((*day, namespace.clone(), node.clone(), labels)).and_modify(|group| group.add(&new)).or_insert(new);
            }
        }
    }
    groups
}

impl Group {
    /// A pod that is counted so many times.
    fn new(pod: &PodDay, times: usize) -> Self {
        let mut measures: Measures = [Ok(0.0); 8];
        add(&mut measures, &pod.measures, u32::try_from(times).map_or(f64::INFINITY, f64::from));
        Self {
            resource_id: pod.resource_id.clone(),
            measures,
            cores: pod.cores,
            memory_bytes: pod.memory_bytes,
            named: pod.named,
            unnamed: !pod.named,
        }
    }

    fn add(&mut self, other: &Self) {
        add(&mut self.measures, &other.measures, 1.0);
        self.cores = both(self.cores, other.cores, f64::max);
        self.memory_bytes = both(self.memory_bytes, other.memory_bytes, f64::max);
        self.resource_id = greater(&self.resource_id, &other.resource_id);
        self.named |= other.named;
        self.unnamed |= other.unnamed;
    }

    /// What is known of a number: with random names of pods, nobody knows which of them replaced each other.
    pub(super) fn sure(&self, number: Known<f64>) -> Known<f64> {
        if self.unnamed { number.and(Err(Why::PodName)) } else { number }
    }

    pub(super) fn doubt(&self) -> Option<Why> {
        (!self.named).then_some(Why::PodName)
    }

    pub(super) fn row(&self, (day, namespace, node, labels): &Key, context: &Context<'_>) -> ExpectedRow {
        let mut row = ExpectedRow::new(*day, "Pod", context.constants);
        row.doubt = self.doubt();
        row.set_name(columns::NAMESPACE, Some(&Name::given(namespace.clone())));
        row.set_name(columns::NODE, Some(node));
        row.set_name(columns::RESOURCE_ID, Some(&self.resource_id));
        row.set_labels(columns::POD_LABELS, labels);
        for (index, (column, number)) in MEASURES.iter().zip(&self.measures).enumerate() {
            row.set_number(*column, self.sure(*number).map(if index < MEMORY { hours } else { gib_hours }));
        }
        row.set_number(columns::NODE_CAPACITY_CPU_CORES, self.cores);
        row.set_number(columns::NODE_CAPACITY_MEMORY_GIGABYTES, self.memory_bytes.map(gib));
        context.set_capacity(&mut row, node);
        row.set_category(context.reference.matched(namespace).category);
        row
    }
}

/// Where memory begins in [`Measures`].
pub(super) const MEMORY: usize = 4;
