//! The six reports of the operator: how a header tells them apart, and how their rows become days.

use crate::table::ocp::{
    CSI_VOLUME_HANDLE, INTERVAL_START, NAMESPACE, NAMESPACE_LABELS, NODE, NODE_CAPACITY_CPU_CORE_SECONDS,
    NODE_CAPACITY_MEMORY_BYTE_SECONDS, NODE_LABELS, NODE_ROLE, PERSISTENTVOLUME, PERSISTENTVOLUME_LABELS, PERSISTENTVOLUMECLAIM,
    PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS, PERSISTENTVOLUMECLAIM_LABELS, PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS, POD,
    POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS, POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS, POD_LABELS, POD_LIMIT_CPU_CORE_SECONDS,
    POD_LIMIT_MEMORY_BYTE_SECONDS, POD_REQUEST_CPU_CORE_SECONDS, POD_REQUEST_MEMORY_BYTE_SECONDS, POD_USAGE_CPU_CORE_SECONDS,
    POD_USAGE_MEMORY_BYTE_SECONDS, STORAGECLASS, VOLUME_REQUEST_STORAGE_BYTE_SECONDS,
};
use crate::table::ocp_ingest::{
    CONTAINER_NAME, CSI_DRIVER, GPU_MAX_SLICES, GPU_POD_UPTIME, GPU_POD_UTILIZATION, GPU_USAGE_LINE_ITEMS, GPU_USAGE_LINE_ITEMS_DAILY,
    GPU_UUID, MIG_INSTANCE_ID, MIG_MEMORY_CAPACITY_MIB, MIG_PROFILE, MIG_SLICE_COUNT, MIG_STRATEGY, NAMESPACE_LABELS_LINE_ITEMS,
    NAMESPACE_LABELS_LINE_ITEMS_DAILY, NAMESPACE_RUNNING_PODS_MAX, NODE_LABELS_LINE_ITEMS, NODE_LABELS_LINE_ITEMS_DAILY,
    POD_USAGE_LINE_ITEMS, POD_USAGE_LINE_ITEMS_DAILY, STORAGE_USAGE_LINE_ITEMS, STORAGE_USAGE_LINE_ITEMS_DAILY, VM_CPU_LIMIT_CORE_SECONDS,
    VM_CPU_REQUEST_CORE_SECONDS, VM_CPU_REQUEST_SOCKET_SECONDS, VM_CPU_REQUEST_THREAD_SECONDS, VM_CPU_USAGE_TOTAL_SECONDS,
    VM_DISK_ALLOCATED_SIZE_BYTE_SECONDS, VM_LABELS, VM_MEMORY_LIMIT_BYTE_SECONDS, VM_MEMORY_REQUEST_BYTE_SECONDS,
    VM_MEMORY_USAGE_BYTE_SECONDS, VM_NAME, VM_UPTIME_TOTAL_SECONDS, VM_USAGE_LINE_ITEMS, VM_USAGE_LINE_ITEMS_DAILY,
};
use crate::table::{ColumnDef, Table};
use std::collections::BTreeSet;

/// A report of the operator, in the order in which koku looks for its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportType {
    /// Claims and volumes.
    StorageUsage,
    /// Pods.
    PodUsage,
    /// Labels of nodes.
    NodeLabels,
    /// Labels of namespaces.
    NamespaceLabels,
    /// Virtual machines.
    VmUsage,
    /// GPUs and their slices.
    GpuUsage,
}

/// Columns that a header need not have: computed ones, and those that older operators do not know.
const OPTIONAL: [ColumnDef; 13] = [
    POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS,
    POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS,
    NODE_ROLE,
    NODE,
    CSI_DRIVER,
    CSI_VOLUME_HANDLE,
    GPU_POD_UTILIZATION,
    GPU_MAX_SLICES,
    MIG_INSTANCE_ID,
    MIG_PROFILE,
    MIG_STRATEGY,
    MIG_SLICE_COUNT,
    MIG_MEMORY_CAPACITY_MIB,
];

/// Columns that every row gets, as typed nulls where the header lacks them.
const LATE: [ColumnDef; 10] = [
    NODE_ROLE,
    NODE,
    CSI_DRIVER,
    CSI_VOLUME_HANDLE,
    MIG_INSTANCE_ID,
    MIG_PROFILE,
    MIG_STRATEGY,
    MIG_SLICE_COUNT,
    MIG_MEMORY_CAPACITY_MIB,
    GPU_MAX_SLICES,
];

/// Columns that the roll-up adds up; of the others that are no keys, it takes the greatest.
const SUMS: [ColumnDef; 24] = [
    POD_USAGE_CPU_CORE_SECONDS,
    POD_REQUEST_CPU_CORE_SECONDS,
    POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS,
    POD_LIMIT_CPU_CORE_SECONDS,
    POD_USAGE_MEMORY_BYTE_SECONDS,
    POD_REQUEST_MEMORY_BYTE_SECONDS,
    POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS,
    POD_LIMIT_MEMORY_BYTE_SECONDS,
    NODE_CAPACITY_CPU_CORE_SECONDS,
    NODE_CAPACITY_MEMORY_BYTE_SECONDS,
    PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS,
    VOLUME_REQUEST_STORAGE_BYTE_SECONDS,
    PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS,
    VM_UPTIME_TOTAL_SECONDS,
    VM_CPU_LIMIT_CORE_SECONDS,
    VM_CPU_REQUEST_CORE_SECONDS,
    VM_CPU_REQUEST_SOCKET_SECONDS,
    VM_CPU_REQUEST_THREAD_SECONDS,
    VM_CPU_USAGE_TOTAL_SECONDS,
    VM_MEMORY_LIMIT_BYTE_SECONDS,
    VM_MEMORY_REQUEST_BYTE_SECONDS,
    VM_MEMORY_USAGE_BYTE_SECONDS,
    VM_DISK_ALLOCATED_SIZE_BYTE_SECONDS,
    GPU_POD_UPTIME,
];

impl ReportType {
    /// Every report, in the order of detection.
    pub const ALL: [Self; 6] = [Self::StorageUsage, Self::PodUsage, Self::NodeLabels, Self::NamespaceLabels, Self::VmUsage, Self::GpuUsage];

    /// The first report all of whose required columns are in `header`, in exact case; more columns do not matter.
    ///
    /// ```
    /// use aggregator_core::ingest::ReportType;
    /// let header = ["report_period_start", "report_period_end", "interval_start", "interval_end", "node", "node_labels"];
    /// assert_eq!(ReportType::detect(header), Some(ReportType::NodeLabels));
    /// assert_eq!(ReportType::detect(["interval_start"]), None);
    /// ```
    pub fn detect<'a>(header: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let header: BTreeSet<&str> = header.into_iter().collect();
        Self::ALL.into_iter().find(|report| report.required().all(|column| header.contains(column.name)))
    }

    /// Whether `header` is that of a report for resource optimization, which comes in the same payloads and is none of the six.
    pub fn is_optimization<'a>(header: impl IntoIterator<Item = &'a str>) -> bool {
        header.into_iter().any(|column| column == CONTAINER_NAME.name || column == NAMESPACE_RUNNING_PODS_MAX.name)
    }

    /// koku's name: `pod_usage`.
    pub fn name(self) -> &'static str {
        match self {
            Self::StorageUsage => "storage_usage",
            Self::PodUsage => "pod_usage",
            Self::NodeLabels => "node_labels",
            Self::NamespaceLabels => "namespace_labels",
            Self::VmUsage => "vm_usage",
            Self::GpuUsage => "gpu_usage",
        }
    }

    /// The rows as they come, with every column that koku declares.
    pub fn hourly(self) -> &'static Table {
        match self {
            Self::StorageUsage => &STORAGE_USAGE_LINE_ITEMS,
            Self::PodUsage => &POD_USAGE_LINE_ITEMS,
            Self::NodeLabels => &NODE_LABELS_LINE_ITEMS,
            Self::NamespaceLabels => &NAMESPACE_LABELS_LINE_ITEMS,
            Self::VmUsage => &VM_USAGE_LINE_ITEMS,
            Self::GpuUsage => &GPU_USAGE_LINE_ITEMS,
        }
    }

    /// The rows of a day.
    pub fn daily(self) -> &'static Table {
        match self {
            Self::StorageUsage => &STORAGE_USAGE_LINE_ITEMS_DAILY,
            Self::PodUsage => &POD_USAGE_LINE_ITEMS_DAILY,
            Self::NodeLabels => &NODE_LABELS_LINE_ITEMS_DAILY,
            Self::NamespaceLabels => &NAMESPACE_LABELS_LINE_ITEMS_DAILY,
            Self::VmUsage => &VM_USAGE_LINE_ITEMS_DAILY,
            Self::GpuUsage => &GPU_USAGE_LINE_ITEMS_DAILY,
        }
    }

    /// The columns that a header must have. `node` came late to storage only.
    pub(crate) fn required(self) -> impl Iterator<Item = &'static ColumnDef> {
        let optional = move |column: &ColumnDef| OPTIONAL.contains(column) && (*column != NODE || self == Self::StorageUsage);
        self.hourly().columns.iter().filter(move |column| !optional(column))
    }

    /// The columns that a row of the report gets even where the header lacks them.
    pub(crate) fn late(self) -> impl Iterator<Item = &'static ColumnDef> {
        self.hourly().columns.iter().filter(|column| LATE.contains(column))
    }

    /// The keys of the roll-up beside the day.
    pub(crate) fn keys(self) -> &'static [ColumnDef] {
        match self {
            Self::StorageUsage => &[
                NAMESPACE,
                NODE,
                POD,
                PERSISTENTVOLUMECLAIM,
                PERSISTENTVOLUME,
                STORAGECLASS,
                CSI_DRIVER,
                CSI_VOLUME_HANDLE,
                PERSISTENTVOLUME_LABELS,
                PERSISTENTVOLUMECLAIM_LABELS,
            ],
            Self::PodUsage => &[NAMESPACE, NODE, POD, POD_LABELS],
            Self::NodeLabels => &[NODE, NODE_LABELS],
            Self::NamespaceLabels => &[NAMESPACE, NAMESPACE_LABELS],
            Self::VmUsage => &[NAMESPACE, NODE, VM_NAME, VM_LABELS],
            Self::GpuUsage => &[NODE, NAMESPACE, POD, GPU_UUID, MIG_INSTANCE_ID],
        }
    }

    /// What the roll-up makes of a column of [`ReportType::daily`].
    pub(crate) fn rollup(self, column: &ColumnDef) -> Rollup {
        if *column == INTERVAL_START {
            Rollup::Day
        } else if self.keys().contains(column) {
            Rollup::Key
        } else if SUMS.contains(column) {
            Rollup::Sum
        } else {
            Rollup::Max
        }
    }
}

/// What a column of a daily row is of the rows it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rollup {
    /// Their day.
    Day,
    /// What they have in common.
    Key,
    /// Their sum.
    Sum,
    /// The greatest.
    Max,
}

#[cfg(test)]
mod tests;
