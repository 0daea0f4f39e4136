//! Tags: which are kept, and their text.

use std::collections::BTreeSet;

use super::Reference;
use super::item::Field;
use crate::nise::known::Why;
use crate::nise::text::{LabelMap, json};

/// The kept ones of these tags, as the summary has them.
pub(crate) fn given(tags: LabelMap, reference: &Reference) -> Field {
    Field::text(&json(&tags.into_iter().filter(|(key, _)| reference.keeps(key)).collect()))
}

/// Random tags with these keys: if none of them is kept, nothing is left.
pub(crate) fn random(keys: impl IntoIterator<Item = String>, why: Why, reference: &Reference) -> Field {
    let kept: BTreeSet<String> = keys.into_iter().filter(|key| reference.keeps(key)).collect();
    if kept.is_empty() { Field::text("{}") } else { Field::KeysOf(kept, why) }
}
