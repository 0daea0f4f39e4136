use std::collections::BTreeSet;

use aggregator_core::table::Kind;

use super::*;
use crate::rows::is_number;

#[test]
fn every_known_table_has_its_key_and_a_name_of_its_own() {
    let mut names = BTreeSet::new();
    for subject in Subject::known() {
        assert!(names.insert(subject.name) && names.insert(subject.table_name()), "{}", subject.name);
        assert_eq!(Subject::named(subject.table_name()).unwrap().name, subject.name);
        let columns = subject.columns();
        for column in subject.key.iter().chain(&subject.day).chain(&subject.source) {
            assert!(columns.contains(column), "{}: {}", subject.name, column.name);
            assert!(!is_number(column.kind), "{}: {}", subject.name, column.name);
        }
    }
    assert_eq!(names.len(), 2 * 20);
}

/// The grains name the columns of the keys, but `day` for the start of the interval and `labels` for those of volume and claim.
#[test]
fn a_key_of_line_items_is_the_grain() {
    for subject in LINE_ITEMS {
        let grain = subject.tables[0].grain;
        let named = grain.split_once('(').unwrap().1.split_once(')').unwrap().0;
        for name in named.split(", ").filter(|name| !["day", "labels"].contains(name)) {
            assert!(subject.key.iter().any(|column| column.name == name), "{}: {name} of {grain}", subject.name);
        }
    }
}

fn column(name: &str, found: Found) -> FoundColumn {
    FoundColumn { name: name.to_owned(), found }
}

fn request(key: &[&str], ignore: &[&str]) -> Request {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Request { table: "my_table".to_owned(), key: owned(key), ignore: owned(ignore) }
}

#[test]
fn a_column_is_what_both_sides_can_hold() {
    let cases = [
        (Found::Text, Found::Json, Kind::Labels, Kind::Labels),
        (Found::Text, Found::Text, Kind::Text, Kind::Text),
        (Found::Boolean, Found::Text, Kind::Text, Kind::Text),
        (Found::Integer, Found::Decimal, Kind::Double, Kind::Text),
        (Found::Double, Found::Text, Kind::Double, Kind::Text),
        (Found::Date, Found::Text, Kind::Date, Kind::Date),
        (Found::Date, Found::Timestamp, Kind::Timestamp, Kind::Timestamp),
    ];
    for (one, other, kind, kind_of_key) in cases {
        let sides = |key: &str| {
            let asked = request(&[key], &[]);
            let (left, right) = ([column("a", one), column("k", Found::Text)], [column("a", other), column("k", Found::Text)]);
            asked.subject(&left, &right).unwrap().columns()[0].kind
        };
        assert_eq!((sides("k"), sides("a")), (kind, kind_of_key), "{one:?} {other:?}");
    }
}

#[test]
fn a_key_of_ones_own_and_ignored_columns() {
    let sides = [column("a", Found::Text), column("b", Found::Integer), column("usage_start", Found::Date)];
    let subject = request(&["a"], &["b"]).subject(&sides, &sides[..2]).unwrap();
    assert_eq!(subject.key.iter().map(|column| column.name).collect::<Vec<_>>(), ["a"]);
    assert_eq!(subject.ignored("b"), Some("asked for"));
    assert_eq!(subject.day.map(|day| day.name), Some("usage_start"));
    assert_eq!(subject.source, None);
    assert!(request(&[], &[]).subject(&sides, &sides).is_err());
    assert!(request(&["c"], &[]).subject(&sides, &sides).is_err());
    assert!(request(&["a"], &["c"]).subject(&sides, &sides).is_err());
    assert!(request(&["a"], &["a"]).subject(&sides, &sides).is_err());
    let declared = Request { table: "ocp-daily-summary".to_owned(), key: vec!["namespace".to_owned()], ignore: Vec::new() };
    assert_eq!(declared.subject(&[], &[]).unwrap().key.len(), 1);
    let number = Request { key: vec!["pod_usage_cpu_core_hours".to_owned()], ..declared };
    assert!(number.subject(&[], &[]).is_err());
}
