//! Virtual memory of a dump: data blocks, or physical memory seen through page tables.

use arch::{AddressSpace, Architecture};
use dump::{DataBlock, DataBlocks, Dump};
use memory::{PAGE_SIZE, PhysicalAddress, ReadError, ReadFailure, ReadPhysical, ReadVirtual, VirtualAddress};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

/// Translations that are remembered; the table is emptied when it is full.
const MAX_TRANSLATIONS: usize = 1 << 16;

/// The virtual memory that a dump holds.
pub struct DumpMemory {
    dump: Dump,
    architecture: &'static dyn Architecture,
    paging: Mutex<Paging>,
    /// A small dump's memory with the blocks whose addresses became known later.
    extended: RwLock<Option<DataBlocks>>,
}

/// The page tables that are in use, and what was translated by them.
#[derive(Default)]
struct Paging {
    space: Option<AddressSpace>,
    translations: HashMap<VirtualAddress, Result<PhysicalAddress, ReadFailure>>,
}

impl DumpMemory {
    /// The memory of `dump`, whose page tables are walked as `space` says; `None` for dumps of virtual memory.
    pub(super) fn new(dump: Dump, architecture: &'static dyn Architecture, space: Option<AddressSpace>) -> Self {
        let paging = Mutex::new(Paging { space, ..Paging::default() });
        Self { dump, architecture, paging, extended: RwLock::default() }
    }

    /// The dump that the memory is in.
    pub(super) fn dump(&self) -> &Dump {
        &self.dump
    }

    /// Adds a part of a small dump whose address became known, where no other block has memory. Of other dumps, nothing.
    pub(super) fn place(&self, block: DataBlock) {
        let mut extended = self.extended.write().unwrap_or_else(PoisonError::into_inner);
        *extended = extended.as_ref().or(self.dump.data_blocks()).map(|blocks| blocks.extended([block]));
    }

    /// Forgets what was placed.
    pub(super) fn forget_placed(&self) {
        *self.extended.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The first of a small dump's blocks behind `address`; the outer `None` for dumps that have no blocks.
    pub(super) fn next_block(&self, address: VirtualAddress) -> Option<Option<VirtualAddress>> {
        let extended = self.extended.read().unwrap_or_else(PoisonError::into_inner);
        let blocks = extended.as_ref().or(self.dump.data_blocks())?.blocks();
        Some(blocks.get(blocks.partition_point(|block| block.address <= address)).map(|block| block.address))
    }

    /// The address space that virtual addresses belong to.
    pub(super) fn address_space(&self) -> Option<AddressSpace> {
        self.paging().space
    }

    /// Sees virtual addresses through other page tables from now on.
    pub(super) fn set_address_space(&self, space: AddressSpace) {
        *self.paging() = Paging { space: Some(space), ..Paging::default() };
    }

    /// What another thread left behind when it panicked is as good as before: entries are added one by one.
    fn paging(&self) -> MutexGuard<'_, Paging> {
        self.paging.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Physical address of the page that starts at `page`.
    fn translate_page(&self, page: VirtualAddress) -> Result<PhysicalAddress, ReadFailure> {
        let mut paging = self.paging();
        if let Some(known) = paging.translations.get(&page) {
            return *known;
        }
        let (Some(physical), Some(space)) = (self.dump.physical(), paging.space) else {
            return Err(ReadFailure::NoSuchMemory);
        };
        let translated = match self.architecture.translate(physical, space, page) {
            Ok(translation) => Ok(translation.physical),
            Err(error) => Err(error.failure),
        };
        if paging.translations.len() >= MAX_TRANSLATIONS {
            paging.translations.clear();
        }
        paging.translations.insert(page, translated);
        translated
    }

    fn read_through_page_tables(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        let mut read = 0;
        while read < buffer.len() {
            let at = address.offset(read as u64);
            let fail = |read, failure| ReadError { address: address.offset(read as u64).0, read, failure };
            let page = self.translate_page(at.page_start()).map_err(|failure| fail(read, failure))?;
            let in_page = (PAGE_SIZE - at.page_offset()).min((buffer.len() - read) as u64) as usize;
            let part = buffer.get_mut(read..read + in_page).unwrap_or_default();
            let physical = self.dump.physical().ok_or_else(|| fail(read, ReadFailure::NoSuchMemory))?;
            let result = physical.read_physical(page.offset(at.page_offset()), part);
            result.map_err(|error| fail(read + error.read, error.failure))?;
            read += in_page;
        }
        Ok(())
    }
}

impl ReadVirtual for DumpMemory {
    fn read_virtual(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        let extended = self.extended.read().unwrap_or_else(PoisonError::into_inner);
        match extended.as_ref().or(self.dump.data_blocks()) {
            Some(blocks) => blocks.read_virtual(address, buffer),
            None => self.read_through_page_tables(address, buffer),
        }
    }
}
