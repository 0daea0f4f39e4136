//! Money as Trino rounds it, line by line: `decimal(24,9)`, half up.

/// Digits after the decimal point.
const SCALE: usize = 9;
const UNITS_PER_ONE: i128 = 1_000_000_000;

/// A number as whole units of 10^-9: the shortest text of `double` that means it, half up.
pub(crate) fn units(double: f64) -> Result<i128, String> {
    let text = format!("{double}");
    let (value, scale) = scaled(&text).ok_or_else(|| format!("`{double}` is too long"))?;
    round(value, scale).ok_or_else(|| format!("`{double}` is too large"))
}

/// `units` times `factor`, rounded again; the factor is its shortest text.
pub(crate) fn times(units: i128, factor: f64) -> Result<i128, String> {
    let too_large = || format!("a cost times `{factor}` is too large");
    let (value, scale) = scaled(&format!("{factor}")).ok_or_else(too_large)?;
    units.checked_mul(value).and_then(|product| round(product, scale + SCALE)).ok_or_else(too_large)
}

/// The double next to it.
pub(crate) fn double(units: i128) -> f64 {
    let (sign, units) = if units < 0 { ("-", -units) } else { ("", units) };
    format!("{sign}{}.{:09}", units / UNITS_PER_ONE, units % UNITS_PER_ONE).parse().unwrap_or(f64::NAN)
}

/// Digits, and how many of them stand behind the point. Digits far behind it decide nothing.
fn scaled(text: &str) -> Option<(i128, usize)> {
    const MOST_DIGITS: usize = 25;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.get(..MOST_DIGITS).unwrap_or(fraction);
    Some((format!("{whole}{fraction}").parse().ok()?, fraction.len()))
}

fn round(value: i128, scale: usize) -> Option<i128> {
    let Some(digits) = scale.checked_sub(SCALE) else {
        return value.checked_mul(10_i128.checked_pow(u32::try_from(SCALE - scale).ok()?)?);
    };
    let divisor = 10_i128.checked_pow(u32::try_from(digits).ok()?)?;
    let (quotient, rest) = (value / divisor, value % divisor);
    let up = i128::from(rest.abs() * 2 >= divisor && digits > 0);
    Some(quotient + if value < 0 { -up } else { up })
}

#[cfg(test)]
mod tests {
    use super::{double, times, units};

    #[test]
    fn nine_places_half_up() {
        for (number, expected) in
            [(1.0, 1_000_000_000), (0.000_976_562_5, 976_563), (-0.000_976_562_5, -976_563), (0.000_000_000_4, 0), (27.5, 27_500_000_000)]
        {
            assert_eq!(units(number), Ok(expected), "{number}");
        }
        assert_eq!(units(1e-300), Ok(0));
        assert_eq!(times(5, 0.1), Ok(1));
        assert_eq!(times(-5, 0.1), Ok(-1));
        assert_eq!(times(4, 0.1), Ok(0));
        assert!(times(i128::MAX, 0.11).is_err());
        assert_eq!(double(-1_500_000_000).to_string(), "-1.5");
    }
}
