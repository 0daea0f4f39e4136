"""Rows of an ingest store and how two stores differ; shared by ingest.py and pack.py.

A row is a sorted tuple of (column, value) without nulls, so that an absent column and a null are the same, and so are a
NaN and a null. Rows are compared as multisets for each partition folder: names and number of files, order of columns
and physical types do not count.
"""
import collections
import json
import math
import pathlib
import re

import pyarrow as pa
import pyarrow.parquet as pq

# What a daily sum may differ by, relative to what was added; everything else agrees exactly.
TOLERANCE = 1e-12

DATES = ("report_period_start", "report_period_end", "interval_start", "interval_end")
# The columns that are numbers wherever they appear.
NUMBER = re.compile(r"(pod_(effective_)?usage|pod_request|pod_limit|node_capacity|persistentvolumeclaim_(capacity|usage)|volume_request_storage|vm)\w*"
                    r"(_seconds|_cores|_bytes|_sockets|_threads)|gpu_memory_capacity_mib|gpu_pod_uptime|mig_slice_count|gpu_max_slices|mig_memory_capacity_mib")
# Daily rows that agree within the tolerance, but not to the bit.
inexact = 0
LABELS = ("pod_labels", "persistentvolume_labels", "persistentvolumeclaim_labels", "node_labels", "namespace_labels")

# Report type: (what a daily row is one of, beside its day; what is summed). Of everything else it holds the largest.
DAILY = {
    "pod_usage": (("namespace", "node", "pod", "pod_labels"),
                  r"pod_\w+_seconds|node_capacity_\w+_seconds"),
    "storage_usage": (("namespace", "node", "pod", "persistentvolumeclaim", "persistentvolume", "storageclass", "csi_driver",
                       "csi_volume_handle", "persistentvolume_labels", "persistentvolumeclaim_labels"), r"\w+_byte_seconds"),
    "node_labels": (("node", "node_labels"), r"(?!)"),
    "namespace_labels": (("namespace", "namespace_labels"), r"(?!)"),
    "vm_usage": (("namespace", "node", "vm_name", "vm_labels"), r"vm_\w+_seconds"),
    "gpu_usage": (("node", "namespace", "pod", "gpu_uuid", "mig_instance_id"), r"gpu_pod_uptime"),
}


def is_daily(partition):
    return partition.startswith("data/parquet/daily/")


def report_type(partition):
    """`pod_usage` of `data/parquet[/daily]/<account>/OCP/pod_usage/source=…/…`."""
    return partition.split("/OCP/")[1].split("/")[0]


def kind(column):
    """`date`, `number` or `text`."""
    if column.lower() in DATES:
        return "date"
    return "number" if NUMBER.fullmatch(column.lower()) else "text"


def cells(array, column):
    """The values of a column: instants as milliseconds, numbers as floats, everything else as text."""
    wanted = kind(column)
    if pa.types.is_null(array.type):
        return array.to_pylist()
    if wanted == "date" and pa.types.is_timestamp(array.type):
        return array.cast(pa.timestamp("ms", array.type.tz)).cast(pa.int64()).to_pylist()
    if wanted == "number" and (pa.types.is_floating(array.type) or pa.types.is_integer(array.type)):
        return [None if value is None or math.isnan(value) else float(value) for value in array.to_pylist()]
    return [None if value is None else str(value) for value in array.to_pylist()]


def store_rows(root):
    """{partition folder: rows} of the Parquet files below ROOT/data/parquet that a Hive reader sees."""
    found = collections.defaultdict(list)
    for path in sorted(pathlib.Path(root).glob("data/parquet/**/*.parquet")):
        inside = path.relative_to(root)
        if any(part.startswith((".", "_")) for part in inside.parts):
            continue
        table = pq.ParquetFile(path).read()
        columns = {name: cells(table[name], name) for name in sorted(table.column_names)}
        rows = found[inside.parent.as_posix()]
        rows += [tuple((name, value) for name, value in zip(columns, row) if value is not None) for row in zip(*columns.values())]
    return {partition: rows for partition, rows in found.items() if rows}


def merge_daily(partition, rows):
    """(rows, magnitudes): daily rows of one group in one day as one row; partial rows come from chunks and split reports.

    Magnitudes are what was added, for each row and summed column: that is what the tolerance of a sum is relative to.
    """
    keys, summed = DAILY[report_type(partition)]
    groups = collections.defaultdict(list)
    for row in rows:
        row = dict(row)
        groups[tuple(row.get(key) for key in (*keys, "interval_start"))].append(row)
    merged = []
    for parts in groups.values():
        result, magnitude = {}, {}
        for column in sorted(set().union(*parts)):
            values = [part[column] for part in parts if column in part]
            if re.fullmatch(summed, column):
                result[column] = math.fsum(values) if all(map(math.isfinite, values)) else sum(values)
                magnitude[column] = sum(map(abs, values))
                if math.isnan(result[column]):
                    del result[column]
            else:
                result[column] = max(values)
        merged.append((tuple(sorted(result.items())), magnitude))
    return merged


def partial(rows):
    """The partitions with several daily rows of one group and day."""
    counts = ((partition, len(found), len(merge_daily(partition, found))) for partition, found in sorted(rows.items()) if is_daily(partition))
    return [f"{partition}: {count} daily rows are partial, {whole} would be whole" for partition, count, whole in counts if count != whole]


def difference(partition, expected, actual):
    """What differs between the rows of one partition, in a few lines; nothing if they are equal."""
    if not is_daily(partition):
        return rest(partition, collections.Counter(expected), collections.Counter(actual))
    expected, actual = merge_daily(partition, expected), merge_daily(partition, actual)
    if collections.Counter(row for row, _ in expected) == collections.Counter(row for row, _ in actual):
        return []
    _, summed = DAILY[report_type(partition)]
    by_rest = collections.defaultdict(lambda: ([], []))
    for side, rows in enumerate((expected, actual)):
        for row, magnitude in rows:
            others = tuple(cell for cell in row if not re.fullmatch(summed, cell[0]))
            by_rest[others][side].append((row, magnitude))
    left, right = collections.Counter(), collections.Counter()
    for theirs, ours in by_rest.values():
        theirs.sort(key=lambda pair: repr(pair[0]))
        ours.sort(key=lambda pair: repr(pair[0]))
        if len(theirs) == len(ours) and all(close(a, b, magnitude, summed) for (a, magnitude), (b, _) in zip(theirs, ours)):
            continue
        left.update(row for row, _ in theirs)
        right.update(row for row, _ in ours)
    return rest(partition, left, right)


def close(expected, actual, magnitude, summed):
    """Whether the sums of two rows agree."""
    global inexact
    inexact += expected != actual
    a, b = ({name: value for name, value in row if re.fullmatch(summed, name)} for row in (expected, actual))
    return a.keys() == b.keys() and all(
        a[name] == b[name] or (math.isfinite(a[name]) and abs(a[name] - b[name]) <= TOLERANCE * magnitude[name]) for name in a)


def rest(partition, left, right):
    """The rows that only one side has; of two that are nearly the same, only the cells that differ."""
    missing, extra = sorted((left - right).elements(), key=repr), sorted((right - left).elements(), key=repr)
    if not missing and not extra:
        return []
    lines = [f"{partition}: {len(missing)} rows are missing, {len(extra)} are too many"]
    if missing and extra:
        one = missing[0]
        other = min(extra, key=lambda row: len(set(row) ^ set(one)))
        lines += [f"  - {sorted(set(one) - set(other))}", f"  + {sorted(set(other) - set(one))}", f"  of {one[:12]}"]
    else:
        lines += [f"  {'-' if missing else '+'} {(missing or extra)[0]}"]
    return lines


def differences(expected, actual):
    """All partitions of two stores, as `store_rows` gives them."""
    lines = []
    for partition in sorted(expected.keys() | actual.keys()):
        lines += difference(partition, expected.get(partition, []), actual.get(partition, []))
    return lines


def contained(expected, actual):
    """The hourly rows of `expected` that `actual` lacks, and how many `actual` has beyond them."""
    lacking, beyond = [], 0
    for partition in sorted(expected.keys() | actual.keys()):
        if is_daily(partition):
            continue
        left, right = collections.Counter(expected.get(partition, [])), collections.Counter(actual.get(partition, []))
        lacking += [f"{partition}: lacks {row}" for row in (left - right).elements()]
        beyond += (right - left).total()
    return lacking, beyond


def tag_keys(rows):
    """The tag keys of hourly rows."""
    texts = {value for partition, found in rows.items() if not is_daily(partition) for row in found for name, value in row if name in LABELS}
    return sorted({key for text in texts for key in json.loads(text)})
