//! One opened PDB.

use super::SymbolFileError;
use super::parts::Parts;
use super::streams::container::Container;
use crate::PdbIdentity;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One opened PDB. Nothing is read that wasn't asked for: each index is built on first use and kept.
///
/// Queries don't fail: what can be read of a damaged file is used, and [`SymbolFile::problems`] says what couldn't.
pub struct SymbolFile {
    path: PathBuf,
    identity: PdbIdentity,
    pub(super) parts: Parts,
}

/// How much a symbol file knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SymbolContent {
    /// Functions, variables, types and source lines.
    PrivateWithLines,
    /// Functions, variables and types.
    Private,
    /// Names and addresses; some of Microsoft's also have types.
    Public,
}

/// As `!lmi` words it.
impl fmt::Display for SymbolContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrivateWithLines => "private symbols & lines",
            Self::Private => "private symbols",
            Self::Public => "public symbols",
        })
    }
}

impl fmt::Debug for SymbolFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SymbolFile").field("path", &self.path).field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl SymbolFile {
    /// Opens a PDB (`MSF` or compressed `MSFZ` container). Reads the container's directory, the PDB stream and the DBI
    /// stream's header; no symbols.
    ///
    /// # Errors
    /// A file that can't be read, is no PDB, or is damaged in what was read.
    pub fn open(path: &Path) -> Result<Arc<Self>, SymbolFileError> {
        Self::from_container(Container::open(path)?, path)
    }

    /// Opens a PDB whose bytes are at hand; `path` is what messages call it.
    ///
    /// # Errors
    /// As for [`SymbolFile::open`].
    pub fn from_bytes(bytes: Vec<u8>, path: &Path) -> Result<Arc<Self>, SymbolFileError> {
        Self::from_container(Container::from_bytes(bytes)?, path)
    }

    fn from_container(container: Container, path: &Path) -> Result<Arc<Self>, SymbolFileError> {
        let parts = Parts::open(container)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // A PDB without a DBI stream holds types only: no image names it.
        let age = parts.header.map_or(parts.info.age, |header| header.age);
        let identity = PdbIdentity { name, guid: parts.info.guid, age };
        Ok(Arc::new(Self { path: path.to_owned(), identity, parts }))
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the image must name for this file to be its own. The name is the file's; the age is the DBI stream's.
    pub fn identity(&self) -> &PdbIdentity {
        &self.identity
    }

    /// How much it knows. Where a tool moved the code after linking, its private symbols no longer fit: such a file
    /// counts as public.
    pub fn content(&self) -> SymbolContent {
        if self.parts.header.is_none_or(|header| header.stripped) {
            return SymbolContent::Public;
        }
        let mut with_code = self.parts.compilands().filter(|(_, compiland)| !compiland.pieces().is_empty()).peekable();
        if with_code.peek().is_none() {
            SymbolContent::Public
        } else if with_code.any(|(_, compiland)| compiland.has_lines()) {
            SymbolContent::PrivateWithLines
        } else {
            SymbolContent::Private
        }
    }

    /// Whether it says where its source files can be fetched (a `srcsrv` stream).
    pub fn is_source_indexed(&self) -> bool {
        self.parts.info.stream("srcsrv").is_some()
    }

    /// `IMAGE_FILE_MACHINE_*` of the image; absent in files that don't say (0).
    pub fn machine(&self) -> Option<u16> {
        self.parts.header.map(|header| header.machine).filter(|&machine| machine != 0)
    }

    /// What has turned out to be damaged so far: one entry for each part, at its first error. What isn't damaged there
    /// is used nevertheless.
    pub fn problems(&self) -> Vec<SymbolFileError> {
        self.parts.problems.list()
    }
}
