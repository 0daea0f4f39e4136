//! `aggregator aws|azure subs` and `aggregator aws|azure|gcp hcs`.

use super::cloud_lists::show;
use crate::args::Format;
use crate::args::cloud::{HcsArgs, SubsCommand};
use crate::settings::ConfigFile;
use crate::settings::cloud::{Hcs, Subs};
use aggregator_core::cloud::Provider;
use aggregator_core::cloud::subs::ResourceWindow;
use aggregator_io::cloud;
use aggregator_io::rows::write_csv;
use aggregator_io::source::cloud_reference::{Subscriptions, resource_windows};
use anyhow::Context;
use polars::prelude::DataFrame;
use std::path::{Path, PathBuf};

pub(crate) async fn subs(provider: Provider, command: SubsCommand, file: ConfigFile) -> anyhow::Result<()> {
    let (SubsCommand::Accounts(args) | SubsCommand::Resources(args) | SubsCommand::Count(args) | SubsCommand::Rows(args)) = &command;
    let settings = Subs::resolve(args.clone(), file)?;
    let request = settings.input.list()?;
    let rows = match &command {
        SubsCommand::Accounts(_) => cloud::subs_accounts(&request, provider, &known(&settings).await?).await?,
        SubsCommand::Resources(_) => {
            let today = settings.today.unwrap_or_else(|| chrono::Utc::now().date_naive());
            cloud::subs_resources(&request, provider, &known(&settings).await?, settings.usage_account()?, today).await?
        }
        SubsCommand::Count(_) => cloud::subs_count(&request, provider, settings.usage_account()?, &windows(&settings).await?).await?,
        SubsCommand::Rows(_) => {
            cloud::subs_rows(&request, provider, settings.usage_account()?, &windows(&settings).await?, settings.values).await?
        }
    };
    finish(rows, settings.csv.as_deref(), settings.input.format)
}

/// What other sources report.
async fn known(settings: &Subs) -> anyhow::Result<Subscriptions> {
    let input = &settings.input;
    Ok(match (&input.reference, input.connect().await?) {
        (Some(file), _) => Subscriptions::from_json_file(file).await?,
        (None, Some(database)) => Subscriptions::from_postgres(&database, &input.schema).await?,
        (None, None) => Subscriptions::default(),
    })
}

async fn windows(settings: &Subs) -> anyhow::Result<Vec<ResourceWindow>> {
    let file: &PathBuf = settings.resources()?;
    Ok(resource_windows(file).await?)
}

pub(crate) async fn hcs(provider: Provider, args: HcsArgs, file: ConfigFile) -> anyhow::Result<()> {
    let settings = Hcs::resolve(args, file)?;
    let request = settings.input.list()?;
    let rows = cloud::hcs(&request, provider, settings.ebs_account.as_deref(), settings.org_id.as_deref()).await?;
    finish(rows, settings.csv.as_deref(), settings.input.format)
}

fn finish(rows: DataFrame, csv: Option<&Path>, format: Format) -> anyhow::Result<()> {
    match csv {
        Some(path) => {
            let file = std::fs::File::create(path).with_context(|| format!("could not write `{}`", path.display()))?;
            write_csv(&rows, file).with_context(|| format!("could not write `{}`", path.display()))
        }
        None => show(rows, format),
    }
}
