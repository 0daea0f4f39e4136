//! Of what, and for when, a summary is made: parsed once at the edge, valid inside.

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

/// A source (provider) UUID, as koku writes it into paths and columns: lower-case, hyphenated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceUuid(pub uuid::Uuid);

impl Display for SourceUuid {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(formatter)
    }
}

impl std::str::FromStr for SourceUuid {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The operator's id of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClusterId(pub String);

/// Days from `start` to `end`, both included, within one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    start: NaiveDate,
    end: NaiveDate,
}

/// A window that ends before it starts, or crosses a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WindowError {
    /// `end` lies before `start`.
    #[error("the window ends on {end}, before it starts on {start}")]
    Reversed {
        /// First day.
        start: NaiveDate,
        /// Last day.
        end: NaiveDate,
    },
    /// `start` and `end` lie in different months.
    #[error("the window from {start} to {end} crosses a month")]
    CrossesMonth {
        /// First day.
        start: NaiveDate,
        /// Last day.
        end: NaiveDate,
    },
}

impl Window {
    /// The days from `start` to `end`.
    ///
    /// # Errors
    /// * [`WindowError::Reversed`]: `end` lies before `start`.
    /// * [`WindowError::CrossesMonth`]: they lie in different months.
    pub fn new(start: NaiveDate, end: NaiveDate) -> Result<Self, WindowError> {
        if end < start {
            return Err(WindowError::Reversed { start, end });
        }
        if (start.year(), start.month()) != (end.year(), end.month()) {
            return Err(WindowError::CrossesMonth { start, end });
        }
        Ok(Self { start, end })
    }

    /// The days from `start` to `end`, cut at the ends of months, in order.
    ///
    /// # Errors
    /// [`WindowError::Reversed`]: `end` lies before `start`.
    pub fn by_month(start: NaiveDate, end: NaiveDate) -> Result<Vec<Self>, WindowError> {
        if end < start {
            return Err(WindowError::Reversed { start, end });
        }
        let mut windows = Vec::new();
        let mut first = start;
        while first <= end {
            let last = last_of_month(first).min(end);
            windows.push(Self { start: first, end: last });
            let Some(next) = last.checked_add_days(Days::new(1)) else { break };
            first = next;
        }
        Ok(windows)
    }

    /// `days` as windows: days that follow one another are together, cut at the ends of months, in order.
    pub fn of_days(days: &BTreeSet<NaiveDate>) -> Vec<Self> {
        let mut windows: Vec<Self> = Vec::new();
        for day in days {
            match windows.last_mut().filter(|last| last.end.succ_opt() == Some(*day) && last.end.month() == day.month()) {
                Some(last) => last.end = *day,
                None => windows.push(Self { start: *day, end: *day }),
            }
        }
        windows
    }

    /// The whole month that the window lies in.
    #[must_use]
    pub fn whole_month(&self) -> Self {
        Self { start: self.start.with_day(1).unwrap_or(self.start), end: last_of_month(self.start) }
    }

    /// The first day.
    pub fn start(&self) -> NaiveDate {
        self.start
    }

    /// The last day, included.
    pub fn end(&self) -> NaiveDate {
        self.end
    }

    /// The days, in order.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let end = self.end;
        self.start.iter_days().take_while(move |day| *day <= end)
    }

    /// The part of the window that `days` names, which must lie in it.
    #[must_use]
    pub fn part(&self, first: NaiveDate, last: NaiveDate) -> Self {
        Self { start: first.max(self.start), end: last.min(self.end) }
    }

    /// The year, as the line items' partition has it: four digits.
    pub fn year(&self) -> String {
        format!("{:04}", self.start.year())
    }

    /// The month, as the line items' partition has it: two digits.
    pub fn month(&self) -> String {
        format!("{:02}", self.start.month())
    }
}

impl Display for Window {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} to {}", self.start, self.end)
    }
}

/// The days from `start` to `end` in the chunks in which koku asks Trino: of `step` days each, and of one more the first.
///
/// A range of up to `step` days is one chunk. An empty range has none.
pub fn chunks(start: NaiveDate, end: NaiveDate, step: u64) -> Vec<(NaiveDate, NaiveDate)> {
    let mut chunks = Vec::new();
    let mut first = start;
    while first <= end {
        // The last day of a chunk is `step` days after the last day of the one before; the range's first day counts as such.
        let days = if chunks.is_empty() { step } else { step.saturating_sub(1) };
        let last = first.checked_add_days(Days::new(days)).map_or(end, |last| last.min(end));
        chunks.push((first, last));
        let Some(next) = last.succ_opt() else { break };
        first = next;
    }
    chunks
}

/// The last day of the month of `day`.
pub(crate) fn last_of_month(day: NaiveDate) -> NaiveDate {
    let first = day.with_day(1).unwrap_or(day);
    first.checked_add_months(chrono::Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(day)
}

/// One run of the daily summary: the parameters that koku hands to the SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The source whose line items are summarised.
    pub source: SourceUuid,
    /// The cluster of the source.
    pub cluster_id: ClusterId,
    /// The name of the cluster; a column of the result.
    pub cluster_alias: Option<String>,
    /// Key of koku's `reporting_ocpusagereportperiod`; a column of the result.
    pub report_period_id: Option<i32>,
    /// The days to summarise.
    pub window: Window,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn a_range_is_cut_at_the_ends_of_months() {
        let windows = Window::by_month(day("2026-01-30"), day("2026-03-01")).unwrap_or_default();
        let texts: Vec<_> = windows.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["2026-01-30 to 2026-01-31", "2026-02-01 to 2026-02-28", "2026-03-01 to 2026-03-01"]);
    }

    #[test]
    fn days_that_follow_one_another_are_a_window_within_their_month() {
        let days = ["2026-01-29", "2026-01-31", "2026-02-01", "2026-02-02", "2026-02-28", "2027-03-01"].map(day);
        let texts: Vec<_> = Window::of_days(&days.into()).iter().map(ToString::to_string).collect();
        let expected = ["2026-01-29 to 2026-01-29", "2026-01-31 to 2026-01-31", "2026-02-01 to 2026-02-02", "2026-02-28 to 2026-02-28"];
        assert_eq!(texts, [&expected[..], &["2027-03-01 to 2027-03-01"]].concat());
        assert_eq!(Window::of_days(&BTreeSet::new()), []);
        let month = Window::new(day("2028-02-10"), day("2028-02-11")).map(|window| window.whole_month().to_string());
        assert_eq!(month.as_deref(), Ok("2028-02-01 to 2028-02-29"));
    }

    proptest! {
        /// The windows hold the days and no other, each once.
        #[test]
        fn prop_windows_of_days_hold_these_days(offsets in proptest::collection::btree_set(0_u64..100, 0..60)) {
            let days: BTreeSet<_> = offsets.into_iter().filter_map(|offset| day("2026-01-15").checked_add_days(Days::new(offset))).collect();
            let windows = Window::of_days(&days);
            prop_assert!(windows.iter().all(|window| Window::new(window.start(), window.end()).is_ok()));
            prop_assert_eq!(windows.iter().flat_map(Window::days).collect::<Vec<_>>(), days.into_iter().collect::<Vec<_>>());
        }
    }

    /// What koku's own function gives.
    #[test]
    fn a_range_is_cut_as_koku_cuts_it() {
        let cut = |start: u32, end: u32| {
            let days = chunks(day(&format!("2026-01-{start:02}")), day(&format!("2026-01-{end:02}")), 5);
            days.into_iter().map(|(first, last)| format!("{}-{}", first.format("%-d"), last.format("%-d"))).collect::<Vec<_>>()
        };
        assert_eq!(cut(1, 31), ["1-6", "7-11", "12-16", "17-21", "22-26", "27-31"]);
        assert_eq!(cut(1, 5), ["1-5"]);
        assert_eq!(cut(1, 6), ["1-6"]);
        assert_eq!(cut(3, 9), ["3-8", "9-9"]);
        assert_eq!(cut(2, 1), [""; 0]);
    }

    #[test]
    fn a_window_stays_within_its_month() {
        assert!(matches!(Window::new(day("2026-01-31"), day("2026-02-01")), Err(WindowError::CrossesMonth { .. })));
        assert!(matches!(Window::new(day("2026-02-02"), day("2026-02-01")), Err(WindowError::Reversed { .. })));
        assert_eq!(Window::new(day("2026-02-01"), day("2026-02-28")).map(|window| window.days().count()), Ok(28));
    }
}
