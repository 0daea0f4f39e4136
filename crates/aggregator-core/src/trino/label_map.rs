//! `CAST(json_parse(text) AS map(varchar, varchar))`, as Trino plans it: one function over the text.

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

/// Characters (UTF-16) of the longest key that Trino's JSON reader takes.
const LONGEST_KEY: usize = 50_000;

/// Reads a label text. JSON `null` is a null map.
///
/// Strict JSON: no NaN, no raw control characters, no trailing text. `true` is the text `true`; an integer keeps its digits; a
/// number with a fraction or exponent becomes a double and then [`double_text`]; an unpaired surrogate escape becomes `?`.
///
/// # Errors
/// [`LabelError`], where Trino raises: a text that is not JSON, no object, nested, or with a key that occurs twice.
pub fn label_map(text: &str) -> Result<Option<LabelMap>, LabelError> {
    Reader { text, at: 0 }.document().map_err(|problem| LabelError { shown: shorten(text), problem })
}

fn shorten(text: &str) -> String {
    const SHOWN: usize = 120;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

struct Reader<'text> {
    text: &'text str,
    at: usize,
}

type Read<T> = Result<T, LabelProblem>;

impl Reader<'_> {
    fn document(&mut self) -> Read<Option<LabelMap>> {
        self.blanks();
        let labels = match self.peek() {
            Some(b'{') => Some(self.object()?),
            Some(b'n') => {
                self.word("null")?;
                None
            }
            Some(b'[' | b'"' | b't' | b'f' | b'-' | b'0'..=b'9') => return Err(LabelProblem::NotAnObject),
            _ => return Err(self.not_json()),
        };
        self.blanks();
        if self.at == self.text.len() { Ok(labels) } else { Err(self.not_json()) }
    }

    fn object(&mut self) -> Read<LabelMap> {
        let mut labels = LabelMap::new();
        let mut keys = HashSet::new();
        self.take(b'{')?;
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(labels);
        }
        loop {
            self.blanks();
            let key: Arc<str> = self.string()?.into();
            // A code unit is a byte or more.
            if key.len() > LONGEST_KEY && key.encode_utf16().count() > LONGEST_KEY {
                return Err(LabelProblem::LongKey);
            }
            self.blanks();
            self.take(b':')?;
            self.blanks();
            let value = self.value(&key)?;
            if !keys.insert(Arc::clone(&key)) {
                return Err(LabelProblem::RepeatedKey { key: format!("{key:?}") });
            }
            labels.push((key, value));
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.not_json()),
            }
        }
        self.at += 1;
        labels.sort_by(|left, right| key_order(&left.0, &right.0));
        Ok(labels)
    }

    fn value(&mut self, key: &str) -> Read<Option<Arc<str>>> {
        match self.peek() {
            Some(b'"') => Ok(Some(self.string()?.into())),
            Some(b't') => self.word("true").map(|()| Some("true".into())),
            Some(b'f') => self.word("false").map(|()| Some("false".into())),
            Some(b'n') => self.word("null").map(|()| None),
            Some(b'-' | b'0'..=b'9') => self.number().map(|text| Some(text.into())),
            Some(b'{' | b'[') => Err(LabelProblem::Nested { key: format!("{key:?}") }),
            _ => Err(self.not_json()),
        }
    }

    fn number(&mut self) -> Read<String> {
        let start = self.at;
        let mut integer = true;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits()?;
        if whole > 1 && self.text.as_bytes().get(self.at - whole) == Some(&b'0') {
            return Err(self.not_json());
        }
        if self.peek() == Some(b'.') {
            integer = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            integer = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if integer {
            return Ok(text.to_owned());
        }
        text.parse().map(double_text).map_err(|_| self.not_json())
    }

    /// At least one digit; how many.
    fn digits(&mut self) -> Read<usize> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.not_json()) } else { Ok(self.at - start) }
    }

    fn string(&mut self) -> Read<String> {
        self.take(b'"')?;
        let mut value = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            value.push_str(self.text.get(start..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(value);
                }
                Some(b'\\') => {
                    self.at += 1;
                    let character = self.escape()?;
                    value.push(character);
                }
                _ => return Err(self.not_json()),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let escape = self.peek();
        self.at += 1;
        Ok(match escape {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let high = self.unit()?;
                if !(0xd800..0xdc00).contains(&high) {
                    return Ok(char::from_u32(high).unwrap_or('?'));
                }
                let after_high = self.at;
                if self.word("\\u").is_ok() {
                    let low = self.unit()?;
                    if (0xdc00..0xe000).contains(&low) {
                        return Ok(char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)).unwrap_or('?'));
                    }
                }
                self.at = after_high;
                '?'
            }
            _ => return Err(self.not_json()),
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Read<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or_else(|| self.not_json())?;
        self.at += 4;
        Ok(unit)
    }

    fn word(&mut self, word: &str) -> Read<()> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.not_json())
        }
    }

    fn take(&mut self, byte: u8) -> Read<()> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.not_json())
        }
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn not_json(&self) -> LabelProblem {
        LabelProblem::NotJson { at: self.at }
    }
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
