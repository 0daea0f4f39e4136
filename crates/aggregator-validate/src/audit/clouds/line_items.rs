//! The line items that a summary of a cloud was made of, added up by what each row of it names.
//!
//! The sums are made here, in plain loops: nothing of aggregator-core's transforms takes part.

mod accounts;
mod aws;
mod azure;
mod ec2;
mod gcp;
mod grain;
mod lines;
mod read;
mod sums;

use std::collections::BTreeMap;

use aggregator_core::cloud::Markup;
use aggregator_core::table::cloud_summary as cloud;
use chrono::NaiveDate;

use crate::audit::Days;
use crate::audit::names::{Name, Names};
use crate::rows::Cell;
use crate::subject::Subject;

pub use read::{Part, parts, read};

pub(in crate::audit) use read::around;

pub(super) use accounts::{Accounts, Copy};
pub(super) use ec2::Instance;
pub(super) use grain::{Grain, KEYS};
pub(super) use sums::{Extreme, Sum, Totals};

/// What the rows of a group name alike: less than what the summary groups by, since tags and resources are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) source: Name,
    /// Days since 1970-01-01; none in a summary of a month.
    pub(super) day: Option<i32>,
    /// The texts of [`Grain::keys`], and nulls.
    pub(super) names: [Name; KEYS],
}

/// The line items of a group, by account as it is written in them: accounts of AWS that are too long are cut in the summary.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) accounts: BTreeMap<Name, Totals>,
}

/// The line items of a cloud that a result was made of.
#[derive(Clone, Debug)]
pub struct CloudLineItems {
    pub(super) name: String,
    pub(super) grain: &'static Grain,
    pub(super) names: Names,
    pub(super) groups: BTreeMap<Key, Group>,
    /// Of EC2, the instances.
    pub(super) instances: BTreeMap<Key, Instance>,
    pub(super) accounts: Option<Accounts>,
    /// The days by whose first the rows of a month were chosen.
    pub(super) chosen: Days,
    markup: Option<Markup>,
}

impl CloudLineItems {
    /// None yet, of the table that `subject` is made of; `name` says in a report where they are from. Azure's markups are rounded line by
    /// line: without the `markup` they are not added up.
    pub fn new(name: impl Into<String>, subject: &Subject, markup: Option<Markup>) -> Self {
        Self {
            name: name.into(),
            grain: Grain::of(subject),
            names: Names::default(),
            groups: BTreeMap::new(),
            instances: BTreeMap::new(),
            accounts: None,
            chosen: Days::default(),
            markup,
        }
    }

    /// The same line items, beside rows that a database chose by `days`: an instance that begins on another day is not among them.
    #[must_use]
    pub fn chosen_by(self, days: Days) -> Self {
        Self { chosen: days, ..self }
    }

    /// Adds line items in a frame of the table that is read; of GCP those of the invoice month.
    #[cfg(test)]
    pub(super) fn add_frame(
        &mut self,
        source: &str,
        invoice_month: Option<&str>,
        frame: &polars::prelude::DataFrame,
    ) -> crate::error::Result<()> {
        let name = self.names.name(Some(source));
        let invoice_month = invoice_month.filter(|_| self.grain.subject == crate::subject::GCP_DAILY.name);
        read::add(self, name, invoice_month, frame)
    }

    /// What names a group, as a report shows it.
    pub(super) fn cells(&self, key: &Key) -> Vec<(&'static str, Cell)> {
        let text = |name| self.names.text(name).map_or(Cell::Null, |text| Cell::Text(text.to_owned()));
        let mut cells = vec![(cloud::SOURCE_UUID.name, text(key.source))];
        if let Some(day) = key.day {
            cells.push((cloud::USAGE_START.name, NaiveDate::from_epoch_days(day).map_or(Cell::Null, Cell::Date)));
        }
        cells.extend(self.grain.keys.iter().zip(key.names).map(|(column, name)| (column.name, text(name))));
        cells
    }
}
