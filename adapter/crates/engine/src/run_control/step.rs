//! Steps: into, over and out, by instruction and by line.
//!
//! A step by line doesn't trace instruction by instruction, since each costs a round trip: breakpoint instructions are put where
//! the code can leave the line (`line_region.rs`), and the target runs. What such an instruction means depends on who reaches it:
//! another thread passes by, and a deeper invocation of the same function does, too.

mod targets;

pub use targets::{StepInTarget, StepTarget};

use super::line_region::{self, LineKey, LineRegion};
use super::until::Row;
use super::{Errand, RunError, ThreadKey};
use crate::live::Live;
use crate::session::Session;
use crate::stack::Certainty;
use arch::{Context, Flow, Machine};
use kd_protocol::StateChange;
use memory::{ReadVirtualExt, VirtualAddress};
use std::collections::BTreeSet;

/// Thunks in a row that a step into follows at most.
const MAX_THUNKS: usize = 64;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Into calls.
    Into,
    /// Over calls.
    Over,
    /// To the caller.
    Out,
}

/// How far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// One instruction.
    Instruction,
    /// To another source line; where there is none, one instruction.
    Line,
}

/// A step under way.
#[derive(Debug)]
pub(super) struct Step {
    kind: StepKind,
    granularity: Granularity,
    /// The thread that steps.
    thread: ThreadKey,
    processor: u16,
    /// How many functions are inlined around the frame that steps.
    inline_depth: usize,
    /// The line that it began in.
    line: Option<LineKey>,
    /// Stack pointer where it began, and that of the caller: what tells the function's invocation from a deeper one.
    stack_pointer: u64,
    caller_stack_pointer: Option<u64>,
    /// What it waits for.
    leg: Leg,
    /// Thunks that were followed in a row.
    thunks: usize,
    /// Instructions behind those that other threads passed meanwhile (`passing.rs`).
    pub(super) behind_passed: BTreeSet<VirtualAddress>,
    /// The steps that it is one of.
    pub(super) row: Row,
}

/// What a step waits for.
#[derive(Debug)]
enum Leg {
    /// The end of one instruction: what it does, and where the next one is.
    Trace { flow: Flow, next: VirtualAddress },
    /// One of the places where the line can be left.
    Line(LineRegion),
    /// The return to this place, with the stack no deeper than this.
    Return { to: VirtualAddress, stack_pointer: u64 },
    /// The first line of the function that was entered, behind its prologue.
    Entry(VirtualAddress),
}

/// What became of a step.
pub(super) enum Progress {
    /// It has ended here.
    Done,
    /// The target has to go on for it.
    GoOn,
}

impl Step {
    /// Whether it needs a single step next.
    pub(super) fn traces(&self) -> bool {
        matches!(self.leg, Leg::Trace { .. })
    }

    /// Whether the thread that stopped is the one that steps.
    pub(super) fn is_of(&self, change: &StateChange) -> bool {
        self.is_thread(&ThreadKey::of(change))
    }

    /// Whether this is the thread that steps.
    pub(super) fn is_thread(&self, thread: &ThreadKey) -> bool {
        self.thread == *thread
    }

    /// Where breakpoint instructions are needed for it.
    pub(super) fn stops(&self) -> impl Iterator<Item = VirtualAddress> {
        let stops: BTreeSet<VirtualAddress> = match &self.leg {
            Leg::Trace { .. } => BTreeSet::new(),
            Leg::Line(region) => region.stops(),
            Leg::Return { to: at, .. } | Leg::Entry(at) => [*at].into(),
        };
        stops.into_iter()
    }
}

impl Session {
    /// A step, of a row or alone, of the thread that the current processor runs.
    pub(super) fn plan_step(&self, row: Row) -> Result<Step, RunError> {
        let (kind, granularity) = (row.kind(), row.granularity());
        let live = self.halted()?;
        let change = live.stop().ok_or(RunError::NotHalted("it never stopped"))?;
        if self.scope().processor != u32::from(change.processor) {
            let text = format!("only processor {} can step: it is the one that stopped", change.processor);
            return Err(RunError::Impossible(text));
        }
        let at = self.code_address(&change);
        let inline_depth = self.inline_depth_at(at);
        let mut step = Step {
            kind,
            granularity,
            thread: ThreadKey::of(&change),
            processor: change.processor,
            inline_depth,
            line: line_region::key_at(self.target().modules(), at, inline_depth),
            stack_pointer: 0,
            caller_stack_pointer: None,
            leg: self.trace_leg(at),
            thunks: 0,
            behind_passed: BTreeSet::new(),
            row,
        };
        match (kind, granularity) {
            (StepKind::Out, _) => self.plan_out(&live, &mut step, at)?,
            (_, Granularity::Line) if step.line.is_some() => self.plan_line(&live, &mut step, at)?,
            // Without lines it is a step by instruction.
            _ => {
                step.granularity = Granularity::Instruction;
                self.plan_instruction(&live, &mut step)?;
            }
        }
        Ok(step)
    }

    /// The target is to go on for a step.
    pub(super) fn begin_step(&mut self, step: Box<Step>) {
        self.run_control.temporary = step.stops().collect();
        self.run_control.errand = Errand::Step(step);
    }

    /// Where the step's thread stands.
    fn code_address(&self, change: &StateChange) -> VirtualAddress {
        let moved = self.run_control.stop.as_ref().map(|stop| stop.program_counter);
        moved.unwrap_or(VirtualAddress(change.program_counter))
    }

    /// The frame that steps: the current one, if it is among those inlined at the instruction.
    fn inline_depth_at(&self, at: VirtualAddress) -> usize {
        let all = line_region::inline_depth(self.target().modules(), at);
        all.saturating_sub(self.scope().frame)
    }

    fn trace_leg(&self, at: VirtualAddress) -> Leg {
        let architecture = self.target().architecture();
        let (bytes, _) = self.target().code().prefix(at, architecture.max_instruction_length());
        match architecture.decode(at, &bytes) {
            Some(decoded) => Leg::Trace { flow: decoded.flow, next: at.offset(decoded.length as u64) },
            None => Leg::Trace { flow: Flow::Invalid, next: at },
        }
    }

    fn plan_instruction(&self, live: &Live, step: &mut Step) -> Result<(), RunError> {
        if let (StepKind::Over, Leg::Trace { flow: Flow::Call(_), next }) = (step.kind, &step.leg) {
            let to = *next;
            step.leg = Leg::Return { to, stack_pointer: stack_pointer(&context(live, step.processor)?) };
        }
        Ok(())
    }

    fn plan_line(&self, live: &Live, step: &mut Step, at: VirtualAddress) -> Result<(), RunError> {
        self.note_invocation(live, step)?;
        self.follow_line(step, at);
        Ok(())
    }

    /// The line goes on at `at`. False when that is none of its instructions.
    fn follow_line(&self, step: &mut Step, at: VirtualAddress) -> bool {
        let region = match step.row.target() {
            Some(target) => target.region(self, at, step.inline_depth),
            None => line_region::explore(self.target(), at, step.inline_depth, step.kind == StepKind::Into),
        };
        let Some(region) = region.filter(|region| Some(&region.key) == step.line.as_ref()) else { return false };
        step.leg = if region.must_trace(at) { self.trace_leg(at) } else { Leg::Line(region) };
        true
    }

    /// Out of an inlined function is to the first place that isn't in it any more; out of another one, to where it returns.
    fn plan_out(&self, live: &Live, step: &mut Step, at: VirtualAddress) -> Result<(), RunError> {
        self.note_invocation(live, step)?;
        if step.inline_depth > 0 {
            if let Some(region) = line_region::explore_inlined(self.target(), at, step.inline_depth) {
                step.leg = if region.must_trace(at) { self.trace_leg(at) } else { Leg::Line(region) };
                return Ok(());
            }
        }
        let stack = self.stack()?;
        let mut physical = stack.frames.iter().filter(|frame| frame.inline.is_none());
        let selected = self.scope().frame;
        let own = stack.frames.iter().skip(selected).find(|frame| frame.inline.is_none());
        let own = own.ok_or_else(|| RunError::Impossible(format!("the stack is empty: {}", stack.end)))?;
        let caller = physical.find(|frame| frame.stack_pointer > own.stack_pointer);
        let unknown = || RunError::Impossible(format!("the caller is not known: {}", stack.end));
        let caller = caller.ok_or_else(unknown)?;
        step.leg = Leg::Return { to: caller.instruction_pointer, stack_pointer: caller.stack_pointer.0 };
        Ok(())
    }

    fn note_invocation(&self, live: &Live, step: &mut Step) -> Result<(), RunError> {
        let context = context(live, step.processor)?;
        step.stack_pointer = stack_pointer(&context);
        step.caller_stack_pointer = self.caller_stack_pointer(&context);
        Ok(())
    }

    /// The step's thread, or another one, has reached one of its places or ended its instruction.
    pub(super) fn step_progress(
        &mut self,
        live: &Live,
        change: &StateChange,
        step: &mut Step,
    ) -> Result<Progress, RunError> {
        if !step.is_of(change) {
            return Ok(Progress::GoOn);
        }
        step.processor = change.processor;
        let at = VirtualAddress(change.program_counter);
        match &step.leg {
            Leg::Trace { .. } if step.granularity == Granularity::Instruction => Ok(Progress::Done),
            Leg::Entry(_) => Ok(Progress::Done),
            &Leg::Return { stack_pointer: lowest, .. } => {
                let now = stack_pointer(&context(live, step.processor)?);
                let by_line = step.granularity == Granularity::Line && step.kind != StepKind::Out;
                let goes_on = now < lowest || (by_line && self.follow_line(step, at));
                Ok(if goes_on { Progress::GoOn } else { Progress::Done })
            }
            Leg::Line(region) if region.must_trace(at) => {
                if !self.is_deeper(live, step)? {
                    step.leg = self.trace_leg(at);
                }
                Ok(Progress::GoOn)
            }
            Leg::Line(_) => {
                let goes_on =
                    self.is_deeper(live, step)? || (step.behind_passed.contains(&at) && self.follow_line(step, at));
                Ok(if goes_on { Progress::GoOn } else { Progress::Done })
            }
            &Leg::Trace { flow: Flow::Call(_), next } if at != next => self.entered(live, step, at, next),
            Leg::Trace { flow: Flow::Return, .. } => Ok(Progress::Done),
            Leg::Trace { .. } => Ok(if self.follow_line(step, at) { Progress::GoOn } else { Progress::Done }),
        }
    }

    /// A call was entered: to its first line behind the prologue, or back if it has none.
    fn entered(
        &mut self,
        live: &Live,
        step: &mut Step,
        at: VirtualAddress,
        back: VirtualAddress,
    ) -> Result<Progress, RunError> {
        if step.kind == StepKind::Into {
            // A thunk is followed to where it jumps, as if that had been called.
            let jumps = matches!(self.trace_leg(at), Leg::Trace { flow: Flow::Jump(_), .. });
            if jumps && step.thunks < MAX_THUNKS {
                step.thunks += 1;
                step.leg = Leg::Trace { flow: Flow::Call(None), next: back };
                return Ok(Progress::GoOn);
            }
            if let Some(behind) = line_region::behind_prologue(self.target().modules(), at) {
                step.leg = Leg::Entry(behind);
                return Ok(if behind == at { Progress::Done } else { Progress::GoOn });
            }
            if step.row.target().is_some() {
                // It was asked for, lines or not.
                return Ok(Progress::Done);
            }
        }
        step.thunks = 0;
        let pushed = pushed_by_call(self.target().architecture().machine());
        let now = stack_pointer(&context(live, step.processor)?);
        step.leg = Leg::Return { to: back, stack_pointer: now.saturating_add(pushed) };
        Ok(Progress::GoOn)
    }

    /// Whether what was reached is a deeper invocation of the function than the one that steps: its caller's stack lies below.
    fn is_deeper(&self, live: &Live, step: &Step) -> Result<bool, RunError> {
        let context = context(live, step.processor)?;
        if stack_pointer(&context) >= step.stack_pointer {
            return Ok(false);
        }
        Ok(match (step.caller_stack_pointer, self.caller_stack_pointer(&context)) {
            (Some(caller), Some(now)) => now < caller,
            // What can't be told apart is taken for the same: a step that ends early is better than one that never ends.
            _ => false,
        })
    }

    /// The stack pointer of the function that called the one with these registers.
    fn caller_stack_pointer(&self, context: &Context) -> Option<u64> {
        let stack = self.short_stack(context);
        let mut physical = stack.frames.iter().filter(|frame| frame.inline.is_none());
        physical.nth(1).filter(|caller| caller.certainty == Certainty::Exact).map(|caller| caller.stack_pointer.0)
    }
}

/// Bytes by which a call has lowered the stack pointer when its first instruction is reached.
fn pushed_by_call(machine: Machine) -> u64 {
    match machine {
        Machine::Amd64 => 8,
        Machine::X86 => 4,
        // `bl` keeps the return address in a register.
        Machine::Arm64 => 0,
    }
}

fn context(live: &Live, processor: u16) -> Result<Context, RunError> {
    live.context(processor).map_err(|error| RunError::Link { what: "the registers can't be read".to_owned(), error })
}

fn stack_pointer(context: &Context) -> u64 {
    context.stack_pointer().unwrap_or_default().0
}
