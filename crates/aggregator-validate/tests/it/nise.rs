//! Real output of nise, through ingest and summary, beside what the YAML says: equal, and not equal after any change.

use std::path::{Path, PathBuf};

use aggregator_core::labels::EnabledTagKeys;
use aggregator_core::run::{ClusterId, Run, SourceUuid, Window};
use aggregator_core::table::summary;
use aggregator_io::execute::Engine;
use aggregator_io::ingest::{BadInput, Ingest, Replace, Tracking, Write, ingest};
use aggregator_io::ocp::{ListRequest, ManagedCopy, StorageTable, Summarize, nodes, summarize};
use aggregator_io::source::path::managed_table;
use aggregator_io::source::reference::ReferenceData;
use aggregator_io::store::Store;
use aggregator_validate::command::{Outcome, run};
use polars::prelude::{AnyValue, Column, DataFrame, DataType, IntoColumn, NamedFrom, ParquetReader, SerReader, Series};
use serde_json::Value;

use crate::postgres::{Cluster, Layout};
use crate::program::write;

const SCHEMA: &str = "org1234567";
const SOURCE: &str = "0c9a0000-0000-4000-8000-000000000005";
const OTHER_SOURCE: &str = "0c9a0000-0000-4000-8000-000000000006";
const PERIOD: i32 = 7;

/// A scenario of `fixtures/scenarios/nise` with the CSV files that nise made of it.
struct Scenario {
    name: String,
    csv: tempfile::TempDir,
    /// When nise was run.
    today: String,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

fn names() -> Vec<String> {
    let entries = std::fs::read_dir(fixtures().join("nise")).unwrap();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".tar.zst").map(str::to_owned)).collect();
    names.sort();
    names
}

impl Scenario {
    fn open(name: &str) -> Self {
        let csv = tempfile::tempdir().unwrap();
        let file = std::fs::File::open(fixtures().join("nise").join(format!("{name}.tar.zst"))).unwrap();
        tar::Archive::new(zstd::Decoder::new(file).unwrap()).unpack(csv.path()).unwrap();
        let today = csv.path().join("today.txt");
        let text = std::fs::read_to_string(&today).unwrap().trim().to_owned();
        std::fs::remove_file(today).unwrap();
        Self { name: name.to_owned(), csv, today: text }
    }

    fn file(&self, ending: &str) -> PathBuf {
        fixtures().join("scenarios/nise").join(format!("{}.{ending}", self.name))
    }

    fn report(&self) -> PathBuf {
        ["yml", "yml.j2"].map(|ending| self.file(ending)).into_iter().find(|path| path.is_file()).expect("a YAML of the scenario")
    }

    /// The options that tell `nise` all that the run knew.
    fn options(&self, source: &str) -> Vec<String> {
        let period = PERIOD.to_string();
        let fixed = ["--today", &self.today, "--source", source, "--cluster-id", &self.name, "--cluster-alias", "The cluster"];
        let mut options: Vec<String> = fixed.into_iter().chain(["--report-period-id", &period]).map(str::to_owned).collect();
        let reference = self.file("reference.json");
        if reference.is_file() {
            options.extend(["--reference".to_owned(), reference.display().to_string()]);
        }
        if let Ok(variables) = std::fs::read_to_string(self.file("vars")) {
            options.extend(variables.lines().flat_map(|line| ["--var".to_owned(), line.to_owned()]));
        }
        options
    }

    /// Ingests and summarises into `store`, and into `database`; gives the managed table.
    async fn summarize(&self, store: &Path, source: &str, database: Option<&aggregator_io::database::Database>) -> PathBuf {
        let place = Store::directory(store).unwrap();
        let source: SourceUuid = source.parse().unwrap();
        let payloads = [self.csv.path().display().to_string()];
        let cluster_id = ClusterId(self.name.clone());
        let request = Ingest {
            store: &place,
            schema: SCHEMA,
            source,
            payloads: &payloads,
            cluster_id: Some(&cluster_id),
            replace: Replace::Always,
            write: Write::Yes,
            bad_input: BadInput::Warn,
            engine: Engine::Auto,
            database: None,
            tracking: Tracking::Off,
        };
        let ingested = ingest(&request, |_| {}).await.unwrap();
        for window in Window::of_days(&ingested.days_to_summarize()) {
            let of = |window| Run {
                source,
                cluster_id: cluster_id.clone(),
                cluster_alias: Some("The cluster".to_owned()),
                report_period_id: Some(PERIOD),
                window,
            };
            let month = of(window.whole_month());
            let listed = nodes(&ListRequest { store: &place, schema: SCHEMA, run: &month, engine: Engine::Auto }).await.unwrap();
            let reference = self.file("reference.json");
            let reference = if reference.is_file() {
                ReferenceData::from_json_file(&reference).await.unwrap()
            } else {
                ReferenceData::embedded(EnabledTagKeys::All, &listed).unwrap()
            };
            let request = Summarize {
                store: &place,
                schema: SCHEMA,
                run: &of(window),
                reference: &reference,
                storage_table: StorageTable::AsFound,
                database,
                managed_copy: ManagedCopy::To(&place),
                engine: Engine::Auto,
                memory_limit: None,
            };
            summarize(&request, |_| {}).await.unwrap();
        }
        store.join(managed_table(SCHEMA, &summary::OCP_DAILY_SUMMARY))
    }

    fn validate(&self, result: &str, source: &str, more: &[&str]) -> Outcome {
        let report = self.report().display().to_string();
        let fixed = ["aggregator-validate", "nise", &report, "--result", result];
        let options = self.options(source);
        run(fixed.into_iter().chain(options.iter().map(String::as_str)).chain(more.iter().copied()).map(Into::into))
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future)
}

/// A scenario and the managed table of its summary.
fn summarized(name: &str) -> (Scenario, tempfile::TempDir, PathBuf) {
    let scenario = Scenario::open(name);
    let store = tempfile::tempdir().unwrap();
    let table = block_on(scenario.summarize(store.path(), SOURCE, None));
    (scenario, store, table)
}

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

/// Columns of which some cell is not determined.
fn open_columns(report: &Value) -> Vec<String> {
    let open = report["rows"]["not_determined"].as_array().unwrap();
    open.iter().map(|one| one["column"].as_str().unwrap_or("whole rows").to_owned()).collect()
}

#[test]
fn every_scenario_is_as_its_yaml_says() {
    let names = names();
    assert!(names.len() >= 20, "{names:?}");
    let mut wrong = Vec::new();
    for name in &names {
        let (scenario, _store, table) = summarized(name);
        let outcome = scenario.validate(&table.display().to_string(), SOURCE, &["--format", "json"]);
        let code = outcome.exit.code();
        if code == 2 {
            wrong.push(format!("{name}: {}", outcome.stderr));
            continue;
        }
        let report = json(&outcome);
        let random = ["16-by-date", "17-zero-usage", "18-virtual-machines", "24-random"].contains(&name.as_str());
        let is_determined = open_columns(&report).is_empty();
        if code != 0 || report["rows"]["equal"].as_u64() < Some(2) || is_determined == random {
            wrong.push(format!("{name}: {}", outcome.stdout));
        }
    }
    assert!(wrong.is_empty(), "{} of {} scenarios\n{}", wrong.len(), names.len(), wrong.join("\n"));
}

/// All rows of a managed table, with its partition columns.
fn rows(table: &Path) -> DataFrame {
    let mut files = Vec::new();
    let mut folders = vec![table.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let is_data = path.metadata().unwrap().len() > 0 && !path.file_name().unwrap().to_str().unwrap().starts_with(['.', '_']);
            match path.is_dir() {
                true => folders.push(path),
                false if is_data => files.push(path),
                false => {}
            }
        }
    }
    files.sort();
    let frames = files.iter().map(|file| {
        let mut frame = ParquetReader::new(std::fs::File::open(file).unwrap()).finish().unwrap();
        for part in file.strip_prefix(table).unwrap().parent().unwrap() {
            let (name, value) = part.to_str().unwrap().split_once('=').unwrap();
            frame.with_column(Series::new(name.into(), vec![value; frame.height()]).into()).unwrap();
        }
        frame
    });
    frames.reduce(|all, frame| all.vstack(&frame).unwrap()).unwrap()
}

/// `column` with another value in `row`, further away than the tolerance.
fn changed(column: &Column, row: usize) -> Column {
    const DISTANCE: f64 = 1e-9;
    let series = column.as_materialized_series();
    let name = column.name().clone();
    match series.dtype() {
        DataType::Float64 => {
            let mut values: Vec<Option<f64>> = series.f64().unwrap().iter().collect();
            values[row] = Some(values[row].map_or(1.0, |value| value + (value.abs() * DISTANCE).max(DISTANCE)));
            Series::new(name, values).into_column()
        }
        DataType::Int32 => {
            let mut values: Vec<Option<i32>> = series.i32().unwrap().iter().collect();
            values[row] = Some(values[row].unwrap_or_default() + 1);
            Series::new(name, values).into_column()
        }
        DataType::Date => {
            let days = series.cast(&DataType::Int32).unwrap();
            let mut values: Vec<Option<i32>> = days.i32().unwrap().iter().collect();
            values[row] = Some(values[row].unwrap_or_default() + 1);
            Series::new(name, values).cast(&DataType::Date).unwrap().into_column()
        }
        _ => {
            let texts = series.str().unwrap();
            let mut values: Vec<Option<String>> = texts.iter().map(|text| text.map(str::to_owned)).collect();
            values[row] = Some(match &values[row] {
                Some(text) if text.starts_with('{') => r#"{"another":"label"}"#.to_owned(),
                Some(text) => format!("{text}x"),
                None => String::new(),
            });
            Series::new(name, values).into_column()
        }
    }
}

/// The first row of each kind: pods, claims, what is unallocated, and those without a node.
fn one_of_each_kind(frame: &DataFrame) -> Vec<usize> {
    let kind = |row: usize| {
        let columns = [summary::DATA_SOURCE, summary::NODE, summary::INFRASTRUCTURE_USAGE_COST];
        let [source, node, cost] = columns.map(|column| frame.column(column.name).unwrap().get(row).unwrap());
        (source.to_string(), node.is_null(), cost.is_null())
    };
    let mut kinds = Vec::new();
    let is_new = |row: &usize| {
        let is_new = !kinds.contains(&kind(*row));
        kinds.push(kind(*row));
        is_new
    };
    (0..frame.height()).filter(is_new).collect()
}

/// Changes every cell of every determined column, one at a time, and says how many changes there were, and which nobody saw.
fn unseen_changes(name: &str, of: impl Fn(&DataFrame) -> Vec<usize>) -> (usize, Vec<String>) {
    let (scenario, store, table) = summarized(name);
    let original = rows(&table);
    let file = store.path().join("changed.parquet");
    let place = file.display().to_string();
    write(&mut original.clone(), &file);
    let outcome = scenario.validate(&place, SOURCE, &["--format", "json"]);
    assert_eq!(outcome.exit.code(), 0, "{outcome:?}");
    let open = open_columns(&json(&outcome));
    let (mut changes, mut unseen) = (0, Vec::new());
    let of = of(&original);
    for column in original.columns() {
        let ignored = column.name() == summary::UUID.name || open.iter().any(|open| open == column.name().as_str());
        for row in of.iter().copied().filter(|_| !ignored) {
            let mut frame = original.clone();
            frame.with_column(changed(column, row)).unwrap();
            write(&mut frame, &file);
            // The source is also the filter: a row of another source is missing.
            let outcome = scenario.validate(&place, SOURCE, &["--limit", "1"]);
            changes += 1;
            let told = outcome.stdout.contains(column.name().as_str()) || outcome.stdout.contains("missing");
            if outcome.exit.code() != 1 || !told {
                unseen.push(format!("{name}: {} of row {row}: {outcome:?}", column.name()));
            }
        }
    }
    (changes, unseen)
}

#[test]
fn a_change_of_any_cell_is_found() {
    let (changes, unseen) = unseen_changes("07-label-precedence", |frame| (0..frame.height()).collect());
    assert!(changes >= 200 && unseen.is_empty(), "{} of {changes}: {}", unseen.len(), unseen.join("\n"));
}

#[test]
fn a_change_of_any_column_is_found_in_every_kind_of_row() {
    for name in ["06-categories", "09-storage"] {
        let (changes, unseen) = unseen_changes(name, one_of_each_kind);
        assert!(changes >= 120 && unseen.is_empty(), "{} of {changes}: {}", unseen.len(), unseen.join("\n"));
    }
}

#[test]
fn a_change_of_any_determined_column_is_found_beside_random_ones() {
    let (changes, unseen) = unseen_changes("18-virtual-machines", one_of_each_kind);
    assert!(changes > 50 && unseen.is_empty(), "{} of {changes}: {}", unseen.len(), unseen.join("\n"));
}

#[test]
fn a_row_too_few_or_too_many_is_found() {
    let (scenario, store, table) = summarized("09-storage");
    let original = rows(&table);
    let file = store.path().join("changed.parquet");
    for row in 0..original.height() {
        let without = original.head(Some(row)).vstack(&original.slice(i64::try_from(row).unwrap() + 1, original.height())).unwrap();
        let twice = original.vstack(&original.slice(i64::try_from(row).unwrap(), 1)).unwrap();
        for (mut frame, said) in [(without, "1 missing, 0 not expected"), (twice, "0 missing, 1 not expected")] {
            write(&mut frame, &file);
            let outcome = scenario.validate(&file.display().to_string(), SOURCE, &[]);
            assert_eq!(outcome.exit.code(), 1, "{outcome:?}");
            assert!(outcome.stdout.contains(said), "{said}: {}", outcome.stdout);
        }
    }
}

#[test]
fn a_mismatch_names_key_column_both_values_and_their_difference() {
    let (scenario, store, table) = summarized("01-single-pod");
    let mut frame = rows(&table);
    let measure = summary::POD_USAGE_CPU_CORE_HOURS.name;
    let row = frame.column(measure).unwrap().f64().unwrap().iter().position(|value| value == Some(12.0)).unwrap();
    let mut values: Vec<Option<f64>> = frame.column(measure).unwrap().f64().unwrap().iter().collect();
    values[row] = Some(12.5);
    frame.with_column(Series::new(measure.into(), values).into()).unwrap();
    let file = store.path().join("changed.parquet");
    write(&mut frame, &file);
    let place = file.display().to_string();
    let outcome = scenario.validate(&place, SOURCE, &[]);
    for told in [
        "nise: not as expected",
        "3 equal, 1 changed, 0 missing, 0 not expected",
        "usage_start=2026-03-02 data_source=\"Pod\" namespace=\"shop\" node=\"node-1\"",
        "pod_usage_cpu_core_hours: expected 12.0, found 12.5, difference 5e-1",
    ] {
        assert!(outcome.stdout.contains(told), "{told}: {}", outcome.stdout);
    }
    let report = json(&scenario.validate(&place, SOURCE, &["--format", "json"]));
    let mismatch = &report["rows"]["mismatches"][0];
    assert_eq!(mismatch["key"]["namespace"], "shop");
    assert_eq!(mismatch["cells"][0]["expected"], 12.0);
    assert_eq!(mismatch["cells"][0]["actual"], 12.5);
    assert_eq!(mismatch["cells"][0]["absolute"], 0.5);
    assert_eq!(scenario.validate(&place, SOURCE, &["--tolerance", "0.1"]).exit.code(), 0);
    assert_eq!(scenario.validate(&place, SOURCE, &["--start", "2026-03-03"]).exit.code(), 0);
}

#[test]
fn two_clusters_share_a_result() {
    let (one, other) = (Scenario::open("20-cluster-a"), Scenario::open("21-cluster-b"));
    let store = tempfile::tempdir().unwrap();
    block_on(one.summarize(store.path(), SOURCE, None));
    let table = block_on(other.summarize(store.path(), OTHER_SOURCE, None)).display().to_string();
    assert_eq!(one.validate(&table, SOURCE, &[]).exit.code(), 0);
    assert_eq!(other.validate(&table, OTHER_SOURCE, &[]).exit.code(), 0);
    assert_eq!(one.validate(&table, OTHER_SOURCE, &[]).exit.code(), 1);
}

#[test]
fn the_database_of_koku_is_as_the_yaml_says() {
    block_on(async {
        let database = Cluster::shared().create_database().await;
        database.create_tenant(SCHEMA, Layout::Koku).await;
        let config = aggregator_io::database::DatabaseConfig::from_url(&database.url).unwrap();
        let connected = aggregator_io::database::Database::connect(&config).await.unwrap();
        let store = tempfile::tempdir().unwrap();
        let scenario = Scenario::open("09-storage");
        scenario.summarize(store.path(), SOURCE, Some(&connected)).await;
        let url = database.url.clone();
        tokio::task::spawn_blocking(move || {
            let outcome = scenario.validate(&url, SOURCE, &["--schema", SCHEMA, "--format", "json"]);
            assert_eq!(outcome.exit.code(), 0, "{outcome:?}");
            let report = json(&outcome);
            assert_eq!(report["rows"]["expected"], 16);
            assert!(!report["rows"]["not_in_result"].to_string().contains("all_labels"), "{report}");
        })
        .await
        .unwrap();
    });
}

#[test]
fn random_values_are_listed_with_their_reasons_and_never_compared() {
    let (scenario, store, table) = summarized("17-zero-usage");
    let place = table.display().to_string();
    let outcome = scenario.validate(&place, SOURCE, &[]);
    for told in [
        "not determined by the YAML",
        "pod_usage_cpu_core_hours: no `cpu_usage` of the day, or 0: random",
        "persistentvolumeclaim_usage_gigabyte_months: no `volume_claim_usage_gig` of the day",
    ] {
        assert!(outcome.stdout.contains(told), "{told}: {}", outcome.stdout);
    }
    // A random usage can be anything.
    let mut frame = rows(&table);
    let measure = summary::POD_USAGE_CPU_CORE_HOURS.name;
    let namespaces = frame.column("namespace").unwrap().clone();
    let row = (0..frame.height()).find(|row| namespaces.get(*row).unwrap() == AnyValue::String("idle")).unwrap();
    let usage = changed(frame.column(measure).unwrap(), row);
    frame.with_column(usage).unwrap();
    let file = store.path().join("changed.parquet");
    write(&mut frame, &file);
    assert_eq!(scenario.validate(&file.display().to_string(), SOURCE, &[]).exit.code(), 0);
}

fn totals(file: &Path, result: &str, more: &[&str]) -> Outcome {
    let file = file.display().to_string();
    let fixed = ["aggregator-validate", "nise", "--expected", &file, "--result", result];
    run(fixed.into_iter().chain(more.iter().copied()).map(Into::into))
}

#[test]
fn totals_that_people_wrote_down_are_checked() {
    let (scenario, store, table) = summarized("09-storage");
    let result = table.display().to_string();
    let csv = store.path().join("totals.csv");
    let lines = "period,namespace,node,persistentvolumeclaim,tag,column,value,tolerance,absolute\n\
                 2026-03-20,db,,,,pod_usage_cpu_core_hours,12,,\n\
                 2026-03,,node-1,,,pod_usage_cpu_core_hours,24.1,1%,\n\
                 ,,,,,cluster_capacity_cpu_core_hours,384,,\n\
                 ,,node-1,,,node_capacity_cpu_cores,8,,\n\
                 2026-03,,,first,disk=ssd,persistentvolumeclaim_capacity_gigabyte,30,,\n\
                 2026-03-21,Worker unallocated,,,,pod_usage_cpu_core_hours,179.5,,0.6\n";
    std::fs::write(&csv, lines).unwrap();
    let outcome = totals(&csv, &result, &["--source", SOURCE]);
    assert_eq!(outcome.exit.code(), 0, "{outcome:?}");
    assert!(outcome.stdout.contains("6 totals checked, 0 differ"), "{}", outcome.stdout);
    std::fs::write(&csv, lines.replace("db,,,,pod_usage_cpu_core_hours,12,", "db,,,,pod_usage_cpu_core_hours,12.5,")).unwrap();
    let outcome = totals(&csv, &result, &[]);
    assert_eq!(outcome.exit.code(), 1, "{outcome:?}");
    let told =
        "1. 2026-03-20 namespace=\"db\"\n     pod_usage_cpu_core_hours: expected 12.5, found 12.0, difference 5e-1, allowed 1.25e-11";
    assert!(outcome.stdout.contains(told), "{}", outcome.stdout);

    let yaml = store.path().join("totals.yml");
    std::fs::write(
        &yaml,
        "tolerance: 1e-9\ntotals:\n  - period: 2026-03-20\n    by: {namespace: db}\n    values:\n      pod_usage_cpu_core_hours: 12\n      \
         pod_request_memory_gigabyte_hours: {value: 47.9, absolute: 0.2}\n  - period: 2026-03\n    tag: disk=ssd\n    tolerance: 5%\n    \
         values: {persistentvolumeclaim_capacity_gigabyte: 50}\n",
    )
    .unwrap();
    let outcome = totals(&yaml, &result, &["--format", "json"]);
    assert_eq!(outcome.exit.code(), 0, "{outcome:?}");
    assert_eq!(json(&outcome)["totals"][0]["checked"], 3);
    // Both kinds at once.
    let outcome = scenario.validate(&result, SOURCE, &["--expected", &yaml.display().to_string()]);
    assert_eq!(outcome.exit.code(), 0, "{outcome:?}");
    assert!(outcome.stdout.contains("16 expected; 16 equal") && outcome.stdout.contains("3 totals checked, 0 differ"), "{outcome:?}");
}

#[test]
fn what_cannot_be_used_exits_with_two_and_says_what_to_do() {
    let (scenario, store, table) = summarized("01-single-pod");
    let result = table.display().to_string();
    let outcome = run(["aggregator-validate", "nise", "--result", &result].map(Into::into));
    assert!(outcome.exit.code() == 2 && outcome.stderr.contains("there is nothing to expect"), "{outcome:?}");
    assert_eq!(scenario.validate("/nowhere", SOURCE, &[]).exit.code(), 2);
    let cases = [
        ("broken.yml", "generators: [", "could not use"),
        ("other.yml", "generators: [{FTPGenerator: {start_date: today}}]", "`FTPGenerator` is no generator that is known"),
        (
            "mixed.yml",
            "generators: [{OCPGenerator: {}}, {EC2Generator: {}}]",
            "`OCPGenerator` and `EC2Generator` are generators of different reports",
        ),
        ("late.yml", "generators: [{OCPGenerator: {start_date: 2026-03-02, end_date: 2026-03-01}}]", "lies before `start_date`"),
        ("template.yml", "generators: {{ unknown }}", "could not render"),
        ("date.yml", "generators: [{OCPGenerator: {start_date: someday}}]", "`someday` is no date"),
        ("words.csv", "period,column,value\n2026-03-01,pod_usage_cpu,1\n", "`pod_usage_cpu` is no column with a total"),
        ("header.csv", "when,column,value\n", "the header has `when`"),
        ("period.csv", "period,column,value\nmarch,pod_usage_cpu_core_hours,1\n", "line 2: `march` is no day"),
    ];
    for (name, text, told) in cases {
        let file = store.path().join(name);
        std::fs::write(&file, text).unwrap();
        let outcome = if file.extension().is_some_and(|extension| extension == "csv") {
            totals(&file, &result, &[])
        } else {
            run(["aggregator-validate", "nise", &file.display().to_string(), "--result", &result].map(Into::into))
        };
        assert_eq!(outcome.exit.code(), 2, "{name}: {outcome:?}");
        assert!(outcome.stderr.contains(told), "{told}: {}", outcome.stderr);
    }
}
