//! Line items of AWS, Azure and GCP, as koku's ingest writes them, one table a statement: exactly the columns that it reads, since a
//! column that is not read may have any type in a file.
//!
//! Measures are `double`, times milliseconds in UTC, everything else text; an absent column is null.

use super::{ColumnDef, Kind, Table, Unit};

/// Id of the resource; empty for what has none.
pub const LINEITEM_RESOURCEID: ColumnDef = ColumnDef::new("lineitem_resourceid", Kind::Text);
/// Start of the usage; midnight in the daily table.
pub const LINEITEM_USAGESTARTDATE: ColumnDef = ColumnDef::new("lineitem_usagestartdate", Kind::Timestamp);
/// Account that pays.
pub const BILL_PAYERACCOUNTID: ColumnDef = ColumnDef::new("bill_payeraccountid", Kind::Text);
/// `AWS`, `AWS Marketplace`, …
pub const BILL_BILLINGENTITY: ColumnDef = ColumnDef::new("bill_billingentity", Kind::Text);
/// Account that used.
pub const LINEITEM_USAGEACCOUNTID: ColumnDef = ColumnDef::new("lineitem_usageaccountid", Kind::Text);
/// Seller of record.
pub const LINEITEM_LEGALENTITY: ColumnDef = ColumnDef::new("lineitem_legalentity", Kind::Text);
/// Words about the line.
pub const LINEITEM_LINEITEMDESCRIPTION: ColumnDef = ColumnDef::new("lineitem_lineitemdescription", Kind::Text);
/// Product code, `AmazonEC2`.
pub const LINEITEM_PRODUCTCODE: ColumnDef = ColumnDef::new("lineitem_productcode", Kind::Text);
/// Availability zone.
pub const LINEITEM_AVAILABILITYZONE: ColumnDef = ColumnDef::new("lineitem_availabilityzone", Kind::Text);
/// `Usage`, `SavingsPlanNegation`, …
pub const LINEITEM_LINEITEMTYPE: ColumnDef = ColumnDef::new("lineitem_lineitemtype", Kind::Text);
/// Family of the product.
pub const PRODUCT_PRODUCTFAMILY: ColumnDef = ColumnDef::new("product_productfamily", Kind::Text);
/// Operating system.
pub const PRODUCT_OPERATINGSYSTEM: ColumnDef = ColumnDef::new("product_operatingsystem", Kind::Text);
/// Instance type.
pub const PRODUCT_INSTANCETYPE: ColumnDef = ColumnDef::new("product_instancetype", Kind::Text);
/// Region.
pub const PRODUCT_REGION: ColumnDef = ColumnDef::new("product_region", Kind::Text);
/// Name of the product.
pub const PRODUCT_PRODUCTNAME: ColumnDef = ColumnDef::new("product_productname", Kind::Text);
/// Virtual processors, as text.
pub const PRODUCT_VCPU: ColumnDef = ColumnDef::new("product_vcpu", Kind::Text);
/// Memory, as text with a unit.
pub const PRODUCT_MEMORY: ColumnDef = ColumnDef::new("product_memory", Kind::Text);
/// What is counted.
pub const PRICING_UNIT: ColumnDef = ColumnDef::new("pricing_unit", Kind::Text);
/// Tags, a JSON object.
pub const RESOURCETAGS: ColumnDef = ColumnDef::new("resourcetags", Kind::Labels);
/// Cost categories, JSON.
pub const COSTCATEGORY: ColumnDef = ColumnDef::new("costcategory", Kind::Json);
/// Usage.
pub const LINEITEM_USAGEAMOUNT: ColumnDef = ColumnDef::measure("lineitem_usageamount", Unit::OwnUnit);
/// Size factor of a reserved instance.
pub const LINEITEM_NORMALIZATIONFACTOR: ColumnDef = ColumnDef::measure("lineitem_normalizationfactor", Unit::None);
/// Usage times the size factor.
pub const LINEITEM_NORMALIZEDUSAGEAMOUNT: ColumnDef = ColumnDef::measure("lineitem_normalizedusageamount", Unit::OwnUnit);
/// Currency.
pub const LINEITEM_CURRENCYCODE: ColumnDef = ColumnDef::new("lineitem_currencycode", Kind::Text);
/// Rate of the account.
pub const LINEITEM_UNBLENDEDRATE: ColumnDef = ColumnDef::measure("lineitem_unblendedrate", Unit::CurrencyPerUnit);
/// Cost of the account.
pub const LINEITEM_UNBLENDEDCOST: ColumnDef = ColumnDef::measure("lineitem_unblendedcost", Unit::Currency);
/// Rate averaged over the organisation.
pub const LINEITEM_BLENDEDRATE: ColumnDef = ColumnDef::measure("lineitem_blendedrate", Unit::CurrencyPerUnit);
/// Cost averaged over the organisation.
pub const LINEITEM_BLENDEDCOST: ColumnDef = ColumnDef::measure("lineitem_blendedcost", Unit::Currency);
/// Cost at public on-demand prices.
pub const PRICING_PUBLICONDEMANDCOST: ColumnDef = ColumnDef::measure("pricing_publicondemandcost", Unit::Currency);
/// Public on-demand rate.
pub const PRICING_PUBLICONDEMANDRATE: ColumnDef = ColumnDef::measure("pricing_publicondemandrate", Unit::CurrencyPerUnit);
/// Effective cost under a savings plan.
pub const SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST: ColumnDef = ColumnDef::measure("savingsplan_savingsplaneffectivecost", Unit::Currency);
/// Start and end as text, separated by `/`; hourly table only.
pub const IDENTITY_TIMEINTERVAL: ColumnDef = ColumnDef::new("identity_timeinterval", Kind::Text);
/// The day of the usage.
pub const AZURE_DATE: ColumnDef = ColumnDef::new("date", Kind::Timestamp);
/// Subscription; empty in older exports.
pub const SUBSCRIPTIONID: ColumnDef = ColumnDef::new("subscriptionid", Kind::Text);
/// Subscription, in older exports.
pub const SUBSCRIPTIONGUID: ColumnDef = ColumnDef::new("subscriptionguid", Kind::Text);
/// Name of the subscription.
pub const SUBSCRIPTIONNAME: ColumnDef = ColumnDef::new("subscriptionname", Kind::Text);
/// Service.
pub const SERVICENAME: ColumnDef = ColumnDef::new("servicename", Kind::Text);
/// Category of the meter.
pub const METERCATEGORY: ColumnDef = ColumnDef::new("metercategory", Kind::Text);
/// Subcategory of the meter.
pub const METERSUBCATEGORY: ColumnDef = ColumnDef::new("metersubcategory", Kind::Text);
/// Region.
pub const RESOURCELOCATION: ColumnDef = ColumnDef::new("resourcelocation", Kind::Text);
/// Id of the resource, a path.
pub const RESOURCEID: ColumnDef = ColumnDef::new("resourceid", Kind::Text);
/// Resource group.
pub const RESOURCEGROUP: ColumnDef = ColumnDef::new("resourcegroup", Kind::Text);
/// More of the line, a JSON object.
pub const ADDITIONALINFO: ColumnDef = ColumnDef::new("additionalinfo", Kind::Json);
/// Tags, a JSON object.
pub const TAGS: ColumnDef = ColumnDef::new("tags", Kind::Labels);
/// Currency.
pub const BILLINGCURRENCYCODE: ColumnDef = ColumnDef::new("billingcurrencycode", Kind::Text);
/// Currency, in newer exports.
pub const BILLINGCURRENCY: ColumnDef = ColumnDef::new("billingcurrency", Kind::Text);
/// Usage, in multiples of the unit.
pub const QUANTITY: ColumnDef = ColumnDef::measure("quantity", Unit::OwnUnit);
/// Cost before tax.
pub const COSTINBILLINGCURRENCY: ColumnDef = ColumnDef::measure("costinbillingcurrency", Unit::Currency);
/// What one of the quantity is: `10 GB`, `1 Hour`.
pub const UNITOFMEASURE: ColumnDef = ColumnDef::new("unitofmeasure", Kind::Text);
/// `Azure`, `Marketplace`, …
pub const PUBLISHERTYPE: ColumnDef = ColumnDef::new("publishertype", Kind::Text);
/// Publisher.
pub const PUBLISHERNAME: ColumnDef = ColumnDef::new("publishername", Kind::Text);
/// Month of the invoice, `202602`.
pub const INVOICE_MONTH: ColumnDef = ColumnDef::new("invoice_month", Kind::Text);
/// Billing account.
pub const BILLING_ACCOUNT_ID: ColumnDef = ColumnDef::new("billing_account_id", Kind::Text);
/// Project.
pub const PROJECT_ID: ColumnDef = ColumnDef::new("project_id", Kind::Text);
/// Name of the project.
pub const PROJECT_NAME: ColumnDef = ColumnDef::new("project_name", Kind::Text);
/// Start of the usage; midnight in the daily table.
pub const USAGE_START_TIME: ColumnDef = ColumnDef::new("usage_start_time", Kind::Timestamp);
/// End of the usage; hourly table only.
pub const USAGE_END_TIME: ColumnDef = ColumnDef::new("usage_end_time", Kind::Timestamp);
/// Service.
pub const SERVICE_ID: ColumnDef = ColumnDef::new("service_id", Kind::Text);
/// Name of the service.
pub const SERVICE_DESCRIPTION: ColumnDef = ColumnDef::new("service_description", Kind::Text);
/// SKU.
pub const SKU_ID: ColumnDef = ColumnDef::new("sku_id", Kind::Text);
/// Name of the SKU.
pub const SKU_DESCRIPTION: ColumnDef = ColumnDef::new("sku_description", Kind::Text);
/// Labels that Google makes, a JSON object.
pub const SYSTEM_LABELS: ColumnDef = ColumnDef::new("system_labels", Kind::Json);
/// Labels, a JSON object.
pub const LABELS: ColumnDef = ColumnDef::new("labels", Kind::Labels);
/// `regular`, `tax`, …
pub const COST_TYPE: ColumnDef = ColumnDef::new("cost_type", Kind::Text);
/// Region.
pub const LOCATION_REGION: ColumnDef = ColumnDef::new("location_region", Kind::Text);
/// Name of the resource.
pub const RESOURCE_NAME: ColumnDef = ColumnDef::new("resource_name", Kind::Text);
/// What is counted.
pub const USAGE_PRICING_UNIT: ColumnDef = ColumnDef::new("usage_pricing_unit", Kind::Text);
/// Usage.
pub const USAGE_AMOUNT_IN_PRICING_UNITS: ColumnDef = ColumnDef::measure("usage_amount_in_pricing_units", Unit::OwnUnit);
/// Currency.
pub const CURRENCY: ColumnDef = ColumnDef::new("currency", Kind::Text);
/// Cost before credits.
pub const COST: ColumnDef = ColumnDef::measure("cost", Unit::Currency);
/// The first credit, a JSON object; hourly table only.
pub const CREDITS: ColumnDef = ColumnDef::new("credits", Kind::Json);

/// What the daily summary of AWS reads.
pub const AWS_DAILY: Table = Table {
    name: "aws_line_items_daily",
    grain: "one row per line item and day",
    columns: &[
        LINEITEM_USAGESTARTDATE,
        LINEITEM_RESOURCEID,
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
        LINEITEM_LINEITEMTYPE,
        LINEITEM_USAGEAMOUNT,
        LINEITEM_NORMALIZATIONFACTOR,
        LINEITEM_NORMALIZEDUSAGEAMOUNT,
        LINEITEM_CURRENCYCODE,
        LINEITEM_UNBLENDEDRATE,
        LINEITEM_UNBLENDEDCOST,
        LINEITEM_BLENDEDRATE,
        LINEITEM_BLENDEDCOST,
        PRICING_PUBLICONDEMANDCOST,
        PRICING_PUBLICONDEMANDRATE,
        SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST,
    ],
};

/// What the EC2 summary reads.
pub const AWS_EC2: Table = Table {
    name: "aws_line_items_daily",
    grain: "one row per line item and day",
    columns: &[
        LINEITEM_USAGESTARTDATE,
        LINEITEM_RESOURCEID,
        LINEITEM_PRODUCTCODE,
        PRODUCT_PRODUCTFAMILY,
        LINEITEM_USAGEACCOUNTID,
        PRODUCT_INSTANCETYPE,
        RESOURCETAGS,
        COSTCATEGORY,
        PRODUCT_MEMORY,
        PRODUCT_VCPU,
        PRODUCT_OPERATINGSYSTEM,
        PRODUCT_REGION,
        PRICING_UNIT,
        LINEITEM_LINEITEMTYPE,
        LINEITEM_USAGEAMOUNT,
        LINEITEM_NORMALIZATIONFACTOR,
        LINEITEM_NORMALIZEDUSAGEAMOUNT,
        LINEITEM_CURRENCYCODE,
        LINEITEM_UNBLENDEDRATE,
        LINEITEM_UNBLENDEDCOST,
        LINEITEM_BLENDEDRATE,
        LINEITEM_BLENDEDCOST,
        PRICING_PUBLICONDEMANDCOST,
        PRICING_PUBLICONDEMANDRATE,
        SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST,
    ],
};

/// What the daily summary of Azure reads.
pub const AZURE_DAILY: Table = Table {
    name: "azure_line_items",
    grain: "one row per line item and day",
    columns: &[
        AZURE_DATE,
        SUBSCRIPTIONID,
        SUBSCRIPTIONGUID,
        SUBSCRIPTIONNAME,
        SERVICENAME,
        METERCATEGORY,
        RESOURCELOCATION,
        ADDITIONALINFO,
        RESOURCEID,
        BILLINGCURRENCYCODE,
        BILLINGCURRENCY,
        QUANTITY,
        COSTINBILLINGCURRENCY,
        UNITOFMEASURE,
        TAGS,
    ],
};

/// What the daily summary of GCP reads.
pub const GCP_HOURLY: Table = Table {
    name: "gcp_line_items",
    grain: "one row per line item",
    columns: &[
        INVOICE_MONTH,
        BILLING_ACCOUNT_ID,
        PROJECT_ID,
        PROJECT_NAME,
        USAGE_START_TIME,
        USAGE_END_TIME,
        SERVICE_ID,
        SERVICE_DESCRIPTION,
        SKU_ID,
        SKU_DESCRIPTION,
        SYSTEM_LABELS,
        LABELS,
        COST_TYPE,
        LOCATION_REGION,
        USAGE_PRICING_UNIT,
        USAGE_AMOUNT_IN_PRICING_UNITS,
        CURRENCY,
        COST,
        CREDITS,
    ],
};

/// What the dates of an invoice month are read from.
pub const GCP_INVOICE: Table =
    Table { name: "gcp_line_items_daily", grain: "one row per line item and day", columns: &[INVOICE_MONTH, USAGE_START_TIME] };

/// What the topology of GCP is read from.
pub const GCP_TOPOLOGY: Table = Table {
    name: "gcp_line_items",
    grain: "one row per line item",
    columns: &[BILLING_ACCOUNT_ID, PROJECT_ID, PROJECT_NAME, SERVICE_ID, SERVICE_DESCRIPTION, LOCATION_REGION, USAGE_START_TIME],
};

/// What the payer accounts are read from.
pub const AWS_PAYERS: Table = Table { name: "aws_line_items", grain: "one row per line item", columns: &[BILL_PAYERACCOUNTID] };

/// What the infrastructure map reads of AWS.
pub const AWS_RESOURCES: Table = Table {
    name: "aws_line_items_daily",
    grain: "one row per line item and day",
    columns: &[LINEITEM_RESOURCEID, LINEITEM_USAGESTARTDATE],
};

/// What the infrastructure map reads of Azure.
pub const AZURE_RESOURCES: Table =
    Table { name: "azure_line_items", grain: "one row per line item and day", columns: &[RESOURCEID, AZURE_DATE] };

/// What the infrastructure map reads of GCP.
pub const GCP_RESOURCES: Table =
    Table { name: "gcp_line_items_daily", grain: "one row per line item and day", columns: &[RESOURCE_NAME, USAGE_START_TIME] };

/// Beside the columns of a daily summary: whether a line item of the row has, or may have, a value of [`REFUSED_VALUES`]; null is no.
pub const HAS_REFUSED: &str = "has_refused";

/// The column of a refused value: its column.
pub const REFUSED_COLUMN: ColumnDef = ColumnDef::new("column", Kind::Text);
/// The refused value, as text.
pub const REFUSED_VALUE: ColumnDef = ColumnDef::new("value", Kind::Text);
/// Why Trino refuses it.
pub const REFUSED_REASON: ColumnDef = ColumnDef::new("reason", Kind::Text);
/// How many rows have it.
pub const REFUSED_ROWS: ColumnDef = ColumnDef::new("rows", Kind::Count);

/// Values at which Trino fails a statement, and which a transform repairs.
pub const REFUSED_VALUES: Table = Table {
    name: "refused_values",
    grain: "one row per refused value of a column",
    columns: &[REFUSED_COLUMN, REFUSED_VALUE, REFUSED_REASON, REFUSED_ROWS],
};

/// Invoice; null until it is written.
pub const BILL_INVOICEID: ColumnDef = ColumnDef::new("bill_invoiceid", Kind::Text);

/// What the infrastructure map reads of OpenShift for AWS.
pub const OPENSHIFT_RESOURCES: Table = Table {
    name: "openshift_pod_usage_line_items_daily",
    grain: "one row per pod and day",
    columns: &[super::ocp::RESOURCE_ID, super::ocp::INTERVAL_START],
};

/// What the infrastructure map reads of OpenShift for Azure and GCP.
pub const OPENSHIFT_NODES: Table = Table {
    name: "openshift_pod_usage_line_items_daily",
    grain: "one row per pod and day",
    columns: &[super::ocp::NODE, super::ocp::INTERVAL_START],
};

/// What the lists of the SUBS extract read of AWS.
pub const AWS_SUBS_LISTS: Table = Table {
    name: "aws_line_items",
    grain: "one row per line item",
    columns: &[LINEITEM_PRODUCTCODE, RESOURCETAGS, LINEITEM_USAGEACCOUNTID, LINEITEM_RESOURCEID, LINEITEM_USAGESTARTDATE],
};

/// What the SUBS extract needs of AWS; it carries every other column of the table too.
pub const AWS_SUBS: Table = Table {
    name: "aws_line_items",
    grain: "one row per line item",
    columns: &[
        LINEITEM_PRODUCTCODE,
        RESOURCETAGS,
        LINEITEM_USAGEACCOUNTID,
        LINEITEM_RESOURCEID,
        LINEITEM_USAGESTARTDATE,
        LINEITEM_LINEITEMTYPE,
        PRODUCT_VCPU,
        IDENTITY_TIMEINTERVAL,
    ],
};

/// What the lists of the SUBS extract read of Azure.
pub const AZURE_SUBS_LISTS: Table = Table {
    name: "azure_line_items",
    grain: "one row per line item and day",
    columns: &[METERCATEGORY, ADDITIONALINFO, TAGS, SUBSCRIPTIONID, SUBSCRIPTIONGUID, RESOURCEGROUP, RESOURCEID, AZURE_DATE],
};

/// What the SUBS extract needs of Azure; it carries every other column of the table too.
pub const AZURE_SUBS: Table = Table {
    name: "azure_line_items",
    grain: "one row per line item and day",
    columns: &[METERCATEGORY, ADDITIONALINFO, TAGS, SUBSCRIPTIONID, SUBSCRIPTIONGUID, RESOURCEGROUP, RESOURCEID, AZURE_DATE, QUANTITY],
};

/// What the HCS extract reads of AWS.
pub const AWS_HCS: Table = Table {
    name: "aws_line_items_daily",
    grain: "one row per line item and day",
    columns: &[
        LINEITEM_RESOURCEID,
        LINEITEM_USAGESTARTDATE,
        BILL_PAYERACCOUNTID,
        LINEITEM_USAGEACCOUNTID,
        LINEITEM_LEGALENTITY,
        LINEITEM_LINEITEMDESCRIPTION,
        BILL_BILLINGENTITY,
        LINEITEM_PRODUCTCODE,
        LINEITEM_AVAILABILITYZONE,
        LINEITEM_LINEITEMTYPE,
        PRODUCT_PRODUCTFAMILY,
        PRODUCT_INSTANCETYPE,
        PRODUCT_REGION,
        PRICING_UNIT,
        RESOURCETAGS,
        COSTCATEGORY,
        LINEITEM_USAGEAMOUNT,
        LINEITEM_NORMALIZATIONFACTOR,
        LINEITEM_NORMALIZEDUSAGEAMOUNT,
        LINEITEM_CURRENCYCODE,
        LINEITEM_UNBLENDEDRATE,
        LINEITEM_UNBLENDEDCOST,
        LINEITEM_BLENDEDRATE,
        LINEITEM_BLENDEDCOST,
        PRICING_PUBLICONDEMANDCOST,
        PRICING_PUBLICONDEMANDRATE,
        SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST,
        PRODUCT_PRODUCTNAME,
        BILL_INVOICEID,
        PRODUCT_VCPU,
    ],
};

/// What the HCS extract needs of Azure; it carries every other column of the table too.
pub const AZURE_HCS: Table = Table {
    name: "azure_line_items",
    grain: "one row per line item and day",
    columns: &[AZURE_DATE, PUBLISHERTYPE, PUBLISHERNAME, METERSUBCATEGORY],
};

/// What the HCS extract needs of GCP; it carries every other column of the table too.
pub const GCP_HCS: Table = Table {
    name: "gcp_line_items_daily",
    grain: "one row per line item and day",
    columns: &[USAGE_START_TIME, SKU_DESCRIPTION, SERVICE_DESCRIPTION],
};

/// The columns of AWS that are `double`; every column that is in no such list is text.
pub const AWS_NUMERIC: &[&str] = &[
    LINEITEM_NORMALIZATIONFACTOR.name,
    LINEITEM_NORMALIZEDUSAGEAMOUNT.name,
    LINEITEM_USAGEAMOUNT.name,
    LINEITEM_UNBLENDEDCOST.name,
    LINEITEM_UNBLENDEDRATE.name,
    LINEITEM_BLENDEDCOST.name,
    LINEITEM_BLENDEDRATE.name,
    SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST.name,
    PRICING_PUBLICONDEMANDRATE.name,
    PRICING_PUBLICONDEMANDCOST.name,
];

/// The columns of AWS that are timestamps.
pub const AWS_DATES: &[&str] =
    &[LINEITEM_USAGESTARTDATE.name, "lineitem_usageenddate", "bill_billingperiodstartdate", "bill_billingperiodenddate"];

/// The columns of Azure that are `double`.
pub const AZURE_NUMERIC: &[&str] = &[QUANTITY.name, "resourcerate", COSTINBILLINGCURRENCY.name, "effectiveprice", "unitprice", "paygprice"];

/// The columns of Azure that are timestamps.
pub const AZURE_DATES: &[&str] = &[AZURE_DATE.name, "billingperiodstartdate", "billingperiodenddate"];

/// The columns of GCP that are `double`.
pub const GCP_NUMERIC: &[&str] =
    &[COST.name, "currency_conversion_rate", "usage_amount", USAGE_AMOUNT_IN_PRICING_UNITS.name, "credit_amount", "daily_credits"];

/// The columns of GCP that are timestamps.
pub const GCP_DATES: &[&str] = &[USAGE_START_TIME.name, USAGE_END_TIME.name, "export_time", "partition_time"];
