//! `accounts` of the file: the subscription, and the currency.

use super::super::Context;
use super::super::attributes::{Attributes, csv_text, is_true};
use super::super::item::{Field, exactly};
use super::super::values::available;
use crate::nise::known::Why;
use crate::nise::yaml::Node;

const NO_ACCOUNTS: Why = Why::Cloud("no `accounts`: nise makes up a subscription");
const NO_NAME: Why = Why::Cloud("no `subscription_name`: nise makes up a company");
const DEFAULT_CURRENCY: &str = "USD";

/// Who pays, and in what.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) subscription_guid: Field,
    pub(super) subscription_name: Field,
    pub(super) currency: String,
}

impl Account {
    /// That of the file.
    ///
    /// # Errors
    /// `accounts` is no mapping, or has no list `user`: nise refuses that.
    pub(super) fn of(top: Attributes<'_>, context: &Context<'_>) -> Result<Self, String> {
        let Some(accounts) = top.mapping("accounts")? else {
            return Ok(Self {
                subscription_guid: Field::Any(NO_ACCOUNTS),
                subscription_name: Field::Any(NO_ACCOUNTS),
                currency: currency(context, None)?,
            });
        };
        if !matches!(accounts.find("user"), Some(Node::List(_))) {
            return Err("`accounts` has no list `user`: nise refuses that".to_owned());
        }
        let payer = accounts.find("payer").map_or(Ok(String::new()), csv_text)?;
        let payer = available(&payer);
        let subscription_name = match accounts.find("subscription_name") {
            None => Field::Any(NO_NAME),
            // Without a name, koku takes the subscription.
            Some(name) => {
                let name = csv_text(name)?;
                exactly(Some(available(&name)).filter(|name| !name.is_empty()).unwrap_or(payer))
            }
        };
        let currency = currency(context, accounts.find("currency_code"))?;
        Ok(Self { subscription_guid: exactly(payer), subscription_name, currency })
    }
}

fn currency(context: &Context<'_>, of_file: Option<&Node>) -> Result<String, String> {
    match (context.currency, of_file.filter(|code| is_true(code))) {
        (Some(currency), _) => Ok(currency.to_owned()),
        (None, Some(code)) => Ok(available(&csv_text(code)?).to_owned()),
        (None, None) => Ok(DEFAULT_CURRENCY.to_owned()),
    }
}
