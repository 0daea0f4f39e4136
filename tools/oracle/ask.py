"""Ask a live Trino what koku's OpenShift daily summary answers, and store it beside each case.

    ask.py ROOT --sql FILE.sql [--only SCHEMA,…] [--resume]

ROOT is a set (see fixtures/oracle/README.md) and FILE.sql the daily summary of a koku checkout; none is kept here.
Writes ROOT/<schema>/expected/<source>.{hive.parquet,pg.parquet,error.txt}.
"""
import argparse
import datetime
import json
import pathlib
import time

import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import sqlparse
import trino
from jinjasql import JinjaSql

import layout

HERE = pathlib.Path(__file__).parent
SUMMARY = "reporting_ocpusagelineitem_daily_summary"
# These make small statements quick and leave one writer, so that a failed insert leaves nothing; answers do not hang on them.
SESSION = {
    "enable_dynamic_filtering": "false",
    "hive.collect_column_statistics_on_write": "false",
    "hive.statistics_enabled": "false",
    "join_distribution_type": "BROADCAST",
    "join_reordering_strategy": "NONE",
    "redistribute_writes": "false",
    "scale_writers": "false",
    "task_concurrency": "1",
    "task_scale_writers_enabled": "false",
}
# Trino was stopped or overloaded, which says nothing about the case.
NO_ANSWER = {"ABANDONED_QUERY", "EXCEEDED_TIME_LIMIT", "NO_NODES_AVAILABLE", "SERVER_SHUTTING_DOWN", "CLUSTER_OUT_OF_MEMORY",
             "GENERIC_INSUFFICIENT_RESOURCES", "EXCEEDED_LOCAL_MEMORY_LIMIT", "TOO_MANY_REQUESTS_FAILED", "USER_CANCELED"}
ARROW_TYPES = {"double": pa.float64(), "integer": pa.int32(), "date": pa.date32()}


def add_arguments(parser):
    """The options that say where Trino, PostgreSQL and koku's SQL are."""
    parser.add_argument("--sql", type=pathlib.Path, help="the daily summary's SQL in a koku checkout")
    parser.add_argument("--trino", default="127.0.0.1:8088", metavar="HOST:PORT")
    parser.add_argument("--pg", default="host=127.0.0.1 port=5544 user=postgres dbname=postgres", metavar="DSN")


def columns_of(folder, kind):
    """The declared columns, then whatever else the files of a table hold; Hive names are lower case."""
    found = dict.fromkeys(layout.TABLES[kind].names)
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name[0] in "._" or not path.stat().st_size:
            continue
        try:
            found.update(dict.fromkeys(name.lower() for name in pq.ParquetFile(path).schema_arrow.names))
        except (pa.ArrowInvalid, OSError):
            continue  # Trino is to refuse the file, not we
    return found


def stored_text(value):
    """A PostgreSQL value as text: numerics exact, JSON with sorted keys."""
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return str(value)


class Oracle:
    """A live Trino with koku's statements."""

    def __init__(self, sql, address, dsn):
        host, port = address.split(":")
        self.trino = trino.dbapi.connect(
            host=host, port=int(port), user="admin", catalog="hive", schema="default", session_properties=SESSION)
        self.pg = psycopg2.connect(dsn)
        self.pg.autocommit = True
        self.jinja = JinjaSql(param_style="qmark")
        self.statements = sqlparse.split(pathlib.Path(sql).read_text())

    def query(self, sql, parameters=None):
        cursor = self.trino.cursor()
        cursor.execute(sql, parameters) if parameters else cursor.execute(sql)
        return cursor.fetchall(), cursor.description

    def prepare(self, root, schema):
        """Make a tenant's tables afresh, in Hive over the set's files and in PostgreSQL."""
        reference = layout.reference(root, schema)
        with self.pg.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
            cursor.execute((HERE / "catalog.sql").read_text().format(schema=schema))
            disabled = reference["disabled_keys"]
            keys = [(k, True, "OCP") for k in reference["enabled_keys"]]
            keys += [(k, False, "OCP") for k in disabled] + [(k, True, "AWS") for k in disabled]
            insert = f"INSERT INTO {schema}."
            cursor.executemany(
                f"{insert}reporting_enabledtagkeys (key, enabled, provider_type) VALUES (%s, %s, %s)", keys)
            cursor.executemany(
                f"{insert}reporting_ocp_cost_category_namespace (namespace, cost_category_id) VALUES (%s, %s)",
                [(c["namespace"], c["cost_category_id"]) for c in reference["cost_categories"]])
            cursor.executemany(
                f"{insert}reporting_ocp_nodes (node, resource_id, node_role) VALUES (%s, %s, %s)",
                [(n["node"], n["resource_id"], n["node_role"]) for n in reference["nodes"]])
        self.query(f"CREATE SCHEMA IF NOT EXISTS hive.{schema}")
        for kind in layout.TABLES:
            name, folder = layout.table_name(kind), layout.table_dir(root, schema, kind).resolve()
            folder.mkdir(parents=True, exist_ok=True)
            declared = ", ".join(f'"{c}" {layout.hive_type(c)}' for c in columns_of(folder, kind))
            self.query(f"DROP TABLE IF EXISTS hive.{schema}.{name}")
            self.query(
                f"CREATE TABLE hive.{schema}.{name} ({declared}, source varchar, year varchar, month varchar) WITH "
                f"(external_location = 'local://{folder}', format = 'PARQUET', "
                "partitioned_by = ARRAY['source', 'year', 'month'])")
            self.query(f"CALL hive.system.sync_partition_metadata('{schema}', '{name}', 'FULL')")
        self.query(f"DROP TABLE IF EXISTS hive.{schema}.{SUMMARY}")

    def forget(self, schema):
        """Drop what `prepare` made; the set's files stay."""
        self.query(f"DROP SCHEMA hive.{schema} CASCADE")
        with self.pg.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")

    def answer(self, root, schema, case):
        """Run the statements for a case and store what they leave; the error's text, if there was one."""
        first, last = (datetime.date.fromisoformat(case[k]) for k in ("start_date", "end_date"))
        days = tuple(str((first + datetime.timedelta(i)).day) for i in range((last - first).days + 1))
        parameters = dict(case, schema=schema, start_date=first, end_date=last, days=days)
        error = None
        try:
            for statement in self.statements:
                sql, bound = self.jinja.prepare_query(statement, parameters)
                sql = sql.strip().rstrip(";").strip()
                if sqlparse.format(sql, strip_comments=True).strip():
                    self.query(sql, list(bound) or None)
        except trino.exceptions.TrinoQueryError as failure:
            if failure.error_name in NO_ANSWER:
                raise
            error = str(failure).replace(str(pathlib.Path(root).resolve()), "")[:2000]
        path = layout.expected(root, schema, case, "error.txt")
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        if error is not None:
            path.write_text(error)
        rows, about = self.query(f"SELECT * FROM hive.{schema}.{SUMMARY} WHERE source = ?", [case["source"]])
        cells = list(zip(*rows)) if rows else [[] for _ in about]
        table = {d[0]: pa.array(list(c), ARROW_TYPES.get(d[1], pa.string())) for d, c in zip(about, cells)}
        pq.write_table(pa.table(table), layout.expected(root, schema, case, "hive.parquet"))
        with self.pg.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {schema}.{SUMMARY} WHERE source_uuid = %s", (case["source"],))
            names, rows = [d.name for d in cursor.description], cursor.fetchall()
        table = {n: pa.array([stored_text(r[i]) for r in rows], pa.string()) for i, n in enumerate(names) if n != "uuid"}
        pq.write_table(pa.table(table), layout.expected(root, schema, case, "pg.parquet"))
        return error


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=pathlib.Path)
    add_arguments(parser)
    parser.add_argument("--only", metavar="SCHEMA,…")
    parser.add_argument("--resume", action="store_true", help="leave out cases that have an answer")
    args = parser.parse_args()
    if args.sql is None:
        parser.error("--sql is needed")
    oracle = Oracle(args.sql, args.trino, args.pg)
    for schema in layout.schemas(args.root, args.only):
        wanted = layout.cases(args.root, schema)
        if args.resume:
            wanted = [c for c in wanted if not layout.expected(args.root, schema, c, "pg.parquet").exists()]
        if not wanted:
            continue
        oracle.prepare(args.root, schema)
        for case in wanted:
            began = time.monotonic()
            error = oracle.answer(args.root, schema, case)
            print(schema, case["source"], f"{time.monotonic() - began:.1f} s", error or "answered", flush=True)
        oracle.forget(schema)


if __name__ == "__main__":
    main()
