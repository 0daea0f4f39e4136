use super::super::testing::{integers, numbers, report, texts};
use super::*;
use crate::ocp::testing::collect;
use polars::df;
use proptest::prelude::*;

const VALUE: &str = "gpu_pod_uptime";

fn text(values: &[Option<&str>]) -> Vec<Option<String>> {
    values.iter().map(|value| value.map(str::to_owned)).collect()
}

/// GPUs of the pods `pods`, with times; [`DAY`] as days since 1970.
fn gpu_rows(days: &[i32], pods: &[&str], uptimes: &[f64]) -> DataFrame {
    let height = days.len();
    let uptimes = Float64Chunked::from_iter_options(VALUE.into(), uptimes.iter().map(|value| (!value.is_nan()).then_some(*value)));
    let mut columns: Vec<Column> = ReportType::GpuUsage
        .hourly()
        .columns
        .iter()
        .map(|column| Column::full_null(column.name.into(), height, &column.kind.data_type()))
        .collect();
    columns.push(Column::full_null(DAY.into(), height, &DataType::Date));
    columns.push(Column::full_null(INTERVAL_DAY.into(), height, &INTERVAL_START.kind.data_type()));
    let mut frame = DataFrame::new(height, columns).unwrap();
    let midnights: Vec<_> = days.iter().map(|day| i64::from(*day) * 86_400_000).collect();
    frame.with_column(Column::new("pod".into(), pods)).unwrap();
    frame.with_column(uptimes.into_column()).unwrap();
    frame.with_column(Column::new(DAY.into(), days).cast(&DataType::Date).unwrap()).unwrap();
    frame.with_column(Column::new(INTERVAL_DAY.into(), midnights).cast(&INTERVAL_START.kind.data_type()).unwrap()).unwrap();
    frame
}

fn sum_of(values: &[f64]) -> Option<f64> {
    let rows = gpu_rows(&vec![1; values.len()], &vec!["p"; values.len()], values);
    numbers(&collect(daily(ReportType::GpuUsage, rows.lazy())), VALUE)[0]
}

// The sums are those of `DataFrame.groupby.sum` of pandas 2.3.3.
#[test]
fn sums_are_pandas_to_the_last_digit() {
    let infinite = f64::INFINITY;
    for (values, expected) in [
        (&[1e16, 1.0, 1.0, -1e16][..], Some(2.0)),
        (&[0.1; 10], Some(1.0)),
        (&[1.0, 1e100, 1.0, -1e100], Some(0.0)),
        (&[f64::NAN, f64::NAN], Some(0.0)),
        (&[f64::NAN, 2.5], Some(2.5)),
        (&[infinite, 1.0, 2.0], Some(infinite)),
        (&[-infinite], Some(-infinite)),
        (&[infinite, -infinite], None),
        (&[1e308, 1e308, -1e308], None),
    ] {
        assert_eq!(sum_of(values), expected, "{values:?}");
    }
}

#[test]
fn a_day_has_sums_and_maxima_of_its_hours() {
    let cells: &[(&str, &[&str])] = &[
        ("interval_start", &["2026-04-02 00:00:00", "2026-04-02 01:00:00", "2026-04-03 00:00:00"]),
        ("report_period_end", &["2026-05-01", "2026-05-02", "2026-05-01"]),
        ("pod_usage_cpu_core_seconds", &["1", "2", "4"]),
        ("pod_request_cpu_core_seconds", &["2", "1", "0"]),
        ("node_capacity_cpu_cores", &["8", "+nan", "16"]),
        ("node_capacity_memory_bytes", &["+nan", "+nan", "1"]),
        ("resource_id", &["é", "z", ""]),
    ];
    let daily = report(ReportType::PodUsage, cells).daily();
    let days = [Some(1_775_088_000_000), Some(1_775_174_400_000)];
    assert_eq!(integers(&daily, "interval_start"), days);
    assert_eq!(integers(&daily, DAY), [Some(20_545), Some(20_546)]);
    assert_eq!(integers(&daily, "report_period_end"), [Some(1_777_680_000_000), Some(1_777_593_600_000)]);
    assert_eq!(numbers(&daily, "pod_usage_cpu_core_seconds"), [Some(3.0), Some(4.0)]);
    assert_eq!(numbers(&daily, "pod_effective_usage_cpu_core_seconds"), [Some(4.0), Some(4.0)]);
    assert_eq!(numbers(&daily, "node_capacity_cpu_cores"), [Some(8.0), Some(16.0)]);
    assert_eq!(numbers(&daily, "node_capacity_memory_bytes"), [None, Some(1.0)]);
    assert_eq!(texts(&daily, "resource_id"), text(&[Some("é"), Some("")]));
    assert_eq!(texts(&daily, "node_role"), text(&[None, None]));
}

#[test]
fn every_report_has_its_daily_columns() {
    for type_ in ReportType::ALL {
        let daily = report(type_, &[]).daily();
        let mut schema = type_.daily().schema();
        schema.with_column(DAY.into(), DataType::Date);
        assert_eq!(**daily.schema(), schema, "{}", type_.name());
        assert_eq!(daily.height(), 1);
    }
}

#[test]
fn a_day_of_the_text_and_a_day_of_the_instant_are_both_keys() {
    let cells =
        ["2026-04-02T24:00:00", "2026-04-03T00:00:00", "2026-04-02T23:00:00", "2026-04-02T01:00:00+02:00", "2026-04-02T23:59:59+02:00"];
    let daily = report(ReportType::NodeLabels, &[("interval_start", &cells)]).daily();
    assert_eq!(integers(&daily, DAY), [20_545, 20_546, 20_545, 20_545].map(Some));
    let midnight = 1_775_088_000_000;
    assert_eq!(integers(&daily, "interval_start"), [86_400_000, 86_400_000, 0, -7_200_000].map(|after| Some(midnight + after)));
}

#[test]
fn a_null_key_is_no_empty_key() {
    let cells: &[(&str, &[&str])] =
        &[("mig_profile", &["1g.5gb", "", "1g.5gb", ""]), ("mig_instance_id", &["7", "", "8", ""]), ("gpu_model_name", &["unknown"; 4])];
    let daily = report(ReportType::GpuUsage, cells).daily();
    assert_eq!(texts(&daily, "mig_instance_id"), text(&[None, Some("")]));
    assert_eq!(numbers(&daily, VALUE), [Some(2.0), Some(2.0)]);
}

#[test]
fn a_part_whose_sum_is_no_number_makes_the_sum_null() {
    let day = |values: &[f64]| daily(ReportType::GpuUsage, gpu_rows(&vec![1; values.len()], &vec!["p"; values.len()], values).lazy());
    let parts = concat([day(&[f64::INFINITY, -f64::INFINITY]), day(&[1.0])], UnionArgs::default()).unwrap();
    assert_eq!(numbers(&collect(merge_daily(ReportType::GpuUsage, parts)), VALUE), [None]);
    let parts = concat([day(&[f64::NAN]), day(&[1.0])], UnionArgs::default()).unwrap();
    assert_eq!(numbers(&collect(merge_daily(ReportType::GpuUsage, parts)), VALUE), [Some(1.0)]);
}

/// Rows as text, sorted.
fn sorted(frame: &DataFrame) -> Vec<String> {
    let mut rows: Vec<_> = (0..frame.height())
        .map(|row| {
            frame.columns().iter().map(|column| format!("{:?}", column.get(row).unwrap().into_static())).collect::<Vec<_>>().join("|")
        })
        .collect();
    rows.sort();
    rows
}

proptest! {
    /// Whole numbers, whose sums are exact in any order.
    #[test]
    fn prop_splitting_rows_over_frames_changes_nothing(rows in prop::collection::vec((0..3_i32, "[abc]{0,2}", 0..1000_i32), 1..40), cut: prop::sample::Index) {
        let (days, pods): (Vec<_>, Vec<_>) = rows.iter().map(|(day, pod, _)| (*day, pod.as_str())).unzip();
        let values: Vec<_> = rows.iter().map(|(.., value)| f64::from(*value)).collect();
        let cut = cut.index(rows.len());
        let all = collect(daily(ReportType::GpuUsage, gpu_rows(&days, &pods, &values).lazy()));
        let part = |range: std::ops::Range<usize>| daily(ReportType::GpuUsage, gpu_rows(&days[range.clone()], &pods[range.clone()], &values[range]).lazy());
        let parts = concat([part(0..cut), part(cut..rows.len())], UnionArgs::default()).unwrap();
        prop_assert_eq!(sorted(&collect(merge_daily(ReportType::GpuUsage, parts))), sorted(&all));
    }

    /// Sums depend on the order within a group only.
    #[test]
    fn prop_the_order_of_groups_does_not_matter(rows in prop::collection::vec((0..3_i32, "[ab]", any::<f64>()), 1..40)) {
        let frame = |rows: &[(i32, String, f64)]| {
            let (days, pods): (Vec<_>, Vec<_>) = rows.iter().map(|(day, pod, _)| (*day, pod.as_str())).unzip();
            gpu_rows(&days, &pods, &rows.iter().map(|(.., value)| *value).collect::<Vec<_>>())
        };
        let mut regrouped = rows.clone();
        regrouped.sort_by(|left, right| (&right.0, &right.1).cmp(&(&left.0, &left.1)));
        let daily = |rows: &[(i32, String, f64)]| sorted(&collect(daily(ReportType::GpuUsage, frame(rows).lazy())));
        prop_assert_eq!(daily(&rows), daily(&regrouped));
    }
}

#[test]
fn groups_are_numbered_as_they_come() {
    let rows = df!["a" => ["x", "y", "x", "x"], "b" => [Some(1), None, Some(2), Some(1)]].unwrap();
    let groups = Groups::of(&rows, ["a", "b"]).unwrap();
    assert_eq!(groups.of_row, [0, 1, 2, 0]);
    assert_eq!(groups.firsts, [0, 1, 2]);
}
