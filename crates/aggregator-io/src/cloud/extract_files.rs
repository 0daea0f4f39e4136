//! An extract's file: CSV in a store.

use super::csv::{Client, write_csv};
use crate::error::{Error, Result};
use crate::spool::Spool;
use crate::store::Store;
use polars::prelude::DataFrame;
use serde::Serialize;
use std::collections::BTreeMap;

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExtractFile {
    /// Where it lies in the store.
    pub path: String,
    /// Its rows, without the header.
    pub rows: usize,
}

/// Writes `rows` as the CSV file `path` of `output`, whole, with `metadata` where the store keeps it.
pub(super) async fn write(
    output: &Store,
    path: String,
    rows: DataFrame,
    client: Client,
    metadata: &BTreeMap<&'static str, String>,
) -> Result<ExtractFile> {
    let spool = Spool::new()?;
    let copy = spool.path().join("extract.csv");
    let shown = copy.display().to_string();
    let written = {
        let copy = copy.clone();
        tokio::task::spawn_blocking(move || {
            let failed = |source| Error::File { action: "write", path: shown.clone(), source };
            let file = std::fs::File::create(&copy).map_err(failed)?;
            write_csv(&rows, client, &shown, file)?;
            Ok::<_, Error>(rows.height())
        })
    };
    let failed = |error: tokio::task::JoinError| Error::File { action: "write", path: path.clone(), source: error.into() };
    let rows = written.await.map_err(failed)??;
    output.write_file(&path, &copy, metadata).await?;
    tracing::info!(path, rows, "wrote an extract");
    Ok(ExtractFile { path, rows })
}

/// `part` as a part of a file's name.
///
/// # Errors
/// [`Error::File`]: it has a slash, or a character that no name has.
pub(super) fn part_of_name(part: &str) -> Result<&str> {
    if part.chars().any(|character| character == '/' || character == '\\' || character.is_control()) {
        let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, "it has a slash or a control character");
        return Err(Error::File { action: "name a file after", path: part.escape_debug().to_string(), source });
    }
    Ok(part)
}
