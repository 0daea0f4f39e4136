//! nise's generators of GCP.

use super::service::{DATABASES, NETWORKS, Service};
use super::sku::{COMPUTE, DATABASE, DISK, LICENCE, NETWORK, STORAGE, Sku};

/// nise's generators.
pub(crate) const GENERATORS: &[&str] =
    &[STORAGE_KIND.name, COMPUTE_KIND.name, DISK_KIND.name, DATABASE_KIND.name, NETWORK_KIND.name, LICENCE_KIND.name];

const KINDS: &[Kind] = &[STORAGE_KIND, COMPUTE_KIND, DISK_KIND, DATABASE_KIND, NETWORK_KIND, LICENCE_KIND];

/// A generator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// Its name in the file.
    pub(super) name: &'static str,
    /// Its services; one of several is drawn for each line.
    pub(super) services: &'static [Service],
    /// Its SKUs; one of several is drawn.
    pub(super) skus: &'static [Sku],
    /// A label that a line has, or does not have.
    pub(super) label: Label,
    pub(super) special: Special,
}

/// A label of nise's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label {
    pub(super) key: &'static str,
    pub(super) value: &'static str,
    /// Every line has it.
    pub(super) always: bool,
}

/// What sets a generator apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    None,
    /// A SKU can be asked for, lines by the hour have an instance type, and `usage_amount` is as good as `usage.amount`.
    Machine,
    /// Amounts come from a capacity.
    Disk,
    /// A service can be asked for.
    Service,
}

/// The generator of a name.
///
/// # Errors
/// There is none.
pub(super) fn kind(name: &str) -> Result<&'static Kind, String> {
    KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| format!("`{name}` is no generator of GCP's reports"))
}

const MACHINE_LABEL: Label = Label { key: "vm_key_proj2", value: "vm_label_proj2", always: false };

const MACHINES: &[Service] = &[Service { id: "6F81-5844-456A", name: "Compute Engine" }];

const STORAGE_KIND: Kind = Kind {
    name: "CloudStorageGenerator",
    services: &[Service { id: "95FF-2EF5-5EA1", name: "Cloud Storage" }],
    skus: STORAGE,
    label: Label { key: "test_storage_key", value: "test_storage_label", always: false },
    special: Special::None,
};

const COMPUTE_KIND: Kind =
    Kind { name: "ComputeEngineGenerator", services: MACHINES, skus: COMPUTE, label: MACHINE_LABEL, special: Special::Machine };

const DISK_KIND: Kind =
    Kind { name: "PersistentDiskGenerator", services: MACHINES, skus: DISK, label: MACHINE_LABEL, special: Special::Disk };

const DATABASE_KIND: Kind =
    Kind { name: "GCPDatabaseGenerator", services: DATABASES, skus: DATABASE, label: MACHINE_LABEL, special: Special::Service };

const NETWORK_KIND: Kind =
    Kind { name: "GCPNetworkGenerator", services: NETWORKS, skus: NETWORK, label: MACHINE_LABEL, special: Special::Service };

const LICENCE_KIND: Kind = Kind {
    name: "HCSGenerator",
    services: &[Service { id: "7890-9662-83CC", name: "Red Hat® OpenShift® Container Platform" }],
    skus: LICENCE,
    label: Label { key: "goog-dm", value: "red-hat-openshift-container-platform-1", always: true },
    special: Special::Machine,
};
