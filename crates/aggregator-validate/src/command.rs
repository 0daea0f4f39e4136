//! The program: what was typed in, what is to be written out. `main` does the writing.

use std::error::Error as _;
use std::ffi::OsString;
use std::fmt::Write;

use clap::Parser;

use crate::args::{Arguments, Command, Compare, ReportFormat};
use crate::error::{Error, Result};
use crate::report::{csv, html, json, text};
use crate::shadow::args::ShadowArgs;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The sides are equal, or help was asked for.
    Equal,
    /// The sides differ.
    Different,
    /// There is no answer.
    Failed,
}

impl Exit {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Equal => 0,
            Self::Different => 1,
            Self::Failed => 2,
        }
    }
}

/// What the program says, and how it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ends.
    pub exit: Exit,
    /// The report, or the help that was asked for.
    pub stdout: String,
    /// The error.
    pub stderr: String,
}

/// Runs the program with `arguments`, its own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Outcome {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    match Arguments::try_parse_from(&arguments) {
        Ok(Arguments { command: Command::Compare(options) }) => compare(&options).unwrap_or_else(|error| failed(&error)),
        Ok(Arguments { command: Command::Nise(options) }) => crate::nise::command::run(&options).unwrap_or_else(|error| failed(&error)),
        Ok(Arguments { command: Command::Audit(options) }) => crate::audit::command::run(&options).unwrap_or_else(|error| failed(&error)),
        Ok(Arguments { command: Command::Shadow(options) }) => shadow(&options).unwrap_or_else(|error| failed(&error)),
        Err(refused) => {
            let message = without_databases(&refused.render().to_string(), &arguments);
            if refused.use_stderr() {
                Outcome { exit: Exit::Failed, stdout: String::new(), stderr: message }
            } else {
                Outcome { exit: Exit::Equal, stdout: message, stderr: String::new() }
            }
        }
    }
}

fn compare(options: &Compare) -> Result<Outcome> {
    let comparison = options.comparison()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
    let report = runtime.block_on(crate::compare::compare(&comparison))?;
    let stdout = match options.format {
        ReportFormat::Text => text(&report),
        ReportFormat::Json => json(&report)?,
        ReportFormat::Csv => csv(&report),
        ReportFormat::Html => html(&report),
    };
    let exit = if report.is_equal() { Exit::Equal } else { Exit::Different };
    Ok(Outcome { exit, stdout, stderr: String::new() })
}

fn shadow(options: &ShadowArgs) -> Result<Outcome> {
    // The summary is computed here, by several threads.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(Error::Start)?;
    let (stdout, agrees) = runtime.block_on(crate::shadow::args::run(options))?;
    Ok(Outcome { exit: if agrees { Exit::Equal } else { Exit::Different }, stdout, stderr: String::new() })
}

fn failed(error: &Error) -> Outcome {
    let mut stderr = format!("error: {error}\n");
    let mut cause = error.source();
    while let Some(source) = cause {
        // Writing into a `String` cannot fail.
        writeln!(stderr, "  caused by: {source}").unwrap_or_default();
        cause = source.source();
    }
    if let Some(hint) = error.hint() {
        writeln!(stderr, "  hint: {hint}").unwrap_or_default();
    }
    Outcome { exit: Exit::Failed, stdout: String::new(), stderr }
}

/// A message of the argument parser, which quotes what it does not understand, without the URLs of databases: they can
/// hold a password.
fn without_databases(message: &str, arguments: &[OsString]) -> String {
    let databases = arguments.iter().filter_map(|argument| argument.to_str()).filter(|argument| argument.contains("://"));
    databases.fold(message.to_owned(), |message, database| {
        let (scheme, _) = database.split_once("://").unwrap_or_default();
        message.replace(database, &format!("{scheme}://…"))
    })
}
