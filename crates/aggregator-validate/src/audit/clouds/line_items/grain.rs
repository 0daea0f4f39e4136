//! What of each summary is held against line items: what names a group, what is added up, and what is the greatest.

use aggregator_core::table::{ColumnDef, Kind, Table, cloud as line_items, cloud_summary as cloud};

use crate::subject::{AWS_DAILY, AWS_EC2, AZURE_DAILY, GCP_DAILY, Subject};

/// The most texts that name a group.
pub(in crate::audit::clouds) const KEYS: usize = 7;

/// What of a summary is held against its line items.
#[derive(Debug)]
pub(in crate::audit::clouds) struct Grain {
    /// The name of the summary on the command line.
    pub(in crate::audit::clouds) subject: &'static str,
    /// The line items, with the columns that are needed.
    pub(super) line_items: &'static Table,
    /// Whether a group is of one day.
    pub(in crate::audit::clouds) is_daily: bool,
    /// Texts that name a group, beside source and day.
    pub(in crate::audit::clouds) keys: &'static [ColumnDef],
    /// Sums, in the order in which line items give them.
    pub(in crate::audit::clouds) sums: &'static [ColumnDef],
    /// Which of them are exact: of decimals.
    exact: &'static [ColumnDef],
    /// What is the greatest of its line items, in the same order; of days, the first is the least.
    pub(in crate::audit::clouds) extremes: &'static [ColumnDef],
    /// What tells the copies of a row apart that the reference data makes.
    pub(in crate::audit::clouds) copies: &'static [ColumnDef],
}

impl Grain {
    /// What of `subject` is held against its line items.
    pub(super) fn of(subject: &Subject) -> &'static Self {
        [&AWS, &EC2, &AZURE].into_iter().find(|grain| grain.subject == subject.name).unwrap_or(&GCP)
    }

    pub(in crate::audit::clouds) fn is_exact(&self, column: ColumnDef) -> bool {
        self.exact.contains(&column)
    }

    #[cfg(test)]
    pub(in crate::audit::clouds) fn line_items(&self) -> &'static Table {
        self.line_items
    }

    /// What a result must have to be held against line items at all.
    pub(in crate::audit::clouds) fn needed(&self) -> impl Iterator<Item = ColumnDef> {
        [cloud::SOURCE_UUID, cloud::USAGE_START].into_iter().chain(self.keys.iter().copied()).chain(self.copies.iter().copied())
    }
}

/// `text` as long as `column` is wide.
pub(in crate::audit::clouds) fn cut<'a>(text: &'a str, column: &ColumnDef) -> &'a str {
    let end = column.width.filter(|_| column.kind == Kind::Text).and_then(|width| text.char_indices().nth(width));
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

const AWS_SUMS: &[ColumnDef] = &[
    cloud::USAGE_AMOUNT,
    cloud::NORMALIZED_USAGE_AMOUNT,
    cloud::UNBLENDED_COST,
    cloud::BLENDED_COST,
    cloud::SAVINGSPLAN_EFFECTIVE_COST,
    cloud::CALCULATED_AMORTIZED_COST,
    cloud::PUBLIC_ON_DEMAND_COST,
];

static AWS: Grain = Grain {
    subject: AWS_DAILY.name,
    line_items: &AWS_LINE_ITEMS,
    is_daily: true,
    keys: &[
        cloud::USAGE_ACCOUNT_ID,
        cloud::PRODUCT_CODE,
        cloud::PRODUCT_FAMILY,
        cloud::AVAILABILITY_ZONE,
        cloud::REGION,
        cloud::INSTANCE_TYPE,
        cloud::UNIT,
    ],
    sums: AWS_SUMS,
    exact: &[],
    extremes: &[
        cloud::CURRENCY_CODE,
        cloud::UNBLENDED_RATE,
        cloud::BLENDED_RATE,
        cloud::PUBLIC_ON_DEMAND_RATE,
        cloud::NORMALIZATION_FACTOR,
    ],
    copies: &[cloud::ACCOUNT_ALIAS_ID, cloud::ORGANIZATIONAL_UNIT_ID],
};

static EC2: Grain = Grain {
    subject: AWS_EC2.name,
    line_items: &line_items::AWS_EC2,
    is_daily: false,
    keys: &[cloud::RESOURCE_ID],
    sums: AWS_SUMS,
    exact: &[],
    extremes: &[
        cloud::CURRENCY_CODE,
        cloud::UNBLENDED_RATE,
        cloud::BLENDED_RATE,
        cloud::PUBLIC_ON_DEMAND_RATE,
        cloud::NORMALIZATION_FACTOR,
        cloud::USAGE_ACCOUNT_ID,
        cloud::OPERATING_SYSTEM,
        cloud::REGION,
        cloud::UNIT,
        cloud::USAGE_START,
        cloud::USAGE_END,
    ],
    copies: &[cloud::ACCOUNT_ALIAS_ID],
};

static AZURE: Grain = Grain {
    subject: AZURE_DAILY.name,
    line_items: &AZURE_LINE_ITEMS,
    is_daily: true,
    keys: &[cloud::SUBSCRIPTION_GUID, cloud::SUBSCRIPTION_NAME, cloud::RESOURCE_LOCATION, cloud::SERVICE_NAME],
    sums: &[cloud::USAGE_QUANTITY, cloud::PRETAX_COST, cloud::MARKUP_COST],
    exact: &[cloud::USAGE_QUANTITY, cloud::PRETAX_COST, cloud::MARKUP_COST],
    extremes: &[cloud::UNIT_OF_MEASURE, cloud::AZURE_CURRENCY],
    copies: &[],
};

static GCP: Grain = Grain {
    subject: GCP_DAILY.name,
    line_items: &GCP_LINE_ITEMS,
    is_daily: true,
    keys: &[
        cloud::INVOICE_MONTH,
        cloud::ACCOUNT_ID,
        cloud::PROJECT_ID,
        cloud::SERVICE_ID,
        cloud::SKU_ID,
        cloud::REGION,
        cloud::LINE_ITEM_TYPE,
    ],
    sums: &[cloud::USAGE_AMOUNT, cloud::UNBLENDED_COST, cloud::CREDIT_AMOUNT],
    exact: &[cloud::CREDIT_AMOUNT],
    extremes: &[cloud::PROJECT_NAME, cloud::SERVICE_ALIAS, cloud::SKU_ALIAS, cloud::UNIT, cloud::GCP_CURRENCY],
    copies: &[],
};

/// Without tags, cost categories and resources.
static AWS_LINE_ITEMS: Table = Table {
    columns: &[
        line_items::LINEITEM_USAGESTARTDATE,
        line_items::BILL_BILLINGENTITY,
        line_items::LINEITEM_PRODUCTCODE,
        line_items::PRODUCT_PRODUCTNAME,
        line_items::LINEITEM_USAGEACCOUNTID,
        line_items::LINEITEM_AVAILABILITYZONE,
        line_items::PRODUCT_PRODUCTFAMILY,
        line_items::PRODUCT_REGION,
        line_items::PRODUCT_INSTANCETYPE,
        line_items::PRICING_UNIT,
        line_items::LINEITEM_LINEITEMTYPE,
        line_items::LINEITEM_USAGEAMOUNT,
        line_items::LINEITEM_NORMALIZATIONFACTOR,
        line_items::LINEITEM_NORMALIZEDUSAGEAMOUNT,
        line_items::LINEITEM_CURRENCYCODE,
        line_items::LINEITEM_UNBLENDEDRATE,
        line_items::LINEITEM_UNBLENDEDCOST,
        line_items::LINEITEM_BLENDEDRATE,
        line_items::LINEITEM_BLENDEDCOST,
        line_items::PRICING_PUBLICONDEMANDCOST,
        line_items::PRICING_PUBLICONDEMANDRATE,
        line_items::SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST,
    ],
    ..line_items::AWS_DAILY
};

/// Without tags, additional information and resources.
static AZURE_LINE_ITEMS: Table = Table {
    columns: &[
        line_items::AZURE_DATE,
        line_items::SUBSCRIPTIONID,
        line_items::SUBSCRIPTIONGUID,
        line_items::SUBSCRIPTIONNAME,
        line_items::SERVICENAME,
        line_items::METERCATEGORY,
        line_items::RESOURCELOCATION,
        line_items::BILLINGCURRENCYCODE,
        line_items::BILLINGCURRENCY,
        line_items::QUANTITY,
        line_items::COSTINBILLINGCURRENCY,
        line_items::UNITOFMEASURE,
    ],
    ..line_items::AZURE_DAILY
};

/// Without labels.
static GCP_LINE_ITEMS: Table = Table {
    columns: &[
        line_items::INVOICE_MONTH,
        line_items::BILLING_ACCOUNT_ID,
        line_items::PROJECT_ID,
        line_items::PROJECT_NAME,
        line_items::USAGE_START_TIME,
        line_items::SERVICE_ID,
        line_items::SERVICE_DESCRIPTION,
        line_items::SKU_ID,
        line_items::SKU_DESCRIPTION,
        line_items::COST_TYPE,
        line_items::LOCATION_REGION,
        line_items::USAGE_PRICING_UNIT,
        line_items::USAGE_AMOUNT_IN_PRICING_UNITS,
        line_items::CURRENCY,
        line_items::COST,
        line_items::CREDITS,
    ],
    ..line_items::GCP_HOURLY
};
