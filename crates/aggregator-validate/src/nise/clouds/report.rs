//! nise's static report of a cloud.

use chrono::TimeDelta;

use super::attributes::Attributes;
use crate::nise::dates::{Clock, Dates, Stretch, stretches, stretches_of_gcp};
use crate::nise::scalar::Scalar;
use crate::nise::yaml::{Node, YamlError, document};

/// The file.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// In the order of the file.
    pub(crate) generators: Vec<Generator>,
    root: Node,
}

/// A generator.
#[derive(Clone, Debug)]
pub(crate) struct Generator {
    /// nise's name of it, such as `EC2Generator`.
    pub(crate) name: String,
    attributes: Node,
}

/// Reads a static report.
///
/// # Errors
/// It is no YAML, or has no list `generators` of mappings.
pub(crate) fn report(text: &str) -> Result<Report, String> {
    let root = document(text).map_err(|error: YamlError| error.to_string())?;
    let shape = "there is no list `generators` of mappings";
    let Some(Node::List(list)) = Attributes::of(&root, "the file")?.find("generators") else { return Err(shape.to_owned()) };
    let mut generators = Vec::new();
    for member in list {
        let Node::Mapping(_, members) = member else { return Err(shape.to_owned()) };
        for (name, attributes) in members {
            let Node::Scalar(name) = name else { return Err(shape.to_owned()) };
            generators.push(Generator { name: name.python_text(), attributes: attributes.clone() });
        }
    }
    Ok(Report { generators, root })
}

impl Report {
    /// What stands beside `generators`.
    pub(crate) fn top(&self) -> Attributes<'_> {
        Attributes::of(&self.root, "the file").unwrap_or_default()
    }

    /// What nise makes of which generator in which month, with ends `later` than in the file.
    ///
    /// # Errors
    /// A date that nise does not read.
    pub(crate) fn stretches(&self, clock: &Clock, later: TimeDelta) -> Result<Vec<Stretch>, String> {
        stretches(&self.dates()?, clock, later)
    }

    /// What nise makes of which generator of GCP in which month.
    ///
    /// # Errors
    /// A date that nise does not read.
    pub(crate) fn stretches_of_gcp(&self, clock: &Clock) -> Result<Vec<Stretch>, String> {
        stretches_of_gcp(&self.dates()?, clock)
    }

    fn dates(&self) -> Result<Vec<Dates>, String> {
        let dates = self.generators.iter().map(|generator| {
            let attributes = generator.attributes()?;
            Ok(Dates { start: moment(attributes, "start_date")?, end: moment(attributes, "end_date")? })
        });
        dates.collect()
    }
}

impl Generator {
    /// Its attributes.
    ///
    /// # Errors
    /// There are none.
    pub(crate) fn attributes(&self) -> Result<Attributes<'_>, String> {
        Attributes::of(&self.attributes, &format!("`{}`", self.name))
    }
}

fn moment(attributes: Attributes<'_>, name: &str) -> Result<Scalar, String> {
    match attributes.find(name) {
        None => Ok(Scalar::Null),
        Some(Node::Scalar(scalar)) => Ok(scalar.clone()),
        Some(_) => Err(format!("`{name}` is no date")),
    }
}
