//! Every case of the oracle through the binary into Parquet: the same rows as Trino, or a refusal where Trino refused.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cases::{Case, cases, unpack};
use crate::program::{Answer, aggregator, files, run};

/// How many binaries run at a time.
const PARALLEL: usize = 2;

/// Cases that Trino refused and we answer, by set and cluster; everything else that Trino refused must fail.
const ANSWERED_ANYWAY: &[(&str, &str, &str)] = &[(
    "hand-more",
    "c-node-int64",
    "Trino holds the text '' against the file's statistics of numbers, and takes the file for damaged; its rows are well defined",
)];

/// What Trino says, and what we say then; the first that fits counts.
const SAME_CAUSE: &[(&str, &str)] = &[
    ("to DECIMAL(33, 15)", "which does not fit numeric(33,15)"),
    ("from varchar to varchar(50)", "more than varchar(50)"),
    ("from varchar to varchar(253)", "more than varchar(253)"),
    ("from varchar to varchar(256)", "more than varchar(256)"),
    ("Failed to insert data", "holds the character U+0000"),
    ("Duplicate map keys are not allowed", "twice"),
    ("Expected a json object", "is not a JSON object"),
    ("Unexpected token when cast to varchar", "as labels"),
    ("Cannot cast to map(varchar, varchar)", "as labels"),
    ("Unsupported Trino column type", "which cannot be read as"),
    ("as DOUBLE", "integers beyond 2^52"),
    ("Malformed Parquet file", "as Parquet"),
];

/// How a case ended.
enum Outcome {
    /// Equal in so many rows.
    Same(usize),
    /// Refused, as by Trino.
    Refused,
    /// Answered, although Trino refused; listed above.
    Excepted,
}

fn summarize(case: &Case, output: &str) -> Answer {
    let store = case.store.display().to_string();
    let mut arguments = case.arguments(&store);
    arguments.extend(["--reference".to_owned(), case.reference().display().to_string(), "--output".to_owned(), output.to_owned()]);
    arguments.extend([format!("--report-period-id={}", case.report_period_id), "--format=json".to_owned()]);
    run(&mut aggregator(arguments.iter().map(String::as_str)))
}

fn check_case(case: &Case) -> Result<Outcome, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path();
    let answer = summarize(case, &output.display().to_string());
    let is_excepted = ANSWERED_ANYWAY.iter().any(|(set, cluster, _)| *set == case.set() && *cluster == case.cluster_id);
    match case.refusal() {
        Some(_) if is_excepted => match answer.exit_code {
            Some(0) => Ok(Outcome::Excepted),
            _ => Err(format!("is listed as answered: {}", answer.stderr)),
        },
        Some(refusal) => {
            if answer.exit_code != Some(2) {
                return Err(format!("ended with {:?}, but Trino refused: {refusal}", answer.exit_code));
            }
            let expected = SAME_CAUSE.iter().find(|(theirs, _)| refusal.contains(theirs)).map(|(_, ours)| *ours);
            match expected {
                Some(text) if answer.stderr.contains(text) => {}
                _ => return Err(format!("failed for another cause than Trino: {}\n{refusal}", answer.stderr)),
            }
            let left = files(output).into_iter().filter(|file| !file.to_string_lossy().contains(".lock-")).collect::<Vec<_>>();
            if left.is_empty() { Ok(Outcome::Refused) } else { Err(format!("failed and left {left:?}")) }
        }
        None if answer.exit_code != Some(0) => Err(format!("failed: {}", answer.stderr)),
        None => {
            let rows = case.check_managed(output)?;
            let told = answer.json()["windows"].as_array().expect("windows").iter().map(told_rows).sum::<u64>();
            if told == rows as u64 { Ok(Outcome::Same(rows)) } else { Err(format!("told {told} rows, wrote {rows}")) }
        }
    }
}

fn told_rows(window: &serde_json::Value) -> u64 {
    ["pod_rows", "storage_rows", "unallocated_rows"].iter().map(|section| window[section].as_u64().expect("a count")).sum()
}

/// Counts of what came out of the cases of an archive; a difference fails with the name of every case that differs.
struct Tally {
    same: usize,
    refused: usize,
    excepted: usize,
    rows: usize,
}

fn check_all(archive: &str) -> Tally {
    let folder = tempfile::tempdir().expect("a temporary folder");
    unpack(archive, &[], folder.path());
    let cases = cases(folder.path());
    let next = AtomicUsize::new(0);
    let outcomes: Vec<(String, Result<Outcome, String>)> = std::thread::scope(|scope| {
        let worker = || {
            let mut outcomes = Vec::new();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                outcomes.push((case.name(), check_case(case)));
            }
            outcomes
        };
        let workers: Vec<_> = (0..PARALLEL).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic in a worker")).collect()
    });
    let mut tally = Tally { same: 0, refused: 0, excepted: 0, rows: 0 };
    let mut wrong = Vec::new();
    for (name, outcome) in outcomes {
        match outcome {
            Ok(Outcome::Same(rows)) => {
                tally.same += 1;
                tally.rows += rows;
            }
            Ok(Outcome::Refused) => tally.refused += 1,
            Ok(Outcome::Excepted) => tally.excepted += 1,
            Err(difference) => wrong.push(format!("{name} {difference}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases differ:\n\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
    tally
}

#[test]
fn all_250_cases_are_as_trino_answered_them() {
    let tally = check_all("ocp.tar.zst");
    // How many cases the archive holds, how many of them have an `error.txt`, and the rows of all `hive.parquet` without one.
    assert_eq!((tally.same, tally.refused, tally.excepted, tally.rows), (213, 37, 0, 9_557));
}

#[test]
fn all_60_more_cases_are_as_trino_answered_them() {
    let tally = check_all("ocp-more.tar.zst");
    assert_eq!((tally.same, tally.refused, tally.excepted, tally.rows), (47, 12, 1, 472));
}
