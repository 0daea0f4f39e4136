//! Which hours nise makes: start and end of each generator, cut into the months of the file.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::model::Generator;
use super::scalar::{Scalar, date_and_time};

/// When nise was run, and with which dates.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// The moment, UTC.
    pub(crate) now: NaiveDateTime,
    /// Its `--start-date`, for generators without one.
    pub(crate) start: Option<NaiveDateTime>,
    /// Its `--end-date`, for generators without one; not included.
    pub(crate) end: Option<NaiveDateTime>,
}

impl Clock {
    /// nise's `today()`: the running hour.
    fn today(&self) -> NaiveDateTime {
        self.now.with_minute(0).and_then(|now| now.with_second(0)).and_then(|now| now.with_nanosecond(0)).unwrap_or(self.now)
    }

    fn midnight(&self) -> NaiveDateTime {
        self.now.date().and_time(NaiveTime::MIN)
    }

    fn last_month(&self) -> NaiveDateTime {
        first_of_month(self.midnight()).checked_sub_months(Months::new(1)).unwrap_or_default()
    }

    /// First and last moment of `generator`; the last is not included.
    fn span(&self, generator: &Generator) -> Result<(NaiveDateTime, NaiveDateTime), String> {
        let start = match &generator.start_date {
            Scalar::Null => self.start.unwrap_or_else(|| first_of_month(self.midnight())),
            other => self.moment(other)?,
        };
        let end = match &generator.end_date {
            Scalar::Null => match self.end {
                Some(end) if end != self.midnight() => end,
                _ => self.today(),
            },
            Scalar::Date(date) if *date == self.now.date() => self.today(),
            Scalar::Integer(days) => self.after(start, *days)?,
            other => self.moment(other)?,
        };
        if end < start {
            return Err(format!("`end_date` {end} lies before `start_date` {start}"));
        }
        Ok((start, end))
    }

    /// So many days after `start`, but within its month not beyond the running hour.
    fn after(&self, start: NaiveDateTime, days: i128) -> Result<NaiveDateTime, String> {
        let days = u64::try_from(days).map_err(|_| format!("`end_date` {days} is no number of days"))?;
        let end = start.checked_add_days(Days::new(days)).ok_or("`end_date` lies too far away")?;
        Ok(if end.month() > start.month() { end } else { end.min(self.today()) })
    }

    fn moment(&self, scalar: &Scalar) -> Result<NaiveDateTime, String> {
        match scalar {
            Scalar::Date(date) => Ok(date.and_time(NaiveTime::MIN)),
            Scalar::Time(time) => Ok(*time),
            Scalar::Text(text) if text == "today" => Ok(self.midnight()),
            Scalar::Text(text) if text == "last_month" => Ok(self.last_month()),
            Scalar::Text(text) => date_and_time(text)
                .or_else(|| day(text).map(|day| day.and_time(NaiveTime::MIN)))
                .ok_or_else(|| format!("`{text}` is no date")),
            other => Err(format!("`{}` is no date", other.python_text())),
        }
    }
}

/// A day as dateutil reads it: `M-D-YYYY` (the day first where the month cannot be), `YYYY-M-D`, with `-`, `/` or `.`.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = text.trim().split(['-', '/', '.']).collect();
    let [first, second, third] = parts.try_into().ok()?;
    let number = |part: &str| part.parse::<u32>().ok();
    if first.len() == YEAR_DIGITS {
        return NaiveDate::from_ymd_opt(first.parse().ok()?, number(second)?, number(third)?);
    }
    let year = if third.len() == YEAR_DIGITS { third.parse().ok()? } else { return None };
    let (month, day) = (number(first)?, number(second)?);
    NaiveDate::from_ymd_opt(year, month, day).or_else(|| NaiveDate::from_ymd_opt(year, day, month))
}

const YEAR_DIGITS: usize = 4;

fn first_of_month(time: NaiveDateTime) -> NaiveDateTime {
    time.with_day(1).unwrap_or(time)
}

fn midnight(time: NaiveDateTime) -> NaiveDateTime {
    time.date().and_time(NaiveTime::MIN)
}

fn next_month(time: NaiveDateTime) -> NaiveDateTime {
    time.checked_add_months(Months::new(1)).unwrap_or(NaiveDateTime::MAX)
}

/// A month as nise cuts it: a month that is followed by another ends at the next one's midnight, the last one at the midnight of its
/// last day, which only matters for a generator that starts after that.
#[derive(Clone, Copy, Debug)]
struct Month {
    start: NaiveDateTime,
    end: NaiveDateTime,
}

/// A month's hours of a generator, by its place in the file.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Which generator.
    pub(crate) generator: usize,
    /// The starts of the hours, by day.
    pub(crate) hours: BTreeMap<NaiveDate, Vec<NaiveDateTime>>,
}

/// The parts in the order in which nise makes them: month by month, and within a month in the order of the file.
pub(crate) fn parts(generators: &[&Generator], clock: &Clock) -> Result<Vec<Part>, String> {
    let spans: Vec<_> = generators.iter().map(|generator| clock.span(generator)).collect::<Result<_, _>>()?;
    let Some(start) = spans.iter().map(|span| span.0).min() else { return Ok(Vec::new()) };
    let Some(latest) = spans.iter().map(|span| span.1).max() else { return Ok(Vec::new()) };
    let mut parts = Vec::new();
    for month in months(start, latest) {
        for (generator, (start, end)) in spans.iter().enumerate() {
            if *end < month.start || *start > month.end {
                continue;
            }
            if let Some((first, last)) = within(month, *start, *end) {
                parts.push(Part { generator, hours: hours(first, last) });
            }
        }
    }
    Ok(parts)
}

fn last_day(of: NaiveDateTime) -> NaiveDateTime {
    let next = next_month(first_of_month(midnight(of)));
    next.checked_sub_days(Days::new(1)).unwrap_or(next)
}

fn months(start: NaiveDateTime, latest: NaiveDateTime) -> Vec<Month> {
    let seconds = TimeDelta::seconds(latest.second().into());
    let end = last_day(latest) + seconds;
    let mut months = Vec::new();
    let mut current = first_of_month(start);
    while current <= end {
        let first = first_of_month(midnight(current));
        let is_first = (current.year(), current.month()) == (start.year(), start.month());
        let is_last = (current.year(), current.month()) == (end.year(), end.month());
        let month_end = if is_last {
            end
        } else if current < first_of_month(end) {
            next_month(first)
        } else {
            last_day(current) + TimeDelta::minutes(MINUTES_TO_LAST)
        };
        months.push(Month { start: if is_first { start } else { first }, end: month_end });
        current = next_month(current);
    }
    months
}

/// 23:59.
const MINUTES_TO_LAST: i64 = 24 * 60 - 1;

/// nise's `_create_generator_dates_from_yaml`.
fn within(month: Month, start: NaiveDateTime, end: NaiveDateTime) -> Option<(NaiveDateTime, NaiveDateTime)> {
    let mut compared = month.end;
    if compared.day() != 1 {
        compared = midnight(compared) + TimeDelta::minutes(MINUTES_TO_LAST) + TimeDelta::seconds(59);
    }
    let first = start.max(month.start);
    let last = if end > compared { month.end } else { end };
    (first <= last).then_some((first, last))
}

/// An hour is made if its 59 minutes and 59 seconds fit.
fn hours(first: NaiveDateTime, last: NaiveDateTime) -> BTreeMap<NaiveDate, Vec<NaiveDateTime>> {
    let length = TimeDelta::minutes(59) + TimeDelta::seconds(59);
    let mut hours: BTreeMap<NaiveDate, Vec<NaiveDateTime>> = BTreeMap::new();
    let mut hour = first;
    while hour + length <= last {
        hours.entry(hour.date()).or_default().push(hour);
        hour += TimeDelta::hours(1);
    }
    hours
}
