//! The database, the reference data, and the sinks of koku's tables, with a real server.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

#[path = "../support/postgres.rs"]
pub(crate) mod support;

use aggregator_core::labels::EnabledTagKeys;
use aggregator_core::run::{ClusterId, Run, SourceUuid, Window};
use aggregator_core::table::reference::{NODE_LIST, PROJECT_LIST, VOLUME_LIST};
use aggregator_core::table::summary::OCP_DAILY_SUMMARY_POSTGRES;
use aggregator_core::table::{Kind, Table};
use aggregator_io::database::{Database, DatabaseConfig};
use aggregator_io::error::Error;
use aggregator_io::execute::{Engine, transform};
use aggregator_io::sink::lists::{self, ClusterLists, Upserted, UpsertedLists};
use aggregator_io::sink::postgres::{PostgresSink, Written};
use aggregator_io::source::reference::{self, ReferenceData};
use chrono::NaiveDate;
use polars::prelude::*;
use std::error::Error as _;
use std::time::Duration;
use support::{Cluster, Layout, TestDatabase, tracking_table};

const SCHEMA: &str = "org1234567";
const TABLE: &str = "org1234567.reporting_ocpusagelineitem_daily_summary";
const SOURCE: &str = "9f0a1b2c-3d4e-4f50-8a6b-7c8d9e0f1a2b";
const OTHER_SOURCE: &str = "11111111-2222-4333-8444-555555555555";

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// A run of report period 7 over the 3rd to the 5th of February 2026.
fn run() -> Run {
    Run {
        source: SOURCE.parse().expect("a UUID"),
        cluster_id: ClusterId("cluster-1".into()),
        cluster_alias: Some("my cluster".into()),
        report_period_id: Some(7),
        window: Window::new(day("2026-02-03"), day("2026-02-05")).expect("days of one month"),
    }
}

/// A frame of `table` with the given columns; the others are null.
fn frame(table: &Table, given: &[Series]) -> DataFrame {
    let height = given.first().expect("at least one column").len();
    let columns = table.columns.iter().map(|column| {
        let kind = column.kind.data_type();
        match given.iter().find(|series| series.name() == column.name) {
            Some(series) => series.cast(&kind).expect("a value of the column's type").into(),
            None => Series::full_null(column.name.into(), height, &kind).into(),
        }
    });
    let columns: Vec<Column> = columns.collect();
    for series in given {
        assert!(table.column(series.name()).is_some(), "{} has no column {}", table.name, series.name());
    }
    DataFrame::new(height, columns).expect("columns of one length")
}

fn text<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> Series {
    Series::new(name.into(), values.into_iter().collect::<Vec<_>>())
}

fn days(name: &str, values: impl IntoIterator<Item = &'static str>) -> Series {
    let values: Vec<_> = values.into_iter().map(day).collect();
    Series::new(name.into(), values)
}

/// Rows of the daily summary on the 3rd of February, known by their namespaces.
fn rows(namespaces: &[&str]) -> DataFrame {
    let dates = vec!["2026-02-03"; namespaces.len()];
    let period = Series::new("report_period_id".into(), vec![7_i32; namespaces.len()]);
    let sources = text("source_uuid", vec![SOURCE; namespaces.len()]);
    let given =
        vec![text("namespace", namespaces.iter().copied()), days("usage_start", dates.clone()), days("usage_end", dates), period, sources];
    frame(&OCP_DAILY_SUMMARY_POSTGRES, &given)
}

/// A row that somebody else wrote.
fn insert(namespace: &str, date: &str, period: &str, source: &str, raw_cost: &str) -> String {
    format!(
        "INSERT INTO {TABLE} (uuid, namespace, usage_start, usage_end, report_period_id, source_uuid, infrastructure_raw_cost)
         VALUES (gen_random_uuid(), '{namespace}', '{date}', '{date}', {period}, '{source}', {raw_cost});"
    )
}

async fn namespaces(database: &TestDatabase) -> Vec<String> {
    let names = database.texts(format!("SELECT namespace::text FROM {TABLE} ORDER BY namespace")).await;
    names.into_iter().map(Option::unwrap_or_default).collect()
}

async fn connect(database: &TestDatabase) -> Database {
    let config = DatabaseConfig::from_url(&database.url).expect("a URL");
    Database::connect(&config).await.expect("the server runs")
}

/// A database with a tenant whose daily summary is stored in `layout`.
async fn tenant(layout: Layout) -> (TestDatabase, Database) {
    let test = Cluster::shared().create_database().await;
    test.create_tenant(SCHEMA, layout).await;
    let database = connect(&test).await;
    (test, database)
}

/// Message, causes and hint, as a person sees them.
fn story(error: &Error) -> String {
    let mut story = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        story = format!("{story}: {error}");
        cause = error.source();
    }
    format!("{story}\n{}\n{error:?}", error.hint().unwrap_or_default())
}

async fn write_once(database: &Database, run: &Run, frame: &DataFrame) -> Written {
    let mut sink = PostgresSink::begin(database, SCHEMA, run).await.expect("a table that fits");
    sink.write(frame).await.expect("rows that fit");
    sink.commit().await.expect("an open transaction")
}

// What is written.

#[tokio::test]
async fn every_column_holds_what_it_was_given() {
    let (test, database) = tenant(Layout::Plain).await;
    // Column, given value, expected text; a number is its place, so that no two columns can be swapped unseen.
    let mut given = Vec::new();
    let mut expected = Vec::new();
    for (place, column) in (1_i32..).zip(OCP_DAILY_SUMMARY_POSTGRES.columns) {
        let name = column.name;
        let (series, shown) = match column.kind {
            Kind::Text => (text(name, [name]), name.to_owned()),
            Kind::Labels => {
                (text(name, [format!(r#"{{"b":"ü","a{place}":"x\"\\\n"}}"#).as_str()]), format!(r#"{{"b": "ü", "a{place}": "x\"\\\n"}}"#))
            }
            Kind::Double => (Series::new(name.into(), [f64::from(place) + 0.25]), format!("{place}.250000000000000")),
            Kind::Integer => (Series::new(name.into(), [place]), place.to_string()),
            Kind::Date => (days(name, ["2024-02-29"]), "2024-02-29".to_owned()),
            Kind::Uuid => (text(name, [SOURCE]), SOURCE.to_owned()),
            _ => panic!("{name} is no column of a summary"),
        };
        given.push(series);
        expected.push(Some(shown));
    }
    let written = write_once(&database, &run(), &frame(&OCP_DAILY_SUMMARY_POSTGRES, &given)).await;
    assert_eq!(written, Written { deleted: 0, inserted: 1 });
    // jsonb orders keys by length first, so `b` comes before `a9`.
    let names: Vec<_> = OCP_DAILY_SUMMARY_POSTGRES.columns.iter().map(|column| format!("{}::text", column.name)).collect();
    let found = test.texts(format!("SELECT unnest(array[{}]) FROM {TABLE}", names.join(", "))).await;
    assert_eq!(found, expected);
    let rest = test
        .texts(format!(
            "SELECT key FROM {TABLE} AS row, jsonb_each(to_jsonb(row)) WHERE value <> 'null' AND NOT key = ANY (array['{}'])",
            OCP_DAILY_SUMMARY_POSTGRES.columns.iter().map(|column| column.name).collect::<Vec<_>>().join("', '")
        ))
        .await;
    assert!(rest.is_empty(), "columns that nobody gave stay null: {rest:?}");
}

#[tokio::test]
async fn nulls_stay_null_and_each_row_gets_an_id() {
    let (test, database) = tenant(Layout::Plain).await;
    let dates = vec!["2026-02-03"; 3];
    let only_days = frame(&OCP_DAILY_SUMMARY_POSTGRES, &[days("usage_start", dates.clone()), days("usage_end", dates)]);
    write_once(&database, &run(), &only_days).await;
    let keys =
        test.texts(format!("SELECT DISTINCT key FROM {TABLE} AS row, jsonb_each(to_jsonb(row)) WHERE value <> 'null' ORDER BY key")).await;
    assert_eq!(keys, ["usage_end", "usage_start", "uuid"].map(|name| Some(name.to_owned())));
    assert_eq!(test.count(format!("SELECT count(DISTINCT uuid) FROM {TABLE}")).await, 3);
}

/// The doubles and their decimals are answers of a live Trino 476; PostgreSQL's own cast gives others.
#[tokio::test]
async fn a_double_becomes_the_decimal_that_trino_makes_of_it() {
    let (test, database) = tenant(Layout::Plain).await;
    let cases = [
        (12_345.678_901_234_567, "12345.678901234567000"),
        (0.1, "0.100000000000000"),
        (-0.0, "0.000000000000000"),
        (5e-16, "0.000000000000001"),
        (-5e-16, "-0.000000000000001"),
        (4.999_999_999_999_999e-16, "0.000000000000000"),
        (2.5e-15, "0.000000000000003"),
        (0.123_456_789_012_344_5, "0.123456789012345"),
        (9.999_999_999_999_999e17, "999999999999999900.000000000000000"),
        (-123_456_789.000_012_34, "-123456789.000012340000000"),
        (10_000.0, "10000.000000000000000"),
        (1e16, "10000000000000000.000000000000000"),
        (0.000_1, "0.000100000000000"),
        (90_000_000.000_000_01, "90000000.000000010000000"),
    ];
    let dates = vec!["2026-02-03"; cases.len()];
    let values = Series::new("pod_usage_cpu_core_hours".into(), cases.map(|(value, _)| value));
    let frame = frame(&OCP_DAILY_SUMMARY_POSTGRES, &[values, days("usage_start", dates.clone()), days("usage_end", dates)]);
    write_once(&database, &run(), &frame).await;
    // Compared as numbers, and as what they print.
    let mut found = test.texts(format!("SELECT pod_usage_cpu_core_hours::text FROM {TABLE}")).await;
    let mut expected: Vec<_> = cases.iter().map(|(_, text)| Some((*text).to_owned())).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    let values = cases.map(|(_, text)| format!("({text}::numeric)")).join(", ");
    let strange = format!("SELECT count(*) FROM {TABLE} WHERE pod_usage_cpu_core_hours NOT IN (VALUES {values})");
    assert_eq!(test.count(strange).await, 0);
}

#[tokio::test]
async fn blanks_beyond_the_width_are_cut_and_other_text_is_refused() {
    let (test, database) = tenant(Layout::Plain).await;
    let alias = "é".repeat(50);
    let wide = |end: &str| {
        let dates = ["2026-02-03"];
        let alias = text("cluster_id", [format!("{alias}{end}").as_str()]);
        frame(&OCP_DAILY_SUMMARY_POSTGRES, &[alias, days("usage_start", dates), days("usage_end", dates)])
    };
    write_once(&database, &run(), &wide("   ")).await;
    assert_eq!(test.texts(format!("SELECT cluster_id::text FROM {TABLE}")).await, [Some(alias.clone())]);
    let mut sink = PostgresSink::begin(&database, SCHEMA, &run()).await.expect("a table that fits");
    let error = sink.write(&wide("  x")).await.expect_err("51 characters");
    assert!(story(&error).contains("character varying(50)"), "{}", story(&error));
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn many_rows_arrive_whole_over_many_messages_and_writes() {
    let (test, database) = tenant(Layout::Plain).await;
    let count = 10_000_usize;
    let names: Vec<_> = (0..count).map(|row| format!("namespace-{row:05}-{}", "x".repeat(200))).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let frame = rows(&names);
    let mut sink = PostgresSink::begin(&database, SCHEMA, &run()).await.expect("a table that fits");
    for (from, length) in [(0, 9_000), (9_000, 0), (9_000, 1_000)] {
        sink.write(&frame.slice(from, length)).await.expect("rows that fit");
    }
    assert_eq!(sink.commit().await.expect("an open transaction"), Written { deleted: 0, inserted: count as u64 });
    assert_eq!(namespaces(&test).await, names);
}

// What is deleted.

#[tokio::test]
async fn only_the_windows_rows_without_raw_cost_are_replaced() {
    let (test, database) = tenant(Layout::Plain).await;
    let statements = [
        insert("gone: no cost, first day", "2026-02-03", "7", SOURCE, "NULL"),
        insert("gone: cost 0, last day", "2026-02-05", "7", SOURCE, "0"),
        insert("gone: of a cost model", "2026-02-04", "7", OTHER_SOURCE, "0.000000000000000"),
        insert("stays: cost", "2026-02-04", "7", SOURCE, "1.5"),
        insert("stays: negative cost", "2026-02-04", "7", SOURCE, "-0.000000000000001"),
        insert("stays: day before", "2026-02-02", "7", SOURCE, "NULL"),
        insert("stays: day after", "2026-02-06", "7", SOURCE, "NULL"),
        insert("stays: other period", "2026-02-04", "8", SOURCE, "NULL"),
        insert("stays: no period", "2026-02-04", "NULL", SOURCE, "NULL"),
    ];
    test.execute(statements.concat()).await;
    let written = write_once(&database, &run(), &rows(&["new"])).await;
    assert_eq!(written, Written { deleted: 3, inserted: 1 });
    let stays =
        ["new", "stays: cost", "stays: day after", "stays: day before", "stays: negative cost", "stays: no period", "stays: other period"];
    assert_eq!(namespaces(&test).await, stays);
}

#[tokio::test]
async fn without_a_report_period_the_rows_of_the_source_are_replaced() {
    let (test, database) = tenant(Layout::Plain).await;
    let statements = [
        insert("gone: no period", "2026-02-03", "NULL", SOURCE, "NULL"),
        insert("gone: some period", "2026-02-05", "7", SOURCE, "0"),
        insert("stays: cost", "2026-02-04", "NULL", SOURCE, "2"),
        insert("stays: day after", "2026-02-06", "NULL", SOURCE, "NULL"),
        insert("stays: other source", "2026-02-04", "NULL", OTHER_SOURCE, "NULL"),
    ];
    test.execute(statements.concat()).await;
    let run = Run { report_period_id: None, ..run() };
    assert_eq!(write_once(&database, &run, &rows(&["new"])).await, Written { deleted: 2, inserted: 1 });
    assert_eq!(namespaces(&test).await, ["new", "stays: cost", "stays: day after", "stays: other source"]);
}

#[tokio::test]
async fn twice_is_once() {
    let (test, database) = tenant(Layout::Koku).await;
    write_once(&database, &run(), &rows(&["a", "b"])).await;
    assert_eq!(write_once(&database, &run(), &rows(&["a", "b"])).await, Written { deleted: 2, inserted: 2 });
    assert_eq!(namespaces(&test).await, ["a", "b"]);
}

// All or nothing.

#[tokio::test]
async fn a_sink_that_is_dropped_leaves_the_old_rows() {
    let (test, database) = tenant(Layout::Plain).await;
    write_once(&database, &run(), &rows(&["old"])).await;
    let mut sink = PostgresSink::begin(&database, SCHEMA, &run()).await.expect("a table that fits");
    sink.write(&rows(&["new"])).await.expect("rows that fit");
    drop(sink);
    assert_eq!(namespaces(&test).await, ["old"]);
    // Its lock is gone too.
    assert_eq!(write_once(&database, &run(), &rows(&["newer"])).await.deleted, 1);
}

#[tokio::test]
async fn a_write_that_fails_ends_the_transaction() {
    let (test, database) = tenant(Layout::Plain).await;
    write_once(&database, &run(), &rows(&["old"])).await;
    let bad = |name: &str, value: Series| {
        let dates = ["2026-02-03"];
        frame(&OCP_DAILY_SUMMARY_POSTGRES, &[value.with_name(name.into()), days("usage_start", dates), days("usage_end", dates)])
    };
    let frames = [
        ("pod_usage_cpu_core_hours", bad("pod_usage_cpu_core_hours", Series::new("".into(), [f64::NAN]))),
        ("source_uuid", bad("source_uuid", text("", ["no uuid"]))),
        ("pod_labels", bad("pod_labels", text("", ["{no json"]))),
        ("namespace", bad("namespace", text("", ["a\0b"]))),
        ("usage_start", frame(&OCP_DAILY_SUMMARY_POSTGRES, &[text("namespace", ["no day"])])),
    ];
    for (column, frame) in frames {
        let mut sink = PostgresSink::begin(&database, SCHEMA, &run()).await.expect("a table that fits");
        sink.write(&rows(&["new"])).await.expect("rows that fit");
        let error = sink.write(&frame).await.expect_err(column);
        assert!(story(&error).contains(column), "{column}: {}", story(&error));
        assert!(matches!(sink.write(&rows(&["later"])).await, Err(Error::Aborted { .. })), "{column}");
        assert!(matches!(sink.commit().await, Err(Error::Aborted { .. })), "{column}");
        assert_eq!(namespaces(&test).await, ["old"], "{column}");
    }
    // The connections are still good.
    write_once(&database, &run(), &rows(&["new"])).await;
    assert_eq!(namespaces(&test).await, ["new"]);
}

#[tokio::test]
async fn a_lost_connection_leaves_the_old_rows_and_can_be_tried_again() {
    let (test, database) = tenant(Layout::Koku).await;
    write_once(&database, &run(), &rows(&["old"])).await;
    let mut sink = PostgresSink::begin(&database, SCHEMA, &run()).await.expect("a table that fits");
    sink.write(&rows(&["new"])).await.expect("rows that fit");
    // The sink's own connection, which holds the lock; the pool can have another one that has yet to roll back.
    let killed = "SELECT count(pg_terminate_backend(pid)) FROM (
                      SELECT DISTINCT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
                      WHERE locktype = 'advisory' AND datname = current_database()
                  ) AS holders";
    assert_eq!(test.count(killed).await, 1);
    let error = sink.commit().await.expect_err("a connection that is gone");
    assert!(error.is_retryable(), "{}", story(&error));
    assert_eq!(namespaces(&test).await, ["old"]);
    write_once(&database, &run(), &rows(&["newer"])).await;
    assert_eq!(namespaces(&test).await, ["newer"]);
}

#[tokio::test]
async fn a_reader_sees_the_old_rows_or_the_new_ones() {
    let (test, database) = tenant(Layout::Koku).await;
    write_once(&database, &run(), &rows(&["old 1", "old 2", "old 3"])).await;
    let pool = test.pool.clone();
    let reader = tokio::spawn(async move {
        let mut seen: Vec<String> = Vec::new();
        while seen.last().is_none_or(|last| !last.starts_with("new")) {
            let now: Option<String> =
                sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT string_agg(namespace, ', ' ORDER BY namespace) FROM {TABLE}")))
                    .fetch_one(&pool)
                    .await
                    .expect("a table to read");
            let now = now.unwrap_or_default();
            if seen.last() != Some(&now) {
                seen.push(now);
            }
        }
        seen
    });
    let mut sink = PostgresSink::begin(&database, SCHEMA, &run()).await.expect("a table that fits");
    for _ in 0..20 {
        sink.write(&rows(&["new"])).await.expect("rows that fit");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!reader.is_finished(), "new rows are not seen before the commit");
    sink.commit().await.expect("an open transaction");
    let seen = tokio::time::timeout(Duration::from_mins(1), reader).await.expect("the new rows are seen in the end").expect("a reader");
    assert_eq!(seen, ["old 1, old 2, old 3".to_owned(), vec!["new"; 20].join(", ")]);
}

// Runs at the same time.

/// Waits until somebody waits for an advisory lock.
async fn wait_for_a_waiter(test: &TestDatabase) {
    let waiters = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    for _ in 0..3000 {
        if test.count(waiters).await > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nobody waits");
}

#[tokio::test]
async fn two_runs_of_the_same_month_wait_for_each_other() {
    let (test, database) = tenant(Layout::Koku).await;
    let mut first = PostgresSink::begin(&database, SCHEMA, &run()).await.expect("a table that fits");
    let second = tokio::spawn({
        // As another process would.
        let database = connect(&test).await;
        async move {
            let mut sink = PostgresSink::begin(&database, SCHEMA, &run()).await.expect("a table that fits");
            sink.write(&rows(&["second"])).await.expect("rows that fit");
            sink.commit().await.expect("an open transaction")
        }
    });
    wait_for_a_waiter(&test).await;
    first.write(&rows(&["first", "first"])).await.expect("rows that fit");
    assert!(!second.is_finished());
    first.commit().await.expect("an open transaction");
    assert_eq!(second.await.expect("the second run"), Written { deleted: 2, inserted: 1 }, "the second run sees what it waited for");
    assert_eq!(namespaces(&test).await, ["second"]);
}

#[tokio::test]
async fn runs_of_other_months_and_sources_do_not_wait() {
    let (test, database) = tenant(Layout::Koku).await;
    let march = Window::new(day("2026-03-01"), day("2026-03-02")).expect("days of one month");
    // PostgreSQL makes a partition only while nobody writes.
    write_once(&database, &Run { window: march, ..run() }, &rows(&[])).await;
    let _first = PostgresSink::begin(&database, SCHEMA, &run()).await.expect("a table that fits");
    let config = DatabaseConfig::from_url(&test.url).expect("a URL").with_lock_wait(Duration::from_millis(200));
    let impatient = Database::connect(&config).await.expect("the server runs");
    let source: SourceUuid = OTHER_SOURCE.parse().expect("a UUID");
    for other in [Run { window: march, ..run() }, Run { source, report_period_id: Some(8), ..run() }] {
        PostgresSink::begin(&impatient, SCHEMA, &other).await.expect("no lock to wait for");
    }
    let error = PostgresSink::begin(&impatient, SCHEMA, &run()).await.expect_err("the first run holds the lock");
    assert!(
        matches!(&error, Error::Locked { source_uuid, month } if source_uuid == SOURCE && *month == day("2026-02-01")),
        "{}",
        story(&error)
    );
    assert!(error.is_retryable());
}

// Partitions.

#[tokio::test]
async fn a_missing_partition_is_made_through_kokus_list() {
    let (test, database) = tenant(Layout::Koku).await;
    let sink = PostgresSink::begin(&database, SCHEMA, &run()).await.expect("a partition can be made");
    // Readers need not wait for the end of the run.
    assert_eq!(test.count(format!("SELECT count(*) FROM {TABLE}")).await, 0);
    drop(sink);
    for _ in 0..2 {
        write_once(&database, &run(), &rows(&["a"])).await;
    }
    let listed = test
        .texts(format!(
            "SELECT concat_ws(' ', schema_name, table_name, partition_of_table_name, partition_type, partition_col, partition_parameters, active)
             FROM {SCHEMA}.partitioned_tables"
        ))
        .await;
    let expected = format!(
        r#"{SCHEMA} reporting_ocpusagelineitem_daily_summary_2026_02 reporting_ocpusagelineitem_daily_summary range usage_start {{"to": "2026-03-01", "from": "2026-02-01", "default": false}} t"#
    );
    assert_eq!(listed, [Some(expected)]);
    assert_eq!(test.count(format!("SELECT count(*) FROM {TABLE}_2026_02")).await, 1);
    assert_eq!(test.count(format!("SELECT count(*) FROM {TABLE}_default")).await, 0);
}

#[tokio::test]
async fn december_ends_with_the_year() {
    let (test, database) = tenant(Layout::Koku).await;
    let december = Run { window: Window::new(day("2025-12-31"), day("2025-12-31")).expect("a day"), ..run() };
    drop(PostgresSink::begin(&database, SCHEMA, &december).await.expect("a partition can be made"));
    let bounds = test.texts(format!("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = '{TABLE}_2025_12'::regclass")).await;
    assert_eq!(bounds, [Some("FOR VALUES FROM ('2025-12-01') TO ('2026-01-01')".to_owned())]);
}

#[tokio::test]
async fn without_a_partition_and_a_list_the_hint_says_what_to_make() {
    let (test, database) = tenant(Layout::Partitioned).await;
    let error = PostgresSink::begin(&database, SCHEMA, &run()).await.expect_err("no partition");
    assert!(matches!(error, Error::NoPartition { .. }), "{}", story(&error));
    assert!(error.to_string().contains("2026-02-01"), "{error}");
    // The statement of the hint works as it stands.
    let hint = error.hint().unwrap_or_default();
    let (from, to) = (hint.find("CREATE TABLE").expect("a statement"), hint.find(';').expect("its end"));
    test.execute(hint.get(from..to).unwrap_or_default()).await;
    write_once(&database, &run(), &rows(&["a"])).await;
    assert_eq!(namespaces(&test).await, ["a"]);
}

#[tokio::test]
async fn a_partition_of_another_month_does_not_help() {
    let (test, database) = tenant(Layout::Partitioned).await;
    test.execute(format!("CREATE TABLE {TABLE}_x PARTITION OF {TABLE} FOR VALUES FROM ('2026-02-04') TO ('2026-03-01')")).await;
    let error = PostgresSink::begin(&database, SCHEMA, &run()).await.expect_err("the 3rd has no partition");
    assert!(matches!(error, Error::NoPartition { .. }), "{}", story(&error));
    let later = Run { window: Window::new(day("2026-02-04"), day("2026-02-28")).expect("days of one month"), ..run() };
    PostgresSink::begin(&database, SCHEMA, &later).await.expect("bounds that are no month");
}

#[tokio::test]
async fn a_default_partition_takes_the_rows_when_nobody_makes_others() {
    let (test, database) = tenant(Layout::Partitioned).await;
    test.execute(format!("CREATE TABLE {TABLE}_default PARTITION OF {TABLE} DEFAULT")).await;
    write_once(&database, &run(), &rows(&["a"])).await;
    assert_eq!(test.count(format!("SELECT count(*) FROM {TABLE}_default")).await, 1);
}

#[tokio::test]
async fn rows_of_the_month_in_the_default_partition_are_replaced_there() {
    let (test, database) = tenant(Layout::Koku).await;
    // koku's own code moves them when it makes the partition; before that, a partition cannot be made.
    test.execute([insert("old", "2026-02-04", "7", SOURCE, "NULL"), insert("stays", "2026-02-20", "7", SOURCE, "NULL")].concat()).await;
    assert_eq!(write_once(&database, &run(), &rows(&["new"])).await, Written { deleted: 1, inserted: 1 });
    assert_eq!(namespaces(&test).await, ["new", "stays"]);
    assert_eq!(test.count(format!("SELECT count(*) FROM {SCHEMA}.partitioned_tables")).await, 0);
}

#[tokio::test]
async fn a_list_that_makes_no_partition_keeps_no_row() {
    let (test, database) = tenant(Layout::Partitioned).await;
    test.execute(tracking_table(SCHEMA)).await;
    test.execute(format!("DROP TRIGGER make_partition ON {SCHEMA}.partitioned_tables")).await;
    let error = PostgresSink::begin(&database, SCHEMA, &run()).await.expect_err("no trigger, no partition");
    assert!(matches!(error, Error::NoPartition { .. }), "{}", story(&error));
    assert_eq!(test.count(format!("SELECT count(*) FROM {SCHEMA}.partitioned_tables")).await, 0);
}

#[tokio::test]
async fn two_runs_that_need_the_same_partition_make_it_once() {
    let (test, database) = tenant(Layout::Koku).await;
    let runs = (0..4_i32).map(|number| {
        let source = SourceUuid(uuid::Uuid::from_u128(number.unsigned_abs().into()));
        let database = database.clone();
        tokio::spawn(async move {
            let run = Run { source, report_period_id: Some(number), ..run() };
            write_once(&database, &run, &rows(&["a"])).await
        })
    });
    for run in runs.collect::<Vec<_>>() {
        assert_eq!(run.await.expect("a run").inserted, 1);
    }
    assert_eq!(test.count(format!("SELECT count(*) FROM {TABLE}_2026_02")).await, 4);
}

// What is wrong with the target.

#[tokio::test]
async fn a_missing_table_or_schema_is_named() {
    let (test, database) = tenant(Layout::Plain).await;
    test.execute(format!("DROP TABLE {TABLE}")).await;
    for schema in [SCHEMA, "nosuch", r#"a"b"#] {
        let error = PostgresSink::begin(&database, schema, &run()).await.expect_err("no table");
        assert!(matches!(error, Error::DatabaseSchema { .. }), "{}", story(&error));
        assert_eq!(error.to_string(), format!("found no table `reporting_ocpusagelineitem_daily_summary` in schema `{schema}`"));
        assert!(!error.is_retryable() && story(&error).contains("--schema"));
    }
}

#[tokio::test]
async fn all_missing_and_unfit_columns_are_named_before_anything_is_done() {
    let (test, database) = tenant(Layout::Koku).await;
    test.execute(format!(
        "{} ALTER TABLE {TABLE} DROP COLUMN all_labels, DROP COLUMN infrastructure_raw_cost, ALTER COLUMN pod_labels TYPE text;",
        insert("old", "2026-01-04", "7", SOURCE, "NULL")
    ))
    .await;
    let error = PostgresSink::begin(&database, SCHEMA, &run()).await.expect_err("columns are missing").to_string();
    let expected = "found no column `pod_labels` of type `jsonb` (it is `text`), column `all_labels`, column `infrastructure_raw_cost` \
                    in table `reporting_ocpusagelineitem_daily_summary` in schema `org1234567`";
    assert_eq!(error, expected);
    assert_eq!(test.count(format!("SELECT count(*) FROM {SCHEMA}.partitioned_tables")).await, 0);
    assert_eq!(namespaces(&test).await, ["old"]);
}

#[tokio::test]
async fn a_user_without_rights_is_told_what_to_grant() {
    let (test, _) = tenant(Layout::Plain).await;
    // Roles belong to the whole cluster.
    let role = format!("reader_of_{}", test.name);
    test.execute(format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA {SCHEMA} TO {role}; GRANT SELECT ON {TABLE} TO {role}"
    ))
    .await;
    let url = test.url.replace("//postgres:", &format!("//{role}:")).replace(Cluster::shared().password(), "x");
    let database = Database::connect(&DatabaseConfig::from_url(&url).expect("a URL")).await.expect("a login");
    let error = PostgresSink::begin(&database, SCHEMA, &run()).await.expect_err("no right to delete");
    assert!(story(&error).contains("permission denied") && story(&error).contains("grant"), "{}", story(&error));
    assert!(!error.is_retryable());
}

// Logging in.

#[tokio::test]
async fn a_login_that_fails_is_explained_at_once_and_without_the_password() {
    let cluster = Cluster::shared();
    let database = cluster.create_database().await;
    let started = std::time::Instant::now();
    for (url, cause, hint) in [
        (cluster.url_with_password(&database.name, "wrong-secret"), "password authentication failed", "PGPASSWORD"),
        (cluster.url_with_password("nosuch", cluster.password()), "\"nosuch\" does not exist", "name of the database"),
        (format!("{}?sslmode=require", database.url), "", "sslmode"),
    ] {
        let config = DatabaseConfig::from_url(&url).expect("a URL");
        let error = Database::connect(&config).await.expect_err(cause);
        let story = story(&error);
        assert!(
            story.starts_with("could not connect to `postgres://postgres@/") && story.contains(cause) && story.contains(hint),
            "{story}"
        );
        assert!(!story.contains("secret-") && !story.contains("wrong-secret"), "{story}");
        assert!(!error.is_retryable(), "{story}");
    }
    assert!(started.elapsed() < Duration::from_mins(1), "nothing was tried again");
}

#[tokio::test]
async fn secrets_are_not_shown() {
    let (test, database) = tenant(Layout::Plain).await;
    let config = DatabaseConfig::from_url(&test.url).expect("a URL");
    let sink = PostgresSink::begin(&database, SCHEMA, &run()).await.expect("a table that fits");
    for shown in [format!("{config}"), format!("{config:#?}"), format!("{database:#?}"), format!("{sink:#?}")] {
        assert!(!shown.is_empty() && !shown.contains(Cluster::shared().password()), "{shown}");
    }
}

// Reference data.

fn strings(frame: &DataFrame, column: &str) -> Vec<Option<String>> {
    let column = frame.column(column).expect("a column").str().expect("text");
    column.iter().map(|text| text.map(str::to_owned)).collect()
}

fn owned<const LENGTH: usize>(texts: [Option<&str>; LENGTH]) -> Vec<Option<String>> {
    texts.map(|text| text.map(str::to_owned)).to_vec()
}

#[test]
fn reference_data_is_read_from_json_with_its_nulls() {
    let text = r#"{
        "enabled_keys": ["b", "a"], "disabled_keys": ["c"], "unknown": {},
        "cost_categories": [
            {"namespace": "kube-%", "cost_category_id": 3, "system_default": true},
            {"namespace": "x", "cost_category_id": null}
        ],
        "nodes": [
            {"node": "n1", "resource_id": null, "node_role": "infra", "cluster": "c"},
            {"node": null, "resource_id": "", "node_role": null}
        ]
    }"#;
    let reference = ReferenceData::from_json("reference.json", text.as_bytes()).expect("a good file");
    assert_eq!(reference.enabled_tag_keys, ["b", "a"].into());
    assert_eq!(strings(&reference.cost_categories, "namespace_pattern"), owned([Some("kube-%"), Some("x")]));
    let ids: Vec<_> = reference.cost_categories.column("cost_category_id").expect("ids").i32().expect("integers").iter().collect();
    assert_eq!(ids, [Some(3), None]);
    assert_eq!(strings(&reference.nodes, "node"), owned([Some("n1"), None]));
    assert_eq!(strings(&reference.nodes, "resource_id"), owned([None, Some("")]));
    assert_eq!(strings(&reference.nodes, "node_role"), owned([Some("infra"), None]));
}

#[test]
fn empty_reference_data_has_its_columns() {
    let text = r#"{"enabled_keys": [], "cost_categories": [], "nodes": []}"#;
    let reference = ReferenceData::from_json("reference.json", text.as_bytes()).expect("a good file");
    let check = aggregator_core::table::check_schema;
    assert_eq!(check(reference.cost_categories.schema(), &aggregator_core::table::reference::COST_CATEGORIES), Ok(()));
    assert_eq!(check(reference.nodes.schema(), &aggregator_core::table::reference::NODES), Ok(()));
}

#[test]
fn a_reference_file_that_is_wrong_is_explained() {
    for (text, problem) in [
        ("", "EOF"),
        ("[]", "struct"),
        (r#"{"cost_categories": [], "nodes": []}"#, "missing field `enabled_keys`"),
        (r#"{"enabled_keys": null, "cost_categories": [], "nodes": []}"#, "invalid type: null"),
        (r#"{"enabled_keys": [], "nodes": []}"#, "missing field `cost_categories`"),
        (r#"{"enabled_keys": [], "cost_categories": []}"#, "missing field `nodes`"),
        (r#"{"enabled_keys": [], "cost_categories": [], "nodes": [{"node": "a", "resource_id": "b"}]}"#, "missing field `node_role`"),
        (r#"{"enabled_keys": [], "cost_categories": [{"namespace": "a", "cost_category_id": "1"}], "nodes": []}"#, "invalid type: string"),
    ] {
        let error = ReferenceData::from_json("some/reference.json", text.as_bytes()).expect_err(problem);
        assert!(matches!(error, Error::Reference { .. }));
        assert!(error.to_string().contains("`some/reference.json`") && error.to_string().contains(problem), "{error}");
        assert!(error.hint().unwrap_or_default().contains("enabled_keys"));
    }
}

#[tokio::test]
async fn a_reference_file_that_is_not_there_is_named() {
    let error = ReferenceData::from_json_file("no/such/reference.json".as_ref()).await.expect_err("no file");
    assert_eq!(error.to_string(), "could not read `no/such/reference.json`");
}

#[tokio::test]
async fn reference_data_is_read_from_kokus_tables() {
    let (test, database) = tenant(Layout::Plain).await;
    test.execute(format!(
        "INSERT INTO {SCHEMA}.reporting_enabledtagkeys (key, enabled, provider_type) VALUES
             ('team', true, 'OCP'), ('app', true, 'OCP'), ('off', false, 'OCP'), ('cloud', true, 'AWS'), ('app', true, 'Azure');
         INSERT INTO {SCHEMA}.reporting_ocp_cost_category_namespace (namespace, cost_category_id) VALUES ('kube-%', 4), ('openshift', NULL);
         INSERT INTO {SCHEMA}.reporting_tenant_api_provider VALUES ('{SOURCE}'), ('{OTHER_SOURCE}');
         INSERT INTO {SCHEMA}.reporting_ocp_clusters VALUES ('{SOURCE}', 'a', 'a', '{SOURCE}'), ('{OTHER_SOURCE}', 'b', 'b', '{OTHER_SOURCE}');
         INSERT INTO {SCHEMA}.reporting_ocp_nodes (uuid, node, resource_id, cluster_id, node_role) VALUES
             (gen_random_uuid(), 'n1', 'i-1', '{SOURCE}', 'worker'), (gen_random_uuid(), 'n2', NULL, '{OTHER_SOURCE}', NULL);"
    ))
    .await;
    let reference = ReferenceData::from_postgres(&database, SCHEMA).await.expect("koku's tables");
    assert_eq!(reference.enabled_tag_keys, ["app", "team"].into());
    let categories = reference.cost_categories.sort(["namespace_pattern"], SortMultipleOptions::default()).expect("a column to sort by");
    assert_eq!(strings(&categories, "namespace_pattern"), owned([Some("kube-%"), Some("openshift")]));
    assert_eq!(categories.column("cost_category_id").expect("ids").i32().expect("integers").iter().collect::<Vec<_>>(), [Some(4), None]);
    let nodes = reference.nodes.sort(["node"], SortMultipleOptions::default()).expect("a column to sort by");
    assert_eq!(strings(&nodes, "node"), owned([Some("n1"), Some("n2")]));
    assert_eq!(strings(&nodes, "resource_id"), owned([Some("i-1"), None]));
    assert_eq!(strings(&nodes, "node_role"), owned([Some("worker"), None]));
}

#[tokio::test]
async fn embedded_reference_data_has_kokus_platform_category_and_the_roles_of_the_list() {
    let namespaces = ["openshift", "openshift-dns", "kube-system", "Platform unallocated", "openshift_dns", "kube", "Worker unallocated"];
    let list =
        frame(&NODE_LIST, &[text("node", ["n1", "n2"]), text("resource_id", ["i-1", "i-2"]), text("node_role", ["master", "worker"])]);
    let reference = ReferenceData::embedded(EnabledTagKeys::All, &list).expect("a list of nodes");
    let rows = frame(&PROJECT_LIST, &[text("namespace", namespaces)]).lazy();
    let fitting = aggregator_core::ocp::cost_categories(rows, reference.cost_categories.lazy());
    let fitting = transform(fitting, Engine::Auto, "the categories").await.expect("two small frames");
    let fitting = fitting.sort(["namespace"], SortMultipleOptions::default()).expect("a column to sort by");
    assert_eq!(
        strings(&fitting, "namespace"),
        owned([Some("Platform unallocated"), Some("kube-system"), Some("openshift"), Some("openshift-dns")])
    );
    assert_eq!(fitting.column("cost_category_id").expect("ids").i32().expect("integers").to_vec(), [Some(1); 4]);
    assert_eq!((reference.nodes.width(), strings(&reference.nodes, "node_role")), (3, owned([Some("master"), Some("worker")])));
    assert_eq!(reference.enabled_tag_keys, EnabledTagKeys::All);

    let error = ReferenceData::embedded(EnabledTagKeys::All, &DataFrame::default()).expect_err("no list of nodes");
    assert!(matches!(error, Error::Schema(_)), "{error:?}");
}

#[tokio::test]
async fn a_missing_reference_table_or_column_is_named() {
    let (test, database) = tenant(Layout::Plain).await;
    test.execute(format!("ALTER TABLE {SCHEMA}.reporting_ocp_nodes DROP COLUMN node_role")).await;
    let error = ReferenceData::from_postgres(&database, SCHEMA).await.expect_err("no column");
    assert_eq!(error.to_string(), "found no column `node_role` in table `reporting_ocp_nodes` in schema `org1234567`");
    for table in ["reporting_ocp_nodes", "reporting_ocp_cost_category_namespace", "reporting_enabledtagkeys"] {
        test.execute(format!("DROP TABLE {SCHEMA}.{table}")).await;
        let error = ReferenceData::from_postgres(&database, SCHEMA).await.expect_err("no table");
        assert_eq!(error.to_string(), format!("found no table `{table}` in schema `org1234567`"));
        assert!(!error.is_retryable());
    }
    test.execute(format!("DROP TABLE {SCHEMA}.reporting_ocpusagereportperiod")).await;
    let run = run();
    let error =
        reference::report_period_id(&database, SCHEMA, run.source, &run.cluster_id, run.window.start()).await.expect_err("no table");
    assert_eq!(error.to_string(), "found no table `reporting_ocpusagereportperiod` in schema `org1234567`");
}

#[tokio::test]
async fn the_report_period_is_that_of_source_cluster_and_month() {
    let (test, database) = tenant(Layout::Plain).await;
    let table = format!("{SCHEMA}.reporting_ocpusagereportperiod");
    test.execute(format!(
        "INSERT INTO {table} (id, cluster_id, report_period_start, report_period_end, provider_id) VALUES
             (1, 'cluster-1', '2026-01-01 00:00:00+00', '2026-02-01 00:00:00+00', '{SOURCE}'),
             (2, 'cluster-1', '2026-02-01 00:00:00+00', '2026-03-01 00:00:00+00', '{SOURCE}'),
             (3, 'cluster-1', '2026-03-01 00:00:00+00', '2026-04-01 00:00:00+00', '{SOURCE}'),
             (4, 'cluster-2', '2026-02-01 00:00:00+00', '2026-03-01 00:00:00+00', '{SOURCE}'),
             (5, 'cluster-1', '2026-02-01 00:00:00+00', '2026-03-01 00:00:00+00', '{OTHER_SOURCE}')"
    ))
    .await;
    let Run { source, cluster_id, .. } = run();
    for date in ["2026-02-01", "2026-02-17", "2026-02-28"] {
        let id = reference::report_period_id(&database, SCHEMA, source, &cluster_id, day(date)).await;
        assert_eq!(id.map_err(|error| error.to_string()), Ok(2), "{date}");
    }
    let error = reference::report_period_id(&database, SCHEMA, source, &cluster_id, day("2026-04-01")).await.expect_err("no row for April");
    assert!(matches!(error, Error::NoReferenceRow { .. }));
    for part in [SOURCE, "cluster-1", "2026-04", "reporting_ocpusagereportperiod", "--cluster-id"] {
        assert!(story(&error).contains(part), "{part}: {}", story(&error));
    }
}

// Lists.

fn cluster_lists() -> ClusterLists {
    let names = text("node", ["n1", "n2", "n3", ""]);
    let ids = Series::new("resource_id".into(), [Some("i-1"), None, Some("i-3"), Some("")]);
    let cores = Series::new("node_capacity_cpu_cores".into(), [Some(4.0), None, Some(3.127), Some(2.0)]);
    let roles = text("node_role", ["master", "worker", "infra", "worker"]);
    let architectures = Series::new("architecture".into(), [Some("amd64"), Some("arm64"), None, Some("")]);
    let claims = text("persistentvolumeclaim", ["c1", "c2", "c2", "c3"]);
    let volumes = text("persistentvolume", ["v1", "v2", "v2", "v3"]);
    let handles = Series::new("csi_volume_handle".into(), [Some("h1"), Some(""), Some("h2"), None]);
    ClusterLists {
        nodes: Some(frame(&NODE_LIST, &[names, ids, cores, roles, architectures])),
        volumes: Some(frame(&VOLUME_LIST, &[claims, volumes, handles])),
        projects: Some(frame(&PROJECT_LIST, &[Series::new("namespace".into(), [Some("p1"), Some(""), None])])),
    }
}

/// The rows of the three tables, with the id and alias of their cluster.
async fn stored_lists(test: &TestDatabase) -> Vec<String> {
    let rows = test
        .texts(format!(
            "SELECT concat_ws(' | ', cluster.cluster_id, cluster.cluster_alias, list) FROM (
                 SELECT cluster_id, concat_ws(' | ', 'node', node, coalesce(resource_id, 'null'), coalesce(node_capacity_cpu_cores::text, 'null'),
                     coalesce(node_role, 'null'), coalesce(architecture, 'null')) AS list FROM {SCHEMA}.reporting_ocp_nodes
                 UNION ALL
                 SELECT cluster_id, concat_ws(' | ', 'volume', persistent_volume, persistent_volume_claim, coalesce(csi_volume_handle, 'null'))
                 FROM {SCHEMA}.reporting_ocp_pvcs
                 UNION ALL
                 SELECT cluster_id, concat_ws(' | ', 'project', project) FROM {SCHEMA}.reporting_ocp_projects
             ) AS lists JOIN {SCHEMA}.reporting_ocp_clusters AS cluster ON cluster.uuid = lists.cluster_id"
        ))
        .await;
    let mut rows: Vec<_> = rows.into_iter().map(Option::unwrap_or_default).collect();
    rows.sort();
    rows
}

async fn known_source(test: &TestDatabase) {
    test.execute(format!("INSERT INTO {SCHEMA}.reporting_tenant_api_provider VALUES ('{SOURCE}'), ('{OTHER_SOURCE}')")).await;
}

#[tokio::test]
async fn lists_written_twice_are_as_written_once() {
    let (test, database) = tenant(Layout::Plain).await;
    known_source(&test).await;
    let expected = [
        "cluster-1 | my cluster | node |  |  | 2.00 | worker | ",
        "cluster-1 | my cluster | node | n1 | i-1 | 4.00 | master | amd64",
        "cluster-1 | my cluster | node | n2 | null | null | worker | arm64",
        "cluster-1 | my cluster | node | n3 | i-3 | 3.13 | infra | null",
        "cluster-1 | my cluster | project | ",
        "cluster-1 | my cluster | project | p1",
        "cluster-1 | my cluster | volume | v1 | c1 | h1",
        "cluster-1 | my cluster | volume | v2 | c2 | h2",
        "cluster-1 | my cluster | volume | v3 | c3 | null",
    ];
    let upserted = lists::upsert(&database, SCHEMA, &run(), &cluster_lists()).await.expect("koku's tables");
    let added = |added| Upserted { added, updated: 0 };
    assert_eq!(upserted, UpsertedLists { nodes: added(4), volumes: added(3), projects: added(2) });
    assert_eq!(stored_lists(&test).await, expected);
    let upserted = lists::upsert(&database, SCHEMA, &run(), &cluster_lists()).await.expect("koku's tables");
    assert_eq!(upserted, UpsertedLists::default());
    assert_eq!(stored_lists(&test).await, expected);
    assert_eq!(test.count(format!("SELECT count(*) FROM {SCHEMA}.reporting_ocp_clusters")).await, 1);
}

#[tokio::test]
async fn known_rows_are_completed_and_never_overwritten() {
    let (test, database) = tenant(Layout::Plain).await;
    known_source(&test).await;
    test.execute(format!(
        "INSERT INTO {SCHEMA}.reporting_ocp_clusters VALUES ('{SOURCE}', 'cluster-1', 'old name', '{SOURCE}'),
             ('{OTHER_SOURCE}', 'cluster-1', 'my cluster', '{OTHER_SOURCE}');
         INSERT INTO {SCHEMA}.reporting_ocp_nodes (uuid, node, resource_id, node_capacity_cpu_cores, node_role, architecture, cluster_id) VALUES
             (gen_random_uuid(), 'n1', 'i-1', 4, 'infra', 's390x', '{SOURCE}'),
             (gen_random_uuid(), 'n2', NULL, NULL, '', 's390x', '{SOURCE}'),
             (gen_random_uuid(), 'n3', 'i-3', 8, NULL, NULL, '{SOURCE}');
         INSERT INTO {SCHEMA}.reporting_ocp_pvcs (uuid, persistent_volume, persistent_volume_claim, csi_volume_handle, cluster_id) VALUES
             (gen_random_uuid(), 'v1', 'c1', 'kept', '{SOURCE}'), (gen_random_uuid(), 'v2', 'c2', '', '{SOURCE}'),
             (gen_random_uuid(), 'v3', 'other claim', NULL, '{SOURCE}');
         INSERT INTO {SCHEMA}.reporting_ocp_projects VALUES (gen_random_uuid(), 'p1', '{SOURCE}'), (gen_random_uuid(), 'p2', '{SOURCE}'),
             (gen_random_uuid(), '', '{OTHER_SOURCE}');"
    ))
    .await;
    let upserted = lists::upsert(&database, SCHEMA, &run(), &cluster_lists()).await.expect("koku's tables");
    let expected = UpsertedLists {
        nodes: Upserted { added: 2, updated: 1 },
        volumes: Upserted { added: 1, updated: 1 },
        projects: Upserted { added: 1, updated: 0 },
    };
    assert_eq!(upserted, expected);
    let expected = [
        "cluster-1 | my cluster | node |  |  | 2.00 | worker | ",
        "cluster-1 | my cluster | node | n1 | i-1 | 4.00 | infra | s390x",
        "cluster-1 | my cluster | node | n2 | null | null | worker | arm64",
        "cluster-1 | my cluster | node | n3 | i-3 | 3.13 | infra | null",
        "cluster-1 | my cluster | node | n3 | i-3 | 8.00 | null | null",
        "cluster-1 | my cluster | project | ",
        "cluster-1 | my cluster | project | ",
        "cluster-1 | my cluster | project | p1",
        "cluster-1 | my cluster | project | p2",
        "cluster-1 | my cluster | volume | v1 | c1 | kept",
        "cluster-1 | my cluster | volume | v2 | c2 | h2",
        "cluster-1 | my cluster | volume | v3 | c3 | null",
        "cluster-1 | my cluster | volume | v3 | other claim | null",
    ];
    assert_eq!(stored_lists(&test).await, expected);
}

#[tokio::test]
async fn only_the_lists_that_are_given_are_touched() {
    let (test, database) = tenant(Layout::Plain).await;
    known_source(&test).await;
    test.execute(format!("DROP TABLE {SCHEMA}.reporting_ocp_nodes, {SCHEMA}.reporting_ocp_pvcs")).await;
    let lists = ClusterLists { nodes: None, volumes: None, ..cluster_lists() };
    let upserted = lists::upsert(&database, SCHEMA, &run(), &lists).await.expect("one table");
    assert_eq!(upserted.projects.added, 2);
    let error = lists::upsert(&database, SCHEMA, &run(), &cluster_lists()).await.expect_err("no table of nodes");
    assert_eq!(error.to_string(), "found no table `reporting_ocp_nodes` in schema `org1234567`");
}

#[tokio::test]
async fn lists_of_an_unknown_source_are_refused_and_nothing_is_written() {
    let (test, database) = tenant(Layout::Plain).await;
    let error = lists::upsert(&database, SCHEMA, &run(), &cluster_lists()).await.expect_err("no such provider");
    assert!(matches!(error, Error::NoReferenceRow { .. }) && error.to_string().contains(SOURCE), "{}", story(&error));
    assert_eq!(stored_lists(&test).await, [""; 0]);
}

#[tokio::test]
async fn a_capacity_that_is_no_number_undoes_the_whole_list() {
    let (test, database) = tenant(Layout::Plain).await;
    known_source(&test).await;
    let capacity = Series::new("node_capacity_cpu_cores".into(), [f64::NAN]);
    let nodes = frame(&NODE_LIST, &[text("node", ["n1"]), capacity]);
    let error = lists::upsert(&database, SCHEMA, &run(), &ClusterLists { nodes: Some(nodes), ..cluster_lists() }).await.expect_err("NaN");
    assert!(matches!(error, Error::Encode { column: "node_capacity_cpu_cores", .. }), "{}", story(&error));
    assert_eq!(test.count(format!("SELECT count(*) FROM {SCHEMA}.reporting_ocp_clusters")).await, 0);
}
