//! One day of one source: its frames, added to what is known.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use aggregator_core::table::{ColumnDef, Table, ocp};
use polars::prelude::DataFrame;

use super::{LineItems, POD_SECONDS, Place, PodKey, STORAGE_SECONDS, StorageKey};
use crate::audit::frame::Frame;
use crate::audit::names::Name;
use crate::audit::total::{Total, allowed};
use crate::error::Result;

/// Where usage, request and effective usage stand in [`POD_SECONDS`]: of CPU, of memory.
const EFFECTIVE: [[usize; 3]; 2] = [[0, 1, 2], [4, 5, 6]];

/// The line items of one day of one source, with the columns of their tables and no rows of another day.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    /// Days since 1970-01-01.
    pub(crate) date: i32,
    /// `POD_USAGE_DAILY`.
    pub(crate) pods: DataFrame,
    /// `POD_USAGE_HOURLY`.
    pub(crate) hours: DataFrame,
    /// `STORAGE_USAGE_DAILY`.
    pub(crate) storage: DataFrame,
    /// `NODE_LABELS_DAILY`.
    pub(crate) node_labels: DataFrame,
    /// `NAMESPACE_LABELS_DAILY`.
    pub(crate) namespace_labels: DataFrame,
}

/// A node and its id in the cloud.
type Host = (Option<String>, Option<String>);

/// Where a pod ran: by namespace and pod.
type Hosts = HashMap<(String, String), BTreeSet<Host>>;

impl LineItems {
    /// One more day of `source`.
    ///
    /// # Errors
    /// A frame without a column of its table, or with another type.
    pub(crate) fn add(&mut self, source: &str, day: &Day) -> Result<()> {
        let source = self.names.name(Some(source));
        self.read.entry(source).or_default().insert(day.date);
        let hosts = self.add_pods(source, day)?;
        self.add_hours(source, day)?;
        self.add_storage(source, day, &hosts)?;
        let of_nodes = texts_by_name(&day.node_labels, &ocp::NODE_LABELS_DAILY, ocp::NODE, ocp::NODE_LABELS)?;
        let of_namespaces = texts_by_name(&day.namespace_labels, &ocp::NAMESPACE_LABELS_DAILY, ocp::NAMESPACE, ocp::NAMESPACE_LABELS)?;
        for (name, texts) in of_nodes {
            let name = self.names.name(Some(&name));
            self.node_labels.insert(Place { source, day: day.date, name }, texts);
        }
        for (name, texts) in of_namespaces {
            let name = self.names.name(Some(&name));
            self.namespace_labels.insert(Place { source, day: day.date, name }, texts);
        }
        Ok(())
    }

    fn add_pods(&mut self, source: Name, day: &Day) -> Result<Hosts> {
        let frame = Frame { frame: &day.pods, table: &ocp::POD_USAGE_DAILY };
        let [namespaces, nodes, pods, resources] =
            [frame.texts(ocp::NAMESPACE)?, frame.texts(ocp::NODE)?, frame.texts(ocp::POD)?, frame.texts(ocp::RESOURCE_ID)?];
        let seconds = POD_SECONDS.iter().map(|column| frame.doubles(*column)).collect::<Result<Vec<_>>>()?;
        let (cores, bytes) = (frame.doubles(ocp::NODE_CAPACITY_CPU_CORES)?, frame.doubles(ocp::NODE_CAPACITY_MEMORY_BYTES)?);
        let mut hosts = Hosts::new();
        for row in 0..day.pods.height() {
            let (namespace, node) = (namespaces.get(row), nodes.get(row));
            if let (Some(namespace), Some(pod)) = (namespace, pods.get(row)) {
                let host = (node.map(str::to_owned), resources.get(row).map(str::to_owned));
                hosts.entry((namespace.to_owned(), pod.to_owned())).or_default().insert(host);
            }
            // Pods that ran nowhere are in no row of the summary.
            let Some(node) = node.filter(|node| !node.is_empty()) else { continue };
            let key = PodKey { source, day: day.date, namespace: self.names.name(namespace), node: self.names.name(Some(node)) };
            let group = self.pods.entry(key).or_default();
            let mut values: Vec<Option<f64>> = seconds.iter().map(|seconds| seconds.get(row)).collect();
            for ([usage, request, effective], odd) in EFFECTIVE.into_iter().zip(&mut group.odd_effective) {
                let value = |at: usize| values.get(at).copied().flatten();
                let greater = value(usage).zip(value(request)).map(|(usage, request)| greatest(usage, request));
                let counted = value(effective).or(greater);
                let is_usual = counted.zip(greater).is_some_and(|(counted, greater)| counted >= greater - allowed(greater.abs(), 0));
                *odd += u64::from(!is_usual);
                if let Some(value) = values.get_mut(effective) {
                    *value = counted;
                }
            }
            for (total, value) in group.seconds.iter_mut().zip(values) {
                add(total, value);
            }
            group.cores.add(cores.get(row));
            group.bytes.add(bytes.get(row));
        }
        Ok(hosts)
    }

    fn add_hours(&mut self, source: Name, day: &Day) -> Result<()> {
        let frame = Frame { frame: &day.hours, table: &ocp::POD_USAGE_HOURLY };
        let (times, nodes) = (frame.times(ocp::INTERVAL_START)?, frame.texts(ocp::NODE)?);
        let capacities = [frame.doubles(ocp::NODE_CAPACITY_CPU_CORE_SECONDS)?, frame.doubles(ocp::NODE_CAPACITY_MEMORY_BYTE_SECONDS)?];
        let mut hours: BTreeMap<(Name, Option<i64>), [super::Greatest; 2]> = BTreeMap::new();
        for row in 0..day.hours.height() {
            let hour = hours.entry((self.names.name(nodes.get(row)), times.get(row))).or_default();
            for (greatest, capacity) in hour.iter_mut().zip(&capacities) {
                greatest.add(capacity.get(row));
            }
        }
        for ((name, _), greatest) in hours {
            let node = self.nodes.entry(Place { source, day: day.date, name }).or_default();
            for (total, greatest) in node.0.iter_mut().zip(greatest) {
                add(total, greatest.get());
            }
        }
        Ok(())
    }

    /// A claim counts on every node that its pod ran on, and once for every volume that it was seen with; on no node if its pod
    /// is not known.
    fn add_storage(&mut self, source: Name, day: &Day, hosts: &Hosts) -> Result<()> {
        let frame = Frame { frame: &day.storage, table: &ocp::STORAGE_USAGE_DAILY };
        let [namespaces, pods, claims, volumes] = [
            frame.texts(ocp::NAMESPACE)?,
            frame.texts(ocp::POD)?,
            frame.texts(ocp::PERSISTENTVOLUMECLAIM)?,
            frame.texts(ocp::PERSISTENTVOLUME)?,
        ];
        let (classes, handles) = (frame.texts(ocp::STORAGECLASS)?, frame.texts(ocp::CSI_VOLUME_HANDLE)?);
        let seconds = STORAGE_SECONDS.iter().map(|column| frame.doubles(*column)).collect::<Result<Vec<_>>>()?;
        let bytes = frame.doubles(ocp::PERSISTENTVOLUMECLAIM_CAPACITY_BYTES)?;
        let place = |row| Some((namespaces.get(row)?.to_owned(), pods.get(row)?.to_owned()));

        let mut volumes_of: HashMap<(String, String, &str), HashSet<Option<&str>>> = HashMap::new();
        let mut nodes_of: HashMap<&str, HashSet<&str>> = HashMap::new();
        for row in 0..day.storage.height() {
            let Some(place) = place(row) else { continue };
            let Some(hosts) = hosts.get(&place) else { continue };
            if let Some(volume) = volumes.get(row) {
                nodes_of.entry(volume).or_default().extend(hosts.iter().filter_map(|(node, _)| node.as_deref()));
            }
            if let Some(claim) = claims.get(row) {
                volumes_of.entry((place.0, place.1, claim)).or_default().insert(volumes.get(row));
            }
        }
        let nowhere = BTreeSet::from([(None, None)]);
        for row in 0..day.storage.height() {
            let found = place(row).zip(claims.get(row)).and_then(|(place, claim)| {
                let hosts = hosts.get(&place)?;
                Some((hosts, volumes_of.get(&(place.0, place.1, claim)).map_or(1, HashSet::len)))
            });
            let (hosts, times) = found.unwrap_or((&nowhere, 1));
            for (node, resource) in hosts {
                let key = StorageKey {
                    source,
                    day: day.date,
                    namespace: self.names.name(namespaces.get(row)),
                    node: self.names.name(node.as_deref()),
                    resource_id: self.names.name(resource.as_deref()),
                    claim: self.names.name(claims.get(row)),
                    volume: self.names.name(volumes.get(row)),
                    storageclass: self.names.name(classes.get(row)),
                    csi_volume_handle: self.names.name(handles.get(row)),
                };
                let group = self.storage.entry(key).or_default();
                for (total, values) in group.seconds.iter_mut().zip(&seconds) {
                    (0..times).for_each(|_| add(total, values.get(row)));
                }
                group.bytes.add(bytes.get(row));
                let nodes = volumes.get(row).and_then(|volume| nodes_of.get(volume)).map(HashSet::len);
                group.nodes = nodes.and_then(|nodes| u32::try_from(nodes).ok());
            }
        }
        Ok(())
    }
}

fn add(total: &mut Total, value: Option<f64>) {
    if let Some(value) = value {
        total.add_double(value);
    }
}

/// Trino's `greatest`: NaN only if there is nothing else.
fn greatest(left: f64, right: f64) -> f64 {
    left.max(right)
}

/// How many different texts of labels each name has, a null among them; a null name has none.
fn texts_by_name(frame: &DataFrame, table: &'static Table, name: ColumnDef, labels: ColumnDef) -> Result<BTreeMap<String, u64>> {
    let frame = Frame { frame, table };
    let (names, labels) = (frame.texts(name)?, frame.texts(labels)?);
    let mut texts: BTreeMap<&str, HashSet<Option<&str>>> = BTreeMap::new();
    for (name, labels) in names.iter().zip(labels.iter()) {
        if let Some(name) = name {
            texts.entry(name).or_default().insert(labels);
        }
    }
    Ok(texts.into_iter().map(|(name, texts)| (name.to_owned(), texts.len() as u64)).collect())
}
