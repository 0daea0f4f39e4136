//! The HCS extracts: lines of Red Hat's products on a cloud, one day at a time.
//!
//! # SQL
//! `hcs/database/sql/reporting_{aws,azure,gcp}_hcs_daily_summary.sql`.

use crate::run::SourceUuid;
use crate::table::ColumnDef;
use crate::table::cloud::{
    AWS_HCS, BILL_BILLINGENTITY, LINEITEM_LEGALENTITY, LINEITEM_LINEITEMDESCRIPTION, LINEITEM_LINEITEMTYPE, LINEITEM_RESOURCEID,
    LINEITEM_UNBLENDEDCOST, LINEITEM_USAGEAMOUNT, LINEITEM_USAGESTARTDATE, METERSUBCATEGORY, PRODUCT_PRODUCTNAME, PRODUCT_VCPU,
    PUBLISHERNAME, PUBLISHERTYPE, SERVICE_DESCRIPTION, SKU_DESCRIPTION,
};
use crate::table::cloud_extract::{EBS_ACCOUNT_ID, MONTH, ORG_ID, SOURCE, YEAR};
use crate::trino::integer_from_text;
use polars::lazy::dsl::dtype_col;
use polars::prelude::*;

const RED_HAT: &str = "Red Hat";
const RHEL: &str = "RHEL";
/// Price of a processor and hour, by the greatest number of processors that it is for; more have the last one.
const PRICES: [(i32, f64); 2] = [(8, 0.0144), (127, 0.0108)];
const PRICE_OF_LARGE: f64 = 0.0096;

/// What is said about a day's extract in its own columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HcsRun {
    /// The source.
    pub source: SourceUuid,
    /// Year of the partition, four digits.
    pub year: String,
    /// Month of the partition, two digits.
    pub month: String,
    /// The customer's account number.
    pub ebs_acct_num: Option<String>,
    /// The customer's organisation.
    pub org_id: Option<String>,
}

/// A day's lines of Red Hat's products on AWS.
///
/// # Inputs
/// * `line_items` ([`AWS_HCS`]): rows of the day, by day.
/// # Output
/// The columns of [`AWS_HCS`], then [`HCS_APPENDED`](crate::table::cloud_extract::HCS_APPENDED); timestamps as text; by resource and
/// time, otherwise in the order of the input. The cost is estimated from processors and hours where the description names Red Hat.
/// # Nulls
/// A condition that a null leaves open does not hold. The estimate of a null usage is null.
pub fn aws_hcs(line_items: LazyFrame, run: &HcsRun) -> LazyFrame {
    let of_amazon = || contains(&LINEITEM_LEGALENTITY, "Amazon Web Services").or(contains(&LINEITEM_LEGALENTITY, "AWS"));
    let described = || contains(&LINEITEM_LINEITEMDESCRIPTION, RED_HAT).or(contains(&LINEITEM_LINEITEMDESCRIPTION, RHEL));
    let private_offer = BILL_BILLINGENTITY.expr().eq(lit("AWS Marketplace")).and(contains(&LINEITEM_LEGALENTITY, RED_HAT));
    let named = of_amazon().and(contains(&PRODUCT_PRODUCTNAME, RED_HAT));
    let estimated = of_amazon().and(described()).and(LINEITEM_LINEITEMTYPE.expr().neq(lit("RIFee")));
    let processors = PRODUCT_VCPU.expr().map(
        |column| {
            let numbers: Int32Chunked = column.str()?.iter().map(|text| text.and_then(integer_from_text)).collect();
            Ok(numbers.with_name(column.name().clone()).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Int32)),
    );
    let [(small, price_of_small), (medium, price_of_medium)] = PRICES;
    let price = when(processors.clone().lt_eq(lit(small)))
        .then(lit(price_of_small))
        .when(processors.clone().lt_eq(lit(medium)))
        .then(lit(price_of_medium))
        .otherwise(lit(PRICE_OF_LARGE));
    // Multiplied in the order of the SQL, which decides the last digit.
    let estimate = price * LINEITEM_USAGEAMOUNT.expr() * processors.clone().cast(DataType::Float64);
    let cost = when(processors.is_not_null().and(described())).then(estimate).otherwise(LINEITEM_UNBLENDEDCOST.expr());
    let lines =
        AWS_HCS.select(line_items.filter(private_offer.or(named).or(estimated))).with_columns([cost.alias(LINEITEM_UNBLENDEDCOST.name)]);
    extract(lines, run, [LINEITEM_RESOURCEID, LINEITEM_USAGESTARTDATE])
}

/// A day's lines of Red Hat's products on Azure.
///
/// # Inputs
/// * `line_items` ([`AZURE_HCS`](crate::table::cloud::AZURE_HCS) and all other columns of the table): rows of the day.
/// # Output
/// The columns of the input in their order, then [`HCS_APPENDED`](crate::table::cloud_extract::HCS_APPENDED); timestamps as text; in the
/// order of the input.
/// # Nulls
/// A condition that a null leaves open does not hold.
pub fn azure_hcs(line_items: LazyFrame, run: &HcsRun) -> LazyFrame {
    let metered = contains(&METERSUBCATEGORY, RED_HAT);
    let of_microsoft = PUBLISHERNAME.expr().eq(lit("Microsoft")).or(PUBLISHERNAME.expr().eq(lit("Azure")));
    let sold = contains(&PUBLISHERNAME, RED_HAT).or(of_microsoft.and(metered.clone()));
    let published = |by: &str| PUBLISHERTYPE.expr().eq(lit(by));
    let lines = line_items.filter(published("Azure").and(metered).or(published("Marketplace").and(sold)));
    extract(lines, run, [])
}

/// A day's lines of Red Hat's products on GCP.
///
/// # Inputs
/// * `line_items` ([`GCP_HCS`](crate::table::cloud::GCP_HCS) and all other columns of the table): rows of the day, by day, from the
///   partition of the day's own month.
/// # Output
/// The columns of the input in their order, then [`HCS_APPENDED`](crate::table::cloud_extract::HCS_APPENDED); timestamps as text; in the
/// order of the input.
/// # Nulls
/// A condition that a null leaves open does not hold.
pub fn gcp_hcs(line_items: LazyFrame, run: &HcsRun) -> LazyFrame {
    let sku = contains(&SKU_DESCRIPTION, "RedHat").or(contains(&SKU_DESCRIPTION, RED_HAT));
    extract(line_items.filter(sku.or(contains(&SERVICE_DESCRIPTION, RED_HAT))), run, [])
}

fn contains(column: &ColumnDef, text: &str) -> Expr {
    column.expr().str().contains_literal(lit(text))
}

/// The lines with the columns of the run, in order, times as Trino's own text.
fn extract(lines: LazyFrame, run: &HcsRun, order: impl IntoIterator<Item = ColumnDef>) -> LazyFrame {
    let text = |value: Option<&str>| value.map_or_else(|| lit(NULL).cast(DataType::String), lit);
    let appended = [
        lit(run.source.to_string()).alias(SOURCE.name),
        lit(run.year.as_str()).alias(YEAR.name),
        lit(run.month.as_str()).alias(MONTH.name),
        text(run.ebs_acct_num.as_deref()).alias(EBS_ACCOUNT_ID.name),
        text(run.org_id.as_deref()).alias(ORG_ID.name),
    ];
    let order: Vec<_> = order.into_iter().map(|column| column.name).collect();
    let lines = if order.is_empty() { lines } else { lines.sort(order, SortMultipleOptions::default().with_maintain_order(true)) };
    let times = dtype_col(&DataType::Datetime(TimeUnit::Milliseconds, None)).as_selector().as_expr();
    lines.with_columns([times.dt().to_string("%Y-%m-%d %H:%M:%S%.3f")]).with_columns(appended)
}

#[cfg(test)]
mod tests;
