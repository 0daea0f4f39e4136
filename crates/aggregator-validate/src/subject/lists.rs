//! koku's lists of nodes, volumes and projects, which stand in PostgreSQL only.
//!
//! The tables of aggregator-core are the frames that a list is made from; three columns have other names in the database.

use aggregator_core::table::reference::{ARCHITECTURE, NODE, NODE_LIST, NODE_ROLE, PROJECT_LIST, RESOURCE_ID, VOLUME_LIST};
use aggregator_core::table::{ColumnDef, Kind, Table, summary};

use super::{Origin, RANDOM, Subject};

/// [`summary::PERSISTENTVOLUME`] as the list has it.
const PERSISTENT_VOLUME: ColumnDef = ColumnDef::new("persistent_volume", Kind::Text);
/// [`summary::PERSISTENTVOLUMECLAIM`] as the list has it.
const PERSISTENT_VOLUME_CLAIM: ColumnDef = ColumnDef::new("persistent_volume_claim", Kind::Text);
/// [`summary::NAMESPACE`] as the list has it.
const PROJECT: ColumnDef = ColumnDef::new("project", Kind::Text);

/// The three lists.
pub const LISTS: &[Subject] = &[
    subject(
        "ocp-nodes",
        &[Table {
            columns: &[summary::UUID, summary::CLUSTER_ID, NODE, RESOURCE_ID, summary::NODE_CAPACITY_CPU_CORES, NODE_ROLE, ARCHITECTURE],
            ..NODE_LIST
        }],
        &[NODE, RESOURCE_ID],
    ),
    subject(
        "ocp-pvcs",
        &[Table {
            columns: &[summary::UUID, summary::CLUSTER_ID, PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, summary::CSI_VOLUME_HANDLE],
            ..VOLUME_LIST
        }],
        &[PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM],
    ),
    subject("ocp-projects", &[Table { columns: &[summary::UUID, summary::CLUSTER_ID, PROJECT], ..PROJECT_LIST }], &[PROJECT]),
];

const fn subject(name: &'static str, tables: &'static [Table], key: &'static [ColumnDef]) -> Subject {
    Subject {
        name,
        tables,
        partitions: &[],
        key,
        // The cluster of a list is the random id of its row in another table.
        ignored: &[(summary::UUID, RANDOM), (summary::CLUSTER_ID, RANDOM)],
        day: None,
        source: None,
        origin: Origin::Declared,
    }
}
