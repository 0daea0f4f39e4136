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
use object_store::{
    Attribute, Attributes, ClientOptions, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    RetryConfig, WriteMultipart,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A file above this size goes to a bucket in parts of it.
const PART: usize = 16 << 20;

/// Parts of a file that are on their way at a time.
const PARTS_UNDER_WAY: usize = 2;

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
    /// How it is reached, for other buckets that are reached alike.
    config: StoreConfig,
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
        Ok(Self { config: config.clone(), ..Self::directory(directory)? })
    }

    /// Another bucket or directory, reached with the same credentials and endpoint.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn beside(&self, url: &str) -> Result<Self> {
        Self::open(&StoreConfig { url: url.to_owned(), ..self.config.clone() })
    }

    /// The store in a directory, which need not exist yet.
    ///
    /// # Errors
    /// [`Error::StoreUrl`]: the path cannot be made absolute.
    pub fn directory(directory: impl Into<PathBuf>) -> Result<Self> {
        let directory = directory.into();
        let root = std::path::absolute(&directory)
            .map_err(|error| Error::StoreUrl { url: directory.display().to_string(), reason: error.to_string() })?;
        let root = without_parents(&root);
        let client = LocalFileSystem::new();
        Ok(Self { client: Arc::new(client), place: Place::Directory(root), config: StoreConfig::default() })
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
        Ok(Self { client: Arc::new(builder.build()?), place, config: config.clone() })
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

    /// The whole of an object, or `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Store`]: the store refused, or failed after retries.
    pub async fn read_if_any(&self, path: &str) -> Result<Option<Bytes>> {
        match self.read(path).await {
            Ok(content) => Ok(Some(content)),
            Err(Error::Store { source: object_store::Error::NotFound { .. }, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Copies an object to a file of this machine, a part at a time.
    ///
    /// # Errors
    /// [`Error::Store`]: there is none, or the store refused. [`Error::File`]: the copy cannot be written.
    pub async fn copy_to_file(&self, path: &str, file: &std::path::Path) -> Result<()> {
        use tokio::io::AsyncWriteExt;
        let key = self.key(path)?;
        let failed = |source| Error::File { action: "write", path: file.display().to_string(), source };
        retry(|| async {
            let read_failed = |source| self.failed("read", path, source);
            let mut parts = self.client.get(&key).await.map_err(read_failed)?.into_stream();
            let mut copy = tokio::fs::File::create(file).await.map_err(failed)?;
            while let Some(part) = parts.try_next().await.map_err(read_failed)? {
                copy.write_all(&part).await.map_err(failed)?;
            }
            copy.flush().await.map_err(failed)
        })
        .await
    }

    /// Writes a file of this machine as an object, whole: a reader sees all of it or none. A bucket keeps `metadata` with it, a
    /// directory has no place for it.
    ///
    /// # Errors
    /// [`Error::Store`]: the store refused, or failed after retries. [`Error::File`]: the file cannot be read.
    pub async fn write_file(&self, path: &str, file: &std::path::Path, metadata: &BTreeMap<&'static str, String>) -> Result<()> {
        if let Some(root) = self.local_root() {
            return copy_file(file, &root.join(path)).await;
        }
        let key = self.key(path)?;
        let attributes: Attributes = metadata.iter().map(|(name, value)| (Attribute::Metadata((*name).into()), value.clone())).collect();
        let read_failed = |source| Error::File { action: "read", path: file.display().to_string(), source };
        let failed = |source| self.failed("write", path, source);
        let size = tokio::fs::metadata(file).await.map_err(read_failed)?.len();
        if size <= PART as u64 {
            let content = tokio::fs::read(file).await.map_err(read_failed)?;
            let options = PutOptions { attributes, ..PutOptions::default() };
            self.client.put_opts(&key, PutPayload::from(content), options).await.map_err(failed)?;
            return Ok(());
        }
        let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
        let upload = self.client.put_multipart_opts(&key, options).await.map_err(failed)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        let mut reader = tokio::fs::File::open(file).await.map_err(read_failed)?;
        loop {
            let mut part = bytes::BytesMut::with_capacity(PART);
            while part.len() < PART && tokio::io::AsyncReadExt::read_buf(&mut reader, &mut part).await.map_err(read_failed)? > 0 {}
            if part.is_empty() {
                break;
            }
            upload.wait_for_capacity(PARTS_UNDER_WAY).await.map_err(failed)?;
            upload.put(part.freeze());
        }
        upload.finish().await.map_err(failed)?;
        Ok(())
    }

    /// What a bucket keeps with an object, names in lower case; nothing in a directory.
    ///
    /// # Errors
    /// [`Error::Store`]: there is no such object, or the store refused.
    pub async fn metadata(&self, path: &str) -> Result<BTreeMap<String, String>> {
        if self.local_root().is_some() {
            return Ok(BTreeMap::new());
        }
        let options = GetOptions { head: true, ..GetOptions::default() };
        let found = self.client.get_opts(&self.key(path)?, options).await.map_err(|source| self.failed("read", path, source))?;
        let named = found.attributes.iter().filter_map(|(name, value)| match name {
            Attribute::Metadata(name) => Some((name.to_lowercase(), value.to_string())),
            _ => None,
        });
        Ok(named.collect())
    }

    /// Writes an object of a bucket unless there is one; whether it was written. A store without conditional writes overwrites.
    ///
    /// # Errors
    /// [`Error::Store`]: the store refused, or failed after retries.
    pub(crate) async fn create(&self, path: &str, content: Bytes) -> Result<bool> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.client.put_opts(&self.key(path)?, PutPayload::from_bytes(content), options).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => Ok(false),
            Err(source) => Err(self.failed("write", path, source)),
        }
    }

    /// Deletes what writers that died left of `path` in a directory, or of any file right in the folder `path` if it ends in a slash.
    /// Nobody may be writing there. A bucket never holds an unfinished object.
    ///
    /// # Errors
    /// [`Error::File`]: the folder cannot be read, or a file not be deleted.
    pub(crate) fn delete_unfinished(&self, path: &str) -> Result<()> {
        let Some(root) = self.local_root() else { return Ok(()) };
        let path = root.join(path);
        let is_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        let (folder, start) = match path.parent() {
            Some(parent) if !is_folder => (parent, unfinished(&path)),
            _ => (path.as_path(), UNFINISHED.to_owned()),
        };
        let failed = |source| Error::File { action: "clean", path: folder.display().to_string(), source };
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_string_lossy().starts_with(&start) {
                std::fs::remove_file(entry.path()).map_err(failed)?;
            }
        }
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

async fn write_file(path: &std::path::Path, content: Bytes) -> Result<()> {
    replace_file(path, move |file| std::io::Write::write_all(file, &content)).await
}

async fn copy_file(from: &std::path::Path, path: &std::path::Path) -> Result<()> {
    let from = from.to_owned();
    replace_file(path, move |file| std::io::copy(&mut std::fs::File::open(&from)?, file).map(drop)).await
}

/// How the names start that `path` has until it is whole.
fn unfinished(path: &std::path::Path) -> String {
    format!("{UNFINISHED}{}-", path.file_name().unwrap_or_default().to_string_lossy())
}

/// Writes beside `path`, under a name that readers skip, and renames: what a crash leaves is never a part of a file.
async fn replace_file(
    path: &std::path::Path,
    write: impl FnOnce(&mut std::fs::File) -> std::io::Result<()> + Send + 'static,
) -> Result<()> {
    let write = {
        let path = path.to_owned();
        move || -> std::io::Result<()> {
            let folder = path.parent().ok_or(std::io::ErrorKind::InvalidInput)?;
            std::fs::create_dir_all(folder)?;
            let prefix = unfinished(&path);
            let mut file = tempfile::Builder::new().prefix(&prefix).tempfile_in(folder)?;
            write(file.as_file_mut())?;
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

/// An absolute path without `..`, which object paths cannot have; a link on the way is followed first, as the system would.
fn without_parents(path: &std::path::Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in path.components() {
        if part == std::path::Component::ParentDir {
            resolved = std::fs::canonicalize(&resolved).unwrap_or(resolved);
            resolved.pop();
        } else {
            resolved.push(part);
        }
    }
    resolved
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
