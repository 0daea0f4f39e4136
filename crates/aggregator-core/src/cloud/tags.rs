//! Tags, cost categories and other JSON of a line item, read once for each distinct text.
//!
//! A text that Trino refuses is repaired: what is no JSON, or no object where tags are read, is null; a nested value is its compact JSON
//! text; of equal keys the last one counts.

use super::texts::replaced;
use crate::labels::EnabledTagKeys;
use crate::trino::{Json, LabelMap, json_format, json_member, json_parse, label_map};
use polars::prelude::Expr;

/// How the SQL casts tags to a map, which decides what Trino refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cast {
    /// Right around `json_parse`: Trino's planner makes one function of both, which refuses a key that comes twice.
    AroundParse,
    /// Of a column that holds parsed JSON: the last of equal keys counts.
    OfJson,
}

/// The JSON text of the tags whose keys are enabled; null for null and JSON `null`.
pub(crate) fn kept_tags(texts: Expr, cast: Cast, enabled: &EnabledTagKeys) -> Expr {
    let enabled = enabled.clone();
    replaced(texts, move |text| {
        let mut tags = tags(text, cast)?;
        tags.retain(|(key, _)| is_enabled(&enabled, key));
        Some(json_format(&tags))
    })
}

/// Unlike OpenShift's labels: no key is kept that is not enabled.
fn is_enabled(enabled: &EnabledTagKeys, key: &str) -> bool {
    match enabled {
        EnabledTagKeys::All => true,
        EnabledTagKeys::Only(keys) => keys.contains(key),
    }
}

fn tags(text: &str, cast: Cast) -> Option<LabelMap> {
    match cast {
        Cast::AroundParse => label_map(text).unwrap_or_else(|_| parsed(text).and_then(|json| json.labels())),
        Cast::OfJson => parsed(text)?.labels(),
    }
}

/// Why Trino refuses `text` as tags.
pub(crate) fn why_no_tags(text: &str, cast: Cast) -> Option<String> {
    match cast {
        Cast::AroundParse => label_map(text).err().map(|error| error.problem.to_string()),
        Cast::OfJson => match json_parse(text) {
            Err(error) => Some(error.problem.to_string()),
            Ok(read) => match read.value {
                Json::Null => None,
                Json::Object(members) => {
                    let nested = members.iter().find(|(_, value)| matches!(value, Json::Array(_) | Json::Object(_)));
                    nested.map(|(key, _)| format!("holds an object or array under key {key:?}"))
                }
                _ => Some("is not a JSON object".to_owned()),
            },
        },
    }
}

/// JSON in one form; null for null.
pub(crate) fn json(texts: Expr) -> Expr {
    replaced(texts, |text| parsed(text).map(|json| json.to_string()))
}

/// The text of a member of an object, if it is a text, a number or a boolean.
pub(crate) fn scalar(texts: Expr, key: &'static str) -> Expr {
    replaced(texts, move |text| json_member(text, key).ok().flatten().map(|value| value.text().into_owned()))
}

/// Why Trino refuses `text` as JSON.
pub(crate) fn why_no_json(text: &str) -> Option<String> {
    json_member(text, "").err().map(|error| error.problem.to_string())
}

/// Why Trino, or PostgreSQL after it, refuses `text` as `jsonb`.
pub(crate) fn why_no_jsonb(text: &str) -> Option<String> {
    match json_parse(text) {
        Err(error) => Some(error.problem.to_string()),
        Ok(read) => read.unpaired_surrogate.then(|| "holds half of a surrogate pair".to_owned()),
    }
}

fn parsed(text: &str) -> Option<Json> {
    json_parse(text).ok().map(|read| read.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{Column, DataFrame, IntoLazy, col};

    fn kept(text: &str, cast: Cast, enabled: &EnabledTagKeys) -> Option<String> {
        let frame: DataFrame = Column::new("tags".into(), [text]).into_frame();
        let frame = frame.lazy().select([kept_tags(col("tags"), cast, enabled)]).collect().expect("a result");
        frame.column("tags").and_then(|column| Ok(column.str()?.get(0).map(str::to_owned))).expect("a text")
    }

    fn both(text: &str) -> Option<String> {
        let enabled = ["app", "", "Env"].into();
        let [left, right] = [Cast::AroundParse, Cast::OfJson].map(|cast| kept(text, cast, &enabled));
        assert_eq!(left, right, "{text}");
        left
    }

    /// Answers of a live Trino 476.
    #[test]
    fn tags_with_an_enabled_key_are_kept() {
        assert_eq!(
            both(r#"{"env": "x", "Env": "y", "app": 1.10, "": null, "o": "p"}"#).as_deref(),
            Some(r#"{"":null,"Env":"y","app":"1.1E0"}"#)
        );
        assert_eq!(both(r#"{"o": "p"}"#).as_deref(), Some("{}"));
        assert_eq!(both("null"), None);
        assert_eq!(kept(r#"{"app": "x"}"#, Cast::OfJson, &EnabledTagKeys::from(Vec::<String>::new())).as_deref(), Some("{}"));
        assert_eq!(kept(r#"{"vm_kubevirt_io_name": "x"}"#, Cast::AroundParse, &["app"].into()).as_deref(), Some("{}"));
        assert_eq!(kept(r#"{"o": true}"#, Cast::AroundParse, &EnabledTagKeys::All).as_deref(), Some(r#"{"o":"true"}"#));
    }

    #[test]
    fn what_trino_refuses_is_repaired() {
        assert_eq!(both(""), None);
        assert_eq!(both("{} x"), None);
        assert_eq!(both(r#"["app"]"#), None);
        assert_eq!(both(r#"{"app": {"x": 1}, "zz": [1]}"#).as_deref(), Some(r#"{"app":"{\"x\":1}"}"#));
        assert_eq!(both(r#"{"app": "1", "\u0061pp": "2"}"#).as_deref(), Some(r#"{"app":"2"}"#));
    }

    /// Answers of a live Trino 476.
    #[test]
    fn what_trino_refuses_depends_on_the_cast() {
        let refused = |text: &str| [Cast::AroundParse, Cast::OfJson].map(|cast| why_no_tags(text, cast).is_some());
        for text in ["", r#"{"app": }"#, "[]", "1", r#"{"zz": [1]}"#, r#"{"app": {}}"#] {
            assert_eq!(refused(text), [true, true], "{text}");
        }
        assert_eq!(refused(r#"{"zz": 1, "zz": 2}"#), [true, false]);
        assert_eq!(refused("null"), [false, false]);
        assert_eq!(refused(r#"{"app": "\ud800"}"#), [false, false]);
        assert!(why_no_jsonb(r#"{"app": "\ud800"}"#).is_some() && why_no_json(r#"{"app": "\ud800"}"#).is_none());
    }
}
