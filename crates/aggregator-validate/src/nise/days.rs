//! What the reports of all generators hold, by day: pods, capacity of nodes, labels, claims.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};

use super::dates::{Clock, Part, parts};
use super::known::{Known, Name, Why, both};
use super::made::{GIB, HOUR, Made, MadeClaim, MadePod, Usages, make};
use super::model::{Generator, Ordered, Report};
use super::text::{LabelMap, cell, labels, name};

/// Rows with a greater number are left out by the ingest.
const ANOMALY: f64 = 1e18;

/// CPU and memory, each with usage, request, effective usage and limit, in core-seconds and byte-seconds.
pub(crate) type Measures = [Known<f64>; 8];

/// A pod on a day.
#[derive(Clone, Debug)]
pub(crate) struct PodDay {
    pub(crate) resource_id: Name,
    pub(crate) measures: Measures,
    pub(crate) cores: Known<f64>,
    pub(crate) memory_bytes: Known<f64>,
    /// Whether it can have replaced another pod, or have been replaced.
    pub(crate) named: bool,
}

/// Day, namespace, node, pod, text of labels.
pub(crate) type PodKey = (NaiveDate, String, Name, Name, Known<String>);

/// Seconds of capacity of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    pub(crate) cpu: Known<f64>,
    pub(crate) memory: Known<f64>,
}

/// A claim on a day.
#[derive(Clone, Debug)]
pub(crate) struct ClaimDay {
    pub(crate) day: NaiveDate,
    pub(crate) claim: MadeClaim,
    pub(crate) capacity_bytes: Known<f64>,
    pub(crate) capacity_byte_seconds: Known<f64>,
    pub(crate) request_byte_seconds: f64,
    pub(crate) usage_byte_seconds: Known<f64>,
}

/// Namespaces or nodes that nise makes up, on which day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MadeUp {
    /// Any row can be there.
    All,
    /// Any row of this node can be there.
    Node(Name),
}

/// What the reports hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Days {
    pub(crate) pods: BTreeMap<PodKey, PodDay>,
    hourly: BTreeMap<(NaiveDateTime, Name), HourCapacity>,
    pub(crate) node_labels: BTreeMap<(NaiveDate, Name), BTreeSet<LabelMap>>,
    pub(crate) namespace_labels: BTreeMap<(NaiveDate, String), BTreeSet<LabelMap>>,
    pub(crate) claims: Vec<ClaimDay>,
    pub(crate) made_up: BTreeSet<(NaiveDate, MadeUp)>,
}

#[derive(Clone, Copy, Debug)]
struct HourCapacity {
    capacity: Capacity,
    named: bool,
}

/// The reports of `report`.
pub(crate) fn days(report: &Report, clock: &Clock) -> Result<Days, String> {
    let generators = generators(report)?;
    let mut usages = Usages::default();
    let mut days = Days::default();
    for Part { generator, hours } in parts(&generators, clock)? {
        let Some(generator) = generators.get(generator) else { continue };
        let made = make(generator, &mut usages)?;
        for (day, hours) in &hours {
            days.add(&made, *day, hours);
        }
    }
    Ok(days)
}

/// The only generator of OpenShift reports.
pub(crate) const GENERATOR: &str = "OCPGenerator";

fn generators(report: &Report) -> Result<Vec<&Generator>, String> {
    let all = report.generators.iter().flat_map(|Ordered(members)| members);
    all.map(
        |(name, generator)| if name == GENERATOR { Ok(generator) } else { Err(format!("`{name}` is no generator of OpenShift reports")) },
    )
    .collect()
}

impl Days {
    fn add(&mut self, made: &Made, day: NaiveDate, hours: &[NaiveDateTime]) {
        let count = u32::try_from(hours.len()).map_or(f64::INFINITY, f64::from);
        if made.is_random {
            self.made_up.insert((day, MadeUp::All));
        }
        for node in &made.nodes {
            let labels = labels(&node.labels);
            self.node_labels.entry((day, name(&node.name))).or_default().insert(labels);
            if node.is_random {
                self.made_up.insert((day, MadeUp::Node(name(&node.name))));
            }
        }
        for (namespace, text) in &made.namespaces {
            self.namespace_labels.entry((day, cell(namespace))).or_default().insert(labels(text));
        }
        for pod in &made.pods {
            self.add_pod(pod, day, hours, count);
        }
        for claim in &made.claims {
            self.add_claim(claim, day, count);
        }
    }

    fn add_pod(&mut self, pod: &MadePod, day: NaiveDate, hours: &[NaiveDateTime], count: f64) {
        let hourly = hourly(pod, day);
        let memory_bytes = pod.node.memory_gig.map(|gig| gig * GIB);
        let capacity = Capacity { cpu: pod.node.cores.map(|cores| cores * HOUR), memory: memory_bytes.map(|bytes| bytes * HOUR) };
        let numbers = hourly.iter().chain([&capacity.cpu, &capacity.memory, &memory_bytes]);
        if numbers.flatten().any(|number| *number > ANOMALY) {
            return;
        }
        let (node, named) = (name(&pod.node.name), pod.name.text().is_ok());
        for hour in hours {
            let new = HourCapacity { capacity, named };
            self.hourly.entry((*hour, node.clone())).and_modify(|known| known.add(&new)).or_insert(new);
        }
        let labels = pod.labels.clone();
        let pod_name = name(&pod.name);
        let new = PodDay {
            resource_id: name(&pod.node.resource_id),
            measures: hourly.map(|number| number.map(|number| number * count)),
            cores: pod.node.cores,
            memory_bytes,
            named,
        };
        let key = (day, cell(&pod.namespace), node, pod_name, labels);
        self.pods.entry(key).and_modify(|known| known.add(&new)).or_insert(new);
    }

    fn add_claim(&mut self, made: &MadeClaim, day: NaiveDate, count: f64) {
        let capacity_bytes = made.capacity_gig.map(|gig| gig * GIB);
        let capacity = capacity_bytes.map(|bytes| bytes * HOUR);
        let (request, usage) = match made.request_gig {
            Some(request) => (request * GIB * HOUR, made.usage_gig.of(day).map(|gig| gig * GIB * HOUR)),
            None => (0.0, Ok(0.0)),
        };
        if [capacity_bytes, capacity, Ok(request), usage].iter().flatten().any(|number| *number > ANOMALY) {
            return;
        }
        let claim = MadeClaim {
            namespace: cell(&made.namespace),
            pod: name(&made.pod),
            claim: name(&made.claim),
            volume: name(&made.volume),
            storage_class: name(&made.storage_class),
            handle: name(&made.handle),
            ..made.clone()
        };
        self.claims.push(ClaimDay {
            day,
            claim,
            capacity_bytes,
            capacity_byte_seconds: capacity.map(|number| number * count),
            request_byte_seconds: request * count,
            usage_byte_seconds: usage.map(|number| number * count),
        });
    }

    /// The capacity of each node on each day: the greatest of each hour, added up.
    pub(crate) fn capacities(&self) -> BTreeMap<(NaiveDate, Name), Capacity> {
        let mut days: BTreeMap<(NaiveDate, Name), Capacity> = BTreeMap::new();
        for ((hour, node), HourCapacity { capacity, named }) in &self.hourly {
            // Without a pod of a given name, all of them may have been replaced by pods of other nodes.
            let sure = |number: Known<f64>| if *named { number } else { number.and(Err(Why::PodName)) };
            let new = Capacity { cpu: sure(capacity.cpu), memory: sure(capacity.memory) };
            let sum = |known: &mut Capacity| {
                known.cpu = both(known.cpu, new.cpu, |one, two| one + two);
                known.memory = both(known.memory, new.memory, |one, two| one + two);
            };
            days.entry((hour.date(), node.clone())).and_modify(sum).or_insert(new);
        }
        days
    }

    /// Whether nise makes up rows of `node` on `day`; and of any node, without one.
    pub(crate) fn makes_up(&self, day: NaiveDate, node: Option<&Name>) -> Option<Why> {
        if self.made_up.contains(&(day, MadeUp::All)) {
            return Some(Why::NoNodes);
        }
        let found = match node {
            Some(node) => self.made_up.contains(&(day, MadeUp::Node(node.clone()))),
            None => self.made_up.iter().any(|(known, _)| *known == day),
        };
        found.then_some(Why::NoNamespaces)
    }
}

impl Days {
    /// Whether a node without a given name has random namespaces.
    pub(crate) fn unnamed_node_makes_up(&self, day: NaiveDate) -> Option<Why> {
        let found = self.made_up.iter().any(|(known, made_up)| *known == day && matches!(made_up, MadeUp::Node(Name::Random(..))));
        found.then_some(Why::NodeName)
    }
}

impl HourCapacity {
    fn add(&mut self, other: &Self) {
        self.capacity.cpu = both(self.capacity.cpu, other.capacity.cpu, f64::max);
        self.capacity.memory = both(self.capacity.memory, other.capacity.memory, f64::max);
        self.named |= other.named;
    }
}

impl PodDay {
    fn add(&mut self, other: &Self) {
        add(&mut self.measures, &other.measures, 1.0);
        self.cores = both(self.cores, other.cores, f64::max);
        self.memory_bytes = both(self.memory_bytes, other.memory_bytes, f64::max);
        self.resource_id = greater(&self.resource_id, &other.resource_id);
        self.named &= other.named;
    }
}

/// Adds `other` so many times.
pub(crate) fn add(sums: &mut Measures, other: &Measures, times: f64) {
    for (sum, number) in sums.iter_mut().zip(other) {
        *sum = both(*sum, *number, |sum, number| number.mul_add(times, sum));
    }
}

/// The greater of two texts by their bytes; with a random one nobody knows.
pub(crate) fn greater(one: &Name, other: &Name) -> Name {
    match (one, other) {
        (Name::Given(first), Name::Given(second)) => Name::Given(first.max(second).clone()),
        (random @ Name::Random(..), _) | (_, random) => random.clone(),
    }
}

/// An hour of `pod`.
fn hourly(pod: &MadePod, day: NaiveDate) -> Measures {
    let seconds = |amount: Known<f64>| both(pod.seconds, amount, |seconds, amount| seconds * amount);
    let bytes = |gig: Known<f64>| seconds(gig).map(|number| number * GIB);
    let (usage, request) = (seconds(pod.cpu_usage.of(day)), seconds(pod.cpu_request));
    let (memory_usage, memory_request) = (bytes(pod.mem_usage_gig.of(day)), bytes(pod.mem_request_gig));
    [
        usage,
        request,
        both(usage, request, f64::max),
        seconds(pod.cpu_limit),
        memory_usage,
        memory_request,
        both(memory_usage, memory_request, f64::max),
        bytes(pod.mem_limit_gig),
    ]
}
