"""Seeded random OpenShift inputs, each case full of traps.

    generate.py OUT --seed N [--flavours NAME,…] [--sources N]

Writes a set (see fixtures/oracle/README.md) with one tenant for each flavour, named org<seed><flavour>.

plain     empty and null nodes, labels that change within a day, overlapping LIKE patterns, volumes mounted on several
          nodes or none, rows outside the window, null measures, unknown roles, odd JSON, strayed months
drift     integers for doubles, other timestamp units, large or dictionary strings, columns that are missing or typed
          null, column order, codecs, hidden and empty files, two thirds of the files in koku's daily layout
extreme   NaN, infinity, values beyond numeric(33,15), names that are too wide
text      label texts that are no flat JSON object
typed     label values that are numbers and booleans
nokeys    no enabled tag key
busy      many nodes and pods, several files a day in koku's naming, days without files, subfolders, pods that move
          between nodes while they share claims
types     text stored as integers, doubles, decimals, bytes; doubles as integers and floats; column names in mixed
          case; now and then a type that Trino refuses
times     micro- and nanoseconds and INT96 at the edges of days and of the window, month ends, Feb 29, Dec 31
numbers   labels whose values are floats of odd exponents, long integers, escapes, surrogates, keys that occur twice
capacity  hours without capacity, capacity that changes, missing hourly rows, negative remainders
like      namespaces and patterns of %, _, backslashes and wide characters
"""
import argparse
import calendar
import datetime
import decimal
import json
import pathlib
import random
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

import layout

FLAVOURS = ["plain", "drift", "extreme", "text", "typed", "nokeys", "busy", "types", "times", "numbers", "capacity", "like"]
KEYS = [
    "app", "env", "team", "vm_kubevirt_io_name", "cost-center", "app.kubernetes.io/name", "größe", "a b", 'x"y',
    "storageclass", "Zed", "", "k\tb", "\uff5ekey", "𝒳key", "2024", "App",
]
VALUES = [
    "web", "prod", "dev", "", "1", "01", "true", "née", "a|b", 'q"uote', "back\\slash", "tab\there", "𝒳", "null",
    "über/all", "日本", "\x01\x1f\n\x7f\u2028", " padded ", "{}",
]
NAMESPACES = [
    "openshift-logging", "Openshift-x", "openshift-", "größe-1", "𝒳-ns", "my\\_app", "pay\nments", "defaults",
    "openshift-monitoring", "openshift", "openshift-kube-apiserver", "kube-system", "default", "my_app", "myXapp",
    "test-1", "install-test", "Platform unallocated", "Worker unallocated", "Network unattributed",
    "Storage unattributed", "payments", "pay%ments", "", "default ", "日本-語", "e\u0301-ns", "é-ns",
]
PATTERNS = [
    "openshift", "my\\_app", "größe-_", "_-ns", "pay_ments", "OPENSHIFT-%", "%-%", "def%t", "", "openshift-%", "kube-%",
    "my_app", "Platform unallocated", "Worker unallocated", "%", "openshift%", "pay%", "te_t-1", "default", "nomatch",
    "%%", "_%", "%_-_%", "__-ns", "日_-%", "default_", "%unallocated", "[a-z]%", "pay.ments", "\\%", "%\\_%",
]
REFUSED_LABELS = [
    "", "[]", '"x"', "nul", '{"app":{"b":1}}', '{"zzz":[1]}', '{"app":1,"app":2}', '{"zzz":1,"zzz":1}', '{"app":NaN}',
    '{"app":"tab\there"}', '{"app":1}x', '{"app":"\\u0000"}', '{"app":01}', '{"app":1.}', '{"app":.5}', "{'app':1}",
    '{"app":1,}', '\ufeff{"app":1}', '{"app":+1}', '{"app":"\\x41"}', "1", "true", '{"app":{}}', "{", '{"a":"1" "b":2}',
    '{"\\ud835":1,"?":2}',
]
ODD_LABELS = [
    "null", " null", '{"app":"\\ud835"}', '{"app":"a\\udcb3b","\\ud835":"1"}', '{"app":1e400}',
    '\n {"app" : -0 , "env":1e5,"team":1E-7, "Zed":123456.789}\r\n', '{"\\u0061pp":"\\u00e9\\/"}', "{ }",
    '{"app":"\\ud835\\udcb3","env":"\\u007f\\b\\f"}', '{"app":-1e400,"env":1e-400,"team":-1e-400}',
]
MONTHS = [(2026, 2), (2024, 2), (2026, 10), (2026, 9), (2025, 12), (2026, 1)]


class Generator:
    """One tenant of one flavour."""

    def __init__(self, seed, flavour):
        self.random = random.Random(f"{seed} {flavour}")
        self.flavour = flavour

    def chance(self, probability):
        return self.random.random() < probability

    # ---- values -----------------------------------------------------------------------------------------------------

    def label_value(self):
        r = self.random
        if self.flavour == "numbers" and self.chance(0.8):
            return r.choice([
                r.uniform(-1, 1) * 10.0 ** r.randint(-320, 307), float(r.randint(1, 99)) * 10.0 ** r.randint(-30, 30),
                r.getrandbits(r.randint(1, 90)), -r.getrandbits(70), r.randint(0, 10**6) / 1000.0, 2.0 ** r.randint(-60, 90),
                5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 9007199254740993.0, 0.1 + 0.2, 1e7, 1e-3, -0.0,
            ])
        if self.flavour in ("typed", "numbers") and self.chance(0.3):
            return r.choice([1, 2.5, True, False, None, 12345678901234567890, 1e21, -0.0, 100.0])
        return r.choice(VALUES)

    def labels(self, nullable):
        """A label text."""
        r = self.random
        if nullable and self.chance(0.3):
            return None
        if self.flavour == "text" and self.chance(0.015) or self.flavour == "numbers" and self.chance(0.001):
            return r.choice(REFUSED_LABELS)
        if self.flavour != "plain" and self.chance(0.06):
            return r.choice(ODD_LABELS)
        wanted = {k: self.label_value() for k in r.sample(KEYS, r.choice([0, 0, 1, 2, 3, 5]))}
        return json.dumps(wanted, separators=r.choice([(", ", ": "), (",", ":")]), ensure_ascii=self.chance(0.5))

    def measure(self, nulls, scale):
        r = self.random
        if self.flavour == "extreme" and self.chance(0.01):
            return r.choice([
                float("nan"), float("inf"), -float("inf"), 1e25, 3.6e21, 3.5999999999999e21, 1e300, 1.7e308])
        if self.flavour == "extreme" and self.chance(0.05):
            return r.choice([5e-324, -0.0, -5.5, 1e15, 3.5e18])  # nothing large that cancels: sums have no order
        if self.chance(nulls):
            return None
        return r.choice([
            0.0, round(r.random() * scale, 6), r.random() * scale, scale, float(int(r.random() * scale)),
            r.choice([scale, 5e-16 * 3600, 1.5e-15 * 3600, 1e-7 * scale, 3600e12, 0.1, 1 / 3, 7.0])])

    def moment(self, year, month, day, hour):
        """An interval's start; in `times` at the edges of milliseconds, days and months."""
        at = datetime.datetime(year, month, day, hour)
        if self.flavour == "times" and self.chance(0.35):
            edge = self.random.choice([499, 500, 501, 999_499, 999_500, 999_999])
            return at.replace(hour=self.random.choice([0, 23]), minute=59, second=59, microsecond=edge)
        return at

    # ---- one case ---------------------------------------------------------------------------------------------------

    def case(self, number, big):
        r, flavour = self.random, self.flavour
        year, month = r.choice(MONTHS)
        length = calendar.monthrange(year, month)[1]
        first, last = 1, length
        if flavour == "times":
            first = r.choice([1, 1, length - 1, length])
            last = r.choice([first, length])
        elif not self.chance(0.5):
            first = r.randint(1, length)
            last = first if self.chance(0.5) else r.randint(first, length)
        active = sorted(r.sample(range(1, length + 1), min(length, r.choice([1, 2, 3, 5]) * min(big, 4))))
        if flavour == "times":
            active = sorted({1, length, *active[:3]} | {d for d in (first - 1, last + 1) if 1 <= d <= length})
        if not any(first <= d <= last for d in active):
            active[0] = first
        nulls = r.choice([0, 0, 0.05, 0.3])
        nullable = self.chance(0.3)
        nodes = self.nodes(number, r.randint(1, 5) * min(big, 5))
        namespaces = r.sample(NAMESPACES, r.randint(1, 12 if flavour == "like" else 6))
        if self.chance(0.1):
            namespaces.append(None)
        pods = [
            (f"pod-{r.randint(0, 5 * big)}", r.choice(namespaces), r.choice(nodes),
             [self.labels(nullable) for _ in range(r.choice([1, 1, 2]))])
            for _ in range(r.randint(1, 12) * big)]
        tables = {kind: [] for kind in layout.TABLES}
        start = datetime.datetime(year, month, 1)
        period = [start, datetime.datetime(year + month // 12, month % 12 + 1, 1)]
        capacity = {n: (r.choice([2.0, 4.0, 8.0, 96.0]), r.choice([2.0**33, 2.0**36, 1.5e10])) for n, _ in nodes}
        for day in active:
            for pod in pods:
                self.pod_day(tables, period, (year, month, day), pod, nodes, capacity, nulls)
            for name in dict.fromkeys(n for n, _ in nodes):
                for _ in range(r.choice([0, 1, 1, 1, 2])):
                    at = self.moment(year, month, day, r.choice([0, 0, 23]))
                    tables[layout.NODE_LABELS].append([*period, at, name, self.labels(nullable)])
            for name in namespaces:
                for _ in range(r.choice([0, 1, 1, 2])):
                    at = self.moment(year, month, day, r.choice([0, 0, 23]))
                    tables[layout.NAMESPACE_LABELS].append([*period, at, name, self.labels(nullable)])
            for volume in range(r.randint(0, 4) * big):
                self.volume_day(tables, period, (year, month, day), volume, pods, nulls, nullable)
        case = {
            "source": str(uuid.UUID(int=r.getrandbits(128), version=4)), "year": str(year), "month": f"{month:02d}",
            "start_date": str(datetime.date(year, month, first)), "end_date": str(datetime.date(year, month, last)),
            "cluster_id": f"cluster-{number}",
            "cluster_alias": r.choice([None, "prod", "O'Brien's \"lab\"", "クラスタ", ""]),
            "report_period_id": number + 1, "storage_exists": self.chance(0.85)}
        if flavour == "extreme" and self.chance(0.15):
            case["cluster_alias"] = "x" * r.choice([256, 257])
        if not case["storage_exists"]:
            tables[layout.VOLUMES].clear()
        return case, tables, self.node_roles(nodes, case["cluster_id"])

    def nodes(self, number, count):
        r = self.random
        ids = [f"i-{number:03d}%03d", f"I-{number:03d}%03d", "é-x", "\uff5e1", "𝒳1", "", None]
        if self.flavour == "types":
            found = [(str(r.choice([i, 1000 + i])), r.choice([str(i), f"{i}.5", None])) for i in range(count)]
        else:
            found = []
            for i in range(count):
                resource_id = r.choice(ids)
                found.append((f"node-{i}", resource_id % i if resource_id and "%" in resource_id else resource_id))
        if self.chance(0.5):
            found.append((found[0][0], r.choice(["a-other", "B-other", "𝒳2", "\uff5e2", "Ünode"])))
        if self.chance(0.3):
            found.append(("", ""))
        # A NULL node under a mounted volume makes the copy fail, so it stays rare.
        if self.chance(0.08):
            found.append((None, None))
        if self.chance(0.2):
            found.append((found[0][0], "i-other"))
        return found

    def node_roles(self, nodes, cluster):
        r, out = self.random, []
        roles = ["master", "infra", "worker", "worker", None, "gpu", "", "Worker", "żw", "𝒳r", "\uff5er"]
        for node, resource_id in nodes:
            if node and self.chance(0.85):
                known = resource_id if self.chance(0.9) else None
                out.append({"node": node, "resource_id": known, "node_role": r.choice(roles), "cluster": cluster})
                if self.chance(0.15):
                    out.append(dict(out[-1], resource_id=resource_id, node_role=r.choice(roles[:3])))
        return out

    def pod_day(self, tables, period, date, pod, nodes, capacity, nulls):
        r, flavour = self.random, self.flavour
        name, namespace, (node, resource_id), texts = pod
        if self.chance(0.2):
            return
        if self.chance(0.35 if flavour == "busy" else 0.1):
            node, resource_id = r.choice(nodes)
        days = {}
        for hour in sorted(r.sample(range(24), r.randint(1, 4))):
            at = self.moment(*date, hour)
            if self.chance(0.2) and flavour != "times":
                at += datetime.timedelta(minutes=30, milliseconds=r.choice([0, 999]))
            cores, memory = capacity[node]
            if self.chance(0.1):
                cores += 1
            if self.chance(0.1):
                memory *= 1.5
            f = [self.measure(nulls, s) for s in (3600, 3600, 0, 7200, 2.0**42, 2.0**42, 0, 2.0**43)]
            f += [cores, cores * 3600, memory, memory * 3600]
            for effective in (2, 6):
                both = [x for x in f[effective - 2 : effective] if x is not None]
                f[effective] = max(both, default=None) if not self.chance(nulls) else None
            if flavour == "capacity":
                gone = r.choice([0, 0, 0.3, 1])
                f[8:] = [None if self.chance(gone) else r.choice([x, x, x / 2, 0.0, 1.0]) for x in f[8:]]
            else:
                f[9] = None if self.chance(0.1) else f[9]
                f[11] = None if self.chance(0.1) else f[11]
            text = r.choice(texts)
            head = [namespace, node, name, resource_id, None, text]
            if not self.chance(0.4 if flavour == "capacity" else 0.15):
                tables[layout.HOURLY_PODS].append([*period, None if self.chance(0.02) else at, *head, *f])
            days.setdefault(text, []).append(f)
        for text, hours in days.items():
            f = []
            for i, column in enumerate(zip(*hours)):
                known = [x for x in column if x is not None]
                if not known or i < 8 and self.chance(nulls * nulls):
                    f.append(None)
                else:
                    f.append(max(known) if i in (8, 10) else sum(known))
            at = self.moment(*date, 0) if self.chance(0.5) else datetime.datetime(*date)
            at += datetime.timedelta(hours=5 if self.chance(0.05) and at.hour == 0 else 0)
            head = [namespace, node, name, resource_id, None, text]
            tables[layout.DAILY_PODS].append([*period, None if self.chance(0.02) else at, *head, *f])

    def volume_day(self, tables, period, date, volume, pods, nulls, nullable):
        r = self.random
        claim = r.choice([f"pvc-{volume}"] * 4 + [None, "pvc-0"])
        name = r.choice([f"pv-{volume}", f"pv-{volume}", "pv-shared", None, ""])
        volume_labels, claim_labels = self.labels(nullable), self.labels(nullable)
        for _ in range(r.choice([1, 1, 2, 3])):
            pod, namespace, (node, _), _ = r.choice(pods)
            pod = r.choice([pod, pod, pod, pod, "ghost", None]) if self.chance(0.5) else pod
            name = "pv-second" if self.chance(0.2) else name
            size = r.choice([2.0**30, 10 * 2.0**30, 1e9])
            tables[layout.VOLUMES].append([
                *period, self.moment(*date, r.choice([0, 0, 13])), namespace, r.choice([node, None]), pod, claim, name,
                r.choice(["gp3", "standard", None]), r.choice(["ebs.csi.aws.com", None]),
                r.choice([f"vol-{volume}", None]), volume_labels, claim_labels,
                *(self.measure(nulls, size * s) for s in (1, 86400, 86400, 40000))])

    # ---- files ------------------------------------------------------------------------------------------------------

    def drifted(self, name, column):
        """A column in another physical type that Trino reads as the same values, or that it refuses."""
        r, c, v = self.random, self.random.random(), column.to_pylist()
        whole = all(x is None or x == x and abs(x) < 2**52 and x == int(x) for x in v) if name in MEASURES else False
        if name in MEASURES:
            if all(x is None for x in v) and c < 0.6:
                return pa.nulls(len(v))
            if c < 0.2 and whole:
                return pa.array([None if x is None else int(x) for x in v], pa.int64())
            if c < 0.3:
                return column.cast(pa.float32())
            if c < 0.45 and whole and all(x is None or abs(x) < 2**31 for x in v):
                return pa.array([None if x is None else int(x) for x in v], pa.int32())
            return column
        if name in layout.TIMESTAMPS:
            if self.flavour == "times":
                c *= 0.9
            if c < 0.25:
                return column.cast(pa.timestamp("us"))
            if c < 0.5:
                return column.cast(pa.timestamp("ns"))
            if c < 0.65:
                return column.cast(pa.timestamp("us", tz="UTC"))
            if c < 0.8:
                return column.cast(pa.timestamp("ns"))
            return column
        if all(x is None for x in v) and c < 0.6:
            return pa.nulls(len(v))
        if c < 0.15:
            return column.cast(pa.large_string())
        if c < 0.25:
            return column.cast(pa.binary())
        if c < 0.4:
            return column.dictionary_encode()
        return column

    def retyped(self, name, column):
        """`types`: texts that are stored as numbers."""
        r, v = self.random, column.to_pylist()
        if name in layout.LABELS or name in layout.TIMESTAMPS or name in MEASURES or self.chance(0.5):
            return self.drifted(name, column)
        try:
            numbers = [None if x is None else float(x) for x in v]
        except ValueError:
            return self.drifted(name, column)
        kind = r.choice(["int64", "int32", "double", "decimal", "bytes"])
        if kind in ("int64", "int32") and all(x is None or x == int(x) for x in numbers):
            return pa.array([None if x is None else int(x) for x in numbers], pa.type_for_alias(kind))
        if kind == "decimal":
            width = r.choice([9, 18, 30])
            return pa.array([None if x is None else decimal.Decimal(repr(x)) for x in numbers], pa.decimal128(width, 3))
        return pa.array(numbers, pa.float64()) if kind == "double" else column.cast(pa.binary())

    def refused(self, kind):
        """`types`: a column and the type in which Trino refuses it."""
        r = self.random
        texts = [n for n in layout.TABLES[kind].names if layout.hive_type(n) == "varchar"]
        measures = [n for n in layout.TABLES[kind].names if layout.hive_type(n) == "double"]
        choices = [("interval_start", pa.int64()), ("interval_start", pa.date32()), ("interval_start", pa.string())]
        choices += [(n, t) for n in texts for t in (pa.bool_(), pa.date32(), pa.timestamp("ms"))]
        choices += [(n, t) for n in measures for t in (pa.string(), pa.bool_(), pa.decimal128(20, 3))]
        return r.choice(choices)

    def file(self, path, table, refused):
        """Write one Parquet file."""
        r, options = self.random, {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.flavour in ("plain", "extreme", "text", "busy", "like", "capacity"):
            for name in layout.TIMESTAMPS[:3]:
                at = table.column_names.index(name)
                table = table.set_column(at, name, table[name].cast(pa.timestamp("ms")))
            pq.write_table(table, path)
            return
        names, columns = [], []
        for name, column in zip(table.column_names, table.columns):
            column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
            if name in ("node_role", "csi_driver", "csi_volume_handle", "report_period_end") and self.chance(0.4):
                continue
            if name in layout.POD_MEASURES and self.chance(0.05):
                continue
            column = (self.retyped if self.flavour == "types" else self.drifted)(name, column)
            if refused is not None and name == refused[0]:
                column = pa.nulls(table.num_rows).cast(refused[1])
                if self.chance(0.5) and pa.types.is_boolean(refused[1]):
                    column = pa.array([True] * table.num_rows)
            names.append(r.choice([name, name.upper(), name.title()]) if self.flavour == "types" else name)
            columns.append(column)
        order = list(range(len(columns)))
        r.shuffle(order)
        if any(pa.types.is_timestamp(c.type) and c.type.unit == "ns" for c in columns):
            int96 = refused is None and self.chance(0.4)  # Trino reads INT96 as text, if all of it is NULL
            options = {"use_deprecated_int96_timestamps": True} if int96 else {"version": "2.6"}
        elif not any(pa.types.is_timestamp(c.type) and c.type.unit == "us" for c in columns):
            options = {"coerce_timestamps": "ms", "allow_truncated_timestamps": True} if self.flavour != "times" else {}
        options["compression"] = r.choice(["snappy", "gzip", "zstd", "none"])
        options["data_page_version"] = r.choice(["1.0", "2.0"])
        if self.chance(0.9):
            # Trino holds `node != ''` against statistics and dictionaries, and fails where they are of numbers.
            prunable = [n for n, c in zip(names, columns) if n.lower() != "node" or pa.types.is_string(c.type)]
            options |= {"write_statistics": prunable, "use_dictionary": prunable}
        pq.write_table(pa.table([columns[i] for i in order], names=[names[i] for i in order]), path, **options)

    def partition(self, folder, kind, table, refused=None):
        """Write a month's rows as one or several files."""
        r, flavour = self.random, self.flavour
        report, daily = kind
        koku = flavour == "busy" or flavour not in ("plain", "extreme", "text") and self.chance(0.3)
        if koku and table.num_rows:
            days = [None if t is None else t.date() for t in table["interval_start"].to_pylist()]
            for day in sorted({d for d in days if d is not None}):
                rows = [i for i, d in enumerate(days) if d == day or d is None and day == min(filter(None, days))]
                for part in range(r.choice([1, 2, 3]) if flavour == "busy" else 1):
                    some = rows if flavour != "busy" else [i for i in rows if i % 3 == part or self.chance(0.02)]
                    suffix = f"{part}_daily_0" if daily else f"{part}_0"
                    below = r.choice([".", ".", ".", "late", "a/b"]) if flavour == "busy" else "."
                    path = folder / below / f"{report}.{day}.{r.randint(1, 99)}.{suffix}.parquet"
                    self.file(path, table.take(pa.array(some, pa.int64())), refused)
            if all(d is None for d in days):
                self.file(folder / "part-0.parquet", table, refused)
        else:
            cut = r.randint(0, table.num_rows) if self.chance(0.5) else table.num_rows
            parts = [table.slice(0, cut), table.slice(cut)] if cut < table.num_rows else [table]
            for i, part in enumerate(parts):
                self.file(folder / f"part-{i}.parquet", part, refused if i == 0 else None)
        if flavour in ("drift", "types", "busy"):
            if self.chance(0.3):
                (folder / "_SUCCESS").write_text("")
            if self.chance(0.3):
                pq.write_table(table, folder / ".hidden.parquet")
            if self.chance(0.2):
                (folder / "zero.parquet").write_text("")
            if self.chance(0.1):
                (folder / "_temporary").mkdir()
                pq.write_table(table, folder / "_temporary" / "part-0.parquet")

    # ---- the tenant -------------------------------------------------------------------------------------------------

    def tenant(self, out, schema, sources, big):
        r = self.random
        keys = [] if self.flavour == "nokeys" else r.sample(KEYS, r.choice([1, r.randint(1, len(KEYS)), len(KEYS)]))
        if "vm_kubevirt_io_name" in keys and len(keys) > 1 and self.chance(0.5):
            keys.remove("vm_kubevirt_io_name")
        patterns = r.sample(PATTERNS, r.randint(8, 16) if self.flavour == "like" else r.randint(0, 9))
        reference = {
            "enabled_keys": keys, "disabled_keys": [k for k in KEYS if k not in keys],
            "cost_categories": [{"namespace": p, "cost_category_id": r.choice([1, 2, 3, None])} for p in patterns],
            "nodes": []}
        found = []
        for number in range(sources):
            case, tables, nodes = self.case(number, big if self.flavour == "busy" or number % 10 == 9 else 1)
            reference["nodes"] += nodes
            found.append(case)
            bad = r.choice(list(layout.TABLES)) if self.flavour == "types" and self.chance(0.25) else None
            for kind, rows in tables.items():
                fields = [
                    pa.field(f.name, pa.timestamp("us") if pa.types.is_timestamp(f.type) else f.type)
                    for f in layout.TABLES[kind]]
                columns = list(zip(*rows)) if rows else [[] for _ in fields]
                table = pa.table([pa.array(c, f.type) for c, f in zip(columns, fields)], schema=pa.schema(fields))
                if not table.num_rows and self.chance(0.5):
                    continue  # no folder at all
                folder = layout.partition_dir(out, schema, case, kind)
                folder.mkdir(parents=True)
                self.partition(folder, kind, table, self.refused(kind) if kind == bad else None)
                if self.chance(0.25):  # the same rows under another month or year
                    year, month = int(case["year"]), int(case["month"])
                    other = r.choice([f"year={year}/month={month % 12 + 1:02d}", f"year={year + 1}/month={month:02d}"])
                    self.file(folder.parent.parent / other / "part-0.parquet", table, None)
        target = pathlib.Path(out, schema)
        target.mkdir(parents=True)
        (target / "reference.json").write_text(json.dumps(reference, indent=1, ensure_ascii=False))
        (target / "cases.json").write_text(json.dumps(found, indent=1, ensure_ascii=False))


MEASURES = layout.POD_MEASURES + layout.VOLUME_MEASURES


def generate(out, seed, flavours, sources, big=6):
    """Write a set; the names of its tenants."""
    names = []
    for flavour in flavours:
        names.append(f"org{seed}{flavour}")
        Generator(seed, flavour).tenant(out, names[-1], sources, big)
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--flavours", default=",".join(FLAVOURS))
    parser.add_argument("--sources", type=int, default=5, help="cases of each flavour")
    parser.add_argument("--big", type=int, default=6, help="factor on pods, nodes, days and volumes of large cases")
    args = parser.parse_args()
    generate(args.out, args.seed, args.flavours.split(","), args.sources, args.big)


if __name__ == "__main__":
    main()
