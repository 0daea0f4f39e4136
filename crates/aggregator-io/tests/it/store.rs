//! Directories and buckets, the same to their users: one suite that every store passes.

use std::path::Path;

use aggregator_io::config::{Secret, StoreConfig};
use aggregator_io::error::Error;
use aggregator_io::store::Store;
use bytes::Bytes;

use crate::s3_server::{ACCESS_KEY, BUCKET, S3Server, SECRET};

/// A bucket at `url`, reached with the right key.
pub(crate) fn config(server: &S3Server, url: &str) -> StoreConfig {
    StoreConfig {
        url: url.to_owned(),
        endpoint: Some(server.endpoint()),
        access_key_id: Some(Secret::new(ACCESS_KEY)),
        secret_access_key: Some(Secret::new(SECRET)),
        ..StoreConfig::default()
    }
}

/// A store, what holds it, and the directory in which its objects lie.
struct Place {
    store: Store,
    root: std::path::PathBuf,
    _folder: Option<tempfile::TempDir>,
    _server: Option<S3Server>,
}

fn directory() -> Place {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::directory(folder.path()).expect("an absolute path");
    Place { store, root: folder.path().to_owned(), _folder: Some(folder), _server: None }
}

fn bucket(prefix: &str) -> Place {
    let server = S3Server::start();
    let store = Store::open(&config(&server, &format!("s3://{BUCKET}{prefix}"))).expect("settings that fit");
    let root = server.bucket().join(prefix.trim_matches('/'));
    std::fs::create_dir_all(&root).expect("a new folder");
    Place { store, root, _folder: None, _server: Some(server) }
}

/// Runs a test on a directory, a bucket, and a prefix of a bucket.
async fn on_each(test: impl AsyncFn(&Place)) {
    test(&directory()).await;
    test(&bucket("")).await;
    test(&bucket("/some/prefix/")).await;
}

fn put(root: &Path, path: &str, content: &str) {
    let file = root.join(path);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a new folder");
    std::fs::write(file, content).expect("a new file");
}

async fn listed(store: &Store, prefix: &str) -> Vec<(String, u64)> {
    let objects = store.list(prefix).await.expect("a list");
    objects.into_iter().map(|object| (object.path.to_string(), object.size)).collect()
}

#[tokio::test]
async fn a_list_has_every_object_below_the_prefix_with_its_size_in_order() {
    on_each(async |place| {
        for (path, content) in [
            ("data/x/source=a/b.parquet", "bb"),
            ("data/x/source=a/a.parquet", "a"),
            ("data/x/source=a/sub/folder/c.parquet", "ccc"),
            ("data/x/source=a/empty", ""),
            ("data/x/source=a/_hidden", "h"),
            ("data/x/source=a/.hidden", "h"),
            ("data/x/source=a/no-extension", "n"),
            ("data/x/source=a b/with blank % and ü", "z"),
            // No part of the prefix: its name only starts alike.
            ("data/x/source=ab/d.parquet", "d"),
            ("data/y/e.parquet", "e"),
        ] {
            put(&place.root, path, content);
        }
        let expected = ["a.parquet", "b.parquet", "empty", "no-extension", "sub/folder/c.parquet"];
        let mut found = listed(&place.store, "data/x/source=a").await;
        found.retain(|(path, _)| !path.contains("hidden"));
        let paths: Vec<_> = found.iter().map(|(path, _)| path.strip_prefix("data/x/source=a/").expect("the prefix")).collect();
        assert_eq!(paths, expected);
        assert_eq!(found.iter().map(|(_, size)| *size).collect::<Vec<_>>(), [1, 2, 0, 1, 3]);
        let all = listed(&place.store, "data").await;
        assert!(all.len() >= 8 && all.iter().any(|(path, _)| path.contains("source=ab/")), "{all:?}");
    })
    .await;
}

#[tokio::test]
async fn a_prefix_without_objects_gives_an_empty_list() {
    on_each(async |place| {
        put(&place.root, "data/x", "x");
        assert_eq!(listed(&place.store, "data/nothing").await, []);
    })
    .await;
}

#[tokio::test]
async fn what_is_written_is_read_and_replaced_and_deleted() {
    on_each(async |place| {
        let path = "data/org1.db/table/source=a/year=2026/month=2/day=3/aggregator.parquet";
        for content in ["old", "a longer new one"] {
            place.store.write(path, Bytes::from_static(content.as_bytes())).await.expect("a place to write");
            assert_eq!(place.store.read(path).await.expect("an object"), content.as_bytes());
            assert_eq!(listed(&place.store, "data").await, [(path.to_owned(), content.len() as u64)]);
            assert_eq!(std::fs::read(place.root.join(path)).expect("a file"), content.as_bytes());
        }
        place.store.delete(path).await.expect("an object");
        assert_eq!(listed(&place.store, "data").await, []);
        place.store.delete(path).await.expect("none is no error");
    })
    .await;
}

#[tokio::test]
async fn an_object_that_is_not_there_is_named() {
    on_each(async |place| {
        let error = place.store.read("data/nothing").await.expect_err("no object");
        assert_eq!(error.to_string(), format!("could not read `{}`", place.store.display("data/nothing")));
        assert!(!error.is_retryable() && error.hint().is_some(), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_place_is_shown_as_a_person_would_type_it() {
    let place = directory();
    assert_eq!(place.store.display("data/x"), place.root.join("data/x").display().to_string());
    assert_eq!(bucket("").store.display("data/x"), format!("s3://{BUCKET}/data/x"));
    assert_eq!(bucket("/some/prefix/").store.display("data/x"), format!("s3://{BUCKET}/some/prefix/data/x"));
}

#[tokio::test]
async fn a_directory_that_does_not_exist_is_an_error_and_not_an_empty_list() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::directory(folder.path().join("nothing")).expect("an absolute path");
    let error = store.list("data").await.expect_err("no directory");
    assert!(matches!(&error, Error::File { action: "list", .. }), "{error:?}");
    assert_eq!(error.hint().as_deref(), Some("check the path"));
}

#[tokio::test]
async fn a_file_that_a_crash_left_unfinished_is_hidden_from_readers() {
    let place = directory();
    place.store.write("data/x.parquet", Bytes::from_static(b"x")).await.expect("a place to write");
    let names: Vec<_> =
        std::fs::read_dir(place.root.join("data")).expect("a folder").map(|entry| entry.expect("a file").file_name()).collect();
    assert_eq!(names, ["x.parquet"]);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(place.root.join("data/x.parquet")).expect("a file").permissions());
    assert_eq!(mode & 0o777, 0o644, "others may read it");
}

#[test]
fn urls_that_are_no_store_are_refused_without_their_secrets() {
    for (url, reason) in [
        ("", "it is empty"),
        ("s3://", "it names no bucket"),
        ("s3:///key", "it names no bucket"),
        ("ftp://user:geheim@host/path", "`ftp://` is not known"),
        ("s3://user:geheim@bucket/path", "credentials do not belong into the URL"),
        ("file://other-host/path", "it is no path of this machine"),
    ] {
        let error = Store::open(&StoreConfig { url: url.to_owned(), ..StoreConfig::default() }).expect_err(url);
        let said = format!("{error} {error:?}");
        assert!(error.to_string().contains(reason) && !said.contains("geheim"), "{url}: {said}");
    }
}

#[test]
fn a_directory_can_be_written_in_three_ways() {
    for url in ["/tmp/some/where", "file:///tmp/some/where"] {
        let store = Store::open(&StoreConfig { url: url.to_owned(), ..StoreConfig::default() }).expect("a directory");
        assert_eq!(store.local_root(), Some(Path::new("/tmp/some/where")));
    }
    let relative = Store::open(&StoreConfig { url: "some/where".to_owned(), ..StoreConfig::default() }).expect("a directory");
    assert!(relative.local_root().is_some_and(|root| root.is_absolute() && root.ends_with("some/where")));
}

#[tokio::test]
async fn a_directory_may_be_named_by_way_of_another() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir_all(folder.path().join("far/away")).expect("new folders");
    std::os::unix::fs::symlink(folder.path().join("far/away"), folder.path().join("link")).expect("a new link");
    for (named, expected) in [("here/../root", "root"), ("link/../root", "far/root")] {
        let store = Store::directory(folder.path().join(named)).expect("an absolute path");
        store.write("a/b", "x".into()).await.expect("a new object");
        assert_eq!(store.read("a/b").await.expect("an object"), "x");
        assert_eq!(listed(&store, "a").await, [("a/b".to_owned(), 1)]);
        assert!(folder.path().join(expected).join("a/b").is_file(), "{named}");
    }
}
