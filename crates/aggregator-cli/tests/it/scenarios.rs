//! The scenarios of `fixtures/scenarios`: every one through the binary, by its `run.toml`, and against its `summary.csv`.

use std::path::{Path, PathBuf};

use polars::prelude::{AnyValue, DataFrame};
use serde_json::Value;

use crate::program::{TABLE, aggregator, data_files, managed_table, read, run};

/// How far a double may be from the expected one, of the greater of the two: both are right, but were computed in another order.
/// Everything that is no double must be equal.
const RELATIVE_TOLERANCE: f64 = 1e-9;

/// One cell, in a form that does not depend on where it was read.
#[derive(Clone, Debug, PartialEq)]
enum Cell {
    Null,
    Double(f64),
    Json(Value),
    /// Text, dates and integers.
    Text(String),
}

impl Cell {
    fn new(column: &str, text: Option<&str>) -> Result<Self, String> {
        let Some(text) = text else { return Ok(Self::Null) };
        let wrong = |what: &str| format!("`{column}` holds {text:?}, which is no {what}");
        if is_double(column) {
            text.parse().map(Self::Double).map_err(|_| wrong("number"))
        } else if column.ends_with("_labels") {
            serde_json::from_str(text).ok().filter(Value::is_object).map(Self::Json).ok_or_else(|| wrong("JSON object"))
        } else {
            Ok(Self::Text(text.to_owned()))
        }
    }

    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Double(one), Self::Double(two)) => (one - two).abs() <= RELATIVE_TOLERANCE * one.abs().max(two.abs()),
            (one, two) => one == two,
        }
    }
}

fn is_double(column: &str) -> bool {
    ["_hours", "_months", "_cores", "_gigabytes", "_gigabyte"].iter().any(|unit| column.ends_with(unit))
}

type Row = Vec<Cell>;

fn equal(one: &Row, two: &Row) -> bool {
    one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.equals(two))
}

fn scenarios() -> Vec<PathBuf> {
    let root = repository().join("fixtures/scenarios");
    let folders = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{error}: {}", folder.display()));
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
    };
    let mut found: Vec<_> = folders(&root).iter().flat_map(|suite| folders(suite)).collect();
    found.sort();
    found
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The fields of CSV as PostgreSQL writes it: an empty field without quotes is null.
fn csv(text: &str) -> Vec<Vec<Option<String>>> {
    let mut rows = Vec::new();
    let (mut row, mut field) = (Vec::new(), String::new());
    let (mut quoted, mut was_quoted) = (false, false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            ',' | '\n' if !quoted => {
                row.push((was_quoted || !field.is_empty()).then(|| std::mem::take(&mut field)));
                was_quoted = false;
                if character == '\n' {
                    rows.push(std::mem::take(&mut row));
                }
            }
            other => field.push(other),
        }
    }
    assert!(row.is_empty() && field.is_empty() && !quoted, "the last line is not complete");
    rows
}

fn expected(scenario: &Path) -> Result<(Vec<String>, Vec<Row>), String> {
    let path = scenario.join("expected/summary.csv");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{error}: {}", path.display()))?;
    let mut lines = csv(&text).into_iter();
    let columns: Vec<String> = lines.next().into_iter().flatten().flatten().collect();
    let rows: Vec<Row> = lines
        .map(|line| {
            if line.len() != columns.len() {
                return Err(format!("a line of {} has {} fields", path.display(), line.len()));
            }
            columns.iter().zip(line).map(|(column, field)| Cell::new(column, field.as_deref())).collect()
        })
        .collect::<Result<_, _>>()?;
    if rows.is_empty() { Err(format!("{} holds no row", path.display())) } else { Ok((columns, rows)) }
}

/// The rows of a file of the result; it must have the expected columns, `uuid`, and no other.
fn written(frame: &DataFrame, columns: &[String]) -> Result<Vec<Row>, String> {
    let mut names: Vec<_> = frame.columns().iter().map(|column| column.name().as_str()).collect();
    let mut wanted: Vec<_> = columns.iter().map(String::as_str).chain(["uuid"]).collect();
    names.sort_unstable();
    wanted.sort_unstable();
    if names != wanted {
        return Err(format!("the columns are {names:?}, not {wanted:?}"));
    }
    let columns: Vec<_> = columns.iter().map(|name| frame.column(name).unwrap()).collect();
    (0..frame.height())
        .map(|row| {
            columns
                .iter()
                .map(|column| match column.get(row).unwrap() {
                    AnyValue::Null => Ok(Cell::Null),
                    AnyValue::Float64(value) => Ok(Cell::Double(value)),
                    AnyValue::String(text) => Cell::new(column.name(), Some(text)),
                    other => Cell::new(column.name(), Some(&other.to_string())),
                })
                .collect()
        })
        .collect()
}

/// The rows that are expected and not there, and those that are there and not expected.
fn compare(expected: Vec<Row>, mut actual: Vec<Row>) -> (Vec<Row>, Vec<Row>) {
    let mut missing = Vec::new();
    for row in expected {
        match actual.iter().position(|candidate| equal(candidate, &row)) {
            Some(at) => drop(actual.swap_remove(at)),
            None => missing.push(row),
        }
    }
    (missing, actual)
}

fn told(columns: &[String], rows: &[Row]) -> String {
    rows.iter()
        .take(3)
        .map(|row| {
            let cells = columns.iter().zip(row).filter(|(_, cell)| **cell != Cell::Null);
            cells.map(|(column, cell)| format!("{column}={cell:?}")).collect::<Vec<_>>().join(" ")
        })
        .collect::<Vec<_>>()
        .join("\n    ")
}

fn check(scenario: &Path) -> Result<usize, String> {
    let settings: toml::Table = std::fs::read_to_string(scenario.join("run.toml")).unwrap().parse().unwrap();
    let setting = |name: &str| settings[name].as_str().unwrap();
    let (columns, expected) = expected(scenario)?;
    let count = expected.len();

    let output = tempfile::tempdir().unwrap();
    let config = scenario.join("run.toml").display().to_string();
    let mut command = aggregator(["ocp", "summarize", "--config", &config, "--output", &output.path().display().to_string()]);
    let answer = run(command.current_dir(repository()));
    if answer.exit_code != Some(0) {
        return Err(format!("failed: {}", answer.stderr));
    }

    let table = managed_table(output.path(), setting("schema"));
    let mut actual = Vec::new();
    for file in data_files(&table) {
        let rows = written(&read(&table.join(&file)), &columns)?;
        let day = columns.iter().position(|column| column == "usage_start").ok_or("no usage_start is expected")?;
        for row in &rows {
            let Cell::Text(date) = &row[day] else { return Err(format!("a row of {TABLE} has no day")) };
            let [year, month, day] = date.split('-').map(|part| part.trim_start_matches('0')).collect::<Vec<_>>()[..] else {
                return Err(format!("{date} is no date"));
            };
            let partition = format!("source={}/year={year}/month={month}/day={day}", setting("source"));
            if file.parent() != Some(Path::new(&partition)) {
                return Err(format!("a row of {date} is in {}", file.display()));
            }
        }
        actual.extend(rows);
    }
    let (missing, extra) = compare(expected, actual);
    if missing.is_empty() && extra.is_empty() {
        return Ok(count);
    }
    Err(format!(
        "{} of {count} rows are missing, {} are too many\n  missing:\n    {}\n  too many:\n    {}",
        missing.len(),
        extra.len(),
        told(&columns, &missing),
        told(&columns, &extra)
    ))
}

#[test]
fn every_scenario_gives_its_expected_rows() {
    let scenarios = scenarios();
    assert!(!scenarios.is_empty(), "there is no scenario");
    let wrong: Vec<_> = scenarios
        .iter()
        .filter_map(|scenario| check(scenario).err().map(|error| format!("{}: {error}", scenario.file_name().unwrap().display())))
        .collect();
    assert!(wrong.is_empty(), "{} of {} scenarios differ\n{}", wrong.len(), scenarios.len(), wrong.join("\n"));
}

/// The comparison itself: a changed, a missing and a doubled row, and null beside an empty text, are differences.
#[test]
fn a_changed_golden_is_noticed() {
    let row = |text: &str| -> Row {
        let fields = csv(text).remove(0);
        ["namespace", "pod_labels", "pod_usage_cpu_core_hours"]
            .iter()
            .zip(fields)
            .map(|(column, field)| Cell::new(column, field.as_deref()).unwrap())
            .collect()
    };
    let original = row("a,\"{\"\"k\"\": \"\"v\"\", \"\"l\"\": \"\"\"\"}\",12.5\n");
    let differs = |expected: &[Row], actual: &[Row]| {
        let (missing, extra) = compare(expected.to_vec(), actual.to_vec());
        !missing.is_empty() || !extra.is_empty()
    };
    let same = row("a,\"{\"\"l\"\":\"\"\"\",\"\"k\"\":\"\"v\"\"}\",12.500000001\n");
    assert!(!differs(std::slice::from_ref(&original), &[same]));
    for changed in [
        "b,\"{\"\"k\"\": \"\"v\"\", \"\"l\"\": \"\"\"\"}\",12.5\n",
        "a,\"{\"\"k\"\": \"\"v\"\"}\",12.5\n",
        "a,,12.5\n",
        "a,\"{\"\"k\"\": \"\"v\"\", \"\"l\"\": \"\"\"\"}\",12.50000002\n",
        "a,\"{\"\"k\"\": \"\"v\"\", \"\"l\"\": \"\"\"\"}\",\n",
    ] {
        assert!(differs(std::slice::from_ref(&original), &[row(changed)]), "{changed}");
    }
    assert!(differs(&[original.clone(), original.clone()], std::slice::from_ref(&original)));
    assert!(differs(std::slice::from_ref(&original), &[original.clone(), original.clone()]));
    assert!(differs(&[row("\"\",{},1\n")], &[row(",{},1\n")]));
}
