//! `aggregator-validate nise`.

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Utc};
use clap::Args;
use minijinja::{Environment, UndefinedBehavior};

use super::dates::Clock;
use super::error::NiseError;
use super::expected::{Constants, summary};
use super::reference::Reference;
use super::report::{Report, RowReport, json, text};
use super::scalar::date_and_time;
use super::text::Enabled;
use super::{clouds, compare, expectations, model};
use crate::args::{Format, Location};
use crate::command::{Exit, Outcome};
use crate::diff::tolerance::{DEFAULT_RELATIVE, Tolerance};
use crate::error::{Error, Result};
use crate::read::{self, Side};
use crate::rows::{Filter, Rows};
use crate::subject::{OCP_DAILY_SUMMARY, Subject};

/// What `nise --help` says first.
pub(crate) const ABOUT: &str = "Compare a daily summary with what nise's static report, or people, say it must hold.

REPORT is the YAML that nise made the reports of a cluster or a cloud from; its generators tell which table the result is. What it \
determines is computed from it alone and compared with the result; what nise draws at random is listed as not determined by the YAML, \
and not compared. Rows of a cluster are compared one by one; rows of a cloud in the finest groups that the YAML determines: by day, \
account, service, region and tags, or added up over what is random.

--expected takes totals that people wrote down, as CSV or YAML: of a day or a month, by cluster, node, namespace, claim or label; of a cloud \
by account, service, region or tag. docs/validate-nise.md has the formats.";

/// What `nise --help` says last.
pub(crate) const EXAMPLES: &str = "Examples:
  The Parquet that `aggregator ocp run` wrote:
    aggregator-validate nise cluster.yml --result out/org1234567.db/reporting_ocpusagelineitem_daily_summary

  koku's database, with its tag keys and roles of nodes in a file:
    aggregator-validate nise cluster.yml --result postgres://koku@localhost:15432/postgres --schema org1234567 \\
        --source 3b2f6c9e-0c1d-4f9a-9d55-3b7b8f1f2a10 --reference reference.json

  The summary of AWS with a markup of 10 %, where all tags are enabled:
    aggregator-validate nise aws.yml --markup 10 --result out/org1234567.db/reporting_awscostentrylineitem_daily_summary

  Totals of QE:
    aggregator-validate nise --expected totals.csv --result summary.parquet --tolerance 1e-6

Exit codes: 0 as expected, 1 not as expected, 2 failed.";

/// The options of `nise`.
#[derive(Debug, Args)]
pub struct Nise {
    /// nise's static report (YAML), also as a Jinja template
    pub report: Option<PathBuf>,

    /// What is checked: Parquet file, directory, or postgres://…
    #[arg(long, value_name = "RESULT")]
    pub result: Location,

    /// The table of the result: `ocp-daily-summary`, `aws-daily-summary`, `azure-daily-summary`, `gcp-daily-summary`. If left out, the
    /// generators of REPORT tell; without a REPORT, it is OpenShift's
    #[arg(long, value_name = "NAME", value_parser = table)]
    pub table: Option<String>,

    /// A file of expected totals (`.csv`, `.yml`, `.yaml`); can be given more than once
    #[arg(long, value_name = "FILE")]
    pub expected: Vec<PathBuf>,

    /// The tenant's schema of a PostgreSQL result
    #[arg(long, value_name = "NAME")]
    pub schema: Option<String>,

    /// Only rows of this source; every row must have it
    #[arg(long, value_name = "UUID")]
    pub source: Option<String>,

    /// Only rows of this day and later (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    pub start: Option<NaiveDate>,

    /// Only rows of this day and earlier (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    pub end: Option<NaiveDate>,

    /// When nise was run, UTC, for `today`, `last_month` and dates that are left out (YYYY-MM-DD, or with THH:MM); now if left out
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub today: Option<NaiveDateTime>,

    /// nise's `--start-date`, for generators without one
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub nise_start_date: Option<NaiveDateTime>,

    /// nise's `--end-date`, for generators without one; this day is not included
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub nise_end_date: Option<NaiveDateTime>,

    /// A variable of the template
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    pub variables: Vec<(String, String)>,

    /// JSON file with the reference data of the tenant, as `aggregator` reads it: `enabled_keys`, `cost_categories`, `nodes`
    #[arg(long, value_name = "FILE")]
    pub reference: Option<PathBuf>,

    /// Without --reference: which labels are kept, `all`, `none`, or those whose keys are in a text file, one a line
    #[arg(long, value_name = "all|none|FILE", default_value = "all", conflicts_with = "reference")]
    pub enable_tags: PathBuf,

    /// Clouds: markup of the source's cost model, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0, allow_hyphen_values = true)]
    pub markup: f64,

    /// Clouds: nise's `--currency`, which wins over the file's
    #[arg(long, value_name = "CODE")]
    pub nise_currency: Option<String>,

    /// The cluster's id that every row must have
    #[arg(long, value_name = "ID")]
    pub cluster_id: Option<String>,

    /// The cluster's name that every row must have
    #[arg(long, value_name = "NAME")]
    pub cluster_alias: Option<String>,

    /// The report period that every row must have
    #[arg(long, value_name = "N")]
    pub report_period_id: Option<i32>,

    /// How far a sum may be off, relative to the magnitudes that were added or subtracted
    #[arg(long, value_name = "RELATIVE", default_value_t = DEFAULT_RELATIVE, value_parser = crate::args::relative)]
    pub tolerance: f64,

    /// For people or for machines
    #[arg(long, default_value = "text")]
    pub format: Format,

    /// How many rows of each kind the text shows
    #[arg(long, value_name = "ROWS", default_value_t = 10)]
    pub limit: usize,
}

fn moment(text: &str) -> Result<NaiveDateTime, String> {
    let day = || text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN));
    date_and_time(text).or_else(day).ok_or_else(|| "a day or a time, such as 2026-03-01 or 2026-03-01T12:00".to_owned())
}

fn table(text: &str) -> Result<String, String> {
    let is_known = [OCP_DAILY_SUMMARY.name, OCP_DAILY_SUMMARY.table_name()].contains(&text) || clouds::Provider::of_table(text).is_some();
    if is_known { Ok(text.to_owned()) } else { Err("`ocp-daily-summary` or that of `aws`, `azure`, `gcp`".to_owned()) }
}

fn variable(text: &str) -> Result<(String, String), String> {
    text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(|| "NAME=VALUE".to_owned())
}

impl Nise {
    fn clock(&self) -> Clock {
        Clock { now: self.today.unwrap_or_else(|| Utc::now().naive_utc()), start: self.nise_start_date, end: self.nise_end_date }
    }

    fn constants(&self) -> Constants {
        Constants {
            source: self.source.clone(),
            cluster_id: self.cluster_id.clone(),
            cluster_alias: self.cluster_alias.clone(),
            report_period_id: self.report_period_id,
        }
    }

    fn filter(&self) -> Filter {
        Filter { source: self.source.clone(), start: self.start, end: self.end }
    }

    /// Sums within the tolerance on either kind of side: nothing that was computed from a YAML is exact to the last bit.
    fn tolerance(&self) -> Tolerance {
        Tolerance { relative: self.tolerance, ..Tolerance::default() }
    }

    fn reference(&self) -> Result<Reference, NiseError> {
        if let Some(path) = &self.reference {
            let bytes = std::fs::read(path).map_err(unreadable(path))?;
            return Reference::from_json(&bytes).map_err(|error| content(path, error.to_string()));
        }
        Ok(Reference::new_tenant(self.enabled_tags()?.map_or(Enabled::All, |keys| Enabled::Keys(keys.into_iter().collect()))))
    }

    fn cloud_reference(&self, cloud: clouds::Provider) -> Result<clouds::Reference, NiseError> {
        if let Some(path) = &self.reference {
            let bytes = std::fs::read(path).map_err(unreadable(path))?;
            return clouds::Reference::from_json(&bytes, cloud.provider_type()).map_err(|error| content(path, error.to_string()));
        }
        Ok(self.enabled_tags()?.map_or_else(clouds::Reference::all_tags, clouds::Reference::keys))
    }

    /// The keys of `--enable-tags`; none if all are enabled.
    fn enabled_tags(&self) -> Result<Option<Vec<String>>, NiseError> {
        match self.enable_tags.to_str() {
            Some("all") => Ok(None),
            Some("none") => Ok(Some(Vec::new())),
            _ => {
                let text = std::fs::read_to_string(&self.enable_tags).map_err(unreadable(&self.enable_tags))?;
                Ok(Some(text.lines().map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned).collect()))
            }
        }
    }

    /// The cloud whose table the result is; none for OpenShift's.
    fn cloud(&self, report: Option<&(&Path, String)>) -> Result<Option<clouds::Provider>, NiseError> {
        let asked = self.table.as_deref().map(clouds::Provider::of_table);
        let Some((path, text)) = report else { return Ok(asked.flatten()) };
        let of_file = clouds::report(text).and_then(|report| clouds::provider(&report)).map_err(|reason| content(path, reason))?;
        let name = |cloud: Option<clouds::Provider>| cloud.map_or(&OCP_DAILY_SUMMARY, clouds::Provider::subject).name;
        if asked.is_some_and(|asked| asked != of_file) {
            return Err(content(path, format!("its generators make `{}`, not `{}`", name(of_file), name(asked.flatten()))));
        }
        Ok(of_file)
    }
}

/// Runs the command.
///
/// # Errors
/// * Nothing is expected, or a file that says what is cannot be used.
/// * The result cannot be read.
pub(crate) fn run(options: &Nise) -> Result<Outcome> {
    if options.report.is_none() && options.expected.is_empty() {
        return Err(NiseError::Nothing.into());
    }
    let file = options.report.as_deref().map(|path| rendered(path, &options.variables).map(|text| (path, text))).transpose()?;
    let cloud = options.cloud(file.as_ref())?;
    let subject = cloud.map_or(&OCP_DAILY_SUMMARY, clouds::Provider::subject);
    let words = expectations::Words::of(subject);
    let totals: Vec<_> =
        options.expected.iter().map(|path| totals(path, &words).map(|totals| (path, totals))).collect::<Result<_, NiseError>>()?;
    let check = file.as_ref().map(|(path, text)| Check::of(cloud, path, text, options)).transpose()?;
    let rows = rows(options, subject)?;
    let report = Report {
        cluster: options.report.as_ref().map(|path| path.display().to_string()),
        result: rows.name().to_owned(),
        result_rows: rows.len(),
        tolerance: options.tolerance,
        rows: check.map(|check| check.compare(&rows, &options.tolerance())),
        totals: totals
            .iter()
            .map(|(path, totals)| expectations::check(&path.display().to_string(), totals, &rows, &words, options.tolerance))
            .collect(),
    };
    let stdout = match options.format {
        Format::Text => text(&report, options.limit),
        Format::Json => json(&report)?,
    };
    let exit = if report.is_equal() { Exit::Equal } else { Exit::Different };
    Ok(Outcome { exit, stdout, stderr: String::new() })
}

fn rows(options: &Nise, subject: &Subject) -> Result<Rows> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
    let side: Side = options.result.side()?;
    runtime.block_on(read::read(&side, subject, &options.filter(), options.schema.as_deref()))
}

/// What a file says that the result must hold.
enum Check {
    Cluster(super::expected::Summary),
    Cloud(clouds::Expectation),
}

impl Check {
    fn of(cloud: Option<clouds::Provider>, path: &Path, text: &str, options: &Nise) -> Result<Self, NiseError> {
        let (clock, filter) = (options.clock(), options.filter());
        let Some(cloud) = cloud else {
            let report = model::report(text).map_err(|error| content(path, error.to_string()))?;
            let reference = options.reference()?;
            let mut expected = summary(&report, &clock, &reference, &options.constants()).map_err(|reason| content(path, reason))?;
            expected.rows.retain(|row| filter.wants_days(row.day, row.day));
            return Ok(Self::Cluster(expected));
        };
        let reference = options.cloud_reference(cloud)?;
        let context = clouds::Context {
            clock: &clock,
            reference: &reference,
            source: options.source.as_deref(),
            markup: options.markup / PERCENT,
            currency: options.nise_currency.as_deref(),
        };
        let report = clouds::report(text).map_err(|reason| content(path, reason))?;
        let expected = cloud.expected(&report, &context, |day| filter.wants_days(day, day));
        expected.map(Self::Cloud).map_err(|reason| content(path, reason))
    }

    fn compare(&self, rows: &Rows, tolerance: &Tolerance) -> RowReport {
        match self {
            Self::Cluster(expected) => compare::compare(&OCP_DAILY_SUMMARY, expected, rows, tolerance),
            Self::Cloud(expected) => clouds::compare(expected, rows, tolerance),
        }
    }
}

const PERCENT: f64 = 100.0;

fn totals(path: &Path, words: &expectations::Words) -> Result<Vec<expectations::Total>, NiseError> {
    let text = std::fs::read_to_string(path).map_err(unreadable(path))?;
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let totals = if is_csv { expectations::from_csv(&text, words) } else { expectations::from_yaml(&text, words) };
    totals.map_err(|reason| content(path, reason))
}

/// The text of a file, rendered if it is a template.
fn rendered(path: &Path, variables: &[(String, String)]) -> Result<String, NiseError> {
    let text = std::fs::read_to_string(path).map_err(unreadable(path))?;
    if !text.contains("{{") && !text.contains("{%") {
        return Ok(text);
    }
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, value) in variables {
        environment.add_global(name.clone(), value.clone());
    }
    environment.render_str(&text, ()).map_err(|error| NiseError::Template { path: path.display().to_string(), reason: error.to_string() })
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> NiseError {
    let path = path.display().to_string();
    move |source| NiseError::File { path, source }
}

fn content(path: &Path, reason: String) -> NiseError {
    NiseError::Content { path: path.display().to_string(), reason }
}
