//! What the link says, and what follows from it.

use super::{Errand, Happening, LostStop, Told};
use crate::live::{Notice, RunState};
use crate::session::Session;
use kd_protocol::Event;
use std::time::{Duration, Instant};

/// So long one turn of attending takes, unless one notice takes longer: others need the engine, too.
const TURN: Duration = Duration::from_millis(20);

impl Session {
    /// Deals with what the link has told since this was called last. Call it when the session's wake function was called. A
    /// target that tells much is attended to in turns: the wake function is called again then.
    pub fn attend(&mut self) {
        let Some(live) = self.target().live().cloned() else { return };
        let _patience = live.patiently();
        let begin = Instant::now();
        while let Some(notice) = live.link().next_notice() {
            self.note(notice);
            if begin.elapsed() > TURN {
                return live.link().wake_again();
            }
        }
    }

    /// What has happened since this was asked last.
    pub fn take_happenings(&mut self) -> Vec<Happening> {
        self.run_control.happenings.drain(..).collect()
    }

    /// What is known of the target's state; a dump is always halted.
    pub fn run_state(&self) -> RunState {
        self.target().live().map_or(RunState::Halted, |live| live.state())
    }

    /// The stop that was told last, while it lasts.
    pub fn current_stop(&self) -> Option<&super::Stop> {
        self.run_control.stop.as_ref()
    }

    /// Answers what the target asked ([`Happening::Prompt`]).
    pub fn answer_prompt(&mut self, text: &str) {
        self.run_control.question = None;
        if let Some(live) = self.target().live() {
            live.link().answer_prompt(text);
        }
    }

    /// Nobody is left to ask: an assertion that offers it is ignored, anything else gets an empty answer.
    pub(super) fn answer_for_nobody(&mut self) {
        if let Some(question) = self.run_control.question.take() {
            let offers_ignore = question.contains("gnore") || question.contains("(boipt)");
            self.answer_prompt(if offers_ignore { "i" } else { "" });
        }
    }

    pub(super) fn tell(&mut self, happening: Happening) {
        self.run_control.happenings.push_back(happening);
    }

    pub(super) fn say(&mut self, told: Told, text: impl Into<String>) {
        self.tell(Happening::Text(told, text.into()));
    }

    fn note(&mut self, notice: Notice) {
        match notice {
            Notice::Step(step) => self.say(Told::Debugger, step.to_string()),
            Notice::Opened if self.run_control.entered => self.say(Told::Debugger, "the line is open again"),
            Notice::Opened => self.say(Told::Debugger, "waiting for the target: break-in sent"),
            Notice::FirstBytes => self.say(Told::Debugger, "first bytes received"),
            Notice::StillSilent(waited) => self.say_what_is_wrong(waited),
            Notice::Lost { reason, reconnects } => self.line_lost(&reason, reconnects),
            Notice::Failed(reason) => self.line_lost(&reason, false),
            Notice::Stopped(number, change) => self.state_changed(number, *change),
            Notice::WentOn(stop, result) => self.went_on(stop, result),
            Notice::PrintsDropped(count) => {
                self.say(
                    Told::Important,
                    format!("{count} lines that the target printed were not taken in time, and are lost"),
                );
            }
            Notice::Target(event) => self.target_event(event),
        }
    }

    fn target_event(&mut self, event: Event) {
        match event {
            Event::Print { text, .. } => {
                self.runs_after_all();
                let text = String::from_utf8_lossy(&text).into_owned();
                self.say(Told::Target, text);
            }
            Event::Prompt { text, .. } => {
                self.runs_after_all();
                let text = String::from_utf8_lossy(&text).into_owned();
                self.run_control.question = Some(text.clone());
                if self.run_control.leaving {
                    self.answer_for_nobody();
                }
                self.tell(Happening::Prompt(text));
            }
            // A kernel that restarts, or just one that had given up on the debugger: its next stop tells.
            Event::TargetReset => {
                self.run_control.verify = true;
                if matches!(self.run_state(), RunState::Halted | RunState::Unknown) {
                    self.leave_state(RunState::Running);
                    self.tell(Happening::Continued);
                }
            }
            Event::Resynchronised => self.heard_again(),
            Event::Silent => {
                self.run_control.verify = true;
                self.lose_sight();
                self.tell(Happening::Lost("the target does not answer any more".to_owned()));
            }
            Event::StateChange(_)
            | Event::Noise(_)
            | Event::Trace(_)
            | Event::Answer { .. }
            | Event::FileRequest(_) => {}
        }
    }

    /// The target restarts: nothing that was known of it holds, but what the user wants of it does.
    pub(super) fn target_restarts(&mut self) {
        let Some(live) = self.target().live().cloned() else { return };
        live.were_all_lost();
        live.has_left(RunState::Running);
        self.run_control.errand = Errand::Free;
        self.run_control.greeted = false;
        self.run_control.passing.clear();
        self.run_control.traced.clear();
        self.run_control.temporary.clear();
        self.run_control.refused.clear();
        self.run_control.watched = Default::default();
        self.run_control.debug_registers = Default::default();
        self.run_control.stop = None;
        self.target_mut().modules_mut().set_loaded([]);
        self.breakpoints.target_restarted();
        self.say(Told::Debugger, "the target restarts");
        self.tell(Happening::Modules);
    }

    /// Nobody knows what the target does, from now on. A stop that lasts may still last when it is heard again.
    pub(super) fn lose_sight(&mut self) {
        let lost = self.target().live().and_then(|live| {
            let (number, change) = (live.stop_number(), live.stop()?);
            Some(LostStop { number, change, told: self.run_control.stop.clone() })
        });
        self.run_control.lost = lost.or(self.run_control.lost.take());
        self.leave_state(RunState::Unknown);
    }

    /// The target stands where it stood when it was heard last.
    fn heard_again(&mut self) {
        let Some(live) = self.target().live().cloned() else { return };
        live.is_heard();
        if live.state() != RunState::Unknown {
            return;
        }
        let Some(LostStop { number, change, told }) = self.run_control.lost.take() else { return };
        self.say(Told::Debugger, "the target answers again");
        match told {
            Some(stop) => {
                live.has_stopped(number, change);
                self.run_control.stop = Some(stop.clone());
                self.tell(Happening::Stopped(stop));
            }
            None => self.state_changed(number, change),
        }
    }

    /// A target that says something by itself while nobody knows what it does, runs.
    pub(super) fn runs_after_all(&mut self) {
        if self.run_state() == RunState::Unknown {
            self.run_control.lost = None;
            self.leave_state(RunState::Running);
        }
    }

    fn line_lost(&mut self, reason: &str, reconnects: bool) {
        let known = self.run_state();
        self.run_control.verify = true;
        self.lose_sight();
        match known {
            RunState::Ended => {}
            _ if reconnects => self.tell(Happening::Lost(format!("{reason}; waiting for the line to come back"))),
            _ => {
                self.leave_state(RunState::Ended);
                self.tell(Happening::Ended(reason.to_owned()));
            }
        }
    }

    pub(super) fn leave_state(&mut self, state: RunState) {
        if let Some(live) = self.target().live() {
            live.has_left(state);
        }
        self.run_control.stop = None;
        self.forget_conclusions();
    }

    /// Says which cause fits to what was seen so far.
    fn say_what_is_wrong(&mut self, waited: std::time::Duration) {
        let Some(live) = self.target().live() else { return };
        let (statistics, _) = live.link().statistics();
        let text = crate::live::diagnose(&statistics, waited);
        self.say(Told::Important, text);
    }
}
