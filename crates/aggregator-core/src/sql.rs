//! Which part of koku's SQL each transform computes.

/// A section of a SQL file of koku.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlSection {
    /// The file, below `koku/masu/database/` (or the Python file that holds the statement).
    pub file: &'static str,
    /// The CTE or the part of the statement, in words.
    pub section: &'static str,
    /// The function that computes it.
    pub transform: &'static str,
}

const OCP_DAILY_SUMMARY: &str = "trino_sql/openshift/reporting_ocpusagelineitem_daily_summary.sql";
const REPORT_DB_ACCESSOR: &str = "koku/reportdb_accessor_trino.py";

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
