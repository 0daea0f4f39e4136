//! One file a subcommand.

pub(crate) mod cloud_extracts;
pub(crate) mod cloud_ingest;
pub(crate) mod cloud_lists;
pub(crate) mod cloud_run;
pub(crate) mod cloud_summarize;
pub(crate) mod ingest;
pub(crate) mod lists;
pub(crate) mod run;
pub(crate) mod summarize;
