//! Tests of this crate with real stores and a real PostgreSQL.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a helper that fails fails its test")]

mod managed;
mod parquet;
mod postgres;
mod s3;
mod store;

#[path = "../support/s3.rs"]
mod s3_server;
