//! A `double` as text: what `CAST` writes, and what a file's double reads as in a `varchar` column.

/// Trino's `CAST(value AS varchar)`: `7.0E0`, `-0E0`, `NaN`, `Infinity`.
///
/// Trino formats with a Java routine that sometimes writes more digits than needed (2e23 is `1.9999999999999998E23`); here the
/// text is always the shortest that reads back as `value`.
pub fn double_text(value: f64) -> String {
    if let Some(text) = not_finite(value) {
        return text.to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0E0" } else { "0E0" }.to_owned();
    }
    scientific(value)
}

/// Java's `Double.toString(value)`: `1.0`, `1.0E21`.
pub fn java_double_text(value: f64) -> String {
    if let Some(text) = not_finite(value) {
        return text.to_owned();
    }
    let magnitude = value.abs();
    if value == 0.0 || (1e-3..1e7).contains(&magnitude) {
        let text = value.to_string();
        return if text.contains('.') { text } else { text + ".0" };
    }
    scientific(value)
}

fn not_finite(value: f64) -> Option<&'static str> {
    match value {
        _ if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

fn scientific(value: f64) -> String {
    // Java writes the least double with two digits.
    if value.abs() == f64::from_bits(1) {
        return if value > 0.0 { "4.9E-324" } else { "-4.9E-324" }.to_owned();
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if mantissa.contains('.') { "" } else { ".0" };
    format!("{mantissa}{point}E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers of a live Trino 476.
    #[test]
    fn a_double_is_written_as_trino_casts_it() {
        for (value, text) in [
            (7.0, "7.0E0"),
            (40960.0, "4.096E4"),
            (2.5, "2.5E0"),
            (100.0, "1.0E2"),
            (0.1, "1.0E-1"),
            (1e-320, "1.0E-320"),
            (5e-324, "4.9E-324"),
            (-0.0, "-0E0"),
            (0.0, "0E0"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(double_text(value), text);
        }
    }

    #[test]
    fn a_double_in_a_text_column_is_written_as_java_does() {
        for (value, text) in [(1.0, "1.0"), (1e21, "1.0E21"), (0.001, "0.001"), (0.000_1, "1.0E-4"), (1e7, "1.0E7"), (123.5, "123.5"), (-0.0, "-0.0")] {
            assert_eq!(java_double_text(value), text);
        }
    }
}
