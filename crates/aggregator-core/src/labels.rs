//! Label sets by number: each distinct label text is read once, and rows carry small ids instead of text.
//!
//! koku's SQL groups and joins on maps of labels. Grouping frames by such text costs several times the time and over ten times
//! the memory of grouping by ids, so [`LabelSets::encode`] turns a column of texts into a column of ids at the edge, where a
//! malformed text is still an error; the transforms merge ids, and the last one writes the text.

use crate::trino::{LabelError, LabelMap, json_format, key_order, label_map};
use polars::prelude::*;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The tag key that koku always keeps, if any key is enabled at all.
const VM_KEY: &str = "vm_kubevirt_io_name";

/// The id of the empty set, `{}`.
const EMPTY: u32 = 0;

/// Which labels are kept, by their keys.
///
/// Anything that can be iterated as texts is a set of keys: `EnabledTagKeys::from(["app"])`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnabledTagKeys {
    /// Every label, as if the tenant had enabled each key of its line items.
    All,
    /// The labels with these keys, and `vm_kubevirt_io_name`. With no key at all no label is kept, not even that one, as in the SQL,
    /// where the array of keys is null then.
    Only(BTreeSet<String>),
}

impl EnabledTagKeys {
    /// Whether a label with this key is kept.
    pub fn keeps(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(keys) => keys.contains(key) || key == VM_KEY && !keys.is_empty(),
        }
    }
}

impl<Keys, Key> From<Keys> for EnabledTagKeys
where
    Keys: IntoIterator<Item = Key>,
    Key: AsRef<str>,
{
    fn from(keys: Keys) -> Self {
        Self::Only(keys.into_iter().map(|key| key.as_ref().to_owned()).collect())
    }
}

/// The label sets of one run, by id. Equal sets have equal ids; a null id is a null map.
///
/// Cloning is cheap and shares the sets. Ids mean nothing outside the `LabelSets` that gave them.
#[derive(Clone, Debug)]
pub struct LabelSets {
    enabled: Arc<EnabledTagKeys>,
    sets: Arc<Mutex<Sets>>,
}

#[derive(Debug, Default)]
struct Sets {
    by_id: Vec<Arc<LabelMap>>,
    ids: PlHashMap<Arc<LabelMap>, u32>,
    texts: PlHashMap<String, Option<u32>>,
    merged: PlHashMap<(u32, u32), u32>,
    written: PlHashMap<u32, String>,
}

impl Sets {
    fn id(&mut self, labels: LabelMap) -> u32 {
        if let Some(id) = self.ids.get(&labels) {
            return *id;
        }
        // More than 2^32 distinct sets do not fit into memory.
        let id = u32::try_from(self.by_id.len()).unwrap_or(u32::MAX);
        let labels = Arc::new(labels);
        self.by_id.push(Arc::clone(&labels));
        self.ids.insert(labels, id);
        id
    }

    fn merge(&mut self, left: u32, right: u32) -> u32 {
        if left == EMPTY || left == right {
            return right;
        }
        if right == EMPTY {
            return left;
        }
        if let Some(id) = self.merged.get(&(left, right)) {
            return *id;
        }
        let merged = match (self.by_id.get(left as usize), self.by_id.get(right as usize)) {
            (Some(left), Some(right)) => overlay(left, right),
            _ => LabelMap::new(),
        };
        let id = self.id(merged);
        self.merged.insert((left, right), id);
        id
    }

    fn text(&mut self, id: u32) -> &str {
        let labels = self.by_id.get(id as usize);
        self.written.entry(id).or_insert_with(|| labels.map(|labels| json_format(labels)).unwrap_or_default())
    }
}

/// `map_concat(left, right)`: the right value wins, even if null.
fn overlay(left: &LabelMap, right: &LabelMap) -> LabelMap {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let mut merged = LabelMap::new();
    loop {
        let order = match (left.peek(), right.peek()) {
            (Some((left_key, _)), Some((right_key, _))) => key_order(left_key, right_key),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return merged,
        };
        if order != Ordering::Greater {
            let label = left.next();
            if order == Ordering::Less {
                merged.extend(label.cloned());
            }
        }
        if order != Ordering::Less {
            merged.extend(right.next().cloned());
        }
    }
}

impl LabelSets {
    /// No sets yet; labels are kept as `enabled` says, such as `["app"]` or [`EnabledTagKeys::All`].
    pub fn new(enabled: impl Into<EnabledTagKeys>) -> Self {
        Self::empty(Arc::new(enabled.into()))
    }

    /// The same enabled keys, and no sets: for rows that share nothing with earlier ones, so that memory does not grow.
    #[must_use]
    pub fn forget(&self) -> Self {
        Self::empty(Arc::clone(&self.enabled))
    }

    fn empty(enabled: Arc<EnabledTagKeys>) -> Self {
        let labels = Self { enabled, sets: Arc::default() };
        labels.lock().id(LabelMap::new());
        labels
    }

    /// The ids of the enabled labels in `texts`, a column of label texts; null and JSON `null` give null.
    ///
    /// # Errors
    /// [`LabelError`]: Trino refuses one of the texts, see [`label_map`].
    pub fn encode(&self, texts: &StringChunked) -> Result<UInt32Chunked, LabelError> {
        let mut sets = self.lock();
        let mut ids = Vec::with_capacity(texts.len());
        for text in texts.iter() {
            ids.push(match text {
                None => None,
                Some(text) => {
                    if let Some(id) = sets.texts.get(text) {
                        *id
                    } else {
                        let id = label_map(text)?.map(|labels| sets.id(self.enabled_only(labels)));
                        sets.texts.insert(text.to_owned(), id);
                        id
                    }
                }
            });
        }
        Ok(UInt32Chunked::from_iter_options(texts.name().clone(), ids.into_iter()))
    }

    /// The ids of `left` overlaid by `right`, where `right` wins (`map_concat`); null if either is null.
    pub(crate) fn overlay(&self, left: Expr, right: Expr) -> Expr {
        let labels = self.clone();
        left.map_many(
            move |columns| {
                let [left, right] = columns else { polars_bail!(ComputeError: "overlay takes two columns") };
                let (left, right) = (left.u32()?, right.u32()?);
                let mut sets = labels.lock();
                let pairs = left.iter().zip(right.iter());
                let ids = pairs.map(|(left_id, right_id)| Some(sets.merge(left_id?, right_id?)));
                Ok(UInt32Chunked::from_iter_options(left.name().clone(), ids).into_column())
            },
            &[right],
            |_, fields| Ok(Field::new(first_name(fields), DataType::UInt32)),
        )
    }

    /// The JSON text of the sets whose ids are in `set`, as Trino writes it; null for null.
    pub(crate) fn text(&self, set: Expr) -> Expr {
        let labels = self.clone();
        set.map(
            move |column| {
                let ids = column.u32()?;
                let mut sets = labels.lock();
                // Rows of one set share one text.
                let mut places: PlHashMap<u32, IdxSize> = PlHashMap::default();
                let mut texts = StringChunkedBuilder::new(ids.name().clone(), 0);
                let mut place = |id| {
                    let next = IdxSize::try_from(places.len()).unwrap_or(IdxSize::MAX);
                    *places.entry(id).or_insert_with(|| {
                        texts.append_value(sets.text(id));
                        next
                    })
                };
                let rows: IdxCa = ids.iter().map(|id| id.map(&mut place)).collect();
                if places.is_empty() {
                    return Ok(Column::full_null(ids.name().clone(), ids.len(), &DataType::String));
                }
                Ok(texts.finish().take(&rows)?.into_column())
            },
            |_, field| Ok(Field::new(field.name().clone(), DataType::String)),
        )
    }

    /// `set`, or the empty set where it is null (`coalesce(labels, map())`).
    pub(crate) fn or_empty(set: Expr) -> Expr {
        set.fill_null(lit(EMPTY))
    }

    fn enabled_only(&self, mut labels: LabelMap) -> LabelMap {
        labels.retain(|(key, _)| self.enabled.keeps(key));
        labels
    }

    fn lock(&self) -> MutexGuard<'_, Sets> {
        // The sets are only added to, so a panic elsewhere leaves them usable.
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn first_name(fields: &[Field]) -> PlSmallStr {
    fields.first().map_or(PlSmallStr::EMPTY, |field| field.name().clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn texts(labels: &LabelSets, left: &[Option<&str>], right: &[Option<&str>]) -> Vec<Option<String>> {
        let encode = |texts: &[Option<&str>], name: &str| {
            let texts = StringChunked::from_iter_options(name.into(), texts.iter().copied());
            labels.encode(&texts).map(IntoColumn::into_column).unwrap_or_default()
        };
        let frame = DataFrame::new(left.len(), vec![encode(left, "left"), encode(right, "right")]).unwrap_or_default();
        let merged = labels.text(labels.overlay(col("left"), col("right"))).alias("merged");
        let merged = frame.lazy().select([merged]).collect().unwrap_or_default();
        merged
            .column("merged")
            .and_then(|column| Ok(column.str()?.iter().map(|text| text.map(str::to_owned)).collect()))
            .unwrap_or_default()
    }

    #[test]
    fn the_right_label_wins_and_null_makes_all_null() {
        let labels = LabelSets::new(["app", "env"]);
        let merged = texts(
            &labels,
            &[Some(r#"{"app":"a","env":"e","other":"x"}"#), None, Some("{}"), Some("null")],
            &[Some(r#"{"app":null}"#), Some("{}"), None, Some("{}")],
        );
        assert_eq!(merged, [Some(r#"{"app":null,"env":"e"}"#.to_owned()), None, None, None]);
    }

    #[test]
    fn the_vm_key_is_kept_only_if_a_key_is_enabled() {
        let text = [Some(r#"{"vm_kubevirt_io_name":"vm","app":"a"}"#)];
        assert_eq!(texts(&LabelSets::new(["env"]), &text, &[Some("{}")]), [Some(r#"{"vm_kubevirt_io_name":"vm"}"#.to_owned())]);
        assert_eq!(texts(&LabelSets::new(Vec::<String>::new()), &text, &[Some("{}")]), [Some("{}".to_owned())]);
    }

    #[test]
    fn every_label_is_kept_if_all_keys_are_enabled() {
        let labels = LabelSets::new(EnabledTagKeys::All);
        let vm = [Some(r#"{"vm_kubevirt_io_name":"vm"}"#)];
        for labels in [labels.clone(), labels.forget()] {
            let merged = texts(&labels, &vm, &[Some(r#"{"app":"a"}"#)]);
            assert_eq!(merged, [Some(r#"{"app":"a","vm_kubevirt_io_name":"vm"}"#.to_owned())]);
        }
    }

    #[test]
    fn a_malformed_text_is_an_error_even_under_a_disabled_key() {
        let texts = StringChunked::from_iter_options("pod_labels".into(), [Some(r#"{"zzz":{}}"#)].into_iter());
        assert!(LabelSets::new(["app"]).encode(&texts).is_err());
    }

    proptest! {
        /// The law of `map_concat`: equal to overlaying two ordinary maps.
        #[test]
        fn prop_overlay_is_the_overlay_of_maps(left: BTreeMap<String, Option<String>>, right: BTreeMap<String, Option<String>>) {
            let keys: Vec<_> = left.keys().chain(right.keys()).collect();
            let labels = LabelSets::new(keys);
            let json = |map: &BTreeMap<String, Option<String>>| serde_json::to_string(map).unwrap_or_default();
            let merged = texts(&labels, &[Some(&json(&left))], &[Some(&json(&right))]);
            let merged = merged.into_iter().next().flatten().unwrap_or_default();
            let merged: BTreeMap<String, Option<String>> = serde_json::from_str(&merged).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let mut expected = left;
            expected.extend(right);
            prop_assert_eq!(merged, expected);
        }
    }
}
