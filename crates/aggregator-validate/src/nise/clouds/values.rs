//! What an ingest makes of cells.

pub(crate) use crate::nise::text::available;

/// A number as the ingest reads it: what is none is zero.
pub(crate) fn number(text: &str) -> f64 {
    available(text).trim().parse().unwrap_or(0.0)
}

/// The first characters, as many as a column takes.
pub(crate) fn cut(text: &str, width: usize) -> String {
    text.chars().take(width).collect()
}

/// Python's `round(number, digits)`: the nearest decimal of the exact number, the even one of two.
pub(crate) fn rounded(number: f64, digits: usize) -> f64 {
    format!("{number:.digits$}").parse().unwrap_or(number)
}
