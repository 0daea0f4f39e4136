use super::*;
use crate::ocp::testing::{CLAIM, Case, Claim, POD, Pod, collect};
use crate::table::ColumnDef;
use crate::table::summary::{
    PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS, POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS, POD_REQUEST_CPU_CORE_HOURS,
    POD_USAGE_CPU_CORE_HOURS, VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS,
};
use proptest::prelude::*;

/// `columns` as text, in the order of the rows.
fn rows(frame: &DataFrame, columns: &[ColumnDef]) -> Vec<String> {
    let cell = |column: &ColumnDef, row: usize| match frame.column(column.name).expect("a column").get(row).expect("a row") {
        AnyValue::Null => "null".to_owned(),
        AnyValue::String(text) => text.to_owned(),
        other => other.to_string(),
    };
    (0..frame.height()).map(|row| columns.iter().map(|column| cell(column, row)).collect::<Vec<_>>().join(" ")).collect()
}

/// Rows with a namespace, effective CPU and storage; all other measures are null.
fn given(rows: &[(Option<&str>, Option<f64>, Option<f64>)]) -> LazyFrame {
    let text = Column::new(NAMESPACE.name.into(), rows.iter().map(|row| row.0).collect::<Vec<_>>());
    let cpu = Column::new(POD_EFFECTIVE_USAGE_CPU_CORE_HOURS.name.into(), rows.iter().map(|row| row.1).collect::<Vec<_>>());
    let storage = Column::new(PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS.name.into(), rows.iter().map(|row| row.2).collect::<Vec<_>>());
    let frame = DataFrame::new(rows.len(), vec![text, cpu, storage]).expect("columns of one height");
    let absent: Vec<_> = NAMESPACE_TOTALS.columns.iter().filter(|column| frame.column(column.name).is_err()).map(ColumnDef::null).collect();
    NAMESPACE_TOTALS.select(frame.lazy().with_columns(absent))
}

const SHOWN: [ColumnDef; 3] = [NAMESPACE, POD_EFFECTIVE_USAGE_CPU_CORE_HOURS, PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS];

#[test]
fn namespaces_are_added_up_and_the_greatest_comes_first() {
    let totals = collect(namespace_totals(given(&[
        (Some("small"), Some(1.0), None),
        (Some("stored"), None, Some(2.0)),
        (Some("great"), Some(2.5), Some(0.5)),
        (None, Some(1.5), None),
        (Some("small"), None, None),
        (Some("great"), Some(0.25), Some(0.25)),
        (Some("also small"), Some(1.0), None),
    ])));
    assert_eq!(rows(&totals, &SHOWN), ["great 2.75 0.75", "null 1.5 null", "also small 1.0 null", "small 1.0 null", "stored null 2.0"]);
}

#[test]
fn no_row_gives_no_row_with_every_column() {
    let totals = collect(namespace_totals(given(&[])));
    assert_eq!((totals.height(), totals.schema().as_ref() == &NAMESPACE_TOTALS.schema()), (0, true));
}

#[test]
fn usage_storage_and_what_is_left_of_the_nodes_are_rows_of_their_own() {
    // Two pods of one core-hour each, half of it requested, on a node of four cores, seen for an hour; a GiB for the month.
    let case = Case {
        pods: vec![POD, Pod { namespace: Some("b"), pod: Some("q"), ..POD }],
        claims: vec![CLAIM, Claim { namespace: Some("b"), pod: Some("q"), claim: Some("d"), volume: Some("w"), ..CLAIM }],
        nodes: vec![(Some("n1"), Some("i-1"), Some("worker"))],
        ..Case::default()
    };
    let totals = collect(namespace_totals(case.summary().lazy()));
    let columns = [
        NAMESPACE,
        POD_USAGE_CPU_CORE_HOURS,
        POD_REQUEST_CPU_CORE_HOURS,
        POD_EFFECTIVE_USAGE_CPU_CORE_HOURS,
        POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS,
        PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS,
        VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS,
    ];
    // The capacity of the node is that of its hours: four core-hours here, of which two are used and one is requested.
    assert_eq!(
        rows(&totals, &columns),
        ["Worker unallocated 2.0 3.0 2.0 2.0 null null", "a 1.0 0.5 1.0 1.0 1.0 0.5", "b 1.0 0.5 1.0 1.0 1.0 0.5"]
    );
}

proptest! {
    /// Totals of parts, merged, are the totals of all. Values are eighths, whose sums are exact.
    #[test]
    fn prop_totals_of_parts_are_the_totals_of_all(
        given_rows: Vec<(Option<u8>, Option<i16>, Option<i16>)>,
        cuts in proptest::collection::vec(0_usize..40, 0..4),
    ) {
        let names: Vec<Option<String>> = given_rows.iter().map(|row| row.0.map(|name| format!("namespace-{}", name % 4))).collect();
        let eighth = |value: Option<i16>| value.map(|value| f64::from(value) / 8.0);
        let given_rows: Vec<_> =
            given_rows.iter().zip(&names).map(|(row, name)| (name.as_deref(), eighth(row.1), eighth(row.2))).collect();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(given_rows.len())).chain([0, given_rows.len()]).collect();
        cuts.sort_unstable();
        let parts: Vec<_> = cuts.windows(2).map(|cut| namespace_totals(given(&given_rows[cut[0]..cut[1]]))).collect();
        let merged = namespace_totals(concat(parts, UnionArgs::default()).expect("parts of one table"));
        let (merged, whole) = (collect(merged), collect(namespace_totals(given(&given_rows))));
        prop_assert_eq!(rows(&merged, NAMESPACE_TOTALS.columns), rows(&whole, NAMESPACE_TOTALS.columns));
    }
}
