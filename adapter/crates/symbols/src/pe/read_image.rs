//! Bytes of an image by RVA, wherever they lie.

use super::PeError;
use memory::{ReadError, ReadVirtual, VirtualAddress};

/// An image laid out as the loader lays it out: RVA 0 is its DOS header.
pub trait ReadImage {
    /// Fills `buffer` with the bytes from `rva` on.
    ///
    /// # Errors
    /// The first byte that couldn't be read, and why. [`ReadError::address`] is the RVA, or the virtual address where
    /// the bytes come from the target's memory; the buffer's first [`ReadError::read`] bytes are good.
    fn read_rva(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ReadError>;
}

/// An image in the target's memory.
#[derive(Clone, Copy)]
pub struct MemoryImage<'a> {
    memory: &'a dyn ReadVirtual,
    base: VirtualAddress,
}

impl<'a> MemoryImage<'a> {
    /// The image that is loaded at `base`.
    pub fn new(memory: &'a dyn ReadVirtual, base: VirtualAddress) -> Self {
        Self { memory, base }
    }
}

impl ReadImage for MemoryImage<'_> {
    fn read_rva(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ReadError> {
        self.memory.read_virtual(self.base.offset(rva.into()), buffer)
    }
}

/// `N` bytes at `rva`; `what` names them in the error.
pub(super) fn array<const N: usize>(image: &dyn ReadImage, rva: u32, what: &'static str) -> Result<[u8; N], PeError> {
    let mut bytes = [0; N];
    image.read_rva(rva, &mut bytes).map_err(|error| PeError::Unreadable { what, rva, error })?;
    Ok(bytes)
}

/// `count` bytes at `rva`, fetched piece by piece so that a false count costs no more memory than there are bytes.
pub(super) fn bytes(image: &dyn ReadImage, rva: u32, count: u32, what: &'static str) -> Result<Vec<u8>, PeError> {
    const PIECE: u32 = 0x1_0000;
    let mut bytes = Vec::new();
    let mut done = 0;
    while done < count {
        let piece = PIECE.min(count - done);
        let at = rva.checked_add(done).ok_or(PeError::OutOfRange { what, rva, size: count })?;
        let filled = bytes.len();
        bytes.resize(filled + piece as usize, 0);
        if let Some(room) = bytes.get_mut(filled..) {
            image.read_rva(at, room).map_err(|error| PeError::Unreadable { what, rva: at, error })?;
        }
        done += piece;
    }
    Ok(bytes)
}

/// The zero-terminated string at `rva`, without its zero: at most `limit` bytes, read no further than needed.
pub(super) fn c_string(image: &dyn ReadImage, rva: u32, limit: u32, what: &'static str) -> Result<String, PeError> {
    let mut text = Vec::new();
    loop {
        let too_long = PeError::StringTooLong { what, rva, limit };
        let read = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let at = rva.checked_add(read).filter(|_| read < limit).ok_or(too_long)?;
        let mut piece = [0; 64];
        let result = image.read_rva(at, &mut piece);
        let good = result.map_or_else(|error| error.read, |()| piece.len());
        let good = piece.get(..good).unwrap_or(&piece);
        if let Some(end) = good.iter().position(|byte| *byte == 0) {
            text.extend(good.iter().take(end));
            return Ok(String::from_utf8_lossy(&text).into_owned());
        }
        text.extend(good);
        result.map_err(|error| PeError::Unreadable { what, rva: at, error })?;
    }
}
