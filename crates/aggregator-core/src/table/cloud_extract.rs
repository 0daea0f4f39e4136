//! What the small cloud statements give: the infrastructure map, lists, sums, and the SUBS and HCS extracts.

use super::{ColumnDef, Kind, Table, Unit};

pub use super::cloud::{BILLING_ACCOUNT_ID, LOCATION_REGION, PROJECT_ID, PROJECT_NAME, SERVICE_DESCRIPTION, SERVICE_ID};
pub use super::summary::{MONTH, SOURCE, UUID, YEAR};

/// koku's type of a provider: `AWS`, `AWS-local`, …
pub const PROVIDER_TYPE: ColumnDef = ColumnDef::new("type", Kind::Text);
/// Source of an OpenShift cluster.
pub const OCP_UUID: ColumnDef = ColumnDef::new("ocp_uuid", Kind::Text);
/// Source of the cloud that it runs on.
pub const INFRA_UUID: ColumnDef = ColumnDef::new("infra_uuid", Kind::Text);

/// What the infrastructure map reads of `reporting_tenant_api_provider`.
pub const TENANT_PROVIDERS: Table =
    Table { name: "reporting_tenant_api_provider", grain: "one row per source of the tenant", columns: &[UUID, PROVIDER_TYPE] };

/// Which cluster runs on which cloud.
pub const INFRASTRUCTURE_MAP: Table = Table {
    name: "infrastructure_map",
    grain: "one row per cluster, cloud source and type",
    columns: &[OCP_UUID, INFRA_UUID, PROVIDER_TYPE],
};

/// The projects, services and regions of a window.
pub const GCP_TOPOLOGY_LIST: Table = Table {
    name: "reporting_gcp_topology",
    grain: "one row per combination of all columns",
    columns: &[SOURCE, BILLING_ACCOUNT_ID, PROJECT_ID, PROJECT_NAME, SERVICE_ID, SERVICE_DESCRIPTION, LOCATION_REGION],
};

/// Sum of the measure that is compared with PostgreSQL.
pub const METRIC: ColumnDef = ColumnDef::measure("metric", Unit::OwnUnit);
/// The time that is summed.
pub const METRIC_DATE: ColumnDef = ColumnDef::new("date", Kind::Timestamp);

/// What koku compares with its PostgreSQL tables.
pub const VALIDATION_SUMS: Table = Table { name: "validation_sums", grain: "one row per distinct time", columns: &[METRIC, METRIC_DATE] };

/// Account of a metered line.
pub const SUBS_ACCOUNT: ColumnDef = ColumnDef::new("subs_account", Kind::Text);
/// Resource of a metered line, as the cloud names it.
pub const SUBS_RESOURCE: ColumnDef = ColumnDef::new("resource_id", Kind::Text);
/// What koku remembers as processed: the resource, on Azure `subscription:group:machine`.
pub const SUBS_INSTANCE_KEY: ColumnDef = ColumnDef::new("instance_key", Kind::Text);
/// The last time that is to be processed.
pub const SUBS_LATEST: ColumnDef = ColumnDef::new("latest", Kind::Timestamp);

/// The accounts with metered lines.
pub const SUBS_ACCOUNTS: Table = Table { name: "subs_accounts", grain: "one row per account", columns: &[SUBS_ACCOUNT] };

/// The resources of an account with metered lines.
pub const SUBS_RESOURCES: Table = Table {
    name: "subs_resources",
    grain: "one row per resource; on Azure per resource, subscription columns, group and machine",
    columns: &[SUBS_RESOURCE, SUBS_INSTANCE_KEY, SUBS_LATEST],
};

/// How many lines the extract has at most.
pub const SUBS_ROWS: ColumnDef = ColumnDef::new("rows", Kind::Count);

/// The number of metered lines.
pub const SUBS_COUNT: Table = Table { name: "subs_count", grain: "one row", columns: &[SUBS_ROWS] };

/// Start and end as koku splits them.
pub const SUBS_TIME_SPLIT: ColumnDef = ColumnDef::new("time_split", Kind::TextArray);
/// The tags of the subscription, keys in lower case; a JSON object.
pub const SUBS_TAGS: ColumnDef = ColumnDef::new("tags", Kind::Labels);
/// Start of the usage, as text.
pub const SUBS_START_TIME: ColumnDef = ColumnDef::new("subs_start_time", Kind::Text);
/// End of the usage, as text.
pub const SUBS_END_TIME: ColumnDef = ColumnDef::new("subs_end_time", Kind::Text);
/// Virtual processors, as text.
pub const SUBS_VCPU: ColumnDef = ColumnDef::new("subs_vcpu", Kind::Text);
/// Resource, as SUBS reads it.
pub const SUBS_RESOURCE_ID: ColumnDef = ColumnDef::new("subs_resource_id", Kind::Text);
/// Usage in whole units.
pub const SUBS_USAGE_QUANTITY: ColumnDef = ColumnDef::new("subs_usage_quantity", Kind::Integer);
/// Role of the machine.
pub const SUBS_ROLE: ColumnDef = ColumnDef::new("subs_role", Kind::Text);
/// Production or not.
pub const SUBS_USAGE: ColumnDef = ColumnDef::new("subs_usage", Kind::Text);
/// Level of support.
pub const SUBS_SLA: ColumnDef = ColumnDef::new("subs_sla", Kind::Text);
/// Product number of the version.
pub const SUBS_RHEL_VERSION: ColumnDef = ColumnDef::new("subs_rhel_version", Kind::Text);
/// Product number of the addon.
pub const SUBS_ADDON_ID: ColumnDef = ColumnDef::new("subs_addon_id", Kind::Text);
/// Whether the machine was converted: `true`, `false`.
pub const SUBS_CONVERSION: ColumnDef = ColumnDef::new("subs_conversion", Kind::Text);
/// Instance, in lower case.
pub const SUBS_INSTANCE: ColumnDef = ColumnDef::new("subs_instance", Kind::Text);
/// Name of the machine.
pub const SUBS_VMNAME: ColumnDef = ColumnDef::new("subs_vmname", Kind::Text);

/// What the SUBS extract of AWS appends to the columns of a line item.
pub const AWS_SUBS_APPENDED: Table = Table {
    name: "aws_subs",
    grain: "one row per metered line item",
    columns: &[
        SUBS_TIME_SPLIT,
        SUBS_TAGS,
        SUBS_START_TIME,
        SUBS_END_TIME,
        SUBS_VCPU,
        SUBS_ACCOUNT,
        SUBS_RESOURCE_ID,
        SUBS_ROLE,
        SUBS_USAGE,
        SUBS_SLA,
        SUBS_RHEL_VERSION,
        SUBS_ADDON_ID,
        SUBS_CONVERSION,
    ],
};

/// What the SUBS extract of Azure appends to the columns of a line item.
pub const AZURE_SUBS_APPENDED: Table = Table {
    name: "azure_subs",
    grain: "one row per metered line item",
    columns: &[
        SUBS_START_TIME,
        SUBS_END_TIME,
        SUBS_VCPU,
        SUBS_ACCOUNT,
        SUBS_RESOURCE_ID,
        SUBS_USAGE_QUANTITY,
        SUBS_ROLE,
        SUBS_USAGE,
        SUBS_SLA,
        SUBS_RHEL_VERSION,
        SUBS_ADDON_ID,
        SUBS_CONVERSION,
        SUBS_INSTANCE,
        SUBS_VMNAME,
    ],
};

/// The customer's account number, of HCS.
pub const EBS_ACCOUNT_ID: ColumnDef = ColumnDef::new("ebs_account_id", Kind::Text);
/// The customer's organisation, of HCS.
pub const ORG_ID: ColumnDef = ColumnDef::new("org_id", Kind::Text);

/// What the HCS extract appends to the columns of a line item.
pub const HCS_APPENDED: Table =
    Table { name: "hcs", grain: "one row per line item", columns: &[SOURCE, YEAR, MONTH, EBS_ACCOUNT_ID, ORG_ID] };
