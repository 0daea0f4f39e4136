//! What nise writes, as koku's summary shows it.

use std::collections::{BTreeMap, BTreeSet};

use aggregator_core::table::ColumnDef;
use chrono::NaiveDate;

use crate::nise::known::{Known, Why};
use crate::rows::Cell;

/// What a cell may hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Field {
    /// This.
    Is(Cell),
    /// One of these: nise draws it.
    OneOf(Vec<Cell>, Why),
    /// A JSON object with keys among these, and values that nise makes up.
    KeysOf(BTreeSet<String>, Why),
    /// Anything.
    Any(Why),
}

impl Field {
    /// Text; an empty one is null, as in most columns.
    pub(crate) fn text(text: &str) -> Self {
        Self::Is(text_cell(text))
    }

    /// Null.
    pub(crate) fn null() -> Self {
        Self::Is(Cell::Null)
    }

    /// A day.
    pub(crate) fn day(day: NaiveDate) -> Self {
        Self::Is(Cell::Date(day))
    }

    /// One of these texts; of a single one it is known.
    pub(crate) fn one_of<'a>(texts: impl IntoIterator<Item = &'a str>, why: Why) -> Self {
        let texts: BTreeSet<&str> = texts.into_iter().collect();
        let mut cells: Vec<Cell> = texts.into_iter().map(text_cell).collect();
        if cells.len() == 1 { Self::Is(cells.swap_remove(0)) } else { Self::OneOf(cells, why) }
    }

    /// A text, or why it is not known.
    pub(crate) fn known(text: Known<String>) -> Self {
        text.map_or_else(Self::Any, |text| Self::text(&text))
    }

    /// Whether `cell` can be it.
    pub(crate) fn allows(&self, cell: &Cell) -> bool {
        match self {
            Self::Is(only) => only == cell,
            Self::OneOf(cells, _) => cells.contains(cell),
            Self::KeysOf(keys, _) => {
                let Cell::Text(text) = cell else { return false };
                let members: Option<BTreeMap<String, serde_json::Value>> = serde_json::from_str(text).ok();
                members.is_some_and(|members| members.keys().all(|key| keys.contains(key)))
            }
            Self::Any(_) => true,
        }
    }

    /// Why it is not known.
    pub(crate) fn why(&self) -> Option<Why> {
        match self {
            Self::Is(_) => None,
            Self::OneOf(_, why) | Self::KeysOf(_, why) | Self::Any(why) => Some(*why),
        }
    }

    /// The cell, if it is known.
    pub(crate) fn cell(&self) -> Option<&Cell> {
        if let Self::Is(cell) = self { Some(cell) } else { None }
    }
}

/// A text; an empty one is null.
pub(crate) fn text_cell(text: &str) -> Cell {
    if text.is_empty() { Cell::Null } else { Cell::Text(text.to_owned()) }
}

/// A text that stays empty where it is empty.
pub(crate) fn exactly(text: &str) -> Field {
    Field::Is(Cell::Text(text.to_owned()))
}

/// One of these texts, which stay empty where they are empty; of a single one it is known.
pub(crate) fn exactly_one_of<'a>(texts: impl IntoIterator<Item = &'a str>, why: Why) -> Field {
    let texts: BTreeSet<&str> = texts.into_iter().collect();
    let mut cells: Vec<Cell> = texts.into_iter().map(|text| Cell::Text(text.to_owned())).collect();
    if cells.len() == 1 { Field::Is(cells.swap_remove(0)) } else { Field::OneOf(cells, why) }
}

/// Columns that nise draws together: a row holds one of these.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Together {
    pub(crate) columns: Vec<&'static str>,
    pub(crate) choices: Vec<Vec<Cell>>,
}

/// What a column that is no key holds; the table's [`Fold`](super::expected::Fold) says how it is made of line items.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A number of one line item.
    Number(Known<f64>),
    /// A cell of every row, or an id among a row's ids.
    Field(Field),
}

/// Line items of one day that are alike.
#[derive(Clone, Debug, Default)]
pub(crate) struct Item {
    /// The columns by which rows of the summary are told apart, the day among them.
    pub(crate) key: BTreeMap<&'static str, Field>,
    /// Columns of the key that are drawn together; each also has its own field.
    pub(crate) together: Vec<Together>,
    /// The other columns.
    pub(crate) values: BTreeMap<&'static str, Value>,
    /// What the SQL groups by beyond the key, in any text: a key has a row for each. None where that is random, or the number of rows is.
    pub(crate) group: Option<String>,
    /// How many line items there are.
    pub(crate) times: u32,
}

impl Item {
    /// So many line items.
    pub(crate) fn new(times: u32) -> Self {
        Self { times, group: Some(String::new()), ..Self::default() }
    }

    /// A column of the key.
    pub(crate) fn key(&mut self, column: ColumnDef, field: Field) {
        self.key.insert(column.name, field);
    }

    /// A number of each line item.
    pub(crate) fn number(&mut self, column: ColumnDef, number: Known<f64>) {
        self.values.insert(column.name, Value::Number(number));
    }

    /// A cell of every row, or one of the ids of a row.
    pub(crate) fn field(&mut self, column: ColumnDef, field: Field) {
        self.values.insert(column.name, Value::Field(field));
    }

    /// Whether a row with these cells can be made of it; a column that the rows lack speaks against nothing.
    pub(crate) fn allows<'a>(&self, cell: impl Fn(&'static str) -> Option<&'a Cell>) -> bool {
        self.key.iter().all(|(column, field)| cell(column).is_none_or(|cell| field.allows(cell)))
            && self.together.iter().all(|together| {
                let cells: Option<Vec<&Cell>> = together.columns.iter().map(|column| cell(column)).collect();
                cells.is_none_or(|cells| together.choices.iter().any(|choice| choice.iter().eq(cells.iter().copied())))
            })
    }
}
