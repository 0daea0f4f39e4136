//! Sums of cells, and how close two of them must be.

use crate::diff::tolerance::DEFAULT_RELATIVE;
use crate::rows::{Cell, Number};

/// Units of 10^-15 in one.
const UNITS_PER_ONE: f64 = 1e15;

/// A number as a double.
pub(crate) fn double(number: Number) -> f64 {
    match number {
        Number::Double(double) => double,
        #[expect(clippy::cast_precision_loss, reason = "held against a tolerance that is far coarser than a double")]
        Number::Decimal(decimal) => decimal.units() as f64 / UNITS_PER_ONE,
    }
}

/// A double as a report shows it.
pub(crate) fn cell(double: f64) -> Cell {
    Cell::Number(Number::Double(double))
}

/// A sum, with what is needed to say how exact it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Total {
    sum: f64,
    /// What the additions lost.
    lost: f64,
    /// The sum as an engine adds it up, for infinities and NaN.
    plain: f64,
    /// Sum of the magnitudes.
    pub(crate) magnitude: f64,
    /// How many numbers there were.
    pub(crate) numbers: u64,
    /// How many of them were rounded to fifteen places.
    pub(crate) rounded: u64,
    /// Whether one of them was NaN or an infinity.
    pub(crate) is_special: bool,
    /// Whether one of them was negative.
    pub(crate) is_negative: bool,
}

impl Total {
    /// One more cell; a null is passed over.
    pub(crate) fn add(&mut self, number: Option<Number>) {
        let Some(number) = number else { return };
        self.rounded += u64::from(matches!(number, Number::Decimal(_)));
        self.add_double(double(number));
    }

    /// One more number.
    pub(crate) fn add_double(&mut self, value: f64) {
        let sum = self.sum + value;
        // Neumaier: the sum of a million rows is as exact as that of two.
        self.lost += if self.sum.abs() >= value.abs() { (self.sum - sum) + value } else { (value - sum) + self.sum };
        self.sum = sum;
        self.plain += value;
        self.magnitude += value.abs();
        self.numbers += 1;
        self.is_special |= !value.is_finite();
        self.is_negative |= value < 0.0;
    }

    /// Whether there was no number at all, so that the sum is null.
    pub(crate) fn is_null(&self) -> bool {
        self.numbers == 0
    }

    /// The sum.
    pub(crate) fn value(&self) -> f64 {
        if self.magnitude.is_finite() { self.sum + self.lost } else { self.plain }
    }

    /// The sum times `factor`.
    pub(crate) fn times(&self, factor: f64) -> Self {
        Self {
            sum: self.sum * factor,
            lost: self.lost * factor,
            plain: self.plain * factor,
            magnitude: self.magnitude * factor.abs(),
            ..*self
        }
    }

    /// The sum divided by `count`, of which zero makes an infinity or NaN, as in SQL.
    pub(crate) fn divided(&self, count: f64) -> Self {
        let divided =
            Self { sum: self.sum / count, lost: self.lost / count, plain: self.plain / count, magnitude: self.magnitude / count, ..*self };
        Self { is_special: divided.is_special || !divided.magnitude.is_finite(), ..divided }
    }

    /// The sum of both.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let mut total = *self;
        total.add_double(other.value());
        Self {
            magnitude: self.magnitude + other.magnitude,
            numbers: self.numbers + other.numbers,
            rounded: self.rounded + other.rounded,
            is_special: self.is_special || other.is_special,
            is_negative: self.is_negative || other.is_negative,
            ..total
        }
    }

    /// The sum as a report shows it.
    pub(crate) fn cell(&self) -> Cell {
        if self.is_null() { Cell::Null } else { cell(self.value()) }
    }
}

/// How far apart two numbers may lie that come from numbers of `magnitude` in all, `rounded` of them rounded to fifteen places.
pub(crate) fn allowed(magnitude: f64, rounded: u64) -> f64 {
    allowed_at(magnitude, rounded, 1.0 / UNITS_PER_ONE)
}

/// As [`allowed`], where each rounding changes a number by at most `rounding`.
fn allowed_at(magnitude: f64, rounded: u64, rounding: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a count of rows, for a tolerance")]
    let rounded = rounded as f64;
    DEFAULT_RELATIVE.mul_add(magnitude, rounded * rounding)
}

/// How two totals compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Different,
    /// The sum of the magnitudes is no double: the order of the additions decides what comes out.
    OutOfRange,
}

/// Whether `found` is `expected`, as exactly as sums can be.
pub(crate) fn compare(found: &Total, expected: &Total) -> Comparison {
    compare_at(found, expected, 1.0 / UNITS_PER_ONE)
}

/// As [`compare`], where each rounding changes a number by at most `rounding`.
pub(crate) fn compare_at(found: &Total, expected: &Total, rounding: f64) -> Comparison {
    if found.is_null() || expected.is_null() {
        return if found.is_null() == expected.is_null() { Comparison::Equal } else { Comparison::Different };
    }
    let magnitude = found.magnitude.max(expected.magnitude);
    let (left, right) = (found.value(), expected.value());
    let equal = |equal: bool| if equal { Comparison::Equal } else { Comparison::Different };
    if magnitude.is_finite() {
        return equal((left - right).abs() <= allowed_at(magnitude, found.rounded + expected.rounded, rounding));
    }
    if expected.is_special {
        #[expect(clippy::float_cmp, reason = "infinities are equal or not")]
        return equal(left.is_nan() && right.is_nan() || left == right);
    }
    Comparison::OutOfRange
}
