//! Ingest of AWS, Azure and GCP as people call it: manifests, replacement, bad input, kills, keys in koku's database.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use aggregator_core::table::cloud_ingest::AWS_LINE_ITEMS_DAILY;
use aggregator_io::execute::Engine;
use aggregator_io::source::line_items::{LineItemFiles, Partition};
use aggregator_io::source::path::Month;
use aggregator_io::store::Store;
use chrono::NaiveDate;
use polars::prelude::DataFrame;
use serde_json::{Value, json};

use crate::cluster::{Cluster, Layout};
use crate::program::{Answer, aggregator, block_on, contents, data_files, read, run};

const SCHEMA: &str = "org1";
const SOURCE: &str = "9f0a1b2c-3d4e-4f50-8a6b-7c8d9e0f1a2b";
const RAW: &str = "data/parquet/org1/AWS/source=9f0a1b2c-3d4e-4f50-8a6b-7c8d9e0f1a2b/year=2026/month=04";

const AWS_HEADER: &str = "bill/InvoiceId,bill/PayerAccountId,bill/BillingPeriodStartDate,identity/TimeInterval,lineItem/UsageStartDate,\
    lineItem/UsageType,lineItem/Operation,lineItem/ResourceId,lineItem/UnblendedCost,resourceTags/user:app,costCategory/team\n";
const AZURE_HEADER: &str = "Date,BillingPeriodStartDate,ResourceId,CostInBillingCurrency,Tags\n";
const GCP_HEADER: &str = "billing_account_id,service.id,service.description,sku.id,sku.description,usage_start_time,usage_end_time,project.id,\
    project.name,labels,system_labels,location.region,cost,currency,usage.amount_in_pricing_units,usage.pricing_unit,credits,invoice.month,\
    cost_type,partition_date\n";

/// A report of AWS: a row for each day of April, of one resource and cost.
fn aws(days: &[u32], resource: &str, cost: &str) -> String {
    days.iter().fold(AWS_HEADER.to_owned(), |mut rows, day| {
        let _ = writeln!(
            rows,
            ",999,2026-04-01T00:00:00Z,2026-04-{day:02}T00:00:00Z/2026-04-{day:02}T01:00:00Z,2026-04-{day:02}T00:00:00Z,\
             BoxUsage,RunInstances,{resource},{cost},web,red"
        );
        rows
    })
}

fn azure(days: &[u32], resource: &str) -> String {
    days.iter().fold(AZURE_HEADER.to_owned(), |mut rows, day| {
        let _ = writeln!(rows, "04/{day:02}/2026,04/01/2026,{resource},1.5,\"\"\"app\"\": \"\"web\"\"\"");
        rows
    })
}

fn gcp(days: &[u32], resource: &str, credits: &str) -> String {
    days.iter().fold(GCP_HEADER.to_owned(), |mut rows, day| {
        let credits = credits.replace('"', "\"\"");
        let _ = writeln!(
            rows,
            "01A,s,Compute,sku,Core,2026-04-{day:02}T00:00:00,2026-04-{day:02}T01:00:00,{resource},p,\
             \"[{{\"\"key\"\": \"\"app\"\", \"\"value\"\": \"\"web\"\"}}]\",[],us,2,USD,1,hour,\"{credits}\",202604,regular,2026-04-{day:02}"
        );
        rows
    })
}

/// A folder with files to ingest, and a store.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn store(&self) -> PathBuf {
        self.0.path().join("store")
    }

    /// Writes a file and says where it is.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        std::fs::write(&path, content).expect("a new file");
        path.display().to_string()
    }

    fn command(&self, cloud: &str, exports: &[&str], more: &[&str]) -> Command {
        let store = self.store().display().to_string();
        let arguments = [cloud, "ingest", "--store", &store, "--schema", SCHEMA, "--source", SOURCE, "--today", "2026-04-20"];
        let mut command = aggregator(arguments.into_iter().chain(exports.iter().copied()).chain(more.iter().copied()));
        command.env("AGGREGATOR_FORMAT", "json");
        command
    }

    fn ingest(&self, cloud: &str, exports: &[&str], more: &[&str]) -> Answer {
        run(&mut self.command(cloud, exports, more))
    }

    /// Names of the line item files, of all folders.
    fn names(&self) -> BTreeSet<String> {
        let name = |file: &PathBuf| file.file_name().expect("a name").to_string_lossy().into_owned();
        data_files(&self.store()).iter().map(name).collect()
    }

    /// The different values of a text column in the raw files.
    fn texts(&self, column: &str) -> BTreeSet<String> {
        let files = data_files(&self.store()).into_iter().filter(|file| !file.starts_with("data/parquet/daily"));
        files.flat_map(|file| texts(&read(&self.store().join(file)), column)).collect()
    }
}

fn texts(frame: &DataFrame, column: &str) -> Vec<String> {
    frame.column(column).expect("a column").str().expect("text").iter().flatten().map(str::to_owned).collect()
}

/// A gzip file that holds the text as it is: blocks that are not compressed, and a checksum bit by bit.
fn gzip(text: &str) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks = text.as_bytes().chunks(60_000).collect::<Vec<_>>();
    for (number, block) in blocks.iter().enumerate() {
        let length = u16::try_from(block.len()).expect("a short block");
        file.push(u8::from(number + 1 == blocks.len()));
        file.extend(length.to_le_bytes());
        file.extend((!length).to_le_bytes());
        file.extend(*block);
    }
    let checksum = text.bytes().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    });
    file.extend((!checksum).to_le_bytes());
    file.extend(u32::try_from(text.len()).expect("a short text").to_le_bytes());
    file
}

fn actions(answer: &Value) -> BTreeSet<String> {
    let days = answer["exports"].as_array().expect("exports").iter().flat_map(|export| export["days"].as_array().expect("days"));
    days.map(|day| day["action"].as_str().expect("an action").to_owned()).collect()
}

fn set<const N: usize>(texts: [&str; N]) -> BTreeSet<String> {
    texts.into_iter().map(str::to_owned).collect()
}

#[test]
fn running_twice_is_running_once_to_the_last_byte() {
    for (cloud, text) in [("aws", aws(&[1, 2], "i-1", "1")), ("azure", azure(&[1, 2], "vm")), ("gcp", gcp(&[1, 2], "p", "[]"))] {
        let place = Place::new();
        let export = place.file("report.csv", text);
        assert_eq!(actions(&place.ingest(cloud, &[&export], &[]).done().json()), set(["written"]), "{cloud}");
        let before = contents(&place.store());
        assert_eq!(actions(&place.ingest(cloud, &[&export], &[]).done().json()), set(["already-there"]), "{cloud}");
        assert!(contents(&place.store()) == before, "{cloud}");
        // Written once more on purpose, rows and ids are the same.
        let rows = |place: &Place| {
            let files = data_files(&place.store()).into_iter().map(|file| read(&place.store().join(file)));
            files.map(|frame| format!("{frame:?}")).collect::<BTreeSet<_>>()
        };
        let before = rows(&place);
        assert_eq!(actions(&place.ingest(cloud, &[&export], &["--replace"]).done().json()), set(["replaced"]), "{cloud}");
        assert_eq!(rows(&place), before, "{cloud}");
    }
}

#[test]
fn the_order_of_files_does_not_matter() {
    let (one, other) = (Place::new(), Place::new());
    for (place, names) in [(&one, ["a.csv", "b.csv"]), (&other, ["b.csv", "a.csv"])] {
        for name in names {
            place.file(&format!("export/{name}"), aws(&[1, 2], &format!("i-{name}"), "1"));
        }
        place.ingest("aws", &[place.0.path().join("export").to_str().expect("UTF-8")], &[]).done();
    }
    assert!(contents(&one.store()) == contents(&other.store()));
}

#[test]
fn a_manifest_of_aws_names_its_parts_and_month() {
    let place = Place::new();
    let manifest = json!({
        "assemblyId": "a-1", "billingPeriod": {"start": "20260401T000000.000Z", "end": "20260501T000000.000Z"},
        "reportKeys": ["/cur/20260401-20260501/a-1/cur-1.csv.gz", "/cur/20260401-20260501/a-1/cur-2.csv.gz"],
    });
    let manifest = place.file("cur/cur-Manifest.json", manifest.to_string());
    place.file("cur/a-1/cur-1.csv.gz", gzip(&aws(&[1], "i-1", "1")));
    let refused = place.ingest("aws", &[&manifest], &[]).failure();
    assert!(refused.contains("cur-2.csv.gz") && refused.contains("not there"), "{refused}");
    place.file("cur/a-1/cur-2.csv.gz", gzip(&aws(&[2], "i-2", "1")));
    place.file("cur/a-1/cur-3.csv.gz", gzip(&aws(&[3], "i-3", "1")));
    let answer = place.ingest("aws", &[&manifest], &[]).done().json();
    assert_eq!(answer["exports"][0]["manifest"], "a-1");
    assert_eq!(place.texts("lineitem_resourceid"), set(["i-1", "i-2"]));
    assert_eq!(answer["tag_keys"], json!(["app"]));
    assert_eq!(answer["category_keys"], json!(["team"]));
}

#[test]
fn a_manifest_of_azure_names_its_blobs() {
    let place = Place::new();
    let manifest = json!({
        "manifestVersion": "2024-04-01", "runInfo": {"runId": "r-1", "startDate": "2026-04-01T00:00:00"},
        "blobs": [{"blobName": "exports/r-1/part_0_0001.csv.gz"}],
    });
    place.file("run/manifest.json", manifest.to_string());
    place.file("run/part_0_0001.csv.gz", gzip(&azure(&[3], "vm")));
    place.ingest("azure", &[place.0.path().join("run").to_str().expect("UTF-8")], &[]).done();
    assert_eq!(place.texts("resourceid"), set(["vm"]));
    assert_eq!(place.texts("tags"), set([r#"{"app": "web"}"#]));
}

#[test]
fn an_export_of_aws_replaces_its_month_or_its_last_days() {
    let place = Place::new();
    let old = place.file("old.csv", aws(&(1..=10).collect::<Vec<_>>(), "old", "1"));
    let new = place.file("new.csv", aws(&(1..=12).collect::<Vec<_>>(), "new", "1"));
    place.ingest("aws", &[&old], &["--manifest-id", "1"]).done();
    let answer = place.ingest("aws", &[&new], &["--manifest-id", "2", "--incremental"]).done().json();
    assert_eq!(actions(&answer), set(["replaced"]));
    let days = |id: u32| {
        place.names().iter().filter(|name| name.contains(&format!("manifestid-{id}_"))).map(|name| name[..10].to_owned()).collect()
    };
    let expected = |days: std::ops::RangeInclusive<u32>| days.map(|day| format!("2026-04-{day:02}")).collect::<BTreeSet<_>>();
    let (first, second): (BTreeSet<String>, BTreeSet<String>) = (days(1), days(2));
    assert_eq!((first, second), (expected(1..=6), expected(7..=12)));
    place.ingest("aws", &[&new], &["--manifest-id", "2"]).done();
    assert_eq!(place.texts("lineitem_resourceid"), set(["new"]));
}

#[test]
fn days_after_today_are_left_out() {
    let place = Place::new();
    let export = place.file("report.csv", aws(&[19, 20, 21], "i", "1"));
    let answer = place.ingest("aws", &[&export], &[]).done().json();
    assert_eq!((&answer["exports"][0]["files"][0]["written"], &answer["exports"][0]["files"][0]["left_out"]), (&json!(2), &json!(1)));
}

#[test]
fn a_file_of_gcp_replaces_only_what_a_file_of_its_name_brought() {
    let place = Place::new();
    let first = place.file("a.csv", gcp(&[1, 2], "a", "[]"));
    let second = place.file("b.csv", gcp(&[1], "b", "[]"));
    place.ingest("gcp", &[&first, &second], &[]).done();
    let again = place.file("new/a.csv", gcp(&[1], "c", "[]"));
    place.ingest("gcp", &[&again], &[]).done();
    // What the name brought for another date stays.
    assert_eq!(place.texts("project_id"), set(["a", "b", "c"]));
    place.ingest("gcp", &[&place.file("c/a.csv", gcp(&[1, 2], "d", "[]"))], &[]).done();
    assert_eq!(place.texts("project_id"), set(["b", "d"]));
}

#[test]
fn a_bad_row_refuses_the_file_with_its_place_and_the_month_stays() {
    let place = Place::new();
    let good = place.file("good.csv", aws(&[1, 2], "good", "1"));
    place.ingest("aws", &[&good], &[]).done();
    let before = contents(&place.store());
    let bad = aws(&[1, 2, 3], "bad", "1").replacen("2026-04-02T00:00:00Z,BoxUsage", "yesterday,BoxUsage", 1);
    place.file("export/bad.csv", bad);
    place.file("export/other.csv", aws(&[4], "other", "1"));
    let answer = place.ingest("aws", &[place.0.path().join("export").to_str().expect("UTF-8")], &[]);
    assert_eq!(answer.exit_code, Some(2));
    assert!(answer.stderr.contains("line 3, column `lineItem/UsageStartDate`: `yesterday`: it is no timestamp"), "{}", answer.stderr);
    assert!(contents(&place.store()) == before);
}

#[test]
fn other_files_of_gcp_go_on() {
    let place = Place::new();
    let bad = place.file("bad.csv", gcp(&[1, 2], "bad", r#"{"amount": 1}"#));
    let good = place.file("good.csv", gcp(&[1], "good", "[]"));
    let answer = place.ingest("gcp", &[&bad, &good], &[]);
    assert_eq!(answer.exit_code, Some(2));
    assert!(answer.stderr.contains("line 2, column `credits`"), "{}", answer.stderr);
    assert_eq!(place.texts("project_id"), set(["good"]));
}

#[test]
fn files_that_are_none_are_refused_and_nothing_is_written() {
    let truncated = gzip(&aws(&(1..=20).collect::<Vec<_>>(), "i", "1"));
    let cases: [(&str, &str, Vec<u8>, &str); 6] = [
        ("aws", "x.csv", b"a,b\n1,2\n".to_vec(), "no invoice id"),
        ("azure", "x.csv", b"UsageDateTime\n2026-04-01\n".to_vec(), "older kind"),
        ("gcp", "x.csv", b"cost\n1\n".to_vec(), "no column `usage_start_time`"),
        ("aws", "x.csv", Vec::new(), "it is empty"),
        ("aws", "x.csv.gz", truncated[..truncated.len() / 2].to_vec(), "could not read on"),
        ("azure", "x.txt", b"Date\n".to_vec(), "no folder, no manifest, no .csv"),
    ];
    for (cloud, name, content, expected) in cases {
        let place = Place::new();
        let answer = place.ingest(cloud, &[&place.file(name, content)], &[]);
        assert_eq!(answer.exit_code, Some(2), "{expected}");
        assert!(answer.stderr.contains(expected), "{expected}: {}", answer.stderr);
        assert_eq!(data_files(&place.store()), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_cost_that_is_no_number_is_zero_and_strict_refuses_it() {
    let place = Place::new();
    let export = place.file("report.csv", aws(&[1], "i", "1 USD"));
    assert_eq!(place.ingest("aws", &[&export], &["--strict"]).exit_code, Some(2));
    assert_eq!(data_files(&place.store()), Vec::<PathBuf>::new());
    let answer = place.ingest("aws", &[&export], &[]).done().json();
    let problem = &answer["exports"][0]["files"][0]["problems"][0];
    assert_eq!((&problem["column"], &problem["value"]), (&json!("lineItem/UnblendedCost"), &json!("1 USD")));
}

#[test]
fn a_dry_run_writes_nothing() {
    let place = Place::new();
    let export = place.file("report.csv", aws(&[1], "i", "1"));
    let answer = place.ingest("aws", &[&export], &["--dry-run"]).done().json();
    assert_eq!(actions(&answer), set(["written"]));
    assert_eq!(data_files(&place.store()), Vec::<PathBuf>::new());
}

#[test]
fn what_koku_loses_is_kept_if_told_so() {
    let place = Place::new();
    let header = "bill_invoice_id,bill_payer_account_id,bill_billing_period_start_date,identity_time_interval,line_item_usage_start_date,\
        line_item_usage_type,line_item_operation,line_item_legal_entity,product_instance_type,resource_tags_user_app,cost_category_team";
    let row = ",999,2026-04-01T00:00:00Z,2026-04-01T00:00:00Z/x,2026-04-01T00:00:00Z,BoxUsage,RunInstances,Amazon,m5.large,web,red";
    let export = place.file("snake.csv", format!("{header}\n{row}\n"));
    let columns = ["lineitem_legalentity", "product_instancetype", "resourcetags", "costcategory"];
    place.ingest("aws", &[&export], &[]).done();
    assert_eq!(columns.map(|column| place.texts(column)), [set([""]), set([""]), set(["{}"]), set(["{}"])]);
    place.ingest("aws", &[&export], &["--keep-what-koku-loses"]).done();
    let kept = [set(["Amazon"]), set(["m5.large"]), set([r#"{"app": "web"}"#]), set([r#"{"team": "red"}"#])];
    assert_eq!(columns.map(|column| place.texts(column)), kept);

    let place = Place::new();
    let export = place.file("gcp.csv", gcp(&[1], "p", r#"[{"name": "a", "amount": -0.5}, {"name": "b", "amount": -0.25}]"#));
    for (more, expected) in
        [(&[][..], r#"{"name": "a", "amount": -0.5}"#), (&["--keep-what-koku-loses"], r#"{"name": "a", "amount": -0.75}"#)]
    {
        place.ingest("gcp", &[&export], more).done();
        assert_eq!(place.texts("credits"), set([expected]));
    }
}

/// The resources of a month, as a reader that asks the journal finds them.
fn resources(store: &Path) -> BTreeSet<String> {
    let store = Store::directory(store).expect("a directory");
    let month = Month::of(NaiveDate::from_ymd_opt(2026, 4, 1).expect("a day"));
    let partition = Partition { store: &store, schema: SCHEMA, source: SOURCE.parse().expect("a UUID"), month };
    let spool = tempfile::tempdir().expect("a temporary folder");
    let day = |day| NaiveDate::from_ymd_opt(2026, 4, day).expect("a day");
    block_on(async {
        let files = LineItemFiles::open(&partition, &AWS_LINE_ITEMS_DAILY, spool.path(), Engine::Auto).await.expect("line items");
        let plan = files.scan_days(day(1), day(30)).expect("a plan");
        let rows = files.collect_days(plan, day(1), day(30), Engine::Auto).await.expect("rows");
        assert!([0, 18].contains(&rows.height()), "{} rows", rows.height());
        texts(&rows, "lineitem_resourceid").into_iter().collect()
    })
}

#[test]
fn a_killed_ingest_leaves_the_month_old_or_new_and_the_next_run_is_right() {
    let place = Place::new();
    let days: Vec<u32> = (1..=18).collect();
    let old = place.file("old.csv", aws(&days, "old", "1"));
    let new = place.file("new.csv", aws(&days, "new", "2"));
    place.ingest("aws", &[&old], &["--manifest-id", "1"]).done();
    let mut seen = BTreeSet::new();
    for round in 0..24 {
        let mut child =
            place.command("aws", &[&new], &["--manifest-id", "2"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process");
        // The journal of a run that is under way names what it writes; the later rounds wait until it is there.
        std::thread::sleep(Duration::from_millis(40 + 12 * round));
        let _ = child.kill();
        child.wait().expect("a process");
        let found = resources(&place.store());
        assert!(found == set(["old"]) || found == set(["new"]), "{found:?}");
        seen.extend(found);
    }
    place.ingest("aws", &[&new], &["--manifest-id", "2"]).done();
    assert_eq!(resources(&place.store()), set(["new"]));
    assert!(place.names().iter().all(|name| name.contains("manifestid-2_")), "{:?}", place.names());
    assert!(!seen.is_empty() && place.store().join(RAW).is_dir());
}

#[test]
fn tag_keys_are_enabled_up_to_the_limit() {
    let database = block_on(Cluster::shared().create_database());
    block_on(async {
        database.create_tenant(SCHEMA, Layout::Plain).await;
        database
            .execute(format!(
                "CREATE TABLE {SCHEMA}.reporting_awsenabledcategorykeys (uuid uuid PRIMARY KEY, key varchar(253) UNIQUE NOT NULL, enabled boolean NOT NULL);
                 INSERT INTO {SCHEMA}.reporting_enabledtagkeys (key, enabled, provider_type) VALUES ('x', true, 'OCP'), ('app', false, 'AWS')"
            ))
            .await;
    });
    let place = Place::new();
    let more = ["resourceTags/user:a", "resourceTags/user:b", "resourceTags/user:c"];
    let text = aws(&[1], "i", "1");
    let (header, rows) = text.split_once('\n').expect("a header");
    let export = place.file("report.csv", format!("{header},{}\n{},1,2,3\n", more.join(","), rows.trim_end()));
    let told = ["--database", &database.url, "--tag-enabled-limit", "3"];
    let answer = place.ingest("aws", &[&export], &told).done().json();
    assert_eq!(answer["keys"], json!({"tags": 3, "enabled": 2, "categories": 1}));
    let keys = format!("SELECT key || ' ' || enabled FROM {SCHEMA}.reporting_enabledtagkeys WHERE provider_type = 'AWS' ORDER BY key");
    let keys: Vec<_> = block_on(database.texts(keys)).into_iter().flatten().collect();
    assert_eq!(keys, ["a true", "app false", "b true", "c false"]);
    let export = place.file("gcp.csv", gcp(&[1], "p", "[]"));
    let answer = place.ingest("gcp", &[&export], &told).done().json();
    assert_eq!(answer["keys"], json!({"tags": 1, "enabled": 0, "categories": 0}));
}
