//! The generators whose price stands in the file, or is one amount times one rate: S3, VPC, Route 53, RDS.

use super::super::attributes::{Attributes, csv_text, python_text};
use super::super::item::Field;
use super::super::values::{available, number};
use super::common::{Generator, NO_AMOUNT, NO_RATE, NO_RESOURCE_ID};
use super::line::{Line, Where};
use crate::nise::known::{Known, Why, both};

/// What nise takes for VPC without a cost or a rate.
const VPC_PRICE: f64 = 0.05;

/// Families of Route 53 with rate and cost.
const ROUTE_53: [(&str, f64, f64); 2] = [("DNS Zone", 0.5, 0.5), ("DNS Query", 0.000_000_4, 0.000_000_4)];

/// Those of RDS that nise draws from.
const DATABASE_TYPES: [&str; 4] = ["db.t3.medium", "db.t3.large", "db.m5.xlarge", "db.r5.2xlarge"];

const NO_DATABASE_TYPE: Why = Why::Cloud("no `instance_type`: nise draws one of several, with its price");
const NO_FAMILY: Why = Why::Cloud("no `product_family`: nise draws one for each line, with its price");

/// `S3Generator`.
pub(super) fn s3(generator: &Generator<'_>) -> Result<Vec<Line>, String> {
    let attributes = generator.attributes;
    let mut line = of(generator, "AmazonS3", "Amazon Simple Storage Service", "Storage Snapshot")?;
    let places = generator.places();
    let id = attributes.truthy("resource_id").map(python_text).transpose()?.ok_or(NO_RESOURCE_ID);
    line.resource = generator.resource(&places, id, |zone, payer, id| format!("arn:aws:ec2:{zone}:{payer}:snapshot/snap-{id}"));
    line.place = Where::Region(places);
    line.unit = "GB-Mo";
    line.usage = attributes.float("amount")?.ok_or(NO_AMOUNT);
    let rate = attributes.float("rate")?.ok_or(NO_RATE);
    let cost = both(line.usage, rate, |amount, rate| amount * rate);
    Ok(vec![line.priced(rate, cost)])
}

/// `VPCGenerator`.
pub(super) fn vpc(generator: &Generator<'_>) -> Result<Vec<Line>, String> {
    let attributes = generator.attributes;
    let mut line = of(generator, "AmazonVPC", "Amazon Virtual Private Cloud", "Cloud Connectivity")?;
    line.resource = match attributes.truthy("resource_id") {
        Some(id) => Field::text(&format!("vpn-{}", python_text(id)?)),
        None => Field::Any(NO_RESOURCE_ID),
    };
    line.place = Where::Zone(generator.places());
    let price = |name: &str| attributes.float(name).map(|price| Ok(price.unwrap_or(VPC_PRICE)));
    Ok(vec![line.priced(price("rate")?, price("cost")?)])
}

/// `Route53Generator`.
pub(super) fn route53(generator: &Generator<'_>) -> Result<Vec<Line>, String> {
    let attributes = generator.attributes;
    let mut line = of(generator, "AmazonRoute53", "Amazon Route 53", "")?;
    line.resource = match attributes.truthy("resource_id") {
        Some(id) => Field::text(&format!("arn:aws:Route53:::hostedzone:{}", python_text(id)?)),
        None => Field::Any(NO_RESOURCE_ID),
    };
    let (rate, cost): (Known<f64>, Known<f64>) = match attributes.truthy("product_family").map(csv_text).transpose()? {
        None => {
            line.family = Field::one_of(ROUTE_53.iter().map(|(family, ..)| *family), NO_FAMILY);
            (Err(NO_FAMILY), Err(NO_FAMILY))
        }
        Some(family) => {
            let known = ROUTE_53.iter().find(|(known, ..)| *known == family);
            let (family, rate, cost) = known.ok_or_else(|| format!("`{family}` is no family of Route 53: nise refuses that"))?;
            line.family = Field::text(family);
            (Ok(*rate), Ok(*cost))
        }
    };
    let given = |name: &str, otherwise| attributes.float(name).map(|price| price.map_or(otherwise, Ok));
    let (rate, cost) = (given("rate", rate)?, given("cost", cost)?);
    Ok(vec![line.priced(rate, cost)])
}

/// `RDSGenerator`.
pub(super) fn rds(generator: &Generator<'_>) -> Result<Vec<Line>, String> {
    let attributes = generator.attributes;
    let mut line = of(generator, "AmazonRDS", "Amazon Relational Database Service", "Database Instance")?;
    let places = generator.places();
    let id = attributes.truthy("resource_id").map(python_text).transpose()?.ok_or(NO_RESOURCE_ID);
    line.resource = generator.resource(&places, id, |zone, payer, id| format!("arn:aws:rds:{zone}:{payer}:db:i-{id}"));
    line.place = Where::Zone(places);
    let line = match attributes.mapping("instance_type")? {
        None => {
            line.instance_type = Field::one_of(DATABASE_TYPES, NO_DATABASE_TYPE);
            line.priced(Err(NO_DATABASE_TYPE), Err(NO_DATABASE_TYPE))
        }
        Some(instance) => {
            line.instance_type = Field::text(available(&text(instance, "inst_type")?));
            let price = |name: &str| text(instance, name).map(|text| Ok(number(&text)));
            line.priced(price("rate")?, price("cost")?)
        }
    };
    Ok(vec![line])
}

fn text(attributes: Attributes<'_>, name: &str) -> Result<String, String> {
    attributes.find(name).map_or(Ok(String::new()), csv_text)
}

fn of(generator: &Generator<'_>, code: &str, name: &str, family: &str) -> Result<Line, String> {
    let line = Line::of(generator)?;
    Ok(Line { product_code: Ok(code.to_owned()), product_names: vec![name.to_owned()], family: Field::text(family), ..line })
}
