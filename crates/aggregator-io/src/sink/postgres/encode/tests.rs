use super::*;
use aggregator_core::table::summary::{POD_USAGE_CPU_CORE_HOURS, REPORT_PERIOD_ID, SOURCE_UUID, USAGE_START};
use aggregator_core::table::{ColumnDef, Kind};
use polars::prelude::*;

/// The bytes of one row of one column, without the number of columns.
fn encoded(column: &'static [ColumnDef], values: Series) -> Result<Vec<u8>> {
    let table = Table { name: "t", grain: "", columns: column };
    let name = column.first().map(|column| column.name).unwrap_or_default();
    let frame = DataFrame::new(values.len(), vec![values.with_name(name.into()).into()]).expect("one column");
    let mut buffer = Vec::new();
    encode(&frame, &table, &mut buffer)?;
    assert_eq!(buffer.get(..2), Some(&[0, 1][..]), "one column");
    Ok(buffer.split_off(2))
}

fn numeric(value: f64) -> Vec<u8> {
    const COLUMN: &[ColumnDef] = &[POD_USAGE_CPU_CORE_HOURS];
    encoded(COLUMN, Series::new("".into(), [value])).expect("a number that fits")
}

/// As PostgreSQL 15 sends `'…'::numeric(33,15)`, by `numeric_send`.
#[test]
fn a_number_is_written_as_postgresql_sends_it() {
    assert_eq!(numeric(0.0), b"\0\0\0\x08\0\0\0\0\0\0\0\x0f");
    assert_eq!(numeric(1.0), b"\0\0\0\x0a\0\x01\0\0\0\0\0\x0f\0\x01");
    assert_eq!(numeric(-20_000.5), b"\0\0\0\x0e\0\x03\0\x01\x40\0\0\x0f\0\x02\0\0\x13\x88");
    assert_eq!(numeric(1e-15), b"\0\0\0\x0a\0\x01\xff\xfc\0\0\0\x0f\0\x0a");
    assert_eq!(numeric(1e16), b"\0\0\0\x0a\0\x01\0\x04\0\0\0\x0f\0\x01");
}

#[test]
fn a_number_that_does_not_fit_is_an_error_that_names_the_column() {
    const COLUMN: &[ColumnDef] = &[POD_USAGE_CPU_CORE_HOURS];
    for value in [f64::NAN, f64::INFINITY, 1e18] {
        let error = encoded(COLUMN, Series::new("".into(), [value])).expect_err("no decimal number").to_string();
        assert!(error.contains("`pod_usage_cpu_core_hours` of `t`") && error.contains("numeric(33,15)"), "{error}");
    }
}

#[test]
fn a_text_that_is_no_uuid_is_an_error() {
    const COLUMN: &[ColumnDef] = &[SOURCE_UUID];
    let error = encoded(COLUMN, Series::new("".into(), ["not-a-uuid"])).expect_err("no UUID").to_string();
    assert!(error.contains("`source_uuid`"), "{error}");
    let null = encoded(COLUMN, Series::new("".into(), [None::<&str>])).expect("a null");
    assert_eq!(null, b"\xff\xff\xff\xff");
}

#[test]
fn a_null_row_id_becomes_a_random_one() {
    const COLUMN: &[ColumnDef] = &[UUID];
    let ids = encoded(COLUMN, Series::new("".into(), [None::<&str>])).expect("a row");
    let more = encoded(COLUMN, Series::new("".into(), [None::<&str>])).expect("a row");
    assert_eq!(ids.len(), 4 + 16);
    assert_ne!(ids, more);
    assert_eq!(ids.get(10).map(|byte| byte >> 4), Some(4), "version 4");
}

#[test]
fn labels_have_the_version_of_jsonb_before_them() {
    const COLUMN: &[ColumnDef] = &[ColumnDef::new("pod_labels", Kind::Labels)];
    assert_eq!(encoded(COLUMN, Series::new("".into(), ["{}"])).expect("a row"), b"\0\0\0\x03\x01{}");
}

#[test]
fn days_and_moments_count_from_2000() {
    const DATE: &[ColumnDef] = &[USAGE_START];
    const TIMESTAMP: &[ColumnDef] = &[ColumnDef::new("interval_start", Kind::Timestamp)];
    let day = Series::new("".into(), [10_957_i32 + 258]).cast(&DataType::Date).expect("a date");
    assert_eq!(encoded(DATE, day).expect("a row"), b"\0\0\0\x04\0\0\x01\x02");
    let moment = Series::new("".into(), [946_684_800_001_i64]).cast(&Kind::Timestamp.data_type()).expect("a moment");
    assert_eq!(encoded(TIMESTAMP, moment).expect("a row"), b"\0\0\0\x08\0\0\0\0\0\0\x03\xe8");
}

#[test]
fn a_frame_with_another_type_is_not_written() {
    const COLUMN: &[ColumnDef] = &[REPORT_PERIOD_ID];
    assert!(matches!(encoded(COLUMN, Series::new("".into(), [1_i64])), Err(Error::Schema(_))));
}
