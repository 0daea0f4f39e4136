//! Azure: the cost export, and koku's daily summary of it.
//!
//! nise writes a line for every whole day from a generator's start, and ends each generator a day later than the file says.
//! `generators` has what a generator's lines hold without being told, `meters` the units of their usage, `line` the rest.

mod account;
mod generators;
mod line;
mod meters;
mod unit;

use aggregator_core::table::cloud_summary as columns;
use chrono::TimeDelta;

use super::expected::{Fold, Shape};
use super::item::{Field, Item};
use super::{Context, Report};
use account::Account;
use meters::Meters;

pub(crate) use generators::GENERATORS;

/// How the daily summary is made.
pub(crate) const SHAPE: Shape = Shape {
    subject: &crate::subject::AZURE_DAILY,
    folds: &[
        (columns::USAGE_END, Fold::Each),
        (columns::SUBSCRIPTION_NAME, Fold::Each),
        (columns::AZURE_CURRENCY, Fold::Each),
        (columns::UNIT_OF_MEASURE, Fold::Each),
        (columns::INSTANCE_IDS, Fold::Different { count: columns::INSTANCE_COUNT }),
        (columns::USAGE_QUANTITY, Fold::Sum),
        (columns::PRETAX_COST, Fold::Sum),
        (columns::MARKUP_COST, Fold::Sum),
    ],
};

/// What nise writes.
///
/// # Errors
/// A file that nise refuses, or whose lines koku cannot summarise.
pub(crate) fn items(report: &Report, context: &Context<'_>) -> Result<Vec<Item>, String> {
    let account = Account::of(report.top(), context)?;
    let mut meters = Meters::default();
    let mut items = Vec::new();
    for stretch in report.stretches(context.clock, TimeDelta::days(1))? {
        let Some(generator) = report.generators.get(stretch.generator) else { continue };
        let attributes = generator.attributes()?;
        meters.declare(stretch.generator, attributes)?;
        let days = stretch.every(TimeDelta::days(1), TimeDelta::days(1));
        if days.is_empty() {
            continue;
        }
        let kind = generators::kind(&generator.name)?;
        let line = line::item(kind, attributes, &account, &mut meters, context)?;
        for (day, starts) in days {
            let mut item = line.clone();
            item.times = u32::try_from(starts.len()).map_err(|error| error.to_string())?;
            item.key(columns::USAGE_START, Field::day(day));
            item.field(columns::USAGE_END, Field::day(day));
            items.push(item);
        }
    }
    Ok(items)
}
