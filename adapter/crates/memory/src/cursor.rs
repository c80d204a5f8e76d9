//! A checked cursor: every read from outside bytes is bounded, and a failed one says at which offset.

use std::fmt;

/// The bytes ended before what their format promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncated {
    /// Offset of the read, in bytes from the start of the slice.
    pub offset: usize,
    /// Bytes that it wanted.
    pub wanted: usize,
    /// Bytes that there are in all.
    pub available: usize,
}

impl std::error::Error for Truncated {}

impl fmt::Display for Truncated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, wanted, available } = self;
        write!(f, "{wanted} bytes wanted at offset {offset:#x}, but there are {available:#x} bytes in all")
    }
}

/// Reads little-endian values one after the other.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// A cursor at `offset`, which may lie behind the end: the first read then fails.
    pub fn at(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset }
    }

    /// Bytes from the start of the slice.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Bytes left.
    pub fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.offset)
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`Truncated`] when there are fewer; the cursor stays.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Truncated> {
        let truncated = Truncated { offset: self.offset, wanted: count, available: self.bytes.len() };
        let end = self.offset.checked_add(count).ok_or(truncated)?;
        let taken = self.bytes.get(self.offset..end).ok_or(truncated)?;
        self.offset = end;
        Ok(taken)
    }

    /// Passes over `count` bytes.
    ///
    /// # Errors
    /// [`Truncated`] when there are fewer; the cursor stays.
    pub fn skip(&mut self, count: usize) -> Result<(), Truncated> {
        self.take(count).map(|_| ())
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// [`Truncated`] when there are fewer; the cursor stays.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// One byte.
    ///
    /// # Errors
    /// [`Truncated`] at the end.
    pub fn u8(&mut self) -> Result<u8, Truncated> {
        self.array().map(u8::from_le_bytes)
    }

    /// Two bytes.
    ///
    /// # Errors
    /// [`Truncated`] when there are fewer.
    pub fn u16(&mut self) -> Result<u16, Truncated> {
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes.
    ///
    /// # Errors
    /// [`Truncated`] when there are fewer.
    pub fn u32(&mut self) -> Result<u32, Truncated> {
        self.array().map(u32::from_le_bytes)
    }

    /// Eight bytes.
    ///
    /// # Errors
    /// [`Truncated`] when there are fewer.
    pub fn u64(&mut self) -> Result<u64, Truncated> {
        self.array().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_each_other() {
        let mut cursor = Cursor::new(&[1, 2, 0, 3, 0, 0, 0, 9]);
        assert_eq!((cursor.u8(), cursor.u16(), cursor.u32(), cursor.remaining()), (Ok(1), Ok(2), Ok(3), 1));
    }

    #[test]
    fn a_read_past_the_end_fails_and_moves_nothing() {
        let mut cursor = Cursor::at(&[1, 2, 3], 2);
        assert_eq!(cursor.u16(), Err(Truncated { offset: 2, wanted: 2, available: 3 }));
        assert_eq!(cursor.u8(), Ok(3));
        assert!(Cursor::at(&[], usize::MAX).u64().is_err());
    }
}
