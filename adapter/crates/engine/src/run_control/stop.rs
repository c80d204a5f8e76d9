//! What a stop means.

use super::resume::STATUS_SINGLE_STEP;
use super::step::Progress;
use super::{Errand, Handling, Happening, Stop, StopReason, ThreadKey, Told};
use crate::breakpoints::{Cause, Judged, Verdict};
use crate::crash::STATUS_BREAKPOINT;
use crate::live::{Live, RunState};
use crate::scope::{ContextSource, Scope};
use crate::session::Session;
use arch::Machine;
use arch::debug_registers::{DebugStatus, SLOTS, Watched, decode_dr6, encode_dr7};
use kd_protocol::{Answer, ExceptionRecord, LoadSymbols, Request, StateChange, StateChangeKind};
use memory::{ReadVirtualExt, VirtualAddress};
use std::sync::Arc;

/// What is to be done at a stop.
enum Decision {
    /// The user sees it.
    Stop(StopReason, Vec<String>),
    /// The target goes on with its errand.
    GoOn(Handling),
}

impl Session {
    /// The target has stopped.
    pub(super) fn state_changed(&mut self, number: u64, change: StateChange) {
        let Some(live) = self.target().live().cloned() else { return };
        live.has_stopped(number, change);
        let Some(change) = live.stop() else { return };
        let at = VirtualAddress(change.program_counter);
        let ours = live.is_inserted(at);
        self.run_control.lost = None;
        self.run_control.letting_go = None;
        live.were_taken_out_at(change.program_counter);
        self.target_mut().set_processor_count(change.number_processors);
        let processor = u32::from(change.processor);
        self.set_scope(Scope { processor, source: ContextSource::Processor(processor), frame: 0 });
        if self.run_control.greeted && self.run_control.verify && self.is_another_system(&live, &change) {
            self.target_restarts();
            live.has_stopped(number, change.clone());
        }
        if !self.run_control.greeted && !self.meet(&live) {
            return;
        }
        // Only now it is known how a target's first addresses are to be read.
        let Some(change) = live.stop() else { return };
        if self.run_control.leaving {
            return self.go_on(&change, Handling::ByFilter);
        }
        let decision = match change.kind.clone() {
            StateChangeKind::LoadSymbols(load) => self.module_event(&load),
            StateChangeKind::Exception { record, first_chance } => {
                self.exception(&live, &change, record, first_chance, ours)
            }
            StateChangeKind::CommandString { .. } => Decision::GoOn(Handling::ByFilter),
            StateChangeKind::Unknown { new_state } => {
                self.say(Told::Important, format!("the target reports an unknown state ({new_state:#x})"));
                Decision::Stop(StopReason::Pause, Vec::new())
            }
        };
        match decision {
            // The byte that should stop it may have been read over while it reported this.
            Decision::GoOn(_) if self.run_control.pause_wanted => {
                self.stop_here(&change, StopReason::Pause, Vec::new());
            }
            Decision::Stop(reason, commands) => self.stop_here(&change, reason, commands),
            Decision::GoOn(handling) => self.go_on(&change, handling),
        }
    }

    /// Whether what stopped isn't the system that was known: it was restarted while nobody looked. Not known, it is looked at again
    /// at the next stop.
    fn is_another_system(&mut self, live: &Live, change: &StateChange) -> bool {
        let Some(known) = live.version() else { return true };
        let another = match &change.kind {
            // A kernel tells of itself when it boots, and then only.
            StateChangeKind::LoadSymbols(load)
                if !load.unload && self.target().kernel_base() == Some(VirtualAddress(load.base)) =>
            {
                true
            }
            _ => match live.ask(Request::GetVersion) {
                Ok(Answer::Version { version, .. }) => version != known,
                _ => return false,
            },
        };
        self.run_control.verify = false;
        another
    }

    /// The first stop: what the target is, and which modules it has. False when it was let go, as it can't be debugged.
    fn meet(&mut self, live: &Arc<Live>) -> bool {
        match self.target_mut().greet() {
            Ok(version) => {
                self.run_control.greeted = true;
                self.run_control.verify = false;
                if self.run_control.leaving {
                    return true;
                }
                match live.take_leftovers_out() {
                    Ok((out, left)) => {
                        let what = "breakpoints that an earlier debugger left behind";
                        if out > 0 {
                            self.say(Told::Debugger, format!("{out} {what} were taken out"));
                        }
                        if left > 0 {
                            self.say(Told::Important, format!("{left} {what} may still be in the target's code"));
                        }
                    }
                    Err(error) => {
                        let text =
                            format!("breakpoints that an earlier debugger left behind can't be taken out: {error}");
                        self.say(Told::Important, text);
                    }
                }
                self.target_mut().list_modules_again();
                // A kernel that has just begun to boot has no list yet: its modules are told one by one.
                if version.loaded_module_list != 0 {
                    let problems: Vec<String> = self.target().problems().to_vec();
                    problems.into_iter().for_each(|problem| self.say(Told::Debugger, problem));
                }
                self.resolve_breakpoints();
                let machine = self.target().architecture().machine();
                let count = self.target().system().processors.unwrap_or(1);
                let base = VirtualAddress(version.kernel_base);
                let text = format!(
                    "Connected to Windows {} {machine} target, {count} processor{}, kernel base {base}",
                    version.minor,
                    if count == 1 { "" } else { "s" },
                );
                self.say(Told::Debugger, text);
                self.tell(Happening::Modules);
                self.tell(Happening::Connected);
                true
            }
            Err(error) => {
                // It is continued before this is told: a target that can't be debugged must not stand still for it.
                let _ = self.send_continue(live, kd_protocol::ContinueStatus::CONTINUE, false);
                self.leave_state(RunState::Ended);
                self.tell(Happening::Ended(error.to_string()));
                false
            }
        }
    }

    fn module_event(&mut self, load: &LoadSymbols) -> Decision {
        let path = String::from_utf8_lossy(&load.path).into_owned();
        if load.unload && load.base == u64::MAX {
            self.target_restarts_here();
            return Decision::GoOn(Handling::ByFilter);
        }
        let base = VirtualAddress(load.base);
        if self.target_mut().note_module(&path, load) {
            self.resolve_breakpoints();
            self.tell(Happening::Modules);
        }
        let filter = match load.unload {
            true => self.event_filters.on_unload(&path, base),
            false => self.event_filters.on_load(&path, base),
        };
        if filter.tell && !filter.stop {
            let end = base.offset(u64::from(load.size_of_image));
            let text = match load.unload {
                true => format!("Unload module {path} at {base}"),
                false => format!("ModLoad: {base} {end}   {path}"),
            };
            self.say(Told::Debugger, text);
        }
        let paused = std::mem::take(&mut self.run_control.pause_wanted);
        if filter.stop || paused {
            let reason = match (filter.stop, load.unload) {
                (false, _) => StopReason::Pause,
                (true, true) => StopReason::ModuleUnloaded(path),
                (true, false) => StopReason::ModuleLoaded(path),
            };
            return Decision::Stop(reason, filter.command.into_iter().collect());
        }
        Decision::GoOn(Handling::ByFilter)
    }

    /// The kernel says itself that it restarts, and waits for the debugger.
    fn target_restarts_here(&mut self) {
        let stop = self.target().live().and_then(|live| live.stop());
        self.target_restarts();
        if let (Some(live), Some(stop)) = (self.target().live(), stop) {
            live.has_stopped(live.stop_number(), stop);
        }
        self.run_control.greeted = true;
    }

    fn exception(
        &mut self,
        live: &Live,
        change: &StateChange,
        record: ExceptionRecord,
        first_chance: bool,
        ours: bool,
    ) -> Decision {
        let at = VirtualAddress(change.program_counter);
        match record.code {
            STATUS_BREAKPOINT if ours || self.was_own(change, at) => self.own_breakpoint(live, change, at),
            STATUS_BREAKPOINT => self.foreign_breakpoint(live, change, record, first_chance),
            STATUS_SINGLE_STEP => self.single_step(live, change, record, first_chance),
            _ => self.other_exception(record, first_chance),
        }
    }

    /// A processor that reached a breakpoint instruction while another one had the debugger reports it when that goes on, also
    /// when the instruction isn't there any more.
    fn was_own(&self, change: &StateChange, at: VirtualAddress) -> bool {
        // The first stop may be at one of an earlier debugger, which left the target standing there.
        let may_be_ours = |live: &&Arc<Live>| live.was_taken_out(at) || !self.run_control.entered;
        let Some(live) = self.target().live().filter(may_be_ours) else { return false };
        self.breakpoints.wanted().code.contains(&at) || !self.has_breakpoint_instruction(live, change, at)
    }

    /// Whether the code at `at`, where the target stands, is a breakpoint instruction. Where that can't be told, it is.
    fn has_breakpoint_instruction(&self, live: &Live, change: &StateChange, at: VirtualAddress) -> bool {
        let reported = live.reported_code(change).map(<[u8]>::to_vec);
        let Some(code) = reported.or_else(|| self.target().own_memory().bytes(at, 4).ok()) else { return true };
        match self.target().architecture().machine() {
            Machine::X86 | Machine::Amd64 => code.starts_with(&[0xcc]) || code.starts_with(&[0xcd, 0x03]),
            Machine::Arm64 => code.starts_with(&[0x00, 0x00, 0x3e, 0xd4]),
        }
    }

    /// The stop is at a breakpoint instruction that the debugger wrote.
    fn own_breakpoint(&mut self, live: &Live, change: &StateChange, at: VirtualAddress) -> Decision {
        // A thread that was to step past it, and was kept from it by another's stop: it has hit this one already.
        if self.run_control.passing.get(&ThreadKey::of(change)) == Some(&at) {
            return Decision::GoOn(Handling::ByFilter);
        }
        self.run_control.passing.remove(&ThreadKey::of(change));
        let thread = Some(VirtualAddress(change.thread)).filter(|thread| thread.0 != 0);
        if self.breakpoints.wanted().code.contains(&at) {
            let judged = self.judge_hits(Cause::Code(at), u32::from(change.processor), thread);
            if let Some(stop) = self.judged_stop(judged, StopReason::Breakpoint) {
                return stop;
            }
        }
        let overtook = matches!(&self.run_control.errand, Errand::Step(step) if step.behind_passed.contains(&at));
        if overtook || self.run_control.temporary.contains(&at) {
            return self.temporary_reached(live, change, at);
        }
        Decision::GoOn(Handling::ByFilter)
    }

    /// Says what breakpoints have to say; a stop if one of them stops.
    fn judged_stop(&mut self, judged: Vec<Judged>, reason: fn(Vec<u32>) -> StopReason) -> Option<Decision> {
        let mut stopping = Vec::new();
        let mut commands = Vec::new();
        for Judged { id, verdict, commands: then, .. } in judged {
            match &verdict {
                Verdict::Log(text) => self.say(Told::LogPoint, text.clone()),
                Verdict::Failed(why) => self.say(Told::Important, format!("breakpoint {id}: {why}")),
                Verdict::Stop | Verdict::GoOn => {}
            }
            if verdict.stops() {
                stopping.push(id);
                commands.extend(then);
            }
        }
        (!stopping.is_empty()).then(|| Decision::Stop(reason(stopping), commands))
    }

    /// A breakpoint instruction of the errand: it is for one thread, and for one invocation of a function.
    fn temporary_reached(&mut self, live: &Live, change: &StateChange, at: VirtualAddress) -> Decision {
        match &self.run_control.errand {
            Errand::To(to) if *to == at => Decision::Stop(StopReason::Step, Vec::new()),
            Errand::Step(_) => self.step_on(live, change),
            _ => Decision::GoOn(Handling::ByFilter),
        }
    }

    /// A step goes on, or has ended.
    fn step_on(&mut self, live: &Live, change: &StateChange) -> Decision {
        let Errand::Step(mut step) = std::mem::take(&mut self.run_control.errand) else {
            return Decision::GoOn(Handling::ByFilter);
        };
        let progress = match self.step_progress(live, change, &mut step) {
            Ok(Progress::Done) if !self.ends_row(change, &mut step) => match self.code_reached(change) {
                Some(stop) => return stop,
                None => self.next_of_row(&mut step),
            },
            progress => progress,
        };
        match progress {
            Ok(Progress::Done) => Decision::Stop(StopReason::Step, Vec::new()),
            Ok(Progress::GoOn) => {
                self.begin_step(step);
                Decision::GoOn(Handling::ByFilter)
            }
            Err(error) => {
                self.say(Told::Important, format!("the step ends here: {error}"));
                Decision::Stop(StopReason::Step, Vec::new())
            }
        }
    }

    /// What a breakpoint says where a single step of a row has ended, right before its instruction.
    fn code_reached(&mut self, change: &StateChange) -> Option<Decision> {
        let StateChangeKind::Exception { record, .. } = &change.kind else { return None };
        let at = VirtualAddress(change.program_counter);
        if record.code != STATUS_SINGLE_STEP || !self.breakpoints.wanted().code.contains(&at) {
            return None;
        }
        let thread = Some(VirtualAddress(change.thread)).filter(|thread| thread.0 != 0);
        let judged = self.judge_hits(Cause::Code(at), u32::from(change.processor), thread);
        self.judged_stop(judged, StopReason::Breakpoint)
    }

    /// A breakpoint instruction that nobody here has written: a break-in, a bug check, or one in the code.
    fn foreign_breakpoint(
        &mut self,
        live: &Live,
        change: &StateChange,
        record: ExceptionRecord,
        first_chance: bool,
    ) -> Decision {
        let at = VirtualAddress(change.program_counter);
        let quiet = std::mem::take(&mut self.run_control.quiet_stop_wanted);
        let wanted = std::mem::take(&mut self.run_control.pause_wanted);
        let first = !self.run_control.entered;
        self.run_control.break_ins_heard += u64::from(self.is_break_in(at));
        // The registers are needed for going on from a stop that nobody sees, and tell enough.
        let asked_quietly = quiet && !wanted && !first && self.is_break_in(at) && self.is_left_over(live, change);
        let bug_check = if asked_quietly { None } else { self.target().bug_check_data() };
        if let Some((code, parameters)) = bug_check {
            if self.event_filters.break_on_bug_check || wanted || first {
                return Decision::Stop(StopReason::BugCheck { code, parameters }, Vec::new());
            }
        }
        if first {
            return Decision::Stop(StopReason::Entry, Vec::new());
        }
        if self.is_break_in(at) {
            let asked_for = wanted || !quiet && !self.is_left_over(live, change);
            return match asked_for {
                true => Decision::Stop(StopReason::Pause, Vec::new()),
                false => Decision::GoOn(Handling::ByFilter),
            };
        }
        // The break-in that was asked for may still come; it stops nobody a second time.
        self.run_control.quiet_stop_wanted = quiet;
        if wanted {
            return Decision::Stop(StopReason::Exception { record: Box::new(record), first_chance }, Vec::new());
        }
        self.other_exception(record, first_chance)
    }

    /// Whether a break-in that nobody asked for is just a byte more of one that was: the byte is repeated until it is heard, and
    /// the target keeps what it hears late. It gives `DBG_STATUS_CONTROL_C` as its reason then.
    fn is_left_over(&self, live: &Live, change: &StateChange) -> bool {
        const DBG_STATUS_CONTROL_C: u128 = 1;
        let architecture = self.target().architecture();
        let argument = architecture.find_register(match architecture.machine() {
            Machine::Amd64 => "rcx",
            Machine::X86 => "eax",
            Machine::Arm64 => "x0",
        });
        let status = argument.and_then(|part| live.register(change.processor, part.register).ok().flatten());
        status == Some(DBG_STATUS_CONTROL_C)
    }

    /// Whether this is the place where a break-in stops.
    fn is_break_in(&self, at: VirtualAddress) -> bool {
        let Some(nt) = self.target().kernel_base().and_then(|base| self.target().modules().at(base)) else {
            // Without a kernel's module every one counts.
            return true;
        };
        match nt.find("RtlpBreakWithStatusInstruction").first() {
            Some(symbol) => nt.address(symbol.rva) == at,
            None => nt.rva(at).is_some(),
        }
    }

    fn single_step(
        &mut self,
        live: &Live,
        change: &StateChange,
        record: ExceptionRecord,
        first_chance: bool,
    ) -> Decision {
        let status = reported_status(live, change, &self.run_control.watched);
        let slots = self.run_control.watched.iter().zip(status.slots).filter(|(_, met)| *met);
        let accessed: Vec<_> = slots.filter_map(|(watched, _)| *watched).collect();
        let thread = Some(VirtualAddress(change.thread)).filter(|thread| thread.0 != 0);
        if !accessed.is_empty() {
            let judged = self.judge_hits(Cause::Data(accessed), u32::from(change.processor), thread);
            if let Some(stop) = self.judged_stop(judged, StopReason::DataBreakpoint) {
                return stop;
            }
            // A breakpoint instruction at the same place won't be reached any more.
            if self.is_at_watched_instruction(live, change) && !status.single_step {
                return self.own_breakpoint(live, change, VirtualAddress(change.program_counter));
            }
        }
        self.run_control.passing.remove(&ThreadKey::of(change));
        let traced = self.run_control.traced.remove(&ThreadKey::of(change));
        match &self.run_control.errand {
            Errand::Step(step) if step.traces() && step.is_of(change) => return self.step_on(live, change),
            _ if traced || status.slots.iter().any(|met| *met) => return Decision::GoOn(Handling::ByFilter),
            _ => {}
        }
        self.other_exception(record, first_chance)
    }

    fn other_exception(&mut self, record: ExceptionRecord, first_chance: bool) -> Decision {
        let filter = self.event_filters.on_exception(record.code, first_chance);
        if filter.stop {
            return Decision::Stop(
                StopReason::Exception { record: Box::new(record), first_chance },
                filter.command.into_iter().collect(),
            );
        }
        if filter.tell {
            let text = self.event_filters.describe(record.code, first_chance);
            let at = VirtualAddress(record.address);
            let name = self.target().modules().name_of(at).map_or_else(|| at.to_string(), |name| name.to_string());
            self.say(Told::Debugger, format!("{text} at {name}"));
        }
        Decision::GoOn(Handling::ByFilter)
    }

    fn stop_here(&mut self, change: &StateChange, reason: StopReason, commands: Vec<String>) {
        self.run_control.entered = true;
        self.run_control.errand = Errand::Free;
        // They come out when the target goes on; until then reads don't show them.
        self.run_control.temporary.clear();
        self.run_control.quiet_stop_wanted = false;
        self.run_control.pause_wanted = false;
        let stop = Stop {
            reason,
            processor: u32::from(change.processor),
            program_counter: VirtualAddress(change.program_counter),
            thread: Some(VirtualAddress(change.thread)).filter(|thread| thread.0 != 0),
            text: None,
            commands,
        };
        self.run_control.stop = Some(stop.clone());
        self.tell(Happening::Stopped(stop));
    }

    fn go_on(&mut self, change: &StateChange, handling: Handling) {
        if let Err(error) = self.resume(handling, false) {
            self.say(Told::Important, error.to_string());
            if self.run_state() == RunState::Halted {
                self.stop_here(change, StopReason::Pause, Vec::new());
            }
        } else if !self.run_control.entered && !self.run_control.leaving {
            // The byte that attached may be used up by the event that came first.
            self.target().live().into_iter().for_each(|live| live.link().break_in());
        }
    }
}

/// What the debug registers of the processor that reports have to say, when they watch this.
pub(super) fn reported_status(live: &Live, change: &StateChange, watched: &[Option<Watched>; SLOTS]) -> DebugStatus {
    decode_dr6(reported_dr6(live, change), encode_dr7(watched))
}

/// `Dr6` in the control report: of the processor that reports.
fn reported_dr6(live: &Live, change: &StateChange) -> u64 {
    let report = &change.control_report;
    match live.machine() {
        Some(Machine::Amd64) => report.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)),
        Some(Machine::X86) => report.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes).into()),
        Some(Machine::Arm64) | None => 0,
    }
}
