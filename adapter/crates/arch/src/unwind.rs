//! Unwinding: from a function's registers to its caller's. The types that all architectures speak in.

use crate::{Context, Machine};
use memory::{ReadError, VirtualAddress};
use std::ops::Range;

/// The image that an instruction pointer lies in, mapped as the loader maps it: from target memory or from its file.
pub trait UnwindImage {
    /// Address that the image is loaded at.
    fn base(&self) -> VirtualAddress;

    /// `SizeOfImage`, in bytes.
    fn size(&self) -> u32;

    /// The exception directory (`.pdata`), as RVAs; empty when the image has none.
    fn exception_directory(&self) -> Range<u32>;

    /// Fills `buffer` with the image's bytes from `rva` on.
    ///
    /// # Errors
    /// As the underlying read.
    fn read_rva(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ReadError>;
}

/// A frame unwound.
#[derive(Clone, Debug)]
pub struct Unwound {
    /// The caller's registers; those that the callee may have overwritten are unknown.
    pub context: Context,
    /// What the result rests on.
    pub how: UnwindMethod,
    /// The frame was entered by an interrupt or exception, not by a call.
    pub machine_frame: Option<MachineFrame>,
    /// Where the return address was read (or the machine frame's instruction pointer).
    pub return_address_at: VirtualAddress,
    /// The establisher frame: the stack pointer behind the prologue, or what the frame register says it was. In an
    /// epilogue, where it is gone, the stack pointer.
    pub frame_base: VirtualAddress,
    /// RVAs of the primary function: its first region, whose start is the function's. None for leaf functions, which
    /// have no unwind data.
    pub function: Option<Range<u32>>,
    /// The function's language-specific handler, if it has one.
    pub handler: Option<ExceptionHandler>,
}

/// What an unwound frame rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnwindMethod {
    /// Unwind codes.
    UnwindData,
    /// The rest of an epilogue.
    Epilogue,
    /// The image has unwind data, but none for this address: a function that touches neither stack pointer nor
    /// nonvolatile registers.
    Leaf,
}

/// What the processor pushed when an interrupt or exception came (`UWOP_PUSH_MACHFRAME`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineFrame {
    /// Address of its instruction pointer.
    pub at: VirtualAddress,
    /// Whether an error code lies below it.
    pub has_error_code: bool,
}

/// A function's language-specific handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionHandler {
    /// RVA of the handler.
    pub rva: u32,
    /// RVA of the data that is the handler's own business.
    pub data: u32,
    /// Called for exceptions (`UNW_FLAG_EHANDLER`).
    pub for_exceptions: bool,
    /// Called when unwinding (`UNW_FLAG_UHANDLER`).
    pub for_unwinding: bool,
}

/// Why a caller can't be told for sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnwindError {
    /// There is no unwinder for this processor yet.
    #[error("{machine} stacks can't be unwound yet")]
    NotSupported {
        /// The processor.
        machine: Machine,
    },
    /// A register that unwinding needs isn't known.
    #[error("{name} isn't known")]
    UnknownRegister {
        /// The register.
        name: &'static str,
    },
    /// The instruction pointer is in no module.
    #[error("{address} is in no image")]
    NoImage {
        /// The instruction pointer.
        address: VirtualAddress,
    },
    /// The image that was given isn't the one that the instruction pointer lies in.
    #[error("{address} isn't in the image at {base}")]
    OutsideImage {
        /// The instruction pointer.
        address: VirtualAddress,
        /// The image's base.
        base: VirtualAddress,
    },
    /// The image has no exception directory, so that nothing can be said of its functions.
    #[error("the image at {base} has no unwind data")]
    NoUnwindData {
        /// The image's base.
        base: VirtualAddress,
    },
    /// Part of the image can't be read.
    #[error("{what} at RVA {rva:#x} can't be read: {error}")]
    Unreadable {
        /// What was to be read.
        what: &'static str,
        /// Where.
        rva: u32,
        /// Why not.
        error: ReadError,
    },
    /// The stack can't be read.
    #[error("{what} can't be read: {error}")]
    StackUnreadable {
        /// What was to be read.
        what: &'static str,
        /// Where and why not.
        error: ReadError,
    },
    /// The unwind data breaks its format.
    #[error("malformed unwind data at RVA {rva:#x}: {what}")]
    Malformed {
        /// Where the broken structure is.
        rva: u32,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Unwind data of a version that isn't known.
    #[error("unwind data at RVA {rva:#x} has version {version}")]
    UnknownVersion {
        /// Where the unwind data is.
        rva: u32,
        /// Its version.
        version: u8,
    },
    /// The caller's stack pointer would lie at or below the callee's.
    #[error("the stack doesn't grow: the caller's stack pointer {caller} isn't above {callee}")]
    StackDoesNotGrow {
        /// The callee's stack pointer.
        callee: VirtualAddress,
        /// What the unwind data makes of it.
        caller: VirtualAddress,
    },
}
