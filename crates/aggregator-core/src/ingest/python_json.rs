//! JSON as Python's `json` reads and writes it.
//!
//! Read is also `NaN` and `Infinity`, and half a surrogate pair; integers keep all their digits; the last value of a repeated key wins, at
//! the place of the first. Written is ASCII with `", "` and `": "` between.

use super::labels::push_escaped;
use super::python_repr::python_repr;
use std::fmt::Write as _;

/// Python refuses to read longer integers.
const INTEGER_DIGITS: usize = 4300;

/// Python's recursion ends a little above this depth.
const DEPTH: usize = 900;

/// A JSON value. Texts are as they are written, without the quotes, which is one-to-one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Integer(String),
    Float(f64),
    Text(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// Why a text is no JSON to Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It is none: `JSONDecodeError`.
    Syntax,
    /// An integer of more than 4300 digits: `ValueError`.
    TooLong,
    /// Brackets in brackets in …: `RecursionError`.
    TooDeep,
}

impl Json {
    /// `json.loads(text)`.
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        let mut reader = Reader { rest: text, depth: 0 };
        reader.space();
        let value = reader.value()?;
        reader.space();
        if reader.rest.is_empty() { Ok(value) } else { Err(Failure::Syntax) }
    }

    /// `json.dumps(self)`.
    pub(super) fn write(&self) -> String {
        let mut text = String::new();
        self.write_into(&mut text);
        text
    }

    fn write_into(&self, text: &mut String) {
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(true) => text.push_str("true"),
            Self::Bool(false) => text.push_str("false"),
            Self::Integer(digits) => text.push_str(digits),
            Self::Float(number) => push_float(text, *number),
            Self::Text(escaped) => push_quoted(text, escaped),
            Self::Array(values) => {
                text.push('[');
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        text.push_str(", ");
                    }
                    value.write_into(text);
                }
                text.push(']');
            }
            Self::Object(entries) => {
                text.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        text.push_str(", ");
                    }
                    push_quoted(text, key);
                    text.push_str(": ");
                    value.write_into(text);
                }
                text.push('}');
            }
        }
    }

    /// `bool(self)`.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(value) => *value,
            Self::Integer(digits) => digits != "0",
            Self::Float(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Array(values) => !values.is_empty(),
            Self::Object(entries) => !entries.is_empty(),
        }
    }

    /// `self.get(key)`; `None` if this is no object.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(entries) = self else { return None };
        Some(entries.iter().find(|(known, _)| known == key).map_or(&Self::Null, |(_, value)| value))
    }
}

/// Sets a key, as in a Python dictionary.
pub(super) fn set<K: PartialEq, V>(entries: &mut Vec<(K, V)>, key: K, value: V) {
    match entries.iter_mut().find(|(known, _)| *known == key) {
        Some((_, known)) => *known = value,
        None => entries.push((key, value)),
    }
}

/// A text as it is written, without quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        push_escaped(&mut escaped, character);
    }
    escaped
}

/// The text that was written so; `None` for half a surrogate pair.
pub(super) fn unescaped(escaped: &str) -> Option<String> {
    if !escaped.contains('\\') {
        return Some(escaped.to_owned());
    }
    serde_json::from_str(&format!("\"{escaped}\"")).ok()
}

fn push_quoted(text: &mut String, escaped: &str) {
    text.push('"');
    text.push_str(escaped);
    text.push('"');
}

/// `repr(number)`, but for what is no number.
fn push_float(text: &mut String, number: f64) {
    if number.is_nan() {
        text.push_str("NaN");
        return;
    }
    if number.is_infinite() {
        text.push_str(if number > 0.0 { "Infinity" } else { "-Infinity" });
        return;
    }
    text.push_str(&python_repr(number));
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, start: &str) -> bool {
        match self.rest.strip_prefix(start) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Result<Json, Failure> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Failure::TooDeep);
        }
        let value = if self.take("\"") {
            Json::Text(self.text()?)
        } else if self.take("{") {
            self.object()?
        } else if self.take("[") {
            self.array()?
        } else {
            let words = [
                ("null", Json::Null),
                ("true", Json::Bool(true)),
                ("false", Json::Bool(false)),
                ("NaN", Json::Float(f64::NAN)),
                ("Infinity", Json::Float(f64::INFINITY)),
                ("-Infinity", Json::Float(f64::NEG_INFINITY)),
            ];
            match words.into_iter().find(|(word, _)| self.rest.starts_with(word)) {
                Some((word, value)) => {
                    self.take(word);
                    value
                }
                None => self.number()?,
            }
        };
        self.depth -= 1;
        Ok(value)
    }

    fn digits(&mut self) -> &'a str {
        let end = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits
    }

    fn number(&mut self) -> Result<Json, Failure> {
        let start = self.rest;
        let negative = self.take("-");
        let whole = if self.take("0") { "0" } else { self.digits() };
        if whole.is_empty() {
            return Err(Failure::Syntax);
        }
        let mut is_float = false;
        let before = self.rest;
        if self.take(".") {
            if self.digits().is_empty() {
                self.rest = before;
            } else {
                is_float = true;
            }
        }
        let before = self.rest;
        if self.take("e") || self.take("E") {
            let _ = self.take("+") || self.take("-");
            if self.digits().is_empty() {
                self.rest = before;
            } else {
                is_float = true;
            }
        }
        let read = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        if is_float {
            return Ok(Json::Float(read.parse().map_err(|_| Failure::Syntax)?));
        }
        if whole.len() > INTEGER_DIGITS {
            return Err(Failure::TooLong);
        }
        // There is no negative zero among the integers.
        Ok(Json::Integer(if negative && whole != "0" { format!("-{whole}") } else { whole.to_owned() }))
    }

    fn array(&mut self) -> Result<Json, Failure> {
        let mut values = Vec::new();
        self.space();
        if self.take("]") {
            return Ok(Json::Array(values));
        }
        loop {
            values.push(self.value()?);
            self.space();
            if self.take("]") {
                return Ok(Json::Array(values));
            }
            if !self.take(",") {
                return Err(Failure::Syntax);
            }
            self.space();
        }
    }

    fn object(&mut self) -> Result<Json, Failure> {
        let mut entries = Vec::new();
        self.space();
        if self.take("}") {
            return Ok(Json::Object(entries));
        }
        loop {
            if !self.take("\"") {
                return Err(Failure::Syntax);
            }
            let key = self.text()?;
            self.space();
            if !self.take(":") {
                return Err(Failure::Syntax);
            }
            self.space();
            let value = self.value()?;
            set(&mut entries, key, value);
            self.space();
            if self.take("}") {
                return Ok(Json::Object(entries));
            }
            if !self.take(",") {
                return Err(Failure::Syntax);
            }
            self.space();
        }
    }

    /// The text up to the closing quote.
    fn text(&mut self) -> Result<String, Failure> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(text);
                }
                '\\' => {
                    let (at, escape) = characters.next().ok_or(Failure::Syntax)?;
                    let meant = match escape {
                        '"' | '\\' | '/' => escape,
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'u' => {
                            let digits =
                                self.rest.get(at + 1..at + 5).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
                            let digits = digits.ok_or(Failure::Syntax)?;
                            characters.nth(3);
                            let unit = u32::from_str_radix(digits, 16).map_err(|_| Failure::Syntax)?;
                            let Some(meant) = char::from_u32(unit) else {
                                // Half a pair; with the other half it is written the same way.
                                let _ = write!(text, "\\u{unit:04x}");
                                continue;
                            };
                            meant
                        }
                        _ => return Err(Failure::Syntax),
                    };
                    push_escaped(&mut text, meant);
                }
                '\0'..='\u{1f}' => return Err(Failure::Syntax),
                _ => push_escaped(&mut text, character),
            }
        }
        Err(Failure::Syntax)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, Failure>) {
        assert_eq!(Json::read(text).map(|json| json.write()), expected.map(str::to_owned), "{text}");
    }

    // The answers are those of Python 3.11's `json.dumps(json.loads(text))`.
    #[test]
    fn values_are_written_as_python_writes_them() {
        for (text, expected) in [
            (r#" {"b": 1, "a":[1,2 , {}]} "#, r#"{"b": 1, "a": [1, 2, {}]}"#),
            (r#"{"a": 1, "b": 2, "a": 3}"#, r#"{"a": 3, "b": 2}"#),
            (r#""日本\u00e9\/\u007f""#, r#""\u65e5\u672c\u00e9/\u007f""#),
            (r#""\ud83d""#, r#""\ud83d""#),
            (r#""😀\ud83d\uDE00""#, r#""\ud83d\ude00\ud83d\ude00""#),
            (
                "[1.50, 1e400, -0, -0.0, 1e16, 1e15, 1E-7, 0.0001, 12345678901234567890123]",
                "[1.5, Infinity, 0, -0.0, 1e+16, 1000000000000000.0, 1e-07, 0.0001, 12345678901234567890123]",
            ),
            ("[NaN, -Infinity, true, false, null]", "[NaN, -Infinity, true, false, null]"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ] {
            check(text, Ok(expected));
        }
    }

    #[test]
    fn what_python_refuses_is_refused() {
        let texts =
            ["", "{bad", "[1,]", "{\"a\": 1,}", "01", "1.", "'a'", "\"a\nb\"", "\"\\x\"", "\"\\u12g4\"", "[1] 2", "-", "\u{feff}1", "nan"];
        for text in texts {
            check(text, Err(Failure::Syntax));
        }
        check(&"1".repeat(4301), Err(Failure::TooLong));
        check(&"[".repeat(2000), Err(Failure::TooDeep));
    }
}
