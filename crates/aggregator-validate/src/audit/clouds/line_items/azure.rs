//! Line items of Azure.

use aggregator_core::cloud::Markup;
use aggregator_core::table::cloud as line_items;
use aggregator_core::trino::{decimal, decimal_from_text};

use super::CloudLineItems;
use super::lines::{Line, day, non_empty};
use super::sums::{Addend, Observed, SCALE};
use crate::audit::frame::Frame;
use crate::audit::names::Name;
use crate::error::Result;

/// Units of 10^-9 in one.
const UNITS_PER_ONE: u128 = 1_000_000_000;

/// Adds the rows of `frame`.
pub(super) fn add(items: &mut CloudLineItems, source: Name, frame: Frame<'_>) -> Result<()> {
    let times = frame.times(line_items::AZURE_DATE)?;
    let [ids, guids, names, locations] = [
        frame.texts(line_items::SUBSCRIPTIONID)?,
        frame.texts(line_items::SUBSCRIPTIONGUID)?,
        frame.texts(line_items::SUBSCRIPTIONNAME)?,
        frame.texts(line_items::RESOURCELOCATION)?,
    ];
    let [services, categories, codes, currencies, units] = [
        frame.texts(line_items::SERVICENAME)?,
        frame.texts(line_items::METERCATEGORY)?,
        frame.texts(line_items::BILLINGCURRENCYCODE)?,
        frame.texts(line_items::BILLINGCURRENCY)?,
        frame.texts(line_items::UNITOFMEASURE)?,
    ];
    let (quantities, costs) = (frame.doubles(line_items::QUANTITY)?, frame.doubles(line_items::COSTINBILLINGCURRENCY)?);
    for row in 0..frame.frame.height() {
        let subscription = non_empty(ids.get(row)).or_else(|| guids.get(row));
        let keys = [
            subscription,
            non_empty(names.get(row)).or(subscription),
            locations.get(row),
            non_empty(services.get(row)).or_else(|| categories.get(row)),
        ];
        let (quantity, cost) = (Addend::rounded(quantities.get(row)), Addend::rounded(costs.get(row)));
        let multiplier = units.get(row).map_or(Some((1, 0)), |unit| multiplier(unit, categories.get(row)));
        let line = Line {
            day: times.get(row).and_then(day),
            keys: &keys,
            account: None,
            addends: [
                on_units(quantity, |units| multiplier.and_then(|(digits, scale)| product(units, digits, scale))),
                cost,
                items.markup.map_or(Addend::Nothing, |markup| on_units(cost, |units| marked_up(units, markup))),
            ],
            observed: [
                Observed::Text(units.get(row).map(counted)),
                Observed::Text(non_empty(codes.get(row)).or_else(|| currencies.get(row))),
            ],
        };
        items.add(source, &line);
    }
    Ok(())
}

fn on_units(addend: Addend, of: impl Fn(i128) -> Option<i128>) -> Addend {
    match addend {
        Addend::Units(units) => Addend::Units(units.and_then(of)),
        other => other,
    }
}

/// How many of the unit one of the quantity is: digits, and how many of them stand after the point; none if there are too many.
fn multiplier(unit: &str, category: Option<&str>) -> Option<(i128, u32)> {
    let one = Some((1, 0));
    if unit == "100 Hours" && category.is_none_or(|category| category == "Virtual Machines") {
        return one;
    }
    let mut tokens = unit.split(' ');
    let (number, counted) = (tokens.next().unwrap_or_default(), tokens.next().unwrap_or_default());
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = number.split_once('.').map_or_else(|| are_digits(number), |(one, other)| are_digits(one) && are_digits(other));
    if !is_number || counted.is_empty() {
        return one;
    }
    match number.parse::<i32>() {
        Ok(integer) => Some((integer.into(), 0)),
        Err(_) => decimal_from_text(number, SCALE.cast_signed()).map(|digits| (digits, SCALE)),
    }
}

/// What is counted, as the summary shows it.
fn counted(unit: &str) -> &str {
    let tokens: Vec<&str> = unit.split(' ').collect();
    match tokens.as_slice() {
        [_, "Hours" | "Hour", ..] => "Hrs",
        [_, "GB/Month", ..] => "GB-Mo",
        [_, counted, "", ..] if !counted.is_empty() => counted,
        _ => unit,
    }
}

/// `units` × `digits` / 10^`scale`, rounded half away from zero.
fn product(units: i128, digits: i128, scale: u32) -> Option<i128> {
    let (product, one) = (units.checked_mul(digits)?, 10_i128.checked_pow(scale)?);
    let (whole, rest) = (product / one, product % one);
    Some(whole + if rest.abs() * 2 >= one { product.signum() } else { 0 })
}

fn marked_up(units: i128, markup: Markup) -> Option<i128> {
    if let Some((digits, scale)) = markup.decimal() {
        return product(units, digits, scale);
    }
    let magnitude = units.unsigned_abs();
    let text = format!("{}{}.{:09}", if units < 0 { "-" } else { "" }, magnitude / UNITS_PER_ONE, magnitude % UNITS_PER_ONE);
    decimal(text.parse::<f64>().ok()? * markup.factor(), 38, SCALE as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_before_a_unit_multiplies() {
        let of = |unit| multiplier(unit, Some("Storage"));
        assert_eq!([of("10 GB"), of("1.5 GB"), of("100 Hours")], [Some((10, 0)), Some((1_500_000_000, 9)), Some((100, 0))]);
        assert_eq!(["GB", "10", "10 ", "", "-1 GB", ".5 GB"].map(of), [Some((1, 0)); 6]);
        assert_eq!([multiplier("100 Hours", None), multiplier("100 Hours", Some("Virtual Machines"))], [Some((1, 0)); 2]);
        assert_eq!(of(&format!("{} GB", "9".repeat(40))), None);
    }

    #[test]
    fn products_are_rounded_half_away_from_zero() {
        assert_eq!([product(15, 1, 1), product(-15, 1, 1), product(14, 1, 1), product(7, 3, 0)], [Some(2), Some(-2), Some(1), Some(21)]);
        assert_eq!(product(i128::MAX, 2, 0), None);
    }
}
