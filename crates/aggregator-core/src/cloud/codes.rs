//! Texts as numbers while they are grouped: hashing, copying and comparing a number is much cheaper than a text of tags.

use super::texts::by_place;
use crate::table::ColumnDef;
use polars::prelude::*;
use std::sync::Arc;

/// The numbers of the texts of one column in one plan: equal texts have equal numbers, wherever in the plan they are met.
#[derive(Clone)]
pub(super) struct Codes {
    column: ColumnDef,
    numbers: Arc<CategoricalMapping>,
}

impl Codes {
    /// No text has a number yet.
    pub(super) fn new(column: ColumnDef) -> Self {
        Self { column, numbers: Categories::random(PlSmallStr::EMPTY, CategoricalPhysical::U32).mapping() }
    }

    /// The column whose texts are meant.
    pub(super) fn expr(&self) -> Expr {
        self.column.expr()
    }

    /// The numbers of `texts`, under the name of the column; null for null.
    pub(super) fn of(&self, texts: Expr) -> Expr {
        let numbers = Arc::clone(&self.numbers);
        let coded = texts.map(
            move |column| {
                // A plan does not hold as many texts as there are numbers.
                let codes = by_place(column.str()?, |text| numbers.insert_cat(text).ok());
                let codes: UInt32Chunked = codes.into_iter().map(Option::flatten).collect();
                Ok(codes.with_name(column.name().clone()).into_column())
            },
            |_, field| Ok(Field::new(field.name().clone(), DataType::UInt32)),
        );
        coded.alias(self.column.name)
    }

    /// The texts of the numbers of the column.
    pub(super) fn texts(&self) -> Expr {
        let numbers = Arc::clone(&self.numbers);
        self.expr().map(
            move |column| {
                let mut texts = StringChunkedBuilder::new(column.name().clone(), 0);
                let mut count: IdxSize = 0;
                let mut known: PlHashMap<u32, IdxSize> = PlHashMap::default();
                let places = column.u32()?.iter().map(|code| {
                    let code = code?;
                    Some(*known.entry(code).or_insert_with(|| {
                        texts.append_option(numbers.cat_to_str(code));
                        count += 1;
                        count - 1
                    }))
                });
                let places: IdxCa = places.collect();
                if count == 0 {
                    return Ok(Column::full_null(column.name().clone(), column.len(), &DataType::String));
                }
                Ok(texts.finish().take(&places)?.into_column())
            },
            |_, field| Ok(Field::new(field.name().clone(), DataType::String)),
        )
    }

    /// The different texts of each list of numbers, null among them.
    pub(super) fn different(&self, lists: &ColumnDef) -> Expr {
        let numbers = Arc::clone(&self.numbers);
        lists.expr().map(
            move |column| {
                let lists = column.list()?;
                let mut texts = ListStringChunkedBuilder::new(column.name().clone(), lists.len(), lists.len());
                let mut codes: Vec<Option<u32>> = Vec::new();
                for list in lists.amortized_iter() {
                    codes.clear();
                    if let Some(list) = &list {
                        codes.extend(list.as_ref().u32()?.iter());
                    }
                    codes.sort_unstable();
                    codes.dedup();
                    texts.append_trusted_len_iter(codes.iter().map(|code| numbers.cat_to_str((*code)?)));
                }
                Ok(texts.finish().into_column())
            },
            |_, field| Ok(Field::new(field.name().clone(), DataType::List(Box::new(DataType::String)))),
        )
    }
}

/// How many numbers of each list are different, without null.
pub(super) fn count_different(lists: &ColumnDef, count: &ColumnDef) -> Expr {
    let counted = lists.expr().map(
        |column| {
            let mut codes: Vec<u32> = Vec::new();
            let mut counts: Vec<i32> = Vec::with_capacity(column.len());
            for list in column.list()?.amortized_iter() {
                codes.clear();
                if let Some(list) = &list {
                    codes.extend(list.as_ref().u32()?.iter().flatten());
                }
                codes.sort_unstable();
                codes.dedup();
                counts.push(i32::try_from(codes.len()).unwrap_or(i32::MAX));
            }
            Ok(Column::new(column.name().clone(), counts))
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Int32)),
    );
    counted.cast(count.kind.data_type()).alias(count.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: ColumnDef = ColumnDef::new("text", crate::table::Kind::Text);
    const LIST: ColumnDef = ColumnDef::new("list", crate::table::Kind::TextArray);
    const COUNT: ColumnDef = ColumnDef::new("count", crate::table::Kind::Integer);

    #[test]
    fn a_text_comes_back() {
        let codes = Codes::new(TEXT);
        let texts = [Some("a"), None, Some(""), Some("a longer text than a view holds"), Some("a")];
        for part in [&texts[..2], &texts[2..], &texts[..], &[None]] {
            let frame = Column::new("text".into(), part).into_frame().lazy();
            let frame = frame.select([codes.of(TEXT.expr())]).select([codes.texts()]).collect().expect("a result");
            assert!(frame.column("text").and_then(|column| Ok(column.str()?.iter().collect::<Vec<_>>() == part)).expect("texts"));
        }
    }

    #[test]
    fn null_is_one_of_the_different_texts_but_is_not_counted() {
        let codes = Codes::new(TEXT);
        let frame = df!["key" => [1, 1, 1, 1, 2, 3, 3], "text" => [Some("b"), None, Some("b"), Some("a"), None, Some(""), Some("b")]];
        let groups = frame.expect("a frame").lazy().group_by([col("key")]).agg([codes.of(TEXT.expr()).implode(false).alias("list")]);
        let groups = groups.with_columns([count_different(&LIST, &COUNT), codes.different(&LIST)]);
        let rows = groups.sort(["key"], SortMultipleOptions::default()).collect().expect("a result");
        let counts = rows.column("count").and_then(|column| Ok(column.i32()?.to_vec())).expect("counts");
        assert_eq!(counts, [Some(2), Some(0), Some(2)]);
        let lists = rows
            .column("list")
            .and_then(|column| {
                Ok(column
                    .list()?
                    .amortized_iter()
                    .flatten()
                    .map(|list| {
                        let mut texts: Vec<_> = list.as_ref().str().expect("texts").iter().map(|text| text.map(str::to_owned)).collect();
                        texts.sort();
                        texts
                    })
                    .collect::<Vec<_>>())
            })
            .expect("lists");
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(lists, [vec![None, text("a"), text("b")], vec![None], vec![text(""), text("b")]]);
    }
}
