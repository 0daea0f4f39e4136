//! The values of a Parquet column, whatever its physical type.

use polars::prelude::{
    BinaryChunked, BooleanChunked, DataType, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked, PolarsResult, Series,
    StringChunked, TimeUnit, polars_err,
};

use crate::rows::{Decimal, Value};
use crate::subject::Found;

/// What a column of `data_type` holds; none for one of nothing but nulls, which is as good as no column.
pub(super) fn found(data_type: &DataType) -> Option<Found> {
    Some(match data_type {
        DataType::Null => return None,
        DataType::String | DataType::Categorical(..) | DataType::Binary => Found::Text,
        DataType::Boolean => Found::Boolean,
        DataType::Float32 | DataType::Float64 => Found::Double,
        DataType::Decimal(..) => Found::Decimal,
        DataType::Date => Found::Date,
        DataType::Datetime(..) => Found::Timestamp,
        integer if integer.is_integer() => Found::Integer,
        DataType::List(of) if **of == DataType::String => Found::Json,
        _ => Found::Mixed,
    })
}

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
    Boolean(BooleanChunked),
    /// Time since 1970-01-01, in ticks of so many nanoseconds.
    Time(Int64Chunked, i128),
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
            DataType::Boolean => Self::Boolean(series.bool().map_err(refused)?.clone()),
            DataType::Datetime(unit, _) => Self::Time(series.datetime().map_err(refused)?.physical().clone(), nanoseconds(*unit)),
            integer if integer.is_integer() => Self::Integer(cast(&DataType::Int64)?.i64().map_err(refused)?.clone()),
            DataType::List(of) if **of == DataType::String => Self::Text(json_arrays(&series).map_err(refused)?),
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
            Self::Boolean(values) => values.get(row).map_or(Value::Null, Value::Boolean),
            Self::Time(values, nanoseconds) => values.get(row).map_or(Value::Null, |ticks| Value::Time(i128::from(ticks) * nanoseconds)),
        })
    }
}

/// Lists of texts as JSON.
fn json_arrays(series: &Series) -> PolarsResult<StringChunked> {
    let lists = series.list()?.amortized_iter().map(|list| {
        let Some(list) = list else { return Ok(None) };
        let texts: Vec<Option<&str>> = list.as_ref().str()?.iter().collect();
        serde_json::to_string(&texts).map(Some).map_err(|error| polars_err!(ComputeError: "{error}"))
    });
    lists.collect()
}

/// The nanoseconds of a tick.
fn nanoseconds(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Nanoseconds => 1,
        TimeUnit::Microseconds => 1_000,
        TimeUnit::Milliseconds => 1_000_000,
    }
}
