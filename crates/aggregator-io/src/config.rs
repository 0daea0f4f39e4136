//! Where a store is and how to reach it; secrets never in Debug.

use std::fmt::{self, Debug, Formatter};

/// A value that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the client that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Debug for Secret {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// A store: a directory (`/path`, `file:///path`) or a bucket (`s3://bucket/prefix`).
///
/// What is `None` is left to the client: keys from the `AWS_*` variables, a web identity (IRSA) or the instance's role; the region is
/// `us-east-1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreConfig {
    /// Directory or `s3://` URL.
    pub url: String,
    /// Endpoint of an S3 server other than Amazon's, with its scheme.
    pub endpoint: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Id of the access key.
    pub access_key_id: Option<Secret>,
    /// Secret of the access key.
    pub secret_access_key: Option<Secret>,
    /// Token of a temporary key.
    pub session_token: Option<Secret>,
    /// Whether the bucket is a path below the endpoint (true by default) or part of its host name.
    pub addressing: Addressing,
}

/// How a bucket is addressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addressing {
    /// `https://endpoint/bucket/key`.
    #[default]
    Path,
    /// `https://bucket.endpoint/key`.
    VirtualHost,
}

impl StoreConfig {
    /// A store at `url`, reached as the environment says: the usual `AWS_*` variables, or koku's `S3_ENDPOINT`, `S3_ACCESS_KEY`,
    /// `S3_SECRET` and `S3_REGION`; `AWS_*` win. The URL `s3://` alone stands for koku's `S3_BUCKET_NAME`.
    ///
    /// `variable` looks a variable up; pass `|name| std::env::var(name).ok()`.
    pub fn from_environment(url: &str, variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        let url = match first(&["S3_BUCKET_NAME"]) {
            Some(bucket) if matches!(url, "s3:" | "s3:/" | "s3://" | "s3:///") => format!("s3://{bucket}"),
            _ => url.to_owned(),
        };
        let virtual_host =
            first(&["AWS_VIRTUAL_HOSTED_STYLE_REQUEST"]).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1");
        Self {
            url,
            endpoint: first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "S3_ENDPOINT"]),
            region: first(&["AWS_REGION", "AWS_DEFAULT_REGION", "S3_REGION"]),
            access_key_id: first(&["AWS_ACCESS_KEY_ID", "S3_ACCESS_KEY"]).map(Secret),
            secret_access_key: first(&["AWS_SECRET_ACCESS_KEY", "S3_SECRET"]).map(Secret),
            session_token: first(&["AWS_SESSION_TOKEN"]).map(Secret),
            addressing: if virtual_host { Addressing::VirtualHost } else { Addressing::Path },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str, variables: &[(&str, &str)]) -> StoreConfig {
        StoreConfig::from_environment(url, |name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn kokus_variables_are_understood_and_amazons_win() {
        let koku = [
            ("S3_ENDPOINT", "http://minio:9000"),
            ("S3_BUCKET_NAME", "koku-bucket"),
            ("S3_ACCESS_KEY", "id"),
            ("S3_SECRET", "hidden"),
            ("S3_REGION", "eu"),
        ];
        let found = config("s3://", &koku);
        assert_eq!(
            (found.url.as_str(), found.endpoint.as_deref(), found.region.as_deref()),
            ("s3://koku-bucket", Some("http://minio:9000"), Some("eu"))
        );
        let mut both = koku.to_vec();
        both.push(("AWS_REGION", "us"));
        assert_eq!(config("s3://b", &both).region.as_deref(), Some("us"));
    }

    #[test]
    fn secrets_are_not_in_debug() {
        let found = config("s3://b", &[("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "hidden"), ("AWS_SESSION_TOKEN", "token")]);
        let debug = format!("{found:?}");
        assert!(!debug.contains("hidden") && !debug.contains("token\"") && !debug.contains("AKIA"), "{debug}");
    }
}
