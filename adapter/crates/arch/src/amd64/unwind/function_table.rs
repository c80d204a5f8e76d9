//! The function table: `.pdata`, an array of `RUNTIME_FUNCTION` sorted by address.
//!
//! Microsoft documents the entries under "x64 exception handling": three RVAs of four bytes. Where the lowest bit of
//! the unwind data's is set (`RUNTIME_FUNCTION_INDIRECT` of the public headers), the rest is the RVA of the entry that
//! describes this one: a part of a function that was moved away from the others.

use super::CHAIN_LIMIT;
use crate::{UnwindError, UnwindImage};
use memory::{Cursor, Truncated};
use std::ops::Range;

/// `RUNTIME_FUNCTION`: a region of code and where its unwind data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimeFunction {
    /// RVA of the first byte.
    pub begin: u32,
    /// RVA of the byte behind the last.
    pub end: u32,
    /// RVA of the `UNWIND_INFO`, or of another entry where the lowest bit is set.
    pub unwind_data: u32,
}

impl RuntimeFunction {
    /// Bytes in an entry.
    pub const SIZE: u32 = 12;

    /// The entry at `rva`.
    ///
    /// # Errors
    /// [`UnwindError::Unreadable`].
    pub fn read(image: &dyn UnwindImage, rva: u32) -> Result<Self, UnwindError> {
        let mut bytes = [0; Self::SIZE as usize];
        let unreadable = |error| UnwindError::Unreadable { what: "RUNTIME_FUNCTION", rva, error };
        image.read_rva(rva, &mut bytes).map_err(unreadable)?;
        let malformed = |_| UnwindError::Malformed { rva, what: "RUNTIME_FUNCTION is cut off" };
        Self::decode(&mut Cursor::new(&bytes)).map_err(malformed)
    }

    pub(super) fn decode(cursor: &mut Cursor) -> Result<Self, Truncated> {
        Ok(Self { begin: cursor.u32()?, end: cursor.u32()?, unwind_data: cursor.u32()? })
    }

    /// The code, as RVAs.
    pub fn range(&self) -> Range<u32> {
        self.begin..self.end
    }

    /// The entry that describes this one: itself, unless it is indirect.
    ///
    /// # Errors
    /// As [`Self::read`]; [`UnwindError::Malformed`] where indirect entries don't come to an end.
    pub fn resolve(self, image: &dyn UnwindImage) -> Result<Self, UnwindError> {
        let mut entry = self;
        for _ in 0..CHAIN_LIMIT {
            if entry.unwind_data & 1 == 0 {
                return Ok(entry);
            }
            entry = Self::read(image, entry.unwind_data & !1)?;
        }
        Err(UnwindError::Malformed { rva: self.unwind_data & !1, what: "indirect entries without an end" })
    }
}

/// The entry whose code holds `rva`, by binary search; None for code that has none (leaf functions). An indirect entry
/// comes as it is: [`RuntimeFunction::resolve`] leads on.
///
/// # Errors
/// [`UnwindError::Unreadable`] where the table can't be read.
pub fn find_function(image: &dyn UnwindImage, rva: u32) -> Result<Option<RuntimeFunction>, UnwindError> {
    let table = image.exception_directory();
    let mut indexes = 0..entries(&table);
    while !indexes.is_empty() {
        let middle = indexes.start + (indexes.end - indexes.start) / 2;
        let entry = RuntimeFunction::read(image, entry_rva(&table, middle))?;
        if rva < entry.begin {
            indexes.end = middle;
        } else if rva >= entry.end {
            indexes.start = middle + 1;
        } else {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}

/// All entries in their order, each with its own error.
pub fn functions(image: &dyn UnwindImage) -> impl Iterator<Item = Result<RuntimeFunction, UnwindError>> + '_ {
    let table = image.exception_directory();
    (0..entries(&table)).map(move |index| RuntimeFunction::read(image, entry_rva(&table, index)))
}

fn entries(table: &Range<u32>) -> u32 {
    table.end.saturating_sub(table.start) / RuntimeFunction::SIZE
}

/// Can't overflow: the index is below what fits between the table's start and end.
fn entry_rva(table: &Range<u32>, index: u32) -> u32 {
    table.start.wrapping_add(index.wrapping_mul(RuntimeFunction::SIZE))
}
