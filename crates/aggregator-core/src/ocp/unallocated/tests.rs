use super::*;
use crate::ocp::testing::{Case, POD, Pod, csv, csv_of_all};
use crate::table::reference::COST_CATEGORY_ID;
use crate::table::summary::{INFRASTRUCTURE_USAGE_COST, OCP_DAILY_SUMMARY};

fn rows(case: &Case) -> DataFrame {
    let all = case.summary();
    all.column(INFRASTRUCTURE_USAGE_COST.name).and_then(|cost| all.filter(&cost.is_null())).expect("unallocated rows")
}

fn check(case: &Case, columns: &[ColumnDef], expected: &[&str]) {
    let text = csv(&rows(case), columns);
    assert_eq!(text.lines().skip(1).collect::<Vec<_>>(), expected);
}

fn with_role(role: Option<&'static str>) -> Case {
    Case { pods: vec![POD], nodes: vec![(Some("n1"), Some("i-1"), role)], ..Case::default() }
}

#[test]
fn what_a_worker_does_not_use_is_worker_unallocated() {
    insta::assert_snapshot!(csv_of_all(&rows(&with_role(Some("worker"))), &OCP_DAILY_SUMMARY));
}

#[test]
fn the_namespace_tells_the_role() {
    for (role, namespace) in [
        (Some("master"), "Platform unallocated"),
        (Some("infra"), "Platform unallocated"),
        (Some("worker"), "Worker unallocated"),
        (Some("gpu"), "null"),
        (Some(""), "null"),
        (None, "null"),
    ] {
        check(&with_role(role), &[NAMESPACE], &[namespace]);
    }
}

#[test]
fn conflicting_roles_yield_the_greatest_and_another_resource_id_none() {
    let mut case = with_role(Some("infra"));
    case.nodes.push((Some("n1"), Some("i-1"), Some("worker")));
    check(&case, &[NAMESPACE], &["Worker unallocated"]);
    case.nodes = vec![(Some("n1"), Some("other"), Some("worker")), (Some("n1"), None, Some("worker"))];
    check(&case, &[NAMESPACE], &["null"]);
}

#[test]
fn more_usage_than_capacity_is_negative() {
    let case = Case { pods: vec![Pod { usage: Some(5.0 * 3600.0), ..POD }], ..Case::default() };
    check(&case, &[POD_USAGE_CPU_CORE_HOURS, POD_REQUEST_CPU_CORE_HOURS], &["-1, 3.5"]);
}

#[test]
fn kokus_own_namespaces_and_null_are_no_usage() {
    let pods = NOT_USAGE.map(|namespace| Pod { namespace: Some(namespace), ..POD });
    let mut case = Case { pods: pods.to_vec(), ..Case::default() };
    check(&case, &[NODE], &[]);
    case.pods = vec![Pod { namespace: None, ..POD }];
    check(&case, &[NODE], &[]);
    case.pods.push(POD);
    check(&case, &[POD_USAGE_CPU_CORE_HOURS], &["3"]);
}

#[test]
fn two_patterns_that_fit_give_two_rows() {
    let case = Case { categories: vec![("Worker%", Some(1)), ("%unallocated", Some(2)), ("x", Some(3))], ..with_role(Some("worker")) };
    check(&case, &[COST_CATEGORY_ID, POD_USAGE_CPU_CORE_HOURS], &["1, 3", "2, 3"]);
}
