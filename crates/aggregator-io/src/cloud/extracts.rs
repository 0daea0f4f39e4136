//! The extracts for subscriptions (SUBS) and for the committed spend (HCS).

use super::lists::ListRequest;
use crate::error::{Error, Result};
use crate::source::line_items::LineItemFiles;
use crate::source::path::Month;
use crate::source::subscriptions::{Customer, Subscriptions};
use crate::spool::Spool;
use aggregator_core::cloud::subs::{self, ResourceWindow};
use aggregator_core::cloud::{self, CloudProvider, HcsRun, Provider, Values};
use aggregator_core::days::in_days;
use aggregator_core::table::Table;
use aggregator_core::table::cloud::{AWS_HCS, AWS_SUBS, AWS_SUBS_LISTS, AZURE_HCS, AZURE_SUBS, AZURE_SUBS_LISTS, GCP_HCS};
use aggregator_core::table::cloud_extract::{MONTH, SOURCE, YEAR};
use chrono::NaiveDate;
use polars::prelude::*;

/// A statement over line items and what other sources report.
type Accounts = fn(LazyFrame, &[Option<String>]) -> LazyFrame;

/// A statement over the line items of an account's resources.
type Metered = fn(LazyFrame, &str, &[ResourceWindow]) -> LazyFrame;

/// What is known of other sources than the request's.
fn of_others(request: &ListRequest<'_>, known: &Subscriptions) -> (Vec<Option<String>>, Vec<Option<String>>) {
    let own = request.source.to_string();
    let (year, month) = Month::of(request.start).texts();
    let ids = known.subs_ids.iter().filter(|row| row.source_uuid != own).map(|row| row.usage_id.clone());
    let resources = known.subs_last_processed.iter().filter(|row| row.source_uuid != own && row.year == year && row.month == month);
    (ids.collect(), resources.map(|row| row.resource_id.clone()).collect())
}

/// The line items of a month, opened once for any number of statements of SUBS.
pub(super) struct MonthOfSubs<'a> {
    request: ListRequest<'a>,
    provider: Provider,
    files: LineItemFiles,
    /// Copies of what lies in a bucket.
    _spool: Spool,
}

impl<'a> MonthOfSubs<'a> {
    /// For the lists of accounts and resources.
    pub(super) async fn lists(request: &ListRequest<'a>, provider: Provider) -> Result<Self> {
        Self::open(request, provider, &AWS_SUBS_LISTS, &AZURE_SUBS_LISTS).await
    }

    /// For the line items themselves.
    pub(super) async fn lines(request: &ListRequest<'a>, provider: Provider) -> Result<Self> {
        Self::open(request, provider, &AWS_SUBS, &AZURE_SUBS).await
    }

    async fn open(request: &ListRequest<'a>, provider: Provider, aws: &'static Table, azure: &'static Table) -> Result<Self> {
        let table = match provider {
            Provider::Aws => aws,
            Provider::Azure => azure,
            Provider::Gcp => {
                let what = format!("subscriptions of {}: they are extracted from AWS and Azure", provider.cloud().name());
                return Err(Error::NoReferenceRow { what });
            }
        };
        let spool = Spool::new()?;
        let files = request.open(table, [Month::of(request.start)], &spool).await?;
        Ok(Self { request: *request, provider, files, _spool: spool })
    }

    async fn collect(&self, plan: LazyFrame) -> Result<DataFrame> {
        self.files.collect_whole(plan, self.request.engine).await
    }

    pub(super) async fn accounts(&self, known: &Subscriptions) -> Result<DataFrame> {
        let (others, _) = of_others(&self.request, known);
        let statement: Accounts = match self.provider {
            Provider::Aws => subs::aws_subs_usage_accounts,
            _ => subs::azure_subs_usage_accounts,
        };
        self.collect(statement(self.files.scan_whole()?, &others)).await
    }

    pub(super) async fn resources(&self, known: &Subscriptions, account: &str, today: NaiveDate) -> Result<DataFrame> {
        let (_, others) = of_others(&self.request, known);
        let rows = self.files.scan_whole()?;
        let resources = match self.provider {
            Provider::Aws => subs::aws_subs_resources(rows, account, &others),
            _ => subs::azure_subs_resources(rows, account, &others, today),
        };
        self.collect(resources).await
    }

    async fn count(&self, account: &str, resources: &[ResourceWindow]) -> Result<DataFrame> {
        let statement: Metered = match self.provider {
            Provider::Aws => subs::aws_subs_count,
            _ => subs::azure_subs_count,
        };
        self.collect(statement(self.files.scan_whole()?, account, resources)).await
    }

    pub(super) async fn rows(&self, account: &str, resources: &[ResourceWindow], values: Values) -> Result<DataFrame> {
        let (refusals, statement): (Metered, Metered) = match self.provider {
            Provider::Aws => (subs::aws_subs_refusals, subs::aws_subs_summary),
            _ => (subs::azure_subs_refusals, subs::azure_subs_summary),
        };
        if values == Values::AsTrino {
            let refused = self.collect(refusals(self.files.scan_whole()?, account, resources)).await?;
            super::summarize::refuse(&refused, self.files.table())?;
        }
        let (year, month) = Month::of(self.request.start).texts();
        let whole = every_column(&self.files, self.provider.cloud())?.with_columns([
            lit(self.request.source.to_string()).alias(SOURCE.name),
            lit(year).alias(YEAR.name),
            lit(month).alias(MONTH.name),
        ]);
        self.collect(statement(whole, account, resources)).await
    }
}

/// The accounts with metered usage in the month of the first day that no other source reports.
///
/// # Errors
/// A store that refuses, or a file that cannot be read.
pub async fn subs_accounts(request: &ListRequest<'_>, provider: Provider, known: &Subscriptions) -> Result<DataFrame> {
    MonthOfSubs::lists(request, provider).await?.accounts(known).await
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
    MonthOfSubs::lists(request, provider).await?.resources(known, account, today).await
}

/// The number of metered line items of the resources of `account`.
///
/// # Errors
/// As [`subs_accounts`].
pub async fn subs_count(request: &ListRequest<'_>, provider: Provider, account: &str, resources: &[ResourceWindow]) -> Result<DataFrame> {
    MonthOfSubs::lines(request, provider).await?.count(account, resources).await
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
    MonthOfSubs::lines(request, provider).await?.rows(account, resources, values).await
}

fn every_column(files: &LineItemFiles, cloud: &dyn CloudProvider) -> Result<LazyFrame> {
    files.scan_every_column(|name| cloud.declared_kind(name))
}

/// The line items of a month, opened once for the extracts of its days.
pub(super) struct MonthOfHcs<'a> {
    request: ListRequest<'a>,
    provider: Provider,
    files: LineItemFiles,
    _spool: Spool,
}

impl<'a> MonthOfHcs<'a> {
    /// The month of the first day.
    pub(super) async fn open(request: &ListRequest<'a>, provider: Provider) -> Result<Self> {
        let table = match provider {
            Provider::Aws => &AWS_HCS,
            Provider::Azure => &AZURE_HCS,
            Provider::Gcp => &GCP_HCS,
        };
        let spool = Spool::new()?;
        let files = request.open(table, [Month::of(request.start)], &spool).await?;
        Ok(Self { request: *request, provider, files, _spool: spool })
    }

    /// The line items of the days from `start` to `end`.
    pub(super) async fn days(&self, start: NaiveDate, end: NaiveDate, customer: &Customer) -> Result<DataFrame> {
        let (year, month) = Month::of(self.request.start).texts();
        let Customer { account_id, org_id } = customer.clone();
        let run = HcsRun { source: self.request.source, year, month, ebs_acct_num: account_id, org_id };
        let cloud = self.provider.cloud();
        let days = || -> Result<LazyFrame> { Ok(in_days(every_column(&self.files, cloud)?, &cloud.time(), start, end)) };
        let plan = match self.provider {
            Provider::Aws => cloud::aws_hcs(self.files.scan_days(start, end)?, &run),
            Provider::Azure => cloud::azure_hcs(days()?, &run),
            Provider::Gcp => cloud::gcp_hcs(days()?, &run),
        };
        self.files.collect_whole(plan, self.request.engine).await
    }
}

/// The line items of the first day that count for the committed spend, with every column of the table (of AWS: those that it reports).
///
/// # Errors
/// A store that refuses, or a file that cannot be read.
pub async fn hcs(request: &ListRequest<'_>, provider: Provider, customer: &Customer) -> Result<DataFrame> {
    MonthOfHcs::open(request, provider).await?.days(request.start, request.end, customer).await
}
