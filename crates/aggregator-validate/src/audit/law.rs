//! What a law is, and what a check of it found.

use aggregator_core::table::ColumnDef;

use super::Audit;
use crate::rows::Cell;

/// Something that holds on every correct result.
#[derive(Clone, Copy)]
pub struct Law {
    /// The name on the command line.
    pub name: &'static str,
    /// The law, in one sentence.
    pub says: &'static str,
    /// Why it holds.
    pub why: &'static str,
    /// Where it does not hold although the result is correct.
    pub exceptions: &'static str,
    /// Without what it cannot be checked.
    pub(crate) needs: &'static [Needs],
    /// Checks it.
    pub(crate) check: fn(&Audit<'_>, &mut Findings),
}

impl std::fmt::Debug for Law {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Law").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Without what a law cannot be checked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Needs {
    /// The column of the result.
    Column(ColumnDef),
    /// A window that the result claims to be of.
    Window,
    /// The line items.
    LineItems,
}

/// What a check of one law found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// Rows, or groups of them, that were checked.
    pub checked: u64,
    /// How often the law is broken.
    pub violations: u64,
    /// How often an exception applied, by its reason.
    pub excepted: Vec<(&'static str, u64)>,
    /// The first violations.
    pub first: Vec<Finding>,
    /// What is worth telling although no law is broken, in all.
    pub noted: u64,
    /// The first of them.
    pub notes: Vec<Finding>,
    limit: usize,
}

impl Findings {
    /// Nothing yet; at most `limit` violations and notes are kept, all are counted.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// One more row or group; `finding` says what is wrong where the law does not hold.
    pub(crate) fn check(&mut self, holds: bool, finding: impl FnOnce() -> Finding) {
        self.checked += 1;
        if !holds {
            self.broken(finding);
        }
    }

    /// A violation of a row or group that is already counted.
    pub(crate) fn broken(&mut self, finding: impl FnOnce() -> Finding) {
        self.violations += 1;
        if self.first.len() < self.limit {
            self.first.push(finding());
        }
    }

    /// A row or group to which the law does not apply.
    pub(crate) fn except(&mut self, reason: &'static str) {
        match self.excepted.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => self.excepted.push((reason, 1)),
        }
    }

    /// Something worth telling.
    pub(crate) fn note(&mut self, finding: impl FnOnce() -> Finding) {
        self.noted += 1;
        if self.notes.len() < self.limit {
            self.notes.push(finding());
        }
    }
}

/// Where a law is broken, and by what.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The row or group.
    pub key: Vec<(&'static str, Cell)>,
    /// The column; none where the row itself is wrong.
    pub column: Option<&'static str>,
    /// The values, each with what it is.
    pub values: Vec<(&'static str, Cell)>,
    /// What is wrong, as a fragment.
    pub problem: String,
}

impl Finding {
    /// A finding without a column and values yet.
    pub(crate) fn new(key: Vec<(&'static str, Cell)>, problem: impl Into<String>) -> Self {
        Self { key, column: None, values: Vec::new(), problem: problem.into() }
    }

    /// The same, about `column`.
    pub(crate) fn of(self, column: ColumnDef) -> Self {
        Self { column: Some(column.name), ..self }
    }

    /// The same, with one more value.
    pub(crate) fn with(mut self, what: &'static str, value: Cell) -> Self {
        self.values.push((what, value));
        self
    }
}

/// What became of a law.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It was checked.
    Checked(Findings),
    /// It could not be, for this reason.
    NotChecked(String),
}

impl Verdict {
    /// Whether a violation was found.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Checked(findings) if findings.violations > 0)
    }
}
