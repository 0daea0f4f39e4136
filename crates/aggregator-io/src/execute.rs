//! The only place where plans run.
#![allow(clippy::disallowed_methods, reason = "this is the place")]

use crate::error::{Error, Result};
use aggregator_core::table::Table;
use polars::prelude::{DataFrame, IntoLazy, LazyFrame, PolarsError, PolarsResult, UnionArgs, concat};
use serde::{Deserialize, Serialize};

/// How plans run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Streaming where line items are scanned, in memory for what is small.
    #[default]
    Auto,
    /// Polars' streaming engine everywhere.
    Streaming,
    /// Polars' in-memory engine everywhere.
    InMemory,
}

impl Engine {
    fn for_scan(self) -> polars::prelude::Engine {
        match self {
            Self::Auto | Self::Streaming => polars::prelude::Engine::Streaming,
            Self::InMemory => polars::prelude::Engine::InMemory,
        }
    }

    fn for_transform(self) -> polars::prelude::Engine {
        match self {
            Self::Streaming => polars::prelude::Engine::Streaming,
            Self::Auto | Self::InMemory => polars::prelude::Engine::InMemory,
        }
    }
}

/// Runs a plan over small frames.
///
/// # Errors
/// [`Error::Plan`], naming `what`.
pub async fn transform(plan: LazyFrame, engine: Engine, what: &'static str) -> Result<DataFrame> {
    run(plan, engine.for_transform()).await.map_err(|source| Error::Plan { what, source })
}

/// The rows of all `parts`, of which there may be none, with the columns of `table`.
///
/// # Errors
/// [`Error::Plan`], naming `what`.
pub(crate) fn union(table: &Table, parts: impl IntoIterator<Item = DataFrame>, what: &'static str) -> Result<LazyFrame> {
    let none = DataFrame::empty_with_schema(&table.schema());
    let parts = std::iter::once(none).chain(parts).map(|part| table.select(part.lazy())).collect::<Vec<_>>();
    let options = UnionArgs { rechunk: false, ..UnionArgs::default() };
    concat(parts, options).map_err(|source| Error::Plan { what, source })
}

/// Runs a plan over scanned files; the caller knows which.
pub(crate) async fn scan(plan: LazyFrame, engine: Engine) -> PolarsResult<DataFrame> {
    run(plan, engine.for_scan()).await
}

/// Polars brings its own threads and must not block the caller's; and it walks plans by recursion, deeper than a usual stack.
async fn run(plan: LazyFrame, engine: polars::prelude::Engine) -> PolarsResult<DataFrame> {
    const STACK: usize = 64 << 20;
    let (send, receive) = tokio::sync::oneshot::channel();
    let collect = move || {
        #[expect(clippy::redundant_closure_for_method_calls, reason = "Polars does not export the type")]
        let result = plan.collect_with_engine(engine).map(|result| result.unwrap_single());
        // Nobody waits any more if the receiver is gone.
        let _ = send.send(result);
    };
    std::thread::Builder::new().name("aggregator-plan".to_owned()).stack_size(STACK).spawn(collect)?;
    receive.await.unwrap_or_else(|_| Err(PolarsError::ComputeError("the plan panicked".into())))
}
