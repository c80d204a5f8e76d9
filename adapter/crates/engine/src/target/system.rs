//! What is known of the system as a whole: from a dump's header, or from what a live target tells when it is connected.

use dump::Dump;
use memory::{PhysicalAddress, VirtualAddress};

/// A system's version, and where its kernel keeps what a debugger begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// `MajorVersion`: 15 for a free build, 12 for a checked one.
    pub major_version: u32,
    /// `MinorVersion`: the build number.
    pub minor_version: u32,
    /// How many processors there are.
    pub processors: Option<u32>,
    /// `PsLoadedModuleList`: the head of the list of loaded modules.
    pub ps_loaded_module_list: Option<VirtualAddress>,
    /// `PsActiveProcessHead`: the head of the list of processes.
    pub ps_active_process_head: Option<VirtualAddress>,
    /// `KdDebuggerDataBlock`.
    pub kd_debugger_data_block: Option<VirtualAddress>,
    /// The address of the variable `nt!MmPfnDatabase`.
    pub pfn_data_base: Option<VirtualAddress>,
    /// The root of the page tables that virtual addresses go through at first.
    pub directory_table_base: Option<PhysicalAddress>,
    /// `VER_NT_WORKSTATION` 1, `VER_NT_DOMAIN_CONTROLLER` 2, `VER_NT_SERVER` 3.
    pub product_type: Option<u32>,
    /// When the system was stopped, in units of 100 ns since 1601 (UTC).
    pub system_time: Option<u64>,
    /// How long it had been up, in units of 100 ns.
    pub system_up_time: Option<u64>,
}

impl System {
    /// What a dump's header says.
    pub(super) fn of_dump(dump: &Dump) -> Self {
        let header = dump.header();
        Self {
            major_version: header.major_version,
            minor_version: header.minor_version,
            processors: header.processors,
            ps_loaded_module_list: header.ps_loaded_module_list,
            ps_active_process_head: header.ps_active_process_head,
            kd_debugger_data_block: header.kd_debugger_data_block,
            pfn_data_base: header.pfn_data_base,
            directory_table_base: header.directory_table_base,
            product_type: header.product_type,
            system_time: header.system_time,
            system_up_time: header.system_up_time,
        }
    }
}
