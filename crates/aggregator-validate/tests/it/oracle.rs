//! What a real Trino left in its managed table and in PostgreSQL is equal, and not equal after a change.

use std::path::PathBuf;

use polars::prelude::{DataFrame, NamedFrom, ParquetReader, SerReader, Series};

use crate::program::{compare, data, write};

/// Unallocated and storage rows in all; keys that repeat, null labels and namespaces, doubles that PostgreSQL rounds.
const CASES: [&str; 3] = ["fan_out", "nulls", "plain"];

fn hive(case: &str) -> PathBuf {
    data(&format!("{case}.hive.parquet"))
}

fn postgres(case: &str) -> PathBuf {
    data(&format!("{case}.pg.parquet"))
}

fn read(path: &PathBuf) -> DataFrame {
    ParquetReader::new(std::fs::File::open(path).unwrap()).finish().unwrap()
}

#[test]
fn the_managed_table_equals_the_postgresql_table() {
    for case in CASES {
        for (left, right) in [(hive(case), postgres(case)), (postgres(case), hive(case)), (hive(case), hive(case))] {
            let answer = compare(&left, &right, &["--format", "json"]);
            assert_eq!(answer.exit_code, 0, "{case}: {answer:?}");
            let json = answer.json();
            assert!(json["rows"]["equal"].as_u64().unwrap() > 5, "{json}");
            assert_eq!(json["first"], serde_json::json!([]));
        }
    }
}

#[test]
fn columns_that_only_one_side_has_are_named() {
    let answer = compare(hive("plain"), postgres("plain"), &[]);
    assert_eq!(answer.exit_code, 0, "{answer:?}");
    for told in ["only left: uuid, csi_volume_handle, source, year, month, day", "only right: all_labels", "infrastructure_raw_cost"] {
        assert!(answer.stdout.contains(told), "{told}: {}", answer.stdout);
    }
}

#[test]
fn a_case_does_not_equal_another() {
    let answer = compare(hive("plain"), postgres("fan_out"), &[]);
    assert_eq!(answer.exit_code, 1, "{answer:?}");
}

/// Changes one cell of each column in turn, in the first row where it is not null.
#[test]
fn a_change_of_any_column_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let changed = folder.path().join("changed.parquet");
    let original = read(&postgres("fan_out"));
    let not_compared = compare(hive("fan_out"), postgres("fan_out"), &["--format", "json"]).json()["not_compared"].to_string();
    let mut mutations = 0;
    for column in original.columns() {
        let texts = column.as_materialized_series().str().unwrap().clone();
        let Some(row) = (0..texts.len()).find(|row| texts.get(*row).is_some()) else { continue };
        if not_compared.contains(&format!("\"{}\"", column.name())) {
            continue;
        }
        let new = match texts.get(row).unwrap() {
            text if text.starts_with('{') => r#"{"another": "label"}"#.to_owned(),
            text if text.parse::<f64>().is_ok() => format!("{}", text.parse::<f64>().unwrap() + 1.0),
            text if text.parse::<chrono::NaiveDate>().is_ok() => "1999-12-31".to_owned(),
            text => format!("{text}x"),
        };
        let cells: Vec<Option<&str>> = (0..texts.len()).map(|at| if at == row { Some(new.as_str()) } else { texts.get(at) }).collect();
        let mut frame = original.clone();
        frame.with_column(Series::new(column.name().clone(), cells).into()).unwrap();
        write(&mut frame, &changed);
        let answer = compare(hive("fan_out"), &changed, &["--format", "json"]);
        assert_eq!(answer.exit_code, 1, "{}: {answer:?}", column.name());
        assert_eq!(answer.json()["rows"]["equal"].as_u64().unwrap(), original.height() as u64 - 1, "{}", column.name());
        mutations += 1;
    }
    assert!(mutations > 25, "{mutations}");
}
