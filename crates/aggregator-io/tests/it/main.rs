//! Tests of this crate with real stores and a real PostgreSQL.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a helper that fails fails its test")]

mod ingest;
mod managed;
mod parquet;
mod postgres;
mod s3;
mod store;
mod track;

#[path = "../support/s3.rs"]
mod s3_server;
