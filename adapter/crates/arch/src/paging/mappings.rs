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
    tables_read: u32,
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
        Self { physical, space, tables: Vec::new(), tables_read: 0, next }
    }

    fn enter(&mut self, levels: &'static [Level], at: PhysicalAddress, base: u64) -> Option<Mapping> {
        let Level { level, shift, entries } = *levels.first()?;
        let address = self.space.mode.canonical(base);
        if self.tables_read >= MAX_TABLES {
            self.tables.clear();
            return Some(Mapping::TooMany(address));
        }
        self.tables_read += 1;
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
