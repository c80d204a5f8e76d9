//! From a symbol's section and offset to its RVA.

use memory::{Cursor, Truncated};

/// The image's sections, and what a tool moved in it after linking.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    sections: Vec<Section>,
    /// `OMAP`: where each block of the linker's image went, by the block's RVA. Such an image's code isn't where its
    /// private symbols say.
    moved: Option<Vec<(u32, u32)>>,
}

#[derive(Clone, Copy, Debug)]
struct Section {
    rva: u32,
    size: u32,
}

impl Sections {
    /// Reads `IMAGE_SECTION_HEADER`s, 40 bytes each.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Truncated> {
        let mut cursor = Cursor::new(bytes);
        let mut sections = Vec::new();
        while cursor.remaining() > 0 {
            cursor.skip(8)?;
            let [virtual_size, rva, raw_size] = [cursor.u32()?, cursor.u32()?, cursor.u32()?];
            cursor.skip(20)?;
            sections.push(Section { rva, size: virtual_size.max(raw_size) });
        }
        Ok(Self { sections, moved: None })
    }

    /// Adds an `OMAP` from the linker's image to the real one: pairs of RVAs.
    pub(crate) fn with_moved_blocks(mut self, bytes: &[u8]) -> Result<Self, Truncated> {
        let mut cursor = Cursor::new(bytes);
        let mut moved = Vec::new();
        while cursor.remaining() > 0 {
            moved.push((cursor.u32()?, cursor.u32()?));
        }
        moved.sort_by_key(|&(from, _)| from);
        self.moved = Some(moved);
        Ok(self)
    }

    /// Whether blocks were moved after linking.
    pub(crate) fn are_moved(&self) -> bool {
        self.moved.is_some()
    }

    /// The RVA of a place, if the image has it: absolute symbols have a section number past the last section.
    pub(crate) fn rva(&self, segment: u16, offset: u32) -> Option<u32> {
        let section = self.sections.get(usize::from(segment).checked_sub(1)?)?;
        let rva = section.rva.checked_add(offset).filter(|_| offset <= section.size)?;
        let Some(moved) = &self.moved else { return Some(rva) };
        let at = moved.partition_point(|&(from, _)| from <= rva).checked_sub(1)?;
        let &(from, to) = moved.get(at)?;
        // Zero: the block is gone.
        (to != 0).then(|| to.checked_add(rva - from)).flatten()
    }

    /// The section and offset as they are read from a symbol record: offset (32 bits), then section (16 bits).
    pub(crate) fn read_rva(&self, cursor: &mut Cursor<'_>) -> Result<Option<u32>, Truncated> {
        let offset = cursor.u32()?;
        Ok(self.rva(cursor.u16()?, offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections() -> Sections {
        let mut header = [0; 40];
        header[8..12].copy_from_slice(&0x500_u32.to_le_bytes());
        header[12..16].copy_from_slice(&0x1000_u32.to_le_bytes());
        Sections::parse(&header).unwrap()
    }

    #[test]
    fn sections_count_from_one_and_end() {
        let sections = sections();
        assert_eq!(sections.rva(1, 0x10), Some(0x1010));
        assert_eq!((sections.rva(0, 0), sections.rva(2, 0), sections.rva(1, 0x501)), (None, None, None));
    }

    #[test]
    fn moved_blocks_are_followed() {
        let omap: Vec<u8> = [(0x1000, 0x2000), (0x1100, 0), (0x1200, 0x9000_u32)]
            .iter()
            .flat_map(|&(a, b): &(u32, u32)| [a, b])
            .flat_map(u32::to_le_bytes)
            .collect();
        let sections = sections().with_moved_blocks(&omap).unwrap();
        assert_eq!(sections.rva(1, 0x10), Some(0x2010));
        assert_eq!(sections.rva(1, 0x110), None);
        assert_eq!(sections.rva(1, 0x204), Some(0x9004));
    }
}
