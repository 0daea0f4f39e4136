//! `cross_over`: days whose lines another month's invoice has.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::super::attributes::{Attributes, is_true};
use super::row::Row;
use crate::nise::dates::Clock;
use crate::nise::scalar::Scalar;
use crate::nise::yaml::Node;

/// koku looks for lines of an invoice this long before and after its month.
const DAYS_AROUND: u64 = 3;

/// The invoice months that have the lines of a day, as `YYYYMM`, as far as koku summarises them.
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
    months.retain(|month| first_of(month).is_some_and(|first| is_summarized(first, day)));
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

fn first_of(month: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(&format!("{month}01"), "%Y%m%d").ok()
}

fn is_summarized(first: NaiveDate, day: NaiveDate) -> bool {
    let start = first.checked_sub_days(Days::new(DAYS_AROUND));
    start.is_some_and(|start| start <= day) && last_day(first).is_some_and(|last| day <= last)
}

fn last_day(first: NaiveDate) -> Option<NaiveDate> {
    first.checked_add_months(Months::new(1))?.checked_add_days(Days::new(DAYS_AROUND - 1))
}

/// Whether `day` is the last on which koku looks for lines of `invoice_month`: it looks at midnight, and takes the day if it finds one.
pub(super) fn is_last_day(invoice_month: &str, day: NaiveDate) -> bool {
    first_of(invoice_month).and_then(last_day) == Some(day)
}
