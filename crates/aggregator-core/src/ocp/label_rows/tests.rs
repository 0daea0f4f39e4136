use super::*;
use crate::ocp::testing::Case;
use crate::table::steps::NODE_LABEL_SET;

#[test]
fn texts_with_the_same_enabled_labels_are_one_row_and_null_is_another() {
    let (morning, evening) = ("2026-02-03T00:00:00", "2026-02-03T23:00:00");
    let case = Case {
        node_labels: vec![
            (morning, Some("n1"), Some(r#"{"a":"1","other":"x"}"#)),
            (evening, Some("n1"), Some(r#"{"other":"y", "a":"1"}"#)),
            (evening, Some("n1"), Some(r#"{"a":"2"}"#)),
            (evening, Some("n1"), None),
            (evening, Some("n2"), Some("{}")),
        ],
        keys: vec!["a"],
        ..Case::default()
    };
    let rows = node_labels(case.inputs().node_labels_daily).collect().expect("labels");
    let nulls = rows.column(NODE_LABEL_SET.name).map(polars::prelude::Column::null_count);
    assert_eq!((rows.height(), nulls.ok()), (4, Some(1)));
}
