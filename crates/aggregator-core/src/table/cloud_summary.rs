//! What the cloud statements write: koku's PostgreSQL tables of the daily summaries, without the columns that they leave null.

use super::{ColumnDef, Kind, Table, Unit};

pub use super::cloud::INVOICE_MONTH;
pub use super::summary::{SOURCE_UUID, USAGE_END, USAGE_START, UUID};

/// Key of koku's `reporting_{aws,azure,gcp}costentrybill`.
pub const COST_ENTRY_BILL_ID: ColumnDef = ColumnDef::new("cost_entry_bill_id", Kind::Integer);
/// Account that used; longer ids are cut.
pub const USAGE_ACCOUNT_ID: ColumnDef = ColumnDef::varchar("usage_account_id", 50).required();
/// Key of `reporting_awsaccountalias`.
pub const ACCOUNT_ALIAS_ID: ColumnDef = ColumnDef::new("account_alias_id", Kind::Integer);
/// Key of `reporting_awsorganizationalunit`.
pub const ORGANIZATIONAL_UNIT_ID: ColumnDef = ColumnDef::new("organizational_unit_id", Kind::Integer);
/// Product code; of the marketplace, the name of the product.
pub const PRODUCT_CODE: ColumnDef = ColumnDef::new("product_code", Kind::Text).required();
/// Family of the product.
pub const PRODUCT_FAMILY: ColumnDef = ColumnDef::varchar("product_family", 150);
/// Availability zone; longer names are cut.
pub const AVAILABILITY_ZONE: ColumnDef = ColumnDef::varchar("availability_zone", 50);
/// Region.
pub const REGION: ColumnDef = ColumnDef::varchar("region", 50);
/// Instance type.
pub const INSTANCE_TYPE: ColumnDef = ColumnDef::varchar("instance_type", 50);
/// What the usage counts.
pub const UNIT: ColumnDef = ColumnDef::varchar("unit", 63);
/// Different resources of the group, null among them.
pub const RESOURCE_IDS: ColumnDef = ColumnDef::new("resource_ids", Kind::TextArray);
/// Number of different resources that are not null.
pub const RESOURCE_COUNT: ColumnDef = ColumnDef::new("resource_count", Kind::Integer);
/// Usage.
pub const USAGE_AMOUNT: ColumnDef = ColumnDef::numeric("usage_amount", 24, 9, Unit::OwnUnit);
/// Greatest size factor.
pub const NORMALIZATION_FACTOR: ColumnDef = ColumnDef::new("normalization_factor", Kind::DoublePrecision);
/// Usage times the size factor.
pub const NORMALIZED_USAGE_AMOUNT: ColumnDef = ColumnDef::new("normalized_usage_amount", Kind::DoublePrecision);
/// Greatest currency; longer ones are cut.
pub const CURRENCY_CODE: ColumnDef = ColumnDef::varchar("currency_code", 10).required();
/// Greatest rate of the account.
pub const UNBLENDED_RATE: ColumnDef = ColumnDef::numeric("unblended_rate", 24, 9, Unit::CurrencyPerUnit);
/// Cost of the account.
pub const UNBLENDED_COST: ColumnDef = ColumnDef::numeric("unblended_cost", 24, 9, Unit::Currency);
/// Markup on the cost.
pub const MARKUP_COST: ColumnDef = ColumnDef::numeric("markup_cost", 24, 9, Unit::Currency);
/// Greatest blended rate.
pub const BLENDED_RATE: ColumnDef = ColumnDef::numeric("blended_rate", 24, 9, Unit::CurrencyPerUnit);
/// Blended cost.
pub const BLENDED_COST: ColumnDef = ColumnDef::numeric("blended_cost", 24, 9, Unit::Currency);
/// Markup on the blended cost.
pub const MARKUP_COST_BLENDED: ColumnDef = ColumnDef::numeric("markup_cost_blended", 33, 15, Unit::Currency);
/// Effective cost under savings plans.
pub const SAVINGSPLAN_EFFECTIVE_COST: ColumnDef = ColumnDef::numeric("savingsplan_effective_cost", 24, 9, Unit::Currency);
/// Markup on that.
pub const MARKUP_COST_SAVINGSPLAN: ColumnDef = ColumnDef::numeric("markup_cost_savingsplan", 33, 15, Unit::Currency);
/// Amortised cost: the effective cost of savings plans' lines, the cost of others.
pub const CALCULATED_AMORTIZED_COST: ColumnDef = ColumnDef::numeric("calculated_amortized_cost", 33, 9, Unit::Currency);
/// Markup on that.
pub const MARKUP_COST_AMORTIZED: ColumnDef = ColumnDef::numeric("markup_cost_amortized", 33, 9, Unit::Currency);
/// Cost at public on-demand prices.
pub const PUBLIC_ON_DEMAND_COST: ColumnDef = ColumnDef::numeric("public_on_demand_cost", 24, 9, Unit::Currency);
/// Greatest public on-demand rate.
pub const PUBLIC_ON_DEMAND_RATE: ColumnDef = ColumnDef::numeric("public_on_demand_rate", 24, 9, Unit::CurrencyPerUnit);
/// Tags with an enabled key, a JSON object.
pub const TAGS: ColumnDef = ColumnDef::new("tags", Kind::Labels);
/// Cost categories, any JSON.
pub const COST_CATEGORY: ColumnDef = ColumnDef::new("cost_category", Kind::Json);
/// The instance.
pub const RESOURCE_ID: ColumnDef = ColumnDef::varchar("resource_id", 256).required();
/// Its tag `Name`, enabled or not.
pub const INSTANCE_NAME: ColumnDef = ColumnDef::varchar("instance_name", 256);
/// Operating system.
pub const OPERATING_SYSTEM: ColumnDef = ColumnDef::varchar("operating_system", 50);
/// Virtual processors.
pub const VCPU: ColumnDef = ColumnDef::new("vcpu", Kind::Integer);
/// Memory, as text with a unit.
pub const MEMORY: ColumnDef = ColumnDef::varchar("memory", 50);
/// Subscription.
pub const SUBSCRIPTION_GUID: ColumnDef = ColumnDef::new("subscription_guid", Kind::Text).required();
/// Name of the subscription.
pub const SUBSCRIPTION_NAME: ColumnDef = ColumnDef::new("subscription_name", Kind::Text);
/// Type of the service.
pub const AZURE_INSTANCE_TYPE: ColumnDef = ColumnDef::new("instance_type", Kind::Text);
/// Service.
pub const SERVICE_NAME: ColumnDef = ColumnDef::new("service_name", Kind::Text);
/// Region.
pub const RESOURCE_LOCATION: ColumnDef = ColumnDef::new("resource_location", Kind::Text);
/// Usage, times the multiplier of its unit.
pub const USAGE_QUANTITY: ColumnDef = ColumnDef::numeric("usage_quantity", 24, 9, Unit::OwnUnit);
/// Cost before tax.
pub const PRETAX_COST: ColumnDef = ColumnDef::numeric("pretax_cost", 24, 9, Unit::Currency);
/// Greatest currency.
pub const AZURE_CURRENCY: ColumnDef = ColumnDef::new("currency", Kind::Text);
/// Different resources of the group, null among them.
pub const INSTANCE_IDS: ColumnDef = ColumnDef::new("instance_ids", Kind::TextArray);
/// Number of different resources that are not null.
pub const INSTANCE_COUNT: ColumnDef = ColumnDef::new("instance_count", Kind::Integer);
/// What the usage counts.
pub const UNIT_OF_MEASURE: ColumnDef = ColumnDef::new("unit_of_measure", Kind::Text);
/// Billing account.
pub const ACCOUNT_ID: ColumnDef = ColumnDef::varchar("account_id", 20).required();
/// Project.
pub const PROJECT_ID: ColumnDef = ColumnDef::varchar("project_id", 256).required();
/// Greatest name of the project.
pub const PROJECT_NAME: ColumnDef = ColumnDef::varchar("project_name", 256).required();
/// Service.
pub const SERVICE_ID: ColumnDef = ColumnDef::varchar("service_id", 256);
/// Greatest name of the service.
pub const SERVICE_ALIAS: ColumnDef = ColumnDef::varchar("service_alias", 256);
/// SKU.
pub const SKU_ID: ColumnDef = ColumnDef::varchar("sku_id", 256);
/// Greatest name of the SKU.
pub const SKU_ALIAS: ColumnDef = ColumnDef::varchar("sku_alias", 256);
/// Type of the cost.
pub const LINE_ITEM_TYPE: ColumnDef = ColumnDef::varchar("line_item_type", 256);
/// Greatest currency.
pub const GCP_CURRENCY: ColumnDef = ColumnDef::varchar("currency", 10).required();
/// Credits, mostly negative.
pub const CREDIT_AMOUNT: ColumnDef = ColumnDef::numeric("credit_amount", 24, 9, Unit::Currency);

/// The daily summary of AWS.
pub const AWS_DAILY_SUMMARY: Table = Table {
    name: "reporting_awscostentrylineitem_daily_summary",
    grain: "one row per (day, entity, product, account, zone, family, region, raw tags, raw cost categories, instance type, unit), times the live organisational units of the account",
    columns: &[
        UUID,
        COST_ENTRY_BILL_ID,
        USAGE_START,
        USAGE_END,
        USAGE_ACCOUNT_ID,
        ACCOUNT_ALIAS_ID,
        PRODUCT_CODE,
        PRODUCT_FAMILY,
        AVAILABILITY_ZONE,
        REGION,
        INSTANCE_TYPE,
        UNIT,
        ORGANIZATIONAL_UNIT_ID,
        RESOURCE_IDS,
        RESOURCE_COUNT,
        USAGE_AMOUNT,
        NORMALIZATION_FACTOR,
        NORMALIZED_USAGE_AMOUNT,
        CURRENCY_CODE,
        UNBLENDED_RATE,
        UNBLENDED_COST,
        MARKUP_COST,
        BLENDED_RATE,
        BLENDED_COST,
        MARKUP_COST_BLENDED,
        SAVINGSPLAN_EFFECTIVE_COST,
        MARKUP_COST_SAVINGSPLAN,
        CALCULATED_AMORTIZED_COST,
        MARKUP_COST_AMORTIZED,
        PUBLIC_ON_DEMAND_COST,
        PUBLIC_ON_DEMAND_RATE,
        TAGS,
        COST_CATEGORY,
        SOURCE_UUID,
    ],
};

/// The monthly summary of EC2 instances.
pub const AWS_EC2_SUMMARY: Table = Table {
    name: "reporting_awscostentrylineitem_summary_by_ec2_compute_p",
    grain: "one row per instance and month, times the different descriptions of its latest day",
    columns: &[
        UUID,
        USAGE_START,
        USAGE_END,
        COST_ENTRY_BILL_ID,
        ACCOUNT_ALIAS_ID,
        USAGE_ACCOUNT_ID,
        RESOURCE_ID,
        INSTANCE_NAME,
        INSTANCE_TYPE,
        OPERATING_SYSTEM,
        REGION,
        VCPU,
        MEMORY,
        UNIT,
        USAGE_AMOUNT,
        NORMALIZATION_FACTOR,
        NORMALIZED_USAGE_AMOUNT,
        CURRENCY_CODE,
        UNBLENDED_RATE,
        UNBLENDED_COST,
        MARKUP_COST,
        BLENDED_RATE,
        BLENDED_COST,
        MARKUP_COST_BLENDED,
        SAVINGSPLAN_EFFECTIVE_COST,
        MARKUP_COST_SAVINGSPLAN,
        CALCULATED_AMORTIZED_COST,
        MARKUP_COST_AMORTIZED,
        PUBLIC_ON_DEMAND_COST,
        PUBLIC_ON_DEMAND_RATE,
        TAGS,
        COST_CATEGORY,
        SOURCE_UUID,
    ],
};

/// The daily summary of Azure.
pub const AZURE_DAILY_SUMMARY: Table = Table {
    name: "reporting_azurecostentrylineitem_daily_summary",
    grain: "one row per (day, kept tags, subscription, region, instance type, service)",
    columns: &[
        UUID,
        COST_ENTRY_BILL_ID,
        SUBSCRIPTION_GUID,
        AZURE_INSTANCE_TYPE,
        SERVICE_NAME,
        RESOURCE_LOCATION,
        TAGS,
        USAGE_START,
        USAGE_END,
        USAGE_QUANTITY,
        PRETAX_COST,
        MARKUP_COST,
        AZURE_CURRENCY,
        INSTANCE_IDS,
        INSTANCE_COUNT,
        UNIT_OF_MEASURE,
        SOURCE_UUID,
        SUBSCRIPTION_NAME,
    ],
};

/// The daily summary of GCP.
pub const GCP_DAILY_SUMMARY: Table = Table {
    name: "reporting_gcpcostentrylineitem_daily_summary",
    grain: "one row per (day, day of the end, billing account, project, service, SKU, raw region, instance type, kept labels, cost type, invoice month)",
    columns: &[
        UUID,
        COST_ENTRY_BILL_ID,
        ACCOUNT_ID,
        PROJECT_ID,
        PROJECT_NAME,
        SERVICE_ID,
        SERVICE_ALIAS,
        SKU_ID,
        SKU_ALIAS,
        USAGE_START,
        USAGE_END,
        REGION,
        INSTANCE_TYPE,
        UNIT,
        LINE_ITEM_TYPE,
        USAGE_AMOUNT,
        GCP_CURRENCY,
        INVOICE_MONTH,
        UNBLENDED_COST,
        MARKUP_COST,
        TAGS,
        SOURCE_UUID,
        CREDIT_AMOUNT,
    ],
};

/// First start of usage of an invoice month.
pub const INVOICE_MONTH_START: ColumnDef = ColumnDef::new("start", Kind::Timestamp);
/// Last start of usage of an invoice month.
pub const INVOICE_MONTH_END: ColumnDef = ColumnDef::new("end", Kind::Timestamp);

/// Where the line items of an invoice month begin and end; a query's result, and no table of koku.
pub const GCP_INVOICE_MONTH_DATES: Table =
    Table { name: "gcp_invoice_month_dates", grain: "one row", columns: &[INVOICE_MONTH_START, INVOICE_MONTH_END] };

/// Account of AWS, subscription of Azure, project of GCP.
pub const TOTAL_ACCOUNT: ColumnDef = ColumnDef::new("account", Kind::Text);
/// Product of AWS, service of the others.
pub const TOTAL_SERVICE: ColumnDef = ColumnDef::new("service", Kind::Text);
/// Currency of the amounts.
pub const TOTAL_CURRENCY: ColumnDef = ColumnDef::new("currency", Kind::Text);
/// Cost before markup and credits.
pub const TOTAL_COST: ColumnDef = ColumnDef::numeric("cost", 38, 9, Unit::Currency);
/// Markup on the cost.
pub const TOTAL_MARKUP: ColumnDef = ColumnDef::numeric("markup_cost", 38, 9, Unit::Currency);
/// Credits, mostly negative.
pub const TOTAL_CREDIT: ColumnDef = ColumnDef::numeric("credit_amount", 38, 9, Unit::Currency);

/// What accounts spent on services, for people: no table of koku's.
pub const CLOUD_TOTALS: Table = Table {
    name: "cloud_totals",
    grain: "one row per account, service and currency",
    columns: &[TOTAL_ACCOUNT, TOTAL_SERVICE, TOTAL_CURRENCY, TOTAL_COST, TOTAL_MARKUP, TOTAL_CREDIT],
};
