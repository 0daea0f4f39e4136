//! The daily summary of Azure.
//!
//! # SQL
//! `azure/reporting_azurecostentrylineitem_daily_summary.sql`.
//!
//! # Differences from the SQL
//! What Trino refuses is repaired: see [`azure_daily_refusals`].

use super::azure_units::{self, Multiplier, unit_of_measure};
use super::codes::{Codes, count_different};
use super::decimals::{self, LINE_PRECISION, SCALE};
use super::refusals::{Check, any_wrong, refused};
use super::tags::{Cast, kept_tags, scalar, why_no_json, why_no_tags};
use super::texts::{by_distinct, non_empty, replaced};
use super::{CloudRun, Markup, Values};
use crate::labels::EnabledTagKeys;
use crate::table::cloud::{
    ADDITIONALINFO, AZURE_DATE, BILLINGCURRENCY, BILLINGCURRENCYCODE, COSTINBILLINGCURRENCY, HAS_REFUSED, METERCATEGORY, QUANTITY,
    RESOURCEID, RESOURCELOCATION, SERVICENAME, SUBSCRIPTIONGUID, SUBSCRIPTIONID, SUBSCRIPTIONNAME, TAGS, UNITOFMEASURE,
};
use crate::table::cloud_summary::{
    AZURE_CURRENCY, AZURE_DAILY_SUMMARY, AZURE_INSTANCE_TYPE, INSTANCE_COUNT, INSTANCE_IDS, MARKUP_COST, PRETAX_COST, RESOURCE_LOCATION,
    SERVICE_NAME, SUBSCRIPTION_GUID, SUBSCRIPTION_NAME, UNIT_OF_MEASURE, USAGE_END, USAGE_QUANTITY, USAGE_START,
};
use crate::trino::{decimal, fits_precision, sum};
use polars::lazy::dsl::coalesce;
use polars::prelude::*;

/// Numbers below this have fewer digits before the point than `decimal(24,9)` holds.
const SMALL: f64 = 1e14;

/// The member of the additional information that is the instance type.
const SERVICE_TYPE: &str = "ServiceType";

/// The line items of Azure by day, kept tags, subscription, region, instance type and service.
///
/// # Inputs
/// * `line_items` ([`AZURE_DAILY`](crate::table::cloud::AZURE_DAILY)), rows of the run's days.
/// # Output
/// [`AZURE_DAILY_SUMMARY`], and [`HAS_REFUSED`]. Cost, usage and markup are rounded for each line item; their sums are exact.
/// # Nulls
/// An empty region and a null one are different groups. Sums of nothing but nulls are null. Tags are null for null and for JSON `null`.
/// Null is one of the resources, but is not counted.
pub fn azure_daily_summary(line_items: LazyFrame, enabled_tag_keys: &EnabledTagKeys, run: &CloudRun) -> LazyFrame {
    let subscription = [non_empty(SUBSCRIPTIONID.expr()), SUBSCRIPTIONGUID.expr()];
    let mut names = vec![non_empty(SUBSCRIPTIONNAME.expr())];
    names.extend_from_slice(&subscription);
    let lines = line_items.select([
        AZURE_DATE.expr().cast(DataType::Date).alias(USAGE_START.name),
        kept_tags(TAGS.expr(), Cast::OfJson, enabled_tag_keys).alias(TAGS.name),
        coalesce(&subscription).alias(SUBSCRIPTION_GUID.name),
        coalesce(&names).alias(SUBSCRIPTION_NAME.name),
        RESOURCELOCATION.expr().alias(RESOURCE_LOCATION.name),
        scalar(ADDITIONALINFO.expr(), SERVICE_TYPE).alias(AZURE_INSTANCE_TYPE.name),
        coalesce(&[non_empty(SERVICENAME.expr()), METERCATEGORY.expr()]).alias(SERVICE_NAME.name),
        decimals::of_doubles(&COSTINBILLINGCURRENCY, run.values).alias(PRETAX_COST.name),
        usage(run.values).alias(USAGE_QUANTITY.name),
        replaced(UNITOFMEASURE.expr(), |unit| Some(unit_of_measure(unit).to_owned())).alias(UNIT_OF_MEASURE.name),
        coalesce(&[non_empty(BILLINGCURRENCYCODE.expr()), BILLINGCURRENCY.expr()]).alias(AZURE_CURRENCY.name),
        RESOURCEID.expr(),
        any_wrong(checks(run.markup)).alias(HAS_REFUSED),
    ]);
    let lines = lines.with_columns([marked_up(PRETAX_COST.expr(), run.markup).alias(MARKUP_COST.name)]);
    let keys = [TAGS, SUBSCRIPTION_GUID, RESOURCE_LOCATION, AZURE_INSTANCE_TYPE, SERVICE_NAME, SUBSCRIPTION_NAME].map(Codes::new);
    let resources = Codes::new(RESOURCEID);
    let mut totals: Vec<_> = [PRETAX_COST, USAGE_QUANTITY, MARKUP_COST].map(|column| sum(&column.expr()).alias(column.name)).into();
    totals.extend([UNIT_OF_MEASURE, AZURE_CURRENCY].map(|column| column.expr().max()));
    totals.push(col(HAS_REFUSED).max());
    totals.push(resources.of(resources.expr()).implode(false).alias(INSTANCE_IDS.name));
    let mut texts: Vec<_> = keys.iter().map(Codes::texts).collect();
    texts.extend([count_different(&INSTANCE_IDS, &INSTANCE_COUNT), resources.different(&INSTANCE_IDS)]);
    let keys = keys.iter().map(|codes| codes.of(codes.expr()));
    let groups = lines.group_by(std::iter::once(USAGE_START.expr()).chain(keys).collect::<Vec<_>>()).agg(totals).with_columns(texts);
    let mut columns = vec![USAGE_START.expr().alias(USAGE_END.name)];
    columns.extend(run.literals());
    AZURE_DAILY_SUMMARY.select_with(HAS_REFUSED, groups.with_columns(columns))
}

/// The values of `line_items`, rows of the run's days, at which Trino fails: [`REFUSED_VALUES`](super::REFUSED_VALUES).
///
/// [`azure_daily_summary`] takes what is no JSON, or no object where tags are read, for null, the compact text of a nested tag, a multiplier
/// that is no integer for the decimal that it is (the product is rounded to nine places for each line item), and, if the run says so, null
/// for a number that is none. Numbers, products and markups with more digits than Trino takes for a line item are taken as they are.
pub fn azure_daily_refusals(line_items: LazyFrame, run: &CloudRun) -> LazyFrame {
    refused(line_items, checks(run.markup))
}

fn checks(markup: Markup) -> [Check; 8] {
    // What most numbers are is told without casting them.
    let too_great = |value: f64| value.abs() >= SMALL && value.is_finite() && decimal(value, LINE_PRECISION, SCALE).is_none();
    #[expect(clippy::cast_precision_loss, reason = "it is a bound far from what it bounds")]
    let small = markup.decimal().map_or(0.0, |(factor, _)| SMALL / (1.0 + factor.unsigned_abs() as f64));
    let markup_overflows =
        move |value: f64| value.abs() >= small && decimal(value, LINE_PRECISION, SCALE).is_some_and(|units| !markup_fits(units, markup));
    [
        Check::text(TAGS, |text| why_no_tags(text, Cast::OfJson)),
        Check::text(ADDITIONALINFO, why_no_json),
        Check::text(UNITOFMEASURE, |unit| {
            let refused = matches!(Multiplier::of(unit), Multiplier::Refused(_));
            refused.then(|| "begins with a number that is no integer".to_owned())
        }),
        Check::finite(QUANTITY),
        Check::finite(COSTINBILLINGCURRENCY),
        Check::number(QUANTITY, holds(&QUANTITY.expr(), too_great), "has more digits than decimal(24,9)"),
        Check::number(COSTINBILLINGCURRENCY, holds(&COSTINBILLINGCURRENCY.expr(), too_great), "has more digits than decimal(24,9)"),
        Check::number(COSTINBILLINGCURRENCY, holds(&COSTINBILLINGCURRENCY.expr(), markup_overflows), "has a markup of too many digits"),
    ]
}

/// Whether `test` holds of a number; false for null.
fn holds(numbers: &Expr, test: impl Fn(f64) -> bool + Send + Sync + 'static) -> Expr {
    numbers.clone().map(
        move |column| Ok(column.f64()?.iter().map(|value| value.is_some_and(&test)).collect::<BooleanChunked>().into_column()),
        |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)),
    )
}

/// The quantity times what its unit counts.
fn usage(values: Values) -> Expr {
    QUANTITY.expr().map_many(
        move |columns| {
            let [quantity, unit, category] = columns else { polars_bail!(ComputeError: "usage takes three columns") };
            let (units, categories) = (unit.str()?, category.str()?);
            let multipliers = by_distinct(units, Multiplier::of);
            let of_lines = multipliers.into_iter().zip(units.iter()).zip(categories.iter()).map(|((multiplier, unit), category)| {
                multiplier.zip(unit).map_or(Multiplier::One, |(multiplier, unit)| multiplier.under(unit, category))
            });
            let lines = quantity.f64()?.iter().zip(of_lines).map(|(quantity, multiplier)| {
                let quantity = decimals::units(quantity?, values)?;
                Some(multiplied(quantity, multiplier))
            });
            Ok(decimals::column(quantity.name(), lines))
        },
        &[UNITOFMEASURE.expr(), METERCATEGORY.expr()],
        |_, fields| Ok(Field::new(fields.first().map_or(PlSmallStr::EMPTY, |field| field.name().clone()), decimals::data_type())),
    )
}

fn multiplied(units: i128, multiplier: Multiplier) -> i128 {
    match multiplier {
        Multiplier::One => units,
        Multiplier::Integer(factor) => decimals::times(units, factor.into(), 0),
        Multiplier::Refused(Some(factor)) => decimals::times(units, factor, azure_units::SCALE),
        Multiplier::Refused(None) => decimals::TOO_GREAT * units.signum(),
    }
}

/// The markup of each line's cost, rounded: an exact product, or one of doubles where the markup is one.
fn marked_up(cost: Expr, markup: Markup) -> Expr {
    cost.map(
        move |column| {
            let costs = column.decimal()?.physical();
            Ok(decimals::column(column.name(), costs.iter().map(|units| Some(marked_up_units(units?, markup)))))
        },
        |_, field| Ok(Field::new(field.name().clone(), decimals::data_type())),
    )
}

fn marked_up_units(units: i128, markup: Markup) -> i128 {
    match markup.decimal() {
        Some((factor, scale)) => decimals::times(units, factor, scale),
        None => decimals::units(decimals::double(units) * markup.factor(), Values::AsTrino).unwrap_or_default(),
    }
}

/// Whether Trino computes the markup of a cost: a product of at most 38 digits, and of at most 24 when it is rounded.
fn markup_fits(units: i128, markup: Markup) -> bool {
    let product = markup.decimal().map(|(factor, _)| units.checked_mul(factor));
    product.is_none_or(|product| product.is_some_and(|product| fits_precision(product, decimals::PRECISION)))
        && fits_precision(marked_up_units(units, markup), LINE_PRECISION)
}

#[cfg(test)]
mod tests;
