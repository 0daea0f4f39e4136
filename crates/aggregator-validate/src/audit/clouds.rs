//! Laws of the summaries of AWS, Azure and GCP: what holds on every correct one, whatever it was made of.
//!
//! They are checked on a result alone or beside its line items; the laws of markup need to know the markup.

mod compared;
mod conserved;
mod laws;
pub mod line_items;

use std::cell::OnceCell;

use aggregator_core::cloud::Markup;
use aggregator_core::table::ColumnDef;

use super::Days;
use super::law::{Finding, Findings, Law, Verdict};
use super::report::{LawReport, Report};
use crate::rows::{Cell, Rows};
use crate::subject::Subject;
use compared::Compared;
use line_items::CloudLineItems;

/// A law of the clouds.
pub(crate) struct CloudLaw {
    /// What it is; the check that stands in it is never asked.
    pub(crate) law: Law,
    /// Checks it.
    check: fn(&CloudAudit<'_>, &mut Findings),
    /// Without what it cannot be checked, if without anything.
    needs: Option<Asked>,
}

/// What a caller can say beside the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// The days of the result.
    Window,
    /// The markup of the source.
    Markup,
    /// The line items.
    Inputs,
    /// The line items of a cloud whose reference data multiplies rows.
    Copies,
}

/// A result under audit.
pub(crate) struct CloudAudit<'a> {
    subject: &'a Subject,
    rows: &'a Rows,
    days: Days,
    markup: Option<Markup>,
    line_items: Option<&'a CloudLineItems>,
    compared: OnceCell<Option<Compared<'a>>>,
}

impl<'a> CloudAudit<'a> {
    /// The groups of the result beside those of the line items, if they are known.
    fn compared(&self) -> Option<&Compared<'a>> {
        self.compared.get_or_init(|| self.line_items.map(|items| compared::compare(self, items))).as_ref()
    }

    /// The columns of the table that the result has.
    fn columns(&self) -> impl Iterator<Item = ColumnDef> {
        self.rows.columns().copied()
    }

    fn has(&self, column: ColumnDef) -> bool {
        self.columns().any(|known| known == column)
    }

    fn cell(&self, column: ColumnDef, row: usize) -> Cell {
        self.rows.cell(column.name, row)
    }

    /// What names a row: what of its key is not null.
    fn key(&self, row: usize) -> Vec<(&'static str, Cell)> {
        let cells = self.subject.key.iter().map(|column| (column.name, self.cell(*column, row)));
        cells.filter(|(_, cell)| *cell != Cell::Null).collect()
    }

    fn finding(&self, row: usize, column: ColumnDef, problem: &str) -> Finding {
        Finding::new(self.key(row), problem).of(column).with("found", self.cell(column, row))
    }

    fn verdict(&self, law: &CloudLaw, limit: usize) -> Verdict {
        let reason = match law.needs {
            Some(Asked::Window) if !self.days.is_given() => Some("no window was given, or the database was asked for it".to_owned()),
            Some(Asked::Markup) if self.markup.is_none() => Some("no markup was given (`--markup`)".to_owned()),
            Some(Asked::Inputs | Asked::Copies) => compared::lacks(self, law),
            _ => None,
        };
        if let Some(reason) = reason {
            return Verdict::NotChecked(reason);
        }
        let mut findings = Findings::new(limit);
        (law.check)(self, &mut findings);
        Verdict::Checked(findings)
    }
}

/// Every law of the clouds, in the order of a report.
pub fn all() -> impl Iterator<Item = &'static Law> {
    laws().map(|law| &law.law)
}

fn laws() -> impl Iterator<Item = &'static CloudLaw> {
    laws::LAWS.iter().chain(conserved::LAWS)
}

/// Checks the laws of the clouds on `rows`, a result of `subject` that claims to be of `days`; with the line items, if they are known.
pub fn audit(
    subject: &Subject,
    rows: &Rows,
    line_items: Option<&CloudLineItems>,
    days: Days,
    markup: Option<Markup>,
    limit: usize,
) -> Report {
    let audit = CloudAudit { subject, rows, days, markup, line_items, compared: OnceCell::new() };
    let laws = laws().map(|law| LawReport { law: &law.law, verdict: audit.verdict(law, limit) }).collect();
    let line_items = line_items.map(|items| items.name.clone());
    Report { result: rows.name().to_owned(), rows: rows.len(), kinds: None, line_items, laws }
}

#[cfg(test)]
mod tests;
