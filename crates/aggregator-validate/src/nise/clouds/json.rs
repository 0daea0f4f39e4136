//! Values that nise writes as JSON, and koku's SQL reads as texts.

use super::attributes::Attributes;
use crate::nise::scalar::Scalar;
use crate::nise::text::LabelMap;
use crate::nise::yaml::Node;

/// The members of an object, cast to texts.
///
/// # Errors
/// A value that is null, a list or a mapping, or a key that JSON cannot have.
pub(crate) fn texts(members: Attributes<'_>) -> Result<LabelMap, String> {
    members.members().map(|(key, value)| key_text(key).and_then(|key| Ok((key.clone(), text(value, &key)?)))).collect()
}

/// A value of an object, cast to a text.
///
/// # Errors
/// It is null, a list or a mapping.
pub(crate) fn text(node: &Node, name: &str) -> Result<String, String> {
    match node {
        Node::Scalar(Scalar::Text(text)) => Ok(text.clone()),
        Node::Scalar(Scalar::Bool(value)) => Ok(value.to_string()),
        Node::Scalar(Scalar::Integer(integer)) => Ok(integer.to_string()),
        Node::Scalar(Scalar::Float(float)) if float.is_finite() => Ok(double_text(*float)),
        _ => Err(format!("the value of `{name}` is neither text nor number nor truth value")),
    }
}

/// A value taken out of an object: null where it is none, or one with members.
///
/// # Errors
/// A date or a number that is not finite, which JSON cannot have.
pub(crate) fn scalar(node: &Node, name: &str) -> Result<Option<String>, String> {
    match node {
        Node::Scalar(Scalar::Null) | Node::List(_) | Node::Mapping(..) => Ok(None),
        Node::Scalar(Scalar::Float(float)) if float.is_finite() => Ok(Some(serde_json::Value::from(*float).to_string())),
        other @ Node::Scalar(_) => text(other, name).map(Some),
    }
}

/// A key as Python's `json` writes it.
///
/// # Errors
/// A date, a list or a mapping.
pub(crate) fn key_text(node: &Node) -> Result<String, String> {
    match node {
        Node::Scalar(Scalar::Text(text)) => Ok(text.clone()),
        Node::Scalar(Scalar::Null) => Ok("null".to_owned()),
        Node::Scalar(Scalar::Bool(value)) => Ok(value.to_string()),
        Node::Scalar(scalar @ (Scalar::Integer(_) | Scalar::Float(_))) => Ok(scalar.python_text()),
        _ => Err("a key is neither text nor number: nise refuses that".to_owned()),
    }
}

/// `1.1E0`, `1.0E2`, `0E0`.
fn double_text(double: f64) -> String {
    let text = format!("{double:E}");
    match text.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') && double != 0.0 => format!("{mantissa}.0E{exponent}"),
        _ => text,
    }
}
