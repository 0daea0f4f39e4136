//! What koku's database keeps of an ingest: tag keys, report periods, the manifest of a payload, and how its files stand.
//!
//! Tag keys and report periods are the tenant's. Manifests and files are in the schema that all tenants share; where koku's tables of them are not there,
//! nothing is written, and nothing is an error.
//!
//! # Differences from koku
//! * A name longer than its column is left out with a warning; koku fails the payload.
//! * A file is downloading until its payload is done, then it is done or failed; koku shows it as processing in between, and clears
//!   the start of one that failed.

use aggregator_core::run::{Run, SourceUuid};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use serde_json::{Map, Value};
use sqlx::{PgConnection, Postgres, Transaction};
use std::collections::BTreeSet;

use super::{FileReport, Ingest, Tracking};
use crate::database::{Database, NeededColumn, TableShape, has_state, qualified, statement};
use crate::error::{Error, Result};
use crate::payload::manifest::Manifest;
use crate::retry::retry;

/// The schema of koku's own tables.
const SHARED_SCHEMA: &str = "public";
const MANIFESTS_TABLE: &str = "reporting_common_costusagereportmanifest";
const FILES_TABLE: &str = "reporting_common_costusagereportstatus";
pub(super) const TAG_KEYS_TABLE: &str = "reporting_enabledtagkeys";
const REPORT_PERIODS_TABLE: &str = "reporting_ocpusagereportperiod";

const FOREIGN_KEY_VIOLATION: &str = "23503";

/// Names of tag keys and files that a statement takes at once, as in koku.
const BATCH: usize = 500;
/// Code points of a tag key, and of a file's name.
pub(super) const TAG_KEY_WIDTH: usize = 512;
const FILE_NAME_WIDTH: usize = 128;

/// Parts of the operator's status that can hold an error, as koku names them.
const PARTS_OF_STATUS: [&str; 5] = ["authentication", "packaging", "upload", "prometheus", "source"];

/// Adds the keys that the tenant does not have yet, disabled, for OpenShift. Returns how many are new.
///
/// # Errors
/// * [`Error::DatabaseSchema`]: the table or a column of it is not there.
/// * [`Error::Database`]: the database failed; keys added before stay, and adding again is safe.
pub async fn add_tag_keys(database: &Database, schema: &str, keys: &BTreeSet<String>) -> Result<u64> {
    let keys = that_fit(keys, TAG_KEY_WIDTH, TAG_KEYS_TABLE);
    let table = qualified(schema, TAG_KEYS_TABLE);
    let text = format!(
        "INSERT INTO {table} (uuid, key, enabled, provider_type)
         SELECT gen_random_uuid(), key, false, 'OCP'
         FROM (SELECT DISTINCT key FROM unnest($1::text[]) AS rows (key)) AS given
         WHERE NOT EXISTS (SELECT FROM {table} AS known WHERE known.key = given.key AND known.provider_type = 'OCP')
         ON CONFLICT DO NOTHING"
    );
    let mut added = 0;
    for batch in keys.chunks(BATCH) {
        added += retry(|| async {
            let mut transaction = database.begin().await?;
            let needed = ["uuid", "key", "enabled", "provider_type"].map(NeededColumn::any);
            TableShape::require(&mut transaction, schema, TAG_KEYS_TABLE, &needed).await?;
            let query = sqlx::query(statement(text.clone())).bind(batch);
            let done = query.execute(&mut *transaction).await.map_err(Error::database(format!("write {table}")))?;
            commit(transaction, TAG_KEYS_TABLE).await?;
            Ok(done.rows_affected())
        })
        .await?;
    }
    Ok(added)
}

/// Adds the report period of `run`'s month, if the tenant has none of its source and cluster, as koku does with the first report of a
/// month. Returns whether it is new.
///
/// # Errors
/// * [`Error::NoReferenceRow`]: the tenant does not know the source.
/// * [`Error::DatabaseSchema`]: the table or a column of it is not there.
/// * [`Error::Database`]: the database failed.
pub async fn add_report_period(database: &Database, schema: &str, run: &Run) -> Result<bool> {
    let month = run.window.whole_month();
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    retry(|| async {
        let mut transaction = database.begin().await?;
        let needed = ["cluster_id", "cluster_alias", "report_period_start", "report_period_end", "provider_id"].map(NeededColumn::any);
        TableShape::require(&mut transaction, schema, REPORT_PERIODS_TABLE, &needed).await?;
        let table = qualified(schema, REPORT_PERIODS_TABLE);
        // A period whose start has another hour is of this month too.
        let text = format!(
            "INSERT INTO {table} (cluster_id, cluster_alias, report_period_start, report_period_end, provider_id)
             SELECT $1, $2, $3, $4, $5
             WHERE NOT EXISTS (
                 SELECT FROM {table} AS known
                 WHERE known.provider_id = $5 AND known.cluster_id = $1 AND known.report_period_start >= $3 AND known.report_period_start < $4
             )
             ON CONFLICT DO NOTHING"
        );
        let done = sqlx::query(statement(text))
            .bind(&run.cluster_id.0)
            .bind(&run.cluster_alias)
            .bind(midnight(month.start()))
            .bind(midnight(month.end().succ_opt().unwrap_or(month.end())))
            .bind(run.source.0)
            .execute(&mut *transaction)
            .await;
        let done = done.map_err(|error| unknown_source(error, run.source, &table))?;
        commit(transaction, REPORT_PERIODS_TABLE).await?;
        Ok(done.rows_affected() > 0)
    })
    .await
}

/// A violated foreign key, in words; other errors as they are.
fn unknown_source(error: sqlx::Error, source: SourceUuid, table: &str) -> Error {
    if has_state(&error, &[FOREIGN_KEY_VIOLATION]) {
        return Error::NoReferenceRow { what: format!("source `{source}` in koku's database") };
    }
    Error::database(format!("write {table}"))(error)
}

/// koku's bookkeeping of one payload, from [`Tracked::begin`] to [`Tracked::finish`].
#[derive(Debug)]
pub(super) struct Tracked {
    manifest: i64,
    started: DateTime<Utc>,
}

impl Tracked {
    /// Finds or adds the manifest, as `request.tracking` says, and says that it is being processed; `None` if nothing is tracked: none
    /// was asked for, koku's tables are not there, or a manifest should be made of files that come without one.
    pub(super) async fn begin(database: &Database, request: &Ingest<'_>, manifest: Option<&Manifest>) -> Result<Option<Self>> {
        let id = match (request.tracking, manifest) {
            (Tracking::Off, _) => None,
            (Tracking::Manifest(id), manifest) => {
                let files = manifest.map_or(&[][..], |manifest| &manifest.files);
                use_manifest(database, request.source, id, files).await?.then_some(id)
            }
            (Tracking::Create, Some(manifest)) => create_manifest(database, &ManifestFacts::new(request.source, manifest)).await?,
            (Tracking::Create, None) => {
                tracing::warn!("files without a manifest are not tracked");
                None
            }
        };
        let Some(manifest) = id else { return Ok(None) };
        mark_manifest(database, manifest, ManifestState::Started).await?;
        Ok(Some(Self { manifest, started: Utc::now() }))
    }

    /// koku's key of the manifest.
    pub(super) fn manifest_id(&self) -> i64 {
        self.manifest
    }

    /// Says what became of the files.
    pub(super) async fn finish(self, database: &Database, files: &[FileReport]) -> Result<()> {
        let (failed, done): (Vec<&FileReport>, Vec<_>) = files.iter().partition(|file| is_refused(file));
        for (files, state) in [(&done, FileState::Done), (&failed, FileState::Failed)] {
            // The manifest names files without the folder that they lie in.
            let names: Vec<_> = files.iter().filter_map(|file| file.file.rsplit('/').next().map(str::to_owned)).collect();
            mark_files(database, self.manifest, &names, state, self.started).await?;
        }
        let state = if failed.is_empty() { ManifestState::Ended } else { ManifestState::Failed };
        mark_manifest(database, self.manifest, state).await
    }
}

/// Whether nothing of the file was taken, and not because there was nothing.
fn is_refused(file: &FileReport) -> bool {
    let unknown = file.report_type.is_none() && !file.problems.is_empty();
    unknown || file.rows > 0 && file.refused_rows == file.rows
}

/// What koku's row of a manifest says.
#[derive(Clone, Debug)]
pub struct ManifestFacts<'a> {
    /// The source.
    pub source: SourceUuid,
    /// The manifest's own id, by which koku knows it again.
    pub assembly_id: &'a str,
    /// The cluster.
    pub cluster_id: Option<&'a str>,
    /// The reports that it names.
    pub files: &'a [String],
    /// When the operator wrote it.
    pub date: Option<DateTime<Utc>>,
    /// The first moment of its data; where it names none, its date counts, and without that today.
    pub start: Option<DateTime<Utc>>,
    /// The operator's version, as the manifest has it; koku replaces commits of old operators by the names of their versions.
    pub operator_version: &'a str,
    /// Whether the operator is certified.
    pub certified: bool,
    /// Whether the operator writes daily reports.
    pub daily_reports: bool,
    /// The operator's own status, as the manifest holds it.
    pub cr_status: &'a Map<String, Value>,
}

impl<'a> ManifestFacts<'a> {
    /// What `manifest` of `source` says.
    pub fn new(source: SourceUuid, manifest: &'a Manifest) -> Self {
        Self {
            source,
            assembly_id: &manifest.uuid,
            cluster_id: manifest.cluster_id.as_deref(),
            files: &manifest.files,
            date: manifest.date,
            start: manifest.start,
            operator_version: &manifest.version,
            certified: manifest.certified,
            daily_reports: manifest.daily_reports,
            cr_status: &manifest.cr_status,
        }
    }
}

/// What koku takes from the operator's status.
#[derive(Clone, Debug, Default, PartialEq)]
struct OperatorStatus {
    channel: Option<String>,
    airgapped: Option<bool>,
    errors: Option<Value>,
}

impl OperatorStatus {
    fn new(status: &Map<String, Value>) -> Self {
        if status.is_empty() {
            return Self::default();
        }
        let part = |name: &str, field: &str| status.get(name).and_then(|part| part.get(field)).filter(|value| is_true(value));
        let errors: Map<String, Value> =
            PARTS_OF_STATUS.iter().filter_map(|name| Some((format!("{name}_error"), part(name, "error")?.clone()))).collect();
        Self {
            channel: status.get("clusterVersion").and_then(Value::as_str).map(str::to_owned),
            airgapped: Some(part("upload", "upload").is_none()),
            errors: (!errors.is_empty()).then_some(Value::Object(errors)),
        }
    }
}

/// What Python takes as true.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// The key of koku's row of a manifest, which is added if koku does not know it, and with it a row of each of its files; `None` without
/// such a table.
///
/// # Errors
/// * [`Error::NoReferenceRow`]: koku does not know the source.
/// * [`Error::DatabaseSchema`]: a column of the table is not there.
/// * [`Error::Database`]: the database failed.
pub async fn create_manifest(database: &Database, facts: &ManifestFacts<'_>) -> Result<Option<i64>> {
    retry(|| async {
        let mut transaction = database.begin().await?;
        let Some(id) = get_or_add_manifest(&mut transaction, facts).await? else { return Ok(None) };
        add_files(&mut transaction, id, facts.files).await?;
        commit(transaction, MANIFESTS_TABLE).await?;
        Ok(Some(id))
    })
    .await
}

async fn get_or_add_manifest(connection: &mut PgConnection, facts: &ManifestFacts<'_>) -> Result<Option<i64>> {
    let Some(shape) = TableShape::read(connection, SHARED_SCHEMA, MANIFESTS_TABLE).await? else { return Ok(None) };
    let needed = ["id", "provider_id", "assembly_id", "billing_period_start_datetime", "num_total_files"].map(NeededColumn::any);
    TableShape::require(connection, SHARED_SCHEMA, MANIFESTS_TABLE, &needed).await?;
    let table = qualified(SHARED_SCHEMA, MANIFESTS_TABLE);
    // koku's defaults are its program's, not the database's.
    let values = [
        ("provider_id", "given.provider_id"),
        ("assembly_id", "given.assembly_id"),
        ("billing_period_start_datetime", "given.billing_period_start"),
        ("num_total_files", "given.num_total_files"),
        ("creation_datetime", "clock_timestamp()"),
        ("export_datetime", "given.export_datetime"),
        ("state", "'{}'"),
        ("s3_csv_cleared", "false"),
        ("s3_parquet_cleared", "false"),
        ("operator_version", "given.operator_version"),
        ("cluster_channel", "given.cluster_channel"),
        ("operator_certified", "given.operator_certified"),
        ("operator_airgapped", "given.operator_airgapped"),
        ("operator_errors", "given.operator_errors"),
        ("operator_daily_reports", "given.operator_daily_reports"),
        ("cluster_id", "given.cluster_id"),
        ("report_tracker", "'{}'"),
        ("s3_parquet_cleared_tracker", "'{}'"),
    ];
    let (columns, expressions): (Vec<_>, Vec<_>) = values.into_iter().filter(|(column, _)| shape.has(column)).unzip();
    let text = format!(
        "INSERT INTO {table} ({})
         SELECT {} FROM (
             SELECT $1::uuid AS provider_id, $2::text AS assembly_id, $3::timestamptz AS billing_period_start, $4::int4 AS num_total_files,
                    $5::timestamptz AS export_datetime, $6::text AS operator_version, $7::text AS cluster_channel,
                    $8::boolean AS operator_certified, $9::boolean AS operator_airgapped, $10::jsonb AS operator_errors,
                    $11::boolean AS operator_daily_reports, $12::text AS cluster_id
         ) AS given
         WHERE NOT EXISTS (
             SELECT FROM {table} AS known WHERE known.provider_id = given.provider_id AND known.assembly_id = given.assembly_id
         )
         ON CONFLICT DO NOTHING",
        columns.join(", "),
        expressions.join(", ")
    );
    let first = facts.start.or(facts.date).unwrap_or_else(Utc::now).date_naive();
    let month = first.with_day(1).unwrap_or(first).and_time(NaiveTime::MIN).and_utc();
    let status = OperatorStatus::new(facts.cr_status);
    let added = sqlx::query(statement(text))
        .bind(facts.source.0)
        .bind(facts.assembly_id)
        .bind(month)
        .bind(i32::try_from(facts.files.len()).unwrap_or(i32::MAX))
        .bind(facts.date)
        .bind(facts.operator_version)
        .bind(status.channel)
        .bind(facts.certified)
        .bind(status.airgapped)
        .bind(status.errors)
        .bind(facts.daily_reports)
        .bind(facts.cluster_id)
        .execute(&mut *connection)
        .await;
    added.map_err(|error| unknown_source(error, facts.source, &table))?;
    sqlx::query_scalar(statement(format!("SELECT id::int8 FROM {table} WHERE provider_id = $1 AND assembly_id = $2 ORDER BY id LIMIT 1")))
        .bind(facts.source.0)
        .bind(facts.assembly_id)
        .fetch_optional(connection)
        .await
        .map_err(Error::database(format!("read {table}")))
}

/// Finds the manifest that somebody else added, and adds a row of each of `files` that has none. `false` without such a table.
///
/// # Errors
/// * [`Error::NoReferenceRow`]: there is no manifest with this key, or it is another source's.
/// * [`Error::DatabaseSchema`]: a column of a table is not there.
/// * [`Error::Database`]: the database failed.
pub async fn use_manifest(database: &Database, source: SourceUuid, manifest: i64, files: &[String]) -> Result<bool> {
    retry(|| async {
        let mut transaction = database.begin().await?;
        if TableShape::read(&mut transaction, SHARED_SCHEMA, MANIFESTS_TABLE).await?.is_none() {
            return Ok(false);
        }
        let needed = ["id", "provider_id"].map(NeededColumn::any);
        TableShape::require(&mut transaction, SHARED_SCHEMA, MANIFESTS_TABLE, &needed).await?;
        let table = qualified(SHARED_SCHEMA, MANIFESTS_TABLE);
        let found: Option<i64> = sqlx::query_scalar(statement(format!("SELECT id::int8 FROM {table} WHERE id = $1 AND provider_id = $2")))
            .bind(manifest)
            .bind(source.0)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(Error::database(format!("read {table}")))?;
        let Some(id) = found else {
            return Err(Error::NoReferenceRow {
                what: format!("manifest {manifest} of source `{source}` in `{SHARED_SCHEMA}.{MANIFESTS_TABLE}`"),
            });
        };
        add_files(&mut transaction, id, files).await?;
        commit(transaction, FILES_TABLE).await?;
        Ok(true)
    })
    .await
}

/// Adds the files that `manifest` does not have yet, as downloading.
async fn add_files(connection: &mut PgConnection, manifest: i64, files: &[String]) -> Result<()> {
    let Some(shape) = files_table(connection).await? else { return Ok(()) };
    let table = qualified(SHARED_SCHEMA, FILES_TABLE);
    let (column, value) = if shape.has("status") { (", status", ", 3") } else { ("", "") };
    let text = format!(
        "INSERT INTO {table} (manifest_id, report_name{column})
         SELECT $1, report_name{value} FROM (SELECT DISTINCT report_name FROM unnest($2::text[]) AS rows (report_name)) AS given
         WHERE NOT EXISTS (SELECT FROM {table} AS known WHERE known.manifest_id = $1 AND known.report_name = given.report_name)
         ON CONFLICT DO NOTHING"
    );
    for batch in that_fit(files, FILE_NAME_WIDTH, FILES_TABLE).chunks(BATCH) {
        let query = sqlx::query(statement(text.clone())).bind(manifest).bind(batch);
        query.execute(&mut *connection).await.map_err(Error::database(format!("write {table}")))?;
    }
    Ok(())
}

async fn files_table(connection: &mut PgConnection) -> Result<Option<TableShape>> {
    if TableShape::read(connection, SHARED_SCHEMA, FILES_TABLE).await?.is_none() {
        return Ok(None);
    }
    let needed = ["manifest_id", "report_name"].map(NeededColumn::any);
    TableShape::require(connection, SHARED_SCHEMA, FILES_TABLE, &needed).await.map(Some)
}

/// What became of a file of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Its rows are in the store, or it has none.
    Done,
    /// It was refused.
    Failed,
}

impl FileState {
    /// What changes in koku's row besides the start: the state's number, and either the end or what the file failed at.
    fn changes(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::Done => [("status", "1"), ("completed_datetime", "clock_timestamp()")],
            Self::Failed => [("status", "2"), ("failed_status", "4")],
        }
    }
}

/// Writes what became of `files` of a manifest, which were `started` then; files that it does not have are passed over. Returns how
/// many rows changed.
///
/// # Errors
/// * [`Error::DatabaseSchema`]: a column of the table is not there.
/// * [`Error::Database`]: the database failed.
pub async fn mark_files(database: &Database, manifest: i64, files: &[String], state: FileState, started: DateTime<Utc>) -> Result<u64> {
    retry(|| async {
        let mut transaction = database.begin().await?;
        let Some(shape) = files_table(&mut transaction).await? else { return Ok(0) };
        let changes = state.changes().into_iter().chain([("started_datetime", "given.started")]);
        let changes: Vec<_> =
            changes.filter(|(column, _)| shape.has(column)).map(|(column, value)| format!("{column} = {value}")).collect();
        if changes.is_empty() {
            return Ok(0);
        }
        let table = qualified(SHARED_SCHEMA, FILES_TABLE);
        let text = format!(
            "UPDATE {table} SET {} FROM (SELECT $3::timestamptz AS started) AS given WHERE manifest_id = $1 AND report_name = ANY ($2)",
            changes.join(", ")
        );
        let query = sqlx::query(statement(text)).bind(manifest).bind(files).bind(started);
        let done = query.execute(&mut *transaction).await.map_err(Error::database(format!("write {table}")))?;
        commit(transaction, FILES_TABLE).await?;
        Ok(done.rows_affected())
    })
    .await
}

/// How far a manifest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestState {
    /// Its files are being read.
    Started,
    /// All of them are done.
    Ended,
    /// At least one was refused.
    Failed,
}

/// Writes how far the processing of a manifest is, as koku shows it of a source; without such a table or column, nothing.
///
/// # Errors
/// [`Error::Database`]: the database failed.
pub async fn mark_manifest(database: &Database, manifest: i64, state: ManifestState) -> Result<()> {
    retry(|| async {
        let mut transaction = database.begin().await?;
        let Some(shape) = TableShape::read(&mut transaction, SHARED_SCHEMA, MANIFESTS_TABLE).await? else { return Ok(()) };
        if !shape.has("state") {
            return Ok(());
        }
        let table = qualified(SHARED_SCHEMA, MANIFESTS_TABLE);
        let now = r#"to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"#;
        let taken = "floor(extract(epoch FROM clock_timestamp() - (state #>> '{processing,start}')::timestamptz))::int8";
        let all = "coalesce(nullif(state, 'null'::jsonb), '{}'::jsonb)";
        let so_far = format!("coalesce({all} -> 'processing', '{{}}'::jsonb)");
        let step = match state {
            ManifestState::Started => format!("jsonb_build_object('start', {now})"),
            ManifestState::Ended => format!("{so_far} || jsonb_build_object('end', {now}, 'time_taken_seconds', {taken})"),
            ManifestState::Failed => format!("{so_far} || jsonb_build_object('failed', {now}, 'time_taken_seconds', {taken})"),
        };
        let text = format!("UPDATE {table} SET state = {all} || jsonb_build_object('processing', {step}) WHERE id = $1");
        sqlx::query(statement(text)).bind(manifest).execute(&mut *transaction).await.map_err(Error::database(format!("write {table}")))?;
        commit(transaction, MANIFESTS_TABLE).await
    })
    .await
}

/// Writes that the manifest has a file of each of `days` in the store, and that what earlier manifests had there is gone; koku then adds
/// other parts of the same manifest to these days, instead of replacing them. Without such a table or columns, nothing.
///
/// # Errors
/// [`Error::Database`]: the database failed.
pub async fn record_days(database: &Database, manifest: i64, days: &[(&str, NaiveDate)]) -> Result<()> {
    let mut transaction = database.begin().await?;
    let Some(shape) = TableShape::read(&mut transaction, SHARED_SCHEMA, MANIFESTS_TABLE).await? else { return Ok(()) };
    if !shape.has("report_tracker") || !shape.has("s3_parquet_cleared_tracker") {
        return Ok(());
    }
    let table = qualified(SHARED_SCHEMA, MANIFESTS_TABLE);
    let keys: Vec<String> = days.iter().map(|(report_type, day)| format!("{report_type}.{day}.{manifest}")).collect();
    let object = |column: &str| format!("coalesce(nullif({column}, 'null'::jsonb), '{{}}'::jsonb)");
    let (tracked, cleared) = (object("report_tracker"), object("s3_parquet_cleared_tracker"));
    let text = format!(
        "UPDATE {table} SET
             report_tracker = {tracked} || (
                 SELECT coalesce(jsonb_object_agg(key, coalesce(({tracked} ->> key)::int8, 0) + 1), '{{}}') FROM unnest($2::text[]) AS days (key)
             ),
             s3_parquet_cleared_tracker = {cleared} || (
                 SELECT coalesce(jsonb_object_agg(key, true), '{{}}') FROM unnest($2::text[]) AS days (key)
             )
         WHERE id = $1"
    );
    sqlx::query(statement(text))
        .bind(manifest)
        .bind(keys)
        .execute(&mut *transaction)
        .await
        .map_err(Error::database(format!("write {table}")))?;
    commit(transaction, MANIFESTS_TABLE).await
}

pub(super) async fn commit(transaction: Transaction<'static, Postgres>, table: &str) -> Result<()> {
    transaction.commit().await.map_err(Error::database(format!("commit `{table}`")))
}

/// Those of `names` that a column of `width` code points can hold.
pub(super) fn that_fit<'a>(names: impl IntoIterator<Item = &'a String>, width: usize, table: &'static str) -> Vec<String> {
    let fits = |name: &String| name.chars().count() <= width && !name.contains('\0');
    let (fit, too_long): (Vec<_>, Vec<_>) = names.into_iter().cloned().partition(fits);
    if !too_long.is_empty() {
        tracing::warn!(table, names = too_long.len(), width, "left out names that the table cannot hold");
    }
    fit
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status(status: &Value) -> OperatorStatus {
        OperatorStatus::new(status.as_object().expect("an object"))
    }

    #[test]
    fn nothing_is_taken_from_an_empty_status() {
        assert_eq!(status(&json!({})), OperatorStatus::default());
    }

    #[test]
    fn channel_airgap_and_errors_are_taken_from_the_status() {
        let found = status(&json!({
            "clusterVersion": "4.16",
            "upload": {"upload": true, "error": ""},
            "packaging": {"error": "no space"},
            "prometheus": {"error": null},
            "source": "no object",
            "reports": {"error": "not of these"},
        }));
        let errors = Some(json!({"packaging_error": "no space"}));
        assert_eq!(found, OperatorStatus { channel: Some("4.16".to_owned()), airgapped: Some(false), errors });
    }

    #[test]
    fn a_cluster_without_uploads_is_airgapped() {
        for given in [json!({"clusterID": "c"}), json!({"upload": {"upload": false}}), json!({"upload": {}})] {
            assert_eq!(status(&given), OperatorStatus { airgapped: Some(true), ..OperatorStatus::default() }, "{given}");
        }
    }

    #[test]
    fn names_that_do_not_fit_are_left_out() {
        let names = ["é".repeat(3), "abcd".to_owned(), "a\0".to_owned()];
        assert_eq!(that_fit(&names, 3, TAG_KEYS_TABLE), ["ééé"]);
    }
}
