use super::*;
use crate::ocp::testing::{Case, POD, Pod, csv};

#[test]
fn a_namespace_has_a_row_per_pattern_that_it_fits() {
    let namespaces = [Some("openshift-x"), Some("openshift-x"), Some("kube"), Some("other"), None];
    let case = Case {
        pods: namespaces.map(|namespace| Pod { namespace, ..POD }).to_vec(),
        categories: vec![("openshift-%", Some(1)), ("%x", None), ("kube", Some(2)), ("OPENSHIFT-%", Some(3))],
        ..Case::default()
    };
    let rows = cost_categories(case.pod_usage().lazy(), case.categories_frame().lazy()).collect().expect("categories");
    assert_eq!(
        csv(&rows, NAMESPACE_CATEGORIES.columns).lines().skip(1).collect::<Vec<_>>(),
        ["kube, 2", "openshift-x, 1", "openshift-x, null"]
    );
}
