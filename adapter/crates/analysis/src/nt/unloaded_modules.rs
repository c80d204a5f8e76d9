//! Modules that were loaded once: the ring `MmUnloadedDrivers`.

use super::kernel::Kernel;
use super::structure::NtError;
use memory::{ReadVirtualExt, VirtualAddress};

/// Entries in the ring (`MI_UNLOADED_DRIVERS`, the same in every published build).
const RING_ENTRIES: u64 = 50;
/// Stands for a name that can't be read.
const UNKNOWN_NAME: &str = "<unknown>";

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

/// The ring's entries, as far as they could be read.
#[derive(Clone, Debug, Default)]
pub struct UnloadedModules {
    /// Oldest position first; none where no driver was ever unloaded.
    pub modules: Vec<UnloadedModule>,
    /// What couldn't be read: the first entry that isn't there ends the list, a name doesn't.
    pub problem: Option<NtError>,
}

/// Reads the ring.
///
/// An entry is a `UNICODE_STRING`, then the start and end address and the time as 64-bit (on 32-bit systems the
/// addresses 32-bit) values: no public symbol file names the type, so its layout is derived from the pointer size.
///
/// # Errors
/// When the ring can't be found or its pointer not be read.
pub fn list(kernel: &Kernel<'_>) -> Result<UnloadedModules, NtError> {
    let pointer_size = kernel.pointer_size();
    let unreadable = |error| NtError::Unreadable { what: "nt!MmUnloadedDrivers".to_owned(), error };
    let ring = kernel.memory.pointer(kernel.global("MmUnloadedDrivers")?, pointer_size).map_err(unreadable)?;
    let mut list = UnloadedModules::default();
    if ring == 0 {
        return Ok(list);
    }
    let width = pointer_size as u64;
    let string_size = 2 * width;
    let entry_size = string_size + 2 * width + 8;
    for index in 0..RING_ENTRIES {
        let entry = VirtualAddress(ring).offset(index * entry_size);
        let address = |slot: u64| kernel.memory.pointer(entry.offset(string_size + slot * width), pointer_size);
        let (start, end) = match (address(0), address(1)) {
            (Ok(start), Ok(end)) => (VirtualAddress(start), VirtualAddress(end)),
            (Err(error), _) | (_, Err(error)) => {
                let what = format!("nt!MmUnloadedDrivers[{index}]");
                list.problem = Some(NtError::Unreadable { what, error });
                break;
            }
        };
        let name = kernel.structure("_UNICODE_STRING", entry)?.unicode_string();
        let name = name.unwrap_or_else(|error| {
            list.problem = Some(error);
            UNKNOWN_NAME.to_owned()
        });
        if !name.is_empty() && start < end {
            list.modules.push(UnloadedModule { name, start, end });
        }
    }
    Ok(list)
}
