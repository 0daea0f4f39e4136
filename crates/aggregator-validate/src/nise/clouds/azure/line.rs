//! A line of the export of a day, as far as the daily summary depends on it.

use aggregator_core::table::cloud_summary as columns;

use super::super::attributes::{Attributes, csv_text, float, is_true};
use super::super::item::{Field, Item, exactly, exactly_one_of};
use super::super::values::available;
use super::super::{Context, tags};
use super::super::{decimal, json};
use super::account::Account;
use super::generators::{Kind, Special, regions};
use super::meters::Meters;
use super::unit;
use crate::nise::known::{Known, Why, both};
use crate::nise::scalar::Scalar;
use crate::nise::yaml::Node;

const NO_LOCATION: Why = Why::Cloud("no `resource_location` of only one region: nise draws one for each line");
const NO_INSTANCE_TYPE: Why = Why::Cloud("no `additional_info`: nise draws an instance type for each line");
const NO_TAGS: Why = Why::Cloud("no `tags`: nise draws some, or none");
const NO_INSTANCE: Why = Why::Cloud("no `instance_id`: nise makes up one for each line");
const NO_QUANTITY: Why = Why::Cloud("no `usage_quantity`, or 0: random");
const NO_METER: Why = Why::Cloud("nise draws a meter, and these have different units; `meter_cache` can say which");
const NO_PRICE: Why = Why::Cloud("no `pre_tax_cost` and not both of `usage_quantity` and `resource_rate`, or 0: random");

/// Keys of the tags that nise makes up.
const RANDOM_TAGS: [&str; 2] = ["environment", "project"];

const MACHINES: &str = "Virtual Machines";
const LICENCES: &str = "Virtual Machine Licenses";

/// The line of a day without its day.
pub(super) fn item(
    kind: &Kind,
    attributes: Attributes<'_>,
    account: &Account,
    meters: &mut Meters,
    context: &Context<'_>,
) -> Result<Item, String> {
    let category = meter_category(kind, attributes)?;
    let units = meters.units(kind, attributes)?;
    let mut item = Item::new(1);
    item.key(columns::SOURCE_UUID, context.source.map_or(Field::Any(Why::NotGiven), Field::text));
    item.key(columns::SUBSCRIPTION_GUID, account.subscription_guid.clone());
    item.key(columns::SERVICE_NAME, exactly(&category));
    item.key(columns::RESOURCE_LOCATION, resource_location(attributes)?);
    item.key(columns::AZURE_INSTANCE_TYPE, instance_type(kind, attributes)?);
    item.key(columns::TAGS, line_tags(attributes, context)?);
    item.field(columns::SUBSCRIPTION_NAME, account.subscription_name.clone());
    let currency = attributes.find("billing_currency").map_or(Ok(account.currency.clone()), csv_text)?;
    item.field(columns::AZURE_CURRENCY, exactly(available(&currency)));
    item.field(columns::UNIT_OF_MEASURE, exactly_one_of(units.iter().map(|unit| unit::name(unit)), NO_METER));
    item.field(columns::INSTANCE_IDS, instance(attributes)?);
    item.number(columns::USAGE_QUANTITY, usage(attributes, &units, &category)?);
    let cost = cost(attributes)?.map(decimal::units);
    item.number(columns::PRETAX_COST, amount(cost.clone())?);
    item.number(columns::MARKUP_COST, amount(cost.map(|cost| decimal::times(cost?, context.markup)))?);
    Ok(item)
}

/// The service: the category of the meter, which is that of licences for them.
fn meter_category(kind: &Kind, attributes: Attributes<'_>) -> Result<String, String> {
    let name = match attributes.find("service_name") {
        None => kind.service_name.to_owned(),
        Some(name) => csv_text(name)?,
    };
    if !kind.services().contains(&name.as_str()) {
        return Err(format!("`{}` has no service `{name}`: nise refuses that", kind.name));
    }
    let is_licence = attributes.find("CCSP").map_or(kind.special == Special::Licence, is_true);
    Ok(if name == MACHINES && is_licence { LICENCES.to_owned() } else { name })
}

fn resource_location(attributes: Attributes<'_>) -> Result<Field, String> {
    let place = attributes.truthy("resource_location").map_or(Ok(String::new()), csv_text)?;
    let regions = regions(&place);
    if regions.is_empty() {
        return Err(format!("`{place}` is no `resource_location` of nise's"));
    }
    Ok(Field::one_of(regions, NO_LOCATION))
}

/// `ServiceType` of the additional info.
fn instance_type(kind: &Kind, attributes: Attributes<'_>) -> Result<Field, String> {
    if kind.special == Special::Transfer {
        return Ok(Field::null());
    }
    match attributes.truthy("additional_info") {
        None if kind.instance_types.is_empty() => Ok(Field::null()),
        None => Ok(Field::one_of(kind.instance_types.iter().copied(), NO_INSTANCE_TYPE)),
        Some(info) => {
            let info = Attributes::of(info, "`additional_info`")?;
            let text = info.find("ServiceType").map_or(Ok(None), |text| json::scalar(text, "ServiceType"))?;
            Ok(text.map_or(Field::null(), |text| exactly(&text)))
        }
    }
}

fn line_tags(attributes: Attributes<'_>, context: &Context<'_>) -> Result<Field, String> {
    match attributes.mapping("tags")? {
        Some(given) => Ok(tags::given(json::texts(given)?, context.reference)),
        None => Ok(tags::random(RANDOM_TAGS.map(str::to_owned), NO_TAGS, context.reference)),
    }
}

fn instance(attributes: Attributes<'_>) -> Result<Field, String> {
    match attributes.truthy("instance_id") {
        None => Ok(Field::Any(NO_INSTANCE)),
        Some(Node::Scalar(Scalar::Text(id))) => Ok(exactly(available(id))),
        Some(_) => Err("`instance_id` is no text: nise refuses that".to_owned()),
    }
}

fn usage(attributes: Attributes<'_>, units: &[String], category: &str) -> Result<Known<f64>, String> {
    let multipliers: Vec<f64> = units.iter().map(|unit| unit::multiplier(unit, category)).collect::<Result<_, _>>()?;
    let multiplier = match multipliers.split_first() {
        Some((first, others)) if others.iter().all(|other| other.total_cmp(first).is_eq()) => Ok(*first),
        _ => Err(NO_METER),
    };
    let quantity = amount(number(attributes, "usage_quantity")?.ok_or(NO_QUANTITY).map(decimal::units))?;
    Ok(both(quantity, multiplier, |quantity, multiplier| quantity * multiplier))
}

fn cost(attributes: Attributes<'_>) -> Result<Known<f64>, String> {
    if let Some(cost) = number(attributes, "pre_tax_cost")? {
        return Ok(Ok(cost));
    }
    let (quantity, rate) = (number(attributes, "usage_quantity")?, number(attributes, "resource_rate")?);
    Ok(both(quantity.ok_or(NO_PRICE), rate.ok_or(NO_PRICE), |quantity, rate| quantity * rate))
}

/// A number other than 0.
fn number(attributes: Attributes<'_>, name: &str) -> Result<Option<f64>, String> {
    match attributes.truthy(name) {
        None => Ok(None),
        Some(node @ Node::Scalar(Scalar::Integer(_) | Scalar::Float(_))) => float(node, name).map(Some),
        Some(_) => Err(format!("`{name}` is no number")),
    }
}

/// A rounded number, if it is known.
fn amount(units: Known<Result<i128, String>>) -> Result<Known<f64>, String> {
    match units {
        Ok(units) => units.map(|units| Ok(decimal::double(units))),
        Err(why) => Ok(Err(why)),
    }
}
