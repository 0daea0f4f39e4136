//! Vendors, models and slices of GPUs.

use super::python_number::{is_space, python_int};
use crate::table::ocp_ingest::{
    GPU_MAX_SLICES, GPU_MODEL_NAME, GPU_VENDOR_NAME, MIG_INSTANCE_ID, MIG_MEMORY_CAPACITY_MIB, MIG_PROFILE, MIG_SLICE_COUNT, MIG_STRATEGY,
};
use polars::lazy::dsl::coalesce;
use polars::prelude::*;

/// Into how many slices a GPU can be cut, by a part of its upper-cased model; the first that fits decides.
const MAX_SLICES: [(&str, f64); 7] =
    [("A30", 4.0), ("A100", 7.0), ("H100", 7.0), ("H200", 7.0), ("B200", 7.0), ("RTX PRO 6000", 4.0), ("RTX PRO 5000", 2.0)];

/// MiB in a GiB.
const MEBIBYTES_PER_GIBIBYTE: f64 = 1024.0;

/// What older operators call the vendor, and its name.
const VENDOR: (&str, &str) = ("nvidia_com_gpu", "nvidia");

/// The vendor, by its name.
pub(super) fn vendor(cells: Expr) -> Expr {
    when(cells.clone().eq(lit(VENDOR.0))).then(lit(VENDOR.1)).otherwise(cells).alias(GPU_VENDOR_NAME.name)
}

/// The model in letters and digits of ASCII with single blanks between.
pub(super) fn model(cells: Expr) -> Expr {
    cells.map(
        |column| super::distinct::replaced_by_distinct_text(column.str()?, |text| Some(model_name(text))),
        |_, field| Ok(field.clone()),
    )
}

fn model_name(text: &str) -> String {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Slices by their profiles; rows without a profile do not change.
///
/// The profile gives slices and memory, the model the greatest number of slices where the CSV has none. Where neither knows that
/// number, the row is a whole GPU: its six columns are null.
pub(super) fn sliced(rows: LazyFrame) -> LazyFrame {
    // A null profile is none.
    let is_sliced = || MIG_PROFILE.expr().neq(lit("")).fill_null(lit(false));
    let slices = by_text(MIG_PROFILE.expr(), |text| profile(text).map(|(slices, _)| slices));
    let memory = by_text(MIG_PROFILE.expr(), |text| profile(text).map(|(_, memory)| memory));
    let of_model = when(is_sliced()).then(by_text(GPU_MODEL_NAME.expr(), max_slices)).otherwise(lit(NULL));
    let read = rows.with_columns([
        coalesce(&[slices, MIG_SLICE_COUNT.expr()]).alias(MIG_SLICE_COUNT.name),
        coalesce(&[memory, MIG_MEMORY_CAPACITY_MIB.expr()]).alias(MIG_MEMORY_CAPACITY_MIB.name),
        coalesce(&[GPU_MAX_SLICES.expr(), of_model]).alias(GPU_MAX_SLICES.name),
    ]);
    let is_whole = is_sliced().and(GPU_MAX_SLICES.expr().is_null());
    let cleared = [MIG_PROFILE, MIG_SLICE_COUNT, MIG_MEMORY_CAPACITY_MIB, MIG_STRATEGY, MIG_INSTANCE_ID];
    let cleared = cleared.map(|column| when(is_whole.clone()).then(column.null()).otherwise(column.expr()).alias(column.name));
    read.with_columns(cleared)
}

/// `read` of each distinct text of a column.
fn by_text(cells: Expr, read: fn(&str) -> Option<f64>) -> Expr {
    cells.map(
        move |column| {
            let texts = column.str()?;
            let values = super::distinct::by_distinct_text(texts, read);
            Ok(Float64Chunked::from_iter_options(texts.name().clone(), values.into_iter()).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Float64)),
    )
}

fn max_slices(model: &str) -> Option<f64> {
    let model = model.to_ascii_uppercase();
    let exact = MAX_SLICES.iter().find(|(known, _)| model == *known);
    exact.or_else(|| MAX_SLICES.iter().find(|(known, _)| model.contains(known))).map(|(_, slices)| *slices)
}

/// Slices and MiB of a profile such as `1g.5gb`; `None` for every other form, with a suffix too.
fn profile(text: &str) -> Option<(f64, f64)> {
    let text = text.trim_matches(is_space).to_lowercase();
    let (compute, memory) = text.split_once('.')?;
    // A second dot is left in the memory, which is no number then.
    let slices = python_int(compute.strip_suffix('g')?)?;
    let memory = python_int(memory.strip_suffix("gb")?)?;
    Some((slices, memory * MEBIBYTES_PER_GIBIBYTE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_letters_and_digits_with_single_blanks() {
        for (text, expected) in [
            ("NVIDIA-A100-SXM4-40GB", "NVIDIA A100 SXM4 40GB"),
            ("  Tesla__T4 (x) ", "Tesla T4 x"),
            ("A&amp;B", "A amp B"),
            ("é٣", ""),
            ("", ""),
        ] {
            assert_eq!(model_name(text), expected, "{text}");
        }
    }

    #[test]
    fn a_profile_has_slices_and_gigabytes() {
        for (text, expected) in [
            ("1g.5gb", Some((1.0, 5120.0))),
            (" 4G.40GB ", Some((4.0, 40960.0))),
            ("\u{1c}07g.0_5gb", Some((7.0, 5120.0))),
            ("-1g. +2gb", Some((-1.0, 2048.0))),
            ("٣g.٥gb", Some((3.0, 5120.0))),
            ("1g.5gb.me", None),
            ("1g.5gb+me", None),
            ("1c.2g.10gb", None),
            ("1g", None),
            ("g.gb", None),
            ("1.5gb", None),
            ("1g.5", None),
            ("1.5g.5gb", None),
            ("", None),
        ] {
            assert_eq!(profile(text), expected, "{text}");
        }
    }

    #[test]
    fn the_first_model_that_fits_gives_the_slices() {
        for (model, expected) in [
            ("A30", Some(4.0)),
            ("nvidia a100 80gb pcie", Some(7.0)),
            ("A1000", Some(7.0)),
            ("GH200 480GB", Some(7.0)),
            ("RTX PRO 6000", Some(4.0)),
            ("NVIDIA RTX PRO 5000 Blackwell", Some(2.0)),
            ("RTXPRO6000", None),
            ("Tesla T4", None),
            ("", None),
        ] {
            assert_eq!(max_slices(model), expected, "{model}");
        }
    }
}
