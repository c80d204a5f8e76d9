//! Which page tables a dump's virtual addresses go through.

use analysis::nt::kernel::Kernel;
use analysis::nt::structure::NtError;
use arch::{AddressSpace, Architecture, Machine, PagingMode};
use dump::Dump;
use memory::VirtualAddress;

/// The address space of a dump of physical memory; `None` when it holds virtual memory only.
///
/// A header doesn't say how many levels x64 page tables have: the mode is taken that translates addresses which the
/// header says are the kernel's. Where none does, four levels are assumed, and every read says what stands in its way.
pub(super) fn of_dump(dump: &Dump, architecture: &'static dyn Architecture) -> Option<AddressSpace> {
    let physical = dump.physical()?;
    let header = dump.header();
    let root = header.directory_table_base?;
    let with = |mode| AddressSpace::new(root, mode);
    let modes: &[PagingMode] = match architecture.machine() {
        Machine::X86 if header.pae == Some(true) => &[PagingMode::X86Pae],
        Machine::X86 => &[PagingMode::X86],
        Machine::Amd64 => &[PagingMode::Amd64FourLevel, PagingMode::Amd64FiveLevel],
        Machine::Arm64 => &[PagingMode::Arm64],
    };
    let landmarks = [header.ps_loaded_module_list, header.ps_active_process_head, header.kd_debugger_data_block];
    let landmarks: Vec<VirtualAddress> = landmarks.into_iter().flatten().collect();
    let translates = |&&mode: &&PagingMode| {
        landmarks.iter().any(|&address| architecture.translate(physical, with(mode), address).is_ok())
    };
    modes.iter().find(translates).or(modes.first()).map(|&mode| with(mode))
}

/// The bits that this system sets in page table entries of pages that aren't valid (`MiState.Hardware.InvalidPteMask`),
/// which are needed to find pages in transition; unknown in systems that have no such variable.
pub(super) fn invalid_pte_mask(kernel: &Kernel<'_>) -> Result<u64, NtError> {
    kernel.structure("_MI_SYSTEM_INFORMATION", kernel.global("MiState")?)?.field("Hardware.InvalidPteMask")?.integer()
}
