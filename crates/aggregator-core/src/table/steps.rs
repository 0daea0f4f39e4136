//! Columns and tables that stand between two transforms; koku never sees them.

use super::ocp::{CSI_VOLUME_HANDLE, NODE, PERSISTENTVOLUME, PERSISTENTVOLUMECLAIM, POD, RESOURCE_ID, STORAGECLASS};
use super::ocp::{NAMESPACE, NODE_CAPACITY_CPU_CORE_SECONDS, NODE_CAPACITY_MEMORY_BYTE_SECONDS};
use super::reference::COST_CATEGORY_ID;
use super::summary as out;
use super::{ColumnDef, Kind, Table, Unit};

pub use super::summary::USAGE_START;

/// Label set of a pod, or of its row of the summary after node, namespace and pod labels are merged.
pub const POD_LABEL_SET: ColumnDef = ColumnDef::new("pod_label_set", Kind::LabelSet);
/// Label set of a node.
pub const NODE_LABEL_SET: ColumnDef = ColumnDef::new("node_label_set", Kind::LabelSet);
/// Label set of a namespace.
pub const NAMESPACE_LABEL_SET: ColumnDef = ColumnDef::new("namespace_label_set", Kind::LabelSet);
/// Label set of a volume.
pub const PERSISTENTVOLUME_LABEL_SET: ColumnDef = ColumnDef::new("persistentvolume_label_set", Kind::LabelSet);
/// Label set of a claim.
pub const PERSISTENTVOLUMECLAIM_LABEL_SET: ColumnDef = ColumnDef::new("persistentvolumeclaim_label_set", Kind::LabelSet);
/// Label set of a storage row of the summary.
pub const VOLUME_LABEL_SET: ColumnDef = ColumnDef::new("volume_label_set", Kind::LabelSet);
/// How many nodes share a volume on a day.
pub const NODE_COUNT: ColumnDef = ColumnDef::measure("node_count", Unit::None);
/// CPU capacity of the cluster over the day.
pub const CLUSTER_CAPACITY_CPU_CORE_SECONDS: ColumnDef = ColumnDef::measure("cluster_capacity_cpu_core_seconds", Unit::CoreSeconds);
/// Memory capacity of the cluster over the day.
pub const CLUSTER_CAPACITY_MEMORY_BYTE_SECONDS: ColumnDef = ColumnDef::measure("cluster_capacity_memory_byte_seconds", Unit::ByteSeconds);

/// Result of `ocp::node_labels`.
pub const NODE_LABELS: Table =
    Table { name: "node_labels", grain: "one row per (usage_start, node, label set)", columns: &[USAGE_START, NODE, NODE_LABEL_SET] };
/// Result of `ocp::namespace_labels`.
pub const NAMESPACE_LABELS: Table = Table {
    name: "namespace_labels",
    grain: "one row per (usage_start, namespace, label set)",
    columns: &[USAGE_START, NAMESPACE, NAMESPACE_LABEL_SET],
};
/// Result of `ocp::node_capacity`.
pub const NODE_CAPACITY: Table = Table {
    name: "node_capacity",
    grain: "one row per (usage_start, node)",
    columns: &[USAGE_START, NODE, NODE_CAPACITY_CPU_CORE_SECONDS, NODE_CAPACITY_MEMORY_BYTE_SECONDS],
};
/// Result of `ocp::cluster_capacity`.
pub const CLUSTER_CAPACITY: Table = Table {
    name: "cluster_capacity",
    grain: "one row per usage_start",
    columns: &[USAGE_START, CLUSTER_CAPACITY_CPU_CORE_SECONDS, CLUSTER_CAPACITY_MEMORY_BYTE_SECONDS],
};
/// Result of `ocp::volume_nodes`.
pub const VOLUME_NODES: Table = Table {
    name: "volume_nodes",
    grain: "one row per (usage_start, claim, volume, pod, namespace, node, resource_id)",
    columns: &[USAGE_START, PERSISTENTVOLUMECLAIM, PERSISTENTVOLUME, POD, NAMESPACE, NODE, RESOURCE_ID],
};
/// Result of `ocp::nodes_per_volume`.
pub const NODES_PER_VOLUME: Table = Table {
    name: "nodes_per_volume",
    grain: "one row per (usage_start, persistentvolume)",
    columns: &[USAGE_START, PERSISTENTVOLUME, NODE_COUNT],
};
/// Result of `ocp::cost_categories`.
pub const NAMESPACE_CATEGORIES: Table =
    Table { name: "namespace_categories", grain: "one row per (namespace, pattern that it fits)", columns: &[NAMESPACE, COST_CATEGORY_ID] };

/// Rows of the daily summary before `ocp::finish`: labels as ids, without the constants of the run.
pub const SUMMARY_ROWS: Table = Table {
    name: "summary_rows",
    grain: out::OCP_DAILY_SUMMARY.grain,
    columns: &[
        out::DATA_SOURCE,
        USAGE_START,
        NAMESPACE,
        NODE,
        RESOURCE_ID,
        POD_LABEL_SET,
        out::POD_USAGE_CPU_CORE_HOURS,
        out::POD_REQUEST_CPU_CORE_HOURS,
        out::POD_EFFECTIVE_USAGE_CPU_CORE_HOURS,
        out::POD_LIMIT_CPU_CORE_HOURS,
        out::POD_USAGE_MEMORY_GIGABYTE_HOURS,
        out::POD_REQUEST_MEMORY_GIGABYTE_HOURS,
        out::POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS,
        out::POD_LIMIT_MEMORY_GIGABYTE_HOURS,
        out::NODE_CAPACITY_CPU_CORES,
        out::NODE_CAPACITY_CPU_CORE_HOURS,
        out::NODE_CAPACITY_MEMORY_GIGABYTES,
        out::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS,
        out::CLUSTER_CAPACITY_CPU_CORE_HOURS,
        out::CLUSTER_CAPACITY_MEMORY_GIGABYTE_HOURS,
        PERSISTENTVOLUMECLAIM,
        PERSISTENTVOLUME,
        STORAGECLASS,
        VOLUME_LABEL_SET,
        out::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE,
        out::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE_MONTHS,
        out::VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS,
        out::PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS,
        out::INFRASTRUCTURE_USAGE_COST,
        CSI_VOLUME_HANDLE,
        COST_CATEGORY_ID,
    ],
};
