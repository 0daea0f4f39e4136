//! The parallel run, whole: line items and a managed table in a store, a history beside it.

use std::path::{Path, PathBuf};

use aggregator_core::labels::EnabledTagKeys;
use aggregator_core::run::{ClusterId, Run, SourceUuid, Window};
use aggregator_core::table::summary::{NAMESPACE, POD_USAGE_CPU_CORE_HOURS};
use aggregator_io::execute::Engine;
use aggregator_io::ingest::{BadInput, Ingest, Replace, Tracking, Write, ingest};
use aggregator_io::ocp::{ManagedCopy, StorageTable, Summarize, summarize};
use aggregator_io::source::reference::ReferenceData;
use aggregator_io::store::Store;
use aggregator_validate::shadow::history::{History, Line};
use polars::prelude::*;

use crate::postgres::{Cluster, Layout, TestDatabase};
use crate::program::{Answer, run, write};

const SCHEMA: &str = "org1";
const SOURCE: &str = "9f0a1b2c-3d4e-4f50-8a6b-7c8d9e0f1a2b";
const HEADER: &str = "report_period_start,report_period_end,interval_start,interval_end,pod,namespace,node,resource_id,\
    pod_usage_cpu_core_seconds,pod_request_cpu_core_seconds,pod_limit_cpu_core_seconds,pod_usage_memory_byte_seconds,\
    pod_request_memory_byte_seconds,pod_limit_memory_byte_seconds,node_capacity_cpu_cores,node_capacity_cpu_core_seconds,\
    node_capacity_memory_bytes,node_capacity_memory_byte_seconds,node_role,pod_labels";

/// A store with three hours of two pods, and a managed table of them.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        let row = |hour: u32, pod: &str| {
            let at = format!("2026-03-02 {hour:02}:00:00 +0000 UTC,2026-03-02 {hour:02}:59:59 +0000 UTC");
            let period = "2026-03-01 00:00:00 +0000 UTC,2026-04-01 00:00:00 +0000 UTC";
            let measures = "1800,3600,7200,1e9,2e9,3e9,4,14400,8e9,2.88e13";
            format!("{period},{at},{pod},shop,n1,i-1,{measures},worker,label_app:{pod}\n")
        };
        let rows = (0..3).flat_map(|hour| [row(hour, "web"), row(hour, "db")]);
        let report: String = std::iter::once(format!("{HEADER}\n")).chain(rows).collect();
        let csv = place.folder.path().join("pods.csv");
        std::fs::write(&csv, report).unwrap();
        let store = place.store();
        let request = Ingest {
            store: &store,
            schema: SCHEMA,
            source: source(),
            payloads: &[csv.display().to_string()],
            cluster_id: None,
            replace: Replace::WithMoreHours,
            write: Write::Yes,
            bad_input: BadInput::Warn,
            engine: Engine::Auto,
            database: None,
            tracking: Tracking::Off,
        };
        ingest(&request, |_| {}).await.unwrap();
        // What Trino would have written: its equality is the oracle's matter, not this test's.
        let day = "2026-03-02".parse().unwrap();
        let run = Run {
            source: source(),
            cluster_id: ClusterId("my-cluster".to_owned()),
            cluster_alias: None,
            report_period_id: None,
            window: Window::new(day, day).unwrap(),
        };
        let summary = Summarize {
            store: &store,
            schema: SCHEMA,
            run: &run,
            reference: &ReferenceData {
                enabled_tag_keys: EnabledTagKeys::All,
                ..ReferenceData::from_json_file(&place.reference()).await.unwrap()
            },
            storage_table: StorageTable::AsFound,
            database: None,
            managed_copy: ManagedCopy::To(&store),
            engine: Engine::Auto,
            memory_limit: None,
        };
        summarize(&summary, |_| {}).await.unwrap();
        place
    }

    fn store(&self) -> Store {
        Store::directory(self.folder.path().join("store")).unwrap()
    }

    fn reference(&self) -> PathBuf {
        let file = self.folder.path().join("reference.json");
        let content =
            r#"{"enabled_keys": ["app"], "cost_categories": [], "nodes": [{"node": "n1", "resource_id": "i-1", "node_role": "worker"}]}"#;
        std::fs::write(&file, content).unwrap();
        file
    }

    /// The file of the managed table.
    fn managed(&self) -> PathBuf {
        let table = format!("data/{SCHEMA}.db/reporting_ocpusagelineitem_daily_summary");
        let day = self.folder.path().join("store").join(table).join(format!("source={SOURCE}/year=2026/month=3/day=2"));
        std::fs::read_dir(day).unwrap().next().unwrap().unwrap().path()
    }

    fn shadow(&self, more: &[&str]) -> Answer {
        self.shadow_into(&self.folder.path().join("history").display().to_string(), more)
    }

    fn shadow_into(&self, history: &str, more: &[&str]) -> Answer {
        let store = self.folder.path().join("store").display().to_string();
        let reference = self.reference().display().to_string();
        let fixed = [
            "shadow",
            "--store",
            &store,
            "--schema",
            SCHEMA,
            "--source",
            SOURCE,
            "--cluster-id",
            "my-cluster",
            "--start",
            "2026-03-01",
            "--end",
            "2026-03-03",
            "--reference",
            &reference,
            "--history",
            history,
        ];
        run(fixed.into_iter().chain(more.iter().copied()))
    }

    fn history(&self) -> serde_json::Value {
        let history = self.folder.path().join("history").display().to_string();
        run(["shadow", "history", "--history", &history, "--format", "json"]).json()
    }

    /// Changes a value of the managed table.
    fn change(&self, change: impl Fn(&mut DataFrame)) {
        let path = self.managed();
        let mut frame = ParquetReader::new(std::fs::File::open(&path).unwrap()).finish().unwrap();
        change(&mut frame);
        write(&mut frame, &path);
    }
}

fn source() -> SourceUuid {
    SOURCE.parse().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future)
}

/// Half a core-hour more in the first row.
fn more_usage(frame: &mut DataFrame) {
    let name = POD_USAGE_CPU_CORE_HOURS.name;
    let changed = frame.column(name).unwrap().f64().unwrap().iter().enumerate();
    let changed: Float64Chunked = changed.map(|(row, value)| value.map(|value| if row == 0 { value + 0.5 } else { value })).collect();
    frame.replace(name, changed.with_name(name.into()).into_column()).unwrap();
}

fn known(folder: &Path, column: &str, until: &str) -> String {
    let file = folder.join(format!("{until}.toml"));
    std::fs::write(&file, format!("[[known]]\ncolumn = '{column}'\nreason = 'a reason'\nuntil = {until}\n")).unwrap();
    file.display().to_string()
}

#[test]
fn a_run_beside_an_equal_table_agrees_and_a_changed_value_does_not_until_it_is_explained() {
    block_on(async {
        let place = Place::new().await;
        let before = std::fs::read(place.managed()).unwrap();
        let equal = place.shadow(&["--format", "json"]);
        assert_eq!(equal.exit_code, 0, "{equal:?}");
        let line = &equal.json()[0];
        assert_eq!(
            (line["rows_theirs"].as_u64(), line["rows_ours"].as_u64(), line["differing_rows"].as_u64()),
            (Some(3), Some(3), Some(0))
        );
        assert_eq!(std::fs::read(place.managed()).unwrap(), before, "koku's table is only read");

        place.change(more_usage);
        let different = place.shadow(&[]);
        assert_eq!(different.exit_code, 1, "{different:?}");
        assert!(different.stdout.contains(POD_USAGE_CPU_CORE_HOURS.name), "{different:?}");

        let folder = place.folder.path();
        let explained = place.shadow(&["--known", &known(folder, POD_USAGE_CPU_CORE_HOURS.name, "2999-01-01")]);
        assert_eq!(explained.exit_code, 0, "{explained:?}");
        let other = place.shadow(&["--known", &known(folder, NAMESPACE.name, "2998-01-01")]);
        assert_eq!(other.exit_code, 1, "{other:?}");
        let expired = place.shadow(&["--known", &known(folder, POD_USAGE_CPU_CORE_HOURS.name, "2001-01-01")]);
        assert_eq!(expired.exit_code, 1, "{expired:?}");
        assert!(expired.stdout.contains("no longer accepted since 2001-01-01"), "{expired:?}");

        let history = place.history();
        let differing: Vec<_> = history.as_array().unwrap().iter().map(|line| line["differing_rows"].as_u64().unwrap()).collect();
        assert_eq!(differing, [0, 1, 1, 1, 1]);
        let explained: Vec<_> = history.as_array().unwrap().iter().map(|line| line["explained_rows"].as_u64().unwrap()).collect();
        assert_eq!(explained, [0, 0, 1, 0, 0]);
    });
}

#[test]
fn a_row_that_trino_lacks_is_found_and_a_table_that_is_not_there_lacks_all() {
    block_on(async {
        let place = Place::new().await;
        place.change(|frame| *frame = frame.slice(1, frame.height()));
        let lacking = place.shadow(&["--format", "json"]);
        assert_eq!((lacking.exit_code, lacking.json()[0]["differing_rows"].as_u64()), (1, Some(1)), "{lacking:?}");
        std::fs::remove_file(place.managed()).unwrap();
        let none = place.shadow(&["--format", "json"]);
        assert_eq!(
            (none.exit_code, none.json()[0]["rows_theirs"].as_u64(), none.json()[0]["differing_rows"].as_u64()),
            (1, Some(0), Some(3))
        );
    });
}

/// The tables of a database, but for the system's.
async fn tables(database: &TestDatabase) -> Vec<String> {
    let query =
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";
    database.texts(query).await.into_iter().flatten().collect()
}

#[test]
fn a_history_in_postgresql_has_a_table_of_its_own_beside_koku_s() {
    block_on(async {
        let database = Cluster::shared().create_database().await;
        database.create_tenant(SCHEMA, Layout::Koku).await;
        let before = tables(&database).await;
        let history = |more: &[&str]| {
            let answer = run(["shadow", "history", "--history", &database.url].into_iter().chain(more.iter().copied()));
            assert!(!format!("{answer:?}").contains(Cluster::shared().password()), "{answer:?}");
            answer
        };
        let none = history(&[]);
        assert_eq!((none.exit_code, none.stdout.as_str()), (0, "no parallel run yet\n"), "{none:?}");
        assert_eq!(tables(&database).await, before, "who reads makes nothing");

        let place = Place::new().await;
        let equal = place.shadow_into(&database.url, &["--format", "json"]);
        assert_eq!(equal.exit_code, 0, "{equal:?}");
        place.change(more_usage);
        let different = place.shadow_into(&database.url, &["--format", "json"]);
        assert_eq!(different.exit_code, 1, "{different:?}");
        // What was printed is what is kept, and what any other program can ask for.
        let printed: Vec<_> = [equal, different].iter().flat_map(|answer| answer.json().as_array().unwrap().clone()).collect();
        let kept = history(&["--format", "json"]).json();
        let times =
            |lines: &[serde_json::Value]| lines.iter().map(|line| line["run_at"].as_str().unwrap()[..23].to_owned()).collect::<Vec<_>>();
        let without_time = |lines: &[serde_json::Value]| {
            let lines = lines.iter().cloned().map(|mut line| {
                line.as_object_mut().unwrap().remove("run_at");
                line
            });
            lines.collect::<Vec<_>>()
        };
        let kept = kept.as_array().unwrap();
        assert_eq!((times(kept), without_time(kept)), (times(&printed), without_time(&printed)));
        assert_eq!(kept.len(), 2);
        let sums = format!("SELECT sum(rows_theirs * 10 + differing_rows)::bigint FROM aggregator_shadow.runs WHERE source = '{SOURCE}'");
        assert_eq!(database.count(sums).await, 3 * 10 + 3 * 10 + 1);
        let other = history(&["--source", "00000000-0000-4000-8000-000000000000"]);
        assert_eq!((other.exit_code, other.stdout.as_str()), (0, "no parallel run yet\n"), "{other:?}");

        let new: Vec<_> = tables(&database).await.into_iter().filter(|table| !before.contains(table)).collect();
        assert_eq!(new, ["aggregator_shadow.runs"]);
        for table in before {
            assert_eq!(database.count(format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
        }
    });
}

#[test]
fn first_runs_at_one_time_make_one_table() {
    block_on(async {
        let database = Cluster::shared().create_database().await;
        let line = |number: u32| Line {
            run_at: "2026-04-01T03:00:00Z".parse().unwrap(),
            schema: format!("org{number}"),
            source: SOURCE.to_owned(),
            side: "managed".to_owned(),
            start: "2026-03-01".parse().unwrap(),
            end: "2026-03-31".parse().unwrap(),
            rows_theirs: u64::from(number),
            rows_ours: 0,
            differing_rows: 0,
            explained_rows: 0,
            largest_relative: None,
            largest_column: None,
            seconds_ours: 0.5,
            seconds_theirs: 0.25,
        };
        let history = History::at(&database.url.parse().unwrap()).unwrap();
        let runs = (0..8).map(|number| {
            let (history, line) = (history.clone(), line(number));
            tokio::spawn(async move { history.add(&[line]).await })
        });
        for run in runs.collect::<Vec<_>>() {
            run.await.unwrap().unwrap();
        }
        let mut lines = history.read().await.unwrap();
        lines.sort_by_key(|line| line.rows_theirs);
        assert_eq!(lines, (0..8).map(line).collect::<Vec<_>>());
    });
}

#[test]
fn a_history_that_cannot_be_kept_is_told_before_the_work() {
    block_on(async {
        let place = Place::new().await;
        let database = Cluster::shared().create_database().await;
        let refused = Cluster::shared().url_with_password(&database.name, "wrong");
        // The work itself would fail, too.
        std::fs::write(place.managed(), "no Parquet").unwrap();
        for (history, told) in
            [("trino://me@trino:8080/hive/a/b", "a folder, or `postgres://"), (&refused, "password authentication failed")]
        {
            let answer = place.shadow_into(history, &[]);
            assert_eq!(answer.exit_code, 2, "{answer:?}");
            assert!(answer.stderr.contains(told) && answer.stdout.is_empty(), "{answer:?}");
        }
        assert!(place.shadow(&[]).stderr.contains("Parquet"));
    });
}

#[test]
fn what_is_missing_is_said() {
    let answer = run(["shadow", "--store", "x"]);
    assert_eq!(answer.exit_code, 2, "{answer:?}");
    assert!(answer.stderr.contains("--schema"), "{answer:?}");
    let empty = run(["shadow", "history", "--history", "/nothing/here"]);
    assert_eq!((empty.exit_code, empty.stdout.as_str()), (0, "no parallel run yet\n"));
}
