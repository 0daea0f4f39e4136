use serde_json::json;

use super::*;

const ID: &str = "d9330a0c-8c7e-4513-8ca8-892547435e3c";

/// A manifest that nobody complains about, with some keys set to other values.
fn with(changes: &Value) -> Value {
    let mut manifest = json!({
        "uuid": ID, "cluster_id": "cluster-1", "version": "abc", "date": "2026-04-15T06:00:00.123456789Z", "files": ["a.csv"],
        "resource_optimization_files": null, "start": "2026-04-02T00:00:00Z", "end": "2026-04-02T05:59:59Z", "certified": true,
        "daily_reports": true, "cr_status": {"clusterVersion": "stable-4.20"}, "a_key_of_tomorrow": [1, {"x": null}],
    });
    for (key, value) in changes.as_object().unwrap() {
        manifest[key] = value.clone();
    }
    manifest
}

fn parse(changes: &Value) -> (Manifest, Vec<String>) {
    Manifest::parse(with(changes).to_string().as_bytes()).unwrap()
}

fn without(key: &str) -> Result<(Manifest, Vec<String>), ManifestError> {
    let mut manifest = with(&json!({}));
    manifest.as_object_mut().unwrap().remove(key);
    Manifest::parse(manifest.to_string().as_bytes())
}

fn warning(changes: &Value) -> String {
    let (_, warnings) = parse(changes);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    warnings.into_iter().next().unwrap()
}

#[test]
fn a_good_manifest_is_taken_without_a_warning() {
    let (manifest, warnings) = parse(&json!({}));
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!((manifest.uuid.as_str(), manifest.cluster_id.as_deref(), manifest.version.as_str()), (ID, Some("cluster-1"), "abc"));
    assert_eq!(manifest.date.unwrap().to_rfc3339(), "2026-04-15T06:00:00.123456+00:00");
    assert_eq!(manifest.files, ["a.csv"]);
    assert!(manifest.resource_optimization_files.is_empty() && manifest.refused_files.is_empty());
    assert!(manifest.daily_reports && manifest.certified && manifest.is_daily());
    assert_eq!(manifest.cr_status["clusterVersion"], "stable-4.20");
}

/// Start, end, and hours by day.
type Claim = (&'static str, &'static str, &'static [(&'static str, u32)]);

/// koku's own `Manifest` (pydantic 2.14) gave these; below zero is none here.
#[test]
fn hours_are_those_of_koku() {
    let cases: [Claim; 19] = [
        ("2026-04-02T00:00:00Z", "2026-04-02T05:59:59Z", &[("2026-04-02", 6)]),
        ("2026-04-02T00:00:00Z", "2026-04-03T00:00:00Z", &[("2026-04-02", 24)]),
        ("2026-04-02T00:00:00Z", "2026-04-04T02:30:00Z", &[("2026-04-02", 24), ("2026-04-03", 24), ("2026-04-04", 3)]),
        ("2026-04-02T22:00:00Z", "2026-04-03T01:00:00.000001Z", &[("2026-04-02", 2), ("2026-04-03", 2)]),
        ("2026-04-02T22:00:00Z", "2026-04-03T01:00:00.0000009Z", &[("2026-04-02", 2), ("2026-04-03", 1)]),
        ("2026-04-02T00:00:00Z", "2026-04-02T23:59:59.999999999Z", &[("2026-04-02", 24)]),
        ("2026-04-02T00:00:00+02:00", "2026-04-02T05:59:59+02:00", &[("2026-04-02", 4)]),
        ("2026-04-02T20:00:00-05:00", "2026-04-03T05:00:00-05:00", &[("2026-04-03", 9)]),
        ("2026-04-02T23:30:00+02:00", "2026-04-03T00:30:00-02:00", &[("2026-04-02", 3), ("2026-04-03", 3)]),
        ("2026-04-02T00:00:00", "2026-04-02T03:00:00", &[("2026-04-02", 3)]),
        ("2026-04-02 00:00:00Z", "2026-04-02 03:00", &[("2026-04-02", 3)]),
        ("2026-04-02t00:00:00z", "2026-04-02_03:10:00Z", &[("2026-04-02", 4)]),
        ("2026-04-02", "2026-04-03", &[("2026-04-02", 24)]),
        ("2026-03-30T00:00:00Z", "2026-04-01T00:00:00Z", &[("2026-03-30", 24), ("2026-03-31", 24)]),
        ("2026-03-30T00:00:00Z", "2026-04-01T05:00:00Z", &[("2026-03-30", 24), ("2026-03-31", 24), ("2026-04-01", 5)]),
        ("2026-12-31T22:00:00Z", "2027-01-01T01:30:00Z", &[("2026-12-31", 2), ("2027-01-01", 2)]),
        ("2026-04-02T03:00:00Z", "2026-04-02T03:00:00Z", &[]),
        ("2026-04-02T05:00:00Z", "2026-04-02T03:00:00Z", &[]),
        ("2026-04-03T00:00:00Z", "2026-04-02T00:00:00Z", &[]),
    ];
    for (start, end, expected) in cases {
        let (manifest, _) = parse(&json!({"start": start, "end": end}));
        let hours: Vec<(String, u32)> = manifest.hours_per_day().iter().map(|(day, &hours)| (day.to_string(), hours)).collect();
        let expected: Vec<(String, u32)> = expected.iter().map(|&(day, hours)| (day.to_owned(), hours)).collect();
        assert_eq!(hours, expected, "{start} {end}");
    }
}

#[test]
fn without_start_or_end_nothing_is_claimed() {
    for key in ["start", "end"] {
        let (manifest, warnings) = without(key).unwrap();
        assert!(manifest.hours_per_day().is_empty() && warnings.is_empty());
    }
    let zero = "0001-01-01T00:00:00Z";
    let (manifest, warnings) = parse(&json!({"start": zero, "end": zero}));
    assert_eq!((manifest.start, manifest.end), (None, None));
    assert_eq!(warnings.len(), 2);
    assert_eq!(warnings[0], "`start` of the manifest is Go's zero time: the operator found no pods");
    let text = warning(&json!({"end": "2026-04-01T00:00:00Z"}));
    assert_eq!(text, "`end` of the manifest is before `start`: 2026-04-01 00:00:00 +00:00 and 2026-04-02 00:00:00 +00:00");
    assert!(warning(&json!({"end": "2226-04-01T00:00:00Z"})).starts_with("the manifest claims more than 3660 days"));
}

#[test]
fn a_value_that_koku_refuses_the_payload_for_costs_a_warning() {
    let cases = [
        (
            json!({"uuid": "D9330A0C8C7E15138CA8892547435E3C"}),
            "`uuid` of the manifest is not of version 4: d9330a0c-8c7e-1513-8ca8-892547435e3c",
        ),
        (json!({"uuid": "run\n7"}), "`uuid` of the manifest is not a UUID: `run\\n7`"),
        (json!({"date": "yesterday"}), "`date` of the manifest is not a date and time: `yesterday`"),
        (json!({"date": null}), "`date` of the manifest is absent"),
        (json!({"date": 5}), "`date` of the manifest is not a text: `5`"),
        (json!({"start": "2026-04-31T00:00:00Z"}), "`start` of the manifest is not a date and time: `2026-04-31T00:00:00Z`"),
        (json!({"daily_reports": null}), "`daily_reports` of the manifest is not a boolean but `null`, taken as false"),
        (json!({"daily_reports": "True"}), "`daily_reports` of the manifest is not a boolean but `\\\"True\\\"`, taken as true"),
        (json!({"cluster_id": "a/b"}), "`cluster_id` of the manifest cannot be part of a path: `a/b`"),
        (json!({"cluster_id": ""}), "the manifest has no `cluster_id`"),
        (json!({"version": ["x"]}), "`version` of the manifest is not a text: `[\\\"x\\\"]`"),
        (json!({"cr_status": "ill"}), "`cr_status` of the manifest is not an object"),
    ];
    for (changes, expected) in cases {
        assert_eq!(warning(&changes), expected);
    }
    assert!(warning(&json!({"cluster_id": "/".repeat(1000)})).len() < 200);
}

#[test]
fn a_bad_or_repeated_name_costs_only_itself() {
    let names = json!(["a.csv", "../x.csv", "/etc/passwd", "b\\c.csv", "d/e.csv", "", "..", "f\u{0}.csv", "a.csv", "./g.csv", "h..csv"]);
    let (manifest, warnings) = parse(&json!({"files": names, "resource_optimization_files": ["a.csv", "../y.csv"]}));
    assert_eq!(manifest.files, ["a.csv", "g.csv", "h..csv"]);
    assert_eq!(manifest.resource_optimization_files, ["a.csv"]);
    assert_eq!(manifest.refused_files, ["../x.csv", "/etc/passwd", "b\\c.csv", "d/e.csv", "", "..", "f\u{0}.csv", "../y.csv"]);
    assert_eq!(warnings.len(), 9);
    assert_eq!(warnings[0], "a name in `files` of the manifest is not a plain file name: `../x.csv`");
    assert_eq!(warnings[7], "a file is listed twice in `files` of the manifest: `a.csv`");
}

#[test]
fn no_files_are_fine_and_no_list_is_not() {
    assert!(parse(&json!({"files": null})).0.files.is_empty());
    assert!(parse(&json!({"files": []})).0.files.is_empty());
    assert_eq!(without("files").unwrap_err().to_string(), "the manifest has no `files`");
    for files in [json!("a.csv"), json!([1]), json!({"a.csv": 1}), json!([["a.csv"]])] {
        let error = Manifest::parse(with(&json!({"files": files})).to_string().as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "`files` of the manifest is not a list of file names");
    }
}

#[test]
fn what_is_no_manifest_is_refused() {
    let error = |bytes: &[u8]| Manifest::parse(bytes).unwrap_err().to_string();
    for bytes in [&b""[..], b"{", b"{\"uuid\": \"\xff\"}", b"{} {}", "[".repeat(1000).as_bytes()] {
        assert_eq!(error(bytes), "could not read the manifest as JSON");
    }
    assert_eq!(error(b"[]"), "the manifest is not a JSON object");
    assert_eq!(without("uuid").unwrap_err().to_string(), "the manifest has no `uuid`");
    assert_eq!(error(b"{\"uuid\": 4, \"files\": []}"), "the manifest has no `uuid`");
}

#[test]
fn a_bom_is_skipped_and_the_last_of_two_keys_counts() {
    let (manifest, _) = Manifest::parse(b"\xef\xbb\xbf{\"uuid\": \"x\", \"files\": [], \"uuid\": \"y\"}").unwrap();
    assert_eq!(manifest.uuid, "y");
}

#[test]
fn only_an_operator_with_a_version_that_is_not_daily_adds_up() {
    let daily = |changes| parse(&changes).0.is_daily();
    assert!(!daily(json!({"daily_reports": false})));
    assert!(!daily(json!({"daily_reports": false, "version": "a commit that nobody knows"})));
    assert!(daily(json!({"daily_reports": false, "version": ""})));
    assert!(daily(json!({"daily_reports": false, "version": null})));
    assert!(!without("daily_reports").unwrap().0.is_daily());
}

#[test]
fn the_operators_own_errors_are_found() {
    let (manifest, _) = parse(&json!({"cr_status": {
        "prometheus": {"error": "no route"}, "upload": {"error": ""}, "source": 3, "reports": {"data_collection_message": "half"},
    }}));
    assert_eq!(manifest.operator_errors(), [("prometheus", "no route"), ("reports", "half")]);
}
