//! `double` → `decimal(33,15)`: the shortest decimal text of the double, rounded half away from zero.

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
        if value == 0.0 {
            return Some(Self(0));
        }
        let shortest = Shortest::of(value.abs());
        let magnitude = Self::from_digits(shortest.digits().bytes(), shortest.exponent)?;
        Some(if value < 0.0 { Self(-magnitude.0) } else { magnitude })
    }

    /// The number of units of 10^-15.
    pub fn units(self) -> i128 {
        self.0
    }

    /// `digits` with a point after the first, times 10^`exponent`.
    fn from_digits(digits: impl Iterator<Item = u8>, exponent: i32) -> Option<Self> {
        // Digits that stand left of the last kept place; the next one decides the rounding.
        let kept = 1 + exponent + SCALE;
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
                Ordering::Greater => break,
            }
            place += 1;
        }
        if units != 0 {
            for _ in place..kept {
                units = units.checked_mul(10)?;
            }
        }
        Some(Self(units))
    }
}

/// Whether `value` fits `numeric(33,15)`.
pub fn fits(value: f64) -> bool {
    value.abs() < LIMIT
}

impl FromStr for Numeric {
    type Err = ();

    /// Decimal text such as PostgreSQL prints, rounded half away from zero to 15 places.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| ())?),
            None => (text, 0),
        };
        let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(());
        }
        let before_point = i32::try_from(whole.len()).map_err(|_| ())?;
        let digits = whole.bytes().chain(fraction.bytes());
        let magnitude = Self::from_digits(digits, exponent + before_point - 1).ok_or(())?;
        Ok(if negative { Self(-magnitude.0) } else { magnitude })
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
    }
}
