//! x64 (AMD64).

mod context;
mod disassemble;
pub(crate) mod paging;
pub mod unwind;

use crate::{
    AddressSpace, Architecture, CallBefore, Context, Decoded, FlagBit, Instruction, Machine, Register, RegisterId,
    RegisterPart, RegisterSet, SubRegister, TranslateError, Translation, UnwindError, UnwindImage, Unwound,
};
use memory::{ReadPhysical, ReadVirtual, VirtualAddress};

/// x64 (AMD64).
#[derive(Clone, Copy, Debug)]
pub struct Amd64;

impl Architecture for Amd64 {
    fn machine(&self) -> Machine {
        Machine::Amd64
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
        context::RIP
    }

    fn stack_pointer(&self) -> RegisterId {
        context::RSP
    }

    fn frame_pointer(&self) -> RegisterId {
        context::RBP
    }

    fn flags(&self) -> Option<(RegisterId, &'static [FlagBit])> {
        Some((context::EFL, crate::intel::FLAGS))
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
        context: &Context,
        image: Option<&dyn UnwindImage>,
        memory: &dyn ReadVirtual,
    ) -> Result<Unwound, UnwindError> {
        unwind::unwind(context, image, memory)
    }

    fn call_before(&self, code_before: &[u8]) -> CallBefore {
        disassemble::call_before(code_before)
    }
}
