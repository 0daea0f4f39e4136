//! One line item, as every cloud's reader gives it.

use super::grain::cut;
use super::sums::{Addend, Observed};
use super::{CloudLineItems, KEYS, Key, Totals};
use crate::audit::names::Name;

/// Milliseconds since 1970-01-01 as days.
pub(super) fn day(milliseconds: i64) -> Option<i32> {
    i32::try_from(milliseconds.div_euclid(crate::audit::line_items::MILLISECONDS_PER_DAY)).ok()
}

/// What is not empty.
pub(super) fn non_empty(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// A finite number, or nothing.
pub(super) fn finite(number: Option<f64>) -> Observed<'static> {
    Observed::Number(number.filter(|number| number.is_finite()))
}

/// A line item.
#[derive(Debug)]
pub(super) struct Line<'a, const S: usize, const E: usize> {
    /// None in a summary of a month.
    pub(super) day: Option<i32>,
    /// The texts that name its group, not cut.
    pub(super) keys: &'a [Option<&'a str>],
    /// The account as it is, where accounts make copies.
    pub(super) account: Option<&'a str>,
    /// In the order of the grain's sums.
    pub(super) addends: [Addend; S],
    /// In the order of the grain's extremes.
    pub(super) observed: [Observed<'a>; E],
}

impl CloudLineItems {
    /// What names a group of `source`.
    pub(super) fn key(&mut self, source: Name, day: Option<i32>, texts: &[Option<&str>]) -> Key {
        let mut names = [Name::NULL; KEYS];
        for ((name, text), column) in names.iter_mut().zip(texts).zip(self.grain.keys) {
            *name = self.names.name(text.map(|text| cut(text, column)));
        }
        Key { source, day, names }
    }

    /// One more line item of `source`.
    pub(super) fn add<const S: usize, const E: usize>(&mut self, source: Name, line: &Line<'_, S, E>) {
        let key = self.key(source, line.day, line.keys);
        let account = self.names.name(line.account);
        let group = self.groups.entry(key).or_default();
        let totals = group.accounts.entry(account).or_insert_with(|| Totals::none(self.grain));
        totals.add(self.grain, &line.addends, &line.observed);
    }
    /// One more number that Trino refuses, in a group that has line items.
    pub(super) fn refuse(&mut self, source: Name, day: Option<i32>, texts: &[Option<&str>]) {
        let key = self.key(source, day, texts);
        for totals in self.groups.get_mut(&key).into_iter().flat_map(|group| group.accounts.values_mut()) {
            totals.refused += 1;
        }
    }
}
