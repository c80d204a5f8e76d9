//! A processor's registers: the bytes of NT's `CONTEXT`, and which of them are known.

use crate::{Architecture, Machine, RegisterId, RegisterPart, RegisterSet, RegisterValue};
use memory::VirtualAddress;

/// The registers of one frame. A register that nobody has told is unknown, never zero and never a callee's leftover.
#[derive(Clone, Debug)]
pub struct Context {
    architecture: &'static dyn Architecture,
    bytes: Box<[u8]>,
    known: RegisterSet,
    after_call: bool,
}

/// Bytes that are no `CONTEXT` of this architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// Fewer bytes than the record has.
    #[error("{machine} contexts have {expected:#x} bytes, but there are {found:#x}")]
    Short {
        /// The processor that the bytes should be of.
        machine: Machine,
        /// Bytes in the record.
        expected: usize,
        /// Bytes that there are.
        found: usize,
    },
    /// `ContextFlags` hasn't the bit that stands for this processor.
    #[error("ContextFlags {flags:#010x} are another processor's, not {machine}'s")]
    OtherMachine {
        /// The processor that the bytes should be of.
        machine: Machine,
        /// The flags found.
        flags: u32,
    },
}

impl Context {
    /// A context that knows no register.
    pub fn new(architecture: &'static dyn Architecture) -> Self {
        let bytes = vec![0; architecture.context_size()].into();
        Self { architecture, bytes, known: RegisterSet::EMPTY, after_call: false }
    }

    /// A `CONTEXT` record as dumps and memory hold it; bytes behind the record (extended state) are not looked at.
    /// What `ContextFlags` doesn't claim is unknown.
    ///
    /// # Errors
    /// [`ContextError`], with what was found instead.
    pub fn from_bytes(architecture: &'static dyn Architecture, bytes: &[u8]) -> Result<Self, ContextError> {
        let (machine, expected) = (architecture.machine(), architecture.context_size());
        let short = ContextError::Short { machine, expected, found: bytes.len() };
        let bytes: Box<[u8]> = bytes.get(..expected).ok_or(short)?.into();
        let flags = memory::Cursor::at(&bytes, architecture.context_flags_offset()).u32().map_err(|_| short)?;
        let known = architecture.known_registers(flags).ok_or(ContextError::OtherMachine { machine, flags })?;
        Ok(Self { architecture, bytes, known, after_call: false })
    }

    /// The processor whose registers these are.
    pub fn architecture(&self) -> &'static dyn Architecture {
        self.architecture
    }

    /// The `CONTEXT` record. Unknown registers hold leftovers, and `ContextFlags` is as it came: [`Self::known`] says
    /// what counts.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The registers that are known.
    pub fn known(&self) -> RegisterSet {
        self.known
    }

    /// A register's value, zero-extended; None when unknown, or when the architecture has no such register.
    pub fn get(&self, id: RegisterId) -> Option<u128> {
        let mut value = [0; 16];
        let field = self.bytes.get(self.field(id)?)?;
        value.get_mut(..field.len())?.copy_from_slice(field);
        self.known.contains(id).then(|| u128::from_le_bytes(value))
    }

    /// The low 64 bits of a register's value, None when unknown.
    pub fn get_u64(&self, id: RegisterId) -> Option<u64> {
        self.get(id).map(|value| (value & u128::from(u64::MAX)) as u64)
    }

    /// Some bits of a register, None when unknown.
    pub fn get_part(&self, part: RegisterPart) -> Option<u128> {
        self.get(part.register).map(|full| part.of(full))
    }

    /// Sets a register, which is known from then on; bits beyond its width are dropped. An id that the architecture
    /// doesn't have changes nothing.
    pub fn set(&mut self, id: RegisterId, value: u128) {
        let Some(field) = self.field(id).and_then(|field| self.bytes.get_mut(field)) else { return };
        for (byte, new) in field.iter_mut().zip(value.to_le_bytes()) {
            *byte = new;
        }
        self.known.insert(id);
        if id == self.architecture.instruction_pointer() {
            self.after_call = false;
        }
    }

    /// Makes a register unknown.
    pub fn forget(&mut self, id: RegisterId) {
        self.known.remove(id);
    }

    /// Makes every register unknown that isn't in `kept`.
    pub fn keep_only(&mut self, kept: RegisterSet) {
        self.known = self.known.intersection(kept);
    }

    /// A register by any of its names, in any case: None when there is no such register, a value of None when the
    /// context doesn't know it.
    pub fn by_name(&self, name: &str) -> Option<RegisterValue> {
        let part = self.architecture.find_register(name)?;
        Some(RegisterValue { part, value: self.get_part(part) })
    }

    /// Address of the next instruction.
    pub fn instruction_pointer(&self) -> Option<VirtualAddress> {
        self.get_u64(self.architecture.instruction_pointer()).map(VirtualAddress)
    }

    /// The stack pointer.
    pub fn stack_pointer(&self) -> Option<VirtualAddress> {
        self.get_u64(self.architecture.stack_pointer()).map(VirtualAddress)
    }

    /// The register that holds a frame pointer by convention.
    pub fn frame_pointer(&self) -> Option<VirtualAddress> {
        self.get_u64(self.architecture.frame_pointer()).map(VirtualAddress)
    }

    /// Whether the instruction pointer is a return address, because unwinding a call found it. The call's line and
    /// scope are then those of the byte before, and no instruction of an epilogue can have run.
    pub fn is_after_call(&self) -> bool {
        self.after_call
    }

    /// Sets the instruction pointer to a return address.
    pub fn set_return_address(&mut self, address: VirtualAddress) {
        self.set(self.architecture.instruction_pointer(), u128::from(address.0));
        self.after_call = true;
    }

    fn field(&self, id: RegisterId) -> Option<std::ops::Range<usize>> {
        let register = self.architecture.register(id)?;
        let start = usize::from(register.offset);
        Some(start..start + usize::from(register.bits.div_ceil(8)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amd64(flags: u32) -> Vec<u8> {
        let mut bytes = vec![0x11; 1232];
        bytes[0x30..0x34].copy_from_slice(&flags.to_le_bytes());
        bytes
    }

    #[test]
    fn context_flags_decide_what_is_known() {
        let x64 = Machine::Amd64.architecture();
        let context = Context::from_bytes(x64, &amd64(0x10_0001)).unwrap();
        assert_eq!(context.instruction_pointer(), Some(VirtualAddress(0x1111_1111_1111_1111)));
        assert_eq!(context.by_name("rax").map(|rax| rax.value), Some(None));
        assert_eq!(context.by_name("CS").and_then(|cs| cs.value), Some(0x1111));
        assert_eq!(context.by_name("nonsense"), None);
        let all = Context::from_bytes(x64, &amd64(0x10_001f)).unwrap();
        assert_eq!(all.known().iter().count(), x64.registers().len());
    }

    #[test]
    fn other_machines_and_short_records_are_refused_with_what_was_found() {
        let x64 = Machine::Amd64.architecture();
        let refused = Context::from_bytes(x64, &amd64(0x1_001f)).unwrap_err();
        assert_eq!(refused.to_string(), "ContextFlags 0x0001001f are another processor's, not x64's");
        let short = Context::from_bytes(x64, &[0; 716]).unwrap_err();
        assert_eq!(short.to_string(), "x64 contexts have 0x4d0 bytes, but there are 0x2cc");
    }

    #[test]
    fn aliases_show_their_part() {
        let mut context = Context::new(Machine::Amd64.architecture());
        let rax = context.architecture().find_register("rax").unwrap().register;
        context.set(rax, 0x1122_3344_5566_7788);
        for (name, value) in [("eax", 0x5566_7788), ("AX", 0x7788), ("al", 0x88), ("ah", 0x77)] {
            assert_eq!(context.by_name(name).and_then(|part| part.value), Some(value), "{name}");
        }
        context.forget(rax);
        assert_eq!(context.by_name("al").map(|al| al.value), Some(None));
    }

    #[test]
    fn a_return_address_is_one_until_the_instruction_pointer_is_set() {
        let mut context = Context::new(Machine::Amd64.architecture());
        context.set_return_address(VirtualAddress(0x1000));
        assert!(context.is_after_call());
        context.set(context.architecture().instruction_pointer(), 0x1000);
        assert!(!context.is_after_call());
    }
}
