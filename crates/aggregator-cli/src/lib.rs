//! The command line of aggregator: what was typed, what it means, the job, and what is printed. No arithmetic.

mod args;
mod commands;
mod failure;
mod logging;
mod output;
mod progress;
mod settings;

use args::{Cli, Command, OcpCommand};
use clap::Parser;
use std::ffi::OsString;

/// How a command ended. Comparing is `aggregator-validate`'s, which has a third end: differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Exit code 0.
    Done,
    /// Exit code 2; the cause was printed. Payloads that were not the cause are done.
    Failed,
}

/// Runs the command that `arguments` (program name first) name, and prints what comes of it.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitStatus {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come here too; printing them can only fail where nobody reads.
            let _ = error.print();
            return if error.use_stderr() { ExitStatus::Failed } else { ExitStatus::Done };
        }
    };
    let mut format = cli.format();
    let done = settings::ConfigFile::load(cli.config.as_deref()).and_then(|file| {
        format = format.or(file.format());
        execute(cli, file)
    });
    match done {
        Ok(status) => status,
        Err(error) => {
            failure::print(&error, format.unwrap_or_default());
            ExitStatus::Failed
        }
    }
}

fn execute(cli: Cli, file: settings::ConfigFile) -> anyhow::Result<ExitStatus> {
    logging::start(cli.log_format, cli.log_level.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let Command::Ocp(ocp) = cli.command;
        match ocp.command {
            OcpCommand::Run(args) => return commands::run::run(args, file).await,
            OcpCommand::Ingest(args) => return commands::ingest::run(args, file).await,
            OcpCommand::Summarize(args) => commands::summarize::run(args, file).await?,
            OcpCommand::Nodes(args) => commands::lists::run(commands::lists::List::Nodes, args, file).await?,
            OcpCommand::Volumes(args) => commands::lists::run(commands::lists::List::Volumes, args, file).await?,
            OcpCommand::Projects(args) => commands::lists::run(commands::lists::List::Projects, args, file).await?,
            OcpCommand::TimeRange(args) => commands::lists::run(commands::lists::List::TimeRange, args, file).await?,
        }
        Ok(ExitStatus::Done)
    })
}
