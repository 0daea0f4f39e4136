use aggregator_core::table::{ColumnDef, Kind, summary};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::rows::{Decimal, Filter, Number, RowsBuilder, Value};
use crate::subject::OCP_DAILY_SUMMARY;

mod clouds;

/// A row as the cells of all columns.
pub(crate) type TestRow = Vec<Option<TestCell>>;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TestCell {
    Text(&'static str),
    Integer(i32),
    Date(i32),
    Number(Number),
}

pub(crate) fn columns() -> Vec<ColumnDef> {
    OCP_DAILY_SUMMARY.columns()
}

pub(crate) fn rows(rows: &[TestRow]) -> Rows {
    rows_without(&[], rows)
}

fn rows_without(absent: &[ColumnDef], rows: &[TestRow]) -> Rows {
    let mut builder = RowsBuilder::new("test", &OCP_DAILY_SUMMARY, Filter::default());
    for column in columns().iter().filter(|column| !absent.iter().any(|absent| absent.name == column.name)) {
        builder.has(column);
    }
    push(&mut builder, rows);
    builder.finish()
}

pub(crate) fn push(builder: &mut RowsBuilder, rows: &[TestRow]) {
    for row in rows {
        builder
            .push(|column| {
                Ok(match row[column] {
                    None => Value::Null,
                    Some(TestCell::Text(text)) => Value::Text(text),
                    Some(TestCell::Integer(integer)) => Value::Integer(integer.into()),
                    Some(TestCell::Date(days)) => Value::Date(days),
                    Some(TestCell::Number(Number::Double(double))) => Value::Double(double),
                    Some(TestCell::Number(Number::Decimal(decimal))) => Value::Decimal(decimal),
                })
            })
            .unwrap();
    }
}

fn compare(left: &[TestRow], right: &[TestRow]) -> Report {
    diff(&OCP_DAILY_SUMMARY, &rows(left), &rows(right), &Tolerance::default(), 10)
}

/// A row of nulls but for `cells`.
pub(crate) fn row(cells: &[(ColumnDef, TestCell)]) -> TestRow {
    let mut row = vec![None; columns().len()];
    for (column, cell) in cells {
        row[place(*column)] = Some(*cell);
    }
    row
}

pub(crate) fn place(column: ColumnDef) -> usize {
    columns().iter().position(|known| known.name == column.name).unwrap()
}

pub(crate) fn double(double: f64) -> TestCell {
    TestCell::Number(Number::Double(double))
}

#[test]
fn nothing_equals_nothing() {
    let report = compare(&[], &[]);
    assert!(report.is_equal());
    assert_eq!(report.rows, RowCounts::default());
}

#[test]
fn duplicates_count() {
    let pod = row(&[(summary::NODE, TestCell::Text("n"))]);
    let report = compare(&[pod.clone(), pod.clone()], &[pod.clone(), pod.clone(), pod.clone()]);
    assert_eq!(report.rows, RowCounts { equal: 2, changed: 0, missing: 0, extra: 1 });
    assert_eq!(report.first[0].change, Change::Extra);
    let report = compare(&[pod.clone(), pod.clone()], &[pod]);
    assert_eq!(report.rows, RowCounts { equal: 1, changed: 0, missing: 1, extra: 0 });
}

#[test]
fn null_and_empty_are_two_keys() {
    let report = compare(&[row(&[])], &[row(&[(summary::NODE, TestCell::Text(""))])]);
    assert_eq!(report.rows, RowCounts { equal: 0, changed: 0, missing: 1, extra: 1 });
}

#[test]
fn a_changed_row_shows_key_values_and_distance() {
    let cells = |usage| {
        row(&[
            (summary::NODE, TestCell::Text("n")),
            (summary::POD_USAGE_CPU_CORE_HOURS, double(usage)),
            (summary::CLUSTER_ID, TestCell::Text("c")),
        ])
    };
    let report = compare(&[cells(1.0)], &[cells(1.5)]);
    assert_eq!(report.rows, RowCounts { equal: 0, changed: 1, missing: 0, extra: 0 });
    let [shown] = report.first.as_slice() else { panic!("one row: {report:?}") };
    assert_eq!(shown.key.iter().find(|(column, _)| *column == "node").unwrap().1, Cell::Text("n".to_owned()));
    let [cell] = shown.cells.as_slice() else { panic!("one cell: {shown:?}") };
    assert_eq!((cell.column, cell.absolute, cell.relative), ("pod_usage_cpu_core_hours", Some(0.5), Some(0.5 / 1.5)));
    let column = report.columns.iter().find(|column| column.column == cell.column).unwrap();
    assert_eq!((column.differing_rows, column.largest_absolute), (1, Some(0.5)));
}

#[test]
fn the_limit_cuts_what_is_shown_and_not_what_is_counted() {
    let nodes = ["a", "b", "c", "d"].map(|node| row(&[(summary::NODE, TestCell::Text(node))]));
    let report = diff(&OCP_DAILY_SUMMARY, &rows(&nodes), &rows(&[]), &Tolerance::default(), 2);
    assert_eq!((report.rows.missing, report.first.len()), (4, 2));
    assert_eq!(report.first[1].key.iter().find(|(column, _)| *column == "node").unwrap().1, Cell::Text("b".to_owned()));
}

#[test]
fn columns_of_one_side_are_named_and_not_compared() {
    let pod = row(&[(summary::CSI_VOLUME_HANDLE, TestCell::Text("h"))]);
    let other = row(&[(summary::UUID, TestCell::Text("u"))]);
    let report = diff(&OCP_DAILY_SUMMARY, &rows(&[pod]), &rows_without(&[summary::CSI_VOLUME_HANDLE], &[other]), &Tolerance::default(), 10);
    assert!(report.is_equal());
    let reason = |name: &str| report.not_compared.iter().find(|column| column.column == name).map(|column| column.reason);
    assert_eq!(reason("csi_volume_handle"), Some("only left"));
    assert_eq!(reason("uuid"), Some("random"));
    assert_eq!(reason("node"), None);
}

#[test]
fn rows_of_one_key_find_the_partner_that_is_most_alike() {
    let cells = |usage, cluster| row(&[(summary::POD_USAGE_CPU_CORE_HOURS, double(usage)), (summary::CLUSTER_ID, TestCell::Text(cluster))]);
    let report = compare(&[cells(1.0, "a"), cells(2.0, "b"), cells(3.0, "c")], &[cells(3.5, "c"), cells(1.0, "a"), cells(2.0, "x")]);
    assert_eq!(report.rows, RowCounts { equal: 1, changed: 2, missing: 0, extra: 0 });
    let differing: Vec<_> = report.columns.iter().filter(|column| column.differing_rows > 0).map(|column| column.column).collect();
    assert_eq!(differing, ["cluster_id", "pod_usage_cpu_core_hours"]);
}

/// The first left row is near enough to both right rows, the second only to one: a greedy choice would take that one away.
#[test]
fn a_perfect_matching_is_found_where_a_greedy_one_fails() {
    let cells = |usage| row(&[(summary::POD_USAGE_CPU_CORE_HOURS, double(usage))]);
    let step = 0.7e-12;
    for (left, right) in [([1.0, 1.0 + 2.0 * step], [1.0 + step, 1.0 + 3.0 * step]), ([1.0 + step, 1.0], [1.0, 1.0 - step])] {
        let report = compare(&left.map(cells), &right.map(cells));
        assert!(report.is_equal(), "{report:?}");
    }
}

#[test]
fn unallocated_capacity_is_held_against_the_capacity_of_its_node() {
    let cells = |usage, more: &[(ColumnDef, TestCell)]| {
        let measures = [(summary::POD_USAGE_CPU_CORE_HOURS, double(usage)), (summary::NODE_CAPACITY_CPU_CORE_HOURS, double(100.0))];
        row(&[&measures[..], &[(summary::DATA_SOURCE, TestCell::Text("Pod"))], more].concat())
    };
    let equal = |more: &[(ColumnDef, TestCell)]| compare(&[cells(0.0, more)], &[cells(9e-11, more)]).is_equal();
    assert!(equal(&[(summary::NAMESPACE, TestCell::Text("Worker unallocated"))]));
    assert!(equal(&[]), "a node without a role");
    assert!(!equal(&[(summary::NAMESPACE, TestCell::Text("a"))]));
    assert!(!equal(&[(summary::POD_LABELS, TestCell::Text("{}"))]));
    assert!(!equal(&[(summary::INFRASTRUCTURE_USAGE_COST, TestCell::Text("{}"))]));
}

#[test]
fn a_large_group_is_neither_slow_nor_wrong() {
    let cells = |usage: i32| row(&[(summary::POD_USAGE_CPU_CORE_HOURS, double(f64::from(usage)))]);
    let left: Vec<TestRow> = (0..20_000).map(|usage| cells(usage % 5_000)).collect();
    let mut right: Vec<TestRow> = left.iter().rev().cloned().collect();
    assert!(compare(&left, &right).is_equal());
    right[7] = cells(9_999);
    right.pop();
    let report = compare(&left, &right);
    assert_eq!(report.rows, RowCounts { equal: 19_998, changed: 1, missing: 1, extra: 0 });
}

const TEXTS: &[&str] = &["", "a", "b", "Pod", "Platform unallocated"];
const LABELS: &[&str] = &["{}", r#"{"a": "1"}"#, r#"{"b":"2","a":"1"}"#, r#"{"a":null}"#, "no json"];
const DOUBLES: &[f64] = &[0.0, 1.5, -2.25, 1.5 + 5e-4, 4096.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

/// The values of a column, all of them different for the comparison.
pub(crate) fn domain(column: ColumnDef) -> Vec<Option<TestCell>> {
    let mut domain = vec![None];
    match column.kind {
        Kind::Labels => domain.extend(LABELS.iter().map(|text| Some(TestCell::Text(text)))),
        Kind::Integer => domain.extend([0, 1, -1, i32::MAX].map(|integer| Some(TestCell::Integer(integer)))),
        Kind::Date => domain.extend([0, 1, 20_000].map(|days| Some(TestCell::Date(days)))),
        Kind::Double => {
            domain.extend(DOUBLES.iter().map(|value| Some(double(*value))));
            let decimals = [7_000_000_000_000, 3_000_000_000_000_000, -12_345_000_000_000].map(|units| Decimal::from_units(units).unwrap());
            domain.extend(decimals.map(|decimal| Some(TestCell::Number(Number::Decimal(decimal)))));
        }
        _ => domain.extend(TEXTS.iter().map(|text| Some(TestCell::Text(text)))),
    }
    domain
}

/// Rows that often share their keys: a key column is mostly null.
pub(crate) fn any_rows(largest: usize) -> impl Strategy<Value = Vec<TestRow>> {
    let cell = |column: ColumnDef| {
        let is_key = OCP_DAILY_SUMMARY.key.iter().any(|key| key.name == column.name);
        prop_oneof![(if is_key { 20 } else { 1 }) => Just(None), 1 => proptest::sample::select(domain(column))]
    };
    proptest::collection::vec(columns().into_iter().map(cell).collect::<Vec<_>>(), 1..=largest)
}

fn compared_columns() -> Vec<ColumnDef> {
    columns().into_iter().filter(|column| OCP_DAILY_SUMMARY.ignored(column.name).is_none()).collect()
}

/// The report as the other direction gives it.
fn mirrored(mut report: Report) -> Report {
    std::mem::swap(&mut report.left, &mut report.right);
    std::mem::swap(&mut report.rows.missing, &mut report.rows.extra);
    report.days.iter_mut().for_each(|day| std::mem::swap(&mut day.rows.missing, &mut day.rows.extra));
    for row in &mut report.first {
        row.change = match row.change {
            Change::Changed => Change::Changed,
            Change::Missing => Change::Extra,
            Change::Extra => Change::Missing,
        };
        row.cells.iter_mut().for_each(|cell| std::mem::swap(&mut cell.left, &mut cell.right));
    }
    report
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn prop_a_result_equals_itself_in_any_order(
        (ordered, shuffled) in any_rows(40).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        let report = compare(&ordered, &shuffled);
        prop_assert_eq!(report.rows, RowCounts { equal: ordered.len(), ..RowCounts::default() });
        prop_assert!(report.columns.iter().all(|column| column.differing_rows == 0 && column.largest_absolute.unwrap_or_default() == 0.0));
        prop_assert!(report.first.is_empty());
    }

    #[test]
    fn prop_swapped_sides_give_the_mirrored_report(left in any_rows(12), right in any_rows(12)) {
        // NaN is not equal to itself, so the reports are compared as text.
        prop_assert_eq!(format!("{:?}", compare(&left, &right)), format!("{:?}", mirrored(compare(&right, &left))));
    }

    #[test]
    fn prop_any_single_mutation_of_any_column_is_found(
        original in any_rows(20), row in any::<Index>(), to in any::<Index>(),
    ) {
        for column in compared_columns() {
            let mut mutated = original.clone();
            let cell = &mut mutated[row.index(original.len())][place(column)];
            let others: Vec<_> = domain(column).into_iter().filter(|other| format!("{other:?}") != format!("{cell:?}")).collect();
            *cell = *to.get(&others);
            let report = compare(&original, &mutated);
            prop_assert!(!report.is_equal(), "{}", column.name);
            prop_assert_eq!(report.rows.equal, original.len() - 1);
        }
    }

    #[test]
    fn prop_one_row_more_or_less_is_found(mut doubled in any_rows(20), row in any::<Index>()) {
        let original = doubled.clone();
        doubled.push(row.get(&original).clone());
        prop_assert_eq!(compare(&original, &doubled).rows, RowCounts { equal: original.len(), extra: 1, ..RowCounts::default() });
        prop_assert_eq!(compare(&doubled, &original).rows, RowCounts { equal: original.len(), missing: 1, ..RowCounts::default() });
    }

    #[test]
    fn prop_noise_within_the_tolerance_is_no_difference(
        rows in any_rows(30), noise in proptest::collection::vec(-4e-13_f64..4e-13, 64),
    ) {
        let mut noise = noise.into_iter().cycle();
        let sums: Vec<usize> = columns()
            .iter()
            .enumerate()
            .filter(|(_, column)| matches!(tolerance::Rule::of(column), tolerance::Rule::Sum { .. }))
            .map(|(place, _)| place)
            .collect();
        let mut noisy = rows.clone();
        for row in &mut noisy {
            for place in &sums {
                if let Some(TestCell::Number(Number::Double(double))) = &mut row[*place] {
                    *double *= 1.0 + noise.next().unwrap();
                }
            }
        }
        noisy.reverse();
        prop_assert!(compare(&rows, &noisy).is_equal());
    }
}
