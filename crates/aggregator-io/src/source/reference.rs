//! What the daily summary reads besides line items: enabled tag keys, cost categories, nodes; and the report period.

use aggregator_core::labels::EnabledTagKeys;
use aggregator_core::run::{ClusterId, SourceUuid};
use aggregator_core::table::check_schema;
use aggregator_core::table::reference::{COST_CATEGORIES, COST_CATEGORY_ID, NAMESPACE_PATTERN, NODE, NODE_ROLE, NODES, RESOURCE_ID};
use chrono::{Datelike, Months, NaiveDate, NaiveTime};
use polars::prelude::{Column, DataFrame, NamedFrom, Series};
use serde::{Deserialize, Deserializer};
use sqlx::PgConnection;
use std::path::Path;

use crate::database::{Database, NeededColumn, TableShape, qualified, statement};
use crate::error::{Error, Result};
use crate::retry::retry;

const ENABLED_TAG_KEYS_TABLE: &str = "reporting_enabledtagkeys";
const REPORT_PERIODS_TABLE: &str = "reporting_ocpusagereportperiod";

/// The reference data of a tenant. Nulls are kept: the SQL gives them a meaning.
#[derive(Clone, Debug)]
pub struct ReferenceData {
    /// The OpenShift tag keys that the tenant enabled.
    pub enabled_tag_keys: EnabledTagKeys,
    /// Rows of [`COST_CATEGORIES`].
    pub cost_categories: DataFrame,
    /// Rows of [`NODES`], of all clusters.
    pub nodes: DataFrame,
}

impl ReferenceData {
    /// Reads a `reference.json`.
    ///
    /// # Errors
    /// * [`Error::File`]: the file cannot be read.
    /// * [`Error::Reference`]: see [`ReferenceData::from_json`].
    pub async fn from_json_file(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let bytes = tokio::fs::read(path).await.map_err(|source| Error::File { action: "read", path: name.clone(), source })?;
        Self::from_json(&name, &bytes)
    }

    /// The reference data in the text of a `reference.json`; `name` says in errors where it is from.
    ///
    /// A field that is not known is ignored. A field that is known must be there; where it may be null, null is written out, so
    /// that a misspelt name does not read as null.
    ///
    /// ```
    /// use aggregator_io::source::reference::ReferenceData;
    /// let reference = ReferenceData::from_json(
    ///     "reference.json",
    ///     br#"{
    ///         "enabled_keys": ["app"],
    ///         "cost_categories": [{"namespace": "kube-%", "cost_category_id": 1}],
    ///         "nodes": [{"node": "node-1", "resource_id": null, "node_role": "worker"}]
    ///     }"#,
    /// )?;
    /// assert_eq!(reference.enabled_tag_keys, ["app"].into());
    /// assert_eq!(reference.nodes.height(), 1);
    /// # Ok::<(), aggregator_io::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Reference`]: no JSON, or a field is missing or has another type.
    pub fn from_json(name: &str, bytes: &[u8]) -> Result<Self> {
        let bad = |reason: String| Error::Reference { path: name.into(), reason };
        let file: File = serde_json::from_slice(bytes).map_err(|error| bad(error.to_string()))?;
        let categories = file.cost_categories.into_iter().map(|row| (row.namespace, row.cost_category_id)).collect();
        let nodes = file.nodes.into_iter().map(|row| (row.node, row.resource_id, row.node_role)).collect();
        Self::from_rows(file.enabled_keys, categories, nodes).map_err(|error| bad(error.to_string()))
    }

    /// Reads the reference data of the tenant `schema`, all as of one moment.
    ///
    /// # Errors
    /// * [`Error::DatabaseSchema`]: a table or column of koku is not there.
    /// * [`Error::Database`]: the database failed.
    pub async fn from_postgres(database: &Database, schema: &str) -> Result<Self> {
        retry(|| async {
            let mut transaction = database.snapshot().await?;
            let keys = enabled_tag_keys(&mut transaction, schema).await?;
            let categories = cost_categories(&mut transaction, schema).await?;
            let nodes = nodes(&mut transaction, schema).await?;
            Self::from_rows(keys, categories, nodes).map_err(|source| Error::Plan { what: "the reference data", source })
        })
        .await
    }

    fn from_rows(enabled_tag_keys: Vec<String>, categories: Vec<CategoryRow>, nodes: Vec<NodeRow>) -> polars::prelude::PolarsResult<Self> {
        let (patterns, ids): (Vec<_>, Vec<_>) = categories.into_iter().unzip();
        let cost_categories =
            frame(vec![Series::new(NAMESPACE_PATTERN.name.into(), patterns), Series::new(COST_CATEGORY_ID.name.into(), ids)])?;
        let mut names = Vec::with_capacity(nodes.len());
        let mut resource_ids = Vec::with_capacity(nodes.len());
        let mut roles = Vec::with_capacity(nodes.len());
        for (name, resource_id, role) in nodes {
            names.push(name);
            resource_ids.push(resource_id);
            roles.push(role);
        }
        let nodes = frame(vec![
            Series::new(NODE.name.into(), names),
            Series::new(RESOURCE_ID.name.into(), resource_ids),
            Series::new(NODE_ROLE.name.into(), roles),
        ])?;
        Ok(Self { enabled_tag_keys: enabled_tag_keys.into(), cost_categories, nodes })
    }

    /// The reference data of a tenant without koku: the keys as given, a new tenant's cost categories, and `nodes` as a list of nodes
    /// found them in the line items ([`NODE_LIST`](aggregator_core::table::reference::NODE_LIST)).
    ///
    /// A new tenant of koku has one cost category, “Platform”, whose id is 1. Four patterns of namespaces belong to it: everything
    /// that begins with `openshift-` or with `kube-`, and the names `openshift` and `Platform unallocated`. They exclude each other,
    /// so no row is doubled by the join.
    ///
    /// # Errors
    /// [`Error::Schema`]: `nodes` lacks a column of [`NODES`].
    pub fn embedded(enabled_tag_keys: EnabledTagKeys, nodes: &DataFrame) -> Result<Self> {
        check_schema(nodes.schema(), &NODES)?;
        let rows = || {
            let categories = PLATFORM_NAMESPACES.map(|pattern| (Some(pattern.to_owned()), Some(PLATFORM_COST_CATEGORY)));
            let Self { cost_categories, .. } = Self::from_rows(Vec::new(), categories.into(), Vec::new())?;
            let nodes = nodes.select(NODES.columns.iter().map(|column| column.name))?;
            Ok(Self { enabled_tag_keys, cost_categories, nodes })
        };
        rows().map_err(|source| Error::Plan { what: "the reference data", source })
    }
}

/// Tag keys from a text file: one a line; blanks around a key do not count, nor do empty lines.
///
/// # Errors
/// * [`Error::File`]: the file cannot be read.
/// * [`Error::Reference`]: it is no text.
pub async fn tag_keys_from_file(path: &Path) -> Result<EnabledTagKeys> {
    let name = path.display().to_string();
    let bytes = tokio::fs::read(path).await.map_err(|source| Error::File { action: "read", path: name.clone(), source })?;
    let text = std::str::from_utf8(&bytes).map_err(|error| Error::Reference { path: name, reason: error.to_string() })?;
    Ok(text.lines().map(str::trim).filter(|key| !key.is_empty()).into())
}

/// The patterns of the cost category “Platform” of a new tenant; `%` stands for any text.
const PLATFORM_NAMESPACES: [&str; 4] = ["openshift-%", "kube-%", "Platform unallocated", "openshift"];
/// Its id: it is the first row of its table.
const PLATFORM_COST_CATEGORY: i32 = 1;

/// Pattern of namespaces, cost category.
type CategoryRow = (Option<String>, Option<i32>);
/// Node, resource id, role.
type NodeRow = (Option<String>, Option<String>, Option<String>);

fn frame(columns: Vec<Series>) -> polars::prelude::PolarsResult<DataFrame> {
    DataFrame::new_infer_height(columns.into_iter().map(Column::from).collect())
}

#[derive(Deserialize)]
struct File {
    enabled_keys: Vec<String>,
    cost_categories: Vec<FileCategory>,
    nodes: Vec<FileNode>,
}

#[derive(Deserialize)]
struct FileCategory {
    #[serde(deserialize_with = "value_or_null")]
    namespace: Option<String>,
    #[serde(deserialize_with = "value_or_null")]
    cost_category_id: Option<i32>,
}

#[derive(Deserialize)]
struct FileNode {
    #[serde(deserialize_with = "value_or_null")]
    node: Option<String>,
    #[serde(deserialize_with = "value_or_null")]
    resource_id: Option<String>,
    #[serde(deserialize_with = "value_or_null")]
    node_role: Option<String>,
}

/// Named as a deserializer, so that serde does not take a missing field for null.
fn value_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

async fn enabled_tag_keys(connection: &mut PgConnection, schema: &str) -> Result<Vec<String>> {
    let table = ENABLED_TAG_KEYS_TABLE;
    let needed = ["key", "enabled", "provider_type"].map(NeededColumn::any);
    TableShape::require(connection, schema, table, &needed).await?;
    let table = qualified(schema, table);
    let text = format!(r#"SELECT key FROM {table} WHERE enabled AND provider_type = 'OCP' ORDER BY key COLLATE "C""#);
    sqlx::query_scalar(statement(text)).fetch_all(connection).await.map_err(Error::database(format!("read {table}")))
}

async fn cost_categories(connection: &mut PgConnection, schema: &str) -> Result<Vec<CategoryRow>> {
    let table = COST_CATEGORIES.name;
    let needed = ["namespace", "cost_category_id"].map(NeededColumn::any);
    TableShape::require(connection, schema, table, &needed).await?;
    let table = qualified(schema, table);
    let text = format!("SELECT namespace::text, cost_category_id::int4 FROM {table}");
    sqlx::query_as(statement(text)).fetch_all(connection).await.map_err(Error::database(format!("read {table}")))
}

async fn nodes(connection: &mut PgConnection, schema: &str) -> Result<Vec<NodeRow>> {
    let table = NODES.name;
    let needed = ["node", "resource_id", "node_role"].map(NeededColumn::any);
    TableShape::require(connection, schema, table, &needed).await?;
    let table = qualified(schema, table);
    let text = format!("SELECT node::text, resource_id::text, node_role::text FROM {table}");
    sqlx::query_as(statement(text)).fetch_all(connection).await.map_err(Error::database(format!("read {table}")))
}

/// The key of the report period of `cluster_id` for the month of `day`, a day of that month.
///
/// # Errors
/// * [`Error::NoReferenceRow`]: koku has no report period of this source, cluster and month.
/// * [`Error::DatabaseSchema`]: the table or a column of it is not there.
/// * [`Error::Database`]: the database failed.
pub async fn report_period_id(
    database: &Database,
    schema: &str,
    source: SourceUuid,
    cluster_id: &ClusterId,
    day: NaiveDate,
) -> Result<i32> {
    let month = day.with_day(1).unwrap_or(day);
    let id = retry(|| find_report_period(database, schema, source, cluster_id, month)).await?;
    id.ok_or_else(|| Error::NoReferenceRow {
        what: format!(
            "report period of source `{source}`, cluster `{}`, month {} in `{schema}.{REPORT_PERIODS_TABLE}`",
            cluster_id.0,
            month.format("%Y-%m")
        ),
    })
}

async fn find_report_period(
    database: &Database,
    schema: &str,
    source: SourceUuid,
    cluster_id: &ClusterId,
    month: NaiveDate,
) -> Result<Option<i32>> {
    let mut transaction = database.snapshot().await?;
    let needed = ["id", "provider_id", "cluster_id", "report_period_start"].map(NeededColumn::any);
    TableShape::require(&mut transaction, schema, REPORT_PERIODS_TABLE, &needed).await?;
    let next = month.checked_add_months(Months::new(1)).unwrap_or(month);
    let table = qualified(schema, REPORT_PERIODS_TABLE);
    let text = format!(
        "SELECT id::int4 FROM {table}
         WHERE provider_id = $1 AND cluster_id = $2 AND report_period_start >= $3 AND report_period_start < $4
         ORDER BY report_period_start, id LIMIT 1"
    );
    sqlx::query_scalar(statement(text))
        .bind(source.0)
        .bind(&cluster_id.0)
        .bind(month.and_time(NaiveTime::MIN).and_utc())
        .bind(next.and_time(NaiveTime::MIN).and_utc())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(Error::database(format!("read {table}")))
}
