//! The expected rows beside those that are there.

use std::collections::BTreeMap;

use aggregator_core::table::{ColumnDef, Kind, summary};

use super::expected::{Expected, ExpectedRow, Summary};
use super::known::{Name, Why};
use super::report::{Mismatch, NotDetermined, RowReport, shown};
use crate::diff::tolerance::{Judgement, Rule, Tolerance};
use crate::report::{CellDifference, Change};
use crate::rows::{Cell, Number, Rows};
use crate::subject::Subject;

/// What the comparison of rows found.
pub(crate) fn compare(subject: &Subject, expected: &Summary, actual: &Rows, tolerance: &Tolerance) -> RowReport {
    let columns: Vec<ColumnDef> = actual.columns().filter(|column| subject.ignored(column.name).is_none()).copied().collect();
    let mut comparison = Comparison {
        key: subject.key.iter().filter(|key| columns.iter().any(|column| column.name == key.name)).copied().collect(),
        columns,
        actual,
        tolerance,
        taken: vec![false; actual.len()],
        report: RowReport { expected: expected.rows.len(), ..RowReport::default() },
    };
    let lacking = subject
        .columns()
        .into_iter()
        .filter(|column| subject.ignored(column.name).is_none() && !actual.columns().any(|known| known.name == column.name));
    comparison.report.not_in_result = lacking.map(|column| column.name).collect();
    let (sure, open): (Vec<&ExpectedRow>, Vec<&ExpectedRow>) =
        expected.rows.iter().partition(|row| row.doubt.is_none() && !comparison.key.iter().any(|key| is_open(row, key)));
    comparison.sure(&sure);
    comparison.open(&open);
    comparison.rest(expected);
    comparison.report
}

struct Comparison<'a> {
    key: Vec<ColumnDef>,
    columns: Vec<ColumnDef>,
    actual: &'a Rows,
    tolerance: &'a Tolerance,
    taken: Vec<bool>,
    report: RowReport,
}

fn is_open(row: &ExpectedRow, column: &ColumnDef) -> bool {
    matches!(row.cell(column.name), Expected::Open(_))
}

impl Comparison<'_> {
    /// Rows whose whole key is known: those of one key are matched by their other cells.
    fn sure(&mut self, expected: &[&ExpectedRow]) {
        let mut by_key: BTreeMap<Vec<String>, (Vec<&ExpectedRow>, Vec<usize>)> = BTreeMap::new();
        for row in expected {
            let key = self.key.iter().map(|column| shown(row.cell(column.name)).to_string()).collect();
            by_key.entry(key).or_default().0.push(row);
        }
        for at in 0..self.actual.len() {
            let key: Vec<String> = self.key.iter().map(|column| self.actual.cell(column.name, at).to_string()).collect();
            if let Some((_, rows)) = by_key.get_mut(&key) {
                rows.push(at);
            }
        }
        for (expected, candidates) in by_key.into_values() {
            self.assign(&expected, &candidates);
        }
    }

    /// Rows of which a part of the key is random: any row that is left and agrees in the rest can be it.
    fn open(&mut self, expected: &[&ExpectedRow]) {
        let mut expected = expected.to_vec();
        // Those of which most is known choose first.
        expected.sort_by_key(|row| self.key.iter().filter(|key| is_open(row, key)).count());
        for row in expected {
            let key: Vec<ColumnDef> = self.key.iter().filter(|column| !is_open(row, column)).copied().collect();
            let agrees = |at: &usize| {
                !self.taken.get(*at).copied().unwrap_or(true)
                    && key.iter().all(|column| shown(row.cell(column.name)).to_string() == self.actual.cell(column.name, *at).to_string())
            };
            let candidates: Vec<usize> = (0..self.actual.len()).filter(agrees).collect();
            self.assign(&[row], &candidates);
        }
    }

    fn assign(&mut self, expected: &[&ExpectedRow], candidates: &[usize]) {
        let mut left: Vec<usize> = candidates.to_vec();
        let mut differing = Vec::new();
        for row in expected {
            match left.iter().position(|at| self.differences(row, *at).is_empty()) {
                Some(place) => {
                    let at = left.swap_remove(place);
                    self.take(row, at);
                }
                None => differing.push(*row),
            }
        }
        for row in differing {
            let closest = (0..left.len()).min_by_key(|place| left.get(*place).map_or(usize::MAX, |at| self.differences(row, *at).len()));
            match closest {
                Some(place) => {
                    let at = left.swap_remove(place);
                    self.take(row, at);
                }
                None => self.absent(row),
            }
        }
    }

    fn take(&mut self, row: &ExpectedRow, at: usize) {
        if let Some(taken) = self.taken.get_mut(at) {
            *taken = true;
        }
        for column in &self.columns {
            match row.cell(column.name) {
                Expected::Open(why) => self.report.not_determined.push(NotDetermined::cell(column.name, *why, self.actual, &self.key, at)),
                _ => self.report.cells += 1,
            }
        }
        let cells = self.differences(row, at);
        if cells.is_empty() {
            self.report.equal += 1;
        } else {
            let key = self.key.iter().map(|column| (column.name, self.actual.cell(column.name, at))).collect();
            self.report.mismatches.push(Mismatch { change: Change::Changed, key, cells });
        }
    }

    fn absent(&mut self, row: &ExpectedRow) {
        let key: Vec<(&'static str, Cell)> = self.key.iter().map(|column| (column.name, shown(row.cell(column.name)))).collect();
        match row.doubt {
            Some(why) => self.report.not_determined.push(NotDetermined { column: None, why, key, actual: Cell::Null }),
            None => self.report.mismatches.push(Mismatch { change: Change::Missing, key, cells: Vec::new() }),
        }
    }

    /// What is there and was not expected.
    fn rest(&mut self, expected: &Summary) {
        for at in (0..self.actual.len()).filter(|at| !self.taken.get(*at).copied().unwrap_or(true)) {
            let key: Vec<(&'static str, Cell)> = self.key.iter().map(|column| (column.name, self.actual.cell(column.name, at))).collect();
            match self.made_up(expected, at) {
                Some(why) => self.report.not_determined.push(NotDetermined { column: None, why, key, actual: Cell::Null }),
                None => self.report.mismatches.push(Mismatch { change: Change::Extra, key, cells: Vec::new() }),
            }
        }
    }

    /// Why nise may have made up a row: its day has random nodes, or its node has random namespaces.
    fn made_up(&self, expected: &Summary, at: usize) -> Option<Why> {
        let Cell::Date(day) = self.actual.cell(summary::USAGE_START.name, at) else { return None };
        match self.actual.cell(summary::NODE.name, at) {
            Cell::Text(node) => {
                let known = expected.days.makes_up(day, Some(&Name::given(node.clone())));
                // A node without a name can be any that the file does not name.
                let is_named = expected.days.node_labels.contains_key(&(day, Name::given(node)));
                known.or_else(|| expected.days.unnamed_node_makes_up(day).filter(|_| !is_named))
            }
            // Storage without a node: of a namespace that nise made up.
            _ => expected.days.makes_up(day, None),
        }
    }

    fn differences(&self, row: &ExpectedRow, at: usize) -> Vec<CellDifference> {
        let different = |column: &ColumnDef| {
            let expected = row.cell(column.name);
            let actual = self.actual.cell(column.name, at);
            let judgement = self.judge(column, row, expected, &actual)?;
            let cell = CellDifference {
                column: column.name,
                left: shown(expected),
                right: actual,
                absolute: judgement.absolute,
                relative: judgement.relative,
            };
            (!judgement.equal).then_some(cell)
        };
        self.columns.iter().filter_map(different).collect()
    }

    /// None where nothing is expected.
    fn judge(&self, column: &ColumnDef, row: &ExpectedRow, expected: &Expected, actual: &Cell) -> Option<Judgement> {
        let number = |cell: &Cell| if let Cell::Number(number) = cell { Some(*number) } else { None };
        match expected {
            Expected::Open(_) => None,
            Expected::Null | Expected::Number(_) if column.kind == Kind::Double => {
                let rule = Rule::of(column);
                let expected = if let Expected::Number(expected) = expected { Some(Number::Double(*expected)) } else { None };
                Some(self.tolerance.judge(rule, expected, number(actual), subtracted_from(rule, row)))
            }
            other => Some(exactly(shown(other) == *actual)),
        }
    }
}

fn exactly(equal: bool) -> Judgement {
    let distance = equal.then_some(0.0);
    Judgement { equal, absolute: distance, relative: distance }
}

/// In a row of unallocated capacity, the capacity: what is left of it is only as exact as it is.
fn subtracted_from(rule: Rule, row: &ExpectedRow) -> f64 {
    let is_unallocated = *row.cell(summary::INFRASTRUCTURE_USAGE_COST.name) == Expected::Null;
    match rule {
        Rule::Sum { capacity: Some(column) } if is_unallocated => match row.cell(column) {
            Expected::Number(capacity) => *capacity,
            _ => 0.0,
        },
        _ => 0.0,
    }
}
