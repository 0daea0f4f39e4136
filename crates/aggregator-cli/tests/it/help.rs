//! What `--help` teaches.

use crate::program::{aggregator, run};

/// The help of a command on a terminal of 100 columns.
fn help(arguments: &[&str]) -> String {
    let mut command = aggregator(arguments.iter().copied());
    // Help shows the values of the environment.
    let answer = run(command.env_clear().env("COLUMNS", "100")).done();
    assert_eq!(answer.stderr, "");
    answer.stdout
}

#[test]
fn help_of_the_program() {
    insta::assert_snapshot!(help(&["--help"]));
}

#[test]
fn help_of_ocp() {
    insta::assert_snapshot!(help(&["ocp", "--help"]));
}

#[test]
fn help_of_ocp_run() {
    insta::assert_snapshot!(help(&["ocp", "run", "--help"]));
}

#[test]
fn help_of_ocp_ingest() {
    insta::assert_snapshot!(help(&["ocp", "ingest", "--help"]));
}

#[test]
fn help_of_ocp_summarize() {
    insta::assert_snapshot!(help(&["ocp", "summarize", "--help"]));
}

#[test]
fn short_help_of_ocp_summarize() {
    insta::assert_snapshot!(help(&["ocp", "summarize", "-h"]));
}

#[test]
fn help_of_ocp_nodes() {
    insta::assert_snapshot!(help(&["ocp", "nodes", "--help"]));
}

#[test]
fn help_of_ocp_volumes() {
    insta::assert_snapshot!(help(&["ocp", "volumes", "--help"]));
}

#[test]
fn help_of_ocp_projects() {
    insta::assert_snapshot!(help(&["ocp", "projects", "--help"]));
}

#[test]
fn help_of_ocp_time_range() {
    insta::assert_snapshot!(help(&["ocp", "time-range", "--help"]));
}

#[test]
fn help_never_shows_the_database_url_of_the_environment() {
    let mut command = aggregator(["ocp", "summarize", "--help"]);
    let answer = run(command.env("AGGREGATOR_DATABASE", "postgres://koku:geheim@db/postgres")).done();
    assert!(answer.stdout.contains("AGGREGATOR_DATABASE") && !answer.stdout.contains("geheim"), "{}", answer.stdout);
}

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(run(&mut aggregator(["--version"])).done().stdout, format!("aggregator {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn no_command_and_an_unknown_flag_end_with_two() {
    let answer = run(&mut aggregator([]));
    assert_eq!(answer.exit_code, Some(2));
    assert!(answer.stderr.contains("Usage: aggregator"), "{answer:?}");
    let answer = run(&mut aggregator(["ocp", "summarize", "--no-such-flag"]));
    assert_eq!(answer.exit_code, Some(2));
    assert!(answer.stderr.contains("--no-such-flag") && answer.stdout.is_empty(), "{answer:?}");
}

#[test]
fn help_of_aws() {
    insta::assert_snapshot!(help(&["aws", "--help"]));
}

#[test]
fn help_of_azure() {
    insta::assert_snapshot!(help(&["azure", "--help"]));
}

#[test]
fn help_of_gcp() {
    insta::assert_snapshot!(help(&["gcp", "--help"]));
}

#[test]
fn help_of_aws_run() {
    insta::assert_snapshot!(help(&["aws", "run", "--help"]));
}

#[test]
fn help_of_aws_ingest() {
    insta::assert_snapshot!(help(&["aws", "ingest", "--help"]));
}

#[test]
fn help_of_gcp_summarize() {
    insta::assert_snapshot!(help(&["gcp", "summarize", "--help"]));
}

#[test]
fn help_of_aws_subs_rows() {
    insta::assert_snapshot!(help(&["aws", "subs", "rows", "--help"]));
}

#[test]
fn help_of_aws_subs_extract() {
    insta::assert_snapshot!(help(&["aws", "subs", "extract", "--help"]));
}

#[test]
fn help_of_gcp_hcs() {
    insta::assert_snapshot!(help(&["gcp", "hcs", "--help"]));
}

#[test]
fn help_of_infra_map() {
    insta::assert_snapshot!(help(&["infra-map", "--help"]));
}
