//! A file's bytes, mapped into memory: only the pages that are looked at are read.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// A mapped file, or bytes that never were one (a member of a cabinet).
#[derive(Debug)]
pub(crate) enum FileBytes {
    Mapped(memmap2::Mmap),
    Owned(Vec<u8>),
}

impl FileBytes {
    /// Maps the file for reading.
    ///
    /// # Errors
    /// As the operating system says; a folder or device isn't mapped.
    pub(crate) fn map(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
        }
        // A mapping of nothing is refused on some systems.
        if metadata.len() == 0 {
            return Ok(Self::Owned(Vec::new()));
        }
        #[expect(unsafe_code, reason = "there is no safe way to map a file")]
        // SAFETY: the mapping is read-only, and every parser here copies a value out before it looks at it, so bytes that
        // someone else changes meanwhile are just other bytes. What can't be ruled out is a file that is cut short while
        // it is mapped: that stops the process (no undefined behaviour), and is the price of mapping for every debugger.
        let mapped = unsafe { memmap2::Mmap::map(&file)? };
        Ok(Self::Mapped(mapped))
    }
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(mapped) => mapped,
            Self::Owned(bytes) => bytes,
        }
    }
}
