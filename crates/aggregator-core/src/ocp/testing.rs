//! Tiny frames for tests: rows with sensible values, to be changed where a test is about them; and results as sorted CSV.
#![allow(clippy::expect_used, clippy::panic, clippy::struct_field_names, reason = "a test that cannot be set up has failed")]

use super::{Inputs, LineItems, node_capacity, with_usage_start};
use crate::labels::LabelSets;
use crate::run::{ClusterId, Run, SourceUuid, Window};
use crate::table::Table;
use crate::table::{ocp, reference};
use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;

/// A pod's line item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pod {
    pub(crate) at: &'static str,
    pub(crate) namespace: Option<&'static str>,
    pub(crate) node: Option<&'static str>,
    pub(crate) pod: Option<&'static str>,
    pub(crate) resource_id: Option<&'static str>,
    pub(crate) labels: Option<&'static str>,
    pub(crate) usage: Option<f64>,
    pub(crate) request: Option<f64>,
    pub(crate) effective: Option<f64>,
    pub(crate) capacity: Option<f64>,
}

/// One core for an hour, half of it requested, on a node of four cores.
pub(crate) const POD: Pod = Pod {
    at: "2026-02-03T00:00:00",
    namespace: Some("a"),
    node: Some("n1"),
    pod: Some("p"),
    resource_id: Some("i-1"),
    labels: Some("{}"),
    usage: Some(3600.0),
    request: Some(1800.0),
    effective: Some(3600.0),
    capacity: Some(4.0),
};

/// A claim's line item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) at: &'static str,
    pub(crate) namespace: Option<&'static str>,
    pub(crate) pod: Option<&'static str>,
    pub(crate) claim: Option<&'static str>,
    pub(crate) volume: Option<&'static str>,
    pub(crate) volume_labels: Option<&'static str>,
    pub(crate) claim_labels: Option<&'static str>,
    pub(crate) usage: Option<f64>,
}

/// One GiB, full for a day of a month of 28 days.
pub(crate) const CLAIM: Claim = Claim {
    at: "2026-02-03T00:00:00",
    namespace: Some("a"),
    pod: Some("p"),
    claim: Some("c"),
    volume: Some("v"),
    volume_labels: Some("{}"),
    claim_labels: Some("{}"),
    usage: Some(86400.0 * 28.0 * 1_073_741_824.0),
};

/// A row of labels: when, of what, which.
pub(crate) type LabelRow = (&'static str, Option<&'static str>, Option<&'static str>);

/// A run's inputs as rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) pods: Vec<Pod>,
    pub(crate) claims: Vec<Claim>,
    pub(crate) node_labels: Vec<LabelRow>,
    pub(crate) namespace_labels: Vec<LabelRow>,
    pub(crate) keys: Vec<&'static str>,
    pub(crate) categories: Vec<(&'static str, Option<i32>)>,
    pub(crate) nodes: Vec<(Option<&'static str>, Option<&'static str>, Option<&'static str>)>,
}

const GIB: f64 = 1_073_741_824.0;

fn stamps<'a>(rows: impl Iterator<Item = &'a str>) -> Column {
    let stamps: Vec<NaiveDateTime> = rows.map(|text| text.parse().expect("a time")).collect();
    let stamps: Vec<i64> = stamps.iter().map(|time| time.and_utc().timestamp_millis()).collect();
    Column::new(ocp::INTERVAL_START.name.into(), stamps).cast(&ocp::INTERVAL_START.kind.data_type()).expect("milliseconds")
}

fn column<T>(name: &str, values: Vec<Option<T>>) -> Column
where
    Series: NamedFrom<Vec<Option<T>>, [Option<T>]>,
{
    Series::new(name.into(), values).into_column()
}

fn frame(height: usize, columns: Vec<Column>) -> DataFrame {
    DataFrame::new(height, columns).expect("columns of one height")
}

impl Case {
    pub(crate) fn pod_usage(&self) -> DataFrame {
        let rows = &self.pods;
        let text =
            |column_: crate::table::ColumnDef, get: fn(&Pod) -> Option<&'static str>| column(column_.name, rows.iter().map(get).collect());
        let number =
            |column_: crate::table::ColumnDef, get: &dyn Fn(&Pod) -> Option<f64>| column(column_.name, rows.iter().map(get).collect());
        let gib = |value: Option<f64>| value.map(|value| value * GIB);
        frame(
            rows.len(),
            vec![
                stamps(rows.iter().map(|row| row.at)),
                text(ocp::NAMESPACE, |row| row.namespace),
                text(ocp::NODE, |row| row.node),
                text(ocp::POD, |row| row.pod),
                text(ocp::RESOURCE_ID, |row| row.resource_id),
                text(ocp::POD_LABELS, |row| row.labels),
                number(ocp::POD_USAGE_CPU_CORE_SECONDS, &|row| row.usage),
                number(ocp::POD_REQUEST_CPU_CORE_SECONDS, &|row| row.request),
                number(ocp::POD_EFFECTIVE_USAGE_CPU_CORE_SECONDS, &|row| row.effective),
                number(ocp::POD_LIMIT_CPU_CORE_SECONDS, &|row| row.usage.map(|usage| usage * 2.0)),
                number(ocp::POD_USAGE_MEMORY_BYTE_SECONDS, &|row| gib(row.usage)),
                number(ocp::POD_REQUEST_MEMORY_BYTE_SECONDS, &|row| gib(row.request)),
                number(ocp::POD_EFFECTIVE_USAGE_MEMORY_BYTE_SECONDS, &|row| gib(row.effective)),
                number(ocp::POD_LIMIT_MEMORY_BYTE_SECONDS, &|row| gib(row.usage.map(|usage| usage * 2.0))),
                number(ocp::NODE_CAPACITY_CPU_CORES, &|row| row.capacity),
                number(ocp::NODE_CAPACITY_CPU_CORE_SECONDS, &|row| row.capacity.map(|cores| cores * 3600.0)),
                number(ocp::NODE_CAPACITY_MEMORY_BYTES, &|row| gib(row.capacity)),
                number(ocp::NODE_CAPACITY_MEMORY_BYTE_SECONDS, &|row| gib(row.capacity.map(|gib| gib * 3600.0))),
            ],
        )
    }

    pub(crate) fn storage_usage(&self) -> DataFrame {
        let rows = &self.claims;
        let text = |column_: crate::table::ColumnDef, get: fn(&Claim) -> Option<&'static str>| {
            column(column_.name, rows.iter().map(get).collect())
        };
        let number =
            |column_: crate::table::ColumnDef, get: &dyn Fn(&Claim) -> Option<f64>| column(column_.name, rows.iter().map(get).collect());
        frame(
            rows.len(),
            vec![
                stamps(rows.iter().map(|row| row.at)),
                text(ocp::NAMESPACE, |row| row.namespace),
                text(ocp::POD, |row| row.pod),
                text(ocp::PERSISTENTVOLUMECLAIM, |row| row.claim),
                text(ocp::PERSISTENTVOLUME, |row| row.volume),
                text(ocp::STORAGECLASS, |_| Some("gp3")),
                text(ocp::CSI_VOLUME_HANDLE, |_| None),
                text(ocp::PERSISTENTVOLUME_LABELS, |row| row.volume_labels),
                text(ocp::PERSISTENTVOLUMECLAIM_LABELS, |row| row.claim_labels),
                number(ocp::PERSISTENTVOLUMECLAIM_CAPACITY_BYTES, &|_| Some(GIB)),
                number(ocp::PERSISTENTVOLUMECLAIM_CAPACITY_BYTE_SECONDS, &|_| CLAIM.usage),
                number(ocp::VOLUME_REQUEST_STORAGE_BYTE_SECONDS, &|row| row.usage.map(|usage| usage / 2.0)),
                number(ocp::PERSISTENTVOLUMECLAIM_USAGE_BYTE_SECONDS, &|row| row.usage),
            ],
        )
    }

    fn label_frame(rows: &[LabelRow], table: &Table) -> DataFrame {
        let [_, name, labels] = table.columns else { panic!("a table of labels has three columns") };
        let columns = vec![
            stamps(rows.iter().map(|row| row.0)),
            column(name.name, rows.iter().map(|row| row.1).collect()),
            column(labels.name, rows.iter().map(|row| row.2).collect()),
        ];
        frame(rows.len(), columns)
    }

    pub(crate) fn node_labels_frame(&self) -> DataFrame {
        Self::label_frame(&self.node_labels, &ocp::NODE_LABELS_DAILY)
    }

    pub(crate) fn categories_frame(&self) -> DataFrame {
        let rows = &self.categories;
        let patterns = column(reference::NAMESPACE_PATTERN.name, rows.iter().map(|row| Some(row.0)).collect());
        frame(rows.len(), vec![patterns, column(reference::COST_CATEGORY_ID.name, rows.iter().map(|row| row.1).collect())])
    }

    pub(crate) fn nodes_frame(&self) -> DataFrame {
        let rows = &self.nodes;
        let columns = vec![
            column(reference::NODE.name, rows.iter().map(|row| row.0).collect()),
            column(reference::RESOURCE_ID.name, rows.iter().map(|row| row.1).collect()),
            column(reference::NODE_ROLE.name, rows.iter().map(|row| row.2).collect()),
        ];
        frame(rows.len(), columns)
    }

    pub(crate) fn inputs(&self) -> Inputs {
        let items = LineItems {
            pod_usage_daily: self.pod_usage(),
            storage_usage_daily: Some(self.storage_usage()),
            node_labels_daily: self.node_labels_frame(),
            namespace_labels_daily: Self::label_frame(&self.namespace_labels, &ocp::NAMESPACE_LABELS_DAILY),
        };
        // The same rows stand for the hours.
        let capacity = node_capacity(self.pod_usage().lazy());
        let labels = LabelSets::new(&self.keys);
        items.into_inputs(capacity, self.categories_frame().lazy(), self.nodes_frame().lazy(), &labels).expect("line items")
    }

    /// The whole daily summary of February 2026.
    pub(crate) fn summary(&self) -> DataFrame {
        collect(super::daily_summary(&self.inputs(), &run()))
    }

    /// A frame with days in place of hours, as the transforms before labels take it.
    pub(crate) fn pods_by_day(&self) -> LazyFrame {
        with_usage_start(self.pod_usage().lazy())
    }

    pub(crate) fn claims_by_day(&self) -> LazyFrame {
        with_usage_start(self.storage_usage().lazy())
    }
}

/// Runs a plan. Polars walks plans by recursion; unoptimised, the whole summary needs more than a test thread's stack.
pub(crate) fn collect(plan: LazyFrame) -> DataFrame {
    collect_with(plan, Engine::Auto)
}

/// As [`collect`], with an engine.
pub(crate) fn collect_with(plan: LazyFrame, engine: Engine) -> DataFrame {
    let run = move || plan.collect_with_engine(engine).expect("a result").unwrap_single();
    std::thread::Builder::new().stack_size(64 << 20).spawn(run).expect("a thread").join().expect("a result")
}

/// February 2026 of some cluster.
pub(crate) fn run() -> Run {
    let day = |day| NaiveDate::from_ymd_opt(2026, 2, day).expect("a day");
    Run {
        source: SourceUuid(uuid::Uuid::nil()),
        cluster_id: ClusterId("cluster".to_owned()),
        cluster_alias: Some("alias".to_owned()),
        report_period_id: Some(7),
        window: Window::new(day(1), day(28)).expect("a window"),
    }
}

/// `columns` of `frame` as CSV, rows sorted as text, so that a snapshot does not depend on their order.
pub(crate) fn csv(frame: &DataFrame, columns: &[crate::table::ColumnDef]) -> String {
    let cell = |column: &crate::table::ColumnDef, row: usize| match frame.column(column.name).expect("a column").get(row).expect("a row") {
        AnyValue::Null => "null".to_owned(),
        AnyValue::String(text) => text.to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Float64(number) => format!("{number}"),
        other => other.to_string(),
    };
    let mut rows: Vec<String> =
        (0..frame.height()).map(|row| columns.iter().map(|column| cell(column, row)).collect::<Vec<_>>().join(", ")).collect();
    rows.sort();
    let header = columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
    std::iter::once(header).chain(rows).collect::<Vec<_>>().join("\n")
}

/// As [`csv`], with every column of the frame that is not null in all rows.
pub(crate) fn csv_of_all(frame: &DataFrame, table: &Table) -> String {
    let filled = |column: &&crate::table::ColumnDef| frame.column(column.name).is_ok_and(|values| values.null_count() < values.len());
    csv(frame, &table.columns.iter().filter(filled).copied().collect::<Vec<_>>())
}
