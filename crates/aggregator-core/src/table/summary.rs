//! `reporting_ocpusagelineitem_daily_summary`: the managed (“Hive”) table and the PostgreSQL table.

use super::{ColumnDef, Kind, Table, Unit};

pub use super::ocp::{CSI_VOLUME_HANDLE, NAMESPACE, NODE, PERSISTENTVOLUME, PERSISTENTVOLUMECLAIM, POD_LABELS, RESOURCE_ID, STORAGECLASS};
pub use super::reference::COST_CATEGORY_ID;

/// Always null in the managed table; PostgreSQL rows get a random one.
pub const UUID: ColumnDef = ColumnDef::new("uuid", Kind::Uuid);
/// Key of `reporting_ocpusagereportperiod`.
pub const REPORT_PERIOD_ID: ColumnDef = ColumnDef::new("report_period_id", Kind::Integer);
/// Id of the cluster.
pub const CLUSTER_ID: ColumnDef = ColumnDef::varchar("cluster_id", 50);
/// Name of the cluster.
pub const CLUSTER_ALIAS: ColumnDef = ColumnDef::varchar("cluster_alias", 256);
/// `Pod` or `Storage`.
pub const DATA_SOURCE: ColumnDef = ColumnDef::varchar("data_source", 64);
/// The day, UTC.
pub const USAGE_START: ColumnDef = ColumnDef::new("usage_start", Kind::Date);
/// The day, UTC.
pub const USAGE_END: ColumnDef = ColumnDef::new("usage_end", Kind::Date);
/// CPU used.
pub const POD_USAGE_CPU_CORE_HOURS: ColumnDef = ColumnDef::measure("pod_usage_cpu_core_hours", Unit::CoreHours);
/// CPU requested.
pub const POD_REQUEST_CPU_CORE_HOURS: ColumnDef = ColumnDef::measure("pod_request_cpu_core_hours", Unit::CoreHours);
/// The greater of CPU used and requested.
pub const POD_EFFECTIVE_USAGE_CPU_CORE_HOURS: ColumnDef = ColumnDef::measure("pod_effective_usage_cpu_core_hours", Unit::CoreHours);
/// CPU limit.
pub const POD_LIMIT_CPU_CORE_HOURS: ColumnDef = ColumnDef::measure("pod_limit_cpu_core_hours", Unit::CoreHours);
/// Memory used.
pub const POD_USAGE_MEMORY_GIGABYTE_HOURS: ColumnDef = ColumnDef::measure("pod_usage_memory_gigabyte_hours", Unit::GibibyteHours);
/// Memory requested.
pub const POD_REQUEST_MEMORY_GIGABYTE_HOURS: ColumnDef = ColumnDef::measure("pod_request_memory_gigabyte_hours", Unit::GibibyteHours);
/// The greater of memory used and requested.
pub const POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS: ColumnDef =
    ColumnDef::measure("pod_effective_usage_memory_gigabyte_hours", Unit::GibibyteHours);
/// Memory limit.
pub const POD_LIMIT_MEMORY_GIGABYTE_HOURS: ColumnDef = ColumnDef::measure("pod_limit_memory_gigabyte_hours", Unit::GibibyteHours);
/// Cores of the node.
pub const NODE_CAPACITY_CPU_CORES: ColumnDef = ColumnDef::measure("node_capacity_cpu_cores", Unit::Cores);
/// CPU capacity of the node over the day.
pub const NODE_CAPACITY_CPU_CORE_HOURS: ColumnDef = ColumnDef::measure("node_capacity_cpu_core_hours", Unit::CoreHours);
/// Memory of the node.
pub const NODE_CAPACITY_MEMORY_GIGABYTES: ColumnDef = ColumnDef::measure("node_capacity_memory_gigabytes", Unit::Gibibytes);
/// Memory capacity of the node over the day.
pub const NODE_CAPACITY_MEMORY_GIGABYTE_HOURS: ColumnDef = ColumnDef::measure("node_capacity_memory_gigabyte_hours", Unit::GibibyteHours);
/// CPU capacity of all nodes over the day.
pub const CLUSTER_CAPACITY_CPU_CORE_HOURS: ColumnDef = ColumnDef::measure("cluster_capacity_cpu_core_hours", Unit::CoreHours);
/// Memory capacity of all nodes over the day.
pub const CLUSTER_CAPACITY_MEMORY_GIGABYTE_HOURS: ColumnDef =
    ColumnDef::measure("cluster_capacity_memory_gigabyte_hours", Unit::GibibyteHours);
/// Labels of the volume and its claim.
pub const VOLUME_LABELS: ColumnDef = ColumnDef::new("volume_labels", Kind::Labels);
/// Capacity of the claim.
pub const PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE: ColumnDef =
    ColumnDef::measure("persistentvolumeclaim_capacity_gigabyte", Unit::Gibibytes);
/// Capacity of the claim over the day.
pub const PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE_MONTHS: ColumnDef =
    ColumnDef::measure("persistentvolumeclaim_capacity_gigabyte_months", Unit::GibibyteMonths);
/// Storage requested over the day, shared by the nodes of the volume.
pub const VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS: ColumnDef =
    ColumnDef::measure("volume_request_storage_gigabyte_months", Unit::GibibyteMonths);
/// Storage used over the day, shared by the nodes of the volume.
pub const PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS: ColumnDef =
    ColumnDef::measure("persistentvolumeclaim_usage_gigabyte_months", Unit::GibibyteMonths);
/// The source (provider) UUID.
pub const SOURCE_UUID: ColumnDef = ColumnDef::new("source_uuid", Kind::Uuid);
/// A JSON object of zeros; null for unallocated rows.
pub const INFRASTRUCTURE_USAGE_COST: ColumnDef = ColumnDef::new("infrastructure_usage_cost", Kind::Labels);
/// Pod labels overlaid by volume labels; PostgreSQL only.
pub const ALL_LABELS: ColumnDef = ColumnDef::new("all_labels", Kind::Labels);
/// Partition: the source UUID.
pub const SOURCE: ColumnDef = ColumnDef::new("source", Kind::Text);
/// Partition: four digits.
pub const YEAR: ColumnDef = ColumnDef::new("year", Kind::Text);
/// Partition: without a leading zero.
pub const MONTH: ColumnDef = ColumnDef::new("month", Kind::Text);
/// Partition: without a leading zero.
pub const DAY: ColumnDef = ColumnDef::new("day", Kind::Text);

/// The managed table that later statements read; its partition columns are in the path (`source=/year=/month=/day=`).
pub const OCP_DAILY_SUMMARY: Table = Table {
    name: "reporting_ocpusagelineitem_daily_summary",
    grain: "one row per (usage_start, data_source, namespace, node, resource_id, claim, volume, storageclass, csi_volume_handle, labels)",
    columns: &[
        UUID,
        REPORT_PERIOD_ID,
        CLUSTER_ID,
        CLUSTER_ALIAS,
        DATA_SOURCE,
        USAGE_START,
        USAGE_END,
        NAMESPACE,
        NODE,
        RESOURCE_ID,
        POD_LABELS,
        POD_USAGE_CPU_CORE_HOURS,
        POD_REQUEST_CPU_CORE_HOURS,
        POD_EFFECTIVE_USAGE_CPU_CORE_HOURS,
        POD_LIMIT_CPU_CORE_HOURS,
        POD_USAGE_MEMORY_GIGABYTE_HOURS,
        POD_REQUEST_MEMORY_GIGABYTE_HOURS,
        POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS,
        POD_LIMIT_MEMORY_GIGABYTE_HOURS,
        NODE_CAPACITY_CPU_CORES,
        NODE_CAPACITY_CPU_CORE_HOURS,
        NODE_CAPACITY_MEMORY_GIGABYTES,
        NODE_CAPACITY_MEMORY_GIGABYTE_HOURS,
        CLUSTER_CAPACITY_CPU_CORE_HOURS,
        CLUSTER_CAPACITY_MEMORY_GIGABYTE_HOURS,
        PERSISTENTVOLUMECLAIM,
        PERSISTENTVOLUME,
        STORAGECLASS,
        VOLUME_LABELS,
        PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE,
        PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE_MONTHS,
        VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS,
        PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS,
        SOURCE_UUID,
        INFRASTRUCTURE_USAGE_COST,
        CSI_VOLUME_HANDLE,
        COST_CATEGORY_ID,
    ],
};

/// The columns of koku's PostgreSQL table that the daily summary fills; all others stay null.
pub const OCP_DAILY_SUMMARY_POSTGRES: Table = Table {
    name: "reporting_ocpusagelineitem_daily_summary",
    grain: OCP_DAILY_SUMMARY.grain,
    columns: &[
        UUID,
        REPORT_PERIOD_ID,
        CLUSTER_ID,
        CLUSTER_ALIAS,
        DATA_SOURCE,
        USAGE_START,
        USAGE_END,
        NAMESPACE,
        NODE,
        RESOURCE_ID,
        POD_LABELS,
        POD_USAGE_CPU_CORE_HOURS,
        POD_REQUEST_CPU_CORE_HOURS,
        POD_EFFECTIVE_USAGE_CPU_CORE_HOURS,
        POD_LIMIT_CPU_CORE_HOURS,
        POD_USAGE_MEMORY_GIGABYTE_HOURS,
        POD_REQUEST_MEMORY_GIGABYTE_HOURS,
        POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS,
        POD_LIMIT_MEMORY_GIGABYTE_HOURS,
        NODE_CAPACITY_CPU_CORES,
        NODE_CAPACITY_CPU_CORE_HOURS,
        NODE_CAPACITY_MEMORY_GIGABYTES,
        NODE_CAPACITY_MEMORY_GIGABYTE_HOURS,
        CLUSTER_CAPACITY_CPU_CORE_HOURS,
        CLUSTER_CAPACITY_MEMORY_GIGABYTE_HOURS,
        PERSISTENTVOLUMECLAIM,
        PERSISTENTVOLUME,
        STORAGECLASS,
        VOLUME_LABELS,
        ALL_LABELS,
        PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE,
        PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE_MONTHS,
        VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS,
        PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS,
        SOURCE_UUID,
        INFRASTRUCTURE_USAGE_COST,
        COST_CATEGORY_ID,
    ],
};

/// The logical key of a row, by which two results are matched as multisets (there is no natural unique key).
pub const OCP_DAILY_SUMMARY_KEY: &[ColumnDef] = &[
    USAGE_START,
    DATA_SOURCE,
    NAMESPACE,
    NODE,
    RESOURCE_ID,
    PERSISTENTVOLUMECLAIM,
    PERSISTENTVOLUME,
    STORAGECLASS,
    POD_LABELS,
    VOLUME_LABELS,
];

/// What the namespaces of a range of days used, for people: no table of koku's.
pub const NAMESPACE_TOTALS: Table = Table {
    name: "namespace_totals",
    grain: "one row per namespace; unallocated capacity is the namespaces “Platform unallocated”, “Worker unallocated” and null",
    columns: &[
        NAMESPACE,
        POD_USAGE_CPU_CORE_HOURS,
        POD_REQUEST_CPU_CORE_HOURS,
        POD_EFFECTIVE_USAGE_CPU_CORE_HOURS,
        POD_USAGE_MEMORY_GIGABYTE_HOURS,
        POD_REQUEST_MEMORY_GIGABYTE_HOURS,
        POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS,
        PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS,
        VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS,
    ],
};
