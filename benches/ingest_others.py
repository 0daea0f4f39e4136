#!/usr/bin/env python3
"""What `benches/ingest.sh` compares with: ingest_others.py polars|pandas REPORT.csv FOLDER. Prints peak memory as JSON.

polars: a bare read of the CSV and a write of its rows as Parquet, nothing else.
pandas: the same work as ingest, written plainly: labels to JSON, timestamps, numbers, hourly rows and their daily roll-up."""
import json
import pathlib
import resource
import sys

USAGE = [f"pod_{kind}_{measure}" for kind in ("usage", "request", "limit") for measure in ("cpu_core_seconds", "memory_byte_seconds")]
SUMS = USAGE + ["pod_effective_usage_cpu_core_seconds", "pod_effective_usage_memory_byte_seconds",
                "node_capacity_cpu_core_seconds", "node_capacity_memory_byte_seconds"]
MAXIMA = ["report_period_start", "report_period_end", "resource_id", "node_capacity_cpu_cores", "node_capacity_memory_bytes", "node_role"]
TIMES = ["report_period_start", "report_period_end", "interval_start", "interval_end"]
NUMBERS = USAGE + [name for name in SUMS + MAXIMA if name.startswith("node_capacity")]


def bare_polars(report, folder):
    import polars
    polars.read_csv(report).write_parquet(folder / "hourly.parquet", compression="snappy")


def pandas_rollup(report, folder):
    import pandas

    def labels(text):
        return json.dumps({key.replace("label_", ""): value for key, value in (part.split(":") for part in text.split("|") if part)})

    rows = pandas.read_csv(report, dtype={name: float for name in NUMBERS})
    for name in TIMES:
        rows[name] = pandas.to_datetime(rows[name].str.removesuffix(" +0000 UTC"))
    rows["pod_labels"] = rows["pod_labels"].map({text: labels(text) for text in rows["pod_labels"].unique()})
    for measure in ("cpu_core_seconds", "memory_byte_seconds"):
        rows[f"pod_effective_usage_{measure}"] = rows[[f"pod_usage_{measure}", f"pod_request_{measure}"]].max(axis=1)
    rows.to_parquet(folder / "hourly.parquet", coerce_timestamps="ms", index=False)
    keys = ["namespace", "node", "pod", "pod_labels", pandas.Grouper(key="interval_start", freq="D")]
    daily = rows.groupby(keys, dropna=False).agg({name: "sum" for name in SUMS} | {name: "max" for name in MAXIMA}).reset_index()
    daily.to_parquet(folder / "daily.parquet", coerce_timestamps="ms", index=False)


if __name__ == "__main__":
    engine, report, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    {"polars": bare_polars, "pandas": pandas_rollup}[engine](report, folder)
    print(json.dumps({"peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
