//! Virtual memory of a snapshot, read by its page tables alone.

use crate::dump_writer::Machine;

/// Bytes in a page.
const PAGE: u64 = 0x1000;
/// Bits of a page table entry that say where the next table or the page is.
const FRAME: u64 = 0x000f_ffff_ffff_f000;
const PRESENT: u64 = 1;
const LARGE_PAGE: u64 = 0x80;

/// An x64 machine's memory, as its processors see it.
pub(super) struct Memory<'a>(pub &'a Machine);

impl Memory<'_> {
    /// `size` bytes; `None` where not all of them are there.
    pub fn bytes(&self, address: u64, size: u64) -> Option<Vec<u8>> {
        let (mut at, end) = (address, address.checked_add(size)?);
        let mut bytes = Vec::new();
        while at < end {
            let page_end = (at | (PAGE - 1)).checked_add(1)?.min(end);
            bytes.extend(self.physical(self.translate(at)?, page_end - at)?);
            at = page_end;
        }
        Some(bytes)
    }

    /// The address that is stored at `address`, which has to be there.
    pub fn pointer(&self, address: u64) -> u64 {
        self.number(address, 8)
    }

    /// The 32-bit number at `address`, which has to be there.
    pub fn u32(&self, address: u64) -> u32 {
        self.number(address, 4) as u32
    }

    /// The text of the UNICODE_STRING at `address`, which has to be there.
    pub fn unicode_string(&self, address: u64) -> String {
        let bytes = self.bytes(self.pointer(address + 8), self.number(address, 2)).expect("the text is mapped");
        let units: Vec<u16> = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
        String::from_utf16(&units).expect("UTF-16")
    }

    fn number(&self, address: u64, size: u64) -> u64 {
        let bytes = self.bytes(address, size).unwrap_or_else(|| panic!("{address:#x} is not mapped"));
        bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
    }

    fn translate(&self, address: u64) -> Option<u64> {
        let mut table = self.0.root & FRAME;
        for shift in [39, 30, 21, 12] {
            let entry = self.physical(table + 8 * (address >> shift & 0x1ff), 8)?;
            let entry = u64::from_le_bytes(entry.try_into().expect("eight bytes"));
            if entry & PRESENT == 0 {
                return None;
            }
            table = entry & FRAME;
            if shift == 21 && entry & LARGE_PAGE != 0 {
                let large = (1 << shift) - 1;
                return Some((table & !large) + (address & large));
            }
        }
        Some(table + address % PAGE)
    }

    /// `size` bytes within one page.
    fn physical(&self, address: u64, size: u64) -> Option<&[u8]> {
        let within = (address % PAGE) as usize;
        self.0.page(address / PAGE)?.get(within..within + size as usize)
    }
}
