//! Text cells → typed rows.

use super::ReportType;
use super::python_number::python_float;
use super::timestamp::{Stamp, text_day};
use super::{gpu, html, labels};
use crate::table::ocp::{
    CSI_VOLUME_HANDLE, INTERVAL_START, NAMESPACE, NODE, NODE_ROLE, PERSISTENTVOLUME, PERSISTENTVOLUMECLAIM, POD,
    POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS, POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS, POD_REQUEST_CPU_CORE_SECONDS,
    POD_REQUEST_MEMORY_BYTE_SECONDS, POD_USAGE_CPU_CORE_SECONDS, POD_USAGE_MEMORY_BYTE_SECONDS, RESOURCE_ID, STORAGECLASS,
};
use crate::table::ocp_ingest::{
    CSI_DRIVER, DAY, GPU_MAX_SLICES, GPU_MODEL_NAME, GPU_UUID, GPU_VENDOR_NAME, INTERVAL_DAY, LINE, MIG_MEMORY_CAPACITY_MIB,
    MIG_SLICE_COUNT, REFUSED, VM_DEVICE, VM_INSTANCE_TYPE, VM_NAME, VM_OS,
};
use crate::table::{ColumnDef, Kind};
use chrono::NaiveDate;
use polars::prelude::*;

/// Columns whose text koku makes safe for HTML, in exact case.
const ESCAPED: [ColumnDef; 17] = [
    NAMESPACE,
    POD,
    NODE,
    PERSISTENTVOLUMECLAIM,
    PERSISTENTVOLUME,
    STORAGECLASS,
    RESOURCE_ID,
    VM_NAME,
    GPU_UUID,
    GPU_MODEL_NAME,
    GPU_VENDOR_NAME,
    CSI_DRIVER,
    CSI_VOLUME_HANDLE,
    NODE_ROLE,
    VM_INSTANCE_TYPE,
    VM_OS,
    VM_DEVICE,
];

/// Effective usage, and the two that it is the greater of.
const EFFECTIVE: [(ColumnDef, ColumnDef, ColumnDef); 2] = [
    (POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS, POD_USAGE_CPU_CORE_SECONDS, POD_REQUEST_CPU_CORE_SECONDS),
    (POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS, POD_USAGE_MEMORY_BYTE_SECONDS, POD_REQUEST_MEMORY_BYTE_SECONDS),
];

/// How the cells of a column are read; its name in lower case decides, whatever the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As it is.
    Text,
    /// Labels.
    Labels,
    /// A timestamp; the row is refused where it is none.
    Timestamp,
    /// A number; zero where it is none.
    Number,
    /// A number; null where it is none.
    NullableNumber,
    /// A number without its fraction; null where it is none. The row is refused where it is infinite.
    NullableInteger,
}

impl Reading {
    pub(super) fn of(name: &str) -> Self {
        let name = name.to_lowercase();
        let Some(column) = ReportType::ALL.into_iter().find_map(|report| report.hourly().column(&name)) else { return Self::Text };
        if EFFECTIVE.iter().any(|(effective, ..)| effective == column) {
            return Self::Text;
        }
        match column.kind {
            Kind::Timestamp => Self::Timestamp,
            Kind::Labels => Self::Labels,
            Kind::Double if [MIG_SLICE_COUNT, GPU_MAX_SLICES].contains(column) => Self::NullableInteger,
            Kind::Double if *column == MIG_MEMORY_CAPACITY_MIB => Self::NullableNumber,
            Kind::Double => Self::Number,
            _ => Self::Text,
        }
    }
}

/// Why a row is refused. The number in [`REFUSED`] is four times the place of the column in the header, plus the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    NoTimestamp = 0,
    NoDay = 1,
    Infinite = 2,
}

impl Reason {
    const ALL: [Self; 3] = [Self::NoTimestamp, Self::NoDay, Self::Infinite];

    fn at(self, place: usize) -> u32 {
        // A header of a billion columns does not fit into memory.
        u32::try_from(place).unwrap_or(u32::MAX).saturating_mul(4) | self as u32
    }

    /// The place of the column, and the reason, of a number in [`REFUSED`].
    pub(super) fn read(number: u32) -> (usize, Option<Self>) {
        (number as usize / 4, Self::ALL.into_iter().find(|reason| *reason as u32 == number % 4))
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::NoTimestamp => "it is no timestamp",
            Self::NoDay => "it does not begin with a day",
            Self::Infinite => "it is no finite number",
        }
    }
}

/// Rows with types, from text cells.
///
/// # Inputs
/// `raw`: the columns of `header` as text (NA tokens are empty, cells are cut at U+0000), and [`LINE`].
/// # Output
/// One row for each: the columns of `header` in order with declared types (unknown ones are text); the columns that are computed
/// (effective usage of pods) or come late, if the header lacks them; [`LINE`], [`DAY`], [`INTERVAL_DAY`], [`REFUSED`].
/// # Nulls
/// NaN is null. A cell that cannot be taken is null, and [`REFUSED`] says so.
/// # Differences from koku
/// A row with such a cell is refused; koku fails the file. A timestamp without offset counts as UTC beside others with one.
pub fn typed(report: ReportType, header: &[PlSmallStr], raw: LazyFrame) -> LazyFrame {
    let has = |column: &ColumnDef| header.iter().any(|name| name == column.name);
    let interval_start = || Expr::Column(INTERVAL_START.name.into());
    let mut cells: Vec<Expr> = header.iter().map(typed_cell).collect();
    cells.extend(report.late().filter(|column| !has(column)).map(ColumnDef::null));
    cells.extend([Expr::Column(LINE.into()), text_days(interval_start()).alias(DAY), midnights(interval_start()).alias(INTERVAL_DAY)]);
    cells.push(infinite_integer(header).alias(REFUSED));

    let mut computed = vec![refused(header).alias(REFUSED)];
    if report == ReportType::PodUsage {
        computed.extend(EFFECTIVE.iter().map(|(effective, usage, request)| greater(usage, request).alias(effective.name)));
    }
    let effective = EFFECTIVE.iter().map(|(effective, ..)| effective).filter(|column| report.hourly().column(column.name).is_some());
    let added = effective.chain(report.late()).filter(|column| !has(column)).map(|column| column.name);
    let names = header.iter().map(PlSmallStr::as_str).chain(added).chain(super::INTERNAL).map(|name| Expr::Column(name.into()));
    let rows = raw.select(cells).with_columns(computed);
    let rows = if report == ReportType::GpuUsage { gpu::sliced(rows) } else { rows };
    rows.select(names.collect::<Vec<_>>())
}

/// A column by its very name; `col` would read some names as patterns.
fn typed_cell(name: &PlSmallStr) -> Expr {
    let mut cells = Expr::Column(name.clone());
    if ESCAPED.iter().any(|column| name == column.name) {
        cells = html::escaped(cells);
    }
    if name == GPU_VENDOR_NAME.name {
        cells = gpu::vendor(cells);
    }
    if name == GPU_MODEL_NAME.name {
        cells = gpu::model(cells);
    }
    match Reading::of(name) {
        Reading::Text => cells,
        Reading::Labels => labels::label_texts(cells),
        Reading::Timestamp => timestamps(cells),
        Reading::Number => numbers(cells, |text| python_float(text).unwrap_or(0.0)),
        Reading::NullableNumber => numbers(cells, |text| python_float(text).unwrap_or(f64::NAN)),
        // There is no negative zero among Python's integers.
        Reading::NullableInteger => {
            numbers(cells, |text| python_float(text).filter(|number| number.is_finite()).map_or(f64::NAN, |number| number.trunc() + 0.0))
        }
    }
}

/// `read` of each cell; NaN is null.
pub(super) fn numbers(cells: Expr, read: fn(&str) -> f64) -> Expr {
    cells.map(
        move |column| {
            let texts = column.str()?;
            let mut last = ("", read(""));
            let mut with_nan = false;
            let mut values = Vec::with_capacity(texts.len());
            for text in texts.iter() {
                let text = text.unwrap_or_default();
                // Capacities are the same in most rows.
                if last.0 != text {
                    last = (text, read(text));
                }
                with_nan |= last.1.is_nan();
                values.push(last.1);
            }
            let name = texts.name().clone();
            if with_nan {
                let values = values.into_iter().map(|value| (!value.is_nan()).then_some(value));
                return Ok(Float64Chunked::from_iter_options(name, values).into_column());
            }
            Ok(Float64Chunked::from_vec(name, values).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Float64)),
    )
}

fn timestamps(cells: Expr) -> Expr {
    integers(cells, |text| Stamp::read(text).map(Stamp::milliseconds), &INTERVAL_START.kind.data_type())
}

/// Midnight of each stamp in its own offset.
fn midnights(cells: Expr) -> Expr {
    integers(cells, |text| Stamp::read(text).map(Stamp::midnight), &INTERVAL_START.kind.data_type())
}

/// The day of each text.
fn text_days(cells: Expr) -> Expr {
    let days = |text: &str| text_day(text).map(|day| day.signed_duration_since(NaiveDate::default()).num_days());
    integers(cells, days, &DataType::Date)
}

/// `read` of each distinct text, as a type that is an integer underneath.
pub(super) fn integers(cells: Expr, read: fn(&str) -> Option<i64>, data_type: &DataType) -> Expr {
    let data_type = data_type.clone();
    let output = data_type.clone();
    cells.map(
        move |column| {
            let texts = column.str()?;
            let values = super::distinct::by_distinct_text(texts, read);
            let values = Int64Chunked::from_iter_options(texts.name().clone(), values.into_iter()).into_column();
            if data_type == DataType::Date { values.cast(&DataType::Int32)?.cast(&data_type) } else { values.cast(&data_type) }
        },
        move |_, field| Ok(Field::new(field.name().clone(), output.clone())),
    )
}

/// The greater of two columns; the other where one is null.
fn greater(left: &ColumnDef, right: &ColumnDef) -> Expr {
    let (left, right) = (|| left.expr(), || right.expr());
    when(right().is_null().or(left().gt_eq(right()))).then(left()).otherwise(right())
}

/// The number in [`REFUSED`] of rows with an infinite integer.
fn infinite_integer(header: &[PlSmallStr]) -> Expr {
    let is_infinite = |name: &PlSmallStr| {
        Expr::Column(name.clone()).map(
            |column| {
                let texts = column.str()?;
                let infinite = texts.iter().map(|text| python_float(text.unwrap_or_default()).is_some_and(f64::is_infinite));
                Ok(BooleanChunked::from_iter_values(texts.name().clone(), infinite).into_column())
            },
            |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)),
        )
    };
    let integers = header.iter().enumerate().filter(|(_, name)| Reading::of(name) == Reading::NullableInteger);
    integers
        .rev()
        .fold(no_reason(), |otherwise, (place, name)| when(is_infinite(name)).then(lit(Reason::Infinite.at(place))).otherwise(otherwise))
}

/// The number in [`REFUSED`] of rows with a timestamp that is none; the others' stays.
fn refused(header: &[PlSmallStr]) -> Expr {
    let timestamps = header.iter().enumerate().filter(|(_, name)| Reading::of(name) == Reading::Timestamp);
    timestamps.rev().fold(Expr::Column(REFUSED.into()), |mut otherwise, (place, name)| {
        if name == INTERVAL_START.name {
            otherwise = when(Expr::Column(DAY.into()).is_null()).then(lit(Reason::NoDay.at(place))).otherwise(otherwise);
        }
        when(Expr::Column(name.clone()).is_null()).then(lit(Reason::NoTimestamp.at(place))).otherwise(otherwise)
    })
}

pub(super) fn no_reason() -> Expr {
    lit(NULL).cast(DataType::UInt32)
}

#[cfg(test)]
mod tests;
