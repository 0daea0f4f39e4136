//! A tenant in a real PostgreSQL: koku's tables, reference data, report periods.

use std::path::Path;

use crate::cluster::{Cluster, Layout, TestDatabase};
use crate::program::TABLE;
use crate::tiny::{CLUSTER, SCHEMA, SOURCE};

/// The only cluster that koku knows; the nodes of all clusters of a tenant count.
const CLUSTER_UUID: &str = "00000000-0000-4000-8000-00000000c1a5";

#[derive(serde::Deserialize)]
struct Reference {
    enabled_keys: Vec<String>,
    #[serde(default)]
    disabled_keys: Vec<String>,
    cost_categories: Vec<Category>,
    nodes: Vec<NodeRow>,
}

#[derive(serde::Deserialize)]
struct Category {
    namespace: Option<String>,
    cost_category_id: Option<i32>,
}

#[derive(serde::Deserialize)]
struct NodeRow {
    node: Option<String>,
    resource_id: Option<String>,
    node_role: Option<String>,
}

/// `text` as a literal of SQL, whatever is in it.
pub(crate) fn literal(text: Option<&str>) -> String {
    text.map_or_else(|| "NULL".to_owned(), |text| format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''")))
}

/// A database with `schema` and the reference data of a `reference.json`.
pub(crate) async fn create(schema: &str, layout: Layout, reference: &Path) -> TestDatabase {
    let database = Cluster::shared().create_database().await;
    database.create_tenant(schema, layout).await;
    // The oracle asks what koku's own constraints would not let in.
    database
        .execute(format!(
            "ALTER TABLE {schema}.reporting_ocp_cost_category_namespace ALTER namespace DROP NOT NULL,
                 DROP CONSTRAINT reporting_ocp_cost_category_namespace_namespace_key;
             ALTER TABLE {schema}.reporting_ocp_nodes ALTER node DROP NOT NULL;
             ALTER TABLE {schema}.reporting_enabledtagkeys ALTER key TYPE text;
             ALTER TABLE {schema}.reporting_ocpusagereportperiod ALTER cluster_id TYPE text, ALTER cluster_alias TYPE text;
             INSERT INTO {schema}.reporting_tenant_api_provider (uuid, name) VALUES ('{CLUSTER_UUID}', 'any');
             INSERT INTO {schema}.reporting_ocp_clusters (uuid, cluster_id, provider_id) VALUES ('{CLUSTER_UUID}', 'any', '{CLUSTER_UUID}')"
        ))
        .await;
    let reference: Reference = serde_json::from_slice(&std::fs::read(reference).expect("a file of ours")).expect("reference data");
    for (keys, enabled) in [(&reference.enabled_keys, true), (&reference.disabled_keys, false)] {
        for key in keys {
            let key = literal(Some(key));
            let insert =
                format!("INSERT INTO {schema}.reporting_enabledtagkeys (key, enabled, provider_type) VALUES ({key}, {enabled}, 'OCP')");
            database.execute(insert).await;
        }
    }
    // Keys of other providers and disabled ones must not count.
    database
        .execute(format!("INSERT INTO {schema}.reporting_enabledtagkeys (key, enabled, provider_type) VALUES ('disabled-by-test', false, 'OCP'), ('of-aws', true, 'AWS')"))
        .await;
    for category in &reference.cost_categories {
        let (namespace, id) =
            (literal(category.namespace.as_deref()), category.cost_category_id.map_or("NULL".to_owned(), |id| id.to_string()));
        let insert =
            format!("INSERT INTO {schema}.reporting_ocp_cost_category_namespace (namespace, cost_category_id) VALUES ({namespace}, {id})");
        database.execute(insert).await;
    }
    for node in &reference.nodes {
        let [name, resource_id, role] = [&node.node, &node.resource_id, &node.node_role].map(|text| literal(text.as_deref()));
        let insert = format!(
            "INSERT INTO {schema}.reporting_ocp_nodes (uuid, node, resource_id, node_role, cluster_id)
             VALUES (gen_random_uuid(), {name}, {resource_id}, {role}, '{CLUSTER_UUID}')"
        );
        database.execute(insert).await;
    }
    database
}

/// koku's report period of a source, cluster and month.
pub(crate) async fn add_report_period(database: &TestDatabase, schema: &str, id: i32, source: &str, cluster: &str, day: &str) {
    let cluster = literal(Some(cluster));
    database
        .execute(format!(
            "INSERT INTO {schema}.reporting_ocpusagereportperiod (id, cluster_id, report_period_start, report_period_end, provider_id)
             SELECT {id}, {cluster}, first AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC', '{source}'
             FROM date_trunc('month', '{day}'::timestamp) AS month (first)"
        ))
        .await;
}

/// The tenant of [`crate::tiny`], with its report period 7.
pub(crate) async fn tiny(layout: Layout, reference: &Path) -> TestDatabase {
    let database = create(SCHEMA, layout, reference).await;
    add_report_period(&database, SCHEMA, 7, SOURCE, CLUSTER, "2026-02-01").await;
    database
}

/// Every row of the table without its random key, ordered.
pub(crate) async fn rows(database: &TestDatabase, schema: &str) -> Vec<String> {
    let rows = database.texts(format!("SELECT (to_jsonb(summary) - 'uuid')::text FROM {schema}.{TABLE} AS summary ORDER BY 1")).await;
    rows.into_iter().map(Option::unwrap_or_default).collect()
}
