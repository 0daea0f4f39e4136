//! `json_format(CAST(map AS json))`: compact text, keys in UTF-16 order.

use super::LabelMap;
use std::cmp::Ordering;
use std::fmt::Write;

/// The order of keys in Trino's JSON objects: by UTF-16 code units, so a key beyond U+FFFF sorts before one in U+E000–U+FFFF.
pub fn key_order(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

/// The text of a map of labels. The map's entries must be in [`key_order`], as [`super::label_map`] returns them.
pub fn json_format(labels: &LabelMap) -> String {
    let mut text = String::from("{");
    for (index, (key, value)) in labels.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        string(&mut text, key);
        text.push(':');
        match value {
            Some(value) => string(&mut text, value),
            None => text.push_str("null"),
        }
    }
    text.push('}');
    text
}

pub(super) fn string(text: &mut String, value: &str) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            ' '..='\u{ffff}' => text.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "\\u{unit:04X}");
                }
            }
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trino::label_map;

    fn check(json: &str, expected: &str) {
        let labels = label_map(json).map(|labels| labels.map(|labels| json_format(&labels)));
        assert_eq!(labels, Ok(Some(expected.to_owned())));
    }

    #[test]
    fn text_is_compact_and_sorted_by_utf_16() {
        check("{\"b\": \"2\", \"a\": \"1\"}", r#"{"a":"1","b":"2"}"#);
        check("{\"\u{ff5e}\": \"1\", \"𝒳\": \"2\"}", "{\"\\uD835\\uDCB3\":\"2\",\"\u{ff5e}\":\"1\"}");
    }

    #[test]
    fn control_characters_are_escaped_and_the_rest_is_raw() {
        check(r#"{"k": "\u0001\b\t\n\f\r\"\\/"}"#, r#"{"k":"\u0001\b\t\n\f\r\"\\/"}"#);
        check("{\"k\": \"\u{7f}\u{2028}é\"}", "{\"k\":\"\u{7f}\u{2028}é\"}");
        check(r#"{"k": null}"#, r#"{"k":null}"#);
    }
}
