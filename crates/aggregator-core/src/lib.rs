//! koku's Trino SQL as Polars transforms.
//!
//! One section of SQL is one function from frames to a frame: no I/O, no clock, no randomness, nothing that can fail while it
//! runs. What can be wrong with the data is checked at the edge: [`table::check_schema`], [`ocp::LineItems::into_inputs`] (label
//! text), [`table::check_values`] (what koku's PostgreSQL can hold).
//!
//! * [`cloud`]: AWS, Azure and GCP: the daily summaries and the small statements around them.
//! * [`ingest`]: the operator's CSV reports as OpenShift line items, hourly and by day.
//! * [`ocp`]: the OpenShift daily summary and the lists of nodes, volumes and namespaces.
//! * [`table`]: every column with its type and unit.
//! * [`trino`]: where Trino differs from Polars.
//! * [`labels`]: label sets by number.
//! * [`days`]: rows of a range of days.
//! * [`run`], [`units`], [`sql`]: parameters, conversions, and which SQL each transform computes.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests run plans"))]

pub mod cloud;
pub mod days;
pub mod ingest;
pub mod labels;
pub mod ocp;
pub mod run;
pub mod sql;
pub mod table;
pub mod trino;
pub mod units;
