"""Ingest cases without the bad thing that made koku fail.

koku refuses a payload, a file or the files after it for one bad cell; aggregator loses only the bad row or file. So a
case that koku refuses says nothing about the rest. `repaired` takes out the bad thing, by the rules below, and koku's
own code then says what the rest becomes.

Rows of a CSV, in file order:
* a row that is not UTF-8 is dropped;
* a row whose quoted cell does not end before the file does is dropped;
* a row with more cells than the header is dropped (koku: only if it is not the first);
* a row with `interval_start` that does not start with a day, or with one of the four times that does not parse, is dropped;
* a row with an infinite `gpu_max_slices` or `mig_slice_count` is dropped;
* a CR inside a quoted cell is replaced by U+E000, and koku's rows get it back (`restore` in case.json);
* rows whose `interval_start` has another offset than the first's go to a file of their own.
Files: one without the column `interval_start` or with a header that is not UTF-8 is left out.
Manifests: see `repair_manifest`. Archives: links are left out, and `./manifest.json` is moved.
A payload of several days is cut into payloads of one day where koku ignored a day, since koku then drops the other days.
The size of koku's chunks is set to a whole file.
What cannot be read at all is marked `refused`.
"""
import collections
import csv
import datetime
import gzip
import io
import json
import pathlib
import shutil
import tarfile
import uuid

import ciso8601

NOT_AVAILABLE = set("#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null".split("|"))
TIMES = ("report_period_start", "report_period_end", "interval_start", "interval_end")
WHOLE = ("gpu_max_slices", "mig_slice_count")
PLACEHOLDER = "\ue000"
MANIFEST_LIMIT = 10 * 1024 * 1024
SOME_DATE = "2026-04-15T06:00:00Z"


class Unreadable(Exception):
    """An archive or manifest that nothing can be made of."""


# ---- CSV ----
def split_rows(content):
    """[(line number, bytes of the row with its end, cells, is whole)], blank lines left out.

    A quote opens only at the start of a cell; a doubled one inside quotes is a quote. LF, CRLF and a lone CR end a row.
    """
    rows, line, at, size = [], 1, 0, len(content)
    while at < size:
        begin, first_line, row, cell, quoted, fresh = at, line, [], bytearray(), False, True
        ended = False
        while at < size and not ended:
            byte = content[at:at + 1]
            if quoted:
                if byte == b'"' and content[at + 1:at + 2] == b'"':
                    cell += b'"'
                    at += 1
                elif byte == b'"':
                    quoted = False
                else:
                    cell += byte
                    line += byte == b"\n" or (byte == b"\r" and content[at + 1:at + 2] != b"\n")
            elif byte == b'"' and fresh:
                quoted, fresh = True, False
            elif byte == b",":
                row.append(bytes(cell))
                cell, fresh = bytearray(), True
            elif byte in b"\r\n":
                at += byte == b"\r" and content[at + 1:at + 2] == b"\n"
                line += 1
                ended = True
            else:
                cell += byte
                fresh = False
            at += 1
        row.append(bytes(cell))
        if len(row) > 1 or row[0].strip():
            rows.append((first_line, content[begin:at], row, not quoted))
    return rows


def taken(cell):
    """The text that koku makes of a cell."""
    text = cell.decode().split("\0")[0]
    return "" if text in NOT_AVAILABLE else text


def moment(text):
    return ciso8601.parse_datetime(text.replace(" +0000 UTC", ""))


def problem(header, row):
    """Why a row cannot be taken, if so."""
    _, raw, row_cells, whole = row
    try:
        raw.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    if not whole:
        return "the quoted cell does not end"
    if len(row_cells) > len(header):
        return "more cells than the header"
    values = dict(zip(header, map(taken, row_cells)))
    day = values.get("interval_start", "")[:10]
    try:
        datetime.datetime.strptime(day, "%Y-%m-%d")
    except ValueError:
        return "interval_start"
    for column in header:
        if column.lower() in TIMES:
            try:
                moment(values.get(column, ""))
            except ValueError:
                return column
        if column.lower() in WHOLE:
            try:
                int(float(values.get(column, "")))
            except OverflowError:
                return column
            except ValueError:
                pass
    return None


def repair_csv(content):
    """({suffix: content} or None if the file is left out, [what was done], [(line, why, lines) of dropped rows])."""
    rows = split_rows(content.removeprefix(b"\xef\xbb\xbf"))
    if not rows:
        return {"": content}, [], []
    try:
        header = [cell.decode() for cell in rows[0][2]]
    except UnicodeDecodeError:
        return None, ["a file whose header is not UTF-8 was left out"], []
    if "interval_start" not in header:
        return None, ["a file without interval_start was left out"], []
    kept, dropped, notes = collections.defaultdict(list), [], []
    for row in rows[1:]:
        why = problem(header, row)
        if why:
            # A row may hold line ends in quotes.
            dropped.append((row[0], why, len(row[1].splitlines())))
        else:
            kept[moment(taken(row[2][header.index("interval_start")])).utcoffset()].append(row)
    result = {}
    for number, same_offset in enumerate(kept.values() if kept else [[]]):
        body = [rows[0][1]]
        for _, raw, row_cells, _ in same_offset:
            if any(b"\r" in cell.replace(b"\r\n", b"") for cell in row_cells):
                out = io.StringIO(newline="")
                csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow([cell.decode().replace("\r\n", "\0").replace("\r", PLACEHOLDER).replace("\0", "\r\n") for cell in row_cells])
                raw = out.getvalue().encode()
            body.append(raw)
        # Only the last row of a file may lack its line end.
        result[f"-{number}" if number else ""] = b"".join(body[:1] + [one if one.endswith((b"\n", b"\r")) else one + b"\n" for one in body[1:]])
    if dropped:
        notes.append(f"{len(dropped)} rows were dropped: {', '.join(sorted({why for _, why, _ in dropped}))}")
    if len(result) > 1:
        notes.append("rows of different offsets were parted")
    if any(PLACEHOLDER.encode() in part for part in result.values()):
        notes.append("a CR in a cell was replaced")
    if not notes:
        return {"": content}, [], []
    return result, notes, dropped


# ---- manifests ----
def repair_manifest(manifest, case):
    """Changes a manifest so that koku takes it; [what was done]."""
    notes = []

    def change(key, value, why):
        manifest[key] = value
        notes.append(why)

    if any(str(manifest.get(key) or "").startswith("0001-") for key in ("start", "end")):
        change("start", None, "start and end in the year 1 were left out")
        manifest["end"] = None
    if manifest.get("cluster_id") != case["cluster_id"]:
        change("cluster_id", case["cluster_id"], "cluster_id was replaced")
    try:
        is_random = uuid.UUID(str(manifest.get("uuid"))).version == 4
    except ValueError:
        is_random = False
    if not is_random:
        change("uuid", str(uuid.UUID(int=uuid.uuid5(uuid.NAMESPACE_OID, str(manifest.get("uuid"))).int, version=4)), "uuid was replaced by one of version 4")
    if "daily_reports" in manifest and manifest["daily_reports"] is None:
        change("daily_reports", False, "daily_reports null was replaced by false")
    try:
        date = datetime.datetime.fromisoformat(manifest["date"][:19])
    except (KeyError, ValueError, TypeError):
        change("date", SOME_DATE, "date was replaced")
        date = datetime.datetime.fromisoformat(SOME_DATE[:19])
    files = manifest.get("files") or []
    good = list(dict.fromkeys(name for name in files if "/" not in name and ".." not in name))
    if good != files:
        change("files", good, "names of files that leave the folder or come twice were left out")
    end = manifest.get("end")
    if end:
        try:
            end = datetime.datetime.fromisoformat(end[:19])
        except ValueError:
            end = None
    last = (end or date).replace(tzinfo=None)
    now = datetime.datetime.fromisoformat(case["now"]).replace(tzinfo=None)
    if (now - last).days > 60:
        case["now"] = (last + datetime.timedelta(days=15)).isoformat() + "+00:00"
        notes.append("koku's clock was set back, so that the payload is within the retention period")
    return notes


# ---- payloads ----
def read_archive(content):
    """(members as [(name, bytes)], notes)."""
    notes, members = [], []
    try:
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(content))) as tar:
            for member in tar:
                if member.isfile():
                    members.append((member.name, tar.extractfile(member).read()))
                else:
                    notes.append("a link was left out")
    except (OSError, EOFError, tarfile.TarError, gzip.zlib.error) as error:
        raise Unreadable(f"archive: {error}") from error
    return members, notes


def read_manifest(members):
    """(manifest, other members, notes)."""
    notes = []
    found = [(name, content) for name, content in members if name.split("/")[-1] == "manifest.json"]
    others = [pair for pair in members if pair not in found]
    if not found:
        raise Unreadable("manifest: there is none")
    name, content = found[0]
    if name != "manifest.json":
        notes.append("manifest.json was moved to the top")
    if len(content) > MANIFEST_LIMIT:
        raise Unreadable("manifest: too large")
    try:
        manifest = json.loads(content)
    except ValueError as error:
        raise Unreadable(f"manifest: {error}") from error
    return manifest, others, notes


def archive(files, manifest):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, content in [*files, ("manifest.json", json.dumps(manifest).encode())]:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), mtime=0)


def by_day(files):
    """The same files once for each day that any of them has rows of."""
    days = collections.defaultdict(dict)
    for name, content in files:
        rows = split_rows(content.removeprefix(b"\xef\xbb\xbf"))
        if not rows:
            continue
        at = rows[0][2].index(b"interval_start")
        for row in rows[1:]:
            day = taken(row[2][at])[:10]
            days[day].setdefault(name, [rows[0][1]]).append(row[1])
    return [[(name, b"".join(parts)) for name, parts in found.items()] for _, found in sorted(days.items())]


def repair_run(case, run, folder, cut_days):
    """([archive bytes], notes, {file: dropped rows}) of one run; folder is where the inputs are."""
    if "tarball" in run:
        members, notes = read_archive((folder / run["tarball"]).read_bytes())
        manifest, files, more = read_manifest(members)
        notes += more
    else:
        manifest, notes = dict(run["manifest"]), []
        files = [(name, (folder / name).read_bytes()) for name in run["files"]]
    notes += repair_manifest(manifest, case)
    listed, repaired, dropped = set(manifest.get("files") or []), [], {}
    renamed = collections.defaultdict(list)
    for name, content in files:
        if name not in listed:
            repaired.append((name, content))
            continue
        parts, more, lines = repair_csv(content)
        notes += more
        if lines:
            dropped[name] = lines
        for suffix, part in (parts or {}).items():
            new = name if not suffix else name.replace(".csv", suffix + ".csv")
            renamed[name].append(new)
            repaired.append((new, part))
        if parts is None:
            manifest["files"] = [other for other in manifest["files"] if other != name]
    if manifest.get("files"):
        manifest["files"] = [new for name in manifest["files"] for new in renamed.get(name, [name])]
    days = by_day([pair for pair in repaired if pair[0] in set(manifest.get("files") or [])]) if cut_days else []
    if len(days) > 1:
        notes.append("the payload was cut into payloads of one day")
        archives = []
        for number, part in enumerate(days):
            ident = str(uuid.UUID(int=uuid.uuid5(uuid.NAMESPACE_OID, f"{manifest['uuid']}/{number}").int, version=4))
            archives.append(archive(part, manifest | {"uuid": ident, "files": [name for name, _ in part]}))
        return archives, notes, dropped
    return [archive(repaired, manifest)], notes, dropped


def repaired(source, outcome, target):
    """Writes a repaired copy of the case in `source` to `target`, if there is anything to repair; says what was done.

    case.json gets `repairs`, `dropped` (for each run: file -> [line, why, lines]), `of_run` (the original run of each run),
    `restore` and `refused` where they apply.
    """
    case = json.loads((source / "case.json").read_text())
    notes, blobs, of_run, dropped, refused = [], [], [], [], None
    for number, run in enumerate(case["runs"]):
        dropped.append({})
        if "manifest" not in run and "tarball" not in run:
            return None
        try:
            archives, more, lines = repair_run(case, run, source / "input", outcome == "kept_old")
        except Unreadable as error:
            refused = str(error)
            notes.append(f"cannot be read: {error}")
            continue
        blobs += archives
        of_run += [number] * len(archives)
        dropped[-1] = lines
        notes += more
    if case["chunk"] < 200000:
        case["chunk"] = 200000
        notes.append("chunks hold whole files")
    if not notes:
        return None
    shutil.rmtree(target, ignore_errors=True)
    (target / "input").mkdir(parents=True)
    for number, blob in enumerate(blobs):
        (target / "input" / f"p{number + 1}.tar.gz").write_bytes(blob)
    case["runs"] = [{"tarball": f"p{number + 1}.tar.gz"} for number in range(len(blobs))]
    case |= {"repairs": list(dict.fromkeys(notes)), "dropped": dropped, "of_run": of_run}
    if "a CR in a cell was replaced" in notes:
        case["restore"] = {PLACEHOLDER: "\r"}
    if refused:
        case["refused"] = refused
    (target / "case.json").write_text(json.dumps(case, indent=1, ensure_ascii=False) + "\n")
    return case["repairs"]
