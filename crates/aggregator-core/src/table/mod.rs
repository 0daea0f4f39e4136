//! What a table is: its columns with types and units, and its grain. Readers, sinks, checks and documents read them here.
//!
//! The line items are in [`ocp`] (what the summary reads), [`ocp_ingest`] (what the ingest writes) and [`cloud`], the reference data in
//! [`mod@reference`] and [`cloud_reference`], the results in [`summary`], [`cloud_summary`] and
//! [`cloud_extract`].

pub mod cloud;
pub mod cloud_extract;
pub mod cloud_ingest;
pub mod cloud_reference;
pub mod cloud_summary;
pub mod ocp;
pub mod ocp_ingest;
pub mod reference;
pub mod steps;
pub mod summary;

mod check;

pub use check::{SchemaError, ValueError, check_schema, check_values, fit};

use polars::prelude::{DataType, Expr, LazyFrame, Schema, TimeUnit, col, lit};

/// The SQL type that koku declares for a column, which decides how a reader casts and how a sink writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `varchar`: UTF-8 text.
    Text,
    /// A JSON object of labels as `varchar` text; `jsonb` in PostgreSQL.
    Labels,
    /// `timestamp(3)`: milliseconds, UTC, without a zone.
    Timestamp,
    /// `double`; `numeric(33,15)` in koku's PostgreSQL tables.
    Double,
    /// `double`; `double precision` in PostgreSQL too.
    DoublePrecision,
    /// `decimal(precision, scale)`; `numeric` in PostgreSQL.
    Numeric {
        /// All digits.
        precision: usize,
        /// Digits after the point.
        scale: usize,
    },
    /// Any JSON value as `varchar` text; `jsonb` in PostgreSQL.
    Json,
    /// `array(varchar)`; `text[]` in PostgreSQL.
    TextArray,
    /// `integer`.
    Integer,
    /// `date`.
    Date,
    /// `varchar` text of a UUID; `uuid` in PostgreSQL.
    Uuid,
    /// The id of a label set in a [`crate::labels::LabelSets`]; lives only between transforms.
    LabelSet,
    /// A count of rows; lives only in reports.
    Count,
}

impl Kind {
    /// The Polars type of a column of this kind.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Text | Self::Labels | Self::Json | Self::Uuid => DataType::String,
            Self::TextArray => DataType::List(Box::new(DataType::String)),
            Self::Timestamp => DataType::Datetime(TimeUnit::Milliseconds, None),
            Self::Double | Self::DoublePrecision => DataType::Float64,
            Self::Numeric { precision, scale } => DataType::Decimal(precision, scale),
            Self::Integer => DataType::Int32,
            Self::Date => DataType::Date,
            Self::LabelSet | Self::Count => DataType::UInt32,
        }
    }
}

/// What a number counts. koku's “gigabyte” is 2^30 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Text, ids, dates: nothing is counted.
    None,
    /// Seconds.
    Seconds,
    /// CPU cores.
    Cores,
    /// CPU cores × seconds.
    CoreSeconds,
    /// CPU cores × hours.
    CoreHours,
    /// CPU sockets.
    Sockets,
    /// CPU sockets × seconds.
    SocketSeconds,
    /// CPU threads.
    Threads,
    /// CPU threads × seconds.
    ThreadSeconds,
    /// Slices of a GPU.
    Slices,
    /// Bytes.
    Bytes,
    /// Bytes × seconds.
    ByteSeconds,
    /// MiB (2^20 bytes).
    Mebibytes,
    /// GiB (2^30 bytes).
    Gibibytes,
    /// GiB × hours.
    GibibyteHours,
    /// GiB × months of the row's own month.
    GibibyteMonths,
    /// Money, in the row's own currency.
    Currency,
    /// Money a unit of usage.
    CurrencyPerUnit,
    /// What the row's own unit says.
    OwnUnit,
}

impl Unit {
    /// The unit as people read it; empty where nothing is counted.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Seconds => "seconds",
            Self::Cores => "cores",
            Self::CoreSeconds => "core-seconds",
            Self::CoreHours => "core-hours",
            Self::Sockets => "sockets",
            Self::SocketSeconds => "socket-seconds",
            Self::Threads => "threads",
            Self::ThreadSeconds => "thread-seconds",
            Self::Slices => "slices",
            Self::Bytes => "bytes",
            Self::ByteSeconds => "byte-seconds",
            Self::Mebibytes => "MiB",
            Self::Gibibytes => "GiB",
            Self::GibibyteHours => "GiB-hours",
            Self::GibibyteMonths => "GiB-months",
            Self::Currency => "currency",
            Self::CurrencyPerUnit => "currency a unit",
            Self::OwnUnit => "as the row's unit says",
        }
    }
}

/// A column: koku's name to the letter, its type and its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ColumnDef {
    /// The name, as in koku's table.
    pub name: &'static str,
    /// The declared type.
    pub kind: Kind,
    /// What its numbers count.
    pub unit: Unit,
    /// The width of the `varchar` in koku's PostgreSQL table, in code points.
    pub width: Option<usize>,
    /// Whether koku's PostgreSQL table refuses a null.
    pub required: bool,
}

impl ColumnDef {
    /// A column of `kind` that counts nothing.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, unit: Unit::None, width: None, required: false }
    }

    /// A `double` column in `unit`.
    pub const fn measure(name: &'static str, unit: Unit) -> Self {
        Self { name, kind: Kind::Double, unit, width: None, required: false }
    }

    /// A `decimal(precision, scale)` column in `unit`.
    pub const fn numeric(name: &'static str, precision: usize, scale: usize, unit: Unit) -> Self {
        Self { name, kind: Kind::Numeric { precision, scale }, unit, width: None, required: false }
    }

    /// A text column that PostgreSQL holds as `varchar(width)`.
    pub const fn varchar(name: &'static str, width: usize) -> Self {
        Self { name, kind: Kind::Text, unit: Unit::None, width: Some(width), required: false }
    }

    /// The column, which PostgreSQL declares NOT NULL.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The column as an expression.
    pub fn expr(&self) -> Expr {
        col(self.name)
    }

    /// A null of the column's type, named like it.
    pub fn null(&self) -> Expr {
        lit(polars::prelude::NULL).cast(self.kind.data_type()).alias(self.name)
    }
}

/// A table: its name, columns and grain.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The name, as in koku's database.
    pub name: &'static str,
    /// “one row per …”.
    pub grain: &'static str,
    /// The columns, in order.
    pub columns: &'static [ColumnDef],
}

impl Table {
    /// The Polars schema of the table.
    pub fn schema(&self) -> Schema {
        self.columns.iter().map(|column| polars::prelude::Field::new(column.name.into(), column.kind.data_type())).collect()
    }

    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&'static ColumnDef> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column that says when: the first timestamp.
    pub fn time(&self) -> Option<&'static ColumnDef> {
        self.columns.iter().find(|column| column.kind == Kind::Timestamp)
    }

    /// The columns of the table, in its order, from a frame that has them all, and then the column `beside`.
    pub(crate) fn select_with(&self, beside: &'static str, frame: LazyFrame) -> LazyFrame {
        frame.select(self.columns.iter().map(ColumnDef::expr).chain([col(beside)]).collect::<Vec<_>>())
    }

    /// The columns of the table, in its order, from a frame that has them all.
    pub fn select(&self, frame: LazyFrame) -> LazyFrame {
        frame.select(self.columns.iter().map(ColumnDef::expr).collect::<Vec<_>>())
    }
}
