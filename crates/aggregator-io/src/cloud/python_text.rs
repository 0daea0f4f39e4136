//! How Python writes times and lists of texts.

use chrono::{DateTime, Utc};

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
