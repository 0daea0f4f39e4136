//! koku's setup: line items in a bucket, reference data and rows in PostgreSQL, a managed copy in the bucket.

use std::path::Path;

use aggregator_core::table::summary::OCP_DAILY_SUMMARY_POSTGRES;
use aggregator_validate::Tolerance;
use aggregator_validate::read::Side;
use polars::prelude::DataFrame;

use crate::cases::{Case, cases, compare, unpack};
use crate::cluster::{Cluster, Layout, TestDatabase};
use crate::program::{TABLE, aggregator, block_on, contents, data_files, files, managed_table, read, run};
use crate::s3::{ACCESS_KEY, BUCKET, S3Server, SECRET};
use crate::tenant;
use crate::tiny::{CLUSTER, PODS, SCHEMA, SOURCE, Tiny, pods, write};

/// A sum that is added in another order differs in its last bits, and so does its `numeric(33,15)`.
const TOLERANCE: Tolerance = Tolerance { relative: 1e-12, decimal_units: 1, decimal_relative: 1e-12 };

/// Of one double, only the last place of the rounding may differ.
const ROUNDED: Tolerance = Tolerance { relative: 0.0, decimal_units: 1, decimal_relative: 0.0 };

/// The case whose alias PostgreSQL cuts to its 256 characters, since only blanks follow; the copy keeps them.
const CUT_ALIAS: &str = "c-alias-blank";

/// Runs a case from `s3://…` into the database; the answer's exit code says how it ended.
fn summarize(case: &Case, server: &S3Server, database: &TestDatabase) -> crate::program::Answer {
    let arguments = case.arguments(&format!("s3://{BUCKET}"));
    let mut command = aggregator(arguments.iter().map(String::as_str));
    command.env("S3_ENDPOINT", server.endpoint()).env("S3_ACCESS_KEY", ACCESS_KEY).env("S3_SECRET", SECRET);
    command.env("AGGREGATOR_DATABASE", &database.url);
    run(&mut command)
}

/// The numbers of a file of the oracle that the table keeps as numeric, as they were written; one text a row.
fn numerics(frame: &DataFrame, columns: &[String]) -> Vec<String> {
    let texts: Vec<_> = columns.iter().map(|column| frame.column(column).expect("a column").str().expect("text")).collect();
    (0..frame.height()).map(|row| texts.iter().map(|texts| texts.get(row).unwrap_or("null")).collect::<Vec<_>>().join(" ")).collect()
}

/// What differs in PostgreSQL; and how many rows there are, and in how many all numerics are the same to the last digit.
fn check_postgres(case: &Case, database: &TestDatabase, copy: &Path) -> Result<(usize, usize), String> {
    let expected = case.expected("pg.parquet");
    let side: Side = database.url.parse().expect("a URL");
    let report = compare(&Side::Path(expected.clone()), &side, TOLERANCE, Some(&case.schema), &case.source)?;
    // The numerics are those of the managed copy, rounded.
    let copy = managed_table(copy, &case.schema).join(format!("source={}", case.source));
    if read(&expected).height() > 0 && case.cluster_id != CUT_ALIAS {
        compare(&Side::Path(copy), &side, ROUNDED, Some(&case.schema), &case.source)?;
    }
    // What we do not write is null, as in Trino's answer; a column of ours that is on one side alone would be compared with nothing.
    let others: Vec<_> = report.not_compared.iter().map(|column| column.column.as_str()).filter(|column| *column != "uuid").collect();
    if let Some(ours) = others.iter().find(|column| OCP_DAILY_SUMMARY_POSTGRES.column(column).is_some()) {
        return Err(format!("{ours} was not compared"));
    }
    let frame = read(&expected);
    block_on(async {
        let query = format!(
            "SELECT attname::text FROM pg_attribute WHERE attrelid = '{}.{TABLE}'::regclass AND atttypid = 'numeric'::regtype ORDER BY attname",
            case.schema
        );
        let columns: Vec<String> = database.texts(query).await.into_iter().flatten().filter(|name| frame.column(name).is_ok()).collect();
        for column in others.iter().filter(|column| frame.column(column).is_ok()) {
            let expected = frame.column(column).expect("a column");
            if expected.null_count() != frame.height() {
                return Err(format!("{column} is expected, but not written"));
            }
        }
        let known = database
            .texts(format!("SELECT attname::text FROM pg_attribute WHERE attrelid = '{}.{TABLE}'::regclass AND attnum > 0", case.schema))
            .await;
        let known: Vec<String> = known.into_iter().flatten().filter(|name| others.contains(&name.as_str())).collect();
        let is_set: Vec<_> = known.iter().map(|name| format!("{name} IS NOT NULL")).collect();
        let set = database.count(format!("SELECT count(*) FROM {}.{TABLE} WHERE {}", case.schema, is_set.join(" OR "))).await;
        if known.len() < 10 || set != 0 {
            return Err(format!("of {known:?} not all are null"));
        }
        let shown: Vec<_> = columns.iter().map(|column| format!("coalesce({column}::text, 'null')")).collect();
        let select = format!("SELECT {} FROM {}.{TABLE} WHERE source_uuid = '{}'", shown.join(" || ' ' || "), case.schema, case.source);
        let mut actual: Vec<String> = database.texts(select).await.into_iter().flatten().collect();
        let expected = numerics(&frame, &columns);
        let mut exact = 0;
        for row in &expected {
            if let Some(place) = actual.iter().position(|other| other == row) {
                actual.swap_remove(place);
                exact += 1;
            }
        }
        Ok((expected.len(), exact))
    })
}

/// What came out of a set of the oracle.
#[derive(Debug, Default)]
struct Tally {
    equal: usize,
    refused: usize,
    rows: usize,
    /// Rows whose numerics are the same to the last digit.
    exact_rows: usize,
}

/// Runs every case of a set of the oracle.
fn check_set(set: &str, layout: Layout) -> Tally {
    let server = S3Server::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    unpack("ocp.tar.zst", &[set], folder.path());
    let cases = cases(folder.path());
    // The reference data and the answers stay out of the bucket.
    for case in &cases {
        let data = case.store.join("data");
        if data.exists() {
            std::fs::rename(data, server.bucket().join("data")).expect("one file system");
        }
    }
    let first = cases.first().expect("a case");
    let database = block_on(async {
        let database = tenant::create(&first.schema, layout, &first.reference()).await;
        for case in &cases {
            tenant::add_report_period(&database, &case.schema, case.report_period_id, &case.source, &case.cluster_id, &case.start_date)
                .await;
        }
        database
    });
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let mut difference = |text: String| wrong.push(format!("{} {text}", case.name()));
        let before = block_on(tenant::rows(&database, &case.schema));
        let answer = summarize(case, &server, &database);
        if case.refusal().is_some() {
            tally.refused += 1;
            let copies = files(&managed_table(&server.bucket(), &case.schema).join(format!("source={}", case.source)));
            if answer.exit_code != Some(2) || !copies.is_empty() || block_on(tenant::rows(&database, &case.schema)) != before {
                difference(format!("was refused by Trino, but: {answer:?} {copies:?}"));
            }
            continue;
        }
        if answer.exit_code != Some(0) {
            difference(answer.stderr);
            continue;
        }
        // Now and then twice: the second run replaces what the first wrote.
        if number % 8 == 0 {
            let again = summarize(case, &server, &database);
            if again.exit_code != Some(0) {
                difference(format!("the second time: {}", again.stderr));
                continue;
            }
        }
        match case.check_managed(&server.bucket()).and_then(|_| check_postgres(case, &database, &server.bucket())) {
            Ok((rows, exact)) => {
                tally.equal += 1;
                tally.rows += rows;
                tally.exact_rows += exact;
            }
            Err(text) => difference(text),
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases differ:\n\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
    // Sums are added in an order of their own, which shows in the last digit of a few.
    assert!(tally.exact_rows * 10 >= tally.rows * 4, "{tally:?}");
    tally
}

// How many cases have no `error.txt`, how many have one, and the rows of the `pg.parquet` of the former.

#[test]
fn the_hand_made_cases_are_in_postgresql_as_trino_wrote_them() {
    let tally = check_set("hand", Layout::Plain);
    assert_eq!((tally.equal, tally.refused, tally.rows), (19, 17, 48));
}

#[test]
fn a_month_of_nise_is_in_postgresql_as_trino_wrote_it() {
    let tally = check_set("nise-small", Layout::Koku);
    assert_eq!((tally.equal, tally.refused, tally.rows), (1, 0, 651));
}

#[test]
fn the_first_fuzzed_tenant_is_in_postgresql_as_trino_wrote_it() {
    let tally = check_set("fuzz/org000", Layout::Koku);
    assert_eq!((tally.equal, tally.refused, tally.rows), (24, 1, 409));
}

#[test]
fn a_tenant_with_drifting_files_is_in_postgresql_as_trino_wrote_it() {
    let tally = check_set("fuzz-drift/orgt000", Layout::Plain);
    assert_eq!((tally.equal, tally.refused, tally.rows), (9, 1, 2_606));
}

/// The command into the database, without a managed copy.
fn into(tiny: &Tiny, database: &TestDatabase, more: &[&str]) -> std::process::Command {
    let mut command = tiny.command(&[&["--no-managed-copy"], more].concat());
    command.env("AGGREGATOR_DATABASE", &database.url);
    command
}

/// A row that something else wrote for the source.
fn foreign_row(namespace: &str, raw_cost: &str, period: i32, day: &str) -> String {
    format!(
        "INSERT INTO {SCHEMA}.{TABLE} (uuid, namespace, usage_start, usage_end, report_period_id, source_uuid, infrastructure_raw_cost)
         VALUES (gen_random_uuid(), '{namespace}', '{day}', '{day}', {period}, '{SOURCE}', {raw_cost});"
    )
}

async fn namespaces(database: &TestDatabase) -> Vec<String> {
    let names = database.texts(format!("SELECT DISTINCT namespace::text FROM {SCHEMA}.{TABLE} ORDER BY 1")).await;
    names.into_iter().flatten().collect()
}

#[test]
fn running_twice_equals_running_once_and_costs_of_koku_survive() {
    let tiny = Tiny::new(3);
    block_on(async {
        let database = tenant::tiny(Layout::Koku, &tiny.path("reference.json")).await;
        for (namespace, raw_cost, period, day) in [
            ("zero-goes", "0", 7, "2026-02-01"),
            ("null-goes", "NULL", 7, "2026-02-02"),
            ("cost-stays", "1.5", 7, "2026-02-02"),
            ("credit-stays", "-0.000000000000001", 7, "2026-02-03"),
            ("other-period-stays", "NULL", 8, "2026-02-02"),
            ("day-outside-stays", "NULL", 7, "2026-02-04"),
        ] {
            database.execute(foreign_row(namespace, raw_cost, period, day)).await;
        }
        let answer = run(&mut into(&tiny, &database, &["--format", "json"])).done();
        let first = tenant::rows(&database, SCHEMA).await;
        assert_eq!(
            namespaces(&database).await,
            ["Worker unallocated", "cost-stays", "credit-stays", "day-outside-stays", "kube-system", "other-period-stays", "shop"]
        );
        let window = &answer.json()["windows"][0];
        assert_eq!(
            (window["deleted_rows"].as_u64(), window["inserted_rows"].as_u64()),
            (Some(2), Some(first.len() as u64 - 4)),
            "{window}"
        );
        let periods =
            database.texts(format!("SELECT DISTINCT report_period_id::text FROM {SCHEMA}.{TABLE} WHERE namespace = 'shop'")).await;
        assert_eq!(periods, [Some("7".to_owned())], "the report period was looked up");
        run(&mut into(&tiny, &database, &[])).done();
        assert_eq!(tenant::rows(&database, SCHEMA).await, first);
    });
}

#[test]
fn a_range_across_months_uses_the_report_period_of_each() {
    let tiny = Tiny::new(3);
    let march = tiny.store().join(PODS).join(format!("source={SOURCE}/year=2026/month=03/part"));
    let stamps = pods(1).column("interval_start").and_then(|stamps| stamps.cast(&polars::prelude::DataType::Int64)).expect("stamps");
    let mut frame = pods(1);
    let later = (&stamps + 28_i64 * 86_400_000).cast(frame.column("interval_start").expect("stamps").dtype()).expect("stamps");
    frame.with_column(later).expect("a column of the same length");
    write(&frame, &march);
    block_on(async {
        let database = tenant::tiny(Layout::Koku, &tiny.path("reference.json")).await;
        tenant::add_report_period(&database, SCHEMA, 9, SOURCE, CLUSTER, "2026-03-01").await;
        let mut command = tiny.command_where(&[("--end", "2026-03-01")], &["--no-managed-copy"]);
        run(command.env("AGGREGATOR_DATABASE", &database.url)).done();
        let query = format!("SELECT DISTINCT report_period_id || ' ' || to_char(usage_start, 'YYYY-MM') FROM {SCHEMA}.{TABLE} ORDER BY 1");
        assert_eq!(database.texts(query).await, [Some("7 2026-02".to_owned()), Some("9 2026-03".to_owned())]);
    });
}

#[test]
fn the_managed_copy_goes_to_the_store_unless_it_is_refused_or_has_another_place() {
    let tiny = Tiny::new(2);
    block_on(async {
        let database = tenant::tiny(Layout::Plain, &tiny.path("reference.json")).await;
        run(&mut into(&tiny, &database, &[])).done();
        assert_eq!(data_files(&managed_table(&tiny.store(), SCHEMA)), Vec::<std::path::PathBuf>::new());
        run(tiny.command(&[]).env("AGGREGATOR_DATABASE", &database.url)).done();
        let copy = data_files(&managed_table(&tiny.store(), SCHEMA));
        assert_eq!(copy.len(), 2, "{copy:?}");
        let output = tiny.output().display().to_string();
        run(tiny.command(&["--output", &output]).env("AGGREGATOR_DATABASE", &database.url)).done();
        assert_eq!(data_files(&managed_table(&tiny.output(), SCHEMA)), copy);
    });
}

#[test]
fn a_dry_run_writes_nothing() {
    let tiny = Tiny::new(2);
    let before = contents(&tiny.store());
    block_on(async {
        let database = tenant::tiny(Layout::Koku, &tiny.path("reference.json")).await;
        let answer = run(tiny.command(&["--dry-run", "--format", "json"]).env("AGGREGATOR_DATABASE", &database.url)).done();
        assert_eq!(answer.json()["windows"][0]["pod_rows"], 4);
        assert_eq!(tenant::rows(&database, SCHEMA).await, Vec::<String>::new());
        assert_eq!(contents(&tiny.store()), before);
    });
}

// Bad input.

/// Runs into the database, which must fail and change nothing; what was said.
async fn failure(tiny: &Tiny, database: &TestDatabase, url: &str) -> String {
    let before = (tenant::rows(database, SCHEMA).await, contents(&tiny.store()));
    let mut command = tiny.command(&["--format", "json"]);
    let answer = run(command.env("AGGREGATOR_DATABASE", url).env("AGGREGATOR_LOG", "debug,sqlx=trace"));
    let said = format!("{answer:?}");
    assert!(!said.contains(Cluster::shared().password()) && !said.contains("geheim"), "{said}");
    assert!(answer.json()["error"].is_string(), "{said}");
    let mut after = (tenant::rows(database, SCHEMA).await, contents(&tiny.store()));
    // Only the empty file that runs lock.
    after.1.retain(|(path, content)| !(content.is_empty() && path.to_string_lossy().contains(".lock-")));
    assert_eq!(after, before, "{said}");
    answer.failure()
}

#[track_caller]
fn assert_says(failure: &str, parts: &[&str]) {
    for part in parts {
        assert!(failure.contains(part), "{part:?} is not said: {failure}");
    }
}

/// A tenant in which rows of an earlier run lie.
async fn with_rows(tiny: &Tiny, layout: Layout) -> TestDatabase {
    let database = tenant::tiny(layout, &tiny.path("reference.json")).await;
    database.execute(foreign_row("old", "NULL", 7, "2026-02-01")).await;
    database
}

#[test]
fn a_missing_report_period_is_named() {
    let tiny = Tiny::new(2);
    block_on(async {
        let database = with_rows(&tiny, Layout::Plain).await;
        database.execute(format!("DELETE FROM {SCHEMA}.reporting_ocpusagereportperiod")).await;
        let failure = failure(&tiny, &database, &database.url).await;
        let row = format!(
            "found no report period of source `{SOURCE}`, cluster `{CLUSTER}`, month 2026-02 in `{SCHEMA}.reporting_ocpusagereportperiod`"
        );
        assert_says(&failure, &[&row, "check --source, --cluster-id and the month"]);
    });
}

#[test]
fn a_wrong_password_is_refused_and_not_printed() {
    let tiny = Tiny::new(2);
    block_on(async {
        let database = with_rows(&tiny, Layout::Plain).await;
        let wrong = Cluster::shared().url_with_password(&database.name, "geheim");
        assert_says(
            &failure(&tiny, &database, &wrong).await,
            &["could not connect to `postgres://postgres@", "check the user, the password"],
        );
        let elsewhere = Cluster::shared().url_with_password("nowhere", Cluster::shared().password());
        assert_says(
            &failure(&tiny, &database, &elsewhere).await,
            &["could not connect to `", "\"nowhere\" does not exist", "check the name of the database"],
        );
    });
}

#[test]
fn a_database_where_nobody_listens_is_told_as_such() {
    let tiny = Tiny::new(2);
    block_on(async {
        let database = with_rows(&tiny, Layout::Plain).await;
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let start = std::time::Instant::now();
        let failure = failure(&tiny, &database, &format!("postgres://koku:geheim@127.0.0.1:{port}/postgres")).await;
        assert_says(&failure, &["could not connect to `postgres://koku@127.0.0.1", "check the host, the port and the network"]);
        assert!(start.elapsed() < std::time::Duration::from_secs(30), "{:?}", start.elapsed());
    });
}

#[test]
fn a_missing_table_is_named() {
    let tiny = Tiny::new(2);
    block_on(async {
        for table in
            ["reporting_enabledtagkeys", "reporting_ocp_cost_category_namespace", "reporting_ocp_nodes", "reporting_ocpusagereportperiod"]
        {
            let database = with_rows(&tiny, Layout::Plain).await;
            database.execute(format!("DROP TABLE {SCHEMA}.{table}")).await;
            let failure = failure(&tiny, &database, &database.url).await;
            assert_says(&failure, &[&format!("found no table `{table}` in schema `{SCHEMA}`"), "koku's migrations have run"]);
        }
        let database = with_rows(&tiny, Layout::Plain).await;
        database.execute(format!("ALTER TABLE {SCHEMA}.{TABLE} RENAME TO moved; CREATE VIEW {SCHEMA}.{TABLE} AS SELECT 1 AS one")).await;
        assert_says(&failure(&tiny, &database, &database.url).await, &[TABLE]);
    });
}

#[test]
fn missing_columns_are_all_named() {
    let tiny = Tiny::new(2);
    block_on(async {
        let database = with_rows(&tiny, Layout::Plain).await;
        database.execute(format!("ALTER TABLE {SCHEMA}.{TABLE} DROP COLUMN cost_category_id, DROP COLUMN all_labels")).await;
        let failure = failure(&tiny, &database, &database.url).await;
        assert_says(
            &failure,
            &["found no ", "`cost_category_id`", "`all_labels`", &format!("in schema `{SCHEMA}`"), "nothing was written"],
        );
    });
}

#[test]
fn a_month_without_partition_is_told_with_the_statement_that_makes_it() {
    let tiny = Tiny::new(2);
    block_on(async {
        let database = tenant::tiny(Layout::Partitioned, &tiny.path("reference.json")).await;
        let failure = failure(&tiny, &database, &database.url).await;
        assert_says(
            &failure,
            &[
                &format!("found no partition of `{SCHEMA}.{TABLE}` for 2026-02-01"),
                &format!(
                    "CREATE TABLE \"{SCHEMA}\".\"{TABLE}_2026_02\" PARTITION OF \"{SCHEMA}\".\"{TABLE}\" FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')"
                ),
            ],
        );
        let statement = failure.split("CREATE TABLE").nth(1).and_then(|rest| rest.split(';').next()).expect("a statement");
        database.execute(format!("CREATE TABLE{statement}")).await;
        run(tiny.command(&[]).env("AGGREGATOR_DATABASE", &database.url)).done();
    });
}

#[test]
fn a_value_that_does_not_fit_leaves_database_and_copy_as_they_were() {
    let tiny = Tiny::new(2);
    let mut frame = pods(2);
    let limits = polars::prelude::Column::new("pod_limit_cpu_core_seconds".into(), [1.0, 2.0, 3.0, f64::NAN]);
    frame.with_column(limits).expect("a column of the same length");
    write(&frame, &tiny.file(PODS));
    block_on(async {
        let database = with_rows(&tiny, Layout::Koku).await;
        let failure = failure(&tiny, &database, &database.url).await;
        assert_says(&failure, &["pod_limit_cpu_core_hours of the Pod row of 2026-02-02", "is NaN, which does not fit numeric(33,15)"]);
    });
}

#[test]
fn a_row_that_the_server_refuses_leaves_database_and_copy_as_they_were() {
    let tiny = Tiny::new(2);
    block_on(async {
        let database = with_rows(&tiny, Layout::Plain).await;
        database.execute(format!("ALTER TABLE {SCHEMA}.{TABLE} ADD CONSTRAINT no_shop CHECK (namespace <> 'shop')")).await;
        assert_says(&failure(&tiny, &database, &database.url).await, &["could not write rows of `", "no_shop", "hint: "]);
    });
}
