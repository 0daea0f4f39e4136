//! The program `aggregator-validate`: runs [`aggregator_validate::command`] and writes what it says.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = aggregator_validate::command::run(std::env::args_os());
    let told = std::io::stderr().write_all(outcome.stderr.as_bytes());
    let shown = std::io::stdout().write_all(outcome.stdout.as_bytes()).and_then(|()| std::io::stdout().flush());
    match told.and(shown) {
        Ok(()) => ExitCode::from(outcome.exit.code()),
        // A verdict that nobody could read is no verdict.
        Err(_) => ExitCode::from(aggregator_validate::command::Exit::Failed.code()),
    }
}
