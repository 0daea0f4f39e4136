//! The clouds' summaries in a real PostgreSQL, with reference data, bill and markup from koku's tables there.

use std::path::Path;

use aggregator_core::table::cloud_summary::{AWS_DAILY_SUMMARY, AWS_EC2_SUMMARY, AZURE_DAILY_SUMMARY, GCP_DAILY_SUMMARY};
use aggregator_core::table::{Kind, Table};
use serde_json::Value;

use crate::cases::unpack;
use crate::cloud_oracle::{Case, Row, cases};
use crate::cluster::{Cluster, TestDatabase};
use crate::program::{Answer, aggregator, block_on, read, run};
use crate::tenant::literal;

/// The statement, its table, and the tenant whose greatest answer is asked for.
const STATEMENTS: [(&str, &Table, &str); 4] = [
    ("aws_daily", &AWS_DAILY_SUMMARY, "claws01"),
    ("aws_ec2", &AWS_EC2_SUMMARY, "claws02"),
    ("azure_daily", &AZURE_DAILY_SUMMARY, "clazu01"),
    ("gcp_daily", &GCP_DAILY_SUMMARY, "clgcp01"),
];

/// The greatest answered case of a statement of a tenant.
fn greatest(folder: &Path, statement: &str, tenant: &str) -> Case {
    let of_statement = cases(folder).into_iter().filter(|case| case.statement == statement && case.schema() == tenant);
    let answered = of_statement.filter(|case| case.expected("pg.parquet").exists());
    answered.max_by_key(|case| read(&case.expected("pg.parquet")).height()).expect("an answered case")
}

fn sql_type(kind: Kind, width: Option<usize>) -> String {
    match (kind, width) {
        (Kind::Text, Some(width)) => format!("varchar({width})"),
        (Kind::Text, None) => "text".to_owned(),
        (Kind::Integer, _) => "int".to_owned(),
        (Kind::Date, _) => "date".to_owned(),
        (Kind::Numeric { precision, scale }, _) => format!("numeric({precision},{scale})"),
        (Kind::DoublePrecision, _) => "double precision".to_owned(),
        (Kind::Labels | Kind::Json, _) => "jsonb".to_owned(),
        (Kind::TextArray, _) => "text[]".to_owned(),
        (Kind::Uuid, _) => "uuid".to_owned(),
        other => panic!("{other:?} is in no summary"),
    }
}

/// koku's tables around a case: the summary, reference data, the bill and the cost model.
async fn tenant(case: &Case, table: &Table) -> TestDatabase {
    let database = Cluster::shared().create_database().await;
    let (schema, source) = (case.schema(), case.param("source_uuid").expect("a source"));
    let columns = table.columns.iter().map(|column| {
        let required = if column.required { " NOT NULL" } else { "" };
        format!("{} {}{required}", column.name, sql_type(column.kind, column.width))
    });
    let columns = columns.collect::<Vec<_>>().join(", ");
    let bills = format!("reporting_{}costentrybill", case.statement.split('_').next().expect("a cloud"));
    let month = match case.param("invoice_month") {
        Some(month) => format!("{}-{}-01", &month[..4], &month[4..]),
        None => format!("{}-{}-01", case.param("year").expect("a year"), case.param("month").expect("a month")),
    };
    database
        .execute(format!(
            "CREATE SCHEMA {schema};
             CREATE TABLE {schema}.{table} ({columns}, tax_type text, PRIMARY KEY (uuid));
             CREATE TABLE {schema}.reporting_enabledtagkeys (key text, enabled boolean, provider_type text);
             CREATE TABLE {schema}.reporting_awsaccountalias (id int PRIMARY KEY, account_id varchar(50));
             CREATE TABLE {schema}.reporting_awsorganizationalunit
                 (id int PRIMARY KEY, account_alias_id int, provider_id uuid, created_timestamp date, deleted_timestamp date);
             CREATE TABLE {schema}.{bills} (id int, billing_period_start timestamptz, provider_id uuid);
             INSERT INTO {schema}.{bills} VALUES ({bill}, '{month} 00:00+00', '{source}'), (1, '2001-01-01 00:00+00', '{source}');
             CREATE TABLE {schema}.cost_model (uuid uuid, markup jsonb);
             CREATE TABLE {schema}.cost_model_map (cost_model_id uuid, provider_uuid uuid)",
            table = table.name,
            bill = case.params["bill_id"],
        ))
        .await;
    let text = std::fs::read_to_string(case.tenant.join("reference.json")).expect("a file of the archive");
    let reference: Value = serde_json::from_str(&text).expect("JSON");
    let rows = |name: &str| reference[name].as_array().expect("rows").clone();
    let value = |value: &Value| match value {
        Value::String(text) => literal(Some(text)),
        other => other.to_string(),
    };
    for (name, table, columns) in [
        ("enabled_tag_keys", "reporting_enabledtagkeys", &["key", "enabled", "provider_type"][..]),
        ("account_aliases", "reporting_awsaccountalias", &["id", "account_id"]),
        (
            "organizational_units",
            "reporting_awsorganizationalunit",
            &["id", "account_alias_id", "provider_id", "created_timestamp", "deleted_timestamp"],
        ),
    ] {
        for row in rows(name) {
            let values: Vec<_> = columns.iter().map(|column| value(&row[*column])).collect();
            database.execute(format!("INSERT INTO {schema}.{table} ({}) VALUES ({})", columns.join(", "), values.join(", "))).await;
        }
    }
    database
}

/// The rows of the table as the archive has them: texts, arrays as sorted JSON.
async fn rows(database: &TestDatabase, schema: &str, table: &Table) -> Vec<Row> {
    let columns = table.columns.iter().filter(|column| column.kind != Kind::Uuid || column.name != "uuid").map(|column| {
        let name = column.name;
        match column.kind {
            Kind::TextArray => {
                format!("'{name}', (SELECT json_agg(value ORDER BY value COLLATE \"C\" NULLS FIRST)::text FROM unnest({name}) AS value)")
            }
            _ => format!("'{name}', {name}::text"),
        }
    });
    let query = format!("SELECT json_build_object({})::text FROM {schema}.{}", columns.collect::<Vec<_>>().join(", "), table.name);
    let rows = database.texts(query).await.into_iter().flatten();
    rows.map(|row| serde_json::from_str(&row).expect("a row of texts")).collect()
}

/// Runs the case into the database; `markup` is the flag in place of the case's own, or none.
fn summarize(case: &Case, database: &TestDatabase, markup: Option<&str>) -> Answer {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = case.arguments(folder.path());
    let elsewhere = ["--reference=", "--output=", "--bill-id=", "--markup="];
    let kept = arguments.iter().map(String::as_str).filter(|argument| !elsewhere.iter().any(|flag| argument.starts_with(flag)));
    run(aggregator(kept.chain(markup)).env("AGGREGATOR_DATABASE", &database.url))
}

/// The same with the markup of the case.
fn summarize_as_asked(case: &Case, database: &TestDatabase) -> Answer {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = case.arguments(folder.path());
    let markup = arguments.iter().find(|argument| argument.starts_with("--markup="));
    summarize(case, database, markup.map(String::as_str))
}

#[test]
fn each_summary_is_in_postgresql_as_trino_wrote_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    unpack("cloud.tar.zst", &[], folder.path());
    for (statement, table, name) in STATEMENTS {
        let case = greatest(folder.path(), statement, name);
        let expected = read(&case.expected("pg.parquet"));
        block_on(async {
            let database = tenant(&case, table).await;
            let schema = case.schema();
            // Rows of another bill are nobody's business here, nor is a column that koku does not fill.
            let required: Vec<_> = table.columns.iter().filter(|column| column.required).map(|column| column.name).collect();
            let values = vec!["'x'"; required.len()].join(", ");
            database
                .execute(format!(
                    "INSERT INTO {schema}.{} (uuid, cost_entry_bill_id, usage_start, {}) VALUES (gen_random_uuid(), 1, '{}', {values})",
                    table.name,
                    required.join(", "),
                    case.param("start_date").unwrap_or("2026-02-01"),
                ))
                .await;
            let others = format!("DELETE FROM {schema}.{} WHERE cost_entry_bill_id = 1 RETURNING 'x'", table.name);
            let first = summarize_as_asked(&case, &database).done().json();
            let again = summarize_as_asked(&case, &database).done().json();
            let height = u64::try_from(expected.height()).expect("a count");
            assert_eq!(
                (&first["windows"][0]["deleted_rows"], &first["windows"][0]["inserted_rows"]),
                (&0.into(), &height.into()),
                "{name}"
            );
            assert_eq!(
                (&again["windows"][0]["deleted_rows"], &again["windows"][0]["inserted_rows"]),
                (&height.into(), &height.into()),
                "{name}"
            );
            assert_eq!(database.texts(others).await.len(), 1, "{name}: the row of another bill is gone");
            let written = rows(&database, schema, table).await;
            let compared = case.same_rows(&expected, written).unwrap_or_else(|difference| panic!("{}: {difference}", case.name()));
            assert_eq!(compared, expected.height());
        });
    }
}

#[test]
fn the_markup_is_that_of_kokus_cost_model() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    unpack("cloud.tar.zst", &[], folder.path());
    let (statement, table, name) = STATEMENTS[2];
    let case = greatest(folder.path(), statement, name);
    let source = case.param("source_uuid").expect("a source").to_owned();
    block_on(async {
        let database = tenant(&case, table).await;
        let schema = case.schema();
        let total = || database.texts(format!("SELECT sum(markup_cost)::numeric(24,9)::text FROM {schema}.{}", table.name));
        summarize(&case, &database, Some("--markup=0")).done();
        assert_eq!(total().await, [Some("0.000000000".to_owned())]);
        let model = "00000000-0000-4000-8000-00000000cafe";
        database
            .execute(format!(
                "INSERT INTO {schema}.cost_model VALUES ('{model}', '{{\"value\": \"100.0000000000\", \"unit\": \"percent\"}}');
                 INSERT INTO {schema}.cost_model_map VALUES ('{model}', '{source}')"
            ))
            .await;
        summarize(&case, &database, None).done();
        let costs = database.texts(format!("SELECT sum(pretax_cost)::numeric(24,9)::text FROM {schema}.{}", table.name)).await;
        // A markup of 100 % is the cost itself.
        assert_eq!(total().await, costs);
    });
}

#[test]
fn a_value_that_does_not_fit_leaves_the_rows_as_they_were() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    unpack("cloud.tar.zst", &[], folder.path());
    let refused = cases(folder.path()).into_iter().find(|case| {
        let error = std::fs::read_to_string(case.expected("error.txt")).unwrap_or_default();
        case.statement == "aws_daily" && error.contains("1.0E15")
    });
    let case = refused.expect("a cost of 10^15");
    block_on(async {
        let database = tenant(&case, &AWS_DAILY_SUMMARY).await;
        let (schema, table) = (case.schema(), AWS_DAILY_SUMMARY.name);
        let day = case.param("start_date").expect("a day");
        database
            .execute(format!(
                "INSERT INTO {schema}.{table} (uuid, cost_entry_bill_id, usage_start, usage_account_id, product_code, currency_code)
                 VALUES (gen_random_uuid(), {}, '{day}', 'old', 'old', 'old')",
                case.params["bill_id"],
            ))
            .await;
        let failure = summarize_as_asked(&case, &database).failure();
        assert!(failure.contains("does not fit numeric(24,9)") && failure.contains("nothing was written"), "{failure}");
        let accounts = database.texts(format!("SELECT usage_account_id FROM {schema}.{table}")).await;
        assert_eq!(accounts, [Some("old".to_owned())]);
    });
}
