//! The `/names` stream: the strings that line numbers and frame data refer to by their offsets.

use crate::pdb::symbol_records::codeview;
use crate::pdb::{Stream, SymbolFileError};
use memory::Cursor;

/// The strings.
#[derive(Debug, Default)]
pub(crate) struct Names {
    bytes: Box<[u8]>,
    length: usize,
}

/// Signature, version and size of the strings come before them.
const HEADER_SIZE: usize = 12;

impl Names {
    /// Takes the stream's bytes.
    pub(crate) fn parse(stream: Stream, bytes: Box<[u8]>) -> Result<Self, SymbolFileError> {
        let truncated = |truncated| SymbolFileError::Truncated { stream, what: "strings", truncated };
        let size = Cursor::at(&bytes, 8).u32().map_err(truncated)? as usize;
        Cursor::at(&bytes, HEADER_SIZE).skip(size).map_err(truncated)?;
        Ok(Self { bytes, length: HEADER_SIZE + size })
    }

    /// The string at an offset. Not one that is longer than any path or program is: many could share its bytes.
    pub(crate) fn get(&self, offset: u32) -> Option<String> {
        const LENGTH_LIMIT: usize = 1024;
        let strings = self.bytes.get(HEADER_SIZE..self.length)?;
        let string = codeview::name(&mut Cursor::at(strings, offset as usize)).ok()?;
        Some(string).filter(|string| string.len() <= LENGTH_LIMIT).map(codeview::text)
    }
}
