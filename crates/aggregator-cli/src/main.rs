//! The `aggregator` command.

use aggregator_cli::{ExitStatus, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(std::env::args_os()) {
        ExitStatus::Done => ExitCode::SUCCESS,
        ExitStatus::Failed => ExitCode::from(2),
    }
}
