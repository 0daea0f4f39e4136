//! The result under audit: its rows, what each of them is, and its columns as the laws read them.

use std::collections::BTreeMap;

use aggregator_core::table::{ColumnDef, summary};

use crate::rows::{Cell, Cells, Number, Rows, Texts};
use crate::subject::OCP_DAILY_SUMMARY;

/// The namespaces of unallocated capacity.
pub(crate) const UNALLOCATED: [&str; 2] = ["Platform unallocated", "Worker unallocated"];

/// Namespaces that koku makes up; what is in them is not taken from the capacity of a node.
pub(crate) const MADE_UP: [&str; 4] = ["Platform unallocated", "Worker unallocated", "Network unattributed", "Storage unattributed"];

/// What pods used, requested and were limited to: usage, request, effective usage and limit of CPU, then of memory.
pub(crate) const POD_MEASURES: [ColumnDef; 8] = [
    summary::POD_USAGE_CPU_CORE_HOURS,
    summary::POD_REQUEST_CPU_CORE_HOURS,
    summary::POD_EFFECTIVE_USAGE_CPU_CORE_HOURS,
    summary::POD_LIMIT_CPU_CORE_HOURS,
    summary::POD_USAGE_MEMORY_GIGABYTE_HOURS,
    summary::POD_REQUEST_MEMORY_GIGABYTE_HOURS,
    summary::POD_EFFECTIVE_USAGE_MEMORY_GIGABYTE_HOURS,
    summary::POD_LIMIT_MEMORY_GIGABYTE_HOURS,
];

/// Capacities of nodes and of the cluster.
pub(crate) const CAPACITIES: [ColumnDef; 6] = [
    summary::NODE_CAPACITY_CPU_CORES,
    summary::NODE_CAPACITY_CPU_CORE_HOURS,
    summary::NODE_CAPACITY_MEMORY_GIGABYTES,
    summary::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS,
    summary::CLUSTER_CAPACITY_CPU_CORE_HOURS,
    summary::CLUSTER_CAPACITY_MEMORY_GIGABYTE_HOURS,
];

/// What volumes have.
pub(crate) const STORAGE_MEASURES: [ColumnDef; 4] = [
    summary::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE,
    summary::PERSISTENTVOLUMECLAIM_CAPACITY_GIGABYTE_MONTHS,
    summary::VOLUME_REQUEST_STORAGE_GIGABYTE_MONTHS,
    summary::PERSISTENTVOLUMECLAIM_USAGE_GIGABYTE_MONTHS,
];

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RowKind {
    /// What pods used.
    Pod,
    /// What volumes had.
    Storage,
    /// Capacity of a node that nobody used.
    Unallocated,
    /// None of these: a row that cost models or cloud bills wrote into koku's table, or a mistake.
    Other,
}

/// How often each kind of row occurs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RowCounts {
    /// What pods used.
    pub pod: usize,
    /// What volumes had.
    pub storage: usize,
    /// Capacity that nobody used.
    pub unallocated: usize,
    /// Rows that the daily summary did not write.
    pub other: usize,
}

/// A column of the result.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    cells: Option<&'a Cells>,
    texts: &'a Texts,
}

impl<'a> View<'a> {
    pub(crate) fn number(&self, row: usize) -> Option<Number> {
        self.cells?.number(row)
    }

    /// The number of the text; none for null.
    pub(crate) fn id(&self, row: usize) -> Option<usize> {
        self.cells?.text(row)
    }

    pub(crate) fn text(&self, row: usize) -> Option<&'a str> {
        self.texts.text(self.id(row)?)
    }

    /// A whole number, or the days of a date since 1970-01-01.
    pub(crate) fn integer(&self, row: usize) -> Option<i32> {
        match self.cells? {
            Cells::Integer(cells) | Cells::Date(cells) => cells.get(row).copied().flatten(),
            Cells::Text(_) | Cells::Number(_) => None,
        }
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.id(row).is_none() && self.integer(row).is_none() && self.number(row).is_none()
    }
}

/// The result under audit.
#[derive(Debug)]
pub(crate) struct Summary<'a> {
    rows: &'a Rows,
    kinds: Vec<RowKind>,
}

impl<'a> Summary<'a> {
    pub(crate) fn new(rows: &'a Rows) -> Self {
        let mut summary = Self { rows, kinds: Vec::new() };
        summary.kinds = summary.read_kinds();
        summary
    }

    fn read_kinds(&self) -> Vec<RowKind> {
        let [data_source, namespace, labels, cost] =
            [summary::DATA_SOURCE, summary::NAMESPACE, summary::POD_LABELS, summary::INFRASTRUCTURE_USAGE_COST]
                .map(|column| self.view(column));
        let numbers: Vec<View<'_>> =
            POD_MEASURES.iter().chain(&CAPACITIES).chain(&STORAGE_MEASURES).map(|column| self.view(*column)).collect();
        let is_empty = |row| numbers.iter().all(|numbers| numbers.number(row).is_none());
        let kind = |row| {
            let namespace = namespace.text(row);
            let has_cost = !cost.is_null(row);
            if self.is_shared() && !has_cost && is_empty(row) {
                return RowKind::Other;
            }
            let made_up = namespace.is_none_or(|namespace| UNALLOCATED.contains(&namespace)) && labels.is_null(row);
            match data_source.text(row) {
                Some("Pod") if has_cost => RowKind::Pod,
                Some("Pod") if made_up => RowKind::Unallocated,
                Some("Storage") if has_cost => RowKind::Storage,
                _ => RowKind::Other,
            }
        };
        (0..self.len()).map(kind).collect()
    }

    /// Whether others write into the table, too: it is koku's in PostgreSQL, or a copy of it.
    pub(crate) fn is_shared(&self) -> bool {
        self.has(summary::ALL_LABELS)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn has(&self, column: ColumnDef) -> bool {
        self.rows.column(column.name).is_some()
    }

    pub(crate) fn view(&self, column: ColumnDef) -> View<'a> {
        View { cells: self.rows.column(column.name).map(|column| &column.cells), texts: self.rows.texts() }
    }

    /// The columns that the result has.
    pub(crate) fn columns(&self) -> impl Iterator<Item = ColumnDef> {
        self.rows.columns().copied()
    }

    pub(crate) fn kind(&self, row: usize) -> RowKind {
        self.kinds.get(row).copied().unwrap_or(RowKind::Other)
    }

    /// The rows of a kind, in order.
    pub(crate) fn of(&self, wanted: RowKind) -> impl Iterator<Item = usize> {
        self.kinds.iter().enumerate().filter(move |(_, kind)| **kind == wanted).map(|(row, _)| row)
    }

    pub(crate) fn counts(&self) -> RowCounts {
        let count = |wanted| self.of(wanted).count();
        RowCounts {
            pod: count(RowKind::Pod),
            storage: count(RowKind::Storage),
            unallocated: count(RowKind::Unallocated),
            other: count(RowKind::Other),
        }
    }

    pub(crate) fn cell(&self, column: ColumnDef, row: usize) -> Cell {
        self.rows.cell(column.name, row)
    }

    /// What names a row: source, and what of the logical key is not null.
    pub(crate) fn key(&self, row: usize) -> Vec<(&'static str, Cell)> {
        let always = [summary::USAGE_START, summary::DATA_SOURCE, summary::NAMESPACE, summary::NODE];
        let columns = [summary::SOURCE_UUID].into_iter().chain(OCP_DAILY_SUMMARY.key.iter().copied());
        columns
            .map(|column| (column, self.cell(column, row)))
            .filter(|(column, cell)| *cell != Cell::Null || always.contains(column))
            .map(|(column, cell)| (column.name, cell))
            .collect()
    }

    /// What names a group: the cells of `columns` in `row`.
    pub(crate) fn key_of(&self, columns: &[ColumnDef], row: usize) -> Vec<(&'static str, Cell)> {
        columns.iter().map(|column| (column.name, self.cell(*column, row))).collect()
    }

    /// A number for the cells of `columns`, equal where they are; of text, dates and whole numbers.
    pub(crate) fn group(&self, columns: &[ColumnDef]) -> impl Fn(usize) -> Vec<i64> + use<'a> {
        let views: Vec<View<'a>> = columns.iter().map(|column| self.view(*column)).collect();
        move |row| {
            let number = |view: &View<'_>| {
                let id = view.id(row).and_then(|id| i64::try_from(id).ok());
                id.or_else(|| view.integer(row).map(i64::from)).unwrap_or(i64::MIN)
            };
            views.iter().map(number).collect()
        }
    }

    /// `rows` by the cells of `columns`, in the order of their first rows' texts.
    pub(crate) fn groups(&self, columns: &[ColumnDef], rows: impl IntoIterator<Item = usize>) -> BTreeMap<Vec<i64>, Vec<usize>> {
        let group = self.group(columns);
        let mut groups: BTreeMap<Vec<i64>, Vec<usize>> = BTreeMap::new();
        for row in rows {
            groups.entry(group(row)).or_default().push(row);
        }
        groups
    }
}
