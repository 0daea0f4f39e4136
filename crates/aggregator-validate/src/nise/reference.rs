//! What the summary reads beside the reports: enabled tag keys, cost categories, roles of nodes. `reference.json` as for `aggregator`.

use serde::Deserialize;

use super::text::{Enabled, like};

/// A new tenant's cost category “Platform” and its patterns of namespaces.
const PLATFORM: i32 = 1;
const PLATFORM_PATTERNS: &[&str] = &["openshift-%", "kube-%", "Platform unallocated", "openshift"];

/// The reference data of a tenant.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) enabled: Enabled,
    categories: Vec<Category>,
    /// None: as koku's list of nodes finds them in the reports.
    pub(crate) nodes: Option<Vec<NodeRole>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Category {
    namespace: Option<String>,
    cost_category_id: Option<i32>,
}

/// A node that koku knows.
#[derive(Clone, Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are those of the file")]
pub(crate) struct NodeRole {
    pub(crate) node: Option<String>,
    pub(crate) resource_id: Option<String>,
    pub(crate) node_role: Option<String>,
}

#[derive(Deserialize)]
struct File {
    enabled_keys: Vec<String>,
    cost_categories: Vec<Category>,
    nodes: Vec<NodeRole>,
}

/// The categories of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Matched {
    /// How many patterns match: each takes every row once.
    pub(crate) times: usize,
    /// The greatest id.
    pub(crate) category: Option<i32>,
}

impl Reference {
    /// A new tenant's.
    pub(crate) fn new_tenant(enabled: Enabled) -> Self {
        let categories =
            PLATFORM_PATTERNS.iter().map(|pattern| Category { namespace: Some((*pattern).to_owned()), cost_category_id: Some(PLATFORM) });
        Self { enabled, categories: categories.collect(), nodes: None }
    }

    /// Those of a `reference.json`.
    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let File { enabled_keys, cost_categories, nodes } = serde_json::from_slice(bytes)?;
        Ok(Self { enabled: Enabled::Keys(enabled_keys.into_iter().collect()), categories: cost_categories, nodes: Some(nodes) })
    }

    /// The categories whose pattern `namespace` matches, one by one.
    pub(crate) fn categories(&self, namespace: &str) -> impl Iterator<Item = Option<i32>> {
        self.categories
            .iter()
            .filter(move |category| category.namespace.as_deref().is_some_and(|pattern| like(namespace, pattern)))
            .map(|category| category.cost_category_id)
    }

    pub(crate) fn matched(&self, namespace: &str) -> Matched {
        let times = self.categories(namespace).count().max(1);
        Matched { times, category: self.categories(namespace).flatten().max() }
    }
}
