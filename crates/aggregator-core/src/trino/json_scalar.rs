//! `json_extract_scalar(text, '$.key')` of text that was not parsed before.

use super::json_reader::{NotJson, Reader};

/// The member `key` of the JSON object `text`, if it is a text, a number (as it is written) or a boolean.
///
/// Trino reads no further than the member: the first of equal keys counts, and what comes behind it need not be JSON. `None` for a text
/// that is no JSON up to there, no object, or without the key, and for null, an object or an array.
///
/// ```
/// use aggregator_core::trino::json_extract_scalar;
/// assert_eq!(json_extract_scalar(r#"{"a": [1], "vcpus": 8.0}"#, "vcpus").as_deref(), Some("8.0"));
/// ```
pub fn json_extract_scalar(text: &str, key: &str) -> Option<String> {
    member(&mut Reader::new(text), key).ok().flatten()
}

fn member(reader: &mut Reader<'_>, key: &str) -> Result<Option<String>, NotJson> {
    reader.blanks();
    reader.take(b'{')?;
    reader.blanks();
    if reader.peek() == Some(b'}') {
        return Ok(None);
    }
    loop {
        let found = reader.string()? == key;
        reader.blanks();
        reader.take(b':')?;
        reader.blanks();
        match reader.peek() {
            Some(b'{' | b'[') if found => return Ok(None),
            Some(b'{' | b'[') => skip(reader)?,
            _ => {
                let value = scalar(reader)?;
                if found {
                    return Ok(value);
                }
            }
        }
        reader.blanks();
        if reader.peek() == Some(b'}') {
            return Ok(None);
        }
        reader.take(b',')?;
        reader.blanks();
    }
}

fn scalar(reader: &mut Reader<'_>) -> Result<Option<String>, NotJson> {
    match reader.peek() {
        Some(b'"') => reader.string().map(|text| Some(text.into_owned())),
        Some(b't') => reader.word("true").map(|()| Some("true".to_owned())),
        Some(b'f') => reader.word("false").map(|()| Some("false".to_owned())),
        Some(b'n') => reader.word("null").map(|()| None),
        Some(b'-' | b'0'..=b'9') => reader.number_as_written().map(|text| Some(text.to_owned())),
        _ => Err(reader.not_json()),
    }
}

/// Goes past an object or an array, without recursion: text can be nested deeper than a stack.
fn skip(reader: &mut Reader<'_>) -> Result<(), NotJson> {
    let mut open = Vec::new();
    loop {
        // At a value.
        if let Some(bracket @ (b'{' | b'[')) = reader.peek() {
            reader.take(bracket)?;
            reader.blanks();
            let end = if bracket == b'{' { b'}' } else { b']' };
            open.push(end);
            if reader.peek() != Some(end) {
                key(reader, end)?;
                continue;
            }
        } else {
            scalar(reader)?;
            reader.blanks();
        }
        // Behind a value, or at the end of an empty object or array.
        loop {
            let Some(&end) = open.last() else { return Ok(()) };
            if reader.peek() == Some(b',') {
                reader.take(b',')?;
                reader.blanks();
                key(reader, end)?;
                break;
            }
            reader.take(end)?;
            open.pop();
            if open.is_empty() {
                return Ok(());
            }
            reader.blanks();
        }
    }
}

/// In an object, goes past a key and its colon.
fn key(reader: &mut Reader<'_>, end: u8) -> Result<(), NotJson> {
    if end == b'}' {
        reader.string()?;
        reader.blanks();
        reader.take(b':')?;
        reader.blanks();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(json_extract_scalar(text, "vcpus").as_deref(), expected, "{text}");
    }

    /// Answers of a live Trino 476.
    #[test]
    fn the_first_of_equal_keys_counts_and_a_number_is_as_written() {
        check(r#"{"vcpus": 2, "vcpus": 16}"#, Some("2"));
        check(r#"{"vcpus": 8.0, "vmname": null}"#, Some("8.0"));
        check(r#"{"vcpus": "2"}"#, Some("2"));
        for text in ["", "not json", "{}", r#"{"vcpus": null}"#, "null"] {
            check(text, None);
        }
    }

    /// From Trino's source: its reader goes no further than it must.
    #[test]
    fn text_is_read_up_to_the_member() {
        check(r#"{"a": {"b": [1, {}, []], "vcpus": 1}, "v\u0063pus": true} x"#, Some("true"));
        check(r#"{"vcpus": -1e-07, broken"#, Some("-1e-07"));
        check(r#"{broken, "vcpus": 1}"#, None);
        check(r#"{"a": [1}, "vcpus": 1}"#, None);
        check(r#"{"a": [1,], "vcpus": 1}"#, None);
        check(r#"{"a": 01, "vcpus": 1}"#, None);
        check(r#"{"vcpus": {}, "vcpus": 1}"#, None);
        check(r#"["vcpus"]"#, None);
        check(&format!("{{\"a\":{}{},\"vcpus\":1}}", "[".repeat(100_000), "]".repeat(100_000)), Some("1"));
        check(&"[".repeat(100_000), None);
    }

    proptest! {
        /// Where the whole text is JSON and its keys differ, serde_json says the same.
        #[test]
        fn prop_a_member_is_what_serde_json_reads(
            members in proptest::collection::btree_map("[a-c]", prop_oneof![
                any::<String>().prop_map(serde_json::Value::from),
                any::<i64>().prop_map(serde_json::Value::from),
                any::<bool>().prop_map(serde_json::Value::from),
                proptest::collection::vec(any::<Option<i8>>(), 0..3).prop_map(|values| serde_json::json!({ "a": values })),
                Just(serde_json::Value::Null),
            ], 0..4),
        ) {
            let text = serde_json::to_string_pretty(&members).unwrap();
            let expected = members.get("b").and_then(|value| match value {
                serde_json::Value::String(text) => Some(text.clone()),
                scalar @ (serde_json::Value::Bool(_) | serde_json::Value::Number(_)) => Some(scalar.to_string()),
                _ => None,
            });
            prop_assert_eq!(json_extract_scalar(&text, "b"), expected);
        }

        #[test]
        fn prop_reading_never_panics(text: String) {
            let _ = json_extract_scalar(&text, "a");
        }
    }
}
