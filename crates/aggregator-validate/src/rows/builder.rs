//! Rows in the making: a reader gives a side's rows, the filter keeps those that are wanted.

use std::collections::BTreeSet;
use std::sync::Arc;

use aggregator_core::table::{ColumnDef, Kind};
use chrono::NaiveDate;

use super::hash::RowHasher;
use super::{Cells, Column, Hashes, Plan, Rows, Texts, Value, cells, instant};
use crate::subject::{Origin, Subject};

/// Which rows of a side are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only rows of this source.
    pub source: Option<String>,
    /// Only rows of this day and later.
    pub start: Option<NaiveDate>,
    /// Only rows of this day and earlier.
    pub end: Option<NaiveDate>,
}

impl Filter {
    /// Whether any day in `first..=last` is wanted.
    pub fn wants_days(&self, first: NaiveDate, last: NaiveDate) -> bool {
        self.start.is_none_or(|start| start <= last) && self.end.is_none_or(|end| first <= end)
    }

    /// Whether rows of `source` are wanted.
    pub fn wants_source(&self, source: &str) -> bool {
        self.source.as_ref().is_none_or(|wanted| wanted == source)
    }

    /// Whether a window was asked for.
    pub fn has_window(&self) -> bool {
        self.start.is_some() || self.end.is_some()
    }
}

/// What is kept of the rows that are wanted, if not all of them.
#[derive(Clone, Debug)]
pub(crate) enum Keep {
    /// Their hashes, and not the rows.
    Hashes(Plan),
    /// Those with one of these keys, in order, and their hashes.
    Keys(Plan, Arc<[u64]>),
}

/// What was kept.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The rows; none where only hashes were wanted.
    pub(crate) rows: Rows,
    /// The hashes of the rows that are kept or would be.
    pub(crate) hashes: Vec<Hashes>,
}

/// Rows in the making.
#[derive(Clone, Debug)]
pub struct RowsBuilder {
    rows: Rows,
    present: BTreeSet<&'static str>,
    day: Option<usize>,
    source: Option<usize>,
    filter: Filter,
    origin: Origin,
    hasher: Option<RowHasher>,
    keys: Option<Arc<[u64]>>,
    hashes: Vec<Hashes>,
}

/// A value that its column cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The column.
    pub column: &'static str,
    /// What is wrong.
    pub reason: String,
}

impl RowsBuilder {
    /// No rows yet of `subject`, from the place called `name`.
    pub fn new(name: impl Into<String>, subject: &Subject, filter: Filter) -> Self {
        let columns: Vec<Column> =
            subject.columns().into_iter().map(|definition| Column { definition, cells: Cells::new(definition.kind) }).collect();
        let place = |wanted: Option<ColumnDef>| columns.iter().position(|column| Some(column.definition.name) == wanted.map(|it| it.name));
        let (day, source) = (place(subject.day), place(subject.source));
        let rows = Rows { name: name.into(), length: 0, columns, unknown: BTreeSet::new(), texts: Texts::default() };
        let (present, origin) = (BTreeSet::new(), subject.origin);
        Self { rows, present, day, source, filter, origin, hasher: None, keys: None, hashes: Vec::new() }
    }

    /// The same, keeping only what `keep` says.
    pub(crate) fn keeping(mut self, keep: Keep) -> Self {
        match keep {
            Keep::Hashes(plan) => self.hasher = Some(RowHasher::new(plan)),
            Keep::Keys(plan, keys) => (self.hasher, self.keys) = (Some(RowHasher::new(plan)), Some(keys)),
        }
        self
    }

    /// The columns that rows are made of, in the order in which [`Self::push`] asks for their values.
    pub fn columns(&self) -> Vec<ColumnDef> {
        self.rows.columns().copied().collect()
    }

    /// Which rows are wanted.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Says that the side has `column`, even where it has no rows; what no one says is not a column of the side.
    pub fn has(&mut self, column: &ColumnDef) {
        self.present.insert(column.name);
    }

    /// Says that the side has a column that the table does not know.
    pub fn has_unknown(&mut self, column: impl Into<String>) {
        self.rows.unknown.insert(column.into());
    }

    /// One more row, if the filter wants it; `value` gives the value of each column.
    ///
    /// # Errors
    /// A value that its column cannot hold. The rows are unusable then.
    pub fn push<'a>(&mut self, value: impl Fn(usize) -> Result<Value<'a>, String>) -> Result<(), Unreadable> {
        if !self.is_wanted(&value)? {
            return Ok(());
        }
        if let Some(hasher) = &mut self.hasher {
            let hashes = hasher.hashes(self.keys.as_deref(), &value);
            let Some(hashes) = hashes.map_err(|(column, reason)| Unreadable { column, reason })? else { return Ok(()) };
            self.hashes.push(hashes);
            if self.keys.is_none() {
                return Ok(());
            }
        }
        for (index, column) in self.rows.columns.iter_mut().enumerate() {
            let (definition, cells, texts) = (column.definition, &mut column.cells, &mut self.rows.texts);
            let mut text = String::new();
            let pushed =
                value(index).and_then(|value| match (definition.kind, cells::adapted(self.origin, value, definition.kind, &mut text)) {
                    (Kind::Labels | Kind::Json, value) => cells.push_text(value, |text| texts.labels(text)),
                    (Kind::TextArray, value) => cells.push_text(value, |text| texts.array(text)),
                    (Kind::Timestamp, value) => {
                        let text = cells::time(value)?.map(instant::text);
                        cells.push_text(text.as_deref().map_or(Value::Null, Value::Text), |text| texts.id(text))
                    }
                    (_, value) => cells.push(value, texts),
                });
            pushed.map_err(|reason| Unreadable { column: definition.name, reason })?;
        }
        self.rows.length += 1;
        Ok(())
    }

    /// The rows, with the columns that the side has.
    pub fn finish(self) -> Rows {
        self.finish_all().rows
    }

    /// The rows and the hashes.
    pub(crate) fn finish_all(mut self) -> Kept {
        self.rows.columns.retain(|column| self.present.contains(column.definition.name));
        Kept { rows: self.rows, hashes: self.hashes }
    }

    fn is_wanted<'a>(&self, value: &impl Fn(usize) -> Result<Value<'a>, String>) -> Result<bool, Unreadable> {
        let unreadable = |index: usize| {
            let column = self.rows.columns.get(index).map_or("", |column| column.definition.name);
            move |reason| Unreadable { column, reason }
        };
        if let Some(index) = self.day.filter(|_| self.filter.has_window()) {
            let day = value(index).and_then(cells::day_of).map_err(unreadable(index))?.and_then(NaiveDate::from_epoch_days);
            if !day.is_some_and(|day| self.filter.wants_days(day, day)) {
                return Ok(false);
            }
        }
        if let Some(index) = self.source.filter(|_| self.filter.source.is_some()) {
            let source = value(index).map_err(unreadable(index))?;
            return Ok(matches!(source, Value::Text(source) if self.filter.wants_source(source)));
        }
        Ok(true)
    }
}
