//! ARM64 (AArch64), as NT runs on it.

mod context;
mod disassemble;
pub(crate) mod paging;
mod unwind;

use crate::{
    AddressSpace, Architecture, CallBefore, Context, Decoded, FlagBit, Instruction, Machine, Register, RegisterId,
    RegisterPart, RegisterSet, SubRegister, TranslateError, Translation, UnwindError, UnwindImage, Unwound,
};
use memory::{ReadPhysical, ReadVirtual, VirtualAddress};

/// ARM64 (AArch64), as NT runs on it.
#[derive(Clone, Copy, Debug)]
pub struct Arm64;

impl Architecture for Arm64 {
    fn machine(&self) -> Machine {
        Machine::Arm64
    }

    fn pointer_size(&self) -> usize {
        8
    }

    fn context_size(&self) -> usize {
        context::SIZE
    }

    fn context_flags_offset(&self) -> usize {
        context::FLAGS_OFFSET
    }

    fn registers(&self) -> &'static [Register] {
        context::REGISTERS
    }

    fn register_aliases(&self) -> &'static [SubRegister] {
        context::ALIASES
    }

    fn instruction_pointer(&self) -> RegisterId {
        context::PC
    }

    fn stack_pointer(&self) -> RegisterId {
        context::SP
    }

    fn frame_pointer(&self) -> RegisterId {
        context::FP
    }

    fn flags(&self) -> Option<(RegisterId, &'static [FlagBit])> {
        Some((context::CPSR, context::FLAGS))
    }

    fn codeview_register(&self, number: u16) -> Option<RegisterPart> {
        context::codeview_register(number)
    }

    fn known_registers(&self, context_flags: u32) -> Option<RegisterSet> {
        context::known_registers(context_flags)
    }

    fn translate(
        &self,
        physical: &dyn ReadPhysical,
        space: AddressSpace,
        address: VirtualAddress,
    ) -> Result<Translation, TranslateError> {
        crate::paging::translate(physical, space, address)
    }

    fn max_instruction_length(&self) -> usize {
        disassemble::MAX_LENGTH
    }

    fn decode(&self, address: VirtualAddress, bytes: &[u8]) -> Option<Decoded> {
        disassemble::decode(address, bytes)
    }

    fn disassemble(
        &self,
        address: VirtualAddress,
        bytes: &[u8],
        name: &dyn Fn(VirtualAddress) -> Option<String>,
    ) -> Instruction {
        disassemble::disassemble(address, bytes, name)
    }

    fn unwind(
        &self,
        _context: &Context,
        _image: Option<&dyn UnwindImage>,
        _memory: &dyn ReadVirtual,
    ) -> Result<Unwound, UnwindError> {
        unwind::unwind()
    }

    fn call_before(&self, code_before: &[u8]) -> CallBefore {
        disassemble::call_before(code_before)
    }
}
