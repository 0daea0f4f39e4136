"""Hand-made cases, one rule each.

    hand.py OUT       write them as the tenant `orgmore` of the set OUT
    hand.py --list    print what each shows, as the Markdown of fixtures/oracle/README.md

To state a new question, add a case, write the set, `ask.py` it, and read the answer.
"""
import argparse
import datetime
import decimal
import json
import pathlib
import sys
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

import layout

SCHEMA = "orgmore"
DAY = datetime.datetime(2026, 3, 5)
PODS = (layout.HOURLY_PODS, layout.DAILY_PODS)
REFERENCE = {
    "enabled_keys": ["app", "env", "team", "größe", "?", "\ufffd", "", "k\tb"],
    "disabled_keys": ["zzz"],
    "cost_categories": [
        {"namespace": "1.0E%", "cost_category_id": 1},
        {"namespace": "_", "cost_category_id": 2},
        {"namespace": "nomatch", "cost_category_id": 3},
    ],
    "nodes": [
        {"node": "n1", "resource_id": "i-1", "node_role": "worker"},
        {"node": "7", "resource_id": "7", "node_role": "master"},
        {"node": "7.0", "resource_id": "7.0", "node_role": "infra"},
    ],
}


def pod(namespace="a", node="n1", name="p", resource_id="i-1", labels="{}", at=DAY, **measures):
    values = dict(zip(layout.POD_MEASURES, (
        3600.0, 1800.0, 3600.0, 7200.0, 2.0**40, 2.0**39, 2.0**40, 2.0**41, 4.0, 14400.0, 2.0**33, 2.0**33 * 3600)))
    return {"interval_start": at, "namespace": namespace, "node": node, "pod": name, "resource_id": resource_id,
            "pod_labels": labels, **values, **measures}


def volume(namespace="a", name="p", claim="c", volume_name="v", labels="{}", claim_labels="{}", at=DAY):
    return {"interval_start": at, "namespace": namespace, "node": "n1", "pod": name, "persistentvolumeclaim": claim,
            "persistentvolume": volume_name, "storageclass": "gp3", "persistentvolume_labels": labels,
            "persistentvolumeclaim_labels": claim_labels, "persistentvolumeclaim_capacity_bytes": 2.0**30,
            "persistentvolumeclaim_capacity_byte_seconds": 2.0**30 * 86400,
            "volume_request_storage_byte_seconds": 2.0**30 * 86400,
            "persistentvolumeclaim_usage_byte_seconds": 2.0**29 * 86400}


def table(kind, rows):
    """Rows of a table in koku's undrifted types."""
    month = {"report_period_start": datetime.datetime(2026, 3, 1), "report_period_end": datetime.datetime(2026, 4, 1)}
    schema = layout.TABLES[kind]
    return pa.Table.from_pylist([{n: (month | r).get(n) for n in schema.names} for r in rows], schema)


def retyped(**types):
    """Give columns another type; a function makes the values."""

    def change(found):
        for name, kind in types.items():
            at = found.column_names.index(name)
            column = kind(found[name]) if callable(kind) else found[name].cast(kind)
            found = found.set_column(at, name, column)
        return found

    return change


def constant(value, kind):
    return lambda column: pa.array([value] * len(column), kind)


def nothing(kind):
    return lambda column: pa.nulls(len(column), kind)


class Cases:
    """The cases, written one by one."""

    def __init__(self, out):
        self.out, self.found, self.about = out, [], []

    def case(self, tag, about, pods=None, volumes=(), node_labels=(), change=None, on=PODS, files=None, write=None, **fields):
        """State a case. `change` alters the tables `on`; `write` are options of their files; `files` adds others."""
        self.about.append((tag, about))
        if self.out is None:
            return
        pods = [pod()] if pods is None else pods
        source = str(uuid.uuid5(uuid.NAMESPACE_URL, "aggregator hand " + tag))
        case = {"source": source, "year": "2026", "month": "03", "start_date": "2026-03-05", "end_date": "2026-03-06",
                "cluster_id": "c-" + tag, "cluster_alias": None, "report_period_id": len(self.found) + 1,
                "storage_exists": True} | fields
        self.found.append(case)
        rows = {layout.HOURLY_PODS: pods, layout.DAILY_PODS: pods, layout.VOLUMES: volumes}
        rows[layout.NODE_LABELS] = [{"interval_start": DAY, "node": n, "node_labels": t} for n, t in node_labels]
        for kind, some in rows.items():
            if not some:
                continue
            found = table(kind, some)
            options = {}
            if kind in on:
                found, options = change(found) if change else found, write or {}
            folder = layout.partition_dir(self.out, SCHEMA, case, kind)
            folder.mkdir(parents=True)
            pq.write_table(found, folder / "part-0.parquet", **options)
        if files:
            files(layout.partition_dir(self.out, SCHEMA, case, layout.DAILY_PODS))

    def labels(self, tag, about, *texts):
        """A case with one pod for each label text."""
        self.case(tag, about, [pod(namespace=f"ns-{i:02d}", labels=t) for i, t in enumerate(texts)])


def state(c):
    daily = (layout.DAILY_PODS,)

    # Label values that are numbers.
    c.labels(
        "float-digits", "fractions and exponents are written with the digits of Java's old generator, not the fewest",
        *('{"app":%s}' % x for x in (
            "2e23", "1.52270531428125e287", "1.8949024592883692e18", "8.41e21", "9.999999999999999e17", "1e23", "5e-324",
            "2.2250738585072014e-308", "1.7976931348623157e308", "4.35", "1e-3", "1e7", "12345678.9", "0.1e1", "-2E-3",
            "1e+5", "2.5e15", "9007199254740993.0", "1.1805916207174113e21", "6.8e-320", "3e-5")))
    c.labels(
        "float-long", "fractions with more than 17 digits are parsed to the nearest double",
        *('{"app":%s}' % x for x in (
            "0.1234567890123456789", "123456789012345678.5", "1.00000000000000011102230246251565404",
            "9007199254740993.00000000000000000001", "2.2250738585072012e-308", "0." + "0" * 400 + "1", "1" * 400 + ".0",
            "179769313486231580793728971405301e276", "4.9406564584124654e-324", "2.4703282292062328e-324")))
    c.labels(
        "integers", "integers keep their digits, whatever their number; -0 stays",
        *('{"app":%s}' % x for x in ("-0", "0", "12345678901234567890123456789012345678901234567890", "-9223372036854775809",
                                     "1" + "0" * 900)))
    c.labels("number-of-1001-digits", "numbers may have more than 1,000 digits",
             '{"app":' + "1" * 1001 + "}", '{"app":0.' + "1" * 1001 + "}")
    c.labels("same-by-value", "1.0, 1e0 and 10e-1 are one label map, 1 is another",
             *['{"app":%s}' % x for x in ("1.0", "1e0", "10e-1", "1", '"1.0E0"')])

    # Label texts.
    c.labels("escaped-equal-keys", "two keys that are equal once unescaped are one key twice", '{"app":1,"\\u0061pp":2}')
    c.labels("surrogate-keys", "two different unpaired surrogates both become ?, so they are one key twice",
             '{"\\ud835":1,"\\udcb3":2}')
    c.labels("surrogates", "a pair is a character, an unpaired half is ?",
             '{"app":"\\ud835\\udcb3"}', '{"app":"\\udcb3\\ud835"}', '{"\\ud835":"x"}', '{"app":"a\\ud835"}', '{"?":"x"}')
    c.labels("unusual-characters", "escapes in the stored text: controls, U+007F, U+2028, U+FEFF, noncharacters, solidus; the empty key",
             '{"":"x","app":""}',
             '{"app":"\\u0001\\u001f\\u007f\\u2028\\ufeff\\uffff\\/\\b\\f\\n\\r\\t\\"\\\\"}', '{"k\\tb":"\u2028","größe":"ß"}')
    c.labels("white-space", "the four JSON blanks may stand around every token", '\r\n\t { "app" \t:\n"x"\r,"env" : null } \n')
    c.labels("blank-form-feed", "a form feed is no JSON blank", '{\f"app":1}')
    c.labels("long-key", "a key of 60,000 characters is refused (50,000 is the most)", json.dumps({"k" * 60_000: "x", "app": "y"}))
    c.labels("text-null", "the text null is a NULL map, {} an empty one: two groups",
             "null", "{}", '{"zzz":"x"}')
    c.case("invalid-utf8", "invalid UTF-8 in a binary label column becomes U+FFFD", change=retyped(
        pod_labels=constant(b'{"app":"a\xffb"}', pa.binary())))
    c.case("invalid-utf8-name", "invalid UTF-8 in a name becomes U+FFFD", change=retyped(
        namespace=constant(b"a\xff\xc3b", pa.binary())))

    # Text columns that hold other types.
    c.case("text-int64", "text stored as INT64 is its digits, in joins, too", [pod("7", "n1", "7", "7"), pod("-12", "n1", "8", "8")],
           [volume("7", "7")], change=retyped(namespace=pa.int64(), pod=pa.int64(), resource_id=pa.int64()))
    c.case("text-int32", "text stored as INT32, INT16 and INT8", [pod("7", "n1", "7", "7")], change=retyped(
        namespace=pa.int32(), pod=pa.int16(), resource_id=pa.int8()))
    c.case("text-unsigned", "text stored as unsigned integers", [pod("7", "n1", "7", "7")], change=retyped(
        namespace=pa.uint32(), pod=pa.uint64(), resource_id=pa.uint8()))
    c.case("text-unsigned-large", "UINT32 and UINT64 beyond the signed range are read as negative", [pod("7")], change=retyped(
        namespace=constant(2**32 - 1, pa.uint32()), resource_id=constant(2**64 - 1, pa.uint64())))
    c.case("text-double", "text stored as DOUBLE is Java's Double.toString, which is not the text of a cast",
           [pod(x) for x in ("1", "0.001", "9999999", "10000000", "1e21", "5e-324", "0.1", "2e23", "-0", "1e-3", "inf", "nan")],
           change=retyped(namespace=pa.float64()))
    c.case("text-float", "text stored as FLOAT is Java's Float.toString", [pod("1.5"), pod("0.1")], change=retyped(namespace=pa.float32()))
    c.case("text-decimal", "text stored as DECIMAL keeps its scale", [pod("1.5"), pod("0"), pod("-12.345")], change=retyped(
        namespace=lambda v: pa.array([decimal.Decimal(x) for x in v.to_pylist()], pa.decimal128(9, 3))))
    c.case("text-dictionary", "text stored in an Arrow dictionary", [pod(), pod("b", labels='{"app":"x"}')], change=retyped(
        **dict.fromkeys(("namespace", "node", "pod_labels"), lambda v: v.combine_chunks().dictionary_encode())))
    c.case("node-int64", "`node` as INT64 is refused, since Trino holds `node != ''` against statistics of numbers", [pod(node="7")], change=retyped(node=pa.int64()))
    c.case("node-int64-bare", "`node` as INT64 without statistics and dictionary is its digits", [pod(node="7", resource_id="7")],
           change=retyped(node=pa.int64()), write={"write_statistics": False, "use_dictionary": False})
    c.case("text-date", "text stored as DATE is refused, even all NULL", change=retyped(resource_id=nothing(pa.date32())))
    c.case("text-timestamp", "text stored as TIMESTAMP is refused, even all NULL", change=retyped(
        resource_id=nothing(pa.timestamp("ms"))))
    c.case("text-refused-unread", "a column that no statement reads may have any type", change=retyped(
        node_role=constant(True, pa.bool_()), report_period_start=pa.date32()))
    c.case("text-refused-outside", "a refused type in a file whose rows are outside the window goes unnoticed", files=lambda d: pq.write_table(
        retyped(resource_id=constant(True, pa.bool_()))(table(layout.DAILY_PODS, [pod(at=DAY.replace(day=20))])), d / "z.parquet"))

    # Numbers and times that hold other types.
    measure = "pod_usage_cpu_core_seconds"
    c.case("double-int64", "a measure stored as INT64, up to 2^52 - 1", change=retyped(**{measure: constant(2**52 - 1, pa.int64())}))
    c.case("double-int64-large", "INT64 from 2^52 on is refused", change=retyped(**{measure: constant(2**52, pa.int64())}))
    c.case("double-int64-unread", "INT64 beyond 2^52 in a column that is not read", change=retyped(
        node_capacity_cpu_core_seconds=constant(2**60, pa.int64())), on=daily)
    c.case("double-small-integers", "measures stored as INT8, INT16, UINT8, and UINT32, which is read as signed", change=retyped(
        pod_usage_cpu_core_seconds=constant(-7, pa.int8()), pod_request_cpu_core_seconds=constant(300, pa.int16()),
        pod_limit_cpu_core_seconds=constant(200, pa.uint8()), pod_usage_memory_byte_seconds=constant(2**32 - 1, pa.uint32())))
    c.case("double-decimal", "a measure stored as DECIMAL is refused", change=retyped(
        **{measure: constant(decimal.Decimal("1.5"), pa.decimal128(9, 2))}))
    c.case("double-text-null", "a measure stored as text is refused, even all NULL", change=retyped(**{measure: nothing(pa.string())}))
    late = DAY.replace(hour=23, minute=59, second=59, microsecond=999_500)
    edges = [pod("a", at=late.replace(day=4)), pod("b", at=late.replace(day=4, microsecond=999_499)), pod("c", at=late),
             pod("d", at=late.replace(day=6)), pod("e", at=late.replace(day=6, microsecond=999_499))]
    for tag, kind, options in [
        ("time-micro", pa.timestamp("us"), {}), ("time-nano", pa.timestamp("ns"), {"version": "2.6"}),
        ("time-int96", pa.timestamp("ns"), {"use_deprecated_int96_timestamps": True}),
        ("time-zone", pa.timestamp("us", "America/New_York"), {}),
    ]:
        exact = [dict(e) for e in edges]

        def typed(found, kind=kind):
            times = pa.array([e["interval_start"] for e in exact], pa.timestamp("us")).cast(kind)
            return found.set_column(found.column_names.index("interval_start"), "interval_start", times)

        rounded = [dict(e, interval_start=e["interval_start"].replace(microsecond=0)) for e in edges]
        c.case(tag, f"interval_start as {tag[5:]}: rounded half up to the millisecond, into the next day and the window",
               rounded, change=typed, write=options)
    c.case("time-null", "an interval_start of Arrow's null type selects no row, where statistics say that all is NULL", change=retyped(interval_start=nothing(pa.null())))
    c.case("time-int64", "an interval_start stored as plain INT64 is refused", change=retyped(interval_start=pa.int64()))
    c.case("time-missing", "without an interval_start no row is in the window", change=lambda t: t.drop_columns(["interval_start"]))
    c.case("leap-day", "Feb 29: months of 29 days, and 23:59:59.9995 of it is no day of this window",
           [pod(at=datetime.datetime(2024, 2, 29)), pod("b", at=datetime.datetime(2024, 2, 29, 23, 59, 59, 999_000))],
           [volume(at=datetime.datetime(2024, 2, 29, 13))], year="2024", month="02", start_date="2024-02-29", end_date="2024-02-29")

    # Files.
    def one(name, namespace, **options):
        return lambda d: ((d / name).parent.mkdir(parents=True, exist_ok=True),
                          pq.write_table(table(layout.DAILY_PODS, [pod(namespace)]), d / name, **options))

    c.case("file-subfolder", "files in subfolders are read", files=one("late/day=3/x.parquet", "b"))
    c.case("file-hidden-subfolder", "folders that begin with _ or . are not", files=one("_late/x.parquet", "b"))
    c.case("file-no-parquet", "a file that is no Parquet is an error", files=lambda d: (d / "notes.txt").write_text("not Parquet"))
    c.case("file-truncated", "a truncated file is an error",
           files=lambda d: (d / "z.parquet").write_bytes((d / "part-0.parquet").read_bytes()[:-400]))
    c.case("file-no-rows", "a file without rows, one column of a refused type", files=lambda d: pq.write_table(
        retyped(resource_id=nothing(pa.bool_()))(table(layout.DAILY_PODS, [])), d / "z.parquet"))
    c.case("file-delta", "DELTA and BYTE_STREAM_SPLIT encodings, data pages of version 2", write={
        "use_dictionary": False, "data_page_version": "2.0", "column_encoding": {
            **dict.fromkeys(("namespace", "node"), "DELTA_BYTE_ARRAY"), "pod": "DELTA_LENGTH_BYTE_ARRAY",
            **dict.fromkeys(layout.POD_MEASURES, "BYTE_STREAM_SPLIT")}})
    c.case("name-case", "column names match in any case", change=lambda t: t.rename_columns([n.upper() for n in t.column_names]))
    c.case("name-twice", "of two columns whose names differ in case only, the first counts", on=daily,
           change=lambda t: t.append_column("NAMESPACE", pa.array(["upper"] * t.num_rows)))
    c.case("name-twice-first", "the same with the upper-case one in front", on=daily,
           change=lambda t: t.add_column(0, "NAMESPACE", pa.array(["upper"] * t.num_rows)))
    c.case("unknown-nested", "unknown columns are ignored, nested ones too", change=lambda t: t.append_column(
        "extra", pa.array([[{"a": 1}]] * t.num_rows)))
    c.case("missing-measures", "a column that a file lacks is NULL", change=lambda t: t.drop_columns(
        ["pod_effective_usage_cpu_core_seconds", "pod_request_cpu_core_seconds", "pod_labels", "resource_id"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path, nargs="?")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    if args.list == (args.out is not None):
        parser.error("give OUT or --list")
    cases = Cases(args.out)
    state(cases)
    if args.list:
        sys.stdout.write("".join(f"* `{tag}`: {about}.\n" for tag, about in cases.about))
        return
    target = args.out / SCHEMA
    target.mkdir(parents=True)
    (target / "reference.json").write_text(json.dumps(REFERENCE, indent=1, ensure_ascii=False))
    (target / "cases.json").write_text(json.dumps(cases.found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
