//! koku's table in a real PostgreSQL as a side.

use polars::prelude::{DataFrame, ParquetReader, PlSmallStr, SerReader};

use crate::postgres::{Cluster, Layout, TestDatabase};
use crate::program::{Answer, compare, data};

const SCHEMA: &str = "org1234567";
const TABLE: &str = "org1234567.reporting_ocpusagelineitem_daily_summary";

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future)
}

/// A database with the PostgreSQL rows of an oracle case, inserted as their texts.
async fn database(case: &str) -> TestDatabase {
    let database = Cluster::shared().create_database().await;
    database.create_tenant(SCHEMA, Layout::Koku).await;
    let file = std::fs::File::open(data(&format!("{case}.pg.parquet"))).unwrap();
    let frame = ParquetReader::new(file).finish().unwrap();
    database.execute(insert(&frame, &columns(&database).await)).await;
    database
}

async fn columns(database: &TestDatabase) -> Vec<String> {
    let query = format!("SELECT attname::text FROM pg_attribute WHERE attrelid = '{TABLE}'::regclass AND attnum > 0");
    database.texts(query).await.into_iter().flatten().collect()
}

fn insert(frame: &DataFrame, columns: &[String]) -> String {
    let names: Vec<&str> =
        frame.get_column_names().into_iter().map(PlSmallStr::as_str).filter(|name| columns.iter().any(|column| column == name)).collect();
    let texts: Vec<_> = names.iter().map(|name| frame.column(name).unwrap().str().unwrap()).collect();
    let quoted = |text: Option<&str>| text.map_or_else(|| "NULL".to_owned(), |text| format!("'{}'", text.replace('\'', "''")));
    let rows = (0..frame.height()).map(|row| {
        let values: Vec<String> = texts.iter().map(|texts| quoted(texts.get(row))).collect();
        format!("(gen_random_uuid(), {})", values.join(", "))
    });
    format!("INSERT INTO {TABLE} (uuid, {}) VALUES {}", names.join(", "), rows.collect::<Vec<_>>().join(", "))
}

/// The managed table of the case against the database.
fn against(case: &str, database: &TestDatabase, more: &[&str]) -> Answer {
    let answer = compare(data(&format!("{case}.hive.parquet")), &database.url, &[&["--schema", SCHEMA], more].concat());
    let said = format!("{answer:?}");
    assert!(!said.contains(Cluster::shared().password()), "{said}");
    answer
}

#[test]
fn the_table_equals_what_trino_kept_of_it() {
    block_on(async {
        for case in ["fan_out", "nulls", "plain"] {
            let database = database(case).await;
            let answer = against(case, &database, &[]);
            assert_eq!(answer.exit_code, 0, "{case}: {answer:?}");
            let file = data(&format!("{case}.pg.parquet"));
            let answer = compare(&database.url, &file, &["--schema", SCHEMA, "--format", "json"]);
            assert_eq!(answer.exit_code, 0, "{case}: {answer:?}");
            assert!(answer.json()["columns"].to_string().contains("all_labels"), "{answer:?}");
        }
    });
}

#[test]
fn a_changed_row_of_the_table_is_found() {
    block_on(async {
        let database = database("fan_out").await;
        // The last of fifteen places, which a double could not tell.
        database
            .execute(format!(
                "UPDATE {TABLE} SET pod_limit_cpu_core_hours = 123456.123456789012345 \
                 WHERE uuid = (SELECT uuid FROM {TABLE} WHERE pod_labels IS NOT NULL ORDER BY uuid LIMIT 1)"
            ))
            .await;
        let answer = against("fan_out", &database, &[]);
        assert_eq!(answer.exit_code, 1, "{answer:?}");
        assert!(answer.stdout.contains("123456.123456789012345"), "{}", answer.stdout);
        database.execute(format!("DELETE FROM {TABLE}")).await;
        let answer = against("fan_out", &database, &["--format", "json"]);
        assert_eq!(answer.json()["rows"]["missing"], answer.json()["left"]["rows"]);
    });
}

#[test]
fn source_and_window_are_asked_of_the_database() {
    block_on(async {
        let database = database("fan_out").await;
        let day = database.texts(format!("SELECT max(usage_start)::text FROM {TABLE}")).await.remove(0).unwrap();
        let source = database.texts(format!("SELECT min(source_uuid::text) FROM {TABLE}")).await.remove(0).unwrap();
        let count = database.count(format!("SELECT count(*) FROM {TABLE} WHERE usage_start = '{day}'")).await;
        // Another server setting must not change how a date is read.
        database.execute(format!("ALTER DATABASE {} SET datestyle = 'German'", database.name)).await;
        let answer = against("fan_out", &database, &["--start", &day, "--end", &day, "--source", &source, "--format", "json"]);
        assert_eq!(answer.exit_code, 0, "{answer:?}");
        assert_eq!(answer.json()["right"]["rows"], count);
        let other = "00000000-0000-0000-0000-000000000000";
        let answer = against("fan_out", &database, &["--source", other]);
        assert_eq!(answer.exit_code, 0, "{answer:?}");
        assert!(answer.stdout.contains("0 rows on both sides"), "{}", answer.stdout);
    });
}

#[test]
fn what_is_wrong_with_a_database_is_said_without_its_password() {
    block_on(async {
        let cluster = Cluster::shared();
        let database = cluster.create_database().await;
        let answer = against("plain", &database, &[]);
        assert_eq!(answer.exit_code, 2, "{answer:?}");
        assert!(
            answer.stderr.contains("found no table `reporting_ocpusagelineitem_daily_summary` in schema `org1234567`"),
            "{}",
            answer.stderr
        );
        database.create_tenant(SCHEMA, Layout::Plain).await;
        database.execute(format!("ALTER TABLE {TABLE} DROP COLUMN storageclass")).await;
        let answer = against("plain", &database, &[]);
        assert_eq!(answer.exit_code, 2, "{answer:?}");
        assert!(answer.stderr.contains("found no column `storageclass`"), "{}", answer.stderr);
        let wrong = cluster.url_with_password(&database.name, "geheim");
        let answer = compare(data("plain.hive.parquet"), &wrong, &["--schema", SCHEMA]);
        assert_eq!(answer.exit_code, 2, "{answer:?}");
        assert!(answer.stderr.contains("could not connect to") && answer.stderr.contains("hint: "), "{}", answer.stderr);
        assert!(!answer.stderr.contains("geheim"), "{}", answer.stderr);
    });
}
