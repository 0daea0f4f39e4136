//! Which lines of an invoice koku summarises: it widens the month to the days around it, and reads only some partitions.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, Months, NaiveDate};

use super::cross_over::first_of;
use super::line::Lines;

/// koku looks for lines of an invoice this long before and after its month.
const DAYS_AROUND: u64 = 3;

/// Days that koku asks for at a time, unless its setting says otherwise; the first time one more.
const STEP: u64 = 5;

/// The lines that are summarised when the months of all their invoices are.
pub(super) fn summarized(lines: Vec<Lines>) -> Vec<Lines> {
    let mut invoices: BTreeMap<String, Vec<Lines>> = BTreeMap::new();
    for line in lines {
        invoices.entry(line.invoice_month.clone()).or_default().push(line);
    }
    let of_invoice = |(month, lines): (String, Vec<Lines>)| {
        let chunks = first_of(&month).and_then(|first| Some((first, chunks(days(first, &lines)?))));
        let is_read =
            move |day: NaiveDate| chunks.as_ref().is_some_and(|(first, chunks)| chunks.iter().any(|chunk| chunk.reads(*first, day)));
        lines.into_iter().filter(move |line| is_read(line.day))
    };
    invoices.into_iter().flat_map(of_invoice).collect()
}

/// The first and last day that koku takes for those of an invoice. Three days after the month it looks at midnight only.
fn days(first: NaiveDate, lines: &[Lines]) -> Option<(NaiveDate, NaiveDate)> {
    let next = first.checked_add_months(Months::new(1))?;
    let start = first.checked_sub_days(Days::new(DAYS_AROUND))?;
    let end = next.checked_add_days(Days::new(DAYS_AROUND - 1))?;
    let is_seen = |line: &&Lines| line.day >= start && (line.day < end || line.day == end && line.with_midnight);
    let days: BTreeSet<NaiveDate> = lines.iter().filter(is_seen).map(|line| line.day).collect();
    Some((days.first().copied().unwrap_or(first), days.last().copied().or(next.pred_opt())?))
}

struct Chunk {
    first: NaiveDate,
    last: NaiveDate,
}

impl Chunk {
    /// Whether lines of `day` are read that lie in the partition of the invoice: that of the first or last day, or the one before.
    fn reads(&self, invoice: NaiveDate, day: NaiveDate) -> bool {
        let month = |day: NaiveDate| day.with_day(1);
        let before = month(self.first).and_then(|first| first.checked_sub_months(Months::new(1)));
        (self.first..=self.last).contains(&day) && [month(self.first), month(self.last), before].contains(&Some(invoice))
    }
}

fn chunks((start, end): (NaiveDate, NaiveDate)) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut first = start;
    while first <= end {
        let days = if chunks.is_empty() { STEP } else { STEP - 1 };
        let last = first.checked_add_days(Days::new(days)).map_or(end, |last| last.min(end));
        chunks.push(Chunk { first, last });
        let Some(next) = last.succ_opt() else { break };
        first = next;
    }
    chunks
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{Lines, summarized};
    use crate::nise::clouds::item::Item;

    fn days(invoice_month: &str, days: &[(&str, bool)]) -> Vec<String> {
        let line = |(day, with_midnight): &(&str, bool)| {
            let day: NaiveDate = day.parse().unwrap();
            Lines { item: Item::new(1), invoice_month: invoice_month.to_owned(), day, with_midnight: *with_midnight }
        };
        summarized(days.iter().map(line).collect()).into_iter().map(|line| line.day.to_string()).collect()
    }

    #[test]
    fn an_invoice_has_three_days_around_its_month_and_the_last_one_by_its_midnight() {
        let around = [("2026-02-25", true), ("2026-02-26", true), ("2026-03-31", true), ("2026-04-03", true), ("2026-04-04", true)];
        assert_eq!(days("202603", &around), ["2026-02-26", "2026-03-31", "2026-04-03"]);
        assert_eq!(days("202603", &[("2026-03-31", true), ("2026-04-02", false), ("2026-04-03", false)]), ["2026-03-31", "2026-04-02"]);
    }

    #[test]
    fn an_invoice_without_a_day_of_its_own_month_is_not_read() {
        assert_eq!(days("202604", &[("2026-03-29", true), ("2026-03-31", true)]), [""; 0]);
        assert_eq!(days("202604", &[("2026-03-31", true), ("2026-04-01", true)]), ["2026-03-31", "2026-04-01"]);
        // Of its lines after the month, the partition of the month before is read.
        assert_eq!(days("202604", &[("2026-05-01", true)]), ["2026-05-01"]);
    }
}
