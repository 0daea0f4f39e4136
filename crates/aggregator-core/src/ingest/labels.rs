//! The operator's label texts as Python's JSON.
//!
//! `label_app:web|label_env:prod` becomes `{"app": "web", "env": "prod"}`. The exact text is a contract: SQL looks for pieces of it,
//! and the roll-up groups by it.

use polars::prelude::*;
use std::borrow::Cow;

/// What Prometheus puts before the keys of labels; it is removed wherever it stands in a key.
const PREFIX: &str = "label_";

/// So many labels are looked through one by one for a key; more are looked up.
const FEW: usize = 16;

/// The labels of `text` as `json.dumps` writes them: in order, `", "` and `": "` between, all beyond ASCII escaped.
///
/// A part without a colon or with several is no label. The last label of a key wins, at the place of the first.
///
/// ```
/// use aggregator_core::ingest::label_json;
/// assert_eq!(label_json("label_app:web|label_url:http://x|label_ü:1"), r#"{"app": "web", "\u00fc": "1"}"#);
/// ```
pub fn label_json(text: &str) -> String {
    let mut labels: Vec<(Cow<'_, str>, &str)> = Vec::new();
    let mut places: PlHashMap<Cow<'_, str>, usize> = PlHashMap::default();
    for part in text.split('|') {
        let Some((key, value)) = part.split_once(':') else { continue };
        if value.contains(':') {
            continue;
        }
        let key = without_prefix(key);
        let place = if places.is_empty() { labels.iter().position(|(known, _)| *known == key) } else { places.get(&key).copied() };
        if let Some((_, known)) = place.and_then(|place| labels.get_mut(place)) {
            *known = value;
            continue;
        }
        if labels.len() == FEW {
            places.extend(labels.iter().enumerate().map(|(place, (key, _))| (key.clone(), place)));
        }
        if !places.is_empty() {
            places.insert(key.clone(), labels.len());
        }
        labels.push((key, value));
    }
    let mut json = String::with_capacity(text.len() + 8 * labels.len() + 2);
    json.push('{');
    for (index, (key, value)) in labels.iter().enumerate() {
        if index > 0 {
            json.push_str(", ");
        }
        push_string(&mut json, key);
        json.push_str(": ");
        push_string(&mut json, value);
    }
    json.push('}');
    json
}

/// [`label_json`] of a column, once for each distinct text.
pub(super) fn label_texts(cells: Expr) -> Expr {
    cells.map(
        |column| super::distinct::replaced_by_distinct_text(column.str()?, |text| Some(label_json(text))),
        |_, field| Ok(field.clone()),
    )
}

fn without_prefix(key: &str) -> Cow<'_, str> {
    let rest = key.strip_prefix(PREFIX).unwrap_or(key);
    // One pass, as in Python: a prefix that the removal puts together stays.
    if rest.contains(PREFIX) { Cow::Owned(key.replace(PREFIX, "")) } else { Cow::Borrowed(rest) }
}

fn push_string(json: &mut String, text: &str) {
    json.push('"');
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        json.push_str(text);
    } else {
        for character in text.chars() {
            push_escaped(json, character);
        }
    }
    json.push('"');
}

pub(super) fn push_escaped(json: &mut String, character: char) {
    match character {
        '"' => json.push_str("\\\""),
        '\\' => json.push_str("\\\\"),
        '\u{8}' => json.push_str("\\b"),
        '\t' => json.push_str("\\t"),
        '\n' => json.push_str("\\n"),
        '\u{c}' => json.push_str("\\f"),
        '\r' => json.push_str("\\r"),
        ' '..='~' => json.push(character),
        _ => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                json.push_str("\\u");
                for shift in [12, 8, 4, 0] {
                    // A nibble is always a digit.
                    json.extend(char::from_digit(u32::from(*unit >> shift) & 0xf, 16));
                }
            }
        }
    }
}
