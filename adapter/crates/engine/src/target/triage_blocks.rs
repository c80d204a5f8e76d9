//! Where a small dump's copies of the crashing processor, thread and process lay in memory.
//!
//! The dump holds their bytes but not their addresses. They follow from each other: the processor's block is in
//! `KiProcessorBlock` by its number, it names the thread that ran (`CurrentThread`), and that its process
//! (`ApcState.Process`).

use super::Target;
use super::memory::DumpMemory;
use analysis::nt::structure::NtError;
use analysis::nt::{processors, thread};
use dump::{DataBlock, FileRange, Triage};
use memory::VirtualAddress;

impl Target {
    /// Makes the copies readable at their addresses, as far as the kernel's symbols lead to them. Where they don't, the
    /// copies stay out of memory, and reads of them say that they aren't in the dump.
    pub(crate) fn place_triage_copies(&self) {
        let Some(memory) = self.dump_memory() else { return };
        if let Some(triage) = memory.dump().triage() {
            memory.forget_placed();
            if let Err(error) = self.place_copies(memory, triage) {
                tracing::debug!("the copies in the small dump can't be placed: {error}");
            }
        }
    }

    fn place_copies(&self, memory: &DumpMemory, triage: &Triage) -> Result<(), NtError> {
        let (Some(processor), Some(thread)) = (triage.prcb, triage.thread) else { return Ok(()) };
        let processor_at = match triage.address_of(processor) {
            Some(address) => address,
            None => self.address_by_number(memory, processor)?,
        };
        self.place(memory, "_KPRCB", processor_at, processor)?;
        let kernel = self.kernel();
        let thread_at = processors::prcb(&kernel, processor_at)?.field("CurrentThread")?.pointer()?;
        self.place(memory, "_ETHREAD", thread_at, thread)?;
        let Some(process) = triage.process else { return Ok(()) };
        let process_at = thread::current_process(&thread::thread(&kernel, thread_at)?)?;
        self.place(memory, "_EPROCESS", process_at, process)
    }

    /// The address of the `_KPRCB` of which the dump has this copy, by the number in it.
    fn address_by_number(&self, memory: &DumpMemory, copy: FileRange) -> Result<VirtualAddress, NtError> {
        let kernel = self.kernel();
        let offset = processors::prcb(&kernel, VirtualAddress(0))?.field("Number")?.address().0;
        let bytes = usize::try_from(offset).ok().and_then(|offset| memory.dump().bytes(copy).get(offset..));
        let number = bytes.and_then(<[u8]>::first_chunk).map(|bytes| u32::from_le_bytes(*bytes));
        let (what, address) = ("the copy of the _KPRCB", VirtualAddress(0));
        let damaged = |why| NtError::Damaged { what, address, why };
        let number = number.ok_or_else(|| damaged("it ends before its Number"))?;
        let prcbs = processors::prcbs(&kernel, number.saturating_add(1).min(processors::MAX_PROCESSORS))?;
        prcbs.into_iter().nth(number as usize).ok_or_else(|| damaged("no system has so many processors"))?
    }

    /// The copy may be followed by bytes that aren't the structure's: only its own are taken.
    fn place(
        &self,
        memory: &DumpMemory,
        type_name: &str,
        address: VirtualAddress,
        copy: FileRange,
    ) -> Result<(), NtError> {
        let size = self.kernel().find_type(type_name)?.size()?;
        let bytes = FileRange { length: copy.length.min(size), ..copy };
        memory.place(DataBlock { address, bytes });
        Ok(())
    }
}
