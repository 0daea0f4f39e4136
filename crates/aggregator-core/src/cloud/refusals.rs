//! Which values Trino refuses, one check a column.

use super::texts::replaced;
use crate::table::ColumnDef;
use crate::table::cloud::{REFUSED_COLUMN, REFUSED_REASON, REFUSED_ROWS, REFUSED_VALUE, REFUSED_VALUES};
use crate::trino::double_text;
use polars::prelude::*;

/// A column, its values as text, and why a row's value is refused; null where it is not.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    column: ColumnDef,
    value: Expr,
    reason: Expr,
}

impl Check {
    /// A column of text, refused for what `why` says.
    pub(crate) fn text(column: ColumnDef, why: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { column, value: column.expr(), reason: replaced(column.expr(), why) }
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
        Self { column, value, reason: when(wrong).then(lit(reason)).otherwise(lit(NULL)).cast(DataType::String) }
    }

    /// As given, but only in the rows that are `of`.
    pub(crate) fn only(self, of: Expr) -> Self {
        Self { reason: when(of).then(self.reason).otherwise(lit(NULL)), ..self }
    }
}

/// The refused values of `rows`: [`REFUSED_VALUES`], sorted.
pub(crate) fn refused(rows: LazyFrame, checks: impl AsRef<[Check]>) -> LazyFrame {
    let checks = checks.as_ref();
    // A column can have several checks.
    let value = |check: usize| format!("{} {check}", REFUSED_VALUE.name);
    let reason = |check: usize| format!("{} {check}", REFUSED_REASON.name);
    let checked = checks.iter().enumerate();
    let checked = checked.flat_map(|(at, check)| [check.value.clone().alias(value(at)), check.reason.clone().alias(reason(at))]);
    let any = (0..checks.len()).map(|check| col(reason(check)).is_not_null()).reduce(Expr::or).unwrap_or_else(|| lit(false));
    // Few rows are left, so that reading them once for each check costs nothing.
    let wrong = rows.select(checked.collect::<Vec<_>>()).filter(any);
    let of_check = |(at, check): (usize, &Check)| {
        wrong.clone().filter(col(reason(at)).is_not_null()).select([
            lit(check.column.name).alias(REFUSED_COLUMN.name),
            col(value(at)).alias(REFUSED_VALUE.name),
            col(reason(at)).alias(REFUSED_REASON.name),
        ])
    };
    let parts: Vec<_> = checks.iter().enumerate().map(of_check).collect();
    let keys = [REFUSED_COLUMN, REFUSED_VALUE, REFUSED_REASON];
    // Only a list of no frames is an error.
    let all = concat(parts, UnionArgs::default()).unwrap_or(wrong);
    let counted = all.group_by(keys.map(|column| column.expr())).agg([len().cast(REFUSED_ROWS.kind.data_type()).alias(REFUSED_ROWS.name)]);
    REFUSED_VALUES.select(counted).sort(keys.map(|column| column.name), SortMultipleOptions::default())
}
