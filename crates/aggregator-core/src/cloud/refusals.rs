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

    fn reason_name(&self) -> String {
        format!("{} {}", self.column.name, REFUSED_REASON.name)
    }
}

/// The refused values of `rows`: [`REFUSED_VALUES`], sorted.
pub(crate) fn refused(rows: LazyFrame, checks: Vec<Check>) -> LazyFrame {
    let checked = checks.iter().flat_map(|check| [check.value.clone().alias(check.column.name), check.reason.clone().alias(check.reason_name())]);
    let any = checks.iter().map(|check| col(check.reason_name()).is_not_null()).reduce(Expr::or).unwrap_or_else(|| lit(false));
    // Few rows are left, so that reading them once for each column costs nothing.
    let wrong = rows.select(checked.collect::<Vec<_>>()).filter(any);
    let of_column = |check: &Check| {
        wrong.clone().filter(col(check.reason_name()).is_not_null()).select([
            lit(check.column.name).alias(REFUSED_COLUMN.name),
            check.column.expr().alias(REFUSED_VALUE.name),
            col(check.reason_name()).alias(REFUSED_REASON.name),
        ])
    };
    let parts: Vec<_> = checks.iter().map(of_column).collect();
    let keys = [REFUSED_COLUMN, REFUSED_VALUE, REFUSED_REASON];
    // Only a list of no frames is an error.
    let all = concat(parts, UnionArgs::default()).unwrap_or(wrong);
    let counted = all.group_by(keys.map(|column| column.expr())).agg([len().cast(REFUSED_ROWS.kind.data_type()).alias(REFUSED_ROWS.name)]);
    REFUSED_VALUES.select(counted).sort(keys.map(|column| column.name), SortMultipleOptions::default())
}
