//! Files of totals.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Period, Total, Words, csv, number, relative, tag};
use crate::nise::model::{Given, Ordered};
use crate::nise::yaml::from_text;

const PERIOD: &str = "period";
const TAG: &str = "tag";
const COLUMN: &str = "column";
const VALUE: &str = "value";
const TOLERANCE: &str = "tolerance";
const ABSOLUTE: &str = "absolute";

/// The totals of a CSV file: a line for each.
pub(crate) fn from_csv(text: &str, words: &Words) -> Result<Vec<Total>, String> {
    let mut lines = csv::lines(text)?.into_iter();
    let (_, header) = lines.next().ok_or("the file is empty")?;
    let known = |name: &str| [PERIOD, TAG, COLUMN, VALUE, TOLERANCE, ABSOLUTE].contains(&name) || words.selector(name).is_some();
    if let Some(unknown) = header.iter().find(|name| !known(name)) {
        return Err(format!(
            "the header has `{unknown}`; there are {PERIOD}, {}, {TAG}, {COLUMN}, {VALUE}, {TOLERANCE}, {ABSOLUTE}",
            words.names()
        ));
    }
    lines
        .map(|(number, fields)| {
            if fields.len() != header.len() {
                return Err(format!("line {number}: it has {} fields, the header {}", fields.len(), header.len()));
            }
            let fields: BTreeMap<&str, &str> = header.iter().map(String::as_str).zip(fields.iter().map(String::as_str)).collect();
            from_fields(&fields, words).map_err(|reason| format!("line {number}: {reason}"))
        })
        .collect()
}

fn from_fields(fields: &BTreeMap<&str, &str>, words: &Words) -> Result<Total, String> {
    let field = |name: &str| fields.get(name).copied().unwrap_or_default();
    let optional = |name: &str| Some(field(name)).filter(|text| !text.is_empty());
    let selected = words.selectors.iter().filter_map(|column| optional(column.name).map(|value| (*column, value.to_owned())));
    Ok(Total {
        period: Period::parse(field(PERIOD))?,
        selected: selected.collect(),
        tag: tag(field(TAG))?,
        column: words.measure(field(COLUMN))?,
        value: number(field(VALUE))?,
        relative: optional(TOLERANCE).map(relative).transpose()?,
        absolute: optional(ABSOLUTE).map(number).transpose()?.unwrap_or_default(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    tolerance: Option<Given>,
    totals: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    period: Option<Given>,
    #[serde(default)]
    by: Option<Ordered<Given>>,
    #[serde(default)]
    tag: Option<Given>,
    #[serde(default)]
    tolerance: Option<Given>,
    values: Ordered<Value>,
}

/// A number, or one with a tolerance.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Detailed(Detailed),
    Number(f64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Detailed {
    value: f64,
    #[serde(default)]
    tolerance: Option<f64>,
    #[serde(default)]
    absolute: Option<f64>,
}

/// The totals of a YAML file: entries of several values.
pub(crate) fn from_yaml(text: &str, words: &Words) -> Result<Vec<Total>, String> {
    let file: File = from_text(text).map_err(|error| error.to_string())?;
    let of_file = file.tolerance.as_ref().map(|Given(text)| relative(text)).transpose()?;
    let mut totals = Vec::new();
    for (index, entry) in file.totals.iter().enumerate() {
        of_entry(entry, of_file, words, &mut totals).map_err(|reason| format!("entry {}: {reason}", index + 1))?;
    }
    Ok(totals)
}

fn of_entry(entry: &Entry, of_file: Option<f64>, words: &Words, totals: &mut Vec<Total>) -> Result<(), String> {
    let text = |given: &Option<Given>| given.as_ref().map(|Given(text)| text.clone()).unwrap_or_default();
    let period = Period::parse(&text(&entry.period))?;
    let mut selected = Vec::new();
    for (name, Given(value)) in entry.by.iter().flat_map(|Ordered(members)| members) {
        selected.push((words.selector(name).ok_or_else(|| format!("rows cannot be chosen by `{name}`"))?, value.clone()));
    }
    let tag = tag(&text(&entry.tag))?;
    let of_entry = entry.tolerance.as_ref().map(|Given(text)| relative(text)).transpose()?.or(of_file);
    for (name, value) in &entry.values.0 {
        let (value, relative, absolute) = match value {
            Value::Number(value) => (*value, None, None),
            Value::Detailed(Detailed { value, tolerance, absolute }) => (*value, *tolerance, *absolute),
        };
        totals.push(Total {
            period,
            selected: selected.clone(),
            tag: tag.clone(),
            column: words.measure(name)?,
            value,
            relative: relative.or(of_entry),
            absolute: absolute.unwrap_or_default(),
        });
    }
    Ok(())
}
