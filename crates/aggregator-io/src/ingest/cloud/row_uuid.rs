//! Ids of rows: the same whenever the same export is ingested, and different for every row.
//!
//! An id is a hash of the source, where the row comes from (the name of the file, the portion of it, the day), its cells, and how many
//! equal rows came before it in the portion.

use aggregator_core::table::cloud_ingest::ROW_UUID;
use polars::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// `rows` with their ids, as a column.
pub(super) fn with_ids(mut rows: DataFrame, origin: &str) -> PolarsResult<DataFrame> {
    let height = rows.height();
    let mut hashes = vec![Sha256::new_with_prefix(origin); height];
    for column in rows.columns() {
        let name = column.name().as_bytes();
        let mut add = |row: usize, cell: Option<&[u8]>| {
            if let (Some(hash), Some(cell)) = (hashes.get_mut(row), cell) {
                // Lengths keep neighbours apart; a null is not written, so that a column of nothing but nulls does not matter.
                hash.update((name.len() as u64).to_le_bytes());
                hash.update(name);
                hash.update((cell.len() as u64).to_le_bytes());
                hash.update(cell);
            }
        };
        match column.dtype() {
            DataType::String => column.str()?.iter().enumerate().for_each(|(row, text)| add(row, text.map(str::as_bytes))),
            DataType::Float64 => {
                let cells = column.f64()?.iter().map(|number| number.map(f64::to_le_bytes));
                cells.enumerate().for_each(|(row, bytes)| add(row, bytes.as_ref().map(<[u8; 8]>::as_slice)));
            }
            _ => {
                let integers = column.to_physical_repr().cast(&DataType::Int64)?;
                let cells = integers.i64()?.iter().map(|number| number.map(i64::to_le_bytes));
                cells.enumerate().for_each(|(row, bytes)| add(row, bytes.as_ref().map(<[u8; 8]>::as_slice)));
            }
        }
    }
    let mut seen: HashMap<[u8; 32], u64> = HashMap::with_capacity(height);
    let ids = hashes.into_iter().map(|hash| {
        let content: [u8; 32] = hash.finalize().into();
        let before = seen.entry(content).or_default();
        let id = Sha256::new_with_prefix(content).chain_update(before.to_le_bytes()).finalize();
        *before += 1;
        let mut bytes = [0; 16];
        bytes.copy_from_slice(id.get(..16).unwrap_or(&[0; 16]));
        uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
    });
    let ids: Vec<String> = ids.collect();
    rows.with_column(StringChunked::from_iter_values(ROW_UUID.name.into(), ids.iter()).into_column())?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn ids(texts: &[&str], origin: &str) -> BTreeSet<String> {
        let rows = DataFrame::new(texts.len(), vec![Column::new("a".into(), texts)]).unwrap();
        let rows = with_ids(rows, origin).unwrap();
        let ids = rows.column(ROW_UUID.name).and_then(Column::str).unwrap().clone();
        ids.iter().flatten().map(str::to_owned).collect()
    }

    #[test]
    fn equal_rows_have_different_ids_and_order_does_not_matter() {
        assert_eq!(ids(&["x", "y", "x"], "o").len(), 3);
        assert_eq!(ids(&["x", "y", "x"], "o"), ids(&["y", "x", "x"], "o"));
        assert!(ids(&["x"], "o").is_disjoint(&ids(&["x"], "p")));
    }
}
