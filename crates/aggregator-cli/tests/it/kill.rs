//! SIGKILL at many points of a run: old or new and nothing else, and the next run puts everything right.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::cluster::Layout;
use crate::program::{block_on, contents, data_files, files, managed_table, read, run};
use crate::tenant;
use crate::tiny::{SCHEMA, Tiny, write};

/// Days of a run, so that writing takes a while.
const DAYS: u32 = 20;

/// How many runs are killed after a delay, swept over the duration of a run.
const SWEPT: u32 = 10;

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
    /// Runs both, and leaves the first.
    pub(crate) fn new(tiny: &Tiny, count: u32) -> Self {
        run(&mut tiny.to_directory("other.json", &[])).done();
        let new = days(&tiny.output(), count);
        run(&mut tiny.to_directory("reference.json", &[])).done();
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

/// Waits until `wait` is over or the run has ended.
fn run_for(child: &mut Child, wait: Duration) {
    let start = Instant::now();
    while start.elapsed() < wait && child.try_wait().expect("a child of ours").is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until the folder of a day is another than it was, or the run has ended.
fn wait_for_change(child: &mut Child, folder: &Path, before: &[PathBuf], inode: u64) {
    loop {
        let now = data_files(folder);
        if now != before
            || now.first().is_some_and(|file| self::inode(&folder.join(file)) != Some(inode))
            || child.try_wait().expect("a child of ours").is_some()
        {
            return;
        }
        std::hint::spin_loop();
    }
}

fn inode(file: &Path) -> Option<u64> {
    std::fs::metadata(file).ok().map(|metadata| std::os::unix::fs::MetadataExt::ino(&metadata))
}

fn leftovers(root: &Path) -> Vec<PathBuf> {
    let is_leftover = |file: &PathBuf| file.iter().any(|part| part.to_string_lossy().starts_with(".aggregator-"));
    files(root).into_iter().filter(is_leftover).collect()
}

/// What the sweep of a directory saw.
#[derive(Debug, Default)]
struct Seen {
    killed: u32,
    mixed: u32,
    leftovers: usize,
}

/// Kills runs that turn old into new; `prepare` is given the old result and may store it in another way.
fn sweep(prepare: impl Fn(&Tiny)) -> Seen {
    let tiny = Tiny::new(DAYS);
    let two = Two::new(&tiny, DAYS);
    prepare(&tiny);
    let old = contents(&tiny.output());
    let restore = || {
        std::fs::remove_dir_all(tiny.output()).expect("a folder of ours");
        for (file, content) in &old {
            let path = tiny.output().join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
            std::fs::write(path, content).expect("a new file");
        }
    };
    let begin = Instant::now();
    run(&mut tiny.to_directory("other.json", &[])).done();
    let duration = begin.elapsed();
    let mut seen = Seen::default();
    // By time, and then when a day has just changed, which is in the middle of the commit.
    let points = (0..SWEPT).map(|step| Err(duration * step / SWEPT)).chain((1..=DAYS).step_by(2).map(Ok));
    for point in points {
        restore();
        assert!(days(&tiny.output(), DAYS) == two.old);
        let day = point.map(|number| Tiny::day(&tiny.output(), number));
        let before = day.as_ref().map(|day| data_files(day)).unwrap_or_default();
        let number = day.as_ref().ok().and_then(|day| inode(&day.join(before.first()?))).unwrap_or_default();
        let mut child = start(&mut tiny.to_directory("other.json", &[]));
        match &day {
            Ok(day) => wait_for_change(&mut child, day, &before, number),
            Err(delay) => run_for(&mut child, *delay),
        }
        seen.killed += u32::from(kill(child));
        let (old, new) = two.check(&days(&tiny.output(), DAYS));
        seen.mixed += u32::from(old > 0 && new > 0);
        let left = leftovers(&tiny.output()).len();
        seen.leftovers += left;
        if left > 0 || old > 0 && new > 0 && seen.mixed <= 3 {
            run(&mut tiny.to_directory("other.json", &[])).done();
            assert!(days(&tiny.output(), DAYS) == two.new);
            assert_eq!(leftovers(&tiny.output()), Vec::<PathBuf>::new());
        }
    }
    seen
}

#[test]
fn a_killed_run_leaves_each_day_old_or_new_and_the_next_run_is_right() {
    let seen = sweep(|_| {});
    // A sweep that hits nothing proves nothing.
    assert!(seen.killed >= SWEPT && seen.mixed >= 3, "{seen:?}");
}

#[test]
fn a_killed_run_over_days_that_trino_wrote_leaves_each_day_old_or_new() {
    let seen = sweep(|tiny| as_trino_wrote(tiny, DAYS));
    assert!(seen.killed >= SWEPT && seen.mixed >= 3, "{seen:?}");
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

#[test]
fn a_killed_run_leaves_the_database_all_old_or_all_new_and_the_next_run_is_right() {
    let tiny = Tiny::new(DAYS);
    let (old_reference, new_reference) = (tiny.path("reference.json").display().to_string(), tiny.path("other.json").display().to_string());
    let into = |reference: &str, url: &str| {
        let mut command = tiny.command(&["--no-managed-copy", "--reference", reference]);
        command.env("AGGREGATOR_DATABASE", url);
        command
    };
    block_on(async {
        let database = tenant::tiny(Layout::Koku, &tiny.path("reference.json")).await;
        let begin = Instant::now();
        run(&mut into(&new_reference, &database.url)).done();
        let duration = begin.elapsed();
        let new = tenant::rows(&database, SCHEMA).await;
        run(&mut into(&old_reference, &database.url)).done();
        let old = tenant::rows(&database, SCHEMA).await;
        assert!(old != new && old.len() == new.len() && old.len() > DAYS as usize);
        let (mut killed, mut kept) = (0, 0);
        // Denser at the end, where the rows are written.
        for step in 0..SWEPT * 2 {
            let delay = if step < SWEPT { duration * step / SWEPT } else { duration * (3 * SWEPT + step) / (5 * SWEPT) };
            let mut child = start(&mut into(&new_reference, &database.url));
            run_for(&mut child, delay);
            killed += u32::from(kill(child));
            let rows = tenant::rows(&database, SCHEMA).await;
            if rows == old {
                kept += 1;
            } else {
                assert!(rows == new, "{} rows are there, {} are old, {} are new: {delay:?}", rows.len(), old.len(), new.len());
                run(&mut into(&old_reference, &database.url)).done();
                assert!(tenant::rows(&database, SCHEMA).await == old);
            }
        }
        assert!(killed >= SWEPT && kept >= SWEPT, "{killed} killed, {kept} kept the old rows");
        run(&mut into(&new_reference, &database.url)).done();
        assert!(tenant::rows(&database, SCHEMA).await == new);
    });
}
