//! One file a subcommand.

pub(crate) mod ingest;
pub(crate) mod lists;
pub(crate) mod run;
pub(crate) mod summarize;
