//! One group a transform, at 10 k, 100 k and 1 M rows of its main input; throughput in rows.
//!
//! Inputs are made from a seed, in memory, before the clock runs: 31 days, 300 namespaces, 100 nodes, 3,000 label texts; those of the
//! clouds are described in `transforms/cloud.rs`. Plans run in Polars' in-memory engine.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "a bench runs plans, stops where its own inputs are wrong, and counts to a million"
)]

#[path = "transforms/cloud.rs"]
mod cloud;

use aggregator_core::cloud::{AwsReference, CloudRun, Values, aws_daily_summary, aws_ec2_summary, azure_daily_summary, gcp_daily_summary};
use aggregator_core::ingest::{self, LINE, ReportType};
use aggregator_core::labels::{EnabledTagKeys, LabelSets};
use aggregator_core::ocp::{self, Inputs, LineItems};
use aggregator_core::run::{ClusterId, Run, SourceUuid, Window};
use aggregator_core::table::cloud::{AWS_DAILY, AWS_EC2, AZURE_DAILY, GCP_HOURLY};
use aggregator_core::table::cloud_reference::{AWS_ACCOUNT_ALIASES, AWS_ORGANIZATIONAL_UNITS};
use aggregator_core::table::ocp::{
    CSI_VOLUME_HANDLE, NAMESPACE, NAMESPACE_LABELS_DAILY, NODE, NODE_LABELS_DAILY, NODE_ROLE, PERSISTENTVOLUME, PERSISTENTVOLUMECLAIM, POD,
    POD_LABELS, POD_USAGE_DAILY, POD_USAGE_DAILY_NODES, POD_USAGE_HOURLY, RESOURCE_ID, STORAGE_USAGE_DAILY, STORAGE_USAGE_DAILY_VOLUMES,
    STORAGECLASS,
};
use aggregator_core::table::reference::{COST_CATEGORY_ID, NAMESPACE_PATTERN};
use aggregator_core::table::{ColumnDef, Kind, Table};
use chrono::{NaiveDate, NaiveTime};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use polars::prelude::*;
use std::time::Duration;

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
const DAYS: usize = 31;
const HOURS: usize = 24 * DAYS;
const MILLISECONDS_PER_HOUR: i64 = 3_600_000;
const NODE_COUNT: usize = 100;
const NAMESPACE_COUNT: usize = 300;
const LABEL_TEXTS: usize = 3_000;
const ENABLED_KEYS: [&str; 8] = ["app", "component", "cost_center", "environment", "owner", "team", "tier", "version"];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 10, 1).expect("a day of the calendar")
}

fn run() -> Run {
    let last = NaiveDate::from_ymd_opt(2026, 10, 31).expect("a day of the calendar");
    Run {
        source: SourceUuid(uuid::Uuid::nil()),
        cluster_id: ClusterId("cluster".to_owned()),
        cluster_alias: Some("alias".to_owned()),
        report_period_id: Some(1),
        window: Window::new(first_day(), last).expect("one month"),
    }
}

fn label_text(which: usize) -> String {
    let mut random = Random(which as u64);
    let labels: Vec<_> = ENABLED_KEYS.iter().map(|key| format!(r#""{key}": "{key}-{}""#, random.below(40))).collect();
    format!(r#"{{"name": "workload-{which}", "pod_template_hash": "{:010x}", {}}}"#, random.next() >> 24, labels.join(", "))
}

/// `rows` rows of `table`, hour by hour or day by day over the month. A row of one table and the same row of another, of as many
/// rows, are of one pod on one day.
fn line_items(table: &Table, rows: usize) -> DataFrame {
    let mut random = Random(rows as u64);
    let midnight = first_day().and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    let apart = if table.name == POD_USAGE_HOURLY.name { 1 } else { HOURS / DAYS };
    let labels: Vec<String> = (0..LABEL_TEXTS).map(label_text).collect();
    let columns = table.columns.iter().map(|column| {
        let name = column.name.into();
        match column.kind {
            Kind::Timestamp => {
                let hour = |row: usize| (row * HOURS / rows / apart * apart) as i64;
                let times: Vec<_> = (0..rows).map(|row| midnight + hour(row) * MILLISECONDS_PER_HOUR).collect();
                Column::new(name, times).cast(&column.kind.data_type()).expect("integers are times")
            }
            Kind::Double => Column::new(name, (0..rows).map(|_| (random.next() >> 20) as f64).collect::<Vec<_>>()),
            Kind::Labels => Column::new(name, (0..rows).map(|row| labels[workload(row)].as_str()).collect::<Vec<_>>()),
            _ => Column::new(name, (0..rows).map(|row| text(column, row)).collect::<Vec<_>>()),
        }
    });
    DataFrame::new(rows, columns.collect()).expect("columns of one length")
}

/// `rows` rows of the operator's pod report as text cells: the hours of one day, one after the other.
fn pod_report(rows: usize) -> (Vec<PlSmallStr>, DataFrame) {
    const HOURS_OF_A_DAY: usize = 24;
    let mut random = Random(rows as u64);
    let pods = rows.div_ceil(HOURS_OF_A_DAY);
    let labels: Vec<String> = (0..LABEL_TEXTS).map(operator_labels).collect();
    let given = ReportType::PodUsage.hourly().columns.iter().filter(|column| !column.name.contains("effective"));
    let mut columns: Vec<Column> = given
        .map(|column| {
            let cells: Vec<String> = (0..rows)
                .map(|row| match column.kind {
                    Kind::Timestamp => format!("{} {:02}:00:00 +0000 UTC", first_day(), row / pods),
                    Kind::Double => format!("{:.6}", (random.next() >> 32) as f64 / 1e6),
                    Kind::Labels => labels[workload(row % pods)].clone(),
                    _ => text(column, row % pods),
                })
                .collect();
            Column::new(column.name.into(), cells)
        })
        .collect();
    let header = columns.iter().map(|column| column.name().clone()).collect();
    columns.push(Column::new(LINE.into(), (0..rows as u64).collect::<Vec<_>>()));
    (header, DataFrame::new(rows, columns).expect("columns of one length"))
}

fn operator_labels(which: usize) -> String {
    let mut random = Random(which as u64);
    let labels: Vec<_> = ENABLED_KEYS.iter().map(|key| format!("label_{key}:{key}-{}", random.below(40))).collect();
    format!("label_name:workload-{which}|{}", labels.join("|"))
}

/// What the pods of a row's workload share: labels and namespace.
fn workload(row: usize) -> usize {
    Random(row as u64).below(LABEL_TEXTS)
}

fn node(row: usize) -> usize {
    Random(!(row as u64)).below(NODE_COUNT)
}

fn text(column: &ColumnDef, row: usize) -> String {
    match *column {
        NODE => node_name(node(row)),
        RESOURCE_ID => resource_id(node(row)),
        NODE_ROLE => "worker".to_owned(),
        NAMESPACE => format!("team-{:03}-prod", workload(row) % NAMESPACE_COUNT),
        POD => format!("workload-{}-{row:08x}", workload(row)),
        STORAGECLASS => "gp3-csi".to_owned(),
        PERSISTENTVOLUMECLAIM => format!("data-{row}"),
        PERSISTENTVOLUME => format!("pvc-{row:032x}"),
        CSI_VOLUME_HANDLE => format!("vol-{row:017x}"),
        _ => unreachable!("`{}` is no text of the line items", column.name),
    }
}

fn node_name(node: usize) -> String {
    format!("ip-10-0-0-{node}.eu-central-1.compute.internal")
}

fn resource_id(node: usize) -> String {
    format!("i-{node:017x}")
}

fn nodes() -> DataFrame {
    let names: Vec<_> = (0..NODE_COUNT).map(node_name).collect();
    let ids: Vec<_> = (0..NODE_COUNT).map(resource_id).collect();
    let roles = vec!["worker"; NODE_COUNT];
    df![NODE.name => names, RESOURCE_ID.name => ids, NODE_ROLE.name => roles].expect("columns of one length")
}

fn cost_categories() -> DataFrame {
    let patterns = ["openshift-%", "kube-%", "openshift", "Platform unallocated"];
    df![NAMESPACE_PATTERN.name => patterns, COST_CATEGORY_ID.name => [1, 1, 1, 1]].expect("columns of one length")
}

/// `rows` pods, as many claims, and the labels of nodes and namespaces.
fn all_line_items(rows: usize) -> LineItems {
    LineItems {
        pod_usage_daily: line_items(&POD_USAGE_DAILY, rows),
        storage_usage_daily: Some(line_items(&STORAGE_USAGE_DAILY, rows)),
        node_labels_daily: one_a_day(&NODE_LABELS_DAILY, NODE),
        namespace_labels_daily: one_a_day(&NAMESPACE_LABELS_DAILY, NAMESPACE),
    }
}

/// One row a day and `key` of `table`.
fn one_a_day(table: &Table, key: ColumnDef) -> DataFrame {
    let rows = line_items(table, DAYS * 20 * NAMESPACE_COUNT);
    let keys = vec![table.columns[0].name.to_owned(), key.name.to_owned()];
    rows.unique_stable(Some(&keys), UniqueKeepStrategy::First, None).expect("the columns are there")
}

/// What the sections read, with label sets of its own: a merge that one iteration remembers does not help the next.
fn inputs(line_items: &LineItems, node_capacity: &DataFrame) -> Inputs {
    let labels = LabelSets::new(ENABLED_KEYS);
    let (categories, nodes) = (cost_categories().lazy(), nodes().lazy());
    line_items.clone().into_inputs(node_capacity.clone().lazy(), categories, nodes, &labels).expect("the line items are their tables")
}

fn collect(plan: LazyFrame) -> DataFrame {
    plan.collect().expect("the plan runs")
}

/// A group of `name` with one bench a size; `prepare` makes what `transform` is timed on.
fn bench<Prepared, Out>(
    criterion: &mut Criterion,
    name: &str,
    mut prepare: impl FnMut(usize) -> Box<dyn FnMut() -> Prepared>,
    transform: impl Fn(Prepared) -> Out,
) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    for rows in SIZES {
        // Only for a bench that was asked for.
        let mut input = None;
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function(BenchmarkId::from_parameter(rows), |bencher| {
            let input = input.get_or_insert_with(|| prepare(rows));
            bencher.iter_batched(input, &transform, BatchSize::PerIteration);
        });
    }
    group.finish();
}

/// `prepare` of a transform that reads one frame.
fn frame(table: &'static Table) -> impl FnMut(usize) -> Box<dyn FnMut() -> LazyFrame> {
    move |rows| {
        let frame = line_items(table, rows);
        Box::new(move || frame.clone().lazy())
    }
}

/// `prepare` of a section of the summary.
fn sections(rows: usize) -> Box<dyn FnMut() -> Inputs> {
    let line_items = all_line_items(rows);
    let node_capacity = collect(ocp::node_capacity(self::line_items(&POD_USAGE_HOURLY, HOURS * NODE_COUNT).lazy()));
    Box::new(move || inputs(&line_items, &node_capacity))
}

fn transforms(criterion: &mut Criterion) {
    bench(criterion, "node_capacity", frame(&POD_USAGE_HOURLY), |pods| collect(ocp::node_capacity(pods)));
    bench(
        criterion,
        "label_sets",
        |rows| {
            let frame = line_items(&POD_USAGE_DAILY, rows);
            let texts = frame.column(POD_LABELS.name).and_then(Column::str).cloned().expect("labels are text");
            Box::new(move || texts.clone())
        },
        |texts| LabelSets::new(ENABLED_KEYS).encode(&texts).expect("the labels are well-formed"),
    );
    bench(criterion, "volume_nodes", sections, |inputs| {
        inputs.storage_usage_daily.map(|storage| collect(ocp::volume_nodes(storage, inputs.pod_usage_daily)))
    });
    bench(criterion, "pod", sections, |inputs| collect(ocp::pod(&inputs)));
    bench(criterion, "storage", sections, |inputs| {
        inputs.storage_usage_daily.clone().map(|storage| collect(ocp::storage(&inputs, storage, &run())))
    });
    let pod_rows = |rows| {
        let inputs = sections(rows)();
        (collect(ocp::pod(&inputs)), inputs.labels)
    };
    bench(
        criterion,
        "unallocated",
        |rows| {
            let (rows, _) = pod_rows(rows);
            Box::new(move || rows.clone().lazy())
        },
        |rows| collect(ocp::unallocated(rows, nodes().lazy(), cost_categories().lazy())),
    );
    bench(
        criterion,
        "finish",
        |rows| {
            let (rows, labels) = pod_rows(rows);
            Box::new(move || (rows.clone().lazy(), labels.clone()))
        },
        |(rows, labels)| collect(ocp::finish(rows, &labels, &run())),
    );
    let labels = one_a_day(&NODE_LABELS_DAILY, NODE);
    bench(criterion, "nodes", frame(&POD_USAGE_DAILY_NODES), |pods| collect(ocp::nodes(pods, labels.clone().lazy())));
    bench(criterion, "volumes", frame(&STORAGE_USAGE_DAILY_VOLUMES), |claims| collect(ocp::volumes(claims)));
    bench(
        criterion,
        "ingest",
        |rows| {
            let (header, cells) = pod_report(rows);
            Box::new(move || (header.clone(), cells.clone().lazy()))
        },
        |(header, cells)| {
            let typed = collect(ingest::typed(ReportType::PodUsage, &header, cells));
            let line_items = collect(ingest::line_items(&header, typed.lazy()));
            (collect(ingest::daily(ReportType::PodUsage, line_items.clone().lazy())), line_items)
        },
    );
    bench(criterion, "projects", frame(&POD_USAGE_DAILY), |pods| collect(ocp::projects(pods)));
}

/// `prepare` of a summary of a cloud.
fn cloud_frame(table: &'static Table) -> impl FnMut(usize) -> Box<dyn FnMut() -> LazyFrame> {
    move |rows| {
        let frame = cloud::line_items(table, rows);
        Box::new(move || frame.clone().lazy())
    }
}

fn clouds(criterion: &mut Criterion) {
    let enabled: EnabledTagKeys = ENABLED_KEYS.map(str::to_owned).to_vec().into();
    let reference = AwsReference {
        enabled_tag_keys: enabled.clone(),
        account_aliases: DataFrame::empty_with_schema(&AWS_ACCOUNT_ALIASES.schema()).lazy(),
        organizational_units: DataFrame::empty_with_schema(&AWS_ORGANIZATIONAL_UNITS.schema()).lazy(),
    };
    let Run { source, window, .. } = run();
    let run = CloudRun {
        source,
        bill_id: Some(1),
        start: window.start(),
        end: window.end(),
        markup: "10".parse().expect("a percentage"),
        values: Values::Repaired,
    };
    let invoice_month = first_day().format("%Y%m").to_string();
    bench(criterion, "aws_daily_summary", cloud_frame(&AWS_DAILY), |rows| collect(aws_daily_summary(rows, &reference, &run)));
    bench(criterion, "aws_ec2_summary", cloud_frame(&AWS_EC2), |rows| collect(aws_ec2_summary(rows, &reference, &run)));
    bench(criterion, "azure_daily_summary", cloud_frame(&AZURE_DAILY), |rows| collect(azure_daily_summary(rows, &enabled, &run)));
    bench(criterion, "gcp_daily_summary", cloud_frame(&GCP_HOURLY), |rows| {
        collect(gcp_daily_summary(rows, &enabled, &invoice_month, &run))
    });
}

criterion_group!(benches, transforms, clouds);
criterion_main!(benches);
