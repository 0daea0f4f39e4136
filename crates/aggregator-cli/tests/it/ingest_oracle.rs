//! Every ingest case of the oracle through the binary: the rows that koku's own code made of the same CSVs and payloads.
//!
//! Where koku refuses a payload or a file for one bad thing, the case holds what koku made of the input without that
//! thing; we run on the input as it is. `fixtures/README.md` describes the cases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use polars::prelude::{AnyValue, TimeUnit};
use serde::Deserialize;
use serde_json::Value;

use crate::cases::unpack;
use crate::program::{Answer, aggregator, data_files, files, read, run};

/// How many binaries run at a time.
const PARALLEL: usize = 2;

/// How far a daily sum may be off, relative to itself; everything else agrees exactly.
const TOLERANCE: f64 = 1e-12;

/// Cases that deviate from koku, what they deviate in, and why. A case that is listed and does not deviate fails.
const DEVIATIONS: &[(&str, &str, &str)] = &[];

/// A sequence of payloads for one cluster.
#[derive(Debug, Deserialize)]
struct Case {
    schema: String,
    source: String,
    /// What became of the input as it is in koku.
    koku: String,
    /// What was taken out before koku could take the rest.
    repairs: Vec<String>,
    /// Why nothing can be made of the payload, if so.
    refused: Option<String>,
    tag_keys: Vec<String>,
    runs: Vec<Run>,
    partitions: BTreeMap<String, BTreeMap<String, ExpectedColumn>>,
    #[serde(skip)]
    folder: PathBuf,
}

/// What a column is (`text`, `date sum`, `number key`, …), and its values.
pub(crate) type ExpectedColumn = (String, Vec<Value>);

/// Report type and day.
type TypeAndDay = (String, String);

#[derive(Debug, Deserialize)]
struct Run {
    /// A file or folder below `input/`.
    payload: String,
    /// How many hours of a day the payload has, where koku has one answer.
    hours: Vec<(String, String, u64)>,
    /// Days that replaced older rows.
    replaced: BTreeSet<TypeAndDay>,
    /// Days that were not written, since the store has at least as many hours.
    kept: BTreeSet<TypeAndDay>,
    /// The rows of a file that cannot be taken: the line that each begins in, and how many lines it has.
    dropped: BTreeMap<String, Vec<(u64, u64)>>,
}

#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub(crate) enum Cell {
    /// Milliseconds since 1970.
    Date(i64),
    Number(f64),
    Text(String),
}

/// Cells by the name of their column, without nulls: an absent column is a null one.
pub(crate) type Row = BTreeMap<String, Cell>;

impl Case {
    fn name(&self) -> String {
        let mut parts: Vec<_> = self.folder.iter().rev().take(2).map(|part| part.to_string_lossy()).collect();
        parts.reverse();
        parts.join("/")
    }

    /// The answers of the binary to the payloads, one after the other.
    fn ingest(&self, store: &Path) -> Vec<Answer> {
        let ingest = |run_of_case: &Run| {
            let payload = self.folder.join("input").join(&run_of_case.payload).display().to_string();
            let store = store.display().to_string();
            let arguments = ["ocp", "ingest", &payload, "--store", &store, "--schema", &self.schema, "--source", &self.source];
            run(&mut aggregator(arguments.into_iter().chain(["--format", "json"])))
        };
        self.runs.iter().map(ingest).collect()
    }

    /// Everything in which the result is not as it should be: in what, and the details.
    fn check(&self, store: &Path, answers: &[Answer]) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if let Some(reason) = &self.refused {
            let written = data_files(&store.join("data"));
            if answers.iter().any(|answer| answer.exit_code != Some(2)) || !written.is_empty() {
                found.push(("refusal", format!("should be refused ({reason}), wrote {written:?}: {answers:?}")));
            }
            return found;
        }
        for answer in answers.iter().filter(|answer| answer.exit_code != Some(0)) {
            found.push(("exit status", format!("{:?}: {}", answer.exit_code, answer.stderr)));
        }
        found.extend(self.rows(store).into_iter().map(|difference| ("rows", difference)));
        if found.iter().all(|(what, _)| *what != "exit status") {
            let reports: Vec<Value> = answers.iter().map(Answer::json).collect();
            found.extend(self.told(&reports));
        }
        found
    }

    /// The differences between the rows in the store and the expected ones.
    fn rows(&self, store: &Path) -> Vec<String> {
        let mut actual: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        let mut differences = Vec::new();
        for file in data_files(&store.join("data/parquet")) {
            let file = Path::new("data/parquet").join(file);
            let partition = file.parent().expect("a partition").to_string_lossy().into_owned();
            let columns = self.partitions.get(&partition);
            match rows_of(&store.join(&file), columns.unwrap_or(&BTreeMap::new())) {
                Ok(rows) => actual.entry(partition).or_default().extend(rows),
                Err(difference) => differences.push(format!("{}: {difference}", file.display())),
            }
        }
        let partitions: BTreeSet<_> = self.partitions.keys().chain(actual.keys()).cloned().collect();
        for partition in partitions {
            let (columns, rows) = (self.partitions.get(&partition), actual.remove(&partition).unwrap_or_default());
            let difference = match columns {
                None if rows.is_empty() => Ok(()),
                None => Err(format!("{} rows that should not be there", rows.len())),
                Some(columns) if partition.starts_with("data/parquet/daily/") => same_daily(columns, rows),
                Some(columns) => same_hourly(columns, &rows),
            };
            differences.extend(difference.err().map(|difference| format!("{partition}: {difference}")));
        }
        differences
    }

    /// The differences between what the reports tell and what they should.
    fn told(&self, reports: &[Value]) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let keys: BTreeSet<&str> = reports.iter().flat_map(|report| entries(&report["tag_keys"])).filter_map(Value::as_str).collect();
        if !keys.iter().copied().eq(self.tag_keys.iter().map(String::as_str)) {
            found.push(("tag keys", format!("should be {:?}, are {keys:?}", self.tag_keys)));
        }
        for (run, report) in self.runs.iter().zip(reports) {
            let days: Vec<&Value> = entries(&report["payloads"]).flat_map(|payload| entries(&payload["days"])).collect();
            for (report_type, day, hours) in &run.hours {
                let ours = days.iter().find(|told| told["report_type"] == **report_type && told["day"] == **day).map(|told| &told["hours"]);
                if ours.and_then(Value::as_u64) != Some(*hours) {
                    found.push(("hours", format!("{report_type} of {day} should have {hours}, has {ours:?}")));
                }
            }
            for (what, action, expected) in [("replaced days", "replaced", &run.replaced), ("kept days", "kept", &run.kept)] {
                let ours: BTreeSet<_> =
                    days.iter().filter(|day| day["action"] == action).map(|day| (text(&day["report_type"]), text(&day["day"]))).collect();
                if ours != *expected {
                    found.push((what, format!("should be {expected:?}, are {ours:?}")));
                }
            }
            for file in entries(&report["payloads"]).flat_map(|payload| entries(&payload["files"])) {
                let name = text(&file["file"]);
                let dropped = run.dropped.get(name.rsplit('/').next().unwrap_or_default()).map_or(&[][..], Vec::as_slice);
                // Each line of a row that cannot be taken may count as one.
                let most = dropped.iter().map(|(_, lines)| lines).sum();
                let refused = file["refused_rows"].as_u64().expect("a count");
                if !(dropped.len() as u64..=most).contains(&refused) {
                    found.push(("refused rows", format!("{name} should have {dropped:?}, has {refused}")));
                }
                if let Some((first, _)) = dropped.first()
                    && entries(&file["problems"]).all(|problem| problem["line"] != *first)
                {
                    found.push(("place of a refused row", format!("{name}: no word of line {first}: {}", file["problems"])));
                }
            }
        }
        found
    }
}

fn entries(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The rows of a file; every column must have the one type of its kind.
pub(crate) fn rows_of(file: &Path, columns: &BTreeMap<String, ExpectedColumn>) -> Result<Vec<Row>, String> {
    let frame = read(file);
    let mut rows = vec![Row::new(); frame.height()];
    // Ids differ from koku's, whose are random.
    for column in frame.columns().iter().filter(|column| column.name() != "row_uuid") {
        let kind = columns.get(column.name().as_str()).map(|(kind, _)| kind.split(' ').next().unwrap_or_default());
        for (at, row) in rows.iter_mut().enumerate() {
            let cell = match (kind, column.get(at).expect("a row of the frame")) {
                (_, AnyValue::Null) => continue,
                (
                    Some("date"),
                    AnyValue::Datetime(value, TimeUnit::Milliseconds, None) | AnyValue::DatetimeOwned(value, TimeUnit::Milliseconds, None),
                ) => Cell::Date(value),
                (Some("number"), AnyValue::Float64(value)) if value.is_nan() => return Err(format!("{} holds NaN", column.name())),
                (Some("number"), AnyValue::Float64(value)) => Cell::Number(value + 0.0),
                (Some("text"), AnyValue::String(value)) => Cell::Text(value.to_owned()),
                // The cells of a frame of one row.
                (Some("text"), AnyValue::StringOwned(value)) => Cell::Text(value.to_string()),
                (kind, value) => return Err(format!("{} should be {kind:?}, holds {value:?}", column.name())),
            };
            row.insert(column.name().to_string(), cell);
        }
    }
    Ok(rows)
}

fn expected_rows(columns: &BTreeMap<String, ExpectedColumn>) -> Vec<Row> {
    let mut rows = vec![Row::new(); columns.values().next().map_or(0, |(_, values)| values.len())];
    for (name, (kind, values)) in columns {
        for (row, value) in rows.iter_mut().zip(values) {
            let cell = match (kind.split(' ').next(), value) {
                (_, Value::Null) => continue,
                (Some("date"), value) => Cell::Date(value.as_i64().expect("milliseconds")),
                // As text, since serde_json may be off by the last bit; plus zero, which makes -0 zero.
                (Some("number"), value) => Cell::Number(text(value).parse::<f64>().expect("a number") + 0.0),
                (_, value) => Cell::Text(text(value)),
            };
            row.insert(name.clone(), cell);
        }
    }
    rows
}

/// Two multisets of rows.
pub(crate) fn same_hourly(columns: &BTreeMap<String, ExpectedColumn>, actual: &[Row]) -> Result<(), String> {
    let texts = |rows: &[Row]| {
        let mut texts: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
        texts.sort();
        texts
    };
    let (expected, actual) = (texts(&expected_rows(columns)), texts(actual));
    if expected == actual {
        return Ok(());
    }
    let missing: Vec<_> = expected.iter().filter(|row| actual.binary_search(row).is_err()).take(2).collect();
    let extra: Vec<_> = actual.iter().filter(|row| expected.binary_search(row).is_err()).take(2).collect();
    Err(format!("{} rows are expected, {} are there; missing {missing:#?}, extra {extra:#?}", expected.len(), actual.len()))
}

/// One row for each group and day; several payloads or files of one day may each bring a part.
pub(crate) fn same_daily(columns: &BTreeMap<String, ExpectedColumn>, actual: Vec<Row>) -> Result<(), String> {
    let role = |name: &str| columns.get(name).and_then(|(kind, _)| kind.split(' ').nth(1)).unwrap_or_default();
    let by_key = |rows: Vec<Row>| {
        let mut merged: BTreeMap<String, Row> = BTreeMap::new();
        for row in rows {
            let key: Vec<_> = row.iter().filter(|(name, _)| role(name) == "key").collect();
            let entry = merged.entry(format!("{key:?}")).or_default();
            for (name, cell) in row {
                let cell = match (entry.get(&name), cell) {
                    (Some(Cell::Number(so_far)), Cell::Number(more)) if role(&name) == "sum" => Cell::Number(so_far + more),
                    (Some(so_far), cell) if *so_far > cell => so_far.clone(),
                    (_, cell) => cell,
                };
                entry.insert(name, cell);
            }
        }
        merged
    };
    let (expected, actual) = (by_key(expected_rows(columns)), by_key(actual));
    let is_same = |name: &String, one: Option<&Cell>, other: Option<&Cell>| match (one, other) {
        (Some(Cell::Number(one)), Some(Cell::Number(other))) if role(name) == "sum" && (one - other).is_finite() => {
            (one - other).abs() <= TOLERANCE * one.abs().max(other.abs())
        }
        _ => one == other,
    };
    for (key, row) in &expected {
        let Some(ours) = actual.get(key) else { return Err(format!("lacks {row:?}")) };
        let names: BTreeSet<_> = row.keys().chain(ours.keys()).collect();
        if let Some(name) = names.into_iter().find(|name| !is_same(name, row.get(*name), ours.get(*name))) {
            return Err(format!("{name} should be {:?}, is {:?} in {key}", row.get(name), ours.get(name)));
        }
    }
    actual.iter().find(|(key, _)| !expected.contains_key(*key)).map_or(Ok(()), |(_, row)| Err(format!("should not have {row:?}")))
}

/// The cases of one kind.
fn cases(folder: &Path) -> Vec<Case> {
    let load = |file: PathBuf| {
        let path = folder.join(&file);
        let text = std::fs::read_to_string(&path).expect("a file of the archive");
        let case: Case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {}", file.display()));
        Case { folder: path.parent().expect("a case").to_owned(), ..case }
    };
    files(folder).into_iter().filter(|file| file.ends_with("case.json")).map(load).collect()
}

/// Runs all cases of a kind; the number of cases of each of koku's outcomes.
fn check_all(kind: &str) -> BTreeMap<String, usize> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    unpack("ingest.tar.zst", &[kind], folder.path());
    let cases = cases(folder.path());
    let next = AtomicUsize::new(0);
    let differences: Vec<(String, &'static str, String)> = std::thread::scope(|scope| {
        let worker = || {
            let mut differences = Vec::new();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                let store = tempfile::tempdir().expect("a temporary folder");
                let answers = case.ingest(store.path());
                let found = case.check(store.path(), &answers);
                let describe = |details: String| format!("{} (koku: {}; {:?}) {details}", case.name(), case.koku, case.repairs);
                differences.extend(found.into_iter().map(|(what, details)| (case.name(), what, describe(details))));
            }
            differences
        };
        let workers: Vec<_> = (0..PARALLEL).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic in a worker")).collect()
    });
    let is_listed = |name: &str, what: &str| DEVIATIONS.iter().any(|(listed, of, _)| *listed == name && *of == what);
    let wrong: Vec<_> =
        differences.iter().filter(|(name, what, _)| !is_listed(name, what)).map(|(_, what, text)| format!("{what}: {text}")).collect();
    let unused: Vec<_> = DEVIATIONS
        .iter()
        .filter(|(listed, of, _)| listed.starts_with(kind) && !differences.iter().any(|(name, what, _)| name == listed && what == of))
        .collect();
    assert!(
        wrong.is_empty() && unused.is_empty(),
        "{} differences:\n\n{}\n\nno deviation any more: {unused:?}",
        wrong.len(),
        wrong.join("\n\n")
    );
    let mut outcomes = BTreeMap::new();
    for case in cases {
        *outcomes.entry(case.koku).or_default() += 1;
    }
    outcomes
}

pub(crate) fn counts<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    counts.into_iter().map(|(outcome, count)| (outcome.to_owned(), count)).collect()
}

// The counts are those of `tools/oracle/ingest.py run`: nothing in the archive is skipped.
#[test]
fn all_237_cases_of_reports_give_the_rows_of_koku() {
    let expected = [("failed", 24), ("no_rows", 9), ("rejected", 17), ("rows", 180), ("unknown_type", 7)];
    assert_eq!(check_all("ocp"), counts(expected));
}

#[test]
fn all_46_cases_of_payloads_give_the_rows_of_koku() {
    assert_eq!(check_all("payload"), counts([("kept_old", 5), ("no_rows", 7), ("rejected", 9), ("rows", 25)]));
}

#[test]
fn all_4_sets_of_nise_give_the_rows_of_koku() {
    assert_eq!(check_all("nise"), counts([("rows", 4)]));
}

#[test]
fn our_own_payloads_give_the_rows_of_koku() {
    assert_eq!(check_all("own"), counts([("rows", 2)]));
}
