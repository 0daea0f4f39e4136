//! The binary end to end: the oracle's cases, real servers, bad input, kills, and what it prints.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a helper that fails fails its test")]

mod bad_input;
mod cases;
mod cloud_archive;
mod cloud_hcs_files;
mod cloud_ingest;
mod cloud_ingest_oracle;
mod cloud_oracle;
mod cloud_postgres;
mod cloud_run;
mod cloud_subs_files;
mod cloud_subs_remembered;
mod help;
mod ingest;
mod ingest_kill;
mod ingest_laws;
mod ingest_oracle;
mod kill;
mod oracle;
mod postgres;
mod program;
mod readers;
mod scenarios;
mod settings;
mod tenant;
mod tiny;

#[path = "../../../aggregator-io/tests/support/postgres.rs"]
mod cluster;
#[path = "../../../aggregator-io/tests/support/s3.rs"]
mod s3;
