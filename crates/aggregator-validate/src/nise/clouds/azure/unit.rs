//! Units of measure: what koku multiplies a quantity by, and what it calls the unit.

/// Hundreds of hours that koku takes for hours.
const HOURS_OF_MACHINES: (&str, &str) = ("100 Hours", "Virtual Machines");

/// What a quantity in `unit` is multiplied by.
///
/// # Errors
/// The number in front is no integer, which makes koku's SQL fail.
pub(super) fn multiplier(unit: &str, meter_category: &str) -> Result<f64, String> {
    let mut tokens = unit.split(' ');
    let first = tokens.next().unwrap_or_default();
    let is_counted = tokens.next().is_some_and(|second| !second.is_empty());
    if !is_number(first) || !is_counted || (unit, meter_category) == HOURS_OF_MACHINES {
        return Ok(1.0);
    }
    first.parse::<i32>().map(f64::from).map_err(|_| format!("koku multiplies by integers, not by that of `{unit}`"))
}

fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    }
}

/// What koku calls it.
pub(super) fn name(unit: &str) -> &str {
    let mut tokens = unit.split(' ').skip(1);
    match (tokens.next(), tokens.next()) {
        (Some("Hours" | "Hour"), _) => "Hrs",
        (Some("GB/Month"), _) => "GB-Mo",
        (Some(second), Some("")) if !second.is_empty() => second,
        _ => unit,
    }
}
