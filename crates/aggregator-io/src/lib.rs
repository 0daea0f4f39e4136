//! The only crate that touches the world: stores, Parquet, reference data, PostgreSQL, and the jobs that run core's transforms.
//!
//! * [`ingest`]: the job that makes line items of payloads ([`payload`]).
//! * [`ocp`]: the other jobs of OpenShift, [`ocp::summarize`] and the lists.
//! * [`cloud`]: the jobs of AWS, Azure and GCP.
//! * [`store`], [`config`]: a directory or a bucket.
//! * [`source`]: line items and reference data. [`sink`]: the managed table and koku's PostgreSQL tables.
//! * [`execute`]: the only place where plans run. [`rows`]: small frames in reports.

pub mod cloud;
pub mod config;
pub mod database;
pub mod error;
pub mod execute;
pub mod ingest;
pub mod ocp;
pub mod payload;
pub mod retry;
pub mod rows;
pub mod sink;
pub mod source;
mod spool;
pub mod store;

pub use error::{Error, Result};
