use super::*;

fn header(report: ReportType) -> Vec<&'static str> {
    report.required().map(|column| column.name).collect()
}

// The counts are those of koku's sets of required columns.
#[test]
fn a_report_has_as_many_required_columns_as_koku_asks_for() {
    let counts = ReportType::ALL.map(|report| header(report).len());
    assert_eq!(counts, [15, 19, 6, 6, 33, 12]);
}

#[test]
fn every_required_column_is_needed_in_its_very_case() {
    for report in ReportType::ALL {
        let all = header(report);
        assert_eq!(ReportType::detect(all.iter().copied()), Some(report));
        for place in 0..all.len() {
            let mut less = all.clone();
            let upper = less.remove(place).to_uppercase();
            assert_eq!(ReportType::detect(less.iter().copied()), None, "{upper}");
            less.push(&upper);
            assert_eq!(ReportType::detect(less), None, "{upper}");
        }
    }
}

#[test]
fn of_two_reports_in_one_header_the_first_counts() {
    let both = |left, right| header(left).into_iter().chain(header(right));
    assert_eq!(ReportType::detect(both(ReportType::NodeLabels, ReportType::PodUsage)), Some(ReportType::PodUsage));
    assert_eq!(ReportType::detect(both(ReportType::PodUsage, ReportType::StorageUsage)), Some(ReportType::StorageUsage));
    assert_eq!(ReportType::detect(both(ReportType::GpuUsage, ReportType::VmUsage)), Some(ReportType::VmUsage));
}

#[test]
fn a_daily_table_is_made_of_hourly_columns() {
    for report in ReportType::ALL {
        let (hourly, daily) = (report.hourly(), report.daily());
        assert_eq!(daily.name, format!("{}_daily", hourly.name));
        assert!(daily.columns.iter().all(|column| hourly.columns.contains(column)), "{}", daily.name);
        assert!(report.keys().iter().all(|key| daily.columns.contains(key)), "{}", daily.name);
    }
}

// The counts are those of koku's roll-ups.
#[test]
fn columns_are_summed_as_koku_does() {
    let count = |report: ReportType, rollup| report.daily().columns.iter().filter(|column| report.rollup(column) == rollup).count();
    assert_eq!(ReportType::ALL.map(|report| count(report, Rollup::Key)), [10, 4, 2, 2, 4, 5]);
    assert_eq!(ReportType::ALL.map(|report| count(report, Rollup::Sum)), [3, 10, 0, 0, 10, 1]);
    assert_eq!(ReportType::ALL.map(|report| count(report, Rollup::Max)), [3, 6, 2, 2, 17, 10]);
    assert_eq!(ReportType::ALL.map(|report| count(report, Rollup::Day)), [1; 6]);
}

#[test]
fn columns_that_came_late_are_koku_s() {
    let late = ReportType::ALL.map(|report| report.late().filter(|column| !header(report).contains(&column.name)).count());
    assert_eq!(late, [3, 1, 0, 0, 0, 6]);
}
