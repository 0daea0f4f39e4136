//! Tests of this crate with real stores and a real PostgreSQL.

mod managed;
mod parquet;
mod postgres;
mod s3;
mod store;

#[path = "../support/s3.rs"]
mod s3_server;
