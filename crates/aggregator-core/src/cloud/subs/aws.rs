//! Metered lines of AWS.
//!
//! # SQL
//! `subs/trino_sql/aws/`: `determine_ids_for_provider.sql`, `determine_resource_ids_for_usage_account.sql`, `subs_row_count.sql`,
//! `subs_summary.sql`.

use super::{
    Meaning, OF_PRODUCT, OF_SUPPORT, RHEL, RHEL_ADDON, RHEL_CONVERSION, RHEL_SLA, RHEL_USAGE, RHEL_VARIANT, ResourceWindow, count, holds,
    in_windows, not_in,
};
use crate::cloud::refusals::{Check, refused};
use crate::cloud::texts::replaced;
use crate::table::cloud::{
    IDENTITY_TIMEINTERVAL, LINEITEM_LINEITEMTYPE, LINEITEM_PRODUCTCODE, LINEITEM_RESOURCEID, LINEITEM_USAGEACCOUNTID,
    LINEITEM_USAGESTARTDATE, PRODUCT_VCPU, RESOURCETAGS,
};
use crate::table::cloud_extract::{
    SUBS_ACCOUNT, SUBS_ACCOUNTS, SUBS_END_TIME, SUBS_INSTANCE_KEY, SUBS_LATEST, SUBS_RESOURCE, SUBS_RESOURCE_ID, SUBS_RESOURCES,
    SUBS_START_TIME, SUBS_TAGS, SUBS_TIME_SPLIT, SUBS_VCPU,
};
use crate::trino::{LabelMap, json_extract_scalar, json_format, json_parse, label_map, lower_text};
use polars::prelude::*;
use std::sync::Arc;

const EC2: &str = "AmazonEC2";
/// Kinds of lines that stand for hours of a machine.
const METERED_TYPES: [&str; 3] = ["Usage", "SavingsPlanCoveredUsage", "DiscountedUsage"];
/// The tags that SUBS reads.
const KEYS: [&str; 6] = [RHEL, RHEL_VARIANT, RHEL_USAGE, RHEL_SLA, RHEL_ADDON, RHEL_CONVERSION];

/// The accounts with metered lines.
///
/// # Inputs
/// * `line_items` ([`AWS_SUBS_LISTS`](crate::table::cloud::AWS_SUBS_LISTS)): the source's month.
/// * `other_ids`: accounts that koku has mapped to other sources.
/// # Output
/// [`SUBS_ACCOUNTS`], sorted.
/// # Nulls
/// A null among `other_ids` empties the result. Without any, a null account is an account.
pub fn aws_subs_usage_accounts(line_items: LazyFrame, other_ids: &[Option<String>]) -> LazyFrame {
    let accounts = tagged(line_items)
        .filter(not_in(LINEITEM_USAGEACCOUNTID.expr(), other_ids))
        .select([LINEITEM_USAGEACCOUNTID.expr().alias(SUBS_ACCOUNT.name)])
        .unique(None, UniqueKeepStrategy::Any);
    SUBS_ACCOUNTS.select(accounts).sort([SUBS_ACCOUNT.name], SortMultipleOptions::default())
}

/// The resources of `account` with metered lines, and their last hour.
///
/// # Inputs
/// * `line_items` ([`AWS_SUBS_LISTS`](crate::table::cloud::AWS_SUBS_LISTS)): the source's month.
/// * `other_resources`: what koku has processed in this month for other sources.
/// # Output
/// [`SUBS_RESOURCES`], sorted; the key is the resource.
/// # Nulls
/// A null among `other_resources` empties the result. Without any, a null resource is a resource.
pub fn aws_subs_resources(line_items: LazyFrame, account: &str, other_resources: &[Option<String>]) -> LazyFrame {
    let resources = tagged(line_items)
        .filter(LINEITEM_USAGEACCOUNTID.expr().eq(lit(account)).and(not_in(LINEITEM_RESOURCEID.expr(), other_resources)))
        .group_by([LINEITEM_RESOURCEID.expr().alias(SUBS_RESOURCE.name)])
        .agg([LINEITEM_USAGESTARTDATE.expr().max().alias(SUBS_LATEST.name)])
        .with_columns([SUBS_RESOURCE.expr().alias(SUBS_INSTANCE_KEY.name)]);
    SUBS_RESOURCES.select(resources).sort([SUBS_RESOURCE.name], SortMultipleOptions::default())
}

/// How many lines [`aws_subs_summary`] reads; fewer come out where `com_redhat_rhel` is only within another tag.
///
/// # Inputs
/// As of [`aws_subs_summary`].
/// # Output
/// [`SUBS_COUNT`](crate::table::cloud_extract::SUBS_COUNT).
pub fn aws_subs_count(line_items: LazyFrame, account: &str, resources: &[ResourceWindow]) -> LazyFrame {
    count(metered(line_items, account, resources))
}

/// The metered lines of `account`.
///
/// # Inputs
/// * `line_items` ([`AWS_SUBS`](crate::table::cloud::AWS_SUBS) and all other columns of the table): the source's month, hourly.
/// * `resources`: resources with their windows, whose ends count.
/// # Output
/// The columns of the input in their order, then [`AWS_SUBS_APPENDED`](crate::table::cloud_extract::AWS_SUBS_APPENDED); by resource and
/// time, otherwise in the order of the input. Pages of koku's size are slices of it.
/// # Nulls
/// A line whose tag `com_redhat_rhel` is missing or null is left out.
/// # Differences from the SQL
/// Where Trino fails ([`aws_subs_refusals`]): tags that are no JSON object are none, a nested value is its JSON text, the last of equal
/// keys counts, and of keys that are equal in lower case the one that is last in order, which is the one in lower case; an interval
/// without `/` has no end.
pub fn aws_subs_summary(line_items: LazyFrame, account: &str, resources: &[ResourceWindow]) -> LazyFrame {
    let split = IDENTITY_TIMEINTERVAL.expr().str().split(lit("/"));
    let part = |place: usize| replaced(IDENTITY_TIMEINTERVAL.expr(), move |interval| interval.split('/').nth(place).map(str::to_owned));
    let appended = [
        part(0).alias(SUBS_START_TIME.name),
        part(1).alias(SUBS_END_TIME.name),
        PRODUCT_VCPU.expr().alias(SUBS_VCPU.name),
        LINEITEM_USAGEACCOUNTID.expr().alias(SUBS_ACCOUNT.name),
        LINEITEM_RESOURCEID.expr().alias(SUBS_RESOURCE_ID.name),
    ];
    let meanings = OF_SUPPORT.iter().chain(&OF_PRODUCT).map(|meaning: &Meaning| meaning.of(&SUBS_TAGS, json_extract_scalar));
    metered(line_items, account, resources)
        .with_columns([split.alias(SUBS_TIME_SPLIT.name), replaced(RESOURCETAGS.expr(), subscription_tags).alias(SUBS_TAGS.name)])
        .filter(has_rhel(SUBS_TAGS.expr()))
        .with_columns(appended.into_iter().chain(meanings).collect::<Vec<_>>())
        .sort([LINEITEM_RESOURCEID.name, LINEITEM_USAGESTARTDATE.name], SortMultipleOptions::default().with_maintain_order(true))
}

/// Values at which Trino fails [`aws_subs_summary`].
///
/// # Inputs
/// As of [`aws_subs_summary`].
/// # Output
/// [`REFUSED_VALUES`](crate::table::cloud::REFUSED_VALUES).
pub fn aws_subs_refusals(line_items: LazyFrame, account: &str, resources: &[ResourceWindow]) -> LazyFrame {
    let is_line = has_rhel(replaced(RESOURCETAGS.expr(), subscription_tags));
    let without_end = |interval: &str| (!interval.contains('/')).then(|| "holds no / between start and end".to_owned());
    let checks = vec![Check::text(RESOURCETAGS, why_no_tags), Check::text(IDENTITY_TIMEINTERVAL, without_end).only(is_line)];
    refused(metered(line_items, account, resources), checks)
}

/// Lines of EC2 whose tags name RHEL anywhere.
fn tagged(line_items: LazyFrame) -> LazyFrame {
    let names_rhel = holds(RESOURCETAGS.expr(), |tags| lower_text(tags).contains(RHEL));
    line_items.filter(LINEITEM_PRODUCTCODE.expr().eq(lit(EC2)).and(names_rhel))
}

/// Lines of hours of the resources within their windows.
fn metered(line_items: LazyFrame, account: &str, resources: &[ResourceWindow]) -> LazyFrame {
    let has_type = holds(LINEITEM_LINEITEMTYPE.expr(), |found| METERED_TYPES.contains(&found));
    let of_account = LINEITEM_USAGEACCOUNTID.expr().eq(lit(account));
    let wanted = in_windows(&LINEITEM_RESOURCEID, &LINEITEM_USAGESTARTDATE, resources);
    tagged(line_items).filter(has_type.and(PRODUCT_VCPU.expr().neq(lit(""))).and(of_account).and(wanted))
}

fn has_rhel(tags: Expr) -> Expr {
    holds(tags, |tags| json_extract_scalar(tags, RHEL).is_some())
}

/// The tags that SUBS reads, keys in lower case, as a JSON object; null for null.
fn subscription_tags(text: &str) -> Option<String> {
    let parsed = || json_parse(text).ok().and_then(|read| read.value.labels());
    let tags = label_map(text).unwrap_or_else(|_| parsed())?;
    let mut kept = LabelMap::new();
    for (key, value) in tags {
        let key = lower_text(&key);
        if !KEYS.contains(&key.as_str()) {
            continue;
        }
        match kept.iter_mut().find(|(found, _)| **found == *key) {
            Some(tag) => tag.1 = value,
            None => kept.push((Arc::from(key), value)),
        }
    }
    // All of them ASCII: in this order, every order is the same.
    kept.sort_by(|(left, _), (right, _)| left.cmp(right));
    Some(json_format(&kept))
}

/// Why Trino refuses a line's tags.
fn why_no_tags(text: &str) -> Option<String> {
    let tags = match label_map(text) {
        Ok(tags) => tags.unwrap_or_default(),
        Err(error) => return Some(error.problem.to_string()),
    };
    let mut keys: Vec<_> = tags.iter().map(|(key, _)| lower_text(key)).filter(|key| KEYS.contains(&key.as_str())).collect();
    keys.sort_unstable();
    let twice = keys.windows(2).find_map(|pair| if let [left, right] = pair { (left == right).then_some(left) } else { None })?;
    Some(format!("holds keys that are {twice} in lower case"))
}
