//! An exact decimal with the fifteen places of koku's measures.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use aggregator_core::trino::Numeric;

/// Digits after the decimal point.
const SCALE: u32 = 15;
const UNITS_PER_ONE: i128 = 10_i128.pow(SCALE);

/// Magnitudes from here on are refused; `numeric(33,15)` ends at 10^33 units, far below.
const LIMIT: i128 = 1 << 120;

/// A decimal number as a whole number of units of 10^-15. Nothing is rounded on the way in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i128);

impl Decimal {
    /// `units` × 10^-15, where that is not out of all proportion.
    pub fn from_units(units: i128) -> Option<Self> {
        (units.unsigned_abs() < LIMIT.unsigned_abs()).then_some(Self(units))
    }

    /// `value` × 10^-`scale`, where fifteen places hold it exactly.
    pub fn from_scaled(value: i128, scale: u32) -> Option<Self> {
        if scale <= SCALE {
            return Self::from_units(value.checked_mul(10_i128.checked_pow(SCALE - scale)?)?);
        }
        let divisor = 10_i128.checked_pow(scale - SCALE)?;
        (value % divisor == 0).then_some(value / divisor).and_then(Self::from_units)
    }

    /// What Trino makes of a double that it writes into `numeric(33,15)`; `None` where it fails.
    pub fn from_double(double: f64) -> Option<Self> {
        Numeric::from_double(double).map(Numeric::units).and_then(Self::from_units)
    }

    /// The number as text, with as many places as it needs.
    pub(super) fn shortest(self) -> String {
        let text = self.to_string();
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    /// The number of units of 10^-15.
    pub fn units(self) -> i128 {
        self.0
    }
}

/// A text that is no decimal number, or has more digits than fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADecimal;

impl FromStr for Decimal {
    type Err = NotADecimal;

    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i64 = exponent.parse().map_err(|_| NotADecimal)?;
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return Err(NotADecimal);
        }
        let fraction = fraction.trim_end_matches('0');
        let mut value: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            value = value.checked_mul(10).and_then(|value| value.checked_add((digit - b'0').into())).ok_or(NotADecimal)?;
        }
        if negative {
            value = -value;
        }
        if value == 0 {
            return Ok(Self(0));
        }
        let scale = i64::try_from(fraction.len()).map_err(|_| NotADecimal)?.checked_sub(exponent).ok_or(NotADecimal)?;
        if let Ok(scale) = u32::try_from(scale) {
            return Self::from_scaled(value, scale).ok_or(NotADecimal);
        }
        let zeros = u32::try_from(scale.unsigned_abs()).map_err(|_| NotADecimal)?;
        let factor = 10_i128.checked_pow(zeros).ok_or(NotADecimal)?;
        value.checked_mul(factor).and_then(|value| Self::from_scaled(value, 0)).ok_or(NotADecimal)
    }
}

impl Display for Decimal {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (units, one) = (self.0.unsigned_abs(), UNITS_PER_ONE.unsigned_abs());
        write!(formatter, "{sign}{}.{:015}", units / one, units % one)
    }
}
