//! The roles of nodes: those that the reference data has, or those that koku's list of nodes finds in the reports.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::Context;
use crate::nise::known::{Known, Name, Why};

const MASTER: &str = "master";
const INFRA: &str = "infra";
const WORKER: &str = "worker";

/// A node that runs it is a master.
const MASTER_NAMESPACE: &str = "openshift-kube-apiserver";
/// The label of a node of infrastructure, and its value.
const INFRA_LABEL: (&str, &str) = ("node_role_kubernetes_io", INFRA);

/// The role of each node by name and id; null is a role that is not there.
pub(super) struct Roles<'a> {
    context: &'a Context<'a>,
    found: BTreeMap<(Name, Name), BTreeSet<&'static str>>,
}

impl<'a> Roles<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        let mut masters: BTreeSet<(Month, Name, Name)> = BTreeSet::new();
        let mut nodes: BTreeSet<(Month, Name, Name)> = BTreeSet::new();
        for ((day, namespace, node, _, _), pod) in &context.days.pods {
            let key = (month(*day), node.clone(), pod.resource_id.clone());
            if namespace == MASTER_NAMESPACE {
                masters.insert(key.clone());
            }
            nodes.insert(key);
        }
        let infra: BTreeSet<(Month, Name)> = context
            .days
            .node_labels
            .iter()
            .filter(|(_, labels)| labels.iter().any(|labels| labels.get(INFRA_LABEL.0).is_some_and(|value| value == INFRA_LABEL.1)))
            .map(|((day, node), _)| (month(*day), node.clone()))
            .collect();
        let mut found: BTreeMap<(Name, Name), BTreeSet<&'static str>> = BTreeMap::new();
        for key in nodes {
            let role = if masters.contains(&key) {
                MASTER
            } else if infra.contains(&(key.0, key.1.clone())) {
                INFRA
            } else {
                WORKER
            };
            found.entry((key.1, key.2)).or_default().insert(role);
        }
        Self { context, found }
    }

    /// The greatest role of the node under each of `resource_ids`, and the namespace of its unallocated capacity.
    pub(super) fn namespace(&self, node: &Name, resource_ids: &BTreeSet<Name>) -> Known<Option<&'static str>> {
        let mut roles: BTreeSet<String> = BTreeSet::new();
        for resource_id in resource_ids {
            if let Some(known) = &self.context.reference.nodes {
                let (Ok(node), Ok(resource_id)) = (node.text(), resource_id.text()) else { return Err(Why::NodeRole) };
                let same =
                    known.iter().filter(|known| known.node.as_deref() == Some(node) && known.resource_id.as_deref() == Some(resource_id));
                roles.extend(same.filter_map(|known| known.node_role.clone()));
            } else {
                let found = self.found.get(&(node.clone(), resource_id.clone()));
                if found.is_some_and(|roles| roles.len() > 1) {
                    return Err(Why::NodeRole);
                }
                roles.extend(found.into_iter().flatten().map(|role| (*role).to_owned()));
            }
        }
        Ok(match roles.last().map(String::as_str) {
            Some(MASTER | INFRA) => Some("Platform unallocated"),
            Some(WORKER) => Some("Worker unallocated"),
            _ => None,
        })
    }
}

type Month = (i32, u32);

fn month(day: NaiveDate) -> Month {
    (day.year(), day.month())
}
