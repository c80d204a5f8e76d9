//! CodeView's building blocks: records, names, numbers.

use memory::{Cursor, Truncated};
use ms_pdb::types::Leaf;
use std::ffi::CStr;

/// One record of a symbol or type stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    /// Offset of the record (of its length field) in the bytes that were iterated.
    pub(crate) offset: usize,
    /// `S_*` or `LF_*`.
    pub(crate) kind: u16,
    /// What follows the kind.
    pub(crate) data: &'a [u8],
}

impl<'a> Record<'a> {
    /// The record at an offset.
    pub(crate) fn at(bytes: &'a [u8], offset: usize) -> Result<Self, Truncated> {
        let mut cursor = Cursor::at(bytes, offset);
        let length = usize::from(cursor.u16()?);
        let kind = cursor.u16()?;
        // The length counts the kind; one that doesn't even cover that has no data, and its iteration can't go on.
        let available = cursor.remaining();
        let data = length.checked_sub(2).and_then(|length| cursor.take(length).ok());
        data.map(|data| Self { offset, kind, data }).ok_or(Truncated { offset, wanted: length, available })
    }

    /// Offset of the first byte behind it.
    pub(crate) fn end(&self) -> usize {
        self.offset + 4 + self.data.len()
    }

    /// A cursor at its first field.
    pub(crate) fn fields(&self) -> Cursor<'a> {
        Cursor::new(self.data)
    }
}

/// The records that follow each other from an offset on. Ends after the first that is damaged.
pub(crate) struct Records<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Records<'a> {
    /// The records in `bytes` from `offset` on.
    pub(crate) fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, Truncated>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.offset >= self.bytes.len() {
            return None;
        }
        let record = Record::at(self.bytes, self.offset);
        self.offset = record.as_ref().map_or(usize::MAX, Record::end);
        Some(record)
    }
}

/// A name: bytes up to a zero.
pub(crate) fn name<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Truncated> {
    let rest = cursor.clone().take(cursor.remaining())?;
    // A name that isn't ended asks for one byte more than there is.
    let length = CStr::from_bytes_until_nul(rest).map_or(rest.len(), CStr::count_bytes);
    let name = cursor.take(length)?;
    cursor.skip(1)?;
    Ok(name)
}

/// Names are in UTF-8; older compilers wrote them in their code page.
pub(crate) fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// A numeric leaf. Of a floating-point one the bits; of anything else that isn't an integer `None`.
pub(crate) fn number(cursor: &mut Cursor<'_>) -> Result<Option<i128>, Truncated> {
    let kind = Leaf(cursor.u16()?);
    Ok(Some(match kind {
        small if small.is_immediate_numeric() => i128::from(small.0),
        Leaf::LF_CHAR => i128::from(i8::from_le_bytes(cursor.array()?)),
        Leaf::LF_SHORT => i128::from(i16::from_le_bytes(cursor.array()?)),
        Leaf::LF_USHORT | Leaf::LF_REAL16 => i128::from(cursor.u16()?),
        Leaf::LF_LONG => i128::from(i32::from_le_bytes(cursor.array()?)),
        Leaf::LF_ULONG | Leaf::LF_REAL32 => i128::from(cursor.u32()?),
        Leaf::LF_QUADWORD => i128::from(i64::from_le_bytes(cursor.array()?)),
        Leaf::LF_UQUADWORD | Leaf::LF_REAL64 => i128::from(cursor.u64()?),
        // 2^127 and above don't come up as constants.
        Leaf::LF_OCTWORD | Leaf::LF_UOCTWORD => i128::from_le_bytes(cursor.array()?),
        _ => return Ok(None),
    }))
}

/// A numeric leaf that counts bytes.
pub(crate) fn size(cursor: &mut Cursor<'_>) -> Result<Option<u64>, Truncated> {
    Ok(number(cursor)?.and_then(|number| u64::try_from(number).ok()))
}

/// Skips the bytes that bring the cursor to a multiple of four; at the end of the bytes there may be fewer.
pub(crate) fn align(cursor: &mut Cursor<'_>) -> Result<(), Truncated> {
    let padding = cursor.offset().wrapping_neg() & 3;
    cursor.skip(padding.min(cursor.remaining()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Option<i128>) {
        assert_eq!(number(&mut Cursor::new(bytes)), Ok(expected));
    }

    #[test]
    fn numbers_have_the_sign_that_their_leaf_says() {
        check(&[0xff, 0x7f], Some(0x7fff));
        check(&[0x00, 0x80, 0xfe], Some(-2));
        check(&[0x02, 0x80, 0xff, 0xff], Some(0xffff));
        check(&[0x09, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Some(-1));
        check(&[0x0a, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Some(0xffff_ffff_ffff_ffff));
        check(&[0x1a, 0x80], None);
    }

    #[test]
    fn records_end_after_a_damaged_one() {
        let bytes = [2, 0, 6, 0, 4, 0, 8, 17, 1, 2, 1, 0, 6, 0];
        let records: Vec<_> = Records::new(&bytes, 0).map(|record| record.map(|record| record.kind)).collect();
        assert!(matches!(records.as_slice(), [Ok(6), Ok(0x1108), Err(_)]));
    }

    #[test]
    fn a_name_without_its_zero_is_truncated() {
        assert_eq!(name(&mut Cursor::new(b"ab\0c")), Ok(&b"ab"[..]));
        assert!(name(&mut Cursor::new(b"ab")).is_err());
    }
}
