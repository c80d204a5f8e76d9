//! x86 page tables: two levels with 4 MB pages, and PAE's three with 2 MB pages.

use crate::amd64::paging::flags;
use crate::paging::{EntryMeaning, Format, Level, PAGE_FRAME_64, decode_invalid_64};
use memory::PageTableLevel::{self, Pde, Ppe, Pte};

const VALID: u64 = 1;
const LARGE_PAGE: u64 = 1 << 7;

/// Without PAE.
pub(crate) const TWO_LEVEL: Format = Format {
    root_mask: 0xffff_f000,
    is_canonical: is_32_bit,
    entry_size: 4,
    levels: &[Level { level: Pde, shift: 22, entries: 1024 }, Level { level: Pte, shift: 12, entries: 1024 }],
    decode: decode_two_level,
    flags,
};

/// With PAE. The four top entries (NT calls them PPEs) start at a multiple of 32 bytes.
pub(crate) const PAE: Format = Format {
    root_mask: 0xffff_ffe0,
    is_canonical: is_32_bit,
    entry_size: 8,
    levels: &[
        Level { level: Ppe, shift: 30, entries: 4 },
        Level { level: Pde, shift: 21, entries: 512 },
        Level { level: Pte, shift: 12, entries: 512 },
    ],
    decode: decode_pae,
    flags,
};

fn is_32_bit(address: u64) -> bool {
    u32::try_from(address).is_ok()
}

fn decode_pae(level: PageTableLevel, entry: u64, invalid_pte_mask: u64) -> EntryMeaning {
    let frame = entry & PAGE_FRAME_64;
    match level {
        _ if entry & VALID == 0 => decode_invalid_64(entry, invalid_pte_mask),
        Pte => EntryMeaning::Page(frame),
        Pde if entry & LARGE_PAGE != 0 => EntryMeaning::Page(frame),
        _ => EntryMeaning::Table(frame),
    }
}

fn decode_two_level(level: PageTableLevel, entry: u64, _invalid_pte_mask: u64) -> EntryMeaning {
    let frame = entry & 0xffff_f000;
    match level {
        _ if entry & VALID == 0 => decode_invalid_32(entry),
        Pte => EntryMeaning::Page(frame),
        // PSE-36: bits 20:13 of a 4 MB page's entry are bits 39:32 of its address.
        _ if entry & LARGE_PAGE != 0 => EntryMeaning::Page(entry & 0xffc0_0000 | (entry >> 13 & 0xff) << 32),
        _ => EntryMeaning::Table(frame),
    }
}

/// NT's 4-byte entry that isn't valid, as public symbols of 32-bit kernels lay out `_MMPTE_SOFTWARE` and
/// `_MMPTE_TRANSITION`.
fn decode_invalid_32(entry: u64) -> EntryMeaning {
    if entry == 0 {
        EntryMeaning::NotPresent
    } else if entry & (1 << 10) != 0 {
        EntryMeaning::Prototype
    } else if entry & (1 << 11) != 0 {
        EntryMeaning::Transition(entry & 0xffff_f000)
    } else {
        match entry >> 12 {
            0 => EntryMeaning::DemandZero,
            offset => EntryMeaning::PagedOut { file: (entry >> 1 & 0xf) as u8, offset },
        }
    }
}
