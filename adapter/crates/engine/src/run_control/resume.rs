//! Letting the target go.

use super::{Errand, Happening, LettingGo, RunError, StopReason, ThreadKey, Told};
use crate::crash::STATUS_BREAKPOINT;
use crate::event_filters::HandlingStatus;
use crate::live::{LinkError, Live, RunState};
use crate::session::Session;
use arch::Machine;
use kd_protocol::{
    Continue, Continue2, ContinueStatus, ControlSet, Request, RequestFailure, StateChange, StateChangeKind,
};
use memory::{ReadVirtualExt, VirtualAddress};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// `STATUS_ASSERTION_FAILURE`: the target stands at `int 2c`.
const STATUS_ASSERTION_FAILURE: u32 = 0xc000_0420;
/// `STATUS_SINGLE_STEP`.
pub(super) const STATUS_SINGLE_STEP: u32 = 0x8000_0004;
/// What becomes of the exception that the target stands at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Handling {
    /// As the filter for it says (`g`).
    #[default]
    ByFilter,
    /// It is handled (`gh`).
    Handled,
    /// The target's own handlers see it (`gn`).
    NotHandled,
}

impl Session {
    /// Lets the target run until something stops it, or until it reaches `to`.
    ///
    /// # Errors
    /// [`RunError`]; the target then still stands.
    pub fn go(&mut self, handling: Handling, to: Option<VirtualAddress>) -> Result<(), RunError> {
        self.halted()?;
        self.run_control.errand = to.map_or(Errand::Free, Errand::To);
        self.run_control.temporary = to.into_iter().collect();
        self.resume(handling, true)
    }

    /// Stops a running target; [`Happening::Stopped`] tells when it stands.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn break_in(&mut self) -> Result<(), RunError> {
        let live = self.target().live().cloned().ok_or(RunError::Dump)?;
        match live.state() {
            RunState::Halted => Err(RunError::NotHalted("it already is")),
            RunState::Ended => Err(RunError::NotHalted("the session with it is over")),
            // The link asks for a break-in anyway, while it attaches; a target that boots only now stops as soon as it can.
            RunState::Connecting => {
                self.run_control.pause_wanted = true;
                Ok(())
            }
            RunState::Running | RunState::Unknown => {
                self.run_control.pause_wanted = true;
                live.link().break_in();
                Ok(())
            }
        }
    }

    /// Makes breakpoints that were changed take effect: at once in a halted target, after a short stop that nobody sees in one
    /// that runs.
    pub fn apply_breakpoints(&mut self) {
        self.resolve_breakpoints();
        let Some(live) = self.target().live().cloned() else { return };
        if live.state() == RunState::Running && self.needs_changes(&live) {
            self.run_control.quiet_stop_wanted = true;
            live.link().break_in();
        }
    }

    /// Sets the next instruction of the current processor.
    ///
    /// # Errors
    /// [`RunError`]; nothing is changed then.
    pub fn set_instruction_pointer(&mut self, address: VirtualAddress) -> Result<(), RunError> {
        let live = self.halted()?;
        let processor = self.scope().processor as u16;
        let link = |error| RunError::Link { what: "the registers can't be set".to_owned(), error };
        let mut context = live.context(processor).map_err(link)?;
        context.set(context.architecture().instruction_pointer(), u128::from(address.0));
        live.set_context(processor, &context).map_err(link)?;
        self.forget_conclusions();
        if let Some(stop) = self.run_control.stop.as_mut().filter(|stop| stop.processor == u32::from(processor)) {
            stop.reason = StopReason::Goto;
            stop.program_counter = address;
        }
        Ok(())
    }

    /// The live target, halted.
    ///
    /// # Errors
    /// [`RunError`] when it isn't, and for a dump.
    pub fn halted(&self) -> Result<Arc<Live>, RunError> {
        let live = self.target().live().ok_or(RunError::Dump)?;
        match live.state() {
            RunState::Halted => Ok(Arc::clone(live)),
            RunState::Running => Err(RunError::NotHalted("it runs")),
            RunState::Connecting => Err(RunError::NotHalted("it is not connected yet")),
            RunState::Unknown => Err(RunError::NotHalted("it does not answer")),
            RunState::Ended => Err(RunError::NotHalted("the session with it is over")),
        }
    }

    fn needs_changes(&self, live: &Live) -> bool {
        let wanted = self.breakpoints.wanted();
        let inside: BTreeSet<VirtualAddress> = live.inserted().into_iter().map(|(at, _)| at).collect();
        let control = &self.run_control;
        let is_out =
            |at: &VirtualAddress| control.refused.contains(at) || control.passing.values().any(|out| out == at);
        let behind_passed = self.behind_passed();
        let is_in = |at: &VirtualAddress| control.temporary.contains(at) || behind_passed.contains(at);
        let code_differs = !wanted.code.difference(&inside).all(is_out) || !inside.difference(&wanted.code).all(is_in);
        code_differs || wanted.watched != self.run_control.watched
    }

    /// Lets the target go on with its errand. `told` says whether the user saw it standing. Whether it goes on isn't known yet
    /// where it doesn't answer, and somebody else needs the engine: [`Session::went_on`] tells.
    pub(super) fn resume(&mut self, handling: Handling, told: bool) -> Result<(), RunError> {
        let live = self.halted()?;
        let _patience = live.patiently();
        let change = live.stop().ok_or(RunError::NotHalted("it never stopped"))?;
        let at = self.pass_own_instruction(&live, &change, handling)?;
        self.pass_watched_instruction(&live, &change, at, told)?;
        let status = self.continue_status(&change, handling);
        // Of another thread's step, the trace flag is set already.
        let traces = matches!(&self.run_control.errand, Errand::Step(step) if step.traces() && step.is_of(&change));
        let thread = ThreadKey::of(&change);
        let at_breakpoint = self.breakpoints.wanted().code.contains(&at)
            || self.run_control.temporary.contains(&at)
            || self.behind_passed().contains(&at);
        if at_breakpoint {
            self.run_control.passing.insert(thread, at);
        }
        if let Err(error) = self.put_breakpoints(&live, at_breakpoint.then_some(at)) {
            self.run_control.passing.remove(&thread);
            return Err(error);
        }
        self.put_debug_registers(&live);
        if traces || at_breakpoint {
            self.run_control.traced.insert(thread);
        }
        let begin = Instant::now();
        let sent = self.send_continue(&live, status, traces || at_breakpoint);
        self.run_control.let_go = Some(Instant::now());
        self.run_control.hesitation = begin.elapsed().max(self.run_control.hesitation * 3 / 4);
        match sent {
            Err(RunError::Link { error: LinkError::GaveWay, .. }) => {
                self.run_control.letting_go = Some(LettingGo { stop: live.stop_number(), told });
                self.lose_sight();
                return Ok(());
            }
            Err(RunError::Link { error, .. }) if error.may_be_done() => {
                // The next that is heard of it says what it did.
                self.lose_sight();
                self.tell(Happening::Lost(format!("whether the target goes on is not known: {error}")));
                return Ok(());
            }
            Err(error) => {
                self.run_control.passing.remove(&thread);
                self.run_control.traced.remove(&thread);
                return Err(error);
            }
            Ok(()) => {}
        }
        self.run_control.lost = None;
        self.leave_state(RunState::Running);
        if told {
            self.tell(Happening::Continued);
        }
        Ok(())
    }

    /// What came of letting the target go from a stop. Where that was waited for, all is done already.
    pub(super) fn went_on(&mut self, stop: u64, result: Result<(), RequestFailure>) {
        let Some(LettingGo { told, .. }) = self.run_control.letting_go.take_if(|going| going.stop == stop) else {
            return;
        };
        match result {
            Ok(()) => {
                // It may have been heard again before, where it stood then.
                let stands_there = self.target().live().is_some_and(|live| live.stop_number() == stop);
                if self.run_state() == RunState::Unknown || (stands_there && self.run_state() == RunState::Halted) {
                    self.run_control.lost = None;
                    self.leave_state(RunState::Running);
                }
                if told {
                    self.tell(Happening::Continued);
                }
                // What was asked for meanwhile was asked of a target that stood.
                match (self.run_control.pause_wanted, self.target().live()) {
                    (true, Some(live)) => live.link().break_in(),
                    _ => self.apply_breakpoints(),
                }
            }
            // The next that is heard of it says what it did.
            Err(error) => self.tell(Happening::Lost(format!("whether the target goes on is not known: {error}"))),
        }
    }

    /// A breakpoint instruction that isn't ours, and an assertion's, would stop the target again for ever: it goes on behind it.
    /// Returns where it goes on.
    pub(super) fn pass_own_instruction(
        &mut self,
        live: &Live,
        change: &StateChange,
        handling: Handling,
    ) -> Result<VirtualAddress, RunError> {
        let StateChangeKind::Exception { record, .. } = &change.kind else {
            return Ok(VirtualAddress(change.program_counter));
        };
        let moved = self.run_control.stop.as_ref().is_some_and(|stop| stop.reason == StopReason::Goto);
        let reported = VirtualAddress(change.program_counter);
        let length = match record.code {
            STATUS_BREAKPOINT => self.foreign_breakpoint_length(live, change, reported),
            STATUS_ASSERTION_FAILURE if self.is_handled(record.code, handling) => self.assertion_length(live, change),
            _ => 0,
        };
        if length == 0 && !moved {
            return Ok(reported);
        }
        let link = |error| RunError::Link { what: "the registers can't be set".to_owned(), error };
        let at = live.instruction_pointer(change).map_err(link)?;
        if length == 0 || at != reported {
            return Ok(at);
        }
        let behind = at.offset(length);
        let pointer = self.target().architecture().instruction_pointer();
        live.set_register(change.processor, pointer, u128::from(behind.0)).map_err(link)?;
        Ok(behind)
    }

    /// Bytes of the assertion's instruction that the target stands at; none where the exception was raised otherwise.
    fn assertion_length(&self, live: &Live, change: &StateChange) -> u64 {
        let machine = self.target().architecture().machine();
        let reported = live.reported_code(change).map(<[u8]>::to_vec);
        let read =
            || self.target().own_memory().bytes(VirtualAddress(change.program_counter), assertion(machine).len());
        let code = reported.or_else(|| read().ok()).unwrap_or_default();
        if code.starts_with(assertion(machine)) { assertion(machine).len() as u64 } else { 0 }
    }

    /// Bytes of the breakpoint instruction at `at`, if there is one that isn't the debugger's.
    fn foreign_breakpoint_length(&self, live: &Live, change: &StateChange, at: VirtualAddress) -> u64 {
        if live.machine() == Some(Machine::Arm64) {
            return if self.u32(at).is_ok_and(|code| code == 0xd43e_0000) { 4 } else { 0 };
        }
        let first = live.reported_code(change).and_then(|code| code.first().copied()).or_else(|| live.u8(at).ok());
        if first == Some(0xcc) && !live.is_inserted(at) { 1 } else { 0 }
    }

    fn u32(&self, at: VirtualAddress) -> Result<u32, memory::ReadError> {
        self.target().own_memory().u32(at)
    }

    fn is_handled(&self, code: u32, handling: Handling) -> bool {
        match handling {
            Handling::Handled => true,
            Handling::NotHandled => false,
            // Going on behind a failed assertion is what `g` is for; the system has no handler for it, and would crash.
            Handling::ByFilter if code == STATUS_ASSERTION_FAILURE => true,
            Handling::ByFilter => self.event_filters.on_exception(code, true).handling == HandlingStatus::Handled,
        }
    }

    fn continue_status(&self, change: &StateChange, handling: Handling) -> ContinueStatus {
        let StateChangeKind::Exception { record, .. } = &change.kind else { return ContinueStatus::CONTINUE };
        match record.code {
            STATUS_BREAKPOINT | STATUS_SINGLE_STEP if handling != Handling::NotHandled => ContinueStatus::CONTINUE,
            code if self.is_handled(code, handling) => ContinueStatus::EXCEPTION_HANDLED,
            _ => ContinueStatus::EXCEPTION_NOT_HANDLED,
        }
    }

    /// Makes the target have the breakpoint instructions that are wanted, but for the one that it has to get past first.
    pub(super) fn put_breakpoints(&mut self, live: &Live, except: Option<VirtualAddress>) -> Result<(), RunError> {
        let mut wanted = self.breakpoints.wanted().code;
        wanted.extend(&self.run_control.temporary);
        let behind_passed = self.behind_passed();
        let unasked: BTreeSet<VirtualAddress> = behind_passed.difference(&wanted).copied().collect();
        wanted.extend(&behind_passed);
        if let Errand::Step(step) = &mut self.run_control.errand {
            step.behind_passed.extend(&behind_passed);
        }
        if let Some(at) = except {
            wanted.remove(&at);
        }
        let length = live.breakpoint_length();
        let image = |at| (at, self.target().image_code(at, length).filter(|_| !live.is_inserted(at)));
        let wanted: BTreeMap<_, _> = wanted.into_iter().map(image).collect();
        let _written_down = live.change_breakpoints(&wanted);
        for (at, _) in live.inserted() {
            if !wanted.contains_key(&at) {
                let what = || format!("the breakpoint at {at} can't be taken out");
                live.take_out(at).map_err(|error| RunError::Link { what: what(), error })?;
            }
        }
        for (at, image) in wanted {
            match live.insert(at, image.as_deref()) {
                Ok(()) => {
                    self.run_control.refused.remove(&at);
                }
                // Nobody asked for it, and the step may end without it.
                Err(LinkError::Refused { .. }) if unasked.contains(&at) => {}
                // One that can't be set now doesn't keep the target from going on; it is tried again the next time.
                Err(error @ LinkError::Refused { .. }) if !self.run_control.temporary.contains(&at) => {
                    if self.run_control.refused.insert(at) {
                        self.say(Told::Important, format!("the breakpoint at {at} can't be set: {error}"));
                    }
                }
                // Without the one that ends a step, the target would run away.
                Err(error) => {
                    self.run_control.errand = Errand::Free;
                    self.run_control.temporary.clear();
                    return Err(RunError::Link { what: format!("the breakpoint at {at} can't be set"), error });
                }
            }
        }
        Ok(())
    }

    pub(super) fn send_continue(&self, live: &Live, status: ContinueStatus, trace_flag: bool) -> Result<(), RunError> {
        let control_set = match live.machine() {
            Some(Machine::Amd64) => {
                Some(ControlSet::Amd64 { trace_flag, dr7: self.dr7(), current_symbol_start: 0, current_symbol_end: 0 })
            }
            Some(Machine::X86) => Some(ControlSet::X86 {
                trace_flag,
                dr7: self.dr7() as u32,
                current_symbol_start: 0,
                current_symbol_end: 0,
            }),
            Some(Machine::Arm64) => {
                Some(ControlSet::Arm64 { proceed: 1, trace_flag, current_symbol_start: 0, current_symbol_end: 0 })
            }
            // Nothing is known of it: the layout that all share.
            None => None,
        };
        let request = match control_set {
            Some(control_set) => Request::Continue2(Continue2 { status, control_set }),
            None => Request::Continue(Continue { status }),
        };
        // Whoever leaves has to know.
        let went = live.let_go(request, self.run_control.leaving || !self.run_control.greeted);
        went.map_err(|error| RunError::Link { what: "the target can't be continued".to_owned(), error })
    }

    fn dr7(&self) -> u64 {
        arch::debug_registers::encode_dr7(&self.run_control.watched)
    }
}

/// What an assertion is compiled to.
fn assertion(machine: Machine) -> &'static [u8] {
    match machine {
        // int 2c
        Machine::X86 | Machine::Amd64 => &[0xcd, 0x2c],
        // brk #0xf001
        Machine::Arm64 => &[0x20, 0x00, 0x3e, 0xd4],
    }
}
