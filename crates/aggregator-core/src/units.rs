//! Constants of conversion, and the expressions that convert.

use polars::prelude::{Expr, lit};

/// Seconds in an hour.
pub const SECONDS_PER_HOUR: f64 = 3600.0;
/// Hours in a day.
pub const HOURS_PER_DAY: f64 = 24.0;
/// Seconds in a day.
pub const SECONDS_PER_DAY: f64 = SECONDS_PER_HOUR * HOURS_PER_DAY;
/// Bytes in a GiB.
pub const BYTES_PER_GIBIBYTE: u32 = 1 << 30;
/// GiB in a byte: 2^-30, exact.
pub const GIBIBYTES_PER_BYTE: f64 = 1.0 / BYTES_PER_GIBIBYTE as f64;

/// Core-seconds → core-hours.
pub(crate) fn hours(seconds: Expr) -> Expr {
    seconds / lit(SECONDS_PER_HOUR)
}

/// Bytes → GiB.
pub(crate) fn gibibytes(bytes: Expr) -> Expr {
    bytes * lit(GIBIBYTES_PER_BYTE)
}

/// Byte-seconds → GiB-hours: the division first, as in the SQL.
pub(crate) fn gibibyte_hours(byte_seconds: Expr) -> Expr {
    gibibytes(hours(byte_seconds))
}

/// Byte-seconds → GiB-months of a month with `days` days: the division first, as in the SQL.
pub(crate) fn gibibyte_months(byte_seconds: Expr, days: u32) -> Expr {
    gibibytes(byte_seconds / lit(SECONDS_PER_DAY * f64::from(days)))
}
