//! Help, mistakes in the arguments, and what they may not show.

use crate::program::{compare, data, run};

#[test]
fn help_teaches_by_example() {
    let answer = run(["compare", "--help"]);
    assert_eq!(answer.exit_code, 0, "{answer:?}");
    for taught in [
        "Examples:",
        "aggregator-validate compare",
        "postgres://",
        "trino://",
        "--decimal-units",
        "ocp-pod-usage-daily",
        "Exit codes: 0 equal, 1 differences, 2 failed",
    ] {
        assert!(answer.stdout.contains(taught), "{taught}: {}", answer.stdout);
    }
    assert_eq!(run(["--version"]).exit_code, 0);
}

#[test]
fn mistakes_in_the_arguments_exit_with_two() {
    let mistakes: [&[&str]; 6] = [
        &[],
        &["compare", "a"],
        &["compare", "a", "b"],
        &["compare", "a", "b", "--table", "no-such-table"],
        &["compare", "a", "b", "--table", "ocp-daily-summary", "--tolerance", "-1"],
        &["compare", "a", "b", "--table", "ocp-daily-summary", "--start", "yesterday"],
    ];
    for arguments in mistakes {
        let answer = run(arguments);
        assert_eq!(answer.exit_code, 2, "{arguments:?}: {answer:?}");
        assert!(!answer.stderr.is_empty() && answer.stdout.is_empty(), "{arguments:?}: {answer:?}");
    }
}

#[test]
fn a_misplaced_url_does_not_show_its_password() {
    let url = "postgres://koku:geheim@db.example/postgres";
    let mistakes: [&[&str]; 3] = [&["compare", "a", "b", url], &["compare", "a", "b", "--table", url], &[url]];
    for arguments in mistakes {
        let answer = run(arguments);
        assert_eq!(answer.exit_code, 2);
        assert!(!answer.stderr.contains("geheim"), "{}", answer.stderr);
    }
}

#[test]
fn a_question_that_makes_no_sense_is_explained() {
    let file = data("fan_out.hive.parquet");
    let answer = compare(&file, &file, &["--start", "2026-02-02", "--end", "2026-02-01"]);
    assert_eq!(answer.exit_code, 2);
    assert!(answer.stderr.contains("it ends before it starts") && answer.stderr.contains("hint: "), "{}", answer.stderr);
    let answer = compare(&file, "s3://bucket/prefix", &[]);
    assert_eq!(answer.exit_code, 2);
    assert!(answer.stderr.contains("`s3://`"), "{}", answer.stderr);
    let answer = compare(&file, "postgres://koku:geheim@127.0.0.1:1/postgres", &[]);
    assert_eq!(answer.exit_code, 2);
    assert!(answer.stderr.contains("--schema") && !answer.stderr.contains("geheim"), "{}", answer.stderr);
}
