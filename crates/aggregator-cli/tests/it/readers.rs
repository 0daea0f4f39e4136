//! Readers beside a run, and runs beside each other.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cluster::Layout;
use crate::kill::{Day, Two, as_trino_wrote, days, row_text};
use crate::program::{Answer, block_on, contents, data_files, files, managed_table, read, run};
use crate::tenant;
use crate::tiny::{SCHEMA, SOURCE, Tiny};

const DAYS: u32 = 8;

/// The rows of a day as a Hive reader gets them: it lists the folder, and then opens each file. `None` where a file was gone when
/// it was opened, upon which a reader lists again.
fn look(folder: &Path) -> Option<Day> {
    let mut rows = Vec::new();
    for file in data_files(folder) {
        let opened = match std::fs::File::open(folder.join(&file)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            opened => opened.expect("a file that may be read"),
        };
        let frame = polars::prelude::SerReader::finish(<polars::prelude::ParquetReader<_> as polars::prelude::SerReader<_>>::new(opened));
        let frame = frame.expect("a whole file");
        rows.extend((0..frame.height()).map(|row| row_text(&frame, row)));
    }
    rows.sort();
    Some(rows)
}

/// What a reader saw.
#[derive(Debug, Default)]
struct Looks {
    old: usize,
    new: usize,
    gone: usize,
}

/// Looks at all days, again and again, until told to stop; each look must be at all old or all new rows of the day.
fn poll(root: &Path, two: &Two, stop: &AtomicBool) -> Looks {
    let mut looks = Looks::default();
    while !stop.load(Ordering::Relaxed) {
        for number in 1..=DAYS {
            match look(&Tiny::day(root, number)) {
                None => looks.gone += 1,
                Some(rows) if Some(&rows) == two.old.get(&number) => looks.old += 1,
                Some(rows) if Some(&rows) == two.new.get(&number) => looks.new += 1,
                Some(rows) => panic!("day {number} is neither old nor new: {rows:#?}"),
            }
        }
    }
    looks
}

/// Runs with either reference in turn while a reader looks.
fn alternate(tiny: &Tiny, two: &Two, runs: usize) -> Looks {
    let (stop, root) = (AtomicBool::new(false), tiny.output());
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| poll(&root, two, &stop));
        let answers: Vec<Answer> =
            (0..runs).map(|number| tiny.summarize(if number % 2 == 0 { "other.json" } else { "reference.json" }, &[])).collect();
        stop.store(true, Ordering::Relaxed);
        let looks = reader.join().expect("only whole days");
        for answer in answers {
            answer.done();
        }
        looks
    })
}

#[test]
fn a_reader_beside_runs_always_finds_each_day_whole() {
    let tiny = Tiny::new(DAYS);
    let two = Two::new(&tiny, DAYS, &[]);
    let looks = alternate(&tiny, &two, 6);
    assert!(looks.old > 50 && looks.new > 50, "{looks:?}");
    assert_eq!(looks.gone, 0, "the file of a day is never gone: {looks:?}");
}

#[test]
fn a_reader_of_days_that_trino_wrote_never_sees_a_part() {
    let tiny = Tiny::new(DAYS);
    let two = Two::new(&tiny, DAYS, &[]);
    for _ in 0..3 {
        as_trino_wrote(&tiny, DAYS);
        let looks = alternate(&tiny, &two, 2);
        assert!(looks.old > 10 && looks.new > 10, "{looks:?}");
    }
}

#[test]
fn a_run_beside_another_of_the_same_month_fails_and_changes_nothing() {
    let tiny = Tiny::new(2);
    tiny.summarize("reference.json", &[]).done();
    let table = managed_table(&tiny.output(), SCHEMA);
    let locks: Vec<_> = files(&table).into_iter().filter(|file| file.to_string_lossy().starts_with(".lock-")).collect();
    let [lock] = locks.as_slice() else { panic!("{locks:?}") };
    let held = std::fs::File::open(table.join(lock)).expect("a file of ours");
    held.lock().expect("nobody else runs");
    let before = contents(&tiny.output());
    let answer = tiny.summarize("other.json", &["--format", "json"]);
    let json = answer.json();
    assert_eq!(json["retryable"], true, "{json}");
    assert_eq!(json["error"], format!("could not lock source `{SOURCE}`, month 2026-02-01: another run holds it"));
    assert_eq!(json["hint"], "wait for the other run to end, then run again");
    assert!(answer.failure().starts_with("error: could not lock source"));
    assert_eq!(contents(&tiny.output()), before);
    drop(held);
    tiny.summarize("other.json", &[]).done();
    assert_ne!(contents(&tiny.output()), before);
}

#[test]
fn runs_into_one_directory_at_once_never_interleave() {
    let tiny = Tiny::new(DAYS);
    let two = Two::new(&tiny, DAYS, &[]);
    let mut finished = 0;
    for _ in 0..3 {
        let children: Vec<_> = ["reference.json", "other.json", "reference.json", "other.json"]
            .into_iter()
            .map(|reference| {
                let mut command = tiny.to_directory(reference, &["--format", "json"]);
                command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary was built")
            })
            .collect();
        for child in children {
            let answer = Answer::from(child.wait_with_output().expect("a child of ours"));
            if answer.exit_code == Some(0) {
                finished += 1;
            } else {
                assert_eq!(answer.json()["retryable"], true, "{answer:?}");
                assert!(answer.failure().contains("another run holds it"));
            }
        }
        let seen = days(&tiny.output(), DAYS);
        assert!(seen == two.old || seen == two.new, "the days are of different runs");
    }
    assert!(finished >= 3);
}

#[test]
fn runs_into_one_database_at_once_wait_for_each_other() {
    let tiny = Tiny::new(DAYS);
    block_on(async {
        let database = tenant::tiny(Layout::Koku, &tiny.path("reference.json")).await;
        let into = |reference: &str| {
            let reference = tiny.path(reference).display().to_string();
            let mut command = tiny.command(&["--reference", &reference]);
            command.env("AGGREGATOR_DATABASE", &database.url);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command
        };
        let mut results: BTreeMap<&str, (Vec<String>, BTreeMap<u32, Day>)> = BTreeMap::new();
        for reference in ["reference.json", "other.json"] {
            run(&mut into(reference)).done();
            results.insert(reference, (tenant::rows(&database, SCHEMA).await, days(&tiny.store(), DAYS)));
        }
        for _ in 0..3 {
            let children: Vec<_> = ["reference.json", "other.json", "reference.json"]
                .into_iter()
                .map(|name| into(name).spawn().expect("the binary"))
                .collect();
            for child in children {
                Answer::from(child.wait_with_output().expect("a child of ours")).done();
            }
            // The copy is of the same run as the rows.
            let seen = (tenant::rows(&database, SCHEMA).await, days(&tiny.store(), DAYS));
            assert!(results.values().any(|result| *result == seen), "the rows are of different runs");
        }
    });
}

#[test]
fn a_reader_of_the_database_sees_all_old_or_all_new_rows() {
    let tiny = Tiny::new(DAYS);
    block_on(async {
        let database = tenant::tiny(Layout::Koku, &tiny.path("reference.json")).await;
        let into = |reference: &str| {
            let reference = tiny.path(reference).display().to_string();
            let mut command = tiny.command(&["--no-managed-copy", "--reference", &reference]);
            command.env("AGGREGATOR_DATABASE", &database.url);
            command
        };
        run(&mut into("other.json")).done();
        let new = tenant::rows(&database, SCHEMA).await;
        run(&mut into("reference.json")).done();
        let old = tenant::rows(&database, SCHEMA).await;
        let mut looks = (0, 0);
        for number in 0..4 {
            let mut child = into(if number % 2 == 0 { "other.json" } else { "reference.json" }).spawn().expect("the binary was built");
            while child.try_wait().expect("a child of ours").is_none() {
                let rows = tenant::rows(&database, SCHEMA).await;
                looks.0 += usize::from(rows == old);
                looks.1 += usize::from(rows == new);
                assert!(rows == old || rows == new, "{} rows are neither old nor new", rows.len());
            }
        }
        assert!(looks.0 > 5 && looks.1 > 5, "{looks:?}");
    });
}

#[test]
fn the_lock_file_is_hidden_from_readers() {
    let tiny = Tiny::new(1);
    tiny.summarize("reference.json", &[]).done();
    let seen = data_files(&managed_table(&tiny.output(), SCHEMA));
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(read(&managed_table(&tiny.output(), SCHEMA).join(&seen[0])).height() > 0);
}
