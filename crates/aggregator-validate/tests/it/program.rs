//! Runs the program and keeps what it said.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use polars::prelude::{DataFrame, ParquetWriter};

/// What the program said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) exit_code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// `aggregator-validate` with `arguments`.
pub(crate) fn run(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Answer {
    let output = Command::new(env!("CARGO_BIN_EXE_aggregator-validate"))
        .args(arguments)
        .env_remove("PGPASSWORD")
        .env_remove("TRINO_PASSWORD")
        .env_remove("TRINO_TOKEN")
        .output()
        .expect("the program was built");
    Answer {
        exit_code: output.status.code().expect("the program ended by itself"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// `aggregator-validate compare left right --table ocp-daily-summary` with `more`.
pub(crate) fn compare(left: impl AsRef<OsStr>, right: impl AsRef<OsStr>, more: &[&str]) -> Answer {
    let fixed = ["compare".as_ref(), left.as_ref(), right.as_ref(), "--table".as_ref(), "ocp-daily-summary".as_ref()];
    run(fixed.into_iter().chain(more.iter().map(AsRef::as_ref)))
}

/// A file of `tests/data`.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// Writes `frame` to `path` and creates the folders above it.
pub(crate) fn write(frame: &mut DataFrame, path: &Path) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
    let file = std::fs::File::create(path).expect("a new file");
    ParquetWriter::new(file).finish(frame).expect("a file of Parquet");
}
