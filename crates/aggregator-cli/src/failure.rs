//! How a failure is printed: what happened, its causes, a hint.

use crate::ExitStatus;
use crate::args::Format;
use aggregator_io::ingest::IngestReport;
use std::io::Write;

/// Prints `error` to standard error, and as JSON to standard output if `format` is that.
pub(crate) fn print(error: &anyhow::Error, format: Format) {
    let failed = error.chain().find_map(|cause| cause.downcast_ref::<aggregator_io::Error>());
    let hint = failed.and_then(aggregator_io::Error::hint);
    let mut causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
    causes.dedup();
    let mut text = format!("error: {error}\n");
    for cause in &causes {
        text.push_str("  caused by: ");
        text.push_str(cause);
        text.push('\n');
    }
    if let Some(hint) = &hint {
        text.push_str("hint: ");
        text.push_str(hint);
        text.push('\n');
    }
    // Where even standard error cannot be written, the exit code still tells.
    let _ = std::io::stderr().write_all(text.as_bytes());
    if format == Format::Json {
        let retryable = failed.is_some_and(aggregator_io::Error::is_retryable);
        let json = serde_json::json!({"error": error.to_string(), "causes": causes, "hint": hint, "retryable": retryable});
        let _ = writeln!(std::io::stdout(), "{json}");
    }
}

/// Names the payloads that were refused on standard error; the closing summary has them too. The others are done.
pub(crate) fn of_refused(report: &IngestReport) -> ExitStatus {
    let mut status = ExitStatus::Done;
    for payload in &report.payloads {
        if let Some(reason) = &payload.refused {
            let _ = writeln!(std::io::stderr(), "error: refused `{}`: {reason}", payload.payload);
            status = ExitStatus::Failed;
        }
    }
    status
}
