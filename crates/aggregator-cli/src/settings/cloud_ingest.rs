//! What arguments, environment and file mean for the ingest of AWS, Azure and GCP.

use super::{ConfigFile, DEFAULT_SCHEMA, DEFAULT_STORE, KEYS, connect, open_store, required, usable_schema};
use crate::args::Format;
use crate::args::cloud_ingest::CloudIngestArgs;
use aggregator_core::cloud::Provider;
use aggregator_core::ingest::cloud::{Ingress, Losses};
use aggregator_core::run::SourceUuid;
use aggregator_io::database::{Database, DatabaseConfig};
use aggregator_io::execute::Engine;
use aggregator_io::ingest::cloud::{ROWS_AT_A_TIME, Span, TAG_ENABLED_LIMIT};
use aggregator_io::ingest::{BadInput, Replace, Write, cloud};
use aggregator_io::source::cluster::source_of_name;
use aggregator_io::source::path::Month;
use aggregator_io::store::Store;
use anyhow::{Context, bail};
use chrono::{NaiveDate, Utc};

/// What `ingest` of a cloud is to do.
#[derive(Debug)]
pub(crate) struct CloudIngest {
    cloud: Provider,
    exports: Vec<String>,
    store: Store,
    /// The store, as it was named.
    pub store_url: String,
    pub schema: String,
    pub source: SourceUuid,
    month: Option<Month>,
    today: NaiveDate,
    span: Span,
    ingress: Ingress,
    losses: Losses,
    manifest_id: Option<i64>,
    replace: Replace,
    pub write: Write,
    bad_input: BadInput,
    database: Option<DatabaseConfig>,
    tag_enabled_limit: u32,
    pub engine: Engine,
    pub format: Format,
}

impl CloudIngest {
    pub(crate) fn resolve(cloud: Provider, mut typed: CloudIngestArgs, file: ConfigFile) -> anyhow::Result<Self> {
        let file: CloudIngestArgs = file.read(KEYS)?;
        or_from_file!(typed, file, store);
        or_from_file!(typed, file, schema);
        or_from_file!(typed, file, source);
        or_from_file!(typed, file, month);
        or_from_file!(typed, file, incremental);
        or_from_file!(typed, file, ingress);
        or_from_file!(typed, file, keep_what_koku_loses);
        or_from_file!(typed, file, replace);
        or_from_file!(typed, file, strict);
        or_from_file!(typed, file, database);
        or_from_file!(typed, file, tag_enabled_limit);
        or_from_file!(typed, file, manifest_id);
        or_from_file!(typed, file, engine);
        or_from_file!(typed, file, dry_run);
        or_from_file!(typed, file, format);
        let database = typed.database.as_deref().map(DatabaseConfig::from_url).transpose()?;
        // A default beside a database would be a tenant, and a place, that nobody meant.
        let without_database = |default: &str| database.is_none().then(|| default.to_owned());
        let only_bills = [("month", typed.month.is_some()), ("incremental", typed.incremental.unwrap_or_default())];
        if let (Provider::Gcp, Some((flag, _))) = (cloud, only_bills.into_iter().find(|(_, is_given)| *is_given)) {
            bail!("could not use --{flag}: the rows of GCP say their invoice month, and each file stands for itself");
        }
        let ingress = typed.ingress.unwrap_or_default();
        if ingress && typed.incremental.unwrap_or_default() {
            bail!("could not use --incremental and --ingress together: what a customer sends is taken whole");
        }
        let store_url = required(typed.store.or_else(|| without_database(DEFAULT_STORE)), "store")?;
        Ok(Self {
            cloud,
            exports: typed.exports,
            store: open_store(&store_url)?,
            store_url,
            schema: usable_schema(required(typed.schema.or_else(|| without_database(DEFAULT_SCHEMA)), "schema")?)?,
            source: match typed.source {
                None if database.is_none() => source_of_name(cloud.cloud().name()),
                given => required(given, "source")?,
            },
            month: typed.month.as_deref().map(month).transpose()?,
            today: typed.today.unwrap_or_else(|| Utc::now().date_naive()),
            span: if typed.incremental.unwrap_or_default() { Span::SinceLast } else { Span::Month },
            ingress: if ingress { Ingress::Yes } else { Ingress::No },
            losses: if typed.keep_what_koku_loses.unwrap_or_default() { Losses::Kept } else { Losses::AsKoku },
            manifest_id: typed.manifest_id,
            replace: if typed.replace.unwrap_or_default() { Replace::Always } else { Replace::WithMoreHours },
            write: if typed.dry_run.unwrap_or_default() { Write::DryRun } else { Write::Yes },
            bad_input: if typed.strict.unwrap_or_default() { BadInput::Refuse } else { BadInput::Warn },
            database,
            tag_enabled_limit: typed.tag_enabled_limit.unwrap_or(TAG_ENABLED_LIMIT),
            engine: typed.engine.unwrap_or_default().into(),
            format: typed.format.unwrap_or_default(),
        })
    }

    pub(crate) async fn connect(&self) -> anyhow::Result<Option<Database>> {
        connect(self.database.as_ref()).await
    }

    pub(crate) fn request<'a>(&'a self, database: Option<&'a Database>) -> cloud::CloudIngest<'a> {
        cloud::CloudIngest {
            cloud: self.cloud,
            store: &self.store,
            schema: &self.schema,
            source: self.source,
            exports: &self.exports,
            month: self.month,
            today: self.today,
            span: self.span,
            ingress: self.ingress,
            losses: self.losses,
            manifest_id: self.manifest_id,
            replace: self.replace,
            write: self.write,
            bad_input: self.bad_input,
            rows_at_a_time: ROWS_AT_A_TIME,
            engine: self.engine,
            database,
            tag_enabled_limit: self.tag_enabled_limit,
        }
    }
}

fn month(text: &str) -> anyhow::Result<Month> {
    let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d");
    first.map(Month::of).with_context(|| format!("could not use --month `{text}`: a month is like 2026-04"))
}
