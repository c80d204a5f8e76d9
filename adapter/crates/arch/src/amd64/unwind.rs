//! Unwinding x64 stacks by the images' unwind data.
//!
//! The contract between compilers and unwinders is Microsoft's "x64 exception handling": any function that touches the
//! stack pointer or a nonvolatile register has an entry in the function table (`function_table`), whose unwind data
//! (`unwind_info`) undoes its prologue; a region of a function may be chained to the one that ran before it; code
//! without an entry is a leaf, with its return address on top of the stack; and an epilogue (`epilogue`) is either
//! described or simple enough to be recognised.

mod epilogue;
mod function_table;
mod unwind_info;

pub use function_table::{RuntimeFunction, find_function, functions};
pub use unwind_info::{UnwindCode, UnwindInfo, UnwindOperation, UnwindTail};

use crate::amd64::context::{CS, EFL, NONVOLATILE, RIP, RSP, SS};
use crate::{Context, ExceptionHandler, MachineFrame, RegisterId, UnwindError, UnwindImage, UnwindMethod, Unwound};
use epilogue::{bytes_into_epilogue, rest_of_epilogue};
use memory::{ReadVirtual, ReadVirtualExt, VirtualAddress};

/// Entries that may be chained to each other; the longest chains of real images have three.
const CHAIN_LIMIT: usize = 32;

/// As [`crate::Architecture::unwind`].
pub(super) fn unwind(
    context: &Context,
    image: Option<&dyn UnwindImage>,
    memory: &dyn ReadVirtual,
) -> Result<Unwound, UnwindError> {
    let address = context.instruction_pointer().ok_or(UnwindError::UnknownRegister { name: "rip" })?;
    let stack = context.stack_pointer().ok_or(UnwindError::UnknownRegister { name: "rsp" })?;
    let image = image.ok_or(UnwindError::NoImage { address })?;
    let base = image.base();
    let rva = address.distance_from(base).and_then(|rva| u32::try_from(rva).ok()).filter(|&rva| rva < image.size());
    let rva = rva.ok_or(UnwindError::OutsideImage { address, base })?;
    if image.exception_directory().is_empty() {
        return Err(UnwindError::NoUnwindData { base });
    }
    let frame = Frame::new(context, stack, memory);
    match find_function(image, rva)? {
        None => frame.returned(UnwindMethod::Leaf, stack, None),
        Some(entry) => undo_function(frame, image, entry.resolve(image)?, rva),
    }
}

/// The first region of the function that `entry` describes part of.
fn primary_function(image: &dyn UnwindImage, entry: RuntimeFunction) -> Result<RuntimeFunction, UnwindError> {
    let entry = entry.resolve(image)?;
    let info = UnwindInfo::read(image, entry.unwind_data)?;
    walk_chain(image, entry, info, |_, _| Ok(())).map(|primary| primary.function)
}

struct Primary {
    function: RuntimeFunction,
    handler: Option<ExceptionHandler>,
}

/// Visits the unwind data of `entry` and of all that it is chained to; the flag tells the first from the others.
fn walk_chain(
    image: &dyn UnwindImage,
    entry: RuntimeFunction,
    info: UnwindInfo,
    mut visit: impl FnMut(&UnwindInfo, bool) -> Result<(), UnwindError>,
) -> Result<Primary, UnwindError> {
    let (mut function, mut info) = (entry, info);
    for depth in 0..CHAIN_LIMIT {
        visit(&info, depth == 0)?;
        function = match info.tail {
            UnwindTail::Chained(parent) => parent.resolve(image)?,
            UnwindTail::Handler(handler) => return Ok(Primary { function, handler: Some(handler) }),
            UnwindTail::None => return Ok(Primary { function, handler: None }),
        };
        info = UnwindInfo::read(image, function.unwind_data)?;
    }
    Err(UnwindError::Malformed { rva: info.rva, what: "chained unwind data without an end" })
}

fn undo_function(
    mut frame: Frame,
    image: &dyn UnwindImage,
    function: RuntimeFunction,
    rva: u32,
) -> Result<Unwound, UnwindError> {
    let info = UnwindInfo::read(image, function.unwind_data)?;
    // A part that was moved before the function it belongs to has all of the prologue behind it.
    let offset = rva.checked_sub(function.begin).unwrap_or(u32::MAX);
    let stack = frame.stack;

    // Behind a call, nothing of an epilogue can have run.
    if !frame.callee.is_after_call() {
        if let Some(bytes_run) = bytes_into_epilogue(&info, &function, rva) {
            let mut pops = Pops { bytes_run, begun: false };
            let primary = walk_chain(image, function, info, |info, _| frame.pop_rest(info, &mut pops))?;
            return frame.returned(UnwindMethod::Epilogue, stack, Some(primary));
        }
        // Within the prologue too: compilers put an early return before its last saves.
        if info.version == 1 {
            if let Some(rest) = rest_of_epilogue(image, &function, &info, rva)? {
                frame.finish_epilogue(&rest)?;
                let primary = walk_chain(image, function, info, |_, _| Ok(()))?;
                return frame.returned(UnwindMethod::Epilogue, stack, Some(primary));
            }
        }
    }
    let base = frame.base(&info, offset)?;
    let primary = walk_chain(image, function, info, |info, is_first| {
        let executed = if is_first { offset } else { u32::MAX };
        frame.undo_prologue(info, executed, base)
    })?;
    frame.returned(UnwindMethod::UnwindData, base, Some(primary))
}

/// How far an epilogue is that version 2 describes.
struct Pops {
    /// Bytes of its instructions that have run.
    bytes_run: u32,
    /// Whether the codes have come to the first push.
    begun: bool,
}

/// A frame on its way to its caller.
struct Frame<'m> {
    callee: &'m Context,
    callee_stack: VirtualAddress,
    memory: &'m dyn ReadVirtual,
    /// Becomes the caller's.
    context: Context,
    stack: VirtualAddress,
    /// Set once a machine frame is met, which the context then is from.
    machine_frame: Option<MachineFrame>,
}

impl<'m> Frame<'m> {
    fn new(callee: &'m Context, stack: VirtualAddress, memory: &'m dyn ReadVirtual) -> Self {
        let mut context = callee.clone();
        context.keep_only(NONVOLATILE);
        Self { callee, callee_stack: stack, memory, context, stack, machine_frame: None }
    }

    /// A register of the callee.
    fn known(&self, register: RegisterId) -> Result<VirtualAddress, UnwindError> {
        let name = || self.callee.architecture().register(register).map_or("a register", |register| register.name);
        let value = self.callee.get_u64(register).map(VirtualAddress);
        value.ok_or_else(|| UnwindError::UnknownRegister { name: name() })
    }

    /// The stack pointer that the frame register was made from.
    fn stack_by_frame_register(&self, info: &UnwindInfo) -> Result<VirtualAddress, UnwindError> {
        let missing = UnwindError::Malformed { rva: info.rva, what: "UWOP_SET_FPREG without a frame register" };
        Ok(self.known(info.frame_register.ok_or(missing)?)?.back(u64::from(info.frame_offset)))
    }

    /// The establisher frame, which saved registers are found by: what the frame register was made from, once the
    /// prologue has set it, `executed` bytes from its start; else the stack pointer.
    fn base(&self, info: &UnwindInfo, executed: u32) -> Result<VirtualAddress, UnwindError> {
        if info.frame_register.is_none() {
            return Ok(self.stack);
        }
        let mut is_set = info.is_chained() || executed >= u32::from(info.prologue_size);
        for code in info.codes() {
            let code = code?;
            is_set |=
                code.operation == UnwindOperation::SetFrameRegister && executed >= u32::from(code.prologue_offset);
        }
        if is_set { self.stack_by_frame_register(info) } else { Ok(self.stack) }
    }

    /// A register that can't be read back is unknown from here on; that alone is no reason to stop.
    fn restore(&mut self, register: RegisterId, from: VirtualAddress) {
        match self.memory.u64(from) {
            Ok(value) => self.context.set(register, u128::from(value)),
            Err(_) => self.context.forget(register),
        }
    }

    fn restore_xmm(&mut self, register: RegisterId, from: VirtualAddress) {
        match self.memory.array(from) {
            Ok(bytes) => self.context.set(register, u128::from_le_bytes(bytes)),
            Err(_) => self.context.forget(register),
        }
    }

    fn pop(&mut self, register: RegisterId) {
        self.restore(register, self.stack);
        self.stack = self.stack.offset(8);
    }

    /// Undoes the instructions of a prologue whose end lies at most `executed` bytes from its start.
    fn undo_prologue(&mut self, info: &UnwindInfo, executed: u32, base: VirtualAddress) -> Result<(), UnwindError> {
        for code in info.codes() {
            let code = code?;
            if u32::from(code.prologue_offset) > executed {
                continue;
            }
            match code.operation {
                UnwindOperation::PushNonvolatile(register) => self.pop(register),
                UnwindOperation::Allocate(size) => self.stack = self.stack.offset(u64::from(size)),
                UnwindOperation::SetFrameRegister => self.stack = self.stack_by_frame_register(info)?,
                UnwindOperation::SaveNonvolatile(register, at) => self.restore(register, base.offset(u64::from(at))),
                UnwindOperation::SaveXmm128(register, at) => self.restore_xmm(register, base.offset(u64::from(at))),
                UnwindOperation::PushMachineFrame { has_error_code } => self.leave_machine_frame(has_error_code)?,
                UnwindOperation::Epilogue => {}
            }
        }
        Ok(())
    }

    /// Version 2's epilogues: pops, in the order of the codes, of which some have run. The allocations were released
    /// before, so that there can be none between the pushes.
    fn pop_rest(&mut self, info: &UnwindInfo, pops: &mut Pops) -> Result<(), UnwindError> {
        for code in info.codes() {
            match code?.operation {
                UnwindOperation::PushNonvolatile(register) => {
                    pops.begun = true;
                    // r8 to r15 take a prefix.
                    let size = if is_extended(register) { 2 } else { 1 };
                    match pops.bytes_run.checked_sub(size) {
                        Some(rest) => pops.bytes_run = rest,
                        None => {
                            pops.bytes_run = 0;
                            self.pop(register);
                        }
                    }
                }
                UnwindOperation::Allocate(_) if pops.begun => {
                    return Err(UnwindError::Malformed {
                        rva: info.rva,
                        what: "an epilogue has no place for an allocation",
                    });
                }
                UnwindOperation::PushMachineFrame { has_error_code } => self.leave_machine_frame(has_error_code)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Version 1's epilogues.
    fn finish_epilogue(&mut self, rest: &epilogue::Epilogue) -> Result<(), UnwindError> {
        if let Some((from, distance)) = rest.stack {
            let from = from.map_or(Ok(self.stack), |register| self.known(register))?;
            self.stack = from.offset(distance as u64);
        }
        rest.pops.iter().for_each(|&register| self.pop(register));
        Ok(())
    }

    /// `MACHINE_FRAME`: rip, cs, eflags, rsp, ss, of eight bytes each, above an error code or not.
    fn leave_machine_frame(&mut self, has_error_code: bool) -> Result<(), UnwindError> {
        let at = if has_error_code { self.stack.offset(8) } else { self.stack };
        for (offset, register) in [(0, RIP), (8, CS), (16, EFL), (24, RSP), (32, SS)] {
            let unreadable = |error| UnwindError::StackUnreadable { what: "the machine frame", error };
            let word = self.memory.u64(at.offset(offset)).map_err(unreadable)?;
            self.context.set(register, u128::from(word));
        }
        self.machine_frame = Some(MachineFrame { at, has_error_code });
        Ok(())
    }

    /// Takes the return address, unless a machine frame was left.
    fn returned(
        mut self,
        how: UnwindMethod,
        frame_base: VirtualAddress,
        primary: Option<Primary>,
    ) -> Result<Unwound, UnwindError> {
        let return_address_at = match self.machine_frame {
            Some(frame) => frame.at,
            None => {
                let unreadable = |error| UnwindError::StackUnreadable { what: "the return address", error };
                let address = self.memory.u64(self.stack).map_err(unreadable)?;
                let caller = self.stack.offset(8);
                if caller <= self.callee_stack {
                    return Err(UnwindError::StackDoesNotGrow { callee: self.callee_stack, caller });
                }
                self.context.set_return_address(VirtualAddress(address));
                self.context.set(RSP, u128::from(caller.0));
                self.stack
            }
        };
        let function = primary.as_ref().map(|primary| primary.function.range());
        let handler = primary.and_then(|primary| primary.handler);
        let (context, machine_frame) = (self.context, self.machine_frame);
        Ok(Unwound { context, how, machine_frame, return_address_at, frame_base, function, handler })
    }
}

/// r8 to r15.
fn is_extended(register: RegisterId) -> bool {
    (8..16).any(|number| crate::amd64::context::general(number) == register)
}
