//! What arguments, environment and file mean for the extracts of subscriptions and of the committed spend.

use super::cloud::{Input, fill, values};
use super::{ConfigFile, KEYS, Missing, open_store, required};
use crate::args::cloud::{HcsArgs, SubsArgs, SubsExtractArgs};
use aggregator_core::cloud::Values;
use aggregator_io::cloud::Finality;
use aggregator_io::source::cluster::source_of_name;
use aggregator_io::source::path::Month;
use aggregator_io::store::Store;
use anyhow::bail;
use chrono::{NaiveDate, Utc};
use std::path::PathBuf;

/// What is to be shown for subscriptions.
#[derive(Debug)]
pub(crate) struct Subs {
    pub input: Input,
    pub usage_account: Option<String>,
    pub resources: Option<PathBuf>,
    pub today: NaiveDate,
    pub values: Values,
    pub csv: Option<PathBuf>,
}

impl Subs {
    pub(crate) fn resolve(mut typed: SubsArgs, file: ConfigFile) -> anyhow::Result<Self> {
        let file: SubsArgs = file.read(KEYS)?;
        fill(&mut typed.input, file.input);
        or_from_file!(typed, file, strict_trino);
        let input = Input::resolve(typed.input)?;
        Ok(Self {
            input,
            usage_account: typed.usage_account,
            resources: typed.resources,
            today: typed.today.unwrap_or_else(|| Utc::now().date_naive()),
            values: values(typed.strict_trino),
            csv: typed.csv,
        })
    }

    pub(crate) fn usage_account(&self) -> anyhow::Result<&str> {
        self.usage_account.as_deref().ok_or_else(|| Missing("--usage-account ID").into())
    }

    pub(crate) fn resources(&self) -> anyhow::Result<&PathBuf> {
        self.resources.as_ref().ok_or_else(|| Missing("--resources FILE").into())
    }
}

/// What is to be written for subscriptions.
#[derive(Debug)]
pub(crate) struct SubsExtract {
    pub input: Input,
    pub output: Store,
    pub tracing_id: String,
    pub today: NaiveDate,
    pub values: Values,
}

impl SubsExtract {
    pub(crate) fn resolve(mut typed: SubsExtractArgs, file: ConfigFile) -> anyhow::Result<Self> {
        let file: SubsExtractArgs = file.read(KEYS)?;
        fill(&mut typed.input, file.input);
        or_from_file!(typed, file, strict_trino);
        let input = Input::resolve(typed.input)?;
        if Month::of(input.start) != Month::of(input.end) {
            bail!(
                "could not use --start and --end: an extract for subscriptions is of one month, and names its files by --tracing-id alone"
            );
        }
        let source = input.source()?;
        let of_month = || source_of_name(&format!("{source} {}", input.start.format("%Y-%m"))).to_string();
        Ok(Self {
            output: open_store(&required(typed.output, "output")?)?,
            tracing_id: typed.tracing_id.unwrap_or_else(of_month),
            today: typed.today.unwrap_or_else(|| Utc::now().date_naive()),
            values: values(typed.strict_trino),
            input,
        })
    }
}

/// What is to be extracted for the committed spend.
#[derive(Debug)]
pub(crate) struct Hcs {
    pub input: Input,
    pub ebs_account: Option<String>,
    pub org_id: Option<String>,
    pub output: Option<Store>,
    pub finality: Finality,
    pub csv: Option<PathBuf>,
}

impl Hcs {
    pub(crate) fn resolve(mut typed: HcsArgs, file: ConfigFile) -> anyhow::Result<Self> {
        let file: HcsArgs = file.read(KEYS)?;
        fill(&mut typed.input, file.input);
        let input = Input::resolve(typed.input)?;
        if typed.output.is_none() && Month::of(input.start) != Month::of(input.end) {
            bail!("could not use --start and --end: without --output, the days lie in one month");
        }
        let today = typed.today.unwrap_or_else(|| Utc::now().date_naive());
        let finality = match typed.finalize {
            Some(true) => Finality::Final,
            Some(false) => Finality::Open,
            None => Finality::of(input.end, today),
        };
        Ok(Self {
            ebs_account: typed.ebs_account,
            org_id: typed.org_id,
            output: typed.output.as_deref().map(open_store).transpose()?,
            finality,
            csv: typed.csv,
            input,
        })
    }
}
