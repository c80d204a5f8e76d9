//! Connecting as the adapter does, with what is told kept; time limits; folders that go away.
#![allow(dead_code, reason = "not every system has every kind of line")]

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use transport::{BoxedStream, ConnectError, Connection, Connector, Endpoint, Step, Stream, Waiting};

/// What was told.
#[derive(Clone, Default)]
pub struct Told(Arc<Mutex<Vec<Step>>>);

impl Told {
    pub fn steps(&self) -> Vec<Step> {
        self.0.lock().unwrap().clone()
    }

    pub fn waits(&self) -> Vec<Waiting> {
        let waiting = |step| if let Step::Waiting(waiting) = step { Some(waiting) } else { None };
        self.steps().into_iter().filter_map(waiting).collect()
    }

    /// The steps' sentences, one in a line.
    pub fn text(&self) -> String {
        self.steps().iter().map(|step| format!("{step}\n")).collect()
    }

    /// Comes back when at least `count` causes to wait were told.
    pub async fn waited_for(&self, count: usize) {
        in_time(async {
            while self.waits().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

pub fn connector(connection: Connection) -> (Connector, Told) {
    let told = Told::default();
    let listener = told.clone();
    (Connector::new(connection, move |step| listener.0.lock().unwrap().push(step)), told)
}

pub fn connector_of(text: &str) -> (Connector, Told) {
    connector(text.parse().expect(text))
}

/// Connects to what is there already.
pub async fn connect(endpoint: Endpoint) -> BoxedStream {
    in_time(connector(Connection::new(endpoint)).0.connect()).await.expect("a connection")
}

/// Why no connection comes about.
pub async fn refusal(text: &str) -> ConnectError {
    match in_time(connector_of(text).0.connect()).await {
        Ok(_) => panic!("{text} was opened"),
        Err(error) => error,
    }
}

/// Nothing here takes long: what does hangs.
pub async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("something hangs")
}

/// Sends `bytes` from `from` and sees them arrive at `to`.
pub async fn arrives(from: &mut impl Stream, to: &mut impl Stream, bytes: &[u8]) {
    in_time(async {
        from.write_all(bytes).await.expect("the bytes go out");
        from.flush().await.expect("the bytes go out");
        let mut got = vec![0; bytes.len()];
        to.read_exact(&mut got).await.expect("the bytes come");
        assert!(got == bytes, "other bytes came");
    })
    .await;
}

/// Bytes go both ways, all values of a byte among them.
pub async fn bytes_go_both_ways(a: &mut impl Stream, b: &mut impl Stream) {
    let all: Vec<u8> = (0..=255).collect();
    arrives(a, b, &all).await;
    arrives(b, a, &all).await;
    arrives(a, b, b"b").await;
    arrives(b, a, &all.repeat(64)).await;
    arrives(a, b, &all.repeat(16)).await;
}

/// The other end is gone: a read ends or fails.
pub async fn is_at_its_end(stream: &mut impl Stream) {
    let read = in_time(stream.read(&mut [0; 16])).await;
    assert!(matches!(read, Ok(0) | Err(_)), "read {read:?}");
}

/// A folder that goes away with its value.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // Short: a Unix socket's path has 107 bytes at most.
        let path = std::env::temp_dir().join(format!("kdt{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file with this text.
    pub fn with(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        std::fs::write(&path, text).expect("a temporary file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a text file")
}
