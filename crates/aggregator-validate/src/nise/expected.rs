//! The daily summary that the reports must lead to, computed from the YAML alone.

mod pod;
mod roles;
mod storage;
mod unallocated;

use std::collections::BTreeMap;

use aggregator_core::table::{ColumnDef, summary};
use chrono::{Datelike, NaiveDate};

use super::dates::Clock;
use super::days::{Days, days};
use super::known::{Known, Name, Why};
use super::model::Report;
use super::reference::Reference;
use super::text::{LabelMap, Labels, json};

/// What a cell must hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expected {
    Null,
    /// Text, and labels as JSON with sorted keys and no blanks.
    Text(String),
    Integer(i32),
    Date(NaiveDate),
    Number(f64),
    /// The YAML does not determine it.
    Open(Why),
}

/// A row.
#[derive(Clone, Debug)]
pub(crate) struct ExpectedRow {
    pub(crate) day: NaiveDate,
    cells: BTreeMap<&'static str, Expected>,
    /// Why the row may not be there.
    pub(crate) doubt: Option<Why>,
}

impl ExpectedRow {
    fn new(day: NaiveDate, data_source: &str, constants: &Constants) -> Self {
        let mut row = Self { day, cells: BTreeMap::new(), doubt: None };
        row.set(summary::UUID, Expected::Open(Why::NotGiven));
        row.set(summary::DATA_SOURCE, Expected::Text(data_source.to_owned()));
        row.set(summary::USAGE_START, Expected::Date(day));
        row.set(summary::USAGE_END, Expected::Date(day));
        row.set(summary::YEAR, Expected::Text(day.year().to_string()));
        row.set(summary::MONTH, Expected::Text(day.month().to_string()));
        row.set(summary::DAY, Expected::Text(day.day().to_string()));
        let given = |text: &Option<String>| text.clone().map_or(Expected::Open(Why::NotGiven), Expected::Text);
        row.set(summary::SOURCE_UUID, given(&constants.source));
        row.set(summary::SOURCE, given(&constants.source));
        row.set(summary::CLUSTER_ID, given(&constants.cluster_id));
        row.set(summary::CLUSTER_ALIAS, given(&constants.cluster_alias));
        row.set(summary::REPORT_PERIOD_ID, constants.report_period_id.map_or(Expected::Open(Why::NotGiven), Expected::Integer));
        row.set(summary::ALL_LABELS, Expected::Text(json(&LabelMap::new())));
        row
    }

    fn set(&mut self, column: ColumnDef, value: Expected) {
        self.cells.insert(column.name, value);
    }

    fn set_number(&mut self, column: ColumnDef, value: Known<f64>) {
        self.set(column, value.map_or_else(Expected::Open, Expected::Number));
    }

    fn set_name(&mut self, column: ColumnDef, value: Option<&Name>) {
        let value = match value.map(Name::text) {
            None => Expected::Null,
            Some(Ok(text)) => Expected::Text(text.to_owned()),
            Some(Err(why)) => Expected::Open(why),
        };
        self.set(column, value);
    }

    fn set_labels(&mut self, column: ColumnDef, labels: &Labels) {
        let value = match labels {
            Labels::Given(labels) => Expected::Text(json(labels)),
            Labels::Random(_, why, _) => Expected::Open(*why),
        };
        self.set(summary::ALL_LABELS, value.clone());
        self.set(column, value);
        self.set(summary::INFRASTRUCTURE_USAGE_COST, Expected::Text(NO_COST.to_owned()));
    }

    fn set_category(&mut self, category: Option<i32>) {
        self.set(summary::COST_CATEGORY_ID, category.map_or(Expected::Null, Expected::Integer));
    }

    /// What `column` must hold; what nobody set is null.
    pub(crate) fn cell(&self, column: &str) -> &Expected {
        self.cells.get(column).unwrap_or(&Expected::Null)
    }
}

/// Zeros, which canonical JSON writes without a fraction.
const NO_COST: &str = r#"{"cpu":0,"memory":0,"storage":0}"#;

/// What every row has, if it was told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Constants {
    pub(crate) source: Option<String>,
    pub(crate) cluster_id: Option<String>,
    pub(crate) cluster_alias: Option<String>,
    pub(crate) report_period_id: Option<i32>,
}

/// The whole summary.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) rows: Vec<ExpectedRow>,
    pub(crate) days: Days,
}

/// The summary of `report`.
pub(crate) fn summary(report: &Report, clock: &Clock, reference: &Reference, constants: &Constants) -> Result<Summary, String> {
    let days = days(report, clock)?;
    let context = Context::new(&days, reference, constants);
    let pods = pod::groups(&context);
    let mut rows: Vec<ExpectedRow> = pods.iter().map(|(key, group)| group.row(key, &context)).collect();
    rows.extend(storage::rows(&context));
    rows.extend(unallocated::rows(&pods, &context));
    rows.sort_by_key(|row| row.day);
    Ok(Summary { rows, days })
}

/// What the sections share.
pub(crate) struct Context<'a> {
    days: &'a Days,
    reference: &'a Reference,
    constants: &'a Constants,
    capacities: BTreeMap<(NaiveDate, Name), super::days::Capacity>,
    clusters: BTreeMap<NaiveDate, super::days::Capacity>,
}

impl<'a> Context<'a> {
    fn new(days: &'a Days, reference: &'a Reference, constants: &'a Constants) -> Self {
        let capacities = days.capacities();
        let mut clusters: BTreeMap<NaiveDate, super::days::Capacity> = BTreeMap::new();
        for ((day, _), capacity) in &capacities {
            let unsure = |number: Known<f64>| match days.makes_up(*day, None) {
                // The nodes with random pods have capacity only by those.
                Some(why) => Err(why),
                None => number,
            };
            let new = super::days::Capacity { cpu: unsure(capacity.cpu), memory: unsure(capacity.memory) };
            let sum = |known: &mut super::days::Capacity| {
                known.cpu = super::known::both(known.cpu, new.cpu, |one, two| one + two);
                known.memory = super::known::both(known.memory, new.memory, |one, two| one + two);
            };
            clusters.entry(*day).and_modify(sum).or_insert(new);
        }
        Self { days, reference, constants, capacities, clusters }
    }

    /// The kept labels of a node on a day, once for each set; an empty set where it has no row.
    fn node_labels(&self, day: NaiveDate, node: Option<&Name>) -> Vec<LabelMap> {
        let found = node.and_then(|node| self.days.node_labels.get(&(day, node.clone())));
        self.kept(found)
    }

    fn namespace_labels(&self, day: NaiveDate, namespace: &str) -> Vec<LabelMap> {
        self.kept(self.days.namespace_labels.get(&(day, namespace.to_owned())))
    }

    fn kept(&self, found: Option<&std::collections::BTreeSet<LabelMap>>) -> Vec<LabelMap> {
        let kept: std::collections::BTreeSet<LabelMap> =
            found.into_iter().flatten().map(|labels| self.reference.enabled.filter(labels.clone())).collect();
        if kept.is_empty() { vec![LabelMap::new()] } else { kept.into_iter().collect() }
    }

    /// The capacity columns of a node on a day.
    fn set_capacity(&self, row: &mut ExpectedRow, node: &Name) {
        use summary as columns;
        let capacity = self.capacities.get(&(row.day, node.clone()));
        if let Some(capacity) = capacity {
            row.set_number(columns::NODE_CAPACITY_CPU_CORE_HOURS, capacity.cpu.map(hours));
            row.set_number(columns::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS, capacity.memory.map(gib_hours));
        }
        if let Some(cluster) = self.clusters.get(&row.day) {
            row.set_number(columns::CLUSTER_CAPACITY_CPU_CORE_HOURS, cluster.cpu.map(hours));
            row.set_number(columns::CLUSTER_CAPACITY_MEMORY_GIGABYTE_HOURS, cluster.memory.map(gib_hours));
        }
    }
}

fn hours(seconds: f64) -> f64 {
    seconds / super::made::HOUR
}

fn gib(bytes: f64) -> f64 {
    bytes / super::made::GIB
}

fn gib_hours(byte_seconds: f64) -> f64 {
    gib(hours(byte_seconds))
}

/// Overlays labels; the later win.
fn merged<'a>(sets: impl IntoIterator<Item = &'a LabelMap>) -> LabelMap {
    sets.into_iter().flat_map(|labels| labels.iter().map(|(key, value)| (key.clone(), value.clone()))).collect()
}
