//! The virtual memory in a small dump.

use super::locations::Table;
use super::or_defect;
use crate::error::Defect;
use crate::file::{FileBytes, FileRange, PointerWidth};
use crate::fill::fill;
use memory::{ReadError, ReadFailure, ReadVirtual, VirtualAddress};
use std::sync::Arc;

/// A piece of virtual memory: `TRIAGE_DATA_BLOCK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataBlock {
    /// The address of its first byte.
    pub address: VirtualAddress,
    /// Its bytes in the file.
    pub bytes: FileRange,
}

/// Pieces of virtual memory, found by binary search.
#[derive(Clone, Debug)]
pub struct DataBlocks {
    file: Arc<FileBytes>,
    /// Ascending; where pieces overlapped, the one that starts first keeps its bytes.
    blocks: Vec<DataBlock>,
}

/// The blocks that the dump's table lists.
pub(super) fn read(
    file: &FileBytes,
    width: PointerWidth,
    table: Option<Table>,
    defects: &mut Vec<Defect>,
) -> Vec<DataBlock> {
    let Some(table) = table else { return Vec::new() };
    let (what, word) = ("TRIAGE_DATA_BLOCK", width.bytes());
    let size = word + 8;
    let read = |index| {
        let entry = table.offset + index * size;
        let offset = file.u32(what, entry + word)?.into();
        let length = file.u32(what, entry + word + 4)?.into();
        let address = VirtualAddress(file.pointer(what, entry, width)?);
        Ok(DataBlock { address, bytes: FileRange { offset, length } })
    };
    let entries = 0..table.entries(file, "DataBlocksCount", size, defects);
    entries.filter_map(|index| or_defect(read(index), defects)).collect()
}

impl DataBlocks {
    /// Sorts `blocks`, and cuts off what an earlier one already covers. The first block whose bytes leave the file,
    /// and the first whose addresses leave the address space, are reported.
    pub(super) fn new(
        file: Arc<FileBytes>,
        blocks: impl IntoIterator<Item = DataBlock>,
        defects: &mut Vec<Defect>,
    ) -> Self {
        let mut blocks: Vec<_> = blocks.into_iter().filter(|block| block.bytes.length != 0).collect();
        let size = file.size();
        let past_end = |block: &&DataBlock| block.bytes.offset.saturating_add(block.bytes.length) > size;
        defects.extend(blocks.iter().find(past_end).map(|block| {
            let FileRange { offset, length } = block.bytes;
            Defect::PastEnd { what: "a block of virtual memory", offset, length, size }
        }));
        let wraps = |block: &DataBlock| block.address.0.checked_add(block.bytes.length - 1).is_none();
        defects.extend(blocks.iter().find(|block| wraps(block)).map(|block| {
            let (what, offset) = ("the address of the block of virtual memory", block.bytes.offset);
            let limit = u64::MAX - (block.bytes.length - 1);
            Defect::TooLarge { what, offset, found: block.address.0, limit }
        }));
        blocks.retain(|block| !wraps(block));
        blocks.sort_by_key(|block| block.address);
        let mut covered = None;
        blocks.retain_mut(|block| {
            let last = block.address.0 + (block.bytes.length - 1);
            if let Some(covered) = covered {
                if last <= covered {
                    return false;
                }
                // Not beyond the last address: `last` lies behind `covered`.
                let cut = (covered + 1).saturating_sub(block.address.0);
                block.address = block.address.offset(cut);
                block.bytes.offset += cut;
                block.bytes.length -= cut;
            }
            covered = Some(last);
            true
        });
        Self { file, blocks }
    }

    /// The blocks, ascending and apart from each other.
    pub fn blocks(&self) -> &[DataBlock] {
        &self.blocks
    }

    /// The same memory with more blocks in it, where it has none itself: parts of the file whose address became known
    /// later (the crashing thread, say, once its processor's `CurrentThread` is read).
    #[must_use]
    pub fn extended(&self, blocks: impl IntoIterator<Item = DataBlock>) -> Self {
        // A block that would cover the start of one that is there already must not win: the gaps are filled instead.
        let gaps: Vec<_> = blocks.into_iter().flat_map(|block| self.gaps(block)).collect();
        Self::new(self.file.clone(), self.blocks.iter().copied().chain(gaps), &mut Vec::new())
    }

    /// The parts of `block` that no block covers.
    fn gaps(&self, block: DataBlock) -> Vec<DataBlock> {
        let mut gaps = Vec::new();
        let mut rest = block;
        let first = self.blocks.partition_point(|other| other.end() <= u128::from(block.address.0));
        for other in self.blocks.iter().skip(first) {
            let free = other.address.0.saturating_sub(rest.address.0).min(rest.bytes.length);
            gaps.push(DataBlock { bytes: FileRange { length: free, ..rest.bytes }, ..rest });
            let used = u64::try_from(other.end() - u128::from(rest.address.0)).unwrap_or(u64::MAX);
            let used = used.min(rest.bytes.length);
            rest.address = rest.address.offset(used);
            rest.bytes = FileRange { offset: rest.bytes.offset.saturating_add(used), length: rest.bytes.length - used };
            if rest.bytes.length == 0 {
                break;
            }
        }
        gaps.push(rest);
        gaps
    }

    /// The first block that holds exactly the bytes of `range`.
    pub(super) fn find_copy(&self, range: FileRange) -> Option<VirtualAddress> {
        let wanted = self.file.available(range);
        let same = |block: &&DataBlock| {
            block.bytes.length == range.length
                && block.bytes.offset != range.offset
                && self.file.available(block.bytes) == wanted
        };
        self.blocks.iter().find(same).map(|block| block.address)
    }

    fn locate(&self, address: VirtualAddress) -> Option<FileRange> {
        let after = self.blocks.partition_point(|block| block.address <= address);
        let block = self.blocks.get(after.checked_sub(1)?)?;
        let within = address.distance_from(block.address)?;
        let length = block.bytes.length.checked_sub(within).filter(|length| *length != 0)?;
        Some(FileRange { offset: block.bytes.offset.checked_add(within)?, length })
    }
}

impl DataBlock {
    /// The address behind the last byte.
    fn end(&self) -> u128 {
        u128::from(self.address.0) + u128::from(self.bytes.length)
    }
}

impl ReadVirtual for DataBlocks {
    fn read_virtual(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        fill(&self.file, address.0, buffer, |at| self.locate(VirtualAddress(at)).ok_or(ReadFailure::VirtualNotInDump))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use memory::ReadVirtualExt;

    /// Blocks (address, file offset, length) over a file whose bytes count up.
    fn blocks(described: &[(u64, u64, u64)]) -> (DataBlocks, Vec<Defect>) {
        let file = Arc::new(FileBytes::Owned((0..=255).collect()));
        let mut defects = Vec::new();
        let blocks = described.iter().map(|&(address, offset, length)| block(address, offset, length));
        (DataBlocks::new(file, blocks, &mut defects), defects)
    }

    fn block(address: u64, offset: u64, length: u64) -> DataBlock {
        DataBlock { address: VirtualAddress(address), bytes: FileRange { offset, length } }
    }

    #[test]
    fn a_read_crosses_blocks_that_touch_and_stops_at_a_gap() {
        let (memory, _) = blocks(&[(0x1004, 100, 4), (0x1000, 0, 4)]);
        let (bytes, error) = memory.prefix(VirtualAddress(0x1002), 16);
        assert_eq!(bytes, [2, 3, 100, 101, 102, 103]);
        let failure = ReadFailure::VirtualNotInDump;
        assert_eq!(error.unwrap(), ReadError { address: 0x1008, read: 6, failure });
    }

    #[test]
    fn of_overlapping_blocks_the_first_keeps_its_bytes() {
        let (memory, _) = blocks(&[(0x1000, 0, 8), (0x1004, 100, 8), (0x1002, 50, 2)]);
        let bytes = memory.bytes(VirtualAddress(0x1000), 12).unwrap();
        assert_eq!(bytes, [0, 1, 2, 3, 4, 5, 6, 7, 104, 105, 106, 107]);
    }

    #[test]
    fn a_block_that_leaves_the_file_ends_where_the_file_ends() {
        let (memory, defects) = blocks(&[(0x1000, 254, 4)]);
        assert_eq!(
            memory.prefix(VirtualAddress(0x1000), 4).1.unwrap(),
            ReadError { address: 0x1002, read: 2, failure: ReadFailure::EndOfFile(256) }
        );
        assert_eq!(defects, [Defect::PastEnd { what: "a block of virtual memory", offset: 254, length: 4, size: 256 }]);
    }

    #[test]
    fn the_last_byte_of_the_address_space_can_be_held_and_nothing_behind_it() {
        let (memory, defects) = blocks(&[(u64::MAX - 3, 8, 4), (u64::MAX, 0, 2)]);
        assert_eq!(memory.bytes(VirtualAddress(u64::MAX - 3), 4).unwrap(), [8, 9, 10, 11]);
        assert!(matches!(defects[..], [Defect::TooLarge { found: u64::MAX, .. }]));
    }

    #[test]
    fn blocks_that_come_later_fill_only_gaps() {
        let (memory, _) = blocks(&[(0x1002, 100, 2), (0x1006, 110, 2)]);
        let memory = memory.extended([block(0x1000, 0, 10)]);
        let bytes = memory.bytes(VirtualAddress(0x1000), 10).unwrap();
        assert_eq!(bytes, [0, 1, 100, 101, 4, 5, 110, 111, 8, 9]);
        assert_eq!(memory.blocks().len(), 5);
    }

    #[test]
    fn a_copy_is_found_by_its_bytes() {
        let mut bytes = vec![0; 32];
        bytes[4..8].copy_from_slice(b"kprc");
        bytes[20..24].copy_from_slice(b"kprc");
        let file = Arc::new(FileBytes::Owned(bytes));
        let memory = DataBlocks::new(file, [block(0x5000, 0, 4), block(0x7000, 20, 4)], &mut Vec::new());
        assert_eq!(memory.find_copy(FileRange { offset: 4, length: 4 }), Some(VirtualAddress(0x7000)));
        assert_eq!(memory.find_copy(FileRange { offset: 4, length: 5 }), None);
    }
}
