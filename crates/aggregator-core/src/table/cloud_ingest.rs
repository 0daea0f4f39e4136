//! Line items of AWS, Azure and GCP with all their columns, as the ingest writes them, and the names of the columns in the exports.
//!
//! What the summaries read of them is in [`super::cloud`].

use super::cloud::{
    ADDITIONALINFO, AZURE_DATE, BILL_BILLINGENTITY, BILL_PAYERACCOUNTID, BILLING_ACCOUNT_ID, BILLINGCURRENCY, BILLINGCURRENCYCODE, COST,
    COST_TYPE, COSTCATEGORY, COSTINBILLINGCURRENCY, CREDITS, CURRENCY, IDENTITY_TIMEINTERVAL, INVOICE_MONTH, LABELS,
    LINEITEM_AVAILABILITYZONE, LINEITEM_BLENDEDCOST, LINEITEM_BLENDEDRATE, LINEITEM_CURRENCYCODE, LINEITEM_LEGALENTITY,
    LINEITEM_LINEITEMDESCRIPTION, LINEITEM_LINEITEMTYPE, LINEITEM_NORMALIZATIONFACTOR, LINEITEM_NORMALIZEDUSAGEAMOUNT,
    LINEITEM_PRODUCTCODE, LINEITEM_RESOURCEID, LINEITEM_UNBLENDEDCOST, LINEITEM_UNBLENDEDRATE, LINEITEM_USAGEACCOUNTID,
    LINEITEM_USAGEAMOUNT, LINEITEM_USAGESTARTDATE, LOCATION_REGION, METERCATEGORY, METERSUBCATEGORY, PRICING_PUBLICONDEMANDCOST,
    PRICING_PUBLICONDEMANDRATE, PRICING_UNIT, PRODUCT_INSTANCETYPE, PRODUCT_MEMORY, PRODUCT_OPERATINGSYSTEM, PRODUCT_PRODUCTFAMILY,
    PRODUCT_PRODUCTNAME, PRODUCT_REGION, PRODUCT_VCPU, PROJECT_ID, PROJECT_NAME, PUBLISHERNAME, PUBLISHERTYPE, QUANTITY, RESOURCE_NAME,
    RESOURCEGROUP, RESOURCEID, RESOURCELOCATION, RESOURCETAGS, SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST, SERVICE_DESCRIPTION, SERVICE_ID,
    SERVICENAME, SKU_DESCRIPTION, SKU_ID, SUBSCRIPTIONGUID, SUBSCRIPTIONID, SUBSCRIPTIONNAME, SYSTEM_LABELS, TAGS, UNITOFMEASURE,
    USAGE_AMOUNT_IN_PRICING_UNITS, USAGE_END_TIME, USAGE_PRICING_UNIT, USAGE_START_TIME,
};
use super::{ColumnDef, Kind, Table, Unit};

/// What the name of a row's file begins with, `2026-04-02`, or `202604_2026-04-02` of GCP; null for a row that no file takes: `String`.
pub const PART: &str = "\0part";
/// The day that decides whether a row is within the days to ingest: `Date`.
pub const DATE: &str = "\0date";
/// Midnight of the stamp that the roll-up goes by, in the stamp's own offset: `Datetime(ms)`.
pub const MIDNIGHT: &str = "\0midnight";
/// Offset of that stamp from UTC in minutes; null without one: `Int32`.
pub const OFFSET: &str = "\0offset";
/// Amount of the row's credits: `Float64`.
pub const CREDIT_AMOUNT: &str = "\0credit_amount";

/// A column of an export, and where it goes.
#[derive(Clone, Copy, Debug)]
pub struct ExportColumn {
    /// Its name in the header.
    pub export: &'static str,
    /// The column of the line items.
    pub column: ColumnDef,
}

impl ExportColumn {
    const fn new(export: &'static str, column: ColumnDef) -> Self {
        Self { export, column }
    }
}

/// Kind of the bill.
pub const BILL_BILLTYPE: ColumnDef = ColumnDef::new("bill_billtype", Kind::Text);
/// End of the bill's month.
pub const BILL_BILLINGPERIODENDDATE: ColumnDef = ColumnDef::new("bill_billingperiodenddate", Kind::Timestamp);
/// Start of the bill's month.
pub const BILL_BILLINGPERIODSTARTDATE: ColumnDef = ColumnDef::new("bill_billingperiodstartdate", Kind::Timestamp);
/// Invoice; empty until the month is closed.
pub const BILL_INVOICEID: ColumnDef = ColumnDef::new("bill_invoiceid", Kind::Text);
/// What was done.
pub const LINEITEM_OPERATION: ColumnDef = ColumnDef::new("lineitem_operation", Kind::Text);
/// Kind of the tax.
pub const LINEITEM_TAXTYPE: ColumnDef = ColumnDef::new("lineitem_taxtype", Kind::Text);
/// End of the usage.
pub const LINEITEM_USAGEENDDATE: ColumnDef = ColumnDef::new("lineitem_usageenddate", Kind::Timestamp);
/// Kind of the usage.
pub const LINEITEM_USAGETYPE: ColumnDef = ColumnDef::new("lineitem_usagetype", Kind::Text);
/// `OnDemand`, `Reserved`, ….
pub const PRICING_TERM: ColumnDef = ColumnDef::new("pricing_term", Kind::Text);
/// Cores, as text.
pub const PRODUCT_PHYSICALCORES: ColumnDef = ColumnDef::new("product_physicalcores", Kind::Text);
/// Service.
pub const PRODUCT_SERVICECODE: ColumnDef = ColumnDef::new("product_servicecode", Kind::Text);
/// SKU of the product.
pub const PRODUCT_SKU: ColumnDef = ColumnDef::new("product_sku", Kind::Text);
/// Share of the upfront fee, as text.
pub const RESERVATION_AMORTIZEDUPFRONTCOSTFORUSAGE: ColumnDef = ColumnDef::new("reservation_amortizedupfrontcostforusage", Kind::Text);
/// Upfront fee of the month, as text.
pub const RESERVATION_AMORTIZEDUPFRONTFEEFORBILLINGPERIOD: ColumnDef =
    ColumnDef::new("reservation_amortizedupfrontfeeforbillingperiod", Kind::Text);
/// End of the reservation, as text.
pub const RESERVATION_ENDTIME: ColumnDef = ColumnDef::new("reservation_endtime", Kind::Text);
/// Reservations, as text.
pub const RESERVATION_NUMBEROFRESERVATIONS: ColumnDef = ColumnDef::new("reservation_numberofreservations", Kind::Text);
/// Recurring fee of the usage, as text.
pub const RESERVATION_RECURRINGFEEFORUSAGE: ColumnDef = ColumnDef::new("reservation_recurringfeeforusage", Kind::Text);
/// Start of the reservation, as text.
pub const RESERVATION_STARTTIME: ColumnDef = ColumnDef::new("reservation_starttime", Kind::Text);
/// Units of a reservation, as text.
pub const RESERVATION_UNITSPERRESERVATION: ColumnDef = ColumnDef::new("reservation_unitsperreservation", Kind::Text);
/// Unused hours, as text.
pub const RESERVATION_UNUSEDQUANTITY: ColumnDef = ColumnDef::new("reservation_unusedquantity", Kind::Text);
/// Recurring fee of unused hours, as text.
pub const RESERVATION_UNUSEDRECURRINGFEE: ColumnDef = ColumnDef::new("reservation_unusedrecurringfee", Kind::Text);
/// Id of the row; the same whenever the same export is ingested.
pub const ROW_UUID: ColumnDef = ColumnDef::new("row_uuid", Kind::Uuid);
/// Seller of record, where koku leaves a column of the snake case under its own name.
pub const LINE_ITEM_LEGAL_ENTITY: ColumnDef = ColumnDef::new("line_item_legal_entity", Kind::Text);
/// Words about the line, where koku leaves a column of the snake case under its own name.
pub const LINE_ITEM_LINE_ITEM_DESCRIPTION: ColumnDef = ColumnDef::new("line_item_line_item_description", Kind::Text);
/// Instance type, as AWS names it in snake case; koku looks for another name.
pub const PRODUCT_INSTANCE_TYPE: ColumnDef = ColumnDef::new("product_instance_type", Kind::Text);
/// Name of the account.
pub const ACCOUNTNAME: ColumnDef = ColumnDef::new("accountname", Kind::Text);
/// Owner of the account.
pub const ACCOUNTOWNERID: ColumnDef = ColumnDef::new("accountownerid", Kind::Text);
/// Availability zone.
pub const AVAILABILITYZONE: ColumnDef = ColumnDef::new("availabilityzone", Kind::Text);
/// Billing account.
pub const BILLINGACCOUNTID: ColumnDef = ColumnDef::new("billingaccountid", Kind::Text);
/// Name of the billing account.
pub const BILLINGACCOUNTNAME: ColumnDef = ColumnDef::new("billingaccountname", Kind::Text);
/// Billing profile.
pub const BILLINGPROFILEID: ColumnDef = ColumnDef::new("billingprofileid", Kind::Text);
/// Name of the billing profile.
pub const BILLINGPROFILENAME: ColumnDef = ColumnDef::new("billingprofilename", Kind::Text);
/// First day of the bill's month.
pub const BILLINGPERIODSTARTDATE: ColumnDef = ColumnDef::new("billingperiodstartdate", Kind::Timestamp);
/// Last day of the bill's month.
pub const BILLINGPERIODENDDATE: ColumnDef = ColumnDef::new("billingperiodenddate", Kind::Timestamp);
/// `Usage`, `Purchase`, `Refund`, ….
pub const CHARGETYPE: ColumnDef = ColumnDef::new("chargetype", Kind::Text);
/// Service that was used.
pub const CONSUMEDSERVICE: ColumnDef = ColumnDef::new("consumedservice", Kind::Text);
/// Cost centre.
pub const COSTCENTER: ColumnDef = ColumnDef::new("costcenter", Kind::Text);
/// Price that was paid.
pub const EFFECTIVEPRICE: ColumnDef = ColumnDef::measure("effectiveprice", Unit::CurrencyPerUnit);
/// How often the charge comes.
pub const FREQUENCY: ColumnDef = ColumnDef::new("frequency", Kind::Text);
/// Section of the invoice.
pub const INVOICESECTIONID: ColumnDef = ColumnDef::new("invoicesectionid", Kind::Text);
/// Name of the section.
pub const INVOICESECTIONNAME: ColumnDef = ColumnDef::new("invoicesectionname", Kind::Text);
/// Whether credits pay for it, as text.
pub const ISAZURECREDITELIGIBLE: ColumnDef = ColumnDef::new("isazurecrediteligible", Kind::Text);
/// Meter.
pub const METERID: ColumnDef = ColumnDef::new("meterid", Kind::Text);
/// Name of the meter.
pub const METERNAME: ColumnDef = ColumnDef::new("metername", Kind::Text);
/// Region of the meter.
pub const METERREGION: ColumnDef = ColumnDef::new("meterregion", Kind::Text);
/// Offer.
pub const OFFERID: ColumnDef = ColumnDef::new("offerid", Kind::Text);
/// Part number.
pub const PARTNUMBER: ColumnDef = ColumnDef::new("partnumber", Kind::Text);
/// Price on demand.
pub const PAYGPRICE: ColumnDef = ColumnDef::measure("paygprice", Unit::CurrencyPerUnit);
/// Plan.
pub const PLANNAME: ColumnDef = ColumnDef::new("planname", Kind::Text);
/// `OnDemand`, `Reservation`, ….
pub const PRICINGMODEL: ColumnDef = ColumnDef::new("pricingmodel", Kind::Text);
/// Product.
pub const PRODUCTNAME: ColumnDef = ColumnDef::new("productname", Kind::Text);
/// Order.
pub const PRODUCTORDERID: ColumnDef = ColumnDef::new("productorderid", Kind::Text);
/// Name of the order.
pub const PRODUCTORDERNAME: ColumnDef = ColumnDef::new("productordername", Kind::Text);
/// Reservation.
pub const RESERVATIONID: ColumnDef = ColumnDef::new("reservationid", Kind::Text);
/// Name of the reservation.
pub const RESERVATIONNAME: ColumnDef = ColumnDef::new("reservationname", Kind::Text);
/// Name of the resource.
pub const RESOURCENAME: ColumnDef = ColumnDef::new("resourcename", Kind::Text);
/// Rate of the resource.
pub const RESOURCERATE: ColumnDef = ColumnDef::measure("resourcerate", Unit::CurrencyPerUnit);
/// Type of the resource.
pub const RESOURCETYPE: ColumnDef = ColumnDef::new("resourcetype", Kind::Text);
/// Family of the service.
pub const SERVICEFAMILY: ColumnDef = ColumnDef::new("servicefamily", Kind::Text);
/// More of the service.
pub const SERVICEINFO1: ColumnDef = ColumnDef::new("serviceinfo1", Kind::Text);
/// Still more of the service.
pub const SERVICEINFO2: ColumnDef = ColumnDef::new("serviceinfo2", Kind::Text);
/// Tier of the service.
pub const SERVICETIER: ColumnDef = ColumnDef::new("servicetier", Kind::Text);
/// Term of a reservation, in months.
pub const TERM: ColumnDef = ColumnDef::new("term", Kind::Text);
/// Price a unit.
pub const UNITPRICE: ColumnDef = ColumnDef::measure("unitprice", Unit::CurrencyPerUnit);
/// Labels of the project, a JSON object.
pub const PROJECT_LABELS: ColumnDef = ColumnDef::new("project_labels", Kind::Json);
/// The project's folders.
pub const PROJECT_ANCESTRY_NUMBERS: ColumnDef = ColumnDef::new("project_ancestry_numbers", Kind::Text);
/// Place.
pub const LOCATION_LOCATION: ColumnDef = ColumnDef::new("location_location", Kind::Text);
/// Country.
pub const LOCATION_COUNTRY: ColumnDef = ColumnDef::new("location_country", Kind::Text);
/// Zone.
pub const LOCATION_ZONE: ColumnDef = ColumnDef::new("location_zone", Kind::Text);
/// When Google exported the row.
pub const EXPORT_TIME: ColumnDef = ColumnDef::new("export_time", Kind::Timestamp);
/// US dollars to the currency.
pub const CURRENCY_CONVERSION_RATE: ColumnDef = ColumnDef::measure("currency_conversion_rate", Unit::None);
/// Usage in the smaller unit.
pub const USAGE_AMOUNT: ColumnDef = ColumnDef::measure("usage_amount", Unit::OwnUnit);
/// The smaller unit.
pub const USAGE_UNIT: ColumnDef = ColumnDef::new("usage_unit", Kind::Text);
/// Day of BigQuery's partition, as text.
pub const PARTITION_DATE: ColumnDef = ColumnDef::new("partition_date", Kind::Text);
/// Name of the resource in all of Google.
pub const RESOURCE_GLOBAL_NAME: ColumnDef = ColumnDef::new("resource_global_name", Kind::Text);
/// Amounts of the first credits of the rows.
pub const DAILY_CREDITS: ColumnDef = ColumnDef::measure("daily_credits", Unit::Currency);

/// All of `aws_line_items`.
pub const AWS_LINE_ITEMS: Table = Table {
    name: "aws_line_items",
    grain: "one row per line item and hour, possibly repeated",
    columns: &[
        BILL_BILLTYPE,
        BILL_BILLINGENTITY,
        BILL_BILLINGPERIODENDDATE,
        BILL_BILLINGPERIODSTARTDATE,
        BILL_INVOICEID,
        BILL_PAYERACCOUNTID,
        IDENTITY_TIMEINTERVAL,
        LINEITEM_AVAILABILITYZONE,
        LINEITEM_BLENDEDCOST,
        LINEITEM_BLENDEDRATE,
        LINEITEM_CURRENCYCODE,
        LINEITEM_LEGALENTITY,
        LINEITEM_LINEITEMDESCRIPTION,
        LINEITEM_LINEITEMTYPE,
        LINEITEM_NORMALIZATIONFACTOR,
        LINEITEM_NORMALIZEDUSAGEAMOUNT,
        LINEITEM_OPERATION,
        LINEITEM_PRODUCTCODE,
        LINEITEM_RESOURCEID,
        LINEITEM_TAXTYPE,
        LINEITEM_UNBLENDEDCOST,
        LINEITEM_UNBLENDEDRATE,
        LINEITEM_USAGEACCOUNTID,
        LINEITEM_USAGEAMOUNT,
        LINEITEM_USAGEENDDATE,
        LINEITEM_USAGESTARTDATE,
        LINEITEM_USAGETYPE,
        PRICING_PUBLICONDEMANDCOST,
        PRICING_PUBLICONDEMANDRATE,
        PRICING_TERM,
        PRICING_UNIT,
        PRODUCT_PRODUCTNAME,
        PRODUCT_INSTANCETYPE,
        PRODUCT_MEMORY,
        PRODUCT_OPERATINGSYSTEM,
        PRODUCT_PHYSICALCORES,
        PRODUCT_PRODUCTFAMILY,
        PRODUCT_REGION,
        PRODUCT_SERVICECODE,
        PRODUCT_SKU,
        PRODUCT_VCPU,
        RESERVATION_AMORTIZEDUPFRONTCOSTFORUSAGE,
        RESERVATION_AMORTIZEDUPFRONTFEEFORBILLINGPERIOD,
        RESERVATION_ENDTIME,
        RESERVATION_NUMBEROFRESERVATIONS,
        RESERVATION_RECURRINGFEEFORUSAGE,
        RESERVATION_STARTTIME,
        RESERVATION_UNITSPERRESERVATION,
        RESERVATION_UNUSEDQUANTITY,
        RESERVATION_UNUSEDRECURRINGFEE,
        SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST,
        RESOURCETAGS,
        COSTCATEGORY,
    ],
};

/// All of `aws_line_items_daily`.
pub const AWS_LINE_ITEMS_DAILY: Table = Table {
    name: "aws_line_items_daily",
    grain: "one row per day and everything that is no number, possibly repeated",
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
        LINEITEM_USAGETYPE,
        LINEITEM_OPERATION,
        PRODUCT_PRODUCTFAMILY,
        PRODUCT_OPERATINGSYSTEM,
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
        BILL_INVOICEID,
        PRODUCT_PRODUCTNAME,
        PRODUCT_VCPU,
        PRODUCT_MEMORY,
        ROW_UUID,
    ],
};

/// All of `azure_line_items` that every file has.
pub const AZURE_LINE_ITEMS: Table = Table {
    name: "azure_line_items",
    grain: "one row per line item and day, possibly repeated",
    columns: &[
        ACCOUNTNAME,
        ACCOUNTOWNERID,
        ADDITIONALINFO,
        AVAILABILITYZONE,
        BILLINGACCOUNTID,
        BILLINGACCOUNTNAME,
        BILLINGCURRENCYCODE,
        BILLINGCURRENCY,
        BILLINGPROFILEID,
        BILLINGPROFILENAME,
        BILLINGPERIODSTARTDATE,
        BILLINGPERIODENDDATE,
        CHARGETYPE,
        CONSUMEDSERVICE,
        COSTCENTER,
        COSTINBILLINGCURRENCY,
        AZURE_DATE,
        EFFECTIVEPRICE,
        FREQUENCY,
        INVOICESECTIONID,
        INVOICESECTIONNAME,
        ISAZURECREDITELIGIBLE,
        METERCATEGORY,
        METERID,
        METERNAME,
        METERREGION,
        METERSUBCATEGORY,
        OFFERID,
        PARTNUMBER,
        PAYGPRICE,
        PLANNAME,
        PRICINGMODEL,
        PRODUCTNAME,
        PRODUCTORDERID,
        PRODUCTORDERNAME,
        PUBLISHERNAME,
        PUBLISHERTYPE,
        QUANTITY,
        RESERVATIONID,
        RESERVATIONNAME,
        RESOURCEGROUP,
        RESOURCEID,
        RESOURCELOCATION,
        RESOURCENAME,
        RESOURCERATE,
        RESOURCETYPE,
        SERVICEFAMILY,
        SERVICEINFO1,
        SERVICEINFO2,
        SERVICENAME,
        SERVICETIER,
        SUBSCRIPTIONGUID,
        SUBSCRIPTIONID,
        SUBSCRIPTIONNAME,
        TAGS,
        TERM,
        UNITOFMEASURE,
        UNITPRICE,
        ROW_UUID,
    ],
};

/// All of `gcp_line_items`.
pub const GCP_LINE_ITEMS: Table = Table {
    name: "gcp_line_items",
    grain: "one row per line item, possibly repeated",
    columns: &[
        BILLING_ACCOUNT_ID,
        SERVICE_ID,
        SERVICE_DESCRIPTION,
        SKU_ID,
        SKU_DESCRIPTION,
        USAGE_START_TIME,
        USAGE_END_TIME,
        PROJECT_ID,
        PROJECT_NAME,
        PROJECT_LABELS,
        PROJECT_ANCESTRY_NUMBERS,
        LABELS,
        SYSTEM_LABELS,
        LOCATION_LOCATION,
        LOCATION_COUNTRY,
        LOCATION_REGION,
        LOCATION_ZONE,
        EXPORT_TIME,
        COST,
        CURRENCY,
        CURRENCY_CONVERSION_RATE,
        USAGE_AMOUNT,
        USAGE_UNIT,
        USAGE_AMOUNT_IN_PRICING_UNITS,
        USAGE_PRICING_UNIT,
        CREDITS,
        INVOICE_MONTH,
        COST_TYPE,
        PARTITION_DATE,
        RESOURCE_NAME,
        RESOURCE_GLOBAL_NAME,
    ],
};

/// All of `gcp_line_items_daily`.
pub const GCP_LINE_ITEMS_DAILY: Table = Table {
    name: "gcp_line_items_daily",
    grain: "one row per day and everything that is no number, possibly repeated",
    columns: &[
        INVOICE_MONTH,
        BILLING_ACCOUNT_ID,
        PROJECT_ID,
        USAGE_START_TIME,
        SERVICE_ID,
        SKU_ID,
        SYSTEM_LABELS,
        LABELS,
        COST_TYPE,
        LOCATION_REGION,
        RESOURCE_NAME,
        PROJECT_NAME,
        SERVICE_DESCRIPTION,
        SKU_DESCRIPTION,
        USAGE_PRICING_UNIT,
        USAGE_AMOUNT_IN_PRICING_UNITS,
        CURRENCY,
        COST,
        DAILY_CREDITS,
        RESOURCE_GLOBAL_NAME,
        ROW_UUID,
    ],
};

/// The columns of a Cost and Usage Report that are kept; tags and cost categories come on top.
pub const AWS_EXPORT: [ExportColumn; 51] = [
    ExportColumn::new("bill/BillType", BILL_BILLTYPE),
    ExportColumn::new("bill/BillingEntity", BILL_BILLINGENTITY),
    ExportColumn::new("bill/BillingPeriodEndDate", BILL_BILLINGPERIODENDDATE),
    ExportColumn::new("bill/BillingPeriodStartDate", BILL_BILLINGPERIODSTARTDATE),
    ExportColumn::new("bill/InvoiceId", BILL_INVOICEID),
    ExportColumn::new("bill/PayerAccountId", BILL_PAYERACCOUNTID),
    ExportColumn::new("identity/TimeInterval", IDENTITY_TIMEINTERVAL),
    ExportColumn::new("lineItem/AvailabilityZone", LINEITEM_AVAILABILITYZONE),
    ExportColumn::new("lineItem/BlendedCost", LINEITEM_BLENDEDCOST),
    ExportColumn::new("lineItem/BlendedRate", LINEITEM_BLENDEDRATE),
    ExportColumn::new("lineItem/CurrencyCode", LINEITEM_CURRENCYCODE),
    ExportColumn::new("lineItem/LegalEntity", LINEITEM_LEGALENTITY),
    ExportColumn::new("lineItem/LineItemDescription", LINEITEM_LINEITEMDESCRIPTION),
    ExportColumn::new("lineItem/LineItemType", LINEITEM_LINEITEMTYPE),
    ExportColumn::new("lineItem/NormalizationFactor", LINEITEM_NORMALIZATIONFACTOR),
    ExportColumn::new("lineItem/NormalizedUsageAmount", LINEITEM_NORMALIZEDUSAGEAMOUNT),
    ExportColumn::new("lineItem/Operation", LINEITEM_OPERATION),
    ExportColumn::new("lineItem/ProductCode", LINEITEM_PRODUCTCODE),
    ExportColumn::new("lineItem/ResourceId", LINEITEM_RESOURCEID),
    ExportColumn::new("lineItem/TaxType", LINEITEM_TAXTYPE),
    ExportColumn::new("lineItem/UnblendedCost", LINEITEM_UNBLENDEDCOST),
    ExportColumn::new("lineItem/UnblendedRate", LINEITEM_UNBLENDEDRATE),
    ExportColumn::new("lineItem/UsageAccountId", LINEITEM_USAGEACCOUNTID),
    ExportColumn::new("lineItem/UsageAmount", LINEITEM_USAGEAMOUNT),
    ExportColumn::new("lineItem/UsageEndDate", LINEITEM_USAGEENDDATE),
    ExportColumn::new("lineItem/UsageStartDate", LINEITEM_USAGESTARTDATE),
    ExportColumn::new("lineItem/UsageType", LINEITEM_USAGETYPE),
    ExportColumn::new("pricing/publicOnDemandCost", PRICING_PUBLICONDEMANDCOST),
    ExportColumn::new("pricing/publicOnDemandRate", PRICING_PUBLICONDEMANDRATE),
    ExportColumn::new("pricing/term", PRICING_TERM),
    ExportColumn::new("pricing/unit", PRICING_UNIT),
    ExportColumn::new("product/ProductName", PRODUCT_PRODUCTNAME),
    ExportColumn::new("product/instanceType", PRODUCT_INSTANCETYPE),
    ExportColumn::new("product/memory", PRODUCT_MEMORY),
    ExportColumn::new("product/operatingSystem", PRODUCT_OPERATINGSYSTEM),
    ExportColumn::new("product/physicalCores", PRODUCT_PHYSICALCORES),
    ExportColumn::new("product/productFamily", PRODUCT_PRODUCTFAMILY),
    ExportColumn::new("product/region", PRODUCT_REGION),
    ExportColumn::new("product/servicecode", PRODUCT_SERVICECODE),
    ExportColumn::new("product/sku", PRODUCT_SKU),
    ExportColumn::new("product/vcpu", PRODUCT_VCPU),
    ExportColumn::new("reservation/AmortizedUpfrontCostForUsage", RESERVATION_AMORTIZEDUPFRONTCOSTFORUSAGE),
    ExportColumn::new("reservation/AmortizedUpfrontFeeForBillingPeriod", RESERVATION_AMORTIZEDUPFRONTFEEFORBILLINGPERIOD),
    ExportColumn::new("reservation/EndTime", RESERVATION_ENDTIME),
    ExportColumn::new("reservation/NumberOfReservations", RESERVATION_NUMBEROFRESERVATIONS),
    ExportColumn::new("reservation/RecurringFeeForUsage", RESERVATION_RECURRINGFEEFORUSAGE),
    ExportColumn::new("reservation/StartTime", RESERVATION_STARTTIME),
    ExportColumn::new("reservation/UnitsPerReservation", RESERVATION_UNITSPERRESERVATION),
    ExportColumn::new("reservation/UnusedQuantity", RESERVATION_UNUSEDQUANTITY),
    ExportColumn::new("reservation/UnusedRecurringFee", RESERVATION_UNUSEDRECURRINGFEE),
    ExportColumn::new("savingsPlan/SavingsPlanEffectiveCost", SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST),
];

/// The columns of [`AWS_EXPORT`] without which koku takes a report all the same, beside the required ones of ingress.
pub const AWS_OPTIONAL: [ColumnDef; 5] =
    [PRODUCT_PHYSICALCORES, PRODUCT_INSTANCETYPE, PRODUCT_VCPU, PRODUCT_MEMORY, PRODUCT_OPERATINGSYSTEM];

/// The columns of [`AWS_EXPORT`] that are null, or not there, where a report lacks them; the others get an empty text or zero.
pub const AWS_WITHOUT_DEFAULT: [ColumnDef; 22] = [
    BILL_BILLTYPE,
    BILL_BILLINGPERIODENDDATE,
    BILL_BILLINGPERIODSTARTDATE,
    BILL_INVOICEID,
    BILL_PAYERACCOUNTID,
    IDENTITY_TIMEINTERVAL,
    LINEITEM_OPERATION,
    LINEITEM_TAXTYPE,
    LINEITEM_USAGEENDDATE,
    LINEITEM_USAGETYPE,
    PRICING_TERM,
    PRODUCT_SERVICECODE,
    PRODUCT_SKU,
    RESERVATION_AMORTIZEDUPFRONTCOSTFORUSAGE,
    RESERVATION_AMORTIZEDUPFRONTFEEFORBILLINGPERIOD,
    RESERVATION_ENDTIME,
    RESERVATION_NUMBEROFRESERVATIONS,
    RESERVATION_RECURRINGFEEFORUSAGE,
    RESERVATION_STARTTIME,
    RESERVATION_UNITSPERRESERVATION,
    RESERVATION_UNUSEDQUANTITY,
    RESERVATION_UNUSEDRECURRINGFEE,
];

/// Before the key of a user's tag, in the name of a column of AWS.
pub const AWS_TAG_PREFIX: &str = "resourceTags/user:";
/// Before every tag of AWS.
pub const AWS_ALL_TAGS_PREFIX: &str = "resourceTags/";
/// Before the name of a cost category of AWS.
pub const AWS_CATEGORY_PREFIX: &str = "costCategory/";
/// What the names of columns of tags and categories begin with, in any case.
pub const AWS_MAP_STARTS: [&str; 2] = ["resourcetags", "costcategory"];
/// Before the key of a user's tag, in snake case.
pub const AWS_SNAKE_TAG_PREFIX: &str = "resource_tags_user_";
/// Before the name of a cost category, in snake case.
pub const AWS_SNAKE_CATEGORY_PREFIX: &str = "cost_category_";

/// Names that columns of Azure's exports have besides their own, in lower case.
pub const AZURE_RENAMED: [ExportColumn; 3] = [
    ExportColumn::new("resourcegroupname", RESOURCEGROUP),
    ExportColumn::new("instancename", RESOURCEID),
    ExportColumn::new("product", PRODUCTNAME),
];
/// The column of the day; the names that it has, and those that it had in older exports.
pub const AZURE_DATES: ([&str; 2], [&str; 2]) = (["Date", "date"], ["UsageDateTime", "usagedatetime"]);

/// The columns that an export of Azure which a customer filters must have, in lower case.
pub const AZURE_INGRESS: [&str; 31] = [
    "additionalinfo",
    "billingaccountid",
    "billingaccountname",
    "billingperiodenddate",
    "billingperiodstartdate",
    "consumedservice",
    "costinbillingcurrency",
    "date",
    "effectiveprice",
    "metercategory",
    "meterid",
    "metername",
    "meterregion",
    "metersubcategory",
    "offerid",
    "productname",
    "publishername",
    "publishertype",
    "quantity",
    "reservationid",
    "reservationname",
    "resourceid",
    "resourcelocation",
    "resourcename",
    "servicefamily",
    "serviceinfo1",
    "serviceinfo2",
    "subscriptionid",
    "tags",
    "unitofmeasure",
    "unitprice",
];
/// One of each pair must be there, too.
pub const AZURE_INGRESS_PAIRS: [[&str; 2]; 2] = [["billingcurrencycode", "billingcurrency"], ["resourcegroup", "resourcegroupname"]];

/// The columns of GCP's export.
pub const GCP_EXPORT: [ExportColumn; 31] = [
    ExportColumn::new("billing_account_id", BILLING_ACCOUNT_ID),
    ExportColumn::new("service.id", SERVICE_ID),
    ExportColumn::new("service.description", SERVICE_DESCRIPTION),
    ExportColumn::new("sku.id", SKU_ID),
    ExportColumn::new("sku.description", SKU_DESCRIPTION),
    ExportColumn::new("usage_start_time", USAGE_START_TIME),
    ExportColumn::new("usage_end_time", USAGE_END_TIME),
    ExportColumn::new("project.id", PROJECT_ID),
    ExportColumn::new("project.name", PROJECT_NAME),
    ExportColumn::new("project.labels", PROJECT_LABELS),
    ExportColumn::new("project.ancestry_numbers", PROJECT_ANCESTRY_NUMBERS),
    ExportColumn::new("labels", LABELS),
    ExportColumn::new("system_labels", SYSTEM_LABELS),
    ExportColumn::new("location.location", LOCATION_LOCATION),
    ExportColumn::new("location.country", LOCATION_COUNTRY),
    ExportColumn::new("location.region", LOCATION_REGION),
    ExportColumn::new("location.zone", LOCATION_ZONE),
    ExportColumn::new("export_time", EXPORT_TIME),
    ExportColumn::new("cost", COST),
    ExportColumn::new("currency", CURRENCY),
    ExportColumn::new("currency_conversion_rate", CURRENCY_CONVERSION_RATE),
    ExportColumn::new("usage.amount", USAGE_AMOUNT),
    ExportColumn::new("usage.unit", USAGE_UNIT),
    ExportColumn::new("usage.amount_in_pricing_units", USAGE_AMOUNT_IN_PRICING_UNITS),
    ExportColumn::new("usage.pricing_unit", USAGE_PRICING_UNIT),
    ExportColumn::new("credits", CREDITS),
    ExportColumn::new("invoice.month", INVOICE_MONTH),
    ExportColumn::new("cost_type", COST_TYPE),
    ExportColumn::new("partition_date", PARTITION_DATE),
    ExportColumn::new("resource.name", RESOURCE_NAME),
    ExportColumn::new("resource.global_name", RESOURCE_GLOBAL_NAME),
];

/// The columns of [`GCP_EXPORT`] that an export which a customer filters may lack.
pub const GCP_INGRESS_OPTIONAL: [ColumnDef; 5] = [PROJECT_LABELS, LABELS, SYSTEM_LABELS, RESOURCE_NAME, RESOURCE_GLOBAL_NAME];
