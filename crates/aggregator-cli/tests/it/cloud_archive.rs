//! Exports in archives, beside the same in folders.

use std::path::{Path, PathBuf};

use crate::program::{Answer, aggregator, contents, run};
use crate::s3::{BUCKET, S3Server};

/// A file of `fixtures/payloads`.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/payloads").join(name)
}

fn ingest(export: &str, store: &Path) -> Answer {
    let store = store.display().to_string();
    run(&mut aggregator(["aws", "ingest", export, "--store", &store, "--today", "2026-05-01", "--format", "json"]))
}

/// Every file of a store but those of locks.
fn stored(store: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    contents(store).into_iter().filter(|(path, _)| !path.display().to_string().contains(".lock")).collect()
}

#[test]
fn an_archive_gives_the_very_files_of_its_folder() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let archive = fixture("aws-shop.tar.gz");
    let renamed = place.path().join("export.TGZ");
    std::fs::copy(&archive, &renamed).expect("a copy");
    let folder = place.path().join("folder");
    ingest(&fixture("aws-shop").display().to_string(), &folder).done();
    assert!(stored(&folder).iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "parquet")).count() >= 2);
    for (number, export) in [archive, renamed].iter().enumerate() {
        let store = place.path().join(number.to_string());
        ingest(&export.display().to_string(), &store).done();
        let [names, ours] = [&folder, &store].map(|store| stored(store).into_iter().map(|(path, _)| path).collect::<Vec<_>>());
        assert_eq!(ours, names);
    }
}

#[test]
fn an_archive_in_a_bucket_is_run_to_its_summary() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let server = S3Server::start();
    std::fs::copy(fixture("aws-shop.tar.gz"), server.bucket().join("april.tar.gz")).expect("a copy");
    let export = format!("s3://{BUCKET}/april.tar.gz");
    let mut command = aggregator(["aws", "run", &export, "--store", "out", "--format", "json", "--markup=10"]);
    let answer = run(crate::cloud_subs_files::with_bucket(command.current_dir(place.path()), &server)).done().json();
    assert_eq!((&answer["windows"][0]["rows"], &answer["totals"][0]["cost"]), (&8.into(), &"14.400000000".into()), "{answer}");
}

#[test]
fn a_bad_archive_is_refused_by_name_and_leaves_nothing() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let whole = std::fs::read(fixture("aws-shop.tar.gz")).expect("a fixture");
    let cases = [
        ("cut.tar.gz", whole[..whole.len() / 2].to_vec(), "the archive is cut off inside `aws-shop/report.csv`"),
        ("text.tgz", b"a,b\n1,2\n".to_vec(), "the file is not a gzip or tar archive"),
        ("empty.tar", Vec::new(), "the archive is empty"),
    ];
    for (name, content, reason) in cases {
        let path = place.path().join(name);
        std::fs::write(&path, content).expect("a new file");
        let store = place.path().join("store");
        let error = ingest(&path.display().to_string(), &store).failure();
        assert!(error.contains(name) && error.contains(reason), "{error}");
        assert_eq!(stored(&store), []);
    }
    let payload = fixture("shop.tar.gz").display().to_string();
    let error = ingest(&payload, &place.path().join("store")).failure();
    assert!(error.contains("refused"), "{error}");
}
