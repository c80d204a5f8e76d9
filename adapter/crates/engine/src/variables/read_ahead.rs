//! Memory that was read in one go because its parts will be asked for one by one.

use memory::{ReadError, ReadVirtual, ReadVirtualExt, VirtualAddress};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Most bytes that are read ahead at once: more than the largest structure of the kernel has.
const RANGE_LIMIT: u64 = 1 << 18;
/// Most ranges that are kept.
const RANGES_LIMIT: usize = 64;

/// Ranges of memory that were read whole, as far as they could be read.
#[derive(Default)]
pub(super) struct ReadAhead {
    ranges: RefCell<BTreeMap<VirtualAddress, Vec<u8>>>,
}

impl ReadAhead {
    /// Reads a range at once. What can't be read of it, or is too large, is left to later reads of its parts, which
    /// then say why.
    pub(super) fn fetch(&self, memory: &dyn ReadVirtual, address: VirtualAddress, size: u64) {
        let Some(count) = usize::try_from(size).ok().filter(|_| size <= RANGE_LIMIT) else { return };
        if self.covered(address, count).is_some() {
            return;
        }
        let (bytes, _) = memory.prefix(address, count);
        let mut ranges = self.ranges.borrow_mut();
        if ranges.len() >= RANGES_LIMIT {
            ranges.clear();
        }
        ranges.insert(address, bytes);
    }

    /// `count` bytes, which the caller bounds.
    ///
    /// # Errors
    /// As the underlying read of just these bytes.
    pub(super) fn read(
        &self,
        memory: &dyn ReadVirtual,
        address: VirtualAddress,
        count: usize,
    ) -> Result<Vec<u8>, ReadError> {
        match self.covered(address, count) {
            Some(bytes) => Ok(bytes),
            None => memory.bytes(address, count),
        }
    }

    fn covered(&self, address: VirtualAddress, count: usize) -> Option<Vec<u8>> {
        let ranges = self.ranges.borrow();
        // A record lies in the range that begins last before it, or in one that was read for the record around it.
        ranges.range(..=address).rev().take(RANGES_LIMIT).find_map(|(start, bytes)| {
            let from = usize::try_from(address.distance_from(*start)?).ok()?;
            bytes.get(from..from.checked_add(count)?).map(<[u8]>::to_vec)
        })
    }
}
