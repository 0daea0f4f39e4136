//! What the ingest makes of texts: cells that are not available, escaped names, labels. By its description, not by its code.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::known::{Name, Why};

/// Cells that pandas takes for empty ones.
const NOT_AVAILABLE: &[&str] = &[
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None",
    "n/a", "nan", "null",
];

/// The label that is kept whenever any is.
const MACHINE_KEY: &str = "vm_kubevirt_io_name";

/// A text as pandas reads it: some mean that there is none.
pub(crate) fn available(text: &str) -> &str {
    let text = text.split('\0').next().unwrap_or_default();
    if NOT_AVAILABLE.contains(&text) { "" } else { text }
}

/// A name as the ingest keeps it.
pub(crate) fn cell(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in available(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A name as the ingest keeps it, if the YAML has it.
pub(crate) fn name(name: &Name) -> Name {
    match name {
        Name::Given(text) => Name::Given(cell(text)),
        Name::Random(number, why) => Name::Random(*number, *why),
    }
}

/// Labels by key.
pub(crate) type LabelMap = BTreeMap<String, String>;

/// The labels of a cell: parts with exactly one colon, without every `label_` in the key; the last of a key counts.
pub(crate) fn labels(text: &str) -> LabelMap {
    available(text)
        .split('|')
        .filter_map(|part| part.split_once(':').filter(|(_, value)| !value.contains(':')))
        .map(|(key, value)| (key.replace("label_", ""), value.to_owned()))
        .collect()
}

/// Which labels the tenant enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Enabled {
    All,
    /// None at all, if it is empty; else these, and that of virtual machines.
    Keys(BTreeSet<String>),
}

impl Enabled {
    pub(crate) fn keeps_nothing(&self) -> bool {
        matches!(self, Self::Keys(keys) if keys.is_empty())
    }

    /// The labels that are kept.
    pub(crate) fn filter(&self, labels: LabelMap) -> LabelMap {
        match self {
            Self::All => labels,
            Self::Keys(keys) if keys.is_empty() => LabelMap::new(),
            Self::Keys(keys) => labels.into_iter().filter(|(key, _)| key == MACHINE_KEY || keys.contains(key)).collect(),
        }
    }
}

/// All but the name of a virtual machine, which a pod's own label overlays.
pub(crate) fn without_machine(mut labels: LabelMap) -> LabelMap {
    labels.remove(MACHINE_KEY);
    labels
}

/// Merged labels, or random ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Labels {
    Given(LabelMap),
    /// Whose, why, and the labels around them.
    Random(Name, Why, LabelMap),
}

/// JSON with sorted keys and no blanks, as the sides that are read have it.
pub(crate) fn json(labels: &LabelMap) -> String {
    let members: Vec<String> =
        labels.iter().map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), Value::from(value.as_str()))).collect();
    format!("{{{}}}", members.join(","))
}

/// SQL's `LIKE` without an escape.
pub(crate) fn like(text: &str, pattern: &str) -> bool {
    fn matches(text: &[char], pattern: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('%', rest)) => (0..=text.len()).any(|skipped| matches(text.get(skipped..).unwrap_or_default(), rest)),
            Some(('_', rest)) => text.split_first().is_some_and(|(_, text)| matches(text, rest)),
            Some((character, rest)) => text.split_first().is_some_and(|(first, text)| first == character && matches(text, rest)),
        }
    }
    matches(&text.chars().collect::<Vec<_>>(), &pattern.chars().collect::<Vec<_>>())
}
