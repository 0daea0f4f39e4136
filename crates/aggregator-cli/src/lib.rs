//! The command line of aggregator: what was typed, what it means, the job, and what is printed. No arithmetic.

mod args;
mod commands;
mod failure;
mod logging;
mod output;
mod progress;
mod settings;

use aggregator_core::cloud::Provider;
use args::cloud::{AwsCommand, AzureCommand, GcpCommand};
use args::{Cli, Command, OcpCommand};
use clap::Parser;
use commands::cloud_lists::CloudList;
use commands::cloud_summarize::Summary;
use commands::{cloud_extracts, cloud_ingest, cloud_lists, cloud_run, cloud_summarize};
use settings::ConfigFile;
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
    let done = ConfigFile::load(cli.config.as_deref()).and_then(|file| {
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

fn execute(cli: Cli, file: ConfigFile) -> anyhow::Result<ExitStatus> {
    logging::start(cli.log_format, cli.log_level.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Ocp(ocp) => return openshift(ocp.command, file).await,
            Command::Aws(aws) => return self::aws(aws.command, file).await,
            Command::Azure(azure) => return self::azure(azure.command, file).await,
            Command::Gcp(gcp) => return self::gcp(gcp.command, file).await,
            Command::InfraMap(args) => cloud_lists::infra_map(args, file).await?,
        }
        Ok(ExitStatus::Done)
    })
}

async fn openshift(command: OcpCommand, file: ConfigFile) -> anyhow::Result<ExitStatus> {
    match command {
        OcpCommand::Run(args) => return commands::run::run(args, file).await,
        OcpCommand::Ingest(args) => return commands::ingest::run(args, file).await,
        OcpCommand::Summarize(args) => commands::summarize::run(args, file).await?,
        OcpCommand::Nodes(args) => commands::lists::run(commands::lists::List::Nodes, args, file).await?,
        OcpCommand::Volumes(args) => commands::lists::run(commands::lists::List::Volumes, args, file).await?,
        OcpCommand::Projects(args) => commands::lists::run(commands::lists::List::Projects, args, file).await?,
        OcpCommand::TimeRange(args) => commands::lists::run(commands::lists::List::TimeRange, args, file).await?,
    }
    Ok(ExitStatus::Done)
}

async fn aws(command: AwsCommand, file: ConfigFile) -> anyhow::Result<ExitStatus> {
    let done = match command {
        AwsCommand::Run(args) => return cloud_run::run(Provider::Aws, args, file).await,
        AwsCommand::Ingest(args) => return cloud_ingest::run(Provider::Aws, args, file).await,
        AwsCommand::Summarize(args) => cloud_summarize::run(Summary::AwsDaily, args, file).await,
        AwsCommand::Ec2(args) => cloud_summarize::run(Summary::AwsEc2, args, file).await,
        AwsCommand::PayerAccounts(args) => cloud_lists::run(CloudList::PayerAccounts, args, file).await,
        AwsCommand::Sums(args) => cloud_lists::sums(Provider::Aws, args, file).await,
        AwsCommand::Subs(subs) => cloud_extracts::subs(Provider::Aws, subs.command, file).await,
        AwsCommand::Hcs(args) => cloud_extracts::hcs(Provider::Aws, args, file).await,
    };
    done.map(|()| ExitStatus::Done)
}

async fn azure(command: AzureCommand, file: ConfigFile) -> anyhow::Result<ExitStatus> {
    let done = match command {
        AzureCommand::Run(args) => return cloud_run::run(Provider::Azure, args, file).await,
        AzureCommand::Ingest(args) => return cloud_ingest::run(Provider::Azure, args, file).await,
        AzureCommand::Summarize(args) => cloud_summarize::run(Summary::AzureDaily, args, file).await,
        AzureCommand::Sums(args) => cloud_lists::sums(Provider::Azure, args, file).await,
        AzureCommand::Subs(subs) => cloud_extracts::subs(Provider::Azure, subs.command, file).await,
        AzureCommand::Hcs(args) => cloud_extracts::hcs(Provider::Azure, args, file).await,
    };
    done.map(|()| ExitStatus::Done)
}

async fn gcp(command: GcpCommand, file: ConfigFile) -> anyhow::Result<ExitStatus> {
    let done = match command {
        GcpCommand::Run(args) => return cloud_run::run(Provider::Gcp, args, file).await,
        GcpCommand::Ingest(args) => return cloud_ingest::run(Provider::Gcp, args, file).await,
        GcpCommand::Summarize(args) => cloud_summarize::run(Summary::GcpDaily, args, file).await,
        GcpCommand::InvoiceDates(args) => cloud_lists::run(CloudList::InvoiceDates, args, file).await,
        GcpCommand::Topology(args) => cloud_lists::run(CloudList::Topology, args, file).await,
        GcpCommand::Sums(args) => cloud_lists::sums(Provider::Gcp, args, file).await,
        GcpCommand::Hcs(args) => cloud_extracts::hcs(Provider::Gcp, args, file).await,
    };
    done.map(|()| ExitStatus::Done)
}
