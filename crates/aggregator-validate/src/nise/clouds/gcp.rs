//! GCP: the billing export, and koku's daily summary of it.
//!
//! nise writes a line for every whole hour of a generator, for every project of the file. `generators` has what a generator's lines hold
//! without being told, `sku` and `service` what they are of, `amounts` how much, `cross_over` on which invoice and
//! `invoice` whether that is read, `line` the rest.

mod amounts;
mod cross_over;
mod generators;
mod invoice;
mod labels;
mod line;
mod row;
mod service;
mod sku;

use aggregator_core::table::cloud_summary as columns;

use super::attributes::Attributes;
use super::expected::{Fold, Shape};
use super::item::Item;
use super::{Context, Report};
use crate::nise::yaml::Node;
use row::Row;

pub(crate) use generators::GENERATORS;

/// How the daily summary is made.
pub(crate) const SHAPE: Shape = Shape {
    subject: &crate::subject::GCP_DAILY,
    folds: &[
        (columns::USAGE_END, Fold::Each),
        (columns::PROJECT_NAME, Fold::Each),
        (columns::SERVICE_ALIAS, Fold::Each),
        (columns::SKU_ALIAS, Fold::Each),
        (columns::UNIT, Fold::Each),
        (columns::GCP_CURRENCY, Fold::Each),
        (columns::USAGE_AMOUNT, Fold::Sum),
        (columns::UNBLENDED_COST, Fold::Sum),
        (columns::MARKUP_COST, Fold::Sum),
        (columns::CREDIT_AMOUNT, Fold::Sum),
    ],
};

/// What nise writes, as far as it is summarised.
///
/// # Errors
/// A file that nise refuses, or whose lines koku cannot summarise.
pub(crate) fn items(report: &Report, context: &Context<'_>) -> Result<Vec<Item>, String> {
    let Some(Node::List(projects)) = report.top().find("projects") else {
        return Err("there is no list `projects`: nise refuses that".to_owned());
    };
    let mut lines = Vec::new();
    for stretch in report.stretches_of_gcp(context.clock)? {
        let Some(generator) = report.generators.get(stretch.generator) else { continue };
        let kind = generators::kind(&generator.name)?;
        for project in projects {
            let row = Row::of(kind, generator.attributes()?, Attributes::of(project, "a project")?)?;
            lines.extend(line::lines(&row, &stretch, context)?);
        }
    }
    Ok(invoice::summarized(lines).into_iter().map(|lines| lines.item).collect())
}
