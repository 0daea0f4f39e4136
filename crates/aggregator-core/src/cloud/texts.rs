//! Columns of text: empty is null, cut, and converted once for each distinct text.

use crate::table::ColumnDef;
use polars::prelude::*;

/// `nullif(text, '')`.
pub(crate) fn non_empty(text: Expr) -> Expr {
    when(text.clone().eq(lit(""))).then(lit(NULL)).otherwise(text)
}

/// `CAST(text AS varchar(n))`, with the width of `column`: what is longer is cut, in code points.
pub(crate) fn cut(text: Expr, column: &ColumnDef) -> Expr {
    let width = column.width.and_then(|width| u64::try_from(width).ok());
    width.map_or(text.clone(), |width| text.str().head(lit(width)))
}

/// What `convert` makes of each row's text, called once for each distinct text as long as texts repeat; null stays null.
pub(crate) fn by_distinct<'a, T: Copy>(texts: &'a StringChunked, mut convert: impl FnMut(&'a str) -> T) -> Vec<Option<T>> {
    let mut known: PlHashMap<&str, T> = PlHashMap::default();
    let mut repeated = 0;
    by_place(texts, |text| {
        if known.len() >= ENOUGH_TEXTS && repeated < known.len() / 8 {
            return convert(text);
        }
        if let Some(value) = known.get(text) {
            repeated += 1;
            return *value;
        }
        let value = convert(text);
        known.insert(text, value);
        value
    })
}

/// Texts after which is seen whether they repeat.
const ENOUGH_TEXTS: usize = 4096;

/// As [`by_distinct`], but called for each place where texts lie: enough where `convert` costs no more than to look a text up.
///
/// A view is the length of a text and where it lies: of one array, equal views are equal texts. A dictionary of Parquet has one for each
/// text, and comparing them is cheaper than hashing texts.
pub(crate) fn by_place<'a, T: Copy>(texts: &'a StringChunked, mut convert: impl FnMut(&'a str) -> T) -> Vec<Option<T>> {
    let mut rows = Vec::with_capacity(texts.len());
    for chunk in texts.downcast_iter() {
        let mut seen: PlHashMap<u128, T> = PlHashMap::default();
        let mut last: Option<(u128, T)> = None;
        for (view, text) in chunk.views().iter().zip(chunk.iter()) {
            let Some(text) = text else {
                rows.push(None);
                continue;
            };
            let view = view.as_u128();
            let value = match last {
                Some((before, value)) if before == view => value,
                _ => *seen.entry(view).or_insert_with(|| convert(text)),
            };
            last = Some((view, value));
            rows.push(Some(value));
        }
    }
    rows
}

/// `texts`, with each text replaced by what `convert` writes for it; null where it writes nothing, and for null.
pub(crate) fn replaced(texts: Expr, convert: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Expr {
    texts.map(
        move |column| {
            let texts = column.str()?;
            let mut results = StringChunkedBuilder::new(texts.name().clone(), 0);
            let mut count: IdxSize = 0;
            let places = by_distinct(texts, |text| {
                let written = convert(text)?;
                results.append_value(written);
                count += 1;
                Some(count - 1)
            });
            if count == 0 {
                return Ok(Column::full_null(texts.name().clone(), texts.len(), &DataType::String));
            }
            let places: IdxCa = places.into_iter().map(Option::flatten).collect();
            Ok(results.finish().take(&places)?.into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::String)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::cloud_summary::CURRENCY_CODE;

    fn texts(expression: Expr, rows: &[Option<&str>]) -> Vec<Option<String>> {
        let frame = Column::new("text".into(), rows).into_frame().lazy().select([expression.alias("text")]).collect().expect("a result");
        frame.column("text").and_then(|column| Ok(column.str()?.iter().map(|text| text.map(str::to_owned)).collect())).expect("texts")
    }

    #[test]
    fn an_empty_text_is_null_and_a_blank_one_is_not() {
        let found = texts(non_empty(col("text")), &[Some(""), Some(" "), None, Some("a")]);
        assert_eq!(found, [None, Some(" ".to_owned()), None, Some("a".to_owned())]);
    }

    #[test]
    fn a_text_is_cut_in_code_points() {
        let found = texts(cut(col("text"), &CURRENCY_CODE), &[Some("éééééééééé𝒳"), Some("USD"), Some(""), None]);
        assert_eq!(found, [Some("éééééééééé".to_owned()), Some("USD".to_owned()), Some(String::new()), None]);
    }

    #[test]
    fn a_text_is_replaced_and_null_stays_null() {
        let double = |text: &str| (text != "no").then(|| format!("{text}{text}"));
        let found = texts(replaced(col("text"), double), &[Some("a"), None, Some("no"), Some(""), Some("a")]);
        assert_eq!(found, [Some("aa".to_owned()), None, None, Some(String::new()), Some("aa".to_owned())]);
        assert_eq!(texts(replaced(col("text"), double), &[None, Some("no")]), [None, None]);
    }
}
