//! Services: whose SKUs they are.

use super::super::attributes::csv_text;
use super::super::item::{Field, exactly, exactly_one_of};
use super::generators::Special;
use super::row::Row;
use crate::nise::known::Why;
use crate::nise::scalar::Scalar;
use crate::nise::yaml::Node;

const NO_SERVICE: Why = Why::Cloud("no `service.description`: nise draws a service for each line");

/// A service of nise's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
}

/// Id and name of the service.
///
/// # Errors
/// A name of which nise can make no id.
pub(super) fn service(row: &Row<'_>) -> Result<(Field, Field), String> {
    let ids = match row.attributes.truthy("service.description") {
        Some(name) if row.kind.special == Special::Service => vec![id_of(row, name)?],
        _ => row.kind.services.iter().map(|service| service.id.to_owned()).collect(),
    };
    let names = row.kind.services.iter().map(|service| service.name);
    let id = match row.attribute("service.id")? {
        Some(id) => exactly(&id),
        None => exactly_one_of(ids.iter().map(String::as_str), NO_SERVICE),
    };
    let name = row.attribute("service.description")?.map_or_else(|| exactly_one_of(names, NO_SERVICE), |name| exactly(&name));
    Ok((id, name))
}

/// The id of a service that nise knows; of another, nise takes the second letter of its name.
fn id_of(row: &Row<'_>, name: &Node) -> Result<String, String> {
    let refused = || "`service.description` has no second letter: nise refuses that".to_owned();
    if !matches!(name, Node::Scalar(Scalar::Text(_))) {
        return Err("`service.description` is no text: nise refuses that".to_owned());
    }
    let name = csv_text(name)?;
    match row.kind.services.iter().find(|service| service.name.to_lowercase() == name.to_lowercase()) {
        Some(service) => Ok(service.id.to_owned()),
        None => name.chars().nth(1).map(String::from).ok_or_else(refused),
    }
}

/// Of `GCPDatabaseGenerator`.
pub(super) const DATABASES: &[Service] = &[
    Service { id: "66AB-BA17-351C", name: "Cloud SQL" },
    Service { id: "S3LS-JE3X-DR2Z", name: "Spanner" },
    Service { id: "SLKD-3XKD-34SX-AL3C", name: "Bigtable" },
    Service { id: "SLW3-CNSL-23SD", name: "Firestore" },
    Service { id: "SLK2-CJ23-823X", name: "Firebase" },
    Service { id: "DJW3-482X-DHEC", name: "Memorystore" },
    Service { id: "2XL2-DJ23-ZL3S", name: "MongoDB" },
];

/// Of `GCPNetworkGenerator`.
pub(super) const NETWORKS: &[Service] = &[
    Service { id: "12B3-1234-JK3C", name: "Network" },
    Service { id: "23C3-JS3K-SDL3", name: "VPC" },
    Service { id: "LSKD-23RD-23RS", name: "Firewall" },
    Service { id: "2NF2-342K-SD3C", name: "Route" },
    Service { id: "23KD-SL3N-SLK3", name: "IP" },
    Service { id: "8C22-6FC3-D478", name: "Cloud DNS" },
    Service { id: "SWL2-234S-DK2D", name: "CDN" },
    Service { id: "SL2D-SLJ3-IYV3", name: "NAT" },
    Service { id: "SL2C-FNMW-3CI2", name: "Traffic Director" },
    Service { id: "23NS-FNA3-GM3C", name: "Service Discovery" },
    Service { id: "2J34-SM34-SMD3", name: "Cloud Domains" },
    Service { id: "JFJH-34J3-SM5D", name: "Private Service Connect" },
    Service { id: "234L-FJ56-SJ35", name: "Cloud Armor" },
];
