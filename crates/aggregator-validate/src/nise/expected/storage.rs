//! Rows of claims: by namespace, node, claim, volume and merged labels.

use std::collections::{BTreeMap, BTreeSet};

use aggregator_core::table::summary as columns;
use chrono::{Datelike, NaiveDate};

use super::{Context, ExpectedRow, gib, merged};
use crate::nise::days::ClaimDay;
use crate::nise::known::{Known, Name, both};
use crate::nise::made::HOUR;
use crate::nise::text::{Labels, labels};

const HOURS_PER_DAY: f64 = 24.0;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    day: NaiveDate,
    namespace: String,
    node: Option<(Name, Name)>,
    claim: Name,
    volume: Name,
    storage_class: Name,
    handle: Name,
    labels: Labels,
}

struct Group {
    capacity_bytes: Known<f64>,
    capacity: Known<f64>,
    request: Known<f64>,
    usage: Known<f64>,
    /// How many nodes have the volume; none if no pod of it is known.
    nodes: Option<usize>,
}

/// Where pods bring a volume: claim, pod, namespace; then volume, node and its id.
type Place = (NaiveDate, Name, Name, String);
type Bringer = (Name, Name, Name);

/// Pods by day, namespace and name, and the nodes that run them, with their ids.
type Running<'a> = BTreeMap<(NaiveDate, &'a str, &'a Name), BTreeSet<(Name, Name)>>;

pub(super) fn rows(context: &Context<'_>) -> Vec<ExpectedRow> {
    let mut places: BTreeMap<Place, BTreeSet<Bringer>> = BTreeMap::new();
    let mut nodes: BTreeMap<(NaiveDate, Name), BTreeSet<Name>> = BTreeMap::new();
    let mut pods: Running<'_> = BTreeMap::new();
    for ((day, namespace, node, pod, _), found) in &context.days.pods {
        pods.entry((*day, namespace, pod)).or_default().insert((node.clone(), found.resource_id.clone()));
    }
    for ClaimDay { day, claim, .. } in &context.days.claims {
        for (node, resource_id) in pods.get(&(*day, claim.namespace.as_str(), &claim.pod)).into_iter().flatten() {
            let place = (*day, claim.claim.clone(), claim.pod.clone(), claim.namespace.clone());
            places.entry(place).or_default().insert((claim.volume.clone(), node.clone(), resource_id.clone()));
            nodes.entry((*day, claim.volume.clone())).or_default().insert(node.clone());
        }
    }
    let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
    for found in &context.days.claims {
        let ClaimDay { day, claim, .. } = found;
        let place = (*day, claim.claim.clone(), claim.pod.clone(), claim.namespace.clone());
        let on: Vec<Option<(Name, Name)>> = match places.get(&place) {
            Some(nodes) => nodes.iter().map(|(_, node, resource_id)| Some((node.clone(), resource_id.clone()))).collect(),
            None => vec![None],
        };
        let node_count = nodes.get(&(*day, claim.volume.clone())).map(BTreeSet::len);
        for node in on {
            add(context, found, node.as_ref(), node_count, &mut groups);
        }
    }
    groups.iter().map(|(key, group)| row(key, group, context)).collect()
}

fn add(context: &Context<'_>, found: &ClaimDay, node: Option<&(Name, Name)>, nodes: Option<usize>, groups: &mut BTreeMap<Key, Group>) {
    let ClaimDay { day, claim, .. } = found;
    let enabled = &context.reference.enabled;
    let of_volume = enabled.filter(labels(&claim.volume_labels));
    let of_claim = enabled.filter(labels(&claim.claim_labels));
    let times = u32::try_from(context.reference.matched(&claim.namespace).times).map_or(f64::INFINITY, f64::from);
    for of_node in context.node_labels(*day, node.map(|(node, _)| node)) {
        for of_namespace in context.namespace_labels(*day, &claim.namespace) {
            let key = Key {
                day: *day,
                namespace: claim.namespace.clone(),
                node: node.cloned(),
                claim: claim.claim.clone(),
                volume: claim.volume.clone(),
                storage_class: claim.storage_class.clone(),
                handle: claim.handle.clone(),
                labels: Labels::Given(merged([&of_node, &of_namespace, &of_volume, &of_claim])),
            };
            let new = Group {
                capacity_bytes: found.capacity_bytes,
                capacity: found.capacity_byte_seconds.map(|number| number * times),
                request: Ok(found.request_byte_seconds * times),
                usage: found.usage_byte_seconds.map(|number| number * times),
                nodes,
            };
            groups.entry(key).and_modify(|known| known.add(&new)).or_insert(new);
        }
    }
}

impl Group {
    fn add(&mut self, other: &Self) {
        self.capacity_bytes = both(self.capacity_bytes, other.capacity_bytes, f64::max);
        self.capacity = both(self.capacity, other.capacity, |one, two| one + two);
        self.request = both(self.request, other.request, |one, two| one + two);
        self.usage = both(self.usage, other.usage, |one, two| one + two);
        self.nodes = self.nodes.max(other.nodes);
    }
}

fn row(key: &Key, group: &Group, context: &Context<'_>) -> ExpectedRow {
    let mut row = ExpectedRow::new(key.day, "Storage", context.constants);
    row.set_name(columns::NAMESPACE, Some(&Name::given(key.namespace.clone())));
    row.set_name(columns::NODE, key.node.as_ref().map(|(node, _)| node));
    row.set_name(columns::RESOURCE_ID, key.node.as_ref().map(|(_, resource_id)| resource_id));
    row.set_name(columns::PERSISTENTVOLUMECLAIM, Some(&key.claim));
    row.set_name(columns::PERSISTENTVOLUME, Some(&key.volume));
    row.set_name(columns::STORAGECLASS, Some(&key.storage_class));
    row.set_name(columns::CSI_VOLUME_HANDLE, Some(&key.handle));
    row.set_labels(columns::VOLUME_LABELS, &key.labels);
    row.set_category(context.reference.matched(&key.namespace).category);
    let seconds = HOUR * HOURS_PER_DAY * f64::from(key.day.num_days_in_month());
    let months = |byte_seconds: f64| gib(byte_seconds / seconds);
    row.set_number(columns::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE, group.capacity_bytes.map(gib));
    row.set_number(columns::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE_MONTHS, group.capacity.map(months));
    // Shared by the nodes of the volume; nothing is known of one whose pods are not.
    if let Some(nodes) = group.nodes.and_then(|nodes| u32::try_from(nodes).ok()) {
        let share = |number: Known<f64>| number.map(|number| months(number / f64::from(nodes)));
        row.set_number(columns::VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS, share(group.request));
        row.set_number(columns::PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS, share(group.usage));
    }
    row
}
