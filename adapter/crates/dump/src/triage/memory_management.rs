//! The memory manager's counters in a small dump.

use crate::error::Defect;
use crate::file::{FileBytes, PointerWidth};

/// `MI_TRIAGE_STORAGE`: what the memory manager says of itself. Sizes in pages.
///
/// Sources: Ghidra's `TriageStorage` (Apache 2.0); its size, 0x50 in 64-bit dumps, agrees with a real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryManagement {
    /// `MmSpecialPoolTag`.
    pub special_pool_tag: u32,
    /// `MiTriageActionTaken`.
    pub triage_action_taken: u32,
    /// `MmVerifyDriverLevel`.
    pub verify_driver_level: u32,
    /// `KernelVerifier`.
    pub kernel_verifier: u32,
    /// `MmMaximumNonPagedPool`.
    pub maximum_nonpaged_pool: u64,
    /// `MmAllocatedNonPagedPool`.
    pub allocated_nonpaged_pool: u64,
    /// `PagedPoolMaximum`.
    pub maximum_paged_pool: u64,
    /// `PagedPoolAllocated`.
    pub allocated_paged_pool: u64,
    /// `CommittedPages`.
    pub committed_pages: u64,
    /// `CommittedPagesPeak`.
    pub committed_pages_peak: u64,
    /// `CommitedPagesMaximum`.
    pub committed_pages_maximum: u64,
}

impl MemoryManagement {
    pub(super) fn read(file: &FileBytes, offset: u64, width: PointerWidth) -> Result<Self, Defect> {
        let what = "MI_TRIAGE_STORAGE";
        let (first, word) = (offset.saturating_add(0x18), width.bytes());
        file.slice(what, offset, 0x18 + 7 * word)?;
        let field = |at: u64| file.u32(what, offset.saturating_add(at));
        let counter = |index: u64| file.pointer(what, first.saturating_add(index * word), width);
        Ok(Self {
            special_pool_tag: field(0x8)?,
            triage_action_taken: field(0xc)?,
            verify_driver_level: field(0x10)?,
            kernel_verifier: field(0x14)?,
            maximum_nonpaged_pool: counter(0)?,
            allocated_nonpaged_pool: counter(1)?,
            maximum_paged_pool: counter(2)?,
            allocated_paged_pool: counter(3)?,
            committed_pages: counter(4)?,
            committed_pages_peak: counter(5)?,
            committed_pages_maximum: counter(6)?,
        })
    }
}
