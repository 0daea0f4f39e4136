//! `EBSGenerator`: a volume, and lines for throughput and operations that were provisioned.

use chrono::{Datelike, Months, NaiveDateTime};

use super::super::attributes::{Attributes, float, python_text};
use super::super::item::Field;
use super::super::values::rounded;
use super::common::{Generator, NO_RATE, NO_RESOURCE_ID};
use super::line::{Line, Where};
use crate::nise::known::{Known, Why, both};
use crate::nise::scalar::Scalar;
use crate::nise::yaml::Node;

const NO_DISK_SIZE: Why = Why::Cloud("no `disk_size`, or 0");

/// Decimals that nise keeps of a cost and of an amount.
const DIGITS: usize = 10;
const HOURS_PER_DAY: f64 = 24.0;

/// The lines of an hour in the month of `time`.
pub(super) fn lines(generator: &Generator<'_>, time: NaiveDateTime) -> Result<Vec<Line>, String> {
    let attributes = generator.attributes;
    let mut line = Line::of(generator)?;
    line.product_code = Ok("AmazonEC2".to_owned());
    line.product_names = vec!["Amazon Elastic Compute Cloud".to_owned()];
    line.family = Field::text("Storage");
    line.place = Where::Region(generator.places());
    line.unit = "GB-Mo";
    line.resource = match attributes.truthy("resource_id") {
        Some(id) => Field::text(&format!("vol-{}", python_text(id)?)),
        None => Field::Any(NO_RESOURCE_ID),
    };
    let rate = attributes.float("rate")?.ok_or(NO_RATE);
    let size = attributes.truthy("disk_size").map(whole).transpose()?.ok_or(NO_DISK_SIZE);
    let hourly = rate.map(|rate| rate / hours_of_month(time));
    let cost: Known<f64> = both(size, hourly, |size, hourly| rounded(size * hourly, DIGITS));
    let mut lines = vec![Line { usage: both(cost, rate, |cost, rate| rounded(cost / rate, DIGITS)), ..line.clone() }.priced(rate, cost)];
    for (name, unit) in [("provisioned_throughput", "GiBps-Mo"), ("provisioned_iops", "IOPS-Mo")] {
        let Some(provisioned) = attributes.mapping(name)? else { continue };
        let (rate, cost) = price(name, provisioned)?;
        let usage = if rate == 0.0 { 0.0 } else { cost / rate };
        let line = Line { usage: Ok(usage), unit, family: Field::text("System Operation"), ..line.clone() };
        lines.push(line.priced(Ok(rate), Ok(cost)));
    }
    Ok(lines)
}

fn price(name: &str, provisioned: Attributes<'_>) -> Result<(f64, f64), String> {
    let given = |name: &str| provisioned.find(name).filter(|node| **node != Node::Scalar(Scalar::Null));
    let rate = float(given("rate").ok_or_else(|| format!("`{name}` has no `rate`: nise refuses that"))?, "rate")?;
    let cost = match (given("cost"), given("amount")) {
        (Some(cost), _) => float(cost, "cost")?,
        (None, Some(amount)) => float(amount, "amount")? * rate,
        (None, None) => 0.0,
    };
    Ok((rate, cost))
}

/// Python's `int` of a value.
fn whole(node: &Node) -> Result<f64, String> {
    match node {
        Node::Scalar(Scalar::Text(text)) if text.trim().parse::<i64>().is_err() => {
            Err("`disk_size` is no whole number: nise refuses that".to_owned())
        }
        other => float(other, "disk_size").map(f64::trunc),
    }
}

fn hours_of_month(time: NaiveDateTime) -> f64 {
    let first = time.date().with_day(1).unwrap_or_default();
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    i32::try_from((next - first).num_days()).map_or(f64::NAN, f64::from) * HOURS_PER_DAY
}
