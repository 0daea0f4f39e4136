//! One file a subcommand.

pub(crate) mod lists;
pub(crate) mod summarize;
