//! YAML as PyYAML's `safe_load` reads it: the last of two equal keys wins, `<<` merges, and an alias is the same object.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserialize, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::scalar::Scalar;

/// The key under which a mapping tells its number to whoever asks for it; no YAML has it.
pub(super) const IDENTITY: &str = "\u{0}identity";

/// How deep lists and mappings may be nested, and how many nodes aliases may make: hostile files end there.
const MOST_LEVELS: usize = 100;
const MOST_NODES: usize = 5_000_000;

/// A document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Scalar(Scalar),
    List(Vec<Self>),
    /// Its number, which aliases share, and its members in the order in which their keys first appear.
    Mapping(usize, Vec<(Self, Self)>),
}

/// Why a text is no YAML that nise can read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum YamlError {
    /// The parser's complaint.
    #[error("{0}")]
    Scan(#[from] saphyr_parser::ScanError),
    /// The shape of the values.
    #[error("{0}")]
    Shape(String),
}

impl serde::de::Error for YamlError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Shape(message.to_string())
    }
}

/// Reads the only document of `text` as a `T`.
pub(crate) fn from_text<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, YamlError> {
    T::deserialize(document(text)?)
}

/// The only document of `text`.
pub(crate) fn document(text: &str) -> Result<Node, YamlError> {
    let mut loader = Loader::default();
    let mut found = None;
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next() {
        match event?.0 {
            Event::DocumentStart(_) if found.is_some() => return Err(YamlError::custom("the file holds more than one document")),
            Event::DocumentStart(_) => found = Some(loader.node(&mut parser, 0)?),
            _ => {}
        }
    }
    Ok(found.unwrap_or(Node::Scalar(Scalar::Null)))
}

type Events<'input> = Parser<'input, saphyr_parser::StrInput<'input>>;

#[derive(Default)]
struct Loader {
    anchors: HashMap<usize, Node>,
    mappings: usize,
    nodes: usize,
}

impl Loader {
    fn node(&mut self, parser: &mut Events<'_>, level: usize) -> Result<Node, YamlError> {
        match self.item(parser, level)? {
            Some(node) => Ok(node),
            None => Err(YamlError::custom("the file ends too early")),
        }
    }

    /// The next node; none at the end of a list or mapping.
    fn item(&mut self, parser: &mut Events<'_>, level: usize) -> Result<Option<Node>, YamlError> {
        if level > MOST_LEVELS {
            return Err(YamlError::custom(format!("lists and mappings are nested more than {MOST_LEVELS} deep")));
        }
        let Some(event) = parser.next() else { return Ok(None) };
        let (anchor, node) = match event?.0 {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.as_ref().is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let scalar = match style {
                    ScalarStyle::Plain if !is_text => Scalar::plain(&text),
                    _ => Scalar::Text(text.into_owned()),
                };
                (anchor, Node::Scalar(scalar))
            }
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                while let Some(item) = self.item(parser, level + 1)? {
                    items.push(item);
                }
                (anchor, Node::List(items))
            }
            Event::MappingStart(anchor, _) => (anchor, self.mapping(parser, level)?),
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let node = node.ok_or_else(|| YamlError::custom("an alias refers to what it is in"))?;
                self.count(size(&node))?;
                return Ok(Some(node));
            }
            Event::SequenceEnd | Event::MappingEnd => return Ok(None),
            Event::DocumentEnd | Event::StreamEnd => return Err(YamlError::custom("the file ends too early")),
            _ => return self.item(parser, level + 1),
        };
        self.count(1)?;
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(Some(node))
    }

    fn mapping(&mut self, parser: &mut Events<'_>, level: usize) -> Result<Node, YamlError> {
        self.mappings += 1;
        let number = self.mappings;
        let (mut own, mut merged) = (Vec::new(), Vec::new());
        while let Some(key) = self.item(parser, level + 1)? {
            let value = self.node(parser, level + 1)?;
            if key == Node::Scalar(Scalar::Text("<<".to_owned())) {
                merge(value, &mut merged)?;
            } else {
                put(&mut own, key, value);
            }
        }
        // As in PyYAML: what is merged comes first, and gives way.
        for (key, value) in own {
            put(&mut merged, key, value);
        }
        Ok(Node::Mapping(number, merged))
    }

    fn count(&mut self, nodes: usize) -> Result<(), YamlError> {
        self.nodes += nodes;
        if self.nodes > MOST_NODES { Err(YamlError::custom("the aliases make too many values")) } else { Ok(()) }
    }
}

fn size(node: &Node) -> usize {
    match node {
        Node::Scalar(_) => 1,
        Node::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Node::Mapping(_, members) => 1 + members.iter().map(|(key, value)| size(key) + size(value)).sum::<usize>(),
    }
}

/// The members of what stands behind `<<`; of several mappings the first wins.
fn merge(node: Node, into: &mut Vec<(Node, Node)>) -> Result<(), YamlError> {
    match node {
        Node::Mapping(_, members) => {
            for (key, value) in members {
                put(into, key, value);
            }
            Ok(())
        }
        Node::List(items) => items.into_iter().rev().try_for_each(|item| merge(item, into)),
        Node::Scalar(_) => Err(YamlError::custom("`<<` merges mappings only")),
    }
}

fn put(members: &mut Vec<(Node, Node)>, key: Node, value: Node) {
    match members.iter_mut().find(|(known, _)| *known == key) {
        Some((_, known)) => *known = value,
        None => members.push((key, value)),
    }
}

impl IntoDeserializer<'_, YamlError> for Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Node {
    type Error = YamlError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        match self {
            Self::Scalar(Scalar::Null) => visitor.visit_unit(),
            Self::Scalar(Scalar::Bool(value)) => visitor.visit_bool(value),
            Self::Scalar(Scalar::Integer(value)) => match i64::try_from(value) {
                Ok(value) => visitor.visit_i64(value),
                Err(_) => visitor.visit_i128(value),
            },
            Self::Scalar(Scalar::Float(value)) => visitor.visit_f64(value),
            Self::Scalar(scalar) => visitor.visit_string(scalar.python_text()),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Mapping(_, members) => visitor.visit_map(MapDeserializer::new(members.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        match self {
            Self::Scalar(Scalar::Null) => visitor.visit_none(),
            other => visitor.visit_some(other),
        }
    }

    /// A text that wants to know what it was in the file ([`super::model::Given`]) asks by this name.
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, YamlError> {
        match self {
            Self::Scalar(scalar) if name == super::model::TEXT => visitor.visit_string(scalar.python_text()),
            // A number, in front of the members: aliases of a mapping are known by it.
            Self::Mapping(number, members) if name == IDENTITY => {
                let number = i128::try_from(number).map_err(YamlError::custom)?;
                let own = (Self::Scalar(Scalar::Text(IDENTITY.to_owned())), Self::Scalar(Scalar::Integer(number)));
                visitor.visit_map(MapDeserializer::new(std::iter::once(own).chain(members)))
            }
            other => visitor.visit_newtype_struct(other),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, YamlError> {
        match self {
            Self::Scalar(scalar) => visitor.visit_string(scalar.python_text()),
            other => other.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum ignored_any
    }
}
