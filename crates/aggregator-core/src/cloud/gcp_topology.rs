//! The projects, services and regions of a GCP source.
//!
//! # SQL
//! `koku/reportdb_accessor_trino.py`, the query for the topology of GCP.

use crate::run::SourceUuid;
use crate::table::cloud_extract::{GCP_TOPOLOGY_LIST, SOURCE};
use polars::prelude::*;

/// The different combinations of billing account, project, service and region.
///
/// # Inputs
/// * `line_items` ([`GCP_TOPOLOGY`](crate::table::cloud::GCP_TOPOLOGY)), rows of the window, from the partition of the invoice month.
/// # Output
/// [`GCP_TOPOLOGY_LIST`], sorted.
/// # Nulls
/// Kept; an empty text is another value.
pub fn gcp_topology(line_items: LazyFrame, source: SourceUuid) -> LazyFrame {
    let names: Vec<_> = GCP_TOPOLOGY_LIST.columns.iter().map(|column| column.name).collect();
    GCP_TOPOLOGY_LIST
        .select(line_items.with_columns([lit(source.to_string()).alias(SOURCE.name)]))
        .unique(None, UniqueKeepStrategy::Any)
        .sort(names, SortMultipleOptions::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ocp::testing::csv;
    use crate::table::cloud::GCP_TOPOLOGY;

    #[test]
    fn a_combination_comes_once_and_empty_is_not_null() {
        let regions = [Some("europe-west3"), Some("europe-west3"), Some(""), None, None];
        let frame = df!["location_region" => regions].unwrap().lazy();
        let filled = GCP_TOPOLOGY.columns.iter().filter(|column| column.name != "location_region").map(|column| match column.name {
            "usage_start_time" => column.null(),
            name => lit(name).alias(name),
        });
        let frame = frame.with_columns(filled.collect::<Vec<_>>());
        let list = gcp_topology(frame, SourceUuid(uuid::Uuid::nil())).collect().unwrap();
        insta::assert_snapshot!(csv(&list, GCP_TOPOLOGY_LIST.columns), @r"
        source, billing_account_id, project_id, project_name, service_id, service_description, location_region
        00000000-0000-0000-0000-000000000000, billing_account_id, project_id, project_name, service_id, service_description, 
        00000000-0000-0000-0000-000000000000, billing_account_id, project_id, project_name, service_id, service_description, europe-west3
        00000000-0000-0000-0000-000000000000, billing_account_id, project_id, project_name, service_id, service_description, null
        ");
    }
}
