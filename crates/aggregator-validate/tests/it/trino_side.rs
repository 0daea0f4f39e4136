//! A table that a Trino reads as a side: the answers of one, served as the protocol has them; and a real one where `AGGREGATOR_TEST_TRINO`
//! names a catalog of it that can be written (`trino://user@host:8080/hive`).

use std::fmt::Write;
use std::process::Command;

use polars::prelude::{AnyValue, DataFrame, DataType, ParquetReader, SerReader};
use serde_json::{Value, json};

use crate::program::{Answer, compare, data, run};
use crate::recorded::{Answered, Recorded};

const PAGE: usize = 3;

/// The managed table of an oracle case, as Trino serves it: a few rows a page.
pub(crate) fn serve(frame: DataFrame) -> Recorded {
    Recorded::start(move |_, asked, server| {
        let all = columns(&frame);
        let page = |statement: &str, from: usize| {
            let selected: Vec<&(String, &str)> = match statement {
                "*" => all.iter().collect(),
                names => names.split(", ").map(|name| all.iter().find(|(known, _)| format!("\"{known}\"") == name).unwrap()).collect(),
            };
            let rows = if statement == "*" { 0 } else { frame.height() };
            let data: Vec<Vec<Value>> =
                (from..rows.min(from + PAGE)).map(|row| selected.iter().map(|(name, _)| cell(&frame, name, row)).collect()).collect();
            let columns: Vec<Value> = selected.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
            let mut page = json!({"id": "1", "columns": columns, "data": data});
            if from + PAGE < rows {
                page["nextUri"] = Value::from(server.uri(&format!("v1/statement/executing/{}", from + PAGE)));
            }
            Answered::page(&page)
        };
        let statement = server.asked().into_iter().rev().find(|asked| asked.method == "POST").unwrap().body;
        let selected = statement.strip_prefix("SELECT ").unwrap().split(" FROM ").next().unwrap().to_owned();
        page(&selected, asked.path.rsplit('/').next().unwrap().parse().unwrap_or(0))
    })
}

fn columns(frame: &DataFrame) -> Vec<(String, &'static str)> {
    let kind = |data_type: &DataType| match data_type {
        DataType::Float64 => "double",
        DataType::Int32 => "integer",
        DataType::Date => "date",
        DataType::Decimal(..) => "decimal(33,15)",
        DataType::List(_) => "array(varchar)",
        _ => "varchar",
    };
    frame.columns().iter().map(|column| (column.name().to_string(), kind(column.dtype()))).collect()
}

fn cell(frame: &DataFrame, name: &str, row: usize) -> Value {
    match frame.column(name).unwrap().get(row).unwrap() {
        AnyValue::Null => Value::Null,
        AnyValue::Float64(double) if double.is_nan() => Value::from("NaN"),
        AnyValue::Float64(double) if double.is_infinite() => Value::from(if double > 0.0 { "Infinity" } else { "-Infinity" }),
        AnyValue::Float64(double) => Value::from(double),
        AnyValue::Int32(integer) => Value::from(integer),
        AnyValue::String(text) => Value::from(text),
        AnyValue::List(texts) => texts.str().unwrap().iter().map(Value::from).collect(),
        other => Value::from(other.to_string()),
    }
}

fn managed(case: &str) -> DataFrame {
    ParquetReader::new(std::fs::File::open(data(&format!("{case}.hive.parquet"))).unwrap()).finish().unwrap()
}

pub(crate) fn url(server: &Recorded) -> String {
    format!("trino://koku@{}/hive/org1234567", server.address)
}

#[test]
fn what_trino_reads_equals_its_files_and_postgresql() {
    for case in ["fan_out", "nulls", "plain"] {
        let server = serve(managed(case));
        for other in [data(&format!("{case}.hive.parquet")), data(&format!("{case}.pg.parquet"))] {
            let answer = compare(url(&server), &other, &["--format", "json"]);
            assert_eq!(answer.exit_code, 0, "{case}: {answer:?}");
            let json = answer.json();
            assert!(json["rows"]["equal"].as_u64().unwrap() > 5, "{json}");
            let name = format!("{}/reporting_ocpusagelineitem_daily_summary", url(&server));
            assert_eq!(json["left"]["name"], Value::from(name));
        }
        let asked = server.asked();
        assert!(asked.iter().any(|asked| asked.path.ends_with("/3")), "more than a page: {asked:?}");
    }
}

#[test]
fn a_difference_is_found_through_trino() {
    let mut frame = managed("fan_out");
    let usage = frame.column("pod_usage_cpu_core_hours").unwrap().as_materialized_series() * 2.0;
    frame.with_column(usage.into()).unwrap();
    let server = serve(frame);
    let answer = compare(data("fan_out.hive.parquet"), format!("{}/another", url(&server)), &[]);
    assert_eq!(answer.exit_code, 1, "{answer:?}");
    assert!(answer.stdout.contains("pod_usage_cpu_core_hours: left "), "{answer:?}");
    assert!(server.asked().iter().any(|asked| asked.body.contains(r#""hive"."org1234567"."another""#)));
}

fn with_password(arguments: &[&str]) -> Answer {
    let output = Command::new(env!("CARGO_BIN_EXE_aggregator-validate")).args(arguments).env("TRINO_PASSWORD", "geheim").output().unwrap();
    Answer {
        exit_code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn the_password_of_the_environment_goes_to_trino_and_nowhere_else() {
    let server = Recorded::start(|_, _, _| Answered::new(401, "Unauthorized"));
    let file = data("plain.hive.parquet");
    let answer = with_password(&["compare", file.to_str().unwrap(), &url(&server), "--table", "ocp-daily-summary"]);
    assert_eq!(answer.exit_code, 2, "{answer:?}");
    for said in ["could not read `trino://koku@", "the server answered 401: Unauthorized", "hint: the password stands in TRINO_PASSWORD"] {
        assert!(answer.stderr.contains(said), "{said}: {}", answer.stderr);
    }
    assert!(!format!("{answer:?}").contains("geheim"), "{answer:?}");
    assert_eq!(server.asked()[0].header("authorization"), Some("Basic a29rdTpnZWhlaW0="));
    let answer = with_password(&["compare", file.to_str().unwrap(), "trino://koku@trino.invalid/hive/s", "--table", "ocp-daily-summary"]);
    assert_eq!(answer.exit_code, 2, "{answer:?}");
    assert!(answer.stderr.contains("without TLS") && !answer.stderr.contains("geheim"), "{}", answer.stderr);
}

#[test]
fn what_trino_says_is_passed_on() {
    let server = Recorded::start(|_, _, _| {
        Answered::page(
            &json!({"id": "1", "error": {"message": "Schema 'org' does not exist", "errorName": "SCHEMA_NOT_FOUND", "errorType": "USER_ERROR"}}),
        )
    });
    let answer = compare(data("plain.hive.parquet"), url(&server), &[]);
    assert_eq!(answer.exit_code, 2, "{answer:?}");
    assert!(answer.stderr.contains("Schema 'org' does not exist (SCHEMA_NOT_FOUND)"), "{}", answer.stderr);
    let answer = run(["compare", "a", "trino://koku:geheim@h/hive/s", "--table", "ocp-daily-summary"]);
    assert_eq!(answer.exit_code, 2, "{answer:?}");
    assert!(answer.stderr.contains("TRINO_PASSWORD") && !answer.stderr.contains("geheim"), "{}", answer.stderr);
}

/// Runs a statement of a real Trino to its end.
async fn execute(trino: &url::Url, statement: &str) {
    let client = reqwest::Client::new();
    let start = format!("http://{}:{}/v1/statement", trino.host_str().unwrap(), trino.port().unwrap_or(8080));
    let mut request = client.post(start).body(statement.to_owned());
    loop {
        let answer = request.header("X-Trino-User", trino.username()).send().await.unwrap().text().await.unwrap();
        let page: Value = serde_json::from_str(&answer).unwrap();
        assert!(page["error"].is_null(), "{statement}: {}", page["error"]["message"]);
        let Some(next) = page["nextUri"].as_str() else { return };
        request = client.get(next);
    }
}

fn literal(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => "NULL".to_owned(),
        AnyValue::Float64(double) if double.is_nan() => "nan()".to_owned(),
        AnyValue::Float64(double) => format!("DOUBLE '{double:e}'"),
        AnyValue::Int32(integer) => integer.to_string(),
        AnyValue::Date(_) => format!("DATE '{value}'"),
        AnyValue::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => panic!("{other}"),
    }
}

/// Makes `table`, which is given with catalog and schema, and fills it.
async fn write(trino: &url::Url, table: &str, frame: &DataFrame) {
    let declared: Vec<_> = columns(frame).iter().map(|(name, kind)| format!("\"{name}\" {kind}")).collect();
    execute(trino, &format!("CREATE TABLE {table} ({})", declared.join(", "))).await;
    let mut insert = format!("INSERT INTO {table} VALUES ");
    for row in 0..frame.height() {
        let values: Vec<_> = frame.columns().iter().map(|column| literal(&column.get(row).unwrap())).collect();
        // Writing into a `String` cannot fail.
        write!(insert, "{}({})", if row == 0 { "" } else { ", " }, values.join(", ")).unwrap();
    }
    execute(trino, &insert).await;
}

#[test]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a service that a test cannot start is named from outside, or said to be lacking"
)]
fn a_real_trino_reads_what_its_files_hold() {
    let Ok(url) = std::env::var("AGGREGATOR_TEST_TRINO") else {
        println!("AGGREGATOR_TEST_TRINO is not set: no real Trino was asked");
        return;
    };
    let trino: url::Url = url.parse().unwrap();
    let (catalog, schema) = (trino.path().trim_matches('/'), format!("aggregator_validate_{}", std::process::id()));
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        execute(&trino, &format!("CREATE SCHEMA {catalog}.{schema}")).await;
        for case in ["fan_out", "nulls", "plain"] {
            let (frame, file) = (managed(case), data(&format!("{case}.hive.parquet")));
            write(&trino, &format!("{catalog}.{schema}.{case}"), &frame).await;
            let equal = compare(format!("{}/{schema}/{case}", url.trim_end_matches('/')), &file, &["--format", "json"]);
            assert_eq!(equal.exit_code, 0, "{case}: {equal:?}");
            let json = equal.json();
            assert_eq!(json["rows"]["equal"].as_u64(), Some(frame.height() as u64), "{case}: {json}");
            assert_eq!(json["not_compared"], json!([{"column": "uuid", "reason": "random"}]), "{case}");
            // One value of one row is another.
            let name = "pod_request_cpu_core_hours";
            let cells = frame.column(name).unwrap().f64().unwrap();
            let changed = cells.iter().position(|cell| cell.is_some()).unwrap();
            let other = |(row, cell): (usize, Option<f64>)| cell.map(|cell| if row == changed { cell + 0.25 } else { cell });
            let other: Vec<Option<f64>> = cells.iter().enumerate().map(other).collect();
            let mut mutated = frame.clone();
            mutated.with_column(polars::prelude::Column::new(name.into(), other)).unwrap();
            write(&trino, &format!("{catalog}.{schema}.{case}_mutated"), &mutated).await;
            let different = compare(&file, format!("{}/{schema}/{case}_mutated", url.trim_end_matches('/')), &[]);
            assert_eq!(different.exit_code, 1, "{case}: {different:?}");
            assert!(different.stdout.contains(name), "{case}: {different:?}");
            for table in [case.to_owned(), format!("{case}_mutated")] {
                execute(&trino, &format!("DROP TABLE {catalog}.{schema}.{table}")).await;
            }
        }
        execute(&trino, &format!("DROP SCHEMA {catalog}.{schema}")).await;
    });
}
