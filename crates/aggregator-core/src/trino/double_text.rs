//! A `double` as text: what `CAST` writes, and what a file's double reads as in a `varchar` column.

use super::shortest::Shortest;
use std::cmp::Ordering;

/// Trino's `CAST(value AS varchar)`: `7.0E0`, `-0E0`, `NaN`, `Infinity`.
///
/// Trino formats with Java's `DecimalFormat`, whose digits always read back as `value` but are not always the fewest: 2e23 is
/// `1.9999999999999998E23`. The digits here are the same.
pub fn double_text(value: f64) -> String {
    if let Some(text) = not_finite(value) {
        return text.to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0E0");
    }
    let (digits, exponent) = format_digits(value.abs());
    let (first, rest) = digits.split_at(1.min(digits.len()));
    format!("{sign}{first}.{}E{exponent}", if rest.is_empty() { "0" } else { rest })
}

/// Java's `Double.toString(value)` since JDK 19: `1.0`, `1.0E21`.
pub fn java_double_text(value: f64) -> String {
    if let Some(text) = not_finite(value) {
        return text.to_owned();
    }
    let magnitude = value.abs();
    if value == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return plain(value);
    }
    let shortest = Shortest::of(magnitude);
    let (first, rest) = shortest.digits().split_at(1);
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{first}.{}E{}", if rest.is_empty() { "0" } else { rest }, shortest.exponent)
}

/// Java's `Float.toString(value)`: `0.1`, `1.0E10`.
pub fn java_float_text(value: f32) -> String {
    // The shortest text of the single-precision number, read as a double, has the same digits as a double.
    java_double_text(value.to_string().parse().unwrap_or(f64::NAN))
}

/// Without an exponent, with at least one digit after the point.
fn plain(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0.0");
    }
    let shortest = Shortest::of(value.abs());
    let digits = shortest.digits();
    let Ok(before_point) = usize::try_from(shortest.exponent + 1) else {
        let zeros = "0".repeat(usize::try_from(-shortest.exponent - 1).unwrap_or_default());
        return format!("{sign}0.{zeros}{digits}");
    };
    if before_point == 0 {
        return format!("{sign}0.{digits}");
    }
    match digits.split_at_checked(before_point) {
        Some((whole, fraction)) => format!("{sign}{whole}.{}", if fraction.is_empty() { "0" } else { fraction }),
        None => format!("{sign}{digits}{}.0", "0".repeat(before_point - digits.len())),
    }
}

fn not_finite(value: f64) -> Option<&'static str> {
    match value {
        _ if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

const FRACTION_BITS: i32 = 52;
const EXPONENT_BIAS: i32 = 1023;
const HIDDEN_BIT: u64 = 1 << FRACTION_BITS;
/// Integers up to here (as a power of two) are written from their own digits.
const GREATEST_INTEGER_EXPONENT: i32 = 62;

/// The digits (without zeros at the end) and the decimal exponent of the first one that `DecimalFormat` takes for a positive
/// double: free-format printing by Steele and White, with Java's stopping tests. `value` is finite and greater than zero.
fn format_digits(value: f64) -> (String, i32) {
    let bits = value.to_bits();
    let mut fraction = bits & (HIDDEN_BIT - 1);
    let biased = i32::try_from(bits >> FRACTION_BITS).unwrap_or_default();
    let (exponent, significant_bits) = if biased == 0 {
        // A subnormal number: shifted until its highest bit stands where a normal number's hidden bit does.
        let shift = i32::try_from(fraction.leading_zeros()).unwrap_or_default() - (63 - FRACTION_BITS);
        fraction <<= shift;
        (1 - shift - EXPONENT_BIAS, FRACTION_BITS + 1 - shift)
    } else {
        fraction |= HIDDEN_BIT;
        (biased - EXPONENT_BIAS, FRACTION_BITS + 1)
    };
    let tail_zeros = i32::try_from(fraction.trailing_zeros()).unwrap_or_default();
    let used_bits = FRACTION_BITS + 1 - tail_zeros;
    let tiny_bits = (used_bits - exponent - 1).max(0);
    if tiny_bits == 0 && exponent <= GREATEST_INTEGER_EXPONENT {
        return integer_digits(fraction, exponent, significant_bits);
    }
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::float_cmp, reason = "is it a whole number of 64 bits?")]
    let whole = value == (value as i64) as f64;
    fraction_digits(&Number { fraction, exponent, significant_bits, tail_zeros, used_bits, tiny_bits, whole })
}

/// The digits of a whole number, less those at its end that say nothing about the double.
fn integer_digits(fraction: u64, exponent: i32, significant_bits: i32) -> (String, i32) {
    let mut value = if exponent >= FRACTION_BITS { fraction << (exponent - FRACTION_BITS) } else { fraction >> (FRACTION_BITS - exponent) };
    let insignificant = if exponent > significant_bits { insignificant_digits(exponent - significant_bits - 1) } else { 0 };
    let mut dropped = 0;
    if insignificant > 0 {
        let unit = 10_u64.pow(insignificant);
        value = value / unit + u64::from(value % unit >= unit / 2);
        dropped = insignificant;
    }
    let digits = value.to_string();
    let exponent = i32::try_from(digits.len()).unwrap_or_default() - 1 + i32::try_from(dropped).unwrap_or_default();
    (digits.trim_end_matches('0').to_owned(), exponent)
}

/// How many decimal digits of a whole number are below 2^`power`.
fn insignificant_digits(power: i32) -> u32 {
    // floor(power × log10(2)) for the powers that can occur, one less than the number of digits of 2^power.
    if power > 1 { (1_u64 << power.min(63)).ilog10() } else { 0 }
}

struct Number {
    fraction: u64,
    exponent: i32,
    significant_bits: i32,
    tail_zeros: i32,
    used_bits: i32,
    tiny_bits: i32,
    whole: bool,
}

fn fraction_digits(number: &Number) -> (String, i32) {
    let mut decimal_exponent = estimated_exponent(number.fraction, number.exponent);
    // value = b / s × 10^decimal_exponent, and m is half the distance to the next double, all as powers of 2 and 5.
    let b5 = (-decimal_exponent).max(0);
    let mut b2 = b5 + number.tiny_bits + number.exponent;
    let s5 = decimal_exponent.max(0);
    let mut s2 = s5 + number.tiny_bits;
    let mut m2 = b2 - number.significant_bits;
    let fraction = number.fraction >> number.tail_zeros;
    b2 -= number.used_bits - 1;
    let common = b2.min(s2);
    b2 -= common;
    s2 -= common;
    m2 -= common;
    if number.used_bits == 1 {
        // Below a power of two the doubles are twice as dense.
        m2 -= 1;
    }
    if m2 < 0 {
        b2 -= m2;
        s2 -= m2;
        m2 = 0;
    }
    // Java computes small numbers in machine words, where its test for a digit too high is `>` instead of `>=`.
    let in_words = number.used_bits + b2 + bits_of_power_of_5(b5) < 64 && s2 + 1 + bits_of_power_of_5(s5 + 1) < 64;
    let too_high = |order: Ordering| if in_words { order == Ordering::Greater } else { order != Ordering::Less };

    let mut b = Natural::new(fraction).times_power_of_5(b5).shifted(b2);
    let s = Natural::new(1).times_power_of_5(s5).shifted(s2);
    let mut m = Natural::new(1).times_power_of_5(b5).shifted(m2);
    let ten_s = s.clone().times(10);
    let mut digits: Vec<u8> = Vec::new();
    let mut first = true;
    let (mut low, mut high);
    loop {
        let digit = b.take_multiple(&s);
        b = b.times(10);
        m = m.times(10);
        low = b.compare(&m) == Ordering::Less;
        high = too_high(b.plus(&m).compare(&ten_s));
        if first {
            first = false;
            if digit == 0 && !high {
                decimal_exponent -= 1;
            } else {
                digits.push(digit);
            }
            if !number.whole || !(-3..8).contains(&decimal_exponent) {
                (low, high) = (false, false);
            }
        } else {
            digits.push(digit);
        }
        if low || high {
            break;
        }
    }
    if high {
        let half = b.plus(&b).compare(&ten_s);
        let odd = digits.last().is_some_and(|digit| digit % 2 == 1);
        if !low || half == Ordering::Greater || half == Ordering::Equal && odd {
            round_up(&mut digits, &mut decimal_exponent);
        }
    }
    let text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    // A first digit of zero stays only to be rounded up, so it is not there any more.
    (text.trim_end_matches('0').to_owned(), decimal_exponent)
}

fn round_up(digits: &mut [u8], exponent: &mut i32) {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    if let Some(first) = digits.first_mut() {
        *first = 1;
        *exponent += 1;
    }
}

/// The decimal exponent, or one too many.
fn estimated_exponent(fraction: u64, exponent: i32) -> i32 {
    #[expect(clippy::approx_constant, reason = "Java's own constants, which are not the nearest doubles")]
    const LOG10_OF_2: f64 = 0.301_029_995_663_981;
    let one_to_two = f64::from_bits(1.0_f64.to_bits() | (fraction & (HIDDEN_BIT - 1)));
    let estimate = (one_to_two - 1.5) * 0.289_529_654 + 0.176_091_259 + f64::from(exponent) * LOG10_OF_2;
    #[expect(clippy::cast_possible_truncation, reason = "between -325 and 309")]
    let estimate = estimate.floor() as i32;
    estimate
}

/// Bits of 5^`power`, as Java estimates them: exact up to 26, three a power beyond.
fn bits_of_power_of_5(power: i32) -> i32 {
    if power == 0 {
        return 0;
    }
    match u32::try_from(power).ok().filter(|power| *power <= 26).and_then(|power| 5_u64.checked_pow(power)) {
        Some(value) => i32::try_from(64 - value.leading_zeros()).unwrap_or_default(),
        None => power * 3,
    }
}

/// A natural number of any size: base 2^32, least digit first, no zeros at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Natural(Vec<u32>);

impl Natural {
    fn new(value: u64) -> Self {
        let low = u32::try_from(value & u64::from(u32::MAX)).unwrap_or_default();
        let high = u32::try_from(value >> 32).unwrap_or_default();
        Self(vec![low, high]).trimmed()
    }

    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    fn times(mut self, factor: u32) -> Self {
        let mut carry = 0_u64;
        for digit in &mut self.0 {
            carry += u64::from(*digit) * u64::from(factor);
            *digit = low_half(carry);
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(low_half(carry));
        }
        self
    }

    fn times_power_of_5(self, power: i32) -> Self {
        (0..power).fold(self, |product, _| product.times(5))
    }

    fn shifted(self, bits: i32) -> Self {
        let bits = u32::try_from(bits).unwrap_or_default();
        let mut digits = vec![0; (bits / 32) as usize];
        digits.extend(self.0);
        Self(digits).times(1 << (bits % 32))
    }

    fn plus(&self, other: &Self) -> Self {
        let mut carry = 0_u64;
        let mut digits = Vec::new();
        for place in 0..self.0.len().max(other.0.len()) {
            carry += u64::from(self.digit(place)) + u64::from(other.digit(place));
            digits.push(low_half(carry));
            carry >>= 32;
        }
        digits.push(low_half(carry));
        Self(digits).trimmed()
    }

    /// Takes `other` off as often as it can be, at most nine times; how often.
    fn take_multiple(&mut self, other: &Self) -> u8 {
        let mut times = 0;
        while self.compare(other) != Ordering::Less {
            let mut borrow = 0_i64;
            for place in 0..self.0.len() {
                let difference = i64::from(self.digit(place)) - i64::from(other.digit(place)) + borrow;
                borrow = difference >> 32;
                if let Some(digit) = self.0.get_mut(place) {
                    *digit = low_half(difference.cast_unsigned());
                }
            }
            *self = std::mem::replace(self, Self(Vec::new())).trimmed();
            times += 1;
        }
        times
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    fn digit(&self, place: usize) -> u32 {
        self.0.get(place).copied().unwrap_or_default()
    }
}

fn low_half(value: u64) -> u32 {
    u32::try_from(value & u64::from(u32::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Answers of a live Trino 476.
    #[test]
    fn a_double_is_written_as_trino_casts_it() {
        for (value, text) in [
            (7.0, "7.0E0"),
            (40960.0, "4.096E4"),
            (2.5, "2.5E0"),
            (100.0, "1.0E2"),
            (0.1, "1.0E-1"),
            (1e-320, "1.0E-320"),
            (5e-324, "4.9E-324"),
            (2e23, "1.9999999999999998E23"),
            (8.41e21, "8.409999999999999E21"),
            (9.999_999_999_999_999e17, "9.9999999999999987E17"),
            (5.960_464_477_539_063e-8, "5.9604644775390625E-8"),
            (f64::MAX, "1.7976931348623157E308"),
            (-1.000_000_999_999_972_1e18, "-1.0000009999999721E18"),
            (123_456.789, "1.23456789E5"),
            (-0.0, "-0E0"),
            (0.0, "0E0"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(double_text(value), text);
        }
    }

    #[test]
    fn a_double_in_a_text_column_is_written_as_java_does() {
        for (value, text) in [
            (1.0, "1.0"),
            (1e21, "1.0E21"),
            (0.001, "0.001"),
            (0.000_1, "1.0E-4"),
            (1e7, "1.0E7"),
            (123.5, "123.5"),
            (-0.0, "-0.0"),
            (5e-324, "4.9E-324"),
        ] {
            assert_eq!(java_double_text(value), text);
        }
        for (value, text) in [(0.1, "0.1"), (1e10, "1.0E10"), (16_777_216.0, "1.6777216E7"), (f32::INFINITY, "Infinity")] {
            assert_eq!(java_float_text(value), text);
        }
    }

    proptest! {
        #[test]
        fn prop_the_text_reads_back_as_the_double(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(double_text(value).parse::<f64>().map(f64::to_bits), Ok(bits));
            prop_assert_eq!(java_double_text(value).parse::<f64>().map(f64::to_bits), Ok(bits));
        }
    }
}
