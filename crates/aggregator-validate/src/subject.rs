//! What can be compared: a table, the key by which its rows are matched, and what no comparison can use.

mod clouds;
mod discovered;
mod line_items;
mod lists;

use aggregator_core::table::{ColumnDef, Table, summary};

pub use clouds::{AWS_DAILY, AWS_EC2, AZURE_DAILY, CLOUDS, GCP_DAILY};
pub use discovered::{Found, FoundColumn, Request};
pub use line_items::LINE_ITEMS;
pub use lists::LISTS;

/// Where the columns of a table are known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// aggregator-core declares them; what a side has otherwise is refused.
    Declared,
    /// The sides have them; a value becomes what the column of both sides can hold.
    Discovered,
}

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
    /// The day of a row: a date, or a time of it.
    pub day: Option<ColumnDef>,
    /// The source of a row.
    pub source: Option<ColumnDef>,
    /// Where the columns are known from.
    pub origin: Origin,
}

/// `reporting_ocpusagelineitem_daily_summary`, managed or in PostgreSQL.
pub const OCP_DAILY_SUMMARY: Subject = Subject {
    name: "ocp-daily-summary",
    tables: &[summary::OCP_DAILY_SUMMARY, summary::OCP_DAILY_SUMMARY_POSTGRES],
    partitions: &[summary::SOURCE, summary::YEAR, summary::MONTH, summary::DAY],
    key: summary::OCP_DAILY_SUMMARY_KEY,
    ignored: &[(summary::UUID, RANDOM)],
    day: Some(summary::USAGE_START),
    source: Some(summary::SOURCE_UUID),
    origin: Origin::Declared,
};

/// Why a column of random ids is ignored.
const RANDOM: &str = "random";

impl Subject {
    /// Every table that is known by its name.
    pub fn known() -> impl Iterator<Item = Self> {
        std::iter::once(OCP_DAILY_SUMMARY).chain(CLOUDS.iter().copied()).chain(LISTS.iter().copied()).chain(LINE_ITEMS.iter().copied())
    }

    /// The table called `name`, on the command line or in koku's database.
    pub fn named(name: &str) -> Option<Self> {
        Self::known().find(|subject| subject.name == name || subject.table_name() == name)
    }

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

#[cfg(test)]
mod tests;
