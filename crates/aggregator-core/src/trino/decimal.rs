//! `double` → `decimal`: the shortest decimal text of the double, rounded half away from zero.

use super::shortest::Shortest;
use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// Digits after the decimal point of every measure in koku's PostgreSQL tables.
pub const SCALE: i32 = 15;

/// The least magnitude that `numeric(33,15)` cannot hold.
pub const LIMIT: f64 = 1e18;

const UNITS_PER_ONE: i128 = 10_i128.pow(SCALE.unsigned_abs());

/// A `numeric(33,15)`, as a whole number of units of 10^-15.
///
/// ```
/// use aggregator_core::trino::Numeric;
/// // PostgreSQL's own cast keeps 15 significant digits; Trino keeps the shortest text of the double.
/// assert_eq!(Numeric::from_double(12345.678901234567).unwrap().to_string(), "12345.678901234567000");
/// assert_eq!(Numeric::from_double(5e-16).unwrap().to_string(), "0.000000000000001");
/// assert!(Numeric::from_double(1e18).is_none());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Numeric(i128);

impl Numeric {
    /// The cast of `value`; `None` where Trino raises `INVALID_CAST_ARGUMENT`: NaN, an infinity, or 10^18 and more.
    pub fn from_double(value: f64) -> Option<Self> {
        if !fits(value) {
            return None;
        }
        units(value, SCALE).map(Self)
    }

    /// The number of units of 10^-15.
    pub fn units(self) -> i128 {
        self.0
    }
}

/// `CAST(value AS decimal(precision, scale))` as units of 10^-`scale`; `None` where Trino fails: NaN, an infinity, or too many digits.
///
/// ```
/// use aggregator_core::trino::decimal;
/// assert_eq!(decimal(1.0000000005, 24, 9), Some(1_000_000_001));
/// assert_eq!(decimal(1e15, 24, 9), None);
/// ```
pub fn decimal(value: f64, precision: usize, scale: usize) -> Option<i128> {
    let scale = i32::try_from(scale).ok()?;
    let found = if value.is_finite() { units(value, scale)? } else { return None };
    fits_precision(found, precision).then_some(found)
}

/// Whether a decimal of `units` has at most `precision` digits.
pub fn fits_precision(units: i128, precision: usize) -> bool {
    u32::try_from(precision).ok().and_then(|digits| 10_u128.checked_pow(digits)).is_none_or(|limit| units.unsigned_abs() < limit)
}

/// A finite number in units of 10^-`scale`.
fn units(value: f64, scale: i32) -> Option<i128> {
    if value == 0.0 {
        return Some(0);
    }
    let magnitude = match far_from_halves(value.abs(), scale) {
        Some(units) => units,
        None => by_digits(value.abs(), scale)?,
    };
    Some(if value < 0.0 { -magnitude } else { magnitude })
}

/// The units of a positive number, by its shortest text.
fn by_digits(value: f64, scale: i32) -> Option<i128> {
    let shortest = Shortest::of(value);
    from_digits(shortest.digits().bytes(), shortest.exponent, scale)
}

/// The units of a positive number without its text, which takes ten times as long; `None` where the text may decide.
///
/// The shortest text reads back as the number, so it is at most half a unit in the last place away from it, and so is the product below
/// from the exact one: together 2^-52 of the product. Both round to the same units unless a half lies between them.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "powers that are exact, and a whole number below 10^14")]
fn far_from_halves(value: f64, scale: i32) -> Option<i128> {
    /// Four times as much as is needed.
    const MARGIN: f64 = 1e-15;
    const GREATEST: f64 = 1e14;
    // A double holds each of these powers exactly.
    let power = u32::try_from(scale).ok().and_then(|scale| 10_u64.checked_pow(scale))?;
    let product = value * power as f64;
    let whole = product.floor();
    if product >= GREATEST || (product - whole - 0.5).abs() <= product * MARGIN {
        return None;
    }
    let units = whole as i64;
    Some(i128::from(units) + i128::from(product - whole > 0.5))
}

/// The decimal number that `text` is, in units of 10^-`scale`, rounded half away from zero: what PostgreSQL prints, and what Trino casts
/// to a decimal (a sign, an exponent, `.5` and `5.`, no blanks). `None` if it is no number, or beyond 38 digits.
pub fn decimal_from_text(text: &str, scale: i32) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let before_point = i32::try_from(whole.len()).ok()?;
    let magnitude = from_digits(whole.bytes().chain(fraction.bytes()), exponent.checked_add(before_point)?.checked_sub(1)?, scale)?;
    Some(if negative { -magnitude } else { magnitude })
}

/// `digits` with a point after the first, times 10^`exponent`, in units of 10^-`scale`.
fn from_digits(digits: impl Iterator<Item = u8>, exponent: i32, scale: i32) -> Option<i128> {
    // Digits that stand left of the last kept place; the next one decides the rounding.
    let kept = exponent.checked_add(scale)?.checked_add(1)?;
    let mut units: i128 = 0;
    let mut place = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        let digit = i128::from(digit - b'0');
        match place.cmp(&kept) {
            Ordering::Less => units = units.checked_mul(10)?.checked_add(digit)?,
            Ordering::Equal => units += i128::from(digit >= 5),
            Ordering::Greater => {}
        }
        place += 1;
    }
    if units != 0 {
        for _ in place..kept {
            units = units.checked_mul(10)?;
        }
    }
    Some(units)
}

/// Whether `value` fits `numeric(33,15)`.
pub fn fits(value: f64) -> bool {
    value.abs() < LIMIT
}

impl FromStr for Numeric {
    type Err = ();

    /// Decimal text such as PostgreSQL prints, rounded half away from zero to 15 places.
    fn from_str(text: &str) -> Result<Self, ()> {
        decimal_from_text(text, SCALE).map(Self).ok_or(())
    }
}

impl Display for Numeric {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        let one = UNITS_PER_ONE.unsigned_abs();
        write!(formatter, "{sign}{}.{:015}", units / one, units % one)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::excessive_precision, reason = "the digits are the point")]

    use super::*;
    use proptest::prelude::*;

    fn check(value: f64, expected: &str) {
        assert_eq!(Numeric::from_double(value).map(|numeric| numeric.to_string()).as_deref(), Some(expected), "{value:e}");
    }

    /// Answers of a live Trino 476.
    #[test]
    fn a_double_becomes_the_decimal_that_trino_makes_of_it() {
        check(5e-16, "0.000000000000001");
        check(4.999_999_999_999_999e-16, "0.000000000000000");
        check(1.5e-15, "0.000000000000002");
        check(2.5e-15, "0.000000000000003");
        check(-5e-16, "-0.000000000000001");
        check(0.123_456_789_012_344_5, "0.123456789012345");
        check(-0.0, "0.000000000000000");
        check(5e-324, "0.000000000000000");
        check(9.999_999_999_999_999e17, "999999999999999900.000000000000000");
        check(12_345.678_901_234_567, "12345.678901234567000");
        check(100.0, "100.000000000000000");
        // Halfway between two decimals of 16 digits: Java takes the even one.
        check(646_960_025_185.781_25, "646960025185.781200000000000");
    }

    #[test]
    fn what_does_not_fit_is_none() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e18, -1e18, f64::MAX] {
            assert_eq!(Numeric::from_double(value), None, "{value}");
        }
    }

    #[test]
    fn decimal_text_is_read_back() {
        for text in ["0.000000000000001", "-12.500000000000000", "999999999999999900.000000000000000"] {
            assert_eq!(text.parse::<Numeric>().map(|numeric| numeric.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("".parse::<Numeric>(), Err(()));
        assert_eq!("1x".parse::<Numeric>(), Err(()));
        assert_eq!("7".parse::<Numeric>().unwrap_or_default().units(), 7 * UNITS_PER_ONE);
    }

    proptest! {
        #[test]
        fn prop_the_decimal_is_within_half_a_unit(value in -1e17_f64..1e17) {
            let numeric = Numeric::from_double(value).unwrap_or_default();
            let back: f64 = numeric.to_string().parse().unwrap_or(f64::NAN);
            prop_assert!((back - value).abs() <= 5e-16 + value.abs() * 2e-16);
        }

        #[test]
        fn prop_without_the_text_the_units_are_the_same(value in 0.0_f64..1e9, scale in 0_i32..20) {
            prop_assume!(value > 0.0);
            if let Some(units) = far_from_halves(value, scale) {
                prop_assert_eq!(Some(units), by_digits(value, scale));
            }
        }

        #[test]
        fn prop_without_the_text_halves_are_left_alone(units in 0_u32..1_000_000_000, steps in -9_i64..10, scale in 0_i32..16) {
            let half: f64 = format!("{units}.5e-{scale}").parse().unwrap_or_default();
            let near = f64::from_bits(half.to_bits().wrapping_add_signed(steps));
            if let Some(units) = far_from_halves(near, scale) {
                prop_assert_eq!(Some(units), by_digits(near, scale));
            }
        }
    }
}
