//! Exports of GCP's billing table in BigQuery, with columns like `service.id`, and a partition date.

use super::layout::{Constant, JsonText, Output, Part, Reading, Source, by_name, place, required};
use super::{Export, HeaderError, Ingress, Layout, Losses};
use crate::cloud::Provider;
use crate::table::cloud::{CREDITS, INVOICE_MONTH, LABELS, RESOURCE_NAME, SYSTEM_LABELS, USAGE_START_TIME};
use crate::table::cloud_ingest::{
    DAILY_CREDITS, GCP_EXPORT, GCP_INGRESS_OPTIONAL, GCP_LINE_ITEMS, GCP_LINE_ITEMS_DAILY, PARTITION_DATE, PROJECT_LABELS,
    RESOURCE_GLOBAL_NAME, ROW_UUID,
};
use crate::table::{ColumnDef, Table};
use polars::prelude::*;

/// GCP.
#[derive(Debug)]
pub(super) struct Gcp;

impl Export for Gcp {
    fn name(&self) -> &'static str {
        "GCP"
    }

    fn line_items(&self) -> &'static Table {
        &GCP_LINE_ITEMS
    }

    fn daily(&self) -> Option<&'static Table> {
        Some(&GCP_LINE_ITEMS_DAILY)
    }

    fn time(&self) -> ColumnDef {
        USAGE_START_TIME
    }

    fn period_start(&self) -> Option<ColumnDef> {
        None
    }

    fn layout(&self, header: &[PlSmallStr], losses: Losses, ingress: Ingress) -> Result<Layout, HeaderError> {
        let name_of = |column: &ColumnDef| GCP_EXPORT.iter().find(|export| export.column == *column).map_or("", |export| export.export);
        let stamp = required(header, name_of(&USAGE_START_TIME))?;
        let month = required(header, name_of(&INVOICE_MONTH))?;
        let partition = required(header, name_of(&PARTITION_DATE))?;
        if ingress == Ingress::Yes {
            for export in GCP_EXPORT.iter().filter(|export| !GCP_INGRESS_OPTIONAL.contains(&export.column)) {
                required(header, export.export)?;
            }
        }
        let columns = by_name(header, &[])?;
        let place_of = |column: &ColumnDef| columns.iter().find(|(name, _)| name == column.name).map(|(_, place)| *place);
        // koku adds these two by their exact names.
        for column in [LABELS, SYSTEM_LABELS] {
            if let (Some(other), None) = (place_of(&column), place(header, column.name)) {
                let first = header.get(other).map_or("", PlSmallStr::as_str).to_owned();
                return Err(HeaderError::Twice { column: column.name.to_owned(), first, second: column.name.to_owned() });
            }
        }
        let resources = place_of(&RESOURCE_NAME).is_some();
        let is_rolled_up = |column: &&ColumnDef| ![ROW_UUID, DAILY_CREDITS, LABELS, SYSTEM_LABELS].contains(column);
        let of_resource = |column: &ColumnDef| [RESOURCE_NAME, RESOURCE_GLOBAL_NAME].contains(column);
        for column in GCP_LINE_ITEMS_DAILY.columns.iter().filter(is_rolled_up).chain([&CREDITS]) {
            if place_of(column).is_none() && (resources || !of_resource(column)) {
                return Err(HeaderError::Missing { column: name_of(column).to_owned() });
            }
        }
        let mut outputs = Vec::with_capacity(GCP_LINE_ITEMS.columns.len() + columns.len());
        for column in GCP_LINE_ITEMS.columns {
            let source = match place_of(column) {
                Some(place) => Source::Cells(place, reading(column, losses)),
                None if [LABELS, SYSTEM_LABELS].contains(column) => Source::Constant(Constant::EmptyObject),
                None => Source::Constant(Constant::Null),
            };
            outputs.push(Output::new(column, source));
        }
        for (name, place) in &columns {
            if GCP_LINE_ITEMS.column(name).is_none() {
                outputs.push(Output::extra(name, *place));
            }
        }
        Ok(Layout {
            cloud: Provider::Gcp,
            header: header.into(),
            outputs,
            part: Part::Invoice { month, partition, stamp, shape: None },
            stamp: Some(stamp),
            credits: place_of(&CREDITS).map(|place| (place, losses)),
            resources,
        })
    }
}

fn reading(column: &ColumnDef, losses: Losses) -> Reading {
    if [LABELS, SYSTEM_LABELS, PROJECT_LABELS].contains(column) {
        Reading::Json(JsonText::GcpLabels)
    } else if *column == CREDITS {
        Reading::Json(JsonText::GcpCredits(losses))
    } else {
        Reading::of(column)
    }
}
