//! The cloud jobs: line items of AWS, Azure and GCP in, koku's daily summaries out; and the small statements around them.

mod extracts;
mod infrastructure;
mod lists;
mod summarize;

pub use extracts::{hcs, subs_accounts, subs_count, subs_resources, subs_rows};
pub use infrastructure::{InfrastructureRequest, infrastructure_map};
pub use lists::{ListRequest, invoice_chunks, invoice_month_dates, payer_accounts, sums, topology};
pub use summarize::{Progress, Repaired, Report, Statement, Summarize, merge_totals, summarize};
