//! What the extracts for subscriptions (SUBS) and for the committed spend (HCS) read besides line items.
//!
//! From koku's PostgreSQL, or from a JSON file whose fields are named as koku's columns (`docs/data-model.md` describes it).

use super::cloud_reference::{json_rows, parse};
use crate::database::{Database, NeededColumn, TableShape, qualified, statement};
use crate::error::{Error, Result};
use crate::retry::retry;
use aggregator_core::cloud::subs::ResourceWindow;
use aggregator_core::run::SourceUuid;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;
use std::path::Path;

/// The schema of what all tenants share.
const SHARED: &str = "public";

/// What the extract of subscriptions remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Subscriptions {
    /// Rows of `reporting_subs_id_map`.
    #[serde(default)]
    pub subs_ids: Vec<SubsId>,
    /// Rows of `reporting_subs_last_processed_time`.
    #[serde(default)]
    pub subs_last_processed: Vec<SubsLastProcessed>,
    /// Rows of `public.api_provider`; from a database none.
    #[serde(default)]
    pub providers: Vec<CreatedProvider>,
}

/// An account or subscription, and the source that reports it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SubsId {
    /// The source.
    pub source_uuid: String,
    /// The account or subscription.
    pub usage_id: Option<String>,
}

/// A resource that was extracted, and the source that it is of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SubsLastProcessed {
    /// The source.
    pub source_uuid: String,
    /// The resource.
    pub resource_id: Option<String>,
    /// Year, four digits.
    pub year: String,
    /// Month, two digits.
    pub month: String,
    /// Until when it was extracted.
    #[serde(default)]
    pub latest_processed_time: Option<DateTime<Utc>>,
}

/// When a source was added to koku.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CreatedProvider {
    /// The source.
    pub uuid: String,
    /// When it was added.
    #[serde(default)]
    pub created_timestamp: Option<DateTime<Utc>>,
}

/// The customer of a tenant, who is named in the extract of the committed spend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customer {
    /// The account number.
    pub account_id: Option<String>,
    /// The organisation's id.
    pub org_id: Option<String>,
}

impl Subscriptions {
    /// Reads it from a JSON file.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Reference`].
    pub async fn from_json_file(path: &Path) -> Result<Self> {
        parse(path).await
    }

    /// Reads it from koku's database.
    ///
    /// # Errors
    /// * [`Error::DatabaseSchema`]: a table or column of koku is not there.
    /// * [`Error::Database`]: the database failed.
    pub async fn from_postgres(database: &Database, schema: &str) -> Result<Self> {
        retry(|| async {
            let mut transaction = database.snapshot().await?;
            let subs_ids = json_rows(&mut transaction, schema, "reporting_subs_id_map", &["source_uuid", "usage_id"]).await?;
            let columns = ["source_uuid", "resource_id", "year", "month", "latest_processed_time"];
            let processed = json_rows(&mut transaction, schema, "reporting_subs_last_processed_time", &columns).await?;
            Ok(Self { subs_ids, subs_last_processed: processed, providers: Vec::new() })
        })
        .await
    }

    /// When `source` was added to koku, by the reference file.
    pub fn created(&self, source: SourceUuid) -> Option<DateTime<Utc>> {
        let id = source.to_string();
        self.providers.iter().find(|provider| provider.uuid == id).and_then(|provider| provider.created_timestamp)
    }
}

/// Resources with the times for which their line items are wanted: `[{"rid", "start", "end"}]`, an offset counts for nothing, as in koku's
/// own query.
///
/// # Errors
/// [`Error::File`], [`Error::Reference`].
pub async fn resource_windows(path: &Path) -> Result<Vec<ResourceWindow>> {
    #[derive(Deserialize)]
    struct Row {
        rid: String,
        start: String,
        end: String,
    }
    let time = |text: &str| {
        let naive = text.parse::<NaiveDateTime>().or_else(|_| DateTime::parse_from_rfc3339(text).map(|time| time.naive_local()));
        naive.map_err(|error| Error::Reference { path: path.display().to_string(), reason: format!("{text:?} is no time: {error}") })
    };
    let rows: Vec<Row> = parse(path).await?;
    rows.into_iter().map(|row| Ok(ResourceWindow { rid: row.rid, start: time(&row.start)?, end: time(&row.end)? })).collect()
}

/// When `source` was added to koku.
///
/// # Errors
/// * [`Error::NoReferenceRow`]: koku does not know the source, or not when it was added.
/// * [`Error::DatabaseSchema`]: the table or a column of it is not there.
/// * [`Error::Database`]: the database failed.
pub async fn provider_created(database: &Database, source: SourceUuid) -> Result<DateTime<Utc>> {
    let table = "api_provider";
    let created: Option<Option<DateTime<Utc>>> = retry(|| async {
        let mut transaction = database.snapshot().await?;
        TableShape::require(&mut transaction, SHARED, table, &["uuid", "created_timestamp"].map(NeededColumn::any)).await?;
        let table = qualified(SHARED, table);
        sqlx::query_scalar(statement(format!("SELECT created_timestamp FROM {table} WHERE uuid = $1")))
            .bind(source.0)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(Error::database(format!("read {table}")))
    })
    .await?;
    created.flatten().ok_or_else(|| Error::NoReferenceRow { what: format!("creation of source `{source}` in koku's database") })
}

impl Customer {
    /// The customer of the tenant `schema` in koku's database.
    ///
    /// # Errors
    /// * [`Error::NoReferenceRow`]: koku knows no such customer.
    /// * [`Error::DatabaseSchema`]: the table or a column of it is not there.
    /// * [`Error::Database`]: the database failed.
    pub async fn from_postgres(database: &Database, schema: &str) -> Result<Self> {
        let table = "api_customer";
        let found: Option<(Option<String>, Option<String>)> = retry(|| async {
            let mut transaction = database.snapshot().await?;
            let needed = ["account_id", "org_id", "schema_name"].map(NeededColumn::any);
            TableShape::require(&mut transaction, SHARED, table, &needed).await?;
            let table = qualified(SHARED, table);
            let text = format!("SELECT account_id::text, org_id::text FROM {table} WHERE schema_name = $1");
            let query = sqlx::query_as(statement(text)).bind(schema);
            query.fetch_optional(&mut *transaction).await.map_err(Error::database(format!("read {table}")))
        })
        .await?;
        let (account_id, org_id) =
            found.ok_or_else(|| Error::NoReferenceRow { what: format!("customer of `{schema}` in koku's database") })?;
        Ok(Self { account_id, org_id })
    }
}
