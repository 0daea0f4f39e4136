//! The expected groups beside the rows that are there.
//!
//! A row belongs to every group whose key allows it. Groups that share a row cannot be told apart by their keys. If all of their keys are
//! known, each is one row, and its other columns tell which; else some part is random, and their sums are held against the sums of their
//! rows. So everything is compared in the finest grain that the file determines.

mod pool;

use std::collections::BTreeMap;

use aggregator_core::table::{ColumnDef, summary};
use chrono::NaiveDate;

use super::expected::{Expectation, Group, Shape};
use crate::diff::tolerance::Tolerance;
use crate::nise::report::{Mismatch, RowReport};
use crate::report::Change;
use crate::rows::{Cell, Rows};

/// What the comparison found.
pub(crate) fn compare(expectation: &Expectation, actual: &Rows, tolerance: &Tolerance) -> RowReport {
    let subject = expectation.shape.subject;
    let is_there = |column: &ColumnDef| actual.columns().any(|known| known.name == column.name);
    let is_partition = |column: &ColumnDef| subject.partitions.iter().any(|partition| partition.name == column.name);
    let columns: Vec<ColumnDef> =
        subject.columns().into_iter().filter(|column| subject.ignored(column.name).is_none() && !is_partition(column)).collect();
    let (columns, lacking): (Vec<ColumnDef>, Vec<ColumnDef>) = columns.into_iter().partition(is_there);
    let key: Vec<ColumnDef> = subject.key.iter().filter(|column| is_there(column)).copied().collect();
    let mut comparison = Comparison {
        shape: expectation.shape,
        columns,
        key,
        actual,
        tolerance,
        report: RowReport {
            of: "groups",
            expected: expectation.groups.len(),
            not_in_result: lacking.iter().map(|column| column.name).collect(),
            ..RowReport::default()
        },
    };
    let mut days: BTreeMap<Option<NaiveDate>, (Vec<&Group>, Vec<usize>)> = BTreeMap::new();
    for group in &expectation.groups {
        days.entry(Some(group.day)).or_default().0.push(group);
    }
    for row in 0..actual.len() {
        days.entry(actual.day(summary::USAGE_START.name, row)).or_default().1.push(row);
    }
    for (groups, rows) in days.into_values() {
        comparison.day(&groups, &rows);
    }
    comparison.report
}

struct Comparison<'a> {
    shape: &'static Shape,
    /// All that the rows have, without folders.
    columns: Vec<ColumnDef>,
    key: Vec<ColumnDef>,
    actual: &'a Rows,
    tolerance: &'a Tolerance,
    report: RowReport,
}

impl Comparison<'_> {
    fn day(&mut self, groups: &[&Group], rows: &[usize]) {
        // Of each group, the group with the lowest number that shares rows with it.
        let mut leaders: Vec<usize> = (0..groups.len()).collect();
        let mut leading: Vec<(usize, usize)> = Vec::new();
        for row in rows {
            let cells: BTreeMap<&'static str, Cell> =
                self.key.iter().map(|column| (column.name, self.actual.cell(column.name, *row))).collect();
            let allowed = |group: &Group| group.item.allows(|column| cells.get(column));
            let found: Vec<usize> = (0..groups.len()).filter(|at| groups.get(*at).is_some_and(|group| allowed(group))).collect();
            match found.first() {
                Some(first) => {
                    for other in &found {
                        join(&mut leaders, *first, *other);
                    }
                    leading.push((*row, *first));
                }
                None => self.extra(*row),
            }
        }
        let mut pools: BTreeMap<usize, (Vec<&Group>, Vec<usize>)> = BTreeMap::new();
        for (at, group) in groups.iter().enumerate() {
            pools.entry(leader(&leaders, at)).or_default().0.push(group);
        }
        for (row, group) in leading {
            pools.entry(leader(&leaders, group)).or_default().1.push(row);
        }
        for (groups, rows) in pools.into_values() {
            if !rows.is_empty() {
                self.pool(&groups, &rows);
                continue;
            }
            for group in groups {
                self.missing(group);
            }
        }
    }

    fn extra(&mut self, row: usize) {
        let key = self.key_of(&[row]);
        self.report.mismatches.push(Mismatch { change: Change::Extra, key, cells: Vec::new() });
    }

    fn missing(&mut self, group: &Group) {
        let cell = |column: &ColumnDef| group.item.key.get(column.name).map_or(Cell::Null, pool::shown);
        let key = self.key.iter().map(|column| (column.name, cell(column))).collect();
        self.report.mismatches.push(Mismatch { change: Change::Missing, key, cells: Vec::new() });
    }

    /// The key that rows share.
    fn key_of(&self, rows: &[usize]) -> Vec<(&'static str, Cell)> {
        let cell = |column: &ColumnDef| {
            let mut cells = rows.iter().map(|row| self.actual.cell(column.name, *row));
            let first = cells.next().unwrap_or(Cell::Null);
            if cells.all(|cell| cell == first) { first } else { Cell::Text("(several)".to_owned()) }
        };
        self.key.iter().map(|column| (column.name, cell(column))).collect()
    }
}

fn leader(leaders: &[usize], mut at: usize) -> usize {
    while let Some(next) = leaders.get(at).filter(|next| **next != at) {
        at = *next;
    }
    at
}

fn join(leaders: &mut [usize], one: usize, other: usize) {
    let (one, other) = (leader(leaders, one), leader(leaders, other));
    if let Some(follows) = leaders.get_mut(one.max(other)) {
        *follows = one.min(other);
    }
}
