//! The SUBS extracts: metered lines of RHEL, for billing by subscription.
//!
//! koku asks four times a month and source: which accounts have metered lines, which resources an account has and up to when, how many
//! lines those resources have in their windows, and the lines. The lines carry every column of the table, and columns of SUBS after them.
//!
//! # SQL
//! `subs/trino_sql/{aws,azure}/`.

mod aws;
mod azure;

pub use aws::{aws_subs_count, aws_subs_refusals, aws_subs_resources, aws_subs_summary, aws_subs_usage_accounts};
pub use azure::{azure_subs_count, azure_subs_refusals, azure_subs_resources, azure_subs_summary, azure_subs_usage_accounts};

use super::texts::{by_distinct, replaced};
use crate::table::ColumnDef;
use crate::table::cloud_extract::{
    SUBS_ADDON_ID, SUBS_CONVERSION, SUBS_COUNT, SUBS_RHEL_VERSION, SUBS_ROLE, SUBS_ROWS, SUBS_SLA, SUBS_USAGE,
};
use crate::trino::lower_text;
use chrono::NaiveDateTime;
use polars::prelude::*;
use std::collections::{HashMap, HashSet};

/// A resource whose lines are wanted, and when. A resource can have several windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceWindow {
    /// Id of the resource, as the line items have it.
    pub rid: String,
    /// First time.
    pub start: NaiveDateTime,
    /// Last time, included.
    pub end: NaiveDateTime,
}

/// The tag that makes a line a metered one, and the beginning of the names of the others.
const RHEL: &str = "com_redhat_rhel";
const RHEL_VARIANT: &str = "com_redhat_rhel_variant";
const RHEL_USAGE: &str = "com_redhat_rhel_usage";
const RHEL_SLA: &str = "com_redhat_rhel_sla";
const RHEL_ADDON: &str = "com_redhat_rhel_addon";
const RHEL_CONVERSION: &str = "com_redhat_rhel_conversion";
const RHEL_INSTANCE: &str = "com_redhat_rhel_instance";

/// What a tag's value means to SUBS: the values in lower case with their meanings, and the meaning of all others.
struct Meaning {
    column: ColumnDef,
    key: &'static str,
    values: &'static [(&'static str, &'static str)],
    otherwise: Option<&'static str>,
}

/// What decides support, and for Azure is read ignoring the case of keys.
const OF_SUPPORT: [Meaning; 3] = [
    Meaning {
        column: SUBS_ROLE,
        key: RHEL_VARIANT,
        values: &[
            ("workstation", "Red Hat Enterprise Linux Workstation"),
            ("hpc", "Red Hat Enterprise Linux Compute Node"),
            ("sap", "SAP"),
        ],
        otherwise: Some("Red Hat Enterprise Linux Server"),
    },
    Meaning {
        column: SUBS_USAGE,
        key: RHEL_USAGE,
        values: &[("development/test", "Development/Test"), ("disaster recovery", "Disaster Recovery")],
        otherwise: Some("Production"),
    },
    Meaning {
        column: SUBS_SLA,
        key: RHEL_SLA,
        values: &[("standard", "Standard"), ("self-support", "Self-Support")],
        otherwise: Some("Premium"),
    },
];

/// What decides the product, and for Azure is read with the case of keys.
const OF_PRODUCT: [Meaning; 3] = [
    Meaning { column: SUBS_RHEL_VERSION, key: RHEL, values: &[("7", "69")], otherwise: Some("479") },
    Meaning { column: SUBS_ADDON_ID, key: RHEL_ADDON, values: &[("els", "204")], otherwise: None },
    Meaning { column: SUBS_CONVERSION, key: RHEL_CONVERSION, values: &[("true", "true")], otherwise: Some("false") },
];

impl Meaning {
    /// The meaning of the tag, whose value `tag` reads from `tags`; case does not count in values.
    fn of(&self, tags: &ColumnDef, tag: impl Fn(&str, &str) -> Option<String> + Send + Sync + 'static) -> Expr {
        let (key, values, otherwise) = (self.key, self.values, self.otherwise);
        let meaning = replaced(tags.expr(), move |text| {
            let value = tag(text, key).map(|value| lower_text(&value));
            let known = values.iter().find(|(name, _)| value.as_deref() == Some(name)).map(|(_, meaning)| *meaning);
            known.or(otherwise).map(str::to_owned)
        });
        meaning.alias(self.column.name)
    }
}

/// Rows of `texts` for which `holds`; null for null.
fn holds(texts: Expr, holds: impl Fn(&str) -> bool + Send + Sync + 'static) -> Expr {
    texts.map(
        move |column| {
            let texts = column.str()?;
            let rows: BooleanChunked = by_distinct(texts, &holds).into_iter().collect();
            Ok(rows.with_name(texts.name().clone()).into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)),
    )
}

/// SQL's `texts NOT IN (listed)`: true for all if nothing is listed, and for none if a null is.
fn not_in(texts: Expr, listed: &[Option<String>]) -> Expr {
    if listed.is_empty() {
        return lit(true);
    }
    let Some(listed) = listed.iter().cloned().collect::<Option<HashSet<String>>>() else { return lit(false) };
    holds(texts, move |text| !listed.contains(text))
}

/// Whether a row's resource is wanted at its time.
fn in_windows(resource: &ColumnDef, time: &ColumnDef, windows: &[ResourceWindow]) -> Expr {
    let micros = |time: NaiveDateTime| time.and_utc().timestamp_micros();
    let mut of_resource: HashMap<String, Vec<(i64, i64)>> = HashMap::new();
    for window in windows {
        of_resource.entry(window.rid.clone()).or_default().push((micros(window.start), micros(window.end)));
    }
    resource.expr().map_many(
        move |columns| {
            let [resources, times] = columns else { polars_bail!(ComputeError: "a resource and its time are two columns") };
            let times = times.cast(&DataType::Int64)?;
            let wanted = resources.str()?.iter().zip(times.i64()?.iter()).map(|(resource, time)| {
                let (Some(windows), Some(time)) = (resource.and_then(|resource| of_resource.get(resource)), time) else { return false };
                // A window's ends have microseconds, a line's time milliseconds.
                windows.iter().any(|(start, end)| (*start..=*end).contains(&time.saturating_mul(MICROSECONDS_PER_MILLISECOND)))
            });
            Ok(BooleanChunked::from_iter_values(resources.name().clone(), wanted).into_column())
        },
        &[time.expr()],
        |_, fields| Ok(Field::new(fields.first().map_or(PlSmallStr::EMPTY, |field| field.name().clone()), DataType::Boolean)),
    )
}

const MICROSECONDS_PER_MILLISECOND: i64 = 1000;

/// The number of rows.
fn count(rows: LazyFrame) -> LazyFrame {
    SUBS_COUNT.select(rows.select([len().cast(SUBS_ROWS.kind.data_type()).alias(SUBS_ROWS.name)]))
}

#[cfg(test)]
mod tests;
