//! x64 page tables: 4 and 5 levels, 2 MB and 1 GB pages.

use crate::paging::{Entry, Format, Level, PAGE_FRAME_64, decode_invalid_64};
use memory::PageTableLevel::{self, Pde, Pml5e, Ppe, Pte, Pxe};

const PML5E: Level = Level { level: Pml5e, shift: 48, entries: 512 };
const PXE: Level = Level { level: Pxe, shift: 39, entries: 512 };
const PPE: Level = Level { level: Ppe, shift: 30, entries: 512 };
const PDE: Level = Level { level: Pde, shift: 21, entries: 512 };
const PTE: Level = Level { level: Pte, shift: 12, entries: 512 };

/// 48-bit addresses.
pub(crate) const FOUR_LEVEL: Format = Format {
    root_mask: PAGE_FRAME_64,
    is_canonical: |address| sign_extends(address, 48),
    entry_size: 8,
    levels: &[PXE, PPE, PDE, PTE],
    decode,
};

/// 57-bit addresses (`CR4.LA57`).
pub(crate) const FIVE_LEVEL: Format =
    Format { is_canonical: |address| sign_extends(address, 57), levels: &[PML5E, PXE, PPE, PDE, PTE], ..FOUR_LEVEL };

/// Whether all bits from `bits - 1` up are equal.
pub(crate) fn sign_extends(address: u64, bits: u32) -> bool {
    let upper = address >> (bits - 1);
    upper == 0 || upper == u64::MAX >> (bits - 1)
}

fn decode(level: PageTableLevel, entry: u64, invalid_pte_mask: u64) -> Entry {
    const VALID: u64 = 1;
    const LARGE_PAGE: u64 = 1 << 7;
    let frame = entry & PAGE_FRAME_64;
    match level {
        _ if entry & VALID == 0 => decode_invalid_64(entry, invalid_pte_mask),
        Pte => Entry::Page(frame),
        Pde | Ppe if entry & LARGE_PAGE != 0 => Entry::Page(frame),
        Pml5e | Pxe | Ppe | Pde => Entry::Table(frame),
    }
}
