//! A bar on a terminal; elsewhere the logs tell.

use aggregator_io::ocp::Progress;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

/// The bar of one window.
#[derive(Debug)]
pub(crate) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar for `what`; hidden where standard error is no terminal.
    pub(crate) fn new(what: &str) -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} days {msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(what.to_owned());
        bar.set_message("looking for line items");
        Self { bar }
    }

    /// Shows a step.
    pub(crate) fn step(&self, progress: Progress) {
        match progress {
            Progress::Found { bytes, rows, days } => {
                self.bar.set_length(days);
                self.bar.set_message(format!("{} in, {} rows", HumanBytes(bytes), HumanCount(rows)));
            }
            Progress::Summarized { days, .. } => self.bar.inc(days),
            Progress::Committing => self.bar.set_message("committing"),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
