//! Line items of AWS, as the summary of EC2 reads them: instances of a month.

use std::collections::BTreeSet;

use aggregator_core::table::cloud as line_items;

use super::CloudLineItems;
use super::aws::{CoveredUsage, Measures};
use super::lines::{Line, day, non_empty};
use super::sums::Observed;
use crate::audit::frame::Frame;
use crate::audit::line_items::MILLISECONDS_PER_DAY;
use crate::audit::names::Name;
use crate::error::Result;

const EC2: &str = "AmazonEC2";
const COMPUTE_INSTANCE: &str = "Compute Instance";

/// What decides in how many rows a resource stands.
#[derive(Clone, Debug, Default)]
pub(in crate::audit::clouds) struct Instance {
    /// The latest day of any line of the resource.
    latest: Option<i32>,
    /// The latest midnight of its lines of compute instances.
    midnight: Option<i32>,
    /// The descriptions at that midnight: type, tags, cost categories, memory, processors, as they are.
    descriptions: BTreeSet<[Name; 5]>,
}

impl Instance {
    /// Different descriptions on the latest day, each a row.
    pub(in crate::audit::clouds) fn rows(&self) -> usize {
        if self.latest.is_some() && self.latest == self.midnight { self.descriptions.len() } else { 0 }
    }

    fn describe(&mut self, midnight: i32, description: [Name; 5]) {
        if self.midnight.is_none_or(|known| known < midnight) {
            self.midnight = Some(midnight);
            self.descriptions.clear();
        }
        if self.midnight == Some(midnight) {
            self.descriptions.insert(description);
        }
    }
}

/// Adds the rows of `frame`.
pub(super) fn add(items: &mut CloudLineItems, source: Name, frame: Frame<'_>) -> Result<()> {
    let times = frame.times(line_items::LINEITEM_USAGESTARTDATE)?;
    let [resources, codes, families, accounts] = [
        frame.texts(line_items::LINEITEM_RESOURCEID)?,
        frame.texts(line_items::LINEITEM_PRODUCTCODE)?,
        frame.texts(line_items::PRODUCT_PRODUCTFAMILY)?,
        frame.texts(line_items::LINEITEM_USAGEACCOUNTID)?,
    ];
    let [systems, regions, units] = [
        frame.texts(line_items::PRODUCT_OPERATINGSYSTEM)?,
        frame.texts(line_items::PRODUCT_REGION)?,
        frame.texts(line_items::PRICING_UNIT)?,
    ];
    let descriptions = [
        frame.texts(line_items::PRODUCT_INSTANCETYPE)?,
        frame.texts(line_items::RESOURCETAGS)?,
        frame.texts(line_items::COSTCATEGORY)?,
        frame.texts(line_items::PRODUCT_MEMORY)?,
        frame.texts(line_items::PRODUCT_VCPU)?,
    ];
    let measures = Measures::of(frame, CoveredUsage::IsFree)?;
    for row in 0..frame.frame.height() {
        let Some(resource) = non_empty(resources.get(row)) else { continue };
        let keys = [Some(resource)];
        let (time, day) = (times.get(row), times.get(row).and_then(day));
        let key = items.key(source, None, &keys);
        let is_instance = codes.get(row) == Some(EC2) && families.get(row).is_some_and(|family| family.contains(COMPUTE_INSTANCE));
        let description = is_instance.then(|| descriptions.each_ref().map(|texts| items.names.name(texts.get(row))));
        let instance = items.instances.entry(key).or_default();
        instance.latest = instance.latest.max(day);
        let Some(description) = description else { continue };
        if let Some(day) = day.filter(|_| time.is_some_and(|time| time.rem_euclid(MILLISECONDS_PER_DAY) == 0)) {
            instance.describe(day, description);
        }
        let [currency, unblended, blended, on_demand, factor] = measures.observed(row);
        let line = Line {
            day: None,
            keys: &keys,
            account: None,
            addends: measures.addends(row),
            observed: [
                currency,
                unblended,
                blended,
                on_demand,
                factor,
                Observed::Text(accounts.get(row)),
                Observed::Text(non_empty(systems.get(row))),
                Observed::Text(non_empty(regions.get(row))),
                Observed::Text(non_empty(units.get(row))),
                Observed::Day(day),
                Observed::Day(day),
            ],
        };
        items.add(source, &line);
    }
    Ok(())
}
