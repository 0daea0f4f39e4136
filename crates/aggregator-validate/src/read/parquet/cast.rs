//! The values of a Parquet column, whatever its physical type.

use polars::prelude::{
    BinaryChunked, DataType, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked, Series, StringChunked, TimeUnit,
};

use crate::rows::{Decimal, Value};

/// The values of a column of one file.
pub(super) enum Values {
    /// The file has no such column.
    Absent,
    /// All rows have the value of the path.
    Constant(Option<String>),
    Text(StringChunked),
    Bytes(BinaryChunked),
    Integer(Int64Chunked),
    Double(Float64Chunked),
    Decimal(Int128Chunked, u32),
    Date(Int32Chunked),
    /// Time since 1970-01-01, in so many ticks a day.
    Time(Int64Chunked, i64),
}

impl Values {
    /// The values of `series`, or why they are none that a table of koku's can hold.
    pub(super) fn new(series: &Series) -> Result<Self, String> {
        let refused = |error: polars::error::PolarsError| error.to_string();
        let series = series.rechunk();
        let cast = |data_type: &DataType| series.strict_cast(data_type).map_err(refused);
        Ok(match series.dtype() {
            DataType::Null => Self::Absent,
            DataType::String => Self::Text(series.str().map_err(refused)?.clone()),
            DataType::Categorical(..) => Self::Text(cast(&DataType::String)?.str().map_err(refused)?.clone()),
            DataType::Binary => Self::Bytes(series.binary().map_err(refused)?.clone()),
            DataType::Float32 | DataType::Float64 => Self::Double(cast(&DataType::Float64)?.f64().map_err(refused)?.clone()),
            DataType::Decimal(_, scale) => {
                let scale = u32::try_from(*scale).map_err(|error| error.to_string())?;
                Self::Decimal(series.decimal().map_err(refused)?.physical().clone(), scale)
            }
            DataType::Date => Self::Date(series.date().map_err(refused)?.physical().clone()),
            DataType::Datetime(unit, _) => Self::Time(series.datetime().map_err(refused)?.physical().clone(), ticks_per_day(*unit)),
            integer if integer.is_integer() => Self::Integer(cast(&DataType::Int64)?.i64().map_err(refused)?.clone()),
            other => return Err(format!("the file holds {other}")),
        })
    }

    /// The value of `row`.
    pub(super) fn value(&self, row: usize) -> Result<Value<'_>, String> {
        Ok(match self {
            Self::Absent => Value::Null,
            Self::Constant(value) => value.as_deref().map_or(Value::Null, Value::Text),
            Self::Text(values) => values.get(row).map_or(Value::Null, Value::Text),
            Self::Bytes(values) => match values.get(row) {
                Some(bytes) => Value::Text(std::str::from_utf8(bytes).map_err(|error| error.to_string())?),
                None => Value::Null,
            },
            Self::Integer(values) => values.get(row).map_or(Value::Null, Value::Integer),
            Self::Double(values) => values.get(row).map_or(Value::Null, Value::Double),
            Self::Decimal(values, scale) => match values.get(row) {
                Some(value) => Value::Decimal(
                    Decimal::from_scaled(value, *scale).ok_or_else(|| format!("{value}e-{scale} has more digits than numeric(33,15)"))?,
                ),
                None => Value::Null,
            },
            Self::Date(values) => values.get(row).map_or(Value::Null, Value::Date),
            Self::Time(values, ticks_per_day) => match values.get(row) {
                Some(ticks) => day(ticks, *ticks_per_day)?,
                None => Value::Null,
            },
        })
    }
}

fn day(ticks: i64, ticks_per_day: i64) -> Result<Value<'static>, String> {
    match (ticks.rem_euclid(ticks_per_day), i32::try_from(ticks.div_euclid(ticks_per_day))) {
        (0, Ok(days)) => Ok(Value::Date(days)),
        _ => Err("a time of day where a date was expected".to_owned()),
    }
}

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

fn ticks_per_day(unit: TimeUnit) -> i64 {
    SECONDS_PER_DAY
        * match unit {
            TimeUnit::Nanoseconds => 1_000_000_000,
            TimeUnit::Microseconds => 1_000_000,
            TimeUnit::Milliseconds => 1_000,
        }
}
