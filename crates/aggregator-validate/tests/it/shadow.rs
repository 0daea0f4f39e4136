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
use polars::prelude::*;

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
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let (store, reference, history) = (path("store"), self.reference().display().to_string(), path("history"));
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
            &history,
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

#[test]
fn what_is_missing_is_said() {
    let answer = run(["shadow", "--store", "x"]);
    assert_eq!(answer.exit_code, 2, "{answer:?}");
    assert!(answer.stderr.contains("--schema"), "{answer:?}");
    let empty = run(["shadow", "history", "--history", "/nothing/here"]);
    assert_eq!((empty.exit_code, empty.stdout.as_str()), (0, "no parallel run yet\n"));
}
