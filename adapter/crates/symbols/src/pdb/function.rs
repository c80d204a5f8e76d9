//! Functions as private symbols describe them.

use super::SourceLine;
use crate::TypeRef;
use std::ops::Range;

/// A function with private information.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name, qualified (`Class::method`).
    pub name: String,
    /// RVAs of its code: the part with the entry point first, then parts that the compiler moved away (`S_SEPCODE`).
    /// Never empty.
    pub ranges: Vec<Range<u32>>,
    /// RVA behind the prologue: from here on the frame is set up. Not every compiler says (clang doesn't).
    pub debug_start: Option<u32>,
    /// RVA where the epilogue begins; likewise.
    pub debug_end: Option<u32>,
    /// Its type: a [`crate::Shape::Function`].
    pub ty: Option<TypeRef>,
    /// Visible to other compilands (`S_GPROC32`).
    pub global: bool,
    /// Never returns (`CV_PFLAG_NEVER`): what follows a call to it isn't reached.
    pub no_return: bool,
    /// What is recorded of its frame (`S_FRAMEPROC`).
    pub frame: Option<FrameProcedure>,
}

/// A function's frame (`S_FRAMEPROC`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameProcedure {
    /// Bytes of the frame.
    pub size: u32,
    /// Bytes of it that hold saved registers.
    pub saved_registers_size: u32,
    /// CodeView number of the register that locals are counted from (on x86 also `CV_ALLREG_VFRAME`, 30006).
    pub local_base: Option<u16>,
    /// The same for parameters.
    pub parameter_base: Option<u16>,
    /// The flags as they are stored (`fHasAlloca`, `fHasSEH`, `fOptSpeed` ...).
    pub flags: u32,
}

/// A function that the compiler inlined, at an address that belongs to it.
#[derive(Clone, Debug)]
pub struct InlineFrame {
    /// Its name, qualified.
    pub name: String,
    /// Its type.
    pub ty: Option<TypeRef>,
    /// RVAs of the code that was inlined here; in order, not overlapping.
    pub ranges: Vec<Range<u32>>,
    /// The line of its own source at the address.
    pub line: Option<SourceLine>,
    /// The line of the frame below (the next inline frame, or the function) that it was inlined into.
    pub call_site: Option<SourceLine>,
}
