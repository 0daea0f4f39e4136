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

    /// First and last moment of a generator; the last is not included.
    fn span(&self, dates: &Dates) -> Result<(NaiveDateTime, NaiveDateTime), String> {
        let start = match &dates.start {
            Scalar::Null => self.start.unwrap_or_else(|| first_of_month(self.midnight())),
            other => self.moment(other)?,
        };
        let end = match &dates.end {
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

/// The dates of a generator as the file has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dates {
    pub(crate) start: Scalar,
    pub(crate) end: Scalar,
}

/// What nise makes of a generator in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Which generator.
    pub(crate) generator: usize,
    pub(crate) first: NaiveDateTime,
    /// Not included.
    pub(crate) last: NaiveDateTime,
}

/// The stretches in the order in which nise makes them: month by month, and within a month in the order of the file. Every generator
/// ends `later` than its end date says.
pub(crate) fn stretches(generators: &[Dates], clock: &Clock, later: TimeDelta) -> Result<Vec<Stretch>, String> {
    stretches_to(generators, clock, later, |end| end)
}

/// As for GCP, where a generator can start on the last day of the last month until eleven at night.
pub(crate) fn stretches_of_gcp(generators: &[Dates], clock: &Clock) -> Result<Vec<Stretch>, String> {
    stretches_to(generators, clock, TimeDelta::zero(), |end| end.with_hour(LAST_HOUR).unwrap_or(end))
}

const LAST_HOUR: u32 = 23;

/// The latest start of a month is `last_start` of its end.
fn stretches_to(
    generators: &[Dates],
    clock: &Clock,
    later: TimeDelta,
    last_start: impl Fn(NaiveDateTime) -> NaiveDateTime,
) -> Result<Vec<Stretch>, String> {
    let spans: Vec<(NaiveDateTime, NaiveDateTime)> =
        generators.iter().map(|dates| clock.span(dates).map(|(start, end)| (start, end + later))).collect::<Result<_, _>>()?;
    let Some(start) = spans.iter().map(|span| span.0).min() else { return Ok(Vec::new()) };
    let Some(latest) = spans.iter().map(|span| span.1).max() else { return Ok(Vec::new()) };
    let mut stretches = Vec::new();
    for month in months(start, latest) {
        for (generator, (start, end)) in spans.iter().enumerate() {
            if *end < month.start || *start > last_start(month.end) {
                continue;
            }
            if let Some((first, last)) = within(month, *start, *end) {
                stretches.push(Stretch { generator, first, last });
            }
        }
    }
    Ok(stretches)
}

/// A month's hours of a generator, by its place in the file.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Which generator.
    pub(crate) generator: usize,
    /// The starts of the hours, by day.
    pub(crate) hours: BTreeMap<NaiveDate, Vec<NaiveDateTime>>,
}

/// The hours of the stretches of OpenShift's generators: one is made if its 59 minutes and 59 seconds fit.
pub(crate) fn parts(generators: &[&Generator], clock: &Clock) -> Result<Vec<Part>, String> {
    let dates: Vec<Dates> =
        generators.iter().map(|generator| Dates { start: generator.start_date.clone(), end: generator.end_date.clone() }).collect();
    let length = TimeDelta::minutes(59) + TimeDelta::seconds(59);
    let part = |stretch: Stretch| Part { generator: stretch.generator, hours: stretch.hours(length) };
    Ok(stretches(&dates, clock, TimeDelta::zero())?.into_iter().map(part).collect())
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

impl Stretch {
    /// The starts of the hours by day; an hour is made if `length` of it fits.
    pub(crate) fn hours(&self, length: TimeDelta) -> BTreeMap<NaiveDate, Vec<NaiveDateTime>> {
        self.every(TimeDelta::hours(1), length)
    }

    /// The starts, by day, of what nise makes after every `step`, if `length` of it fits.
    pub(crate) fn every(&self, step: TimeDelta, length: TimeDelta) -> BTreeMap<NaiveDate, Vec<NaiveDateTime>> {
        let mut starts: BTreeMap<NaiveDate, Vec<NaiveDateTime>> = BTreeMap::new();
        let mut start = self.first;
        while start + length <= self.last {
            starts.entry(start.date()).or_default().push(start);
            start += step;
        }
        starts
    }
}
