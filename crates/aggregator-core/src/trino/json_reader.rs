//! The pieces of JSON text, as Trino's reader takes them.

use std::borrow::Cow;

/// Characters (UTF-16) of the longest key that Trino's JSON reader takes.
pub(super) const LONGEST_KEY: usize = 50_000;

/// Whether a key is longer than Trino's JSON reader takes.
pub(super) fn is_long_key(key: &str) -> bool {
    // A code unit is a byte or more.
    key.len() > LONGEST_KEY && key.encode_utf16().count() > LONGEST_KEY
}

/// Text that is no JSON.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotJson {
    /// Where reading stopped.
    pub(super) at: usize,
}

/// A number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number<'text> {
    /// Its digits, as they stand.
    Integer(&'text str),
    /// A fraction or an exponent.
    Double(f64),
}

/// Reads strict JSON from left to right; an unpaired surrogate becomes `?`.
#[derive(Debug)]
pub(super) struct Reader<'text> {
    text: &'text str,
    at: usize,
    /// Whether an unpaired surrogate was read.
    pub(super) unpaired_surrogate: bool,
}

impl<'text> Reader<'text> {
    pub(super) fn new(text: &'text str) -> Self {
        Self { text, at: 0, unpaired_surrogate: false }
    }

    pub(super) fn number(&mut self) -> Result<Number<'text>, NotJson> {
        let start = self.at;
        let is_integer = self.number_ends()?;
        let text = self.text.get(start..self.at).unwrap_or_default();
        if is_integer {
            return Ok(Number::Integer(text));
        }
        text.parse().map(Number::Double).map_err(|_| self.not_json())
    }

    /// A number as it stands.
    pub(super) fn number_as_written(&mut self) -> Result<&'text str, NotJson> {
        let start = self.at;
        self.number_ends()?;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    /// Goes past a number; whether it has neither fraction nor exponent.
    fn number_ends(&mut self) -> Result<bool, NotJson> {
        let mut is_integer = true;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits()?;
        if whole > 1 && self.text.as_bytes().get(self.at - whole) == Some(&b'0') {
            return Err(self.not_json());
        }
        if self.peek() == Some(b'.') {
            is_integer = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            is_integer = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(is_integer)
    }

    /// At least one digit; how many.
    fn digits(&mut self) -> Result<usize, NotJson> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.not_json()) } else { Ok(self.at - start) }
    }

    /// A text; borrowed where nothing in it is escaped.
    pub(super) fn string(&mut self) -> Result<Cow<'text, str>, NotJson> {
        self.take(b'"')?;
        let mut value = Cow::Borrowed("");
        loop {
            let plain = self.plain();
            if value.is_empty() {
                value = Cow::Borrowed(plain);
            } else {
                value.to_mut().push_str(plain);
            }
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(value);
                }
                Some(b'\\') => {
                    self.at += 1;
                    let character = self.escape()?;
                    value.to_mut().push(character);
                }
                _ => return Err(self.not_json()),
            }
        }
    }

    /// What stands before the end of a text, an escape or a control character.
    fn plain(&mut self) -> &'text str {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len());
        let start = self.at;
        self.at += length;
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn escape(&mut self) -> Result<char, NotJson> {
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
                    return Ok(char::from_u32(high).unwrap_or_else(|| self.unpaired()));
                }
                let after_high = self.at;
                if self.word("\\u").is_ok() {
                    let low = self.unit()?;
                    if (0xdc00..0xe000).contains(&low) {
                        return Ok(char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)).unwrap_or('?'));
                    }
                }
                self.at = after_high;
                self.unpaired()
            }
            _ => return Err(self.not_json()),
        })
    }

    fn unpaired(&mut self) -> char {
        self.unpaired_surrogate = true;
        '?'
    }

    /// Nothing but blanks is left.
    pub(super) fn end(&mut self) -> Result<(), NotJson> {
        self.blanks();
        if self.at == self.text.len() { Ok(()) } else { Err(self.not_json()) }
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, NotJson> {
        let digits = self.text.get(self.at..self.at + 4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or_else(|| self.not_json())?;
        self.at += 4;
        Ok(unit)
    }

    pub(super) fn word(&mut self, word: &str) -> Result<(), NotJson> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.not_json())
        }
    }

    pub(super) fn take(&mut self, byte: u8) -> Result<(), NotJson> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.not_json())
        }
    }

    pub(super) fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn not_json(&self) -> NotJson {
        NotJson { at: self.at }
    }
}
