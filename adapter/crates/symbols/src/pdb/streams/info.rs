//! The PDB stream (1): GUID, and the streams that have names.

use super::container::Container;
use crate::Guid;
use crate::pdb::symbol_records::codeview;
use crate::pdb::{Stream, SymbolFileError};
use memory::{Cursor, Truncated};

const STREAM: Stream = Stream { role: "PDB", number: 1 };
/// First version with a GUID (`impvVC70`).
const VERSION_VC70: u32 = 20000404;

/// What the PDB stream says.
#[derive(Debug)]
pub(crate) struct Info {
    /// Made anew with the PDB.
    pub(crate) guid: Guid,
    /// Counts all writers of the PDB: not what the image's debug record names.
    pub(crate) age: u32,
    streams: Vec<(String, u32)>,
}

impl Info {
    /// Reads the stream.
    pub(crate) fn read(container: &Container) -> Result<Self, SymbolFileError> {
        let bytes = container.read(STREAM)?;
        let mut cursor = Cursor::new(&bytes);
        let truncated = |truncated| SymbolFileError::Truncated { stream: STREAM, what: "header", truncated };
        let version = cursor.u32().map_err(truncated)?;
        if version < VERSION_VC70 {
            let value = version.into();
            return Err(SymbolFileError::Malformed { stream: STREAM, what: "version", offset: 0, value });
        }
        let _signature = cursor.u32().map_err(truncated)?;
        let age = cursor.u32().map_err(truncated)?;
        let guid = Guid::from_bytes(cursor.array().map_err(truncated)?);
        let streams = named_streams(&mut cursor).map_err(|truncated| SymbolFileError::Truncated {
            stream: STREAM,
            what: "named streams",
            truncated,
        })?;
        Ok(Self { guid, age, streams })
    }

    /// The number of a stream by its name.
    pub(crate) fn stream(&self, name: &str) -> Option<u32> {
        self.streams.iter().find(|(known, _)| known == name).map(|&(_, number)| number)
    }
}

/// A hash table on disk: names, number of entries, capacity, bit vectors of used and of deleted places, then an entry
/// (offset of the name, stream) for each used place.
fn named_streams(cursor: &mut Cursor<'_>) -> Result<Vec<(String, u32)>, Truncated> {
    let names_size = cursor.u32()?;
    let names = cursor.take(names_size as usize)?;
    let _entries = cursor.u32()?;
    let _capacity = cursor.u32()?;
    let mut used = 0;
    for _ in 0..cursor.u32()? {
        used += cursor.u32()?.count_ones();
    }
    for _ in 0..cursor.u32()? {
        cursor.u32()?;
    }
    let mut streams = Vec::new();
    // All names together are no longer than what they are taken from.
    let mut left = Cursor::new(names);
    for _ in 0..used {
        let name = cursor.u32()?;
        let stream = cursor.u32()?;
        let name = codeview::name(&mut Cursor::at(names, name as usize))?;
        left.skip(name.len())?;
        streams.push((codeview::text(name), stream));
    }
    Ok(streams)
}
