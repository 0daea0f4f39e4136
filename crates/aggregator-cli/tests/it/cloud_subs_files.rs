//! The files of SUBS, in a directory and in a bucket; their text is what koku's pandas writes, by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use aggregator_core::cloud::{Provider, Values};
use aggregator_core::table::ocp::INTERVAL_START;
use aggregator_io::cloud::{ListRequest, SubsExtract, extract_subs};
use aggregator_io::execute::Engine;
use aggregator_io::source::subscriptions::Subscriptions;
use aggregator_io::store::Store;
use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::{Column, DataFrame, df};
use serde_json::json;

use crate::program::{Answer, aggregator, block_on, contents, run};
use crate::s3::{ACCESS_KEY, BUCKET, S3Server, SECRET};
use crate::tiny::write;

/// koku strips the characters, so that the folder of HCS is `10001`.
pub(crate) const SCHEMA: &str = "acct10001";
pub(crate) const SOURCE: &str = "5e8d6c1a-0000-4000-8000-000000000002";
pub(crate) const AWS: &str = "data/parquet/10001/AWS/source=5e8d6c1a-0000-4000-8000-000000000002/year=2026/month=02/lines.parquet";
pub(crate) const FOLDER: &str = "acct10001/AWS/source=5e8d6c1a-0000-4000-8000-000000000002/date=2026-02-21";

const SUBS_HEADER: &str = "lineitem_productcode,resourcetags,lineitem_usageaccountid,lineitem_resourceid,lineitem_usagestartdate,\
    lineitem_lineitemtype,product_vcpu,identity_timeinterval,lineitem_unblendedcost,bill_billingperiodstartdate,source,year,month,\
    time_split,tags,subs_start_time,subs_end_time,subs_vcpu,subs_account,subs_resource_id,subs_role,subs_usage,subs_sla,\
    subs_rhel_version,subs_addon_id,subs_conversion\n";

pub(crate) fn times(name: &str, texts: &[String]) -> Column {
    let millis = |text: &String| text.parse::<NaiveDateTime>().expect("a time").and_utc().timestamp_millis();
    Column::new(name.into(), texts.iter().map(millis).collect::<Vec<_>>())
        .cast(&INTERVAL_START.kind.data_type())
        .expect("integers are times")
}

/// Metered hours of machines: account, machine, day of February and hour, cost.
pub(crate) type Hour<'a> = (&'a str, String, u32, u32, Option<f64>);

pub(crate) fn aws(hours: &[Hour<'_>]) -> DataFrame {
    let rows = hours.len();
    let texts = |of: &dyn Fn(&Hour<'_>) -> String| hours.iter().map(of).collect::<Vec<_>>();
    let at = |hour: &Hour<'_>| format!("2026-02-{:02}T{:02}:00:00", hour.2, hour.3);
    let interval = |hour: &Hour<'_>| format!("{}Z/2026-02-{:02}T{:02}:00:00Z", at(hour), hour.2, hour.3 + 1);
    let mut frame = df!(
        "lineitem_productcode" => vec!["AmazonEC2"; rows],
        "resourcetags" => vec![r#"{"com_redhat_rhel": "8", "note": "a, b"}"#; rows],
        "lineitem_usageaccountid" => texts(&|hour| hour.0.to_owned()),
        "lineitem_resourceid" => texts(&|hour| hour.1.clone()),
    )
    .expect("columns of one length");
    let last = df!(
        "lineitem_lineitemtype" => vec!["Usage"; rows],
        "product_vcpu" => vec!["4"; rows],
        "identity_timeinterval" => texts(&interval),
        "lineitem_unblendedcost" => hours.iter().map(|hour| hour.4).collect::<Vec<_>>(),
    )
    .expect("columns of one length");
    frame.with_column(times("lineitem_usagestartdate", &texts(&at))).expect("a column of the same length");
    frame.hstack_mut(last.columns()).expect("columns of the same length");
    frame.with_column(times("bill_billingperiodstartdate", &vec!["2026-02-01T00:00:00".to_owned(); rows])).expect("as long");
    frame
}

/// A line of the file as pandas writes it; `cost` as Python writes it.
pub(crate) fn line(account: &str, machine: &str, day: u32, hour: u32, cost: &str) -> String {
    let (from, to) = (format!("2026-02-{day:02}T{hour:02}:00:00Z"), format!("2026-02-{day:02}T{:02}:00:00Z", hour + 1));
    format!(
        "AmazonEC2,\"{{\"\"com_redhat_rhel\"\": \"\"8\"\", \"\"note\"\": \"\"a, b\"\"}}\",{account},{machine},2026-02-{day:02} {hour:02}:00:00,\
         Usage,4,{from}/{to},{cost},2026-02-01,{SOURCE},2026,02,\"['{from}', '{to}']\",\"{{\"\"com_redhat_rhel\"\":\"\"8\"\"}}\",\
         {from},{to},4,{account},{machine},Red Hat Enterprise Linux Server,Production,Premium,479,,false\n"
    )
}

/// 101 machines of an account, and one of another with two hours.
pub(crate) fn hours() -> Vec<Hour<'static>> {
    let machines = (0..101).rev().map(|number| ("111", format!("i-{number:03}"), 3, 5, Some(1e-5)));
    let other = [("222", "i-x".to_owned(), 20, 1, Some(-0.0)), ("222", "i-x".to_owned(), 3, 7, None)];
    machines.chain(other).collect()
}

/// The files of [`hours`], by name.
pub(crate) fn expected() -> BTreeMap<String, String> {
    let name = |rest: &str| format!("{FOLDER}/subs_t-1_{SOURCE}_{rest}.csv");
    let hundred: String = (0..100).map(|number| line("111", &format!("i-{number:03}"), 3, 5, "1e-05")).collect();
    let last = line("111", "i-100", 3, 5, "1e-05");
    let other = line("222", "i-x", 3, 7, "") + &line("222", "i-x", 20, 1, "-0.0");
    let texts = [("111_0_0", hundred), ("111_1_0", last), ("222_0_0", other)];
    texts.into_iter().map(|(rest, lines)| (name(rest), format!("{SUBS_HEADER}{lines}"))).collect()
}

pub(crate) struct Place(pub(crate) tempfile::TempDir);

impl Place {
    pub(crate) fn new(frame: &DataFrame, path: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write(frame, &folder.path().join("store").join(path));
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn command(&self, words: &[&str], output: &str, more: &[&str]) -> Command {
        let store = format!("--store={}", self.path("store").display());
        let fixed = [&store, "--schema", SCHEMA, "--source", SOURCE, "--today", "2026-02-21", "--output", output, "--format", "json"];
        aggregator(words.iter().chain(&fixed).chain(more).copied())
    }

    /// The extract of February, into the folder `out`.
    pub(crate) fn subs(&self, more: &[&str]) -> Command {
        self.subs_to(&self.path("out").display().to_string(), more)
    }

    fn subs_to(&self, output: &str, more: &[&str]) -> Command {
        let mut command = self.command(&["aws", "subs", "extract"], output, more);
        command.args(["--start", "2026-02-01", "--end", "2026-02-28", "--tracing-id", "t-1"]);
        command
    }

    /// The files of the output, by name.
    pub(crate) fn written(&self) -> BTreeMap<String, String> {
        texts(&self.path("out"))
    }
}

/// `command` with the keys of `server`.
pub(crate) fn with_bucket<'a>(command: &'a mut Command, server: &S3Server) -> &'a mut Command {
    command.env("S3_ENDPOINT", server.endpoint()).env("S3_ACCESS_KEY", ACCESS_KEY).env("S3_SECRET", SECRET)
}

pub(crate) fn texts(folder: &Path) -> BTreeMap<String, String> {
    let text = |(path, bytes): (PathBuf, Vec<u8>)| (path.display().to_string(), String::from_utf8(bytes).expect("text"));
    contents(folder).into_iter().map(text).collect()
}

/// Names of the files that a summary lists.
pub(crate) fn listed(answer: &Answer) -> Vec<String> {
    let files = answer.json()["files"].as_array().expect("files").clone();
    files.iter().map(|file| file["path"].as_str().expect("a path").to_owned()).collect()
}

#[test]
fn subscriptions_are_files_of_a_hundred_machines_and_twice_the_same() {
    let place = Place::new(&aws(&hours()), AWS);
    for _ in 0..2 {
        let answer = run(&mut place.subs(&[])).done();
        assert_eq!(place.written(), expected());
        assert_eq!(listed(&answer), expected().into_keys().collect::<Vec<_>>());
        assert_eq!(answer.json()["rows"], json!(103));
    }
}

#[test]
fn a_bucket_gets_the_same_files() {
    let place = Place::new(&aws(&hours()), AWS);
    let server = S3Server::start();
    run(with_bucket(&mut place.subs_to(&format!("s3://{BUCKET}/subs"), &[]), &server)).done();
    let mut found = texts(&server.bucket().join("subs"));
    found.retain(|name, _| !name.contains("/."));
    assert_eq!(found, expected());
}

#[test]
fn what_was_extracted_and_what_was_before_the_source_is_left_out() {
    let place = Place::new(&aws(&hours()), AWS);
    let last = |key: &str, year: &str, time: &str| json!({"source_uuid": SOURCE, "resource_id": key, "year": year, "month": "02", "latest_processed_time": time});
    // i-000 is done but for a second, i-001 is done, i-002 was last year; all that is of another source is not extracted at all.
    let mut processed = vec![
        last("i-000", "2026", "2026-02-03T04:59:59Z"),
        last("i-001", "2026", "2026-02-03T10:30:00+05:30"),
        last("i-002", "2025", "2026-02-03T23:00:00Z"),
    ];
    processed.extend(
        (3..101).map(|number| json!({"source_uuid": "other", "resource_id": format!("i-{number:03}"), "year": "2026", "month": "02"})),
    );
    let reference = place.path("reference.json");
    let write_reference = |created: &str| {
        let providers = json!([{"uuid": SOURCE, "created_timestamp": created}]);
        let text = json!({"subs_last_processed": processed, "providers": providers}).to_string();
        std::fs::write(&reference, text).expect("a new file");
    };
    let found = |out: &str| {
        let flag = reference.display().to_string();
        let folder = place.path(out);
        run(&mut place.subs_to(&folder.display().to_string(), &["--reference", &flag])).done();
        texts(&folder)
            .into_values()
            .flat_map(|text| text.lines().skip(1).map(|line| format!("{line}\n")).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    let other = [line("222", "i-x", 3, 7, ""), line("222", "i-x", 20, 1, "-0.0")];
    write_reference("2026-02-04T23:00:00Z");
    let [first, second] = ["i-000", "i-002"].map(|machine| line("111", machine, 3, 5, "1e-05"));
    assert_eq!(found("eve"), [vec![first, second], other.to_vec()].concat());
    write_reference("2026-02-05T00:00:00Z");
    assert_eq!(found("later"), other[1..].to_vec());
}

#[test]
fn pages_are_cut_within_a_hundred_machines() {
    let place = Place::new(&aws(&hours()), AWS);
    let open = |name: &str| Store::directory(place.path(name)).expect("a folder");
    let (store, output, known) = (open("store"), open("pages"), Subscriptions::default());
    let day = |day| NaiveDate::from_ymd_opt(2026, 2, day).expect("a day");
    let source = SOURCE.parse().expect("a UUID");
    let request = ListRequest { store: &store, schema: SCHEMA, source, start: day(1), end: day(28), engine: Engine::default() };
    let extract = SubsExtract {
        request,
        provider: Provider::Aws,
        known: &known,
        created: None,
        database: None,
        output: &output,
        tracing_id: "t-1",
        today: day(21),
        values: Values::AsTrino,
        rows_of_a_page: 40,
    };
    let files = block_on(extract_subs(&extract)).expect("an extract");
    let rows: Vec<_> = files.iter().map(|file| (file.path.rsplit(SOURCE).next().expect("a name"), file.rows)).collect();
    assert_eq!(rows, [("_111_0_0.csv", 40), ("_111_0_1.csv", 40), ("_111_0_2.csv", 20), ("_111_1_0.csv", 1), ("_222_0_0.csv", 2)]);
    let [whole, pages] = [expected(), texts(&place.path("pages"))]
        .map(|files| files.values().flat_map(|text| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()).collect::<Vec<_>>());
    assert_eq!(pages, whole);
}

#[test]
fn a_name_that_leads_elsewhere_is_refused_before_anything_is_written() {
    let place = Place::new(&aws(&[("../../x", "i-1".to_owned(), 3, 5, None)]), AWS);
    let error = run(&mut place.subs(&[])).failure();
    assert!(error.contains("could not name a file after `../../x`") && error.contains("it has a slash"), "{error}");
    assert!(!place.path("out").exists() && !place.path("x").exists());
    let error = run(&mut place.command(&["aws", "subs", "extract"], "out", &["--start", "2026-02-27", "--end", "2026-03-01"])).failure();
    assert!(error.contains("is of one month"), "{error}");
}
