//! The lines of a day, as far as the daily summary depends on them.

use aggregator_core::table::cloud_summary as columns;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::super::Context;
use super::super::attributes::csv_text;
use super::super::item::{Field, Item, Together, exactly, exactly_one_of};
use super::super::values::available;
use super::generators::Special;
use super::row::Row;
use super::sku::{NO_SKU, Sku, skus};
use super::{amounts, cross_over, labels, service};
use crate::nise::dates::Stretch;
use crate::nise::known::Why;
use crate::rows::Cell;

const NO_DESCRIPTION: Why = Why::Cloud("no `sku.description` for a `sku_id` that nise does not know: it draws one");
const DEFAULT_CURRENCY: &str = "USD";

/// The lines of a day on an invoice.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    pub(super) item: Item,
    pub(super) invoice_month: String,
    pub(super) day: NaiveDate,
    /// One of them starts at midnight.
    pub(super) with_midnight: bool,
}

/// The lines of `row` in `stretch`: an hour is made if all of it fits, and koku tells apart those that end on the next day.
///
/// # Errors
/// What nise refuses, or koku cannot summarise.
pub(super) fn lines(row: &Row<'_>, stretch: &Stretch, context: &Context<'_>) -> Result<Vec<Lines>, String> {
    let hour = TimeDelta::hours(1);
    let days = stretch.hours(hour);
    let mut items = Vec::new();
    if days.is_empty() {
        return Ok(items);
    }
    let skus = skus(row)?;
    let line = line(row, &skus, context)?;
    for (day, hours) in days {
        let mut line = line.clone();
        line.key(columns::USAGE_START, Field::day(day));
        line.field(columns::USAGE_END, Field::day(day));
        amounts::fill(&mut line, row, &skus, day, context.markup)?;
        let end = |start: &NaiveDateTime| (*start + hour).date();
        let with_midnight = hours.contains(&day.and_time(NaiveTime::MIN));
        let (within, over): (Vec<NaiveDateTime>, Vec<NaiveDateTime>) = hours.into_iter().partition(|start| end(start) == day);
        for invoice_month in cross_over::invoice_months(row, day, context.clock)? {
            for (hours, ends) in [(&within, Some(day)), (&over, day.succ_opt())] {
                let item = part(&line, &invoice_month, hours.len(), ends)?;
                items.push(Lines { item, invoice_month: invoice_month.clone(), day, with_midnight });
            }
        }
    }
    Ok(items)
}

fn part(line: &Item, invoice_month: &str, hours: usize, ends: Option<NaiveDate>) -> Result<Item, String> {
    let mut item = line.clone();
    item.times = u32::try_from(hours).map_err(|error| error.to_string())?;
    item.key(columns::INVOICE_MONTH, Field::text(invoice_month));
    item.group = Some(format!("{ends:?}"));
    Ok(item)
}

/// A line without its day.
fn line(row: &Row<'_>, skus: &[Sku], context: &Context<'_>) -> Result<Item, String> {
    let mut item = Item::new(1);
    item.key(columns::SOURCE_UUID, context.source.map_or(Field::Any(Why::NotGiven), Field::text));
    item.key(columns::ACCOUNT_ID, exactly(&row.column("billing_account_id")?));
    item.key(columns::PROJECT_ID, exactly(&row.column("project.id")?));
    item.field(columns::PROJECT_NAME, exactly(&row.column("project.name")?));
    let (service_id, service_alias) = service::service(row)?;
    item.key(columns::SERVICE_ID, service_id);
    item.field(columns::SERVICE_ALIAS, service_alias);
    sku(&mut item, row, skus)?;
    item.key(columns::REGION, Field::text(&row.column("location.region")?));
    item.key(columns::TAGS, labels::labels(row, context)?);
    item.key(columns::LINE_ITEM_TYPE, exactly(&row.attribute("cost_type")?.unwrap_or_else(|| "regular".to_owned())));
    item.field(columns::GCP_CURRENCY, exactly(&currency(row, context)?));
    Ok(item)
}

/// The currency: the generator's own wins over that of nise's run.
fn currency(row: &Row<'_>, context: &Context<'_>) -> Result<String, String> {
    match row.attributes.find("currency") {
        Some(currency) => Ok(available(&csv_text(currency)?).to_owned()),
        None => Ok(context.currency.unwrap_or(DEFAULT_CURRENCY).to_owned()),
    }
}

/// SKU, its name and unit, and the instance type that lines of it have.
fn sku(item: &mut Item, row: &Row<'_>, skus: &[Sku]) -> Result<(), String> {
    let (mut ids, mut names): (Vec<String>, Vec<&str>) = skus.iter().map(|sku| (sku.id.to_owned(), sku.name)).unzip();
    let mut why_name = NO_SKU;
    if row.kind.special == Special::Disk
        && let Some(id) = row.attribute("sku_id")?
    {
        why_name = NO_DESCRIPTION;
        names = skus.iter().find(|sku| sku.id == id).map_or(names, |sku| vec![sku.name]);
        ids = vec![id];
    }
    let given_id = row.attribute("sku.id")?;
    let mut choices: Vec<Vec<Cell>> = Vec::new();
    for (sku, id) in skus.iter().zip(ids.iter().cycle()) {
        let id = given_id.as_ref().unwrap_or(id);
        choices.extend(labels::instance_types(row, *sku)?.into_iter().map(|instance_type| vec![Cell::Text(id.clone()), instance_type]));
    }
    item.key(columns::SKU_ID, exactly_one_of(choices.iter().filter_map(|choice| text(choice.first())), NO_SKU));
    let mut types: Vec<Cell> = Vec::new();
    for instance_type in choices.iter().filter_map(|choice| choice.get(1)) {
        if !types.contains(instance_type) {
            types.push(instance_type.clone());
        }
    }
    let is_drawn = types.len() > 1;
    let why = if skus.len() > 1 { NO_SKU } else { labels::NO_INSTANCE_TYPE };
    let field = if is_drawn { Field::OneOf(types, why) } else { types.pop().map_or(Field::null(), Field::Is) };
    item.key(columns::INSTANCE_TYPE, field);
    if is_drawn && skus.len() > 1 {
        item.together.push(Together { columns: vec![columns::SKU_ID.name, columns::INSTANCE_TYPE.name], choices });
    }
    let name = row.attribute("sku.description")?;
    item.field(columns::SKU_ALIAS, name.map_or_else(|| exactly_one_of(names, why_name), |name| exactly(&name)));
    let unit = row.attribute("usage.pricing_unit")?;
    let units = skus.iter().map(|sku| sku.unit.name());
    item.field(columns::UNIT, unit.map_or_else(|| exactly_one_of(units, NO_SKU), |unit| exactly(&unit)));
    Ok(())
}

fn text(cell: Option<&Cell>) -> Option<&str> {
    if let Some(Cell::Text(text)) = cell { Some(text) } else { None }
}
