//! The frame, on small reports with answers that are known by hand.

use std::collections::BTreeMap;

use aggregator_core::table::cloud_summary as columns;

use super::attributes::{Attributes, float, is_true};
use super::expected::Group;
use super::item::Field;
use super::values::{number, rounded};
use super::{Context, Provider, Reference, provider, report};
use crate::nise::dates::Clock;
use crate::nise::known::Why;
use crate::nise::yaml::document;
use crate::rows::Cell;

const DRAWN: Why = Why::Cloud("drawn");

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// The groups of AWS generators in flow style, with a markup of 10 %, and tags with the key `app` kept.
fn aws(generators: &str) -> Result<Vec<Group>, String> {
    let yaml = format!("generators: [{generators}]\naccounts: {{payer: '1', user: ['2']}}\n");
    let clock = Clock { now: "2026-06-01T00:00:00".parse().unwrap(), start: None, end: None };
    let tag_keys = r#"{"enabled_tag_keys": [{"key": "app", "enabled": true, "provider_type": "AWS"}]}"#;
    let reference = Reference::from_json(tag_keys.as_bytes(), "AWS").unwrap();
    let context = Context { clock: &clock, reference: &reference, source: Some("s"), markup: 0.1, currency: None };
    let report = report(&yaml)?;
    assert_eq!(provider(&report)?, Some(Provider::Aws));
    Ok(Provider::Aws.expected(&report, &context, |_| true)?.groups)
}

fn sum(groups: &[Group], column: &str) -> f64 {
    groups.iter().map(|group| group.totals[column].value.unwrap()).sum()
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-12 * other.abs()
}

#[test]
fn generators_tell_the_table() {
    for (yaml, expected) in [
        ("generators: [{EC2Generator: {}}, {S3Generator: {}}]", Ok(Some(Provider::Aws))),
        ("generators: [{OCPGenerator: {}}]", Ok(None)),
        ("generators: []", Ok(None)),
        ("generators: [{EC2Generator: {}}, {OCPGenerator: {}}]", Err("different reports")),
        ("generators: [{Nothing: {}}]", Err("`Nothing` is no generator that is known")),
        ("generators: {}", Err("no list `generators`")),
        ("1", Err("the file is no mapping")),
    ] {
        let found = report(yaml).and_then(|report| provider(&report));
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{yaml}"),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{yaml}: {found}"),
            (found, _) => panic!("{yaml}: {found:?}"),
        }
    }
    for cloud in [Provider::Aws, Provider::Azure, Provider::Gcp] {
        assert_eq!(Provider::of_table(cloud.subject().name), Some(cloud));
        assert_eq!(Provider::of_table(cloud.subject().table_name()), Some(cloud));
    }
    assert_eq!(Provider::of_table("aws-ec2-summary"), None);
}

#[test]
fn values_are_true_and_numbers_as_in_python() {
    let root =
        document("{zero: 0, none: , never: off, text: '0', empty: '', list: [], some: [0], point: 0.0, number: ' 1.5 ', word: x}").unwrap();
    let attributes = Attributes::of(&root, "it").unwrap();
    let true_ones: Vec<&str> = ["zero", "none", "never", "text", "empty", "list", "some", "point"]
        .into_iter()
        .filter(|name| is_true(attributes.find(name).unwrap()))
        .collect();
    assert_eq!(true_ones, ["text", "some"]);
    assert_eq!(float(attributes.find("number").unwrap(), "number"), Ok(1.5));
    assert!(attributes.float("word").unwrap_err().contains("`word` is no number"));
    assert_eq!((attributes.float("zero"), attributes.float("absent")), (Ok(None), Ok(None)));
    // The ingest is milder.
    assert_eq!(["1.5", "abc", "", "NA", "-2"].map(|text| number(text).to_string()), ["1.5", "0", "0", "0", "-2"]);
    assert_eq!([0.125, 0.375, 2.675].map(|number| rounded(number, 2).to_string()), ["0.12", "0.38", "2.67"]);
}

#[test]
fn a_field_allows_what_nise_can_draw() {
    let two = Field::one_of(["b", "a", "b"], DRAWN);
    assert!(two.allows(&text("a")) && !two.allows(&text("c")) && two.why() == Some(DRAWN));
    let one = Field::one_of(["a", "a"], DRAWN);
    assert!(one == Field::text("a") && one.why().is_none());
    assert!(Field::text("").allows(&Cell::Null) && !Field::text("").allows(&text("")));
    let keys = Field::KeysOf(["app".to_owned()].into(), DRAWN);
    assert!(keys.allows(&text("{}")) && keys.allows(&text(r#"{"app":"x"}"#)));
    assert!(!keys.allows(&text(r#"{"app":"x","other":"y"}"#)) && !keys.allows(&Cell::Null) && !keys.allows(&text("app")));
}

const DAY: &str = "start_date: 2026-03-10, end_date: 2026-03-11";
const GIVEN: &str = "region: us-west-2a, tags: {'resourceTags/user:app': shop}, cost_category: {costCategory/OUs: x}";

#[test]
fn an_instance_of_a_tenth_an_hour_costs_two_forty_a_day() {
    let groups =
        aws(&format!("{{EC2Generator: {{{DAY}, {GIVEN}, resource_id: 7, instance_type: {{inst_type: m, cost: 0.1, rate: 0.1}}}}}}"))
            .unwrap();
    let [group] = groups.as_slice() else { panic!("{groups:?}") };
    assert!(group.is_row());
    let key: BTreeMap<&str, &Cell> = group.item.key.iter().filter_map(|(column, field)| Some((*column, field.cell()?))).collect();
    for (column, cell) in [
        ("usage_account_id", text("2")),
        ("product_code", text("AmazonEC2")),
        ("product_family", text("Compute Instance")),
        ("region", text("us-west-2")),
        ("availability_zone", text("us-west-2a")),
        ("tags", text(r#"{"app":"shop"}"#)),
        ("cost_category", text(r#"{"OUs":"x"}"#)),
        ("unit", text("Hrs")),
    ] {
        assert_eq!(key.get(column), Some(&&cell), "{column}");
    }
    for (column, number) in [("unblended_cost", 2.4), ("usage_amount", 24.0), ("markup_cost", 0.24), ("savingsplan_effective_cost", 0.0)] {
        assert!(near(sum(&groups, column), number), "{column}");
    }
    assert!(near(sum(&groups, columns::UNBLENDED_RATE.name), 0.1));
}

#[test]
fn a_volume_costs_its_part_of_the_month() {
    let of = |dates: &str| aws(&format!("{{EBSGenerator: {{{dates}, {GIVEN}, disk_size: 35, rate: 0.113}}}}")).unwrap();
    // 35 × 0.113 over 28 × 24 hours is 0.005885416…, of which nise keeps ten decimals, and of the amount, too.
    let february = of("start_date: 2026-02-10, end_date: 2026-02-11");
    assert!(near(sum(&february, "unblended_cost"), 24.0 * 0.005_885_416_7), "{}", sum(&february, "unblended_cost"));
    assert!(near(sum(&february, "usage_amount"), 24.0 * 0.052_083_333_6), "{}", sum(&february, "usage_amount"));
    // Over 31 × 24 hours 0.005315860…
    let march = of(DAY);
    assert!(near(sum(&march, "unblended_cost"), 24.0 * 0.005_315_860_2), "{}", sum(&march, "unblended_cost"));
}

#[test]
fn what_a_savings_plan_takes_back_is_no_usage_and_has_no_tags() {
    let groups = aws(&format!(
        "{{EC2Generator: {{{DAY}, {GIVEN}, resource_id: 7, instance_type: {{inst_type: m, cost: 0.2, rate: 0.3, saving: 1, negation: true}}}}}}"
    ))
    .unwrap();
    assert!(
        near(sum(&groups, "unblended_cost"), -4.8)
            && sum(&groups, "usage_amount") == 0.0
            && sum(&groups, "calculated_amortized_cost") == 0.0
    );
    assert!(near(sum(&groups, "public_on_demand_cost"), 4.8));
    assert_eq!(groups[0].item.key["tags"], Field::text("{}"));
    let refused = aws(&format!("{{EC2Generator: {{{DAY}, {GIVEN}, instance_type: {{cost: '0.2', rate: 0.3, negation: true}}}}}}"));
    assert!(refused.unwrap_err().contains("`cost` is no number"));
}

#[test]
fn what_is_not_given_is_open_and_nothing_else() {
    let groups = aws(&format!("{{S3Generator: {{{DAY}, amount: 2, tags: {{'resourceTags/user:team': a}}}}}}")).unwrap();
    let [group] = groups.as_slice() else { panic!("{groups:?}") };
    assert!(!group.is_row());
    // `team` is not enabled.
    assert_eq!(group.item.key["tags"], Field::text("{}"));
    let open: Vec<&str> = group.item.key.iter().filter(|(_, field)| field.why().is_some()).map(|(column, _)| *column).collect();
    assert_eq!(open, ["cost_category", "region"]);
    assert_eq!(group.item.key["availability_zone"], Field::null());
    let open: Vec<&str> = group.totals.iter().filter(|(_, total)| total.value.is_err()).map(|(column, _)| *column).collect();
    let costs = [
        "blended_cost",
        "blended_rate",
        "calculated_amortized_cost",
        "markup_cost",
        "markup_cost_amortized",
        "markup_cost_blended",
        "public_on_demand_cost",
        "public_on_demand_rate",
        "unblended_cost",
        "unblended_rate",
    ];
    assert_eq!(open, costs);
    assert!(near(sum(&groups, "usage_amount"), 48.0));
}

#[test]
fn a_zone_belongs_to_its_region() {
    let groups = aws(&format!("{{VPCGenerator: {{{DAY}}}}}")).unwrap();
    let at = |region: &str, zone: &str| {
        let cells = [("region", text(region)), ("availability_zone", text(zone))];
        groups[0].item.allows(|column| cells.iter().find(|(known, _)| *known == column).map(|(_, cell)| cell))
    };
    assert!(at("us-east-1", "us-east-1f") && at("eu-south-1", "eu-south-1"));
    assert!(!at("us-east-1", "us-west-2a") && !at("us-east-1", "us-east-1g") && !at("us-east-9", "us-east-9a"));
}

#[test]
fn what_nise_refuses_is_refused() {
    for (generator, told) in [
        ("EC2Generator: ", "`EC2Generator` is no mapping"),
        ("EC2Generator: {tags: [a]}", "`tags` is no mapping"),
        ("EC2Generator: {instance_type: m5.large}", "`instance_type` is no mapping"),
        ("EBSGenerator: {rate: much}", "`rate` is no number"),
        ("EBSGenerator: {provisioned_iops: {cost: 1}}", "`provisioned_iops` has no `rate`"),
        ("EBSGenerator: {disk_size: '1.5'}", "`disk_size` is no whole number"),
        ("Route53Generator: {product_family: Mail}", "`Mail` is no family"),
        ("MarketplaceGenerator: {amount: '2'}", "`amount` is a text"),
        ("DataTransferGenerator: {amount: }", "`amount` is no number"),
        ("EC2Generator: {start_date: 2026-03-02, end_date: 2026-03-01}", "lies before `start_date`"),
    ] {
        let error = aws(&format!("{{{generator}}}")).unwrap_err();
        assert!(error.contains(told), "{generator}: {error}");
    }
}
