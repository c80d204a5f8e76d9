//! Page table entries as NT keeps them: where they lie in virtual memory, and what it writes into those that aren't
//! valid.
//!
//! NT maps the page tables into the address space by an entry of the top table that leads back to it: so the entries of
//! all pages lie side by side from one address on, which is at another place at each start since Windows 10.

use super::kernel::Kernel;
use arch::{AddressSpace, EntryMeaning, PagingMode};
use memory::{PAGE_SHIFT, PAGE_SIZE, PageTableLevel, Pfn, PhysicalAddress, ReadPhysical, ReadPhysicalExt};
use memory::{ReadVirtualExt, VirtualAddress};
use std::fmt;

/// Where 32-bit systems have the page tables, with PAE and without.
const X86_BASE: VirtualAddress = VirtualAddress(0xc000_0000);

/// The part of the address space where the page tables are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfMap {
    /// `PTE_BASE`: where the PTE of address 0 is.
    pub base: VirtualAddress,
    mode: PagingMode,
}

impl SelfMap {
    /// By `nt!MmPteBase`; where there is no such variable, by the top table's entry that leads back to it; on x86 the
    /// base never moves. None where neither can be read.
    pub fn find(kernel: &Kernel<'_>, physical: Option<&dyn ReadPhysical>, space: AddressSpace) -> Option<Self> {
        let mode = space.mode;
        if matches!(mode, PagingMode::X86 | PagingMode::X86Pae) {
            return Some(Self { base: X86_BASE, mode });
        }
        let global = kernel.global("MmPteBase").ok();
        let named = global.and_then(|at| kernel.memory.pointer(at, kernel.pointer_size()).ok());
        let named = named.filter(|base| *base != 0).map(VirtualAddress);
        let base = named.or_else(|| Self::base_in(physical?, space))?;
        Some(Self { base, mode })
    }

    /// The base, by the entry of the top table that leads back to it.
    fn base_in(physical: &dyn ReadPhysical, space: AddressSpace) -> Option<VirtualAddress> {
        let top = space.mode.levels().first()?;
        let table = physical.bytes(space.top_table(), PAGE_SIZE as usize).ok()?;
        let entries = table.chunks_exact(space.mode.entry_size());
        let leads_back = |entry: &[u8]| {
            let entry = entry.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte));
            space.decode(top.level, entry) == EntryMeaning::Table(space.top_table().0)
        };
        // The lower half is the process's own.
        let index = entries.enumerate().skip(top.entries as usize / 2).find(|(_, entry)| leads_back(entry))?.0;
        Some(space.mode.canonical((index as u64) << top.shift))
    }

    /// Where the entry of a level is that `address` is translated by; None for PAE's top level, which isn't mapped.
    pub fn entry(&self, level: PageTableLevel, address: VirtualAddress) -> Option<VirtualAddress> {
        if self.mode == PagingMode::X86Pae && level == PageTableLevel::Ppe {
            return None;
        }
        let levels = self.mode.levels();
        let above = levels.iter().rev().position(|candidate| candidate.level == level)?;
        Some((0..=above).fold(address, |address, _| self.pte(address)))
    }

    fn pte(&self, address: VirtualAddress) -> VirtualAddress {
        let index = (address.0 & self.address_mask()) >> PAGE_SHIFT;
        self.base.offset(index * self.mode.entry_size() as u64)
    }

    /// The first address that is translated by the entry at `entry`, if this is where page tables are.
    pub fn address_of(&self, entry: VirtualAddress) -> Option<VirtualAddress> {
        let index = entry.distance_from(self.base)? / self.mode.entry_size() as u64;
        let address = index.checked_mul(PAGE_SIZE)?;
        (address <= self.address_mask()).then(|| self.mode.canonical(address))
    }

    /// The bits of an address that select entries, and the page offset.
    fn address_mask(&self) -> u64 {
        let top = self.mode.levels().first();
        top.map_or(0, |top| (top.entries << top.shift) - 1)
    }
}

/// An entry that isn't valid: what NT resolves a fault by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidEntry {
    /// All zeroes: only the VADs know whether there is memory.
    Zero,
    /// The page or table is still in memory.
    Transition(Pfn),
    /// The page is in a paging file.
    PageFile {
        /// Number of the paging file.
        file: u8,
        /// Page offset within it.
        offset: u64,
    },
    /// The page is filled with zeroes on first use.
    DemandZero,
    /// The entry at this address describes the page; None where the format hides it.
    Prototype(Option<VirtualAddress>),
    /// A VAD tells which entry describes the page.
    PrototypeOfVad,
    /// A system PTE that nothing uses: it links free ones.
    Freed,
}

impl InvalidEntry {
    /// What an entry says; None of valid ones. As the public symbols' `_MMPTE_SOFTWARE`, `_MMPTE_TRANSITION` and
    /// `_MMPTE_PROTOTYPE` lay it out.
    pub fn decode(space: AddressSpace, level: PageTableLevel, entry: u64) -> Option<Self> {
        Some(match space.decode(level, entry) {
            EntryMeaning::Table(_) | EntryMeaning::Page(_) => return None,
            EntryMeaning::Transition(at) => Self::Transition(PhysicalAddress(at).pfn()),
            // A page that is in a paging file can be accessed in some way.
            EntryMeaning::PagedOut { .. } if Protection::of(entry).0 == 0 => Self::Freed,
            EntryMeaning::PagedOut { file, offset } => Self::PageFile { file, offset },
            EntryMeaning::DemandZero => Self::DemandZero,
            EntryMeaning::Prototype => Self::prototype(space, entry),
            EntryMeaning::NotPresent => Self::Zero,
        })
    }

    fn prototype(space: AddressSpace, entry: u64) -> Self {
        let swizzled = entry & (1 << 4) == 0;
        let entry = if swizzled { entry & !space.invalid_pte_mask } else { entry };
        match space.mode {
            PagingMode::X86 if entry >> 12 == 0xf_ffff => Self::PrototypeOfVad,
            // 4-byte entries have an offset from where prototype entries begin, which differs between versions.
            PagingMode::X86 => Self::Prototype(None),
            _ if entry >> 32 == 0xffff_ffff => Self::PrototypeOfVad,
            PagingMode::X86Pae => Self::Prototype(Some(VirtualAddress(entry >> 32))),
            _ => Self::Prototype(Some(VirtualAddress((entry as i64 >> 16) as u64))),
        }
    }
}

/// `Protection` of an entry that isn't valid: what the page will allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection(pub u8);

impl Protection {
    /// That of an entry which isn't valid.
    pub fn of(entry: u64) -> Self {
        Self((entry >> 5 & 0x1f) as u8)
    }
}

/// `4 - ReadWrite`
impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = match self.0 & 7 {
            1 => "ReadOnly",
            2 => "Execute",
            3 => "ExecuteRead",
            4 => "ReadWrite",
            5 => "WriteCopy",
            6 => "ExecuteReadWrite",
            7 => "ExecuteWriteCopy",
            _ => "NoAccess",
        };
        let more = match self.0 & 0x18 {
            0x08 => " NoCache",
            0x10 => " Guard",
            0x18 if access != "NoAccess" => " WriteCombine",
            _ => "",
        };
        write!(f, "{:x} - {access}{more}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use memory::PageTableLevel::{Pde, Ppe, Pte, Pxe};

    fn space(mode: PagingMode, invalid_pte_mask: u64) -> AddressSpace {
        AddressSpace { root: PhysicalAddress(0x18_7000), mode, invalid_pte_mask }
    }

    /// What WinDbg showed for addresses of systems whose owners published it: each level's entry.
    #[test]
    fn entries_are_found_where_the_self_map_has_them() {
        let check = |mode, base, address, expected: &[(PageTableLevel, u64)]| {
            let map = SelfMap { base: VirtualAddress(base), mode };
            for (level, at) in expected {
                assert_eq!(map.entry(*level, VirtualAddress(address)), Some(VirtualAddress(*at)), "{level}");
            }
            let page = VirtualAddress(address).page_start();
            assert_eq!(map.entry(Pte, VirtualAddress(address)).and_then(|at| map.address_of(at)), Some(page));
        };
        check(
            PagingMode::Amd64FourLevel,
            0xffff_f680_0000_0000,
            0xffff_f805_4c67_7fb0,
            &[
                (Pxe, 0xffff_f6fb_7dbe_df80),
                (Ppe, 0xffff_f6fb_7dbf_00a8),
                (Pde, 0xffff_f6fb_7e01_5318),
                (Pte, 0xffff_f6fc_02a6_33b8),
            ],
        );
        check(
            PagingMode::Amd64FourLevel,
            0xffff_8180_0000_0000,
            0,
            &[(Pxe, 0xffff_81c0_e070_3000), (Ppe, 0xffff_81c0_e060_0000), (Pde, 0xffff_81c0_c000_0000)],
        );
        check(PagingMode::X86Pae, 0xc000_0000, 0x8297_ef4c, &[(Pde, 0xc060_20a0), (Pte, 0xc041_4bf0)]);
        check(PagingMode::X86, 0xc000_0000, 0x845e_cf68, &[(Pde, 0xc030_0844), (Pte, 0xc021_17b0)]);
    }

    #[test]
    fn only_the_self_map_holds_entries() {
        let map = SelfMap { base: X86_BASE, mode: PagingMode::X86Pae };
        assert_eq!(map.address_of(VirtualAddress(0xc07f_fff8)), Some(VirtualAddress(0xffff_f000)));
        assert_eq!(map.address_of(VirtualAddress(0xc080_0000)), None);
        assert_eq!(map.address_of(VirtualAddress(0xbfff_fff8)), None);
        assert_eq!(map.entry(Ppe, VirtualAddress(0)), None);
    }

    /// As above: entries, and what WinDbg said about them.
    #[test]
    fn entries_that_are_not_valid_say_what_nt_keeps_in_them() {
        let check = |mode, mask, entry, expected, protection: &str| {
            assert_eq!(InvalidEntry::decode(space(mode, mask), Pte, entry), Some(expected), "{entry:x}");
            assert_eq!(Protection::of(entry).to_string(), protection, "{entry:x}");
        };
        let amd64 = PagingMode::Amd64FourLevel;
        let page_file = |file, offset| InvalidEntry::PageFile { file, offset };
        check(amd64, 0, 0x166b_7880, InvalidEntry::Transition(Pfn(0x166b7)), "4 - ReadWrite");
        check(amd64, 0, 0x001b_beda_0000_2084, page_file(2, 0x1b_beda), "4 - ReadWrite");
        check(amd64, 1 << 45, 0x0000_fef3_0000_2064, page_file(2, 0xdef3), "3 - ExecuteRead");
        check(amd64, 0, 0x0006_8dc0_0000_1000, InvalidEntry::Freed, "0 - NoAccess");
        check(PagingMode::X86Pae, 0, 0x80, InvalidEntry::DemandZero, "4 - ReadWrite");
        check(amd64, 0, 0xffff_ffff_0000_0490, InvalidEntry::PrototypeOfVad, "4 - ReadWrite");
        check(PagingMode::X86, 0, 0xffff_f420, InvalidEntry::PrototypeOfVad, "1 - ReadOnly");
        let prototype = Some(VirtualAddress(0xffff_b08f_1234_5678));
        check(amd64, 1 << 45, 0xb08f_1234_5678_0430, InvalidEntry::Prototype(prototype), "1 - ReadOnly");
        check(amd64, 0, 0, InvalidEntry::Zero, "0 - NoAccess");
        assert_eq!(InvalidEntry::decode(space(amd64, 0), Pte, 0x8900_0000_0687_7963), None);
    }
}
