//! OpenShift line items, as koku's ingest writes them: hourly, and rolled up by day (`_daily`).
//!
//! A daily table can hold several rows per key (one per file and chunk); nothing may assume uniqueness.

use super::{ColumnDef, Kind, Table, Unit};

/// Start of the hour, or midnight in a daily table; UTC.
pub const INTERVAL_START: ColumnDef = ColumnDef::new("interval_start", Kind::Timestamp);
/// Kubernetes namespace.
pub const NAMESPACE: ColumnDef = ColumnDef::varchar("namespace", 253);
/// Node name; empty when a pod was not scheduled.
pub const NODE: ColumnDef = ColumnDef::varchar("node", 253);
/// Pod name.
pub const POD: ColumnDef = ColumnDef::new("pod", Kind::Text);
/// The cloud's id of the node.
pub const RESOURCE_ID: ColumnDef = ColumnDef::varchar("resource_id", 253);
/// `master`, `infra` or `worker`; mostly absent.
pub const NODE_ROLE: ColumnDef = ColumnDef::new("node_role", Kind::Text);
/// Labels of the pod.
pub const POD_LABELS: ColumnDef = ColumnDef::new("pod_labels", Kind::Labels);
/// Labels of the node.
pub const NODE_LABELS: ColumnDef = ColumnDef::new("node_labels", Kind::Labels);
/// Labels of the namespace.
pub const NAMESPACE_LABELS: ColumnDef = ColumnDef::new("namespace_labels", Kind::Labels);
/// Claim name.
pub const PERSISTENTVOLUMECLAIM: ColumnDef = ColumnDef::varchar("persistentvolumeclaim", 253);
/// Volume name.
pub const PERSISTENTVOLUME: ColumnDef = ColumnDef::varchar("persistentvolume", 253);
/// Storage class.
pub const STORAGECLASS: ColumnDef = ColumnDef::varchar("storageclass", 253);
/// The cloud's id of the volume.
pub const CSI_VOLUME_HANDLE: ColumnDef = ColumnDef::new("csi_volume_handle", Kind::Text);
/// Labels of the volume.
pub const PERSISTENTVOLUME_LABELS: ColumnDef = ColumnDef::new("persistentvolume_labels", Kind::Labels);
/// Labels of the claim.
pub const PERSISTENTVOLUMECLAIM_LABELS: ColumnDef = ColumnDef::new("persistentvolumeclaim_labels", Kind::Labels);

/// CPU used.
pub const POD_USAGE_CPU_CORE_SECONDS: ColumnDef = ColumnDef::measure("pod_usage_cpu_core_seconds", Unit::CoreSeconds);
/// CPU requested.
pub const POD_REQUEST_CPU_CORE_SECONDS: ColumnDef = ColumnDef::measure("pod_request_cpu_core_seconds", Unit::CoreSeconds);
/// The greater of CPU used and requested, by hour.
pub const POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS: ColumnDef = ColumnDef::measure("pod_effective_usage_cpu_core_seconds", Unit::CoreSeconds);
/// CPU limit.
pub const POD_LIMIT_CPU_CORE_SECONDS: ColumnDef = ColumnDef::measure("pod_limit_cpu_core_seconds", Unit::CoreSeconds);
/// Memory used.
pub const POD_USAGE_MEMORY_BYTE_SECONDS: ColumnDef = ColumnDef::measure("pod_usage_memory_byte_seconds", Unit::ByteSeconds);
/// Memory requested.
pub const POD_REQUEST_MEMORY_BYTE_SECONDS: ColumnDef = ColumnDef::measure("pod_request_memory_byte_seconds", Unit::ByteSeconds);
/// The greater of memory used and requested, by hour.
pub const POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS: ColumnDef =
    ColumnDef::measure("pod_effective_usage_memory_byte_seconds", Unit::ByteSeconds);
/// Memory limit.
pub const POD_LIMIT_MEMORY_BYTE_SECONDS: ColumnDef = ColumnDef::measure("pod_limit_memory_byte_seconds", Unit::ByteSeconds);
/// Cores of the node.
pub const NODE_CAPACITY_CPU_CORES: ColumnDef = ColumnDef::measure("node_capacity_cpu_cores", Unit::Cores);
/// CPU capacity of the node over the interval.
pub const NODE_CAPACITY_CPU_CORE_SECONDS: ColumnDef = ColumnDef::measure("node_capacity_cpu_core_seconds", Unit::CoreSeconds);
/// Memory of the node.
pub const NODE_CAPACITY_MEMORY_BYTES: ColumnDef = ColumnDef::measure("node_capacity_memory_bytes", Unit::Bytes);
/// Memory capacity of the node over the interval.
pub const NODE_CAPACITY_MEMORY_BYTE_SECONDS: ColumnDef = ColumnDef::measure("node_capacity_memory_byte_seconds", Unit::ByteSeconds);
/// Capacity of the claim.
pub const PERSISTENTVOLUMECLAIM_CAPACITY_BYTES: ColumnDef = ColumnDef::measure("persistentvolumeclaim_capacity_bytes", Unit::Bytes);
/// Capacity of the claim over the interval.
pub const PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS: ColumnDef =
    ColumnDef::measure("persistentvolumeclaim_capacity_byte_seconds", Unit::ByteSeconds);
/// Storage requested over the interval.
pub const VOLUME_REQUEST_STORAGE_BYTE_SECONDS: ColumnDef = ColumnDef::measure("volume_request_storage_byte_seconds", Unit::ByteSeconds);
/// Storage used over the interval.
pub const PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS: ColumnDef =
    ColumnDef::measure("persistentvolumeclaim_usage_byte_seconds", Unit::ByteSeconds);

/// What the daily summary reads of `openshift_pod_usage_line_items`: the capacity of the nodes, hour by hour.
pub const POD_USAGE_HOURLY: Table = Table {
    name: "openshift_pod_usage_line_items",
    grain: "one row per (interval_start, namespace, pod, node), possibly repeated",
    columns: &[INTERVAL_START, NODE, NODE_CAPACITY_CPU_CORE_SECONDS, NODE_CAPACITY_MEMORY_BYTE_SECONDS],
};

/// What the daily summary reads of `openshift_pod_usage_line_items_daily`.
pub const POD_USAGE_DAILY: Table = Table {
    name: "openshift_pod_usage_line_items_daily",
    grain: "one row per (day, namespace, node, pod, pod_labels), possibly repeated",
    columns: &[
        INTERVAL_START,
        NAMESPACE,
        NODE,
        POD,
        RESOURCE_ID,
        POD_LABELS,
        POD_USAGE_CPU_CORE_SECONDS,
        POD_REQUEST_CPU_CORE_SECONDS,
        POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS,
        POD_LIMIT_CPU_CORE_SECONDS,
        POD_USAGE_MEMORY_BYTE_SECONDS,
        POD_REQUEST_MEMORY_BYTE_SECONDS,
        POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS,
        POD_LIMIT_MEMORY_BYTE_SECONDS,
        NODE_CAPACITY_CPU_CORES,
        NODE_CAPACITY_MEMORY_BYTES,
    ],
};

/// What the daily summary reads of `openshift_storage_usage_line_items_daily`.
pub const STORAGE_USAGE_DAILY: Table = Table {
    name: "openshift_storage_usage_line_items_daily",
    grain: "one row per (day, namespace, pod, persistentvolumeclaim, persistentvolume, storageclass, labels), possibly repeated",
    columns: &[
        INTERVAL_START,
        NAMESPACE,
        POD,
        PERSISTENTVOLUMECLAIM,
        PERSISTENTVOLUME,
        STORAGECLASS,
        CSI_VOLUME_HANDLE,
        PERSISTENTVOLUME_LABELS,
        PERSISTENTVOLUMECLAIM_LABELS,
        PERSISTENTVOLUMECLAIM_CAPACITY_BYTES,
        PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS,
        VOLUME_REQUEST_STORAGE_BYTE_SECONDS,
        PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS,
    ],
};

/// `openshift_node_labels_line_items_daily`.
pub const NODE_LABELS_DAILY: Table = Table {
    name: "openshift_node_labels_line_items_daily",
    grain: "one row per (day, node, node_labels), possibly repeated",
    columns: &[INTERVAL_START, NODE, NODE_LABELS],
};

/// `openshift_namespace_labels_line_items_daily`.
pub const NAMESPACE_LABELS_DAILY: Table = Table {
    name: "openshift_namespace_labels_line_items_daily",
    grain: "one row per (day, namespace, namespace_labels), possibly repeated",
    columns: &[INTERVAL_START, NAMESPACE, NAMESPACE_LABELS],
};

/// What the list of nodes reads of `openshift_pod_usage_line_items_daily`.
pub const POD_USAGE_DAILY_NODES: Table = Table {
    name: "openshift_pod_usage_line_items_daily",
    grain: POD_USAGE_DAILY.grain,
    columns: &[INTERVAL_START, NAMESPACE, NODE, RESOURCE_ID, NODE_ROLE, NODE_CAPACITY_CPU_CORES],
};

/// What the list of volumes reads of `openshift_storage_usage_line_items_daily`.
pub const STORAGE_USAGE_DAILY_VOLUMES: Table = Table {
    name: "openshift_storage_usage_line_items_daily",
    grain: STORAGE_USAGE_DAILY.grain,
    columns: &[INTERVAL_START, PERSISTENTVOLUMECLAIM, PERSISTENTVOLUME, CSI_VOLUME_HANDLE],
};
