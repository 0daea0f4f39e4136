//! The operator's CSV reports as OpenShift line items: text cells → typed rows → days. The clouds' exports are in [`cloud`].
//!
//! For each portion of a file's rows, a caller runs [`typed`] once and the others over its result:
//! * [`refused`]: rows with a cell that cannot be taken, and why;
//! * [`line_items`]: the rows that are kept; what is neither is anomalous;
//! * [`daily`] and [`tag_keys`] of the line items, [`merge_daily`] of several portions;
//! * [`unparsed_numbers`]: cells of `raw` that were no numbers.
//!
//! [`ReportType::detect`] finds the report by the header.
//!
//! # Source
//! koku's `masu/util/ocp/ocp_post_processor.py`, `ocp_data_validator.py` and `common.py`, and what they rest on: Python's `float`,
//! `int`, `json.dumps` and `html.escape`, `ciso8601`, and pandas' grouped sums.

mod cells;
pub mod cloud;
mod daily;
mod distinct;
mod gpu;
mod html;
mod labels;
mod python_json;
mod python_number;
mod python_repr;
mod report_type;
mod rows;
#[cfg(test)]
mod testing;
mod timestamp;

pub use crate::table::ocp_ingest::{DAY, INTERVAL_DAY, LINE};
pub use cells::typed;
pub use daily::{daily, merge_daily};
pub use html::html_escape;
pub use labels::label_json;
pub use python_number::{python_float, python_int};
pub use python_repr::python_repr;
pub use report_type::ReportType;
pub use rows::{line_items, refused, tag_keys, unparsed_numbers};
pub use timestamp::{Stamp, text_day};

use crate::table::ocp_ingest::REFUSED;

/// Columns that only ingest knows; no file holds them.
pub const INTERNAL: [&str; 4] = [LINE, DAY, INTERVAL_DAY, REFUSED];

#[cfg(test)]
mod tests;
