//! What arguments, environment and file mean for AWS, Azure and GCP.

use super::{ConfigFile, EnableTags, KEYS, Missing, Reference, connect, open_store, required, size, usable_schema};
use crate::args::Format;
use crate::args::cloud::{CloudInputArgs, CloudListArgs, CloudRunArgs, CloudSummarizeArgs, InfraMapArgs, SumsArgs};
use aggregator_core::cloud::{Markup, Values};
use aggregator_core::run::{SourceUuid, Window};
use aggregator_io::database::{Database, DatabaseConfig};
use aggregator_io::execute::Engine;
use aggregator_io::store::Store;
use anyhow::{Context, bail};
use chrono::NaiveDate;
use std::path::PathBuf;

/// The store, tenant and days that a command works on.
#[derive(Debug)]
pub(crate) struct Input {
    pub store: Store,
    pub schema: String,
    source: Option<SourceUuid>,
    pub start: NaiveDate,
    pub end: NaiveDate,
    pub database: Option<DatabaseConfig>,
    pub reference: Option<PathBuf>,
    pub engine: Engine,
    pub format: Format,
}

impl Input {
    pub(super) fn resolve(input: CloudInputArgs) -> anyhow::Result<Self> {
        Ok(Self {
            store: open_store(&required(input.store, "store")?)?,
            schema: usable_schema(required(input.schema, "schema")?)?,
            source: input.source,
            start: required(input.start, "start")?,
            end: required(input.end, "end")?,
            database: input.database.as_deref().map(DatabaseConfig::from_url).transpose()?,
            reference: input.reference,
            engine: input.engine.unwrap_or_default().into(),
            format: input.format.unwrap_or_default(),
        })
    }

    pub(crate) fn source(&self) -> anyhow::Result<SourceUuid> {
        required(self.source, "source")
    }

    pub(crate) async fn connect(&self) -> anyhow::Result<Option<Database>> {
        connect(self.database.as_ref()).await
    }
}

pub(super) fn fill(typed: &mut CloudInputArgs, file: CloudInputArgs) {
    or_from_file!(typed, file, store);
    or_from_file!(typed, file, schema);
    or_from_file!(typed, file, source);
    or_from_file!(typed, file, start);
    or_from_file!(typed, file, end);
    or_from_file!(typed, file, database);
    or_from_file!(typed, file, reference);
    or_from_file!(typed, file, engine);
    or_from_file!(typed, file, format);
}

/// What `summarize` and `ec2` are to do.
#[derive(Debug)]
pub(crate) struct Summarize {
    pub input: Input,
    pub source: SourceUuid,
    pub windows: Vec<Window>,
    pub bill_id: Option<i32>,
    /// `None`: that of koku's cost model.
    pub markup: Option<Markup>,
    pub reference: Reference,
    /// A month of six digits, and its first day.
    pub bill_month: Option<(String, NaiveDate)>,
    pub output: Option<Store>,
    pub values: Values,
    pub memory_limit: Option<u64>,
    pub dry_run: bool,
}

impl Summarize {
    pub(crate) fn resolve(mut typed: CloudSummarizeArgs, file: ConfigFile) -> anyhow::Result<Self> {
        let file: CloudSummarizeArgs = file.read(KEYS)?;
        fill(&mut typed.input, file.input);
        or_from_file!(typed, file, bill_id);
        or_from_file!(typed, file, markup);
        or_from_file!(typed, file, enable_tags);
        or_from_file!(typed, file, bill_month);
        or_from_file!(typed, file, output);
        or_from_file!(typed, file, strict_trino);
        or_from_file!(typed, file, memory_limit);
        or_from_file!(typed, file, dry_run);
        let input = Input::resolve(typed.input)?;
        let dry_run = typed.dry_run.unwrap_or_default();
        if input.database.is_none() && typed.output.is_none() && !dry_run {
            bail!(Missing("--output URL, where the result goes without --database (or --dry-run)"));
        }
        Ok(Self {
            source: input.source()?,
            windows: Window::by_month(input.start, input.end).context("could not use --start and --end")?,
            bill_id: typed.bill_id,
            markup: typed.markup.map(|percent| percent.parse().context("could not use --markup")).transpose()?,
            reference: reference(&input, typed.enable_tags.as_deref())?,
            bill_month: typed.bill_month.map(bill_month).transpose()?,
            output: typed.output.as_deref().map(open_store).transpose()?,
            values: values(typed.strict_trino),
            memory_limit: typed.memory_limit.as_deref().map(size).transpose()?,
            dry_run,
            input,
        })
    }
}

/// Takes what is absent in the arguments of `run` from the file.
pub(crate) fn fill_run(typed: &mut CloudRunArgs, file: ConfigFile) -> anyhow::Result<()> {
    let file: CloudRunArgs = file.read(KEYS)?;
    or_from_file!(typed, file, ingest.database);
    or_from_file!(typed, file, ingest.engine);
    or_from_file!(typed, file, bill_id);
    or_from_file!(typed, file, markup);
    or_from_file!(typed, file, reference);
    or_from_file!(typed, file, enable_tags);
    or_from_file!(typed, file, output);
    or_from_file!(typed, file, strict_trino);
    or_from_file!(typed, file, memory_limit);
    Ok(())
}

fn reference(input: &Input, enable_tags: Option<&str>) -> anyhow::Result<Reference> {
    let elsewhere = input.reference.is_some() || input.database.is_some();
    if enable_tags.is_some() && elsewhere {
        bail!("could not use --enable-tags: the keys come from --reference or --database");
    }
    Ok(match (&input.reference, &input.database) {
        (Some(file), _) => Reference::File(file.clone()),
        (None, Some(_)) => Reference::Database,
        (None, None) => Reference::Embedded(EnableTags::of(enable_tags)),
    })
}

pub(super) fn values(strict_trino: Option<bool>) -> Values {
    if strict_trino.unwrap_or_default() { Values::AsTrino } else { Values::Repaired }
}

/// A bill's month, and its first day.
fn bill_month(text: String) -> anyhow::Result<(String, NaiveDate)> {
    let is_month = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let first = format!("{}-{}-01", text.get(..4).unwrap_or_default(), text.get(4..).unwrap_or_default());
    match first.parse() {
        Ok(first) if is_month => Ok((text, first)),
        _ => bail!("could not use {text:?} as the month of a bill: write it like `202602`"),
    }
}

/// What a list of a cloud is to be made of.
#[derive(Debug)]
pub(crate) struct List {
    pub input: Input,
    pub invoice_month: String,
}

impl List {
    pub(crate) fn resolve(mut typed: CloudListArgs, file: ConfigFile) -> anyhow::Result<Self> {
        let file: CloudListArgs = file.read(KEYS)?;
        fill(&mut typed.input, file.input);
        or_from_file!(typed, file, bill_month);
        let input = Input::resolve(typed.input)?;
        let invoice_month = match typed.bill_month {
            Some(text) => bill_month(text)?.0,
            None => input.start.format("%Y%m").to_string(),
        };
        Ok(Self { input, invoice_month })
    }
}

/// Which measure is to be summed.
#[derive(Debug)]
pub(crate) struct Sums {
    pub input: Input,
    pub metric: Option<String>,
}

impl Sums {
    pub(crate) fn resolve(mut typed: SumsArgs, file: ConfigFile) -> anyhow::Result<Self> {
        let file: SumsArgs = file.read(KEYS)?;
        fill(&mut typed.input, file.input);
        Ok(Self { input: Input::resolve(typed.input)?, metric: typed.metric })
    }
}

/// Which clusters and clouds are to be matched.
#[derive(Debug)]
pub(crate) struct InfraMap {
    pub input: Input,
    pub ocp_source: Option<SourceUuid>,
    pub aws_source: Option<SourceUuid>,
    pub azure_source: Option<SourceUuid>,
    pub gcp_source: Option<SourceUuid>,
    pub cloud: Option<crate::args::cloud::CloudArg>,
}

impl InfraMap {
    pub(crate) fn resolve(mut typed: InfraMapArgs, file: ConfigFile) -> anyhow::Result<Self> {
        let file: InfraMapArgs = file.read(KEYS)?;
        fill(&mut typed.input, file.input);
        let input = Input::resolve(typed.input)?;
        if input.database.is_none() && input.reference.is_none() {
            bail!(Missing("--reference FILE or --database URL: the providers of the tenant"));
        }
        let given = [typed.ocp_source, typed.aws_source, typed.azure_source, typed.gcp_source];
        if given.iter().flatten().count() != 1 {
            bail!(Missing("one of --ocp-source, --aws-source, --azure-source and --gcp-source"));
        }
        Ok(Self {
            input,
            ocp_source: typed.ocp_source,
            aws_source: typed.aws_source,
            azure_source: typed.azure_source,
            gcp_source: typed.gcp_source,
            cloud: typed.cloud,
        })
    }
}
