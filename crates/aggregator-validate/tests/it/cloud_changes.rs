//! Changes of a right summary of a cloud, each of which an audit beside the line items must find.

use std::collections::BTreeMap;

use aggregator_core::table::{ColumnDef, Kind, cloud_summary as cloud};
use aggregator_validate::subject::AWS_DAILY;
use chrono::NaiveDate;

use crate::cloud_cases::Case;

/// The rows of an answer, all text, by column.
pub(crate) type Row = BTreeMap<&'static str, String>;

/// What is added up, and thus held against line items.
pub(crate) const AMOUNTS: [ColumnDef; 14] = [
    cloud::USAGE_AMOUNT,
    cloud::NORMALIZED_USAGE_AMOUNT,
    cloud::UNBLENDED_COST,
    cloud::BLENDED_COST,
    cloud::SAVINGSPLAN_EFFECTIVE_COST,
    cloud::CALCULATED_AMORTIZED_COST,
    cloud::PUBLIC_ON_DEMAND_COST,
    cloud::MARKUP_COST,
    cloud::MARKUP_COST_BLENDED,
    cloud::MARKUP_COST_SAVINGSPLAN,
    cloud::MARKUP_COST_AMORTIZED,
    cloud::USAGE_QUANTITY,
    cloud::PRETAX_COST,
    cloud::CREDIT_AMOUNT,
];

/// By how much a number is changed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// By 1e-9 of itself.
    OfItself,
    /// By 1e-9 of the greatest number of the line items, of which fewer than a hundred are in a group.
    OfTheGreatest(f64),
}

/// The rows with one row of each group and copy changed in `column`, by more than what rounding explains; and how many that are.
pub(crate) fn changed(case: &Case, rows: &[Row], column: ColumnDef, turn: usize, change: Change) -> (Vec<Row>, usize) {
    let subject = case.subject();
    let is_fine = |name: &str| {
        ["tags", "cost_category", "instance_type", "memory", "vcpu"].contains(&name)
            && (subject.name, name) != (AWS_DAILY.name, "instance_type")
    };
    let of_group: Vec<&str> = subject.key.iter().map(|key| key.name).filter(|name| !is_fine(name)).collect();
    let mut groups: BTreeMap<Vec<Option<&String>>, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let key = of_group.iter().copied().chain(["account_alias_id", "subscription_name"]).map(|name| row.get(name)).collect();
        groups.entry(key).or_default().push(at);
    }
    let (mut changed, mut count) = (rows.to_vec(), 0);
    for places in groups.values() {
        let with_value: Vec<usize> = places.iter().copied().filter(|at| rows[*at].contains_key(column.name)).collect();
        let Some(at) = with_value.get(turn % with_value.len().max(1)) else { continue };
        let text = &rows[*at][column.name];
        let value: f64 = text.parse().unwrap();
        let by = match change {
            Change::OfItself => value.abs() * 1e-9,
            Change::OfTheGreatest(greatest) => greatest * 1e-9,
        };
        let other = if let Kind::Numeric { scale, .. } = column.kind {
            let one = 10_i128.pow(u32::try_from(scale).unwrap());
            let units = text.replace('.', "").parse::<i128>().unwrap();
            let by: i128 = format!("{:.0}", by * 10_f64.powi(i32::try_from(scale).unwrap())).parse().unwrap();
            let units = units + by.max(i128::try_from(places.len()).unwrap() + 1);
            format!("{}{}.{:0scale$}", if units < 0 { "-" } else { "" }, units.abs() / one, units.abs() % one)
        } else {
            if (value + by).to_bits() == value.to_bits() || !(value + by).is_finite() {
                continue;
            }
            format!("{:?}", value + by)
        };
        changed[*at].insert(column.name, other);
        count += 1;
    }
    (changed, count)
}

/// Some rows dropped, doubled, and moved to another account and day, each in a result of its own.
pub(crate) fn moved(case: &Case, rows: &[Row]) -> Vec<Vec<Row>> {
    let is_amount = |(name, text): (&&str, &String)| {
        let is_amount = AMOUNTS.iter().any(|column| column.name == *name);
        is_amount && text.parse::<f64>().is_ok_and(|number| number != 0.0)
    };
    let with_amounts: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].iter().any(|(name, text)| is_amount((name, text)))).collect();
    let mut moved = Vec::new();
    for place in [0, with_amounts.len() / 2, with_amounts.len().saturating_sub(1)] {
        let Some(at) = with_amounts.get(place).copied() else { continue };
        let mut dropped = rows.to_vec();
        dropped.remove(at);
        let doubled = [rows, &rows[at..=at]].concat();
        moved.extend([dropped, doubled]);
        let accounts = ["usage_account_id", "subscription_guid", "account_id"];
        let account = accounts.into_iter().find(|name| rows[at].contains_key(name)).unwrap();
        let mut elsewhere = rows.to_vec();
        let other = rows.iter().map(|row| &row[account]).find(|other| **other != rows[at][account]).cloned();
        elsewhere[at].insert(account, other.unwrap_or_else(|| "another".to_owned()));
        moved.push(elsewhere);
        let (start, end) = case.days();
        let day: NaiveDate = rows[at]["usage_start"].parse().unwrap();
        if let Some(other) = [day.succ_opt().unwrap(), day.pred_opt().unwrap()].into_iter().find(|day| (start..=end).contains(day)) {
            let mut later = rows.to_vec();
            later[at].insert("usage_start", other.to_string());
            later[at].insert("usage_end", other.to_string());
            moved.push(later);
        }
    }
    moved
}
