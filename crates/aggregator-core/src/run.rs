//! Of what, and for when, a summary is made: parsed once at the edge, valid inside.

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};
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
    fn a_window_stays_within_its_month() {
        assert!(matches!(Window::new(day("2026-01-31"), day("2026-02-01")), Err(WindowError::CrossesMonth { .. })));
        assert!(matches!(Window::new(day("2026-02-02"), day("2026-02-01")), Err(WindowError::Reversed { .. })));
        assert_eq!(Window::new(day("2026-02-01"), day("2026-02-28")).map(|window| window.days().count()), Ok(28));
    }
}
