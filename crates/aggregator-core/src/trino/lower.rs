//! `lower`, code point by code point.

/// Trino's `lower(text)`: each code point by itself, so that a text keeps its number of code points; `İ` becomes `i`, and a `Σ` is `σ`
/// at the end of a word too.
pub fn lower_text(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\u{130}' => 'i',
            other => {
                let mut lowered = other.to_lowercase();
                lowered.next().filter(|_| lowered.next().is_none()).unwrap_or(other)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::lower_text;

    #[test]
    fn each_code_point_is_lowered_by_itself() {
        for (text, lowered) in [("Com_RedHat_RHEL", "com_redhat_rhel"), ("ÀÄ𐐀", "àä𐐨"), ("İΑΣ", "iασ")] {
            assert_eq!(lower_text(text), lowered);
        }
    }
}
