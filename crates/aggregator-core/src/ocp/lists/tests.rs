use super::*;
use crate::ocp::testing::{CLAIM, Case, Claim, POD, Pod, csv};

fn nodes_of(case: &Case) -> String {
    let pods = case.pod_usage().lazy().with_column(NODE_ROLE.null());
    csv(&nodes(pods, case.node_labels_frame().lazy()).collect().expect("nodes"), NODE_LIST.columns)
}

#[test]
fn roles_come_from_namespaces_and_label_text() {
    let day = "2026-02-03T00:00:00";
    let on = |node| Pod { node: Some(node), ..POD };
    let case = Case {
        pods: vec![
            Pod { namespace: Some("openshift-kube-apiserver"), ..on("master") },
            on("master"),
            on("infra"),
            on("infra-without-blank"),
            on("worker"),
            on("no-labels"),
        ],
        node_labels: vec![
            (day, Some("master"), Some(r#"{"kubernetes_io_arch": "ARM64"}"#)),
            (day, Some("infra"), Some(r#"{"node_role_kubernetes_io": "infra"}"#)),
            (day, Some("infra-without-blank"), Some(r#"{"node_role_kubernetes_io":"infra"}"#)),
            (day, Some("worker"), None),
        ],
        ..Case::default()
    };
    insta::assert_snapshot!(nodes_of(&case));
}

#[test]
fn a_role_in_the_line_items_wins_even_if_empty() {
    let case = Case { pods: vec![POD], node_labels: vec![(POD.at, Some("n1"), Some("{}"))], ..Case::default() };
    let pods = case.pod_usage().lazy().with_column(lit("").alias(NODE_ROLE.name));
    let list = nodes(pods, case.node_labels_frame().lazy()).collect().expect("nodes");
    assert_eq!(csv(&list, &[NODE, NODE_ROLE]).lines().skip(1).collect::<Vec<_>>(), ["n1, "]);
}

#[test]
fn volumes_and_projects_are_distinct_and_keep_nulls() {
    let case = Case {
        pods: vec![POD, POD, Pod { namespace: Some(""), ..POD }, Pod { namespace: None, ..POD }],
        claims: vec![CLAIM, CLAIM, Claim { volume: None, ..CLAIM }],
        ..Case::default()
    };
    let claims = volumes(case.storage_usage().lazy()).collect().expect("volumes");
    assert_eq!(csv(&claims, VOLUME_LIST.columns).lines().skip(1).collect::<Vec<_>>(), ["null, c, null", "v, c, null"]);
    let namespaces = projects(case.pod_usage().lazy()).collect().expect("projects");
    assert_eq!(csv(&namespaces, PROJECT_LIST.columns).lines().skip(1).collect::<Vec<_>>(), ["", "a", "null"]);
}

#[test]
fn the_time_range_is_null_without_rows() {
    let range = time_range(Case::default().pod_usage().lazy()).collect().expect("a range");
    assert_eq!((range.height(), range.columns().iter().map(Column::null_count).sum::<usize>()), (1, 2));
}
