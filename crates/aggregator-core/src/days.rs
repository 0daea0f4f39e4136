//! Rows of a range of days, by a column of times.

use crate::table::ColumnDef;
use chrono::{NaiveDate, NaiveTime};
use polars::prelude::*;

/// The rows whose `time` lies on a day from `start` to `end`; a null does not.
pub fn in_days(rows: LazyFrame, time: &ColumnDef, start: NaiveDate, end: NaiveDate) -> LazyFrame {
    let after = end.succ_opt().unwrap_or(end);
    rows.filter(time.expr().gt_eq(midnight(start, time)).and(time.expr().lt(midnight(after, time))))
}

/// The beginning of `day`, as a value of the column `time`.
pub(crate) fn midnight(day: NaiveDate, time: &ColumnDef) -> Expr {
    lit(day.and_time(NaiveTime::MIN)).cast(time.kind.data_type())
}
