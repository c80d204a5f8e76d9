//! Several steps in a row, of which only the last one's end is told (`p 5`, `pc`, `pt`, `pa`, `ta`).

use super::step::{Progress, Step, StepTarget};
use super::{Granularity, Handling, Happening, RunError, StepKind, StopReason};
use crate::session::Session;
use arch::Flow;
use kd_protocol::StateChange;
use memory::{ReadVirtualExt, VirtualAddress};

/// Which steps of a row count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Each.
    Step,
    /// One that ends at this address.
    Address(VirtualAddress),
    /// One that ends at a call instruction.
    Call,
    /// One that ends at a return instruction.
    Return,
    /// One that ends at either.
    CallOrReturn,
    /// One that ends at an instruction that goes, or may go, elsewhere than on to the next: jumps, calls, returns, traps.
    Branch,
}

/// What follows a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    until: Until,
    /// Steps that count and are still to be taken, with the current one.
    left: u64,
    kind: StepKind,
    granularity: Granularity,
    /// The call that is gone into, over all others.
    target: Option<StepTarget>,
}

impl Session {
    /// Lets a thread, that of the current processor, take a step; [`super::Happening::Stopped`] tells when it is done.
    ///
    /// # Errors
    /// [`RunError`]; the target then still stands.
    pub fn step(&mut self, kind: StepKind, granularity: Granularity) -> Result<(), RunError> {
        self.step_until(kind, granularity, Until::Step, 1)
    }

    /// The same with one step after the other, until `count` of them were as `until` says. Breakpoints on the way stop it.
    ///
    /// # Errors
    /// [`RunError`]; the target then still stands.
    pub fn step_until(
        &mut self,
        kind: StepKind,
        granularity: Granularity,
        until: Until,
        count: u64,
    ) -> Result<(), RunError> {
        if until == Until::Step && self.steps_off_instruction(kind, granularity)? {
            return match (count, self.run_control.stop.clone()) {
                (0 | 1, Some(stop)) => {
                    self.tell(Happening::Stopped(stop));
                    Ok(())
                }
                _ => self.step_until(kind, granularity, until, count.saturating_sub(1)),
            };
        }
        let step = self.plan_step(Row { until, left: count, kind, granularity, target: None })?;
        self.begin_step(Box::new(step));
        self.resume(Handling::ByFilter, true)
    }

    /// A step by instruction from a breakpoint instruction that isn't ours ends behind it: nothing has to run for that.
    fn steps_off_instruction(&mut self, kind: StepKind, granularity: Granularity) -> Result<bool, RunError> {
        if kind == StepKind::Out || granularity != Granularity::Instruction {
            return Ok(false);
        }
        let live = self.halted()?;
        let Some(change) = live.stop() else { return Ok(false) };
        let before = self.run_control.stop.as_ref().map(|stop| stop.program_counter);
        let behind = self.pass_own_instruction(&live, &change, Handling::ByFilter)?;
        let Some(stop) = self.run_control.stop.as_mut().filter(|_| before != Some(behind)) else { return Ok(false) };
        stop.reason = StopReason::Step;
        stop.program_counter = behind;
        stop.commands.clear();
        self.forget_conclusions();
        Ok(true)
    }

    /// A step has ended. Whether it was the last one of its row.
    pub(super) fn ends_row(&self, change: &StateChange, step: &mut Step) -> bool {
        let row = &mut step.row;
        let at = VirtualAddress(change.program_counter);
        let counts = match row.until {
            Until::Step => true,
            Until::Address(wanted) => wanted == at,
            Until::Call => matches!(self.flow_at(at), Flow::Call(_)),
            Until::Return => self.flow_at(at) == Flow::Return,
            Until::CallOrReturn => matches!(self.flow_at(at), Flow::Call(_) | Flow::Return),
            Until::Branch => self.flow_at(at) != Flow::Next,
        };
        row.left = row.left.saturating_sub(u64::from(counts));
        row.left == 0 || self.run_control.pause_wanted
    }

    /// The step that follows one that didn't end its row.
    pub(super) fn next_of_row(&self, step: &mut Step) -> Result<Progress, RunError> {
        *step = self.plan_step(step.row)?;
        Ok(Progress::GoOn)
    }

    fn flow_at(&self, at: VirtualAddress) -> Flow {
        let architecture = self.target().architecture();
        let (bytes, _) = self.target().code().prefix(at, architecture.max_instruction_length());
        architecture.decode(at, &bytes).map_or(Flow::Invalid, |decoded| decoded.flow)
    }
}

impl Row {
    /// One step into this call.
    pub(super) fn into(target: StepTarget) -> Self {
        let (kind, granularity) = (StepKind::Into, Granularity::Line);
        Self { until: Until::Step, left: 1, kind, granularity, target: Some(target) }
    }

    pub(super) fn target(&self) -> Option<StepTarget> {
        self.target
    }

    pub(super) fn kind(&self) -> StepKind {
        self.kind
    }

    pub(super) fn granularity(&self) -> Granularity {
        self.granularity
    }
}
