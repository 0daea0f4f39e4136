//! Rows as hashes: what is left of a side when only its rows' identity matters.
//!
//! The hash of a row is that of its compared cells in a canonical form: two rows of one hash are equal to the last bit, as the
//! comparison sees them. The converse does not hold, and need not: rows of different hashes are looked at again.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use aggregator_core::table::{ColumnDef, Kind};

use super::cells;
use super::texts::{canonical, canonical_array};
use super::{Decimal, Number, Value};
use crate::subject::Origin;

/// How many texts of labels are kept in canonical form; their number decides the memory of a scan.
const KNOWN_LABELS: usize = 1 << 14;

/// How a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// As it is.
    Exact,
    /// One side has doubles, the other decimals: a double as the decimal that Trino writes for it.
    Rounded,
}

/// What is hashed, the same for both sides; the seeds are drawn anew for each comparison.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    seeds: [RandomState; 3],
    /// The places of the compared columns among all, those of the key first.
    columns: Vec<(usize, ColumnDef, How)>,
    key: usize,
    origin: Origin,
}

impl Plan {
    /// The cells of `columns` are hashed, the first `key` of which are the key.
    pub(crate) fn new(columns: Vec<(usize, ColumnDef, How)>, key: usize, origin: Origin) -> Self {
        Self { seeds: std::array::from_fn(|_| RandomState::new()), columns, key, origin }
    }
}

/// A row: the hash of its key, and two of all its cells.
pub(crate) type Hashes = [u64; 3];

/// Hashes the rows of a side, one after the other.
#[derive(Clone, Debug)]
pub(super) struct RowHasher {
    plan: Plan,
    bytes: Vec<u8>,
    labels: HashMap<Box<str>, Box<str>>,
}

impl RowHasher {
    pub(super) fn new(plan: Plan) -> Self {
        Self { plan, bytes: Vec::new(), labels: HashMap::new() }
    }

    /// The hashes of a row, if its key has one of `keys` or all are wanted; `value` gives the value of each column.
    ///
    /// # Errors
    /// The column that cannot hold its value, and why.
    pub(super) fn hashes<'a>(
        &mut self,
        keys: Option<&[u64]>,
        value: &impl Fn(usize) -> Result<Value<'a>, String>,
    ) -> Result<Option<Hashes>, (&'static str, String)> {
        let Self { plan, bytes, labels } = self;
        bytes.clear();
        let mut append = |bytes: &mut Vec<u8>, columns: &[(usize, ColumnDef, How)]| {
            for (index, column, how) in columns {
                let mut text = String::new();
                let written = value(*index).and_then(|value| {
                    let value = cells::adapted(plan.origin, value, column.kind, &mut text);
                    write(value, column.kind, *how, bytes, labels)
                });
                written.map_err(|reason| (column.name, reason))?;
            }
            Ok(())
        };
        let hash = |seed: &RandomState, bytes: &[u8]| {
            let mut hasher = seed.build_hasher();
            hasher.write(bytes);
            hasher.finish()
        };
        let [of_key, one, other] = &plan.seeds;
        let (key_columns, other_columns) = plan.columns.split_at_checked(plan.key).unwrap_or_default();
        append(bytes, key_columns)?;
        let key = hash(of_key, bytes);
        if keys.is_some_and(|keys| keys.binary_search(&key).is_err()) {
            return Ok(None);
        }
        append(bytes, other_columns)?;
        Ok(Some([key, hash(one, bytes), hash(other, bytes)]))
    }
}

/// Appends a cell so that no two different rows give the same bytes.
fn write(value: Value<'_>, kind: Kind, how: How, bytes: &mut Vec<u8>, labels: &mut HashMap<Box<str>, Box<str>>) -> Result<(), String> {
    const NULL: u8 = 0;
    const PRESENT: u8 = 1;
    const DOUBLE: u8 = 2;
    let mut fixed = |tag: u8, content: Option<&[u8]>| match content {
        Some(content) => {
            bytes.push(tag);
            bytes.extend_from_slice(content);
        }
        None => bytes.push(NULL),
    };
    match kind {
        Kind::Integer => fixed(PRESENT, cells::integer(value)?.map(i32::to_le_bytes).as_ref().map(<[u8; 4]>::as_slice)),
        Kind::Date => fixed(PRESENT, cells::day(value)?.map(i32::to_le_bytes).as_ref().map(<[u8; 4]>::as_slice)),
        Kind::Timestamp => fixed(PRESENT, cells::time(value)?.map(i128::to_le_bytes).as_ref().map(<[u8; 16]>::as_slice)),
        number if super::is_number(number) => match (cells::number(value)?, how) {
            (None, _) => fixed(NULL, None),
            (Some(Number::Decimal(decimal)), _) => fixed(PRESENT, Some(&decimal.units().to_le_bytes())),
            (Some(Number::Double(double)), how) => match Decimal::from_double(double).filter(|_| how == How::Rounded) {
                Some(rounded) => fixed(PRESENT, Some(&rounded.units().to_le_bytes())),
                None => fixed(DOUBLE, Some(&double.to_bits().to_le_bytes())),
            },
        },
        Kind::Labels | Kind::Json => match value {
            Value::Text(text) => write_text(labelled(text, labels), bytes),
            _ => write_value_as_text(value, bytes)?,
        },
        Kind::TextArray => match value {
            Value::Text(text) => write_text(canonical_array(text).as_deref().unwrap_or(text), bytes),
            _ => write_value_as_text(value, bytes)?,
        },
        _ => write_value_as_text(value, bytes)?,
    }
    Ok(())
}

fn write_value_as_text(value: Value<'_>, bytes: &mut Vec<u8>) -> Result<(), String> {
    match value {
        Value::Null => bytes.push(0),
        Value::Text(text) => write_text(text, bytes),
        Value::Integer(integer) => write_text(&integer.to_string(), bytes),
        _ => return Err(format!("{} is no text", cells::described(value))),
    }
    Ok(())
}

fn write_text(text: &str, bytes: &mut Vec<u8>) {
    bytes.push(1);
    bytes.extend_from_slice(&text.len().to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// The canonical text of labels, from the known ones or to them.
fn labelled<'l>(text: &str, known: &'l mut HashMap<Box<str>, Box<str>>) -> &'l str {
    if !known.contains_key(text) && known.len() >= KNOWN_LABELS {
        known.clear();
    }
    known.entry(text.into()).or_insert_with(|| canonical(text).map_or_else(|| text.into(), String::into_boxed_str))
}
