//! A side of a comparison, and how it becomes [`Rows`].

mod parquet;
mod postgres;

use std::fmt::{self, Debug, Display, Formatter};
use std::path::PathBuf;
use std::str::FromStr;

use aggregator_io::database::DatabaseConfig;

use crate::error::{Error, Result};
use crate::rows::{Filter, Rows, RowsBuilder, Unreadable};
use crate::subject::Subject;

/// A side: where rows are.
#[derive(Clone)]
pub enum Side {
    /// A Parquet file, or a directory of them.
    Path(PathBuf),
    /// koku's table in PostgreSQL.
    Postgres(Box<DatabaseConfig>),
}

impl FromStr for Side {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once("://") {
            None => Ok(Self::Path(text.into())),
            Some(("file", path)) => Ok(Self::Path(path.into())),
            Some(("postgres" | "postgresql", _)) => postgres::config(text).map(|config| Self::Postgres(Box::new(config))),
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
        }
    }
}

impl Debug for Side {
    /// As [`Display`].
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "Side({self})")
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
    if let (Some(start), Some(end)) = (filter.start, filter.end)
        && end < start
    {
        return Err(Error::Window { start, end });
    }
    match side {
        Side::Path(path) => parquet::read(path, subject, filter),
        Side::Postgres(config) => postgres::read(config, subject, filter, schema.ok_or(Error::NoSchema)?).await,
    }
}

/// Refuses a place that lacks a column of the key, or the one by which sources are filtered.
fn check_columns(place: &str, subject: &Subject, filter: &Filter, has: impl Fn(&str) -> bool) -> Result<()> {
    let needed = subject.key.iter().chain(filter.source.is_some().then_some(&subject.source));
    match needed.into_iter().find(|column| !has(column.name)) {
        Some(column) => Err(Error::NoColumn { place: place.to_owned(), column: column.name }),
        None => Ok(()),
    }
}

fn unreadable(place: &str) -> impl Fn(Unreadable) -> Error {
    move |Unreadable { column, reason }| Error::Column { place: place.to_owned(), column, reason }
}

fn builder(side: impl Display, subject: &Subject, filter: &Filter) -> RowsBuilder {
    RowsBuilder::new(side.to_string(), subject, filter.clone())
}

#[cfg(test)]
mod tests;
