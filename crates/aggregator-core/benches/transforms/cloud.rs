//! Line items of the clouds: a row a resource and day, 40 accounts, 25 services, 3,000 tag texts, nearly every credit a text of its own.

use super::{DAYS, LABEL_TEXTS, MILLISECONDS_PER_HOUR, Random, first_day, label_text, workload};
use aggregator_core::table::cloud::{
    ADDITIONALINFO, AZURE_DATE, BILL_BILLINGENTITY, BILLING_ACCOUNT_ID, BILLINGCURRENCY, BILLINGCURRENCYCODE, COST_TYPE, COSTCATEGORY,
    CREDITS, CURRENCY, INVOICE_MONTH, LABELS, LINEITEM_AVAILABILITYZONE, LINEITEM_CURRENCYCODE, LINEITEM_LINEITEMTYPE,
    LINEITEM_PRODUCTCODE, LINEITEM_RESOURCEID, LINEITEM_USAGEACCOUNTID, LOCATION_REGION, METERCATEGORY, PRICING_UNIT, PRODUCT_INSTANCETYPE,
    PRODUCT_MEMORY, PRODUCT_OPERATINGSYSTEM, PRODUCT_PRODUCTFAMILY, PRODUCT_PRODUCTNAME, PRODUCT_REGION, PRODUCT_VCPU, PROJECT_ID,
    PROJECT_NAME, RESOURCEID, RESOURCELOCATION, RESOURCETAGS, SERVICE_DESCRIPTION, SERVICE_ID, SERVICENAME, SKU_DESCRIPTION, SKU_ID,
    SUBSCRIPTIONGUID, SUBSCRIPTIONID, SUBSCRIPTIONNAME, SYSTEM_LABELS, TAGS, UNITOFMEASURE, USAGE_END_TIME, USAGE_PRICING_UNIT,
};
use aggregator_core::table::{ColumnDef, Kind, Table};
use chrono::NaiveTime;
use polars::prelude::*;

const HOURS_PER_DAY: i64 = 24;
const ACCOUNT_COUNT: usize = 40;
const SERVICE_COUNT: usize = 25;
const SKU_COUNT: usize = 200;
const REGIONS: [&str; 6] = ["us-east-1", "us-west-2", "eu-central-1", "eu-west-1", "ap-south-1", ""];
const MACHINES: [&str; 4] = ["m5.large", "c5.2xlarge", "r5.xlarge", "t3.medium"];
const UNITS: [&str; 4] = ["100 Hours", "1 GB/Month", "10K", "1 Hour"];
/// What GCP calls the type of a machine.
const MACHINE_LABEL: &str = "compute.googleapis.com/machine_spec";

/// `rows` rows of `table`, day by day over the month.
pub(super) fn line_items(table: &Table, rows: usize) -> DataFrame {
    let mut random = Random(rows as u64);
    let midnight = first_day().and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    let of_a_day = rows.div_ceil(DAYS);
    let labels: Vec<String> = (0..LABEL_TEXTS).map(label_text).collect();
    let columns = table.columns.iter().map(|column| {
        let name = column.name.into();
        match column.kind {
            Kind::Timestamp => {
                let after = i64::from(*column == USAGE_END_TIME);
                let time = |row: usize| midnight + ((row / of_a_day) as i64 * HOURS_PER_DAY + after) * MILLISECONDS_PER_HOUR;
                Column::new(name, (0..rows).map(time).collect::<Vec<_>>()).cast(&column.kind.data_type()).expect("integers are times")
            }
            // Whole millionths, as bills have them.
            Kind::Double => Column::new(name, (0..rows).map(|_| random.below(100_000_000) as f64 / 1e6).collect::<Vec<_>>()),
            _ if [RESOURCETAGS, TAGS, LABELS].contains(column) => {
                Column::new(name, (0..rows).map(|row| labels[workload(row % of_a_day)].as_str()).collect::<Vec<_>>())
            }
            _ if *column == CREDITS => Column::new(name, (0..rows).map(|_| credit(&mut random)).collect::<Vec<_>>()),
            _ => Column::new(name, (0..rows).map(|row| text(column, row % of_a_day)).collect::<Vec<_>>()),
        }
    });
    DataFrame::new(rows, columns.collect()).expect("columns of one length")
}

fn credit(random: &mut Random) -> String {
    let amount = random.below(1_000_000);
    format!(r#"{{"name": "Sustained use", "amount": -0.{amount:06}, "full_name": "", "id": "sud", "type": "SUSTAINED_USAGE_DISCOUNT"}}"#)
}

/// The text of a resource in `column`.
fn text(column: &ColumnDef, resource: usize) -> String {
    let account = workload(resource) % ACCOUNT_COUNT;
    let service = Random(!(resource as u64)).below(SERVICE_COUNT);
    let region = REGIONS[workload(resource) % REGIONS.len()];
    let machine = MACHINES[resource % MACHINES.len()];
    let is_machine = service < SERVICE_COUNT / 2;
    let of_machine = |text: &str| if is_machine { text.to_owned() } else { String::new() };
    match *column {
        LINEITEM_RESOURCEID => format!("i-{resource:017x}"),
        RESOURCEID => format!("/subscriptions/{account}/resourceGroups/rg/providers/p/vm-{resource:08x}"),
        LINEITEM_USAGEACCOUNTID | BILLING_ACCOUNT_ID => format!("{account:012}"),
        SUBSCRIPTIONID | SUBSCRIPTIONGUID => format!("00000000-0000-4000-8000-{account:012}"),
        SUBSCRIPTIONNAME | PROJECT_ID | PROJECT_NAME => format!("team-{account}"),
        BILL_BILLINGENTITY => "AWS".to_owned(),
        LINEITEM_PRODUCTCODE if is_machine => "AmazonEC2".to_owned(),
        PRODUCT_PRODUCTFAMILY if is_machine => "Compute Instance".to_owned(),
        LINEITEM_PRODUCTCODE | SERVICE_ID => format!("service-{service}"),
        PRODUCT_PRODUCTFAMILY | PRODUCT_PRODUCTNAME | SERVICENAME | SERVICE_DESCRIPTION | METERCATEGORY => format!("Service {service}"),
        SKU_ID => format!("SKU-{}", resource % SKU_COUNT),
        SKU_DESCRIPTION => format!("Unit {} in a region", resource % SKU_COUNT),
        PRODUCT_REGION | RESOURCELOCATION | LOCATION_REGION => region.to_owned(),
        LINEITEM_AVAILABILITYZONE => format!("{region}a"),
        PRODUCT_INSTANCETYPE => of_machine(machine),
        PRODUCT_MEMORY => of_machine("8 GiB"),
        PRODUCT_VCPU => of_machine("4"),
        PRODUCT_OPERATINGSYSTEM => of_machine("Linux"),
        COSTCATEGORY => format!(r#"{{"team": "team-{account}"}}"#),
        ADDITIONALINFO if is_machine => format!(r#"{{"ServiceType": "{machine}", "VMName": null, "VCPUs": 4}}"#),
        SYSTEM_LABELS if is_machine => format!(r#"{{"{MACHINE_LABEL}": "{machine}"}}"#),
        ADDITIONALINFO | SYSTEM_LABELS => "{}".to_owned(),
        PRICING_UNIT => "Hrs".to_owned(),
        USAGE_PRICING_UNIT => "hour".to_owned(),
        UNITOFMEASURE => UNITS[resource % UNITS.len()].to_owned(),
        LINEITEM_LINEITEMTYPE => "Usage".to_owned(),
        COST_TYPE => "regular".to_owned(),
        LINEITEM_CURRENCYCODE | BILLINGCURRENCY | BILLINGCURRENCYCODE | CURRENCY => "USD".to_owned(),
        INVOICE_MONTH => first_day().format("%Y%m").to_string(),
        AZURE_DATE => unreachable!("a time is no text"),
        _ => unreachable!("`{}` is no text of the line items", column.name),
    }
}
