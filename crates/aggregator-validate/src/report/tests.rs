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
        days: vec![DayReport { day: "2026-03-01".parse().ok(), rows: RowCounts { equal: 0, changed: 1, missing: 1, extra: 0 } }],
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

#[test]
fn the_csv_has_a_line_a_difference_and_tells_null_from_empty() {
    let mut found = report();
    found.first[0].key[1].1 = Cell::Text("a \"b\",\nc".to_owned());
    found.first[1].key[1].1 = Cell::Null;
    let expected = "\
change,usage_start,node,column,left,right,absolute,relative
changed,2026-03-01,\"a \"\"b\"\",\nc\",pod_usage_cpu_core_hours,NaN,1.500000000000000,5e-1,2.5e-1
missing,2026-03-01,,,,,,
";
    assert_eq!(csv(&found), expected);
    found.first[1].key[1].1 = Cell::Text(String::new());
    assert!(csv(&found).ends_with("missing,2026-03-01,\"\",,,,,\n"));
    found.first.clear();
    assert_eq!(csv(&found), "change,column,left,right,absolute,relative\n");
}

#[test]
fn the_page_needs_nothing_else() {
    let page = html(&report());
    for part in ["<!DOCTYPE html>", "2 rows differ", "<svg role=\"img\"", "class=\"missing\"", "left.parquet", "core-hours", "</html>\n"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for outside in ["http://", "https://", "src=", "href=", "url(", "@import", "<script", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
    // Every element that is opened is closed, in order.
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
        match tag {
            _ if tag.ends_with('/') || ["!DOCTYPE", "meta", "br"].contains(&name) => {}
            _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name)),
            _ => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn nothing_that_was_compared_becomes_markup() {
    let evil = "</code><script>alert('\"1\"')</script>&amp;\0";
    let mut found = report();
    found.left.name = evil.to_owned();
    found.first[0].key[1].1 = Cell::Text(evil.to_owned());
    found.first[0].cells[0].left = Cell::Text(evil.to_owned());
    found.not_compared[0].column = evil.to_owned();
    (found.table, found.columns[1].column, found.columns[1].unit) = (evil, evil, evil);
    let page = html(&found);
    assert!(!page.contains("<script") && !page.contains('\0') && !page.contains("alert('"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(&#39;"), "{page}");
    assert!(page.contains("&amp;amp;"), "{page}");
}

#[test]
fn the_biggest_differences_come_first() {
    let mut rows: Vec<RowDifference> = report().first;
    let mut near = rows[0].clone();
    near.cells[0].relative = Some(0.01);
    let mut text = rows[0].clone();
    text.cells[0].relative = None;
    rows.insert(0, near);
    rows.push(text);
    Show::Biggest(3).keep(&mut rows);
    let sizes: Vec<f64> = rows.iter().map(RowDifference::size).collect();
    assert_eq!(sizes, [f64::INFINITY, 1.0, 0.25]);
}
