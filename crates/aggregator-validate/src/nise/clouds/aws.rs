//! AWS: the cost and usage report, and koku's daily summary of it.
//!
//! A generator's file says which lines nise writes in an hour (`line`); what they share is in `common`.

mod common;
mod ebs;
mod ec2;
mod line;
mod marketplace;
mod plain;
mod regions;
mod transfer;

use aggregator_core::table::ColumnDef;
use aggregator_core::table::cloud_summary as columns;
use chrono::{NaiveDateTime, TimeDelta};

use super::expected::{Fold, Shape};
use super::item::Item;
use super::{Context, Report};
use common::Common;
use line::Line;

/// nise's generators.
pub(crate) const GENERATORS: &[&str] = &[
    "DataTransferGenerator",
    "EBSGenerator",
    "EC2Generator",
    "MarketplaceGenerator",
    "RDSGenerator",
    "Route53Generator",
    "S3Generator",
    "VPCGenerator",
];

/// How the daily summary is made.
pub(crate) const SHAPE: Shape = Shape {
    subject: &crate::subject::AWS_DAILY,
    folds: &[
        (columns::USAGE_END, Fold::Each),
        (columns::ACCOUNT_ALIAS_ID, Fold::Each),
        (columns::CURRENCY_CODE, Fold::Each),
        (columns::RESOURCE_IDS, Fold::Different { count: columns::RESOURCE_COUNT }),
        (columns::USAGE_AMOUNT, Fold::Sum),
        (columns::NORMALIZATION_FACTOR, Fold::Max),
        (columns::NORMALIZED_USAGE_AMOUNT, Fold::Sum),
        (columns::UNBLENDED_RATE, Fold::Max),
        (columns::UNBLENDED_COST, Fold::Sum),
        (columns::MARKUP_COST, Fold::Sum),
        (columns::BLENDED_RATE, Fold::Max),
        (columns::BLENDED_COST, Fold::Sum),
        (columns::MARKUP_COST_BLENDED, Fold::Sum),
        (columns::SAVINGSPLAN_EFFECTIVE_COST, Fold::Sum),
        (columns::MARKUP_COST_SAVINGSPLAN, Fold::Sum),
        (columns::CALCULATED_AMORTIZED_COST, Fold::Sum),
        (columns::MARKUP_COST_AMORTIZED, Fold::Sum),
        (columns::PUBLIC_ON_DEMAND_RATE, Fold::Max),
        (columns::PUBLIC_ON_DEMAND_COST, Fold::Sum),
    ],
};

/// The costs that are marked up, and where that goes.
const MARKED_UP: [(ColumnDef, ColumnDef); 4] = [
    (columns::UNBLENDED_COST, columns::MARKUP_COST),
    (columns::BLENDED_COST, columns::MARKUP_COST_BLENDED),
    (columns::SAVINGSPLAN_EFFECTIVE_COST, columns::MARKUP_COST_SAVINGSPLAN),
    (columns::CALCULATED_AMORTIZED_COST, columns::MARKUP_COST_AMORTIZED),
];

/// What nise writes: an hour is made if all of it fits.
///
/// # Errors
/// A file that nise refuses.
pub(crate) fn items(report: &Report, context: &Context<'_>) -> Result<Vec<Item>, String> {
    let common = Common::of(report, context)?;
    let mut items = Vec::new();
    for stretch in report.stretches(context.clock, TimeDelta::zero())? {
        let Some(generator) = report.generators.get(stretch.generator) else { continue };
        let lines = lines(&generator.name, &common.generator(generator)?, stretch.first)?;
        for (day, hours) in stretch.hours(TimeDelta::hours(1)) {
            let times = u32::try_from(hours.len()).map_err(|error| error.to_string())?;
            items.extend(lines.iter().flat_map(|line| line.items(day, times, &common)));
        }
    }
    Ok(items)
}

/// What `generator` writes in an hour of the month of `time`.
fn lines(name: &str, generator: &common::Generator<'_>, time: NaiveDateTime) -> Result<Vec<Line>, String> {
    match name {
        "DataTransferGenerator" => transfer::lines(generator),
        "EBSGenerator" => ebs::lines(generator, time),
        "EC2Generator" => ec2::lines(generator),
        "MarketplaceGenerator" => marketplace::lines(generator),
        "RDSGenerator" => plain::rds(generator),
        "Route53Generator" => plain::route53(generator),
        "S3Generator" => plain::s3(generator),
        "VPCGenerator" => plain::vpc(generator),
        _ => Err(format!("`{name}` is no generator of AWS's reports")),
    }
}
