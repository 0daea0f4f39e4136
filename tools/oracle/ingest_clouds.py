"""Run `aggregator {aws,azure,gcp} ingest` over ingest cases and compare what it writes with what koku's own code wrote.

    ingest_clouds.py run  CASES --binary PATH [--only GLOB] [--show N] [--jobs N]
    ingest_clouds.py nise SETS OUT                              nise sets (csv/{aws,azure,gcp}, data/parquet) as cases
    ingest_clouds.py pack CASES… --out FILE.tar.zst             the fixture of the tests (layout: fixtures/README.md)

CASES holds `<cloud>/<case>/`: case.json, input/* and koku's answer in expected/ (expected.json, s3/<object>). New cases are made
as for OpenShift (ingest.py):

    python LIVE/gen_ingest.py fuzz/31 --seed 31 --kind aws      (azure, gcp)
    python LIVE/ingest_koku.py --koku KOKU/koku cases fuzz/31
    python tools/oracle/ingest_clouds.py run fuzz/31 --binary target/debug/aggregator

Each run of a case is one export: its file, or a folder of its files; koku's clock, month and manifest number are given. Where koku
takes the files, the rows of each partition must be the same (all columns but `row_uuid`; null and NaN and an absent column are the
same), as well as the names of the objects and the keys. Where koku converts fewer rows at a time than we do, daily rows are added up
first, and names do not count. Where koku fails a file, aggregator must refuse it with exit status 2 and write nothing.
Exits 1 on any difference that is not listed in DEVIATIONS, and on a listed one that is none.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import io
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

import pyarrow as pa
import pyarrow.parquet as pq

CHUNK = 200000
WINDOW_LOG = 24
TOLERANCE = 1e-12
CLOUDS = ("aws", "azure", "gcp")

# Case (a pattern of the name without number): why its result is not koku's.
DEVIATIONS = {
    "gcp/header_only": "a file without rows is passed over; koku fails it, with the same result",
}

SUMS = set("""lineitem_usageamount lineitem_normalizedusageamount lineitem_unblendedcost lineitem_blendedcost pricing_publicondemandcost
savingsplan_savingsplaneffectivecost usage_amount_in_pricing_units cost daily_credits""".split())
MAXIMA = set("""lineitem_normalizationfactor lineitem_currencycode lineitem_unblendedrate lineitem_blendedrate pricing_publicondemandrate
bill_invoiceid product_productname product_vcpu product_memory project_name service_description sku_description usage_pricing_unit
currency resource_global_name""".split())
NUMBERS = SUMS | set("""lineitem_normalizationfactor lineitem_unblendedrate lineitem_blendedrate pricing_publicondemandrate quantity
costinbillingcurrency resourcerate effectiveprice unitprice paygprice currency_conversion_rate usage_amount""".split())
DATES = set("""bill_billingperiodstartdate bill_billingperiodenddate lineitem_usagestartdate lineitem_usageenddate date
billingperiodstartdate billingperiodenddate usage_start_time usage_end_time export_time""".split())


def kind(column):
    return "date" if column in DATES else "number" if column in NUMBERS else "text"


def cells(column, name):
    if kind(name) == "date":
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("ms", column.type.tz)).cast(pa.int64())
        return column.to_pylist()
    if kind(name) == "number":
        return [None if value is None or value != value else float(value) + 0.0 for value in column.to_pylist()]
    return [None if value is None else str(value) for value in column.to_pylist()]


def store_rows(root):
    """{partition: rows}, each row a sorted tuple of its (name, value) that are not null."""
    found = {}
    for path in sorted(pathlib.Path(root).rglob("*.parquet")):
        partition = str(path.parent.relative_to(root))
        table = pq.ParquetFile(path).read()
        columns = {name: cells(table[name], name) for name in table.column_names if name != "row_uuid"}
        rows = found.setdefault(partition, [])
        rows += [tuple(sorted((name, value) for name, value in zip(columns, row) if value is not None)) for row in zip(*columns.values())]
    return {partition: rows for partition, rows in found.items() if rows}


def merged(rows):
    """Daily rows added up by what they have in common."""
    groups = {}
    for row in rows:
        key = tuple((name, value) for name, value in row if name not in SUMS | MAXIMA)
        group = groups.setdefault(key, {})
        for name, value in row:
            if name in SUMS:
                group[name] = group.get(name, 0.0) + value
            elif name in MAXIMA:
                group[name] = max(group.get(name, value), value)
    return groups


def close(one, other):
    if isinstance(one, float) and isinstance(other, float):
        return one == other or one != one and other != other or abs(one - other) <= TOLERANCE * max(abs(one), abs(other))
    return one == other


def differences(expected, actual, parts):
    found = []
    for partition in sorted(expected.keys() | actual.keys()):
        want, have = expected.get(partition, []), actual.get(partition, [])
        if "/daily/" in partition and parts:
            want, have = merged(want), merged(have)
            wrong = [key for key in want.keys() | have.keys()
                     if key not in want or key not in have or want[key].keys() != have[key].keys() or any(not close(want[key][n], have[key][n]) for n in want[key])]
            if wrong:
                found.append(f"{partition}: {len(wrong)} groups differ: {wrong[0]}: {want.get(wrong[0])} should be, is {have.get(wrong[0])}")
            continue
        lack, more = collections.Counter(map(repr, want)), collections.Counter(map(repr, have))
        lack, more = lack - more, more - lack
        if lack or more:
            one, other = next(iter(lack), None), next(iter(more), None)
            if one and other:
                one, other = (dict(eval(text, {"inf": float("inf")})) for text in (one, other))
                detail = {name: (one.get(name), other.get(name)) for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
            else:
                detail = one or other
            found.append(f"{partition}: {len(want)} rows should be, are {len(have)}; lacking {sum(lack.values())}, beyond {sum(more.values())}: {detail}")
    return found


def objects(root):
    return {str(path.relative_to(root)) for path in pathlib.Path(root).rglob("*.parquet")}


def arguments_of(case, number):
    """What aggregator is told of a run besides the export, the store and the source."""
    cloud, run = case["provider"].lower(), case["runs"][number]
    told = ["--today", case["now"][:10], "--manifest-id", str(number + 1)]
    if cloud != "gcp":
        told += ["--month", run["start_date"][:7]]
    if run.get("ingress"):
        told += ["--ingress"]
    elif number and cloud != "gcp":
        told += ["--incremental"]
    return told


def ask(binary, case, place, store):
    """(exit status, report, standard error) of each run."""
    told = []
    for number, run in enumerate(case["runs"]):
        with tempfile.TemporaryDirectory() as scratch:
            export = place / "input" / run["files"][0]
            if len(run["files"]) > 1:
                export = pathlib.Path(scratch)
                for name in run["files"]:
                    shutil.copy(place / "input" / name, export / name)
            command = [binary, case["provider"].lower(), "ingest", export, "--store", store, "--schema", case["schema"], "--source", case["source"],
                       *arguments_of(case, number), "--format", "json"]
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, check=False)
            try:
                report = json.loads(done.stdout)
            except ValueError:
                report = {}
            told.append((done.returncode, report, done.stderr.strip()[-500:]))
    return told


def check(case, koku, place, told, store):
    found = []
    actual = store_rows(store)
    if koku["outcome"].startswith("failed"):
        if told[-1][0] != 2 or not told[-1][1]:
            found.append(("not refused", [f"exit status {told[-1][0]}, {sum(map(len, actual.values()))} rows; {told[-1][2]}"]))
        elif actual:
            found.append(("rows of a refused file", [f"{sum(map(len, actual.values()))} rows"]))
        return found
    for number, (code, _, err) in enumerate(told):
        if code != 0 and koku["outcome"] != "no_rows":
            found.append(("exit status", [f"run {number}: {code}: {err}"]))
    expected = store_rows(place / "expected" / "s3")
    parts = case["chunk"] < CHUNK
    if lines := differences(expected, actual, parts):
        found.append(("rows", lines))
    elif not parts and (names := objects(place / "expected" / "s3") ^ objects(store)):
        found.append(("objects", sorted(names)[:6]))
    for what, name in (("tag_keys", case["provider"]), ("category_keys", "AWS cost categories")):
        ours = sorted({key for _, report, _ in told for key in report.get(what, [])})
        theirs = sorted((koku["tag_keys"] or {}).get(name, []))
        if koku["tag_keys"] is not None and ours != theirs:
            found.append((what, [f"should be {theirs}, are {ours}"]))
    return found


def run_case(arguments, place):
    case, koku = (json.loads((place / name).read_text()) for name in ("case.json", "expected/expected.json"))
    with tempfile.TemporaryDirectory() as scratch:
        store = pathlib.Path(scratch) / "store"
        store.mkdir()
        try:
            told = ask(arguments.binary.resolve(), case, place, store)
            found = check(case, koku, place, told, store)
        except Exception as error:  # A report or file of an unexpected shape is a difference, too.
            found = [("cannot be compared", [f"{type(error).__name__}: {error}"])]
        rows = sum(map(len, store_rows(store).values()))
    return f"{place.parent.name}/{place.name}", case, koku, found, rows


def names(roots, only):
    found = [path.parent for root in roots for cloud in CLOUDS for path in sorted(root.glob(f"{cloud}/*/case.json"))]
    return [path for path in found if not only or fnmatch.fnmatch(f"{path.parent.name}/{path.name}", only)]


def run(arguments):
    cases = names(arguments.cases, arguments.only)
    if not cases:
        sys.exit(f"no cases below {arguments.cases}")
    outcomes, causes, used, rows = collections.Counter(), collections.defaultdict(list), collections.Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for name, case, koku, found, count in pool.map(lambda place: run_case(arguments, place), cases):
            rows += count
            verdict = "same"
            bare = re.sub(r"/\d+-", "/", name)
            if found and (listed := next((pattern for pattern in DEVIATIONS if fnmatch.fnmatch(bare, pattern)), None)):
                used[listed] += 1
                verdict = "deviates as listed"
            elif found:
                verdict = "DIFFERENT"
                for what, lines in found:
                    causes[what].append((name, lines, koku["outcome"], case["tests"]))
            outcomes[name.split("/")[0], koku["outcome"], verdict] += 1
    for what, found in sorted(causes.items()):
        print(f"\n== {what}: {len(found)} cases")
        for name, lines, outcome, tests in found[:arguments.show]:
            print(f"-- {name} (koku: {outcome}; {', '.join(tests)})")
            print("\n".join(line[:500] for line in lines[:4]))
        if len(found) > arguments.show:
            print("   also: " + ", ".join(name for name, *_ in found[arguments.show:]))
    print(f"\n{len(cases)} cases, {rows} rows")
    for (cloud, outcome, verdict), count in sorted(outcomes.items()):
        print(f"  {cloud:6} koku {outcome:14} {verdict}: {count}")
    unused = [pattern for pattern in DEVIATIONS if not used[pattern]] if not arguments.only else []
    for pattern in unused:
        print(f"listed, but does not deviate: {pattern}")
    sys.exit(bool(causes or unused))


def nise(arguments):
    """Each month of each nise set as a case; koku took every file as the first manifest of a source of its own."""
    sets, out = arguments.cases[0], arguments.out
    for manifest in sorted(sets.glob("*/manifest.json")):
        folder = manifest.parent
        for entry in json.loads(manifest.read_text()):
            cloud = entry["type"].lower()
            for csv in sorted((folder / "csv" / cloud).rglob("*.csv")) if cloud in CLOUDS else []:
                place = out / cloud / f"{folder.name}-{csv.stem.replace(':', '_')}"
                shutil.rmtree(place, ignore_errors=True)
                (place / "input").mkdir(parents=True)
                shutil.copy(csv, place / "input" / csv.name)
                month = min(re.findall(r"\d{4}-\d{2}-\d{2}", csv.open().readlines()[1]))[:8] + "01"
                stem = csv.stem if cloud == "gcp" else f"_basefile-{csv.name.split('.')[0]}_batch-"
                count = 0
                for path in folder.glob(f"data/parquet/**/{entry['type']}/**/*.parquet"):
                    if stem in path.name:
                        target = place / "expected" / "s3" / path.relative_to(folder)
                        target.parent.mkdir(parents=True, exist_ok=True)
                        shutil.copy(path, target)
                        count += 1
                case = {"provider": entry["type"], "schema": "org1234567", "source": entry["source_uuid"], "now": "2026-12-15T12:00:00+00:00", "chunk": CHUNK,
                        "tests": ["nise"], "runs": [{"files": [csv.name], "start_date": month}]}
                koku = {"outcome": "rows", "tag_keys": None}
                (place / "case.json").write_text(json.dumps(case))
                (place / "expected" / "expected.json").write_text(json.dumps(koku))
                print(place, count)


def number_text(number):
    return str(int(number)) if abs(number) < 2**53 and number == int(number) and str(number) != "-0.0" else repr(number)


def packed_rows(rows):
    """{partition: {column: [what it is, values]}}, daily rows whole; as in ingest.tar.zst."""
    result = {}
    for partition, found in sorted(rows.items()):
        daily = "/daily/" in partition
        if daily:
            found = [dict(key) | group for key, group in merged(found).items()]
        found = sorted((dict(row) for row in found), key=lambda row: repr(sorted(row.items())))
        columns = result[partition] = {}
        for name in sorted(set().union(*found)):
            what = kind(name) + ((" sum" if name in SUMS else " max" if name in MAXIMA else " key") if daily else "")
            columns[name] = [what, [number_text(row[name]) if isinstance(row.get(name), float) else row.get(name) for row in found]]
    return result


def pack_case(place):
    """[(path in the case, bytes)]."""
    case, koku = (json.loads((place / name).read_text()) for name in ("case.json", "expected/expected.json"))
    cloud, entries, runs = case["provider"].lower(), [], []
    for number, one in enumerate(case["runs"]):
        entries += [(f"input/run{number + 1}/{name}", (place / "input" / name).read_bytes()) for name in one["files"]]
        runs.append(arguments_of(case, number))
    failed = koku["outcome"].startswith("failed")
    expected = {} if failed else store_rows(place / "expected" / "s3")
    names = None if failed or case["chunk"] < CHUNK else sorted(objects(place / "expected" / "s3"))
    keys = koku["tag_keys"]
    whole = {"cloud": cloud, "schema": case["schema"], "source": case["source"], "tests": case["tests"], "koku": koku["outcome"], "runs": runs, "objects": names,
             "tag_keys": None if keys is None else sorted(keys.get(case["provider"], [])),
             "category_keys": None if keys is None else sorted(keys.get("AWS cost categories", [])),
             "partitions": packed_rows(expected)}
    # A line for each column: alike lines lie near each other, and a difference can be read.
    text = re.sub(r'("[^"]*": \[")', r"\n\1", json.dumps(whole, ensure_ascii=False, separators=(",", ": ")))
    return [*entries, ("case.json", text.encode() + b"\n")]


def pack(arguments):
    out, count = io.BytesIO(), 0
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for place in names(arguments.cases, arguments.only):
            count += 1
            for path, content in pack_case(place):
                member = tarfile.TarInfo(f"ingest/{place.parent.name}/{place.name}/{path}")
                member.size, member.mode = len(content), 0o644
                tar.addfile(member, io.BytesIO(content))
    command = ["zstd", "--ultra", "-22", f"--long={WINDOW_LOG}", "-q", "-f", "-", "-o", str(arguments.out)]
    subprocess.run(command, input=out.getvalue(), check=True)
    print(f"{arguments.out}: {count} cases, {arguments.out.stat().st_size:,} bytes from {len(out.getvalue()):,}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("run")
    one.add_argument("cases", type=pathlib.Path, nargs="+")
    one.add_argument("--binary", type=pathlib.Path, required=True)
    one.add_argument("--only")
    one.add_argument("--show", type=int, default=6)
    one.add_argument("--jobs", type=int, default=2)
    one.set_defaults(call=run)
    one = commands.add_parser("pack")
    one.add_argument("cases", type=pathlib.Path, nargs="+")
    one.add_argument("--only")
    one.add_argument("--out", type=pathlib.Path, required=True)
    one.set_defaults(call=pack)
    one = commands.add_parser("nise")
    one.add_argument("cases", type=pathlib.Path, nargs=1)
    one.add_argument("out", type=pathlib.Path)
    one.set_defaults(call=nise)
    arguments = parser.parse_args()
    arguments.call(arguments)


if __name__ == "__main__":
    main()
