//! The roll-up by day.

use super::ReportType;
use super::report_type::Rollup;
use crate::table::ocp::INTERVAL_START;
use crate::table::ocp_ingest::{DAY, INTERVAL_DAY};
use crate::table::{ColumnDef, Kind};
use polars::prelude::*;
use std::hash::Hash;
use std::sync::Arc;

/// The daily rows of line items.
///
/// # Inputs
/// The result of [`line_items`](super::line_items); rows of several files must be in the order of the files, if the last digit of a
/// sum matters.
/// # Output
/// The columns of [`ReportType::daily`] and [`DAY`]: one row per ([`DAY`], [`INTERVAL_DAY`], keys), in the order in which they
/// first come. `interval_start` is [`INTERVAL_DAY`].
/// # Nulls
/// A null key is a key of its own. Sums and maxima skip nulls: the sum of nothing but nulls is 0, their maximum null. A sum that is
/// no number (∞ − ∞) is null.
/// # Differences from koku
/// Rows are in another order. koku rolls up 200,000 rows at a time, and adds no rows of different payloads.
pub fn daily(report: ReportType, rows: LazyFrame) -> LazyFrame {
    rolled_up(report, rows, INTERVAL_DAY, NullSum::Skipped)
}

/// The daily rows of several results of [`daily`], one after the other: sums of sums.
///
/// # Output
/// As [`daily`].
/// # Nulls
/// As [`daily`]; a null sum makes the sum null.
pub fn merge_daily(report: ReportType, parts: LazyFrame) -> LazyFrame {
    rolled_up(report, parts, INTERVAL_START.name, NullSum::NoNumber)
}

/// What a null is where numbers are added.
#[derive(Clone, Copy)]
pub(super) enum NullSum {
    /// It adds nothing.
    Skipped,
    /// It makes the sum no number.
    NoNumber,
}

fn rolled_up(report: ReportType, rows: LazyFrame, day: &'static str, null: NullSum) -> LazyFrame {
    let columns = report.daily().columns.iter().map(|column| (*column, report.rollup(column)));
    let own = (ColumnDef::new(DAY, Kind::Date), Rollup::Key);
    let keys = [DAY, day].into_iter().chain(report.keys().iter().map(|key| key.name)).collect();
    RollUp { keys, day, columns: columns.chain([own]).collect(), null }.of(rows)
}

/// How rows become rows of a day.
pub(super) struct RollUp {
    /// What rows have in common that become one.
    pub keys: Vec<&'static str>,
    /// The key that holds the day.
    pub day: &'static str,
    /// The columns of the result, and what each is of the rows.
    pub columns: Vec<(ColumnDef, Rollup)>,
    /// What a null is where numbers are added.
    pub null: NullSum,
}

impl RollUp {
    /// One row per group, in the order in which they first come.
    pub(super) fn of(self, rows: LazyFrame) -> LazyFrame {
        let fields = self.columns.iter().map(|(column, _)| Field::new(column.name.into(), column.kind.data_type()));
        let schema: SchemaRef = Arc::new(fields.collect());
        let output = move |_: &Schema| Ok(Arc::clone(&schema));
        rows.map(move |rows| self.roll_up(&rows), AllowedOptimizations::empty(), Some(Arc::new(output)), Some("daily"))
    }

    fn roll_up(&self, rows: &DataFrame) -> PolarsResult<DataFrame> {
        let groups = Groups::of(rows, self.keys.iter().copied())?;
        let mut columns = Vec::with_capacity(self.columns.len());
        for (column, rollup) in &self.columns {
            columns.push(match rollup {
                Rollup::Day => groups.first(rows.column(self.day)?)?.with_name(column.name.into()),
                Rollup::Key => groups.first(rows.column(column.name)?)?,
                Rollup::Sum => groups.sum(rows.column(column.name)?, self.null)?,
                Rollup::Max => groups.max(rows.column(column.name)?)?,
            });
        }
        DataFrame::new(groups.firsts.len(), columns)
    }
}

/// Which group each row is of, and the first row of each.
struct Groups {
    of_row: Vec<u32>,
    firsts: Vec<IdxSize>,
}

impl Groups {
    fn of<'a>(rows: &DataFrame, keys: impl IntoIterator<Item = &'a str>) -> PolarsResult<Self> {
        let mut of_row = vec![0; rows.height()];
        for key in keys {
            let key = rows.column(key)?;
            match key.dtype() {
                DataType::String => refine(&mut of_row, key.str()?.iter()),
                _ => refine(&mut of_row, key.to_physical_repr().cast(&DataType::Int64)?.i64()?.iter()),
            }
        }
        let mut firsts = Vec::new();
        for (row, group) in of_row.iter().enumerate() {
            // Groups are numbered as they come.
            if *group as usize == firsts.len() {
                firsts.push(IdxSize::try_from(row).unwrap_or(IdxSize::MAX));
            }
        }
        Ok(Self { of_row, firsts })
    }

    /// The values of the first rows. Texts are copied, so that the few rows of a day do not keep the many of the hours alive.
    fn first(&self, column: &Column) -> PolarsResult<Column> {
        let rows = IdxCa::from_vec(PlSmallStr::EMPTY, self.firsts.clone());
        let column = column.take(&rows)?;
        match column.dtype() {
            DataType::String => Ok(text_column(column.name(), column.str()?.iter())),
            _ => Ok(column),
        }
    }

    /// Kahan sums in the order of the rows, which give pandas' sums to the last digit.
    fn sum(&self, column: &Column, null: NullSum) -> PolarsResult<Column> {
        let mut sums = vec![Sum::default(); self.firsts.len()];
        for (group, value) in self.of_row.iter().zip(column.f64()?.iter()) {
            let value = match (value, null) {
                (Some(value), _) => value,
                (None, NullSum::NoNumber) => f64::NAN,
                (None, NullSum::Skipped) => continue,
            };
            if let Some(sum) = sums.get_mut(*group as usize) {
                sum.add(value);
            }
        }
        let sums = sums.into_iter().map(|sum| (!sum.total.is_nan()).then_some(sum.total));
        Ok(Float64Chunked::from_iter_options(column.name().clone(), sums).into_column())
    }

    fn max(&self, column: &Column) -> PolarsResult<Column> {
        let name = column.name();
        match column.dtype() {
            DataType::String => Ok(text_column(name, self.greatest(column.str()?.iter(), |left, right| left > right))),
            DataType::Float64 => {
                let greatest = self.greatest(column.f64()?.iter(), |left, right| left > right);
                Ok(Float64Chunked::from_iter_options(name.clone(), greatest).into_column())
            }
            data_type => {
                let integers = column.to_physical_repr().cast(&DataType::Int64)?;
                let greatest = self.greatest(integers.i64()?.iter(), |left, right| left > right);
                Int64Chunked::from_iter_options(name.clone(), greatest).into_column().cast(data_type)
            }
        }
    }

    fn greatest<T: Copy>(&self, values: impl Iterator<Item = Option<T>>, greater: fn(T, T) -> bool) -> impl Iterator<Item = Option<T>> {
        let mut greatest = vec![None; self.firsts.len()];
        for (group, value) in self.of_row.iter().zip(values) {
            if let (Some(value), Some(greatest)) = (value, greatest.get_mut(*group as usize))
                && greatest.is_none_or(|known| greater(value, known))
            {
                *greatest = Some(value);
            }
        }
        greatest.into_iter()
    }
}

fn text_column<'a>(name: &PlSmallStr, texts: impl Iterator<Item = Option<&'a str>>) -> Column {
    StringChunked::from_iter_options(name.clone(), texts).into_column()
}

/// Splits groups further, by a key.
fn refine<K: Copy + Eq + Hash>(of_row: &mut [u32], keys: impl Iterator<Item = Option<K>>) {
    let mut known: PlHashMap<(u32, Option<K>), u32> = PlHashMap::default();
    let mut last = None;
    for (group, key) in of_row.iter_mut().zip(keys) {
        let parts = (*group, key);
        let refined = match last {
            Some((before, refined)) if before == parts => refined,
            _ => {
                // There are fewer groups than rows, and an index of a row has 32 bits.
                let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
                *known.entry(parts).or_insert(next)
            }
        };
        last = Some((parts, refined));
        *group = refined;
    }
}

/// A sum that carries what rounding loses.
#[derive(Clone, Copy, Default)]
struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    fn add(&mut self, value: f64) {
        let corrected = value - self.lost;
        let total = self.total + corrected;
        self.lost = total - self.total - corrected;
        if self.lost.is_nan() {
            // Infinite totals lose nothing.
            self.lost = 0.0;
        }
        self.total = total;
    }
}

#[cfg(test)]
mod tests;
