//! What becomes of typed rows: refused, anomalous, or line items; and what is said about their cells.

use super::cells::{Reading, Reason};
use super::python_number::python_float;
use crate::table::ColumnDef;
use crate::table::ocp::{
    NAMESPACE_LABELS, NODE_CAPACITY_CPU_CORE_SECONDS, NODE_CAPACITY_MEMORY_BYTE_SECONDS, NODE_CAPACITY_MEMORY_BYTES, NODE_LABELS,
    PERSISTENTVOLUME_LABELS, PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS, PERSISTENTVOLUMECLAIM_CAPACITY_BYTES,
    PERSISTENTVOLUMECLAIM_LABELS, PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS, POD_LABELS, POD_LIMIT_CPU_CORE_SECONDS,
    POD_LIMIT_MEMORY_BYTE_SECONDS, POD_REQUEST_CPU_CORE_SECONDS, POD_REQUEST_MEMORY_BYTE_SECONDS, POD_USAGE_CPU_CORE_SECONDS,
    POD_USAGE_MEMORY_BYTE_SECONDS, VOLUME_REQUEST_STORAGE_BYTE_SECONDS,
};
use crate::table::ocp_ingest::{CELLS, COLUMN, KEY, LINE, LINE_NUMBER, REASON, REFUSED, TEXT};
use polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A greater number is an error of the operator's.
const GREATEST: f64 = 1e18;

/// Columns with a number that may not be above [`GREATEST`].
const LIMITED: [ColumnDef; 13] = [
    POD_USAGE_CPU_CORE_SECONDS,
    POD_REQUEST_CPU_CORE_SECONDS,
    POD_LIMIT_CPU_CORE_SECONDS,
    NODE_CAPACITY_CPU_CORE_SECONDS,
    POD_USAGE_MEMORY_BYTE_SECONDS,
    POD_REQUEST_MEMORY_BYTE_SECONDS,
    POD_LIMIT_MEMORY_BYTE_SECONDS,
    NODE_CAPACITY_MEMORY_BYTE_SECONDS,
    NODE_CAPACITY_MEMORY_BYTES,
    PERSISTENTVOLUMECLAIM_CAPACITY_BYTES,
    PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS,
    VOLUME_REQUEST_STORAGE_BYTE_SECONDS,
    PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS,
];

/// Columns whose keys are tag keys; the labels of virtual machines are not among them.
const TAGS: [ColumnDef; 5] = [POD_LABELS, PERSISTENTVOLUME_LABELS, PERSISTENTVOLUMECLAIM_LABELS, NODE_LABELS, NAMESPACE_LABELS];

/// The rows that are refused: [`LINE`], [`COLUMN`] (the first whose cell cannot be taken), [`REASON`].
///
/// # Inputs
/// The result of [`typed`](super::typed) for the same header.
pub fn refused(header: &[PlSmallStr], typed: LazyFrame) -> LazyFrame {
    let header: Arc<[PlSmallStr]> = header.into();
    let column = text_of(move |number| header.get(Reason::read(number).0).map_or("", PlSmallStr::as_str).to_owned());
    let reason = text_of(|number| Reason::read(number).1.map_or("", Reason::text).to_owned());
    let refused = typed.filter(Expr::Column(REFUSED.into()).is_not_null());
    refused.select([Expr::Column(LINE.into()), column.alias(COLUMN.name), reason.alias(REASON.name)])
}

/// What `text` makes of the numbers in [`REFUSED`].
fn text_of(text: impl Fn(u32) -> String + Send + Sync + 'static) -> Expr {
    Expr::Column(REFUSED.into()).map(
        move |column| {
            let numbers = column.u32()?;
            let texts = numbers.iter().map(|number| number.map(&text));
            Ok(StringChunked::from_iter_options(numbers.name().clone(), texts).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::String)),
    )
}

/// The rows that are kept: neither refused nor anomalous. Anomalous is a number above 10^18, an infinite one too, in one of thirteen
/// columns; null is not.
///
/// # Inputs
/// The result of [`typed`](super::typed) for the same header.
/// # Output
/// The same columns without [`REFUSED`].
pub fn line_items(header: &[PlSmallStr], typed: LazyFrame) -> LazyFrame {
    let limited = LIMITED.iter().filter(|column| header.iter().any(|name| name == column.name));
    let anomalous = limited.map(|column| column.expr().gt(lit(GREATEST)).fill_null(lit(false)));
    let refused = Expr::Column(REFUSED.into()).is_not_null();
    let dropped = anomalous.fold(refused, Expr::or);
    typed.filter(dropped.not()).drop(by_name([REFUSED], true, false))
}

/// The cells of number columns that are neither empty nor numbers; they count as zero (the slices of GPUs as null).
///
/// # Inputs
/// As [`typed`](super::typed).
/// # Output
/// One row for each column that has some: [`COLUMN`]; [`LINE_NUMBER`] and [`TEXT`] of the first cell; [`CELLS`].
pub fn unparsed_numbers(header: &[PlSmallStr], raw: LazyFrame) -> LazyFrame {
    let is_number = |name: &&PlSmallStr| !matches!(Reading::of(name), Reading::Text | Reading::Labels | Reading::Timestamp);
    unparsed_numbers_in(header.iter().filter(is_number).cloned().collect(), raw)
}

/// [`unparsed_numbers`] of the columns `names`.
pub(super) fn unparsed_numbers_in(names: Vec<PlSmallStr>, raw: LazyFrame) -> LazyFrame {
    let needed = names.iter().cloned().chain([LINE.into()]).map(Expr::Column).collect::<Vec<_>>();
    let schema = Schema::from_iter([
        Field::new(COLUMN.name.into(), DataType::String),
        Field::new(LINE_NUMBER.into(), DataType::UInt64),
        Field::new(CELLS.into(), DataType::UInt64),
        Field::new(TEXT.name.into(), DataType::String),
    ]);
    let schema = Arc::new(schema);
    let find = move |frame: DataFrame| {
        let lines = frame.column(LINE)?.u64()?;
        let (mut columns, mut first_lines, mut counts, mut first_texts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for name in &names {
            let texts = frame.column(name)?.str()?;
            let mut unparsed = texts.iter().zip(lines.iter()).filter(|(text, _)| text.is_some_and(is_no_number));
            if let Some((text, line)) = unparsed.next() {
                columns.push(name.as_str());
                first_lines.push(line);
                first_texts.push(text);
                counts.push(1 + unparsed.count() as u64);
            }
        }
        let height = columns.len();
        let columns = vec![
            Column::new(COLUMN.name.into(), columns),
            Column::new(LINE_NUMBER.into(), first_lines),
            Column::new(CELLS.into(), counts),
            Column::new(TEXT.name.into(), first_texts),
        ];
        DataFrame::new(height, columns)
    };
    let output = move |_: &Schema| Ok(Arc::clone(&schema));
    raw.select(needed).map(find, AllowedOptimizations::empty(), Some(Arc::new(output)), Some("unparsed numbers"))
}

fn is_no_number(text: &str) -> bool {
    // Most cells are digits with a point, which needs no parsing.
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digits = unsigned.bytes().filter(u8::is_ascii_digit).count();
    let points = unsigned.bytes().filter(|byte| *byte == b'.').count();
    let is_plain = digits > 0 && points <= 1 && digits + points == unsigned.len();
    !is_plain && !text.is_empty() && python_float(text).is_none()
}

/// The distinct tag keys of line items: one column, [`KEY`], in order.
///
/// # Inputs
/// The result of [`line_items`] for the same header.
pub fn tag_keys(header: &[PlSmallStr], rows: LazyFrame) -> LazyFrame {
    let labels: Vec<_> = TAGS.iter().filter(|column| header.iter().any(|name| name == column.name)).collect();
    let needed = if labels.is_empty() { vec![Expr::Column(LINE.into())] } else { labels.iter().map(|column| column.expr()).collect() };
    let find = move |frame: DataFrame| {
        let mut keys = BTreeSet::new();
        for column in &labels {
            let mut seen: PlHashSet<&str> = PlHashSet::default();
            let mut last = "";
            for text in frame.column(column.name)?.str()?.iter().flatten() {
                if text != last && seen.insert(text) {
                    // The texts are ours.
                    keys.extend(serde_json::from_str::<BTreeMap<String, String>>(text).unwrap_or_default().into_keys());
                }
                last = text;
            }
        }
        let keys = StringChunked::from_iter_values(KEY.name.into(), keys.iter());
        DataFrame::new(keys.len(), vec![keys.into_column()])
    };
    let output = |_: &Schema| Ok(Arc::new(Schema::from_iter([Field::new(KEY.name.into(), DataType::String)])));
    rows.select(needed).map(find, AllowedOptimizations::empty(), Some(Arc::new(output)), Some("tag keys"))
}

#[cfg(test)]
mod tests;
