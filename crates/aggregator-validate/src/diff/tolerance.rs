//! How far two cells of a column may lie apart: the one place where tolerances are declared.
//!
//! | column | rule |
//! |---|---|
//! | keys, text, dates, counts | equal |
//! | labels | equal as JSON |
//! | maxima ([`Rule::Maximum`]) | equal: nothing was added that could round |
//! | sums ([`Rule::Sum`]) | within a relative tolerance of the magnitudes that were added or subtracted |
//! | decimals of the clouds made of a sum of doubles ([`Rule::RoundedSum`]) | one unit in the last place, or the relative tolerance |
//! | other decimals of the clouds ([`Rule::Rounded`]) | equal |

use aggregator_core::table::{ColumnDef, Kind, cloud_summary, summary};

use crate::rows::{Cells, Decimal, Number, Rows};
use crate::subject::{AWS_DAILY, AWS_EC2, GCP_DAILY, Subject};

/// What separates two doubles that are the same sum added in another order; Trino's own order changes from run to run.
pub const DEFAULT_RELATIVE: f64 = 1e-12;

/// A double and its `numeric(33,15)` may differ by the last place of the rounding.
const ROUNDING_UNITS: u128 = 1;

/// Units of 10^-15 in one.
const UNITS_PER_ONE: f64 = 1e15;

/// How far apart two cells may lie and still be equal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// For sums of which a side holds a double: relative to the magnitudes that were added or subtracted.
    pub relative: f64,
    /// For two decimals: units of 10^-15.
    pub decimal_units: u128,
    /// For sums of which both sides hold decimals: relative, as [`Self::relative`].
    pub decimal_relative: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { relative: DEFAULT_RELATIVE, decimal_units: 0, decimal_relative: 0.0 }
    }
}

/// How the cells of a column are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// No number: equal or not.
    Exact,
    /// The largest of numbers.
    Maximum,
    /// A sum of numbers.
    Sum {
        /// In a row of unallocated capacity, what the sum was subtracted from.
        capacity: Option<&'static str>,
    },
    /// A decimal made of a sum of doubles: the order of the additions may decide its last digit.
    RoundedSum {
        /// The last place, in units of 10^-15.
        unit: u128,
    },
    /// A decimal made of one double, or of decimals.
    Rounded {
        /// The last place, in units of 10^-15.
        unit: u128,
    },
}

impl Rule {
    /// The rule of `column` of `subject`.
    pub fn in_table(subject: &Subject, column: &ColumnDef) -> Self {
        let Kind::Numeric { scale, .. } = column.kind else { return Self::of(column) };
        let unit = u32::try_from(scale).ok().and_then(|scale| Decimal::from_scaled(1, scale)).map_or(0, |unit| unit.units().unsigned_abs());
        let is_sum = SUMS_OF_DOUBLES.iter().any(|(of, sums)| of.name == subject.name && sums.iter().any(|sum| sum.name == column.name));
        if is_sum { Self::RoundedSum { unit } } else { Self::Rounded { unit } }
    }

    /// The rule of `column` of any table where no decimal is declared.
    pub fn of(column: &ColumnDef) -> Self {
        if !matches!(column.kind, Kind::Double | Kind::DoublePrecision) {
            return Self::Exact;
        }
        let is = |named: &[ColumnDef]| named.iter().any(|named| named.name == column.name);
        if is(MAXIMA) {
            Self::Maximum
        } else if is(LESS_CPU_CAPACITY) {
            Self::Sum { capacity: Some(summary::NODE_CAPACITY_CPU_CORE_HOURS.name) }
        } else if is(LESS_MEMORY_CAPACITY) {
            Self::Sum { capacity: Some(summary::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS.name) }
        } else {
            Self::Sum { capacity: None }
        }
    }
}

/// The largest of the line items, times a power of two: exact.
const MAXIMA: &[ColumnDef] = &[
    summary::NODE_CAPACITY_CPU_CORES,
    summary::NODE_CAPACITY_MEMORY_GIGABYTES,
    summary::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE,
    cloud_summary::NORMALIZATION_FACTOR,
];

const AWS_SUMS: &[ColumnDef] = &[
    cloud_summary::USAGE_AMOUNT,
    cloud_summary::UNBLENDED_COST,
    cloud_summary::MARKUP_COST,
    cloud_summary::BLENDED_COST,
    cloud_summary::MARKUP_COST_BLENDED,
    cloud_summary::SAVINGSPLAN_EFFECTIVE_COST,
    cloud_summary::MARKUP_COST_SAVINGSPLAN,
    cloud_summary::CALCULATED_AMORTIZED_COST,
    cloud_summary::MARKUP_COST_AMORTIZED,
    cloud_summary::PUBLIC_ON_DEMAND_COST,
];

/// Decimals that are made when the doubles are added. Azure's line items are decimals before, and so are credits of GCP; a rate is one
/// of the rates.
const SUMS_OF_DOUBLES: &[(Subject, &[ColumnDef])] = &[
    (AWS_DAILY, AWS_SUMS),
    (AWS_EC2, AWS_SUMS),
    (GCP_DAILY, &[cloud_summary::USAGE_AMOUNT, cloud_summary::UNBLENDED_COST, cloud_summary::MARKUP_COST]),
];

const LESS_CPU_CAPACITY: &[ColumnDef] =
    &[summary::POD_USAGE_CPU_CORE_HOURS, summary::POD_REQUEST_CPU_CORE_HOURS, summary::POD_EFFECTIVE_USAGE_CPU_CORE_HOURS];

const LESS_MEMORY_CAPACITY: &[ColumnDef] = &[
    summary::POD_USAGE_MEMORY_GIGABYTE_HOURS,
    summary::POD_REQUEST_MEMORY_GIGABYTE_HOURS,
    summary::POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS,
];

/// Which rows hold unallocated capacity, row by row. A column that the side lacks speaks against no row.
pub(crate) fn unallocated(rows: &Rows) -> Vec<bool> {
    let cells = |column: ColumnDef| rows.column(column.name).map(|column| &column.cells);
    let text = |column: Option<&Cells>, row| column.and_then(|cells| cells.text(row)).and_then(|id| rows.texts().text(id));
    let (namespace, data_source) = (cells(summary::NAMESPACE), cells(summary::DATA_SOURCE));
    let (labels, cost) = (cells(summary::POD_LABELS), cells(summary::INFRASTRUCTURE_USAGE_COST));
    (0..rows.len())
        .map(|row| match text(namespace, row) {
            Some("Platform unallocated" | "Worker unallocated") => true,
            Some(_) => false,
            // A node without a role: the namespace is null. A pod may have none either, but it has labels and a cost.
            None => text(data_source, row) == Some("Pod") && text(labels, row).is_none() && text(cost, row).is_none(),
        })
        .collect()
}

/// What a comparison of two cells found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// Whether the cells are equal, or near enough.
    pub equal: bool,
    /// How far apart they lie; none where that is no number.
    pub absolute: Option<f64>,
    /// The same as a part of the greater of the two.
    pub relative: Option<f64>,
}

impl Judgement {
    /// Equal to the letter, or not comparable by a distance.
    pub(crate) fn exact(equal: bool) -> Self {
        let distance = equal.then_some(0.0);
        Self { equal, absolute: distance, relative: distance }
    }
}

impl Tolerance {
    /// Compares two numbers of a column; `capacity` is what they were subtracted from, zero if from nothing.
    pub fn judge(&self, rule: Rule, left: Option<Number>, right: Option<Number>, capacity: f64) -> Judgement {
        match (left, right) {
            (None, None) => Judgement::exact(true),
            (None, Some(_)) | (Some(_), None) => Judgement::exact(false),
            (Some(Number::Double(left)), Some(Number::Double(right))) => self.doubles(rule, left, right, capacity),
            (Some(Number::Decimal(left)), Some(Number::Decimal(right))) => {
                let slack = match rule {
                    Rule::RoundedSum { unit } => {
                        Slack { units: self.decimal_units.max(unit), relative: self.decimal_relative.max(self.relative) }
                    }
                    _ => Slack { units: self.decimal_units, relative: self.decimal_relative },
                };
                decimals(rule, left, right, capacity, slack)
            }
            (Some(Number::Double(double)), Some(Number::Decimal(decimal)))
            | (Some(Number::Decimal(decimal)), Some(Number::Double(double))) => {
                let rounding = match rule {
                    Rule::RoundedSum { unit } | Rule::Rounded { unit } => unit,
                    Rule::Exact | Rule::Maximum | Rule::Sum { .. } => ROUNDING_UNITS,
                };
                let slack = Slack { units: self.decimal_units.max(rounding), relative: self.relative };
                match Decimal::from_double(double) {
                    Some(rounded) => decimals(rule, rounded, decimal, capacity, slack),
                    None => Judgement::exact(false),
                }
            }
        }
    }

    #[expect(clippy::float_cmp, reason = "infinities and equal numbers are compared exactly; the rest is compared within a tolerance")]
    fn doubles(&self, rule: Rule, left: f64, right: f64, capacity: f64) -> Judgement {
        if left == right || left.is_nan() && right.is_nan() {
            return Judgement::exact(true);
        }
        if !left.is_finite() || !right.is_finite() {
            return Judgement::exact(false);
        }
        let absolute = (left - right).abs();
        let greater = left.abs().max(right.abs());
        let equal = absolute <= allowed(rule, self.relative, greater, capacity);
        Judgement { equal, absolute: Some(absolute), relative: Some(absolute / greater) }
    }
}

/// How far apart two decimals may lie.
#[derive(Clone, Copy)]
struct Slack {
    units: u128,
    relative: f64,
}

fn decimals(rule: Rule, left: Decimal, right: Decimal, capacity: f64, slack: Slack) -> Judgement {
    let distance = left.units().abs_diff(right.units());
    if distance == 0 {
        return Judgement::exact(true);
    }
    let absolute = as_number(distance);
    let greater = as_number(left.units().unsigned_abs().max(right.units().unsigned_abs()));
    let equal = distance <= slack.units || absolute <= allowed(rule, slack.relative, greater, capacity);
    Judgement { equal, absolute: Some(absolute), relative: Some(absolute / greater) }
}

fn allowed(rule: Rule, relative: f64, greater: f64, capacity: f64) -> f64 {
    match rule {
        Rule::Exact | Rule::Maximum | Rule::Rounded { .. } => 0.0,
        Rule::Sum { .. } | Rule::RoundedSum { .. } => relative * greater.max(capacity),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a distance is shown and held against a tolerance; sixteen digits of it are enough")]
fn as_number(units: u128) -> f64 {
    units as f64 / UNITS_PER_ONE
}

#[cfg(test)]
mod tests;
