use super::super::testing::{Report, integers, numbers, report, texts};
use super::*;
use crate::ingest::ReportType;
use crate::ocp::testing::collect;

fn refused_rows(report: &Report) -> Vec<(i64, String, String)> {
    let refused = collect(refused(&report.header, report.typed().lazy()));
    let cells = integers(&refused, LINE).into_iter().zip(texts(&refused, "column")).zip(texts(&refused, "reason"));
    cells.map(|((line, column), reason)| (line.unwrap(), column.unwrap(), reason.unwrap())).collect()
}

fn row(line: i64, column: &str, reason: Reason) -> (i64, String, String) {
    (line, column.to_owned(), reason.text().to_owned())
}

#[test]
fn a_row_is_refused_for_its_first_bad_timestamp() {
    let good = "2026-04-02 05:00:00";
    let cells: &[(&str, &[&str])] = &[
        ("report_period_start", &[good, "", good, "1775106000", good]),
        ("interval_start", &[good, good, "20260402T050000", "", "2026-04-02 05:00:00 UTC"]),
        ("interval_end", &[good, good, "now", "now", good]),
    ];
    let report = report(ReportType::NodeLabels, cells);
    let expected = [
        row(3, "report_period_start", Reason::NoTimestamp),
        row(4, "interval_start", Reason::NoDay),
        row(5, "report_period_start", Reason::NoTimestamp),
        row(6, "interval_start", Reason::NoTimestamp),
    ];
    assert_eq!(refused_rows(&report), expected);
    assert_eq!(integers(&report.line_items(), LINE), [Some(2)]);
}

#[test]
fn a_row_is_refused_for_an_infinite_number_of_slices() {
    let cells: &[(&str, &[&str])] = &[("gpu_max_slices", &["inf", "7", "-1e400"]), ("mig_slice_count", &["", "nan", "inf"])];
    let report = report(ReportType::GpuUsage, cells);
    assert_eq!(refused_rows(&report), [row(2, "gpu_max_slices", Reason::Infinite), row(4, "gpu_max_slices", Reason::Infinite)]);
    assert_eq!(integers(&report.line_items(), LINE), [Some(3)]);
}

#[test]
fn above_ten_to_the_eighteenth_is_an_anomaly() {
    let cells = ["1e18", "1000000000000000128", "inf", "-1e19", "-inf", "+nan", "1000000000000000000"];
    let kept = |report: &Report| integers(&report.line_items(), LINE);
    for name in ["pod_limit_memory_byte_seconds", "node_capacity_memory_bytes"] {
        assert_eq!(kept(&report(ReportType::PodUsage, &[(name, &cells)])), [2, 5, 6, 7, 8].map(Some), "{name}");
    }
    assert_eq!(kept(&report(ReportType::PodUsage, &[("node_capacity_cpu_cores", &cells)])).len(), cells.len());
    assert_eq!(kept(&report(ReportType::VmUsage, &[("vm_memory_limit_bytes", &cells)])).len(), cells.len());
    // A column that the report does not know counts too, by its exact name.
    assert_eq!(kept(&report(ReportType::NodeLabels, &[("pod_limit_memory_byte_seconds", &cells)])).len(), 5);
    assert_eq!(kept(&report(ReportType::NodeLabels, &[("POD_limit_memory_byte_seconds", &cells)])).len(), cells.len());
}

#[test]
fn cells_that_are_no_numbers_are_counted_by_column() {
    let cells: &[(&str, &[&str])] = &[
        ("vm_cpu_limit_cores", &["", "abc", "1", "1,5", "abc"]),
        ("vm_cpu_request_cores", &["-1.50", "+nan", "inf", "1_0", ".5"]),
        ("vm_memory_limit_bytes", &["0", "1", "2", "3", " "]),
        ("gpu_max_slices", &["x", "", "", "", ""]),
        ("vm_os", &["abc"; 5]),
    ];
    let report = report(ReportType::VmUsage, cells);
    let unparsed = collect(unparsed_numbers(&report.header, report.raw.clone().lazy()));
    let text = |values: [&str; 3]| values.map(|value| Some(value.to_owned())).to_vec();
    assert_eq!(texts(&unparsed, "column"), text(["vm_cpu_limit_cores", "vm_memory_limit_bytes", "gpu_max_slices"]));
    assert_eq!(texts(&unparsed, "text"), text(["abc", " ", "x"]));
    assert_eq!(integers(&unparsed, "line"), [Some(3), Some(6), Some(2)]);
    assert_eq!(integers(&unparsed, "cells"), [Some(3), Some(1), Some(1)]);
}

#[test]
fn tag_keys_are_those_of_the_rows_that_are_kept() {
    let cells: &[(&str, &[&str])] = &[
        ("pod_labels", &["label_b:1|label_é:2", "label_gone:1", "", "label_a:3|label_b:4|:5"]),
        ("namespace_labels", &["label_n:1", "", "", ""]),
        ("vm_labels", &["label_vm:1"; 4]),
        ("pod_usage_cpu_core_seconds", &["1", "inf", "1", "1"]),
    ];
    let report = report(ReportType::PodUsage, cells);
    let keys = collect(tag_keys(&report.header, report.line_items().lazy()));
    assert_eq!(texts(&keys, "key"), ["", "a", "b", "n", "é"].map(|key| Some(key.to_owned())));
}

#[test]
fn a_report_without_labels_has_no_tag_keys() {
    let report = report(ReportType::GpuUsage, &[]);
    assert_eq!(collect(tag_keys(&report.header, report.line_items().lazy())).shape(), (0, 1));
    assert_eq!(numbers(&report.line_items(), "gpu_pod_uptime"), [Some(1.0)]);
}
