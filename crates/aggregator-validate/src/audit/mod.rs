//! Laws: what holds on every correct daily summary, whatever it was computed from, checked on a result alone or beside its line
//! items.
//!
//! [`laws::all`] lists them; `docs/validate-audit.md` says why each holds and where it does not. The checks use nothing of the
//! transforms of aggregator-core: its tables, units and the reader of line items only.

pub mod clouds;
pub mod command;
pub mod law;
pub mod laws;
pub mod line_items;
pub mod report;

mod compared;
mod frame;
mod names;
mod read;
mod summary;
mod total;

use std::cell::OnceCell;

use chrono::NaiveDate;

use crate::rows::Rows;
use compared::Compared;
use law::{Findings, Law, Needs, Verdict};
use line_items::LineItems;
use report::{LawReport, Report};
use summary::Summary;

/// The first and the last day, both included; none is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub start: Option<NaiveDate>,
    /// The last day.
    pub end: Option<NaiveDate>,
}

impl Days {
    /// Whether a window was given at all.
    pub fn is_given(self) -> bool {
        self.start.is_some() || self.end.is_some()
    }

    /// Whether `day` lies in it.
    pub fn holds(self, day: NaiveDate) -> bool {
        self.start.is_none_or(|start| start <= day) && self.end.is_none_or(|end| day <= end)
    }
}

/// A result under audit, with what is known beside it.
pub struct Audit<'a> {
    pub(crate) summary: Summary<'a>,
    pub(crate) line_items: Option<&'a LineItems>,
    pub(crate) days: Days,
    compared: OnceCell<Vec<Compared>>,
}

impl std::fmt::Debug for Audit<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Audit").field("days", &self.days).finish_non_exhaustive()
    }
}

impl<'a> Audit<'a> {
    /// An audit of `rows`, which claim to be of `days`; with the line items, if they are known.
    pub fn new(rows: &'a Rows, line_items: Option<&'a LineItems>, days: Days) -> Self {
        Self { summary: Summary::new(rows), line_items, days, compared: OnceCell::new() }
    }

    /// The groups of the result beside those of the line items.
    pub(crate) fn compared(&self) -> &[Compared] {
        self.compared.get_or_init(|| self.line_items.map(|line_items| compared::compare(&self.summary, line_items)).unwrap_or_default())
    }

    /// Checks one law, and keeps the first `limit` violations.
    pub fn check(&self, law: &Law, limit: usize) -> Verdict {
        if let Some(reason) = law.needs.iter().find_map(|needs| self.lacks(*needs)) {
            return Verdict::NotChecked(reason);
        }
        let mut findings = Findings::new(limit);
        (law.check)(self, &mut findings);
        Verdict::Checked(findings)
    }

    fn lacks(&self, needs: Needs) -> Option<String> {
        match needs {
            Needs::Column(column) if !self.summary.has(column) => Some(format!("the result has no column `{}`", column.name)),
            Needs::Window if !self.days.is_given() => Some("no window was given, or the database was asked for it".to_owned()),
            Needs::LineItems if self.line_items.is_none() => Some("no line items were given (`--inputs`)".to_owned()),
            Needs::Column(_) | Needs::Window | Needs::LineItems => None,
        }
    }
}

/// Checks all laws on `rows`.
pub fn audit(rows: &Rows, line_items: Option<&LineItems>, days: Days, limit: usize) -> Report {
    let audit = Audit::new(rows, line_items, days);
    let laws = laws::all().map(|law| LawReport { law, verdict: audit.check(law, limit) }).collect();
    Report {
        result: rows.name().to_owned(),
        rows: rows.len(),
        kinds: Some(audit.summary.counts()),
        line_items: line_items.map(|line_items| line_items.name().to_owned()),
        laws,
    }
}

#[cfg(test)]
mod tests;
