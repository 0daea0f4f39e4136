//! The distinct texts of a side, and labels in one canonical text.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Number, Value};

/// The number of a null in place of a text.
pub(crate) const NULL: usize = 0;

/// Distinct texts, numbered from one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    all: Vec<Arc<str>>,
    ids: HashMap<Arc<str>, usize>,
    labels: HashMap<Box<str>, usize>,
}

impl Texts {
    /// The number of `text`.
    pub(crate) fn id(&mut self, text: &str) -> usize {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let text: Arc<str> = text.into();
        self.all.push(text.clone());
        let id = self.all.len();
        self.ids.insert(text, id);
        id
    }

    /// The number of the canonical text of labels; what is not JSON stays as it is and equals nothing but itself.
    pub(crate) fn labels(&mut self, text: &str) -> usize {
        if let Some(id) = self.labels.get(text) {
            return *id;
        }
        let id = match canonical(text) {
            Some(canonical) => self.id(&canonical),
            None => self.id(text),
        };
        self.labels.insert(text.into(), id);
        id
    }

    /// The number of the canonical text of an array of texts; what is no such array stays as it is.
    pub(crate) fn array(&mut self, text: &str) -> usize {
        match canonical_array(text) {
            Some(canonical) => self.id(&canonical),
            None => self.id(text),
        }
    }

    /// The text with the number `id`; none for null.
    pub(crate) fn text(&self, id: usize) -> Option<&str> {
        self.all.get(id.checked_sub(1)?).map(AsRef::as_ref)
    }

    /// All texts, in the order of their numbers.
    pub(crate) fn all(&self) -> &[Arc<str>] {
        &self.all
    }
}

/// A JSON array of texts and nulls in their order: an array of different values is made in any order, but how often each is there counts.
pub(super) fn canonical_array(text: &str) -> Option<String> {
    let mut texts: Vec<Option<String>> = serde_json::from_str(text).ok()?;
    texts.sort_unstable();
    serde_json::to_string(&texts).ok()
}

/// JSON with sorted keys and no blanks; numbers by value, so that `0`, `0.0` and `0.000000000` are one.
pub(super) fn canonical(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    let mut out = String::with_capacity(text.len());
    write_canonical(&value, &mut out).ok()?;
    Some(out)
}

fn write_canonical(value: &Value, out: &mut String) -> std::fmt::Result {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index, out);
                write_canonical(item, out)?;
            }
            out.push(']');
            Ok(())
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, member)) in members.into_iter().enumerate() {
                separate(index, out);
                write!(out, "{}:", Value::from(key.as_str()))?;
                write_canonical(member, out)?;
            }
            out.push('}');
            Ok(())
        }
        Value::Number(number) => write_number(number, out),
        Value::Null | Value::Bool(_) | Value::String(_) => write!(out, "{value}"),
    }
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}

fn write_number(number: &Number, out: &mut String) -> std::fmt::Result {
    match number.as_f64() {
        // A whole double prints without a fraction, like the integer that it equals; adding zero takes the sign from -0.
        Some(double) if number.is_f64() => write!(out, "{}", double + 0.0),
        _ => write!(out, "{number}"),
    }
}
