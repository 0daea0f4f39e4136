//! Which faults pass, and how long to wait for that.

use backon::{ExponentialBuilder, Retryable};
use std::future::Future;
use std::time::Duration;

use crate::error::{Error, Result};

/// Five tries within about half a minute, with jitter.
fn policy() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(10))
        .with_max_times(5)
        .with_jitter()
}

/// Repeats `call` while it fails with an error that can pass; a permanent error is returned at once.
///
/// # Errors
/// The last error of `call`.
pub async fn retry<T, F, C>(call: C) -> Result<T>
where
    C: FnMut() -> F,
    F: Future<Output = Result<T>>,
{
    call.retry(policy())
        .when(Error::is_retryable)
        .notify(|error, wait| tracing::warn!(error = %error, wait_seconds = wait.as_secs_f64(), "retrying"))
        .await
}

/// `object_store` retries connection faults and server errors itself; what it still reports as generic may pass, unless the server
/// said that the request was wrong.
pub(crate) fn store_error_is_transient(error: &object_store::Error) -> bool {
    use object_store::Error as Store;
    match error {
        Store::Generic { .. } => !matches!(http_status(error), Some(status @ 400..=499) if ![408, 429].contains(&status)),
        Store::JoinError { .. } => true,
        _ => false,
    }
}

/// The status of an answer that `object_store` reports as generic, as it does when a list is refused; its text alone tells it.
pub(crate) fn http_status(error: &object_store::Error) -> Option<u16> {
    let text = error.to_string();
    let (_, status) = text.split_once("status code: ")?;
    status.get(..3)?.parse().ok()
}

/// Lost connections, and the SQLSTATE classes that PostgreSQL documents as passing.
pub(crate) fn database_error_is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(answer) => answer.code().is_some_and(|code| {
            // Connection exceptions; serialization failure and deadlock; insufficient resources; operator intervention;
            // a lock that was not available.
            code.starts_with("08")
                || code.starts_with("53")
                || code.starts_with("57P")
                || ["40001", "40P01", "55P03"].contains(&code.as_ref())
        }),
        _ => false,
    }
}
