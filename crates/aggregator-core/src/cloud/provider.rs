//! What differs from cloud to cloud: names, tables, columns, rules.

use crate::table::cloud::{
    AWS_DATES, AWS_NUMERIC, AWS_RESOURCES, AZURE_DATE, AZURE_DATES, AZURE_NUMERIC, AZURE_RESOURCES, COST, COSTINBILLINGCURRENCY, GCP_DATES,
    GCP_NUMERIC, GCP_RESOURCES, LINEITEM_RESOURCEID, LINEITEM_UNBLENDEDCOST, LINEITEM_USAGESTARTDATE, OPENSHIFT_NODES, OPENSHIFT_RESOURCES,
    RESOURCE_NAME, RESOURCEID, USAGE_START_TIME,
};
use crate::table::ocp::{NODE, RESOURCE_ID};
use crate::table::{ColumnDef, Kind, Table};
use polars::prelude::*;

/// When a resource of the cloud is a node of OpenShift. Case counts in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchRule {
    /// The cloud's id contains the node's, anywhere.
    Contains,
    /// They are equal.
    Equals,
}

/// A cloud. Each has one implementation, so that all of it stands in one place.
pub trait CloudProvider: std::fmt::Debug + Sync {
    /// koku's name, as in paths and in `provider_type`.
    fn name(&self) -> &'static str;

    /// koku's table of line items as they were delivered.
    fn line_items(&self) -> &'static str;

    /// koku's table of line items by day; Azure delivers days.
    fn daily_line_items(&self) -> &'static str;

    /// Start of a line item's usage.
    fn time(&self) -> ColumnDef;

    /// The cost that koku's validation sums.
    fn cost(&self) -> ColumnDef;

    /// What the infrastructure map reads of the line items.
    fn resources(&self) -> &'static Table;

    /// The id of a line item's resource, as the infrastructure map matches it; null or empty where there is none.
    fn resource(&self) -> Expr;

    /// What the infrastructure map reads of OpenShift's pods.
    fn openshift(&self) -> &'static Table;

    /// The column of a pod that names the cloud's machine.
    fn openshift_id(&self) -> ColumnDef;

    /// When a resource is a machine of OpenShift.
    fn match_rule(&self) -> MatchRule;

    /// The columns of the line items that are `double`.
    fn numeric(&self) -> &'static [&'static str];

    /// The columns of the line items that are timestamps.
    fn dates(&self) -> &'static [&'static str];

    /// The type that koku declares for the column `name` of the line items.
    fn declared_kind(&self, name: &str) -> Kind {
        match name {
            name if self.numeric().contains(&name) => Kind::Double,
            name if self.dates().contains(&name) => Kind::Timestamp,
            _ => Kind::Text,
        }
    }
}

/// The clouds, to choose one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud Platform.
    Gcp,
}

impl Provider {
    /// All, in the order in which koku tries them.
    pub const ALL: [Self; 3] = [Self::Aws, Self::Azure, Self::Gcp];

    /// What is particular to it.
    pub fn cloud(self) -> &'static dyn CloudProvider {
        match self {
            Self::Aws => &Aws,
            Self::Azure => &Azure,
            Self::Gcp => &Gcp,
        }
    }
}

/// Amazon Web Services.
#[derive(Clone, Copy, Debug)]
pub struct Aws;

impl CloudProvider for Aws {
    fn name(&self) -> &'static str {
        "AWS"
    }

    fn line_items(&self) -> &'static str {
        "aws_line_items"
    }

    fn daily_line_items(&self) -> &'static str {
        "aws_line_items_daily"
    }

    fn time(&self) -> ColumnDef {
        LINEITEM_USAGESTARTDATE
    }

    fn cost(&self) -> ColumnDef {
        LINEITEM_UNBLENDEDCOST
    }

    fn resources(&self) -> &'static Table {
        &AWS_RESOURCES
    }

    fn resource(&self) -> Expr {
        LINEITEM_RESOURCEID.expr()
    }

    fn openshift(&self) -> &'static Table {
        &OPENSHIFT_RESOURCES
    }

    fn openshift_id(&self) -> ColumnDef {
        RESOURCE_ID
    }

    fn match_rule(&self) -> MatchRule {
        MatchRule::Contains
    }

    fn numeric(&self) -> &'static [&'static str] {
        AWS_NUMERIC
    }

    fn dates(&self) -> &'static [&'static str] {
        AWS_DATES
    }
}

/// Microsoft Azure.
#[derive(Clone, Copy, Debug)]
pub struct Azure;

/// The field of a resource's path that names the machine, from 0: `/subscriptions/…/providers/…/virtualMachines/NAME`.
const FIELD_OF_MACHINE: usize = 8;

impl CloudProvider for Azure {
    fn name(&self) -> &'static str {
        "Azure"
    }

    fn line_items(&self) -> &'static str {
        "azure_line_items"
    }

    fn daily_line_items(&self) -> &'static str {
        "azure_line_items"
    }

    fn time(&self) -> ColumnDef {
        AZURE_DATE
    }

    fn cost(&self) -> ColumnDef {
        COSTINBILLINGCURRENCY
    }

    fn resources(&self) -> &'static Table {
        &AZURE_RESOURCES
    }

    fn resource(&self) -> Expr {
        super::texts::replaced(RESOURCEID.expr(), |path| path.split('/').nth(FIELD_OF_MACHINE).map(str::to_owned))
    }

    fn openshift(&self) -> &'static Table {
        &OPENSHIFT_NODES
    }

    fn openshift_id(&self) -> ColumnDef {
        NODE
    }

    fn match_rule(&self) -> MatchRule {
        MatchRule::Equals
    }

    fn numeric(&self) -> &'static [&'static str] {
        AZURE_NUMERIC
    }

    fn dates(&self) -> &'static [&'static str] {
        AZURE_DATES
    }
}

/// Google Cloud Platform.
#[derive(Clone, Copy, Debug)]
pub struct Gcp;

impl CloudProvider for Gcp {
    fn name(&self) -> &'static str {
        "GCP"
    }

    fn line_items(&self) -> &'static str {
        "gcp_line_items"
    }

    fn daily_line_items(&self) -> &'static str {
        "gcp_line_items_daily"
    }

    fn time(&self) -> ColumnDef {
        USAGE_START_TIME
    }

    fn cost(&self) -> ColumnDef {
        COST
    }

    fn resources(&self) -> &'static Table {
        &GCP_RESOURCES
    }

    fn resource(&self) -> Expr {
        RESOURCE_NAME.expr()
    }

    fn openshift(&self) -> &'static Table {
        &OPENSHIFT_NODES
    }

    fn openshift_id(&self) -> ColumnDef {
        NODE
    }

    fn match_rule(&self) -> MatchRule {
        MatchRule::Contains
    }

    fn numeric(&self) -> &'static [&'static str] {
        GCP_NUMERIC
    }

    fn dates(&self) -> &'static [&'static str] {
        GCP_DATES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_that_is_not_listed_is_text() {
        let azure = Provider::Azure.cloud();
        let kinds = ["quantity", "date", "tags", "usage_start_time"].map(|name| azure.declared_kind(name));
        assert_eq!(kinds, [Kind::Double, Kind::Timestamp, Kind::Text, Kind::Text]);
    }

    /// The specification's own table of columns, against the declared lists.
    #[test]
    fn every_declared_column_has_the_kind_of_its_list() {
        for (provider, tables) in [
            (Provider::Aws, [crate::table::cloud::AWS_DAILY, crate::table::cloud::AWS_HCS]),
            (Provider::Azure, [crate::table::cloud::AZURE_DAILY, crate::table::cloud::AZURE_SUBS]),
            (Provider::Gcp, [crate::table::cloud::GCP_HOURLY, crate::table::cloud::GCP_HCS]),
        ] {
            for column in tables.iter().flat_map(|table| table.columns) {
                let declared = provider.cloud().declared_kind(column.name).data_type();
                assert_eq!(declared, column.kind.data_type(), "{}", column.name);
            }
        }
    }
}
