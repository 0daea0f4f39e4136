//! How Python writes numbers, times and lists of texts.

use chrono::{DateTime, Utc};

/// Below this power of ten, and from [`LARGE`] on, Python writes a double with an exponent.
const SMALL: i32 = -4;
const LARGE: i32 = 16;

/// A double as `repr` writes it: the shortest digits that give it back, and of two that are as near the even ones.
pub(super) fn float(value: f64) -> String {
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

/// A time as `str` writes a `datetime` without a zone: microseconds only where there are any.
pub(super) fn datetime(time: DateTime<Utc>) -> String {
    let pattern = if time.timestamp_subsec_micros() == 0 { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M:%S%.6f" };
    time.format(pattern).to_string()
}

/// A list of texts as `str` writes it.
pub(super) fn list<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> String {
    let texts: Vec<_> = texts.map(|text| text.map_or_else(|| "None".to_owned(), quoted)).collect();
    format!("[{}]", texts.join(", "))
}

/// A text as `repr` writes it. Beyond Latin-1, only spaces, separators and marks of direction are known as not printable.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut quoted = String::from(quote);
    for character in text.chars() {
        match character {
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            character if character == quote => quoted.extend(['\\', character]),
            character if is_printable(character) => quoted.push(character),
            character => quoted.push_str(&escaped(u32::from(character))),
        }
    }
    quoted.push(quote);
    quoted
}

fn is_printable(character: char) -> bool {
    match character {
        ' ' => true,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => false,
        character => !character.is_control() && !character.is_whitespace(),
    }
}

fn escaped(code: u32) -> String {
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}
