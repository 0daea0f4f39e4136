//! Two sides compared as multisets: rows are matched by the logical key of the table, then cell by cell.
//!
//! Nothing here reads or writes; the same sides give the same report, and swapped sides the mirrored one.

mod assign;
mod pair;
pub mod tolerance;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::report::{CellDifference, Change, ColumnReport, DayReport, NotCompared, Report, RowCounts, RowDifference, SideReport};
use crate::rows::{Cell, Rows};
use crate::subject::Subject;
use assign::{Match, assign};
use pair::{Compared, Hand, Pair, RowOf};
use tolerance::Tolerance;

/// Which differing rows a report has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// So many, in the order of their keys.
    First(usize),
    /// So many, those that differ most first: rows that one side lacks, then the largest relative distance of a cell.
    Biggest(usize),
}

impl Show {
    /// All of them, in the order of their keys.
    pub const ALL: Self = Self::First(usize::MAX);

    /// Keeps the wanted ones of `rows`, which came in the order of their keys.
    pub(crate) fn keep(self, rows: &mut Vec<RowDifference>) {
        let limit = match self {
            Self::First(limit) => limit,
            Self::Biggest(limit) => {
                rows.sort_by(|one, other| other.size().total_cmp(&one.size()));
                limit
            }
        };
        rows.truncate(limit);
    }
}

/// Compares `left`, what is expected, with `right`, what is there; the report shows the first `limit` differing rows.
pub fn diff(subject: &Subject, left: &Rows, right: &Rows, tolerance: &Tolerance, limit: usize) -> Report {
    diff_showing(subject, left, right, tolerance, Show::First(limit))
}

/// The same; the report has the differing rows that `show` says.
pub fn diff_showing(subject: &Subject, left: &Rows, right: &Rows, tolerance: &Tolerance, show: Show) -> Report {
    let pair = Pair::new(subject, left, right, tolerance);
    let key: Vec<&Compared<'_>> =
        subject.key.iter().filter_map(|key| pair.columns.iter().find(|column| column.definition.name == key.name)).collect();
    let keys = [(Hand::Left, left), (Hand::Right, right)].map(|(hand, rows)| Keys::new(&pair, &key, hand, rows));
    let mut tally = Tally::new(subject, &pair, left, right, show);
    let [left_keys, right_keys] = &keys;
    let (mut left_rest, mut right_rest) = (left_keys.order.as_slice(), right_keys.order.as_slice());
    while let Some(key) = first_key(left_keys.first(left_rest), right_keys.first(right_rest)) {
        let left_group = left_keys.take(&mut left_rest, key);
        let right_group = right_keys.take(&mut right_rest, key);
        for found in assign(&pair, left_group, right_group) {
            tally.add(found);
        }
    }
    tally.report(subject, tolerance)
}

/// The keys of a side, one after the other, and its rows in their order.
struct Keys {
    values: Vec<u64>,
    width: usize,
    order: Vec<usize>,
}

impl Keys {
    fn new(pair: &Pair<'_>, key: &[&Compared<'_>], hand: Hand, rows: &Rows) -> Self {
        let values = (0..rows.len()).flat_map(|row| key.iter().map(move |column| pair.rank(column, RowOf { hand, row }))).collect();
        let mut sorted = Self { values, width: key.len(), order: Vec::new() };
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|one, other| sorted.key(*one).cmp(sorted.key(*other)));
        sorted.order = order;
        sorted
    }

    fn key(&self, row: usize) -> &[u64] {
        let start = row * self.width;
        self.values.get(start..start + self.width).unwrap_or_default()
    }

    fn first(&self, rest: &[usize]) -> Option<&[u64]> {
        rest.first().map(|row| self.key(*row))
    }

    /// Takes the rows with `key`, which come first if there are any.
    fn take<'a>(&self, rest: &mut &'a [usize], key: &[u64]) -> &'a [usize] {
        let count = rest.iter().take_while(|row| self.key(**row) == key).count();
        let (group, after) = rest.split_at_checked(count).unwrap_or((&[], rest));
        *rest = after;
        group
    }
}

fn first_key<'a>(left: Option<&'a [u64]>, right: Option<&'a [u64]>) -> Option<&'a [u64]> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (one, other) => one.or(other),
    }
}

/// What was found so far.
struct Tally<'a> {
    pair: &'a Pair<'a>,
    subject: &'a Subject,
    left: &'a Rows,
    right: &'a Rows,
    show: Show,
    rows: RowCounts,
    columns: Vec<ColumnReport>,
    days: BTreeMap<Option<NaiveDate>, RowCounts>,
    first: Vec<RowDifference>,
}

impl<'a> Tally<'a> {
    fn new(subject: &'a Subject, pair: &'a Pair<'a>, left: &'a Rows, right: &'a Rows, show: Show) -> Self {
        let columns = pair.columns.iter().map(|column| ColumnReport::new(&column.definition)).collect();
        let (rows, days, first) = (RowCounts::default(), BTreeMap::new(), Vec::new());
        Self { pair, subject, left, right, show, rows, columns, days, first }
    }

    fn add(&mut self, found: Match) {
        match found {
            Match::Both(left, right) => self.compare(left, right),
            Match::OnlyLeft(row) => {
                self.rows.missing += 1;
                self.show(Change::Missing, self.left, row, Vec::new);
            }
            Match::OnlyRight(row) => {
                self.rows.extra += 1;
                self.show(Change::Extra, self.right, row, Vec::new);
            }
        }
    }

    fn compare(&mut self, left: usize, right: usize) {
        let mut changed = false;
        for (column, report) in self.pair.columns.iter().zip(&mut self.columns) {
            let judgement = self.pair.judge(column, left, right);
            report.add(judgement);
            changed |= !judgement.equal;
        }
        if !changed {
            self.rows.equal += 1;
            return;
        }
        self.rows.changed += 1;
        let (pair, left_rows, right_rows) = (self.pair, self.left, self.right);
        let cells = || {
            let judged = pair.columns.iter().map(|column| (column, pair.judge(column, left, right)));
            let differing = judged.filter(|(_, judgement)| !judgement.equal);
            let shown = differing.map(|(column, judgement)| CellDifference {
                column: column.definition.name,
                left: left_rows.cell(column.definition.name, left),
                right: right_rows.cell(column.definition.name, right),
                absolute: judgement.absolute,
                relative: judgement.relative,
            });
            shown.collect()
        };
        self.show(Change::Changed, left_rows, left, cells);
    }

    fn show(&mut self, change: Change, rows: &Rows, row: usize, cells: impl FnOnce() -> Vec<CellDifference>) {
        if let Some(day) = self.subject.day {
            let of_day = self.days.entry(rows.day(day.name, row)).or_default();
            match change {
                Change::Changed => of_day.changed += 1,
                Change::Missing => of_day.missing += 1,
                Change::Extra => of_day.extra += 1,
            }
        }
        let is_full = |limit: usize| self.first.len() >= limit;
        match self.show {
            Show::First(limit) if is_full(limit) => return,
            // Twice the wanted rows are kept, so that they are seldom sorted.
            Show::Biggest(limit) if is_full(limit.saturating_mul(2).max(64)) => self.show.keep(&mut self.first),
            _ => {}
        }
        let key = self.subject.key.iter().map(|column| (column.name, rows.cell(column.name, row)));
        let key: Vec<(&'static str, Cell)> = key.collect();
        self.first.push(RowDifference { change, key, cells: cells() });
    }

    fn report(mut self, subject: &Subject, tolerance: &Tolerance) -> Report {
        Report {
            table: subject.name,
            left: SideReport::new(self.left),
            right: SideReport::new(self.right),
            tolerance: *tolerance,
            rows: self.rows,
            columns: self.columns,
            not_compared: not_compared(subject, self.left, self.right),
            days: self.days.into_iter().map(|(day, rows)| DayReport { day, rows }).collect(),
            first: {
                self.show.keep(&mut self.first);
                self.first
            },
        }
    }
}

/// The columns of either side that were not compared, and why.
fn not_compared(subject: &Subject, left: &Rows, right: &Rows) -> Vec<NotCompared> {
    let known = subject.columns().into_iter().filter_map(|column| {
        let reason = match (left.column(column.name).is_some(), right.column(column.name).is_some()) {
            (false, false) => return None,
            (true, true) => subject.ignored(column.name)?,
            (true, false) => "only left",
            (false, true) => "only right",
        };
        Some(NotCompared { column: column.name.to_owned(), reason })
    });
    let mut unknown: Vec<&str> = left.unknown().chain(right.unknown()).collect();
    unknown.sort_unstable();
    unknown.dedup();
    let unknown = unknown.into_iter().map(|column| NotCompared { column: column.to_owned(), reason: "no column of the table" });
    known.chain(unknown).collect()
}

#[cfg(test)]
pub(crate) mod tests;
