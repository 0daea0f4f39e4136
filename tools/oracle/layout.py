"""Where an oracle set keeps what, and the tables of its line items; see fixtures/oracle/README.md for the format."""
import json
import pathlib

import pyarrow as pa

TIMESTAMPS = ("report_period_start", "report_period_end", "interval_start", "interval_end")
POD_MEASURES = (
    "pod_usage_cpu_core_seconds",
    "pod_request_cpu_core_seconds",
    "pod_effective_usage_cpu_core_seconds",
    "pod_limit_cpu_core_seconds",
    "pod_usage_memory_byte_seconds",
    "pod_request_memory_byte_seconds",
    "pod_effective_usage_memory_byte_seconds",
    "pod_limit_memory_byte_seconds",
    "node_capacity_cpu_cores",
    "node_capacity_cpu_core_seconds",
    "node_capacity_memory_bytes",
    "node_capacity_memory_byte_seconds",
)
VOLUME_MEASURES = (
    "persistentvolumeclaim_capacity_bytes",
    "persistentvolumeclaim_capacity_byte_seconds",
    "volume_request_storage_byte_seconds",
    "persistentvolumeclaim_usage_byte_seconds",
)
POD_TEXTS = ("namespace", "node", "pod", "resource_id", "node_role", "pod_labels")
VOLUME_TEXTS = (
    "namespace",
    "node",
    "pod",
    "persistentvolumeclaim",
    "persistentvolume",
    "storageclass",
    "csi_driver",
    "csi_volume_handle",
    "persistentvolume_labels",
    "persistentvolumeclaim_labels",
)
LABELS = ("pod_labels", "persistentvolume_labels", "persistentvolumeclaim_labels", "node_labels", "namespace_labels")


def _schema(texts, measures=()):
    times = [(c, pa.timestamp("ms")) for c in TIMESTAMPS[:3]]
    return pa.schema(times + [(c, pa.string()) for c in texts] + [(c, pa.float64()) for c in measures])


# Table kind -> what koku's Parquet holds when nothing has drifted. The kind is (report type, daily).
HOURLY_PODS = ("pod_usage", False)
DAILY_PODS = ("pod_usage", True)
VOLUMES = ("storage_usage", True)
NODE_LABELS = ("node_labels", True)
NAMESPACE_LABELS = ("namespace_labels", True)
TABLES = {
    HOURLY_PODS: _schema(POD_TEXTS, POD_MEASURES),
    DAILY_PODS: _schema(POD_TEXTS, POD_MEASURES),
    VOLUMES: _schema(VOLUME_TEXTS, VOLUME_MEASURES),
    NODE_LABELS: _schema(("node", "node_labels")),
    NAMESPACE_LABELS: _schema(("namespace", "namespace_labels")),
}


def table_name(kind):
    """The Hive name of a table."""
    report, daily = kind
    return f"openshift_{report}_line_items" + ("_daily" if daily else "")


def hive_type(column):
    """koku types a Hive column by its name, whatever a file holds."""
    if column in TIMESTAMPS:
        return "timestamp"
    return "double" if column.endswith(("_seconds", "_cores", "_bytes")) else "varchar"


def table_dir(root, schema, kind):
    """The folder of a table: every source and month of one tenant."""
    report, daily = kind
    return pathlib.Path(root, "data/parquet", *(["daily"] if daily else []), schema, "OCP", report)


def partition_dir(root, schema, case, kind):
    """The folder of the month that a case reads."""
    return table_dir(root, schema, kind) / f"source={case['source']}" / f"year={case['year']}" / f"month={case['month']}"


def schemas(root, only=None):
    """The tenants of a set, by name; `only` is a comma-separated choice."""
    found = sorted(d.name for d in pathlib.Path(root).iterdir() if (d / "cases.json").exists())
    return [s for s in found if only is None or s in only.split(",")]


def reference(root, schema):
    """Enabled keys, cost categories and nodes of a tenant."""
    return json.loads(pathlib.Path(root, schema, "reference.json").read_text())


def cases(root, schema):
    """The runs of a tenant."""
    return json.loads(pathlib.Path(root, schema, "cases.json").read_text())


def expected(root, schema, case, kind):
    """The path of an answer; `kind` is `hive.parquet`, `pg.parquet` or `error.txt`."""
    return pathlib.Path(root, schema, "expected", f"{case['source']}.{kind}")
