//! Loaded modules: `PsLoadedModuleList`, a list of `_KLDR_DATA_TABLE_ENTRY`.

use super::kernel::Kernel;
use super::structure::{NtError, Structure};
use memory::VirtualAddress;

/// One entry of the kernel's module list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedModule {
    /// `FullDllName`, a path as NT writes it; `BaseDllName` where that can't be read.
    pub full_name: String,
    /// `DllBase`.
    pub base: VirtualAddress,
    /// `SizeOfImage`, in bytes.
    pub size: u32,
    /// `TimeDateStamp` of the image's header, if the loader kept it.
    pub time_date_stamp: Option<u32>,
    /// `CheckSum` of the image's header, if the loader kept it.
    pub check_sum: Option<u32>,
}

/// The modules in load order, and what stopped the walk or spoilt an entry.
#[derive(Debug, Default)]
pub struct LoadedModules {
    /// Entries that could be read.
    pub modules: Vec<LoadedModule>,
    /// What couldn't: one error for each damaged entry, and one where the list breaks off.
    pub errors: Vec<NtError>,
}

/// What is read of an entry.
const MEMBERS: [&str; 6] = ["InLoadOrderLinks", "DllBase", "SizeOfImage", "FullDllName", "CheckSum", "TimeDateStamp"];

/// Walks the list whose head lies at `head` (`nt!PsLoadedModuleList`).
///
/// # Errors
/// When the types are unknown; damaged entries are part of the result.
pub fn list(kernel: &Kernel<'_>, head: VirtualAddress) -> Result<LoadedModules, NtError> {
    let walk = kernel.list_for(head, "_KLDR_DATA_TABLE_ENTRY", "InLoadOrderLinks", &MEMBERS)?;
    let mut loaded = LoadedModules::default();
    for entry in &walk.elements {
        match read_entry(entry) {
            Ok(module) => loaded.modules.push(module),
            Err(error) => loaded.errors.push(error),
        }
    }
    loaded.errors.extend(walk.stopped);
    Ok(loaded)
}

fn read_entry(entry: &Structure<'_>) -> Result<LoadedModule, NtError> {
    let name = |member: &str| entry.field(member)?.unicode_string();
    let base = entry.field("DllBase")?.pointer()?;
    let full_name = name("FullDllName").or_else(|_| name("BaseDllName"))?;
    let optional = |member: &str| {
        let value = entry.field(member).and_then(|field| field.integer());
        value.ok().map(|value| value as u32).filter(|&value| value != 0)
    };
    Ok(LoadedModule {
        full_name,
        base,
        size: entry.field("SizeOfImage")?.integer()? as u32,
        time_date_stamp: optional("TimeDateStamp"),
        check_sum: optional("CheckSum"),
    })
}
