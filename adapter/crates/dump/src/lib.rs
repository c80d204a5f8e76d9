//! Windows kernel crash dumps: files to physical or virtual memory, contexts and headers.
//!
//! [`Dump::open`] maps a file and checks its headers; everything else is read in place when it is asked for. A dump
//! holds either [`PhysicalMemory`] (all kinds but one; virtual memory is then found through page tables, which is the
//! business of `arch`) or, if it is a small one, the [`DataBlocks`] of virtual memory in its [`Triage`].
//!
//! ```no_run
//! use memory::ReadVirtualExt;
//! let dump = dump::Dump::open("MEMORY.DMP".as_ref())?;
//! println!("{}: {:x?}", dump.session_name(), dump.header().bug_check);
//! if let Some((memory, list)) = dump.data_blocks().zip(dump.header().ps_loaded_module_list) {
//!     println!("the list of modules starts with the one at {:x?}", memory.u64(list));
//! }
//! # Ok::<(), dump::DumpError>(())
//! ```
//!
//! Damage is told in one type, [`Defect`]: the field, its file offset, the value found and the limit. It is the reason
//! for which a file is refused, and the remark on what is missing from one that opened ([`Dump::defects`]).
//!
//! Where things lie: `layout` and `header` (the header that all kinds share), `physical/` (a file for each way of
//! saying which pages there are: complete, bitmap, ranges), `triage/` (small dumps). The sources of each format are
//! named in its file.

mod dump;
mod error;
mod exception;
mod file;
mod fill;
mod format;
mod header;
mod layout;
mod physical;
mod triage;

pub use dump::Dump;
pub use error::{Defect, DumpError, Signature};
pub use exception::ExceptionRecord;
pub use file::{FileRange, PointerWidth};
pub use format::Format;
pub use header::{BugCheck, Header};
pub use physical::{PhysicalMemory, PhysicalRange};
pub use triage::{DataBlock, DataBlocks, MemoryManagement, Triage, TriageDriver, UnloadedDriver};
