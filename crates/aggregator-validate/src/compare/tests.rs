use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::diff::tests::{TestCell, TestRow, any_rows, columns, domain, double, place, push, row, rows};
use crate::diff::tolerance::Rule;
use crate::report::RowCounts;
use crate::rows::{Decimal, Number};
use crate::subject::OCP_DAILY_SUMMARY;
use aggregator_core::table::summary;

/// A side of rows in memory; each reading can find others.
struct TestSide {
    readings: Vec<Vec<TestRow>>,
    numbers: Found,
}

impl TestSide {
    fn new(rows: &[TestRow]) -> Self {
        Self { readings: vec![rows.to_vec()], numbers: Found::Mixed }
    }

    fn columns(&self) -> Vec<FoundColumn> {
        let found = |kind| if kind == Kind::Double { self.numbers } else { Found::Text };
        columns().iter().map(|column| FoundColumn { name: column.name.to_owned(), found: found(column.kind) }).collect()
    }
}

impl Scan for TestSide {
    fn name(&self) -> &'static str {
        "test"
    }

    async fn scan(&mut self, _: &Subject, _: &[FoundColumn], builder: &mut RowsBuilder) -> Result<()> {
        push(builder, &self.readings[0]);
        if self.readings.len() > 1 {
            self.readings.remove(0);
        }
        Ok(())
    }
}

fn compared(left: &mut TestSide, right: &mut TestSide, show: Show, portion: usize) -> Result<Report> {
    let (left_columns, right_columns) = (left.columns(), right.columns());
    let how = Compare { subject: &OCP_DAILY_SUMMARY, filter: &Filter::default(), tolerance: &Tolerance::default(), show, portion };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(how.reduced(left, &left_columns, right, &right_columns))
}

fn reduced(left: &[TestRow], right: &[TestRow], show: Show, portion: usize) -> Report {
    compared(&mut TestSide::new(left), &mut TestSide::new(right), show, portion).unwrap()
}

fn whole(left: &[TestRow], right: &[TestRow], show: Show) -> Report {
    diff_showing(&OCP_DAILY_SUMMARY, &rows(left), &rows(right), &Tolerance::default(), show)
}

/// NaN is not equal to itself, so reports are compared as text.
fn shown(report: &Report) -> String {
    format!("{report:#?}")
}

fn node(name: &'static str, usage: f64) -> TestRow {
    row(&[(summary::NODE, TestCell::Text(name)), (summary::POD_USAGE_CPU_CORE_HOURS, double(usage))])
}

/// Cancelling identical rows one by one would leave two rows here that are not near enough to each other.
#[test]
fn rows_of_a_key_are_cancelled_together_or_not_at_all() {
    let step = 0.7e-12;
    let (left, right) = ([node("n", 1.0), node("n", 1.0 + step)], [node("n", 1.0 + step), node("n", 1.0 + 2.0 * step)]);
    assert!(whole(&left, &right, Show::ALL).is_equal());
    assert_eq!(shown(&reduced(&left, &right, Show::ALL, 1)), shown(&whole(&left, &right, Show::ALL)));
}

#[test]
fn a_side_that_changes_while_it_is_read_is_refused() {
    let (before, after) = (vec![node("n", 1.0)], vec![node("n", 3.0)]);
    let mut left = TestSide { readings: vec![before, after.clone()], numbers: Found::Mixed };
    let answer = compared(&mut left, &mut TestSide::new(&[node("n", 2.0)]), Show::ALL, 10);
    assert!(matches!(answer, Err(Error::Changed { .. })), "{answer:?}");
    let mut grown = TestSide { readings: vec![after.clone(), [after.clone(), after].concat()], numbers: Found::Mixed };
    let answer = compared(&mut grown, &mut TestSide::new(&[node("n", 2.0)]), Show::ALL, 10);
    assert!(matches!(answer, Err(Error::Changed { .. })), "{answer:?}");
}

/// What a side is read for a second time.
#[test]
fn equal_keys_are_not_read_again() {
    let many: Vec<TestRow> = ["a", "b", "c"].into_iter().map(|name| node(name, 1.0)).collect();
    let mut changed = many.clone();
    changed[1] = node("b", 2.0);
    // The second reading has only the key that differs; were another one wanted, its rows would be missed.
    let mut left = TestSide { readings: vec![many, vec![node("b", 1.0)]], numbers: Found::Mixed };
    let mut right = TestSide { readings: vec![changed, vec![node("b", 2.0)]], numbers: Found::Mixed };
    let report = compared(&mut left, &mut right, Show::ALL, 10).unwrap();
    assert_eq!(report.rows, RowCounts { equal: 2, changed: 1, ..RowCounts::default() });
    assert_eq!((report.left.rows, report.right.rows), (3, 3));
}

/// The sides of a migration: doubles here, their `numeric(33,15)` there.
fn rounded(rows: &[TestRow]) -> Vec<TestRow> {
    let round = |cell: &Option<TestCell>| match cell {
        Some(TestCell::Number(Number::Double(double))) => match Decimal::from_double(*double) {
            Some(decimal) => Some(TestCell::Number(Number::Decimal(decimal))),
            None => *cell,
        },
        cell => *cell,
    };
    rows.iter().map(|row| row.iter().map(round).collect()).collect()
}

fn only_doubles(rows: &[TestRow]) -> Vec<TestRow> {
    let without = |cell: &Option<TestCell>| cell.filter(|cell| !matches!(cell, TestCell::Number(Number::Decimal(_))));
    rows.iter().map(|row| row.iter().map(without).collect()).collect()
}

/// Other rows: some gone, some twice, some with another cell, some with noise.
fn altered(rows: &[TestRow], changes: &[(Index, u8, Index, Index)]) -> Vec<TestRow> {
    let mut altered = rows.to_vec();
    for (row, change, column, to) in changes {
        if altered.is_empty() {
            return altered;
        }
        let row = row.index(altered.len());
        match change % 4 {
            0 => drop(altered.remove(row)),
            1 => altered.push(altered[row].clone()),
            2 => {
                let column = column.get(&columns()).to_owned();
                altered[row][place(column)] = *to.get(&domain(column));
            }
            _ => {
                let sums: Vec<_> = columns().into_iter().filter(|column| matches!(Rule::of(column), Rule::Sum { .. })).collect();
                if let Some(TestCell::Number(Number::Double(double))) = &mut altered[row][place(*column.get(&sums))] {
                    *double *= 1.0 + 3e-13;
                }
            }
        }
    }
    altered.reverse();
    altered
}

fn any_changes() -> impl Strategy<Value = Vec<(Index, u8, Index, Index)>> {
    proptest::collection::vec(any::<(Index, u8, Index, Index)>(), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn prop_the_reduced_sides_give_the_report_of_the_whole_ones(
        left in any_rows(30), changes in any_changes(), portion in 1_usize..40, limit in 0_usize..20, biggest in any::<bool>(),
    ) {
        let right = altered(&left, &changes);
        let show = if biggest { Show::Biggest(limit) } else { Show::First(limit) };
        prop_assert_eq!(shown(&reduced(&left, &right, show, portion)), shown(&whole(&left, &right, show)));
    }

    #[test]
    fn prop_the_same_holds_for_sides_without_a_common_row(left in any_rows(20), right in any_rows(20), portion in 1_usize..20) {
        prop_assert_eq!(shown(&reduced(&left, &right, Show::ALL, portion)), shown(&whole(&left, &right, Show::ALL)));
    }

    #[test]
    fn prop_the_same_holds_for_doubles_and_their_decimals(left in any_rows(20), changes in any_changes(), portion in 1_usize..20) {
        let left = only_doubles(&left);
        let right = rounded(&altered(&left, &changes));
        let mut sides = (TestSide::new(&left), TestSide::new(&right));
        (sides.0.numbers, sides.1.numbers) = (Found::Double, Found::Decimal);
        let report = compared(&mut sides.0, &mut sides.1, Show::ALL, portion).unwrap();
        prop_assert_eq!(shown(&report), shown(&whole(&left, &right, Show::ALL)));
    }

    /// Rounding is what keeps the second reading small: nothing of two equal sides is read again.
    #[test]
    fn prop_equal_sides_are_read_once(left in any_rows(20)) {
        let left = only_doubles(&left);
        let right = rounded(&left);
        let mut sides = (
            TestSide { readings: vec![left.clone(), Vec::new()], numbers: Found::Double },
            TestSide { readings: vec![right, Vec::new()], numbers: Found::Decimal },
        );
        let report = compared(&mut sides.0, &mut sides.1, Show::ALL, 5).unwrap();
        prop_assert_eq!(report.rows, RowCounts { equal: left.len(), ..RowCounts::default() });
        prop_assert_eq!(sides.0.readings.len(), 1);
    }
}
