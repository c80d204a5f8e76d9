//! What can be wrong with a symbol file, and where.

use memory::Truncated;
use std::fmt;
use std::path::PathBuf;

/// What is wrong with a symbol file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SymbolFileError {
    /// The operating system doesn't give it.
    #[error("{path}: {reason}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Something else, or an older or managed kind of PDB.
    #[error("not a PDB: {what} (first bytes {start:02x?})")]
    NotPdb {
        /// What it seems to be.
        what: &'static str,
        /// How the file begins.
        start: Vec<u8>,
    },
    /// A field of the container (`MSF` or `MSFZ`) that can't be right.
    #[error("damaged PDB container: {field} at file offset {offset:#x} is {value:#x}, but {limit}")]
    Container {
        /// The field.
        field: &'static str,
        /// Where it lies in the file, in bytes.
        offset: u64,
        /// What it holds.
        value: u64,
        /// What it should be.
        limit: String,
    },
    /// The container's directory can't be followed.
    #[error("damaged PDB container: directory at file offset {offset:#x}: {reason}")]
    Directory {
        /// Where the directory is in the file, or the list of its pages.
        offset: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The file has no such stream, or can't give its bytes.
    #[error("{stream} can't be read: {reason}")]
    Stream {
        /// The stream.
        stream: Stream,
        /// Why not.
        reason: String,
    },
    /// A stream ends before what its format promises.
    #[error("{stream} is damaged: {what}: {truncated}")]
    Truncated {
        /// The stream.
        stream: Stream,
        /// What was being read.
        what: &'static str,
        /// Where the bytes end.
        truncated: Truncated,
    },
    /// A value that can't be right.
    #[error("{stream} is damaged: {what} is {value:#x} (offset {offset:#x})")]
    Malformed {
        /// The stream.
        stream: Stream,
        /// What is wrong.
        what: &'static str,
        /// Where it lies in the stream, in bytes.
        offset: usize,
        /// What is there.
        value: u64,
    },
}

/// A stream of a PDB: its part in the whole, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    /// What it is for: `"DBI"`, `"TPI"`, `"module"` ...
    pub role: &'static str,
    /// Its number in the container's directory.
    pub number: u32,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} stream ({})", self.role, self.number)
    }
}
