//! Metered lines of Azure.
//!
//! # SQL
//! `subs/trino_sql/azure/`: `determine_ids_for_provider.sql`, `determine_resource_ids_for_usage_account.sql`, `subs_row_count.sql`,
//! `subs_summary.sql`.

use super::{OF_PRODUCT, OF_SUPPORT, RHEL, RHEL_INSTANCE, ResourceWindow, count, holds, in_windows, not_in};
use crate::cloud::refusals::{Check, refused};
use crate::cloud::texts::{non_empty, replaced};
use crate::table::ColumnDef;
use crate::table::cloud::{
    ADDITIONALINFO, AZURE_DATE, METERCATEGORY, QUANTITY, RESOURCEGROUP, RESOURCEID, SUBSCRIPTIONGUID, SUBSCRIPTIONID, TAGS,
};
use crate::table::cloud_extract::{
    SUBS_ACCOUNT, SUBS_ACCOUNTS, SUBS_END_TIME, SUBS_INSTANCE, SUBS_INSTANCE_KEY, SUBS_LATEST, SUBS_RESOURCE, SUBS_RESOURCE_ID,
    SUBS_RESOURCES, SUBS_START_TIME, SUBS_USAGE_QUANTITY, SUBS_VCPU, SUBS_VMNAME,
};
use crate::trino::{json_extract_scalar, lower_text};
use chrono::{DateTime, NaiveDate};
use polars::lazy::dsl::{coalesce, concat_str};
use polars::prelude::*;

const VIRTUAL_MACHINES: &str = "Virtual Machines";
/// Members of the additional information, read in lower case.
const VCPUS: &str = "vcpus";
const VMNAME: &str = "vmname";
/// A day's lines can come late: of a resource whose last day is no older than this many days, the last day is left for the next run.
const DAYS_UNTIL_COMPLETE: i64 = 2;
const MILLISECONDS_PER_DAY: i64 = 24 * 60 * 60 * 1000;
/// 2^31: where `integer` ends.
const BEYOND_INTEGER: f64 = 2_147_483_648.0;

/// The subscriptions with metered lines.
///
/// # Inputs
/// * `line_items` ([`AZURE_SUBS_LISTS`](crate::table::cloud::AZURE_SUBS_LISTS)): the source's month.
/// * `other_ids`: subscriptions that koku has mapped to other sources.
/// # Output
/// [`SUBS_ACCOUNTS`], sorted.
/// # Nulls
/// A null among `other_ids` empties the result. Without any, a null subscription is one.
pub fn azure_subs_usage_accounts(line_items: LazyFrame, other_ids: &[Option<String>]) -> LazyFrame {
    let accounts = tagged(line_items)
        .select([subscription().alias(SUBS_ACCOUNT.name)])
        .filter(not_in(SUBS_ACCOUNT.expr(), other_ids))
        .unique(None, UniqueKeepStrategy::Any);
    SUBS_ACCOUNTS.select(accounts).sort([SUBS_ACCOUNT.name], SortMultipleOptions::default())
}

/// The machines of `account` with metered lines, and the last day that is to be processed on `today`.
///
/// # Inputs
/// * `line_items` ([`AZURE_SUBS_LISTS`](crate::table::cloud::AZURE_SUBS_LISTS)): the source's month.
/// * `other_resources`: what koku has processed in this month for other sources.
/// # Output
/// [`SUBS_RESOURCES`], sorted; the key is `subscription:group:machine`. Rows can be equal.
/// # Nulls
/// A null among `other_resources` empties the result. A key of which a part is null is null.
pub fn azure_subs_resources(line_items: LazyFrame, account: &str, other_resources: &[Option<String>], today: NaiveDate) -> LazyFrame {
    let name = "name";
    let complete = (i64::from(today.to_epoch_days()) - DAYS_UNTIL_COMPLETE) * MILLISECONDS_PER_DAY;
    let last = SUBS_LATEST.expr().cast(DataType::Int64);
    let latest = when(last.clone().lt(lit(complete))).then(last.clone()).otherwise(last - lit(MILLISECONDS_PER_DAY));
    let machine = coalesce(&[col(name), last_segment()]);
    let resources = tagged(line_items)
        .filter(of_account(account).and(not_in(RESOURCEID.expr(), other_resources)))
        .group_by([
            RESOURCEID.expr(),
            SUBSCRIPTIONGUID.expr(),
            SUBSCRIPTIONID.expr(),
            RESOURCEGROUP.expr(),
            information(VMNAME).alias(name),
        ])
        .agg([AZURE_DATE.expr().max().alias(SUBS_LATEST.name)])
        .select([
            RESOURCEID.expr().alias(SUBS_RESOURCE.name),
            concat_str([subscription(), RESOURCEGROUP.expr(), machine], ":", false).alias(SUBS_INSTANCE_KEY.name),
            latest.cast(SUBS_LATEST.kind.data_type()).alias(SUBS_LATEST.name),
        ]);
    let names = SUBS_RESOURCES.columns.iter().map(|column| column.name).collect::<Vec<_>>();
    SUBS_RESOURCES.select(resources).sort(names, SortMultipleOptions::default())
}

/// How many lines [`azure_subs_summary`] has.
///
/// # Inputs
/// As of [`azure_subs_summary`].
/// # Output
/// [`SUBS_COUNT`](crate::table::cloud_extract::SUBS_COUNT).
pub fn azure_subs_count(line_items: LazyFrame, account: &str, resources: &[ResourceWindow]) -> LazyFrame {
    count(metered(line_items, account, resources))
}

/// The metered lines of `account`.
///
/// # Inputs
/// * `line_items` ([`AZURE_SUBS`](crate::table::cloud::AZURE_SUBS) and all other columns of the table): the source's month.
/// * `resources`: resources with their windows, whose ends count.
/// # Output
/// The columns of the input in their order, then [`AZURE_SUBS_APPENDED`](crate::table::cloud_extract::AZURE_SUBS_APPENDED); by resource
/// and day, otherwise in the order of the input. Pages of koku's size are slices of it.
///
/// The support of a machine is read from tags ignoring the case of keys, its product with the case, as in the SQL.
/// # Nulls
/// The resource's last segment is null where its path ends with `/`.
/// # Differences from the SQL
/// A quantity beyond `integer`, at which Trino fails ([`azure_subs_refusals`]), is null.
pub fn azure_subs_summary(line_items: LazyFrame, account: &str, resources: &[ResourceWindow]) -> LazyFrame {
    let quantity = QUANTITY.expr().ceil();
    let quantity = when(quantity.clone().lt(lit(BEYOND_INTEGER))).then(quantity).otherwise(lit(NULL));
    let instance = replaced(TAGS.expr(), |tags| lowered_member(tags, RHEL_INSTANCE).map(|value| lower_text(&value)));
    let appended = [
        utc(0).alias(SUBS_START_TIME.name),
        utc(MILLISECONDS_PER_DAY).alias(SUBS_END_TIME.name),
        information(VCPUS).alias(SUBS_VCPU.name),
        subscription().alias(SUBS_ACCOUNT.name),
        last_segment().alias(SUBS_RESOURCE_ID.name),
        quantity.cast(SUBS_USAGE_QUANTITY.kind.data_type()).alias(SUBS_USAGE_QUANTITY.name),
    ];
    let support = OF_SUPPORT.iter().map(|meaning| meaning.of(&TAGS, lowered_member));
    let product = OF_PRODUCT.iter().map(|meaning| meaning.of(&TAGS, json_extract_scalar));
    let machine = [
        coalesce(&[instance, lit("")]).alias(SUBS_INSTANCE.name),
        coalesce(&[information(VMNAME), last_segment()]).alias(SUBS_VMNAME.name),
    ];
    metered(line_items, account, resources)
        .with_columns(appended.into_iter().chain(support).chain(product).chain(machine).collect::<Vec<_>>())
        .sort([RESOURCEID.name, AZURE_DATE.name], SortMultipleOptions::default().with_maintain_order(true))
}

/// Values at which Trino fails [`azure_subs_summary`].
///
/// # Inputs
/// As of [`azure_subs_summary`].
/// # Output
/// [`REFUSED_VALUES`](crate::table::cloud::REFUSED_VALUES).
pub fn azure_subs_refusals(line_items: LazyFrame, account: &str, resources: &[ResourceWindow]) -> LazyFrame {
    let beyond = QUANTITY.expr().ceil().gt_eq(lit(BEYOND_INTEGER));
    refused(metered(line_items, account, resources), vec![Check::number(QUANTITY, beyond, "is more than an integer holds")])
}

/// Lines of virtual machines with a number of processors and a tag of RHEL.
fn tagged(line_items: LazyFrame) -> LazyFrame {
    let has = |column: &ColumnDef, key: &'static str| holds(column.expr(), move |text| lowered_member(text, key).is_some());
    line_items.filter(METERCATEGORY.expr().eq(lit(VIRTUAL_MACHINES)).and(has(&ADDITIONALINFO, VCPUS)).and(has(&TAGS, RHEL)))
}

/// Lines with usage of the resources within their windows.
fn metered(line_items: LazyFrame, account: &str, resources: &[ResourceWindow]) -> LazyFrame {
    // NaN is no usage; Polars would have it greater than 0.
    let has_usage = QUANTITY.expr().ceil().gt(lit(0.0)).and(QUANTITY.expr().is_not_nan());
    tagged(line_items).filter(of_account(account).and(has_usage).and(in_windows(&RESOURCEID, &AZURE_DATE, resources)))
}

fn of_account(account: &str) -> Expr {
    SUBSCRIPTIONID.expr().eq(lit(account)).or(SUBSCRIPTIONGUID.expr().eq(lit(account)))
}

fn subscription() -> Expr {
    coalesce(&[non_empty(SUBSCRIPTIONID.expr()), SUBSCRIPTIONGUID.expr()])
}

/// A member of the additional information in lower case.
fn information(key: &'static str) -> Expr {
    replaced(ADDITIONALINFO.expr(), move |text| lowered_member(text, key))
}

/// A member of a JSON text in lower case. The text is lowered before it is read: of keys that become equal the first counts, and an
/// escaped capital stays one.
fn lowered_member(text: &str, key: &str) -> Option<String> {
    json_extract_scalar(&lower_text(text), key)
}

/// What is behind the last `/` of the resource's path; null where nothing is.
fn last_segment() -> Expr {
    replaced(RESOURCEID.expr(), |path| path.rsplit('/').next().filter(|segment| !segment.is_empty()).map(str::to_owned))
}

/// The day of the line, later by `milliseconds`, as koku's Python writes it: in UTC, with microseconds where there is a fraction.
fn utc(milliseconds: i64) -> Expr {
    AZURE_DATE.expr().map(
        move |column| {
            let times = column.cast(&DataType::Int64)?;
            let text = |time: i64| {
                let time = DateTime::from_timestamp_millis(time.checked_add(milliseconds)?)?;
                let pattern = if time.timestamp_subsec_millis() == 0 { "%F %T+00:00" } else { "%F %T%.6f+00:00" };
                Some(time.format(pattern).to_string())
            };
            let texts = times.i64()?.iter().map(|time| time.and_then(text));
            Ok(StringChunked::from_iter_options(column.name().clone(), texts).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::String)),
    )
}
