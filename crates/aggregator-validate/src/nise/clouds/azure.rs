//! Azure.

use super::item::Item;
use super::{Context, Report, Shape};

/// nise's generators.
pub(crate) const GENERATORS: &[&str] = &[];

/// How the daily summary is made.
pub(crate) const SHAPE: Shape = Shape { subject: &crate::subject::AZURE_DAILY, folds: &[] };

/// What nise writes.
///
/// # Errors
/// A file that nise refuses.
pub(crate) fn items(report: &Report, _context: &Context<'_>) -> Result<Vec<Item>, String> {
    if report.generators.is_empty() { Ok(Vec::new()) } else { Err("these reports are not known yet".to_owned()) }
}
