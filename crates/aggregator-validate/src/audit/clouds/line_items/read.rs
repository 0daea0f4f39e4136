//! The line items of a store, a portion of days at a time.

use std::collections::BTreeSet;

use aggregator_core::run::{SourceUuid, Window};
use aggregator_io::execute::Engine;
use aggregator_io::source::line_items::{LineItemFiles, Partition};
use aggregator_io::source::path::Month;
use aggregator_io::store::Store;
use chrono::{DateTime, Days, Months, NaiveDate};
use polars::prelude::DataFrame;

use super::{CloudLineItems, aws, azure, ec2, gcp};
use crate::audit::frame::Frame;
use crate::audit::line_items::{InputStore, Spool, days_at_a_time, plain};
use crate::audit::names::Name;
use crate::error::{Error, Result};
use crate::subject::{AWS_EC2, AZURE_DAILY, Subject};

/// Days that koku looks beyond an invoice month.
const OVERHANG: Days = Days::new(3);

/// A part of the line items of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// A day of each month whose partition is read.
    pub months: Vec<NaiveDate>,
    /// The days that count; none for all that the partitions hold.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// The invoice month that counts; of GCP.
    pub invoice_month: Option<String>,
}

/// The parts that the rows of `subject` from `start` to `end` are made of; of GCP, those of `invoice_month`.
///
/// AWS and Azure: the days of each month in the month's partition; EC2: whole partitions. GCP: the line items of an invoice are looked for
/// in the partition of its month, in that of the day's month and in that of the month before.
///
/// # Errors
/// A window that ends before it starts.
pub fn parts(subject: &Subject, start: NaiveDate, end: NaiveDate, invoice_month: Option<&str>) -> Result<Vec<Part>> {
    let windows = Window::by_month(start, end).map_err(|_| Error::Window { start, end })?;
    let part = |window: &Window| {
        let month = Month::of(window.start());
        let mut months = vec![month.first()];
        if let Some(invoice_month) = invoice_month {
            months.push(month.before().first());
            months.extend(first_of(invoice_month));
        }
        let days = (subject.name != AWS_EC2.name).then(|| (window.start(), window.end()));
        Part { months, days, invoice_month: invoice_month.map(str::to_owned) }
    };
    Ok(windows.iter().map(part).collect())
}

/// The days from `start` to `end` that koku summarises for an invoice month: it, and three days on either side. None if there are none,
/// all if it is no month.
pub(in crate::audit) fn around(invoice_month: &str, start: NaiveDate, end: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let Some(first) = first_of(invoice_month) else { return Some((start, end)) };
    let first_day = first.checked_sub_days(OVERHANG)?;
    let last_day = first.checked_add_months(Months::new(1))?.checked_add_days(OVERHANG)?.pred_opt()?;
    Some((start.max(first_day), end.min(last_day))).filter(|(start, end)| start <= end)
}

/// The first day of an invoice month such as `202602`.
fn first_of(invoice_month: &str) -> Option<NaiveDate> {
    let (year, month) = invoice_month.split_at_checked(4)?;
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)
}

/// Reads `parts` of one `source`, and adds them to `items`. Each part must be of other line items.
///
/// # Errors
/// * A source that is no UUID.
/// * A store that refuses, or a file that cannot be read as the line items it should hold.
pub async fn read(items: &mut CloudLineItems, inputs: &InputStore<'_>, source: &str, parts: &[Part]) -> Result<()> {
    let uuid: SourceUuid = source.parse().map_err(|_| Error::SourceUuid { text: source.to_owned() })?;
    let store = Store::open(&aggregator_io::config::StoreConfig { url: plain(inputs.url), ..Default::default() }).map_err(failed)?;
    let name = items.names.name(Some(source));
    for part in parts {
        let spool = Spool::new()?;
        let mut files: Option<LineItemFiles> = None;
        for month in part.months.iter().map(|day| Month::of(*day)).collect::<BTreeSet<_>>() {
            let partition = Partition { store: &store, schema: inputs.schema, source: uuid, month };
            let found = LineItemFiles::open(&partition, items.grain.line_items, spool.path(), Engine::default()).await.map_err(failed)?;
            files = Some(match files {
                Some(files) => files.and(found),
                None => found,
            });
        }
        let Some(files) = files else { continue };
        let days = if part.days.is_some() {
            part.days
        } else {
            add_undated(items, name, part, &files).await?;
            days_of(items, &files).await?
        };
        let Some((start, end)) = days else { continue };
        let days: Vec<NaiveDate> = start.iter_days().take_while(|day| *day <= end).collect();
        for days in days.chunks(days_at_a_time(files.rows, days.len())) {
            let (Some(first), Some(last)) = (days.first(), days.last()) else { continue };
            let plan = files.scan_days(*first, *last).map_err(failed)?;
            let frame = files.collect_days(plan, *first, *last, Engine::default()).await.map_err(failed)?;
            add(items, name, part.invoice_month.as_deref(), &frame)?;
        }
    }
    Ok(())
}

fn failed(source: aggregator_io::Error) -> Error {
    Error::LineItems { source: Box::new(source) }
}

pub(super) fn add(items: &mut CloudLineItems, source: Name, invoice_month: Option<&str>, frame: &DataFrame) -> Result<()> {
    let subject = items.grain.subject;
    let frame = Frame { frame, table: items.grain.line_items };
    match invoice_month {
        Some(invoice_month) => gcp::add(items, source, invoice_month, frame),
        None if subject == AWS_EC2.name => ec2::add(items, source, frame),
        None if subject == AZURE_DAILY.name => azure::add(items, source, frame),
        None => aws::add(items, source, frame),
    }
}

/// Adds the rows without a time, which no day has.
async fn add_undated(items: &mut CloudLineItems, source: Name, part: &Part, files: &LineItemFiles) -> Result<()> {
    let Some(time) = items.grain.line_items.time() else { return Ok(()) };
    let plan = files.scan_whole().map_err(failed)?.filter(time.expr().is_null());
    let frame = files.collect_whole(plan, Engine::default()).await.map_err(failed)?;
    add(items, source, part.invoice_month.as_deref(), &frame)
}

/// The first and the last day of all rows.
async fn days_of(items: &CloudLineItems, files: &LineItemFiles) -> Result<Option<(NaiveDate, NaiveDate)>> {
    let Some(time) = items.grain.line_items.time() else { return Ok(None) };
    let plan = files.scan_whole().map_err(failed)?.select([time.expr().min().alias("first"), time.expr().max().alias("last")]);
    let found = files.collect_whole(plan, Engine::default()).await.map_err(failed)?;
    let day = |name: &str| {
        let times = found.column(name).ok()?.datetime().ok()?;
        Some(DateTime::from_timestamp_millis(times.physical().get(0)?)?.date_naive())
    };
    Ok(day("first").zip(day("last")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_days_on_either_side_of_an_invoice_month_are_of_it() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let of = |month, start, end| around(month, day(start), day(end));
        assert_eq!(of("202602", "2026-01-01", "2026-12-31"), Some((day("2026-01-29"), day("2026-03-03"))));
        assert_eq!(of("202602", "2026-02-05", "2026-02-06"), Some((day("2026-02-05"), day("2026-02-06"))));
        assert_eq!(of("202602", "2026-03-04", "2026-03-31"), None);
        assert_eq!(of("soon", "2026-03-04", "2026-03-31"), Some((day("2026-03-04"), day("2026-03-31"))));
    }
}
