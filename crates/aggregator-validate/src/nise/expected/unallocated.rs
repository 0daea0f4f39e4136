//! What no pod used of a node.

use std::collections::{BTreeMap, BTreeSet};

use aggregator_core::table::summary as columns;
use chrono::NaiveDate;

use super::pod::{Group, Key, MEASURES, MEMORY};
use super::roles::Roles;
use super::{Context, Expected, ExpectedRow, gib_hours, hours};
use crate::nise::days::{Measures, add, greater};
use crate::nise::known::{Known, Name, Why, both};

/// Namespaces that hold no pods of their own.
const NOT_ALLOCATED: &[&str] = &["Platform unallocated", "Worker unallocated", "Network unattributed", "Storage unattributed"];

/// The places in [`Measures`] that are left over of a capacity; limits are not.
const LEFT_OVER: [usize; 6] = [0, 1, 2, 4, 5, 6];

struct Used<'a> {
    sums: Measures,
    resource_id: Name,
    resource_ids: BTreeSet<Name>,
    rows: Vec<(&'a Key, &'a Group)>,
    doubt: Option<Why>,
}

pub(super) fn rows(groups: &BTreeMap<Key, Group>, context: &Context<'_>) -> Vec<ExpectedRow> {
    let mut nodes: BTreeMap<(NaiveDate, &Name), Used<'_>> = BTreeMap::new();
    for (key, group) in groups.iter().filter(|(key, _)| !NOT_ALLOCATED.contains(&key.1.as_str())) {
        let sums = group.measures.map(|number| group.sure(number));
        let resource_id = group.resource_id.clone();
        if let Some(used) = nodes.get_mut(&(key.0, &key.2)) {
            add(&mut used.sums, &sums, 1.0);
            used.resource_id = greater(&used.resource_id, &resource_id);
            used.resource_ids.insert(resource_id);
            used.rows.push((key, group));
            used.doubt = used.doubt.and(group.doubt());
        } else {
            let resource_ids = BTreeSet::from([resource_id.clone()]);
            nodes.insert((key.0, &key.2), Used { sums, resource_id, resource_ids, rows: vec![(key, group)], doubt: group.doubt() });
        }
    }
    let roles = Roles::new(context);
    nodes.into_iter().flat_map(|((day, node), used)| of_node(day, node, &used, &roles, context)).collect()
}

fn of_node(day: NaiveDate, node: &Name, used: &Used<'_>, roles: &Roles<'_>, context: &Context<'_>) -> Vec<ExpectedRow> {
    let mut row = ExpectedRow::new(day, "Pod", context.constants);
    row.doubt = used.doubt;
    row.set_name(columns::NODE, Some(node));
    row.set_name(columns::RESOURCE_ID, Some(&used.resource_id));
    let made_up = context.days.makes_up(day, Some(node));
    let capacity = context.capacities.get(&(day, node.clone()));
    for index in LEFT_OVER {
        let (Some(column), Some(sum), Some(capacity)) = (MEASURES.get(index), used.sums.get(index), capacity) else { continue };
        let is_cpu = index < MEMORY;
        let (capacity, sum) =
            if is_cpu { (capacity.cpu.map(hours), sum.map(hours)) } else { (capacity.memory.map(gib_hours), sum.map(gib_hours)) };
        let left: Known<f64> = both(capacity, sum, |capacity, sum| capacity - sum);
        row.set_number(*column, made_up.map_or(left, Err));
    }
    let rows: Vec<ExpectedRow> = used.rows.iter().map(|(key, group)| group.row(key, context)).collect();
    for column in [columns::NODE_CAPACITY_CPU_CORES, columns::NODE_CAPACITY_MEMORY_GIGABYTES] {
        let greatest = rows.iter().map(|row| row.cell(column.name).clone()).reduce(greatest);
        row.set(column, greatest.unwrap_or(Expected::Null));
    }
    context.set_capacity(&mut row, node);
    match roles.namespace(node, &used.resource_ids) {
        Ok(namespace) => {
            row.set_name(columns::NAMESPACE, namespace.map(Name::given).as_ref());
            let categories: Vec<Option<i32>> =
                namespace.map(|namespace| context.reference.categories(namespace).collect()).unwrap_or_default();
            if categories.is_empty() {
                return vec![row];
            }
            categories.into_iter().map(|category| with_category(row.clone(), category)).collect()
        }
        Err(why) => {
            row.set(columns::NAMESPACE, Expected::Open(why));
            row.set(columns::COST_CATEGORY_ID, Expected::Open(why));
            vec![row]
        }
    }
}

/// The greater of two numbers, if both are known.
fn greatest(one: Expected, other: Expected) -> Expected {
    match (one, other) {
        (Expected::Number(one), Expected::Number(other)) => Expected::Number(one.max(other)),
        (open @ Expected::Open(_), _) | (_, open) => open,
    }
}

fn with_category(mut row: ExpectedRow, category: Option<i32>) -> ExpectedRow {
    row.set_category(category);
    row
}
