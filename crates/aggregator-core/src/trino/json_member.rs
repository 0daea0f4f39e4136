//! A member of parsed JSON, without keeping what stands beside it.

use super::json::{DEEPEST, elements, members, one_zero};
use super::json_reader::{Number, Reader};
use super::{JsonError, JsonProblem, java_double_text};
use std::borrow::Cow;

/// A JSON value that is neither null nor an object or array.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonScalar<'text> {
    /// `true` or `false`.
    Bool(bool),
    /// A number without fraction and exponent: its digits.
    Integer(&'text str),
    /// Any other number; infinite beyond the range of doubles.
    Double(f64),
    /// Text.
    Text(Cow<'text, str>),
}

impl JsonScalar<'_> {
    /// `json_extract_scalar`: the value as text.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Bool(true) => "true".into(),
            Self::Bool(false) => "false".into(),
            Self::Integer(digits) => (*digits).into(),
            Self::Double(number) => java_double_text(*number).into(),
            Self::Text(text) => text.as_ref().into(),
        }
    }
}

/// The member `key` of the JSON object `text`, if it is a text, a number or a boolean: what
/// [`json_parse`](super::json_parse)`(text)?.value.member(key)` has as its scalar. The last of equal keys counts.
///
/// ```
/// use aggregator_core::trino::json_member;
/// let member = json_member(r#"{"amount": 1, "name": "x", "amount": -0.50}"#, "amount")?;
/// assert_eq!(member.unwrap().text(), "-0.5");
/// # Ok::<(), aggregator_core::trino::JsonError>(())
/// ```
///
/// # Errors
/// As [`json_parse`](super::json_parse): the whole text is read.
pub fn json_member<'text>(text: &'text str, key: &str) -> Result<Option<JsonScalar<'text>>, JsonError> {
    let mut reader = Reader::new(text);
    document(&mut reader, key).map_err(|problem| JsonError { problem })
}

type Read<T> = Result<T, JsonProblem>;

fn document<'text>(reader: &mut Reader<'text>, key: &str) -> Read<Option<JsonScalar<'text>>> {
    reader.blanks();
    let mut found = None;
    if reader.peek() == Some(b'{') {
        members(reader, |reader, name| {
            let value = value(reader, 1)?;
            if name == key {
                found = value;
            }
            Ok(())
        })?;
    } else {
        value(reader, 0)?;
    }
    reader.end()?;
    Ok(found)
}

/// A value, and the blanks before it; `None` for null, an object or an array.
fn value<'text>(reader: &mut Reader<'text>, depth: usize) -> Read<Option<JsonScalar<'text>>> {
    reader.blanks();
    Ok(match reader.peek() {
        Some(b'{' | b'[') if depth == DEEPEST => return Err(JsonProblem::Deep),
        Some(b'{') => {
            members(reader, |reader, _| value(reader, depth + 1).map(drop))?;
            None
        }
        Some(b'[') => {
            elements(reader, |reader| value(reader, depth + 1).map(drop))?;
            None
        }
        Some(b'"') => Some(JsonScalar::Text(reader.string()?)),
        Some(b't') => reader.word("true").map(|()| Some(JsonScalar::Bool(true)))?,
        Some(b'f') => reader.word("false").map(|()| Some(JsonScalar::Bool(false)))?,
        Some(b'n') => reader.word("null").map(|()| None)?,
        Some(b'-' | b'0'..=b'9') => Some(match reader.number()? {
            Number::Integer(digits) => JsonScalar::Integer(one_zero(digits)),
            Number::Double(number) => JsonScalar::Double(number),
        }),
        _ => return Err(reader.not_json().into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trino::json_parse;
    use proptest::prelude::*;

    fn member(text: &str, key: &str) -> Result<Option<String>, JsonError> {
        json_member(text, key).map(|found| found.map(|scalar| scalar.text().into_owned()))
    }

    /// Answers of a live Trino 476.
    #[test]
    fn the_last_of_equal_keys_counts() {
        assert_eq!(member(r#"{"k": 1, "\u006b": 2}"#, "k"), Ok(Some("2".to_owned())));
        assert_eq!(member(r#"{"k": 1, "k": null}"#, "k"), Ok(None));
        assert_eq!(member(r#"{"a": {"k": 1}, "b": [{"k": 2}]}"#, "k"), Ok(None));
    }

    /// Pieces of JSON, put together in any order: much of it is nearly JSON.
    fn nearly_json() -> impl Strategy<Value = String> {
        let pieces = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            " ",
            "\n",
            "\"a\"",
            "\"amount\"",
            "\"\\u0061mount\"",
            "\"\\ud835\"",
            "\"é\\n\"",
            "1",
            "-0",
            "01",
            "1.50",
            "-2.5e-7",
            "1e400",
            "true",
            "false",
            "null",
            "nul",
            "{\"a\":",
            "\"amount\":",
            "{}",
            "[]",
            "\"",
            "\\",
        ];
        proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..12).prop_map(|pieces| pieces.concat())
    }

    /// Objects whose keys come twice, of all kinds of values.
    fn objects() -> impl Strategy<Value = String> {
        let values =
            ["1", "-0", "1.50", "\"x\"", "\"\\u00e9\\\"\"", "true", "null", "{\"a\":1}", "[1, {\"amount\": 2}]", "1e-7", "123456789.125"];
        let keys = ["\"a\"", "\"amount\"", "\"\\u0061mount\""];
        let member = (proptest::sample::select(keys.to_vec()), proptest::sample::select(values.to_vec()));
        proptest::collection::vec(member, 0..5).prop_map(|members| {
            format!("{{{}}}", members.iter().map(|(key, value)| format!("{key} : {value}")).collect::<Vec<_>>().join(", "))
        })
    }

    proptest! {
        /// The same as parsing everything and then looking, errors too.
        #[test]
        fn prop_a_member_is_that_of_the_parsed_text(text in prop_oneof![nearly_json(), objects(), any::<String>()]) {
            for key in ["amount", "a"] {
                let expected = json_parse(&text).map(|read| read.value.member(key).and_then(crate::trino::Json::scalar));
                prop_assert_eq!(member(&text, key), expected);
            }
        }
    }

    #[test]
    fn deep_text_and_long_keys_are_refused() {
        for text in ["[".repeat(100_000), format!("{{\"a\":{}", "[".repeat(100_000)), format!("{{\"{}\":1}}", "x".repeat(50_001))] {
            assert_eq!(member(&text, "a"), json_parse(&text).map(|_| None));
        }
        assert_eq!(member(&("[".repeat(1000) + &"]".repeat(1000)), "a"), Ok(None));
    }
}
