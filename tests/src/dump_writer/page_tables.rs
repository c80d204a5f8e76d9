//! Page tables, as the processors and NT lay them out.
//!
//! Valid entries: Intel's manual, volume 3, chapter 5; the Arm Architecture Reference Manual, "VMSAv8-64 translation
//! table format descriptors". Entries that aren't valid: `_MMPTE_SOFTWARE`, `_MMPTE_TRANSITION` and
//! `_MMPTE_PROTOTYPE` of the public symbols of Windows 10.

use super::arch::Arch;
use super::machine::Machine;

/// Why a page isn't in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// It is in paging file `file`, at page `offset`.
    PagedOut {
        /// Number of the paging file.
        file: u8,
        /// Page within it.
        offset: u32,
    },
    /// It was never touched.
    DemandZero,
    /// A prototype entry describes it.
    Prototype,
}

/// What the last entry of a walk says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaf {
    Page(u64),
    Large(u64),
    Transition(u64),
    Gone(Gone),
}

/// Protection `MM_READWRITE`, where NT's invalid entries keep it.
const READ_WRITE: u64 = 4 << 5;

impl Arch {
    /// For each level from the top: the lowest bit of the address that selects an entry, and how many bits do.
    fn levels(self) -> &'static [(u32, u32)] {
        match self {
            Self::X86 => &[(22, 10), (12, 10)],
            Self::X86Pae => &[(30, 2), (21, 9), (12, 9)],
            Self::X64 | Self::Arm64 => &[(39, 9), (30, 9), (21, 9), (12, 9)],
            Self::X64FiveLevel => &[(48, 9), (39, 9), (30, 9), (21, 9), (12, 9)],
        }
    }

    fn entry_bytes(self) -> usize {
        if self == Self::X86 { 4 } else { 8 }
    }

    /// Bytes of a large page: what an entry of the last level but one maps.
    pub(super) fn large_page(self) -> u64 {
        if self == Self::X86 { 4 << 20 } else { 2 << 20 }
    }

    /// The entry for a table of the next level. `top` is the top level.
    fn table(self, page: u64, top: bool) -> u64 {
        match self {
            // Only present: the other bits of PAE's top entries are reserved.
            Self::X86Pae if top => page << 12 | 1,
            // Present, writable, accessed, dirty.
            Self::X86 | Self::X86Pae | Self::X64 | Self::X64FiveLevel => page << 12 | 0x63,
            Self::Arm64 => page << 12 | 0b11,
        }
    }

    fn leaf(self, leaf: Leaf) -> u64 {
        let arm = self == Self::Arm64;
        match leaf {
            // Arm: a page, access flag, inner shareable.
            Leaf::Page(page) if arm => page << 12 | 1 << 10 | 3 << 8 | 0b11,
            Leaf::Large(page) if arm => page << 12 | 1 << 10 | 3 << 8 | 0b01,
            Leaf::Page(page) => page << 12 | 0x63,
            Leaf::Large(page) => page << 12 | 0x63 | 1 << 7,
            Leaf::Transition(page) => page << 12 | 1 << 11 | READ_WRITE,
            Leaf::Gone(Gone::PagedOut { file, offset }) if self == Self::X86 => {
                u64::from(offset) << 12 | READ_WRITE | u64::from(file) << 1
            }
            Leaf::Gone(Gone::PagedOut { file, offset }) => u64::from(offset) << 32 | u64::from(file) << 12 | READ_WRITE,
            Leaf::Gone(Gone::DemandZero) => READ_WRITE,
            Leaf::Gone(Gone::Prototype) => 1 << 10 | READ_WRITE,
        }
    }
}

impl Machine {
    /// Writes the entry for `address`, with the tables that lead there.
    pub(super) fn set_leaf(&mut self, address: u64, leaf: Leaf) {
        let arch = self.arch;
        let bytes = arch.entry_bytes();
        let levels = match (arch.levels(), leaf) {
            ([levels @ .., _], Leaf::Large(_)) => levels,
            (levels, _) => levels,
        };
        let entry_in =
            |table: u64, (shift, bits): (u32, u32)| table + (address >> shift & ((1 << bits) - 1)) * bytes as u64;
        let (last, above) = levels.split_last().expect("every architecture has levels");
        let mut table = self.root;
        for (depth, level) in above.iter().enumerate() {
            let at = entry_in(table, *level);
            if self.read_physical(at, bytes) == 0 {
                let page = self.allocate();
                self.write_physical(at, arch.table(page, depth == 0), bytes);
            }
            table = self.read_physical(at, bytes) & 0x000f_ffff_ffff_f000;
        }
        self.write_physical(entry_in(table, *last), arch.leaf(leaf), bytes);
    }
}
