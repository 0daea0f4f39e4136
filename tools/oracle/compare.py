"""Run aggregator over answered cases and compare its rows with Trino's.

    compare.py ROOT --binary target/release/aggregator [--only SCHEMA,…] [--source UUID] [--jobs N]

ROOT is a set, or a folder of sets. Exits 1 on any difference.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import datetime
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

import pyarrow as pa
import pyarrow.parquet as pq

import layout
import recompute

SUMMARY = "reporting_ocpusagelineitem_daily_summary"
# How a case can end. Where Trino fails on rows that contribute nothing, a run may succeed, so that is no difference.
SAME, REFUSED, LENIENT = "same", "refused by both", "refused by Trino only"
DIFFERENT, FAILED, WROTE = "rows differ", "refused by aggregator only", "wrote although it failed"
DIFFERENCES = (DIFFERENT, FAILED, WROTE)


@dataclasses.dataclass
class Answer:
    """What the rows should be. `error` where there are none; `doubtful` where a refusal would be right, too."""

    rows: list | None
    error: str | None = None
    doubtful: bool = False


@dataclasses.dataclass
class Outcome:
    kind: str
    details: list


def stored_answer(root, schema, case):
    """Trino's answer beside a case."""
    error = layout.expected(root, schema, case, "error.txt")
    if error.exists():
        return Answer(None, error.read_text())
    rows, _ = recompute.hive_rows(pq.ParquetFile(layout.expected(root, schema, case, "hive.parquet")).read())
    return Answer(rows)


def recomputed_answer(root, schema, case):
    """The specification's answer."""
    try:
        rows, _, doubts = recompute.recompute(root, schema, case)
    except recompute.Fails as failure:
        return Answer(None, failure.why)
    return Answer(rows, doubtful=bool(doubts))


def run(binary, root, schema, case, out, timeout=120):
    """Run aggregator over a case: the exit status and what it said."""
    command = [
        binary, "ocp", "summarize", "--store", root, "--schema", schema, "--source", case["source"],
        "--start", case["start_date"], "--end", case["end_date"], "--cluster-id", case["cluster_id"],
        "--report-period-id", str(case["report_period_id"]),
        "--reference", pathlib.Path(root, schema, "reference.json"), "--output", out]
    if case["cluster_alias"] is not None:
        command.append(f"--cluster-alias={case['cluster_alias']}")
    if not case["storage_exists"]:
        command.append("--no-storage")
    try:
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return None, f"no end after {timeout} s"
    return done.returncode, (done.stderr or done.stdout)[-2000:]


def written(out, schema):
    """The rows of a managed table on disk, and complaints about its shape."""
    top = pathlib.Path(out, "data", f"{schema}.db", SUMMARY)
    rows, complaints = [], []
    for path in sorted(top.rglob("*.parquet")):
        hidden = any(part[0] in "._" for part in path.relative_to(top).parts)
        if hidden:
            continue
        table = pq.ParquetFile(path).read()
        for part in path.relative_to(top).parts[:-1]:
            name, value = part.split("=", 1)
            column = pa.array([urllib.parse.unquote(value)] * table.num_rows, pa.string())
            table = table.append_column(name, column)
        for name in recompute.HIVE:
            if name not in table.column_names:
                complaints.append(f"column {name} is missing in {path.name}")
                table = table.append_column(name, pa.nulls(table.num_rows))
        found, bad = recompute.hive_rows(table)
        rows += found
        complaints += bad
    for r in rows:
        for name in ("usage_start", "usage_end"):
            if isinstance(r[name], datetime.datetime):
                complaints.append(f"{name} is a timestamp")
                r[name] = r[name].date()
    return rows, complaints


def outcome(answer, binary, root, schema, case):
    """Run aggregator over a case and hold it against the answer."""
    with tempfile.TemporaryDirectory(prefix="aggregator-compare-") as out:
        status, said = run(binary, root, schema, case, out)
        if status != 0:
            left = [p for p in pathlib.Path(out).rglob("*") if p.is_file() and p.name[0] not in "._"]
            if status != 2:
                return Outcome(FAILED, [f"exit {status}: {said}"])
            if left:
                return Outcome(WROTE, [f"{len(left)} files after: {said}"])
            if answer.error is None and not answer.doubtful:
                return Outcome(FAILED, [said])
            return Outcome(REFUSED, [answer.error or "", said])
        if answer.error is not None:
            return Outcome(LENIENT, [answer.error])
        rows, complaints = written(out, schema)
    complaints += recompute.compare(rows, answer.rows, recompute.HIVE)
    return Outcome(DIFFERENT if complaints else SAME, complaints)


def sets(root):
    """The sets at or under a folder."""
    if layout.schemas(root):
        return [root]
    return [d for d in sorted(root.iterdir()) if d.is_dir() and layout.schemas(d)]


def answered(root, only=None, source=None):
    """Every case with an answer, as (set, tenant, case)."""
    for one in sets(root):
        for schema in layout.schemas(one, only):
            for case in layout.cases(one, schema):
                if source in (None, case["source"]) and layout.expected(one, schema, case, "pg.parquet").exists():
                    yield one, schema, case


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--only", metavar="SCHEMA,…")
    parser.add_argument("--source", metavar="UUID")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int, default=5, help="differences shown of a case")
    parser.add_argument("--verbose", action="store_true", help="also show how refusals were worded")
    args = parser.parse_args()
    args.binary = args.binary.resolve()
    if shutil.which(args.binary) is None:
        parser.error(f"{args.binary} is no program")

    def one(found):
        return found, outcome(stored_answer(*found), args.binary, *found)

    count = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for (root, schema, case), result in pool.map(one, answered(args.root, args.only, args.source)):
            count[result.kind] += 1
            if result.kind in DIFFERENCES or args.verbose and result.kind != SAME:
                print(root.name, schema, case["source"], result.kind)
                for text in result.details[: args.limit]:
                    print("   ", text[:1000])
    print(dict(count))
    sys.exit(1 if any(count[k] for k in DIFFERENCES) or not count else 0)


if __name__ == "__main__":
    main()
