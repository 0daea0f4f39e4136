//! Scalars, beside the answers of Python 3.11 and `ciso8601`; `tools/oracle/ingest_scalars.py` writes them.

use super::{Stamp, html_escape, label_json, python_float, python_int, text_day};
use chrono::NaiveDate;
use serde_json::{Value, json};

const ANSWERS: &str = include_str!("tests/scalars.jsonl");

fn bits(number: f64) -> String {
    if number.is_nan() { "nan".to_owned() } else { number.to_bits().to_string() }
}

/// Checks every answer for `function`.
fn check(function: &str, answer: impl Fn(&str) -> Value) {
    let mut asked = 0;
    for line in ANSWERS.lines() {
        let (name, text, expected): (String, String, Value) = serde_json::from_str(line).unwrap();
        if name == function {
            asked += 1;
            assert_eq!(answer(&text), expected, "{function}({text:?})");
        }
    }
    assert!(asked > 50, "{asked} answers for {function}");
}

#[test]
fn numbers_are_pythons() {
    check("float", |text| json!(python_float(text).map(bits)));
    check("int", |text| json!(python_int(text).map(bits)));
}

#[test]
fn python_reads_integers_of_up_to_4300_digits() {
    let number = |zeros: usize| format!("{}7", "0".repeat(zeros));
    assert_eq!(python_int(&number(4299)), Some(7.0));
    assert_eq!(python_int(&number(4300)), None);
}

#[test]
fn timestamps_are_those_of_ciso8601() {
    check("stamp", |text| json!(Stamp::read(text).map(|stamp| (stamp.milliseconds(), stamp.midnight()))));
}

#[test]
fn labels_are_pythons_json() {
    check("labels", |text| json!(label_json(text)));
}

#[test]
fn many_labels_keep_their_places() {
    let text: Vec<_> = (0..40).chain([3, 20]).map(|key| format!("label_k{key}:{}", "x".repeat(key))).collect();
    let parts: Vec<_> = (0..40).map(|key| format!("\"k{key}\": \"{}\"", "x".repeat(key))).collect();
    assert_eq!(label_json(&text.join("|")), format!("{{{}}}", parts.join(", ")));
    // The last value wins at the first place, also beyond the labels that are looked through one by one.
    let json = label_json(&format!("{}|k5:new|k30:newer", text.join("|")));
    assert!(json.contains(r#""k5": "new", "k6": "#), "{json}");
    assert!(json.contains(r#""k30": "newer", "k31": "#), "{json}");
}

#[test]
fn html_is_pythons() {
    check("html", |text| json!(html_escape(text)));
}

#[test]
fn a_text_names_its_day_in_ten_characters() {
    let day = NaiveDate::from_ymd_opt(2026, 4, 2);
    assert_eq!(text_day("2026-04-02T24:00:00"), day);
    assert_eq!(text_day("2026-04-02"), day);
    assert_eq!(text_day("2026-04-02é"), day);
    for text in ["", "2026-04-0", "20260402T05", "2026-W14-4", "2026-4-02 0", "2026-04-31", "0000-01-01", "2026-04- 2", "2026-04-\u{0662}"]
    {
        assert_eq!(text_day(text), None, "{text}");
    }
}
