//! The summaries of AWS, Azure and GCP from nise's static reports.
//!
//! `report` reads the file, `aws`, `azure` and `gcp` say what nise writes of each generator (`item`), `expected` groups and adds that as
//! the description of koku's SQL says, and `compare` holds it against the rows that are there.
//!
//! What nise draws at random is never guessed: rows are matched by what is determined, and added up over the rest.

mod attributes;
mod aws;
mod azure;
mod compare;
mod decimal;
mod expected;
mod gcp;
mod item;
mod json;
mod reference;
mod report;
mod tags;
mod values;

use chrono::NaiveDate;

pub(crate) use compare::compare;
pub(crate) use expected::{Expectation, Shape};
pub(crate) use reference::Reference;
pub(crate) use report::{Report, report};

use super::dates::Clock;
use crate::subject::{AWS_DAILY, AZURE_DAILY, GCP_DAILY, Subject};
use item::Item;

/// A cloud that nise makes reports of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    Aws,
    Azure,
    Gcp,
}

/// What a run of nise and of the summary knew beside the file.
#[derive(Clone, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) clock: &'a Clock,
    pub(crate) reference: &'a Reference,
    /// The source that every row must have, if it was given.
    pub(crate) source: Option<&'a str>,
    /// koku's factor: the percentage divided by 100.
    pub(crate) markup: f64,
    /// nise's `--currency`, which wins over the file's.
    pub(crate) currency: Option<&'a str>,
}

impl Provider {
    const ALL: [Self; 3] = [Self::Aws, Self::Azure, Self::Gcp];

    /// The table of its daily summary.
    pub(crate) fn subject(self) -> &'static Subject {
        match self {
            Self::Aws => &AWS_DAILY,
            Self::Azure => &AZURE_DAILY,
            Self::Gcp => &GCP_DAILY,
        }
    }

    /// The cloud of a table's name; none for a table that nise's reports do not tell.
    pub(crate) fn of_table(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cloud| cloud.subject().name == name || cloud.subject().table_name() == name)
    }

    /// What koku calls it in its tables.
    pub(crate) fn provider_type(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Azure => "Azure",
            Self::Gcp => "GCP",
        }
    }

    fn generators(self) -> &'static [&'static str] {
        match self {
            Self::Aws => aws::GENERATORS,
            Self::Azure => azure::GENERATORS,
            Self::Gcp => gcp::GENERATORS,
        }
    }

    fn shape(self) -> &'static Shape {
        match self {
            Self::Aws => &aws::SHAPE,
            Self::Azure => &azure::SHAPE,
            Self::Gcp => &gcp::SHAPE,
        }
    }

    fn items(self, report: &Report, context: &Context<'_>) -> Result<Vec<Item>, String> {
        match self {
            Self::Aws => aws::items(report, context),
            Self::Azure => azure::items(report, context),
            Self::Gcp => gcp::items(report, context),
        }
    }

    /// What the rows of the days must hold.
    pub(crate) fn expected(
        self,
        report: &Report,
        context: &Context<'_>,
        wanted: impl Fn(NaiveDate) -> bool,
    ) -> Result<Expectation, String> {
        Expectation::of(self.shape(), self.items(report, context)?, wanted)
    }
}

/// The cloud of the generators of a file; none if they are OpenShift's, or if there are none.
///
/// # Errors
/// * A generator is of no kind that is known.
/// * Generators are of several kinds.
pub(crate) fn provider(report: &Report) -> Result<Option<Provider>, String> {
    let kind = |name: &str| match Provider::ALL.into_iter().find(|cloud| cloud.generators().contains(&name)) {
        Some(cloud) => Ok(Some(cloud)),
        None if name == super::days::GENERATOR => Ok(None),
        None => Err(format!("`{name}` is no generator that is known")),
    };
    let kinds: Vec<(&str, Option<Provider>)> =
        report.generators.iter().map(|generator| Ok((generator.name.as_str(), kind(&generator.name)?))).collect::<Result<_, String>>()?;
    let Some((first, cloud)) = kinds.first().copied() else { return Ok(None) };
    match kinds.iter().find(|(_, other)| *other != cloud) {
        Some((other, _)) => Err(format!("`{first}` and `{other}` are generators of different reports: nise makes one kind at a time")),
        None => Ok(cloud),
    }
}

#[cfg(test)]
mod tests;
