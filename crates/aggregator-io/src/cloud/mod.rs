//! The cloud jobs: line items of AWS, Azure and GCP in, koku's daily summaries out; and the small statements around them.

mod summarize;

pub use summarize::{Progress, Repaired, Report, Statement, Summarize, summarize};
