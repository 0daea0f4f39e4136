//! Tiny frames for tests: rows with usual values, to be changed where a test is about them.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up has failed")]

use super::{CloudRun, Markup, Values};
use crate::ocp::testing::csv;
use crate::run::SourceUuid;
use crate::table::{ColumnDef, Kind, Table, check_schema, fit};
use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;

/// Cells of a row by column; a time or day is its text.
pub(crate) type Cells = Vec<(ColumnDef, AnyValue<'static>)>;

/// No value.
pub(crate) const NONE: AnyValue<'static> = AnyValue::Null;

/// A text.
pub(crate) fn text(text: &'static str) -> AnyValue<'static> {
    AnyValue::String(text)
}

/// A number.
pub(crate) fn number(number: f64) -> AnyValue<'static> {
    AnyValue::Float64(number)
}

/// Rows of `table`: the usual cells, those of the row, and null.
pub(crate) fn frame(table: &Table, usual: &[(ColumnDef, AnyValue<'static>)], rows: &[Cells]) -> LazyFrame {
    let columns = table.columns.iter().map(|column| {
        let cells = rows.iter().map(|row| {
            let found = row.iter().rev().chain(usual).find(|(named, _)| named.name == column.name).map_or(NONE, |(_, cell)| cell.clone());
            match (column.kind, found) {
                (Kind::Timestamp, AnyValue::String(time)) => {
                    AnyValue::Int64(time.parse::<NaiveDateTime>().expect("a time").and_utc().timestamp_millis())
                }
                (Kind::Date, AnyValue::String(day)) => AnyValue::Int32(day.parse::<NaiveDate>().expect("a day").to_epoch_days()),
                (_, cell) => cell,
            }
        });
        let stored = match column.kind {
            Kind::Timestamp => DataType::Int64,
            Kind::Date => DataType::Int32,
            kind => kind.data_type(),
        };
        let cells: Vec<_> = cells.collect();
        let series = Series::from_any_values_and_dtype(column.name.into(), &cells, &stored, true).expect("cells of one type");
        series.cast(&column.kind.data_type()).expect("a column of the table").into_column()
    });
    DataFrame::new(rows.len(), columns.collect()).expect("columns of one height").lazy()
}

/// February 2026 of a source, with a markup of ten percent.
pub(crate) fn run() -> CloudRun {
    let day = |day| NaiveDate::from_ymd_opt(2026, 2, day).expect("a day");
    let markup: Markup = "10".parse().expect("a markup");
    CloudRun { source: SourceUuid(uuid::Uuid::nil()), bill_id: Some(3), start: day(1), end: day(28), markup, values: Values::Repaired }
}

/// Runs a plan on both engines, whose results must be the same rows; lists as text.
pub(crate) fn collect(plan: &LazyFrame) -> DataFrame {
    lists_as_text(&on_both_engines(plan))
}

/// What `plan`, rows of `table`, becomes for koku's table; lists as text.
pub(crate) fn fitted(plan: &LazyFrame, table: &Table) -> DataFrame {
    let result = fit(on_both_engines(plan), table).expect("values that fit");
    check_schema(result.schema(), table).expect("the table");
    lists_as_text(&result)
}

fn on_both_engines(plan: &LazyFrame) -> DataFrame {
    let run = |engine| plan.clone().collect_with_engine(engine).expect("a result").unwrap_single();
    let (in_memory, streamed) = (run(Engine::InMemory), run(Engine::Streaming));
    let sorted = |frame: &DataFrame| {
        let frame = without_negative_zeros(&lists_as_text(frame));
        let columns: Vec<_> = frame.columns().iter().map(|column| column.name().clone()).collect();
        frame.sort(columns, SortMultipleOptions::default()).expect("rows in order")
    };
    assert!(sorted(&in_memory).equals_missing(&sorted(&streamed)), "{in_memory}\n{streamed}");
    in_memory
}

/// The rows of `plan` as text, `columns` of them, without the header.
pub(crate) fn rows_of(plan: &LazyFrame, table: &Table, columns: &[ColumnDef]) -> Vec<String> {
    csv(&fitted(plan, table), columns).lines().skip(1).map(str::to_owned).collect()
}

/// The refused values as text, and that they are the declared table.
pub(crate) fn refusals(plan: &LazyFrame) -> Vec<String> {
    let found = collect(plan);
    check_schema(found.schema(), &super::REFUSED_VALUES).expect("the table");
    csv(&found, super::REFUSED_VALUES.columns).lines().skip(1).map(str::to_owned).collect()
}

/// The sign of a sum that is zero depends on the order.
fn without_negative_zeros(frame: &DataFrame) -> DataFrame {
    let columns = frame.columns().iter().map(|column| match column.f64() {
        Ok(numbers) => numbers.apply_values(|number| number + 0.0).into_column(),
        Err(_) => column.clone(),
    });
    DataFrame::new(frame.height(), columns.collect()).expect("columns of one height")
}

/// Lists in order, since Trino leaves theirs open.
fn lists_as_text(frame: &DataFrame) -> DataFrame {
    let columns = frame.columns().iter().map(|column| {
        let Ok(lists) = column.list() else { return column.clone() };
        let texts = lists.amortized_iter().map(|list| {
            let list = list?;
            let mut texts: Vec<_> = list.as_ref().str().expect("texts").iter().map(|text| text.unwrap_or("null").to_owned()).collect();
            texts.sort();
            Some(format!("[{}]", texts.join(" ")))
        });
        StringChunked::from_iter_options(column.name().clone(), texts).into_column()
    });
    DataFrame::new(frame.height(), columns.collect()).expect("columns of one height")
}
