"""What Python makes of single cells, for the tests of `aggregator_core::ingest`.

    ingest_scalars.py > crates/aggregator-core/src/ingest/tests/scalars.jsonl

One JSON array a line: the function, a text, its answer (null where it raises). Doubles are their bits as text. Needs Python 3.11, whose
Unicode tables count, and ciso8601.
"""
import datetime
import html
import json
import random
import struct
import sys
import unicodedata

import ciso8601

EPOCH = datetime.datetime(1970, 1, 1)
MILLISECOND = datetime.timedelta(milliseconds=1)
NUMBERS = """0 1 -1 +4 1.5 -0.0 .5 5. 1e3 1E3 1e+2 1e-400 1e400 -1e400 00012 1_000 1__0 _1 1_ +_1 1_.5 1._5 1e_5 1e1_0 1,5 0x10 1e e5 . + - -- --1 abc
1.2.3 1d 1f True inf -inf +inf Infinity iNf INFINITY infin nan +nan -nan NAN nan(1) 12345678901234567890 9007199254740993
0.1000000000000000055511151231257827 2.2250738585072011e-308 2.2250738585072014e-308 5e-324 2e-324 1.7976931348623157e308 1.7976931348623159e308
7.0e-10 123456789.123456789""".split() + ["", " ", " 2.5 ", "8\t", "\x0b7\x0c", "1 000", "\x1c1", "1\x1f", "1\u0085", "\u00a07", "\u20037\u3000", "\u22121", "\u200b1", "1\x7f"]
STAMPS = """2026-04-02T05:00:00 2026-04-02t05:00:00 20260402T050000 2026-04-02T05:00 2026-04-02T05 2026-04-02 20260402 2026-04 202604 2026 2026-W14-4 2026-W14
2026W144 2026W14 2026-W53-1 2020-W53-7 2026-W00-1 2026-W14-0 2026-W14-8 2026-092 2026092 2024-366 2026-366 2026-000 2026-0921 2026-04-02T24:00:00
2026-04-02T24:00:01 2026-04-02T24 2026-04-02T25:00:00 2026-04-02T05:60:00 2026-04-02T05:00:60 2026-13-01 2026-04-31 2026-02-29 2024-02-29 2026-4-2
2026-04-02T05:00:00.5 2026-04-02T05:00:00.123456789 2026-04-02T05:00:00,5 2026-04-02T05:00:00. 2026-04-02T05:00.5 2026-04-02T050000 20260402T05:00:00
20260402T05 2026-04-02T05:00:00Z 2026-04-02T05:00:00z 2026-04-02T05:00:00+00:00 2026-04-02T05:00:00-00:00 2026-04-02T05:00:00+0200 2026-04-02T05:00:00-05
2026-04-02T23:30:00-02:00 2026-04-02T05:00:00+23:59 2026-04-02T05:00:00+24:00 2026-04-02T05:00:00+05:60 2026-04-02T05:00:00+5 2026-04-02T05Z 2026-04-02T05:00-03
20260402T050000Z 2026-04-02Z 0001-01-01 0000-01-01 9999-12-31T24:00:00 9999-12-31T23:59:59.999999 0001-01-01T00:00:00+02:00 0000-W01-1 9999-W52-7
1969-12-31T23:59:59.999999 1969-12-31T23:59:59.9999 1775106000 now 02/04/2026 x2026-04-02""".split() + [
    "", "2026-04-02 05:00:00", "2026-04-02 05:00:00 +0000 UTC", "2026-04-02 05:00:00 +0000 UTC +0000 UTC", "2026-04-02 +0000 UTC05:00:00", "20 +0000 UTC26-04-02",
    "2026-04-02 05:00:00 +0000", "2026-04-02 05:00:00 UTC", "2026-04-02 05:00:00 +0200 CEST", "2026-04-02  05:00:00", " 2026-04-02", "2026-04-02 ", "\u0662026-04-02"]
PIECES = ["label_", "app", ":", ":", "|", "|", "::", "é", "日", "😀", '"', "\\", "\n", "\x7f", "\x01", "\t", "\b", "\f", "\r", " ", "a", "b", "lab", "el_", "/", "\u2028", "\uffff",
          "&", "<", ">", "'", "&amp;"]


def bits(number):
    return "nan" if number != number else str(struct.unpack("<Q", struct.pack("<d", number))[0])


def as_float(text):
    try:
        return bits(float(text))
    except ValueError:
        return None


def as_int(text):
    try:
        return bits(float(int(text)))
    except (ValueError, OverflowError):
        return None


def stamp(text):
    """Milliseconds of the moment, and of the midnight before it in its own offset."""
    try:
        local = ciso8601.parse_datetime(text.replace(" +0000 UTC", ""))
    except (ValueError, OverflowError):
        return None
    offset = local.utcoffset() or datetime.timedelta()
    local = local.replace(tzinfo=None)
    microseconds = (local - EPOCH - offset) // datetime.timedelta(microseconds=1)
    midnight = datetime.datetime.combine(local.date(), datetime.time()) - EPOCH - offset
    return [abs(microseconds) // 1000 * (1 if microseconds >= 0 else -1), midnight // MILLISECOND]


def labels(text):
    pairs = [part.split(":") for part in text.split("|")]
    return json.dumps({pair[0].replace("label_", ""): pair[1] for pair in pairs if len(pair) == 2})


def main():
    rows = []
    digits = [chr(point) for point in range(128, sys.maxunicode + 1) if unicodedata.decimal(chr(point), None) is not None]
    spaces = [chr(point) for point in range(sys.maxunicode + 1) if chr(point).isspace()]
    for text in NUMBERS + ["".join(digits[start:start + 10]) for start in range(0, len(digits), 10)] + [space + "1" for space in spaces]:
        rows += [("float", text, as_float(text)), ("int", text, as_int(text))]
    rows += [("stamp", text, stamp(text)) for text in STAMPS]
    choose = random.Random(4)
    for _ in range(120):
        text = "".join(choose.choice(PIECES) for _ in range(choose.choice([4, 12, 40])))
        rows += [("labels", text, labels(text)), ("html", text, html.escape(text))]
    for row in rows:
        print(json.dumps(row))


if __name__ == "__main__":
    main()
