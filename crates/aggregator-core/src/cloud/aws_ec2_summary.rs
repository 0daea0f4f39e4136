//! The monthly summary of EC2 instances.
//!
//! # SQL
//! `aws/reporting_awscostentrylineitem_summary_by_ec2_compute_p.sql`.
//!
//! # Differences from the SQL
//! What Trino refuses is repaired: see [`aws_ec2_refusals`].

use super::CloudRun;
use super::aws_daily_summary::{AwsReference, with_account_alias};
use super::aws_measures::{CoveredUsage, finished, refused_numbers, totals, totals_of_totals};
use super::refusals::{Check, refused};
use super::tags::{Cast, json, kept_tags, scalar, why_no_jsonb, why_no_tags};
use super::texts::{by_distinct, cut, non_empty};
use crate::table::ColumnDef;
use crate::table::cloud::{
    COSTCATEGORY, LINEITEM_PRODUCTCODE, LINEITEM_RESOURCEID, LINEITEM_USAGEACCOUNTID, LINEITEM_USAGESTARTDATE, PRICING_UNIT,
    PRODUCT_INSTANCETYPE, PRODUCT_MEMORY, PRODUCT_OPERATINGSYSTEM, PRODUCT_PRODUCTFAMILY, PRODUCT_REGION, PRODUCT_VCPU, RESOURCETAGS,
};
use crate::table::cloud_summary::{
    AWS_EC2_SUMMARY, COST_CATEGORY, INSTANCE_NAME, INSTANCE_TYPE, MEMORY, OPERATING_SYSTEM, REGION, RESOURCE_ID, TAGS, UNIT,
    USAGE_ACCOUNT_ID, USAGE_END, USAGE_START, VCPU,
};
use crate::trino::integer_from_text;
use polars::prelude::*;

const EC2: &str = "AmazonEC2";
const COMPUTE_INSTANCE: &str = "Compute Instance";
/// The tag that names an instance.
const NAME: &str = "Name";

/// The latest midnight at which an instance has a line.
const MIDNIGHT: &str = "midnight";
/// The latest day on which a resource has a line of any kind.
const LATEST_DAY: &str = "latest_day";
/// Whether a line is of a compute instance.
const IS_INSTANCE: &str = "is_instance";

/// The compute instances of a month, with the descriptions of their latest day.
///
/// # Inputs
/// * `line_items` ([`AWS_EC2`](crate::table::cloud::AWS_EC2)), every row of the month's partition, of whatever product: the latest day of
///   a resource is that of all its lines.
/// # Output
/// [`AWS_EC2_SUMMARY`]; decimals are sums of doubles. An instance stands once for each different description (type, tags, cost
/// categories, memory, processors) at midnight of its latest day, each time with the cost of the whole month, and not at all if it has no
/// line then.
/// # Nulls
/// As in [`aws_daily_summary`](super::aws_daily_summary). Costs of usage that a savings plan covers are zero, even if they are null.
/// Resources without an id are left out.
pub fn aws_ec2_summary(line_items: LazyFrame, reference: &AwsReference, run: &CloudRun) -> LazyFrame {
    let start = LINEITEM_USAGESTARTDATE.expr();
    let day = || LINEITEM_USAGESTARTDATE.expr().cast(DataType::Date);
    let midnight = start.clone().eq(day().cast(LINEITEM_USAGESTARTDATE.kind.data_type()));
    let instance_only = |column: ColumnDef| when(col(IS_INSTANCE)).then(column.expr()).otherwise(lit(NULL)).alias(column.name);
    let description = [PRODUCT_INSTANCETYPE, RESOURCETAGS, COSTCATEGORY, PRODUCT_MEMORY, PRODUCT_VCPU];
    let lines = line_items
        .filter(LINEITEM_RESOURCEID.expr().neq(lit("")))
        .with_columns([is_instance().alias(IS_INSTANCE)])
        // Other lines say nothing but when.
        .with_columns(description.map(instance_only));
    let greatest = [LINEITEM_USAGEACCOUNTID, PRODUCT_OPERATINGSYSTEM, PRODUCT_REGION, PRICING_UNIT];
    let mut of_description = totals(CoveredUsage::IsFree, run.values);
    // Empty is less than any other text, so that it is the greatest only where nothing else is.
    of_description.extend(greatest.map(|column| column.expr().max()));
    of_description.extend([
        day().min().alias(USAGE_START.name),
        day().max().alias(USAGE_END.name),
        when(midnight).then(day()).otherwise(lit(NULL)).max().alias(MIDNIGHT),
    ]);
    let keys = [LINEITEM_RESOURCEID.expr(), col(IS_INSTANCE)].into_iter().chain(description.map(|column| column.expr()));
    let descriptions = lines.group_by(keys.collect::<Vec<_>>()).agg(of_description);
    let instances = descriptions.clone().filter(col(IS_INSTANCE));
    let latest = descriptions.group_by([LINEITEM_RESOURCEID.expr()]).agg([USAGE_END.expr().max().alias(LATEST_DAY)]);
    let mut of_month = totals_of_totals();
    of_month.extend(greatest.map(|column| column.expr().max()));
    of_month.extend([USAGE_START.expr().min(), USAGE_END.expr().max()]);
    let months = instances.clone().group_by([LINEITEM_RESOURCEID.expr()]).agg(of_month);
    let described = instances.select(
        description.into_iter().chain([LINEITEM_RESOURCEID]).map(|column| column.expr()).chain([col(MIDNIGHT)]).collect::<Vec<_>>(),
    );
    let on_id = |left: LazyFrame, right: LazyFrame| {
        left.join(right, [LINEITEM_RESOURCEID.expr()], [LINEITEM_RESOURCEID.expr()], JoinArgs::new(JoinType::Inner))
    };
    let rows = on_id(on_id(described, latest).filter(col(MIDNIGHT).eq(col(LATEST_DAY))), months);
    let mut columns = finished(run.markup);
    columns.extend(run.literals());
    columns.extend([
        cut(LINEITEM_USAGEACCOUNTID.expr(), &USAGE_ACCOUNT_ID).alias(USAGE_ACCOUNT_ID.name),
        LINEITEM_RESOURCEID.expr().alias(RESOURCE_ID.name),
        scalar(RESOURCETAGS.expr(), NAME).alias(INSTANCE_NAME.name),
        non_empty(PRODUCT_INSTANCETYPE.expr()).alias(INSTANCE_TYPE.name),
        non_empty(PRODUCT_OPERATINGSYSTEM.expr()).alias(OPERATING_SYSTEM.name),
        non_empty(PRODUCT_REGION.expr()).alias(REGION.name),
        integer(PRODUCT_VCPU.expr()).alias(VCPU.name),
        non_empty(PRODUCT_MEMORY.expr()).alias(MEMORY.name),
        non_empty(PRICING_UNIT.expr()).alias(UNIT.name),
        kept_tags(RESOURCETAGS.expr(), Cast::AroundParse, &reference.enabled_tag_keys).alias(TAGS.name),
        json(COSTCATEGORY.expr()).alias(COST_CATEGORY.name),
    ]);
    AWS_EC2_SUMMARY.select(with_account_alias(rows, &LINEITEM_USAGEACCOUNTID, reference).with_columns(columns))
}

/// The values of `line_items`, every row of the month's partition, at which Trino fails: [`REFUSED_VALUES`](super::REFUSED_VALUES).
///
/// [`aws_ec2_summary`] repairs as [`aws_daily_summary`](super::aws_daily_summary) does, and takes processors that are no integer for null.
/// Descriptions that are not of an instance's latest day are listed too, though Trino may not read them.
pub fn aws_ec2_refusals(line_items: LazyFrame) -> LazyFrame {
    let mut checks = vec![
        Check::text(RESOURCETAGS, |text| why_no_tags(text, Cast::AroundParse)),
        Check::text(COSTCATEGORY, why_no_jsonb),
        Check::text(PRODUCT_VCPU, |text| (!text.is_empty() && integer_from_text(text).is_none()).then(|| "is no integer".to_owned())),
    ];
    checks.extend(refused_numbers(CoveredUsage::IsFree));
    refused(line_items.filter(is_instance().and(LINEITEM_RESOURCEID.expr().neq(lit("")))), checks)
}

/// False for null.
fn is_instance() -> Expr {
    let is_ec2 = LINEITEM_PRODUCTCODE.expr().eq_missing(lit(EC2));
    is_ec2.and(PRODUCT_PRODUCTFAMILY.expr().str().contains_literal(lit(COMPUTE_INSTANCE)).fill_null(lit(false)))
}

/// `CAST(text AS integer)`, null for what is none.
fn integer(texts: Expr) -> Expr {
    texts.map(
        |column| {
            let numbers = by_distinct(column.str()?, integer_from_text).into_iter().map(Option::flatten);
            Ok(Int32Chunked::from_iter_options(column.name().clone(), numbers).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Int32)),
    )
}

#[cfg(test)]
mod tests;
