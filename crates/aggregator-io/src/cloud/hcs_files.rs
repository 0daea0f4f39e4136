//! The files of the committed spend (HCS): what koku leaves in its bucket, one a day.
//!
//! # Source
//! `hcs/daily_report.py`, `hcs/csv_file_handler.py`, `hcs/tasks.py`.
//!
//! # Differences from koku
//! koku's rows have no order; these have that of [`hcs`](super::hcs), so that a second run gives the same files.

use super::csv::Client;
use super::extract_files::{ExtractFile, write};
use super::extracts::MonthOfHcs;
use super::lists::ListRequest;
use crate::error::Result;
use crate::source::path::Month;
use crate::source::subscriptions::Customer;
use crate::store::Store;
use aggregator_core::cloud::Provider;
use chrono::{Datelike, Months, NaiveDate};
use std::collections::BTreeMap;

/// The day of a month from which on the month before is final.
const FINAL_FROM: u32 = 15;

/// What is extracted, and where it goes.
#[derive(Clone, Copy, Debug)]
pub struct HcsExtract<'a> {
    /// The source and the days.
    pub request: ListRequest<'a>,
    /// The cloud.
    pub provider: Provider,
    /// Who pays.
    pub customer: &'a Customer,
    /// Where the files go.
    pub output: &'a Store,
    /// Whether the files are marked as final.
    pub finality: Finality,
}

/// Whether days can still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finality {
    /// They are final.
    Final,
    /// They can change.
    Open,
}

impl Finality {
    /// koku's rule for days that end with `end`, asked on `today`: final are those before last month, and from the 15th on those of last
    /// month.
    ///
    /// ```
    /// use aggregator_io::cloud::Finality;
    /// let of = |end: &str, today: &str| Ok::<_, chrono::ParseError>(Finality::of(end.parse()?, today.parse()?));
    /// assert_eq!(of("2026-02-28", "2026-03-14")?, Finality::Open);
    /// assert_eq!(of("2026-02-28", "2026-03-15")?, Finality::Final);
    /// assert_eq!(of("2026-01-31", "2026-03-01")?, Finality::Final);
    /// assert_eq!(of("2026-03-01", "2026-03-31")?, Finality::Open);
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    pub fn of(end: NaiveDate, today: NaiveDate) -> Self {
        let this_month = Month::of(today);
        let is_old = end < this_month.before().first();
        let is_over = today.day() >= FINAL_FROM && end < this_month.first();
        if is_old || is_over { Self::Final } else { Self::Open }
    }
}

/// Writes the files of the days; a day without rows has none.
///
/// # Errors
/// A store that refuses, or a file that cannot be read. Files of earlier days stay.
pub async fn extract_hcs(extract: &HcsExtract<'_>) -> Result<Vec<ExtractFile>> {
    let request = extract.request;
    let mut written = Vec::new();
    let mut month: Option<(Month, MonthOfHcs<'_>)> = None;
    for day in request.start.iter_days().take_while(|day| *day <= request.end) {
        let opened = match month.take() {
            Some((known, opened)) if known == Month::of(day) => opened,
            _ => MonthOfHcs::open(&ListRequest { start: day, ..request }, extract.provider).await?,
        };
        let rows = opened.days(day, day, extract.customer).await?;
        if rows.height() > 0 {
            written.push(write(extract.output, extract.path(day), rows, Client::PrimitiveTypes, &extract.metadata(day)).await?);
        }
        month = Some((Month::of(day), opened));
    }
    Ok(written)
}

impl HcsExtract<'_> {
    fn path(&self, day: NaiveDate) -> String {
        let ListRequest { schema, source, .. } = self.request;
        // koku strips characters, not a word.
        let account = schema.trim_matches(['a', 'c', 't']);
        let cloud = self.provider.cloud().name();
        format!("hcs/csv/{account}/{cloud}/source={source}/{}/hcs_{day}.csv", Month::of(day))
    }

    /// What koku keeps with a file.
    fn metadata(&self, day: NaiveDate) -> BTreeMap<&'static str, String> {
        if self.finality == Finality::Open {
            return [("finalized", "False".to_owned())].into();
        }
        let date = day.with_day(FINAL_FROM).and_then(|day| day.checked_add_months(Months::new(1)));
        let date = date.map(|date| ("finalized-date", date.to_string()));
        [("finalized", "True".to_owned())].into_iter().chain(date).collect()
    }
}
