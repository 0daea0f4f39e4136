//! `json_parse(text)`: JSON in one form, and what is taken out of it.

use super::json_format::string;
use super::json_reader::{LONGEST_KEY, NotJson, Number, Reader, is_long_key};
use super::{LabelMap, double_text, java_double_text, key_order};
use std::borrow::Cow;

/// Values within values that are read; deeper text is refused, before the stack ends.
pub(super) const DEEPEST: usize = 1000;

/// A JSON value, as Trino keeps it.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without fraction and exponent: its digits.
    Integer(String),
    /// Any other number; infinite beyond the range of doubles.
    Double(f64),
    /// Text.
    Text(String),
    /// An array.
    Array(Vec<Self>),
    /// An object: each key once, in [`key_order`].
    Object(Vec<(String, Self)>),
}

/// A text as JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadJson {
    /// The value.
    pub value: Json,
    /// Whether an escape was half of a surrogate pair. Trino keeps it as it is, and PostgreSQL's `jsonb` refuses it; here it is `?`.
    pub unpaired_surrogate: bool,
}

/// A text that Trino does not parse; the statement fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("JSON text {problem}")]
#[non_exhaustive]
pub struct JsonError {
    /// What is wrong with it.
    pub problem: JsonProblem,
}

/// Why a text is refused as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonProblem {
    /// Not JSON.
    #[error("is not JSON (at byte {at})")]
    NotJson {
        /// Where reading stopped.
        at: usize,
    },
    /// A key is longer than Trino's JSON reader takes.
    #[error("holds a key of more than {LONGEST_KEY} characters")]
    LongKey,
    /// Values stand within too many others.
    #[error("is nested more than {DEEPEST} deep")]
    Deep,
}

impl From<NotJson> for JsonProblem {
    fn from(found: NotJson) -> Self {
        Self::NotJson { at: found.at }
    }
}

/// Reads a JSON text: strict, any value, the last of equal keys.
///
/// ```
/// use aggregator_core::trino::json_parse;
/// let read = json_parse(r#"{"b": 1.10, "a": [1e21], "b": 2}"#)?;
/// assert_eq!(read.value.to_string(), r#"{"a":[1.0E21],"b":2}"#);
/// # Ok::<(), aggregator_core::trino::JsonError>(())
/// ```
///
/// # Errors
/// [`JsonError`], where Trino raises: a text that is not JSON (so is an empty one), a key of more than 50,000 characters; and text nested
/// more than 1,000 deep.
pub fn json_parse(text: &str) -> Result<ReadJson, JsonError> {
    let mut reader = Reader::new(text);
    let value = value(&mut reader, 0).and_then(|value| Ok(reader.end().map(|()| value)?)).map_err(|problem| JsonError { problem })?;
    Ok(ReadJson { value, unpaired_surrogate: reader.unpaired_surrogate })
}

fn value(reader: &mut Reader<'_>, depth: usize) -> Result<Json, JsonProblem> {
    reader.blanks();
    Ok(match reader.peek() {
        Some(b'{' | b'[') if depth == DEEPEST => return Err(JsonProblem::Deep),
        Some(b'{') => Json::Object(object(reader, depth)?),
        Some(b'[') => Json::Array(array(reader, depth)?),
        Some(b'"') => Json::Text(reader.string()?.into_owned()),
        Some(b't') => reader.word("true").map(|()| Json::Bool(true))?,
        Some(b'f') => reader.word("false").map(|()| Json::Bool(false))?,
        Some(b'n') => reader.word("null").map(|()| Json::Null)?,
        Some(b'-' | b'0'..=b'9') => match reader.number()? {
            Number::Integer(digits) => Json::Integer(one_zero(digits).to_owned()),
            Number::Double(number) => Json::Double(number),
        },
        _ => return Err(reader.not_json().into()),
    })
}

/// The digits of an integer, without the sign of zero.
pub(super) fn one_zero(digits: &str) -> &str {
    if digits == "-0" { "0" } else { digits }
}

fn array(reader: &mut Reader<'_>, depth: usize) -> Result<Vec<Json>, JsonProblem> {
    let mut values = Vec::new();
    elements(reader, |reader| {
        values.push(value(reader, depth + 1)?);
        Ok(())
    })?;
    Ok(values)
}

fn object(reader: &mut Reader<'_>, depth: usize) -> Result<Vec<(String, Json)>, JsonProblem> {
    let mut members = Vec::new();
    self::members(reader, |reader, key| {
        members.push((key.into_owned(), value(reader, depth + 1)?));
        Ok(())
    })?;
    // The last of equal keys comes first, and stays.
    members.reverse();
    members.sort_by(|(left, _), (right, _)| key_order(left, right));
    members.dedup_by(|(later, _), (kept, _)| later == kept);
    Ok(members)
}

/// Goes through an array; `value` reads each of its values.
pub(super) fn elements<'text>(
    reader: &mut Reader<'text>,
    mut value: impl FnMut(&mut Reader<'text>) -> Result<(), JsonProblem>,
) -> Result<(), JsonProblem> {
    reader.take(b'[')?;
    reader.blanks();
    if reader.peek() != Some(b']') {
        value(reader)?;
        reader.blanks();
        while reader.peek() == Some(b',') {
            reader.take(b',')?;
            value(reader)?;
            reader.blanks();
        }
    }
    Ok(reader.take(b']')?)
}

/// Goes through an object; `value` reads the value of each key.
pub(super) fn members<'text>(
    reader: &mut Reader<'text>,
    mut value: impl FnMut(&mut Reader<'text>, Cow<'text, str>) -> Result<(), JsonProblem>,
) -> Result<(), JsonProblem> {
    reader.take(b'{')?;
    reader.blanks();
    if reader.peek() == Some(b'}') {
        return Ok(reader.take(b'}')?);
    }
    loop {
        let key = reader.string()?;
        if is_long_key(&key) {
            return Err(JsonProblem::LongKey);
        }
        reader.blanks();
        reader.take(b':')?;
        value(reader, key)?;
        reader.blanks();
        if reader.peek() != Some(b',') {
            return Ok(reader.take(b'}')?);
        }
        reader.take(b',')?;
        reader.blanks();
    }
}

impl Json {
    /// The value of `key`, if this is an object that has it.
    pub fn member(&self, key: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        let at = members.binary_search_by(|(found, _)| key_order(found, key)).ok()?;
        members.get(at).map(|(_, value)| value)
    }

    /// `json_extract_scalar`: a text, a number or a boolean as text; null for null, objects and arrays.
    pub fn scalar(&self) -> Option<String> {
        match self {
            Self::Null | Self::Array(_) | Self::Object(_) => None,
            Self::Bool(truth) => Some(truth.to_string()),
            Self::Integer(digits) => Some(digits.clone()),
            Self::Double(number) => Some(java_double_text(*number)),
            Self::Text(text) => Some(text.clone()),
        }
    }

    /// `CAST(json AS map(varchar, varchar))`, but with the compact text of a nested value where Trino fails; `None` if this is no object.
    pub fn labels(&self) -> Option<LabelMap> {
        let Self::Object(members) = self else { return None };
        let label = |value: &Self| match value {
            Self::Double(number) => Some(double_text(*number)),
            Self::Array(_) | Self::Object(_) => Some(value.to_string()),
            scalar => scalar.scalar(),
        };
        Some(members.iter().map(|(key, value)| (key.as_str().into(), label(value).map(Into::into))).collect())
    }

    fn write(&self, text: &mut String) {
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
            Self::Integer(digits) => text.push_str(digits),
            // What is beyond doubles is text in Trino's JSON.
            Self::Double(number) if number.is_infinite() => string(text, &java_double_text(*number)),
            Self::Double(number) => text.push_str(&java_double_text(*number)),
            Self::Text(value) => string(text, value),
            Self::Array(values) => {
                text.push('[');
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    value.write(text);
                }
                text.push(']');
            }
            Self::Object(members) => {
                text.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    string(text, key);
                    text.push(':');
                    value.write(text);
                }
                text.push('}');
            }
        }
    }
}

/// `json_format`: compact, keys in [`key_order`].
impl std::fmt::Display for Json {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        self.write(&mut text);
        formatter.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(json_parse(text).map(|read| read.value.to_string()).as_deref(), Ok(expected), "{text}");
    }

    /// Answers of a live Trino 476.
    #[test]
    fn json_has_one_form() {
        check(
            r#" {"b": 1.10, "a": 1e5, "c": 1e21, "d": 12345678901234567890123} "#,
            r#"{"a":100000.0,"b":1.1,"c":1.0E21,"d":12345678901234567890123}"#,
        );
        check(r#"{"k": 1e400, "l": [1, {"y": 2, "x": null}], "m": true}"#, r#"{"k":"Infinity","l":[1,{"x":null,"y":2}],"m":true}"#);
        check(r#"{"k": 1, "\u006b": 2}"#, r#"{"k":2}"#);
        check("null", "null");
        check("[]", "[]");
        check("\"a\\u0000b\u{2028}\"", "\"a\\u0000b\u{2028}\"");
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for text in ["", " ", "{} x", r#"{"app": }"#, "{'a': 1}", "NaN", "[1,]", "{,}", "01", r#"{"a" 1}"#, "\"a\nb\""] {
            assert!(matches!(json_parse(text), Err(JsonError { problem: JsonProblem::NotJson { .. } })), "{text}");
        }
        assert_eq!(json_parse(&"[".repeat(100_000)).map_err(|error| error.problem), Err(JsonProblem::Deep));
        assert!(json_parse(&("[".repeat(1000) + &"]".repeat(1000))).is_ok());
    }

    /// Answers of a live Trino 476.
    #[test]
    fn a_scalar_is_text_and_anything_else_null() {
        let read = json_parse(r#"{"a": 1.10, "b": -1e-07, "c": false, "d": null, "e": [1], "f": {"g": 1}, "h": "", "i": 8}"#);
        let scalar = |key: &str| read.as_ref().ok().and_then(|read| read.value.member(key)?.scalar());
        let found: Vec<_> = ["a", "b", "c", "d", "e", "f", "h", "i", "j"].map(scalar).into_iter().collect();
        let texts = [Some("1.1"), Some("-1.0E-7"), Some("false"), None, None, None, Some(""), Some("8"), None];
        assert_eq!(found, texts.map(|text| text.map(str::to_owned)));
        assert_eq!(json_parse("[1]").map(|read| read.value.member("a").is_none()), Ok(true));
    }

    #[test]
    fn a_nested_label_is_its_compact_text() {
        let labels = json_parse(r#"{"a": {"y": [1, 2], "x": 1}, "b": 100.0, "c": null}"#).ok().and_then(|read| read.value.labels());
        let expected: LabelMap = [("a", Some(r#"{"x":1,"y":[1,2]}"#)), ("b", Some("1.0E2")), ("c", None)]
            .map(|(key, value)| (key.into(), value.map(Into::into)))
            .to_vec();
        assert_eq!(labels, Some(expected));
    }

    #[test]
    fn an_unpaired_surrogate_is_told() {
        let read = json_parse(r#"{"k": "\ud800x\udc00"}"#);
        assert_eq!(read.map(|read| (read.value.to_string(), read.unpaired_surrogate)), Ok((r#"{"k":"?x?"}"#.to_owned(), true)));
        assert_eq!(json_parse(r#""\ud835\udcb3""#).map(|read| read.unpaired_surrogate), Ok(false));
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            // serde_json reads longer ones less exactly.
            any::<i32>().prop_map(|units| (f64::from(units) / 64.0).into()),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                proptest::collection::btree_map(any::<String>(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn prop_the_text_is_the_same_value(value in any_json()) {
            let read = json_parse(&value.to_string()).map(|read| read.value.to_string()).unwrap_or_default();
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&read).ok(), Some(value));
        }

        #[test]
        fn prop_the_one_form_stays(value in any_json()) {
            let once = json_parse(&value.to_string()).map(|read| read.value.to_string()).unwrap_or_default();
            let twice = json_parse(&once).map(|read| read.value.to_string());
            prop_assert_eq!(twice, Ok(once));
        }

        #[test]
        fn prop_what_is_read_is_what_serde_json_reads(text: String) {
            if json_parse(&text).is_ok() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            }
        }
    }
}
