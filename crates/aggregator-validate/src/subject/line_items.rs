//! The line items of the six OpenShift reports, hourly and rolled up by day.
//!
//! A key here is the grain of the table: rows may repeat it, and are then matched by their other columns.

use aggregator_core::table::ocp::{
    CSI_VOLUME_HANDLE, INTERVAL_START, NAMESPACE, NAMESPACE_LABELS, NODE, NODE_LABELS, PERSISTENTVOLUME, PERSISTENTVOLUME_LABELS,
    PERSISTENTVOLUMECLAIM, PERSISTENTVOLUMECLAIM_LABELS, POD, POD_LABELS, STORAGECLASS,
};
use aggregator_core::table::ocp_ingest::{self, CSI_DRIVER, GPU_UUID, MIG_INSTANCE_ID, VM_DEVICE, VM_LABELS, VM_NAME};
use aggregator_core::table::{ColumnDef, Table, summary};

use super::{Origin, Subject};

/// The twelve tables.
pub const LINE_ITEMS: &[Subject] = &[
    subject("ocp-pod-usage", &[ocp_ingest::POD_USAGE_LINE_ITEMS], &[INTERVAL_START, NAMESPACE, POD, NODE]),
    subject("ocp-pod-usage-daily", &[ocp_ingest::POD_USAGE_LINE_ITEMS_DAILY], &[INTERVAL_START, NAMESPACE, NODE, POD, POD_LABELS]),
    subject(
        "ocp-storage-usage",
        &[ocp_ingest::STORAGE_USAGE_LINE_ITEMS],
        &[INTERVAL_START, NAMESPACE, POD, NODE, PERSISTENTVOLUMECLAIM, PERSISTENTVOLUME],
    ),
    subject(
        "ocp-storage-usage-daily",
        &[ocp_ingest::STORAGE_USAGE_LINE_ITEMS_DAILY],
        &[
            INTERVAL_START,
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
    ),
    subject("ocp-node-labels", &[ocp_ingest::NODE_LABELS_LINE_ITEMS], &[INTERVAL_START, NODE]),
    subject("ocp-node-labels-daily", &[ocp_ingest::NODE_LABELS_LINE_ITEMS_DAILY], &[INTERVAL_START, NODE, NODE_LABELS]),
    subject("ocp-namespace-labels", &[ocp_ingest::NAMESPACE_LABELS_LINE_ITEMS], &[INTERVAL_START, NAMESPACE]),
    subject("ocp-namespace-labels-daily", &[ocp_ingest::NAMESPACE_LABELS_LINE_ITEMS_DAILY], &[INTERVAL_START, NAMESPACE, NAMESPACE_LABELS]),
    subject("ocp-vm-usage", &[ocp_ingest::VM_USAGE_LINE_ITEMS], &[INTERVAL_START, NAMESPACE, NODE, VM_NAME, VM_DEVICE]),
    subject("ocp-vm-usage-daily", &[ocp_ingest::VM_USAGE_LINE_ITEMS_DAILY], &[INTERVAL_START, NAMESPACE, NODE, VM_NAME, VM_LABELS]),
    subject("ocp-gpu-usage", &[ocp_ingest::GPU_USAGE_LINE_ITEMS], &[INTERVAL_START, NAMESPACE, POD, GPU_UUID, MIG_INSTANCE_ID]),
    subject(
        "ocp-gpu-usage-daily",
        &[ocp_ingest::GPU_USAGE_LINE_ITEMS_DAILY],
        &[INTERVAL_START, NODE, NAMESPACE, POD, GPU_UUID, MIG_INSTANCE_ID],
    ),
];

const fn subject(name: &'static str, tables: &'static [Table], key: &'static [ColumnDef]) -> Subject {
    Subject {
        name,
        tables,
        partitions: &[summary::SOURCE, summary::YEAR, summary::MONTH],
        key,
        ignored: &[],
        day: Some(INTERVAL_START),
        source: Some(summary::SOURCE),
        origin: Origin::Declared,
    }
}
