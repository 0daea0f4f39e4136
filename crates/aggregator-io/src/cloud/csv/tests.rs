//! Against what pandas wrote of the same values (`tools/oracle/csv_written.py`).

use super::{Client, write_csv};
use chrono::NaiveDateTime;
use polars::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The values of a column, those of blocks as often as they come.
fn values(column: &Value) -> Vec<Value> {
    let repeated = |block: &Value| std::iter::repeat_n(block[0].clone(), usize::try_from(block[1].as_u64().unwrap()).unwrap());
    match column.get("values") {
        Some(values) => values.as_array().unwrap().clone(),
        None => column["blocks"].as_array().unwrap().iter().flat_map(repeated).collect(),
    }
}

fn series(column: &Value) -> Column {
    let name: PlSmallStr = column["name"].as_str().unwrap().into();
    let values = values(column);
    let texts = || values.iter().map(Value::as_str);
    match column["type"].as_str().unwrap() {
        "varchar" => Column::new(name, texts().collect::<Vec<_>>()),
        "double" => Column::new(name, texts().map(|text| text.map(|text| text.parse::<f64>().unwrap())).collect::<Vec<_>>()),
        "integer" => {
            let number = |value: &Value| value.as_i64().map(|number| i32::try_from(number).unwrap());
            Column::new(name, values.iter().map(number).collect::<Vec<_>>())
        }
        "boolean" => Column::new(name, values.iter().map(Value::as_bool).collect::<Vec<_>>()),
        "date" => {
            let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap().to_epoch_days();
            Column::new(name, texts().map(|text| text.map(day)).collect::<Vec<_>>()).cast(&DataType::Date).unwrap()
        }
        "timestamp(3)" => {
            let time = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.3f").unwrap().and_utc().timestamp_millis();
            let times = Column::new(name, texts().map(|text| text.map(time)).collect::<Vec<_>>());
            times.cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap()
        }
        "array(varchar)" => {
            let list = |value: &Value| {
                let texts = value.as_array()?.iter().map(Value::as_str);
                Some(Series::new(PlSmallStr::EMPTY, texts.collect::<Vec<_>>()).cast(&DataType::String).unwrap())
            };
            let lists: ListChunked = values.iter().map(list).collect();
            lists.with_name(name).into_column().cast(&DataType::List(Box::new(DataType::String))).unwrap()
        }
        other => panic!("{other} is no type of a case"),
    }
}

fn written(case: &Value) -> Vec<u8> {
    let columns: Vec<_> = case["columns"].as_array().unwrap().iter().map(series).collect();
    let frame = DataFrame::new(columns[0].len(), columns).unwrap();
    let client = if case["client"] == "python" { Client::PythonTypes } else { Client::PrimitiveTypes };
    let mut bytes = Vec::new();
    write_csv(&frame, client, "a test", &mut bytes).unwrap();
    bytes
}

#[test]
fn files_are_pandas_to_the_byte() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../../../../../fixtures/csv/pandas-written.json")).unwrap();
    assert_eq!(cases.len(), 62);
    for case in &cases {
        let ours = written(case);
        if let Some(text) = case.get("csv") {
            assert_eq!(String::from_utf8(ours).unwrap(), text.as_str().unwrap(), "{}", case["name"]);
            continue;
        }
        assert_eq!(Value::from(ours.len()), case["bytes"], "{}", case["name"]);
        let wanted = case["sha256"].as_str().unwrap();
        let bytes: Vec<_> = (0..wanted.len()).step_by(2).map(|at| u8::from_str_radix(&wanted[at..at + 2], 16).unwrap()).collect();
        assert_eq!(Sha256::digest(&ours).as_slice(), bytes, "{}", case["name"]);
    }
}

#[test]
fn a_table_without_rows_is_its_header() {
    let mut bytes = Vec::new();
    let frame = df!("a" => Vec::<f64>::new(), "b,c" => Vec::<&str>::new()).unwrap();
    write_csv(&frame, Client::PythonTypes, "a test", &mut bytes).unwrap();
    assert_eq!(bytes, b"a,\"b,c\"\n");
}

#[test]
fn a_type_that_no_extract_has_is_an_error() {
    let frame = df!("a" => [1_i8]).unwrap();
    assert!(write_csv(&frame, Client::PythonTypes, "a test", Vec::new()).is_err());
}
