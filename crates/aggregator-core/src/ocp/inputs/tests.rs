use super::*;
use crate::ocp::testing::{Case, POD, Pod, run};
use crate::trino::LabelProblem;

#[test]
fn a_malformed_label_is_an_error_that_names_table_and_column() {
    let mut case = Case { pods: vec![Pod { labels: Some("{"), ..POD }], ..Case::default() };
    let encoded = encode(case.pod_usage(), &POD_USAGE_DAILY, &[(POD_LABELS, POD_LABEL_SET)], &LabelSets::new(["a"]));
    assert!(matches!(
        encoded.err(),
        Some(LabelColumnError::Label { table: "openshift_pod_usage_line_items_daily", column: "pod_labels", source }) if matches!(source.problem, LabelProblem::NotJson { .. })
    ));
    // The SQL drops pods on no node before it reads their labels.
    case.pods = vec![Pod { node: Some(""), labels: Some("{"), ..POD }, Pod { node: None, labels: Some("{"), ..POD }];
    assert!(encode(case.pod_usage(), &POD_USAGE_DAILY, &[(POD_LABELS, POD_LABEL_SET)], &LabelSets::new(["a"])).is_ok());
}

#[test]
fn a_window_holds_its_first_and_last_millisecond() {
    let at = |at| Pod { at, ..POD };
    let pods = vec![at("2026-01-31T23:59:59.999"), at("2026-02-01T00:00:00"), at("2026-02-28T23:59:59.999"), at("2026-03-01T00:00:00")];
    let kept = in_window(Case { pods, ..Case::default() }.pod_usage().lazy(), &run().window).collect().expect("rows");
    assert_eq!(kept.height(), 2);
}
