use super::super::testing::{integers, numbers, report, texts};
use super::*;

const APRIL_2: i64 = 1_775_088_000_000;
const HOUR: i64 = 3_600_000;
const DAY_OF_APRIL_2: i64 = 20_545;

fn some<const N: usize>(texts: [&str; N]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

#[test]
fn columns_keep_their_order_and_unknown_ones_are_text() {
    let report = report(ReportType::NodeLabels, &[("*", &["1.5", ""]), ("^.*$", &["a&b", "NA"]), ("Node", &["<", "x"])]);
    let typed = report.typed();
    let names: Vec<_> = typed.get_column_names().into_iter().map(PlSmallStr::as_str).collect();
    let header: Vec<_> = report.header.iter().map(PlSmallStr::as_str).collect();
    assert_eq!(names, [header.as_slice(), &super::super::INTERNAL].concat());
    assert_eq!(texts(&typed, "*"), some(["1.5", ""]));
    assert_eq!(texts(&typed, "^.*$"), some(["a&b", "NA"]));
    assert_eq!(texts(&typed, "Node"), some(["<", "x"]));
}

#[test]
fn the_lower_case_name_decides_how_a_cell_is_read() {
    let typed = report(
        ReportType::NodeLabels,
        &[("VM_Labels", &["label_a:b"]), ("Pod_Usage_CPU_Core_Seconds", &["x"]), ("INTERVAL_START", &["2026-04-02"])],
    )
    .typed();
    assert_eq!(texts(&typed, "VM_Labels"), some([r#"{"a": "b"}"#]));
    assert_eq!(numbers(&typed, "Pod_Usage_CPU_Core_Seconds"), [Some(0.0)]);
    assert_eq!(integers(&typed, "INTERVAL_START"), [Some(APRIL_2)]);
}

#[test]
fn columns_have_the_declared_types_for_all_reports() {
    for type_ in ReportType::ALL {
        let typed = report(type_, &[]).typed();
        for column in type_.hourly().columns.iter().filter(|column| column.name != "gpu_pod_utilization") {
            let data_type = typed.column(column.name).map(|values| values.dtype().clone());
            assert_eq!(data_type.ok(), Some(column.kind.data_type()), "{}", column.name);
        }
    }
}

#[test]
fn columns_that_the_header_lacks_are_null() {
    let typed = report(ReportType::StorageUsage, &[]).typed();
    assert_eq!([texts(&typed, "node"), texts(&typed, "csi_driver"), texts(&typed, "csi_volume_handle")], [[None], [None], [None]]);
}

#[test]
fn seventeen_columns_are_safe_for_html_and_labels_are_not_touched() {
    let cells: &[(&str, &[&str])] = &[("namespace", &["p&1"]), ("namespace_labels", &["label_a:<&>"]), ("vm_volume_mode", &["<"])];
    let typed = report(ReportType::NamespaceLabels, cells).typed();
    assert_eq!(texts(&typed, "namespace"), some(["p&amp;1"]));
    assert_eq!(texts(&typed, "namespace_labels"), some([r#"{"a": "<&>"}"#]));
    assert_eq!(texts(&typed, "vm_volume_mode"), some(["<"]));
}

#[test]
fn what_is_no_number_is_zero_and_nan_is_null() {
    let cells = ["", "abc", "1,5", " 1_000 ", "١٢", "+nan", "inf", "-inf", "1e400", "7"];
    let typed = report(ReportType::VmUsage, &[("vm_cpu_limit_cores", &cells)]).typed();
    let infinite = f64::INFINITY;
    let expected =
        [0.0, 0.0, 0.0, 1000.0, 12.0, f64::NAN, infinite, -infinite, infinite, 7.0].map(|number| (!number.is_nan()).then_some(number));
    assert_eq!(numbers(&typed, "vm_cpu_limit_cores"), expected);
}

#[test]
fn slices_of_the_csv_lose_their_fraction_and_are_null_where_they_are_no_number() {
    let cells = ["", "abc", "+nan", "2.9", "-2.9", "-0.5", "1e300"];
    let report = report(
        ReportType::GpuUsage,
        &[("gpu_max_slices", &cells), ("mig_memory_capacity_mib", &["", "x", "+nan", "1.5", "inf", "0", "-1"])],
    );
    let typed = report.typed();
    let slices = numbers(&typed, "gpu_max_slices");
    assert_eq!(slices, [None, None, None, Some(2.0), Some(-2.0), Some(0.0), Some(1e300)]);
    assert!(slices[5].is_some_and(f64::is_sign_positive));
    assert_eq!(numbers(&typed, "mig_memory_capacity_mib"), [None, None, None, Some(1.5), Some(f64::INFINITY), Some(0.0), Some(-1.0)]);
    assert_eq!(report.line_items().height(), cells.len());
}

#[test]
fn the_day_of_the_text_and_the_day_of_the_instant_can_differ() {
    let cells =
        ["2026-04-02 05:00:00 +0000 UTC", "2026-04-02T24:00:00", "2026-04-02T01:00:00+02:00", "2026-04-02T23:00:00-02:00", "2026-04-02"];
    let typed = report(ReportType::NodeLabels, &[("interval_start", &cells)]).typed();
    let instants = [5, 24, -1, 25, 0].map(|hours| Some(APRIL_2 + hours * HOUR));
    assert_eq!(integers(&typed, "interval_start"), instants);
    assert_eq!(integers(&typed, DAY), [Some(DAY_OF_APRIL_2); 5]);
    let days = [0, 24, -2, 2, 0].map(|hours| Some(APRIL_2 + hours * HOUR));
    assert_eq!(integers(&typed, INTERVAL_DAY), days);
}

#[test]
fn milliseconds_are_cut_off() {
    let cells = ["2026-04-02 00:00:00.9999999", "1969-12-31 23:59:59.9999"];
    let typed = report(ReportType::NodeLabels, &[("interval_end", &cells)]).typed();
    // The time before 1970 is cut towards 1970, as the Parquet writer does.
    assert_eq!(integers(&typed, "interval_end"), [Some(APRIL_2 + 999), Some(0)]);
}

#[test]
fn effective_usage_is_the_greater_one_and_skips_nulls() {
    let cells: &[(&str, &[&str])] = &[
        ("pod_usage_cpu_core_seconds", &["1", "3", "+nan", "2", "+nan", "-inf"]),
        ("pod_request_cpu_core_seconds", &["2", "2", "2", "+nan", "+nan", "x"]),
        ("pod_effective_usage_cpu_core_seconds", &["9"; 6]),
    ];
    let typed = report(ReportType::PodUsage, cells).typed();
    assert_eq!(numbers(&typed, "pod_effective_usage_cpu_core_seconds"), [Some(2.0), Some(3.0), Some(2.0), Some(2.0), None, Some(0.0)]);
    assert_eq!(numbers(&typed, "pod_effective_usage_memory_byte_seconds"), [Some(1.0); 6]);
}

#[test]
fn a_vendor_is_replaced_whole_and_a_model_is_read_after_html() {
    let cells: &[(&str, &[&str])] = &[("gpu_vendor_name", &["nvidia_com_gpu", "nvidia0"]), ("gpu_model_name", &["NVIDIA-A100 (x)", "a'b"])];
    let typed = report(ReportType::GpuUsage, cells).typed();
    assert_eq!(texts(&typed, "gpu_vendor_name"), some(["nvidia", "nvidia0"]));
    assert_eq!(texts(&typed, "gpu_model_name"), some(["NVIDIA A100 x", "a x27 b"]));
}

#[test]
fn a_profile_gives_slices_and_an_unknown_model_takes_them_away() {
    let profiles = ["1g.5gb", "bad", "", "1g.5gb", "3g.20gb", "2g.10gb"];
    let models = ["A100", "A100", "A100", "Tesla T4", "Tesla T4", "A30"];
    let cells: &[(&str, &[&str])] = &[
        ("mig_profile", &profiles),
        ("gpu_model_name", &models),
        ("gpu_max_slices", &["", "", "", "", "5", "9"]),
        ("mig_instance_id", &["a", "b", "", "d", "e", "f"]),
        ("mig_strategy", &["single"; 6]),
        ("mig_slice_count", &["8"; 6]),
    ];
    let typed = report(ReportType::GpuUsage, cells).typed();
    assert_eq!(numbers(&typed, "gpu_max_slices"), [Some(7.0), Some(7.0), None, None, Some(5.0), Some(9.0)]);
    assert_eq!(numbers(&typed, "mig_slice_count"), [Some(1.0), Some(8.0), Some(8.0), None, Some(3.0), Some(2.0)]);
    assert_eq!(numbers(&typed, "mig_memory_capacity_mib"), [Some(5120.0), None, None, None, Some(20480.0), Some(10240.0)]);
    let text = |value: [&str; 6]| value.map(|text| (text != "null").then(|| text.to_owned())).to_vec();
    assert_eq!(texts(&typed, "mig_profile"), text(["1g.5gb", "bad", "", "null", "3g.20gb", "2g.10gb"]));
    assert_eq!(texts(&typed, "mig_instance_id"), text(["a", "b", "", "null", "e", "f"]));
    assert_eq!(texts(&typed, "mig_strategy"), text(["single", "single", "single", "null", "single", "single"]));
}

#[test]
fn without_profiles_there_are_no_slices() {
    let typed = report(ReportType::GpuUsage, &[("gpu_model_name", &["A100"])]).typed();
    assert_eq!([numbers(&typed, "gpu_max_slices"), numbers(&typed, "mig_slice_count")], [[None], [None]]);
    assert_eq!(texts(&typed, "mig_profile"), [None]);
}

#[test]
fn a_report_without_rows_has_its_columns() {
    let mut report = report(ReportType::PodUsage, &[]);
    report.raw = report.raw.clear();
    assert_eq!(report.typed().shape(), (0, ReportType::PodUsage.hourly().columns.len() + super::super::INTERNAL.len()));
    assert_eq!(report.daily().height(), 0);
}
