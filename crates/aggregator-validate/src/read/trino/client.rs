//! Trino's HTTP protocol: a statement is posted, and its answer comes in pages, each of which names the next one.
//!
//! <https://trino.io/docs/current/develop/client-protocol.html>

use std::borrow::Cow;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode, redirect};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use url::Url;

use super::Credentials;

const USER: HeaderName = HeaderName::from_static("x-trino-user");
const SOURCE: HeaderName = HeaderName::from_static("x-trino-source");
const TIME_ZONE: HeaderName = HeaderName::from_static("x-trino-time-zone");
const CAPABILITIES: HeaderName = HeaderName::from_static("x-trino-client-capabilities");

/// The largest answer to one request. Trino ends a page at 16 MiB or at a row that is larger.
const LARGEST_PAGE: usize = 512 << 20;

/// How much of an error page is shown.
const SHOWN: usize = 300;

/// How long, and how often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// How long until a connection stands.
    pub(crate) connect: Duration,
    /// How long one request lasts, with its answer.
    pub(crate) request: Duration,
    /// How often a request is repeated.
    pub(crate) repeats: u32,
    /// How long to wait before the first repeat; then twice as long each time.
    pub(crate) first_wait: Duration,
    /// How long to wait at most.
    pub(crate) longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_mins(2),
            repeats: 10,
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(5),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The statement failed.
    #[error("the query failed: {message} ({name})")]
    Query {
        /// Trino's name of the error, such as `TABLE_NOT_FOUND`.
        name: String,
        /// Whose fault it is: `USER_ERROR`, `INTERNAL_ERROR`, `INSUFFICIENT_RESOURCES` or `EXTERNAL`.
        kind: String,
        /// Trino's message.
        message: String,
    },
    /// The server answered with something else than a page.
    #[error("the server answered {status}: {message}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// The beginning of its text.
        message: String,
    },
    /// The server sends the client elsewhere, where the credentials may not go.
    #[error("the server redirects to `{host}`, which is not followed")]
    Redirect {
        /// Where to.
        host: String,
    },
    /// The next page is on another server, where the credentials may not go.
    #[error("the next page would be on `{host}`, which is another server than was asked")]
    OtherServer {
        /// Which.
        host: String,
    },
    /// No connection, or one that broke or took too long.
    #[error("there is no connection to the server")]
    Connection(#[source] reqwest::Error),
    /// An answer that is not of the protocol.
    #[error("the answer is none of Trino's: {reason}")]
    Protocol {
        /// What is wrong with it.
        reason: String,
    },
}

impl Failure {
    /// Whether the same statement can succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Query { kind, .. } => kind == "INSUFFICIENT_RESOURCES" || kind == "INTERNAL_ERROR",
            Self::Status { status, .. } => is_busy(*status),
            Self::Connection(_) => true,
            Self::Redirect { .. } | Self::OtherServer { .. } | Self::Protocol { .. } => false,
        }
    }
}

/// Why a statement was not answered to its end.
#[derive(Debug)]
pub(crate) enum Failed<E> {
    /// Trino failed.
    Trino(Failure),
    /// What took the pages failed.
    Taking(E),
}

impl<E> From<Failure> for Failed<E> {
    fn from(failure: Failure) -> Self {
        Self::Trino(failure)
    }
}

/// A column of an answer.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) data_type: String,
}

/// A row of an answer, each cell as the JSON that came.
pub(crate) type JsonRow<'a> = Vec<&'a RawValue>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    /// Every page has it: what has none is no page.
    #[serde(rename = "id")]
    _id: IgnoredAny,
    #[serde(borrow, default)]
    next_uri: Option<Cow<'a, str>>,
    #[serde(default)]
    columns: Option<Vec<Column>>,
    #[serde(borrow, default)]
    data: Option<Vec<JsonRow<'a>>>,
    #[serde(default)]
    error: Option<QueryError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryError {
    #[serde(default)]
    message: String,
    #[serde(default)]
    error_name: String,
    #[serde(default)]
    error_type: String,
}

/// Asks one server as one user.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    user: String,
    credentials: Credentials,
    patience: Patience,
}

impl Client {
    pub(crate) fn new(base: Url, user: &str, credentials: Credentials, patience: Patience) -> Result<Self, Failure> {
        let text = |text: &str| HeaderValue::from_str(text).map_err(|error| Failure::Protocol { reason: error.to_string() });
        let headers = HeaderMap::from_iter([
            (USER, text(user)?),
            (SOURCE, HeaderValue::from_static("aggregator-validate")),
            (TIME_ZONE, HeaderValue::from_static("UTC")),
            // Without it, every time comes as `timestamp(3)`, whatever its precision.
            (CAPABILITIES, HeaderValue::from_static("PARAMETRIC_DATETIME")),
        ]);
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            // A proxy of the environment is for the world outside; the credentials are for this server.
            .no_proxy()
            .connect_timeout(patience.connect)
            .timeout(patience.request)
            .build()
            .map_err(Failure::Connection)?;
        Ok(Self { http, base, user: user.to_owned(), credentials, patience })
    }

    /// Runs a statement and gives its pages to `take`, one after the other; answers with the columns. A statement that is not
    /// answered to its end is cancelled.
    pub(crate) async fn run<E>(
        &self,
        sql: &str,
        mut take: impl FnMut(&[Column], Vec<JsonRow<'_>>) -> Result<(), E>,
    ) -> Result<Vec<Column>, Failed<E>> {
        let statement = self.base.join("v1/statement").map_err(|error| Failure::Protocol { reason: error.to_string() })?;
        let mut columns = Vec::new();
        let first = self.answer(|| self.request(Method::POST, statement.clone()).body(sql.to_owned()), Repeat::Refused).await?;
        let mut running = Running { client: self, next: None };
        let mut body = first;
        loop {
            let page: Page<'_> = match serde_json::from_slice(&body) {
                Ok(page) => page,
                Err(error) => return running.cancelled(Failure::Protocol { reason: error.to_string() }).await,
            };
            running.next = match page.next_uri.as_deref().map(|next| self.of_this_server(next)).transpose() {
                Ok(next) => next,
                Err(failure) => return running.cancelled(failure).await,
            };
            if let Some(QueryError { message, error_name, error_type }) = page.error {
                return running.cancelled(Failure::Query { name: error_name, kind: error_type, message }).await;
            }
            if let Some(found) = page.columns {
                columns = found;
            }
            if let Some(data) = page.data
                && let Err(error) = take(&columns, data)
            {
                running.cancel().await;
                return Err(Failed::Taking(error));
            }
            let Some(next) = running.next.clone() else { return Ok(columns) };
            body = match self.answer(|| self.request(Method::GET, next.clone()), Repeat::Any).await {
                Ok(body) => body,
                Err(failure) => return running.cancelled(failure).await,
            };
        }
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.http.request(method, url);
        match &self.credentials {
            Credentials::None => request,
            Credentials::Password(password) => request.basic_auth(&self.user, Some(password.reveal())),
            Credentials::Token(token) => request.bearer_auth(token.reveal()),
        }
    }

    fn of_this_server(&self, next: &str) -> Result<Url, Failure> {
        let next = Url::parse(next).map_err(|error| Failure::Protocol { reason: format!("nextUri: {error}") })?;
        if next.origin() != self.base.origin() {
            return Err(Failure::OtherServer { host: next.host_str().unwrap_or_default().to_owned() });
        }
        Ok(next)
    }

    /// The body of the answer to `request`, which is made again after a fault that can pass.
    async fn answer(&self, request: impl Fn() -> RequestBuilder, repeat: Repeat) -> Result<Vec<u8>, Failure> {
        let mut wait = self.patience.first_wait;
        let mut repeats = 0;
        loop {
            let (failure, asked) = match self.once(request()).await {
                Ok(body) => return Ok(body),
                Err(failed) => failed,
            };
            if repeats == self.patience.repeats || !repeat.may(&failure) {
                return Err(failure);
            }
            repeats += 1;
            tokio::time::sleep(asked.unwrap_or(wait).min(self.patience.longest_wait)).await;
            wait = wait.saturating_mul(2);
        }
    }

    /// One request; a failure comes with the wait that the server asks for.
    async fn once(&self, request: RequestBuilder) -> Result<Vec<u8>, (Failure, Option<Duration>)> {
        // The URL of a page is a key to the rows.
        let broken = |error: reqwest::Error| (Failure::Connection(error.without_url()), None);
        let response = request.send().await.map_err(broken)?;
        let status = response.status();
        if status == StatusCode::OK {
            return body(response).await;
        }
        if status.is_redirection() {
            let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            let target = location.and_then(|location| self.base.join(location).ok());
            let host = target.as_ref().and_then(Url::host_str).unwrap_or("somewhere").to_owned();
            return Err((Failure::Redirect { host }, None));
        }
        let asked = response.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok()).map(Duration::from_secs);
        let text = body(response).await.map(|body| String::from_utf8_lossy(&body).into_owned()).unwrap_or_default();
        let message = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect();
        Err((Failure::Status { status: status.as_u16(), message }, asked))
    }

    /// Tells the server that nobody wants the rest; whether it hears is its business.
    async fn cancel(&self, next: Url) {
        let _ = self.request(Method::DELETE, next).timeout(self.patience.connect).send().await;
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>, (Failure, Option<Duration>)> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| (Failure::Connection(error.without_url()), None))? {
        if body.len() + chunk.len() > LARGEST_PAGE {
            return Err((Failure::Protocol { reason: "a page has no end".to_owned() }, None));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Which requests may be made again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// A page: the server gives the same one again.
    Any,
    /// A statement: only where the server did not take it.
    Refused,
}

impl Repeat {
    fn may(self, failure: &Failure) -> bool {
        match failure {
            Failure::Status { status, .. } => is_busy(*status),
            Failure::Connection(error) => self == Self::Any || error.is_connect(),
            _ => false,
        }
    }
}

fn is_busy(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

/// A statement that runs on the server for as long as it has a next page.
struct Running<'a> {
    client: &'a Client,
    next: Option<Url>,
}

impl Running<'_> {
    async fn cancelled<T, E>(mut self, failure: Failure) -> Result<T, Failed<E>> {
        self.cancel().await;
        Err(Failed::Trino(failure))
    }

    async fn cancel(&mut self) {
        if let Some(next) = self.next.take() {
            self.client.cancel(next).await;
        }
    }
}

impl Drop for Running<'_> {
    /// A statement whose future was dropped half-way is cancelled in the background.
    fn drop(&mut self) {
        if let (Some(next), Ok(runtime)) = (self.next.take(), tokio::runtime::Handle::try_current()) {
            let client = self.client.clone();
            runtime.spawn(async move { client.cancel(next).await });
        }
    }
}
