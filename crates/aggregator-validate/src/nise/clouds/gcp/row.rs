//! A row of the export: columns of the project, over them the generator's own, over them what its attributes say.

use super::super::attributes::{Attributes, csv_text, float};
use super::super::values::available;
use super::generators::{Kind, Special};
use crate::nise::scalar::Scalar;
use crate::nise::yaml::Node;

/// Columns that the dates of the generator give, and that nothing else may.
const DATES: [&str; 3] = ["usage_start_time", "usage_end_time", "partition_date"];

/// What the rows of a generator and a project hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) kind: &'static Kind,
    pub(super) attributes: Attributes<'a>,
    project: Attributes<'a>,
}

impl<'a> Row<'a> {
    /// The rows of `project`.
    ///
    /// # Errors
    /// A time in place of those of the hours.
    pub(super) fn of(kind: &'static Kind, attributes: Attributes<'a>, project: Attributes<'a>) -> Result<Self, String> {
        match DATES.iter().find(|name| attributes.find(name).is_some()) {
            Some(name) => Err(format!("`{name}` takes the place of the hours that nise makes; it is not understood")),
            None => Ok(Self { kind, attributes, project }),
        }
    }

    /// A column that the attributes give.
    pub(super) fn attribute(&self, column: &str) -> Result<Option<String>, String> {
        text(self.attributes.find(column))
    }

    /// A column that the attributes or the project give; empty if neither does.
    pub(super) fn column(&self, column: &str) -> Result<String, String> {
        Ok(self.attribute(column)?.map_or_else(|| text(self.project.find(column)), |text| Ok(Some(text)))?.unwrap_or_default())
    }

    /// An attribute that counts for nise; of machines, `other` comes first.
    pub(super) fn own(&self, name: &str, other: &str) -> Option<&'a Node> {
        let other = self.attributes.find(other).filter(|_| self.kind.special == Special::Machine);
        other.or_else(|| self.attributes.find(name)).filter(|node| super::super::attributes::is_true(node))
    }

    /// Such an attribute as a number.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn number(&self, name: &str, other: &str) -> Result<Option<f64>, String> {
        match self.own(name, other) {
            None => Ok(None),
            Some(node @ Node::Scalar(Scalar::Integer(_) | Scalar::Float(_))) => float(node, name).map(Some),
            Some(_) => Err(format!("`{name}` is no number")),
        }
    }
}

fn text(node: Option<&Node>) -> Result<Option<String>, String> {
    Ok(node.map(csv_text).transpose()?.map(|text| available(&text).to_owned()))
}
