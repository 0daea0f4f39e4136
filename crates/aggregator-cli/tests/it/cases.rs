//! The oracle's cases: unpacked, run, and compared with what Trino answered.

use std::error::Error;
use std::path::{Path, PathBuf};

use aggregator_validate::read::{Side, read};
use aggregator_validate::rows::Filter;
use aggregator_validate::subject::OCP_DAILY_SUMMARY;
use aggregator_validate::{Report, Tolerance, diff, report};
use polars::prelude::{AnyValue, DataFrame, DataType};

use crate::program::{self, data_files, managed_table};

/// A run that Trino was asked.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Case {
    pub(crate) source: String,
    pub(crate) start_date: String,
    pub(crate) end_date: String,
    pub(crate) cluster_id: String,
    pub(crate) cluster_alias: Option<String>,
    pub(crate) report_period_id: i32,
    pub(crate) storage_exists: bool,
    /// The store root that the case lies in.
    #[serde(skip)]
    pub(crate) store: PathBuf,
    /// The tenant schema.
    #[serde(skip)]
    pub(crate) schema: String,
}

/// Unpacks the sets of an archive whose names (`hand`, `fuzz/org000`) start with one of `wanted` below `folder`.
pub(crate) fn unpack(archive: &str, wanted: &[&str], folder: &Path) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/oracle").join(archive);
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{error}: {}", path.display()));
    let mut decoder = zstd::Decoder::new(file).expect("a zstd archive");
    decoder.window_log_max(27).expect("a window that zstd knows");
    let mut archive = tar::Archive::new(decoder);
    for entry in archive.entries().expect("a tar archive") {
        let mut entry = entry.expect("a whole archive");
        let path = entry.path().expect("a path").into_owned();
        // ocp/<set>/<schema>/…, ocp/<set>/data/parquet/[daily/]<schema>/…
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        let set = parts.get(1).map(AsRef::as_ref).unwrap_or_default();
        let is_wanted = |wanted: &&str| match wanted.split_once('/') {
            None => set == *wanted,
            Some((name, schema)) => set == name && parts.iter().any(|part| part == schema),
        };
        if wanted.is_empty() || wanted.iter().any(is_wanted) {
            entry.unpack_in(folder).expect("space in the temporary folder");
        }
    }
}

/// The cases below `folder`, ordered by set, schema and place.
pub(crate) fn cases(folder: &Path) -> Vec<Case> {
    let mut found = Vec::new();
    for file in program::files(folder).into_iter().filter(|file| file.ends_with("cases.json")) {
        let file = folder.join(file);
        let text = std::fs::read_to_string(&file).expect("a file of the archive");
        let cases: Vec<Case> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {}", file.display()));
        let tenant = file.parent().expect("a schema");
        let (store, schema) = (tenant.parent().expect("a set"), tenant.file_name().expect("a schema").to_string_lossy());
        found.extend(cases.into_iter().map(|case| Case { store: store.to_owned(), schema: schema.clone().into_owned(), ..case }));
    }
    found
}

impl Case {
    /// `set/schema/source`, as in the lists of exceptions.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}/{} ({})", self.set(), self.schema, self.source, self.cluster_id)
    }

    /// The set of the case.
    pub(crate) fn set(&self) -> String {
        self.store.file_name().expect("a set").to_string_lossy().into_owned()
    }

    /// The reference data of the tenant.
    pub(crate) fn reference(&self) -> PathBuf {
        self.store.join(&self.schema).join("reference.json")
    }

    /// A file of the answer: `hive.parquet`, `pg.parquet` or `error.txt`.
    pub(crate) fn expected(&self, kind: &str) -> PathBuf {
        self.store.join(&self.schema).join("expected").join(format!("{}.{kind}", self.source))
    }

    /// Trino's error, if it failed.
    pub(crate) fn refusal(&self) -> Option<String> {
        std::fs::read_to_string(self.expected("error.txt")).ok()
    }

    /// The arguments of every command, without those that say where reference data and results are.
    pub(crate) fn arguments(&self, store: &str) -> Vec<String> {
        let mut arguments: Vec<String> = ["ocp", "summarize", "--store", store, "--schema", &self.schema, "--source", &self.source]
            .into_iter()
            .chain(["--start", &self.start_date, "--end", &self.end_date, "--cluster-id", &self.cluster_id])
            .map(str::to_owned)
            .collect();
        arguments.extend(self.cluster_alias.as_ref().map(|alias| format!("--cluster-alias={alias}")));
        arguments.extend((!self.storage_exists).then(|| "--no-storage".to_owned()));
        arguments
    }

    /// What differs between Trino's managed table and ours below `root`; and the rows that were compared.
    pub(crate) fn check_managed(&self, root: &Path) -> Result<usize, String> {
        let expected = program::read(&self.expected("hive.parquet"));
        let table = managed_table(root, &self.schema);
        let of_source = table.join(format!("source={}", self.source));
        let files = data_files(&of_source);
        if expected.height() == 0 {
            return if files.is_empty() { Ok(0) } else { Err(format!("no rows are expected, but there are {files:?}")) };
        }
        if files.is_empty() {
            return Err(format!("{} rows are expected, but there is no file", expected.height()));
        }
        let mut actual = Vec::new();
        for file in &files {
            let path = Path::new(of_source.file_name().expect("a name")).join(file);
            let partitions = partitions(&path)?;
            actual.extend(exact_cells(&program::read(&table.join(&path)), &partitions));
        }
        same_texts(exact_cells(&expected, &[]), actual)?;
        let report = compare(&Side::Path(self.expected("hive.parquet")), &Side::Path(of_source), Tolerance::default(), None, &self.source)?;
        // A column that only one side has would be compared with nothing.
        let not_compared: Vec<_> = report.not_compared.iter().map(|column| column.column.as_str()).collect();
        if not_compared == ["uuid"] { Ok(expected.height()) } else { Err(format!("not compared: {not_compared:?}")) }
    }
}

/// Compares the rows of `source` on two sides; `schema` is the tenant's schema of a database.
pub(crate) fn compare(expected: &Side, actual: &Side, tolerance: Tolerance, schema: Option<&str>, source: &str) -> Result<Report, String> {
    let filter = Filter { source: Some(source.to_owned()), ..Filter::default() };
    let sides = program::block_on(async {
        let left = read(expected, &OCP_DAILY_SUMMARY, &filter, None).await;
        Ok((left?, read(actual, &OCP_DAILY_SUMMARY, &filter, schema).await?))
    });
    let (left, right) =
        sides.map_err(|error: aggregator_validate::Error| format!("{error}: {:?}", error.source().map(ToString::to_string)))?;
    let report = diff(&OCP_DAILY_SUMMARY, &left, &right, &tolerance, 3);
    if report.is_equal() { Ok(report) } else { Err(report::text(&report)) }
}

/// The partition columns that a path holds: exactly source, year, month and day, and then one file.
fn partitions(path: &Path) -> Result<Vec<(&'static str, String)>, String> {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let wrong = || format!("{} is no path of the managed table", path.display());
    let [folders @ .., _] = parts.as_slice() else { return Err(wrong()) };
    let names = ["source", "year", "month", "day"];
    if folders.len() != names.len() {
        return Err(wrong());
    }
    names
        .iter()
        .zip(folders)
        .map(|(name, folder)| {
            let value = folder.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).ok_or_else(wrong)?;
            Ok((*name, value.to_owned()))
        })
        .collect()
}

/// Every row as the text of all its cells but the doubles.
fn exact_cells(frame: &DataFrame, partitions: &[(&'static str, String)]) -> Vec<String> {
    let exact: Vec<_> = frame.columns().iter().filter(|column| column.dtype() != &DataType::Float64).collect();
    let cell = |value: AnyValue<'_>| match value {
        AnyValue::String(text) => format!("{text:?}"),
        AnyValue::StringOwned(text) => format!("{:?}", text.as_str()),
        other => other.to_string(),
    };
    (0..frame.height())
        .map(|row| {
            let own = exact.iter().map(|column| format!("{}={}", column.name(), cell(column.get(row).expect("a row of the frame"))));
            let mut cells: Vec<String> = own.chain(partitions.iter().map(|(name, value)| format!("{name}={value:?}"))).collect();
            cells.sort();
            cells.join(" ")
        })
        .collect()
}

/// Two multisets of rows.
fn same_texts(mut expected: Vec<String>, mut actual: Vec<String>) -> Result<(), String> {
    expected.sort();
    actual.sort();
    if expected == actual {
        return Ok(());
    }
    let missing: Vec<_> = expected.iter().filter(|row| actual.binary_search(row).is_err()).take(2).collect();
    let extra: Vec<_> = actual.iter().filter(|row| expected.binary_search(row).is_err()).take(2).collect();
    Err(format!("{} rows are expected, {} are there; missing {missing:#?}, extra {extra:#?}", expected.len(), actual.len()))
}
