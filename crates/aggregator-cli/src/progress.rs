//! A bar on a terminal; elsewhere the logs tell.

use aggregator_io::ingest;
use aggregator_io::ocp::Progress;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicU64, Ordering};

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

/// The bar of the payloads: how much of them was read. How much there is nobody knows before the end, since they are compressed.
#[derive(Debug)]
pub(crate) struct PayloadBar {
    bar: ProgressBar,
    rows: AtomicU64,
}

impl PayloadBar {
    /// A bar; hidden where standard error is no terminal.
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {bytes} {bytes_per_sec} {msg}") {
            bar.set_style(style);
        }
        Self { bar, rows: AtomicU64::new(0) }
    }

    /// Shows a step.
    pub(crate) fn step(&self, progress: ingest::Progress) {
        match progress {
            ingest::Progress::Payload { name, .. } => self.bar.set_prefix(name),
            ingest::Progress::File { name, .. } => self.bar.set_message(name),
            ingest::Progress::Read { bytes, rows } => {
                let before = self.rows.fetch_add(rows, Ordering::Relaxed);
                self.bar.inc(bytes);
                self.bar.set_message(format!("{} rows", HumanCount(before + rows)));
            }
            ingest::Progress::Writing { days } => self.bar.set_message(format!("writing {days} days")),
            ingest::Progress::Done => {}
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
