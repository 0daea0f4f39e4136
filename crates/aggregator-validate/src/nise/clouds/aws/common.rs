//! What the generators of AWS share: accounts, currency, places, tags, categories.

use std::collections::BTreeSet;

use super::super::attributes::{Attributes, csv_text, python_text};
use super::super::item::Field;
use super::super::values::{available, cut};
use super::super::{Context, Report, report, tags};
use super::regions::{self, Place};
use crate::nise::known::{Known, Why};
use crate::nise::scalar::Scalar;
use crate::nise::text::{LabelMap, json};
use crate::nise::yaml::Node;

const TAG: &str = "resourceTags/user:";
const CATEGORY: &str = "costCategory/";

/// Tags and categories that nise draws where a file has none.
const RANDOM_TAGS: [&str; 7] =
    ["environment", "app", "version", "storageclass", "openshift_cluster", "openshift_project", "openshift_node"];
const RANDOM_CATEGORIES: [&str; 4] = ["Charge type", "CostCenter", "OUs", "Organization"];

const NO_TAGS: Why = Why::Cloud("no `tags`: nise draws keys and values for each line");
const NO_CATEGORIES: Why = Why::Cloud("no `cost_category`: nise draws keys and values for each line");
const NO_ACCOUNTS: Why = Why::Cloud("no `accounts`: nise makes them up");
const SEVERAL_ACCOUNTS: Why = Why::Cloud("several accounts: nise draws one of them for each line");
const NO_REGION: Why = Why::Cloud("no `region` with a code that nise knows: it draws one for each line");
const SEVERAL_ZONES: Why = Why::Cloud("the region has several zones: nise draws one for each line");
pub(super) const NO_RESOURCE_ID: Why = Why::Cloud("no `resource_id`");
pub(super) const NO_AMOUNT: Why = Why::Cloud("no `amount`, or 0");
pub(super) const NO_RATE: Why = Why::Cloud("no `rate`, or 0");

/// The width of koku's column of accounts.
const ACCOUNT_WIDTH: usize = 50;

/// What is the same for the whole report.
#[derive(Debug)]
pub(crate) struct Common<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) currency: String,
    pub(super) payer: Known<String>,
    accounts: Known<Vec<String>>,
    /// Keys of the tags of all generators, which a generator without tags draws from, too.
    tag_keys: BTreeSet<String>,
}

/// A generator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Generator<'a> {
    pub(crate) attributes: Attributes<'a>,
    pub(crate) common: &'a Common<'a>,
}

impl<'a> Common<'a> {
    pub(super) fn of(report: &Report, context: &'a Context<'a>) -> Result<Self, String> {
        let top = report.top().mapping("accounts")?;
        let (payer, accounts) = match top {
            None => (Err(NO_ACCOUNTS), Err(NO_ACCOUNTS)),
            Some(top) => (Ok(top.find("payer").map_or(Ok("None".to_owned()), python_text)?), Ok(users(top.find("user"))?)),
        };
        let of_file = top.and_then(|top| top.truthy("currency_code")).map(csv_text).transpose()?;
        let currency = context.currency.map(str::to_owned).or(of_file).unwrap_or_else(|| "USD".to_owned());
        let mut tag_keys: BTreeSet<String> = RANDOM_TAGS.into_iter().map(str::to_owned).collect();
        for generator in &report.generators {
            let Some(tags) = generator.attributes()?.find("tags") else { continue };
            for (key, _) in Attributes::of(tags, "`tags`")?.members() {
                tag_keys.extend(stripped(key, TAG)?);
            }
        }
        Ok(Self { context, currency, payer, accounts, tag_keys })
    }

    pub(super) fn generator(&'a self, generator: &'a report::Generator) -> Result<Generator<'a>, String> {
        Ok(Generator { attributes: generator.attributes()?, common: self })
    }
}

impl Generator<'_> {
    /// The account of a line.
    pub(super) fn account(&self) -> Result<Field, String> {
        match self.attributes.truthy("user") {
            Some(user) => Ok(account(&csv_text(user)?)),
            None => self.drawn_account(),
        }
    }

    /// The account where nise does not look for `user`.
    pub(super) fn drawn_account(&self) -> Result<Field, String> {
        let accounts = match &self.common.accounts {
            Ok(accounts) => accounts,
            Err(why) => return Ok(Field::Any(*why)),
        };
        match accounts.as_slice() {
            [] => Err("`accounts` has no `user`: nise refuses that".to_owned()),
            [only] => Ok(account(only)),
            several => {
                let cut: Vec<String> = several.iter().map(|text| cut(available(text), ACCOUNT_WIDTH)).collect();
                Ok(Field::one_of(cut.iter().map(String::as_str), SEVERAL_ACCOUNTS))
            }
        }
    }

    /// The resource, named by its zone, by who pays, and by its `id`.
    pub(super) fn resource(&self, places: &[Place], id: Known<String>, name: impl Fn(&str, &str, &str) -> String) -> Field {
        match (&self.common.payer, id) {
            (Ok(payer), Ok(id)) => {
                let names: Vec<String> = places.iter().map(|place| name(&place.zone, payer, &id)).collect();
                Field::one_of(names.iter().map(String::as_str), why_anywhere(places))
            }
            (Err(why), _) => Field::Any(*why),
            (_, Err(why)) => Field::Any(why),
        }
    }

    /// Where a line can be.
    pub(super) fn places(&self) -> Vec<Place> {
        match self.attributes.truthy("region") {
            Some(Node::Scalar(Scalar::Text(text))) => regions::named(text),
            _ => regions::all(),
        }
    }

    /// The tags of a line, and their text as a part of the group if it is known.
    pub(super) fn tags(&self) -> Result<(Field, Option<String>), String> {
        match self.attributes.mapping("tags")? {
            Some(tags) => {
                let tags = labels(tags, TAG)?;
                let text = json(&tags);
                Ok((tags::given(tags, self.common.context.reference), Some(text)))
            }
            None => Ok((tags::random(self.common.tag_keys.iter().cloned(), NO_TAGS, self.common.context.reference), None)),
        }
    }

    /// The cost categories of a line.
    pub(super) fn categories(&self) -> Result<Field, String> {
        match self.attributes.mapping("cost_category")? {
            Some(categories) => Ok(Field::text(&json(&labels(categories, CATEGORY)?))),
            None => Ok(Field::KeysOf(RANDOM_CATEGORIES.into_iter().map(str::to_owned).collect(), NO_CATEGORIES)),
        }
    }
}

/// Why a region or a zone is not known.
pub(super) fn why_anywhere(places: &[Place]) -> Why {
    let one_region = places.windows(2).all(|pair| pair.first().map(|place| &place.region) == pair.last().map(|place| &place.region));
    if one_region { SEVERAL_ZONES } else { NO_REGION }
}

/// An account as koku keeps it: an empty one stays empty.
fn account(text: &str) -> Field {
    Field::Is(crate::rows::Cell::Text(cut(available(text), ACCOUNT_WIDTH)))
}

/// Python's `tuple` of the accounts: of a text, its characters.
fn users(node: Option<&Node>) -> Result<Vec<String>, String> {
    match node {
        Some(Node::List(items)) => items.iter().map(csv_text).collect(),
        Some(Node::Scalar(Scalar::Text(text))) => Ok(text.chars().map(String::from).collect()),
        Some(Node::Mapping(_, members)) => members.iter().map(|(key, _)| csv_text(key)).collect(),
        _ => Err("`accounts` has no list `user`: nise refuses that".to_owned()),
    }
}

/// The name of a column without its prefix; none if it has none, and so is lost in the ingest.
fn stripped(key: &Node, prefix: &str) -> Result<Option<String>, String> {
    let key = csv_text(key)?;
    Ok(key.contains(prefix).then(|| key.replace(prefix, "")))
}

/// The columns with `prefix` that are not empty.
fn labels(columns: Attributes<'_>, prefix: &str) -> Result<LabelMap, String> {
    let mut labels = LabelMap::new();
    for (key, value) in columns.members() {
        let value = csv_text(value)?;
        if let Some(key) = stripped(key, prefix)?.filter(|_| !available(&value).is_empty()) {
            labels.insert(key, value);
        }
    }
    Ok(labels)
}
