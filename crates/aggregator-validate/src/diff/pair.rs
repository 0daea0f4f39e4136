//! Two sides brought together: the columns that both have, and cells that can be compared across.

use std::cmp::Ordering;
use std::collections::HashMap;

use aggregator_core::table::ColumnDef;

use super::tolerance::{Judgement, Rule, Tolerance, unallocated};
use crate::rows::{Cells, Number, Rows, Texts};
use crate::subject::Subject;

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    Left,
    Right,
}

/// A row of a side.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowOf {
    pub(super) hand: Hand,
    pub(super) row: usize,
}

/// A column that both sides have.
pub(super) struct Compared<'a> {
    pub(super) definition: ColumnDef,
    rule: Rule,
    left: &'a Cells,
    right: &'a Cells,
    capacity: Option<(&'a Cells, &'a Cells)>,
}

/// Two sides, and how close their cells must be.
pub(super) struct Pair<'a> {
    pub(super) columns: Vec<Compared<'a>>,
    tolerance: &'a Tolerance,
    left: SideView,
    right: SideView,
}

/// What a side needs beside its cells.
struct SideView {
    /// The place of each text among the texts of both sides, by its number.
    ranks: Vec<u64>,
    unallocated: Vec<bool>,
}

impl<'a> Pair<'a> {
    pub(super) fn new(subject: &Subject, left: &'a Rows, right: &'a Rows, tolerance: &'a Tolerance) -> Self {
        let (left_ranks, right_ranks) = ranks(left.texts(), right.texts());
        let both = |name: &str| Some((&left.column(name)?.cells, &right.column(name)?.cells));
        let columns = subject
            .columns()
            .into_iter()
            .filter(|definition| subject.ignored(definition.name).is_none())
            .filter_map(|definition| {
                let (left, right) = both(definition.name)?;
                let rule = Rule::in_table(subject, &definition);
                let capacity = if let Rule::Sum { capacity: Some(capacity) } = rule { both(capacity) } else { None };
                Some(Compared { definition, rule, left, right, capacity })
            })
            .collect();
        Self {
            columns,
            tolerance,
            left: SideView { ranks: left_ranks, unallocated: unallocated(left) },
            right: SideView { ranks: right_ranks, unallocated: unallocated(right) },
        }
    }

    /// Compares a cell of two rows of different sides.
    pub(super) fn judge(&self, column: &Compared<'_>, left: usize, right: usize) -> Judgement {
        if column.rule == Rule::Exact {
            let [left, right] = [(Hand::Left, left), (Hand::Right, right)].map(|(hand, row)| self.rank(column, RowOf { hand, row }));
            return Judgement::exact(left == right);
        }
        let capacity = self.capacity(column, left, right);
        self.tolerance.judge(column.rule, column.left.number(left), column.right.number(right), capacity)
    }

    /// An order of rows by their whole content, text before numbers; equal only for identical rows.
    pub(super) fn order(&self, one: RowOf, other: RowOf) -> Ordering {
        let exact = self.columns.iter().filter(|column| column.rule == Rule::Exact);
        let numbers = self.columns.iter().filter(|column| column.rule != Rule::Exact);
        let texts = exact.map(|column| self.rank(column, one).cmp(&self.rank(column, other)));
        let numbers = numbers.map(|column| order_of_numbers(column.number(one), column.number(other)));
        texts.chain(numbers).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// A number that stands for a cell of a key: it orders as the values do, across both sides.
    pub(super) fn rank(&self, column: &Compared<'_>, row: RowOf) -> u64 {
        column.cells(row.hand).rank(row.row, &self.view(row.hand).ranks)
    }

    fn view(&self, hand: Hand) -> &SideView {
        match hand {
            Hand::Left => &self.left,
            Hand::Right => &self.right,
        }
    }

    /// What the numbers of two rows of unallocated capacity were subtracted from.
    fn capacity(&self, column: &Compared<'_>, left: usize, right: usize) -> f64 {
        let is = |view: &SideView, row: usize| view.unallocated.get(row).copied().unwrap_or_default();
        match column.capacity {
            Some((left_cells, right_cells)) if is(&self.left, left) && is(&self.right, right) => {
                magnitude(left_cells.number(left)).min(magnitude(right_cells.number(right)))
            }
            _ => 0.0,
        }
    }
}

impl Compared<'_> {
    fn cells(&self, hand: Hand) -> &Cells {
        match hand {
            Hand::Left => self.left,
            Hand::Right => self.right,
        }
    }

    fn number(&self, row: RowOf) -> Option<Number> {
        self.cells(row.hand).number(row.row)
    }
}

/// The place of every text among the texts of both sides, by its number on its side; zero is null.
fn ranks(left: &Texts, right: &Texts) -> (Vec<u64>, Vec<u64>) {
    let mut all: Vec<&str> = left.all().iter().chain(right.all()).map(AsRef::as_ref).collect();
    all.sort_unstable();
    all.dedup();
    let places: HashMap<&str, u64> = all.into_iter().zip(1..).collect();
    let of = |texts: &Texts| {
        let ranks = texts.all().iter().map(|text| places.get(text.as_ref()).copied().unwrap_or_default());
        std::iter::once(0).chain(ranks).collect()
    };
    (of(left), of(right))
}

fn magnitude(number: Option<Number>) -> f64 {
    match number {
        Some(Number::Double(double)) if double.is_finite() => double.abs(),
        #[expect(clippy::cast_precision_loss, reason = "a magnitude; sixteen digits of it are enough")]
        Some(Number::Decimal(decimal)) => decimal.units().unsigned_abs() as f64 / 1e15,
        _ => 0.0,
    }
}

fn order_of_numbers(one: Option<Number>, other: Option<Number>) -> Ordering {
    let variant = |number| match number {
        None => 0,
        Some(Number::Double(_)) => 1,
        Some(Number::Decimal(_)) => 2,
    };
    match (one, other) {
        (Some(Number::Double(one)), Some(Number::Double(other))) => one.total_cmp(&other),
        (Some(Number::Decimal(one)), Some(Number::Decimal(other))) => one.cmp(&other),
        _ => variant(one).cmp(&variant(other)),
    }
}
