//! The trait that a processor architecture implements: the whole porting checklist.

use crate::{
    AddressSpace, CallBefore, Context, Decoded, FlagBit, Instruction, Machine, Register, RegisterId, RegisterPart,
    RegisterSet, SubRegister, TranslateError, Translation, UnwindError, UnwindImage, Unwound,
};
use memory::{ReadPhysical, ReadVirtual, VirtualAddress};
use std::fmt::Debug;

/// Everything that the debugger must know of a processor. No default methods, so that a new processor can't forget one.
pub trait Architecture: Sync + Debug {
    /// Which processor this is.
    fn machine(&self) -> Machine;

    /// Bytes in a pointer: 4 or 8.
    fn pointer_size(&self) -> usize;

    /// Bytes in NT's `CONTEXT` record.
    fn context_size(&self) -> usize;

    /// Offset of `CONTEXT.ContextFlags`, in bytes.
    fn context_flags_offset(&self) -> usize;

    /// The full registers that `CONTEXT` holds, in the order in which the debuggers show them. A [`RegisterId`] is an
    /// index of this slice.
    fn registers(&self) -> &'static [Register];

    /// Names for parts of registers (`eax`, `al`, `zf`, `w0`) and other names of whole ones (`x29`).
    fn register_aliases(&self) -> &'static [SubRegister];

    /// `rip`, `eip`, `pc`.
    fn instruction_pointer(&self) -> RegisterId;

    /// `rsp`, `esp`, `sp`.
    fn stack_pointer(&self) -> RegisterId;

    /// `rbp`, `ebp`, `fp`: the register that a frame pointer lives in by convention.
    fn frame_pointer(&self) -> RegisterId;

    /// The flags register, and its bits in the order in which the debuggers show them.
    fn flags(&self) -> Option<(RegisterId, &'static [FlagBit])>;

    /// What a CodeView register number (`CV_AMD64_*`, `CV_REG_*`, `CV_ARM64_*` of the published cvconst.h) stands for.
    /// None for registers that `CONTEXT` doesn't hold.
    fn codeview_register(&self, number: u16) -> Option<RegisterPart>;

    /// The registers that a `CONTEXT` with these `ContextFlags` has filled in; None when the flags are another
    /// processor's.
    fn known_registers(&self, context_flags: u32) -> Option<RegisterSet>;

    /// Translates a virtual address by the page tables that `physical` holds, as the processor would; and where it
    /// would fault, as NT would resolve a page in transition.
    ///
    /// # Errors
    /// Which entry stood in the way, and the entries up to it. A [`AddressSpace::mode`] of another processor translates
    /// all the same: it is the mode that decides, so that a 32-bit space can be walked from anywhere.
    fn translate(
        &self,
        physical: &dyn ReadPhysical,
        space: AddressSpace,
        address: VirtualAddress,
    ) -> Result<Translation, TranslateError>;

    /// Bytes that the longest instruction has.
    fn max_instruction_length(&self) -> usize;

    /// Length and flow of the instruction that `bytes` begin with: what resynchronising and walking a function's flow
    /// need, without the cost of text. None where no instruction can be decoded.
    fn decode(&self, address: VirtualAddress, bytes: &[u8]) -> Option<Decoded>;

    /// The instruction that `bytes` begin with, as text in the debuggers' style. `name` gives `nt!Foo+0x10` for an
    /// address, if there is such a name. Bytes that can't be decoded give an instruction with [`crate::Flow::Invalid`]
    /// and the text `???`.
    fn disassemble(
        &self,
        address: VirtualAddress,
        bytes: &[u8],
        name: &dyn Fn(VirtualAddress) -> Option<String>,
    ) -> Instruction;

    /// The caller's context. `image` is the module that the instruction pointer lies in, if it lies in one.
    ///
    /// # Errors
    /// Why it can't be said for sure: never a guess.
    fn unwind(
        &self,
        context: &Context,
        image: Option<&dyn UnwindImage>,
        memory: &dyn ReadVirtual,
    ) -> Result<Unwound, UnwindError>;

    /// Whether a call instruction ends right at the end of these bytes: what stands before a genuine return address.
    /// The more bytes ([`Architecture::max_instruction_length`]), the better the answer.
    fn call_before(&self, code_before: &[u8]) -> CallBefore;
}

impl dyn Architecture {
    /// A register by any of its names, in any case, without `@`.
    pub fn find_register(&self, name: &str) -> Option<RegisterPart> {
        let whole = |index: usize| u16::try_from(index).ok().and_then(|id| self.whole_register(RegisterId(id)));
        match self.registers().iter().position(|register| register.name.eq_ignore_ascii_case(name)) {
            Some(index) => whole(index),
            None => self.register_aliases().iter().find(|alias| alias.name.eq_ignore_ascii_case(name)).map(|a| a.part),
        }
    }

    /// What `registers()` says of `id`; None for an id of another architecture that this one doesn't have.
    pub fn register(&self, id: RegisterId) -> Option<&'static Register> {
        self.registers().get(usize::from(id.0))
    }

    /// All bits of a register.
    pub fn whole_register(&self, id: RegisterId) -> Option<RegisterPart> {
        self.register(id).map(|register| RegisterPart { register: id, shift: 0, bits: register.bits })
    }
}
