//! The shortest decimal of a double, as Java's `Double.toString` finds it.

use std::fmt::{self, Write};

/// The digits of a positive double and the decimal exponent of the first: the fewest that read back as the double, the nearest of
/// those, and of two equally near ones the even.
///
/// Rust writes the greater of two equally near ones; everything else is the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shortest {
    text: Text,
    len: usize,
    /// The decimal exponent of the first digit.
    pub(super) exponent: i32,
}

impl Shortest {
    /// The decimal of `value`, which is finite and greater than zero.
    pub(super) fn of(value: f64) -> Self {
        let mut text = Text::default();
        // 17 digits, a point and an exponent always fit.
        let _ = write!(text, "{value:e}");
        if text.len < 2 || text.bytes.get(1) == Some(&b'e') {
            // Java takes the nearest of two digits where that reads back, too; only among the least doubles it is not that digit and 0.
            let mut two = Text::default();
            let _ = write!(two, "{value:.1e}");
            if two.as_str().parse() == Ok(value) {
                text = two;
            }
        }
        let (mantissa, exponent) = text.as_str().split_once('e').unwrap_or(("0", "0"));
        let exponent = exponent.parse().unwrap_or_default();
        let mut digits = Text::default();
        for digit in mantissa.split('.') {
            let _ = digits.write_str(digit);
        }
        let len = digits.as_str().trim_end_matches('0').len().max(1);
        let mut shortest = Self { text: digits, len, exponent };
        shortest.make_even(value);
        shortest
    }

    /// The digits, without zeros at the end.
    pub(super) fn digits(&self) -> &str {
        self.text.as_str().get(..self.len).unwrap_or_default()
    }

    /// Of two equally near decimals, takes the even one.
    fn make_even(&mut self, value: f64) {
        let last = self.len.saturating_sub(1);
        let Some(digit) = self.text.bytes.get(last).copied() else { return };
        // With fewer digits the next decimal is another double.
        if self.len < 16 || digit % 2 == 0 || !is_halfway(value, i32::try_from(last).unwrap_or_default() - self.exponent) {
            return;
        }
        let mut even = self.text;
        if let Some(place) = even.bytes.get_mut(last) {
            *place -= 1;
        }
        let mut text = Text::default();
        let (first, rest) = even.as_str().split_at(1);
        let _ = write!(text, "{first}.{rest}e{}", self.exponent);
        if text.as_str().parse() == Ok(value) {
            self.text = even;
        }
    }
}

/// Whether `value` lies exactly between two neighbouring decimals with `places` digits after the point: whether twice its number of
/// units of 10^-`places` is odd.
fn is_halfway(value: f64, places: i32) -> bool {
    let bits = value.to_bits();
    let (biased, fraction) = (i32::try_from(bits >> 52).unwrap_or_default(), bits & ((1 << 52) - 1));
    let (mantissa, exponent) = if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
    let zeros = mantissa.trailing_zeros();
    let (odd, exponent) = (mantissa >> zeros.min(63), exponent + i32::try_from(zeros).unwrap_or_default());
    if exponent + 1 != -places {
        return false;
    }
    // Of large numbers the unit is a power of ten, whose fives must go into the number.
    match u32::try_from(-places) {
        Ok(power) => 5_u64.checked_pow(power).is_some_and(|fives| odd.is_multiple_of(fives)),
        Err(_) => true,
    }
}

/// Enough room for the `{:e}` of a double, without an allocation.
#[derive(Clone, Copy, Debug, Default)]
struct Text {
    bytes: [u8; 32],
    len: usize,
}

impl Text {
    fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::excessive_precision, reason = "the digits are the point")]

    use super::*;
    use proptest::prelude::*;

    /// What a JDK 25 prints.
    #[test]
    fn of_two_equally_near_decimals_the_even_one_is_taken() {
        for (value, digits, exponent) in [
            (646_960_025_185.781_25, "6469600251857812", 11),
            (32_023_071_304_616.812_5, "32023071304616812", 13),
            (0.1, "1", -1),
            (100.0, "1", 2),
            (2e23, "2", 23),
            (f64::from_bits(16), "79", -323),
            (f64::from_bits(1), "49", -324),
            (f64::MAX, "17976931348623157", 308),
        ] {
            let shortest = Shortest::of(value);
            assert_eq!((shortest.digits(), shortest.exponent), (digits, exponent), "{value:e}");
        }
    }

    proptest! {
        #[test]
        fn prop_the_digits_read_back_as_the_double(bits in 1..f64::MAX.to_bits()) {
            let shortest = Shortest::of(f64::from_bits(bits));
            let text = format!("0.{}e{}", shortest.digits(), shortest.exponent + 1);
            prop_assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(bits));
        }
    }
}
