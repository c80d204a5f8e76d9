//! The machine that is written: its memory, and what its dump says about it.

use super::Format;
use super::arch::Arch;
use super::description::{Crash, Driver, Header, SmallDump, UnloadedDriver};
use super::page_tables::{Gone, Leaf};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes in a page.
pub const PAGE: u64 = 0x1000;

/// A machine, laid out by a test.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its processors' kind.
    pub arch: Arch,
    /// `DirectoryTableBase`.
    pub root: u64,
    /// What the header says.
    pub header: Header,
    /// Why it stopped.
    pub crash: Crash,
    /// Loaded modules for small dumps, in load order.
    pub drivers: Vec<Driver>,
    /// Unloaded modules for small dumps.
    pub unloaded_drivers: Vec<UnloadedDriver>,
    /// What only small dumps hold.
    pub small: SmallDump,
    pages: BTreeMap<u64, Box<[u8; PAGE as usize]>>,
    user_pages: BTreeSet<u64>,
    /// What [`Machine::map`] mapped: addresses of pages, with their page frame numbers.
    mapped: BTreeMap<u64, u64>,
    /// What [`Machine::map`] was asked for: addresses and sizes.
    asked: Vec<(u64, usize)>,
    next_page: u64,
}

impl Machine {
    /// A machine without memory but an empty root of page tables.
    pub fn new(arch: Arch) -> Self {
        let mut machine = Self::from_physical(arch, 0, []);
        machine.root = machine.allocate() * PAGE;
        if arch == Arch::X86Pae {
            // PAE's root needs 32 bytes only, and NT puts several of them into a page.
            machine.root += 0x40;
        }
        machine
    }

    /// A machine with the physical pages of a real one: page frame numbers with their contents. `root` is its CR3 (or
    /// the like). Header, crash and lists are the caller's to fill in.
    pub fn from_physical(arch: Arch, root: u64, pages: impl IntoIterator<Item = (u64, [u8; PAGE as usize])>) -> Self {
        let pages: BTreeMap<_, _> = pages.into_iter().map(|(page, bytes)| (page, Box::new(bytes))).collect();
        let next_page = pages.last_key_value().map_or(0x187, |(page, _)| page + 1);
        Self {
            arch,
            root,
            header: Header::of(arch),
            crash: Crash::default(),
            drivers: Vec::new(),
            unloaded_drivers: Vec::new(),
            small: SmallDump::default(),
            pages,
            user_pages: BTreeSet::new(),
            mapped: BTreeMap::new(),
            asked: Vec::new(),
            next_page,
        }
    }

    /// Puts `bytes` at virtual address `address`, into pages of 4 KB that are mapped for them as needed.
    pub fn map(&mut self, address: u64, bytes: &[u8]) {
        self.asked.push((address, bytes.len()));
        self.put(address, bytes, |machine, at| {
            let page = machine.allocate();
            machine.set_leaf(at, Leaf::Page(page));
            page
        });
    }

    /// As [`Machine::map`], but the pages' entries aren't valid: the pages are in transition.
    pub fn map_in_transition(&mut self, address: u64, bytes: &[u8]) {
        self.put(address, bytes, |machine, at| {
            let page = machine.allocate();
            machine.set_leaf(at, Leaf::Transition(page));
            page
        });
    }

    /// As [`Machine::map`], but in large pages (2 MB, x86 without PAE 4 MB). Only what `bytes` touches exists.
    pub fn map_large(&mut self, address: u64, bytes: &[u8]) {
        self.put(address, bytes, |machine, at| {
            let size = machine.arch.large_page() / PAGE;
            let within = at / PAGE % size;
            let large = at - within * PAGE;
            let mapped = machine.mapped.range(large..large + size * PAGE).next();
            let base = match mapped.map(|(at, page)| page - at / PAGE % size) {
                Some(base) => base,
                None => {
                    let base = machine.next_page.next_multiple_of(size);
                    machine.next_page = base + size;
                    machine.set_leaf(large, Leaf::Large(base));
                    base
                }
            };
            machine.pages.entry(base + within).or_insert_with(zeroes);
            base + within
        });
    }

    /// Makes the page at `address` one that isn't in memory.
    pub fn map_gone(&mut self, address: u64, gone: Gone) {
        self.set_leaf(address, Leaf::Gone(gone));
    }

    /// Says that only user-mode addresses map page `page`: kernel dumps leave it out. [`Machine::map`] knows by itself.
    pub fn mark_as_user(&mut self, page: u64) {
        self.user_pages.insert(page);
    }

    /// The physical address that `address` is mapped to.
    pub fn physical_address(&self, address: u64) -> Option<u64> {
        Some(self.mapped.get(&(address & !(PAGE - 1)))? * PAGE + address % PAGE)
    }

    /// The contents of physical page `page`.
    pub fn page(&self, page: u64) -> Option<&[u8; PAGE as usize]> {
        self.pages.get(&page).map(|bytes| &**bytes)
    }

    /// The contents of physical page `page`, which exists from now on.
    pub fn page_mut(&mut self, page: u64) -> &mut [u8; PAGE as usize] {
        self.pages.entry(page).or_insert_with(zeroes)
    }

    /// The physical pages, ascending: page frame numbers with their contents.
    pub fn pages(&self) -> impl Iterator<Item = (u64, &[u8; PAGE as usize])> {
        self.pages.iter().map(|(page, bytes)| (*page, &**bytes))
    }

    /// The pages that a dump in `format` holds: page frame numbers with their contents.
    pub fn pages_in(&self, format: Format) -> impl Iterator<Item = (u64, &[u8; PAGE as usize])> {
        let skip = move |page: &u64| format.leaves_out_user_pages() && self.user_pages.contains(page);
        self.pages().filter(move |(page, _)| !skip(page))
    }

    /// What a small dump holds of virtual memory: addresses with their bytes.
    pub(super) fn virtual_blocks(&self) -> Vec<(u64, Vec<u8>)> {
        let mapped = self.asked.iter().map(|&(address, size)| {
            let byte = |at| self.pages[&self.mapped[&(at & !(PAGE - 1))]][(at % PAGE) as usize];
            (address, (address..address + size as u64).map(byte).collect())
        });
        mapped.chain(self.small.blocks.iter().cloned()).collect()
    }

    /// A page that nothing uses. Every fifth time some pages are passed over, as no machine's pages lie in one piece.
    pub(super) fn allocate(&mut self) -> u64 {
        let page = self.next_page;
        self.next_page += if page % 5 == 0 { 4 } else { 1 };
        self.pages.insert(page, zeroes());
        page
    }

    /// Copies `bytes` to `address`, page by page; `new_page` makes pages that aren't there yet.
    fn put(&mut self, address: u64, bytes: &[u8], mut new_page: impl FnMut(&mut Self, u64) -> u64) {
        let mut address = address;
        let mut bytes = bytes;
        while !bytes.is_empty() {
            let (within, start) = ((address % PAGE) as usize, address & !(PAGE - 1));
            let page = match self.mapped.get(&start) {
                Some(page) => *page,
                None => new_page(self, start),
            };
            self.mapped.insert(start, page);
            if !self.arch.is_kernel(address) {
                self.user_pages.insert(page);
            }
            let count = bytes.len().min(PAGE as usize - within);
            self.page_mut(page)[within..within + count].copy_from_slice(&bytes[..count]);
            bytes = &bytes[count..];
            address += count as u64;
        }
    }

    /// The `size`-byte little-endian value at physical address `at`.
    pub(super) fn read_physical(&self, at: u64, size: usize) -> u64 {
        let page = &self.pages[&(at / PAGE)];
        let within = (at % PAGE) as usize;
        page[within..within + size].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
    }

    /// Writes the low `size` bytes of `value` to physical address `at`.
    pub(super) fn write_physical(&mut self, at: u64, value: u64, size: usize) {
        let within = (at % PAGE) as usize;
        self.page_mut(at / PAGE)[within..within + size].copy_from_slice(&value.to_le_bytes()[..size]);
    }
}

fn zeroes() -> Box<[u8; PAGE as usize]> {
    Box::new([0; PAGE as usize])
}
