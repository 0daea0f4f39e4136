//! The small statements of the clouds: payer accounts, invoice dates, topology, sums, and the infrastructure map.

use crate::args::Format;
use crate::args::cloud::{CloudArg, CloudListArgs, InfraMapArgs, SumsArgs};
use crate::output;
use crate::settings::ConfigFile;
use crate::settings::cloud::{InfraMap, Input, List, Sums};
use aggregator_core::cloud::Provider;
use aggregator_io::cloud::{self, InfrastructureRequest, ListRequest};
use aggregator_io::rows::Rows;
use aggregator_io::source::cloud_reference::Providers;
use polars::prelude::DataFrame;

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloudList {
    PayerAccounts,
    InvoiceDates,
    Topology,
}

impl Input {
    /// The source and days of a list.
    pub(super) fn list(&self) -> anyhow::Result<ListRequest<'_>> {
        let Self { store, schema, start, end, engine, .. } = self;
        Ok(ListRequest { store, schema, source: self.source()?, start: *start, end: *end, engine: *engine })
    }
}

pub(crate) async fn run(list: CloudList, args: CloudListArgs, file: ConfigFile) -> anyhow::Result<()> {
    let settings = List::resolve(args, file)?;
    let request = settings.input.list()?;
    let rows = match list {
        CloudList::PayerAccounts => cloud::payer_accounts(&request).await?,
        CloudList::InvoiceDates => cloud::invoice_month_dates(&request, &settings.invoice_month).await?,
        CloudList::Topology => cloud::topology(&request).await?,
    };
    show(rows, settings.input.format)
}

pub(crate) async fn sums(provider: Provider, args: SumsArgs, file: ConfigFile) -> anyhow::Result<()> {
    let settings = Sums::resolve(args, file)?;
    let rows = cloud::sums(&settings.input.list()?, provider, settings.metric.as_deref()).await?;
    show(rows, settings.input.format)
}

pub(crate) async fn infra_map(args: InfraMapArgs, file: ConfigFile) -> anyhow::Result<()> {
    let settings = InfraMap::resolve(args, file)?;
    let input = &settings.input;
    let providers = match (&input.reference, input.connect().await?) {
        (Some(file), _) => Providers::from_json_file(file).await?,
        (None, Some(database)) => Providers::from_postgres(&database, &input.schema).await?,
        (None, None) => unreachable!("settings ask for one of the two"),
    };
    let asked = settings.cloud.map(Provider::from);
    let mut rows = DataFrame::default();
    for provider in Provider::ALL.into_iter().filter(|provider| asked.is_none_or(|asked| asked == *provider)) {
        let of_cloud = |of: Provider| match of {
            Provider::Aws => settings.aws_source,
            Provider::Azure => settings.azure_source,
            Provider::Gcp => settings.gcp_source,
        };
        // A source of one cloud is nothing to the others.
        if settings.ocp_source.is_none() && of_cloud(provider).is_none() {
            continue;
        }
        let request = InfrastructureRequest {
            store: &input.store,
            schema: &input.schema,
            provider,
            cloud_source: of_cloud(provider),
            ocp_source: settings.ocp_source,
            start: input.start,
            end: input.end,
            providers: &providers,
            engine: input.engine,
        };
        rows = cloud::infrastructure_map(&request).await?;
        if rows.height() > 0 {
            break;
        }
    }
    show(rows, input.format)
}

impl From<CloudArg> for Provider {
    fn from(cloud: CloudArg) -> Self {
        match cloud {
            CloudArg::Aws => Self::Aws,
            CloudArg::Azure => Self::Azure,
            CloudArg::Gcp => Self::Gcp,
        }
    }
}

/// Rows as a table for people, or as JSON.
pub(super) fn show(rows: DataFrame, format: Format) -> anyhow::Result<()> {
    match format {
        Format::Text => output::print(&output::table(&rows)),
        Format::Json => output::print(&serde_json::to_string_pretty(&Rows(rows))?),
    }
}
