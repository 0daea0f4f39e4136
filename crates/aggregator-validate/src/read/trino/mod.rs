//! A table that a running Trino reads, as rows.
//!
//! `client` speaks Trino's HTTP protocol, `types` makes values of what it answers, and this module asks for a table.
//!
//! # Secrets
//! A password or a token comes from the environment only, goes to the one server that the URL names, over TLS unless that server is
//! this machine, and is in no `Debug`, `Display` or error.

pub(crate) mod client;
mod types;

use std::fmt::{self, Debug, Display, Formatter};

use aggregator_core::table::{ColumnDef, summary};
use aggregator_io::config::Secret;
use chrono::{Datelike, Months, NaiveDate};
use url::Url;

use super::unreadable;
use crate::error::{Error, Result};
use crate::rows::{Filter, RowsBuilder, Value};
use crate::subject::{FoundColumn, Origin, Subject};
use client::{Client, Patience};
use types::{Decoded, Type};

pub use client::Failure;

/// The longest window, in months, whose partitions are named one by one.
const LONGEST_WINDOW: usize = 36;

/// Which table of which Trino, and who asks: `trino://user@host:port/catalog/schema/table`, `trinos://…` with TLS.
#[derive(Clone, PartialEq, Eq)]
pub struct TrinoConfig {
    tls: Tls,
    user: String,
    host: String,
    port: u16,
    catalog: String,
    schema: String,
    table: Option<String>,
}

/// Whether a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    On,
    Off,
}

/// How a user proves to be that user.
#[derive(Clone, Debug)]
pub(crate) enum Credentials {
    /// Trino does not ask.
    None,
    /// A password, from `TRINO_PASSWORD`.
    Password(Secret),
    /// A JWT or another bearer token, from `TRINO_TOKEN`.
    Token(Secret),
}

impl Credentials {
    /// What the environment has; a token goes before a password.
    fn from_environment() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a secret of this side only, which must not stand on the command line")]
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty()).map(Secret::new);
        match (variable("TRINO_TOKEN"), variable("TRINO_PASSWORD")) {
            (Some(token), _) => Self::Token(token),
            (None, Some(password)) => Self::Password(password),
            (None, None) => Self::None,
        }
    }
}

impl TrinoConfig {
    /// The table that `url` names.
    ///
    /// # Errors
    /// [`Error::TrinoUrl`]: no user, host, catalog or schema, a password, or anything else that has no meaning here.
    pub fn from_url(url: &str) -> Result<Self> {
        let bad = |reason: &str| Error::TrinoUrl { reason: reason.to_owned() };
        let rest = url.split_once("://").map_or("", |(_, rest)| rest);
        // A bare `/`, `?` or `#` in a password would end the host there, and the rest of the password would show as a name.
        let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        if rest.get(host_end..).is_some_and(|rest| rest.contains('@')) {
            return Err(bad("an `@` stands after the host"));
        }
        let url = Url::parse(url).map_err(|error| bad(&error.to_string()))?;
        let (tls, port) = match url.scheme() {
            "trino" => (Tls::Off, 8080),
            "trinos" => (Tls::On, 443),
            _ => return Err(bad("it starts with neither `trino://` nor `trinos://`")),
        };
        if url.password().is_some() {
            return Err(bad("it holds a password, which every user of the machine could read"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("something follows the table"));
        }
        let decoded = |text: &str| percent_decoded(text).ok_or_else(|| bad("its percent-encoding is not valid"));
        let user = decoded(url.username())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| bad("the host is missing"))?.to_owned();
        let path = url.path().trim_start_matches('/');
        let parts: Vec<String> = path.split('/').map(decoded).collect::<Result<_>>()?;
        let (catalog, schema, table) = match parts.as_slice() {
            [catalog, schema] => (catalog, schema, None),
            [catalog, schema, table] => (catalog, schema, Some(table.clone())),
            _ => return Err(bad("catalog and schema, and a table if it is not that of `--table`, must follow the host")),
        };
        if user.is_empty() || !user.chars().all(|sign| sign.is_ascii_graphic()) {
            return Err(bad("the user is missing, or no plain text"));
        }
        if catalog.is_empty() || schema.is_empty() || table.as_ref().is_some_and(String::is_empty) {
            return Err(bad("catalog, schema and table must have names"));
        }
        Ok(Self { tls, user, port: url.port().unwrap_or(port), host, catalog: catalog.clone(), schema: schema.clone(), table })
    }

    /// Where requests go.
    fn base(&self) -> Result<Url> {
        let scheme = match self.tls {
            Tls::On => "https",
            Tls::Off => "http",
        };
        format!("{scheme}://{}:{}/", self.host, self.port)
            .parse()
            .map_err(|_| Error::TrinoUrl { reason: "the host has no valid name".to_owned() })
    }

    fn is_this_machine(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
    }
}

impl Display for TrinoConfig {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let scheme = match self.tls {
            Tls::On => "trinos",
            Tls::Off => "trino",
        };
        write!(formatter, "{scheme}://{}@{}:{}/{}/{}", self.user, self.host, self.port, self.catalog, self.schema)?;
        self.table.as_ref().map_or(Ok(()), |table| write!(formatter, "/{table}"))
    }
}

impl Debug for TrinoConfig {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "TrinoConfig({self})")
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, encoded)) = rest.split_once('%') {
        bytes.extend_from_slice(plain.as_bytes());
        bytes.push(u8::from_str_radix(encoded.get(..2)?, 16).ok()?);
        rest = encoded.get(2..)?;
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}

/// A table that can be asked for again and again; each time Trino answers what it finds then.
pub(crate) struct Source {
    name: String,
    table: String,
    client: Client,
    types: Vec<(String, Type)>,
}

impl Source {
    /// The table of `config`, or the one called `table` where the URL names none.
    pub(crate) fn open(config: &TrinoConfig, table: &str) -> Result<Self> {
        Self::new(config, table, Credentials::from_environment(), Patience::default())
    }

    pub(crate) fn new(config: &TrinoConfig, table: &str, credentials: Credentials, patience: Patience) -> Result<Self> {
        if !matches!(credentials, Credentials::None) && config.tls == Tls::Off && !config.is_this_machine() {
            return Err(Error::NoTls { host: config.host.clone() });
        }
        let table = config.table.as_deref().unwrap_or(table);
        let name = match config.table {
            Some(_) => config.to_string(),
            None => format!("{config}/{table}"),
        };
        let table = [&config.catalog, &config.schema, table].map(quoted).join(".");
        let client = Client::new(config.base()?, &config.user, credentials, patience)
            .map_err(|source| Error::Trino { action: format!("ask `{name}`"), source })?;
        Ok(Self { name, table, client, types: Vec::new() })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The columns of the table.
    pub(crate) async fn columns(&mut self) -> Result<Vec<FoundColumn>> {
        let sql = format!("SELECT * FROM {} WHERE false", self.table);
        let columns = self.client.run(&sql, |_, _| Ok::<_, Error>(())).await.map_err(|failed| self.failed(failed))?;
        self.types = columns.into_iter().map(|column| (column.name, Type::of(&column.data_type))).collect();
        Ok(self.types.iter().map(|(name, data_type)| FoundColumn { name: name.clone(), found: data_type.found() }).collect())
    }

    /// Gives the wanted rows to `rows`, page by page.
    pub(crate) async fn scan(&mut self, subject: &Subject, columns: &[FoundColumn], rows: &mut RowsBuilder) -> Result<()> {
        let known = rows.columns();
        let has = |column: &&ColumnDef| columns.iter().any(|found| found.name == column.name) && subject.ignored(column.name).is_none();
        let selected: Vec<(&ColumnDef, Type)> =
            known.iter().filter(has).filter_map(|column| Some((column, self.type_of(column.name)?))).collect();
        // Where each column of `rows` stands in the answer.
        let places: Vec<Option<usize>> =
            known.iter().map(|column| selected.iter().position(|(selected, _)| selected.name == column.name)).collect();
        let sql = self.select(&selected, subject, rows.filter());
        let name = &self.name;
        let answered = self.client.run(&sql, |_, page| {
            for cells in page {
                let row: Vec<Decoded<'_>> = selected
                    .iter()
                    .zip(cells)
                    .map(|((column, data_type), cell)| {
                        let refused = |reason| Error::Column { place: name.clone(), column: column.name, reason };
                        data_type.decoded(cell.get(), subject.origin == Origin::Discovered).map_err(refused)
                    })
                    .collect::<Result<_>>()?;
                let value = |column: usize| {
                    let place = places.get(column).copied().flatten();
                    Ok(place.and_then(|place| row.get(place)).map_or(Value::Null, Decoded::value))
                };
                rows.push(value).map_err(unreadable(name))?;
            }
            Ok(())
        });
        answered.await.map(drop).map_err(|failed| self.failed(failed))
    }

    fn failed(&self, failed: client::Failed<Error>) -> Error {
        match failed {
            client::Failed::Trino(source) => Error::Trino { action: format!("read `{}`", self.name), source },
            client::Failed::Taking(error) => error,
        }
    }

    fn type_of(&self, column: &str) -> Option<Type> {
        self.types.iter().find(|(name, _)| name == column).map(|(_, data_type)| *data_type)
    }

    fn select(&self, selected: &[(&ColumnDef, Type)], subject: &Subject, filter: &Filter) -> String {
        let columns: Vec<String> = selected.iter().map(|(column, data_type)| data_type.selected(&quoted(column.name))).collect();
        let columns = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
        let mut sql = format!("SELECT {columns} FROM {}", self.table);
        let conditions = self.conditions(subject, filter);
        if !conditions.is_empty() {
            sql.push_str(" WHERE ");
            sql.push_str(&conditions.join(" AND "));
        }
        sql
    }

    /// What a row must be; partitions that can hold no such row are named, since a table may need that to be read at all.
    fn conditions(&self, subject: &Subject, filter: &Filter) -> Vec<String> {
        let mut conditions = Vec::new();
        if let Some(day) = subject.day.filter(|_| filter.has_window()) {
            let day_of_row = match self.type_of(day.name) {
                Some(Type::Date) => quoted(day.name),
                Some(data_type) => format!("CAST({} AS date)", data_type.selected(&quoted(day.name))),
                None => "CAST(NULL AS date)".to_owned(),
            };
            conditions.extend(filter.start.map(|start| format!("{day_of_row} >= DATE '{start}'")));
            conditions.extend(filter.end.map(|end| format!("{day_of_row} <= DATE '{end}'")));
        }
        let is_partition = |column: &ColumnDef| subject.partitions.iter().any(|partition| partition.name == column.name);
        if let Some(source) = &filter.source {
            let partition = Some(summary::SOURCE).filter(is_partition);
            for column in subject.source.into_iter().chain(partition.filter(|column| Some(column.name) != subject.source.map(|it| it.name)))
            {
                if self.type_of(column.name).is_some() {
                    conditions.push(format!("CAST({} AS varchar) = {}", quoted(column.name), literal(source)));
                }
            }
        }
        if let (Some(start), Some(end)) = (filter.start, filter.end)
            && [summary::YEAR, summary::MONTH].iter().all(|column| is_partition(column) && self.type_of(column.name) == Some(Type::Text))
        {
            conditions.extend(months(start, end));
        }
        conditions
    }
}

/// The partitions of the months of a window, with and without a leading zero.
fn months(start: NaiveDate, end: NaiveDate) -> Option<String> {
    let first = start.with_day(1)?;
    let months = (0..).map_while(|month| first.checked_add_months(Months::new(month))).take_while(|month| *month <= end);
    let months: Vec<NaiveDate> = months.take(LONGEST_WINDOW + 1).collect();
    if months.is_empty() || months.len() > LONGEST_WINDOW {
        return None;
    }
    let (year, month) = (quoted(summary::YEAR.name), quoted(summary::MONTH.name));
    let alternatives: Vec<String> =
        months.iter().map(|day| format!("({year} = '{0}' AND {month} IN ('{1}', '{1:02}'))", day.year(), day.month())).collect();
    Some(format!("({})", alternatives.join(" OR ")))
}

/// A name as SQL, whatever is in it.
fn quoted(name: impl AsRef<str>) -> String {
    format!("\"{}\"", name.as_ref().replace('"', "\"\""))
}

/// A text as SQL.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests;
