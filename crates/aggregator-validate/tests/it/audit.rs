//! `audit` on the oracle's answers, the scenarios, partitioned trees and a real PostgreSQL.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use aggregator_core::run::Window;
use aggregator_core::table::reference::NAMESPACE_PATTERN;
use aggregator_io::ocp::StorageTable;
use aggregator_io::source::reference::ReferenceData;
use aggregator_validate::Error;
use aggregator_validate::audit::line_items::{self, InputStore, LineItems};
use aggregator_validate::audit::{Days, report};
use aggregator_validate::read::{Side, read};
use aggregator_validate::rows::Filter;
use aggregator_validate::subject::OCP_DAILY_SUMMARY;
use polars::prelude::{Column, DataFrame, DataType, ParquetReader, SerReader};
use serde_json::Value;

use crate::postgres::{Cluster, Layout};
use crate::program::{Answer, data, run, write};

fn audit(result: &Path, more: &[&str]) -> Answer {
    run(["audit".as_ref(), result.as_os_str()].into_iter().chain(more.iter().map(AsRef::as_ref)))
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of the broken laws of a report.
fn broken(report: &Value) -> Vec<&str> {
    let laws = report["laws"].as_array().unwrap();
    laws.iter().filter(|law| law["state"] == "broken").map(|law| law["name"].as_str().unwrap()).collect()
}

fn law<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["laws"].as_array().unwrap().iter().find(|law| law["name"] == name).unwrap()
}

fn unpack(archive: &str, folder: &Path) {
    let path = repository().join("fixtures/oracle").join(archive);
    let mut decoder = zstd::Decoder::new(std::fs::File::open(path).unwrap()).unwrap();
    decoder.window_log_max(27).unwrap();
    tar::Archive::new(decoder).unpack(folder).unwrap();
}

/// The `cases.json` of every tenant of every set.
fn tenants(folder: &Path) -> Vec<PathBuf> {
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect()
    };
    let sets = folders(&folder.join("ocp"));
    let mut tenants: Vec<PathBuf> = sets.iter().flat_map(|set| folders(set)).filter(|tenant| tenant.join("cases.json").is_file()).collect();
    tenants.sort();
    tenants
}

/// What the audits of the cases of an archive found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tally {
    /// Answers of runs that succeeded; every law holds.
    held: usize,
    /// Answers of runs that failed, of which a law tells.
    broken: usize,
    /// Answers of runs that failed, of which no law tells.
    failed_and_held: usize,
    /// Cases whose line items cannot be read, as Trino could not.
    unreadable: usize,
    rows: u64,
    fans_out: u64,
}

/// What a run that failed can leave behind: values that PostgreSQL refused, and not all rows.
const OF_FAILED_RUNS: [&str; 3] = ["texts-fit", "numbers-fit", "groups-complete"];

impl Tally {
    fn and(self, other: Self) -> Self {
        Self {
            held: self.held + other.held,
            broken: self.broken + other.broken,
            failed_and_held: self.failed_and_held + other.failed_and_held,
            unreadable: self.unreadable + other.unreadable,
            rows: self.rows + other.rows,
            fans_out: self.fans_out + other.fans_out,
        }
    }
}

/// What [`audit`] finds in each of `results`, without processes of their own and with line items that are read once: these are many.
fn reports(case: &Value, tenant: &Path, results: &[PathBuf]) -> Result<Vec<Value>, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (store, schema) = (tenant.parent().unwrap().to_str().unwrap(), tenant.file_name().unwrap().to_str().unwrap());
        let source = case["source"].as_str().unwrap();
        let [start, end] = ["start_date", "end_date"].map(|name| case[name].as_str().unwrap().parse().unwrap());
        let storage = if case["storage_exists"] == true { StorageTable::AsFound } else { StorageTable::Absent };
        let inputs = InputStore { url: store, schema, storage };
        let mut line_items = LineItems::new(schema);
        line_items::read(&mut line_items, &inputs, source, &Window::by_month(start, end).unwrap()).await?;
        let reference = ReferenceData::from_json_file(&tenant.join("reference.json")).await.unwrap();
        let patterns = reference.cost_categories.column(NAMESPACE_PATTERN.name).unwrap().str().unwrap().clone();
        let line_items = line_items.with_categories(patterns.iter().flatten());
        let mut reports = Vec::new();
        for result in results {
            let filter = Filter { source: Some(source.to_owned()), ..Filter::default() };
            let rows = read(&Side::Path(result.clone()), &OCP_DAILY_SUMMARY, &filter, None).await?;
            let days = Days { start: Some(start), end: Some(end) };
            reports.push(aggregator_validate::audit::audit(&rows, Some(&line_items), days, 5));
        }
        Ok(reports.iter().map(|found| serde_json::from_str(&report::json(found).unwrap()).unwrap()).collect())
    })
}

/// The kinds of answers: Trino's managed rows, and those of PostgreSQL.
const KINDS: [&str; 2] = ["hive", "pg"];

/// Audits the answers of a case, both kinds.
fn check(case: &Value, tenant: &Path) -> ([Tally; 2], Vec<String>) {
    let (mut tallies, mut wrong) = ([Tally::default(); 2], Vec::new());
    let expected = |end: &str| tenant.join("expected").join(format!("{}.{end}", case["source"].as_str().unwrap()));
    let failed = expected("error.txt").is_file();
    let results = KINDS.map(|kind| expected(&format!("{kind}.parquet")));
    let reports = match reports(case, tenant, &results) {
        Ok(reports) => reports,
        Err(_) if failed => return (tallies.map(|_| Tally { unreadable: 1, ..Tally::default() }), wrong),
        Err(error) => panic!("{}: {error}", tenant.display()),
    };
    for ((report, result), tally) in reports.iter().zip(&results).zip(&mut tallies) {
        let laws = broken(report);
        match (laws.is_empty(), failed) {
            (true, false) => {
                tally.held = 1;
                tally.rows = report["rows"].as_u64().unwrap();
                tally.fans_out = law(report, "fan-out")["noted"].as_u64().unwrap();
            }
            (true, true) => tally.failed_and_held = 1,
            (false, true) if laws.iter().all(|law| OF_FAILED_RUNS.contains(law)) => tally.broken = 1,
            (false, _) => wrong.push(format!("{} breaks {laws:?}", result.display())),
        }
    }
    (tallies, wrong)
}

/// Audits the answers of an archive.
fn check_all(archive: &str) -> [Tally; 2] {
    let folder = tempfile::tempdir().unwrap();
    unpack(archive, folder.path());
    let cases: Vec<(PathBuf, Value)> = tenants(folder.path())
        .into_iter()
        .flat_map(|tenant| {
            let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(tenant.join("cases.json")).unwrap()).unwrap();
            cases.into_iter().map(move |case| (tenant.clone(), case))
        })
        .collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let taken = std::iter::from_fn(|| cases.get(next.fetch_add(1, Ordering::Relaxed)));
        taken.map(|(tenant, case)| check(case, tenant)).collect::<Vec<_>>()
    };
    // A case waits for its plans more than it computes.
    let threads = std::thread::available_parallelism().map_or(1, usize::from) * 2;
    let checked: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let (tallies, wrong): (Vec<_>, Vec<_>) = checked.into_iter().unzip();
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    tallies.into_iter().fold([Tally::default(); 2], |[one, other], [managed, postgresql]| [one.and(managed), other.and(postgresql)])
}

#[test]
fn every_law_holds_on_trino_s_rows() {
    let [managed, postgresql] = check_all("ocp.tar.zst");
    let expected = Tally { held: 213, broken: 36, failed_and_held: 1, unreadable: 0, rows: 9_557, fans_out: 1_500 };
    assert_eq!(managed, expected);
    // Where all sums are rounded to a few units, how often they count cannot be told.
    assert_eq!(postgresql, Tally { fans_out: 1_473, ..expected });
}

#[test]
fn every_law_holds_on_trino_s_further_rows() {
    let [managed, postgresql] = check_all("ocp-more.tar.zst");
    let expected = Tally { held: 47, broken: 5, failed_and_held: 0, unreadable: 8, rows: 472, fans_out: 40 };
    assert_eq!(managed, expected);
    assert_eq!(postgresql, Tally { fans_out: 39, ..expected });
}

/// The fields of CSV as PostgreSQL writes it: an empty field without quotes is null.
fn csv(text: &str) -> Vec<Vec<Option<String>>> {
    let mut rows = Vec::new();
    let (mut row, mut field) = (Vec::new(), String::new());
    let (mut quoted, mut was_quoted) = (false, false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            ',' | '\n' if !quoted => {
                row.push((was_quoted || !field.is_empty()).then(|| std::mem::take(&mut field)));
                was_quoted = false;
                if character == '\n' {
                    rows.push(std::mem::take(&mut row));
                }
            }
            other => field.push(other),
        }
    }
    rows
}

/// CSV as a frame: numbers as doubles, all else as text.
fn frame(text: &str) -> DataFrame {
    let mut lines = csv(text);
    let header = lines.remove(0);
    let is_number = |name: &str| ["_hours", "_months", "_cores", "_gigabytes", "_gigabyte"].iter().any(|unit| name.ends_with(unit));
    let columns = header.iter().flatten().enumerate().map(|(at, name)| {
        let cells: Vec<Option<&str>> = lines.iter().map(|line| line[at].as_deref()).collect();
        let column = Column::new(name.as_str().into(), cells);
        if is_number(name) { column.cast(&DataType::Float64).unwrap() } else { column }
    });
    let columns: Vec<Column> = columns.collect();
    DataFrame::new(lines.len(), columns).unwrap()
}

#[test]
fn every_law_holds_on_the_hand_computed_scenarios() {
    let folder = tempfile::tempdir().unwrap();
    let result = folder.path().join("result.parquet");
    let mut checked = 0;
    for scenario in std::fs::read_dir(repository().join("fixtures/scenarios/ocp")).unwrap().map(|entry| entry.unwrap().path()) {
        let text = std::fs::read_to_string(scenario.join("expected/summary.csv")).unwrap();
        write(&mut frame(&text), &result);
        let settings = std::fs::read_to_string(scenario.join("run.toml")).unwrap();
        let setting = |name: &str| {
            let line = settings.lines().find(|line| line.split('=').next().is_some_and(|key| key.trim() == name));
            line.unwrap_or_else(|| panic!("{name}: {settings}")).split('"').nth(1).unwrap().to_owned()
        };
        let (store, reference) = (scenario.join("input"), scenario.join("reference.json"));
        let (schema, source, start, end) = (setting("schema"), setting("source"), setting("start"), setting("end"));
        let inputs = ["--inputs", store.to_str().unwrap(), "--reference", reference.to_str().unwrap(), "--schema", &schema];
        let window = ["--source", &source, "--start", &start, "--end", &end, "--format", "json"];
        let answer = audit(&result, &[&inputs[..], &window].concat());
        assert_eq!(answer.exit_code, 0, "{}: {}{}", scenario.display(), answer.stdout, answer.stderr);
        let report = answer.json();
        assert!(law(&report, "pods-conserved")["checked"].as_u64().unwrap() > 0, "{}: {report}", scenario.display());
        checked += 1;
    }
    assert!(checked >= 7, "{checked}");
}

fn frame_of(path: &Path) -> DataFrame {
    ParquetReader::new(std::fs::File::open(path).unwrap()).finish().unwrap()
}

/// Writes Trino's managed rows as koku's tree, by day; gives the root, the source and its days.
fn tree(root: &Path, case: &str) -> (String, Vec<String>) {
    let frame = frame_of(&data(&format!("{case}.hive.parquet")));
    let text = |column: &str, row: usize| frame.column(column).unwrap().str().unwrap().get(row).unwrap().to_owned();
    let mut days = std::collections::BTreeMap::<String, Vec<u32>>::new();
    for row in 0..frame.height() {
        let place = ["source", "year", "month", "day"].map(|column| format!("{column}={}", text(column, row))).join("/");
        days.entry(place).or_default().push(u32::try_from(row).unwrap());
    }
    for (place, rows) in &days {
        let rows = polars::prelude::UInt32Chunked::from_vec("rows".into(), rows.clone());
        let mut part = frame.take(&rows).unwrap().drop_many(["source", "year", "month", "day"]);
        write(&mut part, &root.join(place).join("part.parquet"));
    }
    (text("source", 0), days.into_keys().collect())
}

#[test]
fn a_tree_is_read_by_its_partitions_and_rows_elsewhere_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("table");
    let (source, days) = tree(&root, "fan_out");
    let height = frame_of(&data("fan_out.hive.parquet")).height();
    let answer = audit(&root, &["--source", &source, "--format", "json"]);
    assert_eq!(answer.exit_code, 0, "{answer:?}");
    assert_eq!(answer.json()["rows"], height);
    // Another source and the hidden leftovers of a run are not looked at.
    std::fs::create_dir_all(root.join("source=other/year=2026/month=1/day=1")).unwrap();
    std::fs::write(root.join("source=other/year=2026/month=1/day=1/part.parquet"), "no Parquet").unwrap();
    std::fs::write(root.join(&days[0]).join(".unfinished"), "no Parquet").unwrap();
    assert_eq!(audit(&root, &["--source", &source]).exit_code, 0);
    assert_eq!(audit(&root, &[]).exit_code, 2);
    // A file of one day in the folder of another.
    let day = |place: &str| {
        let number = |name: &str| place.split('/').find_map(|part| part.strip_prefix(name)).unwrap().parse::<u32>().unwrap();
        format!("{:04}-{:02}-{:02}", number("year="), number("month="), number("day="))
    };
    assert!(days.len() > 1, "{days:?}");
    std::fs::copy(root.join(&days[0]).join("part.parquet"), root.join(&days[1]).join("stray.parquet")).unwrap();
    let window = day(&days[1]);
    let answer = audit(&root, &["--source", &source, "--start", &window, "--end", &window, "--format", "json"]);
    assert_eq!(answer.exit_code, 1, "{answer:?}");
    assert_eq!(broken(&answer.json()), ["window", "partitions"]);
    // No partition of the window: no rows.
    let answer = audit(&root, &["--source", &source, "--start", "1999-01-01", "--end", "1999-01-31", "--format", "json"]);
    assert_eq!((answer.exit_code, &answer.json()["rows"]), (0, &0.into()), "{answer:?}");
}

#[test]
fn a_broken_law_exits_with_one_and_names_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let changed = folder.path().join("changed.parquet");
    let mut frame = frame_of(&data("fan_out.hive.parquet"));
    let usage = frame.column("pod_limit_cpu_core_hours").unwrap().f64().unwrap().clone();
    let row = (0..usage.len()).find(|row| usage.get(*row).is_some()).unwrap();
    let cells: Vec<Option<f64>> = (0..usage.len()).map(|at| if at == row { Some(-1.5) } else { usage.get(at) }).collect();
    frame.with_column(Column::new("pod_limit_cpu_core_hours".into(), cells)).unwrap();
    write(&mut frame, &changed);
    let answer = audit(&changed, &[]);
    assert_eq!(answer.exit_code, 1, "{answer:?}");
    for told in ["audit: 1 of ", "non-negative: No measure and no capacity is negative", "pod_limit_cpu_core_hours: negative: found -1.5"] {
        assert!(answer.stdout.contains(told), "{told}: {}", answer.stdout);
    }
    let answer = audit(&changed, &["--limit", "0", "--format", "json"]);
    assert_eq!((answer.exit_code, broken(&answer.json())), (1, vec!["non-negative"]));
    assert_eq!(law(&answer.json(), "non-negative")["first"], serde_json::json!([]));
}

#[test]
fn laws_are_listed_and_explained() {
    let listed = run(["audit", "--list"]);
    assert_eq!(listed.exit_code, 0, "{listed:?}");
    let mut laws = 0;
    for line in listed.stdout.lines() {
        let name = line.split_whitespace().next().unwrap();
        let explained = run(["audit", "--explain", name]);
        assert_eq!(explained.exit_code, 0, "{explained:?}");
        assert!(explained.stdout.contains("Why: ") && explained.stdout.contains("Exceptions: "), "{}", explained.stdout);
        laws += 1;
    }
    assert!(laws > 20, "{laws}");
    let help = run(["audit", "--help"]);
    assert!(help.exit_code == 0 && help.stdout.contains("Exit codes: 0 all laws hold, 1 a law is broken, 2 failed"), "{help:?}");
}

#[test]
fn mistakes_exit_with_two_and_are_explained() {
    let result = data("plain.hive.parquet");
    let mistakes: [(&[&str], &str); 5] = [
        (&["--inputs", "somewhere"], "--schema"),
        (&["--explain", "no-such-law"], "--list"),
        (&["--start", "2026-02-02", "--end", "2026-02-01"], "it ends before it starts"),
        (&["--inputs", "ftp://somewhere", "--schema", "s"], "could not read the line items"),
        (&["--format", "xml"], "json"),
    ];
    for (more, told) in mistakes {
        let answer = audit(&result, more);
        assert_eq!(answer.exit_code, 2, "{more:?}: {answer:?}");
        assert!(answer.stderr.contains(told) && answer.stdout.is_empty(), "{more:?}: {answer:?}");
    }
    assert_eq!(run(["audit"]).exit_code, 2);
    assert_eq!(audit(Path::new("/no/such/place"), &[]).exit_code, 2);
    let answer = audit(Path::new("postgres://koku:geheim@127.0.0.1:1/postgres"), &["--schema", "s"]);
    assert!(answer.exit_code == 2 && !format!("{answer:?}").contains("geheim"), "{answer:?}");
}

#[test]
fn koku_s_table_is_audited() {
    const TABLE: &str = "org1234567.reporting_ocpusagelineitem_daily_summary";
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let database = Cluster::shared().create_database().await;
        database.create_tenant("org1234567", Layout::Koku).await;
        let frame = frame_of(&data("fan_out.pg.parquet"));
        let known = database
            .texts(format!("SELECT attname::text FROM pg_attribute WHERE attrelid = '{TABLE}'::regclass AND attnum > 0"))
            .await;
        let names: Vec<String> =
            frame.get_column_names().iter().map(ToString::to_string).filter(|name| known.contains(&Some(name.clone()))).collect();
        let texts: Vec<_> = names.iter().map(|name| frame.column(name).unwrap().str().unwrap()).collect();
        let quoted = |text: Option<&str>| text.map_or_else(|| "NULL".to_owned(), |text| format!("'{}'", text.replace('\'', "''")));
        for row in 0..frame.height() {
            let values: Vec<String> = texts.iter().map(|texts| quoted(texts.get(row))).collect();
            database.execute(format!("INSERT INTO {TABLE} (uuid, {}) VALUES (gen_random_uuid(), {})", names.join(", "), values.join(", "))).await;
        }
        let audit = |more: &[&str]| audit(Path::new(&database.url), &[&["--schema", "org1234567", "--format", "json"], more].concat());
        let answer = audit(&[]);
        assert_eq!(answer.exit_code, 0, "{answer:?}");
        assert_eq!(answer.json()["rows"], frame.height());
        assert_eq!(law(&answer.json(), "partitions")["state"], "not_checked");
        // A cost model's row is none of the daily summary.
        let cost = "INSERT INTO org1234567.reporting_ocpusagelineitem_daily_summary \
            (uuid, cluster_id, report_period_id, data_source, usage_start, usage_end, namespace, node, source_uuid, cluster_alias) \
            SELECT gen_random_uuid(), cluster_id, report_period_id, data_source, usage_start, usage_end, namespace, node, source_uuid, cluster_alias \
            FROM org1234567.reporting_ocpusagelineitem_daily_summary LIMIT 1";
        database.execute(cost.to_owned()).await;
        let answer = audit(&[]);
        assert_eq!((answer.exit_code, &answer.json()["kinds"]["other"]), (0, &1.into()), "{answer:?}");
        database.execute(format!("UPDATE {TABLE} SET pod_usage_cpu_core_hours = pod_usage_cpu_core_hours + 0.000001 WHERE namespace LIKE '% unallocated' OR namespace IS NULL AND pod_labels IS NULL")).await;
        let answer = audit(&[]);
        assert_eq!((answer.exit_code, broken(&answer.json())), (1, vec!["unallocated-balance"]), "{answer:?}");
    });
}
