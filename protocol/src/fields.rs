//! Little-endian fields at the fixed offsets of a packet's body, read checked and written into buffers that grow.

use crate::DecodeError;

/// A body that is read, with the name that errors call it.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    structure: &'static str,
    bytes: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn new(structure: &'static str, bytes: &'a [u8]) -> Self {
        Self { structure, bytes }
    }

    /// `count` bytes at `offset`.
    pub(crate) fn slice(&self, offset: usize, count: usize) -> Result<&'a [u8], DecodeError> {
        let end = offset.saturating_add(count);
        self.bytes.get(offset..end).ok_or(DecodeError::Truncated {
            structure: self.structure,
            offset,
            wanted: count,
            available: self.bytes.len(),
        })
    }

    /// `count` announced bytes that follow the structure's `size` bytes.
    pub(crate) fn following(&self, size: usize, count: u32) -> Result<&'a [u8], DecodeError> {
        let rest = self.rest(size);
        let announced = usize::try_from(count).unwrap_or(usize::MAX);
        rest.get(..announced).ok_or(DecodeError::Announced {
            structure: self.structure,
            announced,
            available: rest.len(),
        })
    }

    /// Everything from `offset` on; nothing where the body ends before.
    pub(crate) fn rest(&self, offset: usize) -> &'a [u8] {
        self.bytes.get(offset..).unwrap_or_default()
    }

    fn array<const N: usize>(&self, offset: usize) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.slice(offset, N)?);
        Ok(array)
    }

    pub(crate) fn u8(&self, offset: usize) -> Result<u8, DecodeError> {
        self.array(offset).map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&self, offset: usize) -> Result<u16, DecodeError> {
        self.array(offset).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&self, offset: usize) -> Result<u32, DecodeError> {
        self.array(offset).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&self, offset: usize) -> Result<u64, DecodeError> {
        self.array(offset).map(u64::from_le_bytes)
    }
}

/// Writes `field` at `offset`; the buffer grows where it ends before.
pub(crate) fn put(buffer: &mut Vec<u8>, offset: usize, field: &[u8]) {
    let end = offset.saturating_add(field.len());
    if buffer.len() < end {
        buffer.resize(end, 0);
    }
    if let Some(place) = buffer.get_mut(offset..end) {
        place.copy_from_slice(field);
    }
}

/// What a count on the wire says of bytes here; packets are far shorter than its range.
pub(crate) fn count(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
