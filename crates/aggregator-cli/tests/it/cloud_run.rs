//! `run` of a cloud: an export in, line items, summary and what was spent out, without koku.

use std::path::Path;

use crate::program::{Answer, aggregator, data_files, read, run};

fn run_in(place: &Path, more: &[&str]) -> Answer {
    let export = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/payloads/aws-shop");
    let export = export.display().to_string();
    run(aggregator(["aws", "run", &export].into_iter().chain(more.iter().copied())).current_dir(place))
}

fn totals(answer: &Answer) -> Vec<[String; 4]> {
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().expect("text").to_owned();
    let rows = answer.json()["totals"].as_array().expect("rows").clone();
    rows.iter().map(|row| [text(row, "account"), text(row, "service"), text(row, "cost"), text(row, "markup_cost")]).collect()
}

#[test]
fn an_export_alone_is_enough_and_the_readme_shows_it() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let said = run_in(place.path(), &["--markup=10"]).done().stdout;
    let readme = include_str!("../../../../README.md");
    let shown: Vec<_> = readme.lines().map(str::trim).collect();
    let lines: Vec<_> = said.lines().filter(|line| line.starts_with("│ ")).collect();
    // Two days and three services, under two heads of one and two lines.
    assert_eq!(lines.len(), 1 + 2 + 2 + 3, "{said}");
    for line in lines.iter().filter(|line| !line.contains("KiB")) {
        assert!(shown.contains(&line.trim()), "the README does not show what the command prints: {line}");
    }
}

#[test]
fn costs_are_those_of_the_export() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let first = run_in(place.path(), &["--markup=10", "--format=json"]).done();
    // 48 hours of 0.10 and 0.20, of 0.07, and of half a unit of 0.02.
    let expected = [
        ["111111111111", "AmazonEC2", "14.400000000", "1.440000000"],
        ["222222222222", "AmazonRDS", "3.360000000", "0.336000000"],
        ["111111111111", "AmazonS3", "0.480000000", "0.048000000"],
    ];
    assert_eq!(totals(&first), expected.map(|row| row.map(str::to_owned)));
    assert_eq!(first.json()["windows"][0]["rows"], 8);
    let summary = place.path().join("aggregator-data/data/org0000001.db/reporting_awscostentrylineitem_daily_summary");
    let files = data_files(&summary);
    assert_eq!(files.len(), 2, "{files:?}");
    assert_eq!(files.iter().map(|file| read(&summary.join(file)).height()).sum::<usize>(), 8);

    // A second time nothing has changed, so nothing is summarised; by force everything is, to the same rows.
    let again = run_in(place.path(), &["--markup=10", "--format=json"]).done().json();
    assert_eq!(again["windows"].as_array().map(Vec::len), Some(0), "{again}");
    let forced = run_in(place.path(), &["--markup=10", "--replace", "--format=json"]).done();
    assert_eq!(totals(&forced), totals(&first));
    assert_eq!(data_files(&summary), files);
}

#[test]
fn tags_are_kept_as_asked_and_markup_is_linear() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let keys = place.path().join("keys.txt");
    std::fs::write(&keys, "team\n").expect("a new file");
    let keys = keys.display().to_string();
    let mut seen = Vec::new();
    for (tags, markup) in [("all", "5"), ("none", "20"), (keys.as_str(), "-20")] {
        let answer = run_in(place.path(), &["--replace", "--format=json", "--enable-tags", tags, "--markup", markup]).done();
        let markup: f64 = totals(&answer).iter().map(|row| row[3].parse::<f64>().expect("a number")).sum();
        let summary = place.path().join("aggregator-data/data/org0000001.db/reporting_awscostentrylineitem_daily_summary");
        let file = summary.join(&data_files(&summary)[0]);
        let frame = read(&file);
        let mut tags: Vec<_> = frame.column("tags").expect("tags").str().expect("texts").iter().flatten().map(str::to_owned).collect();
        tags.sort();
        tags.dedup();
        seen.push((format!("{markup:.3}"), tags));
    }
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let all =
        [r#"{"app":"ledger","team":"data"}"#, r#"{"app":"shop","team":"data"}"#, r#"{"app":"shop","team":"web"}"#, r#"{"app":"shop"}"#];
    let teams = [r#"{"team":"data"}"#, r#"{"team":"web"}"#, "{}"];
    // 18.24 in all.
    assert_eq!(seen, [("0.912".to_owned(), texts(&all)), ("3.648".to_owned(), texts(&["{}"])), ("-3.648".to_owned(), texts(&teams))]);
}

#[test]
fn a_dry_run_writes_nothing_and_a_missing_export_is_named() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let said = run_in(place.path(), &["--dry-run"]).done().stdout;
    assert!(said.contains("dry run: nothing was written"), "{said}");
    assert_eq!(data_files(&place.path().join("aggregator-data")), Vec::<std::path::PathBuf>::new());
    let answer = run(aggregator(["aws", "run", "no-such-export"]).current_dir(place.path()));
    assert_eq!(answer.exit_code, Some(2));
    assert!(answer.stderr.contains("no-such-export"), "{}", answer.stderr);
}
