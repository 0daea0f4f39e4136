//! The cases of the clouds: Trino's answers, and our own results of the same runs.

use std::path::{Path, PathBuf};

use aggregator_core::cloud::{CloudRun, Markup, Values};
use aggregator_core::table::{ColumnDef, Kind, Table};
use aggregator_io::cloud::{Statement, Summarize, summarize};
use aggregator_io::execute::Engine;
use aggregator_io::ocp::ManagedCopy;
use aggregator_io::source::cloud_reference::CloudReference;
use aggregator_io::store::Store;
use aggregator_validate::subject::{AWS_DAILY, AWS_EC2, AZURE_DAILY, GCP_DAILY, Subject};
use chrono::NaiveDate;
use polars::prelude::{DataFrame, ParquetReader, SerReader};
use serde_json::{Map, Value};

/// One summary of one source.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) statement: String,
    pub(crate) params: Map<String, Value>,
    #[serde(skip)]
    pub(crate) tenant: PathBuf,
}

pub(crate) fn unpack(folder: &Path) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/oracle/cloud.tar.zst");
    let mut decoder = zstd::Decoder::new(std::fs::File::open(path).unwrap()).unwrap();
    decoder.window_log_max(27).unwrap();
    tar::Archive::new(decoder).unpack(folder).unwrap();
}

/// Every summary that Trino answered, in the order of the tenants.
pub(crate) fn answered(folder: &Path) -> Vec<Case> {
    all(folder).into_iter().filter(|case| case.expected().is_file() && !case.failed()).collect()
}

/// Every summary that Trino refused.
pub(crate) fn refused(folder: &Path) -> Vec<Case> {
    let summaries = ["aws_daily", "aws_ec2", "azure_daily", "gcp_daily"];
    all(folder).into_iter().filter(|case| summaries.contains(&case.statement.as_str()) && case.failed()).collect()
}

fn all(folder: &Path) -> Vec<Case> {
    let mut waiting = vec![folder.to_owned()];
    let mut tenants = Vec::new();
    while let Some(place) = waiting.pop() {
        for entry in std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
            if entry.join("cases.json").is_file() { tenants.push(entry) } else { waiting.push(entry) }
        }
    }
    tenants.sort();
    let of = |tenant: PathBuf| {
        let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(tenant.join("cases.json")).unwrap()).unwrap();
        cases.into_iter().map(move |case| Case { tenant: tenant.clone(), ..case })
    };
    tenants.into_iter().flat_map(of).collect()
}

/// The percentage of which koku makes the factor.
fn percent(factor: f64) -> Markup {
    let texts = (0..18).map(|digits| format!("{:.digits$}", factor * 100.0));
    texts.map(|text| text.parse::<Markup>().unwrap()).find(|markup| markup.factor().to_bits() == factor.to_bits()).unwrap()
}

impl Case {
    pub(crate) fn subject(&self) -> Subject {
        match self.statement.as_str() {
            "aws_daily" => AWS_DAILY,
            "aws_ec2" => AWS_EC2,
            "azure_daily" => AZURE_DAILY,
            "gcp_daily" => GCP_DAILY,
            other => panic!("{other} is no summary"),
        }
    }

    /// Trino's rows as PostgreSQL kept them, all text.
    pub(crate) fn expected(&self) -> PathBuf {
        self.tenant.join("expected").join(format!("{}.pg.parquet", self.id))
    }

    fn failed(&self) -> bool {
        self.tenant.join("expected").join(format!("{}.error.txt", self.id)).is_file()
    }

    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).and_then(Value::as_str)
    }

    pub(crate) fn schema(&self) -> &str {
        self.tenant.file_name().unwrap().to_str().unwrap()
    }

    pub(crate) fn store(&self) -> &Path {
        self.tenant.parent().unwrap()
    }

    /// The first of the month of the bill.
    pub(crate) fn bill_month(&self) -> NaiveDate {
        let month = match (self.param("year"), self.param("invoice_month")) {
            (Some(year), _) => format!("{year}-{}-01", self.param("month").unwrap()),
            (None, Some(month)) => format!("{}-{}-01", &month[..4], &month[4..]),
            (None, None) => format!("{}-01", &self.param("start_date").unwrap()[..7]),
        };
        month.parse().unwrap()
    }

    pub(crate) fn days(&self) -> (NaiveDate, NaiveDate) {
        if let (Some(start), Some(end)) = (self.param("start_date"), self.param("end_date")) {
            return (start.parse().unwrap(), end.parse().unwrap());
        }
        let first = self.bill_month();
        (first, first.checked_add_months(chrono::Months::new(1)).unwrap().pred_opt().unwrap())
    }

    pub(crate) fn markup(&self) -> Markup {
        percent(self.params["markup"].as_f64().unwrap())
    }

    /// The greatest magnitude in the line items of the source.
    pub(crate) fn largest_number(&self) -> f64 {
        let source = format!("source={}", self.param("source_uuid").unwrap());
        let mut waiting = vec![self.store().join("data/parquet")];
        let mut largest = 0.0_f64;
        while let Some(place) = waiting.pop() {
            if place.is_dir() {
                waiting.extend(std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()));
            } else if place.to_str().unwrap().contains(&source) && place.to_str().unwrap().contains(self.schema()) {
                let frame = frame(&place);
                let numbers = frame.columns().iter().filter_map(|column| column.f64().ok());
                largest = numbers
                    .flat_map(|numbers| numbers.iter().flatten().filter(|number| number.is_finite()).map(f64::abs))
                    .fold(largest, f64::max);
            }
        }
        largest
    }

    /// Computes the summary into `folder`, and gives the folder of its table.
    pub(crate) async fn summarized(&self, folder: &Path) -> PathBuf {
        self.repaired(folder).await.unwrap().0
    }

    /// As [`Case::summarized`], with the number of repaired values; an error where no repair helps.
    pub(crate) async fn repaired(&self, folder: &Path) -> Result<(PathBuf, usize), aggregator_io::Error> {
        let statement = match self.statement.as_str() {
            "aws_daily" => Statement::AwsDaily,
            "aws_ec2" => Statement::AwsEc2,
            "azure_daily" => Statement::AzureDaily,
            _ => Statement::GcpDaily { invoice_month: self.param("invoice_month").unwrap().to_owned() },
        };
        let provider = match self.statement.split('_').next().unwrap() {
            "aws" => "AWS",
            "azure" => "Azure",
            _ => "GCP",
        };
        let (start, end) = self.days();
        let run = CloudRun {
            source: self.param("source_uuid").unwrap().parse().unwrap(),
            bill_id: Some(i32::try_from(self.params["bill_id"].as_i64().unwrap()).unwrap()),
            start,
            end,
            markup: self.markup(),
            values: Values::Repaired,
        };
        let (store, output) = (Store::directory(self.store()).unwrap(), Store::directory(folder).unwrap());
        let reference = CloudReference::from_json_file(&self.tenant.join("reference.json"), provider).await.unwrap();
        let request = Summarize {
            store: &store,
            schema: self.schema(),
            statement: &statement,
            run: &run,
            bill_month: self.bill_month(),
            chunks: &[(start, end)],
            reference: &reference,
            database: None,
            output: ManagedCopy::To(&output),
            engine: Engine::Auto,
            memory_limit: None,
        };
        let report = summarize(&request, |_| {}).await?;
        Ok((folder.join(format!("data/{}.db/{}", self.schema(), self.subject().table_name())), report.repaired.len()))
    }
}

pub(crate) fn frame(path: &Path) -> DataFrame {
    ParquetReader::new(std::fs::File::open(path).unwrap()).finish().unwrap()
}

/// The table as koku's PostgreSQL declares it.
pub(crate) fn create_table(schema: &str, table: &Table) -> String {
    let declared = |column: &ColumnDef| {
        let data_type = match (column.kind, column.width) {
            (Kind::Text, Some(width)) => format!("varchar({width})"),
            (Kind::Numeric { precision, scale }, _) => format!("numeric({precision},{scale})"),
            (Kind::DoublePrecision, _) => "double precision".to_owned(),
            (Kind::Labels | Kind::Json, _) => "jsonb".to_owned(),
            (Kind::TextArray, _) => "text[]".to_owned(),
            (Kind::Integer, _) => "integer".to_owned(),
            (Kind::Date, _) => "date".to_owned(),
            (Kind::Uuid, _) => "uuid".to_owned(),
            _ => "text".to_owned(),
        };
        format!("{} {data_type}{}", column.name, if column.required { " NOT NULL" } else { "" })
    };
    let columns: Vec<String> = table.columns.iter().map(declared).collect();
    format!("CREATE TABLE {schema}.{} ({})", table.name, columns.join(", "))
}

/// An INSERT of `frame`, all text, with random ids.
pub(crate) fn insert(schema: &str, table: &Table, frame: &DataFrame) -> String {
    let columns: Vec<&ColumnDef> = table.columns.iter().filter(|column| frame.column(column.name).is_ok()).collect();
    let value = |column: &ColumnDef, row: usize| {
        let quoted = frame.column(column.name).unwrap().str().unwrap().get(row).map(|text| format!("'{}'", text.replace('\'', "''")));
        match (quoted, column.kind) {
            (None, _) => "NULL".to_owned(),
            (Some(text), Kind::TextArray) => format!("ARRAY(SELECT jsonb_array_elements_text({text}::jsonb))"),
            (Some(text), _) => text,
        }
    };
    let rows = (0..frame.height()).map(|row| {
        let values: Vec<String> = columns.iter().map(|column| value(column, row)).collect();
        format!("(gen_random_uuid(), {})", values.join(", "))
    });
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    format!("INSERT INTO {schema}.{} (uuid, {}) VALUES {}", table.name, names.join(", "), rows.collect::<Vec<_>>().join(", "))
}
