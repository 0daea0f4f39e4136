//! Times as nanoseconds since 1970-01-01 UTC, and as the text that stands for one: equal times have equal texts, which order
//! as the times do.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

const NANOSECONDS_PER_SECOND: i128 = 1_000_000_000;
const NANOSECONDS_PER_DAY: i128 = 24 * 60 * 60 * NANOSECONDS_PER_SECOND;

/// The day that a time lies on, as days since 1970-01-01.
pub(super) fn day(nanoseconds: i128) -> Option<i32> {
    i32::try_from(nanoseconds.div_euclid(NANOSECONDS_PER_DAY)).ok()
}

/// The same, for a time that is midnight.
pub(super) fn midnight(nanoseconds: i128) -> Option<i32> {
    (nanoseconds.rem_euclid(NANOSECONDS_PER_DAY) == 0).then(|| day(nanoseconds)).flatten()
}

/// The midnight that `days` begins with.
pub(super) fn of_day(days: i32) -> i128 {
    i128::from(days) * NANOSECONDS_PER_DAY
}

/// `2026-03-01 13:00:00`, with as many decimal places as it needs.
pub(super) fn text(nanoseconds: i128) -> String {
    let seconds = i64::try_from(nanoseconds.div_euclid(NANOSECONDS_PER_SECOND)).ok();
    let Some(moment) = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)) else { return format!("{nanoseconds} ns") };
    let mut text = moment.format("%Y-%m-%d %H:%M:%S").to_string();
    let fraction = nanoseconds.rem_euclid(NANOSECONDS_PER_SECOND);
    if fraction != 0 {
        text.push_str(format!(".{fraction:09}").trim_end_matches('0'));
    }
    text
}

/// The time that `text` is: `2026-03-01`, or `2026-03-01 13:00:00.123` with a blank or `T`, and nothing, `Z`, `UTC` or an offset
/// behind it.
pub(super) fn parse(text: &str) -> Option<i128> {
    let (date, rest) = text.split_at_checked(10)?;
    let date: NaiveDate = date.parse().ok()?;
    if rest.is_empty() {
        return Some(of_day(date.to_epoch_days()));
    }
    let rest = rest.strip_prefix([' ', 'T'])?;
    let (time, rest) = rest.split_at_checked(8)?;
    let moment = NaiveDateTime::new(date, chrono::NaiveTime::parse_from_str(time, "%H:%M:%S").ok()?);
    let digits = rest.strip_prefix('.').map_or("", |rest| rest.split(|next: char| !next.is_ascii_digit()).next().unwrap_or_default());
    let zone = if digits.is_empty() { rest } else { rest.get(digits.len() + 1..)? };
    let seconds = i128::from(moment.and_utc().timestamp()) - i128::from(offset(zone.trim_start())?);
    Some(seconds * NANOSECONDS_PER_SECOND + fraction(digits)?)
}

/// Nanoseconds, from the digits after the point.
fn fraction(digits: &str) -> Option<i128> {
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let missing = 9_usize.checked_sub(digits.len())?;
    Some(digits.parse::<i128>().ok()? * 10_i128.checked_pow(u32::try_from(missing).ok()?)?)
}

/// Seconds east of UTC.
fn offset(zone: &str) -> Option<i32> {
    if matches!(zone, "" | "Z" | "UTC") {
        return Some(0);
    }
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then(|| sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_one_text_however_it_was_written() {
        for text in [
            "2026-03-01 13:00:00",
            "2026-03-01T13:00:00Z",
            "2026-03-01 13:00:00.000 UTC",
            "2026-03-01 13:00:00.000000+00",
            "2026-03-01 08:30:00-04:30",
        ] {
            assert_eq!(parse(text).map(super::text).as_deref(), Some("2026-03-01 13:00:00"), "{text}");
        }
        assert_eq!(parse("2026-03-01").map(text).as_deref(), Some("2026-03-01 00:00:00"));
        assert_eq!(parse("1969-12-31 23:59:59.5").map(text).as_deref(), Some("1969-12-31 23:59:59.5"));
        assert_eq!(parse("2026-03-01 00:00:00.123456789000").map(text).as_deref(), Some("2026-03-01 00:00:00.123456789"));
        for wrong in ["", "2026-03-01 1", "2026-03-01x", "2026-03-01 13:00:00 Europe/Prague", "2026-03-01 13:00:00.0000000001", "2026-3-1"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight() {
        assert_eq!(midnight(of_day(-1)), Some(-1));
        assert_eq!(midnight(of_day(7) + 1), None);
        assert_eq!(day(of_day(7) - 1), Some(6));
    }
}
