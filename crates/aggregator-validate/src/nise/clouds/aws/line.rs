//! A line of the cost and usage report, as far as the daily summary depends on it.

use aggregator_core::table::cloud_summary as columns;
use chrono::NaiveDate;

use super::super::item::{Field, Item, Together, text_cell};
use super::super::values::available;
use super::MARKED_UP;
use super::common::{Common, Generator, why_anywhere};
use super::regions::Place;
use crate::nise::known::{Known, Why};
use crate::rows::Cell;

/// A line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) account: Field,
    /// `bill/BillingEntity`.
    pub(crate) entity: String,
    pub(crate) kind: Kind,
    pub(crate) product_code: Known<String>,
    /// `product/ProductName`; of those that nise draws, all.
    pub(crate) product_names: Vec<String>,
    pub(crate) family: Field,
    pub(crate) instance_type: Field,
    pub(crate) unit: &'static str,
    pub(crate) place: Where,
    pub(crate) resource: Field,
    pub(crate) usage: Known<f64>,
    /// Unblended and blended.
    pub(crate) rate: Known<f64>,
    pub(crate) cost: Known<f64>,
    pub(crate) public_rate: Known<f64>,
    pub(crate) public_cost: Known<f64>,
    pub(crate) saving: Known<f64>,
    pub(crate) tags: Field,
    /// The text of all tags, if it is known: rows are grouped by it.
    pub(crate) raw_tags: Option<String>,
    pub(crate) categories: Field,
}

/// `lineItem/LineItemType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Usage,
    DiscountedUsage,
    SavingsPlanCoveredUsage,
    SavingsPlanNegation,
    SavingsPlanRecurringFee,
    SavingsPlanUpfrontFee,
}

/// Region and zone.
#[derive(Clone, Debug)]
pub(crate) enum Where {
    /// A region without zones.
    Global,
    /// One of these, with its zone.
    Zone(Vec<Place>),
    /// One of these, without its zone.
    Region(Vec<Place>),
}

/// The seller whose products go by name.
pub(super) const MARKETPLACE: &str = "AWS Marketplace";
pub(super) const AMAZON: &str = "AWS";

const NO_PRODUCT: Why = Why::Cloud("no `product_name`: nise draws one for each line");

impl Line {
    /// A line with the tags and categories of `generator`, without costs.
    pub(super) fn of(generator: &Generator<'_>) -> Result<Self, String> {
        let (tags, raw_tags) = generator.tags()?;
        Ok(Self {
            account: generator.account()?,
            entity: AMAZON.to_owned(),
            kind: Kind::Usage,
            product_code: Ok(String::new()),
            product_names: Vec::new(),
            family: Field::null(),
            instance_type: Field::null(),
            unit: "Hrs",
            place: Where::Global,
            resource: Field::null(),
            usage: Ok(1.0),
            rate: Ok(0.0),
            cost: Ok(0.0),
            public_rate: Ok(0.0),
            public_cost: Ok(0.0),
            saving: Ok(0.0),
            tags,
            raw_tags,
            categories: generator.categories()?,
        })
    }

    /// Rate and cost at all prices.
    pub(super) fn priced(mut self, rate: Known<f64>, cost: Known<f64>) -> Self {
        (self.rate, self.cost, self.public_rate, self.public_cost) = (rate, cost, rate, cost);
        self
    }

    /// Takes a savings plan's usage back, at these prices: nothing says whose it was.
    pub(super) fn negate(&mut self, rate: Known<f64>, cost: Known<f64>) {
        self.kind = Kind::SavingsPlanNegation;
        (self.rate, self.cost, self.saving) = (rate, cost, Ok(0.0));
        self.resource = Field::Is(Cell::Text(String::new()));
        self.tags = Field::text("{}");
        self.raw_tags = Some("{}".to_owned());
        self.categories = Field::text("{}");
    }

    /// So many of the line on a day: an item for each organisational unit of its account.
    pub(super) fn items(&self, day: NaiveDate, times: u32, common: &Common<'_>) -> Vec<Item> {
        let mut item = Item::new(times);
        item.key(columns::SOURCE_UUID, common.context.source.map_or(Field::Any(Why::NotGiven), Field::text));
        item.key(columns::USAGE_START, Field::day(day));
        item.key(columns::USAGE_ACCOUNT_ID, self.account.clone());
        item.key(columns::PRODUCT_CODE, self.product());
        item.key(columns::PRODUCT_FAMILY, self.family.clone());
        item.key(columns::INSTANCE_TYPE, self.instance_type.clone());
        item.key(columns::UNIT, Field::text(self.unit));
        item.key(columns::TAGS, self.tags.clone());
        item.key(columns::COST_CATEGORY, self.categories.clone());
        self.place(&mut item);
        item.field(columns::USAGE_END, Field::day(day));
        item.field(columns::CURRENCY_CODE, Field::text(&common.currency));
        item.field(columns::RESOURCE_IDS, self.resource.clone());
        item.number(columns::USAGE_AMOUNT, if self.kind == Kind::SavingsPlanNegation { Ok(0.0) } else { self.usage });
        item.number(columns::NORMALIZATION_FACTOR, Ok(0.0));
        item.number(columns::NORMALIZED_USAGE_AMOUNT, Ok(0.0));
        let amortized = if self.kind.is_of_savings_plan() { self.saving } else { self.cost };
        for (column, number) in [
            (columns::UNBLENDED_RATE, self.rate),
            (columns::UNBLENDED_COST, self.cost),
            (columns::BLENDED_RATE, self.rate),
            (columns::BLENDED_COST, self.cost),
            (columns::SAVINGSPLAN_EFFECTIVE_COST, self.saving),
            (columns::CALCULATED_AMORTIZED_COST, amortized),
            (columns::PUBLIC_ON_DEMAND_RATE, self.public_rate),
            (columns::PUBLIC_ON_DEMAND_COST, self.public_cost),
        ] {
            item.number(column, number);
            if let Some((_, markup)) = MARKED_UP.into_iter().find(|(cost, _)| cost.name == column.name) {
                item.number(markup, number.map(|number| number * common.context.markup));
            }
        }
        // What is no column of the summary, and what is one only in part.
        item.group = self.raw_tags.as_ref().map(|tags| format!("{} {:?} {:?} {tags}", self.entity, self.product_code, self.product_names));
        self.in_units(item, day, common)
    }

    fn product(&self) -> Field {
        let code = self.product_code.clone();
        if self.entity != MARKETPLACE {
            return Field::known(code);
        }
        let names: Vec<&str> = self.product_names.iter().map(|name| available(name)).filter(|name| !name.is_empty()).collect();
        if names.is_empty() { Field::known(code) } else { Field::one_of(names, NO_PRODUCT) }
    }

    fn place(&self, item: &mut Item) {
        let (places, with_zone) = match &self.place {
            Where::Global => {
                item.key(columns::REGION, Field::text("global"));
                item.key(columns::AVAILABILITY_ZONE, Field::null());
                return;
            }
            Where::Zone(places) => (places, true),
            Where::Region(places) => (places, false),
        };
        let why = why_anywhere(places);
        item.key(columns::REGION, Field::one_of(places.iter().map(|place| place.region.as_str()), why));
        let zones = if with_zone { Field::one_of(places.iter().map(|place| place.zone.as_str()), why) } else { Field::null() };
        item.key(columns::AVAILABILITY_ZONE, zones);
        if with_zone && places.len() > 1 {
            let choices = places.iter().map(|place| vec![text_cell(&place.region), text_cell(&place.zone)]).collect();
            item.together.push(Together { columns: vec![columns::REGION.name, columns::AVAILABILITY_ZONE.name], choices });
        }
    }

    /// The item with the alias of its account, once for each unit in which that lives.
    fn in_units(&self, mut item: Item, day: NaiveDate, common: &Common<'_>) -> Vec<Item> {
        let reference = common.context.reference.accounts.as_ref();
        let (Some(accounts), Some(Cell::Text(account))) = (reference, self.account.cell()) else {
            let why = self.account.why().filter(|_| reference.is_some()).unwrap_or(Why::NotGiven);
            item.field(columns::ACCOUNT_ALIAS_ID, Field::Any(why));
            item.key(columns::ORGANIZATIONAL_UNIT_ID, Field::Any(why));
            item.group = None;
            return vec![item];
        };
        let alias = accounts.alias(account);
        let cell = |id: Option<i32>| Field::Is(id.map_or(Cell::Null, Cell::Integer));
        item.field(columns::ACCOUNT_ALIAS_ID, cell(alias));
        let units = alias.map(|alias| accounts.units(alias, common.context.source, day)).unwrap_or_default();
        let units: Vec<Option<i32>> = if units.is_empty() { vec![None] } else { units.into_iter().map(Some).collect() };
        let of = |unit: Option<i32>| {
            let mut item = item.clone();
            item.key(columns::ORGANIZATIONAL_UNIT_ID, cell(unit));
            item
        };
        units.into_iter().map(of).collect()
    }
}

impl Kind {
    fn is_of_savings_plan(self) -> bool {
        !matches!(self, Self::Usage | Self::DiscountedUsage)
    }
}
