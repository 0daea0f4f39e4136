//! Cost exports of Azure: every column is kept, under koku's names.

use super::layout::{Constant, JsonText, Output, Part, Reading, Source, by_name, place};
use super::{Export, HeaderError, Ingress, Layout, Losses};
use crate::cloud::Provider;
use crate::table::cloud::{ADDITIONALINFO, AZURE_DATE, TAGS};
use crate::table::cloud_ingest::{
    AZURE_DATES, AZURE_INGRESS, AZURE_INGRESS_PAIRS, AZURE_LINE_ITEMS, AZURE_RENAMED, BILLINGPERIODENDDATE, BILLINGPERIODSTARTDATE,
    ROW_UUID,
};
use crate::table::{ColumnDef, Table};
use polars::prelude::*;

/// Azure.
#[derive(Debug)]
pub(super) struct Azure;

impl Export for Azure {
    fn name(&self) -> &'static str {
        "Azure"
    }

    fn line_items(&self) -> &'static Table {
        &AZURE_LINE_ITEMS
    }

    fn daily(&self) -> Option<&'static Table> {
        None
    }

    fn time(&self) -> ColumnDef {
        AZURE_DATE
    }

    fn period_start(&self) -> Option<ColumnDef> {
        Some(BILLINGPERIODSTARTDATE)
    }

    fn layout(&self, header: &[PlSmallStr], _losses: Losses, ingress: Ingress) -> Result<Layout, HeaderError> {
        let (dates, old_dates) = AZURE_DATES;
        let is_date = |name: &&PlSmallStr| dates.iter().chain(&old_dates).any(|date| *name == date);
        let date = match header.iter().find(is_date) {
            Some(name) if dates.iter().any(|date| name == date) => place(header, name).unwrap_or_default(),
            Some(_) => return Err(HeaderError::Unknown("it is an export of Azure's older kind, with a column `UsageDateTime`")),
            None => return Err(HeaderError::Unknown("its columns are not those of a cost export of Azure: it has no `Date`")),
        };
        if ingress == Ingress::Yes {
            let lower: Vec<String> = header.iter().map(|name| name.to_lowercase()).collect();
            let missing = |column: &&str| !lower.iter().any(|name| name == *column);
            let pair = AZURE_INGRESS_PAIRS.iter().find(|pair| pair.iter().all(&missing));
            if let Some(column) = AZURE_INGRESS.iter().find(|column| missing(column)).or(pair.and_then(|pair| pair.first())) {
                return Err(HeaderError::Missing { column: (*column).to_owned() });
            }
        }
        let columns = by_name(header, &AZURE_RENAMED)?;
        let place_of = |column: &ColumnDef| columns.iter().find(|(name, _)| name == column.name).map(|(_, place)| *place);
        let mut outputs = Vec::with_capacity(AZURE_LINE_ITEMS.columns.len() + columns.len());
        for column in AZURE_LINE_ITEMS.columns.iter().filter(|column| **column != ROW_UUID) {
            let source = match place_of(column) {
                Some(place) => Source::Cells(place, reading(column)),
                None if *column == TAGS => return Err(HeaderError::Missing { column: column.name.to_owned() }),
                None => Source::Constant(Constant::of(column)),
            };
            outputs.push(Output::new(column, source));
        }
        for (name, place) in &columns {
            if AZURE_LINE_ITEMS.column(name).is_none() {
                outputs.push(Output::extra(name, *place));
            }
        }
        let part = Part::UsageDay(date, None);
        Ok(Layout { cloud: Provider::Azure, header: header.into(), outputs, part, stamp: None, credits: None, resources: true })
    }
}

fn reading(column: &ColumnDef) -> Reading {
    if *column == AZURE_DATE {
        Reading::UsageDay(None)
    } else if [BILLINGPERIODSTARTDATE, BILLINGPERIODENDDATE].contains(column) {
        Reading::BillingDay
    } else if *column == TAGS {
        Reading::Json(JsonText::AzureTags)
    } else if *column == ADDITIONALINFO {
        Reading::Json(JsonText::AzureInfo)
    } else {
        Reading::of(column)
    }
}
