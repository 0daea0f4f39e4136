use super::*;
use crate::ocp::testing::{CLAIM, Case, Claim, POD, Pod, csv};
use crate::table::steps::NODES_PER_VOLUME;

fn case() -> Case {
    Case {
        pods: vec![
            POD,
            POD,
            Pod { node: Some(""), ..POD },
            Pod { node: None, ..POD },
            Pod { at: "2026-02-04T00:00:00", node: Some("n9"), ..POD },
        ],
        claims: vec![
            CLAIM,
            CLAIM,
            Claim { namespace: None, ..CLAIM },
            Claim { pod: None, ..CLAIM },
            Claim { pod: Some("ghost"), volume: Some("w"), ..CLAIM },
        ],
        ..Case::default()
    }
}

#[test]
fn a_claim_is_joined_to_the_nodes_of_its_pod_on_that_day() {
    let nodes = volume_nodes(case().claims_by_day(), case().pods_by_day()).collect().expect("nodes");
    insta::assert_snapshot!(csv(&nodes, VOLUME_NODES.columns));
}

#[test]
fn an_empty_node_counts_and_a_null_one_does_not() {
    let count = nodes_per_volume(volume_nodes(case().claims_by_day(), case().pods_by_day())).collect().expect("counts");
    assert_eq!(csv(&count, NODES_PER_VOLUME.columns).lines().skip(1).collect::<Vec<_>>(), ["2026-02-03, v, 2"]);
}
