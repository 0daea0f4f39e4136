//! `MarketplaceGenerator`: sold by Amazon it goes by its code, sold by others by the product's name.

use super::super::attributes::{csv_text, float, python_text};
use super::super::item::{Field, text_cell};
use super::common::{Generator, NO_AMOUNT, NO_RATE, NO_RESOURCE_ID};
use super::line::{Line, MARKETPLACE, Where};
use crate::nise::known::{Known, Why, both};
use crate::nise::scalar::Scalar;
use crate::nise::yaml::Node;
use crate::rows::Cell;

/// Sellers whose lines are Amazon's own.
const AMAZON: [&str; 2] = ["Amazon Web Services, Inc.", "AWS"];

/// Names that nise draws from.
const PRODUCTS: [&str; 3] = ["Red Hat OpenShift Service on AWS", "Red Hat Enterprise Linux 7", "Red Hat Enterprise Linux 8"];

const NO_SELLER: Why = Why::Cloud("no `legal_entity`: nise draws a seller for each line");
const FAMILY: &str = "Compute Instance";
const INSTANCE_TYPE: &str = "t3.small";

/// The line of an hour.
pub(super) fn lines(generator: &Generator<'_>) -> Result<Vec<Line>, String> {
    let attributes = generator.attributes;
    let mut line = Line::of(generator)?;
    // nise looks for `user`, and then draws all the same.
    line.account = generator.drawn_account()?;
    let places = generator.places();
    let id = attributes.find("resource_id").map(python_text).transpose()?.ok_or(NO_RESOURCE_ID);
    line.resource = generator.resource(&places, id, |zone, payer, id| format!("arn:aws:ec2:{zone}:{payer}:instance/i-{id}"));
    line.place = Where::Zone(places);
    let name = attributes.truthy("product_name").map(csv_text).transpose()?;
    line.product_names = name.map_or_else(|| PRODUCTS.iter().map(|name| (*name).to_owned()).collect(), |name| vec![name]);
    match attributes.truthy("legal_entity").map(csv_text).transpose()? {
        Some(seller) if AMAZON.contains(&seller.as_str()) => {
            line.product_code = Ok("AmazonEC2".to_owned());
            line.family = Field::text(FAMILY);
            line.instance_type = Field::text(INSTANCE_TYPE);
        }
        Some(_) => {
            MARKETPLACE.clone_into(&mut line.entity);
            line.product_code = Ok("5hnnev4d0v7mapf09j0v8of0o2".to_owned());
            if line.product_names.len() > 1 {
                line.raw_tags = None;
            }
        }
        None => {
            line.product_code = Err(NO_SELLER);
            line.family = Field::OneOf(vec![Cell::Null, text_cell(FAMILY)], NO_SELLER);
            line.instance_type = Field::OneOf(vec![Cell::Null, text_cell(INSTANCE_TYPE)], NO_SELLER);
            line.raw_tags = None;
        }
    }
    // A text times a number is no cost.
    let number = |name: &'static str, why: Why| -> Result<Known<f64>, String> {
        match attributes.find(name) {
            None => Ok(Err(why)),
            Some(Node::Scalar(Scalar::Text(_))) => Err(format!("`{name}` is a text: nise refuses that of the marketplace")),
            Some(node) => float(node, name).map(Ok),
        }
    };
    line.usage = number("amount", NO_AMOUNT)?;
    let rate = number("rate", NO_RATE)?;
    let cost = both(line.usage, rate, |amount, rate| amount * rate);
    let line = line.priced(rate, cost);
    Ok(vec![Line { public_rate: Ok(0.0), ..line }])
}
