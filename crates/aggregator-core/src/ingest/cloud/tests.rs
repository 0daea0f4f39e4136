//! JSON texts, days and headers; expected values are Python's and koku's.

use super::day_format::{DayFormat, billing_day, invoice_month, lenient_day};
use super::json_texts::{azure_info, azure_tags, gcp_credits, gcp_labels, keys};
use super::*;
use chrono::NaiveDate;

fn header(columns: &[&str]) -> Vec<PlSmallStr> {
    columns.iter().map(|column| (*column).into()).collect()
}

#[test]
fn tags_of_azure_are_json_or_pairs() {
    for (text, expected) in [
        ("", "{}"),
        (r#"{"b": 1.50, "a": null}"#, r#"{"b": 1.5, "a": null}"#),
        (r#""app": "web","env": "prod""#, r#"{"app": "web", "env": "prod"}"#),
        (r#""b": "2","a": "x: y""#, r#"{"b": "2"}"#),
        (r#""a": "x: y","b": "2""#, "{}"),
        ("{bad", "{}"),
        ("[1]", "{}"),
        (r#"["{"]"#, r#"["{"]"#),
        (r#""x": "{""#, "{}"),
        ("app: web", r#"{"app": "web"}"#),
    ] {
        assert_eq!(azure_tags(text).as_deref(), Some(expected), "{text}");
    }
    // A list of objects has no keys, which additional info does not need.
    assert_eq!(azure_tags(r#"[{"a": 1}]"#), None);
    assert_eq!(azure_info(r#"[{"a": 1}]"#).as_deref(), Some(r#"[{"a": 1}]"#));
}

#[test]
fn labels_of_gcp_are_lists_of_keys_and_values() {
    for (text, expected) in [
        ("", Some("{}")),
        ("{bad", Some("{}")),
        ("{}", Some("{}")),
        (r#"[{"key": "a", "value": "1"}, {"key": "a", "value": 2}]"#, Some(r#"{"a": 2}"#)),
        (r#"[{"value": "x"}]"#, Some(r#"{"null": "x"}"#)),
        (r#"[{"key": 1, "value": 2}, {"key": "1", "value": 3}]"#, Some(r#"{"1": 2, "1": 3}"#)),
        (r#"[{"key": [], "value": 2}]"#, None),
        (r#"{"app": "web"}"#, None),
        ("5", None),
        (r#"["x"]"#, None),
    ] {
        assert_eq!(gcp_labels(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn only_the_first_credit_counts_unless_losses_are_kept() {
    let credits = |text: &str, losses| gcp_credits(text, losses).map(|credits| (credits.text, credits.amount));
    let some = |text: &str, amount: f64| Some((text.to_owned(), Some(amount)));
    let two = r#"[{"n": 1, "amount": -0.5}, {"n": 2, "amount": -0.25}]"#;
    assert_eq!(credits(two, Losses::AsKoku), some(r#"{"n": 1, "amount": -0.5}"#, -0.5));
    assert_eq!(credits(two, Losses::Kept), some(r#"{"n": 1, "amount": -0.75}"#, -0.75));
    assert_eq!(
        credits("[{'name': 'py', 'amount': -1.25, 'x': None}]", Losses::AsKoku),
        some(r#"{"name": "py", "amount": -1.25, "x": "None"}"#, -1.25)
    );
    for text in ["", "[]", "{bad", "0", "null"] {
        assert_eq!(credits(text, Losses::AsKoku), some("{}", 0.0), "{text}");
    }
    for text in [r#"[{"amount": "0.5"}]"#, r#"{"amount": 1}"#, "[1]", "[[1]]", "[{'amount': None}]", r#"[{"amount": [1]}]"#] {
        assert_eq!(credits(text, Losses::AsKoku), None, "{text}");
    }
}

#[test]
fn keys_are_those_of_objects() {
    assert_eq!(keys(r#"{"\u00e9": 1, "b": {"c": 2}}"#), ["é", "b"]);
    assert_eq!(keys(r#"["x", 1]"#), ["x"]);
}

#[test]
fn the_first_day_says_how_days_are_written() {
    let day = |day| NaiveDate::from_ymd_opt(2026, 4, day);
    let read = |first: &str, text: &str| DayFormat::guess(first).and_then(|format| format.read(text)).map(|moment| moment.date());
    assert_eq!(read("2026-04-01", "2026-04-02"), day(2));
    assert_eq!(read("04/01/2026", "4/2/2026"), day(2));
    assert_eq!(read("13.04.2026", "02.04.2026"), day(2));
    assert_eq!(read("02.04.2026", "02.04.2026"), NaiveDate::from_ymd_opt(2026, 2, 4));
    assert_eq!(read("20260401", "20260402"), day(2));
    for (first, text) in [("2026-04-01", "04/02/2026"), ("2026-04-01", ""), ("2026-04-01", "2026-04-02 13:00:00"), ("bad", "bad")] {
        assert_eq!(read(first, text), None, "{first} {text}");
    }
    assert_eq!(DayFormat::guess("2026-04-01T00:00:00Z"), None);
    assert_eq!(lenient_day("2026-4-2"), day(2));
    assert_eq!(invoice_month("202604"), day(1));
    assert_eq!(invoice_month("April"), None);
    assert_eq!(billing_day("04/30/2026"), billing_day("2026-04-30"));
    assert_eq!(billing_day("4/1/2026"), None);
}

#[test]
fn headers_that_koku_fails_are_refused() {
    let layout = |provider, columns: &[&str]| export(provider).layout(&header(columns), Losses::AsKoku, Ingress::No).map(|_| ());
    let missing = |column: &str| Err(HeaderError::Missing { column: column.to_owned() });
    let aws = ["bill/InvoiceId", "identity/TimeInterval", "lineItem/UsageStartDate", "bill/PayerAccountId", "lineItem/UsageType"];
    assert_eq!(layout(Provider::Aws, &aws), missing("lineItem/Operation"));
    assert!(matches!(layout(Provider::Aws, &["a"]), Err(HeaderError::Unknown(_))));
    assert_eq!(layout(Provider::Azure, &["Date"]), missing("tags"));
    assert!(matches!(layout(Provider::Azure, &["Date", "Tags", "Product", "ProductName"]), Err(HeaderError::Twice { .. })));
    assert_eq!(layout(Provider::Azure, &["Date", "Tags"]), Ok(()));
    assert_eq!(layout(Provider::Gcp, &["usage_start_time"]), missing("invoice.month"));
}
