//! Line items of GCP.

use std::collections::HashMap;

use aggregator_core::table::cloud as line_items;
use aggregator_core::trino::{decimal_from_text, json_parse};

use super::CloudLineItems;
use super::lines::{Line, day, non_empty};
use super::sums::{Addend, Observed, SCALE};
use crate::audit::frame::Frame;
use crate::audit::names::Name;
use crate::error::Result;

/// Adds the rows of `frame` that are of `invoice_month`.
pub(super) fn add(items: &mut CloudLineItems, source: Name, invoice_month: &str, frame: Frame<'_>) -> Result<()> {
    let times = frame.times(line_items::USAGE_START_TIME)?;
    let [invoices, accounts, projects, services, skus, regions, cost_types] = [
        frame.texts(line_items::INVOICE_MONTH)?,
        frame.texts(line_items::BILLING_ACCOUNT_ID)?,
        frame.texts(line_items::PROJECT_ID)?,
        frame.texts(line_items::SERVICE_ID)?,
        frame.texts(line_items::SKU_ID)?,
        frame.texts(line_items::LOCATION_REGION)?,
        frame.texts(line_items::COST_TYPE)?,
    ];
    let [names, service_names, sku_names, units, currencies, credits] = [
        frame.texts(line_items::PROJECT_NAME)?,
        frame.texts(line_items::SERVICE_DESCRIPTION)?,
        frame.texts(line_items::SKU_DESCRIPTION)?,
        frame.texts(line_items::USAGE_PRICING_UNIT)?,
        frame.texts(line_items::CURRENCY)?,
        frame.texts(line_items::CREDITS)?,
    ];
    let (usage, costs) = (frame.doubles(line_items::USAGE_AMOUNT_IN_PRICING_UNITS)?, frame.doubles(line_items::COST)?);
    let mut known: HashMap<&str, Credit> = HashMap::new();
    for row in 0..frame.frame.height() {
        if invoices.get(row) != Some(invoice_month) {
            continue;
        }
        let keys = [
            invoices.get(row),
            accounts.get(row),
            projects.get(row),
            services.get(row),
            skus.get(row),
            non_empty(regions.get(row)),
            cost_types.get(row),
        ];
        let credit = credits.get(row).map_or(Credit::NONE, |text| *known.entry(text).or_insert_with(|| Credit::of(text)));
        let line = Line {
            day: times.get(row).and_then(day),
            keys: &keys,
            account: None,
            addends: [Addend::finite(usage.get(row)), Addend::finite(costs.get(row)), Addend::Units(Some(credit.units))],
            observed: [names.get(row), service_names.get(row), sku_names.get(row), units.get(row), currencies.get(row)].map(Observed::Text),
        };
        items.add(source, &line);
        if credit.is_refused {
            items.refuse(source, line.day, &keys);
        }
    }
    Ok(())
}

/// The amount of a credit, in units of 10^-9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Credit {
    units: i128,
    /// Whether Trino refuses it, and it counts as none.
    is_refused: bool,
}

impl Credit {
    const NONE: Self = Self { units: 0, is_refused: false };

    fn of(text: &str) -> Self {
        let refused = Self { is_refused: true, ..Self::NONE };
        let Ok(read) = json_parse(text) else { return refused };
        let Some(amount) = read.value.member("amount").and_then(aggregator_core::trino::Json::scalar) else { return Self::NONE };
        decimal_from_text(&amount, SCALE.cast_signed()).map_or(refused, |units| Self { units, is_refused: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credit_is_its_amount_rounded_or_none() {
        let units = |units| Credit { units, is_refused: false };
        let refused = Credit { units: 0, is_refused: true };
        assert_eq!(Credit::of(r#"{"amount": -0.1234567895, "name": "x"}"#), units(-123_456_790));
        assert_eq!([r#"{"amount": "2.5"}"#, r#"{"amount": 3}"#].map(Credit::of), [units(2_500_000_000), units(3_000_000_000)]);
        assert_eq!(["{}", "[]", "null", r#"{"amount": null}"#].map(Credit::of), [Credit::NONE; 4]);
        assert_eq!(["", "no JSON", r#"{"amount": "None"}"#, r#"{"amount": true}"#].map(Credit::of), [refused; 4]);
    }
}
