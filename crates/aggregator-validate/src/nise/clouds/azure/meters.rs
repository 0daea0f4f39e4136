//! Meters: nise keeps the one that it drew for an id, for every generator and month, and a file can say which it is.

use std::collections::BTreeSet;

use super::super::attributes::{Attributes, csv_text, is_true, python_text};
use super::super::values::available;
use super::generators::{Kind, Special};
use crate::nise::scalar::Scalar;
use crate::nise::yaml::Node;

/// Category, subcategory, name and unit.
const PARTS: usize = 4;

/// The units of the meters so far; of several one was drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Meters {
    known: Vec<(Scalar, Vec<String>)>,
    /// Generators whose `meter_cache` was read.
    declared: BTreeSet<usize>,
}

impl Meters {
    /// Takes over the `meter_cache` of a generator, when nise first comes to it.
    ///
    /// # Errors
    /// It is no mapping of ids to lists of four.
    pub(super) fn declare(&mut self, generator: usize, attributes: Attributes<'_>) -> Result<(), String> {
        let Some(cache) = attributes.mapping("meter_cache")? else { return Ok(()) };
        if !self.declared.insert(generator) {
            return Ok(());
        }
        for (key, meter) in cache.members() {
            let Node::Scalar(key) = key else { return Err("a key of `meter_cache` is no plain value".to_owned()) };
            match meter {
                // Nothing: one is drawn when it is needed.
                meter if !is_true(meter) => self.known.retain(|(known, _)| known != key),
                Node::List(parts) if parts.len() == PARTS => {
                    let unit = parts.last().map_or(Ok(String::new()), csv_text)?;
                    self.put(key.clone(), vec![available(&unit).to_owned()]);
                }
                _ => return Err("`meter_cache` has a meter that is no list of category, subcategory, name and unit".to_owned()),
            }
        }
        Ok(())
    }

    /// The unit of the lines of a generator, or those of which nise draws one.
    ///
    /// # Errors
    /// A direction that nise does not know.
    pub(super) fn units(&mut self, kind: &Kind, attributes: Attributes<'_>) -> Result<Vec<String>, String> {
        let key = key(kind, attributes)?;
        if let Some((_, units)) = key.as_ref().and_then(|key| self.known.iter().find(|(known, _)| known == key)) {
            return Ok(units.clone());
        }
        let direction = attributes.truthy("data_direction").filter(|_| kind.special == Special::Transfer);
        if direction.is_some_and(|direction| !["in", "out"].map(|text| Node::Scalar(Scalar::Text(text.to_owned()))).contains(direction)) {
            return Err("`data_direction` is neither `in` nor `out`: nise refuses that".to_owned());
        }
        let units: Vec<String> = kind.units.iter().map(|unit| (*unit).to_owned()).collect();
        if let Some(key) = key {
            self.put(key, units.clone());
        }
        Ok(units)
    }

    fn put(&mut self, key: Scalar, units: Vec<String>) {
        self.known.retain(|(known, _)| *known != key);
        self.known.push((key, units));
    }
}

/// Under what nise keeps the meter; nothing for an id that it makes up.
fn key(kind: &Kind, attributes: Attributes<'_>) -> Result<Option<Scalar>, String> {
    let Some(id) = attributes.truthy("meter_id") else { return Ok(None) };
    let Node::Scalar(scalar) = id else { return Err("`meter_id` is no plain value".to_owned()) };
    if kind.special != Special::Transfer {
        return Ok(Some(scalar.clone()));
    }
    let direction = attributes.find("data_direction").map_or(Ok("None".to_owned()), python_text)?;
    Ok(Some(Scalar::Text(format!("{}_{direction}", scalar.python_text()))))
}
