//! Every ingest case of AWS, Azure and GCP through the binary: the rows that koku's own code made of the same exports.
//!
//! Where koku fails a file, the binary must refuse it and write nothing. `fixtures/README.md` describes the cases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use serde_json::Value;

use crate::cases::unpack;
use crate::ingest_oracle::{ExpectedColumn, Row, counts, rows_of, same_daily, same_hourly};
use crate::program::{Answer, aggregator, data_files, files, run};

/// How many binaries run at a time.
const PARALLEL: usize = 2;

/// Cases that deviate from koku, and why. A case that is listed and does not deviate fails.
const DEVIATIONS: &[(&str, &str)] = &[];

/// A sequence of exports of one source.
#[derive(Debug, Deserialize)]
struct Case {
    cloud: String,
    schema: String,
    source: String,
    /// What became of it in koku.
    koku: String,
    /// What the binary is told of each export, besides where it is.
    runs: Vec<Vec<String>>,
    /// koku's objects; `None` where it converted fewer rows at a time than the binary does.
    objects: Option<BTreeSet<String>>,
    tag_keys: Option<BTreeSet<String>>,
    category_keys: Option<BTreeSet<String>>,
    partitions: BTreeMap<String, BTreeMap<String, ExpectedColumn>>,
    #[serde(skip)]
    folder: PathBuf,
}

impl Case {
    fn name(&self) -> String {
        let mut parts: Vec<_> = self.folder.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
        parts.reverse();
        parts.join("/")
    }

    fn ingest(&self, store: &Path) -> Vec<Answer> {
        let ingest = |(number, told): (usize, &Vec<String>)| {
            let export = self.folder.join(format!("input/run{}", number + 1)).display().to_string();
            let store = store.display().to_string();
            let arguments = [&self.cloud, "ingest", &export, "--store", &store, "--schema", &self.schema, "--source", &self.source];
            run(&mut aggregator(arguments.into_iter().chain(told.iter().map(String::as_str)).chain(["--format", "json"])))
        };
        self.runs.iter().enumerate().map(ingest).collect()
    }

    /// Everything in which the result is not as it should be.
    fn check(&self, store: &Path, answers: &[Answer]) -> Vec<String> {
        let objects: BTreeSet<String> =
            data_files(&store.join("data")).iter().map(|file| format!("data/{}", file.to_string_lossy())).collect();
        let reports: Vec<Value> = answers.iter().map(Answer::json).collect();
        if self.koku.starts_with("failed") {
            let is_refused = answers.last().is_some_and(|answer| answer.exit_code == Some(2)) && objects.is_empty();
            let is_told = reports.last().is_some_and(|report| problems(report).next().is_some());
            return if is_refused && is_told { Vec::new() } else { vec![format!("not refused: {objects:?} {answers:?}")] };
        }
        let mut found = Vec::new();
        for answer in answers.iter().filter(|answer| self.koku == "rows" && answer.exit_code != Some(0)) {
            found.push(format!("exit status {:?}: {}", answer.exit_code, answer.stderr));
        }
        found.extend(self.rows(store, &objects));
        if let Some(expected) = self.objects.as_ref().filter(|expected| **expected != objects) {
            found.push(format!("objects should be {expected:?}, are {objects:?}"));
        }
        for (name, expected) in [("tag_keys", &self.tag_keys), ("category_keys", &self.category_keys)] {
            let ours: BTreeSet<String> = reports.iter().flat_map(|report| texts(&report[name])).collect();
            if expected.as_ref().is_some_and(|expected| *expected != ours) {
                found.push(format!("{name} should be {expected:?}, are {ours:?}"));
            }
        }
        found
    }

    fn rows(&self, store: &Path, objects: &BTreeSet<String>) -> Vec<String> {
        let mut actual: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        let mut differences = Vec::new();
        for object in objects {
            let partition = object.rsplit_once('/').expect("a folder").0.to_owned();
            let columns = self.partitions.get(&partition);
            match rows_of(&store.join(object), columns.unwrap_or(&BTreeMap::new())) {
                Ok(rows) => actual.entry(partition).or_default().extend(rows),
                Err(difference) => differences.push(format!("{object}: {difference}")),
            }
        }
        for partition in self.partitions.keys().chain(actual.clone().keys()).collect::<BTreeSet<_>>() {
            let rows = actual.remove(partition).unwrap_or_default();
            let difference = match self.partitions.get(partition) {
                None if rows.is_empty() => Ok(()),
                None => Err(format!("{} rows that should not be there", rows.len())),
                Some(columns) if partition.starts_with("data/parquet/daily/") => same_daily(columns, rows),
                Some(columns) => same_hourly(columns, &rows),
            };
            differences.extend(difference.err().map(|difference| format!("{partition}: {difference}")));
        }
        differences
    }
}

/// Everything that a report says is wrong with files.
fn problems(report: &Value) -> impl Iterator<Item = &Value> {
    let exports = entries(&report["exports"]);
    exports.flat_map(|export| entries(&export["files"])).flat_map(|file| entries(&file["problems"]))
}

fn entries(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn texts(list: &Value) -> Vec<String> {
    entries(list).filter_map(Value::as_str).map(str::to_owned).collect()
}

fn cases(folder: &Path) -> Vec<Case> {
    let load = |file: PathBuf| {
        let path = folder.join(&file);
        let text = std::fs::read_to_string(&path).expect("a file of the archive");
        let case: Case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {}", file.display()));
        Case { folder: path.parent().expect("a case").to_owned(), ..case }
    };
    files(folder).into_iter().filter(|file| file.ends_with("case.json")).map(load).collect()
}

/// Runs all cases of a cloud; the number of cases of each of koku's outcomes.
fn check_all(cloud: &str) -> BTreeMap<String, usize> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    unpack("ingest-clouds.tar.zst", &[cloud], folder.path());
    let cases = cases(folder.path());
    let next = AtomicUsize::new(0);
    let differences: Vec<(String, String)> = std::thread::scope(|scope| {
        let worker = || {
            let mut differences = Vec::new();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                let store = tempfile::tempdir().expect("a temporary folder");
                let answers = case.ingest(store.path());
                let found = case.check(store.path(), &answers);
                differences.extend(found.into_iter().map(|difference| (case.name(), format!("koku: {}; {difference}", case.koku))));
            }
            differences
        };
        let workers: Vec<_> = (0..PARALLEL).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic in a worker")).collect()
    });
    let is_listed = |name: &str| DEVIATIONS.iter().any(|(listed, _)| *listed == name);
    let wrong: Vec<_> = differences.iter().filter(|(name, _)| !is_listed(name)).map(|(name, text)| format!("{name} ({text}")).collect();
    let unused: Vec<_> =
        DEVIATIONS.iter().filter(|(listed, _)| listed.starts_with(cloud) && !differences.iter().any(|(name, _)| name == listed)).collect();
    assert!(wrong.is_empty() && unused.is_empty(), "{} differences:\n\n{}\n\nunused: {unused:?}", wrong.len(), wrong.join("\n\n"));
    let mut outcomes = BTreeMap::new();
    for case in cases {
        *outcomes.entry(case.koku).or_default() += 1;
    }
    outcomes
}

// The counts are those of `tools/oracle/ingest_clouds.py run`: nothing in the archive is skipped.
#[test]
fn all_48_cases_of_aws_give_the_rows_of_koku() {
    assert_eq!(check_all("aws"), counts([("failed_convert", 5), ("failed_split", 3), ("no_rows", 1), ("rows", 39)]));
}

#[test]
fn all_48_cases_of_azure_give_the_rows_of_koku() {
    assert_eq!(check_all("azure"), counts([("failed_convert", 8), ("failed_split", 6), ("no_rows", 5), ("rows", 29)]));
}

#[test]
fn all_53_cases_of_gcp_give_the_rows_of_koku() {
    assert_eq!(check_all("gcp"), counts([("failed_convert", 17), ("failed_split", 8), ("rows", 28)]));
}
