//! Bad input: what is said, exit code 2, and nothing written.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use polars::prelude::{AnyValue, Column, DataFrame, DataType, IntoColumn, NamedFrom, Series, TimeUnit};

use crate::program::{contents, files, run};
use crate::s3::{ACCESS_KEY, BUCKET, S3Server, SECRET};
use crate::tiny::{NODE_LABELS, PODS, PODS_HOURLY, SOURCE, STORAGE, Tiny, node_labels, pods, storage, write};

/// Runs into a directory that already holds a result; the failure, and that result must be untouched.
fn failure(tiny: &Tiny, more: &[&str]) -> String {
    let before = contents(&tiny.output());
    let failure = tiny.summarize("reference.json", more).failure();
    assert_eq!(contents(&tiny.output()), before, "{failure}");
    assert_eq!(files(&tiny.path("tmp")), Vec::<PathBuf>::new(), "a failure leaves no temporary file");
    failure
}

/// A store of two days, and a result of it.
fn with_result() -> Tiny {
    let tiny = Tiny::new(2);
    tiny.summarize("reference.json", &[]).done();
    assert!(contents(&tiny.output()).iter().filter(|(path, _)| path.ends_with("aggregator.parquet")).count() == 2);
    tiny
}

#[track_caller]
fn assert_says(failure: &str, parts: &[&str]) {
    for part in parts {
        assert!(failure.contains(part), "{part:?} is not said: {failure}");
    }
}

/// The column `name` of `frame` with `value` in its last row.
fn with_last(mut frame: DataFrame, name: &str, value: f64) -> DataFrame {
    let column = frame.column(name).expect("a column").f64().expect("numbers").clone();
    let mut values: Vec<Option<f64>> = column.iter().collect();
    *values.last_mut().expect("a row") = Some(value);
    frame.with_column(Series::new(name.into(), values).into_column()).expect("a column of the same length");
    frame
}

fn with_column(mut frame: DataFrame, column: Column) -> DataFrame {
    frame.with_column(column).expect("a column of the same length");
    frame
}

fn with_labels(mut frame: DataFrame, name: &str, value: &str) -> DataFrame {
    let labels = Series::new(name.into(), vec![value; frame.height()]);
    frame.with_column(labels.into_column()).expect("a column of the same length");
    frame
}

// Values.

#[test]
fn a_value_that_numeric_cannot_hold_is_named_with_column_day_namespace_and_node() {
    for (value, shown) in [(f64::NAN, "NaN"), (f64::INFINITY, "Infinity"), (f64::NEG_INFINITY, "-Infinity"), (3600.0 * 1e18, "1.0E18")] {
        let tiny = with_result();
        write(&with_last(pods(2), "pod_limit_cpu_core_seconds", value), &tiny.file(PODS));
        let failure = failure(&tiny, &[]);
        let place = r#"pod_limit_cpu_core_hours of the Pod row of 2026-02-02 (namespace "kube-system", node "node-1")"#;
        assert_says(&failure, &[place, &format!("is {shown}, which does not fit numeric(33,15)"), "nothing was written"]);
    }
}

#[test]
fn a_value_in_a_volume_that_numeric_cannot_hold_is_named() {
    let tiny = with_result();
    write(&with_last(storage(2), "persistentvolumeclaim_usage_byte_seconds", f64::INFINITY), &tiny.file(STORAGE));
    let failure = failure(&tiny, &[]);
    assert_says(
        &failure,
        &["persistentvolumeclaim_usage_gigabyte_months of the Storage row of 2026-02-02 (namespace \"shop\", node \"node-1\")"],
    );
}

#[test]
fn a_name_longer_than_its_column_is_named() {
    let tiny = with_result();
    write(&with_labels(pods(2), "namespace", &"n".repeat(254)), &tiny.file(PODS));
    assert_says(&failure(&tiny, &[]), &["namespace of the Pod row of 2026-02-0", "has 254 characters, more than varchar(253)"]);
}

#[test]
fn malformed_labels_are_shown_with_table_and_column() {
    for (table, frame, column, name) in [
        (PODS, pods(2), "pod_labels", "openshift_pod_usage_line_items_daily"),
        (NODE_LABELS, node_labels(2), "node_labels", "openshift_node_labels_line_items_daily"),
        (STORAGE, storage(2), "persistentvolume_labels", "openshift_storage_usage_line_items_daily"),
    ] {
        for (text, problem) in
            [(r#"{"app":"#, "is not JSON"), ("[]", "is not a JSON object"), (r#"{"a":1,"a":2}"#, "holds key \"a\" twice")]
        {
            let tiny = with_result();
            write(&with_labels(frame.clone(), column, text), &tiny.file(table));
            assert_says(&failure(&tiny, &[]), &[&format!("could not read `{column}` of `{name}` as labels"), problem, "hint: "]);
        }
    }
}

// What is asked for.

/// As [`failure`], with other values of some flags.
fn failure_where(tiny: &Tiny, changed: &[(&str, &str)]) -> String {
    let before = contents(&tiny.output());
    let failure = run(&mut tiny.to_directory_where("reference.json", changed, &[])).failure();
    assert_eq!(contents(&tiny.output()), before, "{failure}");
    failure
}

#[test]
fn an_end_before_the_start_is_refused() {
    let failure = failure_where(&with_result(), &[("--start", "2026-02-02"), ("--end", "2026-02-01")]);
    assert_says(&failure, &["could not use --start and --end", "2026-02-02", "2026-02-01"]);
}

#[test]
fn a_month_without_files_is_an_error_and_not_an_empty_result() {
    let failure = failure_where(&with_result(), &[("--start", "2026-03-01"), ("--end", "2026-03-31")]);
    assert_says(&failure, &["found no line items of `openshift_pod_usage_line_items_daily` under `", "year=2026/month=03`"]);
}

#[test]
fn a_source_without_files_is_named_with_the_prefix_that_was_listed() {
    let tiny = with_result();
    std::fs::rename(tiny.store().join("data/parquet/daily/org1234567"), tiny.store().join("data/parquet/daily/moved")).expect("a rename");
    std::fs::remove_dir_all(tiny.store().join("data/parquet/org1234567")).expect("a folder of ours");
    let failure = failure(&tiny, &[]);
    let prefix = tiny.store().join(PODS).join(format!("source={SOURCE}/year=2026/month=02")).display().to_string();
    assert_says(
        &failure,
        &["found no line items of `openshift_pod_usage_line_items_daily`", &prefix, "check --store, --schema and --source"],
    );
}

#[test]
fn an_unknown_source_is_an_error_and_not_an_empty_result() {
    let other = "5e8d6c1a-0000-4000-8000-00000000ffff";
    assert_says(&failure_where(&with_result(), &[("--source", other)]), &["found no line items", other]);
}

#[test]
fn an_unknown_schema_is_an_error_and_not_an_empty_result() {
    assert_says(
        &failure_where(&with_result(), &[("--schema", "org7654321")]),
        &["found no line items", "data/parquet/daily/org7654321/OCP"],
    );
}

#[test]
fn a_store_that_does_not_exist_is_named() {
    let tiny = with_result();
    std::fs::remove_dir_all(tiny.store()).expect("a folder of ours");
    assert_says(&failure(&tiny, &[]), &["could not list `", &tiny.store().display().to_string(), "no such directory", "check the path"]);
}

// Files.

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let tiny = with_result();
    let file = tiny.file(PODS).with_file_name("broken.parquet");
    // A link to itself: root may read what permissions forbid to others.
    std::os::unix::fs::symlink(&file, &file).expect("a link");
    let failure = tiny.summarize("reference.json", &[]).failure();
    assert_says(&failure, &["could not list `", "broken.parquet"]);
}

#[test]
fn a_file_that_is_no_parquet_is_named() {
    for content in [b"date,namespace\n2026-02-01,shop\n".as_slice(), b"P", b"PAR1PAR1", b"PAR1\xff\xff\xff\x7fPAR1"] {
        for table in [PODS, PODS_HOURLY, STORAGE, NODE_LABELS] {
            let tiny = with_result();
            let file = tiny.file(table).with_file_name("other.csv");
            std::fs::write(&file, content).expect("a new file");
            let failure = failure(&tiny, &[]);
            assert_says(&failure, &[&format!("could not read `{}` as Parquet", file.display()), "caused by: ", "hint: "]);
        }
    }
}

#[test]
fn a_truncated_file_is_named_and_never_skipped() {
    let tiny = with_result();
    let whole = std::fs::read(tiny.file(PODS)).expect("a file of ours");
    let file = tiny.file(PODS).with_file_name("second.parquet");
    for length in [4, 100, whole.len() / 2, whole.len() - 8, whole.len() - 1] {
        std::fs::write(&file, &whole[..length]).expect("a new file");
        assert_says(&failure(&tiny, &[]), &[&format!("could not read `{}` as Parquet", file.display())]);
    }
}

#[test]
fn damaged_pages_are_named_with_their_file() {
    let tiny = with_result();
    let file = tiny.file(PODS).with_file_name("second.parquet");
    let mut damaged = std::fs::read(tiny.file(PODS)).expect("a file of ours");
    let footer = damaged.len() / 2;
    // The pages are overwritten; the footer is whole.
    damaged[4..footer.min(800)].fill(0xff);
    std::fs::write(&file, damaged).expect("a new file");
    assert_says(&failure(&tiny, &[]), &[&format!("could not read `{}` as Parquet", file.display()), "caused by: "]);
}

#[test]
fn a_column_of_a_type_that_trino_refuses_is_named_with_its_file() {
    let rows = pods(2).height();
    let stamps = Series::new("interval_start".into(), vec!["2026-02-01"; rows]).into_column();
    let booleans = |name: &str| Series::new(name.into(), vec![true; rows]).into_column();
    let texts = |name: &str| Series::new(name.into(), vec!["1"; rows]).into_column();
    let dates = |name: &str| Series::new(name.into(), vec![0_i32; rows]).cast(&DataType::Date).expect("days").into_column();
    let nulls = |name: &str| Series::full_null(name.into(), rows, &DataType::String).into_column();
    for column in [
        stamps,
        booleans("namespace"),
        dates("resource_id"),
        booleans("pod_usage_cpu_core_seconds"),
        texts("pod_usage_cpu_core_seconds"),
        nulls("pod_usage_cpu_core_seconds"),
        dates("node_capacity_cpu_cores"),
    ] {
        let tiny = with_result();
        write(&with_column(pods(2), column.clone()), &tiny.file(PODS));
        let failure = failure(&tiny, &[]);
        let said = format!("could not read column `{}` of `{}`: its type is ", column.name(), tiny.file(PODS).display());
        assert_says(&failure, &[&said, "which cannot be read as", "no type was guessed"]);
    }
}

#[test]
fn an_integer_that_a_double_may_not_hold_is_refused() {
    let tiny = with_result();
    let large = Series::new("pod_usage_cpu_core_seconds".into(), vec![1_i64 << 52; 4]).into_column();
    write(&with_column(pods(2), large), &tiny.file(PODS));
    assert_says(&failure(&tiny, &[]), &["could not read column `pod_usage_cpu_core_seconds` of `", "2^52"]);
}

#[test]
fn stamps_of_any_unit_are_no_bad_input() {
    let tiny = with_result();
    for unit in [TimeUnit::Microseconds, TimeUnit::Nanoseconds] {
        let stamps = pods(2).column("interval_start").and_then(|stamps| stamps.cast(&DataType::Datetime(unit, None))).expect("stamps");
        write(&with_column(pods(2), stamps), &tiny.file(PODS));
        tiny.summarize("reference.json", &[]).done();
    }
}

// Reference data.

#[test]
fn a_missing_reference_file_is_named() {
    let tiny = with_result();
    std::fs::remove_file(tiny.path("reference.json")).expect("a file of ours");
    assert_says(&failure(&tiny, &[]), &["could not read `", "reference.json`", "check the path"]);
}

#[test]
fn a_malformed_reference_file_is_named_with_what_is_wrong() {
    for (text, problem) in [
        ("{", "EOF"),
        ("[]", "expected struct"),
        (r#"{"cost_categories": [], "nodes": []}"#, "missing field `enabled_keys`"),
        (r#"{"enabled_keys": "app", "cost_categories": [], "nodes": []}"#, "expected a sequence"),
        (r#"{"enabled_keys": [], "cost_categories": [{"namespace": "%"}], "nodes": []}"#, "missing field `cost_category_id`"),
        (
            r#"{"enabled_keys": [], "cost_categories": [], "nodes": [{"node": "a", "role": "b", "resource_id": null}]}"#,
            "missing field `node_role`",
        ),
    ] {
        let tiny = with_result();
        std::fs::write(tiny.path("reference.json"), text).expect("a file of ours");
        assert_says(
            &failure(&tiny, &[]),
            &["could not use the reference file `", "reference.json`: ", problem, "the file needs `enabled_keys`"],
        );
    }
}

// Servers.

/// The command from the bucket of `server`, with `secret`.
fn from_bucket(tiny: &Tiny, server: &S3Server, secret: &str) -> std::process::Command {
    let mut command = tiny.to_directory_where("reference.json", &[("--store", &format!("s3://{BUCKET}"))], &[]);
    command.env("S3_ENDPOINT", server.endpoint()).env("S3_ACCESS_KEY", ACCESS_KEY).env("S3_SECRET", secret);
    command
}

fn fill(server: &S3Server, tiny: &Tiny) {
    for file in files(&tiny.store()) {
        let target = server.bucket().join(&file);
        std::fs::create_dir_all(target.parent().expect("a folder")).expect("a new folder");
        std::fs::copy(tiny.store().join(file), target).expect("a new file");
    }
}

#[test]
fn a_wrong_s3_secret_is_refused_at_once_and_not_printed() {
    let (tiny, server) = (with_result(), S3Server::start());
    fill(&server, &tiny);
    let before = contents(&tiny.output());
    run(&mut from_bucket(&tiny, &server, SECRET)).done();
    assert_eq!(contents(&tiny.output()).len(), before.len());
    let before = contents(&tiny.output());
    let start = Instant::now();
    let mut command = from_bucket(&tiny, &server, "a-wrong-secret");
    command.args(["--format", "json"]).env("AGGREGATOR_LOG", "debug");
    let answer = run(&mut command);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    let said = format!("{answer:?}");
    assert!(!said.contains("a-wrong-secret"), "{said}");
    assert_eq!(answer.json()["retryable"], false, "{said}");
    assert_says(&answer.failure(), &["could not list `s3://koku/data/parquet", "check the access key, the secret"]);
    assert_eq!(contents(&tiny.output()), before);
}

#[test]
fn a_bucket_that_does_not_exist_is_named() {
    let (tiny, server) = (with_result(), S3Server::start());
    std::fs::remove_dir(server.bucket()).expect("a folder of ours");
    let start = Instant::now();
    let failure = run(&mut from_bucket(&tiny, &server, SECRET)).failure();
    assert_says(&failure, &["could not list `s3://koku/data/parquet", "hint: "]);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn an_endpoint_where_nobody_listens_fails_within_a_minute() {
    let (tiny, server) = (with_result(), S3Server::start());
    let before = contents(&tiny.output());
    let mut command = from_bucket(&tiny, &server, SECRET);
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    command.env("S3_ENDPOINT", format!("http://127.0.0.1:{port}")).args(["--format", "json"]);
    let start = Instant::now();
    let answer = run(&mut command);
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    assert_eq!(answer.json()["retryable"], true, "{answer:?}");
    assert_says(&answer.failure(), &["could not list `s3://koku/", "check the endpoint, the region and the network"]);
    assert_eq!(contents(&tiny.output()), before);
}

#[test]
fn a_damaged_object_is_named_by_its_url() {
    let (tiny, server) = (with_result(), S3Server::start());
    fill(&server, &tiny);
    let file = server.bucket().join(PODS).join(format!("source={SOURCE}/year=2026/month=02/2026-02-01_report_0.parquet"));
    std::fs::write(file, "no Parquet").expect("a file of ours");
    let failure = run(&mut from_bucket(&tiny, &server, SECRET)).failure();
    let url = format!("s3://{BUCKET}/{PODS}/source={SOURCE}/year=2026/month=02/2026-02-01_report_0.parquet");
    assert_says(&failure, &[&format!("could not read `{url}` as Parquet")]);
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let tiny = Tiny::new(2);
    std::fs::write(tiny.output(), "a file, where a directory should be").expect("a new file");
    let failure = tiny.summarize("reference.json", &[]).failure();
    assert_says(&failure, &["could not lock `", &tiny.output().display().to_string()]);
}

#[test]
fn a_null_measure_is_no_bad_input() {
    let tiny = with_result();
    let nulls = Column::new_scalar("pod_usage_cpu_core_seconds".into(), polars::prelude::Scalar::new(DataType::Float64, AnyValue::Null), 4);
    write(&with_column(pods(2), nulls), &tiny.file(PODS));
    tiny.summarize("reference.json", &[]).done();
}
