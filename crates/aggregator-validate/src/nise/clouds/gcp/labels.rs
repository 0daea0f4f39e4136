//! Labels, and the instance type in the system's labels.

use super::super::attributes::{Attributes, is_true};
use super::super::item::{Field, exactly};
use super::super::{Context, json, tags};
use super::generators::{Label, Special};
use super::row::Row;
use super::sku::{Sku, Unit};
use crate::nise::known::Why;
use crate::nise::text::LabelMap;
use crate::nise::yaml::Node;
use crate::rows::Cell;

const NO_LABELS: Why = Why::Cloud("no `labels`: nise draws whether a line has one of its own");

/// Why an instance type is not known.
pub(super) const NO_INSTANCE_TYPE: Why = Why::Cloud("no `instance_type`: nise draws one");

/// Those that nise draws from.
const INSTANCE_TYPES: [&str; 4] = ["e2-medium", "n1-standard-4", "m2-megamem-416", "a2-highgpu-1g"];

/// The labels of a line.
///
/// # Errors
/// `labels` is no list of mappings.
pub(super) fn labels(row: &Row<'_>, context: &Context<'_>) -> Result<Field, String> {
    match row.attributes.truthy("labels") {
        Some(Node::List(labels)) => {
            let mut all = LabelMap::new();
            for label in labels {
                all.extend(of(Attributes::of(label, "a label")?)?);
            }
            Ok(tags::given(all, context.reference))
        }
        Some(_) => Err("`labels` is no list: nise refuses that".to_owned()),
        None => {
            let Label { key, value, always } = row.kind.label;
            let labelled = tags::given(LabelMap::from([(key.to_owned(), value.to_owned())]), context.reference);
            let empty = tags::given(LabelMap::new(), context.reference);
            Ok(match (labelled, empty) {
                (Field::Is(labelled), Field::Is(empty)) if !always && labelled != empty => Field::OneOf(vec![empty, labelled], NO_LABELS),
                (labelled, _) => labelled,
            })
        }
    }
}

/// A label with `key` and `value`, or several as members.
fn of(label: Attributes<'_>) -> Result<LabelMap, String> {
    match (label.find("key"), label.find("value")) {
        (None, None) => json::texts(label),
        (Some(key), Some(value)) => {
            let key = json::key_text(key)?;
            let value = json::text(value, &key)?;
            Ok(LabelMap::from([(key, value)]))
        }
        _ => Err("a label has only one of `key` and `value`".to_owned()),
    }
}

/// The instance types that lines of `sku` can have.
///
/// # Errors
/// System labels in place of nise's own.
pub(super) fn instance_types(row: &Row<'_>, sku: Sku) -> Result<Vec<Cell>, String> {
    if row.kind.special == Special::Service && row.attributes.find("system_labels").is_some_and(is_true) {
        return Err("`system_labels` are not understood".to_owned());
    }
    if row.kind.special != Special::Machine || sku.unit != Unit::Hour {
        return Ok(vec![Cell::Null]);
    }
    let Some(given) = row.attributes.find("instance_type") else {
        return Ok(INSTANCE_TYPES.map(|name| Cell::Text(name.to_owned())).to_vec());
    };
    let given = json::scalar(given, "instance_type")?;
    Ok(vec![given.and_then(|text| exactly(&text).cell().cloned()).unwrap_or(Cell::Null)])
}
