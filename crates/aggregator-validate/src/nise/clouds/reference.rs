//! What a summary reads beside the line items: enabled tag keys, and AWS's accounts. `reference.json` as for `aggregator`.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Deserialize;

/// The reference data of a tenant for one cloud.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reference {
    /// None: all are kept.
    enabled: Option<BTreeSet<String>>,
    /// None: nobody said.
    pub(crate) accounts: Option<Accounts>,
}

/// AWS's accounts and where they belong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
    aliases: Vec<Alias>,
    units: Vec<Unit>,
}

#[derive(Clone, Debug, Deserialize)]
struct Alias {
    id: i32,
    account_id: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Unit {
    id: i32,
    account_alias_id: Option<i32>,
    provider_id: Option<String>,
    created_timestamp: Option<String>,
    deleted_timestamp: Option<String>,
}

#[derive(Deserialize)]
struct TagKey {
    key: String,
    enabled: bool,
    provider_type: String,
}

#[derive(Deserialize)]
struct File {
    enabled_tag_keys: Vec<TagKey>,
    #[serde(default)]
    account_aliases: Vec<Alias>,
    #[serde(default)]
    organizational_units: Vec<Unit>,
}

impl Reference {
    /// Every tag is kept, and nothing is known of accounts.
    pub(crate) fn all_tags() -> Self {
        Self::default()
    }

    /// Only tags with these keys are kept.
    pub(crate) fn keys(keys: impl IntoIterator<Item = String>) -> Self {
        Self { enabled: Some(keys.into_iter().collect()), accounts: None }
    }

    /// Those of a `reference.json`, for the cloud that koku calls `provider_type`.
    pub(crate) fn from_json(bytes: &[u8], provider_type: &str) -> Result<Self, serde_json::Error> {
        let File { enabled_tag_keys, account_aliases, organizational_units } = serde_json::from_slice(bytes)?;
        let keys = enabled_tag_keys.into_iter().filter(|key| key.enabled && key.provider_type == provider_type).map(|key| key.key);
        let accounts = Accounts { aliases: account_aliases, units: organizational_units };
        Ok(Self { enabled: Some(keys.collect()), accounts: Some(accounts) })
    }

    /// Whether tags with this key are kept.
    pub(crate) fn keeps(&self, key: &str) -> bool {
        self.enabled.as_ref().is_none_or(|keys| keys.contains(key))
    }
}

impl Accounts {
    /// The alias of an account.
    pub(crate) fn alias(&self, account: &str) -> Option<i32> {
        self.aliases.iter().find(|alias| alias.account_id == account).map(|alias| alias.id)
    }

    /// The units in which an alias lives on a day; a row stands once for each.
    pub(crate) fn units(&self, alias: i32, source: Option<&str>, day: NaiveDate) -> Vec<i32> {
        let date = |text: &Option<String>| text.as_deref().and_then(|text| text.get(.."0000-00-00".len())?.parse::<NaiveDate>().ok());
        let lives = |unit: &&Unit| {
            unit.account_alias_id == Some(alias)
                && unit.provider_id.as_deref() == source
                && date(&unit.created_timestamp).is_some_and(|created| created <= day)
                && (unit.deleted_timestamp.is_none() || date(&unit.deleted_timestamp).is_some_and(|deleted| deleted > day))
        };
        self.units.iter().filter(lives).map(|unit| unit.id).collect()
    }
}
