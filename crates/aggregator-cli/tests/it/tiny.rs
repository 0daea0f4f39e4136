//! A tiny store of one source, its reference data, and the commands that read it.

use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{Datelike, NaiveDate};
use polars::prelude::{DataFrame, DataType, IntoColumn, NamedFrom, ParquetWriter, Series, TimeUnit, df};

use crate::program::{Answer, aggregator, data_files, managed_table, read, run};

pub(crate) const SCHEMA: &str = "org1234567";
pub(crate) const SOURCE: &str = "5e8d6c1a-0000-4000-8000-000000000001";
pub(crate) const CLUSTER: &str = "my-cluster";

/// Where the line items of a table lie below the store, without the month.
pub(crate) const PODS_HOURLY: &str = "data/parquet/org1234567/OCP/pod_usage";
pub(crate) const PODS: &str = "data/parquet/daily/org1234567/OCP/pod_usage";
pub(crate) const STORAGE: &str = "data/parquet/daily/org1234567/OCP/storage_usage";
pub(crate) const NODE_LABELS: &str = "data/parquet/daily/org1234567/OCP/node_labels";

const MONTH: &str = "source=5e8d6c1a-0000-4000-8000-000000000001/year=2026/month=02";
const MILLISECONDS_PER_DAY: i64 = 86_400_000;

/// A store, a reference file, and a directory for results.
pub(crate) struct Tiny {
    folder: tempfile::TempDir,
    days: u32,
}

/// A day of February 2026.
pub(crate) fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 2, number).expect("a day of February")
}

/// `interval_start` of the given days.
fn midnights(days: impl Iterator<Item = u32>) -> Series {
    let stamps: Vec<i64> = days
        .map(|number| i64::from(day(number).num_days_from_ce() - NaiveDate::default().num_days_from_ce()) * MILLISECONDS_PER_DAY)
        .collect();
    Series::new("interval_start".into(), stamps).cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).expect("stamps")
}

/// Pods of two namespaces a day on one node, from the first of the month on.
pub(crate) fn pods(days: u32) -> DataFrame {
    let rows = days as usize * 2;
    let twice = || (1..=days).flat_map(|day| [day, day]);
    let two = |one: &'static str, other: &'static str| [one, other].repeat(days as usize);
    let number = |value: f64| vec![value; rows];
    let mut frame = df!(
        "namespace" => two("shop", "kube-system"),
        "node" => two("node-1", "node-1"),
        "pod" => two("web", "dns"),
        "resource_id" => two("i-1", "i-1"),
        "pod_labels" => two(r#"{"app":"web","team":"red"}"#, "{}"),
        "pod_usage_cpu_core_seconds" => twice().map(|day| 3600.0 * f64::from(day)).collect::<Vec<_>>(),
        "pod_request_cpu_core_seconds" => number(7200.0),
        "pod_effective_usage_cpu_core_seconds" => number(7200.0),
        "pod_limit_cpu_core_seconds" => number(14_400.0),
        "pod_usage_memory_byte_seconds" => number(3600.0 * 1_073_741_824.0),
        "pod_request_memory_byte_seconds" => number(3600.0 * 2_147_483_648.0),
        "pod_effective_usage_memory_byte_seconds" => number(3600.0 * 2_147_483_648.0),
        "pod_limit_memory_byte_seconds" => number(3600.0 * 4_294_967_296.0),
        "node_capacity_cpu_cores" => number(8.0),
        "node_capacity_cpu_core_seconds" => number(28_800.0 * 24.0),
        "node_capacity_memory_bytes" => number(34_359_738_368.0),
        "node_capacity_memory_byte_seconds" => number(34_359_738_368.0 * 86_400.0),
    )
    .expect("columns of one length");
    frame.with_column(midnights(twice()).into_column()).expect("a column of the same length");
    frame
}

/// A claim that a pod of `shop` mounts, every day.
pub(crate) fn storage(days: u32) -> DataFrame {
    let one = |text: &'static str| vec![text; days as usize];
    let number = |value: f64| vec![value; days as usize];
    let mut frame = df!(
        "namespace" => one("shop"),
        "pod" => one("web"),
        "persistentvolumeclaim" => one("data"),
        "persistentvolume" => one("pv-1"),
        "storageclass" => one("gp3"),
        "csi_volume_handle" => one("vol-1"),
        "persistentvolume_labels" => one("{}"),
        "persistentvolumeclaim_labels" => one(r#"{"app":"data"}"#),
        "persistentvolumeclaim_capacity_bytes" => number(10_737_418_240.0),
        "persistentvolumeclaim_capacity_byte_seconds" => number(10_737_418_240.0 * 86_400.0),
        "volume_request_storage_byte_seconds" => number(10_737_418_240.0 * 86_400.0),
        "persistentvolumeclaim_usage_byte_seconds" => number(5_368_709_120.0 * 86_400.0),
    )
    .expect("columns of one length");
    frame.with_column(midnights(1..=days).into_column()).expect("a column of the same length");
    frame
}

/// Labels of the node, every day.
pub(crate) fn node_labels(days: u32) -> DataFrame {
    let mut frame =
        df!("node" => vec!["node-1"; days as usize], "node_labels" => vec![r#"{"team":"blue"}"#; days as usize]).expect("two columns");
    frame.with_column(midnights(1..=days).into_column()).expect("a column of the same length");
    frame
}

/// Writes `frame` to `path` and makes the folders above it.
pub(crate) fn write(frame: &DataFrame, path: &Path) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
    ParquetWriter::new(std::fs::File::create(path).expect("a new file")).finish(&mut frame.clone()).expect("a file of Parquet");
}

impl Tiny {
    /// Line items of so many days, and reference data that enables `app`.
    pub(crate) fn new(days: u32) -> Self {
        let tiny = Self { folder: tempfile::tempdir().expect("a temporary folder"), days };
        for (table, frame) in [(PODS_HOURLY, pods(days)), (PODS, pods(days)), (STORAGE, storage(days)), (NODE_LABELS, node_labels(days))] {
            write(&frame, &tiny.file(table));
        }
        std::fs::create_dir(tiny.folder.path().join("tmp")).expect("a new folder");
        tiny.write_reference("reference.json", &["app"]);
        tiny.write_reference("other.json", &["team"]);
        tiny
    }

    /// The only file of a table.
    pub(crate) fn file(&self, table: &str) -> PathBuf {
        self.store().join(table).join(MONTH).join("2026-02-01_report_0.parquet")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path("bucket")
    }

    pub(crate) fn output(&self) -> PathBuf {
        self.path("result")
    }

    /// The folder of a day's result below `root`.
    pub(crate) fn day(root: &Path, number: u32) -> PathBuf {
        managed_table(root, SCHEMA).join(format!("source={SOURCE}/year=2026/month=2/day={number}"))
    }

    /// A reference file that enables `keys`.
    pub(crate) fn write_reference(&self, name: &str, keys: &[&str]) -> PathBuf {
        let reference = serde_json::json!({
            "enabled_keys": keys,
            "cost_categories": [{"namespace": "kube-%", "cost_category_id": 1}],
            "nodes": [{"node": "node-1", "resource_id": "i-1", "node_role": "worker"}],
        });
        let path = self.path(name);
        std::fs::write(&path, reference.to_string()).expect("a new file");
        path
    }

    /// The command for all days, with `more` arguments; neither reference data nor a place for results are given.
    pub(crate) fn command(&self, more: &[&str]) -> Command {
        self.command_where(&[], more)
    }

    /// The same with other values of some flags.
    pub(crate) fn command_where(&self, changed: &[(&str, &str)], more: &[&str]) -> Command {
        let (store, end) = (self.store().display().to_string(), day(self.days).to_string());
        let flags = [
            ("--store", store.as_str()),
            ("--schema", SCHEMA),
            ("--source", SOURCE),
            ("--start", "2026-02-01"),
            ("--end", &end),
            ("--cluster-id", CLUSTER),
        ];
        let mut command = aggregator(["ocp", "summarize"]);
        for (flag, value) in flags {
            let value = changed.iter().find(|(name, _)| *name == flag).map_or(value, |(_, value)| *value);
            command.args([flag, value]);
        }
        command.args(more).env("TMPDIR", self.path("tmp"));
        command
    }

    /// The command from a reference file into the directory for results.
    pub(crate) fn to_directory(&self, reference: &str, more: &[&str]) -> Command {
        self.to_directory_where(reference, &[], more)
    }

    /// The same with other values of some flags.
    pub(crate) fn to_directory_where(&self, reference: &str, changed: &[(&str, &str)], more: &[&str]) -> Command {
        let (reference, output) = (self.path(reference).display().to_string(), self.output().display().to_string());
        self.command_where(changed, &[&["--reference", &reference, "--output", &output], more].concat())
    }

    /// Runs that command.
    pub(crate) fn summarize(&self, reference: &str, more: &[&str]) -> Answer {
        run(&mut self.to_directory(reference, more))
    }
}

/// The first value of a text column in the only file of `folder`.
pub(crate) fn read_text(folder: &Path, column: &str) -> String {
    let files = data_files(folder);
    let [file] = files.as_slice() else { panic!("{files:?}") };
    let frame = read(&folder.join(file));
    frame.column(column).expect("a column").str().expect("text").get(0).expect("a text").to_owned()
}
