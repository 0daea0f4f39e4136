//! `varchar` → `integer`.

/// Trino's `CAST(text AS integer)`: blanks around, a sign and leading zeros are allowed; `None` where Trino fails.
pub fn integer_from_text(text: &str) -> Option<i32> {
    // Control characters below the blank are cut too. Rust reads a sign and ASCII digits, as Java does.
    text.trim_matches(|character| character <= ' ').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::integer_from_text;

    /// Answers of a live Trino 476.
    #[test]
    fn blanks_signs_and_leading_zeros_are_read() {
        for (text, value) in [(" 8", Some(8)), ("+4", Some(4)), ("016", Some(16)), ("\t8 ", Some(8)), ("-2147483648", Some(i32::MIN))] {
            assert_eq!(integer_from_text(text), value, "{text:?}");
        }
        for text in ["2.0", "0x8", "", " ", "2147483648", "1 2", "+-1"] {
            assert_eq!(integer_from_text(text), None, "{text:?}");
        }
    }
}
