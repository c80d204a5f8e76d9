//! Modules that were loaded once: the ring `MmUnloadedDrivers`.

use super::kernel::Kernel;
use super::structure::NtError;
use memory::{ReadVirtualExt, VirtualAddress};

/// Entries in the ring (`MI_UNLOADED_DRIVERS`, the same in every published build).
const RING_ENTRIES: u64 = 50;

/// A driver that was unloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnloadedModule {
    /// File name, without a path.
    pub name: String,
    /// First address of the image.
    pub start: VirtualAddress,
    /// Address behind the image.
    pub end: VirtualAddress,
}

/// The ring's entries, oldest position first; empty where no driver was ever unloaded.
///
/// An entry is a `UNICODE_STRING`, then the start and end address and the time as 64-bit (on 32-bit systems the
/// addresses 32-bit) values: no public symbol file names the type, so its layout is derived from the pointer size.
///
/// # Errors
/// When the ring can't be found or its pointer not be read; an unreadable entry ends the list.
pub fn list(kernel: &Kernel<'_>) -> Result<Vec<UnloadedModule>, NtError> {
    let pointer_size = kernel.pointer_size();
    let unreadable = |error| NtError::Unreadable { what: "nt!MmUnloadedDrivers".to_owned(), error };
    let ring = kernel.memory.pointer(kernel.global("MmUnloadedDrivers")?, pointer_size).map_err(unreadable)?;
    if ring == 0 {
        return Ok(Vec::new());
    }
    let width = pointer_size as u64;
    let string_size = 2 * width;
    let entry_size = string_size + 2 * width + 8;
    let mut modules = Vec::new();
    for index in 0..RING_ENTRIES {
        let entry = VirtualAddress(ring).offset(index * entry_size);
        let address = |slot: u64| kernel.memory.pointer(entry.offset(string_size + slot * width), pointer_size);
        let (Ok(start), Ok(end)) = (address(0), address(1)) else { break };
        let name = kernel.structure("_UNICODE_STRING", entry)?.unicode_string().unwrap_or_default();
        if !name.is_empty() && start < end {
            modules.push(UnloadedModule { name, start: VirtualAddress(start), end: VirtualAddress(end) });
        }
    }
    Ok(modules)
}
