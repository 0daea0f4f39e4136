//! Labels, costs, categories, and the width of texts.

use std::collections::BTreeMap;

use aggregator_core::table::{ColumnDef, Kind, summary};
use serde_json::{Map, Value};

use crate::audit::Audit;
use crate::audit::law::{Finding, Findings, Law, Needs};
use crate::audit::summary::RowKind;
use crate::rows::Cell;

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "labels",
        says: "Labels are null or a JSON object whose values are strings or null.",
        why: "They are maps of text to text, written as JSON. A label that is JSON's null in the line items is null in the map.",
        exceptions: "None.",
        needs: &[Needs::Column(summary::POD_LABELS)],
        check: labels,
    },
    Law {
        name: "all-labels",
        says: "`all_labels` are the labels of the pod overlaid by those of the volume, and never null.",
        why: "The copy into PostgreSQL merges both, and takes null for no labels.",
        exceptions: "None. The managed table has no such column.",
        needs: &[Needs::Column(summary::ALL_LABELS)],
        check: all_labels,
    },
    Law {
        name: "usage-cost",
        says: "The usage cost of pods and storage is zero for CPU, memory and storage.",
        why: "The summary writes the same text into every row; costs come later, in rows of their own.",
        exceptions: "Older versions of koku wrote costs into these rows.",
        needs: &[Needs::Column(summary::INFRASTRUCTURE_USAGE_COST)],
        check: usage_cost,
    },
    Law {
        name: "cost-category",
        says: "All rows of pods and storage of a namespace and day have one cost category.",
        why: "It is the greatest category whose pattern fits the name of the namespace, and nothing else decides it.",
        exceptions: "None within a day. Categories can be edited between the runs of two days.",
        needs: &[Needs::Column(summary::COST_CATEGORY_ID)],
        check: cost_category,
    },
    Law {
        name: "texts-fit",
        says: "Texts fit the columns of koku's table: not longer, and without U+0000.",
        why: "PostgreSQL refuses them, after the managed table was written.",
        exceptions: "Blanks beyond the width are cut. What a failed run left in the managed table breaks the law.",
        needs: &[],
        check: texts_fit,
    },
];

/// The canonical text of a usage cost of zeros.
const NO_COST: &str = r#"{"cpu":0,"memory":0,"storage":0}"#;

/// The values of a JSON object; none for anything else.
fn object(text: &str) -> Option<Map<String, Value>> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

/// Whether each distinct text of a column is sound; `sound` is asked once a text.
fn check_texts(audit: &Audit<'_>, column: ColumnDef, findings: &mut Findings, problem: &str, sound: impl Fn(&str) -> bool) {
    let view = audit.summary.view(column);
    let mut known: BTreeMap<usize, bool> = BTreeMap::new();
    for row in 0..audit.summary.len() {
        let Some((id, text)) = view.id(row).zip(view.text(row)) else { continue };
        let holds = *known.entry(id).or_insert_with(|| sound(text));
        findings.check(holds, || Finding::new(audit.summary.key(row), problem).of(column).with("found", audit.summary.cell(column, row)));
    }
}

fn labels(audit: &Audit<'_>, findings: &mut Findings) {
    let is_map =
        |text: &str| object(text).is_some_and(|members| members.values().all(|value| matches!(value, Value::String(_) | Value::Null)));
    for column in [summary::POD_LABELS, summary::VOLUME_LABELS, summary::ALL_LABELS] {
        check_texts(audit, column, findings, "no JSON object of strings", is_map);
    }
}

fn all_labels(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let [pod, volume, all] = [summary::POD_LABELS, summary::VOLUME_LABELS, summary::ALL_LABELS].map(|column| summary.view(column));
    let mut known: BTreeMap<[Option<usize>; 3], bool> = BTreeMap::new();
    for row in 0..summary.len() {
        if summary.kind(row) == RowKind::Other {
            findings.except("rows that the daily summary did not write (cost models, cloud bills)");
            continue;
        }
        let members = |text: Option<&str>| text.map_or_else(|| Some(Map::new()), object);
        let merged = || {
            let mut merged = members(pod.text(row))?;
            merged.extend(members(volume.text(row))?);
            Some(merged)
        };
        let holds = *known.entry([pod.id(row), volume.id(row), all.id(row)]).or_insert_with(|| {
            let found = all.text(row).and_then(object);
            found.is_some() && found == merged()
        });
        findings.check(holds, || {
            let expected = merged().map_or(Cell::Null, |merged| Cell::Text(Value::Object(merged).to_string()));
            Finding::new(summary.key(row), "not the labels of pod and volume")
                .of(summary::ALL_LABELS)
                .with("found", summary.cell(summary::ALL_LABELS, row))
                .with("expected", expected)
        });
    }
}

fn usage_cost(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let cost = summary.view(summary::INFRASTRUCTURE_USAGE_COST);
    for row in summary.of(RowKind::Pod).chain(summary.of(RowKind::Storage)) {
        findings.check(cost.text(row) == Some(NO_COST), || {
            Finding::new(summary.key(row), "not zeros")
                .of(summary::INFRASTRUCTURE_USAGE_COST)
                .with("found", summary.cell(summary::INFRASTRUCTURE_USAGE_COST, row))
        });
    }
}

fn cost_category(audit: &Audit<'_>, findings: &mut Findings) {
    let summary = &audit.summary;
    let category = summary.view(summary::COST_CATEGORY_ID);
    let usage = summary.of(RowKind::Pod).chain(summary.of(RowKind::Storage));
    let of_namespace = [summary::SOURCE_UUID, summary::USAGE_START, summary::NAMESPACE];
    for rows in summary.groups(&of_namespace, usage).into_values() {
        let first = rows.first().copied().unwrap_or_default();
        for row in rows {
            findings.check(category.integer(row) == category.integer(first), || {
                Finding::new(summary.key(row), "another category than in the first row of the namespace")
                    .of(summary::COST_CATEGORY_ID)
                    .with("found", summary.cell(summary::COST_CATEGORY_ID, row))
                    .with("first", summary.cell(summary::COST_CATEGORY_ID, first))
            });
        }
    }
}

fn texts_fit(audit: &Audit<'_>, findings: &mut Findings) {
    let is_text = |column: &ColumnDef| matches!(column.kind, Kind::Text | Kind::Labels | Kind::Uuid);
    let columns: Vec<ColumnDef> = audit.summary.columns().filter(is_text).collect();
    for column in columns {
        let fits = |text: &str| {
            let short = column.width.is_none_or(|width| text.len() <= width || text.trim_end_matches(' ').chars().count() <= width);
            short && !holds_nul(text, column)
        };
        check_texts(audit, column, findings, "does not fit koku's table", fits);
    }
}

/// Whether a text holds U+0000; in labels it is escaped.
fn holds_nul(text: &str, column: ColumnDef) -> bool {
    if column.kind != Kind::Labels || !text.contains("\\u0000") {
        return text.contains('\0');
    }
    let holds = |text: &str| text.contains('\0');
    object(text).is_some_and(|members| members.iter().any(|(key, value)| holds(key) || value.as_str().is_some_and(holds)))
}
