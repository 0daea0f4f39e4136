//! Azure's units of measure: `100 Hours`, `1 GB/Month`.

use crate::trino::decimal_from_text;

/// The one meter whose hours are not counted by the hundred.
const HUNDRED_HOURS: &str = "100 Hours";
const VIRTUAL_MACHINES: &str = "Virtual Machines";

/// Digits after the point of a multiplier that is no integer.
pub(super) const SCALE: u32 = 9;

/// How many of the unit one of the quantity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Multiplier {
    /// One.
    One,
    /// An integer, as in the SQL.
    Integer(i32),
    /// Any other number, which Trino refuses, in units of 10^-9; `None` if it is beyond all results.
    Refused(Option<i128>),
}

impl Multiplier {
    /// The multiplier that `unit`, a unit of measure, begins with.
    pub(super) fn of(unit: &str) -> Self {
        let mut parts = unit.split(' ');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        if !is_number(first) || second.is_none_or(str::is_empty) {
            return Self::One;
        }
        first.parse().map_or_else(|_| Self::Refused(decimal_from_text(first, SCALE.cast_signed())), Self::Integer)
    }

    /// The multiplier of `unit` under a category of meters.
    pub(super) fn under(self, unit: &str, category: Option<&str>) -> Self {
        match category {
            None | Some(VIRTUAL_MACHINES) if unit == HUNDRED_HOURS => Self::One,
            _ => self,
        }
    }
}

/// `^\d+(\.\d+)?$`.
fn is_number(text: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
        None => is_digits(text),
    }
}

/// The unit that is counted.
///
/// A unit stands alone only if a blank follows it: of `10 GB` there is no third part to compare with, and all of it is kept.
pub(super) fn unit_of_measure(unit: &str) -> &str {
    let mut parts = unit.split(' ').skip(1);
    match (parts.next(), parts.next()) {
        (Some("Hours" | "Hour"), _) => "Hrs",
        (Some("GB/Month"), _) => "GB-Mo",
        (Some(second), Some("")) if !second.is_empty() => second,
        _ => unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers of a live Trino 476.
    #[test]
    fn the_multiplier_is_the_number_before_a_unit() {
        let of = Multiplier::of;
        assert_eq!([of("10 GB"), of("1 Hour"), of("100 Hours"), of("007 x y")], [10, 1, 100, 7].map(Multiplier::Integer));
        for unit in ["10", "10 ", "GB", "GB 10", "", " 10 GB", "1.5", "1.5 ", "-1 GB", "1. GB", ".5 GB", "1e3 GB", "١ GB", "10K GB"] {
            assert_eq!(of(unit), Multiplier::One, "{unit}");
        }
        assert_eq!(of("2147483647 GB"), Multiplier::Integer(i32::MAX));
    }

    #[test]
    fn a_multiplier_that_trino_refuses_is_a_decimal() {
        let of = Multiplier::of;
        assert_eq!(of("1.5 GB"), Multiplier::Refused(Some(1_500_000_000)));
        assert_eq!(of("2147483648 GB"), Multiplier::Refused(Some(2_147_483_648_000_000_000)));
        assert_eq!(of(&format!("{} GB", "9".repeat(40))), Multiplier::Refused(None));
    }

    /// Answers of a live Trino 476.
    #[test]
    fn hundred_hours_of_a_virtual_machine_are_counted_one_by_one() {
        let of = |category| Multiplier::of("100 Hours").under("100 Hours", category);
        assert_eq!([of(Some("Virtual Machines")), of(None)], [Multiplier::One; 2]);
        assert_eq!([of(Some("")), of(Some("virtual machines"))], [Multiplier::Integer(100); 2]);
        assert_eq!(Multiplier::of("100 Hours ").under("100 Hours ", None), Multiplier::Integer(100));
    }

    /// Answers of a live Trino 476.
    #[test]
    fn a_unit_stands_alone_only_before_a_blank() {
        let units = ["100 Hours", "x Hour y", "1 GB/Month", "10 GB", "10 GB ", "10  GB", "GB", "", "10 GB x", "a b  "].map(unit_of_measure);
        assert_eq!(units, ["Hrs", "Hrs", "GB-Mo", "10 GB", "GB", "10  GB", "GB", "", "10 GB x", "b"]);
    }
}
