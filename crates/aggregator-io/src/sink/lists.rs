//! The nodes, volumes and projects of a cluster in koku's `reporting_ocp_nodes`, `_pvcs` and `_projects`.
//!
//! As koku keeps them: nothing is ever deleted, a known row is completed, an unknown one is added.
//! * A **node** is known by (node, resource id, capacity, cluster); so a changed capacity adds a row. When the known row lacks its
//!   role or its architecture, both are set.
//! * A **volume** is known by (volume, claim, cluster); its handle is set when it is empty.
//! * A **project** is known by (project, cluster).
//! * The **cluster** is the source's; its alias is kept current, and it is added when the source has none.
//!
//! # Differences from koku
//! * A capacity is compared as `numeric(18,2)`, as it is stored; koku compares it unrounded, and adds a node with a fractional
//!   capacity again and again.
//! * A row without a node, volume, claim or project is left out with a warning; koku logs an error or fails, since the columns
//!   take no null.
//! * Of several handles of one volume the least is taken that is not empty; koku takes the one that Trino happens to name first.
//! * Several clusters of one source are left; koku deletes those with another alias.

use aggregator_core::run::Run;
use aggregator_core::table::reference::{ARCHITECTURE, NODE, NODE_LIST, NODE_ROLE, PROJECT_LIST, RESOURCE_ID, VOLUME_LIST};
use aggregator_core::table::summary::{CSI_VOLUME_HANDLE, NAMESPACE, NODE_CAPACITY_CPU_CORES, PERSISTENTVOLUME, PERSISTENTVOLUMECLAIM};
use aggregator_core::table::{ColumnDef, Table, check_schema};
use aggregator_core::trino::Numeric;
use polars::prelude::DataFrame;
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::{self, Database, NeededColumn, TableShape, has_state, qualified, statement};
use crate::error::{Error, Result};

const CLUSTERS_TABLE: &str = "reporting_ocp_clusters";
const CLUSTER_COLUMNS: [NeededColumn; 4] =
    [NeededColumn::any("uuid"), NeededColumn::any("cluster_id"), NeededColumn::any("cluster_alias"), NeededColumn::any("provider_id")];
const NODE_COLUMNS: [NeededColumn; 7] = [
    NeededColumn::any("uuid"),
    NeededColumn::any("cluster_id"),
    NeededColumn::any("node"),
    NeededColumn::any("resource_id"),
    NeededColumn::any("node_capacity_cpu_cores"),
    NeededColumn::any("node_role"),
    NeededColumn::any("architecture"),
];
const VOLUME_COLUMNS: [NeededColumn; 5] = [
    NeededColumn::any("uuid"),
    NeededColumn::any("cluster_id"),
    NeededColumn::any("persistent_volume"),
    NeededColumn::any("persistent_volume_claim"),
    NeededColumn::any("csi_volume_handle"),
];
const PROJECT_COLUMNS: [NeededColumn; 3] = [NeededColumn::any("uuid"), NeededColumn::any("cluster_id"), NeededColumn::any("project")];

/// The lists of a cluster; what is `None` is not touched.
#[derive(Clone, Debug)]
pub struct ClusterLists {
    /// Rows of [`NODE_LIST`].
    pub nodes: Option<DataFrame>,
    /// Rows of [`VOLUME_LIST`].
    pub volumes: Option<DataFrame>,
    /// Rows of [`PROJECT_LIST`].
    pub projects: Option<DataFrame>,
}

/// What changed in one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Upserted {
    /// Rows that are new.
    pub added: u64,
    /// Rows that were completed.
    pub updated: u64,
}

/// What changed in each table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UpsertedLists {
    /// `reporting_ocp_nodes`.
    pub nodes: Upserted,
    /// `reporting_ocp_pvcs`.
    pub volumes: Upserted,
    /// `reporting_ocp_projects`.
    pub projects: Upserted,
}

/// Adds and completes the rows of `lists` for the cluster of `run`, all in one transaction.
///
/// # Errors
/// * [`Error::Schema`]: a frame is not its table.
/// * [`Error::Encode`]: a capacity that is no decimal number.
/// * [`Error::DatabaseSchema`]: a table or column of koku is not there.
/// * [`Error::NoReferenceRow`]: koku does not know the source.
/// * [`Error::Database`]: the database failed.
pub async fn upsert(database: &Database, schema: &str, run: &Run, lists: &ClusterLists) -> Result<UpsertedLists> {
    let mut transaction = database.begin().await?;
    for (table, columns, wanted) in [
        (CLUSTERS_TABLE, &CLUSTER_COLUMNS[..], true),
        (NODE_LIST.name, &NODE_COLUMNS[..], lists.nodes.is_some()),
        (VOLUME_LIST.name, &VOLUME_COLUMNS[..], lists.volumes.is_some()),
        (PROJECT_LIST.name, &PROJECT_COLUMNS[..], lists.projects.is_some()),
    ] {
        if wanted {
            TableShape::require(&mut transaction, schema, table, columns).await?;
        }
    }
    // Nodes have no unique key, so two runs at once could add the same one.
    let source = run.source.to_string();
    database::lock(&mut transaction, &[schema, &source, "lists"], database.lock_wait())
        .await
        .map_err(Error::database(format!("lock the lists of source `{source}`")))?;
    let cluster = cluster(&mut transaction, schema, run).await?;
    let mut upserted = UpsertedLists::default();
    if let Some(frame) = &lists.nodes {
        upserted.nodes = nodes(&mut transaction, schema, cluster, frame).await?;
    }
    if let Some(frame) = &lists.volumes {
        upserted.volumes = volumes(&mut transaction, schema, cluster, frame).await?;
    }
    if let Some(frame) = &lists.projects {
        upserted.projects = projects(&mut transaction, schema, cluster, frame).await?;
    }
    transaction.commit().await.map_err(Error::database(format!("commit the lists of source `{source}`")))?;
    Ok(upserted)
}

/// The key of the source's cluster. A source has one, whose id and alias can have changed; if it has several, the likest.
async fn cluster(connection: &mut PgConnection, schema: &str, run: &Run) -> Result<Uuid> {
    let table = qualified(schema, CLUSTERS_TABLE);
    let failed = |verb: &str| Error::database(format!("{verb} the cluster of source `{}` in {table}", run.source));
    let known: Option<(Uuid, Option<String>)> = sqlx::query_as(statement(format!(
        "SELECT uuid, cluster_alias FROM {table} WHERE provider_id = $1
         ORDER BY cluster_id = $2 DESC, cluster_alias IS NOT DISTINCT FROM $3 DESC, uuid LIMIT 1"
    )))
    .bind(run.source.0)
    .bind(&run.cluster_id.0)
    .bind(&run.cluster_alias)
    .fetch_optional(&mut *connection)
    .await
    .map_err(failed("find"))?;
    if let Some((cluster, alias)) = known {
        if run.cluster_alias.is_some() && alias != run.cluster_alias {
            sqlx::query(statement(format!("UPDATE {table} SET cluster_alias = $2 WHERE uuid = $1")))
                .bind(cluster)
                .bind(&run.cluster_alias)
                .execute(connection)
                .await
                .map_err(failed("rename"))?;
        }
        return Ok(cluster);
    }
    let added = sqlx::query_scalar(statement(format!(
        "INSERT INTO {table} (uuid, cluster_id, cluster_alias, provider_id) VALUES ($1, $2, $3, $4) RETURNING uuid"
    )))
    .bind(Uuid::new_v4())
    .bind(&run.cluster_id.0)
    .bind(&run.cluster_alias)
    .bind(run.source.0)
    .fetch_one(connection)
    .await;
    added.map_err(|error| {
        if has_state(&error, &["23503"]) {
            return Error::NoReferenceRow { what: format!("source `{}` in koku's list of providers of schema `{schema}`", run.source) };
        }
        failed("add")(error)
    })
}

async fn nodes(connection: &mut PgConnection, schema: &str, cluster: Uuid, frame: &DataFrame) -> Result<Upserted> {
    check_schema(frame.schema(), &NODE_LIST)?;
    let table = qualified(schema, NODE_LIST.name);
    let same = "given.node = known.node AND given.resource_id IS NOT DISTINCT FROM known.resource_id
                AND given.capacity IS NOT DISTINCT FROM known.node_capacity_cpu_cores";
    let text = format!(
        "WITH given AS (
             SELECT DISTINCT ON (node, resource_id, capacity) * FROM (
                 SELECT node, resource_id, capacity::numeric(18, 2) AS capacity, node_role, architecture
                 FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
                     AS rows (node, resource_id, capacity, node_role, architecture)
             ) AS rows
             WHERE node IS NOT NULL
             ORDER BY node, resource_id, capacity, node_role, architecture
         ), known AS (
             SELECT DISTINCT ON (node, resource_id, node_capacity_cpu_cores) *
             FROM {table} WHERE cluster_id = $1
             ORDER BY node, resource_id, node_capacity_cpu_cores, uuid
         ), updated AS (
             UPDATE {table} AS target SET node_role = given.node_role, architecture = given.architecture
             FROM known JOIN given ON {same}
             WHERE target.uuid = known.uuid
               AND (coalesce(known.node_role, '') = '' OR coalesce(known.architecture, '') = '')
               AND (known.node_role, known.architecture) IS DISTINCT FROM (given.node_role, given.architecture)
             RETURNING target.uuid
         ), added AS (
             INSERT INTO {table} (uuid, node, resource_id, node_capacity_cpu_cores, node_role, architecture, cluster_id)
             SELECT gen_random_uuid(), node, resource_id, capacity, node_role, architecture, $1 FROM given
             WHERE NOT EXISTS (SELECT FROM known WHERE {same})
             RETURNING uuid
         )
         SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM updated)"
    );
    let names = texts(frame, &NODE_LIST, &NODE)?;
    warn_of_nulls(&NODE_LIST, &NODE, names.iter().filter(|name| name.is_none()).count());
    let query = sqlx::query_as(statement(text))
        .bind(cluster)
        .bind(names)
        .bind(texts(frame, &NODE_LIST, &RESOURCE_ID)?)
        .bind(decimals(frame, &NODE_LIST, &NODE_CAPACITY_CPU_CORES)?)
        .bind(texts(frame, &NODE_LIST, &NODE_ROLE)?)
        .bind(texts(frame, &NODE_LIST, &ARCHITECTURE)?);
    counts(query.fetch_one(connection).await, &table)
}

async fn volumes(connection: &mut PgConnection, schema: &str, cluster: Uuid, frame: &DataFrame) -> Result<Upserted> {
    check_schema(frame.schema(), &VOLUME_LIST)?;
    let table = qualified(schema, VOLUME_LIST.name);
    let same = "given.persistent_volume = known.persistent_volume AND given.persistent_volume_claim = known.persistent_volume_claim";
    let text = format!(
        r#"WITH given AS (
             SELECT persistent_volume, persistent_volume_claim,
                    coalesce(min(nullif(csi_volume_handle, '') COLLATE "C"), min(csi_volume_handle COLLATE "C")) AS csi_volume_handle
             FROM unnest($2::text[], $3::text[], $4::text[]) AS rows (persistent_volume, persistent_volume_claim, csi_volume_handle)
             WHERE persistent_volume IS NOT NULL AND persistent_volume_claim IS NOT NULL
             GROUP BY persistent_volume, persistent_volume_claim
         ), known AS (
             SELECT * FROM {table} WHERE cluster_id = $1
         ), updated AS (
             UPDATE {table} AS target SET csi_volume_handle = given.csi_volume_handle
             FROM known JOIN given ON {same}
             WHERE target.uuid = known.uuid AND coalesce(known.csi_volume_handle, '') = ''
               AND known.csi_volume_handle IS DISTINCT FROM given.csi_volume_handle
             RETURNING target.uuid
         ), added AS (
             INSERT INTO {table} (uuid, persistent_volume, persistent_volume_claim, csi_volume_handle, cluster_id)
             SELECT gen_random_uuid(), persistent_volume, persistent_volume_claim, csi_volume_handle, $1 FROM given
             WHERE NOT EXISTS (SELECT FROM known WHERE {same})
             ON CONFLICT DO NOTHING
             RETURNING uuid
         )
         SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM updated)"#
    );
    let (volumes, claims) = (texts(frame, &VOLUME_LIST, &PERSISTENTVOLUME)?, texts(frame, &VOLUME_LIST, &PERSISTENTVOLUMECLAIM)?);
    let nulls = volumes.iter().zip(&claims).filter(|(volume, claim)| volume.is_none() || claim.is_none()).count();
    warn_of_nulls(&VOLUME_LIST, &PERSISTENTVOLUME, nulls);
    let handles = texts(frame, &VOLUME_LIST, &CSI_VOLUME_HANDLE)?;
    let query = sqlx::query_as(statement(text)).bind(cluster).bind(volumes).bind(claims).bind(handles);
    counts(query.fetch_one(connection).await, &table)
}

async fn projects(connection: &mut PgConnection, schema: &str, cluster: Uuid, frame: &DataFrame) -> Result<Upserted> {
    check_schema(frame.schema(), &PROJECT_LIST)?;
    let table = qualified(schema, PROJECT_LIST.name);
    let text = format!(
        "WITH added AS (
             INSERT INTO {table} (uuid, project, cluster_id)
             SELECT gen_random_uuid(), project, $1
             FROM (SELECT DISTINCT project FROM unnest($2::text[]) AS rows (project) WHERE project IS NOT NULL) AS given
             WHERE NOT EXISTS (SELECT FROM {table} AS known WHERE known.cluster_id = $1 AND known.project = given.project)
             ON CONFLICT DO NOTHING
             RETURNING uuid
         )
         SELECT (SELECT count(*) FROM added), 0::bigint"
    );
    let names = texts(frame, &PROJECT_LIST, &NAMESPACE)?;
    warn_of_nulls(&PROJECT_LIST, &NAMESPACE, names.iter().filter(|name| name.is_none()).count());
    let query = sqlx::query_as(statement(text)).bind(cluster).bind(names);
    counts(query.fetch_one(connection).await, &table)
}

fn counts(answer: Result<(i64, i64), sqlx::Error>, table: &str) -> Result<Upserted> {
    let (added, updated) = answer.map_err(Error::database(format!("write {table}")))?;
    Ok(Upserted { added: added.unsigned_abs(), updated: updated.unsigned_abs() })
}

fn warn_of_nulls(table: &Table, column: &ColumnDef, rows: usize) {
    if rows > 0 {
        tracing::warn!(table = table.name, column = column.name, rows, "left out rows whose key is null");
    }
}

fn texts(frame: &DataFrame, table: &Table, column: &ColumnDef) -> Result<Vec<Option<String>>> {
    let read = || Ok(frame.column(column.name)?.str()?.iter().map(|text| text.map(str::to_owned)).collect());
    read().map_err(|error: polars::prelude::PolarsError| encode_error(table, column, error.to_string()))
}

/// The numbers as decimal text, which PostgreSQL reads exactly.
fn decimals(frame: &DataFrame, table: &Table, column: &ColumnDef) -> Result<Vec<Option<String>>> {
    let values =
        frame.column(column.name).and_then(|values| values.f64()).map_err(|error| encode_error(table, column, error.to_string()))?;
    let decimal = |value: f64| {
        let numeric = Numeric::from_double(value).ok_or_else(|| encode_error(table, column, format!("{value} is no decimal number")))?;
        Ok(numeric.to_string())
    };
    values.iter().map(|value| value.map(decimal).transpose()).collect()
}

fn encode_error(table: &Table, column: &ColumnDef, reason: String) -> Error {
    Error::Encode { table: table.name, column: column.name, reason }
}
