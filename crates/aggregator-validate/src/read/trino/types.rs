//! Trino's types, and their values as the protocol writes them: JSON, with text for all that JSON has no exact form for.

use std::borrow::Cow;

use crate::rows::{Decimal, Value};
use crate::subject::Found;

/// What matters of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Boolean,
    Integer,
    Real,
    Double,
    Decimal,
    Date,
    /// A time without a zone.
    Timestamp,
    /// A time with a zone, asked for as the time in UTC.
    Zoned,
    /// `json`: text that is JSON.
    Json,
    /// `array`, `map` and `row`: JSON itself.
    Nested,
    /// `uuid`, which is asked for as text.
    Uuid,
    /// Text, and whatever else the protocol writes as text.
    Text,
}

impl Type {
    /// The type that the protocol calls `name`, such as `timestamp(3) with time zone`.
    pub(super) fn of(name: &str) -> Self {
        let end = name.find(|sign: char| !sign.is_ascii_alphabetic()).unwrap_or(name.len());
        let (base, rest) = name.split_at(end);
        match base {
            "boolean" => Self::Boolean,
            "tinyint" | "smallint" | "integer" | "bigint" => Self::Integer,
            "real" => Self::Real,
            "double" => Self::Double,
            "decimal" => Self::Decimal,
            "date" => Self::Date,
            "timestamp" if rest.ends_with("with time zone") => Self::Zoned,
            "timestamp" => Self::Timestamp,
            "json" => Self::Json,
            "array" | "map" | "row" => Self::Nested,
            "uuid" => Self::Uuid,
            _ => Self::Text,
        }
    }

    pub(super) fn found(self) -> Found {
        match self {
            Self::Boolean => Found::Boolean,
            Self::Integer => Found::Integer,
            Self::Real | Self::Double => Found::Double,
            Self::Decimal => Found::Decimal,
            Self::Date => Found::Date,
            Self::Timestamp | Self::Zoned => Found::Timestamp,
            Self::Json | Self::Nested => Found::Json,
            Self::Uuid | Self::Text => Found::Text,
        }
    }

    /// The column called `name`, already quoted, as it is asked for.
    pub(super) fn selected(self, name: &str) -> String {
        match self {
            // A zone may have a name, whose offset only Trino knows.
            Self::Zoned => format!("CAST({name} AT TIME ZONE 'UTC' AS timestamp(9))"),
            Self::Uuid => format!("CAST({name} AS varchar)"),
            _ => name.to_owned(),
        }
    }

    /// The value that `json`, one cell of an answer, is; with `exact`, decimals as decimals and not as their text.
    pub(super) fn decoded(self, json: &str, exact: bool) -> Result<Decoded<'_>, String> {
        if json == "null" {
            return Ok(Decoded::Null);
        }
        let refused = || format!("`{}` is no {self:?}", json.chars().take(80).collect::<String>());
        match self {
            Self::Boolean => json.parse().map(Decoded::Boolean).map_err(|_| refused()),
            Self::Integer => json.parse().map(Decoded::Integer).map_err(|_| refused()),
            // `serde_json` is not exact in the last bit of a double; Rust's own parser is. NaN and infinities are text.
            Self::Double => json.trim_matches('"').parse().map(Decoded::Double).map_err(|_| refused()),
            Self::Real => json.trim_matches('"').parse::<f32>().map(|real| Decoded::Double(real.into())).map_err(|_| refused()),
            Self::Decimal if exact => {
                let text = text(json).ok_or_else(refused)?;
                Ok(text.parse().map(Decoded::Decimal).unwrap_or(Decoded::Text(text)))
            }
            Self::Nested => Ok(Decoded::Text(Cow::Borrowed(json))),
            Self::Decimal | Self::Date | Self::Timestamp | Self::Zoned | Self::Json | Self::Uuid | Self::Text => {
                text(json).map(Decoded::Text).ok_or_else(refused)
            }
        }
    }
}

/// The content of a JSON text; what is none stays as it is written.
fn text(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.contains('\\') => Some(Cow::Borrowed(inner)),
        Some(_) => serde_json::from_str(json).map(Cow::Owned).ok(),
        None => Some(Cow::Borrowed(json)),
    }
}

/// A cell of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Decoded<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Double(f64),
    Decimal(Decimal),
    Text(Cow<'a, str>),
}

impl Decoded<'_> {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(boolean) => Value::Boolean(*boolean),
            Self::Integer(integer) => Value::Integer(*integer),
            Self::Double(double) => Value::Double(*double),
            Self::Decimal(decimal) => Value::Decimal(*decimal),
            Self::Text(text) => Value::Text(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_by_its_name() {
        for (name, expected) in [
            ("double", Type::Double),
            ("decimal(33,15)", Type::Decimal),
            ("varchar(253)", Type::Text),
            ("char(3)", Type::Text),
            ("timestamp(3)", Type::Timestamp),
            ("timestamp(3) with time zone", Type::Zoned),
            ("map(varchar, varchar)", Type::Nested),
            ("array(timestamp(3) with time zone)", Type::Nested),
            ("row(a integer)", Type::Nested),
            ("json", Type::Json),
            ("date", Type::Date),
            ("uuid", Type::Uuid),
            ("time(3)", Type::Text),
            ("ipaddress", Type::Text),
        ] {
            assert_eq!(Type::of(name), expected, "{name}");
        }
    }

    #[test]
    fn a_cell_keeps_every_bit() {
        let double = |json: &str| match Type::Double.decoded(json, false) {
            Ok(Decoded::Double(double)) => double,
            other => panic!("{other:?}"),
        };
        assert!(double("\"NaN\"").is_nan());
        assert_eq!(double("\"-Infinity\"").to_bits(), f64::NEG_INFINITY.to_bits());
        assert_eq!(double("1.0E-7").to_bits(), 1e-7_f64.to_bits());
        // Where the quick parser of JSON is one bit off.
        assert_eq!(double("0.1e-6").to_bits(), 0.1e-6_f64.to_bits());
        assert_eq!(double("5.0E-324").to_bits(), 1);
        assert_eq!(Type::Integer.decoded("9223372036854775807", false), Ok(Decoded::Integer(i64::MAX)));
        assert_eq!(Type::Real.decoded("0.1", false), Ok(Decoded::Double(0.1_f32.into())));
        assert_eq!(Type::Text.decoded(r#""a\"\u00e9""#, false), Ok(Decoded::Text("a\"é".into())));
        assert_eq!(Type::Json.decoded(r#""{\"a\":1}""#, false), Ok(Decoded::Text(r#"{"a":1}"#.into())));
        assert_eq!(Type::Nested.decoded(r#"["a",null]"#, false), Ok(Decoded::Text(r#"["a",null]"#.into())));
        assert_eq!(Type::Boolean.decoded("true", false), Ok(Decoded::Boolean(true)));
        assert_eq!(Type::Decimal.decoded(r#""1.50""#, true), Ok(Decoded::Decimal("1.5".parse().unwrap())));
        assert_eq!(Type::Decimal.decoded(r#""1.50""#, false), Ok(Decoded::Text("1.50".into())));
        assert_eq!(Type::Text.decoded("null", false), Ok(Decoded::Null));
        assert!(Type::Integer.decoded("1.5", false).is_err());
        assert!(Type::Double.decoded("\"one\"", false).is_err());
    }
}
