//! The daily summary of AWS.
//!
//! # SQL
//! `aws/reporting_awscostentrylineitem_daily_summary.sql`.
//!
//! # Differences from the SQL
//! What Trino refuses is repaired: see [`aws_daily_refusals`].

use super::CloudRun;
use super::aws_measures::{CoveredUsage, finished, refused_numbers, totals};
use super::codes::{Codes, count_different};
use super::refusals::{Check, any_wrong, refused};
use super::tags::{Cast, json, kept_tags, why_no_jsonb, why_no_tags};
use super::texts::{cut, non_empty};
use crate::labels::EnabledTagKeys;
use crate::table::ColumnDef;
use crate::table::cloud::{
    BILL_BILLINGENTITY, COSTCATEGORY, HAS_REFUSED, LINEITEM_AVAILABILITYZONE, LINEITEM_PRODUCTCODE, LINEITEM_RESOURCEID,
    LINEITEM_USAGEACCOUNTID, LINEITEM_USAGESTARTDATE, PRICING_UNIT, PRODUCT_INSTANCETYPE, PRODUCT_PRODUCTFAMILY, PRODUCT_PRODUCTNAME,
    PRODUCT_REGION, RESOURCETAGS,
};
use crate::table::cloud_reference::{ACCOUNT_ID, CREATED_TIMESTAMP, DELETED_TIMESTAMP, ID, PROVIDER_ID};
use crate::table::cloud_summary::{
    ACCOUNT_ALIAS_ID, AVAILABILITY_ZONE, AWS_DAILY_SUMMARY, COST_CATEGORY, INSTANCE_TYPE, ORGANIZATIONAL_UNIT_ID, PRODUCT_CODE,
    PRODUCT_FAMILY, REGION, RESOURCE_COUNT, RESOURCE_IDS, TAGS, UNIT, USAGE_ACCOUNT_ID, USAGE_END, USAGE_START,
};
use polars::lazy::dsl::coalesce;
use polars::prelude::*;

/// Sells what others make; their product's name says more than its code.
const MARKETPLACE: &str = "AWS Marketplace";

/// What a tenant says about its AWS accounts.
#[derive(Clone)]
pub struct AwsReference {
    /// Enabled tag keys of AWS.
    pub enabled_tag_keys: EnabledTagKeys,
    /// Rows of [`AWS_ACCOUNT_ALIASES`](crate::table::cloud_reference::AWS_ACCOUNT_ALIASES).
    pub account_aliases: LazyFrame,
    /// Rows of [`AWS_ORGANIZATIONAL_UNITS`](crate::table::cloud_reference::AWS_ORGANIZATIONAL_UNITS), of all sources.
    pub organizational_units: LazyFrame,
}

impl std::fmt::Debug for AwsReference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("AwsReference").field("enabled_tag_keys", &self.enabled_tag_keys).finish_non_exhaustive()
    }
}

/// The line items of AWS by day and raw description.
///
/// # Inputs
/// * `line_items` ([`AWS_DAILY`](crate::table::cloud::AWS_DAILY)), rows of the run's days.
/// # Output
/// [`AWS_DAILY_SUMMARY`]; decimals are sums of doubles. Rows are grouped by texts as they are: empty and null, or two texts of the same
/// tags, are different groups. A row stands once for each organisational unit of its account that lives on its day. Behind these
/// columns, [`HAS_REFUSED`].
/// # Nulls
/// Sums of nothing but nulls are null, and so are their markups; the usage of a savings plan's negation is zero even if it is null.
/// Tags are null for null and for JSON `null`; cost categories for null alone. Null is one of the resources, but is not counted.
pub fn aws_daily_summary(line_items: LazyFrame, reference: &AwsReference, run: &CloudRun) -> LazyFrame {
    let day = LINEITEM_USAGESTARTDATE.expr().cast(DataType::Date).alias(USAGE_START.name);
    let keys = [
        BILL_BILLINGENTITY,
        LINEITEM_PRODUCTCODE,
        PRODUCT_PRODUCTNAME,
        LINEITEM_USAGEACCOUNTID,
        LINEITEM_AVAILABILITYZONE,
        PRODUCT_PRODUCTFAMILY,
        PRODUCT_REGION,
        RESOURCETAGS,
        COSTCATEGORY,
        PRODUCT_INSTANCETYPE,
        PRICING_UNIT,
    ]
    .map(Codes::new);
    let resources = Codes::new(LINEITEM_RESOURCEID);
    let mut totals = totals(CoveredUsage::Counts, run.values);
    totals.push(resources.of(resources.expr()).implode(false).alias(RESOURCE_IDS.name));
    totals.push(any_wrong(refused_numbers(CoveredUsage::Counts)).max().alias(HAS_REFUSED));
    let mut texts: Vec<_> = keys.iter().map(Codes::texts).collect();
    texts.extend([count_different(&RESOURCE_IDS, &RESOURCE_COUNT), resources.different(&RESOURCE_IDS)]);
    let keys = keys.iter().map(|codes| codes.of(codes.expr()));
    let groups = line_items.group_by(std::iter::once(day).chain(keys).collect::<Vec<_>>()).agg(totals).with_columns(texts);
    // The texts that can be refused are of the key: a group has one of each.
    let groups = groups.with_columns([col(HAS_REFUSED).or(any_wrong(refused_texts())).alias(HAS_REFUSED)]);
    let named = with_account_alias(groups, &LINEITEM_USAGEACCOUNTID, reference);
    let in_units = named.join(
        living_units(reference, run),
        [ACCOUNT_ALIAS_ID.expr(), USAGE_START.expr()],
        [ACCOUNT_ALIAS_ID.expr(), USAGE_START.expr()],
        JoinArgs::new(JoinType::Left),
    );
    let mut columns = finished(run.markup);
    columns.extend(run.literals());
    columns.extend([
        USAGE_START.expr().alias(USAGE_END.name),
        cut(LINEITEM_USAGEACCOUNTID.expr(), &USAGE_ACCOUNT_ID).alias(USAGE_ACCOUNT_ID.name),
        product_code().alias(PRODUCT_CODE.name),
        non_empty(PRODUCT_PRODUCTFAMILY.expr()).alias(PRODUCT_FAMILY.name),
        cut(non_empty(LINEITEM_AVAILABILITYZONE.expr()), &AVAILABILITY_ZONE).alias(AVAILABILITY_ZONE.name),
        non_empty(PRODUCT_REGION.expr()).alias(REGION.name),
        non_empty(PRODUCT_INSTANCETYPE.expr()).alias(INSTANCE_TYPE.name),
        non_empty(PRICING_UNIT.expr()).alias(UNIT.name),
        kept_tags(RESOURCETAGS.expr(), Cast::AroundParse, &reference.enabled_tag_keys).alias(TAGS.name),
        json(COSTCATEGORY.expr()).alias(COST_CATEGORY.name),
    ]);
    AWS_DAILY_SUMMARY.select_with(HAS_REFUSED, in_units.with_columns(columns))
}

/// The values of `line_items`, rows of the run's days, at which Trino fails: [`REFUSED_VALUES`](super::REFUSED_VALUES).
///
/// [`aws_daily_summary`] takes what is no JSON, or no object where tags are read, for null; the compact text of a nested tag; the last of
/// equal keys; `?` for half of a surrogate pair; and, if the run says so, null for a number that is none.
pub fn aws_daily_refusals(line_items: LazyFrame) -> LazyFrame {
    refused(line_items, refused_texts().into_iter().chain(refused_numbers(CoveredUsage::Counts)).collect::<Vec<_>>())
}

fn refused_texts() -> [Check; 2] {
    [Check::text(RESOURCETAGS, |text| why_no_tags(text, Cast::AroundParse)), Check::text(COSTCATEGORY, why_no_jsonb)]
}

/// The code; of the marketplace, the name if there is one.
fn product_code() -> Expr {
    let code = || non_empty(LINEITEM_PRODUCTCODE.expr());
    when(BILL_BILLINGENTITY.expr().eq(lit(MARKETPLACE))).then(coalesce(&[non_empty(PRODUCT_PRODUCTNAME.expr()), code()])).otherwise(code())
}

/// The rows with the key of the alias of `account`, as long as it is.
pub(super) fn with_account_alias(rows: LazyFrame, account: &ColumnDef, reference: &AwsReference) -> LazyFrame {
    let aliases = reference.account_aliases.clone().select([ACCOUNT_ID.expr(), ID.expr().alias(ACCOUNT_ALIAS_ID.name)]);
    rows.join(aliases, [account.expr()], [ACCOUNT_ID.expr()], JoinArgs::new(JoinType::Left))
}

/// The organisational units of the source by account alias and day of the run: a unit that begins and ends on one day lives on none.
fn living_units(reference: &AwsReference, run: &CloudRun) -> LazyFrame {
    let days: Vec<i32> = run.start.iter_days().take_while(|day| *day <= run.end).map(|day| day.to_epoch_days()).collect();
    let days = Column::new(USAGE_START.name.into(), days).into_frame().lazy().with_columns([USAGE_START.expr().cast(DataType::Date)]);
    let ends_later = DELETED_TIMESTAMP.expr().is_null().or(DELETED_TIMESTAMP.expr().gt(USAGE_START.expr()));
    let units = reference.organizational_units.clone().filter(PROVIDER_ID.expr().eq(lit(run.source.to_string())));
    units.cross_join(days, None).filter(CREATED_TIMESTAMP.expr().lt_eq(USAGE_START.expr()).and(ends_later)).select([
        ACCOUNT_ALIAS_ID.expr(),
        USAGE_START.expr(),
        ID.expr().alias(ORGANIZATIONAL_UNIT_ID.name),
    ])
}

#[cfg(test)]
mod tests;
