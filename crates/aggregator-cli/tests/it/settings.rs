//! Flags, environment and file; what is printed of them, and what never is.

use crate::program::{aggregator, contents, data_files, managed_table, run};
use crate::tiny::{CLUSTER, SCHEMA, SOURCE, Tiny, read_text};

/// The command with nothing but a settings file, which `extra` is added to.
fn by_file(tiny: &Tiny, extra: &str) -> std::process::Command {
    let [store, reference, output] = ["bucket", "reference.json", "result"].map(|name| tiny.path(name).display().to_string());
    let settings = format!(
        "store = '{store}'\nschema = '{SCHEMA}'\nsource = '{SOURCE}'\nstart = '2026-02-01'\nend = '2026-02-02'\n\
         cluster-id = 'from-file'\nreference = '{reference}'\noutput = '{output}'\n{extra}\n"
    );
    let path = tiny.path("aggregator.toml");
    std::fs::write(&path, settings).expect("a new file");
    let mut command = aggregator(["ocp", "summarize"]);
    command.arg("--config").arg(path);
    command
}

/// The cluster of the rows that were written.
fn cluster(tiny: &Tiny) -> String {
    read_text(&Tiny::day(&tiny.output(), 1), "cluster_id")
}

#[test]
fn a_file_alone_is_enough() {
    let tiny = Tiny::new(2);
    run(&mut by_file(&tiny, "report-period-id = 7\nmemory-limit = '64MiB'\nengine = 'in-memory'\nno-storage = true")).done();
    assert_eq!(cluster(&tiny), "from-file");
    assert_eq!(data_files(&managed_table(&tiny.output(), SCHEMA)).len(), 2);
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let tiny = Tiny::new(2);
    run(by_file(&tiny, "").env("AGGREGATOR_CLUSTER_ID", "from-environment")).done();
    assert_eq!(cluster(&tiny), "from-environment");
    run(by_file(&tiny, "").env("AGGREGATOR_CLUSTER_ID", "from-environment").args(["--cluster-id", "from-flag"])).done();
    assert_eq!(cluster(&tiny), "from-flag");
}

#[test]
fn a_switch_of_the_file_or_the_environment_can_be_turned_off_by_a_flag() {
    let tiny = Tiny::new(2);
    run(&mut by_file(&tiny, "dry-run = true")).done();
    assert_eq!(contents(&tiny.output()), []);
    run(by_file(&tiny, "").env("AGGREGATOR_DRY_RUN", "yes")).done();
    assert_eq!(contents(&tiny.output()), []);
    run(by_file(&tiny, "dry-run = true").env("AGGREGATOR_DRY_RUN", "1").arg("--dry-run=false")).done();
    assert_eq!(cluster(&tiny), "from-file");
}

#[test]
fn everything_can_come_from_the_environment() {
    let tiny = Tiny::new(2);
    let mut command = aggregator(["ocp", "summarize"]);
    command.env("AGGREGATOR_STORE", tiny.store()).env("AGGREGATOR_SCHEMA", SCHEMA).env("AGGREGATOR_SOURCE", SOURCE);
    command.env("AGGREGATOR_START", "2026-02-01").env("AGGREGATOR_END", "2026-02-02").env("AGGREGATOR_CLUSTER_ID", CLUSTER);
    command.env("AGGREGATOR_CLUSTER_ALIAS", "an alias").env("AGGREGATOR_REPORT_PERIOD_ID", "7").env("AGGREGATOR_FORMAT", "json");
    command.env("AGGREGATOR_REFERENCE", tiny.path("reference.json")).env("AGGREGATOR_OUTPUT", tiny.output());
    assert_eq!(run(&mut command).done().json()["schema"], SCHEMA);
    assert_eq!(read_text(&Tiny::day(&tiny.output(), 1), "cluster_alias"), "an alias");
}

#[test]
fn an_unknown_key_of_the_file_is_an_error_that_lists_the_known_ones() {
    let tiny = Tiny::new(2);
    let failure = run(&mut by_file(&tiny, "shema = 'org1'")).failure();
    assert!(failure.contains("`shema` is no setting; known are store, schema, source"), "{failure}");
    assert_eq!(contents(&tiny.output()), []);
}

#[test]
fn a_value_of_another_type_is_an_error_that_names_the_file() {
    let tiny = Tiny::new(2);
    for wrong in ["report-period-id = 'seven'", "dry-run = 'perhaps'", "engine = 'steam'", "memory-limit = 'much'"] {
        let failure = run(&mut by_file(&tiny, wrong)).failure();
        assert!(failure.contains("could not "), "{wrong}: {failure}");
        assert_eq!(contents(&tiny.output()), []);
    }
}

#[test]
fn a_missing_or_malformed_settings_file_is_named_without_its_content() {
    let tiny = Tiny::new(2);
    let mut command = aggregator(["ocp", "summarize", "--config", "/nowhere/aggregator.toml"]);
    let failure = run(&mut command).failure();
    assert!(failure.contains("could not read the settings in `/nowhere/aggregator.toml`"), "{failure}");
    let failure = run(&mut by_file(&tiny, "database = 'postgres://koku:geheim@db/postgres")).failure();
    assert!(failure.contains("aggregator.toml` is not TOML") && !failure.contains("geheim"), "{failure}");
}

#[test]
fn each_missing_setting_is_named_with_flag_variable_and_key() {
    let mut given: Vec<&str> = vec!["ocp", "summarize"];
    for (flag, value) in [
        ("start", "2026-02-01"),
        ("end", "2026-02-02"),
        ("schema", SCHEMA),
        ("store", "/nowhere"),
        ("source", SOURCE),
        ("reference", "/nowhere/reference.json"),
        ("output", "/nowhere/result"),
        ("cluster-id", CLUSTER),
    ] {
        let failure = run(&mut aggregator(given.iter().copied())).failure();
        assert!(failure.contains("a setting is missing") && failure.contains(&format!("--{flag}")), "{flag}: {failure}");
        let (name, value): (&'static str, &str) = (Box::leak(format!("--{flag}").into_boxed_str()), value);
        given.extend([name, value]);
    }
}

#[test]
fn the_schema_can_be_no_path() {
    let tiny = Tiny::new(1);
    for schema in ["../other", "a/b"] {
        let failure = run(&mut tiny.to_directory_where("reference.json", &[("--schema", schema)], &[])).failure();
        assert!(failure.contains("as a schema"), "{failure}");
    }
    let failure = run(&mut tiny.to_directory_where("reference.json", &[("--schema", "..")], &[])).failure();
    assert!(failure.contains("error: "), "{failure}");
}

#[test]
fn secrets_are_in_no_log_and_no_error() {
    let tiny = Tiny::new(2);
    let secrets = ["s3cr3t-of-s3", "t0k3n-of-s3", "g3h31m"];
    let mut commands = Vec::new();
    // A bucket that nobody serves, a database that nobody serves, a URL that is none, a store URL with credentials.
    commands.push(tiny.to_directory_where("reference.json", &[("--store", "s3://bucket")], &[]));
    commands.push(tiny.command(&["--database", "postgres://koku:g3h31m@127.0.0.1:1/postgres"]));
    commands.push(tiny.command(&["--database", "postgres://koku:g3h31m@127.0.0.1:port/postgres"]));
    commands.push(tiny.command(&["--database", "postgres://koku@127.0.0.1:1/postgres?pasword=g3h31m"]));
    commands.push(tiny.command(&["--database", "mysql://koku:g3h31m@127.0.0.1/koku"]));
    commands.push(tiny.to_directory_where("reference.json", &[("--store", "s3://koku:g3h31m@bucket/prefix")], &[]));
    commands.push(tiny.to_directory_where("reference.json", &[("--store", "ftp://koku:g3h31m@host/prefix")], &[]));
    commands.push(by_file(&tiny, "database = 'postgres://koku:g3h31m@127.0.0.1:port/postgres'"));
    for mut command in commands {
        command
            .env("S3_ENDPOINT", "http://127.0.0.1:1")
            .env("S3_ACCESS_KEY", "AKIA")
            .env("S3_SECRET", "s3cr3t-of-s3")
            .env("AWS_SESSION_TOKEN", "t0k3n-of-s3");
        command.env("AGGREGATOR_LOG", "trace").args(["--format", "json"]);
        let answer = run(&mut command);
        assert_eq!(answer.exit_code, Some(2), "{answer:?}");
        let said = format!("{}{}", answer.stdout, answer.stderr);
        for secret in secrets {
            assert!(!said.contains(secret), "{secret} is printed: {said}");
        }
        assert!(answer.json()["error"].as_str().is_some_and(|error| error.starts_with("could not ")), "{said}");
    }
}

#[test]
fn the_closing_summary_tells_rows_seconds_and_memory_as_json() {
    let tiny = Tiny::new(2);
    let summary = tiny.summarize("reference.json", &["--format", "json"]).done().json();
    assert_eq!((&summary["schema"], &summary["source"], &summary["dry_run"]), (&SCHEMA.into(), &SOURCE.into(), &false.into()));
    let window = &summary["windows"][0];
    assert_eq!((&window["start"], &window["end"]), (&"2026-02-01".into(), &"2026-02-02".into()));
    // Two pods, one claim and one node on two days.
    assert_eq!((&window["pod_rows"], &window["storage_rows"], &window["unallocated_rows"]), (&4.into(), &2.into(), &2.into()));
    let rows_in: Vec<_> = window["rows_in"]
        .as_array()
        .expect("tables")
        .iter()
        .map(|table| (table["table"].as_str().unwrap_or_default(), table["rows"].as_u64()))
        .collect();
    assert_eq!(
        rows_in,
        [
            ("openshift_pod_usage_line_items", Some(4)),
            ("openshift_pod_usage_line_items_daily", Some(4)),
            ("openshift_storage_usage_line_items_daily", Some(2)),
            ("openshift_node_labels_line_items_daily", Some(2)),
            ("openshift_namespace_labels_line_items_daily", Some(0)),
        ]
    );
    assert!(window["bytes_in"].as_u64() > Some(1000) && window["deleted_rows"].is_null(), "{window}");
    let namespaces: Vec<_> = window["namespaces"].as_array().expect("namespaces").iter().map(|row| &row["namespace"]).collect();
    assert_eq!(namespaces, ["Worker unallocated", "kube-system", "shop"]);
    assert!(summary["seconds"].as_f64() > Some(0.0) && summary["peak_memory_bytes"].as_u64() > Some(1 << 20), "{summary}");
}

#[test]
fn the_closing_summary_is_for_people_without_a_format() {
    let tiny = Tiny::new(2);
    let said = tiny.summarize("reference.json", &[]).done().stdout;
    for part in [SOURCE, "2026-02-01 to 2026-02-02", "out  Pod", "out  Storage", "out  unallocated", "peak memory"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn an_error_is_also_an_object_where_json_is_asked_for() {
    let tiny = Tiny::new(1);
    std::fs::write(tiny.path("reference.json"), "{").expect("a file of ours");
    let answer = tiny.summarize("reference.json", &["--format", "json"]);
    let json = answer.json();
    assert!(json["error"].as_str().is_some_and(|error| error.starts_with("could not use the reference file")), "{json}");
    assert!(json["hint"].is_string() && json["causes"].is_array() && json["retryable"] == false, "{json}");
    assert!(answer.stderr.contains("error: could not use the reference file"), "{answer:?}");
}

#[test]
fn logs_are_json_lines_on_standard_error_and_standard_output_has_the_result_alone() {
    let tiny = Tiny::new(1);
    let mut command = tiny.to_directory("reference.json", &["--format", "json"]);
    let answer = run(command.env("AGGREGATOR_LOG", "info")).done();
    assert!(answer.json().is_object());
    let lines: Vec<serde_json::Value> =
        answer.stderr.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    let messages: Vec<_> = lines.iter().filter_map(|line| line["fields"]["message"].as_str()).collect();
    assert!(messages.contains(&"found line items") && messages.contains(&"summarized"), "{messages:?}");
}

#[test]
fn a_memory_limit_and_an_engine_change_no_row() {
    let tiny = Tiny::new(6);
    tiny.summarize("reference.json", &[]).done();
    let rows = crate::kill::days(&tiny.output(), 6);
    for more in [&["--memory-limit", "1KiB"][..], &["--engine", "streaming"], &["--engine", "in-memory"]] {
        tiny.summarize("reference.json", more).done();
        assert_eq!(crate::kill::days(&tiny.output(), 6), rows, "{more:?}");
    }
}

// The lists.

/// `aggregator ocp <list>` as JSON.
fn list(tiny: &Tiny, name: &str) -> serde_json::Value {
    let mut command = aggregator([
        "ocp",
        name,
        "--schema",
        SCHEMA,
        "--source",
        SOURCE,
        "--start",
        "2026-02-01",
        "--end",
        "2026-02-02",
        "--format",
        "json",
    ]);
    run(command.arg("--store").arg(tiny.store())).done().json()
}

#[test]
fn nodes_volumes_projects_and_the_time_range_are_listed() {
    let tiny = Tiny::new(2);
    let node = serde_json::json!([{"node": "node-1", "resource_id": "i-1", "node_role": null, "architecture": null, "node_capacity_cpu_cores": 8.0}]);
    let nodes = list(&tiny, "nodes");
    for (key, value) in node[0].as_object().expect("an object") {
        if nodes[0].get(key).is_some() && key != "node_role" {
            assert_eq!(&nodes[0][key], value, "{nodes}");
        }
    }
    assert_eq!(nodes.as_array().map(Vec::len), Some(1), "{nodes}");
    let volumes = list(&tiny, "volumes");
    assert!(
        volumes.to_string().contains("\"pv-1\"") && volumes.to_string().contains("\"data\"") && volumes.to_string().contains("\"vol-1\""),
        "{volumes}"
    );
    let projects = list(&tiny, "projects");
    assert!(projects.to_string().contains("\"shop\"") && projects.to_string().contains("\"kube-system\""), "{projects}");
    assert_eq!(projects.as_array().map(Vec::len), Some(2), "{projects}");
    let range = list(&tiny, "time-range");
    assert!(range[0]["first"].as_str().is_some_and(|first| first.starts_with("2026-02-01")), "{range}");
    assert!(range[0]["last"].as_str().is_some_and(|last| last.starts_with("2026-02-02")), "{range}");
}
