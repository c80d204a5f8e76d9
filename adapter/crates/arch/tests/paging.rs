//! Page tables of each mode, built in a map of physical pages.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's failure")]

use arch::{AddressSpace, Machine, PagingMode, TranslateError, Translation};
use memory::{PageTableLevel, PhysicalAddress, ReadError, ReadFailure, ReadPhysical, VirtualAddress};
use std::collections::BTreeMap;

/// Entries by physical address; other bytes of the pages that hold any are zero, other pages are missing.
struct Tables {
    entries: BTreeMap<u64, u64>,
    entry_size: usize,
}

impl ReadPhysical for Tables {
    fn read_physical(&self, address: PhysicalAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        assert_eq!(buffer.len(), self.entry_size);
        let page = address.page_start().0;
        if self.entries.range(page..page + 0x1000).next().is_none() {
            return Err(ReadError { address: address.0, read: 0, failure: ReadFailure::PhysicalNotInDump(address) });
        }
        let entry = self.entries.get(&address.0).copied().unwrap_or(0).to_le_bytes();
        buffer.copy_from_slice(entry.get(..buffer.len()).unwrap());
        Ok(())
    }
}

/// Root with bits that are no part of its address (PCID, ASID).
const ROOT: u64 = 0x1000;

fn translate_in(
    mode: PagingMode,
    mask: u64,
    address: u64,
    entries: &[(u64, u64)],
) -> Result<Translation, TranslateError> {
    let (machine, root) = match mode {
        PagingMode::X86 => (Machine::X86, ROOT | 0x18),
        PagingMode::X86Pae => (Machine::X86, ROOT | 0x20),
        PagingMode::Amd64FourLevel | PagingMode::Amd64FiveLevel => (Machine::Amd64, ROOT | 0x8000_0000_0000_0002),
        PagingMode::Arm64 => (Machine::Arm64, ROOT | 0x0042_0000_0000_0000),
    };
    let entry_size = if mode == PagingMode::X86 { 4 } else { 8 };
    let tables = Tables { entries: entries.iter().copied().collect(), entry_size };
    let space = AddressSpace { invalid_pte_mask: mask, ..AddressSpace::new(PhysicalAddress(root), mode) };
    machine.architecture().translate(&tables, space, VirtualAddress(address))
}

/// The address lies at `physical` in a page of `page_size`, found through exactly these entries.
#[track_caller]
fn check(mode: PagingMode, address: u64, entries: &[(u64, u64)], physical: u64, page_size: u64, in_transition: bool) {
    let translation = translate_in(mode, 0, address, entries).unwrap();
    assert_eq!(translation.physical, PhysicalAddress(physical));
    assert_eq!((translation.page_size, translation.in_transition), (page_size, in_transition));
    assert_eq!(translation.bytes_left_in_page(), page_size - physical % page_size);
    let path: Vec<_> = translation.path.iter().map(|entry| (entry.at.0, entry.entry)).collect();
    assert_eq!(path, entries);
}

/// The address can't be translated, for this reason; the path has the entries up to it.
#[track_caller]
fn refuse(mode: PagingMode, address: u64, entries: &[(u64, u64)], failure: ReadFailure) {
    let error = translate_in(mode, 0, address, entries).unwrap_err();
    assert_eq!((error.failure, error.address), (failure, VirtualAddress(address)));
    let path: Vec<_> = error.path.iter().map(|entry| (entry.at.0, entry.entry)).collect();
    assert!(entries.starts_with(&path), "{path:x?}");
}

/// PXE 0x1f0, PPE 0x11, PDE 0x1de, PTE 0x1f5.
const KERNEL: u64 = 0xffff_f804_7bdf_5a80;
const PXE: (u64, u64) = (0x1000 + 8 * 0x1f0, 0x2063);
const PPE: (u64, u64) = (0x2000 + 8 * 0x11, 0x3063);
const PDE: (u64, u64) = (0x3000 + 8 * 0x1de, 0x4063);
const PTE: u64 = 0x4000 + 8 * 0x1f5;

use PagingMode::{Amd64FiveLevel, Amd64FourLevel, Arm64, X86, X86Pae};

#[test]
fn x64_pages_of_each_size() {
    let page = 0x8000_0123_4567_8163;
    check(Amd64FourLevel, KERNEL, &[PXE, PPE, PDE, (PTE, page)], 0x0123_4567_8a80, 0x1000, false);
    // The lowest address bit of a large page is its PAT bit.
    let large = (PDE.0, 0x0000_0001_2340_10e3);
    check(Amd64FourLevel, KERNEL, &[PXE, PPE, large], 0x1_235f_5a80, 0x20_0000, false);
    let huge = (PPE.0, 0x0000_0002_4000_10e3);
    check(Amd64FourLevel, KERNEL, &[PXE, huge], 0x2_7bdf_5a80, 0x4000_0000, false);
}

#[test]
fn x64_with_five_levels() {
    let address = 0xff12_3404_7bdf_5a80;
    // PML5E 0x112, PXE 0x68, PPE 0x11.
    let entries = [(0x1000 + 8 * 0x112, 0x5063), (0x5000 + 8 * 0x68, 0x2063), PPE, PDE, (PTE, 0x7_7777_7063)];
    check(Amd64FiveLevel, address, &entries, 0x7_7777_7a80, 0x1000, false);
    refuse(Amd64FourLevel, address, &[], ReadFailure::NotCanonical);
    refuse(Amd64FiveLevel, 0x0100_0000_0000_0000, &[], ReadFailure::NotCanonical);
}

#[test]
fn x86_without_pae() {
    // PDE 0x201, PTE 0x0f3.
    let address = 0x804f_3abc;
    let pde = (0x1000 + 4 * 0x201, 0x2063);
    check(X86, address, &[pde, (0x2000 + 4 * 0xf3, 0x1234_5163)], 0x1234_5abc, 0x1000, false);
    // Bits 20:13 of a large page's entry are bits 39:32 of its address.
    let large = (pde.0, 0x1240_61e3);
    check(X86, address, &[large], 0x03_124f_3abc, 0x40_0000, false);
    refuse(X86, 0xffff_ffff_804f_3abc, &[], ReadFailure::NotCanonical);
}

#[test]
fn x86_with_pae() {
    // PPE 2, PDE 2, PTE 0xf3; the four top entries lie at a multiple of 32.
    let address = 0x804f_3abc;
    let ppe = (0x1020 + 8 * 2, 0x2001);
    let pde = (0x2000 + 8 * 2, 0x3063);
    let page = (0x3000 + 8 * 0xf3, 0x8000_0001_2345_6163);
    check(X86Pae, address, &[ppe, pde, page], 0x1_2345_6abc, 0x1000, false);
    check(X86Pae, address, &[ppe, (pde.0, 0x1_2340_00e3)], 0x1_234f_3abc, 0x20_0000, false);
}

#[test]
fn arm64_pages_and_blocks() {
    let page = 0x0060_0001_2345_6703;
    check(Arm64, KERNEL, &[PXE, PPE, PDE, (PTE, page)], 0x1_2345_6a80, 0x1000, false);
    check(Arm64, KERNEL, &[PXE, PPE, (PDE.0, 0x0060_0001_2340_0701)], 0x1_235f_5a80, 0x20_0000, false);
    check(Arm64, KERNEL, &[PXE, (PPE.0, 0x0060_0002_4000_0701)], 0x2_7bdf_5a80, 0x4000_0000, false);
    // There are no blocks at the top, and no 01 at the bottom.
    let level = PageTableLevel::Pxe;
    let failure = ReadFailure::NotPresent { level, entry: 0x2701, at: PhysicalAddress(PXE.0) };
    refuse(Arm64, KERNEL, &[(PXE.0, 0x2701)], failure);
    let (level, entry) = (PageTableLevel::Pte, 0x2701);
    let failure = ReadFailure::NotPresent { level, entry, at: PhysicalAddress(PTE) };
    refuse(Arm64, KERNEL, &[PXE, PPE, PDE, (PTE, entry)], failure);
}

#[test]
fn pages_in_transition_have_their_contents() {
    const TRANSITION: u64 = 1 << 11 | 1 << 4;
    for mode in [Amd64FourLevel, Arm64] {
        check(mode, KERNEL, &[PXE, PPE, PDE, (PTE, 0x1_2345_6000 | TRANSITION)], 0x1_2345_6a80, 0x1000, true);
        // A page table can be in transition too.
        let pde = (PDE.0, 0x4000 | TRANSITION);
        check(mode, KERNEL, &[PXE, PPE, pde, (PTE, 0x1_2345_6063)], 0x1_2345_6a80, 0x1000, true);
    }
    let (pde, pte) = (0x1000 + 4 * 0x201, 0x2000 + 4 * 0xf3);
    check(X86, 0x804f_3abc, &[(pde, 0x2063), (pte, 0x1234_5000 | 1 << 11)], 0x1234_5abc, 0x1000, true);
}

#[test]
fn pages_that_are_elsewhere_say_where() {
    let (level, at) = (PageTableLevel::Pte, PhysicalAddress(PTE));
    let with = |entry: u64| [PXE, PPE, PDE, (PTE, entry)];
    for mode in [Amd64FourLevel, Arm64] {
        let entry = 0x0001_2345_0000_2094;
        refuse(mode, KERNEL, &with(entry), ReadFailure::PagedOut { level, entry, file: 2, offset: 0x1_2345 });
        let entry = 0x90;
        refuse(mode, KERNEL, &with(entry), ReadFailure::DemandZero { level, entry });
        let entry = 0xffff_ffff_0000_0c94;
        refuse(mode, KERNEL, &with(entry), ReadFailure::Prototype { level, entry });
        refuse(mode, KERNEL, &with(0), ReadFailure::NotPresent { level, entry: 0, at });
    }
    let entries = |entry| [(0x1000 + 4 * 0x201, 0x2063), (0x2000 + 4 * 0xf3, entry)];
    let entry = 0x0123_4086;
    refuse(X86, 0x804f_3abc, &entries(entry), ReadFailure::PagedOut { level, entry, file: 3, offset: 0x1234 });
    refuse(X86, 0x804f_3abc, &entries(0x80), ReadFailure::DemandZero { level, entry: 0x80 });
    refuse(X86, 0x804f_3abc, &entries(0x480), ReadFailure::Prototype { level, entry: 0x480 });
}

/// Since its mitigation of L1 terminal faults, NT sets the mask's bits in entries whose SwizzleBit is clear.
#[test]
fn swizzled_entries_are_read_through_the_mask() {
    const MASK: u64 = 0x0000_2000_0000_0000;
    let with = |entry: u64| [PXE, PPE, PDE, (PTE, entry)];
    let swizzled = with(0x0000_2001_2345_6800);
    let translation = translate_in(Amd64FourLevel, MASK, KERNEL, &swizzled).unwrap();
    assert_eq!(translation.physical, PhysicalAddress(0x1_2345_6a80));
    // With the mask unknown the page is looked for where there is none.
    let beyond = translate_in(Amd64FourLevel, 0, KERNEL, &swizzled).unwrap();
    assert_eq!(beyond.physical, PhysicalAddress(0x2001_2345_6a80));
    // SwizzleBit set: the entry is as it looks.
    let plain = translate_in(Amd64FourLevel, MASK, KERNEL, &with(0x0000_2001_2345_6810)).unwrap();
    assert_eq!(plain.physical, PhysicalAddress(0x2001_2345_6a80));
    let zero = translate_in(Amd64FourLevel, MASK, KERNEL, &with(0x0000_2000_0000_0080)).unwrap_err();
    assert!(matches!(zero.failure, ReadFailure::DemandZero { .. }), "{zero}");
}

#[test]
fn a_missing_page_table_is_named_with_its_level() {
    let (level, at) = (PageTableLevel::Pde, PhysicalAddress(PDE.0));
    refuse(Amd64FourLevel, KERNEL, &[PXE, PPE], ReadFailure::PageTableUnreadable { level, at });
    let text = translate_in(Amd64FourLevel, 0, KERNEL, &[PXE, PPE]).unwrap_err().to_string();
    assert_eq!(text, "fffff804`7bdf5a80: PDE at physical 0x3ef0 can't be read: it is not in the dump");
    let paged = (PDE.0, 0x0000_0042_0000_0094);
    let failure = ReadFailure::PagedOut { level, entry: paged.1, file: 0, offset: 0x42 };
    refuse(Amd64FourLevel, KERNEL, &[PXE, PPE, paged], failure);
}
