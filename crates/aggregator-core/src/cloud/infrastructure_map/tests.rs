use super::super::provider::Provider;
use super::*;
use crate::table::cloud::{LINEITEM_RESOURCEID, RESOURCEID};
use crate::table::ocp::{NODE, RESOURCE_ID};
use proptest::prelude::*;

type Rows<'a> = Vec<(&'a str, Option<&'a str>)>;

fn frame(id: &str, rows: &Rows<'_>) -> LazyFrame {
    let (sources, ids): (Vec<_>, Vec<_>) = rows.iter().copied().unzip();
    let columns = vec![Column::new(SOURCE.name.into(), sources), Column::new(id.into(), ids)];
    DataFrame::new(rows.len(), columns).unwrap().lazy()
}

fn tenant(rows: &[(&str, &str)]) -> LazyFrame {
    let (uuids, types): (Vec<_>, Vec<_>) = rows.iter().copied().unzip();
    df![UUID.name => uuids, PROVIDER_TYPE.name => types].unwrap().lazy()
}

fn known(rows: &[[&str; 3]]) -> LazyFrame {
    let column = |place: usize| rows.iter().map(|row| row[place]).collect::<Vec<_>>();
    df![OCP_UUID.name => column(0), INFRA_UUID.name => column(1), PROVIDER_TYPE.name => column(2)].unwrap().lazy()
}

fn rows(map: LazyFrame) -> Vec<String> {
    let map = map.collect().unwrap();
    let text = |name: &str, row: usize| map.column(name).unwrap().str().unwrap().get(row).unwrap_or("null").to_owned();
    (0..map.height())
        .map(|row| INFRASTRUCTURE_MAP.columns.iter().map(|column| text(column.name, row)).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn a_cluster_runs_where_a_resource_contains_its_node() {
    let resources = vec![("cloud-a", Some("arn:aws:ec2:i-12")), ("cloud-b", Some("i-9")), ("cloud-b", Some("")), ("cloud-c", Some("i-1"))];
    let nodes = vec![("cluster-1", Some("i-1")), ("cluster-2", Some("I-9")), ("cluster-2", None), ("cluster-3", Some(""))];
    let tenant = tenant(&[("cloud-a", "AWS"), ("cloud-b", "AWS"), ("cluster-1", "OCP")]);
    let map = infrastructure_map(
        Provider::Aws.cloud(),
        frame(LINEITEM_RESOURCEID.name, &resources),
        frame(RESOURCE_ID.name, &nodes),
        tenant,
        known(&[]),
    );
    // Case counts, and cloud-c is not of this tenant.
    assert_eq!(rows(map), ["cluster-1 cloud-a AWS"]);
}

#[test]
fn an_azure_machine_is_the_ninth_field_and_must_be_equal() {
    let path = |name: &str| format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/{name}");
    let paths = [path("node-1"), path("node-2/disk"), path("node-33"), "node-4".to_owned()];
    let resources = paths.iter().map(|path| ("cloud", Some(path.as_str()))).collect();
    let nodes = ["node-1", "node-2", "node-3", "node-4"]
        .into_iter()
        .zip(["c1", "c2", "c3", "c4"])
        .map(|(node, cluster)| (cluster, Some(node)))
        .collect();
    let tenant = tenant(&[("cloud", "Azure-local")]);
    let map = infrastructure_map(Provider::Azure.cloud(), frame(RESOURCEID.name, &resources), frame(NODE.name, &nodes), tenant, known(&[]));
    assert_eq!(rows(map), ["c1 cloud Azure-local", "c2 cloud Azure-local"]);
}

#[test]
fn what_is_known_is_added_once() {
    let cloud = Provider::Gcp.cloud();
    let resources = frame(crate::table::cloud::RESOURCE_NAME.name, &vec![("cloud", Some("node-1"))]);
    let nodes = frame(NODE.name, &vec![("c1", Some("node-1"))]);
    let known = known(&[["c1", "cloud", "GCP"], ["c2", "cloud", "GCP-local"]]);
    let map = infrastructure_map(cloud, resources, nodes, tenant(&[("cloud", "GCP")]), known);
    assert_eq!(rows(map), ["c1 cloud GCP", "c2 cloud GCP-local"]);
}

fn ids() -> impl Strategy<Value = Vec<(usize, Option<String>)>> {
    proptest::collection::vec((0..3_usize, proptest::option::of("[ab/é]{0,6}")), 0..12)
}

proptest! {
    #[test]
    fn prop_the_map_is_the_join_of_all_pairs(resources in ids(), nodes in ids()) {
        let clouds = ["cloud-0", "cloud-1", "cloud-2"];
        let clusters = ["cluster-0", "cluster-1", "cluster-2"];
        let mut expected = BTreeSet::new();
        for (cloud, resource) in &resources {
            for (cluster, node) in &nodes {
                let (Some(resource), Some(node)) = (resource, node) else { continue };
                if !node.is_empty() && resource.contains(node.as_str()) && *cloud < 2 {
                    expected.insert(format!("{} {} GCP", clusters[*cluster], clouds[*cloud]));
                }
            }
        }
        let resources = resources.iter().map(|(cloud, id)| (clouds[*cloud], id.as_deref())).collect();
        let nodes = nodes.iter().map(|(cluster, id)| (clusters[*cluster], id.as_deref())).collect();
        let tenant = tenant(&[("cloud-0", "GCP"), ("cloud-1", "GCP")]);
        let resources = frame(crate::table::cloud::RESOURCE_NAME.name, &resources);
        let map = infrastructure_map(Provider::Gcp.cloud(), resources, frame(NODE.name, &nodes), tenant, known(&[]));
        prop_assert_eq!(rows(map), expected.into_iter().collect::<Vec<_>>());
    }
}
