//! How Python writes a double.

/// Below this power of ten, and from [`LARGE`] on, Python writes a double with an exponent.
const SMALL: i32 = -4;
const LARGE: i32 = 16;

/// `repr(value)`: the shortest digits that give the double back, the nearest of those, and of two that are as near the even ones; `nan`,
/// `inf` and `-inf`.
///
/// ```
/// use aggregator_core::ingest::python_repr;
/// assert_eq!([1e16, 0.00001, -0.0, 12.5].map(python_repr), ["1e+16", "1e-05", "-0.0", "12.5"]);
/// ```
pub fn python_repr(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let shortest = format!("{value:e}");
    let digits = shortest.split('e').next().unwrap_or_default().bytes().filter(u8::is_ascii_digit).count();
    // Rust takes the upper of two that are as near; rounded to so many digits, it takes the even one.
    let rounded = format!("{value:.*e}", digits.saturating_sub(1));
    let is_it = rounded.parse::<f64>().is_ok_and(|parsed| parsed.to_bits() == value.to_bits());
    let scientific = if is_it { rounded } else { shortest };
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (SMALL..LARGE).contains(&exponent) {
        return plain(digits, exponent);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// Digits with a point after the first, times a power of ten, without an exponent.
fn plain(digits: &str, exponent: i32) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    match usize::try_from(exponent) {
        Ok(exponent) => {
            let digits = format!("{digits:0<width$}", width = exponent + 2);
            let (whole, fraction) = digits.split_at(exponent + 1);
            format!("{sign}{whole}.{fraction}")
        }
        Err(_) => format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What CPython 3.11 writes.
    #[test]
    fn a_double_is_written_as_python_writes_it() {
        let written = [
            // As near to both.
            (562_949_953_421_312.0 + 0.25, "562949953421312.2"),
            (-562_949_953_421_312.0 - 0.75, "-562949953421312.8"),
            (281_474_976_710_656.0 + 0.062_5, "281474976710656.06"),
            (5e-324, "5e-324"),
            (1.797_693_134_862_315_7e308, "1.7976931348623157e+308"),
            (9_007_199_254_740_992.0, "9007199254740992.0"),
            (1e22, "1e+22"),
            (1e23, "1e+23"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (0.0001, "0.0001"),
            (0.000_012_34, "1.234e-05"),
            (1e16, "1e+16"),
            (100.0, "100.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (5.684_341_886_080_802e-14, "5.684341886080802e-14"),
            (2.5e-7, "2.5e-07"),
        ];
        for (value, expected) in written {
            assert_eq!(python_repr(value), expected);
        }
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(python_repr), ["nan", "inf", "-inf"]);
    }

    proptest! {
        #[test]
        fn prop_a_double_comes_back(value: f64) {
            prop_assume!(value.is_finite());
            prop_assert_eq!(python_repr(value).parse::<f64>().map(f64::to_bits), Ok(value.to_bits()));
        }
    }
}
