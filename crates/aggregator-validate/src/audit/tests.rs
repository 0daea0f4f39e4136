//! Each law holds on a small correct result, and a mutation breaks it, and no other where that is possible.

use std::collections::{BTreeMap, BTreeSet};

use aggregator_core::table::{ColumnDef, Kind, Table, ocp, summary};
use polars::prelude::{Column, DataFrame};

use super::law::Verdict;
use super::line_items::{Day, LineItems};
use super::report::{Report, explanation, json, list, text};
use super::{Days, audit, laws};
use crate::rows::{Cell, Decimal, Filter, Number, Rows, RowsBuilder, Value};
use crate::subject::OCP_DAILY_SUMMARY;

const SOURCE: &str = "00000000-0000-0000-0000-000000000001";
const GIB: f64 = 1_073_741_824.0;
const HOUR: f64 = 3600.0;
/// GiB-months of 31 days in a GiB-hour.
const MONTHS: f64 = 1.0 / (24.0 * 31.0);

fn day() -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2026, 3, 4).unwrap()
}

type Row = BTreeMap<&'static str, Cell>;

fn number(value: f64) -> Cell {
    Cell::Number(Number::Double(value))
}

fn text_cell(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// A result in the making.
#[derive(Clone)]
struct Result {
    rows: Vec<Row>,
    columns: Vec<ColumnDef>,
}

impl Result {
    /// Two namespaces on a node of two cores and two hours, two claims, and what the node has left.
    fn managed() -> Self {
        let columns = OCP_DAILY_SUMMARY.columns().into_iter().filter(|column| *column != summary::ALL_LABELS).collect();
        let measures = |scale: f64| [1.0, 2.0, 2.0, 3.0, 1.0, 2.0, 2.0, 3.0].map(|value| number(value * scale));
        let pod = |namespace: &str, scale: f64| {
            let mut row = on_node(Some(namespace));
            row.extend(super::summary::POD_MEASURES.iter().map(|column| column.name).zip(measures(scale)));
            row.extend([(summary::POD_LABELS.name, text_cell(r#"{"app":"x"}"#)), zero_cost()]);
            row
        };
        let claim = |name: &str| {
            let mut row = base("Storage", Some("a"));
            row.extend([
                (summary::NODE.name, text_cell("n")),
                (summary::RESOURCE_ID.name, text_cell("i-n")),
                (summary::PERSISTENTVOLUMECLAIM.name, text_cell(name)),
                (summary::PERSISTENTVOLUME.name, text_cell(&format!("v-{name}"))),
                (summary::STORAGECLASS.name, text_cell("gp3")),
                (summary::VOLUME_LABELS.name, text_cell("{}")),
                (summary::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE.name, number(10.0)),
                (summary::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE_MONTHS.name, number(20.0 * MONTHS)),
                (summary::VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS.name, number(10.0 * MONTHS)),
                (summary::PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS.name, number(4.0 * MONTHS)),
                zero_cost(),
            ]);
            row
        };
        let mut left = on_node(Some("Worker unallocated"));
        for (at, value) in [2.5, 1.0, 1.0].into_iter().enumerate() {
            let [cpu, memory] = [at, at + 4].map(|at| super::summary::POD_MEASURES[at].name);
            left.extend([(cpu, number(value)), (memory, number(value + 4.0))]);
        }
        Self { rows: vec![pod("a", 1.0), pod("b", 0.5), claim("c"), claim("d"), left], columns }
    }

    /// The same as koku's table in PostgreSQL has it.
    fn postgres() -> Self {
        let mut result = Self::managed();
        let is_partition = |column: &ColumnDef| OCP_DAILY_SUMMARY.partitions.contains(column) || *column == summary::CSI_VOLUME_HANDLE;
        result.columns = OCP_DAILY_SUMMARY.columns().into_iter().filter(|column| !is_partition(column)).collect();
        for row in &mut result.rows {
            let all = row.get(summary::POD_LABELS.name).cloned().unwrap_or_else(|| text_cell("{}"));
            row.insert(summary::ALL_LABELS.name, all);
            for cell in row.values_mut() {
                if let Cell::Number(Number::Double(double)) = cell {
                    *cell = Cell::Number(Number::Decimal(Decimal::from_double(*double).unwrap()));
                }
            }
        }
        result
    }

    fn set(&mut self, row: usize, column: ColumnDef, cell: Cell) {
        self.rows[row].insert(column.name, cell);
    }

    fn set_all(&mut self, column: ColumnDef, cell: &Cell) {
        let rows = self.rows.iter_mut().filter(|row| row.contains_key(column.name));
        rows.for_each(|row| {
            row.insert(column.name, cell.clone());
        });
    }

    fn scale(&mut self, row: usize, column: ColumnDef, factor: f64) {
        let Cell::Number(Number::Double(value)) = self.rows[row][column.name] else { panic!("{} is no double", column.name) };
        self.set(row, column, number(value * factor));
    }

    fn rows(&self) -> Rows {
        let mut rows = RowsBuilder::new("result", &OCP_DAILY_SUMMARY, Filter::default());
        self.columns.iter().for_each(|column| rows.has(column));
        let columns = rows.columns();
        for row in &self.rows {
            rows.push(|index| {
                Ok(match row.get(columns[index].name) {
                    None | Some(Cell::Null) => Value::Null,
                    Some(Cell::Text(text)) => Value::Text(text),
                    Some(Cell::Integer(integer)) => Value::Integer((*integer).into()),
                    Some(Cell::Date(date)) => Value::Date(date.to_epoch_days()),
                    Some(Cell::Number(Number::Double(double))) => Value::Double(*double),
                    Some(Cell::Number(Number::Decimal(decimal))) => Value::Decimal(*decimal),
                })
            })
            .unwrap();
        }
        rows.finish()
    }
}

fn zero_cost() -> (&'static str, Cell) {
    (summary::INFRASTRUCTURE_USAGE_COST.name, text_cell(r#"{"cpu": 0.000000000, "memory": 0.000000000, "storage": 0.000000000}"#))
}

/// What every row has.
fn base(data_source: &str, namespace: Option<&str>) -> Row {
    let mut row = Row::from([
        (summary::REPORT_PERIOD_ID.name, Cell::Integer(7)),
        (summary::CLUSTER_ID.name, text_cell("cluster")),
        (summary::CLUSTER_ALIAS.name, text_cell("Cluster")),
        (summary::DATA_SOURCE.name, text_cell(data_source)),
        (summary::USAGE_START.name, Cell::Date(day())),
        (summary::USAGE_END.name, Cell::Date(day())),
        (summary::SOURCE_UUID.name, text_cell(SOURCE)),
        (summary::SOURCE.name, text_cell(SOURCE)),
        (summary::YEAR.name, text_cell("2026")),
        (summary::MONTH.name, text_cell("3")),
        (summary::DAY.name, text_cell("4")),
    ]);
    row.extend(namespace.map(|namespace| (summary::NAMESPACE.name, text_cell(namespace))));
    row
}

/// What rows on the node have: two cores and 4 GiB for two hours, of a cluster with an hour more of a core and GiB.
fn on_node(namespace: Option<&str>) -> Row {
    let mut row = base("Pod", namespace);
    row.extend([
        (summary::NODE.name, text_cell("n")),
        (summary::RESOURCE_ID.name, text_cell("i-n")),
        (summary::NODE_CAPACITY_CPU_CORES.name, number(2.0)),
        (summary::NODE_CAPACITY_CPU_CORE_HOURS.name, number(4.0)),
        (summary::NODE_CAPACITY_MEMORY_GIGABYTES.name, number(4.0)),
        (summary::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS.name, number(8.0)),
        (summary::CLUSTER_CAPACITY_CPU_CORE_HOURS.name, number(5.0)),
        (summary::CLUSTER_CAPACITY_MEMORY_GIGABYTE_HOURS.name, number(9.0)),
    ]);
    row
}

/// What a line item of a pod holds, besides its names.
const POD: [f64; 10] =
    [HOUR, 2.0 * HOUR, 2.0 * HOUR, 3.0 * HOUR, GIB * HOUR, 2.0 * GIB * HOUR, 2.0 * GIB * HOUR, 3.0 * GIB * HOUR, 2.0, 4.0 * GIB];

/// The columns of `table`, with the given values and otherwise null.
fn frame(table: &Table, height: usize, given: Vec<Column>) -> DataFrame {
    let mut frame = DataFrame::new(height, given).unwrap();
    let columns: Vec<Column> = table
        .columns
        .iter()
        .map(|column| match frame.column(column.name) {
            Ok(values) => values.cast(&column.kind.data_type()).unwrap(),
            Err(_) => Column::full_null(column.name.into(), height, &column.kind.data_type()),
        })
        .collect();
    frame = DataFrame::new(height, columns).unwrap();
    frame
}

fn texts(column: ColumnDef, values: &[&str]) -> Column {
    assert!(matches!(column.kind, Kind::Text | Kind::Labels));
    Column::new(column.name.into(), values)
}

fn doubles(column: ColumnDef, values: &[f64]) -> Column {
    Column::new(column.name.into(), values)
}

fn line_items_of_day() -> Day {
    // Two pods of `a`, each half of a row of the result, one of `b`, and one that ran nowhere.
    let scales = [0.5, 0.5, 0.5, 1.0];
    let measures = [ocp::NODE_CAPACITY_CPU_CORES, ocp::NODE_CAPACITY_MEMORY_BYTES];
    let mut pods = vec![
        texts(ocp::NAMESPACE, &["a", "a", "b", "a"]),
        texts(ocp::NODE, &["n", "n", "n", ""]),
        texts(ocp::POD, &["p", "q", "r", "waiting"]),
        texts(ocp::RESOURCE_ID, &["i-n", "i-n", "i-n", ""]),
    ];
    for (at, column) in super::line_items::POD_SECONDS.into_iter().chain(measures).enumerate() {
        let share = |scale: f64| if at < 8 { POD[at] * scale } else { POD[at] };
        pods.push(doubles(column, &scales.map(share)));
    }
    let times = [0_i64, 0, 3_600_000, 0];
    let hours = vec![
        Column::new(ocp::INTERVAL_START.name.into(), times),
        texts(ocp::NODE, &["n", "n", "n", ""]),
        doubles(ocp::NODE_CAPACITY_CPU_CORE_SECONDS, &[2.0, 1.0, 2.0, 1.0].map(|cores| cores * HOUR)),
        doubles(ocp::NODE_CAPACITY_MEMORY_BYTE_SECONDS, &[4.0, 4.0, 4.0, 1.0].map(|gib| gib * GIB * HOUR)),
    ];
    let storage = vec![
        texts(ocp::NAMESPACE, &["a", "a"]),
        texts(ocp::POD, &["p", "q"]),
        texts(ocp::PERSISTENTVOLUMECLAIM, &["c", "d"]),
        texts(ocp::PERSISTENTVOLUME, &["v-c", "v-d"]),
        texts(ocp::STORAGECLASS, &["gp3", "gp3"]),
        doubles(ocp::PERSISTENTVOLUMECLAIM_CAPACITY_BYTES, &[10.0 * GIB; 2]),
        doubles(ocp::PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS, &[20.0 * GIB * HOUR; 2]),
        doubles(ocp::VOLUME_REQUEST_STORAGE_BYTE_SECONDS, &[10.0 * GIB * HOUR; 2]),
        doubles(ocp::PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS, &[4.0 * GIB * HOUR; 2]),
    ];
    Day {
        date: day().to_epoch_days(),
        pods: frame(&ocp::POD_USAGE_DAILY, 4, pods),
        hours: frame(&ocp::POD_USAGE_HOURLY, 4, hours),
        storage: frame(&ocp::STORAGE_USAGE_DAILY, 2, storage),
        node_labels: frame(&ocp::NODE_LABELS_DAILY, 1, vec![texts(ocp::NODE, &["n"]), texts(ocp::NODE_LABELS, &["{}"])]),
        namespace_labels: frame(&ocp::NAMESPACE_LABELS_DAILY, 0, Vec::new()),
    }
}

fn line_items() -> LineItems {
    let mut line_items = LineItems::new("store");
    line_items.add(SOURCE, &line_items_of_day()).unwrap();
    line_items
}

fn checked(result: &Result, line_items: Option<&LineItems>) -> Report {
    let window = Days { start: Some(day()), end: Some(day()) };
    audit(&result.rows(), line_items, window, 3)
}

fn broken(report: &Report) -> Vec<&'static str> {
    report.broken().map(|law| law.law.name).collect()
}

#[test]
fn all_laws_hold_on_a_correct_result() {
    for result in [Result::managed(), Result::postgres()] {
        let report = checked(&result, Some(&line_items()));
        assert!(report.holds(), "{}", text(&report));
        let empty: Vec<_> =
            report.laws.iter().filter(|law| matches!(&law.verdict, Verdict::Checked(found) if found.checked == 0)).collect();
        assert!(empty.is_empty(), "{}", text(&report));
    }
    let not_checked = |result: Result| {
        let report = checked(&result, Some(&line_items()));
        report.laws.iter().filter(|law| matches!(law.verdict, Verdict::NotChecked(_))).map(|law| law.law.name).collect::<Vec<_>>()
    };
    assert_eq!(not_checked(Result::managed()), ["all-labels"]);
    assert_eq!(not_checked(Result::postgres()), ["partitions"]);
}

/// A mutation of a result, and the laws that it breaks.
type Mutation = (&'static [&'static str], fn(&mut Result));

const OF_ROWS: &[Mutation] = &[
    (&["row-kinds"], |result| result.rows.push(base("Gpu", Some("a")))),
    (&["row-kinds"], |result| {
        let mut row = Result::managed().rows[3].clone();
        row.insert(summary::INFRASTRUCTURE_USAGE_COST.name, Cell::Null);
        result.rows[3] = row;
    }),
    (&["row-kinds"], |result| {
        // Of no namespace, so that there is nothing to balance.
        let mut row = result.rows[0].clone();
        row.insert(summary::NODE.name, text_cell(""));
        row.insert(summary::NAMESPACE.name, Cell::Null);
        row.insert(summary::NODE_CAPACITY_CPU_CORE_HOURS.name, number(1.0));
        row.insert(summary::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS.name, number(1.0));
        result.rows.push(row);
    }),
    (&["absent-columns"], |result| result.set(0, summary::PERSISTENTVOLUME, text_cell("v"))),
    (&["absent-columns"], |result| result.set(2, summary::POD_USAGE_CPU_CORE_HOURS, number(1.0))),
    (&["absent-columns"], |result| result.set(4, summary::POD_LIMIT_CPU_CORE_HOURS, number(1.0))),
    (&["one-day"], |result| result.set(1, summary::USAGE_END, Cell::Date(day().succ_opt().unwrap()))),
    (&["partitions"], |result| result.set(1, summary::MONTH, text_cell("03"))),
    (&["partitions"], |result| result.set(1, summary::DAY, text_cell("5"))),
    (&["partitions"], |result| result.set(1, summary::YEAR, Cell::Null)),
    (&["partitions"], |result| result.set(1, summary::SOURCE, text_cell("other"))),
    (&["source-constants"], |result| result.set(1, summary::REPORT_PERIOD_ID, Cell::Integer(8))),
    (&["source-constants"], |result| result.set(2, summary::CLUSTER_ID, text_cell("other"))),
    (&["source-constants"], |result| result.set(4, summary::CLUSTER_ALIAS, Cell::Null)),
    (&["unique-keys"], |result| result.rows.push(result.rows[2].clone())),
    (&["labels"], |result| result.set(0, summary::POD_LABELS, text_cell("[1]"))),
    (&["labels"], |result| result.set(0, summary::POD_LABELS, text_cell(r#"{"a":1}"#))),
    (&["labels"], |result| result.set(2, summary::VOLUME_LABELS, text_cell("no JSON"))),
    (&["usage-cost"], |result| result.set(0, summary::INFRASTRUCTURE_USAGE_COST, text_cell(r#"{"cpu":1,"memory":0,"storage":0}"#))),
    (&["cost-category"], |result| result.set(2, summary::COST_CATEGORY_ID, Cell::Integer(3))),
    (&["texts-fit"], |result| result.set_all(summary::CLUSTER_ALIAS, &text_cell(&"x".repeat(257)))),
    (&["texts-fit"], |result| result.set(0, summary::POD_LABELS, text_cell(r#"{"a":"\u0000"}"#))),
    (&["non-negative"], |result| result.set(0, summary::POD_LIMIT_CPU_CORE_HOURS, number(-1e-9))),
    (&["non-negative"], |result| result.set(2, summary::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE, number(-1.0))),
    (&["effective-usage"], |result| {
        result.set(0, summary::POD_EFFECTIVE_USAGE_CPU_CORE_HOURS, number(1.5));
        result.set(4, summary::POD_EFFECTIVE_USAGE_CPU_CORE_HOURS, number(1.5));
    }),
    (&["effective-usage"], |result| {
        result.set(1, summary::POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS, number(0.25));
        result.set(4, summary::POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS, number(5.75));
    }),
    (&["numbers-fit"], |result| result.set(0, summary::POD_LIMIT_CPU_CORE_HOURS, number(f64::NAN))),
    (&["numbers-fit"], |result| result.set(0, summary::POD_LIMIT_CPU_CORE_HOURS, number(1e18))),
    (&["node-capacity"], |result| result.set(1, summary::NODE_CAPACITY_CPU_CORE_HOURS, number(3.999))),
    (&["node-capacity"], |result| result.set(1, summary::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS, Cell::Null)),
    (&["cluster-capacity"], |result| result.set(1, summary::CLUSTER_CAPACITY_CPU_CORE_HOURS, number(4.999))),
    (&["cluster-covers-nodes"], |result| result.set_all(summary::CLUSTER_CAPACITY_CPU_CORE_HOURS, &number(3.0))),
    (&["unallocated-rows"], |result| {
        result.rows.pop();
    }),
    (&["unallocated-rows"], |result| {
        let mut row = result.rows[4].clone();
        row.insert(summary::NAMESPACE.name, Cell::Null);
        result.rows.push(row);
    }),
    (&["unallocated-capacity"], |result| result.set(4, summary::NODE_CAPACITY_CPU_CORES, number(3.0))),
    (&["unallocated-capacity"], |result| result.set(4, summary::RESOURCE_ID, text_cell("i-other"))),
    (&["unallocated-balance"], |result| result.set(4, summary::POD_USAGE_CPU_CORE_HOURS, number(2.500_000_000_1))),
    (&["unallocated-balance"], |result| result.set(4, summary::POD_REQUEST_MEMORY_GIGABYTE_HOURS, Cell::Null)),
    (&["unallocated-balance"], |result| result.set(1, summary::POD_USAGE_CPU_CORE_HOURS, number(0.4))),
];

#[test]
fn a_mutation_of_the_rows_breaks_its_law_and_no_other() {
    let mut mutated = BTreeSet::new();
    for (at, (expected, mutate)) in OF_ROWS.iter().enumerate() {
        let mut result = Result::managed();
        mutate(&mut result);
        let report = checked(&result, None);
        assert_eq!(broken(&report), *expected, "mutation {at}: {}", text(&report));
        mutated.extend(expected.iter().copied());
    }
    let report = audit(&Result::managed().rows(), None, Days { start: day().succ_opt(), end: None }, 3);
    assert_eq!(broken(&report), ["window"]);
    mutated.insert("window");
    let mut result = Result::postgres();
    result.set(0, summary::ALL_LABELS, text_cell("{}"));
    assert_eq!(broken(&checked(&result, None)), ["all-labels"]);
    result.set(0, summary::ALL_LABELS, Cell::Null);
    assert_eq!(broken(&checked(&result, None)), ["all-labels"]);
    mutated.insert("all-labels");
    mutated.extend(OF_LINE_ITEMS.iter().flat_map(|(expected, _)| *expected).copied());
    let laws: BTreeSet<_> = laws::all().map(|law| law.name).collect();
    assert_eq!(mutated, laws, "each law has a mutation that breaks it");
}

const OF_LINE_ITEMS: &[Mutation] = &[
    (&["groups-complete"], |result| {
        result.rows.remove(3);
    }),
    (&["groups-complete"], |result| {
        let mut row = result.rows[3].clone();
        row.insert(summary::PERSISTENTVOLUMECLAIM.name, text_cell("made up"));
        result.rows.push(row);
    }),
    (&["pods-conserved"], |result| result.scale(0, summary::POD_LIMIT_CPU_CORE_HOURS, 1.5)),
    (&["pods-conserved"], |result| result.scale(1, summary::POD_LIMIT_MEMORY_GIGABYTE_HOURS, 1.0 + 1e-11)),
    (&["pods-conserved"], |result| result.set(0, summary::POD_LIMIT_CPU_CORE_HOURS, Cell::Null)),
    (&["pods-conserved"], |result| result.set_all(summary::NODE_CAPACITY_CPU_CORES, &number(3.0))),
    (&["storage-conserved"], |result| result.scale(2, summary::PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS, 2.0)),
    (&["storage-conserved"], |result| result.scale(3, summary::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE, 2.0)),
    (&["capacity-conserved"], |result| result.set_all(summary::CLUSTER_CAPACITY_CPU_CORE_HOURS, &number(6.0))),
    (&["fan-out"], |result| {
        result.scale(2, summary::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE_MONTHS, 2.0);
        result.scale(2, summary::VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS, 2.0);
        result.scale(2, summary::PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS, 2.0);
    }),
];

#[test]
fn a_mutation_against_the_line_items_breaks_its_law_and_no_other() {
    for (at, (expected, mutate)) in OF_LINE_ITEMS.iter().enumerate() {
        let mut result = Result::managed();
        mutate(&mut result);
        let report = checked(&result, Some(&line_items()));
        assert_eq!(broken(&report), *expected, "mutation {at}: {}", text(&report));
    }
}

/// No measure of pods or storage can change by more than the tolerance, in any row, without breaking a law.
#[test]
fn every_change_of_a_number_is_found_beside_the_line_items() {
    let line_items = line_items();
    for result in [Result::managed(), Result::postgres()] {
        for (row, cells) in result.rows.iter().enumerate() {
            for (column, cell) in cells {
                let Cell::Number(found) = cell else { continue };
                let changed = match found {
                    Number::Double(double) => Number::Double(double * (1.0 + 1e-11)),
                    Number::Decimal(decimal) => {
                        Number::Decimal(Decimal::from_units(decimal.units() / 100_000_000_000 * 100_000_000_001).unwrap())
                    }
                };
                let mut result = result.clone();
                result.rows[row].insert(column, Cell::Number(changed));
                let report = checked(&result, Some(&line_items));
                assert!(!report.holds(), "{column} of row {row}: {found:?}");
            }
        }
    }
}

#[test]
fn labels_that_fan_out_are_explained_and_reported() {
    let mut day = line_items_of_day();
    let labels = [texts(ocp::NODE, &["n", "n"]), texts(ocp::NODE_LABELS, &["{}", r#"{"a":"b"}"#])];
    day.node_labels = frame(&ocp::NODE_LABELS_DAILY, 2, labels.to_vec());
    let mut line_items = LineItems::new("store");
    line_items.add(SOURCE, &day).unwrap();
    let mut result = Result::managed();
    // Each line item counts in two rows, with other labels.
    for row in 0..4 {
        let mut twice = result.rows[row].clone();
        let labels = if row < 2 { summary::POD_LABELS } else { summary::VOLUME_LABELS };
        twice.insert(labels.name, text_cell(r#"{"a":"b"}"#));
        result.rows.push(twice);
    }
    for at in [0, 1, 2, 4, 5, 6] {
        let column = super::summary::POD_MEASURES[at];
        let Cell::Number(Number::Double(left)) = result.rows[4][column.name] else { panic!() };
        let capacity = if column.name.contains("cpu") { 4.0 } else { 8.0 };
        result.set(4, column, number(2.0 * left - capacity));
    }
    let report = checked(&result, Some(&line_items));
    assert!(report.holds(), "{}", text(&report));
    let fan_out = report.laws.iter().find(|law| law.law.name == "fan-out").unwrap();
    let Verdict::Checked(found) = &fan_out.verdict else { panic!() };
    assert_eq!((found.checked, found.noted, found.notes.len()), (4, 4, 3));
    assert!(text(&report).contains("line items count 2 times: factor 2, label texts 2"), "{}", text(&report));
    // Without the second label text nothing explains it.
    assert_eq!(broken(&checked(&result, Some(&self::line_items()))), ["fan-out"]);
    // Two patterns of cost categories do.
    let categories = self::line_items().with_categories(["a", "%", "b%"]);
    assert!(checked(&result, Some(&categories)).holds());
    let one = self::line_items().with_categories(["%"]);
    assert_eq!(broken(&checked(&result, Some(&one))), ["fan-out"]);
}

#[test]
fn what_is_null_or_without_a_named_namespace_is_not_subtracted() {
    let mut result = Result::managed();
    let mut nameless = result.rows[0].clone();
    nameless.insert(summary::NAMESPACE.name, Cell::Null);
    result.rows.push(nameless);
    let mut made_up = result.rows[0].clone();
    made_up.insert(summary::NAMESPACE.name, text_cell("Storage unattributed"));
    result.rows.push(made_up);
    for row in [0, 1] {
        result.set(row, summary::POD_USAGE_CPU_CORE_HOURS, Cell::Null);
    }
    result.set(4, summary::POD_USAGE_CPU_CORE_HOURS, Cell::Null);
    let report = checked(&result, None);
    assert!(report.holds(), "{}", text(&report));
}

#[test]
fn rows_of_others_in_koku_s_table_are_passed_over() {
    let mut result = Result::postgres();
    let mut cost = base("Pod", Some("a"));
    cost.insert(summary::ALL_LABELS.name, text_cell("{}"));
    result.rows.push(cost);
    let report = checked(&result, Some(&line_items()));
    assert!(report.holds() && report.kinds.is_some_and(|kinds| kinds.other == 1), "{}", text(&report));
}

#[test]
fn line_items_that_break_a_law_excuse_the_result() {
    let mut day = line_items_of_day();
    let effective = doubles(ocp::POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS, &[0.5 * HOUR, 0.5 * HOUR, HOUR, 0.0]);
    let limit = doubles(ocp::POD_LIMIT_CPU_CORE_SECONDS, &[-HOUR, -HOUR, 1.5 * HOUR, 0.0]);
    day.pods.with_column(effective).unwrap();
    day.pods.with_column(limit).unwrap();
    let mut line_items = LineItems::new("store");
    line_items.add(SOURCE, &day).unwrap();
    let mut result = Result::managed();
    result.set(0, summary::POD_EFFECTIVE_USAGE_CPU_CORE_HOURS, number(1.0));
    result.set(4, summary::POD_EFFECTIVE_USAGE_CPU_CORE_HOURS, number(2.0));
    result.set(0, summary::POD_LIMIT_CPU_CORE_HOURS, number(-2.0));
    let report = checked(&result, Some(&line_items));
    assert!(report.holds(), "{}", text(&report));
    assert_eq!(broken(&checked(&result, None)), ["non-negative", "effective-usage"]);
}

#[test]
fn a_report_names_law_row_column_and_values() {
    let mut result = Result::managed();
    result.set(4, summary::POD_USAGE_CPU_CORE_HOURS, number(3.0));
    let report = checked(&result, None);
    let said = text(&report);
    for told in [
        "audit: 1 of ",
        "2 of pods, 2 of storage, 1 of unallocated capacity, 0 others",
        "unallocated-balance: What is used and what is unallocated make the capacity",
        r#"1. source_uuid="00000000-0000-0000-0000-000000000001" usage_start=2026-03-04 data_source="Pod" namespace="Worker unallocated""#,
        "pod_usage_cpu_core_hours: capacity less usage is something else: found 3.0, expected 2.5, capacity 4.0, used 1.5",
        "not checked: no line items were given",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    let json: serde_json::Value = serde_json::from_str(&json(&report).unwrap()).unwrap();
    assert_eq!(json["holds"], false);
    let law = json["laws"].as_array().unwrap().iter().find(|law| law["name"] == "unallocated-balance").unwrap();
    assert_eq!((&law["state"], &law["violations"]), (&"broken".into(), &1.into()));
    assert_eq!(law["first"][0]["values"]["expected"], 2.5);
    assert_eq!(law["first"][0]["key"]["node"], "n");
}

#[test]
fn every_law_has_a_name_of_its_own_and_is_explained() {
    let names: BTreeSet<_> = laws::all().map(|law| law.name).collect();
    assert_eq!(names.len(), laws::all().count());
    for law in laws::all() {
        assert!(law.says.ends_with('.') && law.why.ends_with('.') && law.exceptions.ends_with('.'), "{law:?}");
        let said = explanation(law);
        assert!(said.contains(law.says) && !said.contains("  "), "{said}");
        assert!(list(laws::all()).contains(law.says));
        assert_eq!(laws::find(law.name).map(|found| found.name), Some(law.name));
    }
}

/// The documentation says of each law what the program says.
#[test]
fn the_document_has_every_law() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/validate-audit.md");
    let document = std::fs::read_to_string(path).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for law in laws::all() {
        for told in [format!("### `{}`", law.name), law.says.to_owned(), law.why.to_owned(), law.exceptions.to_owned()] {
            assert!(document.contains(&told), "{}: {told}", law.name);
        }
    }
    assert_eq!(document.matches("### `").count(), laws::all().count());
}
