//! Small dumps (type 4): no physical memory, but blocks of virtual memory and copies of what a first look needs.
//!
//! `TRIAGE_DUMP32/64` behind the dump's header holds file offsets of everything else. Its layout isn't documented;
//! the sources are Ghidra's `TriageDump` (Apache 2.0) and rizin's `dmp_specs.h`; a real 64-bit dump agrees with them.
//! Field by field, `u32` unless said:
//!
//! ```text
//! +00 ServicePackBuild      +20 ProcessOffset         +40 BrokenDriverOffset
//! +04 SizeOfDump            +24 ThreadOffset          +44 TriageOptions
//! +08 ValidOffset           +28 CallStackOffset       +48 TopOfStack (a pointer)
//! +0c ContextOffset         +2c SizeOfCallStack       32 bits | 64 bits
//! +10 ExceptionOffset       +30 DriverListOffset          +4c | +60 DataPageAddress .. DataPageSize
//! +14 MmOffset              +34 DriverCount           +58 | +70 DebuggerDataOffset, DebuggerDataSize
//! +18 UnloadedDriversOffset +38 StringPoolOffset      +60 | +78 DataBlocksOffset, DataBlocksCount
//! +1c PrcbOffset            +3c StringPoolSize
//! ```
//!
//! Nothing of it is needed to open the dump: what is damaged is left out and reported.

mod data_blocks;
mod drivers;
mod locations;
mod memory_management;

pub use data_blocks::{DataBlock, DataBlocks};
pub use drivers::{TriageDriver, UnloadedDriver};
pub use memory_management::MemoryManagement;

use crate::error::{Defect, Signature};
use crate::exception::ExceptionRecord;
use crate::file::{FileBytes, FileRange};
use crate::header::Header;
use crate::layout::Layout;
use locations::Locations;
use memory::VirtualAddress;
use std::sync::Arc;

/// What a small dump holds besides its header.
#[derive(Debug)]
pub struct Triage {
    /// `ServicePackBuild`.
    pub service_pack_build: u32,
    /// `TriageOptions`.
    pub options: u32,
    /// The loaded modules, in load order.
    pub drivers: Vec<TriageDriver>,
    /// Modules that were unloaded before the crash, as the dump lists them.
    pub unloaded_drivers: Vec<UnloadedDriver>,
    /// The name of the driver that is to blame, where Windows named one.
    pub broken_driver: Option<String>,
    /// The crashing processor's `_KPRCB`.
    ///
    /// The dump says where this and the following two start, but neither their sizes nor the addresses that they were
    /// copied from. The range ends where the next structure starts: it is never too short, and exact in practice.
    pub prcb: Option<FileRange>,
    /// The crashing thread's `_ETHREAD`.
    pub thread: Option<FileRange>,
    /// The crashing process' `_EPROCESS`.
    pub process: Option<FileRange>,
    /// The crashing thread's stack, from the stack pointer up. Also in [`Triage::memory`].
    pub stack: Option<DataBlock>,
    /// `KDDEBUGGER_DATA64`; its address is the header's `kd_debugger_data_block`. Also in [`Triage::memory`].
    pub debugger_data: Option<FileRange>,
    /// Counters of the memory manager.
    pub memory_management: Option<MemoryManagement>,
    /// All virtual memory in the dump.
    pub memory: DataBlocks,
    pub(crate) context: Option<FileRange>,
    pub(crate) exception: Option<ExceptionRecord>,
}

impl Triage {
    /// Reads the lists and locations of a small dump. What can't be read is left out; the defects say why.
    ///
    /// # Errors
    /// [`Defect::PastEnd`] when the file ends within `TRIAGE_DUMP` itself.
    pub(crate) fn read(
        file: &Arc<FileBytes>,
        layout: &Layout,
        header: &Header,
        defects: &mut Vec<Defect>,
    ) -> Result<Self, Defect> {
        let at = Locations::read(file, layout, header)?;
        check_end(file, &at, defects);
        let stack = at.stack();
        let debugger_data = at.debugger_data();
        let debugger_block = header.kd_debugger_data_block.zip(debugger_data);
        let debugger_block = debugger_block.map(|(address, bytes)| DataBlock { address, bytes });
        let extra = [stack, at.data_page(), debugger_block];
        let blocks = data_blocks::read(file, at.width, at.data_blocks(), defects);
        Ok(Self {
            service_pack_build: at.service_pack_build,
            options: at.triage_options,
            drivers: drivers::read_loaded(file, at.width, at.drivers(), defects),
            unloaded_drivers: drivers::read_unloaded(file, at.width, at.unloaded_drivers(), defects),
            broken_driver: at.broken_driver().and_then(|at| or_defect(drivers::read_string(file, at), defects)),
            prcb: at.prcb(),
            thread: at.thread(),
            process: at.process(),
            stack,
            debugger_data,
            memory_management: at
                .memory_management()
                .and_then(|offset| or_defect(MemoryManagement::read(file, offset, at.width), defects)),
            memory: DataBlocks::new(file.clone(), blocks.into_iter().chain(extra.into_iter().flatten()), defects),
            context: at.context(layout.context_record_size),
            exception: at
                .exception()
                .and_then(|offset| or_defect(ExceptionRecord::read(file, offset, at.width), defects))
                .flatten(),
        })
    }

    /// The address that the bytes of `range` were copied from, where a data block holds exactly the same bytes: so
    /// the address of the crashing processor's `_KPRCB` becomes known without symbols.
    pub fn address_of(&self, range: FileRange) -> Option<VirtualAddress> {
        self.memory.find_copy(range)
    }
}

/// A dump that was written to its end has `TRGD` where `ValidOffset` says, as its last four bytes.
fn check_end(file: &FileBytes, at: &Locations, defects: &mut Vec<Defect>) {
    let (size, offset) = (u64::from(at.size_of_dump), u64::from(at.valid_offset));
    if let Err(defect) = file.slice("the small dump (SizeOfDump)", 0, size) {
        defects.push(defect);
    } else if let Some(found) = or_defect(file.slice("the signature at ValidOffset", offset, 4), defects) {
        if found != b"TRGD" {
            let (what, found) = ("the signature at ValidOffset", Signature::of(found));
            defects.push(Defect::Signature { what, offset, found, expected: "TRGD" });
        }
    }
}

/// The value, or, when there is none, the defect noted.
fn or_defect<T>(result: Result<T, Defect>, defects: &mut Vec<Defect>) -> Option<T> {
    result.map_err(|defect| defects.push(defect)).ok()
}
