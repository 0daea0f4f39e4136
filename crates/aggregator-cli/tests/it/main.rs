//! The binary end to end: the oracle's cases, real servers, bad input, kills, and what it prints.

mod bad_input;
mod cases;
mod help;
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
#[allow(dead_code, reason = "shared with aggregator-io, whose tests use all of it")]
mod cluster;
#[path = "../../../aggregator-io/tests/support/s3.rs"]
mod s3;
