"""Run `aggregator ocp ingest` over ingest cases and compare what it writes with what koku's own code wrote.

    ingest.py repair CASES OUT                           cases that koku refuses, without the bad thing
    ingest.py nise   SETS OUT                            nise sets (csv/ocp, data/parquet) as cases
    ingest.py run    CASES --binary PATH [--repaired OUT] [--only GLOB] [--keep DIR] [--show N] [--jobs N]
    ingest.py pack   CASES[=REPAIRED]… --out FILE.tar.zst    the fixture of the tests (layout: fixtures/README.md)

CASES holds `<kind>/<case>/`: case.json, input/* and koku's answer in expected/ (expected.json, s3/<object>).
Where koku refused a payload, failed a file or ignored days for one bad thing, it is the repaired case that says what
should be there: aggregator runs on the original input, koku on the repaired one, and both must have the same rows.

Making new cases needs the generator and runner of koku's code, LIVE = shared/oracle/live, and a koku checkout, KOKU:

    python LIVE/gen_ingest.py fuzz/11 --seed 11; rm -r fuzz/11/{aws,azure,gcp}
    python LIVE/ingest_koku.py --koku KOKU/koku cases fuzz/11
    python tools/oracle/ingest.py repair fuzz/11 fuzz/11-repaired
    python LIVE/ingest_koku.py --koku KOKU/koku cases fuzz/11-repaired
    python tools/oracle/ingest.py run fuzz/11 --repaired fuzz/11-repaired --binary target/debug/aggregator

`run` compares, for each case, the hourly and daily rows of every partition (see ingest_rows.py), that daily rows are
whole, the exit status, and from the JSON report: tag keys, hours of each day, days replaced and kept, rows refused.
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

import ingest_repair
import ingest_rows

# Case (a pattern of the name without number) and what it deviates in: why. Anything else must be as in koku.
DEVIATIONS = {
}

# 16 MiB, which every zstd reads without an option.
WINDOW_LOG = 24

# Where start and end are missing, koku counts the hours of each file by its rows; those of a day in two files or of a
# file that was cut are not comparable.
CUT = ("rows of different offsets were parted", "the payload was cut into payloads of one day")


def names(cases, only):
    found = sorted(path.parent for path in pathlib.Path(cases).glob("*/*/case.json"))
    return [path for path in found if not only or fnmatch.fnmatch(f"{path.parent.name}/{path.name}", only)]


def load(case):
    return json.loads((case / "case.json").read_text()), json.loads((case / "expected" / "expected.json").read_text())


class Answer:
    """What should be there."""

    def __init__(self, case, repaired):
        self.case, self.koku = load(case)
        self.outcome, self.repairs, self.refused, self.dropped = self.koku["outcome"], [], None, [{} for _ in self.case["runs"]]
        of_run, place = list(range(len(self.case["runs"]))), case
        if repaired and (repaired / "case.json").exists():
            place = repaired
            of, self.koku = load(repaired)
            self.repairs, self.refused, self.dropped, of_run = of["repairs"], of.get("refused"), of["dropped"], of["of_run"]
            restore = of.get("restore", {})
        else:
            restore = {}
        self.place = place
        self.rows = ingest_rows.store_rows(place / "expected" / "s3")
        for placeholder, text in restore.items():
            self.rows = {partition: [tuple((name, restored(value, placeholder, text)) for name, value in row) for row in rows]
                         for partition, rows in self.rows.items()}
        self.tag_keys = self.koku["tag_keys"].get("OCP", [])
        self.runs = [{"hours": collections.defaultdict(list), "replaced": set(), "kept": set(), "additive": False} for _ in self.case["runs"]]
        for number, run in zip(of_run, self.koku.get("runs", [])):
            told = self.runs[number]
            for split in run["split"]:
                for stem, (day, hours) in split["days"].items():
                    if report := re.match(r"(\w+)\.\d{4}-\d\d-\d\d\.", stem):
                        # Of a day without rows there is nothing to tell.
                        if report[1] != "None" and (run["day_files"].get(stem, {}).get("raw_rows") or stem in run["kept_old"]):
                            told["hours"][report[1], day].append(int(hours))
                    else:
                        told["additive"] = True
            told["replaced"] |= {day for key in run["deleted"] if key.endswith(".parquet") and (day := type_and_day(key))}
            told["kept"] |= {type_and_day(stem) for stem in run["kept_old"]}

    def complete(self):
        """Whether koku wrote all that is there to write."""
        return self.koku["outcome"] not in ("failed", "rejected") or bool(self.refused)


def restored(value, placeholder, text):
    if not isinstance(value, str):
        return value
    return value.replace(placeholder, text).replace(json.dumps(placeholder)[1:-1], json.dumps(text)[1:-1])


def type_and_day(key):
    """(`pod_usage`, `2026-04-02`) of a day file."""
    found = re.match(r"(\w+)\.(\d{4}-\d\d-\d\d)\.", key.split("/")[-1])
    return found and (found[1], found[2])


def payload(case, run, folder, scratch):
    """The path that aggregator gets for a run."""
    if "tarball" in run:
        return folder / run["tarball"]
    if "manifest" not in run:
        return folder
    path = scratch / "payload.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in [*((name, (folder / name).read_bytes()) for name in run["files"]), ("manifest.json", json.dumps(run["manifest"]).encode())]:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def ask(binary, case, place, store, scratch):
    """[(exit status, JSON report or {}, standard error)] of the runs of a case."""
    told = []
    for run in case["runs"]:
        command = [binary, "ocp", "ingest", payload(case, run, place / "input", scratch), "--store", store, "--schema", case["schema"],
                   "--source", case["source"], "--format", "json"]
        try:
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, check=False)
            code, out, err = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired:
            code, out, err = None, "", "no end after 120 s"
        try:
            report = json.loads(out)
        except ValueError:
            report = {}
        told.append((code, report if isinstance(report, dict) else {}, err.strip()[-600:]))
    return told


def plain(text):
    return re.sub(r"[^a-z]", "", str(text).lower())


def days(report):
    return [day for one in report.get("payloads", []) for day in one.get("days", [])]


def check(answer, told, actual):
    """[(what, details)]: everything in which aggregator's result is not as it should be."""
    found = []
    if answer.refused:
        if told[0][0] in (0, None) or actual:
            found.append(("not refused", [f"exit status {told[0][0]}, {sum(map(len, actual.values()))} rows; should be refused: {answer.refused}"]))
        return found
    for number, (code, _, err) in enumerate(told):
        if code != 0:
            found.append(("exit status", [f"run {number}: {code}: {err}"]))
    if answer.complete():
        # A day that comes in several files has a part of each.
        files = collections.Counter(file["report_type"] for _, report, _ in told for one in report.get("payloads", []) for file in one["files"])
        single = len(answer.case["runs"]) == 1 and max(files.values(), default=0) <= 1
        if lines := ingest_rows.differences(answer.rows, actual):
            found.append(("rows", lines))
        if single and (lines := ingest_rows.partial(actual)):
            found.append(("partial days", lines))
    else:
        lacking, beyond = ingest_rows.contained(answer.rows, actual)
        if lacking:
            found.append(("rows", lacking))
        found.append(("not known", [f"koku {answer.koku['outcome']}; {beyond} hourly rows more than koku's"]))
        return found
    if not any(report for _, report, _ in told):
        return found
    keys = sorted({key for _, report, _ in told for key in report.get("tag_keys", [])})
    if keys != sorted(answer.tag_keys):
        found.append(("tag keys", [f"should be {answer.tag_keys}, are {keys}"]))
    for number, ((_, report, _), run) in enumerate(zip(told, answer.runs)):
        hours = {(day["report_type"], day["day"]): day["hours"] for day in days(report)}
        for day, values in run["hours"].items():
            if len(values) == 1 and not set(CUT) & set(answer.repairs) and hours.get(day) != values[0]:
                found.append(("hours", [f"run {number}: {day}: should be {values[0]}, are {hours.get(day)}"]))
        for word in ("replaced", "kept"):
            ours = {(day["report_type"], day["day"]) for day in days(report) if plain(day["action"]) == word}
            if ours != run[word]:
                found.append((word, [f"run {number}: should be {sorted(run[word])}, are {sorted(ours)}"]))
        for file in (file for one in report.get("payloads", []) for file in one.get("files", [])):
            dropped = answer.dropped[number].get(file["file"].split("/")[-1], [])
            # Each line of a row that cannot be taken may count as one.
            if not len(dropped) <= file["refused_rows"] <= sum(lines for _, _, lines in dropped):
                found.append(("rows refused", [f"run {number}: {file['file']}: should be {len(dropped)}, are {file['refused_rows']}"]))
            told_lines = {entry.get("line") for entry in file.get("problems", [])}
            if dropped and min(dropped)[0] not in told_lines:
                found.append(("place of a refused row", [f"run {number}: {file['file']}: the first is in line {min(dropped)[0]}, told are {sorted(told_lines, key=str)}"]))
    return found


def deviation(name, what):
    """The listed reason why a case deviates in this."""
    bare = re.sub(r"/\d+-", "/", name)
    return next((key for key in DEVIATIONS if fnmatch.fnmatch(bare, key[0]) and key[1] == what), None)


def run_case(arguments, case):
    name = f"{case.parent.name}/{case.name}"
    repaired = arguments.repaired / case.parent.name / case.name if arguments.repaired else None
    answer = Answer(case, repaired)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        store = arguments.keep / name if arguments.keep else scratch / "store"
        shutil.rmtree(store, ignore_errors=True)
        store.mkdir(parents=True)
        told = ask(arguments.binary.resolve(), answer.case, case, store, scratch)
        try:
            actual = ingest_rows.store_rows(store)
            found = check(answer, told, actual)
        except Exception as error:  # A report or file of an unexpected shape is a difference, too.
            actual, found = {}, [("cannot be compared", [f"{type(error).__name__}: {error}"])]
    return name, answer, found, sum(map(len, actual.values()))


def run(arguments):
    cases = names(arguments.cases, arguments.only)
    if not cases:
        sys.exit(f"no cases below {arguments.cases}")
    outcomes, causes, used, rows, repaired = collections.Counter(), collections.defaultdict(list), collections.Counter(), 0, 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for name, answer, found, count in pool.map(lambda case: run_case(arguments, case), cases):
            rows += count
            repaired += bool(answer.repairs)
            verdict = "same"
            for what, lines in found:
                if listed := deviation(name, what):
                    used[listed] += 1
                    verdict = "deviates as listed" if verdict == "same" else verdict
                elif what == "not known":
                    verdict = "koku's rows are there, the rest is not known" if verdict == "same" else verdict
                    print(f"{name}: {lines[0]}")
                else:
                    verdict = "DIFFERENT"
                    if causes[what] and causes[what][-1][0] == name:
                        causes[what][-1][1].extend(lines)
                    else:
                        causes[what].append((name, list(lines), answer))
            outcomes[answer.outcome, verdict] += 1
    for what, found in sorted(causes.items()):
        print(f"\n== {what}: {len(found)} cases")
        for name, lines, answer in found[:arguments.show]:
            print(f"-- {name} (koku: {answer.outcome}; {', '.join(answer.case['tests'])}; {'; '.join(answer.repairs)})")
            print("\n".join(line[:600] for line in lines[:8]))
        if len(found) > arguments.show:
            print("   also: " + ", ".join(name for name, _, _ in found[arguments.show:arguments.show + 40]))
    print(f"\n{len(cases)} cases, {repaired} of them judged by a repaired one, {rows} rows, {ingest_rows.inexact} daily ones equal within the tolerance only")
    for (outcome, verdict), count in sorted(outcomes.items()):
        print(f"  koku {outcome:13} {verdict}: {count}")
    unused = [key for key in DEVIATIONS if not used[key]] if not arguments.only else []
    for key in unused:
        print(f"listed, but does not deviate: {key}")
    sys.exit(bool(causes or unused))


def repair(arguments):
    count, tally = 0, collections.Counter()
    for case in names(arguments.cases, arguments.only):
        _, expected = load(case)
        notes = ingest_repair.repaired(case, expected["outcome"], arguments.out / case.parent.name / case.name)
        if notes:
            count += 1
            tally.update(re.sub(r"\d+", "N", note) for note in notes)
        elif expected["outcome"] in ("failed", "rejected"):
            print(f"not repaired: {case.parent.name}/{case.name} ({expected['outcome']})")
    for note, times in tally.most_common():
        print(f"{times:5} {note}")
    print(f"{count} repaired")


def nise(arguments):
    """Each nise set as a case `nise/<set>`: its folder of bare CSVs is one payload."""
    for folder in sorted(path.parent.parent for path in arguments.cases.glob("*/csv/ocp")):
        source = next(entry for entry in json.loads((folder / "manifest.json").read_text()) if entry["type"] == "OCP")
        target = arguments.out / "nise" / folder.name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder / "csv" / "ocp", target / "input")
        for path in folder.glob("data/parquet/**/OCP/**/*.parquet"):
            place = target / "expected" / "s3" / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
        rows = ingest_rows.store_rows(target / "expected" / "s3")
        schema = next(iter(rows)).removeprefix("data/parquet/").removeprefix("daily/").split("/")[0]
        case = {"schema": schema, "source": source["source_uuid"], "cluster_id": source["cluster_id"], "tests": ["nise " + folder.name], "runs": [{"files": sorted(path.name for path in (target / "input").iterdir())}]}
        (target / "case.json").write_text(json.dumps(case, indent=1) + "\n")
        expected = {"outcome": "rows", "tag_keys": {"OCP": ingest_rows.tag_keys(rows)}, "runs": []}
        (target / "expected" / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
        print(f"{folder.name}: {sum(map(len, rows.values()))} rows")


def packed_rows(rows):
    """{partition: {column: [what it is, values]}}, daily rows whole.

    What a column is: `date`, `number` or `text`, and of daily rows whether it is a `key`, a `sum` or the `max`.
    Numbers are text, since not every reader of JSON reads them to the last bit.
    """
    result = {}
    for partition, found in sorted(rows.items()):
        daily = ingest_rows.is_daily(partition)
        if daily:
            found = [row for row, _ in ingest_rows.merge_daily(partition, found)]
            keys, summed = ingest_rows.DAILY[ingest_rows.report_type(partition)]
        found = [dict(row) for row in sorted(found, key=repr)]
        columns = result[partition] = {}
        for name in sorted(set().union(*found)):
            kind = ingest_rows.kind(name)
            if daily:
                kind += " key" if name in (*keys, "interval_start") else " sum" if re.fullmatch(summed, name) else " max"
            columns[name] = [kind, [number_text(row[name]) if isinstance(row.get(name), float) else row.get(name) for row in found]]
    return result


def number_text(number):
    return str(int(number)) if abs(number) < 2**53 and number == int(number) and str(number) != "-0.0" else repr(number)


def pack_case(case, repaired):
    """[(path in the case, bytes)]."""
    answer = Answer(case, repaired)
    if not answer.complete():
        sys.exit(f"{case}: what should be there is not known")
    entries, runs = [], []
    for number, run in enumerate(answer.case["runs"]):
        if "tarball" in run:
            entries.append((f"input/{run['tarball']}", (case / "input" / run["tarball"]).read_bytes()))
            runs.append(run["tarball"])
        else:
            folder = f"run{number + 1}"
            entries += [(f"input/{folder}/{name}", (case / "input" / name).read_bytes()) for name in run["files"]]
            if "manifest" in run:
                entries.append((f"input/{folder}/manifest.json", json.dumps(run["manifest"], ensure_ascii=False).encode()))
            runs.append(folder)
    is_cut = set(CUT) & set(answer.repairs)
    told = [{
        "payload": name,
        "hours": [] if is_cut else sorted([report, day, *values] for (report, day), values in run["hours"].items() if len(values) == 1),
        "replaced": sorted(run["replaced"]), "kept": sorted(run["kept"]),
        "dropped": {file: [[line, lines] for line, _, lines in rows] for file, rows in sorted(dropped.items())},
    } for name, run, dropped in zip(runs, answer.runs, answer.dropped)]
    whole = {"schema": answer.case["schema"], "source": answer.case["source"], "cluster_id": answer.case["cluster_id"], "tests": answer.case["tests"],
             "koku": answer.outcome, "repairs": answer.repairs, "refused": answer.refused, "tag_keys": sorted(answer.tag_keys), "runs": told,
             "partitions": packed_rows(answer.rows)}
    # A line for each column: alike lines lie near each other, and a difference can be read.
    text = re.sub(r'("[^"]*": \[")', r"\n\1", json.dumps(whole, ensure_ascii=False, separators=(",", ": ")))
    return [*entries, ("case.json", text.encode() + b"\n")]


def pack(arguments):
    out, count = io.BytesIO(), 0
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for root in arguments.cases:
            root, _, repaired = root.partition("=")
            for case in names(root, arguments.only):
                if case.parent.name in ("aws", "azure", "gcp"):
                    continue
                count += 1
                for path, content in pack_case(case, pathlib.Path(repaired) / case.parent.name / case.name if repaired else None):
                    member = tarfile.TarInfo(f"ingest/{case.parent.name}/{case.name}/{path}")
                    member.size, member.mode = len(content), 0o644
                    tar.addfile(member, io.BytesIO(content))
    command = ["zstd", "--ultra", "-22", f"--long={WINDOW_LOG}", "-q", "-f", "-", "-o", str(arguments.out)]
    subprocess.run(command, input=out.getvalue(), check=True)
    print(f"{arguments.out}: {count} cases, {arguments.out.stat().st_size:,} bytes from {len(out.getvalue()):,}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, action in (("run", run), ("repair", repair), ("nise", nise), ("pack", pack)):
        command = commands.add_parser(name)
        command.set_defaults(action=action)
        if name == "pack":
            command.add_argument("cases", nargs="+")
            command.add_argument("--out", type=pathlib.Path, required=True)
        else:
            command.add_argument("cases", type=pathlib.Path)
        command.add_argument("--only")
        if name == "run":
            command.add_argument("--binary", type=pathlib.Path, required=True)
            command.add_argument("--repaired", type=pathlib.Path)
            command.add_argument("--keep", type=pathlib.Path)
            command.add_argument("--show", type=int, default=4)
            command.add_argument("--jobs", type=int, default=2)
        elif name != "pack":
            command.add_argument("out", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.action(arguments)


if __name__ == "__main__":
    main()
