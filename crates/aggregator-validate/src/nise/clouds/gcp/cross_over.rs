//! `cross_over`: days whose lines another month's invoice has.

use chrono::{Datelike, Months, NaiveDate};

use super::super::attributes::{Attributes, is_true};
use super::row::Row;
use crate::nise::dates::Clock;
use crate::nise::scalar::Scalar;
use crate::nise::yaml::Node;

/// The invoice months that have the lines of a day, as `YYYYMM`.
///
/// # Errors
/// An invoice month or a `cross_over` that nise does not understand.
pub(super) fn invoice_months(row: &Row<'_>, day: NaiveDate, clock: &Clock) -> Result<Vec<String>, String> {
    let own = match row.attribute("invoice.month")? {
        Some(month) => month,
        None => text(day),
    };
    let mut months = Vec::new();
    match shift(row, day, clock)? {
        Some(Shift { later, replaces }) => {
            let refused = || format!("`{own}` is no month to cross over from: nise refuses that");
            let first = first_of(&own).ok_or_else(refused)?;
            let other = if later { first.checked_add_months(Months::new(1)) } else { first.checked_sub_months(Months::new(1)) };
            months.push(text(other.ok_or_else(refused)?));
            if !replaces {
                months.push(own);
            }
        }
        None => months.push(own),
    }
    Ok(months)
}

struct Shift {
    later: bool,
    replaces: bool,
}

fn shift(row: &Row<'_>, day: NaiveDate, clock: &Clock) -> Result<Option<Shift>, String> {
    let Some(node) = row.attributes.find("cross_over") else { return Ok(None) };
    let cross_over = Attributes::of(node, "`cross_over`")?;
    let first = day.with_day(1).unwrap_or(day);
    let this_month = clock.now.date().with_day(1).unwrap_or_default();
    let applies = match cross_over.find("month") {
        Some(Node::Scalar(Scalar::Text(month))) if month == "current" => first == this_month,
        Some(Node::Scalar(Scalar::Text(month))) if month == "previous" => Some(first) == this_month.checked_sub_months(Months::new(1)),
        _ => true,
    };
    let days = match cross_over.truthy("days") {
        None => &[],
        Some(Node::List(days)) => days.as_slice(),
        Some(_) => return Err("`days` of `cross_over` is no list: nise refuses that".to_owned()),
    };
    let length = i128::from(first.checked_add_months(Months::new(1)).map_or(0, |next| (next - first).num_days()));
    let mut found = None;
    for specified in days {
        let Node::Scalar(Scalar::Integer(specified)) = specified else {
            return Err("`days` of `cross_over` has something that is no number: nise refuses that".to_owned());
        };
        let later = *specified <= 0;
        // Counted from the end of the month, the last day being -1.
        let of_month = if later { length + specified + 1 } else { *specified };
        if of_month == i128::from(day.day()) {
            found = Some(Shift { later, replaces: cross_over.find("overwrite").is_some_and(is_true) });
        }
    }
    Ok(found.filter(|_| applies))
}

fn text(month: NaiveDate) -> String {
    month.format("%Y%m").to_string()
}

/// The first day of a month that is written as `YYYYMM`.
pub(super) fn first_of(month: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(&format!("{month}01"), "%Y%m%d").ok()
}
