//! Base relocations (MS-documented `IMAGE_BASE_RELOCATION`): where the loader adds the distance between the address
//! that an image was linked to and the one that it was loaded at.
//!
//! ```text
//! .reloc   block: page RVA (4), size of the block (4), then entries of 2 bytes: type (4 bits), offset in the page (12)
//! ```

use super::read_image::bytes;
use super::{Directory, PeError, PeHeaders, ReadImage};
use memory::{Cursor, ReadError};

const IMAGE_REL_BASED_ABSOLUTE: u8 = 0;
const IMAGE_REL_BASED_HIGHLOW: u8 = 3;
const IMAGE_REL_BASED_DIR64: u8 = 10;
/// Bytes of a block's header.
const BLOCK_HEADER: u32 = 8;
/// Bytes of the largest directory that is read; a kernel's has some 30 KiB, the largest known ones a few MiB.
const LARGEST: u32 = 0x100_0000;

/// The values that are relocated, by RVA.
#[derive(Clone, Debug, Default)]
pub(super) struct Relocations(Vec<Relocation>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Relocation {
    rva: u32,
    /// Bytes of the value: 4 or 8.
    width: u8,
}

impl Relocations {
    /// Reads the whole directory, so that an entry that can't be applied is found before any byte is given out.
    ///
    /// # Errors
    /// [`PeError`]: unreadable, an impossible block, a type other than `HIGHLOW` (x86) and `DIR64` (x64, ARM64).
    pub(super) fn read(image: &dyn ReadImage, headers: &PeHeaders) -> Result<Self, PeError> {
        let Some(directory) = headers.directory(Directory::BaseRelocation) else { return Ok(Self::default()) };
        let what = "base relocations";
        if directory.size > LARGEST {
            return Err(PeError::TooMany { what, rva: directory.rva, count: directory.size / 2, limit: LARGEST / 2 });
        }
        let table = bytes(image, directory.rva, directory.size, what)?;
        let mut relocations = Vec::new();
        let mut rest = Cursor::new(&table);
        while rest.remaining() >= BLOCK_HEADER as usize {
            let rva = directory.rva.saturating_add(u32::try_from(rest.offset()).unwrap_or(u32::MAX));
            let left = u32::try_from(rest.remaining()).unwrap_or(u32::MAX);
            let impossible = |size| PeError::RelocationBlock { rva, size, left };
            let page = rest.u32().map_err(|_| impossible(0))?;
            let size = rest.u32().map_err(|_| impossible(0))?;
            let entries = size.checked_sub(BLOCK_HEADER).ok_or(impossible(size))?;
            let entries = rest.take(entries as usize).map_err(|_| impossible(size))?;
            for entry in entries.chunks_exact(2).filter_map(|entry| Cursor::new(entry).u16().ok()) {
                let rva = page.wrapping_add((entry & 0xfff).into());
                let [_, high] = entry.to_le_bytes();
                let width = match high >> 4 {
                    IMAGE_REL_BASED_ABSOLUTE => continue,
                    IMAGE_REL_BASED_HIGHLOW => 4,
                    IMAGE_REL_BASED_DIR64 => 8,
                    kind => return Err(PeError::RelocationType { rva, kind }),
                };
                relocations.push(Relocation { rva, width });
            }
        }
        relocations.sort_unstable();
        Ok(Self(relocations))
    }

    /// Adds `delta` to each relocated value that has bytes in `buffer`, which holds the image's bytes from `rva` on.
    /// `image` supplies the values whole: they may reach over the buffer's ends.
    ///
    /// # Errors
    /// A value that can't be read whole; what lies before it is relocated.
    pub(super) fn apply(
        &self,
        image: &dyn ReadImage,
        delta: u64,
        rva: u32,
        buffer: &mut [u8],
    ) -> Result<(), ReadError> {
        let start = self.0.partition_point(|value| u64::from(value.rva) + u64::from(value.width) <= rva.into());
        let end = u64::from(rva) + buffer.len() as u64;
        for relocation in self.0.iter().skip(start).take_while(|value| u64::from(value.rva) < end) {
            let mut value = [0; 8];
            let (bytes, _) = value.split_at_mut_checked(relocation.width.into()).unwrap_or_default();
            let read = relocation.rva.saturating_sub(rva) as usize;
            image.read_rva(relocation.rva, bytes).map_err(|error| ReadError { read, ..error })?;
            let relocated = u64::from_le_bytes(value).wrapping_add(delta).to_le_bytes();
            for (at, byte) in (u64::from(relocation.rva)..).zip(relocated).take(relocation.width.into()) {
                let place = at.checked_sub(rva.into()).and_then(|place| usize::try_from(place).ok());
                if let Some(target) = place.and_then(|place| buffer.get_mut(place)) {
                    *target = byte;
                }
            }
        }
        Ok(())
    }
}
