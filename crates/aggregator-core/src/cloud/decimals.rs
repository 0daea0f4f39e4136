//! Exact decimals of single line items: `decimal(24,9)` in Trino, 38 digits here, so that a sum is exact and only the result has to fit.

use super::Values;
use crate::table::ColumnDef;
use crate::trino::decimal;
use polars::prelude::*;

/// All digits of a decimal in a sum.
pub(super) const PRECISION: usize = 38;
/// Digits after the point.
pub(super) const SCALE: usize = 9;

/// All digits that Trino gives a line's decimal.
pub(super) const LINE_PRECISION: usize = 24;

/// Units of what is too great for any result: it stays too great in a sum, and a sum of many does not overflow.
pub(super) const TOO_GREAT: i128 = 10_i128.pow(34);

/// The type of a decimal in a sum.
pub(super) fn data_type() -> DataType {
    DataType::Decimal(PRECISION, SCALE)
}

/// `units` of 10^-9 as a column of decimals.
pub(super) fn column(name: &PlSmallStr, units: impl Iterator<Item = Option<i128>>) -> Column {
    let units: Int128Chunked = units.collect();
    units.with_name(name.clone()).into_decimal_unchecked(PRECISION, SCALE).into_column()
}

/// A double as the decimal of a line, in units of 10^-9. What is no finite number is null or too great, as `values` says.
pub(super) fn units(value: f64, values: Values) -> Option<i128> {
    if !value.is_finite() {
        return (values == Values::AsTrino).then_some(TOO_GREAT);
    }
    Some(decimal(value, PRECISION, SCALE).map_or(if value < 0.0 { -TOO_GREAT } else { TOO_GREAT }, limited))
}

/// The doubles of `measure` as decimals.
pub(super) fn of_doubles(measure: &ColumnDef, values: Values) -> Expr {
    measure.expr().map(
        move |doubles| Ok(column(doubles.name(), doubles.f64()?.iter().map(|value| units(value?, values)))),
        |_, field| Ok(Field::new(field.name().clone(), data_type())),
    )
}

/// `CAST(decimal AS double)`: the nearest double.
pub(super) fn double(units: i128) -> f64 {
    // Writing the point is simpler than rounding once; few runs have a markup that is a double.
    let magnitude = units.unsigned_abs();
    let one = 10_u128.pow(9);
    let double: f64 = format!("{}.{:09}", magnitude / one, magnitude % one).parse().unwrap_or_default();
    if units < 0 { -double } else { double }
}

/// Units that do not let a sum overflow.
pub(super) fn limited(units: i128) -> i128 {
    units.clamp(-TOO_GREAT, TOO_GREAT)
}

/// `units` / 10^`scale`, rounded half away from zero.
pub(super) fn rounded(units: i128, scale: u32) -> i128 {
    let Some(divisor) = 10_i128.checked_pow(scale) else { return 0 };
    let (quotient, rest) = (units / divisor, units % divisor);
    quotient + if rest.abs() >= divisor - rest.abs() { units.signum() } else { 0 }
}

/// `units` × `factor` / 10^`scale`, rounded half away from zero, and limited.
pub(super) fn times(units: i128, factor: i128, scale: u32) -> i128 {
    let too_great = if (units < 0) == (factor < 0) { TOO_GREAT } else { -TOO_GREAT };
    if let Some(product) = units.checked_mul(factor) {
        return limited(rounded(product, scale));
    }
    // The product of what is left of the point and of what is right of it.
    let Some(divisor) = 10_i128.checked_pow(scale) else { return 0 };
    let whole = (units / divisor).checked_mul(factor);
    let rest = (units % divisor).checked_mul(factor);
    match (whole, rest) {
        (Some(whole), Some(rest)) => whole.checked_add(rounded(rest, scale)).map_or(too_great, limited),
        _ => too_great,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!([15, 14, -15, -14, 0].map(|units| rounded(units, 1)), [2, 1, -2, -1, 0]);
        assert_eq!([5, 4].map(|units| rounded(units, 0)), [5, 4]);
        assert_eq!(rounded(i128::MAX, 38), 2);
    }

    #[test]
    fn a_product_beyond_128_bits_is_exact_or_too_great() {
        let (nines, factor) = (10_i128.pow(24) - 1, 10_i128.pow(17) + 1);
        assert_eq!(times(nines, factor, 18), 100_000_000_000_000_001_000_000);
        assert_eq!(times(-nines, factor, 18), -100_000_000_000_000_001_000_000);
        assert_eq!(times(nines, 10_i128.pow(16), 0), TOO_GREAT);
        assert_eq!(times(nines, -(10_i128.pow(16)), 1), -TOO_GREAT);
    }

    #[test]
    fn a_number_that_is_none_is_null_or_fits_nothing() {
        assert_eq!([f64::NAN, f64::INFINITY].map(|value| units(value, Values::Repaired)), [None, None]);
        assert_eq!([f64::NAN, f64::INFINITY].map(|value| units(value, Values::AsTrino)), [Some(TOO_GREAT); 2]);
        assert_eq!(
            [1e300, -1e300, 1e15].map(|value| units(value, Values::Repaired)),
            [Some(TOO_GREAT), Some(-TOO_GREAT), Some(10_i128.pow(24))]
        );
        assert_eq!(units(1.000_000_000_5, Values::Repaired), Some(1_000_000_001));
    }

    proptest! {
        #[test]
        fn prop_a_product_in_two_parts_is_the_product(units in -1_000_000_000_000_000_i128..1_000_000_000_000_000, factor in -1_000_000_000_000_i128..1_000_000_000_000, scale in 0_u32..14) {
            let divisor = 10_i128.pow(scale);
            let parts = (units / divisor) * factor + rounded((units % divisor) * factor, scale);
            prop_assert_eq!(times(units, factor, scale), parts);
        }
    }
}
