//! The walk from frame to frame.

use super::describe::inline_frames;
use super::image::ModuleImage;
use super::scan::{Found, find_return_address};
use super::{Certainty, FoundBy, Frame, Inlined, Stack, StackEnd, Surroundings};
use analysis::nt::trap_frame;
use arch::{Context, UnwindError, UnwindImage, UnwindMethod, Unwound};
use memory::{ReadVirtualExt, VirtualAddress};

/// Walks the stack from the registers in `context`, innermost frame first, up to `limit` frames (inlined ones count).
///
/// Never fails: what stops the walk is in [`Stack::end`].
pub fn walk(surroundings: &Surroundings<'_>, context: &Context, limit: usize) -> Stack {
    let mut stack = Stack { frames: Vec::new(), end: StackEnd::NoRegisters };
    let Some(mut frame) = first_frame(context) else { return stack };
    loop {
        let step = if surroundings.cancel.is_cancelled() {
            Err(StackEnd::Cancelled)
        } else {
            Step { surroundings, callee: &mut frame }.caller()
        };
        let step = step.and_then(|caller| ensure_progress(&frame, caller));
        frame.return_address = step.as_ref().ok().map(|caller| caller.instruction_pointer);
        push_with_inlined(surroundings, &mut stack.frames, frame);
        let complete = stack.frames.len() <= limit;
        stack.frames.truncate(limit);
        match step {
            Ok(caller) if stack.frames.len() < limit => frame = caller,
            Err(end) if complete => {
                stack.end = end;
                return stack;
            }
            _ => {
                stack.end = StackEnd::Limit;
                return stack;
            }
        }
    }
}

fn first_frame(context: &Context) -> Option<Frame> {
    Some(Frame {
        instruction_pointer: context.instruction_pointer()?,
        stack_pointer: context.stack_pointer()?,
        context: context.clone(),
        return_address: None,
        found_by: FoundBy::Context,
        certainty: Certainty::Exact,
        trap_frame: None,
        inline: None,
    })
}

/// A caller's frame lies above its callee's; only a trap may have switched to another stack.
fn ensure_progress(callee: &Frame, caller: Frame) -> Result<Frame, StackEnd> {
    if caller.instruction_pointer == VirtualAddress(0) {
        Err(StackEnd::Complete)
    } else if caller.stack_pointer > callee.stack_pointer || callee.trap_frame.is_some() {
        Ok(caller)
    } else {
        Err(StackEnd::NoProgress { stack_pointer: callee.stack_pointer })
    }
}

/// The functions that were inlined at the frame's address, innermost first, then the frame itself.
fn push_with_inlined(surroundings: &Surroundings<'_>, frames: &mut Vec<Frame>, frame: Frame) {
    let inlined = inline_frames(surroundings.modules, frame.code_address());
    for (depth, function) in inlined.into_iter().enumerate() {
        frames.push(Frame { inline: Some(Inlined { depth, function }), trap_frame: None, ..frame.clone() });
    }
    frames.push(frame);
}

/// One step of the walk: from a callee to its caller.
struct Step<'a, 'b> {
    surroundings: &'a Surroundings<'a>,
    callee: &'b mut Frame,
}

impl Step<'_, '_> {
    fn caller(&mut self) -> Result<Frame, StackEnd> {
        let module = self.surroundings.modules.at(self.callee.instruction_pointer);
        let image = module.map(|module| ModuleImage(module));
        let image = image.as_ref().map(|image| image as &dyn UnwindImage);
        let architecture = self.surroundings.architecture;
        match architecture.unwind(&self.callee.context, image, self.surroundings.memory) {
            Ok(unwound) => self.unwound(unwound),
            Err(UnwindError::NotSupported { machine }) => Err(StackEnd::NotSupported(machine)),
            Err(error) if self.stands_at_function_entry() => self.return_from_entry(&error),
            Err(error) => self.scan(&error),
        }
    }

    fn unwound(&mut self, unwound: Unwound) -> Result<Frame, StackEnd> {
        let mut context = unwound.context;
        let found_by = match (&unwound.machine_frame, unwound.how) {
            (Some(machine_frame), _) => {
                let at = machine_frame.at;
                let trap = trap_frame::around_machine_frame(self.surroundings.kernel, at).unwrap_or(at);
                self.callee.trap_frame = Some(trap);
                self.fill_from_trap_frame(&mut context, trap);
                FoundBy::TrapFrame
            }
            (None, UnwindMethod::Leaf) => FoundBy::Leaf,
            (None, _) => FoundBy::UnwindData,
        };
        self.caller_with(context, found_by, self.callee.certainty)
    }

    /// Volatile registers of interrupted code aren't restored by unwinding, but the kernel's trap frame has them. It is
    /// believed only where it agrees with what the processor itself pushed.
    fn fill_from_trap_frame(&self, context: &mut Context, trap: VirtualAddress) {
        let in_nt = self.surroundings.modules.at(self.callee.instruction_pointer);
        if in_nt.is_none_or(|module| module.base() != self.surroundings.kernel.base) {
            return;
        }
        let Ok(saved) = trap_frame::read(self.surroundings.kernel, trap) else { return };
        let agrees = saved.instruction_pointer() == context.instruction_pointer()
            && saved.stack_pointer() == context.stack_pointer();
        if agrees {
            let known = context.known();
            for register in saved.known().iter().filter(|&register| !known.contains(register)) {
                context.set(register, saved.get(register).unwrap_or_default());
            }
        }
    }

    /// Nothing was pushed yet at a function's first instruction: the return address is on top of the stack.
    fn stands_at_function_entry(&self) -> bool {
        let name = self.surroundings.modules.name_of(self.callee.instruction_pointer);
        !self.callee.context.is_after_call() && name.is_some_and(|name| name.symbol.is_some() && name.displacement == 0)
    }

    fn return_from_entry(&mut self, because: &UnwindError) -> Result<Frame, StackEnd> {
        let slot = self.callee.stack_pointer;
        let size = self.surroundings.architecture.pointer_size();
        let return_address = self.surroundings.memory.pointer(slot, size).map_err(StackEnd::Unreadable)?;
        if self.surroundings.modules.at(VirtualAddress(return_address)).is_none() {
            return self.scan(because);
        }
        let context = self.context_at(VirtualAddress(return_address), slot.offset(size as u64));
        self.caller_with(context, FoundBy::FunctionEntry, self.callee.certainty)
    }

    fn scan(&mut self, because: &UnwindError) -> Result<Frame, StackEnd> {
        let from = self.callee.stack_pointer;
        match find_return_address(self.surroundings, from) {
            Found::Candidate { return_address, slot } => {
                let size = self.surroundings.architecture.pointer_size() as u64;
                let context = self.context_at(return_address, slot.offset(size));
                self.caller_with(context, FoundBy::Scan, Certainty::Guessed)
            }
            Found::Cancelled => Err(StackEnd::Cancelled),
            Found::Nothing(Some(error)) if error.read == 0 => Err(StackEnd::Unreadable(error)),
            Found::Nothing(_) => Err(StackEnd::NothingFound { from, because: because.to_string() }),
        }
    }

    /// A context of which nothing else is known.
    fn context_at(&self, return_address: VirtualAddress, stack_pointer: VirtualAddress) -> Context {
        let architecture = self.surroundings.architecture;
        let mut context = Context::new(architecture);
        context.set(architecture.stack_pointer(), u128::from(stack_pointer.0));
        context.set_return_address(return_address);
        context
    }

    fn caller_with(&self, context: Context, found_by: FoundBy, certainty: Certainty) -> Result<Frame, StackEnd> {
        let instruction_pointer = context.instruction_pointer().ok_or(StackEnd::NoRegisters)?;
        let stack_pointer = context.stack_pointer().ok_or(StackEnd::NoRegisters)?;
        Ok(Frame {
            context,
            instruction_pointer,
            stack_pointer,
            return_address: None,
            found_by,
            certainty,
            trap_frame: None,
            inline: None,
        })
    }
}
