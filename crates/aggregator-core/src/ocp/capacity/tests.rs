use super::*;
use crate::ocp::testing::{Case, POD, Pod, csv};
use crate::table::steps::{CLUSTER_CAPACITY, NODE_CAPACITY};
use polars::prelude::IntoLazy;

fn hour(at: &'static str, node: Option<&'static str>, capacity: Option<f64>) -> Pod {
    Pod { at, node, capacity, ..POD }
}

fn two_days() -> Case {
    let pods = vec![
        hour("2026-02-03T00:00:00", Some("n1"), Some(4.0)),
        hour("2026-02-03T00:00:00", Some("n1"), Some(8.0)),
        hour("2026-02-03T01:00:00", Some("n1"), Some(4.0)),
        hour("2026-02-03T23:59:59.999", Some("n1"), None),
        hour("2026-02-04T00:00:00", Some("n1"), Some(2.0)),
        hour("2026-02-03T00:00:00", Some(""), Some(1.0)),
        hour("2026-02-03T00:00:00", None, Some(0.5)),
        hour("2026-02-03T00:00:00", Some("n2"), None),
    ];
    Case { pods, ..Case::default() }
}

#[test]
fn the_greatest_of_each_interval_is_summed_by_day() {
    let capacity = node_capacity(two_days().pod_usage().lazy()).collect().expect("capacity");
    insta::assert_snapshot!(csv(&capacity, NODE_CAPACITY.columns));
}

#[test]
fn pods_without_a_node_count_for_the_cluster() {
    let capacity = cluster_capacity(node_capacity(two_days().pod_usage().lazy())).collect().expect("capacity");
    let gib = 3600.0 * 1_073_741_824.0;
    let day_three = format!("2026-02-03, {}, {}", 13.5 * 3600.0, 13.5 * gib);
    let day_four = format!("2026-02-04, {}, {}", 2.0 * 3600.0, 2.0 * gib);
    assert_eq!(csv(&capacity, CLUSTER_CAPACITY.columns).lines().skip(1).collect::<Vec<_>>(), [day_three, day_four]);
}
