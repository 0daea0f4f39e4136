//! Payloads in, line items and summaries out: `ocp ingest` and `ocp run`.

use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use polars::prelude::{DataFrame, SortMultipleOptions};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Layout, SHARED_TABLES, TestDatabase};
use crate::program::{Answer, TABLE, aggregator, block_on, contents, data_files, files, managed_table, read, run};

const SCHEMA: &str = "org1234567";
const SOURCE: &str = "5e8d6c1a-0000-4000-8000-000000000001";
const CLUSTER: &str = "my-cluster";
const MANIFEST: &str = "a6f7d2e0-0000-4000-8000-00000000000";

const POD_COLUMNS: &str = "report_period_start,report_period_end,interval_start,interval_end,pod,namespace,node,resource_id,\
    pod_usage_cpu_core_seconds,pod_request_cpu_core_seconds,pod_limit_cpu_core_seconds,pod_usage_memory_byte_seconds,\
    pod_request_memory_byte_seconds,pod_limit_memory_byte_seconds,node_capacity_cpu_cores,node_capacity_cpu_core_seconds,\
    node_capacity_memory_bytes,node_capacity_memory_byte_seconds,node_role,pod_labels";
const NODE_COLUMNS: &str = "report_period_start,report_period_end,interval_start,interval_end,node,node_labels";

fn payload_of_the_repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/payloads").join(name)
}

/// The first four columns of an hour of a day of March 2026.
fn hour(day: u32, hour: u32) -> String {
    let zone = "+0000 UTC";
    format!(
        "2026-03-01 00:00:00 {zone},2026-04-01 00:00:00 {zone},2026-03-{day:02} {hour:02}:00:00 {zone},2026-03-{day:02} {hour:02}:59:59 {zone}"
    )
}

/// A pod that uses one core of a worker with four, each hour; the GiB likewise.
fn pods(day: u32, hours: Range<u32>) -> String {
    let mut text = format!("{POD_COLUMNS}\n");
    for at in hours {
        let _ = writeln!(
            text,
            "{},web-1,shop,node-1,i-1,3600,1800,7200,3865470566400,1932735283200,7730941132800,4,14400,17179869184,61847529062400,worker,\
             label_app:web|label_team:red",
            hour(day, at)
        );
    }
    text
}

fn node_labels(day: u32, hours: Range<u32>) -> String {
    hours.fold(format!("{NODE_COLUMNS}\n"), |text, at| format!("{text}{},node-1,label_zone:north\n", hour(day, at)))
}

/// A store, and payloads beside it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn store(&self) -> PathBuf {
        self.path("bucket")
    }

    /// A folder with reports, and with the operator's manifest if it covers hours of a day.
    fn payload(&self, name: &str, reports: &[(&str, String)], manifest: Option<(u32, u32, Range<u32>)>) -> String {
        let folder = self.path(name);
        std::fs::create_dir_all(&folder).expect("a new folder");
        for (file, text) in reports {
            std::fs::write(folder.join(file), text).expect("a new file");
        }
        if let Some((number, day, hours)) = manifest {
            let time =
                |hour: u32| if hour == 24 { format!("2026-03-{day:02}T23:59:59Z") } else { format!("2026-03-{day:02}T{hour:02}:00:00Z") };
            let manifest = json!({
                "uuid": format!("{MANIFEST}{number}"), "cluster_id": CLUSTER, "version": "4.4.1", "date": "2026-03-05T00:05:00Z",
                "files": reports.iter().map(|(file, _)| file).collect::<Vec<_>>(), "start": time(hours.start), "end": time(hours.end),
                "certified": true, "daily_reports": true, "cr_status": {"clusterVersion": "stable-4.20", "upload": {"upload": true}},
            });
            std::fs::write(folder.join("manifest.json"), manifest.to_string()).expect("a new file");
        }
        folder.display().to_string()
    }

    /// Pods and node labels of hours of a day, with a manifest that covers them.
    fn hours(&self, number: u32, day: u32, hours: Range<u32>) -> String {
        let reports = [("pod.csv", pods(day, hours.clone())), ("node.csv", node_labels(day, hours.clone()))];
        self.payload(&format!("payload-{number}"), &reports, Some((number, day, hours)))
    }

    /// A command for payloads of the tenant's source.
    fn command(&self, name: &str, payloads: &[&str], more: &[&str]) -> Command {
        let mut command = aggregator(["ocp", name]);
        command.args(payloads).args(["--schema", SCHEMA, "--source", SOURCE]).arg("--store").arg(self.store());
        command.args(more).current_dir(self.folder.path()).env("AGGREGATOR_FORMAT", "json");
        command
    }

    fn ingest(&self, payloads: &[&str], more: &[&str]) -> Answer {
        run(&mut self.command("ingest", payloads, more))
    }

    fn run(&self, payloads: &[&str], more: &[&str]) -> Answer {
        run(&mut self.command("run", payloads, more))
    }

    /// The rows of the summary, ordered.
    fn summary(&self) -> DataFrame {
        summary(&self.store())
    }
}

fn summary(store: &Path) -> DataFrame {
    let table = managed_table(store, SCHEMA);
    let parts = data_files(&table).into_iter().map(|file| read(&table.join(file)));
    let rows = parts.reduce(|all, part| all.vstack(&part).expect("files of one table")).unwrap_or_default();
    let columns: Vec<_> = ["usage_start", "namespace", "node", "pod_labels"].into_iter().filter(|name| rows.column(name).is_ok()).collect();
    if columns.is_empty() { rows } else { rows.sort(columns, SortMultipleOptions::default()).expect("columns to sort by") }
}

/// What was done with each day: report, day, action, hours before.
fn days(payload: &Value) -> Vec<String> {
    let days = payload["days"].as_array().expect("days");
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fields = ["report_type", "day", "action", "previous_hours"];
    days.iter().map(|day| fields.map(|field| text(&day[field])).join(" ")).collect()
}

/// CPU used by each namespace of a run.
fn cpu(answer: &Value) -> Vec<(String, f64)> {
    let rows = answer["namespaces"].as_array().expect("namespaces");
    let name = |row: &Value| row["namespace"].as_str().unwrap_or_default().to_owned();
    rows.iter().map(|row| (name(row), row["pod_usage_cpu_core_hours"].as_f64().expect("core-hours"))).collect()
}

#[test]
fn the_first_command_of_the_readme_shows_what_each_namespace_used() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let mut command = aggregator(["ocp", "run"]);
    let said = run(command.arg(payload_of_the_repository("shop.tar.gz")).current_dir(place.path())).done().stdout;
    // Added up by hand (and by Python) from the CSV files of the archive: CPU used, requested, effective; memory; storage.
    let expected = [
        ["Worker unallocated", "670.80", "648.00", "522.00", "2592.00", "2784.00", "2304.00", "–", "–"],
        ["shop-ml", "300.00", "216.00", "312.00", "1224.00", "864.00", "1248.00", "–", "–"],
        ["Platform unallocated", "150.00", "156.00", "144.00", "636.00", "648.00", "624.00", "–", "–"],
        ["shop-web", "85.20", "96.00", "126.00", "264.00", "192.00", "288.00", "–", "–"],
        ["shop-data", "60.00", "96.00", "96.00", "288.00", "384.00", "384.00", "0.77", "2.58"],
        ["shop-legacy", "36.00", "96.00", "96.00", "240.00", "384.00", "384.00", "1.16", "1.94"],
        ["openshift-monitoring", "36.00", "24.00", "36.00", "120.00", "96.00", "120.00", "1.29", "3.23"],
        ["openshift-ingress", "6.00", "12.00", "12.00", "12.00", "24.00", "24.00", "–", "–"],
    ];
    let cells = |line: &str| {
        let columns: Vec<_> =
            line.trim_matches(['│', ' ']).split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect();
        columns
    };
    let table: Vec<_> = said.lines().skip_while(|line| !line.contains("GiB-months")).skip(2).take(8).map(cells).collect();
    assert_eq!(table, expected.map(|row| row.map(str::to_owned).to_vec()), "{said}");
    assert!(said.contains("summarized 2026-03-02 to 2026-03-03"), "{said}");
    assert_eq!(data_files(&managed_table(&place.path().join("aggregator-data"), "org0000001")).len(), 2);

    let readme = include_str!("../../../../README.md");
    let shown: Vec<_> = readme.lines().filter(|line| line.starts_with("│ ") && line.ends_with(" │")).map(str::trim).collect();
    for line in said.lines().skip_while(|line| !line.starts_with("summarized")).filter(|line| line.starts_with("│ ")) {
        assert!(shown.contains(&line.trim()), "the README does not show what the command prints: {line}");
    }
}

#[test]
fn the_closing_summary_of_a_run_is_json() {
    let place = Place::new();
    let payload = place.hours(1, 2, 0..24);
    let answer = place.run(&[&payload], &[]).done().json();
    assert_eq!((&answer["schema"], &answer["source"], &answer["cluster_id"]), (&SCHEMA.into(), &SOURCE.into(), &CLUSTER.into()));
    let ingested = &answer["ingest"]["payloads"][0];
    assert_eq!((&ingested["payload"], &ingested["manifest"]), (&payload.as_str().into(), &format!("{MANIFEST}1").into()));
    assert_eq!(days(ingested), ["node_labels 2026-03-02 written null", "pod_usage 2026-03-02 written null"]);
    assert_eq!(answer["ingest"]["tag_keys"], json!(["app", "team", "zone"]));
    let node =
        json!([{"node": "node-1", "resource_id": "i-1", "node_capacity_cpu_cores": 4.0, "node_role": "worker", "architecture": null}]);
    assert_eq!((&answer["lists"][0]["month"], &answer["lists"][0]["nodes"]), (&"2026-03".into(), &node));
    assert_eq!((&answer["lists"][0]["projects"], &answer["lists"][0]["written"]), (&json!([{"namespace": "shop"}]), &Value::Null));
    let window = &answer["windows"][0];
    assert_eq!((&window["start"], &window["end"], &window["pod_rows"]), (&"2026-03-02".into(), &"2026-03-02".into(), &1.into()));
    // 24 hours of four cores, of which one is used, half a core requested.
    let namespaces = json!([
        {
            "namespace": "Worker unallocated", "pod_usage_cpu_core_hours": 72.0, "pod_request_cpu_core_hours": 84.0,
            "pod_effective_usage_cpu_core_hours": 72.0, "pod_usage_memory_gigabyte_hours": 360.0, "pod_request_memory_gigabyte_hours": 372.0,
            "pod_effective_usage_memory_gigabyte_hours": 360.0, "persistentvolumeclaim_usage_gigabyte_months": null,
            "volume_request_storage_gigabyte_months": null,
        },
        {
            "namespace": "shop", "pod_usage_cpu_core_hours": 24.0, "pod_request_cpu_core_hours": 12.0,
            "pod_effective_usage_cpu_core_hours": 24.0, "pod_usage_memory_gigabyte_hours": 24.0, "pod_request_memory_gigabyte_hours": 12.0,
            "pod_effective_usage_memory_gigabyte_hours": 24.0, "persistentvolumeclaim_usage_gigabyte_months": null,
            "volume_request_storage_gigabyte_months": null,
        },
    ]);
    assert_eq!((&answer["namespaces"], &window["namespaces"]), (&namespaces, &namespaces));
    assert!(answer["seconds"].as_f64() > Some(0.0) && answer["peak_memory_bytes"].as_u64() > Some(1 << 20), "{answer}");
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_it_would_do() {
    let place = Place::new();
    let payload = place.hours(1, 2, 0..24);
    for name in ["ingest", "run"] {
        let mut command = place.command(name, &[&payload], &["--dry-run"]);
        let answer = run(&mut command).done().json();
        assert_eq!(answer["dry_run"], true);
        let payloads = if name == "run" { &answer["ingest"]["payloads"] } else { &answer["payloads"] };
        assert_eq!(days(&payloads[0]), ["node_labels 2026-03-02 written null", "pod_usage 2026-03-02 written null"]);
        assert_eq!(contents(&place.store()), []);
    }
    let said = place.run(&[&payload], &["--dry-run", "--format", "text"]).done().stdout;
    assert!(said.contains("nothing was written") && !said.contains("summarized"), "{said}");
}

#[test]
fn running_twice_is_running_once() {
    let place = Place::new();
    let payloads = [place.hours(1, 2, 0..24), place.hours(2, 3, 0..24)];
    let payloads = payloads.each_ref().map(String::as_str);
    let first = place.run(&payloads, &[]).done().json();
    let (listed, rows) = (files(&place.store()), place.summary());
    let second = place.run(&payloads, &[]).done().json();
    assert_eq!(files(&place.store()), listed);
    assert!(place.summary().equals_missing(&rows));
    assert_eq!(second["namespaces"], first["namespaces"]);
    let actions: Vec<_> = second["ingest"]["payloads"][1]["days"].as_array().expect("days").iter().map(|day| &day["action"]).collect();
    assert_eq!(actions, ["already-there", "already-there"]);
}

#[test]
fn a_day_is_replaced_by_more_hours_and_by_fewer_only_if_told_so() {
    let place = Place::new();
    let (half, whole) = (place.hours(1, 2, 0..12), place.hours(2, 2, 0..24));
    let first = place.run(&[&half], &[]).done().json();
    assert_eq!(cpu(&first), [("Worker unallocated".to_owned(), 36.0), ("shop".to_owned(), 12.0)]);

    let second = place.run(&[&whole], &[]).done().json();
    assert_eq!(days(&second["ingest"]["payloads"][0]), ["node_labels 2026-03-02 replaced 12", "pod_usage 2026-03-02 replaced 12"]);
    assert_eq!(cpu(&second), [("Worker unallocated".to_owned(), 72.0), ("shop".to_owned(), 24.0)]);

    let rows = place.summary();
    let third = place.run(&[&half], &[]).done().json();
    assert_eq!(days(&third["ingest"]["payloads"][0]), ["node_labels 2026-03-02 kept 24", "pod_usage 2026-03-02 kept 24"]);
    assert_eq!((&third["windows"], &third["namespaces"]), (&json!([]), &json!([])));
    assert!(place.summary().equals_missing(&rows));
    let said = place.run(&[&half], &["--format", "text"]).done().stdout;
    assert!(said.contains("nothing changed: no day was summarized") && said.contains("kept: 24 hours are there"), "{said}");

    let forced = place.run(&[&half], &["--replace"]).done().json();
    assert_eq!(days(&forced["ingest"]["payloads"][0]), ["node_labels 2026-03-02 replaced 24", "pod_usage 2026-03-02 replaced 24"]);
    assert_eq!(cpu(&forced), cpu(&first));
}

#[test]
fn only_the_days_that_changed_are_summarized() {
    let place = Place::new();
    let payloads = [place.hours(1, 2, 0..24), place.hours(2, 3, 0..12), place.hours(3, 5, 0..24)];
    let first = place.run(&payloads.each_ref().map(String::as_str), &[]).done().json();
    let windows = |answer: &Value| {
        let windows = answer["windows"].as_array().expect("windows");
        windows.iter().map(|window| format!("{} {}", window["start"], window["end"]).replace('"', "")).collect::<Vec<_>>()
    };
    assert_eq!(windows(&first), ["2026-03-02 2026-03-03", "2026-03-05 2026-03-05"]);
    let more = place.hours(4, 3, 0..24);
    let second = place.run(&[&more], &[]).done().json();
    assert_eq!(windows(&second), ["2026-03-03 2026-03-03"]);
    assert_eq!(data_files(&managed_table(&place.store(), SCHEMA)).len(), 3);
}

#[test]
fn a_bad_row_is_left_out_with_its_place_and_refuses_its_payload_only_if_strict() {
    let place = Place::new();
    let bad = pods(2, 0..24).replace("2026-03-02 05:00:00 +0000 UTC", "yesterday");
    let payload = place.payload("bad", &[("pod.csv", bad), ("node.csv", node_labels(2, 0..24))], Some((1, 2, 0..24)));
    let good = place.hours(2, 3, 0..24);

    let refused = place.ingest(&[&payload, &good], &["--strict"]);
    assert_eq!(refused.exit_code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("error: refused `") && refused.stderr.contains("pod.csv"), "{refused:?}");
    let payloads = refused.json()["payloads"].clone();
    assert!(payloads[0]["refused"].as_str().is_some_and(|reason| reason.contains("line 7")), "{payloads}");
    assert_eq!((days(&payloads[0]), days(&payloads[1]).len()), (Vec::<String>::new(), 2));
    assert!(files(&place.store()).iter().all(|file| !file.to_string_lossy().contains("2026-03-02")));

    let said = place.run(&[&payload], &["--format", "text"]).done().stdout;
    let warning = said.lines().find(|line| line.starts_with("warning: ")).unwrap_or_else(|| panic!("no warning: {said}"));
    assert!(warning.contains("pod.csv") && warning.contains("line 7") && warning.contains("interval_start"), "{warning}");
    let shop = said.lines().find(|line| line.starts_with("│ shop ")).unwrap_or_else(|| panic!("no namespace: {said}"));
    assert!(shop.contains(" 23.00 "), "{said}");
}

#[test]
fn a_payload_that_is_refused_ends_with_two_and_the_others_go_on() {
    let place = Place::new();
    let good = place.hours(1, 2, 0..24);
    std::fs::write(place.path("bad.tar.gz"), "no archive").expect("a new file");
    let answer = place.run(&["bad.tar.gz", "missing", &good], &[]);
    assert_eq!(answer.exit_code, Some(2), "{answer:?}");
    assert_eq!(answer.stderr.matches("error: refused `").count(), 2, "{answer:?}");
    let answer = answer.json();
    let payloads = answer["ingest"]["payloads"].as_array().expect("payloads");
    assert_eq!(payloads.iter().map(|payload| payload["refused"].is_string()).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(cpu(&answer).len(), 2);
}

#[test]
fn a_payload_of_another_cluster_is_refused() {
    let place = Place::new();
    let payload = place.hours(1, 2, 0..24);
    for name in ["ingest", "run"] {
        let answer = run(&mut place.command(name, &[&payload], &["--cluster-id", "another"]));
        assert_eq!(answer.exit_code, Some(2), "{answer:?}");
        assert!(answer.stderr.contains("my-cluster") && answer.stderr.contains("another"), "{answer:?}");
    }
    assert_eq!(contents(&place.store()), []);
}

#[test]
fn files_without_a_manifest_need_the_name_of_their_cluster() {
    let place = Place::new();
    let folder = place.payload("csv", &[("pod.csv", pods(2, 0..24)), ("node.csv", node_labels(2, 0..24))], None);
    let mut command = aggregator(["ocp", "run", &folder, "--format", "json"]);
    let failure = run(command.current_dir(place.folder.path())).failure();
    assert!(failure.contains("a setting is missing: --cluster-id"), "{failure}");
    assert!(!place.path("aggregator-data").exists());

    let answer = run(command.args(["--cluster-id", "one"])).done().json();
    assert_eq!(cpu(&answer), [("Worker unallocated".to_owned(), 72.0), ("shop".to_owned(), 24.0)]);
    let other = run(command.args(["--cluster-id", "another"]));
    assert_eq!(other.exit_code, Some(2), "a flag twice: {other:?}");
    let mut command = aggregator(["ocp", "run", &folder, "--format", "json", "--cluster-id", "another"]);
    let other = run(command.current_dir(place.folder.path())).done().json();
    assert_ne!(other["source"], answer["source"]);
}

#[test]
fn which_labels_are_kept_is_chosen_without_koku() {
    let place = Place::new();
    let payload = place.hours(1, 2, 0..24);
    std::fs::write(place.path("keys.txt"), "app\n\n  zone  \n").expect("a new file");
    for (choice, labels) in
        [("all", r#"{"app":"web","team":"red","zone":"north"}"#), ("none", "{}"), ("keys.txt", r#"{"app":"web","zone":"north"}"#)]
    {
        place.run(&[&payload], &["--enable-tags", choice]).done();
        let rows = place.summary();
        let found: Vec<_> = rows.column("pod_labels").expect("a column").str().expect("text").iter().flatten().collect();
        assert_eq!(found, [labels], "{choice}");
    }
    let failure = place.run(&[&payload], &["--enable-tags", "no-such-file"]).failure();
    assert!(failure.contains("could not read `no-such-file`"), "{failure}");
}

#[test]
fn a_run_is_an_ingest_and_a_summary() {
    let (one, other) = (Place::new(), Place::new());
    let reference = json!({
        "enabled_keys": ["app"],
        "cost_categories": [{"namespace": "sh%", "cost_category_id": 4}],
        "nodes": [{"node": "node-1", "resource_id": "i-1", "node_role": "infra"}],
    });
    for place in [&one, &other] {
        std::fs::write(place.path("reference.json"), reference.to_string()).expect("a new file");
    }
    let shop = payload_of_the_repository("shop.tar.gz").display().to_string();
    let payloads = [one.hours(1, 4, 0..24), one.hours(2, 5, 0..7), shop];
    let payloads = payloads.each_ref().map(String::as_str);
    for payload in payloads {
        let cluster = if payload.ends_with("gz") { "shop" } else { CLUSTER };
        one.run(&[payload], &["--reference", "reference.json", "--cluster-id", cluster, "--cluster-alias", "an alias"]).done();
        other.ingest(&[payload], &[]).done();
        let (start, end) = if payload.ends_with("gz") { ("2026-03-02", "2026-03-03") } else { ("2026-03-04", "2026-03-05") };
        let range = ["--start", start, "--end", end, "--cluster-id", cluster, "--cluster-alias", "an alias"];
        let mut summarize = other.command("summarize", &[], &range);
        summarize.args(["--reference", "reference.json"]).arg("--output").arg(other.store());
        run(&mut summarize).done();
    }
    assert_eq!(files(&one.store().join("data/parquet")), files(&other.store().join("data/parquet")));
    let (one, other) = (one.summary(), other.summary());
    assert!(one.height() > 20 && one.equals_missing(&other), "{one} {other}");
}

#[test]
fn the_summary_can_go_elsewhere() {
    let place = Place::new();
    let payload = place.hours(1, 2, 0..24);
    let result = place.path("result");
    run(place.command("run", &[&payload], &[]).arg("--output").arg(&result)).done();
    assert_eq!((data_files(&managed_table(&result, SCHEMA)).len(), data_files(&managed_table(&place.store(), SCHEMA)).len()), (1, 0));
}

#[test]
fn settings_of_payloads_come_from_flags_environment_and_file() {
    let place = Place::new();
    let payload = place.hours(1, 2, 0..24);
    let settings =
        format!("store = 'from-file'\nschema = '{SCHEMA}'\nsource = '{SOURCE}'\ncluster-id = 'another'\nformat = 'json'\ndry-run = true\n");
    std::fs::write(place.path("aggregator.toml"), settings).expect("a new file");
    let command = || {
        let mut command = aggregator(["ocp", "ingest", &payload, "--config", "aggregator.toml"]);
        command.current_dir(place.folder.path());
        command
    };
    assert_eq!(run(&mut command()).exit_code, Some(2), "a cluster of the file");
    let answer = run(command().env("AGGREGATOR_CLUSTER_ID", CLUSTER)).done().json();
    assert_eq!((&answer["dry_run"], &answer["cluster_id"]), (&true.into(), &CLUSTER.into()));
    assert!(!place.path("from-file").exists());
    let wet = || {
        let mut command = command();
        command.env("AGGREGATOR_CLUSTER_ID", "another").env("AGGREGATOR_STORE", "from-environment").args([
            "--cluster-id",
            CLUSTER,
            "--dry-run=no",
        ]);
        command
    };
    run(&mut wet()).done();
    run(wet().args(["--store", "from-flag"])).done();
    assert!(place.path("from-environment/data").is_dir() && place.path("from-flag/data").is_dir() && !place.path("from-file").exists());
}

// With koku's database.

/// A tenant of koku's, who knows the source and enabled one tag key.
async fn tenant() -> TestDatabase {
    let database = Cluster::shared().create_database().await;
    database.create_tenant(SCHEMA, Layout::Koku).await;
    database.execute(SHARED_TABLES).await;
    database
        .execute(format!(
            "INSERT INTO public.api_provider VALUES ('{SOURCE}');
             INSERT INTO {SCHEMA}.reporting_tenant_api_provider (uuid, name) VALUES ('{SOURCE}', 'a cluster');
             INSERT INTO {SCHEMA}.reporting_enabledtagkeys (key, enabled, provider_type) VALUES ('app', true, 'OCP')"
        ))
        .await;
    database
}

/// The rows of a query with one column.
async fn texts(database: &TestDatabase, query: String) -> Vec<String> {
    database.texts(query).await.into_iter().map(Option::unwrap_or_default).collect()
}

#[test]
fn a_run_with_kokus_database_fills_its_tables() {
    block_on(async {
        let (place, database) = (Place::new(), tenant().await);
        let payload = place.hours(1, 2, 0..24);
        let with_database = |payload: &str, more: &[&str]| {
            let mut command = place.command("run", &[payload], more);
            run(command.args(["--database", &database.url]))
        };
        let answer = with_database(&payload, &["--track", "--cluster-alias", "an alias"]).done().json();
        assert_eq!((&answer["ingest"]["new_tag_keys"], &answer["windows"][0]["inserted_rows"]), (&2.into(), &2.into()));
        let written =
            json!({"nodes": {"added": 1, "updated": 0}, "volumes": {"added": 0, "updated": 0}, "projects": {"added": 1, "updated": 0}});
        assert_eq!(answer["lists"][0]["written"], written);

        let rows = || {
            let columns =
                "namespace, usage_start, cluster_id, cluster_alias, pod_labels, pod_usage_cpu_core_hours::float8, report_period_id";
            texts(&database, format!("SELECT concat_ws(' ', {columns}) FROM {SCHEMA}.{TABLE} ORDER BY 1"))
        };
        let expected =
            ["Worker unallocated 2026-03-02 my-cluster an alias 72 1", r#"shop 2026-03-02 my-cluster an alias {"app": "web"} 24 1"#];
        assert_eq!(rows().await, expected);
        let keys = format!("SELECT concat_ws(' ', key, enabled) FROM {SCHEMA}.reporting_enabledtagkeys ORDER BY key");
        assert_eq!(texts(&database, keys).await, ["app t", "team f", "zone f"]);
        let node = format!("SELECT concat_ws(' ', node, node_role, node_capacity_cpu_cores) FROM {SCHEMA}.reporting_ocp_nodes");
        assert_eq!(texts(&database, node).await, ["node-1 worker 4.00"]);
        let period = format!("SELECT (report_period_start AT TIME ZONE 'UTC')::text FROM {SCHEMA}.reporting_ocpusagereportperiod");
        assert_eq!(texts(&database, period).await, ["2026-03-01 00:00:00"]);
        let reports = "SELECT concat_ws(' ', report_name, status, completed_datetime IS NOT NULL) \
                       FROM public.reporting_common_costusagereportstatus ORDER BY report_name";
        assert_eq!(texts(&database, reports.to_owned()).await, ["node.csv 1 t", "pod.csv 1 t"]);
        let manifest = texts(
            &database,
            "SELECT concat_ws(' ', id, assembly_id, cluster_id, state -> 'processing' ? 'end') FROM public.reporting_common_costusagereportmanifest".to_owned(),
        );
        let id = answer["ingest"]["payloads"][0]["manifest_id"].as_i64().expect("koku's key");
        assert_eq!(manifest.await, [format!("{id} {MANIFEST}1 {CLUSTER} t")]);

        // Again, and without the copy in the store.
        let again = with_database(&payload, &["--track", "--cluster-alias", "an alias"]).done().json();
        assert_eq!(rows().await, expected);
        assert_eq!((&again["ingest"]["new_tag_keys"], &again["windows"][0]["deleted_rows"]), (&0.into(), &2.into()));
        let next = place.hours(2, 3, 0..24);
        with_database(&next, &["--no-managed-copy"]).done();
        assert_eq!((rows().await.len(), data_files(&managed_table(&place.store(), SCHEMA)).len()), (4, 1));
        let tracked = database.count("SELECT count(*) FROM public.reporting_common_costusagereportmanifest").await;
        assert_eq!(tracked, 1, "it was not asked for");
    });
}

#[test]
fn an_ingest_with_kokus_database_touches_nothing_but_tag_keys() {
    block_on(async {
        let (place, database) = (Place::new(), tenant().await);
        let payload = place.hours(1, 2, 0..24);
        let dry = place.ingest(&[&payload], &["--database", &database.url, "--track", "--dry-run"]).done().json();
        assert_eq!(dry["new_tag_keys"], Value::Null);
        assert_eq!(database.count(format!("SELECT count(*) FROM {SCHEMA}.reporting_enabledtagkeys")).await, 1);
        place.ingest(&[&payload], &["--database", &database.url]).done();
        assert_eq!(database.count(format!("SELECT count(*) FROM {SCHEMA}.reporting_enabledtagkeys")).await, 3);
        for table in [
            "public.reporting_common_costusagereportmanifest".to_owned(),
            "public.reporting_common_costusagereportstatus".to_owned(),
            format!("{SCHEMA}.reporting_ocp_nodes"),
            format!("{SCHEMA}.{TABLE}"),
        ] {
            assert_eq!(database.count(format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
        }
        let failure = place.ingest(&[&payload], &["--database", &database.url, "--manifest-id", "77"]).failure();
        assert!(failure.contains("found no manifest 77 of source"), "{failure}");
    });
}
