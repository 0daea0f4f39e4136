//! What nise makes of a generator: its pods, volumes, nodes and namespaces, with every value that the YAML determines.
//!
//! The order of the steps is nise's (`OCPGenerator.__init__`), because dictionaries keyed by bare names decide what survives, and
//! because nise changes mappings of usage in place, where every alias sees it.

mod machines;
mod volumes;

use std::collections::HashMap;

use chrono::NaiveDate;

use super::dates::day;
use super::known::{Known, Name, Why};
use super::model::{Generator, Given, Namespace, Ordered, Pod, Usage};

pub(crate) use volumes::MadeClaim;

/// Seconds of an hour; all arithmetic of nise's is by the hour.
pub(crate) const HOUR: f64 = 3600.0;
/// Bytes of a GiB.
pub(crate) const GIB: f64 = 1_073_741_824.0;
/// nise's random memory request is at least this, before it is cut at the limit.
const LEAST_RANDOM_MEMORY_GIG: f64 = 25.0;

/// What a generator makes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Made {
    pub(crate) nodes: Vec<MadeNode>,
    /// Namespaces and their labels; one that stands on two nodes is here twice.
    pub(crate) namespaces: Vec<(String, String)>,
    pub(crate) pods: Vec<MadePod>,
    pub(crate) claims: Vec<MadeClaim>,
    /// nise makes up all nodes.
    pub(crate) is_random: bool,
}

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct MadeNode {
    pub(crate) name: Name,
    pub(crate) resource_id: Name,
    pub(crate) labels: String,
    pub(crate) cores: Known<f64>,
    pub(crate) memory_gig: Known<f64>,
    /// nise makes up its namespaces and pods.
    pub(crate) is_random: bool,
}

/// A pod, with amounts for a whole second.
#[derive(Clone, Debug)]
pub(crate) struct MadePod {
    pub(crate) name: Name,
    pub(crate) namespace: String,
    pub(crate) node: MadeNode,
    /// As in the CSV; random ones differ from pod to pod.
    pub(crate) labels: Known<String>,
    pub(crate) seconds: Known<f64>,
    pub(crate) cpu_request: Known<f64>,
    pub(crate) cpu_limit: Known<f64>,
    pub(crate) cpu_usage: Amounts,
    pub(crate) mem_request_gig: Known<f64>,
    pub(crate) mem_limit_gig: Known<f64>,
    pub(crate) mem_usage_gig: Amounts,
}

/// Usage by day; a day without one is random.
#[derive(Clone, Debug)]
pub(crate) struct Amounts {
    days: Vec<(Option<NaiveDate>, f64)>,
    limit: Known<f64>,
    otherwise: Why,
}

impl Amounts {
    /// The usage of `day`: the first entry that is for it, cut at the limit; zero counts as none.
    pub(crate) fn of(&self, day: NaiveDate) -> Known<f64> {
        let amount = self.days.iter().find(|(only, _)| only.is_none_or(|only| only == day)).map(|(_, amount)| *amount);
        match amount {
            Some(amount) if amount != 0.0 => Ok(amount.min(self.limit?)),
            _ => Err(self.otherwise),
        }
    }
}

/// The mappings of usage of the file as they are by now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usages {
    current: HashMap<usize, Vec<(String, f64)>>,
    names: u32,
}

impl Usages {
    /// The text of the file, or a new one of nise's.
    fn name(&mut self, given: Option<&Given>, why: Why) -> Name {
        match given {
            Some(Given(text)) => Name::given(text.clone()),
            None => self.random(why),
        }
    }

    fn random(&mut self, why: Why) -> Name {
        self.names += 1;
        Name::Random(self.names, why)
    }

    /// Cuts every amount of `usage` at `limit`, for all who share it.
    fn cut(&mut self, usage: Option<&Usage>, limit: Known<f64>) {
        let (Some(usage), Ok(limit)) = (usage, limit) else { return };
        let amounts = self.current.entry(usage.identity).or_insert_with(|| usage.amounts.clone());
        for (_, amount) in amounts {
            *amount = amount.min(limit);
        }
    }

    /// Multiplies every amount, for all who share it.
    fn multiply(&mut self, usage: Option<&Usage>, factor: f64) {
        let Some(usage) = usage else { return };
        let amounts = self.current.entry(usage.identity).or_insert_with(|| usage.amounts.clone());
        for (_, amount) in amounts {
            *amount *= factor;
        }
    }

    /// The amounts as they are by now.
    fn amounts(&self, usage: Option<&Usage>, limit: Known<f64>, otherwise: Why) -> Result<Amounts, String> {
        let Some(usage) = usage else { return Ok(Amounts { days: Vec::new(), limit, otherwise }) };
        let amounts = self.current.get(&usage.identity).unwrap_or(&usage.amounts);
        let days = amounts.iter().map(|(key, amount)| match key.as_str() {
            "full_period" => Ok((None, *amount)),
            text => match day(text) {
                Some(day) => Ok((Some(day), *amount)),
                None => Err(format!("`{text}` is neither `full_period` nor a day (`M-D-YYYY`)")),
            },
        });
        Ok(Amounts { days: days.collect::<Result<_, _>>()?, limit, otherwise })
    }
}

/// A namespace of the file and the node that has it.
struct Placed<'a> {
    name: &'a str,
    node: &'a MadeNode,
    content: &'a Namespace,
}

/// A pod whose usage is read at the end.
struct Pending<'a> {
    pod: MadePod,
    cpu_usage: Option<&'a Usage>,
    mem_usage_gig: Option<&'a Usage>,
}

/// What nise makes of `generator`.
pub(crate) fn make(generator: &Generator, usages: &mut Usages) -> Result<Made, String> {
    let Some(specified) = generator.nodes.as_ref().filter(|nodes| !nodes.is_empty()) else {
        return Ok(Made { is_random: true, ..Made::default() });
    };
    let empty = Namespace::default();
    let nodes: Vec<MadeNode> = specified.iter().map(|node| made_node(node, usages)).collect();
    let (mut placed, mut namespaces): (Vec<Placed<'_>>, Vec<(String, String)>) = (Vec::new(), Vec::new());
    for (node, specified) in nodes.iter().zip(specified) {
        for (name, content) in specified.namespaces.iter().flat_map(|Ordered(members)| members) {
            let content = content.as_ref().unwrap_or(&empty);
            namespaces.push((name.clone(), text(content.namespace_labels.as_ref())));
            let new = Placed { name, node, content };
            match placed.iter_mut().find(|placed| placed.name == name) {
                Some(known) => *known = new,
                None => placed.push(new),
            }
        }
    }
    let mut pods: Vec<Pending<'_>> = Vec::new();
    for place in &placed {
        for pod in place.content.pods.iter().flatten() {
            machines::label(pod)?;
            let made = pending(pod, place, usages);
            put(&mut pods, made);
        }
    }
    let mut volumes = volumes::Volumes::default();
    for place in &placed {
        for volume in place.content.volumes.iter().flatten() {
            volumes.add(volume, place, usages)?;
        }
    }
    machines::add(&placed, &mut pods, &mut volumes, usages)?;
    let pods = pods.into_iter().map(|pending| pending.finish(usages)).collect::<Result<_, _>>()?;
    let claims = volumes.finish(usages)?;
    Ok(Made { nodes, namespaces, pods, claims, is_random: false })
}

fn made_node(node: &super::model::NodeSpec, usages: &mut Usages) -> MadeNode {
    let resource_id = match &node.resource_id {
        Some(Given(id)) => Name::given(format!("i-{id}")),
        None => usages.random(Why::ResourceId),
    };
    MadeNode {
        name: usages.name(node.node_name.as_ref(), Why::NodeName),
        resource_id,
        labels: text(node.node_labels.as_ref()),
        cores: node.cpu_cores.ok_or(Why::CpuCores),
        memory_gig: node.memory_gig.ok_or(Why::MemoryGig),
        is_random: node.namespaces.as_ref().is_none_or(|Ordered(members)| members.is_empty()),
    }
}

fn text(given: Option<&Given>) -> String {
    given.map(|Given(text)| text.clone()).unwrap_or_default()
}

/// What is asked for, cut at `most`.
fn at_most(asked: Option<f64>, most: Known<f64>) -> Known<f64> {
    match asked {
        Some(asked) => Ok(asked.min(most?)),
        None => most,
    }
}

fn requested(asked: Option<f64>, limit: Known<f64>, why: Why) -> Known<f64> {
    let limit = limit?;
    asked.map(|asked| asked.min(limit)).ok_or(why)
}

/// A memory request that is not given is random, but cut at the limit, which decides where it is small.
fn requested_memory(asked: Option<f64>, limit: Known<f64>) -> Known<f64> {
    match (asked, limit?) {
        (None, limit) if limit <= LEAST_RANDOM_MEMORY_GIG => Ok(limit),
        (asked, limit) => asked.map(|asked| asked.min(limit)).ok_or(Why::MemRequest),
    }
}

fn pending<'a>(pod: &'a Pod, place: &Placed<'_>, usages: &mut Usages) -> Pending<'a> {
    let node = place.node;
    let cpu_limit = at_most(pod.cpu_limit, node.cores);
    let mem_limit_gig = at_most(pod.mem_limit_gig, node.memory_gig);
    usages.cut(pod.cpu_usage.as_ref(), cpu_limit);
    usages.cut(pod.mem_usage_gig.as_ref(), mem_limit_gig);
    let pod_made = MadePod {
        name: usages.name(pod.pod_name.as_ref(), Why::PodName),
        namespace: place.name.to_owned(),
        node: node.clone(),
        labels: Ok(text(pod.labels.as_ref())),
        seconds: pod.pod_seconds.filter(|seconds| *seconds != 0.0).ok_or(Why::PodSeconds),
        cpu_request: requested(pod.cpu_request, cpu_limit, Why::CpuRequest),
        cpu_limit,
        cpu_usage: Amounts { days: Vec::new(), limit: cpu_limit, otherwise: Why::CpuUsage },
        mem_request_gig: requested_memory(pod.mem_request_gig, mem_limit_gig),
        mem_limit_gig,
        mem_usage_gig: Amounts { days: Vec::new(), limit: mem_limit_gig, otherwise: Why::MemUsage },
    };
    Pending { pod: pod_made, cpu_usage: pod.cpu_usage.as_ref(), mem_usage_gig: pod.mem_usage_gig.as_ref() }
}

/// A pod replaces one of its name, in its place.
fn put<'a>(pods: &mut Vec<Pending<'a>>, new: Pending<'a>) {
    match pods.iter_mut().find(|known| known.pod.name == new.pod.name) {
        Some(known) => *known = new,
        None => pods.push(new),
    }
}

impl Pending<'_> {
    fn finish(mut self, usages: &Usages) -> Result<MadePod, String> {
        self.pod.cpu_usage = usages.amounts(self.cpu_usage, self.pod.cpu_limit, self.pod.cpu_usage.otherwise)?;
        self.pod.mem_usage_gig = usages.amounts(self.mem_usage_gig, self.pod.mem_limit_gig, self.pod.mem_usage_gig.otherwise)?;
        Ok(self.pod)
    }
}
