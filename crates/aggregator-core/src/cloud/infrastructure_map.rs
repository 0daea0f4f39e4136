//! Which OpenShift cluster runs on which cloud.
//!
//! # SQL
//! `{aws,azure,gcp}/reporting_ocpinfrastructure_provider_map.sql`.

use super::needles::Needles;
use super::provider::{CloudProvider, MatchRule};
use crate::table::cloud_extract::{INFRA_UUID, INFRASTRUCTURE_MAP, OCP_UUID, PROVIDER_TYPE, SOURCE, UUID};
use polars::prelude::*;
use std::collections::BTreeSet;

/// The clusters that have a node among the resources of a cloud.
///
/// # Inputs
/// * `cloud_resources`: `source` and the columns of [`CloudProvider::resources`], rows of the window.
/// * `openshift`: `source` and the columns of [`CloudProvider::openshift`], rows of the window, of the clusters that are looked for.
/// * `providers_of_tenant` ([`TENANT_PROVIDERS`](crate::table::cloud_extract::TENANT_PROVIDERS)).
/// * `known` ([`INFRASTRUCTURE_MAP`]): what koku has mapped to the cloud before, when one cloud is asked for; else no rows.
/// # Output
/// [`INFRASTRUCTURE_MAP`], each row once, sorted.
/// # Nulls
/// A resource or node that is null or empty matches nothing.
/// # Differences from the SQL
/// The SQL joins every resource to every node. Only pairs of sources are wanted, so each text is looked at once.
pub fn infrastructure_map(
    provider: &dyn CloudProvider,
    cloud_resources: LazyFrame,
    openshift: LazyFrame,
    providers_of_tenant: LazyFrame,
    known: LazyFrame,
) -> LazyFrame {
    let ids = |rows: LazyFrame, source: &str, id: Expr| {
        rows.select([SOURCE.expr().alias(source), id.alias(ID)]).filter(col(ID).neq(lit(""))).unique(None, UniqueKeepStrategy::Any)
    };
    let resources = ids(cloud_resources, INFRA_UUID.name, provider.resource());
    let nodes = ids(openshift, OCP_UUID.name, provider.openshift_id().expr());
    let pairs = match provider.match_rule() {
        MatchRule::Equals => resources.join(nodes, [col(ID)], [col(ID)], JoinArgs::new(JoinType::Inner)),
        MatchRule::Contains => containing(resources, nodes),
    };
    let pairs = pairs.select([OCP_UUID.expr(), INFRA_UUID.expr()]).unique(None, UniqueKeepStrategy::Any);
    let types = providers_of_tenant.select([UUID.expr(), PROVIDER_TYPE.expr()]);
    let found = pairs.join(types, [INFRA_UUID.expr()], [UUID.expr()], JoinArgs::new(JoinType::Inner));
    // Two inputs of one schema: this cannot fail.
    let rows = concat([INFRASTRUCTURE_MAP.select(found.clone()), INFRASTRUCTURE_MAP.select(known)], UnionArgs::default()).unwrap_or(found);
    rows.unique(None, UniqueKeepStrategy::Any)
        .sort(INFRASTRUCTURE_MAP.columns.iter().map(|column| column.name).collect::<Vec<_>>(), SortMultipleOptions::default())
}

/// The id of a resource or node.
const ID: &str = "id";

/// The pairs of sources of which a resource of the one contains a node of the other.
fn containing(resources: LazyFrame, nodes: LazyFrame) -> LazyFrame {
    let columns = [INFRA_UUID.expr(), OCP_UUID.expr(), col(ID)];
    let resources = resources.with_columns([OCP_UUID.null()]).select(columns.clone());
    let nodes = nodes.with_columns([INFRA_UUID.null()]).select(columns);
    let both = concat([resources.clone(), nodes], UnionArgs::default()).unwrap_or(resources);
    let schema = |_: &Schema| Ok(Arc::new(pair_schema()));
    both.map(|rows| pairs(&rows), AllowedOptimizations::empty(), Some(Arc::new(schema)), Some("resources that contain nodes"))
}

fn pair_schema() -> Schema {
    [OCP_UUID, INFRA_UUID].iter().map(|column| Field::new(column.name.into(), column.kind.data_type())).collect()
}

fn pairs(rows: &DataFrame) -> PolarsResult<DataFrame> {
    let text = |name: &str| rows.column(name)?.str();
    let (clouds, clusters, ids) = (text(INFRA_UUID.name)?, text(OCP_UUID.name)?, text(ID)?);
    // The clusters of each node.
    let mut nodes: PlIndexMap<&str, Vec<&str>> = PlIndexMap::default();
    for (cluster, id) in clusters.iter().zip(ids.iter()) {
        if let (Some(cluster), Some(id)) = (cluster, id) {
            nodes.entry(id).or_default().push(cluster);
        }
    }
    let needles = Needles::new(nodes.keys().copied());
    let mut pairs: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (cloud, id) in clouds.iter().zip(ids.iter()) {
        let (Some(cloud), Some(id)) = (cloud, id) else { continue };
        needles.find(id, |place| {
            let clusters = nodes.get_index(place).map(|(_, clusters)| clusters.as_slice());
            pairs.extend(clusters.unwrap_or_default().iter().map(|cluster| (*cluster, cloud)));
        });
    }
    let column = |name: &str, texts: Vec<&str>| Column::new(name.into(), texts);
    let (clusters, clouds): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    DataFrame::new(clusters.len(), vec![column(OCP_UUID.name, clusters), column(INFRA_UUID.name, clouds)])
}

#[cfg(test)]
mod tests;
