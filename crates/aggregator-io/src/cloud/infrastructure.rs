//! Which cluster runs on which cloud.

use crate::error::{Error, Result};
use crate::execute::{self, Engine};
use crate::source::cloud_reference::Providers;
use crate::source::line_items::{LineItemFiles, Partition};
use crate::source::path::{Month, line_items};
use crate::spool::Spool;
use crate::store::Store;
use aggregator_core::cloud::{self, Provider};
use aggregator_core::run::SourceUuid;
use aggregator_core::table::cloud_extract::{INFRA_UUID, INFRASTRUCTURE_MAP, OCP_UUID, PROVIDER_TYPE, SOURCE, TENANT_PROVIDERS, UUID};
use aggregator_core::table::{ColumnDef, Table};
use chrono::NaiveDate;
use polars::prelude::*;
use std::collections::BTreeSet;

/// koku's type of a cluster.
const OPENSHIFT: &str = "OCP";

/// Which clusters and clouds are matched. koku gives exactly one of the two sources.
#[derive(Clone, Copy, Debug)]
pub struct InfrastructureRequest<'a> {
    /// The store with the line items.
    pub store: &'a Store,
    /// The tenant schema.
    pub schema: &'a str,
    /// The cloud.
    pub provider: Provider,
    /// The source of the cloud; all of the tenant if not given.
    pub cloud_source: Option<SourceUuid>,
    /// The cluster; all that have no infrastructure yet if not given.
    pub ocp_source: Option<SourceUuid>,
    /// First day, whose month is the partition.
    pub start: NaiveDate,
    /// Last day, included.
    pub end: NaiveDate,
    /// The providers of the tenant.
    pub providers: &'a Providers,
    /// How plans run.
    pub engine: Engine,
}

/// The clusters that run on the cloud: [`INFRASTRUCTURE_MAP`].
///
/// # Errors
/// A store that refuses, or a file that cannot be read.
pub async fn infrastructure_map(request: &InfrastructureRequest<'_>) -> Result<DataFrame> {
    let cloud = request.provider.cloud();
    let spool = Spool::new()?;
    let of_cloud = match request.cloud_source {
        Some(source) => [source].into(),
        None => sources(request, cloud.resources()).await?,
    };
    let free: BTreeSet<_> = request
        .providers
        .providers
        .iter()
        .filter(|provider| provider.kind == OPENSHIFT && provider.infrastructure_id.is_none())
        .map(|provider| provider.uuid.as_str())
        .collect();
    let of_openshift = match request.ocp_source {
        Some(source) => [source].into(),
        None => {
            sources(request, cloud.openshift()).await?.into_iter().filter(|source| free.contains(source.to_string().as_str())).collect()
        }
    };
    let resources = rows(request, cloud.resources(), &of_cloud, &spool).await?;
    let openshift = rows(request, cloud.openshift(), &of_openshift, &spool).await?;
    let failed = |source| Error::Plan { what: "the providers", source };
    let tenant = request.providers.tenant_providers.iter();
    let (uuids, kinds): (Vec<_>, Vec<_>) = tenant.map(|provider| (provider.uuid.as_str(), provider.kind.as_str())).unzip();
    let tenant = frame(&TENANT_PROVIDERS, [(UUID, uuids), (PROVIDER_TYPE, kinds)]).map_err(failed)?;
    let known = known(request).map_err(failed)?;
    let map = cloud::infrastructure_map(cloud, resources, openshift, tenant.lazy(), known.lazy());
    execute::transform(map, request.engine, "the infrastructure map").await
}

fn frame<const N: usize>(table: &Table, columns: [(ColumnDef, Vec<&str>); N]) -> PolarsResult<DataFrame> {
    let columns = columns.into_iter().map(|(column, texts)| Column::new(column.name.into(), texts));
    DataFrame::new_infer_height(columns.collect())?.select(table.columns.iter().map(|column| column.name))
}

/// What koku has mapped to the cloud source before.
fn known(request: &InfrastructureRequest<'_>) -> PolarsResult<DataFrame> {
    let cloud = request.cloud_source.map(|source| source.to_string());
    let maps = request.providers.infrastructure_map.iter().filter(|map| cloud.is_some() && map.infrastructure_provider_id == cloud);
    let rows = maps.flat_map(|map| {
        let clusters = request.providers.providers.iter().filter(|provider| provider.infrastructure_id == Some(map.id));
        clusters.map(|cluster| (cluster.uuid.as_str(), map.infrastructure_type.as_str()))
    });
    let (clusters, kinds): (Vec<_>, Vec<_>) = rows.unzip();
    let clouds = vec![cloud.as_deref().unwrap_or_default(); clusters.len()];
    frame(&INFRASTRUCTURE_MAP, [(OCP_UUID, clusters), (INFRA_UUID, clouds), (PROVIDER_TYPE, kinds)])
}

/// The sources that have line items of `table` at all.
async fn sources(request: &InfrastructureRequest<'_>, table: &Table) -> Result<BTreeSet<SourceUuid>> {
    let folder = line_items(request.schema, table);
    let objects = request.store.list(&folder).await?;
    let source = |path: &str| {
        let below = path.get(folder.len()..)?.trim_start_matches('/');
        below.split('/').next()?.strip_prefix("source=")?.parse().ok()
    };
    Ok(objects.iter().filter_map(|object| source(object.path.as_ref())).collect())
}

/// The rows of the window of some sources, with a column that says which.
async fn rows(
    request: &InfrastructureRequest<'_>,
    table: &'static Table,
    sources: &BTreeSet<SourceUuid>,
    spool: &Spool,
) -> Result<LazyFrame> {
    let mut parts = Vec::new();
    for source in sources {
        let partition = Partition { store: request.store, schema: request.schema, source: *source, month: Month::of(request.start) };
        let files = LineItemFiles::open(&partition, table, spool.path(), request.engine).await?;
        // Far fewer different resources than line items; the times have done their part.
        let resources: Vec<_> = table.columns.iter().filter(|column| table.time() != Some(*column)).map(ColumnDef::expr).collect();
        let distinct = files.scan_days(request.start, request.end)?.select(resources).unique(None, UniqueKeepStrategy::Any);
        let distinct = files.collect_days(distinct, request.start, request.end, request.engine).await?;
        parts.push(distinct.lazy().with_column(lit(source.to_string()).alias(SOURCE.name)));
    }
    if parts.is_empty() {
        let schema: Schema =
            table.columns.iter().chain([&SOURCE]).map(|column| Field::new(column.name.into(), column.kind.data_type())).collect();
        return Ok(DataFrame::empty_with_schema(&schema).lazy());
    }
    concat(parts, UnionArgs::default()).map_err(|source| Error::Plan { what: table.name, source })
}
