//! Line items of AWS.

use aggregator_core::table::cloud as line_items;
use polars::prelude::{Float64Chunked, StringChunked};

use super::CloudLineItems;
use super::lines::{Line, day, finite, non_empty};
use super::sums::{Addend, Observed};
use crate::audit::frame::Frame;
use crate::audit::names::Name;
use crate::error::Result;

const MARKETPLACE: &str = "AWS Marketplace";
const COVERED_USAGE: &str = "SavingsPlanCoveredUsage";
const NEGATION: &str = "SavingsPlanNegation";
/// Lines that cost what the savings plan says.
const OF_SAVINGS_PLANS: [&str; 4] = [COVERED_USAGE, NEGATION, "SavingsPlanUpfrontFee", "SavingsPlanRecurringFee"];

/// What plain costs of usage that a savings plan covers count: in the daily summary themselves, in that of EC2 nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CoveredUsage {
    Counts,
    IsFree,
}

/// The columns of measures.
pub(super) struct Measures {
    types: StringChunked,
    currencies: StringChunked,
    usage: Float64Chunked,
    normalized: Float64Chunked,
    unblended: Float64Chunked,
    blended: Float64Chunked,
    savings: Float64Chunked,
    on_demand: Float64Chunked,
    rates: [Float64Chunked; 3],
    factor: Float64Chunked,
    covered: CoveredUsage,
}

impl Measures {
    pub(super) fn of(frame: Frame<'_>, covered: CoveredUsage) -> Result<Self> {
        Ok(Self {
            types: frame.texts(line_items::LINEITEM_LINEITEMTYPE)?,
            currencies: frame.texts(line_items::LINEITEM_CURRENCYCODE)?,
            usage: frame.doubles(line_items::LINEITEM_USAGEAMOUNT)?,
            normalized: frame.doubles(line_items::LINEITEM_NORMALIZEDUSAGEAMOUNT)?,
            unblended: frame.doubles(line_items::LINEITEM_UNBLENDEDCOST)?,
            blended: frame.doubles(line_items::LINEITEM_BLENDEDCOST)?,
            savings: frame.doubles(line_items::SAVINGSPLAN_SAVINGSPLANEFFECTIVECOST)?,
            on_demand: frame.doubles(line_items::PRICING_PUBLICONDEMANDCOST)?,
            rates: [
                frame.doubles(line_items::LINEITEM_UNBLENDEDRATE)?,
                frame.doubles(line_items::LINEITEM_BLENDEDRATE)?,
                frame.doubles(line_items::PRICING_PUBLICONDEMANDRATE)?,
            ],
            factor: frame.doubles(line_items::LINEITEM_NORMALIZATIONFACTOR)?,
            covered,
        })
    }

    /// The sums of a row, in the order of the grain.
    pub(super) fn addends(&self, row: usize) -> [Addend; 7] {
        let line_type = self.types.get(row);
        let is_free = self.covered == CoveredUsage::IsFree && line_type == Some(COVERED_USAGE);
        let plain = |costs: &Float64Chunked| if is_free { Addend::Double(0.0) } else { Addend::finite(costs.get(row)) };
        let is_of_plan = line_type.is_some_and(|line_type| OF_SAVINGS_PLANS.contains(&line_type));
        let amortized = if is_of_plan { self.savings.get(row) } else { self.unblended.get(row) };
        [
            if line_type == Some(NEGATION) { Addend::Double(0.0) } else { Addend::finite(self.usage.get(row)) },
            Addend::any(self.normalized.get(row)),
            plain(&self.unblended),
            plain(&self.blended),
            Addend::finite(self.savings.get(row)),
            Addend::finite(amortized),
            Addend::finite(self.on_demand.get(row)),
        ]
    }

    /// Currency, rates and size factor of a row, in the order of the grain.
    pub(super) fn observed(&self, row: usize) -> [Observed<'_>; 5] {
        let [unblended, blended, on_demand] = &self.rates;
        [
            Observed::Text(self.currencies.get(row)),
            finite(unblended.get(row)),
            finite(blended.get(row)),
            finite(on_demand.get(row)),
            Observed::Number(self.factor.get(row)),
        ]
    }
}

/// Adds the rows of `frame`.
pub(super) fn add(items: &mut CloudLineItems, source: Name, frame: Frame<'_>) -> Result<()> {
    let times = frame.times(line_items::LINEITEM_USAGESTARTDATE)?;
    let [entities, codes, product_names, accounts] = [
        frame.texts(line_items::BILL_BILLINGENTITY)?,
        frame.texts(line_items::LINEITEM_PRODUCTCODE)?,
        frame.texts(line_items::PRODUCT_PRODUCTNAME)?,
        frame.texts(line_items::LINEITEM_USAGEACCOUNTID)?,
    ];
    let [families, zones, regions, instance_types, units] = [
        frame.texts(line_items::PRODUCT_PRODUCTFAMILY)?,
        frame.texts(line_items::LINEITEM_AVAILABILITYZONE)?,
        frame.texts(line_items::PRODUCT_REGION)?,
        frame.texts(line_items::PRODUCT_INSTANCETYPE)?,
        frame.texts(line_items::PRICING_UNIT)?,
    ];
    let measures = Measures::of(frame, CoveredUsage::Counts)?;
    for row in 0..frame.frame.height() {
        let name = non_empty(product_names.get(row)).filter(|_| entities.get(row) == Some(MARKETPLACE));
        let keys = [
            accounts.get(row),
            name.or_else(|| non_empty(codes.get(row))),
            non_empty(families.get(row)),
            non_empty(zones.get(row)),
            non_empty(regions.get(row)),
            non_empty(instance_types.get(row)),
            non_empty(units.get(row)),
        ];
        let line = Line {
            day: times.get(row).and_then(day),
            keys: &keys,
            account: accounts.get(row),
            addends: measures.addends(row),
            observed: measures.observed(row),
        };
        items.add(source, &line);
    }
    Ok(())
}
