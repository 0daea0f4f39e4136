//! The summaries of AWS, Azure and GCP, in koku's PostgreSQL or as Parquet.
//!
//! A key is what a summary groups by, as far as its result shows it: the clouds group by raw texts of tags and categories, so that rows may
//! repeat a key, and are then matched by their other columns.

use aggregator_core::table::cloud_summary::{
    ACCOUNT_ID, AVAILABILITY_ZONE, AWS_DAILY_SUMMARY, AWS_EC2_SUMMARY, AZURE_DAILY_SUMMARY, AZURE_INSTANCE_TYPE, COST_CATEGORY,
    GCP_DAILY_SUMMARY, INSTANCE_TYPE, INVOICE_MONTH, LINE_ITEM_TYPE, MEMORY, ORGANIZATIONAL_UNIT_ID, PRODUCT_CODE, PRODUCT_FAMILY,
    PROJECT_ID, REGION, RESOURCE_ID, RESOURCE_LOCATION, SERVICE_ID, SERVICE_NAME, SKU_ID, SOURCE_UUID, SUBSCRIPTION_GUID, TAGS, UNIT,
    USAGE_ACCOUNT_ID, USAGE_START, VCPU,
};
use aggregator_core::table::{ColumnDef, Kind, Table, summary};

use super::{Origin, RANDOM, Subject};

/// The daily summary of AWS.
pub const AWS_DAILY: Subject = subject(
    "aws-daily-summary",
    &[AWS_DAILY_SUMMARY],
    &[
        SOURCE_UUID,
        USAGE_START,
        USAGE_ACCOUNT_ID,
        ORGANIZATIONAL_UNIT_ID,
        PRODUCT_CODE,
        PRODUCT_FAMILY,
        AVAILABILITY_ZONE,
        REGION,
        INSTANCE_TYPE,
        UNIT,
        TAGS,
        COST_CATEGORY,
    ],
);

/// The monthly summary of EC2 instances.
pub const AWS_EC2: Subject =
    subject("aws-ec2-summary", &[AWS_EC2_SUMMARY], &[SOURCE_UUID, RESOURCE_ID, INSTANCE_TYPE, TAGS, COST_CATEGORY, MEMORY, VCPU]);

/// The daily summary of Azure.
pub const AZURE_DAILY: Subject = subject(
    "azure-daily-summary",
    &[AZURE_DAILY_SUMMARY],
    &[SOURCE_UUID, USAGE_START, SUBSCRIPTION_GUID, RESOURCE_LOCATION, AZURE_INSTANCE_TYPE, SERVICE_NAME, TAGS],
);

/// The daily summary of GCP.
pub const GCP_DAILY: Subject = subject(
    "gcp-daily-summary",
    &[GCP_DAILY_SUMMARY],
    &[SOURCE_UUID, INVOICE_MONTH, USAGE_START, ACCOUNT_ID, PROJECT_ID, SERVICE_ID, SKU_ID, REGION, INSTANCE_TYPE, TAGS, LINE_ITEM_TYPE],
);

/// The four summaries.
pub const CLOUDS: &[Subject] = &[AWS_DAILY, AWS_EC2, AZURE_DAILY, GCP_DAILY];

/// The folder of a bill's month, which no table has as a column.
const BILL: ColumnDef = ColumnDef::new("bill", Kind::Text);

const fn subject(name: &'static str, tables: &'static [Table], key: &'static [ColumnDef]) -> Subject {
    Subject {
        name,
        tables,
        partitions: &[summary::SOURCE, BILL, summary::YEAR, summary::MONTH, summary::DAY],
        key,
        ignored: &[(summary::UUID, RANDOM)],
        day: Some(USAGE_START),
        source: Some(SOURCE_UUID),
        origin: Origin::Declared,
    }
}
