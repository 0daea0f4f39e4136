//! Texts that Python takes for numbers.
//!
//! `float` and `int` of Python 3.11 take decimal digits of every script (Unicode 14), single `_` between digits, and white space
//! around; `float` also takes `inf`, `infinity` and `nan` in any case, and what is too great becomes infinite.

use std::borrow::Cow;

/// The decimal digits zero beyond ASCII; the other nine follow each.
const ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0,
    0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50,
    0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// Python refuses to read longer integers.
const INTEGER_DIGITS: usize = 4300;

/// What `float(text)` is; `None` where it raises `ValueError`.
///
/// ```
/// use aggregator_core::ingest::python_float;
/// assert_eq!(python_float(" 1_000.5 "), Some(1000.5));
/// assert_eq!(python_float("0x10"), None);
/// ```
pub fn python_float(text: &str) -> Option<f64> {
    // Rust and Python agree on ASCII without blanks and underscores: grammar and rounding.
    text.parse().ok().or_else(|| ascii(text)?.parse().ok())
}

/// What `int(text)` is, as a double; `None` where it raises `ValueError`, or where no double is that great.
pub fn python_int(text: &str) -> Option<f64> {
    let ascii = ascii(text)?;
    let digits = ascii.strip_prefix(['+', '-']).unwrap_or(&ascii);
    if digits.is_empty() || digits.len() > INTEGER_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // There is no negative zero among the integers.
    ascii.parse().ok().map(|number: f64| number + 0.0).filter(|number| number.is_finite())
}

/// Whether Python's `str.isspace` holds for the character.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// The number's text in ASCII, without blanks around and without underscores; `None` where Python raises.
fn ascii(text: &str) -> Option<Cow<'_, str>> {
    let text = if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.chars().map(to_ascii).collect::<Option<String>>()?) };
    // Of the control characters, only those that C calls space are cut off.
    let is_c_space = |character: char| matches!(character, '\t'..='\r' | ' ');
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(is_c_space)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(is_c_space).to_owned()),
    };
    if !text.contains('_') {
        return Some(text);
    }
    let mut without = String::with_capacity(text.len());
    let mut before = ' ';
    for character in text.chars() {
        if (character == '_' && !before.is_ascii_digit()) || (before == '_' && !character.is_ascii_digit()) {
            return None;
        }
        if character != '_' {
            without.push(character);
        }
        before = character;
    }
    (before != '_').then_some(Cow::Owned(without))
}

fn to_ascii(character: char) -> Option<char> {
    if character.is_ascii() {
        return Some(character);
    }
    if character.is_whitespace() {
        return Some(' ');
    }
    let point = u32::from(character);
    let before = ZEROS.partition_point(|zero| *zero <= point).checked_sub(1)?;
    char::from_digit(point - ZEROS.get(before)?, 10)
}
