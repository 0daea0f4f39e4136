//! OpenShift line items with all their columns, as the ingest writes them: six reports, hourly and rolled up by day.
//!
//! What the daily summary reads of them is in [`super::ocp`].

use super::ocp::{
    CSI_VOLUME_HANDLE, INTERVAL_START, NAMESPACE, NAMESPACE_LABELS, NODE, NODE_CAPACITY_CPU_CORE_SECONDS, NODE_CAPACITY_CPU_CORES,
    NODE_CAPACITY_MEMORY_BYTE_SECONDS, NODE_CAPACITY_MEMORY_BYTES, NODE_LABELS, NODE_ROLE, PERSISTENTVOLUME, PERSISTENTVOLUME_LABELS,
    PERSISTENTVOLUMECLAIM, PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS, PERSISTENTVOLUMECLAIM_CAPACITY_BYTES, PERSISTENTVOLUMECLAIM_LABELS,
    PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS, POD, POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS, POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS,
    POD_LABELS, POD_LIMIT_CPU_CORE_SECONDS, POD_LIMIT_MEMORY_BYTE_SECONDS, POD_REQUEST_CPU_CORE_SECONDS, POD_REQUEST_MEMORY_BYTE_SECONDS,
    POD_USAGE_CPU_CORE_SECONDS, POD_USAGE_MEMORY_BYTE_SECONDS, RESOURCE_ID, STORAGECLASS, VOLUME_REQUEST_STORAGE_BYTE_SECONDS,
};
use super::{ColumnDef, Kind, Table, Unit};

/// The number of the row's line in its file, `UInt64`. No header of a CSV can hold U+0000.
pub const LINE: &str = "\0line";
/// The day that a row belongs to by its own text, the first ten characters of `interval_start`: `Date`.
pub const DAY: &str = "\0day";
/// The day of the roll-up: midnight of `interval_start` in the stamp's own offset, as an instant, `Datetime(ms)`.
pub const INTERVAL_DAY: &str = "\0interval_day";
/// Which cell of the row could not be taken, and why; null where all could: `UInt32`.
pub const REFUSED: &str = "\0refused";

/// Name of a column of the CSV.
pub const COLUMN: ColumnDef = ColumnDef::new("column", Kind::Text);
/// Why a row is refused.
pub const REASON: ColumnDef = ColumnDef::new("reason", Kind::Text);
/// Text of a cell.
pub const TEXT: ColumnDef = ColumnDef::new("text", Kind::Text);
/// Key of a tag.
pub const KEY: ColumnDef = ColumnDef::new("key", Kind::Text);
/// Container, in reports for resource optimization.
pub const CONTAINER_NAME: ColumnDef = ColumnDef::new("container_name", Kind::Text);
/// Pods of a namespace, in reports for resource optimization.
pub const NAMESPACE_RUNNING_PODS_MAX: ColumnDef = ColumnDef::new("namespace_running_pods_max", Kind::Text);
/// The number of the line of a cell: `UInt64`.
pub const LINE_NUMBER: &str = "line";
/// How many cells: `UInt64`.
pub const CELLS: &str = "cells";

/// Start of the month that the operator reports.
pub const REPORT_PERIOD_START: ColumnDef = ColumnDef::new("report_period_start", Kind::Timestamp);
/// End of the month that the operator reports.
pub const REPORT_PERIOD_END: ColumnDef = ColumnDef::new("report_period_end", Kind::Timestamp);
/// Last second of the hour.
pub const INTERVAL_END: ColumnDef = ColumnDef::new("interval_end", Kind::Timestamp);
/// Driver of the volume.
pub const CSI_DRIVER: ColumnDef = ColumnDef::new("csi_driver", Kind::Text);

/// Name of the virtual machine.
pub const VM_NAME: ColumnDef = ColumnDef::new("vm_name", Kind::Text);
/// Instance type of the virtual machine.
pub const VM_INSTANCE_TYPE: ColumnDef = ColumnDef::new("vm_instance_type", Kind::Text);
/// Operating system that the virtual machine declares.
pub const VM_OS: ColumnDef = ColumnDef::new("vm_os", Kind::Text);
/// Architecture that the guest agent found.
pub const VM_GUEST_OS_ARCH: ColumnDef = ColumnDef::new("vm_guest_os_arch", Kind::Text);
/// Operating system that the guest agent found.
pub const VM_GUEST_OS_NAME: ColumnDef = ColumnDef::new("vm_guest_os_name", Kind::Text);
/// Version of the operating system that the guest agent found.
pub const VM_GUEST_OS_VERSION: ColumnDef = ColumnDef::new("vm_guest_os_version", Kind::Text);
/// How long the virtual machine ran.
pub const VM_UPTIME_TOTAL_SECONDS: ColumnDef = ColumnDef::measure("vm_uptime_total_seconds", Unit::Seconds);
/// CPU limit in cores.
pub const VM_CPU_LIMIT_CORES: ColumnDef = ColumnDef::measure("vm_cpu_limit_cores", Unit::Cores);
/// CPU limit over the interval.
pub const VM_CPU_LIMIT_CORE_SECONDS: ColumnDef = ColumnDef::measure("vm_cpu_limit_core_seconds", Unit::CoreSeconds);
/// Cores requested.
pub const VM_CPU_REQUEST_CORES: ColumnDef = ColumnDef::measure("vm_cpu_request_cores", Unit::Cores);
/// Cores requested over the interval.
pub const VM_CPU_REQUEST_CORE_SECONDS: ColumnDef = ColumnDef::measure("vm_cpu_request_core_seconds", Unit::CoreSeconds);
/// Sockets requested.
pub const VM_CPU_REQUEST_SOCKETS: ColumnDef = ColumnDef::measure("vm_cpu_request_sockets", Unit::Sockets);
/// Sockets requested over the interval.
pub const VM_CPU_REQUEST_SOCKET_SECONDS: ColumnDef = ColumnDef::measure("vm_cpu_request_socket_seconds", Unit::SocketSeconds);
/// Threads requested.
pub const VM_CPU_REQUEST_THREADS: ColumnDef = ColumnDef::measure("vm_cpu_request_threads", Unit::Threads);
/// Threads requested over the interval.
pub const VM_CPU_REQUEST_THREAD_SECONDS: ColumnDef = ColumnDef::measure("vm_cpu_request_thread_seconds", Unit::ThreadSeconds);
/// CPU used.
pub const VM_CPU_USAGE_TOTAL_SECONDS: ColumnDef = ColumnDef::measure("vm_cpu_usage_total_seconds", Unit::CoreSeconds);
/// Memory limit.
pub const VM_MEMORY_LIMIT_BYTES: ColumnDef = ColumnDef::measure("vm_memory_limit_bytes", Unit::Bytes);
/// Memory limit over the interval.
pub const VM_MEMORY_LIMIT_BYTE_SECONDS: ColumnDef = ColumnDef::measure("vm_memory_limit_byte_seconds", Unit::ByteSeconds);
/// Memory requested.
pub const VM_MEMORY_REQUEST_BYTES: ColumnDef = ColumnDef::measure("vm_memory_request_bytes", Unit::Bytes);
/// Memory requested over the interval.
pub const VM_MEMORY_REQUEST_BYTE_SECONDS: ColumnDef = ColumnDef::measure("vm_memory_request_byte_seconds", Unit::ByteSeconds);
/// Memory used.
pub const VM_MEMORY_USAGE_BYTE_SECONDS: ColumnDef = ColumnDef::measure("vm_memory_usage_byte_seconds", Unit::ByteSeconds);
/// Disk of the virtual machine.
pub const VM_DEVICE: ColumnDef = ColumnDef::new("vm_device", Kind::Text);
/// `Block` or `Filesystem`.
pub const VM_VOLUME_MODE: ColumnDef = ColumnDef::new("vm_volume_mode", Kind::Text);
/// Claim behind the disk.
pub const VM_PERSISTENTVOLUMECLAIM_NAME: ColumnDef = ColumnDef::new("vm_persistentvolumeclaim_name", Kind::Text);
/// Size of the disk over the interval.
pub const VM_DISK_ALLOCATED_SIZE_BYTE_SECONDS: ColumnDef = ColumnDef::measure("vm_disk_allocated_size_byte_seconds", Unit::ByteSeconds);
/// Labels of the virtual machine.
pub const VM_LABELS: ColumnDef = ColumnDef::new("vm_labels", Kind::Labels);

/// The physical GPU.
pub const GPU_UUID: ColumnDef = ColumnDef::new("gpu_uuid", Kind::Text);
/// Model of the GPU: letters, digits and single blanks.
pub const GPU_MODEL_NAME: ColumnDef = ColumnDef::new("gpu_model_name", Kind::Text);
/// Vendor of the GPU; a device name from newer operators.
pub const GPU_VENDOR_NAME: ColumnDef = ColumnDef::new("gpu_vendor_name", Kind::Text);
/// Memory of the GPU.
pub const GPU_MEMORY_CAPACITY_MIB: ColumnDef = ColumnDef::measure("gpu_memory_capacity_mib", Unit::Mebibytes);
/// How long the pod held the GPU.
pub const GPU_POD_UPTIME: ColumnDef = ColumnDef::measure("gpu_pod_uptime", Unit::Seconds);
/// Utilisation of the GPU as the operator wrote it; koku declares it text.
pub const GPU_POD_UTILIZATION: ColumnDef = ColumnDef::new("gpu_pod_utilization", Kind::Text);
/// Into how many slices the GPU can be cut.
pub const GPU_MAX_SLICES: ColumnDef = ColumnDef::measure("gpu_max_slices", Unit::Slices);
/// The slice of the GPU; empty for a whole GPU, null where the slice is of no known model.
pub const MIG_INSTANCE_ID: ColumnDef = ColumnDef::new("mig_instance_id", Kind::Text);
/// Profile of the slice, such as `1g.5gb`.
pub const MIG_PROFILE: ColumnDef = ColumnDef::new("mig_profile", Kind::Text);
/// `single` or `mixed`.
pub const MIG_STRATEGY: ColumnDef = ColumnDef::new("mig_strategy", Kind::Text);
/// How many slices the profile takes.
pub const MIG_SLICE_COUNT: ColumnDef = ColumnDef::measure("mig_slice_count", Unit::Slices);
/// Memory of the slice.
pub const MIG_MEMORY_CAPACITY_MIB: ColumnDef = ColumnDef::measure("mig_memory_capacity_mib", Unit::Mebibytes);

/// All of `openshift_pod_usage_line_items`.
pub const POD_USAGE_LINE_ITEMS: Table = Table {
    name: "openshift_pod_usage_line_items",
    grain: super::ocp::POD_USAGE_HOURLY.grain,
    columns: &[
        REPORT_PERIOD_START,
        REPORT_PERIOD_END,
        INTERVAL_START,
        INTERVAL_END,
        NODE,
        NAMESPACE,
        POD,
        POD_USAGE_CPU_CORE_SECONDS,
        POD_REQUEST_CPU_CORE_SECONDS,
        POD_LIMIT_CPU_CORE_SECONDS,
        POD_USAGE_MEMORY_BYTE_SECONDS,
        POD_REQUEST_MEMORY_BYTE_SECONDS,
        POD_LIMIT_MEMORY_BYTE_SECONDS,
        NODE_CAPACITY_CPU_CORES,
        NODE_CAPACITY_CPU_CORE_SECONDS,
        NODE_CAPACITY_MEMORY_BYTES,
        NODE_CAPACITY_MEMORY_BYTE_SECONDS,
        NODE_ROLE,
        RESOURCE_ID,
        POD_LABELS,
        POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS,
        POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS,
    ],
};

/// All of `openshift_pod_usage_line_items_daily`.
pub const POD_USAGE_LINE_ITEMS_DAILY: Table = Table {
    name: "openshift_pod_usage_line_items_daily",
    grain: super::ocp::POD_USAGE_DAILY.grain,
    columns: &[
        NAMESPACE,
        NODE,
        POD,
        POD_LABELS,
        INTERVAL_START,
        REPORT_PERIOD_START,
        REPORT_PERIOD_END,
        RESOURCE_ID,
        POD_USAGE_CPU_CORE_SECONDS,
        POD_REQUEST_CPU_CORE_SECONDS,
        POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS,
        POD_LIMIT_CPU_CORE_SECONDS,
        POD_USAGE_MEMORY_BYTE_SECONDS,
        POD_REQUEST_MEMORY_BYTE_SECONDS,
        POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS,
        POD_LIMIT_MEMORY_BYTE_SECONDS,
        NODE_CAPACITY_CPU_CORES,
        NODE_CAPACITY_CPU_CORE_SECONDS,
        NODE_CAPACITY_MEMORY_BYTES,
        NODE_CAPACITY_MEMORY_BYTE_SECONDS,
        NODE_ROLE,
    ],
};

/// All of `openshift_storage_usage_line_items`.
pub const STORAGE_USAGE_LINE_ITEMS: Table = Table {
    name: "openshift_storage_usage_line_items",
    grain: "one row per (interval_start, namespace, pod, node, persistentvolumeclaim, persistentvolume), possibly repeated",
    columns: &[
        REPORT_PERIOD_START,
        REPORT_PERIOD_END,
        INTERVAL_START,
        INTERVAL_END,
        NAMESPACE,
        POD,
        NODE,
        PERSISTENTVOLUMECLAIM,
        PERSISTENTVOLUME,
        STORAGECLASS,
        CSI_DRIVER,
        CSI_VOLUME_HANDLE,
        PERSISTENTVOLUMECLAIM_CAPACITY_BYTES,
        PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS,
        VOLUME_REQUEST_STORAGE_BYTE_SECONDS,
        PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS,
        PERSISTENTVOLUME_LABELS,
        PERSISTENTVOLUMECLAIM_LABELS,
    ],
};

/// All of `openshift_storage_usage_line_items_daily`.
pub const STORAGE_USAGE_LINE_ITEMS_DAILY: Table = Table {
    name: "openshift_storage_usage_line_items_daily",
    grain: "one row per (day, namespace, node, pod, persistentvolumeclaim, persistentvolume, storageclass, csi_driver, csi_volume_handle, \
            labels), possibly repeated",
    columns: &[
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
        INTERVAL_START,
        REPORT_PERIOD_START,
        REPORT_PERIOD_END,
        PERSISTENTVOLUMECLAIM_CAPACITY_BYTES,
        PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS,
        VOLUME_REQUEST_STORAGE_BYTE_SECONDS,
        PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS,
    ],
};

/// All of `openshift_node_labels_line_items`.
pub const NODE_LABELS_LINE_ITEMS: Table = Table {
    name: "openshift_node_labels_line_items",
    grain: "one row per (interval_start, node), possibly repeated",
    columns: &[REPORT_PERIOD_START, REPORT_PERIOD_END, INTERVAL_START, INTERVAL_END, NODE, NODE_LABELS],
};

/// All of `openshift_node_labels_line_items_daily`.
pub const NODE_LABELS_LINE_ITEMS_DAILY: Table = Table {
    name: "openshift_node_labels_line_items_daily",
    grain: super::ocp::NODE_LABELS_DAILY.grain,
    columns: &[NODE, NODE_LABELS, INTERVAL_START, REPORT_PERIOD_START, REPORT_PERIOD_END],
};

/// All of `openshift_namespace_labels_line_items`.
pub const NAMESPACE_LABELS_LINE_ITEMS: Table = Table {
    name: "openshift_namespace_labels_line_items",
    grain: "one row per (interval_start, namespace), possibly repeated",
    columns: &[REPORT_PERIOD_START, REPORT_PERIOD_END, INTERVAL_START, INTERVAL_END, NAMESPACE, NAMESPACE_LABELS],
};

/// All of `openshift_namespace_labels_line_items_daily`.
pub const NAMESPACE_LABELS_LINE_ITEMS_DAILY: Table = Table {
    name: "openshift_namespace_labels_line_items_daily",
    grain: super::ocp::NAMESPACE_LABELS_DAILY.grain,
    columns: &[NAMESPACE, NAMESPACE_LABELS, INTERVAL_START, REPORT_PERIOD_START, REPORT_PERIOD_END],
};

/// All of `openshift_vm_usage_line_items`.
pub const VM_USAGE_LINE_ITEMS: Table = Table {
    name: "openshift_vm_usage_line_items",
    grain: "one row per (interval_start, namespace, node, vm_name, vm_device), possibly repeated",
    columns: &[
        REPORT_PERIOD_START,
        REPORT_PERIOD_END,
        INTERVAL_START,
        INTERVAL_END,
        NODE,
        RESOURCE_ID,
        NAMESPACE,
        VM_NAME,
        VM_INSTANCE_TYPE,
        VM_OS,
        VM_GUEST_OS_ARCH,
        VM_GUEST_OS_NAME,
        VM_GUEST_OS_VERSION,
        VM_UPTIME_TOTAL_SECONDS,
        VM_CPU_LIMIT_CORES,
        VM_CPU_LIMIT_CORE_SECONDS,
        VM_CPU_REQUEST_CORES,
        VM_CPU_REQUEST_CORE_SECONDS,
        VM_CPU_REQUEST_SOCKETS,
        VM_CPU_REQUEST_SOCKET_SECONDS,
        VM_CPU_REQUEST_THREADS,
        VM_CPU_REQUEST_THREAD_SECONDS,
        VM_CPU_USAGE_TOTAL_SECONDS,
        VM_MEMORY_LIMIT_BYTES,
        VM_MEMORY_LIMIT_BYTE_SECONDS,
        VM_MEMORY_REQUEST_BYTES,
        VM_MEMORY_REQUEST_BYTE_SECONDS,
        VM_MEMORY_USAGE_BYTE_SECONDS,
        VM_DEVICE,
        VM_VOLUME_MODE,
        VM_PERSISTENTVOLUMECLAIM_NAME,
        VM_DISK_ALLOCATED_SIZE_BYTE_SECONDS,
        VM_LABELS,
    ],
};

/// All of `openshift_vm_usage_line_items_daily`.
pub const VM_USAGE_LINE_ITEMS_DAILY: Table = Table {
    name: "openshift_vm_usage_line_items_daily",
    grain: "one row per (day, namespace, node, vm_name, vm_labels), possibly repeated",
    columns: &[
        NAMESPACE,
        NODE,
        VM_NAME,
        VM_LABELS,
        INTERVAL_START,
        REPORT_PERIOD_START,
        REPORT_PERIOD_END,
        RESOURCE_ID,
        VM_INSTANCE_TYPE,
        VM_OS,
        VM_GUEST_OS_ARCH,
        VM_GUEST_OS_NAME,
        VM_GUEST_OS_VERSION,
        VM_UPTIME_TOTAL_SECONDS,
        VM_CPU_LIMIT_CORES,
        VM_CPU_LIMIT_CORE_SECONDS,
        VM_CPU_REQUEST_CORES,
        VM_CPU_REQUEST_CORE_SECONDS,
        VM_CPU_REQUEST_SOCKETS,
        VM_CPU_REQUEST_SOCKET_SECONDS,
        VM_CPU_REQUEST_THREADS,
        VM_CPU_REQUEST_THREAD_SECONDS,
        VM_CPU_USAGE_TOTAL_SECONDS,
        VM_MEMORY_LIMIT_BYTES,
        VM_MEMORY_LIMIT_BYTE_SECONDS,
        VM_MEMORY_REQUEST_BYTES,
        VM_MEMORY_REQUEST_BYTE_SECONDS,
        VM_MEMORY_USAGE_BYTE_SECONDS,
        VM_DEVICE,
        VM_VOLUME_MODE,
        VM_PERSISTENTVOLUMECLAIM_NAME,
        VM_DISK_ALLOCATED_SIZE_BYTE_SECONDS,
    ],
};

/// All of `openshift_gpu_usage_line_items`.
pub const GPU_USAGE_LINE_ITEMS: Table = Table {
    name: "openshift_gpu_usage_line_items",
    grain: "one row per (interval_start, namespace, pod, gpu_uuid, mig_instance_id), possibly repeated",
    columns: &[
        REPORT_PERIOD_START,
        REPORT_PERIOD_END,
        INTERVAL_START,
        INTERVAL_END,
        NODE,
        NAMESPACE,
        POD,
        GPU_UUID,
        GPU_MODEL_NAME,
        GPU_VENDOR_NAME,
        GPU_MEMORY_CAPACITY_MIB,
        GPU_POD_UPTIME,
        GPU_POD_UTILIZATION,
        GPU_MAX_SLICES,
        MIG_INSTANCE_ID,
        MIG_PROFILE,
        MIG_STRATEGY,
        MIG_SLICE_COUNT,
        MIG_MEMORY_CAPACITY_MIB,
    ],
};

/// All of `openshift_gpu_usage_line_items_daily`.
pub const GPU_USAGE_LINE_ITEMS_DAILY: Table = Table {
    name: "openshift_gpu_usage_line_items_daily",
    grain: "one row per (day, node, namespace, pod, gpu_uuid, mig_instance_id), possibly repeated",
    columns: &[
        NODE,
        NAMESPACE,
        POD,
        GPU_UUID,
        MIG_INSTANCE_ID,
        INTERVAL_START,
        REPORT_PERIOD_START,
        REPORT_PERIOD_END,
        GPU_MODEL_NAME,
        GPU_VENDOR_NAME,
        GPU_MEMORY_CAPACITY_MIB,
        GPU_POD_UPTIME,
        MIG_PROFILE,
        MIG_SLICE_COUNT,
        GPU_MAX_SLICES,
        MIG_MEMORY_CAPACITY_MIB,
        MIG_STRATEGY,
    ],
};
