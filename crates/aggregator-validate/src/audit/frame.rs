//! The columns of a frame of line items, or an error that names what is wrong.

use aggregator_core::table::{ColumnDef, Table};
use polars::prelude::{DataFrame, DataType, Float64Chunked, Int32Chunked, Int64Chunked, StringChunked};

use crate::error::{Error, Result};

/// A frame of a table.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) frame: &'a DataFrame,
    pub(super) table: &'static Table,
}

impl Frame<'_> {
    pub(super) fn texts(&self, column: ColumnDef) -> Result<StringChunked> {
        let values = self.frame.column(column.name).and_then(|values| values.str());
        values.map(|values| values.rechunk().into_owned()).map_err(|error| self.failed(column, &error))
    }

    pub(super) fn doubles(&self, column: ColumnDef) -> Result<Float64Chunked> {
        let values = self.frame.column(column.name).and_then(|values| values.f64());
        values.map(|values| values.rechunk().into_owned()).map_err(|error| self.failed(column, &error))
    }

    /// Milliseconds since 1970-01-01.
    pub(super) fn times(&self, column: ColumnDef) -> Result<Int64Chunked> {
        let values = self.frame.column(column.name).and_then(|values| values.datetime());
        values.map(|values| values.physical().rechunk().into_owned()).map_err(|error| self.failed(column, &error))
    }

    /// Integers, or days since 1970-01-01.
    pub(super) fn integers(&self, column: ColumnDef) -> Result<Int32Chunked> {
        let values = self.frame.column(column.name).and_then(|values| values.cast(&DataType::Int32)?.i32().cloned());
        values.map_err(|error| self.failed(column, &error))
    }

    fn failed(&self, column: ColumnDef, error: &polars::prelude::PolarsError) -> Error {
        Error::Column { place: self.table.name.to_owned(), column: column.name, reason: error.to_string() }
    }
}
