//! How the days of a file are written. pandas guesses one format from the first value, and takes no other.

use crate::ingest::Stamp;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// What stands where in a timestamp: `0000-00-00T00:00:00`, with one `f` for a fraction and one `z` for an offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    text: String,
    /// The offset in minutes, if it has one.
    offset: Option<i32>,
}

impl Shape {
    /// The shape of a text that is a timestamp.
    pub(super) fn of_stamp(text: &str) -> Option<Self> {
        let offset = Stamp::read(text)?.offset();
        let mut shape = String::with_capacity(text.len());
        let mut in_fraction = false;
        for (place, character) in text.char_indices() {
            // Behind the day, a sign begins an offset.
            if place > 10 && ['Z', 'z', '+', '-'].contains(&character) {
                shape.push('z');
                break;
            }
            if character.is_ascii_digit() {
                if !in_fraction {
                    shape.push('0');
                }
                continue;
            }
            in_fraction = character == '.';
            shape.push(if in_fraction { 'f' } else { character });
        }
        Some(Self { text: shape, offset })
    }
}

/// The format of Azure's days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DayFormat {
    /// As ISO 8601 has it, in this shape.
    Iso(Shape),
    /// Numbers with this between them.
    Numbers(Order, char),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    YearMonthDay,
    MonthDayYear,
    DayMonthYear,
}

impl DayFormat {
    /// The format of the first day; `None` if it is none, or has an offset, with which koku cannot compare it.
    pub(super) fn guess(first: &str) -> Option<Self> {
        if let Some(shape) = Shape::of_stamp(first) {
            return shape.offset.is_none().then_some(Self::Iso(shape));
        }
        let separator = first.chars().find(|character| !character.is_ascii_digit()).filter(|separator| "/.-".contains(*separator))?;
        let orders = [Order::YearMonthDay, Order::MonthDayYear, Order::DayMonthYear].map(|order| Self::Numbers(order, separator));
        orders.into_iter().find(|format| format.read(first).is_some())
    }

    /// The moment that a text names.
    pub(super) fn read(&self, text: &str) -> Option<NaiveDateTime> {
        match self {
            Self::Iso(shape) => {
                let moment = Shape::of_stamp(text).filter(|found| found == shape).and(Stamp::read(text))?;
                chrono::DateTime::from_timestamp_millis(moment.milliseconds()).map(|moment| moment.naive_utc())
            }
            Self::Numbers(order, separator) => {
                let parts: Vec<&str> = text.split(*separator).collect();
                let [first, second, third] = parts.as_slice() else { return None };
                let (year, month, day) = match order {
                    Order::YearMonthDay => (first, second, third),
                    Order::MonthDayYear => (third, first, second),
                    Order::DayMonthYear => (third, second, first),
                };
                let year = number(year, 4..=4)?;
                let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, number(month, 1..=2)?, number(day, 1..=2)?)?;
                Some(date.and_time(NaiveTime::MIN))
            }
        }
    }
}

/// A day as `strptime("%Y-%m-%d")` reads it.
pub(super) fn lenient_day(text: &str) -> Option<NaiveDate> {
    DayFormat::Numbers(Order::YearMonthDay, '-').read(text).map(|moment| moment.date())
}

/// The first day of an invoice month, `202604`.
pub(super) fn invoice_month(text: &str) -> Option<NaiveDate> {
    let (year, month) = text.split_at_checked(4)?;
    NaiveDate::from_ymd_opt(i32::try_from(number(year, 4..=4)?).ok()?, number(month, 1..=2)?, 1)
}

/// Azure's other days: a timestamp, or `MM/DD/YYYY`. Milliseconds.
pub(super) fn billing_day(text: &str) -> Option<i64> {
    if let Some(stamp) = Stamp::read(text) {
        return Some(stamp.milliseconds());
    }
    let parts: Vec<&str> = text.split('/').collect();
    let (month, day, year) = (parts.first()?, parts.get(1)?, parts.get(2)?);
    Stamp::read(&[*year, *month, *day].concat()).map(Stamp::milliseconds)
}

fn number(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<u32> {
    (length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}
