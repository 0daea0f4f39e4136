"""Pack oracle sets into one small archive.

    pack.py ROOT OUT.tar.zst [--top NAME]

ROOT holds `<set>/…` folders; the archive holds them as `ocp/<set>/…`, or below another NAME.
Inputs keep every byte, since odd encodings are part of the cases.
The answers under `expected/` are stored again without compression of their own, so that the archive compresses them
together; their values stay the same, which is checked.
"""
import argparse
import io
import pathlib
import subprocess
import tarfile

import pyarrow.parquet as pq

WINDOW_LOG = 24


def plain(path):
    """The bytes of an answer file, uncompressed and without statistics."""
    table = pq.ParquetFile(path).read().replace_schema_metadata(None)
    out = io.BytesIO()
    pq.write_table(table, out, compression="none", use_dictionary=False, write_statistics=False, store_schema=False)
    again = pq.ParquetFile(io.BytesIO(out.getvalue())).read()
    if repr(again.to_pylist()) != repr(table.to_pylist()) or again.schema.types != table.schema.types:
        raise SystemExit(f"{path} changed while it was stored again")
    return out.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--top", default="ocp")
    args = parser.parse_args()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        sets = sorted(d for d in args.root.iterdir() if d.is_dir())
        for path in (p for s in sets for p in sorted(s.rglob("*")) if p.is_file()):
            answer = path.parent.name == "expected" and path.suffix == ".parquet"
            content = plain(path) if answer else path.read_bytes()
            entry = tarfile.TarInfo(f"{args.top}/{path.relative_to(args.root)}")
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    command = ["zstd", "--ultra", "-22", f"--long={WINDOW_LOG}", "-q", "-f", "-", "-o", str(args.out)]
    subprocess.run(command, input=archive.getvalue(), check=True)
    print(f"{args.out}: {args.out.stat().st_size:,} bytes from {len(archive.getvalue()):,}")


if __name__ == "__main__":
    main()
