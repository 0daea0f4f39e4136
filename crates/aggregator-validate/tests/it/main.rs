//! The program end to end: small Parquet files, the oracle's answers, a real PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a helper that fails fails its test")]

mod arguments;
mod audit;
mod cloud_audit;
mod cloud_cases;
mod cloud_changes;
mod cloud_scenarios;
mod clouds;
mod nise;
mod nise_aws;
mod nise_azure;
mod nise_gcp;
mod oracle;
mod parquet;
mod postgres_side;
mod program;
mod shadow;
mod tables;
mod trino_side;

#[path = "../../../aggregator-io/tests/support/postgres.rs"]
mod postgres;

#[path = "../support/recorded.rs"]
#[allow(dead_code, reason = "the unit tests use the rest")]
mod recorded;
