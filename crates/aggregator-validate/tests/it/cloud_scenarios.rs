//! Scenarios of `fixtures/scenarios/nise-{aws,azure,gcp}`: real output of nise, through ingest and summary.

use std::path::{Path, PathBuf};

use aggregator_core::cloud::{CloudRun, Provider, Values};
use aggregator_core::ingest::cloud::{Ingress, Losses};
use aggregator_core::labels::EnabledTagKeys;
use aggregator_core::run::Window;
use aggregator_io::cloud::{ListRequest, Statement, Summarize, invoice_chunks, summarize};
use aggregator_io::execute::Engine;
use aggregator_io::ingest::cloud::{CloudIngest, ROWS_AT_A_TIME, Span, TAG_ENABLED_LIMIT, ingest};
use aggregator_io::ingest::{BadInput, Replace, Write};
use aggregator_io::ocp::ManagedCopy;
use aggregator_io::source::cloud_reference::CloudReference;
use aggregator_io::source::path::managed_table;
use aggregator_io::store::Store;
use aggregator_validate::command::{Outcome, run};
use chrono::NaiveDate;
use polars::prelude::{AnyValue, DataFrame, DataType, IntoLazy, LazyFrame, NamedFrom, Series, col, lit, when};
use serde_json::Value;

use crate::cloud_cases::frame;
use crate::program::write;

const SCHEMA: &str = "org1234567";
pub(crate) const SOURCE: &str = "0c9a0000-0000-4000-8000-000000000005";
/// The markup of every summary, in percent.
pub(crate) const MARKUP: &str = "12.5";

/// A scenario with the files that nise made of it.
pub(crate) struct Scenario {
    cloud: Provider,
    pub(crate) name: String,
    files: tempfile::TempDir,
    /// When nise was run.
    today: String,
}

/// A summary of a scenario.
pub(crate) struct Summarized {
    pub(crate) scenario: Scenario,
    pub(crate) store: tempfile::TempDir,
    /// The folder of the table.
    pub(crate) table: PathBuf,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

fn suite(cloud: Provider) -> &'static str {
    match cloud {
        Provider::Aws => "nise-aws",
        Provider::Azure => "nise-azure",
        Provider::Gcp => "nise-gcp",
    }
}

/// The names of all scenarios of a cloud.
fn names(cloud: Provider) -> Vec<String> {
    let entries = std::fs::read_dir(fixtures().join(suite(cloud))).unwrap();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".tar.zst").map(str::to_owned)).collect();
    names.sort();
    names
}

impl Scenario {
    pub(crate) fn open(cloud: Provider, name: &str) -> Self {
        let files = tempfile::tempdir().unwrap();
        let file = std::fs::File::open(fixtures().join(suite(cloud)).join(format!("{name}.tar.zst"))).unwrap();
        tar::Archive::new(zstd::Decoder::new(file).unwrap()).unpack(files.path()).unwrap();
        let today = files.path().join("today.txt");
        let text = std::fs::read_to_string(&today).unwrap().trim().to_owned();
        std::fs::remove_file(today).unwrap();
        Self { cloud, name: name.to_owned(), files, today: text }
    }

    fn file(&self, ending: &str) -> PathBuf {
        fixtures().join("scenarios").join(suite(self.cloud)).join(format!("{}.{ending}", self.name))
    }

    fn reference(&self) -> Option<PathBuf> {
        Some(self.file("reference.json")).filter(|path| path.is_file())
    }

    /// Every file of the export, in the order of their names.
    fn exports(&self) -> Vec<String> {
        let (mut waiting, mut files) = (vec![self.files.path().to_owned()], Vec::new());
        while let Some(place) = waiting.pop() {
            for path in std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() { waiting.push(path) } else { files.push(path.display().to_string()) }
            }
        }
        files.sort();
        files
    }

    fn statement(&self, invoice_month: String) -> Statement {
        match self.cloud {
            Provider::Aws => Statement::AwsDaily,
            Provider::Azure => Statement::AzureDaily,
            Provider::Gcp => Statement::GcpDaily { invoice_month },
        }
    }

    /// Ingests and summarises.
    pub(crate) async fn summarize(self) -> Summarized {
        let store = tempfile::tempdir().unwrap();
        let place = Store::directory(store.path()).unwrap();
        let today: NaiveDate = self.today[.."0000-00-00".len()].parse().unwrap();
        let request = CloudIngest {
            cloud: self.cloud,
            store: &place,
            schema: SCHEMA,
            source: SOURCE.parse().unwrap(),
            exports: &self.exports(),
            month: None,
            today,
            span: Span::Month,
            ingress: Ingress::No,
            losses: Losses::AsKoku,
            manifest_id: None,
            replace: Replace::Always,
            write: Write::Yes,
            bad_input: BadInput::Warn,
            rows_at_a_time: ROWS_AT_A_TIME,
            engine: Engine::Auto,
            database: None,
            tag_enabled_limit: TAG_ENABLED_LIMIT,
        };
        let ingested = ingest(&request, |_| {}).await.unwrap();
        assert!(!ingested.has_refused(), "{}: {ingested:?}", self.name);
        let reference = match self.reference() {
            Some(path) => CloudReference::from_json_file(&path, self.cloud.cloud().name()).await.unwrap(),
            None => CloudReference::embedded(EnabledTagKeys::All),
        };
        let mut months: Vec<NaiveDate> = ingested.exports.iter().flat_map(|export| &export.days).map(|day| day.month).collect();
        months.sort_unstable();
        months.dedup();
        for month in months {
            let window = Window::new(month, month).unwrap().whole_month();
            let invoice_month = month.format("%Y%m").to_string();
            let chunks = match self.cloud {
                Provider::Gcp => {
                    let (start, end, engine) = (window.start(), window.end(), Engine::Auto);
                    let request = ListRequest { store: &place, schema: SCHEMA, source: SOURCE.parse().unwrap(), start, end, engine };
                    invoice_chunks(&request, &invoice_month).await.unwrap()
                }
                _ => vec![(window.start(), window.end())],
            };
            let run = CloudRun {
                source: SOURCE.parse().unwrap(),
                bill_id: None,
                start: chunks.iter().map(|(first, _)| *first).fold(window.start(), NaiveDate::min),
                end: chunks.iter().map(|(_, last)| *last).fold(window.end(), NaiveDate::max),
                markup: MARKUP.parse().unwrap(),
                values: Values::Repaired,
            };
            let statement = self.statement(invoice_month);
            let request = Summarize {
                store: &place,
                schema: SCHEMA,
                statement: &statement,
                run: &run,
                bill_month: month,
                chunks: &chunks,
                reference: &reference,
                database: None,
                output: ManagedCopy::To(&place),
                engine: Engine::Auto,
                memory_limit: None,
            };
            summarize(&request, |_| {}).await.unwrap();
        }
        let table = store.path().join(managed_table(SCHEMA, self.statement(String::new()).summary()));
        Summarized { scenario: self, store, table }
    }
}

impl Summarized {
    pub(crate) fn of(cloud: Provider, name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(Scenario::open(cloud, name).summarize())
    }

    /// Runs `nise` on `result` with all that the run knew.
    pub(crate) fn validate(&self, result: &Path, more: &[&str]) -> Outcome {
        let report = self.scenario.file("yml").display().to_string();
        let result = result.display().to_string();
        let fixed = ["aggregator-validate", "nise", &report, "--result", &result, "--today", &self.scenario.today, "--source", SOURCE];
        let mut arguments: Vec<String> = fixed.into_iter().chain(["--markup", MARKUP]).map(str::to_owned).collect();
        if let Some(reference) = self.scenario.reference() {
            arguments.extend(["--reference".to_owned(), reference.display().to_string()]);
        }
        run(arguments.into_iter().chain(more.iter().map(|more| (*more).to_owned())).map(Into::into))
    }

    /// All rows of the summary.
    pub(crate) fn rows(&self) -> DataFrame {
        let (mut waiting, mut frames) = (vec![self.table.clone()], Vec::new());
        while let Some(place) = waiting.pop() {
            for path in std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    waiting.push(path);
                } else if path.extension().is_some_and(|extension| extension == "parquet") {
                    frames.push((path.clone(), frame(&path)));
                }
            }
        }
        frames.sort_by(|(one, _), (other, _)| one.cmp(other));
        frames.into_iter().map(|(_, frame)| frame).reduce(|all, frame| all.vstack(&frame).unwrap()).unwrap()
    }

    /// Writes `frame` as a result, and validates that.
    pub(crate) fn validate_frame(&self, frame: &DataFrame, more: &[&str]) -> Outcome {
        let file = self.store.path().join("changed.parquet");
        write(&mut frame.clone(), &file);
        self.validate(&file, more)
    }
}

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

/// Columns of which some cell is not determined.
fn open_columns(report: &Value) -> Vec<String> {
    let open = report["rows"]["not_determined"].as_array().unwrap();
    let mut columns: Vec<String> = open.iter().map(|one| one["column"].as_str().unwrap_or("whole rows").to_owned()).collect();
    columns.sort();
    columns.dedup();
    columns
}

/// `frame` with another value of `column` in `row`, further away than any tolerance. None where a column holds nothing to change.
fn changed(frame: &DataFrame, column: &str, row: usize) -> Option<DataFrame> {
    let series = frame.column(column).unwrap().as_materialized_series().clone();
    let is_row = || lit(Series::new("".into(), (0..frame.height()).map(|at| at == row).collect::<Vec<_>>()));
    let is_null = matches!(series.get(row).unwrap(), AnyValue::Null);
    let data_type = series.dtype().clone();
    let value = match &data_type {
        DataType::Decimal(..) | DataType::Float64 if is_null => lit(1.0),
        // Far more than a unit in the last place of every row.
        DataType::Decimal(..) => col(column).cast(DataType::Float64) * lit(1.001) + lit(0.001),
        DataType::Float64 => col(column) + lit(1.0),
        DataType::Int32 if is_null => lit(1),
        DataType::Int32 => col(column) + lit(1),
        DataType::Date => (col(column).cast(DataType::Int32) + lit(1)).cast(DataType::Date),
        DataType::String => {
            let text = series.str().unwrap().get(row).unwrap_or_default();
            lit(if text.starts_with('{') { r#"{"another":"tag"}"#.to_owned() } else { format!("{text}x") })
        }
        DataType::List(_) => lit(Series::new("".into(), ["another"])).implode(false),
        _ => return None,
    };
    let other = when(is_row()).then(value.cast(data_type)).otherwise(col(column)).alias(column);
    Some(execute(frame.clone().lazy().with_column(other)))
}

#[expect(clippy::disallowed_methods, reason = "a changed row is no plan of the product")]
fn execute(plan: LazyFrame) -> DataFrame {
    plan.collect().unwrap()
}

/// Changes every cell of every determined column of `rows`, one at a time; says how many changes there were, and which nobody saw.
fn unseen_changes(summarized: &Summarized, rows: std::ops::Range<usize>) -> (usize, Vec<String>) {
    let original = summarized.rows();
    let outcome = summarized.validate_frame(&original, &["--format", "json"]);
    assert_eq!(outcome.exit.code(), 0, "{}: {outcome:?}", summarized.scenario.name);
    let open = open_columns(&json(&outcome));
    let (mut changes, mut unseen) = (0, Vec::new());
    for column in original.columns().iter().map(|column| column.name().as_str()) {
        // The source is also the filter: a row of another source is one row less, which may be any number among random ones.
        let is_filter = column == "source_uuid" && open.iter().any(|open| open == "usage_amount");
        if column == "uuid" || is_filter || open.iter().any(|open| open == column) {
            continue;
        }
        for row in rows.clone() {
            let Some(frame) = changed(&original, column, row) else { continue };
            let outcome = summarized.validate_frame(&frame, &["--limit", "1"]);
            changes += 1;
            if outcome.exit.code() != 1 {
                unseen.push(format!("{}: {column} of row {row}: {outcome:?}", summarized.scenario.name));
            }
        }
    }
    (changes, unseen)
}

/// Validates every scenario of a cloud, of which there are `at_least` so many; those `with_random_parts` have columns that cannot be
/// known, beside those that are `not_given` by any file of nise, and the others have none.
pub(crate) fn hold_every_scenario(cloud: Provider, at_least: usize, with_random_parts: &[&str], not_given: &[&str]) {
    let names = names(cloud);
    assert!(names.len() >= at_least, "{names:?}");
    let mut wrong = Vec::new();
    for name in &names {
        let summarized = Summarized::of(cloud, name);
        let outcome = summarized.validate(&summarized.table, &["--format", "json"]);
        if outcome.exit.code() == 2 {
            wrong.push(format!("{name}: {}", outcome.stderr));
            continue;
        }
        let report = json(&outcome);
        let open: Vec<String> = open_columns(&report).into_iter().filter(|column| !not_given.contains(&column.as_str())).collect();
        let (expected, equal) = (report["rows"]["expected"].as_u64(), report["rows"]["equal"].as_u64());
        let is_random = with_random_parts.contains(&name.as_str());
        if outcome.exit.code() != 0 || expected == Some(0) || expected != equal || open.is_empty() == is_random {
            wrong.push(format!("{name}: open {open:?} {}", outcome.stdout));
        }
    }
    assert!(wrong.is_empty(), "{} of {} scenarios\n{}", wrong.len(), names.len(), wrong.join("\n"));
}

/// Changes every determined cell of the first rows of every scenario of a cloud: `at_least` so many changes, all of them found.
pub(crate) fn find_every_change(cloud: Provider, rows: usize, at_least: usize) {
    let (mut changes, mut unseen) = (0, Vec::new());
    for name in names(cloud) {
        let summarized = Summarized::of(cloud, &name);
        let height = summarized.rows().height();
        let (more, missed) = unseen_changes(&summarized, 0..height.min(rows));
        changes += more;
        unseen.extend(missed);
    }
    assert!(changes >= at_least && unseen.is_empty(), "{} of {changes}: {}", unseen.len(), unseen.join("\n"));
}

/// Takes each row out of the scenarios `names`, and adds each once more: all found.
pub(crate) fn find_rows_too_few_or_too_many(cloud: Provider, names: &[&str]) {
    for name in names {
        let summarized = Summarized::of(cloud, name);
        for (at, frame) in rows_changed(&summarized.rows()).into_iter().enumerate() {
            let outcome = summarized.validate_frame(&frame, &[]);
            assert_eq!(outcome.exit.code(), 1, "{name} {at}: {outcome:?}");
        }
    }
}

/// Sum of a column on a day.
pub(crate) fn sum(frame: &DataFrame, column: &str, day: &str) -> f64 {
    let days = frame.column("usage_start").unwrap().cast(&DataType::String).unwrap();
    let numbers = frame.column(column).unwrap().cast(&DataType::Float64).unwrap();
    let of_day = days.str().unwrap().iter().zip(numbers.f64().unwrap().iter()).filter(|(known, _)| *known == Some(day));
    of_day.filter_map(|(_, number)| number).sum()
}

/// `original` without each of its rows, and with each of them twice.
fn rows_changed(original: &DataFrame) -> Vec<DataFrame> {
    let change = |row: usize| {
        let at = i64::try_from(row).unwrap();
        let without = original.head(Some(row)).vstack(&original.slice(at + 1, original.height())).unwrap();
        [without, original.vstack(&original.slice(at, 1)).unwrap()]
    };
    (0..original.height()).flat_map(change).collect()
}

/// Holds the summary against the scenario's file with `to` in place of `from`.
pub(crate) fn another_file(summarized: &Summarized, from: &str, to: &str) -> Outcome {
    let text = std::fs::read_to_string(summarized.scenario.file("yml")).unwrap();
    assert!(text.contains(from), "{from}");
    let file = summarized.store.path().join("other.yml");
    std::fs::write(&file, text.replace(from, to)).unwrap();
    let arguments = ["aggregator-validate".into(), "nise".into(), file.into(), "--result".into(), summarized.table.clone().into()];
    run(arguments.into_iter().chain(["--markup".into(), MARKUP.into()]))
}
