//! Laws of the whole daily summary, over random small clusters.

use super::testing::{CLAIM, Case, Claim, POD, Pod, collect, collect_with, csv_of_all, run};
use super::*;
use crate::run::Window;
use crate::table::check_schema;
use crate::table::summary::{
    ALL_LABELS, INFRASTRUCTURE_USAGE_COST, NODE, NODE_CAPACITY_CPU_CORE_HOURS, OCP_DAILY_SUMMARY, POD_REQUEST_CPU_CORE_HOURS,
    POD_USAGE_CPU_CORE_HOURS, USAGE_START,
};
use crate::table::{ColumnDef, Table};
use polars::prelude::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

const DAYS: [&str; 3] = ["2026-02-03T00:00:00", "2026-02-03T05:00:00", "2026-02-04T00:00:00"];
const LABELS: [Option<&str>; 4] = [None, Some("{}"), Some(r#"{"a":"1"}"#), Some(r#"{"a":"2","b":"3"}"#)];

/// Whole numbers of seconds: their sums are exact in any order.
fn seconds() -> impl Strategy<Value = Option<f64>> {
    proptest::option::weighted(0.9, (0..100_u32).prop_map(|units| f64::from(units) * 225.0))
}

prop_compose! {
    fn a_pod()(
        at in proptest::sample::select(&DAYS[..]), namespace in proptest::sample::select(vec![Some("a"), Some("openshift-x"), None]),
        node in proptest::sample::select(vec![Some("n1"), Some("n2"), Some(""), None]), pod in proptest::sample::select(vec![Some("p"), Some("q")]),
        labels in proptest::sample::select(&LABELS[..]), usage in seconds(), request in seconds(), effective in seconds(),
    ) -> Pod {
        Pod { at, namespace, node, pod, labels, usage, request, effective, ..POD }
    }
}

prop_compose! {
    fn a_claim()(
        at in proptest::sample::select(&DAYS[..]), pod in proptest::sample::select(vec![Some("p"), Some("ghost"), None]),
        claim in proptest::sample::select(vec![Some("c"), Some("d")]), volume in proptest::sample::select(vec![Some("v"), Some("w"), None]),
        claim_labels in proptest::sample::select(&LABELS[..]), usage in seconds(),
    ) -> Claim {
        Claim { at, pod, claim, volume, claim_labels, usage, ..CLAIM }
    }
}

fn label_row(name: &'static str) -> impl Strategy<Value = (&'static str, Option<&'static str>, Option<&'static str>)> {
    (proptest::sample::select(&DAYS[..]), proptest::sample::select(&LABELS[..])).prop_map(move |(at, labels)| (at, Some(name), labels))
}

prop_compose! {
    fn a_case()(
        pods in proptest::collection::vec(a_pod(), 0..12), claims in proptest::collection::vec(a_claim(), 0..6),
        node_labels in proptest::collection::vec(label_row("n1"), 0..4), namespace_labels in proptest::collection::vec(label_row("a"), 0..4),
        overlapping in any::<bool>(), role in proptest::sample::select(vec![Some("worker"), Some("infra"), None]),
    ) -> Case {
        let mut categories = vec![("openshift-%", Some(1)), ("Platform unallocated", Some(1))];
        if overlapping {
            categories.push(("%x", Some(2)));
        }
        Case { pods, claims, node_labels, namespace_labels, keys: vec!["a"], categories, nodes: vec![(Some("n1"), Some("i-1"), role)] }
    }
}

fn all(frame: &DataFrame) -> String {
    let columns: &'static [ColumnDef] = Vec::leak([OCP_DAILY_SUMMARY.columns, &[ALL_LABELS]].concat());
    csv_of_all(frame, &Table { columns, ..OCP_DAILY_SUMMARY })
}

/// The sum of `measure` by day and node, of rows of usage or of unallocated rows.
fn by_node(frame: &DataFrame, measure: ColumnDef, unallocated: bool) -> BTreeMap<(String, String), (f64, usize)> {
    let number = |column: ColumnDef, row: usize| frame.column(column.name).expect("a column").f64().expect("doubles").get(row);
    let text = |column: ColumnDef, row: usize| frame.column(column.name).expect("a column").get(row).expect("a row").to_string();
    let mut sums: BTreeMap<_, (f64, usize)> = BTreeMap::new();
    for row in 0..frame.height() {
        let is_unallocated = text(INFRASTRUCTURE_USAGE_COST, row) == "null";
        let counts = is_unallocated || text(crate::table::summary::NAMESPACE, row) != "null";
        if text(crate::table::summary::DATA_SOURCE, row).contains("Pod") && is_unallocated == unallocated && counts {
            let sum = sums.entry((text(USAGE_START, row), text(NODE, row))).or_default();
            if let Some(value) = number(measure, row) {
                sum.0 += value;
                sum.1 += 1;
            }
        }
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn prop_row_order_does_not_matter(case in a_case()) {
        let mut turned = case.clone();
        turned.pods.reverse();
        turned.claims.reverse();
        turned.node_labels.reverse();
        turned.namespace_labels.reverse();
        prop_assert_eq!(all(&case.summary()), all(&turned.summary()));
    }

    #[test]
    fn prop_day_by_day_is_the_whole_month(case in a_case()) {
        let of_day = |day: &str| {
            let mut part = case.clone();
            part.pods.retain(|pod| pod.at.starts_with(day));
            part.claims.retain(|claim| claim.at.starts_with(day));
            part.node_labels.retain(|row| row.0.starts_with(day));
            part.namespace_labels.retain(|row| row.0.starts_with(day));
            part.summary()
        };
        let days = of_day("2026-02-03").vstack(&of_day("2026-02-04")).expect("one schema");
        prop_assert_eq!(all(&days), all(&case.summary()));
    }

    #[test]
    fn prop_double_usage_is_double_the_result(case in a_case()) {
        let mut doubled = case.clone();
        for pod in &mut doubled.pods {
            (pod.usage, pod.request, pod.effective) = (pod.usage.map(|x| x * 2.0), pod.request.map(|x| x * 2.0), pod.effective.map(|x| x * 2.0));
        }
        let (once, twice) = (by_node(&case.summary(), POD_USAGE_CPU_CORE_HOURS, false), by_node(&doubled.summary(), POD_USAGE_CPU_CORE_HOURS, false));
        let expected: BTreeMap<_, _> = once.into_iter().map(|(key, (sum, count))| (key, (sum * 2.0, count))).collect();
        prop_assert_eq!(expected, twice);
    }

    #[test]
    fn prop_used_and_unallocated_are_the_capacity(case in a_case()) {
        let summary = case.summary();
        for measure in [POD_USAGE_CPU_CORE_HOURS, POD_REQUEST_CPU_CORE_HOURS] {
            let used = by_node(&summary, measure, false);
            let capacity = by_node(&summary, NODE_CAPACITY_CPU_CORE_HOURS, true);
            for (key, (unused, rows)) in by_node(&summary, measure, true) {
                let (used, values) = used[&key];
                // Two patterns that fit give two equal rows; nothing but nulls gives null.
                prop_assert_eq!(rows > 0, values > 0, "{:?}", &key);
                if rows > 0 {
                    #[expect(clippy::cast_precision_loss, reason = "a handful of rows")]
                    let expected = capacity[&key].0 - used * rows as f64;
                    prop_assert!((unused - expected).abs() < 1e-9, "{:?}: {} is not {}", key, unused, expected);
                }
            }
        }
    }

    #[test]
    fn prop_usage_is_conserved_where_nothing_fans_out(pods in proptest::collection::vec(a_pod(), 0..12)) {
        let case = Case { pods, keys: vec!["a"], ..Case::default() };
        let line_items: f64 = case.pods.iter().filter(|pod| pod.node.is_some_and(|node| !node.is_empty())).filter_map(|pod| pod.usage).sum();
        let summary = case.summary();
        let usage = summary.filter(&summary.column(INFRASTRUCTURE_USAGE_COST.name).expect("a column").is_not_null()).expect("rows");
        let total = usage.column(POD_USAGE_CPU_CORE_HOURS.name).expect("a column").f64().expect("doubles").sum().unwrap_or_default();
        prop_assert!((total * 3600.0 - line_items).abs() < 1e-6);
    }

    #[test]
    fn prop_the_parts_are_the_whole(case in a_case()) {
        // What a job does that writes as it goes.
        let inputs = case.inputs();
        let first = collect(pod_and_storage(&inputs, &run()));
        let second = unallocated(first.clone().lazy(), inputs.nodes.clone(), inputs.cost_categories.clone());
        let rows = concat([first.lazy(), second], UnionArgs::default()).expect("one schema");
        prop_assert_eq!(all(&collect(finish(rows, &inputs.labels, &run()))), all(&case.summary()));
    }
}

#[test]
fn the_result_is_its_table_even_of_nothing() {
    for case in [Case::default(), Case { pods: vec![POD], claims: vec![CLAIM], ..Case::default() }] {
        let summary = case.summary();
        assert_eq!(check_schema(summary.schema(), &OCP_DAILY_SUMMARY), Ok(()));
        assert_eq!(summary.width(), OCP_DAILY_SUMMARY.columns.len() + 1);
        assert_eq!(summary.height() == 0, case.pods.is_empty());
    }
}

#[test]
fn both_engines_agree() {
    let case = Case {
        pods: vec![
            POD,
            Pod { usage: None, ..POD },
            Pod { namespace: None, usage: None, ..POD },
            Pod { node: Some("n2"), usage: Some(f64::NAN), ..POD },
        ],
        claims: vec![CLAIM, Claim { pod: None, ..CLAIM }],
        node_labels: vec![(POD.at, Some("n1"), Some(r#"{"a":"1"}"#)), (POD.at, Some("n1"), None)],
        keys: vec!["a"],
        categories: vec![("a", Some(1)), ("%", None)],
        ..Case::default()
    };
    let in_memory = collect_with(daily_summary(&case.inputs(), &run()), Engine::InMemory);
    assert_eq!(all(&in_memory), all(&case.summary()));
    assert!(in_memory.height() > 4);
}

#[test]
fn gib_months_are_of_the_runs_own_month() {
    let mut leap = run();
    let day = |day| chrono::NaiveDate::from_ymd_opt(2024, 2, day).expect("a day");
    leap.window = Window::new(day(1), day(29)).expect("a window");
    let case = Case { claims: vec![CLAIM], ..Case::default() };
    let summary = collect(daily_summary(&case.inputs(), &leap));
    let months = summary.column("persistentvolumeclaim_capacity_gigabyte_months").and_then(|column| Ok(column.f64()?.get(0)));
    assert_eq!(months.ok().flatten(), Some(28.0 / 29.0));
}
