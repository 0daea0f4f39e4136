//! Timestamps as `ciso8601` reads them.
//!
//! Dates are `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-MM`, `YYYY-Www[-D]`, `YYYYWww[D]`, `YYYY-DDD` or `YYYYDDD`; then, behind `T`, `t` or a
//! blank, `HH`, `HH:MM`, `HH:MM:SS` or the same without colons, seconds with a fraction behind `.` or `,`, and an offset: `Z`, `z`,
//! `±HH`, `±HHMM` or `±HH:MM`. Date and time both have separators or both have none. `24:00:00` is the next midnight.

use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};
use std::borrow::Cow;

/// What the operator writes behind its timestamps; it is removed wherever it stands.
const SUFFIX: &str = " +0000 UTC";

/// A moment, and where midnight is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Microseconds since 1970-01-01T00:00:00Z; without an offset, the time counts as UTC.
    microseconds: i64,
    /// Midnight of the day in the stamp's own offset, in milliseconds.
    midnight: i64,
    /// The offset in minutes; without one, the time counts as UTC.
    offset: Option<i32>,
}

impl Stamp {
    /// Reads a cell; `None` where koku raises.
    ///
    /// ```
    /// use aggregator_core::ingest::Stamp;
    /// let stamp = Stamp::read("2026-04-02 05:00:00 +0000 UTC").map(Stamp::milliseconds);
    /// assert_eq!(stamp, Some(1_775_106_000_000));
    /// assert_eq!(Stamp::read("02/04/2026 05:00"), None);
    /// ```
    pub fn read(cell: &str) -> Option<Self> {
        let text = if cell.contains(SUFFIX) { Cow::Owned(cell.replace(SUFFIX, "")) } else { Cow::Borrowed(cell) };
        let mut rest = Rest(text.as_bytes());
        let (date, style) = rest.date()?;
        let (time, Offset { minutes }) =
            if rest.0.is_empty() { (Time::default(), Offset { minutes: None }) } else { rest.time_and_offset(style)? };
        let offset = TimeDelta::minutes(minutes.unwrap_or_default().into());
        if !rest.0.is_empty() {
            return None;
        }
        let local = time.on(date)?;
        let midnight = local.date().and_time(NaiveTime::MIN).checked_sub_signed(offset)?;
        Some(Self {
            microseconds: local.checked_sub_signed(offset)?.and_utc().timestamp_micros(),
            midnight: midnight.and_utc().timestamp_millis(),
            offset: minutes,
        })
    }

    /// Milliseconds since 1970-01-01T00:00:00Z; the rest is cut off.
    pub fn milliseconds(self) -> i64 {
        self.microseconds / 1000
    }

    /// The midnight before it in its own offset, in milliseconds since 1970-01-01T00:00:00Z.
    pub fn midnight(self) -> i64 {
        self.midnight
    }

    /// Its offset from UTC in minutes, if it has one.
    pub(super) fn offset(self) -> Option<i32> {
        self.offset
    }
}

/// The day that the first ten characters of a cell name: `YYYY-MM-DD`.
pub fn text_day(cell: &str) -> Option<NaiveDate> {
    let mut rest = Rest(cell.as_bytes().get(..10)?);
    let year = rest.digits(4)?;
    rest.expect(b"-")?;
    let month = rest.digits(2)?;
    rest.expect(b"-")?;
    of_calendar(year, month, rest.digits(2)?)
}

/// Whether a date or time has separators between its parts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Basic,
    Extended,
}

/// What is written behind a time.
struct Offset {
    /// Minutes from UTC, if there is an offset.
    minutes: Option<i32>,
}

#[derive(Clone, Copy, Default)]
struct Time {
    hour: u32,
    minute: u32,
    second: u32,
    microsecond: u32,
}

impl Time {
    fn on(self, date: NaiveDate) -> Option<NaiveDateTime> {
        let Self { hour, minute, second, microsecond } = self;
        if (hour, minute, second, microsecond) == (24, 0, 0, 0) {
            let next = date.checked_add_days(Days::new(1)).filter(|next| in_python(*next))?;
            return Some(next.and_time(NaiveTime::MIN));
        }
        date.and_hms_micro_opt(hour, minute, second, microsecond)
    }
}

/// Python's years are 1 to 9999.
fn in_python(date: NaiveDate) -> bool {
    (1..=9999).contains(&date.year())
}

fn of_calendar(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).filter(|date| in_python(*date))
}

fn of_ordinal(year: u32, ordinal: u32) -> Option<NaiveDate> {
    NaiveDate::from_yo_opt(i32::try_from(year).ok()?, ordinal).filter(|date| in_python(*date))
}

fn of_week(year: u32, week: u32, day: u32) -> Option<NaiveDate> {
    let weekday = Weekday::try_from(u8::try_from(day.checked_sub(1)?).ok()?).ok()?;
    // Python's year 0 does not exist, even where its last week reaches into year 1.
    let year = i32::try_from(year).ok().filter(|year| *year >= 1)?;
    NaiveDate::from_isoywd_opt(year, week, weekday).filter(|date| in_python(*date))
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn skip(&mut self) {
        self.0 = self.0.get(1..).unwrap_or_default();
    }

    fn take(&mut self, any_of: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|byte| any_of.contains(byte))?;
        self.skip();
        Some(byte)
    }

    fn expect(&mut self, any_of: &[u8]) -> Option<()> {
        self.take(any_of).map(|_| ())
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let mut number = 0;
        for digit in digits {
            number = number * 10 + char::from(*digit).to_digit(10)?;
        }
        self.0 = rest;
        Some(number)
    }

    /// Whether the date ends here.
    fn at_time(&self) -> bool {
        self.peek().is_none_or(|byte| b"Tt ".contains(&byte))
    }

    fn at_offset(&self) -> bool {
        self.peek().is_none_or(|byte| b"Zz+-".contains(&byte))
    }

    fn date(&mut self) -> Option<(NaiveDate, Style)> {
        let year = self.digits(4)?;
        let style = if self.take(b"-").is_some() { Style::Extended } else { Style::Basic };
        let date = match (style, self.take(b"W")) {
            (_, Some(_)) => {
                let week = self.digits(2)?;
                let day = if self.at_time() {
                    1
                } else {
                    if style == Style::Extended {
                        self.expect(b"-")?;
                    }
                    self.digits(1)?
                };
                of_week(year, week, day)?
            }
            (Style::Extended, None) => {
                let month = self.digits(2)?;
                if self.at_time() {
                    of_calendar(year, month, 1)?
                } else if self.take(b"-").is_some() {
                    of_calendar(year, month, self.digits(2)?)?
                } else {
                    of_ordinal(year, month * 10 + self.digits(1)?)?
                }
            }
            (Style::Basic, None) => {
                let month = self.digits(2)?;
                let digit = self.digits(1)?;
                if self.at_time() { of_ordinal(year, month * 10 + digit)? } else { of_calendar(year, month, digit * 10 + self.digits(1)?)? }
            }
        };
        Some((date, style))
    }

    fn time_and_offset(&mut self, date_style: Style) -> Option<(Time, Offset)> {
        self.expect(b"Tt ")?;
        let mut time = Time { hour: self.digits(2)?, ..Time::default() };
        if !self.at_offset() {
            let style = if self.take(b":").is_some() { Style::Extended } else { Style::Basic };
            time.minute = self.digits(2)?;
            if !self.at_offset() {
                if style == Style::Extended {
                    self.expect(b":")?;
                }
                time.second = self.digits(2)?;
                if self.take(b".,").is_some() {
                    time.microsecond = self.microsecond()?;
                }
            }
            if style != date_style {
                return None;
            }
        }
        Some((time, self.offset()?))
    }

    /// Six digits of a fraction; further ones do not count.
    fn microsecond(&mut self) -> Option<u32> {
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(length).filter(|(digits, _)| !digits.is_empty())?;
        self.0 = rest;
        let padded = digits.iter().copied().chain(std::iter::repeat(b'0'));
        Some(padded.take(6).fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    }

    fn offset(&mut self) -> Option<Offset> {
        let sign = match self.take(b"Zz+-") {
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return Some(Offset { minutes: Some(0) }),
            None => return Some(Offset { minutes: None }),
        };
        let hours = self.digits(2)?;
        let minutes = if self.take(b":").is_some() || !self.0.is_empty() { self.digits(2)? } else { 0 };
        let minutes = (minutes < 60).then_some(hours * 60 + minutes).filter(|minutes| *minutes < 24 * 60)?;
        Some(Offset { minutes: Some(sign * i32::try_from(minutes).ok()?) })
    }
}
