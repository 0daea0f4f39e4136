//! Columns where many rows have the same text: each text is worked on once.

use polars::prelude::*;

/// What `convert` makes of each row's text, called once for each distinct text, in the order in which they come first. A null is an
/// empty text.
pub(super) fn by_distinct_text<'a, T: Copy>(texts: &'a StringChunked, mut convert: impl FnMut(&'a str) -> T) -> Vec<T> {
    let mut known: PlHashMap<&str, T> = PlHashMap::default();
    let mut last: Option<(&str, T)> = None;
    let mut rows = Vec::with_capacity(texts.len());
    for text in texts.iter() {
        let text = text.unwrap_or_default();
        let value = match last {
            // Neighbours are often equal, and comparing is cheaper than hashing.
            Some((before, value)) if before == text => value,
            _ => *known.entry(text).or_insert_with(|| convert(text)),
        };
        last = Some((text, value));
        rows.push(value);
    }
    rows
}

/// The column `texts` with each text replaced by what `convert` writes for it, if anything; rows of one text share the bytes of the
/// result.
pub(super) fn replaced_by_distinct_text(texts: &StringChunked, convert: impl Fn(&str) -> Option<String>) -> PolarsResult<Column> {
    let mut results = StringChunkedBuilder::new(texts.name().clone(), 0);
    let mut count: IdxSize = 0;
    let rows = by_distinct_text(texts, |text| {
        results.append_option(convert(text));
        count += 1;
        count - 1
    });
    if rows.is_empty() {
        return Ok(Column::new_empty(texts.name().clone(), &DataType::String));
    }
    Ok(results.finish().take(&IdxCa::from_vec(texts.name().clone(), rows))?.into_column())
}
