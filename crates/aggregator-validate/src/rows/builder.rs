//! Rows in the making: a reader says what a side has and gives its rows, the filter keeps those that are wanted.

use std::collections::BTreeSet;

use aggregator_core::table::{ColumnDef, Kind};
use chrono::NaiveDate;

use super::{Cells, Column, Rows, Texts, Value, cells};
use crate::subject::Subject;

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

/// Rows in the making.
#[derive(Clone, Debug)]
pub struct RowsBuilder {
    rows: Rows,
    present: BTreeSet<&'static str>,
    day: usize,
    source: usize,
    filter: Filter,
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
        let place = |wanted: ColumnDef| columns.iter().position(|column| column.definition.name == wanted.name).unwrap_or(columns.len());
        let (day, source) = (place(subject.day), place(subject.source));
        let rows = Rows { name: name.into(), length: 0, columns, unknown: BTreeSet::new(), texts: Texts::default() };
        Self { rows, present: BTreeSet::new(), day, source, filter }
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
        for (index, column) in self.rows.columns.iter_mut().enumerate() {
            let texts = &mut self.rows.texts;
            let unreadable = |reason| Unreadable { column: column.definition.name, reason };
            let pushed = value(index).and_then(|value| match column.definition.kind {
                Kind::Labels => column.cells.push_text(value, |text| texts.labels(text)),
                _ => column.cells.push(value, texts),
            });
            pushed.map_err(unreadable)?;
        }
        self.rows.length += 1;
        Ok(())
    }

    /// The rows, with the columns that the side has.
    pub fn finish(mut self) -> Rows {
        self.rows.columns.retain(|column| self.present.contains(column.definition.name));
        self.rows
    }

    fn is_wanted<'a>(&self, value: &impl Fn(usize) -> Result<Value<'a>, String>) -> Result<bool, Unreadable> {
        let unreadable = |index: usize| {
            let column = self.rows.columns.get(index).map_or("", |column| column.definition.name);
            move |reason| Unreadable { column, reason }
        };
        if self.filter.has_window() {
            let day = value(self.day).and_then(cells::day).map_err(unreadable(self.day))?.and_then(NaiveDate::from_epoch_days);
            if !day.is_some_and(|day| self.filter.wants_days(day, day)) {
                return Ok(false);
            }
        }
        if self.filter.source.is_some() {
            let source = value(self.source).map_err(unreadable(self.source))?;
            return Ok(matches!(source, Value::Text(source) if self.filter.wants_source(source)));
        }
        Ok(true)
    }
}
