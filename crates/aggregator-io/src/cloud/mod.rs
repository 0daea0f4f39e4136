//! The cloud jobs: line items of AWS, Azure and GCP in, koku's daily summaries out; and the small statements around them.

pub mod csv;
mod extract_files;
mod extracts;
mod hcs_files;
mod infrastructure;
mod lists;
mod python_text;
mod subs_files;
mod summarize;

pub use extract_files::ExtractFile;
pub use extracts::{hcs, subs_accounts, subs_count, subs_resources, subs_rows};
pub use hcs_files::{Finality, HcsExtract, extract_hcs};
pub use infrastructure::{InfrastructureRequest, infrastructure_map};
pub use lists::{ListRequest, invoice_chunks, invoice_month_dates, payer_accounts, sums, topology};
pub use subs_files::{ROWS_OF_A_PAGE, SubsExtract, extract_subs};
pub use summarize::{Progress, Repaired, Report, Statement, Summarize, merge_totals, summarize};
