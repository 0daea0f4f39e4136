//! `compare` on the summaries of the clouds: Parquet, a real PostgreSQL, and what a Trino serves.

use std::collections::BTreeMap;
use std::path::Path;

use aggregator_core::table::{ColumnDef, Kind};
use aggregator_validate::diff::tolerance::Tolerance;
use aggregator_validate::rows::Filter;
use aggregator_validate::subject::Subject;
use polars::prelude::{DataFrame, DataType};

use crate::cloud_cases::{Case, answered, create_table, frame, insert, unpack};
use crate::postgres::{Cluster, TestDatabase};
use crate::program::{Answer, run, write};
use crate::trino_side::{serve, url};

fn compare(left: impl AsRef<Path>, right: impl AsRef<Path>, subject: &Subject, more: &[&str]) -> Answer {
    let fixed = ["compare", left.as_ref().to_str().unwrap(), right.as_ref().to_str().unwrap(), "--table", subject.name];
    run(fixed.into_iter().chain(more.iter().copied()))
}

/// The case of each table with the most rows; huge numbers that cancel each other are left to the oracle's test, because what is left of
/// them hangs on the order of the additions.
fn cases(folder: &Path) -> BTreeMap<String, Case> {
    let mut largest: BTreeMap<String, (usize, Case)> = BTreeMap::new();
    for case in answered(folder).into_iter().filter(|case| case.schema().ends_with("00") || case.schema().ends_with("01")) {
        let rows = frame(&case.expected()).height();
        if largest.get(&case.statement).is_none_or(|(most, _)| rows > *most) && case.largest_number() < 1e9 {
            largest.insert(case.statement.clone(), (rows, case));
        }
    }
    largest.into_iter().map(|(statement, (_, case))| (statement, case)).collect()
}

async fn database(case: &Case) -> TestDatabase {
    let database = Cluster::shared().create_database().await;
    let table = case.subject().tables[0];
    database.execute(format!("CREATE SCHEMA {}", case.schema())).await;
    database.execute(create_table(case.schema(), &table)).await;
    database.execute(insert(case.schema(), &table, &frame(&case.expected()))).await;
    database
}

/// An expression that changes any value of a column.
fn another(column: &ColumnDef) -> String {
    let name = column.name;
    match column.kind {
        Kind::Numeric { .. } | Kind::DoublePrecision => {
            format!("coalesce({name}, 0) + 0.000000003 + abs(coalesce({name}, 0)) * 0.000000001")
        }
        Kind::Integer => format!("coalesce({name}, 0) + 1"),
        Kind::Date => format!("{name} + 1"),
        Kind::Labels | Kind::Json => format!("jsonb_build_array({name})"),
        Kind::TextArray => format!("array_append({name}, NULL)"),
        Kind::Uuid => "gen_random_uuid()".to_owned(),
        _ => format!("CASE WHEN {name} = 'another' THEN 'other' ELSE 'another' END"),
    }
}

#[test]
fn our_files_equal_the_rows_of_koku_in_postgresql_and_any_change_of_them_is_found() {
    let folder = tempfile::tempdir().unwrap();
    unpack(folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let cases = cases(folder.path());
        assert_eq!(cases.len(), 4);
        for (statement, case) in cases {
            let (subject, schema) = (case.subject(), case.schema());
            let output = tempfile::tempdir().unwrap();
            let files = case.summarized(output.path()).await;
            let database = database(&case).await;
            let arguments = ["--schema", schema, "--format", "json"];
            let rows = frame(&case.expected()).height() as u64;
            for (left, right) in [(files.as_path(), Path::new(&database.url)), (Path::new(&database.url), files.as_path())] {
                let answer = compare(left, right, &subject, &arguments);
                assert_eq!(answer.exit_code, 0, "{statement}: {}", answer.stdout);
                let report = answer.json();
                assert_eq!((report["rows"]["equal"].as_u64(), rows > 10), (Some(rows), true), "{statement}");
                assert_eq!(report["columns"].as_array().unwrap().len() + 1, subject.tables[0].columns.len(), "{statement}");
            }
            // Trino's answer as it was written down is the same, too.
            let answer = compare(case.expected(), &database.url, &subject, &arguments);
            assert_eq!(answer.exit_code, 0, "{statement}: {}", answer.stdout);
            let table = format!("{schema}.{}", subject.table_name());
            database.execute(format!("CREATE TABLE {schema}.kept AS SELECT * FROM {table}")).await;
            let is_key = |column: &&ColumnDef| subject.key.iter().any(|key| key.name == column.name);
            let (keys, others): (Vec<&ColumnDef>, Vec<&ColumnDef>) =
                subject.tables[0].columns.iter().filter(|column| column.name != "uuid").partition(is_key);
            let portion = usize::try_from(rows).unwrap();
            // Each column in a row of its own.
            for columns in keys.chunks(portion).chain(others.chunks(portion)) {
                for (row, column) in columns.iter().enumerate() {
                    let id = format!("(SELECT uuid FROM {schema}.kept ORDER BY uuid OFFSET {row} LIMIT 1)");
                    database.execute(format!("UPDATE {table} SET {} = {} WHERE uuid = {id}", column.name, another(column))).await;
                }
                let answer = compare(&files, &database.url, &subject, &arguments);
                let report = answer.json();
                let changed = columns.len() as u64;
                assert_eq!((answer.exit_code, report["rows"]["equal"].as_u64()), (1, Some(rows - changed)), "{statement}: {report}");
                let differing = |column: &&ColumnDef| {
                    let of = report["columns"].as_array().unwrap().iter().find(|of| of["column"] == column.name).unwrap();
                    of["differing_rows"].as_u64().unwrap()
                };
                assert!(columns.iter().all(|column| is_key(column) || differing(column) == 1), "{statement}: {report}");
                database.execute(format!("TRUNCATE {table}")).await;
                database.execute(format!("INSERT INTO {table} SELECT * FROM {schema}.kept")).await;
            }
            database.execute(format!("INSERT INTO {table} SELECT * FROM {schema}.kept LIMIT 1")).await;
            let report = compare(&files, &database.url, &subject, &arguments).json();
            assert_eq!((report["rows"]["extra"].as_u64(), report["rows"]["equal"].as_u64()), (Some(1), Some(rows)), "{statement}");
        }
    });
}

/// All rows of a tree as one frame; decimals and arrays as they are.
fn together(folder: &Path) -> DataFrame {
    let mut frames = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(place) = waiting.pop() {
        for entry in std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                waiting.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "parquet") {
                frames.push(frame(&entry));
            }
        }
    }
    frames.into_iter().reduce(|one, other| one.vstack(&other).unwrap()).unwrap()
}

#[test]
fn trino_serves_arrays_and_decimals() {
    let folder = tempfile::tempdir().unwrap();
    unpack(folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for (statement, case) in cases(folder.path()) {
        let output = tempfile::tempdir().unwrap();
        let files = runtime.block_on(case.summarized(output.path()));
        let frame = together(&files);
        let arrays = frame.columns().iter().filter(|column| matches!(column.dtype(), DataType::List(_))).count();
        assert_eq!(arrays, usize::from(matches!(statement.as_str(), "aws_daily" | "azure_daily")));
        let server = serve(frame.clone());
        let answer = compare(url(&server), &files, &case.subject(), &["--format", "json"]);
        assert_eq!(answer.exit_code, 0, "{statement}: {}", answer.stdout);
        assert_eq!(answer.json()["rows"]["equal"].as_u64(), Some(frame.height() as u64));
        // A row less.
        let fewer = output.path().join("fewer.parquet");
        write(&mut frame.head(Some(frame.height() - 1)), &fewer);
        let report = compare(url(&server), &fewer, &case.subject(), &["--format", "json"]).json();
        assert_eq!(report["rows"]["missing"].as_u64(), Some(1), "{statement}: {report}");
    }
}

#[test]
fn every_answer_of_trino_equals_itself_and_keeps_the_laws() {
    let folder = tempfile::tempdir().unwrap();
    unpack(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut answers, mut rows, mut wrong) = (0, 0, Vec::new());
    for case in answered(folder.path()) {
        let comparison = aggregator_validate::compare::Comparison {
            table: aggregator_validate::subject::Request { table: case.subject().name.to_owned(), ..Default::default() },
            left: aggregator_validate::read::Side::Path(case.expected()),
            right: aggregator_validate::read::Side::Path(case.expected()),
            filter: Filter::default(),
            schema: None,
            tolerance: Tolerance::default(),
            show: aggregator_validate::diff::Show::First(3),
        };
        let report = runtime.block_on(aggregator_validate::compare::compare(&comparison)).unwrap();
        assert!(report.is_equal(), "{}: {report:?}", case.expected().display());
        let side = aggregator_validate::read::Side::Path(case.expected());
        let read = runtime.block_on(aggregator_validate::read::read(&side, &case.subject(), &Filter::default(), None)).unwrap();
        let (start, end) = case.days();
        let days = aggregator_validate::audit::Days { start: Some(start), end: Some(end) };
        let found = aggregator_validate::audit::clouds::audit(&case.subject(), &read, None, days, Some(case.markup()), 2);
        if !found.holds() {
            wrong.push(format!("{}: {}", case.expected().display(), aggregator_validate::audit::report::text(&found)));
        }
        answers += 1;
        rows += report.rows.equal;
    }
    assert!(wrong.is_empty(), "{} answers:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((answers, rows), (237, 24_272));
}
