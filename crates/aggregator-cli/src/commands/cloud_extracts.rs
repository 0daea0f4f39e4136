//! `aggregator aws|azure subs` and `aggregator aws|azure|gcp hcs`.

use super::cloud_lists::show;
use crate::args::Format;
use crate::args::cloud::{HcsArgs, SubsArgs, SubsCommand, SubsExtractArgs};
use crate::output;
use crate::settings::ConfigFile;
use crate::settings::cloud::Input;
use crate::settings::cloud_extracts::{Hcs, Subs, SubsExtract};
use aggregator_core::cloud::Provider;
use aggregator_core::cloud::subs::ResourceWindow;
use aggregator_io::cloud::csv::{Client, write_csv};
use aggregator_io::cloud::{self, ExtractFile, ROWS_OF_A_PAGE};
use aggregator_io::database::Database;
use aggregator_io::source::subscriptions::{Customer, Subscriptions, provider_created, resource_windows};
use aggregator_io::store::Store;
use anyhow::Context;
use indicatif::HumanCount;
use polars::prelude::DataFrame;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The closing summary of what was written.
#[derive(Debug, Serialize)]
struct Summary {
    schema: String,
    source: String,
    files: Vec<ExtractFile>,
    rows: usize,
    seconds: f64,
}

pub(crate) async fn subs(provider: Provider, command: SubsCommand, file: ConfigFile) -> anyhow::Result<()> {
    let (args, statement) = match command {
        SubsCommand::Extract(args) => return extract(provider, args, file).await,
        SubsCommand::Accounts(args) => (args, Statement::Accounts),
        SubsCommand::Resources(args) => (args, Statement::Resources),
        SubsCommand::Count(args) => (args, Statement::Count),
        SubsCommand::Rows(args) => (args, Statement::Rows),
    };
    statement.show(provider, args, file).await
}

/// One of koku's four statements.
#[derive(Clone, Copy, Debug)]
enum Statement {
    Accounts,
    Resources,
    Count,
    Rows,
}

impl Statement {
    async fn show(self, provider: Provider, args: SubsArgs, file: ConfigFile) -> anyhow::Result<()> {
        let settings = Subs::resolve(args, file)?;
        let request = settings.input.list()?;
        let known = || async { known(&settings.input, settings.input.connect().await?.as_ref()).await };
        let rows = match self {
            Self::Accounts => cloud::subs_accounts(&request, provider, &known().await?).await?,
            Self::Resources => {
                cloud::subs_resources(&request, provider, &known().await?, settings.usage_account()?, settings.today).await?
            }
            Self::Count => cloud::subs_count(&request, provider, settings.usage_account()?, &windows(&settings).await?).await?,
            Self::Rows => {
                cloud::subs_rows(&request, provider, settings.usage_account()?, &windows(&settings).await?, settings.values).await?
            }
        };
        finish(rows, Client::PythonTypes, settings.csv.as_deref(), settings.input.format)
    }
}

/// What is known of accounts and resources.
async fn known(input: &Input, database: Option<&Database>) -> anyhow::Result<Subscriptions> {
    Ok(match (&input.reference, database) {
        (Some(file), _) => Subscriptions::from_json_file(file).await?,
        (None, Some(database)) => Subscriptions::from_postgres(database, &input.schema).await?,
        (None, None) => Subscriptions::default(),
    })
}

async fn windows(settings: &Subs) -> anyhow::Result<Vec<ResourceWindow>> {
    let file: &PathBuf = settings.resources()?;
    Ok(resource_windows(file).await?)
}

async fn extract(provider: Provider, args: SubsExtractArgs, file: ConfigFile) -> anyhow::Result<()> {
    let started = Instant::now();
    let settings = SubsExtract::resolve(args, file)?;
    let request = settings.input.list()?;
    let database = settings.input.connect().await?;
    let known = known(&settings.input, database.as_ref()).await?;
    let created = match (&settings.input.reference, &database) {
        (None, Some(database)) => Some(provider_created(database, request.source).await?),
        _ => known.created(request.source),
    };
    let extract = cloud::SubsExtract {
        request,
        provider,
        known: &known,
        created,
        database: database.as_ref(),
        output: &settings.output,
        tracing_id: &settings.tracing_id,
        today: settings.today,
        values: settings.values,
        rows_of_a_page: ROWS_OF_A_PAGE,
    };
    let files = cloud::extract_subs(&extract).await?;
    tell(&settings.input, &settings.output, files, started)
}

pub(crate) async fn hcs(provider: Provider, args: HcsArgs, file: ConfigFile) -> anyhow::Result<()> {
    let started = Instant::now();
    let settings = Hcs::resolve(args, file)?;
    let request = settings.input.list()?;
    let customer = customer(&settings).await?;
    let Some(output) = &settings.output else {
        let rows = cloud::hcs(&request, provider, &customer).await?;
        return finish(rows, Client::PrimitiveTypes, settings.csv.as_deref(), settings.input.format);
    };
    let extract = cloud::HcsExtract { request, provider, customer: &customer, output, finality: settings.finality };
    let files = cloud::extract_hcs(&extract).await?;
    tell(&settings.input, output, files, started)
}

/// The customer that was typed; what is left out comes from koku's database.
async fn customer(settings: &Hcs) -> anyhow::Result<Customer> {
    let typed = Customer { account_id: settings.ebs_account.clone(), org_id: settings.org_id.clone() };
    if typed.account_id.is_some() && typed.org_id.is_some() {
        return Ok(typed);
    }
    let Some(database) = settings.input.connect().await? else { return Ok(typed) };
    let known = Customer::from_postgres(&database, &settings.input.schema).await?;
    Ok(Customer { account_id: typed.account_id.or(known.account_id), org_id: typed.org_id.or(known.org_id) })
}

/// Prints what was written.
fn tell(input: &Input, output: &Store, files: Vec<ExtractFile>, started: Instant) -> anyhow::Result<()> {
    let (rows, seconds) = (files.iter().map(|file| file.rows).sum(), started.elapsed().as_secs_f64());
    let summary = Summary { schema: input.schema.clone(), source: input.source()?.to_string(), files, rows, seconds };
    if input.format == Format::Json {
        return output::print(&serde_json::to_string_pretty(&summary)?);
    }
    let cost = output::cost(seconds, output::peak_memory());
    let heading = format!("source {} of {}", summary.source, summary.schema);
    if summary.files.is_empty() {
        return output::print(&format!("{heading}: no rows, no file\n{cost}"));
    }
    let lines = summary.files.iter().map(|file| vec![output.display(&file.path), HumanCount(file.rows as u64).to_string()]);
    let table = output::grid(["file", "rows"].map(str::to_owned).into(), lines, Some(1));
    output::print(&format!("{heading}\n{table}\n{cost}"))
}

fn finish(rows: DataFrame, client: Client, csv: Option<&Path>, format: Format) -> anyhow::Result<()> {
    match csv {
        Some(path) => {
            let shown = path.display().to_string();
            let file = std::fs::File::create(path).with_context(|| format!("could not write `{shown}`"))?;
            Ok(write_csv(&rows, client, &shown, file)?)
        }
        None => show(rows, format),
    }
}
