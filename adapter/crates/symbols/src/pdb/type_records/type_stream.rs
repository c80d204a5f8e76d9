//! A stream of type records: `TPI` (types) or `IPI` (function names and the like).

use crate::pdb::streams::container::Container;
use crate::pdb::symbol_records::codeview::{Record, Records};
use crate::pdb::{Stream, SymbolFileError};
use memory::{Cursor, Truncated};

/// The TPI stream.
pub(crate) const TPI: Stream = Stream { role: "TPI", number: 2 };
/// The IPI stream.
pub(crate) const IPI: Stream = Stream { role: "IPI", number: 4 };

/// Records that refer to each other by index.
#[derive(Debug)]
pub(crate) struct TypeStream {
    stream: Stream,
    bytes: Box<[u8]>,
    /// Index of the first record; lower ones name base types.
    first: u32,
    /// Offset of each record in the stream.
    offsets: Vec<u32>,
}

impl TypeStream {
    /// Reads the stream and finds its records. Damage among them ends the list, and is noted.
    ///
    /// # Errors
    /// The stream can't be read, or its header is damaged.
    pub(crate) fn read(
        container: &Container,
        stream: Stream,
        note: impl Fn(SymbolFileError),
    ) -> Result<Self, SymbolFileError> {
        let bytes = container.read(stream)?;
        let truncated = |what| move |truncated| SymbolFileError::Truncated { stream, what, truncated };
        let Header { size, first, end, records } = Header::parse(&bytes).map_err(truncated("header"))?;
        let start = size as usize;
        let length = records as usize;
        Cursor::at(&bytes, start).skip(length).map_err(truncated("records"))?;
        // A record has at least four bytes.
        let expected = end.saturating_sub(first) as usize;
        let mut offsets = Vec::with_capacity(expected.min(length / 4));
        let records = bytes.get(..start + length).unwrap_or_default();
        for record in Records::new(records, start) {
            match record {
                Ok(record) => offsets.push(u32::try_from(record.offset).unwrap_or(u32::MAX)),
                Err(error) => note(truncated("record")(error)),
            }
        }
        if offsets.len() != expected {
            let value = offsets.len() as u64;
            note(SymbolFileError::Malformed { stream, what: "number of records", offset: 12, value });
        }
        Ok(Self { stream, bytes, first, offsets })
    }

    /// The record with an index.
    pub(crate) fn record(&self, index: u32) -> Option<Record<'_>> {
        let offset = *self.offsets.get(index.checked_sub(self.first)? as usize)?;
        Record::at(&self.bytes, offset as usize).ok()
    }

    /// Index of the first record.
    pub(crate) fn first(&self) -> u32 {
        self.first
    }

    /// The first index that there is no record for.
    pub(crate) fn end(&self) -> u32 {
        self.first.saturating_add(u32::try_from(self.offsets.len()).unwrap_or(u32::MAX))
    }

    /// All records with their indices.
    pub(crate) fn records(&self) -> impl Iterator<Item = (u32, Record<'_>)> {
        (self.first..self.end()).filter_map(|index| Some((index, self.record(index)?)))
    }

    /// The error for a record that ends before what it should hold.
    pub(crate) fn damaged(&self, record: &Record<'_>) -> SymbolFileError {
        let value = record.kind.into();
        SymbolFileError::Malformed { stream: self.stream, what: "record", offset: record.offset, value }
    }
}

struct Header {
    size: u32,
    first: u32,
    end: u32,
    records: u32,
}

impl Header {
    fn parse(bytes: &[u8]) -> Result<Self, Truncated> {
        let mut cursor = Cursor::at(bytes, 4);
        Ok(Self { size: cursor.u32()?, first: cursor.u32()?, end: cursor.u32()?, records: cursor.u32()? })
    }
}
