use super::*;
use crate::ocp::testing::{CLAIM, Case, Claim, POD, Pod, csv};

#[test]
fn all_labels_are_those_of_the_pod_or_the_volume_and_never_null() {
    let case = Case {
        pods: vec![Pod { labels: Some(r#"{"a":"pod"}"#), ..POD }, Pod { namespace: Some("b"), labels: None, ..POD }],
        claims: vec![Claim { claim_labels: Some(r#"{"a":"claim"}"#), ..CLAIM }],
        keys: vec!["a"],
        ..Case::default()
    };
    insta::assert_snapshot!(csv(&case.summary(), &[DATA_SOURCE, NAMESPACE, POD_LABELS, VOLUME_LABELS, ALL_LABELS]));
}

#[test]
fn constants_of_the_run_are_in_every_row() {
    let case = Case { pods: vec![POD], ..Case::default() };
    let constants = [REPORT_PERIOD_ID, CLUSTER_ID, CLUSTER_ALIAS, SOURCE_UUID, USAGE_START, USAGE_END, UUID];
    let row = "7, cluster, alias, 00000000-0000-0000-0000-000000000000, 2026-02-03, 2026-02-03, null";
    assert_eq!(csv(&case.summary(), &constants).lines().skip(1).collect::<Vec<_>>(), [row, row]);
}
