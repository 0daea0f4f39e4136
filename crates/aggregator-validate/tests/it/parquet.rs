//! Parquet sides: files, trees, partitions, and what is no data.

use std::path::Path;

use polars::prelude::{DataFrame, DataType, df};

use crate::program::{compare, data, write};

/// Two pod rows of a day; `usage` is that of the first.
fn frame(day: &str, usage: f64) -> DataFrame {
    let mut frame = df!(
        "usage_start" => [day, day],
        "data_source" => ["Pod", "Pod"],
        "namespace" => ["a", "b"],
        "node" => ["n", "n"],
        "resource_id" => [None::<&str>, None],
        "persistentvolumeclaim" => [None::<&str>, None],
        "persistentvolume" => [None::<&str>, None],
        "storageclass" => [None::<&str>, None],
        "pod_labels" => ["{}", r#"{"app":"x"}"#],
        "volume_labels" => [None::<&str>, None],
        "source_uuid" => ["s1", "s2"],
        "pod_usage_cpu_core_hours" => [usage, 2.0],
    )
    .unwrap();
    let dates = frame.column("usage_start").unwrap().cast(&DataType::Date).unwrap();
    frame.with_column(dates).unwrap();
    frame
}

fn file(folder: &Path, name: &str, usage: f64) -> std::path::PathBuf {
    let path = folder.join(name);
    write(&mut frame("2026-03-04", usage), &path);
    path
}

#[test]
fn equal_files_exit_with_zero() {
    let folder = tempfile::tempdir().unwrap();
    let left = file(folder.path(), "left.parquet", 1.0);
    let right = file(folder.path(), "right.parquet", 1.0 + 1e-13);
    let answer = compare(&left, &right, &[]);
    assert_eq!(answer.exit_code, 0, "{answer:?}");
    assert!(answer.stdout.starts_with("ocp-daily-summary: equal (2 rows)\n"), "{}", answer.stdout);
    assert_eq!(answer.stderr, "");
    let answer = compare(&left, &right, &["--tolerance", "1e-14"]);
    assert_eq!(answer.exit_code, 1, "{answer:?}");
}

#[test]
fn a_difference_exits_with_one_and_names_row_column_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let (left, right) = (file(folder.path(), "left.parquet", 1.0), file(folder.path(), "right.parquet", 1.5));
    let answer = compare(&left, &right, &[]);
    assert_eq!(answer.exit_code, 1, "{answer:?}");
    for told in [
        "ocp-daily-summary: 1 row differs",
        "1 equal, 1 changed, 0 missing",
        "1. changed: usage_start=2026-03-04 data_source=\"Pod\" namespace=\"a\"",
        "pod_usage_cpu_core_hours: left 1.0, right 1.5, difference 5.000e-1",
    ] {
        assert!(answer.stdout.contains(told), "{told}: {}", answer.stdout);
    }
    let answer = compare(&left, &right, &["--format", "json"]);
    assert_eq!(answer.exit_code, 1, "{answer:?}");
    let json = answer.json();
    assert_eq!(json["rows"], serde_json::json!({"equal": 1, "changed": 1, "missing": 0, "extra": 0}));
    assert_eq!(json["first"][0]["cells"][0]["right"], 1.5);
    assert_eq!(json["first"][0]["key"]["namespace"], "a");
    let answer = compare(&left, &right, &["--limit", "0"]);
    assert!(answer.exit_code == 1 && !answer.stdout.contains("1. changed"), "{answer:?}");
}

#[test]
fn a_tree_of_partitions_equals_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    for day in 3..=5 {
        let partition = tree.join(format!("source=s1/year=2026/month=3/day={day}"));
        write(&mut frame(&format!("2026-03-0{day}"), 1.0), &partition.join("20260301_part"));
        std::fs::write(partition.join(".crc"), "no Parquet").unwrap();
        std::fs::write(partition.join("_SUCCESS"), "no Parquet").unwrap();
        std::fs::write(partition.join("empty"), "").unwrap();
    }
    let mut all = frame("2026-03-03", 1.0).vstack(&frame("2026-03-05", 1.0)).unwrap().vstack(&frame("2026-03-04", 1.0)).unwrap();
    let one = folder.path().join("one.parquet");
    write(&mut all, &one);
    let answer = compare(&tree, &one, &[]);
    assert_eq!(answer.exit_code, 0, "{answer:?}");
    assert!(answer.stdout.contains("only left: source, year, month, day"), "{}", answer.stdout);

    // A row in the wrong partition is a difference where both sides know their partitions.
    let moved = folder.path().join("moved");
    write(&mut frame("2026-03-03", 1.0), &moved.join("source=s1/year=2026/month=3/day=4/part"));
    let right = folder.path().join("right");
    write(&mut frame("2026-03-03", 1.0), &right.join("source=s1/year=2026/month=3/day=3/part"));
    let answer = compare(&moved, &right, &[]);
    assert_eq!(answer.exit_code, 1, "{answer:?}");
    assert!(answer.stdout.contains("day: left \"4\", right \"3\""), "{}", answer.stdout);
}

#[test]
fn a_window_and_a_source_choose_rows_and_partitions() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    for day in 3..=5 {
        write(&mut frame(&format!("2026-03-0{day}"), 1.0), &tree.join(format!("source=s1/year=2026/month=3/day={day}/part.parquet")));
    }
    // Outside the window nothing is even opened.
    std::fs::write(tree.join("source=s1/year=2026/month=3/day=5/broken"), "no Parquet").unwrap();
    let one = file(folder.path(), "one.parquet", 1.0);
    let window = ["--start", "2026-03-04", "--end", "2026-03-04"];
    let answer = compare(&tree, &one, &window);
    assert_eq!(answer.exit_code, 0, "{answer:?}");
    assert!(answer.stdout.contains("equal (2 rows)"), "{}", answer.stdout);
    let answer = compare(&tree, &one, &[&window[..], &["--source", "s1"]].concat());
    assert_eq!(answer.exit_code, 0, "{answer:?}");
    assert!(answer.stdout.contains("equal (1 row)"), "{}", answer.stdout);
    let answer = compare(&tree, &one, &["--start", "2027-01-01"]);
    assert_eq!(answer.exit_code, 0, "{answer:?}");
    assert!(answer.stdout.contains("equal, but there are 0 rows on both sides"), "{}", answer.stdout);
}

#[test]
fn a_side_without_a_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let one = file(folder.path(), "one.parquet", 1.0);
    let empty = folder.path().join("empty");
    std::fs::create_dir_all(empty.join("source=s1")).unwrap();
    std::fs::write(empty.join("_SUCCESS"), "hidden").unwrap();
    std::fs::write(empty.join("zero"), "").unwrap();
    for side in [empty, folder.path().join("no-such-file")] {
        for answer in [compare(&one, &side, &[]), compare(&side, &one, &[]), compare(&side, &side, &[])] {
            assert_eq!(answer.exit_code, 2, "{answer:?}");
            assert!(answer.stderr.starts_with("error: found no file of `") && answer.stderr.contains("hint: "), "{}", answer.stderr);
            assert_eq!(answer.stdout, "");
        }
    }
}

#[test]
fn empty_files_are_equal_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.parquet");
    write(&mut frame("2026-03-04", 1.0).head(Some(0)), &empty);
    let answer = compare(&empty, &empty, &["--format", "json"]);
    assert_eq!(answer.exit_code, 0, "{answer:?}");
    assert_eq!((&answer.json()["left"]["rows"], &answer.json()["equal"]), (&0.into(), &true.into()));
    assert_eq!(compare(&empty, file(folder.path(), "one.parquet", 1.0), &[]).exit_code, 1);
}

#[test]
fn a_damaged_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let one = file(folder.path(), "one.parquet", 1.0);
    let bytes = std::fs::read(&one).unwrap();
    for (name, content) in [("text", b"no Parquet".as_slice()), ("cut", &bytes[..bytes.len() / 2]), ("tail", &bytes[4..])] {
        let damaged = folder.path().join(name);
        std::fs::write(&damaged, content).unwrap();
        let answer = compare(&one, &damaged, &[]);
        assert_eq!(answer.exit_code, 2, "{name}: {answer:?}");
        assert!(answer.stderr.contains(&format!("`{}` as Parquet", damaged.display())), "{}", answer.stderr);
        assert!(answer.stderr.contains("caused by: "), "{}", answer.stderr);
    }
}

/// Polars panics on some of these; the program still says what it could not do.
#[test]
fn a_flipped_byte_never_ends_without_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let one = data("plain.hive.parquet");
    let bytes = std::fs::read(&one).unwrap();
    let damaged = folder.path().join("damaged.parquet");
    for place in (0..bytes.len()).rev().step_by(211) {
        let mut flipped = bytes.clone();
        flipped[place] ^= 0x55;
        std::fs::write(&damaged, flipped).unwrap();
        let answer = compare(&one, &damaged, &[]);
        assert!([0, 1, 2].contains(&answer.exit_code), "byte {place}: {answer:?}");
        assert_eq!(answer.exit_code == 2, answer.stdout.is_empty(), "byte {place}: {answer:?}");
    }
}

#[test]
fn a_file_of_another_table_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.parquet");
    write(&mut frame("2026-03-04", 1.0).drop("volume_labels").unwrap(), &other);
    let answer = compare(data("plain.hive.parquet"), &other, &[]);
    assert_eq!(answer.exit_code, 2, "{answer:?}");
    assert!(answer.stderr.contains("found no column `volume_labels`"), "{}", answer.stderr);
    let mut wrong = frame("2026-03-04", 1.0);
    wrong.with_column(df!("node" => [true, false]).unwrap().column("node").unwrap().clone()).unwrap();
    write(&mut wrong, &other);
    let answer = compare(data("plain.hive.parquet"), &other, &[]);
    assert_eq!(answer.exit_code, 2, "{answer:?}");
    assert!(answer.stderr.contains("could not read column `node` of"), "{}", answer.stderr);
}

#[test]
fn physical_types_may_drift() {
    let folder = tempfile::tempdir().unwrap();
    let one = file(folder.path(), "one.parquet", 1.0);
    let mut drifted = frame("2026-03-04", 1.0);
    let day = drifted.column("usage_start").unwrap();
    for cast in [DataType::String, DataType::Datetime(polars::prelude::TimeUnit::Microseconds, None)] {
        let column = day.cast(&cast).unwrap();
        let usage = drifted.column("pod_usage_cpu_core_hours").unwrap();
        for number in [DataType::Float32, DataType::Int64, DataType::Decimal(33, 15), DataType::Decimal(10, 2)] {
            let usage = usage.cast(&number).unwrap();
            let mut frame = drifted.clone();
            frame.with_column(column.clone()).unwrap();
            frame.with_column(usage).unwrap();
            let path = folder.path().join("drifted.parquet");
            write(&mut frame, &path);
            let answer = compare(&one, &path, &[]);
            assert_eq!(answer.exit_code, 0, "{cast} {number}: {answer:?}");
        }
    }
    drifted.with_column(df!("node" => [None::<&str>, None]).unwrap().column("node").unwrap().clone()).unwrap();
    let path = folder.path().join("null.parquet");
    write(&mut drifted, &path);
    let answer = compare(&one, &path, &[]);
    assert_eq!(answer.exit_code, 1, "{answer:?}");
}
