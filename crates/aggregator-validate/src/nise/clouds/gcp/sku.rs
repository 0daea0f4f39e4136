//! SKUs: what is paid for, and in which unit it is priced.

use super::super::attributes::csv_text;
use super::generators::Special;
use super::row::Row;
use crate::nise::known::Why;

/// Not the SKU that was asked for, or none was.
pub(super) const NO_SKU: Why = Why::Cloud("no `sku_id` or `usage.pricing_unit` that nise knows: it draws one for each line");

/// A SKU of nise's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sku {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) unit: Unit,
}

/// What a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Hour,
    Gibibyte,
    GibibyteHour,
    GibibyteMonth,
    Month,
}

impl Unit {
    /// `usage.pricing_unit`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Gibibyte => "gibibyte",
            Self::GibibyteHour => "gibibyte hour",
            Self::GibibyteMonth => "gibibyte month",
            Self::Month => "month",
        }
    }

    /// An amount in this unit, as nise has it: `usage` counts seconds or bytes.
    pub(super) fn of(self, usage: f64) -> f64 {
        match self {
            Self::Hour => usage / SECONDS_PER_HOUR,
            Self::Gibibyte => usage * 9.31323,
            Self::GibibyteHour => usage * (3.3528 * 1e-6),
            Self::GibibyteMonth => usage * 0.002_447_52,
            Self::Month => 0.0,
        }
    }
}

/// Seconds of an hour.
pub(super) const SECONDS_PER_HOUR: f64 = 3600.0;

/// The SKUs of which nise takes one.
///
/// # Errors
/// An attribute that takes the place of nise's own table.
pub(super) fn skus(row: &Row<'_>) -> Result<Vec<Sku>, String> {
    let all = row.kind.skus;
    if row.kind.special != Special::Machine {
        return Ok(all.to_vec());
    }
    if row.attributes.truthy("sku").is_some() {
        return Err("`sku` takes the place of nise's own SKUs; `sku_id` names one".to_owned());
    }
    let asked = |name: &str| row.attributes.truthy(name).map(csv_text).transpose();
    let found = match (asked("sku_id")?, asked("usage.pricing_unit")?) {
        (Some(id), _) => all.iter().find(|sku| sku.id == id),
        // The last one of the unit.
        (None, Some(unit)) => all.iter().rev().find(|sku| sku.unit.name() == unit),
        (None, None) => None,
    };
    Ok(found.map_or_else(|| all.to_vec(), |sku| vec![*sku]))
}

/// Of `CloudStorageGenerator`.
pub(super) const STORAGE: &[Sku] = &[Sku { id: "E5F0-6A5D-7BAD", name: "Standard Storage US Regional", unit: Unit::GibibyteMonth }];

/// Of `PersistentDiskGenerator`.
pub(super) const DISK: &[Sku] = &[
    Sku { id: "3C62-891B-C73C", name: "Regional Storage PD Capacity", unit: Unit::GibibyteMonth },
    Sku { id: "D973-5D65-BAB2", name: "Storage PD Capacity", unit: Unit::GibibyteMonth },
];

/// Of `GCPDatabaseGenerator`.
pub(super) const DATABASE: &[Sku] = &[Sku { id: "66AB-BA17-351C", name: "Storage PD Snapshot", unit: Unit::GibibyteMonth }];

/// Of `GCPNetworkGenerator`.
pub(super) const NETWORK: &[Sku] = &[Sku { id: "8C22-6FC3-D478", name: "ManagedZone", unit: Unit::Month }];

/// Of `HCSGenerator`.
pub(super) const LICENCE: &[Sku] =
    &[Sku { id: "DD70-0A3E-6C9F", name: "Licensing Fee for vCPU-per-hour on VM with 0 VCPU or more", unit: Unit::Hour }];

/// Of `ComputeEngineGenerator`.
pub(super) const COMPUTE: &[Sku] = &[
    Sku { id: "CF4E-A0C7-E3BF", name: "Instance Core running in Americas", unit: Unit::Hour },
    Sku { id: "D973-5D65-BAB2", name: "Storage PD Capacity", unit: Unit::GibibyteMonth },
    Sku { id: "D0CC-50DF-59D2", name: "Network Inter Zone Ingress", unit: Unit::Gibibyte },
    Sku { id: "F449-33EC-A5EF", name: "E2 Instance Ram running in Americas", unit: Unit::GibibyteHour },
    Sku { id: "CD20-B4CA-0F7C", name: "Licensing Fee for Debian 10 Buster (RAM cost)", unit: Unit::GibibyteHour },
    Sku { id: "236F-83FC-852C", name: "Licensing Fee for Red Hat Enterprise Linux 8 (RAM cost)", unit: Unit::GibibyteHour },
    Sku { id: "8C61-80B1-C43A", name: "Licensing Fee for Red Hat Enterprise Linux 8 on VM with 1 to 4 VCPU", unit: Unit::Hour },
    Sku { id: "BBF8-C07D-1DF4", name: "Network Inter Region Data Transfer In from APAC to Americas", unit: Unit::Gibibyte },
    Sku { id: "0C3C-6B13-B1E8", name: "Network Inter Region Data Transfer Out from Americas to Los Angeles", unit: Unit::Gibibyte },
    Sku { id: "FDBC-6E3B-D4D8", name: "Network Internet Data Transfer Out from Americas to Australia", unit: Unit::Gibibyte },
    Sku { id: "B307-417F-4FD2", name: "Network Internet Data Transfer In from EMEA to Virginia", unit: Unit::Gibibyte },
    Sku { id: "5A40-9F05-4385", name: "Network Inter Region Data Transfer In from Hong Kong to Virginia", unit: Unit::Gibibyte },
    Sku { id: "6B8F-E63D-832B", name: "Network Internet Data Transfer Out from Americas to APAC", unit: Unit::Gibibyte },
    Sku { id: "DFA5-B5C6-36D6", name: "Network Internet Data Transfer Out from Americas to EMEA", unit: Unit::Gibibyte },
    Sku { id: "9DE9-9092-B3BC", name: "Network Internet Data Transfer Out from Americas to China", unit: Unit::Gibibyte },
    Sku { id: "7151-106A-2684", name: "Network Internet Data Transfer In from APAC to Americas", unit: Unit::Gibibyte },
    Sku { id: "2F99-3A90-373B", name: "Network Internet Data Transfer In from EMEA to Americas", unit: Unit::Gibibyte },
    Sku { id: "92CB-C25F-B1D1", name: "Network Data Transfer to Google Services from Americas to Americas", unit: Unit::Gibibyte },
    Sku { id: "227B-5B2B-A75A", name: "Network Internet Data Transfer In from China to Americas", unit: Unit::Gibibyte },
    Sku { id: "123C-0EFC-B7C8", name: "Network Data Transfer In from Google Services from Americas to Americas", unit: Unit::Gibibyte },
    Sku { id: "F274-1692-F213", name: "Network Internet Data Transfer Out from Americas to Americas", unit: Unit::Gibibyte },
];
