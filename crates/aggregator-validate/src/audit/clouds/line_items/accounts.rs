//! How often the accounts of AWS count: once for each alias and organisational unit that the reference data has.

use std::collections::BTreeMap;

use aggregator_core::table::ColumnDef;
use aggregator_core::table::cloud_reference::{
    ACCOUNT_ALIAS_ID, ACCOUNT_ID, AWS_ACCOUNT_ALIASES, AWS_ORGANIZATIONAL_UNITS, CREATED_TIMESTAMP, DELETED_TIMESTAMP, ID, PROVIDER_ID,
};
use aggregator_io::source::cloud_reference::CloudReference;

use super::CloudLineItems;
use crate::audit::frame::Frame;
use crate::error::Result;

/// What tells the copies of a row apart that the reference data makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::audit::clouds) struct Copy {
    /// Key of the account's alias.
    pub(in crate::audit::clouds) alias: Option<i32>,
    /// Key of the organisational unit.
    pub(in crate::audit::clouds) unit: Option<i32>,
    /// Which of several rows that are told apart by nothing else; always the first but for the instances of EC2.
    pub(in crate::audit::clouds) ordinal: usize,
}

/// The aliases and organisational units of a tenant.
#[derive(Clone, Debug, Default)]
pub(in crate::audit::clouds) struct Accounts {
    aliases: BTreeMap<String, Vec<i32>>,
    /// By key of the alias.
    units: BTreeMap<i32, Vec<Unit>>,
}

#[derive(Clone, Debug)]
struct Unit {
    id: Option<i32>,
    source: Option<String>,
    created: Option<i32>,
    deleted: Option<i32>,
}

impl CloudLineItems {
    /// The same line items, with the accounts of the tenant's reference data.
    ///
    /// # Errors
    /// Reference data without a column of its table.
    pub fn with_accounts(self, reference: &CloudReference) -> Result<Self> {
        Ok(Self { accounts: Some(Accounts::of(reference)?), ..self })
    }
}

impl Accounts {
    fn of(reference: &CloudReference) -> Result<Self> {
        let mut accounts = Self::default();
        let frame = Frame { frame: &reference.account_aliases, table: &AWS_ACCOUNT_ALIASES };
        let (names, ids) = (frame.texts(ACCOUNT_ID)?, integers(frame, ID)?);
        for (name, id) in names.iter().zip(ids) {
            if let (Some(name), Some(id)) = (name, id) {
                accounts.aliases.entry(name.to_owned()).or_default().push(id);
            }
        }
        let frame = Frame { frame: &reference.organizational_units, table: &AWS_ORGANIZATIONAL_UNITS };
        let (sources, ids, aliases) = (frame.texts(PROVIDER_ID)?, integers(frame, ID)?, integers(frame, ACCOUNT_ALIAS_ID)?);
        let (created, deleted) = (integers(frame, CREATED_TIMESTAMP)?, integers(frame, DELETED_TIMESTAMP)?);
        for ((((source, id), alias), created), deleted) in sources.iter().zip(ids).zip(aliases).zip(created).zip(deleted) {
            if let Some(alias) = alias {
                let unit = Unit { id, source: source.map(str::to_owned), created, deleted };
                accounts.units.entry(alias).or_default().push(unit);
            }
        }
        Ok(accounts)
    }

    /// The copies of the rows of `account`, each with how often it is there; of units those that live on `day`, if there is one.
    pub(in crate::audit::clouds) fn copies(&self, account: Option<&str>, source: Option<&str>, day: Option<i32>) -> BTreeMap<Copy, u64> {
        let mut copies = BTreeMap::new();
        let aliases = account.and_then(|account| self.aliases.get(account)).map_or(&[][..], Vec::as_slice);
        // An account without an alias stays, and so does one without a unit.
        let aliases = if aliases.is_empty() { vec![None] } else { aliases.iter().copied().map(Some).collect() };
        for alias in aliases {
            let units = alias.and_then(|alias| self.units.get(&alias)).map_or(&[][..], Vec::as_slice);
            let lives = |unit: &&Unit| {
                let Some(day) = day else { return false };
                unit.source.as_deref() == source
                    && unit.created.is_some_and(|created| created <= day)
                    && unit.deleted.is_none_or(|deleted| day < deleted)
            };
            let mut units: Vec<Option<i32>> = units.iter().filter(lives).map(|unit| unit.id).collect();
            if units.is_empty() {
                units.push(None);
            }
            for unit in units {
                *copies.entry(Copy { alias, unit, ordinal: 0 }).or_default() += 1;
            }
        }
        copies
    }
}

/// Integers, or days since 1970-01-01.
fn integers(frame: Frame<'_>, column: ColumnDef) -> Result<Vec<Option<i32>>> {
    Ok(frame.integers(column)?.iter().collect())
}
