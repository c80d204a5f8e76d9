//! Single registers, by `GetContextEx` and `SetContextEx`: a whole context has more than a thousand bytes.
//!
//! Whether a target does what they say is tried at the first register that is set: what it tells of a part is compared with the
//! whole, and with what was written. One that refuses, or tells something else, is asked for whole contexts from then on. While
//! the line is in doubt, each part that was set is read again: answers say which part they are about, so one that arrived in the
//! wrong place is noticed, and a whole context would hardly come through such a line.

use super::{LinkError, Live};
use ::memory::VirtualAddress;
use arch::{Context, Machine, Register, RegisterId};
use kd_protocol::manipulate::{GetContextEx, SetContextEx};
use kd_protocol::{Answer, Request, StateChange, Status, Version};

/// `MaxManipulate` of targets that have both: they came with Windows 8, as the last of all apis.
const WITH_PARTS: u8 = 0x31;

/// Whether contexts are read and set in parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Parts {
    /// Nobody knows yet.
    #[default]
    Untried,
    /// A register was set so, and was there when it was read again.
    Work,
    /// The target doesn't have them, or they do something else.
    Fail,
}

impl Parts {
    /// What a target says of itself. One that never heard of the apis may not even refuse them.
    pub(super) fn of(version: &Version) -> Self {
        if version.max_manipulate >= WITH_PARTS { Self::Untried } else { Self::Fail }
    }
}

/// A value in a register's bytes of a context, zero-extended.
fn value(bytes: &[u8]) -> u128 {
    bytes.iter().rev().fold(0, |value, byte| (value << 8) | u128::from(*byte))
}

/// The bytes of a context that a register is: offset and length.
fn place(register: &Register) -> (u32, u32) {
    (u32::from(register.offset), u32::from(register.bits.div_ceil(8)))
}

impl Live {
    fn register_place(&self, register: RegisterId) -> Result<(u32, u32), LinkError> {
        let architecture = self.machine().map(Machine::architecture).ok_or(LinkError::NoLine)?;
        let refused = LinkError::Refused { what: "GetContextEx", status: Status::UNSUCCESSFUL };
        architecture.register(register).map(place).ok_or(refused)
    }

    /// A register of a processor; `None` when the target doesn't tell it.
    ///
    /// # Errors
    /// As [`Live::context`].
    pub(crate) fn register(&self, processor: u16, register: RegisterId) -> Result<Option<u128>, LinkError> {
        let parts = {
            let known = self.known();
            if let Some(context) = known.contexts.get(&processor) {
                return Ok(context.get(register));
            }
            known.context_parts
        };
        if parts != Parts::Work {
            return Ok(self.context(processor)?.get(register));
        }
        if let Some(told) = self.told_part(processor, register)? {
            self.known().asked.insert(processor);
            return Ok(Some(told));
        }
        let whole = self.context(processor)?;
        self.known().context_parts = Parts::Fail;
        Ok(whole.get(register))
    }

    fn read_part(&self, processor: u16, register: RegisterId) -> Result<u128, LinkError> {
        let (offset, count) = self.register_place(register)?;
        let request = Request::GetContextEx(GetContextEx { offset, count });
        match self.ask_processor(Some(processor), request)? {
            Answer::Context { context, .. } if context.len() == count as usize => Ok(value(&context)),
            _ => Err(LinkError::Refused { what: "GetContextEx", status: Status::UNSUCCESSFUL }),
        }
    }

    /// The same, `None` where the target refuses.
    fn told_part(&self, processor: u16, register: RegisterId) -> Result<Option<u128>, LinkError> {
        match self.read_part(processor, register) {
            Err(LinkError::Refused { .. }) => Ok(None),
            told => told.map(Some),
        }
    }

    /// Where the processor that reported a stop goes on: there, unless its registers were set since.
    ///
    /// # Errors
    /// As [`Live::context`].
    pub(crate) fn instruction_pointer(&self, stop: &StateChange) -> Result<VirtualAddress, LinkError> {
        let reported = VirtualAddress(stop.program_counter);
        // Targets take no registers before they were asked for some.
        let is_as_reported = {
            let known = self.known();
            known.asked.contains(&stop.processor) && !known.were_set.contains(&stop.processor)
        };
        if is_as_reported && !self.link.is_doubtful() {
            return Ok(reported);
        }
        let architecture = self.machine().map(Machine::architecture).ok_or(LinkError::NoLine)?;
        let pointer = self.register(stop.processor, architecture.instruction_pointer())?;
        Ok(pointer.and_then(|pointer| u64::try_from(pointer).ok()).map_or(reported, VirtualAddress))
    }

    /// Sets a register of a processor.
    ///
    /// # Errors
    /// As [`Live::set_context`].
    pub(crate) fn set_register(&self, processor: u16, register: RegisterId, value: u128) -> Result<(), LinkError> {
        if self.known().context_parts == Parts::Work && self.set_part(processor, register, value)? {
            return Ok(());
        }
        let mut context = self.context(processor)?;
        context.set(register, value);
        self.set_context(processor, &context)
    }

    /// Sets one register alone. False where the whole context has to be set; what is in the target then isn't known.
    pub(super) fn set_part(&self, processor: u16, register: RegisterId, new: u128) -> Result<bool, LinkError> {
        let parts = self.known().context_parts;
        if parts == Parts::Fail || !self.tells_part(processor, register)? {
            return Ok(false);
        }
        let (offset, count) = self.register_place(register)?;
        let bytes = new.to_le_bytes().get(..count as usize).unwrap_or_default().to_vec();
        let whole = self.has_set(processor);
        let request = SetContextEx { offset, context: bytes.clone() };
        let taken = match self.ask_processor(Some(processor), Request::SetContextEx(request)) {
            Ok(Answer::Written { count: written, .. }) => written == count,
            Ok(_) | Err(LinkError::Refused { .. }) => false,
            Err(error) => return Err(error),
        };
        let trusted = parts == Parts::Work && !self.link.is_doubtful();
        if !taken || !(trusted || self.told_part(processor, register)? == Some(value(&bytes))) {
            self.known().context_parts = Parts::Fail;
            return Ok(false);
        }
        let mut known = self.known();
        known.context_parts = Parts::Work;
        if let Some(mut whole) = whole {
            whole.set(register, new);
            known.contexts.insert(processor, whole);
        }
        Ok(true)
    }

    /// Whether a part can be set: the target was asked for registers at this stop, and where it never was asked for a part, tells
    /// this one as the whole has it.
    fn tells_part(&self, processor: u16, register: RegisterId) -> Result<bool, LinkError> {
        let (parts, asked) = {
            let known = self.known();
            (known.context_parts, known.contexts.contains_key(&processor) || known.asked.contains(&processor))
        };
        if parts == Parts::Work && asked {
            return Ok(true);
        }
        let told = self.told_part(processor, register)?;
        let tells = match parts {
            Parts::Untried => told.is_some() && told == self.context(processor)?.get(register),
            Parts::Work | Parts::Fail => told.is_some(),
        };
        if !tells {
            self.known().context_parts = Parts::Fail;
        }
        Ok(tells)
    }

    /// A processor's registers are being set: what is known of them doesn't count any more. Returns it.
    pub(super) fn has_set(&self, processor: u16) -> Option<Context> {
        let mut known = self.known();
        known.were_set.insert(processor);
        known.contexts.remove(&processor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_asked_for_only_where_the_target_says_that_it_has_them() {
        let parts = |max_manipulate| Parts::of(&Version { max_manipulate, ..Version::default() });
        assert_eq!(parts(0x31), Parts::Untried);
        assert_eq!([0, 0x2e, 0x30].map(parts), [Parts::Fail; 3]);
        let request = Request::SetContextEx(SetContextEx { offset: 0, context: Vec::new() });
        assert_eq!(request.api(), 0x3130 + u32::from(WITH_PARTS) - 1);
    }

    #[test]
    fn a_registers_place_is_the_one_that_a_context_has_it_in() {
        for (machine, name) in [(Machine::Amd64, "rip"), (Machine::X86, "eip"), (Machine::Arm64, "pc")] {
            let architecture = machine.architecture();
            let register = architecture.find_register(name).unwrap().register;
            let mut context = Context::new(architecture);
            context.set(register, 0x1122_3344);
            let (offset, count) = place(architecture.register(register).unwrap());
            let bytes = &context.bytes()[offset as usize..(offset + count) as usize];
            assert_eq!(value(bytes), 0x1122_3344, "{machine}");
            assert_eq!(count as usize, architecture.pointer_size(), "{machine}");
        }
    }
}
