"""Look for a case in which aggregator and Trino differ, and make it small.

    fuzz.py --binary target/release/aggregator [--engine recompute] [--cases N] [--seed N]
    fuzz.py --binary target/release/aggregator --engine trino --sql FILE.sql
    fuzz.py --binary target/release/aggregator --reduce ROOT SCHEMA SOURCE --save DIR

Generates cases seed by seed, answers them, runs aggregator over them and compares. The first difference is reduced
(days, files, rows, columns, labels, reference data, as long as it stays) and saved as a set that can join
fixtures/oracle; --keep-going looks for more. `recompute`, the specification in plain Python, stands in for Trino and
needs nothing installed; with --sql a saved case always gets a real Trino's answer.
"""
import argparse
import collections
import concurrent.futures
import datetime
import itertools
import json
import pathlib
import shutil
import sys
import tempfile
import time

import pyarrow as pa
import pyarrow.parquet as pq

import compare
import generate
import layout
import recompute

HIVE_TYPES = dict.fromkeys(recompute.HIVE, pa.string()) | dict.fromkeys(recompute.MEASURES, pa.float64())
HIVE_TYPES |= dict.fromkeys(("usage_start", "usage_end"), pa.date32())
HIVE_TYPES |= dict.fromkeys(("report_period_id", "cost_category_id"), pa.int32())


def store_recomputed(root, schema, case):
    """Store the specification's answer beside a case, in the files that Trino's would have."""
    path = layout.expected(root, schema, case, "error.txt")
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    try:
        managed, copied, _ = recompute.recompute(root, schema, case)
    except recompute.Fails as failure:
        path.write_text(failure.why)
        managed, copied = getattr(failure, "managed", []), []

    def text(value):
        if value is None:
            return None
        return json.dumps(value, sort_keys=True, ensure_ascii=False) if isinstance(value, dict) else str(value)

    rows = [dict(r, **{c: recompute.label_text(r[c]) for c in recompute.LABELS}) for r in managed]
    table = {c: pa.array([r[c] for r in rows], t) for c, t in HIVE_TYPES.items()}
    pq.write_table(pa.table(table), layout.expected(root, schema, case, "hive.parquet"))
    table = {c: pa.array([text(r[c]) for r in copied], pa.string()) for c in recompute.PG}
    pq.write_table(pa.table(table), layout.expected(root, schema, case, "pg.parquet"))


class Judge:
    """What the answer to a case is, and whether aggregator gives it."""

    def __init__(self, binary, engine, oracle=None):
        self.binary, self.engine, self.oracle = binary, engine, oracle

    def answer_all(self, root, schema):
        """Store the answers of a tenant's cases."""
        if self.engine == "trino":
            self.oracle.prepare(root, schema)
        for case in layout.cases(root, schema):
            if self.engine == "trino":
                self.oracle.answer(root, schema, case)
            else:
                store_recomputed(root, schema, case)
        if self.engine == "trino":
            self.oracle.forget(schema)

    def outcome(self, root, schema, case):
        """Answer a case afresh and compare."""
        if self.engine == "trino":
            self.answer_all(root, schema)
            answer = compare.stored_answer(root, schema, case)
        else:
            answer = compare.recomputed_answer(root, schema, case)
        return compare.outcome(answer, self.binary, root, schema, case)


class Reducer:
    """Makes a case smaller, as long as it ends in the same way."""

    def __init__(self, judge, root, schema, case, target, seconds):
        self.judge, self.root, self.schema, self.case = judge, target, schema, dict(case)
        self.reference = layout.reference(root, schema)
        self.until = time.monotonic() + seconds
        self.steps = 0
        for kind in layout.TABLES:
            source = layout.table_dir(root, schema, kind) / f"source={case['source']}"
            if source.exists():
                shutil.copytree(source, layout.table_dir(target, schema, kind) / source.name)
        pathlib.Path(target, schema).mkdir(parents=True, exist_ok=True)
        self.store()
        self.kind = judge.outcome(target, schema, self.case).kind

    def store(self):
        folder = pathlib.Path(self.root, self.schema)
        (folder / "reference.json").write_text(json.dumps(self.reference, indent=1, ensure_ascii=False))
        (folder / "cases.json").write_text(json.dumps([self.case], indent=1, ensure_ascii=False))

    def stays(self):
        """Whether the case as it is stored still ends in the same way."""
        if time.monotonic() > self.until:
            return False
        self.steps += 1
        self.store()
        try:
            return self.judge.outcome(self.root, self.schema, self.case).kind == self.kind
        except (ValueError, KeyError, pa.ArrowException):
            return False  # cut down to something that is no case any more

    def files(self):
        top = pathlib.Path(self.root, "data")
        return sorted(p for p in top.rglob("*") if p.is_file())

    def run(self):
        """Reduce until nothing more can go; whether there was a difference at all."""
        if self.kind not in compare.DIFFERENCES:
            return False
        size = None
        while size != (size := self.size()) and time.monotonic() < self.until:
            self.days()
            self.drop_files()
            self.shrink_files()
            self.shrink_reference()
        self.store()
        return True

    def size(self):
        files = self.files()
        return len(files), sum(p.stat().st_size for p in files), len(json.dumps(self.reference)), self.case["start_date"], self.case["end_date"]

    def days(self):
        first, last = recompute.window(self.case)
        for i in range((last - first).days + 1):
            if first == last:
                return
            day, before = str(first + datetime.timedelta(i)), dict(self.case)
            self.case.update(start_date=day, end_date=day)
            if self.stays():
                return
            self.case = before

    def drop_files(self):
        for path in self.files():
            content = path.read_bytes()
            path.unlink()
            if not self.stays():
                path.write_bytes(content)

    def shrink_files(self):
        for path in self.files():
            try:
                file = pq.ParquetFile(path)
            except (pa.ArrowException, OSError):
                continue
            before = path.read_bytes()
            options = self.options(file)
            table = file.read()

            def put(smaller):
                pq.write_table(smaller, path, **options)
                return self.stays()

            if not put(table):  # its encoding matters: leave the bytes alone
                path.write_bytes(before)
                continue
            table = self.fewer_rows(table, put)
            for name in list(table.column_names):
                smaller = table.drop_columns([name])
                if name.lower() != "interval_start" and put(smaller):
                    table = smaller
            for name in table.column_names:
                if name.lower() in layout.LABELS:
                    table = self.fewer_labels(table, name, put)
            if not put(table):
                path.write_bytes(before)

    @staticmethod
    def options(file):
        int96 = any(file.schema.column(i).physical_type == "INT96" for i in range(len(file.schema)))
        return {"use_deprecated_int96_timestamps": True} if int96 else {}

    @staticmethod
    def fewer_rows(table, put):
        step = table.num_rows
        while step >= 1:
            at = 0
            while at < table.num_rows:
                smaller = pa.concat_tables([table.slice(0, at), table.slice(at + step)])
                if put(smaller):
                    table = smaller
                else:
                    at += step
            step //= 2
        return table

    @staticmethod
    def fewer_labels(table, name, put):
        at = table.column_names.index(name)
        kind = table.schema.field(at).type
        if not pa.types.is_string(kind):
            return table

        def replaced(old, new):
            texts = [new if t == old else t for t in table[name].to_pylist()]
            return table.set_column(at, name, pa.array(texts, kind))

        for text in sorted({t for t in table[name].to_pylist() if t not in (None, "{}")}):
            if put(replaced(text, "{}")):
                table = replaced(text, "{}")
                continue
            try:
                labels = json.loads(text, object_pairs_hook=list)
            except ValueError:
                continue
            if not isinstance(labels, list) or any(isinstance(v, (list, float)) for _, v in labels):
                continue
            for pair in list(labels):
                fewer = dict(p for p in labels if p is not pair)
                shorter = json.dumps(fewer, ensure_ascii=False)
                if len(fewer) == len(labels) - 1 and put(replaced(text, shorter)):
                    table, text = replaced(text, shorter), shorter
                    labels.remove(pair)
        return table

    def shrink_reference(self):
        for name in ("enabled_keys", "disabled_keys", "cost_categories", "nodes"):
            self.reference[name] = Reducer.fewer(self.reference[name], lambda v, n=name: self.with_reference(n, v))

    def with_reference(self, name, smaller):
        before = self.reference[name]
        self.reference[name] = smaller
        if self.stays():
            return True
        self.reference[name] = before
        return False

    @staticmethod
    def fewer(items, put):
        step = len(items)
        while step >= 1:
            at = 0
            while at < len(items):
                smaller = items[:at] + items[at + step :]
                if put(smaller):
                    items = smaller
                else:
                    at += step
            step //= 2
        return items


def reduce(judge, root, schema, case, save, seconds):
    """Save a small case under `save`; its folder, or nothing where there is no difference."""
    target = pathlib.Path(save, f"{schema}-{case['source'][:8]}")
    shutil.rmtree(target, ignore_errors=True)
    reducer = Reducer(judge, root, schema, case, target, seconds)
    if not reducer.run():
        shutil.rmtree(target)
        return None
    result = judge.outcome(target, schema, reducer.case)
    finisher = Judge(judge.binary, "trino", judge.oracle) if judge.oracle is not None else judge
    finisher.answer_all(target, schema)
    print(f"reduced in {reducer.steps} steps to {target}: {result.kind}", flush=True)
    for text in result.details[:5]:
        print("   ", text[:1000], flush=True)
    return target


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--engine", choices=["recompute", "trino"], default="recompute", help="who knows the answer")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="first seed, else by the clock")
    parser.add_argument("--cases", type=int, default=1000, help="how many to try; 0 for no end")
    parser.add_argument("--flavours", default=",".join(generate.FLAVOURS))
    parser.add_argument("--sources", type=int, default=3, help="cases of each flavour and seed")
    parser.add_argument("--jobs", type=int, default=2, help="aggregators at once")
    parser.add_argument("--save", type=pathlib.Path, default=pathlib.Path("target/fuzz"), help="where differences go")
    parser.add_argument("--keep-going", action="store_true")
    parser.add_argument("--reduce", nargs=3, metavar=("ROOT", "SCHEMA", "SOURCE"), help="only make this case small")
    parser.add_argument("--seconds", type=float, default=300, help="time for one reduction")
    parser.add_argument("--sql", type=pathlib.Path, help="the daily summary's SQL in a koku checkout")
    parser.add_argument("--trino", default="127.0.0.1:8088", metavar="HOST:PORT")
    parser.add_argument("--pg", default="host=127.0.0.1 port=5544 user=postgres dbname=postgres", metavar="DSN")
    args = parser.parse_args()
    args.binary = args.binary.resolve()
    if shutil.which(args.binary) is None:
        parser.error(f"{args.binary} is no program")
    if args.engine == "trino" and args.sql is None:
        parser.error("--engine trino needs --sql")
    oracle = None
    if args.sql is not None:
        import ask  # needs a Trino client, which the recomputation does not

        oracle = ask.Oracle(args.sql, args.trino, args.pg)
    judge = Judge(args.binary, args.engine, oracle)

    if args.reduce:
        root, schema, source = args.reduce
        case = next(c for c in layout.cases(root, schema) if c["source"] == source)
        sys.exit(1 if reduce(judge, root, schema, case, args.save, args.seconds) else 0)

    count, differences, began = collections.Counter(), 0, time.monotonic()
    for seed in itertools.count(args.seed):
        with tempfile.TemporaryDirectory(prefix="aggregator-fuzz-") as scratch:
            root = pathlib.Path(scratch)
            for schema in generate.generate(root, seed, args.flavours.split(","), args.sources):
                judge.answer_all(root, schema)

            def one(found):
                answer = compare.recomputed_answer if args.engine == "recompute" else compare.stored_answer
                return found, compare.outcome(answer(*found), args.binary, *found)

            with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
                results = list(pool.map(one, compare.answered(root)))
            for (_, schema, case), result in results:
                count[result.kind] += 1
                if result.kind not in compare.DIFFERENCES:
                    continue
                differences += 1
                print(f"seed {seed} {schema} {case['source']}: {result.kind}", flush=True)
                reduce(judge, root, schema, case, args.save, args.seconds)
                if not args.keep_going:
                    print(dict(count))
                    sys.exit(1)
        cases = sum(count.values())
        print(f"seed {seed}: {cases} cases, {dict(count)}, {cases / (time.monotonic() - began):.1f} a second", flush=True)
        if args.cases and cases >= args.cases:
            break
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
