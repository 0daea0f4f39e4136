//! Is the answer right? Two results of one table, row by row and column by column.
//!
//! [`compare::compare`] compares two sides of any size. [`read::read`] brings a side into [`Rows`], [`diff::diff`] compares two of
//! them without touching the world, and [`report::Report`] is what was found, for people ([`report::text`], [`report::html`]) and
//! machines ([`report::json`], [`report::csv`]).
//! [`command::run`] is the program around them.

pub mod args;
pub mod audit;
pub mod command;
pub mod compare;
pub mod diff;
pub mod error;
pub mod nise;
pub mod read;
pub mod report;
pub mod rows;
pub mod shadow;
pub mod subject;

pub use diff::diff;
pub use diff::tolerance::Tolerance;
pub use error::{Error, Result};
pub use report::Report;
pub use rows::Rows;
pub use subject::Subject;
