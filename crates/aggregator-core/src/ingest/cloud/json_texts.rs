//! The JSON of tags, labels and credits, as koku rewrites it. `None` where koku fails the file.

use super::Losses;
use crate::ingest::python_json::{Failure, Json, escaped, set, unescaped};
use crate::ingest::python_number::python_float;

/// Azure's tags: JSON, or `"key": "value","key": "value"`; `{}` where they are neither. A list of lists or objects has no keys.
pub(super) fn azure_tags(text: &str) -> Option<String> {
    let json = azure(text)?;
    let keys_cannot_be_taken = match &json {
        Json::Array(values) => values.iter().any(|value| matches!(value, Json::Array(_) | Json::Object(_))),
        _ => false,
    };
    (!keys_cannot_be_taken).then(|| json.write())
}

/// Azure's additional info, written like tags.
pub(super) fn azure_info(text: &str) -> Option<String> {
    azure(text).map(|json| json.write())
}

fn azure(text: &str) -> Option<Json> {
    if text.contains('{') {
        return match Json::read(text) {
            Ok(json) => Some(json),
            Err(Failure::Syntax | Failure::TooLong) => Some(Json::Object(Vec::new())),
            Err(Failure::TooDeep) => None,
        };
    }
    let mut entries = Vec::new();
    for tag in text.split("\",\"") {
        // What comes before the first tag that is none is kept.
        let Some((key, value)) = tag.split_once(": ").filter(|(_, value)| !value.contains(": ")) else { break };
        set(&mut entries, escaped(key.trim_matches('"')), Json::Text(escaped(value.trim_matches('"'))));
    }
    Some(Json::Object(entries))
}

/// GCP's labels: a list of objects with `key` and `value` becomes one object; `{}` where the text is no JSON.
pub(super) fn gcp_labels(text: &str) -> Option<String> {
    let none = || Some("{}".to_owned());
    if text.is_empty() {
        return none();
    }
    let labels = match Json::read(text) {
        Ok(Json::Array(labels)) => labels,
        // Python goes through the keys of an object and the letters of a text.
        Ok(Json::Object(entries)) if entries.is_empty() => return none(),
        Ok(Json::Text(letters)) if letters.is_empty() => return none(),
        Ok(_) | Err(Failure::TooLong | Failure::TooDeep) => return None,
        Err(Failure::Syntax) => return none(),
    };
    let mut entries: Vec<(Key, Json)> = Vec::new();
    for label in &labels {
        set(&mut entries, Key::of(label.get("key")?)?, label.get("value")?.clone());
    }
    let written = entries.into_iter().map(|(key, value)| (key.text, value)).collect();
    Some(Json::Object(written).write())
}

/// A key of a Python dictionary, as JSON writes it; `1` and `"1"` are two keys.
#[derive(PartialEq)]
struct Key {
    text: String,
    is_text: bool,
}

impl Key {
    fn of(json: &Json) -> Option<Self> {
        match json {
            Json::Text(text) => Some(Self { text: text.clone(), is_text: true }),
            Json::Array(_) | Json::Object(_) => None,
            other => Some(Self { text: other.write(), is_text: false }),
        }
    }
}

/// GCP's credits of a row.
#[derive(Debug, PartialEq)]
pub(super) struct Credits {
    /// The first one as JSON, `{}` without any.
    pub text: String,
    /// Its amount, or zero; null if it is no number.
    pub amount: Option<f64>,
}

/// Reads a list of credits, in JSON or as Python prints it.
pub(super) fn gcp_credits(text: &str, losses: Losses) -> Option<Credits> {
    let read = match Json::read(text) {
        Err(Failure::Syntax) => Json::read(&text.replace('\'', "\"").replace("None", "\"None\"")),
        read => read,
    };
    let credits = match read {
        Ok(json) if !json.is_true() => Vec::new(),
        Ok(Json::Array(credits)) => credits,
        Ok(_) | Err(Failure::TooLong | Failure::TooDeep) => return None,
        Err(Failure::Syntax) => Vec::new(),
    };
    let Some(mut first) = credits.first().cloned() else { return Some(Credits { text: "{}".to_owned(), amount: Some(0.0) }) };
    let mut amount = amount_of(&first)?;
    if losses == Losses::Kept
        && credits.len() > 1
        && let Json::Object(entries) = &mut first
    {
        for credit in credits.iter().skip(1) {
            amount += amount_of(credit)?;
        }
        set(entries, escaped("amount"), Json::Float(amount));
    }
    Some(Credits { text: first.write(), amount: (!amount.is_nan()).then_some(amount) })
}

/// `credit.get("amount") or 0.0`; `None` where it cannot be added.
fn amount_of(credit: &Json) -> Option<f64> {
    let amount = credit.get("amount")?;
    match amount {
        amount if !amount.is_true() => Some(0.0),
        Json::Bool(_) => Some(1.0),
        Json::Integer(digits) => python_float(digits),
        Json::Float(number) => Some(*number),
        _ => None,
    }
}

/// The keys of a text that the functions above wrote.
pub(super) fn keys(text: &str) -> Vec<String> {
    let keys = match Json::read(text) {
        Ok(Json::Object(entries)) => entries.into_iter().map(|(key, _)| key).collect(),
        // Python goes through the values of a list and the letters of a text.
        Ok(Json::Array(values)) => {
            values.into_iter().filter_map(|value| if let Json::Text(text) = value { Some(text) } else { None }).collect()
        }
        Ok(Json::Text(text)) => unescaped(&text).unwrap_or_default().chars().map(|letter| escaped(&letter.to_string())).collect(),
        _ => Vec::new(),
    };
    keys.iter().filter_map(|key| unescaped(key)).collect()
}
