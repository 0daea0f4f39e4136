//! Writes line items of one cloud source and one month of 31 days, as koku's ingest lays them out, for the bench of the cloud summaries.
//!
//! ```text
//! generate_cloud_line_items --cloud aws --rows 1000000 --out DIRECTORY [--seed 1]
//! ```
//! `--rows` counts the line items that the summary reads: of AWS the daily ones, of Azure those of a day, of GCP the hourly ones. The
//! same arguments write the same files, with every column that koku's tables have.
//!
//! What makes the data look like a bill: a workload belongs to one of some accounts, lives in one region and in two of its zones, and its
//! resources share its tags (3 to 14, some of them enabled) and, by service, their type; there are up to 4,000 workloads, 150 an account.
//! A resource is of a service that bills it for 1 to 3 things a day. Every tenth resource has no tags, 3 % are replaced each day, and
//! every fifth machine of AWS is covered by a savings plan, whose negation is a line of its own. A third of GCP's lines have a credit,
//! mostly of an amount of its own; every fifth machine of Azure is named by its additional information.
//!
//! Days are written as they are made, so memory does not grow with the number of rows.
#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "every index is drawn below the length of what it points into, and every number is small"
)]

use aggregator_core::cloud::Provider;
use aggregator_core::run::SourceUuid;
use aggregator_core::table::cloud_ingest::{AWS_LINE_ITEMS_DAILY, AZURE_LINE_ITEMS, GCP_LINE_ITEMS};
use aggregator_core::table::{ColumnDef, Kind, Table};
use aggregator_io::source::path::{Month, partition};
use chrono::{NaiveDate, NaiveTime};
use polars::prelude::*;
use std::error::Error;
use std::fmt::Write;
use std::fs::File;
use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SCHEMA: &str = "org1234567";
const SOURCE: &str = "c0000000-0000-4000-8000-000000000001";
const YEAR: i32 = 2026;
const MONTH: u32 = 10;
const INVOICE_MONTH: &str = "202610";
const DAYS: u64 = 31;
const HOURS_PER_DAY: i64 = 24;
const MILLISECONDS_PER_HOUR: i64 = 3_600_000;
/// The rows of a file, which has one row group.
const ROWS_PER_FILE: usize = 200_000;

const ROWS_PER_WORKLOAD: u64 = 2_500;
const MOST_WORKLOADS: u64 = 4_000;
const WORKLOADS_PER_ACCOUNT: usize = 150;
/// Of each 1,000.
const RESOURCES_REPLACED_A_DAY: u64 = 30;
const WITHOUT_TAGS: u64 = 100;
const IN_SAVINGS_PLAN: u64 = 200;
const NAMED: u64 = 200;
const WITH_CREDIT: u64 = 330;

const REGIONS: [&str; 6] = ["us-east-1", "us-west-2", "eu-central-1", "eu-west-1", "ap-southeast-2", "sa-east-1"];
const ENABLED_KEYS: [&str; 8] = ["app", "component", "cost_center", "environment", "owner", "team", "tier", "version"];
const OTHER_KEYS: [&str; 8] = ["created-by", "stack-id", "stack-name", "logical-id", "repository", "commit", "ticket", "managed-by"];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// True `of_1000` times of 1,000.
    fn chance(&mut self, of_1000: u64) -> bool {
        self.next() % 1_000 < of_1000
    }

    /// At least 0, less than 1.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What a resource is billed for: the name of the usage, its unit, and what one costs.
type Usage = (&'static str, &'static str, f64);

/// A service: its code, name and family, the types of its resources, and what is billed.
struct Service {
    code: &'static str,
    name: &'static str,
    family: &'static str,
    types: &'static [&'static str],
    usages: &'static [Usage],
    /// Of each 100 resources.
    share: usize,
}

const fn service(
    [code, name, family]: [&'static str; 3],
    types: &'static [&'static str],
    usages: &'static [Usage],
    share: usize,
) -> Service {
    Service { code, name, family, types, usages, share }
}

/// The first one is machines.
const AWS_SERVICES: &[Service] = &[
    service(
        ["AmazonEC2", "Amazon Elastic Compute Cloud", "Compute Instance"],
        &["m5.large", "m5.xlarge", "c5.2xlarge", "r5.xlarge", "t3.medium", "m6i.4xlarge"],
        &[("BoxUsage", "Hrs", 0.096), ("DataTransfer-Out-Bytes", "GB", 0.09), ("DataTransfer-Regional-Bytes", "GB", 0.01)],
        40,
    ),
    service(["AmazonEC2", "Amazon Elastic Compute Cloud", "Storage"], &[""], &[("EBS:VolumeUsage.gp3", "GB-Mo", 0.08)], 30),
    service(
        ["AmazonS3", "Amazon Simple Storage Service", "Storage"],
        &[""],
        &[("TimedStorage-ByteHrs", "GB-Mo", 0.023), ("Requests-Tier1", "Requests", 0.000_005), ("Requests-Tier2", "Requests", 0.000_000_4)],
        15,
    ),
    service(
        ["AmazonRDS", "Amazon Relational Database Service", "Database Instance"],
        &["db.m5.large", "db.r5.xlarge"],
        &[("InstanceUsage", "Hrs", 0.171), ("RDS:GP2-Storage", "GB-Mo", 0.115)],
        5,
    ),
    service(
        ["AWSLambda", "AWS Lambda", "Serverless"],
        &[""],
        &[("Lambda-GB-Second", "Second", 0.000_016), ("Request", "Requests", 0.000_000_2)],
        10,
    ),
];

const AZURE_SERVICES: &[Service] = &[
    service(
        ["Microsoft.Compute/virtualMachines", "Virtual Machines", "Dv3/DSv3 Series"],
        &["Standard_D2s_v3", "Standard_D4s_v3", "Standard_E8s_v4", "Standard_B2ms"],
        &[("Compute Hours", "100 Hours", 9.6), ("Data Transfer Out", "100 GB", 8.7)],
        45,
    ),
    service(
        ["Microsoft.Compute/disks", "Storage", "Premium SSD Managed Disks"],
        &[""],
        &[("P10 Disks", "1 /Month", 19.7), ("Operations", "10K", 0.002)],
        35,
    ),
    service(
        ["Microsoft.Storage/storageAccounts", "Storage", "Tiered Block Blob"],
        &[""],
        &[("LRS Data Stored", "1 GB/Month", 0.018), ("Write Operations", "10K", 0.05)],
        15,
    ),
    service(["Microsoft.Sql/servers", "SQL Database", "General Purpose"], &[""], &[("vCore", "1 Hour", 0.25)], 5),
];

const GCP_SERVICES: &[Service] = &[
    service(
        ["6F81-5844-456A", "Compute Engine", "instances"],
        &["n1-standard-4", "e2-standard-8", "n2-highmem-4", "c2-standard-16"],
        &[
            ("Instance Core running in Americas", "hour", 0.031_611),
            ("Instance Ram running in Americas", "gibibyte hour", 0.004_237),
            ("Network Internet Egress", "gibibyte", 0.12),
        ],
        50,
    ),
    service(["6F81-5844-456A", "Compute Engine", "disks"], &[""], &[("Storage PD Capacity", "gibibyte month", 0.04)], 30),
    service(
        ["95FF-2EF5-5EA1", "Cloud Storage", "buckets"],
        &[""],
        &[("Standard Storage US Multi-region", "gibibyte month", 0.026), ("Class A Operations", "count", 0.000_005)],
        15,
    ),
    service(["9662-B51E-5089", "Cloud SQL", "databases"], &[""], &[("DB standard Intel N1 1 VCPU", "hour", 0.0413)], 5),
];

/// What belongs together and has the same tags.
struct Workload {
    account: usize,
    name: String,
    region: &'static str,
    zones: [String; 2],
    tags: String,
    cost_category: String,
}

struct Resource {
    workload: usize,
    service: usize,
    zone: usize,
    service_type: &'static str,
    id: String,
    /// Azure's additional information, GCP's system labels.
    info: String,
    is_tagged: bool,
    in_savings_plan: bool,
    size: f64,
}

/// A line item, and where its texts are.
struct Line {
    resource: usize,
    usage: Usage,
    is_negation: bool,
    hour: i64,
    amount: f64,
    credit: String,
    description: &'static str,
}

struct Bill {
    cloud: Provider,
    random: Random,
    services: &'static [Service],
    accounts: Vec<String>,
    workloads: Vec<Workload>,
    resources: Vec<Resource>,
}

impl Bill {
    fn new(cloud: Provider, rows: u64, seed: u64) -> Self {
        let mut random = Random(seed);
        let count = (rows / ROWS_PER_WORKLOAD).clamp(20, MOST_WORKLOADS) as usize;
        let account = |random: &mut Random| match cloud {
            Provider::Aws => format!("{:012}", random.next() % 1_000_000_000_000),
            Provider::Azure => uuid_text(random),
            Provider::Gcp => format!("project-{:06x}", random.next() >> 40),
        };
        let accounts: Vec<_> = (0..count.div_ceil(WORKLOADS_PER_ACCOUNT)).map(|_| account(&mut random)).collect();
        let workloads = (0..count)
            .map(|index| {
                let name = format!("{}-{index}", ["api", "web", "worker", "cache", "db", "queue"][random.below(6)]);
                let region = REGIONS[random.below(REGIONS.len())];
                let first = random.below(2);
                Workload {
                    account: index / WORKLOADS_PER_ACCOUNT,
                    region,
                    zones: [first, first + 1].map(|zone| format!("{region}{}", ["a", "b", "c"][zone])),
                    tags: tags(&mut random, &name),
                    cost_category: format!(r#"{{"costCategory/Department": "department-{}"}}"#, random.below(20)),
                    name,
                }
            })
            .collect();
        let services = match cloud {
            Provider::Aws => AWS_SERVICES,
            Provider::Azure => AZURE_SERVICES,
            Provider::Gcp => GCP_SERVICES,
        };
        Self { cloud, random, services, accounts, workloads, resources: Vec::new() }
    }

    fn new_resource(&mut self, workload: usize) -> Resource {
        let random = &mut self.random;
        let mut drawn = random.below(100);
        let of_share = |service: &Service| {
            let is_it = drawn < service.share;
            drawn = drawn.saturating_sub(service.share);
            is_it
        };
        let service = self.services.iter().position(of_share).unwrap_or_default();
        let Service { code, family, types, .. } = &self.services[service];
        let resource_type = types[(workload + service) % types.len()];
        let Workload { name, account, region, .. } = &self.workloads[workload];
        let number = random.next() >> 4;
        let id = match (self.cloud, service) {
            (Provider::Aws, 0) => format!("i-{number:017x}"),
            (Provider::Aws, 1) => format!("vol-{number:017x}"),
            (Provider::Aws, _) => format!("arn:aws:{code}:{region}:{}:{name}-{number:016x}", self.accounts[*account]),
            (Provider::Azure, _) => {
                let subscription = &self.accounts[*account];
                format!("/subscriptions/{subscription}/resourceGroups/rg-{name}/providers/{code}/{name}-{:010x}", number >> 20)
            }
            (Provider::Gcp, _) => {
                let project = &self.accounts[*account];
                format!("//compute.googleapis.com/projects/{project}/zones/{region}/{family}/{}", number % 10_000_000_000)
            }
        };
        let info = match (self.cloud, resource_type) {
            (Provider::Aws, _) => String::new(),
            (_, "") => "{}".to_owned(),
            (Provider::Azure, _) => {
                let named = if random.chance(NAMED) { format!("\"{name}-{:06x}\"", number >> 36) } else { "null".to_owned() };
                format!(
                    r#"{{"UsageType": "ComputeHR", "ImageType": "Canonical", "ServiceType": "{resource_type}", "VMName": {named}, "VCPUs": 2}}"#
                )
            }
            (Provider::Gcp, _) => format!(
                r#"{{"compute.googleapis.com/cores": "4", "compute.googleapis.com/machine_spec": "{resource_type}", "compute.googleapis.com/memory": "15360"}}"#
            ),
        };
        Resource {
            workload,
            service,
            zone: random.below(2),
            service_type: resource_type,
            id,
            info,
            is_tagged: !random.chance(WITHOUT_TAGS),
            in_savings_plan: self.cloud == Provider::Aws && service == 0 && random.chance(IN_SAVINGS_PLAN),
            size: 1.0 + 100.0 * random.fraction(),
        }
    }

    /// The line items of a day, `rows` of them.
    fn day(&mut self, rows: usize) -> Vec<Line> {
        let hours = if self.cloud == Provider::Gcp { HOURS_PER_DAY } else { 1 };
        let mut lines = Vec::with_capacity(rows);
        for at in 0.. {
            if at == self.resources.len() {
                let workload = self.random.below(self.workloads.len());
                let resource = self.new_resource(workload);
                self.resources.push(resource);
            } else if self.random.chance(RESOURCES_REPLACED_A_DAY) {
                self.resources[at] = self.new_resource(self.resources[at].workload);
            }
            let usages = self.services[self.resources[at].service].usages;
            for (hour, (index, usage)) in (0..hours).flat_map(|hour| usages.iter().enumerate().map(move |usage| (hour, usage))) {
                // What is covered by a savings plan is taken back by a second line.
                for is_negation in [false, true] {
                    let Resource { in_savings_plan, size, .. } = self.resources[at];
                    let is_covered = in_savings_plan && index == 0;
                    if is_negation && !is_covered {
                        continue;
                    }
                    let description = match (is_covered, is_negation) {
                        (_, true) => "SavingsPlanNegation",
                        (true, _) => "SavingsPlanCoveredUsage",
                        _ => "Usage",
                    };
                    let amount = (1e6 * size * self.random.fraction()).round() / 1e6;
                    let credit = self.credit(usage.2 * amount);
                    lines.push(Line { resource: at, usage: *usage, is_negation, hour, amount, credit, description });
                    if lines.len() == rows {
                        return self.sorted(lines);
                    }
                }
            }
        }
        lines
    }

    fn credit(&mut self, cost: f64) -> String {
        if self.cloud != Provider::Gcp {
            return String::new();
        }
        if !self.random.chance(WITH_CREDIT) {
            return "{}".to_owned();
        }
        let amount = -(cost * 3e5).round() / 1e6;
        format!(
            r#"{{"name": "Sustained Usage Discount", "amount": {amount:?}, "full_name": "Sustained Usage Discount", "id": "", "type": "SUSTAINED_USAGE_DISCOUNT"}}"#
        )
    }

    /// koku's roll-up of AWS sorts by resource; the other clouds deliver as they like.
    fn sorted(&self, mut lines: Vec<Line>) -> Vec<Line> {
        match self.cloud {
            Provider::Aws => lines.sort_by(|left, right| self.resources[left.resource].id.cmp(&self.resources[right.resource].id)),
            Provider::Azure => {}
            Provider::Gcp => lines.sort_by_key(|line| line.hour),
        }
        lines
    }
}

fn uuid_text(random: &mut Random) -> String {
    let (left, right) = (random.next(), random.next());
    format!("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", left >> 32, left & 0xffff, (left >> 16) & 0xfff, right >> 52, right & 0xffff_ffff_ffff)
}

/// 3 to 14 tags of distinct keys, as Python's `json.dumps` writes them.
fn tags(random: &mut Random, workload: &str) -> String {
    let mut keys: Vec<&str> = ENABLED_KEYS.into_iter().chain(OTHER_KEYS).collect();
    let mut tags = format!(r#"{{"app": "{workload}""#);
    keys.retain(|key| *key != "app");
    for _ in 0..2 + random.below(12) {
        let key = keys.swap_remove(random.below(keys.len()));
        let value = if ENABLED_KEYS.contains(&key) { format!("{key}-{}", random.below(12)) } else { format!("{:016x}", random.next()) };
        let _ = write!(tags, r#", "{key}": "{value}""#);
    }
    tags.push('}');
    tags
}

/// A line item with what it points to.
struct Row<'a> {
    line: &'a Line,
    service: &'a Service,
    resource: &'a Resource,
    workload: &'a Workload,
    account: &'a str,
}

impl Row<'_> {
    fn tags(&self) -> &str {
        if self.resource.is_tagged { &self.workload.tags } else { "{}" }
    }

    /// The text of a column; empty where a bill mostly has none.
    fn text(&self, column: &str) -> &str {
        match column {
            // Of several clouds.
            "resourcetags" | "tags" | "labels" => self.tags(),
            "resourceid" | "lineitem_resourceid" | "resource_global_name" => &self.resource.id,
            "lineitem_usageaccountid" | "subscriptionid" | "project_id" => self.account,
            "product_region" | "resourcelocation" | "location_region" | "meterregion" => self.workload.region,
            "lineitem_availabilityzone" | "location_zone" => &self.workload.zones[self.resource.zone],
            "additionalinfo" | "system_labels" => &self.resource.info,
            "lineitem_currencycode" | "billingcurrency" | "currency" => "USD",
            "pricing_unit" | "unitofmeasure" | "usage_pricing_unit" | "usage_unit" => self.line.usage.1,
            // AWS.
            "bill_payeraccountid" => "999999999999",
            "lineitem_legalentity" => "Amazon Web Services, Inc.",
            "bill_billingentity" => "AWS",
            "lineitem_lineitemdescription" | "lineitem_usagetype" | "metername" | "meterid" | "sku_description" => self.line.usage.0,
            "lineitem_lineitemtype" => self.line.description,
            "lineitem_operation" => "RunInstances",
            "lineitem_productcode" | "consumedservice" | "service_id" => self.service.code,
            "product_productname" | "metercategory" | "service_description" | "productname" => self.service.name,
            "product_productfamily" | "metersubcategory" => self.service.family,
            "product_instancetype" => self.resource.service_type,
            "product_operatingsystem" if !self.resource.service_type.is_empty() => "Linux",
            "product_vcpu" if !self.resource.service_type.is_empty() => "2",
            "product_memory" if !self.resource.service_type.is_empty() => "8 GiB",
            "costcategory" | "project_labels" => &self.workload.cost_category,
            // Azure.
            "subscriptionname" | "accountname" | "project_name" => &self.account[..8],
            "resourcegroup" | "resourcename" => &self.workload.name,
            "publishertype" => "Azure",
            "chargetype" | "frequency" => "Usage",
            "isazurecrediteligible" => "TRUE",
            "billingaccountid" | "billing_account_id" => "01A2B3-C4D5E6-F70819",
            // GCP.
            "sku_id" => &self.line.usage.0[..4],
            "credits" => &self.line.credit,
            "invoice_month" => INVOICE_MONTH,
            "cost_type" => "regular",
            "location_country" | "location_location" => "US",
            _ => "",
        }
    }

    fn number(&self, column: &str) -> f64 {
        let Line { usage: (.., rate), amount, is_negation, description, .. } = self.line;
        let cost = rate * amount;
        match column {
            "lineitem_unblendedcost" | "lineitem_blendedcost" if *is_negation => -cost,
            "lineitem_unblendedcost" | "lineitem_blendedcost" | "costinbillingcurrency" | "cost" | "pricing_publicondemandcost" => cost,
            "savingsplan_savingsplaneffectivecost" if *description == "SavingsPlanCoveredUsage" => 0.7 * cost,
            "savingsplan_savingsplaneffectivecost" => 0.0,
            "lineitem_normalizationfactor" => 4.0,
            "lineitem_normalizedusageamount" => 4.0 * amount,
            "currency_conversion_rate" => 1.0,
            name if name.ends_with("rate") || name.ends_with("price") => *rate,
            _ => *amount,
        }
    }

    fn time(&self, column: &str, midnight: i64) -> i64 {
        let start = midnight + self.line.hour * MILLISECONDS_PER_HOUR;
        match column {
            name if name.contains("billingperiod") => midnight,
            "usage_end_time" | "export_time" => start + MILLISECONDS_PER_HOUR,
            _ => start,
        }
    }
}

impl Bill {
    /// `lines` with every column of `table`.
    fn frame(&mut self, table: &Table, lines: &[Line], midnight: i64) -> Result<DataFrame> {
        let uuids: Vec<_> = lines.iter().map(|_| uuid_text(&mut self.random)).collect();
        let rows: Vec<_> = lines
            .iter()
            .map(|line| {
                let resource = &self.resources[line.resource];
                let workload = &self.workloads[resource.workload];
                Row { line, service: &self.services[resource.service], resource, workload, account: &self.accounts[workload.account] }
            })
            .collect();
        let column = |ColumnDef { name, kind, .. }: &ColumnDef| -> PolarsResult<Column> {
            let series_name: PlSmallStr = (*name).into();
            match kind {
                Kind::Timestamp => {
                    let times: Vec<_> = rows.iter().map(|row| row.time(name, midnight)).collect();
                    Column::new(series_name, times).cast(&kind.data_type())
                }
                Kind::Double => Ok(Column::new(series_name, rows.iter().map(|row| row.number(name)).collect::<Vec<_>>())),
                _ if *name == "row_uuid" => {
                    Ok(StringChunked::from_iter_values(series_name, uuids.iter().map(String::as_str)).into_column())
                }
                _ => Ok(StringChunked::from_iter_values(series_name, rows.iter().map(|row| row.text(name))).into_column()),
            }
        };
        Ok(DataFrame::new(lines.len(), table.columns.iter().map(column).collect::<PolarsResult<_>>()?)?)
    }
}

fn write_file(path: &Path, mut frame: DataFrame) -> Result<()> {
    let writer = ParquetWriter::new(File::create(path)?).with_compression(ParquetCompression::Snappy);
    writer.with_row_group_size(Some(ROWS_PER_FILE)).finish(&mut frame)?;
    Ok(())
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (mut cloud, mut rows, mut out, mut seed) = (None, 1_000_000_u64, None, 1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or("every argument has a value")?;
        match name.as_str() {
            "--cloud" => cloud = Provider::ALL.into_iter().find(|provider| provider.cloud().name().eq_ignore_ascii_case(&value)),
            "--rows" => rows = value.parse()?,
            "--out" => out = Some(PathBuf::from(value)),
            "--seed" => seed = value.parse()?,
            _ => return Err(format!("`{name}` is not known: --cloud NAME --rows N --out DIRECTORY [--seed N]").into()),
        }
    }
    let (cloud, out) = (cloud.ok_or("--cloud is aws, azure or gcp")?, out.ok_or("--out DIRECTORY says where to write")?);
    let first = NaiveDate::from_ymd_opt(YEAR, MONTH, 1).ok_or("no such month")?;
    let table = match cloud {
        Provider::Aws => &AWS_LINE_ITEMS_DAILY,
        Provider::Azure => &AZURE_LINE_ITEMS,
        Provider::Gcp => &GCP_LINE_ITEMS,
    };
    let folder = out.join(partition(SCHEMA, table, SourceUuid(SOURCE.parse()?), Month::of(first)));
    std::fs::create_dir_all(&folder)?;
    let mut bill = Bill::new(cloud, rows, seed);
    for (number, day) in (0..DAYS).zip(first.iter_days()) {
        let count = rows * (number + 1) / DAYS - rows * number / DAYS;
        let lines = bill.day(usize::try_from(count)?);
        let midnight = day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        for (batch, lines) in lines.chunks(ROWS_PER_FILE).enumerate() {
            let name = match cloud {
                Provider::Aws => format!("{day}_manifestid-1_basefile-report_batch-{batch}_daily_0.parquet"),
                Provider::Azure => format!("{day}_manifestid-1_basefile-report_batch-{batch}_0.parquet"),
                Provider::Gcp => format!("{INVOICE_MONTH}_{day}_report_{batch}.parquet"),
            };
            write_file(&folder.join(name), bill.frame(table, lines, midnight)?)?;
        }
    }
    std::fs::write(out.join("enabled_keys.txt"), ENABLED_KEYS.join("\n"))?;
    Ok(())
}
