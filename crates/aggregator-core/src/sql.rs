//! Which part of koku's SQL each transform computes.

/// A section of a SQL file of koku.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlSection {
    /// The file, below `koku/masu/database/` or `koku/` (or the Python file that holds the statement).
    pub file: &'static str,
    /// The CTE or the part of the statement, in words.
    pub section: &'static str,
    /// The function that computes it.
    pub transform: &'static str,
}

const OCP_DAILY_SUMMARY: &str = "trino_sql/openshift/reporting_ocpusagelineitem_daily_summary.sql";
const REPORT_DB_ACCESSOR: &str = "koku/reportdb_accessor_trino.py";
const AWS_DAILY_SUMMARY: &str = "trino_sql/aws/reporting_awscostentrylineitem_daily_summary.sql";
const AWS_EC2_SUMMARY: &str = "trino_sql/aws/reporting_awscostentrylineitem_summary_by_ec2_compute_p.sql";
const AZURE_DAILY_SUMMARY: &str = "trino_sql/azure/reporting_azurecostentrylineitem_daily_summary.sql";
const GCP_DAILY_SUMMARY: &str = "trino_sql/gcp/reporting_gcpcostentrylineitem_daily_summary.sql";
const GCP_INVOICE_MONTH_DATES: &str = "trino_sql/gcp/get_invoice_month_dates.sql";
const AWS_INFRASTRUCTURE: &str = "trino_sql/aws/reporting_ocpinfrastructure_provider_map.sql";
const AZURE_INFRASTRUCTURE: &str = "trino_sql/azure/reporting_ocpinfrastructure_provider_map.sql";
const GCP_INFRASTRUCTURE: &str = "trino_sql/gcp/reporting_ocpinfrastructure_provider_map.sql";
const AWS_PROCESSOR: &str = "masu/processor/aws/aws_report_parquet_processor.py";
const AWS_SUBS_IDS: &str = "subs/trino_sql/aws/determine_ids_for_provider.sql";
const AWS_SUBS_RESOURCES: &str = "subs/trino_sql/aws/determine_resource_ids_for_usage_account.sql";
const AWS_SUBS_COUNT: &str = "subs/trino_sql/aws/subs_row_count.sql";
const AWS_SUBS: &str = "subs/trino_sql/aws/subs_summary.sql";
const AZURE_SUBS_IDS: &str = "subs/trino_sql/azure/determine_ids_for_provider.sql";
const AZURE_SUBS_RESOURCES: &str = "subs/trino_sql/azure/determine_resource_ids_for_usage_account.sql";
const AZURE_SUBS_COUNT: &str = "subs/trino_sql/azure/subs_row_count.sql";
const AZURE_SUBS: &str = "subs/trino_sql/azure/subs_summary.sql";
const AWS_HCS: &str = "hcs/database/sql/reporting_aws_hcs_daily_summary.sql";
const AZURE_HCS: &str = "hcs/database/sql/reporting_azure_hcs_daily_summary.sql";
const GCP_HCS: &str = "hcs/database/sql/reporting_gcp_hcs_daily_summary.sql";

const fn section(file: &'static str, section: &'static str, transform: &'static str) -> SqlSection {
    SqlSection { file, section, transform }
}

/// Every section that a transform computes, in the order of the SQL.
pub const SECTIONS: &[SqlSection] = &[
    section(OCP_DAILY_SUMMARY, "CTE of the enabled tag keys", "labels::LabelSets::new"),
    section(OCP_DAILY_SUMMARY, "CTE of the node labels of a day", "ocp::node_labels"),
    section(OCP_DAILY_SUMMARY, "CTE of the namespace labels of a day", "ocp::namespace_labels"),
    section(OCP_DAILY_SUMMARY, "CTE of the node capacity of a day", "ocp::node_capacity"),
    section(OCP_DAILY_SUMMARY, "CTE of the cluster capacity of a day", "ocp::cluster_capacity"),
    section(OCP_DAILY_SUMMARY, "CTE of the nodes of a volume", "ocp::volume_nodes"),
    section(OCP_DAILY_SUMMARY, "CTE of the number of nodes of a volume", "ocp::nodes_per_volume"),
    section(OCP_DAILY_SUMMARY, "join on cost categories by LIKE", "ocp::cost_categories"),
    section(OCP_DAILY_SUMMARY, "first INSERT, Pod", "ocp::pod"),
    section(OCP_DAILY_SUMMARY, "first INSERT, Storage", "ocp::storage"),
    section(OCP_DAILY_SUMMARY, "second INSERT, unallocated capacity", "ocp::unallocated"),
    section(OCP_DAILY_SUMMARY, "third INSERT, the copy into PostgreSQL", "ocp::finish"),
    section(REPORT_DB_ACCESSOR, "nodes of a window", "ocp::nodes"),
    section(REPORT_DB_ACCESSOR, "persistent volume claims of a window", "ocp::volumes"),
    section(REPORT_DB_ACCESSOR, "projects of a window", "ocp::projects"),
    section(REPORT_DB_ACCESSOR, "first and last timestamp of a window", "ocp::time_range"),
    section(AWS_DAILY_SUMMARY, "the whole statement", "cloud::aws_daily_summary"),
    section(AWS_EC2_SUMMARY, "the whole statement", "cloud::aws_ec2_summary"),
    section(AZURE_DAILY_SUMMARY, "the whole statement", "cloud::azure_daily_summary"),
    section(GCP_DAILY_SUMMARY, "the whole statement", "cloud::gcp_daily_summary"),
    section(GCP_INVOICE_MONTH_DATES, "the whole statement", "cloud::gcp_invoice_month_dates"),
    section(AWS_INFRASTRUCTURE, "the whole statement", "cloud::infrastructure_map"),
    section(AZURE_INFRASTRUCTURE, "the whole statement", "cloud::infrastructure_map"),
    section(GCP_INFRASTRUCTURE, "the whole statement", "cloud::infrastructure_map"),
    section(REPORT_DB_ACCESSOR, "topology of GCP", "cloud::gcp_topology"),
    section(REPORT_DB_ACCESSOR, "sums of the validation, line items of a cloud", "cloud::validation_sums"),
    section(AWS_PROCESSOR, "payer accounts of a month", "cloud::aws_payer_accounts"),
    section(AWS_SUBS_IDS, "the whole statement", "cloud::subs::aws_subs_usage_accounts"),
    section(AWS_SUBS_RESOURCES, "the whole statement", "cloud::subs::aws_subs_resources"),
    section(AWS_SUBS_COUNT, "the whole statement", "cloud::subs::aws_subs_count"),
    section(AWS_SUBS, "the whole statement", "cloud::subs::aws_subs_summary"),
    section(AZURE_SUBS_IDS, "the whole statement", "cloud::subs::azure_subs_usage_accounts"),
    section(AZURE_SUBS_RESOURCES, "the whole statement", "cloud::subs::azure_subs_resources"),
    section(AZURE_SUBS_COUNT, "the whole statement", "cloud::subs::azure_subs_count"),
    section(AZURE_SUBS, "the whole statement", "cloud::subs::azure_subs_summary"),
    section(AWS_HCS, "the whole statement", "cloud::aws_hcs"),
    section(AZURE_HCS, "the whole statement", "cloud::azure_hcs"),
    section(GCP_HCS, "the whole statement", "cloud::gcp_hcs"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_in_the_parity_document() {
        let document = include_str!("../../../docs/parity.md");
        for section in SECTIONS {
            let transform = format!("`{}`", section.transform);
            let file = section.file.rsplit('/').next().unwrap_or_default();
            assert!(document.lines().any(|line| line.contains(&transform)), "{transform} is not in docs/parity.md");
            assert!(document.contains(file), "{file} is not in docs/parity.md");
        }
    }

    #[test]
    fn the_inventory_of_the_parity_document_is_current() {
        let document = include_str!("../../../docs/parity.md");
        let upstream = include_str!("../../../docs/upstream.toml");
        let paths = upstream.lines().filter_map(|line| line.strip_prefix("path = \"")?.strip_suffix('"'));
        for path in paths {
            let file = path.strip_prefix("koku/masu/database/").or_else(|| path.strip_prefix("koku/")).unwrap_or(path);
            let of_file = SECTIONS.iter().filter(|section| section.file == file).map(|section| format!("`{}`", section.transform));
            let transforms = of_file.collect::<Vec<_>>().join(", ");
            let row = format!("| `{file}` | {} |", if transforms.is_empty() { "not yet" } else { &transforms });
            assert!(document.lines().any(|line| line.starts_with(&row)), "run tools/parity.py: there is no row {row}");
        }
    }
}
