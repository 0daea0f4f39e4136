//! What koku's database remembers of an extract for subscriptions: whose an account is, and how far a resource was extracted.
//!
//! # Source
//! `subs/subs_data_extractor.py`; the tables are `reporting_subs_id_map` and `reporting_subs_last_processed_time` of the tenant.

use crate::cloud::ListRequest;
use crate::database::{Database, NeededColumn, TableShape, qualified, statement};
use crate::error::{Error, Result};
use crate::retry::retry;
use crate::source::path::Month;
use aggregator_core::run::SourceUuid;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

const ID_MAP: &str = "reporting_subs_id_map";
const LAST_PROCESSED: &str = "reporting_subs_last_processed_time";

/// Until when the resources of an account were extracted.
pub type Processed = BTreeMap<String, DateTime<Utc>>;

/// Maps the accounts to `source`; an account that is mapped stays as it is.
///
/// # Errors
/// * [`Error::DatabaseSchema`]: the table or a column of it is not there.
/// * [`Error::Database`]: the database failed.
pub async fn add_accounts(database: &Database, schema: &str, source: SourceUuid, accounts: &[String]) -> Result<()> {
    let table = qualified(schema, ID_MAP);
    retry(|| async {
        let mut transaction = database.begin().await?;
        TableShape::require(&mut transaction, schema, ID_MAP, &["source_uuid", "usage_id"].map(NeededColumn::any)).await?;
        let text = format!(
            "INSERT INTO {table} (source_uuid, usage_id) SELECT $1, usage_id FROM unnest($2::text[]) AS given (usage_id)
             ON CONFLICT DO NOTHING"
        );
        let query = sqlx::query(statement(text)).bind(source.0).bind(accounts);
        query.execute(&mut *transaction).await.map_err(Error::database(format!("write {table}")))?;
        transaction.commit().await.map_err(Error::database(format!("commit {table}")))
    })
    .await
}

/// Remembers until when the resources of an account were extracted, all or none.
///
/// # Errors
/// As [`add_accounts`].
pub async fn remember(database: &Database, request: &ListRequest<'_>, processed: &Processed) -> Result<()> {
    let table = qualified(request.schema, LAST_PROCESSED);
    let (keys, times): (Vec<&String>, Vec<DateTime<Utc>>) = processed.iter().unzip();
    let (year, month) = Month::of(request.start).texts();
    retry(|| async {
        let mut transaction = database.begin().await?;
        let needed = ["source_uuid", "resource_id", "year", "month", "latest_processed_time"].map(NeededColumn::any);
        TableShape::require(&mut transaction, request.schema, LAST_PROCESSED, &needed).await?;
        let text = format!(
            "INSERT INTO {table} (source_uuid, resource_id, year, month, latest_processed_time)
             SELECT $1, resource_id, $2, $3, latest FROM unnest($4::text[], $5::timestamptz[]) AS given (resource_id, latest)
             ON CONFLICT (source_uuid, resource_id, year, month) DO UPDATE SET latest_processed_time = EXCLUDED.latest_processed_time"
        );
        let query = sqlx::query(statement(text)).bind(request.source.0).bind(&year).bind(&month).bind(&keys).bind(&times);
        query.execute(&mut *transaction).await.map_err(Error::database(format!("write {table}")))?;
        transaction.commit().await.map_err(Error::database(format!("commit {table}")))
    })
    .await
}
