//! A side of a comparison, and how it becomes [`Rows`].

mod parquet;
mod postgres;
pub mod trino;

use std::fmt::{self, Debug, Display, Formatter};
use std::path::PathBuf;
use std::str::FromStr;

use aggregator_io::database::DatabaseConfig;

use crate::error::{Error, Result};
use crate::rows::{Filter, Rows, RowsBuilder, Unreadable};
use crate::subject::{FoundColumn, Subject};
use trino::TrinoConfig;

/// A side: where rows are.
#[derive(Clone)]
pub enum Side {
    /// A Parquet file, or a directory of them.
    Path(PathBuf),
    /// koku's table in PostgreSQL.
    Postgres(Box<DatabaseConfig>),
    /// A table that a running Trino reads.
    Trino(Box<TrinoConfig>),
}

impl FromStr for Side {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once("://") {
            None => Ok(Self::Path(text.into())),
            Some(("file", path)) => Ok(Self::Path(path.into())),
            Some(("postgres" | "postgresql", _)) => postgres::config(text).map(|config| Self::Postgres(Box::new(config))),
            Some(("trino" | "trinos", _)) => TrinoConfig::from_url(text).map(|config| Self::Trino(Box::new(config))),
            Some((scheme, _)) => Err(Error::Scheme { scheme: scheme.to_owned() }),
        }
    }
}

impl Display for Side {
    /// The place, without a password.
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(formatter, "{}", path.display()),
            Self::Postgres(config) => write!(formatter, "{config}"),
            Self::Trino(config) => write!(formatter, "{config}"),
        }
    }
}

impl Debug for Side {
    /// As [`Display`].
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "Side({self})")
    }
}

/// A side that is open: it can say what it has, and be read again and again.
pub(crate) enum Opened {
    /// Files; what is added while they are read is not seen.
    Parquet(parquet::Tree),
    /// One state of the database for as long as it is open.
    Postgres(Box<postgres::Snapshot>),
    /// A table as Trino shows it at each reading.
    Trino(Box<trino::Source>),
}

impl Opened {
    /// Opens `side`; `table` is the name of the table in a database, `schema` the tenant's schema of PostgreSQL.
    pub(crate) async fn open(side: &Side, table: &str, filter: &Filter, schema: Option<&str>) -> Result<Self> {
        if let (Some(start), Some(end)) = (filter.start, filter.end)
            && end < start
        {
            return Err(Error::Window { start, end });
        }
        Ok(match side {
            Side::Path(path) => Self::Parquet(parquet::Tree::open(path, filter)?),
            Side::Postgres(config) => {
                Self::Postgres(Box::new(postgres::Snapshot::open(config, table, schema.ok_or(Error::NoSchema)?).await?))
            }
            Side::Trino(config) => Self::Trino(Box::new(trino::Source::open(config, table)?)),
        })
    }

    /// Where the rows are, without secrets.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Parquet(tree) => tree.name(),
            Self::Postgres(snapshot) => snapshot.name(),
            Self::Trino(source) => source.name(),
        }
    }

    /// Every column that the side has.
    pub(crate) async fn columns(&mut self) -> Result<Vec<FoundColumn>> {
        match self {
            Self::Parquet(tree) => Ok(tree.columns()),
            Self::Postgres(snapshot) => Ok(snapshot.columns()),
            Self::Trino(source) => source.columns().await,
        }
    }

    /// Refuses a side that lacks a column of the key, or one by which rows are filtered.
    pub(crate) fn check(&self, subject: &Subject, filter: &Filter, columns: &[FoundColumn]) -> Result<()> {
        match self {
            Self::Parquet(tree) => tree.check(subject, filter),
            _ => check_columns(self.name(), subject, filter, |name| columns.iter().any(|column| column.name == name)),
        }
    }

    /// Gives the wanted rows to `rows`.
    pub(crate) async fn scan(&mut self, subject: &Subject, columns: &[FoundColumn], rows: &mut RowsBuilder) -> Result<()> {
        match self {
            Self::Parquet(tree) => tree.scan(subject, rows),
            Self::Postgres(snapshot) => snapshot.scan(subject, rows).await,
            Self::Trino(source) => source.scan(subject, columns, rows).await,
        }
    }

    /// Ends what the side keeps open.
    pub(crate) async fn close(self) {
        if let Self::Postgres(snapshot) = self {
            snapshot.close().await;
        }
    }
}

/// The rows of `side` that `filter` wants; `schema` is the tenant's schema of a database.
///
/// # Errors
/// * A window that ends before it starts.
/// * A side without any file, or with one that is not a whole Parquet file or lacks a column of the key.
/// * A value that its column cannot hold.
/// * A database without `schema`, that cannot be reached, or that lacks the table or a column of the key.
pub async fn read(side: &Side, subject: &Subject, filter: &Filter, schema: Option<&str>) -> Result<Rows> {
    let mut opened = Opened::open(side, subject.table_name(), filter, schema).await?;
    let columns = opened.columns().await?;
    opened.check(subject, filter, &columns)?;
    let mut rows = builder(opened.name(), subject, filter, &columns);
    opened.scan(subject, &columns, &mut rows).await?;
    opened.close().await;
    Ok(rows.finish())
}

/// No rows yet of a side that has `columns`.
pub(crate) fn builder(name: &str, subject: &Subject, filter: &Filter, columns: &[FoundColumn]) -> RowsBuilder {
    let mut rows = RowsBuilder::new(name, subject, filter.clone());
    let known = rows.columns();
    for column in columns {
        match known.iter().find(|known| known.name == column.name) {
            Some(known) => rows.has(known),
            None => rows.has_unknown(column.name.as_str()),
        }
    }
    rows
}

/// Refuses a place that lacks a column of the key, or one by which rows are filtered.
fn check_columns(place: &str, subject: &Subject, filter: &Filter, has: impl Fn(&str) -> bool) -> Result<()> {
    let filtered = [(filter.has_window(), subject.day, "day"), (filter.source.is_some(), subject.source, "source")];
    let mut needed: Vec<&'static str> = subject.key.iter().map(|column| column.name).collect();
    for (asked, column, by) in filtered {
        match column {
            Some(column) if asked => needed.push(column.name),
            None if asked => return Err(Error::NoFilter { table: subject.name, by }),
            _ => {}
        }
    }
    match needed.into_iter().find(|column| !has(column)) {
        Some(column) => Err(Error::NoColumn { place: place.to_owned(), column }),
        None => Ok(()),
    }
}

fn unreadable(place: &str) -> impl Fn(Unreadable) -> Error {
    move |Unreadable { column, reason }| Error::Column { place: place.to_owned(), column, reason }
}

#[cfg(test)]
mod tests;
