//! The module as a whole, and its small parts.

use chrono::{NaiveDate, NaiveDateTime};

use super::dates::{Clock, day, parts};
use super::model::{Generator, Ordered, report};
use super::scalar::Scalar;
use super::text::{Enabled, LabelMap, cell, json, labels, like};
use super::yaml::{Node, document};

#[test]
fn plain_values_are_those_of_yaml_1_1() {
    for (text, value) in [
        ("yes", Scalar::Bool(true)),
        ("Off", Scalar::Bool(false)),
        ("~", Scalar::Null),
        ("017", Scalar::Integer(15)),
        ("0x1F", Scalar::Integer(31)),
        ("1_000", Scalar::Integer(1000)),
        ("1:30", Scalar::Integer(90)),
        ("-7", Scalar::Integer(-7)),
        ("1.50", Scalar::Float(1.5)),
        (".5", Scalar::Float(0.5)),
        ("+.5", Scalar::Text("+.5".to_owned())),
        ("1e3", Scalar::Text("1e3".to_owned())),
        ("1.0e+3", Scalar::Float(1000.0)),
        ("8-1-2026", Scalar::Text("8-1-2026".to_owned())),
        ("2026-08-01", Scalar::Date("2026-08-01".parse().unwrap())),
        ("2026-08-01 05:30:00", Scalar::Time(time("2026-08-01T05:30:00"))),
    ] {
        assert_eq!(Scalar::plain(text), value, "{text}");
    }
    assert_eq!(Scalar::plain("yes").python_text(), "True");
}

#[test]
fn the_last_key_wins_merges_give_way_and_aliases_are_the_same_object() {
    let text = "base: &b {x: 1, y: {z: 2}}\none: {<<: *b, x: 3}\ntwo: *b\nbase2: 1\nbase2: 2\n";
    let Node::Mapping(_, members) = document(text).unwrap() else { panic!("a mapping") };
    let get = |name: &str| {
        let key = Node::Scalar(Scalar::Text(name.to_owned()));
        members.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone()).unwrap()
    };
    let (Node::Mapping(base, inside), Node::Mapping(two, _), Node::Mapping(one, merged)) = (get("base"), get("two"), get("one")) else {
        panic!("mappings")
    };
    assert!(base == two && base != one);
    assert_eq!(merged[0].1, Node::Scalar(Scalar::Integer(3)));
    assert_eq!(merged[1].1, inside[1].1);
    assert_eq!(get("base2"), Node::Scalar(Scalar::Integer(2)));
}

#[test]
fn hostile_yaml_is_refused() {
    let bomb: String = std::iter::once("a0: &a0 [x]\n".to_owned())
        .chain((1..12).map(|level| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "))))
        .collect();
    for text in [bomb, "[".repeat(5000), "a: &a [*a]".to_owned(), "a: 1\n---\nb: 2\n".to_owned()] {
        assert!(document(&text).is_err(), "{}", text.chars().take(60).collect::<String>());
    }
}

fn time(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn generators(yaml: &str) -> Vec<Generator> {
    let read = report(yaml).unwrap();
    read.generators.into_iter().flat_map(|Ordered(members)| members).map(|(_, generator)| generator).collect()
}

/// First hour, last hour and number of hours of each part.
fn hours(yaml: &str, now: &str) -> Vec<(usize, NaiveDateTime, NaiveDateTime, usize)> {
    let generators = generators(yaml);
    let clock = Clock { now: time(now), start: None, end: None };
    let parts = parts(&generators.iter().collect::<Vec<_>>(), &clock).unwrap();
    let filled = parts.iter().filter(|part| !part.hours.is_empty());
    filled
        .map(|part| {
            let hours: Vec<NaiveDateTime> = part.hours.values().flatten().copied().collect();
            (part.generator, hours[0], hours[hours.len() - 1], hours.len())
        })
        .collect()
}

#[test]
fn months_are_cut_and_the_end_is_not_included() {
    let yaml = "generators: [{OCPGenerator: {start_date: 2026-02-27, end_date: 2026-03-02}}]";
    let expected = [
        (0, time("2026-02-27T00:00:00"), time("2026-02-28T23:00:00"), 48),
        (0, time("2026-03-01T00:00:00"), time("2026-03-01T23:00:00"), 24),
    ];
    assert_eq!(hours(yaml, "2026-06-01T00:00:00"), expected);
}

#[test]
fn dates_depend_on_the_clock_as_for_nise() {
    let now = "2026-05-17T14:35:10";
    let of = |attributes: &str| hours(&format!("generators: [{{OCPGenerator: {{{attributes}}}}}]"), now);
    let until_now = time("2026-05-17T13:00:00");
    assert_eq!(of("start_date: today"), [(0, time("2026-05-17T00:00:00"), until_now, 14)]);
    // Without dates: from the first of the month.
    assert_eq!(of("")[0].1, time("2026-05-01T00:00:00"));
    assert_eq!(of("start_date: 2026-05-17, end_date: 2026-05-17"), [(0, time("2026-05-17T00:00:00"), until_now, 14)]);
    assert_eq!(of("start_date: 2026-05-16, end_date: today")[0].3, 24);
    assert_eq!(of("start_date: last_month, end_date: 2")[0].3, 48);
    // Days after now are not made, but those of the next month are.
    assert_eq!(of("start_date: 2026-05-16, end_date: 9")[0].2, until_now);
    assert_eq!(of("start_date: 2026-05-30, end_date: 3").len(), 2);
}

#[test]
fn a_generator_that_starts_within_the_last_day_of_the_last_month_is_left_out() {
    let yaml = "generators: [{OCPGenerator: {start_date: 2026-04-30 05:00:00, end_date: 2026-04-30 09:00:00}}]";
    assert_eq!(hours(yaml, "2026-06-01T00:00:00"), []);
    let yaml = "generators: [{OCPGenerator: {start_date: 2026-04-30, end_date: 2026-04-30 09:00:00}}]";
    assert_eq!(hours(yaml, "2026-06-01T00:00:00")[0].3, 9);
}

#[test]
fn days_are_read_month_first() {
    let first: Option<NaiveDate> = NaiveDate::from_ymd_opt(2026, 3, 4);
    for text in ["3-4-2026", "03/04/2026", "2026-3-4", "2026-03-04"] {
        assert_eq!(day(text), first, "{text}");
    }
    assert_eq!(day("14-3-2026"), NaiveDate::from_ymd_opt(2026, 3, 14));
    assert_eq!(day("tomorrow"), None);
}

#[test]
fn labels_and_names_are_what_the_ingest_makes_of_them() {
    let kept = labels("label_a:1|b|c:d:e|label_my_label_x:y|a:2");
    assert_eq!(json(&kept), r#"{"a":"2","my_x":"y"}"#);
    assert_eq!(labels("None"), LabelMap::new());
    assert_eq!(cell("o'b & <c>"), "o&#x27;b &amp; &lt;c&gt;");
    assert_eq!([cell("NA"), cell("null"), cell("Null")], ["", "", "Null"]);
    let filter = |keys: &[&str]| {
        json(&Enabled::Keys(keys.iter().map(|key| (*key).to_owned()).collect()).filter(labels("a:1|vm_kubevirt_io_name:v|b:2")))
    };
    assert_eq!(filter(&["a"]), r#"{"a":"1","vm_kubevirt_io_name":"v"}"#);
    assert_eq!(filter(&[]), "{}");
    assert!(like("openshift-x", "openshift-%") && like("a_b", "a_b") && like("axb", "a_b") && !like("openshift", "openshift-%"));
}

/// Expected values that aggregator computed would agree with it whatever it computed.
#[test]
fn no_transform_of_the_core_is_used() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/nise")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for line in text.lines().filter(|line| line.contains("aggregator_core") && !path.ends_with("nise/tests.rs")) {
                assert!(line.contains("aggregator_core::table"), "{}: {line}", path.display());
            }
            for forbidden in ["ocp", "ingest", "labels", "trino", "units"].map(|module| format!("aggregator_core::{module}")) {
                assert!(!text.contains(&forbidden), "{} uses {forbidden}", path.display());
            }
            assert!(path.ends_with("nise/tests.rs") || !text.contains("aggregator_io::"), "{} uses aggregator-io", path.display());
            files += 1;
        }
    }
    assert!(files > 15, "{files}");
}
