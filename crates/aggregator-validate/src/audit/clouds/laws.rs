//! The laws.

use std::collections::{BTreeMap, BTreeSet};

use aggregator_core::table::cloud_summary as cloud;
use aggregator_core::table::{ColumnDef, Kind};
use chrono::{Datelike, NaiveDate};
use serde_json::Value;

use super::{Asked, CloudAudit, CloudLaw};
use crate::audit::law::{Finding, Findings, Law};
use crate::audit::total::double;
use crate::diff::tolerance::DEFAULT_RELATIVE;
use crate::rows::{Cell, Decimal, Number};
use crate::subject::{AWS_EC2, AZURE_DAILY};

/// Every law of the clouds.
pub(super) const LAWS: &[CloudLaw] = &[
    law(
        "days",
        "A daily row is of one day; one of EC2 does not end before it begins.",
        "`usage_end` of a daily summary is its `usage_start` again; that of EC2 is the last day with usage in the partition of a month, which may hold days of its neighbours.",
        "None.",
        days,
    ),
    CloudLaw {
        needs: Some(Asked::Window),
        ..law(
            "window",
            "No row lies outside of the window.",
            "Line items outside of the window are not summarised.",
            "EC2: the partition of a month may begin and end with days of its neighbours. A PostgreSQL table holds many windows; it is \
             asked for the rows of the given one, and the law is not checked.",
            window,
        )
    },
    law(
        "one-bill",
        "The rows of a source, month and invoice month have one bill.",
        "The bill is a parameter of a run, and a run replaces whole days of a source.",
        "Sources whose bills are of several payers, where koku has one bill for each: not a result of one run.",
        one_bill,
    ),
    law(
        "required",
        "What koku's table declares NOT NULL is there.",
        "PostgreSQL refuses the row otherwise.",
        "`uuid`, which PostgreSQL makes, and Parquet lacks.",
        required,
    ),
    law(
        "resources",
        "The resources of a row are different, and their count is the number of those that are not null.",
        "Both are made of the same set: the list has the null, the count does not.",
        "None.",
        resources,
    ),
    law(
        "tags",
        "Tags are null or an object of texts, and cost categories are JSON.",
        "Tags are made of a map of texts; cost categories are passed on as JSON.",
        "The value of a tag may be null.",
        tags,
    ),
    law(
        "texts-fit",
        "A text is no longer than its column, and has no U+0000.",
        "PostgreSQL refuses it otherwise.",
        "Blanks at the end that do not fit are cut by PostgreSQL; a managed copy is cut alike.",
        texts_fit,
    ),
    law(
        "decimals-fit",
        "A decimal is finite, has no more places than its column, and no more digits before the point.",
        "Trino casts sums to the type of the column, and fails where they do not fit.",
        "None.",
        decimals_fit,
    ),
    CloudLaw {
        needs: Some(Asked::Markup),
        ..law(
            "markup",
            "A markup is its cost times the markup, and null where the cost is.",
            "It is computed of the same sum, before either is rounded.",
            "Azure rounds the markup of each line item, of which a row does not say how many it has: there, 10,000 roundings are allowed.",
            markup,
        )
    },
    law(
        "amortised",
        "The amortised cost is null where both the cost and the effective cost of savings plans are.",
        "Each line item counts one of the two; where both sums are null, every line item has neither.",
        "None. Only AWS has amortised cost.",
        amortised,
    ),
];

pub(super) const fn law(
    name: &'static str,
    says: &'static str,
    why: &'static str,
    exceptions: &'static str,
    check: fn(&CloudAudit<'_>, &mut Findings),
) -> CloudLaw {
    CloudLaw { law: Law { name, says, why, exceptions, needs: &[], check: |_, _| {} }, check, needs: None }
}

fn day(audit: &CloudAudit<'_>, column: ColumnDef, row: usize) -> Option<NaiveDate> {
    if let Cell::Date(day) = audit.cell(column, row) { Some(day) } else { None }
}

fn days(audit: &CloudAudit<'_>, findings: &mut Findings) {
    for row in 0..audit.rows.len() {
        let holds = match (day(audit, cloud::USAGE_START, row), day(audit, cloud::USAGE_END, row)) {
            (Some(start), Some(end)) if audit.subject.name == AWS_EC2.name => start <= end,
            (Some(start), Some(end)) => start == end,
            _ => false,
        };
        findings.check(holds, || audit.finding(row, cloud::USAGE_END, "not the day of `usage_start`, or before it"));
    }
}

fn window(audit: &CloudAudit<'_>, findings: &mut Findings) {
    for row in 0..audit.rows.len() {
        if audit.subject.name == AWS_EC2.name {
            findings.except("instances of a month's partition");
            continue;
        }
        let holds = day(audit, cloud::USAGE_START, row).is_none_or(|day| audit.days.holds(day));
        findings.check(holds, || audit.finding(row, cloud::USAGE_START, "outside of the window"));
    }
}

fn one_bill(audit: &CloudAudit<'_>, findings: &mut Findings) {
    let mut first: BTreeMap<(String, Option<(i32, u32)>), usize> = BTreeMap::new();
    for row in 0..audit.rows.len() {
        let month = match audit.cell(cloud::INVOICE_MONTH, row) {
            Cell::Null => day(audit, cloud::USAGE_START, row).map(|day| (day.year(), day.month())),
            _ => None,
        };
        let of = format!("{}{}", audit.cell(cloud::SOURCE_UUID, row), audit.cell(cloud::INVOICE_MONTH, row));
        let known = *first.entry((of, month)).or_insert(row);
        let bill = |row| audit.cell(cloud::COST_ENTRY_BILL_ID, row);
        findings.check(bill(known) == bill(row), || {
            audit.finding(row, cloud::COST_ENTRY_BILL_ID, "another bill than in the first row of the month").with("first", bill(known))
        });
    }
}

fn required(audit: &CloudAudit<'_>, findings: &mut Findings) {
    let required: Vec<ColumnDef> = audit.columns().filter(|column| column.required).collect();
    for row in 0..audit.rows.len() {
        let missing = required.iter().find(|column| audit.cell(**column, row) == Cell::Null);
        findings.check(missing.is_none(), || {
            let finding = Finding::new(audit.key(row), "null in a column that koku's table declares NOT NULL");
            missing.map_or(finding.clone(), |column| finding.of(*column))
        });
    }
}

fn resources(audit: &CloudAudit<'_>, findings: &mut Findings) {
    for (list, count) in [(cloud::RESOURCE_IDS, cloud::RESOURCE_COUNT), (cloud::INSTANCE_IDS, cloud::INSTANCE_COUNT)] {
        if !audit.has(list) || !audit.has(count) {
            continue;
        }
        for row in 0..audit.rows.len() {
            let texts: Option<Vec<Option<String>>> = match audit.cell(list, row) {
                Cell::Text(text) => serde_json::from_str(&text).ok(),
                _ => None,
            };
            let different = texts.as_ref().map(|texts| texts.iter().collect::<BTreeSet<_>>());
            let holds = texts.as_ref().zip(different).is_some_and(|(texts, different)| {
                let counted = i32::try_from(different.iter().filter(|text| text.is_some()).count()).ok();
                texts.len() == different.len() && counted.map(Cell::Integer) == Some(audit.cell(count, row))
            });
            findings
                .check(holds, || audit.finding(row, count, "not the number of different resources").with(list.name, audit.cell(list, row)));
        }
    }
}

fn tags(audit: &CloudAudit<'_>, findings: &mut Findings) {
    for column in audit.columns().filter(|column| matches!(column.kind, Kind::Labels | Kind::Json)) {
        for row in 0..audit.rows.len() {
            let Cell::Text(text) = audit.cell(column, row) else { continue };
            let holds = match serde_json::from_str(&text) {
                Ok(Value::Object(tags)) if column.kind == Kind::Labels => tags.values().all(|tag| tag.is_string() || tag.is_null()),
                Ok(_) => column.kind == Kind::Json,
                // Any JSON, also a number that no double holds.
                Err(_) => column.kind == Kind::Json && serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok(),
            };
            findings.check(holds, || audit.finding(row, column, "not an object of texts, or no JSON"));
        }
    }
}

fn texts_fit(audit: &CloudAudit<'_>, findings: &mut Findings) {
    for column in audit.columns().filter(|column| column.kind == Kind::Text) {
        for row in 0..audit.rows.len() {
            let Cell::Text(text) = audit.cell(column, row) else { continue };
            let holds = column.width.is_none_or(|width| text.chars().count() <= width) && !text.contains('\0');
            findings.check(holds, || audit.finding(row, column, "too long, or with U+0000"));
        }
    }
}

fn decimals_fit(audit: &CloudAudit<'_>, findings: &mut Findings) {
    for column in audit.columns() {
        let Kind::Numeric { precision, scale } = column.kind else { continue };
        let unit = unit(scale);
        let digits =
            precision.checked_sub(scale).and_then(|digits| u32::try_from(digits).ok()).and_then(|digits| 10_i128.checked_pow(digits));
        let limit = digits.and_then(|digits| Decimal::from_scaled(digits, 0));
        for row in 0..audit.rows.len() {
            let holds = match audit.cell(column, row) {
                Cell::Number(Number::Decimal(decimal)) => {
                    let size = decimal.units().unsigned_abs();
                    decimal.units() % unit == 0 && limit.is_none_or(|limit| size < limit.units().unsigned_abs())
                }
                Cell::Null => continue,
                // A double that was not cast.
                _ => false,
            };
            findings.check(holds, || audit.finding(row, column, "does not fit the decimal that koku's table declares"));
        }
    }
}

/// The last place of so many places, in units of 10^-15.
fn unit(scale: usize) -> i128 {
    u32::try_from(scale).ok().and_then(|scale| Decimal::from_scaled(1, scale)).map_or(1, Decimal::units)
}

/// The markups, each with its cost.
pub(super) const MARKUPS: [(ColumnDef, ColumnDef); 5] = [
    (cloud::UNBLENDED_COST, cloud::MARKUP_COST),
    (cloud::PRETAX_COST, cloud::MARKUP_COST),
    (cloud::BLENDED_COST, cloud::MARKUP_COST_BLENDED),
    (cloud::SAVINGSPLAN_EFFECTIVE_COST, cloud::MARKUP_COST_SAVINGSPLAN),
    (cloud::CALCULATED_AMORTIZED_COST, cloud::MARKUP_COST_AMORTIZED),
];

/// Roundings of line items that a row of Azure may have.
const LINE_ITEMS: f64 = 10_000.0;

fn markup(audit: &CloudAudit<'_>, findings: &mut Findings) {
    let factor = audit.markup.map_or(0.0, aggregator_core::cloud::Markup::factor);
    let place = |column: ColumnDef| match column.kind {
        Kind::Numeric { scale, .. } => Decimal::from_units(unit(scale)).map_or(0.0, |unit| double(Number::Decimal(unit))),
        _ => 0.0,
    };
    let number = |column, row| if let Cell::Number(number) = audit.cell(column, row) { Some(double(number)) } else { None };
    let roundings = if audit.subject.name == AZURE_DAILY.name { LINE_ITEMS } else { 1.0 };
    for (cost, marked_up) in MARKUPS.into_iter().filter(|(cost, markup)| audit.has(*cost) && audit.has(*markup)) {
        let places = place(cost).mul_add(factor.abs(), place(marked_up)) * roundings;
        for row in 0..audit.rows.len() {
            let holds = match (number(cost, row), number(marked_up, row)) {
                (None, None) => true,
                (Some(cost), Some(found)) => {
                    let expected = cost * factor;
                    (found - expected).abs() <= DEFAULT_RELATIVE.mul_add(expected.abs(), places)
                }
                _ => false,
            };
            findings.check(holds, || audit.finding(row, marked_up, "not the cost times the markup").with(cost.name, audit.cell(cost, row)));
        }
    }
}

fn amortised(audit: &CloudAudit<'_>, findings: &mut Findings) {
    let columns = [cloud::CALCULATED_AMORTIZED_COST, cloud::UNBLENDED_COST, cloud::SAVINGSPLAN_EFFECTIVE_COST];
    if !columns.iter().all(|column| audit.has(*column)) {
        return;
    }
    for row in 0..audit.rows.len() {
        let [amortised, cost, savings] = columns.map(|column| audit.cell(column, row) == Cell::Null);
        findings.check(amortised || !cost || !savings, || {
            audit.finding(row, cloud::CALCULATED_AMORTIZED_COST, "neither the cost nor the effective cost is there")
        });
    }
}
