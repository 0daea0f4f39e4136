//! Which rows there are: their kinds, days, partitions, constants and keys.

use std::collections::BTreeMap;

use aggregator_core::table::{ColumnDef, summary};
use chrono::{Datelike, NaiveDate};

use crate::audit::Audit;
use crate::audit::law::{Finding, Findings, Law, Needs};
use crate::audit::summary::{CAPACITIES, POD_MEASURES, RowKind, STORAGE_MEASURES};
use crate::rows::Cell;

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "row-kinds",
        says: "Every row is of pods, of storage, or of unallocated capacity, and pods and unallocated capacity are on a node.",
        why: "The summary has two INSERTs and three kinds of rows. Rows of pods and storage have a usage cost of zeros; rows of \
              unallocated capacity have none, and the namespace `Platform unallocated`, `Worker unallocated` or null. Pods without a \
              node are dropped.",
        exceptions: "koku's table in PostgreSQL also holds what cost models and cloud bills wrote there. Rows without a \
                     usage cost that are not of unallocated capacity, or that have no number at all, are counted and passed over there; in \
                     a managed table they break the law.",
        needs: &[Needs::Column(summary::INFRASTRUCTURE_USAGE_COST)],
        check: row_kinds,
    },
    Law {
        name: "absent-columns",
        says: "A row has no value in the columns of another kind.",
        why: "Pods have no claim, volume, storage class and storage measures; storage has no pod labels, pod measures and capacity of \
              nodes; unallocated capacity has neither labels nor limits.",
        exceptions: "None.",
        needs: &[Needs::Column(summary::INFRASTRUCTURE_USAGE_COST)],
        check: absent_columns,
    },
    Law {
        name: "one-day",
        says: "Every row is of one day: `usage_start` and `usage_end` are that day.",
        why: "Both are the day of the line items' `interval_start`.",
        exceptions: "Rows of others in koku's table.",
        needs: &[Needs::Column(summary::USAGE_END)],
        check: one_day,
    },
    Law {
        name: "window",
        says: "No row lies outside of the window.",
        why: "Line items outside of the window are not read.",
        exceptions: "A PostgreSQL table holds many windows; it is asked for the rows of the given one, and the law is not checked. Of a \
                     partitioned directory, the partitions of the window are read, and every row in them.",
        needs: &[Needs::Window],
        check: window,
    },
    Law {
        name: "partitions",
        says: "The partition of a row is its source and day: `source`, `year`, and `month` and `day` without leading zeros.",
        why: "The partition columns are made of the same values as `source_uuid` and `usage_start`; readers that prune partitions \
              would miss a row elsewhere.",
        exceptions: "None. A result without partition columns is not checked.",
        needs: &[Needs::Column(summary::YEAR), Needs::Column(summary::MONTH), Needs::Column(summary::DAY)],
        check: partitions,
    },
    Law {
        name: "source-constants",
        says: "A source has one cluster, one report period a month, and one name of its cluster a day.",
        why: "They are parameters of a run, and a run replaces whole days of one source.",
        exceptions: "The name of a cluster may change from day to day, since days can be summarised before and after it was renamed.",
        needs: &[Needs::Column(summary::SOURCE_UUID)],
        check: source_constants,
    },
    Law {
        name: "unique-keys",
        says: "No two rows of pods or storage share what the summary groups by.",
        why: "Pods are grouped by day, namespace, node and labels; storage by day, namespace, node, its id, claim, volume, storage \
              class, handle and labels. Twice the same key is a run that was added instead of replaced.",
        exceptions: "Without `csi_volume_handle`, as in PostgreSQL, rows of storage may repeat: they are not checked there. Rows of \
                     unallocated capacity have their own law, `unallocated-rows`.",
        needs: &[Needs::Column(summary::SOURCE_UUID)],
        check: unique_keys,
    },
];

/// Why a row of koku's table is passed over.
const OF_OTHERS: &str = "rows that the daily summary did not write (cost models, cloud bills)";

fn row_kinds(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let [data_source, cost, node] =
        [summary::DATA_SOURCE, summary::INFRASTRUCTURE_USAGE_COST, summary::NODE].map(|column| summary.view(column));
    for row in 0..summary.len() {
        let kind = summary.kind(row);
        if kind == RowKind::Other && summary.is_shared() {
            findings.except(OF_OTHERS);
            continue;
        }
        let on_node = node.text(row).is_some_and(|node| !node.is_empty());
        let holds = match kind {
            RowKind::Pod | RowKind::Unallocated => on_node,
            RowKind::Storage => true,
            RowKind::Other => false,
        };
        findings.check(holds, || {
            let finding = |problem: &str| Finding::new(summary.key(row), problem);
            match (kind, data_source.text(row)) {
                (RowKind::Other, Some("Pod" | "Storage")) if cost.is_null(row) => {
                    finding("neither a usage cost nor the namespace of unallocated capacity").of(summary::INFRASTRUCTURE_USAGE_COST)
                }
                (RowKind::Other, _) => {
                    finding("neither `Pod` nor `Storage`").of(summary::DATA_SOURCE).with("found", summary.cell(summary::DATA_SOURCE, row))
                }
                _ => finding("a row of pods without a node").of(summary::NODE).with("found", summary.cell(summary::NODE, row)),
            }
        });
    }
}

fn absent_columns(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let volume = [summary::PERSISTENTVOLUMECLAIM, summary::PERSISTENTVOLUME, summary::STORAGECLASS, summary::CSI_VOLUME_HANDLE];
    let limits = [summary::POD_LIMIT_CPU_CORE_HOURS, summary::POD_LIMIT_MEMORY_GIGABYTE_HOURS];
    let of_pods: Vec<ColumnDef> = volume.into_iter().chain([summary::VOLUME_LABELS]).chain(STORAGE_MEASURES).collect();
    let of_storage: Vec<ColumnDef> = [summary::POD_LABELS].into_iter().chain(POD_MEASURES).chain(CAPACITIES).collect();
    let of_unallocated: Vec<ColumnDef> =
        of_pods.iter().copied().chain(limits).chain([summary::POD_LABELS, summary::INFRASTRUCTURE_USAGE_COST]).collect();
    for (kind, columns) in [(RowKind::Pod, of_pods), (RowKind::Storage, of_storage), (RowKind::Unallocated, of_unallocated)] {
        let views: Vec<_> = columns.iter().map(|column| (*column, summary.view(*column))).collect();
        for row in summary.of(kind) {
            let wrong = views.iter().find(|(_, view)| !view.is_null(row));
            findings.check(wrong.is_none(), || {
                let finding = Finding::new(summary.key(row), "a value where this kind of row has none");
                match wrong {
                    Some((column, _)) => finding.of(*column).with("found", summary.cell(*column, row)),
                    None => finding,
                }
            });
        }
    }
}

fn one_day(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let [start, end] = [summary::USAGE_START, summary::USAGE_END].map(|column| summary.view(column));
    for row in (0..summary.len()).filter(|row| summary.kind(*row) != RowKind::Other || !summary.is_shared()) {
        let (first, last) = (start.integer(row), end.integer(row));
        findings.check(first.is_some() && first == last, || {
            let value = |column| summary.cell(column, row);
            Finding::new(summary.key(row), "not one day")
                .of(summary::USAGE_END)
                .with(summary::USAGE_START.name, value(summary::USAGE_START))
                .with(summary::USAGE_END.name, value(summary::USAGE_END))
        });
    }
}

fn window(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let start = summary.view(summary::USAGE_START);
    for row in 0..summary.len() {
        let day = start.integer(row).and_then(NaiveDate::from_epoch_days);
        let holds = day.is_some_and(|day| audit.days.holds(day));
        findings.check(holds, || Finding::new(summary.key(row), "outside of the window").of(summary::USAGE_START));
    }
}

fn partitions(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let has_source = summary.has(summary::SOURCE);
    let of_day = [summary::YEAR, summary::MONTH, summary::DAY].map(|column| (column, summary.view(column)));
    let [source, source_uuid, start] = [summary::SOURCE, summary::SOURCE_UUID, summary::USAGE_START].map(|column| summary.view(column));
    for row in 0..summary.len() {
        let day = start.integer(row).and_then(NaiveDate::from_epoch_days);
        let expected = day.map(|day| [day.year().to_string(), day.month().to_string(), day.day().to_string()]);
        let wrong_source = has_source && source.id(row) != source_uuid.id(row);
        let wrong_day = of_day.iter().enumerate().find(|(at, (_, view))| {
            let expected = expected.as_ref().and_then(|expected| expected.get(*at)).map(String::as_str);
            expected.is_none() || view.text(row) != expected
        });
        findings.check(!wrong_source && wrong_day.is_none(), || {
            let finding = Finding::new(summary.key(row), "not the partition of the row");
            match wrong_day {
                _ if wrong_source => finding
                    .of(summary::SOURCE)
                    .with("found", summary.cell(summary::SOURCE, row))
                    .with("expected", summary.cell(summary::SOURCE_UUID, row)),
                Some((at, (column, _))) => {
                    let expected = expected.as_ref().and_then(|expected| expected.get(at)).cloned().map_or(Cell::Null, Cell::Text);
                    finding.of(*column).with("found", summary.cell(*column, row)).with("expected", expected)
                }
                None => finding,
            }
        });
    }
}

fn source_constants(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let start = summary.view(summary::USAGE_START);
    let period = |row: usize, column: ColumnDef| {
        let day = start.integer(row).and_then(NaiveDate::from_epoch_days).unwrap_or_default();
        match column {
            summary::REPORT_PERIOD_ID => i64::from(day.year()) * 12 + i64::from(day.month0()),
            summary::CLUSTER_ALIAS => i64::from(day.to_epoch_days()),
            _ => 0,
        }
    };
    for column in [summary::CLUSTER_ID, summary::REPORT_PERIOD_ID, summary::CLUSTER_ALIAS] {
        if !summary.has(column) {
            continue;
        }
        let (source, value) = (summary.group(&[summary::SOURCE_UUID]), summary.group(&[column]));
        let mut first: BTreeMap<(Vec<i64>, i64), usize> = BTreeMap::new();
        for row in 0..summary.len() {
            let known = *first.entry((source(row), period(row, column))).or_insert(row);
            findings.check(value(known) == value(row), || {
                Finding::new(summary.key(row), "another value than in the first row of the source")
                    .of(column)
                    .with("found", summary.cell(column, row))
                    .with("first", summary.cell(column, known))
            });
        }
    }
}

fn unique_keys(audit: &Audit<'_>, findings: &mut Findings) {
    const OF_PODS: [ColumnDef; 5] = [summary::SOURCE_UUID, summary::USAGE_START, summary::NAMESPACE, summary::NODE, summary::POD_LABELS];
    const OF_STORAGE: [ColumnDef; 10] = [
        summary::SOURCE_UUID,
        summary::USAGE_START,
        summary::NAMESPACE,
        summary::NODE,
        summary::RESOURCE_ID,
        summary::PERSISTENTVOLUMECLAIM,
        summary::PERSISTENTVOLUME,
        summary::STORAGECLASS,
        summary::CSI_VOLUME_HANDLE,
        summary::VOLUME_LABELS,
    ];
    let summary = &audit.summary;
    let mut check = |kind: RowKind, columns: &[ColumnDef]| {
        for rows in summary.groups(columns, summary.of(kind)).into_values() {
            let (first, others) = (rows.first().copied().unwrap_or_default(), rows.len().saturating_sub(1));
            findings.checked += rows.len() as u64;
            for _ in 0..others {
                findings.broken(|| Finding::new(summary.key(first), format!("{} rows of one key", rows.len())));
            }
        }
    };
    check(RowKind::Pod, &OF_PODS);
    if summary.has(summary::CSI_VOLUME_HANDLE) {
        check(RowKind::Storage, &OF_STORAGE);
    } else {
        summary.of(RowKind::Storage).for_each(|_| findings.except("rows of storage without the handle of the volume"));
    }
}
