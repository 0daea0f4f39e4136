use super::*;

#[test]
fn a_line_of_csv_is_a_total() {
    let text = "\u{feff}period,namespace,tag,column,value,tolerance,absolute\r\n\r\n# a comment\n2026-03,\"a,\"\"b\",k=v,pod_usage_cpu_core_hours,1.5,0.5%,0.25\n";
    let totals = from_csv(text, &OCP).unwrap();
    let expected = Total {
        period: Period::Month(2026, 3),
        selected: vec![(summary::NAMESPACE, "a,\"b".to_owned())],
        tag: Some(("k".to_owned(), "v".to_owned())),
        column: summary::POD_USAGE_CPU_CORE_HOURS,
        value: 1.5,
        relative: Some(0.005),
        absolute: 0.25,
    };
    assert_eq!(totals, [expected]);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (text, told) in [
        ("", "empty"),
        ("period,column\n2026-03-01\n", "line 2: it has 1 fields, the header 2"),
        ("column,value\n\nnode,1\n", "line 3: `node` is no column with a total"),
        ("column,value\npod_usage_cpu_core_hours,NaN\n", "`NaN` is no number"),
        ("column,value,tolerance\npod_usage_cpu_core_hours,1,-1\n", "`-1` is no tolerance"),
        ("column,value,tag\npod_usage_cpu_core_hours,1,k:v\n", "`k:v` is no label"),
        ("column,value\n\"a,1\n", "a quote is not closed"),
    ] {
        let error = from_csv(text, &OCP).unwrap_err();
        assert!(error.contains(told), "{told}: {error}");
    }
    for (text, told) in [
        ("totals: [{values: {cpu: 1}}]", "entry 1: `cpu` is no column with a total"),
        ("totals: [{by: {pod: x}, values: {}}]", "rows cannot be chosen by `pod`"),
        ("totals: [{when: 2026, values: {}}]", "unknown field `when`"),
    ] {
        let error = from_yaml(text, &OCP).unwrap_err();
        assert!(error.contains(told), "{told}: {error}");
    }
}

#[test]
fn tolerances_of_yaml_are_inherited() {
    let text = "
tolerance: 0.1
totals:
  - values: {pod_usage_cpu_core_hours: 1}
  - tolerance: 5%
    values:
      pod_usage_cpu_core_hours: 1
      pod_request_cpu_core_hours: {value: 2, tolerance: 0.2}
";
    let tolerances: Vec<_> = from_yaml(text, &OCP).unwrap().into_iter().map(|total| total.relative).collect();
    assert_eq!(tolerances, [Some(0.1), Some(0.05), Some(0.2)]);
}

#[test]
fn each_table_has_its_own_words() {
    let text = "period,usage_account_id,product_code,tag,column,value\n2026-03,42,AmazonEC2,app=shop,unblended_cost,2.4\n";
    let totals = from_csv(text, &Words::of(&AWS_DAILY)).unwrap();
    let selected = [(cloud_summary::USAGE_ACCOUNT_ID, "42".to_owned()), (cloud_summary::PRODUCT_CODE, "AmazonEC2".to_owned())];
    assert_eq!((totals[0].selected.as_slice(), totals[0].column), (&selected[..], cloud_summary::UNBLENDED_COST));
    assert!(from_csv(text, &Words::of(&OCP_DAILY_SUMMARY)).unwrap_err().contains("`usage_account_id`"));
    for (subject, column, other) in [(AZURE_DAILY, "pretax_cost", "unblended_cost"), (GCP_DAILY, "credit_amount", "pretax_cost")] {
        let words = Words::of(&subject);
        assert!(from_csv(&format!("column,value\n{column},1\n"), &words).is_ok());
        let error = from_csv(&format!("column,value\n{other},1\n"), &words).unwrap_err();
        assert!(error.contains("is no column with a total") && error.contains(column), "{error}");
    }
}
