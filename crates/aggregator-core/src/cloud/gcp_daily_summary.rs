//! The daily summary of GCP, and the dates of an invoice month.
//!
//! # SQL
//! `gcp/reporting_gcpcostentrylineitem_daily_summary.sql`, `gcp/get_invoice_month_dates.sql`.
//!
//! # Differences from the SQL
//! What Trino refuses is repaired: see [`gcp_daily_refusals`].

use super::CloudRun;
use super::codes::Codes;
use super::decimals::{self, LINE_PRECISION, SCALE};
use super::refusals::{Check, any_wrong, refused};
use super::tags::{Cast, kept_tags, scalar, why_no_json, why_no_tags};
use super::texts::non_empty;
use crate::days::midnight;
use crate::labels::EnabledTagKeys;
use crate::run::last_of_month;
use crate::table::cloud::{
    BILLING_ACCOUNT_ID, COST, COST_TYPE, CREDITS, CURRENCY, HAS_REFUSED, INVOICE_MONTH, LABELS, LOCATION_REGION, PROJECT_ID, PROJECT_NAME,
    SERVICE_DESCRIPTION, SERVICE_ID, SKU_DESCRIPTION, SKU_ID, SYSTEM_LABELS, USAGE_AMOUNT_IN_PRICING_UNITS, USAGE_END_TIME,
    USAGE_PRICING_UNIT, USAGE_START_TIME,
};
use crate::table::cloud_summary::{
    ACCOUNT_ID, CREDIT_AMOUNT, GCP_CURRENCY, GCP_DAILY_SUMMARY, GCP_INVOICE_MONTH_DATES, INSTANCE_TYPE, INVOICE_MONTH_END,
    INVOICE_MONTH_START, LINE_ITEM_TYPE, MARKUP_COST, REGION, SERVICE_ALIAS, SKU_ALIAS, TAGS, UNBLENDED_COST, UNIT, USAGE_AMOUNT,
    USAGE_END, USAGE_START,
};
use crate::trino::{JsonError, JsonScalar, decimal, decimal_from_text, fits_precision, json_member, sum};
use chrono::{Datelike, Days, NaiveDate};
use polars::prelude::*;

/// The label that is the instance type.
const MACHINE: &str = "compute.googleapis.com/machine_spec";
/// The member of a credit that is its amount.
const AMOUNT: &str = "amount";

/// Numbers below this are written as the decimals that they are, by text or not.
const SMALL: f64 = 1e14;

/// Days that the line items of an invoice month begin before it and end after it.
const OVERHANG: Days = Days::new(3);

/// The line items of GCP by days of start and end, kept labels, and what was used.
///
/// # Inputs
/// * `line_items` ([`GCP_HOURLY`](crate::table::cloud::GCP_HOURLY)), rows of the run's days, of whatever invoice month.
/// # Output
/// [`GCP_DAILY_SUMMARY`] of `invoice_month`; its decimals are sums of doubles, but credits are rounded for each line item and their sum is
/// exact. Usage that ends on another day is a row of its own. Behind these columns, [`HAS_REFUSED`].
/// # Nulls
/// An empty region and a null one are different groups. Sums of nothing but nulls are null. A line without a credit has one of zero. Labels
/// are null for null and for JSON `null`.
pub fn gcp_daily_summary(line_items: LazyFrame, enabled_tag_keys: &EnabledTagKeys, invoice_month: &str, run: &CloudRun) -> LazyFrame {
    let keys = [
        (INVOICE_MONTH, INVOICE_MONTH.expr()),
        (ACCOUNT_ID, BILLING_ACCOUNT_ID.expr()),
        (PROJECT_ID, PROJECT_ID.expr()),
        (SERVICE_ID, SERVICE_ID.expr()),
        (SKU_ID, SKU_ID.expr()),
        (REGION, LOCATION_REGION.expr()),
        (INSTANCE_TYPE, scalar(SYSTEM_LABELS.expr(), MACHINE)),
        (TAGS, kept_tags(LABELS.expr(), Cast::AroundParse, enabled_tag_keys)),
        (LINE_ITEM_TYPE, COST_TYPE.expr()),
    ]
    .map(|(column, texts)| (Codes::new(column), texts));
    let texts: Vec<_> = keys.iter().map(|(codes, _)| codes.texts()).collect();
    let days = [(USAGE_START, USAGE_START_TIME), (USAGE_END, USAGE_END_TIME)];
    let days = days.map(|(column, time)| time.expr().cast(DataType::Date).alias(column.name));
    let keys: Vec<_> = days.into_iter().chain(keys.map(|(codes, texts)| codes.of(texts))).collect();
    let cost = run.values.of(COST.expr());
    let totals = [
        PROJECT_NAME.expr().max(),
        SERVICE_DESCRIPTION.expr().max().alias(SERVICE_ALIAS.name),
        SKU_DESCRIPTION.expr().max().alias(SKU_ALIAS.name),
        USAGE_PRICING_UNIT.expr().max().alias(UNIT.name),
        CURRENCY.expr().max().alias(GCP_CURRENCY.name),
        sum(&run.values.of(USAGE_AMOUNT_IN_PRICING_UNITS.expr())).alias(USAGE_AMOUNT.name),
        sum(&cost).alias(UNBLENDED_COST.name),
        sum(&(cost * lit(run.markup.factor()))).alias(MARKUP_COST.name),
        CREDIT_AMOUNT.expr().sum(),
        any_wrong(refused_texts().into_iter().chain(refused_numbers())).or(is_refused_credit()).max().alias(HAS_REFUSED),
    ];
    let lines = of_invoice_month(line_items, invoice_month).with_columns([credit().alias(CREDIT_AMOUNT.name)]);
    let groups = lines.group_by(keys).agg(totals).with_columns(texts);
    let mut columns = vec![USAGE_START.expr().alias(USAGE_END.name), non_empty(REGION.expr()).alias(REGION.name)];
    columns.extend(run.literals());
    GCP_DAILY_SUMMARY.select_with(HAS_REFUSED, groups.with_columns(columns))
}

/// The values of `line_items`, rows of the run's days, at which Trino fails: [`REFUSED_VALUES`](super::REFUSED_VALUES).
///
/// [`gcp_daily_summary`] repairs labels as [`aws_daily_summary`](super::aws_daily_summary) does tags, takes a credit whose amount is no
/// decimal, or that is no JSON, for none, and, if the run says so, null for a number that is none.
pub fn gcp_daily_refusals(line_items: LazyFrame, invoice_month: &str) -> LazyFrame {
    let checks = refused_texts().into_iter().chain([Check::text(CREDITS, why_no_credit)]).chain(refused_numbers());
    refused(of_invoice_month(line_items, invoice_month), checks.collect::<Vec<_>>())
}

fn refused_texts() -> [Check; 2] {
    [Check::text(LABELS, |text| why_no_tags(text, Cast::AroundParse)), Check::text(SYSTEM_LABELS, why_no_json)]
}

fn refused_numbers() -> [Check; 2] {
    [Check::finite(COST), Check::finite(USAGE_AMOUNT_IN_PRICING_UNITS)]
}

/// The first and last start of usage that an invoice month has from `start` to `end`, and three days around where these are the ends of a
/// month; null if there is none.
///
/// # Inputs
/// * `line_items` ([`GCP_INVOICE`](crate::table::cloud::GCP_INVOICE)) of the months of `start` and `end`, and of those before and after.
/// # Output
/// [`GCP_INVOICE_MONTH_DATES`], one row. Both ends are midnights, and included: of the last day only midnight counts.
pub fn gcp_invoice_month_dates(line_items: LazyFrame, invoice_month: &str, start: NaiveDate, end: NaiveDate) -> LazyFrame {
    let first = if start.day() == 1 { start.checked_sub_days(OVERHANG).unwrap_or(start) } else { start };
    let last = if end == last_of_month(end) { end.checked_add_days(OVERHANG).unwrap_or(end) } else { end };
    let time = USAGE_START_TIME.expr();
    let within = time.clone().gt_eq(midnight(first, &USAGE_START_TIME)).and(time.clone().lt_eq(midnight(last, &USAGE_START_TIME)));
    let dates = of_invoice_month(line_items, invoice_month)
        .filter(within)
        .select([time.clone().min().alias(INVOICE_MONTH_START.name), time.max().alias(INVOICE_MONTH_END.name)]);
    GCP_INVOICE_MONTH_DATES.select(dates)
}

fn of_invoice_month(line_items: LazyFrame, invoice_month: &str) -> LazyFrame {
    line_items.filter(INVOICE_MONTH.expr().eq(lit(invoice_month.to_owned())))
}

/// The amount of the credit of each line, zero if there is none; null if it is refused for what it is no decimal, or no JSON.
fn credit() -> Expr {
    CREDITS.expr().map(
        |column| {
            // Few credits come twice.
            let credits = column.str()?.iter().map(|text| text.map_or(Some(0), |text| Credit::of(text).units()));
            Ok(decimals::column(column.name(), credits))
        },
        |_, field| Ok(Field::new(field.name().clone(), decimals::data_type())),
    )
}

/// Whether Trino refuses the credit of a line, by its [`credit`].
fn is_refused_credit() -> Expr {
    CREDIT_AMOUNT.expr().map(
        |column| {
            let credits = column.decimal()?.physical();
            let refused = credits.iter().map(|units| units.is_none_or(|units| !fits_precision(units, LINE_PRECISION)));
            Ok(refused.collect::<BooleanChunked>().with_name(column.name().clone()).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)),
    )
}

/// What stands in the text of a credit.
enum Credit<'text> {
    /// No amount.
    None,
    /// An amount in units of 10^-9.
    Units(i128),
    /// An amount that is no decimal.
    NoDecimal(JsonScalar<'text>),
    /// The text is no JSON.
    NoJson(JsonError),
}

impl<'text> Credit<'text> {
    fn of(text: &'text str) -> Self {
        match json_member(text, AMOUNT) {
            Ok(None) => Self::None,
            Ok(Some(amount)) => amount_units(&amount).map_or(Self::NoDecimal(amount), Self::Units),
            Err(error) => Self::NoJson(error),
        }
    }

    fn units(self) -> Option<i128> {
        match self {
            Self::None => Some(0),
            Self::Units(units) => Some(units),
            Self::NoDecimal(_) | Self::NoJson(_) => None,
        }
    }
}

/// `CAST(text of the amount AS decimal(24,9))` in units of 10^-9.
fn amount_units(amount: &JsonScalar<'_>) -> Option<i128> {
    match amount {
        // Both casts are of the shortest text.
        JsonScalar::Double(number) if number.abs() < SMALL => decimal(*number, decimals::PRECISION, SCALE),
        _ => decimal_from_text(&amount.text(), SCALE.try_into().ok()?),
    }
    .map(decimals::limited)
}

/// Why Trino refuses `text` as a credit.
fn why_no_credit(text: &str) -> Option<String> {
    match Credit::of(text) {
        Credit::NoJson(error) => Some(error.problem.to_string()),
        Credit::NoDecimal(amount) => Some(format!("has the amount {:?}, which is no decimal", amount.text())),
        Credit::Units(units) if !fits_precision(units, LINE_PRECISION) => {
            let amount = json_member(text, AMOUNT).ok().flatten();
            let amount = amount.as_ref().map(JsonScalar::text).unwrap_or_default();
            Some(format!("has the amount {amount}, too large for decimal(24,9)"))
        }
        Credit::Units(_) | Credit::None => None,
    }
}

#[cfg(test)]
mod tests;
