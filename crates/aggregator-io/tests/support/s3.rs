//! An S3 server for tests: the real protocol, signatures included, over a directory.
//!
//! It runs on a thread of its own, so that blocking tests and the binary can talk to it, and ends when it is dropped.

#![allow(dead_code, reason = "each test binary that includes this file uses a part of it")]

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// The only key that the server knows.
pub(crate) const ACCESS_KEY: &str = "AKIATESTTESTTEST";

/// Its secret, which no output may hold.
pub(crate) const SECRET: &str = "s3-secret-that-nobody-prints";

/// The bucket. The server makes file names of bucket and key, so both are best short.
pub(crate) const BUCKET: &str = "koku";

/// A running server with one bucket.
pub(crate) struct S3Server {
    folder: tempfile::TempDir,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl S3Server {
    /// Starts a server whose only bucket is empty.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("a new folder");
        let (stop, stopped) = oneshot::channel();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let root = folder.path().to_owned();
        let thread = std::thread::spawn(move || serve(listener, &root, stopped));
        Self { folder, address, stop: Some(stop), thread: Some(thread) }
    }

    /// The URL of the server.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The directory that holds the objects of the bucket; what is written there is in the bucket.
    pub(crate) fn bucket(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server was printed; a second one here would hide the test's own.
            let _ = thread.join();
        }
    }
}

fn serve(listener: std::net::TcpListener, root: &Path, mut stopped: oneshot::Receiver<()>) {
    let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).expect("a folder of ours"));
    service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET));
    let service = service.build();
    listener.set_nonblocking(true).expect("a socket of ours");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a bound socket");
        let http = Builder::new(TokioExecutor::new());
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = &mut stopped => return,
            };
            let Ok((socket, _)) = accepted else { continue };
            let connection = http.serve_connection(TokioIo::new(socket), service.clone()).into_owned();
            tokio::spawn(async move {
                // A client that was killed in the middle is no fault of the server.
                let _ = connection.await;
            });
        }
    });
}
