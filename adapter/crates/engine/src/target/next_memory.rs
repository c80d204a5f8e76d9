//! Where memory goes on behind what can't be read, so that a search needn't try every page of the address space.

use super::Target;
use memory::{PAGE_SIZE, PageTableLevel, ReadFailure, VirtualAddress};

/// Where the upper half of the address space begins: with 57, 49 and 48 bits of address.
const UPPER_HALVES: [u64; 3] = [0xff00_0000_0000_0000, 0xffff_0000_0000_0000, 0xffff_8000_0000_0000];

impl Target {
    /// The first address behind `address` where there may be memory, when `address` itself can't be read because of
    /// `failure`; `None` when there can't be any.
    pub fn next_memory(&self, address: VirtualAddress, failure: ReadFailure) -> Option<VirtualAddress> {
        let next_page = next_multiple(address, PAGE_SIZE);
        let in_memory = match self.dump_memory().and_then(|memory| memory.next_block(address)) {
            Some(next) => next,
            None => after_failure(address, failure),
        };
        // What an image holds is read from there where the dump lacks it.
        let in_image = match self.modules.at(address) {
            Some(_) => next_page,
            None => self.modules.iter().map(|module| module.base()).find(|base| *base > address),
        };
        in_memory.into_iter().chain(in_image).min()
    }
}

/// The next address that doesn't share what stood in the way.
fn after_failure(address: VirtualAddress, failure: ReadFailure) -> Option<VirtualAddress> {
    let level = match failure {
        ReadFailure::NotPresent { level, .. } | ReadFailure::PageTableUnreadable { level, .. } => level,
        ReadFailure::NotCanonical => {
            return UPPER_HALVES.into_iter().find(|half| *half > address.0).map(VirtualAddress);
        }
        _ => PageTableLevel::Pte,
    };
    next_multiple(address, bytes_of_entry(level))
}

/// Bytes that an entry stands for, as few as in any paging mode.
fn bytes_of_entry(level: PageTableLevel) -> u64 {
    match level {
        PageTableLevel::Pte => PAGE_SIZE,
        PageTableLevel::Pde => 1 << 21,
        PageTableLevel::Ppe => 1 << 30,
        PageTableLevel::Pxe => 1 << 39,
        PageTableLevel::Pml5e => 1 << 48,
    }
}

/// The first multiple of `size`, a power of two, behind `address`; `None` at the end of the address space.
fn next_multiple(address: VirtualAddress, size: u64) -> Option<VirtualAddress> {
    (address.0 & !(size - 1)).checked_add(size).map(VirtualAddress)
}
