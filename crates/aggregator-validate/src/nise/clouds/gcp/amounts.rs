//! How much: usage in units of the price, cost, and credits of an hour.

use aggregator_core::table::cloud_summary as columns;
use chrono::{Datelike, Months, NaiveDate};

use super::super::attributes::{Attributes, csv_text, float, is_true};
use super::super::decimal;
use super::super::item::Item;
use super::super::values::{number, rounded};
use super::generators::Special;
use super::row::Row;
use super::sku::{NO_SKU, SECONDS_PER_HOUR, Sku};
use crate::nise::known::{Known, Why, both};
use crate::nise::scalar::Scalar;
use crate::nise::yaml::Node;

const NO_AMOUNT: Why = Why::Cloud("no `usage.amount` or `usage.amount_in_pricing_units`, or 0: random");
const NO_CAPACITY: Why = Why::Cloud("no `capacity` of the disk: nise draws one");
const NO_PRICE: Why = Why::Cloud("no `cost` and no `price`, or a price of 0: random");

/// Digits that nise keeps of a disk's amount.
const DISK_DIGITS: usize = 8;
const HOURS_PER_DAY: f64 = 24.0;

/// Fills in the numbers of a line of one of `skus` on `day`.
///
/// # Errors
/// Something that is no number.
pub(super) fn fill(item: &mut Item, row: &Row<'_>, skus: &[Sku], day: NaiveDate, markup: f64) -> Result<(), String> {
    let usage = match row.kind.special {
        Special::Disk => of_disk(row, day)?,
        _ => of_skus(row, skus)?,
    };
    let price = row.number("price", "price")?.ok_or(NO_PRICE);
    // What an attribute puts into a column is no number for nise's arithmetic.
    let cost = overridden(row, "cost", both(usage, price, |usage, price| usage * price))?;
    item.number(columns::USAGE_AMOUNT, overridden(row, "usage.amount_in_pricing_units", usage)?);
    item.number(columns::UNBLENDED_COST, cost);
    item.number(columns::MARKUP_COST, cost.map(|cost| cost * markup));
    item.number(columns::CREDIT_AMOUNT, Ok(credit(row)?));
    Ok(())
}

fn overridden(row: &Row<'_>, column: &str, value: Known<f64>) -> Result<Known<f64>, String> {
    Ok(row.attributes.find(column).map(csv_text).transpose()?.map_or(value, |text| Ok(number(&text))))
}

fn of_skus(row: &Row<'_>, skus: &[Sku]) -> Result<Known<f64>, String> {
    if let Some(amount) = row.number("usage.amount_in_pricing_units", "pricing_amount")? {
        return Ok(Ok(amount));
    }
    let usage = row.number("usage.amount", "usage_amount")?;
    let mut amounts = skus.iter().map(|sku| match usage {
        Some(usage) => Ok(sku.unit.of(usage)),
        None if sku.unit.of(1.0) == 0.0 => Ok(0.0),
        None => Err(NO_AMOUNT),
    });
    let first = amounts.next().unwrap_or(Err(NO_SKU));
    Ok(if amounts.all(|amount| amount == first) { first } else { Err(NO_SKU) })
}

/// The share of the month that an hour of the disk is.
fn of_disk(row: &Row<'_>, day: NaiveDate) -> Result<Known<f64>, String> {
    if let Some(name) = ["usage.amount", "usage.amount_in_pricing_units"].iter().find(|name| row.attributes.truthy(name).is_some()) {
        return Err(format!("`{name}` of a disk: nise refuses that"));
    }
    let Some(capacity) = row.attributes.truthy("capacity") else { return Ok(Err(NO_CAPACITY)) };
    let capacity = float(capacity, "capacity")?.trunc();
    let first = day.with_day(1).unwrap_or(day);
    let days = first.checked_add_months(Months::new(1)).map_or(0, |next| (next - first).num_days());
    let days = f64::from(u32::try_from(days).map_err(|error| error.to_string())?);
    Ok(Ok(rounded(capacity * SECONDS_PER_HOUR / (days * HOURS_PER_DAY * SECONDS_PER_HOUR), DISK_DIGITS)))
}

/// The first credit of an hour, rounded line by line.
fn credit(row: &Row<'_>) -> Result<f64, String> {
    let amount = match row.attributes.find("credits") {
        None => row.number("credit_amount", "credit_amount")?.unwrap_or_default(),
        Some(node) if !is_true(node) || *node == Node::Scalar(Scalar::Text("[]".to_owned())) => 0.0,
        Some(Node::List(credits)) => match credits.first() {
            Some(first) => of_credit(Attributes::of(first, "a credit")?, credits)?,
            None => 0.0,
        },
        Some(_) => return Err("`credits` is no list".to_owned()),
    };
    Ok(decimal::double(decimal::units(amount)?))
}

/// nise writes credits as Python prints them, which koku reads as long as there are neither quotes nor words in it.
fn of_credit(first: Attributes<'_>, all: &[Node]) -> Result<f64, String> {
    for credit in all {
        for (key, value) in Attributes::of(credit, "a credit")?.members() {
            for node in [key, value] {
                let is_plain = match node {
                    Node::Scalar(Scalar::Text(text)) => !text.contains(['\'', '"', '\\']) && !text.contains("None"),
                    Node::Scalar(Scalar::Integer(_) | Scalar::Float(_)) => true,
                    _ => false,
                };
                if !is_plain {
                    return Err("`credits` hold more than numbers and texts without quotes, which koku does not read".to_owned());
                }
            }
        }
    }
    match first.find("amount") {
        None => Ok(0.0),
        Some(node @ Node::Scalar(Scalar::Integer(_) | Scalar::Float(_))) => float(node, "amount"),
        Some(_) => Err("the `amount` of a credit is no number".to_owned()),
    }
}
