//! Everything that page tables map, in the order of the virtual addresses.

use super::{AddressSpace, EntryMeaning, Level};
use memory::{PageTableLevel, PhysicalAddress, ReadFailure, ReadPhysical, ReadPhysicalExt, VirtualAddress};

/// Tables that are read at most: page tables of 128 GB of 4 KB pages. Tables that lead in circles end there, too.
const MAX_TABLES: u32 = 1 << 16;

/// A step of the walk through page tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// A page whose entries are all valid.
    Page {
        /// Its first address.
        address: VirtualAddress,
        /// Where it lies.
        physical: PhysicalAddress,
        /// Its bytes.
        size: u64,
    },
    /// The walk enters a table: nothing is mapped by that alone, but time went by.
    Table,
    /// A table couldn't be read: what it maps is left out.
    Unreadable {
        /// The level of its entries.
        level: PageTableLevel,
        /// Where it lies.
        at: PhysicalAddress,
        /// The first address that it would map.
        address: VirtualAddress,
        /// What stood in the way.
        failure: ReadFailure,
    },
    /// There are too many tables: what this and later addresses are mapped to is left out.
    TooMany(VirtualAddress),
}

/// The walk through all page tables of an address space.
pub struct Mappings<'a> {
    physical: &'a dyn ReadPhysical,
    space: AddressSpace,
    /// The tables that the walk is in, top first.
    tables: Vec<Table>,
    /// How many more are read.
    tables_left: u32,
    /// A table that is to be entered next: the levels from its own down, its place, and the first address it maps.
    next: Option<(&'static [Level], PhysicalAddress, u64)>,
}

struct Table {
    /// Its level, and those below.
    levels: &'static [Level],
    /// Its valid entries, the next one last, with the bits of the addresses that they stand for.
    entries: Vec<(u64, u64)>,
}

impl<'a> Mappings<'a> {
    /// The walk from the top table on.
    pub fn new(physical: &'a dyn ReadPhysical, space: AddressSpace) -> Self {
        let next = Some((space.mode.levels(), space.top_table(), 0));
        Self { physical, space, tables: Vec::new(), tables_left: MAX_TABLES, next }
    }

    fn enter(&mut self, levels: &'static [Level], at: PhysicalAddress, base: u64) -> Option<Mapping> {
        let Level { level, shift, entries } = *levels.first()?;
        let address = self.space.mode.canonical(base);
        let Some(left) = self.tables_left.checked_sub(1) else {
            self.tables.clear();
            return Some(Mapping::TooMany(address));
        };
        self.tables_left = left;
        let size = self.space.mode.entry_size();
        let bytes = match self.physical.bytes(at, size * entries as usize) {
            Ok(bytes) => bytes,
            Err(error) => return Some(Mapping::Unreadable { level, at, address, failure: error.failure }),
        };
        let entries =
            bytes.chunks_exact(size).map(|entry| entry.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte)));
        let places = (0..).map(|index: u64| base | index << shift);
        let mut entries: Vec<_> = entries.zip(places).filter(|(entry, _)| entry & 1 != 0).collect();
        entries.reverse();
        self.tables.push(Table { levels, entries });
        Some(Mapping::Table)
    }
}

impl Iterator for Mappings<'_> {
    type Item = Mapping;

    fn next(&mut self) -> Option<Mapping> {
        loop {
            if let Some((levels, at, base)) = self.next.take() {
                return self.enter(levels, at, base);
            }
            let table = self.tables.last_mut()?;
            let Some((entry, base)) = table.entries.pop() else {
                self.tables.pop();
                continue;
            };
            let Some((Level { level, shift, .. }, below)) = table.levels.split_first() else { continue };
            match self.space.decode(*level, entry) {
                EntryMeaning::Page(at) => {
                    let size = 1 << shift;
                    let physical = PhysicalAddress(at & !(size - 1));
                    return Some(Mapping::Page { address: self.space.mode.canonical(base), physical, size });
                }
                EntryMeaning::Table(at) => self.next = Some((below, PhysicalAddress(at), base)),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PagingMode;
    use memory::ReadError;

    /// Every table is the same one, in which this many entries lead back to it.
    struct Circle(u64);

    const ROOT: u64 = 0x18_7000;

    impl ReadPhysical for Circle {
        fn read_physical(&self, address: PhysicalAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
            for (index, entry) in (address.page_offset() / 8..).zip(buffer.chunks_exact_mut(8)) {
                entry.copy_from_slice(&if index < self.0 { ROOT | 0x63 } else { 0 }.to_le_bytes());
            }
            Ok(())
        }
    }

    fn walk(physical: &Circle, most: u32) -> Vec<Mapping> {
        let space = AddressSpace::new(PhysicalAddress(ROOT), PagingMode::Amd64FourLevel);
        let mappings = Mappings { tables_left: most, ..Mappings::new(physical, space) };
        mappings.filter(|mapping| *mapping != Mapping::Table).collect()
    }

    #[test]
    fn pages_come_by_address_with_the_sign_extended() {
        let page = |address| Mapping::Page {
            address: VirtualAddress(address),
            physical: PhysicalAddress(ROOT),
            size: memory::PAGE_SIZE,
        };
        assert_eq!(walk(&Circle(1), 4), [page(0)]);
        let found = walk(&Circle(2), 15);
        assert_eq!((found.len(), found[0], found[1], found[2]), (16, page(0), page(0x1000), page(0x20_0000)));
        assert_eq!(found[15], page(0x80_4020_1000));
        assert_eq!(PagingMode::Amd64FourLevel.canonical(0x8000_0000_1000).0, 0xffff_8000_0000_1000);
        assert_eq!(PagingMode::Amd64FiveLevel.canonical(0x8000_0000_1000).0, 0x8000_0000_1000);
        assert_eq!(PagingMode::X86Pae.canonical(0xffff_f000).0, 0xffff_f000);
    }

    #[test]
    fn tables_that_lead_in_circles_end() {
        // The tables of the first 512 pages, and one more.
        let found = walk(&Circle(512), 5);
        assert_eq!(found.len(), 2 * 512 + 1);
        assert_eq!(found.last(), Some(&Mapping::TooMany(VirtualAddress(0x40_0000))));
    }
}
