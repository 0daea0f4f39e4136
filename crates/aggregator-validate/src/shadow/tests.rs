//! The history and the file of known differences; a whole parallel run is in `tests/it/shadow.rs`.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use super::history::{History, Line};
use super::known::{KnownDifferences, WHOLE_ROWS};
use crate::Error;
use chrono::{DateTime, NaiveDate};

const SOURCE: &str = "5e8d6c1a-0000-4000-8000-000000000001";

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn line(run_at: &str, differing_rows: u64, explained_rows: u64) -> Line {
    Line {
        run_at: DateTime::parse_from_rfc3339(run_at).expect("a time").to_utc(),
        schema: "org1".to_owned(),
        source: SOURCE.to_owned(),
        side: "managed".to_owned(),
        start: day("2026-03-01"),
        end: day("2026-03-31"),
        rows_theirs: 10,
        rows_ours: 9,
        differing_rows,
        explained_rows,
        largest_relative: (differing_rows > 0).then_some(0.5),
        largest_column: (differing_rows > 0).then(|| "pod_labels".to_owned()),
        seconds_ours: 1.25,
        seconds_theirs: 2.5,
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

#[test]
fn the_history_gives_back_what_each_run_added_oldest_first() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("history");
    let history = History::Folder(path.clone());
    block_on(async {
        assert_eq!(history.read().await.expect("no history yet"), []);
        let (late, early) = (line("2026-04-02T03:00:00Z", 0, 0), line("2026-04-01T03:00:00Z", 3, 1));
        history.add(std::slice::from_ref(&late)).await.expect("a new file");
        history.add(std::slice::from_ref(&early)).await.expect("a new file");
        history.add(&[]).await.expect("nothing to add");
        assert_eq!(history.read().await.expect("a history"), [early, late]);
    });
    assert_eq!(std::fs::read_dir(&path).expect("a folder").count(), 2);
}

#[test]
fn a_damaged_file_of_the_history_is_an_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("x.parquet"), "no").expect("a file");
    assert!(block_on(History::Folder(folder.path().to_owned()).read()).is_err());
}

#[test]
fn a_history_is_at_a_path_or_in_postgresql() {
    let at = |place: &str| History::at(&place.parse().expect("any text"));
    assert!(matches!(at("shadow-history"), Ok(History::Folder(_))));
    assert!(matches!(at("postgres://me@db/ours"), Ok(History::Postgres(_))));
    assert!(matches!(at("trino://me@trino:8080/hive/a/b"), Err(Error::HistoryUrl)));
    assert!(at("mysql://me@db/ours").is_err());
}

fn known(text: &str) -> crate::Result<KnownDifferences> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), text).expect("a file");
    KnownDifferences::from_file(file.path())
}

#[test]
fn a_known_difference_explains_its_column_and_source_until_its_last_day() {
    let other = "5e8d6c1a-0000-4000-8000-000000000002".parse().expect("a UUID");
    let source = SOURCE.parse().expect("a UUID");
    let text = format!(
        "[[known]]\ncolumn = 'pod_labels'\nreason = 'known'\nuntil = 2026-03-31\nsource = '{SOURCE}'\n\
         [[known]]\ncolumn = '*'\nreason = 'known'\nuntil = '2026-03-30'\n"
    );
    let known = known(&text).expect("a file of known differences");
    assert!(known.explains("pod_labels", source, day("2026-03-31")));
    assert!(!known.explains("pod_labels", source, day("2026-04-01")));
    assert!(!known.explains("pod_labels", other, day("2026-03-31")));
    assert!(!known.explains("node", source, day("2026-03-31")));
    assert!(known.explains(WHOLE_ROWS, other, day("2026-03-30")));
    let expired: Vec<_> = known.expired(day("2026-03-31")).map(|known| known.column.as_str()).collect();
    assert_eq!(expired, ["*"]);
}

#[test]
fn a_file_that_is_wrong_is_refused_with_its_place() {
    for text in [
        "[[known]]\ncolumn = 'a'\nuntil = 2026-01-01",
        "[[known]]\ncolumn = 'a'\nreason = ' '\nuntil = 2026-01-01",
        "x = 1",
        "[[known]]\ncolumn = 'a'\nreason = 'r'\nuntil = 'soon'",
    ] {
        assert!(known(text).is_err(), "{text}");
    }
    assert!(KnownDifferences::from_file("/nothing/here.toml".as_ref()).is_err());
}

#[test]
fn a_line_counts_what_is_not_explained() {
    assert_eq!(line("2026-04-01T03:00:00Z", 3, 1).unexplained(), 2);
}
