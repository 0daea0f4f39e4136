//! Cost and Usage Reports of AWS, with columns like `bill/InvoiceId` or, in snake case, `bill_invoice_id`.

use super::layout::{Constant, Output, Part, Reading, Source, column_name, place, required};
use super::{Export, HeaderError, Ingress, Layout, Losses};
use crate::cloud::Provider;
use crate::table::cloud::{
    BILL_PAYERACCOUNTID, COSTCATEGORY, IDENTITY_TIMEINTERVAL, LINEITEM_LEGALENTITY, LINEITEM_LINEITEMDESCRIPTION, LINEITEM_USAGESTARTDATE,
    PRODUCT_INSTANCETYPE, RESOURCETAGS,
};
use crate::table::cloud_ingest::{
    AWS_ALL_TAGS_PREFIX, AWS_CATEGORY_PREFIX, AWS_EXPORT, AWS_LINE_ITEMS, AWS_LINE_ITEMS_DAILY, AWS_MAP_STARTS, AWS_OPTIONAL,
    AWS_SNAKE_CATEGORY_PREFIX, AWS_SNAKE_TAG_PREFIX, AWS_TAG_PREFIX, AWS_WITHOUT_DEFAULT, BILL_BILLINGPERIODSTARTDATE, BILL_INVOICEID,
    ExportColumn, LINEITEM_OPERATION, LINEITEM_USAGETYPE,
};
use crate::table::{ColumnDef, Table};
use polars::prelude::*;

/// AWS.
#[derive(Debug)]
pub(super) struct Aws;

/// Places of columns, and the keys of their cells.
type Keys = Vec<(usize, String)>;

/// How the columns are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Slash,
    Snake,
}

/// Columns of the snake case that koku does not translate; it leaves the first two under their own names and looks for the third under
/// another one.
const UNTRANSLATED: [ColumnDef; 3] = [LINEITEM_LEGALENTITY, LINEITEM_LINEITEMDESCRIPTION, PRODUCT_INSTANCETYPE];

/// Columns without which a row has no place in the roll-up, and which koku does not fill in.
const NEEDED: [ColumnDef; 5] =
    [IDENTITY_TIMEINTERVAL, LINEITEM_USAGESTARTDATE, BILL_PAYERACCOUNTID, LINEITEM_USAGETYPE, LINEITEM_OPERATION];

impl Dialect {
    fn of(header: &[PlSmallStr]) -> Result<Self, HeaderError> {
        let invoice = AWS_EXPORT.iter().find(|column| column.column == BILL_INVOICEID);
        let has = |dialect: Self| invoice.is_some_and(|column| place(header, &dialect.name(column)).is_some());
        [Self::Slash, Self::Snake]
            .into_iter()
            .find(|dialect| has(*dialect))
            .ok_or(HeaderError::Unknown("its columns are not those of a cost and usage report: it has no invoice id"))
    }

    /// The name of a column in the header.
    fn name(self, column: &ExportColumn) -> String {
        match self {
            Self::Slash => column.export.to_owned(),
            Self::Snake => snake(column.export),
        }
    }
}

/// `lineItem/UsageAmount` in snake case: `line_item_usage_amount`.
fn snake(export: &str) -> String {
    let mut name = String::with_capacity(export.len() + 8);
    let mut before = '/';
    for character in export.chars() {
        if character == '/' {
            name.push('_');
        } else {
            if character.is_ascii_uppercase() && before != '/' {
                name.push('_');
            }
            name.push(character.to_ascii_lowercase());
        }
        before = character;
    }
    name
}

impl Export for Aws {
    fn name(&self) -> &'static str {
        "AWS"
    }

    fn line_items(&self) -> &'static Table {
        &AWS_LINE_ITEMS
    }

    fn daily(&self) -> Option<&'static Table> {
        Some(&AWS_LINE_ITEMS_DAILY)
    }

    fn time(&self) -> ColumnDef {
        LINEITEM_USAGESTARTDATE
    }

    fn period_start(&self) -> Option<ColumnDef> {
        Some(BILL_BILLINGPERIODSTARTDATE)
    }

    fn layout(&self, header: &[PlSmallStr], losses: Losses, ingress: Ingress) -> Result<Layout, HeaderError> {
        let dialect = Dialect::of(header)?;
        let of_export = |column: &ColumnDef| AWS_EXPORT.iter().find(|export| export.column == *column);
        let untranslated = |column: &ColumnDef| dialect == Dialect::Snake && losses == Losses::AsKoku && UNTRANSLATED.contains(column);
        if ingress == Ingress::Yes {
            for export in AWS_EXPORT.iter().filter(|export| !AWS_OPTIONAL.contains(&export.column)) {
                required(header, &dialect.name(export))?;
            }
        }
        for column in NEEDED.iter().filter_map(of_export) {
            required(header, &dialect.name(column))?;
        }
        // koku looks for the instance type as it is called in its tables.
        let odd = place(header, PRODUCT_INSTANCETYPE.name).filter(|_| dialect == Dialect::Snake);
        if let (Some(_), Losses::AsKoku) = (odd, losses) {
            let column = PRODUCT_INSTANCETYPE.name.to_owned();
            let first = of_export(&PRODUCT_INSTANCETYPE).map_or_else(String::new, |export| export.export.to_owned());
            return Err(HeaderError::Twice { first, second: column.clone(), column });
        }
        let (tags, categories) = maps(header, dialect, losses);
        let mut outputs = Vec::with_capacity(AWS_LINE_ITEMS.columns.len() + UNTRANSLATED.len());
        for column in AWS_LINE_ITEMS.columns {
            let found = of_export(column).filter(|_| !untranslated(column)).and_then(|export| place(header, &dialect.name(export)));
            let found = found.or(odd.filter(|_| *column == PRODUCT_INSTANCETYPE));
            let source = if *column == RESOURCETAGS {
                Source::Map(tags.clone())
            } else if *column == COSTCATEGORY {
                Source::Map(categories.clone())
            } else if let Some(place) = found {
                Source::Cells(place, Reading::of(column))
            } else if AWS_WITHOUT_DEFAULT.contains(column) {
                Source::Constant(Constant::Null)
            } else {
                Source::Constant(Constant::of(column))
            };
            outputs.push(Output::new(column, source));
        }
        for export in UNTRANSLATED.iter().filter(|column| untranslated(column)).filter_map(of_export) {
            let name = dialect.name(export);
            // The name of the third one is not koku's, so its splitter drops it.
            if let (Some(place), true) = (place(header, &name), export.column != PRODUCT_INSTANCETYPE) {
                outputs.push(Output::extra(&column_name(&name), place));
            }
        }
        let stamp = of_export(&LINEITEM_USAGESTARTDATE).and_then(|export| place(header, &dialect.name(export)));
        let interval = of_export(&IDENTITY_TIMEINTERVAL).and_then(|export| place(header, &dialect.name(export))).unwrap_or_default();
        Ok(Layout {
            cloud: Provider::Aws,
            header: header.into(),
            outputs,
            part: Part::Interval(interval),
            stamp,
            credits: None,
            resources: true,
        })
    }
}

/// The columns of tags and of cost categories, with their keys, in the order of the columns' names.
fn maps(header: &[PlSmallStr], dialect: Dialect, losses: Losses) -> (Keys, Keys) {
    let mut columns: Vec<(&str, usize)> = header.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    columns.sort_unstable();
    let (mut tags, mut categories) = (Vec::new(), Vec::new());
    for (name, place) in columns {
        match (dialect, losses) {
            (Dialect::Slash, _) => {
                let lower = name.to_lowercase();
                let kept = AWS_MAP_STARTS.iter().any(|start| lower.starts_with(start))
                    && [AWS_ALL_TAGS_PREFIX, AWS_CATEGORY_PREFIX].iter().any(|prefix| name.starts_with(prefix));
                if kept && name.contains(AWS_TAG_PREFIX) {
                    tags.push((place, name.replace(AWS_TAG_PREFIX, "")));
                }
                if kept && name.contains(AWS_CATEGORY_PREFIX) {
                    categories.push((place, name.replace(AWS_CATEGORY_PREFIX, "")));
                }
            }
            (Dialect::Snake, Losses::Kept) => {
                if let Some(key) = name.strip_prefix(AWS_SNAKE_TAG_PREFIX) {
                    tags.push((place, key.to_owned()));
                } else if let Some(key) = name.strip_prefix(AWS_SNAKE_CATEGORY_PREFIX) {
                    categories.push((place, key.to_owned()));
                }
            }
            (Dialect::Snake, Losses::AsKoku) => {}
        }
    }
    (tags, categories)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_snake_case_are_those_of_aws() {
        for (export, expected) in [
            ("bill/InvoiceId", "bill_invoice_id"),
            ("savingsPlan/SavingsPlanEffectiveCost", "savings_plan_savings_plan_effective_cost"),
            ("pricing/publicOnDemandCost", "pricing_public_on_demand_cost"),
            ("product/sku", "product_sku"),
        ] {
            assert_eq!(snake(export), expected);
        }
    }
}
