//! `DataTransferGenerator`.

use super::super::attributes::{csv_text, float, python_text};
use super::super::item::Field;
use super::common::{Generator, NO_AMOUNT, NO_RATE, NO_RESOURCE_ID};
use super::line::{Kind, Line, Where};
use crate::nise::known::{Known, both};

/// The line of an hour.
pub(super) fn lines(generator: &Generator<'_>) -> Result<Vec<Line>, String> {
    let attributes = generator.attributes;
    let mut line = Line::of(generator)?;
    let text = |name: &str, otherwise: &str| attributes.find(name).map_or(Ok(otherwise.to_owned()), csv_text);
    line.product_code = Ok(text("product_code", "AmazonEC2")?);
    line.product_names = vec![text("product_name", "Amazon Elastic Compute Cloud")?];
    line.family = Field::text("Data Transfer");
    line.place = Where::Region(generator.places());
    line.unit = "GB";
    line.resource = match attributes.find("resource_id") {
        Some(id) => Field::text(&format!("i-{}", python_text(id)?)),
        None => Field::Any(NO_RESOURCE_ID),
    };
    // Zero is none, and what Python makes no number of is refused.
    let number = |name: &str| {
        let number = attributes.find(name).map(|node| float(node, name)).transpose()?;
        Ok::<Option<f64>, String>(number.filter(|number| *number != 0.0))
    };
    line.usage = number("amount")?.ok_or(NO_AMOUNT);
    let rate: Known<f64> = number("rate")?.ok_or(NO_RATE);
    let cost = both(line.usage, rate, |amount, rate| amount * rate);
    let mut line = line.priced(rate, cost);
    if let Some(saving) = number("saving")? {
        line.kind = Kind::SavingsPlanCoveredUsage;
        line.saving = Ok(saving);
    }
    if attributes.truthy("negation").is_some() {
        line.negate(rate.map(|rate| -rate.abs()), cost.map(|cost| -cost.abs()));
    }
    Ok(vec![line])
}
