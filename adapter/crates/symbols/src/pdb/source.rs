//! Source files and lines.

use super::streams::names::Names;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// Names a source file within its symbol file: the offset of its name in the `/names` stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceFileId(pub u32);

/// A source file that code came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// What the symbol file calls it.
    pub id: SourceFileId,
    /// Its path on the machine that compiled it.
    pub name: String,
    /// What the compiler saw.
    pub checksum: Option<Checksum>,
}

/// A hash of a source file's bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Checksum {
    /// MD5
    Md5([u8; 16]),
    /// SHA-1
    Sha1([u8; 20]),
    /// SHA-256
    Sha256([u8; 32]),
}

/// A line of source and the code that came from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Line number, from 1.
    pub line: u32,
    /// Column, from 1, where the compiler recorded columns.
    pub column: Option<u16>,
    /// RVAs of the code.
    pub range: Range<u32>,
}

/// The source files of a symbol file, each made once: many compilands come from the same headers.
pub(super) struct SourceFiles<'a> {
    /// Where their names are.
    pub(super) names: &'a Names,
    /// Those that were made.
    pub(super) known: &'a Mutex<KnownFiles>,
}

/// Source files by what they are made from.
pub(super) type KnownFiles = BTreeMap<(SourceFileId, Option<Checksum>), Arc<SourceFile>>;

impl SourceFiles<'_> {
    /// The source file with this name and checksum, if it has a name.
    pub(super) fn get(&self, id: SourceFileId, checksum: Option<Checksum>) -> Option<Arc<SourceFile>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = known.get(&(id, checksum.clone())) {
            return Some(Arc::clone(file));
        }
        let file = Arc::new(SourceFile { id, name: self.names.get(id.0)?, checksum: checksum.clone() });
        known.insert((id, checksum), Arc::clone(&file));
        Some(file)
    }
}
