"""Writes the seeds: small files of every kind that a target should know. Run again after a change; the files are checked in."""
import gzip
import io
import json
import pathlib
import tarfile

HERE = pathlib.Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "csv" / "pandas.json"

CSV = b"report_period_start,interval_start,node,node_labels\n2026-04-01 00:00:00 +0000 UTC,2026-04-02 00:00:00 +0000 UTC,n1,label_a:b\n"
MANIFEST = {
    "uuid": "d9330a0c-8c7e-4513-8ca8-892547435e3c", "cluster_id": "c", "version": "abc", "date": "2026-04-15T06:00:00.123456789Z",
    "files": ["a.csv"], "resource_optimization_files": None, "start": "2026-04-02T00:00:00Z", "end": "2026-04-03T05:59:59+02:00",
    "certified": True, "daily_reports": True, "cr_status": {"upload": {"error": "no"}},
}


def write(target: str, name: str, data: bytes) -> None:
    """One seed."""
    folder = HERE / "seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def tar(members: list[tuple[str, bytes]], form: int = tarfile.GNU_FORMAT, link: str | None = None) -> bytes:
    """A tar of these members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        if link:
            member = tarfile.TarInfo("link.csv")
            member.type, member.linkname = tarfile.SYMTYPE, link
            archive.addfile(member)
    return buffer.getvalue()


def main() -> None:
    """Every target."""
    for number, case in enumerate(json.loads(FIXTURES.read_text())):
        data = case["text"].encode() if "text" in case else case["latin1"].encode("latin-1")
        if data:
            write("csv", f"{number:02}", data)
    write("csv", "node_labels", CSV)

    manifest = json.dumps(MANIFEST).encode()
    whole = tar([("a.csv", CSV), ("manifest.json", manifest)])
    packed = gzip.compress(whole, mtime=0)
    write("archive", "plain.tar", whole)
    write("archive", "normal.tar.gz", packed)
    write("archive", "cut.tar.gz", packed[:-200])
    write("archive", "parts.tar.gz", gzip.compress(whole[:700], mtime=0) + gzip.compress(whole[700:], mtime=0) + b"tail")
    write("archive", "names.tar.gz", gzip.compress(tar([("./a.csv", b"1"), ("../b.csv", b"2"), ("/c.csv", b"3"), ("a.csv", b"4")]), mtime=0))
    for form, name in ((tarfile.GNU_FORMAT, "long"), (tarfile.PAX_FORMAT, "pax")):
        write("archive", f"{name}.tar.gz", gzip.compress(tar([("n" * 200 + ".csv", b"1")], form, "../../etc/passwd"), mtime=0))

    write("manifest", "normal.json", manifest)
    changes = {
        "zero": {"start": "0001-01-01T00:00:00Z", "end": "0001-01-01T00:00:00Z"}, "names": {"files": ["../x", "/y", "a\\b", "a", "a", "./b"]},
        "null": dict.fromkeys(MANIFEST), "naive": {"start": "2026-04-02", "end": "2026-04-02 05:00"}, "empty": {"files": []},
        "types": {"uuid": 1, "files": {}, "cr_status": [], "certified": "yes"}, "backwards": {"end": "2026-04-01T00:00:00Z"},
    }
    for name, change in changes.items():
        write("manifest", f"{name}.json", json.dumps(MANIFEST | change).encode())


if __name__ == "__main__":
    main()
