//! The calls of a source line that a step can go into.
//!
//! Offered is what is known now: direct calls and inlined functions; calls through the import address table, which doesn't
//! change once a module is loaded; and at the very instruction that stands at the call, what register or memory hold.

use super::super::line_region::{self, LineRegion};
use super::super::until::Row;
use super::super::{Handling, RunError};
use crate::scope::ContextSource;
use crate::session::Session;
use crate::stack::line_at;
use arch::{Flow, Instruction};
use memory::{ReadVirtualExt, VirtualAddress};
use symbols::SourceLine;

/// A call that a step goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepTarget {
    /// The instruction at this address.
    Call(VirtualAddress),
    /// The function that is inlined from this address on.
    Inlined(VirtualAddress),
}

/// The same in words.
#[derive(Clone, Debug)]
pub struct StepInTarget {
    /// Which one.
    pub target: StepTarget,
    /// The function: `livedrv!LiveTwice`.
    pub function: String,
    /// The source line of the call, where it is known.
    pub line: Option<SourceLine>,
}

impl Session {
    /// What a step into can go into from where a processor stands: in the order of addresses, also what a branch may leave
    /// out. Nothing for a processor that didn't stop by itself: it can't step.
    ///
    /// # Errors
    /// [`RunError`] for a target that doesn't stand.
    pub fn step_in_targets(&self, processor: u32) -> Result<Vec<StepInTarget>, RunError> {
        let live = self.halted()?;
        let change = live.stop().ok_or(RunError::NotHalted("it never stopped"))?;
        if processor != u32::from(change.processor) {
            return Ok(Vec::new());
        }
        let at = self.code_address(&change);
        let depth = line_region::inline_depth(self.target().modules(), at);
        let Some(region) = line_region::explore(self.target(), at, depth, false) else {
            return Ok(self.call_target(at, at).into_iter().collect());
        };
        let mut targets: Vec<StepInTarget> = Vec::new();
        for address in region.instructions() {
            let target = self.inlined_target(address, depth).or_else(|| self.call_target(address, at));
            let is_new = |target: &StepInTarget| targets.iter().all(|known| known.target != target.target);
            targets.extend(target.filter(is_new));
        }
        Ok(targets)
    }

    /// A step of the current processor's thread into one call, over all others; where that isn't reached, to the next line.
    ///
    /// # Errors
    /// [`RunError`]; the target then still stands.
    pub fn step_into(&mut self, target: StepTarget) -> Result<(), RunError> {
        let step = self.plan_step(Row::into(target))?;
        self.begin_step(Box::new(step));
        self.resume(Handling::ByFilter, true)
    }

    /// The function that is inlined at `address` into one that has `depth` inlined ones around it.
    fn inlined_target(&self, address: VirtualAddress, depth: usize) -> Option<StepInTarget> {
        let modules = self.target().modules();
        let (name, first) = line_region::inlined_at(modules, address, depth)?;
        let module = modules.at(address).map(|module| format!("{}!", module.name())).unwrap_or_default();
        let line = None;
        Some(StepInTarget { target: StepTarget::Inlined(first), function: format!("{module}{name} (inlined)"), line })
    }

    /// The function that the instruction at `address` calls; `now` is the one that runs next.
    fn call_target(&self, address: VirtualAddress, now: VirtualAddress) -> Option<StepInTarget> {
        let architecture = self.target().architecture();
        let (bytes, _) = self.target().code().prefix(address, architecture.max_instruction_length());
        let instruction = architecture.disassemble(address, &bytes, &|_| None);
        let Flow::Call(direct) = instruction.flow else { return None };
        let called = direct.or_else(|| self.indirect_target(&instruction, address == now))?;
        let name = self.target().modules().name_of(called);
        let function = name.map_or_else(|| called.to_string(), |name| name.to_string());
        let line = line_at(self.target().modules(), address);
        Some(StepInTarget { target: StepTarget::Call(address), function, line })
    }

    /// Where an indirect call goes, as far as that is certain.
    fn indirect_target(&self, instruction: &Instruction, runs_next: bool) -> Option<VirtualAddress> {
        let architecture = self.target().architecture();
        if let Some(slot) = instruction.memory_target {
            if !runs_next && !self.is_import(slot) {
                return None;
            }
            return self.target().pointer(slot, architecture.pointer_size()).ok().map(VirtualAddress);
        }
        let register = architecture.find_register(instruction.operands()).filter(|_| runs_next)?;
        let processor = self.halted().ok()?.stop()?.processor;
        let stack = self.stack_of(ContextSource::Processor(processor.into())).ok()?;
        let value = stack.frames.first()?.context.get_part(register)?;
        u64::try_from(value).ok().map(VirtualAddress)
    }

    /// Whether the pointer there is one to an imported function.
    fn is_import(&self, slot: VirtualAddress) -> bool {
        let name = self.target().modules().name_of(slot).filter(|name| name.displacement == 0);
        name.and_then(|name| name.symbol).is_some_and(|symbol| symbol.name.starts_with("__imp_"))
    }
}

impl StepTarget {
    /// The line's region for a step that goes into nothing but this.
    pub(super) fn region(self, session: &Session, at: VirtualAddress, depth: usize) -> Option<LineRegion> {
        match self {
            Self::Call(call) => {
                let mut region = line_region::explore(session.target(), at, depth, false)?;
                region.trace(call);
                Some(region)
            }
            Self::Inlined(first) => line_region::explore_around(session.target(), at, depth, first),
        }
    }
}
