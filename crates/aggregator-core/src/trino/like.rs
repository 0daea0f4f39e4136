//! `LIKE` without an escape character.

use polars::prelude::*;

/// A `LIKE` pattern: `%` is any text, `_` is one code point, all else is itself, the backslash too.
///
/// ```
/// use aggregator_core::trino::Pattern;
/// assert!(Pattern::new("openshift-%").matches("openshift-logging"));
/// assert!(!Pattern::new("my\\_app").matches("my_app"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Any,
    One,
    Char(char),
}

impl Pattern {
    /// Reads a pattern; every text is one.
    pub fn new(text: &str) -> Self {
        Self(
            text.chars()
                .map(|character| match character {
                    '%' => Piece::Any,
                    '_' => Piece::One,
                    other => Piece::Char(other),
                })
                .collect(),
        )
    }

    /// Whether the whole of `text` fits: case-sensitive, line breaks and trailing blanks count.
    pub fn matches(&self, text: &str) -> bool {
        // Greedy with one point to come back to: the last `%` and the text behind what it has taken so far.
        let (mut pieces, mut rest) = (self.0.as_slice(), text.chars());
        let mut retry: Option<(&[Piece], std::str::Chars<'_>)> = None;
        loop {
            match pieces.split_first() {
                Some((Piece::Any, after)) => {
                    retry = Some((after, rest.clone()));
                    pieces = after;
                    continue;
                }
                Some((piece, after)) => {
                    let mut next = rest.clone();
                    if next.next().is_some_and(|character| *piece == Piece::One || *piece == Piece::Char(character)) {
                        (pieces, rest) = (after, next);
                        continue;
                    }
                }
                None if rest.as_str().is_empty() => return true,
                None => {}
            }
            let Some((after, mut from)) = retry.take() else { return false };
            if from.next().is_none() {
                return false;
            }
            (pieces, rest) = (after, from.clone());
            retry = Some((after, from));
        }
    }
}

/// Trino's `value LIKE pattern`, row by row; null if either is null.
pub fn like(value: Expr, pattern: Expr) -> Expr {
    value.map_many(
        |columns| {
            let [value, pattern] = columns else { polars_bail!(ComputeError: "like takes two columns") };
            let (value, pattern) = (value.str()?, pattern.str()?);
            let matched: BooleanChunked = value
                .iter()
                .zip(pattern.iter())
                .map(|(value, pattern)| Some(Pattern::new(pattern?).matches(value?)))
                .collect_ca(value.name().clone());
            Ok(matched.into_column())
        },
        &[pattern],
        |_, fields| Ok(Field::new(fields.first().map_or(PlSmallStr::EMPTY, |field| field.name().clone()), DataType::Boolean)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_backslash_is_an_ordinary_character() {
        assert!(Pattern::new("my\\_app").matches("my\\Xapp"));
        assert!(!Pattern::new("my\\_app").matches("my_app"));
    }

    #[test]
    fn an_underscore_is_one_code_point() {
        assert!(Pattern::new("_-ns").matches("𝒳-ns"));
        assert!(!Pattern::new("_-ns").matches("xx-ns"));
        assert!(!Pattern::new("_-ns").matches("e\u{301}-ns"));
    }

    #[test]
    fn a_percent_sign_is_any_text() {
        for (pattern, text, matched) in [
            ("%", "", true),
            ("", "", true),
            ("", "x", false),
            ("a%b%c", "a-b-b-c", true),
            ("a%b%c", "a-b-b-d", false),
            ("%ab", "aab", true),
            ("%\n%", "pay\nments", true),
            ("openshift-%", "openshift", false),
            ("OPENSHIFT-%", "openshift-x", false),
            ("a", "a ", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), matched, "{pattern} {text}");
        }
    }

    /// The definition, slowly.
    fn defined(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('%', rest)) => (0..=text.len()).any(|skip| defined(rest, &text[skip..])),
            Some((piece, rest)) => {
                text.split_first().is_some_and(|(first, after)| (*piece == '_' || piece == first) && defined(rest, after))
            }
        }
    }

    proptest! {
        #[test]
        fn prop_like_is_its_definition(pattern in "[ab%_]{0,8}", text in "[ab_]{0,10}") {
            let slow = defined(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
            prop_assert_eq!(Pattern::new(&pattern).matches(&text), slow);
        }
    }
}
