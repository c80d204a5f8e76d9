//! The vocabulary that everything else is written in: addresses, readers of memory, the reason why a read failed, and
//! a checked cursor over bytes that came from outside.
//!
//! Knows nothing of dumps, targets, processors or symbols.

mod address;
mod cursor;
mod error;
mod read;

pub use address::{PAGE_SHIFT, PAGE_SIZE, Pfn, PhysicalAddress, VirtualAddress};
pub use cursor::{Cursor, Truncated};
pub use error::{PageTableLevel, ReadError, ReadFailure};
pub use read::{ReadPhysical, ReadPhysicalExt, ReadVirtual, ReadVirtualExt};
