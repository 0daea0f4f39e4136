//! The attributes of a generator as Python sees them.

use crate::nise::scalar::Scalar;
use crate::nise::yaml::Node;

/// A mapping of the file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Attributes<'a>(&'a [(Node, Node)]);

impl<'a> Attributes<'a> {
    /// The mapping `node`.
    ///
    /// # Errors
    /// It is something else; `what` says what it should have been.
    pub(crate) fn of(node: &'a Node, what: &str) -> Result<Self, String> {
        match node {
            Node::Mapping(_, members) => Ok(Self(members)),
            _ => Err(format!("{what} is no mapping: nise refuses that")),
        }
    }

    /// `attributes.get(name)` where only a name that is left out is none; null is a value.
    pub(crate) fn find(self, name: &str) -> Option<&'a Node> {
        self.members().find(|(key, _)| matches!(key, Node::Scalar(Scalar::Text(text)) if text == name)).map(|(_, value)| value)
    }

    /// `if attributes.get(name)`: nothing that is null, zero, false or empty.
    pub(crate) fn truthy(self, name: &str) -> Option<&'a Node> {
        self.find(name).filter(|node| is_true(node))
    }

    /// The mapping `name`, if there is one that is not empty.
    ///
    /// # Errors
    /// It is something else.
    pub(crate) fn mapping(self, name: &str) -> Result<Option<Self>, String> {
        self.truthy(name).map(|node| Self::of(node, &format!("`{name}`"))).transpose()
    }

    /// `float(attributes.get(name))`, if that is true.
    ///
    /// # Errors
    /// Python makes no number of it.
    pub(crate) fn float(self, name: &str) -> Result<Option<f64>, String> {
        self.truthy(name).map(|node| float(node, name)).transpose()
    }

    /// Keys and values in the order of the file.
    pub(crate) fn members(self) -> impl Iterator<Item = &'a (Node, Node)> {
        self.0.iter()
    }
}

/// Python's truth of a value.
pub(crate) fn is_true(node: &Node) -> bool {
    match node {
        Node::Scalar(scalar) => match scalar {
            Scalar::Null => false,
            Scalar::Bool(value) => *value,
            Scalar::Integer(value) => *value != 0,
            Scalar::Float(value) => *value != 0.0,
            Scalar::Text(text) => !text.is_empty(),
            Scalar::Date(_) | Scalar::Time(_) => true,
        },
        Node::List(items) => !items.is_empty(),
        Node::Mapping(_, members) => !members.is_empty(),
    }
}

/// What a CSV writer makes of a value: null is empty.
///
/// # Errors
/// A list or a mapping.
pub(crate) fn csv_text(node: &Node) -> Result<String, String> {
    match node {
        Node::Scalar(scalar) => Ok(scalar.python_text()),
        _ => Err("a list or a mapping stands where a plain value is needed".to_owned()),
    }
}

/// What an f-string or `str` makes of a value: null is `None`.
///
/// # Errors
/// A list or a mapping.
pub(crate) fn python_text(node: &Node) -> Result<String, String> {
    match node {
        Node::Scalar(Scalar::Null) => Ok("None".to_owned()),
        other => csv_text(other),
    }
}

/// Python's `float`.
///
/// # Errors
/// Python makes no number of it.
pub(crate) fn float(node: &Node, name: &str) -> Result<f64, String> {
    let number = match node {
        Node::Scalar(Scalar::Float(value)) => Some(*value),
        Node::Scalar(Scalar::Bool(value)) => Some(f64::from(u8::from(*value))),
        Node::Scalar(Scalar::Integer(value)) => value.to_string().parse().ok(),
        Node::Scalar(Scalar::Text(text)) => text.trim().parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| format!("`{name}` is no number: nise refuses that"))
}
