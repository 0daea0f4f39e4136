//! The files of HCS, in a directory and in a bucket; their text is what koku's pandas writes, by hand.

use std::collections::BTreeMap;

use aggregator_io::config::{Secret, StoreConfig};
use aggregator_io::store::Store;
use polars::prelude::{DataFrame, df};

use crate::cloud_subs_files::{Place, SCHEMA, SOURCE, texts, times, with_bucket};
use crate::cluster::Cluster;
use crate::program::{block_on, run};
use crate::s3::{ACCESS_KEY, BUCKET, S3Server, SECRET};
use crate::tiny::write;

/// Line items of GCP: when, what is sold, its cost.
fn gcp(rows: &[(&str, &str, Option<f64>)]) -> DataFrame {
    let texts: Vec<_> = rows.iter().map(|row| row.0.to_owned()).collect();
    let rest = df!(
        "sku_description" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        "service_description" => vec![None::<&str>; rows.len()],
        "cost" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        "labels" => vec![r#"{"a": "b"}"#; rows.len()],
    );
    let mut frame = DataFrame::new(rows.len(), vec![times("usage_start_time", &texts)]).expect("a column");
    frame.hstack_mut(rest.expect("columns of one length").columns()).expect("columns of the same length");
    frame
}

fn folder(month: &str) -> String {
    format!("data/parquet/daily/10001/GCP/raw/source={SOURCE}/year=2026/month={month}/lines.parquet")
}

/// Days with rows in two months, one without, and one without any of Red Hat.
fn place() -> Place {
    let february = gcp(&[
        ("2026-02-03T05:00:00.250", "RedHat, \"RHEL\"", Some(1e16)),
        ("2026-02-01T00:00:00", "Red Hat", Some(f64::NAN)),
        ("2026-02-03T00:00:00", "Red Hat\nLinux", Some(f64::NEG_INFINITY)),
        ("2026-02-03T23:59:59", "for Red Hat", None),
        ("2026-02-04T00:00:00", "red hat", Some(1.0)),
    ]);
    let place = Place::new(&february, &folder("02"));
    write(&gcp(&[("2026-01-31T12:00:00", "Red Hat", Some(0.1 + 0.2))]), &place.path("store").join(folder("01")));
    place
}

fn expected() -> BTreeMap<String, String> {
    let header = "usage_start_time,sku_description,service_description,cost,labels,source,year,month,ebs_account_id,org_id\n";
    let line = |time: &str, sku: &str, cost: &str, month: &str| {
        format!("2026-{time},{sku},,{cost},\"{{\"\"a\"\": \"\"b\"\"}}\",{SOURCE},2026,{month},4711,\n")
    };
    let days = [
        ("01", "2026-01-31", line("01-31 12:00:00.000", "Red Hat", "0.30000000000000004", "01")),
        ("02", "2026-02-01", line("02-01 00:00:00.000", "Red Hat", "NaN", "02")),
        (
            "02",
            "2026-02-03",
            line("02-03 05:00:00.250", "\"RedHat, \"\"RHEL\"\"\"", "1e+16", "02")
                + &line("02-03 00:00:00.000", "\"Red Hat\nLinux\"", "-Infinity", "02")
                + &line("02-03 23:59:59.000", "for Red Hat", "", "02"),
        ),
    ];
    let named = days.map(|(month, day, lines)| {
        (format!("hcs/csv/10001/GCP/source={SOURCE}/year=2026/month={month}/hcs_{day}.csv"), format!("{header}{lines}"))
    });
    named.into()
}

const DAYS: [&str; 5] = ["--start=2026-01-30", "--end=2026-02-05", "--ebs-account=4711", "--finalize=false", "--engine=auto"];

#[test]
fn each_day_with_rows_is_a_file_and_twice_the_same() {
    let place = place();
    let out = place.path("out");
    for _ in 0..2 {
        let answer = run(&mut place.command(&["gcp", "hcs"], &out.display().to_string(), &DAYS)).done().json();
        assert_eq!(texts(&out), expected());
        let rows: Vec<_> = answer["files"].as_array().expect("files").iter().map(|file| file["rows"].clone()).collect();
        assert_eq!(rows, [1, 1, 3]);
    }
    // One file of all rows that are asked for is the file of a day.
    let csv = place.path("one.csv");
    let store = format!("--store={}", place.path("store").display());
    let one =
        ["gcp", "hcs", &store, "--schema", SCHEMA, "--source", SOURCE, "--start=2026-02-03", "--end=2026-02-03", "--ebs-account=4711"];
    run(crate::program::aggregator(one).args(["--csv", &csv.display().to_string()])).done();
    assert_eq!(Some(&std::fs::read_to_string(csv).expect("a file")), expected().values().last());
}

#[test]
fn a_bucket_keeps_what_is_final_with_the_files() {
    let place = place();
    let server = S3Server::start();
    let store = Store::open(&StoreConfig {
        url: format!("s3://{BUCKET}"),
        endpoint: Some(server.endpoint()),
        access_key_id: Some(Secret::new(ACCESS_KEY)),
        secret_access_key: Some(Secret::new(SECRET)),
        ..StoreConfig::default()
    })
    .expect("settings that fit");
    // Asked on 21 February, January is final and February is not; a range is final if its last day is.
    let cases: [(&[&str], [Option<&str>; 2]); 4] = [
        (&["--end=2026-01-31"], [Some("2026-02-15"), None]),
        (&["--end=2026-02-05"], [None, None]),
        (&["--end=2026-02-05", "--finalize"], [Some("2026-02-15"), Some("2026-03-15")]),
        (&["--end=2026-01-31", "--finalize=false"], [None, None]),
    ];
    for (more, dates) in cases {
        std::fs::remove_dir_all(server.bucket()).expect("a folder of ours");
        std::fs::create_dir(server.bucket()).expect("a new folder");
        let output = format!("s3://{BUCKET}");
        let mut command = place.command(&["gcp", "hcs"], &output, &["--start=2026-01-30", "--ebs-account=4711"]);
        run(with_bucket(command.args(more), &server)).done();
        let is_asked = |name: &String| !more.contains(&"--end=2026-01-31") || name.contains("month=01");
        let names: Vec<_> = expected().into_keys().filter(is_asked).collect();
        let mut found = texts(&server.bucket());
        found.retain(|name, _| !name.contains("/."));
        assert_eq!(found.keys().cloned().collect::<Vec<_>>(), names);
        for (name, date) in names.into_iter().zip([dates[0], dates[1], dates[1]]) {
            assert_eq!(found[&name], expected()[&name]);
            let finalized = if date.is_some() { "True" } else { "False" };
            let mut metadata = BTreeMap::from([("finalized".to_owned(), finalized.to_owned())]);
            metadata.extend(date.map(|date| ("finalized-date".to_owned(), date.to_owned())));
            assert_eq!(block_on(store.metadata(&name)).expect("an object"), metadata, "{name} {more:?}");
        }
    }
}

#[test]
fn the_customer_comes_from_kokus_database() {
    block_on(async {
        let database = Cluster::shared().create_database().await;
        let customers = "CREATE TABLE public.api_customer (id int, account_id varchar(150), org_id varchar(36), schema_name text);
             INSERT INTO public.api_customer VALUES (1, 'a', 'b', 'acct1'), (2, '4711', NULL, 'acct10001')";
        database.execute(customers.to_owned()).await;
        let place = place();
        let out = place.path("out").display().to_string();
        let days = ["--start=2026-01-30", "--end=2026-02-05", "--database", &database.url];
        run(&mut place.command(&["gcp", "hcs"], &out, &days)).done();
        assert_eq!(texts(&place.path("out")), expected());
        database.execute("DELETE FROM public.api_customer WHERE id = 2".to_owned()).await;
        let error = run(&mut place.command(&["gcp", "hcs"], &out, &days)).failure();
        assert!(error.contains("found no customer of `acct10001` in koku's database"), "{error}");
    });
}

#[test]
fn days_of_two_months_are_no_one_table() {
    let place = place();
    let store = format!("--store={}", place.path("store").display());
    let days = ["gcp", "hcs", &store, "--schema", SCHEMA, "--source", SOURCE, "--start=2026-01-31", "--end=2026-02-01"];
    assert!(run(&mut crate::program::aggregator(days)).failure().contains("without --output, the days lie in one month"));
}
