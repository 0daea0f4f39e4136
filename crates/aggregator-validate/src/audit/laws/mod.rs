//! The laws, by what they are about.

mod capacity;
mod conserved;
mod shape;
mod texts;
mod unallocated;
mod values;

use super::law::Law;

/// Every law, in the order of a report: the rows themselves, their values, what rows say together, and the line items last.
pub fn all() -> impl Iterator<Item = &'static Law> {
    [shape::LAWS, texts::LAWS, values::LAWS, capacity::LAWS, unallocated::LAWS, conserved::LAWS].into_iter().flatten()
}

/// The law called `name`.
pub fn find(name: &str) -> Option<&'static Law> {
    all().find(|law| law.name == name)
}
