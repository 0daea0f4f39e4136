//! A place for what lies in a bucket and is read as a file.

use crate::error::{Error, Result};

/// A folder for copies of a bucket's objects, which goes with the run.
pub(crate) struct Spool(tempfile::TempDir);

impl Spool {
    pub(crate) fn new() -> Result<Self> {
        let failed = |source| Error::File { action: "create", path: std::env::temp_dir().display().to_string(), source };
        tempfile::tempdir().map(Self).map_err(failed)
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        self.0.path()
    }
}
