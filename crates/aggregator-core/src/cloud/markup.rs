//! The markup of a cost model, as the literal that koku writes into its SQL.

use std::fmt::Write;
use std::str::FromStr;

/// Digits of a decimal literal that Trino reads by dividing doubles; a longer one is parsed.
const DIVIDED_DIGITS: usize = 18;

/// A share of the cost: what koku computes as `float(percent) / 100` and writes as text into the SQL.
///
/// Trino reads `0.1` as a decimal and `1e-05` as a double. Times a double, a decimal becomes one too: up to 18 digits by dividing its
/// digits by the power of ten, which is not always the nearest double.
///
/// ```
/// use aggregator_core::cloud::Markup;
/// let markup: Markup = "7".parse()?;
/// assert_eq!((markup.factor(), markup.decimal()), (0.07, Some((7, 2))));
/// // koku's division gives 0.011000000000000001, of which Trino makes 0.011.
/// let markup: Markup = "1.1".parse()?;
/// assert_eq!((markup.factor(), markup.decimal()), (0.011, Some((11_000_000_000_000_001, 18))));
/// assert_eq!("0.001".parse::<Markup>()?.decimal(), None);
/// # Ok::<(), aggregator_core::cloud::MarkupError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Markup {
    factor: f64,
    decimal: Option<(i128, u32)>,
}

/// A markup that is no number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no percentage")]
pub struct MarkupError {
    text: String,
}

impl Markup {
    /// No markup.
    pub const NONE: Self = Self { factor: 0.0, decimal: Some((0, 0)) };

    /// The factor of a double.
    pub fn factor(self) -> f64 {
        self.factor
    }

    /// The factor of a decimal: its digits, and how many of them stand after the point. `None` where the literal is a double.
    pub fn decimal(self) -> Option<(i128, u32)> {
        self.decimal
    }

    /// The markup of a literal of Trino.
    fn of_literal(literal: &str) -> Option<Self> {
        let factor: f64 = literal.parse().ok().filter(|factor: &f64| factor.is_finite())?;
        if literal.contains(['e', 'E']) {
            return Some(Self { factor, decimal: None });
        }
        let (whole, fraction) = literal.split_once('.').unwrap_or((literal, ""));
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let scale = u32::try_from(fraction.len()).ok()?;
        let significant = digits.unsigned_abs().to_string().len().max(fraction.len());
        let divided = significant <= DIVIDED_DIGITS;
        #[expect(clippy::cast_precision_loss, reason = "Trino does the same")]
        let factor = if divided { digits as f64 / 10_f64.powi(i32::try_from(scale).ok()?) } else { factor };
        Some(Self { factor, decimal: Some((digits, scale)) })
    }
}

impl FromStr for Markup {
    type Err = MarkupError;

    /// The markup of a percentage, such as `10` or `7.5`.
    fn from_str(percent: &str) -> Result<Self, MarkupError> {
        let wrong = || MarkupError { text: percent.to_owned() };
        let value: f64 = percent.trim().parse().map_err(|_| wrong())?;
        if !value.is_finite() {
            return Err(wrong());
        }
        Self::of_literal(&python_float_text(value / 100.0)).ok_or_else(wrong)
    }
}

/// A finite double as Python prints it: `0.1`, `1e-05`, `1e+16`.
fn python_float_text(value: f64) -> String {
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        return format!("{value:?}");
    }
    let mut text = mantissa.to_owned();
    // Writing to a string cannot fail.
    let _ = write!(text, "e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "the digits are the point")]

    use super::*;

    /// Texts of Python 3.
    #[test]
    fn a_double_is_written_as_python_writes_it() {
        let texts = [0.1, 1e-5, 0.0001, 1e16, 123_456.0, 1.5e-7, -0.05, 0.0, 0.011_000_000_000_000_001].map(python_float_text);
        assert_eq!(texts, ["0.1", "1e-05", "0.0001", "1e+16", "123456.0", "1.5e-07", "-0.05", "0.0", "0.011000000000000001"]);
    }

    /// Answers of a live Trino 476.
    #[test]
    fn a_long_literal_is_parsed_and_a_short_one_divided() {
        let factor = |literal: &str| Markup::of_literal(literal).map(Markup::factor);
        assert_eq!(factor("0.011000000000000001"), Some(0.011));
        assert_eq!(factor("0.30000000000000004"), Some(0.300_000_000_000_000_04));
        assert_eq!(factor("1e-05"), Some(1e-5));
        assert_eq!(factor("0"), Some(0.0));
        assert_eq!(factor("-0.05"), Some(-0.05));
    }

    #[test]
    fn a_percentage_is_a_number() {
        assert!("ten".parse::<Markup>().is_err() && "inf".parse::<Markup>().is_err() && "".parse::<Markup>().is_err());
        assert_eq!("0".parse::<Markup>().map(Markup::factor), Ok(0.0));
        assert_eq!("10.0000000000".parse::<Markup>().map(|markup| (markup.factor(), markup.decimal())), Ok((0.1, Some((1, 1)))));
    }
}
