//! Which values Trino refuses, one check a column.

use super::texts::{by_distinct, replaced};
use crate::table::ColumnDef;
use crate::table::cloud::{REFUSED_COLUMN, REFUSED_REASON, REFUSED_ROWS, REFUSED_VALUE, REFUSED_VALUES};
use crate::trino::double_text;
use polars::prelude::*;
use std::sync::Arc;

/// The number of a check that a row fails.
const CHECK: &str = "check";

/// A column, which rows' values are refused, these as text, and why; null where a value is not refused.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    column: ColumnDef,
    wrong: Expr,
    value: Expr,
    reason: Expr,
}

impl Check {
    /// A column of text, refused for what `why` says.
    pub(crate) fn text(column: ColumnDef, why: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let why = Arc::new(why);
        let is_refused = Arc::clone(&why);
        let wrong = column.expr().map(
            move |column| {
                let wrong = by_distinct(column.str()?, |text| is_refused(text).is_some());
                let wrong: BooleanChunked = wrong.into_iter().map(Option::unwrap_or_default).collect();
                Ok(wrong.with_name(column.name().clone()).into_column())
            },
            |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)),
        );
        Self { column, wrong, value: column.expr(), reason: replaced(column.expr(), move |text| why(text)) }
    }

    /// A column of doubles, refused where it is NaN or infinite.
    pub(crate) fn finite(column: ColumnDef) -> Self {
        Self::number(column, column.expr().is_finite().not(), "is no finite number")
    }

    /// A column of doubles, refused where `wrong`.
    pub(crate) fn number(column: ColumnDef, wrong: Expr, reason: &'static str) -> Self {
        let value = when(wrong.clone()).then(column.expr()).otherwise(lit(NULL)).cast(DataType::Float64);
        let value = value.map(
            |column| {
                let texts = column.f64()?.iter().map(|value| value.map(double_text));
                Ok(StringChunked::from_iter_options(column.name().clone(), texts).into_column())
            },
            |_, field| Ok(Field::new(field.name().clone(), DataType::String)),
        );
        Self { column, wrong: wrong.clone(), value, reason: when(wrong).then(lit(reason)).otherwise(lit(NULL)).cast(DataType::String) }
    }

    /// As given, but only in the rows that are `of`.
    pub(crate) fn only(self, of: Expr) -> Self {
        Self { wrong: of.clone().and(self.wrong), reason: when(of).then(self.reason).otherwise(lit(NULL)), ..self }
    }
}

/// Whether a row fails any of `checks`; null counts as not.
pub(crate) fn any_wrong(checks: impl IntoIterator<Item = Check>) -> Expr {
    checks.into_iter().map(|check| check.wrong).reduce(Expr::or).unwrap_or_else(|| lit(false))
}

/// The refused values of `rows`: [`REFUSED_VALUES`], sorted.
pub(crate) fn refused(rows: LazyFrame, checks: impl AsRef<[Check]>) -> LazyFrame {
    let checks = checks.as_ref();
    // A column can have several checks.
    let value = |at: u32| format!("{} {at}", REFUSED_VALUE.name);
    let reason = |at: u32| format!("{} {at}", REFUSED_REASON.name);
    let numbered = || (0_u32..).zip(checks);
    let checked = numbered().flat_map(|(at, check)| [check.value.clone().alias(value(at)), check.reason.clone().alias(reason(at))]);
    let failed = numbered().map(|(at, _)| when(col(reason(at)).is_not_null()).then(lit(at)).otherwise(lit(NULL)));
    // Only a list of nothing is an error.
    let failed = concat_list(failed.collect::<Vec<_>>()).unwrap_or_else(|_| lit(NULL));
    let any = any_wrong(checks.iter().cloned());
    // A row for each check that it fails: one scan for all checks, and few rows from here on.
    let wrong = rows
        .filter(any)
        .select(checked.collect::<Vec<_>>())
        .with_columns([failed.alias(CHECK)])
        .explode(by_name([CHECK], true, false), ExplodeOptions { empty_as_null: true, keep_nulls: true })
        .filter(col(CHECK).is_not_null());
    let of_check = |cell: &dyn Fn(u32, &Check) -> Expr| {
        let nothing = lit(NULL).cast(DataType::String);
        numbered().fold(nothing, |otherwise, (at, check)| when(col(CHECK).eq(lit(at))).then(cell(at, check)).otherwise(otherwise))
    };
    let keys = [
        of_check(&|_, check| lit(check.column.name)).alias(REFUSED_COLUMN.name),
        of_check(&|at, _| col(value(at))).alias(REFUSED_VALUE.name),
        of_check(&|at, _| col(reason(at))).alias(REFUSED_REASON.name),
    ];
    let counted = wrong.group_by(keys).agg([len().cast(REFUSED_ROWS.kind.data_type()).alias(REFUSED_ROWS.name)]);
    let order = [REFUSED_COLUMN, REFUSED_VALUE, REFUSED_REASON].map(|column| column.name);
    REFUSED_VALUES.select(counted).sort(order, SortMultipleOptions::default())
}
