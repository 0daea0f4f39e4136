//! Logs to standard error: text for people, JSON for programs.

use crate::args::LogFormat;
use anyhow::Context;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging; called once.
pub(crate) fn start(format: LogFormat, level: Option<&str>) -> anyhow::Result<()> {
    let terminal = std::io::stderr().is_terminal();
    // On a terminal the progress bar tells the stages.
    let level = level.unwrap_or(if terminal { "warn" } else { "info" });
    let filter = EnvFilter::try_new(level).with_context(|| format!("could not use {level:?} as a log level"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Auto if !terminal => builder.json().try_init(),
        LogFormat::Auto | LogFormat::Text => builder.with_ansi(terminal).try_init(),
    };
    // A second start in one process keeps the first.
    let _ = started;
    Ok(())
}
