//! `audit` of the summaries of the clouds beside their line items: Trino's own answers, and what is found where they are changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use aggregator_core::table::{ColumnDef, Kind};
use aggregator_io::ocp::StorageTable;
use aggregator_io::source::cloud_reference::CloudReference;
use aggregator_validate::audit::clouds::line_items::{CloudLineItems, Part, parts, read as read_line_items};
use aggregator_validate::audit::law::{Findings, Verdict};
use aggregator_validate::audit::line_items::InputStore;
use aggregator_validate::audit::report::{Report, text};
use aggregator_validate::audit::{Days, clouds};
use aggregator_validate::read::{Side, read};
use aggregator_validate::rows::{Filter, Rows, RowsBuilder, Value};
use aggregator_validate::subject::{AWS_DAILY, AWS_EC2, AZURE_DAILY, GCP_DAILY, Subject};
use chrono::{Datelike, Months, NaiveDate};

use crate::cloud_cases::{Case, answered, frame, refused, unpack};
use crate::cloud_changes::{AMOUNTS, Change, Row, changed, moved};
use crate::program::{run, write};

impl Case {
    /// What the statement reads.
    fn part(&self) -> Part {
        let (start, end) = self.days();
        let invoice_month = self.param("invoice_month").map(str::to_owned);
        let months = match (&invoice_month, self.statement.as_str()) {
            (Some(_), _) => vec![start.with_day(1).unwrap().checked_sub_months(Months::new(1)).unwrap(), start, end],
            (None, _) => vec![self.bill_month()],
        };
        Part { months, days: (self.statement != "aws_ec2").then_some((start, end)), invoice_month }
    }

    /// The line items, without and with reference data.
    async fn line_items(&self) -> [CloudLineItems; 2] {
        let mut items = CloudLineItems::new(self.schema(), &self.subject(), Some(self.markup()));
        let store = InputStore { url: self.store().to_str().unwrap(), schema: self.schema(), storage: StorageTable::Absent };
        read_line_items(&mut items, &store, self.param("source_uuid").unwrap(), &[self.part()]).await.unwrap();
        let reference = CloudReference::from_json_file(&self.tenant.join("reference.json"), "AWS").await.unwrap();
        [items.clone(), items.with_accounts(&reference).unwrap()]
    }

    fn audited(&self, rows: &Rows, items: &CloudLineItems) -> Report {
        let (start, end) = self.days();
        clouds::audit(&self.subject(), rows, Some(items), Days { start: Some(start), end: Some(end) }, Some(self.markup()), 3)
    }
}

fn columns(case: &Case) -> Vec<ColumnDef> {
    case.subject().tables[0].columns.iter().copied().filter(|column| column.name != "uuid").collect()
}

fn answer(case: &Case) -> Vec<Row> {
    let frame = frame(&case.expected());
    let text = |column: &ColumnDef, row| frame.column(column.name).unwrap().str().unwrap().get(row).map(str::to_owned);
    let row = |row| columns(case).iter().filter_map(|column| Some((column.name, text(column, row)?))).collect();
    (0..frame.height()).map(row).collect()
}

/// Without tags, categories and lists of resources, which line items are not held against.
fn read_rows(case: &Case, rows: &[Row]) -> Rows {
    let mut built = RowsBuilder::new("changed", &case.subject(), Filter::default());
    let is_read = |column: &&ColumnDef| !matches!(column.kind, Kind::Labels | Kind::Json | Kind::TextArray);
    columns(case).iter().filter(is_read).for_each(|column| built.has(column));
    let columns = built.columns();
    for row in rows {
        let text = |column: &ColumnDef| row.get(column.name).filter(|_| is_read(&column));
        built.push(|index| Ok(text(&columns[index]).map_or(Value::Null, |text| Value::Text(text)))).unwrap();
    }
    built.finish()
}

/// One of so many answers is changed.
const CHANGED_OF: usize = 7;

/// What the test counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tally {
    answers: usize,
    rows: u64,
    groups: u64,
    sums: u64,
    maxima: u64,
    copies: u64,
    /// Accounts, days and instances that count more than once.
    noted: u64,
    /// Sums of which one row was changed by 1e-9 of itself.
    changed: usize,
    /// Those of them that were not found: the rest of huge numbers that cancel each other.
    unseen: usize,
    /// Rows that were dropped, doubled, or moved to another account or day, and had an amount.
    moved: usize,
    unseen_moves: usize,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.answers += other.answers;
        self.rows += other.rows;
        self.groups += other.groups;
        self.sums += other.sums;
        self.maxima += other.maxima;
        self.copies += other.copies;
        self.noted += other.noted;
        self.changed += other.changed;
        self.unseen += other.unseen;
        self.moved += other.moved;
        self.unseen_moves += other.unseen_moves;
    }
}

fn law<'a>(report: &'a Report, name: &str) -> Option<&'a Findings> {
    match &report.laws.iter().find(|law| law.law.name == name).unwrap().verdict {
        Verdict::Checked(findings) => Some(findings),
        Verdict::NotChecked(_) => None,
    }
}

fn checked(report: &Report, name: &str) -> u64 {
    law(report, name).map_or(0, |findings| findings.checked)
}

fn check(case: &Case, turn: usize) -> (Tally, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let [alone, with_reference] = runtime.block_on(case.line_items());
    let rows = answer(case);
    let side = Side::Path(case.expected());
    let whole = runtime.block_on(read(&side, &case.subject(), &Filter::default(), None)).unwrap();
    let (mut tally, mut wrong) = (Tally { answers: 1, rows: rows.len() as u64, ..Tally::default() }, Vec::new());
    for items in [&alone, &with_reference] {
        let report = case.audited(&whole, items);
        if !report.holds() {
            wrong.push(format!("{}: {}", case.expected().display(), text(&report)));
        }
        if std::ptr::eq(items, &raw const with_reference) {
            tally.groups = checked(&report, "groups-complete");
            tally.sums = checked(&report, "cost-conserved") + checked(&report, "usage-conserved");
            tally.maxima = checked(&report, "greatest");
            tally.copies = checked(&report, "fan-out");
            tally.noted = law(&report, "fan-out").map_or(0, |findings| findings.noted);
        }
    }
    // All of them take minutes.
    if !turn.is_multiple_of(CHANGED_OF) {
        return (tally, wrong);
    }
    let unseen = |column, change| {
        let (other, count) = changed(case, &rows, column, turn, change);
        let report = case.audited(&read_rows(case, &other), &alone);
        let found = ["cost-conserved", "usage-conserved"].map(|name| law(&report, name).unwrap().violations).iter().sum::<u64>();
        (count, count - usize::try_from(found).unwrap())
    };
    for column in AMOUNTS.into_iter().filter(|column| columns(case).contains(column)) {
        let (count, missed) = unseen(column, Change::OfItself);
        tally.changed += count;
        tally.unseen += missed;
        // What is left of huge numbers that cancel each other is as exact as they are.
        if missed > 0 && unseen(column, Change::OfTheGreatest(case.largest_number().min(1e15))).1 > 0 {
            wrong.push(format!("{}: a change of `{}` is not found", case.expected().display(), column.name));
        }
    }
    for other in moved(case, &rows) {
        tally.moved += 1;
        tally.unseen_moves += usize::from(case.audited(&read_rows(case, &other), &alone).holds());
    }
    (tally, wrong)
}

#[test]
fn every_law_holds_on_trino_s_answers_beside_their_line_items() {
    let folder = tempfile::tempdir().unwrap();
    unpack(folder.path());
    let cases = answered(folder.path());
    let next = AtomicUsize::new(0);
    let take = || {
        let turn = next.fetch_add(1, Ordering::Relaxed);
        cases.get(turn).map(|case| (turn, case))
    };
    let work = || std::iter::from_fn(take).map(|(turn, case)| (case.statement.clone(), check(case, turn))).collect::<Vec<_>>();
    let checked: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let (mut tallies, mut wrong): (BTreeMap<String, Tally>, _) = (BTreeMap::new(), Vec::new());
    for (statement, (tally, found)) in checked {
        *tallies.entry(statement).or_default() += tally;
        wrong.extend(found);
    }
    assert!(wrong.is_empty(), "{} answers:\n{}", wrong.len(), wrong.join("\n"));
    let found = |statement: &str| tallies[statement];
    let aws =
        Tally { answers: 62, rows: 12_369, groups: 9_985, sums: 117_458, maxima: 53_390, copies: 9_985, noted: 36, ..Tally::default() };
    assert_eq!(found("aws_daily"), Tally { changed: 2_537, unseen: 1, moved: 90, ..aws });
    let ec2 = Tally { answers: 47, rows: 948, groups: 826, sums: 10_428, maxima: 10_428, copies: 826, noted: 96, ..Tally::default() };
    assert_eq!(found("aws_ec2"), Tally { changed: 391, moved: 84, ..ec2 });
    let azure = Tally { answers: 51, rows: 4_424, groups: 3_159, sums: 9_477, maxima: 6_318, ..Tally::default() };
    assert_eq!(found("azure_daily"), Tally { changed: 1_975, moved: 66, ..azure });
    let gcp = Tally { answers: 77, rows: 6_531, groups: 3_697, sums: 14_788, maxima: 18_485, ..Tally::default() };
    assert_eq!(found("gcp_daily"), Tally { changed: 732, unseen: 4, moved: 129, ..gcp });
}

#[test]
fn every_law_holds_on_our_own_rows_where_values_that_trino_refuses_were_repaired() {
    let folder = tempfile::tempdir().unwrap();
    unpack(folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (mut held, mut repaired, mut beyond_repair, mut excepted) = (0, 0, 0, 0);
    for case in refused(folder.path()) {
        let output = tempfile::tempdir().unwrap();
        let Ok((result, values)) = runtime.block_on(case.repaired(output.path())) else {
            beyond_repair += 1;
            continue;
        };
        let rows = runtime.block_on(read(&Side::Path(result), &case.subject(), &Filter::default(), None)).unwrap();
        for items in runtime.block_on(case.line_items()) {
            let report = case.audited(&rows, &items);
            assert!(report.holds(), "{}: {}", case.expected().display(), text(&report));
            let laws = ["cost-conserved", "usage-conserved"].into_iter().filter_map(|name| law(&report, name));
            excepted += laws.flat_map(|findings| &findings.excepted).map(|(_, count)| count).sum::<u64>();
        }
        held += 1;
        repaired += values;
    }
    // Beyond repair: what koku's table cannot hold.
    assert_eq!((held, repaired, beyond_repair, excepted), (50, 51, 50, 54));
}

#[test]
fn the_command_reads_line_items_and_reference_data() {
    let folder = tempfile::tempdir().unwrap();
    unpack(folder.path());
    let mut seen = BTreeSet::new();
    for case in answered(folder.path()) {
        let rows = frame(&case.expected());
        if case.schema().ends_with("99") || rows.height() < 3 || !seen.insert(case.statement.clone()) {
            continue;
        }
        let (start, end) = case.days();
        let markup = (case.params["markup"].as_f64().unwrap() * 100.0).to_string();
        let shared = ["--table", case.subject().name, "--source", case.param("source_uuid").unwrap(), "--markup", &markup, "--format=json"];
        let days = [format!("--start={start}"), format!("--end={end}")];
        let inputs = ["--inputs", case.store().to_str().unwrap(), "--schema", case.schema()];
        let reference = case.tenant.join("reference.json").to_str().unwrap().to_owned();
        let mut more: Vec<&str> = shared.into_iter().chain(days.iter().map(String::as_str)).chain(inputs).collect();
        more.extend(["--reference", &reference]);
        if let Some(month) = case.param("invoice_month") {
            more.extend(["--invoice-month", month]);
        }
        let audit = |path: &Path| run(["audit", path.to_str().unwrap()].into_iter().chain(more.iter().copied()));
        let whole = audit(&case.expected());
        assert_eq!(whole.exit_code, 0, "{}: {}{}", case.expected().display(), whole.stdout, whole.stderr);
        let report = whole.json();
        let laws: BTreeMap<&str, &str> =
            report["laws"].as_array().unwrap().iter().map(|law| (text_of(law, "name"), text_of(law, "state"))).collect();
        assert_eq!(["groups-complete", "cost-conserved", "usage-conserved", "greatest"].map(|name| laws[name]), ["holds"; 4]);
        assert_eq!(laws["fan-out"], if case.statement.starts_with("aws") { "holds" } else { "not_checked" });
        assert!(report["line_items"].as_str().unwrap().ends_with(case.schema()));
        // Without its first half.
        let fewer = folder.path().join("fewer.parquet");
        write(&mut rows.slice(i64::try_from(rows.height() / 2).unwrap(), rows.height()), &fewer);
        let report = audit(&fewer);
        assert_eq!(report.exit_code, 1, "{}", report.stdout);
        let report = report.json();
        let is_broken = |name: &str| report["laws"].as_array().unwrap().iter().any(|law| law["name"] == name && law["state"] == "broken");
        assert!(is_broken("groups-complete") || is_broken("cost-conserved"), "{report}");
    }
    assert_eq!(seen.len(), 4);
}

fn text_of<'a>(law: &'a serde_json::Value, name: &str) -> &'a str {
    law[name].as_str().unwrap()
}

#[test]
fn instances_of_several_months_are_not_audited_at_once() {
    let folder = tempfile::tempdir().unwrap();
    unpack(folder.path());
    let case = answered(folder.path()).into_iter().find(|case| case.statement == "aws_ec2").unwrap();
    let (store, source) = (case.store().to_str().unwrap().to_owned(), case.param("source_uuid").unwrap());
    let answer = run([
        "audit",
        case.expected().to_str().unwrap(),
        "--table=aws-ec2-summary",
        "--source",
        source,
        "--inputs",
        &store,
        "--schema",
        case.schema(),
        "--start=2026-01-31",
        "--end=2026-02-01",
    ]);
    assert_eq!(answer.exit_code, 2);
    assert!(answer.stderr.contains("these are several months") && answer.stderr.contains("month by month"), "{}", answer.stderr);
}

#[test]
fn a_line_item_of_an_invoice_is_looked_for_where_ingest_and_koku_look() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let of = |subject: &Subject, invoice_month: Option<&str>| {
        let parts = parts(subject, day("2026-01-30"), day("2026-02-02"), invoice_month).unwrap();
        let months = |part: &Part| part.months.iter().map(|day| day.format("%m").to_string()).collect::<Vec<_>>().join(" ");
        let days = |part: &Part| part.days.map_or("all".to_owned(), |(start, end)| format!("{} {}", start.format("%d"), end.format("%d")));
        parts.iter().map(|part| format!("{}: {}", months(part), days(part))).collect::<Vec<_>>()
    };
    assert_eq!(of(&AWS_DAILY, None), ["01: 30 31", "02: 01 02"]);
    assert_eq!(of(&AZURE_DAILY, None), ["01: 30 31", "02: 01 02"]);
    assert_eq!(of(&AWS_EC2, None), ["01: all", "02: all"]);
    assert_eq!(of(&GCP_DAILY, Some("202602")), ["01 12 02: 30 31", "02 01 02: 01 02"]);
    assert!(parts(&AWS_DAILY, day("2026-02-02"), day("2026-02-01"), None).is_err());
}
