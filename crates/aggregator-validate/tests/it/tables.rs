//! Tables beside the daily summary: line items, lists, and any other with a key; and the reports for people and spreadsheets.

use std::path::Path;

use polars::prelude::{DataFrame, DataType, TimeUnit, df};

use crate::postgres::{Cluster, TestDatabase};
use crate::program::{Answer, compare, data, run, write};

fn of_table(left: impl AsRef<Path>, right: impl AsRef<Path>, more: &[&str]) -> Answer {
    run(["compare", left.as_ref().to_str().unwrap(), right.as_ref().to_str().unwrap()].into_iter().chain(more.iter().copied()))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future)
}

const HOUR: i64 = 3_600_000;
/// 2026-03-01, in milliseconds.
const MARCH: i64 = 1_772_323_200_000;

/// Three hours of pods on two days.
fn pods(usage: f64) -> DataFrame {
    let mut frame = df!(
        "interval_start" => [MARCH, MARCH + HOUR, MARCH + 24 * HOUR],
        "namespace" => ["a", "a", "b"],
        "pod" => ["p", "p", "q"],
        "node" => ["n", "n", "n"],
        "pod_usage_cpu_core_seconds" => [usage, 2.0, 3.0],
        "pod_labels" => [r#"{"b":"2","a":"1"}"#, "{}", "{}"],
        "node_role" => [None::<&str>, None, Some("worker")],
    )
    .unwrap();
    let start = frame.column("interval_start").unwrap().cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap();
    frame.with_column(start).unwrap();
    frame
}

#[test]
fn line_items_are_compared_hour_by_hour() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join("left/source=s1/year=2026/month=03/pods.parquet");
    let right = folder.path().join("right.parquet");
    write(&mut pods(1.0), &left);
    let mut as_text = pods(1.0);
    let texts = df!("interval_start" => ["2026-03-01 00:00:00", "2026-03-01T01:00:00.000Z", "2026-03-02 00:00:00.000000"]).unwrap();
    as_text.with_column(texts.column("interval_start").unwrap().clone()).unwrap();
    write(&mut as_text, &right);
    for table in ["ocp-pod-usage", "openshift_pod_usage_line_items", "ocp-pod-usage-daily"] {
        let answer = of_table(folder.path().join("left"), &right, &["--table", table]);
        assert_eq!(answer.exit_code, 0, "{table}: {answer:?}");
    }
    write(&mut pods(1.5), &right);
    let answer = of_table(folder.path().join("left"), &right, &["--table", "ocp-pod-usage"]);
    assert_eq!(answer.exit_code, 1, "{answer:?}");
    let told = "1. changed: interval_start=\"2026-03-01 00:00:00\" namespace=\"a\" pod=\"p\" node=\"n\"\n     pod_usage_cpu_core_seconds: left 1.0, right 1.5";
    assert!(answer.stdout.contains(told), "{}", answer.stdout);
    // The second day is the same on both sides; a source is the partition of the path.
    let answer = of_table(&left, &right, &["--table", "ocp-pod-usage", "--start", "2026-03-02", "--format", "json"]);
    assert_eq!((answer.exit_code, answer.json()["rows"]["equal"].as_u64()), (0, Some(1)), "{answer:?}");
    let answer = of_table(&left, &left, &["--table", "ocp-pod-usage", "--source", "s1", "--end", "2026-03-01", "--format", "json"]);
    assert_eq!((answer.exit_code, answer.json()["rows"]["equal"].as_u64()), (0, Some(2)), "{answer:?}");
    let answer = of_table(&left, &right, &["--table", "ocp-pod-usage", "--source", "s1"]);
    assert_eq!(answer.exit_code, 2, "{answer:?}");
    assert!(answer.stderr.contains("found no column `source` in"), "{}", answer.stderr);
}

#[test]
fn any_table_can_be_compared_by_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let (left, right) = (folder.path().join("left.parquet"), folder.path().join("right.parquet"));
    let frame = |count: i64, seen: &'static str| {
        df!("id" => [1_i64, 2], "name" => [Some("x"), None], "count" => [count, 9_007_199_254_740_993], "ok" => [true, false], "seen" => [seen, seen])
            .unwrap()
    };
    write(&mut frame(5, "today"), &left);
    write(&mut frame(6, "tomorrow"), &right);
    let answer = of_table(&left, &right, &["--table", "my_table"]);
    assert_eq!(answer.exit_code, 2, "{answer:?}");
    assert!(answer.stderr.contains("`my_table` without a key") && answer.stderr.contains("--key"), "{}", answer.stderr);
    let answer = of_table(&left, &right, &["--table", "my_table", "--key", "id,name", "--ignore", "seen"]);
    assert_eq!(answer.exit_code, 1, "{answer:?}");
    assert!(answer.stdout.contains("changed: id=\"1\" name=\"x\"") && answer.stdout.contains("asked for: seen"), "{}", answer.stdout);
    assert!(answer.stdout.contains("count: left 5.000000000000000, right 6.000000000000000"), "{}", answer.stdout);
    let answer = of_table(&left, &right, &["--table", "my_table", "--key", "id", "--ignore", "seen,count"]);
    assert_eq!(answer.exit_code, 0, "{answer:?}");
    for (more, said) in [
        (["--key", "nothing", "--ignore", "seen"], "found no column `nothing`"),
        (["--key", "id", "--ignore", "nothing"], "found no column `nothing`"),
        (["--key", "id", "--ignore", "id"], "it is part of the key"),
        (["--key", "id", "--start", "2026-01-01"], "could not choose rows of `my_table` by day"),
        (["--key", "id", "--source", "s"], "could not choose rows of `my_table` by source"),
    ] {
        let answer = of_table(&left, &right, &[&["--table", "my_table"], &more[..]].concat());
        assert_eq!(answer.exit_code, 2, "{answer:?}");
        assert!(answer.stderr.contains(said) && answer.stderr.contains("hint: "), "{said}: {}", answer.stderr);
    }
}

async fn database() -> TestDatabase {
    let database = Cluster::shared().create_database().await;
    database.execute("CREATE SCHEMA org1".to_owned()).await;
    database
}

#[test]
fn a_table_of_postgresql_equals_a_file_whatever_the_types() {
    block_on(async {
        let database = database().await;
        database
            .execute(
                "CREATE TABLE org1.things (id bigint, price numeric(20, 3), share double precision, at timestamptz, day date, ok boolean, \
                 tags jsonb, note text)"
                    .to_owned(),
            )
            .await;
        database
            .execute(
                "INSERT INTO org1.things VALUES (7, 1.500, 0.1, '2026-03-01 12:00:00+02', '2026-03-01', true, '{\"a\": 1, \"b\": [1]}', ''), \
                 (8, NULL, 'NaN', NULL, NULL, NULL, NULL, NULL)"
                    .to_owned(),
            )
            .await;
        // Neither a zone nor a style of the server changes what is read.
        database.execute(format!("ALTER DATABASE {} SET timezone = 'Asia/Tokyo'", database.name)).await;
        database.execute(format!("ALTER DATABASE {} SET datestyle = 'German'", database.name)).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("things.parquet");
        let mut frame = df!(
            "id" => [7_i32, 8],
            "price" => [Some(1.5), None],
            "share" => [0.1, f64::NAN],
            "at" => [Some(MARCH + 10 * HOUR), None],
            "day" => [Some("2026-03-01"), None],
            "ok" => [Some(true), None],
            "tags" => [Some(r#"{"b":[1],"a":1}"#), None],
            "note" => [Some(""), None],
        )
        .unwrap();
        let at = frame.column("at").unwrap().cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap();
        frame.with_column(at).unwrap();
        write(&mut frame, &file);
        let arguments = ["--table", "things", "--schema", "org1", "--key", "id"];
        for (left, right) in [(Path::new(&database.url), file.as_path()), (file.as_path(), Path::new(&database.url))] {
            let answer = of_table(left, right, &arguments);
            assert_eq!(answer.exit_code, 0, "{answer:?}");
            assert!(answer.stdout.contains("8 columns compared, all there are"), "{}", answer.stdout);
        }
        database.execute("UPDATE org1.things SET at = at + interval '1 microsecond' WHERE id = 7".to_owned()).await;
        let answer = of_table(&file, &database.url, &arguments);
        assert!(answer.stdout.contains("at: left \"2026-03-01 10:00:00\", right \"2026-03-01 10:00:00.000001\""), "{answer:?}");
    });
}

#[test]
fn the_lists_of_two_databases_are_compared_without_their_random_ids() {
    block_on(async {
        let (one, other) = (database().await, database().await);
        for database in [&one, &other] {
            for table in [
                "reporting_ocp_nodes (uuid uuid, cluster_id uuid, node text, resource_id text, node_capacity_cpu_cores numeric(18,2), \
                 node_role text, architecture text)",
                "reporting_ocp_pvcs (uuid uuid, cluster_id uuid, persistent_volume text, persistent_volume_claim text, csi_volume_handle text)",
                "reporting_ocp_projects (uuid uuid, cluster_id uuid, project text)",
            ] {
                database.execute(format!("CREATE TABLE org1.{table}")).await;
            }
            let ids = "gen_random_uuid(), gen_random_uuid()";
            database.execute(format!("INSERT INTO org1.reporting_ocp_nodes VALUES ({ids}, 'n', 'i-1', 4, 'worker', NULL)")).await;
            database.execute(format!("INSERT INTO org1.reporting_ocp_pvcs VALUES ({ids}, 'v', 'c', '')")).await;
            database.execute(format!("INSERT INTO org1.reporting_ocp_projects VALUES ({ids}, 'p'), ({ids}, 'q')")).await;
        }
        for table in ["ocp-nodes", "ocp-pvcs", "ocp-projects"] {
            let answer = of_table(&one.url, &other.url, &["--table", table, "--schema", "org1"]);
            assert_eq!(answer.exit_code, 0, "{table}: {answer:?}");
            assert!(answer.stdout.contains("random: uuid, cluster_id"), "{}", answer.stdout);
        }
        other.execute("UPDATE org1.reporting_ocp_nodes SET node_capacity_cpu_cores = 4.01".to_owned()).await;
        other.execute("DELETE FROM org1.reporting_ocp_projects WHERE project = 'q'".to_owned()).await;
        let answer = of_table(&one.url, &other.url, &["--table", "ocp-nodes", "--schema", "org1"]);
        assert!(answer.exit_code == 1 && answer.stdout.contains("node_capacity_cpu_cores: left 4.0"), "{answer:?}");
        let answer = of_table(&one.url, &other.url, &["--table", "ocp-projects", "--schema", "org1"]);
        assert!(answer.exit_code == 1 && answer.stdout.contains("1. missing (only left): project=\"q\""), "{answer:?}");
    });
}

#[test]
fn the_reports_for_people_and_spreadsheets_hold_the_differences() {
    let (left, right) = (data("plain.hive.parquet"), data("fan_out.hive.parquet"));
    let json = compare(&left, &right, &["--format", "json", "--limit", "1000000"]).json();
    let rows =
        json["rows"]["changed"].as_u64().unwrap() + json["rows"]["missing"].as_u64().unwrap() + json["rows"]["extra"].as_u64().unwrap();
    assert!(rows > 10 && json["first"].as_array().unwrap().len() as u64 == rows, "{}", json["rows"]);
    let by_day: u64 =
        json["days"].as_array().unwrap().iter().map(|day| day["missing"].as_u64().unwrap() + day["extra"].as_u64().unwrap()).sum();
    assert_eq!(by_day + json["rows"]["changed"].as_u64().unwrap(), rows);
    let csv = compare(&left, &right, &["--format", "csv"]);
    assert_eq!(csv.exit_code, 1);
    let lines = json["first"].as_array().unwrap().iter().map(|row| row["cells"].as_array().unwrap().len().max(1)).sum::<usize>();
    assert_eq!(csv.stdout.lines().count(), lines + 1);
    assert_eq!(compare(&left, &right, &["--format", "csv", "--limit", "1"]).stdout.lines().next(), csv.stdout.lines().next());
    let html = compare(&left, &right, &["--format", "html", "--limit", "3"]);
    assert_eq!(html.exit_code, 1);
    assert!(html.stdout.contains(&format!("3 of {rows} differing rows")) && html.stdout.contains("<svg"), "{}", html.stdout);
    let html = compare(&left, &left, &["--format", "html"]);
    assert_eq!(html.exit_code, 0, "{}", html.stderr);
    assert!(html.stdout.contains("verdict equal") && !html.stdout.contains("biggest"), "{}", html.stdout);
}
