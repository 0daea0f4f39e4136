//! AWS, Azure and GCP: cost exports as daily summaries, one file a SQL file.
//!
//! A transform takes line items with the columns of a table of [`crate::table::cloud`] and gives the rows of one of
//! [`crate::table::cloud_summary`], whose decimals may still be sums of doubles: [`crate::table::fit`] casts them as Trino does, and finds
//! what koku's PostgreSQL cannot hold.
//!
//! # What Trino refuses
//! Trino fails a whole statement on one value: a text that is no JSON, a multiplier with a fraction, an infinity. A transform never
//! fails; it repairs such a value, and a function beside it lists them ([`REFUSED_VALUES`]), so that a caller can refuse as Trino does.
//!
//! # Source
//! koku's `trino_sql/{aws,azure,gcp}/`, without `openshift/`.

pub mod subs;

mod aws_daily_summary;
mod aws_ec2_summary;
mod aws_measures;
mod aws_payer_accounts;
mod azure_daily_summary;
mod azure_units;
mod codes;
mod decimals;
mod gcp_daily_summary;
mod gcp_topology;
mod hcs;
mod infrastructure_map;
mod markup;
mod needles;
mod provider;
mod refusals;
mod tags;
#[cfg(test)]
mod testing;
mod texts;
mod totals;
mod validation_sums;

pub use crate::table::cloud::REFUSED_VALUES;
pub use aws_daily_summary::{AwsReference, aws_daily_refusals, aws_daily_summary};
pub use aws_ec2_summary::{aws_ec2_refusals, aws_ec2_summary};
pub use aws_payer_accounts::aws_payer_accounts;
pub use azure_daily_summary::{azure_daily_refusals, azure_daily_summary};
pub use gcp_daily_summary::{gcp_daily_refusals, gcp_daily_summary, gcp_invoice_month_dates};
pub use gcp_topology::gcp_topology;
pub use hcs::{HcsRun, aws_hcs, azure_hcs, gcp_hcs};
pub use infrastructure_map::infrastructure_map;
pub use markup::{Markup, MarkupError};
pub use provider::{Aws, Azure, CloudProvider, Gcp, MatchRule, Provider};
pub use totals::{merge_totals, totals};
pub use validation_sums::validation_sums;

use crate::run::SourceUuid;
use crate::table::cloud_summary::{COST_ENTRY_BILL_ID, SOURCE_UUID, UUID};
use chrono::NaiveDate;
use polars::prelude::*;

/// What becomes of a number that is NaN or infinite where a decimal is made of its sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Values {
    /// It counts as null.
    #[default]
    Repaired,
    /// It stays, so that the sum fits no decimal, as in Trino.
    AsTrino,
}

impl Values {
    /// `measure`, without what is no finite number if that is repaired.
    pub(crate) fn of(self, measure: Expr) -> Expr {
        match self {
            Self::Repaired => when(measure.clone().is_finite()).then(measure).otherwise(lit(NULL)),
            Self::AsTrino => measure,
        }
    }
}

/// One run of a cloud summary: the parameters that koku hands to the SQL.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudRun {
    /// The source whose line items are summarised.
    pub source: SourceUuid,
    /// Key of koku's bill; a column of the result.
    pub bill_id: Option<i32>,
    /// First day.
    pub start: NaiveDate,
    /// Last day, included.
    pub end: NaiveDate,
    /// The markup of the source's cost model.
    pub markup: Markup,
    /// What becomes of numbers that are none.
    pub values: Values,
}

impl CloudRun {
    /// What is the same in all rows of a result.
    pub(crate) fn literals(&self) -> [Expr; 3] {
        let bill_id = self.bill_id.map_or_else(|| COST_ENTRY_BILL_ID.null(), |id| lit(id).alias(COST_ENTRY_BILL_ID.name));
        [UUID.null(), bill_id, lit(self.source.to_string()).alias(SOURCE_UUID.name)]
    }
}
