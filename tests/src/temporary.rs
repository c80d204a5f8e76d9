//! Files that exist as long as a test needs them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of its own for one test, removed with everything in it when this is dropped.
pub struct TemporaryFolder(PathBuf);

impl Default for TemporaryFolder {
    fn default() -> Self {
        Self::new()
    }
}

impl TemporaryFolder {
    /// An empty folder.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("kdap-test-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it; returns its path.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What can't be removed (a file that is still mapped, on Windows) is left to the system.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
