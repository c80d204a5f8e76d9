//! Translating virtual addresses: what all page tables have in common. The entry formats are the architectures'.

mod mappings;

pub use mappings::{Mapping, Mappings};

use crate::{amd64, arm64, x86};
use memory::{PageTableLevel, PhysicalAddress, ReadFailure, ReadPhysical, ReadPhysicalExt, VirtualAddress};

/// What a virtual address is translated by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressSpace {
    /// Directory table base (`CR3`, `TTBR`); the low and high bits that are no part of the address are masked off.
    pub root: PhysicalAddress,
    /// Format of the page tables.
    pub mode: PagingMode,
    /// NT's `MiState.Hardware.InvalidPteMask`: since its L1 terminal fault mitigation NT sets these bits in entries
    /// that aren't valid and whose `SwizzleBit` is clear, and they are cleared here before an entry's page number is
    /// used. 0 when unknown: such a page is then looked for beyond the end of memory and not found, never at a wrong
    /// place that exists.
    pub invalid_pte_mask: u64,
}

impl AddressSpace {
    /// An address space whose [`Self::invalid_pte_mask`] isn't known.
    pub fn new(root: PhysicalAddress, mode: PagingMode) -> Self {
        Self { root, mode, invalid_pte_mask: 0 }
    }

    /// Where the table of the top level lies.
    pub fn top_table(&self) -> PhysicalAddress {
        PhysicalAddress(self.root.0 & self.mode.format().root_mask)
    }

    /// What an entry says; 4-byte entries are zero-extended.
    pub fn decode(&self, level: PageTableLevel, entry: u64) -> EntryMeaning {
        (self.mode.format().decode)(level, entry, self.invalid_pte_mask)
    }
}

/// Formats of page tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PagingMode {
    /// x86 without PAE: 2 levels, 4-byte entries, 4 MB large pages.
    X86,
    /// x86 with PAE: 3 levels, 8-byte entries, 2 MB large pages.
    X86Pae,
    /// x64, 48 bits: 4 levels, 2 MB and 1 GB large pages.
    Amd64FourLevel,
    /// x64 with LA57, 57 bits: 5 levels.
    Amd64FiveLevel,
    /// ARM64 with 4 KB granule, 48 bits: 4 levels, 2 MB and 1 GB blocks.
    Arm64,
}

impl PagingMode {
    /// The levels of its page tables, top first.
    pub fn levels(self) -> &'static [Level] {
        self.format().levels
    }

    /// Bytes of an entry: 4 or 8.
    pub fn entry_size(self) -> usize {
        self.format().entry_size
    }

    /// What a valid entry of a level allows and tells.
    pub fn flags(self, level: PageTableLevel, entry: u64) -> EntryFlags {
        (self.format().flags)(level, entry)
    }

    /// The address that the processor forms of the bits that select entries: the sign is extended where there is one.
    pub fn canonical(self, address: u64) -> VirtualAddress {
        let format = self.format();
        let bits = format.levels.first().map_or(0, |top| top.shift + top.entries.trailing_zeros());
        let unused = if (format.is_canonical)(u64::MAX) { 64 - bits } else { 0 };
        VirtualAddress(((address << unused) as i64 >> unused) as u64)
    }

    fn format(self) -> &'static Format {
        match self {
            Self::X86 => &x86::paging::TWO_LEVEL,
            Self::X86Pae => &x86::paging::PAE,
            Self::Amd64FourLevel => &amd64::paging::FOUR_LEVEL,
            Self::Amd64FiveLevel => &amd64::paging::FIVE_LEVEL,
            Self::Arm64 => &arm64::paging::GRANULE_4K,
        }
    }
}

/// Where a virtual address lies in physical memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Translation {
    /// The physical address, page offset included.
    pub physical: PhysicalAddress,
    /// Bytes in the page: 4 KB, or 2 MB, 4 MB, 1 GB for large pages.
    pub page_size: u64,
    /// The entries that led there.
    pub path: PageTablePath,
    /// An entry on the way isn't valid but in transition: a processor would fault, but the page still has its contents.
    pub in_transition: bool,
}

impl Translation {
    /// Bytes from the address to the end of its page: what may be read at [`Self::physical`] in one go.
    pub fn bytes_left_in_page(&self) -> u64 {
        self.page_size - (self.physical.0 & (self.page_size - 1))
    }
}

/// Why an address can't be translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address}: {failure}")]
pub struct TranslateError {
    /// The virtual address.
    pub address: VirtualAddress,
    /// What stood in the way.
    pub failure: ReadFailure,
    /// The entries that were read, the failing one included if it could be read.
    pub path: PageTablePath,
}

/// A page table entry that a translation came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageTableEntry {
    /// Its level.
    pub level: PageTableLevel,
    /// Where it lies.
    pub at: PhysicalAddress,
    /// The entry itself, zero-extended.
    pub entry: u64,
}

/// The entries of one translation, top level first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageTablePath {
    /// Address and value of the entry of each of [`LEVELS`] that came by.
    slots: [(PhysicalAddress, u64); LEVELS.len()],
    /// Which of the slots count, a bit for each.
    came_by: u8,
}

const LEVELS: [PageTableLevel; 5] = {
    use PageTableLevel::{Pde, Pml5e, Ppe, Pte, Pxe};
    [Pml5e, Pxe, Ppe, Pde, Pte]
};

impl PageTablePath {
    /// The entries, top level first.
    pub fn iter(&self) -> impl Iterator<Item = PageTableEntry> + '_ {
        let slots = LEVELS.into_iter().zip(self.slots).enumerate();
        slots.filter(|(index, _)| self.came_by & (1 << index) != 0).map(|(_, (level, (at, entry)))| PageTableEntry {
            level,
            at,
            entry,
        })
    }

    fn push(&mut self, PageTableEntry { level, at, entry }: PageTableEntry) {
        for (index, (_, slot)) in LEVELS.into_iter().zip(&mut self.slots).enumerate().filter(|(_, (l, _))| *l == level)
        {
            *slot = (at, entry);
            self.came_by |= 1 << index;
        }
    }
}

/// What the valid entry of a page or table allows and tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EntryFlags {
    /// Writing makes a copy (a bit that NT defines).
    pub copy_on_write: bool,
    /// The translation holds in all address spaces.
    pub global: bool,
    /// It maps a large page.
    pub large_page: bool,
    /// It was written to.
    pub dirty: bool,
    /// It was used.
    pub accessed: bool,
    /// Not cached. ARM64's entries name a kind of memory by its number instead: false there.
    pub cache_disabled: bool,
    /// Cached, and written through. False on ARM64, as above.
    pub write_through: bool,
    /// User mode may use it.
    pub user: bool,
    /// It may be written to.
    pub writable: bool,
    /// Its owner's mode may execute it.
    pub executable: bool,
}

/// What tells one paging mode's tables from another's.
pub(crate) struct Format {
    /// Bits of the directory table base that are an address.
    pub root_mask: u64,
    /// Whether the processor can form the address at all.
    pub is_canonical: fn(u64) -> bool,
    /// Bytes in an entry: 4 or 8.
    pub entry_size: usize,
    /// The levels, top first.
    pub levels: &'static [Level],
    /// What an entry says. The last argument is [`AddressSpace::invalid_pte_mask`].
    pub decode: fn(PageTableLevel, u64, u64) -> EntryMeaning,
    /// What a valid entry allows and tells.
    pub flags: fn(PageTableLevel, u64) -> EntryFlags,
}

/// One level of page tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Its name.
    pub level: PageTableLevel,
    /// Lowest bit of the virtual address that selects an entry.
    pub shift: u32,
    /// Entries in a table.
    pub entries: u64,
}

/// What an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryMeaning {
    /// The physical address of the next level's table.
    Table(u64),
    /// The physical address of the page.
    Page(u64),
    /// Not valid, but the page or table is still there, at this physical address.
    Transition(u64),
    /// In a paging file.
    PagedOut {
        /// Number of the paging file.
        file: u8,
        /// Page offset within it.
        offset: u64,
    },
    /// Zeroes on first use.
    DemandZero,
    /// Described by a prototype entry.
    Prototype,
    /// Says nothing about where the page is.
    NotPresent,
}

/// The physical address bits 51:12 of an 8-byte entry.
pub(crate) const PAGE_FRAME_64: u64 = 0x000f_ffff_ffff_f000;

/// NT's 8-byte entry that isn't valid, as the public symbols' `_MMPTE_SOFTWARE`, `_MMPTE_TRANSITION` and
/// `_MMPTE_PROTOTYPE` lay it out in Windows 10 and later (before, the paging file's number was in bits 4:1; that number
/// is all that differs). An entry of zero says nothing: only the VADs know whether there is memory.
pub(crate) fn decode_invalid_64(entry: u64, invalid_pte_mask: u64) -> EntryMeaning {
    let swizzled = entry & (1 << 4) == 0;
    let address = if swizzled { entry & !invalid_pte_mask } else { entry };
    if entry == 0 {
        EntryMeaning::NotPresent
    } else if entry & (1 << 10) != 0 {
        EntryMeaning::Prototype
    } else if entry & (1 << 11) != 0 {
        EntryMeaning::Transition(address & PAGE_FRAME_64)
    } else {
        match address >> 32 {
            0 => EntryMeaning::DemandZero,
            offset => EntryMeaning::PagedOut { file: (entry >> 12 & 0xf) as u8, offset },
        }
    }
}

/// Walks the page tables of `space`.
pub(crate) fn translate(
    physical: &dyn ReadPhysical,
    space: AddressSpace,
    address: VirtualAddress,
) -> Result<Translation, TranslateError> {
    let format = space.mode.format();
    let mut path = PageTablePath::default();
    walk(physical, format, space, address, &mut path)
        .map_err(|failure| TranslateError { address, failure, path })
        .map(|(physical, page_size, in_transition)| Translation { physical, page_size, path, in_transition })
}

fn walk(
    physical: &dyn ReadPhysical,
    format: &Format,
    space: AddressSpace,
    address: VirtualAddress,
    path: &mut PageTablePath,
) -> Result<(PhysicalAddress, u64, bool), ReadFailure> {
    if !(format.is_canonical)(address.0) {
        return Err(ReadFailure::NotCanonical);
    }
    let mut table = space.top_table().0;
    let mut in_transition = false;
    for &Level { level, shift, entries } in format.levels {
        let index = address.0 >> shift & (entries - 1);
        let at = PhysicalAddress(table).offset(index * format.entry_size as u64);
        let entry = physical.pointer(at, format.entry_size).map_err(|error| match error.failure {
            ReadFailure::Cancelled => ReadFailure::Cancelled,
            _ => ReadFailure::PageTableUnreadable { level, at },
        })?;
        path.push(PageTableEntry { level, at, entry });
        let page_size = 1 << shift;
        let page = |base: u64| PhysicalAddress(base & !(page_size - 1) | address.0 & (page_size - 1));
        match (format.decode)(level, entry, space.invalid_pte_mask) {
            EntryMeaning::Page(base) => return Ok((page(base), page_size, in_transition)),
            EntryMeaning::Transition(base) if level == PageTableLevel::Pte => return Ok((page(base), page_size, true)),
            EntryMeaning::Table(next) => table = next,
            EntryMeaning::Transition(next) => (table, in_transition) = (next, true),
            EntryMeaning::PagedOut { file, offset } => {
                return Err(ReadFailure::PagedOut { level, entry, file, offset });
            }
            EntryMeaning::DemandZero => return Err(ReadFailure::DemandZero { level, entry }),
            EntryMeaning::Prototype => return Err(ReadFailure::Prototype { level, entry }),
            EntryMeaning::NotPresent => return Err(ReadFailure::NotPresent { level, entry, at }),
        }
    }
    // No format has tables at its last level, so that the loop has returned.
    Err(ReadFailure::NotCanonical)
}
