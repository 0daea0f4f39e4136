//! The extracts for subscriptions (SUBS) and for the committed spend (HCS).

use super::lists::ListRequest;
use crate::error::{Error, Result};
use crate::source::cloud_reference::Subscriptions;
use crate::source::line_items::LineItemFiles;
use crate::source::path::Month;
use crate::spool::Spool;
use aggregator_core::cloud::subs::{self, ResourceWindow};
use aggregator_core::cloud::{self, CloudProvider, HcsRun, Provider, Values};
use aggregator_core::days::in_days;
use aggregator_core::table::Table;
use aggregator_core::table::cloud::{AWS_HCS, AWS_SUBS, AWS_SUBS_LISTS, AZURE_HCS, AZURE_SUBS, AZURE_SUBS_LISTS, GCP_HCS};
use aggregator_core::table::cloud_extract::{MONTH, SOURCE, YEAR};
use chrono::{Datelike, NaiveDate};
use polars::prelude::*;

/// A statement over line items and what other sources report.
type Accounts = fn(LazyFrame, &[Option<String>]) -> LazyFrame;

/// A statement over the line items of an account's resources.
type Metered = fn(LazyFrame, &str, &[ResourceWindow]) -> LazyFrame;

/// Two digits of a month, four of a year, as in the partition of `day`.
fn year_and_month(day: NaiveDate) -> (String, String) {
    (format!("{:04}", day.year()), format!("{:02}", day.month()))
}

/// What is known of other sources than the request's.
fn of_others(request: &ListRequest<'_>, known: &Subscriptions) -> (Vec<Option<String>>, Vec<Option<String>>) {
    let own = request.source.to_string();
    let (year, month) = year_and_month(request.start);
    let ids = known.subs_ids.iter().filter(|row| row.source_uuid != own).map(|row| row.usage_id.clone());
    let resources = known.subs_last_processed.iter().filter(|row| row.source_uuid != own && row.year == year && row.month == month);
    (ids.collect(), resources.map(|row| row.resource_id.clone()).collect())
}

async fn files(request: &ListRequest<'_>, table: &'static Table, spool: &Spool) -> Result<LineItemFiles> {
    request.open(table, [Month::of(request.start)], spool).await
}

/// No statement for GCP.
fn unknown(provider: Provider) -> Error {
    Error::NoReferenceRow { what: format!("subscriptions of {}: they are extracted from AWS and Azure", provider.cloud().name()) }
}

/// The accounts with metered usage in the month of the first day that no other source reports.
///
/// # Errors
/// A store that refuses, or a file that cannot be read.
pub async fn subs_accounts(request: &ListRequest<'_>, provider: Provider, known: &Subscriptions) -> Result<DataFrame> {
    let spool = Spool::new()?;
    let (others, _) = of_others(request, known);
    let (table, statement): (_, Accounts) = match provider {
        Provider::Aws => (&AWS_SUBS_LISTS, subs::aws_subs_usage_accounts),
        Provider::Azure => (&AZURE_SUBS_LISTS, subs::azure_subs_usage_accounts),
        Provider::Gcp => return Err(unknown(provider)),
    };
    let files = files(request, table, &spool).await?;
    files.collect_whole(statement(files.scan_whole()?, &others), request.engine).await
}

/// The resources of `account` with metered usage in the month of the first day, and until when; `today` decides for Azure whether the
/// last day is whole.
///
/// # Errors
/// As [`subs_accounts`].
pub async fn subs_resources(
    request: &ListRequest<'_>,
    provider: Provider,
    known: &Subscriptions,
    account: &str,
    today: NaiveDate,
) -> Result<DataFrame> {
    let spool = Spool::new()?;
    let (_, others) = of_others(request, known);
    match provider {
        Provider::Aws => {
            let files = files(request, &AWS_SUBS_LISTS, &spool).await?;
            files.collect_whole(subs::aws_subs_resources(files.scan_whole()?, account, &others), request.engine).await
        }
        Provider::Azure => {
            let files = files(request, &AZURE_SUBS_LISTS, &spool).await?;
            files.collect_whole(subs::azure_subs_resources(files.scan_whole()?, account, &others, today), request.engine).await
        }
        Provider::Gcp => Err(unknown(provider)),
    }
}

/// The number of metered line items of the resources of `account`.
///
/// # Errors
/// As [`subs_accounts`].
pub async fn subs_count(request: &ListRequest<'_>, provider: Provider, account: &str, resources: &[ResourceWindow]) -> Result<DataFrame> {
    let spool = Spool::new()?;
    let (table, statement): (_, Metered) = match provider {
        Provider::Aws => (&AWS_SUBS, subs::aws_subs_count),
        Provider::Azure => (&AZURE_SUBS, subs::azure_subs_count),
        Provider::Gcp => return Err(unknown(provider)),
    };
    let files = files(request, table, &spool).await?;
    files.collect_whole(statement(files.scan_whole()?, account, resources), request.engine).await
}

/// The metered line items of the resources of `account`, with every column of the table and what subscriptions read.
///
/// # Errors
/// As [`subs_accounts`]; [`Error::RefusedValue`]: a value at which Trino fails, with [`Values::AsTrino`].
pub async fn subs_rows(
    request: &ListRequest<'_>,
    provider: Provider,
    account: &str,
    resources: &[ResourceWindow],
    values: Values,
) -> Result<DataFrame> {
    let spool = Spool::new()?;
    let (table, refusals, statement): (_, Metered, Metered) = match provider {
        Provider::Aws => (&AWS_SUBS, subs::aws_subs_refusals, subs::aws_subs_summary),
        Provider::Azure => (&AZURE_SUBS, subs::azure_subs_refusals, subs::azure_subs_summary),
        Provider::Gcp => return Err(unknown(provider)),
    };
    let files = files(request, table, &spool).await?;
    if values == Values::AsTrino {
        let refused = files.collect_whole(refusals(files.scan_whole()?, account, resources), request.engine).await?;
        super::summarize::refuse(&refused, table)?;
    }
    let (year, month) = year_and_month(request.start);
    let whole = every_column(&files, provider.cloud())?.with_columns([
        lit(request.source.to_string()).alias(SOURCE.name),
        lit(year).alias(YEAR.name),
        lit(month).alias(MONTH.name),
    ]);
    files.collect_whole(statement(whole, account, resources), request.engine).await
}

fn every_column(files: &LineItemFiles, cloud: &dyn CloudProvider) -> Result<LazyFrame> {
    files.scan_every_column(|name| cloud.declared_kind(name))
}

/// The line items of the first day that count for the committed spend, with every column of the table (of AWS: those that it reports).
///
/// # Errors
/// A store that refuses, or a file that cannot be read.
pub async fn hcs(request: &ListRequest<'_>, provider: Provider, account: Option<&str>, org_id: Option<&str>) -> Result<DataFrame> {
    let spool = Spool::new()?;
    let (year, month) = year_and_month(request.start);
    let run = HcsRun { source: request.source, year, month, ebs_acct_num: account.map(str::to_owned), org_id: org_id.map(str::to_owned) };
    let cloud = provider.cloud();
    let (start, end) = (request.start, request.end);
    let (table, statement): (_, fn(LazyFrame, &HcsRun) -> LazyFrame) = match provider {
        Provider::Aws => (&AWS_HCS, cloud::aws_hcs),
        Provider::Azure => (&AZURE_HCS, cloud::azure_hcs),
        Provider::Gcp => (&GCP_HCS, cloud::gcp_hcs),
    };
    let files = files(request, table, &spool).await?;
    let rows = match provider {
        Provider::Aws => files.scan_days(start, end)?,
        Provider::Azure | Provider::Gcp => in_days(every_column(&files, cloud)?, &cloud.time(), start, end),
    };
    files.collect_whole(statement(rows, &run), request.engine).await
}
