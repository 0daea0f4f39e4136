use super::*;
use crate::rows::Number;

fn report() -> Report {
    let key = vec![("usage_start", Cell::Date("2026-03-01".parse().unwrap())), ("node", Cell::Text("n".to_owned()))];
    Report {
        table: "ocp-daily-summary",
        left: SideReport { name: "left.parquet".to_owned(), rows: 3 },
        right: SideReport { name: "right.parquet".to_owned(), rows: 2 },
        tolerance: Tolerance::default(),
        rows: RowCounts { equal: 1, changed: 1, missing: 1, extra: 0 },
        columns: vec![
            ColumnReport { column: "node", unit: "", differing_rows: 0, largest_absolute: None, largest_relative: None },
            ColumnReport {
                column: "pod_usage_cpu_core_hours",
                unit: "core-hours",
                differing_rows: 1,
                largest_absolute: Some(f64::INFINITY),
                largest_relative: Some(0.25),
            },
        ],
        not_compared: vec![NotCompared { column: "uuid".to_owned(), reason: "random" }],
        first: vec![
            RowDifference {
                change: Change::Changed,
                key: key.clone(),
                cells: vec![CellDifference {
                    column: "pod_usage_cpu_core_hours",
                    left: Cell::Number(Number::Double(f64::NAN)),
                    right: Cell::Number(Number::Decimal("1.5".parse().unwrap())),
                    absolute: Some(0.5),
                    relative: Some(0.25),
                }],
            },
            RowDifference { change: Change::Missing, key, cells: Vec::new() },
        ],
    }
}

#[test]
fn the_text_has_the_verdict_first() {
    let expected = "\
ocp-daily-summary: 2 rows differ
  left           3 rows  left.parquet
  right          2 rows  right.parquet
  rows: 1 equal, 1 changed, 1 missing (only left), 0 extra (only right)
  sums within 1e-12 (relative), decimals exactly
  2 columns compared; not compared:
    random: uuid

column                    differing rows  largest absolute  largest relative
pod_usage_cpu_core_hours               1               inf          2.500e-1  core-hours

the first 2 of 2 differing rows:
1. changed: usage_start=2026-03-01 node=\"n\"
     pod_usage_cpu_core_hours: left NaN, right 1.500000000000000, difference 5.000e-1 (relative 2.500e-1)
2. missing (only left): usage_start=2026-03-01 node=\"n\"
";
    assert_eq!(text(&report()), expected);
}

#[test]
fn nothing_compared_is_said() {
    let mut empty = report();
    (empty.rows, empty.left.rows, empty.right.rows) = (RowCounts::default(), 0, 0);
    assert!(text(&empty).starts_with("ocp-daily-summary: equal, but there are 0 rows on both sides\n"));
}

#[test]
fn the_json_is_one_object_that_loses_nothing() {
    let json: serde_json::Value = serde_json::from_str(&json(&report()).unwrap()).unwrap();
    assert_eq!(json["equal"], false);
    assert_eq!(json["rows"], serde_json::json!({"equal": 1, "changed": 1, "missing": 1, "extra": 0}));
    assert_eq!(json["columns"][1]["largest_absolute"], "Infinity");
    assert_eq!(json["first"][0]["key"], serde_json::json!({"usage_start": "2026-03-01", "node": "n"}));
    assert_eq!(json["first"][0]["cells"][0]["left"], "NaN");
    assert_eq!(json["first"][0]["cells"][0]["right"], "1.500000000000000");
    assert_eq!(json["first"][1]["change"], "missing");
    assert_eq!(json["not_compared"], serde_json::json!([{"column": "uuid", "reason": "random"}]));
}
