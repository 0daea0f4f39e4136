//! Tag keys, manifests and files in koku's tables, with a real server.

use aggregator_core::run::{ClusterId, Run, SourceUuid, Window};
use aggregator_io::database::{Database, DatabaseConfig};
use aggregator_io::error::Error;
use aggregator_io::ingest::track::{
    FileState, ManifestFacts, ManifestState, add_report_period, add_tag_keys, create_manifest, mark_files, mark_manifest, record_days,
    use_manifest,
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

use crate::postgres::support::{Cluster, Layout, SHARED_TABLES, TestDatabase};

const SCHEMA: &str = "org1234567";
const SOURCE: &str = "9f0a1b2c-3d4e-4f50-8a6b-7c8d9e0f1a2b";
const OTHER_SOURCE: &str = "11111111-2222-4333-8444-555555555555";
const MANIFESTS: &str = "public.reporting_common_costusagereportmanifest";
const FILES: &str = "public.reporting_common_costusagereportstatus";

/// A tenant; koku's shared tables only where asked for.
async fn tenant(shared: bool) -> (TestDatabase, Database) {
    let test = Cluster::shared().create_database().await;
    test.create_tenant(SCHEMA, Layout::Plain).await;
    if shared {
        test.execute(SHARED_TABLES).await;
        test.execute(format!("INSERT INTO public.api_provider VALUES ('{SOURCE}'), ('{OTHER_SOURCE}')")).await;
    }
    let config = DatabaseConfig::from_url(&test.url).expect("a URL");
    let database = Database::connect(&config).await.expect("the server runs");
    (test, database)
}

fn source(text: &str) -> SourceUuid {
    text.parse().expect("a UUID")
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn facts<'a>(files: &'a [String], cr_status: &'a Map<String, Value>) -> ManifestFacts<'a> {
    ManifestFacts {
        source: source(SOURCE),
        assembly_id: "a6f7d2e0-0000-4000-8000-000000000001",
        cluster_id: Some("cluster-1"),
        files,
        date: Some(time("2026-03-01T00:30:00Z")),
        start: Some(time("2026-02-27T23:00:00Z")),
        operator_version: "costmanagement-metrics-operator:4.1.0",
        certified: true,
        daily_reports: true,
        cr_status,
    }
}

fn keys(keys: &[&str]) -> BTreeSet<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

/// The only row of a query, as JSON.
async fn row(database: &TestDatabase, query: String) -> Value {
    let rows = database.texts(format!("SELECT to_jsonb(found)::text FROM ({query}) AS found")).await;
    let [Some(row)] = rows.as_slice() else { panic!("{rows:?}") };
    serde_json::from_str(row).expect("JSON")
}

/// How each file stands: name, state, what it failed at, whether it has a start and an end.
async fn files(database: &TestDatabase) -> Vec<String> {
    let query = format!(
        "SELECT concat_ws(' ', report_name, status, coalesce(failed_status::text, '-'), started_datetime IS NOT NULL,
                completed_datetime IS NOT NULL) FROM {FILES} ORDER BY report_name COLLATE \"C\""
    );
    database.texts(query).await.into_iter().map(Option::unwrap_or_default).collect()
}

#[tokio::test]
async fn new_tag_keys_are_added_disabled_and_known_ones_stay() {
    let (test, database) = tenant(false).await;
    let table = format!("{SCHEMA}.reporting_enabledtagkeys");
    test.execute(format!("INSERT INTO {table} (key, enabled, provider_type) VALUES ('app', true, 'OCP'), ('team', true, 'AWS')")).await;
    let keys = keys(&["app", "team", "ünïcode \"'\\", ""]);
    assert_eq!(add_tag_keys(&database, SCHEMA, &keys).await.expect("koku's table"), 3);
    assert_eq!(add_tag_keys(&database, SCHEMA, &keys).await.expect("koku's table"), 0);
    let query = format!("SELECT concat_ws(' ', key, enabled, provider_type) FROM {table} ORDER BY key COLLATE \"C\", provider_type");
    let rows: Vec<_> = test.texts(query).await.into_iter().map(Option::unwrap_or_default).collect();
    assert_eq!(rows, [" f OCP", "app t OCP", "team t AWS", "team f OCP", "ünïcode \"'\\ f OCP"]);
}

#[tokio::test]
async fn many_tag_keys_and_one_that_is_too_long_are_added_in_batches() {
    let (test, database) = tenant(false).await;
    let mut keys: BTreeSet<String> = (0..1234).map(|number| format!("key-{number}")).collect();
    keys.insert("x".repeat(513));
    keys.insert("y".repeat(512));
    assert_eq!(add_tag_keys(&database, SCHEMA, &keys).await.expect("koku's table"), 1235);
    assert_eq!(test.count(format!("SELECT count(*) FROM {SCHEMA}.reporting_enabledtagkeys WHERE NOT enabled")).await, 1235);
    assert_eq!(add_tag_keys(&database, SCHEMA, &BTreeSet::new()).await.expect("nothing to do"), 0);
}

#[tokio::test]
async fn tag_keys_without_kokus_table_are_an_error_that_names_it() {
    let (test, database) = tenant(false).await;
    test.execute(format!("DROP TABLE {SCHEMA}.reporting_enabledtagkeys")).await;
    let error = add_tag_keys(&database, SCHEMA, &keys(&["app"])).await.expect_err("no table");
    assert_eq!(error.to_string(), "found no table `reporting_enabledtagkeys` in schema `org1234567`");
}

#[tokio::test]
async fn the_report_period_of_a_month_is_added_once() {
    let (test, database) = tenant(false).await;
    let day = |text: &str| text.parse().expect("a day");
    let run = |first, last| Run {
        source: source(SOURCE),
        cluster_id: ClusterId("cluster-1".to_owned()),
        cluster_alias: Some("my cluster".to_owned()),
        report_period_id: None,
        window: Window::new(day(first), day(last)).expect("days of one month"),
    };
    let add = async |run: &Run| add_report_period(&database, SCHEMA, run).await.expect("koku's table");
    assert!(add(&run("2026-12-03", "2026-12-04")).await);
    assert!(!add(&run("2026-12-31", "2026-12-31")).await);
    assert!(add(&run("2027-01-01", "2027-01-01")).await);
    assert!(add(&Run { source: source(OTHER_SOURCE), ..run("2027-01-01", "2027-01-01") }).await);
    let query = format!(
        "SELECT concat_ws(' ', cluster_id, cluster_alias, report_period_start AT TIME ZONE 'UTC', report_period_end AT TIME ZONE 'UTC')
         FROM {SCHEMA}.reporting_ocpusagereportperiod WHERE provider_id = '{SOURCE}' ORDER BY report_period_start"
    );
    let rows: Vec<_> = test.texts(query).await.into_iter().map(Option::unwrap_or_default).collect();
    let expected =
        ["cluster-1 my cluster 2026-12-01 00:00:00 2027-01-01 00:00:00", "cluster-1 my cluster 2027-01-01 00:00:00 2027-02-01 00:00:00"];
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn a_manifest_is_written_as_koku_writes_it_and_found_again() {
    let (test, database) = tenant(true).await;
    let status = json!({
        "clusterVersion": "stable-4.16",
        "upload": {"upload": false, "error": "no network"},
        "packaging": {"error": ""},
        "authentication": {"type": "token", "error": "expired"},
    });
    let reports = names(&["pod.csv", "storage.csv", "pod.csv"]);
    let id = create_manifest(&database, &facts(&reports, status.as_object().expect("an object")))
        .await
        .expect("koku's tables")
        .expect("a table");
    let columns = "assembly_id, billing_period_start_datetime AT TIME ZONE 'UTC' AS month, num_total_files, provider_id,
         export_datetime AT TIME ZONE 'UTC' AS exported, cluster_id, operator_certified, operator_version, cluster_channel,
         operator_airgapped, operator_errors, operator_daily_reports, state, s3_csv_cleared, s3_parquet_cleared, report_tracker,
         s3_parquet_cleared_tracker, completed_datetime, daily_archive_start_date, creation_datetime > now() - interval '1 hour' AS recent";
    let expected = json!({
        "assembly_id": "a6f7d2e0-0000-4000-8000-000000000001", "month": "2026-02-01T00:00:00", "num_total_files": 3,
        "provider_id": SOURCE, "exported": "2026-03-01T00:30:00", "cluster_id": "cluster-1", "operator_certified": true,
        "operator_version": "costmanagement-metrics-operator:4.1.0", "cluster_channel": "stable-4.16", "operator_airgapped": true,
        "operator_errors": {"upload_error": "no network", "authentication_error": "expired"}, "operator_daily_reports": true,
        "state": {}, "s3_csv_cleared": false, "s3_parquet_cleared": false, "report_tracker": {}, "s3_parquet_cleared_tracker": {},
        "completed_datetime": null, "daily_archive_start_date": null, "recent": true,
    });
    assert_eq!(row(&test, format!("SELECT {columns} FROM {MANIFESTS}")).await, expected);
    assert_eq!(files(&test).await, ["pod.csv 3 - f f", "storage.csv 3 - f f"]);

    // The next archive of the same manifest, and somebody else's.
    assert_eq!(create_manifest(&database, &facts(&reports, &Map::new())).await.expect("koku's tables"), Some(id));
    let nothing = Map::new();
    let other = ManifestFacts { source: source(OTHER_SOURCE), start: None, ..facts(&reports, &nothing) };
    let other = create_manifest(&database, &other).await.expect("koku's tables").expect("a table");
    assert_ne!(other, id);
    assert_eq!(test.count(format!("SELECT count(*) FROM {MANIFESTS}")).await, 2);
    let month =
        row(&test, format!("SELECT billing_period_start_datetime AT TIME ZONE 'UTC' AS month FROM {MANIFESTS} WHERE id = {other}")).await;
    assert_eq!(month, json!({"month": "2026-03-01T00:00:00"}));
}

#[tokio::test]
async fn two_at_once_write_one_manifest() {
    let (test, database) = tenant(true).await;
    let (reports, status) = (names(&["pod.csv"]), Map::new());
    let given = facts(&reports, &status);
    let (left, right) = tokio::join!(create_manifest(&database, &given), create_manifest(&database, &given));
    assert_eq!(left.expect("koku's tables"), right.expect("koku's tables"));
    assert_eq!(test.count(format!("SELECT count(*) FROM {MANIFESTS}")).await, 1);
    assert_eq!(files(&test).await, ["pod.csv 3 - f f"]);
}

#[tokio::test]
async fn a_source_that_koku_does_not_know_is_named() {
    let (test, database) = tenant(true).await;
    test.execute(format!("DELETE FROM public.api_provider WHERE uuid = '{SOURCE}'")).await;
    let error = create_manifest(&database, &facts(&[], &Map::new())).await.expect_err("no provider");
    assert_eq!(error.to_string(), format!("found no source `{SOURCE}` in koku's database"));
}

#[tokio::test]
async fn without_kokus_shared_tables_nothing_is_written_and_nothing_fails() {
    let (_test, database) = tenant(false).await;
    let reports = names(&["pod.csv"]);
    assert_eq!(create_manifest(&database, &facts(&reports, &Map::new())).await.expect("no table is no error"), None);
    assert!(!use_manifest(&database, source(SOURCE), 1, &reports).await.expect("no table is no error"));
    assert_eq!(mark_files(&database, 1, &reports, FileState::Done, Utc::now()).await.expect("no table is no error"), 0);
    mark_manifest(&database, 1, ManifestState::Started).await.expect("no table is no error");
    record_days(&database, 1, &[("pod_usage", "2026-02-01".parse().expect("a day"))]).await.expect("no table is no error");
}

#[tokio::test]
async fn columns_that_an_older_koku_lacks_are_left_out() {
    let (test, database) = tenant(true).await;
    test.execute(format!(
        "ALTER TABLE {MANIFESTS} DROP COLUMN state, DROP COLUMN report_tracker, DROP COLUMN operator_errors, DROP COLUMN creation_datetime;
         ALTER TABLE {FILES} DROP COLUMN status, DROP COLUMN failed_status"
    ))
    .await;
    let reports = names(&["pod.csv"]);
    let id = create_manifest(&database, &facts(&reports, &Map::new())).await.expect("koku's tables").expect("a table");
    mark_manifest(&database, id, ManifestState::Started).await.expect("no column is no error");
    record_days(&database, id, &[]).await.expect("no column is no error");
    assert_eq!(mark_files(&database, id, &reports, FileState::Done, Utc::now()).await.expect("koku's tables"), 1);
    assert_eq!(test.count(format!("SELECT count(*) FROM {FILES} WHERE completed_datetime IS NOT NULL")).await, 1);
}

#[tokio::test]
async fn a_manifest_of_koku_is_used_only_by_its_own_source() {
    let (test, database) = tenant(true).await;
    let reports = names(&["pod.csv"]);
    let id = create_manifest(&database, &facts(&reports, &Map::new())).await.expect("koku's tables").expect("a table");
    assert!(use_manifest(&database, source(SOURCE), id, &names(&["pod.csv", "storage.csv"])).await.expect("a manifest of the source"));
    assert_eq!(files(&test).await, ["pod.csv 3 - f f", "storage.csv 3 - f f"]);
    for (owner, manifest) in [(OTHER_SOURCE, id), (SOURCE, id + 1)] {
        let error = use_manifest(&database, source(owner), manifest, &reports).await.expect_err("no such manifest");
        assert!(matches!(error, Error::NoReferenceRow { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn files_are_done_or_failed_and_others_wait() {
    let (test, database) = tenant(true).await;
    let reports = names(&["done.csv", "failed.csv", "waiting.csv", &"x".repeat(129)]);
    let id = create_manifest(&database, &facts(&reports, &Map::new())).await.expect("koku's tables").expect("a table");
    let started = time("2026-03-01T01:02:03Z");
    let mark = async |given: &[&str], state| mark_files(&database, id, &names(given), state, started).await.expect("koku's tables");
    assert_eq!(mark(&["done.csv", "unknown.csv"], FileState::Done).await, 1);
    assert_eq!(mark(&["failed.csv"], FileState::Failed).await, 1);
    assert_eq!(files(&test).await, ["done.csv 1 - t t", "failed.csv 2 4 t f", "waiting.csv 3 - f f"]);
    let stamps = format!("SELECT DISTINCT (started_datetime AT TIME ZONE 'UTC')::text FROM {FILES} WHERE started_datetime IS NOT NULL");
    assert_eq!(test.texts(stamps).await, [Some("2026-03-01 01:02:03".to_owned())]);

    // The same file, corrected.
    assert_eq!(mark(&["failed.csv"], FileState::Done).await, 1);
    assert_eq!(files(&test).await, ["done.csv 1 - t t", "failed.csv 1 4 t t", "waiting.csv 3 - f f"]);
}

#[tokio::test]
async fn the_state_of_a_manifest_has_start_and_end_as_koku_shows_them() {
    let (test, database) = tenant(true).await;
    let id = create_manifest(&database, &facts(&[], &Map::new())).await.expect("koku's tables").expect("a table");
    test.execute(format!(r#"UPDATE {MANIFESTS} SET state = '{{"download": {{"start": "x"}}, "processing": {{"end": "old"}}}}'"#)).await;
    let state = async || row(&test, format!("SELECT state FROM {MANIFESTS}")).await["state"].clone();
    let is_time = |value: &Value| value.as_str().is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok());

    mark_manifest(&database, id, ManifestState::Started).await.expect("koku's table");
    let started = state().await;
    assert_eq!(started["download"], json!({"start": "x"}));
    assert!(is_time(&started["processing"]["start"]) && started["processing"].as_object().is_some_and(|step| step.len() == 1), "{started}");

    mark_manifest(&database, id, ManifestState::Ended).await.expect("koku's table");
    let ended = state().await;
    assert_eq!(ended["processing"]["start"], started["processing"]["start"]);
    assert!(is_time(&ended["processing"]["end"]), "{ended}");
    assert!(ended["processing"]["time_taken_seconds"].as_u64().is_some_and(|seconds| seconds < 600), "{ended}");

    test.execute(format!("UPDATE {MANIFESTS} SET state = 'null'")).await;
    mark_manifest(&database, id, ManifestState::Failed).await.expect("koku's table");
    assert!(is_time(&state().await["processing"]["failed"]), "{}", state().await);
}

#[tokio::test]
async fn days_are_counted_and_marked_as_cleared() {
    let (test, database) = tenant(true).await;
    let id = create_manifest(&database, &facts(&[], &Map::new())).await.expect("koku's tables").expect("a table");
    let day = |text: &str| text.parse().expect("a day");
    test.execute(format!(r#"UPDATE {MANIFESTS} SET report_tracker = '{{"other": 7}}', s3_parquet_cleared_tracker = NULL"#)).await;
    record_days(&database, id, &[("pod_usage", day("2026-02-01")), ("node_labels", day("2026-02-01"))]).await.expect("koku's table");
    record_days(&database, id, &[("pod_usage", day("2026-02-01"))]).await.expect("koku's table");
    let found = row(&test, format!("SELECT report_tracker, s3_parquet_cleared_tracker FROM {MANIFESTS}")).await;
    let (pods, nodes) = (format!("pod_usage.2026-02-01.{id}"), format!("node_labels.2026-02-01.{id}"));
    assert_eq!(found["report_tracker"], json!({"other": 7, (pods.as_str()): 2, (nodes.as_str()): 1}));
    assert_eq!(found["s3_parquet_cleared_tracker"], json!({(pods): true, (nodes): true}));
}
