//! What only a bucket can do wrong.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aggregator_io::config::{Addressing, Secret, StoreConfig};
use aggregator_io::store::Store;

use crate::s3_server::{ACCESS_KEY, BUCKET, S3Server, SECRET};
use crate::store::config;

#[tokio::test]
async fn a_list_goes_on_after_a_thousand_keys() {
    let server = S3Server::start();
    let folder = server.bucket().join("data");
    std::fs::create_dir(&folder).expect("a new folder");
    for number in 0..2_345 {
        std::fs::write(folder.join(format!("{number:05}")), "x").expect("a new file");
    }
    let store = Store::open(&config(&server, &format!("s3://{BUCKET}"))).expect("settings that fit");
    let found: Vec<_> = store.list("data").await.expect("a list").into_iter().map(|object| object.path.to_string()).collect();
    let expected: Vec<_> = (0..2_345).map(|number| format!("data/{number:05}")).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_wrong_key_or_secret_is_refused_at_once() {
    let server = S3Server::start();
    std::fs::write(server.bucket().join("x"), "x").expect("a new file");
    let right = config(&server, &format!("s3://{BUCKET}"));
    let wrong = [
        StoreConfig { secret_access_key: Some(Secret::new("geheim")), ..right.clone() },
        StoreConfig { access_key_id: Some(Secret::new("AKIAUNKNOWN")), ..right.clone() },
    ];
    for config in wrong {
        let store = Store::open(&config).expect("settings that fit");
        let start = Instant::now();
        for error in [store.list("").await.expect_err("no list"), store.read("x").await.expect_err("no object")] {
            assert!(!error.is_retryable(), "{error:?}");
            assert!(error.hint().is_some_and(|hint| hint.starts_with("check the access key, the secret")), "{error:?} {:?}", error.hint());
            let said = format!("{error} {error:?} {store:?} {config:?}");
            assert!(!said.contains("geheim") && !said.contains(SECRET), "{said}");
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
    Store::open(&right).expect("settings that fit").list("").await.expect("the right key");
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_refused_at_once() {
    let server = S3Server::start();
    let store = Store::open(&config(&server, "s3://other")).expect("settings that fit");
    let start = Instant::now();
    let error = store.list("data").await.expect_err("no bucket");
    assert!(!error.is_retryable() && error.to_string() == "could not list `s3://other/data`", "{error:?}");
    assert_eq!(error.hint().as_deref(), Some("check the path, the bucket and the region"));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// A server that answers `failures` requests by `status`, and every other one by `body`; how many it got.
fn flaky(failures: usize, status: &'static str, body: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("a bound socket"));
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let Ok(mut socket) = socket else { return };
            let mut request = [0; 8192];
            let _ = socket.read(&mut request);
            let number = counter.fetch_add(1, Ordering::SeqCst);
            let (status, body) = if number < failures { (status, "") } else { ("200 OK", body) };
            let _ = write!(socket, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        }
    });
    (endpoint, requests)
}

const EMPTY_LIST: &str =
    r#"<?xml version="1.0"?><ListBucketResult><Name>koku</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>"#;

fn at(endpoint: String) -> Store {
    let config = StoreConfig {
        url: "s3://koku".to_owned(),
        endpoint: Some(endpoint),
        access_key_id: Some(Secret::new(ACCESS_KEY)),
        secret_access_key: Some(Secret::new(SECRET)),
        addressing: Addressing::Path,
        ..StoreConfig::default()
    };
    Store::open(&config).expect("settings that fit")
}

#[tokio::test]
async fn a_fault_that_passes_is_tried_again() {
    for status in ["500 Internal Server Error", "503 Slow Down", "429 Too Many Requests"] {
        let (endpoint, requests) = flaky(2, status, EMPTY_LIST);
        assert_eq!(at(endpoint).list("data").await.expect("the third answer"), []);
        assert_eq!(requests.load(Ordering::SeqCst), 3, "{status}");
    }
}

#[tokio::test]
async fn a_fault_that_does_not_pass_ends_within_a_minute_and_may_be_tried_later() {
    let (endpoint, requests) = flaky(usize::MAX, "503 Slow Down", "");
    let start = Instant::now();
    let error = at(endpoint).list("data").await.expect_err("only failures");
    assert!(error.is_retryable(), "{error:?}");
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    assert!((3..20).contains(&requests.load(Ordering::SeqCst)), "{requests:?}");
}
