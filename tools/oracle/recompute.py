"""The OpenShift daily summary recomputed from its specification, slowly, in plain Python.

    recompute.py ROOT [--only SCHEMA,…] [--source UUID]

Recomputes every answered case of a set and compares with Trino's answer: the managed table, the PostgreSQL rows, and
where Trino failed, at which statement and why. Exits 1 on any difference.

Nothing here is fast: every join is a loop over dicts, every sum is exactly rounded, every cast is done on decimals.
It agrees with Trino on every stored case, so it can stand in for Trino.
"""
import argparse
import collections
import datetime
import decimal
import json
import math
import pathlib
import re
import sys
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

import java_text
import layout

TOLERANCE = 1e-12
GIB = 2.0**-30
VM_KEY = "vm_kubevirt_io_name"
POD_MEASURES = [f"pod_{k}_cpu_core_hours" for k in ("usage", "request", "effective_usage", "limit")]
POD_MEASURES += [f"pod_{k}_memory_gigabyte_hours" for k in ("usage", "request", "effective_usage", "limit")]
CAPACITY = [
    "node_capacity_cpu_cores",
    "node_capacity_cpu_core_hours",
    "node_capacity_memory_gigabytes",
    "node_capacity_memory_gigabyte_hours",
    "cluster_capacity_cpu_core_hours",
    "cluster_capacity_memory_gigabyte_hours",
]
VOLUME_MEASURES = [
    "persistentvolumeclaim_capacity_gigabyte",
    "persistentvolumeclaim_capacity_gigabyte_months",
    "volume_request_storage_gigabyte_months",
    "persistentvolumeclaim_usage_gigabyte_months",
]
MEASURES = POD_MEASURES + CAPACITY + VOLUME_MEASURES
LABELS = ["pod_labels", "volume_labels"]
KEY = ["usage_start", "data_source", "namespace", "node", "resource_id"]
KEY += ["persistentvolumeclaim", "persistentvolume", "storageclass", *LABELS]
OTHER = ["uuid", "report_period_id", "cluster_id", "cluster_alias", "usage_end", "source_uuid"]
OTHER += ["infrastructure_usage_cost", "csi_volume_handle", "cost_category_id"]
PARTITION = ["source", "year", "month", "day"]
HIVE = KEY + OTHER + PARTITION + MEASURES
JSON_NAME = 50_000  # Jackson reads no longer key.
ZERO_COST = '{"cpu": 0.000000000, "memory": 0.000000000, "storage": 0.000000000}'
PG_NULL = [
    "infrastructure_raw_cost", "infrastructure_project_raw_cost", "infrastructure_data_in_gigabytes",
    "infrastructure_data_out_gigabytes", "infrastructure_markup_cost", "infrastructure_project_markup_cost",
    "infrastructure_monthly_cost", "infrastructure_monthly_cost_json", "infrastructure_project_monthly_cost",
    "supplementary_usage_cost", "supplementary_monthly_cost", "supplementary_monthly_cost_json",
    "supplementary_project_monthly_cost", "cost_model_cpu_cost", "cost_model_memory_cost", "cost_model_volume_cost",
    "cost_model_gpu_cost", "cost_model_rate_type", "monthly_cost_type", "raw_currency", "distributed_cost",
]
PG = [c for c in KEY + OTHER if c not in ("uuid", "csi_volume_handle")] + MEASURES + PG_NULL + ["all_labels"]
PG_WIDTH = {"cluster_id": 50, "cluster_alias": 256, "data_source": 64}
PG_WIDTH |= dict.fromkeys(
    ("namespace", "node", "resource_id", "persistentvolumeclaim", "persistentvolume", "storageclass"), 253)
# The columns that the statements read; any other may have whatever type it likes.
READ = {
    layout.HOURLY_PODS: {
        "interval_start", "node", "node_capacity_cpu_core_seconds", "node_capacity_memory_byte_seconds"},
    layout.DAILY_PODS: {*layout.TABLES[layout.DAILY_PODS].names}
    - {"report_period_start", "report_period_end", "node_role", "node_capacity_cpu_core_seconds",
       "node_capacity_memory_byte_seconds"},
    layout.VOLUMES: {*layout.TABLES[layout.VOLUMES].names}
    - {"report_period_start", "report_period_end", "node", "csi_driver"},
    layout.NODE_LABELS: {"interval_start", "node", "node_labels"},
    layout.NAMESPACE_LABELS: {"interval_start", "namespace", "namespace_labels"},
}


class Fails(Exception):
    """Trino refuses a statement: `step` is `pods` (nothing is written) or `copy` (the managed table is)."""

    def __init__(self, step, why, errors=()):
        super().__init__(why)
        self.step, self.why, self.errors = step, why, list(errors)


# ---- scalar rules ---------------------------------------------------------------------------------------------------


class Number(str):
    """A JSON number as Trino's map cast writes it."""


def label_text(labels):
    """A label map as Trino writes it: compact, keys in UTF-16 order, Jackson's escapes."""
    if labels is None:
        return None
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}

    def units(text):
        return text.encode("utf-16-be", "surrogatepass")

    def quoted(text):
        if text is None:
            return "null"
        out = []
        for c in text:
            if c in short:
                out.append(short[c])
            elif c < " " or c > "\uffff":
                escape = units(c).hex().upper()
                out += ["\\u" + escape[i : i + 4] for i in range(0, len(escape), 4)]
            else:
                out.append(c)
        return '"' + "".join(out) + '"'

    return "{" + ",".join(f"{quoted(k)}:{quoted(labels[k])}" for k in sorted(labels, key=units)) + "}"


def lone_surrogates_replaced(text):
    return re.sub("[\ud800-\udfff]", "?", text)


def label_map(text):
    """CAST(json_parse(text) AS map(varchar, varchar)), which Trino plans as one function."""
    if text is None:
        return None

    def unique(pairs):
        found = {}
        for key, value in pairs:
            if len(key) > JSON_NAME:
                raise ValueError("a long key")
            key = lone_surrogates_replaced(key)
            if key in found:
                raise ValueError("duplicate key")
            found[key] = value
        return found

    def refused(constant):
        raise ValueError(constant)

    try:
        value = json.loads(
            text, object_pairs_hook=unique, parse_int=Number, parse_constant=refused,
            parse_float=lambda s: Number(java_text.decimal_format(float(s))))
    except (ValueError, RecursionError) as error:
        raise Fails("pods", f"not JSON: {error}", ["Cannot cast to map(varchar, varchar)"]) from None
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Fails("pods", "a label text that is no object", ["Expected a json object"])
    out = {}
    for key, x in value.items():
        if isinstance(x, bool):
            x = "true" if x else "false"
        elif isinstance(x, (dict, list)):
            raise Fails("pods", "a nested label value", ["Unexpected token when cast to varchar"])
        out[key] = None if x is None else lone_surrogates_replaced(str(x))
    return out


def filtered(text, keys):
    """The entries of a label text whose key is enabled; with no key enabled, none."""
    labels = label_map(text)
    return None if labels is None else {k: v for k, v in labels.items() if keys is not None and k in keys}


def frozen(labels):
    if labels is None:
        return None
    return tuple(sorted(labels.items(), key=lambda kv: (kv[0], kv[1] is None, kv[1] or "")))


def thawed(labels):
    return None if labels is None else dict(labels)


def like(value, pattern):
    """LIKE without an escape character; NULL matches nothing."""
    if value is None or pattern is None:
        return False
    reach = {0}
    for c in pattern:
        if c == "%":
            reach = set(range(min(reach), len(value) + 1)) if reach else reach
        else:
            reach = {i + 1 for i in reach if i < len(value) and c in ("_", value[i])}
    return len(value) in reach


def total(values):
    values = [x for x in values if x is not None]
    try:
        return math.fsum(values) if values else None
    except (OverflowError, ValueError):
        return sum(values, 0.0)


def largest(values):
    """max: NULL does not count, NaN only when there is nothing else."""
    values = [x for x in values if x is not None]
    return max((x for x in values if not math.isnan(x)), default=math.nan) if values else None


def largest_text(values):
    return max((x for x in values if x is not None), key=str.encode, default=None)


def divided(x, y):
    """double / double as IEEE does it."""
    if x is None or y is None:
        return None
    if y == 0:
        return math.nan if x == 0 or math.isnan(x) else math.copysign(math.inf, x) * math.copysign(1, y)
    return x / y


def times(x, y):
    return None if x is None or y is None else x * y


def minus(x, y):
    return None if x is None or y is None else x - y


def greatest(x, y):
    return None if x is None or y is None else largest([x, y])


def numeric(value, column):
    """double -> decimal(33,15): the shortest text of the double, rounded half away from zero."""
    if value is None:
        return None
    if not math.isfinite(value):
        text = java_text.decimal_format(value)
        raise Fails("copy", f"{value} in {column}", [f"Cannot cast DOUBLE '{text}' to DECIMAL(33, 15)"])
    with decimal.localcontext() as context:
        context.prec = 400
        rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-15), rounding=decimal.ROUND_HALF_UP)
    if abs(rounded) >= Decimal(10) ** 18:
        raise Fails("copy", f"{value} in {column} does not fit", ["Cannot cast DOUBLE '"])
    return rounded or abs(rounded)


# ---- inputs ---------------------------------------------------------------------------------------------------------


def reader(column, kind):
    """What turns a value of a Parquet column into what Trino reads under the Hive type; None where Trino refuses."""
    wanted = layout.hive_type(column)
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if wanted == "timestamp":
        return as_milliseconds if pa.types.is_timestamp(kind) else None
    if pa.types.is_null(kind):
        return lambda x: x
    if pa.types.is_float16(kind):
        return None
    if wanted == "double":
        if pa.types.is_int64(kind):
            return as_double
        if pa.types.is_integer(kind):
            return lambda x: float(signed(x, kind))
        return float if pa.types.is_floating(kind) else None
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return str
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return lambda x: x.decode(errors="replace")
    if pa.types.is_integer(kind):
        return lambda x: str(signed(x, kind))
    if pa.types.is_float64(kind):
        return java_text.to_string
    if pa.types.is_float32(kind):
        return java_text.float_to_string
    if pa.types.is_decimal(kind):
        return lambda x: format(x, "f")
    return None


def signed(x, kind):
    """Trino reads the bits of UINT32 and UINT64 as signed numbers; smaller ones fit into INT32."""
    bits = kind.bit_width
    unsigned = not pa.types.is_signed_integer(kind)
    return x - 2**bits if unsigned and bits >= 32 and x >= 2 ** (bits - 1) else x


def as_milliseconds(x):
    """Finer than a millisecond is rounded half up; nanoseconds come as whole numbers."""
    if isinstance(x, int):
        return datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=(x + 500_000) // 1_000_000)
    if x.tzinfo is not None:
        x = x.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return x.replace(microsecond=0) + datetime.timedelta(milliseconds=(x.microsecond + 500) // 1000)


def as_double(x):
    if not -(2**52) <= x < 2**52:
        raise Fails("pods", f"{x} of an INT64 column as double", ["Cannot", "Unsupported", "out of range", "overflow"])
    return float(x)


def is_number(kind):
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def is_prunable(file, name):
    """Whether a Parquet file has statistics or a dictionary of a column, in any row group."""
    at = file.schema_arrow.names.index(name)
    for chunk in (file.metadata.row_group(i).column(at) for i in range(file.num_row_groups)):
        if chunk.has_dictionary_page or chunk.statistics is not None and chunk.statistics.has_min_max:
            return True
    return False


def values(column):
    """The values of an Arrow column; nanoseconds as whole numbers, since Python knows only microseconds."""
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.int64())
    return column.to_pylist()


def refusal(file, path, name, column, kind):
    """Why Trino refuses a column of a file, if it does."""
    if reader(name.lower(), column.type) is None:
        physical = file.schema.column(file.schema_arrow.names.index(name)).physical_type
        if physical == "INT96" and column.null_count == len(column):
            return None
        why = f"`{name}` is {column.type} in {path.name}"
    elif name.lower() == "node" and kind != layout.VOLUMES and is_number(column.type) and is_prunable(file, name):
        # `node != ''` reaches every table that is joined to pods, and Trino holds it against the file's statistics.
        why = f"`node` is {column.type} in {path.name}, with statistics or a dictionary"
    else:
        return None
    return Fails("pods", why, ["Unsupported Trino column type", "Corrupted statistics", "cannot be cast to class"])


def read(root, schema, case, kind, doubts):
    """The rows of a table in a case's month, as Trino reads them; a missing column is NULL.

    A column that Trino refuses goes unnoticed in a file that it can skip by its statistics; where no row of the file
    is in the window, the failure is added to `doubts`.
    """
    folder = layout.partition_dir(root, schema, case, kind)
    rows = []
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        hidden = any(part[0] in "._" for part in path.relative_to(folder).parts)
        if hidden or not path.is_file() or not path.stat().st_size:
            continue
        try:
            file = pq.ParquetFile(path)
            table = file.read()
        except (pa.ArrowInvalid, OSError) as error:
            raise Fails("pods", f"{path.name}: {error}", ["HIVE_BAD_DATA", "HIVE_CANNOT_OPEN_SPLIT", "parquet"]) from None
        columns, failures = {}, []
        for name, column in zip(table.column_names, table.columns):
            if name.lower() not in READ[kind] or name.lower() in columns:
                continue  # of two names that differ only in case, the first counts
            failure = refusal(file, path, name, column, kind)
            if failure is not None:
                failures.append(failure)
            convert = reader(name.lower(), column.type)
            if pa.types.is_null(column.type):
                convert = str  # of nothing; an `interval_start` of this type selects no row, where statistics say so
            if convert is not None:
                columns[name.lower()] = [None if x is None else convert(x) for x in values(column)]
        found = [collections.defaultdict(lambda: None, {c: v[i] for c, v in columns.items()}) for i in range(table.num_rows)]
        if failures and any("interval_start" not in columns or in_window(r, case) for r in found):
            raise failures[0]
        doubts += failures
        rows += found
    return rows


def window(case):
    return tuple(datetime.date.fromisoformat(case[k]) for k in ("start_date", "end_date"))


def in_window(row, case):
    first, last = window(case)
    t = row["interval_start"]
    return t is not None and first <= t.date() <= last


# ---- the statements -------------------------------------------------------------------------------------------------


def label_rows(rows, name, text, keys):
    """(day, name) -> the distinct filtered maps."""
    out = collections.defaultdict(set)
    for r in rows:
        out[r["interval_start"].date(), r[name]].add(frozen(filtered(r[text], keys)))
    return {k: [thawed(m) for m in v] for k, v in out.items()}


def joined(found, key):
    """LEFT JOIN on equality: a NULL in the key finds nothing, and nothing found is one row of NULLs."""
    return found.get(key) or [None] if None not in key else [None]


def merged(*maps):
    """map_concat: one NULL makes all NULL, the last map wins."""
    if any(m is None for m in maps):
        return None
    out = {}
    for m in maps:
        out.update(m)
    return out


def row(case, **fields):
    r = dict.fromkeys(HIVE)
    r.update(report_period_id=case["report_period_id"], cluster_id=case["cluster_id"])
    r.update(cluster_alias=case["cluster_alias"], **fields)
    day = r["usage_start"]
    r.update(source=case["source"], year=str(day.year), month=str(day.month), day=str(day.day))
    return r


class Summary:
    """The statements over one case."""

    def __init__(self, root, schema, case, reference):
        self.case, self.reference = case, reference
        enabled = reference["enabled_keys"]
        self.keys = {VM_KEY, *enabled} if enabled else None
        self.doubts = []

        def windowed(kind):
            return [r for r in read(root, schema, case, kind, self.doubts) if in_window(r, case)]

        self.hourly = windowed(layout.HOURLY_PODS)
        self.pod_month = read(root, schema, case, layout.DAILY_PODS, self.doubts)
        self.daily = [r for r in self.pod_month if in_window(r, case)]
        self.volumes = windowed(layout.VOLUMES) if case["storage_exists"] else []
        self.node_labels = label_rows(windowed(layout.NODE_LABELS), "node", "node_labels", self.keys)
        self.namespace_labels = label_rows(
            windowed(layout.NAMESPACE_LABELS), "namespace", "namespace_labels", self.keys)

    def managed(self):
        """The rows of Trino's managed table."""
        pods = self.pods()
        return pods + self.storage() + self.unallocated(pods)

    def categories(self, namespace):
        found = [c["cost_category_id"] for c in self.reference["cost_categories"] if like(namespace, c["namespace"])]
        return found or [None]

    def capacities(self):
        """Node capacity (the maximum of each interval, summed over the day) and its sum over nodes."""
        intervals = collections.defaultdict(list)
        for r in self.hourly:
            intervals[r["interval_start"], r["node"]].append(r)
        nodes = collections.defaultdict(list)
        for (t, node), rows in intervals.items():
            nodes[t.date(), node].append((
                largest(r["node_capacity_cpu_core_seconds"] for r in rows),
                largest(r["node_capacity_memory_byte_seconds"] for r in rows)))
        nodes = {k: (total(c for c, _ in v), total(m for _, m in v)) for k, v in nodes.items()}
        days = collections.defaultdict(list)
        for (day, _), capacity in nodes.items():
            days[day].append(capacity)
        return nodes, {k: (total(c for c, _ in v), total(m for _, m in v)) for k, v in days.items()}

    def pods(self):
        node_capacity, cluster_capacity = self.capacities()
        groups = collections.defaultdict(list)
        for li in self.daily:
            if li["node"] is None or li["node"] == "":
                continue
            day, own = li["interval_start"].date(), filtered(li["pod_labels"], self.keys)
            for node in joined(self.node_labels, (day, li["node"])):
                for namespace in joined(self.namespace_labels, (day, li["namespace"])):
                    labels = frozen(merged(node or {}, namespace or {}, own))
                    for category in self.categories(li["namespace"]):
                        groups[day, li["namespace"], li["node"], labels].append((li, category))
        out = []
        for (day, namespace, node, labels), members in groups.items():
            items = [li for li, _ in members]
            m = {}
            for name, suffix, unit, per in [
                ("cpu_core", "seconds", 1.0, "hours"), ("memory", "byte_seconds", GIB, "gigabyte_hours")]:

                def measure(li, which):
                    return li[f"pod_{which}_{name}_{suffix}"]

                def effective(li):
                    own = measure(li, "effective_usage")
                    return own if own is not None else greatest(measure(li, "usage"), measure(li, "request"))

                sums = {k: total(measure(li, k) for li in items) for k in ("usage", "request", "limit")}
                sums["effective_usage"] = total(effective(li) for li in items)
                for k, v in sums.items():
                    m[f"pod_{k}_{name}_{per}"] = times(divided(v, 3600.0), unit)
            own, all_nodes = node_capacity.get((day, node), (None, None)), cluster_capacity.get(day, (None, None))
            m["node_capacity_cpu_cores"] = largest(li["node_capacity_cpu_cores"] for li in items)
            m["node_capacity_cpu_core_hours"] = divided(own[0], 3600.0)
            m["node_capacity_memory_gigabytes"] = times(largest(li["node_capacity_memory_bytes"] for li in items), GIB)
            m["node_capacity_memory_gigabyte_hours"] = times(divided(own[1], 3600.0), GIB)
            m["cluster_capacity_cpu_core_hours"] = divided(all_nodes[0], 3600.0)
            m["cluster_capacity_memory_gigabyte_hours"] = times(divided(all_nodes[1], 3600.0), GIB)
            out.append(row(
                self.case, usage_start=day, usage_end=day, data_source="Pod", namespace=namespace, node=node,
                resource_id=largest_text(li["resource_id"] for li in items), pod_labels=thawed(labels),
                cost_category_id=largest(c for _, c in members), source_uuid=self.case["source"],
                infrastructure_usage_cost=ZERO_COST, **m))
        return out

    def volume_nodes(self):
        """Where each claim was mounted, and on how many nodes each volume."""
        by_pod = collections.defaultdict(list)
        for u in self.pod_month:
            if u["interval_start"] is not None:
                by_pod[u["namespace"], u["pod"], u["interval_start"].date()].append((u["node"], u["resource_id"]))
        found = set()
        for s in self.volumes:
            day = s["interval_start"].date()
            if None in (s["namespace"], s["pod"]):
                continue
            for at in by_pod[s["namespace"], s["pod"], day]:
                found.add((day, s["persistentvolumeclaim"], s["persistentvolume"], s["pod"], s["namespace"], at))
        claims, nodes = collections.defaultdict(list), collections.defaultdict(set)
        for day, claim, volume, pod, namespace, at in found:
            claims[day, claim, pod, namespace].append(at)
            nodes[day, volume].add(at[0])
        return claims, {k: [float(len(v - {None}))] for k, v in nodes.items()}

    def storage(self):
        claims, node_count = self.volume_nodes()
        groups = collections.defaultdict(list)
        for li in self.volumes:
            day, namespace = li["interval_start"].date(), li["namespace"]
            volume_labels = filtered(li["persistentvolume_labels"], self.keys)
            claim_labels = filtered(li["persistentvolumeclaim_labels"], self.keys)
            count = joined(node_count, (day, li["persistentvolume"]))[0]
            for at in joined(claims, (day, li["persistentvolumeclaim"], li["pod"], namespace)):
                node, resource_id = at or (None, None)
                for nl in joined(self.node_labels, (day, node)) if at else [None]:
                    for sl in joined(self.namespace_labels, (day, namespace)):
                        labels = frozen(merged(nl or {}, sl or {}, volume_labels, claim_labels))
                        for category in self.categories(namespace):
                            groups[
                                namespace, node, resource_id, li["persistentvolumeclaim"], li["persistentvolume"],
                                li["storageclass"], li["csi_volume_handle"], day, labels,
                            ].append((li, count, category))
        out = []
        for (namespace, node, resource_id, claim, volume, storageclass, csi, day, labels), members in groups.items():
            items = [li for li, _, _ in members]
            following = (day.replace(day=28) + datetime.timedelta(4)).replace(day=1)
            month = float(86400 * (following - day.replace(day=1)).days)
            count = largest(c for _, c, _ in members)

            def months(measure, share=True):
                seconds = total(li[measure] for li in items)
                return times(divided(divided(seconds, count) if share else seconds, month), GIB)

            out.append(row(
                self.case, usage_start=day, usage_end=day, data_source="Storage", namespace=namespace, node=node,
                resource_id=resource_id, persistentvolumeclaim=claim, persistentvolume=volume,
                storageclass=storageclass, csi_volume_handle=csi, volume_labels=thawed(labels),
                cost_category_id=largest(c for _, _, c in members), source_uuid=self.case["source"],
                infrastructure_usage_cost=ZERO_COST,
                persistentvolumeclaim_capacity_gigabyte=times(
                    largest(li["persistentvolumeclaim_capacity_bytes"] for li in items), GIB),
                persistentvolumeclaim_capacity_gigabyte_months=months(
                    "persistentvolumeclaim_capacity_byte_seconds", share=False),
                volume_request_storage_gigabyte_months=months("volume_request_storage_byte_seconds"),
                persistentvolumeclaim_usage_gigabyte_months=months("persistentvolumeclaim_usage_byte_seconds")))
        return out

    def unallocated(self, pods):
        roles = collections.defaultdict(list)
        for n in self.reference["nodes"]:
            roles[n["node"], n["resource_id"]].append(n["node_role"])
        roles = {k: [largest_text(v)] for k, v in roles.items()}
        never = (None, "Platform unallocated", "Worker unallocated", "Network unattributed", "Storage unattributed")
        groups = collections.defaultdict(list)
        for h in pods:
            if h["namespace"] not in never:
                groups[h["node"], h["usage_start"], h["source_uuid"]].append(h)
        out = []
        for (node, day, source), members in groups.items():
            role = largest_text(joined(roles, (h["node"], h["resource_id"]))[0] for h in members)
            platform = "Platform unallocated"
            namespace = {"master": platform, "infra": platform, "worker": "Worker unallocated"}.get(role)
            m = {c: largest(h[c] for h in members) for c in CAPACITY}
            for per in ("cpu_core_hours", "memory_gigabyte_hours"):
                for k in ("usage", "request", "effective_usage"):
                    measure = f"pod_{k}_{per}"
                    m[measure] = minus(m[f"node_capacity_{per}"], total(h[measure] for h in members))
            for category in self.categories(namespace):
                out.append(row(
                    self.case, usage_start=day, usage_end=max(h["usage_end"] for h in members), data_source="Pod",
                    namespace=namespace, node=node, resource_id=largest_text(h["resource_id"] for h in members),
                    cost_category_id=category, source_uuid=source, **m))
        return out


def postgres(rows, case):
    """The copy of the managed table in PostgreSQL."""
    first, last = window(case)
    days = {str((first + datetime.timedelta(i)).day) for i in range((last - first).days + 1)}
    out, refused = [], []

    def attempt(function, *args):
        try:
            return function(*args)
        except Fails as failure:
            refused.append(failure)
            return None

    def texts(value):
        if isinstance(value, dict):
            return [x for pair in value.items() for x in pair if isinstance(x, str)]
        return [value] if isinstance(value, str) else []

    for h in rows:
        if h["year"] != case["year"] or h["month"].rjust(2, "0")[:2] != case["month"] or h["day"] not in days:
            continue
        r = {c: h[c] for c in KEY + OTHER if c not in ("uuid", "csi_volume_handle")}
        r.update({c: attempt(numeric, h[c], c) for c in MEASURES})
        r.update(dict.fromkeys(PG_NULL))
        r["all_labels"] = merged(h["pod_labels"] or {}, h["volume_labels"] or {})
        if h["infrastructure_usage_cost"] is not None:
            r["infrastructure_usage_cost"] = {"cpu": 0, "memory": 0, "storage": 0}
        for c, width in PG_WIDTH.items():
            if r[c] is not None and len(r[c].rstrip(" ")) > width:
                refused.append(Fails("copy", f"{c} is too long", ["Cannot truncate non-space characters"]))
            elif r[c] is not None:
                r[c] = r[c][:width]
        if any("\0" in x for value in r.values() for x in texts(value)):
            refused.append(Fails("copy", "U+0000", [
                "invalid byte sequence", "unsupported Unicode escape", "\\u0000", "Failed to insert data"]))
        out.append(r)
    if refused:
        why = " or ".join(sorted({e.why for e in refused}))
        raise Fails("copy", why, [x for e in refused for x in e.errors])
    return out


def recompute(root, schema, case, reference=None):
    """The rows of the managed table and of PostgreSQL, and possible refusals; raises `Fails`, where Trino refuses."""
    summary = Summary(root, schema, case, reference or layout.reference(root, schema))
    rows = summary.managed()
    try:
        return rows, postgres(rows, case), summary.doubts
    except Fails as failure:
        failure.managed = rows
        raise


# ---- comparison -----------------------------------------------------------------------------------------------------


def hive_rows(table):
    """Rows of a managed table with labels as maps; complaints about label text that Trino would write otherwise."""
    rows, complaints = table.to_pylist(), []
    for r in rows:
        for c in LABELS:
            if r[c] is not None:
                labels = json.loads(r[c])
                if label_text(labels) != r[c]:
                    complaints.append(f"{c} is not Trino's text of it: {r[c]}")
                r[c] = labels
    return rows, complaints


def pg_rows(table):
    rows = table.to_pylist()
    for r in rows:
        for c in (*LABELS, "all_labels", "infrastructure_usage_cost"):
            r[c] = None if r[c] is None else json.loads(r[c])
        for c in MEASURES:
            r[c] = None if r[c] is None else Decimal(r[c])
        for c in ("report_period_id", "cost_category_id"):
            r[c] = None if r[c] is None else int(r[c])
        for c in ("usage_start", "usage_end"):
            r[c] = datetime.date.fromisoformat(r[c])
    return rows


def magnitude(r, column):
    """How large the numbers were that were subtracted: for an unallocated row the capacity and what was used of it."""
    unallocated = r["data_source"] == "Pod" and r["infrastructure_usage_cost"] is None
    if not unallocated or not column.startswith("pod_") or r[column] is None:
        return 0.0
    per = "cpu_core_hours" if column.endswith("cpu_core_hours") else "memory_gigabyte_hours"
    capacity = r[f"node_capacity_{per}"] or 0
    return float(max(abs(capacity), abs(capacity - r[column])))


def close(x, y, scale):
    if x is None or y is None:
        return x is y
    if isinstance(x, Decimal) and abs(x - y) <= Decimal("1e-15"):
        return True
    x, y = float(x), float(y)
    if not math.isfinite(x) or not math.isfinite(y):
        return x == y or math.isnan(x) and math.isnan(y)
    return abs(x - y) <= TOLERANCE * max(abs(x), abs(y), scale)


def unlike(mine, theirs, columns, exact=False):
    """The columns in which two rows differ."""
    bad = []
    for c in columns:
        if c in MEASURES and not exact:
            same = close(mine[c], theirs[c], magnitude(theirs, c))
        else:
            same = mine[c] == theirs[c] and isinstance(mine[c], bool) == isinstance(theirs[c], bool)
        if not same:
            bad.append(c)
    return bad


def key_of(r):
    return tuple(json.dumps(r[c], sort_keys=True) if isinstance(r[c], dict) else str(r[c]) for c in KEY)


def compare(mine, theirs, columns, exact=False):
    """The differences of two lists of rows as multisets, as texts: what `mine` has and should have."""
    left = collections.defaultdict(list)
    for r in theirs:
        left[key_of(r)].append(r)
    bad, unmatched = [], []
    for r in mine:
        candidates = left[key_of(r)]
        match = next((i for i, t in enumerate(candidates) if not unlike(r, t, columns, exact)), None)
        if match is None:
            unmatched.append(r)
        else:
            candidates.pop(match)
    for r in unmatched:
        k, candidates = key_of(r), left[key_of(r)]
        if candidates:
            t = min(candidates, key=lambda t: len(unlike(r, t, columns, exact)))
            candidates.remove(t)
            bad.append(f"{k}: " + "; ".join(f"{c} is {r[c]!r}, not {t[c]!r}" for c in unlike(r, t, columns, exact)))
        else:
            bad.append(f"{k}: a row too many")
    return bad + [f"{k}: a row is missing" for k, rows in left.items() for _ in rows]


def check(root, schema, case, reference):
    """The differences between Trino's stored answer and the recomputation, and how it ended."""
    error = layout.expected(root, schema, case, "error.txt")
    error = error.read_text() if error.exists() else None
    hive, bad = hive_rows(pq.ParquetFile(layout.expected(root, schema, case, "hive.parquet")).read())
    pg = pg_rows(pq.ParquetFile(layout.expected(root, schema, case, "pg.parquet")).read())
    try:
        managed, copied, doubts = recompute(root, schema, case, reference)
    except Fails as failure:
        if error is None:
            bad.append(f"should have failed: {failure.why}")
        elif not any(text in error for text in failure.errors):
            bad.append(f"failed otherwise than recomputed ({failure.why}): {error}")
        if failure.step == "pods" and hive:
            bad.append(f"{len(hive)} rows in the managed table, though the first statement should fail")
        if failure.step == "copy":
            bad += ["hive " + x for x in compare(hive, failure.managed, HIVE)]
        if pg:
            bad.append(f"{len(pg)} rows in PostgreSQL after a failure")
        return bad, f"refused ({failure.step})"
    if error is not None and any(text in error for failure in doubts for text in failure.errors):
        return bad, "refused (pods)"
    if error is not None:
        return [*bad, f"should not have failed: {error}"], "refused"
    bad += ["hive " + x for x in compare(hive, managed, HIVE)]
    bad += ["pg " + x for x in compare(pg, copied, PG)]
    bad += ["hive to pg " + x for x in compare(pg, postgres(hive, case), PG, exact=True)]
    return bad, "answered"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--only", metavar="SCHEMA,…")
    parser.add_argument("--source", metavar="UUID")
    parser.add_argument("--limit", type=int, default=8, help="differences shown of a case")
    args = parser.parse_args()
    count, differing = collections.Counter(), 0
    for schema in layout.schemas(args.root, args.only):
        reference = layout.reference(args.root, schema)
        for case in layout.cases(args.root, schema):
            if args.source not in (None, case["source"]):
                continue
            if not layout.expected(args.root, schema, case, "pg.parquet").exists():
                count["without an answer"] += 1
                continue
            bad, ended = check(args.root, schema, case, reference)
            count[ended] += 1
            differing += bool(bad)
            if bad:
                print(args.root.name, schema, case["source"], f"{len(bad)} differences")
            for text in bad[: args.limit]:
                print("   ", text)
    print(args.root.name, dict(count), f"{differing} cases differ")
    sys.exit(1 if differing or not count else 0)


if __name__ == "__main__":
    main()
