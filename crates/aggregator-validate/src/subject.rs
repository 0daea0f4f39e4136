//! What can be compared: a table, the key by which its rows are matched, and what no comparison can use.

use aggregator_core::table::{ColumnDef, Table, summary};

/// A table that two sides can be compared as.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// The name on the command line.
    pub name: &'static str,
    /// The forms in which the table is stored; the first is the managed table, the last PostgreSQL's.
    pub tables: &'static [Table],
    /// Partition columns: in the path of a file, or columns of it.
    pub partitions: &'static [ColumnDef],
    /// The logical key; rows that share it are matched by their other columns.
    pub key: &'static [ColumnDef],
    /// Columns that say nothing about equality, each with the reason.
    pub ignored: &'static [(ColumnDef, &'static str)],
    /// The day of a row.
    pub day: ColumnDef,
    /// The source of a row.
    pub source: ColumnDef,
}

/// `reporting_ocpusagelineitem_daily_summary`, managed or in PostgreSQL.
pub const OCP_DAILY_SUMMARY: Subject = Subject {
    name: "ocp-daily-summary",
    tables: &[summary::OCP_DAILY_SUMMARY, summary::OCP_DAILY_SUMMARY_POSTGRES],
    partitions: &[summary::SOURCE, summary::YEAR, summary::MONTH, summary::DAY],
    key: summary::OCP_DAILY_SUMMARY_KEY,
    ignored: &[(summary::UUID, "random")],
    day: summary::USAGE_START,
    source: summary::SOURCE_UUID,
};

impl Subject {
    /// Every column that a side can have, once.
    pub fn columns(&self) -> Vec<ColumnDef> {
        let mut columns: Vec<ColumnDef> = Vec::new();
        for column in self.tables.iter().flat_map(|table| table.columns).chain(self.partitions) {
            if !columns.iter().any(|known| known.name == column.name) {
                columns.push(*column);
            }
        }
        columns
    }

    /// The name of the table in a database.
    pub fn table_name(&self) -> &'static str {
        self.tables.first().map_or(self.name, |table| table.name)
    }

    /// Why `column` is never compared.
    pub fn ignored(&self, column: &str) -> Option<&'static str> {
        self.ignored.iter().find(|(ignored, _)| ignored.name == column).map(|(_, reason)| *reason)
    }
}
