//! What arguments, environment and file mean together. clap has already put the environment under the flags; the file is put
//! under both here.

use crate::args::{Format, IngestArgs, InputArgs, ListArgs, PayloadArgs, RunArgs, SummarizeArgs};
use aggregator_core::run::{ClusterId, Run, SourceUuid, Window};
use aggregator_io::config::StoreConfig;
use aggregator_io::database::{Database, DatabaseConfig};
use aggregator_io::execute::Engine;
use aggregator_io::ingest::{BadInput, Replace, Tracking, Write};
use aggregator_io::store::Store;
use anyhow::{Context, anyhow, bail};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The settings of a TOML file; empty without one.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConfigFile {
    path: Option<PathBuf>,
    table: toml::Table,
}

impl ConfigFile {
    /// Reads the file at `path`; no path is no file.
    pub(crate) fn load(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path).with_context(|| format!("could not read the settings in `{}`", path.display()))?;
        // The parser's own message quotes the line, which can hold a password.
        let table = text.parse::<toml::Table>().map_err(|error| match error.span() {
            Some(span) => anyhow!("`{}` is not TOML at byte {}: {}", path.display(), span.start, error.message()),
            None => anyhow!("`{}` is not TOML: {}", path.display(), error.message()),
        })?;
        Ok(Self { path: Some(path.to_owned()), table })
    }

    /// The format that the file asks for, to print even the file's own faults in.
    pub(crate) fn format(&self) -> Option<Format> {
        self.table.get("format").and_then(|format| Format::deserialize(format.clone()).ok())
    }

    fn read<T: serde::de::DeserializeOwned>(self, known: &[&str]) -> anyhow::Result<T> {
        let shown = self.path.as_deref().unwrap_or(Path::new("")).display().to_string();
        if let Some(unknown) = self.table.keys().find(|key| !known.contains(&key.as_str())) {
            bail!("could not use `{shown}`: `{unknown}` is no setting; known are {}", known.join(", "));
        }
        T::deserialize(self.table).map_err(|error| anyhow!("could not use `{shown}`: {}", error.message()))
    }
}

/// The keys of a file, for every command: one file can serve all.
const KEYS: &[&str] = &[
    "store",
    "schema",
    "source",
    "start",
    "end",
    "cluster-id",
    "cluster-alias",
    "database",
    "engine",
    "report-period-id",
    "reference",
    "output",
    "no-managed-copy",
    "no-storage",
    "memory-limit",
    "dry-run",
    "format",
    "replace",
    "strict",
    "manifest-id",
    "track",
    "enable-tags",
    "bill-id",
    "markup",
    "bill-month",
    "strict-trino",
    "tag-enabled-limit",
    "month",
    "incremental",
    "ingress",
    "keep-what-koku-loses",
];

/// Where line items go without a database, if nobody says.
const DEFAULT_STORE: &str = "./aggregator-data";
/// The tenant that they belong to.
const DEFAULT_SCHEMA: &str = "org0000001";

/// Takes what is absent in `$typed` from `$file`.
macro_rules! or_from_file {
    ($typed:expr, $file:expr, $($field:ident).+) => {
        if $typed.$($field).+.is_none() {
            $typed.$($field).+ = $file.$($field).+;
        }
    };
}

pub(crate) mod cloud;
pub(crate) mod cloud_extracts;
pub(crate) mod cloud_ingest;

/// The source and range that a command works on.
#[derive(Debug)]
pub(crate) struct Input {
    pub store: Store,
    pub schema: String,
    pub source: SourceUuid,
    pub windows: Vec<Window>,
    pub cluster_id: Option<ClusterId>,
    pub cluster_alias: Option<String>,
    pub database: Option<DatabaseConfig>,
    pub engine: Engine,
}

impl Input {
    fn resolve(input: InputArgs) -> anyhow::Result<Self> {
        let start = required(input.start, "start")?;
        let end = required(input.end, "end")?;
        let schema = usable_schema(required(input.schema, "schema")?)?;
        Ok(Self {
            store: open_store(&required(input.store, "store")?)?,
            schema,
            source: required(input.source, "source")?,
            windows: Window::by_month(start, end).context("could not use --start and --end")?,
            cluster_id: input.cluster_id.map(ClusterId),
            cluster_alias: input.cluster_alias,
            database: input.database.as_deref().map(DatabaseConfig::from_url).transpose()?,
            engine: input.engine.unwrap_or_default().into(),
        })
    }

    pub(crate) fn cluster_id(&self) -> anyhow::Result<ClusterId> {
        required(self.cluster_id.clone(), "cluster-id")
    }

    pub(crate) fn run(&self, cluster_id: ClusterId, report_period_id: Option<i32>, window: Window) -> Run {
        Run { source: self.source, cluster_id, cluster_alias: self.cluster_alias.clone(), report_period_id, window }
    }

    pub(crate) async fn connect(&self) -> anyhow::Result<Option<Database>> {
        connect(self.database.as_ref()).await
    }
}

/// What `summarize` is to do.
#[derive(Debug)]
pub(crate) struct Summarize {
    pub input: Input,
    pub report_period_id: Option<i32>,
    pub reference: Option<PathBuf>,
    pub output: Option<Store>,
    pub managed_copy: bool,
    pub storage: bool,
    pub memory_limit: Option<u64>,
    pub dry_run: bool,
    pub format: Format,
}

impl Summarize {
    pub(crate) fn resolve(mut typed: SummarizeArgs, file: ConfigFile) -> anyhow::Result<Self> {
        let file: SummarizeArgs = file.read(KEYS)?;
        fill_input(&mut typed.input, file.input);
        or_from_file!(typed, file, report_period_id);
        or_from_file!(typed, file, reference);
        or_from_file!(typed, file, output);
        or_from_file!(typed, file, no_managed_copy);
        or_from_file!(typed, file, no_storage);
        or_from_file!(typed, file, memory_limit);
        or_from_file!(typed, file, dry_run);
        or_from_file!(typed, file, format);
        let input = Input::resolve(typed.input)?;
        let dry_run = typed.dry_run.unwrap_or_default();
        if input.database.is_none() {
            if typed.reference.is_none() {
                bail!(Missing("--reference FILE or --database URL: the enabled tag keys, cost categories and nodes of the tenant"));
            }
            if typed.output.is_none() && !dry_run {
                bail!(Missing("--output URL, where the result goes without --database (or --dry-run)"));
            }
        }
        input.cluster_id()?;
        Ok(Self {
            input,
            report_period_id: typed.report_period_id,
            reference: typed.reference,
            output: typed.output.as_deref().map(open_store).transpose()?,
            managed_copy: !typed.no_managed_copy.unwrap_or_default(),
            storage: !typed.no_storage.unwrap_or_default(),
            memory_limit: typed.memory_limit.as_deref().map(size).transpose()?,
            dry_run,
            format: typed.format.unwrap_or_default(),
        })
    }
}

/// What a list is to be made of.
#[derive(Debug)]
pub(crate) struct List {
    pub input: Input,
    pub format: Format,
}

impl List {
    pub(crate) fn resolve(mut typed: ListArgs, file: ConfigFile) -> anyhow::Result<Self> {
        let file: ListArgs = file.read(KEYS)?;
        fill_input(&mut typed.input, file.input);
        or_from_file!(typed, file, dry_run);
        or_from_file!(typed, file, format);
        let mut input = Input::resolve(typed.input)?;
        if typed.dry_run.unwrap_or_default() {
            input.database = None;
        }
        if input.database.is_some() {
            input.cluster_id()?;
        }
        Ok(Self { input, format: typed.format.unwrap_or_default() })
    }
}

/// What `ingest` is to do.
#[derive(Debug)]
pub(crate) struct Ingest {
    pub payloads: Vec<String>,
    pub store: Store,
    pub schema: String,
    /// `None`: one that is made of the cluster's id.
    pub source: Option<SourceUuid>,
    pub cluster_id: Option<ClusterId>,
    pub replace: Replace,
    pub write: Write,
    pub bad_input: BadInput,
    pub tracking: Tracking,
    pub database: Option<DatabaseConfig>,
    pub engine: Engine,
    pub format: Format,
}

impl Ingest {
    pub(crate) fn resolve(mut typed: IngestArgs, file: ConfigFile) -> anyhow::Result<Self> {
        let file: IngestArgs = file.read(KEYS)?;
        fill_payloads(&mut typed.payloads, file.payloads);
        Self::of(typed.payloads)
    }

    fn of(typed: PayloadArgs) -> anyhow::Result<Self> {
        let database = typed.database.as_deref().map(DatabaseConfig::from_url).transpose()?;
        // A default beside a database would be a tenant, and a place, that nobody meant.
        let without_database = |default: &str| database.is_none().then(|| default.to_owned());
        let tracking = match (typed.manifest_id, typed.track.unwrap_or_default()) {
            (Some(_), true) => bail!("could not use --manifest-id and --track together: one names the manifest, the other finds it"),
            (Some(id), false) => Tracking::Manifest(id),
            (None, true) if database.is_none() => bail!(Missing("--database URL, where --track writes")),
            (None, true) => Tracking::Create,
            (None, false) => Tracking::Off,
        };
        Ok(Self {
            payloads: typed.payloads,
            store: open_store(&required(typed.store.or_else(|| without_database(DEFAULT_STORE)), "store")?)?,
            schema: usable_schema(required(typed.schema.or_else(|| without_database(DEFAULT_SCHEMA)), "schema")?)?,
            source: if database.is_some() { Some(required(typed.source, "source")?) } else { typed.source },
            cluster_id: typed.cluster_id.map(ClusterId),
            replace: if typed.replace.unwrap_or_default() { Replace::Always } else { Replace::WithMoreHours },
            write: if typed.dry_run.unwrap_or_default() { Write::DryRun } else { Write::Yes },
            bad_input: if typed.strict.unwrap_or_default() { BadInput::Refuse } else { BadInput::Warn },
            tracking,
            database,
            engine: typed.engine.unwrap_or_default().into(),
            format: typed.format.unwrap_or_default(),
        })
    }

    pub(crate) async fn connect(&self) -> anyhow::Result<Option<Database>> {
        connect(self.database.as_ref()).await
    }
}

/// Where the reference data of a run comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// This file.
    File(PathBuf),
    /// koku's database.
    Database,
    /// Nowhere: that of a new tenant, with these tag keys.
    Embedded(EnableTags),
}

/// Which tag keys are enabled where nobody keeps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EnableTags {
    All,
    None,
    File(PathBuf),
}

impl EnableTags {
    fn of(typed: Option<&str>) -> Self {
        match typed {
            None | Some("all") => Self::All,
            Some("none") => Self::None,
            Some(file) => Self::File(file.into()),
        }
    }
}

/// What `run` is to do.
#[derive(Debug)]
pub(crate) struct IngestAndSummarize {
    pub ingest: Ingest,
    pub cluster_alias: Option<String>,
    pub report_period_id: Option<i32>,
    pub reference: Reference,
    /// `None`: the store of the line items.
    pub output: Option<Store>,
    pub managed_copy: bool,
    pub memory_limit: Option<u64>,
}

impl IngestAndSummarize {
    pub(crate) fn resolve(mut typed: RunArgs, file: ConfigFile) -> anyhow::Result<Self> {
        let file: RunArgs = file.read(KEYS)?;
        fill_payloads(&mut typed.payloads, file.payloads);
        or_from_file!(typed, file, cluster_alias);
        or_from_file!(typed, file, report_period_id);
        or_from_file!(typed, file, reference);
        or_from_file!(typed, file, enable_tags);
        or_from_file!(typed, file, output);
        or_from_file!(typed, file, no_managed_copy);
        or_from_file!(typed, file, memory_limit);
        let has_database = typed.payloads.database.is_some();
        if typed.enable_tags.is_some() && (typed.reference.is_some() || has_database) {
            bail!("could not use --enable-tags: the keys come from --reference or --database");
        }
        let enable_tags = EnableTags::of(typed.enable_tags.as_deref());
        Ok(Self {
            reference: match (typed.reference, has_database) {
                (Some(file), _) => Reference::File(file),
                (None, true) => Reference::Database,
                (None, false) => Reference::Embedded(enable_tags),
            },
            cluster_alias: typed.cluster_alias,
            report_period_id: typed.report_period_id,
            output: typed.output.as_deref().map(open_store).transpose()?,
            managed_copy: !(has_database && typed.no_managed_copy.unwrap_or_default()),
            memory_limit: typed.memory_limit.as_deref().map(size).transpose()?,
            ingest: Ingest::of(typed.payloads)?,
        })
    }
}

fn fill_payloads(typed: &mut PayloadArgs, file: PayloadArgs) {
    or_from_file!(typed, file, store);
    or_from_file!(typed, file, schema);
    or_from_file!(typed, file, source);
    or_from_file!(typed, file, cluster_id);
    or_from_file!(typed, file, replace);
    or_from_file!(typed, file, strict);
    or_from_file!(typed, file, database);
    or_from_file!(typed, file, manifest_id);
    or_from_file!(typed, file, track);
    or_from_file!(typed, file, engine);
    or_from_file!(typed, file, dry_run);
    or_from_file!(typed, file, format);
}

fn fill_input(typed: &mut InputArgs, file: InputArgs) {
    or_from_file!(typed, file, store);
    or_from_file!(typed, file, schema);
    or_from_file!(typed, file, source);
    or_from_file!(typed, file, start);
    or_from_file!(typed, file, end);
    or_from_file!(typed, file, cluster_id);
    or_from_file!(typed, file, cluster_alias);
    or_from_file!(typed, file, database);
    or_from_file!(typed, file, engine);
}

/// The database, if one is named.
async fn connect(database: Option<&DatabaseConfig>) -> anyhow::Result<Option<Database>> {
    Ok(match database {
        Some(config) => Some(Database::connect(config).await?),
        None => None,
    })
}

/// A setting that a command cannot do without.
#[derive(Debug, thiserror::Error)]
#[error("a setting is missing: {0}")]
pub(crate) struct Missing(pub(crate) &'static str);

fn required<T>(value: Option<T>, flag: &'static str) -> anyhow::Result<T> {
    value.ok_or_else(|| {
        let variable = flag.to_uppercase().replace('-', "_");
        anyhow!("a setting is missing: --{flag}, AGGREGATOR_{variable}, or `{flag}` in the file of --config")
    })
}

/// The schema, which is part of paths.
fn usable_schema(schema: String) -> anyhow::Result<String> {
    if schema.is_empty() || schema.contains(['/', '\0']) {
        bail!("could not use {schema:?} as a schema");
    }
    Ok(schema)
}

fn open_store(url: &str) -> anyhow::Result<Store> {
    #[expect(clippy::disallowed_methods, reason = "settings are the one place that reads the environment")]
    let config = StoreConfig::from_environment(url, |name| std::env::var(name).ok());
    Ok(Store::open(&config)?)
}

/// A size such as `512MiB`, `2GB` or a number of bytes.
fn size(text: &str) -> anyhow::Result<u64> {
    let digits = text.trim().trim_end_matches(|character: char| character.is_ascii_alphabetic() || character == ' ');
    let factor: u64 = match text.trim().get(digits.len()..).unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "ki" | "kib" => 1 << 10,
        "m" | "mi" | "mib" => 1 << 20,
        "g" | "gi" | "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => bail!("could not read {text:?} as a size: write it like `512MiB` or `2GB`"),
    };
    let number: f64 =
        digits.trim().parse().with_context(|| format!("could not read {text:?} as a size: write it like `512MiB` or `2GB`"))?;
    if !(number.is_finite() && number > 0.0) {
        bail!("could not use {text:?} as a size: it must be greater than zero");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a size in whole bytes, checked to be positive"
    )]
    Ok((number * factor as f64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use crate::args::{Command, OcpCommand};
    use clap::Parser;

    /// A file of settings with this text.
    fn file(text: &str) -> ConfigFile {
        ConfigFile { path: None, table: text.parse().expect("TOML") }
    }

    fn run_with(flags: &[&str], text: &str) -> anyhow::Result<IngestAndSummarize> {
        let typed = Cli::try_parse_from([&["aggregator", "ocp", "run", "payload.tar.gz"], flags].concat())?;
        let Command::Ocp(ocp) = typed.command else { panic!("another command") };
        let OcpCommand::Run(args) = ocp.command else { panic!("another command") };
        IngestAndSummarize::resolve(args, file(text))
    }

    fn refusal(flags: &[&str], text: &str) -> String {
        run_with(flags, text).map(|settings| format!("{settings:?}")).expect_err("a refusal").to_string()
    }

    #[test]
    fn a_payload_alone_is_enough_for_a_run() {
        let settings = run_with(&[], "").expect("defaults");
        let ingest = &settings.ingest;
        assert_eq!(ingest.payloads, ["payload.tar.gz"]);
        let root = std::path::absolute("aggregator-data").expect("a path");
        assert_eq!(ingest.store.local_root(), Some(root.as_path()));
        assert_eq!((ingest.schema.as_str(), ingest.source, ingest.cluster_id.as_ref()), ("org0000001", None, None));
        assert_eq!((ingest.replace, ingest.write, ingest.bad_input), (Replace::WithMoreHours, Write::Yes, BadInput::Warn));
        assert_eq!(ingest.tracking, Tracking::Off);
        assert_eq!(settings.reference, Reference::Embedded(EnableTags::All));
        assert!(settings.output.is_none() && settings.managed_copy && settings.memory_limit.is_none());
    }

    #[test]
    fn flags_win_over_the_file_also_for_payloads() {
        let text = "store = '/file'\nschema = 'org1'\nsource = '5e8d6c1a-0000-4000-8000-000000000001'\ncluster-id = 'from-file'\n\
                    replace = true\nstrict = true\ndry-run = true\nmanifest-id = 7\nenable-tags = 'none'\noutput = '/result'";
        let settings = run_with(&[], text).expect("a file that is enough");
        let ingest = &settings.ingest;
        assert_eq!((ingest.replace, ingest.write, ingest.bad_input), (Replace::Always, Write::DryRun, BadInput::Refuse));
        assert_eq!((ingest.tracking, ingest.schema.as_str()), (Tracking::Manifest(7), "org1"));
        assert_eq!(ingest.cluster_id, Some(ClusterId("from-file".to_owned())));
        assert_eq!(settings.reference, Reference::Embedded(EnableTags::None));

        let flags = ["--replace=false", "--dry-run=false", "--strict=no", "--schema=org2", "--cluster-id=typed", "--enable-tags=keys.txt"];
        let settings = run_with(&flags, text).expect("flags over a file");
        let ingest = &settings.ingest;
        assert_eq!((ingest.replace, ingest.write, ingest.bad_input), (Replace::WithMoreHours, Write::Yes, BadInput::Warn));
        assert_eq!((ingest.schema.as_str(), ingest.cluster_id.clone()), ("org2", Some(ClusterId("typed".to_owned()))));
        assert_eq!(settings.reference, Reference::Embedded(EnableTags::File("keys.txt".into())));
        assert_eq!(settings.output.and_then(|store| store.local_root().map(Path::to_owned)), Some("/result".into()));
    }

    #[test]
    fn beside_a_database_nothing_is_guessed() {
        let database = "--database=postgres://koku@db/postgres";
        let source = "--source=5e8d6c1a-0000-4000-8000-000000000001";
        for (flags, missing) in [
            (&[database][..], "--store"),
            (&[database, "--store=/store"], "--schema"),
            (&[database, "--store=/store", "--schema=org1"], "--source"),
        ] {
            assert!(refusal(flags, "").contains(missing), "{flags:?}: {}", refusal(flags, ""));
        }
        let all = [database, "--store=/store", "--schema=org1", source, "--track", "--no-managed-copy"];
        let settings = run_with(&all, "").expect("everything is named");
        assert_eq!((settings.ingest.tracking, settings.reference, settings.managed_copy), (Tracking::Create, Reference::Database, false));
        let reference = [&all[..], &["--reference=reference.json"]].concat();
        assert_eq!(run_with(&reference, "").expect("a file wins").reference, Reference::File("reference.json".into()));
    }

    #[test]
    fn settings_that_exclude_each_other_are_refused() {
        assert!(refusal(&["--track"], "").contains("--database URL"));
        assert!(refusal(&["--track", "--manifest-id=1"], "").contains("--manifest-id and --track"));
        assert!(refusal(&["--enable-tags=all", "--reference=reference.json"], "").contains("--enable-tags"));
        assert!(refusal(&["--schema=a/b"], "").contains("as a schema"));
        assert!(refusal(&[], "payloads = ['x']").contains("`payloads` is no setting"));
    }

    #[test]
    fn a_size_is_read_with_its_unit() {
        for (text, bytes) in [("512MiB", 512 << 20), ("2GB", 2_000_000_000), ("1.5Gi", 3 << 29), ("4096", 4096), ("64 k", 64 << 10)] {
            assert_eq!(size(text).ok(), Some(bytes), "{text}");
        }
        for text in ["", "MiB", "-1", "5 parsecs", "0"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
