//! What a daily summary must hold, from the YAML that nise made its reports from, or from totals that people wrote down.
//!
//! Nothing here is computed by aggregator: `made` follows the source of nise 5.4.4 (`dates`: which hours there are), `text` and
//! `days` the description of koku's ingest, `expected` the description of koku's SQL, a section a file. Of aggregator-core only
//! the names of columns are used, and a test holds that.
//! `clouds` does the same for AWS, Azure and GCP.
//!
//! What nise draws at random has no expected value, but a reason (`known::Why`).

mod clouds;
pub mod command;
mod compare;
mod dates;
mod days;
pub mod error;
mod expectations;
mod expected;
mod known;
mod made;
mod model;
mod reference;
mod report;
mod scalar;
mod text;
mod yaml;

#[cfg(test)]
mod tests;
