//! What was typed.

use std::fmt::{self, Debug, Formatter};
use std::str::FromStr;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::compare::Comparison;
use crate::diff::Show;
use crate::diff::tolerance::Tolerance;
use crate::error::Result;
use crate::read::Side;
use crate::rows::Filter;
use crate::shadow::args::ShadowArgs;
use crate::subject::{Request, Subject};

/// Proves that two results are the same, or shows where they are not.
#[derive(Debug, Parser)]
#[command(name = "aggregator-validate", version, about, propagate_version = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare two results of one table, row by row and column by column.
    #[command(long_about = COMPARE, after_long_help = examples())]
    Compare(Box<Compare>),

    /// Compare a daily summary with what nise's static report, or people, say it must hold.
    #[command(long_about = crate::nise::command::ABOUT, after_long_help = crate::nise::command::EXAMPLES)]
    Nise(Box<crate::nise::command::Nise>),

    /// Check what holds on every correct daily summary, without a reference.
    #[command(long_about = crate::audit::command::ABOUT, after_long_help = crate::audit::command::EXAMPLES)]
    Audit(Box<crate::audit::command::Options>),

    /// Run beside koku's Trino: compute ours, compare with what Trino wrote, and keep a history.
    #[command(long_about = SHADOW, after_long_help = SHADOW_EXAMPLES)]
    Shadow(Box<ShadowArgs>),
}

const SHADOW: &str = "Run beside koku's Trino: compute ours, compare with what Trino wrote, and keep a history.

Reads the line items of a source and computes its daily summary into a temporary folder; then reads what Trino wrote for the same \
days, the managed table (from the store, or from a live Trino) and the rows of koku's PostgreSQL, and compares row by row. koku's \
tables are never written. Each run adds a line for each month and table to the history. Run it when koku's own summary has ended.";

const SHADOW_EXAMPLES: &str = "Examples:
  Every night, for the month so far (the password stands in PGPASSWORD):
    aggregator-validate shadow --store s3://koku-bucket --database postgres://koku@db/postgres \\
        --schema org1234567 --source 3b2f6c9e-0c1d-4f9a-9d55-3b7b8f1f2a10 --cluster-id my-cluster \\
        --start 2026-03-01 --end 2026-03-14 --known known-differences.toml

  What the nights found:
    aggregator-validate shadow history

Exit codes: 0 equal or explained, 1 differences, 2 failed.";

const COMPARE: &str = "Compare two results of one table, row by row and column by column.

LEFT is what is expected, RIGHT what is checked. Each is a Parquet file, a directory (every Parquet file below it, also in \
Hive partitions such as source=/year=/month=/day=), a PostgreSQL database (postgres://user@host/database), or a table that a \
running Trino reads (trino://user@host:port/catalog/schema/table, trinos://… with TLS).

Rows are matched as a multiset by the logical key of the table, labels as JSON objects. Keys, text, counts and maxima must be \
equal; sums may differ by a relative tolerance, because no engine adds them in a fixed order. A double is compared with a \
decimal after Trino's rounding to numeric(33,15).

Both sides are read for hashes of their rows first, and only rows whose keys differ are read again: millions of rows take little \
memory.

A password stands in PGPASSWORD or TRINO_PASSWORD, a token for Trino in TRINO_TOKEN.";

const EXAMPLES: &str = "Examples:
  What Trino wrote, against what aggregator wrote:
    aggregator-validate compare trino/summary/ ours/summary/ --table ocp-daily-summary

  The managed table against PostgreSQL, for five days of one source (the password stands in PGPASSWORD):
    aggregator-validate compare data/org1234567.db/reporting_ocpusagelineitem_daily_summary \\
        postgres://koku@localhost:15432/postgres --schema org1234567 --table ocp-daily-summary \\
        --source 3b2f6c9e-0c1d-4f9a-9d55-3b7b8f1f2a10 --start 2026-03-01 --end 2026-03-05

  A live Trino against PostgreSQL, as a page to attach to a change request:
    aggregator-validate compare trino://koku@localhost:8080/hive/org1234567 postgres://koku@localhost:15432/postgres \\
        --schema org1234567 --table ocp-daily-summary --start 2026-03-01 --end 2026-03-31 --format html > report.html

  A table that is not known by name, with its key:
    aggregator-validate compare old.parquet new.parquet --table my_table --key day,project --ignore updated_at

  For a script: exit code and JSON:
    aggregator-validate compare expected.parquet actual.parquet --table ocp-daily-summary --format json > report.json

Exit codes: 0 equal, 1 differences, 2 failed.";

/// The examples, and the tables that have a name.
fn examples() -> String {
    let tables: Vec<String> = Subject::known().map(|subject| format!("  {:<27} {}", subject.name, subject.table_name())).collect();
    format!("Known tables, by either name:\n{}\n\n{EXAMPLES}", tables.join("\n"))
}

/// The options of `compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// What is expected: Parquet file, directory, postgres://… or trino://…
    pub left: Location,

    /// What is checked: Parquet file, directory, postgres://… or trino://…
    pub right: Location,

    /// The table that both sides hold: a known one (--help lists them), or any other with --key
    #[arg(long, value_name = "NAME", value_parser = table_name)]
    pub table: String,

    /// The columns by which rows are matched, instead of those of the known table
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub key: Vec<String>,

    /// Columns that are not compared
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub ignore: Vec<String>,

    /// How far two sums may lie apart, relative to the magnitudes that were added or subtracted
    #[arg(long, value_name = "RELATIVE", default_value = "1e-12", value_parser = relative)]
    pub tolerance: f64,

    /// How many units of 10^-15 two decimals may lie apart
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub decimal_units: u64,

    /// How far two sums may lie apart if both are decimals, relative as --tolerance
    #[arg(long, value_name = "RELATIVE", default_value = "0", value_parser = relative)]
    pub decimal_tolerance: f64,

    /// The tenant's schema of a PostgreSQL side
    #[arg(long, value_name = "NAME")]
    pub schema: Option<String>,

    /// Only rows of this source
    #[arg(long, value_name = "UUID")]
    pub source: Option<String>,

    /// Only rows of this day and later (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    pub start: Option<NaiveDate>,

    /// Only rows of this day and earlier (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    pub end: Option<NaiveDate>,

    /// For people or for machines
    #[arg(long, default_value = "text")]
    pub format: ReportFormat,

    /// How many differing rows to show: 10 if not said, 100 in HTML, where they are the biggest, and all in CSV
    #[arg(long, value_name = "ROWS")]
    pub limit: Option<usize>,
}

impl Compare {
    /// What is asked for.
    ///
    /// # Errors
    /// A side that is none.
    pub fn comparison(&self) -> Result<Comparison> {
        Ok(Comparison {
            table: Request { table: self.table.clone(), key: self.key.clone(), ignore: self.ignore.clone() },
            left: self.left.side()?,
            right: self.right.side()?,
            filter: self.filter(),
            schema: self.schema.clone(),
            tolerance: self.tolerance(),
            show: match self.format {
                ReportFormat::Text | ReportFormat::Json => Show::First(self.limit.unwrap_or(10)),
                ReportFormat::Html => Show::Biggest(self.limit.unwrap_or(100)),
                ReportFormat::Csv => self.limit.map_or(Show::ALL, Show::First),
            },
        })
    }

    /// Which rows are wanted.
    pub fn filter(&self) -> Filter {
        Filter { source: self.source.clone(), start: self.start, end: self.end }
    }

    /// How close is close enough.
    pub fn tolerance(&self) -> Tolerance {
        Tolerance { relative: self.tolerance, decimal_units: self.decimal_units.into(), decimal_relative: self.decimal_tolerance }
    }
}

pub(crate) fn relative(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(relative) if (0.0..1.0).contains(&relative) => Ok(relative),
        _ => Err("a number from 0 to below 1, such as 1e-12".to_owned()),
    }
}

/// A side as it was typed; it can hold a password and shows itself to nobody.
#[derive(Clone)]
pub struct Location(String);

impl Location {
    /// The side that is meant.
    ///
    /// # Errors
    /// It is neither a path nor the URL of a PostgreSQL database or a Trino.
    pub fn side(&self) -> Result<Side> {
        self.0.parse()
    }
}

impl FromStr for Location {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl Debug for Location {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self.side() {
            Ok(side) => write!(formatter, "{side}"),
            Err(_) => formatter.write_str("Location(…)"),
        }
    }
}

/// The name of a table; a URL that got here by mistake is none.
fn table_name(name: &str) -> Result<String, String> {
    if name.is_empty() || name.contains("://") {
        return Err("the name of a table, such as ocp-daily-summary".to_owned());
    }
    Ok(name.to_owned())
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For machines
    Json,
}

/// How the report of a comparison is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people
    Text,
    /// For machines
    Json,
    /// All differences, one a line
    Csv,
    /// A page of its own: what differs most, by column and by day
    Html,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_tolerance_is_the_declared_one() {
        let typed = ["aggregator-validate", "compare", "a", "b", "--table", "ocp-daily-summary"];
        let Arguments { command: Command::Compare(options) } = Arguments::parse_from(typed) else { panic!("`compare` was typed") };
        assert_eq!(options.tolerance(), Tolerance::default());
    }
}
