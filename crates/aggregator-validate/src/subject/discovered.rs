//! Tables that nobody declared: their columns are those that the sides have.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use aggregator_core::table::{ColumnDef, Kind, Table, ocp, summary};

use super::{Origin, Subject};
use crate::error::{Error, Result};
use crate::rows::is_number;

/// What a side has in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Text, ids, and whatever else is shown as text.
    Text,
    /// JSON.
    Json,
    /// Yes or no.
    Boolean,
    /// Whole numbers.
    Integer,
    /// Doubles.
    Double,
    /// Exact decimals.
    Decimal,
    /// Days.
    Date,
    /// Times.
    Timestamp,
    /// Files that do not agree with each other, or a type that cannot be compared.
    Mixed,
}

impl Found {
    /// What two files of one side have.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Mixed }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Double | Self::Decimal)
    }

    /// The kind of a column that is `self` on one side and `other` on the other.
    fn kind(self, other: Self) -> Kind {
        let either = |found| self == found || other == found;
        if either(Self::Json) {
            Kind::Labels
        } else if self.is_number() || other.is_number() {
            Kind::Double
        } else if either(Self::Timestamp) {
            Kind::Timestamp
        } else if either(Self::Date) {
            Kind::Date
        } else {
            Kind::Text
        }
    }

    /// The same for a column of a key: numbers are matched by their text, since none may be near enough.
    fn kind_of_key(self, other: Self) -> Kind {
        match self.kind(other) {
            Kind::Double => Kind::Text,
            kind => kind,
        }
    }
}

/// A column of a side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub found: Found,
}

/// What was asked for: a table by its name, with a key and ignored columns of one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The name on the command line.
    pub table: String,
    /// The key; empty for the declared one.
    pub key: Vec<String>,
    /// Columns to ignore, beside the declared ones.
    pub ignore: Vec<String>,
}

const ASKED: &str = "asked for";

impl Request {
    /// The name of the table in a database.
    pub fn table_name(&self) -> &str {
        Subject::named(&self.table).map_or(&self.table, |subject| subject.table_name())
    }

    /// Refuses a table that is not declared, without a key.
    ///
    /// # Errors
    /// That.
    pub fn check(&self) -> Result<()> {
        match Subject::named(&self.table) {
            None if self.key.is_empty() => Err(Error::NoKey { table: self.table.clone() }),
            _ => Ok(()),
        }
    }

    /// The table that is meant, if its sides have the columns `left` and `right`.
    ///
    /// # Errors
    /// * A table that is not declared, without a key.
    /// * A column of the key, or one to ignore, that the table does not have; a key that is ignored or a measure.
    pub fn subject(&self, left: &[FoundColumn], right: &[FoundColumn]) -> Result<Subject> {
        self.check()?;
        self.adapted(Subject::named(&self.table).unwrap_or_else(|| self.discovered(left, right)))
    }

    fn discovered(&self, left: &[FoundColumn], right: &[FoundColumn]) -> Subject {
        let mut columns: Vec<ColumnDef> = Vec::new();
        for column in left.iter().chain(right) {
            if columns.iter().any(|known| known.name == column.name) {
                continue;
            }
            let found = |side: &[FoundColumn]| side.iter().find(|other| other.name == column.name).map(|other| other.found);
            let (one, other) = (found(left).unwrap_or(column.found), found(right).unwrap_or(column.found));
            let kind = if self.key.contains(&column.name) { one.kind_of_key(other) } else { one.kind(other) };
            columns.push(ColumnDef::new(interned(&column.name), kind));
        }
        let first = |wanted: &[ColumnDef], kinds: &[Kind]| {
            let has =
                |wanted: &ColumnDef| columns.iter().find(|column| column.name == wanted.name && kinds.contains(&column.kind)).copied();
            wanted.iter().find_map(has)
        };
        let (day, source) = (
            first(&[summary::USAGE_START, ocp::INTERVAL_START], &[Kind::Date, Kind::Timestamp]),
            first(&[summary::SOURCE_UUID, summary::SOURCE], &[Kind::Text]),
        );
        let name = interned(&self.table);
        let columns: &'static [ColumnDef] = columns.leak();
        let table = Table { name, grain: "as asked", columns };
        // In a tree, any column may stand in the path instead.
        Subject { name, tables: vec![table].leak(), partitions: columns, key: &[], ignored: &[], day, source, origin: Origin::Discovered }
    }

    fn adapted(&self, mut subject: Subject) -> Result<Subject> {
        let columns = subject.columns();
        let column = |name: &String| {
            let found = columns.iter().find(|column| column.name == name.as_str()).copied();
            found.ok_or_else(|| Error::NoSuchColumn { column: name.clone(), table: self.table.clone() })
        };
        if !self.key.is_empty() {
            let key: Vec<ColumnDef> = self.key.iter().map(column).collect::<Result<_>>()?;
            if let Some(number) = key.iter().find(|column| is_number(column.kind)) {
                return Err(Error::NumberInKey { column: number.name });
            }
            subject.key = key.leak();
        }
        if !self.ignore.is_empty() {
            let mut ignored = subject.ignored.to_vec();
            for name in &self.ignore {
                ignored.push((column(name)?, ASKED));
            }
            subject.ignored = ignored.leak();
        }
        if let Some(key) = subject.key.iter().find(|key| subject.ignored(key.name) == Some(ASKED)) {
            return Err(Error::IgnoredKey { column: key.name });
        }
        Ok(subject)
    }
}

/// `name` for as long as the program runs, once: declared columns live as long, and all code after this is theirs too.
fn interned(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let kept: &'static str = name.to_owned().leak();
    names.insert(kept);
    kept
}
