//! What is added up over line items and over rows, and what is the greatest of them.

use std::cmp::Ordering;

use aggregator_core::table::{ColumnDef, cloud_summary as cloud};
use aggregator_core::trino::decimal;

use super::grain::{Grain, cut};
use crate::audit::total::{Comparison, Total, compare_at};
use crate::rows::{Cell, Decimal, Number};

/// Digits after the point of the decimals of line items, and of rates.
pub(super) const SCALE: u32 = 9;

/// Digits of a decimal that is added up.
const PRECISION: usize = 38;

/// Units of 10^-15 in one of 10^-9.
const FINE: i128 = 1_000_000;

/// What a line item adds to a sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Addend {
    /// Nothing: null.
    Nothing,
    /// Nothing: a number that Trino refuses.
    Refused,
    /// A double.
    Double(f64),
    /// Units of 10^-9; none if there are too many.
    Units(Option<i128>),
}

impl Addend {
    /// A number that becomes a decimal after it was added up: NaN and infinities are refused.
    pub(super) fn finite(number: Option<f64>) -> Self {
        match number {
            None => Self::Nothing,
            Some(number) if number.is_finite() => Self::Double(number),
            Some(_) => Self::Refused,
        }
    }

    /// A number that stays a double.
    pub(super) fn any(number: Option<f64>) -> Self {
        number.map_or(Self::Nothing, Self::Double)
    }

    /// A number that becomes a decimal before it is added up.
    pub(super) fn rounded(number: Option<f64>) -> Self {
        match Self::finite(number) {
            Self::Double(number) => Self::Units(decimal(number, PRECISION, SCALE as usize)),
            other => other,
        }
    }
}

/// What a line item has of what the greatest is shown.
#[derive(Clone, Copy, Debug)]
pub(super) enum Observed<'a> {
    Text(Option<&'a str>),
    Number(Option<f64>),
    Day(Option<i32>),
}

/// A sum of decimals, in units of 10^-15.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::audit::clouds) struct Exact {
    units: i128,
    numbers: u64,
    is_too_great: bool,
}

impl Exact {
    fn add(&mut self, units: Option<i128>) {
        self.numbers += 1;
        match units.and_then(|units| self.units.checked_add(units)) {
            Some(sum) => self.units = sum,
            None => self.is_too_great = true,
        }
    }
}

/// A sum.
#[derive(Clone, Copy, Debug)]
pub(in crate::audit::clouds) enum Sum {
    /// Of doubles, or of decimals that were rounded after doubles were added.
    Doubles(Total),
    /// Of decimals.
    Exact(Exact),
}

impl Sum {
    pub(in crate::audit::clouds) fn none(is_exact: bool) -> Self {
        if is_exact { Self::Exact(Exact::default()) } else { Self::Doubles(Total::default()) }
    }

    fn add(&mut self, addend: Addend) {
        match (self, addend) {
            (Self::Doubles(total), Addend::Double(number)) => total.add_double(number),
            (Self::Exact(exact), Addend::Units(units)) => exact.add(units.and_then(|units| units.checked_mul(FINE))),
            // A grain that declares a sum exact has readers that give units.
            _ => {}
        }
    }

    /// One more cell of a result.
    pub(in crate::audit::clouds) fn add_number(&mut self, number: Number) {
        match (self, number) {
            (Self::Doubles(total), number) => total.add(Some(number)),
            (Self::Exact(exact), Number::Decimal(decimal)) => exact.add(Some(decimal.units())),
            (Self::Exact(exact), Number::Double(double)) => exact.add(Decimal::from_double(double).map(Decimal::units)),
        }
    }

    pub(in crate::audit::clouds) fn plus(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Doubles(total), Self::Doubles(other)) if other.is_null() => Self::Doubles(*total),
            (Self::Doubles(total), Self::Doubles(other)) if total.is_null() => Self::Doubles(*other),
            (Self::Doubles(total), Self::Doubles(other)) => Self::Doubles(total.plus(other)),
            (Self::Exact(exact), Self::Exact(other)) => {
                let units = exact.units.checked_add(other.units);
                Self::Exact(Exact {
                    units: units.unwrap_or_default(),
                    numbers: exact.numbers + other.numbers,
                    is_too_great: exact.is_too_great || other.is_too_great || units.is_none(),
                })
            }
            _ => *self,
        }
    }

    /// The sum of doubles times `factor`.
    pub(in crate::audit::clouds) fn times(&self, factor: f64) -> Self {
        match self {
            Self::Doubles(total) => Self::Doubles(total.times(factor)),
            Self::Exact(_) => *self,
        }
    }

    /// Whether this, a sum of cells that are each rounded by at most `rounding`, is `expected`.
    pub(in crate::audit::clouds) fn compare(&self, expected: &Self, rounding: f64) -> Comparison {
        match (self, expected) {
            (Self::Doubles(found), Self::Doubles(expected)) => compare_at(found, expected, rounding),
            (Self::Exact(_), Self::Exact(expected)) if expected.is_too_great => Comparison::OutOfRange,
            (Self::Exact(found), Self::Exact(expected)) => {
                let is_equal = (found.numbers == 0, found.units) == (expected.numbers == 0, expected.units) && !found.is_too_great;
                if is_equal { Comparison::Equal } else { Comparison::Different }
            }
            _ => Comparison::Different,
        }
    }

    /// The sum as a report shows it.
    pub(in crate::audit::clouds) fn cell(&self) -> Cell {
        match self {
            Self::Doubles(total) => total.cell(),
            Self::Exact(exact) if exact.numbers == 0 => Cell::Null,
            Self::Exact(exact) => Decimal::from_units(exact.units).map_or(Cell::Null, |decimal| Cell::Number(Number::Decimal(decimal))),
        }
    }
}

/// The greatest of the values of a column, of [`cloud::USAGE_START`] the least; none if all are null.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::audit::clouds) struct Extreme(pub(in crate::audit::clouds) Option<Cell>);

impl Extreme {
    /// One more value.
    pub(in crate::audit::clouds) fn add(&mut self, column: ColumnDef, cell: Cell) {
        if cell == Cell::Null {
            return;
        }
        let wanted = if column == cloud::USAGE_START { Ordering::Less } else { Ordering::Greater };
        if self.0.as_ref().is_none_or(|known| order(&cell, known) == wanted) {
            self.0 = Some(cell);
        }
    }

    /// As [`Extreme::add`], of a text, which is only copied where it is greater.
    fn add_text(&mut self, text: Option<&str>) {
        let Some(text) = text else { return };
        if !matches!(&self.0, Some(Cell::Text(known)) if known.as_str() >= text) {
            self.0 = Some(Cell::Text(text.to_owned()));
        }
    }

    /// What a row of the summary has where the line items have this: texts are cut, rates are rounded.
    pub(in crate::audit::clouds) fn cell(&self, column: ColumnDef) -> Cell {
        match &self.0 {
            None => Cell::Null,
            Some(Cell::Text(text)) => Cell::Text(cut(text, &column).to_owned()),
            Some(Cell::Number(Number::Double(number))) if matches!(column.kind, aggregator_core::table::Kind::Numeric { .. }) => {
                let units = decimal(*number, PRECISION, SCALE as usize);
                let rounded = units.and_then(|units| Decimal::from_scaled(units, SCALE));
                rounded.map_or(Cell::Null, |rounded| Cell::Number(Number::Decimal(rounded)))
            }
            Some(other) => other.clone(),
        }
    }
}

/// NaN is less than any other number, as in Trino's `max`; texts are compared byte by byte.
fn order(left: &Cell, right: &Cell) -> Ordering {
    match (left, right) {
        (Cell::Number(Number::Decimal(left)), Cell::Number(Number::Decimal(right))) => left.cmp(right),
        (Cell::Number(Number::Double(left)), Cell::Number(Number::Double(right))) => {
            left.partial_cmp(right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))
        }
        _ => left.order(right),
    }
}

/// Line items, or rows, together.
#[derive(Clone, Debug)]
pub(in crate::audit::clouds) struct Totals {
    /// In the order of [`Grain::sums`].
    pub(in crate::audit::clouds) sums: Vec<Sum>,
    /// In the order of [`Grain::extremes`].
    pub(in crate::audit::clouds) extremes: Vec<Extreme>,
    /// Numbers that Trino refuses, and that count as null.
    pub(in crate::audit::clouds) refused: u64,
}

impl Totals {
    pub(in crate::audit::clouds) fn none(grain: &Grain) -> Self {
        Self {
            sums: grain.sums.iter().map(|column| Sum::none(grain.is_exact(*column))).collect(),
            extremes: vec![Extreme(None); grain.extremes.len()],
            refused: 0,
        }
    }

    /// One more line item.
    pub(super) fn add(&mut self, grain: &Grain, addends: &[Addend], observed: &[Observed<'_>]) {
        for (sum, addend) in self.sums.iter_mut().zip(addends) {
            sum.add(*addend);
            self.refused += u64::from(*addend == Addend::Refused);
        }
        for ((extreme, column), observed) in self.extremes.iter_mut().zip(grain.extremes).zip(observed) {
            match *observed {
                Observed::Text(text) => extreme.add_text(text),
                Observed::Number(number) => {
                    extreme.add(*column, number.map_or(Cell::Null, |number| Cell::Number(Number::Double(number))));
                }
                Observed::Day(day) => extreme.add(*column, day.and_then(chrono::NaiveDate::from_epoch_days).map_or(Cell::Null, Cell::Date)),
            }
        }
    }

    /// All of `self` and of `other`.
    pub(in crate::audit::clouds) fn plus(&self, grain: &Grain, other: &Self) -> Self {
        let mut extremes = self.extremes.clone();
        for ((extreme, column), other) in extremes.iter_mut().zip(grain.extremes).zip(&other.extremes) {
            extreme.add(*column, other.0.clone().unwrap_or(Cell::Null));
        }
        let sums = self.sums.iter().zip(&other.sums).map(|(sum, other)| sum.plus(other)).collect();
        Self { sums, extremes, refused: self.refused + other.refused }
    }
}
