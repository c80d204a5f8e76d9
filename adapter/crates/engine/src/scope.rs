//! What the commands and expressions of a session refer to: a processor, the registers to start from, a frame.

use memory::VirtualAddress;

/// The register context that stacks and expressions start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContextSource {
    /// The processor's registers as it was stopped (`~0s`, `.cxr` without an address).
    Processor(u32),
    /// The exception behind the bug check (`.ecxr`).
    Exception,
    /// A `CONTEXT` in memory (`.cxr`).
    Record(VirtualAddress),
    /// A `KTRAP_FRAME` in memory (`.trap`).
    TrapFrame(VirtualAddress),
    /// A thread (`_ETHREAD`) that isn't running: the registers that were saved when it was switched out (`.thread`).
    Thread(VirtualAddress),
}

/// The current processor, context and frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// KD's index of the current processor.
    pub processor: u32,
    /// Where registers come from.
    pub source: ContextSource,
    /// Index of the current frame in the stack of that context.
    pub frame: usize,
}
