//! What an audit found, for people and for machines.

use std::fmt::{self, Write};

use serde::{Serialize, Serializer};

use super::law::{Finding, Findings, Law, Verdict};
pub use super::summary::RowCounts;
use crate::rows::Cell;

/// What an audit found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The result, without secrets.
    pub result: String,
    /// Its rows.
    pub rows: usize,
    /// What they are; none for a summary of a cloud.
    pub kinds: Option<RowCounts>,
    /// The line items, if they were read.
    pub line_items: Option<String>,
    /// The laws.
    pub laws: Vec<LawReport>,
}

/// What became of a law.
#[derive(Clone, Debug)]
pub struct LawReport {
    /// The law.
    pub law: &'static Law,
    /// What became of it.
    pub verdict: Verdict,
}

impl Report {
    /// The laws that are broken.
    pub fn broken(&self) -> impl Iterator<Item = &LawReport> {
        self.laws.iter().filter(|law| law.verdict.is_broken())
    }

    /// Whether every law holds that could be checked.
    pub fn holds(&self) -> bool {
        self.broken().next().is_none()
    }
}

/// The report as text: the verdict first, then each law, then what breaks it.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    // Writing into a `String` cannot fail.
    write_report(report, &mut out).unwrap_or_default();
    out
}

fn write_report(report: &Report, out: &mut String) -> fmt::Result {
    let broken = report.broken().count();
    let checked = report.laws.iter().filter(|law| matches!(law.verdict, Verdict::Checked(_))).count();
    match broken {
        0 => writeln!(out, "audit: all {checked} laws hold that could be checked")?,
        1 => writeln!(out, "audit: 1 of {checked} laws is broken")?,
        _ => writeln!(out, "audit: {broken} of {checked} laws are broken")?,
    }
    writeln!(out, "  result      {:>9} rows  {}", report.rows, report.result)?;
    if let Some(RowCounts { pod, storage, unallocated, other }) = report.kinds {
        writeln!(out, "  of them     {pod} of pods, {storage} of storage, {unallocated} of unallocated capacity, {other} others")?;
    }
    if let Some(line_items) = &report.line_items {
        writeln!(out, "  line items  {line_items}")?;
    }
    let width = report.laws.iter().map(|law| law.law.name.len()).max().unwrap_or_default();
    writeln!(out, "\n{:width$}  {:>9}  {:>10}  {:>8}", "law", "checked", "violations", "excepted")?;
    for LawReport { law, verdict } in &report.laws {
        match verdict {
            Verdict::Checked(findings) => {
                let excepted: u64 = findings.excepted.iter().map(|(_, count)| count).sum();
                writeln!(out, "{:width$}  {:>9}  {:>10}  {excepted:>8}", law.name, findings.checked, findings.violations)?;
            }
            Verdict::NotChecked(reason) => writeln!(out, "{:width$}  not checked: {reason}", law.name)?,
        }
    }
    for LawReport { law, verdict } in &report.laws {
        if let Verdict::Checked(findings) = verdict {
            write_findings(law, findings, out)?;
        }
    }
    Ok(())
}

fn write_findings(law: &Law, findings: &Findings, out: &mut String) -> fmt::Result {
    for (reason, count) in &findings.excepted {
        writeln!(out, "\n{}: {count} passed over: {reason}", law.name)?;
    }
    if findings.violations > 0 {
        writeln!(out, "\n{}: {}", law.name, law.says)?;
        writeln!(out, "  the first {} of {} violations:", findings.first.len(), findings.violations)?;
        write_each(&findings.first, out)?;
    }
    if findings.noted > 0 {
        writeln!(out, "\n{}: the first {} of {} worth telling:", law.name, findings.notes.len(), findings.noted)?;
        write_each(&findings.notes, out)?;
    }
    Ok(())
}

fn write_each(findings: &[Finding], out: &mut String) -> fmt::Result {
    for (at, Finding { key, column, values, problem }) in findings.iter().enumerate() {
        let key: Vec<String> = key.iter().map(|(column, cell)| format!("{column}={cell}")).collect();
        writeln!(out, "{}. {}", at + 1, key.join(" "))?;
        write!(out, "     ")?;
        if let Some(column) = column {
            write!(out, "{column}: ")?;
        }
        write!(out, "{problem}")?;
        for (at, (what, value)) in values.iter().enumerate() {
            write!(out, "{} {what} {value}", if at == 0 { ":" } else { "," })?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A law as `--explain` shows it.
pub fn explanation(law: &Law) -> String {
    let Law { name, says, why, exceptions, .. } = law;
    format!("{name}\n\n{says}\n\nWhy: {why}\n\nExceptions: {exceptions}\n")
}

/// All laws as `--list` shows them: a name and what it says, a line each.
pub fn list<'a>(laws: impl Iterator<Item = &'a Law>) -> String {
    let laws: Vec<&Law> = laws.collect();
    let width = laws.iter().map(|law| law.name.len()).max().unwrap_or_default();
    let mut out = String::new();
    for law in laws {
        // Writing into a `String` cannot fail.
        writeln!(out, "{:width$}  {}", law.name, law.says).unwrap_or_default();
    }
    out
}

/// The report as one JSON object over several lines.
///
/// # Errors
/// The report cannot be written as JSON.
pub fn json(report: &Report) -> Result<String, serde_json::Error> {
    let document = Document {
        holds: report.holds(),
        result: &report.result,
        rows: report.rows,
        kinds: report.kinds,
        line_items: report.line_items.as_deref(),
        laws: report.laws.iter().map(LawDocument::new).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

#[derive(Serialize)]
struct Document<'a> {
    holds: bool,
    result: &'a str,
    rows: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    kinds: Option<RowCounts>,
    line_items: Option<&'a str>,
    laws: Vec<LawDocument<'a>>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Holds,
    Broken,
    NotChecked,
}

#[derive(Serialize)]
struct LawDocument<'a> {
    name: &'static str,
    says: &'static str,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(flatten)]
    findings: Option<FindingsDocument<'a>>,
}

#[derive(Serialize)]
struct FindingsDocument<'a> {
    checked: u64,
    violations: u64,
    excepted: Object<'a, &'static str, u64>,
    first: Vec<FindingDocument<'a>>,
    noted: u64,
    notes: Vec<FindingDocument<'a>>,
}

#[derive(Serialize)]
struct FindingDocument<'a> {
    key: Object<'a, &'static str, Cell>,
    column: Option<&'static str>,
    problem: &'a str,
    values: Object<'a, &'static str, Cell>,
}

impl<'a> LawDocument<'a> {
    fn new(report: &'a LawReport) -> Self {
        let LawReport { law, verdict } = report;
        let (state, reason, findings) = match verdict {
            Verdict::NotChecked(reason) => (State::NotChecked, Some(reason.as_str()), None),
            Verdict::Checked(findings) => {
                (if verdict.is_broken() { State::Broken } else { State::Holds }, None, Some(FindingsDocument::new(findings)))
            }
        };
        Self { name: law.name, says: law.says, state, reason, findings }
    }
}

impl<'a> FindingsDocument<'a> {
    fn new(findings: &'a Findings) -> Self {
        Self {
            checked: findings.checked,
            violations: findings.violations,
            excepted: Object(&findings.excepted),
            first: findings.first.iter().map(FindingDocument::new).collect(),
            noted: findings.noted,
            notes: findings.notes.iter().map(FindingDocument::new).collect(),
        }
    }
}

impl<'a> FindingDocument<'a> {
    fn new(finding: &'a Finding) -> Self {
        let Finding { key, column, values, problem } = finding;
        Self { key: Object(key), column: *column, problem, values: Object(values) }
    }
}

/// Pairs as an object, in their order.
struct Object<'a, K, V>(&'a [(K, V)]);

impl<K: Serialize, V: Serialize> Serialize for Object<'_, K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}
