//! Keys of tags and cost categories in koku's database.

use super::CloudIngest;
use crate::database::{Database, NeededColumn, TableShape, qualified, statement};
use crate::error::{Error, Result};
use crate::ingest::track::{TAG_KEY_WIDTH, TAG_KEYS_TABLE, commit, that_fit};
use crate::retry::retry;
use aggregator_core::cloud::Provider;
use aggregator_core::ingest::cloud::export;
use serde::Serialize;
use std::collections::BTreeSet;

const CATEGORY_KEYS_TABLE: &str = "reporting_awsenabledcategorykeys";
/// Code points of a category's key.
const CATEGORY_KEY_WIDTH: usize = 253;

/// Keys that koku's database did not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EnabledKeys {
    /// Tag keys.
    pub tags: u64,
    /// Those of them that were enabled.
    pub enabled: u64,
    /// Cost categories, all enabled.
    pub categories: u64,
}

/// Adds the keys that the tenant does not have yet. Tag keys of AWS and Azure are enabled as long as the tenant has fewer enabled ones, of
/// any provider, than the limit; GCP's are not; cost categories are.
///
/// # Errors
/// * [`Error::DatabaseSchema`]: a table or a column is not there.
/// * [`Error::Database`]: the database failed; adding again is safe.
pub(super) async fn add(
    database: &Database,
    request: &CloudIngest<'_>,
    tags: &BTreeSet<String>,
    categories: &BTreeSet<String>,
) -> Result<EnabledKeys> {
    let tags = that_fit(tags, TAG_KEY_WIDTH, TAG_KEYS_TABLE);
    let categories = that_fit(categories, CATEGORY_KEY_WIDTH, CATEGORY_KEYS_TABLE);
    let mut added = EnabledKeys::default();
    if !tags.is_empty() {
        (added.tags, added.enabled) = retry(|| add_tags(database, request, &tags)).await?;
    }
    if !categories.is_empty() {
        added.categories = retry(|| add_categories(database, request.schema, &categories)).await?;
    }
    Ok(added)
}

async fn add_tags(database: &Database, request: &CloudIngest<'_>, keys: &[String]) -> Result<(u64, u64)> {
    let provider = export(request.cloud).name();
    let limit = match (request.cloud, request.tag_enabled_limit) {
        (Provider::Gcp, _) => 0,
        (_, 0) => i64::MAX,
        (_, limit) => i64::from(limit),
    };
    let table = qualified(request.schema, TAG_KEYS_TABLE);
    let mut transaction = database.begin().await?;
    let needed = ["uuid", "key", "enabled", "provider_type"].map(NeededColumn::any);
    TableShape::require(&mut transaction, request.schema, TAG_KEYS_TABLE, &needed).await?;
    let text = format!(
        "WITH new AS (
             SELECT key, row_number() OVER (ORDER BY key) AS place
             FROM (SELECT DISTINCT key FROM unnest($1::text[]) AS rows (key)) AS given
             WHERE NOT EXISTS (SELECT FROM {table} AS known WHERE known.key = given.key AND known.provider_type = $2)
         ), added AS (
             INSERT INTO {table} (uuid, key, enabled, provider_type)
             SELECT gen_random_uuid(), key, place <= $3 - (SELECT count(*) FROM {table} WHERE enabled), $2 FROM new
             ON CONFLICT DO NOTHING
             RETURNING enabled
         )
         SELECT count(*), count(*) FILTER (WHERE enabled) FROM added"
    );
    let query = sqlx::query_as::<_, (i64, i64)>(statement(text)).bind(keys).bind(provider).bind(limit);
    let (added, enabled) = query.fetch_one(&mut *transaction).await.map_err(Error::database(format!("write {table}")))?;
    commit(transaction, TAG_KEYS_TABLE).await?;
    Ok((added.unsigned_abs(), enabled.unsigned_abs()))
}

async fn add_categories(database: &Database, schema: &str, keys: &[String]) -> Result<u64> {
    let table = qualified(schema, CATEGORY_KEYS_TABLE);
    let mut transaction = database.begin().await?;
    let needed = ["uuid", "key", "enabled"].map(NeededColumn::any);
    TableShape::require(&mut transaction, schema, CATEGORY_KEYS_TABLE, &needed).await?;
    let text = format!(
        "INSERT INTO {table} (uuid, key, enabled)
         SELECT gen_random_uuid(), key, true FROM (SELECT DISTINCT key FROM unnest($1::text[]) AS rows (key)) AS given
         WHERE NOT EXISTS (SELECT FROM {table} AS known WHERE known.key = given.key)
         ON CONFLICT DO NOTHING"
    );
    let done = sqlx::query(statement(text)).bind(keys).execute(&mut *transaction).await;
    let done = done.map_err(Error::database(format!("write {table}")))?;
    commit(transaction, CATEGORY_KEYS_TABLE).await?;
    Ok(done.rows_affected())
}
