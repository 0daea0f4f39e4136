//! Laws of ingest, on seeded random reports and on nise's: how a payload is cut, ordered or repeated changes no total, and the summary
//! of a payload is the summary of its Parquet, ours or koku's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use aggregator_validate::Tolerance;
use aggregator_validate::read::Side;
use chrono::NaiveDate;
use polars::prelude::{AnyValue, Column, DataFrame, DataType, IntoColumn, NamedFrom, Series, TimeUnit};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cases::{compare, unpack};
use crate::ingest_kill::summary;
use crate::program::{aggregator, contents, data_files, files, managed_table, read, run};
use crate::tiny;

const SCHEMA: &str = "org1234567";
const SOURCE: &str = "5e8d6c1a-0000-4000-8000-000000000001";
const CLUSTER: &str = "my-cluster";

/// Days of random reports: of two months.
const DAYS: [&str; 3] = ["2026-03-30", "2026-03-31", "2026-04-01"];

/// How far sums may be apart that were added in another order, relative to themselves; no addend is negative.
const TOLERANCE: f64 = 1e-12;

/// Where hourly and daily line items lie.
const HOURLY: &str = "data/parquet";
const DAILY: &str = "data/parquet/daily";

// Random reports.

/// Random numbers from a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("it is below a usize")
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug)]
enum Content {
    /// One of a few texts.
    Text(&'static [&'static str]),
    Labels,
    Number,
}
use Content::{Labels, Number, Text};

/// A kind of report: its columns but for the times, and those of them that are keys of the daily rows.
struct Kind {
    name: &'static str,
    keys: &'static [&'static str],
    columns: &'static [(&'static str, Content)],
}

const NODES: Content = Text(&["node-1", "node-2", ""]);
const NAMESPACES: Content = Text(&["shop", "kube-system", "openshift-monitoring"]);
const PODS: Content = Text(&["web-1", "web-2", "job"]);
const IDS: Content = Text(&["i-1", "i-2", ""]);
const ANY: Content = Text(&["", "one", "other", "Größe 日本", "a,b \"c\""]);

static KINDS: [Kind; 6] = [
    Kind {
        name: "pod_usage",
        keys: &["namespace", "node", "pod", "pod_labels"],
        columns: &[
            ("pod", PODS),
            ("namespace", NAMESPACES),
            ("node", NODES),
            ("resource_id", IDS),
            ("pod_usage_cpu_core_seconds", Number),
            ("pod_request_cpu_core_seconds", Number),
            ("pod_limit_cpu_core_seconds", Number),
            ("pod_usage_memory_byte_seconds", Number),
            ("pod_request_memory_byte_seconds", Number),
            ("pod_limit_memory_byte_seconds", Number),
            ("node_capacity_cpu_cores", Number),
            ("node_capacity_cpu_core_seconds", Number),
            ("node_capacity_memory_bytes", Number),
            ("node_capacity_memory_byte_seconds", Number),
            ("node_role", Text(&["worker", "master", ""])),
            ("pod_labels", Labels),
        ],
    },
    Kind {
        name: "storage_usage",
        keys: &[
            "namespace",
            "node",
            "pod",
            "persistentvolumeclaim",
            "persistentvolume",
            "storageclass",
            "csi_driver",
            "csi_volume_handle",
            "persistentvolume_labels",
            "persistentvolumeclaim_labels",
        ],
        columns: &[
            ("namespace", NAMESPACES),
            ("pod", PODS),
            ("node", NODES),
            ("persistentvolumeclaim", Text(&["data", "logs"])),
            ("persistentvolume", Text(&["pv-1", "pv-2"])),
            ("storageclass", Text(&["gp3", ""])),
            ("csi_driver", Text(&["ebs.csi.aws.com"])),
            ("csi_volume_handle", Text(&["vol-1", ""])),
            ("persistentvolumeclaim_capacity_bytes", Number),
            ("persistentvolumeclaim_capacity_byte_seconds", Number),
            ("volume_request_storage_byte_seconds", Number),
            ("persistentvolumeclaim_usage_byte_seconds", Number),
            ("persistentvolume_labels", Text(&["", "label_tier:gold"])),
            ("persistentvolumeclaim_labels", Labels),
        ],
    },
    Kind { name: "node_labels", keys: &["node", "node_labels"], columns: &[("node", NODES), ("node_labels", Labels)] },
    Kind {
        name: "namespace_labels",
        keys: &["namespace", "namespace_labels"],
        columns: &[("namespace", NAMESPACES), ("namespace_labels", Labels)],
    },
    Kind {
        name: "vm_usage",
        keys: &["namespace", "node", "vm_name", "vm_labels"],
        columns: &[
            ("node", NODES),
            ("resource_id", IDS),
            ("namespace", NAMESPACES),
            ("vm_name", Text(&["vm-1", "vm-2"])),
            ("vm_instance_type", ANY),
            ("vm_os", ANY),
            ("vm_guest_os_arch", ANY),
            ("vm_guest_os_name", ANY),
            ("vm_guest_os_version", ANY),
            ("vm_uptime_total_seconds", Number),
            ("vm_cpu_limit_cores", Number),
            ("vm_cpu_limit_core_seconds", Number),
            ("vm_cpu_request_cores", Number),
            ("vm_cpu_request_core_seconds", Number),
            ("vm_cpu_request_sockets", Number),
            ("vm_cpu_request_socket_seconds", Number),
            ("vm_cpu_request_threads", Number),
            ("vm_cpu_request_thread_seconds", Number),
            ("vm_cpu_usage_total_seconds", Number),
            ("vm_memory_limit_bytes", Number),
            ("vm_memory_limit_byte_seconds", Number),
            ("vm_memory_request_bytes", Number),
            ("vm_memory_request_byte_seconds", Number),
            ("vm_memory_usage_byte_seconds", Number),
            ("vm_device", ANY),
            ("vm_volume_mode", ANY),
            ("vm_persistentvolumeclaim_name", ANY),
            ("vm_disk_allocated_size_byte_seconds", Number),
            ("vm_labels", Labels),
        ],
    },
    Kind {
        name: "gpu_usage",
        keys: &["node", "namespace", "pod", "gpu_uuid", "mig_instance_id"],
        columns: &[
            ("node", NODES),
            ("namespace", NAMESPACES),
            ("pod", PODS),
            ("gpu_uuid", Text(&["GPU-1", "GPU-2"])),
            ("gpu_model_name", Text(&["NVIDIA A100-SXM4-40GB", "Tesla T4", "H100", ""])),
            ("gpu_vendor_name", Text(&["nvidia_com_gpu", "amd"])),
            ("gpu_memory_capacity_mib", Number),
            ("gpu_pod_uptime", Number),
            ("mig_instance_id", Text(&["MIG-1", "MIG-2", ""])),
            ("mig_profile", Text(&["1g.5gb", "3g.20gb", "", "odd"])),
            ("mig_strategy", Text(&["mixed", ""])),
        ],
    },
];

fn kind(name: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.name == name).expect("a kind of report")
}

fn is_sum(column: &str) -> bool {
    column.ends_with("_seconds") || column == "gpu_pod_uptime"
}

fn cell(random: &mut Random, content: Content) -> String {
    match content {
        Text(texts) => random.pick(texts).to_owned(),
        Labels => random
            .pick(&[
                "",
                "label_app:web",
                "label_app:web|label_team:red",
                "label_team:red|label_app:web",
                "label_app:a|label_app:b",
                "label_größe:<b>&é",
                "label_only",
                "label_q:\"a\",b\\",
            ])
            .to_owned(),
        Number => match random.below(8) {
            0 => String::new(),
            1 => "0".to_owned(),
            2 => "0.1".to_owned(),
            3 => format!("{}", random.below(1 << 20)),
            4 => format!("{}.{:03}", random.below(100_000), random.below(1000)),
            5 => format!("{}.{}e{}", random.below(9) + 1, random.below(1 << 30), random.below(14)),
            6 => format!("{}", random.next() >> 14),
            _ => format!("{}.25", random.below(1 << 40)),
        },
    }
}

/// A row: its hour, and its cells but for the times.
#[derive(Clone, Debug)]
struct Row {
    day: &'static str,
    hour: u32,
    cells: Vec<String>,
}

/// The rows of a CSV file.
#[derive(Clone)]
struct Report {
    kind: &'static Kind,
    rows: Vec<Row>,
}

impl Report {
    /// At least one row of each of the first hours of each day.
    fn random(random: &mut Random, name: &str, days: &[(&'static str, u32)]) -> Self {
        let kind = kind(name);
        let mut rows = Vec::new();
        for (day, hour) in days.iter().flat_map(|(day, hours)| (0..*hours).map(move |hour| (*day, hour))) {
            for _ in 0..=random.below(4) {
                rows.push(Row { day, hour, cells: kind.columns.iter().map(|(_, content)| cell(random, *content)).collect() });
            }
        }
        Self { kind, rows }
    }

    /// The text of the CSV file.
    fn csv(&self) -> String {
        let mut text = "report_period_start,report_period_end,interval_start,interval_end".to_owned();
        for (column, _) in self.kind.columns {
            let _ = write!(text, ",{column}");
        }
        text.push('\n');
        for Row { day, hour, cells } in &self.rows {
            let zone = "+0000 UTC";
            let (from, to) = if *day < "2026-04" { ("2026-03-01", "2026-04-01") } else { ("2026-04-01", "2026-05-01") };
            let _ = write!(text, "{from} 00:00:00 {zone},{to} 00:00:00 {zone},{day} {hour:02}:00:00 {zone},{day} {hour:02}:59:59 {zone}");
            for cell in cells {
                let _ = write!(text, ",\"{}\"", cell.replace('"', "\"\""));
            }
            text.push('\n');
        }
        text
    }

    /// The same rows in `count` files or fewer, dealt at random.
    fn dealt(&self, random: &mut Random, count: usize) -> Vec<Self> {
        let mut parts = vec![Self { kind: self.kind, rows: Vec::new() }; count];
        for row in &self.rows {
            parts[random.below(count)].rows.push(row.clone());
        }
        parts.retain(|part| !part.rows.is_empty());
        parts
    }

    fn of_days(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self { kind: self.kind, rows: self.rows.iter().filter(|row| keep(row.day)).cloned().collect() }
    }
}

/// The kinds of reports that a summary reads.
const OF_SUMMARY: [&str; 4] = ["pod_usage", "storage_usage", "node_labels", "namespace_labels"];

/// Some kinds of reports, in any order.
fn some_kinds(random: &mut Random, count: usize) -> Vec<&'static str> {
    let mut names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
    random.shuffle(&mut names);
    names.truncate(count);
    names
}

/// Reports of a few hours of two days.
fn random_reports(random: &mut Random, names: &[&str]) -> Vec<Report> {
    let first = random.below(2);
    let days = [DAYS[first], DAYS[first + 1]].map(|day| (day, random.pick(&[2, 3, 4])));
    names.iter().map(|name| Report::random(random, name, &days)).collect()
}

// Payloads and stores.

/// Payloads, and the stores that they are ingested into.
struct Place {
    folder: tempfile::TempDir,
    payloads: u32,
    stores: u32,
}

/// What payloads of a tenant became.
struct Store {
    root: PathBuf,
    /// Tag keys that were told.
    tag_keys: BTreeSet<String>,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), payloads: 0, stores: 0 }
    }

    fn next_payload(&mut self) -> PathBuf {
        self.payloads += 1;
        self.folder.path().join(format!("payload-{}", self.payloads))
    }

    /// A payload of the operator: a folder, with `uuid` in its manifest.
    fn folder(&mut self, uuid: u8, files: &[Report]) -> PathBuf {
        let path = self.next_payload();
        std::fs::create_dir(&path).expect("a new folder");
        std::fs::write(path.join("manifest.json"), manifest(uuid, files.len())).expect("a new file");
        for (number, report) in files.iter().enumerate() {
            std::fs::write(path.join(file_name(number)), report.csv()).expect("a new file");
        }
        path
    }

    /// Archives of one report: each has the manifest and a part of its files.
    fn archives(&mut self, uuid: u8, files: &[Report], random: &mut Random, count: usize) -> Vec<PathBuf> {
        let mut parts = vec![Vec::new(); count];
        for number in 0..files.len() {
            parts[random.below(count)].push(number);
        }
        parts.retain(|part| !part.is_empty());
        let mut paths = Vec::new();
        for part in parts {
            let path = self.next_payload();
            let mut archive = tar::Builder::new(std::fs::File::create(&path).expect("a new file"));
            let mut add = |name: &str, content: &str| {
                let mut header = tar::Header::new_gnu();
                header.set_size(content.len() as u64);
                header.set_mode(0o644);
                archive.append_data(&mut header, name, content.as_bytes()).expect("a member");
            };
            for number in part {
                add(&file_name(number), &files[number].csv());
            }
            add("manifest.json", &manifest(uuid, files.len()));
            archive.finish().expect("a whole archive");
            paths.push(path);
        }
        paths
    }

    /// A store in which nothing is.
    fn store(&mut self) -> Store {
        self.stores += 1;
        Store { root: self.folder.path().join(format!("store-{}", self.stores)), tag_keys: BTreeSet::new() }
    }

    /// A store with `payloads`, which were ingested one after the other.
    fn store_of(&mut self, payloads: &[PathBuf]) -> Store {
        let mut store = self.store();
        store.ingest(payloads);
        store
    }
}

fn file_name(number: usize) -> String {
    format!("report-{number}.csv")
}

fn manifest(uuid: u8, files: usize) -> String {
    let uuid = uuid::Builder::from_random_bytes([uuid; 16]).into_uuid().to_string();
    let files: Vec<_> = (0..files).map(file_name).collect();
    json!({"uuid": uuid, "cluster_id": CLUSTER, "version": "4.4.1", "date": "2026-04-05T00:05:00Z", "files": files, "daily_reports": true})
        .to_string()
}

/// A cell of Parquet.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Cell {
    Null,
    /// Milliseconds since 1970.
    Time(i64),
    Number(f64),
    Text(String),
}

/// The cells of a row, by column.
type Cells = BTreeMap<String, Cell>;

fn cells(frame: &DataFrame) -> Vec<Cells> {
    let cell = |value: AnyValue<'_>| match value {
        AnyValue::Null => Cell::Null,
        AnyValue::Datetime(value, TimeUnit::Milliseconds, None) | AnyValue::DatetimeOwned(value, TimeUnit::Milliseconds, None) => {
            Cell::Time(value)
        }
        AnyValue::Float64(value) => Cell::Number(value),
        AnyValue::String(text) => Cell::Text(text.to_owned()),
        AnyValue::StringOwned(text) => Cell::Text(text.to_string()),
        other => panic!("line items have no {other:?}"),
    };
    let row = |row| frame.columns().iter().map(|column| (column.name().to_string(), cell(column.get(row).expect("a row")))).collect();
    (0..frame.height()).map(row).collect()
}

impl Store {
    fn ingest(&mut self, payloads: &[PathBuf]) {
        let mut command = aggregator(["ocp", "ingest", "--schema", SCHEMA, "--source", SOURCE, "--format", "json", "--store"]);
        let answer = run(command.arg(&self.root).args(payloads)).done().json();
        let keys = answer["tag_keys"].as_array().expect("a list").iter();
        self.tag_keys.extend(keys.map(|key| key.as_str().expect("a text").to_owned()));
    }

    /// The rows of each kind of report below a folder: [`HOURLY`] or [`DAILY`].
    fn rows(&self, folder: &str) -> BTreeMap<&'static str, Vec<Cells>> {
        let mut found = BTreeMap::new();
        for kind in &KINDS {
            let folder = self.root.join(format!("{folder}/{SCHEMA}/OCP/{}", kind.name));
            let rows: Vec<_> = data_files(&folder).iter().flat_map(|file| cells(&read(&folder.join(file)))).collect();
            if !rows.is_empty() {
                found.insert(kind.name, rows);
            }
        }
        found
    }

    /// The hourly rows of each kind of report: a multiset.
    fn hourly(&self) -> BTreeMap<&'static str, Vec<String>> {
        let texts = |rows: Vec<Cells>| {
            let mut texts: Vec<_> = rows.into_iter().map(|row| format!("{row:?}")).collect();
            texts.sort();
            texts
        };
        self.rows(HOURLY).into_iter().map(|(name, rows)| (name, texts(rows))).collect()
    }

    /// The daily rows of each kind of report, those of one key added up, by key.
    fn daily(&self) -> BTreeMap<&'static str, BTreeMap<String, Cells>> {
        let mut found = BTreeMap::new();
        for (name, rows) in self.rows(DAILY) {
            let keys = kind(name).keys;
            let mut merged: BTreeMap<String, Cells> = BTreeMap::new();
            for row in rows {
                let is_key = |column: &str| column == "interval_start" || keys.contains(&column);
                let key = row.iter().filter(|(column, _)| is_key(column)).collect::<Vec<_>>();
                let so_far = merged.entry(format!("{key:?}")).or_default();
                for (column, cell) in row {
                    let cell = match (so_far.remove(&column), cell) {
                        (None, cell) => cell,
                        (Some(Cell::Number(one)), Cell::Number(other)) if is_sum(&column) => Cell::Number(one + other),
                        (Some(one), other) => {
                            if one > other {
                                one
                            } else {
                                other
                            }
                        }
                    };
                    so_far.insert(column, cell);
                }
            }
            found.insert(name, merged);
        }
        found
    }

    /// The same hourly rows, the same daily totals, the same tag keys.
    #[track_caller]
    fn assert_same(&self, other: &Self, what: &str) {
        assert_eq!(self.hourly(), other.hourly(), "{what}");
        assert_eq!(self.tag_keys, other.tag_keys, "{what}");
        let (one, other) = (self.daily(), other.daily());
        assert!(one.keys().eq(other.keys()) && !one.is_empty(), "{what}");
        for (name, rows) in one {
            assert!(rows.keys().eq(other[name].keys()), "{what}: other keys of {name}");
            for (key, row) in rows {
                let theirs = &other[name][&key];
                assert!(row.keys().eq(theirs.keys()), "{what}: {row:?} {theirs:?}");
                for (column, cell) in row {
                    let is_same = match (&cell, &theirs[&column]) {
                        (Cell::Number(one), Cell::Number(other)) if is_sum(&column) => {
                            (one - other).abs() <= TOLERANCE * one.abs().max(other.abs())
                        }
                        (one, other) => one == other,
                    };
                    assert!(is_same, "{what}: {column} of {key} in {name}: {cell:?} or {:?}", theirs[&column]);
                }
            }
        }
    }
}

// The laws.

#[test]
fn prop_a_payload_may_be_cut_into_files_archives_or_days_and_come_twice() {
    for seed in 0..5 {
        let mut random = Random(seed);
        let mut place = Place::new();
        let names = some_kinds(&mut random, 3);
        let reports = random_reports(&mut random, &names);
        let payload = place.folder(1, &reports);
        let mut whole = place.store_of(std::slice::from_ref(&payload));

        let mut parts: Vec<_> = reports.iter().flat_map(|report| report.dealt(&mut random, 3)).collect();
        random.shuffle(&mut parts);
        let in_files = place.folder(1, &parts);
        place.store_of(&[in_files]).assert_same(&whole, &format!("seed {seed}: several files"));

        let mut archives = place.archives(1, &parts, &mut random, 3);
        let mut in_archives = place.store_of(&archives);
        in_archives.assert_same(&whole, &format!("seed {seed}: several archives"));

        let mut days = Vec::new();
        for (uuid, day) in (2..).zip(DAYS) {
            let of_day: Vec<_> = reports.iter().map(|report| report.of_days(|of| of == day)).collect();
            if of_day.iter().any(|report| !report.rows.is_empty()) {
                days.push(place.folder(uuid, &of_day));
            }
        }
        random.shuffle(&mut days);
        assert_eq!(days.len(), 2);
        place.store_of(&days).assert_same(&whole, &format!("seed {seed}: a payload a day"));

        // Once more, and in another order, is as if they had not come.
        random.shuffle(&mut archives);
        for (store, payloads) in [(&mut whole, vec![payload]), (&mut in_archives, archives)] {
            let (before, rows) = (contents(&store.root), (store.hourly(), store.rows(DAILY)));
            store.ingest(&payloads);
            assert!(contents(&store.root) == before, "seed {seed}: {:?}", files(&store.root));
            assert!((store.hourly(), store.rows(DAILY)) == rows);
        }
    }
}

#[test]
fn prop_the_order_of_payloads_of_different_hours_does_not_matter() {
    for seed in 100..104 {
        let mut random = Random(seed);
        let mut place = Place::new();
        // For each day, the payloads in the order of their hours of it.
        let mut ranks = [[0, 1, 2]; 2];
        for ranks in &mut ranks {
            random.shuffle(ranks);
        }
        let names = some_kinds(&mut random, 2);
        let payloads: Vec<Vec<Report>> = (0..3)
            .map(|number| {
                let days: Vec<_> = ranks.iter().zip(&DAYS[1..]).map(|(ranks, day)| (*day, 1 + ranks[number] * 2)).collect();
                names.iter().map(|name| Report::random(&mut random, name, &days)).collect()
            })
            .collect();
        // What should be there in the end: of each day, the rows of the payload with the most hours.
        let most = |day: &str, number: usize| ranks.iter().zip(&DAYS[1..]).any(|(ranks, of)| day == *of && ranks[number] == 2);
        let winners = (0..2).map(|report| {
            let rows = payloads.iter().enumerate().flat_map(|(number, reports)| reports[report].of_days(|day| most(day, number)).rows);
            Report { kind: payloads[0][report].kind, rows: rows.collect() }
        });
        let winners = place.folder(9, &winners.collect::<Vec<_>>());
        let expected = place.store_of(&[winners]);
        let folders: Vec<_> = payloads.iter().zip(1..).map(|(reports, uuid)| place.folder(uuid, reports)).collect();
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [1, 0, 2]] {
            let store = place.store_of(&order.map(|number| folders[number].clone()));
            assert_eq!(store.hourly(), expected.hourly(), "seed {seed}: {order:?}");
            // Tag keys of rows that were replaced may have been told, too.
            Store { tag_keys: expected.tag_keys.clone(), ..store }.assert_same(&expected, &format!("seed {seed}: {order:?}"));
        }
    }
}

#[test]
fn prop_the_order_of_the_rows_of_an_hour_does_not_matter() {
    for seed in 200..205 {
        let mut random = Random(seed);
        let mut place = Place::new();
        let names = some_kinds(&mut random, 3);
        let reports = random_reports(&mut random, &names);
        let mut shuffled = reports.clone();
        for report in &mut shuffled {
            random.shuffle(&mut report.rows);
            report.rows.sort_by_key(|row| (row.day, row.hour));
        }
        let [one, other] = [reports, shuffled].map(|reports| {
            let payload = place.folder(1, &reports);
            place.store_of(&[payload])
        });
        one.assert_same(&other, &format!("seed {seed}"));
    }
}

/// The reference data of a tenant.
fn reference(keys: &BTreeSet<String>, nodes: &BTreeSet<(String, String)>) -> Value {
    let nodes = nodes.iter().zip(["worker", "infra", "master"].into_iter().cycle());
    json!({
        "enabled_keys": keys,
        "cost_categories": [{"namespace": "openshift-%", "cost_category_id": 1}, {"namespace": "kube-%", "cost_category_id": 1}],
        "nodes": nodes.map(|((node, id), role)| json!({"node": node, "resource_id": id, "node_role": role})).collect::<Vec<_>>(),
    })
}

#[test]
fn prop_the_summary_of_a_payload_is_the_summary_of_its_parquet() {
    for seed in 300..303 {
        let mut random = Random(seed);
        let mut place = Place::new();
        let reports = random_reports(&mut random, &OF_SUMMARY);
        let payload = place.folder(1, &reports);
        let nodes = ["node-1", "node-2"].map(|node| (node.to_owned(), format!("i-{node}")));
        let reference_file = place.folder.path().join("reference.json");
        let keys = ["app", "größe", "q"].map(str::to_owned);
        std::fs::write(&reference_file, reference(&keys.into(), &nodes.into()).to_string()).expect("a new file");
        let common = ["--schema", SCHEMA, "--source", SOURCE, "--cluster-id", CLUSTER, "--format", "json"];

        let one = place.store();
        let mut command = aggregator(["ocp", "run"]);
        run(command.args(common).arg("--store").arg(&one.root).arg("--reference").arg(&reference_file).arg(&payload)).done();

        let other = place.store_of(&[payload]);
        let days = || reports.iter().flat_map(|report| &report.rows).map(|row| row.day);
        let (start, end) = (days().min().expect("a row"), days().max().expect("a row"));
        let mut command = aggregator(["ocp", "summarize", "--start", start, "--end", end]);
        command.args(common).arg("--store").arg(&other.root).arg("--output").arg(&other.root).arg("--reference").arg(&reference_file);
        run(&mut command).done();

        assert!(contents(&one.root.join("data/parquet")) == contents(&other.root.join("data/parquet")), "seed {seed}");
        let (one, other) = (summary(&one.root, SCHEMA), summary(&other.root, SCHEMA));
        assert!(one.values().flatten().count() > 10 && one == other, "seed {seed}: {one:#?}\n{other:#?}");
    }
}

// nise.

/// A set of nise's reports with the rows that koku made of them.
#[derive(Deserialize)]
struct NiseCase {
    schema: String,
    source: String,
    cluster_id: String,
    tag_keys: BTreeSet<String>,
    /// By folder of Parquet and column: what it is, and its values.
    partitions: BTreeMap<String, BTreeMap<String, (String, Vec<Value>)>>,
}

/// The column of a file that koku wrote.
fn column(name: &str, kind: &str, values: &[Value]) -> Column {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let name = name.into();
    let series = match kind.split(' ').next() {
        Some("date") => {
            let stamps: Vec<_> = values.iter().map(Value::as_i64).collect();
            Series::new(name, stamps).cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).expect("stamps")
        }
        Some("number") => {
            Series::new(name, values.iter().map(|value| Some(text(value)?.parse::<f64>().expect("a number"))).collect::<Vec<_>>())
        }
        _ => Series::new(name, values.iter().map(text).collect::<Vec<_>>()),
    };
    series.into_column()
}

impl NiseCase {
    /// Writes koku's rows as koku's Parquet.
    fn write(&self, store: &Path) {
        for (folder, columns) in &self.partitions {
            let columns: Vec<_> = columns.iter().map(|(name, (kind, values))| column(name, kind, values)).collect();
            let height = columns.first().map_or(0, Column::len);
            let frame = DataFrame::new(height, columns).expect("columns of one length");
            tiny::write(&frame, &store.join(folder).join("koku.parquet"));
        }
    }

    /// The values of a column of koku's daily pods.
    fn of_pods(&self, name: &str) -> impl Iterator<Item = &Value> {
        let pods = self.partitions.iter().filter(|(folder, _)| folder.contains("/daily/") && folder.contains("/pod_usage/"));
        pods.flat_map(move |(_, columns)| &columns[name].1)
    }

    fn summarize(&self, store: &Path, reference: &Path) -> PathBuf {
        let days = || {
            let days = self.of_pods("interval_start").map(|time| chrono::DateTime::from_timestamp_millis(time.as_i64().expect("a time")));
            days.map(|time| time.expect("a time of this age").date_naive())
        };
        let [start, end] = [days().min(), days().max()].map(|day: Option<NaiveDate>| day.expect("a day with pods").to_string());
        let mut command =
            aggregator(["ocp", "summarize", "--schema", &self.schema, "--source", &self.source, "--start", &start, "--end", &end]);
        command.args(["--cluster-id", &self.cluster_id, "--format", "json"]).arg("--reference").arg(reference);
        run(command.arg("--store").arg(store).arg("--output").arg(store)).done();
        managed_table(store, &self.schema).join(format!("source={}", self.source))
    }

    /// Compares the summary of our Parquet with that of koku's; the rows.
    fn check(&self, folder: &Path) -> usize {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let nodes = self.of_pods("node").map(text).zip(self.of_pods("resource_id").map(text)).collect();
        let reference_file = folder.join("reference.json");
        std::fs::write(&reference_file, reference(&self.tag_keys, &nodes).to_string()).expect("a new file");

        let [ours, theirs] = ["ours", "koku"].map(|name| folder.join(name));
        let mut command = aggregator(["ocp", "ingest", "--schema", &self.schema, "--source", &self.source, "--format", "json", "--store"]);
        run(command.arg(&ours).arg(folder.join("input/run1"))).done();
        self.write(&theirs);
        let [ours, theirs] = [ours, theirs].map(|store| self.summarize(&store, &reference_file));
        let rows = |table: &Path| data_files(table).iter().map(|file| read(&table.join(file)).height()).sum::<usize>();
        assert_eq!(rows(&ours), rows(&theirs), "{}", self.cluster_id);
        let [left, right] = [theirs, ours.clone()].map(Side::Path);
        let report =
            compare(&left, &right, Tolerance::default(), None, &self.source).unwrap_or_else(|text| panic!("{}: {text}", self.cluster_id));
        let not_compared: Vec<_> = report.not_compared.iter().map(|column| column.column.as_str()).collect();
        assert_eq!(not_compared, ["uuid"]);
        rows(&ours)
    }
}

#[test]
fn the_summary_of_what_nise_made_is_that_of_kokus_parquet() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    unpack("ingest.tar.zst", &["nise"], folder.path());
    let sets = folder.path().join("ingest/nise");
    let mut rows = BTreeMap::new();
    for set in ["edge", "small", "ocp_on_aws", "ocp_on_gcp"] {
        let folder = sets.join(set);
        // No summary reads virtual machines and GPUs.
        for file in files(&folder)
            .into_iter()
            .filter(|file| ["vm_usage.csv", "gpu_usage.csv"].iter().any(|end| file.to_string_lossy().ends_with(end)))
        {
            std::fs::remove_file(folder.join(file)).expect("a file of the archive");
        }
        let text = std::fs::read_to_string(folder.join("case.json")).expect("a case");
        let mut case: NiseCase = serde_json::from_str(&text).expect("a case");
        case.partitions.retain(|folder, _| !folder.contains("/vm_usage/") && !folder.contains("/gpu_usage/"));
        rows.insert(set, case.check(&folder));
    }
    assert!(rows.values().all(|rows| *rows > 50), "{rows:?}");
}
