//! A throwaway PostgreSQL cluster for the tests of one binary, and koku's tables in it.
//!
//! The server runs below a shell that waits for the end of its standard input. That is a pipe from the test process, which the
//! system closes however the process ends, also when it is killed; then the shell stops the server and removes its folder.
//!
//! PostgreSQL refuses to run as root; for root it runs as `postgres` or `nobody`.

#![allow(dead_code, reason = "each test binary that includes this file uses a part of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What to do when the server's programs are not there.
const INSTALL_HINT: &str = "install PostgreSQL server programs: apt-get install postgresql";

/// How long the server may take to start on a busy machine.
const START_WAIT: Duration = Duration::from_mins(2);

/// Starts the server (`$1`) in a folder (`$2`), and ends with the standard input.
const WATCHDOG: &str = r#"
trap '' INT TERM HUP
"$1" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
    -c shared_buffers=64MB -c max_connections=300 -c autovacuum=off -c timezone=Asia/Kolkata \
    >"$2/log" 2>&1 </dev/null &
cat >/dev/null
kill -QUIT $!
wait $!
cd / && rm -rf "$2"
"#;

/// A running server.
pub(crate) struct Cluster {
    folder: PathBuf,
    password: String,
    databases: AtomicU32,
    /// Held for its standard input.
    _watchdog: Child,
}

impl Cluster {
    /// The cluster of this test binary; the first call starts it.
    pub(crate) fn shared() -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(Self::start)
    }

    fn start() -> Self {
        let programs = programs().unwrap_or_else(|| panic!("{INSTALL_HINT}"));
        let folder = tempfile::Builder::new().prefix("aggregator-postgres-").tempdir().expect("a temporary folder");
        let user = unprivileged_user(folder.path());
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid)).expect("root may give a folder away");
        }
        let password = format!("secret-{}", folder.path().file_name().and_then(OsStr::to_str).unwrap_or_default().replace('.', ""));
        fs::write(folder.path().join("password"), &password).expect("a file in the temporary folder");
        let command = |program: &Path| {
            let mut command = Command::new(program);
            command.current_dir(folder.path()).env_remove("PGDATA").env("LC_ALL", "C");
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command
        };
        let answer = command(&programs.join("initdb"))
            .args([
                "-D",
                "data",
                "-U",
                "postgres",
                "--pwfile=password",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ])
            .output()
            .unwrap_or_else(|error| panic!("initdb did not run ({error}); {INSTALL_HINT}"));
        assert!(answer.status.success(), "initdb failed: {}", String::from_utf8_lossy(&answer.stderr));
        let mut watchdog = command(Path::new("/bin/sh"));
        watchdog.arg("-c").arg(WATCHDOG).arg("sh").arg(programs.join("postgres")).arg(folder.path());
        // A group of its own, so that an interrupt of the tests does not end it before its work.
        let watchdog =
            watchdog.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell");
        let folder = folder.keep();
        wait_until_ready(&folder);
        Self { folder, password, databases: AtomicU32::new(0), _watchdog: watchdog }
    }

    /// The password of the superuser `postgres`, which no output may hold.
    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// The URL of `database`, for the superuser with `password`.
    pub(crate) fn url_with_password(&self, database: &str, password: &str) -> String {
        let folder: String = self
            .folder
            .to_string_lossy()
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect();
        format!("postgres://postgres:{password}@{folder}/{database}")
    }

    /// A new database, which only the caller knows.
    pub(crate) async fn create_database(&self) -> TestDatabase {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(&self.url_with_password("postgres", &self.password)).await.expect("the server runs");
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0")))
            .execute(&mut connection)
            .await
            .expect("a new name");
        let url = self.url_with_password(&name, &self.password);
        let pool = PgPoolOptions::new().max_connections(4).connect(&url).await.expect("a new database");
        TestDatabase { name, url, pool }
    }
}

/// The folder of `initdb` and `postgres`: the newest of the distribution's, else of the path.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<(u32, PathBuf)> = Vec::new();
    for version in fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten() {
        let number = version.file_name().to_string_lossy().parse().unwrap_or(0);
        folders.push((number, version.path().join("bin")));
    }
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = folders.into_iter().rev().map(|(_, folder)| folder).chain(std::env::split_paths(&path));
    folders
        .filter(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
        .find_map(|folder| folder.canonicalize().ok())
}

/// User and group for the server, when the owner of `folder`, which is us, is root.
fn unprivileged_user(folder: &Path) -> Option<(u32, u32)> {
    if fs::metadata(folder).expect("a folder of ours").uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("a list of users");
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Some(find("postgres").or_else(|| find("nobody")).expect("PostgreSQL does not run as root: it needs the user `postgres` or `nobody`"))
}

/// The server writes its state into the last line of its process file.
fn wait_until_ready(folder: &Path) {
    let start = Instant::now();
    loop {
        let state = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
        if state.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
            return;
        }
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(start.elapsed() < START_WAIT && !log.contains("FATAL"), "PostgreSQL did not start: {log}");
        sleep(Duration::from_millis(20));
    }
}

/// A database of one test.
pub(crate) struct TestDatabase {
    /// Its name.
    pub(crate) name: String,
    /// Its URL, with the password.
    pub(crate) url: String,
    /// Connections of the test itself, beside those of the code under test.
    pub(crate) pool: PgPool,
}

impl TestDatabase {
    /// Runs statements without results.
    pub(crate) async fn execute(&self, statements: impl Into<String>) {
        let statements = statements.into();
        let answer = sqlx::raw_sql(AssertSqlSafe(statements.clone())).execute(&self.pool).await;
        answer.unwrap_or_else(|error| panic!("{error}: {statements}"));
    }

    /// The first column of a query's rows, which is text.
    pub(crate) async fn texts(&self, query: impl Into<String>) -> Vec<Option<String>> {
        let query = query.into();
        let answer = sqlx::query_scalar(AssertSqlSafe(query.clone())).fetch_all(&self.pool).await;
        answer.unwrap_or_else(|error| panic!("{error}: {query}"))
    }

    /// The only value of a query, a count.
    pub(crate) async fn count(&self, query: impl Into<String>) -> i64 {
        let query = query.into();
        let answer = sqlx::query_scalar(AssertSqlSafe(query.clone())).fetch_one(&self.pool).await;
        answer.unwrap_or_else(|error| panic!("{error}: {query}"))
    }

    /// A tenant's schema with the tables that koku has and we use.
    pub(crate) async fn create_tenant(&self, schema: &str, layout: Layout) {
        self.execute(reference_tables(schema)).await;
        self.execute(daily_summary_table(schema, layout)).await;
    }
}

/// How the daily summary is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One table.
    Plain,
    /// Partitioned by `usage_start`, without any partition, and without a list of partitions.
    Partitioned,
    /// As in koku: partitioned, with a default partition, and a list of partitions whose trigger makes them.
    Koku,
}

/// koku's table of the daily summary: names and types from `spec/ocp_sql.md` section 11.
fn daily_summary_table(schema: &str, layout: Layout) -> String {
    let table = format!("{schema}.reporting_ocpusagelineitem_daily_summary");
    let numerics = [
        "pod_usage_cpu_core_hours",
        "pod_request_cpu_core_hours",
        "pod_effective_usage_cpu_core_hours",
        "pod_limit_cpu_core_hours",
        "pod_usage_memory_gigabyte_hours",
        "pod_request_memory_gigabyte_hours",
        "pod_effective_usage_memory_gigabyte_hours",
        "pod_limit_memory_gigabyte_hours",
        "node_capacity_cpu_cores",
        "node_capacity_cpu_core_hours",
        "node_capacity_memory_gigabytes",
        "node_capacity_memory_gigabyte_hours",
        "cluster_capacity_cpu_core_hours",
        "cluster_capacity_memory_gigabyte_hours",
        "persistentvolumeclaim_capacity_gigabyte",
        "persistentvolumeclaim_capacity_gigabyte_months",
        "volume_request_storage_gigabyte_months",
        "persistentvolumeclaim_usage_gigabyte_months",
        "infrastructure_raw_cost",
        "infrastructure_project_raw_cost",
        "infrastructure_data_in_gigabytes",
        "infrastructure_data_out_gigabytes",
        "infrastructure_markup_cost",
        "infrastructure_monthly_cost",
        "supplementary_monthly_cost",
        "cost_model_cpu_cost",
        "cost_model_memory_cost",
        "cost_model_volume_cost",
        "distributed_cost",
    ]
    .map(|name| format!("{name} numeric(33, 15)"))
    .join(", ");
    let columns = format!(
        "uuid uuid NOT NULL, cluster_id varchar(50), cluster_alias varchar(256), data_source varchar(64),
         usage_start date NOT NULL, usage_end date NOT NULL,
         namespace varchar(253), node varchar(253), resource_id varchar(253), persistentvolumeclaim varchar(253),
         persistentvolume varchar(253), storageclass varchar(253),
         pod_labels jsonb, volume_labels jsonb, all_labels jsonb, infrastructure_usage_cost jsonb, supplementary_usage_cost jsonb,
         source_uuid uuid, report_period_id integer, cost_category_id integer,
         monthly_cost_type text, cost_model_rate_type text, raw_currency text, {numerics}, PRIMARY KEY (usage_start, uuid)"
    );
    let (partitions, rest) = match layout {
        Layout::Plain => ("", String::new()),
        Layout::Partitioned => ("PARTITION BY RANGE (usage_start)", String::new()),
        Layout::Koku => (
            "PARTITION BY RANGE (usage_start)",
            format!("CREATE TABLE {table}_default PARTITION OF {table} DEFAULT; {}", tracking_table(schema)),
        ),
    };
    format!("CREATE TABLE {table} ({columns}) {partitions}; CREATE INDEX ON {table} (usage_start); {rest}")
}

/// A list of partitions, with a trigger that makes the partition of each new row.
pub(crate) fn tracking_table(schema: &str) -> String {
    format!(
        "CREATE TABLE {schema}.partitioned_tables (
             id serial PRIMARY KEY, schema_name text NOT NULL, table_name text NOT NULL, partition_of_table_name text NOT NULL,
             partition_type text NOT NULL, partition_col text NOT NULL, partition_parameters jsonb NOT NULL,
             active boolean NOT NULL DEFAULT true, subpartition_type text, subpartition_col text, UNIQUE (schema_name, table_name)
         );
         CREATE FUNCTION {schema}.make_partition() RETURNS trigger LANGUAGE plpgsql AS $body$
         BEGIN
             IF NEW.partition_type <> 'range' OR (NEW.partition_parameters ->> 'default')::boolean THEN
                 RAISE 'only month partitions are made here';
             END IF;
             EXECUTE format('CREATE TABLE %1$I.%2$I PARTITION OF %1$I.%3$I FOR VALUES FROM (%4$L) TO (%5$L)',
                 NEW.schema_name, NEW.table_name, NEW.partition_of_table_name,
                 NEW.partition_parameters ->> 'from', NEW.partition_parameters ->> 'to');
             RETURN NEW;
         END $body$;
         CREATE TRIGGER make_partition AFTER INSERT ON {schema}.partitioned_tables
             FOR EACH ROW EXECUTE FUNCTION {schema}.make_partition();"
    )
}

/// koku's tables of reference data and lists: names and types from `spec/ocp_sql.md` section 11.
fn reference_tables(schema: &str) -> String {
    format!(
        "CREATE SCHEMA {schema};
         CREATE TABLE {schema}.reporting_tenant_api_provider (uuid uuid PRIMARY KEY, name text, type text, provider_id uuid);
         CREATE TABLE {schema}.reporting_enabledtagkeys (
             uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), key varchar(512) NOT NULL, enabled boolean NOT NULL,
             provider_type varchar(50) NOT NULL, UNIQUE (key, provider_type)
         );
         CREATE TABLE {schema}.reporting_ocp_cost_category (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
         CREATE TABLE {schema}.reporting_ocp_cost_category_namespace (
             id serial PRIMARY KEY, namespace text NOT NULL UNIQUE, system_default boolean NOT NULL DEFAULT false, cost_category_id integer
         );
         CREATE TABLE {schema}.reporting_ocp_clusters (
             uuid uuid PRIMARY KEY, cluster_id text NOT NULL, cluster_alias text,
             provider_id uuid NOT NULL REFERENCES {schema}.reporting_tenant_api_provider, UNIQUE (cluster_id, cluster_alias, provider_id)
         );
         CREATE TABLE {schema}.reporting_ocp_nodes (
             uuid uuid PRIMARY KEY, node text NOT NULL, resource_id text, node_capacity_cpu_cores numeric(18, 2),
             cluster_id uuid NOT NULL REFERENCES {schema}.reporting_ocp_clusters, node_role text, architecture text
         );
         CREATE TABLE {schema}.reporting_ocp_pvcs (
             uuid uuid PRIMARY KEY, persistent_volume_claim text NOT NULL, persistent_volume text NOT NULL, csi_volume_handle text,
             cluster_id uuid NOT NULL REFERENCES {schema}.reporting_ocp_clusters,
             UNIQUE (persistent_volume, persistent_volume_claim, cluster_id)
         );
         CREATE TABLE {schema}.reporting_ocp_projects (
             uuid uuid PRIMARY KEY, project text NOT NULL,
             cluster_id uuid NOT NULL REFERENCES {schema}.reporting_ocp_clusters, UNIQUE (project, cluster_id)
         );
         CREATE TABLE {schema}.reporting_ocpusagereportperiod (
             id serial PRIMARY KEY, cluster_id varchar(50) NOT NULL, cluster_alias varchar(256),
             report_period_start timestamptz NOT NULL, report_period_end timestamptz NOT NULL, provider_id uuid NOT NULL,
             UNIQUE (cluster_id, report_period_start, provider_id)
         );"
    )
}

/// koku's tables that all tenants share: names and types from koku's models of providers, manifests and their files.
pub(crate) const SHARED_TABLES: &str = "
    CREATE TABLE public.api_provider (uuid uuid PRIMARY KEY, name text);
    CREATE TABLE public.reporting_common_costusagereportmanifest (
        id serial PRIMARY KEY, assembly_id text NOT NULL, creation_datetime timestamptz, completed_datetime timestamptz,
        export_datetime timestamptz, state jsonb, billing_period_start_datetime timestamptz NOT NULL, num_total_files integer NOT NULL,
        s3_csv_cleared boolean, s3_parquet_cleared boolean, daily_archive_start_date timestamptz, operator_version text,
        cluster_channel text, operator_certified boolean, operator_airgapped boolean, operator_errors jsonb,
        operator_daily_reports boolean, cluster_id text, provider_id uuid NOT NULL REFERENCES public.api_provider,
        report_tracker jsonb, s3_parquet_cleared_tracker jsonb, UNIQUE (provider_id, assembly_id)
    );
    CREATE TABLE public.reporting_common_costusagereportstatus (
        id serial PRIMARY KEY, report_name varchar(128) NOT NULL, completed_datetime timestamptz, started_datetime timestamptz,
        etag varchar(64), celery_task_id uuid, status integer NOT NULL, failed_status integer,
        manifest_id integer REFERENCES public.reporting_common_costusagereportmanifest, UNIQUE (manifest_id, report_name)
    );";
