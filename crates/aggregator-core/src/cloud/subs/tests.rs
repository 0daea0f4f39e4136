//! Small tables of metered lines; the values are what a live Trino 476 answers, or follow from the SQL by hand.

use super::*;
use crate::ocp::testing::csv;
use crate::table::cloud::{
    ADDITIONALINFO, AWS_SUBS, AZURE_DATE, AZURE_SUBS, IDENTITY_TIMEINTERVAL, LINEITEM_LINEITEMTYPE, LINEITEM_PRODUCTCODE,
    LINEITEM_RESOURCEID, LINEITEM_USAGEACCOUNTID, LINEITEM_USAGESTARTDATE, METERCATEGORY, PRODUCT_VCPU, QUANTITY, REFUSED_VALUES,
    RESOURCEGROUP, RESOURCEID, RESOURCETAGS, SUBSCRIPTIONGUID, SUBSCRIPTIONID, TAGS,
};
use crate::table::cloud_extract::{
    AWS_SUBS_APPENDED, AZURE_SUBS_APPENDED, SUBS_ACCOUNT, SUBS_INSTANCE_KEY, SUBS_RESOURCE, SUBS_RESOURCE_ID, SUBS_RESOURCES, SUBS_TAGS,
};
use crate::table::{Kind, Table};

/// A line: names of columns with their values; what is not named has the value of `usual`.
type Line = &'static [(&'static str, Option<&'static str>)];

fn frame(table: &Table, usual: Line, lines: &[Line]) -> LazyFrame {
    let value = |line: Line, name: &str| line.iter().chain(usual).find(|(found, _)| *found == name).and_then(|(_, value)| *value);
    let columns = table.columns.iter().map(|column| {
        let texts = lines.iter().map(|line| value(line, column.name));
        match column.kind {
            Kind::Timestamp => {
                let millis = |text: &str| text.parse::<NaiveDateTime>().unwrap().and_utc().timestamp_millis();
                let times: Vec<_> = texts.map(|text| text.map(millis)).collect();
                Column::new(column.name.into(), times).cast(&column.kind.data_type()).unwrap()
            }
            Kind::Double => {
                Column::new(column.name.into(), texts.map(|text| text.map(|text| text.parse::<f64>().unwrap())).collect::<Vec<_>>())
            }
            _ => Column::new(column.name.into(), texts.collect::<Vec<_>>()),
        }
    });
    DataFrame::new(lines.len(), columns.collect()).unwrap().lazy()
}

const AWS_LINE: Line = &[
    (LINEITEM_PRODUCTCODE.name, Some("AmazonEC2")),
    (RESOURCETAGS.name, Some(r#"{"com_redhat_rhel": "8"}"#)),
    (LINEITEM_USAGEACCOUNTID.name, Some("1")),
    (LINEITEM_RESOURCEID.name, Some("i-1")),
    (LINEITEM_USAGESTARTDATE.name, Some("2026-02-03T05:00:00")),
    (LINEITEM_LINEITEMTYPE.name, Some("Usage")),
    (PRODUCT_VCPU.name, Some("4")),
    (IDENTITY_TIMEINTERVAL.name, Some("2026-02-03T05:00:00Z/2026-02-03T06:00:00Z")),
];

const AZURE_LINE: Line = &[
    (METERCATEGORY.name, Some("Virtual Machines")),
    (ADDITIONALINFO.name, Some(r#"{"VCPUs": 8.0, "VMName": "VM-A"}"#)),
    (TAGS.name, Some(r#"{"com_redhat_rhel": "7"}"#)),
    (SUBSCRIPTIONID.name, Some("sub")),
    (RESOURCEGROUP.name, Some("rg")),
    (RESOURCEID.name, Some("/x/y/vm-1")),
    (AZURE_DATE.name, Some("2026-02-03T00:00:00")),
    (QUANTITY.name, Some("23.5")),
];

fn aws(lines: &[Line]) -> LazyFrame {
    frame(&AWS_SUBS, AWS_LINE, lines)
}

fn azure(lines: &[Line]) -> LazyFrame {
    frame(&AZURE_SUBS, AZURE_LINE, lines)
}

fn window(rid: &str, start: &str, end: &str) -> ResourceWindow {
    ResourceWindow { rid: rid.to_owned(), start: start.parse().unwrap(), end: end.parse().unwrap() }
}

fn february(rid: &str) -> Vec<ResourceWindow> {
    vec![window(rid, "2026-02-01T00:00:00", "2026-02-28T00:00:00")]
}

fn texts(rows: LazyFrame, column: &ColumnDef) -> Vec<Option<String>> {
    let rows = rows.collect().unwrap();
    rows.column(column.name).unwrap().str().unwrap().iter().map(|text| text.map(str::to_owned)).collect()
}

fn counted(rows: LazyFrame) -> Option<u32> {
    rows.collect().unwrap().column(SUBS_ROWS.name).unwrap().u32().unwrap().get(0)
}

fn some<const N: usize>(texts: [&str; N]) -> Vec<Option<String>> {
    texts.map(|text| Some(text.to_owned())).to_vec()
}

#[test]
fn a_null_among_the_others_ids_empties_the_accounts() {
    let lines: [Line; 4] = [
        &[(LINEITEM_USAGEACCOUNTID.name, Some("2")), (RESOURCETAGS.name, Some(r#"{"note": "COM_REDHAT_RHEL"}"#))],
        &[],
        &[(LINEITEM_USAGEACCOUNTID.name, None)],
        &[(LINEITEM_USAGEACCOUNTID.name, Some("3")), (RESOURCETAGS.name, None)],
    ];
    let accounts = |others: &[Option<String>]| texts(aws_subs_usage_accounts(aws(&lines), others), &SUBS_ACCOUNT);
    assert_eq!(accounts(&[]), [None, Some("1".to_owned()), Some("2".to_owned())]);
    assert_eq!(accounts(&some(["2"])), some(["1"]));
    assert_eq!(accounts(&[Some("2".to_owned()), None]), []);
}

#[test]
fn a_window_includes_its_ends_to_the_microsecond() {
    let lines: [Line; 1] = [&[]];
    let within = |start: &str, end: &str| counted(aws_subs_count(aws(&lines), "1", &[window("i-1", start, end)]));
    assert_eq!(within("2026-02-03T05:00:00", "2026-02-03T05:00:00"), Some(1));
    assert_eq!(within("2026-02-03T05:00:00.000001", "2026-02-03T06:00:00"), Some(0));
    let two = [window("i-1", "2026-01-01T00:00:00", "2026-01-02T00:00:00"), window("i-1", "2026-02-03T00:00:00", "2026-02-04T00:00:00")];
    assert_eq!(counted(aws_subs_count(aws(&lines), "1", &two)), Some(1));
    assert_eq!(counted(aws_subs_count(aws(&lines), "1", &[])), Some(0));
}

#[test]
fn aws_lines_without_processors_or_of_other_types_are_not_metered() {
    let lines: [Line; 6] = [
        &[],
        &[(PRODUCT_VCPU.name, Some(""))],
        &[(PRODUCT_VCPU.name, None)],
        &[(LINEITEM_LINEITEMTYPE.name, Some("Tax"))],
        &[(LINEITEM_LINEITEMTYPE.name, Some("DiscountedUsage"))],
        &[(RESOURCETAGS.name, Some(r#"{"note": "com_redhat_rhel"}"#))],
    ];
    assert_eq!(counted(aws_subs_count(aws(&lines), "1", &february("i-1"))), Some(3));
    // The last line names RHEL, but not as a key.
    assert_eq!(texts(aws_subs_summary(aws(&lines), "1", &february("i-1")), &SUBS_RESOURCE_ID), some(["i-1", "i-1"]));
}

#[test]
fn aws_resources_have_their_last_hour() {
    let lines: [Line; 3] = [
        &[(LINEITEM_USAGESTARTDATE.name, Some("2026-02-05T23:00:00"))],
        &[],
        &[(LINEITEM_RESOURCEID.name, Some("i-0")), (LINEITEM_LINEITEMTYPE.name, Some("Tax"))],
    ];
    let resources = aws_subs_resources(aws(&lines), "1", &[]).collect().unwrap();
    insta::assert_snapshot!(csv(&resources, SUBS_RESOURCES.columns), @r"
    resource_id, instance_key, latest
    i-0, i-0, 2026-02-03 05:00:00
    i-1, i-1, 2026-02-05 23:00:00
    ");
    assert_eq!(texts(aws_subs_resources(aws(&lines), "1", &some(["i-1"])), &SUBS_RESOURCE), some(["i-0"]));
}

#[test]
fn aws_extract() {
    let lines: [Line; 3] = [
        &[(
            RESOURCETAGS.name,
            Some(
                r#"{"COM_REDHAT_RHEL": "7", "com_redhat_rhel_variant": "HPC", "com_redhat_rhel_usage": "Disaster Recovery", "com_redhat_rhel_sla": "self-support", "com_redhat_rhel_addon": "ELS", "com_redhat_rhel_conversion": "TRUE", "app": "x"}"#,
            ),
        )],
        &[(RESOURCETAGS.name, Some(r#"{"com_redhat_rhel": 7.0, "com_redhat_rhel_sla": null}"#))],
        &[(RESOURCETAGS.name, Some(r#"{"com_redhat_rhel": null}"#))],
    ];
    let extract = aws_subs_summary(aws(&lines), "1", &february("i-1")).collect().unwrap();
    let names: Vec<_> = extract.get_column_names().iter().map(ToString::to_string).collect();
    let expected: Vec<_> = AWS_SUBS.columns.iter().chain(AWS_SUBS_APPENDED.columns).map(|column| column.name).collect();
    assert_eq!(names, expected);
    // A fraction is no `7`.
    insta::assert_snapshot!(csv(&extract, &AWS_SUBS_APPENDED.columns[1..]), @r#"
    tags, subs_start_time, subs_end_time, subs_vcpu, subs_account, subs_resource_id, subs_role, subs_usage, subs_sla, subs_rhel_version, subs_addon_id, subs_conversion
    {"com_redhat_rhel":"7","com_redhat_rhel_addon":"ELS","com_redhat_rhel_conversion":"TRUE","com_redhat_rhel_sla":"self-support","com_redhat_rhel_usage":"Disaster Recovery","com_redhat_rhel_variant":"HPC"}, 2026-02-03T05:00:00Z, 2026-02-03T06:00:00Z, 4, 1, i-1, Red Hat Enterprise Linux Compute Node, Disaster Recovery, Self-Support, 69, 204, true
    {"com_redhat_rhel":"7.0E0","com_redhat_rhel_sla":null}, 2026-02-03T05:00:00Z, 2026-02-03T06:00:00Z, 4, 1, i-1, Red Hat Enterprise Linux Server, Production, Premium, 479, null, false
    "#);
}

#[test]
fn what_trino_refuses_of_aws_is_repaired_and_listed() {
    let lines: [Line; 5] = [
        &[(RESOURCETAGS.name, Some(r#"{"COM_redhat_rhel": "7", "com_redhat_rhel": "8"}"#))],
        &[(RESOURCETAGS.name, Some(r#"{"com_redhat_rhel": "9", "app": {"a": 1}}"#)), (IDENTITY_TIMEINTERVAL.name, Some("now"))],
        &[(RESOURCETAGS.name, Some(r#"{"com_redhat_rhel": 1, "com_redhat_rhel": 2}"#))],
        &[(RESOURCETAGS.name, Some("com_redhat_rhel"))],
        &[(RESOURCETAGS.name, Some("com_redhat_rhel")), (LINEITEM_RESOURCEID.name, Some("i-2"))],
    ];
    let extract = aws_subs_summary(aws(&lines), "1", &february("i-1"));
    assert_eq!(
        texts(extract, &SUBS_TAGS),
        some([r#"{"com_redhat_rhel":"8"}"#, r#"{"com_redhat_rhel":"9"}"#, r#"{"com_redhat_rhel":"2"}"#])
    );
    let refused = aws_subs_refusals(aws(&lines), "1", &february("i-1")).collect().unwrap();
    insta::assert_snapshot!(csv(&refused, REFUSED_VALUES.columns), @r#"
    column, value, reason, rows
    identity_timeinterval, now, holds no / between start and end, 1
    resourcetags, com_redhat_rhel, is not JSON (at byte 0), 1
    resourcetags, {"COM_redhat_rhel": "7", "com_redhat_rhel": "8"}, holds keys that are com_redhat_rhel in lower case, 1
    resourcetags, {"com_redhat_rhel": "9", "app": {"a": 1}}, holds an object or array under key "app", 1
    resourcetags, {"com_redhat_rhel": 1, "com_redhat_rhel": 2}, holds key "com_redhat_rhel" twice, 1
    "#);
}

#[test]
fn an_azure_machine_needs_processors_a_tag_and_usage() {
    let lines: [Line; 8] = [
        &[],
        &[(ADDITIONALINFO.name, Some(r#"{"VCPUS": null}"#))],
        &[(ADDITIONALINFO.name, Some("not json"))],
        &[(TAGS.name, Some("{}"))],
        &[(TAGS.name, Some(r#"{"COM_RedHat_RHEL": ""}"#))],
        &[(QUANTITY.name, Some("-0.5"))],
        &[(QUANTITY.name, Some("NaN"))],
        &[(METERCATEGORY.name, Some("Storage"))],
    ];
    assert_eq!(counted(azure_subs_count(azure(&lines), "sub", &february("/x/y/vm-1"))), Some(2));
}

#[test]
fn the_last_day_of_azure_waits_until_it_is_complete() {
    let lines: [Line; 4] = [
        &[],
        &[
            (AZURE_DATE.name, Some("2026-02-05T00:00:00")),
            (RESOURCEID.name, Some("/x/y/vm-2")),
            (ADDITIONALINFO.name, Some(r#"{"vcpus": 1}"#)),
        ],
        &[(RESOURCEID.name, Some("/ends/with/")), (ADDITIONALINFO.name, Some(r#"{"vcpus": 1}"#))],
        &[(SUBSCRIPTIONID.name, Some("")), (SUBSCRIPTIONGUID.name, Some("sub")), (RESOURCEGROUP.name, Some("RG"))],
    ];
    let resources = azure_subs_resources(azure(&lines), "sub", &[], "2026-02-06".parse().unwrap()).collect().unwrap();
    insta::assert_snapshot!(csv(&resources, SUBS_RESOURCES.columns), @r"
    resource_id, instance_key, latest
    /ends/with/, null, 2026-02-03 00:00:00
    /x/y/vm-1, sub:RG:vm-a, 2026-02-03 00:00:00
    /x/y/vm-1, sub:rg:vm-a, 2026-02-03 00:00:00
    /x/y/vm-2, sub:rg:vm-2, 2026-02-04 00:00:00
    ");
    let latest = |today: &str| {
        let resources = azure_subs_resources(azure(&lines[..1]), "sub", &[], today.parse().unwrap()).collect().unwrap();
        csv(&resources, &[SUBS_INSTANCE_KEY, crate::table::cloud_extract::SUBS_LATEST])
    };
    assert!(latest("2026-02-05").ends_with("2026-02-02 00:00:00"));
    assert!(latest("2026-02-06").ends_with("2026-02-03 00:00:00"));
    let accounts = |others: &[Option<String>]| texts(azure_subs_usage_accounts(azure(&lines), others), &SUBS_ACCOUNT);
    assert_eq!((accounts(&[]), accounts(&some(["sub"])), accounts(&[None])), (some(["sub"]), vec![], vec![]));
}

#[test]
fn azure_extract() {
    let lines: [Line; 3] = [
        &[(
            TAGS.name,
            // Keys of the product are read with their case, keys of support without.
            Some(
                r#"{"COM_REDHAT_RHEL": "7", "COM_REDHAT_RHEL_VARIANT": "Sap", "com_redhat_rhel_ADDON": "els", "com_redhat_rhel_instance": "I-1"}"#,
            ),
        )],
        &[
            (ADDITIONALINFO.name, Some(r#"{"vcpus": "2", "vmname": null, "VCPUS": 4}"#)),
            (TAGS.name, Some(r#"{"com_redhat_rhel": 7, "com_redhat_rhel_addon": "ELS", "com_redhat_rhel_conversion": true}"#)),
            (AZURE_DATE.name, Some("2026-02-27T12:00:00.250")),
        ],
        &[(QUANTITY.name, Some("3000000000"))],
    ];
    let extract = azure_subs_summary(azure(&lines), "sub", &february("/x/y/vm-1")).collect().unwrap();
    let names: Vec<_> = extract.get_column_names().iter().map(ToString::to_string).collect();
    let expected: Vec<_> = AZURE_SUBS.columns.iter().chain(AZURE_SUBS_APPENDED.columns).map(|column| column.name).collect();
    assert_eq!(names, expected);
    insta::assert_snapshot!(csv(&extract, AZURE_SUBS_APPENDED.columns), @r"
    subs_start_time, subs_end_time, subs_vcpu, subs_account, subs_resource_id, subs_usage_quantity, subs_role, subs_usage, subs_sla, subs_rhel_version, subs_addon_id, subs_conversion, subs_instance, subs_vmname
    2026-02-03 00:00:00+00:00, 2026-02-04 00:00:00+00:00, 8.0, sub, vm-1, 24, SAP, Production, Premium, 479, null, false, i-1, vm-a
    2026-02-03 00:00:00+00:00, 2026-02-04 00:00:00+00:00, 8.0, sub, vm-1, null, Red Hat Enterprise Linux Server, Production, Premium, 69, null, false, , vm-a
    2026-02-27 12:00:00.250000+00:00, 2026-02-28 12:00:00.250000+00:00, 2, sub, vm-1, 24, Red Hat Enterprise Linux Server, Production, Premium, 69, 204, true, , vm-1
    ");
    let refused = azure_subs_refusals(azure(&lines), "sub", &february("/x/y/vm-1")).collect().unwrap();
    insta::assert_snapshot!(csv(&refused, REFUSED_VALUES.columns), @r"
    column, value, reason, rows
    quantity, 3.0E9, is more than an integer holds, 1
    ");
}
