//! A target's memory, made of the pieces that a test puts into it.

use memory::{ReadError, ReadFailure, ReadVirtual, VirtualAddress};
use std::sync::Arc;
use symbols::TargetMemory;
use symbols::pe::{ImageFile, ReadImage};

/// Bytes at addresses; all else isn't in the dump.
#[derive(Default)]
pub struct Memory(Vec<(u64, Vec<u8>)>);

impl Memory {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with(mut self, address: u64, bytes: Vec<u8>) -> Self {
        self.0.push((address, bytes));
        self
    }

    /// An image as the loader would have laid it out, not relocated.
    pub fn with_image(self, base: u64, file: &[u8]) -> Self {
        let image = ImageFile::from_bytes(file.to_vec(), "built".into()).unwrap();
        let mut bytes = vec![0; image.headers().size_of_image as usize];
        for (rva, page) in (0..).step_by(0x1000).zip(bytes.chunks_mut(0x1000)) {
            // Holes between sections stay zero.
            let _ = image.read_rva(rva, page);
        }
        self.with(base, bytes)
    }

    pub fn share(self) -> TargetMemory {
        Arc::new(self)
    }
}

impl ReadVirtual for Memory {
    fn read_virtual(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        for (read, byte) in buffer.iter_mut().enumerate() {
            let at = address.0.wrapping_add(read as u64);
            let found =
                self.0.iter().find_map(|(base, bytes)| bytes.get(usize::try_from(at.checked_sub(*base)?).ok()?));
            let failure = ReadFailure::VirtualNotInDump;
            *byte = *found.ok_or(ReadError { address: at, read, failure })?;
        }
        Ok(())
    }
}
