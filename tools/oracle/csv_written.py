"""How koku's extracts become CSV: rows as Trino sends them, through Trino's client and pandas, as koku calls them.

    csv_written.py             fixtures/csv/pandas-written.json: the cases below and FRAMES random ones, with pandas' text
    csv_written.py N SEED FILE the same with N random ones, into FILE

Needs pandas 2.3.3 and trino 0.330. A case has `client` (`python`: SUBS, `primitive`: HCS), `columns` (name, type of Trino, values as
Trino's JSON has them; doubles as text), and `csv`. One that is too long for a file has `blocks` instead of values, so many times the
values of each, and the SHA-256 of the text.
"""
import hashlib
import io
import json
import math
import random
import struct
import sys
from pathlib import Path

import pandas
from trino.mapper import RowMapperFactory

PANDAS = "2.3.3"
FRAMES = 40
TYPES = {
    "varchar": {"rawType": "varchar", "arguments": []},
    "double": {"rawType": "double", "arguments": []},
    "integer": {"rawType": "integer", "arguments": []},
    "boolean": {"rawType": "boolean", "arguments": []},
    "date": {"rawType": "date", "arguments": []},
    "timestamp(3)": {"rawType": "timestamp", "arguments": [{"kind": "LONG", "value": 3}]},
    "array(varchar)": {
        "rawType": "array",
        "arguments": [{"kind": "TYPE", "value": {"rawType": "varchar", "arguments": []}}],
    },
}

TEXTS = [
    "", " ", "plain", "a,b", 'say "x"', '"', '""', "two\nlines", "cr\rhere", "crlf\r\n", "tab\there", "über 🦀 日本", "'", "NaN", "nan",
    "None", "NULL", "-0.0", "1e16", "0001", "True", "2026-02-01 00:00:00.000", "=1+1", "a;b", "back\\slash", "\u2028", "\u00a0", "#",
    '{"app": "web, \\"x\\""}', " leading", "trailing ", "\x00", "\x0b\x85", ",", "\n", "é" * 40,
]
DOUBLES = [
    0.0, -0.0, 1.0, -1.0, 1e16, 1e15, 9999999999999998.0, 123456789012345680.0, 1e-4, 1e-5, 0.00012345, 5e-324, 1.7976931348623157e308,
    2.2250738585072014e-308, 0.1 + 0.2, 1 / 3, 2 / 3, 100.0, 1e22, 1e23, 1e100, -1e-100, 9007199254740993.0, 0.0144, 12.34, 1e21,
    123456.789012345, 4.35, 0.3, 1e-9, 72057594037927950.0,
    # As near to two decimals of as many digits.
    14.6753082275390625, 8.5771331334228515625, -11.7711334228515625, 2251799813685248.5 / 4, 0.5000000000000001,
]
INFINITE = ["NaN", "Infinity", "-Infinity"]
MIDNIGHTS = ["2026-02-01 00:00:00.000", "1970-01-01 00:00:00.000", "1969-12-31 00:00:00.000", "2024-02-29 00:00:00.000"]
TIMES = MIDNIGHTS + ["2026-02-01 05:00:00.000", "2026-12-31 23:59:59.000", "1969-12-31 23:59:59.000"]
FINE = TIMES + ["2026-02-01 05:00:00.120", "1969-12-31 23:59:59.999"]
FAR = FINE + ["0001-01-01 00:00:00.000", "9999-12-31 23:59:59.999", "2262-04-11 23:47:16.854", "2262-04-11 23:47:16.855", "1677-09-21 00:12:43.145"]


def shown(kind, value):
    """A value as it stands in the file of cases."""
    return repr(value) if kind == "double" and isinstance(value, float) else value


def written(columns, rows, client):
    """pandas' text of the rows, as koku asks for it."""
    described = [{"name": name, "type": kind, "typeSignature": TYPES[kind]} for name, kind in columns]
    mapper = RowMapperFactory().create(columns=described, legacy_primitive_types=client == "primitive")
    text = io.StringIO(newline="")
    pandas.DataFrame(mapper.map(rows)).to_csv(text, header=[name for name, _ in columns], index=False, lineterminator="\n")
    return text.getvalue()


def case(name, client, columns, values):
    """A case of columns of equal length."""
    rows = [list(row) for row in zip(*values)]
    given = [
        {"name": column, "type": kind, "values": [shown(kind, value) for value in of]} for (column, kind), of in zip(columns, values)
    ]
    return {"name": name, "client": client, "columns": given, "csv": written(columns, rows, client)}


def long_case(name, columns, blocks):
    """A case of blocks: a row, so many times."""
    rows = [row for row, times in blocks for _ in range(times)]
    text = written(columns, rows, "python").encode()
    given = [
        {"name": column, "type": kind, "blocks": [[shown(kind, row[place]), times] for row, times in blocks]}
        for place, (column, kind) in enumerate(columns)
    ]
    return {"name": name, "client": "python", "columns": given, "bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}


def any_double(source):
    """A double of any bits that is a number, or a nasty one."""
    if source.random() < 0.5:
        return source.choice(DOUBLES)
    if source.random() < 0.3:
        return round(source.uniform(-1000, 1000), source.randrange(12))
    if source.random() < 0.5:
        return source.randrange(2**53) / 2 ** source.randrange(60)
    value = struct.unpack("<d", source.randbytes(8))[0]
    return value if math.isfinite(value) else 0.5


def random_values(kind, rows, source):
    """Values of a column; with nulls or without."""
    texts = lambda: source.choice(TEXTS)  # noqa: E731 (a name for what is drawn)
    times = source.choice([MIDNIGHTS, TIMES, FINE, FAR])
    infinite = source.random() < 0.3
    draw = {
        "varchar": texts,
        "double": lambda: source.choice(INFINITE) if infinite and source.random() < 0.4 else any_double(source),
        "integer": lambda: source.randrange(-(2**31), 2**31),
        "boolean": lambda: source.random() < 0.5,
        "date": lambda: source.choice(["2026-02-01", "1969-12-31", "2024-02-29"]),
        "timestamp(3)": lambda: source.choice(times),
        "array(varchar)": lambda: [texts() if source.random() < 0.9 else None for _ in range(source.randrange(4))],
    }[kind]
    nulls = source.choice([0, 0, 0.3, 1])
    return [None if source.random() < nulls else draw() for _ in range(rows)]


def random_case(number, source):
    """A frame of one to six columns."""
    kinds = [source.choice(list(TYPES)) for _ in range(source.choice([1, 2, 3, 6]))]
    columns = [(source.choice(["a", "b,c", 'd"e', "f\ng", "lineitem_resourceid"]) + str(place), kind) for place, kind in enumerate(kinds)]
    rows = source.choice([1, 2, 5, 12])
    client = source.choice(["python", "primitive"])
    return case(f"random {number}", client, columns, [random_values(kind, rows, source) for kind in kinds])


def cases(frames, seed):
    """All of them."""
    for client in ["python", "primitive"]:
        yield case(f"texts, {client}", client, [("text", "varchar"), ("n", "integer")], [TEXTS, range(len(TEXTS))])
        yield case(f"one column of texts, {client}", client, [("text", "varchar")], [[*TEXTS, None]])
        yield case(f"doubles, {client}", client, [("double", "double"), ("n", "integer")], [DOUBLES, range(len(DOUBLES))])
        some = [*DOUBLES[:3], *INFINITE, None]
        yield case(f"doubles that are no numbers, {client}", client, [("double", "double"), ("n", "integer")], [some, range(len(some))])
        for name, times in [("midnights", MIDNIGHTS), ("times", TIMES), ("milliseconds", FINE), ("far times", FAR)]:
            yield case(f"{name}, {client}", client, [("time", "timestamp(3)"), ("other", "timestamp(3)")], [[*times, None], [*reversed(times), times[0]]])
        whole = [[1, -2, 2147483647], [1, None, 2147483647], [None, None, None], [True, False, True], [True, None, False]]
        kinds = ["integer", "integer", "integer", "boolean", "boolean"]
        yield case(f"whole numbers and booleans, {client}", client, [(f"c{place}", kind) for place, kind in enumerate(kinds)], whole)
        lists = [[], [None], ["a", "b"], ["it's"], ['"'], ["'\""], ["\\\n\r\t\x00\x7f\x85\u00a0\u00ad\u200b\u2028é🦀"], None]
        yield case(f"lists, {client}", client, [("time_split", "array(varchar)"), ("n", "integer")], [lists, range(len(lists))])
    # 3 columns: blocks of 33,333 rows. 100 columns: blocks of 1,000.
    columns = [("time", "timestamp(3)"), ("text", "varchar"), ("double", "double")]
    row = lambda time: [time, "x", 0.5]  # noqa: E731
    yield long_case("each block has its form of times", columns, [(row(MIDNIGHTS[0]), 33_333), (row(TIMES[4]), 33_333), (row(FINE[7]), 1), (row(MIDNIGHTS[0]), 40_000)])
    wide = [(f"c{place}", "timestamp(3)") for place in range(100)]
    yield long_case("blocks of many columns", wide, [([MIDNIGHTS[0]] * 100, 1000), ([TIMES[4]] * 100, 1), ([MIDNIGHTS[0]] * 100, 1500)])
    source = random.Random(seed)
    for number in range(frames):
        yield random_case(number, source)


def main():
    """Writes the cases."""
    if pandas.__version__ != PANDAS:
        sys.exit(f"needs pandas {PANDAS}, this is {pandas.__version__}")
    path = Path(__file__).resolve().parents[2] / "fixtures" / "csv" / "pandas-written.json"
    frames, seed = FRAMES, 1
    if len(sys.argv) == 4:
        frames, seed, path = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    lines = [json.dumps(one, ensure_ascii=True) for one in cases(frames, seed)]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
