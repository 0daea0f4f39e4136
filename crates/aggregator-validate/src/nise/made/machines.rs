//! Virtual machines: nise makes a pod for one that no pod's label names, and a volume for one that names no pod.

use super::volumes::{MadeClaim, REQUEST_GIG, Volumes};
use super::{Amounts, GIB, MadePod, Pending, Placed, Usages, at_most, put, requested_memory};
use crate::nise::known::{Name, Why};
use crate::nise::model::{Given, Machine, Pod};

const MACHINE_LABEL: &str = "label_vm_kubevirt_io_name";

/// The virtual machine that a pod's label names; nise takes a pod's labels apart and needs exactly one colon in each.
pub(super) fn label(pod: &Pod) -> Result<Option<&str>, String> {
    let Some(Given(labels)) = pod.labels.as_ref().filter(|labels| !labels.0.is_empty()) else { return Ok(None) };
    for label in labels.split('|') {
        let Some((key, value)) = label.split_once(':').filter(|(_, value)| !value.contains(':')) else {
            return Err(format!("the pod's label `{label}` has not exactly one colon: nise refuses that"));
        };
        if key == MACHINE_LABEL {
            return Ok(Some(value).filter(|value| !value.is_empty()));
        }
    }
    Ok(None)
}

/// A machine as nise keeps it, by name.
struct Known<'a> {
    name: Name,
    /// None for one that a pod's label brought: nise copies that pod.
    machine: Option<&'a Machine>,
    pod: Option<&'a Pod>,
    /// Of the claim, once for the machine, however many places it has.
    claim: Name,
}

impl Known<'_> {
    /// Then it gets a volume of its own.
    fn names_no_pod(&self) -> bool {
        let pod = self.machine.map_or(self.pod.and_then(|pod| pod.pod_name.as_ref()), |machine| machine.pod_name.as_ref());
        pod.is_none_or(|pod| pod.0.is_empty())
    }
}

/// Adds the pods and volumes of the virtual machines.
pub(super) fn add<'a>(
    placed: &[Placed<'a>],
    pods: &mut Vec<Pending<'a>>,
    volumes: &mut Volumes<'a>,
    usages: &mut Usages,
) -> Result<(), String> {
    let named_by_pods = named_by_pods(placed, pods)?;
    let (mut machines, mut by_place): (Vec<Known<'a>>, Vec<(usize, Name)>) = (Vec::new(), Vec::new());
    for (index, place) in placed.iter().enumerate() {
        for found in of_place(place, usages)? {
            by_place.push((index, found.name.clone()));
            if let Some(machine) = found.machine {
                let cpu_limit = at_most(machine.cpu_limit, place.node.cores);
                let mem_limit = at_most(machine.mem_limit_gig, place.node.memory_gig);
                usages.cut(machine.cpu_usage.as_ref(), cpu_limit);
                usages.cut(machine.mem_usage_gig.as_ref(), mem_limit);
                // In place, so that the pod of the machine, which reads them as GiB, is at its limit.
                usages.multiply(machine.mem_usage_gig.as_ref(), GIB);
            }
            match machines.iter_mut().find(|known| known.name == found.name) {
                Some(known) => *known = found,
                None => machines.push(found),
            }
        }
    }
    for (index, name) in by_place {
        let (Some(place), Some(known)) = (placed.get(index), machines.iter().find(|known| known.name == name)) else { continue };
        if !named_by_pods.contains(&name) {
            let pod = pod_of(known, place);
            put(pods, pod);
        }
        if known.names_no_pod() {
            let claim = claim_of(known, place, usages);
            volumes.add_machine(claim)?;
        }
    }
    Ok(())
}

/// The machines that labels of pods name, of the pods that have survived.
fn named_by_pods(placed: &[Placed<'_>], pods: &[Pending<'_>]) -> Result<Vec<Name>, String> {
    let mut named = Vec::new();
    for place in placed {
        for pod in place.content.pods.iter().flatten() {
            let Some(machine) = label(pod)? else { continue };
            let Some(Given(labels)) = pod.labels.as_ref() else { continue };
            if pods.iter().any(|known| known.pod.labels.as_ref() == Ok(labels)) {
                named.push(Name::given(machine));
            }
        }
    }
    Ok(named)
}

/// The machines of the file, and those that labels of pods bring.
fn of_place<'a>(place: &Placed<'a>, usages: &mut Usages) -> Result<Vec<Known<'a>>, String> {
    let specified = place.content.virtual_machines.iter().flatten();
    let mut found: Vec<Known<'a>> = specified
        .map(|machine| Known {
            name: usages.name(machine.vm_name.as_ref(), Why::MachineName),
            machine: Some(machine),
            pod: None,
            claim: usages.name(machine.volume_claim_name.as_ref(), Why::ClaimName),
        })
        .collect();
    for pod in place.content.pods.iter().flatten() {
        if let Some(machine) = label(pod)?.map(Name::given)
            && found.iter().all(|known| known.name != machine)
        {
            found.push(Known { name: machine, machine: None, pod: Some(pod), claim: usages.random(Why::ClaimName) });
        }
    }
    Ok(found)
}

/// The pod that nise makes for a machine: its limit is the node, its CPU request is random.
fn pod_of<'a>(known: &Known<'a>, place: &Placed<'_>) -> Pending<'a> {
    let node = place.node;
    let (cpu_usage, mem_usage_gig, seconds) = match (known.machine, known.pod) {
        (Some(machine), _) => (machine.cpu_usage.as_ref(), machine.mem_usage_gig.as_ref(), machine.vm_seconds),
        // A copy of a pod that another one replaced, with the usage of that moment, which is not followed here.
        (None, pod) => (None, None, pod.and_then(|pod| pod.pod_seconds)),
    };
    // nise cuts a copy of the usage here, so that nobody else sees it; the limits below cut as much.
    let until_the_end = |limit, otherwise| Amounts { days: Vec::new(), limit, otherwise };
    let made = MadePod {
        name: known.name.clone(),
        namespace: place.name.to_owned(),
        node: node.clone(),
        labels: known.name.text().map(|name| format!("{MACHINE_LABEL}:{name}")),
        seconds: seconds.filter(|seconds| *seconds != 0.0).ok_or(Why::MachineSeconds),
        cpu_request: Err(Why::MachineCpuRequest),
        cpu_limit: node.cores,
        cpu_usage: until_the_end(node.cores, if known.machine.is_some() { Why::CpuUsage } else { Why::ReplacedPod }),
        mem_request_gig: requested_memory(None, node.memory_gig),
        mem_limit_gig: node.memory_gig,
        mem_usage_gig: until_the_end(node.memory_gig, if known.machine.is_some() { Why::MemUsage } else { Why::ReplacedPod }),
    };
    Pending { pod: made, cpu_usage, mem_usage_gig }
}

fn claim_of(known: &Known<'_>, place: &Placed<'_>, usages: &mut Usages) -> MadeClaim {
    MadeClaim {
        namespace: place.name.to_owned(),
        pod: known.name.clone(),
        claim: known.claim.clone(),
        volume: usages.random(Why::MachineVolume),
        storage_class: usages.random(Why::MachineVolume),
        handle: usages.random(Why::MachineVolume),
        volume_labels: String::new(),
        claim_labels: String::new(),
        capacity_gig: known.machine.and_then(|machine| machine.capacity_gig).ok_or(Why::MachineCapacity),
        request_gig: Some(REQUEST_GIG),
        usage_gig: Amounts { days: Vec::new(), limit: Ok(REQUEST_GIG), otherwise: Why::MachineVolume },
    }
}
