//! Line items as Trino reads them: which files, which types, which rows.

use std::path::{Path, PathBuf};

use aggregator_core::run::Window;
use aggregator_core::table::Table;
use aggregator_core::table::ocp::{NODE_LABELS_DAILY, POD_USAGE_DAILY, STORAGE_USAGE_DAILY};
use aggregator_io::error::{Error, Result};
use aggregator_io::execute::{Engine, transform};
use aggregator_io::source::line_items::{LineItemFiles, Partition, table_exists};
use aggregator_io::source::parquet::ParquetFile;
use aggregator_io::source::path::Month;
use aggregator_io::store::Store;
use chrono::{Datelike, NaiveDate};
use polars::prelude::*;

const SCHEMA: &str = "org1234567";
const SOURCE: &str = "9f0a1b2c-3d4e-4f50-8a6b-7c8d9e0f1a2b";
const MILLISECONDS_PER_DAY: i64 = 86_400_000;

/// A column that is text, one that is a double, and the time.
const TEXT: &str = "pod";
const DOUBLE: &str = "pod_usage_cpu_core_seconds";
const TIME: &str = "interval_start";

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// Milliseconds of the midnight that begins a day.
fn midnight(text: &str) -> i64 {
    i64::from(date(text).num_days_from_ce() - NaiveDate::default().num_days_from_ce()) * MILLISECONDS_PER_DAY
}

fn times(name: &str, stamps: &[i64], unit: TimeUnit, zone: Option<TimeZone>) -> Column {
    Series::new(name.into(), stamps).cast(&DataType::Datetime(unit, zone)).expect("stamps").into_column()
}

/// A store with the files of one source and month.
struct Files {
    folder: tempfile::TempDir,
    store: Store,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::directory(folder.path()).expect("an absolute path");
        Self { folder, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        let month = format!("data/parquet/daily/{SCHEMA}/OCP/pod_usage/source={SOURCE}/year=2026/month=02");
        let path = self.folder.path().join(month).join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        path
    }

    /// Writes rows of the first of February whose pods are `pods`.
    fn pods(&self, name: &str, pods: &[&str]) -> PathBuf {
        let stamps = vec![midnight("2026-02-01"); pods.len()];
        let columns = vec![Column::new(TEXT.into(), pods), times(TIME, &stamps, TimeUnit::Milliseconds, None)];
        self.write(name, columns)
    }

    fn write(&self, name: &str, columns: Vec<Column>) -> PathBuf {
        let path = self.path(name);
        write(&path, columns);
        path
    }

    async fn open(&self) -> Result<LineItemFiles> {
        let window = window("2026-02-01", "2026-02-28");
        let partition =
            Partition { store: &self.store, schema: SCHEMA, source: SOURCE.parse().expect("a UUID"), month: Month::of(window.start()) };
        LineItemFiles::open(&partition, &POD_USAGE_DAILY, self.folder.path(), Engine::Auto).await
    }

    /// The rows of some days.
    async fn rows_of(&self, start: &str, end: &str) -> Result<DataFrame> {
        let files = self.open().await?;
        let window = window(start, end);
        files.collect(files.scan(&window)?, &window, Engine::Auto).await
    }

    async fn rows(&self) -> Result<DataFrame> {
        self.rows_of("2026-02-01", "2026-02-28").await
    }

    /// The pods of the month, ordered.
    async fn read_pods(&self) -> Vec<String> {
        texts(&self.rows().await.expect("files that can be read"))
    }
}

fn window(start: &str, end: &str) -> Window {
    Window::new(date(start), date(end)).expect("days of one month")
}

fn write(path: &Path, columns: Vec<Column>) {
    let mut frame = DataFrame::new_infer_height(columns).expect("columns of one length");
    ParquetWriter::new(std::fs::File::create(path).expect("a new file")).finish(&mut frame).expect("a file of Parquet");
}

fn texts(frame: &DataFrame) -> Vec<String> {
    let mut texts: Vec<_> =
        frame.column(TEXT).expect("a column").str().expect("text").iter().map(|text| text.unwrap_or("null").to_owned()).collect();
    texts.sort();
    texts
}

/// One column as `table` declares it.
async fn read_column(column: Column) -> Result<Column> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("file.parquet");
    let name = column.name().clone();
    write(&path, vec![column]);
    let file = ParquetFile { path, shown: "the file".to_owned() };
    let frame = transform(file.scan(&POD_USAGE_DAILY)?, Engine::InMemory, "the file").await?;
    assert_eq!(frame.schema().as_ref(), &POD_USAGE_DAILY.schema());
    Ok(frame.column(&name).expect("a column of the table").clone())
}

/// A column of `values` with another type.
fn cast(name: &str, values: impl IntoColumn, to: &DataType) -> Column {
    values.into_column().cast(to).expect("values of the type").with_name(name.into())
}

async fn refused(column: Column) -> String {
    let (name, data_type) = (column.name().to_string(), column.dtype().clone());
    let error = read_column(column).await.expect_err(&format!("{name} as {data_type} is refused"));
    assert!(matches!(&error, Error::Column { path, column, .. } if path == "the file" && *column == name), "{error:?}");
    assert!(!error.is_retryable() && error.hint().is_some());
    error.to_string()
}

fn integers(values: &[i64]) -> Series {
    Series::new("".into(), values)
}

// Which files.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_file_but_hidden_and_empty_ones_is_read() {
    let files = Files::new();
    for (name, pod) in [
        ("2026-02-01_a_0.parquet", "plain"),
        ("no-extension", "no extension"),
        ("file.csv", "another extension"),
        ("sub/folder/file.parquet", "subfolder"),
        ("with blank, ü and %41.parquet", "odd name"),
        ("glob*[a].parquet", "glob"),
        ("source=other/year=1999/file.parquet", "partition in the partition"),
        (".hidden.parquet", "hidden by a dot"),
        ("_hidden.parquet", "hidden by an underscore"),
        ("_temporary/0/file.parquet", "hidden folder"),
        (".staging/file.parquet", "hidden folder"),
        ("sub/_folder/file.parquet", "hidden folder"),
    ] {
        files.pods(name, &[pod]);
    }
    std::fs::write(files.path("empty.parquet"), "").expect("a new file");
    std::fs::write(files.path("_SUCCESS"), "no Parquet").expect("a new file");
    let expected = ["another extension", "glob", "no extension", "odd name", "partition in the partition", "plain", "subfolder"];
    assert_eq!(files.read_pods().await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partition_with_hidden_and_empty_files_only_is_absent() {
    let files = Files::new();
    files.pods("_hidden.parquet", &["hidden"]);
    std::fs::write(files.path("empty.parquet"), "").expect("a new file");
    assert!(files.open().await.expect("nothing to read").is_absent());
    assert_eq!(files.rows().await.expect("no rows").height(), 0);
    files.pods("no-rows.parquet", &[]);
    assert!(!files.open().await.expect("a file without rows").is_absent());
    assert_eq!(files.rows().await.expect("no rows").height(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_other_sources_months_and_tables_are_not_read() {
    let files = Files::new();
    files.pods("mine.parquet", &["mine"]);
    for other in [
        "../month=03/file.parquet",
        "../month=2/file.parquet",
        "../../year=2025/month=02/file.parquet",
        "../../../source=9f0a1b2c-3d4e-4f50-8a6b-7c8d9e0f1a2c/year=2026/month=02/file.parquet",
        "../../../../pod_usage_other/source=9f0a1b2c-3d4e-4f50-8a6b-7c8d9e0f1a2b/year=2026/month=02/file.parquet",
    ] {
        files.pods(other, &["other"]);
    }
    assert_eq!(files.read_pods().await, ["mine"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_has_a_table_if_any_source_has_a_file_of_it() {
    let files = Files::new();
    files.pods("file.parquet", &["mine"]);
    assert!(table_exists(&files.store, SCHEMA, &POD_USAGE_DAILY).await.expect("a list"));
    for (schema, table) in [(SCHEMA, &STORAGE_USAGE_DAILY), (SCHEMA, &NODE_LABELS_DAILY), ("org7654321", &POD_USAGE_DAILY)] {
        let exists: bool = table_exists(&files.store, schema, table as &Table).await.expect("a list");
        assert!(!exists, "{schema} {}", table.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_among_good_ones_is_named() {
    let files = Files::new();
    let whole = std::fs::read(files.pods("a.parquet", &["good"])).expect("a file of ours");
    files.pods("c.parquet", &["good"]);
    let damaged = files.path("b.parquet");
    let mut overwritten = whole.clone();
    overwritten[4..60].fill(0xff);
    for content in [&whole[..whole.len() / 2], &whole[..whole.len() - 1], &whole[4..], b"no Parquet at all", b"P", &overwritten] {
        std::fs::write(&damaged, content).expect("a new file");
        let error = files.rows().await.expect_err("a damaged file");
        assert_eq!(error.to_string(), format!("could not read `{}` as Parquet", damaged.display()));
        assert!(!error.is_retryable(), "{error:?}");
    }
}

// Which columns.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_absent_column_is_null_and_an_unknown_one_is_ignored() {
    let files = Files::new();
    let nested = Series::new("unknown_list".into(), [Series::new("".into(), [1_i64]), Series::new("".into(), [2_i64, 3])]).into_column();
    let columns = vec![
        times(TIME, &[midnight("2026-02-01"); 2], TimeUnit::Milliseconds, None),
        Column::new("unknown".into(), [true, false]),
        nested,
        Column::new(TEXT.into(), ["a", "b"]),
    ];
    files.write("file.parquet", columns);
    let rows = files.rows().await.expect("files that can be read");
    assert_eq!(rows.schema().as_ref(), &POD_USAGE_DAILY.schema());
    for column in rows.columns() {
        let is_given = [TIME, TEXT].contains(&column.name().as_str());
        assert_eq!(column.null_count(), if is_given { 0 } else { 2 }, "{}", column.name());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_match_in_any_case() {
    let files = Files::new();
    let columns = vec![times("INTERVAL_START", &[midnight("2026-02-01")], TimeUnit::Milliseconds, None), Column::new("Pod".into(), ["a"])];
    files.write("file.parquet", columns);
    assert_eq!(files.read_pods().await, ["a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_one_table_may_differ_in_types() {
    let files = Files::new();
    files.pods("text.parquet", &["x"]);
    let stamp = midnight("2026-02-01");
    files.write("integers.parquet", vec![Column::new(TEXT.into(), [7_i64]), times(TIME, &[stamp * 1000], TimeUnit::Microseconds, None)]);
    files.write("zone.parquet", vec![Column::new(TEXT.into(), [1.5]), times(TIME, &[stamp], TimeUnit::Milliseconds, Some(TimeZone::UTC))]);
    files.write("absent.parquet", vec![times(TIME, &[stamp * 1_000_000], TimeUnit::Nanoseconds, None)]);
    assert_eq!(files.read_pods().await, ["1.5", "7", "null", "x"]);
}

// Which types: `spec/ocp_sql.md` section 13.3 (c).

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_measure_may_be_a_float_or_a_signed_integer_or_null() {
    for (values, data_type) in [
        (integers(&[1, -2]), DataType::Float64),
        (integers(&[1, -2]), DataType::Float32),
        (integers(&[1, -2]), DataType::Int8),
        (integers(&[1, -2]), DataType::Int16),
        (integers(&[1, -2]), DataType::Int32),
        (integers(&[1, -2]), DataType::Int64),
    ] {
        let read = read_column(cast(DOUBLE, values, &data_type)).await.expect("a type that is accepted");
        assert_eq!(read.f64().expect("doubles").iter().collect::<Vec<_>>(), [Some(1.0), Some(-2.0)], "{data_type}");
    }
    let widened = read_column(Column::new(DOUBLE.into(), [0.1_f32])).await.expect("a type that is accepted");
    assert_eq!(widened.f64().expect("doubles").get(0), Some(0.100_000_001_490_116_12));
    let nulls = read_column(Series::new_null(DOUBLE.into(), 2).into_column()).await.expect("a type that is accepted");
    assert_eq!((nulls.dtype(), nulls.null_count()), (&DataType::Float64, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_measure_keeps_nan_infinities_and_the_sign_of_zero() {
    let read = read_column(Column::new(DOUBLE.into(), [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0])).await.expect("doubles");
    let bits: Vec<_> = read.f64().expect("doubles").iter().flatten().map(f64::to_bits).collect();
    assert_eq!(bits, [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0_f64].map(f64::to_bits));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_measure_may_be_an_integer_that_a_double_holds_exactly_and_no_larger_one() {
    let edge = 1_i64 << 52;
    let read = read_column(Column::new(DOUBLE.into(), [edge - 1, -edge])).await.expect("integers within 2^52");
    assert_eq!(read.f64().expect("doubles").iter().collect::<Vec<_>>(), [Some(4_503_599_627_370_495.0), Some(-4_503_599_627_370_496.0)]);
    for value in [edge, -edge - 1, i64::MAX, i64::MIN] {
        assert!(refused(Column::new(DOUBLE.into(), [value])).await.contains("2^52"), "{value}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_measure_is_nothing_else_even_if_all_is_null() {
    for data_type in [
        DataType::String,
        DataType::Boolean,
        DataType::Decimal(33, 15),
        DataType::Date,
        DataType::Datetime(TimeUnit::Milliseconds, None),
        DataType::Binary,
    ] {
        let said = refused(Column::full_null(DOUBLE.into(), 2, &data_type)).await;
        assert!(said.starts_with("could not read column `pod_usage_cpu_core_seconds` of `the file`: its type is "), "{said}");
        assert!(said.ends_with("which cannot be read as a double"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_may_be_stored_in_many_ways() {
    let dictionary = DataType::from_categories(Categories::global());
    let text = |values: &[&str]| Series::new("".into(), values);
    let doubles = Series::new("".into(), [1.0, 1e21, 0.1, 1e-5, f64::NAN]);
    for (column, expected) in [
        (cast(TEXT, text(&["a", "ü"]), &DataType::String), vec!["a", "ü"]),
        (cast(TEXT, text(&["a", "ü"]), &dictionary), vec!["a", "ü"]),
        (cast(TEXT, text(&["a", "ü"]), &DataType::Binary), vec!["a", "ü"]),
        (Column::new(TEXT.into(), [b"a\xff".as_slice()]), vec!["a\u{fffd}"]),
        (cast(TEXT, integers(&[7, -7]), &DataType::Int8), vec!["7", "-7"]),
        (cast(TEXT, integers(&[7, -7]), &DataType::Int16), vec!["7", "-7"]),
        (cast(TEXT, integers(&[7, -7]), &DataType::Int32), vec!["7", "-7"]),
        (cast(TEXT, integers(&[i64::MAX, i64::MIN]), &DataType::Int64), vec!["9223372036854775807", "-9223372036854775808"]),
        // As Java writes it, which is not the text of a cast.
        (cast(TEXT, doubles, &DataType::Float64), vec!["1.0", "1.0E21", "0.1", "1.0E-5", "NaN"]),
        (cast(TEXT, Series::new("".into(), ["1.50", "-2.00"]), &DataType::Decimal(10, 2)), vec!["1.50", "-2.00"]),
    ] {
        let data_type = column.dtype().clone();
        let read = read_column(column).await.unwrap_or_else(|error| panic!("{data_type}: {error}"));
        assert_eq!(read.str().expect("text").iter().flatten().collect::<Vec<_>>(), expected, "{data_type}");
    }
    let nulls = read_column(Series::new_null(TEXT.into(), 2).into_column()).await.expect("a type that is accepted");
    assert_eq!((nulls.dtype(), nulls.null_count()), (&DataType::String, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_is_no_boolean_day_or_time_even_if_all_is_null() {
    for data_type in [DataType::Boolean, DataType::Date, DataType::Datetime(TimeUnit::Milliseconds, None)] {
        let said = refused(Column::full_null(TEXT.into(), 2, &data_type)).await;
        assert!(said.ends_with("which cannot be read as text"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_may_have_any_unit_and_zone_and_is_taken_as_it_stands() {
    let stamp = midnight("2026-02-01");
    for (unit, factor) in [(TimeUnit::Milliseconds, 1), (TimeUnit::Microseconds, 1_000), (TimeUnit::Nanoseconds, 1_000_000)] {
        for zone in [None, Some(TimeZone::UTC)] {
            let read = read_column(times(TIME, &[stamp * factor, -factor], unit, zone.clone())).await.expect("a time");
            let milliseconds: Vec<_> = read.cast(&DataType::Int64).expect("stamps").i64().expect("stamps").iter().collect();
            assert_eq!(milliseconds, [Some(stamp), Some(-1)], "{unit:?} {zone:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_finer_than_milliseconds_is_rounded_half_up() {
    for (unit, stamps) in [
        (TimeUnit::Microseconds, [1_499, 1_500, -1_500, -1_501, 499, -500]),
        (TimeUnit::Nanoseconds, [1_499_999, 1_500_000, -1_500_000, -1_500_001, 499_999, -500_000]),
    ] {
        let read = read_column(times(TIME, &stamps, unit, None)).await.expect("a time");
        let milliseconds: Vec<_> = read.cast(&DataType::Int64).expect("stamps").i64().expect("stamps").iter().flatten().collect();
        assert_eq!(milliseconds, [1, 2, -1, -2, 0, 0], "{unit:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rounding_moves_a_row_into_the_next_day_and_out_of_the_window() {
    let files = Files::new();
    let end = midnight("2026-02-03") * 1_000;
    let pods = Column::new(TEXT.into(), ["before", "rounded"]);
    files.write("file.parquet", vec![pods, times(TIME, &[end - 501, end - 500], TimeUnit::Microseconds, None)]);
    assert_eq!(texts(&files.rows_of("2026-02-02", "2026-02-02").await.expect("rows")), ["before"]);
    assert_eq!(texts(&files.rows_of("2026-02-03", "2026-02-03").await.expect("rows")), ["rounded"]);
    assert_eq!(texts(&files.rows_of("2026-02-01", "2026-02-01").await.expect("rows")), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_takes_its_first_and_last_day_whole() {
    let files = Files::new();
    let stamps = [midnight("2026-02-02") - 1, midnight("2026-02-02"), midnight("2026-02-04") - 1, midnight("2026-02-04")];
    let pods = Column::new(TEXT.into(), ["before", "first", "last", "after"]);
    files.write("file.parquet", vec![pods, times(TIME, &stamps, TimeUnit::Milliseconds, None)]);
    assert_eq!(texts(&files.rows_of("2026-02-02", "2026-02-03").await.expect("rows")), ["first", "last"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_without_a_time_is_in_no_window() {
    let files = Files::new();
    let stamps = Series::new(TIME.into(), [None, Some(midnight("2026-02-01"))])
        .cast(&DataType::Datetime(TimeUnit::Milliseconds, None))
        .expect("stamps");
    files.write("file.parquet", vec![Column::new(TEXT.into(), ["without", "with"]), stamps.into_column()]);
    assert_eq!(files.read_pods().await, ["with"]);
    files.write("absent.parquet", vec![Column::new(TEXT.into(), ["no such column"])]);
    assert_eq!(files.read_pods().await, ["with"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_is_no_number_text_or_day() {
    for column in [
        Column::new(TIME.into(), [midnight("2026-02-01")]),
        Column::new(TIME.into(), ["2026-02-01 00:00:00"]),
        Column::new(TIME.into(), [1.5]),
        Column::new(TIME.into(), [date("2026-02-01")]),
    ] {
        let said = refused(column).await;
        assert!(said.ends_with("which cannot be read as a timestamp"), "{said}");
    }
}
