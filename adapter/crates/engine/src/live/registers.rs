//! Registers of a live target's processors: contexts, MSRs, control space, I/O ports.

use super::{LinkError, Live};
use arch::{Architecture, Context, Machine, RegisterId, RegisterSet};
use kd_protocol::manipulate::{
    GetContext, GetContextEx, ReadIoSpace, ReadMemory, ReadMsr, SetContext, WriteIoSpace, WriteMsr,
};
use kd_protocol::{Answer, Request, Status};

/// Times that registers are set over a damaged line, until they are as they were meant.
const MAX_SETTINGS: usize = 4;
/// Bytes of a context that one answer carries at most.
const MAX_PART: u32 = 3072;
/// Registers that are set one by one at most: two cost less than half of what a whole context does.
const MAX_SINGLE: usize = 2;

/// The registers in which the two differ.
fn changed_registers(before: &Context, after: &Context) -> RegisterSet {
    let ids = (0..).zip(after.architecture().registers()).map(|(id, _)| RegisterId(id));
    ids.filter(|&id| before.get(id) != after.get(id)).collect()
}

/// The `ContextFlags` of the parts in which the two differ; `None` where they don't.
fn changed_parts(before: &Context, after: &Context) -> Option<u32> {
    let architecture = after.architecture();
    let changed = changed_registers(before, after);
    let machine = context_all(architecture.machine()) & !PARTS;
    let holds_changed = |part: &u32| {
        architecture.known_registers(machine | part).is_some_and(|known| !known.intersection(changed).is_empty())
    };
    let parts = (0..PARTS.count_ones()).map(|bit| 1 << bit).filter(holds_changed).fold(0, |parts, part| parts | part);
    (parts != 0).then_some(machine | parts)
}

/// What makes a processor's registers `after` from `before`; `None` where they don't differ.
fn set_request(before: &Context, after: &Context) -> Option<SetContext> {
    let flags = changed_parts(before, after)?;
    Some(SetContext { flags, context: after.bytes().to_vec() })
}

/// The bits of `ContextFlags` that stand for parts; the others stand for the machine.
const PARTS: u32 = 0x3f;

/// `CONTEXT_ALL` of the published headers, less what isn't in the record itself (`CONTEXT_XSTATE`).
fn context_all(machine: Machine) -> u32 {
    match machine {
        Machine::X86 => 0x0001_003f,
        Machine::Amd64 => 0x0010_001f,
        Machine::Arm64 => 0x0040_001f,
    }
}

impl Live {
    fn architecture(&self) -> Result<&'static dyn Architecture, LinkError> {
        self.machine().map(Machine::architecture).ok_or(LinkError::NoLine)
    }

    /// A processor's registers, asked once for each stop.
    ///
    /// # Errors
    /// [`LinkError`], also when the target answers with what is no context.
    pub fn context(&self, processor: u16) -> Result<Context, LinkError> {
        if let Some(known) = self.known().contexts.get(&processor) {
            return Ok(known.clone());
        }
        let architecture = self.architecture()?;
        let flags = context_all(architecture.machine());
        let request = Request::GetContext(GetContext { flags });
        let bytes = match self.ask_processor(Some(processor), request) {
            Ok(Answer::Context { context, .. }) => context,
            Err(LinkError::Refused { .. }) => self.long_context(processor)?,
            Ok(_) => return Err(LinkError::GaveWay),
            Err(error) => return Err(error),
        };
        let what = "GetContext";
        let no_context = |_| LinkError::Refused { what, status: Status::UNSUCCESSFUL };
        let context = Context::from_bytes(architecture, &bytes).map_err(no_context)?;
        self.known().contexts.insert(processor, context.clone());
        Ok(context)
    }

    /// The same in parts, for contexts that don't fit into one packet.
    fn long_context(&self, processor: u16) -> Result<Vec<u8>, LinkError> {
        let size = self.architecture()?.context_size() as u32;
        let mut bytes = Vec::new();
        while bytes.len() < size as usize {
            let offset = bytes.len() as u32;
            let request = GetContextEx { offset, count: (size - offset).min(MAX_PART) };
            match self.ask_processor(Some(processor), Request::GetContextEx(request))? {
                Answer::Context { context, .. } if !context.is_empty() => bytes.extend(context),
                _ => break,
            }
        }
        Ok(bytes)
    }

    /// Sets a processor's registers: `context` as it was read, with what is meant changed. Where that is little, nothing else is
    /// written.
    ///
    /// # Errors
    /// [`LinkError`]; the registers are then as they were, or unknown when the target didn't answer.
    pub(crate) fn set_context(&self, processor: u16, context: &Context) -> Result<(), LinkError> {
        let changed = changed_registers(&self.context(processor)?, context);
        if changed.iter().count() <= MAX_SINGLE {
            let set = |all, register| match context.get(register).filter(|_| all) {
                Some(value) => self.set_part(processor, register, value),
                None => Ok(false),
            };
            if changed.iter().try_fold(true, set)? {
                return Ok(());
            }
        }
        self.set_whole_context(processor, context)
    }

    /// The same by the whole context. Only a request for the parts that hold a changed register is made, but the record keeps
    /// the flags that it was read with: targets take it whole, and go on with the parts that its flags name.
    fn set_whole_context(&self, processor: u16, context: &Context) -> Result<(), LinkError> {
        let Some(request) = set_request(&self.context(processor)?, context) else { return Ok(()) };
        for _ in 0..MAX_SETTINGS {
            self.has_set(processor);
            self.ask_processor(Some(processor), Request::SetContext(request.clone()))?;
            // A processor that goes on with bytes that a damaged line has moved crashes.
            if !self.link.is_doubtful() || set_request(&self.context(processor)?, context).is_none() {
                self.known().contexts.insert(processor, context.clone());
                return Ok(());
            }
        }
        Err(LinkError::Doubtful)
    }

    /// A model-specific register of the processor.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn read_msr(&self, processor: u16, msr: u32) -> Result<u64, LinkError> {
        match self.ask_processor(Some(processor), Request::ReadMsr(ReadMsr { msr }))? {
            Answer::Msr { value, .. } => Ok(value),
            _ => Err(LinkError::GaveWay),
        }
    }

    /// Writes a model-specific register of the processor.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn write_msr(&self, processor: u16, msr: u32, value: u64) -> Result<(), LinkError> {
        self.ask_processor(Some(processor), Request::WriteMsr(WriteMsr { msr, value })).map(|_| ())
    }

    /// Reads an I/O port, once: reading may change what the device does. `size` is 1, 2 or 4 bytes.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn read_port(&self, port: u64, size: u32) -> Result<u32, LinkError> {
        match self.ask(Request::ReadIoSpace(ReadIoSpace { port, size }))? {
            Answer::IoSpace { value, .. } => Ok(value),
            _ => Err(LinkError::GaveWay),
        }
    }

    /// Writes an I/O port. `size` is 1, 2 or 4 bytes.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn write_port(&self, port: u64, size: u32, value: u32) -> Result<(), LinkError> {
        self.ask(Request::WriteIoSpace(WriteIoSpace { port, size, value })).map(|_| ())
    }

    /// Bytes of a processor's control space. What `address` means is the processor's: on x64 0 `_KPCR`, 1 `_KPRCB`, 2
    /// `_KSPECIAL_REGISTERS`, 3 `_KTHREAD`, and nothing else may be asked for.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn control_space(&self, processor: u16, address: u64, count: u32) -> Result<Vec<u8>, LinkError> {
        let request = Request::ReadControlSpace(ReadMemory { address, count });
        match self.ask_processor(Some(processor), request)? {
            Answer::Memory { mut data, .. } => {
                data.truncate(count as usize);
                Ok(data)
            }
            _ => Err(LinkError::GaveWay),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A context in which everything is zero, but the flags.
    fn read(machine: Machine) -> Context {
        let architecture = machine.architecture();
        let mut bytes = vec![0; architecture.context_size()];
        let offset = architecture.context_flags_offset();
        bytes[offset..offset + 4].copy_from_slice(&context_all(machine).to_le_bytes());
        Context::from_bytes(architecture, &bytes).unwrap()
    }

    fn set(context: &mut Context, name: &str) {
        let part = context.architecture().find_register(name).unwrap();
        context.set(part.register, 1);
    }

    #[test]
    fn only_the_parts_with_changed_registers_are_meant() {
        let parts = |machine: Machine, names: &[&str]| {
            let mut changed = read(machine);
            names.iter().for_each(|name| set(&mut changed, name));
            changed_parts(&read(machine), &changed)
        };
        assert_eq!(parts(Machine::Amd64, &[]), None);
        assert_eq!(parts(Machine::Amd64, &["rip"]), Some(0x0010_0001));
        assert_eq!(parts(Machine::Amd64, &["rip", "rax", "xmm3"]), Some(0x0010_000b));
        assert_eq!(parts(Machine::X86, &["eip"]), Some(0x0001_0001));
        assert_eq!(parts(Machine::Arm64, &["pc"]), Some(0x0040_0001));
    }

    #[test]
    fn a_later_change_of_another_part_does_not_undo_an_earlier_one() {
        for (machine, first, then) in
            [(Machine::Amd64, "rax", "rip"), (Machine::X86, "eax", "eip"), (Machine::Arm64, "x0", "pc")]
        {
            let before = read(machine);
            let mut once = before.clone();
            set(&mut once, first);
            let mut twice = once.clone();
            set(&mut twice, then);
            let request = set_request(&once, &twice).unwrap();
            let taken = Context::from_bytes(machine.architecture(), &request.context).unwrap();
            assert_eq!(changed_parts(&once, &taken), changed_parts(&once, &twice), "{machine}");
            let offset = machine.architecture().context_flags_offset();
            assert_eq!(request.context[offset..offset + 4], context_all(machine).to_le_bytes(), "{machine}");
        }
    }
}
