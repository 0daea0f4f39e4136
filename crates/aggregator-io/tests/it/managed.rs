//! The managed table in a directory and in a bucket: each day replaced whole, nothing else touched.

use std::path::{Path, PathBuf};

use aggregator_core::run::{SourceUuid, Window};
use aggregator_core::table::summary::OCP_DAILY_SUMMARY;
use aggregator_io::error::Error;
use aggregator_io::sink::managed::{Layout, ManagedSink};
use aggregator_io::store::Store;
use chrono::NaiveDate;
use polars::prelude::*;

use crate::s3_server::{BUCKET, S3Server};
use crate::store::config;

const SCHEMA: &str = "org1234567";
const SOURCE: &str = "9f0a1b2c-3d4e-4f50-8a6b-7c8d9e0f1a2b";
const TABLE: &str = "data/org1234567.db/reporting_ocpusagelineitem_daily_summary";

fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 2, day).expect("a day of February")
}

fn window(first: u32, last: u32) -> Window {
    Window::new(date(first), date(last)).expect("days of one month")
}

fn source() -> SourceUuid {
    SOURCE.parse().expect("a UUID")
}

/// Rows of the given days, known by their namespaces.
fn rows(of: &[(u32, &str)]) -> DataFrame {
    let days = Series::new("usage_start".into(), of.iter().map(|(day, _)| date(*day)).collect::<Vec<_>>());
    let namespaces = Series::new("namespace".into(), of.iter().map(|(_, namespace)| *namespace).collect::<Vec<_>>());
    let columns = OCP_DAILY_SUMMARY.columns.iter().map(|column| match column.name {
        "usage_start" => days.clone().into_column(),
        "namespace" => namespaces.clone().into_column(),
        name => Column::full_null(name.into(), of.len(), &column.kind.data_type()),
    });
    DataFrame::new(of.len(), columns.collect()).expect("columns of one length")
}

/// A store, and the directory in which its objects lie.
struct Place {
    store: Store,
    root: PathBuf,
    _folder: Option<tempfile::TempDir>,
    _server: Option<S3Server>,
}

fn directory() -> Place {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::directory(folder.path().join("root")).expect("an absolute path");
    Place { store, root: folder.path().join("root"), _folder: Some(folder), _server: None }
}

fn bucket() -> Place {
    let server = S3Server::start();
    let store = Store::open(&config(&server, &format!("s3://{BUCKET}"))).expect("settings that fit");
    Place { store, root: server.bucket(), _folder: None, _server: Some(server) }
}

async fn on_each(test: impl AsyncFn(&Place)) {
    test(&directory()).await;
    test(&bucket()).await;
}

impl Place {
    async fn begin(&self, window: Window) -> Result<ManagedSink, Error> {
        ManagedSink::begin(&self.store, SCHEMA, &OCP_DAILY_SUMMARY, source(), Layout::ByDay(vec![window])).await
    }

    async fn replace(&self, window: Window, portions: &[DataFrame]) {
        let mut sink = self.begin(window).await.expect("a place to write");
        for portion in portions {
            sink.write(portion).expect("whole days");
        }
        sink.commit().await.expect("a place to write");
    }

    fn day(&self, day: u32) -> PathBuf {
        self.root.join(format!("{TABLE}/source={SOURCE}/year=2026/month=2/day={day}"))
    }

    /// The namespaces in the files of a day that a Hive reader sees, ordered.
    fn namespaces(&self, day: u32) -> Vec<String> {
        let mut found: Vec<String> = visible(&self.day(day)).iter().flat_map(|file| namespaces(file)).collect();
        found.sort();
        found
    }

    fn put(&self, day: u32, name: &str, namespace: &str) {
        std::fs::create_dir_all(self.day(day)).expect("a new folder");
        let file = std::fs::File::create(self.day(day).join(name)).expect("a new file");
        ParquetWriter::new(file).finish(&mut rows(&[(day, namespace)])).expect("a file of Parquet");
    }
}

fn visible(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a folder of ours").path());
    let mut paths: Vec<_> = paths.filter(|path| !path.file_name().expect("a name").to_string_lossy().starts_with(['.', '_'])).collect();
    paths.sort();
    paths
}

fn namespaces(file: &Path) -> Vec<String> {
    let frame = ParquetReader::new(std::fs::File::open(file).expect("a file")).finish().expect("a file of Parquet");
    frame.column("namespace").expect("a column").str().expect("text").iter().flatten().map(str::to_owned).collect()
}

#[tokio::test]
async fn each_day_has_one_file_in_its_partition_without_leading_zeros() {
    on_each(async |place| {
        place.replace(window(1, 28), &[rows(&[(1, "a"), (1, "b"), (2, "c")]), rows(&[(28, "d")])]).await;
        assert_eq!(place.namespaces(1), ["a", "b"]);
        assert_eq!(place.namespaces(2), ["c"]);
        assert_eq!(place.namespaces(28), ["d"]);
        assert!(!place.day(3).exists() || visible(&place.day(3)).is_empty());
        let names: Vec<_> = visible(&place.day(1)).iter().filter_map(|path| path.file_name().map(ToOwned::to_owned)).collect();
        assert_eq!(names, ["aggregator.parquet"]);
    })
    .await;
}

#[tokio::test]
async fn a_file_has_exactly_the_columns_of_the_table_in_their_order() {
    let place = directory();
    place.replace(window(1, 1), &[rows(&[(1, "a")])]).await;
    let file = std::fs::File::open(place.day(1).join("aggregator.parquet")).expect("a file");
    let frame = ParquetReader::new(file).finish().expect("a file of Parquet");
    assert_eq!(frame.schema().as_ref(), &OCP_DAILY_SUMMARY.schema());
}

#[tokio::test]
async fn days_of_the_window_are_replaced_and_others_kept() {
    on_each(async |place| {
        place.replace(window(1, 12), &[rows(&[(1, "old"), (2, "old"), (3, "old"), (11, "old"), (12, "old")])]).await;
        // Day 1 is also the beginning of the names of days 11 and 12.
        place.replace(window(1, 2), &[rows(&[(1, "new")])]).await;
        assert_eq!(place.namespaces(1), ["new"]);
        assert_eq!(place.namespaces(2), Vec::<String>::new(), "a day without rows is emptied");
        for kept in [3, 11, 12] {
            assert_eq!(place.namespaces(kept), ["old"], "{kept}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_is_replaced_before_the_commit() {
    on_each(async |place| {
        place.replace(window(1, 2), &[rows(&[(1, "old"), (2, "old")])]).await;
        let mut sink = place.begin(window(1, 2)).await.expect("a place to write");
        sink.write(&rows(&[(1, "new"), (2, "new")])).expect("whole days");
        assert_eq!((place.namespaces(1), place.namespaces(2)), (vec!["old".to_owned()], vec!["old".to_owned()]));
        drop(sink);
        assert_eq!(place.namespaces(1), ["old"]);
        let hidden = std::fs::read_dir(place.day(1)).expect("a folder").count();
        assert_eq!(hidden, 1, "nothing is left beside the file of the day");
    })
    .await;
}

#[tokio::test]
async fn files_that_trino_wrote_are_replaced_together() {
    on_each(async |place| {
        place.put(1, "20260301_021500_00042_abcde_0f9d", "old");
        place.put(1, "20260301_021500_00042_abcde_77aa", "older");
        place.put(2, "20260301_021500_00042_abcde_0f9d", "old");
        place.put(3, "20260301_021500_00042_abcde_0f9d", "old");
        place.put(3, "20260301_021500_00042_abcde_77aa", "older");
        place.replace(window(1, 3), &[rows(&[(1, "new"), (2, "new")])]).await;
        assert_eq!((place.namespaces(1), place.namespaces(2)), (vec!["new".to_owned()], vec!["new".to_owned()]));
        assert_eq!(place.namespaces(3), Vec::<String>::new());
        assert_eq!(visible(&place.day(1)).len(), 1);
        // A second run finds one file a day.
        place.replace(window(1, 3), &[rows(&[(1, "newer"), (3, "newer")])]).await;
        assert_eq!((place.namespaces(1), place.namespaces(3)), (vec!["newer".to_owned()], vec!["newer".to_owned()]));
        assert_eq!(place.namespaces(2), Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn leftovers_of_a_run_that_died_are_cleaned() {
    let place = directory();
    place.replace(window(1, 2), &[rows(&[(1, "old"), (2, "old")])]).await;
    place.put(1, ".aggregator-abcdef", "unfinished");
    let exchanged = place.day(1).with_file_name(".aggregator-ghijkl");
    std::fs::create_dir(&exchanged).expect("a new folder");
    std::fs::copy(place.day(1).join("aggregator.parquet"), exchanged.join("aggregator.parquet")).expect("a new file");
    assert_eq!(place.namespaces(1), ["old"]);
    place.replace(window(1, 2), &[rows(&[(1, "new"), (2, "new")])]).await;
    assert_eq!(place.namespaces(1), ["new"]);
    assert!(!exchanged.exists() && !place.day(1).join(".aggregator-abcdef").exists());
}

#[tokio::test]
async fn hidden_files_of_others_are_left_alone() {
    on_each(async |place| {
        place.put(1, "_other", "hidden");
        place.put(1, ".other", "hidden");
        place.replace(window(1, 1), &[rows(&[(1, "new")])]).await;
        assert_eq!(place.namespaces(1), ["new"]);
        assert!(place.day(1).join("_other").exists() && place.day(1).join(".other").exists());
    })
    .await;
}

#[tokio::test]
async fn the_same_month_of_a_directory_is_locked_and_others_are_not() {
    let place = directory();
    let held = place.begin(window(1, 2)).await.expect("nobody else runs");
    let error = place.begin(window(20, 21)).await.expect_err("the month is locked");
    assert!(matches!(&error, Error::Locked { source_uuid, .. } if source_uuid == SOURCE), "{error:?}");
    assert!(error.is_retryable());
    let march = Window::new("2026-03-01".parse().expect("a day"), "2026-03-02".parse().expect("a day")).expect("days of one month");
    drop(place.begin(march).await.expect("another month"));
    let other = "11111111-2222-4333-8444-555555555555".parse().expect("a UUID");
    drop(
        ManagedSink::begin(&place.store, SCHEMA, &OCP_DAILY_SUMMARY, other, Layout::ByDay(vec![window(1, 2)]))
            .await
            .expect("another source"),
    );
    drop(
        ManagedSink::begin(&place.store, "org7654321", &OCP_DAILY_SUMMARY, source(), Layout::ByDay(vec![window(1, 2)]))
            .await
            .expect("another tenant"),
    );
    drop(held);
    place.replace(window(1, 2), &[rows(&[(1, "new")])]).await;
    assert_eq!(place.namespaces(1), ["new"]);
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_named() {
    let place = directory();
    std::fs::write(&place.root, "a file, where the directory should be").expect("a new file");
    let error = place.begin(window(1, 2)).await.expect_err("no directory");
    assert!(matches!(&error, Error::File { path, .. } if path.starts_with(&place.root.display().to_string())), "{error:?}");
}
