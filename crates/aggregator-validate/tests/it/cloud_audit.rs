//! `audit` of the summaries of the clouds beside their line items: Trino's own answers, and what is found where they are changed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use aggregator_core::table::{ColumnDef, Kind, cloud_summary as cloud};
use aggregator_io::ocp::StorageTable;
use aggregator_io::source::cloud_reference::CloudReference;
use aggregator_validate::audit::clouds::line_items::{CloudLineItems, Part, read as read_line_items};
use aggregator_validate::audit::law::{Findings, Verdict};
use aggregator_validate::audit::line_items::InputStore;
use aggregator_validate::audit::report::{Report, text};
use aggregator_validate::audit::{Days, clouds};
use aggregator_validate::read::{Side, read};
use aggregator_validate::rows::{Filter, Rows, RowsBuilder, Value};
use aggregator_validate::subject::AWS_DAILY;
use chrono::{Datelike, Months, NaiveDate};

use crate::cloud_cases::{Case, answered, frame, refused, unpack};

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

/// The rows of an answer, all text, by column.
type Row = BTreeMap<&'static str, String>;

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

/// What is added up, and thus held against line items.
const AMOUNTS: [ColumnDef; 14] = [
    cloud::USAGE_AMOUNT,
    cloud::NORMALIZED_USAGE_AMOUNT,
    cloud::UNBLENDED_COST,
    cloud::BLENDED_COST,
    cloud::SAVINGSPLAN_EFFECTIVE_COST,
    cloud::CALCULATED_AMORTIZED_COST,
    cloud::PUBLIC_ON_DEMAND_COST,
    cloud::MARKUP_COST,
    cloud::MARKUP_COST_BLENDED,
    cloud::MARKUP_COST_SAVINGSPLAN,
    cloud::MARKUP_COST_AMORTIZED,
    cloud::USAGE_QUANTITY,
    cloud::PRETAX_COST,
    cloud::CREDIT_AMOUNT,
];

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

/// By how much a number is changed.
#[derive(Clone, Copy)]
enum Change {
    /// By 1e-9 of itself.
    OfItself,
    /// By 1e-9 of the greatest number of the line items, of which fewer than a hundred are in a group.
    OfTheGreatest(f64),
}

/// The rows with one row of each group and copy changed in `column`, by more than what rounding explains; and how many that are.
fn changed(case: &Case, rows: &[Row], column: ColumnDef, turn: usize, change: Change) -> (Vec<Row>, usize) {
    let subject = case.subject();
    let is_fine = |name: &str| {
        ["tags", "cost_category", "instance_type", "memory", "vcpu"].contains(&name)
            && (subject.name, name) != (AWS_DAILY.name, "instance_type")
    };
    let of_group: Vec<&str> = subject.key.iter().map(|key| key.name).filter(|name| !is_fine(name)).collect();
    let mut groups: BTreeMap<Vec<Option<&String>>, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let key = of_group.iter().copied().chain(["account_alias_id", "subscription_name"]).map(|name| row.get(name)).collect();
        groups.entry(key).or_default().push(at);
    }
    let (mut changed, mut count) = (rows.to_vec(), 0);
    for places in groups.values() {
        let with_value: Vec<usize> = places.iter().copied().filter(|at| rows[*at].contains_key(column.name)).collect();
        let Some(at) = with_value.get(turn % with_value.len().max(1)) else { continue };
        let text = &rows[*at][column.name];
        let value: f64 = text.parse().unwrap();
        let by = match change {
            Change::OfItself => value.abs() * 1e-9,
            Change::OfTheGreatest(greatest) => greatest * 1e-9,
        };
        let other = if let Kind::Numeric { scale, .. } = column.kind {
            let one = 10_i128.pow(u32::try_from(scale).unwrap());
            let units = text.replace('.', "").parse::<i128>().unwrap();
            let by: i128 = format!("{:.0}", by * 10_f64.powi(i32::try_from(scale).unwrap())).parse().unwrap();
            let units = units + by.max(i128::try_from(places.len()).unwrap() + 1);
            format!("{}{}.{:0scale$}", if units < 0 { "-" } else { "" }, units.abs() / one, units.abs() % one)
        } else {
            if (value + by).to_bits() == value.to_bits() || !(value + by).is_finite() {
                continue;
            }
            format!("{:?}", value + by)
        };
        changed[*at].insert(column.name, other);
        count += 1;
    }
    (changed, count)
}

/// Some rows dropped, doubled, and moved to another account and day, each in a result of its own.
fn moved(case: &Case, rows: &[Row]) -> Vec<Vec<Row>> {
    let is_amount = |(name, text): (&&str, &String)| {
        let is_amount = AMOUNTS.iter().any(|column| column.name == *name);
        is_amount && text.parse::<f64>().is_ok_and(|number| number != 0.0)
    };
    let with_amounts: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].iter().any(|(name, text)| is_amount((name, text)))).collect();
    let mut moved = Vec::new();
    for place in [0, with_amounts.len() / 2, with_amounts.len().saturating_sub(1)] {
        let Some(at) = with_amounts.get(place).copied() else { continue };
        let mut dropped = rows.to_vec();
        dropped.remove(at);
        let doubled = [rows, &rows[at..=at]].concat();
        moved.extend([dropped, doubled]);
        let accounts = ["usage_account_id", "subscription_guid", "account_id"];
        let account = accounts.into_iter().find(|name| rows[at].contains_key(name)).unwrap();
        let mut elsewhere = rows.to_vec();
        let other = rows.iter().map(|row| &row[account]).find(|other| **other != rows[at][account]).cloned();
        elsewhere[at].insert(account, other.unwrap_or_else(|| "another".to_owned()));
        moved.push(elsewhere);
        let (start, end) = case.days();
        let day: NaiveDate = rows[at]["usage_start"].parse().unwrap();
        if let Some(other) = [day.succ_opt().unwrap(), day.pred_opt().unwrap()].into_iter().find(|day| (start..=end).contains(day)) {
            let mut later = rows.to_vec();
            later[at].insert("usage_start", other.to_string());
            later[at].insert("usage_end", other.to_string());
            moved.push(later);
        }
    }
    moved
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
    eprintln!("{tallies:#?}");
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
