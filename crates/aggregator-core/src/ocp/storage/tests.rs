use super::*;
use crate::ocp::testing::{CLAIM, Case, Claim, POD, Pod, csv, csv_of_all};
use crate::table::summary::{PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE_MONTHS, PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS, VOLUME_LABELS};

fn volumes(case: &Case) -> DataFrame {
    let all = case.summary();
    all.column("data_source").and_then(|source| all.filter(&source.str()?.equal("Storage"))).expect("storage rows")
}

fn check(case: &Case, columns: &[ColumnDef], expected: &[&str]) {
    let text = csv(&volumes(case), columns);
    assert_eq!(text.lines().skip(1).collect::<Vec<_>>(), expected);
}

const MEASURES: [ColumnDef; 2] = [PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE_MONTHS, PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS];

#[test]
fn a_claim_has_the_node_of_its_pod() {
    let case = Case { pods: vec![POD], claims: vec![CLAIM], keys: vec!["app"], ..Case::default() };
    insta::assert_snapshot!(csv_of_all(&volumes(&case), &summary::OCP_DAILY_SUMMARY));
}

#[test]
fn shared_volume_is_divided_by_node_count_but_its_capacity_is_not() {
    let case = Case { pods: vec![POD, Pod { node: Some("n2"), resource_id: Some("i-2"), ..POD }], claims: vec![CLAIM], ..Case::default() };
    check(&case, &[NODE, MEASURES[0], MEASURES[1]], &["n1, 1, 0.5", "n2, 1, 0.5"]);
}

#[test]
fn two_resource_ids_of_one_node_duplicate_without_division() {
    let case = Case { pods: vec![POD, Pod { resource_id: Some("i-2"), ..POD }], claims: vec![CLAIM], ..Case::default() };
    check(&case, &[RESOURCE_ID, MEASURES[0], MEASURES[1]], &["i-1, 1, 1", "i-2, 1, 1"]);
}

#[test]
fn a_volume_that_was_mounted_nowhere_has_a_capacity_and_no_usage() {
    let case = Case { pods: vec![POD], claims: vec![Claim { pod: Some("ghost"), ..CLAIM }], ..Case::default() };
    check(&case, &[NODE, MEASURES[0], MEASURES[1]], &["null, 1, null"]);
}

#[test]
fn an_unmounted_claim_of_a_volume_mounted_elsewhere_is_divided() {
    let elsewhere = Claim { claim: Some("d"), pod: Some("ghost"), ..CLAIM };
    let case = Case { pods: vec![POD], claims: vec![CLAIM, elsewhere], ..Case::default() };
    check(&case, &[PERSISTENTVOLUMECLAIM, NODE, MEASURES[1]], &["c, n1, 1", "d, null, 1"]);
}

#[test]
fn a_claim_seen_with_two_volumes_duplicates_both_ways() {
    let case = Case { pods: vec![POD], claims: vec![CLAIM, Claim { volume: Some("w"), ..CLAIM }], ..Case::default() };
    check(&case, &[PERSISTENTVOLUME, MEASURES[0]], &["v, 2", "w, 2"]);
}

#[test]
fn claim_labels_win_over_volume_labels_and_null_makes_all_null() {
    let labelled = Claim { volume_labels: Some(r#"{"a":"volume","b":"volume"}"#), claim_labels: Some(r#"{"b":"claim"}"#), ..CLAIM };
    let case =
        Case { claims: vec![labelled, Claim { claim: Some("d"), volume_labels: None, ..CLAIM }], keys: vec!["a", "b"], ..Case::default() };
    check(&case, &[PERSISTENTVOLUMECLAIM, VOLUME_LABELS], &[r#"c, {"a":"volume","b":"claim"}"#, "d, null"]);
}

#[test]
fn a_pod_on_an_empty_node_mounts_too() {
    let case = Case { pods: vec![Pod { node: Some(""), ..POD }], claims: vec![CLAIM], ..Case::default() };
    check(&case, &[NODE, MEASURES[1]], &[", 1"]);
}
