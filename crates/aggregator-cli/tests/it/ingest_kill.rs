//! SIGKILL at many points of an ingest, into a directory and into a bucket: a reader finds each month old or new and nothing else, and
//! the next run puts everything right. And at many points of `run`: the same command again gives the same summary.
//!
//! Into a bucket the points are exact: the binary talks to it through a gate that lets a number of changes through. Into a directory
//! a run is killed when something was seen to change, or after a while.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aggregator_core::ingest::ReportType;
use aggregator_core::run::Window;
use aggregator_io::config::{Secret, StoreConfig};
use aggregator_io::execute::Engine;
use aggregator_io::source::line_items::{LineItemFiles, Partition};
use aggregator_io::store::Store;
use chrono::NaiveDate;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::kill::row_text;
use crate::program::{Answer, aggregator, block_on, contents, data_files, files, managed_table, read, run};
use crate::s3::{ACCESS_KEY, BUCKET, S3Server, SECRET};

// The S3 server of the tests makes file names of keys, so they are short.
const SCHEMA: &str = "org1";
const SOURCE: &str = "9f0a1b2c-3d4e-4f50-8a6b-7c8d9e0f1a2b";
const CLUSTER: &str = "my-cluster";

/// Days of two months: each month is exchanged in one step of its own.
const DAYS: [&str; 4] = ["2026-03-30", "2026-03-31", "2026-04-01", "2026-04-02"];

/// The reports of the payloads.
const REPORTS: [ReportType; 2] = [ReportType::PodUsage, ReportType::NodeLabels];

const POD_COLUMNS: &str = "report_period_start,report_period_end,interval_start,interval_end,pod,namespace,node,resource_id,\
    pod_usage_cpu_core_seconds,pod_request_cpu_core_seconds,pod_limit_cpu_core_seconds,pod_usage_memory_byte_seconds,\
    pod_request_memory_byte_seconds,pod_limit_memory_byte_seconds,node_capacity_cpu_cores,node_capacity_cpu_core_seconds,\
    node_capacity_memory_bytes,node_capacity_memory_byte_seconds,node_role,pod_labels";
const NODE_COLUMNS: &str = "report_period_start,report_period_end,interval_start,interval_end,node,node_labels";

/// The first four columns of an hour.
fn times(day: &str, hour: u32) -> String {
    let zone = "+0000 UTC";
    let period = if day < "2026-04" { ["2026-03-01", "2026-04-01"] } else { ["2026-04-01", "2026-05-01"] };
    let [from, to] = period.map(|day| format!("{day} 00:00:00 {zone}"));
    format!("{from},{to},{day} {hour:02}:00:00 {zone},{day} {hour:02}:59:59 {zone}")
}

/// A payload of the first hours of some days, all on one node: a folder with a manifest that leaves it to the rows how many hours
/// they are.
fn payload(folder: &Path, node: &str, days: &[&str], hours: u32) -> PathBuf {
    let (mut pods, mut labels) = (format!("{POD_COLUMNS}\n"), format!("{NODE_COLUMNS}\n"));
    for (day, hour) in days.iter().flat_map(|day| (0..hours).map(move |hour| (day, hour))) {
        let times = times(day, hour);
        let _ = writeln!(labels, "{times},{node},label_zone:north");
        for pod in ["web", "job"] {
            let measures = "1800,3600,7200,3865470566400,1932735283200,7730941132800,4,14400,17179869184,61847529062400";
            let _ = writeln!(pods, "{times},{pod}-{node},shop,{node},i-1,{measures},worker,label_app:{pod}");
        }
    }
    let path = folder.join(node);
    std::fs::create_dir(&path).expect("a new folder");
    let uuid = uuid::Builder::from_random_bytes([node.len() as u8; 16]).into_uuid();
    let manifest = json!({
        "uuid": uuid.to_string(), "cluster_id": CLUSTER, "version": "4.4.1", "date": "2026-04-05T00:05:00Z",
        "files": ["pod.csv", "node.csv"], "daily_reports": true,
    });
    for (file, text) in [("pod.csv", pods), ("node.csv", labels), ("manifest.json", manifest.to_string())] {
        std::fs::write(path.join(file), text).expect("a new file");
    }
    path
}

/// A store in a directory or a bucket, a payload that lies there, and one that replaces it.
struct Place {
    folder: tempfile::TempDir,
    server: Option<S3Server>,
    old: PathBuf,
    new: PathBuf,
}

impl Place {
    /// Payloads of `days`.
    fn new(server: Option<S3Server>, days: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["bucket", "tmp"] {
            std::fs::create_dir(folder.path().join(name)).expect("a new folder");
        }
        let old = payload(folder.path(), "old", days, 2);
        let new = payload(folder.path(), "newer", days, 3);
        Self { folder, server, old, new }
    }

    /// The directory that holds the store's objects.
    fn root(&self) -> PathBuf {
        self.server.as_ref().map_or_else(|| self.folder.path().join("bucket"), S3Server::bucket)
    }

    /// Everything that the store keeps, also what the server knows of its objects.
    fn everything(&self) -> PathBuf {
        if self.server.is_some() { self.root().parent().expect("the server's folder").to_owned() } else { self.root() }
    }

    fn url(&self) -> String {
        self.server.as_ref().map_or_else(|| self.root().display().to_string(), |_| format!("s3://{BUCKET}"))
    }

    /// The store as a reader of the library opens it.
    fn store(&self) -> Store {
        let config = StoreConfig {
            url: self.url(),
            endpoint: self.server.as_ref().map(S3Server::endpoint),
            access_key_id: Some(Secret::new(ACCESS_KEY)),
            secret_access_key: Some(Secret::new(SECRET)),
            ..StoreConfig::default()
        };
        Store::open(&config).expect("settings that fit")
    }

    /// `aggregator ocp …` on the store.
    fn command(&self, name: &str, more: &[&str]) -> Command {
        let mut command = aggregator(["ocp", name, "--store", &self.url(), "--schema", SCHEMA, "--source", SOURCE]);
        command.args(more).env("TMPDIR", self.folder.path().join("tmp")).env("AGGREGATOR_FORMAT", "json");
        if let Some(server) = &self.server {
            command.env("S3_ENDPOINT", server.endpoint()).env("S3_ACCESS_KEY", ACCESS_KEY).env("S3_SECRET", SECRET);
        }
        command
    }

    fn ingest(&self, payload: &Path) -> Command {
        self.command("ingest", &[payload.to_str().expect("a name in UTF-8")])
    }

    fn summary_of(&self, payload: &Path) -> Command {
        self.command("run", &[payload.to_str().expect("a name in UTF-8"), "--cluster-id", CLUSTER])
    }

    /// What a reader finds.
    fn months(&self) -> Vec<Month> {
        let store = self.store();
        block_on(async {
            let mut months = Vec::new();
            for window in windows() {
                let mut month = Month::new();
                for table in REPORTS.into_iter().flat_map(|report| [report.hourly(), report.daily()]) {
                    let spool = tempfile::tempdir().expect("a temporary folder");
                    let source = SOURCE.parse().expect("a UUID");
                    let partition = Partition { store: &store, schema: SCHEMA, source, window: &window };
                    let files = LineItemFiles::open(&partition, table, spool.path(), Engine::Auto).await.expect("line items");
                    if files.is_absent() {
                        continue;
                    }
                    let rows = files.read(&window, Engine::Auto).await.expect("rows");
                    let mut texts: Vec<_> = (0..rows.height()).map(|row| row_text(&rows, row)).collect();
                    texts.sort();
                    month.insert(table.name, texts);
                }
                months.push(month);
            }
            months
        })
    }

    /// The journals, by month.
    fn journals(&self) -> BTreeMap<PathBuf, Value> {
        let folder = self.root().join(format!("data/parquet/{SCHEMA}/OCP/_aggregator"));
        let is_journal = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "json") && !is_unfinished(file);
        let journals = files(&folder).into_iter().filter(is_journal);
        journals.filter_map(|file| Some((file.clone(), serde_json::from_slice(&std::fs::read(folder.join(file)).ok()?).ok()?))).collect()
    }

    /// The objects that a run which died was writing, or was about to delete.
    fn unsettled(&self, what: &str) -> usize {
        self.journals().values().map(|journal| journal[what].as_array().expect("a list").len()).sum()
    }

    /// Whether an object of the lock is there, which belongs to a run that died.
    fn lock_object(&self) -> Option<PathBuf> {
        let locks = files(&self.root()).into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "lock"));
        locks.map(|file| self.root().join(file)).next().filter(|_| self.server.is_some())
    }

    /// Two minutes after a run died, its lock object counts as nobody's. Nobody waits for that in a test: the object is made older,
    /// which the next run finds just as if it had waited.
    fn let_lock_go_stale(&self) -> bool {
        let Some(lock) = self.lock_object() else { return false };
        let mut holder: Value = serde_json::from_slice(&std::fs::read(&lock).expect("an object")).expect("JSON");
        assert!(holder["renewed"].is_string(), "{holder}");
        holder["renewed"] = "2026-01-01T00:00:00Z".into();
        std::fs::write(lock, holder.to_string()).expect("an object");
        true
    }

    /// Nothing is there that no run needs any more.
    #[track_caller]
    fn assert_clean(&self) {
        assert_eq!((self.unsettled("pending"), self.unsettled("superseded")), (0, 0));
        assert_eq!(self.lock_object(), None);
        let mut expected = BTreeSet::new();
        for journal in self.journals().values() {
            let entries = journal["entries"].as_object().expect("entries").values();
            let objects = entries.flat_map(|entry| entry["files"].as_object().expect("files").values());
            expected.extend(objects.flat_map(|objects| objects.as_array().expect("a list")).map(|object| PathBuf::from(object.as_str().expect("a path"))));
        }
        // The journals themselves, and the lock files of a directory, which stay.
        let is_line_item = |file: &PathBuf| is_unfinished(file) || !file.iter().any(|part| part == "_aggregator");
        let found: BTreeSet<_> = files(&self.root()).into_iter().filter(|file| file.starts_with("data/parquet")).filter(is_line_item).collect();
        assert_eq!(found, expected);
    }
}

/// A file that was being written beside its place.
fn is_unfinished(file: &Path) -> bool {
    file.iter().any(|part| part.to_string_lossy().starts_with(".aggregator-"))
}

fn windows() -> Vec<Window> {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    Window::by_month(day("2026-03-01"), day("2026-04-30")).expect("two months")
}

/// The rows of the tables of a month, as text.
type Month = BTreeMap<&'static str, Vec<String>>;

/// What is there before and after a run, month by month.
struct Two {
    old: Vec<Month>,
    new: Vec<Month>,
}

impl Two {
    /// How many months are old and how many new; anything else fails.
    #[track_caller]
    fn check(&self, seen: &[Month]) -> (u32, u32) {
        let mut count = (0, 0);
        for (number, month) in seen.iter().enumerate() {
            if *month == self.new[number] {
                count.1 += 1;
            } else if *month == self.old[number] {
                count.0 += 1;
            } else {
                panic!("month {number} is neither old nor new: {month:#?}");
            }
        }
        count
    }
}

/// Files of a folder, to have them back.
struct Snapshot {
    folder: PathBuf,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Snapshot {
    fn of(folder: PathBuf) -> Self {
        Self { files: contents(&folder).into_iter().collect(), folder }
    }

    fn restore(&self) {
        for file in files(&self.folder).into_iter().filter(|file| !self.files.contains_key(file)) {
            std::fs::remove_file(self.folder.join(file)).expect("a file of ours");
        }
        for (file, content) in &self.files {
            let path = self.folder.join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
            std::fs::write(path, content).expect("a new file");
        }
    }
}

fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary was built")
}

fn has_ended(child: &mut Child) -> bool {
    child.try_wait().expect("a child of ours").is_some()
}

/// Kills; true if the run had not ended by itself.
fn kill(mut child: Child) -> bool {
    let ended = has_ended(&mut child);
    child.kill().expect("a child of ours");
    child.wait().expect("a child of ours");
    !ended
}

/// Kills a run once `now` is true; true if it had not ended by itself.
fn kill_when(command: &mut Command, now: impl Fn() -> bool) -> bool {
    let mut child = start(command);
    while !now() && !has_ended(&mut child) {
        std::hint::spin_loop();
    }
    kill(child)
}

/// Line items that are there: each month's files, by the payload that their entry or name belongs to.
fn line_items(place: &Place) -> BTreeSet<PathBuf> {
    data_files(&place.root().join("data/parquet")).into_iter().collect()
}

/// Names what the nodes of March are called for `aggregator ocp nodes`.
fn nodes_of_march(place: &Place) -> Vec<String> {
    let answer = run(&mut place.command("nodes", &["--start", "2026-03-30", "--end", "2026-03-31", "--cluster-id", CLUSTER])).done().json();
    answer.as_array().expect("a list").iter().map(|node| node["node"].as_str().expect("a name").to_owned()).collect()
}

// Into a directory.

#[test]
fn a_killed_ingest_into_a_directory_leaves_each_month_old_or_new_and_the_next_run_is_right() {
    let place = Place::new(None, &DAYS);
    run(&mut place.ingest(&place.old)).done();
    let (snapshot, old, before) = (Snapshot::of(place.everything()), place.months(), line_items(&place));
    let begin = Instant::now();
    run(&mut place.ingest(&place.new)).done();
    let duration = begin.elapsed();
    let two = Two { new: place.months(), old };
    let after = line_items(&place);
    // Two days and two reports a month, hourly and daily, of which nothing stays.
    assert_eq!((before.len(), after.len(), before.intersection(&after).count()), (16, 16, 0));
    assert_eq!((two.check(&two.old), two.check(&two.new)), ((2, 0), (0, 2)));

    let there = |files: &BTreeSet<PathBuf>| files.iter().filter(|file| place.root().join("data/parquet").join(file).exists()).count();
    let is = |month: &str, what: &str| {
        let journal = place.journals().into_iter().find(|(path, _)| path.to_string_lossy().contains(month));
        journal.is_some_and(|(_, journal)| journal[what].as_array().is_some_and(|files| !files.is_empty()))
    };
    let mut points: Vec<Box<dyn Fn() -> bool + '_>> = Vec::new();
    for step in 0..6 {
        let begin = Instant::now();
        // From the start of the run, not of the loop: the first call of the closure is when the run begins.
        let started = std::cell::OnceCell::new();
        let wait = duration * step / 6;
        points.push(Box::new(move || started.get_or_init(|| begin.elapsed()).saturating_add(wait) <= begin.elapsed()));
    }
    for month in ["month=03", "month=04"] {
        points.push(Box::new(move || is(month, "pending")));
        points.push(Box::new(move || is(month, "superseded")));
    }
    for count in [1, 3, 6, 9, 12, 15] {
        points.push(Box::new(|| there(&after) >= 1));
        points.pop();
        points.push(Box::new({
            let (there, after) = (&there, &after);
            move || there(after) >= count
        }));
    }
    for count in [15, 12, 8, 5, 1] {
        points.push(Box::new({
            let (there, before) = (&there, &before);
            move || there(before) <= count
        }));
    }

    let mut seen = Seen::default();
    for point in &points {
        snapshot.restore();
        let killed = kill_when(&mut place.ingest(&place.new), point);
        seen.look(&place, &two, killed);
        if seen.in_the_middle() <= 3 {
            let expected = if place.months()[0] == two.new[0] { "newer" } else { "old" };
            assert_eq!(nodes_of_march(&place), [expected]);
        }
        run(&mut place.ingest(&place.new)).done();
        assert!(place.months() == two.new);
        place.assert_clean();
    }
    // A sweep that hits nothing proves nothing.
    assert!(seen.killed >= 10 && seen.pending >= 2 && seen.superseded >= 1 && seen.mixed >= 1, "{seen:?}");
}

/// In which states runs were killed.
#[derive(Debug, Default)]
struct Seen {
    killed: u32,
    pending: u32,
    superseded: u32,
    mixed: u32,
    locks: u32,
}

impl Seen {
    #[track_caller]
    fn look(&mut self, place: &Place, two: &Two, killed: bool) {
        self.killed += u32::from(killed);
        self.pending += u32::from(place.unsettled("pending") > 0);
        self.superseded += u32::from(place.unsettled("superseded") > 0);
        let (old, new) = two.check(&place.months());
        self.mixed += u32::from(old > 0 && new > 0);
        self.locks += u32::from(place.lock_object().is_some());
    }

    fn in_the_middle(&self) -> u32 {
        self.pending + self.superseded
    }
}
