//! ARM64 page tables: 4 KB granule, 48 bits, 2 MB and 1 GB blocks.
//!
//! The processor has a root for each half of the address space (`TTBR0`, `TTBR1`), of 512 entries each. NT maps both
//! halves by one root table, whose upper 256 entries are the kernel's, as on x64: so a root here is one table, which
//! bits 47:39 of the address index, and an address is good when bits 63:47 are equal.

use crate::amd64::paging::sign_extends;
use crate::paging::{EntryFlags, EntryMeaning, Format, Level, decode_invalid_64};
use memory::PageTableLevel::{self, Pde, Ppe, Pte, Pxe};

/// Output address bits 47:12 of a descriptor, and of the translation table base (bits 63:48 hold an ASID there).
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// Levels 0 to 3 of the Arm architecture.
pub(crate) const GRANULE_4K: Format = Format {
    root_mask: ADDRESS,
    is_canonical: |address| sign_extends(address, 48),
    entry_size: 8,
    levels: &[
        Level { level: Pxe, shift: 39, entries: 512 },
        Level { level: Ppe, shift: 30, entries: 512 },
        Level { level: Pde, shift: 21, entries: 512 },
        Level { level: Pte, shift: 12, entries: 512 },
    ],
    decode,
    flags,
};

/// Bits 1:0 are 11 for tables and pages and 01 for blocks, which only levels 1 and 2 have.
fn decode(level: PageTableLevel, entry: u64, invalid_pte_mask: u64) -> EntryMeaning {
    let address = entry & ADDRESS;
    match (entry & 3, level) {
        (0 | 2, _) => decode_invalid_64(entry, invalid_pte_mask),
        (1, Ppe | Pde) => EntryMeaning::Page(address),
        (1, _) => EntryMeaning::NotPresent,
        (_, Pte) => EntryMeaning::Page(address),
        _ => EntryMeaning::Table(address),
    }
}

/// As the public symbols' `_MMPTE_HARDWARE` lays them out; the bits of tables that matter here are NT's, too.
fn flags(level: PageTableLevel, entry: u64) -> EntryFlags {
    let bit = |bit: u32| entry >> bit & 1 != 0;
    let (privileged_no_execute, user_no_execute) = (bit(53), bit(54));
    let user = bit(6);
    EntryFlags {
        copy_on_write: bit(56),
        global: !bit(11),
        large_page: level != Pte && !bit(1),
        dirty: !bit(7),
        accessed: bit(10),
        cache_disabled: false,
        write_through: false,
        user,
        writable: bit(55),
        executable: if user { !user_no_execute } else { !privileged_no_execute },
    }
}
