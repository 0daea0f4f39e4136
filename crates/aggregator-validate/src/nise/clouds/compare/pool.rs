//! Groups that cannot be told apart, and all of their rows.

use std::collections::BTreeSet;

use aggregator_core::table::ColumnDef;

use super::super::expected::{Fold, Group, Total};
use super::super::item::Field;
use super::Comparison;
use crate::diff::tolerance::{Judgement, Rule};
use crate::nise::known::Why;
use crate::nise::report::{Mismatch, NotDetermined};
use crate::report::{CellDifference, Change};
use crate::rows::{Cell, Decimal, Number};

/// A field as a report shows it.
pub(super) fn shown(field: &Field) -> Cell {
    field.cell().cloned().unwrap_or_else(|| Cell::Text("(not determined)".to_owned()))
}

impl Comparison<'_> {
    /// Holds groups against rows that can be any of theirs.
    pub(super) fn pool(&mut self, groups: &[&Group], rows: &[usize]) {
        if groups.iter().all(|group| group.is_row()) { self.assign(groups, rows) } else { self.take(groups, rows) }
    }

    /// Each group is a row; which one, their other columns tell.
    fn assign(&mut self, groups: &[&Group], rows: &[usize]) {
        let mut left = rows.to_vec();
        let mut differing = Vec::new();
        for group in groups {
            match left.iter().position(|row| self.differences(group, *row) == 0) {
                Some(place) => {
                    let row = left.swap_remove(place);
                    self.take(&[*group], &[row]);
                }
                None => differing.push(*group),
            }
        }
        for group in differing {
            let closest = (0..left.len()).min_by_key(|place| left.get(*place).map_or(usize::MAX, |row| self.differences(group, *row)));
            match closest {
                Some(place) => {
                    let row = left.swap_remove(place);
                    self.take(&[group], &[row]);
                }
                None => self.missing(group),
            }
        }
        for row in left {
            self.extra(row);
        }
    }

    fn differences(&self, group: &Group, row: usize) -> usize {
        self.findings(&[group], &[row]).iter().filter(|(_, found)| matches!(found, Found::Different(_))).count()
    }

    /// Holds the sum of groups against the sum of rows.
    fn take(&mut self, groups: &[&Group], rows: &[usize]) {
        let key = self.key_of(rows);
        let mut cells = Vec::new();
        for (column, found) in self.findings(groups, rows) {
            match found {
                Found::Equal => self.report.cells += 1,
                Found::Different(cell) => {
                    self.report.cells += 1;
                    cells.push(cell);
                }
                Found::Open(why, actual) => {
                    self.report.not_determined.push(NotDetermined { column: Some(column), why, key: key.clone(), actual });
                }
                Found::Elsewhere => {}
            }
        }
        if cells.is_empty() {
            self.report.equal += groups.len();
        } else {
            self.report.mismatches.push(Mismatch { change: Change::Changed, key, cells });
        }
    }

    /// What is found of each column.
    fn findings(&self, groups: &[&Group], rows: &[usize]) -> Vec<(&'static str, Found)> {
        let Some((first, others)) = groups.split_first() else { return Vec::new() };
        let mut all = (*first).clone();
        for other in others {
            all.add(self.shape, other);
        }
        let of = |column: &ColumnDef| match self.shape.folds.iter().find(|(known, _)| known.name == column.name) {
            Some((_, fold)) => self.judged(column, *fold, &all, rows),
            None => self.key_field(column, groups),
        };
        self.columns.iter().map(|column| (column.name, of(column))).collect()
    }

    /// A column of the key: the rows agree in it, or it is not determined.
    fn key_field(&self, column: &ColumnDef, groups: &[&Group]) -> Found {
        if self.shape.folds.iter().any(|(_, fold)| matches!(fold, Fold::Different { count } if count.name == column.name)) {
            return Found::Elsewhere;
        }
        let fields: Vec<Option<&Field>> = groups.iter().map(|group| group.item.key.get(column.name)).collect();
        let why = fields.iter().find_map(|field| field.map_or(Some(Why::NotGiven), Field::why));
        why.map_or(Found::Equal, |why| Found::Open(why, Cell::Null))
    }

    fn judged(&self, column: &ColumnDef, fold: Fold, all: &Group, rows: &[usize]) -> Found {
        let not_given = || Found::Open(Why::NotGiven, Cell::Null);
        match fold {
            Fold::Sum | Fold::Max => all.totals.get(column.name).map_or_else(not_given, |total| self.number(column, fold, *total, rows)),
            Fold::Each => all.fields.get(column.name).map_or_else(not_given, |fields| self.each(column, fields, rows)),
            Fold::Different { count } => all.fields.get(column.name).map_or_else(not_given, |fields| {
                let found = self.different(column, fields, rows);
                match self.counted(&count, column, rows) {
                    Some(wrong) => Found::Different(wrong),
                    None => found,
                }
            }),
        }
    }

    fn number(&self, column: &ColumnDef, fold: Fold, total: Total, rows: &[usize]) -> Found {
        let numbers = rows.iter().filter_map(|row| match self.actual.cell(column.name, *row) {
            Cell::Number(number) => Some(number),
            _ => None,
        });
        let actual = numbers.reduce(|one, other| folded(fold, one, other));
        let expected = match total.value {
            Ok(value) => Some(Number::Double(value)),
            Err(why) => return Found::Open(why, actual.map_or(Cell::Null, Cell::Number)),
        };
        let count = u128::try_from(rows.len()).unwrap_or(u128::MAX);
        let rule = match (Rule::in_table(self.shape.subject, column), fold) {
            // Each row was rounded.
            (Rule::RoundedSum { unit } | Rule::Rounded { unit }, Fold::Sum) => Rule::RoundedSum { unit: unit.saturating_mul(count) },
            (rule, _) => rule,
        };
        let judgement = self.tolerance.judge(rule, expected, actual, total.magnitude);
        let cell = |number: Option<Number>| number.map_or(Cell::Null, Cell::Number);
        found(column.name, judgement, cell(expected), cell(actual))
    }

    fn each(&self, column: &ColumnDef, fields: &[Field], rows: &[usize]) -> Found {
        if let Some(why) = fields.iter().find_map(|field| if let Field::Any(why) = field { Some(*why) } else { None }) {
            return Found::Open(why, rows.first().map_or(Cell::Null, |row| self.actual.cell(column.name, *row)));
        }
        let mut cells = rows.iter().map(|row| self.actual.cell(column.name, *row));
        match cells.find(|cell| !fields.iter().any(|field| field.allows(cell))) {
            Some(wrong) => Found::Different(difference(column.name, fields.first().map_or(Cell::Null, shown), wrong)),
            None => Found::Equal,
        }
    }

    /// The different values in the arrays of all rows.
    fn different(&self, column: &ColumnDef, fields: &[Field], rows: &[usize]) -> Found {
        let values: BTreeSet<Option<String>> =
            rows.iter().flat_map(|row| array(&self.actual.cell(column.name, *row)).unwrap_or_default()).collect();
        let actual = || Cell::Text(format!("{values:?}"));
        let cell = |value: &Option<String>| value.clone().map_or(Cell::Null, Cell::Text);
        let is_there = |known: &Cell| values.iter().any(|value| cell(value) == *known);
        let lacking = fields.iter().filter_map(Field::cell).find(|known| !is_there(known));
        let unknown = values.iter().map(cell).find(|value| !fields.iter().any(|field| field.allows(value)));
        match (lacking, unknown, fields.iter().find_map(Field::why)) {
            (Some(lacking), ..) => Found::Different(difference(column.name, lacking.clone(), actual())),
            (None, Some(_), _) => Found::Different(difference(column.name, fields.first().map_or(Cell::Null, shown), actual())),
            (None, None, Some(why)) => Found::Open(why, actual()),
            (None, None, None) => Found::Equal,
        }
    }

    /// Where the number of different values is not that of the array beside it.
    fn counted(&self, count: &ColumnDef, values: &ColumnDef, rows: &[usize]) -> Option<CellDifference> {
        if !self.columns.iter().any(|column| column.name == count.name) {
            return None;
        }
        rows.iter().find_map(|row| {
            let there = array(&self.actual.cell(values.name, *row))?.iter().flatten().count();
            let (expected, actual) = (Cell::Integer(i32::try_from(there).ok()?), self.actual.cell(count.name, *row));
            (expected != actual).then(|| difference(count.name, expected, actual))
        })
    }
}

/// What was found of a column.
enum Found {
    Equal,
    Different(CellDifference),
    Open(Why, Cell),
    /// It is compared with another column.
    Elsewhere,
}

fn found(column: &'static str, judgement: Judgement, left: Cell, right: Cell) -> Found {
    if judgement.equal {
        return Found::Equal;
    }
    Found::Different(CellDifference { column, left, right, absolute: judgement.absolute, relative: judgement.relative })
}

fn difference(column: &'static str, left: Cell, right: Cell) -> CellDifference {
    CellDifference { column, left, right, absolute: None, relative: None }
}

/// The texts and nulls of an array.
fn array(cell: &Cell) -> Option<Vec<Option<String>>> {
    if let Cell::Text(text) = cell { serde_json::from_str(text).ok() } else { None }
}

/// Two cells of rows as one: decimals stay exact.
fn folded(fold: Fold, one: Number, other: Number) -> Number {
    let exact = match (one, other) {
        (Number::Decimal(one), Number::Decimal(other)) if fold == Fold::Sum => {
            one.units().checked_add(other.units()).and_then(Decimal::from_units).map(Number::Decimal)
        }
        (Number::Decimal(one), Number::Decimal(other)) => Some(Number::Decimal(one.max(other))),
        _ => None,
    };
    let (one, other) = (double(one), double(other));
    exact.unwrap_or_else(|| Number::Double(if fold == Fold::Sum { one + other } else { one.max(other) }))
}

/// The double that is nearest to a number.
fn double(number: Number) -> f64 {
    match number {
        Number::Double(double) => double,
        Number::Decimal(decimal) => decimal.to_string().parse().unwrap_or(f64::NAN),
    }
}
