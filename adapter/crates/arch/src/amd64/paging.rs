//! x64 page tables: 4 and 5 levels, 2 MB and 1 GB pages.

use crate::paging::{EntryFlags, EntryMeaning, Format, Level, PAGE_FRAME_64, decode_invalid_64};
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
    flags,
};

/// 57-bit addresses (`CR4.LA57`).
pub(crate) const FIVE_LEVEL: Format =
    Format { is_canonical: |address| sign_extends(address, 57), levels: &[PML5E, PXE, PPE, PDE, PTE], ..FOUR_LEVEL };

/// Whether all bits from `bits - 1` up are equal.
pub(crate) fn sign_extends(address: u64, bits: u32) -> bool {
    let upper = address >> (bits - 1);
    upper == 0 || upper == u64::MAX >> (bits - 1)
}

fn decode(level: PageTableLevel, entry: u64, invalid_pte_mask: u64) -> EntryMeaning {
    const VALID: u64 = 1;
    const LARGE_PAGE: u64 = 1 << 7;
    let frame = entry & PAGE_FRAME_64;
    match level {
        _ if entry & VALID == 0 => decode_invalid_64(entry, invalid_pte_mask),
        Pte => EntryMeaning::Page(frame),
        Pde | Ppe if entry & LARGE_PAGE != 0 => EntryMeaning::Page(frame),
        Pml5e | Pxe | Ppe | Pde => EntryMeaning::Table(frame),
    }
}

/// Also those of x86, where bit 63 isn't there without PAE.
pub(crate) fn flags(level: PageTableLevel, entry: u64) -> EntryFlags {
    let bit = |bit: u32| entry >> bit & 1 != 0;
    EntryFlags {
        copy_on_write: bit(9),
        global: bit(8),
        // In PTEs the bit selects a kind of caching.
        large_page: bit(7) && level != Pte,
        dirty: bit(6),
        accessed: bit(5),
        cache_disabled: bit(4),
        write_through: bit(3),
        user: bit(2),
        writable: bit(1),
        executable: !bit(63),
    }
}
