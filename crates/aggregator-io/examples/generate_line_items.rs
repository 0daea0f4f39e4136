//! Writes line items of one source and one month of 31 days, as koku's ingest lays them out, for the end-to-end bench.
//!
//! ```text
//! generate_line_items --rows 1000000 --out DIRECTORY [--seed 1]
//! ```
//! `--rows` counts the hourly pods. Everything else follows from it: nodes, namespaces, workloads, claims, and the daily tables,
//! which are the roll-up of the hours. The same arguments write the same files.
//!
//! What makes the data look like a cluster: 3 % of the pods are replaced each day by a pod of another name, often on another node;
//! a workload's pods share their labels (5 to 15, of which some are enabled), which change when it is rolled out anew; nodes and
//! namespaces are relabelled now and then within a day; a few pods wait without a node; every tenth pod has a claim, and some
//! volumes are mounted by two pods.
//!
//! Days are written as they are made, so memory does not grow with the number of rows.
#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "every index is drawn below the length of what it points into, and every number is small"
)]

use aggregator_core::run::{SourceUuid, Window};
use aggregator_core::table::Table;
use aggregator_core::table::ocp::{NAMESPACE_LABELS_DAILY, NODE_LABELS_DAILY, POD_USAGE_DAILY, POD_USAGE_HOURLY, STORAGE_USAGE_DAILY};
use aggregator_io::source::path::{Month, partition};
use chrono::{NaiveDate, NaiveTime};
use polars::prelude::*;
use std::error::Error;
use std::fmt::Write;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SCHEMA: &str = "org1234567";
const SOURCE: &str = "b0000000-0000-4000-8000-000000000001";
const YEAR: i32 = 2026;
const MONTH: u32 = 10;
const DAYS: u64 = 31;
const HOURS_PER_DAY: u64 = 24;
const SECONDS_PER_HOUR: f64 = 3600.0;
const MILLISECONDS_PER_HOUR: i64 = 3_600_000;
const GIB: f64 = (1_u64 << 30) as f64;
/// koku's `PARQUET_PROCESSING_BATCH_SIZE`: the rows of a file, which has one row group.
const ROWS_PER_FILE: usize = 200_000;

const PODS_PER_NODE: u64 = 135;
const MOST_NAMESPACES: u64 = 300;
const MOST_WORKLOADS: u64 = 3_000;
const PODS_PER_CLAIM: usize = 10;
/// Of each 1,000.
const PODS_REPLACED_A_DAY: u64 = 30;
const WORKLOADS_ROLLED_OUT_A_DAY: u64 = 10;
const PODS_WITHOUT_NODE: u64 = 5;
const RELABELLED_A_DAY: u64 = 20;

const ENABLED_KEYS: [&str; 8] = ["app", "component", "cost_center", "environment", "owner", "team", "tier", "version"];
const OTHER_KEYS: [&str; 24] = [
    "app_kubernetes_io_created_by",
    "app_kubernetes_io_instance",
    "app_kubernetes_io_managed_by",
    "app_kubernetes_io_name",
    "app_kubernetes_io_part_of",
    "build",
    "chart",
    "commit",
    "controller_revision_hash",
    "deployment",
    "deploymentconfig",
    "heritage",
    "istio_io_rev",
    "job_name",
    "k8s_app",
    "name",
    "operator",
    "pod_template_generation",
    "pod_template_hash",
    "release",
    "revision",
    "security_istio_io_tlsMode",
    "statefulset_kubernetes_io_pod_name",
    "track",
];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// True `of_1000` times of 1,000.
    fn chance(&mut self, of_1000: u64) -> bool {
        self.next() % 1_000 < of_1000
    }

    /// At least 0, less than 1.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

struct Node {
    name: String,
    resource_id: String,
    role: &'static str,
    cores: f64,
    bytes: f64,
    relabelled: usize,
}

struct Namespace {
    name: String,
    relabelled: usize,
}

/// A deployment or the like: what its pods have in common.
struct Workload {
    name: String,
    namespace: usize,
    labels: Arc<str>,
    requested_cores: f64,
    requested_bytes: f64,
}

struct Pod {
    name: Arc<str>,
    workload: usize,
    /// `None`: not scheduled.
    node: Option<usize>,
    labels: Arc<str>,
    today: Option<Today>,
}

/// What a pod used today.
#[derive(Clone, Copy, Default)]
struct Today {
    measures: [f64; 8],
    capacity_hours: f64,
}

struct Cluster {
    random: Random,
    nodes: Vec<Node>,
    namespaces: Vec<Namespace>,
    workloads: Vec<Workload>,
    pods: Vec<Pod>,
}

impl Cluster {
    fn new(rows: u64, seed: u64) -> Self {
        let mut random = Random(seed);
        let pods = rows.div_ceil(DAYS * HOURS_PER_DAY).max(1);
        let nodes = (0..pods.div_ceil(PODS_PER_NODE).max(3))
            .map(|index| Node {
                name: format!("ip-10-0-{}-{}.eu-central-1.compute.internal", index / 200, index % 200 + 10),
                resource_id: format!("i-{:017x}", random.next() >> 4),
                role: if index < 3 {
                    "master"
                } else if index % 20 == 3 {
                    "infra"
                } else {
                    "worker"
                },
                cores: [16.0, 32.0, 64.0][random.below(3)],
                bytes: [64.0, 128.0, 256.0][random.below(3)] * GIB,
                relabelled: 0,
            })
            .collect();
        let namespaces = (0..(pods / 4).clamp(5, MOST_NAMESPACES))
            .map(|index| Namespace {
                name: match index {
                    0 => "openshift".to_owned(),
                    1 => "kube-system".to_owned(),
                    2..40 => format!("openshift-operator-{index}"),
                    _ => format!("team-{:03}-{}", index, ["prod", "stage", "dev"][random.below(3)]),
                },
                relabelled: 0,
            })
            .collect::<Vec<_>>();
        let workloads = (0..(pods / 4).clamp(10, MOST_WORKLOADS))
            .map(|index| {
                let name = format!("{}-{index}", ["api", "web", "worker", "cache", "db", "queue"][random.below(6)]);
                Workload {
                    labels: pod_labels(&mut random, &name),
                    name,
                    namespace: random.below(namespaces.len()),
                    requested_cores: [0.1, 0.25, 0.5, 1.0, 2.0][random.below(5)],
                    requested_bytes: [0.125, 0.5, 1.0, 4.0][random.below(4)] * GIB,
                }
            })
            .collect();
        let mut cluster = Self { random, nodes, namespaces, workloads, pods: Vec::new() };
        for _ in 0..pods {
            let workload = cluster.random.below(cluster.workloads.len());
            let pod = cluster.start_pod(workload);
            cluster.pods.push(pod);
        }
        cluster
    }

    fn start_pod(&mut self, workload: usize) -> Pod {
        let random = &mut self.random;
        let Workload { name, labels, .. } = &self.workloads[workload];
        Pod {
            name: format!("{name}-{:09x}-{:05x}", random.next() >> 28, random.next() >> 44).into(),
            workload,
            node: (!random.chance(PODS_WITHOUT_NODE)).then(|| random.below(self.nodes.len())),
            labels: Arc::clone(labels),
            today: None,
        }
    }

    /// New labels for some workloads, which their new pods get.
    fn roll_out(&mut self) {
        for workload in &mut self.workloads {
            if self.random.chance(WORKLOADS_ROLLED_OUT_A_DAY) {
                workload.labels = pod_labels(&mut self.random, &workload.name);
            }
        }
    }
}

/// 5 to 15 labels of distinct keys, as Python's `json.dumps` writes them.
fn pod_labels(random: &mut Random, workload: &str) -> Arc<str> {
    let mut keys: Vec<&str> = ENABLED_KEYS.into_iter().chain(OTHER_KEYS).collect();
    let mut labels = format!(r#"{{"app": "{workload}""#);
    keys.retain(|key| *key != "app");
    for _ in 0..4 + random.below(11) {
        let key = keys.swap_remove(random.below(keys.len()));
        // Enabled keys have few values, the others are mostly hashes.
        let value =
            if ENABLED_KEYS.contains(&key) { format!("{key}-{}", random.below(12)) } else { format!("{:010x}", random.next() >> 24) };
        let _ = write!(labels, r#", "{key}": "{value}""#);
    }
    labels.push('}');
    labels.into()
}

/// The columns of a table, filled row by row.
#[derive(Default)]
struct Rows {
    texts: Vec<(&'static str, Vec<Arc<str>>)>,
    times: Vec<(&'static str, Vec<i64>)>,
    numbers: Vec<(&'static str, Vec<Option<f64>>)>,
}

impl Rows {
    fn new(times: &[&'static str], texts: &[&'static str], numbers: &[&'static str]) -> Self {
        Self {
            texts: texts.iter().map(|name| (*name, Vec::new())).collect(),
            times: times.iter().map(|name| (*name, Vec::new())).collect(),
            numbers: numbers.iter().map(|name| (*name, Vec::new())).collect(),
        }
    }

    fn push(&mut self, times: &[i64], texts: &[&Arc<str>], numbers: &[Option<f64>]) {
        self.times.iter_mut().zip(times).for_each(|((_, column), value)| column.push(*value));
        self.texts.iter_mut().zip(texts).for_each(|((_, column), value)| column.push(Arc::clone(value)));
        self.numbers.iter_mut().zip(numbers).for_each(|((_, column), value)| column.push(*value));
    }

    fn len(&self) -> usize {
        self.times.first().map_or(0, |(_, column)| column.len())
    }

    /// The rows as a frame; none are left.
    fn take(&mut self) -> PolarsResult<DataFrame> {
        let height = self.len();
        let mut columns = Vec::new();
        for (name, column) in &mut self.times {
            let millis = Column::new((*name).into(), std::mem::take(column));
            columns.push(millis.cast(&DataType::Datetime(TimeUnit::Milliseconds, None))?);
        }
        for (name, column) in &mut self.texts {
            columns.push(StringChunked::from_iter_values((*name).into(), std::mem::take(column).iter().map(|text| &**text)).into_column());
        }
        for (name, column) in &mut self.numbers {
            columns.push(Column::new((*name).into(), std::mem::take(column)));
        }
        DataFrame::new(height, columns)
    }
}

/// A folder of one table, and what its files are called.
struct TableFolder {
    folder: PathBuf,
    stem: &'static str,
    suffix: &'static str,
}

impl TableFolder {
    fn new(out: &Path, window: Window, table: &Table, stem: &'static str, suffix: &'static str) -> Result<Self> {
        let folder = out.join(partition(SCHEMA, table, SourceUuid(SOURCE.parse()?), Month::of(window.start())));
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, stem, suffix })
    }

    fn write(&self, day: NaiveDate, chunk: usize, mut frame: DataFrame) -> Result<()> {
        let path = self.folder.join(format!("{}.{day}.1.0{}_{chunk}.parquet", self.stem, self.suffix));
        let writer = ParquetWriter::new(File::create(path)?).with_compression(ParquetCompression::Snappy);
        writer.with_row_group_size(Some(ROWS_PER_FILE)).finish(&mut frame)?;
        Ok(())
    }

    /// The rows of a day, sorted as koku's roll-up sorts them, in files of at most [`ROWS_PER_FILE`].
    fn write_sorted(&self, day: NaiveDate, rows: &mut Rows, keys: &[&str]) -> Result<()> {
        let frame = rows.take()?.sort(keys.iter().copied(), SortMultipleOptions::default())?;
        for (chunk, start) in (0..frame.height()).step_by(ROWS_PER_FILE).enumerate() {
            let end = frame.height().min(start + ROWS_PER_FILE);
            self.write(day, chunk, frame.slice(i64::try_from(start)?, end - start))?;
        }
        Ok(())
    }
}

const MEASURES: [&str; 8] = [
    "pod_usage_cpu_core_seconds",
    "pod_request_cpu_core_seconds",
    "pod_effective_usage_cpu_core_seconds",
    "pod_limit_cpu_core_seconds",
    "pod_usage_memory_byte_seconds",
    "pod_request_memory_byte_seconds",
    "pod_effective_usage_memory_byte_seconds",
    "pod_limit_memory_byte_seconds",
];
const CAPACITIES: [&str; 4] =
    ["node_capacity_cpu_cores", "node_capacity_cpu_core_seconds", "node_capacity_memory_bytes", "node_capacity_memory_byte_seconds"];
const PERIOD: [&str; 3] = ["interval_start", "report_period_start", "report_period_end"];

/// Where each table goes, and its rows that are not written yet.
struct Tables {
    period: [i64; 2],
    hourly: (TableFolder, Rows),
    daily: (TableFolder, Rows),
    storage: (TableFolder, Rows),
    node_labels: (TableFolder, Rows),
    namespace_labels: (TableFolder, Rows),
}

impl Tables {
    fn new(out: &Path, window: Window) -> Result<Self> {
        let measures = MEASURES.iter().chain(&CAPACITIES).copied().collect::<Vec<_>>();
        let pod_texts = ["namespace", "node", "pod", "pod_labels", "resource_id", "node_role"];
        let storage_texts = [
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
        ];
        let storage_measures = [
            "persistentvolumeclaim_capacity_bytes",
            "persistentvolumeclaim_capacity_byte_seconds",
            "volume_request_storage_byte_seconds",
            "persistentvolumeclaim_usage_byte_seconds",
        ];
        let hourly_times = [PERIOD[0], PERIOD[1], PERIOD[2], "interval_end"];
        let millis = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        let next_month = window.end().succ_opt().unwrap_or(window.end());
        let folder = |table, stem, suffix| TableFolder::new(out, window, table, stem, suffix);
        Ok(Self {
            period: [millis(window.start()), millis(next_month)],
            hourly: (folder(&POD_USAGE_HOURLY, "pod_usage", "")?, Rows::new(&hourly_times, &pod_texts, &measures)),
            daily: (folder(&POD_USAGE_DAILY, "pod_usage", "_daily")?, Rows::new(&PERIOD, &pod_texts, &measures)),
            storage: (folder(&STORAGE_USAGE_DAILY, "storage_usage", "_daily")?, Rows::new(&PERIOD, &storage_texts, &storage_measures)),
            node_labels: (folder(&NODE_LABELS_DAILY, "node_labels", "_daily")?, Rows::new(&PERIOD, &["node", "node_labels"], &[])),
            namespace_labels: (
                folder(&NAMESPACE_LABELS_DAILY, "namespace_labels", "_daily")?,
                Rows::new(&PERIOD, &["namespace", "namespace_labels"], &[]),
            ),
        })
    }
}

/// Names that many rows repeat.
struct Names {
    nodes: Vec<[Arc<str>; 3]>,
    namespaces: Vec<Arc<str>>,
    no_node: [Arc<str>; 3],
}

impl Names {
    fn new(cluster: &Cluster) -> Self {
        let node = |node: &Node| [node.name.as_str().into(), node.resource_id.as_str().into(), node.role.into()];
        Self {
            nodes: cluster.nodes.iter().map(node).collect(),
            namespaces: cluster.namespaces.iter().map(|namespace| namespace.name.as_str().into()).collect(),
            no_node: ["".into(), "".into(), "".into()],
        }
    }

    fn node(&self, pod: &Pod) -> &[Arc<str>; 3] {
        pod.node.map_or(&self.no_node, |node| &self.nodes[node])
    }
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (mut rows, mut out, mut seed) = (1_000_000_u64, None, 1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or("every argument has a value")?;
        match name.as_str() {
            "--rows" => rows = value.parse()?,
            "--out" => out = Some(PathBuf::from(value)),
            "--seed" => seed = value.parse()?,
            _ => return Err(format!("`{name}` is not known: --rows N --out DIRECTORY [--seed N]").into()),
        }
    }
    let out = out.ok_or("--out DIRECTORY says where to write")?;
    let first = NaiveDate::from_ymd_opt(YEAR, MONTH, 1).ok_or("no such month")?;
    let window = Window::by_month(first, first + chrono::Days::new(DAYS - 1))?.remove(0);

    let mut cluster = Cluster::new(rows, seed);
    let names = Names::new(&cluster);
    let mut tables = Tables::new(&out, window)?;
    for (number, day) in (0..).zip(window.days()) {
        write_day(&mut cluster, &names, &mut tables, rows, number, day)?;
    }
    std::fs::write(out.join("reference.json"), reference(&cluster)?)?;
    Ok(())
}

/// How many hourly rows there are before `hour` of the month, of `rows`.
fn rows_before(rows: u64, hour: u64) -> u64 {
    rows * hour / (DAYS * HOURS_PER_DAY)
}

fn write_day(cluster: &mut Cluster, names: &Names, tables: &mut Tables, rows: u64, number: u64, day: NaiveDate) -> Result<()> {
    let midnight = day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    let mut replaced: Vec<u64> = vec![HOURS_PER_DAY; cluster.pods.len()];
    for hour in &mut replaced {
        if cluster.random.chance(PODS_REPLACED_A_DAY) {
            *hour = cluster.random.next() % HOURS_PER_DAY;
        }
    }
    cluster.roll_out();
    let mut chunk = 0;
    for hour in 0..HOURS_PER_DAY {
        let of_month = number * HOURS_PER_DAY + hour;
        let start = midnight + i64::try_from(hour)? * MILLISECONDS_PER_HOUR;
        let alive = usize::try_from(rows_before(rows, of_month + 1) - rows_before(rows, of_month))?;
        for (slot, replaced_at) in replaced.iter().enumerate().take(alive) {
            if *replaced_at == hour {
                finish_pod(cluster, names, tables, midnight, slot);
                let workload = cluster.pods[slot].workload;
                cluster.pods[slot] = cluster.start_pod(workload);
            }
            write_hour(cluster, names, tables, start, slot);
            if tables.hourly.1.len() == ROWS_PER_FILE {
                tables.hourly.0.write(day, chunk, tables.hourly.1.take()?)?;
                chunk += 1;
            }
        }
    }
    if tables.hourly.1.len() > 0 {
        tables.hourly.0.write(day, chunk, tables.hourly.1.take()?)?;
    }
    for slot in 0..cluster.pods.len() {
        finish_pod(cluster, names, tables, midnight, slot);
    }
    write_labels(cluster, names, tables, midnight);
    tables.daily.0.write_sorted(day, &mut tables.daily.1, &["namespace", "node", "pod", "pod_labels"])?;
    tables.storage.0.write_sorted(day, &mut tables.storage.1, &["namespace", "node", "pod", "persistentvolumeclaim"])?;
    tables.node_labels.0.write_sorted(day, &mut tables.node_labels.1, &["node", "node_labels"])?;
    tables.namespace_labels.0.write_sorted(day, &mut tables.namespace_labels.1, &["namespace", "namespace_labels"])
}

/// One hour of a pod: a row of the hourly table, and what it adds to the day.
fn write_hour(cluster: &mut Cluster, names: &Names, tables: &mut Tables, start: i64, slot: usize) {
    let Cluster { random, nodes, workloads, pods, .. } = cluster;
    let pod = &mut pods[slot];
    let workload = &workloads[pod.workload];
    let requested = [workload.requested_cores * SECONDS_PER_HOUR, workload.requested_bytes * SECONDS_PER_HOUR];
    let used = requested.map(|requested| requested * 1.5 * random.fraction());
    let measures = [
        used[0],
        requested[0],
        used[0].max(requested[0]),
        2.0 * requested[0],
        used[1],
        requested[1],
        used[1].max(requested[1]),
        2.0 * requested[1],
    ];
    let capacities = pod.node.map(|node| {
        let Node { cores, bytes, .. } = nodes[node];
        [cores, cores * SECONDS_PER_HOUR, bytes, bytes * SECONDS_PER_HOUR]
    });
    let numbers: Vec<_> = measures.map(Some).into_iter().chain(capacities.map_or([None; 4], |capacities| capacities.map(Some))).collect();
    let [node, resource_id, role] = names.node(pod);
    let texts = [&names.namespaces[workload.namespace], node, &pod.name, &pod.labels, resource_id, role];
    tables.hourly.1.push(&[start, tables.period[0], tables.period[1], start + MILLISECONDS_PER_HOUR], &texts, &numbers);
    let today = pod.today.get_or_insert_default();
    today.measures.iter_mut().zip(measures).for_each(|(sum, measure)| *sum += measure);
    today.capacity_hours += 1.0;
}

/// The daily rows of a pod that ran today: its own, and that of its claim.
fn finish_pod(cluster: &mut Cluster, names: &Names, tables: &mut Tables, midnight: i64, slot: usize) {
    let pod = &mut cluster.pods[slot];
    let Some(today) = pod.today.take() else { return };
    let workload = &cluster.workloads[pod.workload];
    let namespace = &names.namespaces[workload.namespace];
    let [node, resource_id, role] = names.node(pod);
    let times = [midnight, tables.period[0], tables.period[1]];
    let seconds = today.capacity_hours * SECONDS_PER_HOUR;
    let capacities = pod.node.map(|node| {
        let Node { cores, bytes, .. } = cluster.nodes[node];
        [cores, cores * seconds, bytes, bytes * seconds]
    });
    let numbers: Vec<_> =
        today.measures.map(Some).into_iter().chain(capacities.map_or([None; 4], |capacities| capacities.map(Some))).collect();
    tables.daily.1.push(&times, &[namespace, node, &pod.name, &pod.labels, resource_id, role], &numbers);

    // The last pods of each ten have a claim; of each hundred, two share one.
    let claim = match (slot % PODS_PER_CLAIM, slot % (10 * PODS_PER_CLAIM)) {
        (9, _) | (8, 98) => slot / PODS_PER_CLAIM,
        _ => return,
    };
    let capacity = [1.0, 10.0, 100.0][claim % 3] * GIB;
    let text = |text: String| Arc::<str>::from(text);
    let claim_name = text(format!("data-{claim}"));
    let volume = text(format!("pvc-{:08x}-0000-4000-8000-{claim:012x}", claim.wrapping_mul(0x9e37_79b9) & 0xffff_ffff));
    let class = text(["gp3-csi", "ocs-storagecluster-ceph-rbd", "efs-sc"][claim % 3].to_owned());
    let driver = text("ebs.csi.aws.com".to_owned());
    let handle = text(format!("vol-{claim:017x}"));
    let volume_labels =
        text(format!(r#"{{"topology_kubernetes_io_zone": "eu-central-1{}", "tier": "tier-{}"}}"#, ["a", "b", "c"][claim % 3], claim % 5));
    let claim_labels = text(format!(r#"{{"app": "db-{}", "backup": "{}", "owner": "owner-{}"}}"#, claim % 200, claim % 2 == 0, claim % 12));
    let texts = [namespace, node, &pod.name, &claim_name, &volume, &class, &driver, &handle, &volume_labels, &claim_labels];
    tables.storage.1.push(&times, &texts, &[capacity, capacity * seconds, capacity * seconds, 0.6 * capacity * seconds].map(Some));
}

/// The labels of nodes and namespaces: one row, or two on a day when they change.
fn write_labels(cluster: &mut Cluster, names: &Names, tables: &mut Tables, midnight: i64) {
    let times = [midnight, tables.period[0], tables.period[1]];
    for (node, [name, _, role]) in cluster.nodes.iter_mut().zip(&names.nodes) {
        tables.node_labels.1.push(&times, &[name, &node_labels(name, role, node.relabelled)], &[]);
        if cluster.random.chance(RELABELLED_A_DAY) {
            node.relabelled += 1;
            tables.node_labels.1.push(&times, &[name, &node_labels(name, role, node.relabelled)], &[]);
        }
    }
    for (index, (namespace, name)) in cluster.namespaces.iter_mut().zip(&names.namespaces).enumerate() {
        tables.namespace_labels.1.push(&times, &[name, &namespace_labels(name, index, namespace.relabelled)], &[]);
        if cluster.random.chance(RELABELLED_A_DAY) {
            namespace.relabelled += 1;
            tables.namespace_labels.1.push(&times, &[name, &namespace_labels(name, index, namespace.relabelled)], &[]);
        }
    }
}

fn node_labels(name: &str, role: &str, relabelled: usize) -> Arc<str> {
    let tier = relabelled % 5;
    let names = format!(r#""kubernetes_io_arch": "amd64", "kubernetes_io_hostname": "{name}", "node_role_kubernetes_io": "{role}""#);
    format!(r#"{{{names}, "topology_kubernetes_io_zone": "eu-central-1a", "tier": "tier-{tier}", "generation": "{relabelled}"}}"#).into()
}

fn namespace_labels(name: &str, index: usize, relabelled: usize) -> Arc<str> {
    let (cost_center, environment, team) = (1000 + index % 40, index % 3, index % 60);
    let names = format!(r#""kubernetes_io_metadata_name": "{name}", "cost_center": "{cost_center}", "team": "team-{team}""#);
    format!(r#"{{{names}, "environment": "environment-{environment}", "generation": "{relabelled}"}}"#).into()
}

/// The `reference.json` of the tenant: koku's default cost category, and every node with its role.
fn reference(cluster: &Cluster) -> Result<String> {
    let patterns = ["openshift-%", "kube-%", "openshift", "Platform unallocated"];
    let categories: Vec<_> = patterns.iter().map(|pattern| serde_json::json!({"namespace": pattern, "cost_category_id": 1})).collect();
    let node = |node: &Node| serde_json::json!({"node": node.name, "resource_id": node.resource_id, "node_role": node.role});
    let nodes: Vec<_> = cluster.nodes.iter().map(node).collect();
    Ok(serde_json::to_string_pretty(&serde_json::json!({"enabled_keys": ENABLED_KEYS, "cost_categories": categories, "nodes": nodes}))?)
}
