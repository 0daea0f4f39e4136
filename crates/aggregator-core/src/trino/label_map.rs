//! `CAST(json_parse(text) AS map(varchar, varchar))`, as Trino plans it: one function over the text.

use super::json_reader::{LONGEST_KEY, NotJson, Number, Reader, is_long_key};
use super::{double_text, key_order};
use std::collections::HashSet;
use std::sync::Arc;

/// A label: its key and its value, which may be null.
pub type Label = (Arc<str>, Option<Arc<str>>);

/// Labels in [`key_order`], each key once.
pub type LabelMap = Vec<Label>;

/// A text that Trino does not cast to labels; the statement fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("label text {shown} {problem}")]
#[non_exhaustive]
pub struct LabelError {
    /// The text, shortened and quoted.
    pub shown: String,
    /// What is wrong with it.
    pub problem: LabelProblem,
}

/// Why a label text is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelProblem {
    /// Not JSON.
    #[error("is not JSON (at byte {at})")]
    NotJson {
        /// Where reading stopped.
        at: usize,
    },
    /// JSON, but no object and not `null`.
    #[error("is not a JSON object")]
    NotAnObject,
    /// A value is an object or an array.
    #[error("holds an object or array under key {key}")]
    Nested {
        /// The key, quoted.
        key: String,
    },
    /// A key is longer than Trino's JSON reader takes.
    #[error("holds a key of more than {LONGEST_KEY} characters")]
    LongKey,
    /// A key occurs twice.
    #[error("holds key {key} twice")]
    RepeatedKey {
        /// The key, quoted.
        key: String,
    },
}

/// Reads a label text. JSON `null` is a null map.
///
/// Strict JSON: no NaN, no raw control characters, no trailing text. `true` is the text `true`; an integer keeps its digits; a
/// number with a fraction or exponent becomes a double and then [`double_text`]; an unpaired surrogate escape becomes `?`.
///
/// # Errors
/// [`LabelError`], where Trino raises: a text that is not JSON, no object, nested, or with a key that occurs twice.
pub fn label_map(text: &str) -> Result<Option<LabelMap>, LabelError> {
    document(&mut Reader::new(text)).map_err(|problem| LabelError { shown: shorten(text), problem })
}

fn shorten(text: &str) -> String {
    const SHOWN: usize = 120;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

impl From<NotJson> for LabelProblem {
    fn from(found: NotJson) -> Self {
        Self::NotJson { at: found.at }
    }
}

type Read<T> = Result<T, LabelProblem>;

fn document(reader: &mut Reader<'_>) -> Read<Option<LabelMap>> {
    reader.blanks();
    let labels = match reader.peek() {
        Some(b'{') => Some(object(reader)?),
        Some(b'n') => {
            reader.word("null")?;
            None
        }
        Some(b'[' | b'"' | b't' | b'f' | b'-' | b'0'..=b'9') => return Err(LabelProblem::NotAnObject),
        _ => return Err(reader.not_json().into()),
    };
    reader.end()?;
    Ok(labels)
}

fn object(reader: &mut Reader<'_>) -> Read<LabelMap> {
    let mut labels = LabelMap::new();
    let mut keys = HashSet::new();
    reader.take(b'{')?;
    reader.blanks();
    if reader.peek() == Some(b'}') {
        reader.take(b'}')?;
        return Ok(labels);
    }
    loop {
        reader.blanks();
        let key: Arc<str> = reader.string()?.into();
        if is_long_key(&key) {
            return Err(LabelProblem::LongKey);
        }
        reader.blanks();
        reader.take(b':')?;
        reader.blanks();
        let value = value(reader, &key)?;
        if !keys.insert(Arc::clone(&key)) {
            return Err(LabelProblem::RepeatedKey { key: format!("{key:?}") });
        }
        labels.push((key, value));
        reader.blanks();
        if reader.peek() != Some(b',') {
            reader.take(b'}')?;
            break;
        }
        reader.take(b',')?;
    }
    labels.sort_by(|left, right| key_order(&left.0, &right.0));
    Ok(labels)
}

fn value(reader: &mut Reader<'_>, key: &str) -> Read<Option<Arc<str>>> {
    Ok(match reader.peek() {
        Some(b'"') => Some(reader.string()?.into()),
        Some(b't') => reader.word("true").map(|()| Some("true".into()))?,
        Some(b'f') => reader.word("false").map(|()| Some("false".into()))?,
        Some(b'n') => reader.word("null").map(|()| None)?,
        Some(b'-' | b'0'..=b'9') => Some(match reader.number()? {
            Number::Integer(digits) => digits.into(),
            Number::Double(number) => double_text(number).into(),
        }),
        Some(b'{' | b'[') => return Err(LabelProblem::Nested { key: format!("{key:?}") }),
        _ => return Err(reader.not_json().into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn check(text: &str, expected: &[(&str, Option<&str>)]) {
        let expected: LabelMap = expected.iter().map(|(key, value)| ((*key).into(), value.map(Into::into))).collect();
        assert_eq!(label_map(text), Ok(Some(expected)), "{text}");
    }

    /// Answers of a live Trino 476.
    #[test]
    fn values_become_text_as_trino_casts_them() {
        check(r#"{"app":true,"b":false,"c":null}"#, &[("app", Some("true")), ("b", Some("false")), ("c", None)]);
        check(
            r#"{"a":12345678901234567890,"b":-0,"c":2.5}"#,
            &[("a", Some("12345678901234567890")), ("b", Some("-0")), ("c", Some("2.5E0"))],
        );
        check(
            r#"{"a":100.0,"b":-0.0,"c":1e400,"d":1E-7}"#,
            &[("a", Some("1.0E2")), ("b", Some("-0E0")), ("c", Some("Infinity")), ("d", Some("1.0E-7"))],
        );
        check(r#"{"app":"\ud835","\ud835":"1"}"#, &[("?", Some("1")), ("app", Some("?"))]);
        check(r#"{"app":"a\udcb3b\ud835\udcb3"}"#, &[("app", Some("a?b𝒳"))]);
        check("\n {\"app\" : -0 , \"\\u0061b\":\"\\u00e9\\/\"}\r\n", &[("ab", Some("é/")), ("app", Some("-0"))]);
        check("{}", &[]);
        assert_eq!(label_map(" null"), Ok(None));
    }

    #[test]
    fn what_trino_refuses_is_an_error() {
        for text in [
            "",
            "nul",
            "{",
            "{\"app\":1}x",
            "{\"app\":NaN}",
            "{\"app\":\"tab\there\"}",
            "{'a':1}",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":+1}",
            "\u{feff}{}",
            "{\"a\":1,}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12g4\"}",
        ] {
            assert!(matches!(label_map(text), Err(LabelError { problem: LabelProblem::NotJson { .. }, .. })), "{text}");
        }
        for text in ["[]", "\"x\"", "1", "true"] {
            assert!(matches!(label_map(text), Err(LabelError { problem: LabelProblem::NotAnObject, .. })), "{text}");
        }
        for text in [r#"{"zzz":[1]}"#, r#"{"app":{"b":1}}"#] {
            assert!(matches!(label_map(text), Err(LabelError { problem: LabelProblem::Nested { .. }, .. })), "{text}");
        }
        for text in [r#"{"app":1,"app":2}"#, r#"{"a":1,"\u0061":1}"#, r#"{"\ud835":1,"?":1}"#] {
            assert!(matches!(label_map(text), Err(LabelError { problem: LabelProblem::RepeatedKey { .. }, .. })), "{text}");
        }
    }

    #[test]
    fn a_key_of_more_than_50000_characters_is_refused() {
        let text = |length: usize| format!("{{\"{}\":1}}", "é".repeat(length));
        assert!(label_map(&text(50_000)).is_ok());
        assert!(matches!(label_map(&text(50_001)), Err(LabelError { problem: LabelProblem::LongKey, .. })));
    }

    proptest! {
        #[test]
        fn prop_any_flat_object_is_read_as_serde_json_reads_it(labels: BTreeMap<String, String>) {
            let text = serde_json::to_string(&labels).unwrap_or_default();
            let read = label_map(&text).ok().flatten().unwrap_or_default();
            let read: BTreeMap<String, String> = read.into_iter().map(|(key, value)| (key.to_string(), value.unwrap_or_default().to_string())).collect();
            prop_assert_eq!(read, labels);
        }

        #[test]
        fn prop_reading_never_panics(text: String) {
            let read = label_map(&text);
            if read.is_ok() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            }
        }
    }
}
