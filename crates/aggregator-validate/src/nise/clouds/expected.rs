//! What a summary must hold: line items grouped by the key of the table, and added up.

use std::collections::BTreeMap;

use aggregator_core::table::{ColumnDef, summary};
use chrono::NaiveDate;

use super::item::{Field, Item, Value};
use crate::nise::known::{Known, Why, both};
use crate::rows::Cell;
use crate::subject::Subject;

/// How a column of the summary is made of line items.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fold {
    /// Added.
    Sum,
    /// The greatest.
    Max,
    /// Every row holds a cell of its line items.
    Each,
    /// An array of the different values, and a column with the number of those that are not null.
    Different {
        /// That number.
        count: ColumnDef,
    },
}

/// The table of a cloud, and how it is made. What is neither in the key nor here is not determined by a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) subject: &'static Subject,
    pub(crate) folds: &'static [(ColumnDef, Fold)],
}

/// A number of a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Total {
    pub(crate) value: Known<f64>,
    /// The magnitudes that were added: what the sum is only as exact as.
    pub(crate) magnitude: f64,
}

/// Line items of one key, and of one group beyond it.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// One of them; its values are not used.
    pub(crate) item: Item,
    pub(crate) day: NaiveDate,
    pub(crate) totals: BTreeMap<&'static str, Total>,
    pub(crate) fields: BTreeMap<&'static str, Vec<Field>>,
}

/// The whole summary.
#[derive(Clone, Debug)]
pub(crate) struct Expectation {
    pub(crate) shape: &'static Shape,
    pub(crate) groups: Vec<Group>,
}

impl Expectation {
    /// The groups of `items` on the days that are wanted.
    ///
    /// # Errors
    /// An item without a day, which no generator has.
    pub(crate) fn of(shape: &'static Shape, items: Vec<Item>, wanted: impl Fn(NaiveDate) -> bool) -> Result<Self, String> {
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for item in items {
            let Some(Field::Is(Cell::Date(day))) = item.key.get(summary::USAGE_START.name) else {
                return Err("a line item has no day".to_owned());
            };
            let day = *day;
            if item.times == 0 || !wanted(day) {
                continue;
            }
            // Choices among others are other groups, even if they overlap.
            let key = format!("{:?} {:?} {:?}", item.key, item.together, item.group);
            let new = Group::of(shape, day, item);
            match groups.get_mut(&key) {
                Some(known) => known.add(shape, &new),
                None => {
                    groups.insert(key, new);
                }
            }
        }
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_by_key(|group| group.day);
        Ok(Self { shape, groups })
    }
}

impl Group {
    fn of(shape: &Shape, day: NaiveDate, item: Item) -> Self {
        let (mut totals, mut fields) = (BTreeMap::new(), BTreeMap::new());
        for (column, fold) in shape.folds {
            match item.values.get(column.name) {
                Some(Value::Number(value)) => {
                    totals.insert(column.name, Total::of(*value, *fold, f64::from(item.times)));
                }
                Some(Value::Field(field)) => {
                    fields.insert(column.name, vec![field.clone()]);
                }
                None => {}
            }
        }
        Self { item, day, totals, fields }
    }

    /// Whether it is one row whose key is known, as far as a file can tell.
    pub(crate) fn is_row(&self) -> bool {
        let is_known = |field: &Field| field.why().is_none_or(|why| why == Why::NotGiven);
        self.item.group.is_some() && self.item.key.values().all(is_known)
    }

    /// Adds another group's line items.
    pub(crate) fn add(&mut self, shape: &Shape, other: &Self) {
        for (column, fold) in shape.folds {
            if let (Some(total), Some(new)) = (self.totals.get_mut(column.name), other.totals.get(column.name)) {
                total.add(*new, *fold);
            }
            if let (Some(fields), Some(new)) = (self.fields.get_mut(column.name), other.fields.get(column.name)) {
                for field in new {
                    if !fields.contains(field) {
                        fields.push(field.clone());
                    }
                }
            }
        }
    }
}

impl Total {
    fn of(value: Known<f64>, fold: Fold, times: f64) -> Self {
        let value = if fold == Fold::Sum { value.map(|value| value * times) } else { value };
        Self { value, magnitude: value.map_or(0.0, f64::abs) }
    }

    fn add(&mut self, other: Self, fold: Fold) {
        self.value = both(self.value, other.value, |one, other| if fold == Fold::Sum { one + other } else { one.max(other) });
        self.magnitude += other.magnitude;
    }
}
