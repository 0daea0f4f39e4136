//! nise's generators of Azure: what a row has without being told.

/// The units of measure of a generator's meters; one of several is drawn.
pub(super) type Units = &'static [&'static str];

/// A generator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// Its name in the file.
    pub(super) name: &'static str,
    /// The category of its meters, unless `service_name` says another.
    pub(super) service_name: &'static str,
    pub(super) units: Units,
    /// `ServiceType` of what it puts into `additional_info`; one of several is drawn, none is none.
    pub(super) instance_types: &'static [&'static str],
    pub(super) special: Special,
}

/// What sets a generator apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    None,
    /// Licences of virtual machines.
    Licence,
    /// A meter belongs to its id and its direction, and `additional_info` is not used.
    Transfer,
}

/// nise's generators.
pub(crate) const GENERATORS: &[&str] =
    &[BANDWIDTH.name, LICENCE.name, TRANSFER.name, DISK.name, SQL.name, STORAGE.name, MACHINE.name, NETWORK.name];

const KINDS: &[Kind] = &[BANDWIDTH, LICENCE, TRANSFER, DISK, SQL, STORAGE, MACHINE, NETWORK];

/// The generator of a name.
///
/// # Errors
/// There is none.
pub(super) fn kind(name: &str) -> Result<&'static Kind, String> {
    KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| format!("`{name}` is no generator of Azure's reports"))
}

impl Kind {
    /// The services that it can be told to have.
    pub(super) fn services(&self) -> &'static [&'static str] {
        if self.special == Special::Transfer { &["Virtual Network"] } else { SERVICES }
    }
}

const SERVICES: &[&str] = &["SQL Database", "Storage", "Virtual Machines", "Virtual Network", "Bandwidth"];

const BANDWIDTH: Kind =
    Kind { name: "BandwidthGenerator", service_name: "Bandwidth", units: &["10 GB", ""], instance_types: &[], special: Special::None };

const LICENCE: Kind = Kind {
    name: "CCSPGenerator",
    service_name: "Virtual Machines",
    units: &["1 Hour"],
    instance_types: &["Standard_B1ls"],
    special: Special::Licence,
};

const TRANSFER: Kind =
    Kind { name: "DTGenerator", service_name: "Virtual Network", units: &["1 GB"], instance_types: &[], special: Special::Transfer };

const DISK: Kind = Kind {
    name: "ManagedDiskGenerator",
    service_name: "Storage",
    units: &["1 /Month", "100000000", ""],
    instance_types: &[],
    special: Special::None,
};

const SQL: Kind = Kind { name: "SQLGenerator", service_name: "SQL Database", units: &[""], instance_types: &[], special: Special::None };

const STORAGE: Kind = Kind {
    name: "StorageGenerator",
    service_name: "Storage",
    units: &["100000000", "100 GB/Month", "1000000", "", "100 GB"],
    instance_types: &[],
    special: Special::None,
};

const MACHINE: Kind = Kind {
    name: "VMGenerator",
    service_name: "Virtual Machines",
    units: &["100 Hours"],
    instance_types: &["Standard_A0", "Standard_B2s"],
    special: Special::None,
};

const NETWORK: Kind =
    Kind { name: "VNGenerator", service_name: "Virtual Network", units: &[""], instance_types: &[], special: Special::None };

/// Where resources are, with the other name of the place.
const LOCATIONS: &[(&str, &[&str])] = &[
    ("US East", &["Zone 1"]),
    ("US North Central", &["Zone 1"]),
    ("US South Central", &["Zone 1"]),
    ("US West", &["Zone 1"]),
    ("US Central", &["Zone 1"]),
    ("US East 2", &[]),
    ("US West 2", &[]),
];

/// The regions that nise draws from for a `resource_location`; for none, all.
pub(super) fn regions(resource_location: &str) -> Vec<&'static str> {
    let fits =
        |place: &&(&str, &[&str])| resource_location.is_empty() || place.0 == resource_location || place.1.contains(&resource_location);
    LOCATIONS.iter().filter(fits).map(|place| place.0).collect()
}

#[cfg(test)]
mod tests {
    use super::regions;

    #[test]
    fn a_place_is_a_region_or_a_zone_of_some_and_no_place_is_any() {
        assert_eq!(regions("US East"), ["US East"]);
        assert_eq!(regions("US West 2"), ["US West 2"]);
        assert_eq!(regions("Zone 1").len(), 5);
        assert_eq!(regions("").len(), 7);
        assert!(regions("Atlantis").is_empty());
    }
}
