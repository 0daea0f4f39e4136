//! Ingest into a directory and into a bucket: which days are written, what a crash leaves, and what readers see.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aggregator_core::run::{ClusterId, SourceUuid, Window};
use aggregator_core::table::ocp::{NODE, NODE_LABELS_DAILY};
use aggregator_io::error::Error;
use aggregator_io::execute::Engine;
use aggregator_io::ingest::{Action, BadInput, Ingest, IngestReport, Replace, Tracking, Write, ingest};
use aggregator_io::source::line_items::{LineItemFiles, Partition};
use aggregator_io::store::Store;
use chrono::NaiveDate;
use flate2::write::GzEncoder;

use crate::s3_server::{BUCKET, S3Server};
use crate::store::config;

// The server of the tests makes file names of keys.
const SCHEMA: &str = "org1";
const SOURCE: &str = "9f0a1b2c-3d4e-4f50-8a6b-7c8d9e0f1a2b";
const HEADER: &str = "report_period_start,report_period_end,interval_start,interval_end,node,node_labels\n";

/// A store, its directory, and a folder for payloads.
struct Place {
    store: Store,
    root: PathBuf,
    payloads: tempfile::TempDir,
    _folder: Option<tempfile::TempDir>,
    _server: Option<S3Server>,
}

fn directory() -> Place {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::directory(folder.path().join("root")).expect("an absolute path");
    let payloads = tempfile::tempdir().expect("a temporary folder");
    Place { store, root: folder.path().join("root"), payloads, _folder: Some(folder), _server: None }
}

fn bucket() -> Place {
    let server = S3Server::start();
    let store = Store::open(&config(&server, &format!("s3://{BUCKET}"))).expect("settings that fit");
    let payloads = tempfile::tempdir().expect("a temporary folder");
    Place { store, root: server.bucket(), payloads, _folder: None, _server: Some(server) }
}

async fn on_each(test: impl AsyncFn(&Place)) {
    test(&directory()).await;
    test(&bucket()).await;
}

/// Rows of a report of node labels: one a node and hour.
fn report(day: &str, hours: std::ops::Range<u32>, nodes: &[&str]) -> String {
    let rows = hours.flat_map(|hour| {
        nodes.iter().map(move |node| {
            let (start, end) = (format!("{day} {hour:02}:00:00 +0000 UTC"), format!("{day} {hour:02}:59:59 +0000 UTC"));
            format!("2026-04-01 00:00:00 +0000 UTC,2026-05-01 00:00:00 +0000 UTC,{start},{end},{node},label_of:{node}\n")
        })
    });
    std::iter::once(HEADER.to_owned()).chain(rows).collect()
}

/// An operator's archive in the folder of payloads.
struct Payload<'a> {
    name: &'a str,
    uuid: u128,
    /// Names of all its files, and the text of those that this archive holds.
    files: &'a [(&'a str, Option<String>)],
    /// Claimed hours start here and end there.
    claimed: Option<(&'a str, &'a str)>,
    daily: bool,
}

impl Payload<'_> {
    fn write(&self, place: &Place) -> String {
        let path = place.payloads.path().join(self.name);
        let mut archive = tar::Builder::new(GzEncoder::new(std::fs::File::create(&path).expect("a new file"), flate2::Compression::fast()));
        let mut add = |name: &str, content: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, name, content).expect("a member");
        };
        for (name, text) in self.files {
            if let Some(text) = text {
                add(name, text.as_bytes());
            }
        }
        let names: Vec<_> = self.files.iter().map(|(name, _)| *name).collect();
        let mut manifest = serde_json::json!({
            "uuid": uuid::Builder::from_random_bytes(self.uuid.to_be_bytes()).into_uuid().to_string(),
            "cluster_id": "my-cluster", "version": "abc", "date": "2026-04-15T06:00:00Z", "files": names, "daily_reports": self.daily,
        });
        if let Some((start, end)) = self.claimed {
            manifest["start"] = start.into();
            manifest["end"] = end.into();
        }
        add("manifest.json", manifest.to_string().as_bytes());
        archive.into_inner().expect("a whole archive").finish().expect("a whole file");
        path.to_str().expect("a name in UTF-8").to_owned()
    }
}

/// A payload of one day's node labels that claims the hours that it holds.
fn hours(place: &Place, uuid: u128, hours: u32, nodes: &[&str]) -> String {
    let end = format!("2026-04-02T{:02}:59:59Z", hours - 1);
    Payload {
        name: &format!("{uuid}.tar.gz"),
        uuid,
        files: &[("nodes.csv", Some(report("2026-04-02", 0..hours, nodes)))],
        claimed: Some(("2026-04-02T00:00:00Z", &end)),
        daily: true,
    }
    .write(place)
}

fn source() -> SourceUuid {
    SOURCE.parse().expect("a UUID")
}

fn request<'a>(store: &'a Store, payloads: &'a [String]) -> Ingest<'a> {
    Ingest {
        store,
        schema: SCHEMA,
        source: source(),
        payloads,
        cluster_id: None,
        replace: Replace::WithMoreHours,
        write: Write::Yes,
        bad_input: BadInput::Warn,
        engine: Engine::Auto,
        database: None,
        tracking: Tracking::Off,
    }
}

async fn run(place: &Place, payload: &str) -> IngestReport {
    ingest(&request(&place.store, &[payload.to_owned()]), |_| {}).await.expect("an ingest")
}

fn actions(report: &IngestReport) -> Vec<(String, Action)> {
    let days = report.payloads.iter().flat_map(|payload| &payload.days);
    days.map(|day| (format!("{} {}", day.report_type, day.day), day.action)).collect()
}

/// Daily rows by node, as a reader sees them on 2 April.
async fn nodes(store: &Store) -> BTreeMap<String, u32> {
    let day = NaiveDate::from_ymd_opt(2026, 4, 2).expect("a day of April");
    let window = Window::new(day, day).expect("a day");
    let spool = tempfile::tempdir().expect("a temporary folder");
    let partition = Partition { store, schema: SCHEMA, source: source(), month: aggregator_io::source::path::Month::of(window.start()) };
    let files = LineItemFiles::open(&partition, &NODE_LABELS_DAILY, spool.path(), Engine::Auto).await.expect("line items");
    let rows = files.read(&window, Engine::Auto).await.expect("rows");
    let mut found = BTreeMap::new();
    for node in rows.column(NODE.name).expect("a column of the table").str().expect("text").iter().flatten() {
        *found.entry(node.to_owned()).or_default() += 1;
    }
    found
}

fn once(nodes: &[&str]) -> BTreeMap<String, u32> {
    nodes.iter().map(|node| ((*node).to_owned(), 1)).collect()
}

fn parquet_files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "parquet") {
                found.push(path.strip_prefix(root).expect("below").display().to_string());
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_day_is_replaced_by_more_hours_only() {
    on_each(async |place| {
        let six = hours(place, 1, 6, &["a"]);
        assert_eq!(actions(&run(place, &six).await), [("node_labels 2026-04-02".to_owned(), Action::Written)]);
        assert_eq!(nodes(&place.store).await, once(&["a"]));

        let again = run(place, &hours(place, 2, 6, &["b"])).await;
        assert_eq!(actions(&again), [("node_labels 2026-04-02".to_owned(), Action::Kept)]);
        assert_eq!((again.payloads[0].days[0].previous_hours, again.payloads[0].days[0].hours), (Some(6), 6));
        assert_eq!(nodes(&place.store).await, once(&["a"]));

        let twelve = run(place, &hours(place, 3, 12, &["c"])).await;
        assert_eq!(actions(&twelve), [("node_labels 2026-04-02".to_owned(), Action::Replaced)]);
        assert_eq!(nodes(&place.store).await, once(&["c"]));
        assert_eq!(parquet_files(&place.root).len(), 2, "{:?}", parquet_files(&place.root));

        assert_eq!(actions(&run(place, &six).await), [("node_labels 2026-04-02".to_owned(), Action::Kept)]);
        let forced = Ingest { replace: Replace::Always, ..request(&place.store, &[six]) }.payloads.to_owned();
        let forced = ingest(&Ingest { replace: Replace::Always, ..request(&place.store, &forced) }, |_| {}).await.expect("an ingest");
        assert_eq!(actions(&forced), [("node_labels 2026-04-02".to_owned(), Action::Replaced)]);
        assert_eq!(nodes(&place.store).await, once(&["a"]));
    })
    .await;
}

#[tokio::test]
async fn a_payload_twice_counts_once() {
    on_each(async |place| {
        let payload = hours(place, 1, 6, &["a", "b"]);
        run(place, &payload).await;
        let files = parquet_files(&place.root);
        assert_eq!(actions(&run(place, &payload).await), [("node_labels 2026-04-02".to_owned(), Action::AlreadyThere)]);
        assert_eq!(parquet_files(&place.root), files);
        assert_eq!(nodes(&place.store).await, once(&["a", "b"]));
    })
    .await;
}

#[tokio::test]
async fn archives_of_one_manifest_belong_together() {
    on_each(async |place| {
        run(place, &hours(place, 9, 3, &["old"])).await;
        let (first, second) = (report("2026-04-02", 0..6, &["a"]), report("2026-04-02", 0..6, &["b"]));
        let claimed = Some(("2026-04-02T00:00:00Z", "2026-04-02T05:59:59Z"));
        let one =
            Payload { name: "1.tar.gz", uuid: 1, files: &[("1.csv", Some(first)), ("2.csv", None)], claimed, daily: true }.write(place);
        let two =
            Payload { name: "2.tar.gz", uuid: 1, files: &[("1.csv", None), ("2.csv", Some(second))], claimed, daily: true }.write(place);
        let replaced = run(place, &one).await;
        assert_eq!(actions(&replaced), [("node_labels 2026-04-02".to_owned(), Action::Replaced)]);
        assert_eq!(replaced.payloads[0].warnings.len(), 1, "{:?}", replaced.payloads[0].warnings);
        for expected in [Action::Added, Action::AlreadyThere] {
            assert_eq!(actions(&run(place, &two).await), [("node_labels 2026-04-02".to_owned(), expected)]);
            assert_eq!(nodes(&place.store).await, once(&["a", "b"]));
        }
    })
    .await;
}

#[tokio::test]
async fn an_operator_without_daily_reports_adds() {
    on_each(async |place| {
        for (uuid, node) in [(1, "a"), (2, "b")] {
            let files = [(if uuid == 1 { "one.csv" } else { "two.csv" }, Some(report("2026-04-02", 0..6, &[node])))];
            let payload = Payload { name: &format!("{uuid}.tar.gz"), uuid, files: &files, claimed: None, daily: false }.write(place);
            assert_eq!(actions(&run(place, &payload).await)[0].1, Action::Added);
            assert_eq!(actions(&run(place, &payload).await)[0].1, Action::AlreadyThere);
        }
        assert_eq!(nodes(&place.store).await, once(&["a", "b"]));
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    on_each(async |place| {
        run(place, &hours(place, 1, 6, &["a"])).await;
        let payloads = [hours(place, 2, 12, &["b"])];
        let dry = Ingest { write: Write::DryRun, ..request(&place.store, &payloads) };
        let said = ingest(&dry, |_| {}).await.expect("a dry run");
        assert_eq!(actions(&said), [("node_labels 2026-04-02".to_owned(), Action::Replaced)]);
        assert_eq!((said.payloads[0].days[0].hourly_rows, said.payloads[0].days[0].daily_rows), (12, 1));
        assert_eq!(nodes(&place.store).await, once(&["a"]));
    })
    .await;
}

#[tokio::test]
async fn a_payload_of_another_cluster_is_refused_and_the_others_go_on() {
    let place = directory();
    let payloads = [hours(&place, 1, 6, &["a"]), "/nothing/here.tar.gz".to_owned()];
    let other = ClusterId("other".to_owned());
    let said = ingest(&Ingest { cluster_id: Some(&other), ..request(&place.store, &payloads) }, |_| {}).await.expect("an ingest");
    let refused: Vec<_> = said.payloads.iter().map(|payload| payload.refused.as_deref().unwrap_or_default()).collect();
    assert_eq!(refused, ["it is of cluster `my-cluster`, not of `other`", "there is no such file or folder"]);
    assert!(!place.root.exists());
}

#[tokio::test]
async fn a_bad_row_is_left_out_and_named_or_the_payload_is_refused() {
    let place = directory();
    let text = report("2026-04-02", 0..2, &["a", "b"]).replacen("2026-04-02 00:59:59 +0000 UTC,b", "yesterday,b", 1);
    let path = place.payloads.path().join("nodes.csv");
    std::fs::write(&path, text).expect("a new file");
    let payloads = [path.display().to_string()];
    let strict = Ingest { bad_input: BadInput::Refuse, ..request(&place.store, &payloads) };
    let refused = ingest(&strict, |_| {}).await.expect("an ingest").payloads[0].refused.clone().expect("a refusal");
    assert!(refused.starts_with("`nodes.csv`: line 3, column `interval_end`: `yesterday`: "), "{refused}");
    assert!(!place.root.exists());

    let said = run(&place, &payloads[0]).await;
    let file = &said.payloads[0].files[0];
    assert_eq!((file.rows, file.written, file.refused_rows), (4, 3, 1));
    assert_eq!((file.problems[0].line, file.problems[0].value.as_deref()), (Some(3), Some("yesterday")));
    assert_eq!(nodes(&place.store).await, once(&["a", "b"]));
}

#[tokio::test]
async fn koku_s_files_count_by_their_metadata_or_their_intervals() {
    on_each(async |place| {
        // As if koku had written it: the same files, and nothing of ours beside them.
        run(place, &hours(place, 1, 6, &["koku"])).await;
        std::fs::remove_dir_all(place.root.join(format!("data/parquet/{SCHEMA}/OCP/_aggregator"))).expect("the journal");
        assert_eq!(actions(&run(place, &hours(place, 2, 6, &["a"])).await)[0].1, Action::Kept);
        let more = run(place, &hours(place, 3, 7, &["b"])).await;
        assert_eq!((more.payloads[0].days[0].action, more.payloads[0].days[0].previous_hours), (Action::Replaced, Some(6)));
        assert_eq!(nodes(&place.store).await, once(&["b"]));
    })
    .await;
}

#[tokio::test]
async fn a_bucket_keeps_koku_s_metadata() {
    let place = bucket();
    run(&place, &hours(&place, 1, 6, &["a"])).await;
    for file in parquet_files(&place.root) {
        let metadata = place.store.metadata(&file).await.expect("metadata");
        assert_eq!(metadata.get("reportdatestart").map(String::as_str), Some("2026-04-02"), "{file}");
        assert_eq!(metadata.get("reportnumhours").map(String::as_str), Some("6"), "{file}");
        assert!(metadata.get("manifestid").is_some_and(|id| file.contains(&format!(".2026-04-02.{id}.0_"))), "{file} {metadata:?}");
    }
}

/// The journal of April, as JSON.
fn journal(place: &Place) -> (PathBuf, serde_json::Value) {
    let path = place.root.join(format!("data/parquet/{SCHEMA}/OCP/_aggregator/source={SOURCE}/year=2026/month=04.json"));
    let content = std::fs::read(&path).expect("a journal");
    (path, serde_json::from_slice(&content).expect("JSON"))
}

#[tokio::test]
async fn what_a_dead_run_left_does_not_count_and_goes() {
    on_each(async |place| {
        run(place, &hours(place, 1, 6, &["a"])).await;
        let folder = format!("data/parquet/daily/{SCHEMA}/OCP/node_labels/source={SOURCE}/year=2026/month=04");
        let old = parquet_files(&place.root).into_iter().find(|file| file.starts_with(&folder)).expect("a daily file");

        // Died while it wrote: some new files are there, none counts.
        let pending = format!("{folder}/node_labels.2026-04-02.99.0_daily_0.parquet");
        std::fs::copy(place.root.join(&old), place.root.join(&pending)).expect("a copy");
        let (path, mut content) = journal(place);
        content["pending"] = serde_json::json!([pending, format!("{folder}/never-written.parquet")]);
        std::fs::write(&path, content.to_string()).expect("a journal");
        assert_eq!(nodes(&place.store).await, once(&["a"]));
        run(place, &hours(place, 2, 3, &["b"])).await;
        assert!(!place.root.join(&pending).exists());
        assert_eq!(nodes(&place.store).await, once(&["a"]));

        // Died before it deleted what it replaced.
        let superseded = format!("{folder}/node_labels.2026-04-02.98.0_daily_0.parquet");
        std::fs::copy(place.root.join(&old), place.root.join(&superseded)).expect("a copy");
        let (path, mut content) = journal(place);
        content["superseded"] = serde_json::json!([superseded]);
        std::fs::write(&path, content.to_string()).expect("a journal");
        assert_eq!(nodes(&place.store).await, once(&["a"]));
        run(place, &hours(place, 3, 12, &["c"])).await;
        assert!(!place.root.join(&superseded).exists());
        assert_eq!(nodes(&place.store).await, once(&["c"]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn payloads_of_one_day_at_the_same_time_end_with_the_most_hours() {
    on_each(async |place| {
        let payloads: Vec<_> =
            [4, 9, 7, 2].into_iter().map(|count| [hours(place, u128::from(count), count, &[&format!("n{count}")])]).collect();
        let runs: Vec<_> = payloads.iter().map(|payload| request(&place.store, payload)).collect();
        futures::future::try_join_all(runs.iter().map(|run| ingest(run, |_| {}))).await.expect("four ingests");
        assert_eq!(nodes(&place.store).await, once(&["n9"]));
        assert_eq!(parquet_files(&place.root).len(), 2, "{:?}", parquet_files(&place.root));
    })
    .await;
}

#[tokio::test]
async fn a_damaged_journal_ends_the_run() {
    let place = directory();
    run(&place, &hours(&place, 1, 6, &["a"])).await;
    let (path, _) = journal(&place);
    std::fs::write(&path, "{").expect("a journal");
    let payloads = [hours(&place, 2, 12, &["b"])];
    let error = ingest(&request(&place.store, &payloads), |_| {}).await.expect_err("a damaged journal");
    assert!(matches!(error, Error::Journal { .. }), "{error:?}");
}

#[tokio::test]
async fn payloads_come_from_a_bucket_too() {
    let place = bucket();
    let payload = hours(&place, 1, 6, &["a"]);
    std::fs::copy(&payload, place.root.join("in.tar.gz")).expect("an object");
    std::fs::create_dir(place.root.join("folder")).expect("a prefix");
    std::fs::write(place.root.join("folder/nodes.csv"), report("2026-04-03", 0..1, &["b"])).expect("an object");
    let payloads = [format!("s3://{BUCKET}/in.tar.gz"), format!("s3://{BUCKET}/folder/"), format!("s3://{BUCKET}/none")];
    let said = ingest(&request(&place.store, &payloads), |_| {}).await.expect("an ingest");
    let expected = [("node_labels 2026-04-02".to_owned(), Action::Written), ("node_labels 2026-04-03".to_owned(), Action::Written)];
    assert_eq!(actions(&said), expected);
    assert_eq!(said.payloads[2].refused.as_deref(), Some("there is no such object or prefix"));
}
