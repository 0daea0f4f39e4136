//! A value that the YAML determines, or why it does not: nise draws it at random.

use std::fmt::{self, Display, Formatter};

/// Why the YAML does not determine a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Why {
    NoNodes,
    NoNamespaces,
    NodeName,
    ResourceId,
    CpuCores,
    MemoryGig,
    PodName,
    PodSeconds,
    CpuRequest,
    CpuUsage,
    MemRequest,
    MemUsage,
    MachineName,
    MachineSeconds,
    MachineCpuRequest,
    MachineCapacity,
    MachineVolume,
    ReplacedPod,
    VolumeName,
    StorageClass,
    CsiVolumeHandle,
    ClaimName,
    ClaimUsage,
    NodeRole,
    NotGiven,
    /// Of a cloud's generator, in words.
    Cloud(&'static str),
}

impl Why {
    /// The reason in words.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::NoNodes => "the generator has no `nodes`: nise makes up all of it",
            Self::NoNamespaces => "the node has no `namespaces`: nise makes up some",
            Self::NodeName => "no `node_name`",
            Self::ResourceId => "no `resource_id`",
            Self::CpuCores => "no `cpu_cores` of the node",
            Self::MemoryGig => "no `memory_gig` of the node",
            Self::PodName => "no `pod_name`: nise makes up one, and pods of one name replace each other",
            Self::PodSeconds => "no `pod_seconds`, or 0: random seconds of each hour",
            Self::CpuRequest => "no `cpu_request`",
            Self::CpuUsage => "no `cpu_usage` of the day, or 0: random",
            Self::MemRequest => "no `mem_request_gig`",
            Self::MemUsage => "no `mem_usage_gig` of the day, or 0: random",
            Self::MachineName => "no `vm_name`",
            Self::MachineSeconds => "no `vm_seconds`, or 0: random seconds of each hour",
            Self::MachineCpuRequest => "the pod of a virtual machine requests random CPU",
            Self::MachineCapacity => "no `capacity_gig` of the virtual machine",
            Self::MachineVolume => "the volume of a virtual machine has a random name, class and handle, and random usage",
            Self::ReplacedPod => "the pod whose label names the virtual machine was replaced by another of its name",
            Self::VolumeName => "no `volume_name`",
            Self::StorageClass => "no `storage_class`",
            Self::CsiVolumeHandle => "no `csi_volume_handle`",
            Self::ClaimName => "no `volume_claim_name`",
            Self::ClaimUsage => "no `volume_claim_usage_gig` of the day, or 0: random",
            Self::NodeRole => "the node has several roles in the months of the file, or no id to look it up by",
            Self::NotGiven => "nothing that nise writes; give the option for it",
            Self::Cloud(text) => text,
        }
    }
}

impl Display for Why {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

/// A value, or why it is not known.
pub(crate) type Known<T> = Result<T, Why>;

/// What `f` makes of two known values.
pub(crate) fn both<T>(one: Known<f64>, two: Known<f64>, f: impl FnOnce(f64, f64) -> T) -> Known<T> {
    Ok(f(one?, two?))
}

/// A text of the YAML, or one that nise makes up: the same number means the same text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Name {
    Given(String),
    Random(u32, Why),
}

impl Name {
    pub(crate) fn given(text: impl Into<String>) -> Self {
        Self::Given(text.into())
    }

    /// The text, if the YAML has it.
    pub(crate) fn text(&self) -> Known<&str> {
        match self {
            Self::Given(text) => Ok(text),
            Self::Random(_, why) => Err(*why),
        }
    }
}
