//! The process whose address space user-mode addresses are seen in (`.process`).

use crate::session::Session;
use analysis::nt::structure::NtError;
use arch::AddressSpace;
use memory::{PhysicalAddress, ReadVirtualExt, VirtualAddress};

/// Why a process' address space can't be had.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// There is no processor whose thread would tell.
    #[error("there is no current processor")]
    NoProcessor,
    /// A structure can't be read.
    #[error(transparent)]
    Nt(#[from] NtError),
    /// The dump holds virtual memory only.
    #[error("a small dump holds no page tables: addresses can't be seen as process {0} sees them")]
    NoPageTables(VirtualAddress),
    /// The kernel isn't mapped by the page tables that the process is said to have.
    #[error("process {process} has invalid page directories: the kernel is not mapped by the tables at {root}")]
    InvalidPageTables {
        /// `_EPROCESS`.
        process: VirtualAddress,
        /// `Pcb.DirectoryTableBase`.
        root: PhysicalAddress,
    },
}

impl Session {
    /// The process that was made the implicit one, else the one that the current processor runs in.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub fn implicit_process(&self) -> Result<VirtualAddress, ProcessError> {
        // Of a live target, it is over when that has run.
        let lasts = self.target().live().is_none_or(|live| live.address_space().is_some());
        if let Some(process) = self.recall.process.filter(|_| lasts) {
            return Ok(process);
        }
        let processor = self.processors().get(self.scope().processor).ok_or(ProcessError::NoProcessor)?;
        let thread = processor.thread.as_ref().map_err(Clone::clone)?.thread;
        let thread = self.target().kernel().structure("_ETHREAD", thread)?;
        Ok(thread.field("Tcb.ApcState.Process")?.pointer()?)
    }

    /// Sees virtual addresses through the page tables of a process (`_EPROCESS`) from now on, of a live target until it runs;
    /// `None` for those of the beginning, or of a live target's current processor. Breakpoints are the target's own business:
    /// it sets them where its current processor sees their addresses.
    ///
    /// # Errors
    /// [`ProcessError`]; what was in force stays.
    pub fn set_implicit_process(&mut self, process: Option<VirtualAddress>) -> Result<(), ProcessError> {
        let root = match process {
            Some(address) => {
                let block = self.target().kernel().structure("_EPROCESS", address)?;
                Some(PhysicalAddress(block.field("Pcb.DirectoryTableBase")?.integer()?))
            }
            None => {
                self.target_mut().forget_address_space();
                self.target().system().directory_table_base
            }
        };
        match (self.target().address_space(), root, process) {
            (Some(before), Some(root), _) => self.switch_address_space(before, root, process)?,
            (_, _, Some(process)) => return Err(ProcessError::NoPageTables(process)),
            (_, _, None) => {}
        }
        self.recall.process = process;
        Ok(())
    }

    /// Every process maps the kernel: page tables that don't are none.
    fn switch_address_space(
        &mut self,
        before: AddressSpace,
        root: PhysicalAddress,
        process: Option<VirtualAddress>,
    ) -> Result<(), ProcessError> {
        let landmark = self.target().kernel_base().unwrap_or_default();
        let size = self.target().architecture().pointer_size();
        let mapped = |session: &Self| session.target().own_memory().pointer(landmark, size).is_ok();
        let mapped_before = mapped(self);
        self.target_mut().set_address_space(AddressSpace { root, ..before });
        match process {
            Some(process) if mapped_before && !mapped(self) => {
                self.target().set_address_space(before);
                Err(ProcessError::InvalidPageTables { process, root })
            }
            _ => Ok(()),
        }
    }
}
