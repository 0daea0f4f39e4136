//! Small reports for tests: columns that a test is about, and sensible cells in the others.
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use super::cells::Reading;
use super::{LINE, ReportType};
use crate::ocp::testing::collect;
use polars::prelude::*;

/// The header and the text cells of a report.
pub(super) struct Report {
    pub(super) of: ReportType,
    pub(super) header: Vec<PlSmallStr>,
    pub(super) raw: DataFrame,
}

/// A report with `columns`, and its other required columns filled in; the line of the first row is 2.
pub(super) fn report(report: ReportType, columns: &[(&str, &[&str])]) -> Report {
    let height = columns.first().map_or(1, |(_, cells)| cells.len());
    let others = report.required().filter(|column| columns.iter().all(|(name, _)| *name != column.name));
    let filled = others.map(|column| {
        let cell = match Reading::of(column.name) {
            Reading::Timestamp => "2026-04-02 05:00:00 +0000 UTC",
            Reading::Number | Reading::NullableNumber | Reading::NullableInteger => "1",
            Reading::Labels => "",
            Reading::Text => "x",
        };
        Column::new(column.name.into(), vec![cell; height])
    });
    let given = columns.iter().map(|(name, cells)| Column::new((*name).into(), *cells));
    let mut cells: Vec<Column> = filled.chain(given).collect();
    let header = cells.iter().map(|column| column.name().clone()).collect();
    let lines = (2..).take(height).collect();
    cells.push(UInt64Chunked::from_vec(LINE.into(), lines).into_column());
    Report { of: report, header, raw: DataFrame::new(height, cells).expect("columns of one height") }
}

impl Report {
    pub(super) fn typed(&self) -> DataFrame {
        collect(super::typed(self.of, &self.header, self.raw.clone().lazy()))
    }

    pub(super) fn line_items(&self) -> DataFrame {
        collect(super::line_items(&self.header, self.typed().lazy()))
    }

    pub(super) fn daily(&self) -> DataFrame {
        collect(super::daily(self.of, self.line_items().lazy()))
    }
}

/// The cells of a text column.
pub(super) fn texts(frame: &DataFrame, name: &str) -> Vec<Option<String>> {
    let column = frame.column(name).expect("a column").str().expect("text");
    column.iter().map(|text| text.map(str::to_owned)).collect()
}

/// The cells of a column of doubles.
pub(super) fn numbers(frame: &DataFrame, name: &str) -> Vec<Option<f64>> {
    frame.column(name).expect("a column").f64().expect("doubles").to_vec()
}

/// The cells of a column of timestamps, days or counts.
pub(super) fn integers(frame: &DataFrame, name: &str) -> Vec<Option<i64>> {
    let column = frame.column(name).expect("a column").to_physical_repr().cast(&DataType::Int64).expect("integers");
    column.i64().expect("integers").to_vec()
}
