//! Parquet files of one table, read as the table declares it.
//!
//! Files of one table drift in physical type; Hive hides that because it declares each column's type by name. Here each file's
//! columns are cast to the declared types, by Trino's rules; what Trino refuses is an error that names the file and the column.

use crate::error::{Error, Result};
use aggregator_core::table::{Kind, Table};
use aggregator_core::trino::{java_double_text, java_float_text};
use polars::prelude::*;
use std::path::{Path, PathBuf};

/// The greatest magnitude of an integer that Trino reads as a `double`.
const EXACT_INTEGER: i64 = 1 << 52;

/// A Parquet file on this machine, and how it is called to people.
#[derive(Clone, Debug)]
pub struct ParquetFile {
    /// Where it lies.
    pub path: PathBuf,
    /// The object it is, or is a copy of.
    pub shown: String,
}

impl ParquetFile {
    /// The rows of the file as `table` declares them: cast, in order, absent columns null, unknown ones left out.
    ///
    /// # Errors
    /// * [`Error::Parquet`]: the file is not Parquet, or is damaged.
    /// * [`Error::Column`]: a column's type cannot be read as the declared one.
    pub fn scan(&self, table: &Table) -> Result<LazyFrame> {
        self.scan_columns(&columns_of(table))
    }

    /// The rows of the file with these columns, by name and kind, as [`ParquetFile::scan`].
    ///
    /// # Errors
    /// As [`ParquetFile::scan`].
    pub fn scan_columns(&self, columns: &[(&str, Kind)]) -> Result<LazyFrame> {
        let (plan, schema) = self.open()?;
        let mut read_columns = Vec::with_capacity(columns.len());
        for (column, kind) in columns {
            // Hive matches names without regard to case.
            let found = schema.iter().find(|(name, _)| name.eq_ignore_ascii_case(column));
            read_columns.push(match found {
                None => lit(NULL).cast(kind.data_type()).alias(*column),
                Some((name, data_type)) => {
                    let read = col(name.clone());
                    if data_type == &DataType::Int64 && matches!(kind, Kind::Double | Kind::DoublePrecision) {
                        self.check_integers(&plan, &read, column)?;
                    }
                    let refused = || Error::Column {
                        path: self.shown.clone(),
                        column: (*column).to_owned(),
                        reason: format!("its type is {data_type}, which cannot be read as {}", declared(*kind)),
                    };
                    cast(read, data_type, *kind).ok_or_else(refused)?.alias(*column)
                }
            });
        }
        Ok(plan.select(read_columns))
    }

    /// The names of the file's columns, as Hive knows them: in lower case.
    ///
    /// # Errors
    /// [`Error::Parquet`]: the file is not Parquet, or is damaged.
    pub fn columns(&self) -> Result<Vec<String>> {
        let (_, schema) = self.open()?;
        Ok(schema.iter_names().map(|name| name.to_lowercase()).collect())
    }

    fn open(&self) -> Result<(LazyFrame, SchemaRef)> {
        let path = self.path.to_str().ok_or_else(|| self.unreadable(PolarsError::ComputeError("its name is not UTF-8".into())))?;
        let options = ScanArgsParquet {
            glob: false,
            hive_options: HiveOptions { enabled: Some(false), ..HiveOptions::default() },
            cache: false,
            ..ScanArgsParquet::default()
        };
        let mut plan = LazyFrame::scan_parquet(PlRefPath::new(path), options).map_err(|source| self.unreadable(source))?;
        let schema = without_panic(|| plan.collect_schema()).map_err(|source| self.unreadable(source))?;
        Ok((plan, schema))
    }

    /// Trino refuses an integer that a double may not hold exactly.
    fn check_integers(&self, plan: &LazyFrame, read: &Expr, column: &str) -> Result<()> {
        let bounds = plan.clone().select([read.clone().min().alias("least"), read.clone().max().alias("greatest")]);
        #[expect(clippy::disallowed_methods, reason = "two numbers of a file's statistics, to decide how it is read")]
        let bounds = without_panic(|| bounds.collect()).map_err(|source| self.unreadable(source))?;
        let bound = |name: &str| bounds.column(name).and_then(|values| Ok(values.i64()?.get(0))).ok().flatten().unwrap_or_default();
        if bound("least") < -EXACT_INTEGER || bound("greatest") >= EXACT_INTEGER {
            return Err(Error::Column {
                path: self.shown.clone(),
                column: column.to_owned(),
                reason: "it holds integers beyond 2^52, which a double may not hold exactly".to_owned(),
            });
        }
        Ok(())
    }

    pub(crate) fn unreadable(&self, source: PolarsError) -> Error {
        Error::Parquet { path: self.shown.clone(), source }
    }
}

/// Runs `read` on a thread of its own: Polars panics on some damaged files and on types that it was built without, and it cannot wait
/// inside a current-thread tokio runtime.
fn without_panic<T: Send>(read: impl FnOnce() -> PolarsResult<T> + Send) -> PolarsResult<T> {
    std::thread::scope(|scope| scope.spawn(read).join())
        .unwrap_or_else(|_| Err(PolarsError::ComputeError("the file is damaged, or has a type that is not known".into())))
}

/// Names and kinds of the columns of `table`.
pub(crate) fn columns_of(table: &Table) -> Vec<(&'static str, Kind)> {
    table.columns.iter().map(|column| (column.name, column.kind)).collect()
}

/// The files as one frame.
///
/// # Errors
/// As [`ParquetFile::scan`].
pub fn scan_all(files: &[ParquetFile], table: &Table) -> Result<LazyFrame> {
    scan_all_columns(files, &columns_of(table), table.name)
}

/// The files as one frame of `columns`, by name and kind; `table` is what an error says.
///
/// # Errors
/// As [`ParquetFile::scan`].
pub(crate) fn scan_all_columns(files: &[ParquetFile], columns: &[(&str, Kind)], table: &'static str) -> Result<LazyFrame> {
    let plans = files.iter().map(|file| file.scan_columns(columns)).collect::<Result<Vec<_>>>()?;
    if plans.is_empty() {
        let schema: Schema = columns.iter().map(|(name, kind)| Field::new((*name).into(), kind.data_type())).collect();
        return Ok(DataFrame::empty_with_schema(&schema).lazy());
    }
    let options = UnionArgs { rechunk: false, ..UnionArgs::default() };
    concat(plans, options).map_err(|source| Error::Plan { what: table, source })
}

/// The file that made a scan of all of them fail, by reading each alone; the whole scan's error where none does.
pub(crate) fn blame(files: &[ParquetFile], columns: &[(&str, Kind)], table: &'static str, whole: PolarsError) -> Error {
    for file in files {
        let alone = file.scan_columns(columns).and_then(|plan| {
            #[expect(clippy::disallowed_methods, reason = "the plan failed already; this finds the file")]
            without_panic(|| plan.collect()).map_err(|source| file.unreadable(source))
        });
        if let Err(error) = alone {
            return error;
        }
    }
    Error::Plan { what: table, source: whole }
}

/// Whether a file can hold rows: Hive skips hidden names and files of zero length.
pub fn is_data(path_below_partition: &str, size: u64) -> bool {
    size > 0 && !Path::new(path_below_partition).iter().any(|part| part.to_str().is_some_and(super::path::is_hidden))
}

fn declared(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Labels | Kind::Json | Kind::Uuid => "text",
        Kind::Timestamp => "a timestamp",
        Kind::Double | Kind::DoublePrecision => "a double",
        Kind::Numeric { .. } => "a decimal",
        Kind::TextArray => "an array of texts",
        Kind::Integer | Kind::LabelSet | Kind::Count => "an integer",
        Kind::Date => "a date",
    }
}

/// `read`, a column of `found` type, as `kind`; `None` where Trino refuses the type, even if every value is null.
fn cast(read: Expr, found: &DataType, kind: Kind) -> Option<Expr> {
    let wanted = kind.data_type();
    if *found == wanted {
        return Some(read);
    }
    match kind {
        Kind::Double | Kind::DoublePrecision => match found {
            DataType::Float32
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::Null => Some(read.cast(wanted)),
            DataType::UInt32 | DataType::UInt64 => Some(as_signed(read, found).cast(wanted)),
            _ => None,
        },
        Kind::Text | Kind::Labels | Kind::Json | Kind::Uuid => match found {
            DataType::Binary => Some(lossy_text(read)),
            DataType::Float32 => Some(float_as_text(read)),
            DataType::Float64 => Some(double_as_text(read)),
            DataType::UInt32 | DataType::UInt64 => Some(as_signed(read, found).cast(wanted)),
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::Null
            | DataType::Decimal(..)
            | DataType::Categorical(..)
            | DataType::Enum(..) => Some(read.cast(wanted)),
            _ => None,
        },
        Kind::Timestamp => match found {
            // No row of such a file has a time, so none is in a window.
            DataType::Null => Some(read.cast(wanted)),
            // Stamps are taken as they stand, whatever the zone; finer than milliseconds is rounded half up.
            DataType::Datetime(TimeUnit::Milliseconds, _) => Some(read.cast(DataType::Int64).cast(wanted)),
            DataType::Datetime(unit, _) => {
                let per_millisecond: i64 = if *unit == TimeUnit::Microseconds { 1_000 } else { 1_000_000 };
                let rounded = (read.cast(DataType::Int64) + lit(per_millisecond / 2)).floor_div(lit(per_millisecond));
                Some(rounded.cast(wanted))
            }
            _ => None,
        },
        Kind::Integer => match found {
            DataType::Int8 | DataType::Int16 | DataType::Int64 | DataType::Null => Some(read.cast(wanted)),
            _ => None,
        },
        Kind::Date => (*found == DataType::Null).then(|| read.cast(wanted)),
        Kind::Numeric { .. } | Kind::TextArray | Kind::LabelSet | Kind::Count => None,
    }
}

/// Unsigned integers as Trino reads them: signed, so that the upper half is negative.
fn as_signed(read: Expr, found: &DataType) -> Expr {
    let (half, least) = if *found == DataType::UInt32 { (1_u64 << 31, i64::from(i32::MIN)) } else { (1_u64 << 63, i64::MIN) };
    let wide = read.cast(DataType::UInt64);
    let upper = (wide.clone() - lit(half)).cast(DataType::Int64) + lit(least);
    when(wide.clone().gt_eq(lit(half))).then(upper).otherwise(wide.cast(DataType::Int64))
}

/// Bytes as text; what is not UTF-8 becomes U+FFFD.
fn lossy_text(read: Expr) -> Expr {
    read.map(
        |column| {
            let bytes = column.binary()?;
            let texts = bytes.iter().map(|bytes| bytes.map(String::from_utf8_lossy));
            Ok(StringChunked::from_iter_options(bytes.name().clone(), texts).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::String)),
    )
}

/// Single-precision numbers as Java writes them.
fn float_as_text(read: Expr) -> Expr {
    read.map(
        |column| {
            let values = column.f32()?;
            let texts = values.iter().map(|value| value.map(java_float_text));
            Ok(StringChunked::from_iter_options(values.name().clone(), texts).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::String)),
    )
}

/// Doubles as Java writes them.
fn double_as_text(read: Expr) -> Expr {
    read.map(
        |column| {
            let values = column.f64()?;
            let texts = values.iter().map(|value| value.map(java_double_text));
            Ok(StringChunked::from_iter_options(values.name().clone(), texts).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::String)),
    )
}
