//! Runs the binary and keeps what it said; and the files it left.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use polars::prelude::{DataFrame, ParquetReader, SerReader};
use tokio::runtime::{Builder, Runtime};

/// The table that the binary writes.
pub(crate) const TABLE: &str = "reporting_ocpusagelineitem_daily_summary";

/// What the binary said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) exit_code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same, and it must have done its work.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.exit_code, Some(0), "{}\n{}", self.stderr, self.stdout);
        self
    }

    /// Message, causes and hint, and it must have failed.
    #[track_caller]
    pub(crate) fn failure(self) -> String {
        assert_eq!(self.exit_code, Some(2), "{}\n{}", self.stderr, self.stdout);
        let at = self.stderr.find("error: ").unwrap_or_else(|| panic!("no error: {}", self.stderr));
        self.stderr[at..].to_owned()
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            exit_code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

/// The binary without any setting of the environment; logs are errors only.
pub(crate) fn aggregator<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aggregator"));
    command.env_clear().env("AGGREGATOR_LOG", "error").args(arguments);
    for kept in ["PATH", "TMPDIR"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command
}

/// Runs to the end.
pub(crate) fn run(command: &mut Command) -> Answer {
    command.output().expect("the binary was built").into()
}

/// Every file below `folder`, also hidden ones, by its path below it; none if there is no such folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(place) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&place) else { continue };
        for entry in entries {
            let entry = entry.expect("a folder of ours");
            if entry.file_type().expect("a file of ours").is_dir() {
                waiting.push(entry.path());
            } else {
                found.push(entry.path().strip_prefix(folder).expect("a path below the folder").to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Every file below `folder` with its bytes.
pub(crate) fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    files(folder).into_iter().map(|file| (file.clone(), std::fs::read(folder.join(file)).expect("a file of ours"))).collect()
}

/// The files that a Hive reader sees: no part of the path is hidden.
pub(crate) fn data_files(folder: &Path) -> Vec<PathBuf> {
    let hidden = |file: &PathBuf| file.iter().any(|part| part.to_string_lossy().starts_with(['.', '_']));
    files(folder).into_iter().filter(|file| !hidden(file)).collect()
}

/// The rows of a file.
pub(crate) fn read(file: &Path) -> DataFrame {
    let opened = std::fs::File::open(file).unwrap_or_else(|error| panic!("{error}: {}", file.display()));
    ParquetReader::new(opened).finish().unwrap_or_else(|error| panic!("{error}: {}", file.display()))
}

/// The managed table of `schema` below `root`.
pub(crate) fn managed_table(root: &Path, schema: &str) -> PathBuf {
    root.join(format!("data/{schema}.db/{TABLE}"))
}

/// Waits for a future of a helper; all share one runtime, which their connections live in.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let start = || Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    RUNTIME.get_or_init(start).block_on(future)
}
