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

/// Their months, as the journals call them.
const MONTHS: [&str; 2] = ["month=03", "month=04"];

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
fn payload(folder: &Path, number: u8, node: &str, days: &[&str], hours: u32) -> PathBuf {
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
    let uuid = uuid::Builder::from_random_bytes([number; 16]).into_uuid();
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
    /// The store as a reader of the library sees it.
    store: Store,
}

impl Place {
    /// Payloads of `days`.
    fn new(server: Option<S3Server>, days: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["bucket", "tmp"] {
            std::fs::create_dir(folder.path().join(name)).expect("a new folder");
        }
        let old = payload(folder.path(), 1, "old", days, 2);
        let new = payload(folder.path(), 2, "new", days, 3);
        let config = StoreConfig {
            url: server.as_ref().map_or_else(|| folder.path().join("bucket").display().to_string(), |_| format!("s3://{BUCKET}")),
            endpoint: server.as_ref().map(S3Server::endpoint),
            access_key_id: Some(Secret::new(ACCESS_KEY)),
            secret_access_key: Some(Secret::new(SECRET)),
            ..StoreConfig::default()
        };
        let store = Store::open(&config).expect("settings that fit");
        Self { folder, server, old, new, store }
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
        block_on(async {
            let mut months = Vec::new();
            for window in windows() {
                let mut month = Month::new();
                for table in REPORTS.into_iter().flat_map(|report| [report.hourly(), report.daily()]) {
                    let spool = tempfile::tempdir().expect("a temporary folder");
                    let source = SOURCE.parse().expect("a UUID");
                    let partition = Partition {
                        store: &self.store,
                        schema: SCHEMA,
                        source,
                        month: aggregator_io::source::path::Month::of(window.start()),
                    };
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
    fn journals(&self) -> BTreeMap<&'static str, Value> {
        let journal = |month| {
            let path = format!("data/parquet/{SCHEMA}/OCP/_aggregator/source={SOURCE}/year=2026/{month}.json");
            let content = std::fs::read(self.root().join(path)).ok()?;
            Some((month, serde_json::from_slice(&content).expect("a journal is written whole")))
        };
        MONTHS.into_iter().filter_map(journal).collect()
    }

    /// How many objects a run was writing (`pending`) or was about to delete (`superseded`).
    fn unsettled(&self, what: &str) -> usize {
        MONTHS.into_iter().map(|month| self.unsettled_in(month, what)).sum()
    }

    fn unsettled_in(&self, month: &str, what: &str) -> usize {
        self.journals().get(month).map_or(0, |journal| journal[what].as_array().expect("a list").len())
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
            expected.extend(
                objects
                    .flat_map(|objects| objects.as_array().expect("a list"))
                    .map(|object| PathBuf::from(object.as_str().expect("a path"))),
            );
        }
        // The journals stay, and so do the lock files of a directory.
        let is_line_item = |file: &PathBuf| !is_journal(file);
        let found: BTreeSet<_> =
            files(&self.root()).into_iter().filter(|file| file.starts_with("data/parquet")).filter(is_line_item).collect();
        assert_eq!(found, expected);
    }
}

/// A journal, or the file that locks it.
fn is_journal(file: &Path) -> bool {
    let is_hidden = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    file.iter().any(|part| part == "_aggregator") && !is_hidden
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

/// Kills a run once `now` is true of the time that it has had; true if it had not ended by itself.
fn kill_when(command: &mut Command, now: impl Fn(Duration) -> bool) -> bool {
    let (mut child, begin) = (start(command), Instant::now());
    while !now(begin.elapsed()) && !has_ended(&mut child) {
        std::hint::spin_loop();
    }
    kill(child)
}

/// In which states runs were killed.
#[derive(Debug, Default)]
struct Seen {
    killed: u32,
    /// New files were on their way.
    pending: u32,
    /// Old files were to be deleted.
    superseded: u32,
    /// One month was old and the other new.
    mixed: u32,
    /// A lock object was left.
    locks: u32,
}

impl Seen {
    /// Looks at what a killed run left.
    #[track_caller]
    fn look(&mut self, place: &Place, two: &Two, killed: bool) {
        self.killed += u32::from(killed);
        self.pending += u32::from(place.unsettled("pending") > 0);
        self.superseded += u32::from(place.unsettled("superseded") > 0);
        self.locks += u32::from(place.lock_object().is_some());
        let (old, new) = two.check(&place.months());
        self.mixed += u32::from(old > 0 && new > 0);
    }
}

// Into a directory.

/// When a run is killed.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// After this part of the time that a run takes.
    Part(f64),
    /// When the journal of a month first lists files.
    Journal(&'static str, &'static str),
    /// When so many new files are there.
    Come(usize),
    /// When so many old files are gone.
    Gone(usize),
}

#[test]
fn a_killed_ingest_into_a_directory_leaves_each_month_old_or_new_and_the_next_run_is_right() {
    let place = Place::new(None, &DAYS);
    let line_items = || data_files(&place.root().join("data/parquet")).into_iter().collect::<BTreeSet<_>>();
    run(&mut place.ingest(&place.old)).done();
    let (snapshot, before, old) = (Snapshot::of(place.everything()), line_items(), place.months());
    let begin = Instant::now();
    run(&mut place.ingest(&place.new)).done();
    let duration = begin.elapsed();
    let (after, two) = (line_items(), Two { new: place.months(), old });
    // Two days and two reports a month, hourly and daily; no file of one payload is one of the other.
    assert_eq!((before.len(), after.len(), before.intersection(&after).count()), (16, 16, 0));
    assert_eq!((two.check(&two.old), two.check(&two.new)), ((2, 0), (0, 2)));

    let there = |files: &BTreeSet<PathBuf>| files.iter().filter(|file| place.root().join("data/parquet").join(file).exists()).count();
    let is_reached = |point: Point, passed: Duration| match point {
        Point::Part(part) => passed >= duration.mul_f64(part),
        Point::Journal(month, what) => place.unsettled_in(month, what) > 0,
        Point::Come(count) => there(&after) >= count,
        Point::Gone(count) => 16 - there(&before) >= count,
    };
    let points = [0.0, 0.2, 0.4, 0.6, 0.8].map(Point::Part).into_iter();
    let journals = MONTHS.map(|month| ["pending", "superseded"].map(|what| Point::Journal(month, what)));
    let points =
        points.chain(journals.into_iter().flatten()).chain([1, 3, 6, 9, 12, 15].map(Point::Come)).chain([1, 4, 7, 9, 12].map(Point::Gone));

    let mut seen = Seen::default();
    for point in points {
        snapshot.restore();
        let killed = kill_when(&mut place.ingest(&place.new), |passed| is_reached(point, passed));
        seen.look(&place, &two, killed);
        if matches!(point, Point::Journal("month=03", _)) {
            let expected = if place.months()[0] == two.new[0] { "new" } else { "old" };
            assert_eq!(nodes_of_march(&place), [expected]);
        }
        run(&mut place.ingest(&place.new)).done();
        assert!(place.months() == two.new, "{point:?}");
        place.assert_clean();
    }
    // A sweep that hits nothing proves nothing. Old files are deleted within a few milliseconds, which a busy machine may miss; the
    // kills of the bucket do not.
    assert!(seen.killed >= 10 && seen.pending + seen.superseded >= 3 && seen.mixed >= 1, "{seen:?}");
}

/// The nodes that a command of the binary finds in March.
fn nodes_of_march(place: &Place) -> Vec<String> {
    let answer = run(&mut place.command("nodes", &["--start", "2026-03-30", "--end", "2026-03-31", "--cluster-id", CLUSTER])).done().json();
    answer.as_array().expect("a list").iter().map(|node| node["node"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn what_a_killed_ingest_was_writing_is_hidden_from_readers_and_cleaned_by_the_next() {
    let place = Place::new(None, &DAYS[..1]);
    run(&mut place.ingest(&place.old)).done();
    let before = place.months();
    // A file is written beside its place, and then renamed; so is the journal.
    let unfinished = [
        format!("OCP/pod_usage/source={SOURCE}/year=2026/month=03/.aggregator-pod_usage.2026-03-30.1.0_0.parquet-XyZ123"),
        format!("OCP/_aggregator/source={SOURCE}/year=2026/.aggregator-month=03.json-XyZ123"),
    ];
    for file in unfinished {
        let file = place.root().join(format!("data/parquet/{SCHEMA}/{file}"));
        assert!(file.parent().is_some_and(Path::is_dir), "{}", file.display());
        std::fs::write(file, "PAR1").expect("a new file");
    }
    assert!(place.months() == before);
    run(&mut place.ingest(&place.new)).done();
    assert!(place.months() != before);
    place.assert_clean();
}

// Into a bucket.

/// What stands between the binary and the S3 server: it lets a number of changes through, each with its answer, and holds the others.
struct Gate {
    address: SocketAddr,
    count: Arc<Count>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Count {
    /// Changes that may still go through.
    left: AtomicU32,
    /// Changes that went through.
    through: AtomicU32,
    /// Requests without an answer, but for the held ones.
    under_way: AtomicU32,
    /// Whether a change is held.
    holds: AtomicBool,
}

impl Gate {
    fn new(server: &S3Server, changes: u32) -> Self {
        let server: SocketAddr = server.endpoint().trim_start_matches("http://").parse().expect("an address");
        let new = |count| AtomicU32::new(count);
        let count = Arc::new(Count { left: new(changes), through: new(0), under_way: new(0), holds: AtomicBool::new(false) });
        let (address, task) = block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            (listener.local_addr().expect("a bound socket"), tokio::spawn(serve(listener, server, Arc::clone(&count))))
        });
        Self { address, count, task }
    }

    fn through(&self) -> u32 {
        self.count.through.load(Ordering::SeqCst)
    }

    /// Whether a change is held and everything else is answered; it takes a moment to look, which leaves the processor to the others.
    fn is_shut(&self) -> bool {
        std::thread::sleep(Duration::from_millis(1));
        self.count.holds.load(Ordering::SeqCst) && self.count.under_way.load(Ordering::SeqCst) == 0
    }

    /// The command with the gate in front of its bucket.
    fn before(&self, mut command: Command) -> Command {
        command.env("S3_ENDPOINT", format!("http://{}", self.address));
        command
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, server: SocketAddr, count: Arc<Count>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let server = TcpStream::connect(server).await.expect("the server runs");
        for socket in [&client, &server] {
            socket.set_nodelay(true).expect("a socket of ours");
        }
        connections.spawn(relay(client, server, Arc::clone(&count)));
    }
}

/// Passes bytes on. A client sends a request once it has the answer to the one before, so each begins with what is read at a time.
async fn relay(mut client: TcpStream, mut server: TcpStream, count: Arc<Count>) {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let requests = async {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            let is_one_of = |methods: &[&str]| methods.iter().any(|method| buffer.starts_with(method.as_bytes()));
            let is_change = is_one_of(&["PUT /", "POST /", "DELETE /"]);
            if is_change || is_one_of(&["GET /", "HEAD /"]) {
                count.under_way.fetch_add(1, Ordering::SeqCst);
            }
            if is_change {
                if count.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
                    count.holds.store(true, Ordering::SeqCst);
                    count.under_way.fetch_sub(1, Ordering::SeqCst);
                    std::future::pending::<()>().await;
                }
                count.through.fetch_add(1, Ordering::SeqCst);
            }
            if to_server.write_all(&buffer[..read]).await.is_err() {
                break;
            }
        }
    };
    let answers = async {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            if to_client.write_all(&buffer[..read]).await.is_err() {
                break;
            }
            if buffer.starts_with(b"HTTP/1.1 ") {
                count.under_way.fetch_sub(1, Ordering::SeqCst);
            }
        }
    };
    tokio::select! { () = requests => {}, () = answers => {} }
}

/// What lies in the store before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    FewerHours,
}

/// Kills runs of `days` after those of their changes to the bucket that `is_swept`; how many changes a whole run makes.
fn sweep_bucket(before: Before, days: &[&str], is_swept: impl Fn(u32) -> bool) -> (u32, Seen) {
    let place = Place::new(Some(S3Server::start()), days);
    let server = place.server.as_ref().expect("a server");
    if before == Before::FewerHours {
        run(&mut place.ingest(&place.old)).done();
    }
    let (snapshot, old) = (Snapshot::of(place.everything()), place.months());
    let open = Gate::new(server, u32::MAX);
    run(&mut open.before(place.ingest(&place.new))).done();
    let (changes, two) = (open.through(), Two { new: place.months(), old });
    place.assert_clean();
    let mut seen = Seen::default();
    for change in (0..changes).filter(|change| is_swept(*change)) {
        snapshot.restore();
        let gate = Gate::new(server, change);
        let killed = kill_when(&mut gate.before(place.ingest(&place.new)), |_| gate.is_shut());
        assert_eq!((killed, gate.through()), (true, change));
        seen.look(&place, &two, killed);
        place.let_lock_go_stale();
        run(&mut place.ingest(&place.new)).done();
        assert!(place.months() == two.new, "after change {change}");
        place.assert_clean();
    }
    (changes, seen)
}

#[test]
fn an_ingest_into_a_bucket_that_is_killed_after_any_change_leaves_the_month_old_or_new_and_the_next_run_is_right() {
    // Lock, journal, four new files, journal, four old files, journal, lock. The first kill is before all of them.
    let (changes, seen) = sweep_bucket(Before::FewerHours, &DAYS[1..2], |_| true);
    assert_eq!((changes, seen.killed, seen.locks, seen.pending, seen.superseded), (13, 13, 12, 5, 5), "{seen:?}");
}

#[test]
fn a_first_ingest_into_a_bucket_that_is_killed_after_any_change_leaves_nothing_or_all() {
    // The same without old files.
    let (changes, seen) = sweep_bucket(Before::Nothing, &DAYS[1..2], |_| true);
    assert_eq!((changes, seen.killed, seen.locks, seen.pending, seen.superseded), (8, 8, 7, 5, 0), "{seen:?}");
}

#[test]
fn an_ingest_of_two_months_into_a_bucket_that_is_killed_between_them_leaves_each_old_or_new() {
    // After the files of the first month, between the two, among the files of the second, and when these are exchanged.
    let (changes, seen) = sweep_bucket(Before::FewerHours, &DAYS[1..3], |change| [7, 13, 17, 20].contains(&change));
    assert_eq!((changes, seen.killed, seen.locks, seen.pending, seen.superseded, seen.mixed), (26, 4, 3, 1, 2, 3), "{seen:?}");
}

#[test]
fn an_ingest_waits_for_the_lock_of_a_killed_one_until_it_is_stale() {
    let place = Place::new(Some(S3Server::start()), &DAYS[..1]);
    run(&mut place.ingest(&place.old)).done();
    let old = place.months();
    let gate = Gate::new(place.server.as_ref().expect("a server"), 3);
    assert!(kill_when(&mut gate.before(place.ingest(&place.new)), |_| gate.is_shut()));
    let left = contents(&place.root());
    let mut next = place.ingest(&place.new);
    let next = next.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary was built");
    std::thread::sleep(Duration::from_secs(2));
    assert!(contents(&place.root()) == left && place.months() == old);
    assert!(place.let_lock_go_stale());
    Answer::from(next.wait_with_output().expect("a child of ours")).done();
    assert!(place.months() != old);
    place.assert_clean();
}

// The whole path.

/// The rows of the summary below `root`, as text, by file.
pub(crate) fn summary(root: &Path, schema: &str) -> BTreeMap<PathBuf, Vec<String>> {
    let table = managed_table(root, schema);
    let rows = |file: PathBuf| {
        let frame = read(&table.join(&file));
        let mut rows: Vec<_> = (0..frame.height()).map(|row| row_text(&frame, row)).collect();
        rows.sort();
        (file, rows)
    };
    data_files(&table).into_iter().map(rows).collect()
}

#[test]
fn a_run_that_is_killed_anywhere_gives_the_same_summary_once_it_is_repeated() {
    let place = Place::new(None, &DAYS);
    run(&mut place.summary_of(&place.old)).done();
    let (snapshot, old, old_summary) = (Snapshot::of(place.everything()), place.months(), summary(&place.root(), SCHEMA));
    let begin = Instant::now();
    run(&mut place.summary_of(&place.new)).done();
    let duration = begin.elapsed();
    let (two, new_summary) = (Two { new: place.months(), old }, summary(&place.root(), SCHEMA));
    assert!(old_summary.len() == 4 && new_summary.keys().eq(old_summary.keys()));
    assert!(old_summary.iter().all(|(day, rows)| new_summary[day] != *rows));

    let is_ingested = || {
        let entries: Vec<_> =
            place.journals().into_values().filter_map(|journal| journal["entries"].as_object().cloned()).flatten().collect();
        place.unsettled("superseded") == 0 && entries.len() == 8 && entries.iter().all(|(_, entry)| entry["hours"] == 3)
    };
    let (mut between, mut partly) = (0, 0);
    for step in 0..10 {
        snapshot.restore();
        kill_when(&mut place.summary_of(&place.new), |passed| match step {
            0..6 => passed >= duration * step / 6,
            6..8 => is_ingested(),
            _ => summary(&place.root(), SCHEMA) != old_summary,
        });
        let (_, new) = two.check(&place.months());
        let seen = summary(&place.root(), SCHEMA);
        assert!(seen.iter().all(|(day, rows)| *rows == old_summary[day] || *rows == new_summary[day]) && seen.len() == 4);
        between += u32::from(new == 2 && seen == old_summary);
        partly += u32::from(seen != old_summary && seen != new_summary);
        assert!(step < 6 || new == 2);

        run(&mut place.summary_of(&place.new)).done();
        assert!(summary(&place.root(), SCHEMA) == new_summary && place.months() == two.new, "step {step}");
        place.assert_clean();
    }
    assert!(between >= 2 && partly >= 1, "{between} between ingest and summary, {partly} in the summary");
}
