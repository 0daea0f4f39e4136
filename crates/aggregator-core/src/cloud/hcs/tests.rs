use super::*;
use crate::ocp::testing::csv;
use crate::table::Kind;
use crate::table::cloud_extract::HCS_APPENDED;

fn run() -> HcsRun {
    HcsRun {
        source: SourceUuid(uuid::Uuid::nil()),
        year: "2026".to_owned(),
        month: "02".to_owned(),
        ebs_acct_num: None,
        org_id: Some("7".to_owned()),
    }
}

/// A row of AWS: legal entity, description, entity that bills, product, type, processors.
type Row = [Option<&'static str>; 6];

fn aws(rows: &[Row]) -> LazyFrame {
    let named =
        [LINEITEM_LEGALENTITY, LINEITEM_LINEITEMDESCRIPTION, BILL_BILLINGENTITY, PRODUCT_PRODUCTNAME, LINEITEM_LINEITEMTYPE, PRODUCT_VCPU];
    let columns = AWS_HCS.columns.iter().map(|column| match named.iter().position(|named| named.name == column.name) {
        Some(place) => Column::new(column.name.into(), rows.iter().map(|row| row[place]).collect::<Vec<_>>()),
        None if column.kind == Kind::Double => Column::new(column.name.into(), vec![10.0; rows.len()]),
        None if column.kind == Kind::Timestamp => {
            Column::new(column.name.into(), vec![1_770_098_400_250_i64; rows.len()]).cast(&column.kind.data_type()).unwrap()
        }
        None => Column::full_null(column.name.into(), rows.len(), &DataType::String),
    });
    DataFrame::new(rows.len(), columns.collect()).unwrap().lazy()
}

#[test]
fn aws_lines_of_red_hat_are_estimated_by_processors() {
    let (amazon, red_hat, usage) = (Some("Amazon Web Services, Inc."), Some("Red Hat on Demand"), Some("Usage"));
    let rows: [Row; 10] = [
        [amazon, red_hat, None, None, usage, Some(" 8")],
        [amazon, Some("RHEL"), None, None, usage, Some("127")],
        [Some("AWS EMEA"), red_hat, None, None, usage, Some("128")],
        [Some("AWS EMEA"), red_hat, None, None, usage, Some("2.0")],
        [Some("Red Hat, Inc."), None, Some("AWS Marketplace"), None, None, Some("4")],
        [Some("AWS EMEA"), None, None, Some("Red Hat OpenShift"), Some("RIFee"), Some("4")],
        // Dropped: a fee, no type, another seller, case.
        [amazon, red_hat, None, None, Some("RIFee"), Some("4")],
        [amazon, red_hat, None, None, None, Some("4")],
        [Some("Red Hat, Inc."), red_hat, Some("AWS"), None, usage, Some("4")],
        [amazon, Some("red hat"), None, None, usage, Some("4")],
    ];
    let extract = aws_hcs(aws(&rows), &run()).collect().unwrap();
    let names: Vec<_> = extract.get_column_names().iter().map(ToString::to_string).collect();
    assert_eq!(names, AWS_HCS.columns.iter().chain(HCS_APPENDED.columns).map(|column| column.name).collect::<Vec<_>>());
    let shown = [LINEITEM_USAGESTARTDATE, LINEITEM_LEGALENTITY, LINEITEM_UNBLENDEDCOST, PRODUCT_VCPU];
    let shown = [&shown[..], HCS_APPENDED.columns].concat();
    // 10 hours of 8, 127 and 128 processors; Python multiplies the doubles to the same.
    insta::assert_snapshot!(csv(&extract, &shown), @r"
    lineitem_usagestartdate, lineitem_legalentity, lineitem_unblendedcost, product_vcpu, source, year, month, ebs_account_id, org_id
    2026-02-03 06:00:00.250, AWS EMEA, 10, 2.0, 00000000-0000-0000-0000-000000000000, 2026, 02, null, 7
    2026-02-03 06:00:00.250, AWS EMEA, 10, 4, 00000000-0000-0000-0000-000000000000, 2026, 02, null, 7
    2026-02-03 06:00:00.250, AWS EMEA, 12.287999999999998, 128, 00000000-0000-0000-0000-000000000000, 2026, 02, null, 7
    2026-02-03 06:00:00.250, Amazon Web Services, Inc., 1.152,  8, 00000000-0000-0000-0000-000000000000, 2026, 02, null, 7
    2026-02-03 06:00:00.250, Amazon Web Services, Inc., 13.716000000000001, 127, 00000000-0000-0000-0000-000000000000, 2026, 02, null, 7
    2026-02-03 06:00:00.250, Red Hat, Inc., 10, 4, 00000000-0000-0000-0000-000000000000, 2026, 02, null, 7
    ");
}

fn texts(names: &[(ColumnDef, [Option<&str>; 6])]) -> LazyFrame {
    let columns = names.iter().map(|(column, texts)| Column::new(column.name.into(), texts)).collect();
    let frame = DataFrame::new(6, columns).unwrap().lazy().with_row_index("row", None);
    frame.with_columns([lit(0_i64).cast(DataType::Datetime(TimeUnit::Milliseconds, None)).alias("other_time")])
}

fn kept(extract: LazyFrame) -> Vec<Option<u32>> {
    let extract = extract.collect().unwrap();
    let times: Vec<_> = extract.column("other_time").unwrap().str().unwrap().iter().flatten().collect();
    assert!(times.iter().all(|time| *time == "1970-01-01 00:00:00.000"), "{times:?}");
    extract.column("row").unwrap().u32().unwrap().to_vec()
}

#[test]
fn azure_lines_are_chosen_by_publisher_and_meter() {
    let (azure, market, red_hat) = (Some("Azure"), Some("Marketplace"), Some("Red Hat Enterprise Linux"));
    let lines = texts(&[
        (PUBLISHERTYPE, [azure, azure, market, market, market, None]),
        (PUBLISHERNAME, [None, red_hat, Some("Red Hat"), Some("Microsoft"), Some("Canonical"), red_hat]),
        (METERSUBCATEGORY, [red_hat, None, None, red_hat, red_hat, red_hat]),
    ]);
    assert_eq!(kept(azure_hcs(lines, &run())), [Some(0), Some(2), Some(3)]);
}

#[test]
fn gcp_lines_are_chosen_by_descriptions() {
    let lines = texts(&[
        (SKU_DESCRIPTION, [Some("RedHat licence"), Some("a Red Hat image"), None, Some("RHEL"), Some("redhat"), None]),
        (SERVICE_DESCRIPTION, [None, None, Some("Red Hat OpenShift"), Some("RedHat"), None, None]),
    ]);
    assert_eq!(kept(gcp_hcs(lines, &run())), [Some(0), Some(1), Some(2)]);
}
