//! Reference data of a tenant: what the SQL reads from PostgreSQL.

use super::{ColumnDef, Kind, Table, Unit};

pub use super::ocp::{NODE, NODE_ROLE, RESOURCE_ID};

/// A `LIKE` pattern of namespaces; no escape character.
pub const NAMESPACE_PATTERN: ColumnDef = ColumnDef::new("namespace_pattern", Kind::Text);
/// Cost category; may be null.
pub const COST_CATEGORY_ID: ColumnDef = ColumnDef::new("cost_category_id", Kind::Integer);

/// `reporting_ocp_cost_category_namespace`.
pub const COST_CATEGORIES: Table = Table {
    name: "reporting_ocp_cost_category_namespace",
    grain: "one row per namespace pattern",
    columns: &[NAMESPACE_PATTERN, COST_CATEGORY_ID],
};

/// What the daily summary reads of `reporting_ocp_nodes`: all clusters of the tenant.
pub const NODES: Table = Table {
    name: "reporting_ocp_nodes",
    grain: "one row per node record; (node, resource_id) can repeat",
    columns: &[NODE, RESOURCE_ID, NODE_ROLE],
};

/// Architecture of a node.
pub const ARCHITECTURE: ColumnDef = ColumnDef::new("architecture", Kind::Text);

/// The list of nodes that a window of line items shows.
pub const NODE_LIST: Table = Table {
    name: "reporting_ocp_nodes",
    grain: "one row per (node, resource_id)",
    columns: &[NODE, RESOURCE_ID, ColumnDef::measure("node_capacity_cpu_cores", Unit::Cores), NODE_ROLE, ARCHITECTURE],
};

/// The list of volumes that a window of line items shows.
pub const VOLUME_LIST: Table = Table {
    name: "reporting_ocp_pvcs",
    grain: "one row per (persistentvolume, persistentvolumeclaim, csi_volume_handle)",
    columns: &[super::ocp::PERSISTENTVOLUME, super::ocp::PERSISTENTVOLUMECLAIM, super::ocp::CSI_VOLUME_HANDLE],
};

/// The list of namespaces that a window of line items shows.
pub const PROJECT_LIST: Table = Table { name: "reporting_ocp_projects", grain: "one row per namespace", columns: &[super::ocp::NAMESPACE] };
