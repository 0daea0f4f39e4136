//! The program end to end: small Parquet files, the oracle's answers, a real PostgreSQL.

mod arguments;
mod oracle;
mod parquet;
mod postgres_side;
mod program;

#[path = "../../../aggregator-io/tests/support/postgres.rs"]
mod postgres;
