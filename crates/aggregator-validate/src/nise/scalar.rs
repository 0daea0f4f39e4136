//! A plain value of YAML as PyYAML, which nise reads with, understands it: YAML 1.1, where `yes` is true and `017` is 15.

use chrono::{NaiveDate, NaiveDateTime};

/// A value that is no list and no mapping.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Scalar {
    #[default]
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Date(NaiveDate),
    /// UTC, without a zone.
    Time(NaiveDateTime),
    Text(String),
}

impl Scalar {
    /// What `text` without quotes is.
    pub(crate) fn plain(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Self::Null,
            "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Self::Bool(true),
            "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return Self::Bool(false),
            _ => {}
        }
        if let Some(integer) = integer(text) {
            return Self::Integer(integer);
        }
        if let Some(float) = float(text) {
            return Self::Float(float);
        }
        time(text).unwrap_or_else(|| Self::Text(text.to_owned()))
    }

    /// Python's `str` of it, which is what gets into a CSV; null is empty there.
    pub(crate) fn python_text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Integer(integer) => integer.to_string(),
            // Python and Rust both write the shortest digits; from 1e16 on Python writes an exponent, which no name needs.
            Self::Float(float) => format!("{float:?}"),
            Self::Date(date) => date.to_string(),
            Self::Time(time) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if digits.contains(':') {
        return Some(sign * sexagesimal(digits)?);
    }
    let plain: String = digits.chars().filter(|digit| *digit != '_').collect();
    let value = if let Some(binary) = plain.strip_prefix("0b") {
        i128::from_str_radix(binary, 2).ok()?
    } else if let Some(hexadecimal) = plain.strip_prefix("0x") {
        i128::from_str_radix(hexadecimal, 16).ok()?
    } else if plain.len() > 1 && plain.starts_with('0') {
        i128::from_str_radix(&plain, 8).ok()?
    } else {
        plain.parse().ok()?
    };
    Some(sign * value)
}

/// `1:30` is ninety.
fn sexagesimal(digits: &str) -> Option<i128> {
    const BASE: i128 = 60;
    let mut parts = digits.split(':');
    let mut value: i128 = parts.next().filter(|first| !first.starts_with('0'))?.parse().ok()?;
    for part in parts {
        let part: i128 = part.parse().ok().filter(|part| (0..BASE).contains(part))?;
        value = value * BASE + part;
    }
    Some(value)
}

/// A float needs a point, and its exponent a sign: PyYAML takes `1e3` for text.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let digits = |text: &str| text.chars().all(|digit| digit.is_ascii_digit() || digit == '_');
    let signed = |exponent: &str| exponent.strip_prefix(['-', '+']).is_some_and(|digits| digits.parse::<u32>().is_ok());
    let starts = whole.chars().chain(fraction.chars()).next().is_some_and(|first| first.is_ascii_digit());
    // A sign needs a digit before the point.
    let starts = starts && (!whole.is_empty() || unsigned.len() == text.len());
    if !starts || !digits(whole) || !digits(fraction) || !exponent.is_none_or(signed) {
        return None;
    }
    text.chars().filter(|digit| *digit != '_').collect::<String>().parse().ok()
}

/// `2026-03-01`, or with a time behind `T`, `t` or blanks, and `Z` or `+00:00` or nothing as the zone.
fn time(text: &str) -> Option<Scalar> {
    let shaped = text.bytes().take(4).all(|byte| byte.is_ascii_digit()) && text.as_bytes().get(4) == Some(&b'-');
    if !shaped {
        return None;
    }
    if text.len() == "2026-03-01".len()
        && let Ok(date) = text.parse()
    {
        return Some(Scalar::Date(date));
    }
    date_and_time(text).map(Scalar::Time)
}

/// A date with a time, in UTC.
pub(super) fn date_and_time(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    let text = ["Z", " UTC", "+00:00", "+0000", "+00"].iter().find_map(|zone| text.strip_suffix(zone)).unwrap_or(text).trim_end();
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dt%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
}
