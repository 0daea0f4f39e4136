//! SIGKILL at many points of a run: old or new and nothing else, and the next run puts everything right.
//!
//! The points that count are exact: a run is held there by a lock of the database or a pipe, and killed. Others are a matter of time.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::cluster::{Layout, TestDatabase};
use crate::program::{TABLE, block_on, contents, data_files, files, managed_table, read, run};
use crate::tenant;
use crate::tiny::{SCHEMA, Tiny, day, write};

/// Days of a run, so that writing takes a while.
const DAYS: u32 = 20;

/// How many runs are killed after a delay, swept over the duration of a run.
const SWEPT: u32 = 5;

/// Days before which a run into a directory is stopped and killed.
const STOPS: [u32; 5] = [2, 5, 10, 15, DAYS];

/// How long a run may take to come where a test waits for it, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// The rows of a day as text, ordered.
pub(crate) type Day = Vec<String>;

/// The rows that a reader sees in the folder of each day; an empty day has none.
pub(crate) fn days(root: &Path, days: u32) -> BTreeMap<u32, Day> {
    (1..=days).map(|number| (number, day_rows(&Tiny::day(root, number)))).collect()
}

fn day_rows(folder: &Path) -> Day {
    let mut rows: Day = data_files(folder).iter().flat_map(|file| rows_of(&folder.join(file))).collect();
    rows.sort();
    rows
}

fn rows_of(file: &Path) -> Vec<String> {
    let frame = read(file);
    (0..frame.height()).map(|row| row_text(&frame, row)).collect()
}

/// All cells of a row.
pub(crate) fn row_text(frame: &polars::prelude::DataFrame, row: usize) -> String {
    frame.columns().iter().map(|column| column.get(row).expect("a row of the frame").to_string()).collect::<Vec<_>>().join(" ")
}

/// What each of two references gives; they differ in every day.
pub(crate) struct Two {
    pub(crate) old: BTreeMap<u32, Day>,
    pub(crate) new: BTreeMap<u32, Day>,
}

impl Two {
    /// Runs both with `more` arguments, and leaves the first.
    pub(crate) fn new(tiny: &Tiny, count: u32, more: &[&str]) -> Self {
        run(&mut tiny.to_directory("other.json", more)).done();
        let new = days(&tiny.output(), count);
        run(&mut tiny.to_directory("reference.json", more)).done();
        let old = days(&tiny.output(), count);
        assert!(
            old.iter().all(|(day, rows)| rows.len() >= 3 && new.get(day).is_some_and(|other| other.len() == rows.len() && other != rows))
        );
        Self { old, new }
    }

    /// How many days are old and how many new; anything else fails.
    #[track_caller]
    fn check(&self, seen: &BTreeMap<u32, Day>) -> (usize, usize) {
        let mut count = (0, 0);
        for (day, rows) in seen {
            if Some(rows) == self.old.get(day) {
                count.0 += 1;
            } else if Some(rows) == self.new.get(day) {
                count.1 += 1;
            } else {
                panic!("day {day} is neither old nor new: {rows:#?}");
            }
        }
        count
    }
}

/// Replaces the folder of every day by one of two files, as Trino writes them.
pub(crate) fn as_trino_wrote(tiny: &Tiny, days: u32) {
    for number in 1..=days {
        let folder = Tiny::day(&tiny.output(), number);
        let files: Vec<PathBuf> = data_files(&folder).iter().map(|file| folder.join(file)).collect();
        let [file] = files.as_slice() else { panic!("{files:?}") };
        let frame = read(file);
        write(&frame.head(Some(1)), &folder.join("20260301_021500_00042_abcde_0f9d"));
        write(&frame.tail(Some(frame.height() - 1)), &folder.join("20260301_021500_00042_abcde_77aa"));
        std::fs::remove_file(file).expect("a file of ours");
    }
}

fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary was built")
}

/// Kills; true if the run had not ended by itself.
fn kill(mut child: Child) -> bool {
    let ended = child.try_wait().expect("a child of ours").is_some();
    child.kill().expect("a child of ours");
    child.wait().expect("a child of ours");
    !ended
}

/// Waits until something is so, which a run brings about.
fn wait_until(child: &mut Child, what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(child.try_wait().expect("a child of ours").is_none(), "the run ended before {what}");
        assert!(begin.elapsed() < PATIENCE, "the run does not come to where {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until `wait` is over or the run has ended.
fn run_for(child: &mut Child, wait: Duration) {
    let start = Instant::now();
    while start.elapsed() < wait && child.try_wait().expect("a child of ours").is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The folder of a day as it was.
struct Before {
    folder: PathBuf,
    files: Vec<PathBuf>,
    inode: Option<u64>,
}

impl Before {
    fn new(folder: PathBuf) -> Self {
        let files = data_files(&folder);
        Self { inode: files.first().and_then(|file| inode(&folder.join(file))), files, folder }
    }

    /// Whether it is another now; no file is read, since a run may be about to exchange it.
    fn has_changed(&self) -> bool {
        let now = data_files(&self.folder);
        now != self.files || now.first().is_some_and(|file| inode(&self.folder.join(file)) != self.inode)
    }
}

fn inode(file: &Path) -> Option<u64> {
    std::fs::metadata(file).ok().map(|metadata| std::os::unix::fs::MetadataExt::ino(&metadata))
}

fn leftovers(root: &Path) -> Vec<PathBuf> {
    let is_leftover = |file: &PathBuf| file.iter().any(|part| part.to_string_lossy().starts_with(".aggregator-"));
    files(root).into_iter().filter(is_leftover).collect()
}

/// What a run with a database finds there, and a run without one is told.
const PERIOD: [&str; 2] = ["--report-period-id", "7"];

/// Kills runs into a directory that replace each day by another.
struct Sweep {
    tiny: Tiny,
    two: Two,
    /// The old result, as `prepare` left it.
    old: Vec<(PathBuf, Vec<u8>)>,
}

impl Sweep {
    fn new(prepare: impl Fn(&Tiny)) -> Self {
        let tiny = Tiny::new(DAYS);
        let two = Two::new(&tiny, DAYS, &PERIOD);
        prepare(&tiny);
        let old = contents(&tiny.output());
        Self { tiny, two, old }
    }

    fn restore(&self) {
        std::fs::remove_dir_all(self.tiny.output()).expect("a folder of ours");
        for (file, content) in &self.old {
            let path = self.tiny.output().join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
            std::fs::write(path, content).expect("a new file");
        }
        assert!(days(&self.tiny.output(), DAYS) == self.two.old);
    }

    /// How many days are old and new; anything else fails.
    fn check(&self) -> (usize, usize) {
        self.two.check(&days(&self.tiny.output(), DAYS))
    }

    /// The next run puts everything right.
    fn repeat(&self) {
        run(&mut self.tiny.to_directory("other.json", &PERIOD)).done();
        assert!(days(&self.tiny.output(), DAYS) == self.two.new);
        assert_eq!(leftovers(&self.tiny.output()), Vec::<PathBuf>::new());
    }

    /// Kills runs that have replaced all days before one of `STOPS`, and no other.
    ///
    /// A run that also writes to a database has set all days aside when it copies the rows. There it is held, the day that it kept aside
    /// becomes a pipe without a writer, and the run stops where it opens that.
    async fn at_exact_days(&self) {
        let database = tenant::tiny(Layout::Koku, &self.tiny.path("reference.json")).await;
        let command = |reference| {
            let mut command = self.tiny.to_directory(reference, &PERIOD);
            command.env("AGGREGATOR_DATABASE", &database.url);
            command
        };
        run(&mut command("reference.json")).done();
        let rows = tenant::rows(&database, SCHEMA).await;
        assert!(rows.len() > DAYS as usize);
        create_gate(&database).await;
        for stop in STOPS {
            self.restore();
            let gate = Gate::shut(&database, Point::Inserted).await;
            let mut child = start(&mut command("other.json"));
            let process = gate.wait(&mut child).await;
            let name = day(stop).to_string();
            let kept: Vec<_> = files(&self.tiny.path("tmp")).into_iter().filter(|file| file.ends_with(&name)).collect();
            let [kept] = kept.as_slice() else { panic!("{kept:?}") };
            let kept = self.tiny.path("tmp").join(kept);
            std::fs::remove_file(&kept).expect("a file of the run");
            assert!(Command::new("mkfifo").arg(&kept).status().expect("mkfifo of coreutils").success());
            let last = Before::new(Tiny::day(&self.tiny.output(), stop - 1));
            gate.open().await;
            wait_until(&mut child, "the day before is new", || last.has_changed());
            assert!(kill(child), "before day {stop}");
            wait_until_gone(&database, process).await;
            assert_eq!(self.check(), ((DAYS - stop + 1) as usize, (stop - 1) as usize), "before day {stop}");
            assert!(tenant::rows(&database, SCHEMA).await == rows, "before day {stop}");
            drop_triggers(&database).await;
            std::fs::remove_dir_all(self.tiny.path("tmp")).expect("what a killed run left");
            std::fs::create_dir(self.tiny.path("tmp")).expect("a new folder");
            self.repeat();
        }
    }

    /// Kills runs at any time, and when a day has just changed: where that is in a run is up to the machine, so nothing is counted.
    fn at_any_time(&self) {
        let begin = Instant::now();
        run(&mut self.tiny.to_directory("other.json", &PERIOD)).done();
        let duration = begin.elapsed();
        for point in (0..SWEPT).map(|step| Err(duration * step / SWEPT)).chain((1..=DAYS).step_by(3).map(Ok)) {
            self.restore();
            let day = point.map(|number| Before::new(Tiny::day(&self.tiny.output(), number)));
            let mut child = start(&mut self.tiny.to_directory("other.json", &PERIOD));
            match day {
                Ok(day) => while !day.has_changed() && child.try_wait().expect("a child of ours").is_none() {},
                Err(delay) => run_for(&mut child, delay),
            }
            kill(child);
            self.check();
            if !leftovers(&self.tiny.output()).is_empty() {
                self.repeat();
            }
        }
        self.repeat();
    }
}

#[test]
fn a_killed_run_leaves_each_day_old_or_new_and_the_next_run_is_right() {
    let sweep = Sweep::new(|_| {});
    block_on(sweep.at_exact_days());
    sweep.at_any_time();
}

#[test]
fn a_killed_run_over_days_that_trino_wrote_leaves_each_day_old_or_new() {
    let sweep = Sweep::new(|tiny| as_trino_wrote(tiny, DAYS));
    block_on(sweep.at_exact_days());
    sweep.at_any_time();
}

#[test]
fn what_a_killed_run_left_is_hidden_from_readers_and_cleaned_by_the_next() {
    let tiny = Tiny::new(3);
    run(&mut tiny.to_directory("reference.json", &[])).done();
    let before = days(&tiny.output(), 3);
    let folder = Tiny::day(&tiny.output(), 2);
    // A file that was not finished, and a folder that was exchanged and not removed.
    std::fs::write(folder.join(".aggregator-XyZ123"), "PAR1").expect("a new file");
    let exchanged = folder.with_file_name(".aggregator-AbC456");
    std::fs::create_dir(&exchanged).expect("a new folder");
    std::fs::copy(folder.join("aggregator.parquet"), exchanged.join("aggregator.parquet")).expect("a new file");
    assert_eq!(days(&tiny.output(), 3), before);
    run(&mut tiny.to_directory("reference.json", &[])).done();
    assert_eq!(leftovers(&managed_table(&tiny.output(), SCHEMA)), Vec::<PathBuf>::new());
    assert!(!exchanged.exists());
    assert_eq!(days(&tiny.output(), 3), before);
}

/// Where a run waits for a test, in what it asks of the database.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// It has the lock of its source and month, and is about to delete.
    Delete,
    /// It deletes the n-th row.
    Deleting(usize),
    /// It copies the n-th row.
    Inserting(usize),
    /// All rows are copied, which it is not told yet.
    Inserted,
    /// It has asked for the commit, of which the n-th row is checked.
    Committing(usize),
}

/// The advisory lock that the triggers below wait for.
const GATE: u32 = 4711;

/// Makes what the triggers of [`Gate::shut`] call.
async fn create_gate(database: &TestDatabase) {
    let function = format!(
        "CREATE SCHEMA gate; CREATE SEQUENCE gate.seen;
         CREATE FUNCTION gate.hold() RETURNS trigger LANGUAGE plpgsql AS $body$
         BEGIN
             IF nextval('gate.seen') = TG_ARGV[0]::bigint THEN PERFORM pg_advisory_xact_lock({GATE}); END IF;
             RETURN coalesce(NEW, OLD);
         END $body$"
    );
    database.execute(function).await;
}

async fn drop_triggers(database: &TestDatabase) {
    database.execute(format!("DROP TRIGGER IF EXISTS gate ON {SCHEMA}.{TABLE}; ALTER SEQUENCE gate.seen RESTART")).await;
}

/// Holds a run at a [`Point`] until it is opened.
struct Gate<'a> {
    database: &'a TestDatabase,
    held: sqlx::Transaction<'static, sqlx::Postgres>,
}

impl<'a> Gate<'a> {
    async fn shut(database: &'a TestDatabase, point: Point) -> Self {
        let (when, row, lock) = match point {
            // Readers pass, writers wait.
            Point::Delete => ("", 0, format!("LOCK TABLE {SCHEMA}.{TABLE} IN SHARE MODE")),
            Point::Deleting(row) => ("TRIGGER gate BEFORE DELETE ON _ FOR EACH ROW", row, String::new()),
            Point::Inserting(row) => ("TRIGGER gate BEFORE INSERT ON _ FOR EACH ROW", row, String::new()),
            Point::Inserted => ("TRIGGER gate AFTER INSERT ON _ FOR EACH STATEMENT", 1, String::new()),
            Point::Committing(row) => {
                ("CONSTRAINT TRIGGER gate AFTER INSERT ON _ DEFERRABLE INITIALLY DEFERRED FOR EACH ROW", row, String::new())
            }
        };
        if !when.is_empty() {
            let trigger = when.replace(" _ ", &format!(" {SCHEMA}.{TABLE} "));
            database.execute(format!("CREATE {trigger} EXECUTE FUNCTION gate.hold({row})")).await;
        }
        let lock = if lock.is_empty() { format!("SELECT pg_advisory_xact_lock({GATE})") } else { lock };
        let mut held = database.pool.begin().await.expect("the server runs");
        sqlx::raw_sql(sqlx::AssertSqlSafe(lock)).execute(&mut *held).await.expect("nobody else has it");
        Self { database, held }
    }

    /// Waits until the run waits at the gate; gives its server process.
    async fn wait(&self, child: &mut Child) -> String {
        let waiting = "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let begin = Instant::now();
        loop {
            if let Some(process) = self.database.texts(waiting).await.into_iter().flatten().next() {
                return process;
            }
            assert!(child.try_wait().expect("a child of ours").is_none(), "the run ended before the gate");
            assert!(begin.elapsed() < PATIENCE, "the run does not come to the gate");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn open(self) {
        self.held.rollback().await.expect("the server runs");
    }
}

/// Waits until the server is done with a client that died.
async fn wait_until_gone(database: &TestDatabase, process: String) {
    let begin = Instant::now();
    while database.count(format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {process}")).await > 0 {
        assert!(begin.elapsed() < PATIENCE, "the server does not end process {process}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Standard output that nobody reads and that takes nothing more: a run waits where it says that it is done.
fn full() -> (UnixStream, Stdio) {
    let (mut output, reader) = UnixStream::pair().expect("two sockets");
    output.set_nonblocking(true).expect("a socket of ours");
    for size in [1 << 16, 1 << 10, 1] {
        while output.write(&vec![b' '; size]).is_ok() {}
    }
    output.set_nonblocking(false).expect("a socket of ours");
    (reader, Stdio::from(OwnedFd::from(output)))
}

#[test]
fn a_killed_run_leaves_the_database_all_old_or_all_new_and_the_next_run_is_right() {
    let tiny = Tiny::new(DAYS);
    let references = ["reference.json", "other.json"].map(|name| tiny.path(name).display().to_string());
    block_on(async {
        let database = tenant::tiny(Layout::Koku, &tiny.path("reference.json")).await;
        let into = |reference: usize| {
            let mut command = tiny.command(&["--no-managed-copy", "--reference", &references[reference]]);
            command.env("AGGREGATOR_DATABASE", &database.url);
            command
        };
        let rows = || tenant::rows(&database, SCHEMA);
        run(&mut into(1)).done();
        let other = rows().await;
        let begin = Instant::now();
        run(&mut into(0)).done();
        let (duration, result) = (begin.elapsed(), [rows().await, other]);
        let count = result[0].len();
        assert!(result[0] != result[1] && count == result[1].len() && count > DAYS as usize);
        create_gate(&database).await;

        let inserting = [1, count / 4, count / 2, count * 3 / 4, count].map(Point::Inserting);
        let deleting = [1, count / 2, count].map(Point::Deleting);
        let committing = [1, count / 2, count].map(Point::Committing);
        let points = [Point::Delete].into_iter().chain(deleting).chain(inserting).chain([Point::Inserted]).chain(committing);
        // What is there, and what a run replaces it by.
        let (mut old, mut new) = (0, 1);
        for point in points {
            let gate = Gate::shut(&database, point).await;
            let mut child = start(&mut into(new));
            let process = gate.wait(&mut child).await;
            assert!(rows().await == result[old], "{point:?}");
            assert!(kill(child), "{point:?}");
            assert!(rows().await == result[old], "{point:?}");
            gate.open().await;
            wait_until_gone(&database, process).await;
            // What was asked for is done, though nobody hears of it.
            let expected = if matches!(point, Point::Committing(_)) { new } else { old };
            assert!(rows().await == result[expected], "{point:?}");
            drop_triggers(&database).await;
            run(&mut into(new)).done();
            assert!(rows().await == result[new], "{point:?}");
            (old, new) = (new, old);
        }

        // After the commit.
        let (reader, full) = full();
        let mut child = into(new).stdin(Stdio::null()).stdout(full).stderr(Stdio::null()).spawn().expect("the binary was built");
        let begin = Instant::now();
        while rows().await == result[old] {
            assert!(begin.elapsed() < PATIENCE && child.try_wait().expect("a child of ours").is_none());
        }
        assert!(rows().await == result[new]);
        assert!(kill(child));
        drop(reader);
        assert!(rows().await == result[new]);
        (old, new) = (new, old);

        // At any time: where that is in a run is up to the machine, so nothing is counted.
        for step in 0..SWEPT {
            let mut child = start(&mut into(new));
            run_for(&mut child, duration * step / SWEPT);
            kill(child);
            let seen = rows().await;
            assert!(seen == result[old] || seen == result[new], "{} rows are there: step {step}", seen.len());
            if seen == result[new] {
                (old, new) = (new, old);
            }
        }
        run(&mut into(new)).done();
        assert!(rows().await == result[new]);
    });
}
