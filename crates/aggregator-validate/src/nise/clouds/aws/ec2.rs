//! `EC2Generator`.

use super::super::attributes::{Attributes, csv_text, float, is_true, python_text};
use super::super::item::Field;
use super::super::values::{available, number};
use super::common::{Generator, NO_RESOURCE_ID};
use super::line::{Kind, Line, Where};
use crate::nise::known::Why;
use crate::nise::scalar::Scalar;
use crate::nise::yaml::Node;
use crate::rows::Cell;

/// Those that nise draws from; all of them have savings.
const INSTANCE_TYPES: [&str; 4] = ["m5.large", "c5d.2xlarge", "c4.xlarge", "r4.large"];

const NO_INSTANCE_TYPE: Why = Why::Cloud("no `instance_type`: nise draws one of several, with its price");

const SAVINGS_PLANS: &str = "ComputeSavingsPlans";

/// The line of an hour.
pub(super) fn lines(generator: &Generator<'_>) -> Result<Vec<Line>, String> {
    let attributes = generator.attributes;
    let mut line = Line::of(generator)?;
    line.product_code = Ok("AmazonEC2".to_owned());
    line.product_names = vec![attributes.find("product_name").map_or(Ok("Amazon Elastic Compute Cloud".to_owned()), csv_text)?];
    if let Some(entity) = attributes.find("billing_entity") {
        line.entity = csv_text(entity)?;
    }
    line.family = Field::text("Compute Instance");
    line.place = Where::Zone(generator.places());
    line.resource = match attributes.find("resource_id") {
        Some(id) => Field::text(&format!("i-{}", python_text(id)?)),
        None => Field::Any(NO_RESOURCE_ID),
    };
    if let Some(instance) = attributes.mapping("instance_type")? {
        return Ok(vec![of_type(line, instance)?]);
    }
    line.kind = Kind::SavingsPlanCoveredUsage;
    line.instance_type = Field::one_of(INSTANCE_TYPES, NO_INSTANCE_TYPE);
    line.saving = Err(NO_INSTANCE_TYPE);
    Ok(vec![line.priced(Err(NO_INSTANCE_TYPE), Err(NO_INSTANCE_TYPE))])
}

fn of_type(mut line: Line, instance: Attributes<'_>) -> Result<Line, String> {
    let text = |name: &str| instance.find(name).map_or(Ok(String::new()), csv_text);
    let is = |name: &str| instance.find(name).is_some_and(is_true);
    line.instance_type = Field::text(available(&text("inst_type")?));
    line.usage = Ok(if instance.find("amount").is_some() { number(&text("amount")?) } else { 1.0 });
    let (rate, cost, saving) = (text("rate")?, text("cost")?, text("saving")?);
    line = line.priced(Ok(number(&rate)), Ok(number(&cost)));
    line.saving = Ok(number(&saving));
    if instance.find("saving").is_some_and(|saving| *saving != Node::Scalar(Scalar::Null)) {
        line.kind = Kind::SavingsPlanCoveredUsage;
    }
    if is("reserved_instance") {
        line.kind = Kind::DiscountedUsage;
        // In place of the public prices stand words.
        line = line.priced(Ok(0.0), Ok(0.0));
        line.saving = Ok(0.0);
    }
    if is("negation") {
        let negative = |name: &str| match instance.find(name) {
            Some(node @ Node::Scalar(Scalar::Integer(_) | Scalar::Float(_) | Scalar::Bool(_))) => {
                float(node, name).map(|value| -value.abs())
            }
            _ => Err(format!("`{name}` is no number: nise refuses that of a negation")),
        };
        line.negate(Ok(negative("rate")?), Ok(negative("cost")?));
    }
    if is("recurring_fee") || is("upfront_fee") {
        line.kind = if is("recurring_fee") { Kind::SavingsPlanRecurringFee } else { Kind::SavingsPlanUpfrontFee };
        line.product_code = Ok(SAVINGS_PLANS.to_owned());
        line.family = Field::text(SAVINGS_PLANS);
        line.usage = Ok(1.0);
        line.product_names = vec!["Savings Plans for AWS Compute usage".to_owned()];
        line.place = Where::Global;
        line.resource = Field::Is(Cell::Text(String::new()));
        (line.rate, line.saving) = (Ok(0.0), Ok(0.0));
    }
    Ok(line)
}
