//! Cost exports of AWS, Azure and GCP as line items: text cells → typed rows → days.
//!
//! A header becomes a [`Layout`]; for each portion of a file's rows, a caller runs [`Layout::typed`] once and the others over its result:
//! * [`Layout::refused`]: rows with a cell that cannot be taken, and why;
//! * [`Layout::line_items`]: the rows of the days to ingest; [`Layout::mixed`]: those among them that koku cannot roll up;
//! * [`Layout::daily`] of the line items (AWS, GCP);
//! * [`Layout::tag_keys`] and [`Layout::category_keys`]; [`Layout::unparsed_numbers`]: cells that were no numbers.
//!
//! What differs from cloud to cloud is a method of [`Export`].
//!
//! # Shapes
//! A raw row is a row of the CSV as text (NA tokens are empty, cells are cut at U+0000), and [`LINE`].
//! Line items have the columns of [`Export::line_items`], in order, then those that only some exports have, as text; [`PART`] says
//! which of koku's files a row goes into, [`DATE`] which month and day.
//!
//! # Source
//! koku's `masu/util/{aws,azure,gcp}/*_post_processor.py`, the splitters in `masu/external/downloader/`, and what they rest on: pandas,
//! Python's `json` and `float`, `ciso8601`.

mod aws;
mod azure;
mod day_format;
mod gcp;
mod json_texts;
mod layout;
mod rows;

pub use crate::table::cloud_ingest::{CREDIT_AMOUNT, DATE, MIDNIGHT, OFFSET, PART};
pub use layout::{HeaderError, Layout};

use crate::cloud::Provider;
use crate::ingest::LINE;
use crate::table::ocp_ingest::REFUSED;
use crate::table::{ColumnDef, Table};
use polars::prelude::*;

/// Columns that only ingest knows; no file holds them.
pub const INTERNAL: [&str; 7] = [LINE, PART, DATE, MIDNIGHT, OFFSET, CREDIT_AMOUNT, REFUSED];

/// What differs in the exports from cloud to cloud.
pub fn export(provider: Provider) -> &'static dyn Export {
    match provider {
        Provider::Aws => &aws::Aws,
        Provider::Azure => &azure::Azure,
        Provider::Gcp => &gcp::Gcp,
    }
}

/// What becomes of what koku loses on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Losses {
    /// It is lost here, too: tags, cost categories, sellers, descriptions and instance types of AWS reports in snake case, and all credits
    /// of a GCP row but the first.
    #[default]
    AsKoku,
    /// It is kept. The amount in `credits` is then the sum of all of them.
    Kept,
}

/// Whether an export must have the columns that koku demands of what a customer filters and sends in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ingress {
    /// It need not.
    #[default]
    No,
    /// It must.
    Yes,
}

/// What differs in the exports from cloud to cloud.
pub trait Export: std::fmt::Debug + Sync {
    /// koku's name of the cloud, in paths and tables.
    fn name(&self) -> &'static str;

    /// The rows as they come.
    fn line_items(&self) -> &'static Table;

    /// The rows of a day, if the cloud's are rolled up.
    fn daily(&self) -> Option<&'static Table>;

    /// The start of the usage.
    fn time(&self) -> ColumnDef;

    /// The start of the bill's month, if the rows have it.
    fn period_start(&self) -> Option<ColumnDef>;

    /// What becomes of the columns of an export.
    ///
    /// # Errors
    /// Where koku fails the whole file for its header; see [`HeaderError`].
    fn layout(&self, header: &[PlSmallStr], losses: Losses, ingress: Ingress) -> Result<Layout, HeaderError>;
}

#[cfg(test)]
mod tests;
