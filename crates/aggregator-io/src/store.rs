//! A directory or a bucket, the same to its users.

use crate::config::{Addressing, StoreConfig};
use crate::error::{Error, Result};
use crate::retry::retry;
use crate::sink::managed::UNFINISHED;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// An object: its path below the root of the store, and its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Path below the root.
    pub path: Path,
    /// Bytes.
    pub size: u64,
}

/// A directory or a bucket. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Store {
    client: Arc<dyn ObjectStore>,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Directory(PathBuf),
    Bucket { bucket: String, prefix: Path },
}

impl Store {
    /// The store at `config.url`.
    ///
    /// # Errors
    /// [`Error::StoreUrl`]: no directory, no `s3://` URL, or settings that do not fit.
    pub fn open(config: &StoreConfig) -> Result<Self> {
        let refused = |reason: String| Error::StoreUrl { url: without_credentials(&config.url), reason };
        if let Some(rest) = config.url.strip_prefix("s3://").or_else(|| config.url.strip_prefix("s3a://")) {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            if bucket.is_empty() {
                return Err(refused("it names no bucket".to_owned()));
            }
            if bucket.contains('@') {
                return Err(refused("credentials do not belong into the URL".to_owned()));
            }
            return Self::bucket(config, bucket, prefix).map_err(|error| refused(error.to_string()));
        }
        let directory = match config.url.split_once("://") {
            None => PathBuf::from(&config.url),
            Some(("file", _)) => {
                let url = url::Url::parse(&config.url).map_err(|error| refused(error.to_string()))?;
                url.to_file_path().map_err(|()| refused("it is no path of this machine".to_owned()))?
            }
            Some((scheme, _)) => return Err(refused(format!("`{scheme}://` is not known"))),
        };
        if config.url.is_empty() {
            return Err(refused("it is empty".to_owned()));
        }
        Self::directory(directory)
    }

    /// The store in a directory, which need not exist yet.
    ///
    /// # Errors
    /// [`Error::StoreUrl`]: the path cannot be made absolute.
    pub fn directory(directory: impl Into<PathBuf>) -> Result<Self> {
        let directory = directory.into();
        let root = std::path::absolute(&directory)
            .map_err(|error| Error::StoreUrl { url: directory.display().to_string(), reason: error.to_string() })?;
        let client = LocalFileSystem::new();
        Ok(Self { client: Arc::new(client), place: Place::Directory(root) })
    }

    fn bucket(config: &StoreConfig, bucket: &str, prefix: &str) -> object_store::Result<Self> {
        let plain_http = config.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        // The client's own retries, with backoff: some ten seconds where a connection is refused, a good minute where nobody answers.
        let retries = RetryConfig { max_retries: 7, retry_timeout: Duration::from_mins(1), ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_region(config.region.as_deref().unwrap_or("us-east-1"))
            .with_virtual_hosted_style_request(config.addressing == Addressing::VirtualHost)
            .with_client_options(ClientOptions::new().with_allow_http(plain_http).with_connect_timeout(Duration::from_secs(10)))
            .with_retry(retries);
        if let Some(endpoint) = &config.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        if let Some(key) = &config.access_key_id {
            builder = builder.with_access_key_id(key.reveal());
        }
        if let Some(secret) = &config.secret_access_key {
            builder = builder.with_secret_access_key(secret.reveal());
        }
        if let Some(token) = &config.session_token {
            builder = builder.with_token(token.reveal());
        }
        let place = Place::Bucket { bucket: bucket.to_owned(), prefix: Path::parse(prefix.trim_matches('/'))? };
        Ok(Self { client: Arc::new(builder.build()?), place })
    }

    /// The directory of the store, if it is one.
    pub fn local_root(&self) -> Option<&std::path::Path> {
        match &self.place {
            Place::Directory(root) => Some(root),
            Place::Bucket { .. } => None,
        }
    }

    /// Where an object lies, for people.
    pub fn display(&self, path: &str) -> String {
        match &self.place {
            Place::Directory(root) => root.join(path).display().to_string(),
            Place::Bucket { bucket, prefix } => format!("s3://{bucket}/{}", child(prefix, path)),
        }
    }

    /// All objects below `prefix`, ordered by path; none if there is no such prefix.
    ///
    /// # Errors
    /// [`Error::Store`]: the store refused, or failed after retries.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Object>> {
        if let Some(root) = self.local_root()
            && !root.is_dir()
        {
            let source = std::io::Error::new(std::io::ErrorKind::NotFound, "there is no such directory");
            return Err(Error::File { action: "list", path: root.display().to_string(), source });
        }
        let below = self.key(prefix)?;
        let metas: Vec<_> = self.client.list(Some(&below)).try_collect().await.map_err(|source| self.failed("list", prefix, source))?;
        let mut objects: Vec<_> = metas
            .into_iter()
            .filter_map(|meta| {
                let path = meta.location.prefix_match(&self.root_key())?.collect();
                Some(Object { path, size: meta.size })
            })
            .collect();
        objects.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(objects)
    }

    /// The whole of an object.
    ///
    /// # Errors
    /// [`Error::Store`]: there is none, or the store refused, or failed after retries.
    pub async fn read(&self, path: &str) -> Result<Bytes> {
        let key = self.key(path)?;
        // The client retries a request, but not a body that breaks off.
        retry(|| async {
            let found = self.client.get(&key).await.map_err(|source| self.failed("read", path, source))?;
            found.bytes().await.map_err(|source| self.failed("read", path, source))
        })
        .await
    }

    /// Writes an object whole: a reader sees the old one or the new one.
    ///
    /// # Errors
    /// [`Error::Store`]: the store refused, or failed after retries.
    pub async fn write(&self, path: &str, content: Bytes) -> Result<()> {
        if let Some(root) = self.local_root() {
            return write_file(&root.join(path), content).await;
        }
        let key = self.key(path)?;
        self.client.put(&key, PutPayload::from_bytes(content)).await.map_err(|source| self.failed("write", path, source))?;
        Ok(())
    }

    /// Deletes an object; none is no error.
    ///
    /// # Errors
    /// [`Error::Store`]: the store refused, or failed after retries.
    pub async fn delete(&self, path: &str) -> Result<()> {
        let key = self.key(path)?;
        match self.client.delete(&key).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(self.failed("delete", path, source)),
        }
    }

    fn root_key(&self) -> Path {
        match &self.place {
            Place::Directory(root) => Path::from_absolute_path(root).unwrap_or_default(),
            Place::Bucket { prefix, .. } => prefix.clone(),
        }
    }

    fn key(&self, path: &str) -> Result<Path> {
        let parsed = match &self.place {
            Place::Directory(root) => Path::from_absolute_path(root.join(path)),
            Place::Bucket { prefix, .. } => Path::parse(child(prefix, path)),
        };
        parsed.map_err(|error| self.failed("name", path, error.into()))
    }

    fn failed(&self, action: &'static str, path: &str, source: object_store::Error) -> Error {
        Error::Store { action, path: self.display(path), source }
    }
}

/// Writes beside `path`, under a name that readers skip, and renames: what a crash leaves is never a part of a file.
async fn write_file(path: &std::path::Path, content: Bytes) -> Result<()> {
    let write = {
        let path = path.to_owned();
        move || -> std::io::Result<()> {
            let folder = path.parent().ok_or(std::io::ErrorKind::InvalidInput)?;
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
            std::io::Write::write_all(&mut file, &content)?;
            file.as_file().sync_all()?;
            #[cfg(unix)]
            file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
            file.persist(&path)?;
            Ok(())
        }
    };
    let failed = |source| Error::File { action: "write", path: path.display().to_string(), source };
    tokio::task::spawn_blocking(write).await.map_err(|error| failed(error.into()))?.map_err(failed)
}

fn child(prefix: &Path, path: &str) -> String {
    if prefix.as_ref().is_empty() { path.to_owned() } else { format!("{prefix}/{path}") }
}

/// A URL as it may be printed: whatever stands before an `@` is left out.
fn without_credentials(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://***@{rest}"),
        _ => url.to_owned(),
    }
}
