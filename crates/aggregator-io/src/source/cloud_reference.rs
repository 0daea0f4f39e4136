//! What the cloud statements read besides line items: enabled tag keys, accounts, organisational units, providers; and the bill.
//!
//! From koku's PostgreSQL, or from a JSON file whose fields are named as koku's columns (`docs/data-model.md` describes it).

use aggregator_core::cloud::Provider;
use aggregator_core::labels::EnabledTagKeys;
use aggregator_core::run::SourceUuid;
use aggregator_core::table::cloud_reference::{AWS_ACCOUNT_ALIASES, AWS_ORGANIZATIONAL_UNITS};
use aggregator_core::table::{Kind, Table};
use chrono::{Datelike, Months, NaiveDate, NaiveTime};
use polars::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value};
use sqlx::PgConnection;
use std::path::Path;

use crate::database::{Database, NeededColumn, TableShape, qualified, statement};
use crate::error::{Error, Result};
use crate::retry::retry;

const ENABLED_TAG_KEYS_TABLE: &str = "reporting_enabledtagkeys";

/// The reference data of a tenant, for one cloud.
#[derive(Clone, Debug)]
pub struct CloudReference {
    /// The tag keys of this cloud that the tenant enabled.
    pub enabled_tag_keys: EnabledTagKeys,
    /// Rows of [`AWS_ACCOUNT_ALIASES`]; none for another cloud.
    pub account_aliases: DataFrame,
    /// Rows of [`AWS_ORGANIZATIONAL_UNITS`]; none for another cloud.
    pub organizational_units: DataFrame,
}

/// Providers of a tenant and of all tenants, for the infrastructure map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Providers {
    /// Rows of the tenant's `reporting_tenant_api_provider`.
    pub tenant_providers: Vec<TenantProvider>,
    /// Rows of `public.api_provider`.
    pub providers: Vec<AnyProvider>,
    /// Rows of `public.api_providerinfrastructuremap`.
    pub infrastructure_map: Vec<Infrastructure>,
}

/// A provider of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TenantProvider {
    /// Its UUID.
    pub uuid: String,
    /// `OCP`, `AWS`, `AWS-local`, …
    #[serde(rename = "type")]
    pub kind: String,
}

/// A provider of any tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AnyProvider {
    /// Its UUID.
    pub uuid: String,
    /// `OCP`, `AWS`, `AWS-local`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Of a cluster: the row of the infrastructure map that says where it runs.
    pub infrastructure_id: Option<i32>,
}

/// Where clusters run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Infrastructure {
    /// What [`AnyProvider::infrastructure_id`] refers to.
    pub id: i32,
    /// The cloud source.
    pub infrastructure_provider_id: Option<String>,
    /// Its type.
    pub infrastructure_type: String,
}

#[derive(Deserialize)]
struct File {
    enabled_tag_keys: Vec<TagKey>,
    #[serde(default)]
    account_aliases: Vec<Map<String, Value>>,
    #[serde(default)]
    organizational_units: Vec<Map<String, Value>>,
}

#[derive(Deserialize)]
struct TagKey {
    key: String,
    enabled: bool,
    provider_type: String,
}

impl CloudReference {
    /// Reads the reference data of the cloud that koku calls `provider_type` (`AWS`, `Azure`, `GCP`) from a JSON file.
    ///
    /// # Errors
    /// * [`Error::File`]: the file cannot be read.
    /// * [`Error::Reference`]: it is no JSON, or a field is missing or has another type.
    pub async fn from_json_file(path: &Path, provider_type: &str) -> Result<Self> {
        let bytes = read(path).await?;
        Self::from_json(&path.display().to_string(), &bytes, provider_type)
    }

    /// As [`CloudReference::from_json_file`], from the text of a file; `name` says in errors where it is from.
    ///
    /// ```
    /// use aggregator_io::source::cloud_reference::CloudReference;
    /// let text = br#"{"enabled_tag_keys": [{"key": "app", "enabled": true, "provider_type": "AWS"},
    ///                                      {"key": "env", "enabled": true, "provider_type": "GCP"}],
    ///                 "account_aliases": [{"id": 1, "account_id": "000000000042"}]}"#;
    /// let reference = CloudReference::from_json("reference.json", text, "AWS")?;
    /// assert_eq!(reference.enabled_tag_keys, ["app"].into());
    /// assert_eq!((reference.account_aliases.height(), reference.organizational_units.height()), (1, 0));
    /// # Ok::<(), aggregator_io::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Reference`].
    pub fn from_json(name: &str, bytes: &[u8], provider_type: &str) -> Result<Self> {
        let bad = |reason: String| Error::Reference { path: name.into(), reason };
        let file: File = serde_json::from_slice(bytes).map_err(|error| bad(error.to_string()))?;
        let keys = file.enabled_tag_keys.into_iter().filter(|key| key.enabled && key.provider_type == provider_type).map(|key| key.key);
        Ok(Self {
            enabled_tag_keys: keys.collect::<Vec<_>>().into(),
            account_aliases: frame(&AWS_ACCOUNT_ALIASES, &file.account_aliases).map_err(bad)?,
            organizational_units: frame(&AWS_ORGANIZATIONAL_UNITS, &file.organizational_units).map_err(bad)?,
        })
    }

    /// Reads the reference data of the tenant `schema`, all as of one moment.
    ///
    /// # Errors
    /// * [`Error::DatabaseSchema`]: a table or column of koku is not there.
    /// * [`Error::Database`]: the database failed.
    pub async fn from_postgres(database: &Database, schema: &str, provider_type: &str) -> Result<Self> {
        retry(|| async {
            let mut transaction = database.snapshot().await?;
            let keys = enabled_tag_keys(&mut transaction, schema, provider_type).await?;
            let mut reference = Self::embedded(keys.into());
            if provider_type == "AWS" {
                reference.account_aliases = table_rows(&mut transaction, schema, &AWS_ACCOUNT_ALIASES).await?;
                reference.organizational_units = table_rows(&mut transaction, schema, &AWS_ORGANIZATIONAL_UNITS).await?;
            }
            Ok(reference)
        })
        .await
    }

    /// The reference data of a tenant without koku: these tag keys, and nothing known of accounts.
    pub fn embedded(enabled_tag_keys: EnabledTagKeys) -> Self {
        Self {
            enabled_tag_keys,
            account_aliases: DataFrame::empty_with_schema(&AWS_ACCOUNT_ALIASES.schema()),
            organizational_units: DataFrame::empty_with_schema(&AWS_ORGANIZATIONAL_UNITS.schema()),
        }
    }
}

impl Providers {
    /// Reads them from a JSON file.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Reference`].
    pub async fn from_json_file(path: &Path) -> Result<Self> {
        parse(path).await
    }

    /// Reads them from koku's database, all as of one moment.
    ///
    /// # Errors
    /// * [`Error::DatabaseSchema`]: a table or column of koku is not there.
    /// * [`Error::Database`]: the database failed.
    pub async fn from_postgres(database: &Database, schema: &str) -> Result<Self> {
        retry(|| async {
            let mut transaction = database.snapshot().await?;
            Ok(Self {
                tenant_providers: json_rows(&mut transaction, schema, "reporting_tenant_api_provider", &["uuid", "type"]).await?,
                providers: json_rows(&mut transaction, "public", "api_provider", &["uuid", "type", "infrastructure_id"]).await?,
                infrastructure_map: json_rows(
                    &mut transaction,
                    "public",
                    "api_providerinfrastructuremap",
                    &["id", "infrastructure_provider_id", "infrastructure_type"],
                )
                .await?,
            })
        })
        .await
    }
}

async fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |source| Error::File { action: "read", path: path.display().to_string(), source };
    tokio::fs::read(path).await.map_err(failed)
}

pub(super) async fn parse<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let bad = |error: serde_json::Error| Error::Reference { path: path.display().to_string(), reason: error.to_string() };
    serde_json::from_slice(&read(path).await?).map_err(bad)
}

/// JSON objects as rows of `table`; a field that is not there is null.
fn frame(table: &Table, rows: &[Map<String, Value>]) -> Result<DataFrame, String> {
    let mut columns = Vec::with_capacity(table.columns.len());
    for column in table.columns {
        let values = rows.iter().map(|row| row.get(column.name).filter(|value| !value.is_null()));
        let wrong = |value: &Value| format!("`{}` of `{}` is {value}", column.name, table.name);
        let series = match column.kind {
            Kind::Integer => {
                let number = |value: &Value| value.as_i64().and_then(|number| i32::try_from(number).ok()).ok_or_else(|| wrong(value));
                let numbers = values.map(|value| value.map(number).transpose()).collect::<Result<Vec<_>, _>>()?;
                Series::new(column.name.into(), numbers)
            }
            Kind::Date => {
                let day = |value: &Value| value.as_str().and_then(|text| text.parse::<NaiveDate>().ok()).ok_or_else(|| wrong(value));
                let days = values.map(|value| value.map(day).transpose()).collect::<Result<Vec<_>, _>>()?;
                let days: Vec<_> = days.into_iter().map(|day| day.map(|day| day.to_epoch_days())).collect();
                Series::new(column.name.into(), days).cast(&DataType::Date).map_err(|error| error.to_string())?
            }
            _ => {
                let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| wrong(value));
                let texts = values.map(|value| value.map(text).transpose()).collect::<Result<Vec<_>, _>>()?;
                Series::new(column.name.into(), texts)
            }
        };
        columns.push(Column::from(series));
    }
    DataFrame::new(rows.len(), columns).map_err(|error| error.to_string())
}

async fn enabled_tag_keys(connection: &mut PgConnection, schema: &str, provider_type: &str) -> Result<Vec<String>> {
    let needed = ["key", "enabled", "provider_type"].map(NeededColumn::any);
    TableShape::require(connection, schema, ENABLED_TAG_KEYS_TABLE, &needed).await?;
    let table = qualified(schema, ENABLED_TAG_KEYS_TABLE);
    let text = format!(r#"SELECT key FROM {table} WHERE enabled AND provider_type = $1 ORDER BY key COLLATE "C""#);
    let query = sqlx::query_scalar(statement(text)).bind(provider_type);
    query.fetch_all(connection).await.map_err(Error::database(format!("read {table}")))
}

/// The rows of a table of koku that is declared in the core.
async fn table_rows(connection: &mut PgConnection, schema: &str, table: &Table) -> Result<DataFrame> {
    let columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
    let rows: Vec<Map<String, Value>> = json_rows(connection, schema, table.name, &columns).await?;
    let failed = |reason: String| Error::Reference { path: qualified(schema, table.name), reason };
    frame(table, &rows).map_err(failed)
}

/// Rows of a small table, by the names of their columns.
pub(super) async fn json_rows<T: serde::de::DeserializeOwned>(
    connection: &mut PgConnection,
    schema: &str,
    table: &str,
    columns: &[&'static str],
) -> Result<Vec<T>> {
    let needed: Vec<_> = columns.iter().copied().map(NeededColumn::any).collect();
    TableShape::require(connection, schema, table, &needed).await?;
    let table = qualified(schema, table);
    let text = format!("SELECT to_jsonb(t) FROM (SELECT {} FROM {table}) t", columns.join(", "));
    let rows: Vec<Value> =
        sqlx::query_scalar(statement(text)).fetch_all(connection).await.map_err(Error::database(format!("read {table}")))?;
    let bad = |error: serde_json::Error| Error::Reference { path: table.clone(), reason: error.to_string() };
    rows.into_iter().map(|row| serde_json::from_value(row).map_err(bad)).collect()
}

/// The key of the bill of `source` for the month of `day`.
///
/// # Errors
/// * [`Error::NoReferenceRow`]: koku has no bill of this source and month.
/// * [`Error::DatabaseSchema`]: the table or a column of it is not there.
/// * [`Error::Database`]: the database failed.
pub async fn bill_id(database: &Database, schema: &str, provider: Provider, source: SourceUuid, day: NaiveDate) -> Result<i32> {
    let month = day.with_day(1).unwrap_or(day);
    let table = format!("reporting_{}costentrybill", provider.cloud().name().to_lowercase());
    let id = retry(|| find_bill(database, schema, &table, source, month)).await?;
    id.ok_or_else(|| Error::NoReferenceRow {
        what: format!("bill of source `{source}`, month {} in `{schema}.{table}`", month.format("%Y-%m")),
    })
}

async fn find_bill(database: &Database, schema: &str, table: &str, source: SourceUuid, month: NaiveDate) -> Result<Option<i32>> {
    let mut transaction = database.snapshot().await?;
    let needed = ["id", "provider_id", "billing_period_start"].map(NeededColumn::any);
    TableShape::require(&mut transaction, schema, table, &needed).await?;
    let next = month.checked_add_months(Months::new(1)).unwrap_or(month);
    let table = qualified(schema, table);
    let text = format!(
        "SELECT id::int4 FROM {table} WHERE provider_id = $1 AND billing_period_start >= $2 AND billing_period_start < $3 ORDER BY id LIMIT 1"
    );
    sqlx::query_scalar(statement(text))
        .bind(source.0)
        .bind(month.and_time(NaiveTime::MIN).and_utc())
        .bind(next.and_time(NaiveTime::MIN).and_utc())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(Error::database(format!("read {table}")))
}

/// The markup of the cost model of `source`, in percent, as koku holds it; `None` if it has none.
///
/// # Errors
/// [`Error::Database`]: the database failed.
pub async fn markup_percent(database: &Database, schema: &str, source: SourceUuid) -> Result<Option<String>> {
    retry(|| async {
        let mut transaction = database.snapshot().await?;
        for (table, columns) in [("cost_model", ["uuid", "markup"]), ("cost_model_map", ["cost_model_id", "provider_uuid"])] {
            TableShape::require(&mut transaction, schema, table, &columns.map(NeededColumn::any)).await?;
        }
        let (models, map) = (qualified(schema, "cost_model"), qualified(schema, "cost_model_map"));
        let text = format!(
            "SELECT model.markup->>'value' FROM {models} model JOIN {map} map ON map.cost_model_id = model.uuid
             WHERE map.provider_uuid = $1 ORDER BY model.uuid LIMIT 1"
        );
        let found: Option<Option<String>> = sqlx::query_scalar(statement(text))
            .bind(source.0)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(Error::database(format!("read {models}")))?;
        Ok(found.flatten())
    })
    .await
}
