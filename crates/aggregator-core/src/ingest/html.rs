//! Text that is safe in HTML, as Python's `html.escape` writes it.

use polars::prelude::*;
use std::borrow::Cow;

/// Whether a text has to be escaped. It looks at every byte, which is several times faster than stopping at the first.
fn is_special(text: &str) -> bool {
    text.bytes().fold(false, |special, byte| special | matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\''))
}

/// `text` with `&`, `<`, `>` and both quotes as entities.
///
/// ```
/// assert_eq!(aggregator_core::ingest::html_escape("it's"), "it&#x27;s");
/// ```
pub fn html_escape(text: &str) -> Cow<'_, str> {
    if !is_special(text) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// [`html_escape`] of a column; one without special characters is not copied.
pub(super) fn escaped(text: Expr) -> Expr {
    text.map(
        |column| {
            let texts = column.str()?;
            if !texts.iter().flatten().any(is_special) {
                return Ok(column);
            }
            let escaped: StringChunked = texts.apply(|text| text.map(html_escape));
            Ok(escaped.into_column())
        },
        |_, field| Ok(field.clone()),
    )
}

#[cfg(test)]
mod tests {
    use super::html_escape;

    // The expected texts are what `html.escape` of Python 3.11 returns.
    #[test]
    fn the_five_characters_become_entities_once() {
        assert_eq!(html_escape("a&b<c>\"d\"'e'"), "a&amp;b&lt;c&gt;&quot;d&quot;&#x27;e&#x27;");
        assert_eq!(html_escape("&amp;"), "&amp;amp;");
        assert_eq!(html_escape("ünï&cödé\u{2028}"), "ünï&amp;cödé\u{2028}");
        assert_eq!(html_escape("a;b#c/d`e"), "a;b#c/d`e");
    }
}
