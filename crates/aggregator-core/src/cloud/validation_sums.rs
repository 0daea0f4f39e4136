//! What koku compares with its PostgreSQL tables after a run.
//!
//! # SQL
//! `koku/reportdb_accessor_trino.py`, the query for the validation of data, for the tables of line items.

use crate::days::midnight;
use crate::table::ColumnDef;
use crate::table::cloud_extract::{METRIC, METRIC_DATE, VALIDATION_SUMS};
use crate::trino::sum;
use chrono::NaiveDate;
use polars::prelude::*;

/// The sums of `metric` by `time`.
///
/// # Inputs
/// * `line_items`: `metric` and `time`, rows of the source's month.
/// # Output
/// [`VALIDATION_SUMS`], sorted: one row per distinct time from midnight of `start` to midnight of `end`, both included; so of the last
/// day only midnight, which is all of it where line items are by day.
/// # Nulls
/// The sum of nothing but nulls is null. A null time is left out.
pub fn validation_sums(line_items: LazyFrame, metric: &ColumnDef, time: &ColumnDef, start: NaiveDate, end: NaiveDate) -> LazyFrame {
    let rows = line_items
        .filter(time.expr().gt_eq(midnight(start, time)).and(time.expr().lt_eq(midnight(end, time))))
        .group_by([time.expr().alias(METRIC_DATE.name)])
        .agg([sum(&metric.expr()).alias(METRIC.name)]);
    VALIDATION_SUMS.select(rows).sort([METRIC_DATE.name], SortMultipleOptions::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::cloud::{COST, USAGE_START_TIME};

    #[test]
    fn both_midnights_count_and_hours_are_their_own_rows() {
        let hours = [Some(-1), Some(0), Some(0), Some(7), Some(24), Some(25), None, Some(12)];
        let stamps: Vec<_> = hours.iter().map(|hour| hour.map(|hour: i64| hour * 3_600_000)).collect();
        let costs = [Some(1.0), Some(2.0), Some(0.5), None, Some(8.0), Some(16.0), Some(32.0), Some(4.0)];
        let frame = df![USAGE_START_TIME.name => stamps, COST.name => costs].unwrap().lazy();
        let frame = frame.with_columns([USAGE_START_TIME.expr().cast(USAGE_START_TIME.kind.data_type())]);
        let day = |text: &str| text.parse().unwrap();
        let sums = validation_sums(frame, &COST, &USAGE_START_TIME, day("1970-01-01"), day("1970-01-02")).collect().unwrap();
        assert_eq!(sums.column(METRIC.name).unwrap().f64().unwrap().to_vec(), [Some(2.5), None, Some(4.0), Some(8.0)]);
    }
}
