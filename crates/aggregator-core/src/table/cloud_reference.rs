//! Reference data of AWS: what the SQL reads from PostgreSQL.

use super::{ColumnDef, Kind, Table};

pub use super::cloud_summary::ACCOUNT_ALIAS_ID;

/// Key of the row.
pub const ID: ColumnDef = ColumnDef::new("id", Kind::Integer);
/// The account, not cut.
pub const ACCOUNT_ID: ColumnDef = ColumnDef::new("account_id", Kind::Text);
/// Source of the unit.
pub const PROVIDER_ID: ColumnDef = ColumnDef::new("provider_id", Kind::Uuid);
/// First day of the unit.
pub const CREATED_TIMESTAMP: ColumnDef = ColumnDef::new("created_timestamp", Kind::Date);
/// First day after the unit; null while it lives.
pub const DELETED_TIMESTAMP: ColumnDef = ColumnDef::new("deleted_timestamp", Kind::Date);

/// What the summaries read of the accounts' names.
pub const AWS_ACCOUNT_ALIASES: Table =
    Table { name: "reporting_awsaccountalias", grain: "one row per account", columns: &[ID, ACCOUNT_ID] };

/// What the daily summary reads of the organisation: all sources of the tenant.
pub const AWS_ORGANIZATIONAL_UNITS: Table = Table {
    name: "reporting_awsorganizationalunit",
    grain: "one row per unit, account and life; an account can have several at a time",
    columns: &[ID, ACCOUNT_ALIAS_ID, PROVIDER_ID, CREATED_TIMESTAMP, DELETED_TIMESTAMP],
};
