//! Processor architectures: contexts, paging, unwinding, disassembly.
//!
//! [`Architecture`] is everything that differs between processors, one folder for each implementation, with the same
//! file names in each: `context`, `paging`, `unwind`, `disassemble`. A trait without default methods is the porting
//! checklist. The files beside the folders hold what the architectures share: the types that the trait speaks in, and
//! the page table walk. Knows nothing of dumps, symbols or targets: bytes come in through the readers of `memory` and
//! through [`UnwindImage`].
//!
//! ```
//! use arch::{Context, Machine};
//! let x64 = Machine::Amd64.architecture();
//! let mut context = Context::new(x64);
//! context.set(x64.instruction_pointer(), 0xffff_f804_7bdf_5a80);
//! assert_eq!(context.instruction_pointer().unwrap().to_string(), "fffff804`7bdf5a80");
//! assert_eq!(context.get(x64.stack_pointer()), None); // unknown, not zero
//! ```

mod architecture;
mod context;
mod disassemble;
mod intel;
mod machine;
mod paging;
mod registers;
mod unwind;

pub mod amd64;
pub mod arm64;
pub mod x86;

pub use architecture::Architecture;
pub use context::{Context, ContextError};
pub use disassemble::{CallBefore, Decoded, Flow, Instruction};
pub use intel::debug_registers;
pub use machine::Machine;
pub use paging::{
    AddressSpace, EntryFlags, EntryMeaning, Level, Mapping, Mappings, PageTableEntry, PageTablePath, PagingMode,
    TranslateError, Translation,
};
pub use registers::{
    FlagBit, Register, RegisterGroup, RegisterId, RegisterPart, RegisterSet, RegisterValue, SubRegister,
};
pub use unwind::{ExceptionHandler, MachineFrame, UnwindError, UnwindImage, UnwindMethod, Unwound};
