use super::*;
use crate::ocp::testing::{CLAIM, Case, POD, Pod, csv, csv_of_all};
use crate::table::summary::{POD_LABELS, POD_USAGE_CPU_CORE_HOURS};

fn pods(case: &Case) -> DataFrame {
    let all = case.summary();
    let usage = all.column(summary::INFRASTRUCTURE_USAGE_COST.name).and_then(|cost| all.filter(&cost.is_not_null()));
    let pods = usage.and_then(|rows| rows.filter(&rows.column("data_source")?.str()?.equal("Pod")));
    pods.expect("pod rows")
}

fn check(case: &Case, columns: &[ColumnDef], expected: &[&str]) {
    let text = csv(&pods(case), columns);
    assert_eq!(text.lines().skip(1).collect::<Vec<_>>(), expected);
}

#[test]
fn measures_are_summed_by_day_namespace_node_and_labels() {
    let case = Case {
        pods: vec![POD, Pod { pod: Some("q"), resource_id: Some("i-2"), ..POD }, Pod { namespace: Some("b"), ..POD }],
        keys: vec!["app"],
        ..Case::default()
    };
    insta::assert_snapshot!(csv_of_all(&pods(&case), &summary::OCP_DAILY_SUMMARY));
}

#[test]
fn pods_on_no_node_are_dropped() {
    let case = Case { pods: vec![POD, Pod { node: Some(""), ..POD }, Pod { node: None, ..POD }], ..Case::default() };
    check(&case, &[NODE, POD_USAGE_CPU_CORE_HOURS], &["n1, 1"]);
}

#[test]
fn pod_labels_win_over_namespace_labels_and_those_over_node_labels() {
    let day = "2026-02-03T00:00:00";
    let case = Case {
        pods: vec![Pod { labels: Some(r#"{"c":"pod"}"#), ..POD }],
        node_labels: vec![(day, Some("n1"), Some(r#"{"a":"node","b":"node","c":"node","x":"disabled"}"#))],
        namespace_labels: vec![(day, Some("a"), Some(r#"{"b":"namespace","c":"namespace"}"#))],
        keys: vec!["a", "b", "c"],
        ..Case::default()
    };
    check(&case, &[POD_LABELS], &[r#"{"a":"node","b":"namespace","c":"pod"}"#]);
}

#[test]
fn labels_that_change_within_a_day_count_a_pod_in_each_group() {
    let day = "2026-02-03T00:00:00";
    let case = Case {
        pods: vec![POD],
        node_labels: vec![(day, Some("n1"), Some(r#"{"a":"1"}"#)), (day, Some("n1"), Some(r#"{"a":"2"}"#))],
        keys: vec!["a"],
        ..Case::default()
    };
    check(&case, &[POD_LABELS, POD_USAGE_CPU_CORE_HOURS], &[r#"{"a":"1"}, 1"#, r#"{"a":"2"}, 1"#]);
}

#[test]
fn labels_that_the_pod_overrides_double_the_sum_of_one_group() {
    let day = "2026-02-03T00:00:00";
    let case = Case {
        pods: vec![Pod { labels: Some(r#"{"a":"pod"}"#), ..POD }],
        node_labels: vec![(day, Some("n1"), Some(r#"{"a":"1"}"#)), (day, Some("n1"), Some(r#"{"a":"2"}"#))],
        keys: vec!["a"],
        ..Case::default()
    };
    check(&case, &[POD_LABELS, POD_USAGE_CPU_CORE_HOURS], &[r#"{"a":"pod"}, 2"#]);
}

#[test]
fn a_null_label_row_beside_an_empty_one_doubles_the_sum() {
    let day = "2026-02-03T00:00:00";
    let case = Case {
        pods: vec![POD],
        node_labels: vec![(day, Some("n1"), None), (day, Some("n1"), Some("{}"))],
        keys: vec!["a"],
        ..Case::default()
    };
    check(&case, &[POD_LABELS, POD_USAGE_CPU_CORE_HOURS], &["{}, 2"]);
}

#[test]
fn null_pod_labels_are_a_group_of_their_own() {
    let case = Case { pods: vec![POD, Pod { labels: None, ..POD }], keys: vec!["a"], ..Case::default() };
    check(&case, &[POD_LABELS, POD_USAGE_CPU_CORE_HOURS], &["null, 1", "{}, 1"]);
}

#[test]
fn patterns_that_overlap_double_sums_and_keep_maxima() {
    let case = Case {
        pods: vec![Pod { namespace: Some("openshift-x"), ..POD }],
        categories: vec![("openshift-%", Some(1)), ("%-x", Some(2)), ("openshift", Some(9))],
        ..Case::default()
    };
    let columns = [COST_CATEGORY_ID, POD_USAGE_CPU_CORE_HOURS, summary::NODE_CAPACITY_CPU_CORES, summary::NODE_CAPACITY_CPU_CORE_HOURS];
    check(&case, &columns, &["2, 2, 4, 4"]);
}

#[test]
fn effective_usage_falls_back_to_the_greater_of_usage_and_request_or_null() {
    let effective = summary::POD_EFFECTIVE_USAGE_CPU_CORE_HOURS;
    let one = |pod: Pod, expected: &str| check(&Case { pods: vec![pod], ..Case::default() }, &[effective], &[expected]);
    one(Pod { effective: Some(7200.0), ..POD }, "2");
    one(Pod { effective: None, request: Some(10800.0), ..POD }, "3");
    one(Pod { effective: None, request: None, ..POD }, "null");
}

#[test]
fn the_greatest_resource_id_is_by_bytes() {
    let case = Case { pods: vec![Pod { resource_id: Some("Z"), ..POD }, Pod { resource_id: Some("a"), ..POD }], ..Case::default() };
    check(&case, &[RESOURCE_ID], &["a"]);
}

#[test]
fn storage_does_not_touch_pods() {
    let with = Case { pods: vec![POD], claims: vec![CLAIM], ..Case::default() };
    let without = Case { claims: Vec::new(), ..with.clone() };
    assert_eq!(csv_of_all(&pods(&with), &summary::OCP_DAILY_SUMMARY), csv_of_all(&pods(&without), &summary::OCP_DAILY_SUMMARY));
}
